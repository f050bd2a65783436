//! Adding, replacing and revoking devices.
//!
//! Adversary: someone who holds a member's phone. With it alone they cannot revoke
//! the member's other devices, nor outlast the recovery words: what they add falls
//! with the phone.

use std::collections::{BTreeMap, BTreeSet};

use concerted_log::device::DeviceCard;
use concerted_log::entry::Sequence;
use concerted_log::id::Signature64;
use concerted_log::record::Record;
use concerted_log::{BodyId, DeviceId, MemberId, schnorr};
use minicbor::Encode;

use crate::admission::Admissions;
use crate::content::{AddDevice, Defend, ReplaceDevices};
use crate::roster::{DEVICES_MAX, Member, Roster};
use crate::rule::Rule;

/// Device changes without the words that a member may make in [`DAY_MS`].
pub const CHANGES_MAX: usize = 3;
/// A day in milliseconds.
pub const DAY_MS: u64 = 24 * 3600 * 1000;
/// How old a device must be to object to a revocation, in milliseconds.
pub const OBJECTOR_AGE_MS: u64 = 7 * DAY_MS;
/// How long an accusation waits for the second accuser, in milliseconds.
pub const ACCUSATION_OPEN_MS: u64 = 7 * DAY_MS;
/// Members who must ask for a revocation.
pub const ACCUSERS: usize = 2;

/// Members ask for the revocation of a device.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Accusation {
    /// The entry of the first accusation.
    #[n(1)]
    pub since: Sequence,
    /// Who asks.
    #[n(2)]
    pub by: BTreeSet<MemberId>,
    /// When the device is revoked unless there is an objection; set by the second
    /// accuser.
    #[n(3)]
    pub ends_ms: Option<u64>,
    /// Relay time of the first accusation.
    #[n(4)]
    pub since_ms: u64,
}

/// Accusations that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
#[cbor(transparent)]
pub struct Accusations(#[n(0)] BTreeMap<DeviceId, Accusation>);

impl Accusations {
    /// The open accusation of a device.
    pub fn get(&self, device: &DeviceId) -> Option<&Accusation> {
        self.0.get(device)
    }

    /// All open accusations.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, &Accusation)> {
        self.0.iter()
    }

    /// Notes an accusation.
    pub(crate) fn accuse(
        &mut self,
        device: DeviceId,
        author: MemberId,
        at: Sequence,
        now_ms: u64,
        wait_ms: u64,
        roster: &Roster,
    ) -> Result<(), Rule> {
        let other = roster.device(&device).is_some_and(|device| device.member != author);
        if !other || self.0.get(&device).is_some_and(|accusation| accusation.by.contains(&author)) {
            return Err(Rule::AccuseOther);
        }
        let accusation = self.0.entry(device).or_insert_with(|| Accusation {
            since: at,
            by: BTreeSet::new(),
            ends_ms: None,
            since_ms: now_ms,
        });
        accusation.by.insert(author);
        if accusation.by.len() >= ACCUSERS && accusation.ends_ms.is_none() {
            accusation.ends_ms = Some(now_ms.saturating_add(wait_ms));
        }
        Ok(())
    }

    /// An objection ends an accusation.
    pub(crate) fn defend(
        &mut self,
        defend: &Defend,
        body: &BodyId,
        author: &DeviceId,
        now_ms: u64,
        roster: &Roster,
    ) -> Result<(), Rule> {
        let accusation = self.0.get(&defend.device).ok_or(Rule::ObjectToRevocation)?;
        let accused = roster.device(&defend.device).ok_or(Rule::ObjectToRevocation)?;
        let member = roster.member(&accused.member).ok_or(Rule::ObjectToRevocation)?;
        let may = match &defend.recovery {
            Some(signature) => {
                let statement = Defend::statement(body, &defend.device, accusation.since);
                member.recovery.is_some_and(|key| schnorr::vartime_verify(&key, &statement, signature))
            }
            None => roster.device(author).is_some_and(|device| {
                device.member == accused.member
                    && *author != defend.device
                    && now_ms.saturating_sub(device.added_ms) >= OBJECTOR_AGE_MS
                    && !descends(roster, author, &defend.device)
            }),
        };
        if !may {
            return Err(Rule::ObjectToRevocation);
        }
        self.0.remove(&defend.device);
        Ok(())
    }

    /// Devices whose revocation takes effect, in order.
    pub(crate) fn matured(&self, now_ms: u64) -> Vec<DeviceId> {
        let mut ended: Vec<(u64, DeviceId)> = self
            .0
            .iter()
            .filter_map(|(id, accusation)| {
                accusation.ends_ms.filter(|end| *end < now_ms).map(|end| (end, *id))
            })
            .collect();
        ended.sort_unstable();
        ended.into_iter().map(|(_, id)| id).collect()
    }

    /// Drops accusations of devices that are gone, and accusers who are. One that
    /// waits for its second accuser lapses after a week.
    pub(crate) fn tidy(&mut self, roster: &Roster, now_ms: u64) {
        self.0.retain(|id, accusation| {
            accusation.by.retain(|member| roster.member(member).is_some());
            if accusation.by.len() < ACCUSERS {
                accusation.ends_ms = None;
            }
            let lapsed = accusation.ends_ms.is_none()
                && now_ms.saturating_sub(accusation.since_ms) >= ACCUSATION_OPEN_MS;
            roster.device(id).is_some() && !accusation.by.is_empty() && !lapsed
        });
    }
}

