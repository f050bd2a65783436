//! The list of domains in the protocol document is the one in the code.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Aim: no two purposes share a domain unnoticed. Method: every literal that can be
/// one, in the crates that hash, stands in section 2.5, and the other way round.
#[test]
fn every_domain_is_documented_and_every_documented_one_used() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut used = BTreeSet::new();
    for name in ["log", "assembly", "client", "relay"] {
        collect(&root.join("crates").join(name).join("src"), &mut used);
    }
    let protocol = fs::read_to_string(root.join("docs/protocol.md")).expect("the document");
    let (_, list) = protocol.split_once("### 2.5 Domains").expect("the list");
    let (list, _) = list.split_once("\n## 3").expect("the next section");
    let documented: BTreeSet<String> = domains(list, '`').collect();
    assert!(documented.len() > 50);
    assert_eq!(used, documented);
}

fn collect(directory: &Path, out: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.extend(domains(&fs::read_to_string(&path).expect("a file"), '"'));
        }
    }
}

/// Texts between marks that look like a domain.
fn domains(text: &str, mark: char) -> impl Iterator<Item = String> {
    text.split(mark)
        .filter(|piece| {
            piece.starts_with("concerted ") && piece.chars().all(|c| c.is_ascii_lowercase() || c == ' ')
        })
        .map(str::to_owned)
}
