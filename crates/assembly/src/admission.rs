//! Admission: how someone who asks to join becomes a member.
//!
//! The first vouch puts the request into the log. With enough vouches the applicant
//! is a member at once; in a body of some size there is an objection window first.
//! Until motions exist, an objected admission is refused.
//!
//! Invariant: a pending request carries keys never used in the body, and a nickname
//! that no member and no other applicant has.

use std::collections::{BTreeMap, BTreeSet};

use concerted_log::MemberId;
use concerted_log::invitation::{LinkSecret, OPEN_MS_MAX};
use concerted_log::words::RecoveryRoot;
use minicbor::Encode;

use crate::bylaws::Bylaws;
use crate::content::JoinRequest;
use crate::nickname::Name;
use crate::roster::Roster;
use crate::rule::Rule;

/// Most requests open at a time.
pub const REQUESTS_MAX: usize = 100;
/// Most of them that one member has put into the log.
pub const REQUESTS_BY_ONE_MAX: usize = 20;
/// Most invitations open at a time.
pub const INVITATIONS_MAX: usize = 50;
/// How long a request stays open, in milliseconds.
pub const REQUEST_OPEN_MS: u64 = OPEN_MS_MAX;

/// A request to join that is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Pending {
    /// What the applicant sent.
    #[n(1)]
    pub request: JoinRequest,
    /// Relay time at which it came into the log.
    #[n(2)]
    pub since_ms: u64,
    /// Members who vouch.
    #[n(3)]
    pub vouches: BTreeSet<MemberId>,
    /// When the objection window ends, once there are enough vouches.
    #[n(4)]
    pub window_ends_ms: Option<u64>,
    /// The member who put it into the log.
    #[n(5)]
    pub by: MemberId,
}

/// Requests and invitations that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Admissions {
    #[n(1)]
    pending: BTreeMap<MemberId, Pending>,
    /// With the relay time at which each was opened.
    #[n(2)]
    invitations: BTreeMap<LinkSecret, u64>,
}

impl Admissions {
    /// Requests in the log that are neither admitted nor refused.
    pub fn pending(&self) -> impl Iterator<Item = (&MemberId, &Pending)> {
        self.pending.iter()
    }

    /// One of them.
    pub fn get(&self, applicant: &MemberId) -> Option<&Pending> {
        self.pending.get(applicant)
    }

    /// Open invitations and the relay time at which each was opened.
    pub fn invitations(&self) -> impl Iterator<Item = (&LinkSecret, u64)> {
        self.invitations.iter().map(|(secret, since)| (secret, *since))
    }

    pub(crate) fn invite(&mut self, secret: LinkSecret, now_ms: u64) -> Result<(), Rule> {
        if self.invitations.len() >= INVITATIONS_MAX || self.invitations.contains_key(&secret) {
            return Err(Rule::InviteBound);
        }
        self.invitations.insert(secret, now_ms);
        Ok(())
    }

    pub(crate) fn revoke_invite(&mut self, secret: &LinkSecret) -> Result<(), Rule> {
        self.invitations.remove(secret).map(|_| ()).ok_or(Rule::InviteKnown)
    }

    /// A rekey ends all invitations: their mailboxes belong to the epoch before.
    pub(crate) fn end_invitations(&mut self) {
        self.invitations.clear();
    }

    pub(crate) fn check_request(
        &self,
        request: &JoinRequest,
        by: &MemberId,
        roster: &Roster,
    ) -> Result<(), Rule> {
        let by_one = self.pending.values().filter(|pending| pending.by == *by).count();
        if self.pending.len() >= REQUESTS_MAX || by_one >= REQUESTS_BY_ONE_MAX {
            return Err(Rule::RequestsBound);
        }
        let keys = [
            request.card.signing.as_bytes(),
            request.card.sealing.as_bytes(),
            request.card.talk.as_bytes(),
            request.recovery.as_bytes(),
        ];
        let distinct = keys.iter().collect::<BTreeSet<_>>().len() == keys.len();
        let asked_before = keys.iter().any(|key| self.has_key(key));
        let used = asked_before || keys.iter().any(|key| roster.knows_key(key));
        // A key that nothing can be sealed to would make every later rekey void.
        let sealable = RecoveryRoot::from_bytes(request.recovery).is_some();
        if !distinct || used || !sealable || !request.verify() {
            return Err(Rule::RequestProofs);
        }
        if self.has_nickname(&request.nickname) || roster.has_nickname(&request.nickname) {
            return Err(Rule::NameFree);
        }
        Ok(())
    }

    pub(crate) fn open_request(&mut self, request: JoinRequest, by: MemberId, now_ms: u64) {
        let pending =
            Pending { since_ms: now_ms, vouches: BTreeSet::new(), window_ends_ms: None, by, request };
        self.pending.insert(pending.request.member(), pending);
    }

    /// Whether an applicant has a nickname that looks like `name`.
    pub(crate) fn has_nickname(&self, name: &Name) -> bool {
        self.pending.values().any(|pending| pending.request.nickname.looks_like(name))
    }

