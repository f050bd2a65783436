//! Hints change how fast ballots are verified and nothing else: for every kind of
//! hints, right, wrong or malicious, and every kind of ballot, the verdict is the one
//! without hints (docs/decisions/hints.md).

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod support;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use chacha20::rand_core::Rng;
use concerted_ballot::ballot::{Booth, CastBallot, CheckedBallot, Choice, Submission, Verifier};
use concerted_ballot::election::Election;
use concerted_ballot::hash::challenge;
use concerted_ballot::tally::Ciphertext;
use concerted_ballot::{Belenios2048, Check, Ed25519, Failure, Group, Scalar};
use proptest::prelude::*;
use support::archive::hint_file;
use support::audit::{audit, audit_with};
use support::curve::{Point, plus_modulus};
use support::prover::{Hashing, Of, Prover, claims, hints_of};
use support::sample::{Sample, Shape, TrusteeKind, chosen, question};
use support::{ballot, power, power_text, rng, shuffle};

type S = <Ed25519 as Group>::Scalar;

const HINT: usize = Ed25519::HINT_SIZE;
/// Of a ballot of the sample: ciphertexts, credential and commitments.
const HINTS: usize = 8 + 1 + 31;

static SAMPLE: LazyLock<Sample<Ed25519>> = LazyLock::new(Sample::default);
static VERIFIER: LazyLock<Verifier<Ed25519>> = LazyLock::new(|| Verifier::new(SAMPLE.election.clone()));

/// A ballot and what is given as its hints.
type Given = (String, Option<Vec<u8>>);

/// What is found of a ballot: its credential and ciphertexts, or why it is refused.
type Verdict = Result<(String, Vec<Vec<Ciphertext<Ed25519>>>), Failure>;

fn verdict(outcome: Result<CheckedBallot<Ed25519>, Failure>) -> Verdict {
    outcome.map(|ballot| (ballot.credential, ballot.choices))
}

/// The verdict without hints. Most ballots come again and again.
fn plain(verifier: &Verifier<Ed25519>, text: &str) -> Verdict {
    static KNOWN: LazyLock<Mutex<HashMap<String, Verdict>>> = LazyLock::new(Mutex::default);
    if let Some(known) = KNOWN.lock().unwrap().get(text) {
        return known.clone();
    }
    let submission = Submission { number: NUMBER, text: text.as_bytes(), hints: None };
    let outcome = verifier.vartime_verify(&submission);
    assert!(!outcome.as_ref().is_ok_and(|ballot| ballot.hinted));
    let verdict = verdict(outcome);
    KNOWN.lock().unwrap().insert(text.to_owned(), verdict.clone());
    verdict
}

/// Of every ballot, as nothing here depends on it.
const NUMBER: u64 = 7;

/// Whether each ballot of the sample was verified with hints. The verdicts are those
/// without.
fn hinted(batch: &[Given]) -> Vec<bool> {
    hinted_by(&VERIFIER, batch)
}

fn hinted_by(verifier: &Verifier<Ed25519>, batch: &[Given]) -> Vec<bool> {
    let submissions: Vec<Submission<'_>> = (batch.iter())
        .map(|(text, hints)| Submission { number: NUMBER, text: text.as_bytes(), hints: hints.as_deref() })
        .collect();
    let outcomes = verifier.vartime_verify_batch(&submissions);
    assert_eq!(outcomes.len(), batch.len());
    let mut hinted = Vec::new();
    for (index, (outcome, (text, _))) in outcomes.into_iter().zip(batch).enumerate() {
        hinted.push(outcome.as_ref().is_ok_and(|ballot| ballot.hinted));
        assert_eq!(verdict(outcome), plain(verifier, text), "ballot {index}");
    }
    hinted
}

fn honest(index: usize) -> Given {
    let CastBallot { text, hints } = SAMPLE.ballots[index].clone();
    (text, Some(hints))
}

/// The first ballot with its hints changed, between two others: whether its hints
/// were of use. Those of the others always are.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> bool {
    let (text, hints) = honest(0);
    let mut hints = hints.unwrap();
    change(&mut hints);
    let outcome = hinted(&[honest(1), (text, Some(hints)), honest(2)]);
    assert!(outcome[0] && outcome[2]);
    outcome[1]
}

