//! What the engine does after each input: it looks at everything once and asks for
//! what is wanted and not there.

use concerted_assembly::content::Content;
use concerted_log::epoch::EpochSecrets;
use concerted_log::message::{Announce, Announcement, ClientFrame, Create, Read, Request};

use crate::effect::Mode;
use crate::engine::{Engine, Purpose};
use crate::session::{Phase, Session};

/// How often a device renews the posting key and token at the relay.
const ANNOUNCE_MS: u64 = 3 * 24 * 3600 * 1000;

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

    pub(crate) fn work_on(&mut self, number: u32) {
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

    pub(crate) fn forget_old(&mut self, number: u32) {
        let now_ms = self.now_ms;
        if let Some(session) = self.session_mut(number) {
            let now_ms = session.relay_time_ms(now_ms);
            session.forget_old_talk(now_ms);
        }
    }

    pub(crate) fn work_on_creating(&mut self, number: u32) {
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
    pub(crate) fn catch_up(&mut self, number: u32) {
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

    /// Renews the posting key and token at the relay, so that they do not lapse.
    pub(crate) fn keep_announced(&mut self, number: u32) {
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
}

pub(crate) fn announcement(secrets: &EpochSecrets) -> Announcement {
    Announcement {
        epoch: secrets.epoch,
        posting_key: secrets.posting.posting_key(),
        token: secrets.record.read_token().hash(),
    }
}

impl Session {
    pub(crate) fn talk_retention_ms(&self) -> u64 {
        let default = concerted_assembly::template::Template::SmallWorkplace.bylaws().talk.retention.ms();
        self.founding_bylaws().map_or(default, |bylaws| bylaws.talk.retention.ms())
    }

    /// The bylaws in the genesis record that waits to be sent.
    pub(crate) fn founding_bylaws(&self) -> Option<concerted_assembly::bylaws::Bylaws> {
        let item = self.kept.outbox.groups().first()?.items.first()?;
        let parsed = concerted_log::record::ParsedRecord::parse(&item.signed).ok()?;
        match Content::parse(&parsed.unverified_record().content).ok()? {
            Content::Genesis(genesis) => Some(genesis.bylaws),
            _ => None,
        }
    }
}
