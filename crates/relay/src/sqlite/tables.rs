//! The rules' view of the database, over one connection.
//!
//! A reader sees a log only up to its *published* head: the one that is durable and
//! recorded in the head file. The writer sees what it has written itself.

use concerted_log::entry::{ExpiryClass, Head, Lane, Sealed, Sequence};
use concerted_log::epoch::Epoch;
use concerted_log::id::{LockerId, MailboxId, TokenHash, VerifyingKeyBytes};
use concerted_log::message::{LockerBytes, Mail};
use concerted_log::{Address, ChainHash, SealedHash};
use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::sqlite::shared::Shared;
use crate::store::{
    Acknowledged, Log, Mailbox, OpenBox, PageLimit, PostingKey, StoreFault, StoredEntry, Tables, View,
};

/// The tables, for looking or, in the writer's transaction, for changing.
pub(super) struct SqliteTables<'a> {
    connection: &'a Connection,
    shared: &'a Shared,
    /// What the current change has touched; `None` for readers.
    touched: Option<Touched>,
}

/// What a change has touched besides the tables.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// For each log that grew: its head before and after.
    pub(super) grown: Vec<(Address, Head, Head)>,
    /// Logs whose missing entries were handed back.
    pub(super) found: Vec<Address>,
}

impl<'a> SqliteTables<'a> {
    pub(super) fn reading(connection: &'a Connection, shared: &'a Shared) -> Self {
        Self { connection, shared, touched: None }
    }

    pub(super) fn writing(connection: &'a Connection, shared: &'a Shared) -> Self {
        Self { connection, shared, touched: Some(Touched::default()) }
    }

    pub(super) fn into_touched(self) -> Touched {
        self.touched.unwrap_or_default()
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Option<T>, StoreFault> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, StoreFault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_map(params, read)?.collect::<Result<_, _>>()?)
    }

    fn change(&mut self, sql: &str, params: impl Params) -> Result<usize, StoreFault> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    fn log_id(&self, address: &Address) -> Result<Option<i64>, StoreFault> {
        self.one("SELECT id FROM logs WHERE address = ?1", [address.as_bytes()], |row| row.get(0))
    }

    /// The id of a log that the rules have just looked at.
    fn existing(&self, address: &Address) -> Result<i64, StoreFault> {
        self.log_id(address)?.ok_or(StoreFault::Corrupt)
    }
}

