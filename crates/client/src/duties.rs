//! What the engine does after each input: whatever is wanted and not there yet.

use concerted_assembly::Body;
use concerted_assembly::content::{
    AddDevice, Admission, Content, JoinRequest, Rekey, ReplaceDevices, Saying, TalkKey, TalkSecret,
};
use concerted_log::entry::{ExpiryClass, Lane, Sealed};
use concerted_log::epoch::{Epoch, EpochSecrets, RecordSecret};
use concerted_log::id::{PointBytes, Signature64};
use concerted_log::invitation::{Invitation, LinkSecret, OPEN_MS_MAX};
use concerted_log::locker::LockerItem;
use concerted_log::message::{
    Announce, Announcement, Append, AppendItem, ClientFrame, CloseMailbox, Create, OpenMailbox, PutLocker,
    PutMail, Read, ReadMail, Request,
};
use concerted_log::record::Record;
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{TalkText, talk_key_statement, talk_seal_context, talk_secret_id, week_of};
use concerted_log::{MemberId, schnorr};

use crate::answer::JoinAnswer;
use crate::command::{Failure, Reply};
use crate::dispatch::record_id;
use crate::effect::Mode;
use crate::engine::{Engine, Purpose, Waiting};
use crate::history::Stall;
use crate::outbox::{Draft, Outgoing};
use crate::session::{Phase, Session};

/// How long engines wait for each other with duties that all could do.
const PLACE_MS: u64 = 5_000;
const PLACE_MS_MAX: u64 = 60_000;
/// A newcomer who has not arrived after this is answered again.
const ARRIVAL_MS: u64 = 60_000;
/// How often a device renews the posting key and token at the relay.
const ANNOUNCE_MS: u64 = 3 * 24 * 3600 * 1000;
/// How often one group is sent before it waits for the next start.
const TRIES_MAX: u32 = 4;

/// Why a draft cannot be signed now.
enum NotNow {
    /// Wait: something must arrive first.
    Later,
    /// It cannot stand, for this reason.
    Never(Failure),
}

impl Engine {
    /// Looks at everything once and asks for what is missing.
    pub(crate) fn work(&mut self) {
        self.work_on_pairing();
        let numbers: Vec<u32> = self.sessions.iter().map(|session| session.number).collect();
        for number in numbers {
            self.work_on(number);
        }
        self.work_on_lockers();
        self.work_on_pairing();
        self.settle();
        self.tidy_pairing();
        // What a settled command allows goes out in the same step.
        self.work_on_lockers();
        self.wake_for_relays();
    }

    fn work_on(&mut self, number: u32) {
        let now_ms = self.now_ms;
        let Some(session) = self.session_mut(number) else { return };
        if session.retry_ms > now_ms {
            let retry_ms = session.retry_ms;
            return self.wake_at(retry_ms);
        }
        match session.kept.phase {
            Phase::Creating => self.work_on_creating(number),
            Phase::Asking(_) => self.work_on_asking(number),
            Phase::Restoring => {
                self.catch_up(number);
                self.finish_restoring(number);
                self.send_front(number);
            }
            Phase::Member => {
                self.forget_old(number);
                self.catch_up(number);
                self.do_own_duties(number);
                self.do_shared_duties(number);
                self.send_front(number);
                self.tidy_requests(number);
                self.work_on_mailboxes(number);
                self.answer_newcomers(number);
                self.keep_announced(number);
            }
            Phase::Gone => {}
        }
    }

    fn forget_old(&mut self, number: u32) {
        let now_ms = self.now_ms;
        if let Some(session) = self.session_mut(number) {
            let now_ms = session.relay_time_ms(now_ms);
            session.forget_old_talk(now_ms);
        }
    }

    fn work_on_creating(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let relay = session.kept.relay.clone();
        if session.kept.relay_key.is_none() {
            return self.call(&relay, Purpose::Info, Request::Info);
        }
        let (Some(address), Some(secrets)) = (session.kept.address, session.kept.secrets.first().cloned())
        else {
            return;
        };
        let create = Create::sign(
            address,
            announcement(&secrets),
            // The genesis record's bylaws say how long; until it is read back, the
            // default does, and the relay keeps at most this.
            session.talk_retention_ms(),
            &secrets.posting,
        );
        self.call(&relay, Purpose::Create(number), Request::Create(create));
    }

