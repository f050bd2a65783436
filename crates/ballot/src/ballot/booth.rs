//! Casting a ballot.
//!
//! Every commitment is a power of g times a power of y, since the voter knows the
//! randomness of their ciphertexts: with alpha = g^ρ, beta = y^ρ · g^{m+e}, a
//! disjunct claiming plaintext m has, for any w and c,
//!
//!   A = g^w,   B = y^w · g^{e·c},   r = w - ρ·c
//!
//! and is true where e = 0. All challenges but the true one's are chosen freely,
//! and the true one's is what the hash leaves (BELENIOS.md, section 4).
//!
//! The hint of an element is its eighth, so all exponents are first divided by
//! eight (see [`Group::hint_factor`]) and the element is made from its hint.
//!
//! Which disjunct is true is secret: there is no branch and no index that
//! depends on it.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ballot::text::{self, Answer, BallotText, Ciphertext, Signature};
use crate::election::{Election, Question};
use crate::group::{Group, Scalar};
use crate::hash::{base64, challenge, scalar_text, sha256};
use crate::statement::{signature_prefix, whole};

/// Makes ballots for one election.
pub struct Booth<'e, G: Group> {
    election: &'e Election<G>,
    key: G::Powers,
    /// [`Group::hint_factor`]
    eighth: G::Scalar,
}

/// What a voter answers to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing of it, said outright.
    Blank,
    /// For each answer, whether it is chosen.
    Chosen(Vec<bool>),
}

/// Why choices make no ballot. Counts of questions begin with 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The caller's list does not fit the election.
    #[error("there are {questions} questions, and {choices} are answered")]
    Questions {
        /// In the election.
        questions: usize,
        /// Given.
        choices: usize,
    },
    /// The caller's list does not fit the question.
    #[error("question {question} has {answers} answers, and {choices} are given")]
    Answers {
        /// Which question.
        question: usize,
        /// In the question.
        answers: usize,
        /// Given.
        choices: usize,
    },
    /// Too few or too many.
    #[error("question {question}: choose between {min} and {max} answers, not {chosen}")]
    Sum {
        /// Which question.
        question: usize,
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
        /// Chosen.
        chosen: u64,
    },
    /// Blank where blank is not allowed.
    #[error("question {question} cannot be left blank")]
    Blank {
        /// Which question.
        question: usize,
    },
}

/// A ballot, ready to be handed in. The randomness it was made with is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastBallot {
    /// The ballot: canonical text.
    pub text: String,
    /// What makes verifying it fast; empty where the group has no hints.
    pub hints: Vec<u8>,
}

impl CastBallot {
    /// The unpadded Base64 SHA-256 of the ballot, by which the voter finds it.
    pub fn tracker(&self) -> String {
        base64(&sha256(self.text.as_bytes()))
    }
}

impl<'e, G: Group> Booth<'e, G> {
    /// Makes the tables.
    pub fn new(election: &'e Election<G>) -> Self {
        Self { election, key: G::powers(election.key()), eighth: G::hint_factor() }
    }

    /// A ballot with these choices, signed with the secret credential.
    ///
    /// # Errors
    /// If the choices are not such as the questions ask for.
    pub fn cast(
        &self,
        credential: &G::Scalar,
        choices: &[Choice],
        rng: &mut dyn CryptoRng,
    ) -> Result<CastBallot, ChoiceError> {
        let questions = self.election.questions();
        if choices.len() != questions.len() {
            return Err(ChoiceError::Questions { questions: questions.len(), choices: choices.len() });
        }
        let mut plaintexts = Vec::with_capacity(questions.len());
        for (index, (question, choice)) in questions.iter().zip(choices).enumerate() {
            plaintexts.push(plaintext(question, choice, index + 1)?);
        }
        Ok(self.seal(credential, &plaintexts, rng))
    }