impl View for SqliteTables<'_> {
    fn log(&self, address: &Address) -> Result<Option<Log>, StoreFault> {
        let sql = "SELECT count, time_ms, chain, talk_retention_ms, created_as FROM logs WHERE address = ?1";
        let stored = self.one(sql, [address.as_bytes()], |row| {
            let head = Head { count: number(row, 0)?, time_ms: number(row, 1)?, chain: chain(row, 2)? };
            Ok(Log { head, talk_retention_ms: number(row, 3)?, created_as: row.get(4)? })
        })?;
        let Some(log) = stored else { return Ok(None) };
        // In this order: a head that is not held back any more after the database
        // was read was published before.
        let published = match self.touched {
            None => self.shared.held_back(address).unwrap_or(log.head),
            Some(_) => log.head,
        };
        Ok(Some(Log { head: published, ..log }))
    }

    fn missing(&self, address: &Address) -> Result<Option<Acknowledged>, StoreFault> {
        let found = self.touched.as_ref().is_some_and(|touched| touched.found.contains(address));
        Ok(if found { None } else { self.shared.missing(address) })
    }

    fn posting_key(
        &self,
        address: &Address,
        key: &VerifyingKeyBytes,
    ) -> Result<Option<PostingKey>, StoreFault> {
        let sql = "SELECT key, announced_ms, handed_on_to FROM posting_keys
            WHERE log = (SELECT id FROM logs WHERE address = ?1) AND key = ?2";
        self.one(sql, (address.as_bytes(), key.as_bytes()), posting_key)
    }

    fn posting_keys(&self, address: &Address, since_ms: u64) -> Result<Vec<PostingKey>, StoreFault> {
        let sql = "SELECT key, announced_ms, handed_on_to FROM posting_keys
            WHERE log = (SELECT id FROM logs WHERE address = ?1) AND announced_ms >= ?2";
        self.all(sql, (address.as_bytes(), signed(since_ms)), posting_key)
    }

    fn token(&self, address: &Address, token: &TokenHash) -> Result<Option<Epoch>, StoreFault> {
        let sql = "SELECT reach FROM tokens
            WHERE log = (SELECT id FROM logs WHERE address = ?1) AND token = ?2";
        self.one(sql, (address.as_bytes(), token.as_bytes()), |row| epoch(row, 0))
    }

    fn number_of(&self, address: &Address, sealed: &SealedHash) -> Result<Option<Sequence>, StoreFault> {
        let sql = "SELECT sequence FROM entries
            WHERE log = (SELECT id FROM logs WHERE address = ?1) AND hash_start = ?2 AND hash = ?3";
        self.one(sql, (address.as_bytes(), hash_start(sealed), sealed.as_bytes()), |row| sequence(row, 0))
    }

    fn entries(
        &self,
        address: &Address,
        after: u64,
        last: u64,
        limit: PageLimit,
    ) -> Result<Vec<StoredEntry>, StoreFault> {
        let sql = "SELECT sequence, time_ms, epoch, class, hash, chain, sealed FROM entries
            WHERE log = (SELECT id FROM logs WHERE address = ?1) AND sequence > ?2 AND sequence <= ?3
            ORDER BY sequence LIMIT ?4";
        let most = i64::try_from(limit.entries).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query((address.as_bytes(), signed(after), signed(last), most))?;
        let (mut out, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()?
            && bytes < limit.bytes
        {
            let entry = stored_entry(row)?;
            if let Some(sealed) = &entry.sealed {
                bytes += sealed.as_bytes().len();
                if sealed.hash() != entry.sealed_hash {
                    return Err(StoreFault::Corrupt);
                }
            }
            out.push(entry);
        }
        Ok(out)
    }

    fn mailbox(&self, id: &MailboxId) -> Result<Option<Mailbox>, StoreFault> {
        let sql = "SELECT token, card, open_ms, closes_ms FROM mailboxes WHERE id = ?1";
        self.one(sql, [id.as_bytes()], |row| {
            let Some(token) = row.get::<_, Option<[u8; 32]>>(0)? else {
                return Ok(Mailbox::Closed);
            };
            Ok(Mailbox::Open(OpenBox {
                token: TokenHash::new(token),
                card: row.get(1)?,
                open_ms: number(row, 2)?,
                closes_ms: number(row, 3)?,
            }))
        })
    }

    fn mail(&self, id: &MailboxId, after: u64) -> Result<Vec<Mail>, StoreFault> {
        let sql = "SELECT number, message FROM mail WHERE mailbox = ?1 AND number > ?2 ORDER BY number";
        self.all(sql, (id.as_bytes(), signed(after)), |row| {
            Ok(Mail { number: number(row, 0)?, message: row.get(1)? })
        })
    }

    fn mail_count(&self, id: &MailboxId) -> Result<u64, StoreFault> {
        let sql = "SELECT count(*) FROM mail WHERE mailbox = ?1";
        Ok(self.one(sql, [id.as_bytes()], |row| number(row, 0))?.unwrap_or(0))
    }

    fn has_mail(&self, id: &MailboxId, message: &[u8]) -> Result<bool, StoreFault> {
        let sql = "SELECT 1 FROM mail WHERE mailbox = ?1 AND message = ?2";
        Ok(self.one(sql, (id.as_bytes(), message), |_| Ok(()))?.is_some())
    }

    fn locker(&self, id: &LockerId) -> Result<Vec<LockerBytes>, StoreFault> {
        let sql = "SELECT item FROM locker_items WHERE locker = ?1 ORDER BY number";
        self.all(sql, [id.as_bytes()], |row| row.get(0).map(LockerBytes))
    }
}

