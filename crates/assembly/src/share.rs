//! Shares and thresholds as exact fractions of whole numbers.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share of a number of people: a fraction from 0 to 1, like `1/3`.
///
/// ```
/// use concerted_assembly::share::Share;
///
/// let quorum: Share = "1/3".parse()?;
/// assert_eq!(quorum.at_least_of(10), 4);
/// # Ok::<(), concerted_assembly::share::ShareError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Share {
    #[n(0)]
    numerator: u32,
    #[n(1)]
    denominator: u32,
}

/// The text is no share or threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not a fraction.
    #[error("a share is a fraction from 0 to 1 of numbers up to 1000, like 1/3")]
    Share,
    /// Not a threshold.
    #[error("a threshold is \"more than\" or \"at least\" and a fraction, like \"more than 1/2\"")]
    Threshold,
}

impl Share {
    /// A constant fraction; the caller keeps it within 0 and 1.
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        Self { numerator, denominator }
    }

    /// Whether it is a fraction from 0 to 1 with terms up to 1000; received ones
    /// may not be.
    pub const fn in_range(self) -> bool {
        self.denominator >= 1 && self.denominator <= 1000 && self.numerator <= self.denominator
    }

    /// The smallest whole number that is at least this share of `count`.
    pub fn at_least_of(self, count: u64) -> u64 {
        let product = u128::from(count) * u128::from(self.numerator);
        u64::try_from(product.div_ceil(u128::from(self.denominator))).unwrap_or(u64::MAX)
    }

    /// The largest whole number that is at most this share of `count`.
    pub fn at_most_of(self, count: u64) -> u64 {
        let product = u128::from(count) * u128::from(self.numerator);
        u64::try_from(product / u128::from(self.denominator)).unwrap_or(u64::MAX)
    }

    /// Compares with one half: `Less`, `Equal` or `Greater`.
    pub fn cmp_half(self) -> std::cmp::Ordering {
        (2 * u64::from(self.numerator)).cmp(&u64::from(self.denominator))
    }

    /// The fraction's terms.
    pub const fn terms(self) -> (u32, u32) {
        (self.numerator, self.denominator)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let (numerator, denominator) = text.split_once('/').ok_or(ShareError::Share)?;
        let term = |text: &str| -> Result<u32, ShareError> {
            if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(ShareError::Share);
            }
            text.parse().map_err(|_| ShareError::Share)
        };
        let share = Self { numerator: term(numerator)?, denominator: term(denominator)? };
        if share.in_range() { Ok(share) } else { Err(ShareError::Share) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// More than, or at least, a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Threshold {
    /// Whether just the share is not enough.
    #[n(0)]
    more_than: bool,
    #[n(1)]
    share: Share,
}

impl Threshold {
    /// More than half.
    pub const MORE_THAN_HALF: Self = Self { more_than: true, share: Share::new(1, 2) };
    /// Two thirds or more.
    pub const TWO_THIRDS: Self = Self { more_than: false, share: Share::new(2, 3) };

    /// Whether nothing below one half, nor just one half, can pass.
    pub fn keeps_majority(self) -> bool {
        match self.share.cmp_half() {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => self.more_than,
            std::cmp::Ordering::Greater => true,
        }
    }

    /// Whether it can be passed at all.
    pub fn in_range(self) -> bool {
        self.share.in_range() && !(self.more_than && self.share.at_least_of(1000) == 1000)
    }

    /// "More than" (true) or "at least", and the share.
    pub const fn parts(self) -> (bool, Share) {
        (self.more_than, self.share)
    }
}

impl FromStr for Threshold {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let (more_than, share) = if let Some(share) = text.strip_prefix("more than ") {
            (true, share)
        } else if let Some(share) = text.strip_prefix("at least ") {
            (false, share)
        } else {
            return Err(ShareError::Threshold);
        };
        Ok(Self { more_than, share: share.parse()? })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if self.more_than { "more than" } else { "at least" };
        write!(f, "{words} {}", self.share)
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
            }
        }
    )*};
}
as_text!(Share, Threshold);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_to_whole_people() {
        let third: Share = "1/3".parse().expect("fraction");
        assert_eq!((third.at_least_of(10), third.at_most_of(10)), (4, 3));
        assert_eq!((third.at_least_of(9), third.at_most_of(9)), (3, 3));
        assert_eq!(third.at_least_of(0), 0);
        for bad in ["", "1", "1/0", "2/1", "-1/2", "1/1001", "1/2/3", "a/b", " 1/2"] {
            assert_eq!(bad.parse::<Share>(), Err(ShareError::Share), "{bad}");
        }
    }

    #[test]
    fn only_real_majorities_keep_the_majority() {
        for (text, keeps) in [
            ("more than 1/2", true),
            ("at least 1/2", false),
            ("at least 501/1000", true),
            ("more than 2/5", false),
            ("at least 2/3", true),
        ] {
            let threshold: Threshold = text.parse().expect(text);
            assert_eq!((threshold.keeps_majority(), threshold.to_string().as_str()), (keeps, text));
        }
        assert_eq!("half".parse::<Threshold>(), Err(ShareError::Threshold));
        assert!(!"more than 1/1".parse::<Threshold>().expect("well formed").in_range());
    }
}
