//! Changes: requests that passed the gate and are to be applied by a store.
//!
//! Everything that costs time without needing the latest state (hashing, checking
//! signatures) has been done when a change is made, so that the one thread that
//! writes is not held up.

use concerted_log::entry::{Entry, Head, Lane, Payload, Sealed, Sequence};
use concerted_log::id::{LockerId, MailboxId, TokenHash, VerifyingKeyBytes};
use concerted_log::message::{Announcement, Mail};
use concerted_log::{Address, SealedHash};

use crate::store::OpenBox;

/// One change.
#[derive(Clone, Debug)]
pub enum Change {
    /// Create an address.
    Create(CreateLog),
    /// Append entries.
    Append(AppendEntries),
    /// Add or renew a posting key and token.
    Announce(AnnounceKey),
    /// Take lost entries back.
    HandBack(TakeBack),
    /// Open a mailbox.
    OpenMailbox {
        /// Which.
        id: MailboxId,
        /// What it is to be.
        mailbox: OpenBox,
    },
    /// Put a message.
    PutMail {
        /// Where.
        id: MailboxId,
        /// The message.
        message: Vec<u8>,
        /// Most messages.
        most: u64,
        /// The relay's clock.
        now_ms: u64,
    },
    /// Close a mailbox.
    CloseMailbox {
        /// Which.
        id: MailboxId,
        /// Allows it.
        token: TokenHash,
        /// The relay's clock.
        now_ms: u64,
    },
    /// Put an item into a locker.
    PutLocker {
        /// Where.
        id: LockerId,
        /// The item.
        item: Vec<u8>,
    },
    /// Drop what has expired, at most so much at once.
    Sweep {
        /// The relay's clock.
        now_ms: u64,
        /// Most entries and most mailboxes.
        at_most: usize,
    },
}

impl Change {
    /// Roughly how many bytes it holds.
    pub fn bytes(&self) -> usize {
        let variable: usize = match self {
            Self::Append(append) => append.items.iter().map(|item| item.sealed.as_bytes().len() + 64).sum(),
            Self::HandBack(back) => back.entries.iter().map(|(entry, _)| payload_bytes(entry) + 128).sum(),
            Self::OpenMailbox { mailbox, .. } => mailbox.card.len(),
            Self::PutMail { message, .. } => message.len(),
            Self::PutLocker { item, .. } => item.len(),
            Self::Create(_) | Self::Announce(_) | Self::CloseMailbox { .. } | Self::Sweep { .. } => 0,
        };
        variable + 256
    }
}

fn payload_bytes(entry: &Entry) -> usize {
    match &entry.payload {
        Payload::Sealed(sealed) => sealed.as_bytes().len(),
        Payload::Hash(_) => 0,
    }
}

/// A new log.
#[derive(Clone, Debug)]
pub struct CreateLog {
    /// Where.
    pub address: Address,
    /// The first posting key and token.
    pub announcement: Announcement,
    /// How long talk is kept.
    pub talk_retention_ms: u64,
    /// The relay's clock.
    pub now_ms: u64,
}

/// Entries to be numbered.
#[derive(Clone, Debug)]
pub struct AppendEntries {
    /// Where.
    pub address: Address,
    /// What, in order.
    pub items: Vec<HashedItem>,
    /// Only if the log has this many entries.
    pub only_if_count: Option<u64>,
    /// Announced in the same step.
    pub announcement: Option<Announcement>,
    /// The accepted key that signed.
    pub posting_key: VerifyingKeyBytes,
    /// The relay's clock.
    pub now_ms: u64,
}

/// A sealed record with its hash.
#[derive(Clone, Debug)]
pub struct HashedItem {
    /// Epoch and class.
    pub lane: Lane,
    /// The record.
    pub sealed: Sealed,
    /// Its hash, computed here from the record.
    pub hash: SealedHash,
}

/// A posting key and token to be added or renewed.
#[derive(Clone, Debug)]
pub struct AnnounceKey {
    /// Where.
    pub address: Address,
    /// What.
    pub announcement: Announcement,
    /// The accepted key that signed.
    pub posting_key: VerifyingKeyBytes,
    /// The relay's clock.
    pub now_ms: u64,
}

/// Entries handed back, with their hashes.
#[derive(Clone, Debug)]
pub struct TakeBack {
    /// Where.
    pub address: Address,
    /// In order, with the hash of each sealed record computed here from it.
    pub entries: Vec<(Entry, SealedHash)>,
    /// The relay's clock.
    pub now_ms: u64,
}

/// What a change led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The entries have these numbers.
    Appended {
        /// In the order of the items.
        sequences: Vec<Sequence>,
        /// The log's head, at or after the last of them.
        head: Head,
    },
    /// So many entries and mailboxes were swept.
    Swept(usize),
}

/// What watchers are to hear once a change is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Entries were added at the end of a log.
    Entries {
        /// Where.
        address: Address,
        /// In order, never empty.
        entries: Vec<Entry>,
        /// The head they lead to.
        head: Head,
    },
    /// Lost entries were handed back; watchers are to read from where they are.
    Restored(Address),
    /// A message was put into a mailbox.
    Mail {
        /// Where.
        id: MailboxId,
        /// The message.
        mail: Mail,
    },
    /// A mailbox was closed.
    Closed(MailboxId),
}
