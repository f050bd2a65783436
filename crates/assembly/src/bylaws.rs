//! Bylaws: the numbers a body decides by, as data.
//!
//! They are set in the genesis record, from a template or from JSON, and stand for
//! everyone alike. Some floors are fixed, so that bylaws cannot make a body that is
//! not its members': see [`Bylaws::check`].

use concerted_log::message::TALK_RETENTION_MS_MAX;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::period::Period;
use crate::share::{Share, Threshold};

macro_rules! group {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $n:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
        #[cbor(map)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* #[n($n)] pub $field: $type,)*
        }
    };
}

group! {
    /// The bylaws of a body.
    Bylaws {
        /// How people become members.
        admission: Admission = 1,
        /// What newcomers wait for.
        newcomers: Newcomers = 2,
        /// Meetings and how they are called.
        meetings: Meetings = 3,
        /// Ordinary motions, demands among them.
        motions: Motions = 4,
        /// Ratifying a call to action.
        action: Ratification = 5,
        /// Expelling a member.
        expulsion: WeightyDecision = 6,
        /// Changing these bylaws.
        bylaws: NoticedDecision = 7,
        /// Delegates and their recall.
        delegates: Delegates = 8,
        /// Those who together open secret ballots.
        tellers: Tellers = 9,
        /// What minutes tell.
        minutes: Minutes = 10,
        /// How long talk is kept.
        talk: Talk = 11,
        /// Renewing keys, and devices lost.
        keys: Keys = 12,
    }
}

group! {
    /// How people become members.
    Admission {
        /// Members who must vouch for someone who asks to join.
        vouches: u32 = 1,
        /// The same while there are fewer than `small_below` members.
        vouches_while_small: u32 = 2,
        /// See there.
        small_below: u32 = 3,
        /// From this many members on, the objection window and the limits hold.
        window_from: u32 = 4,
        /// How long members may object before the newcomer gets the keys.
        objection_window: Period = 5,
        /// Largest share of the membership admitted in `growth_period`…
        growth: Share = 6,
        /// …but always this many.
        growth_least: u32 = 7,
        /// See `growth`.
        growth_period: Period = 8,
        /// How many one member may vouch for in `vouching_period`.
        vouches_by_one: u32 = 9,
        /// See there.
        vouching_period: Period = 10,
    }
}

group! {
    /// What newcomers wait for.
    Newcomers {
        /// From this many members on, newcomers wait.
        wait_from: u32 = 1,
        /// How long before they vouch, petition, and vote on persons and bylaws.
        wait: Period = 2,
    }
}

group! {
    /// Meetings and how they are called.
    Meetings {
        /// Notice of an ordinary meeting.
        notice: Period = 1,
        /// Share of members that makes a quorum…
        quorum: Share = 2,
        /// …but at least this many.
        quorum_least: u32 = 3,
        /// Notice of an emergency meeting.
        emergency_notice: Period = 4,
        /// Share of members who can call one…
        requisition: Share = 5,
        /// …but at least this many.
        requisition_least: u32 = 6,
    }
}

group! {
    /// Ordinary motions.
    Motions {
        /// What carries one.
        majority: Majority = 1,
        /// Share of members who must take part.
        quorum: Share = 2,
        /// How long a vote by circulation lasts.
        circulation: Period = 3,
    }
}

group! {
    /// Ratifying a call to action, by secret ballot.
    Ratification {
        /// What carries it.
        majority: Majority = 1,
    }
}

group! {
    /// A decision with a quorum of its own, by secret ballot.
    WeightyDecision {
        /// What carries it.
        majority: Majority = 1,
        /// Share of members who must take part.
        quorum: Share = 2,
    }
}

group! {
    /// A decision with a quorum and a notice of its own.
    NoticedDecision {
        /// What carries it.
        majority: Majority = 1,
        /// Share of members who must take part.
        quorum: Share = 2,
        /// Notice before it is voted on.
        notice: Period = 3,
    }
}

