//! Epochs: the spans in which one pair of body secrets is in use (protocol,
//! section 6).
//!
//! The *record secret* opens the entries of its epoch and, through links, of every
//! epoch before it, so that newcomers read the minutes from the first day. The
//! *posting secret* is independent of it and never linked: whoever is admitted
//! later cannot post with a key from before.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rand_core::CryptoRng;

use crate::hash::{derive, hash, hash_to_scalar};
use crate::id::{Signature64, TokenHash, VerifyingKeyBytes};
use crate::seal::Shared;
use crate::{BodyId, Secret};

/// Number of an epoch; the genesis epoch is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    /// The epoch that genesis begins.
    pub const GENESIS: Epoch = Epoch(1);

    /// An epoch from its number; `None` for 0.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next epoch, or `None` at the end of the range.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }

    /// The epoch before, or `None` for the first.
    pub fn previous(self) -> Option<Self> {
        Self::new(self.0 - 1)
    }
}

impl<C> Encode<C> for Epoch {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Epoch {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::new(d.u32()?).ok_or_else(|| decode::Error::message("epoch 0"))
    }
}

/// The right to read entries up to an epoch, shown to the relay.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ReadToken(#[n(0)] Secret);

impl ReadToken {
    /// What the relay compares with.
    pub fn hash(&self) -> TokenHash {
        TokenHash::new(hash("concerted read token", &[self.0.expose()]))
    }

    /// A token that belongs to no epoch: for mailboxes.
    pub const fn from_secret(secret: Secret) -> Self {
        Self(secret)
    }
}

/// Opens and seals the entries of one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct RecordSecret(#[n(0)] Secret);

/// Gives the key that signs appends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct PostingSecret(#[n(0)] Secret);

impl RecordSecret {
    /// The first epoch's record secret, from the salt in the genesis record.
    pub fn of_genesis(salt: &Secret) -> Self {
        Self(derive(salt, "concerted genesis record secret", &[]))
    }

    /// The record secret that a rekey's seal carries.
    pub fn of_rekey(shared: &Shared, context: &[u8; 32]) -> Self {
        Self(shared.derive("concerted record secret", &[context]))
    }

    /// The key entries of this epoch are sealed with.
    pub(crate) fn entry_key(&self) -> Secret {
        derive(&self.0, "concerted entry key", &[])
    }

    /// The token that lets its holder read up to this epoch.
    pub fn read_token(&self) -> ReadToken {
        ReadToken(derive(&self.0, "concerted read token", &[]))
    }

    /// The private key of the mailbox of invitation `link`.
    pub fn mailbox_scalar(&self, link: &[u8; 32]) -> Scalar {
        let secret = derive(&self.0, "concerted mailbox", &[link]);
        hash_to_scalar("concerted mailbox key", &[secret.expose()])
    }

    /// The token that reads the mailbox of invitation `link`.
    pub fn mailbox_token(&self, link: &[u8; 32]) -> ReadToken {
        ReadToken(derive(&self.0, "concerted mailbox token", &[link]))
    }

    /// Seals the record secret of the epoch before under this one.
    pub fn link(&self, previous: &RecordSecret, rng: &mut dyn CryptoRng) -> EpochLink {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut text = previous.0.expose().to_vec();
        self.link_cipher()
            .encrypt_in_place(&XNonce::from(nonce), b"", &mut text)
            .expect("32 bytes are within the cipher's limit");
        let mut out = [0; EpochLink::BYTES];
        out[..24].copy_from_slice(&nonce);
        out[24..].copy_from_slice(&text);
        EpochLink(out)
    }

    /// The record secret of the epoch before, if `link` was made under this one.
    /// It may still be a wrong one: it is right if it opens that epoch's entries.
    pub fn follow(&self, link: &EpochLink) -> Option<RecordSecret> {
        let (nonce, text) = link.0.split_at(24);
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let mut text = text.to_vec();
        self.link_cipher().decrypt_in_place(&XNonce::from(nonce), b"", &mut text).ok()?;
        Some(Self(Secret::new(text.try_into().ok()?)))
    }

    fn link_cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(derive(&self.0, "concerted epoch link", &[]).expose().into())
    }
}

impl PostingSecret {
    /// A founder's posting secret: random, and not in the genesis record.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(Secret::random(rng))
    }

    /// The posting secret that a rekey's seal carries.
    pub fn of_rekey(shared: &Shared, context: &[u8; 32]) -> Self {
        Self(shared.derive("concerted posting secret", &[context]))
    }

    /// The public posting key.
    pub fn posting_key(&self) -> VerifyingKeyBytes {
        VerifyingKeyBytes::new(self.signing_key().verifying_key().to_bytes())
    }

    /// Signs a request to the relay.
    pub fn sign(&self, digest: &[u8; 32]) -> Signature64 {
        Signature64(self.signing_key().sign(digest).to_bytes())
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(derive(&self.0, "concerted posting key", &[]).expose())
    }
}

