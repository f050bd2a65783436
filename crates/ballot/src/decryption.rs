//! Opening the tally (BELENIOS.md, section 6).
//!
//! A trustee with secret x publishes for each ciphertext the factor alpha^x, with a
//! proof that it was made with the x of their public key g^x: challenge
//! `H("decrypt|phi|<public key>|", g^w, alpha^w)`. The factors of all, each to the
//! power of its coefficient (1 for a mandatory trustee, a Lagrange coefficient
//! within a threshold group), multiply to alpha^secret, and
//! beta / alpha^secret = g^count.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::check::{Check, Failure, Place};
use crate::discrete_log::{BoundTooLarge, DiscreteLog};
use crate::election::{Election, Question};
use crate::group::Group;
use crate::number::Number;
use crate::schnorr::{Proof, ProofText};
use crate::tally::{Ciphertext, Tally};

/// For each question, for each choice, something.
type PerChoice<T> = Vec<Vec<T>>;

type Proofs<G> = PerChoice<Proof<<G as Group>::Scalar>>;

/// What one trustee contributes: proved factors.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialDecryption<G: Group> {
    factors: PerChoice<G::Element>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecryptionText {
    decryption_factors: PerChoice<String>,
    decryption_proofs: PerChoice<ProofText>,
}

/// Makes a trustee's contribution, the record of the archive.
///
/// The caller must have computed the tally from the ballots: decrypting any other
/// ciphertext may open a single vote.
pub fn decrypt<G: Group>(
    election: &Election<G>,
    tally: &Tally<G>,
    secret: &G::Scalar,
    rng: &mut dyn CryptoRng,
) -> String {
    let public = G::reveal(&G::generator_power(secret));
    let prefix = prefix(election, &public);
    let mut text = DecryptionText { decryption_factors: Vec::new(), decryption_proofs: Vec::new() };
    for sums in tally.sums() {
        let factors: Vec<G::Element> =
            sums.iter().map(|sum| G::reveal(&G::power(&sum.alpha, secret))).collect();
        let proofs = sums.iter().map(|sum| Proof::equality::<G>(secret, &sum.alpha, &prefix, rng).to_text());
        text.decryption_proofs.push(proofs.collect());
        text.decryption_factors.push(G::texts(&factors));
    }
    serde_json::to_string(&text).expect("strings always serialize")
}

impl<G: Group> PartialDecryption<G> {
    /// Reads and verifies the contribution of the trustee with this index,
    /// counted from 1, and public key.
    ///
    /// # Errors
    /// B-080 and B-083.
    pub fn verify(
        text: &[u8],
        election: &Election<G>,
        tally: &Tally<G>,
        owner: usize,
        public: &G::Element,
    ) -> Result<Self, Failure> {
        let place = || Place::Decryption(owner);
        // B-080
        let (factors, proofs) = Self::read(text, tally).ok_or_else(|| Check::DecryptionForm.at(place()))?;
        let prefix = prefix(election, public);
        let triples =
            tally.sums().iter().flatten().zip(factors.iter().flatten()).zip(proofs.iter().flatten());
        for ((sum, factor), proof) in triples {
            // B-083
            if !proof.vartime_verify_equality::<G>(public, &sum.alpha, factor, &prefix) {
                return Err(Check::DecryptionProof.at(place()));
            }
        }
        Ok(Self { factors })
    }

    fn read(text: &[u8], tally: &Tally<G>) -> Option<(PerChoice<G::Element>, Proofs<G>)> {
        let text: DecryptionText = serde_json::from_slice(text).ok()?;
        let shape = || tally.sums().iter().map(Vec::len);
        let fits = text.decryption_factors.iter().map(Vec::len).eq(shape())
            && text.decryption_proofs.iter().map(Vec::len).eq(shape());
        if !fits {
            return None;
        }
        let factors =
            text.decryption_factors.iter().map(|texts| texts.iter().map(|text| G::parse(text)).collect());
        let proofs = text.decryption_proofs.iter().map(|texts| texts.iter().map(Proof::from_text).collect());
        Some((factors.collect::<Option<_>>()?, proofs.collect::<Option<_>>()?))
    }
}

/// The tally with the secret taken away: g^count for each choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened<G: Group> {
    powers: PerChoice<G::Element>,
}

impl<G: Group> Opened<G> {
    /// Combines contributions, each with its coefficient.
    pub fn new(tally: &Tally<G>, contributions: &[(&PartialDecryption<G>, G::Scalar)]) -> Self {
        let open = |question: usize, choice: usize, sum: &Ciphertext<G>| {
            let factor = |(partial, coefficient): &(&PartialDecryption<G>, G::Scalar)| {
                (partial.factors[question][choice], *coefficient)
            };
            let terms: Vec<_> = contributions.iter().map(factor).collect();
            G::product(&sum.beta, &G::inverse(&G::vartime_power_product(&terms)))
        };
        let powers = tally.sums().iter().enumerate().map(|(question, sums)| {
            sums.iter().enumerate().map(|(choice, sum)| open(question, choice, sum)).collect()
        });
        Self { powers: powers.collect() }
    }

    /// Finds the counts, none of which is greater than the total weight.
    ///
    /// # Errors
    /// If the total weight is beyond what can be searched, or a count is not
    /// there: then the tally is not a sum of ballots of that weight.
    pub fn counts(&self, total_weight: u64) -> Result<Counts, CountError> {
        let logarithms = DiscreteLog::<G>::new(total_weight)?;
        let find = |power: &G::Element| logarithms.find(power).map(Number).ok_or(CountError::Absent);
        let counts = self.powers.iter().map(|powers| powers.iter().map(find).collect());
        Ok(Counts { result: counts.collect::<Result<_, _>>()? })
    }

    /// Checks counts that somebody else found.
    ///
    /// # Errors
    /// B-091.
    pub fn check(&self, counts: &Counts) -> Result<(), Failure> {
        for (power, count) in self.powers.iter().flatten().zip(counts.result.iter().flatten()) {
            // B-091
            if G::vartime_power_product(&[(G::generator(), G::Scalar::from(count.0))]) != *power {
                return Err(Check::ResultCounts.at(Place::Result));
            }
        }
        Ok(())
    }
}

/// Why there are no counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountError {
    /// The caller's total weight is too large.
    #[error(transparent)]
    Bound(#[from] BoundTooLarge),
    /// The tally is not what the caller says it is.
    #[error("a count is greater than the total weight of the ballots")]
    Absent,
}

/// The result: for each question, for each choice, blank included, its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// A number up to 2^30 - 1, a string above.
    pub result: PerChoice<Number>,
}

impl Counts {
    /// Reads the record of the archive.
    ///
    /// # Errors
    /// B-090.
    pub fn parse(text: &[u8], questions: &[Question]) -> Result<Self, Failure> {
        let counts: Option<Self> = serde_json::from_slice(text).ok();
        // B-090
        counts
            .filter(|counts| counts.result.iter().map(Vec::len).eq(questions.iter().map(Question::choices)))
            .ok_or_else(|| Check::ResultForm.at(Place::Result))
    }

    /// The record of the archive.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings always serialize")
    }
}

/// What the proofs of a trustee's factors are bound to.
fn prefix<G: Group>(election: &Election<G>, public: &G::Element) -> String {
    format!("decrypt|{}|{}|", election.fingerprint(), G::text(public))
}
