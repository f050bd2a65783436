//! The groups in which elections are held, as the protocol sees them.
//!
//! A group has prime order q and a generator g, and is written multiplicatively,
//! as in the specification: g^r, alpha^x. There are two: [`Ed25519`] and
//! [`Belenios2048`].
//!
//! Invariants, kept by types:
//! - an [`Group::Element`] is a member of the subgroup of order q and is public:
//!   arithmetic on it takes variable time;
//! - what depends on a secret is a [`Group::SecretElement`], whose arithmetic
//!   takes constant time, until [`Group::reveal`] says that it is public.

mod belenios2048;
mod ed25519;

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

use rand_core::CryptoRng;
use zeroize::Zeroize;

pub use belenios2048::Belenios2048;
pub use ed25519::Ed25519;

/// A group of prime order, with its text form in Belenios files.
pub trait Group: Copy + Debug + PartialEq + Eq + Send + Sync + 'static {
    /// The group's name in Belenios files.
    const NAME: &'static str;

    /// Bytes of a hint for one element, or 0 if this group has no hints
    /// (`docs/decisions/hints.md`).
    const HINT_SIZE: usize;

    /// An integer modulo q.
    type Scalar: Scalar;

    /// A public member of the subgroup of order q.
    type Element: Copy + Debug + PartialEq + Send + Sync;

    /// A member of the subgroup that depends on a secret.
    type SecretElement: Copy + Send + Sync;

    /// Multiples of one public base, for powers of it with secret exponents.
    type Powers: Send + Sync;

    /// What makes verifying many ballots of one election fast: tables for the
    /// generator and the election key.
    type Bases: Send + Sync;

    /// The neutral element.
    fn identity() -> Self::Element;

    /// The generator g.
    fn generator() -> Self::Element;

    // Secret exponents: constant time.

    /// g^exponent.
    fn generator_power(exponent: &Self::Scalar) -> Self::SecretElement;

    /// base^exponent, for a base used once.
    fn power(base: &Self::Element, exponent: &Self::Scalar) -> Self::SecretElement;

    /// A table for many powers of `base`.
    fn powers(base: &Self::Element) -> Self::Powers;

    /// base^exponent for the base of the table.
    fn table_power(powers: &Self::Powers, exponent: &Self::Scalar) -> Self::SecretElement;

    /// The product of two.
    fn secret_product(a: &Self::SecretElement, b: &Self::SecretElement) -> Self::SecretElement;

    /// The same element, from here on public.
    fn reveal(secret: &Self::SecretElement) -> Self::Element;

    // Public values: variable time.

    /// The product of two.
    fn product(a: &Self::Element, b: &Self::Element) -> Self::Element;

    /// The inverse.
    fn inverse(a: &Self::Element) -> Self::Element;

    /// The product of all base^exponent. Exponents below 2^128 cost half.
    fn vartime_power_product(terms: &[(Self::Element, Self::Scalar)]) -> Self::Element;

    /// The text form, one for each element.
    fn texts(elements: &[Self::Element]) -> Vec<String>;

    /// The element of a text: none unless the text is the canonical one and the
    /// element is in the subgroup of order q. The identity is in it.
    fn parse(text: &str) -> Option<Self::Element>;

    /// The scalar by which exponents are multiplied before a hint is made: the
    /// inverse of the cofactor modulo q; 1 where there are no hints.
    fn hint_factor() -> Self::Scalar;

    /// The hint for an element whose [`Group::hint_factor`]-th power is given:
    /// that power, uncompressed, [`Group::HINT_SIZE`] bytes; and the element.
    fn hint(root: &Self::Element) -> (Vec<u8>, Self::Element);

    /// The elements that hints stand for, in the subgroup by construction; none
    /// if any is not the canonical encoding of a point of the curve. `hints` is
    /// a whole number of hints.
    fn vartime_from_hints(hints: &[u8]) -> Option<Vec<Self::Element>>;

    /// Tables for the generator and `key`.
    fn vartime_bases(key: &Self::Element) -> Self::Bases;

    /// Reads the points and recomputes the commitments, in the order of the
    /// equations, each as its text.
    ///
    /// # Errors
    /// The index of the first point whose text [`Group::parse`] would refuse.
    fn vartime_evaluate(
        bases: &Self::Bases,
        points: &Points<'_>,
        equations: &[Equation<Self::Scalar>],
    ) -> Result<Evaluation<Self>, usize>;

    /// The text form of one element.
    fn text(element: &Self::Element) -> String {
        Self::texts(std::slice::from_ref(element)).remove(0)
    }
}

/// The elements a ballot's equations speak of: those it contains, and products of
/// them. A point's index counts through `given`, then through `products`.
#[derive(Clone, Debug, Default)]
pub struct Points<'a> {
    /// As they stand in the ballot.
    pub given: Vec<&'a str>,
    /// Each the product of the given points with these indices.
    pub products: Vec<Vec<usize>>,
}

/// One commitment: g^`generator` · y^`key` · point^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equation<S> {
    /// The exponent of the generator g.
    pub generator: S,
    /// The exponent of the election key y.
    pub key: S,
    /// Which of the [`Points`].
    pub point: usize,
    /// The exponent of that point.
    pub exponent: S,
}

/// What comes of evaluating the equations of one ballot.
#[derive(Clone, Debug)]
pub struct Evaluation<G: Group> {
    /// The elements of [`Points::given`].
    pub given: Vec<G::Element>,
    /// The text of each of [`Points::products`].
    pub products: Vec<String>,
    /// The text of each commitment.
    pub commitments: Vec<String>,
}

/// An integer modulo the group order q.
///
/// Arithmetic takes constant time.
pub trait Scalar:
    Copy
    + Debug
    + PartialEq
    + Zeroize
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + From<u64>
{
    /// Neutral under addition.
    const ZERO: Self;
    /// Neutral under multiplication.
    const ONE: Self;

    /// 32 bytes, most significant first, modulo q: how Belenios makes a scalar of a hash.
    fn from_hash(hash: &[u8; 32]) -> Self;

    /// 64 bytes, most significant first, modulo q.
    fn from_wide(bytes: &[u8; 64]) -> Self;

    /// 32 bytes, most significant first; none if not below q.
    fn from_canonical(bytes: &[u8; 32]) -> Option<Self>;

    /// 32 bytes, most significant first.
    fn to_bytes(&self) -> [u8; 32];

    /// The inverse modulo q; none of zero.
    fn invert(&self) -> Option<Self>;

    /// Uniformly random.
    fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut wide = zeroize::Zeroizing::new([0; 64]);
        rng.fill_bytes(&mut *wide);
        Self::from_wide(&wide)
    }
}
