//! Hashing and key derivation with domain separation (protocol, section 2).
//!
//! Every hash covers a domain string and a list of parts, each prefixed with its
//! length, so that no two different lists have the same input bytes.

use curve25519_dalek::Scalar;
use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};

use crate::Secret;

/// SHA-256 over the framed domain and parts: 32 bytes.
pub fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    frame(domain, parts, |bytes| hasher.update(bytes));
    hasher.finalize().into()
}

/// SHA-512 over the framed domain and parts, reduced modulo the group order.
pub fn hash_to_scalar(domain: &str, parts: &[&[u8]]) -> Scalar {
    let mut hasher = Sha512::new();
    frame(domain, parts, |bytes| hasher.update(bytes));
    Scalar::from_bytes_mod_order_wide(&hasher.finalize().into())
}

/// HKDF-SHA256 (RFC 5869) without salt; the info is the framed domain and parts.
pub fn derive(secret: &Secret, domain: &str, parts: &[&[u8]]) -> Secret {
    let mut info = Vec::new();
    frame(domain, parts, |bytes| info.extend_from_slice(bytes));
    let mut out = Secret::zero();
    Hkdf::<Sha256>::new(None, secret.expose())
        .expand(&info, out.expose_mut())
        .expect("32 bytes are within HKDF's output limit");
    out
}

/// One byte length and the domain, then for each part four bytes big-endian
/// length and the part.
fn frame(domain: &str, parts: &[&[u8]], mut emit: impl FnMut(&[u8])) {
    let length = u8::try_from(domain.len()).expect("domains are short literals");
    emit(&[length]);
    emit(domain.as_bytes());
    for part in parts {
        let length = u32::try_from(part.len()).expect("parts are bounded far below 4 GiB");
        emit(&length.to_be_bytes());
        emit(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        assert_ne!(hash("d", &[b"ab", b"c"]), hash("d", &[b"a", b"bc"]));
        assert_ne!(hash("d", &[b"a"]), hash("da", &[]));
        assert_ne!(hash("d", &[]), hash("d", &[b""]));
    }

    #[test]
    fn derived_keys_differ_by_domain_and_part() {
        let secret = Secret::new([7; 32]);
        let a = derive(&secret, "a", &[]);
        assert_ne!(a.expose(), derive(&secret, "b", &[]).expose());
        assert_ne!(a.expose(), derive(&secret, "a", &[b""]).expose());
    }
}
