//! What users can ask of the engine, and how it answers.

use concerted_assembly::Rule;
use concerted_assembly::bylaws::Bylaws;
use concerted_log::message::Refusal;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A wish of the user. Bodies and members are named by id in hexadecimal, or any
/// beginning of it that is unique; bodies and members also by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Begin on this device: new recovery words, shown once.
    Init,
    /// Begin on this device with words noted earlier.
    Restore {
        /// A relay that has one of the member's lockers.
        relay: String,
        /// The twelve words.
        words: String,
        /// Whether the other devices are lost: they are then removed.
        lost: bool,
    },
    /// Found a body.
    Found {
        /// The relay that will keep its entries.
        relay: String,
        /// Its name.
        name: String,
        /// The founder's nickname.
        nickname: String,
        /// Its bylaws.
        bylaws: Box<Bylaws>,
    },
    /// Open an invitation.
    Invite {
        /// The body.
        body: String,
    },
    /// Close an invitation early.
    RevokeInvite {
        /// The body.
        body: String,
        /// The link.
        link: String,
    },
    /// Read what a link invites to.
    ReadInvitation {
        /// The link.
        link: String,
    },
    /// Ask to join.
    Join {
        /// The link.
        link: String,
        /// How to be called.
        nickname: String,
    },
    /// Vouch for an applicant.
    Vouch {
        /// The body.
        body: String,
        /// The applicant.
        applicant: String,
    },
    /// Object to an admission.
    Object {
        /// The body.
        body: String,
        /// The applicant.
        applicant: String,
    },
    /// Say something.
    Talk {
        /// The body.
        body: String,
        /// The thread; empty for the common one.
        thread: String,
        /// The text.
        text: String,
    },
    /// Take another nickname.
    Nickname {
        /// The body.
        body: String,
        /// The new nickname.
        nickname: String,
    },
    /// Renew the body's keys.
    Rekey {
        /// The body.
        body: String,
    },
    /// Leave a body.
    Leave {
        /// The body.
        body: String,
    },
    /// Remove a body that one left, or asked in vain to join, from this device.
    Forget {
        /// The body.
        body: String,
    },
    /// On a new device: ask an old one to take it in.
    OfferDevice {
        /// A relay both can reach.
        relay: String,
    },
    /// On an old device: take in the device that shows this code.
    AcceptDevice {
        /// The code.
        code: String,
    },
    /// Both screens show the same number (or they do not).
    ConfirmDevice {
        /// Whether they do.
        same: bool,
    },
    /// With the recovery words: remove all other devices of this member, in all
    /// bodies.
    LostDevice {
        /// The twelve words.
        words: String,
    },
    /// Ask that another member's device be revoked.
    Accuse {
        /// The body.
        body: String,
        /// The device.
        device: String,
    },
    /// Object to the revocation of a device of one's own.
    Defend {
        /// The body.
        body: String,
        /// The device.
        device: String,
        /// The twelve words, if this device may not object by itself.
        words: Option<String>,
    },
    /// Catch up everywhere and do what is owed.
    Sync,
    /// Put a body's log into a file.
    Export {
        /// The body.
        body: String,
        /// Whether anyone who has the file can read it.
        plain: bool,
    },
    /// Encrypt what this device stores under a passphrase, or stop doing so.
    SetPassphrase {
        /// The new passphrase; none to store in the clear.
        new: Option<String>,
    },
    /// Delete everything on this device.
    Wipe,
}

/// What a command that is done gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// Nothing but that it is done.
    Done,
    /// The recovery words.
    Words {
        /// In one string.
        words: String,
    },
    /// A body was founded.
    Founded {
        /// Its id.
        body: String,
    },
    /// An invitation is open.
    Invited {
        /// The link.
        link: String,
    },
    /// What a link invites to.
    Invitation {
        /// The body's id.
        body: String,
        /// Its name.
        name: String,
        /// Its bylaws.
        bylaws: Box<Bylaws>,
    },
    /// A request to join is in the mailbox.
    Asked {
        /// The body's id.
        body: String,
        /// The id under which members see the request.
        applicant: String,
    },
    /// A record is in the log and counts.
    Recorded {
        /// Its number.
        sequence: u64,
    },
    /// The relay cannot be reached; what was written will be sent when it can.
    Queued,
    /// Bodies were restored.
    Restored {
        /// Their ids.
        bodies: Vec<String>,
    },
    /// A code for an old device to read.
    DeviceCode {
        /// The code, which is also a link.
        code: String,
    },
    /// A number both screens should show.
    DeviceNumber {
        /// Six digits.
        number: String,
    },
    /// An export file.
    Exported {
        /// Its bytes.
        #[serde(skip)]
        file: Vec<u8>,
        /// How many entries are in it.
        entries: u64,
    },
}

/// Why a command is refused or has failed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The device has not begun.
    #[error("this device has no recovery words yet; begin with init, or restore")]
    NotBegun,
    /// The device has begun already.
    #[error("this device is in use already; use another home, or wipe this one")]
    Begun,
    /// What was typed cannot be understood.
    #[error("{0}")]
    Input(String),
    /// No such body, member, applicant or device here.
    #[error("there is no {0} {1:?} here")]
    Unknown(&'static str, String),
    /// More than one matches.
    #[error("more than one {0} matches {1:?}; give more of the id")]
    Ambiguous(&'static str, String),
    /// The body's rules do not allow it.
    #[error("not allowed by rule {rule}: {text}", rule = .0.id(), text = .0.text())]
    Rule(Rule),
    /// The relay refuses.
    #[error("the relay refuses: {0}")]
    Refused(Refusal),
    /// The relay cannot be reached and the command cannot wait.
    #[error("the relay {0} cannot be reached; check the connection and try again")]
    Unreachable(String),
    /// The relay's answer makes no sense or contradicts what it said before.
    #[error("the relay {0} gave an answer that is not valid; do not trust it")]
    Relay(String),
    /// This device is not a member of the body (any more, or yet).
    #[error("this device is not a member of that body {0}")]
    NotMember(NotMember),
    /// Found, but it cannot be used.
    #[error("{0}")]
    State(String),
}

/// Why a device is not a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMember {
    /// Nobody has vouched enough yet.
    Yet,
    /// It left or was removed.
    AnyMore,
}

impl std::fmt::Display for NotMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Yet => "yet; wait until members vouch, then sync",
            Self::AnyMore => "any more",
        })
    }
}

impl Command {
    /// Words or a passphrase in this command, moved out so that they can be erased.
    pub(crate) fn secret(text: String) -> Zeroizing<String> {
        Zeroizing::new(text)
    }
}
