//! A second, slow implementation of what the protocol document specifies, written
//! from the document and from raw primitives, to hold the first against.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as B;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256, Sha512};

/// The framing of section 2.1.
pub fn frame(domain: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![domain.len() as u8];
    out.extend(domain.bytes());
    for part in parts {
        out.extend((part.len() as u32).to_be_bytes());
        out.extend(part.iter());
    }
    out
}

/// H of section 2.2.
pub fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(frame(domain, parts)).into()
}

/// Hs of section 2.2.
pub fn scalar(domain: &str, parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(frame(domain, parts)).into())
}

/// HMAC-SHA256 (RFC 2104), for keys up to 64 bytes.
pub fn hmac256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |mask: u8| -> Vec<u8> { (0..64).map(|i| key.get(i).copied().unwrap_or(0) ^ mask).collect() };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).into()
}

/// HMAC-SHA512 for keys of any length.
fn hmac512(key: &[u8], message: &[u8]) -> [u8; 64] {
    let key = if key.len() > 128 { Sha512::digest(key).to_vec() } else { key.to_vec() };
    let pad = |mask: u8| -> Vec<u8> { (0..128).map(|i| key.get(i).copied().unwrap_or(0) ^ mask).collect() };
    let inner = Sha512::digest([pad(0x36), message.to_vec()].concat());
    Sha512::digest([pad(0x5c), inner.to_vec()].concat()).into()
}

/// The seed of BIP-39, with an empty passphrase.
pub fn bip39_seed(phrase: &str) -> [u8; 64] {
    let mut block = hmac512(phrase.as_bytes(), b"mnemonic\x00\x00\x00\x01");
    let mut out = block;
    for _ in 1..2048 {
        block = hmac512(phrase.as_bytes(), &block);
        out.iter_mut().zip(block).for_each(|(out, byte)| *out ^= byte);
    }
    out
}

/// KDF of section 2.3.
pub fn derive(secret: &[u8; 32], domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac256(&[0; 32], secret);
    hmac256(&key, &[frame(domain, parts), vec![1]].concat())
}

pub fn point(bytes: &[u8]) -> RistrettoPoint {
    CompressedRistretto(bytes.try_into().unwrap()).decompress().unwrap()
}