/// The bytes of the hint with this index.
fn hint(hints: &mut [u8], index: usize) -> &mut [u8; HINT] {
    (&mut hints[index * HINT..(index + 1) * HINT]).try_into().unwrap()
}

#[test]
fn right_hints_are_used() {
    let all: Vec<Given> = (0..SAMPLE.ballots.len()).map(honest).collect();
    assert_eq!(hinted(&all), [true; 4]);
    assert_eq!(all[0].1.as_ref().unwrap().len(), HINTS * HINT);
    let without: Vec<Given> = all.iter().map(|(text, _)| (text.clone(), None)).collect();
    assert_eq!(hinted(&without), [false; 4]);
    let mut some = all;
    some[1].1 = None;
    some[2].1 = Some(Vec::new());
    assert_eq!(hinted(&some), [true, false, false, true]);
    assert!(hinted(&[]).is_empty());
}

#[test]
fn hints_of_another_length_or_ballot_are_not_used() {
    let cases: [(&str, fn(&mut Vec<u8>)); 9] = [
        ("none", Vec::clear),
        ("a byte less", |hints| hints.truncate(HINTS * HINT - 1)),
        ("a byte more", |hints| hints.push(0)),
        ("a hint less", |hints| hints.truncate((HINTS - 1) * HINT)),
        ("a hint more", |hints| hints.extend_from_within(..HINT)),
        ("twice", |hints| hints.extend_from_within(..)),
        ("one", |hints| hints.truncate(HINT)),
        ("another ballot's", |hints| *hints = SAMPLE.ballots[1].hints.clone()),
        ("another ballot's of the same voter", |hints| *hints = SAMPLE.ballots[2].hints.clone()),
    ];
    for (what, change) in cases {
        assert!(!changed(change), "{what}");
    }
}

#[test]
fn a_change_of_any_coordinate_is_found() {
    for half in 0..2 * HINTS {
        for (at, bit) in [(0, 0), (half % 32, half % 8), (31, 6), (31, 7)] {
            assert!(
                !changed(|hints| hints[half * HINT / 2 + at] ^= 1 << bit),
                "coordinate {half}, byte {at}"
            );
        }
    }
}

#[test]
fn coordinates_have_one_form() {
    for half in 0..2 * HINTS {
        let change = |hints: &mut Vec<u8>| plus_modulus(&mut hints[half * HINT / 2..(half + 1) * HINT / 2]);
        assert!(!changed(change), "coordinate {half}");
    }
}

#[test]
fn points_that_are_others_or_none() {
    let cases: [(&str, fn(&mut [u8; HINT])); 10] = [
        ("zeros", |hint| hint.fill(0)),
        ("ones", |hint| hint.fill(0xff)),
        ("coordinates swapped", |hint| hint.rotate_left(HINT / 2)),
        ("the identity", |hint| *hint = Point::zero().hint()),
        ("of order 2", |hint| *hint = Point::torsion()[4].hint()),
        ("of order 8", |hint| *hint = Point::torsion()[1].hint()),
        ("doubled", |hint| *hint = Point::of_hint(hint).add(&Point::of_hint(hint)).hint()),
        ("x of another point", |hint| hint[..32].copy_from_slice(&SAMPLE.ballots[1].hints[..32])),
        ("another point", |hint| hint.copy_from_slice(&SAMPLE.ballots[1].hints[..HINT])),
        ("eight times", |hint| {
            let double = |point: Point| point.add(&point);
            *hint = double(double(double(Point::of_hint(hint)))).hint();
        }),
    ];
    for index in 0..HINTS {
        for (what, change) in cases {
            assert!(!changed(|hints| change(hint(hints, index))), "{what}, hint {index}");
        }
    }
}

#[test]
fn order_matters() {
    for index in 1..HINTS {
        for other in [index - 1, 0] {
            let swap = |hints: &mut Vec<u8>| {
                let (left, right) = hints.split_at_mut(index * HINT);
                hint(left, other).swap_with_slice(hint(right, 0));
            };
            assert!(!changed(swap), "hints {other} and {index}");
        }
    }
    assert!(!changed(|hints| {
        let mut reversed: Vec<[u8; HINT]> = hints.as_chunks().0.to_vec();
        reversed.reverse();
        *hints = reversed.concat();
    }));
}

