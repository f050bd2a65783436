//! Powers of a base that is used for a whole election: the generator and the
//! election key.

use super::digits::{POSITIONS, signed_digits};
use super::point::{AffineNiels, Point};

/// k·128^i·P for i below 37 and k from 1 to 64, so that a power takes 37 additions and
/// no doublings.
///
/// 284 kB: with fewer additions, two such tables would leave a processor's second cache,
/// and gain nothing.
pub(super) struct FixedBase(Vec<AffineNiels>);

impl FixedBase {
    pub(super) fn new(base: &Point) -> Self {
        let mut multiples = Vec::with_capacity(ROWS * ROW);
        let mut unit = *base;
        for _ in 0..ROWS {
            let niels = unit.niels();
            let mut multiple = Point::IDENTITY;
            multiples.extend((0..ROW).map(|_| {
                multiple += &niels;
                multiple
            }));
            unit = multiple.double();
        }
        Self(AffineNiels::batch(multiples))
    }

    /// Adds exponent·P to `sum`.
    pub(super) fn add_multiple(&self, sum: &mut Point, exponent: &[u64; 4]) {
        for (row, digit) in self.0.chunks_exact(ROW).zip(signed_digits(exponent, WIDTH)) {
            match digit.unsigned_abs() as usize {
                0 => {}
                multiple if digit > 0 => *sum += &row[multiple - 1],
                multiple => *sum -= &row[multiple - 1],
            }
        }
    }
}

const WIDTH: u32 = 7;
const ROWS: usize = POSITIONS.div_ceil(WIDTH as usize);
const ROW: usize = 1 << (WIDTH - 1);

#[cfg(test)]
mod tests {
    use super::super::samples::{dalek, exponents, ours, points};
    use super::*;

    #[test]
    fn multiples_are_those_of_dalek() {
        for point in &points()[5..10] {
            let base = FixedBase::new(&ours(point));
            for exponent in exponents() {
                let mut sum = Point::GENERATOR;
                base.add_multiple(&mut sum, &exponent.limbs());
                assert_eq!(dalek(&sum), dalek(&Point::GENERATOR) + point * exponent.0);
            }
        }
    }
}
