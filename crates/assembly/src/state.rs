//! The state that records add up to, and what each kind of record changes in it.
//!
//! A statement is judged whole before anything changes: where a function here
//! returns a rule, the state is as it was.

use std::collections::BTreeMap;

use concerted_log::id::VerifyingKeyBytes;
use concerted_log::record::Record;
use concerted_log::words::RecoveryRoot;
use concerted_log::{BodyId, ChainHash, DeviceId, MemberId, RecordId};
use minicbor::Encode;

use crate::admission::Admissions;
use crate::body::{EntryMeta, Happening};
use crate::bylaws::Bylaws;
use crate::content::{Content, JoinRequest};
use crate::device_change::{self, Accusations};
use crate::nickname::Name;
use crate::rekeying::{EpochState, FREE_REKEY_MS, Owed};
use crate::roster::{Member, Roster};
use crate::rule::Rule;

#[derive(Clone, Debug, Encode)]
#[cbor(map)]
pub(crate) struct State {
    #[n(1)]
    pub(crate) id: BodyId,
    #[n(2)]
    pub(crate) name: Name,
    #[n(3)]
    pub(crate) bylaws: Bylaws,
    #[n(4)]
    pub(crate) rules_version: u16,
    #[n(5)]
    pub(crate) roster: Roster,
    #[n(6)]
    pub(crate) admissions: Admissions,
    #[n(7)]
    pub(crate) accusations: Accusations,
    #[n(8)]
    pub(crate) epoch: EpochState,
    #[n(9)]
    pub(crate) counters: BTreeMap<DeviceId, u64>,
    /// Entry of the last removal of a member or device.
    #[n(10)]
    pub(crate) removed_at: u64,
    /// Relay time of the last entry in the record lane.
    #[n(11)]
    pub(crate) time_ms: u64,
}

impl State {
    /// Lets everything take effect whose time is past at this entry.
    pub(crate) fn fall_due(&mut self, meta: &EntryMeta, happened: &mut Vec<Happening>) {
        self.time_ms = meta.time_ms;
        for applicant in self.admissions.matured(meta.time_ms) {
            self.admit(&applicant, meta, true, happened);
        }
        for device in self.accusations.matured(meta.time_ms) {
            self.revoke(&device, meta, happened);
        }
        self.admissions.expire(meta.time_ms);
        self.accusations.tidy(&self.roster, meta.time_ms);
    }

