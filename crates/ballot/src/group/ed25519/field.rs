//! The field of integers modulo p = 2^255 - 19, over which the curve is defined.
//!
//! The arithmetic is fiat-crypto's, which is proved correct as long as no limb of
//! an operand exceeds its bound. Those bounds are types here, as they are there: a
//! [`FieldElement`] is what a multiplication gives; the sum or difference of two is
//! a [`Loose`], which may only be multiplied, or [`Loose::carry`]-ed. This is the
//! only file that knows the size of a limb.
//!
//! Only public values come here: comparing and reading bytes take variable time.

use std::ops::{Add, Mul, Neg, Sub};

#[cfg(not(target_pointer_width = "64"))]
use fiat_crypto::curve25519_32 as fiat;
#[cfg(target_pointer_width = "64")]
use fiat_crypto::curve25519_64 as fiat;

use fiat::{fiat_25519_loose_field_element as LooseLimbs, fiat_25519_tight_field_element as TightLimbs};

#[cfg(not(target_pointer_width = "64"))]
const NO_LIMBS: [u32; 10] = [0; 10];
#[cfg(target_pointer_width = "64")]
const NO_LIMBS: [u64; 5] = [0; 5];

/// An integer modulo p, carried.
#[derive(Clone, Copy)]
pub(super) struct FieldElement(TightLimbs);

/// An integer modulo p, as a sum or a difference leaves it.
#[derive(Clone, Copy)]
pub(super) struct Loose(LooseLimbs);

impl FieldElement {
    pub(super) const ZERO: Self = Self(TightLimbs(NO_LIMBS));
    pub(super) const ONE: Self = constant("0000000000000000000000000000000000000000000000000000000000000001");

    /// d = -121665/121666, the constant of the curve (RFC 8032, section 5.1).
    pub(super) const D: Self = constant("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

    /// 2·d.
    pub(super) const D2: Self = constant("2406d9dc56dffce7198e80f2eef3d13000e0149a8283b156ebd69b9426b2f159");

    /// 1/2.
    pub(super) const HALF: Self =
        constant("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7");

    /// 2^((p-1)/4), a square root of -1 (RFC 8032, section 5.1.3).
    pub(super) const SQRT_MINUS_ONE: Self =
        constant("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0");

    /// 32 bytes, least significant first; none if not below p.
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        bytes.iter().rev().lt(P.iter().rev()).then(|| Self::from_bytes_below_2_255(bytes))
    }

    const fn from_bytes_below_2_255(bytes: &[u8; 32]) -> Self {
        let mut limbs = TightLimbs(NO_LIMBS);
        fiat::fiat_25519_from_bytes(&mut limbs, bytes);
        Self(limbs)
    }

