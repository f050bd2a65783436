//! Runs the real binary: a relay that can be killed and started again, and homes
//! whose commands are waited for.
//!
//! Nothing outlives its test: processes are killed and directories deleted when
//! their guards are dropped, and every wait has an end.

#![allow(dead_code, reason = "each test target uses its part of this")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest time one command may take. Generous: machines that build and test at the
/// same time are slow.
pub const COMMAND_TIME: Duration = Duration::from_secs(90);

/// A directory that is deleted when it is dropped.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("concerted-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary, with nothing of the tester's own surroundings in its environment.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concerted"));
    for name in ["HOME", "CONCERTED_HOME", "CONCERTED_PASSPHRASE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A child process that is killed, if it still runs, when this is dropped.
pub struct Process(Child);

impl Process {
    pub fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        let killed = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for the end; kills it and fails if that takes too long.
    pub fn end(&mut self, longest: Duration) -> i32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            if begun.elapsed() > longest {
                self.kill();
                panic!("a process did not end within {longest:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end, with `input` on its standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut process = Process::spawn(command.stdin(Stdio::piped()));
    let child = process.child();
    let mut stdin = child.stdin.take().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::scope(|scope| {
        let written = input.to_vec();
        // A command that wants no input closes it.
        scope.spawn(move || drop(stdin.write_all(&written)));
        let out = scope.spawn(move || read_all(&mut stdout));
        let err = scope.spawn(move || read_all(&mut stderr));
        process.end(COMMAND_TIME);
        let status = process.child().wait().unwrap();
        Output { status, stdout: out.join().unwrap(), stderr: err.join().unwrap() }
    })
}

fn read_all(from: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Tries again until `done` gives something.
pub fn eventually<T>(what: &str, longest: Duration, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(begun.elapsed() < longest, "not within {longest:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A relay, its data and its log.
pub struct Relay {
    dir: TempDir,
    port: u16,
    options: Vec<String>,
    process: Option<Process>,
}

impl Relay {
    /// Starts one with new data.
    pub fn start() -> Self {
        Self::with_options(&[])
    }

    /// Starts one with further options of `serve`.
    pub fn with_options(options: &[&str]) -> Self {
        let options = options.iter().map(ToString::to_string).collect();
        let mut relay = Self { dir: TempDir::new(), port: 0, options, process: None };
        // Someone may take the port between the look and the start.
        let started = (0..20).any(|_| {
            relay.port = free_port();
            relay.try_restart(Duration::from_secs(20))
        });
        assert!(started, "no relay could be started:\n{}", relay.log());
        relay
    }

    /// A relay that is not there: its address leads to nobody.
    pub fn absent() -> Self {
        Self { dir: TempDir::new(), port: free_port(), options: Vec::new(), process: None }
    }

    /// The base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// The directory of its data.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// All it has written to standard error since it was first started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// What it wrote to standard output since the last start.
    pub fn greeting(&self) -> String {
        fs::read_to_string(self.dir.path().join("greeting")).unwrap_or_default()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to stop and waits for that; the exit status.
    pub fn stop(&mut self) -> i32 {
        let mut process = self.process.take().expect("it runs");
        process.terminate();
        process.end(Duration::from_secs(20))
    }

    /// Starts it again on the same port and data.
    pub fn restart(&mut self) {
        assert!(self.try_restart(Duration::from_secs(60)), "the relay does not start:\n{}", self.log());
    }

    fn try_restart(&mut self, longest: Duration) -> bool {
        self.kill();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let greeting = fs::File::create(self.dir.path().join("greeting")).unwrap();
        let mut command = binary();
        command.arg("serve").arg("--listen").arg(self.address().to_string()).arg("--data").arg(self.data());
        command.args(&self.options).stdout(greeting).stderr(log);
        let mut process = Process::spawn(&mut command);
        let begun = Instant::now();
        while begun.elapsed() < longest {
            if process.child().try_wait().unwrap().is_some() {
                return false;
            }
            if self.get("/healthz").is_some_and(|(status, _)| status == 200) {
                self.process = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// The status and whole answer to a GET, if anyone answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect_timeout(&self.address(), Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address())
            .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer))
    }
}

/// A port nobody listens on, below those that systems give to connections going
/// out: so that no connection takes a relay's port while it is down.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 20_000;
    loop {
        let number = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(12_000 + (first + number) % 20_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A member's device.
pub struct Home {
    dir: TempDir,
}

impl Home {
    /// A device that has not begun.
    pub fn new() -> Self {
        Self { dir: TempDir::new() }
    }

    /// A device that has begun, and its words.
    pub fn begun() -> (Self, String) {
        let home = Self::new();
        let words = home.json(["init"])["words"].as_str().unwrap().to_owned();
        (home, words)
    }

    /// The directory that `--home` names; it need not be there.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A copy of the whole home, as a thief makes one.
    pub fn stolen(&self) -> Self {
        let copy = Self::new();
        fs::create_dir_all(copy.path()).unwrap();
        for file in fs::read_dir(self.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }

    /// Deletes it: the device is lost.
    pub fn delete(&self) {
        fs::remove_dir_all(self.path()).unwrap();
    }

    /// The command `concerted --home … ARGUMENTS`.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = binary();
        command.arg("--home").arg(self.path()).args(arguments);
        command
    }

    /// Runs a command, whatever comes of it.
    pub fn output<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        run(&mut self.command(arguments), b"")
    }

    /// Runs a command that must succeed; its standard output.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        succeeded(self.output(arguments))
    }

    /// Runs a command that must succeed with `--json`; its rows.
    pub fn rows<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Vec<Value> {
        rows_of(&succeeded(run(self.command(arguments).arg("--json"), b"")))
    }

    /// Runs a command that must succeed and print one row.
    pub fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        let mut rows = self.rows(arguments);
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// The same with something on standard input.
    pub fn json_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &str,
    ) -> Value {
        let mut rows = rows_of(&succeeded(run(self.command(arguments).arg("--json"), input.as_bytes())));
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    /// Runs a command that must fail with this exit status and name this reason on
    /// standard error.
    #[track_caller]
    pub fn fails<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>, exit: i32, reason: &str) {
        failed(&self.output(arguments), exit, reason);
    }

    // The stories' usual steps.

    /// Founds a body with the default bylaws; its id.
    pub fn found(&self, relay: &Relay, name: &str, nickname: &str) -> String {
        let row = self.json(["found", "--relay", &relay.url(), "--name", name, "--as", nickname]);
        text(&row["body"])
    }

    pub fn invite(&self, body: &str) -> String {
        text(&self.json(["invite", body])["link"])
    }

    /// Asks to join; the applicant's id.
    pub fn ask(&self, link: &str, nickname: &str) -> String {
        text(&self.json(["join", link, "--as", nickname])["applicant"])
    }

    /// Joins by way of a member who invites and vouches.
    pub fn join(&self, by: &Home, body: &str, nickname: &str) {
        let applicant = self.ask(&by.invite(body), nickname);
        by.run(["vouch", body, &applicant]);
        assert_eq!(self.show(body)["phase"], "member");
    }

    pub fn show(&self, body: &str) -> Value {
        self.json(["show", body])
    }

    /// Says something that arrives; its number.
    pub fn talk(&self, body: &str, text: &str) -> u64 {
        let row = self.json(["talk", body, text]);
        assert_eq!(row["arrived"], true);
        row["sequence"].as_u64().unwrap()
    }

    /// Texts as this device reads them; `None` for what it cannot read.
    pub fn texts(&self, body: &str) -> Vec<Option<String>> {
        self.rows(["read", body]).iter().map(|row| row["text"].as_str().map(str::to_owned)).collect()
    }
}

/// A string in a row.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// Every line is one JSON object.
#[track_caller]
pub fn rows_of(stdout: &str) -> Vec<Value> {
    let rows: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(rows.iter().all(Value::is_object), "{rows:?}");
    rows
}

#[track_caller]
pub fn succeeded(output: Output) -> String {
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "stdout:\n{out}\nstderr:\n{err}");
    out
}

#[track_caller]
pub fn failed(output: &Output, exit: i32, reason: &str) {
    let err = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(exit), "stdout:\n{out}\nstderr:\n{err}");
    assert!(err.contains(reason), "{reason:?} is not in:\n{err}");
}

/// A process whose lines of standard output are read as they come.
pub struct Lines {
    lines: Receiver<String>,
    process: Process,
}

impl Lines {
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = Process::spawn(command);
        let lines = lines_of(process.child().stdout.take().unwrap());
        // Nobody reads it, but a full pipe would stop the process.
        let mut stderr = process.child().stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { lines, process }
    }

    /// The next line, if one comes in time.
    pub fn next(&self, longest: Duration) -> Option<String> {
        self.lines.recv_timeout(longest).ok()
    }

    /// The next line as JSON.
    #[track_caller]
    pub fn row(&self) -> Value {
        serde_json::from_str(&self.next(COMMAND_TIME).expect("a line in time")).unwrap()
    }

    pub fn end(&mut self) -> i32 {
        self.process.end(COMMAND_TIME)
    }
}

fn lines_of(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// A second device of the same member, taken in by the first.
pub fn add_device(old: &Home, relay: &Relay) -> Home {
    let new = Home::new();
    let mut offer =
        Lines::spawn(&mut new.command(["device", "add", "--relay", &relay.url(), "--yes", "--json"]));
    let code = text(&offer.row()["code"]);
    let rows = old.rows(["device", "add", &code, "--yes"]);
    assert_eq!(rows[0]["number"], offer.row()["number"], "both show the same number");
    assert_eq!(
        (offer.row(), &rows[1]),
        (serde_json::json!({ "done": true }), &serde_json::json!({ "done": true }))
    );
    assert_eq!(offer.end(), 0);
    new
}
