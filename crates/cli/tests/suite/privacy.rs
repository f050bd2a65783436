//! What the relay's directory and log give away: nothing that members wrote or are.
//!
//! Method: a story with words that occur nowhere else; then every file below the
//! relay's data directory, its log and its metrics are searched for those words and
//! for all ids, in any encoding a program might store them in. The search is first
//! shown to find what is there.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Home, Relay, add_device};

/// A pattern and what it is a form of.
struct Needles {
    by_start: HashMap<[u8; START], Vec<(Vec<u8>, String)>>,
}

/// Length of the beginning by which patterns are looked up; none is shorter.
const START: usize = 6;

impl Needles {
    fn new(needles: &BTreeSet<(String, Vec<u8>)>) -> Self {
        let mut by_start: HashMap<_, Vec<_>> = HashMap::new();
        for (name, bytes) in needles {
            for (form, pattern) in forms(bytes) {
                assert!(pattern.len() >= START, "{name} is too short to be searched for as {form}");
                let start = *pattern.first_chunk().unwrap();
                by_start.entry(start).or_default().push((pattern, format!("{name} as {form}")));
            }
        }
        Self { by_start }
    }

    /// The names of all needles in a text.
    fn found_in(&self, hay: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, start) in hay.windows(START).enumerate() {
            for (pattern, name) in self.by_start.get(start).into_iter().flatten() {
                if hay[at..].starts_with(pattern) {
                    found.insert(name.clone());
                }
            }
        }
        found
    }
}

