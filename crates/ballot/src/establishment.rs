//! Key establishment: how people who are never awake together make the key of a
//! threshold group (`docs/decisions/key-establishment.md`).
//!
//! Messages travel as records of an ordered public log. An [`Establishment`] is
//! what everyone computes from it; a [`Participant`] is what one of them keeps to
//! themselves. There are three rounds, each closed by everyone at the same place
//! in the log:
//!
//! 1. *Commitment*: candidates give their keys and a hash of the coefficients they
//!    will contribute. The first of them by rank are the group, the others
//!    reserves.
//! 2. *Dealing*: each of the group opens their commitment and deals a share to
//!    each, encrypted.
//! 3. *Confirmation*: each confirms, or complains about a dealer and reveals what
//!    proves the dealer, or the complaint, false.
//!
//! Whoever is silent or false is excluded for good, and the next attempt begins,
//! with fresh contributions and the next reserve. What comes out is a threshold
//! group in the layout of [`crate::trustee`]; it names no election.
//!
//! Invariants:
//! - whose fault it is follows from the log alone;
//! - nobody's coefficients are known to anyone else before all commitments are in;
//! - every attempt that fails excludes a candidate, so there are at most as many
//!   attempts as reserves, and one more;
//! - a message that is refused changes nothing.
//!
//! # Example
//!
//! ```
//! use chacha20::ChaCha20Rng;
//! use chacha20::rand_core::SeedableRng;
//! use concerted_ballot::Ed25519;
//! use concerted_ballot::establishment::{Establishment, Participant, Round, Session};
//! use concerted_ballot::trustee::{Entry, Trustees, to_json};
//!
//! // Use the operating system's randomness instead.
//! let rng = &mut ChaCha20Rng::from_seed([1; 32]);
//! // The first 3 of 4 candidates; any 2 of them decrypt.
//! let session = Session::new([9; 32], 4, 3, 2)?;
//! let mut people: Vec<_> = (1..=4).map(|n| Participant::<Ed25519>::new(session, n, rng)).collect();
//! let mut log = Establishment::new(session);
//! while log.round() != Round::Complete {
//!     for (index, person) in people.iter_mut().enumerate() {
//!         for message in person.step(&log, rng)? {
//!             log.apply(index + 1, message.as_bytes())?;
//!         }
//!     }
//!     assert!(log.is_settled());
//!     log.close_round();
//! }
//! let group = log.pedersen().expect("everyone did their part").clone();
//! let trustees = Trustees::<Ed25519>::parse(to_json(&[Entry::Pedersen(group)]).as_bytes())?;
//! let key = people[2].private_key(&log)?;
//! assert_eq!(key.public(), trustees.owners()[2].verification_key);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod message;
mod participant;
mod share;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::check::{Check, Failure, Place};
use crate::group::Group;
use crate::hash::{hex, parse_hex};
use crate::schnorr::Proof;
use crate::trustee::pedersen::{
    Context, Part, Pedersen, Polynomial, SignedText, check_certificate, check_coefficients,
    check_confirmation, check_key_signature, check_verification_key, sum, value_at,
};
use crate::trustee::{TRUSTEES_MAX, key_element};
use message::{Body, Commitment, Complaint, Confirmation, Content, Dealing, Message};
use share::{Binding, Sealed};

pub use message::MESSAGE_BYTES_MAX;
pub use participant::{Participant, Refusal};

/// What a key is established for, agreed on by all beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    id: [u8; 32],
    candidates: usize,
    size: usize,
    threshold: usize,
}

impl Session {
    /// A session in which the first `size` of `candidates` who are there make a
    /// key, and any `threshold` of them can use it. `id` is never used twice.
    ///
    /// # Errors
    /// B-100, if the numbers do not fit or the threshold is not more than half.
    pub fn new(id: [u8; 32], candidates: usize, size: usize, threshold: usize) -> Result<Self, Failure> {
        // B-100
        let fits = 1 <= threshold && threshold <= size && size <= candidates && candidates <= TRUSTEES_MAX;
        if !fits || threshold * 2 <= size {
            return Err(Check::SessionForm.at(Place::Trustees));
        }
        Ok(Self { id, candidates, size, threshold })
    }

