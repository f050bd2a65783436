//! Trustees: whose keys make the election key, and how many of them can decrypt
//! (BELENIOS.md, sections 5 and 6).
//!
//! The record of an election's trustees is a list of mandatory trustees and of
//! threshold groups ([`pedersen`]). To decrypt takes every mandatory trustee and
//! enough of each group. A mandatory trustee counts as one of one, so all that
//! follows speaks of groups only.
//!
//! Invariant: whoever holds a [`Trustees`] holds a record whose every proof and
//! signature was checked.

pub mod pedersen;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use rand_core::CryptoRng;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

use crate::check::{Check, Failure, Place};
use crate::group::{Group, Scalar};
use crate::hash::{parse_scalar, scalar_text};
use crate::schnorr::{Proof, ProofText};

pub use pedersen::Pedersen;

/// Most trustees of an election, in all groups together.
pub const TRUSTEES_MAX: usize = 100;

/// Longest record of trustees: the largest threshold group of BELENIOS-2048 has
/// 100 times 100 coefficients of 620 bytes each.
pub const TRUSTEES_BYTES_MAX: usize = 8 << 20;

/// The trustees of an election, all checks made.
#[derive(Clone, Debug)]
pub struct Trustees<G: Group> {
    key: G::Element,
    owners: Vec<Owner<G>>,
    groups: Vec<TrusteeGroup>,
}

/// One trustee. Its number, by which partial decryptions name it, counts from 1
/// through all groups.
#[derive(Clone, Debug)]
pub struct Owner<G: Group> {
    /// The key that its partial decryptions are checked against; not the identity.
    pub verification_key: G::Element,
    /// What it is called, if the record says so. Nothing attests it.
    pub name: Option<String>,
}

/// A threshold group, or a mandatory trustee as a group of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrusteeGroup {
    /// The numbers of its trustees.
    pub owners: Range<usize>,
    /// How many of them decrypt: at least 1, at most all.
    pub threshold: usize,
}

impl<G: Group> Trustees<G> {
    /// Reads a record of trustees and makes checks B-030 to B-040.
    ///
    /// # Errors
    /// The check that failed, and which trustee's fault it is. What concerns a
    /// whole group stands at its first trustee.
    pub fn parse(json: &[u8]) -> Result<Self, Failure> {
        // B-009
        if json.len() > TRUSTEES_BYTES_MAX {
            return Err(Check::Bounds.at(Place::Trustees));
        }
        // B-030
        let Record(entries) =
            serde_json::from_slice(json).map_err(|_| Check::TrusteesForm.at(Place::Trustees))?;
        let size: usize = entries.iter().map(Entry::size).sum();
        // B-009
        if size > TRUSTEES_MAX {
            return Err(Check::Bounds.at(Place::Trustees));
        }
        // B-030
        if size == 0 {
            return Err(Check::TrusteesForm.at(Place::Trustees));
        }
        let mut trustees = Self { key: G::identity(), owners: Vec::with_capacity(size), groups: Vec::new() };
        for entry in entries {
            trustees.add(entry)?;
        }
        Ok(trustees)
    }

    /// The election key: the product of the keys of all groups.
    pub fn key(&self) -> &G::Element {
        &self.key
    }

    /// All trustees; the first has number 1.
    pub fn owners(&self) -> &[Owner<G>] {
        &self.owners
    }

    /// The trustee of this number, counted from 1.
    pub fn owner(&self, number: usize) -> Option<&Owner<G>> {
        self.owners.get(number.checked_sub(1)?)
    }

    /// The groups, in the order of their trustees.
    pub fn groups(&self) -> &[TrusteeGroup] {
        &self.groups
    }

    /// Whether partial decryptions by these trustees suffice. Numbers of nobody
    /// count for nothing.
    pub fn is_enough(&self, owners: &BTreeSet<usize>) -> bool {
        self.groups.iter().all(|group| group.is_enough(owners))
    }

