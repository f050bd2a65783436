//! The store on disk: SQLite with one writing thread and many readers.
//!
//! Beside the database lies the head file (`heads.rs`), which is written after it.
//! `writer.rs` tells in which order things become durable and visible.

mod heads;
mod schema;
mod shared;
mod tables;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use concerted_log::message::Refusal;
use concerted_log::{Address, ChainHash};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;

use crate::change::{Change, News, Outcome};
use crate::store::{Acknowledged, Store, StoreFault, View};
pub(crate) use heads::sync_directory;
use heads::{HeadFile, Heads};
pub use shared::Commits;
use shared::Shared;
use tables::SqliteTables;
use writer::{Job, Message, Writer};

/// Most changes that wait for the writer.
const WAITING_MAX: usize = 1024;
/// Most bytes in changes that wait for the writer.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// How long to wait, in milliseconds, when the writer has too much to do.
const BUSY_MS: u64 = 500;
/// Readers kept open while nobody reads.
const IDLE_READERS_MAX: usize = 16;

/// Called by the writer, in order, with what has become durable.
pub type Tell = Box<dyn FnMut(News) + Send>;

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Written by a newer program.
    #[error(
        "the database has version {found}, and this program knows version {known}; use the program that wrote it"
    )]
    Version {
        /// Of the file.
        found: i32,
        /// Of this program.
        known: i32,
    },
    /// Some other database.
    #[error("the file is no relay's database")]
    NotOurs,
    /// The head file belongs to another history than the database.
    #[error(
        "the head file and the database contradict each other: a log has another chain than was acknowledged"
    )]
    OtherHistory,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file could not be read or written.
    #[error("a file of the store failed: {0}")]
    File(#[from] std::io::Error),
}

/// The store on disk.
pub struct SqliteStore {
    database: PathBuf,
    shared: Arc<Shared>,
    jobs: SyncSender<Message>,
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    /// Opens the store in a directory, which nobody else may have open, and makes it
    /// if there is none. `tell` hears of everything that becomes durable.
    pub fn open(directory: &Path, tell: Tell) -> Result<Self, OpenError> {
        let database = directory.join("relay.db");
        let connection = schema::open_writer(&database)?;
        let (missing, heads) = reconcile(&connection, &directory.join("heads"))?;
        if !missing.is_empty() {
            tracing::warn!(
                logs = missing.len(),
                "the database ends before entries that were acknowledged; members have to hand them back"
            );
        }
        Self::start(database, connection, heads, missing, tell)
    }

    fn start(
        database: PathBuf,
        connection: Connection,
        heads: HeadFile,
        missing: Heads,
        tell: Tell,
    ) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared::new(missing));
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let writer = Writer {
            connection,
            heads,
            shared: Arc::clone(&shared),
            jobs: receiver,
            tell,
            owed: Default::default(),
        };
        let thread = std::thread::Builder::new().name("relay-writer".into()).spawn(|| writer.run())?;
        Ok(Self {
            database,
            shared,
            jobs: sender,
            readers: Mutex::default(),
            writer: Mutex::new(Some(thread)),
        })
    }

    /// Hands a change to the writer. The answer comes when it is durable, or when it
    /// is refused; if the answer is dropped, the writer has stopped.
    pub fn submit(&self, change: Change) -> Result<oneshot::Receiver<Result<Outcome, Refusal>>, Refusal> {
        if self.shared.is_stopped() {
            return Err(Refusal::Storage);
        }
        let bytes = change.bytes();
        if self.shared.waiting_bytes.load(Ordering::Relaxed) > WAITING_BYTES_MAX {
            return Err(Refusal::Busy(BUSY_MS));
        }
        let (reply, answer) = oneshot::channel();
        self.shared.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.jobs.try_send(Message::Apply(Job { change, bytes, reply })).map_err(|error| {
            self.shared.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => Refusal::Busy(BUSY_MS),
                TrySendError::Disconnected(_) => Refusal::Storage,
            }
        })?;
        Ok(answer)
    }

    /// Whether the writer has stopped; then the process is to end.
    pub fn is_stopped(&self) -> bool {
        self.shared.is_stopped()
    }

    /// What the writer has done so far.
    pub fn commits(&self) -> Commits {
        self.shared.commits()
    }

    /// Finishes what waits, and closes the database. Later changes are refused.
    pub fn close(&self) {
        let _ = self.jobs.send(Message::Stop);
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer ended in disorder");
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SqliteStore {
    fn read<T>(&self, look: impl FnOnce(&dyn View) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&self.database)?,
        };
        let found = look(&SqliteTables::reading(&connection, &self.shared));
        if let Err(fault) = &found {
            tracing::error!(%fault, "the store could not be read");
        }
        let mut readers = self.readers();
        if readers.len() < IDLE_READERS_MAX {
            readers.push(connection);
        }
        found
    }

    /// Must not be called from asynchronous code.
    fn write(&self, change: Change) -> Result<Outcome, Refusal> {
        self.submit(change)?.blocking_recv().unwrap_or(Err(Refusal::Storage))
    }
}

