//! Threshold groups: n trustees, any T of whom decrypt (BELENIOS.md, section 5).
//!
//! Each trustee i draws a polynomial f_i of T coefficients a_i0, a_i1, ... and
//! publishes g^a_i0, g^a_i1, .... The group's secret is the sum of all f_i(0); the
//! secret of trustee j is the sum of all f_i(j), so its verification key follows
//! from what was published: it is the product of all (g^a_ik)^(j^k).
//!
//! There are two layouts of the record. That of version 2.0 can be read; that of
//! 3.x, in which signatures hold the parts together, is the only one written. A
//! mixture is refused.

use serde::de::SeqAccess;
use serde::{Deserialize, Serialize};

use rand_core::CryptoRng;

use super::{Owner, PublicKey, TRUSTEES_MAX, key_element, pok_prefix};
use crate::bounded;
use crate::check::{Check, Failure, Place};
use crate::group::Group;
use crate::schnorr::{Proof, ProofText};

/// A threshold group as it stands in files, unchecked.
///
/// Those that can be had outside this crate are in the 3.x layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pedersen(Parameters);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    threshold: usize,
    #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
    certs: Vec<SignedText>,
    #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
    coefexps: Vec<SignedText>,
    /// Only in the 3.x layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<Signatures>,
    #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
    verification_keys: Vec<PublicKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Signatures(#[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")] Vec<ProofText>);

/// A text and its signature, made over exactly that text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedText {
    pub(crate) message: String,
    pub(crate) signature: ProofText,
}

impl SignedText {
    pub(crate) fn new<G: Group>(message: String, key: &G::Scalar, rng: &mut dyn CryptoRng) -> Self {
        let signature = sign::<G>(&message, key, rng);
        Self { message, signature }
    }
}

/// A signature over a text.
pub(crate) fn sign<G: Group>(text: &str, key: &G::Scalar, rng: &mut dyn CryptoRng) -> ProofText {
    Proof::sign::<G>(key, &signature_prefix(text), rng).to_text()
}

/// Whether this is a signature over that text.
pub(crate) fn is_signed_by<G: Group>(text: &str, signature: &ProofText, key: &G::Element) -> bool {
    Proof::from_text(signature).is_some_and(|proof| proof.vartime_verify::<G>(key, &signature_prefix(text)))
}

fn signature_prefix(text: &str) -> String {
    format!("sigmsg|{text}|")
}

/// What a certificate says: a trustee's two keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    /// Only in the 3.x layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Context>,
    /// Signatures are checked against it.
    pub(crate) verification: String,
    /// Shares are encrypted to it.
    pub(crate) encryption: String,
}

/// Which place in which group a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    pub(crate) group: String,
    pub(crate) size: usize,
    pub(crate) threshold: usize,
    /// Counted from 1.
    pub(crate) index: usize,
}

impl Context {
    pub(crate) fn new<G: Group>(size: usize, threshold: usize, index: usize) -> Self {
        Self { group: G::NAME.to_owned(), size, threshold, index }
    }
}

/// What a trustee says about their polynomial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coefficients {
    #[serde(deserialize_with = "bounded::list::<TRUSTEES_MAX, _, _>")]
    pub(crate) coefexps: Vec<String>,
}

/// The text by which a trustee confirms all certificates and their own coefficients.
pub(crate) fn confirmation(certs: &[SignedText], coefexps: &[String]) -> String {
    #[derive(Serialize)]
    struct Confirmed<'a> {
        certs: &'a [SignedText],
        coefexps: &'a [String],
    }
    format!("certs_sig|{}", json(&Confirmed { certs, coefexps }))
}

/// Compact JSON, fields in the order in which they are declared.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers can always be written")
}

/// The verification key of a trustee, proved and signed.
pub(crate) fn verification_key<G: Group>(
    secret: &G::Scalar,
    signing: &G::Scalar,
    rng: &mut dyn CryptoRng,
) -> PublicKey {
    let public_key = G::text(&G::reveal(&G::generator_power(secret)));
    let pok = Proof::sign::<G>(secret, &pok_prefix::<G>(&public_key), rng).to_text();
    let signature = Some(sign::<G>(&public_key, signing, rng));
    PublicKey { pok, public_key, signature, name: None }
}

