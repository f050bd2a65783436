//! The numbered rules. Each stands in `docs/rules.md`, at the check that applies
//! it, and in the tests: one that passes, one that fails by just that rule.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $text:literal;)*) => {
        /// A rule that can void a record.
        ///
        /// ```
        /// use concerted_assembly::Rule;
        ///
        /// assert_eq!(Rule::LastStays.id(), "R-060");
        /// assert_eq!(Rule::LastStays.text(), "The last member cannot leave.");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All rules, by number.
            pub const ALL: &[Rule] = &[$(Rule::$name,)*];

            /// The number, as in `R-001`.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// The rule in one sentence.
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$name => $text,)* }
            }
        }
    };
}

rules! {
    /// The sealed record does not open under its epoch's secret.
    Opens = "R-001", "An entry's sealed record opens under the secret of the epoch its header names.";
    /// Not the canonical encoding of a signed record.
    Form = "R-002", "A record is a signed record in canonical form.";
    /// The header names an epoch whose records do not count (any more, or yet).
    EpochInForce = "R-003", "An entry names the epoch in force, or for 24 hours after a rekey the one before; an admission seal may always use the one before.";
    /// The record was made for another body.
    ThisBody = "R-004", "A record names the body in whose log it stands.";
    /// The author is not a device of a member at this point.
    CurrentDevice = "R-005", "A record's author is a device of a member at that point of the log.";
    /// The signature does not hold.
    Signed = "R-006", "A record's signature holds for its author's key.";
    /// The device used this counter, or a later one, before.
    CounterGrows = "R-007", "A record's counter is greater than every one its device used before in the same lane.";
    /// The head the author claims to have seen is not in this log.
    SeenHead = "R-008", "The head a record names is that of an earlier entry of the same log.";
    /// A kind, field or rules version that these rules do not know.
    Known = "R-009", "A record's kind, fields and version belong to the rules in force.";
    /// A record kind in the lane of the other.
    RightLane = "R-010", "Talk stands in the talk lane, everything else in the record lane.";
    /// Genesis anywhere but first, or a first record that is no valid genesis.
    GenesisFirst = "R-011", "The first record, and no other, is a genesis record with a founder whose proofs hold.";
    /// Bylaws outside the fixed floors.
    Floors = "R-012", "Bylaws keep the fixed floors: at least 1 vouch, majorities of at least half, a quorum of at least 2 where there are 3 members.";
    /// The author has a recovery key, or this one was used before.
    RecoveryOnce = "R-013", "A founder sets their recovery key once, right after genesis; it is a valid key never used here.";

    /// A nickname that is empty, too long or contains hidden characters.
    NameForm = "R-020", "A name has 1 to 40 visible characters and no control or direction marks.";
    /// Someone in the body, or asking to join, has that nickname.
    NameFree = "R-021", "No two members or applicants have the same nickname.";
    /// A request whose proofs do not hold or that uses a key known here.
    RequestProofs = "R-022", "A request to join carries proofs for all its keys, made for this body, and valid keys never used in it.";
    /// Too many open requests.
    RequestsBound = "R-023", "At most 100 requests to join are open at a time, at most 20 of them put by one member, each for at most 7 days.";
    /// A vouch or objection for nobody.
    RequestOpen = "R-024", "A vouch names an open request that has not enough vouches yet.";
    /// The member vouched for this applicant before.
    VouchOnce = "R-025", "A member vouches for an applicant once.";
    /// A newcomer must wait before vouching.
    NewcomerWaits = "R-026", "Where the bylaws say so, whoever joined when there were many waits before vouching.";
    /// The member vouched too often lately.
    VouchLimit = "R-027", "Where the bylaws say so, a member vouches for only so many in a period.";
    /// The body would grow too fast.
    GrowthLimit = "R-028", "Where the bylaws say so, the body admits only so many in a period.";
    /// There is nothing to object to.
    ObjectInWindow = "R-029", "An objection names an applicant in the objection window.";

    /// Too many invitations, or this one exists.
    InviteBound = "R-030", "At most 50 invitations are open at a time, none of them twice.";
    /// No such invitation.
    InviteKnown = "R-031", "Only an open invitation can be revoked.";

    /// The new device's proofs do not hold or it uses a known key.
    DeviceProofs = "R-040", "A new device carries proofs for all its keys, made for this body, and keys never used in it.";
    /// The recovery key's signature does not hold.
    RecoverySigned = "R-041", "What is done with the recovery words is signed by the member's recovery key.";
    /// Too many device changes without the words.
    DeviceChanges = "R-042", "A member makes at most 3 device changes in 24 hours without the recovery words.";
    /// Too many devices.
    DeviceBound = "R-043", "A member has at most 8 devices.";
    /// The accused device is not there, or is the author's own, or is accused by them already.
    AccuseOther = "R-044", "A member asks once for the revocation of a device that belongs to another member.";
    /// There is no such accusation, or the author may not object.
    ObjectToRevocation = "R-045", "A revocation is objected to by the recovery key, or by a device of the same member at least 7 days old that the accused one did not add.";
    /// A device named in a replacement does not belong to the member.
    KeepOwn = "R-046", "A replacement keeps only devices the member has, and leaves at least one.";

    /// Not the successor of the last accepted rekey.
    RekeySuccessor = "R-050", "A rekey names the last accepted rekey and begins the next epoch; the first valid one wins.";
    /// The head it names is not in this log, or is before the last rekey.
    RekeyHead = "R-051", "A rekey names a head of this log not older than the last rekey.";
    /// Someone who is a recipient was removed since the head it names.
    RekeyRemoved = "R-052", "No recipient of a rekey was removed before the rekey's own position.";
    /// The seal is not valid for exactly the keys at the named head.
    RekeySeal = "R-053", "A rekey seals one secret to exactly the devices and recovery keys at the head it names.";
    /// Nobody owed it, and the author made one within the week.
    RekeyDue = "R-054", "A rekey is owed, or is its author's first in 7 days.";
    /// A link for an epoch not in force.
    LinkEpoch = "R-055", "A link to the previous epoch's secret stands in the epoch in force, which is not the first.";
    /// The seal of an admission does not fit.
    AdmissionSeal = "R-056", "An admission seal for the epoch in force goes to exactly the keys of one member, once by each author.";

    /// The last member cannot leave.
    LastStays = "R-060", "The last member cannot leave.";
    /// Nothing is due.
    TickDue = "R-061", "A tick is posted only when a deadline has passed.";
    /// The device has said so before.
    ArriveOnce = "R-062", "A device says once that it has arrived.";

    /// The announced talk key is not proven.
    TalkKeyProof = "R-070", "A talk key is announced by its own device with a proof, for a later week than the one before and at most for the next.";
    /// The talk secret's seal does not fit its recipients.
    TalkSeal = "R-071", "A talk secret is for this week or one beside it and sealed to talk keys that members' devices announced.";
    /// The text is too long.
    TalkLength = "R-072", "A message has at most 16,000 bytes and refers to a talk secret in the log.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(Rule::ALL.windows(2).all(|pair| pair[0].id() < pair[1].id()));
    }
}
