//! Secret bytes: erased on drop, compared in constant time, never printed.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes ownership of secret bytes the caller made or received.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// 32 fresh bytes from `rng`.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut out = Self::zero();
        rng.fill_bytes(&mut out.0);
        out
    }

    /// All zero: a place to write a derived secret into.
    pub(crate) const fn zero() -> Self {
        Self([0; 32])
    }

    /// The bytes themselves; the name is a reminder at the place of use.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) const fn expose_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<C> Encode<C> for Secret {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Secret {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let bytes = d.bytes()?;
        let bytes = bytes.try_into().map_err(|_| decode::Error::message("secret is not 32 bytes"))?;
        Ok(Self(bytes))
    }
}