/// Reads the content of an entry.
pub(super) fn next<'de, A: SeqAccess<'de>>(sequence: &mut A) -> Result<Option<Pedersen>, A::Error> {
    Ok(sequence.next_element()?.map(Pedersen))
}

/// What every trustee of a group contributes to its record.
pub(crate) struct Part {
    pub(crate) certificate: SignedText,
    pub(crate) coefficients: SignedText,
    pub(crate) confirmation: ProofText,
    pub(crate) verification_key: PublicKey,
}

impl Pedersen {
    /// A group in the 3.x layout, from the parts of its trustees in order.
    pub(crate) fn new(threshold: usize, parts: impl IntoIterator<Item = Part>) -> Self {
        let (mut certs, mut coefexps) = (Vec::new(), Vec::new());
        let (mut signatures, mut verification_keys) = (Vec::new(), Vec::new());
        for part in parts {
            certs.push(part.certificate);
            coefexps.push(part.coefficients);
            signatures.push(part.confirmation);
            verification_keys.push(part.verification_key);
        }
        let signatures = Some(Signatures(signatures));
        Self(Parameters { threshold, certs, coefexps, signatures, verification_keys })
    }

    /// How many trustees it is for, before anything was checked.
    pub(super) fn size(&self) -> usize {
        self.0.certs.len()
    }

    pub(super) fn threshold(&self) -> usize {
        self.0.threshold
    }

    /// Checks everything. `first` is the number of the first trustee.
    pub(super) fn verify<G: Group>(&self, first: usize) -> Result<(G::Element, Vec<Owner<G>>), Failure> {
        let Parameters { threshold, certs, coefexps, signatures, verification_keys } = &self.0;
        self.0.check_form(first)?;
        let signing_keys = each(certs, first, |index, cert, place| {
            let context = signatures.is_some().then(|| Context::new::<G>(certs.len(), *threshold, index + 1));
            Ok(check_certificate::<G>(cert, context.as_ref(), place)?.verification)
        })?;
        let polynomials = each(coefexps, first, |index, signed, place| {
            check_coefficients::<G>(signed, *threshold, &signing_keys[index], place)
        })?;
        if let Some(signatures) = signatures {
            each(&signatures.0, first, |index, signature, place| {
                check_confirmation::<G>(certs, &polynomials[index], signature, &signing_keys[index], place)
            })?;
        }
        let sum = sum(polynomials.iter());
        // B-031: a group whose secret is 0 decrypts for everybody.
        if sum[0] == G::identity() {
            return Err(Check::TrusteeKey.at(Place::Trustee(first)));
        }
        let owners = each(verification_keys, first, |index, public, place| {
            let key = check_verification_key::<G>(public, &sum, index + 1, place)?;
            // B-040: a key is signed just if the layout has signatures.
            match (&public.signature, signatures) {
                (None, None) => Ok(()),
                (Some(signature), Some(_)) => {
                    check_key_signature::<G>(public, signature, &signing_keys[index], place)
                }
                _ => Err(Check::VerificationKeySigned.at(place.clone())),
            }?;
            Ok(Owner { verification_key: key, name: public.name.clone() })
        })?;
        Ok((sum[0], owners))
    }
}

/// What `check` yields for each entry of a list, until the first that fails.
fn each<T, R>(
    list: &[T],
    first: usize,
    check: impl Fn(usize, &T, &Place) -> Result<R, Failure>,
) -> Result<Vec<R>, Failure> {
    list.iter()
        .enumerate()
        .map(|(index, entry)| check(index, entry, &Place::Trustee(first + index)))
        .collect()
}