/// The forms in which bytes might be stored.
fn forms(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut forms = vec![
        ("raw".to_owned(), bytes.to_vec()),
        ("reversed".to_owned(), reversed.clone()),
        ("hex".to_owned(), hex(bytes).into_bytes()),
        ("HEX".to_owned(), hex(bytes).to_uppercase().into_bytes()),
        ("reversed hex".to_owned(), hex(&reversed).into_bytes()),
    ];
    for (alphabet, last) in [("base64", *b"+/"), ("base64url", *b"-_")] {
        for before in 0..3 {
            let form = format!("{alphabet} after {before} mod 3 bytes");
            forms.push((form, base64_inside(bytes, before, last)));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        forms.push(("UTF-16LE".to_owned(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        forms.push(("UTF-16BE".to_owned(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()));
        forms.push(("lower case".to_owned(), text.to_lowercase().into_bytes()));
        forms.push(("upper case".to_owned(), text.to_uppercase().into_bytes()));
    }
    forms
}

/// The characters of base64 that depend on these bytes alone when `before` others
/// (modulo 3) stand before them.
fn base64_inside(bytes: &[u8], before: usize, last: [u8; 2]) -> Vec<u8> {
    let bits: Vec<bool> = std::iter::repeat_n(&0, before)
        .chain(bytes)
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    let digits =
        bits.chunks_exact(6).map(|six| six.iter().fold(0u8, |value, bit| value << 1 | u8::from(*bit)));
    let character = |value: u8| match value {
        0..26 => b'A' + value,
        26..52 => b'a' + value - 26,
        52..62 => b'0' + value - 52,
        _ => last[usize::from(value - 62)],
    };
    digits.map(character).skip((before * 8).div_ceil(6)).collect()
}

fn files_below(directory: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else if let Ok(bytes) = fs::read(&path) {
            files.push((path.display().to_string(), bytes));
        }
    }
}

fn search(relay: &Relay, needles: &Needles) {
    let mut files = vec![("the log".to_owned(), relay.log().into_bytes())];
    files_below(&relay.data(), &mut files);
    if let Some((_, metrics)) = relay.get("/metrics") {
        files.push(("/metrics".to_owned(), metrics.into_bytes()));
    }
    assert!(files.iter().any(|(name, bytes)| name.ends_with("relay.db") && !bytes.is_empty()));
    for (name, bytes) in &files {
        // Names of files may tell something, too.
        assert_eq!(needles.found_in(name.as_bytes()), BTreeSet::new(), "in the name of {name}");
        assert_eq!(needles.found_in(bytes), BTreeSet::new(), "in {name}");
    }
}

/// All ids in a row: strings of 64 hexadecimal digits.
fn ids_in(value: &Value, ids: &mut BTreeSet<(String, Vec<u8>)>) {
    match value {
        Value::String(text) if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            ids.insert((format!("id {text}"), (0..64).step_by(2).map(byte).collect()));
        }
        Value::Array(values) => values.iter().for_each(|value| ids_in(value, ids)),
        Value::Object(fields) => {
            // The chain is what the relay makes and signs itself.
            let told = fields.iter().filter(|(name, _)| *name != "chain");
            told.for_each(|(_, value)| ids_in(value, ids));
        }
        _ => {}
    }
}

#[test]
fn the_relay_keeps_nothing_that_tells_of_its_members() {
    let mut relay = Relay::start();
    let ((ana, anas), (ben, bens), (cleo, cleos)) = (Home::begun(), Home::begun(), Home::begun());
    let names = ["Anacaona-77", "Benvenuto-83", "Cleofonte-91", "Dagoberta-12", "Quetzalina-3", "Zenobia-41"];
    let texts = [
        "the foreman sold the canteen to his brother-in-law",
        "Überstunden werden wieder nicht bezahlt: 17 %",
        "لا عمل يوم الخميس قبل الجواب",
        "only the two of us read this one",
    ];
    let threads = ["canteen-affair", "overtime-claims"];
    let body = ana.found(&relay, "Kestrel Lane Depot Nine", names[0]);
    let link = ana.invite(&body);
    ben.ask(&link, names[1]);
    ana.run(["vouch", &body, names[1]]);
    ana.run(["talk", &body, texts[0], "--thread", threads[0]]);
    ben.run(["talk", &body, texts[1], "--thread", threads[1]]);
    cleo.ask(&link, names[2]);
    ben.run(["vouch", &body, names[2]]);
    cleo.run(["sync"]);
    // One asks and is not let in; one takes another name; a device comes, one is lost.
    let (dagoberta, dagobertas) = Home::begun();
    dagoberta.ask(&link, names[3]);
    assert_eq!(ana.json(["requests", &body])["nickname"], names[3]);
    ben.run(["nickname", &body, names[4]]);
    let second = add_device(&cleo, &relay);
    second.run(["talk", &body, texts[2]]);
    ana.delete();
    ana.json_with_input(["restore", "--relay", &relay.url(), "--words", "-"], &anas);
    cleo.run(["leave", &body]);
    ben.run(["sync"]);
    ana.run(["talk", &body, texts[3]]);
    let other = ben.found(&relay, "Harbour Watch Committee", names[5]);

    let mut needles: BTreeSet<(String, Vec<u8>)> = BTreeSet::new();
    for row in [&ana, &ben, &cleo, &second, &dagoberta].iter().flat_map(|home| {
        let all = [
            vec!["device", "list"],
            vec!["log", &body],
            vec!["show", &body],
            vec!["read", &body],
            vec!["bodies"],
        ];
        all.map(|verb| home.rows(verb)).into_iter().flatten()
    }) {
        ids_in(&row, &mut needles);
    }
    ids_in(&Value::from(other), &mut needles);
    assert!(needles.len() >= 10, "{needles:?}");
    let phrases = names.iter().chain(&texts).chain(&threads).copied();
    let phrases = phrases.chain(["Kestrel Lane Depot Nine", "Harbour Watch Committee"]);
    let words = [&anas, &bens, &cleos, &dagobertas].map(String::as_str);
    for phrase in phrases.chain(words) {
        needles.insert((phrase.to_owned(), phrase.as_bytes().to_vec()));
    }
    let token = link.rsplit('/').next().unwrap();
    needles.insert(("the link".to_owned(), token.as_bytes().to_vec()));
    let patterns = Needles::new(&needles);
    check_search(&needles, &patterns);

    search(&relay, &patterns);
    relay.kill();
    search(&relay, &patterns);
    relay.restart();
    search(&relay, &patterns);
    assert_eq!(relay.stop(), 0);
    search(&relay, &patterns);
}

/// The search finds each needle, in each form, in the midst of other bytes.
fn check_search(needles: &BTreeSet<(String, Vec<u8>)>, patterns: &Needles) {
    for (name, bytes) in needles {
        for (form, pattern) in forms(bytes) {
            let hay = [&b"\0\x01other bytes"[..], &pattern, &b"more"[..]].concat();
            assert!(patterns.found_in(&hay).contains(&format!("{name} as {form}")), "{name} as {form}");
        }
    }
    for (before, inside) in ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"].iter().enumerate() {
        assert_eq!(base64_inside(b"foobar", before, *b"+/"), inside.as_bytes());
    }
}
