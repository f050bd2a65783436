//! Bytes as an archive.

use concerted_ballot::archive::{Content, Reader};

use crate::forge::Forge;
use crate::sample::{self, TOOL_2048, TOOL_ED25519};

/// Reads as far as the archive is sound. What was read must be an archive of its own, since an election under
/// way is the beginning of the later one.
pub(crate) fn run(data: &[u8]) {
    if let Some((events, size)) = walk(data) {
        let whole = usize::try_from(size).unwrap();
        assert_eq!(walk(&data[..whole]), Some((events, size)));
    }
}

/// How many events there are, and where the last of them ends; none if there is not even one.
fn walk(data: &[u8]) -> Option<(u64, u64)> {
    let mut reader = Reader::open(data).map_err(sample::failure).ok()?;
    let mut events = 0;
    while let Ok(Some(event)) = reader.next_event().map_err(sample::failure) {
        assert_eq!(event.height, events);
        events += 1;
        if let Content::Ballot(ballot) = event.content {
            let _ = ballot.verify_hash();
        }
    }
    reader.tip().map(|tip| (events, tip.size()))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        TOOL_ED25519.iter().chain(&TOOL_2048).map(|archive| archive.to_vec()).collect();
    seeds.push(Forge::small().archive());
    seeds
}