impl Parameters {
    /// All lists have the same length, none is empty, and the threshold fits.
    fn check_form(&self, first: usize) -> Result<(), Failure> {
        let size = self.certs.len();
        let lengths_agree = self.coefexps.len() == size
            && self.verification_keys.len() == size
            && self.signatures.as_ref().is_none_or(|signatures| signatures.0.len() == size);
        // B-033
        if !lengths_agree || !(1..=size).contains(&self.threshold) {
            return Err(Check::ThresholdForm.at(Place::Trustee(first)));
        }
        Ok(())
    }
}

/// The keys of a trustee's certificate; neither is the identity.
pub(crate) struct Keys<G: Group> {
    pub(crate) verification: G::Element,
    pub(crate) encryption: G::Element,
}

/// The keys of a certificate that names just this context.
pub(crate) fn check_certificate<G: Group>(
    signed: &SignedText,
    context: Option<&Context>,
    place: &Place,
) -> Result<Keys<G>, Failure> {
    // B-034
    let read = || {
        let certificate: Certificate = serde_json::from_str(&signed.message).ok()?;
        let verification = key_element::<G>(&certificate.verification)?;
        let encryption = key_element::<G>(&certificate.encryption)?;
        (certificate.context.as_ref() == context).then_some(Keys { verification, encryption })
    };
    let keys: Keys<G> = read().ok_or_else(|| Check::CertificateForm.at(place.clone()))?;
    // B-035
    if !is_signed_by::<G>(&signed.message, &signed.signature, &keys.verification) {
        return Err(Check::CertificateSigned.at(place.clone()));
    }
    Ok(keys)
}

/// The coefficients g^a_0, g^a_1, ... that a trustee publishes.
pub(crate) fn check_coefficients<G: Group>(
    signed: &SignedText,
    threshold: usize,
    signing_key: &G::Element,
    place: &Place,
) -> Result<Polynomial<G>, Failure> {
    // B-036
    let read = || {
        let message: Coefficients = serde_json::from_str(&signed.message).ok()?;
        let texts = message.coefexps;
        let elements = texts.iter().map(|text| G::parse(text)).collect::<Option<Vec<_>>>()?;
        (elements.len() == threshold).then_some(Polynomial { texts, elements })
    };
    let polynomial = read().ok_or_else(|| Check::CoefficientsForm.at(place.clone()))?;
    // B-037
    if !is_signed_by::<G>(&signed.message, &signed.signature, signing_key) {
        return Err(Check::CoefficientsSigned.at(place.clone()));
    }
    Ok(polynomial)
}

/// B-038. The signature over all certificates and the signer's coefficients.
pub(crate) fn check_confirmation<G: Group>(
    certs: &[SignedText],
    own: &Polynomial<G>,
    signature: &ProofText,
    signing_key: &G::Element,
    place: &Place,
) -> Result<(), Failure> {
    if !is_signed_by::<G>(&confirmation(certs, &own.texts), signature, signing_key) {
        return Err(Check::GroupSigned.at(place.clone()));
    }
    Ok(())
}

/// The verification key of the trustee at a position, counted from 1. `sum` is
/// that of all polynomials.
pub(crate) fn check_verification_key<G: Group>(
    public: &PublicKey,
    sum: &[G::Element],
    position: usize,
    place: &Place,
) -> Result<G::Element, Failure> {
    let key = public.verify::<G>(place)?;
    // B-039
    if key != value_at::<G>(sum, position) {
        return Err(Check::VerificationKey.at(place.clone()));
    }
    Ok(key)
}

/// B-040. The signature of a verification key.
pub(crate) fn check_key_signature<G: Group>(
    public: &PublicKey,
    signature: &ProofText,
    signing_key: &G::Element,
    place: &Place,
) -> Result<(), Failure> {
    if !is_signed_by::<G>(&public.public_key, signature, signing_key) {
        return Err(Check::VerificationKeySigned.at(place.clone()));
    }
    Ok(())
}

/// A polynomial as its trustee publishes it: g to the power of each coefficient,
/// the constant one first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Polynomial<G: Group> {
    /// As they are signed.
    pub(crate) texts: Vec<String>,
    pub(crate) elements: Vec<G::Element>,
}

