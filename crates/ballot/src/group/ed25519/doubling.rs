//! Powers of points that are used a few times, in one ballot: the doublings of a point
//! are made once, and every exponent then takes additions only (Yao, "On the evaluation
//! of powers", 1976; Knuth, "The art of computer programming", volume 2, section 4.6.3,
//! exercise 9).

use std::ops::{AddAssign, SubAssign};

use super::digits::{POSITIONS, non_adjacent_form};
use super::point::{Completed, Point};
use super::scalar::ORDER;

/// A sum of points times one exponent, in the making.
///
/// For each odd k, a bucket holds the sum of all doublings at whose position the
/// exponent has the digit k, less those where it has -k.
#[derive(Clone)]
pub(super) struct Multiple {
    digits: [i8; POSITIONS],
    buckets: [Sum; BUCKETS],
}

impl Multiple {
    pub(super) fn new(exponent: &[u64; 4]) -> Self {
        Self { digits: non_adjacent_form(exponent, WIDTH), buckets: [Sum::EMPTY; BUCKETS] }
    }

    fn add(&mut self, digit: i8, doubling: &Point) {
        let bucket = &mut self.buckets[usize::from(digit.unsigned_abs()) / 2];
        if digit > 0 { *bucket += doubling } else { *bucket -= doubling }
    }

    /// What the buckets come to, each as often as its k says: the sum of all, and twice
    /// the sums of all from each on but the first.
    pub(super) fn sum(&self) -> Point {
        let (mut suffix, mut total) = (Sum::EMPTY, Sum::EMPTY);
        for bucket in self.buckets[1..].iter().rev() {
            suffix += bucket;
            total += &suffix;
        }
        total = total.double();
        total += &suffix;
        total += &self.buckets[0];
        total.point()
    }
}

/// Whether the point is in the subgroup of order l: whether l·P is the identity.
pub(super) fn is_in_subgroup(point: &Point) -> bool {
    let mut multiple = [Multiple::new(&ORDER)];
    add_multiples(point, &mut multiple, &[0]);
    multiple[0].sum().is_identity()
}

/// Adds exponent·P to those of `multiples` that `users` names.
pub(super) fn add_multiples(point: &Point, multiples: &mut [Multiple], users: &[usize]) {
    let mut doubling = Completed::from(point.projective());
    for position in 0..POSITIONS {
        let projective = doubling.projective();
        if users.iter().any(|user| multiples[*user].digits[position] != 0) {
            let point = doubling.extended();
            for user in users {
                let multiple = &mut multiples[*user];
                match multiple.digits[position] {
                    0 => {}
                    digit => multiple.add(digit, &point),
                }
            }
        }
        doubling = projective.double();
    }
}

/// A sum of points, of which the first costs nothing: most buckets get few.
#[derive(Clone, Copy)]
struct Sum(Option<Point>);

impl Sum {
    const EMPTY: Self = Self(None);

    fn double(&self) -> Self {
        Self(self.0.map(|point| point.double()))
    }

    fn point(&self) -> Point {
        self.0.unwrap_or(Point::IDENTITY)
    }
}

impl AddAssign<&Point> for Sum {
    #[inline]
    fn add_assign(&mut self, point: &Point) {
        match &mut self.0 {
            Some(sum) => *sum += point,
            empty => *empty = Some(*point),
        }
    }
}

impl SubAssign<&Point> for Sum {
    #[inline]
    fn sub_assign(&mut self, point: &Point) {
        match &mut self.0 {
            Some(sum) => *sum -= point,
            empty => *empty = Some(-*point),
        }
    }
}

impl AddAssign<&Sum> for Sum {
    #[inline]
    fn add_assign(&mut self, other: &Sum) {
        if let Some(point) = &other.0 {
            *self += point;
        }
    }
}

const WIDTH: u32 = 5;
const BUCKETS: usize = 1 << (WIDTH - 2);

#[cfg(test)]
mod tests {
    use curve25519_dalek::edwards::EdwardsPoint;
    use curve25519_dalek::traits::{Identity, IsIdentity};

    use super::super::samples::{dalek, exponents, ours, points, stretched};
    use super::*;

    #[test]
    fn multiples_are_those_of_dalek() {
        let exponents = exponents();
        for point in &points() {
            let mut multiples: Vec<_> =
                exponents.iter().map(|exponent| Multiple::new(&exponent.limbs())).collect();
            let users: Vec<_> = (1..exponents.len()).collect();
            add_multiples(&stretched(point), &mut multiples, &users);
            assert!(multiples[0].sum().is_identity(), "not named");
            for (multiple, exponent) in multiples.iter().zip(&exponents).skip(1) {
                assert_eq!(dalek(&multiple.sum()), point * exponent.0);
            }
        }
    }

    /// One multiple of many points, one of them twice.
    #[test]
    fn multiples_of_sums() {
        for exponent in exponents() {
            let mut multiples = [Multiple::new(&exponent.limbs())];
            let mut sum = EdwardsPoint::identity();
            for (point, users) in points().iter().zip([&[0][..], &[0, 0], &[]].iter().cycle()) {
                add_multiples(&ours(point), &mut multiples, users);
                users.iter().for_each(|_| sum += point);
            }
            // Dalek multiplies by integers, not modulo l, so torsion is as here.
            assert_eq!(dalek(&multiples[0].sum()), sum * exponent.0);
        }
    }

    #[test]
    fn the_subgroup_is_exact() {
        for point in &points() {
            assert_eq!(is_in_subgroup(&ours(point)), point.is_torsion_free());
        }
        assert_eq!(points().iter().filter(|point| point.is_torsion_free()).count(), 5);
        assert!(!points().iter().skip(1).any(|point| point.is_identity()));
    }
}
