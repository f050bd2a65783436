//! Shares on their way from a dealer to a participant.
//!
//! A share is encrypted to the recipient's key E: R = g^r is sent, and the key is
//! derived from E^r (HKDF-SHA256, then ChaCha20-Poly1305; a key is used once, so
//! the nonce is 0). Whoever complains reveals E^r, which is R^e, and proves it.
//!
//! The dealer proves knowledge of r. Otherwise a dealer could take R from another
//! dealer's share for the same recipient, of this session or of one long over,
//! provoke a complaint, and so have the recipient reveal what opens that share.
//! As it is, a complaint tells nobody what the dealer did not know.

use base64ct::{Base64, Encoding};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::group::{Group, Scalar};
use crate::schnorr::{Proof, ProofText};

/// A scalar and the tag.
const CIPHERTEXT_BYTES: usize = 48;

/// A share as it stands in a dealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EncryptedShare {
    /// R.
    pub(super) point: String,
    /// Proof of knowledge of r.
    pub(super) proof: ProofText,
    /// Base64 of 48 bytes.
    pub(super) ciphertext: String,
}

/// An encrypted share that may be opened, or complained about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sealed<G: Group> {
    point: G::Element,
    point_text: String,
    ciphertext: [u8; CIPHERTEXT_BYTES],
}

/// What a share, and a complaint about it, is bound to.
pub(super) struct Binding<'a> {
    /// Session and attempt.
    pub(super) tag: &'a str,
    /// The dealer's number as a candidate.
    pub(super) dealer: usize,
    /// The recipient's number as a candidate.
    pub(super) recipient: usize,
    /// The dealer's commitment, and so the coefficients.
    pub(super) commitment: &'a str,
    /// The recipient's encryption key.
    pub(super) encryption: &'a str,
}

impl Binding<'_> {
    fn text(&self, purpose: &str, point: &str) -> String {
        let Self { tag, dealer, recipient, commitment, encryption } = self;
        format!("{tag}{purpose}|{dealer}|{recipient}|{commitment}|{encryption}|{point}|")
    }

    fn cipher(&self, shared: &str, associated_data: &str) -> ChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, shared.as_bytes())
            .expand(associated_data.as_bytes(), &mut *key)
            .expect("HKDF gives 32 bytes");
        ChaCha20Poly1305::new((&*key).into())
    }
}

/// Encrypts a share to `key`, the element of [`Binding::encryption`].
pub(super) fn seal<G: Group>(
    share: &G::Scalar,
    key: &G::Element,
    binding: &Binding<'_>,
    rng: &mut dyn CryptoRng,
) -> EncryptedShare {
    let r = Zeroizing::new(G::Scalar::random(rng));
    let point = G::text(&G::reveal(&G::generator_power(&r)));
    let proof = Proof::sign::<G>(&r, &binding.text("share", &point), rng).to_text();
    // Its text is made in variable time. It serves for this one share.
    let shared = Zeroizing::new(G::text(&G::reveal(&G::power(key, &r))));
    let associated_data = binding.text("key", &point);
    let mut text = Zeroizing::new(Vec::with_capacity(CIPHERTEXT_BYTES));
    text.extend_from_slice(&*Zeroizing::new(share.to_bytes()));
    binding
        .cipher(&shared, &associated_data)
        .encrypt_in_place(&Nonce::default(), associated_data.as_bytes(), &mut *text)
        .expect("a scalar is within the cipher's limit");
    EncryptedShare { point, proof, ciphertext: Base64::encode_string(&text) }
}

impl EncryptedShare {
    /// The share, if all but its content is as it should be.
    pub(super) fn check<G: Group>(&self, binding: &Binding<'_>) -> Option<Sealed<G>> {
        let mut ciphertext = [0; CIPHERTEXT_BYTES];
        let decoded = Base64::decode(&self.ciphertext, &mut ciphertext).ok()?;
        if decoded.len() != CIPHERTEXT_BYTES {
            return None;
        }
        let point = G::parse(&self.point)?;
        Proof::from_text(&self.proof)?
            .vartime_verify::<G>(&point, &binding.text("share", &self.point))
            .then(|| Sealed { point, point_text: self.point.clone(), ciphertext })
    }
}

impl<G: Group> Sealed<G> {
    /// The element that opens it, made with the recipient's secret.
    pub(super) fn shared(&self, secret: &G::Scalar) -> G::Element {
        G::reveal(&G::power(&self.point, secret))
    }

    /// Opens it; none if it holds no scalar for this recipient.
    pub(super) fn open(&self, shared: &G::Element, binding: &Binding<'_>) -> Option<Zeroizing<G::Scalar>> {
        let shared = Zeroizing::new(G::text(shared));
        let associated_data = binding.text("key", &self.point_text);
        let mut text = Zeroizing::new(self.ciphertext.to_vec());
        binding
            .cipher(&shared, &associated_data)
            .decrypt_in_place(&Nonce::default(), associated_data.as_bytes(), &mut *text)
            .ok()?;
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(text.as_slice()).ok()?);
        G::Scalar::from_canonical(&bytes).map(Zeroizing::new)
    }

    /// Proves that `shared` is what this share was encrypted with.
    pub(super) fn prove_shared(
        &self,
        secret: &G::Scalar,
        shared: &str,
        binding: &Binding<'_>,
        rng: &mut dyn CryptoRng,
    ) -> ProofText {
        let prefix = self.shared_prefix(shared, binding);
        Proof::equality::<G>(secret, &self.point, &prefix, rng).to_text()
    }

    /// Checks that proof; `key` is the element of [`Binding::encryption`].
    pub(super) fn vartime_verify_shared(
        &self,
        proof: &ProofText,
        key: &G::Element,
        shared: &str,
        binding: &Binding<'_>,
    ) -> Option<G::Element> {
        let element = G::parse(shared)?;
        let prefix = self.shared_prefix(shared, binding);
        Proof::from_text(proof)?
            .vartime_verify_equality::<G>(key, &self.point, &element, &prefix)
            .then_some(element)
    }

    fn shared_prefix(&self, shared: &str, binding: &Binding<'_>) -> String {
        format!("{}{shared}|", binding.text("complaint", &self.point_text))
    }
}
