//! Receipts: the relay's signature on a head (protocol, section 9).

use ed25519_dalek::{Signer, SigningKey};
use minicbor::{Decode, Encode};

use crate::Secret;
use crate::device::verify_signature;
use crate::entry::{Head, Sequence};
use crate::hash::hash;
use crate::id::{Address, ChainHash, RelayKey, Signature64, VerifyingKeyBytes};
use crate::record::SeenHead;

/// "At this address the chain over the first `sequence` entries is `chain`, and
/// all of them are stored."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// Where.
    #[n(1)]
    pub address: Address,
    /// The last entry covered.
    #[n(2)]
    pub sequence: Sequence,
    /// That entry's relay time.
    #[n(3)]
    pub time_ms: u64,
    /// The chain up to it.
    #[n(4)]
    pub chain: ChainHash,
    /// The relay's Ed25519 signature.
    #[n(5)]
    pub signature: Signature64,
}

impl Receipt {
    /// Whether the relay with `key` signed this.
    pub fn verify(&self, key: &RelayKey) -> bool {
        let digest = digest(&self.address, self.sequence, self.time_ms, &self.chain);
        verify_signature(&VerifyingKeyBytes::new(*key.as_bytes()), &digest, &self.signature)
    }

    /// Whether this is a receipt for `head`.
    pub fn covers(&self, head: &Head) -> bool {
        head.count == self.sequence.get() && head.time_ms == self.time_ms && head.chain == self.chain
    }

    /// As a record names it.
    pub fn to_seen(&self) -> SeenHead {
        SeenHead {
            sequence: self.sequence,
            chain: self.chain,
            time_ms: self.time_ms,
            signature: self.signature,
        }
    }

    /// The receipt a record's author had for a head at `address`.
    pub fn from_seen(address: Address, seen: &SeenHead) -> Self {
        Self {
            address,
            sequence: seen.sequence,
            time_ms: seen.time_ms,
            chain: seen.chain,
            signature: seen.signature,
        }
    }
}

/// The key a relay signs receipts with.
pub struct ReceiptSigner(SigningKey);

impl ReceiptSigner {
    /// The signer for a relay's stored secret.
    pub fn new(secret: &Secret) -> Self {
        Self(SigningKey::from_bytes(secret.expose()))
    }

    /// The public half, which members pin.
    pub fn relay_key(&self) -> RelayKey {
        RelayKey::new(self.0.verifying_key().to_bytes())
    }

    /// Signs a head that is stored durably; `None` for an empty log.
    pub fn sign(&self, address: Address, head: &Head) -> Option<Receipt> {
        let sequence = head.sequence()?;
        let digest = digest(&address, sequence, head.time_ms, &head.chain);
        let signature = Signature64(self.0.sign(&digest).to_bytes());
        Some(Receipt { address, sequence, time_ms: head.time_ms, chain: head.chain, signature })
    }
}

fn digest(address: &Address, sequence: Sequence, time_ms: u64, chain: &ChainHash) -> [u8; 32] {
    hash(
        "concerted receipt",
        &[address.as_bytes(), &sequence.get().to_be_bytes(), &time_ms.to_be_bytes(), chain.as_bytes()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_bound_to_all_its_fields() {
        let signer = ReceiptSigner::new(&Secret::new([4; 32]));
        let key = signer.relay_key();
        let head = Head { count: 3, time_ms: 9, chain: ChainHash::new([5; 32]) };
        let receipt = signer.sign(Address::new([6; 32]), &head).expect("not empty");
        assert!(receipt.verify(&key) && receipt.covers(&head));
        let changed = [
            Receipt { address: Address::new([7; 32]), ..receipt },
            Receipt { sequence: Sequence::GENESIS, ..receipt },
            Receipt { time_ms: 8, ..receipt },
            Receipt { chain: ChainHash::new([0; 32]), ..receipt },
        ];
        assert!(changed.iter().all(|receipt| !receipt.verify(&key)));
        assert!(!receipt.verify(&ReceiptSigner::new(&Secret::new([5; 32])).relay_key()));
    }
}
