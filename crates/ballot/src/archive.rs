//! The archive of an election: one file with everything that is needed to verify
//! it, in the order it came about (BELENIOS.md, section 8).
//!
//! The file is a sequence of *records*, a header of 512 bytes and a content each.
//! The first says that this is an archive. After it come *events*, each preceded
//! by its *data*: a ballot, then the event that says "this ballot"; every event
//! names the hash of the one before, so the last hash stands for the whole file.
//! Nothing is ever changed, only appended, and an archive of an election under
//! way is the beginning of the later one.
//!
//! [`Reader`] walks a file of any size event by event in constant memory and
//! makes the checks B-001 to B-009; [`Writer`] makes the bytes to append. Neither
//! looks into the elections, ballots and tallies they carry. Beside the archive
//! there may be a file of [`hints`] that makes verifying fast.
//!
//! This module does no I/O: files come in as a [`Source`].

pub mod bounds;
mod chain;
mod event;
#[cfg(test)]
mod forge;
pub mod hints;
mod payload;
mod reader;
mod record;
mod source;
mod writer;

pub use chain::Tip;
pub use event::EventType;
pub use reader::{ArchivedEvent, Content, Data, ReadError, Reader, UnverifiedBallot};
pub use source::Source;
pub use writer::Writer;
