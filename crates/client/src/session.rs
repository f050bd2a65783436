//! One body on this device: what is stored of it, and the work under way.

use std::collections::{BTreeMap, BTreeSet};

use concerted_assembly::body::{Happening, Outcome};
use concerted_assembly::content::{Content, JoinRequest};
use concerted_assembly::{Body, Rule};
use concerted_log::device::{DeviceSecret, TalkSecretKey};
use concerted_log::entry::Entry;
use concerted_log::epoch::{EpochSecrets, ReadToken};
use concerted_log::fork::ForkProof;
use concerted_log::id::{Address, MailboxId, PointBytes, RelayKey};
use concerted_log::invitation::LinkSecret;
use concerted_log::receipt::Receipt;
use concerted_log::{BodyId, DeviceId, MemberId, cbor};
use minicbor::{Decode, Encode};

use crate::answer::Checkpoint;
use crate::history::{History, OpeningKeys, Stall, Step};
use crate::outbox::{Group, Landed, Outbox};
use crate::talk::{Said, TalkKeys};

/// How far this device is with a body.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Phase {
    /// The founder's device makes the address.
    #[n(0)]
    Creating,
    /// A request to join is on its way, or waits for an answer.
    #[n(1)]
    Asking(#[n(0)] Box<Asking>),
    /// Reading back the log with the recovery words, before this device is added.
    #[n(2)]
    Restoring,
    /// A member's device, or about to be.
    #[n(3)]
    Member,
    /// No member's device any more.
    #[n(4)]
    Gone,
}

/// What an applicant's device keeps until members answer.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Asking {
    /// The link's secret.
    #[n(1)]
    pub secret: LinkSecret,
    /// The request.
    #[n(2)]
    pub request: JoinRequest,
    /// The letter that holds it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub letter: Vec<u8>,
    /// Reads the mailbox for the answer.
    #[n(4)]
    pub token: ReadToken,
    /// Whether that mailbox is open.
    #[n(5)]
    pub opened: bool,
    /// Whether the request is in the link's mailbox.
    #[n(6)]
    pub put: bool,
    /// The body's name, from the card.
    #[n(7)]
    pub name: String,
}

/// What is stored of a body besides its entries.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct Kept {
    /// The body.
    #[n(1)]
    pub id: BodyId,
    /// Its relay's base address.
    #[n(2)]
    pub relay: String,
    /// The relay's key, once known.
    #[n(3)]
    pub relay_key: Option<RelayKey>,
    /// Where its entries are; unknown to applicants.
    #[n(4)]
    pub address: Option<Address>,
    /// This device's keys in the body.
    #[n(5)]
    pub device: DeviceSecret,
    /// How far this device is.
    #[n(6)]
    pub phase: Phase,
    /// Known secrets of epochs; older posting secrets may be missing.
    #[n(7)]
    pub secrets: Vec<EpochSecrets>,
    /// Known record secrets of epochs whose posting secret is not known.
    #[n(8)]
    pub record_secrets: Vec<KeptRecordSecret>,
    /// Talk keys and secrets.
    #[n(9)]
    pub talk: TalkKeys,
    /// What was written and is not in the log yet.
    #[n(10)]
    pub outbox: Outbox,
    /// The latest receipt for entries stored here.
    #[n(11)]
    pub receipt: Option<Receipt>,
    /// Counters of this device, so that none is used twice even if the log does not
    /// show the last one: records, talk.
    #[n(12)]
    pub counters: [u64; 2],
    /// Invitations whose mailbox this device is to open, or has opened.
    #[n(13)]
    pub mailboxes: Vec<OwnMailbox>,
    /// Requests found in mailboxes.
    #[n(14)]
    pub requests: Vec<FoundRequest>,
    /// Newcomers this device is to send an answer.
    #[n(15)]
    pub answers: BTreeSet<MemberId>,
    /// Proof that the relay showed two histories.
    #[n(16)]
    pub fork: Option<ForkProof>,
    /// The recovery key, public half.
    #[n(17)]
    pub recovery: Option<PointBytes>,
    /// Whether an item for this body is in the locker list.
    #[n(18)]
    pub in_locker: bool,
    /// When this device last announced the posting key and token, by its clock.
    #[n(19)]
    pub announced_ms: u64,
    /// The base address the relay wants in links.
    #[n(20)]
    pub public_url: Option<String>,
    /// Relay time minus this device's clock, when the relay last acknowledged
    /// something, in milliseconds.
    #[n(21)]
    pub drift_ms: Option<i64>,
    /// What the member who let this one in found the log to come to.
    #[n(22)]
    pub checkpoint: Option<Checkpoint>,
    /// Whether it comes to something else here: the history is not the members'.
    #[n(23)]
    pub other_history: bool,
}

