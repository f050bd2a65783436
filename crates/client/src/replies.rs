//! What relays' answers and pushed frames change.

use concerted_log::epoch::Epoch;
use concerted_log::id::{Address, MailboxId};
use concerted_log::message::{Appended, HandBack, Mail, Page, Refusal, Request, Response};

use crate::command::{Failure, Reply};
use crate::dispatch::relay_url;
use crate::effect::{Event, Mode};
use crate::engine::{Call, Engine, Purpose, Waiting};
use crate::history::{PageFault, Stall};
use crate::outbox::Group;
use crate::session::{Phase, RelayFault, Session};

/// How long to wait before asking again for what a relay refused, in milliseconds.
const REFUSED_MS: u64 = 5_000;

impl Engine {
    pub(crate) fn answered(&mut self, call: Call, result: Result<Response, Refusal>) {
        let relay = call.relay;
        match call.purpose {
            Purpose::Info => self.info_answered(&relay, result),
            Purpose::Create(number) => self.create_answered(number, result),
            Purpose::Append(number, group) => self.append_answered(number, group, result),
            Purpose::Announce(number) => self.announce_answered(number, result),
            Purpose::Read(number) => self.read_answered(number, result),
            Purpose::HandBack(number) => self.hand_back_answered(number, result),
            Purpose::OpenAnswerBox(number) => match result {
                Ok(_) => self.with_asking(number, |asking| asking.opened = true),
                Err(refusal) => self.asking_refused(number, refusal),
            },
            Purpose::PutRequest(number) => match result {
                Ok(_) => self.with_asking(number, |asking| asking.put = true),
                Err(refusal) => self.asking_refused(number, refusal),
            },
            Purpose::ReadAnswer(number) => match result {
                Ok(Response::Mail(mails)) => self.take_answer(number, &mails),
                Err(Refusal::NotFound) => self.answer_box_ended(number),
                _ => self.refused_for_now(number),
            },
            Purpose::OpenInvitation(number, mailbox) => self.invitation_opened(number, &mailbox, result),
            Purpose::ReadInvitation(number, mailbox) => {
                let mails = if let Ok(Response::Mail(mails)) = result { mails } else { Vec::new() };
                self.take_requests(number, &mailbox, &mails);
            }
            Purpose::CloseInvitation(number, mailbox) => {
                if let Some(session) = self.session_mut(number) {
                    session.kept.mailboxes.retain(|own| own.secret.mailbox() != mailbox);
                    session.dirty = true;
                }
            }
            Purpose::PutAnswer(number, member) => {
                if let Some(session) = self.session_mut(number)
                    && !matches!(result, Err(Refusal::Busy(_) | Refusal::Storage))
                {
                    session.kept.answers.remove(&member);
                    session.answered.insert(member);
                    session.dirty = true;
                }
            }
            Purpose::PutLocker(body) => self.item_placed(&relay, body, result),
            Purpose::CheckLocker => self.locker_checked(&relay, result),
            Purpose::SearchLocker(number) => self.locker_searched(number, result),
            Purpose::Card(command) => self.card_answered(command, result),
            Purpose::Pairing(call) => self.pairing_answered(call, result),
        }
        self.notify(Event::Changed(None));
    }

    pub(crate) fn unanswered(&mut self, call: &Call) {
        if let Purpose::Card(command) = call.purpose
            && self.waiting.remove(&command).is_some()
        {
            self.failed(command, Failure::Unreachable(call.relay.clone()));
        }
    }

    fn info_answered(&mut self, relay: &str, result: Result<Response, Refusal>) {
        let Ok(Response::Info(info)) = result else { return self.relay_down(relay) };
        let state = self.relay_mut(relay);
        (state.key, state.asked) = (Some(info.relay_key), true);
        let public_url = info.public_url.and_then(|url| relay_url(&url).ok()).filter(|url| url != relay);
        for session in self.sessions.iter_mut().filter(|session| session.kept.relay == relay) {
            session.kept.public_url = public_url.clone();
            session.kept.relay_key.get_or_insert(info.relay_key);
            session.dirty = true;
            session.open_history();
        }
    }

