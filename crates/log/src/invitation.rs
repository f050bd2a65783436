//! Invitations: a link, the mailbox behind it and the card in the mailbox
//! (protocol, section 11).
//!
//! The link carries the body id and a secret after the `#`, which a browser never
//! sends to a server. The secret gives the place of a mailbox and opens its card;
//! what someone puts in, only members can open. So a leaked link shows the
//! committee's name and bylaws, and lets nobody in.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use crate::cbor;
use crate::hash::{derive, hash};
use crate::id::{BodyId, MailboxId, PointBytes};
use crate::{Secret, cbor::Malformed};

/// How long an invitation is open at most, in milliseconds: 7 days.
pub const OPEN_MS_MAX: u64 = 7 * 24 * 3600 * 1000;

/// Longest encrypted card in bytes.
pub const CARD_BYTES_MAX: usize = 16 * 1024;

/// The text is no link to join a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No `…/#/join/…` in it.
    #[error("this is not a link to join: it has no #/join/ part")]
    Shape,
    /// The relay part is not an http or https address.
    #[error("the link does not begin with http:// or https://")]
    Relay,
    /// The part after `#/join/` is cut off or changed.
    #[error("the link is incomplete or was changed; ask for it again")]
    Token,
}

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The relay's base address, without a slash at the end.
    pub relay: String,
    /// The body one asks to join.
    pub body: BodyId,
    /// Known to whoever has the link.
    pub secret: LinkSecret,
}

/// The link's secret: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkSecret([u8; 16]);

impl LinkSecret {
    /// A fresh secret.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Where the mailbox is.
    pub fn mailbox(&self) -> MailboxId {
        MailboxId::new(hash("concerted link mailbox", &[&self.0]))
    }

    /// What members derive the mailbox's keys from, with their record secret.
    pub fn link_id(&self) -> [u8; 32] {
        hash("concerted link id", &[&self.0])
    }

    fn card_cipher(&self) -> XChaCha20Poly1305 {
        let secret = Secret::new(hash("concerted link secret", &[&self.0]));
        XChaCha20Poly1305::new(derive(&secret, "concerted link card", &[]).expose().into())
    }
}

impl<C> Encode<C> for LinkSecret {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for LinkSecret {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?
            .try_into()
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("link secret is not 16 bytes"))
    }
}

impl Invitation {
    /// The link, `RELAY/#/join/TOKEN`; the token is base64url of a version byte,
    /// the body id, the secret and a four-byte check.
    pub fn to_link(&self) -> String {
        let mut token = vec![1];
        token.extend_from_slice(self.body.as_bytes());
        token.extend_from_slice(&self.secret.0);
        token.extend_from_slice(&check(&token));
        format!("{}/#/join/{}", self.relay, base64url(&token))
    }

    /// Reads a link.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        let (relay, token) = link.trim().split_once("/#/join/").ok_or(LinkError::Shape)?;
        if !(relay.starts_with("http://") || relay.starts_with("https://")) || relay.len() > 300 {
            return Err(LinkError::Relay);
        }
        let token = from_base64url(token, 53).ok_or(LinkError::Token)?;
        let (content, found) = token.split_at(49);
        if content[0] != 1 || found != check(content) {
            return Err(LinkError::Token);
        }
        let body: [u8; 32] = content[1..33].try_into().expect("32 of 53 bytes");
        let secret: [u8; 16] = content[33..].try_into().expect("16 of 53 bytes");
        Ok(Self { relay: relay.to_owned(), body: BodyId::new(body), secret: LinkSecret(secret) })
    }
}

/// What someone with the link can read before they ask to join.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationCard {
    /// The committee's name.
    #[n(1)]
    pub name: String,
    /// Its bylaws, encoded by the rules crate.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bylaws: Vec<u8>,
    /// The key to seal a request to.
    #[n(3)]
    pub mailbox_key: PointBytes,
}

impl InvitationCard {
    /// Encrypts the card for those who have the link: 24 bytes nonce, text, tag.
    pub fn seal(&self, secret: &LinkSecret, rng: &mut dyn CryptoRng) -> Vec<u8> {
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut text = cbor::encode(self);
        secret
            .card_cipher()
            .encrypt_in_place(&XNonce::from(nonce), b"", &mut text)
            .expect("a short message is within the cipher's limit");
        [&nonce[..], &text].concat()
    }

