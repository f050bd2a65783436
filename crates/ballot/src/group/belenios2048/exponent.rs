//! Exponents: integers modulo q, in constant time.

use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U256, const_monty_form, const_monty_params};
use zeroize::Zeroize;

use crate::group::Scalar;

const_monty_params!(
    Q,
    U256,
    "adb6066a73522565f4daa0f2579db7f2f0fa90c2168bc709e20263387d55c491",
    "The prime q."
);
const_monty_form!(Residue, Q, "An integer modulo q, in Montgomery form.");

/// q, as an integer.
pub(super) const ORDER: U256 = *Q::PARAMS.modulus().as_ref();

/// 2^256 modulo q. One in Montgomery form is just that integer.
const WORD: Residue = Residue::new(Residue::ONE.as_montgomery());

/// An integer modulo the order q of BELENIOS-2048.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Exponent(Residue);

impl Exponent {
    /// The integer, below q.
    pub(super) fn retrieve(&self) -> U256 {
        self.0.retrieve()
    }
}

impl Scalar for Exponent {
    const ZERO: Self = Self(Residue::ZERO);
    const ONE: Self = Self(Residue::ONE);

    fn from_hash(hash: &[u8; 32]) -> Self {
        Self(Residue::new(&U256::from_be_slice(hash)))
    }

    fn from_wide(bytes: &[u8; 64]) -> Self {
        let (high, low) = bytes.split_at(32);
        let [high, low] = [high, low].map(|half| Residue::new(&U256::from_be_slice(half)));
        Self(high * WORD + low)
    }

    fn from_canonical(bytes: &[u8; 32]) -> Option<Self> {
        let integer = U256::from_be_slice(bytes);
        (integer < ORDER).then(|| Self(Residue::new(&integer)))
    }

    fn to_bytes(&self) -> [u8; 32] {
        self.retrieve().to_be_bytes().into()
    }

    fn invert(&self) -> Option<Self> {
        self.0.invert().into_option().map(Self)
    }
}

impl From<u64> for Exponent {
    fn from(value: u64) -> Self {
        Self(Residue::new(&U256::from_u64(value)))
    }
}

impl Add for Exponent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Exponent {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul for Exponent {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Neg for Exponent {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Zeroize for Exponent {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Without the number: it may be a secret.
impl fmt::Debug for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exponent")
    }
}
