//! Makes and checks proofs from the formulas of BELENIOS.md, sections 4 to 6, and
//! can be told to make them wrong in one place.
//!
//! Nothing here takes constant time, and the randomness is from a fixed seed.

use chacha20::ChaCha20Rng;
use concerted_ballot::ballot::CastBallot;
use concerted_ballot::election::Election;
use concerted_ballot::hash::{base64, challenge, parse_scalar, scalar_text, sha256};
use concerted_ballot::schnorr::Proof;
use concerted_ballot::{Group, Scalar};

use super::json::{Json, edited};
use super::{power, power_text};

/// A proof of a ballot. Questions and choices are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Question and choice.
    Individual(usize, usize),
    Blank(usize),
    Overall(usize),
    Signature,
}

/// What is hashed for a proof. Each field gets what should be hashed.
#[derive(Clone, Copy)]
pub(crate) struct Hashing<'a> {
    /// Before the commitments.
    pub(crate) prefix: &'a dyn Fn(Of, &str) -> String,
    /// Of the commitments.
    pub(crate) commitments: &'a dyn Fn(Of, Vec<String>) -> Vec<String>,
}

impl Hashing<'_> {
    /// As it should be.
    pub(crate) const RIGHT: Hashing<'static> =
        Hashing { prefix: &|_, prefix| prefix.to_owned(), commitments: &|_, texts| texts };

    fn challenge<G: Group>(&self, of: Of, prefix: &str, commitments: &[G::Element]) -> G::Scalar {
        challenge(&(self.prefix)(of, prefix), &(self.commitments)(of, G::texts(commitments)))
    }
}

/// Makes ballots, honest unless a field is changed.
#[derive(Clone)]
pub(crate) struct Prover<'a, G: Group> {
    pub(crate) election: &'a Election<G>,
    /// Signs.
    pub(crate) secret: G::Scalar,
    /// What the ballot names.
    pub(crate) credential: String,
    /// For each question, for each choice, the exponent of its ciphertext; random if
    /// none is given.
    pub(crate) randomness: Option<Vec<Vec<G::Scalar>>>,
    pub(crate) hashing: Hashing<'a>,
    /// What is signed, from what should be.
    pub(crate) written: &'a dyn Fn(String) -> String,
    /// The commitment with this index in its proof is this power of g times the
    /// one for which the proof holds.
    pub(crate) error: &'a dyn Fn(Of, usize) -> G::Scalar,
}

/// A ciphertext and its exponents.
#[derive(Clone, Copy)]
struct Choice<G: Group> {
    m: G::Scalar,
    rho: G::Scalar,
    alpha: G::Element,
    beta: G::Element,
}

/// One alternative of a proof: the randomness, and what the plaintext is beyond
/// what is claimed.
type Disjunct<S> = (S, S);

impl<'a, G: Group> Prover<'a, G> {
    /// An honest one.
    pub(crate) fn new(election: &'a Election<G>, secret: G::Scalar) -> Self {
        Self {
            election,
            secret,
            credential: power_text::<G>(secret),
            randomness: None,
            hashing: Hashing::RIGHT,
            written: &|text| text,
            error: &|_, _| G::Scalar::ZERO,
        }
    }

    /// A ballot with these plaintexts, for blank too where it is allowed. Where
    /// they are such as no ballot may have, some proof is false.
    pub(crate) fn cast(&self, plaintexts: &[Vec<u64>], rng: &mut ChaCha20Rng) -> CastBallot {
        let scalars = |answer: &Vec<u64>| answer.iter().map(|m| G::Scalar::from(*m)).collect();
        self.cast_scalars(&plaintexts.iter().map(scalars).collect::<Vec<_>>(), rng)
    }