/// A hint H stands for 8·H, which is the same for H + T if T is of order 1, 2, 4 or
/// 8. So these are right hints, and the ballot is the same.
#[test]
fn torsion_makes_no_difference() {
    let torsion = Point::torsion();
    let add = |hint: &mut [u8; HINT], index: usize| *hint = Point::of_hint(hint).add(&torsion[index]).hint();
    for index in 0..HINTS {
        for which in 0..8 {
            assert!(changed(|hints| add(hint(hints, index), which)), "hint {index}, torsion {which}");
        }
    }
    for seed in 0..8 {
        let rng = &mut rng(seed);
        assert!(changed(|hints| {
            (0..HINTS).for_each(|index| add(hint(hints, index), rng.next_u32() as usize % 8));
        }));
    }
}

// Ballots made together with their hints.

/// Which commitments are not what the ballot's numbers give: each is g to this power
/// times that.
type Errors<'a> = &'a dyn Fn(Of, usize) -> S;

/// A ballot whose hints have the right hashes, and some wrong commitments.
fn forged(seed: u64, errors: Errors<'_>) -> Given {
    let rng = &mut rng(seed);
    let secret = S::random(rng);
    let prover = Prover { error: errors, ..Prover::new(&SAMPLE.election, secret) };
    let CastBallot { text, hints } = prover.cast(&[vec![1, 0], vec![0, 1]], rng);
    assert!(hashes_match(&SAMPLE.election, &text, &hints));
    (text, Some(hints))
}

/// Whether the commitments that hints stand for hash to the challenges: all that a
/// verifier sees of hints before it looks at the equations.
fn hashes_match(election: &Election<Ed25519>, text: &str, hints: &[u8]) -> bool {
    let elements = Ed25519::vartime_from_hints(hints).unwrap();
    let claims = claims(election, text);
    let commitments: usize = claims.iter().map(|claim| claim.disjuncts.len() * 2).sum::<usize>() - 1;
    let mut texts = Ed25519::texts(&elements[elements.len() - commitments..]).into_iter();
    claims.iter().all(|claim| {
        let count = if claim.of == Of::Signature { 1 } else { 2 * claim.disjuncts.len() };
        let texts: Vec<String> = texts.by_ref().take(count).collect();
        let sum = claim.proof.iter().fold(S::ZERO, |sum, (c, _)| sum + *c);
        challenge::<S>(&claim.prefix, &texts) == sum
    })
}

/// All equations of a ballot.
fn equations() -> Vec<(Of, usize)> {
    let claims = claims(&SAMPLE.election, &SAMPLE.ballots[0].text);
    let of = |of: Of, disjuncts: usize| {
        let count = if of == Of::Signature { 1 } else { 2 * disjuncts };
        (0..count).map(move |index| (of, index))
    };
    claims.iter().flat_map(|claim| of(claim.of, claim.disjuncts.len())).collect()
}

fn check_of(of: Of) -> Check {
    match of {
        Of::Individual(..) => Check::IndividualProof,
        Of::Blank(_) => Check::BlankProof,
        Of::Overall(_) => Check::OverallProof,
        Of::Signature => Check::Signature,
    }
}

/// Why a ballot is refused, without hints.
fn refusal((text, _): &Given) -> Option<Check> {
    plain(&VERIFIER, text).err().map(|failure| failure.check)
}

/// Aim: a ballot without any true proof. Method: choose commitments, hash them, and
/// set the numbers so that they fit the hash; in one equation they do not fit the
/// ciphertext. Whoever looks at hashes only accepts it.
#[test]
fn hashes_alone_are_not_enough() {
    assert_eq!(equations().len(), 31);
    for (number, (of, index)) in equations().into_iter().enumerate() {
        let random = S::random(&mut rng(100));
        let errors = |which: Of, at: usize| if (which, at) == (of, index) { random } else { S::ZERO };
        let bad = forged(number as u64, &errors);
        assert_eq!(refusal(&bad), Some(check_of(of)));
        assert_eq!(hinted(std::slice::from_ref(&bad)), [false], "alone");
        assert_eq!(hinted(&[honest(0), bad, honest(1)]), [true, false, true], "{of:?}, {index}");
    }
    let all = forged(7, &|_, _| S::from(5));
    assert_eq!(hinted(&[all.clone(), honest(0), all]), [false, true, false]);
}

