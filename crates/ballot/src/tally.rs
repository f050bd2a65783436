//! The encrypted tally: for each choice, the product of the ciphertexts of all
//! counted ballots, each to the power of its weight (BELENIOS.md, section 6).

use serde::{Deserialize, Serialize};

use crate::ballot::CheckedBallot;
use crate::check::{Check, Failure, Place};
use crate::election::Question;
use crate::group::Group;

/// A ciphertext: alpha = g^r, beta = y^r · g^m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ciphertext<G: Group> {
    /// g^r
    pub alpha: G::Element,
    /// y^r · g^m
    pub beta: G::Element,
}

/// Sums under way, or done: for each question, for each choice, a ciphertext.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally<G: Group> {
    sums: Vec<Vec<Ciphertext<G>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CiphertextText {
    alpha: String,
    beta: String,
}

impl<G: Group> Tally<G> {
    /// Of no ballots.
    pub fn new(questions: &[Question]) -> Self {
        let zero = Ciphertext { alpha: G::identity(), beta: G::identity() };
        Self { sums: questions.iter().map(|question| vec![zero; question.choices()]).collect() }
    }

    /// Adds a ballot. It must be one of the same election.
    pub fn add(&mut self, ballot: &CheckedBallot<G>, weight: u64) {
        self.combine(ballot, weight, |element| *element);
    }

    /// Takes out a ballot that was added with this weight.
    pub fn remove(&mut self, ballot: &CheckedBallot<G>, weight: u64) {
        self.combine(ballot, weight, G::inverse);
    }

    /// For each question, for each choice, its ciphertext.
    pub fn sums(&self) -> &[Vec<Ciphertext<G>>] {
        &self.sums
    }

    /// The record of the archive.
    pub fn to_text(&self) -> String {
        let text = |sum: &Ciphertext<G>| {
            let mut texts = G::texts(&[sum.alpha, sum.beta]).into_iter();
            CiphertextText { alpha: texts.next().unwrap_or_default(), beta: texts.next().unwrap_or_default() }
        };
        let texts: Vec<Vec<CiphertextText>> =
            self.sums.iter().map(|sums| sums.iter().map(text).collect()).collect();
        serde_json::to_string(&texts).expect("strings always serialize")
    }

    /// Reads the record of the archive.
    ///
    /// # Errors
    /// B-070.
    pub fn parse(text: &[u8], questions: &[Question]) -> Result<Self, Failure> {
        let read = || -> Option<Self> {
            let texts: Vec<Vec<CiphertextText>> = serde_json::from_slice(text).ok()?;
            let shapes = texts.iter().map(Vec::len);
            if !shapes.eq(questions.iter().map(Question::choices)) {
                return None;
            }
            let ciphertext = |text: &CiphertextText| {
                Some(Ciphertext { alpha: G::parse(&text.alpha)?, beta: G::parse(&text.beta)? })
            };
            let sums = texts.iter().map(|texts| texts.iter().map(ciphertext).collect());
            Some(Self { sums: sums.collect::<Option<_>>()? })
        };
        // B-070
        read().ok_or_else(|| Check::TallyForm.at(Place::Tally))
    }

    fn combine(
        &mut self,
        ballot: &CheckedBallot<G>,
        weight: u64,
        change: impl Fn(&G::Element) -> G::Element,
    ) {
        let factor = |element: &G::Element| match weight {
            1 => change(element),
            _ => G::vartime_power_product(&[(change(element), G::Scalar::from(weight))]),
        };
        for (sums, choices) in self.sums.iter_mut().zip(&ballot.choices) {
            for (sum, choice) in sums.iter_mut().zip(choices) {
                sum.alpha = G::product(&sum.alpha, &factor(&choice.alpha));
                sum.beta = G::product(&sum.beta, &factor(&choice.beta));
            }
        }
    }
}
