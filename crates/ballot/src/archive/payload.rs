//! The small objects that some events name, and that name data in turn.
//!
//! They need only parse: unlike events they are hashed as they were received, so
//! there is nothing to gain from a second text for the same names.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::hash::{hex, parse_hex};

/// A hash as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HexHash(pub(super) [u8; 32]);

/// What the set-up consists of.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetupNames {
    pub(super) election: HexHash,
    pub(super) trustees: HexHash,
    pub(super) credentials: HexHash,
}

/// An encrypted tally, with the numbers of what it counts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SizedTally {
    pub(super) num_tallied: u64,
    #[serde(with = "weight")]
    pub(super) total_weight: u64,
    pub(super) encrypted_tally: HexHash,
}

/// Something made by a trustee, counted from 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owned {
    pub(super) owner: u64,
    pub(super) payload: HexHash,
}

/// The compact text.
pub(super) fn to_text(names: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(names).expect("numbers and strings have a text")
}

impl Serialize for HexHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed, as a text with escapes is no hash anyway.
        let text = <&str>::deserialize(deserializer)?;
        parse_hex(text).map(Self).ok_or_else(|| de::Error::custom("not a hash"))
    }
}

/// A weight: a number up to 2^30 - 1, a string of digits above.
mod weight {
    use super::*;

    const NUMBER_MAX: u64 = (1 << 30) - 1;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form<'a> {
        Number(u64),
        Text(&'a str),
    }

    pub(super) fn serialize<S: Serializer>(weight: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        if *weight <= NUMBER_MAX {
            serializer.serialize_u64(*weight)
        } else {
            serializer.serialize_str(&weight.to_string())
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let weight = match Form::deserialize(deserializer)? {
            Form::Number(number) => Some(number).filter(|number| *number <= NUMBER_MAX),
            Form::Text(text) => {
                text.parse().ok().filter(|number: &u64| *number > NUMBER_MAX && number.to_string() == text)
            }
        };
        weight.ok_or_else(|| de::Error::custom("not a weight"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_numbers_then_strings() {
        let hash = hex(&[0xab; 32]);
        let text = |weight: &str| {
            format!(r#"{{"num_tallied":5,"total_weight":{weight},"encrypted_tally":"{hash}"}}"#)
        };
        let sound = [
            ("0", 0),
            ("5", 5),
            ("1073741823", 1_073_741_823),
            ("\"1073741824\"", 1_073_741_824),
            ("\"18446744073709551615\"", u64::MAX),
        ];
        for (weight, number) in sound {
            let tally: SizedTally = serde_json::from_str(&text(weight)).expect("sound");
            assert_eq!(tally.total_weight, number);
            assert_eq!(to_text(&tally), text(weight).as_bytes());
        }
        let unsound = [
            "1073741824",
            "\"1073741823\"",
            "\"01073741824\"",
            "\"+1073741824\"",
            "\"\"",
            "-1",
            "1.0",
            "null",
        ];
        for weight in unsound {
            assert!(serde_json::from_str::<SizedTally>(&text(weight)).is_err(), "{weight}");
        }
    }
}
