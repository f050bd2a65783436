//! Export files: what `verify` says of a good one, and of one that was tampered
//! with in every way that one byte, a cut or someone with the format's description
//! can.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use concerted_client::export::{open_with_words, replay};
use concerted_log::entry::{Entry, Payload, Sequence};
use concerted_log::export::{Export, ExportFault, MAGIC, Secrets};
use concerted_log::hash::hash;
use concerted_log::words::RecoveryWords;
use serde_json::Value;

use crate::support::{Home, Relay, TempDir, binary, failed, rows_of, run, succeeded, text};

/// A committee of two after a leave and a rekey, and its export.
struct Exported {
    _relay: Relay,
    dir: TempDir,
    body: String,
    ana: Home,
    ben: Home,
    cleo: Home,
    words: [String; 3],
    file: PathBuf,
}

impl Exported {
    fn new() -> Self {
        let (relay, dir) = (Relay::start(), TempDir::new());
        let ((ana, anas), (ben, bens), (cleo, cleos)) = (Home::begun(), Home::begun(), Home::begun());
        let body = ana.found(&relay, "Depot Nine", "Ana");
        ben.join(&ana, &body, "Ben");
        cleo.join(&ana, &body, "Cleo");
        ana.talk(&body, "for the record");
        cleo.run(["leave", &body]);
        ana.run(["sync"]);
        ana.talk(&body, "in the second epoch");
        let file = dir.path().join("depot.log");
        let row = ana.json(["export", &body, "--out", file.to_str().unwrap()]);
        assert_eq!(row["file"], file.to_str().unwrap());
        assert_eq!(row["bytes"].as_u64(), Some(fs::metadata(&file).unwrap().len()));
        Self { _relay: relay, dir, body, ana, ben, cleo, words: [anas, bens, cleos], file }
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("changed.log");
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn verify(file: &Path) -> Output {
    run(binary().arg("verify").arg(file), b"")
}

/// What `verify` says of a file that is valid.
fn verify_row(command: &mut Command, file: &Path) -> Value {
    rows_of(&succeeded(run(command.arg("verify").arg(file).arg("--json"), b""))).remove(0)
}

/// The same with words on standard input.
fn verify_with_words(file: &Path, words: &str) -> Output {
    run(binary().arg("verify").arg(file).args(["--json", "--words", "-"]), words.as_bytes())
}

/// The file with its hash made to fit again.
fn rehashed(mut file: Vec<u8>) -> Vec<u8> {
    let content = file.len() - 32;
    let digest = hash("concerted export file", &[&file[..content]]);
    file[content..].copy_from_slice(&digest);
    file
}

#[test]
fn a_file_is_verified_as_far_as_the_keys_at_hand_go() {
    let it = Exported::new();
    let shown = it.ana.show(&it.body);
    let chain = verify_row(&mut binary(), &it.file);
    assert_eq!((&chain["valid"], &chain["level"]), (&true.into(), &"chain".into()));
    assert_eq!((&chain["body"], &chain["head"]), (&shown["body"], &shown["head"]));
    assert_eq!(chain["entries"], shown["head"]["sequence"]);
    assert!(chain.get("state_hash").is_none());

    let with_words = |words| rows_of(&succeeded(verify_with_words(&it.file, words))).remove(0);
    let with_home = |home: &Home| verify_row(&mut home.command([] as [&str; 0]), &it.file);
    let [anas, bens, cleos] = &it.words;
    for full in [with_home(&it.ana), with_home(&it.ben), with_words(anas), with_words(bens)] {
        assert_eq!(full["level"], "full");
        assert_eq!((&full["state_hash"], &full["head"]), (&shown["state_hash"], &shown["head"]));
        assert_eq!((&full["epoch"], &full["members"]), (&2.into(), &2.into()));
    }
    // Cleo left, and Dan was never there: they can check the chain, as anyone can.
    let dan = Home::begun().0;
    for stranger in [&it.cleo, &dan] {
        assert_eq!(with_home(stranger)["level"], "chain");
    }
    // Nobody has these words.
    Home::new().fails(["verify", it.file.to_str().unwrap()], 1, "no device's home");
    failed(&verify_with_words(&it.file, cleos), 1, "belong to nobody on its roster");
    failed(&verify_with_words(&it.file, "abandon ability able"), 1, "these are 3");

    let said = succeeded(verify(&it.file));
    assert!(said.starts_with("valid as far as it can be seen without keys"), "{said}");
}

#[test]
fn a_plain_file_can_be_read_by_everyone_and_says_so() {
    let it = Exported::new();
    let plain = it.dir.path().join("plain.log");
    let output = it.ana.output(["export", &it.body, "--plain", "--out", plain.to_str().unwrap()]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("Anyone who gets this file can read everything")
    );
    succeeded(output);
    let row = verify_row(&mut binary(), &plain);
    assert_eq!((&row["level"], &row["state_hash"]), (&"full".into(), &it.ana.show(&it.body)["state_hash"]));
    // Secrets that do not open the entries are found out.
    let good = fs::read(&plain).unwrap();
    let secrets = good.len() - 32 - 40;
    let mut changed = good.clone();
    changed[secrets] ^= 1;
    failed(&verify(&it.write(&rehashed(changed))), 1, "not valid");
}

/// Every byte of the file, one bit of it flipped: without and with the hash made to
/// fit again. What the chain does not cover, a member's keys do.
#[test]
fn no_byte_can_be_changed() {
    let it = Exported::new();
    let file = fs::read(&it.file).unwrap();
    let words = RecoveryWords::parse(&it.words[1]).unwrap().to_secret();
    let opens = |export: &Export| {
        open_with_words(export, &words).is_some_and(|secrets| replay(export, secrets).is_ok())
    };
    assert!(Export::verify(&file).is_ok_and(|export| opens(&export)));
    let mut only_with_keys = 0;
    for position in 0..file.len() {
        let mut changed = file.clone();
        changed[position] ^= 1 << (position % 8);
        let expected = if position < MAGIC.len() { ExportFault::NotOurs } else { ExportFault::Hash };
        assert_eq!(Export::verify(&changed), Err(expected), "byte {position}");
        if position < MAGIC.len() || position >= file.len() - 32 {
            continue;
        }
        if let Ok(export) = Export::verify(&rehashed(changed)) {
            assert!(!opens(&export), "byte {position}, with a new hash");
            only_with_keys += 1;
        }
    }
    // The secrets under the seal: 4 bytes of epoch, two secrets, a tag.
    assert!(only_with_keys < 200, "{only_with_keys}");
}

#[test]
fn the_command_refuses_changed_bytes_with_the_right_status() {
    let it = Exported::new();
    let file = fs::read(&it.file).unwrap();
    let positions = (0..40).map(|i| 16 + (i * 104_729 + 7) % (file.len() - 16)).chain([16, file.len() - 1]);
    for position in positions {
        let mut changed = file.clone();
        changed[position] ^= 0x10;
        let output = verify(&it.write(&changed));
        failed(&output, 1, "the file was changed or is incomplete: its hash does not hold");
    }
    for position in 0..MAGIC.len() {
        let mut changed = file.clone();
        changed[position] ^= 0x10;
        failed(&verify(&it.write(&changed)), 2, "not an export file");
    }
    for length in (16..file.len()).step_by(1 + file.len() / 16).chain([47, 48, file.len() - 1]) {
        failed(&verify(&it.write(&file[..length])), 1, "its hash does not hold");
    }
    for length in [0, 1, 15] {
        failed(&verify(&it.write(&file[..length])), 2, "not an export file");
    }
    failed(&verify(&it.write(&[&file[..], b"\n"].concat())), 1, "its hash does not hold");
    failed(&verify(&it.write(b"#!/bin/sh\necho hello, this is something else\n")), 2, "not an export file");
    failed(&verify(&it.dir.path().join("absent")), 2, "cannot read");
    failed(&verify(it.dir.path()), 2, "cannot read");
    let json = run(binary().args(["verify", "--json"]).arg(it.write(&file[..50])), b"");
    let row = rows_of(&String::from_utf8(json.stdout).unwrap()).remove(0);
    assert_eq!(row["valid"], false);
    assert!(text(&row["reason"]).contains("hash"), "{row}");
}

type Change<'a> = &'a dyn Fn(&mut Export);

/// Adversary: someone who knows the format and makes a new hash, but has not the
/// relay's key.
#[test]
fn a_forger_is_told_what_does_not_hold() {
    let it = Exported::new();
    let good = Export::verify(&fs::read(&it.file).unwrap()).unwrap();
    let last = good.entries.len();
    let forged = |change: Change| {
        let mut export = good.clone();
        change(&mut export);
        verify(&it.write(&export.to_bytes()))
    };
    let other_record = |entry: &mut Entry, from: &Export| entry.payload = from.entries[1].payload.clone();
    let cases: [(&str, Change); 9] = [
        ("entry 2 does not continue", &|it| it.entries[1].time_ms = it.entries[0].time_ms - 1),
        ("entry 4 does not continue", &|it| drop(it.entries.remove(2))),
        ("entry 4 does not continue", &|it| it.entries.swap(2, 3)),
        ("entry 9 does not continue", &|it| it.entries[2].sequence = Sequence::new(9).unwrap()),
        (&format!("the receipt for entry {last} does not hold"), &|it| {
            other_record(&mut it.entries[4], &good)
        }),
        (&format!("the receipt for entry {last} does not hold"), &|it| it.receipts[0].time_ms += 1),
        ("no receipt covers", &|it| drop(it.entries.pop())),
        ("no receipt covers", &|it| it.receipts.clear()),
        ("the sealed part is not valid", &|it| {
            let Secrets::Sealed(keys, ..) = &mut it.secrets else { panic!("plain") };
            keys.swap(0, 1);
        }),
    ];
    for (reason, change) in cases {
        failed(&forged(change), 1, reason);
    }

    // A record that was left out: the chain holds, its hash is there; a member sees it.
    let mut cut = good.clone();
    cut.entries[5].payload = Payload::Hash(good.entries[5].sealed_hash());
    let path = it.write(&cut.to_bytes());
    assert_eq!(verify_row(&mut binary(), &path)["level"], "chain");
    it.ana.fails(["verify", path.to_str().unwrap()], 1, "entry 6 is missing; only its hash is there");

    // Secrets under the seal exchanged: a key it names does not open it.
    let mut spoilt = good;
    let Secrets::Sealed(_, _, wrapped) = &mut spoilt.secrets else { panic!("plain") };
    wrapped[30] ^= 1;
    let path = it.write(&spoilt.to_bytes());
    assert_eq!(verify_row(&mut binary(), &path)["level"], "chain");
    it.ana.fails(["verify", path.to_str().unwrap()], 1, "the sealed part does not open");
}
