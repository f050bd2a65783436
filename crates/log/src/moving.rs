//! Moving: how a body goes to another address or relay (protocol, section 13).
//!
//! A statement names the last common entry and the new place. It counts when more
//! than half of the roster has signed it, so two that contradict each other share
//! a signer, whom they convict.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::device::{DeviceSecret, verify_statement};
use crate::entry::Sequence;
use crate::id::{Address, BodyId, ChainHash, DeviceId, RelayKey, Signature64, VerifyingKeyBytes};

/// Most signatures a statement may carry.
pub const SIGNATURES_MAX: usize = 30_000;

/// Where a body goes on, and after which entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MovingStatement {
    /// The body.
    #[n(1)]
    pub body: BodyId,
    /// The address it leaves.
    #[n(2)]
    pub from: Address,
    /// The last entry that is kept.
    #[n(3)]
    pub sequence: Sequence,
    /// The chain up to it.
    #[n(4)]
    pub chain: ChainHash,
    /// The new address.
    #[n(5)]
    pub to: Address,
    /// The new relay's base address.
    #[n(6)]
    pub relay: String,
    /// The new relay's key.
    #[n(7)]
    pub relay_key: RelayKey,
}

/// A statement with the signatures gathered so far.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedMovingStatement {
    /// The statement.
    #[n(1)]
    pub statement: MovingStatement,
    /// Signatures by devices; at most one of each.
    #[n(2)]
    pub signatures: Vec<MovingSignature>,
}

/// One device's signature on a moving statement.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MovingSignature {
    /// Who signs.
    #[n(1)]
    pub device: DeviceId,
    /// Over the statement.
    #[n(2)]
    pub signature: Signature64,
}

impl MovingStatement {
    /// A device's signature on this statement.
    pub fn sign(&self, device: &DeviceSecret) -> MovingSignature {
        let signature = device.sign_statement("concerted moving", &[&crate::cbor::encode(self)]);
        MovingSignature { device: device.id(), signature }
    }

    /// Whether both cannot hold: same body and place left, but another last entry
    /// or another new place.
    pub fn contradicts(&self, other: &Self) -> bool {
        self.body == other.body && self.from == other.from && self != other
    }
}

impl SignedMovingStatement {
    /// The devices whose signature holds; `key_of` gives the key of a device on
    /// the roster at the statement's sequence.
    pub fn signers(&self, key_of: impl Fn(&DeviceId) -> Option<VerifyingKeyBytes>) -> BTreeSet<DeviceId> {
        let statement = crate::cbor::encode(&self.statement);
        self.signatures
            .iter()
            .take(SIGNATURES_MAX)
            .filter(|one| {
                key_of(&one.device).is_some_and(|key| {
                    verify_statement(&key, "concerted moving", &[&statement], &one.signature)
                })
            })
            .map(|one| one.device)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::TalkSecretKey;
    use crate::tests_rng;

    /// Adversary: a member who signs two places for the same body.
    #[test]
    fn two_contradicting_statements_convict_their_common_signer() {
        let rng = &mut tests_rng(90);
        let device = DeviceSecret::generate(rng);
        let key = device.card(&[0; 32], &TalkSecretKey::generate(rng), rng).signing;
        let key_of = |id: &DeviceId| (*id == device.id()).then_some(key);
        let first = MovingStatement {
            body: BodyId::new([1; 32]),
            from: Address::new([2; 32]),
            sequence: Sequence::GENESIS,
            chain: ChainHash::new([3; 32]),
            to: Address::new([4; 32]),
            relay: "https://relay.example".into(),
            relay_key: RelayKey::new([5; 32]),
        };
        let second = MovingStatement { to: Address::new([6; 32]), ..first.clone() };
        assert!(first.contradicts(&second) && !first.contradicts(&first.clone()));
        let sign = |statement: &MovingStatement| SignedMovingStatement {
            statement: statement.clone(),
            signatures: vec![statement.sign(&device)],
        };
        let common = &sign(&first).signers(key_of) & &sign(&second).signers(key_of);
        assert_eq!(common, BTreeSet::from([device.id()]));
        let moved = SignedMovingStatement { statement: second, signatures: sign(&first).signatures };
        assert!(moved.signers(key_of).is_empty());
    }
}
