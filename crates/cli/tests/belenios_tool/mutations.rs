//! Random changes to small archives, judged by both programs.
//!
//! Aim: of what the tool refuses we accept nothing. Method: one change of the text
//! of a datum or of the sequence of events, from a seed, with everything that names
//! it made to fit and changed ballots signed anew; then both verdicts are compared.
//! Where we refuse and the tool does not, our check must be one of those of which
//! it is known that the tool does not make them, or not as strictly.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use concerted_ballot::ballot::{Booth, Choice, Submission, Verifier};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::election::{Election, Parameters, Question};
use concerted_ballot::tally::Tally;
use concerted_ballot::trustee::{Entry, PrivateKey, to_json};
use concerted_ballot::{Belenios2048, Group};

use super::forgeries::{beyond_q, signed, value};
use super::{GROUP, Tool, ours, simulated};
use crate::bel::{Bel, Event, name};
use crate::by_hand::UUID;

/// Our checks that the tool does not make, or not as strictly.
const STRICTER: &[(&str, &str)] = &[
    ("B-007", "it does not enforce the order of types of events"),
    (
        "B-008",
        "it takes the same data twice, and the small objects with more fields or other forms of numbers",
    ),
    ("B-009", "it has no bounds"),
    ("B-020", "its JSON may have a field twice, comments and bytes that are not UTF-8; UUIDs have no end"),
    ("B-022", "it takes any numbers and no answers, and texts for numbers and for true"),
    ("B-026", "it takes weights in other forms and with more behind them"),
    ("B-027", "it looks at credentials only when it counts a ballot"),
    ("B-028", "the same"),
    ("B-030", "it takes trustees with more fields, and texts for numbers"),
    ("B-033", "it does not know the layout of 3.x and passes over the fields of it"),
    ("B-038", "the same"),
    ("B-040", "the same"),
    ("B-055", "in ballots it takes elements with zeros before them"),
    ("B-056", "and such challenges and responses"),
    ("B-062", "it takes the same ballot twice"),
    ("B-070", "it does not look at the tally of the archive"),
    ("B-071", "the same"),
    ("B-072", "the same"),
    ("B-080", "it takes decryptions with more fields and other forms of numbers"),
    ("B-082", "of two decryptions by one trustee it takes the later"),
    ("B-084", "it takes the result before the decryptions"),
    ("B-090", "it takes results with more fields and other forms of numbers"),
];

/// How many; `CONCERTED_MUTATIONS` says otherwise.
const COUNT: u64 = 40;

#[test]
fn we_accept_nothing_that_the_tool_refuses() {
    let Some(tool) = Tool::find() else { return };
    let count = env::var("CONCERTED_MUTATIONS").map_or(COUNT, |count| count.parse().unwrap());
    let (signable, credentials) = small_election();
    let of_tool = vector("c-revote/g7Bx3TjdX1WBNv.bel");
    // Of larger ones, only the set-up.
    let mut set_ups =
        [vector("b-threshold-weights-20/Fwnz4TMWzs24CE.bel"), Bel::parse(&simulated(SIMULATED, 1).0)];
    set_ups.iter_mut().for_each(|bel| bel.events.truncate(1));
    let sound = [&signable, &of_tool, &set_ups[0], &signable, &of_tool, &set_ups[1]];
    for bel in sound {
        assert_eq!((tool.verify(&bel.bytes()), &ours(&bel.bytes())["valid"]), (Ok(()), &true.into()));
    }
    let mut verdicts: BTreeMap<String, u64> = BTreeMap::new();
    let mut unexpected = Vec::new();
    for (seed, sound) in (0..count).zip(sound.into_iter().cycle()) {
        let rng = &mut rng(seed);
        let mut bel = sound.clone();
        let what = format!("mutation {seed}: {}", mutate(&mut bel, rng));
        if bel == *sound {
            continue;
        }
        sign_changed(&mut bel, sound, &credentials, rng);
        let archive = bel.bytes();
        let row = ours(&archive);
        let verdict = match (row["check"].as_str(), tool.verify(&archive)) {
            (None, Ok(())) => "both accept".to_owned(),
            (Some(_), Err(_)) => "both refuse".to_owned(),
            (Some(check), Ok(())) if STRICTER.iter().any(|(known, _)| *known == check) => {
                format!("only we refuse, {check}")
            }
            (_, theirs) => {
                unexpected.push(format!("{what}: we say {row}, belenios-tool {theirs:?}"));
                continue;
            }
        };
        *verdicts.entry(verdict).or_default() += 1;
    }
    eprintln!("{verdicts:#?}");
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(verdicts.contains_key("both refuse"));
}

