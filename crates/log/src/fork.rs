//! Proof that a relay showed two histories (protocol, section 9).
//!
//! The proof convinces anyone who knows the relay's key and the address: two
//! receipts whose chains cannot both be true. Where their numbers differ, the
//! headers between lead from one chain to the other.

use minicbor::{Decode, Encode};

use crate::entry::{Head, Lane};
use crate::id::{ChainHash, RelayKey, SealedHash};
use crate::receipt::Receipt;

/// Most headers a proof may carry.
pub const PATH_MAX: usize = 10_000;

/// What the chain covers of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EntryHeader {
    /// Relay time in milliseconds.
    #[n(0)]
    pub time_ms: u64,
    /// Epoch and class.
    #[n(1)]
    pub lane: Lane,
    /// Hash of the sealed record.
    #[n(2)]
    pub sealed: SealedHash,
}

/// Two receipts of one relay that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ForkProof {
    /// The receipt with the lower (or equal) sequence.
    #[n(1)]
    pub earlier: Receipt,
    /// The other one, from a history that had another chain at that sequence.
    #[n(2)]
    pub later: Receipt,
    /// The chain of the later history at the earlier receipt's sequence.
    #[n(3)]
    pub chain_at_earlier: ChainHash,
    /// The time of the later history's entry there.
    #[n(4)]
    pub time_at_earlier_ms: u64,
    /// The later history's entries after that, up to the later receipt.
    #[n(5)]
    pub path: Vec<EntryHeader>,
}

impl ForkProof {
    /// Whether the relay with `key` signed two histories of one address.
    pub fn verify(&self, key: &RelayKey) -> bool {
        let between = self.later.sequence.get().checked_sub(self.earlier.sequence.get());
        if self.path.len() > PATH_MAX
            || between != u64::try_from(self.path.len()).ok()
            || self.earlier.address != self.later.address
            || !self.earlier.verify(key)
            || !self.later.verify(key)
            || self.earlier.chain == self.chain_at_earlier
        {
            return false;
        }
        let start = Head {
            count: self.earlier.sequence.get(),
            time_ms: self.time_at_earlier_ms,
            chain: self.chain_at_earlier,
        };
        let end =
            self.path.iter().fold(start, |head, entry| head.with(entry.time_ms, entry.lane, &entry.sealed));
        self.later.covers(&end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::entry::ExpiryClass;
    use crate::epoch::Epoch;
    use crate::id::Address;
    use crate::receipt::ReceiptSigner;

    fn header(byte: u8) -> EntryHeader {
        EntryHeader {
            time_ms: 10,
            lane: Lane { epoch: Epoch::GENESIS, class: ExpiryClass::Never },
            sealed: SealedHash::new([byte; 32]),
        }
    }

    fn extend(head: Head, entry: EntryHeader) -> Head {
        head.with(entry.time_ms, entry.lane, &entry.sealed)
    }

    /// Adversary: a relay that shows one member entry A and another entry B as the
    /// second entry. The proof convinces; an honest history cannot be accused.
    #[test]
    fn two_histories_are_proven_and_one_is_not() {
        let signer = ReceiptSigner::new(&Secret::new([4; 32]));
        let address = Address::new([6; 32]);
        let first = extend(Head::empty(&address), header(1));
        let (a, b) = (extend(first, header(2)), extend(first, header(3)));
        let b_later = extend(b, header(4));
        let proof = ForkProof {
            earlier: signer.sign(address, &a).expect("not empty"),
            later: signer.sign(address, &b_later).expect("not empty"),
            chain_at_earlier: b.chain,
            time_at_earlier_ms: b.time_ms,
            path: vec![header(4)],
        };
        assert!(proof.verify(&signer.relay_key()));
        let honest = ForkProof { earlier: signer.sign(address, &b).expect("not empty"), ..proof.clone() };
        assert!(!honest.verify(&signer.relay_key()));
        let wrong_path = ForkProof { path: vec![header(5)], ..proof.clone() };
        assert!(!wrong_path.verify(&signer.relay_key()));
        let stranger = ReceiptSigner::new(&Secret::new([5; 32])).relay_key();
        assert!(!proof.verify(&stranger));
    }

    /// Adversary: a relay that signs a receipt for the last number there is, and
    /// whoever hands on a proof that would count beyond it.
    #[test]
    fn a_path_that_does_not_fit_the_numbers_is_refused() {
        let signer = ReceiptSigner::new(&Secret::new([4; 32]));
        let address = Address::new([6; 32]);
        let last = Head { count: u64::MAX, time_ms: 1, chain: ChainHash::new([1; 32]) };
        let receipt = signer.sign(address, &last).expect("not empty");
        let proof = ForkProof {
            earlier: receipt,
            later: receipt,
            chain_at_earlier: ChainHash::new([2; 32]),
            time_at_earlier_ms: 1,
            path: vec![header(1)],
        };
        assert!(!proof.verify(&signer.relay_key()));
    }
}
