//! Names that members and bodies go by.

use std::fmt;

use minicbor::{Decode, Decoder, Encode};

/// A nickname or a body's name: 1 to 40 visible characters, no control characters
/// and no direction marks, no space at either end (R-020).
///
/// ```
/// use concerted_assembly::nickname::Name;
///
/// let robin = Name::new(" Robin ").expect("visible characters");
/// assert_eq!(robin.as_str(), "Robin");
/// assert!(robin.looks_like(&Name::new("ROB in").expect("visible characters")));
/// assert!(Name::new("Rob\u{200b}in").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode)]
#[cbor(transparent)]
pub struct Name(#[n(0)] String);

/// How decoding says that a text is no name.
pub(crate) const NOT_A_NAME: &str = "not a name";

/// The text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 40 visible characters, and no hidden ones")]
pub struct NameError;

impl Name {
    /// Longest name in characters.
    pub const CHARS_MAX: usize = 40;

    /// Checks a name as it was typed; spaces at the ends are dropped.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let count = text.chars().count();
        let visible = text.chars().all(|c| !c.is_control() && !is_hidden(c));
        if count == 0 || count > Self::CHARS_MAX || !visible || text.chars().all(char::is_whitespace) {
            return Err(NameError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both would look the same to someone in a hurry: compared without
    /// regard to case and spaces.
    pub fn looks_like(&self, other: &Self) -> bool {
        let fold = |name: &Self| -> String {
            name.0.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
        };
        fold(self) == fold(other)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'b, C> Decode<'b, C> for Name {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let text = d.str()?;
        let name = Self::new(text).ok().filter(|name| name.0 == text);
        name.ok_or_else(|| minicbor::decode::Error::message(NOT_A_NAME))
    }
}

/// Direction marks, joiners and other characters that change what is seen without
/// being seen. The joiners U+200C and U+200D are allowed: Persian and Indic
/// scripts are written with them.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_they_seem() {
        for good in ["Robin", " Robin ", "نور", "Ana María", "夜", "a", &"x".repeat(40)] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "   ", "a\nb", "a\u{202e}b", "\u{200b}", &"x".repeat(41), "a\u{feff}"] {
            assert_eq!(Name::new(bad), Err(NameError), "{bad:?}");
        }
        let name = |text| Name::new(text).expect("a name");
        assert!(name("Robin").looks_like(&name("ro bin")));
        assert!(!name("Robin").looks_like(&name("Robyn")));
    }
}
