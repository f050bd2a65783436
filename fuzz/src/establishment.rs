//! Key establishment with one dishonest candidate, who signs whatever the fuzzer likes.
//!
//! An input begins with a round, a candidate and how their message comes about: it is the input itself; or it
//! is the honest one with edits, as it is or signed anew. Nobody else may come to harm by it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::establishment::{Establishment, Participant, Round, Session};
use concerted_ballot::hash::{hex, parse_hex};
use concerted_ballot::schnorr::Proof;
use concerted_ballot::trustee::{Entry, Trustees, to_json};
use concerted_ballot::{Ed25519, Group, Scalar};

use crate::edit::{Program, splice};

const CANDIDATES: usize = 4;
const SIZE: usize = 3;
const THRESHOLD: usize = 2;
const ID: [u8; 32] = [7; 32];

/// The state at the beginning of a round, and what everyone has to say in it.
struct Scene {
    log: Establishment<Ed25519>,
    /// As they are stored after they have spoken.
    people: Vec<Vec<u8>>,
    /// Author and text.
    messages: Vec<(usize, String)>,
}

/// The three rounds, all honest. Test keys, from a fixed seed.
static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(|| {
    let rng = &mut ChaCha20Rng::from_seed([3; 32]);
    let session = Session::new(ID, CANDIDATES, SIZE, THRESHOLD).unwrap();
    let mut people: Vec<_> =
        (1..=CANDIDATES).map(|number| Participant::<Ed25519>::new(session, number, rng)).collect();
    let mut log = Establishment::new(session);
    let mut scenes = Vec::new();
    while log.round() != Round::Complete {
        let before = log.clone();
        let messages = speak(&mut log, &mut people, rng);
        let people = people.iter().map(|person| person.to_bytes().to_vec()).collect();
        scenes.push(Scene { log: before, people, messages });
        log.close_round();
    }
    scenes
});

/// Everyone says what they have to say; all of it is accepted.
fn speak(
    log: &mut Establishment<Ed25519>,
    people: &mut [Participant<Ed25519>],
    rng: &mut ChaCha20Rng,
) -> Vec<(usize, String)> {
    let mut messages = Vec::new();
    for person in people {
        for message in person.step(log, rng).unwrap() {
            log.apply(person.number(), message.as_bytes()).unwrap();
            messages.push((person.number(), message));
        }
    }
    messages
}

pub(crate) fn run(data: &[u8]) {
    if let Some(person) = Participant::<Ed25519>::from_bytes(data) {
        assert!(Participant::<Ed25519>::from_bytes(&person.to_bytes()).is_some());
    }
    let mut program = Program(data);
    let scene = &SCENES[usize::from(program.byte()) % SCENES.len()];
    let villain = usize::from(program.byte()) % CANDIDATES + 1;
    let mut log = scene.log.clone();
    let speaks_first = program.byte() & 1 == 0;
    let message = program.message(scene, villain);
    if speaks_first {
        attempt(&mut log, villain, &message);
    }
    for (author, text) in scene.messages.iter().filter(|(author, _)| *author != villain) {
        log.apply(*author, text.as_bytes()).unwrap();
    }
    if !speaks_first {
        attempt(&mut log, villain, &message);
    }
    finish(log, scene, villain);
}

/// What is refused has changed nothing.
fn attempt(log: &mut Establishment<Ed25519>, author: usize, message: &[u8]) {
    let before = log.clone();
    if log.apply(author, message).is_err() {
        assert!(*log == before, "a refused message has changed the state");
    }
}

/// The others go on until there is a key, which takes as many attempts as there are reserves at most.
fn finish(mut log: Establishment<Ed25519>, scene: &Scene, villain: usize) {
    let rng = &mut ChaCha20Rng::from_seed([4; 32]);
    let others = scene.people.iter().map(|stored| Participant::<Ed25519>::from_bytes(stored).unwrap());
    let mut others: Vec<_> = others.filter(|person| person.number() != villain).collect();
    for _ in 0..3 * (1 + CANDIDATES - SIZE) {
        log.close_round();
        if matches!(log.round(), Round::Complete | Round::Failed) {
            break;
        }
        speak(&mut log, &mut others, rng);
    }
    assert_eq!(log.round(), Round::Complete);
    let excluded: BTreeSet<usize> = log.excluded().keys().copied().collect();
    assert!(excluded.is_subset(&[villain].into()), "{excluded:?} excluded, but {villain} is to blame");
    let group = to_json(&[Entry::Pedersen(log.pedersen().unwrap().clone())]);
    let trustees = Trustees::<Ed25519>::parse(group.as_bytes()).unwrap();
    for person in others.iter().filter(|person| log.members().contains(&person.number())) {
        let position = log.members().iter().position(|member| *member == person.number()).unwrap();
        let key = person.private_key(&log).unwrap();
        assert!(key.public() == trustees.owners()[position].verification_key);
    }
}

