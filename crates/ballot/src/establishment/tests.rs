//! Whole establishments, with everyone honest and with every way of cheating that
//! the decision note names.

use std::collections::BTreeSet;

use chacha20::ChaCha20Rng;
use proptest::prelude::*;
use rand_core::Rng;

use super::participant::{Progress, publish, value_of};
use super::*;
use crate::group::Scalar;
use crate::tests::{file, rng};
use crate::trustee::pedersen::{Certificate, Coefficients, json, sign, verification_key};
use crate::trustee::{Entry, PrivateKey, Trustees, lagrange, to_json};
use crate::{Belenios2048, Ed25519};

type S = <Ed25519 as Group>::Scalar;

/// The log as everyone sees it, and all participants.
struct Room<G: Group> {
    state: Establishment<G>,
    participants: Vec<Participant<G>>,
    log: Vec<Step>,
    rng: ChaCha20Rng,
}

/// What the log says, refused messages included.
enum Step {
    Message(usize, String),
    Close,
}

/// What someone does instead of what they should.
type Edit<'a> = &'a dyn Fn(&mut Room<Ed25519>, &mut Content);

fn session(candidates: usize, size: usize, threshold: usize) -> Session {
    Session::new([7; 32], candidates, size, threshold).unwrap()
}

impl<G: Group> Room<G> {
    fn new(candidates: usize, size: usize, threshold: usize) -> Self {
        Self::with(session(candidates, size, threshold), 0)
    }

    fn with(session: Session, seed: u8) -> Self {
        let mut rng = rng(seed);
        let participants = (1..=session.candidates).map(|n| Participant::new(session, n, &mut rng)).collect();
        Self { state: Establishment::new(session), participants, log: Vec::new(), rng }
    }

    fn messages(&mut self, number: usize) -> Vec<String> {
        self.participants[number - 1].step(&self.state, &mut self.rng).unwrap()
    }

    /// The one message that this participant should send now.
    fn message(&mut self, number: usize) -> String {
        let mut messages = self.messages(number);
        assert_eq!(messages.len(), 1);
        messages.remove(0)
    }

    fn apply(&mut self, number: usize, message: &str) -> Result<(), Failure> {
        let before = self.state.clone();
        let outcome = self.state.apply(number, message.as_bytes());
        assert_eq!(outcome.is_err(), self.state == before, "just what is accepted changes the state");
        self.log.push(Step::Message(number, message.to_owned()));
        outcome
    }

    /// These candidates send what they should.
    fn speak(&mut self, numbers: impl IntoIterator<Item = usize>) {
        for number in numbers {
            for message in self.messages(number) {
                self.apply(number, &message).unwrap();
            }
        }
    }

    /// Everyone who is not excluded does.
    fn all_speak(&mut self) {
        let all: Vec<usize> = self.state.candidates().collect();
        self.speak(all);
    }

    fn close(&mut self) -> (Vec<(usize, Check)>, u32, Round) {
        let closed = self.state.close_round().unwrap();
        self.log.push(Step::Close);
        let excluded = closed.excluded.into_iter().map(|failure| match failure.place {
            Place::Participant(number) => (number, failure.check),
            place => panic!("{place} is no participant"),
        });
        (excluded.collect(), closed.attempt, closed.next)
    }

    /// Everyone does what they should in this round and the next ones up to `round`.
    fn advance(&mut self, round: Round) {
        while self.state.round() != round {
            self.all_speak();
            assert!(self.state.is_settled());
            let (excluded, _, _) = self.close();
            assert_eq!(excluded, []);
        }
    }

    /// What someone sees who has the log and nothing else.
    fn replay(&self) -> Establishment<G> {
        let mut state = Establishment::new(self.state.session());
        for step in &self.log {
            match step {
                Step::Message(author, message) => drop(state.apply(*author, message.as_bytes())),
                Step::Close => drop(state.close_round()),
            }
        }
        state
    }

    fn trustees(&self) -> Trustees<G> {
        let group = self.state.pedersen().unwrap().clone();
        Trustees::parse(to_json(&[Entry::Pedersen(group)]).as_bytes()).unwrap()
    }

    /// The private keys of the group, by position.
    fn keys(&self) -> Vec<PrivateKey<G>> {
        let key = |number: usize| self.participants[number - 1].private_key(&self.state).unwrap();
        self.state.members().into_iter().map(key).collect()
    }

    fn check_complete(&self) {
        let (trustees, keys) = (self.trustees(), self.keys());
        assert_eq!(trustees.owners().len(), self.state.session.size);
        for (owner, key) in trustees.owners().iter().zip(&keys) {
            assert_eq!(owner.verification_key, key.public());
        }
        let (size, threshold) = (self.state.session.size, self.state.session.threshold);
        for chosen in (0u32..1 << size).map(|bits| (1..=size).filter(move |i| bits >> (i - 1) & 1 == 1)) {
            let positions: Vec<u64> = chosen.map(|position| position as u64).collect();
            let sum = positions
                .iter()
                .zip(lagrange::<G::Scalar>(&positions))
                .fold(G::Scalar::ZERO, |sum, (position, factor)| {
                    sum + factor * *keys[*position as usize - 1].expose()
                });
            let opens = PrivateKey::<G>::from_scalar(sum).public() == *trustees.key();
            assert_eq!(opens, positions.len() >= threshold, "{positions:?}");
        }
    }
}

