//! Discrete logarithms of small powers of g: how a decrypted sum becomes a count.
//!
//! Baby steps and giant steps: the powers g^0 .. g^(size-1) stand in a table, and
//! an element is divided by g^size until it meets one of them. With size about the
//! square root of the bound, that is as many steps as there are entries.
//!
//! | bound | entries | table | Ed25519 | BELENIOS-2048 |
//! | --- | --- | --- | --- | --- |
//! | 10^6 | 1,001 | 16 kB | under 1 ms | 10 ms |
//! | 10^9 | 31,623 | 0.5 MB | 25 ms | 0.3 s |
//! | 10^11 | 316,228 | 5 MB | 0.3 s | 3 s |
//!
//! The times are CPU, those of one search in vain, and about those of making the table,
//! which any number of searches share. A count costs the square root of the bound,
//! or less if it is small.

use std::hash::{DefaultHasher, Hasher};

use crate::group::Group;

/// The largest bound for which a table is made. The web server of Belenios sets
/// the same limit to the total weight of an election (BELENIOS.md, section 6).
pub const BOUND_MAX: u64 = 100_000_000_000;

/// A bound above [`BOUND_MAX`]: the total weight of an election whose result
/// nobody could compute. The fault is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("counts up to {bound} cannot be computed: the total weight may be at most {BOUND_MAX}")]
pub struct BoundTooLarge {
    /// The bound asked for.
    pub bound: u64,
}

/// Finds m in g^m, for 0 <= m <= the bound.
///
/// ```
/// use concerted_ballot::discrete_log::DiscreteLog;
/// use concerted_ballot::{Belenios2048, Group, Scalar};
///
/// let sum = Belenios2048::vartime_power_product(&[(Belenios2048::generator(), 17.into())]);
/// let counts = DiscreteLog::<Belenios2048>::new(20).unwrap();
/// assert_eq!(counts.find(&sum), Some(17));
/// ```
pub struct DiscreteLog<G: Group> {
    bound: u64,
    /// Hash of the text of g^step, and step; sorted. A hash may stand for several
    /// elements, so it only says where to look.
    baby_steps: Vec<(u64, u32)>,
    /// g^-size, where size is the number of baby steps.
    giant_step: G::Element,
}

/// As many elements are written at once, so that they share an inversion.
const BATCH_MAX: u64 = 4096;
const BATCH_MIN: u64 = 16;

impl<G: Group> DiscreteLog<G> {
    /// The table for logarithms from 0 to `bound`, both included.
    ///
    /// # Errors
    /// If `bound` is above [`BOUND_MAX`].
    pub fn new(bound: u64) -> Result<Self, BoundTooLarge> {
        if bound > BOUND_MAX {
            return Err(BoundTooLarge { bound });
        }
        let size = bound.isqrt() + 1;
        let mut baby_steps = Vec::with_capacity(size as usize);
        let mut walk = Walk::<G> { next: G::identity(), factor: G::generator() };
        let mut step = 0;
        while u64::from(step) < size {
            for text in walk.texts(BATCH_MAX.min(size - u64::from(step))) {
                baby_steps.push((hash(&text), step));
                step += 1;
            }
        }
        baby_steps.sort_unstable();
        Ok(Self { bound, baby_steps, giant_step: G::inverse(&walk.next) })
    }

    /// m, if `power` is g^m and m is within the bound.
    pub fn find(&self, power: &G::Element) -> Option<u64> {
        let size = self.baby_steps.len() as u64;
        let steps = self.bound / size + 1;
        let mut walk = Walk::<G> { next: *power, factor: self.giant_step };
        let mut step = 0;
        let mut batch = BATCH_MIN;
        while step < steps {
            for text in walk.texts(batch.min(steps - step)) {
                let candidates = self.baby_steps(&text).map(|baby_step| step * size + u64::from(baby_step));
                if let Some(found) = candidates.into_iter().find(|&exponent| self.is_power(power, exponent)) {
                    return Some(found);
                }
                step += 1;
            }
            // A small count is met in the first, small batch.
            batch = BATCH_MAX.min(batch * 2);
        }
        None
    }

