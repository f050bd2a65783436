//! The public document of the rules says what the code says, and each rule is tested.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use concerted_assembly::rule::Rule;
use concerted_assembly::template::Template;
use concerted_assembly::{admission, device_change, rekeying, roster, talk_lane};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All `R-` numbers in a text.
fn ids(text: &str) -> BTreeSet<&str> {
    let starts = text.match_indices("R-").map(|(at, _)| &text[at..]);
    let is_id = |id: &&str| id.len() == 5 && id[2..].bytes().all(|byte| byte.is_ascii_digit());
    starts.filter_map(|rest| rest.get(..5)).filter(is_id).collect()
}

#[test]
fn the_document_has_every_rule_word_for_word() {
    let document = read("../../docs/rules.md");
    for rule in Rule::ALL {
        let row = format!("| {} | {} | ", rule.id(), rule.text());
        assert!(document.contains(&row), "docs/rules.md lacks a row that begins\n{row}");
    }
    let known: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids(&document), known, "numbers in docs/rules.md");
}

#[test]
fn every_rule_is_named_in_a_test() {
    let files = ["genesis", "envelope", "admission", "devices", "rekey", "talk"];
    let tests: String = files.iter().map(|file| read(&format!("tests/{file}.rs"))).collect();
    for rule in Rule::ALL {
        assert!(tests.contains(rule.id()), "no test is said to be about {rule}");
        let name = format!("Rule::{rule:?}");
        assert!(tests.contains(&name), "no test expects {name}");
    }
    let known: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert!(ids(&tests).is_subset(&known), "tests name rules that are none");
}

/// The leaves of bylaws as JSON, by path.
fn leaves(path: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&path, value)
            })
            .collect(),
        Value::String(text) => vec![(path.to_owned(), text.clone())],
        other => vec![(path.to_owned(), other.to_string())],
    }
}

#[test]
fn the_document_has_the_bylaws_of_every_template() {
    let document = read("../../docs/rules.md");
    let of = |template: Template| leaves("", &serde_json::to_value(template.bylaws()).unwrap());
    let all: Vec<_> = Template::ALL.into_iter().map(of).collect();
    for (index, (path, _)) in all[0].iter().enumerate() {
        let values: Vec<&str> = all.iter().map(|leaves| leaves[index].1.as_str()).collect();
        let row = format!("| `{path}` | {} | ", values.join(" | "));
        assert!(document.contains(&row), "docs/rules.md lacks a row that begins\n{row}");
    }
    let rows = document.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, all[0].len(), "rows of bylaws in docs/rules.md");
}

#[test]
fn the_document_has_the_fixed_limits() {
    let document = read("../../docs/rules.md");
    let days = |ms: u64| format!("{} days", ms / device_change::DAY_MS);
    let hours = |ms: u64| format!("{} hours", ms / (3600 * 1000));
    let limits = [
        ("open requests to join", admission::REQUESTS_MAX.to_string()),
        ("a request to join is open", days(admission::REQUEST_OPEN_MS)),
        ("open invitations", admission::INVITATIONS_MAX.to_string()),
        ("devices of one member", roster::DEVICES_MAX.to_string()),
        ("device changes without the words in 24 hours", device_change::CHANGES_MAX.to_string()),
        ("members who ask for a revocation", device_change::ACCUSERS.to_string()),
        ("an accusation waits for the second", days(device_change::ACCUSATION_OPEN_MS)),
        ("age of a device that objects", days(device_change::OBJECTOR_AGE_MS)),
        ("records of the epoch before count", hours(rekeying::OLD_EPOCH_MS)),
        ("a member's rekeys that are not owed are apart", days(rekeying::FREE_REKEY_MS)),
        ("bytes of a talk record's content", "16,000".to_owned()),
        ("talk secrets one device begins for one week", talk_lane::SECRETS_STARTED_MAX.to_string()),
        ("talk keys remembered of one device", talk_lane::TALK_KEYS_MAX.to_string()),
    ];
    assert_eq!(talk_lane::TALK_BYTES_MAX, 16_000);
    for (what, value) in limits {
        let row = format!("| {what} | {value} |");
        assert!(document.contains(&row), "docs/rules.md lacks\n{row}");
    }
}
