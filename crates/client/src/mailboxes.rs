//! Mailboxes of invitations, and answers to newcomers.

use concerted_assembly::content::Content;
use concerted_log::ChainHash;
use concerted_log::invitation::{LinkSecret, OPEN_MS_MAX};
use concerted_log::message::{ClientFrame, CloseMailbox, OpenMailbox, PutMail, ReadMail, Request};

use crate::answer::{Checkpoint, JoinAnswer};
use crate::effect::Mode;
use crate::engine::{Engine, Purpose};

impl Engine {
    pub(crate) fn work_on_mailboxes(&mut self, number: u32) {
        let (live, now_ms, mut wake_ms) = (self.mode == Mode::Live, self.now_ms, u64::MAX);
        let Some(session) = self.session_mut(number) else { return };
        if !session.is_caught_up() {
            return;
        }
        let (Some(body), Some(secrets)) = (session.body(), session.current_secrets()) else { return };
        let relay = session.kept.relay.clone();
        let open: std::collections::BTreeSet<_> =
            body.admissions().invitations().map(|(secret, _)| *secret).collect();
        let invite_waits = |secret: &LinkSecret| {
            session
                .kept
                .outbox
                .holds_content(|content| matches!(content, Content::Invite(waiting) if waiting == secret))
        };
        let mut calls = Vec::new();
        for own in &session.kept.mailboxes {
            let wanted = open.contains(&own.secret) || invite_waits(&own.secret);
            let mailbox = own.secret.mailbox();
            if wanted && !own.opened {
                let request = OpenMailbox {
                    mailbox,
                    token: own.token.hash(),
                    card: own.card.clone(),
                    open_ms: OPEN_MS_MAX,
                };
                calls.push((Purpose::OpenInvitation(number, mailbox), Request::OpenMailbox(request)));
            } else if !wanted {
                let request = CloseMailbox { mailbox, token: own.token.clone() };
                calls.push((Purpose::CloseInvitation(number, mailbox), Request::CloseMailbox(request)));
            }
        }
        let mut watches = Vec::new();
        for secret in &open {
            let mailbox = secret.mailbox();
            let after = session.mail_seen.get(&mailbox).copied();
            let opening = session.kept.mailboxes.iter().any(|own| own.secret == *secret && !own.opened);
            if let Some(retry_ms) = session.mail_retry_ms.get(&mailbox).filter(|at| **at > now_ms) {
                wake_ms = wake_ms.min(*retry_ms);
                continue;
            }
            if opening {
                continue;
            }
            if after.is_some() && !session.mail_due.contains(&mailbox) {
                continue;
            }
            let token = secrets.record.mailbox_token(&secret.link_id());
            let read = ReadMail { mailbox, token, after: after.unwrap_or(0) };
            watches.push((mailbox, read));
        }
        if wake_ms != u64::MAX {
            self.wake_at(wake_ms);
        }
        for (purpose, request) in calls {
            self.call(&relay, purpose, request);
        }
        for (mailbox, read) in watches {
            if !live {
                self.call(&relay, Purpose::ReadInvitation(number, mailbox), Request::ReadMail(read));
            } else if !self.is_down(&relay) {
                if let Some(session) = self.session_mut(number) {
                    session.mail_seen.insert(mailbox, read.after);
                    session.mail_due.remove(&mailbox);
                }
                self.send(&relay, ClientFrame::WatchMail(read));
            }
        }
    }

    /// Tells newcomers where the log is and what opens it.
    pub(crate) fn answer_newcomers(&mut self, number: u32) {
        let Some(session) = self.sessions.iter().find(|session| session.number == number) else { return };
        if !session.is_ready() {
            return;
        }
        let (Some(body), Some(secrets)) = (session.body(), session.current_secrets()) else { return };
        let (Some(address), Some(relay_key)) = (session.kept.address, session.kept.relay_key) else { return };
        // A rekey that is owed goes first: its secrets are the ones to send.
        if body.duties(session.relay_time_ms(self.now_ms)).rekey.is_some() {
            return;
        }
        let (id, relay) = (session.kept.id, session.kept.relay.clone());
        let checkpoint = Checkpoint { count: body.applied(), state: ChainHash::new(body.state_hash()) };
        let answer = JoinAnswer { address, relay_key, secrets, checkpoint: Some(checkpoint) };
        let mut letters = Vec::new();
        let mut gone = Vec::new();
        for member in &session.kept.answers {
            let device = body.roster().devices_of(member).next();
            let (Some((_, device)), Some(mailbox)) = (device, session.waiting_at.get(member)) else {
                gone.push(*member);
                continue;
            };
            if self.is_under_way(&relay, &Purpose::PutAnswer(number, *member)) {
                continue;
            }
            if let Some(message) = answer.seal(&id, mailbox, device.sealing, &mut *self.rng) {
                letters.push((*member, PutMail { mailbox: *mailbox, message }));
            }
        }
        for (member, letter) in letters {
            self.call(&relay, Purpose::PutAnswer(number, member), Request::PutMail(letter));
        }
        if let Some(session) = self.session_mut(number) {
            for member in gone {
                session.kept.answers.remove(&member);
                session.dirty = true;
            }
        }
    }
}
