//! The public list of credentials: who may vote, as keys without names.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use crate::check::{Check, Failure, Place};
use crate::group::Group;
use crate::number::parse_decimal;

/// The most entries that a list may have.
pub const COUNT_MAX: usize = 2_000_000;

/// The largest sum of all weights.
pub const TOTAL_WEIGHT_MAX: u64 = 1 << 53;

/// The public credentials of an election, with their weights.
///
/// As a file: a JSON array of strings, each `<element>` or `<element>,<weight>`,
/// in any order (BELENIOS.md, section 3).
///
/// Invariants:
/// - no text is there twice, so that no element is, once each text is known to be
///   the canonical one of an element ([`CredentialList::check_element`]);
/// - the weights sum up to at most [`TOTAL_WEIGHT_MAX`].
///
/// A million entries of Ed25519 take 92 MB: they are kept as text, with 28 bytes
/// beside each.
pub struct CredentialList<G> {
    /// The elements' texts, one after the other.
    texts: String,
    /// Where each ends.
    ends: Vec<u32>,
    weights: Vec<u64>,
    total_weight: u64,
    /// Hash of a text, and its index; sorted. A hash may stand for several texts,
    /// so it only says where to look.
    by_hash: Vec<(u64, u32)>,
    group: PhantomData<G>,
}

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The public credential, as it stands in the list and in ballots.
    pub text: &'a str,
    /// By how much its vote counts; 1 unless the list says otherwise. May be 0.
    pub weight: u64,
}

impl<G: Group> CredentialList<G> {
    /// A list of public credentials with their weights, for an election that is
    /// being made. It is sorted, so that its order tells nothing about who holds
    /// which credential.
    ///
    /// # Errors
    /// As [`CredentialList::parse`]; a credential is counted as in `entries`.
    pub fn new(entries: &[(G::Element, u64)]) -> Result<Self, Failure> {
        if let Some(index) = entries.iter().position(|(element, _)| *element == G::identity()) {
            return Err(Check::CredentialElement.at(Place::Credential(index + 1)));
        }
        let (elements, weights): (Vec<G::Element>, Vec<u64>) = entries.iter().copied().unzip();
        let texts = G::texts(&elements);
        let mut entries: Vec<Entry<'_>> =
            texts.iter().zip(weights).map(|(text, weight)| Entry { text, weight }).collect();
        Self::of(&entries)?;
        entries.sort_unstable_by_key(|entry| entry.text);
        Self::of(&entries)
    }

    /// Reads the file form and checks everything.
    ///
    /// # Errors
    /// As [`CredentialList::parse_form`], and [`Check::CredentialElement`].
    pub fn parse(json: &str) -> Result<Self, Failure> {
        let list = Self::parse_form(json)?;
        (0..list.len()).try_for_each(|index| list.check_element(index).map(drop))?;
        Ok(list)
    }

    /// Reads the file form, without a look at what the elements are: whoever uses
    /// one checks it with [`CredentialList::check_element`], or in another way that
    /// accepts canonical texts only.
    ///
    /// # Errors
    /// [`Check::CredentialsForm`], [`Check::CredentialOnce`] at the later of two,
    /// or [`Check::Bounds`].
    pub fn parse_form(json: &str) -> Result<Self, Failure> {
        let mut list = Self { texts: String::with_capacity(json.len()), ..Self::empty() };
        let mut failure = None;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer
            .deserialize_seq(ListVisitor { list: &mut list, failure: &mut failure })
            .and_then(|()| deserializer.end())
            // B-026
            .map_err(|_| failure.unwrap_or(Check::CredentialsForm.at(Place::Credentials)))?;
        list.index()?;
        Ok(list)
    }

