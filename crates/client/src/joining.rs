//! Asking to join, and being let in.

use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::JoinRequest;
use concerted_assembly::nickname::Name;
use concerted_log::device::{DeviceSecret, TalkSecretKey};
use concerted_log::epoch::ReadToken;
use concerted_log::id::MailboxId;
use concerted_log::invitation::{CARD_BYTES_MAX, Invitation, InvitationCard, OPEN_MS_MAX, request_context};
use concerted_log::letter::Letter;
use concerted_log::message::{ClientFrame, Mail, OpenMailbox, PutMail, ReadMail, Refusal, Request, Response};
use concerted_log::{Secret, cbor};

use crate::answer::JoinAnswer;
use crate::command::{Failure, Reply};
use crate::effect::Mode;
use crate::engine::{Engine, Purpose, Waiting};
use crate::session::{Asking, FoundRequest, Phase, Session};

/// Most requests kept from mailboxes.
const REQUESTS_MAX: usize = 500;

impl Engine {
    /// The card behind a link was read, or not.
    pub(crate) fn card_answered(&mut self, command: u64, result: Result<Response, Refusal>) {
        let Some(Waiting::Card { invitation, join_as }) = self.waiting.remove(&command) else { return };
        let card = match result {
            Ok(Response::Card(bytes)) => InvitationCard::open(&bytes, &invitation.secret),
            Ok(_) => return self.failed(command, Failure::Relay(invitation.relay)),
            Err(Refusal::NotFound) => {
                let text = "this invitation has ended; ask for a new link".to_owned();
                return self.failed(command, Failure::State(text));
            }
            Err(refusal) => return self.failed(command, Failure::Refused(refusal)),
        };
        let bylaws =
            card.as_ref().ok().and_then(|card| cbor::decode::<Bylaws>(&card.bylaws, CARD_BYTES_MAX).ok());
        let (Ok(card), Some(bylaws)) = (card, bylaws) else {
            return self.failed(command, Failure::Relay(invitation.relay));
        };
        match join_as {
            None => {
                let body = invitation.body.to_string();
                self.done(command, Reply::Invitation { body, name: card.name, bylaws: Box::new(bylaws) });
            }
            Some(nickname) => match self.ask(invitation, &card, nickname) {
                Ok(session) => {
                    self.waiting.insert(command, Waiting::Asked { session });
                }
                Err(failure) => self.failed(command, failure),
            },
        }
    }

    /// Makes this device's keys in the body and the request.
    fn ask(&mut self, invitation: Invitation, card: &InvitationCard, nickname: Name) -> Result<u32, Failure> {
        let rng = &mut *self.rng;
        let (device, talk_key) = (DeviceSecret::generate(rng), TalkSecretKey::generate(rng));
        let device_card = device.card(invitation.body.as_bytes(), &talk_key, rng);
        let mut mailbox = [0; 32];
        rng.fill_bytes(&mut mailbox);
        let answer = MailboxId::new(mailbox);
        let token = ReadToken::from_secret(Secret::random(rng));
        let root = self.identity.as_ref().and_then(|identity| identity.root()).ok_or(Failure::NotBegun)?;
        let recovery = root.recovery_key(&invitation.body);
        let request = JoinRequest::sign(invitation.body, nickname, device_card, recovery, answer, &device);
        let context = request_context(&invitation.body, &invitation.secret.link_id());
        let letter = Letter::seal(&cbor::encode(&request), &context, &[card.mailbox_key], &mut *self.rng)
            .map_err(|_| Failure::Relay(invitation.relay.clone()))?;
        let mut kept = self.new_kept(invitation.body, invitation.relay, device, talk_key)?;
        kept.phase = Phase::Asking(Box::new(Asking {
            secret: invitation.secret,
            request,
            letter: letter.to_bytes(),
            token,
            opened: false,
            put: false,
            name: card.name.clone(),
        }));
        // Who left asks anew, with new keys; the old history can be read again once in.
        let before = self.sessions.iter().find(|session| session.kept.id == kept.id);
        if let Some(before) = before.map(|session| session.number) {
            self.forget_session(before);
        }
        let number = self.next_session_number();
        self.sessions.push(Session::new(number, kept));
        Ok(number)
    }

