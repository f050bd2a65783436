//! Elections on the command line: `verify`, `ballot simulate`, `ballot by-hand`.
//!
//! Mostly on Ed25519, which is fast; what the reference tool says of our elections
//! is in the tests `belenios_tool`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::bel::{Bel, name};
use crate::by_hand::{ByHand, UUID};
use crate::support::{Process, TempDir, binary, failed, rows_of, run, succeeded, text};

fn verify(file: &Path, options: &[&str]) -> Output {
    run(binary().arg("verify").arg(file).arg("--json").args(options), b"")
}

/// The row of a file that is valid.
#[track_caller]
fn valid(file: &Path) -> Value {
    let mut rows = rows_of(&succeeded(verify(file, &[])));
    assert_eq!((rows.len(), &rows[0]["valid"]), (1, &json!(true)));
    rows.remove(0)
}

/// The file has this wrong in it.
#[track_caller]
fn refused(file: &Path, check: &str) {
    let output = verify(file, &[]);
    failed(&output, 1, check);
    let row = rows_of(&String::from_utf8(output.stdout).unwrap()).remove(0);
    let reason = text(&row["reason"]);
    assert!(reason.ends_with(&format!("({check})")), "{reason}");
    let expected = json!({
        "valid": false, "ballots": null, "counted": null, "result": null, "reason": reason, "check": check,
    });
    assert_eq!(row, expected);
}

/// An election by `simulate`, in a directory of its own.
struct Simulated {
    dir: TempDir,
    row: Value,
}

impl Simulated {
    #[track_caller]
    fn new(options: &str) -> Self {
        let dir = TempDir::new();
        let row = rows_of(&succeeded(simulate(&dir.path().join("E.bel"), options))).remove(0);
        Self { dir, row }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("E.bel")
    }

    fn hints(&self) -> PathBuf {
        self.dir.path().join("E.bel.hints")
    }

    /// Another file beside it.
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn simulate(out: &Path, options: &str) -> Output {
    let options = options.split(' ').filter(|option| !option.is_empty());
    run(binary().args(["--json", "ballot", "simulate"]).args(options).arg("--out").arg(out), b"")
}

// Verifying.

const VECTORS: [(&str, &str, u64, u64); 6] = [
    ("tool-2.0-BELENIOS-2048/a-single-5/eYjrd4sb4j4d4s", "BELENIOS-2048", 5, 5),
    ("tool-2.0-BELENIOS-2048/b-threshold-weights-20/Fwnz4TMWzs24CE", "BELENIOS-2048", 20, 20),
    ("tool-2.0-BELENIOS-2048/c-revote/g7Bx3TjdX1WBNv", "BELENIOS-2048", 6, 3),
    ("tool-3.0-Ed25519/a-single-5/hMCiNCXXAPASqo", "Ed25519", 5, 5),
    ("tool-3.0-Ed25519/b-threshold-weights-20/8TSPUsDkA71qey", "Ed25519", 20, 20),
    ("tool-3.0-Ed25519/c-revote/oAVfr96WeJmwjC", "Ed25519", 6, 3),
];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ballot/tests/vectors/belenios")
}

/// A count as results have it.
fn count(number: &Value) -> Value {
    match number.as_u64().unwrap() {
        small @ 0..1_073_741_824 => json!(small),
        large => json!(large.to_string()),
    }
}

#[test]
fn elections_of_the_reference_tool_verify() {
    for (path, group, ballots, counted) in VECTORS {
        let file = vectors().join(format!("{path}.bel"));
        let private = file.parent().unwrap().join("private");
        let read =
            |name: &str| serde_json::from_slice::<Value>(&fs::read(private.join(name)).unwrap()).unwrap();
        let expected: Vec<Vec<Value>> = read("expected_tally.json")
            .as_array()
            .unwrap()
            .iter()
            .map(|counts| counts.as_array().unwrap().iter().map(count).collect())
            .collect();
        let (uuid, entitled) = (path.rsplit('/').next().unwrap(), read("public_creds.json"));
        let row = valid(&file);
        let fingerprint = text(&row["fingerprint"]);
        let named = json!({
            "valid": true, "ballots": ballots, "counted": counted, "result": expected, "reason": null,
            "check": null, "uuid": uuid, "fingerprint": fingerprint, "group": group,
            "entitled": entitled.as_array().unwrap().len(), "total_weight": row["total_weight"],
        });
        assert_eq!(row, named);
        // Every ballot names the fingerprint.
        let ballot: Value =
            serde_json::from_str(&Bel::parse(&fs::read(&file).unwrap()).events[1].data[0]).unwrap();
        assert_eq!(ballot["election_hash"], fingerprint);

        let shown = succeeded(run(binary().arg("verify").arg(&file), b""));
        assert!(shown.starts_with("valid: Vector "), "{shown}");
        assert!(
            shown.contains(&format!("\nfingerprint {fingerprint}\n{ballots} ballots, {counted} counted of "))
        );
        let counts = shown
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .map(|line| line.trim_start().split(' ').next().unwrap().to_owned());
        let numbers = expected.iter().flatten().map(|count| count.to_string().replace('"', ""));
        assert!(counts.eq(numbers), "{shown}");
    }
}

