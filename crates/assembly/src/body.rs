//! A body's state, and how one entry after another changes it.
//!
//! Invariants:
//! - a record that is void changes nothing but its device's counter, which is used
//!   up so that the same record cannot be played again later;
//! - the state depends on the entries and their order only: not on when or in what
//!   batches they were read, and not on talk.

use std::collections::BTreeMap;

use concerted_log::cbor;
use concerted_log::entry::{ExpiryClass, Lane, Sequence};
use concerted_log::record::{ParsedRecord, RECORD_BYTES_MAX, Record, SeenHead};
use concerted_log::{BodyId, ChainHash, DeviceId, MemberId, RecordId};

use crate::admission::Admissions;
use crate::bylaws::Bylaws;
use crate::content::Content;
use crate::device_change::Accusations;
use crate::genesis;
use crate::nickname::Name;
use crate::rekeying::EpochState;
use crate::roster::Roster;
use crate::rule::Rule;
use crate::state::{State, new_member};
use crate::talk_lane::{TALK_BYTES_MAX, TalkLane};

/// What a signed record has besides its content, at most.
const ENVELOPE_BYTES_MAX: usize = 512;

/// What the relay says of an entry; all of it is covered by the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryMeta {
    /// Its number.
    pub sequence: Sequence,
    /// Its relay time in milliseconds.
    pub time_ms: u64,
    /// Epoch and class.
    pub lane: Lane,
    /// The chain up to and including it.
    pub chain: ChainHash,
}

/// What opening an entry gave.
#[derive(Clone, Copy, Debug)]
pub enum Opened<'a> {
    /// The signed record.
    Record(&'a [u8]),
    /// The sealed record is there but does not open under its epoch's secret.
    Unopenable,
    /// The relay gave only its hash.
    Absent,
}

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// It changes nothing, because of this rule.
    Void(Rule),
    /// Talk whose content is gone; nobody can say any more.
    Expired,
}

/// What applying an entry told.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Whether it counts.
    pub outcome: Outcome,
    /// The record's id, if it could be read.
    pub record: Option<RecordId>,
    /// The device that signed, if the signature holds.
    pub author: Option<DeviceId>,
    /// What it says, if that is known to these rules.
    pub content: Option<Content>,
    /// The head its author had seen, signature unchecked.
    pub unverified_seen: Option<SeenHead>,
    /// What changed, with what fell due before it.
    pub happened: Vec<Happening>,
}

/// A change in the body that someone may want to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The body was founded.
    Founded,
    /// Someone asks to join.
    Asked(MemberId),
    /// Someone was admitted.
    Joined(MemberId),
    /// An admission was refused because a member objected.
    Refused(MemberId),
    /// A member left.
    Left(MemberId),
    /// A member's devices changed.
    Devices(MemberId),
    /// Two members ask that a device be revoked.
    Accused(DeviceId),
    /// A new epoch began.
    Rekeyed,
}

/// An entry cannot be applied because its content is missing and matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {0} is needed and the relay gave only its hash")]
pub struct Missing(pub Sequence);

/// A body at one point of its log.
#[derive(Clone, Debug)]
pub struct Body {
    state: State,
    /// The chain after each entry.
    chains: Vec<ChainHash>,
    talk: TalkLane,
}

impl Body {
    /// Founds a body from its first entry, if that is the genesis record of `id`.
    pub fn found(id: &BodyId, meta: &EntryMeta, opened: Opened<'_>) -> Result<(Body, Applied), Rule> {
        let Opened::Record(bytes) = opened else {
            return Err(Rule::Opens);
        };
        let verified = genesis::verify(bytes)?;
        let in_place = meta.sequence == Sequence::GENESIS
            && meta.lane == Lane { epoch: concerted_log::epoch::Epoch::GENESIS, class: ExpiryClass::Never };
        if verified.body != *id || !in_place {
            return Err(Rule::GenesisFirst);
        }
        let mut roster = Roster::default();
        let founder = new_member(verified.genesis.nickname.clone(), None, meta.time_ms);
        roster.admit(verified.founder, founder, &verified.genesis.card, meta.time_ms);
        if let Some(device) = roster.device_mut(&verified.device) {
            device.arrived = true;
        }
        let record = RecordId::new(*id.as_bytes());
        let state = State {
            id: *id,
            name: verified.genesis.name.clone(),
            bylaws: verified.genesis.bylaws.clone(),
            rules_version: crate::content::RULES_VERSION,
            epoch: EpochState::of_genesis(record, meta, roster.recipients()),
            roster,
            admissions: Admissions::default(),
            accusations: Accusations::default(),
            counters: BTreeMap::from([(verified.device, verified.counter)]),
            removed_at: 0,
            time_ms: meta.time_ms,
        };
        let applied = Applied {
            outcome: Outcome::Accepted,
            record: Some(record),
            author: Some(verified.device),
            content: Some(Content::Genesis(Box::new(verified.genesis))),
            unverified_seen: None,
            happened: vec![Happening::Founded],
        };
        Ok((Body { state, chains: vec![meta.chain], talk: TalkLane::default() }, applied))
    }