    /// What everything that is hashed or signed in an attempt begins with.
    fn tag<G: Group>(&self, attempt: u32) -> String {
        let Self { id, candidates, size, threshold } = self;
        let (group, id) = (G::NAME, hex(id));
        format!("concerted establishment 1|{group}|{id}|{candidates}|{size}|{threshold}|{attempt}|")
    }
}

/// Where an establishment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Candidates commit.
    Commitment,
    /// The group deals.
    Dealing,
    /// The group confirms or complains.
    Confirmation,
    /// There is a key.
    Complete,
    /// Too few candidates are left.
    Failed,
}

/// What closing a round led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Who is excluded now, and by which check: B-114, B-115 or B-116.
    pub excluded: Vec<Failure>,
    /// The attempt that `next` belongs to: after a failed one, the number is higher.
    pub attempt: u32,
    /// The round that begins, or the end.
    pub next: Round,
}

/// The public side of an establishment: what everyone who reads the log knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Establishment<G: Group> {
    session: Session,
    attempt: u32,
    excluded: BTreeMap<usize, Check>,
    stage: Stage<G>,
}

#[derive(Clone, Debug, PartialEq)]
enum Stage<G: Group> {
    /// Entered at the start and after a failed attempt. By number as a candidate.
    Commitment(BTreeMap<usize, Member<G>>),
    /// Entered when enough candidates have committed.
    Dealing(DealingStage<G>),
    /// Entered when the whole group has dealt.
    Confirmation(ConfirmationStage<G>),
    /// Entered when the whole group has confirmed; never left.
    Complete(ConfirmationStage<G>, Pedersen),
    /// Entered when an attempt fails and fewer candidates than the size remain;
    /// never left.
    Failed,
}

/// A participant who has committed.
#[derive(Clone, Debug, PartialEq)]
struct Member<G: Group> {
    /// Their number as a candidate.
    participant: usize,
    verification: G::Element,
    encryption: G::Element,
    encryption_text: String,
    commitment: String,
}

/// The group, in order. A member's position counts from 1.
#[derive(Clone, Debug, PartialEq)]
struct Members<G: Group>(Vec<Member<G>>);

#[derive(Clone, Debug, PartialEq)]
struct DealingStage<G: Group> {
    members: Members<G>,
    /// By position.
    dealings: BTreeMap<usize, Dealt<G>>,
}

/// A dealing, all that is public about it checked.
#[derive(Clone, Debug, PartialEq)]
struct Dealt<G: Group> {
    certificate: SignedText,
    coefficients: SignedText,
    polynomial: Polynomial<G>,
    shares: Vec<Sealed<G>>,
}

#[derive(Clone, Debug, PartialEq)]
struct ConfirmationStage<G: Group> {
    members: Members<G>,
    /// By position less 1.
    dealings: Vec<Dealt<G>>,
    /// By position.
    answers: BTreeMap<usize, Answer>,
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Confirmation(Confirmation),
    /// By the position of the dealer: whether the complaint is just.
    Complaints(BTreeMap<usize, bool>),
}

impl<G: Group> Establishment<G> {
    /// Begins the first attempt.
    pub fn new(session: Session) -> Self {
        Self { session, attempt: 1, excluded: BTreeMap::new(), stage: Stage::Commitment(BTreeMap::new()) }
    }

    /// Applies a message whose author, as the caller has established from the
    /// record it came in, is the candidate with the number `author`, from 1.
    ///
    /// # Errors
    /// Why the message is refused. Then nothing has changed.
    pub fn apply(&mut self, author: usize, message: &[u8]) -> Result<(), Failure> {
        let tag = self.tag();
        let envelope = Envelope { author, threshold: self.session.threshold, tag: &tag };
        // B-101
        let message = Message::parse(message).ok_or_else(|| envelope.failed(Check::MessageForm))?;
        self.check_addressing(&envelope, &message.content)?;
        match (&mut self.stage, &message.content.body) {
            (Stage::Commitment(committed), Body::Commitment(body)) => {
                let member = envelope.check_commitment(committed, &message, body)?;
                committed.insert(author, member);
            }
            (Stage::Dealing(stage), Body::Dealing(body)) => {
                let (position, dealt) = stage.check_dealing(&envelope, &message, body)?;
                stage.dealings.insert(position, dealt);
            }
            (Stage::Confirmation(stage), Body::Confirmation(body)) => {
                let position = stage.check_confirmation(&envelope, &message, body)?;
                stage.answers.insert(position, Answer::Confirmation(body.clone()));
            }
            (Stage::Confirmation(stage), Body::Complaint(body)) => {
                let (position, just) = stage.check_complaint(&envelope, &message, body)?;
                let answer =
                    stage.answers.entry(position).or_insert_with(|| Answer::Complaints(BTreeMap::new()));
                if let Answer::Complaints(complaints) = answer {
                    complaints.insert(body.dealer, just);
                }
            }
            // B-104
            _ => return Err(envelope.failed(Check::MessageRound)),
        }
        Ok(())
    }

