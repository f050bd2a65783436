//! The tables of the database, and how a connection to it is set up.
//!
//! Entries are in the order of their arrival, whichever log they belong to, so that
//! appending writes at the end of the file; two small indexes find them by number
//! and by hash. That is four times as fast as ordering them by log.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::sqlite::OpenError;

/// Marks the file as a relay's ("conc").
const APPLICATION_ID: i32 = 0x636f_6e63;

/// The version of the tables that this program writes and the only one it reads.
const VERSION: i32 = 1;

const TABLES: &str = "
CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    address BLOB NOT NULL UNIQUE,
    count INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    chain BLOB NOT NULL,
    talk_retention_ms INTEGER NOT NULL,
    created_as BLOB NOT NULL
);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    class INTEGER NOT NULL,
    expires_ms INTEGER,
    hash_start INTEGER NOT NULL,
    hash BLOB NOT NULL,
    chain BLOB NOT NULL,
    sealed BLOB
);
CREATE UNIQUE INDEX entries_by_number ON entries (log, sequence);
CREATE INDEX entries_by_hash ON entries (log, hash_start);
CREATE INDEX entries_to_expire ON entries (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE TABLE posting_keys (
    log INTEGER NOT NULL,
    key BLOB NOT NULL,
    announced_ms INTEGER NOT NULL,
    handed_on_to BLOB,
    PRIMARY KEY (log, key)
) WITHOUT ROWID;
CREATE TABLE tokens (
    log INTEGER NOT NULL,
    token BLOB NOT NULL,
    reach INTEGER NOT NULL,
    PRIMARY KEY (log, token)
) WITHOUT ROWID;
CREATE TABLE mailboxes (
    id BLOB PRIMARY KEY,
    token BLOB,
    card BLOB,
    open_ms INTEGER,
    closes_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX mailboxes_to_close ON mailboxes (closes_ms) WHERE closes_ms IS NOT NULL;
CREATE TABLE mail (
    mailbox BLOB NOT NULL,
    number INTEGER NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (mailbox, number)
);
CREATE TABLE locker_items (
    locker BLOB NOT NULL,
    number INTEGER NOT NULL,
    item BLOB NOT NULL,
    PRIMARY KEY (locker, number)
);
";

/// Opens the database for writing; makes it if it does not exist.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", 8192)?;
    set_up(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What has expired is overwritten, not just unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    check_version(&connection)?;
    Ok(connection)
}

/// Opens the database for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection)?;
    Ok(connection)
}

fn set_up(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn check_version(connection: &Connection) -> Result<(), OpenError> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, version) {
        (APPLICATION_ID, VERSION) => Ok(()),
        (APPLICATION_ID, found) => Err(OpenError::Version { found, known: VERSION }),
        (0, 0) => create(connection),
        _ => Err(OpenError::NotOurs),
    }
}

fn create(connection: &Connection) -> Result<(), OpenError> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", (), |row| row.get(0))?;
    if tables != 0 {
        return Err(OpenError::NotOurs);
    }
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};");
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} {marks} COMMIT;"))?;
    Ok(())
}
