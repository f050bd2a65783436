//! Verifying ballots.
//!
//! *Plainly*, every commitment is recomputed from challenge and response and
//! hashed. *With hints* it is [`super::hinted`] that does most of the work; what it
//! does not confirm is verified plainly, so only plain verification rejects.

use super::hinted::{Candidate, vartime_verify_with_hints};
use super::text::{self, Answer, BallotText};
use crate::check::{Check, Failure};
use crate::election::Election;
use crate::group::Group;
use crate::hash::{base64, sha256};
use crate::statement::{BallotPlace, Statement};
use crate::tally::Ciphertext;

/// Verifies the ballots of one election.
pub struct Verifier<G: Group> {
    election: Election<G>,
    bases: G::Bases,
}

/// A ballot to be verified.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// Its number, counted from 1, for errors.
    pub number: u64,
    /// Its text.
    pub text: &'a [u8],
    /// Its hints, if there are any.
    pub hints: Option<&'a [u8]>,
}

/// A ballot whose proofs all hold. Whether its credential may vote is not known.
#[derive(Clone, Debug)]
pub struct CheckedBallot<G: Group> {
    /// The public credential, as it stands in the ballot.
    pub credential: String,
    /// For each question, for each choice, its ciphertext.
    pub choices: Vec<Vec<Ciphertext<G>>>,
    /// Whether hints were of use: if not, it was verified plainly.
    pub hinted: bool,
}

impl<G: Group> Verifier<G> {
    /// Makes the tables; worth it from a few ballots on.
    pub fn new(election: Election<G>) -> Self {
        Self { bases: G::vartime_bases(election.key()), election }
    }

    /// The election whose ballots these are.
    pub fn election(&self) -> &Election<G> {
        &self.election
    }

    /// Verifies one ballot, plainly.
    ///
    /// # Errors
    /// B-050 to B-052, B-054 to B-061.
    pub fn vartime_verify(&self, submission: &Submission<'_>) -> Result<CheckedBallot<G>, Failure> {
        self.vartime_verify_plainly(&self.read(submission)?)
    }

    /// Verifies a batch, with hints as far as there are any. The outcomes are
    /// those of [`Verifier::vartime_verify`], in the order of the ballots.
    pub fn vartime_verify_batch(
        &self,
        submissions: &[Submission<'_>],
    ) -> Vec<Result<CheckedBallot<G>, Failure>> {
        let read: Vec<_> = submissions.iter().map(|submission| self.read(submission)).collect();
        let candidates: Vec<Candidate<'_, G>> = (read.iter().enumerate())
            .filter_map(|(index, ballot)| {
                Candidate::new(index, ballot.as_ref().ok()?, submissions[index].hints?)
            })
            .collect();
        let mut elements: Vec<Option<Vec<G::Element>>> = vec![None; read.len()];
        for (index, given) in vartime_verify_with_hints(&self.election, &candidates) {
            elements[index] = Some(given);
        }
        (read.into_iter().zip(elements))
            .map(|(ballot, elements)| {
                let ballot = ballot?;
                match elements {
                    Some(elements) => Ok(ballot.checked(&elements, true)),
                    None => self.vartime_verify_plainly(&ballot),
                }
            })
            .collect()
    }

    /// The ciphertexts of a ballot that was verified before; none if that is not so.
    pub fn ciphertexts_of_verified(&self, text: &[u8]) -> Option<CheckedBallot<G>> {
        let ballot = text::parse(std::str::from_utf8(text).ok()?)?;
        let ciphertext = |text: &text::Ciphertext<'_>| {
            Some(Ciphertext { alpha: G::parse(text.alpha)?, beta: G::parse(text.beta)? })
        };
        let choices = ballot.answers.iter().map(|answer| answer.choices.iter().map(ciphertext).collect());
        let choices = choices.collect::<Option<_>>()?;
        Some(CheckedBallot { credential: ballot.credential.to_owned(), choices, hinted: false })
    }

    /// All that can be said of a ballot without arithmetic in the group.
    fn read<'a>(&self, submission: &Submission<'a>) -> Result<ReadBallot<'a, G>, Failure> {
        let mut place = BallotPlace { number: submission.number, credential: String::new() };
        // B-050
        let text = std::str::from_utf8(submission.text).ok();
        let Some((text, ballot)) = text.and_then(|text| Some((text, text::parse(text)?))) else {
            return Err(place.fails(Check::BallotForm, None));
        };
        place.credential = ballot.credential.to_owned();
        // B-051
        if ballot.election_uuid != self.election.parameters().uuid {
            return Err(place.fails(Check::BallotElection, None));
        }
        // B-052
        if ballot.election_hash != self.election.fingerprint() {
            return Err(place.fails(Check::BallotFingerprint, None));
        }
        let statement = Statement::new(&self.election, &ballot, &place)?;
        // B-060
        let signed = text::unsigned(text).map(|text| base64(&sha256(text.as_bytes())));
        if signed.as_deref() != Some(ballot.signature.hash) {
            return Err(place.fails(Check::SignatureHash, None));
        }
        Ok(ReadBallot { ballot, statement, place })
    }

    fn vartime_verify_plainly(&self, read: &ReadBallot<'_, G>) -> Result<CheckedBallot<G>, Failure> {
        let statement = &read.statement;
        // B-055
        let evaluation = G::vartime_evaluate(&self.bases, &statement.points, &statement.equations)
            .map_err(|point| read.place.fails(Check::BallotElement, read.question(point)))?;
        if evaluation.given.last() == Some(&G::identity()) {
            return Err(read.place.fails(Check::BallotElement, None));
        }
        statement
            .check(&evaluation.products, &evaluation.commitments)
            .map_err(|(check, question)| read.place.fails(check, question))?;
        Ok(read.checked(&evaluation.given, false))
    }
}

/// A ballot of the right form, with what it claims.
pub(super) struct ReadBallot<'a, G: Group> {
    pub(super) ballot: BallotText<'a>,
    pub(super) statement: Statement<'a, G>,
    place: BallotPlace,
}

impl<G: Group> ReadBallot<'_, G> {
    /// The question, counted from 1, in which the given point with this index stands.
    fn question(&self, point: usize) -> Option<usize> {
        let mut end = 0;
        let contains = |answer: &Answer<'_>| {
            end += 2 * answer.choices.len();
            point < end
        };
        self.ballot.answers.iter().position(contains).map(|index| index + 1)
    }

    fn checked(&self, given: &[G::Element], hinted: bool) -> CheckedBallot<G> {
        let mut pairs = given.chunks_exact(2).map(|pair| Ciphertext { alpha: pair[0], beta: pair[1] });
        let answers = self.ballot.answers.iter();
        let choices = answers.map(|answer| pairs.by_ref().take(answer.choices.len()).collect()).collect();
        CheckedBallot { credential: self.ballot.credential.to_owned(), choices, hinted }
    }
}