    /// Closes the round. Everyone does so at the same place in the log: at the
    /// deadline, or earlier if [`Establishment::is_settled`]. None if there is no
    /// round left.
    pub fn close_round(&mut self) -> Option<Closed> {
        let faults = match &self.stage {
            Stage::Commitment(committed) => self.absent(committed),
            Stage::Dealing(stage) => stage.faults(),
            Stage::Confirmation(stage) => stage.faults(),
            Stage::Complete(..) | Stage::Failed => return None,
        };
        self.excluded.extend(&faults);
        self.stage = match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Commitment(committed) if committed.len() >= self.session.size => {
                Stage::Dealing(DealingStage::new(committed, self.session.size))
            }
            Stage::Dealing(stage) if faults.is_empty() => Stage::Confirmation(stage.next()),
            Stage::Confirmation(stage) if faults.is_empty() => {
                let group = stage.group(self.session.threshold);
                Stage::Complete(stage, group)
            }
            _ if self.candidates().count() >= self.session.size => {
                self.attempt += 1;
                Stage::Commitment(BTreeMap::new())
            }
            _ => Stage::Failed,
        };
        let excluded =
            faults.into_iter().map(|(number, check)| check.at(Place::Participant(number))).collect();
        Some(Closed { excluded, attempt: self.attempt, next: self.round() })
    }

    /// Where it stands.
    pub fn round(&self) -> Round {
        match self.stage {
            Stage::Commitment(_) => Round::Commitment,
            Stage::Dealing(_) => Round::Dealing,
            Stage::Confirmation(_) => Round::Confirmation,
            Stage::Complete(..) => Round::Complete,
            Stage::Failed => Round::Failed,
        }
    }

    /// What it is for.
    pub fn session(&self) -> Session {
        self.session
    }

    /// The number of the attempt, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The candidates who are not excluded, by rank.
    pub fn candidates(&self) -> impl Iterator<Item = usize> {
        (1..=self.session.candidates).filter(|number| !self.excluded.contains_key(number))
    }

    /// Who was excluded, and by which check.
    pub fn excluded(&self) -> &BTreeMap<usize, Check> {
        &self.excluded
    }

    /// The candidates who are the group, in order, from the second round on. The
    /// first is the group's trustee 1.
    pub fn members(&self) -> Vec<usize> {
        self.group().map_or_else(Vec::new, |members| members.0.iter().map(|m| m.participant).collect())
    }

    /// Whose messages this round waits for. In the first round it is the first by
    /// rank, as many as the group is to have; later, the group.
    pub fn awaited(&self) -> Vec<usize> {
        match &self.stage {
            Stage::Commitment(committed) => self
                .candidates()
                .take(self.session.size)
                .filter(|number| !committed.contains_key(number))
                .collect(),
            Stage::Dealing(stage) => stage.members.without(&stage.dealings),
            Stage::Confirmation(stage) => stage.members.without(&stage.answers),
            Stage::Complete(..) | Stage::Failed => Vec::new(),
        }
    }

    /// Whether waiting for the deadline is of no use: all messages are in, or
    /// somebody was found false.
    pub fn is_settled(&self) -> bool {
        match &self.stage {
            Stage::Confirmation(stage) if !stage.verdicts().is_empty() => true,
            _ => self.awaited().is_empty(),
        }
    }

    /// The threshold group, once there is one, for [`crate::trustee::Entry::Pedersen`].
    pub fn pedersen(&self) -> Option<&Pedersen> {
        match &self.stage {
            Stage::Complete(_, group) => Some(group),
            _ => None,
        }
    }

    fn tag(&self) -> String {
        self.session.tag::<G>(self.attempt)
    }

    fn group(&self) -> Option<&Members<G>> {
        match &self.stage {
            Stage::Commitment(_) | Stage::Failed => None,
            Stage::Dealing(stage) => Some(&stage.members),
            Stage::Confirmation(stage) | Stage::Complete(stage, _) => Some(&stage.members),
        }
    }

    fn check_addressing(&self, envelope: &Envelope<'_>, content: &Content) -> Result<(), Failure> {
        // B-102
        let addressed = content.session == hex(&self.session.id)
            && content.attempt == self.attempt
            && content.participant == envelope.author;
        if !addressed {
            return Err(envelope.failed(Check::MessageSession));
        }
        // B-103, for candidates
        if !self.candidates().any(|number| number == envelope.author) {
            return Err(envelope.failed(Check::MessageAuthor));
        }
        Ok(())
    }

    /// The candidates who were needed and have not committed: those who rank before
    /// the last of the group.
    fn absent(&self, committed: &BTreeMap<usize, Member<G>>) -> BTreeMap<usize, Check> {
        // B-114
        let last = committed.keys().nth(self.session.size - 1).copied().unwrap_or(self.session.candidates);
        self.candidates()
            .take_while(|number| *number <= last)
            .filter(|number| !committed.contains_key(number))
            .map(|number| (number, Check::Silent))
            .collect()
    }
}

