//! Members and their devices.
//!
//! A member is an id with a set of devices, not a key. Each device and each
//! member's recovery key receives the body's secrets.
//!
//! Invariants:
//! - no key occurs twice, and no device's key comes back once it was used;
//! - every device belongs to a member. A member may be without one, after a
//!   revocation; their recovery words bring them back.

use std::collections::{BTreeMap, BTreeSet};

use concerted_log::device::DeviceCard;
use concerted_log::id::{PointBytes, VerifyingKeyBytes};
use concerted_log::{DeviceId, MemberId};
use minicbor::Encode;

use crate::nickname::Name;

/// Most devices of one member.
pub const DEVICES_MAX: usize = 8;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Member {
    /// What they are called; may change.
    #[n(1)]
    pub nickname: Name,
    /// Receives every seal; its private half exists only with the recovery words.
    /// A founder has none between the first record and the second.
    #[n(2)]
    pub recovery: Option<PointBytes>,
    /// Relay time at which they became a member, in milliseconds.
    #[n(3)]
    pub joined_ms: u64,
    /// Whether they were admitted while the limits on admission held.
    #[n(4)]
    pub joined_under_limits: bool,
    /// Whether there were so many members before them that newcomers wait.
    #[n(8)]
    pub newcomer: bool,
    /// Relay times of device changes without the words in the last day.
    #[n(5)]
    pub device_changes_ms: Vec<u64>,
    /// Relay times of vouches that count towards the limit.
    #[n(6)]
    pub vouched_ms: Vec<u64>,
    /// Relay time of their last rekey that was not owed.
    #[n(7)]
    pub rekeyed_ms: Option<u64>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Device {
    /// Whose it is.
    #[n(1)]
    pub member: MemberId,
    /// Verifies its records.
    #[n(2)]
    pub signing: VerifyingKeyBytes,
    /// Receives seals.
    #[n(3)]
    pub sealing: PointBytes,
    /// Its talk key until it announces a later one.
    #[n(4)]
    pub talk: PointBytes,
    /// Relay time at which it was added, in milliseconds.
    #[n(5)]
    pub added_ms: u64,
    /// The device that added it; none if it came with the member or the words.
    #[n(6)]
    pub added_by: Option<DeviceId>,
    /// Whether it has said that it holds the keys.
    #[n(7)]
    pub arrived: bool,
}

/// All members and devices at one point of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Roster {
    #[n(1)]
    members: BTreeMap<MemberId, Member>,
    #[n(2)]
    devices: BTreeMap<DeviceId, Device>,
    /// Every key that was ever used here, but for recovery keys of former members.
    #[n(3)]
    used: BTreeSet<[u8; 32]>,
    /// Nicknames of those who left, and to whom removed devices belonged, so that
    /// what they wrote still has an author.
    #[n(4)]
    former: BTreeMap<MemberId, Name>,
    #[n(5)]
    former_devices: BTreeMap<DeviceId, MemberId>,
}

impl Roster {
    /// A member by id.
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    pub(crate) fn member_mut(&mut self, id: &MemberId) -> Option<&mut Member> {
        self.members.get_mut(id)
    }

    /// All members in order of id.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&MemberId, &Member)> {
        self.members.iter()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member; never after genesis.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A device by id.
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    pub(crate) fn device_mut(&mut self, id: &DeviceId) -> Option<&mut Device> {
        self.devices.get_mut(id)
    }

