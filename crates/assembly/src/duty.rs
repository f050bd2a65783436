//! What a member's device owes the body at this point, besides what its user does.

use concerted_log::MemberId;

use crate::body::Body;
use crate::rekeying::Owed;

/// Duties that anyone can fulfil; engines share them out by place in the roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// A rekey is owed.
    pub rekey: Option<Owed>,
    /// Members some of whose keys did not receive this epoch's secrets.
    pub unsealed: Vec<MemberId>,
    /// A deadline has passed and no record has let it take effect.
    pub tick: bool,
}

impl Body {
    /// The duties at `now_ms`, by the caller's idea of relay time.
    pub fn duties(&self, now_ms: u64) -> Duties {
        let now_ms = now_ms.max(self.time_ms());
        let rekey = self.epoch().owed(now_ms, self.bylaws().keys.rekey_every.ms());
        let lacks_seal = |member: &MemberId| {
            self.roster().recipients_of(member).iter().any(|key| !self.epoch().has_sealed(key))
        };
        let unsealed = match rekey {
            // The rekey will reach them.
            Some(_) => Vec::new(),
            None => self.roster().members().map(|(id, _)| *id).filter(|id| lacks_seal(id)).collect(),
        };
        Duties { rekey, unsealed, tick: self.is_due(now_ms) }
    }

    /// The member's place in the roster, from 0: who acts first when all could.
    pub fn place(&self, member: &MemberId) -> Option<usize> {
        self.roster().members().position(|(id, _)| id == member)
    }
}