    /// The same for any plaintexts modulo q.
    pub(crate) fn cast_scalars(&self, plaintexts: &[Vec<G::Scalar>], rng: &mut ChaCha20Rng) -> CastBallot {
        let mut answers: Vec<Vec<Choice<G>>> = Vec::new();
        for (question, answer) in plaintexts.iter().enumerate() {
            let mut choices = Vec::new();
            for (choice, m) in answer.iter().enumerate() {
                let rho = match &self.randomness {
                    Some(randomness) => randomness[question][choice],
                    None => G::Scalar::random(rng),
                };
                choices.push(self.encrypt(*m, rho));
            }
            answers.push(choices);
        }
        let credential = G::parse(&self.credential).unwrap();
        let mut hinted: Vec<G::Element> =
            answers.iter().flatten().flat_map(|choice| [choice.alpha, choice.beta]).collect();
        hinted.push(credential);

        let s0 = format!("{}|{}", self.election.fingerprint(), self.credential);
        let texts: Vec<String> = (answers.iter().enumerate())
            .map(|(question, answer)| self.answer(question, answer, &s0, &mut hinted, rng))
            .collect();
        let unsigned = (self.written)(format!(
            r#"{{"election_uuid":"{}","election_hash":"{}","credential":"{}","answers":[{}]}}"#,
            self.election.parameters().uuid,
            self.election.fingerprint(),
            self.credential,
            texts.join(",")
        ));
        let hash = base64(&sha256(unsigned.as_bytes()));
        let nonce = G::Scalar::random(rng);
        let commitment = power::<G>(nonce + (self.error)(Of::Signature, 0));
        hinted.push(commitment);
        let prefix = format!("sig|{hash}|");
        let c = self.hashing.challenge::<G>(Of::Signature, &prefix, &[commitment]);
        let proof = write_proof(&[(c, nonce - self.secret * c)]);
        let text = with_signature(&unsigned, &hash, &proof[1..proof.len() - 1]);
        CastBallot { text, hints: hints_of::<G>(&hinted) }
    }

    fn encrypt(&self, m: G::Scalar, rho: G::Scalar) -> Choice<G> {
        let beta = G::vartime_power_product(&[(*self.election.key(), rho), (G::generator(), m)]);
        Choice { m, rho, alpha: power::<G>(rho), beta }
    }

