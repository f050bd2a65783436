//! What a ballot claims: its equations and its hashes, one list for both ways of
//! verifying (BELENIOS.md, section 4).
//!
//! Write y for the election key, phi for the fingerprint, S0 = phi|credential and
//! S = S0|a1,b1,a2,b2,… over all choices of one answer, blank included. Each
//! disjunct (c, r) of a proof that (alpha, beta) encrypts m has the commitments
//!
//!   A = g^r · alpha^c,   B = y^r · (beta / g^m)^c
//!
//! and the challenges of a proof add up to the hash of all its commitments:
//!
//! | proof | disjuncts | hash prefix |
//! | --- | --- | --- |
//! | individual, for each choice | (alpha, beta) encrypts 0; 1 | `prove\|S0\|alpha,beta\|` |
//! | overall, without blank | the product encrypts min; …; max | `prove\|S\|alpha,beta\|` of the product |
//! | blank | choice 0 encrypts 0; the product of the others encrypts 0 | `bproof0\|S\|` |
//! | overall, with blank | choice 0 encrypts 1; the product of the others encrypts min; …; max | `bproof1\|S\|` |
//! | signature | g^r · credential^c | `sig\|hash\|` |

use std::ops::Range;

use crate::ballot::text::{Answer, BallotText, Ciphertext, Proof};
use crate::check::{Check, Failure, Place};
use crate::election::{Election, Question};
use crate::group::{Equation, Group, Points, Scalar};
use crate::hash::{challenge, parse_scalar};

/// Everything that has to hold for the proofs of one ballot.
#[derive(Debug)]
pub(crate) struct Statement<'a, G: Group> {
    /// First alpha and beta of each choice, last the credential.
    pub(crate) points: Points<'a>,
    pub(crate) equations: Vec<Equation<G::Scalar>>,
    claims: Vec<Claim<G::Scalar>>,
}

/// That challenges add up to the hash of commitments.
#[derive(Debug)]
struct Claim<S> {
    check: Check,
    /// Counted from 1.
    question: Option<usize>,
    prefix: String,
    /// Index of the product whose alpha, and after it beta, end the prefix.
    product: Option<usize>,
    equations: Range<usize>,
    sum: S,
}

impl<'a, G: Group> Statement<'a, G> {
    /// Writes the claims down. Checks B-054 and B-056, nothing else.
    pub(crate) fn new(
        election: &Election<G>,
        ballot: &BallotText<'a>,
        place: &BallotPlace,
    ) -> Result<Self, Failure> {
        let questions = election.questions();
        if ballot.answers.len() != questions.len() {
            return Err(place.fails(Check::BallotShape, None));
        }
        let mut statement = Self { points: Points::default(), equations: Vec::new(), claims: Vec::new() };
        let prefix = format!("{}|{}", election.fingerprint(), ballot.credential);
        for answer in &ballot.answers {
            for Ciphertext { alpha, beta } in &answer.choices {
                statement.points.given.extend([*alpha, *beta]);
            }
        }
        let credential = statement.points.given.len();
        statement.points.given.push(ballot.credential);

        let mut first = 0;
        for (index, (question, answer)) in questions.iter().zip(&ballot.answers).enumerate() {
            let number = Some(index + 1);
            // B-054
            if !has_shape(question, answer) {
                return Err(place.fails(Check::BallotShape, number));
            }
            // B-056
            statement
                .answer(question, answer, &prefix, first, number)
                .ok_or_else(|| place.fails(Check::BallotScalar, number))?;
            first += 2 * answer.choices.len();
        }
        statement
            .signature(credential, ballot.signature.hash, &ballot.signature.proof)
            .ok_or_else(|| place.fails(Check::BallotScalar, None))?;
        Ok(statement)
    }

    /// Whether the commitments hash to the challenges.
    ///
    /// # Errors
    /// The check of the first proof that does not hold, and its question.
    pub(crate) fn check(
        &self,
        products: &[String],
        commitments: &[String],
    ) -> Result<(), (Check, Option<usize>)> {
        for claim in &self.claims {
            let texts = &commitments[claim.equations.clone()];
            let hash = match claim.product {
                None => challenge::<G::Scalar>(&claim.prefix, texts),
                Some(alpha) => {
                    let prefix = format!("{}{},{}|", claim.prefix, products[alpha], products[alpha + 1]);
                    challenge::<G::Scalar>(&prefix, texts)
                }
            };
            // B-057, B-058, B-059, B-061
            if hash != claim.sum {
                return Err((claim.check, claim.question));
            }
        }
        Ok(())
    }

