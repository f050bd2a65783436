//! The private side of an establishment.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::message::{
    Body, Commitment, Complaint, Confirmation, Content, Dealing, Message, commitment, encryption_prefix,
};
use super::{ConfirmationStage, DealingStage, Establishment, Members, Session, Stage, share};
use crate::bounded;
use crate::group::{Group, Scalar};
use crate::hash::{hex, parse_hex, sha256};
use crate::schnorr::Proof;
use crate::trustee::pedersen::{
    Certificate, Coefficients, Context, SignedText, confirmation, json, sign, value_at, verification_key,
};
use crate::trustee::{PrivateKey, TRUSTEES_MAX};

/// What a participant keeps to themselves, on one device. Erased when dropped.
///
/// Whoever has it and the log can compute the participant's share of the key: once
/// the [`PrivateKey`] is taken out and stored, drop this and delete what was stored
/// of it.
pub struct Participant<G: Group> {
    session: Session,
    number: usize,
    pub(super) signing: Zeroizing<G::Scalar>,
    pub(super) decryption: Zeroizing<G::Scalar>,
    /// The last one taken part in; 0 before the first.
    attempt: u32,
    pub(super) progress: Progress<G>,
}

/// In the attempt.
pub(super) enum Progress<G: Group> {
    /// Only before the first attempt.
    Idle,
    /// Entered by committing, once an attempt.
    Committed { polynomial: Zeroizing<Vec<G::Scalar>>, nonce: Zeroizing<[u8; 32]>, message: String },
    /// Entered by dealing. The polynomial is gone: nothing else can be dealt.
    Dealt { group: [u8; 32], message: String },
}

/// Why a participant does not do what a public state asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The state is of another session.
    #[error("this is another key establishment")]
    OtherSession,
    /// The state is older than what the participant has done already.
    #[error("this participant has gone further than this state")]
    Past,
    /// The participant has dealt to another group in this attempt. Dealing twice
    /// would give away more of a polynomial than the threshold allows.
    #[error("this participant has dealt to another group")]
    OtherGroup,
    /// What stands in the log under the participant's number was not made with
    /// these secrets, as after a loss of storage.
    #[error("what this participant sent was made with other secrets")]
    OtherSecrets,
    /// There is no key, or this participant has no share of it.
    #[error("this participant has no key in this state")]
    NoKey,
}

impl<G: Group> Participant<G> {
    /// The candidate with this number, counted from 1, in a session.
    pub fn new(session: Session, number: usize, rng: &mut dyn CryptoRng) -> Self {
        let signing = Zeroizing::new(G::Scalar::random(rng));
        let decryption = Zeroizing::new(G::Scalar::random(rng));
        Self { session, number, signing, decryption, attempt: 0, progress: Progress::Idle }
    }

    /// The session they take part in.
    pub fn session(&self) -> Session {
        self.session
    }