    fn answer(
        &self,
        number: usize,
        answer: &[Choice<G>],
        s0: &str,
        hinted: &mut Vec<G::Element>,
        rng: &mut ChaCha20Rng,
    ) -> String {
        let question = &self.election.questions()[number];
        let pair = |alpha, beta| format!("{},{}", G::text(alpha), G::text(beta));
        let pairs: Vec<String> = answer.iter().map(|choice| pair(&choice.alpha, &choice.beta)).collect();
        let mut prove = |of: Of, prefix: String, disjuncts: &[Disjunct<G::Scalar>]| {
            self.prove(of, &prefix, disjuncts, hinted, rng)
        };
        let mut individual = Vec::new();
        for (index, Choice { m, rho, .. }) in answer.iter().enumerate() {
            let disjuncts = [(*rho, *m), (*rho, *m - G::Scalar::ONE)];
            let of = Of::Individual(number, index);
            individual.push(prove(of, format!("prove|{s0}|{}|", pairs[index]), &disjuncts));
        }
        let others = &answer[usize::from(question.allows_blank())..];
        let sum = others.iter().fold(G::Scalar::ZERO, |sum, choice| sum + choice.m);
        let rho = others.iter().fold(G::Scalar::ZERO, |sum, choice| sum + choice.rho);
        let sums = question.sums().map(|claimed| (rho, sum - G::Scalar::from(claimed)));
        let s = format!("{s0}|{}", pairs.join(","));
        let (blank, overall) = if question.allows_blank() {
            let flag = answer[0];
            let disjuncts = [(flag.rho, flag.m), (rho, sum)];
            let blank = prove(Of::Blank(number), format!("bproof0|{s}|"), &disjuncts);
            let disjuncts: Vec<_> =
                std::iter::once((flag.rho, flag.m - G::Scalar::ONE)).chain(sums).collect();
            let overall = prove(Of::Overall(number), format!("bproof1|{s}|"), &disjuncts);
            (format!(r#","blank_proof":{blank}"#), overall)
        } else {
            let Choice { alpha, beta, .. } = self.encrypt(sum, rho);
            let disjuncts: Vec<_> = sums.collect();
            let prefix = format!("prove|{s}|{}|", pair(&alpha, &beta));
            (String::new(), prove(Of::Overall(number), prefix, &disjuncts))
        };
        let choices: Vec<String> = (answer.iter())
            .map(|choice| {
                format!(r#"{{"alpha":"{}","beta":"{}"}}"#, G::text(&choice.alpha), G::text(&choice.beta))
            })
            .collect();
        format!(
            r#"{{"choices":[{}],"individual_proofs":[{}],"overall_proof":{overall}{blank}}}"#,
            choices.join(","),
            individual.join(",")
        )
    }

    /// Proves the first disjunct that holds; if none does, lies about the first.
    fn prove(
        &self,
        of: Of,
        prefix: &str,
        disjuncts: &[Disjunct<G::Scalar>],
        hinted: &mut Vec<G::Element>,
        rng: &mut ChaCha20Rng,
    ) -> String {
        let real = disjuncts.iter().position(|(_, e)| *e == G::Scalar::ZERO).unwrap_or(0);
        let mut proof = Vec::new();
        let mut commitments = Vec::new();
        for (index, (_, e)) in disjuncts.iter().enumerate() {
            let w = G::Scalar::random(rng);
            let c = if index == real { G::Scalar::ZERO } else { G::Scalar::random(rng) };
            let error = |which| (self.error)(of, 2 * index + which);
            commitments.push(power::<G>(w + error(0)));
            let terms = [(*self.election.key(), w), (G::generator(), *e * c + error(1))];
            commitments.push(G::vartime_power_product(&terms));
            proof.push((c, w));
        }
        let total = proof.iter().fold(G::Scalar::ZERO, |sum, (c, _)| sum + *c);
        proof[real].0 = self.hashing.challenge::<G>(of, prefix, &commitments) - total;
        for ((rho, _), (c, w)) in disjuncts.iter().zip(&mut proof) {
            *w = *w - *rho * *c;
        }
        hinted.extend(commitments);
        write_proof(&proof)
    }
}

/// A list of challenges and responses as JSON.
pub(crate) fn write_proof<S: Scalar>(proof: &[(S, S)]) -> String {
    let texts = proof
        .iter()
        .map(|(c, r)| format!(r#"{{"challenge":"{}","response":"{}"}}"#, scalar_text(c), scalar_text(r)));
    format!("[{}]", texts.collect::<Vec<_>>().join(","))
}

fn read_proof<S: Scalar>(proof: &Json) -> Vec<(S, S)> {
    let mut proof = proof.clone();
    let disjuncts = proof.list_at("").iter_mut();
    let scalar = |text: &mut String| parse_scalar(text).expect("a scalar");
    disjuncts.map(|pair| (scalar(pair.text_at("challenge")), scalar(pair.text_at("response")))).collect()
}

/// The hints for elements.
pub(crate) fn hints_of<G: Group>(elements: &[G::Element]) -> Vec<u8> {
    let root = |element: &G::Element| G::vartime_power_product(&[(*element, G::hint_factor())]);
    elements.iter().flat_map(|element| G::hint(&root(element)).0).collect()
}

/// A proof that one of some ciphertexts encrypts the plaintext beside it.
#[derive(Clone, Debug)]
pub(crate) struct Claim<G: Group> {
    pub(crate) of: Of,
    /// What is hashed before the commitments.
    pub(crate) prefix: String,
    /// alpha, beta and the plaintext; for the signature, the credential alone.
    pub(crate) disjuncts: Vec<(G::Element, Option<(G::Element, u64)>)>,
    pub(crate) proof: Vec<(G::Scalar, G::Scalar)>,
}

impl<G: Group> Claim<G> {
    /// Whether it holds when hashed in this way: computed anew, without the crate's
    /// verifier.
    pub(crate) fn holds(&self, key: &G::Element, hashing: Hashing<'_>) -> bool {
        let mut commitments = Vec::new();
        for ((alpha, beta), (c, r)) in self.disjuncts.iter().zip(&self.proof) {
            commitments.push(G::vartime_power_product(&[(G::generator(), *r), (*alpha, *c)]));
            if let Some((beta, m)) = beta {
                let shift = -(G::Scalar::from(*m) * *c);
                let terms = [(*key, *r), (*beta, *c), (G::generator(), shift)];
                commitments.push(G::vartime_power_product(&terms));
            }
        }
        let sum = self.proof.iter().fold(G::Scalar::ZERO, |sum, (c, _)| sum + *c);
        self.proof.len() == self.disjuncts.len()
            && hashing.challenge::<G>(self.of, &self.prefix, &commitments) == sum
    }
}

/// All that a well-formed ballot claims.
pub(crate) fn claims<G: Group>(election: &Election<G>, ballot: &str) -> Vec<Claim<G>> {
    let mut ballot = Json::parse(ballot);
    let credential = ballot.text_at("credential").clone();
    let s0 = format!("{}|{credential}", election.fingerprint());
    let mut claims = Vec::new();
    for (number, question) in election.questions().iter().enumerate() {
        let answer = ballot.at(&format!("answers/{number}"));
        let texts: Vec<[String; 2]> = (answer.list_at("choices").iter_mut())
            .map(|choice| ["alpha", "beta"].map(|name| choice.text_at(name).clone()))
            .collect();
        let pairs: Vec<String> = texts.iter().map(|[alpha, beta]| format!("{alpha},{beta}")).collect();
        let s = format!("{s0}|{}", pairs.join(","));
        let elements: Vec<[G::Element; 2]> =
            texts.iter().map(|pair| [0, 1].map(|side| G::parse(&pair[side]).unwrap())).collect();
        let encrypts = |[alpha, beta]: [G::Element; 2], m: u64| (alpha, Some((beta, m)));
        for (choice, element) in elements.iter().enumerate() {
            claims.push(Claim {
                of: Of::Individual(number, choice),
                prefix: format!("prove|{s0}|{}|", pairs[choice]),
                disjuncts: vec![encrypts(*element, 0), encrypts(*element, 1)],
                proof: read_proof(answer.at(&format!("individual_proofs/{choice}"))),
            });
        }
        let blank = usize::from(question.allows_blank());
        let product = elements[blank..].iter().fold([G::identity(); 2], |product, pair| {
            [G::product(&product[0], &pair[0]), G::product(&product[1], &pair[1])]
        });
        let sums = question.sums().map(|m| encrypts(product, m));
        let overall = read_proof(answer.at("overall_proof"));
        if question.allows_blank() {
            claims.push(Claim {
                of: Of::Blank(number),
                prefix: format!("bproof0|{s}|"),
                disjuncts: vec![encrypts(elements[0], 0), encrypts(product, 0)],
                proof: read_proof(answer.at("blank_proof")),
            });
            let disjuncts = std::iter::once(encrypts(elements[0], 1)).chain(sums).collect();
            let prefix = format!("bproof1|{s}|");
            claims.push(Claim { of: Of::Overall(number), prefix, disjuncts, proof: overall });
        } else {
            let texts = G::texts(&product);
            let prefix = format!("prove|{s}|{},{}|", texts[0], texts[1]);
            claims.push(Claim { of: Of::Overall(number), prefix, disjuncts: sums.collect(), proof: overall });
        }
    }
    let hash = ballot.text_at("signature/hash").clone();
    let proof = Json::List(vec![ballot.at("signature/proof").clone()]);
    claims.push(Claim {
        of: Of::Signature,
        prefix: format!("sig|{hash}|"),
        disjuncts: vec![(G::parse(&credential).unwrap(), None)],
        proof: read_proof(&proof),
    });
    claims
}

/// The proofs of a ballot that do not hold when hashed in this way.
pub(crate) fn unproved<G: Group>(election: &Election<G>, ballot: &str, hashing: Hashing<'_>) -> Vec<Of> {
    let failing = claims(election, ballot).into_iter().filter(|claim| !claim.holds(election.key(), hashing));
    failing.map(|claim| claim.of).collect()
}

/// A ballot with another text and a signature that is right again.
pub(crate) fn resigned<G: Group>(ballot: &str, secret: &G::Scalar, edit: impl FnOnce(&mut Json)) -> String {
    let unsigned = edited(ballot, |json| {
        json.fields_at("").retain(|(name, _)| name != "signature");
        edit(json);
    });
    sign::<G>(&unsigned, secret)
}

/// A ballot without its signature, signed.
pub(crate) fn sign<G: Group>(unsigned: &str, secret: &G::Scalar) -> String {
    let hash = base64(&sha256(unsigned.as_bytes()));
    let proof = Proof::sign::<G>(secret, &format!("sig|{hash}|"), &mut super::rng(0)).to_text();
    with_signature(unsigned, &hash, &serde_json::to_string(&proof).unwrap())
}

/// A ballot without its signature, and with it.
pub(crate) fn with_signature(unsigned: &str, hash: &str, proof: &str) -> String {
    let start = unsigned.strip_suffix('}').unwrap();
    format!(r#"{start},"signature":{{"hash":"{hash}","proof":{proof}}}}}"#)
}