impl Room<Ed25519> {
    /// What this participant should send, edited and signed again.
    fn forge(&mut self, number: usize, edit: impl FnOnce(&mut Self, &mut Content)) -> String {
        let message = self.message(number);
        let mut content = Message::parse(message.as_bytes()).unwrap().content;
        edit(self, &mut content);
        self.sign(number, content)
    }

    fn sign(&mut self, number: usize, content: Content) -> String {
        let signing = &self.participants[number - 1].signing;
        Message::write::<Ed25519>(content, &self.state.tag(), signing, &mut self.rng)
    }

    fn content(&self, number: usize, body: Body) -> Content {
        let session = hex(&self.state.session.id);
        Content { session, attempt: self.state.attempt, participant: number, body }
    }

    fn failure(&mut self, number: usize, message: &str) -> (Check, Place) {
        let failure = self.apply(number, message).unwrap_err();
        (failure.check, failure.place)
    }

    /// What comes of the honest message of participant 2, edited.
    fn failure_of(&mut self, edit: impl FnOnce(&mut Self, &mut Content)) -> Check {
        let message = self.forge(2, edit);
        let (check, place) = self.failure(2, &message);
        assert_eq!(place, Place::Participant(2));
        check
    }

    /// A complaint of the participant at a position about the dealer at another,
    /// as it would be if it were just.
    fn complaint(&mut self, position: usize, dealer: usize) -> String {
        let Stage::Confirmation(stage) = &self.state.stage else { panic!("no dealings yet") };
        let number = stage.members.at(position).participant;
        let (tag, sealed) = (self.state.tag(), stage.sealed(dealer, position));
        let decryption = &self.participants[number - 1].decryption;
        let shared = Ed25519::text(&sealed.shared(decryption));
        let binding = stage.members.binding(&tag, dealer, position);
        let proof = sealed.prove_shared(decryption, &shared, &binding, &mut self.rng);
        let content = self.content(number, Body::Complaint(Complaint { dealer, shared, proof }));
        self.sign(number, content)
    }

    /// A dealing of this participant in which the share for one position is
    /// another one, encrypted properly.
    fn false_dealing(&mut self, number: usize, recipient: usize) -> String {
        self.forge(number, |room, content| {
            let Stage::Dealing(stage) = &room.state.stage else { panic!("not the time to deal") };
            let position = stage.members.position(number).unwrap();
            let tag = room.state.tag();
            let binding = stage.members.binding(&tag, position, recipient);
            let key = &stage.members.at(recipient).encryption;
            dealing(content).shares[recipient - 1] =
                share::seal::<Ed25519>(&S::from(5), key, &binding, &mut room.rng);
        })
    }

    fn shuffled(&mut self, mut list: Vec<usize>) -> Vec<usize> {
        for index in (1..list.len()).rev() {
            list.swap(index, self.rng.next_u32() as usize % (index + 1));
        }
        list
    }
}

fn commitment(content: &mut Content) -> &mut Commitment {
    match &mut content.body {
        Body::Commitment(body) => body,
        body => panic!("{body:?}"),
    }
}

fn dealing(content: &mut Content) -> &mut Dealing {
    match &mut content.body {
        Body::Dealing(body) => body,
        body => panic!("{body:?}"),
    }
}

fn confirmation(content: &mut Content) -> &mut Confirmation {
    match &mut content.body {
        Body::Confirmation(body) => body,
        body => panic!("{body:?}"),
    }
}

fn identity() -> String {
    Ed25519::text(&Ed25519::identity())
}

/// Of a point of order 4.
fn outside() -> String {
    "00".repeat(32)
}

// Everyone honest.

#[test]
fn any_threshold_of_a_group_has_its_key_and_fewer_do_not() {
    for (seed, (size, threshold)) in [(1, 1), (2, 2), (3, 2), (5, 3), (9, 5)].into_iter().enumerate() {
        let mut room = Room::<Ed25519>::with(session(size, size, threshold), seed as u8);
        while room.state.round() != Round::Complete {
            let order = room.shuffled((1..=size).collect());
            room.speak(order);
            assert_eq!(room.close().0, []);
        }
        room.check_complete();
    }
}

#[test]
fn in_belenios_2048_too() {
    let mut room = Room::<Belenios2048>::new(3, 3, 2);
    room.advance(Round::Complete);
    room.check_complete();
}

#[test]
fn a_device_may_store_and_load_between_any_steps() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    while room.state.round() != Round::Complete {
        for number in 1..=4 {
            for _ in 0..2 {
                let bytes = room.participants[number - 1].to_bytes();
                room.participants[number - 1] = Participant::from_bytes(&bytes).unwrap();
                assert_eq!(bytes, room.participants[number - 1].to_bytes());
                room.messages(number);
            }
            room.speak([number]);
        }
        room.close();
    }
    room.check_complete();
    let bytes = room.participants[0].to_bytes();
    assert!(Participant::<Belenios2048>::from_bytes(&bytes).is_none());
    assert!(Participant::<Ed25519>::from_bytes(&bytes[1..]).is_none());
}

