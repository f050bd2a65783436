//! Credentials: the right to vote in one election, as a secret and as the public
//! key that stands in the election's list.
//!
//! There are two ways to a secret: a [`Credential`], which a voter is handed and
//! types, as in Belenios; and a member's long-term key that is blinded anew for
//! each election ([`Enrolment`], [`Tweak`]), so that nothing need be handed out.
//! The public credential is g^secret either way, and a verifier sees no difference.

mod enrolment;
mod list;

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use enrolment::{Enrolment, EnrolmentText, Tweak};
pub use list::{COUNT_MAX, CredentialList, Entry, TOTAL_WEIGHT_MAX};

use crate::group::{Group, Scalar};

/// What a voter is handed: 22 random Base58 characters, or 129 bits, written
/// XXXXX-XXXXXX-XXXXX-XXXXXX (BELENIOS.md, section 3; Belenios from 2.3 on).
///
/// ```
/// use concerted_ballot::credential::Credential;
///
/// let credential: Credential = "fJsYL-GMNFSY-eVPhb-vTb5RB".parse().unwrap();
/// assert_eq!(credential.to_string(), "fJsYL-GMNFSY-eVPhb-vTb5RB");
/// assert_eq!(format!("{credential:?}"), "Credential");
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Credential([u8; LENGTH]);

/// A text that is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a credential is written XXXXX-XXXXXX-XXXXX-XXXXXX, with digits and letters other than 0, O, I and l"
)]
pub struct MalformedCredential;

/// With the dashes.
const LENGTH: usize = 25;
const DASHES: [usize; 3] = [5, 12, 18];
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

impl Credential {
    /// A new one.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut credential = Self([b'-'; LENGTH]);
        for place in (0..LENGTH).filter(|place| !DASHES.contains(place)) {
            credential.0[place] = random_character(rng);
        }
        credential
    }

    /// The secret exponent for the election with this UUID: both SHA-256 of the
    /// credential, dashes included, as one number modulo q.
    pub fn secret<G: Group>(&self, uuid: &str) -> Zeroizing<G::Scalar> {
        let mut wide = Zeroizing::new([0; 64]);
        for (half, counter) in wide.chunks_exact_mut(32).zip(["0", "1"]) {
            let mut hasher = Sha256::new();
            for part in ["derive_credential|", uuid, "|", counter, "|"] {
                hasher.update(part);
            }
            hasher.update(self.0);
            half.copy_from_slice(&hasher.finalize());
        }
        Zeroizing::new(G::Scalar::from_wide(&wide))
    }

    /// The public credential, g^secret, for the election with this UUID.
    pub fn public<G: Group>(&self, uuid: &str) -> G::Element {
        G::reveal(&G::generator_power(&self.secret::<G>(uuid)))
    }
}

/// Any of 58, each as likely: a byte's lower 6 bits, unless they are 58 or more.
fn random_character(rng: &mut dyn CryptoRng) -> u8 {
    loop {
        let mut byte = Zeroizing::new([0]);
        rng.fill_bytes(&mut *byte);
        if let Some(&character) = BASE58.get(usize::from(byte[0] & 63)) {
            return character;
        }
    }
}

impl FromStr for Credential {
    type Err = MalformedCredential;

    fn from_str(text: &str) -> Result<Self, MalformedCredential> {
        let credential = Self(text.as_bytes().try_into().map_err(|_| MalformedCredential)?);
        let well_formed = credential.0.iter().enumerate().all(|(place, character)| {
            if DASHES.contains(&place) { *character == b'-' } else { BASE58.contains(character) }
        });
        if well_formed { Ok(credential) } else { Err(MalformedCredential) }
    }
}

/// The secret itself, for the voter.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).expect("Base58 and dashes"))
    }
}