group! {
    /// Delegates and their recall.
    Delegates {
        /// How long a term is.
        term: Period = 1,
        /// How many terms in a row.
        terms_in_row: u32 = 2,
        /// Share of members who can demand a recall ballot…
        recall_petition: Share = 3,
        /// …but at least this many.
        recall_least: u32 = 4,
        /// How soon after the petition the ballot is held.
        recall_within: Period = 5,
    }
}

group! {
    /// Those who together open secret ballots.
    Tellers {
        /// How many there are.
        count: u32 = 1,
        /// How many it takes to open.
        needed: u32 = 2,
        /// For how long they serve.
        term: Period = 3,
        /// Whether fewer than 5 may vote secretly on persons, after a warning.
        small_ballots: bool = 4,
    }
}

group! {
    /// What minutes tell.
    Minutes {
        /// Whether they name members; otherwise counts and roles only.
        names: bool = 1,
    }
}

group! {
    /// How long talk is kept.
    Talk {
        /// After this, devices and the relay forget it.
        retention: Period = 1,
    }
}

group! {
    /// Renewing keys, and devices lost.
    Keys {
        /// How often the body's keys are renewed even if nobody leaves.
        rekey_every: Period = 1,
        /// How long a revocation without the recovery words can be objected to.
        revocation_wait: Period = 2,
    }
}

group! {
    /// What carries a decision.
    Majority {
        /// The part of the base that must be in favour.
        threshold: Threshold = 1,
        /// What it is a part of.
        of: Base = 2,
        /// Whether abstentions belong to the votes cast.
        abstentions_count: bool = 3,
    }
}

/// What a majority is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// Votes cast.
    #[n(0)]
    Cast,
    /// Members present.
    #[n(1)]
    Present,
    /// All who are entitled to vote.
    #[n(2)]
    Entitled,
}

