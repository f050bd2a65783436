//! Lengths of time in bylaws, written like `48h`, `90s`, `7d`.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, from 1 second to 10 years, in whole seconds.
///
/// ```
/// use concerted_assembly::period::Period;
///
/// let notice: Period = "48h".parse()?;
/// assert_eq!(notice.ms(), 48 * 3600 * 1000);
/// assert_eq!(notice.to_string(), "48h");
/// assert!("0s".parse::<Period>().is_err());
/// # Ok::<(), concerted_assembly::period::PeriodError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Period(#[n(0)] u64);

/// The text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a whole number and s, m, h or d, from 1s to 3650d, like 48h")]
pub struct PeriodError;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const SECONDS_MAX: u64 = 3650 * 86_400;

impl Period {
    /// Whole hours.
    pub const fn hours(hours: u64) -> Self {
        Self(hours * 3_600)
    }

    /// Whole days.
    pub const fn days(days: u64) -> Self {
        Self(days * 86_400)
    }

    /// In milliseconds.
    pub const fn ms(self) -> u64 {
        self.0.saturating_mul(1000)
    }

    /// Whether it is within 1 second and 10 years; periods in received bylaws may
    /// not be.
    pub const fn in_range(self) -> bool {
        self.0 >= 1 && self.0 <= SECONDS_MAX
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let unit = text.chars().last().ok_or(PeriodError)?;
        let (_, seconds) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or(PeriodError)?;
        let digits = &text[..text.len() - unit.len_utf8()];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PeriodError);
        }
        let count: u64 = digits.parse().map_err(|_| PeriodError)?;
        let period = Self(count.checked_mul(*seconds).ok_or(PeriodError)?);
        if period.in_range() { Ok(period) } else { Err(PeriodError) }
    }
}

/// Up to two days in hours, more in days, as people say it.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit: u64| self.0.is_multiple_of(unit) && self.0 >= unit;
        let (letter, unit) = UNITS
            .into_iter()
            .find(|(letter, unit)| fits(*unit) && (*letter != 'd' || self.0 > 2 * 86_400))
            .unwrap_or(('s', 1));
        write!(f, "{}{letter}", self.0 / unit)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_as_people_say_them() {
        for (text, ms) in [("90s", 90_000), ("48h", 172_800_000), ("7d", 604_800_000), ("2m", 120_000)] {
            let period: Period = text.parse().expect(text);
            assert_eq!((period.ms(), period.to_string().as_str()), (ms, text));
        }
        assert_eq!("24h".parse(), Ok(Period::days(1)));
        for bad in ["", "h", "5", "-1h", "1.5h", "5w", "0s", "3651d", "99999999999999999999d", "5é"] {
            assert_eq!(bad.parse::<Period>(), Err(PeriodError), "{bad}");
        }
    }
}