    /// The file form, with a weight where it is not 1.
    pub fn to_json(&self) -> String {
        let mut json = Vec::with_capacity(self.texts.len() + 4 * self.len());
        serde_json::Serializer::new(&mut json)
            .collect_seq(self.entries().map(|Entry { text, weight }| match weight {
                1 => Cow::Borrowed(text),
                _ => Cow::Owned(format!("{text},{weight}")),
            }))
            .expect("strings, into memory");
        String::from_utf8(json).expect("JSON")
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nobody may vote.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The sum of all weights, and so the largest count there can be.
    pub fn total_weight(&self) -> u64 {
        self.total_weight
    }

    /// All entries, in the order of the list.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).map(|index| self.entry(index))
    }

    /// The entry at `index`, counted from 0.
    ///
    /// # Panics
    /// If `index` is not below [`CredentialList::len`].
    pub fn entry(&self, index: usize) -> Entry<'_> {
        Entry { text: self.text(index), weight: self.weights[index] }
    }

    /// The index of the entry with this text.
    pub fn find(&self, text: &str) -> Option<usize> {
        let hash = hash(text);
        let first = self.by_hash.partition_point(|entry| entry.0 < hash);
        let same_hash = self.by_hash[first..].iter().take_while(|entry| entry.0 == hash);
        same_hash.map(|entry| entry.1 as usize).find(|&index| self.text(index) == text)
    }

    /// The element of the entry at `index`, counted from 0.
    ///
    /// # Errors
    /// [`Check::CredentialElement`], if it is the identity or not in the group.
    ///
    /// # Panics
    /// If `index` is not below [`CredentialList::len`].
    pub fn check_element(&self, index: usize) -> Result<G::Element, Failure> {
        // B-027
        G::parse(self.text(index))
            .filter(|element| *element != G::identity())
            .ok_or(Check::CredentialElement.at(Place::Credential(index + 1)))
    }

    fn empty() -> Self {
        Self {
            texts: String::new(),
            ends: Vec::new(),
            weights: Vec::new(),
            total_weight: 0,
            by_hash: Vec::new(),
            group: PhantomData,
        }
    }

    fn of(entries: &[Entry<'_>]) -> Result<Self, Failure> {
        let mut list = Self::empty();
        entries.iter().try_for_each(|entry| list.push(*entry))?;
        list.index()?;
        Ok(list)
    }

    fn push(&mut self, entry: Entry<'_>) -> Result<(), Failure> {
        // B-009
        let bounds = || Check::Bounds.at(Place::Credentials);
        if self.len() == COUNT_MAX {
            return Err(bounds());
        }
        let total_weight = self.total_weight.checked_add(entry.weight).ok_or_else(bounds)?;
        if total_weight > TOTAL_WEIGHT_MAX {
            return Err(bounds());
        }
        let end = u32::try_from(self.texts.len() + entry.text.len()).map_err(|_| bounds())?;
        self.texts.push_str(entry.text);
        self.ends.push(end);
        self.weights.push(entry.weight);
        self.total_weight = total_weight;
        Ok(())
    }

    /// Makes the index of all texts, and refuses a text that is there twice.
    fn index(&mut self) -> Result<(), Failure> {
        let texts = (0..self.len()).map(|index| self.text(index));
        let mut by_hash: Vec<(u64, u32)> = texts.map(hash).zip(0..).collect();
        let text = |entry: &(u64, u32)| self.text(entry.1 as usize);
        by_hash.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| text(a).cmp(text(b))).then_with(|| a.1.cmp(&b.1))
        });
        let again = by_hash
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0 && text(&pair[0]) == text(&pair[1]))
            .map(|pair| pair[1].1)
            .min();
        // B-028
        if let Some(index) = again {
            return Err(Check::CredentialOnce.at(Place::Credential(index as usize + 1)));
        }
        self.by_hash = by_hash;
        Ok(())
    }

    fn text(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[start as usize..self.ends[index] as usize]
    }
}

impl<G> fmt::Debug for CredentialList<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialList of {}", self.ends.len())
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Reads one string after the other into the list, so that the list is all that
/// takes memory.
struct ListVisitor<'a, G> {
    list: &'a mut CredentialList<G>,
    failure: &'a mut Option<Failure>,
}