/// A record secret kept without its posting secret.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct KeptRecordSecret {
    /// Its epoch.
    #[n(1)]
    pub epoch: concerted_log::epoch::Epoch,
    /// The secret.
    #[n(2)]
    pub secret: concerted_log::epoch::RecordSecret,
}

/// The mailbox of an invitation that this device made.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct OwnMailbox {
    /// The link's secret.
    #[n(1)]
    pub secret: LinkSecret,
    /// Reads and closes it.
    #[n(2)]
    pub token: ReadToken,
    /// The card, encrypted.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub card: Vec<u8>,
    /// Whether the relay has opened it.
    #[n(4)]
    pub opened: bool,
}

/// A request found in a mailbox.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct FoundRequest {
    /// The invitation it came by.
    #[n(1)]
    pub secret: LinkSecret,
    /// The request; its proofs hold.
    #[n(2)]
    pub request: JoinRequest,
}

/// A row of the log, for people.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// The entry's number.
    pub sequence: u64,
    /// Relay time in milliseconds.
    pub time_ms: u64,
    /// The device that signed.
    pub author: Option<DeviceId>,
    /// The kind of statement, if it could be read.
    pub kind: Option<&'static str>,
    /// The rule that voids it.
    pub void: Option<Rule>,
    /// Whether its content is gone.
    pub expired: bool,
}

/// A body on this device.
pub struct Session {
    /// Its number on this device; part of row keys.
    pub number: u32,
    /// What is stored.
    pub kept: Kept,
    /// The log, once its address is known.
    pub history: Option<History>,
    /// What was said.
    pub said: Vec<Said>,
    /// The log for people.
    pub rows: Vec<LogRow>,
    /// Mailboxes in which newcomers wait for an answer.
    pub waiting_at: BTreeMap<MemberId, MailboxId>,
    /// Why the log goes no further.
    pub stall: Stall,
    /// Whether everything the relay has arrived, as of the last answer.
    pub synced: bool,
    /// Whether the relay's socket sends new entries.
    pub watching: bool,
    /// Mailboxes read or watched since the start, with the last number seen.
    pub mail_seen: BTreeMap<MailboxId, u64>,
    /// Mailboxes that were refused, and when to ask again: another member's device
    /// may not have opened its invitation's yet.
    pub mail_retry_ms: BTreeMap<MailboxId, u64>,
    /// Mailboxes to read once more.
    pub mail_due: BTreeSet<MailboxId>,
    /// Newcomers answered since the start.
    pub answered: BTreeSet<MemberId>,
    /// Posting secrets that were tried for an announcement since the start.
    pub announced_with: BTreeSet<concerted_log::epoch::Epoch>,
    /// How often each group of the outbox was sent since the start.
    pub tries: BTreeMap<u64, u32>,
    /// Before this time nothing that was refused is asked again.
    pub retry_ms: u64,
    /// Whether the log is being watched anew from an earlier place: what the watch
    /// before it sent may still be on its way.
    pub watching_anew: bool,
    /// Where the log was read again, and with which epoch's token.
    pub reread: Option<(u64, concerted_log::epoch::Epoch)>,
    /// Since when duties have been open, by this device's clock.
    pub duty_since_ms: Option<u64>,
    /// Something the relay did that it should not.
    pub relay_fault: Option<RelayFault>,
    /// Whether `kept` has changed since it was stored.
    pub dirty: bool,
    /// Entries to store, by number.
    pub dirty_entries: BTreeSet<u64>,
}

/// Something a relay did that it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayFault {
    /// Its entries do not fit together or its receipt is not valid.
    Broken,
    /// It has fewer entries than it acknowledged.
    Shorter,
    /// The first entry is not the genesis of this body.
    NotThisBody,
    /// The locker misses what was put in.
    Locker,
}

/// What applying entries brought, for the engine to act on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Groups of the outbox that are in the log now.
    pub landed: Vec<Group>,
    /// How many entries were applied.
    pub applied: usize,
}

impl Session {
    /// A body on this device, from what is kept of it.
    pub fn new(number: u32, kept: Kept) -> Self {
        let mut session = Self {
            number,
            history: None,
            said: Vec::new(),
            rows: Vec::new(),
            waiting_at: BTreeMap::new(),
            stall: Stall::CaughtUp,
            synced: false,
            watching: false,
            mail_seen: BTreeMap::new(),
            mail_retry_ms: BTreeMap::new(),
            mail_due: BTreeSet::new(),
            answered: BTreeSet::new(),
            announced_with: BTreeSet::new(),
            tries: BTreeMap::new(),
            retry_ms: 0,
            watching_anew: false,
            reread: None,
            duty_since_ms: None,
            relay_fault: None,
            dirty: true,
            dirty_entries: BTreeSet::new(),
            kept,
        };
        session.open_history();
        session
    }

