//! The public document of the checks says what the code says, and each check is made
//! and tested.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use concerted_ballot::archive::{bounds, hints};
use concerted_ballot::{Check, credential, discrete_log, election, establishment, trustee};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn document() -> String {
    read(&root().join("../../docs/ballot-checks.md"))
}

/// All `B-` numbers in a text.
fn ids(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("B-").filter_map(|(at, _)| text.get(at..at + 5));
    let is_id = |id: &&str| id[2..].bytes().all(|byte| byte.is_ascii_digit());
    starts.filter(is_id).map(str::to_owned).collect()
}

fn known() -> BTreeSet<String> {
    Check::ALL.iter().map(|check| check.id().to_owned()).collect()
}

#[test]
fn the_document_has_every_check_word_for_word() {
    let document = document();
    for check in Check::ALL {
        let row = format!("| {} | {} | ", check.id(), check.text());
        let found = document.matches(&row).count();
        assert_eq!(found, 1, "docs/ballot-checks.md should have one row that begins\n{row}");
    }
    assert_eq!(ids(&document), known(), "numbers in docs/ballot-checks.md");
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| B-")).collect();
    assert!(rows.is_sorted());
    for row in rows {
        let why = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(why.ends_with('.'), "no reason is given in\n{row}");
    }
}

/// All files of Rust below a folder, with their texts.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = read(&path);
            found.push((path, text));
        }
    }
    found
}

/// What is compiled always, and what for tests alone.
fn code_and_tests() -> (String, String) {
    let (mut code, mut tests) = (String::new(), String::new());
    for (path, text) in sources(&root().join("src")) {
        let is_test =
            ["tests", "forge"].iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
        // A module within the file, which is the last of it.
        let start = text.match_indices("#[cfg(test)]\n").find(|(at, line)| {
            text[at + line.len()..].lines().next().is_some_and(|next| next.ends_with('{'))
        });
        let (before, after) = text.split_at(start.map_or(text.len(), |(at, _)| at));
        match is_test {
            true => tests.push_str(&text),
            false => {
                code.push_str(before);
                tests.push_str(after);
            }
        }
    }
    for (path, text) in sources(&root().join("tests")) {
        tests.push_str(if path.ends_with("document.rs") { "" } else { &text });
    }
    (code, tests)
}

/// In a comment of its own, at the place where it is made.
#[test]
fn every_check_is_named_in_the_code() {
    let (code, _) = code_and_tests();
    let comments = code.lines().map(str::trim_start).filter(|line| line.starts_with("// B-"));
    let named = ids(&comments.collect::<Vec<_>>().join("\n"));
    assert_eq!(named, known());
    for check in Check::ALL {
        let name = format!("Check::{check:?}");
        assert!(code.contains(&name), "nothing fails by {name}");
    }
}

/// By its number in the name or the text of a test that expects it.
#[test]
fn every_check_is_named_in_a_test() {
    let (_, tests) = code_and_tests();
    let names = tests.replace("b_0", "B-0").replace("b_1", "B-1");
    assert_eq!(ids(&names), known());
    for check in Check::ALL {
        let name = format!("Check::{check:?}");
        assert!(tests.contains(&name), "no test expects {name}");
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |(index, digit): (usize, char)| match index > 0 && (digits.len() - index).is_multiple_of(3) {
        true => format!(",{digit}"),
        false => digit.to_string(),
    };
    digits.chars().enumerate().map(comma).collect()
}

#[test]
fn the_document_has_the_bounds() {
    let document = document();
    let bytes = [
        ("archive header", bounds::ARCHIVE_HEADER),
        ("event", bounds::EVENT),
        ("the names that an event has of its data", bounds::NAMES),
        ("election record", bounds::ELECTION),
        // The narrower of two, since the archive's reader knows no trustees.
        ("trustees' record", bounds::TRUSTEES.min(trustee::TRUSTEES_BYTES_MAX as u64)),
        ("credentials", bounds::CREDENTIALS),
        ("ballot", bounds::BALLOT),
        ("encrypted tally", bounds::TALLY),
        ("partial decryption, and result", bounds::DECRYPTION),
        ("message of key establishment", establishment::MESSAGE_BYTES_MAX as u64),
    ];
    let counts = [
        ("partial decryptions", bounds::DECRYPTIONS as u64),
        ("questions", election::QUESTIONS_MAX as u64),
        ("answers to a question", election::ANSWERS_MAX as u64),
        ("credentials in the list", credential::COUNT_MAX as u64),
        ("sum of all weights", credential::TOTAL_WEIGHT_MAX),
        ("trustees, in all groups together", trustee::TRUSTEES_MAX as u64),
        ("total weight for which this program computes counts", discrete_log::BOUND_MAX),
        ("hints of one ballot", hints::HINTS_MAX as u64),
    ];
    let rows = bytes
        .map(|(what, bound)| format!("| {what} | {} bytes |", grouped(bound)))
        .into_iter()
        .chain(counts.map(|(what, bound)| format!("| {what} | {} |", grouped(bound))));
    for row in rows {
        assert!(document.contains(&row), "docs/ballot-checks.md lacks\n{row}");
    }
}

/// What the document says of a test by its name.
#[test]
fn the_document_names_a_test_that_exists() {
    let attacks = read(&root().join("tests/attacks.rs"));
    let name = "a_decryption_chosen_after_the_challenge_is_accepted";
    assert!(document().contains(name) && attacks.contains(&format!("fn {name}()")));
}
