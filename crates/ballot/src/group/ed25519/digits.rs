//! Exponents as signed digits, for multiplication in variable time.
//!
//! Digits are signed because the inverse of a point is free: half the table, or half
//! the buckets, will do.

/// How many digits a [`non_adjacent_form`] has: one more than l has bits.
pub(super) const POSITIONS: usize = 254;

/// The non-adjacent form of this width, from the lowest digit: a digit is zero, or odd
/// and below 2^(width-1) in magnitude, and then followed by width - 1 zeros at least
/// (Hankerson, Menezes and Vanstone, "Guide to elliptic curve cryptography", section
/// 3.3.1). The number is at most l; the width, from 2 to 8.
pub(super) fn non_adjacent_form(number: &[u64; 4], width: u32) -> [i8; POSITIONS] {
    let mut digits = [0; POSITIONS];
    let (mut position, mut carry) = (0, 0);
    while position < POSITIONS {
        let window = bits(number, position, width) + carry;
        if window & 1 == 0 {
            position += 1;
            continue;
        }
        carry = window >> (width - 1);
        digits[position] = (window as i64 - ((carry as i64) << width)) as i8;
        position += width as usize;
    }
    digits
}

/// The digits to the base 2^width, from the lowest: from -2^(width-1) on, and below
/// 2^(width-1). As many as [`POSITIONS`] bits need.
pub(super) fn signed_digits(number: &[u64; 4], width: u32) -> impl Iterator<Item = i64> {
    let mut carry = 0;
    (0..POSITIONS).step_by(width as usize).map(move |position| {
        let digit = bits(number, position, width) + carry;
        carry = u64::from(digit >= 1 << (width - 1));
        digit as i64 - ((carry as i64) << width)
    })
}

/// `count` bits from `position` on, at most 63; zeros beyond the end.
pub(super) fn bits(limbs: &[u64], position: usize, count: u32) -> u64 {
    let limb = |index: usize| limbs.get(index).copied().unwrap_or(0);
    let (index, shift) = (position / 64, position % 64);
    let low = limb(index) >> shift;
    let high = if shift == 0 { 0 } else { limb(index + 1) << (64 - shift) };
    (low | high) & ((1 << count) - 1)
}

#[cfg(test)]
mod tests {
    use super::super::samples::exponents;
    use super::super::scalar::{Ed25519Scalar, ORDER};
    use super::*;
    use crate::group::Scalar;

    /// The number that digits stand for, modulo l.
    fn number(digits: impl DoubleEndedIterator<Item = i64>, width: u32) -> Ed25519Scalar {
        digits.rev().fold(Ed25519Scalar::ZERO, |number, digit| {
            let digit_size = Ed25519Scalar::from(digit.unsigned_abs());
            let shifted = number * Ed25519Scalar::from(1 << width);
            if digit < 0 { shifted - digit_size } else { shifted + digit_size }
        })
    }

    #[test]
    fn digits_stand_for_their_number() {
        for width in 2..=8 {
            for exponent in exponents() {
                let form = non_adjacent_form(&exponent.limbs(), width);
                assert_eq!(number(form.into_iter().map(i64::from), 1), exponent);
                let digits: Vec<_> = signed_digits(&exponent.limbs(), width).collect();
                assert!(digits.iter().all(|digit| (-1 << (width - 1)..1 << (width - 1)).contains(digit)));
                assert_eq!(number(digits.into_iter(), width), exponent);
            }
            let order = non_adjacent_form(&ORDER, width);
            assert_eq!(number(order.into_iter().map(i64::from), 1), Ed25519Scalar::ZERO);
        }
    }

    #[test]
    fn forms_are_not_adjacent() {
        for width in 2..=8 {
            for exponent in exponents() {
                let form = non_adjacent_form(&exponent.limbs(), width);
                for window in form.windows(width as usize).filter(|window| window[0] != 0) {
                    assert!(window[0] % 2 != 0 && u32::from(window[0].unsigned_abs()) < 1 << (width - 1));
                    assert!(window[1..].iter().all(|digit| *digit == 0));
                }
            }
        }
    }
}
