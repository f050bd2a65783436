//! A fixed archive with any file of hints: nothing may follow from it but time.
//!
//! An input's first byte says which archive, the sound one or one with a ballot that proves nothing; what the
//! rest is: the whole file, what comes after its header, the hints of the first ballot, or edits of the right
//! file, each an offset (16 bits) and a byte; and whether to verify all of the archive or, which is ten times
//! faster, its first two ballots alone.

use std::sync::LazyLock;

use concerted_ballot::archive::hints::HintReader;
use concerted_ballot::archive::{EventType, hints};
use concerted_ballot::ballot::{Submission, Verifier};
use concerted_ballot::hash::sha256;
use concerted_ballot::{Ed25519, Failure};

use crate::forge::{Forge, SAMPLE, repair_ballot};
use crate::sample::{Accepted, ED25519, verify};

/// An archive, and what is said of it without hints.
struct Subject {
    forge: Forge,
    archive: Vec<u8>,
    hints: Vec<u8>,
    verdict: Result<Accepted, Failure>,
}

impl Subject {
    fn new(forge: Forge) -> Self {
        let (archive, hints) = (forge.archive(), forge.hints());
        let verdict = verify::<Ed25519>(&archive, None);
        Self { forge, archive, hints, verdict }
    }

    fn ballots(&self) -> impl Iterator<Item = &[u8]> {
        let ballots = self.forge.events.iter().filter(|event| event.kind == EventType::Ballot);
        ballots.map(|event| &event.data[0][..])
    }
}

static SOUND: LazyLock<Subject> = LazyLock::new(|| Subject::new(SAMPLE.clone()));

/// With the responses of two proofs of its second ballot exchanged.
static UNSOUND: LazyLock<Subject> = LazyLock::new(|| {
    let mut forge = SAMPLE.clone();
    let text = &mut forge.events[2].data[0];
    let ballot = String::from_utf8(text.clone()).unwrap();
    let response =
        |number: usize| ballot.split(r#""response":""#).nth(number).unwrap().split('"').next().unwrap();
    let (one, other) = (response(1), response(2));
    *text = ballot.replace(one, "*").replace(other, one).replace('*', other).into_bytes();
    repair_ballot(text);
    Subject::new(forge)
});

pub(crate) fn run(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let subject = if mode & 1 == 0 { &SOUND } else { &UNSOUND };
    assert_eq!(subject.verdict.is_ok(), mode & 1 == 0);
    let file = file(subject, mode >> 1, rest);
    if mode & 8 == 0 {
        check_ballots(subject, &file);
    } else {
        assert_eq!(verify::<Ed25519>(&subject.archive, Some(&file)), subject.verdict);
    }
}

/// As whoever verifies the archive does it, with tables that are made once.
fn check_ballots(subject: &Subject, file: &[u8]) {
    static VERIFIER: LazyLock<Verifier<Ed25519>> = LazyLock::new(|| Verifier::new(ED25519.election.clone()));
    let mut reader = HintReader::open(file, VERIFIER.election().hash());
    let ballots = || subject.ballots().take(2);
    let hints: Vec<_> = ballots().map(|text| reader.next_for(&sha256(text))).collect();
    let submissions: Vec<_> = (1..)
        .zip(ballots().zip(&hints))
        .map(|(number, (text, hints))| Submission { number, text, hints: hints.as_deref() })
        .collect();
    let outcomes = VERIFIER.vartime_verify_batch(&submissions);
    let failure = outcomes.into_iter().find_map(Result::err);
    assert_eq!(failure.as_ref(), subject.verdict.as_ref().err());
}

fn file(subject: &Subject, mode: u8, rest: &[u8]) -> Vec<u8> {
    let header = hints::header(ED25519.election.hash());
    match mode & 3 {
        0 => rest.to_vec(),
        1 => [&header, rest].concat(),
        2 => {
            let whole = &rest[..rest.len() - rest.len() % hints::HINT_SIZE];
            let first = subject.ballots().next().unwrap();
            [&header[..], &hints::block(&sha256(first), whole).unwrap_or_default()].concat()
        }
        _ => {
            let mut file = subject.hints.clone();
            for edit in rest.chunks_exact(3) {
                let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % file.len();
                file[at] = edit[2];
            }
            file
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (unsound, subject) in [&SOUND, &UNSOUND].into_iter().enumerate() {
        let mode = |mode: u8| vec![mode << 1 | unsound as u8];
        seeds.push([mode(4), subject.hints.clone()].concat());
        seeds.push([mode(0), subject.hints.clone()].concat());
        seeds.push([mode(1), subject.hints[40..].to_vec()].concat());
        seeds.push([mode(2), subject.forge.events[1].hints.clone()].concat());
        seeds.push([mode(3), vec![100, 0, 1]].concat());
    }
    seeds
}