#[test]
fn what_is_no_archive_ends_with_2() {
    let dir = TempDir::new();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let neither = "not an export file of a body's log, nor the archive of an election";
    let unreadable = [
        (dir.path().join("absent"), "cannot read"),
        (dir.path().to_owned(), "is no file"),
        (write("empty", b""), neither),
        (write("text", b"Dear committee"), neither),
        (write("short", b"BELENIOS"), neither),
        (write("other-tar", &[b"BELENIOT".as_slice(), &[0; 504]].concat()), neither),
    ];
    for (path, reason) in unreadable {
        let output = verify(&path, &[]);
        failed(&output, 2, reason);
        let row = rows_of(&String::from_utf8(output.stdout).unwrap()).remove(0);
        let expected = json!({
            "valid": false, "ballots": null, "counted": null, "result": null, "reason": row["reason"], "check": null,
            "level": null,
        });
        assert_eq!(row, expected);
        assert!(text(&row["reason"]).contains(reason), "{row}");
        // For people the reason is enough, where remarks go.
        let plain = run(binary().arg("verify").arg(&path), b"");
        assert_eq!((plain.status.code(), plain.stdout.as_slice()), (Some(2), b"".as_slice()));
    }
    let file = Simulated::new("--voters 1 --seed 1").file();
    for (options, reason) in [
        (["--threads", "many"].as_slice(), "--threads <N>"),
        (&["--threads=-1"], "--threads <N>"),
        (&["--words", "x", "--threads", "1"], "cannot be used with"),
        (&["--words", "x", "--no-hints"], "cannot be used with"),
    ] {
        failed(&verify(&file, options), 2, reason);
    }
}

/// Another kind of question: not judged, so neither valid nor invalid.
#[test]
fn an_unsupported_question_ends_with_2() {
    let it = Simulated::new("--voters 2 --seed 1");
    let mut bel = Bel::parse(&fs::read(it.file()).unwrap());
    bel.edit(0, 0, |text| {
        let (start, end) = (text.find("\"questions\":[").unwrap() + 13, text.find("],\"uuid\"").unwrap());
        let other = r#"{"type":"NonHomomorphic","value":{"answers":["a","b"],"question":"q"}}"#;
        text.replace_range(start..end, other);
    });
    let output = verify(&it.write("other.bel", &bel.bytes()), &[]);
    failed(&output, 2, "unsupported: question 1");
    let row = rows_of(&String::from_utf8(output.stdout).unwrap()).remove(0);
    let expected = json!({
        "valid": false, "ballots": null, "counted": null, "result": null, "reason": "unsupported", "check": "B-023",
    });
    assert_eq!(row, expected);
}

#[test]
fn what_is_wrong_in_an_archive_ends_with_1_and_its_check() {
    let it = Simulated::new("--voters 3 --revotes 1 --seed 1");
    let sound = Bel::parse(&fs::read(it.file()).unwrap());
    let is = |bytes: &[u8], check: &str| refused(&it.write("changed.bel", bytes), check);
    let changed = |change: fn(&mut Bel)| {
        let mut bel = sound.clone();
        change(&mut bel);
        assert_ne!(bel, sound);
        bel.bytes()
    };
    let parent = |height: usize, text: &mut String| {
        if height == 2 {
            let at = text.find("\"parent\":\"").unwrap() + 10;
            text.replace_range(at..at + 64, &"0".repeat(64));
        }
    };
    is(&sound.bytes_with(parent), "B-006");
    is(&changed(|bel| bel.edit(1, 0, |text| *text = text.replacen(',', ", ", 1))), "B-050");
    is(&changed(|bel| bel.edit(1, 0, |text| text.push('\n'))), "B-050");
    is(&changed(|bel| bel.events.swap(4, 5)), "B-007");
    is(&changed(|bel| bel.events[2] = bel.events[1].clone()), "B-062");
    is(&changed(|bel| drop(bel.events.remove(2))), "B-071");
    // The tally of the archive, which the reference tool does not look at.
    is(
        &changed(|bel| {
            let other = bel.events[1].data[0].clone();
            let start = other.find("\"alpha\":\"").unwrap() + 9;
            let other = &other[start..start + 64];
            bel.edit(6, 0, |text| {
                let at = text.find("\"alpha\":\"").unwrap() + 9;
                text.replace_range(at..at + 64, other);
            });
        }),
        "B-071",
    );
    let numbers = |text: &mut String| *text = text.replace("\"num_tallied\":3", "\"num_tallied\":4");
    let mut bel = sound.clone();
    bel.edit(6, 1, numbers);
    is(&bel.bytes(), "B-072");
    let mut group = sound.clone();
    group.edit(0, 0, |text| *text = text.replace("\"Ed25519\"", "\"RFC-3526-2048\""));
    is(&group.bytes(), "B-021");
}

/// Cut off anywhere: an election under way if it ends after an event, else wrong.
#[test]
fn a_file_cut_off_is_under_way_or_wrong() {
    let it = Simulated::new("--voters 2 --blank --seed 1");
    let bytes = fs::read(it.file()).unwrap();
    let bel = Bel::parse(&bytes);
    let mut ends = Vec::new();
    for events in 1..=bel.events.len() {
        let mut part = bel.clone();
        part.events.truncate(events);
        ends.push(part.bytes().len());
    }
    for (index, end) in ends.iter().enumerate() {
        let row = valid(&it.write("part.bel", &bytes[..*end]));
        let expected = if *end == bytes.len() { it.row["result"].clone() } else { Value::Null };
        assert_eq!((&row["result"], &row["ballots"]), (&expected, &json!(index.min(2))));
    }
    let cuts =
        (9..bytes.len()).step_by(bytes.len() / 23).chain(ends.iter().flat_map(|end| [end - 1, end + 1]));
    for cut in cuts.filter(|cut| !ends.contains(cut) && *cut < bytes.len()) {
        let output = verify(&it.write("part.bel", &bytes[..cut]), &[]);
        assert_eq!(output.status.code(), Some(1), "cut at {cut}: {output:?}");
    }
    let shown = succeeded(run(binary().arg("verify").arg(it.write("part.bel", &bytes[..ends[2]])), b""));
    assert!(
        shown.contains("2 ballots, 2 counted of 2 entitled\nNo result yet: voting is not closed."),
        "{shown}"
    );
    for (events, stage) in [(4, "the ballots are not added up"), (5, "the tally is not opened")] {
        let file = it.write("part.bel", &bytes[..ends[events - 1]]);
        assert!(succeeded(run(binary().arg("verify").arg(file), b"")).contains(stage));
    }
}

