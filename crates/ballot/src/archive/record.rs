//! The header of a record: an old-style tar header of 512 bytes.
//!
//! | offset | field |
//! | --- | --- |
//! | 0 | name |
//! | 100, 108, 116 | mode `0000644`, owner and group `0000000` |
//! | 124 | size of the content in bytes, 11 octal digits |
//! | 136 | seconds since 1970, 11 octal digits |
//! | 148 | checksum, 6 octal digits, NUL, space: the sum of all bytes, these 8 taken as spaces |
//! | 156 | `0`, a plain file |
//!
//! All else is zero. The content follows, padded with zeros to a multiple of 512
//! bytes. There is exactly one way to write a header, and no other is accepted:
//! an archive has no room for anything that is not checked.

use crate::hash::{hex, parse_hex};

/// Bytes of a header, and what contents are padded to.
pub(super) const BLOCK: usize = 512;

/// What a record is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The first record.
    Archive,
    /// Data, by the SHA-256 of the content.
    Data([u8; 32]),
    /// An event, likewise.
    Event([u8; 32]),
}

/// A number that 11 octal digits can hold: below 2^33.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Octal(u64);

/// A header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Name,
    /// Of the content, in bytes, without the padding.
    pub(super) size: Octal,
    /// Seconds since 1970, the same in all records of an archive.
    pub(super) timestamp: Octal,
}

impl Header {
    /// The 512 bytes.
    pub(super) fn encode(&self) -> [u8; BLOCK] {
        let mut bytes = [0; BLOCK];
        let mut put = |at: usize, text: &[u8]| bytes[at..at + text.len()].copy_from_slice(text);
        match &self.name {
            Name::Archive => put(0, ARCHIVE),
            Name::Data(hash) => {
                put(0, hex(hash).as_bytes());
                put(64, DATA);
            }
            Name::Event(hash) => {
                put(0, hex(hash).as_bytes());
                put(64, EVENT);
            }
        }
        put(100, b"0000644");
        put(108, b"0000000");
        put(116, b"0000000");
        put(SIZE, &digits::<11>(self.size.0));
        put(TIMESTAMP, &digits::<11>(self.timestamp.0));
        put(CHECKSUM, b"        ");
        put(156, b"0");
        let sum = bytes.iter().map(|byte| u64::from(*byte)).sum();
        bytes[CHECKSUM..CHECKSUM + 6].copy_from_slice(&digits::<6>(sum));
        bytes[CHECKSUM + 6] = 0;
        bytes
    }

    /// The fields of 512 bytes; none unless they are exactly what
    /// [`Header::encode`] makes of these fields.
    pub(super) fn decode(bytes: &[u8; BLOCK]) -> Option<Self> {
        let header = Self {
            name: Name::parse(&bytes[..100])?,
            size: Octal::parse(&bytes[SIZE..SIZE + 11])?,
            timestamp: Octal::parse(&bytes[TIMESTAMP..TIMESTAMP + 11])?,
        };
        (header.encode() == *bytes).then_some(header)
    }
}

impl Name {
    /// Whether a file begins as an archive does.
    pub(super) fn opens_archive(bytes: &[u8]) -> bool {
        bytes.strip_prefix(ARCHIVE).is_some_and(|rest| rest.starts_with(&[0]))
    }

    fn parse(field: &[u8]) -> Option<Self> {
        let name = field.split(|byte| *byte == 0).next()?;
        if name == ARCHIVE {
            return Some(Self::Archive);
        }
        let (hash, kind) = name.split_at_checked(64)?;
        let hash = parse_hex(std::str::from_utf8(hash).ok()?)?;
        match kind {
            DATA => Some(Self::Data(hash)),
            EVENT => Some(Self::Event(hash)),
            _ => None,
        }
    }
}

impl Octal {
    /// None from 2^33 on.
    pub(super) fn new(value: u64) -> Option<Self> {
        (value < 1 << 33).then_some(Self(value))
    }