    /// Reads or watches the log.
    fn catch_up(&mut self, number: u32) {
        let live = self.mode == Mode::Live;
        let Some(session) = self.session_mut(number) else { return };
        let (Some(address), Some(history)) = (session.kept.address, &session.history) else { return };
        let Some((_, newest)) = history.secrets().last_key_value() else { return };
        let read = Read { address, token: newest.read_token(), after: history.arrived() };
        let relay = session.kept.relay.clone();
        if session.watching || (session.synced && !live) {
            return;
        }
        if !live {
            return self.call(&relay, Purpose::Read(number), Request::Read(read));
        }
        if self.is_down(&relay) {
            return;
        }
        if let Some(session) = self.session_mut(number) {
            (session.watching, session.synced) = (true, false);
        }
        self.send(&relay, ClientFrame::Watch(read));
    }

    /// Duties that only this device can do.
    fn do_own_duties(&mut self, number: u32) {
        let now_ms = self.now_ms;
        let Some(session) = self.session_mut(number) else { return };
        let week = week_of(session.relay_time_ms(now_ms));
        if !session.is_ready() {
            return;
        }
        let (Some(member), Some(body)) = (session.member(), session.body()) else { return };
        let device = session.device();
        let outbox = &session.kept.outbox;
        let lacks_recovery = body.roster().member(&member).is_some_and(|member| member.recovery.is_none());
        let arrived = body.roster().device(&device).is_some_and(|device| device.arrived);
        let mut drafts = Vec::new();
        if lacks_recovery
            && let Some(key) = session.kept.recovery
            && !outbox.holds_content(|content| matches!(content, Content::Recovery(_)))
        {
            drafts.push(Content::Recovery(key));
        }
        if !arrived && !outbox.holds_content(|content| matches!(content, Content::Arrive)) {
            drafts.push(Content::Arrive);
        }
        let renew_talk_key = session.kept.talk.newest_week().is_none_or(|newest| newest < week);
        let id = session.kept.id;
        for content in drafts {
            let _ = self.add_draft(number, Draft::Contents(vec![content]));
        }
        if renew_talk_key {
            let key = concerted_log::device::TalkSecretKey::generate(&mut *self.rng);
            let proof = key.prove(&talk_key_statement(&id, &device, week), &mut *self.rng);
            let content = Content::TalkKey(TalkKey { week, key: key.public(), proof });
            if let Some(session) = self.session_mut(number) {
                session.new_talk_key(week, key);
            }
            let _ = self.add_draft(number, Draft::Contents(vec![content]));
        }
    }

    /// Duties that any member's device can do: at once in a single command, else in
    /// the order of the roster.
    fn do_shared_duties(&mut self, number: u32) {
        let (now_ms, live) = (self.now_ms, self.mode == Mode::Live);
        let Some(session) = self.session_mut(number) else { return };
        if !session.is_ready() {
            return;
        }
        let (Some(me), Some(body), Some(history)) = (session.member(), session.body(), &session.history)
        else {
            return;
        };
        let duties = body.duties(session.relay_time_ms(now_ms));
        let relink = !history.is_linked();
        let late: Vec<MemberId> = session.late_newcomers(now_ms);
        let owed = duties.rekey.is_some()
            || !duties.unsealed.is_empty()
            || duties.tick
            || relink
            || !late.is_empty();
        if !owed {
            session.duty_since_ms = None;
            return;
        }
        let place = body.place(&me).unwrap_or(0) as u64;
        let wait_ms = if live { (place * PLACE_MS).min(PLACE_MS_MAX) } else { 0 };
        let due_ms = *session.duty_since_ms.get_or_insert(now_ms) + wait_ms;
        if due_ms > now_ms {
            return self.wake_at(due_ms);
        }
        if duties.rekey.is_some() && !session.kept.outbox.holds(|draft| *draft == Draft::Rekey) {
            session.kept.outbox.add_first(Draft::Rekey, now_ms);
            session.dirty = true;
        }
        session.kept.answers.extend(late);
        let mut contents = Vec::new();
        if duties.tick && !session.kept.outbox.holds_content(|content| matches!(content, Content::Tick)) {
            contents.push(Content::Tick);
        }
        for content in contents {
            let _ = self.add_draft(number, Draft::Contents(vec![content]));
        }
        self.seal_to(number, &duties.unsealed);
        if relink && duties.rekey.is_none() {
            self.post_link(number);
        }
    }

