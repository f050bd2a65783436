//! Entries: sealed records as the relay orders and stores them, and the hash
//! chain over them (protocol, section 8).

use std::fmt;
use std::num::NonZeroU64;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rand_core::CryptoRng;

use crate::epoch::{Epoch, RecordSecret};
use crate::hash::hash;
use crate::id::{Address, ChainHash, SealedHash};
use crate::record::RECORD_BYTES_MAX;

/// Longest sealed record in bytes: the largest size class, nonce and tag.
pub const SEALED_BYTES_MAX: usize = (1 << 20) + OVERHEAD;
const OVERHEAD: usize = 24 + 16;
const SIZE_CLASS_MIN: usize = 256;

/// Position of an entry in its log; genesis has sequence 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(NonZeroU64);

impl Sequence {
    /// The first entry.
    pub const GENESIS: Sequence = Sequence(NonZeroU64::MIN);

    /// A sequence from its number; `None` for 0.
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<C> Encode<C> for Sequence {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.u64(self.get())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Sequence {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::new(d.u64()?).ok_or_else(|| decode::Error::message("sequence 0"))
    }
}

/// How long the relay keeps a sealed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ExpiryClass {
    /// For ever: records, which the state of the body is derived from.
    #[n(0)]
    Never,
    /// For the body's talk retention; then only its hash remains.
    #[n(1)]
    Talk,
}

/// What the author of an entry decides about it, visible to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Lane {
    /// The epoch whose record secret opens the entry.
    #[n(0)]
    pub epoch: Epoch,
    /// How long it is kept.
    #[n(1)]
    pub class: ExpiryClass,
}

/// A signed record encrypted under an epoch's record secret and padded to a size
/// class: 24 bytes nonce, ciphertext, 16 bytes tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Seals a signed record. The nonce is random, so sealing twice differs.
    ///
    /// # Panics
    /// If the record is longer than [`RECORD_BYTES_MAX`], which the caller checked.
    pub fn seal(signed_record: &[u8], lane: Lane, secret: &RecordSecret, rng: &mut dyn CryptoRng) -> Self {
        assert!(signed_record.len() <= RECORD_BYTES_MAX, "record longer than the caller may pass");
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut text = pad(signed_record);
        cipher(secret)
            .encrypt_in_place(&XNonce::from(nonce), &associated_data(lane), &mut text)
            .expect("a size class is within the cipher's limit");
        let mut out = nonce.to_vec();
        out.append(&mut text);
        Self(out)
    }

    /// Takes received bytes; `None` if their length is not that of a size class.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let class = bytes.len().checked_sub(OVERHEAD)?;
        let valid = class.is_power_of_two() && class >= SIZE_CLASS_MIN && bytes.len() <= SEALED_BYTES_MAX;
        valid.then_some(Self(bytes))
    }

    /// The signed record, if the seal was made under `secret` for this lane.
    pub fn open(&self, lane: Lane, secret: &RecordSecret) -> Option<Vec<u8>> {
        let (nonce, text) = self.0.split_at(24);
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let mut text = text.to_vec();
        cipher(secret).decrypt_in_place(&XNonce::from(nonce), &associated_data(lane), &mut text).ok()?;
        unpad(text)
    }

    /// The bytes as stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The hash that the chain covers; also what makes appending idempotent.
    pub fn hash(&self) -> SealedHash {
        SealedHash::new(hash("concerted sealed", &[&self.0]))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl<C> Encode<C> for Sealed {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Sealed {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let bytes = d.bytes()?;
        if bytes.len() > SEALED_BYTES_MAX {
            return Err(decode::Error::message("sealed record too long"));
        }
        Self::from_bytes(bytes.to_vec()).ok_or_else(|| decode::Error::message("not a size class"))
    }
}

/// The sealed record, or only its hash: when it has expired, or when the reader's
/// token does not reach its epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Payload {
    /// The whole sealed record.
    #[n(0)]
    Sealed(#[n(0)] Sealed),
    /// The hash that the chain covers.
    #[n(1)]
    Hash(#[n(0)] SealedHash),
}

/// An entry as a relay hands it out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Its number.
    #[n(1)]
    pub sequence: Sequence,
    /// The relay's time, milliseconds since 1970; never goes back in a log.
    #[n(2)]
    pub time_ms: u64,
    /// Epoch and expiry class.
    #[n(3)]
    pub lane: Lane,
    /// The sealed record or its hash.
    #[n(4)]
    pub payload: Payload,
}

impl Entry {
    /// The hash of the sealed record, whether it is here or not.
    pub fn sealed_hash(&self) -> SealedHash {
        match &self.payload {
            Payload::Sealed(sealed) => sealed.hash(),
            Payload::Hash(hash) => *hash,
        }
    }
}

/// A position in a log: how many entries, the time of the last and the chain over
/// all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// Number of entries, which is the last one's sequence; 0 in an empty log.
    #[n(1)]
    pub count: u64,
    /// The last entry's relay time; 0 in an empty log.
    #[n(2)]
    pub time_ms: u64,
    /// The chain over all entries.
    #[n(3)]
    pub chain: ChainHash,
}

