//! Weights and counts in JSON.
//!
//! Belenios writes a JSON number up to 2^30 - 1, and a string of decimal digits
//! above, so that one array of counts can hold both (BELENIOS.md, section 1).

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest that is written as a JSON number.
const PLAIN_MAX: u64 = (1 << 30) - 1;

/// A weight, or a count of votes.
///
/// Read as strictly as files are that are hashed as they are received: a string
/// is taken for a small number too, but digits are canonical, and a JSON number is
/// never above 2^30 - 1. Written in the one form that Belenios writes.
///
/// ```
/// use concerted_ballot::number::Number;
///
/// let counts: Vec<Number> = serde_json::from_str(r#"[165,"2000000161"]"#).unwrap();
/// assert_eq!(counts, [Number(165), Number(2_000_000_161)]);
/// assert_eq!(serde_json::to_string(&counts).unwrap(), r#"[165,"2000000161"]"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

/// The number of its decimal digits: none unless they are canonical and it fits
/// 64 bits.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical =
        text.bytes().all(|digit| digit.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 <= PLAIN_MAX { serializer.serialize_u64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from 0 to {PLAIN_MAX}, or a string of decimal digits")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        if value <= PLAIN_MAX {
            Ok(Number(value))
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        match parse_decimal(text) {
            Some(value) => Ok(Number(value)),
            None => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(json: &str) -> Option<u64> {
        serde_json::from_str(json).ok().map(|Number(value)| value)
    }

    #[test]
    fn numbers_have_one_written_form() {
        let forms = [
            (0, "0"),
            (1, "1"),
            (1_073_741_823, "1073741823"),
            (1_073_741_824, "\"1073741824\""),
            (2_000_000_000, "\"2000000000\""),
            (u64::MAX, "\"18446744073709551615\""),
        ];
        for (value, json) in forms {
            assert_eq!(serde_json::to_string(&Number(value)).expect("a number"), json);
            assert_eq!(parse(json), Some(value));
        }
    }

    #[test]
    fn small_numbers_are_read_as_strings_too() {
        for (json, value) in [("\"0\"", 0), ("\"17\"", 17), ("\"1073741823\"", 1_073_741_823)] {
            assert_eq!(parse(json), Some(value));
        }
    }

    #[test]
    fn all_else_is_refused() {
        let refused = [
            "-1",
            "-0",
            "1.0",
            "1.5",
            "1e3",
            "01",
            "1073741824",
            "18446744073709551616",
            "\"\"",
            "\"-1\"",
            "\"+1\"",
            "\"01\"",
            "\"00\"",
            "\" 1\"",
            "\"1 \"",
            "\"0x10\"",
            "\"1_000\"",
            "\"1.0\"",
            "\"18446744073709551616\"",
            "\"\u{661}\"",
            "null",
            "true",
            "[1]",
            "{}",
        ];
        for json in refused {
            assert_eq!(parse(json), None, "{json}");
        }
    }

    #[test]
    fn a_result_mixes_both_forms() {
        #[derive(Serialize, Deserialize)]
        struct Result {
            result: Vec<Vec<Number>>,
        }

        let texts = [
            include_str!(
                "../tests/vectors/belenios/tool-2.0-BELENIOS-2048/b-threshold-weights-20/private/result.json"
            ),
            include_str!(
                "../tests/vectors/belenios/tool-3.0-Ed25519/b-threshold-weights-20/private/result.json"
            ),
        ];
        for text in texts {
            let parsed: Result = serde_json::from_str(text).expect("a result");
            assert_eq!(parsed.result[0].as_slice(), [165, 2_000_000_161, 241, 276].map(Number));
            assert_eq!(serde_json::to_string(&parsed).expect("a result"), text.trim());
        }
    }

    proptest! {
        #[test]
        fn any_number_comes_back(value: u64) {
            prop_assert_eq!(parse(&serde_json::to_string(&Number(value)).expect("a number")), Some(value));
        }
    }
}
