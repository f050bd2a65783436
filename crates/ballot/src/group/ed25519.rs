//! Ed25519: the subgroup of prime order l of the curve of RFC 8032, section 5.1.
//!
//! What depends on a secret is computed by curve25519-dalek, in constant time. What is
//! public, which is nearly all that a verifier computes, is computed here in variable
//! time, with methods that fit ballots: [`doubling`], [`fixed_base`], [`power_product`].
//! Between the two, points pass as the 32 bytes of their compressed form.

mod bases;
mod digits;
mod doubling;
mod encoding;
mod evaluate;
mod field;
mod fixed_base;
mod point;
mod power_product;
#[cfg(test)]
mod samples;
mod scalar;
#[cfg(curve25519_dalek_backend = "avx512")]
mod vector;

use std::fmt;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::traits::BasepointTable;

use self::bases::Bases;
use self::doubling::is_in_subgroup;
use self::point::Point;
use self::scalar::Ed25519Scalar;
use super::{Equation, Evaluation, Group, Points};
use crate::hash::{hex, parse_hex};

/// The group `Ed25519` of Belenios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519;

/// A public member of the subgroup of order l.
#[derive(Clone, Copy, PartialEq)]
pub struct Element(Point);

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Ed25519::text(self))
    }
}

impl Group for Ed25519 {
    const NAME: &'static str = "Ed25519";
    const HINT_SIZE: usize = 64;

    type Scalar = Ed25519Scalar;
    type Element = Element;
    type SecretElement = EdwardsPoint;
    type Powers = Box<EdwardsBasepointTable>;
    type Bases = Bases;

    fn identity() -> Element {
        Element(Point::IDENTITY)
    }

    fn generator() -> Element {
        Element(Point::GENERATOR)
    }

    fn generator_power(exponent: &Ed25519Scalar) -> EdwardsPoint {
        EdwardsPoint::mul_base(&exponent.0)
    }

    fn power(base: &Element, exponent: &Ed25519Scalar) -> EdwardsPoint {
        to_dalek(base) * exponent.0
    }

    fn powers(base: &Element) -> Self::Powers {
        Box::new(EdwardsBasepointTable::create(&to_dalek(base)))
    }

    fn table_power(powers: &Self::Powers, exponent: &Ed25519Scalar) -> EdwardsPoint {
        powers.mul_base(&exponent.0)
    }

    fn secret_product(a: &EdwardsPoint, b: &EdwardsPoint) -> EdwardsPoint {
        a + b
    }

    fn reveal(secret: &EdwardsPoint) -> Element {
        let bytes = secret.compress().to_bytes();
        Element(Point::decompress(&bytes).expect("curve25519-dalek writes canonical points"))
    }

    fn product(a: &Element, b: &Element) -> Element {
        let mut product = *a;
        product.0 += &b.0;
        product
    }

    fn inverse(a: &Element) -> Element {
        Element(-a.0)
    }

    fn vartime_power_product(terms: &[(Element, Ed25519Scalar)]) -> Element {
        let (points, exponents): (Vec<_>, Vec<_>) =
            terms.iter().map(|(element, exponent)| (element.0, exponent.limbs())).unzip();
        Element(power_product::power_product(&points, &exponents))
    }

    fn texts(elements: &[Element]) -> Vec<String> {
        let points = elements.iter().map(|element| element.0).collect();
        Point::compress(points).into_iter().map(text_of_bytes).collect()
    }

    fn parse(text: &str) -> Option<Element> {
        let point = Point::decompress(&bytes_of_text(text)?)?;
        is_in_subgroup(&point).then_some(Element(point))
    }

    fn hint_factor() -> Ed25519Scalar {
        Ed25519Scalar(Ed25519Scalar::from(8).0.invert())
    }

    fn hint(root: &Element) -> (Vec<u8>, Element) {
        (root.0.uncompressed().to_vec(), Element(root.0.double_times(3)))
    }

    fn vartime_from_hints(hints: &[u8]) -> Option<Vec<Element>> {
        let (hints, rest) = hints.as_chunks();
        if !rest.is_empty() {
            return None;
        }
        let multiple = |hint| Some(Point::from_uncompressed(hint)?.double_times(3));
        let mut points: Vec<Point> = hints.iter().map(multiple).collect::<Option<_>>()?;
        Point::normalize(&mut points);
        Some(points.into_iter().map(Element).collect())
    }

    fn vartime_bases(key: &Element) -> Bases {
        Bases::new(key)
    }

    fn vartime_evaluate(
        bases: &Bases,
        points: &Points<'_>,
        equations: &[Equation<Ed25519Scalar>],
    ) -> Result<Evaluation<Self>, usize> {
        bases.evaluate(points, equations)
    }
}

/// The compressed point that a text stands for: Belenios writes it most significant
/// byte first (BELENIOS.md, section 1), RFC 8032 least.
fn bytes_of_text(text: &str) -> Option<[u8; 32]> {
    let mut bytes = parse_hex(text)?;
    bytes.reverse();
    Some(bytes)
}

