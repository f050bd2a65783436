//! What a session can do at this moment.

use concerted_assembly::Body;
use concerted_log::epoch::EpochSecrets;
use concerted_log::invitation::{Invitation, LinkSecret};

use crate::history::Stall;
use crate::session::Session;

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
    pub(crate) fn posting_secret(&self) -> Option<concerted_log::epoch::PostingSecret> {
        let known = self.history.as_ref().and_then(|history| history.posting().values().next_back().cloned());
        known.or_else(|| self.kept.secrets.last().map(|secrets| secrets.posting.clone()))
    }

    /// An estimate of relay time: this device's clock, corrected by what was last
    /// seen, and never before the last entry.
    pub fn relay_time_ms(&self, now_ms: u64) -> u64 {
        let corrected = now_ms.saturating_add_signed(self.kept.drift_ms.unwrap_or(0));
        corrected.max(self.body().map_or(0, Body::time_ms))
    }
}