pub fn pack(point: &RistrettoPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

pub fn public(secret: &Scalar) -> [u8; 32] {
    pack(&(secret * B))
}

/// The signature of section 3.
pub fn schnorr(secret: &Scalar, message: &[u8], salt: &[u8; 32]) -> [u8; 64] {
    let nonce = scalar("concerted schnorr nonce", &[&secret.to_bytes(), salt, message]);
    let commitment = public(&nonce);
    let c = scalar("concerted schnorr", &[&commitment, &public(secret), message]);
    [commitment, (nonce + c * secret).to_bytes()].concat().try_into().unwrap()
}

pub fn schnorr_holds(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let c = scalar("concerted schnorr", &[&signature[..32], key, message]);
    let z = Scalar::from_canonical_bytes(signature[32..].try_into().unwrap()).unwrap();
    pack(&(z * B - c * point(key))) == signature[..32]
}

/// Ed25519 (RFC 8032) over 32 bytes.
pub fn ed25519(seed: &[u8; 32], digest: &[u8; 32]) -> [u8; 64] {
    SigningKey::from_bytes(seed).sign(digest).to_bytes()
}

pub fn ed25519_public(seed: &[u8; 32]) -> [u8; 32] {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// A seal and what is between its inputs and its bytes (section 5).
pub struct Seal {
    pub ephemeral: [u8; 32],
    pub parts: Vec<[u8; 32]>,
    pub transcript: [u8; 32],
    pub weights: Vec<[u8; 32]>,
    pub key_sum: [u8; 32],
    pub element_sum: [u8; 32],
    pub challenge: [u8; 32],
    pub response: [u8; 32],
}

pub fn seal(shared: &RistrettoPoint, context: &[u8; 32], keys: &[[u8; 32]], r: &Scalar, k: &Scalar) -> Seal {
    let ephemeral = public(r);
    let parts: Vec<[u8; 32]> = keys.iter().map(|key| pack(&(r * point(key) + shared))).collect();
    let (transcript, weights, key_sum, element_sum) = weigh(context, keys, &ephemeral, &parts);
    let c = scalar("concerted seal challenge", &[&transcript, &public(k), &pack(&(k * key_sum))]);
    Seal {
        ephemeral,
        parts,
        transcript,
        weights: weights.iter().map(Scalar::to_bytes).collect(),
        key_sum: pack(&key_sum),
        element_sum: pack(&element_sum),
        challenge: c.to_bytes(),
        response: (k + c * r).to_bytes(),
    }
}

pub fn seal_holds(seal: &Seal, context: &[u8; 32], keys: &[[u8; 32]]) -> bool {
    let (transcript, _, key_sum, element_sum) = weigh(context, keys, &seal.ephemeral, &seal.parts);
    let scalar_of = |bytes: &[u8; 32]| Scalar::from_canonical_bytes(*bytes).unwrap();
    let (c, z) = (scalar_of(&seal.challenge), scalar_of(&seal.response));
    let a = z * B - c * point(&seal.ephemeral);
    let b = z * key_sum - c * element_sum;
    scalar("concerted seal challenge", &[&transcript, &pack(&a), &pack(&b)]) == c
}

/// One difference after the other, where the other implementation saves them.
fn weigh(
    context: &[u8; 32],
    keys: &[[u8; 32]],
    ephemeral: &[u8; 32],
    parts: &[[u8; 32]],
) -> ([u8; 32], Vec<Scalar>, RistrettoPoint, RistrettoPoint) {
    let transcript = hash("concerted seal", &[context, &keys.concat(), ephemeral, &parts.concat()]);
    let mut weights = Vec::new();
    let (mut key_sum, mut element_sum) = (RistrettoPoint::identity(), RistrettoPoint::identity());
    for i in 1..keys.len() {
        let digest = hash("concerted seal weight", &[&transcript, &(i as u32).to_be_bytes()]);
        let weight = Scalar::from(u128::from_le_bytes(digest[..16].try_into().unwrap()));
        weights.push(weight);
        key_sum += weight * (point(&keys[i]) - point(&keys[0]));
        element_sum += weight * (point(&parts[i]) - point(&parts[0]));
    }
    (transcript, weights, key_sum, element_sum)
}

/// XChaCha20-Poly1305.
pub fn encrypt(key: &[u8; 32], nonce: &[u8; 24], data: &[u8], text: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), Payload { msg: text, aad: data })
        .unwrap()
}

pub fn decrypt(key: &[u8; 32], nonce: &[u8; 24], data: &[u8], text: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: data })
        .unwrap()
}

/// The padding of section 8.1.
pub fn pad(record: &[u8]) -> Vec<u8> {
    let mut size = 256;
    while size < record.len() + 4 {
        size *= 2;
    }
    let mut out = (record.len() as u32).to_be_bytes().to_vec();
    out.extend(record);
    while out.len() < size {
        out.push(0);
    }
    out
}

/// The chain of section 8.3.
pub fn chain(
    before: &[u8; 32],
    sequence: u64,
    time_ms: u64,
    epoch: u32,
    class: u8,
    sealed: &[u8; 32],
) -> [u8; 32] {
    let mut text = vec![15];
    text.extend(b"concerted entry");
    text.extend([0, 0, 0, 32]);
    text.extend(before);
    text.extend([0, 0, 0, 8]);
    text.extend(sequence.to_be_bytes());
    text.extend([0, 0, 0, 8]);
    text.extend(time_ms.to_be_bytes());
    text.extend([0, 0, 0, 4]);
    text.extend(epoch.to_be_bytes());
    text.extend([0, 0, 0, 1, class]);
    text.extend([0, 0, 0, 32]);
    text.extend(sealed);
    Sha256::digest(text).into()
}

/// Base64url without padding, bit by bit.
pub fn base64url(bytes: &[u8]) -> String {
    let mut bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1)).collect();
    while !bits.len().is_multiple_of(6) {
        bits.push(0);
    }
    bits.chunks(6)
        .map(|six| match six.iter().fold(0, |value, bit| value * 2 + bit) {
            value @ 0..=25 => char::from(b'A' + value),
            value @ 26..=51 => char::from(b'a' + value - 26),
            value @ 52..=61 => char::from(b'0' + value - 52),
            62 => '-',
            _ => '_',
        })
        .collect()
}