/// Any byte, wherever it is.
#[test]
fn a_changed_byte_is_noticed() {
    let it = Simulated::new("--voters 2 --seed 1 --weights --trustees 2");
    let bytes = fs::read(it.file()).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let output = verify(&it.write("changed.bel", &changed), &[]);
        // The first nine bytes are what an archive is known by.
        assert_eq!(output.status.code(), Some(if at < 9 { 2 } else { 1 }), "byte {at}: {output:?}");
    }
}

#[test]
fn threads_and_hints_do_not_change_what_is_said() {
    let it = Simulated::new("--voters 30 --revotes 5 --answers 2 --blank --seed 1");
    let said = succeeded(verify(&it.file(), &[]));
    let row = rows_of(&said).remove(0);
    assert_eq!((&row["ballots"], &row["counted"]), (&json!(35), &json!(30)));
    assert_eq!(row["result"], it.row["result"]);
    for threads in ["1", "2", "3", "16"] {
        assert_eq!(succeeded(verify(&it.file(), &["--threads", threads])), said);
        assert_eq!(succeeded(verify(&it.file(), &["--threads", threads, "--no-hints"])), said);
    }
    // An invalid one: the third ballot's first response is another.
    let forged = forge_ballot(&fs::read(it.file()).unwrap(), 3);
    let bad = it.write("bad.bel", &forged);
    let output = verify(&bad, &[]);
    failed(&output, 1, "ballot 3");
    for options in [["--threads", "1"].as_slice(), &["--threads", "7"], &["--no-hints"]] {
        let other = verify(&bad, options);
        assert_eq!((other.status.code(), other.stdout), (Some(1), output.stdout.clone()));
    }
}

/// The archive with the `number`th ballot changed, in its first proof and no more.
fn forge_ballot(archive: &[u8], number: usize) -> Vec<u8> {
    let mut bel = Bel::parse(archive);
    bel.edit(number, 0, |text| {
        let at = text.find("\"response\":\"").unwrap() + 12;
        let end = at + text[at..].find('"').unwrap() - 1;
        let other = if &text[end..=end] == "0" { "1" } else { "0" };
        text.replace_range(end..=end, other);
    });
    bel.bytes()
}

