//! The engine: its state, its steps, and what it does of its own accord.
//!
//! Each step takes one [`Input`], then looks at what is wanted and what is there,
//! and asks relays for the difference. Nothing is remembered about how far a task
//! had come except what the rows say; so a restart goes on by looking again.

use std::collections::BTreeMap;

use concerted_assembly::Body;
use concerted_log::entry::Entry;
use concerted_log::id::{MailboxId, RelayKey};
use concerted_log::invitation::LinkSecret;
use concerted_log::message::{ClientFrame, Request, ServerFrame};
use concerted_log::words::RecoverySecret;
use concerted_log::{BodyId, MemberId, cbor};
use rand_core::CryptoRng;

use crate::command::{Failure, Reply};
use crate::effect::{Effect, Event, Input, Mode, Row};
use crate::identity::{IDENTITY_ROW, Identity};
use crate::pairing::Pairing;
use crate::session::Session;
use crate::vault::{VAULT_ROW, Vault, VaultError};

/// Longest wait before a relay that was down is tried again, in milliseconds.
const BACKOFF_MS_MAX: u64 = 30_000;
/// Longest wait for an answer before it counts as not coming, in milliseconds.
const ANSWER_MS_MAX: u64 = 30_000;

/// The stored rows cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A passphrase is set and none was given.
    #[error("this device's store is locked with a passphrase")]
    Locked,
    /// The passphrase is another one.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// A row is damaged.
    #[error("the store is damaged; restore from the recovery words")]
    Damaged,
}

/// A request under way, and what its answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Info,
    Create(u32),
    Append(u32, u64),
    Announce(u32),
    Read(u32),
    HandBack(u32),
    OpenAnswerBox(u32),
    PutRequest(u32),
    ReadAnswer(u32),
    OpenInvitation(u32, MailboxId),
    ReadInvitation(u32, MailboxId),
    CloseInvitation(u32, MailboxId),
    PutAnswer(u32, MemberId),
    PutLocker(BodyId),
    CheckLocker,
    SearchLocker(u32),
    Card(u64),
    Pairing(crate::pairing::PairingCall),
}

pub(crate) struct Call {
    pub(crate) relay: String,
    pub(crate) purpose: Purpose,
    since_ms: u64,
}

/// What is known of a relay since the start.
#[derive(Default)]
pub(crate) struct Relay {
    pub(crate) key: Option<RelayKey>,
    /// Whether it has said who it is since it was last asked.
    pub(crate) asked: bool,
    down_until_ms: u64,
    failures: u32,
    pub(crate) locker_checked: bool,
}

impl Relay {
    /// Whatever it did before, it may be asked now.
    pub(crate) fn try_again(&mut self) {
        self.down_until_ms = 0;
    }
}

/// A command that is not answered yet.
pub(crate) enum Waiting {
    /// Until a group of the outbox has landed.
    Group { session: u32, group: u64 },
    /// Until the body is founded.
    Founded { session: u32 },
    /// Until an invitation's record has landed and its mailbox is open.
    Invited { session: u32, group: u64, secret: LinkSecret },
    /// Until the request is in the mailbox.
    Asked { session: u32 },
    /// Until a link's card was read; to join, or just to look.
    Card {
        invitation: concerted_log::invitation::Invitation,
        join_as: Option<concerted_assembly::nickname::Name>,
    },
    /// Until everything is caught up.
    Sync,
    /// Until the lockers are read and the bodies restored.
    Restore(Box<crate::restoring::Search>),
    /// Until all bodies have taken in the replacement of devices.
    Replaced { groups: Vec<(u32, u64)> },
    /// Until the pairing has come to its next stop.
    Pairing,
}

