//! Laws that hold for elections of any shape and for any change to an archive.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod support;

use std::sync::LazyLock;

use concerted_ballot::ballot::{Booth, Choice, ChoiceError};
use concerted_ballot::election::Question;
use concerted_ballot::{Belenios2048, Ed25519, Failure, Group};
use proptest::prelude::*;
use proptest::sample::Index;
use support::archive::{Event, Parts, hint_file, write};
use support::audit::{Verified, audit_with};
use support::json::Json;
use support::prover::sign;
use support::rng;
use support::sample::{Sample, Shape, TrusteeKind, chosen, question};

fn questions() -> impl Strategy<Value = Vec<Question>> {
    let one = (1..=6usize, any::<bool>()).prop_flat_map(|(answers, blank)| {
        let bounds = (0..=answers as u64).prop_flat_map(move |max| (0..=max, Just(max)));
        bounds.prop_map(move |(min, max)| question(answers, blank, min, max))
    });
    proptest::collection::vec(one, 1..=3)
}

/// A choice that the question allows, from random numbers.
fn allowed(question: &Question, seed: u64) -> Choice {
    use chacha20::rand_core::Rng;
    let rng = &mut rng(seed);
    if question.allows_blank() && rng.next_u32().is_multiple_of(4) {
        return Choice::Blank;
    }
    let count = question.min + rng.next_u64() % (question.max - question.min + 1);
    let mut chosen: Vec<bool> = (0..question.answers.len() as u64).map(|index| index < count).collect();
    support::shuffle(&mut chosen, rng);
    Choice::Chosen(chosen)
}

fn trustees() -> impl Strategy<Value = Vec<TrusteeKind>> {
    let threshold = (1..=3usize).prop_flat_map(|size| {
        (size / 2 + 1..=size).prop_map(move |threshold| TrusteeKind::Threshold { size, threshold })
    });
    proptest::collection::vec(prop_oneof![Just(TrusteeKind::Mandatory), threshold], 1..=2)
}

prop_compose! {
    fn shape()(
        seed: u64,
        questions in questions(),
        trustees in trustees(),
        weights in proptest::collection::vec(prop_oneof![4 => 0..5u64, 1 => Just(1 << 30)], 1..=5),
        votes in proptest::collection::vec((any::<Index>(), any::<u64>()), 0..=6),
    ) -> Shape {
        let vote = |(voter, seed): &(Index, u64)| {
            let choices = (0..).zip(&questions).map(|(index, question)| allowed(question, seed ^ index));
            (voter.index(weights.len()), choices.collect())
        };
        let votes = votes.iter().map(vote).collect();
        Shape { seed, questions, trustees, weights, votes }
    }
}

