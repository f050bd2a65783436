//! Proofs of knowledge of one discrete logarithm, and of two equal ones.
//!
//! | proof | statement | challenge |
//! | --- | --- | --- |
//! | [`Proof::sign`] | I know x with X = g^x | c = H(prefix, g^w) |
//! | [`Proof::equality`] | I know x with X = g^x and Z = alpha^x | c = H(prefix, g^w, alpha^w) |
//!
//! The response is r = w - x·c mod q, so the commitments are recomputed as
//! g^r · X^c and alpha^r · Z^c (BELENIOS.md, sections 1, 4, 5 and 6). What the
//! prefix contains is all that the proof is bound to.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::group::{Group, Scalar};
use crate::hash::{challenge, parse_scalar, scalar_text};

/// Challenge and response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proof<S> {
    /// c
    pub challenge: S,
    /// r
    pub response: S,
}

/// A proof as it stands in Belenios files: two decimal numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofText {
    /// Decimal, below q.
    pub challenge: String,
    /// Decimal, below q.
    pub response: String,
}

impl<S: Scalar> Proof<S> {
    /// Proves knowledge of `secret`, the logarithm of a public key to the base g.
    pub fn sign<G: Group<Scalar = S>>(secret: &S, prefix: &str, rng: &mut dyn CryptoRng) -> Self {
        let nonce = Zeroizing::new(S::random(rng));
        let commitment = G::reveal(&G::generator_power(&nonce));
        Self::respond(secret, &nonce, challenge(prefix, &[G::text(&commitment)]))
    }

    /// Whether this proves knowledge of the logarithm of `public`.
    pub fn vartime_verify<G: Group<Scalar = S>>(&self, public: &G::Element, prefix: &str) -> bool {
        let commitment = self.commitment::<G>(&G::generator(), public);
        challenge::<S>(prefix, &[G::text(&commitment)]) == self.challenge
    }

    /// Proves that the logarithm of a public key to the base g is that of
    /// `base`^`secret` to the base `base`.
    pub fn equality<G: Group<Scalar = S>>(
        secret: &S,
        base: &G::Element,
        prefix: &str,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let nonce = Zeroizing::new(S::random(rng));
        let commitments = [G::reveal(&G::generator_power(&nonce)), G::reveal(&G::power(base, &nonce))];
        Self::respond(secret, &nonce, challenge(prefix, &G::texts(&commitments)))
    }

    /// Whether this proves that `public` to the base g and `power` to the base
    /// `base` have the same logarithm.
    pub fn vartime_verify_equality<G: Group<Scalar = S>>(
        &self,
        public: &G::Element,
        base: &G::Element,
        power: &G::Element,
        prefix: &str,
    ) -> bool {
        let commitments = [self.commitment::<G>(&G::generator(), public), self.commitment::<G>(base, power)];
        challenge::<S>(prefix, &G::texts(&commitments)) == self.challenge
    }

    /// The form for files.
    pub fn to_text(&self) -> ProofText {
        ProofText { challenge: scalar_text(&self.challenge), response: scalar_text(&self.response) }
    }

    /// From the form in files; none if a number is not canonical or not below q.
    pub fn from_text(text: &ProofText) -> Option<Self> {
        Some(Self { challenge: parse_scalar(&text.challenge)?, response: parse_scalar(&text.response)? })
    }

    fn respond(secret: &S, nonce: &S, challenge: S) -> Self {
        Self { challenge, response: *nonce - *secret * challenge }
    }

    fn commitment<G: Group<Scalar = S>>(&self, base: &G::Element, public: &G::Element) -> G::Element {
        G::vartime_power_product(&[(*base, self.response), (*public, self.challenge)])
    }
}