    /// None if a number is not canonical.
    fn answer(
        &mut self,
        question: &Question,
        answer: &Answer<'a>,
        s0: &str,
        first: usize,
        number: Option<usize>,
    ) -> Option<()> {
        let alpha = |choice: usize| first + 2 * choice;
        for (index, (Ciphertext { alpha: a, beta: b }, proof)) in
            answer.choices.iter().zip(&answer.individual_proofs).enumerate()
        {
            let disjuncts = [(alpha(index), 0), (alpha(index), 1)];
            self.proof(
                Check::IndividualProof,
                number,
                format!("prove|{s0}|{a},{b}|"),
                None,
                &disjuncts,
                proof,
            )?;
        }

        let blank = usize::from(question.allows_blank());
        let product = self.points.products.len();
        let members =
            |offset: usize| (blank..answer.choices.len()).map(|choice| alpha(choice) + offset).collect();
        self.points.products.extend([members(0), members(1)]);
        let sum = self.points.given.len() + product;
        let sums = question.sums().map(|m| (sum, m));

        let s = whole(s0, &answer.choices);
        match &answer.blank_proof {
            None => {
                let disjuncts: Vec<_> = sums.collect();
                let prefix = format!("prove|{s}|");
                self.proof(
                    Check::OverallProof,
                    number,
                    prefix,
                    Some(product),
                    &disjuncts,
                    &answer.overall_proof,
                )
            }
            Some(blank_proof) => {
                let disjuncts = [(alpha(0), 0), (sum, 0)];
                self.proof(
                    Check::BlankProof,
                    number,
                    format!("bproof0|{s}|"),
                    None,
                    &disjuncts,
                    blank_proof,
                )?;
                let disjuncts: Vec<_> = std::iter::once((alpha(0), 1)).chain(sums).collect();
                let prefix = format!("bproof1|{s}|");
                self.proof(Check::OverallProof, number, prefix, None, &disjuncts, &answer.overall_proof)
            }
        }
    }

    /// One proof: for each disjunct the index of alpha, with beta after it, and
    /// the plaintext m.
    fn proof(
        &mut self,
        check: Check,
        question: Option<usize>,
        prefix: String,
        product: Option<usize>,
        disjuncts: &[(usize, u64)],
        proof: &[Proof<'_>],
    ) -> Option<()> {
        let start = self.equations.len();
        let mut sum = G::Scalar::ZERO;
        for ((alpha, m), Proof { challenge, response }) in disjuncts.iter().zip(proof) {
            let c: G::Scalar = parse_scalar(challenge)?;
            let r: G::Scalar = parse_scalar(response)?;
            let zero = G::Scalar::ZERO;
            let shift = match m {
                0 => zero,
                1 => -c,
                m => -(G::Scalar::from(*m) * c),
            };
            self.equations.push(Equation { generator: r, key: zero, point: *alpha, exponent: c });
            self.equations.push(Equation { generator: shift, key: r, point: alpha + 1, exponent: c });
            sum = sum + c;
        }
        self.claims.push(Claim {
            check,
            question,
            prefix,
            product,
            equations: start..self.equations.len(),
            sum,
        });
        Some(())
    }

    fn signature(&mut self, credential: usize, hash: &str, proof: &Proof<'_>) -> Option<()> {
        let start = self.equations.len();
        let c: G::Scalar = parse_scalar(proof.challenge)?;
        let r: G::Scalar = parse_scalar(proof.response)?;
        self.equations.push(Equation { generator: r, key: G::Scalar::ZERO, point: credential, exponent: c });
        let prefix = signature_prefix(hash);
        let check = Check::Signature;
        self.claims.push(Claim {
            check,
            question: None,
            prefix,
            product: None,
            equations: start..start + 1,
            sum: c,
        });
        Some(())
    }
}

/// Where a ballot's failures are.
pub(crate) struct BallotPlace {
    pub(crate) number: u64,
    pub(crate) credential: String,
}

impl BallotPlace {
    pub(crate) fn fails(&self, check: Check, question: Option<usize>) -> Failure {
        check.at(Place::Ballot { number: self.number, credential: self.credential.clone(), question })
    }
}

/// S: S0 and all ciphertexts.
pub(crate) fn whole(s0: &str, choices: &[Ciphertext<'_>]) -> String {
    let mut text = format!("{s0}|");
    for (index, Ciphertext { alpha, beta }) in choices.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(alpha);
        text.push(',');
        text.push_str(beta);
    }
    text
}

/// What the signature's challenge begins with.
pub(crate) fn signature_prefix(hash: &str) -> String {
    format!("sig|{hash}|")
}

/// B-054: as many choices and disjuncts as the question asks for.
fn has_shape(question: &Question, answer: &Answer<'_>) -> bool {
    let choices = question.choices();
    let sums = (question.max - question.min + 1) as usize;
    let blank = question.allows_blank();
    answer.choices.len() == choices
        && answer.individual_proofs.len() == choices
        && answer.individual_proofs.iter().all(|proof| proof.len() == 2)
        && answer.overall_proof.len() == sums + usize::from(blank)
        && match &answer.blank_proof {
            None => !blank,
            Some(proof) => blank && proof.len() == 2,
        }
}
