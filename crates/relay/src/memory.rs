//! A store in memory: for tests and simulations.
//!
//! It holds everything behind one lock. "Durable" means nothing here; what a real
//! store does after a restore from an old backup can be played with
//! [`MemoryStore::forget_after`].

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use concerted_log::entry::{ExpiryClass, Head, Sequence};
use concerted_log::epoch::Epoch;
use concerted_log::id::{LockerId, MailboxId, TokenHash, VerifyingKeyBytes};
use concerted_log::message::{LockerBytes, Mail, Refusal};
use concerted_log::{Address, SealedHash};

use crate::change::{Change, Outcome};
use crate::rules;
use crate::store::{
    Acknowledged, Log, Mailbox, OpenBox, PageLimit, PostingKey, Store, StoreFault, StoredEntry, Tables, View,
};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<MemoryTables>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the entries after the first `count` at an address, as a restore from
    /// an old backup would. That they were acknowledged is not forgotten.
    pub fn forget_after(&self, address: &Address, count: u64) {
        let mut tables = self.lock();
        let Some(there) = tables.logs.get_mut(address) else { return };
        let head = there.log.head;
        if count >= head.count {
            return;
        }
        there.missing.get_or_insert(Acknowledged { count: head.count, chain: head.chain });
        there.entries.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        there.log.head = there.entries.last().map_or_else(|| Head::empty(address), StoredEntry::head);
        there.numbers.retain(|_, number| number.get() <= count);
    }

    fn lock(&self) -> MutexGuard<'_, MemoryTables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        look(&*self.lock())
    }

    fn write(&self, change: Change) -> Result<Outcome, Refusal> {
        Ok(rules::apply(&mut *self.lock(), change)?.outcome)
    }
}

#[derive(Debug, Default)]
struct MemoryTables {
    logs: BTreeMap<Address, MemoryLog>,
    mailboxes: BTreeMap<MailboxId, (Mailbox, Vec<Mail>)>,
    lockers: BTreeMap<LockerId, Vec<LockerBytes>>,
}

#[derive(Debug)]
struct MemoryLog {
    log: Log,
    missing: Option<Acknowledged>,
    entries: Vec<StoredEntry>,
    numbers: BTreeMap<SealedHash, Sequence>,
    posting_keys: BTreeMap<VerifyingKeyBytes, PostingKey>,
    tokens: BTreeMap<TokenHash, Epoch>,
}

impl MemoryTables {
    /// The log that the rules have just looked at.
    fn there(&mut self, address: &Address) -> Result<&mut MemoryLog, StoreFault> {
        self.logs.get_mut(address).ok_or(StoreFault::Corrupt)
    }
}

impl View for MemoryTables {
    fn log(&self, address: &Address) -> Result<Option<Log>, StoreFault> {
        Ok(self.logs.get(address).map(|there| there.log))
    }

    fn missing(&self, address: &Address) -> Result<Option<Acknowledged>, StoreFault> {
        Ok(self.logs.get(address).and_then(|there| there.missing))
    }

    fn posting_key(
        &self,
        address: &Address,
        key: &VerifyingKeyBytes,
    ) -> Result<Option<PostingKey>, StoreFault> {
        Ok(self.logs.get(address).and_then(|there| there.posting_keys.get(key).copied()))
    }

    fn posting_keys(&self, address: &Address, since_ms: u64) -> Result<Vec<PostingKey>, StoreFault> {
        let Some(there) = self.logs.get(address) else { return Ok(Vec::new()) };
        Ok(there.posting_keys.values().filter(|key| key.announced_ms >= since_ms).copied().collect())
    }

    fn token(&self, address: &Address, token: &TokenHash) -> Result<Option<Epoch>, StoreFault> {
        Ok(self.logs.get(address).and_then(|there| there.tokens.get(token).copied()))
    }

    fn number_of(&self, address: &Address, sealed: &SealedHash) -> Result<Option<Sequence>, StoreFault> {
        Ok(self.logs.get(address).and_then(|there| there.numbers.get(sealed).copied()))
    }

    fn entries(
        &self,
        address: &Address,
        after: u64,
        last: u64,
        limit: PageLimit,
    ) -> Result<Vec<StoredEntry>, StoreFault> {
        let Some(there) = self.logs.get(address) else { return Ok(Vec::new()) };
        let (skip, take) = (usize::try_from(after).unwrap_or(usize::MAX), limit.entries);
        let (mut out, mut bytes) = (Vec::new(), 0);
        for entry in there.entries.iter().skip(skip).take(take) {
            if entry.sequence.get() > last || bytes >= limit.bytes {
                break;
            }
            bytes += entry.sealed.as_ref().map_or(0, |sealed| sealed.as_bytes().len());
            out.push(entry.clone());
        }
        Ok(out)
    }

