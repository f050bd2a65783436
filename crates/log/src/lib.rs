//! The log of a body: who writes in it, how a record is signed and sealed, how
//! entries are chained, and what a device and a relay say to each other.
//!
//! A *record* is one statement signed by a device. Sealed under the secret of an
//! *epoch* and numbered by a relay it becomes an *entry*. The relay sees entries,
//! never records: it gives them an order and a time and signs a [`receipt`] for
//! the chain they form, so that it can neither alter nor reorder them unseen.
//!
//! This crate checks signatures and seals against keys the caller supplies. It
//! does no I/O, reads no clock and draws no randomness of its own. Who is a
//! member, and which rekey counts, is decided by the rules crate above it.
//!
//! Bytes are specified in `docs/protocol.md`; section numbers there are quoted
//! here.

pub mod cbor;
pub mod device;
pub mod entry;
pub mod epoch;
pub mod export;
pub mod fork;
pub mod hash;
pub mod id;
pub mod invitation;
pub mod letter;
pub mod locker;
pub mod message;
pub mod moving;
pub mod receipt;
pub mod record;
pub mod schnorr;
pub mod seal;
pub mod secret;
pub mod talk;
pub mod words;

pub use id::{Address, BodyId, ChainHash, DeviceId, MemberId, RecordId, SealedHash};
pub use secret::Secret;

/// A random source for tests, from a fixed seed: never for real keys.
#[cfg(test)]
pub(crate) fn tests_rng(seed: u8) -> chacha20::ChaCha20Rng {
    use chacha20::rand_core::SeedableRng;
    chacha20::ChaCha20Rng::from_seed([seed; 32])
}
