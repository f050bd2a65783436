//! Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1), and how
//! they add.
//!
//! The formulas are those of Hisil, Wong, Carter and Dawson, "Twisted Edwards
//! curves revisited" (Asiacrypt 2008), for a = -1, named as in the Explicit-Formulas
//! Database. They are complete: there are no exceptions, for equal points, for the
//! identity, or for points of small order.
//!
//! The curve has 8·l points; a [`Point`] may be any of them. All here takes variable
//! time.

use std::ops::{AddAssign, Neg, SubAssign};

use super::field::{FieldElement, Loose, constant};

/// How many points are best prepared at a time, so that they stay in the cache.
pub(super) const CHUNK: usize = 512;

/// A point in extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z.
#[derive(Clone, Copy)]
pub(super) struct Point {
    x: FieldElement,
    y: FieldElement,
    z: FieldElement,
    t: FieldElement,
}

/// A point as [`Projective::double`] needs it: x = X/Z, y = Y/Z.
#[derive(Clone, Copy)]
pub(super) struct Projective {
    x: FieldElement,
    y: FieldElement,
    z: FieldElement,
}

/// What a formula gives before its last multiplications, of which those that are
/// not needed are left out: X = E·F, Y = G·H, Z = F·G, T = E·H.
#[derive(Clone, Copy)]
pub(super) struct Completed {
    e: Loose,
    f: Loose,
    g: Loose,
    h: Loose,
}

/// A point prepared to be added: Y + X, Y - X, 2·Z and 2·d·T.
#[derive(Clone, Copy)]
pub(super) struct Niels {
    sum: Loose,
    difference: Loose,
    z2: Loose,
    t2d: FieldElement,
}

/// A point with Z = 1 prepared to be added: (y + x)/2, (y - x)/2 and d·x·y.
#[derive(Clone, Copy)]
pub(super) struct AffineNiels {
    half_sum: FieldElement,
    half_difference: FieldElement,
    txd: FieldElement,
}

impl Point {
    /// (0, 1).
    pub(super) const IDENTITY: Self =
        Self { x: FieldElement::ZERO, y: FieldElement::ONE, z: FieldElement::ONE, t: FieldElement::ZERO };

    /// The base point: y = 4/5, x even (RFC 8032, section 5.1).
    pub(super) const GENERATOR: Self = Self {
        x: constant("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
        y: constant("6666666666666666666666666666666666666666666666666666666666666658"),
        z: FieldElement::ONE,
        t: constant("67875f0fd78b766566ea4e8e64abe37d20f09f80775152f56dde8ab3a5b7dda3"),
    };

    /// The point with these coordinates, if it is on the curve.
    pub(super) fn from_affine(x: FieldElement, y: FieldElement) -> Option<Self> {
        let t = x * y;
        let left = (y.square() - x.square()).carry();
        let right = (FieldElement::ONE + FieldElement::D * t.square()).carry();
        (left == right).then_some(Self { x, y, z: FieldElement::ONE, t })
    }

    /// The point with this y and a x of this sign, if there is one (RFC 8032,
    /// section 5.1.3). There is none with a negative zero.
    pub(super) fn from_y(y: FieldElement, negative: bool) -> Option<Self> {
        let y_squared = y.square();
        let numerator = (y_squared - FieldElement::ONE).carry();
        let denominator = (FieldElement::D * y_squared + FieldElement::ONE).carry();
        let root = FieldElement::sqrt_ratio(numerator, denominator)?;
        let x = if root.is_negative() == negative { root } else { (-root).carry() };
        (x.is_negative() == negative).then(|| Self { x, y, z: FieldElement::ONE, t: x * y })
    }

    /// Makes Z = 1, with few inversions for all those points of which it is not known.
    pub(super) fn normalize(points: &mut [Self]) {
        for points in points.chunks_mut(CHUNK) {
            let unknown = |point: &&mut Self| !point.z.is_plain_one();
            let mut inverses: Vec<_> = points.iter_mut().filter(unknown).map(|point| point.z).collect();
            FieldElement::batch_invert(&mut inverses);
            for (point, inverse) in points.iter_mut().filter(unknown).zip(inverses) {
                let (x, y) = (point.x * inverse, point.y * inverse);
                *point = Self { x, y, z: FieldElement::ONE, t: x * y };
            }
        }
    }

    /// x and y of a point with Z = 1.
    pub(super) fn affine(&self) -> (FieldElement, FieldElement) {
        debug_assert!(self.z == FieldElement::ONE);
        (self.x, self.y)
    }

    #[inline]
    pub(super) fn projective(&self) -> Projective {
        Projective { x: self.x, y: self.y, z: self.z }
    }

    #[inline]
    pub(super) fn double(&self) -> Self {
        self.projective().double().extended()
    }

    /// 2^times·P, for at least one time.
    pub(super) fn double_times(&self, times: u32) -> Self {
        let before_last = (1..times).fold(self.projective(), |point, _| point.double().projective());
        before_last.double().extended()
    }

    /// Whether this is the neutral element.
    pub(super) fn is_identity(&self) -> bool {
        self.x.is_zero() && self.y == self.z
    }

    #[inline]
    pub(super) fn niels(&self) -> Niels {
        Niels {
            sum: self.y + self.x,
            difference: self.y - self.x,
            z2: self.z + self.z,
            t2d: self.t * FieldElement::D2,
        }
    }
}

/// Whether x and y are the same.
impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.x * other.z == other.x * self.z && self.y * other.z == other.y * self.z
    }
}

