//! Keeping the list of bodies to restore in the lockers of all relays in use.

use concerted_log::locker::LockerItem;
use concerted_log::message::{PutLocker, Request};

use crate::effect::Mode;
use crate::engine::{Engine, Purpose, Waiting};
use crate::session::{Phase, Session};

impl Engine {
    pub(crate) fn work_on_lockers(&mut self) {
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
    pub(crate) fn place_items(&mut self) {
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
}

impl Session {
    pub(crate) fn locker_item(&self) -> Option<LockerItem> {
        Some(LockerItem {
            body: self.kept.id,
            relay: self.kept.relay.clone(),
            relay_key: self.kept.relay_key?,
            address: self.kept.address?,
            secrets: self.current_secrets()?,
        })
    }
}
