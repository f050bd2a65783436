//! Identifiers: 32 bytes each, told apart by type.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps 32 bytes; any value is well formed.
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads 64 hexadecimal digits, upper or lower case.
            pub fn from_hex(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                d.bytes()?
                    .try_into()
                    .map(Self)
                    .map_err(|_| decode::Error::message(concat!(stringify!($name), " is not 32 bytes")))
            }
        }
    };
}
bytes32! {
    /// A body: the hash of its genesis record.
    BodyId
}
bytes32! {
    /// A place on a relay where a body's entries are kept: 32 random bytes.
    Address
}
bytes32! {
    /// A member of a body, whatever devices they use: see [`MemberId::derive`].
    MemberId
}
bytes32! {
    /// A device in one body: see [`crate::device::DeviceCard::id`].
    DeviceId
}
bytes32! {
    /// A record: the hash of the bytes its author signed.
    RecordId
}
bytes32! {
    /// The hash of a sealed record; it outlives the sealed record itself.
    SealedHash
}
bytes32! {
    /// The hash chain over all entries up to some sequence.
    ChainHash
}
bytes32! {
    /// The relay's Ed25519 public key, RFC 8032 encoding; checked on use.
    RelayKey
}
bytes32! {
    /// A mailbox on a relay, for one invitation or one expected answer.
    MailboxId
}
bytes32! {
    /// What a relay stores of a reading token: its hash.
    TokenHash
}
bytes32! {
    /// A locker on a relay: the hash of its write key.
    LockerId
}
bytes32! {
    /// A Ristretto255 group element as received (RFC 9496); checked on use.
    PointBytes
}
bytes32! {
    /// An Ed25519 public key as received (RFC 8032); checked on use.
    VerifyingKeyBytes
}

impl MemberId {
    /// The id of the member who came with this first device and recovery key.
    /// `context` is what their device card is bound to.
    pub fn derive(context: &[u8; 32], first_device: &DeviceId, recovery: &PointBytes) -> Self {
        Self(crate::hash::hash("concerted member", &[context, first_device.as_bytes(), recovery.as_bytes()]))
    }
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(out)
}

/// A 64-byte signature; encoded as a byte string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature64(pub [u8; 64]);

impl fmt::Debug for Signature64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature64(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl<C> Encode<C> for Signature64 {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Signature64 {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| decode::Error::message("signature is not 64 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trip_and_refusals() {
        let id = BodyId::new([0xa7; 32]);
        assert_eq!(BodyId::from_hex(&id.to_string()), Some(id));
        for bad in ["", "a7", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            assert_eq!(BodyId::from_hex(bad), None, "{bad}");
        }
    }
}
