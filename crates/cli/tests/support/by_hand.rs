//! An election by hand: a directory with everyone's files, and the commands on them.

#![allow(dead_code, reason = "each test target uses its part of this")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{TempDir, binary, failed, rows_of, run, succeeded, text};

/// Its archive is `E.bel`, its UUID [`UUID`].
pub struct ByHand {
    dir: TempDir,
    group: &'static str,
}

pub const UUID: &str = "DepotNine11112";

impl ByHand {
    /// In this group, as `--group` names it.
    pub fn new(group: &'static str) -> Self {
        Self { dir: TempDir::new(), group }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn copy(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
    }

    /// Everything there is.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    /// The command `concerted ARGUMENTS` in the directory.
    pub fn concerted(&self, arguments: &[&str]) -> Command {
        let mut command = binary();
        command.current_dir(self.dir.path()).args(arguments);
        command
    }

    /// A step, whatever comes of it.
    pub fn output(&self, arguments: &[&str]) -> Output {
        run(self.concerted(&["ballot", "by-hand"]).args(arguments), b"")
    }

    /// A step that must succeed; its row.
    #[track_caller]
    pub fn step(&self, arguments: &[&str]) -> Value {
        self.step_with_input(arguments, "")
    }

    #[track_caller]
    pub fn step_with_input(&self, arguments: &[&str], input: &str) -> Value {
        let mut command = self.concerted(&["--json", "ballot", "by-hand"]);
        let mut rows = rows_of(&succeeded(run(command.args(arguments), input.as_bytes())));
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// A step that must be refused, with this exit status and reason, and change
    /// no file.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], exit: i32, reason: &str) {
        let before = self.files();
        let output = self.output(arguments);
        failed(&output, exit, reason);
        assert_eq!(output.stdout, b"", "{arguments:?}");
        assert!(self.files() == before, "changed by {arguments:?}");
    }

    /// A step that takes `--group`.
    pub fn step_in_group(&self, arguments: &[&str]) -> Value {
        self.step(&[arguments, &["--group", self.group]].concat())
    }

    /// Makes a mandatory trustee: NAME.key and NAME.pub.
    pub fn trustee(&self, name: &str) {
        self.step_in_group(&["trustee", "--out", name]);
    }

    /// Makes a threshold key: NAME.key and NAME.pub for each.
    pub fn threshold(&self, names: &[&str], threshold: usize) {
        let (threshold, size) = (threshold.to_string(), names.len().to_string());
        let numbers = ["--session", "depot", "--threshold", &threshold, "--trustees", &size];
        for (name, index) in names.iter().zip(1..) {
            let own = ["--index", &index.to_string(), "--out", name];
            self.step_in_group(&[["threshold", "commit"].as_slice(), &numbers, &own].concat());
        }
        let mut messages: Vec<String> = Vec::new();
        for (step, made) in [("deal", "commit"), ("confirm", "deal"), ("finish", "confirm")] {
            messages.extend(names.iter().map(|name| format!("{name}.{made}")));
            for name in names {
                let mut arguments = vec!["threshold", step, "--out", name];
                arguments.extend(messages.iter().map(String::as_str));
                self.step(&arguments);
            }
        }
    }

    /// Makes credentials for these lines of a voters' file; each voter's.
    pub fn credentials(&self, voters: &[&str]) -> Vec<String> {
        self.write("voters.txt", voters.join("\n"));
        self.step_in_group(&["credentials", "--uuid", UUID, "--voters", "voters.txt"]);
        self.secret_credentials()
    }

    pub fn secret_credentials(&self) -> Vec<String> {
        let text = String::from_utf8(self.read("credentials.secret")).unwrap();
        text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    }

    /// Begins the archive.
    pub fn setup(&self, trustees: &[&str], questions: &str) {
        self.write("questions.json", format!(r#"{{"name":"By hand","questions":{questions}}}"#));
        let files: Vec<String> = trustees.iter().map(|name| format!("{name}.pub")).collect();
        let mut arguments = vec!["setup", "--uuid", UUID, "--questions", "questions.json"];
        arguments.extend(["--credentials", "credentials.pub", "--out", "E.bel"]);
        arguments.extend(files.iter().flat_map(|file| ["--trustee", file]));
        self.step_in_group(&arguments);
    }

    /// Casts a ballot; its tracker.
    #[track_caller]
    pub fn cast(&self, credential: &str, choices: &str) -> String {
        text(&self.step(&["cast", "E.bel", "--credential", credential, "--choices", choices])["tracker"])
    }

    pub fn decrypt(&self, name: &str) {
        self.step(&["decrypt", "E.bel", "--key", &format!("{name}.key")]);
    }

    /// What `concerted verify` says of the archive.
    pub fn verify(&self) -> Value {
        rows_of(&succeeded(run(&mut self.concerted(&["verify", "E.bel", "--json"]), b""))).remove(0)
    }
}