    /// Opens a card found in the mailbox of a link.
    pub fn open(bytes: &[u8], secret: &LinkSecret) -> Result<Self, Malformed> {
        if bytes.len() > CARD_BYTES_MAX {
            return Err(Malformed::TooLong { length: bytes.len(), max: CARD_BYTES_MAX });
        }
        let (nonce, text) = bytes.split_first_chunk::<24>().ok_or(Malformed::Structure)?;
        let mut text = text.to_vec();
        secret
            .card_cipher()
            .decrypt_in_place(&XNonce::from(*nonce), b"", &mut text)
            .map_err(|_| Malformed::Structure)?;
        cbor::decode(&text, CARD_BYTES_MAX)
    }
}

/// What a request in the mailbox of `link_id` is bound to.
pub fn request_context(body: &BodyId, link_id: &[u8; 32]) -> [u8; 32] {
    hash("concerted request", &[body.as_bytes(), link_id])
}

/// What the answer in a newcomer's own mailbox is bound to.
pub fn answer_context(body: &BodyId, mailbox: &MailboxId) -> [u8; 32] {
    hash("concerted answer", &[body.as_bytes(), mailbox.as_bytes()])
}

fn check(content: &[u8]) -> [u8; 4] {
    let full = hash("concerted link check", &[content]);
    [full[0], full[1], full[2], full[3]]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding (RFC 4648, section 5).
pub fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            let index = usize::try_from(word >> (18 - 6 * i) & 63).expect("six bits");
            out.push(char::from(ALPHABET[index]));
        }
    }
    out
}

/// Reads base64url of exactly `length` bytes in its one canonical form.
pub fn from_base64url(text: &str, length: usize) -> Option<Vec<u8>> {
    if text.len() != (length * 4).div_ceil(3) {
        return None;
    }
    let mut out = Vec::with_capacity(length);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for digit in chunk {
            let value = ALPHABET.iter().position(|letter| letter == digit)?;
            word = word << 6 | u32::try_from(value).ok()?;
        }
        word <<= 6 * (4 - chunk.len());
        out.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    (base64url(&out) == text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_rng;

    fn example() -> Invitation {
        Invitation {
            relay: "https://relay.example".into(),
            body: BodyId::new([7; 32]),
            secret: LinkSecret::random(&mut tests_rng(70)),
        }
    }

    #[test]
    fn a_link_survives_copying_and_a_damaged_one_is_refused() {
        let link = example().to_link();
        assert_eq!(Invitation::parse(&format!(" {link}\n")), Ok(example()));
        assert_eq!(Invitation::parse("hello"), Err(LinkError::Shape));
        assert_eq!(Invitation::parse("ftp://x/#/join/abc"), Err(LinkError::Relay));
        assert_eq!(Invitation::parse(&link[..link.len() - 1]), Err(LinkError::Token));
        let start = link.find("/join/").expect("in a link") + 6;
        for i in start..link.len() {
            let mut changed = link.clone().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(Invitation::parse(&changed), Err(LinkError::Token), "{i}");
        }
    }

    #[test]
    fn the_card_opens_only_with_the_link() {
        let rng = &mut tests_rng(71);
        let (secret, other) = (LinkSecret::random(rng), LinkSecret::random(rng));
        let card =
            InvitationCard { name: "Depot".into(), bylaws: vec![1], mailbox_key: PointBytes::new([3; 32]) };
        let sealed = card.seal(&secret, rng);
        assert_eq!(InvitationCard::open(&sealed, &secret), Ok(card));
        assert!(InvitationCard::open(&sealed, &other).is_err());
        assert!(InvitationCard::open(&sealed[..20], &secret).is_err());
    }

    #[test]
    fn base64url_matches_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(base64url(bytes.as_bytes()), text);
            assert_eq!(from_base64url(text, bytes.len()).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(from_base64url("Zh", 1), None, "stray bits");
    }
}
