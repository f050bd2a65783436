//! Ballots: casting one, and verifying many.
//!
//! [`Booth`] makes a ballot from choices and a credential. [`Verifier`] checks
//! ballots, plainly by recomputing every commitment, or with hints, which is an
//! order of magnitude faster and accepts exactly the same ballots.

mod booth;
mod hinted;
pub(crate) mod text;
mod verify;

pub use booth::{Booth, CastBallot, Choice, ChoiceError};
pub use verify::{CheckedBallot, Submission, Verifier};