/// Aim: the same. Method: true equations, and proofs made for something else. Whoever
/// looks at equations only accepts it.
#[test]
fn equations_alone_are_not_enough() {
    for claim in claims(&SAMPLE.election, &SAMPLE.ballots[0].text) {
        let prefix = |of: Of, right: &str| format!("{right}{}", if of == claim.of { "x" } else { "" });
        let hashing = Hashing { prefix: &prefix, ..Hashing::RIGHT };
        let prover = Prover { hashing, ..Prover::new(&SAMPLE.election, S::from(9)) };
        let CastBallot { text, hints } = prover.cast(&[vec![1, 0], vec![0, 1]], &mut rng(1));
        let bad = (text, Some(hints));
        assert_eq!(refusal(&bad), Some(check_of(claim.of)));
        assert_eq!(hinted(&[honest(0), bad]), [true, false], "{:?}", claim.of);
    }
}

/// Aim: to vote in somebody's place, or with somebody's ciphertext. Method: the ballot
/// and all hashes name another's credential or ciphertext, the hints and all equations
/// are one's own. Whoever takes the elements from the hints without comparing them
/// accepts it.
#[test]
fn hints_that_stand_for_other_elements() {
    let randomness = vec![vec![S::from(21), S::from(22)], vec![S::from(23), S::from(24)]];
    let own = Prover { randomness: Some(randomness), ..Prover::new(&SAMPLE.election, S::from(9)) };
    let plaintexts = [vec![1, 0], vec![0, 1]];
    let elements = |text: &str| {
        let is_element = |path: &str| ["alpha", "beta", "credential"].iter().any(|name| path.ends_with(name));
        let texts = support::json::Json::parse(text).texts().into_iter();
        texts.filter(|(path, _)| is_element(path)).map(|(_, text)| text).collect::<Vec<String>>()
    };
    let others = elements(&SAMPLE.ballots[1].text);
    for (right, other) in elements(&own.cast(&plaintexts, &mut rng(1)).text).into_iter().zip(others) {
        let with_torsion = Point::of_text(&right).add(&Point::torsion()[3]).text();
        for other in [other, with_torsion] {
            let prefix = |_: Of, text: &str| text.replace(&right, &other);
            let written = |text: String| text.replace(&right, &other);
            let hashing = Hashing { prefix: &prefix, ..Hashing::RIGHT };
            let prover = Prover { hashing, written: &written, ..own.clone() };
            let CastBallot { text, hints } = prover.cast(&plaintexts, &mut rng(1));
            assert!(text.contains(&other) && !text.contains(&right));
            let bad = (text, Some(hints));
            assert!(refusal(&bad).is_some());
            assert_eq!(hinted(&[honest(0), bad]), [true, false], "{other} for {right}");
        }
    }
}

/// Aim: the same as of the first, for a verifier that adds all equations up. Method: errors that add
/// up to nothing with equal coefficients: within a proof, a ballot and a batch.
#[test]
fn errors_do_not_cancel() {
    let equations = equations();
    let d = S::random(&mut rng(101));
    let pair = |a: usize, b: usize, seed: u64| {
        let errors = |of: Of, index: usize| match (of, index) {
            place if place == equations[a] => d,
            place if place == equations[b] => -d,
            _ => S::ZERO,
        };
        forged(seed, &errors)
    };
    for (a, b) in [(0, 1), (0, 2), (1, 3), (0, 4), (16, 20), (20, 24), (0, 30), (29, 30)] {
        let bad = pair(a, b, (a * 31 + b) as u64);
        assert_eq!(refusal(&bad), Some(check_of(equations[a].0)));
        assert_eq!(hinted(&[honest(0), bad]), [true, false], "equations {a} and {b}");
    }
    let one = |place: usize, error: S, seed: u64| {
        forged(seed, &|of, index| if (of, index) == equations[place] { error } else { S::ZERO })
    };
    for place in [0, 1, 15, 16, 20, 25, 30] {
        let two = [one(place, d, 1), one(place, -d, 2)];
        assert_eq!(hinted(&two), [false; 2], "two ballots, equation {place}");
        // The same ballot's secret and randomness in both.
        let two = [one(place, d, 3), honest(0), one(place, -d, 3)];
        assert_eq!(hinted(&two), [false, true, false], "two like ballots, equation {place}");
        let three = [one(place, d, 4), one(place, d, 5), one(place, -(d + d), 6)];
        assert_eq!(hinted(&three), [false; 3], "three ballots, equation {place}");
    }
    // One for each ballot of a batch, all together nothing.
    let count = 40;
    let mut sum = S::ZERO;
    let batch: Vec<Given> = (0..count)
        .map(|seed| {
            let error = if seed + 1 == count { -sum } else { S::random(&mut rng(seed)) };
            sum = sum + error;
            one(seed as usize % 31, error, seed)
        })
        .collect();
    assert_eq!(hinted(&batch), [false; 40]);
}