#[test]
fn a_participant_shows_nothing() {
    let mut room = Room::<Ed25519>::new(1, 1, 1);
    room.advance(Round::Dealing);
    assert_eq!(format!("{:?}", room.participants[0]), "Participant(1, attempt 1, ..)");
}

#[test]
fn a_participant_repeats_itself() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    for round in [Round::Commitment, Round::Dealing] {
        room.advance(round);
        assert_eq!(room.messages(2), room.messages(2));
    }
}

/// The first by rank are the group, whoever came first.
#[test]
fn reserves_are_reserves() {
    let mut room = Room::<Ed25519>::new(5, 3, 2);
    room.speak([5, 4, 3, 1]);
    assert_eq!(room.state.awaited(), [2]);
    assert!(!room.state.is_settled());
    room.speak([2]);
    assert!(room.state.is_settled());
    assert_eq!(room.close(), (vec![], 1, Round::Dealing));
    assert_eq!(room.state.members(), [1, 2, 3]);
    assert_eq!(room.messages(4), [""; 0]);
}

#[test]
fn b_100_a_threshold_is_more_than_half() {
    for (candidates, size, threshold) in [(1, 1, 1), (2, 2, 2), (3, 3, 2), (100, 100, 51), (9, 4, 3)] {
        assert!(Session::new([0; 32], candidates, size, threshold).is_ok());
    }
    for (candidates, size, threshold) in
        [(0, 0, 0), (1, 1, 0), (2, 2, 1), (4, 4, 2), (3, 3, 4), (2, 3, 2), (101, 3, 2), (101, 101, 51)]
    {
        let failure = Session::new([0; 32], candidates, size, threshold).unwrap_err();
        assert_eq!(failure.check, Check::SessionForm);
    }
}

// Silence.

#[test]
fn b_114_silent_candidates_are_dropped_and_reserves_step_in() {
    let mut room = Room::<Ed25519>::new(5, 3, 2);
    room.speak([1, 3, 4]);
    // 5 was not needed.
    assert_eq!(room.close(), (vec![(2, Check::Silent)], 1, Round::Dealing));
    assert_eq!(room.state.members(), [1, 3, 4]);
    room.advance(Round::Complete);
    room.check_complete();
}

#[test]
fn b_114_a_silent_dealer_is_excluded() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Dealing);
    room.speak([1, 3]);
    assert_eq!(room.state.awaited(), [2]);
    assert_eq!(room.close(), (vec![(2, Check::Silent)], 2, Round::Commitment));
    room.advance(Round::Complete);
    assert_eq!(room.state.members(), [1, 3, 4]);
    room.check_complete();
}

#[test]
fn b_114_who_does_not_confirm_is_excluded() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Confirmation);
    room.speak([2, 3]);
    assert_eq!(room.close(), (vec![(1, Check::Silent)], 2, Round::Commitment));
    room.advance(Round::Complete);
    assert_eq!(room.state.members(), [2, 3, 4]);
    room.check_complete();
}

#[test]
fn without_reserves_it_fails() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.speak([1, 2]);
    assert_eq!(room.close(), (vec![(3, Check::Silent)], 1, Round::Failed));
    assert_eq!(room.state.close_round(), None);
    assert_eq!(room.state.excluded(), &[(3, Check::Silent)].into());
    assert_eq!(room.messages(1), [""; 0]);
}

#[test]
fn what_is_complete_stays() {
    let mut room = Room::<Ed25519>::new(1, 1, 1);
    room.advance(Round::Confirmation);
    let message = room.message(1);
    room.advance(Round::Complete);
    assert_eq!(room.failure(1, &message), (Check::MessageRound, Place::Participant(1)));
    assert_eq!(room.state.close_round(), None);
}

// Rushing: whoever speaks last has seen what the others contribute.

#[test]
fn b_104_nobody_commits_after_seeing_others_deal() {
    let mut room = Room::<Ed25519>::new(5, 3, 2);
    let (needed, reserve) = (room.message(2), room.message(5));
    room.speak([1, 3, 4]);
    room.close();
    room.speak([1]);
    assert_eq!(room.failure(2, &needed), (Check::MessageAuthor, Place::Participant(2)));
    assert_eq!(room.failure(5, &reserve), (Check::MessageRound, Place::Participant(5)));
}

#[test]
fn b_108_nobody_opens_to_something_else() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Dealing);
    room.speak([1, 3]);
    // All is consistent with other coefficients, even the shares.
    let check = room.failure_of(|room, content| {
        let coefexps = publish::<Ed25519>(&[S::from(3), S::from(4)]);
        let signing = &room.participants[1].signing;
        dealing(content).coefficients =
            SignedText::new::<Ed25519>(json(&Coefficients { coefexps }), signing, &mut room.rng);
    });
    assert_eq!(check, Check::Opening);
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Dealing);
    assert_eq!(room.failure_of(|_, content| dealing(content).nonce = "0".repeat(64)), Check::Opening);
    // The dealer who has nothing else to say is silent.
    room.speak([1, 3]);
    assert_eq!(room.close(), (vec![(2, Check::Silent)], 2, Round::Commitment));
}