    /// Reads a stored body back, with its entries in order.
    pub fn load(number: u32, kept: &[u8], entries: Vec<Entry>) -> Option<Self> {
        let kept: Kept = minicbor::decode(kept).ok()?;
        let mut session = Self::new(number, kept);
        if let Some(history) = &mut session.history {
            history.offer_stored(entries, session.kept.receipt)?;
        }
        session.advance(None);
        session.dirty = false;
        session.dirty_entries.clear();
        Some(session)
    }

    /// The row that holds [`Kept`].
    pub fn row_key(&self) -> String {
        format!("body/{:06}/kept", self.number)
    }

    /// The row that holds an entry.
    pub fn entry_key(&self, sequence: u64) -> String {
        format!("body/{:06}/entry/{sequence:016x}", self.number)
    }

    /// Makes the history once the address and the relay's key are known.
    pub fn open_history(&mut self) {
        let (Some(address), Some(relay_key)) = (self.kept.address, self.kept.relay_key) else {
            return;
        };
        if self.history.is_some() {
            return;
        }
        let mut history = History::new(self.kept.id, address, relay_key);
        for secrets in &self.kept.secrets {
            history.learn(secrets.clone());
        }
        for kept in &self.kept.record_secrets {
            history.learn_record_secret(kept.epoch, kept.secret.clone());
        }
        if let Some(proof) = &self.kept.fork {
            history.note_fork(proof.clone());
        }
        if let Some(checkpoint) = self.kept.checkpoint {
            history.expect(checkpoint);
        }
        self.history = Some(history);
    }

    /// The state of the body.
    pub fn body(&self) -> Option<&Body> {
        self.history.as_ref()?.body()
    }

    /// This device's id in the body.
    pub fn device(&self) -> DeviceId {
        self.kept.device.id()
    }

    /// The member this device belongs, or belonged, to.
    pub fn member(&self) -> Option<MemberId> {
        let roster = self.body()?.roster();
        if let Some(member) = roster.owner(&self.device()) {
            return Some(member);
        }
        let recovery = self.kept.recovery?;
        roster.members().find(|(_, member)| member.recovery == Some(recovery)).map(|(id, _)| *id)
    }

    /// Whether this device is on the roster.
    pub fn is_current(&self) -> bool {
        self.body().is_some_and(|body| body.roster().device(&self.device()).is_some())
    }

    /// Applies what can be applied; `recovery` is the private recovery key, while
    /// the words are at hand.
    pub fn advance(&mut self, recovery: Option<&curve25519_dalek::scalar::Scalar>) -> Progress {
        let mut progress = Progress::default();
        let Some(mut history) = self.history.take() else {
            return progress;
        };
        let keys = OpeningKeys { device: Some(self.kept.device.sealing()), recovery };
        let (steps, stall) = history.advance(&keys);
        self.stall = stall;
        if let Stall::NotThisBody(_) = stall {
            self.relay_fault = Some(RelayFault::NotThisBody);
        }
        progress.applied = steps.len();
        let first = history.entries().len() - steps.len();
        for (offset, step) in steps.iter().enumerate() {
            self.dirty_entries.insert(history.entries()[first + offset].sequence.get());
            self.note(step, &mut progress);
        }
        self.keep_secrets(&history);
        self.dirty |= !steps.is_empty();
        self.history = Some(history);
        if matches!(self.kept.phase, Phase::Member) && !steps.is_empty() && self.was_removed() {
            self.kept.phase = Phase::Gone;
        }
        progress
    }

    /// A device that was on the roster and is not any more.
    fn was_removed(&self) -> bool {
        let Some(body) = self.body() else { return false };
        let device = self.device();
        body.roster().device(&device).is_none() && body.roster().owner(&device).is_some()
    }

    fn keep_secrets(&mut self, history: &History) {
        let both = |epoch| {
            let record = history.secrets().get(epoch)?.clone();
            let posting = history.posting().get(epoch)?.clone();
            Some(EpochSecrets { epoch: *epoch, record, posting })
        };
        self.kept.secrets = history.posting().keys().filter_map(both).collect();
        self.kept.record_secrets = history
            .secrets()
            .iter()
            .filter(|(epoch, _)| !history.posting().contains_key(epoch))
            .map(|(epoch, secret)| KeptRecordSecret { epoch: *epoch, secret: secret.clone() })
            .collect();
        self.kept.fork = history.fork().cloned();
        self.kept.other_history |= history.is_other_history();
        self.kept.receipt = history.receipt().copied();
    }

