//! Members who hold one key for all elections, and a credential that looks new in
//! each.
//!
//! A member enrols once: a long-term key K = g^k, with a proof that they know k,
//! made for one member of one body. For each election the body makes a secret
//! tweak t for each member:
//!
//! | | public | secret |
//! | --- | --- | --- |
//! | key | K = g^k | k, the member's |
//! | credential | C = K^t | k·t, the member's, from k and t |
//!
//! - Whoever knows neither t nor k·t cannot tell whose credential C is, nor that
//!   two of them are one member's: without t, C is as good as a random element
//!   (decisional Diffie-Hellman). **So t must be kept from outsiders**, and be
//!   different and unpredictable for each member and election: a keyed hash, whose
//!   key the body keeps.
//! - Whoever knows t can link C and K, and can do no more: to vote takes k·t, and
//!   whoever has that and t has k.
//! - Nothing but C is derived, and nothing of it is stored in ballots, so that they
//!   are ordinary ballots of Belenios.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::check::{Check, Failure, Place};
use crate::group::{Group, Scalar};
use crate::hash::{hex, sha256};
use crate::schnorr::{Proof, ProofText};

/// A member's long-term key, whose secret they have proved to know: to hold one is
/// to have checked it.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolment<G: Group> {
    key: G::Element,
    proof: Proof<G::Scalar>,
}

/// An enrolment as it is sent and stored, which nobody has checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentText {
    /// The text of K.
    pub key: String,
    /// The proof of knowledge of k.
    pub proof: ProofText,
}

impl<G: Group> Enrolment<G> {
    /// Enrols the key g^`secret`. `context` says for what: at least the body and
    /// the member, in a form that is different for any two.
    ///
    /// # Errors
    /// [`Check::EnrolmentKey`], if the secret is zero.
    pub fn make(secret: &G::Scalar, context: &[u8], rng: &mut dyn CryptoRng) -> Result<Self, Failure> {
        let key = G::reveal(&G::generator_power(secret));
        not_identity::<G>(&key)?;
        let proof = Proof::sign::<G>(secret, &prefix::<G>(&key, context), rng);
        Ok(Self { key, proof })
    }

    /// K.
    pub fn key(&self) -> &G::Element {
        &self.key
    }

    /// The form in which it is sent and stored.
    pub fn to_text(&self) -> EnrolmentText {
        EnrolmentText { key: G::text(&self.key), proof: self.proof.to_text() }
    }
}

impl EnrolmentText {
    /// Reads JSON.
    ///
    /// # Errors
    /// [`Check::EnrolmentForm`]
    pub fn parse(json: &str) -> Result<Self, Failure> {
        // B-120
        serde_json::from_str(json).map_err(|_| Check::EnrolmentForm.at(Place::Enrolment))
    }

    /// Compact JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings")
    }

    /// Checks that this was made for `context` by someone who knows the key's secret.
    ///
    /// # Errors
    /// [`Check::EnrolmentKey`], [`Check::EnrolmentForm`] or
    /// [`Check::EnrolmentProof`].
    pub fn verify<G: Group>(&self, context: &[u8]) -> Result<Enrolment<G>, Failure> {
        // B-121
        let key = G::parse(&self.key).ok_or(Check::EnrolmentKey.at(Place::Enrolment))?;
        not_identity::<G>(&key)?;
        // B-120
        let proof = Proof::from_text(&self.proof).ok_or(Check::EnrolmentForm.at(Place::Enrolment))?;
        // B-122
        if !proof.vartime_verify::<G>(&key, &prefix::<G>(&key, context)) {
            return Err(Check::EnrolmentProof.at(Place::Enrolment));
        }
        Ok(Enrolment { key, proof })
    }
}

/// What makes a member's key their credential in one election; secret from
/// outsiders.
#[derive(Clone)]
pub struct Tweak<G: Group>(Zeroizing<G::Scalar>);

