//! Turning a draft into statements: what a message, a rekey or a replacement says
//! depends on the state at the moment it is signed.

use concerted_assembly::content::{AddDevice, Content, Rekey, ReplaceDevices, Saying, TalkSecret};
use concerted_log::epoch::{Epoch, EpochSecrets, RecordSecret};
use concerted_log::id::{PointBytes, Signature64};
use concerted_log::invitation::LinkSecret;
use concerted_log::message::Announcement;
use concerted_log::schnorr;
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{TalkText, talk_seal_context, talk_secret_id, week_of};

use crate::command::Failure;
use crate::engine::Engine;
use crate::sending::NotNow;
use crate::session::OwnMailbox;
use crate::work::announcement;

/// A statement to be signed, and the epoch to seal it for.
pub(crate) struct Statement {
    pub(crate) content: Content,
    pub(crate) epoch: Epoch,
    pub(crate) secret: RecordSecret,
    /// Taken beforehand where the statement depends on it.
    pub(crate) counter: Option<u64>,
}

impl Engine {
    /// Statements as they are, if the first would stand.
    pub(crate) fn plain(&mut self, place: usize, contents: Vec<Content>) -> Result<Vec<Statement>, NotNow> {
        let session = &self.sessions[place];
        let secrets = session.current_secrets().ok_or(NotNow::Later)?;
        let body = session.body().ok_or(NotNow::Later)?;
        if let Some(first) = contents.first().filter(|content| !content.is_talk())
            && session.is_current()
        {
            let now_ms = session.relay_time_ms(self.now_ms);
            body.would_accept(&session.device(), first, now_ms)
                .map_err(|rule| NotNow::Never(Failure::Rule(rule)))?;
        }
        let below = secrets.epoch.previous();
        let statement = |content: Content| {
            // Whoever was left out of a rekey can open the epoch before it only.
            let left_out = match &content {
                Content::Admission(admission) => body
                    .roster()
                    .recipients_of(&admission.member)
                    .iter()
                    .any(|key| body.epoch().was_recipient_then(key) && !body.epoch().has_sealed(key)),
                _ => false,
            };
            let below = below.filter(|_| left_out);
            let secret = below.and_then(|below| session.history.as_ref()?.secrets().get(&below));
            match (below, secret) {
                (Some(epoch), Some(secret)) => {
                    Statement { content, epoch, secret: secret.clone(), counter: None }
                }
                _ => {
                    Statement { content, epoch: secrets.epoch, secret: secrets.record.clone(), counter: None }
                }
            }
        };
        Ok(contents.into_iter().map(statement).collect())
    }

    /// A message under the week's talk secret, and before it the talk secret where
    /// it is new or some devices lack it.
    pub(crate) fn encrypted_talk(
        &mut self,
        place: usize,
        thread: String,
        text: String,
    ) -> Result<Vec<Statement>, NotNow> {
        let session = &self.sessions[place];
        let week = week_of(session.relay_time_ms(self.now_ms));
        let secrets = session.current_secrets().ok_or(NotNow::Later)?;
        let body = session.body().ok_or(NotNow::Later)?;
        let current = body
            .talk()
            .current_secret(week, body.removed_at())
            .and_then(|(id, known)| session.kept.talk.shared(&id).map(|shared| (shared, Some(known))));
        let (shared, known) = current.unwrap_or_else(|| (Shared::random(&mut *self.rng), None));
        let uncovered = body.talk().uncovered(known, body.roster());
        let mut contents = Vec::new();
        if !uncovered.is_empty() {
            let (devices, keys): (Vec<_>, Vec<_>) = uncovered.into_iter().unzip();
            let id = talk_secret_id(&shared);
            let context = talk_seal_context(&session.kept.id, &id, week);
            let seal = Seal::new(&shared, &context, &keys, &mut *self.rng).map_err(|_| NotNow::Later)?;
            contents.push(Content::TalkSecret(Box::new(TalkSecret { id, week, devices, keys, seal })));
        }
        let saying = concerted_log::cbor::encode(&Saying { thread, text });
        contents.push(Content::Talk(TalkText::seal(&saying, &shared, &mut *self.rng)));
        let session = &mut self.sessions[place];
        session.kept.talk.keep(week, &shared);
        session.dirty = true;
        let statement = |content| Statement {
            content,
            epoch: secrets.epoch,
            secret: secrets.record.clone(),
            counter: None,
        };
        Ok(contents.into_iter().map(statement).collect())
    }

