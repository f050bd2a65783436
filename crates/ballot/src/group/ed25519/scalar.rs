//! Integers modulo l = 2^252 + 27742317777372353535851937790883648493, the order of
//! the subgroup.

use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use curve25519_dalek::scalar::Scalar as Dalek;
use zeroize::Zeroize;

use crate::group::Scalar;

/// l, 64 bits each, least significant first.
pub(super) const ORDER: [u64; 4] = [0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000];

/// An integer modulo l.
///
/// A type of our own because Belenios writes the most significant byte first and
/// curve25519-dalek the least.
#[derive(Clone, Copy, PartialEq, Zeroize)]
pub struct Ed25519Scalar(pub(super) Dalek);

impl Ed25519Scalar {
    /// The number below l, 64 bits each, least significant first.
    pub(super) fn limbs(&self) -> [u64; 4] {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(self.0.as_bytes().as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        limbs
    }
}

impl Scalar for Ed25519Scalar {
    const ZERO: Self = Self(Dalek::ZERO);
    const ONE: Self = Self(Dalek::ONE);

    fn from_hash(hash: &[u8; 32]) -> Self {
        Self(Dalek::from_bytes_mod_order(reversed(hash)))
    }

    fn from_wide(bytes: &[u8; 64]) -> Self {
        Self(Dalek::from_bytes_mod_order_wide(&reversed(bytes)))
    }

    fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        Option::from(Dalek::from_canonical_bytes(reversed(bytes))).map(Self)
    }

    fn to_bytes(&self) -> [u8; 32] {
        reversed(self.0.as_bytes())
    }

    fn invert(&self) -> Option<Self> {
        (*self != Self::ZERO).then(|| Self(self.0.invert()))
    }
}

/// Nothing of the number, for it may be secret.
impl fmt::Debug for Ed25519Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Scalar(..)")
    }
}

impl From<u64> for Ed25519Scalar {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl Add for Ed25519Scalar {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Ed25519Scalar {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Ed25519Scalar {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Neg for Ed25519Scalar {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

fn reversed<const N: usize>(bytes: &[u8; N]) -> [u8; N] {
    let mut reversed = *bytes;
    reversed.reverse();
    reversed
}

#[cfg(test)]
mod tests {
    use super::super::samples::exponents;
    use super::*;

    /// l, most significant byte first.
    fn order() -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, limb) in bytes.chunks_exact_mut(8).zip(ORDER.iter().rev()) {
            bytes.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn bytes_are_canonical() {
        for exponent in exponents() {
            assert_eq!(Ed25519Scalar::from_canonical(&exponent.to_bytes()), Some(exponent));
            let limbs = exponent.limbs();
            assert!(limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).eq(exponent.to_bytes()));
        }
        let mut below = order();
        below[31] -= 1;
        assert_eq!(Ed25519Scalar::from_canonical(&below), Some(-Ed25519Scalar::ONE));
        assert_eq!(Ed25519Scalar::from_canonical(&order()), None);
        assert_eq!(Ed25519Scalar::from_canonical(&[0xff; 32]), None);
    }

    /// 2^256 - 1 and 2^512 - 1, by repeated squaring.
    #[test]
    fn hashes_are_reduced() {
        let power = |squarings| (0..squarings).fold(Ed25519Scalar::from(2), |power, _| power * power);
        let one = Ed25519Scalar::ONE;
        assert_eq!(Ed25519Scalar::from_hash(&[0xff; 32]), power(8) - one);
        assert_eq!(Ed25519Scalar::from_wide(&[0xff; 64]), power(9) - one);
        assert_eq!(Ed25519Scalar::from_hash(&order()), Ed25519Scalar::ZERO);
        let mut bytes = [0; 64];
        bytes[63] = 5;
        assert_eq!(Ed25519Scalar::from_wide(&bytes), Ed25519Scalar::from(5));
    }

    #[test]
    fn inverses() {
        assert_eq!(Ed25519Scalar::ZERO.invert(), None);
        for exponent in exponents().into_iter().filter(|exponent| *exponent != Ed25519Scalar::ZERO) {
            assert_eq!(exponent.invert().map(|inverse| inverse * exponent), Some(Ed25519Scalar::ONE));
        }
    }

    #[test]
    fn nothing_is_printed() {
        assert_eq!(format!("{:?}", Ed25519Scalar::from(5)), "Ed25519Scalar(..)");
    }
}