    fn seal(
        &self,
        credential: &G::Scalar,
        plaintexts: &[Zeroizing<Vec<u64>>],
        rng: &mut dyn CryptoRng,
    ) -> CastBallot {
        let encrypt = |m: &u64, rng: &mut dyn CryptoRng| {
            let randomness = Zeroizing::new(G::Scalar::random(rng));
            let alpha = self.element(&randomness, None);
            let beta = self.element(&G::Scalar::from(*m), Some(&randomness));
            Encrypted::<G> { m: Zeroizing::new(*m), randomness, alpha, beta }
        };
        let answers: Vec<Vec<Encrypted<G>>> =
            plaintexts.iter().map(|answer| answer.iter().map(|m| encrypt(m, rng)).collect()).collect();
        let public = self.element(credential, None);

        let mut given = Texts::default();
        for Encrypted { alpha, beta, .. } in answers.iter().flatten() {
            given.push::<G>(&[alpha, beta]);
        }
        given.push::<G>(&[&public]);
        let credential_text = given.texts.pop().unwrap_or_default();

        let mut hints = given.hints;
        let s0 = format!("{}|{credential_text}", self.election.fingerprint());
        let mut pairs = given.texts.chunks_exact(2);
        let mut sealed = Vec::with_capacity(answers.len());
        for (question, answer) in self.election.questions().iter().zip(&answers) {
            let texts: Vec<&[String]> = pairs.by_ref().take(answer.len()).collect();
            let choices: Vec<Ciphertext<'_>> =
                texts.iter().map(|pair| Ciphertext { alpha: &pair[0], beta: &pair[1] }).collect();
            sealed.push((choices, self.proofs(question, answer, &texts, &s0, &mut hints, rng)));
        }

        let answer = |(choices, proofs)| -> Answer<'_> { borrow(choices, proofs) };
        let answers: Vec<Answer<'_>> =
            sealed.iter().map(|(choices, proofs)| answer((choices, proofs))).collect();
        let parameters = self.election.parameters();
        let mut ballot = BallotText {
            election_uuid: &parameters.uuid,
            election_hash: self.election.fingerprint(),
            credential: &credential_text,
            answers,
            signature: Signature { hash: "", proof: text::Proof { challenge: "", response: "" } },
        };
        let unsigned = text::unsigned(&serialize(&ballot)).expect("a ballot has a signature field");
        let hash = base64(&sha256(unsigned.as_bytes()));
        let nonce = Zeroizing::new(G::Scalar::random(rng));
        let mut commitment = Texts::default();
        commitment.push::<G>(&[&self.element(&nonce, None)]);
        hints.extend(commitment.hints);
        let c: G::Scalar = challenge(&signature_prefix(&hash), &commitment.texts);
        let (c_text, r_text) = (scalar_text(&c), scalar_text(&(*nonce - *credential * c)));
        ballot.signature =
            Signature { hash: &hash, proof: text::Proof { challenge: &c_text, response: &r_text } };
        CastBallot { text: serialize(&ballot), hints }
    }

