//! Epochs of a body: which rekey began the one in force, who received its secrets,
//! and when the next is owed.
//!
//! A rekey is judged only by what every reader can check. It names the last
//! accepted rekey, so of two that race the first wins; and a head, so that an
//! admission between does not void it. Whoever was added in between gets an
//! admission seal; whoever was removed in between voids it.

use std::collections::{BTreeMap, BTreeSet};

use concerted_log::epoch::Epoch;
use concerted_log::id::PointBytes;
use concerted_log::{BodyId, ChainHash, DeviceId, MemberId, RecordId};
use minicbor::Encode;

use crate::body::EntryMeta;
use crate::content::{Admission, Rekey};
use crate::roster::Roster;
use crate::rule::Rule;

/// How long records of the epoch before still count, in milliseconds.
pub const OLD_EPOCH_MS: u64 = 24 * 3600 * 1000;

/// How often one member may rekey without its being owed, in milliseconds.
pub const FREE_REKEY_MS: u64 = 7 * 24 * 3600 * 1000;

/// Why a rekey is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
#[cbor(index_only)]
pub enum Owed {
    /// A member left.
    #[n(0)]
    Left,
    /// A device was revoked or replaced.
    #[n(1)]
    Device,
    /// The bylaws' period is over.
    #[n(2)]
    Schedule,
}

/// The epoch in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct EpochState {
    #[n(1)]
    epoch: Epoch,
    /// The rekey that began it, or genesis.
    #[n(2)]
    rekey: RecordId,
    /// That record's entry.
    #[n(3)]
    begun_at: u64,
    #[n(4)]
    begun_ms: u64,
    /// The recipients when the epoch began, and how they changed since: number of
    /// the entry, whether added, key.
    #[n(5)]
    recipients_then: BTreeSet<PointBytes>,
    #[n(6)]
    changes: Vec<(u64, bool, PointBytes)>,
    /// Keys that received this epoch's secrets.
    #[n(7)]
    sealed: BTreeSet<PointBytes>,
    /// Who posted an admission seal for whom in this epoch.
    #[n(8)]
    admission_seals: BTreeMap<MemberId, BTreeSet<DeviceId>>,
    #[n(9)]
    owed: Option<Owed>,
}

impl EpochState {
    /// The first epoch, known to the founder's keys.
    pub(crate) fn of_genesis(genesis: RecordId, meta: &EntryMeta, recipients: BTreeSet<PointBytes>) -> Self {
        Self {
            epoch: Epoch::GENESIS,
            rekey: genesis,
            begun_at: meta.sequence.get(),
            begun_ms: meta.time_ms,
            sealed: recipients.clone(),
            recipients_then: recipients,
            changes: Vec::new(),
            admission_seals: BTreeMap::new(),
            owed: None,
        }
    }

    /// The epoch in force.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The last accepted rekey, or genesis.
    pub fn rekey(&self) -> RecordId {
        self.rekey
    }

    /// Relay time at which the epoch began.
    pub fn begun_ms(&self) -> u64 {
        self.begun_ms
    }

    /// Why a rekey is owed, if one is; `rekey_every_ms` is the bylaws' period.
    pub fn owed(&self, now_ms: u64, rekey_every_ms: u64) -> Option<Owed> {
        let scheduled = now_ms.saturating_sub(self.begun_ms) >= rekey_every_ms;
        self.owed.or(scheduled.then_some(Owed::Schedule))
    }

    /// Whether `key` received this epoch's secrets.
    pub fn has_sealed(&self, key: &PointBytes) -> bool {
        self.sealed.contains(key)
    }

    /// The keys that received this epoch's secrets, in ascending order. Right after
    /// a rekey they are its recipients, in the order of its seal.
    pub fn sealed(&self) -> impl Iterator<Item = &PointBytes> {
        self.sealed.iter()
    }

    /// Whether `key` belonged to the body when this epoch began.
    pub fn was_recipient_then(&self, key: &PointBytes) -> bool {
        self.recipients_then.contains(key)
    }

    /// whether a record sealed under `epoch` counts now.
    pub(crate) fn in_force(&self, epoch: Epoch, now_ms: u64, is_admission: bool) -> bool {
        epoch == self.epoch
            || (Some(epoch) == self.epoch.previous()
                && (is_admission || now_ms.saturating_sub(self.begun_ms) < OLD_EPOCH_MS))
    }