/// A commitment of someone else's, taken over, cannot be opened.
#[test]
fn a_commitment_is_its_author_s() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    let first = Message::parse(room.message(1).as_bytes()).unwrap().content;
    let stolen = commitment(&mut first.clone()).commitment.clone();
    let copy = room.forge(2, |_, content| commitment(content).commitment = stolen);
    room.apply(2, &copy).unwrap();
    room.speak([1, 3]);
    room.close();
    let opening = Message::parse(room.message(1).as_bytes()).unwrap().content;
    let Body::Dealing(theirs) = opening.body else { panic!("a dealing is due") };
    let signing = &room.participants[1].signing;
    let coefficients =
        SignedText::new::<Ed25519>(theirs.coefficients.message.clone(), signing, &mut room.rng);
    let body = Body::Dealing(Dealing { coefficients, ..theirs });
    let content = room.content(2, body);
    let copy = room.sign(2, content);
    assert_eq!(room.failure(2, &copy), (Check::Opening, Place::Participant(2)));
}

// Dealers who lie.

#[test]
fn b_115_who_deals_a_false_share_is_excluded() {
    let mut room = Room::<Ed25519>::new(5, 3, 2);
    room.advance(Round::Dealing);
    let lie = room.false_dealing(2, 3);
    room.apply(2, &lie).unwrap();
    room.speak([1, 3]);
    room.close();
    room.speak([1]);
    assert!(!room.state.is_settled());
    room.speak([3]);
    // Nobody need wait for the one who lied, nor blame anyone who waited.
    assert!(room.state.is_settled());
    assert_eq!(room.close(), (vec![(2, Check::FalseShare)], 2, Round::Commitment));
    room.advance(Round::Complete);
    assert_eq!(room.state.members(), [1, 3, 4]);
    room.check_complete();
}

#[test]
fn b_115_who_deals_what_cannot_be_opened_is_excluded() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Dealing);
    let lie = room.forge(1, |_, content| {
        let shares = &mut dealing(content).shares;
        shares[1].ciphertext = shares[2].ciphertext.clone();
    });
    room.apply(1, &lie).unwrap();
    room.speak([2, 3]);
    room.close();
    room.speak([2, 3]);
    assert_eq!(room.close(), (vec![(1, Check::FalseShare)], 2, Round::Commitment));
}

#[test]
fn all_who_lie_are_found_at_once() {
    let mut room = Room::<Ed25519>::new(7, 5, 3);
    room.advance(Round::Dealing);
    for liar in [2, 4] {
        let lie = room.false_dealing(liar, 1);
        room.apply(liar, &lie).unwrap();
    }
    room.speak([1, 3, 5]);
    room.close();
    assert_eq!(room.messages(1).len(), 2);
    room.speak([1]);
    let false_share = |number| (number, Check::FalseShare);
    assert_eq!(room.close(), ([2, 4].map(false_share).to_vec(), 2, Round::Commitment));
    room.advance(Round::Complete);
    assert_eq!(room.state.members(), [1, 3, 5, 6, 7]);
}

#[test]
fn b_105_whoever_deals_different_things_dealt_the_first() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.advance(Round::Dealing);
    let (first, second) = (room.message(2), room.false_dealing(2, 1));
    room.apply(2, &first).unwrap();
    assert_eq!(room.failure(2, &second), (Check::MessageOnce, Place::Participant(2)));
    assert_eq!(room.failure(2, &first), (Check::MessageOnce, Place::Participant(2)));
    room.advance(Round::Complete);
    room.check_complete();
}

/// Otherwise the recipient's complaint would open the other dealer's share.
#[test]
fn b_111_nobody_deals_another_dealer_s_share() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.advance(Round::Dealing);
    let honest = Message::parse(room.message(1).as_bytes()).unwrap().content;
    let stolen = dealing(&mut honest.clone()).shares[2].clone();
    assert_eq!(room.failure_of(|_, content| dealing(content).shares[2] = stolen), Check::ShareForm);
}

#[test]
fn b_036_and_b_109_coefficients_are_in_the_group_and_not_the_identity() {
    for (text, expected) in [(outside(), Check::CoefficientsForm), (identity(), Check::CoefficientIdentity)] {
        for index in 0..2 {
            // Committed to from the start: the commitment hides it.
            let mut room = Room::<Ed25519>::new(3, 3, 2);
            let tag = room.state.tag();
            let message = room.forge(2, |room, content| {
                let Progress::Committed { polynomial, nonce, .. } = &room.participants[1].progress else {
                    panic!("committed")
                };
                let mut coefexps = publish::<Ed25519>(polynomial);
                coefexps[index] = text.clone();
                commitment(content).commitment = hex(&message::commitment(&tag, 2, &hex(nonce), &coefexps));
            });
            room.apply(2, &message).unwrap();
            let Progress::Committed { polynomial, nonce, .. } = &room.participants[1].progress else {
                panic!("committed")
            };
            let (polynomial, nonce) = (polynomial.clone(), hex(nonce));
            room.speak([1, 3]);
            room.close();
            let mut coefexps = publish::<Ed25519>(&polynomial);
            coefexps[index] = text.clone();
            let body = room.honest_dealing(2, &polynomial, nonce, coefexps);
            let content = room.content(2, body);
            let message = room.sign(2, content);
            assert_eq!(room.failure(2, &message), (expected, Place::Participant(2)));
        }
    }
}

