//! What the writer and the readers of a database share besides the file.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use concerted_log::Address;
use concerted_log::entry::Head;

use crate::sqlite::heads::Heads;
use crate::store::Acknowledged;

/// State shared by the writer and the readers.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// For logs with entries that are committed, or about to be, and not yet
    /// recorded in the head file: the head that readers may see.
    held_back: Mutex<BTreeMap<Address, Head>>,
    /// Logs that a restored backup left behind what was acknowledged.
    missing: Mutex<Heads>,
    /// The writer has stopped for good.
    stopped: AtomicBool,
    /// Bytes in changes that wait for the writer.
    pub(super) waiting_bytes: AtomicUsize,
    commits: AtomicU64,
    commit_us: AtomicU64,
}

/// What the writer has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commits {
    /// How many commits.
    pub count: u64,
    /// How long all of them took together, the head file included.
    pub total: Duration,
}

impl Shared {
    pub(super) fn new(missing: Heads) -> Self {
        Self { missing: Mutex::new(missing), ..Self::default() }
    }

    pub(super) fn held_back(&self, address: &Address) -> Option<Head> {
        lock(&self.held_back).get(address).copied()
    }

    /// Readers see `head` at most, until it is released. A head already held back
    /// stays, since it is the earlier one.
    pub(super) fn hold_back(&self, address: Address, head: Head) {
        lock(&self.held_back).entry(address).or_insert(head);
    }

    /// Readers see all that is committed.
    pub(super) fn release(&self) {
        lock(&self.held_back).clear();
    }

    /// Readers see the former heads of these logs for good, since the commit
    /// did not happen; logs that were held back before stay so.
    pub(super) fn release_only(&self, addresses: impl Iterator<Item = Address>) {
        let mut held_back = lock(&self.held_back);
        for address in addresses {
            held_back.remove(&address);
        }
    }

    pub(super) fn missing(&self, address: &Address) -> Option<Acknowledged> {
        lock(&self.missing).get(address).copied()
    }

    pub(super) fn all_missing(&self) -> Heads {
        lock(&self.missing).clone()
    }

    pub(super) fn found(&self, address: &Address) {
        lock(&self.missing).remove(address);
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub(super) fn count_commit(&self, took: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn commits(&self) -> Commits {
        Commits {
            count: self.commits.load(Ordering::Relaxed),
            total: Duration::from_micros(self.commit_us.load(Ordering::Relaxed)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