    /// Notes keys that `member` got with entry `at`. Whoever sealed to the member's
    /// other keys may now seal again.
    pub(crate) fn added(&mut self, at: u64, member: &MemberId, keys: impl IntoIterator<Item = PointBytes>) {
        self.admission_seals.remove(member);
        self.changes.extend(keys.into_iter().map(|key| (at, true, key)));
    }

    /// A key whose holder has this epoch's secrets by other ways.
    pub(crate) fn added_by_holder(&mut self, at: u64, key: PointBytes) {
        self.changes.push((at, true, key));
        self.sealed.insert(key);
    }

    pub(crate) fn removed(&mut self, at: u64, keys: impl IntoIterator<Item = PointBytes>, owed: Owed) {
        for key in keys {
            self.sealed.remove(&key);
            self.changes.push((at, false, key));
        }
        self.owed = Some(owed);
    }

    /// The recipients of a rekey that names the head after entry `at`; `None` if
    /// that is before the epoch began.
    pub fn recipients_at(&self, at: u64) -> Option<BTreeSet<PointBytes>> {
        if at < self.begun_at {
            return None;
        }
        let mut keys = self.recipients_then.clone();
        for (_, added, key) in self.changes.iter().take_while(|(changed, _, _)| *changed <= at) {
            if *added {
                keys.insert(*key);
            } else {
                keys.remove(key);
            }
        }
        Some(keys)
    }

    /// Judges a rekey. `chain_at` gives the log's chain after an
    /// entry.
    pub(crate) fn check_rekey(
        &self,
        rekey: &Rekey,
        body: &BodyId,
        roster: &Roster,
        chain_at: impl Fn(u64) -> Option<ChainHash>,
    ) -> Result<(), Rule> {
        if rekey.follows != self.rekey || Some(rekey.epoch) != self.epoch.next() {
            return Err(Rule::RekeySuccessor);
        }
        if chain_at(rekey.head_sequence.get()) != Some(rekey.head_chain) {
            return Err(Rule::RekeyHead);
        }
        let recipients = self.recipients_at(rekey.head_sequence.get()).ok_or(Rule::RekeyHead)?;
        if !recipients.is_subset(&roster.recipients()) {
            return Err(Rule::RekeyRemoved);
        }
        let recipients: Vec<PointBytes> = recipients.into_iter().collect();
        rekey.seal.vartime_verify(&rekey.context(body), &recipients).map_err(|_| Rule::RekeySeal)
    }

    /// Begins the epoch of a rekey that was judged valid.
    pub(crate) fn begin(&mut self, rekey: &Rekey, id: RecordId, meta: &EntryMeta, roster: &Roster) {
        let sealed = self.recipients_at(rekey.head_sequence.get()).unwrap_or_default();
        *self = Self {
            epoch: rekey.epoch,
            rekey: id,
            begun_at: meta.sequence.get(),
            begun_ms: meta.time_ms,
            recipients_then: roster.recipients(),
            changes: Vec::new(),
            sealed,
            admission_seals: BTreeMap::new(),
            owed: None,
        };
    }

    /// Judges an admission seal.
    pub(crate) fn check_admission(
        &self,
        admission: &Admission,
        body: &BodyId,
        author: &DeviceId,
        roster: &Roster,
    ) -> Result<(), Rule> {
        let repeated = self.admission_seals.get(&admission.member).is_some_and(|by| by.contains(author));
        let member_exists = roster.member(&admission.member).is_some();
        if admission.epoch != self.epoch || repeated || !member_exists || admission.wrapped.len() > 256 {
            return Err(Rule::AdmissionSeal);
        }
        let recipients: Vec<PointBytes> = roster.recipients_of(&admission.member).into_iter().collect();
        admission.seal.vartime_verify(&admission.context(body), &recipients).map_err(|_| Rule::AdmissionSeal)
    }

    /// Notes an admission seal that was judged valid.
    pub(crate) fn note_admission(&mut self, member: MemberId, author: DeviceId, roster: &Roster) {
        self.sealed.extend(roster.recipients_of(&member));
        self.admission_seals.entry(member).or_default().insert(author);
    }
}