    fn create_answered(&mut self, number: u32, result: Result<Response, Refusal>) {
        match result {
            Ok(_) => {
                if let Some(session) = self.session_mut(number) {
                    session.kept.phase = Phase::Member;
                    session.dirty = true;
                    // A new address has no entries; genesis goes first.
                    session.synced = true;
                }
            }
            Err(Refusal::Busy(_) | Refusal::Storage) if self.mode == Mode::Live => {
                self.refused_for_now(number)
            }
            Err(refusal) => {
                let founding =
                    |waiting: &Waiting| matches!(waiting, Waiting::Founded { session } if *session == number);
                let command = self.waiting.iter().find(|(_, waiting)| founding(waiting)).map(|(id, _)| *id);
                if let Some(command) = command {
                    self.waiting.remove(&command);
                    self.failed(command, Failure::Refused(refusal));
                }
                self.forget_session(number);
            }
        }
    }

    fn append_answered(&mut self, number: u32, id: u64, result: Result<Response, Refusal>) {
        let now_ms = self.now_ms;
        let Some(session) = self.session_mut(number) else { return };
        *session.tries.entry(id).or_default() += 1;
        match result {
            Ok(Response::Appended(Appended { receipt, sequences })) => {
                session.kept.drift_ms = receipt.time_ms.checked_signed_diff(now_ms);
                if let Some(group) = session.kept.outbox.get_mut(id) {
                    group.acknowledged = sequences.iter().map(|sequence| sequence.get()).max();
                }
                session.dirty = true;
                session.synced &= session.watching;
            }
            Ok(_) => {
                let relay = session.kept.relay.clone();
                self.relay_down(&relay);
            }
            Err(Refusal::PostingKey) => self.announce(number),
            Err(Refusal::TailMissing { have, .. }) => self.hand_back(number, have),
            Err(refusal @ (Refusal::Busy(_) | Refusal::Storage)) => {
                self.refused_for_now(number);
                if self.mode == Mode::OneShot {
                    for command in self.waiting_for(number, id) {
                        self.waiting.remove(&command);
                        self.failed(command, Failure::Refused(refusal.clone()));
                    }
                }
            }
            Err(refusal) => self.drop_group(number, id, Failure::Refused(refusal)),
        }
    }

    fn announce_answered(&mut self, number: u32, result: Result<Response, Refusal>) {
        let now_ms = self.now_ms;
        let Some(session) = self.session_mut(number) else { return };
        match result {
            Ok(_) => {
                session.kept.announced_ms = now_ms;
                session.announced_with.clear();
                session.retry_ms = 0;
                session.reread = None;
                session.synced &= session.watching;
                session.dirty = true;
            }
            Err(Refusal::PostingKey) => self.announce(number),
            Err(_) => self.refused_for_now(number),
        }
    }

    fn read_answered(&mut self, number: u32, result: Result<Response, Refusal>) {
        match result {
            Ok(Response::Page(page)) => self.take_page(number, &page),
            Err(Refusal::Token) => {
                self.refused_for_now(number);
                self.announce(number);
            }
            _ => {
                let relay = self.session_mut(number).map(|session| session.kept.relay.clone());
                if let Some(relay) = relay {
                    self.relay_down(&relay);
                }
            }
        }
    }

    fn hand_back_answered(&mut self, number: u32, result: Result<Response, Refusal>) {
        let Some(session) = self.session_mut(number) else { return };
        if result.is_ok() {
            (session.synced, session.watching, session.retry_ms) = (false, false, 0);
        } else {
            self.refused_for_now(number);
        }
    }

    /// Takes in entries, applies what can be applied, and says what landed.
    pub(crate) fn take_page(&mut self, number: u32, page: &Page) {
        let recovery =
            self.session_mut(number).map(|session| session.kept.id).and_then(|id| self.recovery_of(&id));
        let Some(session) = self.session_mut(number) else { return };
        let Some(history) = &mut session.history else { return };
        let fresh = match history.offer(page) {
            Ok(fresh) => fresh,
            Err(fault) => return self.page_fault(number, fault),
        };
        let complete = history.arrived() >= page.count;
        session.watching_anew &= fresh == 0 && !complete;
        session.store_waiting();
        let progress = session.advance(recovery.as_deref());
        session.synced = complete;
        if matches!(session.relay_fault, Some(RelayFault::Shorter | RelayFault::Broken)) {
            session.relay_fault = None;
        }
        if session.stall == Stall::ReadAgain {
            self.read_again(number);
        }
        self.say_landed(number, progress.landed);
        let id = self.session_mut(number).map(|session| session.kept.id);
        self.notify(Event::Changed(id));
    }

