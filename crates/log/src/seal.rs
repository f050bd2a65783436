//! One seal for many recipients that everyone can check without opening it
//! (protocol, section 5; argument in `docs/decisions/multi-recipient-seal.md`).
//!
//! The sealer draws r and a random group element S, publishes R = r·B and, for
//! each recipient key P_i, C_i = r·P_i + S. Recipient i computes S = C_i − x_i·R.
//! A batched proof of equal discrete logarithms shows that the differences
//! C_i − C_0 are r·(P_i − P_0), so every C_i holds the same S: one bad seal cannot
//! lock one member out, because it voids the whole.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE as BASE_TABLE;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use std::collections::BTreeSet;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Secret;
use crate::hash::{derive, hash, hash_to_scalar};
use crate::id::PointBytes;
use crate::schnorr::{point, random_scalar};

/// Most recipients of one seal: 10,000 members with two devices and a recovery key.
pub const RECIPIENTS_MAX: usize = 30_000;

/// Why a seal is not valid for a context and a list of recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealFault {
    /// No recipients, too many, or not as many seals as recipients.
    #[error("the seal does not have one part for each recipient")]
    Count,
    /// A recipient key occurs twice.
    #[error("recipient {0} occurs twice")]
    Duplicate(usize),
    /// A recipient key is no group element or the identity.
    #[error("the key of recipient {0} is not valid")]
    Recipient(usize),
    /// R or a C_i is no group element or the identity.
    #[error("part {0} of the seal is not a valid group element")]
    Element(usize),
    /// The proof does not hold: some recipient would not get the same secret.
    #[error("the proof that all recipients get the same secret does not hold")]
    Proof,
}

/// The group element S that a seal carries; the source of derived keys.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Shared(RistrettoPoint);

impl Shared {
    /// A random group element of unknown discrete logarithm.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        rng.fill_bytes(&mut *wide);
        Self(RistrettoPoint::from_uniform_bytes(&wide))
    }

    /// A key for one purpose.
    pub fn derive(&self, domain: &str, parts: &[&[u8]]) -> Secret {
        derive(&self.to_secret(), domain, parts)
    }

    /// The canonical encoding, to be stored like any other secret.
    pub fn to_secret(&self) -> Secret {
        Secret::new(self.0.compress().to_bytes())
    }

    /// Reads what [`Self::to_secret`] gave.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        point(&PointBytes::new(*secret.expose())).map(Self)
    }
}

/// A seal: 96 bytes and 32 more for each recipient.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Seal {
    /// R = r·B.
    #[n(1)]
    ephemeral: PointBytes,
    /// The C_i, 32 bytes each, in the order of the recipients.
    #[cbor(n(2), with = "minicbor::bytes")]
    parts: Vec<u8>,
    /// Fiat–Shamir challenge, canonical scalar.
    #[n(3)]
    challenge: PointBytes,
    /// Response, canonical scalar.
    #[n(4)]
    response: PointBytes,
}