const SIMULATED: &str = "--voters 2 --trustees 3 --threshold 2 --blank --min 0 --max 2 --weights";

fn vector(path: &str) -> Bel {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ballot/tests/vectors/belenios");
    Bel::parse(&fs::read(vectors.join("tool-2.0-BELENIOS-2048").join(path)).unwrap())
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed.to_le_bytes(); 4].concat().try_into().unwrap())
}

/// An election that is the same each time, and what its voters hold.
fn small_election() -> (Bel, [String; 2]) {
    let rng = &mut rng(u64::MAX);
    let trustee = PrivateKey::<Belenios2048>::random(rng);
    let question = |blank: Option<bool>, min, max| Question {
        answers: vec!["a".to_owned(), "b".to_owned()],
        blank,
        min,
        max,
        question: "q".to_owned(),
    };
    let parameters = Parameters {
        version: 1,
        description: String::new(),
        name: "n".to_owned(),
        group: GROUP.to_owned(),
        public_key: Belenios2048::text(&trustee.public()),
        questions: vec![question(None, 1, 1), question(Some(true), 0, 2)],
        uuid: UUID.to_owned(),
        administrator: None,
        credential_authority: None,
    };
    let text = parameters.to_text();
    let election = Election::<Belenios2048>::parse(text.as_bytes()).unwrap();
    let credentials = [Credential::random(rng), Credential::random(rng)];
    let weights = [2, 1];
    let public = [0, 1].map(|voter| (credentials[voter].public::<Belenios2048>(UUID), weights[voter]));
    let list = CredentialList::<Belenios2048>::new(&public).unwrap().to_json();
    let trustees = to_json(&[Entry::Single(trustee.to_public_key(None, rng))]);
    let [e, t, c] = [&text, &trustees, &list].map(|text| name(text));
    let names = format!(r#"{{"election":"{e}","trustees":"{t}","credentials":"{c}"}}"#);
    let event = |kind: &str, data: Vec<String>| Event { kind: kind.to_owned(), data };
    let mut events = vec![event("Setup", vec![text, trustees, list, names])];

    let (booth, verifier) = (Booth::new(&election), Verifier::new(election.clone()));
    let mut tally = Tally::new(election.questions());
    let chosen = |bits: [bool; 2]| Choice::Chosen(bits.to_vec());
    for (voter, choices, counts) in [
        (0, [chosen([true, false]), Choice::Blank], false),
        (1, [chosen([true, false]), Choice::Blank], true),
        (0, [chosen([false, true]), chosen([true, true])], true),
    ] {
        let secret = credentials[voter].secret::<Belenios2048>(UUID);
        let ballot = booth.cast(&secret, &choices, rng).unwrap().text.to_string();
        if counts {
            let submission = Submission { number: 1, text: ballot.as_bytes(), hints: None };
            tally.add(&verifier.vartime_verify(&submission).unwrap(), weights[voter]);
        }
        events.push(event("Ballot", vec![ballot]));
    }
    events.push(event("EndBallots", Vec::new()));
    let text = tally.to_text();
    let sized = format!(r#"{{"num_tallied":2,"total_weight":3,"encrypted_tally":"{}"}}"#, name(&text));
    events.push(event("EncryptedTally", vec![text, sized]));
    let text = decrypt(&election, &tally, trustee.expose(), rng);
    let owned = format!(r#"{{"owner":1,"payload":"{}"}}"#, name(&text));
    events.push(event("PartialDecryption", vec![text, owned]));
    events.push(event("Result", vec![r#"{"result":[[1,2],[1,2,2]]}"#.to_owned()]));
    let timestamp = 1_767_225_600;
    let bel = Bel { header: format!(r#"{{"version":1,"timestamp":"{timestamp}"}}"#), timestamp, events };
    (bel, credentials.map(|credential| credential.to_string()))
}

/// Ballots that were changed are signed by their voters, if those are ours and they
/// still look like ballots.
fn sign_changed(bel: &mut Bel, sound: &Bel, credentials: &[String], rng: &mut ChaCha20Rng) {
    let public =
        |text: &str| Belenios2048::text(&text.parse::<Credential>().unwrap().public::<Belenios2048>(UUID));
    let known: Vec<&str> = sound.events.iter().flat_map(|event| &event.data).map(String::as_str).collect();
    for text in bel.events.iter_mut().filter(|event| event.kind == "Ballot").flat_map(|event| &mut event.data)
    {
        let looks_so = text.contains(",\"signature\":{\"hash\":") && text.contains("\"credential\":\"");
        if looks_so && !known.contains(&text.as_str()) {
            let voter = value(text, "credential", 0);
            if let Some(credential) = credentials.iter().find(|credential| public(credential) == voter) {
                *text = signed(text, credential, rng);
            }
        }
    }
}

/// Changes something; what.
fn mutate(bel: &mut Bel, rng: &mut ChaCha20Rng) -> String {
    let events = bel.events.len();
    let event = below(rng, events);
    match below(rng, 10) {
        0 => {
            bel.events.remove(event);
            format!("event {event} removed")
        }
        1 => {
            let (copy, to) = (bel.events[event].clone(), below(rng, events + 1));
            bel.events.insert(to, copy);
            format!("event {event} copied to {to}")
        }
        2 => {
            let other = below(rng, events);
            bel.events.swap(event, other);
            format!("events {event} and {other} exchanged")
        }
        3 => {
            let other = below(rng, events);
            let data = bel.events[other].data.clone();
            bel.events[event].data = data;
            format!("data of event {event} are those of {other}")
        }
        _ => {
            let data = bel.events[event].data.len();
            if data == 0 {
                return "nothing".to_owned();
            }
            let datum = below(rng, data);
            let mut what = String::new();
            bel.edit(event, datum, |text| what = mutate_text(text, rng));
            format!("event {event}, datum {datum}: {what}")
        }
    }
}

fn mutate_text(text: &mut String, rng: &mut ChaCha20Rng) -> String {
    let words = words(text);
    let word = words[below(rng, words.len())].clone();
    let old = text[word.clone()].to_owned();
    let is_number = old.bytes().all(|byte| byte.is_ascii_digit());
    let new = match below(rng, 8) {
        // Another character of the same kind.
        0 | 1 => {
            let place = below(rng, old.len());
            let new = if is_number { "0123456789" } else { "abcdefABCDEF" };
            let new = &new[below(rng, new.len())..][..1];
            format!("{}{new}{}", &old[..place], &old[place + 1..])
        }
        2 => text[words[below(rng, words.len())].clone()].to_owned(),
        3 if is_number => ["0", "1", "2", "-1", "null", "1073741824"][below(rng, 6)].to_owned(),
        4 if is_number => match below(rng, 4) {
            0 => format!("0{old}"),
            1 => format!("{old}.0"),
            2 => format!("{old}e0"),
            _ => beyond_q(&old),
        },
        3 | 4 => "null".to_owned(),
        5 => {
            // A piece between commas, once more or not at all.
            let pieces: Vec<&str> = text.split(',').collect();
            let mut pieces: Vec<String> = pieces.into_iter().map(str::to_owned).collect();
            let piece = below(rng, pieces.len());
            let what = if below(rng, 2) == 0 {
                pieces.insert(piece, pieces[piece].clone());
                "twice"
            } else {
                pieces.remove(piece);
                "removed"
            };
            *text = pieces.join(",");
            return format!("piece {piece} {what}");
        }
        6 => {
            let place = place(text, rng);
            let new = [" ", "\n", ",", "0", "\"", "{}", "[]", "null", "\"x\":1,", "\"1\"", "\"name\":null,"]
                [below(rng, 11)];
            text.insert_str(place, new);
            return format!("{new:?} put in at {place}");
        }
        _ => {
            let place = place(text, rng);
            if place < text.len() {
                let gone = text.remove(place);
                return format!("{gone:?} taken out at {place}");
            }
            return "nothing".to_owned();
        }
    };
    text.replace_range(word.clone(), &new);
    format!("{} is {} at {}", shorten(&old), shorten(&new), word.start)
}

fn shorten(text: &str) -> String {
    if text.len() > 30 { format!("{}…{}", &text[..12], &text[text.len() - 12..]) } else { text.to_owned() }
}

/// Numbers, names and hashes.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    for (place, _) in text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
        match words.last_mut() {
            Some(word) if word.end == place => word.end += 1,
            _ => words.push(place..place + 1),
        }
    }
    words
}

/// Where a character begins, or the end; mostly beside punctuation, since most of a text is digits.
fn place(text: &str, rng: &mut ChaCha20Rng) -> usize {
    let punctuation = below(rng, 4) > 0;
    let places: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| !punctuation || !c.is_alphanumeric())
        .map(|(place, _)| place)
        .chain([text.len()])
        .collect();
    places[below(rng, places.len())]
}

fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}
