//! Canonical CBOR (RFC 8949, section 4.2.1): integer keys in ascending order,
//! shortest forms, definite lengths.
//!
//! There is exactly one accepted encoding of each value. Decoding reads the value,
//! encodes it again and compares, so unknown fields, other orders, longer forms and
//! trailing bytes are all refused. This tests the form only; signatures are checked
//! over the bytes as received.
//!
//! Nothing is allocated from a declared length: strings are borrowed from the
//! input, and lists grow by elements actually present. No accepted type nests in
//! itself, so depth is bounded by the types.

use minicbor::{Decode, Encode};

/// The bytes are not the one canonical encoding of an expected value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Longer than this kind of message may be.
    #[error("{length} bytes, but at most {max} are allowed")]
    TooLong {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not decodable as the expected type.
    #[error("not the expected CBOR structure")]
    Structure,
    /// Decodable, but not in canonical form, or with fields we do not know.
    #[error("not in canonical form")]
    NotCanonical,
}

/// The canonical encoding of `value`.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    minicbor::encode(value, &mut out).expect("writing to a Vec cannot fail");
    out
}

/// Decodes the one canonical encoding of a value; refuses more than `max` bytes
/// before looking at them.
pub fn decode<'b, T>(bytes: &'b [u8], max: usize) -> Result<T, Malformed>
where
    T: Decode<'b, ()> + Encode<()>,
{
    if bytes.len() > max {
        return Err(Malformed::TooLong { length: bytes.len(), max });
    }
    let value: T = minicbor::decode(bytes).map_err(|_| Malformed::Structure)?;
    if encode(&value) != bytes {
        return Err(Malformed::NotCanonical);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Encode, Decode)]
    #[cbor(map)]
    struct Pair {
        #[n(1)]
        a: u32,
        #[cbor(n(2), with = "minicbor::bytes")]
        b: Vec<u8>,
    }

    #[test]
    fn only_the_canonical_form_is_accepted() {
        let canonical = [0xa2, 0x01, 0x05, 0x02, 0x41, 0xff];
        assert_eq!(decode::<Pair>(&canonical, 64), Ok(Pair { a: 5, b: vec![0xff] }));
        let cases: [(&str, &[u8], Malformed); 7] = [
            ("keys out of order", &[0xa2, 0x02, 0x41, 0xff, 0x01, 0x05], Malformed::NotCanonical),
            ("long integer", &[0xa2, 0x01, 0x18, 0x05, 0x02, 0x41, 0xff], Malformed::NotCanonical),
            ("indefinite map", &[0xbf, 0x01, 0x05, 0x02, 0x41, 0xff, 0xff], Malformed::NotCanonical),
            ("unknown key", &[0xa3, 0x01, 0x05, 0x02, 0x41, 0xff, 0x03, 0x00], Malformed::NotCanonical),
            ("trailing byte", &[0xa2, 0x01, 0x05, 0x02, 0x41, 0xff, 0x00], Malformed::NotCanonical),
            ("repeated key", &[0xa3, 0x01, 0x05, 0x01, 0x05, 0x02, 0x41], Malformed::Structure),
            (
                "length beyond the input",
                &[0xa2, 0x01, 0x05, 0x02, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                Malformed::Structure,
            ),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(decode::<Pair>(bytes, 64), Err(expected), "{name}");
        }
    }

    #[test]
    fn deep_and_huge_input_costs_nothing() {
        let mut deep = vec![0xa1, 0x09];
        deep.extend(std::iter::repeat_n(0x81, 1_000_000));
        assert_eq!(decode::<Pair>(&deep, 2_000_000), Err(Malformed::Structure));
        assert_eq!(decode::<Pair>(&deep, 64), Err(Malformed::TooLong { length: 1_000_002, max: 64 }));
        let huge_array = [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(decode::<Vec<u64>>(&huge_array, 64), Err(Malformed::Structure));
    }
}
