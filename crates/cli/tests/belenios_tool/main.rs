//! Elections judged by the reference implementation of Belenios, and elections made
//! by it.
//!
//! Aim: neither program accepts what the other one makes because both were written
//! with the same misunderstanding. Method: version 2.0 of `belenios-tool`, which
//! checks ballots, proofs, trustees, decryptions and result, and knows the group
//! BELENIOS-2048. It verifies elections that we make; we verify elections that it
//! makes, and count the same; both refuse the same forgeries; and of random
//! changes we accept none that it refuses. What it does not check is the business
//! of our own tests.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

#[path = "../support/bel.rs"]
mod bel;
#[path = "../support/by_hand.rs"]
mod by_hand;
mod forgeries;
mod mutations;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::by_hand::ByHand;
use crate::support::{TempDir, binary, rows_of, run, succeeded};

const GROUP: &str = "BELENIOS-2048";

/// The reference tool.
struct Tool {
    program: OsString,
}

impl Tool {
    /// None where it is not installed, or is another version: of later ones,
    /// `election verify` is no check of ballots. `CONCERTED_BELENIOS_TOOL` says where
    /// it is; if that is empty, whoever runs the tests leaves these out.
    fn find() -> Option<Self> {
        let program = env::var_os("CONCERTED_BELENIOS_TOOL").unwrap_or_else(|| "belenios-tool".into());
        if program.is_empty() {
            return None;
        }
        let version = Command::new(&program).arg("--version").output().map(|output| output.stdout);
        if version.is_ok_and(|version| version.starts_with(b"2.0 ")) {
            return Some(Self { program });
        }
        let missing = "belenios-tool 2.0 is not here (Debian 12: apt-get install belenios-tool)";
        assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
        // Past the test harness, which would keep it to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED, nothing is tested: {missing}");
        None
    }

    fn output(&self, dir: &Path, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(&self.program);
        command.current_dir(dir).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        run(&mut command, input.as_bytes())
    }

    /// Runs a command that must succeed; its standard output.
    #[track_caller]
    fn run(&self, dir: &Path, arguments: &[&str], input: &str) -> String {
        succeeded(self.output(dir, arguments, input))
    }

    /// Judges an archive: the reason if it is refused.
    fn verify(&self, archive: &[u8]) -> Result<(), String> {
        let dir = TempDir::new();
        // Any name will do, but it must look like a UUID.
        fs::write(dir.path().join("DepotNine11112.bel"), archive).unwrap();
        let output = self.output(dir.path(), &["election", "verify", "--dir", "."], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(said);
        }
        assert!(said.contains("all checks passed"), "{said}");
        Ok(())
    }
}

/// What `concerted verify` says of an archive; the status agrees.
fn ours(archive: &[u8]) -> Value {
    let dir = TempDir::new();
    let path = dir.path().join("E.bel");
    fs::write(&path, archive).unwrap();
    let output = run(binary().arg("--json").arg("verify").arg(path), b"");
    let rows = rows_of(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["valid"] == true, output.status.code() == Some(0), "{rows:?}");
    rows[0].clone()
}

// Elections of ours, judged by the tool.

/// Every kind of trustees and questions, as `simulate` makes them.
#[test]
fn the_tool_accepts_simulated_elections() {
    let Some(tool) = Tool::find() else { return };
    let shapes = [
        "--voters 3",
        "--voters 3 --trustees 3 --weights --revotes 4 --answers 2",
        "--voters 3 --trustees 3 --threshold 2 --questions 2 --answers 3 --min 0 --max 2 --blank --weights",
        "--voters 2 --trustees 1 --threshold 1 --answers 1 --min 1 --max 1 --blank --revotes 1",
        "--voters 2 --trustees 2 --threshold 2 --answers 4 --min 2 --max 3",
        "--voters 2 --answers 2 --min 0 --max 0",
        "--voters 2 --answers 2 --min 0 --max 0 --blank",
        "--voters 2 --answers 3 --min 3 --max 3",
        "--voters 1 --questions 3 --answers 1 --min 0 --max 1",
    ];
    for (shape, seed) in shapes.into_iter().zip(1..) {
        let (archive, row) = simulated(shape, seed);
        assert_eq!(tool.verify(&archive), Ok(()), "{shape}");
        assert_eq!(ours(&archive)["result"], row["result"], "{shape}");
        let dir = TempDir::new();
        fs::write(dir.path().join("DepotNine11112.bel"), &archive).unwrap();
        let counted = tool.run(dir.path(), &["election", "compute-result", "--dir", "."], "");
        assert_eq!(result_of(&counted), row["result"], "{shape}");
    }
}