impl<G: Group> Tweak<G> {
    /// The tweak of 64 bytes of a keyed hash: as many, so that it is uniform.
    ///
    /// # Errors
    /// [`Check::TweakZero`]
    pub fn new(bytes: &[u8; 64]) -> Result<Self, Failure> {
        let tweak = Zeroizing::new(G::Scalar::from_wide(bytes));
        // B-123
        if *tweak == G::Scalar::ZERO {
            return Err(Check::TweakZero.at(Place::Enrolment));
        }
        Ok(Self(tweak))
    }

    /// The public credential of the member with this key, K^t.
    ///
    /// # Errors
    /// [`Check::EnrolmentKey`], if the key is the identity.
    pub fn public(&self, key: &G::Element) -> Result<G::Element, Failure> {
        not_identity::<G>(key)?;
        Ok(G::reveal(&G::power(key, &self.0)))
    }

    /// The secret of that credential, k·t, from the secret of the key.
    pub fn secret(&self, secret: &G::Scalar) -> Zeroizing<G::Scalar> {
        Zeroizing::new(*secret * *self.0)
    }
}

/// Without the secret.
impl<G: Group> fmt::Debug for Tweak<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tweak")
    }
}

/// B-121.
fn not_identity<G: Group>(key: &G::Element) -> Result<(), Failure> {
    if *key == G::identity() { Err(Check::EnrolmentKey.at(Place::Enrolment)) } else { Ok(()) }
}