/// A member's device.
pub struct Engine {
    pub(crate) mode: Mode,
    pub(crate) rng: Box<dyn CryptoRng + Send>,
    pub(crate) now_ms: u64,
    pub(crate) identity: Option<Identity>,
    pub(crate) identity_dirty: bool,
    pub(crate) sessions: Vec<Session>,
    pub(crate) relays: BTreeMap<String, Relay>,
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    /// The words' keys, while a restore or a replacement is under way.
    pub(crate) recovery: Option<RecoverySecret>,
    pub(crate) pairing: Option<Pairing>,
    vault: Vault,
    calls: BTreeMap<u64, Call>,
    next_call: u64,
    rows: Vec<Row>,
    rewrite: bool,
    sends: Vec<Effect>,
    news: Vec<Effect>,
    wake_ms: Option<u64>,
}

impl Engine {
    /// Opens a device's store: all rows, in any order; none for a new device.
    pub fn open(
        rows: Vec<(String, Vec<u8>)>,
        passphrase: Option<&str>,
        mode: Mode,
        now_ms: u64,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, OpenError> {
        let mut rows: BTreeMap<String, Vec<u8>> = rows.into_iter().collect();
        let vault = match (rows.remove(VAULT_ROW), passphrase) {
            (None, _) => Vault::default(),
            (Some(_), None) => return Err(OpenError::Locked),
            (Some(wrapped), Some(passphrase)) => {
                Vault::open(&wrapped, passphrase).map_err(|error| match error {
                    VaultError::Passphrase => OpenError::Passphrase,
                    VaultError::Damaged => OpenError::Damaged,
                })?
            }
        };
        let mut plain = BTreeMap::new();
        for (key, value) in rows {
            let value = vault.unseal(&key, value).map_err(|_| OpenError::Damaged)?;
            plain.insert(key, value);
        }
        let mut engine = Self {
            mode,
            rng,
            now_ms,
            identity: None,
            identity_dirty: false,
            sessions: Vec::new(),
            relays: BTreeMap::new(),
            waiting: BTreeMap::new(),
            recovery: None,
            pairing: None,
            vault,
            calls: BTreeMap::new(),
            next_call: 0,
            rows: Vec::new(),
            rewrite: false,
            sends: Vec::new(),
            news: Vec::new(),
            wake_ms: None,
        };
        engine.load(plain).ok_or(OpenError::Damaged)?;
        Ok(engine)
    }

    fn load(&mut self, mut rows: BTreeMap<String, Vec<u8>>) -> Option<()> {
        if let Some(bytes) = rows.remove(IDENTITY_ROW) {
            self.identity = Some(minicbor::decode(&bytes).ok()?);
        }
        let mut bodies: BTreeMap<u32, (Option<Vec<u8>>, Vec<Entry>)> = BTreeMap::new();
        for (key, value) in rows {
            let mut parts = key.split('/');
            let (Some("body"), Some(number), Some(kind)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let body = bodies.entry(number.parse().ok()?).or_default();
            match kind {
                "kept" => body.0 = Some(value),
                "entry" => body.1.push(minicbor::decode(&value).ok()?),
                _ => {}
            }
        }
        for (number, (kept, entries)) in bodies {
            self.sessions.push(Session::load(number, &kept?, entries)?);
        }
        Some(())
    }

    /// Takes one step. Effects are to be performed in order.
    pub fn handle(&mut self, input: Input, now_ms: u64) -> Vec<Effect> {
        self.now_ms = now_ms;
        self.wake_ms = None;
        match input {
            Input::Command(id, command) => self.command(id, command),
            Input::Frame { relay, frame } => self.frame(&relay, frame),
            Input::Down { relay } => self.relay_down(&relay),
            Input::Tick => self.drop_late_calls(),
        }
        self.work();
        self.take_effects()
    }

    /// Whether nothing is under way: no request waits for an answer.
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether this device has begun.
    pub fn has_begun(&self) -> bool {
        self.identity.as_ref().is_some_and(|identity| !identity.restoring)
    }

    /// Whether what this device stores is encrypted under a passphrase.
    pub fn is_locked_at_rest(&self) -> bool {
        self.vault.is_locked_at_rest()
    }

    /// A body's state on this device.
    pub fn body(&self, id: &BodyId) -> Option<&Body> {
        self.session_of(id)?.body()
    }

    /// A body on this device.
    pub fn session_of(&self, id: &BodyId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.kept.id == *id)
    }

    /// All bodies on this device.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    pub(crate) fn session_mut(&mut self, number: u32) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.number == number)
    }