impl Room<Ed25519> {
    fn honest_dealing(
        &mut self,
        number: usize,
        polynomial: &[S],
        nonce: String,
        coefexps: Vec<String>,
    ) -> Body {
        let Stage::Dealing(stage) = &self.state.stage else { panic!("not the time to deal") };
        let (tag, signing) = (self.state.tag(), &self.participants[number - 1].signing);
        let position = stage.members.position(number).unwrap();
        let member = stage.members.at(position);
        let certificate = Certificate {
            context: Some(Context::new::<Ed25519>(stage.members.len(), polynomial.len(), position)),
            verification: Ed25519::text(&member.verification),
            encryption: member.encryption_text.clone(),
        };
        let certificate = SignedText::new::<Ed25519>(json(&certificate), signing, &mut self.rng);
        let coefficients =
            SignedText::new::<Ed25519>(json(&Coefficients { coefexps }), signing, &mut self.rng);
        let mut shares = Vec::new();
        for recipient in stage.members.positions() {
            let binding = stage.members.binding(&tag, position, recipient);
            let key = &stage.members.at(recipient).encryption;
            let share = value_of(polynomial, recipient);
            shares.push(share::seal::<Ed25519>(&share, key, &binding, &mut self.rng));
        }
        Body::Dealing(Dealing { nonce, certificate, coefficients, shares })
    }
}

// Participants who complain without reason.

#[test]
fn b_116_who_complains_without_reason_is_excluded() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Confirmation);
    let complaint = room.complaint(3, 1);
    room.apply(3, &complaint).unwrap();
    assert!(room.state.is_settled());
    assert_eq!(room.close(), (vec![(3, Check::FalseComplaint)], 2, Round::Commitment));
    room.advance(Round::Complete);
    assert_eq!(room.state.members(), [1, 2, 4]);
    room.check_complete();
}

#[test]
fn b_113_a_complaint_shows_the_true_element() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.advance(Round::Confirmation);
    let honest = Message::parse(room.complaint(2, 1).as_bytes()).unwrap().content;
    let edits: [fn(&mut Complaint); 4] = [
        |complaint| complaint.shared = Ed25519::text(&Ed25519::generator()),
        |complaint| complaint.shared = outside(),
        |complaint| std::mem::swap(&mut complaint.proof.challenge, &mut complaint.proof.response),
        |complaint| complaint.dealer = 3,
    ];
    for edit in edits {
        let mut content = honest.clone();
        let Body::Complaint(complaint) = &mut content.body else { panic!("a complaint") };
        edit(complaint);
        let message = room.sign(2, content);
        assert_eq!(room.failure(2, &message), (Check::ComplaintProof, Place::Participant(2)));
    }
}

#[test]
fn b_112_a_complaint_is_about_a_dealer() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.advance(Round::Confirmation);
    for dealer in [0, 4, usize::MAX] {
        let mut content = Message::parse(room.complaint(2, 1).as_bytes()).unwrap().content;
        let Body::Complaint(complaint) = &mut content.body else { panic!("a complaint") };
        complaint.dealer = dealer;
        let message = room.sign(2, content);
        assert_eq!(room.failure(2, &message), (Check::ComplaintForm, Place::Participant(2)));
    }
}

#[test]
fn b_105_nobody_both_confirms_and_complains() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    room.advance(Round::Confirmation);
    let (confirmation, complaint) = (room.message(2), room.complaint(2, 1));
    let other = room.complaint(2, 3);
    let once = (Check::MessageOnce, Place::Participant(2));
    let mut after = Room::<Ed25519>::new(3, 3, 2);
    after.state = room.state.clone();
    room.apply(2, &confirmation).unwrap();
    assert_eq!(room.failure(2, &confirmation), once);
    assert_eq!(room.failure(2, &complaint), once);
    after.apply(2, &complaint).unwrap();
    assert_eq!(after.failure(2, &complaint), once);
    assert_eq!(after.failure(2, &confirmation), once);
    // About another dealer it may.
    after.apply(2, &other).unwrap();
}

// Messages that are not what they should be.

#[test]
fn b_102_a_message_is_for_one_session_attempt_and_author() {
    for round in [Round::Commitment, Round::Dealing, Round::Confirmation] {
        let mut room = Room::<Ed25519>::new(5, 3, 2);
        room.advance(round);
        let message = room.message(2);
        let refused = |number| (Check::MessageSession, Place::Participant(number));
        // Another participant.
        assert_eq!(room.failure(3, &message), refused(3));
        assert_eq!(room.failure_of(|_, content| content.participant = 3), Check::MessageSession);
        // Another session with the same people.
        let other = Session::new([8; 32], 5, 3, 2).unwrap();
        let mut other = Room::<Ed25519>::with(other, 0);
        other.advance(round);
        assert_eq!(other.failure(2, &message), refused(2));
        // Another attempt.
        while room.state.attempt() == 1 {
            if room.state.round() == Round::Commitment {
                room.speak([1])
            }
            room.speak([2, 3, 4, 5]);
            room.close();
        }
        assert_eq!(room.failure(2, &message), refused(2));
    }
}