    /// Their number as a candidate, counted from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What this participant has to say in this state: their messages for
    /// [`Establishment::apply`], none if there is nothing to say.
    ///
    /// The caller stores the participant before sending any of them. Asked again,
    /// a participant says the same again.
    ///
    /// # Errors
    /// If the state contradicts what the participant has done before.
    pub fn step(
        &mut self,
        state: &Establishment<G>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<String>, Refusal> {
        self.check_state(state)?;
        match &state.stage {
            Stage::Commitment(committed) => {
                let due = !committed.contains_key(&self.number)
                    && state.candidates().any(|number| number == self.number);
                if due { Ok(vec![self.commit(state, rng)?]) } else { Ok(Vec::new()) }
            }
            Stage::Dealing(stage) => match stage.members.position(self.number) {
                Some(position) if !stage.dealings.contains_key(&position) => {
                    Ok(vec![self.deal(state, stage, position, rng)?])
                }
                _ => Ok(Vec::new()),
            },
            Stage::Confirmation(stage) => match stage.members.position(self.number) {
                Some(position) if !stage.answers.contains_key(&position) => {
                    self.answer(state, stage, position, rng)
                }
                _ => Ok(Vec::new()),
            },
            Stage::Complete(..) | Stage::Failed => Ok(Vec::new()),
        }
    }

    /// This participant's share of the key, once the establishment is complete.
    ///
    /// # Errors
    /// If it is not, or this participant is not in the group.
    pub fn private_key(&self, state: &Establishment<G>) -> Result<PrivateKey<G>, Refusal> {
        self.check_state(state)?;
        let Stage::Complete(stage, _) = &state.stage else { return Err(Refusal::NoKey) };
        let position = stage.members.position(self.number).ok_or(Refusal::NoKey)?;
        self.check_dealt(state, &stage.members)?;
        let shares = self.shares(state, stage, position);
        let shares: Vec<_> = shares.into_iter().collect::<Option<_>>().ok_or(Refusal::OtherSecrets)?;
        let key = PrivateKey::from_scalar(total::<G>(&shares));
        let right = key.public() == value_at::<G>(&stage.sum(), position);
        if right { Ok(key) } else { Err(Refusal::OtherSecrets) }
    }

    fn check_state(&self, state: &Establishment<G>) -> Result<(), Refusal> {
        if state.session != self.session {
            return Err(Refusal::OtherSession);
        }
        if state.attempt < self.attempt { Err(Refusal::Past) } else { Ok(()) }
    }

    fn commit(&mut self, state: &Establishment<G>, rng: &mut dyn CryptoRng) -> Result<String, Refusal> {
        if self.attempt == state.attempt {
            return match &self.progress {
                Progress::Committed { message, .. } => Ok(message.clone()),
                _ => Err(Refusal::Past),
            };
        }
        let tag = state.tag();
        let polynomial: Zeroizing<Vec<G::Scalar>> =
            Zeroizing::new((0..self.session.threshold).map(|_| G::Scalar::random(rng)).collect());
        let mut nonce = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *nonce);
        let encryption = public::<G>(&self.decryption);
        let prefix = encryption_prefix(&tag, self.number, &encryption);
        let body = Body::Commitment(Commitment {
            verification: public::<G>(&self.signing),
            proof: Proof::sign::<G>(&self.decryption, &prefix, rng).to_text(),
            commitment: self.commitment(&tag, &polynomial, &nonce),
            encryption,
        });
        let message = self.message(state, body, rng);
        self.attempt = state.attempt;
        self.progress = Progress::Committed { polynomial, nonce, message: message.clone() };
        Ok(message)
    }