#[test]
fn hints_that_are_no_help_do_no_harm() {
    let it = Simulated::new("--voters 6 --revotes 1 --seed 1");
    let archive = fs::read(it.file()).unwrap();
    let hints = fs::read(it.hints()).unwrap();
    let forged = forge_ballot(&archive, 2);
    let sound = succeeded(verify(&it.file(), &["--no-hints"]));
    let bad = verify(&it.write("bad.bel", &forged), &["--no-hints"]);
    failed(&bad, 1, "ballot 2");

    let other = Simulated::new("--voters 6 --revotes 1 --seed 2");
    let foreign = fs::read(other.hints()).unwrap();
    let block = (hints.len() - 40) / 7;
    let flipped = |at: usize| {
        let mut bytes = hints.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let mut files = vec![
        hints.clone(),
        Vec::new(),
        b"BELHINT1".to_vec(),
        vec![0xff; 5000],
        foreign.clone(),
        [&hints[..40], &foreign[40..]].concat(),
        // The ballots' blocks in another order, one twice, one missing, something behind.
        [&hints[..40], &hints[40 + block..40 + 2 * block], &hints[40..40 + block]].concat(),
        [&hints[..40 + block], &hints[40..]].concat(),
        [&hints[..40], &hints[40 + block..]].concat(),
        [hints.as_slice(), &[7; 100]].concat(),
        hints_for(&hints, &archive, &forged, 2),
    ];
    files.extend([1, 39, 40, 60, 72, 73, 74, 75, 200, 1000].map(|length| hints[..length].to_vec()));
    files.extend([hints.len() - 1, hints.len() - 64].map(|length| hints[..length].to_vec()));
    files.extend([0, 8, 40, 71, 72, 73, 74, 100, 105, 137, 500].map(flipped));
    files.extend((0..8).map(|n| flipped(hints.len() - 1 - n * block / 8 - n)));
    for (index, file) in files.iter().enumerate() {
        fs::write(it.hints(), file).unwrap();
        fs::write(it.dir.path().join("bad.bel.hints"), file).unwrap();
        assert_eq!(succeeded(verify(&it.file(), &[])), sound, "hints {index}");
        let output = verify(&it.dir.path().join("bad.bel"), &[]);
        assert_eq!((output.status.code(), &output.stdout), (Some(1), &bad.stdout), "hints {index}");
    }
    fs::remove_file(it.hints()).unwrap();
    assert_eq!(succeeded(verify(&it.file(), &[])), sound);
    fs::create_dir(it.hints()).unwrap();
    assert_eq!(succeeded(verify(&it.file(), &[])), sound);
}

/// Hints of a ballot, given to the one forged from it.
fn hints_for(hints: &[u8], archive: &[u8], forged: &[u8], number: usize) -> Vec<u8> {
    let hash = |archive: &[u8]| {
        let hex = name(&Bel::parse(archive).events[number].data[0]);
        (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let (before, after) = (hash(archive), hash(forged));
    let at = hints.windows(32).position(|window| window == before).unwrap();
    let mut hints = hints.to_vec();
    hints[at..at + 32].copy_from_slice(&after);
    hints
}

// Simulating.

#[test]
fn simulated_elections_verify() {
    for options in [
        "--voters 5",
        "--voters 7 --revotes 4 --weights --trustees 3",
        "--voters 3 --questions 3 --answers 4 --min 1 --max 3 --blank --trustees 5 --threshold 3",
        "--voters 2 --answers 1 --min 0 --max 0 --trustees 1 --threshold 1",
        "--voters 1 --answers 40 --min 40 --max 40",
        "--group belenios-2048 --voters 2",
    ] {
        let it = Simulated::new(options);
        let has_hints = !options.contains("2048");
        assert_eq!(it.row["file"], it.file().to_str().unwrap());
        assert_eq!(it.row["hints"], if has_hints { json!(it.hints()) } else { Value::Null });
        assert_eq!(it.hints().is_file(), has_hints);
        let row = valid(&it.file());
        for field in ["ballots", "counted", "result"] {
            assert_eq!(row[field], it.row[field], "{options}");
        }
        let option = |name: &str| options.split(' ').skip_while(|option| *option != name).nth(1);
        let number = |name: &str| option(name).map_or(0, |value| value.parse::<u64>().unwrap());
        assert_eq!(it.row["counted"], number("--voters"));
        assert_eq!(it.row["ballots"], number("--voters") + number("--revotes"));
        assert_eq!(row["entitled"], it.row["counted"]);
        assert_eq!(row["total_weight"] == row["counted"], !options.contains("--weights"), "{row}");
        if !options.contains("--min") {
            // One choice by each.
            let sum: u64 = row["result"][0].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
            assert_eq!(row["total_weight"], sum);
        }
        let bel = Bel::parse(&fs::read(it.file()).unwrap());
        let decryptions = bel.events.iter().filter(|event| event.kind == "PartialDecryption").count() as u64;
        assert_eq!(
            decryptions,
            number("--threshold").max(if option("--threshold").is_some() {
                0
            } else {
                number("--trustees").max(1)
            })
        );
    }
}

#[test]
fn the_same_seed_makes_the_same_files() {
    let options = "--voters 9 --revotes 3 --weights --blank --trustees 3 --threshold 2";
    let files = |more: &str| {
        let it = Simulated::new(&format!("{options} {more}"));
        [it.file(), it.hints()].map(|path| fs::read(path).unwrap())
    };
    let first = files("--seed 7");
    for threads in ["1", "2", "5"] {
        assert!(files(&format!("--seed 7 --threads {threads}")) == first, "{threads} threads");
    }
    let others = [files("--seed 8"), files("--seed 0"), files(""), files("")];
    for (index, other) in others.iter().enumerate() {
        assert!(*other != first && !others[..index].contains(other), "{index}");
    }
}

#[test]
fn impossible_numbers_are_refused() {
    let dir = TempDir::new();
    let out = dir.path().join("E.bel");
    for (options, exit, reason) in [
        ("--min 2", 1, "--min 2 is greater than --max 1"),
        ("--min 3 --max 2", 1, "--min 3 is greater than --max 2"),
        ("--max 4", 1, "--max 4 is greater than --answers 3"),
        ("--answers 1 --max 2", 1, "--max 2 is greater than --answers 1"),
        ("--max 18446744073709551615", 1, "--max 18446744073709551615 is greater than --answers 3"),
        ("--questions 256 --answers 17", 1, "256 questions of 17 answers are too many"),
        ("--threshold 2", 1, "--threshold 2 must be between 1 and the number of trustees, 1"),
        ("--trustees 3 --threshold 4", 1, "--threshold 4 must be between 1 and the number of trustees, 3"),
        ("--trustees 3 --threshold 0", 1, "--threshold 0 must be between 1"),
        ("--trustees 3 --threshold 1", 1, "--threshold 1 must be more than half of the 3 trustees"),
        ("--trustees 4 --threshold 2", 1, "--threshold 2 must be more than half of the 4 trustees"),
        ("--trustees 0", 2, "--trustees <M>"),
        ("--trustees 101", 2, "--trustees <M>"),
        ("--answers 0", 2, "--answers <N>"),
        ("--answers 1025", 2, "--answers <N>"),
        ("--questions 0", 2, "--questions <Q>"),
        ("--questions 257", 2, "--questions <Q>"),
        ("--voters 0", 2, "--voters <V>"),
        ("--voters 2000001", 2, "--voters <V>"),
        ("--revotes -1", 2, "'-1'"),
        ("--min -1", 2, "'-1'"),
        ("--min one", 2, "--min <A>"),
        ("--seed x", 2, "--seed <S>"),
        ("--threads x", 2, "--threads <N>"),
        ("--group p256", 2, "possible values: ed25519, belenios-2048"),
        ("--loud", 2, "unexpected argument"),
    ] {
        let output = simulate(&out, options);
        failed(&output, exit, reason);
        assert_eq!(output.stdout, b"", "{options}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{options}");
    }
    failed(&run(binary().args(["ballot", "simulate"]), b""), 2, "--out <FILE.bel>");
    failed(&run(binary().args(["ballot"]), b""), 2, "Usage: concerted ballot");
}

#[test]
fn nothing_is_overwritten_by_a_simulation() {
    let it = Simulated::new("--voters 1");
    let before = [it.file(), it.hints()].map(|path| fs::read(path).unwrap());
    failed(&simulate(&it.file(), "--voters 1"), 1, "is there already");
    failed(&simulate(it.dir.path(), "--voters 1"), 1, "is there already");
    failed(&simulate(&it.dir.path().join("absent/E.bel"), "--voters 1"), 1, "cannot create");
    assert!([it.file(), it.hints()].map(|path| fs::read(path).unwrap()) == before);
}

// By hand.

const QUESTIONS: &str = r#"[{"question":"Who?","answers":["Noor","Ana","Ben"],"blank":true,"min":1,"max":1},
    {"question":"Which?","answers":["a","b"],"min":0,"max":2}]"#;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every step, and before and after it what may not be done there.
#[test]
fn an_election_by_hand() {
    let it = ByHand::new("ed25519");
    for name in ["noor", "cleo", "stranger"] {
        it.trustee(name);
    }
    let credentials = it.credentials(&["v1", "v2, 3", "", "v3,0", "Ana María"]);
    assert_eq!(credentials.len(), 4);
    let secret = String::from_utf8(it.read("credentials.secret")).unwrap();
    assert!(secret.contains("\nv2 ") && secret.contains("\nAna María "), "{secret}");
    for (file, expected) in
        [("noor.key", 0o600), ("credentials.secret", 0o600), ("noor.pub", 0o644), ("credentials.pub", 0o644)]
    {
        // The mask of whoever runs the tests may take away more.
        assert_eq!(mode(&it.path(file)) & !expected, 0, "{file}");
    }
    it.setup(&["noor", "cleo"], QUESTIONS);
    let cast = |credential: &str, choices: &str, reason: &str| {
        let arguments = ["cast", "E.bel", "--credential", credential, "--choices", choices];
        it.refuses(&arguments, 1, reason);
    };
    let [v1, v2, v3, ana] = [0, 1, 2, 3].map(|voter| credentials[voter].as_str());
    let both = r#"[[1,0,0],[1,1]]"#;

    // Nobody has voted.
    it.refuses(&["tally", "E.bel"], 1, "nobody has voted");
    it.refuses(&["decrypt", "E.bel", "--key", "noor.key"], 1, "there is no tally to decrypt yet");
    it.refuses(&["publish", "E.bel"], 1, "B-084");
    let under_way = it.verify();
    assert_eq!((&under_way["ballots"], &under_way["entitled"]), (&json!(0), &json!(4)));

    // Voting.
    cast("nonsense", both, "a credential is written");
    cast(&v1.replace('-', ""), both, "a credential is written");
    cast("11111-111111-11111-111111", both, "this credential is not entitled in this election");
    for (choices, reason) in [
        ("", "choices are a list"),
        ("[[1,0,0],[1,1]", "choices are a list"),
        (r#"{"Who?":"Noor"}"#, "choices are a list"),
        (r#"[["Noor"],[1,1]]"#, "choices are a list"),
        ("[[1,0,0],[-1,1]]", "choices are a list"),
        (r#"["white",[1,1]]"#, r#""white" is no choice"#),
        ("[[2,0,0],[1,1]]", "an answer is chosen, 1, or not, 0"),
        ("[[1,0,0]]", "there are 2 questions, and 1 are answered"),
        ("[[1,0,0],[1,1],[1]]", "there are 2 questions, and 3 are answered"),
        ("[[1,0],[1,1]]", "question 1 has 3 answers, and 2 are given"),
        ("[[1,0,0],[1,1,0]]", "question 2 has 2 answers, and 3 are given"),
        ("[[0,0,0],[1,1]]", "question 1: choose between 1 and 1 answers, not 0"),
        ("[[1,1,0],[1,1]]", "question 1: choose between 1 and 1 answers, not 2"),
        (r#"[[1,0,0],"blank"]"#, "question 2 cannot be left blank"),
    ] {
        cast(v1, choices, reason);
    }
    let first = it.cast(v1, both);
    let row = it.step_with_input(
        &["cast", "E.bel", "--credential", "-", "--choices", r#"[[0,1,0],[0,0]]"#],
        &format!("{v2}\n"),
    );
    assert_eq!(row["ballot"], 2);
    let row =
        it.step_with_input(&["cast", "E.bel", "--credential", v3, "--choices", "-"], "[[0,0,1],\n [0,1]]\n");
    assert_eq!(row["ballot"], 3);
    // Again: the last one counts, the tracker is another.
    let again = it.cast(v1, r#"["blank",[0,1]]"#);
    assert_ne!(first, again);
    let ballots: Vec<String> =
        Bel::parse(&it.read("E.bel")).events.into_iter().flat_map(|event| event.data).collect();
    for tracker in [&first, &again] {
        let found = ballots.iter().filter(|text| tracker_of(text) == *tracker).count();
        assert_eq!(found, 1, "the tracker is the ballot's hash");
    }
    let row = it.verify();
    assert_eq!((&row["ballots"], &row["counted"]), (&json!(4), &json!(3)));
    let hinted = it.read("E.bel.hints");

    // Closed.
    let row = it.step(&["tally", "E.bel"]);
    assert_eq!(row, json!({ "counted": 3, "total_weight": 4 }));
    cast(ana, both, "voting is closed");
    it.refuses(&["tally", "E.bel"], 1, "the tally is there already");
    it.refuses(&["publish", "E.bel"], 1, "B-084");
    it.refuses(&["decrypt", "E.bel", "--key", "stranger.key"], 1, "not one of this election's trustees");
    it.refuses(&["decrypt", "E.bel", "--key", "noor.pub"], 1, "this is no trustee's key");
    it.refuses(&["decrypt", "E.bel", "--key", "credentials.secret"], 1, "this is no trustee's key");
    it.refuses(&["decrypt", "E.bel", "--key", "absent.key"], 2, "cannot read absent.key");

    // Opened.
    assert_eq!(it.step(&["decrypt", "E.bel", "--key", "cleo.key"]), json!({ "trustee": 2 }));
    it.refuses(&["decrypt", "E.bel", "--key", "cleo.key"], 1, "trustee 2 has decrypted already");
    it.refuses(&["publish", "E.bel"], 1, "B-084");
    it.decrypt("noor");
    let result = json!([[1, 0, 3, 0], [0, 1]]);
    assert_eq!(it.step(&["publish", "E.bel"]), json!({ "result": result }));
    for step in [["publish"].as_slice(), &["decrypt", "--key", "noor.key"]] {
        it.refuses(&[step, &["E.bel"]].concat(), 1, "the result is published already");
    }
    cast(ana, both, "voting is closed");
    it.refuses(&["tally", "E.bel"], 1, "the tally is there already");
    let row = it.verify();
    assert_eq!((&row["result"], &row["ballots"], &row["counted"]), (&result, &json!(4), &json!(3)));
    assert!(it.read("E.bel.hints") == hinted);
    let plain =
        rows_of(&succeeded(run(&mut it.concerted(&["verify", "E.bel", "--json", "--no-hints"]), b"")));
    assert_eq!(plain, [row]);
}

/// The SHA-256 of a ballot in Base64.
fn tracker_of(ballot: &str) -> String {
    concerted_ballot::hash::base64(&concerted_ballot::hash::sha256(ballot.as_bytes()))
}

#[test]
fn a_set_up_by_hand_is_checked() {
    let it = ByHand::new("ed25519");
    it.trustee("noor");
    it.refuses(&["trustee", "--out", "noor"], 1, "cannot create noor.key");
    it.write("half.pub", "");
    it.refuses(&["trustee", "--out", "half"], 1, "cannot create half.pub");
    it.refuses(&["trustee", "--out", "absent/noor"], 1, "cannot create absent/noor.key");
    it.refuses(&["trustee"], 2, "--out <OUT>");

    let credentials = |voters: &str, exit: i32, reason: &str| {
        it.write("voters.txt", voters);
        it.refuses(&["credentials", "--uuid", UUID, "--voters", "voters.txt"], exit, reason);
    };
    credentials("", 1, "there is nobody to make credentials for");
    credentials("\n \n", 1, "there is nobody to make credentials for");
    credentials("v1\nv2,many\n", 1, "no weight after the comma: v2,many");
    credentials("v1,-1", 1, "no weight after the comma");
    credentials("v1\nv2\nv1,2", 1, r#"voter "v1" is there twice"#);
    credentials("v1\n,2", 1, "a voter has no id");
    credentials("v1,9007199254740993", 1, "B-009");
    let count = |arguments: &[&str], exit: i32, reason: &str| {
        it.refuses(&[["credentials"].as_slice(), arguments].concat(), exit, reason);
    };
    count(&["--uuid", UUID, "--count", "0"], 1, "there is nobody to make credentials for");
    count(&["--uuid", UUID], 2, "--count <N>");
    count(&["--uuid", UUID, "--count", "2", "--voters", "voters.txt"], 2, "cannot be used with");
    count(&["--uuid", UUID, "--voters", "absent.txt"], 2, "cannot read absent.txt");
    count(&["--uuid", "DepotNine", "--count", "2"], 1, r#""DepotNine" is no UUID"#);
    count(&["--uuid", "DepotNine-11112", "--count", "2"], 1, "is no UUID");
    count(&["--uuid", "DepotNine1111O", "--count", "2"], 1, "is no UUID");
    it.write("half.pub", "");
    count(&["--uuid", UUID, "--count", "2", "--out", "half"], 1, "cannot create half.pub");
    let row = it.step(&["credentials", "--uuid", UUID, "--count", "3"]);
    let expected = json!({ "credentials": 3, "secret": "credentials.secret", "public": "credentials.pub" });
    assert_eq!(row, expected);
    count(&["--uuid", UUID, "--count", "2"], 1, "cannot create credentials.secret");
    let secret = String::from_utf8(it.read("credentials.secret")).unwrap();
    let ids: Vec<&str> = secret.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    // Who is who cannot be told from the order.
    let list: Vec<String> = serde_json::from_slice(&it.read("credentials.pub")).unwrap();
    assert!(list.is_sorted() && list.len() == 3);

    let question = |min: u64, max: u64| {
        format!(
            r#"{{"name":"n","questions":[{{"question":"q","answers":["a","b"],"min":{min},"max":{max}}}]}}"#
        )
    };
    it.write("questions.json", question(1, 1));
    it.write("wide.json", question(1, 3));
    it.write("reversed.json", question(2, 1));
    it.write("extra.json", question(1, 1).replace("\"name\"", "\"title\":\"t\",\"name\""));
    it.write("unnamed.json", question(1, 1).replace("\"name\":\"n\",", ""));
    it.write("none.json", r#"{"name":"n","questions":[]}"#);
    it.write("cut.json", &question(1, 1)[..40]);
    it.write("no-list.pub", "{}");
    it.write("doubled.pub", format!("[\"{0}\",\"{0}\"]", list[0]));
    it.write("outside.pub", format!("[\"{}\"]", "0".repeat(64)));
    it.write(
        "forged.pub",
        String::from_utf8(it.read("noor.pub")).unwrap().replace("\"response\":\"", "\"response\":\"1"),
    );
    let setup =
        |uuid: &str, questions: &str, trustees: &[&str], credentials: &str, exit: i32, reason: &str| {
            let mut arguments = vec!["setup", "--uuid", uuid, "--questions", questions];
            arguments.extend(["--credentials", credentials, "--out", "F.bel"]);
            arguments.extend(trustees.iter().flat_map(|trustee| ["--trustee", trustee]));
            it.refuses(&arguments, exit, reason);
        };
    let (q, noor, list) = ("questions.json", ["noor.pub"].as_slice(), "credentials.pub");
    setup("short", q, noor, list, 1, "is no UUID");
    setup(UUID, "absent.json", noor, list, 2, "cannot read absent.json");
    setup(UUID, "cut.json", noor, list, 2, "cut.json is not as expected");
    setup(UUID, "extra.json", noor, list, 2, "unknown field `title`");
    setup(UUID, "unnamed.json", noor, list, 2, "missing field `name`");
    setup(UUID, "wide.json", noor, list, 1, "B-022");
    setup(UUID, "reversed.json", noor, list, 1, "B-022");
    setup(UUID, "none.json", noor, list, 1, "B-020");
    setup(UUID, q, &[], list, 2, "--trustee <T.pub>");
    setup(UUID, q, &["absent.pub"], list, 2, "cannot read absent.pub");
    setup(UUID, q, &["noor.key"], list, 1, "B-030");
    setup(UUID, q, &["forged.pub"], list, 1, "B-032");
    setup(UUID, q, &["noor.pub", "noor.pub"], list, 1, "trustee 2 has the key of another");
    setup(UUID, q, noor, "absent", 2, "cannot read absent");
    setup(UUID, q, noor, "no-list.pub", 1, "B-026");
    setup(UUID, q, noor, "credentials.secret", 1, "B-026");
    setup(UUID, q, noor, "doubled.pub", 1, "B-028");
    setup(UUID, q, noor, "outside.pub", 1, "B-027");
    let arguments =
        ["setup", "--uuid", UUID, "--questions", q, "--trustee", "noor.pub", "--credentials", list];
    it.refuses(&[arguments.as_slice(), &["--out", "F.bel", "--group", "belenios-2048"]].concat(), 1, "B-031");
    let row = it.step(&[arguments.as_slice(), &["--out", "E.bel"]].concat());
    assert_eq!((&row["file"], &row["entitled"]), (&json!("E.bel"), &json!(3)));
    assert_eq!(row["fingerprint"], it.verify()["fingerprint"]);
    it.refuses(&[arguments.as_slice(), &["--out", "E.bel"]].concat(), 1, "cannot create E.bel");
}

/// Each step verifies first what it adds to.
#[test]
fn no_step_builds_on_what_is_wrong() {
    let it = ByHand::new("ed25519");
    it.trustee("noor");
    let credentials = it.credentials(&["v1", "v2"]);
    it.setup(&["noor"], QUESTIONS);
    it.cast(&credentials[0], r#"[[1,0,0],[1,1]]"#);
    let sound = it.read("E.bel");
    let forged = forge_ballot(&sound, 1);
    let cast = ["cast", "--credential", &credentials[1], "--choices", r#"[[1,0,0],[1,1]]"#];
    let steps = [cast.as_slice(), &["tally"], &["decrypt", "--key", "noor.key"], &["publish"]];
    for (name, bytes, exit, reason) in [
        ("wrong.bel", forged.as_slice(), 1, "wrong.bel is not valid: ballot 1"),
        ("cut.bel", &sound[..sound.len() - 1], 1, "cut.bel is not valid: record at byte"),
        ("text.bel", b"Dear committee", 2, "cannot read text.bel: record at byte 0"),
    ] {
        it.write(name, bytes);
        for step in steps {
            it.refuses(&[step, &[name]].concat(), exit, reason);
        }
    }
    for step in steps {
        it.refuses(&[step, &["absent.bel"]].concat(), 2, "cannot read absent.bel");
        it.refuses(&[step, &["absent/E.bel"]].concat(), 2, "cannot read absent/E.bel");
    }
}

/// Of steps at the same time none is lost.
#[test]
fn many_can_cast_at_once() {
    let it = ByHand::new("ed25519");
    it.trustee("noor");
    let voters: Vec<String> = (0..6).map(|number| format!("v{number}")).collect();
    let credentials = it.credentials(&voters.iter().map(String::as_str).collect::<Vec<_>>());
    it.setup(&["noor"], r#"[{"question":"q","answers":["a","b"],"min":1,"max":1}]"#);
    let mut casting: Vec<Process> = Vec::new();
    for credential in &credentials {
        let arguments =
            ["ballot", "by-hand", "cast", "E.bel", "--credential", credential, "--choices", "[[0,1]]"];
        casting.push(Process::spawn(&mut it.concerted(&arguments)));
    }
    for process in &mut casting {
        assert_eq!(process.end(crate::support::COMMAND_TIME), 0);
    }
    let row = it.verify();
    assert_eq!((&row["ballots"], &row["counted"]), (&json!(6), &json!(6)));
    it.step(&["tally", "E.bel"]);
    it.decrypt("noor");
    assert_eq!(it.step(&["publish", "E.bel"])["result"], json!([[0, 6]]));
    let extra: Vec<String> = it.files().into_keys().filter(|name| name.contains(".new")).collect();
    assert_eq!(extra, [] as [String; 0]);
}

/// Whoever loses the hints, or changes them, loses only time.
#[test]
fn an_election_by_hand_goes_on_without_hints() {
    let it = ByHand::new("ed25519");
    it.trustee("noor");
    let credentials = it.credentials(&["v1", "v2", "v3"]);
    it.setup(&["noor"], QUESTIONS);
    let choices = r#"[[0,1,0],[1,0]]"#;
    it.cast(&credentials[0], choices);
    fs::remove_file(it.path("E.bel.hints")).unwrap();
    it.cast(&credentials[1], choices);
    it.write("E.bel.hints", "nonsense");
    it.cast(&credentials[2], choices);
    it.step(&["tally", "E.bel"]);
    it.decrypt("noor");
    assert_eq!(it.step(&["publish", "E.bel"])["result"], json!([[0, 0, 3, 0], [3, 0]]));
}

#[test]
fn a_threshold_key_by_hand() {
    let it = ByHand::new("ed25519");
    let names = ["noor", "ana", "ben"];
    let commit = |session: &str, threshold: &str, index: &str, out: &str| -> Vec<String> {
        let numbers = ["--session", session, "--threshold", threshold, "--trustees", "3", "--index", index];
        let arguments = [["threshold", "commit"].as_slice(), &numbers, &["--out", out]].concat();
        arguments.into_iter().map(str::to_owned).collect()
    };
    fn borrowed(arguments: &[String]) -> Vec<&str> {
        arguments.iter().map(String::as_str).collect()
    }
    for (threshold, index, reason) in [
        ("0", "1", "B-100"),
        ("1", "1", "B-100"),
        ("4", "1", "B-100"),
        ("2", "0", "--index 0 must be between 1 and 3"),
        ("2", "4", "--index 4 must be between 1 and 3"),
    ] {
        it.refuses(&borrowed(&commit("depot", threshold, index, "noor")), 1, reason);
    }
    for (name, index) in names.iter().zip(["1", "2", "3"]) {
        let row = it.step(&borrowed(&commit("depot", "2", index, name)));
        assert_eq!(row, json!({ "message": format!("{name}.commit") }));
        assert_eq!(mode(&it.path(&format!("{name}.secret"))), 0o600);
    }
    it.refuses(&borrowed(&commit("depot", "2", "1", "noor")), 1, "cannot create noor.secret");
    it.step(&borrowed(&commit("another", "2", "2", "foreign")));

    let commits = names.map(|name| format!("{name}.commit"));
    let step = |step: &'static str, name: &str, messages: &[String]| -> Vec<String> {
        let head = ["threshold", step, "--out", name].map(str::to_owned);
        [head.as_slice(), messages].concat()
    };
    let refuses = |kind: &'static str, name: &str, messages: &[String], exit: i32, reason: &str| {
        it.refuses(&borrowed(&step(kind, name, messages)), exit, reason);
    };
    let with = |messages: &[String], more: &[&str]| -> Vec<String> {
        messages.iter().cloned().chain(more.iter().map(|name| (*name).to_owned())).collect()
    };
    refuses("deal", "noor", &[], 2, "<FILE>");
    refuses("deal", "noor", &commits[..2], 1, "wait for the commitment of trustee 3");
    refuses(
        "deal",
        "noor",
        &with(&commits[..1], &["ben.commit", "foreign.commit"]),
        1,
        "foreign.commit is refused",
    );
    refuses("deal", "noor", &with(&commits, &["ana.commit"]), 1, "ana.commit is refused");
    refuses("deal", "noor", &with(&commits, &["absent.commit"]), 2, "cannot read absent.commit");
    refuses("deal", "stranger", &commits, 2, "cannot read stranger.secret");
    refuses("confirm", "noor", &commits, 1, "wait for the dealing of trustee 1, 2, 3");
    refuses("finish", "noor", &commits, 1, "wait for the dealing");
    for name in names {
        it.step(&borrowed(&step("deal", name, &commits)));
    }
    // Once dealt, never dealt otherwise.
    refuses("deal", "noor", &commits, 1, "noor.deal is there already");
    let dealt = it.read("noor.deal");
    fs::remove_file(it.path("noor.deal")).unwrap();
    it.step(&borrowed(&step("deal", "noor", &commits)));
    assert!(it.read("noor.deal") == dealt);

    let deals = with(&commits, &["noor.deal", "ana.deal", "ben.deal"]);
    refuses("deal", "noor", &deals, 1, "is among the files already");
    refuses("confirm", "noor", &deals[..5], 1, "wait for the dealing of trustee 3");
    let broken =
        String::from_utf8(it.read("ana.deal")).unwrap().replacen("\"challenge\":\"", "\"challenge\":\"1", 1);
    it.write("broken.deal", broken);
    refuses("confirm", "noor", &with(&deals[..4], &["broken.deal", "ben.deal"]), 1, "broken.deal is refused");
    for name in names {
        it.step(&borrowed(&step("confirm", name, &deals)));
    }
    let confirms = with(&deals, &["noor.confirm", "ana.confirm", "ben.confirm"]);
    refuses("finish", "noor", &confirms[..8], 1, "wait for the confirmation of trustee 3");
    it.write("noor.pub", "taken");
    refuses("finish", "noor", &confirms, 1, "cannot create noor.pub");
    fs::remove_file(it.path("noor.pub")).unwrap();
    for name in names {
        let row = it.step(&borrowed(&step("finish", name, &confirms)));
        assert_eq!(row, json!({ "key": format!("{name}.key"), "public": format!("{name}.pub") }));
        assert_eq!(mode(&it.path(&format!("{name}.key"))), 0o600);
        assert!(!it.path(&format!("{name}.secret")).exists());
    }
    assert!(it.read("noor.pub") == it.read("ana.pub") && it.read("noor.pub") == it.read("ben.pub"));
    assert!(it.read("noor.key") != it.read("ana.key"));

    // Any two of the three, beside a mandatory trustee.
    it.trustee("cleo");
    let credentials = it.credentials(&["v1", "v2"]);
    it.setup(&["noor", "cleo"], QUESTIONS);
    it.cast(&credentials[0], r#"[[0,1,0],[1,0]]"#);
    it.cast(&credentials[1], r#"["blank",[0,0]]"#);
    it.step(&["tally", "E.bel"]);
    let tallied = it.read("E.bel");
    let result = json!([[1, 0, 1, 0], [1, 0]]);
    for decrypting in
        [["noor", "cleo", "ana"].as_slice(), &["cleo", "ben", "ana"], &["ben", "noor", "ana", "cleo"]]
    {
        it.write("E.bel", &tallied);
        for (done, name) in decrypting.iter().enumerate() {
            if done < 2 || !decrypting[..done].contains(&"cleo") {
                it.refuses(&["publish", "E.bel"], 1, "B-084");
            }
            it.decrypt(name);
        }
        assert_eq!(it.step(&["publish", "E.bel"])["result"], result);
        assert_eq!(it.verify()["result"], result);
    }
    // Two of the group are not enough without the mandatory one, nor one with it.
    it.write("E.bel", &tallied);
    ["noor", "ana", "ben"].into_iter().for_each(|name| it.decrypt(name));
    it.refuses(&["publish", "E.bel"], 1, "B-084");
}