    /// 32 bytes, least significant first, of the number below p.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        fiat::fiat_25519_to_bytes(&mut bytes, &self.0);
        bytes
    }

    /// Whether the number below p is odd: the sign in compressed points.
    pub(super) fn is_negative(self) -> bool {
        self.to_bytes()[0] & 1 == 1
    }

    pub(super) fn is_zero(self) -> bool {
        self.to_bytes() == [0; 32]
    }

    /// Whether this is 1 with the limbs of [`FieldElement::ONE`], which takes no time to
    /// find out. 1 can have other limbs.
    pub(super) fn is_plain_one(&self) -> bool {
        self.0.0 == Self::ONE.0.0
    }

    #[inline(always)]
    pub(super) fn square(self) -> Self {
        Loose::from(self).square()
    }

    /// self^(2^times).
    fn square_times(self, times: usize) -> Self {
        (0..times).fold(self, |power, _| power.square())
    }

    /// The inverse; zero of zero. By Fermat, self^(p-2), and p - 2 = 2^255 - 21.
    pub(super) fn invert(self) -> Self {
        let (power_250, power_11) = self.power_2_250_minus_1();
        power_250.square_times(5) * power_11
    }

    /// self^((p-5)/8), where (p - 5)/8 = 2^252 - 3.
    fn power_p58(self) -> Self {
        let (power_250, _) = self.power_2_250_minus_1();
        power_250.square_times(2) * self
    }

    /// self^(2^250 - 1) and self^11, with the addition chain of Bernstein, "Curve25519:
    /// new Diffie-Hellman speed records" (2006).
    fn power_2_250_minus_1(self) -> (Self, Self) {
        let power_2 = self.square();
        let power_9 = power_2.square_times(2) * self;
        let power_11 = power_9 * power_2;
        let bits_5 = power_11.square() * power_9;
        let bits_10 = bits_5.square_times(5) * bits_5;
        let bits_20 = bits_10.square_times(10) * bits_10;
        let bits_40 = bits_20.square_times(20) * bits_20;
        let bits_50 = bits_40.square_times(10) * bits_10;
        let bits_100 = bits_50.square_times(50) * bits_50;
        let bits_200 = bits_100.square_times(100) * bits_100;
        (bits_200.square_times(50) * bits_50, power_11)
    }

    /// A square root of numerator/denominator, if there is one (RFC 8032, section
    /// 5.1.3, steps 2 and 3).
    pub(super) fn sqrt_ratio(numerator: Self, denominator: Self) -> Option<Self> {
        let cube = denominator.square() * denominator;
        let seventh = cube.square() * denominator;
        let root = numerator * cube * (numerator * seventh).power_p58();
        let check = denominator * root.square();
        if check == numerator {
            Some(root)
        } else if check == (-numerator).carry() {
            Some(root * Self::SQRT_MINUS_ONE)
        } else {
            None
        }
    }

    /// Replaces each of `elements`, none of which is zero, by its inverse, with one
    /// inversion for all (Montgomery 1987, section 10.3.1).
    pub(super) fn batch_invert(elements: &mut [Self]) {
        let mut product = Self::ONE;
        let mut before = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            before.push(product);
            product = product * *element;
        }
        let mut inverse = product.invert();
        for (element, before) in elements.iter_mut().zip(before).rev() {
            let next = inverse * *element;
            *element = inverse * before;
            inverse = next;
        }
    }
}

impl PartialEq for FieldElement {
    fn eq(&self, other: &Self) -> bool {
        (*self - *other).carry().is_zero()
    }
}

impl Loose {
    #[inline(always)]
    pub(super) fn carry(self) -> FieldElement {
        let mut limbs = TightLimbs(NO_LIMBS);
        fiat::fiat_25519_carry(&mut limbs, &self.0);
        FieldElement(limbs)
    }

    #[inline(always)]
    pub(super) fn square(self) -> FieldElement {
        let mut limbs = TightLimbs(NO_LIMBS);
        fiat::fiat_25519_carry_square(&mut limbs, &self.0);
        FieldElement(limbs)
    }
}

impl From<FieldElement> for Loose {
    #[inline(always)]
    fn from(element: FieldElement) -> Self {
        let mut limbs = LooseLimbs(NO_LIMBS);
        fiat::fiat_25519_relax(&mut limbs, &element.0);
        Self(limbs)
    }
}

impl Add for FieldElement {
    type Output = Loose;

    #[inline(always)]
    fn add(self, other: Self) -> Loose {
        let mut limbs = LooseLimbs(NO_LIMBS);
        fiat::fiat_25519_add(&mut limbs, &self.0, &other.0);
        Loose(limbs)
    }
}

impl Sub for FieldElement {
    type Output = Loose;

    #[inline(always)]
    fn sub(self, other: Self) -> Loose {
        let mut limbs = LooseLimbs(NO_LIMBS);
        fiat::fiat_25519_sub(&mut limbs, &self.0, &other.0);
        Loose(limbs)
    }
}

impl Neg for FieldElement {
    type Output = Loose;

    #[inline(always)]
    fn neg(self) -> Loose {
        let mut limbs = LooseLimbs(NO_LIMBS);
        fiat::fiat_25519_opp(&mut limbs, &self.0);
        Loose(limbs)
    }
}

impl<T: Into<Loose>> Mul<T> for Loose {
    type Output = FieldElement;

    #[inline(always)]
    fn mul(self, other: T) -> FieldElement {
        let mut limbs = TightLimbs(NO_LIMBS);
        fiat::fiat_25519_carry_mul(&mut limbs, &self.0, &other.into().0);
        FieldElement(limbs)
    }
}

impl<T: Into<Loose>> Mul<T> for FieldElement {
    type Output = FieldElement;

    #[inline(always)]
    fn mul(self, other: T) -> FieldElement {
        Loose::from(self) * other
    }
}

/// p, least significant byte first.
const P: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed;
    bytes[31] = 0x7f;
    bytes
};

