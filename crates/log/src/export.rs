//! Export files: a body's log to keep, to check, and to come back from (protocol,
//! section 16).
//!
//! Layout: 16 bytes [`MAGIC`], the canonical CBOR of [`Export`], 32 bytes hash over
//! everything before. The secrets that open the entries are in it, sealed to the
//! body's members and their recovery keys.

use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use crate::cbor;
use crate::entry::{Entry, Head};
use crate::epoch::EpochSecrets;
use crate::hash::hash;
use crate::id::{Address, BodyId, PointBytes, RelayKey};
use crate::receipt::Receipt;
use crate::schnorr;
use crate::seal::{Seal, SealFault, Shared};

/// How an export file begins.
pub const MAGIC: &[u8; 16] = b"concerted log 1\n";

/// Longest file in bytes: 1 GiB.
pub const FILE_BYTES_MAX: usize = 1 << 30;

/// A body's log in a file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Export {
    /// The body.
    #[n(1)]
    pub body: BodyId,
    /// Where its entries were.
    #[n(2)]
    pub address: Address,
    /// The relay's key.
    #[n(3)]
    pub relay_key: RelayKey,
    /// All entries, as stored.
    #[n(4)]
    pub entries: Vec<Entry>,
    /// Receipts for some of them; one for the last.
    #[n(5)]
    pub receipts: Vec<Receipt>,
    /// What opens them.
    #[n(6)]
    pub secrets: Secrets,
}

/// The secrets of the last epoch in the file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Secrets {
    /// Sealed to the devices and recovery keys at the last entry, whose public keys
    /// are listed in the seal's order.
    #[n(0)]
    Sealed(#[n(0)] Vec<PointBytes>, #[n(1)] Seal, #[cbor(n(2), with = "minicbor::bytes")] Vec<u8>),
    /// As they are: whoever has the file can read everything.
    #[n(1)]
    Plain(#[n(0)] EpochSecrets),
}

/// What is wrong in an export file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportFault {
    /// It does not begin as one.
    #[error("this is not an export file of a body's log")]
    NotOurs,
    /// The hash over the file does not hold: it was changed or cut off.
    #[error("the file was changed or is incomplete: its hash does not hold")]
    Hash,
    /// The content is not in canonical form.
    #[error("the file's content is malformed: {0}")]
    Malformed(#[from] cbor::Malformed),
    /// An entry does not continue the log.
    #[error("entry {0} does not continue the log")]
    Chain(u64),
    /// A receipt is not the relay's, or is for another log.
    #[error("the receipt for entry {0} does not hold")]
    Receipt(u64),
    /// No receipt covers the last entry.
    #[error("no receipt covers the last entry")]
    NoReceipt,
    /// The sealed part is not valid.
    #[error("the sealed part is not valid: {0}")]
    Seal(#[from] SealFault),
}

impl Secrets {
    /// Seals secrets to recipients.
    pub fn seal(
        secrets: &EpochSecrets,
        body: &BodyId,
        recipients: Vec<PointBytes>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SealFault> {
        let shared = Shared::random(rng);
        let seal = Seal::new(&shared, &context(body), &recipients, rng)?;
        let wrapped = secrets.wrap(&shared, &context(body));
        Ok(Self::Sealed(recipients, seal, wrapped))
    }
}

impl Export {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.append(&mut cbor::encode(self));
        let digest = file_hash(&out);
        out.extend_from_slice(&digest);
        out
    }

    /// Reads a file and verifies its hash, the chain over its entries, its receipts
    /// and that the sealed part is one that every recipient can open.
    pub fn verify(file: &[u8]) -> Result<Self, ExportFault> {
        if !file.starts_with(MAGIC) {
            return Err(ExportFault::NotOurs);
        }
        let (content, digest) = file.split_last_chunk::<32>().ok_or(ExportFault::Hash)?;
        if content.len() < MAGIC.len() || file_hash(content) != *digest {
            return Err(ExportFault::Hash);
        }
        let export: Self = cbor::decode(&content[MAGIC.len()..], FILE_BYTES_MAX)?;
        export.verify_chain()?;
        if let Secrets::Sealed(recipients, seal, _) = &export.secrets {
            seal.vartime_verify(&context(&export.body), recipients)?;
        }
        Ok(export)
    }

    fn verify_chain(&self) -> Result<(), ExportFault> {
        for receipt in &self.receipts {
            if receipt.address != self.address || !receipt.verify(&self.relay_key) {
                return Err(ExportFault::Receipt(receipt.sequence.get()));
            }
        }
        let mut head = Head::empty(&self.address);
        for entry in &self.entries {
            head = head.extended(entry).map_err(|_| ExportFault::Chain(entry.sequence.get()))?;
            for receipt in self.receipts.iter().filter(|receipt| receipt.sequence == entry.sequence) {
                if !receipt.covers(&head) {
                    return Err(ExportFault::Receipt(receipt.sequence.get()));
                }
            }
        }
        let covered = self.receipts.iter().any(|receipt| receipt.covers(&head));
        if covered { Ok(()) } else { Err(ExportFault::NoReceipt) }
    }

    /// The chain over all entries.
    pub fn head(&self) -> Head {
        let start = Head::empty(&self.address);
        self.entries
            .iter()
            .fold(start, |head, entry| head.with(entry.time_ms, entry.lane, &entry.sealed_hash()))
    }

    /// The secrets, if they are plain or `key` is one of the recipients'.
    pub fn open(&self, key: &Scalar) -> Option<EpochSecrets> {
        match &self.secrets {
            Secrets::Plain(secrets) => Some(secrets.clone()),
            Secrets::Sealed(recipients, seal, wrapped) => {
                let own = schnorr::public(key);
                let index = recipients.iter().position(|recipient| *recipient == own)?;
                let shared = seal.open(index, key)?;
                EpochSecrets::unwrap(wrapped, &shared, &context(&self.body))
            }
        }
    }
}

fn context(body: &BodyId) -> [u8; 32] {
    hash("concerted export", &[body.as_bytes()])
}

fn file_hash(content: &[u8]) -> [u8; 32] {
    hash("concerted export file", &[content])
}
