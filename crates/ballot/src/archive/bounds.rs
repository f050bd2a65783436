//! How large the contents of records may be, in bytes (check B-009).
//!
//! Which data may stand next follows from the event before them, so a bound is
//! known before anything is allocated, and no more than one event's data are in
//! memory at a time.

use super::event::EventType;

/// The header of the archive; 38 bytes until the year 2286.
pub const ARCHIVE_HEADER: u64 = 64;
/// An event; about 200 bytes.
pub const EVENT: u64 = 1 << 10;
/// The small objects that only name other data.
pub const NAMES: u64 = 4 << 10;
/// The election's parameters.
pub const ELECTION: u64 = 4 << 20;
/// The trustees; a threshold group grows with size times threshold.
pub const TRUSTEES: u64 = 16 << 20;
/// The credentials. With weights, two million on Ed25519 take 160 MB; of the
/// longer ones of BELENIOS-2048, 800,000 fit.
pub const CREDENTIALS: u64 = 512 << 20;
/// A ballot; 2 to 9 kB are common.
pub const BALLOT: u64 = 4 << 20;
/// The encrypted tally.
pub const TALLY: u64 = 64 << 20;
/// One trustee's partial decryption, and the result.
pub const DECRYPTION: u64 = 64 << 20;

/// How many partial decryptions there may be.
pub const DECRYPTIONS: usize = 4096;

/// The bounds of the data that may follow an event, or open the archive, in order.
pub(super) fn data_after(last: Option<EventType>) -> &'static [u64] {
    match last {
        None => &[ELECTION, TRUSTEES, CREDENTIALS, NAMES],
        Some(EventType::Setup | EventType::Ballot) => &[BALLOT],
        Some(EventType::EndBallots) => &[TALLY, NAMES],
        Some(EventType::EncryptedTally | EventType::PartialDecryption) => &[DECRYPTION, NAMES],
        Some(EventType::Shuffle | EventType::EndShuffles | EventType::Result) => &[],
    }
}
