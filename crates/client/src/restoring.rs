//! Coming back with the recovery words.
//!
//! The words give the lockers' addresses. Lockers are read from number 0 until one
//! is empty; that one is written to from now on. Each item names a body and holds
//! secrets that open its log; the recovery key follows the rekeys since.

use std::collections::BTreeMap;

use concerted_log::BodyId;
use concerted_log::device::{DeviceSecret, TalkSecretKey};
use concerted_log::locker::LockerItem;
use concerted_log::message::{Refusal, Request, Response};
use concerted_log::words::{RecoverySecret, RecoveryWords};

use crate::command::{Failure, Reply};
use crate::engine::{Engine, Purpose, Waiting};
use crate::identity::Identity;
use crate::outbox::Draft;
use crate::session::{Phase, Session};

/// Most lockers that are looked through.
const LOCKERS_MAX: u32 = 64;

/// A search through lockers.
pub(crate) struct Search {
    relay: String,
    secret: Option<RecoverySecret>,
    lost: bool,
    found: BTreeMap<BodyId, LockerItem>,
}

impl Engine {
    /// Begins a restore on a device that is new, or whose restore was interrupted.
    pub(crate) fn begin_restore(
        &mut self,
        relay: String,
        words: &RecoveryWords,
        lost: bool,
    ) -> Result<Waiting, Failure> {
        let secret = words.to_secret();
        match &self.identity {
            Some(identity) if !identity.restoring => return Err(Failure::Begun),
            Some(identity) if identity.root() != Some(secret.root()) => {
                let text = "a restore with other words was begun on this device; wipe it first".to_owned();
                return Err(Failure::State(text));
            }
            _ => {}
        }
        if self.is_down(&relay) {
            return Err(Failure::Unreachable(relay));
        }
        self.call(&relay, Purpose::SearchLocker(0), Request::ReadLocker(secret.locker(0).id()));
        Ok(Waiting::Restore(Box::new(Search { relay, secret: Some(secret), lost, found: BTreeMap::new() })))
    }

    fn search(&mut self) -> Option<(u64, &mut Search)> {
        self.waiting.iter_mut().find_map(|(id, waiting)| match waiting {
            Waiting::Restore(search) => Some((*id, &mut **search)),
            _ => None,
        })
    }

    /// A locker was read: go on to the next, or begin to restore what was found.
    pub(crate) fn locker_searched(&mut self, number: u32, result: Result<Response, Refusal>) {
        let Some((command, search)) = self.search() else { return };
        let Some(secret) = &search.secret else { return };
        let locker = secret.locker(number).id();
        let items = match result {
            Ok(Response::Locker(items)) => items,
            Err(Refusal::NotFound) => Vec::new(),
            Ok(_) => {
                let relay = search.relay.clone();
                self.waiting.remove(&command);
                return self.failed(command, Failure::Relay(relay));
            }
            Err(refusal) => {
                self.waiting.remove(&command);
                return self.failed(command, Failure::Refused(refusal));
            }
        };
        let opened = items.iter().filter_map(|item| LockerItem::open(&item.0, &locker, secret.root_scalar()));
        let opened: Vec<LockerItem> = opened.collect();
        for item in opened {
            search.found.insert(item.body, item);
        }
        if !items.is_empty() && number + 1 < LOCKERS_MAX {
            let (relay, next) = (search.relay.clone(), secret.locker(number + 1).id());
            return self.call(&relay, Purpose::SearchLocker(number + 1), Request::ReadLocker(next));
        }
        self.restore_found(command, number);
    }

    fn restore_found(&mut self, command: u64, locker: u32) {
        let Some((_, search)) = self.search() else { return };
        let found = std::mem::take(&mut search.found);
        let Some(secret) = search.secret.take() else { return };
        let lost = search.lost;
        if found.is_empty() {
            self.waiting.remove(&command);
            let text =
                "this relay has nothing for these words; check the words and the relay's address".to_owned();
            return self.failed(command, Failure::State(text));
        }
        let mut identity = Identity::new(&secret, locker);
        identity.restoring = true;
        self.identity = Some(identity);
        self.identity_dirty = true;
        self.recovery = Some(secret);
        for item in found.into_values() {
            self.restore_body(item, lost);
        }
    }

    fn restore_body(&mut self, item: LockerItem, lost: bool) {
        if self.sessions.iter().any(|session| session.kept.id == item.body) {
            return;
        }
        let device = DeviceSecret::generate(&mut *self.rng);
        let talk_key = TalkSecretKey::generate(&mut *self.rng);
        let Ok(mut kept) = self.new_kept(item.body, item.relay, device, talk_key) else { return };
        kept.relay_key = Some(item.relay_key);
        kept.address = Some(item.address);
        kept.secrets = vec![item.secrets];
        kept.phase = Phase::Restoring;
        if lost {
            kept.outbox.add(Draft::KeepOnlyThis, self.now_ms);
        }
        let number = self.next_session_number();
        self.sessions.push(Session::new(number, kept));
    }

    /// Once a log is read back, adds this device; once that has landed, the body is
    /// restored.
    pub(crate) fn finish_restoring(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        if !session.is_caught_up() {
            return;
        }
        if session.is_current() {
            session.kept.phase = Phase::Member;
            session.dirty = true;
            return;
        }
        if session.member().is_none() {
            // Left or removed before the loss: the history stays readable.
            session.kept.phase = Phase::Gone;
            session.dirty = true;
            return;
        }
        if session.kept.outbox.groups().is_empty()
            && let Some(content) = self.add_this_device(number)
        {
            let _ = self.add_draft(number, Draft::Contents(vec![content]));
        }
    }

    /// Whether a restore has come to its end.
    pub(crate) fn restored(&mut self) -> Option<Result<Reply, Failure>> {
        let begun = self.search().is_some_and(|(_, search)| search.secret.is_none());
        let under_way = |session: &Session| matches!(session.kept.phase, Phase::Restoring);
        if !begun {
            let relay = self.search().map(|(_, search)| search.relay.clone())?;
            return self.is_down(&relay).then_some(Err(Failure::Unreachable(relay)));
        }
        if let Some(session) = self.sessions.iter().find(|session| under_way(session)) {
            let relay = session.kept.relay.clone();
            return self.is_down(&relay).then_some(Err(Failure::Unreachable(relay)));
        }
        self.recovery = None;
        if let Some(identity) = &mut self.identity {
            identity.restoring = false;
            self.identity_dirty = true;
        }
        self.work_after_restore();
        let bodies = self.sessions.iter().map(|session| session.kept.id.to_string()).collect();
        Some(Ok(Reply::Restored { bodies }))
    }

    /// The new locker gets its items at once.
    fn work_after_restore(&mut self) {
        for session in &mut self.sessions {
            session.kept.in_locker = false;
        }
    }

    /// The private recovery key of a body, while the words are at hand.
    pub(crate) fn recovery_of(
        &self,
        body: &BodyId,
    ) -> Option<zeroize::Zeroizing<curve25519_dalek::scalar::Scalar>> {
        self.recovery.as_ref().map(|secret| secret.recovery_key(body))
    }
}