/// The sum of polynomials of the same length, in the exponent: for each k the
/// product of all g^a_ik.
pub(crate) fn sum<'a, G: Group>(mut polynomials: impl Iterator<Item = &'a Polynomial<G>>) -> Vec<G::Element> {
    let first = polynomials.next().map_or_else(Vec::new, |first| first.elements.clone());
    polynomials.fold(first, |sum, polynomial| {
        sum.iter().zip(&polynomial.elements).map(|(a, b)| G::product(a, b)).collect()
    })
}

/// g^f(position) for a polynomial given in the exponent. By Horner's rule: the
/// positions are small, so this takes a few products for each coefficient.
pub(crate) fn value_at<G: Group>(coefficients: &[G::Element], position: usize) -> G::Element {
    coefficients.iter().rev().fold(G::identity(), |value, coefficient| {
        G::product(&small_power::<G>(&value, position), coefficient)
    })
}

fn small_power<G: Group>(base: &G::Element, exponent: usize) -> G::Element {
    (0..usize::BITS - exponent.leading_zeros()).rev().fold(G::identity(), |power, bit| {
        let square = G::product(&power, &power);
        if exponent >> bit & 1 == 1 { G::product(&square, base) } else { square }
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::group::Scalar;
    use crate::tests::rng;
    use crate::trustee::{Entry, Trustees, to_json};
    use crate::{Ed25519, Group};

    type S = <Ed25519 as Group>::Scalar;

    /// All secrets of a group in one hand.
    pub(in crate::trustee) struct Secrets {
        signing: Vec<S>,
        polynomials: Vec<Vec<S>>,
    }

    /// What one of the trustees writes otherwise than it should; everything that
    /// follows is made of what they wrote.
    #[derive(Default)]
    pub(in crate::trustee) struct Edits {
        certificate: Option<fn(&mut Certificate)>,
        signed_certificate: Option<fn(&mut SignedText)>,
        coefficients: Option<fn(&mut Coefficients)>,
        signed_coefficients: Option<fn(&mut SignedText)>,
        confirmation: Option<fn(&mut ProofText)>,
        verification_key: Option<fn(&mut PublicKey)>,
        parameters: Option<fn(&mut Parameters)>,
    }

    /// The trustee who does so.
    const EDITOR: usize = 1;

    fn edit<T>(value: &mut T, index: usize, edit: Option<fn(&mut T)>) {
        if let Some(edit) = edit.filter(|_| index == EDITOR) {
            edit(value);
        }
    }

    impl Secrets {
        pub(in crate::trustee) fn new(size: usize, threshold: usize) -> Self {
            let mut rng = rng(100);
            let mut scalars = |count| (0..count).map(|_| S::random(&mut rng)).collect::<Vec<_>>();
            Self { signing: scalars(size), polynomials: (0..size).map(|_| scalars(threshold)).collect() }
        }

        pub(in crate::trustee) fn share(&self, index: usize) -> S {
            let position = S::from(index as u64 + 1);
            let value = |f: &Vec<S>| f.iter().rev().fold(S::ZERO, |value, a| value * position + *a);
            self.polynomials.iter().map(value).fold(S::ZERO, |sum, value| sum + value)
        }

        pub(in crate::trustee) fn group(&self, edits: &Edits) -> Pedersen {
            let mut rng = rng(101);
            let mut parts = Vec::new();
            for (index, signing) in self.signing.iter().enumerate() {
                let text = |scalar: &S| Ed25519::text(&Ed25519::reveal(&Ed25519::generator_power(scalar)));
                let mut certificate = Certificate {
                    context: Some(Context::new::<Ed25519>(
                        self.signing.len(),
                        self.polynomials[0].len(),
                        index + 1,
                    )),
                    verification: text(signing),
                    encryption: text(&(*signing + S::ONE)),
                };
                edit(&mut certificate, index, edits.certificate);
                let mut certificate = SignedText::new::<Ed25519>(json(&certificate), signing, &mut rng);
                edit(&mut certificate, index, edits.signed_certificate);
                let mut coefficients =
                    Coefficients { coefexps: self.polynomials[index].iter().map(text).collect() };
                edit(&mut coefficients, index, edits.coefficients);
                let mut coefficients = SignedText::new::<Ed25519>(json(&coefficients), signing, &mut rng);
                edit(&mut coefficients, index, edits.signed_coefficients);
                let mut verification_key = verification_key::<Ed25519>(&self.share(index), signing, &mut rng);
                edit(&mut verification_key, index, edits.verification_key);
                let confirmation = sign::<Ed25519>("", signing, &mut rng);
                parts.push(Part { certificate, coefficients, confirmation, verification_key });
            }
            let certs: Vec<SignedText> = parts.iter().map(|part| part.certificate.clone()).collect();
            for (index, (part, signing)) in parts.iter_mut().zip(&self.signing).enumerate() {
                let own: Coefficients = serde_json::from_str(&part.coefficients.message).unwrap();
                part.confirmation = sign::<Ed25519>(&confirmation(&certs, &own.coefexps), signing, &mut rng);
                edit(&mut part.confirmation, index, edits.confirmation);
            }
            let mut group = Pedersen::new(self.polynomials[0].len(), parts);
            edit(&mut group.0, EDITOR, edits.parameters);
            group
        }

        /// What the editor's edits lead to, in an election where trustee 1 is a
        /// mandatory one.
        fn failure(&self, edits: Edits) -> (Check, Place) {
            let mandatory = super::super::PrivateKey::<Ed25519>::random(&mut rng(102));
            let entries = [
                Entry::Single(mandatory.to_public_key(None, &mut rng(103))),
                Entry::Pedersen(self.group(&edits)),
            ];
            let failure = Trustees::<Ed25519>::parse(to_json(&entries).as_bytes()).unwrap_err();
            (failure.check, failure.place)
        }
    }

    /// The editor is the second of the group and so the third trustee.
    const EDITOR_PLACE: Place = Place::Trustee(3);
    const GROUP_PLACE: Place = Place::Trustee(2);

    fn check(check: Check, place: Place, edits: impl IntoIterator<Item = Edits>) {
        let secrets = Secrets::new(3, 2);
        for (number, edits) in edits.into_iter().enumerate() {
            assert_eq!(secrets.failure(edits), (check, place.clone()), "edit {number}");
        }
    }

    fn parameters(edit: fn(&mut Parameters)) -> Edits {
        Edits { parameters: Some(edit), ..Edits::default() }
    }

    fn certificate(edit: fn(&mut Certificate)) -> Edits {
        Edits { certificate: Some(edit), ..Edits::default() }
    }

    fn coefficients(edit: fn(&mut Coefficients)) -> Edits {
        Edits { coefficients: Some(edit), ..Edits::default() }
    }

    fn identity() -> String {
        Ed25519::text(&Ed25519::identity())
    }

    /// Of a point of order 4.
    fn outside() -> String {
        "00".repeat(32)
    }

    fn swap(proof: &mut ProofText) {
        std::mem::swap(&mut proof.challenge, &mut proof.response);
    }

    #[test]
    fn groups_of_any_size_verify() {
        for (size, threshold) in [(1, 1), (2, 1), (2, 2), (5, 3)] {
            let entry = Entry::Pedersen(Secrets::new(size, threshold).group(&Edits::default()));
            let trustees = Trustees::<Ed25519>::parse(to_json(&[entry]).as_bytes()).unwrap();
            assert_eq!(trustees.owners().len(), size);
        }
    }

    #[test]
    fn b_033_lists_are_of_one_length_and_the_threshold_fits() {
        check(
            Check::ThresholdForm,
            GROUP_PLACE,
            [
                parameters(|group| group.threshold = 0),
                parameters(|group| group.threshold = 4),
                parameters(|group| drop(group.certs.pop())),
                parameters(|group| drop(group.coefexps.pop())),
                parameters(|group| drop(group.signatures.as_mut().unwrap().0.pop())),
                parameters(|group| drop(group.verification_keys.pop())),
            ],
        );
    }

    #[test]
    fn b_034_a_certificate_has_two_keys_and_its_place_in_the_group() {
        check(
            Check::CertificateForm,
            EDITOR_PLACE,
            [
                certificate(|cert| cert.verification = identity()),
                certificate(|cert| cert.verification = outside()),
                certificate(|cert| cert.encryption = identity()),
                certificate(|cert| cert.encryption = outside()),
                certificate(|cert| cert.context.as_mut().unwrap().group = "BELENIOS-2048".to_owned()),
                certificate(|cert| cert.context.as_mut().unwrap().size = 4),
                certificate(|cert| cert.context.as_mut().unwrap().threshold = 3),
                certificate(|cert| cert.context.as_mut().unwrap().index = 1),
                // A mixture of layouts: no context, though there are signatures.
                certificate(|cert| cert.context = None),
            ],
        );
        // The other way round, every certificate has a context where none may be.
        check(Check::CertificateForm, GROUP_PLACE, [parameters(|group| group.signatures = None)]);
    }

    #[test]
    fn b_035_a_certificate_is_signed_with_its_own_key() {
        let edit = |cert: &mut SignedText| swap(&mut cert.signature);
        check(
            Check::CertificateSigned,
            EDITOR_PLACE,
            [
                Edits { signed_certificate: Some(edit), ..Edits::default() },
                Edits { signed_certificate: Some(|cert| cert.message.push(' ')), ..Edits::default() },
            ],
        );
    }

    #[test]
    fn b_036_there_are_as_many_coefficients_as_the_threshold() {
        check(
            Check::CoefficientsForm,
            EDITOR_PLACE,
            [
                coefficients(|message| drop(message.coefexps.pop())),
                coefficients(|message| message.coefexps.push(identity())),
                coefficients(|message| message.coefexps[1] = outside()),
            ],
        );
    }

    #[test]
    fn b_037_coefficients_are_signed() {
        let edit = |signed: &mut SignedText| swap(&mut signed.signature);
        check(
            Check::CoefficientsSigned,
            EDITOR_PLACE,
            [
                Edits { signed_coefficients: Some(edit), ..Edits::default() },
                Edits { signed_coefficients: Some(|signed| signed.message.push(' ')), ..Edits::default() },
            ],
        );
    }

    #[test]
    fn b_038_all_certificates_are_signed_by_all() {
        check(Check::GroupSigned, EDITOR_PLACE, [Edits { confirmation: Some(swap), ..Edits::default() }]);
    }

    #[test]
    fn b_031_and_b_032_hold_for_verification_keys() {
        let key = |edit| Edits { verification_key: Some(edit), ..Edits::default() };
        check(Check::TrusteeKey, EDITOR_PLACE, [key(|key| key.public_key = identity())]);
        check(Check::TrusteeProof, EDITOR_PLACE, [key(|key| swap(&mut key.pok))]);
    }

    /// A trustee who takes back what all others contribute leaves a key that
    /// everyone knows.
    #[test]
    fn b_031_a_group_has_a_secret() {
        let mut secrets = Secrets::new(3, 2);
        secrets.polynomials[1][0] = -(secrets.polynomials[0][0] + secrets.polynomials[2][0]);
        assert_eq!(secrets.failure(Edits::default()), (Check::TrusteeKey, GROUP_PLACE));
    }

    #[test]
    fn b_039_a_verification_key_follows_from_the_coefficients() {
        // Proved and signed, but for another share.
        let edit = |key: &mut PublicKey| {
            let secrets = Secrets::new(3, 2);
            *key = verification_key::<Ed25519>(&secrets.share(0), &secrets.signing[EDITOR], &mut rng(104));
        };
        check(
            Check::VerificationKey,
            EDITOR_PLACE,
            [Edits { verification_key: Some(edit), ..Edits::default() }],
        );
    }

    #[test]
    fn b_040_a_verification_key_is_signed() {
        check(
            Check::VerificationKeySigned,
            EDITOR_PLACE,
            [
                Edits {
                    verification_key: Some(|key| swap(key.signature.as_mut().unwrap())),
                    ..Edits::default()
                },
                Edits { verification_key: Some(|key| key.signature = None), ..Edits::default() },
            ],
        );
    }
}
