//! The curve of Ed25519 in affine coordinates: for the points that the crate lets
//! nobody have, such as those outside the subgroup.

use concerted_ballot::hash::{hex, parse_hex};
use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U256, const_monty_form, const_monty_params};
use curve25519_dalek::constants::EIGHT_TORSION;

const_monty_params!(
    P,
    U256,
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed",
    "The prime p."
);
const_monty_form!(Coordinate, P, "An integer modulo p.");

/// A point of the curve, on it or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    x: Coordinate,
    y: Coordinate,
}

pub(crate) const MODULUS: U256 =
    U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

fn number(value: u64) -> Coordinate {
    Coordinate::new(&U256::from(value))
}

fn inverse(value: Coordinate) -> Coordinate {
    value.pow_vartime(&MODULUS.wrapping_sub(&U256::from(2u8)))
}

/// -121665/121666
fn d() -> Coordinate {
    -number(121_665) * inverse(number(121_666))
}

impl Point {
    pub(crate) const fn zero() -> Self {
        Self { x: Coordinate::ZERO, y: Coordinate::ONE }
    }

    /// The points of order 1, 2, 4 and 8, the identity first.
    pub(crate) fn torsion() -> Vec<Self> {
        let text = |point: &curve25519_dalek::EdwardsPoint| {
            let mut bytes = point.compress().to_bytes();
            bytes.reverse();
            hex(&bytes)
        };
        EIGHT_TORSION.iter().map(|point| Self::of_text(&text(point))).collect()
    }

    /// The point of a text in Belenios's form, in the subgroup or not.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut bytes = parse_hex(text).unwrap();
        let negative = bytes[0] >> 7 == 1;
        bytes[0] &= 0x7f;
        let y = Coordinate::new(&U256::from_be_slice(&bytes));
        let (u, v) = (y * y - Coordinate::ONE, d() * y * y + Coordinate::ONE);
        // A square root of u/v (RFC 8032, section 5.1.3).
        let ratio = u * inverse(v);
        let root = ratio.pow_vartime(&MODULUS.wrapping_add(&U256::from(3u8)).wrapping_shr(3));
        let roots_of_minus_one = number(2).pow_vartime(&MODULUS.wrapping_sub(&U256::ONE).wrapping_shr(2));
        let x = if root * root == ratio { root } else { root * roots_of_minus_one };
        assert_eq!(x * x, ratio, "{text} is not on the curve");
        Self { x: if is_odd(x) == negative { x } else { -x }, y }
    }

    /// In Belenios's form.
    pub(crate) fn text(&self) -> String {
        let sign = U256::from(u8::from(is_odd(self.x))).wrapping_shl(255);
        hex(&bytes(&(self.y.retrieve() | sign)))
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let (Self { x: a, y: b }, Self { x: c, y: e }) = (*self, *other);
        let k = d() * a * c * b * e;
        Self {
            x: (a * e + c * b) * inverse(Coordinate::ONE + k),
            y: (b * e + a * c) * inverse(Coordinate::ONE - k),
        }
    }

    /// The point of a hint, which need not be on the curve.
    pub(crate) fn of_hint(hint: &[u8]) -> Self {
        let coordinate = |bytes: &[u8]| Coordinate::new(&U256::from_le_slice(bytes));
        Self { x: coordinate(&hint[..32]), y: coordinate(&hint[32..]) }
    }

    /// The hint.
    pub(crate) fn hint(&self) -> [u8; 64] {
        let mut hint = [0; 64];
        for (half, coordinate) in hint.chunks_exact_mut(32).zip([self.x, self.y]) {
            half.copy_from_slice(&bytes(&coordinate.retrieve()));
            half.reverse();
        }
        hint
    }
}

/// A coordinate of a hint plus p: the same number, written in another way.
pub(crate) fn plus_modulus(coordinate: &mut [u8]) {
    let sum = U256::from_le_slice(coordinate).wrapping_add(&MODULUS);
    coordinate.copy_from_slice(&bytes(&sum));
    coordinate.reverse();
}

/// Most significant first.
pub(crate) fn bytes(number: &U256) -> [u8; 32] {
    number.to_be_bytes().into()
}

fn is_odd(coordinate: Coordinate) -> bool {
    bytes(&coordinate.retrieve())[31] & 1 == 1
}
