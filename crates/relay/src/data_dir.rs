//! The directory of a relay: its key, its lock, its store.
//!
//! `relay.key` holds the 32 bytes that receipts are signed with; members pin its
//! public half, so a relay without it is another relay. `relay.lock` is locked while
//! a process has the directory open. `relay.db` and `heads` belong to the store.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use concerted_log::Secret;
use concerted_log::receipt::ReceiptSigner;

use crate::sqlite::sync_directory;

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Another process has it open.
    #[error("another relay is running on this directory")]
    InUse,
    /// There is a database, and no key to go with it.
    #[error("relay.key is missing beside the database; restore it, since members know the relay by it")]
    KeyMissing,
    /// The key file is damaged.
    #[error("relay.key does not hold 32 bytes")]
    KeyLength,
    /// The system gave no randomness.
    #[error("the system gave no randomness for a new key")]
    Randomness,
    /// A file could not be read or written.
    #[error("a file in the relay's directory failed: {0}")]
    File(#[from] io::Error),
}

/// A relay's directory, locked for this process.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens and locks a directory; makes it, for this user alone, if there is none.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let mut options = OpenOptions::new();
        let lock =
            options.create(true).truncate(false).write(true).mode(0o600).open(path.join("relay.lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The relay's signer; its key is made the first time.
    pub fn signer(&self) -> Result<ReceiptSigner, DataDirError> {
        let path = self.path.join("relay.key");
        let secret = match File::open(&path) {
            Ok(file) => read_key(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_key(&path)?,
            Err(error) => return Err(error.into()),
        };
        Ok(ReceiptSigner::new(&secret))
    }

    /// Writes a new key under another name, syncs and renames it, so that a crash
    /// leaves either no key or a whole one.
    fn make_key(&self, path: &Path) -> Result<Secret, DataDirError> {
        if self.path.join("relay.db").exists() {
            return Err(DataDirError::KeyMissing);
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| DataDirError::Randomness)?;
        let secret = Secret::new(bytes);
        let new = path.with_extension("key.new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(secret.expose())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        sync_directory(path)?;
        Ok(secret)
    }
}

fn read_key(file: File) -> Result<Secret, DataDirError> {
    let mut bytes = Vec::with_capacity(33);
    file.take(33).read_to_end(&mut bytes)?;
    bytes.try_into().map(Secret::new).map_err(|_| DataDirError::KeyLength)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::test_dir::TestDir;

    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        let dir = TestDir::new();
        let path = dir.path().join("relay");
        let first = DataDir::open(&path).expect("opened").signer().expect("made").relay_key();
        let again = DataDir::open(&path).expect("opened");
        assert_eq!(again.signer().expect("read").relay_key(), first);
        let mode = |name| std::fs::metadata(name).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(path.clone()), mode(path.join("relay.key"))), (0o700, 0o600));
    }

    #[test]
    fn two_relays_cannot_have_one_directory() {
        let dir = TestDir::new();
        let first = DataDir::open(dir.path()).expect("opened");
        assert!(matches!(DataDir::open(dir.path()), Err(DataDirError::InUse)));
        drop(first);
        assert!(DataDir::open(dir.path()).is_ok());
    }

    #[test]
    fn a_damaged_or_lost_key_is_no_reason_for_another() {
        let dir = TestDir::new();
        let data_dir = DataDir::open(dir.path()).expect("opened");
        std::fs::write(dir.path().join("relay.key"), [1; 31]).expect("written");
        assert!(matches!(data_dir.signer(), Err(DataDirError::KeyLength)));
        std::fs::remove_file(dir.path().join("relay.key")).expect("removed");
        std::fs::write(dir.path().join("relay.db"), b"").expect("written");
        assert!(matches!(data_dir.signer(), Err(DataDirError::KeyMissing)));
    }
}
