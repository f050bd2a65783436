//! The chain of events: what the next event must say of those before it.
//!
//! Reader and writer hold the same chain, so that they agree on it.

use super::event::{Event, EventType};
use super::record::Octal;
use crate::check::{Check, Failure, Place};

/// An archive up to one of its events, and all that is needed to go on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    timestamp: Octal,
    kind: EventType,
    hash: [u8; 32],
    height: u64,
    size: u64,
}

impl Tip {
    /// The last event's hash. It stands for all before it too.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The last event's height: how many are before it.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The last event's type.
    pub fn kind(&self) -> EventType {
        self.kind
    }

    /// The archive's size in bytes up to here.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// The events so far, possibly none.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    timestamp: Octal,
    /// Of the archive so far, in bytes.
    size: u64,
    last: Option<Tip>,
}

impl Chain {
    /// An archive of `size` bytes, without an event yet.
    pub(super) fn new(timestamp: Octal, size: u64) -> Self {
        Self { timestamp, size, last: None }
    }

    pub(super) fn timestamp(&self) -> Octal {
        self.timestamp
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn tip(&self) -> Option<Tip> {
        self.last
    }

    pub(super) fn last(&self) -> Option<EventType> {
        self.last.map(|tip| tip.kind)
    }

    /// The next event's height.
    pub(super) fn height(&self) -> u64 {
        self.last.map_or(0, |tip| tip.height + 1)
    }

    /// The next event, if it is of this type.
    pub(super) fn next(&self, kind: EventType, payload: Option<[u8; 32]>) -> Result<Event, Failure> {
        let height = self.height();
        // B-007
        if !kind.may_follow(self.last()) {
            return Err(Check::EventOrder.at(Place::Event(height)));
        }
        Ok(Event { parent: self.last.map(|tip| tip.hash), height, kind, payload })
    }

    /// Appends what [`Chain::next`] gave, after which the archive has `size` bytes.
    pub(super) fn push(&mut self, event: &Event, hash: [u8; 32], size: u64) {
        let Event { kind, height, .. } = *event;
        self.size = size;
        self.last = Some(Tip { timestamp: self.timestamp, kind, hash, height, size });
    }
}

impl From<Tip> for Chain {
    fn from(tip: Tip) -> Self {
        Self { timestamp: tip.timestamp, size: tip.size, last: Some(tip) }
    }
}