/// The text of a compressed point.
fn text_of_bytes(mut bytes: [u8; 32]) -> String {
    bytes.reverse();
    hex(&bytes)
}

/// For constant time.
fn to_dalek(element: &Element) -> EdwardsPoint {
    let bytes = Point::compress(vec![element.0])[0];
    CompressedEdwardsY(bytes).decompress().expect("an element is on the curve")
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;

    use super::samples::{exponents, members, points, text};
    use super::*;

    #[test]
    fn texts_are_those_of_belenios() {
        for (element, text) in [
            (Ed25519::generator(), "6666666666666666666666666666666666666666666666666666666666666658"),
            (Ed25519::identity(), "0000000000000000000000000000000000000000000000000000000000000001"),
        ] {
            assert_eq!(Ed25519::text(&element), text);
            assert_eq!(Ed25519::parse(text), Some(element));
        }
        let (elements, dalek): (Vec<_>, Vec<_>) = members().into_iter().unzip();
        assert_eq!(Ed25519::texts(&elements), dalek.iter().map(text).collect::<Vec<_>>());
    }

    #[test]
    fn only_the_subgroup_is_parsed() {
        for point in points() {
            assert_eq!(Ed25519::parse(&text(&point)).is_some(), point.is_torsion_free());
        }
        let base = Ed25519::text(&Ed25519::generator());
        for text in [&base[1..], &format!("0{base}"), &base.replacen('6', "X", 1), &"f".repeat(64), ""] {
            assert_eq!(Ed25519::parse(text), None, "{text}");
        }
        // A text with letters.
        let text = Ed25519::text(&Ed25519::product(&Ed25519::generator(), &Ed25519::generator()));
        assert!(Ed25519::parse(&text).is_some());
        assert_eq!(Ed25519::parse(&text.to_uppercase()), None);
    }

    #[test]
    fn products_and_powers_are_those_of_dalek() {
        for (p, dalek_p) in members() {
            for (q, dalek_q) in members() {
                assert_eq!(Ed25519::text(&Ed25519::product(&p, &q)), text(&(dalek_p + dalek_q)));
                assert_eq!(
                    Ed25519::reveal(&Ed25519::secret_product(&dalek_p, &dalek_q)),
                    Ed25519::product(&p, &q)
                );
            }
            assert_eq!(Ed25519::product(&p, &Ed25519::inverse(&p)), Ed25519::identity());
            let powers = Ed25519::powers(&p);
            for exponent in exponents() {
                let power = Ed25519::vartime_power_product(&[(p, exponent)]);
                assert_eq!(Ed25519::text(&power), text(&(dalek_p * exponent.0)));
                assert_eq!(Ed25519::reveal(&Ed25519::table_power(&powers, &exponent)), power);
                assert_eq!(Ed25519::reveal(&Ed25519::power(&p, &exponent)), power);
            }
        }
        for exponent in exponents() {
            let power = Ed25519::vartime_power_product(&[(Ed25519::generator(), exponent)]);
            assert_eq!(Ed25519::reveal(&Ed25519::generator_power(&exponent)), power);
        }
    }

    /// The hint of each member, and the members.
    fn hints() -> (Vec<Vec<u8>>, Vec<Element>) {
        let hint = |(element, _)| {
            let root = Ed25519::vartime_power_product(&[(element, Ed25519::hint_factor())]);
            let (hint, same) = Ed25519::hint(&root);
            assert_eq!(same, element);
            (hint, element)
        };
        members().into_iter().map(hint).unzip()
    }

    #[test]
    fn hints_stand_for_their_elements() {
        let (hints, elements) = hints();
        assert_eq!(Ed25519::vartime_from_hints(&hints.concat()), Some(elements));
        assert_eq!(Ed25519::vartime_from_hints(&[]), Some(Vec::new()));
        assert_eq!(Ed25519::vartime_from_hints(&hints.concat()[1..]), None);
    }

    #[test]
    fn hints_with_torsion_stand_for_the_same_elements() {
        let (hints, elements) = hints();
        let root = Point::from_uncompressed(hints[1][..].try_into().expect("64 bytes")).expect("a point");
        for torsion in EIGHT_TORSION {
            let mut root = root;
            root += &samples::ours(&torsion);
            assert_eq!(Ed25519::vartime_from_hints(&root.uncompressed()), Some(vec![elements[1]]));
        }
    }

    #[test]
    fn hints_that_are_no_points_are_refused() {
        let (hints, _) = hints();
        for index in [0, 31, 32, 63] {
            let mut hints = hints.clone();
            hints[3][index] ^= 2;
            assert_eq!(Ed25519::vartime_from_hints(&hints.concat()), None, "off the curve");
        }
        let mut zero_as_p = [0xff; 64];
        (zero_as_p[0], zero_as_p[31]) = (0xed, 0x7f);
        zero_as_p[32..].fill(0);
        zero_as_p[32] = 1;
        assert_eq!(Ed25519::vartime_from_hints(&zero_as_p), None, "not canonical");
    }
}