    fn note(&mut self, step: &Step, progress: &mut Progress) {
        let sequence = step.meta.sequence.get();
        let applied = &step.applied;
        let void = match applied.outcome {
            Outcome::Void(rule) => Some(rule),
            _ => None,
        };
        self.rows.push(LogRow {
            sequence,
            time_ms: step.meta.time_ms,
            author: applied.author,
            kind: applied.content.as_ref().map(Content::kind),
            void,
            expired: applied.outcome == Outcome::Expired,
        });
        if let Some(group) =
            applied.record.and_then(|id| self.kept.outbox.land(id, Landed::new(sequence, void)))
        {
            progress.landed.push(group);
        }
        self.note_happenings(step);
        if void.is_none() {
            self.note_content(step);
        }
    }

    fn note_happenings(&mut self, step: &Step) {
        let own = step.applied.author == Some(self.device());
        for happening in &step.applied.happened {
            if let Happening::Joined(member) = happening
                && own
                && !self.answered.contains(member)
            {
                self.kept.answers.insert(*member);
            }
        }
    }

    fn note_content(&mut self, step: &Step) {
        let sequence = step.meta.sequence.get();
        match &step.applied.content {
            Some(Content::Request(request)) => {
                self.waiting_at.insert(request.member(), request.answer);
            }
            Some(Content::TalkSecret(secret)) if self.kept.talk.take(secret, &self.kept.device.id()) => {
                self.read_talk();
            }
            Some(Content::Talk(text)) => {
                let Some(device) = step.applied.author else { return };
                let saying = self.kept.talk.open(text);
                let said = Said { sequence, device, time_ms: step.meta.time_ms, text: text.clone(), saying };
                self.said.push(said);
            }
            Some(Content::Arrive) => {
                if let Some(member) = step.applied.author.and_then(|device| self.owner_later(&device)) {
                    self.kept.answers.remove(&member);
                }
            }
            _ => {}
        }
    }

    fn owner_later(&self, device: &DeviceId) -> Option<MemberId> {
        self.body().and_then(|body| body.roster().owner(device))
    }

    /// Tries again to read messages whose secret came later.
    fn read_talk(&mut self) {
        for said in self.said.iter_mut().filter(|said| said.saying.is_none()) {
            said.saying = self.kept.talk.open(&said.text);
        }
    }

    /// Forgets talk that is older than the body's retention: keys, texts and the
    /// sealed records.
    pub fn forget_old_talk(&mut self, now_ms: u64) {
        let Some(history) = &mut self.history else { return };
        let Some(retention_ms) = history.body().map(|body| body.bylaws().talk.retention.ms()) else { return };
        if self.kept.talk.forget(now_ms, retention_ms) {
            self.dirty = true;
        }
        let is_old = |time_ms: u64| time_ms.saturating_add(retention_ms) < now_ms;
        self.said.retain(|said| !is_old(said.time_ms));
        let old: Vec<usize> = history
            .entries()
            .iter()
            .enumerate()
            .filter(|(_, entry)| {
                entry.lane.class == concerted_log::entry::ExpiryClass::Talk
                    && is_old(entry.time_ms)
                    && matches!(entry.payload, concerted_log::entry::Payload::Sealed(_))
            })
            .map(|(index, _)| index)
            .collect();
        for index in old {
            if let Some(entry) = history.expire(index) {
                self.dirty_entries.insert(entry.sequence.get());
                self.rows[index].expired = true;
            }
        }
    }

    /// Marks arrived but not yet applied entries as to be stored.
    pub fn store_waiting(&mut self) {
        let Some(history) = &self.history else { return };
        self.dirty_entries.extend(history.waiting().map(|entry| entry.sequence.get()));
        self.kept.receipt = history.receipt().copied();
        self.dirty = true;
    }

    /// The stored form of an entry that arrived.
    pub fn stored_entry(&self, sequence: u64) -> Option<Vec<u8>> {
        let history = self.history.as_ref()?;
        let index = usize::try_from(sequence.checked_sub(1)?).ok()?;
        let entry =
            history.entries().get(index).or_else(|| history.waiting().find(|e| e.sequence.get() == sequence));
        entry.map(cbor::encode)
    }

    /// A fresh talk key for `week`, kept at once.
    pub fn new_talk_key(&mut self, week: u64, key: TalkSecretKey) {
        self.kept.talk.add_key(week, key);
        self.dirty = true;
    }

    /// The next counter in a lane, used up by this call.
    pub fn take_counter(&mut self, talk: bool) -> u64 {
        let device = self.device();
        let logged = self.body().map_or(1, |body| {
            if talk { body.talk().next_counter(&device) } else { body.next_counter(&device) }
        });
        let counter = &mut self.kept.counters[usize::from(talk)];
        *counter = logged.max(*counter + 1);
        self.dirty = true;
        *counter
    }
}