    pub(crate) fn next_session_number(&self) -> u32 {
        self.sessions.iter().map(|session| session.number + 1).max().unwrap_or(0)
    }

    /// Sets or removes the passphrase; all rows are written again.
    pub(crate) fn set_passphrase(&mut self, new: Option<&str>) -> Result<(), Failure> {
        let row = match new {
            None => {
                self.vault = Vault::default();
                None
            }
            Some(passphrase) => {
                let (vault, wrapped) = Vault::create(passphrase, &mut *self.rng)
                    .map_err(|_| Failure::State("this device has too little memory for that".into()))?;
                self.vault = vault;
                Some(wrapped)
            }
        };
        self.rows.push(Row { key: VAULT_ROW.into(), value: row });
        self.rewrite = true;
        Ok(())
    }

    pub(crate) fn wipe(&mut self) {
        self.sends.clear();
        self.news.push(Effect::Wipe);
    }

    /// Deletes a body's rows.
    pub(crate) fn forget_session(&mut self, number: u32) {
        let Some(place) = self.sessions.iter().position(|session| session.number == number) else { return };
        let session = self.sessions.remove(place);
        self.rows.push(Row { key: session.row_key(), value: None });
        let arrived = session.history.as_ref().map_or(0, crate::history::History::arrived);
        for sequence in 1..=arrived {
            self.rows.push(Row { key: session.entry_key(sequence), value: None });
        }
    }

    // Talking to relays.

    pub(crate) fn relay_mut(&mut self, relay: &str) -> &mut Relay {
        self.relays.entry(relay.to_owned()).or_default()
    }

    pub(crate) fn is_down(&self, relay: &str) -> bool {
        self.relays.get(relay).is_some_and(|relay| relay.down_until_ms > self.now_ms)
    }

    pub(crate) fn is_under_way(&self, relay: &str, purpose: &Purpose) -> bool {
        self.calls.values().any(|call| call.purpose == *purpose && call.relay == relay)
    }

    /// Sends a request, unless one for the same purpose is under way or the relay
    /// is down.
    pub(crate) fn call(&mut self, relay: &str, purpose: Purpose, request: Request) {
        if self.is_down(relay) || self.is_under_way(relay, &purpose) {
            return;
        }
        self.next_call += 1;
        let call = Call { relay: relay.to_owned(), purpose, since_ms: self.now_ms };
        self.calls.insert(self.next_call, call);
        self.send(relay, ClientFrame::Call(self.next_call, request));
        self.wake_at(self.now_ms + ANSWER_MS_MAX);
    }

    pub(crate) fn send(&mut self, relay: &str, frame: ClientFrame) {
        self.sends.push(Effect::Send { relay: relay.to_owned(), frame });
    }

    pub(crate) fn wake_at(&mut self, at_ms: u64) {
        self.wake_ms = Some(self.wake_ms.map_or(at_ms, |earlier| earlier.min(at_ms)));
    }

    pub(crate) fn notify(&mut self, event: Event) {
        self.news.push(Effect::Notify(event));
    }

    pub(crate) fn done(&mut self, id: u64, reply: Reply) {
        self.notify(Event::Done(id, reply));
    }

    pub(crate) fn failed(&mut self, id: u64, failure: Failure) {
        self.notify(Event::Failed(id, failure));
    }

