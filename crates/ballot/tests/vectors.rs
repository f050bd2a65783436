//! Elections made by the reference tool, with every secret: verified, and opened
//! again from what the trustees kept.
//!
//! Aim: the tally that we reach is the one that the votes have, by the trustees'
//! private keys, too. Method: `private/` of each vector holds them, for mandatory
//! trustees as numbers, for threshold groups as shares encrypted to each trustee
//! (BELENIOS.md, section 5). That encryption is only read here: our own key
//! establishment has another.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aes::Aes256;
use ccm::Ccm;
use ccm::aead::{Aead, KeyInit};
use ccm::consts::{U8, U13};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::audit::{Audit, Step};
use concerted_ballot::decryption::{Opened, PartialDecryption, decrypt};
use concerted_ballot::hash::sha256;
use concerted_ballot::number::Number;
use concerted_ballot::trustee::PrivateKey;
use concerted_ballot::{Belenios2048, Ed25519, Group, Scalar};
use serde::Deserialize;

/// A vector's folder.
struct Vector(PathBuf);

impl Vector {
    fn new(name: &str) -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/belenios").join(name))
    }

    fn archive(&self) -> Vec<u8> {
        let files = self.files("bel");
        assert_eq!(files.len(), 1, "one archive in {}", self.0.display());
        fs::read(&files[0]).unwrap()
    }

    fn private(&self) -> Self {
        Self(self.0.join("private"))
    }

    /// In the order of their names.
    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let files: BTreeSet<_> =
            entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
        files.into_iter().collect()
    }

    /// The tally, counted from the votes.
    fn expected(&self) -> Vec<Vec<Number>> {
        let text = fs::read(self.private().0.join("expected_tally.json")).unwrap();
        let counts: Vec<Vec<u64>> = serde_json::from_slice(&text).unwrap();
        counts.into_iter().map(|counts| counts.into_iter().map(Number).collect()).collect()
    }

    /// What each trustee of the vector decrypts with.
    fn keys<G: Group>(&self) -> Vec<PrivateKey<G>> {
        let private = self.private();
        let mandatory = private
            .files("privkey")
            .into_iter()
            .map(|path| PrivateKey::from_json(fs::read(path).unwrap().trim_ascii()).expect("a private key"));
        let threshold = private.files("dkey").into_iter().map(|path| {
            let seed = fs::read_to_string(path.with_extension("key")).unwrap();
            PrivateKey::from_scalar(share::<G>(seed.trim(), &fs::read(path).unwrap()))
        });
        mandatory.chain(threshold).collect()
    }
}

/// A message to one trustee.
#[derive(Deserialize)]
struct Sealed {
    alpha: String,
    beta: String,
    data: String,
}

#[derive(Deserialize)]
struct Signed {
    message: String,
}

#[derive(Deserialize)]
struct Addressed {
    message: String,
}

#[derive(Deserialize)]
struct Share {
    decryption_key: String,
}

