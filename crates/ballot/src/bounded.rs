//! Lists that stop at a bound.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Reads a list, keeps at most `MAX` + 1 entries of it and skips the rest, so that
/// a list can be too long but never large. Whoever reads checks its length.
///
/// # Errors
/// Those of the format, and of an entry kept.
pub(crate) fn list<'de, const MAX: usize, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(List::<T, MAX>(PhantomData))
}

struct List<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while list.len() <= MAX {
            let Some(entry) = sequence.next_element()? else { return Ok(list) };
            list.push(entry);
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Short(#[serde(deserialize_with = "list::<2, _, _>")] Vec<u8>);

    #[test]
    fn one_entry_too_many_is_kept_and_no_more() {
        let read = |json| serde_json::from_str::<Short>(json).map(|short| short.0);
        assert_eq!(read("[1,2]").unwrap(), [1, 2]);
        assert_eq!(read("[1,2,3]").unwrap(), [1, 2, 3]);
        assert_eq!(read("[1,2,3,4,5]").unwrap(), [1, 2, 3]);
        assert!(read("[1,2,3,4,").is_err());
    }
}
