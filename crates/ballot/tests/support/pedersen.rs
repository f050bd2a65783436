//! A threshold group with all secrets in one hand, in the 3.x layout of BELENIOS.md,
//! section 5; each text can be changed before it is signed, and each hash.

use concerted_ballot::schnorr::Proof;
use concerted_ballot::{Group, Scalar};

use super::json::Json;
use super::{power_text, rng};

/// What a trustee writes or signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Certificate,
    Coefficients,
    Confirmation,
    Pok,
    KeySignature,
}

/// The secrets.
#[derive(Clone)]
pub(crate) struct Secrets<G: Group> {
    pub(crate) signing: Vec<G::Scalar>,
    pub(crate) polynomials: Vec<Vec<G::Scalar>>,
}

/// Gets what, whose (counted from 0) and the text that should be.
pub(crate) type Edit<'a> = &'a dyn Fn(What, usize, &str) -> String;

/// No change.
pub(crate) const HONEST: Edit<'static> = &|_, _, text| text.to_owned();

impl<G: Group> Secrets<G> {
    pub(crate) fn new(size: usize, threshold: usize) -> Self {
        let rng = &mut rng(77);
        let mut scalars = |count| (0..count).map(|_| G::Scalar::random(rng)).collect::<Vec<_>>();
        Self { signing: scalars(size), polynomials: (0..size).map(|_| scalars(threshold)).collect() }
    }

    /// The secret of the trustee at an index.
    pub(crate) fn share(&self, index: usize) -> G::Scalar {
        let position = G::Scalar::from(index as u64 + 1);
        let value = |f: &Vec<G::Scalar>| {
            f.iter().rev().fold(G::Scalar::ZERO, |value, coefficient| value * position + *coefficient)
        };
        self.polynomials.iter().fold(G::Scalar::ZERO, |sum, f| sum + value(f))
    }

    /// The entry `["Pedersen", …]`, each message changed by `text` before it is
    /// signed and each prefix of a hash by `prefix`.
    pub(crate) fn entry(&self, text: Edit<'_>, prefix: Edit<'_>) -> Json {
        let (size, threshold) = (self.signing.len(), self.polynomials[0].len());
        let each = |make: &dyn Fn(usize) -> Json| (0..size).map(make).collect::<Vec<_>>();
        let signed = |what: What, index: usize, message: &str| {
            let signature = self.signature(what, index, message, prefix);
            fields([("message", Json::text(message)), ("signature", signature)])
        };
        let certs = each(&|index| {
            let encryption = power_text::<G>(self.signing[index] + G::Scalar::ONE);
            let context = format!(
                r#""context":{{"group":"{}","size":{size},"threshold":{threshold},"index":{}}}"#,
                G::NAME,
                index + 1
            );
            let verification = power_text::<G>(self.signing[index]);
            let message =
                format!(r#"{{{context},"verification":"{verification}","encryption":"{encryption}"}}"#);
            signed(What::Certificate, index, &text(What::Certificate, index, &message))
        });
        let coefexps = each(&|index| {
            let texts: Vec<String> = self.polynomials[index].iter().map(|a| power_text::<G>(*a)).collect();
            let message = format!(r#"{{"coefexps":["{}"]}}"#, texts.join("\",\""));
            signed(What::Coefficients, index, &text(What::Coefficients, index, &message))
        });
        let signatures = each(&|index| {
            let mut message = coefexps[index].clone();
            let own = Json::parse(message.text_at("message")).at("coefexps").write();
            let confirmed =
                format!(r#"certs_sig|{{"certs":{},"coefexps":{own}}}"#, Json::List(certs.clone()).write());
            self.signature(What::Confirmation, index, &confirmed, prefix)
        });
        let verification_keys = each(&|index| {
            let public_key = power_text::<G>(self.share(index));
            let pok = prefix(What::Pok, index, &format!("pok|{}|{public_key}|", G::NAME));
            let pok = proof(&Proof::sign::<G>(&self.share(index), &pok, &mut rng(78)));
            let signature = self.signature(What::KeySignature, index, &public_key, prefix);
            fields([("pok", pok), ("public_key", Json::text(public_key)), ("signature", signature)])
        });
        let parameters = fields([
            ("threshold", Json::Plain(threshold.to_string())),
            ("certs", Json::List(certs)),
            ("coefexps", Json::List(coefexps)),
            ("signatures", Json::List(signatures)),
            ("verification_keys", Json::List(verification_keys)),
        ]);
        Json::List(vec![Json::text("Pedersen"), parameters])
    }

    fn signature(&self, what: What, index: usize, message: &str, prefix: Edit<'_>) -> Json {
        let prefix = prefix(what, index, &format!("sigmsg|{message}|"));
        proof(&Proof::sign::<G>(&self.signing[index], &prefix, &mut rng(79)))
    }
}

/// The entry `["Single", …]` of a mandatory trustee.
pub(crate) fn single<G: Group>(secret: &G::Scalar, prefix: Edit<'_>) -> Json {
    let public_key = power_text::<G>(*secret);
    let pok = prefix(What::Pok, 0, &format!("pok|{}|{public_key}|", G::NAME));
    let pok = proof(&Proof::sign::<G>(secret, &pok, &mut rng(80)));
    Json::List(vec![Json::text("Single"), fields([("pok", pok), ("public_key", Json::text(public_key))])])
}

fn proof<S: Scalar>(proof: &Proof<S>) -> Json {
    Json::parse(&serde_json::to_string(&proof.to_text()).unwrap())
}

fn fields<const N: usize>(fields: [(&str, Json); N]) -> Json {
    Json::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
}
