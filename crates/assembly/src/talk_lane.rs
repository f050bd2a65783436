//! The talk lane: which talk keys devices have announced and which talk secrets
//! were sealed to whom.
//!
//! Entries here expire, so two devices may know different parts of the lane.
//! Nothing in it ever touches the state of the body.

use std::collections::BTreeMap;

use concerted_log::id::PointBytes;
use concerted_log::talk::{TalkSecretId, talk_key_statement, talk_seal_context, week_of};
use concerted_log::{BodyId, DeviceId, schnorr};

use crate::body::EntryMeta;
use crate::content::{TalkKey, TalkSecret};
use crate::roster::Roster;
use crate::rule::Rule;

/// Longest talk record content in bytes.
pub const TALK_BYTES_MAX: usize = 16_000;

/// Weeks by which a talk key may be early, and a new talk secret early or late.
pub const WEEKS_APART_MAX: u64 = 1;
/// Talk secrets that one device may begin for one week.
pub const SECRETS_STARTED_MAX: usize = 32;
/// Talk keys of one device that are remembered.
pub const TALK_KEYS_MAX: usize = 16;

/// A talk secret that someone announced.
#[derive(Clone, Debug)]
pub struct KnownSecret {
    /// The week it is for.
    pub week: u64,
    /// The entry in which it was first announced.
    pub since: u64,
    /// Devices it was sealed to, with the talk key used.
    pub covers: BTreeMap<DeviceId, PointBytes>,
    /// The device that announced it first.
    pub by: DeviceId,
}

/// What is known of the talk lane.
#[derive(Clone, Debug, Default)]
pub struct TalkLane {
    /// Latest announced key of each device, with its week.
    keys: BTreeMap<DeviceId, (u64, PointBytes)>,
    /// The last [`TALK_KEYS_MAX`] keys each device announced, by week, so that a seal
    /// to a slightly older one is no fault.
    announced: BTreeMap<DeviceId, BTreeMap<u64, PointBytes>>,
    counters: BTreeMap<DeviceId, u64>,
    secrets: BTreeMap<TalkSecretId, KnownSecret>,
}

impl TalkLane {
    /// The talk key to seal to for a device: its latest announced one, or the one
    /// it came with.
    pub fn key_of(&self, device: &DeviceId, roster: &Roster) -> Option<PointBytes> {
        let first = roster.device(device)?.talk;
        Some(self.keys.get(device).map_or(first, |(_, key)| *key))
    }

    /// The week of the device's latest announced key.
    pub fn key_week(&self, device: &DeviceId) -> Option<u64> {
        self.keys.get(device).map(|(week, _)| *week)
    }

    /// The newest talk secret for `week` that nobody who was removed since knows;
    /// `removed_at` is the entry of the last removal.
    pub fn current_secret(&self, week: u64, removed_at: u64) -> Option<(TalkSecretId, &KnownSecret)> {
        self.secrets
            .iter()
            .filter(|(_, known)| known.week == week && known.since > removed_at)
            .max_by_key(|(_, known)| known.since)
            .map(|(id, known)| (*id, known))
    }

    /// Devices on the roster, with the talk key to use, that `known` was not sealed
    /// to.
    pub fn uncovered(&self, known: Option<&KnownSecret>, roster: &Roster) -> Vec<(DeviceId, PointBytes)> {
        roster
            .devices()
            .filter_map(|(id, _)| self.key_of(id, roster).map(|key| (*id, key)))
            .filter(|(id, _)| known.is_none_or(|known| !known.covers.contains_key(id)))
            .collect()
    }

    /// The next counter of a device in this lane.
    pub fn next_counter(&self, device: &DeviceId) -> u64 {
        self.counters.get(device).map_or(1, |counter| counter.saturating_add(1))
    }

    pub(crate) fn use_counter(&mut self, device: DeviceId, counter: u64) -> Result<(), Rule> {
        if self.counters.get(&device).is_some_and(|last| counter <= *last) {
            return Err(Rule::CounterGrows);
        }
        self.counters.insert(device, counter);
        Ok(())
    }

    /// A new talk key.
    pub(crate) fn announce(
        &mut self,
        key: &TalkKey,
        body: &BodyId,
        author: DeviceId,
        now_ms: u64,
    ) -> Result<(), Rule> {
        let later = self.keys.get(&author).is_none_or(|(week, _)| key.week > *week)
            && key.week <= week_of(now_ms).saturating_add(WEEKS_APART_MAX);
        let statement = talk_key_statement(body, &author, key.week);
        if !later || !schnorr::vartime_verify(&key.key, &statement, &key.proof) {
            return Err(Rule::TalkKeyProof);
        }
        self.keys.insert(author, (key.week, key.key));
        let announced = self.announced.entry(author).or_default();
        announced.insert(key.week, key.key);
        while announced.len() > TALK_KEYS_MAX {
            announced.pop_first();
        }
        Ok(())
    }

    /// A talk secret, or more recipients for one.
    pub(crate) fn note_secret(
        &mut self,
        secret: &TalkSecret,
        body: &BodyId,
        meta: &EntryMeta,
        author: DeviceId,
        roster: &Roster,
    ) -> Result<(), Rule> {
        let known_key = |(device, key): (&DeviceId, &PointBytes)| {
            roster.device(device).is_some_and(|d| d.talk == *key)
                || roster.device(device).is_some()
                    && self.announced.get(device).is_some_and(|keys| keys.values().any(|k| k == key))
        };
        let fits = secret.devices.len() == secret.keys.len()
            && secret.devices.iter().zip(&secret.keys).all(known_key)
            && match self.secrets.get(&secret.id) {
                Some(known) => known.week == secret.week,
                None => self.may_start(&author, secret.week, meta.time_ms),
            };
        let context = talk_seal_context(body, &secret.id, secret.week);
        if !fits || secret.seal.vartime_verify(&context, &secret.keys).is_err() {
            return Err(Rule::TalkSeal);
        }
        let known = self.secrets.entry(secret.id).or_insert_with(|| KnownSecret {
            week: secret.week,
            since: meta.sequence.get(),
            covers: BTreeMap::new(),
            by: author,
        });
        known.covers.extend(secret.devices.iter().copied().zip(secret.keys.iter().copied()));
        Ok(())
    }

    /// Whether `author` may announce another secret for `week`: it must be about the
    /// present one, and only so many are kept of one device.
    fn may_start(&self, author: &DeviceId, week: u64, now_ms: u64) -> bool {
        let started = self.secrets.values().filter(|known| known.by == *author && known.week == week).count();
        week.abs_diff(week_of(now_ms)) <= WEEKS_APART_MAX && started < SECRETS_STARTED_MAX
    }

    /// Whether a text refers to a secret that is known here.
    pub(crate) fn knows_secret(&self, id: &TalkSecretId) -> bool {
        self.secrets.contains_key(id)
    }

    /// Forgets secrets of weeks before `week`.
    pub fn forget_before(&mut self, week: u64) {
        self.secrets.retain(|_, known| known.week >= week);
    }
}
