//! Edits that a fuzzer's input describes.

use std::ops::Range;

/// What is left of an input. At its end it yields zeros.
pub(crate) struct Program<'a>(pub(crate) &'a [u8]);

/// Texts in place of others.
const SPECIAL: [&str; 16] = [
    r#""0100000000000000000000000000000000000000000000000000000000000000""#,
    r#""0000000000000000000000000000000000000000000000000000000000000000""#,
    r#""ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f""#,
    r#""eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f""#,
    r#""5866666666666666666666666666666666666666666666666666666666666666""#,
    r#""7237005577332262213973186563042994240857116359379907606001950938285454250989""#,
    r#""7237005577332262213973186563042994240857116359379907606001950938285454250988""#,
    r#""0""#,
    r#""1""#,
    r#""""#,
    "0",
    "1",
    "18446744073709551615",
    "null",
    "true",
    "[]",
];

impl Program<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    pub(crate) fn number(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// An index below a length; none if that is 0.
    pub(crate) fn index(&mut self, length: usize) -> Option<usize> {
        self.number().checked_rem(length)
    }

    /// Up to 15 bytes.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        (0..self.byte() % 16).map(|_| self.byte()).collect()
    }

    /// A string or number in some JSON, and another one in its place: a special one, one that follows it, as
    /// beta follows alpha, or any of some other text.
    pub(crate) fn token(&mut self, text: &[u8], elsewhere: &[&[u8]]) -> Option<(Range<usize>, Vec<u8>)> {
        let found = tokens(text);
        let index = self.index(found.len())?;
        let choice = self.byte();
        let replacement = match choice % 4 {
            0 => SPECIAL[usize::from(choice / 4) % SPECIAL.len()].as_bytes(),
            1 => &text[found.get(index + 1 + usize::from(choice / 4) % 8)?.clone()],
            _ => {
                let other = elsewhere[self.index(elsewhere.len())?];
                let found = tokens(other);
                &other[found[self.index(found.len())?].clone()]
            }
        };
        Some((found[index].clone(), replacement.to_vec()))
    }
}

/// Replaces a few bytes, wherever `at` falls.
pub(crate) fn splice(text: &mut Vec<u8>, at: usize, deleted: usize, inserted: &[u8]) {
    let start = at.checked_rem(text.len()).unwrap_or_default();
    let end = (start + deleted).min(text.len());
    text.splice(start..end, inserted.iter().copied());
}

/// Where the strings, with their quotation marks, and the numbers of a JSON text are.
pub(crate) fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let end = match byte {
            b'"' => {
                let mut end = at + 1;
                while text.get(end).is_some_and(|byte| *byte != b'"') {
                    end += if text[end] == b'\\' { 2 } else { 1 };
                }
                (end + 1).min(text.len())
            }
            b'0'..=b'9' => at + text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => {
                at += 1;
                continue;
            }
        };
        tokens.push(at..end);
        at = end;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_strings_and_numbers() {
        let text = br#"{"a":[12,"x\"y"],"b":"#;
        let found: Vec<&[u8]> = tokens(text).into_iter().map(|token| &text[token]).collect();
        assert_eq!(found, [&b"\"a\""[..], b"12", br#""x\"y""#, b"\"b\""]);
        assert_eq!(tokens(b"\"open\\").len(), 1);
    }
}