/// Borrowed unless it has escapes.
#[derive(Deserialize)]
struct JsonString<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, G: Group> Visitor<'de> for ListVisitor<'_, G> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of credentials")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut strings: A) -> Result<(), A::Error> {
        while let Some(JsonString(string)) = strings.next_element()? {
            // B-026
            let form = Check::CredentialsForm.at(Place::Credential(self.list.len() + 1));
            let pushed = parse_entry(&string).ok_or(form).and_then(|entry| self.list.push(entry));
            if let Err(failure) = pushed {
                *self.failure = Some(failure);
                return Err(A::Error::custom("the failure is told apart"));
            }
        }
        Ok(())
    }
}

fn parse_entry(string: &str) -> Option<Entry<'_>> {
    let (text, weight) = match string.split_once(',') {
        Some((text, weight)) => (text, parse_decimal(weight)?),
        None => (string, 1),
    };
    (!text.is_empty()).then_some(Entry { text, weight })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::group::{Belenios2048, Ed25519};

    fn element<G: Group>(exponent: u64) -> G::Element {
        G::vartime_power_product(&[(G::generator(), exponent.into())])
    }

    fn failure(json: &str) -> Option<Failure> {
        CredentialList::<Ed25519>::parse_form(json).err()
    }

    #[test]
    fn lists_of_belenios_are_read() {
        let file = r#"["1","4178","00,0","99,2000000000","77,1"]"#;
        let list = CredentialList::<Ed25519>::parse_form(file).expect("a list");
        let expected = [("1", 1), ("4178", 1), ("00", 0), ("99", 2_000_000_000), ("77", 1)];
        assert!(list.entries().eq(expected.map(|(text, weight)| Entry { text, weight })));
        assert_eq!(list.total_weight(), 2_000_000_003);
        for (index, (text, _)) in expected.into_iter().enumerate() {
            assert_eq!(list.find(text), Some(index));
        }
        for text in ["", "0", "001", "77,1"] {
            assert_eq!(list.find(text), None);
        }
        assert_eq!(list.to_json(), r#"["1","4178","00,0","99,2000000000","77"]"#);
    }

    #[test]
    fn white_space_and_escapes_are_read_as_json_has_them() {
        let list = CredentialList::<Ed25519>::parse_form(" [ \"\\u0031,2\" ,\n\"3\" ] \n").expect("a list");
        assert_eq!(list.to_json(), r#"["1,2","3"]"#);
        assert!(CredentialList::<Ed25519>::parse_form("[]").expect("a list").is_empty());
    }

    #[test]
    fn credentials_form() {
        for json in ["", "{}", "[", "[\"1\"", "[\"1\"] x", "[\"1\",]", "[1]", "[null]", "[[\"1\"]]", "\"1\""]
        {
            assert_eq!(failure(json), Some(Check::CredentialsForm.at(Place::Credentials)), "{json}");
        }
        for entry in [
            "",
            ",1",
            "2,",
            "2,,voter",
            "2,1,voter",
            "2,-1",
            "2,01",
            "2,+1",
            "2, 1",
            "2,1.0",
            "2,99999999999999999999",
        ] {
            let json = format!(r#"["1","{entry}","x"]"#);
            assert_eq!(failure(&json), Some(Check::CredentialsForm.at(Place::Credential(2))), "{json}");
        }
    }

    #[test]
    fn credential_once() {
        let third = Some(Check::CredentialOnce.at(Place::Credential(3)));
        assert_eq!(failure(r#"["1","2","1"]"#), third);
        assert_eq!(failure(r#"["1","2","1,5","2","1"]"#), third);
        assert_eq!(failure(r#"["1,4","2","\u0031","2"]"#), third);
        assert_eq!(failure(r#"["1","2","11"]"#), None);
    }

    #[test]
    fn bounds_of_weights() {
        let bounds = Some(Check::Bounds.at(Place::Credentials));
        assert_eq!(failure(r#"["1,9007199254740991","2"]"#), None);
        assert_eq!(failure(r#"["1,9007199254740991","2,2"]"#), bounds);
        assert_eq!(failure(r#"["1","2,18446744073709551615"]"#), bounds);
    }

    #[test]
    fn bounds_of_the_number_of_entries() {
        let list = |count: usize| {
            let entries: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            CredentialList::<Ed25519>::parse_form(&serde_json::to_string(&entries).expect("strings"))
        };
        let full = list(COUNT_MAX).expect("just not too long");
        assert_eq!(full.find("1999999"), Some(1_999_999));
        assert_eq!(list(COUNT_MAX + 1).err(), Some(Check::Bounds.at(Place::Credentials)));
    }

    fn check_elements<G: Group>(refused: &[&str]) {
        let member = G::text(&element::<G>(5));
        let list = CredentialList::<G>::parse(&format!(r#"["{member},3"]"#)).expect("a list");
        assert_eq!(list.check_element(0), Ok(element::<G>(5)));
        for &text in refused {
            let json = format!(r#"["{member}","{text}"]"#);
            let failure = Check::CredentialElement.at(Place::Credential(2));
            assert_eq!(CredentialList::<G>::parse(&json).err(), Some(failure.clone()), "{text}");
            let list = CredentialList::<G>::parse_form(&json).expect("a list");
            assert_eq!(list.check_element(1), Err(failure));
        }
    }

    #[test]
    fn credential_element() {
        let zeros = "0".repeat(63);
        // The identity, a point of order 4, what is no point, and what is not canonical.
        let ed25519 = [&format!("{zeros}1"), &format!("{zeros}0"), &format!("{zeros}2"), "1", "\u{e9}"];
        check_elements::<Ed25519>(&ed25519);
        check_elements::<Belenios2048>(&["1", "0", "2", "01", "x"]);
    }

    fn check_new<G: Group>() {
        let entries: Vec<(G::Element, u64)> = (1..20).map(|number| (element::<G>(number), number)).collect();
        let list = CredentialList::<G>::new(&entries).expect("a list");
        assert!(list.entries().map(|entry| entry.text).is_sorted());
        assert_eq!(list.total_weight(), 190);
        for (element, weight) in &entries {
            let index = list.find(&G::text(element)).expect("listed");
            assert_eq!(list.entry(index).weight, *weight);
        }
        let read = CredentialList::<G>::parse(&list.to_json()).expect("a list");
        assert!(read.entries().eq(list.entries()));

        let mut identity = entries.clone();
        identity[7].0 = G::identity();
        let failure = Check::CredentialElement.at(Place::Credential(8));
        assert_eq!(CredentialList::<G>::new(&identity).err(), Some(failure));
        let mut twice = entries;
        twice[9] = twice[3];
        let failure = Check::CredentialOnce.at(Place::Credential(10));
        assert_eq!(CredentialList::<G>::new(&twice).err(), Some(failure));
    }

    #[test]
    fn lists_are_made_of_elements() {
        check_new::<Ed25519>();
        check_new::<Belenios2048>();
    }

    proptest! {
        #[test]
        fn any_list_comes_back(entries in proptest::collection::btree_map("[0-9a-f]{1,8}", 0u64..1000, 0..50)) {
            let json: Vec<String> = entries.iter().map(|(text, weight)| format!("{text},{weight}")).collect();
            let json = serde_json::to_string(&json).expect("strings");
            let list = CredentialList::<Ed25519>::parse_form(&json).expect("a list");
            let read = CredentialList::<Ed25519>::parse_form(&list.to_json()).expect("a list");
            prop_assert!(list.entries().eq(read.entries()));
            let expected = entries.iter().map(|(text, &weight)| Entry { text, weight });
            prop_assert!(list.entries().eq(expected));
            for (index, text) in entries.keys().enumerate() {
                prop_assert_eq!(read.find(text), Some(index));
            }
        }
    }
}
