//! What a device stores, encrypted under a passphrase when one is set.
//!
//! Adversary: someone who takes the device while the app is closed. A random store
//! key encrypts every row; the passphrase, stretched with Argon2id, encrypts the
//! store key, so that a new passphrase does not rewrite the store.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use concerted_log::{Secret, cbor};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

/// The row that holds the wrapped store key; it is itself never encrypted.
pub const VAULT_ROW: &str = "vault";

/// Argon2id: 32 MiB, 3 passes, 1 lane: about half a second on an old phone.
const MEMORY_KIB: u32 = 32 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// The store key, encrypted under a passphrase.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
struct Wrapped {
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[n(2)]
    memory_kib: u32,
    #[n(3)]
    passes: u32,
    #[cbor(n(4), with = "minicbor::bytes")]
    nonce: [u8; 24],
    #[cbor(n(5), with = "minicbor::bytes")]
    key: Vec<u8>,
}

/// Encrypts and decrypts rows; in the clear while no passphrase is set.
#[derive(Clone, Debug, Default)]
pub struct Vault(Option<Secret>);

/// The passphrase does not open the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It is another one.
    #[error("the passphrase is wrong")]
    Passphrase,
    /// The row that holds the wrapped key, or a row under it, is damaged.
    #[error("the store is damaged")]
    Damaged,
}

impl Vault {
    /// Opens the vault whose row is `wrapped` with a passphrase.
    pub fn open(wrapped: &[u8], passphrase: &str) -> Result<Self, VaultError> {
        let wrapped: Wrapped = cbor::decode(wrapped, 256).map_err(|_| VaultError::Damaged)?;
        if wrapped.memory_kib > 1024 * 1024 || wrapped.passes > 100 {
            return Err(VaultError::Damaged);
        }
        let cipher = stretch(passphrase, &wrapped.salt, wrapped.memory_kib, wrapped.passes)?;
        let mut key = wrapped.key;
        cipher
            .decrypt_in_place(&XNonce::from(wrapped.nonce), b"", &mut key)
            .map_err(|_| VaultError::Passphrase)?;
        Ok(Self(Some(Secret::new(key.try_into().map_err(|_| VaultError::Damaged)?))))
    }

    /// A new vault under a passphrase, and the row that holds its wrapped key.
    pub fn create(passphrase: &str, rng: &mut dyn CryptoRng) -> Result<(Self, Vec<u8>), VaultError> {
        let (mut salt, mut nonce) = ([0; 16], [0; 24]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut nonce);
        let secret = Secret::random(rng);
        let mut key = secret.expose().to_vec();
        stretch(passphrase, &salt, MEMORY_KIB, PASSES)?
            .encrypt_in_place(&XNonce::from(nonce), b"", &mut key)
            .map_err(|_| VaultError::Damaged)?;
        let wrapped = Wrapped { salt, memory_kib: MEMORY_KIB, passes: PASSES, nonce, key };
        Ok((Self(Some(secret)), cbor::encode(&wrapped)))
    }

    /// Whether rows are encrypted.
    pub fn is_locked_at_rest(&self) -> bool {
        self.0.is_some()
    }

    /// A value as it is stored. The row's key is bound to it.
    pub fn seal(&self, row: &str, value: Vec<u8>, rng: &mut dyn CryptoRng) -> Vec<u8> {
        let Some(secret) = &self.0 else {
            return value;
        };
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut text = value;
        XChaCha20Poly1305::new(secret.expose().into())
            .encrypt_in_place(&XNonce::from(nonce), row.as_bytes(), &mut text)
            .expect("rows are within the cipher's limit");
        [&nonce[..], &text].concat()
    }

    /// A stored value in the clear.
    pub fn unseal(&self, row: &str, value: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        let Some(secret) = &self.0 else {
            return Ok(value);
        };
        let (nonce, text) = value.split_first_chunk::<24>().ok_or(VaultError::Damaged)?;
        let mut text = text.to_vec();
        XChaCha20Poly1305::new(secret.expose().into())
            .decrypt_in_place(&XNonce::from(*nonce), row.as_bytes(), &mut text)
            .map_err(|_| VaultError::Damaged)?;
        Ok(text)
    }
}

fn stretch(
    passphrase: &str,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<XChaCha20Poly1305, VaultError> {
    let params = Params::new(memory_kib, passes, LANES, Some(32)).map_err(|_| VaultError::Damaged)?;
    let mut key = zeroize::Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| VaultError::Damaged)?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::rand_core::SeedableRng;

    #[test]
    fn rows_open_only_with_the_passphrase_and_in_their_place() {
        let rng = &mut chacha20::ChaCha20Rng::from_seed([1; 32]);
        let (vault, wrapped) = Vault::create("night shift", rng).expect("argon2");
        let stored = vault.seal("a", b"value".to_vec(), rng);
        assert!(!stored.windows(5).any(|window| window == b"value"));
        let again = Vault::open(&wrapped, "night shift").expect("same passphrase");
        assert_eq!(again.unseal("a", stored.clone()), Ok(b"value".to_vec()));
        assert_eq!(again.unseal("b", stored), Err(VaultError::Damaged));
        assert_eq!(Vault::open(&wrapped, "day shift").err(), Some(VaultError::Passphrase));
    }
}
