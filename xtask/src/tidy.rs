//! Tidiness: what the documents list is what the tree holds.
//!
//! Each test compares one list that people keep by hand with its source, and says which entries are missing
//! on which side. They run as `cargo test -p xtask`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::workspace;

type Names = BTreeSet<String>;

/// What holds no source of ours. (`.git` is a file in a further worktree.)
const NOT_OURS: [&str; 4] = [".git", "target", "data", "node_modules"];

#[test]
fn architecture_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    let listed = names_after(&text, "crates/", |c| c.is_ascii_lowercase() || c == '-' || c == '_');
    let mut found = Names::new();
    for (path, _) in sources_below("crates") {
        found.extend(path.strip_suffix("/Cargo.toml").map(str::to_owned));
    }
    same("ARCHITECTURE.md", &listed, "crates/", &found);
}

#[test]
fn the_command_line_document_tells_of_every_verb() {
    let documented = documented_verbs(&read("docs/cli.md"));
    let found = verbs(&read("crates/cli/src/args.rs"));
    same("docs/cli.md (`concerted VERB`)", &documented, "crates/cli/src/args.rs", &found);
}

#[test]
fn every_language_has_every_message() {
    let mut locales_by_set: BTreeMap<String, BTreeMap<String, Names>> = BTreeMap::new();
    for (path, text) in sources_below("crates").iter().filter(|(path, _)| path.ends_with(".ftl")) {
        let (set, locale) = set_and_locale(path);
        locales_by_set.entry(set).or_default().insert(locale, message_ids(text));
    }
    assert!(!locales_by_set.is_empty(), "no .ftl file was found below crates/");
    for (set, locales) in &locales_by_set {
        let english = locales.get("en").unwrap_or_else(|| fail(&format!("{set}: there is no English file")));
        for (locale, ids) in locales {
            same(&format!("{set}, {locale}"), ids, &format!("{set}, en"), english);
        }
    }
}

#[test]
fn no_file_names_the_machine_it_was_written_on() {
    // Divided, so that this file does not contain them itself.
    let forbidden = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let mut found = Vec::new();
    for (path, text) in sources_below("") {
        for (number, line) in text.lines().enumerate() {
            for word in forbidden.iter().filter(|word| begins_a_path(line, word)) {
                found.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "paths of one machine:\n{}", found.join("\n"));
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = read("Cargo.lock");
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let others: Vec<&str> =
        lock.lines().filter(|line| line.starts_with("source = ") && *line != public).collect();
    assert!(others.is_empty(), "Cargo.lock names other sources:\n{}", others.join("\n"));
}

/// Fails with what is only here and what is only there.
fn same(here: &str, left: &Names, there: &str, right: &Names) {
    let only = |a: &Names, b: &Names| a.difference(b).cloned().collect::<Vec<String>>().join(", ");
    assert!(
        left == right,
        "\nonly in {here}: {}\nonly in {there}: {}\n",
        only(left, right),
        only(right, left)
    );
}

/// All words of the text that begin with `prefix` and go on, for at least one character, with what `accept`
/// accepts.
fn names_after(text: &str, prefix: &str, accept: impl Fn(char) -> bool) -> Names {
    let mut names = Names::new();
    for (start, _) in text.match_indices(prefix) {
        let rest = &text[start + prefix.len()..];
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        if end > 0 {
            names.insert(format!("{prefix}{}", &rest[..end]));
        }
    }
    names
}

/// The variants of `enum Verb` as people type them: `MoveHouse` is `move-house`.
fn verbs(source: &str) -> Names {
    let inside = source.lines().skip_while(|line| !line.ends_with("enum Verb {")).skip(1);
    let variants = inside.take_while(|line| *line != "}").filter_map(|line| line.strip_prefix("    "));
    variants
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            let name = line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let typed = name.chars().flat_map(|c| {
                let hyphen = c.is_ascii_uppercase().then_some('-');
                hyphen.into_iter().chain([c.to_ascii_lowercase()])
            });
            typed.skip(1).collect()
        })
        .collect()
}

