//! What this device has written and the log does not show yet.
//!
//! A *group* of records is appended together. It begins as a draft, which is
//! signed only when the device has caught up, so that each record names the latest
//! head. Once signed its bytes stay the same, however often it is sent: a relay
//! recognises the same sealed record, the rules recognise the same counter.

use concerted_assembly::Rule;
use concerted_assembly::content::Content;
use concerted_log::entry::{Lane, Sealed};
use concerted_log::message::Announcement;
use concerted_log::{RecordId, cbor};
use minicbor::{Decode, Encode};

/// What a group is to say.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Draft {
    /// Statements as they are.
    #[n(0)]
    Contents(#[n(0)] Vec<Content>),
    /// A message, to be encrypted under the talk secret of the week in which it is
    /// sent.
    #[n(1)]
    Talk(#[n(0)] String, #[n(1)] String),
    /// A rekey to whoever is on the roster when it is sent.
    #[n(2)]
    Rekey,
    /// Replace all devices of this member by this one; needs the words at hand.
    #[n(3)]
    KeepOnlyThis,
}

/// A signed record on its way.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Outgoing {
    /// The record's id, by which it is recognised in the log.
    #[n(1)]
    pub record: RecordId,
    /// The signed record.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub signed: Vec<u8>,
    /// Epoch and class it is sealed for.
    #[n(3)]
    pub lane: Lane,
    /// As it was last sent.
    #[n(4)]
    pub sealed: Sealed,
    /// Its number, or the rule that voids it, once the log shows it.
    #[n(5)]
    pub landed: Option<Landed>,
}

/// Where a record ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Landed {
    /// Its number.
    #[n(0)]
    pub sequence: u64,
    /// The index in [`Rule::ALL`] of the rule that voids it.
    #[n(1)]
    void: Option<u16>,
}

impl Landed {
    /// Notes where a record is and whether it counts.
    pub fn new(sequence: u64, void: Option<Rule>) -> Self {
        let index = |rule: Rule| {
            Rule::ALL.iter().position(|known| *known == rule).and_then(|i| u16::try_from(i).ok())
        };
        Self { sequence, void: void.and_then(index) }
    }

    /// The rule that voids it.
    pub fn void(&self) -> Option<Rule> {
        self.void.and_then(|index| Rule::ALL.get(usize::from(index)).copied())
    }
}

/// Records that are appended together, next to each other.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Group {
    /// Its number on this device.
    #[n(1)]
    pub id: u64,
    /// What it is to say.
    #[n(2)]
    pub draft: Draft,
    /// When it was written, by this device's clock.
    #[n(3)]
    pub written_ms: u64,
    /// The signed records; empty while it is a draft.
    #[n(4)]
    pub items: Vec<Outgoing>,
    /// Posting key and token to announce with it.
    #[n(5)]
    pub announcement: Option<Announcement>,
    /// The last number the relay acknowledged it with.
    #[n(6)]
    pub acknowledged: Option<u64>,
}

impl Group {
    /// A group that is still a draft.
    pub fn draft(id: u64, draft: Draft, written_ms: u64) -> Self {
        Self { id, draft, written_ms, items: Vec::new(), announcement: None, acknowledged: None }
    }

    /// Whether all its records are in the log.
    pub fn has_landed(&self) -> bool {
        !self.items.is_empty() && self.items.iter().all(|item| item.landed.is_some())
    }

    /// The number of its last record, or the first rule that voided one.
    pub fn outcome(&self) -> Result<u64, Rule> {
        let landed = || self.items.iter().filter_map(|item| item.landed);
        match landed().find_map(|landed| landed.void()) {
            Some(rule) => Err(rule),
            None => Ok(landed().map(|landed| landed.sequence).max().unwrap_or(0)),
        }
    }
}

/// Groups in the order in which they were written.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Outbox {
    #[n(1)]
    groups: Vec<Group>,
    #[n(2)]
    next_id: u64,
}

impl Outbox {
    /// Most groups that wait at a time.
    pub const GROUPS_MAX: usize = 500;

    /// Adds a draft; its number. `None` if too many wait.
    pub fn add(&mut self, draft: Draft, now_ms: u64) -> Option<u64> {
        if self.groups.len() >= Self::GROUPS_MAX {
            return None;
        }
        self.next_id += 1;
        self.groups.push(Group::draft(self.next_id, draft, now_ms));
        Some(self.next_id)
    }

    /// Adds a draft that goes before all others.
    pub fn add_first(&mut self, draft: Draft, now_ms: u64) -> u64 {
        self.next_id += 1;
        let place = self.groups.iter().take_while(|group| !group.items.is_empty()).count();
        self.groups.insert(place, Group::draft(self.next_id, draft, now_ms));
        self.next_id
    }

    /// All groups, oldest first.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group to send next.
    pub fn front_mut(&mut self) -> Option<&mut Group> {
        self.groups.first_mut()
    }

    /// A group by number.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.id == id)
    }

    /// Whether a draft like this waits already.
    pub fn holds(&self, is: impl Fn(&Draft) -> bool) -> bool {
        self.groups.iter().any(|group| is(&group.draft))
    }

    /// Whether a statement of some kind waits already.
    pub fn holds_content(&self, is: impl Fn(&Content) -> bool) -> bool {
        self.holds(|draft| matches!(draft, Draft::Contents(contents) if contents.iter().any(&is)))
    }

    /// Drops a group.
    pub fn remove(&mut self, id: u64) -> Option<Group> {
        let place = self.groups.iter().position(|group| group.id == id)?;
        Some(self.groups.remove(place))
    }

    /// Notes that the log shows a record; returns its group if that has landed
    /// whole.
    pub fn land(&mut self, record: RecordId, landed: Landed) -> Option<Group> {
        let place = self.groups.iter_mut().position(|group| {
            let item = group.items.iter_mut().find(|item| item.record == record);
            item.map(|item| item.landed.get_or_insert(landed)).is_some()
        })?;
        self.groups[place].has_landed().then(|| self.groups.remove(place))
    }

    /// The encoding it is stored in.
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }
}