    /// All proofs of one answer, in the order of the statement: individual ones,
    /// blank, overall.
    fn proofs(
        &self,
        question: &Question,
        answer: &[Encrypted<G>],
        texts: &[&[String]],
        s0: &str,
        hints: &mut Vec<u8>,
        rng: &mut dyn CryptoRng,
    ) -> Proofs {
        let individual = answer.iter().zip(texts).map(|(choice, pair)| {
            let m = G::Scalar::from(*choice.m);
            let disjuncts = [0, 1].map(|claimed| Disjunct {
                randomness: *choice.randomness,
                error: m - G::Scalar::from(claimed),
                holds: equal(*choice.m, claimed),
            });
            let prefix = format!("prove|{s0}|{},{}|", pair[0], pair[1]);
            self.prove(&disjuncts, &prefix, hints, rng)
        });
        let individual = individual.collect();

        let blank = usize::from(question.allows_blank());
        let (flag, others) = answer.split_at(blank);
        let m = Zeroizing::new(others.iter().map(|choice| *choice.m).sum::<u64>());
        let randomness =
            Zeroizing::new(others.iter().fold(G::Scalar::ZERO, |sum, choice| sum + *choice.randomness));
        let sum = |claimed: u64, holds: G::Scalar| Disjunct {
            randomness: *randomness,
            error: G::Scalar::from(*m) - G::Scalar::from(claimed),
            holds,
        };
        let ciphertexts: Vec<Ciphertext<'_>> =
            texts.iter().map(|pair| Ciphertext { alpha: &pair[0], beta: &pair[1] }).collect();
        let s = whole(s0, &ciphertexts);
        match flag.first() {
            None => {
                let disjuncts: Vec<_> =
                    question.sums().map(|claimed| sum(claimed, equal(*m, claimed))).collect();
                let product = product_texts::<G>(others);
                let prefix = format!("prove|{s}|{},{}|", product[0], product[1]);
                Proofs { individual, blank: None, overall: self.prove(&disjuncts, &prefix, hints, rng) }
            }
            Some(flag) => {
                let is_blank = G::Scalar::from(*flag.m);
                let not_blank = G::Scalar::ONE - is_blank;
                let flagged = |error: G::Scalar, holds: G::Scalar| Disjunct {
                    randomness: *flag.randomness,
                    error,
                    holds,
                };
                let disjuncts = [flagged(is_blank, not_blank), sum(0, is_blank)];
                let blank = self.prove(&disjuncts, &format!("bproof0|{s}|"), hints, rng);
                let sums = question.sums().map(|claimed| sum(claimed, not_blank * equal(*m, claimed)));
                let disjuncts: Vec<_> = std::iter::once(flagged(-not_blank, is_blank)).chain(sums).collect();
                let overall = self.prove(&disjuncts, &format!("bproof1|{s}|"), hints, rng);
                Proofs { individual, blank: Some(blank), overall }
            }
        }
    }

    /// Proves that one of the disjuncts holds: exactly one is marked so.
    fn prove(
        &self,
        disjuncts: &[Disjunct<G::Scalar>],
        prefix: &str,
        hints: &mut Vec<u8>,
        rng: &mut dyn CryptoRng,
    ) -> Vec<[String; 2]> {
        let mut random = || -> Zeroizing<Vec<G::Scalar>> {
            Zeroizing::new(disjuncts.iter().map(|_| G::Scalar::random(rng)).collect())
        };
        let (nonces, challenges) = (random(), random());
        let mut commitments = Texts::default();
        for ((disjunct, w), c) in disjuncts.iter().zip(&*nonces).zip(&*challenges) {
            let b = self.element(&(disjunct.error * *c), Some(w));
            commitments.push::<G>(&[&self.element(w, None), &b]);
        }
        hints.extend(commitments.hints);
        let total = challenges.iter().fold(G::Scalar::ZERO, |sum, c| sum + *c);
        let rest = challenge::<G::Scalar>(prefix, &commitments.texts) - total;
        (disjuncts.iter().zip(&*nonces).zip(&*challenges))
            .map(|((disjunct, w), c)| {
                let c = *c + disjunct.holds * rest;
                [scalar_text(&c), scalar_text(&(*w - disjunct.randomness * c))]
            })
            .collect()
    }

    /// g^`generator` · y^`key` with its hint.
    fn element(&self, generator: &G::Scalar, key: Option<&G::Scalar>) -> WithHint<G> {
        let mut root = G::generator_power(&(*generator * self.eighth));
        if let Some(key) = key {
            root = G::secret_product(&root, &G::table_power(&self.key, &(*key * self.eighth)));
        }
        let (hint, element) = G::hint(&G::reveal(&root));
        WithHint { hint, element }
    }
}

/// A choice, encrypted.
struct Encrypted<G: Group> {
    m: Zeroizing<u64>,
    randomness: Zeroizing<G::Scalar>,
    alpha: WithHint<G>,
    beta: WithHint<G>,
}

