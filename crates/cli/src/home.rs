//! A device's store: the directory `--home` with one SQLite file of rows.
//!
//! One process has it at a time: `lock` is locked by whoever has it. Those who wait
//! hold a shared lock on `wanted`, so that a command which stays (`read --follow`)
//! can see that and let them through.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use concerted_client::Row;
use rusqlite::{Connection, params};

/// How long to wait for another command on the same home to end.
const LOCK_TIME: Duration = Duration::from_secs(20);

/// How long a command that stays lets others through before it wants the home back.
const REST_TIME: Duration = Duration::from_secs(2);
/// How often a lock is tried.
const LOCK_EVERY: Duration = Duration::from_millis(20);

/// The rows of one device. Only one process has them at a time.
pub(crate) struct Home {
    connection: Connection,
    path: PathBuf,
    wanted: File,
    _lock: File,
}

/// Where the store is if nobody says.
pub(crate) fn default_path() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CONCERTED_HOME") {
        return Ok(path.into());
    }
    let home = std::env::var_os("HOME").context("no --home is given and $HOME is not set")?;
    Ok(Path::new(&home).join(".local/share/concerted"))
}

impl Home {
    /// Opens the store in a directory, creating both.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        create_private(path).with_context(|| format!("cannot create {}", path.display()))?;
        let wanted = create_file(&path.join("wanted"));
        let wanted = wanted.with_context(|| format!("cannot write in {}", path.display()))?;
        let lock = lock(path, &wanted)?;
        let file = path.join("device.db");
        create_file(&file).with_context(|| format!("cannot create {}", file.display()))?;
        let connection =
            Connection::open(&file).with_context(|| format!("cannot open {}", file.display()))?;
        let prepare = || -> rusqlite::Result<()> {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "secure_delete", "ON")?;
            connection
                .execute_batch("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        };
        prepare().with_context(|| format!("{} is not a device's store, or it is damaged", file.display()))?;
        Ok(Self { connection, path: path.to_owned(), wanted, _lock: lock })
    }

    /// Whether another command waits for this home.
    pub(crate) fn is_wanted(&self) -> bool {
        match self.wanted.try_lock() {
            Ok(()) => self.wanted.unlock().is_err(),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        }
    }

    /// Gives the home to those who wait, and opens it again after them.
    pub(crate) fn lend(self) -> Result<Self> {
        let path = self.path.clone();
        drop(self);
        let begun = Instant::now();
        let lock = create_file(&path.join("lock"))?;
        // Long enough for one that waits to see that it is free.
        std::thread::sleep(5 * LOCK_EVERY);
        while begun.elapsed() < REST_TIME {
            if lock.try_lock().is_ok() {
                drop(lock);
                return Self::open(&path);
            }
            std::thread::sleep(LOCK_EVERY);
        }
        Self::open(&path)
    }

    /// All rows.
    pub(crate) fn rows(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut statement = self.connection.prepare("SELECT key, value FROM rows ORDER BY key")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().context("the device's store is damaged")
    }

    /// Writes rows in one transaction, durably.
    pub(crate) fn store(&mut self, rows: Vec<Row>) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO rows (key, value) VALUES (?1, ?2)")?;
            let mut delete = transaction.prepare_cached("DELETE FROM rows WHERE key = ?1")?;
            for row in rows {
                match row.value {
                    Some(value) => put.execute(params![row.key, value])?,
                    None => delete.execute(params![row.key])?,
                };
            }
        }
        transaction.commit().context("the device's store cannot be written")
    }

    /// Deletes the store.
    pub(crate) fn wipe(self) -> Result<()> {
        self.connection.execute_batch("DELETE FROM rows; VACUUM;")?;
        let path = self.path.clone();
        drop(self);
        for name in ["device.db", "device.db-wal", "device.db-shm", "wanted", "lock"] {
            match fs::remove_file(path.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file, creating it for this user alone: the directory may have been made
/// by someone else.
fn create_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn lock(path: &Path, wanted: &File) -> Result<File> {
    let file =
        create_file(&path.join("lock")).with_context(|| format!("cannot write in {}", path.display()))?;
    let begun = Instant::now();
    let mut waits = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_TIME => {
                if !waits {
                    wanted.lock_shared().context("cannot lock the home")?;
                    waits = true;
                }
                std::thread::sleep(LOCK_EVERY);
            }
            Err(TryLockError::WouldBlock) => bail!("another command is using {}", path.display()),
            Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the home"),
        }
    }
    wanted.unlock().context("cannot lock the home")?;
    Ok(file)
}