/// What the proof is bound to. No prefix of Belenios begins like this, so that the
/// proof is no signature of a ballot and no proof of a trustee.
fn prefix<G: Group>(key: &G::Element, context: &[u8]) -> String {
    format!("concerted enrolment|{}|{}|{}|", G::NAME, hex(&sha256(context)), G::text(key))
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use proptest::prelude::*;
    use rand_core::SeedableRng;

    use super::*;
    use crate::group::{Belenios2048, Ed25519};

    const CONTEXT: &[u8] = b"body 1, member 7";

    /// A fixed seed, for tests only.
    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([3; 32])
    }

    fn enrolment<G: Group>(secret: &G::Scalar) -> EnrolmentText {
        Enrolment::<G>::make(secret, CONTEXT, &mut rng()).expect("not zero").to_text()
    }

    fn check_enrolments<G: Group>() {
        let secret = G::Scalar::random(&mut rng());
        let text = enrolment::<G>(&secret);
        let verify = |text: &EnrolmentText, context| {
            text.verify::<G>(context).map_err(|failure| {
                assert_eq!(failure.place, Place::Enrolment);
                failure.check
            })
        };
        let enrolment = verify(&text, CONTEXT).expect("an enrolment");
        assert_eq!(*enrolment.key(), G::reveal(&G::generator_power(&secret)));
        assert_eq!(EnrolmentText::parse(&enrolment.to_text().to_json()), Ok(text.clone()));

        // B-120: numbers as they are not written.
        for number in ["", "-1", "01", "x", &"9".repeat(78)] {
            let mut malformed = text.clone();
            malformed.proof.response = number.to_owned();
            assert_eq!(verify(&malformed, CONTEXT), Err(Check::EnrolmentForm));
        }
        // B-121: no element; and the identity, whose secret anyone knows.
        for key in ["", "0", "2", &G::text(&G::identity())] {
            let malformed = EnrolmentText { key: key.to_owned(), ..text.clone() };
            assert_eq!(verify(&malformed, CONTEXT), Err(Check::EnrolmentKey));
        }
        let of_identity =
            Proof::sign::<G>(&G::Scalar::ZERO, &prefix::<G>(&G::identity(), CONTEXT), &mut rng());
        let identity = EnrolmentText { key: G::text(&G::identity()), proof: of_identity.to_text() };
        assert_eq!(verify(&identity, CONTEXT), Err(Check::EnrolmentKey));
        let zero = Enrolment::<G>::make(&G::Scalar::ZERO, CONTEXT, &mut rng());
        assert_eq!(zero.err(), Some(Check::EnrolmentKey.at(Place::Enrolment)));
        // B-122: replayed for another member, by whoever copies it or by its owner;
        // another's key under this proof; a proof with another number.
        for context in [&b"body 1, member 8"[..], b"body 2, member 7", b""] {
            assert_eq!(verify(&text, context), Err(Check::EnrolmentProof));
        }
        let other = G::text(&G::product(enrolment.key(), &G::generator()));
        assert_eq!(
            verify(&EnrolmentText { key: other, ..text.clone() }, CONTEXT),
            Err(Check::EnrolmentProof)
        );
        let mut changed = text;
        changed.proof.challenge = "1".to_owned();
        assert_eq!(verify(&changed, CONTEXT), Err(Check::EnrolmentProof));
    }

    #[test]
    fn enrolments_are_bound_to_key_and_context() {
        check_enrolments::<Ed25519>();
        check_enrolments::<Belenios2048>();
    }

    #[test]
    fn enrolment_form() {
        let json = enrolment::<Ed25519>(&5.into()).to_json();
        assert!(EnrolmentText::parse(&json).is_ok());
        let extra = json.replacen('{', r#"{"extra":1,"#, 1);
        let missing = json.replacen(r#""key""#, r#""kex""#, 1);
        for json in ["", "{}", "[]", "null", &json[1..], &extra, &missing] {
            assert_eq!(EnrolmentText::parse(json), Err(Check::EnrolmentForm.at(Place::Enrolment)), "{json}");
        }
    }

    #[test]
    fn tweak_zero() {
        let failure = Check::TweakZero.at(Place::Enrolment);
        assert_eq!(Tweak::<Ed25519>::new(&[0; 64]).err(), Some(failure.clone()));
        // q itself is zero too.
        let mut order = [0; 64];
        order[32..].copy_from_slice(&(-<Ed25519 as Group>::Scalar::ONE).to_bytes());
        assert!(Tweak::<Ed25519>::new(&order).is_ok());
        order[63] += 1;
        assert_eq!(Tweak::<Ed25519>::new(&order).err(), Some(failure));
    }

    #[test]
    fn the_identity_is_not_blinded() {
        let tweak = Tweak::<Ed25519>::new(&[7; 64]).expect("not zero");
        let failure = Check::EnrolmentKey.at(Place::Enrolment);
        assert_eq!(tweak.public(&Ed25519::identity()), Err(failure));
    }

    /// The public and the secret side agree, another tweak gives another
    /// credential, and neither is the key.
    fn check_blinding<G: Group>(secret: u64, tweaks: [[u8; 32]; 2]) -> Result<(), TestCaseError> {
        let secret = G::Scalar::from_wide(&wide([secret as u8; 32])) + G::Scalar::from(secret);
        let key = *enrolment::<G>(&secret).verify::<G>(CONTEXT).expect("an enrolment").key();
        let mut seen = vec![key];
        for tweak in tweaks {
            let tweak = Tweak::<G>::new(&wide(tweak)).expect("not zero");
            let public = tweak.public(&key).expect("not the identity");
            prop_assert_eq!(public, G::reveal(&G::generator_power(&tweak.secret(&secret))));
            prop_assert!(!seen.contains(&public));
            seen.push(public);
        }
        Ok(())
    }

    fn wide(half: [u8; 32]) -> [u8; 64] {
        let mut wide = [1; 64];
        wide[32..].copy_from_slice(&half);
        wide
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn blinding_agrees_with_itself(secret: u64, a: [u8; 32], b: [u8; 32]) {
            prop_assume!(a != b);
            check_blinding::<Ed25519>(secret, [a, b])?;
            check_blinding::<Belenios2048>(secret, [a, b])?;
        }
    }
}