/// A ballot whose credential is the identity, whose secret everyone knows. Its proofs
/// hold.
#[test]
fn the_identity_is_no_credential_with_hints_either() {
    let CastBallot { text, hints } =
        Prover::new(&SAMPLE.election, S::ZERO).cast(&[vec![1, 0], vec![0, 1]], &mut rng(1));
    assert!(hashes_match(&SAMPLE.election, &text, &hints));
    let batch = [(text, Some(hints)), honest(0)];
    assert_eq!(refusal(&batch[0]), Some(Check::BallotElement));
    assert_eq!(hinted(&batch), [false, true]);
}

/// A ballot that names elements outside the subgroup, with the hints of those inside.
#[test]
fn hints_do_not_move_an_element_into_the_subgroup() {
    let text = &SAMPLE.ballots[0].text;
    let alpha = support::json::Json::parse(text).text_at("answers/0/choices/0/alpha").clone();
    for torsion in &Point::torsion()[1..] {
        let outside = Point::of_text(&alpha).add(torsion).text();
        let forged = support::prover::resigned::<Ed25519>(text, &SAMPLE.secret_of(0), |json| {
            *json.text_at("answers/0/choices/0/alpha") = outside.clone();
        });
        let (_, hints) = honest(0);
        let batch = [(forged, hints), honest(1)];
        assert_eq!(refusal(&batch[0]), Some(Check::BallotElement));
        assert_eq!(hinted(&batch), [false, true]);
    }
}