/// The numbers of a session are in what is signed, though not in the message.
#[test]
fn b_106_a_message_is_for_the_numbers_of_its_session() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    let message = room.message(2);
    room.state = Establishment::new(session(3, 3, 3));
    assert_eq!(room.failure(2, &message), (Check::ParticipantKeys, Place::Participant(2)));
}

#[test]
fn b_103_only_the_group_has_a_say() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Dealing);
    let content = Message::parse(room.message(1).as_bytes()).unwrap().content;
    for stranger in [0, 4, 5, usize::MAX] {
        let content = Content { participant: stranger, ..content.clone() };
        let message = room.sign(4, content);
        assert_eq!(room.failure(stranger, &message), (Check::MessageAuthor, Place::Participant(stranger)));
    }
    // Whoever is excluded does not come back.
    room.speak([1, 3]);
    room.close();
    let content = Message::parse(room.message(1).as_bytes()).unwrap().content;
    let message = room.sign(2, Content { participant: 2, ..content });
    assert_eq!(room.failure(2, &message), (Check::MessageAuthor, Place::Participant(2)));
    assert_eq!(room.messages(2), [""; 0]);
}

#[test]
fn b_104_every_message_has_its_round() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    let mut messages = vec![room.message(1)];
    for round in [Round::Dealing, Round::Confirmation] {
        room.advance(round);
        messages.push(room.message(1));
    }
    messages.push(room.complaint(1, 2));
    for (round, kinds) in [
        (Round::Commitment, 0..1),
        (Round::Dealing, 1..2),
        (Round::Confirmation, 2..4),
        (Round::Complete, 0..0),
    ] {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        room.advance(round);
        for (kind, message) in messages.iter().enumerate().filter(|(kind, _)| !kinds.contains(kind)) {
            let refused = (Check::MessageRound, Place::Participant(1));
            assert_eq!(room.failure(1, message), refused, "kind {kind} in {round:?}");
        }
    }
}

#[test]
fn b_106_a_message_is_signed_by_its_author() {
    for round in [Round::Commitment, Round::Dealing, Round::Confirmation] {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        room.advance(round);
        let content = Message::parse(room.message(2).as_bytes()).unwrap().content;
        let message = room.sign(3, content);
        assert_eq!(room.failure(2, &message), (Check::MessageSigned, Place::Participant(2)));
    }
}

#[test]
fn b_101_messages_are_canonical_and_bounded() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    let message = room.message(2);
    let place = Place::Participant(2);
    for bad in [
        String::new(),
        "{}".to_owned(),
        format!("{message} "),
        message.replacen(':', ": ", 1),
        message.replacen("\"attempt\":1", "\"attempt\":1.0", 1),
        message.replacen("commitment", "commitmen\\u0074", 1),
        message.replacen("{\"content", "{\"extra\":0,\"content", 1),
        format!("{message}{}", " ".repeat(MESSAGE_BYTES_MAX)),
    ] {
        assert_eq!(room.failure(2, &bad), (Check::MessageForm, place.clone()), "{bad:.80}");
    }
    let upper = room.forge(2, |_, content| {
        let hash = &mut commitment(content).commitment;
        *hash = hash.to_uppercase();
    });
    assert_eq!(room.failure(2, &upper), (Check::MessageForm, place.clone()));
    room.advance(Round::Confirmation);
    let named =
        room.forge(2, |_, content| confirmation(content).verification_key.name = Some("x".to_owned()));
    assert_eq!(room.failure(2, &named), (Check::MessageForm, place));
}

/// Everything in a message is checked: no byte of it can change.
#[test]
fn any_change_of_a_message_is_noticed() {
    for round in [Round::Commitment, Round::Dealing, Round::Confirmation] {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        room.advance(round);
        let message = room.message(2).into_bytes();
        for at in (0..message.len()).step_by(13) {
            let mut changed = message.clone();
            changed[at] ^= 1;
            assert!(room.state.apply(2, &changed).is_err(), "{round:?}, byte {at}");
        }
    }
}

#[test]
fn b_107_both_keys_are_keys_and_held() {
    let edits: [Edit<'_>; 6] = [
        &|_, content| commitment(content).verification = identity(),
        &|_, content| commitment(content).verification = outside(),
        &|_, content| commitment(content).encryption = outside(),
        &|room, content| {
            // The secret of the identity can be proved.
            let prefix = message::encryption_prefix(&room.state.tag(), 2, &identity());
            commitment(content).encryption = identity();
            commitment(content).proof = Proof::sign::<Ed25519>(&S::ZERO, &prefix, &mut room.rng).to_text();
        },
        // Someone else's key, with their proof.
        &|room, content| {
            let mut other = Message::parse(room.message(1).as_bytes()).unwrap().content;
            commitment(content).encryption = commitment(&mut other).encryption.clone();
            commitment(content).proof = commitment(&mut other).proof.clone();
        },
        &|_, content| commitment(content).proof.response = "0".to_owned(),
    ];
    for edit in edits {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        assert_eq!(room.failure_of(edit), Check::ParticipantKeys);
    }
}