    /// Whether `key` is in an open request.
    pub(crate) fn has_key(&self, key: &[u8; 32]) -> bool {
        self.pending.values().any(|pending| {
            let request = &pending.request;
            let card = &request.card;
            [
                card.signing.as_bytes(),
                card.sealing.as_bytes(),
                card.talk.as_bytes(),
                request.recovery.as_bytes(),
            ]
            .contains(&key)
        })
    }

    /// Judges a vouch.
    pub(crate) fn check_vouch(
        &self,
        applicant: &MemberId,
        author: &MemberId,
        roster: &Roster,
        bylaws: &Bylaws,
        now_ms: u64,
    ) -> Result<(), Rule> {
        let pending = self.pending.get(applicant).ok_or(Rule::RequestOpen)?;
        if pending.window_ends_ms.is_some() {
            return Err(Rule::RequestOpen);
        }
        if pending.vouches.contains(author) {
            return Err(Rule::VouchOnce);
        }
        let member = roster.member(author).ok_or(Rule::CurrentDevice)?;
        if member.newcomer && member.joined_ms.saturating_add(bylaws.newcomers.wait.ms()) > now_ms {
            return Err(Rule::NewcomerWaits);
        }
        if !bylaws.limits_hold(roster.len()) {
            return Ok(());
        }
        let since = now_ms.saturating_sub(bylaws.admission.vouching_period.ms());
        let recent = member.vouched_ms.iter().filter(|time| **time > since).count();
        if recent as u64 >= u64::from(bylaws.admission.vouches_by_one) {
            return Err(Rule::VouchLimit);
        }
        let completes = pending.vouches.len() as u64 + 1 >= bylaws.vouches_needed(roster.len());
        if completes && !self.may_grow(roster, bylaws, now_ms) {
            return Err(Rule::GrowthLimit);
        }
        Ok(())
    }

    /// Whether one more may be admitted in the bylaws' growth period. Only those
    /// admitted, or waiting, while limits held are counted.
    fn may_grow(&self, roster: &Roster, bylaws: &Bylaws, now_ms: u64) -> bool {
        let since = now_ms.saturating_sub(bylaws.admission.growth_period.ms());
        let recent =
            roster.members().filter(|(_, m)| m.joined_under_limits && m.joined_ms > since).count() as u64;
        let waiting = self.pending.values().filter(|pending| pending.window_ends_ms.is_some()).count() as u64;
        let before = (roster.len() as u64).saturating_sub(recent);
        let most = bylaws.admission.growth.at_most_of(before).max(u64::from(bylaws.admission.growth_least));
        recent + waiting < most
    }

    /// Notes a vouch that was judged valid; true if the applicant is admitted now.
    pub(crate) fn vouch(
        &mut self,
        applicant: &MemberId,
        author: MemberId,
        members: usize,
        bylaws: &Bylaws,
        now_ms: u64,
    ) -> bool {
        let Some(pending) = self.pending.get_mut(applicant) else {
            return false;
        };
        pending.vouches.insert(author);
        if (pending.vouches.len() as u64) < bylaws.vouches_needed(members) {
            return false;
        }
        if bylaws.limits_hold(members) {
            pending.window_ends_ms = Some(now_ms.saturating_add(bylaws.admission.objection_window.ms()));
            return false;
        }
        true
    }

    /// An objection refuses the admission.
    pub(crate) fn object(&mut self, applicant: &MemberId) -> Result<(), Rule> {
        let in_window = self.pending.get(applicant).is_some_and(|pending| pending.window_ends_ms.is_some());
        if !in_window {
            return Err(Rule::ObjectInWindow);
        }
        self.pending.remove(applicant);
        Ok(())
    }

    pub(crate) fn take(&mut self, applicant: &MemberId) -> Option<Pending> {
        self.pending.remove(applicant)
    }

    /// The vouches of someone who is no member any more do not count.
    pub(crate) fn forget_member(&mut self, member: &MemberId) {
        for pending in self.pending.values_mut() {
            if pending.window_ends_ms.is_none() {
                pending.vouches.remove(member);
            }
        }
    }

    /// Ends requests and invitations that are too old.
    pub(crate) fn expire(&mut self, now_ms: u64) {
        self.pending.retain(|_, pending| {
            pending.window_ends_ms.is_some() || pending.since_ms.saturating_add(REQUEST_OPEN_MS) > now_ms
        });
        self.invitations.retain(|_, since| since.saturating_add(OPEN_MS_MAX) > now_ms);
    }

    /// Applicants whose objection window is over, in order of its end.
    pub(crate) fn matured(&self, now_ms: u64) -> Vec<MemberId> {
        let mut ended: Vec<(u64, MemberId)> = self
            .pending
            .iter()
            .filter_map(|(id, pending)| {
                pending.window_ends_ms.filter(|end| *end < now_ms).map(|end| (end, *id))
            })
            .collect();
        ended.sort_unstable();
        ended.into_iter().map(|(_, id)| id).collect()
    }
}
