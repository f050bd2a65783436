//! Ending commands: which have come to their end, and what is said of them.

use concerted_assembly::content::JoinRequest;
use concerted_log::invitation::LinkSecret;

use crate::command::{Failure, Reply};
use crate::effect::Mode;
use crate::engine::{Engine, Waiting};
use crate::session::{Phase, Session};

impl Engine {
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
    pub(crate) fn settle(&mut self) {
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

    pub(crate) fn settle_one(&mut self, id: u64, outcome: Option<Result<Reply, Failure>>, ends: bool) {
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
    pub(crate) fn take_back(&mut self, waiting: &Waiting) {
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

    pub(crate) fn all_caught_up(&self) -> bool {
        self.sessions.iter().all(|session| {
            !matches!(session.kept.phase, Phase::Member)
                || session.is_caught_up()
                || self.is_down(&session.kept.relay)
        })
    }

    pub(crate) fn founded(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        if session.body().is_some()
            && session.kept.outbox.groups().is_empty()
            && self.recovery_is_set(session)
        {
            return Some(Ok(Reply::Founded { body: session.kept.id.to_string() }));
        }
        self.unreachable(&session.kept.relay)
    }

    pub(crate) fn recovery_is_set(&self, session: &Session) -> bool {
        let member = session.member().and_then(|member| session.body()?.roster().member(&member));
        member.is_some_and(|member| member.recovery.is_some())
    }

    pub(crate) fn asked(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        match &session.kept.phase {
            Phase::Asking(asking) if asking.put => Some(Ok(asked_reply(session, &asking.request))),
            Phase::Asking(_) => self.unreachable(&session.kept.relay),
            _ => Some(Ok(Reply::Done)),
        }
    }

    pub(crate) fn invited(
        &self,
        number: u32,
        secret: LinkSecret,
        group: u64,
    ) -> Option<Result<Reply, Failure>> {
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
    pub(crate) fn queued(&self, number: u32) -> Option<Result<Reply, Failure>> {
        let session = self.sessions.iter().find(|session| session.number == number)?;
        self.is_down(&session.kept.relay).then_some(Ok(Reply::Queued))
    }

    pub(crate) fn unreachable(&self, relay: &str) -> Option<Result<Reply, Failure>> {
        self.is_down(relay).then(|| Err(Failure::Unreachable(relay.to_owned())))
    }

    /// Nothing is under way and the command has not come to its end.
    pub(crate) fn gave_up(&self, id: u64) -> Result<Reply, Failure> {
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