/// Many ballots of a small election.
static MANY: LazyLock<(Verifier<Ed25519>, Vec<Given>)> = LazyLock::new(|| {
    let shape = Shape {
        questions: vec![question(1, false, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory],
        weights: vec![1],
        votes: vec![(0, vec![chosen(&[1])])],
        ..Shape::default()
    };
    let election = Sample::<Ed25519>::new(&shape).election;
    let booth = Booth::new(&election);
    let rng = &mut rng(102);
    let cast = |number: u32| {
        let vote = [Choice::Chosen(vec![number.is_multiple_of(2)])];
        let CastBallot { text, hints } = booth.cast(&S::random(rng), &vote, rng).unwrap();
        (text, Some(hints))
    };
    let ballots = (0..301).map(cast).collect();
    (Verifier::new(election), ballots)
});

/// A bad ballot of the small election, with matching hashes.
fn bad_of_many(seed: u64) -> Given {
    let election = MANY.0.election();
    let rng = &mut rng(seed);
    let error = S::random(rng);
    let place = [Of::Individual(0, 0), Of::Overall(0), Of::Signature][seed as usize % 3];
    let errors = |of: Of, index: usize| if (of, index) == (place, 0) { error } else { S::ZERO };
    let prover = Prover { error: &errors, ..Prover::new(election, S::random(rng)) };
    let CastBallot { text, hints } = prover.cast(&[vec![1]], rng);
    assert!(hashes_match(election, &text, &hints));
    (text, Some(hints))
}

#[test]
fn one_bad_ballot_among_hundreds() {
    let (verifier, ballots) = &*MANY;
    assert_eq!(hinted_by(verifier, ballots), [true; 301]);
    for place in [0, 1, 149, 150, 299, 300] {
        let mut batch = ballots.clone();
        batch[place] = bad_of_many(place as u64);
        let mut expected = [true; 301];
        expected[place] = false;
        assert_eq!(hinted_by(verifier, &batch), expected, "{place}");
    }
}

/// Hints are decoded many at a time; those that are no points spoil no others.
#[test]
fn hints_that_are_no_points_among_hundreds() {
    let (verifier, ballots) = &*MANY;
    for places in [&[0][..], &[63], &[64], &[150], &[300], &[0, 1, 63, 64, 65, 128, 299, 300]] {
        let mut batch = ballots.clone();
        let mut expected = [true; 301];
        for place in places {
            batch[*place].1.as_mut().unwrap()[place % 64 * HINT / 16] ^= 1;
            expected[*place] = false;
        }
        assert_eq!(hinted_by(verifier, &batch), expected, "{places:?}");
    }
}

#[test]
fn all_ballots_bad() {
    let bad: Vec<Given> = (0..100).map(bad_of_many).collect();
    assert_eq!(hinted_by(&MANY.0, &bad), [false; 100]);
}

/// Half of the ballots bad, and the hints of some of the others; in any order of the
/// batch each ballot is judged as it is.
#[test]
fn the_order_of_a_batch_makes_no_difference() {
    let (verifier, ballots) = &*MANY;
    let rng = &mut rng(103);
    let mut batch: Vec<(usize, Given)> = (0..40)
        .map(|number| match number % 4 {
            0 => bad_of_many(number),
            1 => (ballots[number as usize].0.clone(), ballots[0].1.clone()),
            _ => ballots[number as usize].clone(),
        })
        .enumerate()
        .collect();
    for _ in 0..5 {
        shuffle(&mut batch, rng);
        let (numbers, given): (Vec<usize>, Vec<Given>) = batch.iter().cloned().unzip();
        let expected: Vec<bool> = numbers.iter().map(|number| number % 4 > 1).collect();
        assert_eq!(hinted_by(verifier, &given), expected);
    }
}

/// Coefficients are made from the batch. Whatever is added to it, what was refused
/// stays refused.
#[test]
fn a_forger_who_tries_batches() {
    let (verifier, ballots) = &*MANY;
    let bad = bad_of_many(1);
    for good in &ballots[..40] {
        assert_eq!(hinted_by(verifier, &[bad.clone(), good.clone()]), [false, true]);
    }
}

#[test]
fn a_group_without_hints_ignores_them() {
    let sample = Sample::<Belenios2048>::new(&Shape {
        votes: Shape::default().votes[..1].to_vec(),
        ..Shape::default()
    });
    assert!(sample.ballots[0].hints.is_empty());
    let verifier = Verifier::new(sample.election.clone());
    let text = &sample.ballots[0].text;
    for hints in [Vec::new(), vec![0; 64 * HINTS], SAMPLE.ballots[0].hints.clone()] {
        let submission = Submission { number: 1, text: text.as_bytes(), hints: Some(&hints) };
        assert!(!verifier.vartime_verify_batch(&[submission]).remove(0).unwrap().hinted);
    }
}

/// A file of hints beside an archive: blocks missing, out of order, for another
/// election, cut off.
#[test]
fn files_of_hints() {
    let blocks: Vec<(&String, &Vec<u8>)> =
        SAMPLE.ballots.iter().map(|ballot| (&ballot.text, &ballot.hints)).collect();
    let file = |order: &[usize]| hint_file(&SAMPLE.parts.election, order.iter().map(|index| blocks[*index]));
    let plain = audit::<Ed25519>(&SAMPLE.archive).unwrap();
    let hinted = |file: &[u8]| {
        let verified = audit_with::<Ed25519>(&SAMPLE.archive, Some(file), 0).unwrap();
        assert_eq!(support::audit::Verified { hinted: 0, ..verified.clone() }, plain);
        verified.hinted
    };
    assert_eq!(hinted(&file(&[0, 1, 2, 3])), 4);
    assert_eq!(hinted(&file(&[1, 3])), 2);
    assert_eq!(hinted(&file(&[0, 2, 1, 3])), 2, "up to what is out of order, and on from there");
    assert_eq!(hinted(&file(&[0, 0, 1, 2, 3])), 1, "a block twice");
    assert_eq!(hinted(&file(&[])), 0);
    assert_eq!(hinted(b""), 0);
    assert_eq!(hinted(&SAMPLE.archive), 0);
    assert_eq!(hinted(&hint_file("another election", blocks.iter().copied())), 0);
    let whole = file(&[0, 1, 2, 3]);
    let block = 34 + HINTS * HINT;
    for cut in [1, 64, block - 1, block, block + 1, 3 * block, 4 * block, 4 * block + 1] {
        let left = whole.len() - cut;
        assert_eq!(hinted(&whole[..left]), (left.saturating_sub(40) / block) as u64, "{cut} bytes less");
    }
    // Right in form, wrong inside.
    for at in (40..whole.len()).step_by(997) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(hinted(&damaged) < 4, "byte {at}");
    }
    // A bad ballot is no better with the best of hints.
    let (text, hints) =
        forged(8, &|of, index| if (of, index) == (Of::Overall(1), 0) { S::ONE } else { S::ZERO });
    let archive = SAMPLE.with_ballot(1, &text);
    let file = hint_file(&SAMPLE.parts.election, [blocks[0], (&text, &hints.unwrap()), blocks[2], blocks[3]]);
    let credential = support::json::Json::parse(&text).text_at("credential").clone();
    let failure = Err(Check::OverallProof.at(ballot(2, &credential, Some(2))));
    assert_eq!(audit_with::<Ed25519>(&archive, Some(&file), 0), failure);
    assert_eq!(audit::<Ed25519>(&archive), failure);
}