    /// The trustees to combine, and each one's exponent: the decryption factors
    /// to these powers, multiplied, are alpha to the secret of the election key.
    /// None if there are not enough.
    ///
    /// In each group it is the first by number, as many as the threshold, with
    /// Lagrange's coefficients at 0 over their positions in the group.
    pub fn combination(&self, owners: &BTreeSet<usize>) -> Option<BTreeMap<usize, G::Scalar>> {
        self.is_enough(owners)
            .then(|| self.groups.iter().flat_map(|group| group.combination::<G::Scalar>(owners)).collect())
    }

    fn add(&mut self, entry: Entry) -> Result<(), Failure> {
        let first = self.owners.len() + 1;
        let (key, owners, threshold) = match entry {
            Entry::Single(public) => {
                // B-030: there is no certificate that a signature could be checked against.
                if public.signature.is_some() {
                    return Err(Check::TrusteesForm.at(Place::Trustee(first)));
                }
                let key = public.verify::<G>(&Place::Trustee(first))?;
                (key, vec![Owner { verification_key: key, name: public.name }], 1)
            }
            Entry::Pedersen(pedersen) => {
                let threshold = pedersen.threshold();
                let (key, owners) = pedersen.verify::<G>(first)?;
                (key, owners, threshold)
            }
        };
        self.key = G::product(&self.key, &key);
        self.groups.push(TrusteeGroup { owners: first..first + owners.len(), threshold });
        self.owners.extend(owners);
        Ok(())
    }
}

impl TrusteeGroup {
    fn is_enough(&self, owners: &BTreeSet<usize>) -> bool {
        owners.range(self.owners.clone()).count() >= self.threshold
    }

    fn combination<S: Scalar>(&self, owners: &BTreeSet<usize>) -> Vec<(usize, S)> {
        let chosen: Vec<usize> = owners.range(self.owners.clone()).copied().take(self.threshold).collect();
        let positions: Vec<u64> = chosen.iter().map(|owner| (owner - self.owners.start + 1) as u64).collect();
        chosen.into_iter().zip(lagrange(&positions)).collect()
    }
}

/// Lagrange's coefficients at 0 for a polynomial known at these positions, which
/// differ from each other and from 0.
pub(crate) fn lagrange<S: Scalar>(positions: &[u64]) -> Vec<S> {
    let coefficient = |j: u64| {
        let (numerator, denominator) =
            positions.iter().filter(|k| **k != j).fold((S::ONE, S::ONE), |(numerator, denominator), k| {
                (numerator * S::from(*k), denominator * (S::from(*k) - S::from(j)))
            });
        numerator * denominator.invert().expect("positions differ and are below q")
    };
    positions.iter().map(|position| coefficient(*position)).collect()
}

/// A record of trustees as it stands in files, for [`Trustees::parse`] to check.
pub fn to_json(entries: &[Entry]) -> String {
    serde_json::to_string(entries).expect("strings and numbers can always be written")
}

/// An entry of the record of trustees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A mandatory trustee.
    Single(PublicKey),
    /// A threshold group.
    Pedersen(Pedersen),
}

impl Entry {
    /// How many trustees it has, as far as that can be said before checking it.
    fn size(&self) -> usize {
        match self {
            Entry::Single(_) => 1,
            Entry::Pedersen(pedersen) => pedersen.size(),
        }
    }
}

const SINGLE: &str = "Single";
const PEDERSEN: &str = "Pedersen";

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Entry::Single(key) => (SINGLE, key).serialize(serializer),
            Entry::Pedersen(pedersen) => (PEDERSEN, pedersen).serialize(serializer),
        }
    }
}

#[derive(Deserialize)]
struct Record(#[serde(deserialize_with = "crate::bounded::list::<TRUSTEES_MAX, _, _>")] Vec<Entry>);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of trustee and its content")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Entry, A::Error> {
        let missing = || de::Error::invalid_length(2, &self);
        let kind: String = sequence.next_element()?.ok_or_else(missing)?;
        match kind.as_str() {
            SINGLE => sequence.next_element()?.map(Entry::Single).ok_or_else(missing),
            PEDERSEN => pedersen::next(&mut sequence)?.map(Entry::Pedersen).ok_or_else(missing),
            _ => Err(de::Error::unknown_variant(&kind, &[SINGLE, PEDERSEN])),
        }
    }
}