/// An election is cast, written, verified, counted and opened, and the counts are
/// those of the plain votes.
fn check_shape<G: Group>(shape: &Shape) {
    let sample = Sample::<G>::new(shape);
    let hints = sample.hints();
    let expected = Verified {
        ballots: shape.votes.len() as u64,
        hinted: 0,
        counted: (0..shape.weights.len())
            .filter(|voter| shape.votes.iter().any(|(by, _)| by == voter))
            .count() as u64,
        weight: (shape.weights.iter().enumerate())
            .filter(|(voter, _)| shape.votes.iter().any(|(by, _)| by == voter))
            .map(|(_, weight)| weight)
            .sum(),
        closed: true,
        tallied: true,
        decrypted_by: sample.parts.decryptions.iter().map(|(owner, _)| *owner as usize).collect(),
        result: Some(shape.counts()),
    };
    assert_eq!(audit_with::<G>(&sample.archive, None, shape.seed), Ok(expected.clone()));
    let hinted = if G::HINT_SIZE > 0 { expected.ballots } else { 0 };
    let with_hints = audit_with::<G>(&sample.archive, Some(&hints), shape.seed);
    assert_eq!(with_hints, Ok(Verified { hinted, ..expected }));
    assert_eq!(Parts::of(&sample.archive), sample.parts);
    assert_eq!(sample.parts.write(), sample.archive);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn an_election_of_any_shape_counts_what_was_voted(shape in shape()) {
        check_shape::<Ed25519>(&shape);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn the_same_in_belenios_2048(mut shape in shape()) {
        // For the time it takes.
        shape.votes.truncate(2);
        shape.questions.truncate(1);
        shape.questions[0].answers.truncate(3);
        let Question { answers, min, max, .. } = &mut shape.questions[0];
        *max = (*max).min(answers.len() as u64);
        *min = (*min).min(*max);
        for (index, (_, vote)) in (0..).zip(&mut shape.votes) {
            *vote = vec![allowed(&shape.questions[0], shape.seed ^ index)];
        }
        check_shape::<Belenios2048>(&shape);
    }
}

static SAMPLE: LazyLock<Sample<Ed25519>> = LazyLock::new(Sample::default);

/// Whether choices fit questions, said once more.
fn error_of(questions: &[Question], choices: &[Choice]) -> Option<ChoiceError> {
    if questions.len() != choices.len() {
        return Some(ChoiceError::Questions { questions: questions.len(), choices: choices.len() });
    }
    let error = |(number, (question, choice)): (usize, (&Question, &Choice))| match choice {
        Choice::Blank => (question.blank != Some(true)).then_some(ChoiceError::Blank { question: number }),
        Choice::Chosen(bits) if bits.len() != question.answers.len() => {
            let (answers, choices) = (question.answers.len(), bits.len());
            Some(ChoiceError::Answers { question: number, answers, choices })
        }
        Choice::Chosen(bits) => {
            let chosen = bits.iter().filter(|bit| **bit).count() as u64;
            let Question { min, max, .. } = *question;
            let fits = min <= chosen && chosen <= max;
            (!fits).then_some(ChoiceError::Sum { question: number, min, max, chosen })
        }
    };
    (1..).zip(questions.iter().zip(choices)).find_map(error)
}

proptest! {
    #[test]
    fn choices_that_do_not_fit_make_no_ballot(
        choices in proptest::collection::vec(
            proptest::option::of(proptest::collection::vec(any::<bool>(), 0..=3)), 0..=3
        )
    ) {
        let choices: Vec<Choice> =
            choices.into_iter().map(|bits| bits.map_or(Choice::Blank, Choice::Chosen)).collect();
        let outcome = Booth::new(&SAMPLE.election).cast(&SAMPLE.voters[0].secret, &choices, &mut rng(1));
        prop_assert_eq!(outcome.map(drop).err(), error_of(SAMPLE.election.questions(), &choices));
    }
}

// Changes to an archive.

/// Two voters, one of whom votes twice, and one who does not.
static SMALL: LazyLock<Sample<Ed25519>> = LazyLock::new(|| {
    Sample::new(&Shape {
        seed: 2,
        questions: vec![question(1, true, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory],
        weights: vec![1, 3, 1],
        votes: vec![(0, vec![Choice::Blank]), (1, vec![chosen(&[1])]), (0, vec![chosen(&[0])])],
    })
});

static HINTS: LazyLock<Vec<u8>> = LazyLock::new(|| SMALL.hints());

/// What is found of an archive, with hints and without.
fn judged(archive: &[u8]) -> Result<Verified, Failure> {
    let plain = audit_with::<Ed25519>(archive, None, 0);
    let hinted = audit_with::<Ed25519>(archive, Some(&HINTS), 1);
    assert_eq!(hinted.map(|verified| Verified { hinted: 0, ..verified }), plain);
    plain
}

/// What is found of the sample's.
static SOUND: LazyLock<Verified> = LazyLock::new(|| judged(&SMALL.archive).unwrap());

/// A change of bytes.
#[derive(Clone, Debug)]
enum Damage {
    Bit(Index, u8),
    Byte(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Zero(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let length = prop_oneof![1..64usize, Just(512), Just(1024)];
    prop_oneof![
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Damage::Bit(at, bit)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..64))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), length.clone()).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), length.clone()).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<Index>(), length).prop_map(|(at, length)| Damage::Zero(at, length)),
    ]
}

