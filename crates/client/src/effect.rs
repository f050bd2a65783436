//! What goes into the engine and what comes out.

use concerted_log::BodyId;
use concerted_log::message::{ClientFrame, ServerFrame};

use crate::command::{Command, Failure, Reply};

/// How the engine is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One command, then the process ends: duties are done at once, failures are
    /// not retried, nothing is watched.
    OneShot,
    /// Runs for a while: logs are watched, failures retried, and duties shared out
    /// by place in the roster.
    Live,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The user wants something. The id comes back in [`Event::Done`] or
    /// [`Event::Failed`].
    Command(u64, Command),
    /// A relay sent a frame.
    Frame {
        /// The relay's base address.
        relay: String,
        /// The frame.
        frame: ServerFrame,
    },
    /// The socket to a relay is closed or could not be opened. What was sent and
    /// not answered counts as not answered.
    Down {
        /// The relay's base address.
        relay: String,
    },
    /// Time went on.
    Tick,
}

/// A row of the device's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its key; rows are read back in order of keys.
    pub key: String,
    /// Its value, or none to delete it.
    pub value: Option<Vec<u8>>,
}

/// Something the driver is to do, in order.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a step has few effects, and they live shortly")]
pub enum Effect {
    /// Write these rows in one transaction, durably, before the next effect.
    Store(Vec<Row>),
    /// Send a frame to a relay, opening the socket if there is none.
    Send {
        /// The relay's base address.
        relay: String,
        /// The frame.
        frame: ClientFrame,
    },
    /// Tell the user.
    Notify(Event),
    /// Give a [`Input::Tick`] at this time, milliseconds since 1970, or earlier.
    Wake(u64),
    /// Delete every row: the user wiped the device. Nothing follows.
    Wipe,
}

/// News for the user.
#[derive(Clone, Debug)]
pub enum Event {
    /// A command is done.
    Done(u64, Reply),
    /// A command is refused or has failed.
    Failed(u64, Failure),
    /// What a view of this body shows has changed; of all, if none is named.
    Changed(Option<BodyId>),
}