/// What the checks of one message share.
struct Envelope<'a> {
    author: usize,
    threshold: usize,
    tag: &'a str,
}

impl Envelope<'_> {
    fn place(&self) -> Place {
        Place::Participant(self.author)
    }

    fn failed(&self, check: Check) -> Failure {
        check.at(self.place())
    }

    fn ensure(&self, holds: bool, check: Check) -> Result<(), Failure> {
        if holds { Ok(()) } else { Err(self.failed(check)) }
    }

    fn check_commitment<G: Group>(
        &self,
        committed: &BTreeMap<usize, Member<G>>,
        message: &Message,
        body: &Commitment,
    ) -> Result<Member<G>, Failure> {
        // B-105
        self.ensure(!committed.contains_key(&self.author), Check::MessageOnce)?;
        // B-101
        self.ensure(parse_hex(&body.commitment).is_some(), Check::MessageForm)?;
        // B-107
        let keys = key_element::<G>(&body.verification).zip(key_element::<G>(&body.encryption));
        let (verification, encryption) = keys.ok_or_else(|| self.failed(Check::ParticipantKeys))?;
        let prefix = message::encryption_prefix(self.tag, self.author, &body.encryption);
        let proved = Proof::from_text(&body.proof)
            .is_some_and(|proof| proof.vartime_verify::<G>(&encryption, &prefix));
        self.ensure(proved, Check::ParticipantKeys)?;
        // B-106
        self.ensure(message.is_signed_by::<G>(self.tag, &verification), Check::MessageSigned)?;
        Ok(Member {
            participant: self.author,
            verification,
            encryption,
            encryption_text: body.encryption.clone(),
            commitment: body.commitment.clone(),
        })
    }

    /// The author's position in the group, if the message is signed by them.
    fn check_member<G: Group>(&self, members: &Members<G>, message: &Message) -> Result<usize, Failure> {
        // B-103, for members
        let position = members.position(self.author).ok_or_else(|| self.failed(Check::MessageAuthor))?;
        // B-106
        let key = &members.at(position).verification;
        self.ensure(message.is_signed_by::<G>(self.tag, key), Check::MessageSigned)?;
        Ok(position)
    }
}

impl<G: Group> Members<G> {
    fn position(&self, participant: usize) -> Option<usize> {
        self.0.iter().position(|member| member.participant == participant).map(|index| index + 1)
    }