    /// Posts admission seals for members some of whose keys lack the secrets.
    fn seal_to(&mut self, number: u32, members: &[MemberId]) {
        for member in members {
            let Some(session) = self.sessions.iter().find(|session| session.number == number) else { return };
            let waits = session.kept.outbox.holds_content(
                |content| matches!(content, Content::Admission(admission) if admission.member == *member),
            );
            let secrets = session.history.as_ref().and_then(|history| history.current_secrets());
            let (false, Some(secrets), Some(body)) = (waits, secrets, session.body()) else { continue };
            let recipients: Vec<PointBytes> = body.roster().recipients_of(member).into_iter().collect();
            let context =
                concerted_log::epoch::admission_context(&session.kept.id, secrets.epoch, member.as_bytes());
            let shared = Shared::random(&mut *self.rng);
            let Ok(seal) = Seal::new(&shared, &context, &recipients, &mut *self.rng) else { continue };
            let wrapped = secrets.wrap(&shared, &context);
            let admission = Admission { member: *member, epoch: secrets.epoch, seal, wrapped };
            let _ = self.add_draft(number, Draft::Contents(vec![Content::Admission(Box::new(admission))]));
        }
    }

    /// Posts the link to the previous epoch's secret, where it is missing or wrong.
    fn post_link(&mut self, number: u32) {
        let Some(session) = self.sessions.iter().find(|session| session.number == number) else { return };
        if session.kept.outbox.holds_content(|content| matches!(content, Content::Link(_))) {
            return;
        }
        let (Some(history), Some(body)) = (&session.history, session.body()) else { return };
        let epoch = body.epoch().epoch();
        let below = epoch.previous().and_then(|below| history.secrets().get(&below));
        if let (Some(secret), Some(below)) = (history.secrets().get(&epoch), below) {
            let link = secret.link(below, &mut *self.rng);
            let _ = self.add_draft(number, Draft::Contents(vec![Content::Link(link)]));
        }
    }

    // Sending.

