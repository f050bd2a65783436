//! Who watches what, and handing them what is new.
//!
//! News comes from one thread, in the order in which it became durable. Each frame
//! is encoded once and shared by all who may see it. Each connection has one queue,
//! bounded in bytes: whoever reads too slowly is told so, and their watch ends.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use concerted_log::epoch::Epoch;
use concerted_log::id::MailboxId;
use concerted_log::message::{Refusal, ServerFrame};
use concerted_log::{Address, cbor};
use tokio::sync::mpsc;

use crate::server::live::LiveEntries;
use crate::server::metrics::Metrics;

/// What an item in a queue costs besides its frame.
const ITEM_BYTES: usize = 160;

/// All watches.
#[derive(Default)]
pub(super) struct Hub {
    logs: Watchers<Address>,
    mailboxes: Watchers<MailboxId>,
}

/// A watch of one connection on one log or mailbox.
#[derive(Clone)]
pub(super) struct Watcher {
    /// Tells this watch from an earlier one of the same connection.
    pub(super) watch: u64,
    /// Up to which epoch the watcher sees entries whole; not used for mailboxes.
    pub(super) reach: Epoch,
    /// Where frames go.
    pub(super) queue: Arc<Queue>,
}

/// What waits for a connection to send it.
pub(super) enum Pushed {
    /// The answer to a call.
    Answer(Bytes),
    /// New entries of a log, numbered `first` to `last`.
    Entries { address: Address, watch: u64, first: u64, last: u64, frame: Bytes },
    /// The watch of a log has ended, and is to be begun again from where it is.
    Refetch { address: Address, watch: u64 },
    /// A new message in a mailbox.
    Mail { id: MailboxId, watch: u64, number: u64, frame: Bytes },
    /// The watch of a mailbox has ended.
    MailEnded { id: MailboxId, watch: u64, refusal: Refusal },
}

/// A connection's queue.
pub(super) struct Queue {
    sender: mpsc::UnboundedSender<Pushed>,
    unsent_bytes: AtomicUsize,
    unsent_bytes_max: usize,
}

impl Queue {
    pub(super) fn new(unsent_bytes_max: usize) -> (Arc<Self>, mpsc::UnboundedReceiver<Pushed>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Arc::new(Self { sender, unsent_bytes: AtomicUsize::new(0), unsent_bytes_max }), receiver)
    }

    /// Queues something that must come through: there is at most one of it for each
    /// watch and each call, and both are bounded.
    pub(super) fn push(&self, pushed: Pushed) {
        self.unsent_bytes.fetch_add(pushed.bytes(), Ordering::Relaxed);
        // A connection that is gone needs nothing any more.
        let _ = self.sender.send(pushed);
    }

    /// Queues something if there is room.
    fn offer(&self, pushed: Pushed) -> bool {
        if self.unsent_bytes.load(Ordering::Relaxed) >= self.unsent_bytes_max {
            return false;
        }
        self.push(pushed);
        true
    }

    /// Something was taken from the queue and sent.
    pub(super) fn sent(&self, bytes: usize) {
        self.unsent_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Pushed {
    /// What it counts for in the queue.
    pub(super) fn bytes(&self) -> usize {
        ITEM_BYTES
            + match self {
                Self::Answer(frame) | Self::Entries { frame, .. } | Self::Mail { frame, .. } => frame.len(),
                Self::Refetch { .. } | Self::MailEnded { .. } => 0,
            }
    }
}

impl Hub {
    pub(super) fn watch_log(&self, address: Address, watcher: Watcher) {
        self.logs.add(address, watcher);
    }

    pub(super) fn unwatch_log(&self, address: &Address, queue: &Arc<Queue>) {
        self.logs.remove(address, queue);
    }

    pub(super) fn watch_mailbox(&self, id: MailboxId, watcher: Watcher) {
        self.mailboxes.add(id, watcher);
    }

    pub(super) fn unwatch_mailbox(&self, id: &MailboxId, queue: &Arc<Queue>) {
        self.mailboxes.remove(id, queue);
    }

    /// Whether anybody watches a log: otherwise nothing need be signed and encoded.
    pub(super) fn is_watched(&self, address: &Address) -> bool {
        self.logs.any(address)
    }

    pub(super) fn entries(&self, address: Address, live: &LiveEntries, metrics: &Metrics) {
        let (first, last) = (live.first(), live.last());
        self.logs.for_each(&address, |Watcher { watch, reach, queue }| {
            let frame = live.frame(*reach);
            let kept = queue.offer(Pushed::Entries { address, watch: *watch, first, last, frame });
            if kept {
                metrics.frames_pushed.add(1);
            } else {
                metrics.watches_too_slow.add(1);
                queue.push(Pushed::Refetch { address, watch: *watch });
            }
            kept
        });
    }

    pub(super) fn refetch(&self, address: Address) {
        self.logs.for_each(&address, |Watcher { watch, queue, .. }| {
            queue.push(Pushed::Refetch { address, watch: *watch });
            false
        });
    }

    pub(super) fn mail(&self, id: MailboxId, mail: concerted_log::message::Mail, metrics: &Metrics) {
        let number = mail.number;
        let frame = Bytes::from(cbor::encode(&ServerFrame::Mail(id, vec![mail])));
        self.mailboxes.for_each(&id, |Watcher { watch, queue, .. }| {
            let kept = queue.offer(Pushed::Mail { id, watch: *watch, number, frame: frame.clone() });
            if !kept {
                metrics.watches_too_slow.add(1);
                queue.push(Pushed::MailEnded { id, watch: *watch, refusal: Refusal::Busy(1000) });
            }
            kept
        });
    }

    pub(super) fn mailbox_closed(&self, id: MailboxId) {
        self.mailboxes.for_each(&id, |Watcher { watch, queue, .. }| {
            queue.push(Pushed::MailEnded { id, watch: *watch, refusal: Refusal::NotFound });
            false
        });
    }
}

/// Watchers by what they watch; never an empty list.
struct Watchers<K>(Mutex<HashMap<K, Vec<Watcher>>>);

impl<K> Default for Watchers<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> Watchers<K> {
    /// Adds a watcher in place of an earlier one of the same connection.
    fn add(&self, key: K, watcher: Watcher) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there = all.entry(key).or_default();
        there.retain(|other| !Arc::ptr_eq(&other.queue, &watcher.queue));
        there.push(watcher);
    }

    fn remove(&self, key: &K, queue: &Arc<Queue>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(there) = all.get_mut(key) else { return };
        there.retain(|other| !Arc::ptr_eq(&other.queue, queue));
        if there.is_empty() {
            all.remove(key);
        }
    }

    fn any(&self, key: &K) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Visits the watchers; those for which `visit` is false are removed.
    fn for_each(&self, key: &K, visit: impl FnMut(&Watcher) -> bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(there) = all.get_mut(key) else { return };
        there.retain(visit);
        if there.is_empty() {
            all.remove(key);
        }
    }
}
