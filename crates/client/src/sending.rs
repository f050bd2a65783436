//! Sending what waits in the outbox: signed once, sealed for the epoch in force,
//! and appended until the log shows it.

use concerted_log::entry::{ExpiryClass, Lane, Sealed};
use concerted_log::message::{Append, AppendItem, Request};
use concerted_log::record::Record;

use crate::command::Failure;
use crate::composing::Statement;
use crate::dispatch::record_id;
use crate::engine::{Engine, Purpose};
use crate::outbox::{Draft, Outgoing};

/// How often one group is sent before it waits for the next start.
const TRIES_MAX: u32 = 4;

/// Why a draft cannot be signed now.
pub(crate) enum NotNow {
    /// Wait: something must arrive first.
    Later,
    /// It cannot stand, for this reason.
    Never(Failure),
}

impl Engine {
    /// Signs the first group of the outbox if it is a draft, and appends it.
    pub(crate) fn send_front(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let Some(front) = session.kept.outbox.groups().first() else { return };
        let (id, is_draft, acknowledged) = (front.id, front.items.is_empty(), front.acknowledged);
        let arrived = session.history.as_ref().map_or(0, |history| history.arrived());
        if acknowledged.is_some_and(|number| number > arrived || !session.is_caught_up()) {
            // It is in the log and must show up; read on.
            return;
        }
        if is_draft {
            match self.sign_front(number) {
                Ok(()) => {}
                Err(NotNow::Later) => return,
                Err(NotNow::Never(failure)) => return self.drop_group(number, id, failure),
            }
        }
        self.append(number, id);
    }

    pub(crate) fn append(&mut self, number: u32, id: u64) {
        let Some(session) = self.session_mut(number) else { return };
        let relay = session.kept.relay.clone();
        let founding = session.body().is_none();
        if !founding && !session.is_caught_up() {
            return;
        }
        let tries = session.tries.entry(id).or_default();
        if *tries >= TRIES_MAX {
            return;
        }
        self.reseal(number, id);
        let Some(session) = self.session_mut(number) else { return };
        let (Some(address), Some(posting)) = (session.kept.address, session.posting_secret()) else { return };
        let Some(group) = session.kept.outbox.get_mut(id) else { return };
        let items = group
            .items
            .iter()
            .map(|item| AppendItem { lane: item.lane, sealed: item.sealed.clone() })
            .collect();
        let append = Append::sign(address, items, founding.then_some(0), group.announcement, &posting);
        self.call(&relay, Purpose::Append(number, id), Request::Append(append));
    }

    /// Records that were sealed for an epoch that is over are sealed anew: they are
    /// not in the log, or they would have landed.
    pub(crate) fn reseal(&mut self, number: u32, id: u64) {
        let Some(place) = self.sessions.iter().position(|session| session.number == number) else { return };
        let session = &mut self.sessions[place];
        let Some(secrets) = session.history.as_ref().and_then(|history| history.current_secrets()) else {
            return;
        };
        let Some(group) = session.kept.outbox.get_mut(id) else { return };
        if group.draft == Draft::Rekey {
            return;
        }
        for item in group.items.iter_mut().filter(|item| item.lane.epoch < secrets.epoch) {
            item.lane.epoch = secrets.epoch;
            item.sealed = Sealed::seal(&item.signed, item.lane, &secrets.record, &mut *self.rng);
            session.dirty = true;
        }
    }

    pub(crate) fn sign_front(&mut self, number: u32) -> Result<(), NotNow> {
        let place = self.sessions.iter().position(|session| session.number == number).ok_or(NotNow::Later)?;
        if !self.sessions[place].is_caught_up() {
            return Err(NotNow::Later);
        }
        let draft = self.sessions[place].kept.outbox.groups().first().map(|group| group.draft.clone());
        let (statements, announcement) = match draft.ok_or(NotNow::Later)? {
            Draft::Contents(contents) => (self.plain(place, contents)?, None),
            Draft::Talk(thread, text) => (self.encrypted_talk(place, thread, text)?, None),
            Draft::Rekey => self.rekey(place)?,
            Draft::KeepOnlyThis => (self.keep_only_this(place)?, None),
        };
        let mut items = Vec::new();
        for statement in statements {
            items.push(self.sign(place, statement)?);
        }
        let session = &mut self.sessions[place];
        if let Some(group) = session.kept.outbox.front_mut() {
            (group.items, group.announcement) = (items, announcement);
        }
        session.dirty = true;
        Ok(())
    }

    pub(crate) fn sign(&mut self, place: usize, statement: Statement) -> Result<Outgoing, NotNow> {
        let now_ms = self.now_ms;
        let session = &mut self.sessions[place];
        let seen =
            session.history.as_ref().and_then(|history| history.seen()).ok_or(NotNow::Later)?.to_seen();
        let rules_version = session.body().ok_or(NotNow::Later)?.rules_version();
        let talk = statement.content.is_talk();
        let counter = match statement.counter {
            Some(counter) => counter,
            None => session.take_counter(talk),
        };
        let record = Record {
            body: Some(session.kept.id),
            rules_version,
            author: session.device(),
            counter,
            clock_ms: now_ms,
            seen: Some(seen),
            content: statement.content.to_bytes(),
        };
        let class = if talk { ExpiryClass::Talk } else { ExpiryClass::Never };
        let lane = Lane { epoch: statement.epoch, class };
        let signed = record.sign(&session.kept.device);
        if signed.len() > concerted_log::record::RECORD_BYTES_MAX {
            return Err(NotNow::Never(Failure::State("this is too long for one record".into())));
        }
        let record = record_id(&signed).ok_or(NotNow::Later)?;
        let sealed = Sealed::seal(&signed, lane, &statement.secret, &mut *self.rng);
        Ok(Outgoing { record, signed, lane, sealed, landed: None })
    }

    pub(crate) fn drop_group(&mut self, number: u32, id: u64, failure: Failure) {
        if let Some(session) = self.session_mut(number) {
            session.kept.outbox.remove(id);
            session.dirty = true;
        }
        let waiting: Vec<u64> = self.waiting_for(number, id);
        for command in waiting {
            self.waiting.remove(&command);
            self.failed(command, failure.clone());
        }
    }
}
