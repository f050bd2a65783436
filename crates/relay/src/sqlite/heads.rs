//! The head file: the last acknowledged head of every log, apart from the database
//! and never part of a backup.
//!
//! A database restored from an old backup would give numbers again that were given
//! before; to members that looks like two histories. So the last number is also
//! written here, and synced, before an append is acknowledged. After a crash the
//! database may be ahead of this file, never the other way; where it is behind, it
//! was restored.
//!
//! Layout: records of 80 bytes, the first of them a header. A record is address
//! (32), count (8, big-endian), chain (32) and the first 8 bytes of a hash over
//! these. New records go to the end; of an address the one with the highest count
//! is valid. A record that was torn by a crash fails its checksum and is skipped:
//! it was never acknowledged. The file is written anew, under another name and then
//! renamed, at every start and when it has grown too long.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use concerted_log::hash::hash;
use concerted_log::{Address, ChainHash};

use crate::store::Acknowledged;

const RECORD_BYTES: usize = 80;
const HEADER: &[u8; RECORD_BYTES] =
    b"concerted relay heads, version 1; never restore this file from a backup.       \n";

/// The file is written anew beyond this length and eight times its content.
const SPARE_BYTES: u64 = 64 << 20;

/// All heads, by address.
pub(super) type Heads = BTreeMap<Address, Acknowledged>;

/// The head file, open for appending.
pub(super) struct HeadFile {
    path: PathBuf,
    file: File,
    length: u64,
    rewrite_at: u64,
    /// How the next record is to fail.
    #[cfg(test)]
    pub(super) fault: Option<Fault>,
}

/// A fault of the disk, played in tests.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// No space is left after a part was written.
    Full,
    /// Syncing failed.
    Sync,
}

/// Recording heads failed.
#[derive(Debug)]
pub(super) enum RecordError {
    /// Nothing was recorded; it can be tried again.
    Write(io::Error),
    /// What the file holds is unknown.
    Sync(io::Error),
}

/// What was found in a head file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) heads: Heads,
    /// Records that failed their checksum.
    pub(super) damaged: u64,
}

/// Reads a head file; `None` if there is none.
pub(super) fn read(path: &Path) -> io::Result<Option<Found>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut input = io::BufReader::new(file);
    let mut bytes = [0; RECORD_BYTES];
    if !fill(&mut input, &mut bytes)? || bytes != *HEADER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a head file of a known version"));
    }
    let mut found = Found::default();
    while fill(&mut input, &mut bytes)? {
        match parse(&bytes) {
            Some((address, head)) => keep_highest(&mut found.heads, address, head),
            None => found.damaged += 1,
        }
    }
    Ok(Some(found))
}

impl HeadFile {
    /// Writes a new head file in place of the old one, durably.
    pub(super) fn create(path: &Path, heads: &Heads) -> io::Result<Self> {
        let new = path.with_extension("new");
        let file = File::create(&new)?;
        let mut output = io::BufWriter::new(file);
        output.write_all(HEADER)?;
        for (address, head) in heads {
            output.write_all(&record(address, head))?;
        }
        output.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&new, path)?;
        sync_directory(path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            rewrite_at: SPARE_BYTES + 8 * length,
            #[cfg(test)]
            fault: None,
        })
    }

    /// Records heads durably.
    pub(super) fn record(&mut self, heads: &Heads) -> Result<(), RecordError> {
        let bytes: Vec<u8> = heads.iter().flat_map(|(address, head)| record(address, head)).collect();
        if let Err(error) = self.write(&bytes) {
            self.file.set_len(self.length).map_err(RecordError::Sync)?;
            return Err(RecordError::Write(error));
        }
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.sync().map_err(RecordError::Sync)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if self.fault == Some(Fault::Full) {
            self.fault = None;
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        #[cfg(test)]
        if self.fault == Some(Fault::Sync) {
            return Err(io::Error::other("played"));
        }
        self.file.sync_data()
    }

    /// Whether it should be written anew.
    pub(super) fn is_long(&self) -> bool {
        self.length >= self.rewrite_at
    }

    /// Writes it anew with just these heads.
    pub(super) fn rewrite(&mut self, heads: &Heads) -> io::Result<()> {
        *self = Self::create(&self.path, heads)?;
        Ok(())
    }
}