    fn deal(
        &mut self,
        state: &Establishment<G>,
        stage: &DealingStage<G>,
        position: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<String, Refusal> {
        let tag = state.tag();
        let member = stage.members.at(position);
        let (polynomial, nonce) = match &self.progress {
            _ if self.attempt != state.attempt => return Err(Refusal::OtherSecrets),
            Progress::Idle => return Err(Refusal::OtherSecrets),
            Progress::Committed { polynomial, nonce, .. } => (polynomial, nonce),
            Progress::Dealt { message, .. } => {
                let message = message.clone();
                return self.check_dealt(state, &stage.members).map(|()| message);
            }
        };
        if member.commitment != self.commitment(&tag, polynomial, nonce) {
            return Err(Refusal::OtherSecrets);
        }
        let coefexps = publish::<G>(polynomial);
        let certificate = Certificate {
            context: Some(Context::new::<G>(self.session.size, self.session.threshold, position)),
            verification: public::<G>(&self.signing),
            encryption: public::<G>(&self.decryption),
        };
        let shares = stage.members.positions().map(|recipient| {
            let key = &stage.members.at(recipient).encryption;
            let binding = stage.members.binding(&tag, position, recipient);
            share::seal::<G>(&value_of(polynomial, recipient), key, &binding, rng)
        });
        let body = Body::Dealing(Dealing {
            nonce: hex(nonce),
            shares: shares.collect(),
            certificate: SignedText::new::<G>(json(&certificate), &self.signing, rng),
            coefficients: SignedText::new::<G>(json(&Coefficients { coefexps }), &self.signing, rng),
        });
        let message = self.message(state, body, rng);
        let group = digest(&tag, &stage.members);
        self.progress = Progress::Dealt { group, message: message.clone() };
        Ok(message)
    }

    /// A confirmation; or, if any share is not what it should be, complaints.
    fn answer(
        &self,
        state: &Establishment<G>,
        stage: &ConfirmationStage<G>,
        position: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<String>, Refusal> {
        self.check_dealt(state, &stage.members)?;
        let shares = self.shares(state, stage, position);
        let wrong: Vec<usize> =
            stage.members.positions().filter(|dealer| shares[dealer - 1].is_none()).collect();
        if !wrong.is_empty() {
            return Ok(wrong
                .into_iter()
                .map(|dealer| {
                    let complaint = self.complain(state, stage, dealer, position, rng);
                    self.message(state, Body::Complaint(complaint), rng)
                })
                .collect());
        }
        let secret = Zeroizing::new(total::<G>(&shares.into_iter().flatten().collect::<Vec<_>>()));
        let own = &stage.dealings[position - 1].polynomial.texts;
        let body = Body::Confirmation(Confirmation {
            verification_key: verification_key::<G>(&secret, &self.signing, rng),
            signature: sign::<G>(&confirmation(&stage.certificates(), own), &self.signing, rng),
        });
        Ok(vec![self.message(state, body, rng)])
    }

    fn complain(
        &self,
        state: &Establishment<G>,
        stage: &ConfirmationStage<G>,
        dealer: usize,
        position: usize,
        rng: &mut dyn CryptoRng,
    ) -> Complaint {
        let tag = state.tag();
        let sealed = stage.sealed(dealer, position);
        let shared = G::text(&sealed.shared(&self.decryption));
        let binding = stage.members.binding(&tag, dealer, position);
        let proof = sealed.prove_shared(&self.decryption, &shared, &binding, rng);
        Complaint { dealer, shared, proof }
    }

    /// What each dealer has dealt to this participant; none where it is wrong.
    fn shares(
        &self,
        state: &Establishment<G>,
        stage: &ConfirmationStage<G>,
        position: usize,
    ) -> Vec<Option<Zeroizing<G::Scalar>>> {
        let tag = state.tag();
        let open = |dealer| {
            let shared = stage.sealed(dealer, position).shared(&self.decryption);
            stage.open(&tag, dealer, position, &shared)
        };
        stage.members.positions().map(open).collect()
    }

    /// That this participant has dealt to just this group in this attempt.
    fn check_dealt(&self, state: &Establishment<G>, members: &Members<G>) -> Result<(), Refusal> {
        match &self.progress {
            Progress::Dealt { group, .. } if self.attempt == state.attempt => {
                if *group == digest(&state.tag(), members) { Ok(()) } else { Err(Refusal::OtherGroup) }
            }
            _ => Err(Refusal::OtherSecrets),
        }
    }

    fn commitment(&self, tag: &str, polynomial: &[G::Scalar], nonce: &[u8; 32]) -> String {
        hex(&commitment(tag, self.number, &hex(nonce), &publish::<G>(polynomial)))
    }

    fn message(&self, state: &Establishment<G>, body: Body, rng: &mut dyn CryptoRng) -> String {
        let content = Content {
            session: hex(&self.session.id),
            attempt: state.attempt,
            participant: self.number,
            body,
        };
        Message::write::<G>(content, &state.tag(), &self.signing, rng)
    }
}

impl<G: Group> fmt::Debug for Participant<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, attempt, .. } = self;
        write!(f, "Participant({number}, attempt {attempt}, ..)")
    }
}

/// Who is in the group of an attempt, and what they committed to.
fn digest<G: Group>(tag: &str, members: &Members<G>) -> [u8; 32] {
    let mut text = format!("{tag}group|");
    for member in &members.0 {
        let verification = G::text(&member.verification);
        let super::Member { participant, encryption_text, commitment, .. } = member;
        text.push_str(&format!("{participant},{verification},{encryption_text},{commitment}|"));
    }
    sha256(text.as_bytes())
}

fn public<G: Group>(secret: &G::Scalar) -> String {
    G::text(&G::reveal(&G::generator_power(secret)))
}

pub(super) fn publish<G: Group>(polynomial: &[G::Scalar]) -> Vec<String> {
    let elements: Vec<_> =
        polynomial.iter().map(|coefficient| G::reveal(&G::generator_power(coefficient))).collect();
    G::texts(&elements)
}