impl Tables for SqliteTables<'_> {
    fn create_log(&mut self, address: &Address, log: &Log) -> Result<(), StoreFault> {
        let sql = "INSERT INTO logs (address, count, time_ms, chain, talk_retention_ms, created_as)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Log { head, talk_retention_ms, created_as } = log;
        let (count, time_ms) = (signed(head.count), signed(head.time_ms));
        let retention = signed(*talk_retention_ms);
        self.change(sql, (address.as_bytes(), count, time_ms, head.chain.as_bytes(), retention, created_as))?;
        Ok(())
    }

    fn push_entries(&mut self, address: &Address, entries: &[StoredEntry]) -> Result<(), StoreFault> {
        let (id, before) = (self.existing(address)?, self.log(address)?.ok_or(StoreFault::Corrupt)?);
        let Some(head) = entries.last().map(StoredEntry::head) else { return Ok(()) };
        for entry in entries {
            self.push_entry(id, before.talk_retention_ms, entry)?;
        }
        let sql = "UPDATE logs SET count = ?2, time_ms = ?3, chain = ?4 WHERE id = ?1";
        self.change(sql, (id, signed(head.count), signed(head.time_ms), head.chain.as_bytes()))?;
        if let Some(touched) = &mut self.touched {
            touched.grown.push((*address, before.head, head));
        }
        Ok(())
    }

    fn found(&mut self, address: &Address) -> Result<(), StoreFault> {
        if let Some(touched) = &mut self.touched {
            touched.found.push(*address);
        }
        Ok(())
    }

    fn put_posting_key(&mut self, address: &Address, key: &PostingKey) -> Result<(), StoreFault> {
        let sql = "INSERT OR REPLACE INTO posting_keys (log, key, announced_ms, handed_on_to)
            VALUES (?1, ?2, ?3, ?4)";
        let handed_on_to = key.handed_on_to.as_ref().map(VerifyingKeyBytes::as_bytes);
        let id = self.existing(address)?;
        self.change(sql, (id, key.key.as_bytes(), signed(key.announced_ms), handed_on_to))?;
        Ok(())
    }

    fn put_token(&mut self, address: &Address, token: &TokenHash, reach: Epoch) -> Result<(), StoreFault> {
        let sql = "INSERT OR REPLACE INTO tokens (log, token, reach) VALUES (?1, ?2, ?3)";
        let id = self.existing(address)?;
        self.change(sql, (id, token.as_bytes(), reach.get()))?;
        Ok(())
    }

    fn expire_talk(&mut self, now_ms: u64, at_most: usize) -> Result<usize, StoreFault> {
        let sql = "UPDATE entries SET sealed = NULL, expires_ms = NULL WHERE id IN
            (SELECT id FROM entries WHERE expires_ms <= ?1 LIMIT ?2)";
        self.change(sql, (signed(now_ms), i64::try_from(at_most).unwrap_or(i64::MAX)))
    }

    fn open_mailbox(&mut self, id: &MailboxId, mailbox: &OpenBox) -> Result<(), StoreFault> {
        let sql = "INSERT INTO mailboxes (id, token, card, open_ms, closes_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        let OpenBox { token, card, open_ms, closes_ms } = mailbox;
        self.change(sql, (id.as_bytes(), token.as_bytes(), card, signed(*open_ms), signed(*closes_ms)))?;
        Ok(())
    }

    fn push_mail(&mut self, id: &MailboxId, mail: &Mail) -> Result<(), StoreFault> {
        let sql = "INSERT INTO mail (mailbox, number, message) VALUES (?1, ?2, ?3)";
        self.change(sql, (id.as_bytes(), signed(mail.number), &mail.message))?;
        Ok(())
    }

    fn close_mailbox(&mut self, id: &MailboxId) -> Result<(), StoreFault> {
        self.change("DELETE FROM mail WHERE mailbox = ?1", [id.as_bytes()])?;
        let sql = "UPDATE mailboxes SET token = NULL, card = NULL, open_ms = NULL, closes_ms = NULL
            WHERE id = ?1";
        self.change(sql, [id.as_bytes()])?;
        Ok(())
    }

    fn overdue_mailboxes(&self, now_ms: u64, at_most: usize) -> Result<Vec<MailboxId>, StoreFault> {
        let sql = "SELECT id FROM mailboxes WHERE closes_ms <= ?1 LIMIT ?2";
        let most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.all(sql, (signed(now_ms), most), |row| row.get(0).map(MailboxId::new))
    }

    fn push_locker(&mut self, id: &LockerId, item: &[u8]) -> Result<(), StoreFault> {
        let sql = "INSERT INTO locker_items (locker, number, item)
            SELECT ?1, 1 + count(*), ?2 FROM locker_items WHERE locker = ?1";
        self.change(sql, (id.as_bytes(), item))?;
        Ok(())
    }
}

