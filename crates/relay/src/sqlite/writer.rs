//! The one thread that writes.
//!
//! It takes the changes that are waiting, applies them in one transaction, commits
//! (SQLite syncs), records the new heads in the head file and syncs that, and only
//! then answers and tells the news. So one sync serves all who came in meanwhile.
//!
//! **Invariants.**
//! - Nothing is answered, told or shown to readers before both syncs are through.
//! - A change that is refused, or that the store fails at, leaves no trace.
//! - A sync that failed is never tried again: what is on the disk is then unknown.
//!   All who wait are told so, the writer stops for good, and the process is to end
//!   and start anew from what the disk has. A full disk is no such failure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Instant;

use concerted_log::Address;
use concerted_log::entry::Head;
use concerted_log::message::Refusal;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::change::{Change, News, Outcome};
use crate::rules::{self, Applied, Failure};
use crate::sqlite::heads::{HeadFile, Heads, RecordError};
use crate::sqlite::shared::Shared;
use crate::sqlite::tables::{SqliteTables, Touched};
use crate::sqlite::{Tell, all_heads};
use crate::store::{Acknowledged, StoreFault};

/// Most changes in one transaction.
const BATCH_CHANGES_MAX: usize = 256;
/// No further change is taken once those in the transaction have so many bytes.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// What the writer is sent.
pub(super) enum Message {
    /// Apply this and answer.
    Apply(Job),
    /// Do what waits, then end.
    Stop,
}

/// A change and who waits for it.
pub(super) struct Job {
    pub(super) change: Change,
    pub(super) bytes: usize,
    pub(super) reply: Reply,
}

/// Where the answer to a change goes.
pub(super) type Reply = oneshot::Sender<Result<Outcome, Refusal>>;

/// The writer thread's own state.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) heads: HeadFile,
    pub(super) shared: Arc<Shared>,
    pub(super) jobs: Receiver<Message>,
    pub(super) tell: Tell,
    pub(super) owed: Owed,
}

/// What is committed but could not be recorded in the head file for want of space.
#[derive(Default)]
pub(super) struct Owed {
    heads: BTreeMap<Address, Head>,
    news: Vec<News>,
}

/// The disk is in an unknown state.
#[derive(Debug, PartialEq, Eq)]
struct Stopped;

/// The changes of one transaction.
#[derive(Default)]
struct Batch {
    answers: Vec<(Reply, Result<Outcome, Refusal>)>,
    news: Vec<News>,
    before: BTreeMap<Address, Head>,
    after: BTreeMap<Address, Head>,
    found: Vec<Address>,
}

impl Writer {
    /// Works until it is told to stop, or has to.
    pub(super) fn run(mut self) {
        let mut last = false;
        while !last {
            let jobs;
            (jobs, last) = self.next_jobs();
            if !jobs.is_empty() && self.work(jobs) == Err(Stopped) {
                self.shared.stop();
                self.refuse_all();
                return;
            }
        }
        self.shared.stop();
        self.refuse_all();
        let checkpoint = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
        if checkpoint.is_err() {
            tracing::warn!("the database was not checkpointed; it will be at the next start");
        }
    }

    /// Waits for a change and takes those that wait with it; true if they are the
    /// last.
    fn next_jobs(&self) -> (Vec<Job>, bool) {
        let Ok(Message::Apply(first)) = self.jobs.recv() else {
            return (Vec::new(), true);
        };
        let (mut jobs, mut bytes) = (Vec::new(), first.bytes);
        jobs.push(first);
        while jobs.len() < BATCH_CHANGES_MAX && bytes < BATCH_BYTES_MAX {
            match self.jobs.try_recv() {
                Ok(Message::Apply(job)) => {
                    bytes += job.bytes;
                    jobs.push(job);
                }
                Ok(Message::Stop) => return (jobs, true),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return (jobs, true),
            }
        }
        (jobs, false)
    }

    fn work(&mut self, jobs: Vec<Job>) -> Result<(), Stopped> {
        let began = Instant::now();
        let mut batch = Batch::default();
        let committed = self.apply_all(jobs, &mut batch).and_then(|()| self.commit(&mut batch));
        let result = match committed {
            Ok(()) => self.publish(&mut batch),
            Err(failure) => {
                batch.fail();
                failure
            }
        };
        self.shared.count_commit(began.elapsed());
        batch.answer();
        for news in batch.news.drain(..) {
            (self.tell)(news);
        }
        result
    }