    /// Some entries came only as hashes. Read them with the newest token; if that
    /// was done already, the relay does not know the token yet.
    fn read_again(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let Some(history) = &mut session.history else { return };
        let newest = history.secrets().keys().next_back().copied().unwrap_or(Epoch::GENESIS);
        let here = (history.head().count, newest);
        history.drop_waiting();
        session.watching_anew = session.watching;
        (session.synced, session.watching) = (false, false);
        if session.reread.replace(here) == Some(here) {
            self.refused_for_now(number);
            self.announce(number);
        }
    }

    fn page_fault(&mut self, number: u32, fault: PageFault) {
        let Some(session) = self.session_mut(number) else { return };
        let relay = session.kept.relay.clone();
        match fault {
            PageFault::Shorter { has, .. } => {
                session.relay_fault = Some(RelayFault::Shorter);
                self.refused_for_now(number);
                self.hand_back(number, has);
            }
            PageFault::Forked(proof) => {
                session.kept.fork = Some(*proof);
                session.dirty = true;
                self.relay_down(&relay);
            }
            PageFault::Broken => {
                session.relay_fault = Some(RelayFault::Broken);
                self.relay_down(&relay);
            }
        }
    }

    /// Gives a relay the entries it lost.
    fn hand_back(&mut self, number: u32, has: u64) {
        let Some(session) = self.session_mut(number) else { return };
        let (Some(address), Some(history)) = (session.kept.address, &session.history) else { return };
        let after = usize::try_from(has).unwrap_or(usize::MAX);
        let entries = history.entries().iter().chain(history.waiting()).skip(after).cloned().collect();
        let relay = session.kept.relay.clone();
        self.call(&relay, Purpose::HandBack(number), Request::HandBack(HandBack { address, entries }));
    }

    /// A refusal that may pass: ask again a little later.
    fn refused_for_now(&mut self, number: u32) {
        let retry_ms = self.now_ms + REFUSED_MS;
        if let Some(session) = self.session_mut(number) {
            session.retry_ms = retry_ms;
        }
        self.wake_at(retry_ms);
    }

    fn say_landed(&mut self, number: u32, landed: Vec<Group>) {
        for group in landed {
            let outcome = group.outcome();
            for command in self.waiting_for(number, group.id) {
                match (&outcome, self.waiting.get_mut(&command)) {
                    (Err(rule), _) => {
                        self.waiting.remove(&command);
                        self.failed(command, Failure::Rule(*rule));
                    }
                    (Ok(sequence), Some(Waiting::Group { .. })) => {
                        self.waiting.remove(&command);
                        self.done(command, Reply::Recorded { sequence: *sequence });
                    }
                    (Ok(_), Some(Waiting::Replaced { groups })) => {
                        groups.retain(|waiting| *waiting != (number, group.id));
                    }
                    _ => {}
                }
            }
        }
    }

    fn with_asking(&mut self, number: u32, change: impl FnOnce(&mut crate::session::Asking)) {
        if let Some(session) = self.session_mut(number)
            && let Phase::Asking(asking) = &mut session.kept.phase
        {
            change(asking);
            session.dirty = true;
        }
    }

    /// Nobody answered in time: the request is over. One may ask again by a new link.
    fn answer_box_ended(&mut self, number: u32) {
        if let Some(session) = self.session_mut(number)
            && matches!(session.kept.phase, Phase::Asking(_))
        {
            session.kept.phase = Phase::Gone;
            session.dirty = true;
        }
    }

    /// The request could not be put: the applicant is told, and nothing remains.
    fn asking_refused(&mut self, number: u32, refusal: Refusal) {
        if matches!(refusal, Refusal::Busy(_) | Refusal::Storage) && self.mode == Mode::Live {
            return self.refused_for_now(number);
        }
        let asking = |waiting: &Waiting| matches!(waiting, Waiting::Asked { session } if *session == number);
        let command = self.waiting.iter().find(|(_, waiting)| asking(waiting)).map(|(id, _)| *id);
        if let Some(command) = command {
            self.waiting.remove(&command);
            self.failed(command, Failure::Refused(refusal));
        }
        self.forget_session(number);
    }

    fn invitation_opened(&mut self, number: u32, mailbox: &MailboxId, result: Result<Response, Refusal>) {
        let Some(session) = self.session_mut(number) else { return };
        session.dirty = true;
        let refusal = match result {
            Ok(_) => {
                for own in session.kept.mailboxes.iter_mut().filter(|own| own.secret.mailbox() == *mailbox) {
                    own.opened = true;
                }
                return;
            }
            Err(refusal) => refusal,
        };
        session.kept.mailboxes.retain(|own| own.secret.mailbox() != *mailbox);
        let inviting = |waiting: &Waiting| matches!(waiting, Waiting::Invited { secret, .. } if secret.mailbox() == *mailbox);
        let command = self.waiting.iter().find(|(_, waiting)| inviting(waiting)).map(|(id, _)| *id);
        if let Some(command) = command {
            self.waiting.remove(&command);
            self.failed(command, Failure::Refused(refusal));
        }
    }