    /// Applies the next entry.
    pub fn apply(&mut self, meta: &EntryMeta, opened: Opened<'_>) -> Result<Applied, Missing> {
        let is_talk = meta.lane.class == ExpiryClass::Talk;
        if matches!(opened, Opened::Absent) && !is_talk && meta.lane.epoch <= self.epoch().epoch() {
            return Err(Missing(meta.sequence));
        }
        let mut happened = Vec::new();
        if !is_talk {
            self.state.fall_due(meta, &mut happened);
        }
        let mut applied = Applied {
            outcome: Outcome::Accepted,
            record: None,
            author: None,
            content: None,
            unverified_seen: None,
            happened,
        };
        let result = match opened {
            Opened::Absent if is_talk && meta.lane.epoch <= self.epoch().epoch() => {
                applied.outcome = Outcome::Expired;
                Ok(())
            }
            Opened::Absent => Err(Rule::EpochInForce),
            Opened::Unopenable => Err(self.unopenable(meta)),
            Opened::Record(bytes) => self.apply_record(meta, bytes, &mut applied),
        };
        if let Err(rule) = result {
            applied.outcome = Outcome::Void(rule);
        }
        self.chains.push(meta.chain);
        Ok(applied)
    }

    /// An entry of an epoch that is over, or has not begun, is void for that,
    /// whoever can open it.
    fn unopenable(&self, meta: &EntryMeta) -> Rule {
        if self.state.epoch.in_force(meta.lane.epoch, meta.time_ms, true) {
            Rule::Opens
        } else {
            Rule::EpochInForce
        }
    }

    fn apply_record(&mut self, meta: &EntryMeta, bytes: &[u8], applied: &mut Applied) -> Result<(), Rule> {
        if !self.state.epoch.in_force(meta.lane.epoch, meta.time_ms, true) {
            return Err(Rule::EpochInForce);
        }
        let parsed = ParsedRecord::parse(bytes).map_err(|_| Rule::Form)?;
        applied.record = Some(parsed.id());
        let record = parsed.unverified_record().clone();
        applied.unverified_seen = record.seen;
        let known = self.check_envelope(meta, &record)?;
        applied.content = known.as_ref().ok().cloned();
        let key = self.state.author_key(&record, known.as_ref().ok()).ok_or(Rule::CurrentDevice)?;
        parsed.verify(&key).ok_or(Rule::Signed)?;
        applied.author = Some(record.author);
        self.use_counter(&record, meta.lane.class)?;
        self.check_seen(meta, &record)?;
        // Judged after the counter is used up: what is unknown or too late today must
        // not count when someone seals the same record again later.
        let content = known?;
        let is_admission = matches!(content, Content::Admission(_));
        if !self.state.epoch.in_force(meta.lane.epoch, meta.time_ms, is_admission) {
            return Err(Rule::EpochInForce);
        }
        if content.is_talk() {
            return apply_talk(&mut self.talk, &self.state, meta, &record, &content);
        }
        let chains = &self.chains;
        let chain_at =
            |at: u64| at.checked_sub(1).and_then(|i| chains.get(usize::try_from(i).ok()?)).copied();
        let id = parsed_id(applied.record);
        self.state.apply_content(meta, &record, id, &content, chain_at, &mut applied.happened)
    }

    /// what can be said without keys. The inner result tells
    /// whether these rules know the content.
    fn check_envelope(&self, meta: &EntryMeta, record: &Record) -> Result<Result<Content, Rule>, Rule> {
        if record.body != Some(self.state.id) {
            return Err(if record.body.is_none() { Rule::GenesisFirst } else { Rule::ThisBody });
        }
        let content = match Content::parse(&record.content) {
            Ok(content) => content,
            Err(_) => return Ok(Err(Content::fault(&record.content))),
        };
        if content.is_talk() != (meta.lane.class == ExpiryClass::Talk) {
            return Err(Rule::RightLane);
        }
        Ok(if record.rules_version == self.state.rules_version { Ok(content) } else { Err(Rule::Known) })
    }

    fn use_counter(&mut self, record: &Record, lane: ExpiryClass) -> Result<(), Rule> {
        // A device that is not on the roster yet gets its counter when it is added.
        if self.state.roster.device(&record.author).is_none() {
            return Ok(());
        }
        if lane == ExpiryClass::Talk {
            return self.talk.use_counter(record.author, record.counter);
        }
        if self.state.counters.get(&record.author).is_some_and(|last| record.counter <= *last) {
            return Err(Rule::CounterGrows);
        }
        self.state.counters.insert(record.author, record.counter);
        Ok(())
    }

