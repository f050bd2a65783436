//! The engine of a member's device.
//!
//! [`Engine`] is a stepped state machine: commands, frames from relays and ticks of
//! the clock go in; frames to send, rows to store and news for the user come out.
//! It opens no socket, reads no clock and no disk. The command line, the web app
//! and the tests drive the same engine.
//!
//! Invariants:
//! - the engine may be stopped between any two effects. Rows of one
//!   [`Effect::Store`] are written together or not at all, before any later effect
//!   is performed; what was to be sent is sent again after a restart, and relays
//!   and rules make sending twice harmless;
//! - the log position and everything derived from the log up to it are stored
//!   together.

pub mod answer;
pub mod command;
pub mod effect;
pub mod engine;
pub mod export;
pub mod history;
pub mod identity;
pub mod outbox;
pub mod pairing;
pub mod session;
pub mod talk;
pub mod vault;
pub mod view;

mod composing;
mod dispatch;
mod duties;
mod joining;
mod lockers;
mod mailboxes;
mod replies;
mod restoring;
mod sending;
mod settling;
mod standing;
mod work;

pub use command::{Command, Failure, Reply};
pub use dispatch::relay_url;
pub use effect::{Effect, Event, Input, Mode, Row};
pub use engine::{Engine, OpenError};