fn damaged(archive: &[u8], damage: &Damage) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    let end = |start: usize, length: usize| (start + length).min(archive.len());
    match damage {
        Damage::Bit(at, bit) => bytes[at.index(archive.len())] ^= 1 << bit,
        Damage::Byte(at, byte) => bytes[at.index(archive.len())] = *byte,
        Damage::Insert(at, inserted) => {
            let at = at.index(archive.len() + 1);
            bytes.splice(at..at, inserted.iter().copied());
        }
        Damage::Remove(at, length) => {
            let start = at.index(archive.len());
            bytes.drain(start..end(start, *length));
        }
        Damage::Repeat(at, length) => {
            let start = at.index(archive.len());
            let repeated = archive[start..end(start, *length)].to_vec();
            bytes.splice(start..start, repeated);
        }
        Damage::Zero(at, length) => {
            let start = at.index(archive.len());
            bytes[start..end(start, *length)].fill(0);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_damage_is_found(damage in damage()) {
        let archive = damaged(&SMALL.archive, &damage);
        let unchanged = archive == SMALL.archive;
        prop_assert_eq!(judged(&archive).is_ok(), unchanged);
    }

    #[test]
    fn an_archive_cut_off_is_sound_after_an_event_only(cut in any::<Index>()) {
        let events = SMALL.parts.events();
        let ends: Vec<usize> =
            (1..=events.len()).map(|length| write(SMALL.parts.timestamp, &events[..length]).len()).collect();
        let cut = cut.index(SMALL.archive.len());
        let archive = &SMALL.archive[..cut];
        prop_assert_eq!(judged(archive).is_ok(), ends.contains(&cut));
        // And just there.
        let end = ends[cut % (ends.len() - 1)];
        prop_assert_eq!(judged(&SMALL.archive[..end]).unwrap().result, None);
    }
}

/// A change of what a text of JSON says.
#[derive(Clone, Debug)]
enum Edit {
    Remove,
    Repeat,
    Swap(Index),
    Rename(String),
    Take(Index),
    Text(String),
    Digit(Index, u8),
    Number(i64),
    Null,
    Wrap,
    Empty,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        1 => Just(Edit::Remove),
        1 => Just(Edit::Repeat),
        1 => any::<Index>().prop_map(Edit::Swap),
        1 => "[a-z_]{1,12}".prop_map(Edit::Rename),
        4 => any::<Index>().prop_map(Edit::Take),
        1 => "\\PC{0,20}".prop_map(Edit::Text),
        4 => (any::<Index>(), b'0'..=b'f').prop_map(|(at, digit)| Edit::Digit(at, digit)),
        1 => prop_oneof![-2..10i64, Just(1 << 30), Just(i64::MAX)].prop_map(Edit::Number),
        1 => Just(Edit::Null),
        1 => Just(Edit::Wrap),
        1 => Just(Edit::Empty),
    ]
}

/// The text with one value in it changed.
fn edited(text: &str, at: Index, edit: &Edit) -> String {
    let mut json = Json::parse(text);
    let paths = json.paths();
    let path = paths[at.index(paths.len())].clone();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let value = json.at(&path).clone();
    match edit {
        Edit::Remove | Edit::Repeat | Edit::Swap(_) | Edit::Rename(_) if path.is_empty() => {}
        Edit::Remove | Edit::Repeat | Edit::Swap(_) | Edit::Rename(_) => match json.at(parent) {
            Json::List(list) => rearrange(list, name.parse().unwrap(), value, edit),
            Json::Object(fields) => {
                let index = fields.iter().position(|(field, _)| field == name).unwrap();
                match edit {
                    Edit::Rename(other) => fields[index].0.clone_from(other),
                    _ => rearrange(fields, index, (name.to_owned(), value), edit),
                }
            }
            Json::Plain(_) | Json::Text(_) => unreachable!("these contain nothing"),
        },
        Edit::Take(other) => *json.at(&path) = Json::parse(text).at(&paths[other.index(paths.len())]).clone(),
        Edit::Text(other) => *json.at(&path) = Json::text(other.clone()),
        Edit::Digit(at, digit) => match json.at(&path) {
            Json::Text(text) if text.is_ascii() && !text.is_empty() => {
                let at = at.index(text.len());
                text.replace_range(at..=at, &char::from(*digit).to_string());
            }
            other => *other = Json::Plain("0".to_owned()),
        },
        Edit::Number(number) => *json.at(&path) = Json::Plain(number.to_string()),
        Edit::Null => *json.at(&path) = Json::Plain("null".to_owned()),
        Edit::Wrap => *json.at(&path) = Json::List(vec![value]),
        Edit::Empty => {
            *json.at(&path) = match value {
                Json::Object(_) => Json::Object(Vec::new()),
                Json::List(_) => Json::List(Vec::new()),
                Json::Plain(_) | Json::Text(_) => Json::text(""),
            }
        }
    }
    json.write()
}

fn rearrange<T>(list: &mut Vec<T>, index: usize, value: T, edit: &Edit) {
    match edit {
        Edit::Remove => drop(list.remove(index)),
        Edit::Repeat => list.insert(index, value),
        Edit::Swap(other) => {
            let other = other.index(list.len());
            list.swap(index, other);
        }
        _ => {}
    }
}