/// B-034 to B-037, B-110 and B-111.
#[test]
fn dealings_are_what_a_record_of_trustees_needs() {
    let resign = |room: &mut Room<Ed25519>, signed: &mut SignedText, message: String| {
        *signed = SignedText::new::<Ed25519>(message, &room.participants[1].signing, &mut room.rng);
    };
    let edits: [(Check, Edit<'_>); 8] = [
        (Check::CertificateForm, &|room, content| {
            let certificate = &mut dealing(content).certificate;
            let message = certificate.message.replace("\"index\":2", "\"index\":1");
            resign(room, certificate, message);
        }),
        (Check::CertificateSigned, &|_, content| dealing(content).certificate.message.push(' ')),
        (Check::CertificateKeys, &|room, content| {
            let certificate = &mut dealing(content).certificate;
            let mut keys: Certificate = serde_json::from_str(&certificate.message).unwrap();
            keys.encryption = keys.verification.clone();
            resign(room, certificate, json(&keys));
        }),
        (Check::CoefficientsForm, &|room, content| {
            let coefficients = &mut dealing(content).coefficients;
            let mut message: Coefficients = serde_json::from_str(&coefficients.message).unwrap();
            message.coefexps.pop();
            resign(room, coefficients, json(&message));
        }),
        (Check::CoefficientsSigned, &|_, content| dealing(content).coefficients.message.push(' ')),
        (Check::ShareForm, &|_, content| drop(dealing(content).shares.pop())),
        (Check::ShareForm, &|_, content| dealing(content).shares[0].point = outside()),
        (Check::ShareForm, &|_, content| dealing(content).shares[0].ciphertext.truncate(63)),
    ];
    for (expected, edit) in edits {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        room.advance(Round::Dealing);
        assert_eq!(room.failure_of(edit), expected);
    }
}

/// B-031, B-032 and B-038 to B-040.
#[test]
fn confirmations_are_what_a_record_of_trustees_needs() {
    let swap = |proof: &mut crate::schnorr::ProofText| {
        std::mem::swap(&mut proof.challenge, &mut proof.response);
    };
    let edits: [(Check, Edit<'_>); 6] = [
        (Check::TrusteeKey, &|_, content| confirmation(content).verification_key.public_key = outside()),
        (Check::TrusteeProof, &|_, content| swap(&mut confirmation(content).verification_key.pok)),
        (Check::VerificationKey, &|room, content| {
            let signing = &room.participants[1].signing;
            confirmation(content).verification_key =
                verification_key::<Ed25519>(&S::from(3), signing, &mut room.rng);
        }),
        (Check::VerificationKeySigned, &|_, content| confirmation(content).verification_key.signature = None),
        (Check::VerificationKeySigned, &|_, content| {
            swap(confirmation(content).verification_key.signature.as_mut().unwrap());
        }),
        (Check::GroupSigned, &|room, content| {
            let signing = &room.participants[1].signing;
            confirmation(content).signature = sign::<Ed25519>("certs_sig|", signing, &mut room.rng);
        }),
    ];
    for (expected, edit) in edits {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        room.advance(Round::Confirmation);
        assert_eq!(room.failure_of(edit), expected);
    }
}

// What a participant refuses.

#[test]
fn a_participant_deals_once_in_an_attempt() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    let mut fork = Establishment::new(room.state.session());
    for number in 1..=4 {
        let message = room.message(number);
        room.apply(number, &message).unwrap();
        if number != 2 {
            fork.apply(number, message.as_bytes()).unwrap();
        }
    }
    room.close();
    fork.close_round();
    assert_eq!((room.state.members(), fork.members()), (vec![1, 2, 3], vec![1, 3, 4]));
    room.message(1);
    let again = room.participants[0].step(&fork, &mut room.rng);
    assert_eq!(again, Err(Refusal::OtherGroup));
}

#[test]
fn a_participant_does_not_go_back() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    let beginning = room.state.clone();
    room.advance(Round::Dealing);
    let dealing = room.state.clone();
    room.speak([1, 3]);
    // Dealt, and asked to commit again.
    assert_eq!(room.participants[0].step(&beginning, &mut room.rng), Err(Refusal::Past));
    room.close();
    room.speak([1]);
    for state in [beginning, dealing] {
        assert_eq!(room.participants[0].step(&state, &mut room.rng), Err(Refusal::Past));
        assert_eq!(room.participants[0].private_key(&state).unwrap_err(), Refusal::Past);
    }
}

#[test]
fn a_participant_takes_part_in_its_session_only() {
    let mut room = Room::<Ed25519>::new(3, 3, 2);
    let other = Establishment::new(Session::new([8; 32], 3, 3, 2).unwrap());
    assert_eq!(room.participants[0].step(&other, &mut room.rng), Err(Refusal::OtherSession));
    let other = Establishment::new(session(3, 3, 3));
    assert_eq!(room.participants[0].step(&other, &mut room.rng), Err(Refusal::OtherSession));
}

