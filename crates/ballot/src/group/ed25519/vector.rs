//! The commitments of one ballot by curve25519-dalek, on processors with AVX-512
//! IFMA, where its doublings are so fast that sharing them does not pay.
//!
//! Compiled in where dalek is told to use those instructions if they are there
//! (`.cargo/config.toml`); otherwise, and on other processors, the commitments come
//! from [`super::evaluate`]. Both give the same.

use curve25519_dalek::Scalar;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint, VartimeEdwardsPrecomputation};
use curve25519_dalek::traits::{Identity, VartimePrecomputedMultiscalarMul};

use super::point::Point;
use super::scalar::Ed25519Scalar;
use super::{Element, bytes_of_text, text_of_bytes, to_dalek};
use crate::group::{Equation, Evaluation, Points};

/// Whether this processor has the instructions.
pub(super) fn is_supported() -> bool {
    std::arch::is_x86_feature_detected!("avx512ifma") && std::arch::is_x86_feature_detected!("avx512vl")
}

/// Tables for the generator and the election key.
pub(super) struct VectorBases(VartimeEdwardsPrecomputation);

impl VectorBases {
    pub(super) fn new(key: &Element) -> Self {
        let generator = curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
        Self(VartimeEdwardsPrecomputation::new([generator, to_dalek(key)]))
    }

    /// [`crate::Group::vartime_evaluate`].
    pub(super) fn evaluate(
        &self,
        points: &Points<'_>,
        equations: &[Equation<Ed25519Scalar>],
    ) -> Result<Evaluation<super::Ed25519>, usize> {
        let mut given = Vec::with_capacity(points.given.len());
        let mut all = Vec::with_capacity(points.given.len() + points.products.len());
        for (index, text) in points.given.iter().enumerate() {
            let (element, point) = parse(text).ok_or(index)?;
            given.push(element);
            all.push(point);
        }
        for factors in &points.products {
            let product =
                factors.iter().fold(EdwardsPoint::identity(), |product, factor| product + all[*factor]);
            all.push(product);
        }
        let mut results = all[points.given.len()..].to_vec();
        results.extend(equations.iter().map(|equation| self.commitment(&all, equation)));
        let encodings = EdwardsPoint::compress_batch_alloc(&results);
        let mut products: Vec<String> =
            encodings.iter().map(|encoding| text_of_bytes(encoding.to_bytes())).collect();
        let commitments = products.split_off(points.products.len());
        Ok(Evaluation { given, products, commitments })
    }

    fn commitment(&self, points: &[EdwardsPoint], equation: &Equation<Ed25519Scalar>) -> EdwardsPoint {
        let Equation { generator, key, point, exponent } = equation;
        self.0.vartime_mixed_multiscalar_mul([generator.0, key.0], [exponent.0], [points[*point]])
    }
}

/// The element of a canonical text, if it is in the subgroup. Dalek would read texts
/// that are not canonical.
fn parse(text: &str) -> Option<(Element, EdwardsPoint)> {
    let bytes = bytes_of_text(text)?;
    let element = Element(Point::decompress(&bytes)?);
    let point = CompressedEdwardsY(bytes).decompress()?;
    // (l - 1)·P = -P. The exponent is taken as a number, not modulo the order of P.
    let times = EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, &point, &Scalar::ZERO);
    (times == -point).then_some((element, point))
}