    /// Whether a record at `now_ms` would let something take effect.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        !self.admissions.matured(now_ms).is_empty() || !self.accusations.matured(now_ms).is_empty()
    }

    /// The key to check a record with: its author's, or for a new device that
    /// comes with the recovery words, the one on its card.
    pub(crate) fn author_key(&self, record: &Record, content: Option<&Content>) -> Option<VerifyingKeyBytes> {
        if let Some(device) = self.roster.device(&record.author) {
            return Some(device.signing);
        }
        let card = match content? {
            Content::AddDevice(add) if add.recovery.is_some() => Some(&add.card),
            Content::ReplaceDevices(replace) => replace.card.as_ref(),
            _ => None,
        }?;
        (card.id() == record.author).then_some(card.signing)
    }

    pub(crate) fn apply_content(
        &mut self,
        meta: &EntryMeta,
        record: &Record,
        id: RecordId,
        content: &Content,
        chain_at: impl Fn(u64) -> Option<ChainHash>,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        let now_ms = meta.time_ms;
        // Absent only for the two statements a new device signs itself.
        let author = self.roster.device(&record.author).map(|device| device.member);
        let member = author.ok_or(Rule::CurrentDevice);
        match content {
            Content::Genesis(_) => Err(Rule::GenesisFirst),
            Content::Recovery(key) => self.set_recovery(&member?, *key, meta),
            Content::Invite(secret) => member.and_then(|_| self.admissions.invite(*secret, now_ms)),
            Content::RevokeInvite(secret) => member.and_then(|_| self.admissions.revoke_invite(secret)),
            Content::Request(request) => self.request(request, member?, now_ms, happened),
            Content::Vouch(applicant) => self.vouch(applicant, member?, meta, happened),
            Content::Object(applicant) => {
                member?;
                self.admissions.object(applicant)?;
                happened.push(Happening::Refused(*applicant));
                Ok(())
            }
            Content::Nickname(name) => self.rename(&member?, name),
            Content::Leave => self.leave(member?, meta, happened),
            Content::AddDevice(add) => self.add_device(add, record, meta, happened),
            Content::ReplaceDevices(replace) => self.replace_devices(replace, record, meta, happened),
            Content::Accuse(device) => self.accuse(device, member?, meta, happened),
            Content::Defend(defend) => {
                member?;
                self.accusations.defend(defend, &self.id, &record.author, now_ms, &self.roster)
            }
            Content::Rekey(rekey) => {
                let member = member?;
                self.epoch.check_rekey(rekey, &self.id, &self.roster, chain_at)?;
                self.spend_rekey(&member, now_ms)?;
                self.epoch.begin(rekey, id, meta, &self.roster);
                self.admissions.end_invitations();
                happened.push(Happening::Rekeyed);
                Ok(())
            }
            Content::Link(_) => {
                member?;
                let here = meta.lane.epoch == self.epoch.epoch() && self.epoch.epoch().previous().is_some();
                if here { Ok(()) } else { Err(Rule::LinkEpoch) }
            }
            Content::Admission(admission) => {
                member?;
                self.epoch.check_admission(admission, &self.id, &record.author, &self.roster)?;
                self.epoch.note_admission(admission.member, record.author, &self.roster);
                Ok(())
            }
            // What fell due took effect just before; a tick that found nothing due
            // is judged by whether it changed anything.
            Content::Tick => {
                member?;
                if happened.is_empty() { Err(Rule::TickDue) } else { Ok(()) }
            }
            Content::Arrive => {
                member?;
                let device = self.roster.device_mut(&record.author).ok_or(Rule::CurrentDevice)?;
                if std::mem::replace(&mut device.arrived, true) { Err(Rule::ArriveOnce) } else { Ok(()) }
            }
            Content::TalkKey(_) | Content::TalkSecret(_) | Content::Talk(_) => Err(Rule::RightLane),
        }
    }

    pub(crate) fn set_recovery(
        &mut self,
        member: &MemberId,
        key: concerted_log::id::PointBytes,
        meta: &EntryMeta,
    ) -> Result<(), Rule> {
        let usable = RecoveryRoot::from_bytes(key).is_some() && !self.admissions.has_key(key.as_bytes());
        if !usable || !self.roster.set_recovery(member, key) {
            return Err(Rule::RecoveryOnce);
        }
        self.epoch.added_by_holder(meta.sequence.get(), key);
        Ok(())
    }

    pub(crate) fn request(
        &mut self,
        request: &JoinRequest,
        author: MemberId,
        now_ms: u64,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        if request.body != self.id {
            return Err(Rule::RequestProofs);
        }
        self.admissions.check_request(request, &author, &self.roster)?;
        self.admissions.open_request(request.clone(), author, now_ms);
        happened.push(Happening::Asked(request.member()));
        Ok(())
    }

    pub(crate) fn vouch(
        &mut self,
        applicant: &MemberId,
        author: MemberId,
        meta: &EntryMeta,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        self.admissions.check_vouch(applicant, &author, &self.roster, &self.bylaws, meta.time_ms)?;
        let members = self.roster.len();
        if self.bylaws.limits_hold(members) {
            let since = meta.time_ms.saturating_sub(self.bylaws.admission.vouching_period.ms());
            if let Some(member) = self.roster.member_mut(&author) {
                member.vouched_ms.retain(|time| *time > since);
                member.vouched_ms.push(meta.time_ms);
            }
        }
        if self.admissions.vouch(applicant, author, members, &self.bylaws, meta.time_ms) {
            self.admit(applicant, meta, false, happened);
        }
        Ok(())
    }

    pub(crate) fn admit(
        &mut self,
        applicant: &MemberId,
        meta: &EntryMeta,
        limited: bool,
        happened: &mut Vec<Happening>,
    ) {
        let Some(pending) = self.admissions.take(applicant) else {
            return;
        };
        let request = pending.request;
        let newcomer = self.roster.len() as u64 >= u64::from(self.bylaws.newcomers.wait_from);
        let member = Member {
            joined_under_limits: limited,
            newcomer,
            ..new_member(request.nickname, Some(request.recovery), meta.time_ms)
        };
        self.roster.admit(*applicant, member, &request.card, meta.time_ms);
        self.epoch.added(meta.sequence.get(), applicant, [request.card.sealing, request.recovery]);
        happened.push(Happening::Joined(*applicant));
    }

    pub(crate) fn rename(&mut self, author: &MemberId, name: &Name) -> Result<(), Rule> {
        let taken =
            self.roster.members().any(|(id, member)| id != author && member.nickname.looks_like(name));
        if taken || self.admissions.has_nickname(name) {
            return Err(Rule::NameFree);
        }
        if let Some(member) = self.roster.member_mut(author) {
            member.nickname = name.clone();
        }
        Ok(())
    }

    pub(crate) fn leave(
        &mut self,
        author: MemberId,
        meta: &EntryMeta,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        if self.roster.len() <= 1 {
            return Err(Rule::LastStays);
        }
        let gone = self.roster.remove_member(&author);
        self.epoch.removed(meta.sequence.get(), gone, Owed::Left);
        self.admissions.forget_member(&author);
        self.accusations.tidy(&self.roster, meta.time_ms);
        self.removed_at = meta.sequence.get();
        happened.push(Happening::Left(author));
        Ok(())
    }

    pub(crate) fn add_device(
        &mut self,
        add: &crate::content::AddDevice,
        record: &Record,
        meta: &EntryMeta,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        device_change::check_add(
            add,
            &self.id,
            &record.author,
            meta.time_ms,
            &self.roster,
            &self.admissions,
        )?;
        let by = add.recovery.is_none().then_some(record.author);
        self.roster.add_device(add.member, &add.card, meta.time_ms, by);
        self.epoch.added(meta.sequence.get(), &add.member, [add.card.sealing]);
        if by.is_some() {
            self.note_device_change(&add.member, meta.time_ms);
        } else if add.card.id() == record.author {
            self.counters.insert(record.author, record.counter);
        }
        happened.push(Happening::Devices(add.member));
        Ok(())
    }

    pub(crate) fn note_device_change(&mut self, member: &MemberId, now_ms: u64) {
        if let Some(member) = self.roster.member_mut(member) {
            let since = now_ms.saturating_sub(device_change::DAY_MS);
            member.device_changes_ms.retain(|time| *time > since);
            member.device_changes_ms.push(now_ms);
        }
    }

    pub(crate) fn replace_devices(
        &mut self,
        replace: &crate::content::ReplaceDevices,
        record: &Record,
        meta: &EntryMeta,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        device_change::check_replace(replace, &self.id, record, &self.roster, &self.admissions)?;
        let dropped: Vec<DeviceId> = self
            .roster
            .devices_of(&replace.member)
            .map(|(id, _)| *id)
            .filter(|id| !replace.keep.contains(id))
            .collect();
        let gone: Vec<_> = dropped.iter().filter_map(|id| self.roster.take_device(id)).collect();
        if let Some(card) = &replace.card {
            self.roster.add_device(replace.member, card, meta.time_ms, None);
            self.epoch.added(meta.sequence.get(), &replace.member, [card.sealing]);
            if card.id() == record.author {
                self.counters.insert(record.author, record.counter);
            }
        }
        if !gone.is_empty() {
            self.epoch.removed(meta.sequence.get(), gone, Owed::Device);
            self.removed_at = meta.sequence.get();
        }
        self.accusations.tidy(&self.roster, meta.time_ms);
        happened.push(Happening::Devices(replace.member));
        Ok(())
    }

    pub(crate) fn accuse(
        &mut self,
        device: &DeviceId,
        author: MemberId,
        meta: &EntryMeta,
        happened: &mut Vec<Happening>,
    ) -> Result<(), Rule> {
        let wait_ms = self.bylaws.keys.revocation_wait.ms();
        self.accusations.accuse(*device, author, meta.sequence, meta.time_ms, wait_ms, &self.roster)?;
        if self.accusations.get(device).is_some_and(|accusation| accusation.ends_ms.is_some()) {
            happened.push(Happening::Accused(*device));
        }
        Ok(())
    }

    /// A revocation without the words takes effect. A member whose last device it
    /// was stays a member: their words bring them back.
    pub(crate) fn revoke(&mut self, device: &DeviceId, meta: &EntryMeta, happened: &mut Vec<Happening>) {
        let Some(member) = self.roster.owner(device) else {
            return;
        };
        let gone = self.roster.remove_device_with_descendants(device);
        self.epoch.removed(meta.sequence.get(), gone, Owed::Device);
        self.removed_at = meta.sequence.get();
        happened.push(Happening::Devices(member));
    }

    /// an owed rekey is free; any other uses the author's one in 7 days.
    pub(crate) fn spend_rekey(&mut self, author: &MemberId, now_ms: u64) -> Result<(), Rule> {
        if self.epoch.owed(now_ms, self.bylaws.keys.rekey_every.ms()).is_some() {
            return Ok(());
        }
        let member = self.roster.member_mut(author).ok_or(Rule::CurrentDevice)?;
        if member.rekeyed_ms.is_some_and(|last| now_ms.saturating_sub(last) < FREE_REKEY_MS) {
            return Err(Rule::RekeyDue);
        }
        member.rekeyed_ms = Some(now_ms);
        Ok(())
    }
}

pub(crate) fn new_member(
    nickname: Name,
    recovery: Option<concerted_log::id::PointBytes>,
    joined_ms: u64,
) -> Member {
    Member {
        nickname,
        recovery,
        joined_ms,
        joined_under_limits: false,
        newcomer: false,
        device_changes_ms: Vec::new(),
        vouched_ms: Vec::new(),
        rekeyed_ms: None,
    }
}
