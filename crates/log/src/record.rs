//! Records: what a device signs (protocol, section 7).
//!
//! A record names its body, its author's device, a counter that the device never
//! uses twice, and the last head the author had verified, together with the
//! relay's signature on that head. So two members whose relay shows them different
//! histories hold a proof of it as soon as a record of one reaches the other.
//!
//! Trust is in the type: [`ParsedRecord`] has the right form and nothing more;
//! [`VerifiedRecord`] was signed by the key it was checked against.

use minicbor::{Decode, Encode};

use crate::cbor::{self, Malformed};
use crate::device::{DeviceSecret, verify_signature};
use crate::entry::Sequence;
use crate::hash::hash;
use crate::id::{BodyId, ChainHash, DeviceId, RecordId, Signature64, VerifyingKeyBytes};

/// Longest signed record in bytes: what fits in the largest size class.
pub const RECORD_BYTES_MAX: usize = (1 << 20) - 4;

/// A head its author had verified: number, chain and time of an entry, and the
/// relay's receipt signature over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SeenHead {
    /// Number of the entry.
    #[n(1)]
    pub sequence: Sequence,
    /// Chain up to and including it.
    #[n(2)]
    pub chain: ChainHash,
    /// Its relay time in milliseconds since 1970.
    #[n(3)]
    pub time_ms: u64,
    /// The relay's signature, see [`crate::receipt`].
    #[n(4)]
    pub signature: Signature64,
}

/// The fields of a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Record {
    /// The body; absent in genesis, whose hash the body id is.
    #[n(1)]
    pub body: Option<BodyId>,
    /// Version of the rules the record was written under.
    #[n(2)]
    pub rules_version: u16,
    /// The device that signs.
    #[n(3)]
    pub author: DeviceId,
    /// Grows with every record of this device in this lane (records, or talk).
    #[n(4)]
    pub counter: u64,
    /// The author's own clock in milliseconds since 1970; never judged by.
    #[n(5)]
    pub clock_ms: u64,
    /// The last head the author had verified; absent in genesis.
    #[n(6)]
    pub seen: Option<SeenHead>,
    /// The statement itself, encoded by the rules crate.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub content: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Signed {
    #[cbor(n(0), with = "minicbor::bytes")]
    record: Vec<u8>,
    #[n(1)]
    signature: Signature64,
}

impl Record {
    /// Signs the record: the bytes that are sealed into an entry.
    pub fn sign(&self, device: &DeviceSecret) -> Vec<u8> {
        let record = cbor::encode(self);
        let signature = device.sign(&signed_digest(&record));
        cbor::encode(&Signed { record, signature })
    }
}

/// A record in canonical form whose signature nobody has checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedRecord {
    record: Record,
    id: RecordId,
    digest: [u8; 32],
    signature: Signature64,
}

impl ParsedRecord {
    /// Reads what [`Record::sign`] made.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let signed: Signed = cbor::decode(bytes, RECORD_BYTES_MAX)?;
        let record: Record = cbor::decode(&signed.record, RECORD_BYTES_MAX)?;
        Ok(Self {
            record,
            id: record_id(&signed.record),
            digest: signed_digest(&signed.record),
            signature: signed.signature,
        })
    }

    /// The fields, unverified.
    pub fn unverified_record(&self) -> &Record {
        &self.record
    }

    /// The record's id: it covers all fields but not the signature.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Checks the signature against the author's key, which the caller looked up.
    /// `None` if it does not hold.
    pub fn verify(self, key: &VerifyingKeyBytes) -> Option<VerifiedRecord> {
        verify_signature(key, &self.digest, &self.signature)
            .then_some(VerifiedRecord { record: self.record, id: self.id })
    }
}

/// A record whose signature holds for the key it was checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedRecord {
    record: Record,
    id: RecordId,
}

impl VerifiedRecord {
    /// The fields.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        self.id
    }
}

/// The id of the body that a genesis record founds.
pub fn body_id(genesis: RecordId) -> BodyId {
    BodyId::new(*genesis.as_bytes())
}

fn record_id(record: &[u8]) -> RecordId {
    RecordId::new(hash("concerted record id", &[record]))
}

fn signed_digest(record: &[u8]) -> [u8; 32] {
    hash("concerted record", &[record])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::TalkSecretKey;
    use crate::tests_rng;

    fn example() -> (Record, DeviceSecret, VerifyingKeyBytes) {
        let rng = &mut tests_rng(40);
        let device = DeviceSecret::generate(rng);
        let card = device.card(&[0; 32], &TalkSecretKey::generate(rng), rng);
        let record = Record {
            body: Some(BodyId::new([1; 32])),
            rules_version: 1,
            author: device.id(),
            counter: 7,
            clock_ms: 1_800_000_000_000,
            seen: None,
            content: vec![1, 2, 3],
        };
        (record, device, card.signing)
    }

    #[test]
    fn a_record_verifies_and_any_changed_byte_does_not() {
        let (record, device, key) = example();
        let bytes = record.sign(&device);
        let parsed = ParsedRecord::parse(&bytes).expect("own encoding");
        assert_eq!(parsed.verify(&key).expect("own signature").record(), &record);
        for i in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[i] ^= 1;
            let verified = ParsedRecord::parse(&changed).ok().and_then(|parsed| parsed.verify(&key));
            assert!(verified.is_none(), "byte {i}");
        }
        for length in 0..bytes.len() {
            assert!(ParsedRecord::parse(&bytes[..length]).is_err(), "length {length}");
        }
    }
}
