//! A device's keys in one body (protocol, section 4).
//!
//! Each device holds, per body, a random Ed25519 signing key, a Ristretto255
//! sealing key, and a talk key that it renews. Its *card* is the public half with
//! proofs that it holds all three.

use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::hash;
use crate::id::{DeviceId, PointBytes, Signature64, VerifyingKeyBytes};
use crate::{Secret, schnorr};

/// The private keys of a device in one body.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceSecret {
    signing: Secret,
    sealing: Scalar,
}

impl DeviceSecret {
    /// Fresh keys from `rng`.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self { signing: Secret::random(rng), sealing: schnorr::random_scalar(rng) }
    }

    /// The public half, bound to `context` (for all but a founder: the body id).
    pub fn card(&self, context: &[u8; 32], talk: &TalkSecretKey, rng: &mut dyn CryptoRng) -> DeviceCard {
        let signing = self.signing_key().verifying_key();
        let mut card = DeviceCard {
            signing: VerifyingKeyBytes::new(signing.to_bytes()),
            sealing: schnorr::public(&self.sealing),
            talk: talk.public(),
            signing_proof: Signature64([0; 64]),
            sealing_proof: Signature64([0; 64]),
            talk_proof: Signature64([0; 64]),
        };
        let statement = card.statement(context);
        card.signing_proof = Signature64(self.signing_key().sign(&statement).to_bytes());
        card.sealing_proof = schnorr::sign(&self.sealing, &statement, rng);
        card.talk_proof = schnorr::sign(&talk.0, &statement, rng);
        card
    }

    /// Signs bytes that already carry their domain.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature64 {
        Signature64(self.signing_key().sign(message).to_bytes())
    }

    /// Signs a statement made elsewhere about this body, under a domain of its own.
    pub fn sign_statement(&self, domain: &str, parts: &[&[u8]]) -> Signature64 {
        self.sign(&hash(domain, parts))
    }

    /// The private sealing key: opens seals made for this device.
    pub fn sealing(&self) -> &Scalar {
        &self.sealing
    }

    /// The id under which the device signs.
    pub fn id(&self) -> DeviceId {
        device_id(&VerifyingKeyBytes::new(self.signing_key().verifying_key().to_bytes()))
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.signing.expose())
    }
}

impl<C> Encode<C> for DeviceSecret {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(2)?;
        self.signing.encode(e, ctx)?;
        e.bytes(&*Zeroizing::new(self.sealing.to_bytes()))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for DeviceSecret {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        if d.array()? != Some(2) {
            return Err(decode::Error::message("device secret is not a pair"));
        }
        Ok(Self { signing: Secret::decode(d, ctx)?, sealing: decode_scalar(d)? })
    }
}

/// The private half of a device's talk key for some weeks.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TalkSecretKey(Scalar);

impl TalkSecretKey {
    /// A fresh key from `rng`.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(schnorr::random_scalar(rng))
    }

    /// The public half.
    pub fn public(&self) -> PointBytes {
        schnorr::public(&self.0)
    }

    /// The scalar: opens talk secrets sealed to this key.
    pub fn scalar(&self) -> &Scalar {
        &self.0
    }

    /// Proof that whoever announces this key holds it.
    pub fn prove(&self, statement: &[u8], rng: &mut dyn CryptoRng) -> Signature64 {
        schnorr::sign(&self.0, statement, rng)
    }
}

impl<C> Encode<C> for TalkSecretKey {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&*Zeroizing::new(self.0.to_bytes()))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for TalkSecretKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        decode_scalar(d).map(Self)
    }
}

fn decode_scalar(d: &mut Decoder<'_>) -> Result<Scalar, decode::Error> {
    let bytes = d.bytes()?.try_into().map_err(|_| decode::Error::message("scalar is not 32 bytes"))?;
    Option::from(Scalar::from_canonical_bytes(bytes))
        .ok_or_else(|| decode::Error::message("scalar is not canonical"))
}

/// The public keys of a device in one body, with a proof of possession for each.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeviceCard {
    /// Verifies the device's records.
    #[n(1)]
    pub signing: VerifyingKeyBytes,
    /// Receives seals.
    #[n(2)]
    pub sealing: PointBytes,
    /// Receives talk secrets until the device announces a later one.
    #[n(3)]
    pub talk: PointBytes,
    #[n(4)]
    signing_proof: Signature64,
    #[n(5)]
    sealing_proof: Signature64,
    #[n(6)]
    talk_proof: Signature64,
}

impl DeviceCard {
    /// The device's id: a hash of its signing key.
    pub fn id(&self) -> DeviceId {
        device_id(&self.signing)
    }

    /// Whether all three keys are well formed and their holder made this card for
    /// `context`.
    pub fn vartime_verify(&self, context: &[u8; 32]) -> bool {
        let statement = self.statement(context);
        verify_signature(&self.signing, &statement, &self.signing_proof)
            && schnorr::vartime_verify(&self.sealing, &statement, &self.sealing_proof)
            && schnorr::vartime_verify(&self.talk, &statement, &self.talk_proof)
    }

    fn statement(&self, context: &[u8; 32]) -> [u8; 32] {
        hash(
            "concerted device card",
            &[context, self.signing.as_bytes(), self.sealing.as_bytes(), self.talk.as_bytes()],
        )
    }
}

/// Strict Ed25519 verification: no small-order keys, no malleable signatures.
pub(crate) fn verify_signature(key: &VerifyingKeyBytes, message: &[u8], signature: &Signature64) -> bool {
    VerifyingKey::from_bytes(key.as_bytes()).is_ok_and(|key| {
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0)).is_ok()
    })
}

/// Verifies what [`DeviceSecret::sign_statement`] made.
pub fn verify_statement(
    key: &VerifyingKeyBytes,
    domain: &str,
    parts: &[&[u8]],
    signature: &Signature64,
) -> bool {
    verify_signature(key, &hash(domain, parts), signature)
}

fn device_id(signing: &VerifyingKeyBytes) -> DeviceId {
    DeviceId::new(hash("concerted device", &[signing.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    #[test]
    fn a_card_is_bound_to_its_context_and_its_keys() {
        let rng = &mut tests_rng(5);
        let (secret, talk) = (DeviceSecret::generate(rng), TalkSecretKey::generate(rng));
        let card = secret.card(&[1; 32], &talk, rng);
        assert!(card.vartime_verify(&[1; 32]));
        assert!(!card.vartime_verify(&[2; 32]));
        let other = DeviceSecret::generate(rng).card(&[1; 32], &talk, rng);
        let mixed = DeviceCard { sealing: other.sealing, ..card.clone() };
        assert!(!mixed.vartime_verify(&[1; 32]));
        let mixed = DeviceCard { sealing: other.sealing, sealing_proof: other.sealing_proof, ..card };
        assert!(!mixed.vartime_verify(&[1; 32]));
    }

    #[test]
    fn secrets_survive_storage() {
        let rng = &mut tests_rng(6);
        let secret = DeviceSecret::generate(rng);
        let bytes = crate::cbor::encode(&secret);
        let again: DeviceSecret = crate::cbor::decode(&bytes, 128).expect("own encoding");
        assert_eq!(again.id(), secret.id());
        assert_eq!(again.sealing(), secret.sealing());
    }
}