impl Seal {
    /// Seals `shared` to `recipients`, bound to `context`.
    pub fn new(
        shared: &Shared,
        context: &[u8; 32],
        recipients: &[PointBytes],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealFault> {
        let keys = recipient_points(recipients)?;
        let r = Zeroizing::new(random_scalar(rng));
        let elements: Vec<RistrettoPoint> = keys.iter().map(|key| *r * key + shared.0).collect();
        let ephemeral = PointBytes::new((&*r * BASE_TABLE).compress().to_bytes());
        let parts: Vec<u8> = elements.iter().flat_map(|c| c.compress().to_bytes()).collect();

        let transcript = transcript(context, recipients, &ephemeral, &parts);
        let (key_sum, _) = weighted_differences(&transcript, &keys, &elements);
        let k = Zeroizing::new(random_scalar(rng));
        let c = challenge(&transcript, &(&*k * BASE_TABLE), &(*k * key_sum));
        let response = *k + c * *r;
        Ok(Self {
            ephemeral,
            parts,
            challenge: PointBytes::new(c.to_bytes()),
            response: PointBytes::new(response.to_bytes()),
        })
    }

    /// Checks that every one of `recipients` gets the same secret from this seal
    /// and that it was made for `context` by someone who knew it.
    pub fn vartime_verify(&self, context: &[u8; 32], recipients: &[PointBytes]) -> Result<(), SealFault> {
        if self.parts.len() != recipients.len().saturating_mul(32) {
            return Err(SealFault::Count);
        }
        let keys = recipient_points(recipients)?;
        let ephemeral = point(&self.ephemeral).ok_or(SealFault::Element(0))?;
        let elements = (0..recipients.len())
            .map(|i| self.element(i).ok_or(SealFault::Element(i + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        let scalar =
            |bytes: &PointBytes| Option::<Scalar>::from(Scalar::from_canonical_bytes(*bytes.as_bytes()));
        let c = scalar(&self.challenge).ok_or(SealFault::Proof)?;
        let z = scalar(&self.response).ok_or(SealFault::Proof)?;

        let transcript = transcript(context, recipients, &self.ephemeral, &self.parts);
        let (key_sum, element_sum) = weighted_differences(&transcript, &keys, &elements);
        let a = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &ephemeral, &z);
        let b = RistrettoPoint::vartime_multiscalar_mul([z, -c], [key_sum, element_sum]);
        if challenge(&transcript, &a, &b) == c { Ok(()) } else { Err(SealFault::Proof) }
    }

    /// What recipient `index` gets with their private key. Meaningful only after
    /// [`Self::vartime_verify`]; `None` if there is no such part.
    pub fn open(&self, index: usize, private: &Scalar) -> Option<Shared> {
        let ephemeral = point(&self.ephemeral)?;
        Some(Shared(self.element(index)? - private * ephemeral))
    }

    /// Number of recipients.
    pub fn recipient_count(&self) -> usize {
        self.parts.len() / 32
    }

    fn element(&self, index: usize) -> Option<RistrettoPoint> {
        let bytes = self.parts.chunks_exact(32).nth(index)?;
        point(&PointBytes::new(bytes.try_into().ok()?))
    }
}

fn recipient_points(recipients: &[PointBytes]) -> Result<Vec<RistrettoPoint>, SealFault> {
    if recipients.is_empty() || recipients.len() > RECIPIENTS_MAX {
        return Err(SealFault::Count);
    }
    let mut seen = BTreeSet::new();
    recipients
        .iter()
        .enumerate()
        .map(|(i, key)| {
            if !seen.insert(key) {
                return Err(SealFault::Duplicate(i));
            }
            point(key).ok_or(SealFault::Recipient(i))
        })
        .collect()
}

/// Covers everything the proof is about; weights and challenge come from it.
fn transcript(
    context: &[u8; 32],
    recipients: &[PointBytes],
    ephemeral: &PointBytes,
    parts: &[u8],
) -> [u8; 32] {
    let keys: Vec<u8> = recipients.iter().flat_map(|key| *key.as_bytes()).collect();
    hash("concerted seal", &[context, &keys, ephemeral.as_bytes(), parts])
}

/// Σ w_i·(P_i − P_0) and Σ w_i·(C_i − C_0) with 128-bit weights.
fn weighted_differences(
    transcript: &[u8; 32],
    keys: &[RistrettoPoint],
    elements: &[RistrettoPoint],
) -> (RistrettoPoint, RistrettoPoint) {
    let mut weights = vec![Scalar::ZERO; keys.len()];
    for (i, weight) in weights.iter_mut().enumerate().skip(1) {
        let index = u32::try_from(i).expect("at most RECIPIENTS_MAX");
        let mut bytes = hash("concerted seal weight", &[transcript, &index.to_be_bytes()]);
        bytes[16..].fill(0);
        *weight = Scalar::from_bytes_mod_order(bytes);
    }
    // The sum of the other weights, taken from the first point, makes the
    // differences without computing each.
    weights[0] = -weights.iter().sum::<Scalar>();
    let sum = |points: &[RistrettoPoint]| {
        if points.len() == 1 {
            return RistrettoPoint::identity();
        }
        RistrettoPoint::vartime_multiscalar_mul(&weights, points)
    };
    (sum(keys), sum(elements))
}

fn challenge(transcript: &[u8; 32], a: &RistrettoPoint, b: &RistrettoPoint) -> Scalar {
    hash_to_scalar(
        "concerted seal challenge",
        &[transcript, a.compress().as_bytes(), b.compress().as_bytes()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schnorr, tests_rng};

    const CONTEXT: [u8; 32] = [9; 32];

    fn recipients(count: usize, seed: u8) -> (Vec<Scalar>, Vec<PointBytes>) {
        let rng = &mut tests_rng(seed);
        let secrets: Vec<Scalar> = (0..count).map(|_| random_scalar(rng)).collect();
        let keys = secrets.iter().map(schnorr::public).collect();
        (secrets, keys)
    }

    #[test]
    fn every_recipient_opens_the_same_secret() {
        let rng = &mut tests_rng(10);
        for count in [1, 2, 7, 40] {
            let (secrets, keys) = recipients(count, 11);
            let shared = Shared::random(rng);
            let seal = Seal::new(&shared, &CONTEXT, &keys, rng).expect("valid recipients");
            assert_eq!(seal.vartime_verify(&CONTEXT, &keys), Ok(()));
            for (i, secret) in secrets.iter().enumerate() {
                assert_eq!(seal.open(i, secret).expect("part").to_secret(), shared.to_secret());
            }
            assert!(seal.open(count, &secrets[0]).is_none());
        }
    }

    /// Adversary: a member who makes a rekey that gives one colleague garbage.
    #[test]
    fn one_bad_part_voids_the_whole() {
        let rng = &mut tests_rng(12);
        let (_, keys) = recipients(5, 13);
        let seal = Seal::new(&Shared::random(rng), &CONTEXT, &keys, rng).expect("valid recipients");
        let other = Seal::new(&Shared::random(rng), &CONTEXT, &keys, rng).expect("valid recipients");
        for i in 0..5 {
            let mut bad = seal.clone();
            bad.parts[i * 32..(i + 1) * 32].copy_from_slice(&other.parts[i * 32..(i + 1) * 32]);
            assert_eq!(bad.vartime_verify(&CONTEXT, &keys), Err(SealFault::Proof), "part {i}");
        }
    }

    /// Adversary: a sealer who does build the proof himself, over one garbage part.
    #[test]
    fn a_dishonest_prover_cannot_prove_a_bad_part() {
        let rng = &mut tests_rng(14);
        let (_, keys) = recipients(4, 15);
        let points = recipient_points(&keys).expect("valid");
        let (r, shared) = (random_scalar(rng), Shared::random(rng));
        let mut elements: Vec<RistrettoPoint> = points.iter().map(|key| r * key + shared.0).collect();
        elements[2] += RistrettoPoint::from_uniform_bytes(&[3; 64]);
        let ephemeral = schnorr::public(&r);
        let parts: Vec<u8> = elements.iter().flat_map(|c| c.compress().to_bytes()).collect();
        let transcript = transcript(&CONTEXT, &keys, &ephemeral, &parts);
        let (key_sum, _) = weighted_differences(&transcript, &points, &elements);
        let k = random_scalar(rng);
        let c = challenge(&transcript, &(&k * BASE_TABLE), &(k * key_sum));
        let seal = Seal {
            ephemeral,
            parts,
            challenge: PointBytes::new(c.to_bytes()),
            response: PointBytes::new((k + c * r).to_bytes()),
        };
        assert_eq!(seal.vartime_verify(&CONTEXT, &keys), Err(SealFault::Proof));
    }

    #[test]
    fn context_recipients_and_order_are_bound() {
        let rng = &mut tests_rng(16);
        let (_, mut keys) = recipients(3, 17);
        let seal = Seal::new(&Shared::random(rng), &CONTEXT, &keys, rng).expect("valid recipients");
        assert_eq!(seal.vartime_verify(&[8; 32], &keys), Err(SealFault::Proof));
        assert_eq!(seal.vartime_verify(&CONTEXT, &keys[..2]), Err(SealFault::Count));
        keys.swap(0, 1);
        assert_eq!(seal.vartime_verify(&CONTEXT, &keys), Err(SealFault::Proof));
        keys[0] = keys[1];
        assert_eq!(seal.vartime_verify(&CONTEXT, &keys), Err(SealFault::Duplicate(1)));
    }

    #[test]
    fn identity_and_non_canonical_encodings_are_refused() {
        let rng = &mut tests_rng(18);
        let (_, keys) = recipients(2, 19);
        let seal = Seal::new(&Shared::random(rng), &CONTEXT, &keys, rng).expect("valid recipients");
        let identity = PointBytes::new([0; 32]);
        let garbage = PointBytes::new([0xff; 32]);
        for bad in [identity, garbage] {
            assert_eq!(seal.vartime_verify(&CONTEXT, &[keys[0], bad]), Err(SealFault::Recipient(1)));
            let changed = Seal { ephemeral: bad, ..seal.clone() };
            assert_eq!(changed.vartime_verify(&CONTEXT, &keys), Err(SealFault::Element(0)));
            let mut changed = seal.clone();
            changed.parts[32..].copy_from_slice(bad.as_bytes());
            assert_eq!(changed.vartime_verify(&CONTEXT, &keys), Err(SealFault::Element(2)));
            let changed = Seal { response: garbage, ..seal.clone() };
            assert_eq!(changed.vartime_verify(&CONTEXT, &keys), Err(SealFault::Proof));
        }
        assert_eq!(Seal::new(&Shared::random(rng), &CONTEXT, &[], rng), Err(SealFault::Count));
    }

    /// Adversary: someone who copies a seal's parts and adds one for himself.
    #[test]
    fn a_copied_seal_cannot_be_extended() {
        let rng = &mut tests_rng(20);
        let (_, keys) = recipients(3, 21);
        let seal = Seal::new(&Shared::random(rng), &CONTEXT, &keys[..2], rng).expect("valid recipients");
        let mut copied = seal.clone();
        copied.parts.extend_from_slice(&seal.parts[..32]);
        assert_eq!(copied.vartime_verify(&CONTEXT, &keys), Err(SealFault::Proof));
    }
}