/// The previous record secret, sealed under the one after it: 24 bytes nonce, 32
/// bytes, 16 bytes tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochLink([u8; Self::BYTES]);

impl EpochLink {
    const BYTES: usize = 72;
}

impl<C> Encode<C> for EpochLink {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for EpochLink {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| decode::Error::message("epoch link is not 72 bytes"))
    }
}

/// Both secrets of an epoch, as a member holds them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochSecrets {
    /// The epoch they belong to.
    #[n(1)]
    pub epoch: Epoch,
    /// Opens and seals.
    #[n(2)]
    pub record: RecordSecret,
    /// Signs appends.
    #[n(3)]
    pub posting: PostingSecret,
}

impl EpochSecrets {
    /// The secrets a rekey to `epoch` carries; `context` is its seal's context.
    pub fn of_rekey(shared: &Shared, epoch: Epoch, context: &[u8; 32]) -> Self {
        Self {
            epoch,
            record: RecordSecret::of_rekey(shared, context),
            posting: PostingSecret::of_rekey(shared, context),
        }
    }

    /// Encrypts these secrets for whoever gets `shared` from an admission seal.
    pub fn wrap(&self, shared: &Shared, context: &[u8; 32]) -> Vec<u8> {
        let mut text = crate::cbor::encode(self);
        wrap_cipher(shared, context)
            .encrypt_in_place(&XNonce::from([0; 24]), b"", &mut text)
            .expect("a short message is within the cipher's limit");
        text
    }

    /// Reads what [`Self::wrap`] made; `None` if it was not made for `shared`.
    pub fn unwrap(wrapped: &[u8], shared: &Shared, context: &[u8; 32]) -> Option<Self> {
        let mut text = wrapped.to_vec();
        wrap_cipher(shared, context).decrypt_in_place(&XNonce::from([0; 24]), b"", &mut text).ok()?;
        crate::cbor::decode(&text, 256).ok()
    }
}

/// The key is used once, for one message, so the nonce is fixed.
fn wrap_cipher(shared: &Shared, context: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(shared.derive("concerted admission", &[context]).expose().into())
}

/// What the seal of a rekey is bound to.
pub fn rekey_context(
    body: &BodyId,
    named_rekey: &[u8; 32],
    head_sequence: u64,
    head_chain: &[u8; 32],
    new_epoch: Epoch,
) -> [u8; 32] {
    hash(
        "concerted rekey",
        &[
            body.as_bytes(),
            named_rekey,
            &head_sequence.to_be_bytes(),
            head_chain,
            &new_epoch.get().to_be_bytes(),
        ],
    )
}

/// What the seal of an admission is bound to.
pub fn admission_context(body: &BodyId, epoch: Epoch, member: &[u8; 32]) -> [u8; 32] {
    hash("concerted admission", &[body.as_bytes(), &epoch.get().to_be_bytes(), member])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    #[test]
    fn a_link_opens_only_under_its_own_epoch() {
        let rng = &mut tests_rng(30);
        let first = RecordSecret::of_genesis(&Secret::random(rng));
        let second = RecordSecret(Secret::random(rng));
        let link = second.link(&first, rng);
        assert_eq!(second.follow(&link), Some(first.clone()));
        assert_eq!(first.follow(&link), None);
    }

    #[test]
    fn wrapped_secrets_open_only_in_their_context() {
        let rng = &mut tests_rng(31);
        let shared = Shared::random(rng);
        let secrets = EpochSecrets::of_rekey(&shared, Epoch::GENESIS, &[1; 32]);
        let wrapped = secrets.wrap(&shared, &[2; 32]);
        assert_eq!(EpochSecrets::unwrap(&wrapped, &shared, &[2; 32]), Some(secrets));
        assert_eq!(EpochSecrets::unwrap(&wrapped, &shared, &[3; 32]), None);
        assert_eq!(EpochSecrets::unwrap(&wrapped[..9], &shared, &[2; 32]), None);
    }

    #[test]
    fn the_posting_secret_does_not_follow_from_the_record_secret() {
        let rng = &mut tests_rng(32);
        let a = EpochSecrets::of_rekey(&Shared::random(rng), Epoch::GENESIS, &[0; 32]);
        assert_ne!(a.record.0, a.posting.0);
    }
}
