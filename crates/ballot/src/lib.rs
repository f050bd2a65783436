//! Elections that anyone can verify: Belenios protocol version 1, byte for byte.
//!
//! A voter's ballot encrypts each choice and proves that it is one, so that the
//! sum can be opened without opening any ballot; trustees open it together; and
//! whoever has the archive of the election recomputes everything, with this or any
//! other program that speaks the protocol.
//!
//! # Where each formula is
//!
//! Group of order q with generator g; election key y = g^(sum of the trustees' x);
//! fingerprint phi; H(prefix, …) is SHA-256 modulo q. A proof (c, r) of knowledge of
//! x with X = g^x has r = w - x·c, and its commitment is g^r · X^c.
//!
//! | what | formula | where |
//! | --- | --- | --- |
//! | hash to scalar | H(prefix, e1..ek) = SHA-256(prefix \|\| e1 "," … ek) mod q | [`hash::challenge`] |
//! | proof of one logarithm | c = H(prefix, g^w) | [`schnorr::Proof::sign`] |
//! | proof of two equal ones | c = H(prefix, g^w, alpha^w) | [`schnorr::Proof::equality`] |
//! | encryption | alpha = g^r, beta = y^r · g^m | [`ballot::Booth`] |
//! | choice, sum and blank proofs, signature | A = g^r · alpha^c, B = y^r · (beta/g^m)^c, sum of c = H(prefix, A, B, …) | `statement.rs` |
//! | batch verification | prod A_i^{k_i} = g^{sum k_i a_i} · y^{sum k_i b_i} · prod X_i^{k_i c_i} | [`ballot::Verifier`], `ballot/hinted.rs` |
//! | credential | secret from its text; public g^secret | [`credential`] |
//! | per-election credential | C = K^t, secret k·t | [`credential`] |
//! | trustee's proof | c = H("pok\|group\|X\|", g^w) | [`trustee`] |
//! | threshold keys | X_j = prod_ik (g^{a_ik})^(j^k) | [`trustee::pedersen`] |
//! | key establishment | commit, deal, confirm or complain | [`establishment`] |
//! | tally | prod of ciphertext^weight | [`tally`] |
//! | decryption factor | alpha^x, c = H("decrypt\|phi\|X\|", g^w, alpha^w) | [`decryption`] |
//! | combination | Lagrange at 0: prod k/(k-j) | [`trustee::Trustees::combination`] |
//! | result | g^count = beta / prod factor^coefficient | [`decryption::Opened`] |
//! | counting | baby steps, giant steps | [`discrete_log`] |
//!
//! What is checked, by number: [`Check`] and `docs/ballot-checks.md`. How a whole
//! archive is verified: [`audit`].
//!
//! # What this crate does not do
//!
//! It does no I/O, reads no clock, starts no thread and draws no randomness: all of
//! that comes in as arguments. It runs in WebAssembly. What depends on a secret
//! takes constant time and is erased after use; `vartime_` marks what does not, and
//! is for public data only.
//!
//! # Example
//!
//! ```
//! use chacha20::ChaCha20Rng;
//! use chacha20::rand_core::SeedableRng;
//! use concerted_ballot::ballot::{Booth, Choice, Submission, Verifier};
//! use concerted_ballot::credential::Credential;
//! use concerted_ballot::decryption::{Opened, PartialDecryption, decrypt};
//! use concerted_ballot::election::{Election, Parameters, Question};
//! use concerted_ballot::tally::Tally;
//! use concerted_ballot::trustee::PrivateKey;
//! use concerted_ballot::{Ed25519, Group, Scalar};
//!
//! // Use the operating system's randomness instead.
//! let rng = &mut ChaCha20Rng::from_seed([1; 32]);
//! let trustee = PrivateKey::<Ed25519>::random(rng);
//! let parameters = Parameters {
//!     version: 1,
//!     description: String::new(),
//!     name: "Delegate".to_owned(),
//!     group: Ed25519::NAME.to_owned(),
//!     public_key: Ed25519::text(&trustee.public()),
//!     questions: vec![Question {
//!         answers: vec!["Noor".to_owned(), "Ana".to_owned()],
//!         blank: None,
//!         min: 1,
//!         max: 1,
//!         question: "Who?".to_owned(),
//!     }],
//!     uuid: "DepotNine11111".to_owned(),
//!     administrator: None,
//!     credential_authority: None,
//! };
//! let election = Election::<Ed25519>::parse(parameters.to_text().as_bytes())?;
//!
//! // A voter.
//! let secret = Credential::random(rng).secret::<Ed25519>("DepotNine11111");
//! let ballot = Booth::new(&election).cast(&secret, &[Choice::Chosen(vec![true, false])], rng)?;
//!
//! // Anyone.
//! let submission = Submission { number: 1, text: ballot.text.as_bytes(), hints: Some(&ballot.hints) };
//! let checked = Verifier::new(election.clone()).vartime_verify(&submission)?;
//! let mut tally = Tally::new(election.questions());
//! tally.add(&checked, 1);
//!
//! // The trustee, and again anyone.
//! let text = decrypt(&election, &tally, trustee.expose(), rng);
//! let partial = PartialDecryption::verify(text.as_bytes(), &election, &tally, 1, &trustee.public())?;
//! let counts = Opened::new(&tally, &[(&partial, <Ed25519 as Group>::Scalar::ONE)]).counts(1)?;
//! assert_eq!(counts.to_text(), r#"{"result":[[1,0]]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails"))]

pub mod archive;
pub mod audit;
pub mod ballot;
mod bounded;
pub mod check;
pub mod credential;
pub mod decryption;
pub mod discrete_log;
pub mod election;
pub mod establishment;
pub mod group;
pub mod hash;
pub mod number;
pub mod schnorr;
mod statement;
pub mod tally;
pub mod trustee;

pub use check::{Check, Failure, Place};
pub use group::{Belenios2048, Ed25519, Group, Scalar};

#[cfg(test)]
mod tests;
