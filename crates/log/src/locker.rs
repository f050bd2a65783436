//! Lockers: a member's list of bodies to restore, kept by relays that cannot read
//! it (protocol, section 12).
//!
//! Address and write key come from the recovery words and stay on the device;
//! items are sealed to the recovery root. So a device adds items and cannot read
//! them. The set only grows and is bounded. Whoever steals a device can fill its
//! locker but not empty it; after a loss, the words open the next one.

use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use crate::Secret;
use crate::cbor;
use crate::device::verify_signature;
use crate::epoch::EpochSecrets;
use crate::hash::hash;
use crate::id::{Address, BodyId, LockerId, RelayKey, Signature64, VerifyingKeyBytes};
use crate::letter::Letter;
use crate::words::RecoveryRoot;

/// Most items in a locker.
pub const ITEMS_MAX: usize = 256;

/// Longest item in bytes.
pub const ITEM_BYTES_MAX: usize = 1500;

/// The key that writes to one locker.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LockerKey {
    #[n(1)]
    number: u32,
    #[n(2)]
    seed: Secret,
}

impl LockerKey {
    pub(crate) const fn new(number: u32, seed: Secret) -> Self {
        Self { number, seed }
    }

    /// Which of the person's lockers this is; grows by one with each loss.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Where the locker is.
    pub fn id(&self) -> LockerId {
        locker_id(&self.write_key())
    }

    /// The public key the relay checks puts with.
    pub fn write_key(&self) -> VerifyingKeyBytes {
        VerifyingKeyBytes::new(self.signing_key().verifying_key().to_bytes())
    }

    /// Signs an item to be put.
    pub fn sign(&self, item: &[u8]) -> Signature64 {
        Signature64(self.signing_key().sign(&put_digest(item)).to_bytes())
    }

    /// Seals an item to the recovery root.
    pub fn seal(&self, item: &LockerItem, root: &RecoveryRoot, rng: &mut dyn CryptoRng) -> Vec<u8> {
        Letter::seal(&cbor::encode(item), &item_context(&self.id()), &[*root.as_point()], rng)
            .expect("a recovery root is a valid recipient")
            .to_bytes()
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.seed.expose())
    }
}

/// Whether `signature` allows `item` into the locker of `write_key`; for relays.
pub fn verify_put(write_key: &VerifyingKeyBytes, item: &[u8], signature: &Signature64) -> bool {
    verify_signature(write_key, &put_digest(item), signature)
}

/// The locker that `write_key` writes to.
pub fn locker_id(write_key: &VerifyingKeyBytes) -> LockerId {
    LockerId::new(hash("concerted locker id", &[write_key.as_bytes()]))
}

/// What is needed to find and open one body again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LockerItem {
    /// The body.
    #[n(1)]
    pub body: BodyId,
    /// The relay's base address.
    #[n(2)]
    pub relay: String,
    /// The key its receipts are checked with.
    #[n(3)]
    pub relay_key: RelayKey,
    /// Where the body's entries are.
    #[n(4)]
    pub address: Address,
    /// The secrets at the time of writing; later ones follow from the log.
    #[n(5)]
    pub secrets: EpochSecrets,
}

impl LockerItem {
    /// Opens an item found in `locker` with the root scalar from the words.
    pub fn open(bytes: &[u8], locker: &LockerId, root: &Scalar) -> Option<Self> {
        let letter = Letter::from_bytes(bytes).ok()?;
        let text = letter.open(&item_context(locker), 0, root)?;
        cbor::decode(&text, ITEM_BYTES_MAX).ok()
    }
}

fn item_context(locker: &LockerId) -> [u8; 32] {
    hash("concerted locker item", &[locker.as_bytes()])
}

fn put_digest(item: &[u8]) -> [u8; 32] {
    hash("concerted locker put", &[item])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epoch::{Epoch, PostingSecret, RecordSecret};
    use crate::tests_rng;
    use crate::words::RecoveryWords;

    #[test]
    fn a_device_can_add_but_only_the_words_can_read() {
        let rng = &mut tests_rng(80);
        let words = RecoveryWords::generate(rng).to_secret();
        let key = words.locker(0);
        let item = LockerItem {
            body: BodyId::new([1; 32]),
            relay: format!("https://{}", "r".repeat(290)),
            relay_key: RelayKey::new([2; 32]),
            address: Address::new([3; 32]),
            secrets: EpochSecrets {
                epoch: Epoch::GENESIS,
                record: RecordSecret::of_genesis(&Secret::random(rng)),
                posting: PostingSecret::random(rng),
            },
        };
        let sealed = key.seal(&item, &words.root(), rng);
        assert!(sealed.len() <= ITEM_BYTES_MAX, "{}", sealed.len());
        assert!(verify_put(&key.write_key(), &sealed, &key.sign(&sealed)));
        assert!(!verify_put(&words.locker(1).write_key(), &sealed, &key.sign(&sealed)));
        assert_eq!(LockerItem::open(&sealed, &key.id(), words.root_scalar()), Some(item));
        assert_eq!(LockerItem::open(&sealed, &words.locker(1).id(), words.root_scalar()), None);
        assert_ne!(words.locker(0).id(), words.locker(1).id());
    }
}