    /// Opens the mailbox for the answer, puts the request, then waits for the answer.
    pub(crate) fn work_on_asking(&mut self, number: u32) {
        let (live, now_ms) = (self.mode == Mode::Live, self.now_ms);
        let Some(session) = self.session_mut(number) else { return };
        let relay = session.kept.relay.clone();
        let Phase::Asking(asking) = &session.kept.phase else { return };
        let mailbox = asking.request.answer;
        if !asking.opened {
            let open =
                OpenMailbox { mailbox, token: asking.token.hash(), card: Vec::new(), open_ms: OPEN_MS_MAX };
            return self.call(&relay, Purpose::OpenAnswerBox(number), Request::OpenMailbox(open));
        }
        if !asking.put {
            let put = PutMail { mailbox: asking.secret.mailbox(), message: asking.letter.clone() };
            return self.call(&relay, Purpose::PutRequest(number), Request::PutMail(put));
        }
        let read = ReadMail { mailbox, token: asking.token.clone(), after: 0 };
        if session.mail_seen.contains_key(&mailbox) && !session.mail_due.contains(&mailbox) {
            return;
        }
        if let Some(retry_ms) = session.mail_retry_ms.get(&mailbox).copied().filter(|at| *at > now_ms) {
            return self.wake_at(retry_ms);
        }
        if !live {
            return self.call(&relay, Purpose::ReadAnswer(number), Request::ReadMail(read));
        }
        if !self.is_down(&relay) {
            if let Some(session) = self.session_mut(number) {
                session.mail_seen.insert(mailbox, 0);
                session.mail_due.remove(&mailbox);
            }
            self.send(&relay, ClientFrame::WatchMail(read));
        }
    }

    /// Looks for an answer among letters in this device's mailbox.
    pub(crate) fn take_answer(&mut self, number: u32, mails: &[Mail]) {
        let Some(session) = self.session_mut(number) else { return };
        let Phase::Asking(asking) = &session.kept.phase else { return };
        let mailbox = asking.request.answer;
        let last = mails.last().map_or(0, |mail| mail.number);
        session.mail_seen.insert(mailbox, last);
        session.mail_due.remove(&mailbox);
        let sealing = session.kept.device.sealing();
        let answer = mails
            .iter()
            .rev()
            .find_map(|mail| JoinAnswer::open(&mail.message, &session.kept.id, &mailbox, sealing));
        let Some(answer) = answer else { return };
        session.kept.address = Some(answer.address);
        session.kept.relay_key = Some(answer.relay_key);
        session.kept.secrets = vec![answer.secrets];
        session.kept.checkpoint = answer.checkpoint;
        session.kept.phase = Phase::Member;
        session.dirty = true;
        session.open_history();
    }

    /// Takes requests out of the mailbox of an invitation.
    pub(crate) fn take_requests(&mut self, number: u32, mailbox: &MailboxId, mails: &[Mail]) {
        let Some(session) = self.session_mut(number) else { return };
        let last = mails.last().map_or(0, |mail| mail.number);
        let seen = session.mail_seen.entry(*mailbox).or_insert(0);
        *seen = last.max(*seen);
        session.mail_due.remove(mailbox);
        let (Some(body), Some(secrets)) = (session.body(), session.current_secrets()) else { return };
        let secret =
            body.admissions().invitations().map(|(secret, _)| *secret).find(|s| s.mailbox() == *mailbox);
        let Some(secret) = secret else { return };
        let link_id = secret.link_id();
        let scalar = secrets.record.mailbox_scalar(&link_id);
        let context = request_context(&session.kept.id, &link_id);
        let mut found: Vec<FoundRequest> = Vec::new();
        for mail in mails {
            let text =
                Letter::from_bytes(&mail.message).ok().and_then(|letter| letter.open(&context, 0, &scalar));
            let request = text.and_then(|text| {
                cbor::decode::<JoinRequest>(&text, concerted_log::letter::TEXT_BYTES_MAX).ok()
            });
            let Some(request) = request.filter(|request| request.body == session.kept.id && request.verify())
            else {
                continue;
            };
            let id = request.member();
            let known = body.roster().nickname(&id).is_some()
                || session.kept.requests.iter().chain(&found).any(|known| known.request.member() == id);
            if !known && session.kept.requests.len() + found.len() < REQUESTS_MAX {
                found.push(FoundRequest { secret, request });
            }
        }
        if !found.is_empty() {
            session.kept.requests.extend(found);
            session.dirty = true;
        }
    }

    /// Forgets requests of those who are in, or whose invitation has ended before
    /// anyone vouched.
    pub(crate) fn tidy_requests(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let Some(body) = session.history.as_ref().and_then(|history| history.body()) else { return };
        let stands = |found: &FoundRequest| {
            let id = found.request.member();
            let open = body.admissions().invitations().any(|(secret, _)| *secret == found.secret);
            body.roster().nickname(&id).is_none() && (open || body.admissions().get(&id).is_some())
        };
        let before = session.kept.requests.len();
        session.kept.requests.retain(stands);
        session.dirty |= before != session.kept.requests.len();
    }
}