/// A trustee's public key as it stands in files, unchecked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Proof of knowledge of the private key.
    pub pok: ProofText,
    /// An element.
    pub public_key: String,
    /// In a threshold group, the signature with the key of the trustee's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<ProofText>,
    /// What the trustee is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl PublicKey {
    /// The key, if it is one and its holder has proved to know the private key.
    fn verify<G: Group>(&self, place: &Place) -> Result<G::Element, Failure> {
        // B-031
        let key = key_element::<G>(&self.public_key).ok_or_else(|| Check::TrusteeKey.at(place.clone()))?;
        // B-032
        Proof::from_text(&self.pok)
            .filter(|proof| proof.vartime_verify::<G>(&key, &pok_prefix::<G>(&self.public_key)))
            .ok_or_else(|| Check::TrusteeProof.at(place.clone()))?;
        Ok(key)
    }
}

/// What a trustee's proof of knowledge is bound to. It names no election, so a key
/// may serve in many.
fn pok_prefix<G: Group>(public_key: &str) -> String {
    format!("pok|{}|{public_key}|", G::NAME)
}

/// The element of a text, if it can be a key: the identity cannot.
pub(crate) fn key_element<G: Group>(text: &str) -> Option<G::Element> {
    G::parse(text).filter(|element| *element != G::identity())
}

/// What a trustee decrypts with. Erased when dropped.
#[derive(Clone)]
pub struct PrivateKey<G: Group>(G::Scalar);

impl<G: Group> PrivateKey<G> {
    /// A new one.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(G::Scalar::random(rng))
    }

    /// The one with this secret.
    pub fn from_scalar(secret: G::Scalar) -> Self {
        Self(secret)
    }

    /// From the content of a `.privkey` file: a decimal number in a JSON string.
    /// None for anything else.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let text: Zeroizing<String> = serde_json::from_slice::<String>(json).ok()?.into();
        parse_scalar(&text).map(Self)
    }

    /// The content of a `.privkey` file.
    pub fn to_json(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(scalar_text(&self.0));
        Zeroizing::new(format!("\"{}\"", *text))
    }

    /// The secret exponent.
    pub fn expose(&self) -> &G::Scalar {
        &self.0
    }

    /// The public key.
    pub fn public(&self) -> G::Element {
        G::reveal(&G::generator_power(&self.0))
    }

    /// The public key of a mandatory trustee, with its proof, for [`Entry::Single`].
    pub fn to_public_key(&self, name: Option<String>, rng: &mut dyn CryptoRng) -> PublicKey {
        let public_key = G::text(&self.public());
        let pok = Proof::sign::<G>(&self.0, &pok_prefix::<G>(&public_key), rng).to_text();
        PublicKey { pok, public_key, signature: None, name }
    }
}