/// Whether `device` was added by `ancestor`, or by a device it added.
fn descends(roster: &Roster, device: &DeviceId, ancestor: &DeviceId) -> bool {
    let mut current = Some(*device);
    // No cycles: a device is added by one that was there before it.
    while let Some(id) = current {
        if id == *ancestor {
            return true;
        }
        current = roster.device(&id).and_then(|device| device.added_by);
    }
    false
}

/// Judges a new device. `author` is the device that signed.
pub(crate) fn check_add(
    add: &AddDevice,
    body: &BodyId,
    author: &DeviceId,
    now_ms: u64,
    roster: &Roster,
    admissions: &Admissions,
) -> Result<(), Rule> {
    let member = roster.member(&add.member).ok_or(Rule::CurrentDevice)?;
    check_card(&add.card, body, roster, admissions)?;
    if roster.devices_of(&add.member).count() >= DEVICES_MAX {
        return Err(Rule::DeviceBound);
    }
    match &add.recovery {
        Some(signature) => {
            let statement = AddDevice::statement(body, &add.member, &add.card);
            verify_recovery(member, &statement, signature)?;
        }
        None => {
            if roster.device(author).is_none_or(|device| device.member != add.member) {
                return Err(Rule::RecoverySigned);
            }
            let since = now_ms.saturating_sub(DAY_MS);
            if member.device_changes_ms.iter().filter(|time| **time > since).count() >= CHANGES_MAX {
                return Err(Rule::DeviceChanges);
            }
        }
    }
    Ok(())
}

/// Judges a replacement.
pub(crate) fn check_replace(
    replace: &ReplaceDevices,
    body: &BodyId,
    record: &Record,
    roster: &Roster,
    admissions: &Admissions,
) -> Result<(), Rule> {
    let author = &record.author;
    let member = roster.member(&replace.member).ok_or(Rule::CurrentDevice)?;
    let keep: BTreeSet<&DeviceId> = replace.keep.iter().collect();
    let own = |id: &&DeviceId| roster.device(id).is_some_and(|device| device.member == replace.member);
    let author_stays =
        keep.contains(author) || replace.card.as_ref().is_some_and(|card| card.id() == *author);
    if keep.len() != replace.keep.len() || !keep.iter().all(own) || !author_stays {
        return Err(Rule::KeepOwn);
    }
    if keep.len() + usize::from(replace.card.is_some()) > DEVICES_MAX {
        return Err(Rule::DeviceBound);
    }
    if let Some(card) = &replace.card {
        check_card(card, body, roster, admissions)?;
    }
    let statement = ReplaceDevices::statement(
        body,
        &replace.member,
        &replace.keep,
        replace.card.as_ref(),
        author,
        record.counter,
    );
    verify_recovery(member, &statement, &replace.recovery)
}

/// The card of an open request is bound to the body too: it stays the applicant's.
fn check_card(
    card: &DeviceCard,
    body: &BodyId,
    roster: &Roster,
    admissions: &Admissions,
) -> Result<(), Rule> {
    let keys = [card.signing.as_bytes(), card.sealing.as_bytes(), card.talk.as_bytes()];
    let applied_with = keys.into_iter().any(|key| admissions.has_key(key));
    if roster.card_is_fresh(card) && !applied_with && card.vartime_verify(body.as_bytes()) {
        Ok(())
    } else {
        Err(Rule::DeviceProofs)
    }
}

fn verify_recovery(member: &Member, statement: &[u8], signature: &Signature64) -> Result<(), Rule> {
    let signed = member.recovery.is_some_and(|key| schnorr::vartime_verify(&key, statement, signature));
    if signed { Ok(()) } else { Err(Rule::RecoverySigned) }
}