/// The words after `concerted` where a code span or a line of a code block begins with it.
fn documented_verbs(text: &str) -> Names {
    let code = text.lines().flat_map(|line| {
        let at_start = line.strip_prefix("$ ").unwrap_or(line).strip_prefix("concerted ");
        line.split("`concerted ").skip(1).chain(at_start)
    });
    let verbs = code.map(|rest| rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next());
    verbs.flatten().filter(|verb| !verb.is_empty() && !verb.starts_with('-')).map(str::to_owned).collect()
}

/// `crates/web/locales/es/app.ftl` is file `crates/web/locales/*/app.ftl` in `es`;
/// `crates/web/locales/es.ftl` is file `crates/web/locales/*.ftl` in `es`.
fn set_and_locale(path: &str) -> (String, String) {
    let is_locale = |name: &str| name.len() == 2 || name.as_bytes().get(2) == Some(&b'-');
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    let stem = file.strip_suffix(".ftl").unwrap_or(file);
    if is_locale(stem) {
        return (format!("{}/*.ftl", parts.join("/")), stem.to_owned());
    }
    let locale = parts.pop().unwrap_or_default();
    (format!("{}/*/{file}", parts.join("/")), locale.to_owned())
}

/// The names of messages, terms and their attributes (as `message.attribute`) in a Fluent file.
fn message_ids(text: &str) -> Names {
    let mut ids = Names::new();
    let mut current = String::new();
    for line in text.lines() {
        let Some((name, _)) = line.split_once('=') else { continue };
        let is_id = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        let indented = line.starts_with(' ');
        match name.trim().strip_prefix('.') {
            Some(attribute) if indented && is_id(attribute) => ids.extend([format!("{current}.{attribute}")]),
            None if !indented && is_id(name.trim()) => {
                current = name.trim().to_owned();
                ids.insert(current.clone());
            }
            _ => {}
        }
    }
    ids
}

/// Whether the line has the word where a path may begin, rather than inside a longer path.
fn begins_a_path(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-}*".contains(c)))
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path))
        .unwrap_or_else(|error| fail(&format!("{path} cannot be read: {error}")))
}

/// All text files of ours below a directory, by path from the root.
fn sources_below(directory: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&workspace::root().join(directory), &mut found);
    found
}

fn collect(directory: &Path, found: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(directory)
        .unwrap_or_else(|error| fail(&format!("{} cannot be listed: {error}", directory.display())));
    for path in entries.map_while(Result::ok).map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if NOT_OURS.contains(&name.as_ref()) || name.starts_with("data-") {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let below = path.strip_prefix(workspace::root()).expect("the walk began there");
            found.push((below.to_string_lossy().replace('\\', "/"), text));
        }
    }
}

#[expect(clippy::panic, reason = "this is how a test fails where a value is needed")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

#[test]
fn lists_are_read_as_written() {
    let ids = message_ids("# note = no\n-brand = B\nvote = Vote\n    .title = T { $n ->\n  [one] = x\n }\n");
    assert_eq!(ids, ["-brand", "vote", "vote.title"].map(str::to_owned).into());
    assert_eq!(set_and_locale("a/es/app.ftl"), ("a/*/app.ftl".to_owned(), "es".to_owned()));
    assert_eq!(set_and_locale("a/pt-BR.ftl"), ("a/*.ftl".to_owned(), "pt-BR".to_owned()));
    let crates = names_after("`crates/log`, crates/cli. and crates/.", "crates/", |c| c.is_ascii_lowercase());
    assert_eq!(crates, ["crates/log", "crates/cli"].map(str::to_owned).into());
    let source = "enum Verb {\n    /// Why\n    Serve(Options),\n    MoveHouse {\n        To: u8,\n    },\n}\nenum B {\n    C,\n}";
    assert_eq!(verbs(source), ["serve", "move-house"].map(str::to_owned).into());
    let document =
        "# concerted\nUse `concerted serve --listen A` or `concerted --json`:\n$ concerted move-house\n";
    assert_eq!(documented_verbs(document), ["serve", "move-house"].map(str::to_owned).into());
    assert!(begins_a_path("see `/srv/x`", "/srv/") && !begins_a_path("see web/srv/x", "/srv/"));
}