/// An entry does not continue a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Discontinuity {
    /// A number was skipped or repeated.
    #[error("entry {found} follows entry {last}")]
    Sequence {
        /// The last number before.
        last: u64,
        /// The number found.
        found: u64,
    },
    /// Relay time went back.
    #[error("entry {sequence} has an earlier time than the one before")]
    Time {
        /// The entry.
        sequence: u64,
    },
}

impl Head {
    /// The head of the empty log at `address`.
    pub fn empty(address: &Address) -> Self {
        let chain = ChainHash::new(hash("concerted chain", &[address.as_bytes()]));
        Self { count: 0, time_ms: 0, chain }
    }

    /// The last entry's sequence; `None` in an empty log.
    pub fn sequence(&self) -> Option<Sequence> {
        Sequence::new(self.count)
    }

    /// The head after one more entry, or why it cannot be the next one.
    pub fn extended(&self, entry: &Entry) -> Result<Head, Discontinuity> {
        let found = entry.sequence.get();
        if self.count.checked_add(1) != Some(found) {
            return Err(Discontinuity::Sequence { last: self.count, found });
        }
        if entry.time_ms < self.time_ms {
            return Err(Discontinuity::Time { sequence: found });
        }
        Ok(self.with(entry.time_ms, entry.lane, &entry.sealed_hash()))
    }

    /// The head after an entry made of these parts with the next number.
    pub fn with(&self, time_ms: u64, lane: Lane, sealed: &SealedHash) -> Head {
        let count = self.count + 1;
        let chain = hash(
            "concerted entry",
            &[
                self.chain.as_bytes(),
                &count.to_be_bytes(),
                &time_ms.to_be_bytes(),
                &lane.epoch.get().to_be_bytes(),
                &[lane.class as u8],
                sealed.as_bytes(),
            ],
        );
        Head { count, time_ms, chain: ChainHash::new(chain) }
    }
}

fn cipher(secret: &RecordSecret) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(secret.entry_key().expose().into())
}

fn associated_data(lane: Lane) -> [u8; 32] {
    hash("concerted lane", &[&lane.epoch.get().to_be_bytes(), &[lane.class as u8]])
}

/// Four bytes big-endian length, the record, zeros up to a power of two.
pub(crate) fn pad(record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len()).expect("at most RECORD_BYTES_MAX");
    let mut out = Vec::with_capacity((record.len() + 4).next_power_of_two().max(SIZE_CLASS_MIN) + OVERHEAD);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(record);
    out.resize((record.len() + 4).next_power_of_two().max(SIZE_CLASS_MIN), 0);
    out
}