    /// The baby steps that may have this text.
    fn baby_steps(&self, text: &str) -> impl Iterator<Item = u32> {
        let hash = hash(text);
        let first = self.baby_steps.partition_point(|entry| entry.0 < hash);
        self.baby_steps[first..].iter().take_while(move |entry| entry.0 == hash).map(|entry| entry.1)
    }

    fn is_power(&self, power: &G::Element, exponent: u64) -> bool {
        let exact = || G::vartime_power_product(&[(G::generator(), G::Scalar::from(exponent))]);
        exponent <= self.bound && exact() == *power
    }
}

/// next, next · factor, next · factor^2, ...
struct Walk<G: Group> {
    next: G::Element,
    factor: G::Element,
}

impl<G: Group> Walk<G> {
    /// The texts of as many elements.
    fn texts(&mut self, count: u64) -> Vec<String> {
        let elements: Vec<G::Element> = (0..count)
            .map(|_| {
                let product = G::product(&self.next, &self.factor);
                std::mem::replace(&mut self.next, product)
            })
            .collect();
        G::texts(&elements)
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::group::{Belenios2048, Ed25519, Scalar};

    fn power<G: Group>(exponent: G::Scalar) -> G::Element {
        G::vartime_power_product(&[(G::generator(), exponent)])
    }

    /// Everything within the bound is found, and nothing else.
    fn check_all<G: Group>(bound: u64) {
        let table = DiscreteLog::<G>::new(bound).expect("a small bound");
        for exponent in 0..=bound {
            assert_eq!(table.find(&power::<G>(exponent.into())), Some(exponent), "bound {bound}");
        }
        for beyond in [bound + 1, bound + 2, bound + bound.isqrt() + 1, 2 * bound + 1] {
            assert_eq!(table.find(&power::<G>(beyond.into())), None, "bound {bound}, {beyond}");
        }
        assert_eq!(table.find(&power::<G>(-G::Scalar::ONE)), None);
    }

    #[test]
    fn every_small_bound_is_exact() {
        for bound in [0, 1, 2, 3, 4, 5, 8, 9, 10, 15, 16, 17, 99, 100, 101] {
            check_all::<Belenios2048>(bound);
            check_all::<Ed25519>(bound);
        }
    }

    /// Around 0, the size of the table and the bound.
    fn check_edges<G: Group>(bound: u64) {
        let table = DiscreteLog::<G>::new(bound).expect("a bound");
        let size = bound.isqrt() + 1;
        for exponent in [0, 1, size - 1, size, size + 1, 20 * size, bound / 2, bound - 1, bound] {
            assert_eq!(table.find(&power::<G>(exponent.into())), Some(exponent));
        }
        assert_eq!(table.find(&power::<G>((bound + 1).into())), None);
    }

    #[test]
    fn larger_bounds_are_exact_at_their_edges() {
        check_edges::<Belenios2048>(10_000_000);
        check_edges::<Ed25519>(1_000_000_000);
    }

    #[test]
    fn a_bound_beyond_the_largest_is_an_error() {
        let error = BoundTooLarge { bound: BOUND_MAX + 1 };
        assert_eq!(DiscreteLog::<Belenios2048>::new(BOUND_MAX + 1).err(), Some(error));
        assert_eq!(DiscreteLog::<Belenios2048>::new(u64::MAX).err(), Some(BoundTooLarge { bound: u64::MAX }));
        assert!(error.to_string().contains("total weight may be at most 100000000000"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_within_the_bound_is_found(bound in 0u64..50_000, exponent in 0u64..60_000) {
            let table = DiscreteLog::<Ed25519>::new(bound).expect("a small bound");
            let expected = (exponent <= bound).then_some(exponent);
            prop_assert_eq!(table.find(&power::<Ed25519>(exponent.into())), expected);
        }
    }
}
