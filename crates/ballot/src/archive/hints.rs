//! Hints: a file beside the archive, `FILE.bel.hints`, that makes verifying fast.
//!
//! 8 bytes `BELHINT1`, the SHA-256 of the election record, then a block for each
//! ballot, in the order of the archive: the ballot's SHA-256, the number of hints
//! as 16 bits, least significant byte first, and the hints, 64 bytes each.
//!
//! What a hint says is in [`Group::vartime_from_hints`](crate::Group). Nobody need
//! trust the file: a wrong hint is found out and a missing one only costs time. So
//! whatever is wrong with the file, there are simply no hints, and no error.

use super::source::{Source, Window};

/// Bytes of a hint.
pub const HINT_SIZE: usize = 64;

/// How many hints a ballot may have.
pub const HINTS_MAX: usize = 4096;

/// The beginning of the file.
pub fn header(election_hash: &[u8; 32]) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..].copy_from_slice(election_hash);
    bytes
}

/// A ballot's block. None if `hints` are not a whole number of hints, or too many:
/// such a ballot has no block.
pub fn block(ballot_hash: &[u8; 32], hints: &[u8]) -> Option<Vec<u8>> {
    let count = hints.len() / HINT_SIZE;
    if !hints.len().is_multiple_of(HINT_SIZE) || count > HINTS_MAX {
        return None;
    }
    let count = u16::try_from(count).ok()?;
    Some([ballot_hash, count.to_le_bytes().as_slice(), hints].concat())
}

/// Walks a file of hints along with its archive.
#[derive(Debug)]
pub struct HintReader<S> {
    window: Window<S>,
    /// Of the next block; none once there are no more.
    offset: Option<u64>,
}

impl<S: Source> HintReader<S> {
    /// Opens a file of hints for the election with this hash.
    pub fn open(source: S, election_hash: &[u8; 32]) -> Self {
        let mut window = Window::new(source);
        let expected = header(election_hash);
        let found = window.bytes(0, expected.len()).ok().flatten();
        let offset = (found == Some(&expected)).then_some(expected.len() as u64);
        Self { window, offset }
    }

    /// The next block's hints, if it is for this ballot. If not it stays the next.
    pub fn next_for(&mut self, ballot_hash: &[u8; 32]) -> Option<Vec<u8>> {
        let offset = self.offset?;
        let Some((hash, count)) = self.block_start(offset) else {
            self.offset = None;
            return None;
        };
        if hash != *ballot_hash {
            return None;
        }
        let start = offset + BLOCK_START as u64;
        let hints = self.window.copy(start, count * HINT_SIZE).ok().flatten();
        self.offset = hints.as_ref().map(|hints| start + hints.len() as u64);
        hints
    }

    fn block_start(&mut self, offset: u64) -> Option<([u8; 32], usize)> {
        let bytes = self.window.bytes(offset, BLOCK_START).ok().flatten()?;
        let (hash, count) = bytes.split_first_chunk()?;
        let count = usize::from(u16::from_le_bytes(count.try_into().ok()?));
        (count <= HINTS_MAX).then_some((*hash, count))
    }
}

const MAGIC: &[u8; 8] = b"BELHINT1";

/// Bytes of a block before its hints.
const BLOCK_START: usize = 32 + 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ELECTION: [u8; 32] = [7; 32];

    fn hints(count: usize) -> Vec<u8> {
        (0..count * HINT_SIZE).map(|index| index as u8).collect()
    }

    fn file() -> Vec<u8> {
        let blocks = [(1, 3), (2, 0), (3, HINTS_MAX), (4, 1)];
        let blocks = blocks.map(|(ballot, count)| block(&[ballot; 32], &hints(count)).expect("whole"));
        [header(&ELECTION).as_slice(), &blocks.concat()].concat()
    }

    fn read(source: &[u8], ballots: &[u8]) -> Vec<Option<usize>> {
        let mut reader = HintReader::open(source, &ELECTION);
        ballots
            .iter()
            .map(|ballot| reader.next_for(&[*ballot; 32]).map(|hints| hints.len() / HINT_SIZE))
            .collect()
    }

    #[test]
    fn a_file_to_the_byte() {
        let block = block(&[1; 32], &[9; 128]).expect("whole");
        assert_eq!(block, [[1; 32].as_slice(), &[2, 0], &[9; 128]].concat());
        assert_eq!(header(&ELECTION), *[b"BELHINT1".as_slice(), &ELECTION].concat());
    }

    #[test]
    fn hints_come_with_their_ballots() {
        let file = file();
        assert_eq!(read(&file, &[1, 2, 3, 4, 5]), [Some(3), Some(0), Some(HINTS_MAX), Some(1), None]);
        let mut reader = HintReader::open(&file, &ELECTION);
        assert_eq!(reader.next_for(&[1; 32]), Some(hints(3)));
    }

    #[test]
    fn a_ballot_without_hints_takes_none_from_the_next() {
        assert_eq!(read(&file(), &[9, 1, 9, 9, 2]), [None, Some(3), None, None, Some(0)]);
    }

    #[test]
    fn a_foreign_or_damaged_file_has_no_hints() {
        let file = file();
        assert_eq!(read(&[], &[1]), [None]);
        assert!(HintReader::open(&file, &[8; 32]).next_for(&[1; 32]).is_none());
        for length in 0..40 + 34 + 3 * HINT_SIZE {
            assert_eq!(read(&file[..length], &[1, 2]), [None, None], "{length}");
        }
        assert_eq!(
            read(&file[..file.len() - 1], &[1, 2, 3, 4, 4]),
            [Some(3), Some(0), Some(HINTS_MAX), None, None]
        );
        let mut many = file;
        many[40 + 32..40 + 34].copy_from_slice(&(HINTS_MAX as u16 + 1).to_le_bytes());
        assert_eq!(read(&many, &[1, 1, 2]), [None, None, None]);
    }

    #[test]
    fn blocks_hold_whole_hints_and_not_too_many() {
        assert_eq!(block(&[1; 32], &[0; 63]), None);
        assert_eq!(block(&[1; 32], &hints(HINTS_MAX + 1)), None);
    }

    proptest! {
        #[test]
        fn random_bytes_give_no_error(bytes in proptest::collection::vec(any::<u8>(), 0..2000), ballot: u8) {
            read(&[header(&ELECTION).as_slice(), &bytes].concat(), &[ballot, ballot]);
            read(&bytes, &[ballot]);
        }
    }
}
