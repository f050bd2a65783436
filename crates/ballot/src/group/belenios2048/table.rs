//! Powers of one base, computed once, so that any further power takes a few
//! products and no squaring.

use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{Exponent, Residue};
use crate::group::Scalar;

/// The powers base^(digit · 2^(`BITS` · place)) for every digit of `BITS` bits, of
/// which a byte holds a whole number, and every place of an exponent.
///
/// | `BITS` | products for a power | size | made of products |
/// | --- | --- | --- | --- |
/// | 4 | 64 | 256 KiB | 1,000 |
/// | 8 | 32 | 2 MiB | 8,000 |
pub struct Table<const BITS: usize> {
    /// By place, then by digit.
    powers: Vec<Residue>,
}

impl<const BITS: usize> Table<BITS> {
    const DIGITS: usize = 1 << BITS;

    /// The table for `base`.
    pub(super) fn new(base: &Residue) -> Self {
        let mut powers = Vec::with_capacity(256 / BITS * Self::DIGITS);
        let mut base = *base;
        for _ in 0..256 / BITS {
            let mut power = Residue::ONE;
            for _ in 0..Self::DIGITS {
                powers.push(power);
                power *= base;
            }
            base = power;
        }
        Self { powers }
    }

    /// base^exponent in constant time: every place reads all of its powers.
    pub(super) fn power(&self, exponent: &Exponent) -> Residue {
        let bytes = Zeroizing::new(exponent.to_bytes());
        let mut product = Residue::ONE;
        for (powers, digit) in self.powers.chunks_exact(Self::DIGITS).zip(Self::digits(&bytes)) {
            let mut factor = Residue::ONE;
            for (index, power) in (0u8..).zip(powers) {
                factor.conditional_assign(power, index.ct_eq(&digit));
            }
            product *= factor;
        }
        product
    }

    /// base^exponent in variable time.
    pub(super) fn vartime_power(&self, exponent: &Exponent) -> Residue {
        let bytes = exponent.to_bytes();
        let mut product = Residue::ONE;
        for (powers, digit) in self.powers.chunks_exact(Self::DIGITS).zip(Self::digits(&bytes)) {
            if digit != 0 {
                product *= powers[usize::from(digit)];
            }
        }
        product
    }

    /// The digits of an exponent, the least significant first.
    fn digits(bytes: &[u8; 32]) -> impl Iterator<Item = u8> {
        let mask = (Self::DIGITS - 1) as u8;
        bytes.iter().rev().flat_map(move |byte| (0..8).step_by(BITS).map(move |shift| byte >> shift & mask))
    }
}