/// The number of 64 hexadecimal digits.
pub(super) const fn constant(hex: &str) -> FieldElement {
    let digits = hex.as_bytes();
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 64 {
        let digit = match digits[index] {
            digit @ b'0'..=b'9' => digit - b'0',
            digit => digit - b'a' + 10,
        };
        bytes[31 - index / 2] |= if index % 2 == 0 { digit << 4 } else { digit };
        index += 1;
    }
    FieldElement::from_bytes_below_2_255(&bytes)
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::Rng;
    use crypto_bigint::{NonZero, U256};

    use super::super::samples::rng;
    use super::*;

    /// Numbers below p: near 0, near p, and others.
    fn numbers() -> Vec<U256> {
        let mut rng = rng();
        let mut numbers: Vec<_> = (0..20u8).map(U256::from).collect();
        numbers.extend((1..20u8).map(|below| U256::from_le_slice(&P).wrapping_sub(&U256::from(below))));
        numbers.extend((0..30).map(|_| {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            U256::from_le_slice(&bytes).rem(&p())
        }));
        numbers
    }

    fn p() -> NonZero<U256> {
        NonZero::new(U256::from_le_slice(&P)).expect("not zero")
    }

    fn ours(number: &U256) -> FieldElement {
        FieldElement::from_bytes(&number.to_le_bytes().into()).expect("below p")
    }

    fn check(element: FieldElement, number: U256) {
        assert_eq!(U256::from_le_slice(&element.to_bytes()), number);
    }

    #[test]
    fn arithmetic_is_that_of_integers_modulo_p() {
        for a in &numbers() {
            for b in &numbers() {
                let (x, y) = (ours(a), ours(b));
                let (sum, difference) = (a.add_mod(b, &p()), a.sub_mod(b, &p()));
                check((x + y).carry(), sum);
                check((x - y).carry(), difference);
                check(x * y, a.mul_mod(b, &p()));
                check((x + y) * (x - y), sum.mul_mod(&difference, &p()));
                check((x - y).square(), difference.mul_mod(&difference, &p()));
                assert_eq!(x == y, a == b);
            }
            check((-ours(a)).carry(), a.neg_mod(&p()));
            assert_eq!(ours(a).is_negative(), bool::from(a.is_odd()));
            assert_eq!(ours(a).is_zero(), *a == U256::ZERO);
        }
    }

    #[test]
    fn inverses() {
        assert!(FieldElement::ZERO.invert().is_zero());
        let elements: Vec<_> = numbers()[1..].iter().map(ours).collect();
        let mut inverses = elements.clone();
        FieldElement::batch_invert(&mut inverses);
        for (element, inverse) in elements.into_iter().zip(inverses) {
            assert!(element * inverse == FieldElement::ONE);
            assert!(element.invert() == inverse);
        }
    }

    /// Of x^2·y/y, and so of each square, there is a root; of 2·x^2·y/y there is none,
    /// for 2 is no square modulo p.
    #[test]
    fn square_roots() {
        let two = (FieldElement::ONE + FieldElement::ONE).carry();
        let y = ours(&numbers()[50]);
        for x in numbers().iter().map(ours) {
            let root = FieldElement::sqrt_ratio(x.square() * y, y).expect("a square");
            assert!(root == x || root == (-x).carry());
            assert_eq!(FieldElement::sqrt_ratio(x.square() * y * two, y).is_some(), x.is_zero());
        }
    }

    #[test]
    fn constants() {
        let number = |number: u32| ours(&U256::from(number));
        assert!(FieldElement::D * number(121_666) == (-number(121_665)).carry());
        assert!(FieldElement::D2 == (FieldElement::D + FieldElement::D).carry());
        assert!((FieldElement::HALF + FieldElement::HALF).carry() == FieldElement::ONE);
        assert!(FieldElement::SQRT_MINUS_ONE.square() == (-FieldElement::ONE).carry());
        assert!(FieldElement::ONE.is_plain_one());
    }

    #[test]
    fn only_numbers_below_p_are_read() {
        for number in numbers() {
            check(ours(&number), number);
        }
        for above in 0..20u8 {
            let number = U256::from_le_slice(&P).wrapping_add(&U256::from(above));
            assert!(FieldElement::from_bytes(&number.to_le_bytes().into()).is_none(), "p + {above}");
        }
        assert!(FieldElement::from_bytes(&[0xff; 32]).is_none());
    }
}
