//! The rules: what a request leads to, given what is stored.
//!
//! Invariant: a rule looks first and changes last. Once it has changed anything,
//! only a fault of the store can stop it, and the store then undoes the change.

pub(crate) mod append;
pub(crate) mod hand_back;
pub(crate) mod locker;
pub(crate) mod mailbox;
pub(crate) mod page;
pub(crate) mod posting;

use concerted_log::message::Refusal;

use crate::change::{Change, News, Outcome};
use crate::store::{StoreFault, Tables};

/// Why a rule did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request cannot be granted.
    Refused(Refusal),
    /// The store failed.
    Fault(StoreFault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreFault> for Failure {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal,
            Failure::Fault(fault) => fault.into(),
        }
    }
}

/// What a change led to, and who is to hear of it once it is durable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) outcome: Outcome,
    pub(crate) news: Vec<News>,
}

impl Applied {
    fn quietly(outcome: Outcome) -> Self {
        Self { outcome, news: Vec::new() }
    }
}

/// Applies one change inside a transaction.
pub(crate) fn apply(tables: &mut dyn Tables, change: Change) -> Result<Applied, Failure> {
    match change {
        Change::Create(create) => append::create(tables, &create),
        Change::Append(append) => append::append(tables, append),
        Change::Announce(announce) => append::announce(tables, &announce),
        Change::HandBack(take_back) => hand_back::take_back(tables, take_back),
        Change::OpenMailbox { id, mailbox } => mailbox::open(tables, &id, &mailbox),
        Change::PutMail { id, message, most, now_ms } => mailbox::put(tables, id, message, most, now_ms),
        Change::CloseMailbox { id, token, now_ms } => mailbox::close(tables, id, &token, now_ms),
        Change::PutLocker { id, item } => locker::put(tables, &id, &item),
        Change::Sweep { now_ms, at_most } => sweep(tables, now_ms, at_most),
    }
}

fn sweep(tables: &mut dyn Tables, now_ms: u64, at_most: usize) -> Result<Applied, Failure> {
    let expired = tables.expire_talk(now_ms, at_most)?;
    let overdue = tables.overdue_mailboxes(now_ms, at_most)?;
    for id in &overdue {
        tables.close_mailbox(id)?;
    }
    let outcome = Outcome::Swept(expired + overdue.len());
    Ok(Applied { outcome, news: overdue.into_iter().map(News::Closed).collect() })
}
