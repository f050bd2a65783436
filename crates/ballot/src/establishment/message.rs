//! What participants send: compact JSON, every part of it checked.
//!
//! A message is a content and the author's signature over it. The signature is
//! Belenios's over a text, and that text is the tag and the content's JSON. A
//! message whose JSON is not just what we should have written is refused, so what
//! was signed are the very bytes received.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::share::EncryptedShare;
use crate::bounded;
use crate::group::Group;
use crate::hash::sha256;
use crate::schnorr::ProofText;
use crate::trustee::pedersen::{SignedText, is_signed_by, json, sign};
use crate::trustee::{PublicKey, TRUSTEES_MAX};

/// Longest message. A dealing to 100 participants with a threshold of 51 has some
/// 130 kB in BELENIOS-2048.
pub const MESSAGE_BYTES_MAX: usize = 256 << 10;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) content: Content,
    pub(super) signature: ProofText,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// 64 hexadecimal digits.
    pub(super) session: String,
    /// Counted from 1.
    pub(super) attempt: u32,
    /// The author's number as a candidate.
    pub(super) participant: usize,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Body {
    Commitment(Commitment),
    Dealing(Dealing),
    Confirmation(Confirmation),
    Complaint(Complaint),
}

/// First round: who takes part, and a seal on what they will contribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commitment {
    /// The key of all the author's signatures, this message's first; that is the
    /// proof of its possession.
    pub(super) verification: String,
    /// The key that shares are encrypted to.
    pub(super) encryption: String,
    /// Proof of its possession.
    pub(super) proof: ProofText,
    /// 64 hexadecimal digits: [`commitment`].
    pub(super) commitment: String,
}

/// Second round: the contribution, and a share of it for each participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dealing {
    /// 64 hexadecimal digits.
    pub(super) nonce: String,
    pub(super) certificate: SignedText,
    pub(super) coefficients: SignedText,
    /// In the order of the group, the dealer's own among them.
    #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
    pub(super) shares: Vec<EncryptedShare>,
}

/// Third round, if all shares are good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    pub(super) verification_key: PublicKey,
    /// Over all certificates and the author's coefficients.
    pub(super) signature: ProofText,
}

/// Third round, for each share that is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Complaint {
    /// The dealer's position in the group, counted from 1.
    pub(super) dealer: usize,
    /// The element that the share was encrypted with.
    pub(super) shared: String,
    /// That it is that element.
    pub(super) proof: ProofText,
}

impl Message {
    /// Reads a message; none if it is too long or not canonical.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        let message: Self = serde_json::from_slice(text).ok()?;
        (json(&message).as_bytes() == text).then_some(message)
    }

    /// Signs a content and writes it.
    pub(super) fn write<G: Group>(
        content: Content,
        tag: &str,
        signing: &G::Scalar,
        rng: &mut dyn CryptoRng,
    ) -> String {
        let signature = sign::<G>(&signed_text(tag, &content), signing, rng);
        json(&Self { content, signature })
    }

    pub(super) fn is_signed_by<G: Group>(&self, tag: &str, key: &G::Element) -> bool {
        is_signed_by::<G>(&signed_text(tag, &self.content), &self.signature, key)
    }
}

fn signed_text(tag: &str, content: &Content) -> String {
    format!("{tag}message|{}", json(content))
}

/// What a participant's proof that they hold their encryption key is bound to.
pub(super) fn encryption_prefix(tag: &str, participant: usize, key: &str) -> String {
    format!("{tag}encryption|{participant}|{key}|")
}

/// The hash that commits a participant to coefficients, hidden by a random nonce.
pub(super) fn commitment(tag: &str, participant: usize, nonce: &str, coefficients: &[String]) -> [u8; 32] {
    sha256(format!("{tag}commitment|{participant}|{nonce}|{}", coefficients.join(",")).as_bytes())
}