/// The texts of an archive.
fn texts(parts: &mut Parts) -> Vec<&mut String> {
    let Parts { election, trustees, credentials, ballots, tally, decryptions, result, .. } = parts;
    let tally = tally.iter_mut().map(|tally| &mut tally.text);
    let decryptions = decryptions.iter_mut().map(|(_, text)| text);
    [election, trustees, credentials]
        .into_iter()
        .chain(ballots)
        .chain(tally)
        .chain(decryptions)
        .chain(result)
        .collect()
}

/// What an election says of itself may differ in words that nothing depends on.
fn is_harmless(verified: &Result<Verified, Failure>) -> bool {
    verified.as_ref().is_ok_and(|verified| *verified == *SOUND)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Hashes, names and chain made anew; and ballots signed anew by their voter.
    #[test]
    fn any_edit_is_refused_or_makes_no_difference(
        which in any::<Index>(), at in any::<Index>(), edit in edit(), signs in any::<bool>()
    ) {
        let mut parts = SMALL.parts.clone();
        let mut texts = texts(&mut parts);
        let which = which.index(texts.len());
        let text = &mut texts[which];
        **text = edited(text, at, &edit);
        if signs && (3..6).contains(&which) {
            let mut json = Json::parse(text);
            if let Json::Object(fields) = &mut json {
                fields.retain(|(name, _)| name != "signature");
                **text = sign::<Ed25519>(&json.write(), &SMALL.secret_of(which - 3));
            }
        }
        let verified = judged(&parts.write());
        prop_assert!(verified.is_err() || is_harmless(&verified), "{verified:?}");
    }

    /// Whole texts in place of others.
    #[test]
    fn any_text_in_anothers_place_is_refused_or_makes_no_difference(
        from in any::<Index>(), to in any::<Index>(), random in proptest::option::of("\\PC{0,40}")
    ) {
        let mut parts = SMALL.parts.clone();
        let mut texts = texts(&mut parts);
        let (from, to) = (from.index(texts.len()), to.index(texts.len()));
        let text = random.unwrap_or_else(|| texts[from].clone());
        *texts[to] = text;
        let verified = judged(&parts.write());
        // Among the ballots, the last of each voter alone makes a difference.
        let allowed = |verified: &Verified| verified.result == SOUND.result;
        prop_assert!(verified.as_ref().map_or(true, allowed), "{from} {to} {verified:?}");
    }

    /// Events left out, repeated or moved, and chained anew.
    #[test]
    fn any_rearrangement_is_refused_or_makes_no_difference(
        changes in proptest::collection::vec((0..3u8, any::<Index>(), any::<Index>()), 1..4)
    ) {
        let mut events: Vec<Event> = SMALL.parts.events();
        for (kind, from, to) in changes {
            if events.len() < 2 {
                break;
            }
            let (from, to) = (from.index(events.len()), to.index(events.len()));
            match kind {
                0 => drop(events.remove(from)),
                1 => events.insert(to, events[from].clone()),
                _ => events.swap(from, to),
            }
        }
        if let Ok(verified) = judged(&write(1, &events)) {
            prop_assert!(verified.result.is_none() || verified.result == SOUND.result, "{verified:?}");
        }
    }
}

/// An archive with more ballots and credentials than fit one task: in whatever order
/// tasks are run, the same is found.
#[test]
fn the_order_of_tasks_makes_no_difference() {
    let (voters, silent) = (1100, 4200);
    let shape = Shape {
        questions: vec![question(1, false, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory],
        weights: vec![1; voters + silent],
        // The last ones vote again.
        votes: (0..voters)
            .chain(voters - 5..voters)
            .map(|by| (by, vec![chosen(&[u8::from(by % 3 == 0)])]))
            .collect(),
        ..Shape::default()
    };
    let sample = Sample::<Ed25519>::new(&shape);
    let hints =
        hint_file(&sample.parts.election, sample.ballots.iter().map(|ballot| (&ballot.text, &ballot.hints)));
    let found = |seed: u64| audit_with::<Ed25519>(&sample.archive, Some(&hints), seed).unwrap();
    let first = found(0);
    assert_eq!((first.ballots, first.hinted, first.counted), (1105, 1105, 1100));
    assert_eq!(first.result, Some(vec![vec![367]]));
    for seed in 1..4 {
        assert_eq!(found(seed), first);
    }
}