    fn mailbox(&self, id: &MailboxId) -> Result<Option<Mailbox>, StoreFault> {
        Ok(self.mailboxes.get(id).map(|(mailbox, _)| mailbox.clone()))
    }

    fn mail(&self, id: &MailboxId, after: u64) -> Result<Vec<Mail>, StoreFault> {
        let Some((_, mail)) = self.mailboxes.get(id) else { return Ok(Vec::new()) };
        Ok(mail.iter().filter(|mail| mail.number > after).cloned().collect())
    }

    fn mail_count(&self, id: &MailboxId) -> Result<u64, StoreFault> {
        Ok(self.mailboxes.get(id).map_or(0, |(_, mail)| u64::try_from(mail.len()).unwrap_or(u64::MAX)))
    }

    fn has_mail(&self, id: &MailboxId, message: &[u8]) -> Result<bool, StoreFault> {
        let Some((_, mail)) = self.mailboxes.get(id) else { return Ok(false) };
        Ok(mail.iter().any(|mail| mail.message == message))
    }

    fn locker(&self, id: &LockerId) -> Result<Vec<LockerBytes>, StoreFault> {
        Ok(self.lockers.get(id).cloned().unwrap_or_default())
    }
}

impl Tables for MemoryTables {
    fn create_log(&mut self, address: &Address, log: &Log) -> Result<(), StoreFault> {
        let there = MemoryLog {
            log: *log,
            missing: None,
            entries: Vec::new(),
            numbers: BTreeMap::new(),
            posting_keys: BTreeMap::new(),
            tokens: BTreeMap::new(),
        };
        self.logs.insert(*address, there);
        Ok(())
    }

    fn push_entries(&mut self, address: &Address, entries: &[StoredEntry]) -> Result<(), StoreFault> {
        let there = self.there(address)?;
        for entry in entries {
            there.numbers.insert(entry.sealed_hash, entry.sequence);
            there.log.head = entry.head();
            there.entries.push(entry.clone());
        }
        Ok(())
    }

    fn found(&mut self, address: &Address) -> Result<(), StoreFault> {
        self.there(address)?.missing = None;
        Ok(())
    }

    fn put_posting_key(&mut self, address: &Address, key: &PostingKey) -> Result<(), StoreFault> {
        self.there(address)?.posting_keys.insert(key.key, *key);
        Ok(())
    }

    fn put_token(&mut self, address: &Address, token: &TokenHash, reach: Epoch) -> Result<(), StoreFault> {
        self.there(address)?.tokens.insert(*token, reach);
        Ok(())
    }

    fn expire_talk(&mut self, now_ms: u64, at_most: usize) -> Result<usize, StoreFault> {
        let overdue = self.logs.values_mut().flat_map(|there| {
            let retention_ms = there.log.talk_retention_ms;
            there.entries.iter_mut().filter(move |entry| {
                entry.lane.class == ExpiryClass::Talk
                    && entry.sealed.is_some()
                    && entry.time_ms.saturating_add(retention_ms) <= now_ms
            })
        });
        Ok(overdue.take(at_most).map(|entry| entry.sealed = None).count())
    }

    fn open_mailbox(&mut self, id: &MailboxId, mailbox: &OpenBox) -> Result<(), StoreFault> {
        self.mailboxes.insert(*id, (Mailbox::Open(mailbox.clone()), Vec::new()));
        Ok(())
    }

    fn push_mail(&mut self, id: &MailboxId, mail: &Mail) -> Result<(), StoreFault> {
        let (_, messages) = self.mailboxes.get_mut(id).ok_or(StoreFault::Corrupt)?;
        messages.push(mail.clone());
        Ok(())
    }

    fn close_mailbox(&mut self, id: &MailboxId) -> Result<(), StoreFault> {
        self.mailboxes.insert(*id, (Mailbox::Closed, Vec::new()));
        Ok(())
    }

    fn overdue_mailboxes(&self, now_ms: u64, at_most: usize) -> Result<Vec<MailboxId>, StoreFault> {
        let overdue = self
            .mailboxes
            .iter()
            .filter(|(_, (mailbox, _))| matches!(mailbox, Mailbox::Open(open) if open.closes_ms <= now_ms));
        Ok(overdue.take(at_most).map(|(id, _)| *id).collect())
    }

    fn push_locker(&mut self, id: &LockerId, item: &[u8]) -> Result<(), StoreFault> {
        self.lockers.entry(*id).or_default().push(LockerBytes(item.to_vec()));
        Ok(())
    }
}