impl SqliteTables<'_> {
    fn push_entry(&mut self, id: i64, talk_retention_ms: u64, entry: &StoredEntry) -> Result<(), StoreFault> {
        let sql = "INSERT INTO entries
            (log, sequence, time_ms, epoch, class, expires_ms, hash_start, hash, chain, sealed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let expires = entry.lane.class == ExpiryClass::Talk && entry.sealed.is_some();
        let expires_ms = expires.then(|| signed(entry.time_ms.saturating_add(talk_retention_ms)));
        self.change(
            sql,
            rusqlite::params![
                id,
                signed(entry.sequence.get()),
                signed(entry.time_ms),
                entry.lane.epoch.get(),
                entry.lane.class as u8,
                expires_ms,
                hash_start(&entry.sealed_hash),
                entry.sealed_hash.as_bytes(),
                entry.chain.as_bytes(),
                entry.sealed.as_ref().map(Sealed::as_bytes),
            ],
        )?;
        Ok(())
    }
}

impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                rusqlite::ErrorCode::DiskFull => Self::Full,
                rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase => Self::Corrupt,
                _ => Self::Broken,
            },
            _ => Self::Corrupt,
        }
    }
}

fn stored_entry(row: &Row<'_>) -> Result<StoredEntry, rusqlite::Error> {
    let class = match row.get::<_, u8>(3)? {
        0 => ExpiryClass::Never,
        1 => ExpiryClass::Talk,
        found => return Err(rusqlite::Error::IntegralValueOutOfRange(3, i64::from(found))),
    };
    let sealed = match row.get::<_, Option<Vec<u8>>>(6)? {
        Some(bytes) => Some(Sealed::from_bytes(bytes).ok_or(rusqlite::Error::InvalidQuery)?),
        None => None,
    };
    Ok(StoredEntry {
        sequence: sequence(row, 0)?,
        time_ms: number(row, 1)?,
        lane: Lane { epoch: epoch(row, 2)?, class },
        sealed_hash: SealedHash::new(row.get(4)?),
        chain: chain(row, 5)?,
        sealed,
    })
}

fn posting_key(row: &Row<'_>) -> Result<PostingKey, rusqlite::Error> {
    Ok(PostingKey {
        key: VerifyingKeyBytes::new(row.get(0)?),
        announced_ms: number(row, 1)?,
        handed_on_to: row.get::<_, Option<[u8; 32]>>(2)?.map(VerifyingKeyBytes::new),
    })
}

fn chain(row: &Row<'_>, column: usize) -> Result<ChainHash, rusqlite::Error> {
    row.get(column).map(ChainHash::new)
}

fn sequence(row: &Row<'_>, column: usize) -> Result<Sequence, rusqlite::Error> {
    let found = number(row, column)?;
    Sequence::new(found).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, 0))
}

fn epoch(row: &Row<'_>, column: usize) -> Result<Epoch, rusqlite::Error> {
    Epoch::new(row.get(column)?).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, 0))
}

fn number(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    let found: i64 = row.get(column)?;
    u64::try_from(found).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, found))
}

/// Numbers and times are far below 2^63; what a request says beyond it is as good
/// as the largest.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The index holds just the beginning of a hash; the rest is compared in the table.
fn hash_start(hash: &SealedHash) -> i64 {
    let mut start = [0; 8];
    start.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_be_bytes(start)
}