/// "add-2008-hwcd-3", 8 multiplications. Not in line, which was measured to be slower.
impl AddAssign<&Niels> for Point {
    #[inline(never)]
    fn add_assign(&mut self, other: &Niels) {
        let a = other.difference * (self.y - self.x);
        let b = other.sum * (self.y + self.x);
        let c = other.t2d * self.t;
        let d = other.z2 * self.z;
        *self = Completed { e: b - a, f: d - c, g: d + c, h: b + a }.extended();
    }
}

/// The same with -other, in which sum and difference are swapped and T is negated.
impl SubAssign<&Niels> for Point {
    #[inline(never)]
    fn sub_assign(&mut self, other: &Niels) {
        let a = other.sum * (self.y - self.x);
        let b = other.difference * (self.y + self.x);
        let c = other.t2d * self.t;
        let d = other.z2 * self.z;
        *self = Completed { e: b - a, f: d + c, g: d - c, h: b + a }.extended();
    }
}

/// "madd-2008-hwcd-3", 7 multiplications. All is half of what it is there, so that D
/// is Z itself.
impl AddAssign<&AffineNiels> for Point {
    #[inline]
    fn add_assign(&mut self, other: &AffineNiels) {
        let a = other.half_difference * (self.y - self.x);
        let b = other.half_sum * (self.y + self.x);
        let c = other.txd * self.t;
        *self = Completed { e: b - a, f: self.z - c, g: self.z + c, h: b + a }.extended();
    }
}

/// The same with -other.
impl SubAssign<&AffineNiels> for Point {
    #[inline]
    fn sub_assign(&mut self, other: &AffineNiels) {
        let a = other.half_sum * (self.y - self.x);
        let b = other.half_difference * (self.y + self.x);
        let c = other.txd * self.t;
        *self = Completed { e: b - a, f: self.z + c, g: self.z - c, h: b + a }.extended();
    }
}

impl AddAssign<&Point> for Point {
    #[inline]
    fn add_assign(&mut self, other: &Point) {
        *self += &other.niels();
    }
}

impl SubAssign<&Point> for Point {
    #[inline]
    fn sub_assign(&mut self, other: &Point) {
        *self -= &other.niels();
    }
}

impl Neg for Point {
    type Output = Self;

    fn neg(self) -> Self {
        Self { x: (-self.x).carry(), y: self.y, z: self.z, t: (-self.t).carry() }
    }
}

