//! Points as bytes: compressed (RFC 8032, section 5.1.2), and uncompressed.
//!
//! Only the encodings that we would write ourselves are read: every coordinate
//! below p, and no negative zero. So two different encodings are never one point.

use super::field::FieldElement;
use super::point::Point;

impl Point {
    /// y, least significant byte first, with the sign of x in the highest bit; with few
    /// inversions for all.
    pub(super) fn compress(mut points: Vec<Self>) -> Vec<[u8; 32]> {
        Self::normalize(&mut points);
        let compress = |point: &Self| {
            let (x, y) = point.affine();
            let mut bytes = y.to_bytes();
            bytes[31] |= u8::from(x.is_negative()) << 7;
            bytes
        };
        points.iter().map(compress).collect()
    }

    /// The point that [`Point::compress`] writes as these bytes.
    pub(super) fn decompress(bytes: &[u8; 32]) -> Option<Self> {
        let mut y = *bytes;
        y[31] &= 0x7f;
        Self::from_y(FieldElement::from_bytes(&y)?, bytes[31] >> 7 == 1)
    }

    /// x and y, each least significant byte first.
    pub(super) fn uncompressed(mut self) -> [u8; 64] {
        Self::normalize(std::slice::from_mut(&mut self));
        let (x, y) = self.affine();
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&x.to_bytes());
        bytes[32..].copy_from_slice(&y.to_bytes());
        bytes
    }

    /// The point that [`Point::uncompressed`] writes as these bytes.
    pub(super) fn from_uncompressed(bytes: &[u8; 64]) -> Option<Self> {
        let (x, y) = (bytes.first_chunk()?, bytes.last_chunk()?);
        Self::from_affine(FieldElement::from_bytes(x)?, FieldElement::from_bytes(y)?)
    }
}

#[cfg(test)]
mod tests {
    use chacha20::rand_core::Rng;
    use curve25519_dalek::edwards::CompressedEdwardsY;

    use super::super::samples::{dalek, ours, points, rng, stretched};
    use super::*;

    #[test]
    fn compressed_points_are_those_of_dalek() {
        let encodings = Point::compress(points().iter().map(stretched).collect());
        for (point, bytes) in points().iter().zip(&encodings) {
            assert_eq!(*bytes, point.compress().to_bytes());
            assert!(Point::decompress(bytes) == Some(ours(point)));
        }
        assert!(Point::compress(Vec::new()).is_empty());
    }

    /// About half of all y are of some point.
    #[test]
    fn random_bytes_are_points_where_they_are_for_dalek() {
        let mut rng = rng();
        for _ in 0..200 {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            let point = Point::decompress(&bytes).as_ref().map(dalek);
            assert_eq!(point, CompressedEdwardsY(bytes).decompress());
        }
    }

    /// For dalek, some of these are points.
    #[test]
    fn other_encodings_of_points_are_refused() {
        for sign in [0, 0x80] {
            for above in 0..19 {
                let mut bytes = [0xff; 32];
                bytes[0] = 0xed + above;
                bytes[31] = 0x7f | sign;
                assert!(Point::decompress(&bytes).is_none(), "p + {above}");
            }
        }
        for y in [FieldElement::ONE, (-FieldElement::ONE).carry()] {
            let mut bytes = y.to_bytes();
            assert!(Point::decompress(&bytes).is_some());
            bytes[31] |= 0x80;
            assert!(Point::decompress(&bytes).is_none());
        }
    }

    #[test]
    fn uncompressed_points() {
        for point in &points() {
            let bytes = stretched(point).uncompressed();
            assert!(Point::from_uncompressed(&bytes) == Some(ours(point)));
            let mut compressed = point.compress().to_bytes();
            compressed[31] &= 0x7f;
            assert_eq!(bytes[32..], compressed);
            for index in [0, 31, 32, 63] {
                let mut bytes = bytes;
                bytes[index] ^= 2;
                assert!(Point::from_uncompressed(&bytes).is_none(), "off the curve");
            }
        }
    }

    #[test]
    fn other_uncompressed_encodings_are_refused() {
        const P: [u8; 32] = {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed;
            bytes[31] = 0x7f;
            bytes
        };
        let (mut one, mut p_and_1) = ([0; 32], P);
        one[0] += 1;
        p_and_1[0] += 1;
        let join = |x: [u8; 32], y: [u8; 32]| [x, y].concat().try_into().expect("64 bytes");
        assert!(Point::from_uncompressed(&join([0; 32], one)) == Some(Point::IDENTITY));
        assert!(Point::from_uncompressed(&join(P, one)).is_none());
        assert!(Point::from_uncompressed(&join([0; 32], p_and_1)).is_none());
    }
}
