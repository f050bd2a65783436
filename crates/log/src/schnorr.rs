//! Schnorr signatures over Ristretto255, for sealing keys and recovery keys
//! (protocol, section 3).
//!
//! They serve two ends: a recovery key signs device changes, and a sealing key
//! signs its own device card, which is its proof of possession.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE as BASE_TABLE;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::hash::hash_to_scalar;
use crate::id::{PointBytes, Signature64};

/// A signature: the commitment (32 bytes) and the response (32 bytes).
pub type Signature = Signature64;

/// Signs `message` under `secret`.
///
/// The nonce is a hash of the secret, the message and 32 random bytes, so that it
/// stays secret and unique even when the random source is weak.
pub fn sign(secret: &Scalar, message: &[u8], rng: &mut dyn CryptoRng) -> Signature {
    let mut salt = [0; 32];
    rng.fill_bytes(&mut salt);
    let public = (secret * BASE_TABLE).compress();
    let secret_bytes = Zeroizing::new(secret.to_bytes());
    let nonce = Zeroizing::new(hash_to_scalar("concerted schnorr nonce", &[&*secret_bytes, &salt, message]));
    let commitment = (&*nonce * BASE_TABLE).compress();
    let response = *nonce + challenge(&commitment, &public, message) * secret;
    let mut out = [0; 64];
    out[..32].copy_from_slice(commitment.as_bytes());
    out[32..].copy_from_slice(&response.to_bytes());
    Signature64(out)
}

/// Whether `signature` over `message` was made with the secret of `public`.
/// False for non-canonical encodings and for the identity as a key.
pub fn vartime_verify(public: &PointBytes, message: &[u8], signature: &Signature) -> bool {
    let Some(key) = point(public) else {
        return false;
    };
    let (commitment, response) = signature.0.split_at(32);
    let commitment = CompressedRistretto(commitment.try_into().expect("32 of 64 bytes"));
    let response: [u8; 32] = response.try_into().expect("32 of 64 bytes");
    let Some(response) = Option::<Scalar>::from(Scalar::from_canonical_bytes(response)) else {
        return false;
    };
    let c = challenge(&commitment, &CompressedRistretto(*public.as_bytes()), message);
    let expected = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &key, &response);
    expected.compress() == commitment
}

/// The group element, unless the encoding is not canonical or is the identity.
pub(crate) fn point(bytes: &PointBytes) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes.as_bytes()).decompress().filter(|point| !point.is_identity())
}

/// The public half of `secret`.
pub fn public(secret: &Scalar) -> PointBytes {
    PointBytes::new((secret * BASE_TABLE).compress().to_bytes())
}

/// A uniformly random scalar.
pub fn random_scalar(rng: &mut dyn CryptoRng) -> Scalar {
    let mut wide = Zeroizing::new([0; 64]);
    rng.fill_bytes(&mut *wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

fn challenge(commitment: &CompressedRistretto, public: &CompressedRistretto, message: &[u8]) -> Scalar {
    hash_to_scalar("concerted schnorr", &[commitment.as_bytes(), public.as_bytes(), message])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    #[test]
    fn a_signature_verifies_and_any_change_does_not() {
        let rng = &mut tests_rng(1);
        let secret = random_scalar(rng);
        let signature = sign(&secret, b"message", rng);
        assert!(vartime_verify(&public(&secret), b"message", &signature));
        assert!(!vartime_verify(&public(&secret), b"messagf", &signature));
        assert!(!vartime_verify(&public(&random_scalar(rng)), b"message", &signature));
        for bit in 0..512 {
            let mut changed = signature;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!vartime_verify(&public(&secret), b"message", &changed), "bit {bit}");
        }
    }

    #[test]
    fn the_identity_is_no_key() {
        let rng = &mut tests_rng(2);
        let signature = sign(&Scalar::ZERO, b"message", rng);
        assert!(!vartime_verify(&PointBytes::new([0; 32]), b"message", &signature));
    }
}