    fn item_placed(&mut self, relay: &str, body: concerted_log::BodyId, result: Result<Response, Refusal>) {
        if matches!(result, Err(Refusal::Busy(_) | Refusal::Storage)) {
            return self.relay_down(relay);
        }
        if result.is_err() {
            self.locker_fault(relay);
        }
        if let Some(identity) = &mut self.identity {
            for placed in identity.items.iter_mut().filter(|placed| placed.body == body) {
                placed.on.insert(relay.to_owned());
            }
            self.identity_dirty = true;
        }
    }

    /// What was put into the locker must still be there.
    fn locker_checked(&mut self, relay: &str, result: Result<Response, Refusal>) {
        let there = match result {
            Ok(Response::Locker(items)) => items,
            Err(Refusal::NotFound) => Vec::new(),
            _ => return,
        };
        let Some(identity) = &mut self.identity else { return };
        let mut lost = false;
        for placed in identity.items.iter_mut().filter(|placed| placed.on.contains(relay)) {
            if !there.iter().any(|item| item.0 == placed.item) {
                placed.on.remove(relay);
                lost = true;
            }
        }
        if lost {
            self.identity_dirty = true;
            self.locker_fault(relay);
        }
    }

    fn locker_fault(&mut self, relay: &str) {
        for session in self.sessions.iter_mut().filter(|session| session.kept.relay == relay) {
            session.relay_fault.get_or_insert(RelayFault::Locker);
        }
    }

    // Pushed frames.

    pub(crate) fn pushed_entries(&mut self, relay: &str, address: &Address, page: &Page) {
        let found = self.sessions.iter().find(|session| {
            session.kept.relay == relay && session.kept.address == Some(*address) && session.watching
        });
        let Some(session) = found else { return };
        let arrived = session.history.as_ref().map_or(0, |history| history.arrived());
        let first = page.entries.first().map_or(0, |entry| entry.sequence.get());
        if session.watching_anew && first > arrived + 1 {
            return;
        }
        let number = session.number;
        self.take_page(number, page);
    }

    pub(crate) fn pushed_mail(&mut self, relay: &str, mailbox: &MailboxId, mails: Vec<Mail>) {
        let numbers: Vec<(u32, bool)> = self
            .sessions
            .iter()
            .filter(|session| session.kept.relay == relay && session.mail_seen.contains_key(mailbox))
            .map(|session| (session.number, matches!(session.kept.phase, Phase::Asking(_))))
            .collect();
        for (number, asking) in numbers {
            if asking {
                self.take_answer(number, &mails);
            } else {
                self.take_requests(number, mailbox, &mails);
            }
        }
        self.pairing_mail(mailbox, &mails);
        self.notify(Event::Changed(None));
    }

    /// An answer's mailbox that is gone has ended. An invitation's may not be open
    /// yet, so it is asked for again.
    pub(crate) fn mail_refused(&mut self, relay: &str, mailbox: &MailboxId, refusal: &Refusal) {
        let retry_ms = self.now_ms + REFUSED_MS;
        let watches =
            |session: &&mut Session| session.kept.relay == relay && session.mail_seen.contains_key(mailbox);
        let Some(session) = self.sessions.iter_mut().find(watches) else { return };
        let asking = matches!(session.kept.phase, Phase::Asking(_));
        if asking && *refusal == Refusal::NotFound {
            let number = session.number;
            return self.answer_box_ended(number);
        }
        session.mail_seen.remove(mailbox);
        session.mail_retry_ms.insert(*mailbox, retry_ms);
        self.wake_at(retry_ms);
    }

    pub(crate) fn watch_ended(&mut self, relay: &str, address: &Address, refusal: Option<&Refusal>) {
        let found = self
            .sessions
            .iter_mut()
            .find(|session| session.kept.relay == relay && session.kept.address == Some(*address));
        let Some(session) = found else { return };
        (session.watching, session.synced) = (false, false);
        let number = session.number;
        if let Some(refusal) = refusal {
            self.refused_for_now(number);
            if *refusal == Refusal::Token {
                self.announce(number);
            }
        }
    }
}