    fn frame(&mut self, relay: &str, frame: ServerFrame) {
        if let Some(state) = self.relays.get_mut(relay) {
            (state.failures, state.down_until_ms) = (0, 0);
        }
        match frame {
            ServerFrame::Answer(number, answer) => {
                let ours = self.calls.get(&number).is_some_and(|call| call.relay == relay);
                if let Some(call) = ours.then(|| self.calls.remove(&number)).flatten() {
                    self.answered(call, answer.into());
                }
            }
            ServerFrame::Entries(address, page) => self.pushed_entries(relay, &address, &page),
            ServerFrame::Mail(mailbox, mails) => self.pushed_mail(relay, &mailbox, mails),
            ServerFrame::Refetch(address) => self.watch_ended(relay, &address, None),
            ServerFrame::WatchRefused(address, refusal) => self.watch_ended(relay, &address, Some(&refusal)),
            ServerFrame::MailRefused(mailbox, refusal) => self.mail_refused(relay, &mailbox, &refusal),
        }
    }

    /// All that waited for this relay will not be answered; it is left alone for a
    /// while.
    pub(crate) fn relay_down(&mut self, relay: &str) {
        let now_ms = self.now_ms;
        let state = self.relay_mut(relay);
        let backoff = (1000u64 << state.failures.min(5)).min(BACKOFF_MS_MAX);
        state.failures += 1;
        state.down_until_ms = now_ms + backoff;
        for session in self.sessions.iter_mut().filter(|session| session.kept.relay == relay) {
            session.watching = false;
            session.synced = false;
            session.mail_seen.clear();
        }
        let lost: Vec<u64> =
            self.calls.iter().filter(|(_, call)| call.relay == relay).map(|(number, _)| *number).collect();
        for number in lost {
            if let Some(call) = self.calls.remove(&number) {
                self.unanswered(&call);
            }
        }
        self.notify(Event::Changed(None));
    }

    fn drop_late_calls(&mut self) {
        let late: Vec<String> = self
            .calls
            .values()
            .filter(|call| call.since_ms + ANSWER_MS_MAX <= self.now_ms)
            .map(|call| call.relay.clone())
            .collect();
        for relay in late {
            if self.calls.values().any(|call| call.relay == relay) {
                self.relay_down(&relay);
            }
        }
    }

    /// When the next retry of a relay that is down is due.
    pub(crate) fn wake_for_relays(&mut self) {
        let next = self.relays.values().map(|relay| relay.down_until_ms).filter(|at| *at > self.now_ms).min();
        if let Some(at) = next
            && self.mode == Mode::Live
        {
            self.wake_at(at);
        }
    }

    // Storing.

    fn take_effects(&mut self) -> Vec<Effect> {
        self.collect_rows();
        let mut effects = Vec::new();
        if !self.rows.is_empty() {
            effects.push(Effect::Store(std::mem::take(&mut self.rows)));
        }
        effects.append(&mut self.sends);
        effects.append(&mut self.news);
        if let Some(at) = self.wake_ms {
            effects.push(Effect::Wake(at));
        }
        effects
    }

    fn collect_rows(&mut self) {
        let all = std::mem::take(&mut self.rewrite);
        let mut plain = Vec::new();
        if (self.identity_dirty || all)
            && let Some(identity) = &self.identity
        {
            plain.push((IDENTITY_ROW.to_owned(), cbor::encode(identity)));
        }
        self.identity_dirty = false;
        for session in &mut self.sessions {
            if all {
                let arrived = session.history.as_ref().map_or(0, crate::history::History::arrived);
                session.dirty_entries.extend(1..=arrived);
                session.dirty = true;
            }
            for sequence in std::mem::take(&mut session.dirty_entries) {
                if let Some(bytes) = session.stored_entry(sequence) {
                    plain.push((session.entry_key(sequence), bytes));
                }
            }
            if std::mem::take(&mut session.dirty) {
                plain.push((session.row_key(), cbor::encode(&session.kept)));
            }
        }
        for (key, value) in plain {
            let value = self.vault.seal(&key, value, &mut *self.rng);
            self.rows.push(Row { key, value: Some(value) });
        }
    }
}
