//! What the rules need of a store: one trait for looking, one for changing inside a
//! transaction, one for the store as a whole.
//!
//! Stores decide nothing. The rules decide over a [`View`], and change [`Tables`]
//! only once nothing can refuse the change any more. There is one conformance
//! suite, run against every store.

use concerted_log::entry::{Entry, Head, Lane, Payload, Sealed, Sequence};
use concerted_log::epoch::Epoch;
use concerted_log::id::{LockerId, MailboxId, TokenHash, VerifyingKeyBytes};
use concerted_log::message::{LockerBytes, Mail, Refusal};
use concerted_log::{Address, ChainHash, SealedHash};

use crate::change::{Change, Outcome};

/// The store is at fault, not the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// No space left; nothing was changed.
    #[error("no space is left for the store")]
    Full,
    /// Reading or writing failed.
    #[error("the store failed")]
    Broken,
    /// What was read is not what the relay wrote.
    #[error("the store holds something the relay did not write")]
    Corrupt,
}

impl From<StoreFault> for Refusal {
    fn from(_: StoreFault) -> Self {
        Refusal::Storage
    }
}

/// A log, without its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// How far it goes. Every entry up to it is durable, and its number is recorded
    /// where no restored backup changes it.
    pub head: Head,
    /// How long talk is kept, in milliseconds.
    pub talk_retention_ms: u64,
    /// Hash of what the log was created with, to tell a repeated request.
    pub created_as: [u8; 32],
}

/// A posting key of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostingKey {
    /// The key.
    pub key: VerifyingKeyBytes,
    /// When it was last announced.
    pub announced_ms: u64,
    /// The key that was last announced under it.
    pub handed_on_to: Option<VerifyingKeyBytes>,
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub sequence: Sequence,
    /// The relay's time when it was stored.
    pub time_ms: u64,
    /// Epoch and class.
    pub lane: Lane,
    /// The hash of the sealed record.
    pub sealed_hash: SealedHash,
    /// The chain up to this entry.
    pub chain: ChainHash,
    /// The sealed record, unless it has expired.
    pub sealed: Option<Sealed>,
}

impl StoredEntry {
    /// The head of the log that ends here.
    pub fn head(&self) -> Head {
        Head { count: self.sequence.get(), time_ms: self.time_ms, chain: self.chain }
    }

    /// As it is handed out to a reader whose token reaches `reach`.
    pub fn into_entry(self, reach: Epoch) -> Entry {
        let payload = match self.sealed {
            Some(sealed) if self.lane.epoch <= reach => Payload::Sealed(sealed),
            _ => Payload::Hash(self.sealed_hash),
        };
        Entry { sequence: self.sequence, time_ms: self.time_ms, lane: self.lane, payload }
    }
}

/// A head that was acknowledged and that the store does not reach any more, because
/// it was restored from an older backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Entries acknowledged.
    pub count: u64,
    /// The chain over them.
    pub chain: ChainHash,
}

/// A mailbox, without its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mailbox {
    /// It is open, unless its time is over.
    Open(OpenBox),
    /// It was closed, or its time is over. The place is never used again, so that
    /// nobody who knows an old link can set up a mailbox of their own behind it.
    Closed,
}

/// A mailbox while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBox {
    /// Opens reading and closing.
    pub token: TokenHash,
    /// Shown to whoever asks.
    pub card: Vec<u8>,
    /// How long it was to be open, as the request said.
    pub open_ms: u64,
    /// When its time is over.
    pub closes_ms: u64,
}

/// How much of something to read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Most entries.
    pub entries: usize,
    /// Stop after the entry with which the sealed records reach this many bytes.
    pub bytes: usize,
}

/// Looking at a store.
pub trait View {
    /// The log at an address.
    fn log(&self, address: &Address) -> Result<Option<Log>, StoreFault>;

    /// The head that is missing at an address, if one is.
    fn missing(&self, address: &Address) -> Result<Option<Acknowledged>, StoreFault>;