    /// # Panics
    /// If there is no such position.
    fn at(&self, position: usize) -> &Member<G> {
        &self.0[position - 1]
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn positions(&self) -> impl Iterator<Item = usize> + use<G> {
        1..=self.0.len()
    }

    /// The numbers of those whose position is not among `heard`.
    fn without<T>(&self, heard: &BTreeMap<usize, T>) -> Vec<usize> {
        self.positions()
            .filter(|position| !heard.contains_key(position))
            .map(|position| self.at(position).participant)
            .collect()
    }

    /// What the share that `dealer` deals to `recipient` is bound to.
    fn binding<'a>(&'a self, tag: &'a str, dealer: usize, recipient: usize) -> Binding<'a> {
        let (dealer, recipient) = (self.at(dealer), self.at(recipient));
        Binding {
            tag,
            dealer: dealer.participant,
            recipient: recipient.participant,
            commitment: &dealer.commitment,
            encryption: &recipient.encryption_text,
        }
    }
}

impl<G: Group> DealingStage<G> {
    fn new(committed: BTreeMap<usize, Member<G>>, size: usize) -> Self {
        Self { members: Members(committed.into_values().take(size).collect()), dealings: BTreeMap::new() }
    }

    fn check_dealing(
        &self,
        envelope: &Envelope<'_>,
        message: &Message,
        body: &Dealing,
    ) -> Result<(usize, Dealt<G>), Failure> {
        let position = envelope.check_member(&self.members, message)?;
        // B-105
        envelope.ensure(!self.dealings.contains_key(&position), Check::MessageOnce)?;
        let member = self.members.at(position);
        // B-036, B-037
        let polynomial = check_coefficients::<G>(
            &body.coefficients,
            envelope.threshold,
            &member.verification,
            &envelope.place(),
        )?;
        // B-108
        let opened = message::commitment(envelope.tag, envelope.author, &body.nonce, &polynomial.texts);
        envelope
            .ensure(parse_hex(&body.nonce).is_some() && hex(&opened) == member.commitment, Check::Opening)?;
        // B-109
        let identity = G::identity();
        envelope.ensure(!polynomial.elements.contains(&identity), Check::CoefficientIdentity)?;
        // B-034, B-035
        let context = Context::new::<G>(self.members.len(), envelope.threshold, position);
        let keys = check_certificate::<G>(&body.certificate, Some(&context), &envelope.place())?;
        // B-110
        envelope.ensure(
            keys.verification == member.verification && keys.encryption == member.encryption,
            Check::CertificateKeys,
        )?;
        // B-111
        envelope.ensure(body.shares.len() == self.members.len(), Check::ShareForm)?;
        let shares = (self.members.positions())
            .zip(&body.shares)
            .map(|(recipient, share)| share.check(&self.members.binding(envelope.tag, position, recipient)))
            .collect::<Option<_>>()
            .ok_or_else(|| envelope.failed(Check::ShareForm))?;
        let (certificate, coefficients) = (body.certificate.clone(), body.coefficients.clone());
        Ok((position, Dealt { certificate, coefficients, polynomial, shares }))
    }

    /// Who has not dealt.
    fn faults(&self) -> BTreeMap<usize, Check> {
        // B-114
        self.members.without(&self.dealings).into_iter().map(|number| (number, Check::Silent)).collect()
    }

    fn next(self) -> ConfirmationStage<G> {
        let dealings = self.dealings.into_values().collect();
        ConfirmationStage { members: self.members, dealings, answers: BTreeMap::new() }
    }
}

impl<G: Group> ConfirmationStage<G> {
    fn check_confirmation(
        &self,
        envelope: &Envelope<'_>,
        message: &Message,
        body: &Confirmation,
    ) -> Result<usize, Failure> {
        let position = envelope.check_member(&self.members, message)?;
        // B-105
        envelope.ensure(!self.answers.contains_key(&position), Check::MessageOnce)?;
        let (place, key) = (envelope.place(), &self.members.at(position).verification);
        let Confirmation { verification_key, signature } = body;
        // B-038
        let own = &self.dealings[position - 1].polynomial;
        check_confirmation::<G>(&self.certificates(), own, signature, key, &place)?;
        // B-031, B-032, B-039
        check_verification_key::<G>(verification_key, &self.sum(), position, &place)?;
        // B-040
        let signature = verification_key.signature.as_ref();
        let signature = signature.ok_or_else(|| envelope.failed(Check::VerificationKeySigned))?;
        check_key_signature::<G>(verification_key, signature, key, &place)?;
        // B-101: names are none of our business.
        envelope.ensure(verification_key.name.is_none(), Check::MessageForm)?;
        Ok(position)
    }

