//! Points and exponents of every kind that is treated apart, for tests; from a fixed
//! seed. The reference is curve25519-dalek.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};

use super::point::Point;
use super::scalar::Ed25519Scalar;
use super::{Ed25519, Element};
use crate::group::{Group, Scalar};
use crate::hash::hex;

pub(super) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

/// The 8 points of small order, the identity first; some of the subgroup; and sums of
/// both.
pub(super) fn points() -> Vec<EdwardsPoint> {
    let mut rng = rng();
    let members = [(); 4].map(|()| EdwardsPoint::mul_base(&Ed25519Scalar::random(&mut rng).0));
    let mut points = EIGHT_TORSION.to_vec();
    points.extend(members);
    points.extend(EIGHT_TORSION[1..].iter().map(|torsion| members[0] + torsion));
    points
}

/// Those in the subgroup, as elements and as dalek has them.
pub(super) fn members() -> Vec<(Element, EdwardsPoint)> {
    let members = points().into_iter().filter(EdwardsPoint::is_torsion_free);
    members.map(|point| (Ed25519::reveal(&point), point)).collect()
}

/// The text of a point as dalek has it.
pub(super) fn text(point: &EdwardsPoint) -> String {
    let mut bytes = point.compress().to_bytes();
    bytes.reverse();
    hex(&bytes)
}

/// Zero, one, minus one, some that are at most, just above or far below 2^128, and
/// others.
pub(super) fn exponents() -> Vec<Ed25519Scalar> {
    let mut rng = rng();
    let two_64 = Ed25519Scalar::from(1 << 32) * Ed25519Scalar::from(1 << 32);
    let two_128 = two_64 * two_64;
    let (zero, one) = (Ed25519Scalar::ZERO, Ed25519Scalar::ONE);
    let mut exponents = vec![zero, one, -one, -one - one, two_64, two_128 - one, two_128];
    exponents.extend([2, 3, 8, 15, 16, 17, 63, 64, 65, 1 << 63].map(Ed25519Scalar::from));
    exponents.extend((0..5).map(|_| short(&mut rng)));
    exponents.extend((0..15).map(|_| Ed25519Scalar::random(&mut rng)));
    exponents
}

/// Below 2^128.
pub(super) fn short(rng: &mut ChaCha20Rng) -> Ed25519Scalar {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes[16..]);
    Ed25519Scalar::from_hash(&bytes)
}

pub(super) fn ours(point: &EdwardsPoint) -> Point {
    Point::decompress(&point.compress().to_bytes()).expect("dalek's points are ours")
}

/// The same, with another Z.
pub(super) fn stretched(point: &EdwardsPoint) -> Point {
    let mut stretched = ours(point);
    stretched += &Point::GENERATOR;
    stretched -= &Point::GENERATOR;
    stretched
}

pub(super) fn dalek(point: &Point) -> EdwardsPoint {
    CompressedEdwardsY(Point::compress(vec![*point])[0]).decompress().expect("our points are dalek's")
}
