//! What a device owes its body, whoever uses it: keys to renew and to hand out,
//! deadlines to let take effect.

use concerted_assembly::content::{Admission, Content, TalkKey};
use concerted_log::MemberId;
use concerted_log::id::PointBytes;
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{talk_key_statement, week_of};

use crate::effect::Mode;
use crate::engine::Engine;
use crate::outbox::Draft;
use crate::session::Session;

/// How long engines wait for each other with duties that all could do.
const PLACE_MS: u64 = 5_000;
const PLACE_MS_MAX: u64 = 60_000;
/// A newcomer who has not arrived after this is answered again.
const ARRIVAL_MS: u64 = 60_000;

impl Engine {
    /// Duties that only this device can do.
    pub(crate) fn do_own_duties(&mut self, number: u32) {
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
    pub(crate) fn do_shared_duties(&mut self, number: u32) {
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
    pub(crate) fn seal_to(&mut self, number: u32, members: &[MemberId]) {
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
    pub(crate) fn post_link(&mut self, number: u32) {
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
}

impl Session {
    /// Newcomers who were admitted a while ago and whose devices have not said that
    /// they hold the keys.
    pub(crate) fn late_newcomers(&self, now_ms: u64) -> Vec<MemberId> {
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
}