    /// Signs the first group of the outbox if it is a draft, and appends it.
    pub(crate) fn send_front(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let Some(front) = session.kept.outbox.groups().first() else { return };
        let (id, is_draft, acknowledged) = (front.id, front.items.is_empty(), front.acknowledged);
        if acknowledged {
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

    fn append(&mut self, number: u32, id: u64) {
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
    fn reseal(&mut self, number: u32, id: u64) {
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

    fn sign_front(&mut self, number: u32) -> Result<(), NotNow> {
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

    fn sign(&mut self, place: usize, statement: Statement) -> Result<Outgoing, NotNow> {
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

    /// Statements as they are, if the first would stand.
    fn plain(&mut self, place: usize, contents: Vec<Content>) -> Result<Vec<Statement>, NotNow> {
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
    fn encrypted_talk(
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
    fn rekey(&mut self, place: usize) -> Result<(Vec<Statement>, Option<Announcement>), NotNow> {
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
        let link = next.record.link(&secrets.record, &mut *self.rng);
        let statements = vec![
            Statement { content, epoch: secrets.epoch, secret: secrets.record, counter: None },
            Statement { content: Content::Link(link), epoch, secret: next.record.clone(), counter: None },
        ];
        Ok((statements, Some(announcement(&next))))
    }

    /// With the words: this device alone stays, or comes.
    fn keep_only_this(&mut self, place: usize) -> Result<Vec<Statement>, NotNow> {
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
    fn own_card(&mut self, place: usize) -> Option<concerted_log::device::DeviceCard> {
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

    // Mailboxes.

    fn work_on_mailboxes(&mut self, number: u32) {
        let live = self.mode == Mode::Live;
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
            if after.is_some() && !session.mail_due.contains(&mailbox) {
                continue;
            }
            let token = secrets.record.mailbox_token(&secret.link_id());
            let read = ReadMail { mailbox, token, after: after.unwrap_or(0) };
            watches.push((mailbox, read));
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
    fn answer_newcomers(&mut self, number: u32) {
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
        let answer = JoinAnswer { address, relay_key, secrets };
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

    /// Renews the posting key and token at the relay, so that they do not lapse.
    fn keep_announced(&mut self, number: u32) {
        let now_ms = self.now_ms;
        let Some(session) = self.session_mut(number) else { return };
        if session.is_ready() && session.kept.announced_ms + ANNOUNCE_MS < now_ms {
            self.announce(number);
        }
    }

    /// Announces the newest secrets under the newest posting key not tried yet.
    pub(crate) fn announce(&mut self, number: u32) {
        let Some(session) = self.session_mut(number) else { return };
        let (Some(address), Some(history)) = (session.kept.address, &session.history) else { return };
        let newest = history.posting().iter().next_back().and_then(|(epoch, posting)| {
            let record = history.secrets().get(epoch)?.clone();
            Some(EpochSecrets { epoch: *epoch, record, posting: posting.clone() })
        });
        let untried =
            history.posting().iter().rev().find(|(epoch, _)| !session.announced_with.contains(epoch));
        let (Some(newest), Some((epoch, posting))) = (newest, untried) else { return };
        let announce = Announce::sign(address, announcement(&newest), posting);
        let (epoch, relay) = (*epoch, session.kept.relay.clone());
        session.announced_with.insert(epoch);
        self.call(&relay, Purpose::Announce(number), Request::Announce(announce));
    }

    // Lockers.

    fn work_on_lockers(&mut self) {
        let Some(root) = self.identity.as_ref().and_then(|identity| identity.root()) else { return };
        if self.identity.as_ref().is_some_and(|identity| identity.restoring) {
            return;
        }
        let new_items: Vec<(u32, LockerItem)> = self
            .sessions
            .iter()
            .filter(|session| !session.kept.in_locker && matches!(session.kept.phase, Phase::Member))
            .filter_map(|session| session.locker_item().map(|item| (session.number, item)))
            .collect();
        for (number, item) in new_items {
            let Some(identity) = &mut self.identity else { return };
            let sealed = identity.locker.seal(&item, &root, &mut *self.rng);
            identity.items.retain(|placed| placed.body != item.body);
            identity.items.push(crate::identity::PlacedItem {
                body: item.body,
                item: sealed,
                on: Default::default(),
            });
            self.identity_dirty = true;
            if let Some(session) = self.session_mut(number) {
                session.kept.in_locker = true;
                session.dirty = true;
            }
        }
        self.place_items();
    }

    /// Puts every item on every relay this person uses.
    fn place_items(&mut self) {
        let relays: std::collections::BTreeSet<String> = self
            .sessions
            .iter()
            .filter(|session| matches!(session.kept.phase, Phase::Member))
            .map(|session| session.kept.relay.clone())
            .collect();
        let Some(identity) = &self.identity else { return };
        let key = identity.locker.clone();
        let mut puts = Vec::new();
        for relay in &relays {
            for placed in identity.items.iter().filter(|placed| !placed.on.contains(relay)) {
                let put = PutLocker {
                    write_key: key.write_key(),
                    signature: key.sign(&placed.item),
                    item: placed.item.clone(),
                };
                puts.push((relay.clone(), placed.body, put));
            }
        }
        let has_items = !identity.items.is_empty();
        for (relay, body, put) in puts {
            self.call(&relay, Purpose::PutLocker(body), Request::PutLocker(put));
        }
        let sync =
            self.mode == Mode::Live || self.waiting.values().any(|waiting| matches!(waiting, Waiting::Sync));
        for relay in relays {
            if sync && has_items && !self.relay_mut(&relay).locker_checked && !self.is_down(&relay) {
                self.relay_mut(&relay).locker_checked = true;
                self.call(&relay, Purpose::CheckLocker, Request::ReadLocker(key.id()));
            }
        }
    }

    // Answering commands.

    pub(crate) fn waiting_for(&self, number: u32, id: u64) -> Vec<u64> {
        let is = |waiting: &Waiting| match waiting {
            Waiting::Group { session, group, .. } | Waiting::Invited { session, group, .. } => {
                (*session, *group) == (number, id)
            }
            Waiting::Replaced { groups } => groups.contains(&(number, id)),
            _ => false,
        };
        self.waiting.iter().filter(|(_, waiting)| is(waiting)).map(|(command, _)| *command).collect()
    }

    /// Answers commands whose end can be seen from here.
    fn settle(&mut self) {
        let idle = self.is_idle();
        let one_shot = self.mode == Mode::OneShot;
        let ids: Vec<u64> = self.waiting.keys().copied().collect();
        for id in ids {
            if matches!(self.waiting.get(&id), Some(Waiting::Restore(_))) {
                let outcome = self.restored();
                self.settle_one(id, outcome, one_shot && idle);
                continue;
            }
            let Some(waiting) = self.waiting.get(&id) else { continue };
            let outcome = match waiting {
                Waiting::Sync => (idle || (!one_shot && self.all_caught_up())).then_some(Ok(Reply::Done)),
                Waiting::Founded { session } => self.founded(*session),
                Waiting::Asked { session } => self.asked(*session),
                Waiting::Invited { session, secret, group } => self.invited(*session, *secret, *group),
                Waiting::Replaced { groups } if groups.is_empty() => Some(Ok(Reply::Done)),
                Waiting::Group { session, .. } => self.queued(*session),
                // The words are at hand only now, so this cannot wait.
                Waiting::Replaced { groups } => groups.iter().find_map(|(number, _)| {
                    let session = self.sessions.iter().find(|session| session.number == *number)?;
                    self.unreachable(&session.kept.relay)
                }),
                Waiting::Pairing => self.pairing_stop(),
                Waiting::Restore(_) | Waiting::Card { .. } => None,
            };
            self.settle_one(id, outcome, one_shot && idle);
        }
    }

    fn settle_one(&mut self, id: u64, outcome: Option<Result<Reply, Failure>>, ends: bool) {
        let outcome = match outcome {
            None if ends => self.gave_up(id),
            None => return,
            Some(outcome) => outcome,
        };
        let waiting = self.waiting.remove(&id);
        if matches!(waiting, Some(Waiting::Replaced { .. })) {
            self.recovery = None;
        }
        if let (Some(waiting), Err(Failure::Unreachable(_))) = (&waiting, &outcome) {
            self.take_back(waiting);
        }
        match outcome {
            Ok(reply) => self.done(id, reply),
            Err(failure) => self.failed(id, failure),
        }
    }

    /// What was begun and not sent is not done later: who was told that it failed
    /// will ask again, and would have it twice.
    fn take_back(&mut self, waiting: &Waiting) {
        match *waiting {
            Waiting::Founded { session: number } => {
                let creating = |session: &mut Session| matches!(session.kept.phase, Phase::Creating);
                if self.session_mut(number).is_some_and(creating) {
                    self.forget_session(number);
                }
            }
            Waiting::Asked { session: number } => {
                let unsent = |session: &mut Session| matches!(&session.kept.phase, Phase::Asking(asking) if !asking.put);
                if self.session_mut(number).is_some_and(unsent) {
                    self.forget_session(number);
                }
            }
            Waiting::Invited { session: number, group, secret } => {
                let Some(session) = self.session_mut(number) else { return };
                if session.kept.outbox.get_mut(group).is_some_and(|group| group.items.is_empty()) {
                    session.kept.outbox.remove(group);
                    session.kept.mailboxes.retain(|own| own.secret != secret);
                    session.dirty = true;
                }
            }
            Waiting::Replaced { ref groups } => {
                for (number, id) in groups.clone() {
                    let Some(session) = self.session_mut(number) else { continue };
                    if session.kept.outbox.get_mut(id).is_some_and(|group| group.items.is_empty()) {
                        session.kept.outbox.remove(id);
                        session.dirty = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn all_caught_up(&self) -> bool {
        self.sessions.iter().all(|session| {
            !matches!(session.kept.phase, Phase::Member)
                || session.is_caught_up()
                || self.is_down(&session.kept.relay)
        })
    }

    fn founded(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        if session.body().is_some()
            && session.kept.outbox.groups().is_empty()
            && self.recovery_is_set(session)
        {
            return Some(Ok(Reply::Founded { body: session.kept.id.to_string() }));
        }
        self.unreachable(&session.kept.relay)
    }

    fn recovery_is_set(&self, session: &Session) -> bool {
        let member = session.member().and_then(|member| session.body()?.roster().member(&member));
        member.is_some_and(|member| member.recovery.is_some())
    }

    fn asked(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        match &session.kept.phase {
            Phase::Asking(asking) if asking.put => Some(Ok(asked_reply(session, &asking.request))),
            Phase::Asking(_) => self.unreachable(&session.kept.relay),
            _ => Some(Ok(Reply::Done)),
        }
    }

    fn invited(&self, number: u32, secret: LinkSecret, group: u64) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        let open = session.kept.mailboxes.iter().any(|own| own.opened && own.secret == secret);
        let landed = session.kept.outbox.groups().iter().all(|waiting| waiting.id != group);
        let asked = self.relays.get(&session.kept.relay).is_some_and(|relay| relay.asked);
        if open && landed && asked {
            return Some(Ok(Reply::Invited { link: session.link(secret) }));
        }
        self.unreachable(&session.kept.relay)
    }

    /// What waits in the outbox of a relay that is down is queued.
    fn queued(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        self.is_down(&session.kept.relay).then_some(Ok(Reply::Queued))
    }

    fn unreachable(&self, relay: &str) -> Option<Result<Reply, Failure>> {
        self.is_down(relay).then(|| Err(Failure::Unreachable(relay.to_owned())))
    }

    /// Nothing is under way and the command has not come to its end.
    fn gave_up(&self, id: u64) -> Result<Reply, Failure> {
        match self.waiting.get(&id) {
            Some(Waiting::Group { .. }) => Ok(Reply::Queued),
            Some(Waiting::Card { invitation, .. }) => Err(Failure::Unreachable(invitation.relay.clone())),
            _ => Err(Failure::State("this could not be completed; sync and try again".into())),
        }
    }
}

pub(crate) fn asked_reply(session: &Session, request: &JoinRequest) -> Reply {
    Reply::Asked { body: session.kept.id.to_string(), applicant: request.member().to_string() }
}

/// A statement to be signed, and the epoch to seal it for.
struct Statement {
    content: Content,
    epoch: Epoch,
    secret: RecordSecret,
    /// Taken beforehand where the statement depends on it.
    counter: Option<u64>,
}

pub(crate) fn announcement(secrets: &EpochSecrets) -> Announcement {
    Announcement {
        epoch: secrets.epoch,
        posting_key: secrets.posting.posting_key(),
        token: secrets.record.read_token().hash(),
    }
}

impl Session {
    /// Whether everything that the relay has is here and applied.
    pub fn is_caught_up(&self) -> bool {
        self.synced && self.stall == Stall::CaughtUp
    }

    /// Whether this device can write now as far as the body is concerned.
    pub fn is_ready(&self) -> bool {
        self.is_caught_up() && self.is_current() && self.current_secrets().is_some()
    }

    /// The link of an invitation.
    pub fn link(&self, secret: LinkSecret) -> String {
        let relay = self.kept.public_url.as_ref().unwrap_or(&self.kept.relay).clone();
        Invitation { relay, body: self.kept.id, secret }.to_link()
    }

    /// Both secrets of the epoch in force.
    pub fn current_secrets(&self) -> Option<EpochSecrets> {
        self.history.as_ref()?.current_secrets()
    }

    /// The newest posting secret known.
    fn posting_secret(&self) -> Option<concerted_log::epoch::PostingSecret> {
        let known = self.history.as_ref().and_then(|history| history.posting().values().next_back().cloned());
        known.or_else(|| self.kept.secrets.last().map(|secrets| secrets.posting.clone()))
    }

    /// An estimate of relay time: this device's clock, corrected by what was last
    /// seen, and never before the last entry.
    pub fn relay_time_ms(&self, now_ms: u64) -> u64 {
        let corrected = now_ms.saturating_add_signed(self.kept.drift_ms.unwrap_or(0));
        corrected.max(self.body().map_or(0, Body::time_ms))
    }

    fn talk_retention_ms(&self) -> u64 {
        let default = concerted_assembly::template::Template::SmallWorkplace.bylaws().talk.retention.ms();
        self.founding_bylaws().map_or(default, |bylaws| bylaws.talk.retention.ms())
    }

    /// The bylaws in the genesis record that waits to be sent.
    fn founding_bylaws(&self) -> Option<concerted_assembly::bylaws::Bylaws> {
        let item = self.kept.outbox.groups().first()?.items.first()?;
        let parsed = concerted_log::record::ParsedRecord::parse(&item.signed).ok()?;
        match Content::parse(&parsed.unverified_record().content).ok()? {
            Content::Genesis(genesis) => Some(genesis.bylaws),
            _ => None,
        }
    }

    /// Newcomers who were admitted a while ago and whose devices have not said that
    /// they hold the keys.
    fn late_newcomers(&self, now_ms: u64) -> Vec<MemberId> {
        let Some(body) = self.body() else { return Vec::new() };
        let now_ms = self.relay_time_ms(now_ms);
        let late = |id: &MemberId, joined_ms: u64| {
            joined_ms + ARRIVAL_MS <= now_ms
                && !self.answered.contains(id)
                && !self.kept.answers.contains(id)
                && self.waiting_at.contains_key(id)
                && !body.roster().devices_of(id).any(|(_, device)| device.arrived)
        };
        body.roster().members().filter(|(id, member)| late(id, member.joined_ms)).map(|(id, _)| *id).collect()
    }

    fn locker_item(&self) -> Option<LockerItem> {
        Some(LockerItem {
            body: self.kept.id,
            relay: self.kept.relay.clone(),
            relay_key: self.kept.relay_key?,
            address: self.kept.address?,
            secrets: self.current_secrets()?,
        })
    }
}