    /// A posting key, lapsed or not.
    fn posting_key(
        &self,
        address: &Address,
        key: &VerifyingKeyBytes,
    ) -> Result<Option<PostingKey>, StoreFault>;

    /// The posting keys announced after `since_ms`.
    fn posting_keys(&self, address: &Address, since_ms: u64) -> Result<Vec<PostingKey>, StoreFault>;

    /// The epoch a token reaches.
    fn token(&self, address: &Address, token: &TokenHash) -> Result<Option<Epoch>, StoreFault>;

    /// The number of the entry with this sealed record.
    fn number_of(&self, address: &Address, sealed: &SealedHash) -> Result<Option<Sequence>, StoreFault>;

    /// Entries numbered above `after` and up to `last`, in order.
    fn entries(
        &self,
        address: &Address,
        after: u64,
        last: u64,
        limit: PageLimit,
    ) -> Result<Vec<StoredEntry>, StoreFault>;

    /// A mailbox, open or closed.
    fn mailbox(&self, id: &MailboxId) -> Result<Option<Mailbox>, StoreFault>;

    /// The messages of an open mailbox numbered above `after`, in order.
    fn mail(&self, id: &MailboxId, after: u64) -> Result<Vec<Mail>, StoreFault>;

    /// How many messages an open mailbox holds.
    fn mail_count(&self, id: &MailboxId) -> Result<u64, StoreFault>;

    /// Whether an open mailbox holds exactly this message.
    fn has_mail(&self, id: &MailboxId, message: &[u8]) -> Result<bool, StoreFault>;

    /// All items of a locker, oldest first; empty if it does not exist.
    fn locker(&self, id: &LockerId) -> Result<Vec<LockerBytes>, StoreFault>;
}

/// Changing a store. What is changed becomes visible and durable all at once, when
/// the rules are done with the request, or not at all.
pub trait Tables: View {
    /// Creates a log.
    fn create_log(&mut self, address: &Address, log: &Log) -> Result<(), StoreFault>;

    /// Adds entries right after the head of a log; the last one becomes its head.
    fn push_entries(&mut self, address: &Address, entries: &[StoredEntry]) -> Result<(), StoreFault>;

    /// Nothing is missing at an address any more.
    fn found(&mut self, address: &Address) -> Result<(), StoreFault>;

    /// Adds or replaces a posting key.
    fn put_posting_key(&mut self, address: &Address, key: &PostingKey) -> Result<(), StoreFault>;

    /// Adds a token, or gives it another reach.
    fn put_token(&mut self, address: &Address, token: &TokenHash, reach: Epoch) -> Result<(), StoreFault>;

    /// Drops at most `at_most` sealed records of class talk whose time was over at
    /// `now_ms`, keeping their hashes; answers how many.
    fn expire_talk(&mut self, now_ms: u64, at_most: usize) -> Result<usize, StoreFault>;

    /// Opens a mailbox where none ever was.
    fn open_mailbox(&mut self, id: &MailboxId, mailbox: &OpenBox) -> Result<(), StoreFault>;

    /// Adds a message, numbered by the caller.
    fn push_mail(&mut self, id: &MailboxId, mail: &Mail) -> Result<(), StoreFault>;

    /// Closes a mailbox and deletes its content.
    fn close_mailbox(&mut self, id: &MailboxId) -> Result<(), StoreFault>;

    /// At most `at_most` open mailboxes whose time was over at `now_ms`.
    fn overdue_mailboxes(&self, now_ms: u64, at_most: usize) -> Result<Vec<MailboxId>, StoreFault>;

    /// Adds an item to a locker.
    fn push_locker(&mut self, id: &LockerId, item: &[u8]) -> Result<(), StoreFault>;
}

/// A store, shared by all threads.
pub trait Store: Send + Sync {
    /// Looks at what is durable.
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T, StoreFault>) -> Result<T, StoreFault>;

    /// Applies a change, and returns when it is durable.
    fn write(&self, change: Change) -> Result<Outcome, Refusal>;
}
