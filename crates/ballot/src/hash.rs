//! Hashes, and the text forms of numbers that go into them (BELENIOS.md, section 1).

use base64ct::{Base64Unpadded, Encoding};
use sha2::{Digest, Sha256};

use crate::group::Scalar;

/// H(prefix, e1..ek): SHA-256 of the prefix and the elements' texts with commas
/// between them, most significant byte first, modulo q.
pub fn challenge<S: Scalar>(prefix: &str, elements: &[impl AsRef<str>]) -> S {
    let mut hasher = Sha256::new();
    hasher.update(prefix);
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            hasher.update(",");
        }
        hasher.update(element.as_ref());
    }
    S::from_hash(&hasher.finalize().into())
}

/// SHA-256 of a text.
pub fn sha256(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// 64 lower-case hexadecimal digits.
pub fn hex(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).expect("below 16"));
        }
    }
    text
}

/// The bytes of 64 lower-case hexadecimal digits; none for any other text.
pub fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = hex_digit(digits[0])? << 4 | hex_digit(digits[1])?;
    }
    Some(bytes)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Base64 of 32 bytes (RFC 4648 section 4) without the padding: how Belenios
/// writes fingerprints, 43 characters.
pub fn base64(bytes: &[u8; 32]) -> String {
    Base64Unpadded::encode_string(bytes)
}

/// The decimal digits of a scalar, without padding.
pub fn scalar_text(scalar: &impl Scalar) -> String {
    let mut limbs = limbs(&scalar.to_bytes());
    let mut chunks = Vec::new();
    while limbs != [0; 4] {
        let mut rest = 0u128;
        for limb in limbs.iter_mut().rev() {
            let value = rest << 64 | u128::from(*limb);
            *limb = (value / u128::from(CHUNK)) as u64;
            rest = value % u128::from(CHUNK);
        }
        chunks.push(rest as u64);
    }
    let Some(first) = chunks.pop() else { return "0".to_owned() };
    let mut text = first.to_string();
    for chunk in chunks.iter().rev() {
        text.push_str(&format!("{chunk:019}"));
    }
    text
}

/// The scalar of its decimal text: none unless it is canonical and below q.
pub fn parse_scalar<S: Scalar>(text: &str) -> Option<S> {
    let digits = text.as_bytes();
    let canonical = match digits {
        [] => false,
        [b'0'] => true,
        [b'0', ..] => false,
        _ => digits.len() <= 78 && digits.iter().all(u8::is_ascii_digit),
    };
    if !canonical {
        return None;
    }
    let mut limbs = [0u64; 4];
    for chunk in digits.chunks(DIGITS) {
        let scale = 10u64.pow(chunk.len() as u32);
        let mut carry = u128::from(chunk.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')));
        for limb in &mut limbs {
            let value = u128::from(*limb) * u128::from(scale) + carry;
            *limb = value as u64;
            carry = value >> 64;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0; 32];
    for (bytes, limb) in bytes.chunks_exact_mut(8).zip(limbs.iter().rev()) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
    S::from_canonical(&bytes)
}

/// As many decimal digits as fit a limb, and ten to that power.
const DIGITS: usize = 19;
const CHUNK: u64 = 10u64.pow(DIGITS as u32);

/// Least significant first.
fn limbs(bytes: &[u8; 32]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_be_bytes(bytes.try_into().expect("chunks of 8"));
    }
    limbs
}
