//! Entries as they are pushed to watchers: encoded once for all who may see the
//! same of them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use axum::body::Bytes;
use concerted_log::entry::{Entry, Payload};
use concerted_log::epoch::Epoch;
use concerted_log::message::{Page, ServerFrame};
use concerted_log::{Address, cbor};

/// New entries of one log.
pub(super) struct LiveEntries {
    address: Address,
    page: Page,
    /// Frames by the number of epochs in them that the watcher reaches.
    frames: RefCell<BTreeMap<usize, Bytes>>,
    /// The epochs of the entries, ascending.
    epochs: Vec<Epoch>,
}

impl LiveEntries {
    /// The page holds all entries whole, and at least one.
    pub(super) fn new(address: Address, page: Page) -> Self {
        let mut epochs: Vec<Epoch> = page.entries.iter().map(|entry| entry.lane.epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        Self { address, page, frames: RefCell::default(), epochs }
    }

    pub(super) fn first(&self) -> u64 {
        self.page.entries.first().map_or(0, |entry| entry.sequence.get())
    }

    pub(super) fn last(&self) -> u64 {
        self.page.entries.last().map_or(0, |entry| entry.sequence.get())
    }

    /// The frame for a watcher who reaches `reach`.
    pub(super) fn frame(&self, reach: Epoch) -> Bytes {
        let reached = self.epochs.partition_point(|epoch| *epoch <= reach);
        let mut frames = self.frames.borrow_mut();
        frames.entry(reached).or_insert_with(|| self.encode(reach)).clone()
    }

    fn encode(&self, reach: Epoch) -> Bytes {
        let visible = |entry: &Entry| match entry.lane.epoch <= reach {
            true => entry.clone(),
            false => Entry { payload: Payload::Hash(entry.sealed_hash()), ..entry.clone() },
        };
        let entries = self.page.entries.iter().map(visible).collect();
        let page = Page { entries, receipt: self.page.receipt, count: self.page.count };
        Bytes::from(cbor::encode(&ServerFrame::Entries(self.address, page)))
    }
}