/// f(position), by Horner's rule.
pub(super) fn value_of<S: Scalar>(polynomial: &[S], position: usize) -> Zeroizing<S> {
    let position = S::from(position as u64);
    Zeroizing::new(
        polynomial.iter().rev().fold(S::ZERO, |value, coefficient| value * position + *coefficient),
    )
}

fn total<G: Group>(shares: &[Zeroizing<G::Scalar>]) -> G::Scalar {
    shares.iter().fold(G::Scalar::ZERO, |sum, share| sum + **share)
}

/// A participant as a device stores it. Scalars are 64 hexadecimal digits.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    group: String,
    session: String,
    candidates: usize,
    size: usize,
    threshold: usize,
    number: usize,
    signing: String,
    decryption: String,
    attempt: u32,
    progress: StoredProgress,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum StoredProgress {
    Idle,
    Committed {
        #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
        polynomial: Vec<String>,
        nonce: String,
        message: String,
    },
    Dealt {
        group: String,
        message: String,
    },
}

const STORED_VERSION: u8 = 1;

impl<G: Group> Participant<G> {
    /// What a device stores between steps: JSON, and as secret as the key.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let Session { id, candidates, size, threshold } = self.session;
        let progress = match &self.progress {
            Progress::Idle => StoredProgress::Idle,
            Progress::Committed { polynomial, nonce, message } => StoredProgress::Committed {
                polynomial: polynomial.iter().map(scalar_hex).collect(),
                nonce: hex(nonce),
                message: message.clone(),
            },
            Progress::Dealt { group, message } => {
                StoredProgress::Dealt { group: hex(group), message: message.clone() }
            }
        };
        let stored = Stored {
            version: STORED_VERSION,
            group: G::NAME.to_owned(),
            session: hex(&id),
            candidates,
            size,
            threshold,
            number: self.number,
            signing: scalar_hex(&*self.signing),
            decryption: scalar_hex(&*self.decryption),
            attempt: self.attempt,
            progress,
        };
        // Large enough never to move, which would leave a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(stored.size_bytes_max()));
        serde_json::to_writer(&mut *bytes, &stored).expect("strings and numbers can always be written");
        debug_assert!(bytes.len() <= stored.size_bytes_max());
        bytes
    }

    /// What [`Participant::to_bytes`] gave; none for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        if stored.version != STORED_VERSION || stored.group != G::NAME {
            return None;
        }
        let id = parse_hex(&stored.session)?;
        let session = Session::new(id, stored.candidates, stored.size, stored.threshold).ok()?;
        let progress = match &stored.progress {
            StoredProgress::Idle => Progress::Idle,
            StoredProgress::Committed { polynomial, nonce, message } => Progress::Committed {
                polynomial: Zeroizing::new(
                    polynomial.iter().map(|a| parse_scalar_hex(a)).collect::<Option<_>>()?,
                ),
                nonce: Zeroizing::new(parse_hex(nonce)?),
                message: message.clone(),
            },
            StoredProgress::Dealt { group, message } => {
                Progress::Dealt { group: parse_hex(group)?, message: message.clone() }
            }
        };
        Some(Self {
            session,
            number: stored.number,
            signing: Zeroizing::new(parse_scalar_hex(&stored.signing)?),
            decryption: Zeroizing::new(parse_scalar_hex(&stored.decryption)?),
            attempt: stored.attempt,
            progress,
        })
    }
}

impl Stored {
    /// Twice the message, as it has quotes and backslashes, which are escaped; 100
    /// bytes for each coefficient; and enough for all else.
    fn size_bytes_max(&self) -> usize {
        1024 + match &self.progress {
            StoredProgress::Idle => 0,
            StoredProgress::Committed { polynomial, message, .. } => {
                polynomial.len() * 100 + message.len() * 2
            }
            StoredProgress::Dealt { message, .. } => message.len() * 2,
        }
    }
}

fn scalar_hex<S: Scalar>(scalar: &S) -> String {
    hex(&Zeroizing::new(scalar.to_bytes()))
}

fn parse_scalar_hex<S: Scalar>(text: &str) -> Option<S> {
    S::from_canonical(&Zeroizing::new(parse_hex(text)?))
}