/// One alternative of a proof.
struct Disjunct<S: Scalar> {
    /// ρ
    randomness: S,
    /// e: what the plaintext is beyond what is claimed.
    error: S,
    /// One for the disjunct that is proved, zero for all others.
    holds: S,
}

impl<S: Scalar> Drop for Disjunct<S> {
    fn drop(&mut self) {
        self.randomness.zeroize();
        self.error.zeroize();
        self.holds.zeroize();
    }
}

/// Challenges and responses of one answer.
struct Proofs {
    individual: Vec<Vec<[String; 2]>>,
    blank: Option<Vec<[String; 2]>>,
    overall: Vec<[String; 2]>,
}

struct WithHint<G: Group> {
    hint: Vec<u8>,
    element: G::Element,
}

/// Texts and hints of elements, in order.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    hints: Vec<u8>,
}

impl Texts {
    fn push<G: Group>(&mut self, elements: &[&WithHint<G>]) {
        let plain: Vec<G::Element> = elements.iter().map(|element| element.element).collect();
        self.texts.extend(G::texts(&plain));
        self.hints.extend(elements.iter().flat_map(|element| &element.hint));
    }
}

/// One if they are equal, else zero, in constant time.
fn equal<S: Scalar>(a: u64, b: u64) -> S {
    S::from(u64::from(a.ct_eq(&b).unwrap_u8()))
}

/// The texts of the products of all alphas and of all betas.
fn product_texts<G: Group>(choices: &[Encrypted<G>]) -> Vec<String> {
    let one = G::identity();
    let alpha = choices.iter().fold(one, |product, choice| G::product(&product, &choice.alpha.element));
    let beta = choices.iter().fold(one, |product, choice| G::product(&product, &choice.beta.element));
    G::texts(&[alpha, beta])
}

fn borrow<'a>(choices: &[Ciphertext<'a>], proofs: &'a Proofs) -> Answer<'a> {
    let list = |proof: &'a Vec<[String; 2]>| -> Vec<text::Proof<'a>> {
        proof.iter().map(|[challenge, response]| text::Proof { challenge, response }).collect()
    };
    Answer {
        choices: choices.iter().map(|Ciphertext { alpha, beta }| Ciphertext { alpha, beta }).collect(),
        individual_proofs: proofs.individual.iter().map(list).collect(),
        overall_proof: list(&proofs.overall),
        blank_proof: proofs.blank.as_ref().map(list),
    }
}

fn serialize(ballot: &BallotText<'_>) -> String {
    serde_json::to_string(ballot).expect("strings always serialize")
}

/// The plaintexts of the ciphertexts of one answer: zeros and ones.
fn plaintext(
    question: &Question,
    choice: &Choice,
    number: usize,
) -> Result<Zeroizing<Vec<u64>>, ChoiceError> {
    let answers = question.answers.len();
    let mut plaintext = Zeroizing::new(Vec::with_capacity(answers + 1));
    match choice {
        Choice::Blank if !question.allows_blank() => return Err(ChoiceError::Blank { question: number }),
        Choice::Blank => {
            plaintext.push(1);
            plaintext.resize(answers + 1, 0);
        }
        Choice::Chosen(chosen) => {
            if chosen.len() != answers {
                return Err(ChoiceError::Answers { question: number, answers, choices: chosen.len() });
            }
            let sum: u64 = chosen.iter().map(|chosen| u64::from(*chosen)).sum();
            if !question.sums().contains(&sum) {
                let Question { min, max, .. } = question;
                return Err(ChoiceError::Sum { question: number, min: *min, max: *max, chosen: sum });
            }
            if question.allows_blank() {
                plaintext.push(0);
            }
            plaintext.extend(chosen.iter().map(|chosen| u64::from(*chosen)));
        }
    }
    Ok(plaintext)
}