/// Makes renaming or creating `path` durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Keeps the higher of two heads of one log.
pub(super) fn keep_highest(heads: &mut Heads, address: Address, head: Acknowledged) {
    let kept = heads.entry(address).or_insert(head);
    if head.count > kept.count {
        *kept = head;
    }
}

/// Reads a whole record; false at the end, which may be in the midst of one.
fn fill(input: &mut impl Read, bytes: &mut [u8; RECORD_BYTES]) -> io::Result<bool> {
    match input.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn record(address: &Address, head: &Acknowledged) -> [u8; RECORD_BYTES] {
    let mut out = [0; RECORD_BYTES];
    out[..32].copy_from_slice(address.as_bytes());
    out[32..40].copy_from_slice(&head.count.to_be_bytes());
    out[40..72].copy_from_slice(head.chain.as_bytes());
    let check = check(&out);
    out[72..].copy_from_slice(&check);
    out
}

fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<(Address, Acknowledged)> {
    if bytes[72..] != check(bytes) {
        return None;
    }
    let address = bytes[..32].try_into().ok()?;
    let count = bytes[32..40].try_into().ok()?;
    let chain = bytes[40..72].try_into().ok()?;
    let head = Acknowledged { count: u64::from_be_bytes(count), chain: ChainHash::new(chain) };
    Some((Address::new(address), head))
}

fn check(bytes: &[u8; RECORD_BYTES]) -> [u8; 8] {
    let full = hash("concerted relay head", &[&bytes[..72]]);
    let mut out = [0; 8];
    out.copy_from_slice(&full[..8]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_dir::TestDir;

    fn heads(counts: &[(u8, u64)]) -> Heads {
        let head = |count| Acknowledged { count, chain: ChainHash::new([9; 32]) };
        counts.iter().map(|(address, count)| (Address::new([*address; 32]), head(*count))).collect()
    }

    #[test]
    fn the_highest_head_of_each_log_is_found_again() {
        let dir = TestDir::new();
        let path = dir.path().join("heads");
        assert_eq!(read(&path).expect("no error"), None);
        let mut file = HeadFile::create(&path, &heads(&[(1, 4), (2, 1)])).expect("created");
        file.record(&heads(&[(1, 6), (3, 1)])).expect("recorded");
        file.record(&heads(&[(1, 5)])).expect("recorded");
        let expected = Found { heads: heads(&[(1, 6), (2, 1), (3, 1)]), damaged: 0 };
        assert_eq!(read(&path).expect("readable"), Some(expected));
    }

    /// Method: cut the file at every byte; all records before the cut are found.
    #[test]
    fn a_torn_end_loses_only_itself() {
        let dir = TestDir::new();
        let path = dir.path().join("heads");
        HeadFile::create(&path, &heads(&[(1, 1), (2, 1), (3, 1)])).expect("created");
        let whole = std::fs::read(&path).expect("readable");
        for length in RECORD_BYTES..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("written");
            let found = read(&path).expect("readable").expect("there");
            assert_eq!(found.heads.len(), length / RECORD_BYTES - 1, "{length}");
        }
    }

    #[test]
    fn a_damaged_record_is_skipped_and_counted_and_a_strange_file_refused() {
        let dir = TestDir::new();
        let path = dir.path().join("heads");
        HeadFile::create(&path, &heads(&[(1, 1), (2, 1), (3, 1)])).expect("created");
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[RECORD_BYTES + 35] ^= 1;
        std::fs::write(&path, &bytes).expect("written");
        let expected = Found { heads: heads(&[(2, 1), (3, 1)]), damaged: 1 };
        assert_eq!(read(&path).expect("readable"), Some(expected));
        std::fs::write(&path, b"something else").expect("written");
        assert!(read(&path).is_err());
    }
}