    fn check_seen(&self, meta: &EntryMeta, record: &Record) -> Result<(), Rule> {
        let seen = record.seen.ok_or(Rule::SeenHead)?;
        let known = seen.sequence < meta.sequence && self.chain_at(seen.sequence.get()) == Some(seen.chain);
        if known { Ok(()) } else { Err(Rule::SeenHead) }
    }

    /// Whether a statement by `author` would stand as the next entry, and if not,
    /// by which rule it would be void.
    pub fn would_accept(&self, author: &DeviceId, content: &Content, now_ms: u64) -> Result<(), Rule> {
        let sequence = Sequence::new(self.chains.len() as u64 + 1).ok_or(Rule::Form)?;
        let class = if content.is_talk() { ExpiryClass::Talk } else { ExpiryClass::Never };
        let meta = EntryMeta {
            sequence,
            time_ms: now_ms.max(self.state.time_ms),
            lane: Lane { epoch: self.state.epoch.epoch(), class },
            chain: ChainHash::new([0; 32]),
        };
        let record = Record {
            body: Some(self.state.id),
            rules_version: self.state.rules_version,
            author: *author,
            counter: self.next_counter(author),
            clock_ms: now_ms,
            seen: None,
            content: content.to_bytes(),
        };
        if record.content.len() > RECORD_BYTES_MAX - ENVELOPE_BYTES_MAX {
            return Err(Rule::Form);
        }
        if content.is_talk() {
            self.state.author_key(&record, None).ok_or(Rule::CurrentDevice)?;
            return apply_talk(&mut self.talk.clone(), &self.state, &meta, &record, content);
        }
        let mut trial = self.state.clone();
        let mut happened = Vec::new();
        trial.fall_due(&meta, &mut happened);
        trial.author_key(&record, Some(content)).ok_or(Rule::CurrentDevice)?;
        let chain_at = |at: u64| self.chain_at(at);
        trial.apply_content(&meta, &record, RecordId::new([0; 32]), content, chain_at, &mut happened)
    }

    /// The hash of the whole state: equal on every device that applied the same
    /// entries.
    pub fn state_hash(&self) -> [u8; 32] {
        concerted_log::hash::hash("concerted state", &[&cbor::encode(&self.state)])
    }

    /// The body's id.
    pub fn id(&self) -> BodyId {
        self.state.id
    }

    /// The body's name.
    pub fn name(&self) -> &Name {
        &self.state.name
    }

    /// The bylaws in force.
    pub fn bylaws(&self) -> &Bylaws {
        &self.state.bylaws
    }

    /// The rules version in force.
    pub fn rules_version(&self) -> u16 {
        self.state.rules_version
    }

    /// Members and devices.
    pub fn roster(&self) -> &Roster {
        &self.state.roster
    }

    /// Open requests and invitations.
    pub fn admissions(&self) -> &Admissions {
        &self.state.admissions
    }

    /// Open accusations of devices.
    pub fn accusations(&self) -> &Accusations {
        &self.state.accusations
    }

    /// The epoch in force.
    pub fn epoch(&self) -> &EpochState {
        &self.state.epoch
    }

    /// The talk lane.
    pub fn talk(&self) -> &TalkLane {
        &self.talk
    }

    /// The talk lane, to forget what is too old.
    pub fn talk_mut(&mut self) -> &mut TalkLane {
        &mut self.talk
    }

    /// Entry of the last removal of a member or device.
    pub fn removed_at(&self) -> u64 {
        self.state.removed_at
    }

    /// Relay time of the last entry in the record lane.
    pub fn time_ms(&self) -> u64 {
        self.state.time_ms
    }

    /// How many entries were applied.
    pub fn applied(&self) -> u64 {
        self.chains.len() as u64
    }

    /// The chain after entry `at`.
    pub fn chain_at(&self, at: u64) -> Option<ChainHash> {
        let index = usize::try_from(at.checked_sub(1)?).ok()?;
        self.chains.get(index).copied()
    }

    /// The next counter of a device in the record lane.
    pub fn next_counter(&self, device: &DeviceId) -> u64 {
        self.state.counters.get(device).map_or(1, |counter| counter.saturating_add(1))
    }
}

impl Body {
    /// Whether a tick at `now_ms` would let something take effect.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.state.is_due(now_ms)
    }
}

fn apply_talk(
    talk: &mut TalkLane,
    state: &State,
    meta: &EntryMeta,
    record: &Record,
    content: &Content,
) -> Result<(), Rule> {
    match content {
        Content::TalkKey(key) => talk.announce(key, &state.id, record.author, meta.time_ms),
        Content::TalkSecret(secret) => {
            talk.note_secret(secret, &state.id, meta, record.author, &state.roster)
        }
        Content::Talk(text) => {
            let fits = record.content.len() <= TALK_BYTES_MAX && talk.knows_secret(&text.secret);
            if fits { Ok(()) } else { Err(Rule::TalkLength) }
        }
        _ => Err(Rule::RightLane),
    }
}

fn parsed_id(id: Option<RecordId>) -> RecordId {
    id.unwrap_or(RecordId::new([0; 32]))
}