/// The prover of these tests makes the hints that the crate makes.
#[test]
fn hints_are_made_in_one_way() {
    let prover = Prover { hashing: Hashing::RIGHT, ..Prover::new(&SAMPLE.election, S::from(9)) };
    let CastBallot { text, hints } = prover.cast(&[vec![1, 0], vec![0, 1]], &mut rng(1));
    assert_eq!(hinted(&[(text, Some(hints))]), [true]);
    let root = power::<Ed25519>(S::from(3) * Ed25519::hint_factor());
    let (hint, element) = Ed25519::hint(&root);
    assert_eq!(Ed25519::text(&element), power_text::<Ed25519>(S::from(3)));
    assert_eq!(hint, hints_of::<Ed25519>(&[element]));
    assert_eq!(Point::of_hint(&hint).text(), Ed25519::text(&root));
}

/// What a stranger does to hints.
#[derive(Clone, Debug)]
enum Mutation {
    None,
    Missing,
    Of(usize),
    Random(u64),
    Bit(usize, u8),
    Torsion(usize, usize),
    Swap(usize, usize),
    Cut(usize),
    Forged(u64, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::None),
        Just(Mutation::Missing),
        (0..4usize).prop_map(Mutation::Of),
        any::<u64>().prop_map(Mutation::Random),
        (0..HINTS * HINT, 0..8u8).prop_map(|(at, bit)| Mutation::Bit(at, bit)),
        (0..HINTS, 0..8usize).prop_map(|(at, which)| Mutation::Torsion(at, which)),
        (0..HINTS, 0..HINTS).prop_map(|(a, b)| Mutation::Swap(a, b)),
        (0..HINTS * HINT).prop_map(Mutation::Cut),
        (any::<u64>(), 0..31usize).prop_map(|(seed, place)| Mutation::Forged(seed, place)),
    ]
}

fn mutated(index: usize, mutation: &Mutation) -> (Given, bool) {
    let (text, hints) = honest(index);
    let mut hints = hints.unwrap();
    let used = match *mutation {
        Mutation::None => true,
        Mutation::Missing => return ((text, None), false),
        Mutation::Of(other) => {
            hints = SAMPLE.ballots[other].hints.clone();
            other == index
        }
        Mutation::Random(seed) => {
            rng(seed).fill_bytes(&mut hints);
            false
        }
        Mutation::Bit(at, bit) => {
            hints[at] ^= 1 << bit;
            false
        }
        Mutation::Torsion(at, which) => {
            let hint = hint(&mut hints, at);
            *hint = Point::of_hint(hint).add(&Point::torsion()[which]).hint();
            true
        }
        Mutation::Swap(a, b) => {
            let (first, second) = (*hint(&mut hints, a), *hint(&mut hints, b));
            *hint(&mut hints, a) = second;
            *hint(&mut hints, b) = first;
            a == b
        }
        Mutation::Cut(length) => {
            hints.truncate(length);
            false
        }
        Mutation::Forged(seed, place) => {
            let place = equations()[place];
            let errors = |of: Of, index: usize| if (of, index) == place { S::ONE } else { S::ZERO };
            return (forged(seed, &errors), false);
        }
    };
    ((text, Some(hints)), used)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_mixture_is_judged_as_without_hints(
        batch in proptest::collection::vec((0..4usize, mutation()), 0..10)
    ) {
        let (given, used): (Vec<Given>, Vec<bool>) =
            batch.iter().map(|(index, mutation)| mutated(*index, mutation)).unzip();
        prop_assert_eq!(hinted(&given), used);
    }
}