/// Without the secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chacha20::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::group::{Belenios2048, Ed25519};

    #[test]
    fn public_credentials_are_those_of_belenios() {
        macro_rules! vector {
            ($name:literal, $uuid:literal) => {
                (
                    $uuid,
                    include_str!(concat!(
                        "../tests/vectors/belenios/tool-3.0-Ed25519/",
                        $name,
                        "/private/private_creds.txt"
                    )),
                    include_str!(concat!(
                        "../tests/vectors/belenios/tool-3.0-Ed25519/",
                        $name,
                        "/private/public_creds.json"
                    )),
                    include_bytes!(concat!(
                        "../tests/vectors/belenios/tool-3.0-Ed25519/",
                        $name,
                        "/",
                        $uuid,
                        ".bel"
                    ))
                    .as_slice(),
                )
            };
        }
        let vectors = [
            vector!("a-single-5", "hMCiNCXXAPASqo"),
            vector!("b-threshold-weights-20", "8TSPUsDkA71qey"),
            vector!("c-revote", "oAVfr96WeJmwjC"),
        ];
        for (uuid, secrets, publics, archive) in vectors {
            let secrets: BTreeMap<String, String> = serde_json::from_str(secrets).expect("an object");
            // Each `<element>,<weight or none>,<voter>`; the archive has no voters.
            let publics: Vec<String> = serde_json::from_str(publics).expect("a list");
            assert_eq!(secrets.len(), publics.len());
            let mut listed = Vec::new();
            for public in &publics {
                let (element, rest) = public.split_once(',').expect("three fields");
                let (weight, voter) = rest.split_once(',').expect("three fields");
                let credential: Credential = secrets[voter].parse().expect("a credential");
                assert_eq!(Ed25519::text(&credential.public::<Ed25519>(uuid)), element);
                let weight = if weight.is_empty() { String::new() } else { format!(",{weight}") };
                listed.push(format!("{element}{weight}"));
            }
            let record = serde_json::to_string(&listed).expect("strings");
            assert!(archive.windows(record.len()).any(|window| window == record.as_bytes()));
        }
    }

    #[test]
    fn a_credential_serves_any_group() {
        let credential: Credential = "fJsYL-GMNFSY-eVPhb-vTb5RB".parse().expect("a credential");
        let secret = credential.secret::<Belenios2048>("hMCiNCXXAPASqo");
        let public = Belenios2048::reveal(&Belenios2048::generator_power(&secret));
        assert_eq!(credential.public::<Belenios2048>("hMCiNCXXAPASqo"), public);
        assert_ne!(credential.public::<Belenios2048>("hMCiNCXXAPASqp"), public);
    }

    #[test]
    fn random_credentials_are_well_formed() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut seen = [false; 128];
        for _ in 0..200 {
            let text = Credential::random(&mut rng).to_string();
            assert_eq!(text.parse::<Credential>().map(|credential| credential.to_string()), Ok(text.clone()));
            text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
        }
        assert_eq!(seen.iter().filter(|seen| **seen).count(), BASE58.len() + 1);
    }

    #[test]
    fn all_else_is_no_credential() {
        let refused = [
            "",
            "fJsYLGMNFSYeVPhbvTb5RB",
            "fJsYL-GMNFSY-eVPhb-vTb5R",
            "fJsYL-GMNFSY-eVPhb-vTb5RBx",
            " fJsYL-GMNFSY-eVPhb-vTb5RB",
            "fJsYL-GMNFSY-eVPhb-vTb5RB\n",
            "fJsYL-GMNFSY-eVPhb_vTb5RB",
            "fJsYLG-MNFSY-eVPhb-vTb5RB",
            "fJsYL-GMNFSY-eVPhb-vTb5R0",
            "fJsYL-GMNFSY-eVPhb-vTb5RO",
            "fJsYL-GMNFSY-eVPhb-vTb5RI",
            "fJsYL-GMNFSY-eVPhb-vTb5Rl",
            "fJsYL-GMNFSY-eVPhb-vTb5\u{e9}",
        ];
        for text in refused {
            assert_eq!(text.parse::<Credential>().err(), Some(MalformedCredential), "{text}");
        }
    }
}