    /// All devices in order of id.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &Device)> {
        self.devices.iter()
    }

    /// A member's devices in order of id.
    pub fn devices_of<'a>(
        &'a self,
        member: &'a MemberId,
    ) -> impl Iterator<Item = (&'a DeviceId, &'a Device)> {
        self.devices.iter().filter(move |(_, device)| device.member == *member)
    }

    /// The member a device belongs to, or belonged to before it was removed.
    pub fn owner(&self, device: &DeviceId) -> Option<MemberId> {
        let current = self.devices.get(device).map(|device| device.member);
        current.or_else(|| self.former_devices.get(device).copied())
    }

    /// The nickname of a member or former member.
    pub fn nickname(&self, member: &MemberId) -> Option<&Name> {
        self.members.get(member).map(|member| &member.nickname).or_else(|| self.former.get(member))
    }

    /// Whether any member has a nickname that looks like `name`.
    pub fn has_nickname(&self, name: &Name) -> bool {
        self.members.values().any(|member| member.nickname.looks_like(name))
    }

    /// Whether this key was ever used in the body.
    pub fn knows_key(&self, key: &[u8; 32]) -> bool {
        self.used.contains(key)
    }

    /// Whether a device card brings only keys never used here, none twice.
    pub fn card_is_fresh(&self, card: &DeviceCard) -> bool {
        let keys = [card.signing.as_bytes(), card.sealing.as_bytes(), card.talk.as_bytes()];
        keys.iter().all(|key| !self.used.contains(*key)) && keys.iter().collect::<BTreeSet<_>>().len() == 3
    }

    /// Every key that receives the body's secrets: all devices and recovery keys,
    /// in ascending order.
    pub fn recipients(&self) -> BTreeSet<PointBytes> {
        let devices = self.devices.values().map(|device| device.sealing);
        devices.chain(self.members.values().filter_map(|member| member.recovery)).collect()
    }

    /// One member's keys that receive secrets, in ascending order.
    pub fn recipients_of(&self, member: &MemberId) -> BTreeSet<PointBytes> {
        let recovery = self.members.get(member).and_then(|member| member.recovery);
        self.devices_of(member).map(|(_, device)| device.sealing).chain(recovery).collect()
    }

    /// Adds a member with their first device.
    pub(crate) fn admit(&mut self, id: MemberId, member: Member, card: &DeviceCard, time_ms: u64) {
        self.used.extend(member.recovery.map(|key| *key.as_bytes()));
        self.members.insert(id, member);
        self.add_device(id, card, time_ms, None);
    }

    /// Sets the recovery key of a founder who has none yet; false if there is one,
    /// or the key was used here.
    pub(crate) fn set_recovery(&mut self, id: &MemberId, key: PointBytes) -> bool {
        let Some(member) = self.members.get_mut(id).filter(|member| member.recovery.is_none()) else {
            return false;
        };
        if !self.used.insert(*key.as_bytes()) {
            return false;
        }
        member.recovery = Some(key);
        true
    }

    /// Adds a device to a member.
    pub(crate) fn add_device(
        &mut self,
        member: MemberId,
        card: &DeviceCard,
        time_ms: u64,
        by: Option<DeviceId>,
    ) {
        for key in [card.signing.as_bytes(), card.sealing.as_bytes(), card.talk.as_bytes()] {
            self.used.insert(*key);
        }
        let device = Device {
            member,
            signing: card.signing,
            sealing: card.sealing,
            talk: card.talk,
            added_ms: time_ms,
            added_by: by,
            arrived: false,
        };
        self.devices.insert(card.id(), device);
    }

    /// Removes a member with all devices; returns the keys that receive no more.
    pub(crate) fn remove_member(&mut self, id: &MemberId) -> BTreeSet<PointBytes> {
        let mut gone = BTreeSet::new();
        let devices: Vec<DeviceId> = self.devices_of(id).map(|(id, _)| *id).collect();
        for device in devices {
            gone.extend(self.take_device(&device));
        }
        if let Some(member) = self.members.remove(id) {
            // The recovery key is the person's, not a device's: with the same words
            // they may be admitted again.
            if let Some(key) = member.recovery {
                self.used.remove(key.as_bytes());
            }
            gone.extend(member.recovery);
            self.former.insert(*id, member.nickname);
        }
        gone
    }

    /// Removes a device and those it added, and those they added; returns the keys
    /// that receive no more.
    pub(crate) fn remove_device_with_descendants(&mut self, id: &DeviceId) -> BTreeSet<PointBytes> {
        let mut gone = BTreeSet::new();
        let mut falling = vec![*id];
        while let Some(next) = falling.pop() {
            falling.extend(self.devices.iter().filter(|(_, d)| d.added_by == Some(next)).map(|(id, _)| *id));
            gone.extend(self.take_device(&next));
        }
        gone
    }

    /// Removes one device only.
    pub(crate) fn take_device(&mut self, id: &DeviceId) -> Option<PointBytes> {
        let device = self.devices.remove(id)?;
        self.former_devices.insert(*id, device.member);
        Some(device.sealing)
    }
}