    pub(super) fn get(self) -> u64 {
        self.0
    }

    fn parse(digits: &[u8]) -> Option<Self> {
        digits
            .iter()
            .try_fold(0, |value, digit| match digit {
                b'0'..=b'7' => Some(value << 3 | u64::from(digit - b'0')),
                _ => None,
            })
            .and_then(Self::new)
    }
}

/// How many zeros follow a content.
pub(super) fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

fn digits<const N: usize>(value: u64) -> [u8; N] {
    std::array::from_fn(|index| b'0' + (value >> (3 * (N - 1 - index)) & 7) as u8)
}

const ARCHIVE: &[u8] = b"BELENIOS";
const DATA: &[u8] = b".data.json";
const EVENT: &[u8] = b".event.json";

const SIZE: usize = 124;
const TIMESTAMP: usize = 136;
const CHECKSUM: usize = 148;

#[cfg(test)]
mod tests {
    use super::super::forge::{SMALLEST, VECTORS, parts};
    use super::*;

    #[test]
    fn headers_are_as_the_reference_tool_writes_them() {
        for vector in VECTORS {
            let (timestamp, parts) = parts(vector);
            let mut offset = 0;
            for part in &parts {
                let [size, timestamp] =
                    [part.text.len() as u64, timestamp].map(|number| Octal::new(number).expect("small"));
                let header = Header { name: part.name, size, timestamp }.encode();
                assert_eq!(header, vector[offset..offset + BLOCK]);
                offset += BLOCK + part.text.len() + padding(size.get());
            }
            assert_eq!(offset, vector.len());
        }
    }

    #[test]
    fn the_first_header_to_the_byte() {
        let fields: &[(usize, &[u8])] = &[
            (0, b"BELENIOS"),
            (100, b"0000644\x000000000\x000000000\x00"),
            (124, b"00000000046\x00"),
            (136, b"15300610667\x00"),
            (148, b"005714\x00 0"),
        ];
        let mut expected = [0; BLOCK];
        for (at, field) in fields {
            expected[*at..at + field.len()].copy_from_slice(field);
        }
        let [size, timestamp] = [38, 1_795_363_255].map(|number| Octal::new(number).expect("small"));
        let header = Header { name: Name::Archive, size, timestamp };
        assert_eq!(header.encode(), expected);
        assert_eq!(Header::decode(&expected), Some(header));
        assert_eq!(expected, VECTORS[0][..BLOCK]);
    }

    #[test]
    fn no_other_header_is_accepted() {
        let sound: [u8; BLOCK] = *SMALLEST.first_chunk().expect("long enough");
        for at in 0..BLOCK {
            for byte in (0..=255).filter(|byte| *byte != sound[at]) {
                let mut header = sound;
                header[at] = byte;
                assert_eq!(Header::decode(&header), None, "byte {at}");
            }
        }
    }

    #[test]
    fn names_are_one_of_three() {
        let hash = "0123456789abcdef".repeat(4);
        let bytes = parse_hex(&hash).expect("hexadecimal");
        let parse = |text: &str| Name::parse(text.as_bytes());
        assert_eq!(parse("BELENIOS\0"), Some(Name::Archive));
        assert_eq!(parse(&format!("{hash}.data.json\0")), Some(Name::Data(bytes)));
        assert_eq!(parse(&format!("{hash}.event.json\0")), Some(Name::Event(bytes)));
        let upper = hash.to_uppercase();
        for name in ["", "BELENIOS2", &hash, &format!("{hash}.json"), &format!("{upper}.data.json")] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn octal_numbers_end_at_eleven_digits() {
        assert_eq!(digits::<11>((1 << 33) - 1), *b"77777777777");
        assert!(Octal::new((1 << 33) - 1).is_some());
        assert!(Octal::new(1 << 33).is_none());
    }
}
