//! Products of many powers: what checking many proofs at once comes down to.

use super::digits::{POSITIONS, bits, non_adjacent_form};
use super::point::{AffineNiels, CHUNK, Completed, Niels, Point};

/// The sum of exponent·P over all terms.
pub(super) fn power_product(points: &[Point], exponents: &[[u64; 4]]) -> Point {
    match points.len() {
        0..MANY => interleaved(points, exponents),
        terms => bucketed(points, exponents, window_width(terms)),
    }
}

const MANY: usize = 150;

/// Straus's method: the doublings are shared by all terms, and each term has a table of
/// odd multiples and a non-adjacent form (Möller, "Algorithms for multi-exponentiation",
/// SAC 2001, "interleaving").
fn interleaved(points: &[Point], exponents: &[[u64; 4]]) -> Point {
    let tables: Vec<_> = points.iter().map(odd_multiples).collect();
    let digits: Vec<_> = exponents.iter().map(|exponent| non_adjacent_form(exponent, WIDTH)).collect();
    let is_zero = |position: usize| digits.iter().all(|digits| digits[position] == 0);
    let mut sum = Point::IDENTITY.projective();
    for position in (0..POSITIONS).rev().skip_while(|position| is_zero(*position)) {
        let doubled = sum.double();
        if is_zero(position) {
            sum = doubled.projective();
            continue;
        }
        let mut point = doubled.extended();
        for (table, digits) in tables.iter().zip(&digits) {
            let multiple = &table[usize::from(digits[position].unsigned_abs()) / 2];
            match digits[position] {
                0 => {}
                1.. => point += multiple,
                _ => point -= multiple,
            }
        }
        sum = point.projective();
    }
    Completed::from(sum).extended()
}

const WIDTH: u32 = 5;

/// P, 3P, 5P, ... 15P.
fn odd_multiples(point: &Point) -> [Niels; 1 << (WIDTH - 2)] {
    let twice = point.double().niels();
    let mut multiple = *point;
    std::array::from_fn(|_| {
        let niels = multiple.niels();
        multiple += &twice;
        niels
    })
}

/// Pippenger's method, as in Bernstein, Doumen, Lange and Oosterwijk, "Faster batch
/// forgery identification" (Indocrypt 2012).
///
/// The exponents are cut into windows. In each window the points with the same digit
/// are first added up, in a bucket, and the sum of a bucket then counts as often as
/// its digit says. Terms with short exponents are not in the upper windows at all.
fn bucketed(points: &[Point], exponents: &[[u64; 4]], width: u32) -> Point {
    let (mut short, mut long) = (Terms::new(128, width), Terms::new(253, width));
    for (points, exponents) in points.chunks(CHUNK).zip(exponents.chunks(CHUNK)) {
        for (point, exponent) in AffineNiels::batch(points.to_vec()).into_iter().zip(exponents) {
            let terms = if exponent[2] == 0 && exponent[3] == 0 { &mut short } else { &mut long };
            terms.push(point, exponent);
        }
    }
    let windows = short.windows.max(long.windows);
    let mut buckets = vec![Point::IDENTITY; 1 << (width - 1)];
    let mut sum = Point::IDENTITY;
    for window in (0..windows).rev() {
        buckets.fill(Point::IDENTITY);
        short.fill(window, &mut buckets);
        long.fill(window, &mut buckets);
        sum = sum.double_times(width);
        sum += &multiples(&buckets);
    }
    sum
}

/// Terms whose exponents have the same number of windows.
struct Terms {
    width: u32,
    windows: usize,
    /// Half the base, at every digit. It is added to exponents, and taken away again
    /// from a digit when that is read: so digits are signed, and each can be read alone.
    halves: [u64; 5],
    terms: Vec<(AffineNiels, [u64; 5])>,
}

impl Terms {
    /// For exponents of this size, to be read in windows of this width. The sum with the
    /// halves has up to two bits more.
    fn new(size_bits: u32, width: u32) -> Self {
        let windows = (size_bits + 2).div_ceil(width) as usize;
        let mut halves = [0; 5];
        for window in 1..=windows {
            let bit = window * width as usize - 1;
            halves[bit / 64] |= 1 << (bit % 64);
        }
        Self { width, windows, halves, terms: Vec::new() }
    }

    fn push(&mut self, point: AffineNiels, exponent: &[u64; 4]) {
        self.terms.push((point, add(exponent, &self.halves)));
    }

    /// Adds each point to the bucket of its digit in this window, or subtracts it.
    fn fill(&self, window: usize, buckets: &mut [Point]) {
        if window >= self.windows {
            return;
        }
        let half = 1 << (self.width - 1);
        for (point, exponent) in &self.terms {
            let digit = bits(exponent, window * self.width as usize, self.width) as i64 - half;
            match digit.unsigned_abs() as usize {
                0 => {}
                multiple if digit > 0 => buckets[multiple - 1] += point,
                multiple => buckets[multiple - 1] -= point,
            }
        }
    }
}

/// a + b, which fits.
fn add(a: &[u64; 4], b: &[u64; 5]) -> [u64; 5] {
    let mut sum = *b;
    let mut carry = false;
    for (limb, a) in sum.iter_mut().zip(a.iter().chain([&0])) {
        (*limb, carry) = limb.carrying_add(*a, carry);
    }
    sum
}

/// 1·B0 + 2·B1 + 3·B2 + ...: the sum of the sums of all buckets from each on.
fn multiples(buckets: &[Point]) -> Point {
    let (mut suffix, mut total) = (Point::IDENTITY, Point::IDENTITY);
    for bucket in buckets.iter().rev() {
        suffix += bucket;
        total += &suffix;
    }
    total
}

/// The best number of bits in a window, as measured.
fn window_width(terms: usize) -> u32 {
    terms.ilog2().saturating_sub(3).clamp(5, 12)
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::edwards::EdwardsPoint;

    use super::super::samples::{dalek, exponents, ours, points, stretched};
    use super::*;

    /// With both methods.
    #[test]
    fn products_are_those_of_dalek() {
        let (points, exponents) = (points(), exponents());
        for size in [0, 1, 2, 3, 20, MANY - 1, MANY, MANY + 1, 255, 256, 1100] {
            let terms: Vec<_> = (0..size)
                .map(|index| (&points[index % points.len()], exponents[(index / 3) % exponents.len()]))
                .collect();
            let expected: EdwardsPoint = terms.iter().map(|(point, exponent)| *point * exponent.0).sum();
            let stretch = |(index, (point, _)): (usize, &(&EdwardsPoint, _))| {
                if index % 3 == 0 { ours(point) } else { stretched(point) }
            };
            let ours: Vec<_> = terms.iter().enumerate().map(stretch).collect();
            let limbs: Vec<_> = terms.iter().map(|(_, exponent)| exponent.limbs()).collect();
            assert_eq!(dalek(&power_product(&ours, &limbs)), expected, "{size}");
        }
    }

    /// Also widths that only many thousands of terms have.
    #[test]
    fn windows_of_all_widths() {
        let (points, exponents) = (points(), exponents());
        let terms = || points.iter().zip(exponents.iter().rev());
        let expected: EdwardsPoint = terms().map(|(point, exponent)| point * exponent.0).sum();
        let (ours, limbs): (Vec<_>, Vec<_>) =
            terms().map(|(point, exponent)| (ours(point), exponent.limbs())).unzip();
        for width in 2..=13 {
            assert_eq!(dalek(&bucketed(&ours, &limbs, width)), expected, "{width}");
        }
    }
}
