//! Which way to the commitments of a ballot is the fastest on this processor.

use super::evaluate::DoublingBases;
use super::scalar::Ed25519Scalar;
use super::{Ed25519, Element};
use crate::group::{Equation, Evaluation, Points};

/// Tables for the generator and the election key, for the way that is fastest here.
pub struct Bases(Tables);

enum Tables {
    /// On every processor.
    Doublings(Box<DoublingBases>),
    #[cfg(curve25519_dalek_backend = "avx512")]
    Vector(super::vector::VectorBases),
}

impl Bases {
    pub(super) fn new(key: &Element) -> Self {
        #[cfg(curve25519_dalek_backend = "avx512")]
        if super::vector::is_supported() {
            return Self(Tables::Vector(super::vector::VectorBases::new(key)));
        }
        Self(Tables::Doublings(Box::new(DoublingBases::new(key))))
    }

    /// [`crate::Group::vartime_evaluate`].
    pub(super) fn evaluate(
        &self,
        points: &Points<'_>,
        equations: &[Equation<Ed25519Scalar>],
    ) -> Result<Evaluation<Ed25519>, usize> {
        match &self.0 {
            Tables::Doublings(bases) => bases.evaluate(points, equations),
            #[cfg(curve25519_dalek_backend = "avx512")]
            Tables::Vector(bases) => bases.evaluate(points, equations),
        }
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::{Rng, SeedableRng};
    use curve25519_dalek::constants::EIGHT_TORSION;
    use curve25519_dalek::edwards::EdwardsPoint;

    use super::super::text_of_bytes;
    use super::*;
    use crate::group::{Group, Scalar};

    /// What is used here, and what other processors use.
    #[test]
    fn all_ways_give_the_same() {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let random = |rng: &mut ChaCha20Rng| Ed25519Scalar::random(rng);
        let power = |exponent: &Ed25519Scalar| EdwardsPoint::mul_base(&exponent.0);
        let key = Ed25519::reveal(&power(&random(&mut rng)));
        let (here, doublings) = (Bases::new(&key), DoublingBases::new(&key));
        for round in 0..50 {
            let mut given: Vec<EdwardsPoint> = (0..6).map(|_| power(&random(&mut rng))).collect();
            // In some rounds one that is not in the subgroup, or the identity.
            if round % 5 > 0 {
                given[rng.next_u64() as usize % 6] += EIGHT_TORSION[rng.next_u64() as usize % 8];
            }
            if round % 7 == 0 {
                given[2] = EdwardsPoint::default();
            }
            let texts: Vec<String> =
                given.iter().map(|point| text_of_bytes(point.compress().to_bytes())).collect();
            let points = Points {
                given: texts.iter().map(String::as_str).collect(),
                products: vec![vec![0, 2, 4], vec![1, 3, 5], vec![2]],
            };
            let equations: Vec<_> = (0..20)
                .map(|index| Equation {
                    generator: random(&mut rng),
                    key: if index % 2 == 0 { Ed25519Scalar::ZERO } else { random(&mut rng) },
                    point: index % 9,
                    exponent: if index % 6 == 5 { Ed25519Scalar::ZERO } else { random(&mut rng) },
                })
                .collect();
            let outcome = |evaluation: Result<Evaluation<Ed25519>, usize>| {
                evaluation.map(|found| (found.given, found.products, found.commitments))
            };
            assert_eq!(
                outcome(here.evaluate(&points, &equations)),
                outcome(doublings.evaluate(&points, &equations)),
                "round {round}"
            );
        }
    }

    #[test]
    fn texts_that_are_not_canonical_are_refused_in_every_way() {
        let key = Ed25519::generator();
        // y = p + 1, which is the identity's 1; and the identity with the sign of x set.
        for text in [
            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee",
            "8000000000000000000000000000000000000000000000000000000000000001",
        ] {
            let points = Points { given: vec![text], products: Vec::new() };
            assert_eq!(Bases::new(&key).evaluate(&points, &[]).err(), Some(0), "{text}");
            assert_eq!(DoublingBases::new(&key).evaluate(&points, &[]).err(), Some(0), "{text}");
        }
    }
}