    /// A rekey to the keys at the last receipted head, and the link back.
    pub(crate) fn rekey(&mut self, place: usize) -> Result<(Vec<Statement>, Option<Announcement>), NotNow> {
        let session = &self.sessions[place];
        let history = session.history.as_ref().ok_or(NotNow::Later)?;
        let (body, secrets) =
            (history.body().ok_or(NotNow::Later)?, history.current_secrets().ok_or(NotNow::Later)?);
        let head = history.seen().ok_or(NotNow::Later)?;
        let epoch = secrets.epoch.next().ok_or(NotNow::Later)?;
        let recipients = body.epoch().recipients_at(head.sequence.get()).ok_or(NotNow::Later)?;
        if !recipients.is_subset(&body.roster().recipients()) {
            return Err(NotNow::Later);
        }
        let follows = body.epoch().rekey();
        let context = concerted_log::epoch::rekey_context(
            &session.kept.id,
            follows.as_bytes(),
            head.sequence.get(),
            head.chain.as_bytes(),
            epoch,
        );
        let shared = Shared::random(&mut *self.rng);
        let recipients: Vec<PointBytes> = recipients.into_iter().collect();
        let seal = Seal::new(&shared, &context, &recipients, &mut *self.rng).map_err(|_| NotNow::Later)?;
        let rekey = Rekey { epoch, follows, head_sequence: head.sequence, head_chain: head.chain, seal };
        let content = Content::Rekey(Box::new(rekey));
        body.would_accept(&session.device(), &content, session.relay_time_ms(self.now_ms))
            .map_err(|rule| NotNow::Never(Failure::Rule(rule)))?;
        let next = EpochSecrets::of_rekey(&shared, epoch, &context);
        let invitations: Vec<LinkSecret> =
            body.admissions().invitations().map(|(secret, _)| *secret).collect();
        let link = next.record.link(&secrets.record, &mut *self.rng);
        let previous = secrets.record.clone();
        let statements = vec![
            Statement { content, epoch: secrets.epoch, secret: secrets.record, counter: None },
            Statement { content: Content::Link(link), epoch, secret: next.record.clone(), counter: None },
        ];
        self.adopt_mailboxes(place, &invitations, &previous);
        Ok((statements, Some(announcement(&next))))
    }

    /// A rekey ends invitations. Whoever makes it closes their mailboxes, whoever
    /// opened them: someone who was removed could read requests there until then.
    fn adopt_mailboxes(&mut self, place: usize, invitations: &[LinkSecret], record: &RecordSecret) {
        let session = &mut self.sessions[place];
        for secret in invitations {
            if session.kept.mailboxes.iter().all(|own| own.secret != *secret) {
                let token = record.mailbox_token(&secret.link_id());
                session.kept.mailboxes.push(OwnMailbox {
                    secret: *secret,
                    token,
                    card: Vec::new(),
                    opened: true,
                });
            }
        }
        session.dirty = true;
    }

    /// With the words: this device alone stays, or comes.
    pub(crate) fn keep_only_this(&mut self, place: usize) -> Result<Vec<Statement>, NotNow> {
        let lost = || NotNow::Never(Failure::State("type the recovery words again".into()));
        let key = self.recovery.as_ref().map(|words| words.recovery_key(&self.sessions[place].kept.id));
        let key = key.ok_or_else(lost)?;
        let counter = self.sessions[place].take_counter(false);
        let card = self.own_card(place).ok_or(NotNow::Later)?;
        let session = &self.sessions[place];
        let (secrets, member) =
            (session.current_secrets().ok_or(NotNow::Later)?, session.member().ok_or(NotNow::Later)?);
        let current = session.is_current();
        let keep = if current { vec![session.device()] } else { Vec::new() };
        let card = (!current).then_some(card);
        let statement = ReplaceDevices::statement(
            &session.kept.id,
            &member,
            &keep,
            card.as_ref(),
            &session.device(),
            counter,
        );
        let recovery = schnorr::sign(&key, &statement, &mut *self.rng);
        let content = Content::ReplaceDevices(Box::new(ReplaceDevices { member, keep, card, recovery }));
        Ok(vec![Statement { content, epoch: secrets.epoch, secret: secrets.record, counter: Some(counter) }])
    }

    /// This device's card in a body.
    pub(crate) fn own_card(&mut self, place: usize) -> Option<concerted_log::device::DeviceCard> {
        let session = &self.sessions[place];
        let talk = session.kept.talk.newest()?;
        Some(session.kept.device.card(session.kept.id.as_bytes(), talk, &mut *self.rng))
    }

    /// Adds this device with the words.
    pub(crate) fn add_this_device(&mut self, number: u32) -> Option<Content> {
        let place = self.sessions.iter().position(|session| session.number == number)?;
        let key = self.recovery.as_ref()?.recovery_key(&self.sessions[place].kept.id);
        let card = self.own_card(place)?;
        let session = &self.sessions[place];
        let member = session.member()?;
        let statement = AddDevice::statement(&session.kept.id, &member, &card);
        let recovery: Signature64 = schnorr::sign(&key, &statement, &mut *self.rng);
        Some(Content::AddDevice(Box::new(AddDevice { member, card, recovery: Some(recovery) })))
    }
}