#[test]
fn a_participant_that_lost_its_secrets_says_so() {
    for round in [Round::Dealing, Round::Confirmation] {
        let mut room = Room::<Ed25519>::new(3, 3, 2);
        let blank = Participant::<Ed25519>::new(session(3, 3, 2), 2, &mut room.rng);
        room.advance(round);
        room.participants[1] = blank;
        let refused = room.participants[1].step(&room.state, &mut room.rng);
        assert_eq!(refused, Err(Refusal::OtherSecrets));
    }
}

#[test]
fn there_is_no_private_key_before_the_end_or_for_a_reserve() {
    let mut room = Room::<Ed25519>::new(4, 3, 2);
    room.advance(Round::Confirmation);
    assert_eq!(room.participants[0].private_key(&room.state).unwrap_err(), Refusal::NoKey);
    room.advance(Round::Complete);
    assert_eq!(room.participants[3].private_key(&room.state).unwrap_err(), Refusal::NoKey);
    assert!(room.participants[0].private_key(&room.state).is_ok());
}

// Laws.

/// What a dishonest participant may do in a round.
#[derive(Clone, Copy, Debug)]
enum Mischief {
    None,
    Silence,
    FalseShare,
    FalseComplaint,
}

fn mischief() -> impl Strategy<Value = Mischief> {
    prop_oneof![
        Just(Mischief::None),
        Just(Mischief::Silence),
        Just(Mischief::FalseShare),
        Just(Mischief::FalseComplaint)
    ]
}

impl Room<Ed25519> {
    fn misbehave(&mut self, number: usize, mischief: Mischief) {
        let position = self.state.members().iter().position(|member| *member == number);
        match (mischief, self.state.round(), position) {
            (Mischief::Silence, _, _) => {}
            (Mischief::FalseShare, Round::Dealing, Some(_)) => {
                let recipient = 1 + self.rng.next_u32() as usize % self.state.session.size;
                let lie = self.false_dealing(number, recipient);
                self.apply(number, &lie).unwrap();
            }
            (Mischief::FalseComplaint, Round::Confirmation, Some(index)) => {
                let dealer = 1 + self.rng.next_u32() as usize % self.state.session.size;
                let complaint = self.complaint(index + 1, dealer);
                self.apply(number, &complaint).unwrap();
            }
            _ => self.speak([number]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the dishonest do, in any order: no honest participant is excluded,
    /// everyone who reads the log comes to the same end, and as long as there are
    /// enough honest ones that end is a key.
    #[test]
    fn the_honest_come_to_a_key(
        seed in any::<u8>(),
        dishonest in proptest::collection::btree_set(1usize..=6, 0..=3),
        deeds in proptest::collection::vec(mischief(), 36),
    ) {
        let mut room = Room::<Ed25519>::with(session(6, 3, 2), seed);
        let mut deeds = deeds.into_iter().cycle();
        while !matches!(room.state.round(), Round::Complete | Round::Failed) {
            let candidates = room.state.candidates().collect();
            for number in room.shuffled(candidates) {
                if dishonest.contains(&number) {
                    room.misbehave(number, deeds.next().unwrap());
                } else {
                    room.speak([number]);
                }
            }
            room.close();
        }
        prop_assert_eq!(&room.replay(), &room.state);
        let excluded: BTreeSet<usize> = room.state.excluded().keys().copied().collect();
        prop_assert!(excluded.is_subset(&dishonest));
        prop_assert!(room.state.attempt() as usize <= 1 + excluded.len());
        prop_assert_eq!(room.state.round(), Round::Complete);
        if room.state.members().iter().all(|member| !dishonest.contains(member)) {
            room.check_complete();
        } else {
            room.trustees();
        }
    }
}

// Known answers.

fn vector(name: &str) -> String {
    String::from_utf8(file(&format!("establishment/{name}"))).unwrap()
}

/// What was sent once must be understood for ever: every message of an
/// establishment with a false share, a second attempt and a reserve.
#[test]
fn a_log_of_old_is_understood() {
    let log = vector("false-share.log");
    let mut state = Establishment::<Ed25519>::new(session(4, 3, 2));
    for line in log.lines() {
        match line.split_once(' ') {
            None if line == "close" => drop(state.close_round().unwrap()),
            Some(("group", group)) => {
                assert_eq!(json(state.pedersen().unwrap()), group);
                assert_eq!(state.excluded(), &[(2, Check::FalseShare)].into());
                return;
            }
            Some((author, message)) => state.apply(author.parse().unwrap(), message.as_bytes()).unwrap(),
            None => panic!("{line}"),
        }
    }
    panic!("the log ends with the group");
}

#[test]
fn a_participant_stored_of_old_is_loaded() {
    for name in ["idle.json", "committed.json", "dealt.json"] {
        let stored = vector(name);
        let participant = Participant::<Ed25519>::from_bytes(stored.trim_end().as_bytes()).unwrap();
        assert_eq!(participant.to_bytes().as_slice(), stored.trim_end().as_bytes());
    }
}
