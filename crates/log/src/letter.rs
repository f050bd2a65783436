//! A short message to known keys: a seal and a text encrypted under what it
//! carries (protocol, section 5.3).
//!
//! Requests in mailboxes, answers to them, locker items and the sealed part of an
//! export are letters.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::cbor;
use crate::entry::{pad, unpad};
use crate::id::PointBytes;
use crate::seal::{Seal, SealFault, Shared};

/// Longest encoded letter to one recipient in bytes.
pub const LETTER_BYTES_MAX: usize = 17 * 1024;

/// Longest text of a letter in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024 - 4;

/// A sealed message. Its text is padded to a size class.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Letter {
    #[n(1)]
    seal: Seal,
    #[cbor(n(2), with = "minicbor::bytes")]
    text: Vec<u8>,
}

impl Letter {
    /// Seals `text` to `recipients`, for the purpose that `context` names.
    ///
    /// # Panics
    /// If the text is longer than [`TEXT_BYTES_MAX`], which the caller checked.
    pub fn seal(
        text: &[u8],
        context: &[u8; 32],
        recipients: &[PointBytes],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealFault> {
        assert!(text.len() <= TEXT_BYTES_MAX, "text longer than the caller may pass");
        let shared = Shared::random(rng);
        let seal = Seal::new(&shared, context, recipients, rng)?;
        let mut text = pad(text);
        cipher(&shared, context)
            .encrypt_in_place(&XNonce::from([0; 24]), b"", &mut text)
            .expect("a short message is within the cipher's limit");
        Ok(Self { seal, text })
    }

    /// The text, for the recipient at `index`.
    pub fn open(&self, context: &[u8; 32], index: usize, private: &Scalar) -> Option<Zeroizing<Vec<u8>>> {
        let shared = self.seal.open(index, private)?;
        let mut text = self.text.clone();
        cipher(&shared, context).decrypt_in_place(&XNonce::from([0; 24]), b"", &mut text).ok()?;
        unpad(text).map(Zeroizing::new)
    }

    /// Whether the letter was sealed to exactly these recipients.
    pub fn vartime_verify(&self, context: &[u8; 32], recipients: &[PointBytes]) -> Result<(), SealFault> {
        self.seal.vartime_verify(context, recipients)
    }

    /// The encoded letter.
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Reads an encoded letter to one recipient.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, cbor::Malformed> {
        cbor::decode(bytes, LETTER_BYTES_MAX)
    }
}

/// The key is used for one message only, so the nonce is fixed.
fn cipher(shared: &Shared, context: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(shared.derive("concerted letter", &[context]).expose().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schnorr, tests_rng};

    #[test]
    fn only_the_recipient_opens_it_and_only_for_its_purpose() {
        let rng = &mut tests_rng(60);
        let secret = schnorr::random_scalar(rng);
        let letter = Letter::seal(b"text", &[1; 32], &[schnorr::public(&secret)], rng).expect("valid key");
        let letter = Letter::from_bytes(&letter.to_bytes()).expect("own encoding");
        assert_eq!(letter.open(&[1; 32], 0, &secret).as_deref(), Some(&b"text".to_vec()));
        assert_eq!(letter.open(&[2; 32], 0, &secret), None);
        assert_eq!(letter.open(&[1; 32], 1, &secret), None);
        assert_eq!(letter.open(&[1; 32], 0, &schnorr::random_scalar(rng)), None);
    }
}