/// Bylaws that no body may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BylawsFault {
    /// Nobody need vouch.
    #[error("admission needs at least 1 vouch, and no more vouches than there can be members")]
    Vouches,
    /// Less than a majority decides.
    #[error("the majority for {0} must be more than one half and possible to reach")]
    Majority(&'static str),
    /// One member could decide for three.
    #[error("the quorum for {0} must be at least 2 where there are 3 members")]
    Quorum(&'static str),
    /// Fewer than half of the tellers could open a ballot.
    #[error("more than half of the tellers must be needed to open a ballot, out of 1 to 30")]
    Tellers,
    /// A number that cannot be worked with.
    #[error("{0} is out of range")]
    Range(&'static str),
}

impl Bylaws {
    /// Checks the fixed floors and that all numbers are in range.
    pub fn check(&self) -> Result<(), BylawsFault> {
        self.check_ranges()?;
        let admission = &self.admission;
        if admission.vouches == 0 || admission.vouches_while_small == 0 {
            return Err(BylawsFault::Vouches);
        }
        if admission.vouches_while_small > 1 || admission.vouches > admission.small_below.max(1) {
            return Err(BylawsFault::Vouches);
        }
        for (name, majority) in [
            ("motions", &self.motions.majority),
            ("action", &self.action.majority),
            ("expulsion", &self.expulsion.majority),
            ("bylaws", &self.bylaws.majority),
        ] {
            if !majority.threshold.in_range() || !majority.threshold.keeps_majority() {
                return Err(BylawsFault::Majority(name));
            }
        }
        for (name, least, share) in [
            ("meetings", self.meetings.quorum_least, self.meetings.quorum),
            ("motions", self.meetings.quorum_least, self.motions.quorum),
            ("expulsion", self.meetings.quorum_least, self.expulsion.quorum),
            ("bylaws", self.meetings.quorum_least, self.bylaws.quorum),
        ] {
            if share.at_least_of(3).max(u64::from(least)) < 2 {
                return Err(BylawsFault::Quorum(name));
            }
        }
        let tellers = &self.tellers;
        if tellers.count == 0
            || tellers.count > 30
            || tellers.needed > tellers.count
            || tellers.needed * 2 <= tellers.count
        {
            return Err(BylawsFault::Tellers);
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<(), BylawsFault> {
        for (name, period) in [
            ("admission.objection_window", self.admission.objection_window),
            ("admission.growth_period", self.admission.growth_period),
            ("admission.vouching_period", self.admission.vouching_period),
            ("newcomers.wait", self.newcomers.wait),
            ("meetings.notice", self.meetings.notice),
            ("meetings.emergency_notice", self.meetings.emergency_notice),
            ("motions.circulation", self.motions.circulation),
            ("bylaws.notice", self.bylaws.notice),
            ("delegates.term", self.delegates.term),
            ("delegates.recall_within", self.delegates.recall_within),
            ("tellers.term", self.tellers.term),
            ("talk.retention", self.talk.retention),
            ("keys.rekey_every", self.keys.rekey_every),
            ("keys.revocation_wait", self.keys.revocation_wait),
        ] {
            if !period.in_range() {
                return Err(BylawsFault::Range(name));
            }
        }
        for (name, share) in [
            ("admission.growth", self.admission.growth),
            ("meetings.quorum", self.meetings.quorum),
            ("meetings.requisition", self.meetings.requisition),
            ("motions.quorum", self.motions.quorum),
            ("expulsion.quorum", self.expulsion.quorum),
            ("bylaws.quorum", self.bylaws.quorum),
            ("delegates.recall_petition", self.delegates.recall_petition),
        ] {
            if !share.in_range() {
                return Err(BylawsFault::Range(name));
            }
        }
        if self.talk.retention.ms() > TALK_RETENTION_MS_MAX {
            return Err(BylawsFault::Range("talk.retention"));
        }
        Ok(())
    }

    /// How many members must vouch while there are `members` of them.
    pub fn vouches_needed(&self, members: usize) -> u64 {
        let small = u64::try_from(members).unwrap_or(u64::MAX) < u64::from(self.admission.small_below);
        u64::from(if small { self.admission.vouches_while_small } else { self.admission.vouches })
    }

    /// Whether objection window and limits hold while there are `members`.
    pub fn limits_hold(&self, members: usize) -> bool {
        members as u64 >= u64::from(self.admission.window_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    fn changed(change: impl Fn(&mut Bylaws)) -> Result<(), BylawsFault> {
        let mut bylaws = Template::SmallWorkplace.bylaws();
        change(&mut bylaws);
        bylaws.check()
    }

    #[test]
    fn floors_cannot_be_undercut() {
        let half: Threshold = "at least 1/2".parse().expect("well formed");
        assert_eq!(changed(|b| b.admission.vouches = 0), Err(BylawsFault::Vouches));
        assert_eq!(changed(|b| b.admission.vouches = 9), Err(BylawsFault::Vouches));
        assert_eq!(changed(|b| b.motions.majority.threshold = half), Err(BylawsFault::Majority("motions")));
        assert_eq!(
            changed(|b| {
                b.meetings.quorum_least = 1;
                b.meetings.quorum = Share::new(1, 3);
            }),
            Err(BylawsFault::Quorum("meetings"))
        );
        assert_eq!(changed(|b| b.tellers.needed = 1), Err(BylawsFault::Tellers));
        assert_eq!(
            changed(|b| b.talk.retention = Period::days(91)),
            Err(BylawsFault::Range("talk.retention"))
        );
        assert_eq!(
            changed(|b| b.motions.quorum = Share::new(2, 1)),
            Err(BylawsFault::Range("motions.quorum"))
        );
        assert_eq!(changed(|_| ()), Ok(()));
    }

    #[test]
    fn json_is_readable_and_refuses_unknown_keys() {
        let bylaws = Template::SmallWorkplace.bylaws();
        let json = serde_json::to_value(&bylaws).expect("plain data");
        assert_eq!(json["meetings"]["notice"], "48h");
        assert_eq!(json["motions"]["majority"]["threshold"], "more than 1/2");
        assert_eq!(serde_json::from_value::<Bylaws>(json.clone()).expect("own JSON"), bylaws);
        let mut unknown = json.clone();
        unknown["meetings"]["notise"] = "1h".into();
        assert!(serde_json::from_value::<Bylaws>(unknown).is_err());
        let mut missing = json;
        missing["meetings"].as_object_mut().expect("object").remove("notice");
        assert!(serde_json::from_value::<Bylaws>(missing).is_err());
    }
}
