//! The rules of a body: what its records mean and what state they add up to.
//!
//! A body's state is what replaying its log yields, entry by entry, through
//! [`Body::apply`]. Every record is accepted or void, and a void one names the
//! [`Rule`] that voids it and changes nothing. Nobody declares a result; every
//! device computes the same.
//!
//! Invariants:
//! - state is a pure function of the log: no clock, no randomness, no locale, and
//!   no order of iteration that is not fixed;
//! - deadlines are judged by the relay time that entries carry;
//! - talk never touches the state.

pub mod admission;
pub mod body;
pub mod bylaws;
pub mod content;
pub mod device_change;
pub mod duty;
pub mod genesis;
pub mod nickname;
pub mod period;
pub mod rekeying;
pub mod roster;
pub mod rule;
pub mod share;
mod state;
pub mod talk_lane;
pub mod template;

pub use body::{Applied, Body, EntryMeta, Opened, Outcome};
pub use rule::Rule;