impl SqliteStore {
    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares the database with the head file, and writes the latter anew. Answers
/// which logs lack entries that were acknowledged.
fn reconcile(connection: &Connection, path: &Path) -> Result<(Heads, HeadFile), OpenError> {
    let recorded = match heads::read(path)? {
        Some(found) => {
            if found.damaged > 0 {
                tracing::warn!(records = found.damaged, "the head file has damaged records");
            }
            found.heads
        }
        None => Heads::new(),
    };
    let mut missing = Heads::new();
    for (address, head) in recorded {
        match stored_chain(connection, &address, head.count)? {
            Some(chain) if chain == head.chain => (),
            Some(_) => return Err(OpenError::OtherHistory),
            None => drop(missing.insert(address, head)),
        }
    }
    let heads = HeadFile::create(path, &all_heads(connection, &missing)?)?;
    Ok((missing, heads))
}

/// The chain at an entry; `None` if the log does not go so far.
fn stored_chain(
    connection: &Connection,
    address: &Address,
    count: u64,
) -> Result<Option<ChainHash>, rusqlite::Error> {
    let sql = "SELECT chain FROM entries
        WHERE log = (SELECT id FROM logs WHERE address = ?1) AND sequence = ?2";
    let sequence = i64::try_from(count).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((address.as_bytes(), sequence), |row| row.get(0).map(ChainHash::new)).optional()
}

/// The heads of all logs, as acknowledged where entries are missing.
fn all_heads(connection: &Connection, missing: &Heads) -> Result<Heads, rusqlite::Error> {
    let mut heads = missing.clone();
    let mut statement = connection.prepare("SELECT address, count, chain FROM logs WHERE count > 0")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        let head = Acknowledged { count, chain: ChainHash::new(row.get(2)?) };
        heads::keep_highest(&mut heads, Address::new(row.get(0)?), head);
    }
    Ok(heads)
}

#[cfg(test)]
mod tests {
    use concerted_log::entry::{ExpiryClass, Lane, Sealed};
    use concerted_log::epoch::Epoch;
    use concerted_log::id::{TokenHash, VerifyingKeyBytes};
    use concerted_log::message::Announcement;

    use super::*;
    use crate::change::{AppendEntries, CreateLog, HashedItem};
    use crate::test_dir::TestDir;
    use heads::Fault;

    const ADDRESS: Address = Address::new([1; 32]);
    const KEY: VerifyingKeyBytes = VerifyingKeyBytes::new([2; 32]);

    /// A store whose parts can be tampered with before it starts.
    fn open(dir: &TestDir, tamper: impl FnOnce(&Connection, &mut HeadFile)) -> SqliteStore {
        let database = dir.path().join("relay.db");
        let connection = schema::open_writer(&database).expect("opened");
        let (missing, mut heads) = reconcile(&connection, &dir.path().join("heads")).expect("read");
        tamper(&connection, &mut heads);
        let store =
            SqliteStore::start(database, connection, heads, missing, Box::new(drop)).expect("started");
        let announcement =
            Announcement { epoch: Epoch::GENESIS, posting_key: KEY, token: TokenHash::new([3; 32]) };
        let create = CreateLog { address: ADDRESS, announcement, talk_retention_ms: 0, now_ms: 0 };
        assert_eq!(store.write(Change::Create(create)), Ok(Outcome::Done));
        store
    }

    fn append(number: u8, length: usize) -> Change {
        let sealed = Sealed::from_bytes(vec![number; length + 40]).expect("a size class");
        let lane = Lane { epoch: Epoch::GENESIS, class: ExpiryClass::Never };
        let item = HashedItem { lane, hash: sealed.hash(), sealed };
        Change::Append(AppendEntries {
            address: ADDRESS,
            items: vec![item],
            only_if_count: None,
            announcement: None,
            posting_key: KEY,
            now_ms: 1,
        })
    }

    fn count(store: &SqliteStore) -> u64 {
        store.read(|view| view.log(&ADDRESS)).expect("readable").expect("there").head.count
    }

    fn number(outcome: Result<Outcome, Refusal>) -> u64 {
        let Ok(Outcome::Appended { sequences, .. }) = outcome else { unreachable!("{outcome:?}") };
        sequences[0].get()
    }

    #[test]
    fn a_full_disk_refuses_and_recovers() {
        let dir = TestDir::new();
        let store = open(&dir, |connection, _| {
            connection.pragma_update(None, "max_page_count", 40).expect("set");
        });
        assert_eq!(number(store.write(append(1, 1024))), 1);
        assert_eq!(store.write(append(2, 1 << 20)), Err(Refusal::Storage));
        assert!(!store.is_stopped());
        assert_eq!(number(store.write(append(3, 1024))), 2);
        assert_eq!(count(&store), 2);
        drop(store);
        let store = open(&dir, |_, _| ());
        assert_eq!(number(store.write(append(2, 1 << 20))), 3);
    }

    /// The database commits, and the head file cannot take the head. Nothing of it
    /// may be seen until it can.
    #[test]
    fn a_head_that_cannot_be_recorded_is_shown_to_nobody() {
        let dir = TestDir::new();
        let store = open(&dir, |_, heads| heads.fault = Some(Fault::Full));
        assert_eq!(store.write(append(1, 1024)), Err(Refusal::Storage));
        assert_eq!(count(&store), 0);
        assert_eq!(number(store.write(append(1, 1024))), 1, "asked again, it has its number");
        assert_eq!(count(&store), 1);
        drop(store);
        let found = heads::read(&dir.path().join("heads")).expect("readable").expect("there");
        assert_eq!((found.heads[&ADDRESS].count, found.damaged), (1, 0));
    }

    #[test]
    fn a_sync_that_failed_stops_the_writer_for_good() {
        let dir = TestDir::new();
        let store = open(&dir, |_, heads| heads.fault = Some(Fault::Sync));
        assert_eq!(store.write(append(1, 1024)), Err(Refusal::Storage));
        assert_eq!(store.write(append(2, 1024)), Err(Refusal::Storage));
        assert!(store.is_stopped());
        assert_eq!(count(&store), 0, "readers see nothing that was not acknowledged");
        drop(store);
        let store = open(&dir, |_, _| ());
        assert_eq!(number(store.write(append(1, 1024))), 1, "after a new start it is there");
        assert_eq!(number(store.write(append(2, 1024))), 2);
    }
}