    /// The complainer's position, and whether the complaint is just.
    fn check_complaint(
        &self,
        envelope: &Envelope<'_>,
        message: &Message,
        body: &Complaint,
    ) -> Result<(usize, bool), Failure> {
        let position = envelope.check_member(&self.members, message)?;
        // B-105
        let once = match self.answers.get(&position) {
            None => true,
            Some(Answer::Confirmation(_)) => false,
            Some(Answer::Complaints(complaints)) => !complaints.contains_key(&body.dealer),
        };
        envelope.ensure(once, Check::MessageOnce)?;
        // B-112
        envelope.ensure((1..=self.members.len()).contains(&body.dealer), Check::ComplaintForm)?;
        // B-113
        let binding = self.members.binding(envelope.tag, body.dealer, position);
        let key = &self.members.at(position).encryption;
        let shared = self
            .sealed(body.dealer, position)
            .vartime_verify_shared(&body.proof, key, &body.shared, &binding)
            .ok_or_else(|| envelope.failed(Check::ComplaintProof))?;
        Ok((position, self.open(envelope.tag, body.dealer, position, &shared).is_none()))
    }

    /// The share that `dealer` dealt to `recipient`, if it is one and is what the
    /// dealer's coefficients say: g^share = g^f(recipient).
    fn open(
        &self,
        tag: &str,
        dealer: usize,
        recipient: usize,
        shared: &G::Element,
    ) -> Option<zeroize::Zeroizing<G::Scalar>> {
        let binding = self.members.binding(tag, dealer, recipient);
        let share = self.sealed(dealer, recipient).open(shared, &binding)?;
        let polynomial = &self.dealings[dealer - 1].polynomial;
        let right = G::reveal(&G::generator_power(&share)) == value_at::<G>(&polynomial.elements, recipient);
        right.then_some(share)
    }

    fn sealed(&self, dealer: usize, recipient: usize) -> &Sealed<G> {
        &self.dealings[dealer - 1].shares[recipient - 1]
    }

    fn certificates(&self) -> Vec<SignedText> {
        self.dealings.iter().map(|dealt| dealt.certificate.clone()).collect()
    }

    /// All polynomials together, in the exponent.
    fn sum(&self) -> Vec<G::Element> {
        sum(self.dealings.iter().map(|dealt| &dealt.polynomial))
    }

    /// Whom the complaints so far find false, by number.
    fn verdicts(&self) -> BTreeMap<usize, Check> {
        let mut verdicts = BTreeMap::new();
        for (complainer, answer) in &self.answers {
            let Answer::Complaints(complaints) = answer else { continue };
            for (dealer, just) in complaints {
                // B-115, B-116
                let (position, check) = match just {
                    true => (*dealer, Check::FalseShare),
                    false => (*complainer, Check::FalseComplaint),
                };
                verdicts.insert(self.members.at(position).participant, check);
            }
        }
        verdicts
    }

    /// Who was found false; if nobody, who was silent. Once somebody is
    /// false, the round may close early, so nobody can be blamed for silence.
    fn faults(&self) -> BTreeMap<usize, Check> {
        let verdicts = self.verdicts();
        if !verdicts.is_empty() {
            return verdicts;
        }
        // B-114
        self.members.without(&self.answers).into_iter().map(|number| (number, Check::Silent)).collect()
    }

    /// The group's record, if all have confirmed.
    fn group(&self, threshold: usize) -> Pedersen {
        let parts = self.dealings.iter().zip(self.answers.values()).filter_map(|(dealt, answer)| {
            let Answer::Confirmation(Confirmation { verification_key, signature }) = answer else {
                return None;
            };
            Some(Part {
                certificate: dealt.certificate.clone(),
                coefficients: dealt.coefficients.clone(),
                confirmation: signature.clone(),
                verification_key: verification_key.clone(),
            })
        });
        Pedersen::new(threshold, parts)
    }
}