/// The share in a `.dkey` file, with the seed of the `.key` file beside it.
fn share<G: Group>(seed: &str, sealed: &[u8]) -> G::Scalar {
    let sealed: Sealed = serde_json::from_slice(sealed).unwrap();
    let [alpha, beta] = [&sealed.alpha, &sealed.beta].map(|text| G::parse(text).expect("in the group"));
    let decryption_key = G::Scalar::from_hash(&sha256(format!("dk|{seed}").as_bytes()));
    // beta = ek^r · g^s, so this is g^s.
    let shared = G::product(&beta, &G::vartime_power_product(&[(alpha, -decryption_key)]));
    let key = sha256(format!("key|{}", G::text(&shared)).as_bytes());
    let iv = sha256(format!("iv|{}", sealed.alpha).as_bytes());
    let nonce: [u8; 13] = iv[..13].try_into().unwrap();
    let cipher = Ccm::<Aes256, U8, U13>::new(&key.into());
    let text = cipher.decrypt(&nonce.into(), from_hex(&sealed.data).as_slice()).expect("sealed to this key");
    let signed: Signed = serde_json::from_slice(&text).unwrap();
    let addressed: Addressed = serde_json::from_str(&signed.message).unwrap();
    let share: Share = serde_json::from_str(&addressed.message).unwrap();
    // Version 2.0 adds the shares up without reducing the sum modulo q.
    let digit = |digit: char| G::Scalar::from(u64::from(digit.to_digit(10).expect("a decimal digit")));
    let ten = G::Scalar::from(10);
    share.decryption_key.chars().fold(G::Scalar::ZERO, |value, next| value * ten + digit(next))
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// An archive verified to its end.
fn audited<G: Group>(archive: &[u8]) -> Audit<&[u8], G> {
    let mut audit = Audit::<_, G>::new(archive, None).expect("sound");
    loop {
        match audit.step().expect("sound") {
            Step::Run(task) => audit.absorb(task.run()).expect("sound"),
            Step::Wait => unreachable!("every outcome was given back"),
            Step::Done => return audit,
        }
    }
}

/// All subsets.
fn subsets(owners: &[usize]) -> impl Iterator<Item = BTreeSet<usize>> {
    let pick = |mask: u32| owners.iter().enumerate().filter(move |(bit, _)| mask >> bit & 1 == 1);
    (0..1u32 << owners.len()).map(move |mask| pick(mask).map(|(_, owner)| *owner).collect())
}

fn check<G: Group>(name: &str, ballots: u64, counted: u64) {
    let (vector, rng) = (Vector::new(name), &mut ChaCha20Rng::from_seed([7; 32]));
    let archive = vector.archive();
    let audit = audited::<G>(&archive);
    let expected = vector.expected();
    assert_eq!((audit.ballots(), audit.counted()), (ballots, counted), "{name}");
    assert_eq!(audit.result().expect("published").result, expected, "{name}");

    // Every trustee decrypts again, those too who did not when the vector was made.
    let (election, tally, trustees) = (audit.election(), audit.tally(), audit.trustees());
    let mut partial = BTreeMap::new();
    for key in vector.keys::<G>() {
        let public = key.public();
        let owner = trustees.owners().iter().position(|owner| owner.verification_key == public);
        let owner = owner.expect("a trustee of this election") + 1;
        let text = decrypt(election, tally, key.expose(), rng);
        let verified = PartialDecryption::verify(text.as_bytes(), election, tally, owner, &public);
        partial.insert(owner, verified.expect("right"));
    }
    assert_eq!(partial.len(), trustees.owners().len(), "{name}");
    let owners: Vec<usize> = partial.keys().copied().collect();
    let mut opened = Vec::new();
    for subset in subsets(&owners) {
        let Some(combination) = trustees.combination(&subset) else { continue };
        let contributions: Vec<_> =
            combination.into_iter().map(|(owner, coefficient)| (&partial[&owner], coefficient)).collect();
        opened.push(Opened::new(tally, &contributions));
    }
    assert!(opened.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    assert_eq!(opened[0].counts(audit.total_weight()).expect("counts").result, expected, "{name}");
    // Any two of three, and all three; or the only one.
    assert_eq!(opened.len(), if owners.len() == 3 { 4 } else { 1 }, "{name}");
}

#[test]
fn vectors_of_tool_2_0_in_belenios_2048() {
    check::<Belenios2048>("tool-2.0-BELENIOS-2048/a-single-5", 5, 5);
    check::<Belenios2048>("tool-2.0-BELENIOS-2048/b-threshold-weights-20", 20, 20);
    check::<Belenios2048>("tool-2.0-BELENIOS-2048/c-revote", 6, 3);
}

#[test]
fn vectors_of_tool_3_0_in_ed25519() {
    check::<Ed25519>("tool-3.0-Ed25519/a-single-5", 5, 5);
    check::<Ed25519>("tool-3.0-Ed25519/b-threshold-weights-20", 20, 20);
    check::<Ed25519>("tool-3.0-Ed25519/c-revote", 6, 3);
}