pub(crate) fn unpad(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(text.get(..4)?.try_into().ok()?);
    let end = usize::try_from(length).ok()?.checked_add(4)?;
    if end > text.len() || text[end..].iter().any(|byte| *byte != 0) {
        return None;
    }
    text.truncate(end);
    text.drain(..4);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, tests_rng};

    fn lane(epoch: u32, class: ExpiryClass) -> Lane {
        Lane { epoch: Epoch::new(epoch).expect("not 0"), class }
    }

    #[test]
    fn sizes_are_classes_and_content_survives() {
        let rng = &mut tests_rng(50);
        let secret = RecordSecret::of_genesis(&Secret::random(rng));
        let here = lane(1, ExpiryClass::Never);
        for (length, class) in
            [(0, 256), (1, 256), (252, 256), (253, 512), (1000, 1024), (RECORD_BYTES_MAX, 1 << 20)]
        {
            let record = vec![0xab; length];
            let sealed = Sealed::seal(&record, here, &secret, rng);
            assert_eq!(sealed.as_bytes().len(), class + OVERHEAD, "{length}");
            assert_eq!(sealed.open(here, &secret), Some(record));
            assert!(Sealed::from_bytes(sealed.as_bytes().to_vec()).is_some());
        }
    }

    /// Adversary: a relay, or a posting-key holder, moving entries between lanes,
    /// epochs or bodies, or altering them.
    #[test]
    fn a_seal_opens_only_in_its_own_lane_epoch_and_body() {
        let rng = &mut tests_rng(51);
        let secret = RecordSecret::of_genesis(&Secret::random(rng));
        let here = lane(2, ExpiryClass::Never);
        let sealed = Sealed::seal(b"record", here, &secret, rng);
        assert_eq!(sealed.open(lane(3, ExpiryClass::Never), &secret), None);
        assert_eq!(sealed.open(lane(2, ExpiryClass::Talk), &secret), None);
        let other = RecordSecret::of_genesis(&Secret::random(rng));
        assert_eq!(sealed.open(here, &other), None);
        for i in 0..sealed.as_bytes().len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[i] ^= 0x40;
            assert_eq!(Sealed::from_bytes(changed).expect("same length").open(here, &secret), None);
        }
    }

    #[test]
    fn lengths_that_are_no_size_class_are_refused() {
        for length in [0, 39, 40, 40 + 255, 40 + 257, 40 + 128, SEALED_BYTES_MAX + 1, 40 + (1 << 21)] {
            assert!(Sealed::from_bytes(vec![0; length]).is_none(), "{length}");
        }
    }

    #[test]
    fn the_chain_covers_every_field() {
        let address = Address::new([1; 32]);
        let start = Head::empty(&address);
        let base = start.with(5, lane(1, ExpiryClass::Never), &SealedHash::new([2; 32]));
        let others = [
            Head::empty(&Address::new([2; 32])).with(
                5,
                lane(1, ExpiryClass::Never),
                &SealedHash::new([2; 32]),
            ),
            start.with(6, lane(1, ExpiryClass::Never), &SealedHash::new([2; 32])),
            start.with(5, lane(2, ExpiryClass::Never), &SealedHash::new([2; 32])),
            start.with(5, lane(1, ExpiryClass::Talk), &SealedHash::new([2; 32])),
            start.with(5, lane(1, ExpiryClass::Never), &SealedHash::new([3; 32])),
            base.with(5, lane(1, ExpiryClass::Never), &SealedHash::new([2; 32])),
        ];
        assert!(others.iter().all(|other| other.chain != base.chain));
    }

    #[test]
    fn gaps_repeats_and_time_going_back_are_noticed() {
        let head = Head { count: 4, time_ms: 100, chain: ChainHash::new([0; 32]) };
        let entry = |sequence, time_ms| Entry {
            sequence: Sequence::new(sequence).expect("not 0"),
            time_ms,
            lane: lane(1, ExpiryClass::Never),
            payload: Payload::Hash(SealedHash::new([0; 32])),
        };
        assert!(head.extended(&entry(5, 100)).is_ok());
        assert_eq!(head.extended(&entry(6, 100)), Err(Discontinuity::Sequence { last: 4, found: 6 }));
        assert_eq!(head.extended(&entry(4, 100)), Err(Discontinuity::Sequence { last: 4, found: 4 }));
        assert_eq!(head.extended(&entry(5, 99)), Err(Discontinuity::Time { sequence: 5 }));
    }
}