impl<G: Group> Drop for PrivateKey<G> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<G: Group> fmt::Debug for PrivateKey<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{rng, vector};
    use crate::{Belenios2048, Ed25519};

    /// Every record of trustees made by belenios-tool, with the election beside it.
    const ARCHIVES_2048: [&str; 3] = [
        "tool-2.0-BELENIOS-2048/a-single-5/eYjrd4sb4j4d4s.bel",
        "tool-2.0-BELENIOS-2048/b-threshold-weights-20/Fwnz4TMWzs24CE.bel",
        "tool-2.0-BELENIOS-2048/c-revote/g7Bx3TjdX1WBNv.bel",
    ];
    const ARCHIVES_25519: [&str; 3] = [
        "tool-3.0-Ed25519/a-single-5/hMCiNCXXAPASqo.bel",
        "tool-3.0-Ed25519/b-threshold-weights-20/8TSPUsDkA71qey.bel",
        "tool-3.0-Ed25519/c-revote/oAVfr96WeJmwjC.bel",
    ];
    const THRESHOLD_25519: &str = "tool-3.0-Ed25519/b-threshold-weights-20/private/trustees.json";
    const THRESHOLD_2048: &str = "tool-2.0-BELENIOS-2048/b-threshold-weights-20/private/trustees.json";

    /// The line of an archive that begins so.
    fn record(archive: &[u8], start: &str) -> String {
        let at = archive.windows(start.len()).position(|window| window == start.as_bytes()).unwrap();
        let end = archive[at..].iter().position(|byte| *byte == 0).unwrap();
        String::from_utf8(archive[at..at + end].to_vec()).unwrap()
    }

    fn check_archives<G: Group>(archives: &[&str], sizes: &[usize]) {
        for (archive, size) in archives.iter().zip(sizes) {
            let archive = vector(archive);
            let trustees = Trustees::<G>::parse(record(&archive, "[[\"").as_bytes()).unwrap();
            let election: serde_json::Value =
                serde_json::from_str(&record(&archive, "{\"version\":1,\"description\"")).unwrap();
            assert_eq!(G::text(trustees.key()), election["public_key"]);
            assert_eq!(trustees.owners().len(), *size);
        }
    }

    #[test]
    fn trustees_made_by_belenios_tool_verify_in_ed25519() {
        check_archives::<Ed25519>(&ARCHIVES_25519, &[1, 3, 1]);
    }

    #[test]
    fn trustees_made_by_belenios_tool_verify_in_belenios_2048() {
        check_archives::<Belenios2048>(&ARCHIVES_2048, &[1, 3, 1]);
    }

    fn check_changes<G: Group>(name: &str, step: usize) {
        let json = vector(name);
        assert!(Trustees::<G>::parse(&json).is_ok());
        for at in (0..json.trim_ascii_end().len()).step_by(step) {
            let mut changed = json.clone();
            changed[at] ^= 1;
            assert!(Trustees::<G>::parse(&changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn any_change_is_noticed_in_ed25519() {
        check_changes::<Ed25519>(THRESHOLD_25519, 7);
    }

    #[test]
    fn any_change_is_noticed_in_belenios_2048() {
        check_changes::<Belenios2048>(THRESHOLD_2048, 211);
    }

    #[test]
    fn a_private_key_of_belenios_tool_is_read() {
        let folder = "tool-2.0-BELENIOS-2048/a-single-5";
        let json = vector(&format!("{folder}/private/12A8BC02.privkey"));
        let key = PrivateKey::<Belenios2048>::from_json(&json).unwrap();
        let record = record(&vector(&format!("{folder}/eYjrd4sb4j4d4s.bel")), "[[\"");
        let trustees = Trustees::<Belenios2048>::parse(record.as_bytes()).unwrap();
        assert_eq!(key.public(), trustees.owner(1).unwrap().verification_key);
        assert_eq!(key.to_json().as_bytes(), json.trim_ascii_end());
        for bad in ["", "1", "\"\"", "\"01\"", "\"-1\"", "\"1", "[\"1\"]"] {
            assert!(PrivateKey::<Belenios2048>::from_json(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    fn single(seed: u8) -> PublicKey {
        PrivateKey::<Ed25519>::random(&mut rng(seed)).to_public_key(None, &mut rng(seed + 1))
    }

    fn failure(json: &str) -> (Check, Place) {
        let failure = Trustees::<Ed25519>::parse(json.as_bytes()).unwrap_err();
        (failure.check, failure.place)
    }

    fn failure_of(keys: &[PublicKey]) -> (Check, Place) {
        failure(&to_json(&keys.iter().cloned().map(Entry::Single).collect::<Vec<_>>()))
    }

    #[test]
    fn mandatory_trustees_are_written_and_read() {
        let keys = [1, 2].map(|seed| PrivateKey::<Ed25519>::random(&mut rng(seed)));
        let entries =
            keys.each_ref().map(|key| Entry::Single(key.to_public_key(Some("Zoë".to_owned()), &mut rng(9))));
        let trustees = Trustees::<Ed25519>::parse(to_json(&entries).as_bytes()).unwrap();
        assert_eq!(*trustees.key(), Ed25519::product(&keys[0].public(), &keys[1].public()));
        assert_eq!(trustees.owner(2).unwrap().name.as_deref(), Some("Zoë"));
        assert!(trustees.owner(0).is_none() && trustees.owner(3).is_none());
        assert!(!trustees.is_enough(&[2].into()));
        let factors = trustees.combination(&[1, 2].into()).unwrap();
        let one = <Ed25519 as Group>::Scalar::ONE;
        assert_eq!(factors, [(1, one), (2, one)].into());
    }

    #[test]
    fn b_009_there_are_at_most_a_hundred_trustees() {
        let key = single(1);
        assert!(
            Trustees::<Ed25519>::parse(to_json(&vec![Entry::Single(key.clone()); 100]).as_bytes()).is_ok()
        );
        assert_eq!(failure_of(&vec![key.clone(); 101]), (Check::Bounds, Place::Trustees));
        assert_eq!(failure_of(&vec![key; 1000]), (Check::Bounds, Place::Trustees));
        let large = " ".repeat(TRUSTEES_BYTES_MAX + 1);
        assert_eq!(failure(&large), (Check::Bounds, Place::Trustees));
    }

    #[test]
    fn b_030_trustees_have_a_form() {
        let key = serde_json::to_string(&single(1)).unwrap();
        assert!(Trustees::<Ed25519>::parse(format!("[[\"Single\",{key}]]").as_bytes()).is_ok());
        for bad in [
            "".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            "[[]]".to_owned(),
            "[[\"Single\"]]".to_owned(),
            format!("[[\"single\",{key}]]"),
            format!("[[\"Single\",{key},1]]"),
            format!("[[\"Single\",{key}]]]"),
            format!("[[\"Pedersen\",{key}]]"),
            format!("[[\"Single\",{}]]", key.replace("{\"pok", "{\"extra\":1,\"pok")),
        ] {
            assert_eq!(failure(&bad), (Check::TrusteesForm, Place::Trustees), "{bad}");
        }
        let signed = PublicKey { signature: Some(single(1).pok), ..single(1) };
        assert_eq!(failure_of(&[single(1), signed]), (Check::TrusteesForm, Place::Trustee(2)));
    }

    #[test]
    fn b_031_a_key_is_in_the_group_and_not_the_identity() {
        let identity = PrivateKey::<Ed25519>::from_scalar(Scalar::ZERO).to_public_key(None, &mut rng(3));
        let outside = PublicKey { public_key: "00".repeat(32), ..single(1) };
        for bad in [identity, outside] {
            assert_eq!(failure_of(&[single(1), bad]), (Check::TrusteeKey, Place::Trustee(2)));
        }
    }

    #[test]
    fn b_032_knowledge_of_the_private_key_is_proved() {
        let stolen = PublicKey { public_key: single(5).public_key, ..single(1) };
        let range = PublicKey { pok: ProofText { challenge: "9".repeat(78), ..single(1).pok }, ..single(1) };
        for bad in [stolen, range] {
            assert_eq!(failure_of(&[single(1), bad]), (Check::TrusteeProof, Place::Trustee(2)));
        }
    }

    #[test]
    fn a_threshold_group_and_a_mandatory_trustee_decrypt_together() {
        let secrets = pedersen::tests::Secrets::new(3, 2);
        let mandatory = PrivateKey::<Ed25519>::random(&mut rng(1));
        let entries = [
            Entry::Single(mandatory.to_public_key(None, &mut rng(2))),
            Entry::Pedersen(secrets.group(&Default::default())),
        ];
        let trustees = Trustees::<Ed25519>::parse(to_json(&entries).as_bytes()).unwrap();
        assert_eq!(trustees.groups()[1], TrusteeGroup { owners: 2..5, threshold: 2 });
        let secret = |owner| if owner == 1 { *mandatory.expose() } else { secrets.share(owner - 2) };
        for enough in [vec![1, 2, 3], vec![1, 2, 4], vec![1, 3, 4], vec![0, 1, 2, 3, 4, 5]] {
            let owners = enough.into_iter().collect();
            let combination = trustees.combination(&owners).unwrap();
            assert_eq!(combination.len(), 3);
            let sum =
                combination.iter().fold(Scalar::ZERO, |sum, (owner, factor)| sum + *factor * secret(*owner));
            assert_eq!(PrivateKey::<Ed25519>::from_scalar(sum).public(), *trustees.key());
        }
        for few in [vec![], vec![1], vec![1, 2], vec![2, 3, 4], vec![1, 4, 5, 6]] {
            assert!(trustees.combination(&few.into_iter().collect()).is_none());
        }
    }
}