/// An archive of this shape, and what `simulate` says of it.
fn simulated(shape: &str, seed: u64) -> (Vec<u8>, Value) {
    let dir = TempDir::new();
    let path = dir.path().join("E.bel");
    let mut command = binary();
    command.args("--json ballot simulate --group belenios-2048".split(' ')).args(shape.split(' '));
    command.arg("--seed").arg(seed.to_string()).arg("--out").arg(&path);
    let row = rows_of(&succeeded(run(&mut command, b""))).remove(0);
    (fs::read(&path).unwrap(), row)
}

fn result_of(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["result"].clone()
}

const QUESTIONS: &str = r#"[{"answers":["a","b"],"min":1,"max":1,"question":"One"},
    {"answers":["c \"d\" é","e"],"blank":true,"min":0,"max":2,"question":"Up to two, or blank"}]"#;

/// A mandatory trustee and a threshold group, weights and a revote. And what the
/// voters hold, to forge with.
struct Ours {
    archive: Vec<u8>,
    credentials: Vec<String>,
}

/// Made once, for all tests.
fn our_election() -> &'static Ours {
    static OURS: OnceLock<Ours> = OnceLock::new();
    OURS.get_or_init(|| {
        let hand = ByHand::new("belenios-2048");
        hand.trustee("noor");
        hand.threshold(&["ana", "ben", "cleo"], 2);
        let credentials = hand.credentials(&["v1", "v2,3", "v3,0", "v4,2000000000"]);
        hand.setup(&["noor", "ana"], QUESTIONS);
        hand.cast(&credentials[0], r#"[[1,0],[1,1]]"#);
        hand.cast(&credentials[1], r#"[[0,1],"blank"]"#);
        hand.cast(&credentials[0], r#"[[0,1],[0,0]]"#);
        hand.cast(&credentials[3], r#"[[1,0],[1,0]]"#);
        hand.step(&["tally", "E.bel"]);
        for name in ["cleo", "noor", "ana"] {
            hand.decrypt(name);
        }
        let published = hand.step(&["publish", "E.bel"]);
        let expected = json!([["2000000000", 4], [3, "2000000000", 0]]);
        assert_eq!((&published["result"], &hand.verify()["result"]), (&expected, &expected));
        Ours { archive: hand.read("E.bel"), credentials }
    })
}

#[test]
fn the_tool_accepts_an_election_by_hand() {
    let Some(tool) = Tool::find() else { return };
    assert_eq!(tool.verify(&our_election().archive), Ok(()));
}

// Elections of the tool, judged by us.

/// An election that the tool makes, step by step.
struct Theirs<'t> {
    tool: &'t Tool,
    dir: TempDir,
    credentials: Vec<String>,
    /// Mandatory trustees' keys, then each threshold trustee's and its share.
    keys: Vec<Vec<PathBuf>>,
}

impl<'t> Theirs<'t> {
    /// With as many mandatory trustees, a threshold group (any of how many) if there
    /// is one, and these lines of a voters' file.
    fn new(tool: &'t Tool, mandatory: usize, threshold: Option<(usize, usize)>, voters: &[&str]) -> Self {
        let mut it = Self { tool, dir: TempDir::new(), credentials: Vec::new(), keys: Vec::new() };
        let uuid = it.run(&["setup", "generate-token"], "");
        let uuid = uuid.trim();
        it.make_credentials(uuid, voters);
        it.make_mandatory(mandatory);
        if let Some((threshold, size)) = threshold {
            it.make_threshold(threshold, size);
        }
        it.run(&["setup", "make-trustees"], "");
        it.write("template.json", &format!(r#"{{"name":"n","description":"d","questions":{QUESTIONS}}}"#));
        let election = ["setup", "make-election", "--group", GROUP, "--uuid", uuid];
        it.run(&[election.as_slice(), &["--template", "template.json"]].concat(), "");
        it.run(&["archive", "init"], "");
        it
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], input: &str) -> String {
        self.tool.run(self.dir.path(), arguments, input)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// In the order of their names.
    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
        files.sort();
        files
    }

    fn make_credentials(&mut self, uuid: &str, voters: &[&str]) {
        self.write("voters.txt", &voters.join("\n"));
        let arguments = ["setup", "generate-credentials", "--file", "voters.txt"];
        self.run(&[arguments.as_slice(), &["--group", GROUP, "--uuid", uuid]].concat(), "");
        fs::rename(&self.files("pubcreds")[0], self.path("public_creds.json")).unwrap();
        let private = fs::read_to_string(&self.files("privcreds")[0]).unwrap();
        self.credentials =
            private.lines().map(|line| line.split(' ').next_back().unwrap().to_owned()).collect();
    }

    fn make_mandatory(&mut self, count: usize) {
        for _ in 0..count {
            self.run(&["setup", "generate-trustee-key", "--group", GROUP], "");
        }
        let keys = self.files("privkey");
        let public = |key: &PathBuf| fs::read_to_string(key.with_extension("pubkey")).unwrap();
        self.write("public_keys.jsons", &keys.iter().map(public).collect::<String>());
        self.keys = keys.into_iter().map(|key| vec![key]).collect();
    }

    fn make_threshold(&mut self, threshold: usize, size: usize) {
        let step = |step: &str, more: &[&str], input: &str| {
            let arguments = ["setup", "generate-trustee-key-threshold", "--group", GROUP, "--step", step];
            self.run(&[arguments.as_slice(), more].concat(), input)
        };
        (0..size).for_each(|_| drop(step("1", &[], "")));
        let trustees = self.files("cert");
        let all = |extension: &str| -> String {
            let text = |path: &PathBuf| fs::read_to_string(path.with_extension(extension)).unwrap();
            trustees.iter().map(text).collect()
        };
        self.write("certs.jsons", &all("cert"));
        let certs = ["--certs", "certs.jsons"];
        let each = |number: &str, more: &[&str], input: &str, output: &str| {
            for path in &trustees {
                let key = path.with_extension("key");
                let own = [["--key", key.to_str().unwrap()].as_slice(), &certs, more].concat();
                let input = if input.is_empty() { String::new() } else { file(path, input) };
                fs::write(path.with_extension(output), step(number, &own, &input)).unwrap();
            }
        };
        each("3", &["--threshold", &threshold.to_string()], "", "polynomial");
        self.write("polynomials.jsons", &all("polynomial"));
        let polynomials = [certs.as_slice(), &["--polynomials", "polynomials.jsons"]].concat();
        step("4", &polynomials, "");
        each("5", &[], "vinput", "voutput");
        self.write("threshold.json", &step("6", &polynomials, &all("voutput")));
        let shares = trustees.iter().map(|path| ["key", "dkey"].map(|end| path.with_extension(end)).to_vec());
        self.keys.extend(shares);
    }

    fn add(&self, kind: &str, data: &str) {
        self.run(&["archive", "add-event", "--type", kind], data);
    }

    /// The choices as the tool takes them: where blank is allowed it comes first.
    fn vote(&self, voter: usize, choices: &str) {
        self.write("credential", &self.credentials[voter]);
        self.write("choices", choices);
        let arguments = ["election", "generate-ballot", "--privcred", "credential", "--ballot", "choices"];
        self.add("Ballot", &self.run(&arguments, ""));
    }

    fn close(&self) {
        self.add("EndBallots", "");
        self.add("EncryptedTally", &self.run(&["election", "compute-encrypted-tally"], ""));
    }

    /// Trustees are counted from 1.
    fn decrypt(&self, trustee: usize) {
        let id = trustee.to_string();
        let files: Vec<&str> = self.keys[trustee - 1].iter().map(|path| path.to_str().unwrap()).collect();
        let arguments = match files[..] {
            [key] => vec!["election", "decrypt", "--privkey", key, "--trustee-id", &id],
            [key, share] => {
                let command = ["election", "decrypt-threshold", "--key", key, "--decryption-key", share];
                [command.as_slice(), &["--trustee-id", &id]].concat()
            }
            _ => unreachable!("a key, or a seed and a share"),
        };
        self.add("PartialDecryption", &self.run(&arguments, ""));
    }

    /// The result, as the tool finds it.
    fn publish(&self) -> Value {
        let result = self.run(&["election", "compute-result"], "");
        self.add("Result", &result);
        result_of(&result)
    }

    fn archive(&self) -> Vec<u8> {
        fs::read(&self.files("bel")[0]).unwrap()
    }

    /// What both say of it now.
    fn verify(&self) -> Value {
        let archive = self.archive();
        assert_eq!(self.tool.verify(&archive), Ok(()));
        let row = ours(&archive);
        assert_eq!(row["valid"], true, "{row}");
        row
    }
}

fn file(path: &Path, extension: &str) -> String {
    fs::read_to_string(path.with_extension(extension)).unwrap()
}

/// All stages of an election, as it goes on.
#[test]
fn we_accept_an_election_of_the_tool_at_every_stage() {
    let Some(tool) = Tool::find() else { return };
    let it = Theirs::new(&tool, 2, None, &["v1", "v2", "v3"]);
    let row = it.verify();
    assert_eq!((&row["ballots"], &row["entitled"], &row["result"]), (&json!(0), &json!(3), &Value::Null));
    it.vote(0, "[[1,0],[0,1,1]]");
    it.vote(1, "[[0,1],[1,0,0]]");
    it.vote(0, "[[0,1],[0,0,1]]");
    let row = it.verify();
    assert_eq!((&row["ballots"], &row["counted"]), (&json!(3), &json!(2)));
    it.close();
    it.verify();
    it.decrypt(2);
    it.verify();
    it.decrypt(1);
    let result = it.publish();
    assert_eq!(result, json!([[0, 2], [1, 0, 1]]));
    let row = it.verify();
    assert_eq!((&row["result"], &row["ballots"], &row["counted"]), (&result, &json!(3), &json!(2)));
}

/// A mandatory trustee and a threshold group in the layout of 2.0, weights and a
/// revote.
fn their_election(tool: &Tool) -> &'static (Vec<u8>, Value) {
    static THEIRS: OnceLock<(Vec<u8>, Value)> = OnceLock::new();
    THEIRS.get_or_init(|| {
        let voters = ["v1,v1,1", "v2,v2,3", "v3,v3,0", "v4,v4,2000000000"];
        let it = Theirs::new(tool, 1, Some((2, 3)), &voters);
        it.vote(0, "[[1,0],[0,1,1]]");
        it.vote(1, "[[0,1],[1,0,0]]");
        it.vote(0, "[[0,1],[0,0,0]]");
        it.vote(3, "[[1,0],[0,1,0]]");
        it.close();
        for trustee in [4, 1, 2] {
            it.decrypt(trustee);
        }
        let result = it.publish();
        (it.archive(), result)
    })
}

#[test]
fn we_accept_a_threshold_election_of_the_tool() {
    let Some(tool) = Tool::find() else { return };
    let (archive, result) = their_election(&tool);
    assert_eq!(*result, json!([["2000000000", 4], [3, "2000000000", 0]]));
    assert_eq!(tool.verify(archive), Ok(()));
    let row = ours(archive);
    assert_eq!(row["result"], *result, "{row}");
    let numbers = ["ballots", "counted", "entitled", "total_weight"].map(|field| row[field].as_u64());
    assert_eq!(numbers, [4, 3, 4, 2_000_000_004].map(Some));
}