    /// Applies all changes inside a transaction. `Err` if it could not go on.
    fn apply_all(&mut self, jobs: Vec<Job>, batch: &mut Batch) -> Result<(), Result<(), Stopped>> {
        let mut state = match self.connection.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => Ok(()),
            Err(error) => Err(failed("beginning a transaction", &error)),
        };
        for job in jobs {
            self.shared.waiting_bytes.fetch_sub(job.bytes, Ordering::Relaxed);
            let result = match state {
                Ok(()) => self.apply(job.change).unwrap_or_else(|Stopped| {
                    state = Err(Err(Stopped));
                    Err(StoreFault::Broken.into())
                }),
                Err(_) => Err(StoreFault::Broken.into()),
            };
            batch.take(job.reply, result);
        }
        if state.is_ok() && self.connection.is_autocommit() {
            tracing::error!("the database undid a transaction by itself");
            return Err(Ok(()));
        }
        state
    }

    /// Applies one change; if it fails, the transaction is as before. `Err` if it
    /// cannot be undone: then the transaction must never be committed.
    fn apply(&self, change: Change) -> Result<Result<(Applied, Touched), Failure>, Stopped> {
        let run = |sql: &str| -> Result<(), StoreFault> {
            self.connection.prepare_cached(sql)?.execute(())?;
            Ok(())
        };
        if self.connection.is_autocommit() {
            return Ok(Err(StoreFault::Broken.into()));
        }
        if let Err(fault) = run("SAVEPOINT change") {
            return Ok(Err(fault.into()));
        }
        let mut tables = SqliteTables::writing(&self.connection, &self.shared);
        let applied = rules::apply(&mut tables, change);
        let touched = tables.into_touched();
        if let Err(Failure::Fault(fault)) = &applied {
            tracing::error!(%fault, "a change was not stored");
        }
        // A grave error ends the transaction by itself, and the savepoint with it.
        if !self.connection.is_autocommit() {
            let undone = if applied.is_err() { run("ROLLBACK TO change") } else { Ok(()) };
            undone.and_then(|()| run("RELEASE change")).map_err(|_| Stopped)?;
        }
        Ok(applied.map(|applied| (applied, touched)))
    }

    fn commit(&mut self, batch: &mut Batch) -> Result<(), Result<(), Stopped>> {
        for (address, before) in &batch.before {
            self.shared.hold_back(*address, *before);
        }
        let Err(error) = self.connection.execute_batch("COMMIT") else {
            return Ok(());
        };
        let undone = match failed("committing", &error) {
            Ok(()) => self.connection.execute_batch("ROLLBACK").map_err(|_| Stopped),
            Err(stopped) => Err(stopped),
        };
        if undone.is_err() {
            // Whether it is there is unknown, so readers never see it.
            return Err(undone);
        }
        let owed = &self.owed.heads;
        let undone = batch.before.keys().filter(|address| !owed.contains_key(*address));
        self.shared.release_only(undone.copied());
        Err(Ok(()))
    }

    /// Records the new heads; from then on readers see what was committed.
    fn publish(&mut self, batch: &mut Batch) -> Result<(), Stopped> {
        self.owed.heads.append(&mut batch.after);
        self.owed.news.append(&mut batch.news);
        batch.found.iter().for_each(|address| self.shared.found(address));
        if self.owed.heads.is_empty() {
            batch.news.append(&mut self.owed.news);
            return Ok(());
        }
        let heads: Heads =
            self.owed.heads.iter().map(|(address, head)| (*address, acknowledged(head))).collect();
        match self.heads.record(&heads) {
            Ok(()) => {
                self.shared.release();
                self.owed.heads.clear();
                batch.news.append(&mut self.owed.news);
                self.shorten_heads();
                Ok(())
            }
            Err(RecordError::Write(error)) => {
                tracing::error!(%error, "the head file could not be written; it will be tried again");
                batch.fail();
                Ok(())
            }
            Err(RecordError::Sync(error)) => {
                tracing::error!(%error, "the head file could not be synced; the relay stops");
                batch.fail();
                Err(Stopped)
            }
        }
    }

    fn shorten_heads(&mut self) {
        if !self.heads.is_long() {
            return;
        }
        let shortened = all_heads(&self.connection, &self.shared.all_missing())
            .map_err(std::io::Error::other)
            .and_then(|heads| self.heads.rewrite(&heads));
        if let Err(error) = shortened {
            tracing::warn!(%error, "the head file could not be shortened");
        }
    }

    fn refuse_all(&self) {
        while let Ok(message) = self.jobs.try_recv() {
            if let Message::Apply(job) = message {
                let _ = job.reply.send(Err(Refusal::Storage));
            }
        }
    }
}

impl Batch {
    fn take(&mut self, reply: Reply, result: Result<(Applied, Touched), Failure>) {
        let answer = match result {
            Ok((Applied { outcome, mut news }, touched)) => {
                self.news.append(&mut news);
                self.found.extend(touched.found);
                for (address, before, after) in touched.grown {
                    self.before.entry(address).or_insert(before);
                    self.after.insert(address, after);
                }
                Ok(outcome)
            }
            Err(failure) => Err(failure.into()),
        };
        self.answers.push((reply, answer));
    }

    /// Nothing of this is durable.
    fn fail(&mut self) {
        self.answers.iter_mut().for_each(|(_, answer)| *answer = Err(Refusal::Storage));
        self.news.clear();
    }

    fn answer(&mut self) {
        for (reply, answer) in self.answers.drain(..) {
            // Whoever asked may have gone; what they asked for is done all the same.
            let _ = reply.send(answer);
        }
    }
}

/// Whether the relay can go on after an error of the database.
fn failed(doing: &str, error: &rusqlite::Error) -> Result<(), Stopped> {
    use rusqlite::ErrorCode::{DatabaseBusy, DiskFull};
    if matches!(error.sqlite_error_code(), Some(DiskFull | DatabaseBusy)) {
        tracing::error!(%error, doing, "nothing could be stored");
        return Ok(());
    }
    tracing::error!(%error, doing, "the database failed; the relay stops");
    Err(Stopped)
}

fn acknowledged(head: &Head) -> Acknowledged {
    Acknowledged { count: head.count, chain: head.chain }
}