impl Program<'_> {
    fn message(&mut self, scene: &Scene, villain: usize) -> Vec<u8> {
        let how = self.byte() % 4;
        let of = |author: usize| scene.messages.iter().find(|message| message.0 == author);
        // A reserve has nothing to say after the first round, and says what others say.
        let honest = &of(villain).unwrap_or(&scene.messages[0]).1;
        let signed = |content: &[u8]| sign(content, &scene.people[villain - 1], scene.log.attempt());
        match how {
            0 => self.0.to_vec(),
            1 => join(&self.edited(honest, scene), &honest.as_bytes()[content_end(honest)..]),
            2 => signed(&self.edited(honest, scene)),
            _ => signed(self.0),
        }
    }

    /// The content of a message, changed here and there.
    fn edited(&mut self, message: &str, scene: &Scene) -> Vec<u8> {
        let elsewhere: Vec<&[u8]> = scene.messages.iter().map(|message| message.1.as_bytes()).collect();
        let mut content = content(message);
        while !self.0.is_empty() {
            if self.byte() & 3 == 0 {
                let (at, deleted, inserted) = (self.number(), self.byte(), self.bytes());
                splice(&mut content, at, usize::from(deleted % 64), &inserted);
            } else if let Some((at, token)) = self.token(&content, &elsewhere) {
                content.splice(at, token);
            }
        }
        content
    }
}

const START: &str = r#"{"content":"#;
const MIDDLE: &str = r#","signature":"#;

fn content(message: &str) -> Vec<u8> {
    message.as_bytes()[START.len()..content_end(message)].to_vec()
}

fn content_end(message: &str) -> usize {
    message.rfind(MIDDLE).unwrap()
}

fn join(content: &[u8], rest: &[u8]) -> Vec<u8> {
    [START.as_bytes(), content, rest].concat()
}

/// A message with this content, signed with the key of a stored participant, as
/// `docs/decisions/key-establishment.md` says.
fn sign(content: &[u8], stored: &[u8], attempt: u32) -> Vec<u8> {
    let stored: serde_json::Value = serde_json::from_slice(stored).unwrap();
    let secret = parse_hex(stored["signing"].as_str().unwrap()).unwrap();
    let secret = <Ed25519 as Group>::Scalar::from_canonical(&secret).unwrap();
    let (group, id) = (Ed25519::NAME, hex(&ID));
    let tag = format!("concerted establishment 1|{group}|{id}|{CANDIDATES}|{SIZE}|{THRESHOLD}|{attempt}|");
    let content_text = String::from_utf8_lossy(content);
    let rng = &mut ChaCha20Rng::from_seed([5; 32]);
    let proof = Proof::sign::<Ed25519>(&secret, &format!("sigmsg|{tag}message|{content_text}|"), rng);
    let rest = format!("{MIDDLE}{}}}", serde_json::to_string(&proof.to_text()).unwrap());
    join(content, rest.as_bytes())
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![SCENES[0].people[0].clone()];
    for (round, scene) in (0..).zip(SCENES.iter()) {
        for (author, message) in &scene.messages {
            let start = |how: u8| vec![round, *author as u8 - 1, 0, how];
            seeds.push([&start(0), message.as_bytes()].concat());
            seeds.push([start(3), content(message)].concat());
        }
        for how in [1, 2] {
            seeds.push(vec![round, 1, 1, how]);
            for token in (8..48).step_by(5) {
                seeds.push(vec![round, 1, 1, how, 1, token, 0, 2 + 4 * (token % 3), 1, 0, token / 2, 0]);
            }
        }
        let complaint = format!(
            r#"{{"session":"{}","attempt":1,"participant":2,"body":{{"complaint":{{"dealer":1,"shared":"{}","proof":{{"challenge":"1","response":"1"}}}}}}}}"#,
            hex(&ID),
            Ed25519::text(&Ed25519::generator()),
        );
        seeds.push([&[round, 1, 0, 3], complaint.as_bytes()].concat());
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_anew_is_accepted() {
        for scene in SCENES.iter() {
            for (author, message) in &scene.messages {
                let again = sign(&content(message), &scene.people[author - 1], 1);
                assert_eq!(scene.log.clone().apply(*author, &again), Ok(()));
            }
        }
    }
}
