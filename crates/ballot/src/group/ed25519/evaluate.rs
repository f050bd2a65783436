//! The commitments of one ballot, on every processor.

use std::sync::OnceLock;

use super::doubling::{Multiple, add_multiples};
use super::fixed_base::FixedBase;
use super::point::Point;
use super::scalar::{Ed25519Scalar, ORDER};
use super::{Ed25519, Element, bytes_of_text};
use crate::group::{Equation, Evaluation, Group, Points};

/// Tables for the generator and the election key.
pub(super) struct DoublingBases {
    generator: &'static FixedBase,
    key: FixedBase,
}

impl DoublingBases {
    pub(super) fn new(key: &Element) -> Self {
        static GENERATOR: OnceLock<FixedBase> = OnceLock::new();
        let generator = GENERATOR.get_or_init(|| FixedBase::new(&Ed25519::generator().0));
        Self { generator, key: FixedBase::new(&key.0) }
    }

    /// [`Group::vartime_evaluate`].
    pub(super) fn evaluate(
        &self,
        points: &Points<'_>,
        equations: &[Equation<Ed25519Scalar>],
    ) -> Result<Evaluation<Ed25519>, usize> {
        let mut multiples: Vec<_> =
            equations.iter().map(|equation| Multiple::new(&equation.exponent.limbs())).collect();
        let users = Users::new(points, equations);
        let mut given = Vec::with_capacity(points.given.len());
        for (index, (text, users)) in points.given.iter().zip(&users.of_given).enumerate() {
            given.push(read(text, users, &mut multiples).ok_or(index)?);
        }
        let mut results = Vec::with_capacity(points.products.len() + equations.len());
        for (factors, users) in points.products.iter().zip(&users.of_products) {
            let factors = factors.iter().map(|factor| &given[*factor]);
            let product = factors.fold(Ed25519::identity(), |a, b| Ed25519::product(&a, b));
            if !users.is_empty() {
                add_multiples(&product.0, &mut multiples, users);
            }
            results.push(product);
        }
        let commitments = equations.iter().zip(&multiples);
        results.extend(commitments.map(|(equation, multiple)| self.commitment(equation, multiple.sum())));
        let mut products = Ed25519::texts(&results);
        let commitments = products.split_off(points.products.len());
        Ok(Evaluation { given, products, commitments })
    }

    fn commitment(&self, equation: &Equation<Ed25519Scalar>, mut sum: Point) -> Element {
        self.generator.add_multiple(&mut sum, &equation.generator.limbs());
        self.key.add_multiple(&mut sum, &equation.key.limbs());
        Element(sum)
    }
}

/// Reads a point, and adds it to the multiples of its users. The same doublings show
/// whether it is in the subgroup.
fn read(text: &str, users: &[usize], multiples: &mut Vec<Multiple>) -> Option<Element> {
    let point = Point::decompress(&bytes_of_text(text)?)?;
    let users = [users, &[multiples.len()]].concat();
    multiples.push(Multiple::new(&ORDER));
    add_multiples(&point, multiples, &users);
    multiples.pop()?.sum().is_identity().then_some(Element(point))
}

/// Which equations use the doublings of which points.
struct Users {
    /// For each given point; among them those that use a product in which it is.
    of_given: Vec<Vec<usize>>,
    /// For each product, unless those of its factors are used.
    of_products: Vec<Vec<usize>>,
}

impl Users {
    fn new(points: &Points<'_>, equations: &[Equation<Ed25519Scalar>]) -> Self {
        let mut of_given = vec![Vec::new(); points.given.len() + points.products.len()];
        for (index, equation) in equations.iter().enumerate() {
            of_given[equation.point].push(index);
        }
        let mut of_products = of_given.split_off(points.given.len());
        for (factors, users) in points.products.iter().zip(&mut of_products) {
            if factors.len().saturating_sub(1) * users.len() <= ADDITIONS_FOR_DOUBLINGS {
                factors.iter().for_each(|factor| of_given[*factor].extend(users.iter()));
                users.clear();
            }
        }
        Self { of_given, of_products }
    }
}

/// The doublings of one more point cost as much as so many more times the additions for
/// one exponent, as measured.
const ADDITIONS_FOR_DOUBLINGS: usize = 4;

#[cfg(test)]
mod tests {
    use curve25519_dalek::edwards::EdwardsPoint;
    use curve25519_dalek::traits::Identity;

    use super::super::samples::{exponents, members, points, text};
    use super::*;

    const PRODUCTS: [&[usize]; 6] = [&[0, 1, 3], &[2], &[], &[4, 4], &[0, 1, 2, 3, 4, 3, 2, 1], &[1, 2]];

    fn check(equations_count: usize) {
        let (elements, mut dalek): (Vec<_>, Vec<_>) = members().into_iter().unzip();
        let texts: Vec<_> = dalek.iter().map(text).collect();
        let given = texts.iter().map(String::as_str).collect();
        let points = Points { given, products: PRODUCTS.map(<[usize]>::to_vec).to_vec() };
        for factors in PRODUCTS {
            dalek.push(factors.iter().map(|factor| dalek[*factor]).sum());
        }
        let (key, dalek_key) = members()[2];
        let exponents = exponents();
        let exponent = |index: usize| exponents[index % exponents.len()];
        let equations: Vec<_> = (0..equations_count)
            .map(|index| Equation {
                generator: exponent(index),
                key: exponent(3 * index + 1),
                point: index % dalek.len(),
                exponent: exponent(7 * index + 2),
            })
            .collect();
        let evaluation = DoublingBases::new(&key).evaluate(&points, &equations).expect("all are members");
        assert_eq!(evaluation.given, elements);
        assert_eq!(evaluation.commitments.len(), equations_count);
        for (equation, commitment) in equations.iter().zip(&evaluation.commitments) {
            let expected = EdwardsPoint::mul_base(&equation.generator.0)
                + dalek_key * equation.key.0
                + dalek[equation.point] * equation.exponent.0;
            assert_eq!(*commitment, text(&expected));
        }
    }

    /// With few uses, products are made of their factors' doublings; with many, of their own.
    #[test]
    fn commitments_are_those_of_dalek() {
        for equations_count in [0, 1, 11, 22, 150] {
            check(equations_count);
        }
    }

    #[test]
    fn the_first_point_outside_the_subgroup_is_named() {
        let bases = DoublingBases::new(&Ed25519::generator());
        let good = text(&EdwardsPoint::identity());
        let outside = points().into_iter().filter(|point| !point.is_torsion_free()).map(|point| text(&point));
        let other_texts = ["", "0", &"f".repeat(64), &"0".repeat(64)].map(str::to_owned);
        for bad in outside.chain(other_texts) {
            for index in 0..3 {
                let mut given = vec![&*good; 4];
                given[index] = &bad;
                given[3] = &bad;
                let points = Points { given, products: Vec::new() };
                let equation =
                    Equation { generator: 1.into(), key: 2.into(), point: index, exponent: 3.into() };
                assert_eq!(bases.evaluate(&points, &[equation]).err(), Some(index), "{bad}");
                assert_eq!(bases.evaluate(&points, &[]).err(), Some(index), "{bad}");
            }
        }
    }
}
