//! Archives on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use concerted_ballot::archive::Source;

use crate::output::Unreadable;

/// A file that is read piece by piece.
pub(crate) struct FileSource {
    file: File,
    length: u64,
}

impl FileSource {
    /// Opens a file that must be there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let unreadable = |error: io::Error| Unreadable(format!("cannot read {}: {error}", path.display()));
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Unreadable(format!("cannot read {}: it is no file", path.display())).into());
        }
        Ok(Self { file, length: metadata.len() })
    }

    /// The hints beside an archive, if they are there: nothing depends on them but
    /// how long it takes.
    pub(crate) fn hints_of(archive: &Path) -> Option<Self> {
        Self::open(&hints_path(archive)).ok()
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// Where the hints of an archive are: `E.bel` has `E.bel.hints`.
pub(crate) fn hints_path(archive: &Path) -> PathBuf {
    with_suffix(archive, ".hints")
}

/// The path with something after its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Reads a whole file of at most `bound` bytes.
pub(crate) fn read(path: &Path, bound: u64) -> Result<Vec<u8>> {
    let source = FileSource::open(path)?;
    let unreadable = |why: String| Unreadable(format!("cannot read {}: {why}", path.display()));
    if source.len() > bound {
        return Err(unreadable(format!("it is longer than {bound} bytes")).into());
    }
    let mut bytes = vec![0; source.len() as usize];
    source.read_at(0, &mut bytes).map_err(|error| unreadable(error.to_string()))?;
    Ok(bytes)
}

/// Writes a file that must not be there yet, so that nothing is lost by a slip.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    create_with(path, bytes, 0o666)
}

/// The same for a secret: for its owner alone.
pub(crate) fn create_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    create_with(path, bytes, 0o600)
}

/// Writes a secret and what is public of it: both files or neither.
pub(crate) fn create_pair(secret: (&Path, &[u8]), public: (&Path, &[u8])) -> Result<()> {
    create_secret(secret.0, secret.1)?;
    create(public.0, public.1).inspect_err(|_| {
        let _ = fs::remove_file(secret.0);
    })
}

fn create_with(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = file.with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Puts a file in the place of another, or leaves the other as it is: a power cut
/// leaves one of the two, whole.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let new = with_suffix(path, ".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&new)
        .with_context(context)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(context)?;
    fs::rename(&new, path).and_then(|()| directory(path)?.sync_all()).with_context(context)
}

/// Appends to an archive as a whole or not at all.
pub(crate) fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let new = with_suffix(path, ".new");
    fs::copy(path, &new).with_context(context)?;
    let mut file = OpenOptions::new().append(true).open(&new).with_context(context)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(context)?;
    fs::rename(&new, path).and_then(|()| directory(path)?.sync_all()).with_context(context)
}

/// Waits until no other command changes an archive in the same directory; they
/// wait as long as the file that is returned is open.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let directory = directory(path);
    let locked = directory.and_then(|directory| directory.lock().map(|()| directory));
    locked.with_context(|| format!("cannot lock the directory of {}", path.display()))
}

fn directory(path: &Path) -> io::Result<File> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))
}
