//! Bytes as a ballot in a fixed election.
//!
//! An input is a ballot's text and, after a NUL, hints. After a leading `#` the hash that the signature covers
//! is put right first, so that an edit is not found out by that hash alone.

use std::sync::LazyLock;

use concerted_ballot::ballot::{Submission, Verifier};
use concerted_ballot::{Belenios2048, Ed25519, Group};

use crate::forge::repair_ballot;
use crate::sample::{BELENIOS_2048, ED25519, Parts, Sample, TOOL_ED25519};

/// In the election that the text names, and in the one on Ed25519 if it names none.
pub(crate) fn run(data: &[u8]) {
    static ON_ED25519: LazyLock<Verifier<Ed25519>> =
        LazyLock::new(|| Verifier::new(ED25519.election.clone()));
    static ON_2048: LazyLock<Verifier<Belenios2048>> =
        LazyLock::new(|| Verifier::new(BELENIOS_2048.election.clone()));
    let (text, hints) = split(data);
    let other = BELENIOS_2048.election.fingerprint().as_bytes();
    if text.windows(other.len()).any(|window| window == other) {
        check(&ON_2048, &BELENIOS_2048, &text, hints);
    } else {
        check(&ON_ED25519, &ED25519, &text, hints);
    }
}

fn split(data: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let (repair, data) = data.strip_prefix(b"#").map_or((false, data), |rest| (true, rest));
    let (text, hints) = match data.iter().position(|byte| *byte == 0) {
        Some(end) => (&data[..end], Some(&data[end + 1..])),
        None => (data, None),
    };
    let mut text = text.to_vec();
    if repair {
        repair_ballot(&mut text);
    }
    (text, hints)
}

/// With and without hints the verdict must be the same, and no ballot may be accepted but those that were cast.
fn check<G: Group>(verifier: &Verifier<G>, sample: &Sample<G>, text: &[u8], hints: Option<&[u8]>) {
    let plain = verifier.vartime_verify(&Submission { number: 1, text, hints: None });
    if plain.is_ok() {
        assert!(sample.ballots.iter().any(|cast| cast.text.as_bytes() == text), "a forged ballot");
    }
    if hints.is_none() {
        return;
    }
    // Beside a sound ballot, which must stay one.
    let sound = &sample.ballots[0];
    let sound = Submission { number: 2, text: sound.text.as_bytes(), hints: Some(&sound.hints) };
    let outcomes = verifier.vartime_verify_batch(&[Submission { number: 1, text, hints }, sound]);
    match (&plain, &outcomes[0]) {
        (Ok(plain), Ok(hinted)) => {
            assert_eq!(plain.credential, hinted.credential);
            assert_eq!(plain.choices, hinted.choices);
        }
        (Err(plain), Err(hinted)) => assert_eq!(plain, hinted),
        (plain, hinted) => panic!("{plain:?} without hints, {hinted:?} with them"),
    }
    assert!(outcomes[1].is_ok());
}

/// Sound ballots with and without hints, and some of another election.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![BELENIOS_2048.ballots[0].text.clone().into_bytes()];
    for ballot in &ED25519.ballots {
        let text = ballot.text.as_bytes();
        seeds.push(text.to_vec());
        seeds.push([b"#", text, b"\0", &ballot.hints].concat());
    }
    seeds.extend(Parts::of(&TOOL_ED25519[..1]).ballots.into_iter().take(1));
    seeds
}
