//! Talk secrets: what makes talk disappear (protocol, section 10).
//!
//! A talk record is signed and sealed like any other, so its author is known and
//! nonsense is void. But the text in it is encrypted once more, under the week's
//! talk secret, which every device forgets at the body's retention. Whoever then
//! takes a phone and the relay's disk reads the minutes, not old talk.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use crate::hash::hash;
use crate::id::BodyId;
use crate::seal::Shared;

/// Milliseconds in a week.
pub const WEEK_MS: u64 = 7 * 24 * 3600 * 1000;

/// Weeks since 1 January 1970, by relay time.
pub const fn week_of(time_ms: u64) -> u64 {
    time_ms / WEEK_MS
}

/// Names a talk secret: the hash of the group element that carries it.
pub type TalkSecretId = crate::id::SealedHash;

/// The id of a talk secret.
pub fn talk_secret_id(shared: &Shared) -> TalkSecretId {
    TalkSecretId::new(hash("concerted talk secret id", &[shared.to_secret().expose()]))
}

/// What the seal of a talk secret is bound to.
pub fn talk_seal_context(body: &BodyId, id: &TalkSecretId, week: u64) -> [u8; 32] {
    hash("concerted talk seal", &[body.as_bytes(), id.as_bytes(), &week.to_be_bytes()])
}

/// What a device signs to announce a new talk key.
pub fn talk_key_statement(body: &BodyId, device: &crate::DeviceId, week: u64) -> [u8; 32] {
    hash("concerted talk key", &[body.as_bytes(), device.as_bytes(), &week.to_be_bytes()])
}

/// A text encrypted under a talk secret.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TalkText {
    /// Which talk secret opens it.
    #[n(1)]
    pub secret: TalkSecretId,
    #[cbor(n(2), with = "minicbor::bytes")]
    nonce: [u8; 24],
    #[cbor(n(3), with = "minicbor::bytes")]
    text: Vec<u8>,
}

impl TalkText {
    /// Encrypts bytes under `shared`.
    pub fn seal(text: &[u8], shared: &Shared, rng: &mut dyn CryptoRng) -> Self {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut text = text.to_vec();
        cipher(shared)
            .encrypt_in_place(&XNonce::from(nonce), b"", &mut text)
            .expect("talk is within the cipher's limit");
        Self { secret: talk_secret_id(shared), nonce, text }
    }

    /// Decrypts; `None` if `shared` is not the secret it was encrypted under.
    pub fn open(&self, shared: &Shared) -> Option<Vec<u8>> {
        let mut text = self.text.clone();
        cipher(shared).decrypt_in_place(&XNonce::from(self.nonce), b"", &mut text).ok()?;
        Some(text)
    }
}

fn cipher(shared: &Shared) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(shared.derive("concerted talk text", &[]).expose().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    #[test]
    fn a_text_opens_only_under_its_secret() {
        let rng = &mut tests_rng(95);
        let (shared, other) = (Shared::random(rng), Shared::random(rng));
        let text = TalkText::seal(b"hello", &shared, rng);
        assert_eq!(text.secret, talk_secret_id(&shared));
        assert_eq!(text.open(&shared), Some(b"hello".to_vec()));
        assert_eq!(text.open(&other), None);
    }
}
