//! Recovery words and the keys made from them (protocol, section 4).
//!
//! Twelve BIP-39 words carry 128 bits. They give the *recovery root*, a Ristretto
//! scalar; devices keep only its public half. In each body the member's recovery
//! key is a multiple of the root by a hash of body and root, so its public half
//! can be computed on any device, its private half only with the words, and nobody
//! else can tell that two bodies share a member.

use bip39::{Language, Mnemonic};
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::{hash, hash_to_scalar};
use crate::id::PointBytes;
use crate::locker::LockerKey;
use crate::{BodyId, Secret, schnorr};

/// The words are not a valid recovery phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Not twelve words.
    #[error("recovery words are twelve words, these are {0}")]
    Count(usize),
    /// A word is not on the BIP-39 English list; counted from 1.
    #[error("word {0} is not one of the recovery words; check its spelling")]
    UnknownWord(usize),
    /// All words are known, but they do not belong together.
    #[error("these words do not belong together; check their order and that none is swapped")]
    Checksum,
}

/// Twelve words from the BIP-39 English list. Exists only while someone types or
/// reads them; devices store [`RecoveryRoot`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryWords(Mnemonic);

impl RecoveryWords {
    /// Number of words.
    pub const COUNT: usize = 12;

    /// New words from 128 random bits.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut entropy = Zeroizing::new([0; 16]);
        rng.fill_bytes(&mut *entropy);
        Self(Mnemonic::from_entropy(&*entropy).expect("16 bytes make twelve words"))
    }

    /// Reads words separated by white space, in any case.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let text = Zeroizing::new(text.trim().to_lowercase());
        let count = text.split_whitespace().count();
        if count != Self::COUNT {
            return Err(WordsError::Count(count));
        }
        Mnemonic::parse_in_normalized(Language::English, &text)
            .or_else(|_| {
                let joined = Zeroizing::new(text.split_whitespace().collect::<Vec<_>>().join(" "));
                Mnemonic::parse_in_normalized(Language::English, &joined)
            })
            .map(Self)
            .map_err(|error| match error {
                bip39::Error::UnknownWord(index) => WordsError::UnknownWord(index + 1),
                _ => WordsError::Checksum,
            })
    }

    /// The words in one string, separated by single spaces.
    pub fn to_phrase(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.words().collect::<Vec<_>>().join(" "))
    }

    /// The root key and locker keys these words stand for.
    pub fn to_secret(&self) -> RecoverySecret {
        let seed = Zeroizing::new(self.0.to_seed_normalized(""));
        RecoverySecret {
            root: hash_to_scalar("concerted recovery root", &[&*seed]),
            locker_seed: Secret::new(hash("concerted locker seed", &[&*seed])),
        }
    }
}

/// The private keys made from the words.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoverySecret {
    root: Scalar,
    locker_seed: Secret,
}

impl RecoverySecret {
    /// What a device may keep.
    pub fn root(&self) -> RecoveryRoot {
        RecoveryRoot(schnorr::public(&self.root))
    }

    /// The root scalar itself; opens locker items.
    pub fn root_scalar(&self) -> &Scalar {
        &self.root
    }

    /// The private recovery key in `body`; its public half is
    /// [`RecoveryRoot::recovery_key`].
    pub fn recovery_key(&self, body: &BodyId) -> Zeroizing<Scalar> {
        Zeroizing::new(tweak(&self.root().0, body) * self.root)
    }

    /// The key under which locker `number` is written; a device may keep it.
    pub fn locker(&self, number: u32) -> LockerKey {
        let seed = crate::hash::derive(&self.locker_seed, "concerted locker", &[&number.to_be_bytes()]);
        LockerKey::new(number, seed)
    }
}

/// The public half of the recovery root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryRoot(PointBytes);

impl RecoveryRoot {
    /// Wraps a root that [`RecoverySecret::root`] gave and a device stored.
    /// `None` if it is no group element.
    pub fn from_bytes(bytes: PointBytes) -> Option<Self> {
        schnorr::point(&bytes).map(|_| Self(bytes))
    }

    /// The root as a group element.
    pub const fn as_point(&self) -> &PointBytes {
        &self.0
    }

    /// The public recovery key in `body`.
    pub fn recovery_key(&self, body: &BodyId) -> PointBytes {
        let point =
            CompressedRistretto(*self.0.as_bytes()).decompress().expect("checked when the root was made");
        PointBytes::new((tweak(&self.0, body) * point).compress().to_bytes())
    }
}

fn tweak(root: &PointBytes, body: &BodyId) -> Scalar {
    hash_to_scalar("concerted recovery key", &[root.as_bytes(), body.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    #[test]
    fn words_round_trip_and_tolerate_typing() {
        let words = RecoveryWords::generate(&mut tests_rng(3));
        let phrase = words.to_phrase();
        assert_eq!(phrase.split(' ').count(), 12);
        let typed = format!("  {}\n", phrase.to_uppercase().replace(' ', "  \t"));
        let again = RecoveryWords::parse(&typed).expect("same words");
        assert_eq!(again.to_phrase(), phrase);
    }

    #[test]
    fn wrong_words_say_what_is_wrong() {
        let parse = |text: &str| RecoveryWords::parse(text).err();
        assert_eq!(parse("abandon"), Some(WordsError::Count(1)));
        let unknown = "abandon ".repeat(10) + "abandom about";
        assert_eq!(parse(&unknown), Some(WordsError::UnknownWord(11)));
        assert_eq!(parse(&"abandon ".repeat(12)), Some(WordsError::Checksum));
        assert!(RecoveryWords::parse(&("abandon ".repeat(11) + "about")).is_ok());
    }

    #[test]
    fn both_halves_of_a_recovery_key_belong_together_and_differ_by_body() {
        let secret = RecoveryWords::generate(&mut tests_rng(4)).to_secret();
        let (a, b) = (BodyId::new([1; 32]), BodyId::new([2; 32]));
        assert_eq!(schnorr::public(&secret.recovery_key(&a)), secret.root().recovery_key(&a));
        assert_ne!(secret.root().recovery_key(&a), secret.root().recovery_key(&b));
    }
}
