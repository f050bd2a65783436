//! What a device keeps of its user, apart from any body.

use std::collections::BTreeSet;

use concerted_log::BodyId;
use concerted_log::id::PointBytes;
use concerted_log::locker::LockerKey;
use concerted_log::words::{RecoveryRoot, RecoverySecret};
use minicbor::{Decode, Encode};

/// The row it is stored in.
pub const IDENTITY_ROW: &str = "identity";

/// The public half of the recovery root, and the locker this device writes to.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    #[n(1)]
    root: PointBytes,
    /// Writes to the person's current locker.
    #[n(2)]
    pub locker: LockerKey,
    /// Items this device put into the locker, so that it notices if a relay loses
    /// one.
    #[n(3)]
    pub items: Vec<PlacedItem>,
    /// Whether a restore has begun and not ended.
    #[n(4)]
    pub restoring: bool,
}

/// An item for the locker, and the relays that have it.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PlacedItem {
    /// The body it restores.
    #[n(1)]
    pub body: BodyId,
    /// The sealed item.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub item: Vec<u8>,
    /// Relays that acknowledged it.
    #[n(3)]
    pub on: BTreeSet<String>,
}

impl Identity {
    /// What a device keeps of the words.
    pub fn new(secret: &RecoverySecret, locker: u32) -> Self {
        Self {
            root: *secret.root().as_point(),
            locker: secret.locker(locker),
            items: Vec::new(),
            restoring: false,
        }
    }

    /// On a device that an old one took in.
    pub fn from_parts(root: RecoveryRoot, locker: LockerKey) -> Self {
        Self { root: *root.as_point(), locker, items: Vec::new(), restoring: false }
    }

    /// The recovery root; `None` if the stored bytes were damaged.
    pub fn root(&self) -> Option<RecoveryRoot> {
        RecoveryRoot::from_bytes(self.root)
    }
}
