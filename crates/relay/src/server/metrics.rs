//! Counts for the operator, in the Prometheus text format. None of them tells
//! anything about a member, an address or a network.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use concerted_log::message::{Answer, Refusal, Request, Response};

use crate::sqlite::Commits;

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: [AtomicU64; REQUESTS.len()],
    refusals: [AtomicU64; REFUSALS.len()],
    entries_appended: AtomicU64,
    entries_read: AtomicU64,
    pub(super) connections: Gauge,
    pub(super) sockets: Gauge,
    pub(super) watches: Gauge,
    pub(super) frames_pushed: Counter,
    pub(super) watches_too_slow: Counter,
}

const REQUESTS: [&str; 13] = [
    "info",
    "create",
    "append",
    "announce",
    "read",
    "hand_back",
    "open_mailbox",
    "read_card",
    "put_mail",
    "read_mail",
    "close_mailbox",
    "put_locker",
    "read_locker",
];

const REFUSALS: [&str; 14] = [
    "malformed",
    "not_found",
    "taken",
    "signature",
    "posting_key",
    "token",
    "count_is",
    "limit",
    "busy",
    "full",
    "tail_missing",
    "storage",
    "wrong_tail",
    "other",
];

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub(super) struct Gauge(AtomicU64);

impl Gauge {
    pub(super) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Metrics {
    pub(super) fn request(&self, request: &Request) {
        let index = match request {
            Request::Info => 0,
            Request::Create(_) => 1,
            Request::Append(_) => 2,
            Request::Announce(_) => 3,
            Request::Read(_) => 4,
            Request::HandBack(_) => 5,
            Request::OpenMailbox(_) => 6,
            Request::ReadCard(_) => 7,
            Request::PutMail(_) => 8,
            Request::ReadMail(_) => 9,
            Request::CloseMailbox(_) => 10,
            Request::PutLocker(_) => 11,
            Request::ReadLocker(_) => 12,
        };
        self.requests[index].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answer(&self, answer: &Answer) {
        match answer {
            Answer::Done(Response::Appended(appended)) => {
                count(&self.entries_appended, appended.sequences.len());
            }
            Answer::Done(Response::Page(page)) => self.read(page.entries.len()),
            Answer::Done(_) => (),
            Answer::Refused(refusal) => self.refusal(refusal),
        }
    }

    pub(super) fn read(&self, entries: usize) {
        count(&self.entries_read, entries);
    }

    pub(super) fn refusal(&self, refusal: &Refusal) {
        let index = match refusal {
            Refusal::Malformed => 0,
            Refusal::NotFound => 1,
            Refusal::Taken => 2,
            Refusal::Signature => 3,
            Refusal::PostingKey => 4,
            Refusal::Token => 5,
            Refusal::CountIs(_) => 6,
            Refusal::Limit(_) => 7,
            Refusal::Busy(_) => 8,
            Refusal::Full(_) => 9,
            Refusal::TailMissing { .. } => 10,
            Refusal::Storage => 11,
            Refusal::WrongTail => 12,
            _ => 13,
        };
        self.refusals[index].fetch_add(1, Ordering::Relaxed);
    }

    /// All of it as text.
    pub(super) fn render(&self, commits: Commits, gate_remembered: usize) -> String {
        let mut out = String::new();
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        family(&mut out, "requests_total", "counter", REQUESTS.iter().zip(self.requests.iter().map(load)));
        family(&mut out, "refusals_total", "counter", REFUSALS.iter().zip(self.refusals.iter().map(load)));
        let gate_remembered = u64::try_from(gate_remembered).unwrap_or(u64::MAX);
        let singles = [
            ("entries_appended_total", "counter", load(&self.entries_appended)),
            ("entries_read_total", "counter", load(&self.entries_read)),
            ("frames_pushed_total", "counter", load(&self.frames_pushed.0)),
            ("watches_too_slow_total", "counter", load(&self.watches_too_slow.0)),
            ("commits_total", "counter", commits.count),
            ("connections", "gauge", self.connections.get()),
            ("sockets", "gauge", self.sockets.get()),
            ("watches", "gauge", self.watches.get()),
            ("gate_remembered", "gauge", gate_remembered),
        ];
        for (name, kind, value) in singles {
            let _ = writeln!(out, "# TYPE concerted_relay_{name} {kind}\nconcerted_relay_{name} {value}");
        }
        let seconds = commits.total.as_secs_f64();
        let name = "concerted_relay_commit_seconds_total";
        let _ = writeln!(out, "# TYPE {name} counter\n{name} {seconds:.6}");
        out
    }
}

fn family<'a>(out: &mut String, name: &str, kind: &str, values: impl Iterator<Item = (&'a &'a str, u64)>) {
    let _ = writeln!(out, "# TYPE concerted_relay_{name} {kind}");
    for (label, value) in values {
        let _ = writeln!(out, "concerted_relay_{name}{{kind=\"{label}\"}} {value}");
    }
}

fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(u64::try_from(by).unwrap_or(u64::MAX), Ordering::Relaxed);
}