impl Projective {
    /// "dbl-2008-hwcd", with E as 2·X·Y, and the signs of F and H, and so of all
    /// four coordinates, reversed.
    #[inline(always)]
    pub(super) fn double(&self) -> Completed {
        let a = self.x.square();
        let b = self.y.square();
        let z_squared = self.z.square();
        let c = (z_squared + z_squared).carry();
        let e = self.x * (self.y + self.y);
        let g = (b - a).carry();
        Completed { e: e.into(), f: c - g, g: g.into(), h: a + b }
    }
}

/// All coordinates times Z, for then T is X·Y.
impl From<Projective> for Completed {
    fn from(point: Projective) -> Self {
        Self { e: point.x.into(), f: point.z.into(), g: point.z.into(), h: point.y.into() }
    }
}

impl Completed {
    #[inline(always)]
    pub(super) fn extended(&self) -> Point {
        Point { x: self.e * self.f, y: self.g * self.h, z: self.f * self.g, t: self.e * self.h }
    }

    #[inline(always)]
    pub(super) fn projective(&self) -> Projective {
        Projective { x: self.e * self.f, y: self.g * self.h, z: self.f * self.g }
    }
}

impl AffineNiels {
    /// Each of `points`, with few inversions for all.
    pub(super) fn batch(mut points: Vec<Point>) -> Vec<Self> {
        Point::normalize(&mut points);
        points.iter().map(Self::new).collect()
    }

    /// Of a point with Z = 1.
    fn new(point: &Point) -> Self {
        let half_sum = (point.y + point.x) * FieldElement::HALF;
        Self { half_sum, half_difference: (half_sum - point.x).carry(), txd: point.t * FieldElement::D }
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::traits::IsIdentity;

    use super::super::samples::{dalek, ours, points, stretched};
    use super::*;

    #[test]
    fn sums_are_those_of_dalek() {
        for p in &points() {
            let niels = AffineNiels::batch(vec![stretched(p)])[0];
            for q in &points() {
                let mut sums = [ours(q), stretched(q), stretched(q)];
                sums[0] += &ours(p);
                sums[1] += &stretched(p);
                sums[2] += &niels;
                let mut differences = [ours(q), stretched(q), stretched(q)];
                differences[0] -= &ours(p);
                differences[1] -= &stretched(p);
                differences[2] -= &niels;
                for (sum, difference) in sums.iter().zip(&differences) {
                    assert_eq!(dalek(sum), q + p);
                    assert_eq!(dalek(difference), q - p);
                    // T is right as well.
                    assert_eq!(dalek(&sum.double()), q + p + q + p);
                    let mut sum = *sum;
                    sum += difference;
                    assert_eq!(dalek(&sum), q + q);
                }
                assert_eq!(ours(p) == stretched(q), p == q);
            }
        }
    }

    #[test]
    fn doublings_and_inverses_are_those_of_dalek() {
        for p in &points() {
            for point in [ours(p), stretched(p)] {
                assert_eq!(dalek(&point.double()), p + p);
                assert_eq!(dalek(&point.double_times(1)), p + p);
                assert_eq!(dalek(&point.double_times(3)), p.mul_by_cofactor());
                assert_eq!(dalek(&-point), -p);
                assert_eq!(dalek(&Completed::from(point.projective()).extended()), *p);
                assert_eq!(point.is_identity(), p.is_identity());
            }
        }
    }

    #[test]
    fn the_generator_is_that_of_dalek() {
        assert_eq!(dalek(&Point::GENERATOR), curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
        assert!(Point::GENERATOR.t == Point::GENERATOR.x * Point::GENERATOR.y);
    }

    /// More points than are treated at once, of which every third has Z = 1.
    #[test]
    fn normalizing_changes_no_point() {
        let samples = points();
        let before: Vec<_> = (0..2 * CHUNK + 10)
            .map(|index| {
                let point = &samples[index % samples.len()];
                if index % 3 == 0 { ours(point) } else { stretched(point) }
            })
            .collect();
        let mut after = before.clone();
        Point::normalize(&mut after);
        for (before, after) in before.iter().zip(&after) {
            assert!(before == after && after.z.is_plain_one());
            assert!(after.t == after.x * after.y);
        }
    }
}
