//! Attacks on verifiable voting. Each test says its aim and its method.
//!
//! The voters of the sample are numbered from 0: voter 0 votes twice, voter 1 has
//! three votes, voter 2 none, and voter 3, the attacker, has not voted.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod support;

use std::collections::HashSet;
use std::sync::LazyLock;

use chacha20::ChaCha20Rng;
use concerted_ballot::ballot::{Booth, CastBallot, Submission, Verifier};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::election::Election;
use concerted_ballot::hash::{base64, challenge, parse_scalar, scalar_text, sha256};
use concerted_ballot::schnorr::Proof;
use concerted_ballot::tally::Tally;
use concerted_ballot::trustee::Trustees;
use concerted_ballot::{Belenios2048, Check, Ed25519, Failure, Group, Place, Scalar};
use support::archive::{Event, Parts, hint_file, write};
use support::audit::{Verified, audit, audit_with};
use support::json::{Json, edited};
use support::pedersen::{HONEST, Secrets, What, single};
use support::prover::{Claim, Hashing, Of, Prover, claims, resigned, unproved, with_signature};
use support::sample::{Sample, Shape, TrusteeKind, Voter, chosen, open, question};
use support::substitutes::{Kind, of_element, of_scalar};
use support::{ballot, minus_one, power, power_text, rng};

type S = <Ed25519 as Group>::Scalar;

static SAMPLE: LazyLock<Sample<Ed25519>> = LazyLock::new(Sample::default);

const VICTIM: usize = 1;
const ATTACKER: usize = 3;

fn victim() -> &'static str {
    &SAMPLE.ballots[VICTIM].text
}

fn attacker() -> &'static Voter<Ed25519> {
    &SAMPLE.voters[ATTACKER]
}

/// While voting goes on, with one more ballot.
fn submit(text: &str) -> Result<Verified, Failure> {
    submit_to(&SAMPLE, text)
}

fn submit_to<G: Group>(sample: &Sample<G>, text: &str) -> Result<Verified, Failure> {
    let mut parts = under_way(sample);
    parts.ballots.push(text.to_owned());
    audit::<G>(&parts.write())
}

fn under_way<G: Group>(sample: &Sample<G>) -> Parts {
    let mut parts = sample.parts.clone();
    (parts.closed, parts.tally, parts.result) = (false, None, None);
    parts.decryptions.clear();
    parts
}

/// The ballot, handed in, fails by this check. It is the fifth.
fn refused(what: &str, text: &str, check: Check, credential: &str, question: Option<usize>) {
    assert_eq!(submit(text), Err(check.at(ballot(5, credential, question))), "{what}");
}

/// The victim's ballot under the attacker's credential, changed, and signed by the
/// attacker.
fn stolen(edit: impl FnOnce(&mut Json)) -> String {
    resigned::<Ed25519>(victim(), &attacker().secret, |json| {
        *json.text_at("credential") = attacker().text.clone();
        edit(json);
    })
}

/// The voter's own ballot, changed and signed again.
fn own(index: usize, edit: impl FnOnce(&mut Json)) -> String {
    resigned::<Ed25519>(&SAMPLE.ballots[index].text, &SAMPLE.secret_of(index), edit)
}

/// The check that a proof of a ballot fails by, and the question.
fn check_of(of: Of) -> (Check, Option<usize>) {
    match of {
        Of::Individual(question, _) => (Check::IndividualProof, Some(question + 1)),
        Of::Blank(question) => (Check::BlankProof, Some(question + 1)),
        Of::Overall(question) => (Check::OverallProof, Some(question + 1)),
        Of::Signature => (Check::Signature, None),
    }
}

// Copies.

/// Aim: to learn how somebody voted by voting the same and looking at a small tally
/// (Cortier and Smyth, on Helios). Method: hand in their ballot once more.
#[test]
fn a_copy_byte_for_byte() {
    refused("", victim(), Check::BallotOnce, &SAMPLE.voters[1].text, None);
}

/// The same; method: their ciphertexts and proofs under one's own credential.
#[test]
fn a_copy_in_ones_own_slot() {
    let unsigned = victim().replace(&SAMPLE.voters[1].text, &attacker().text);
    refused("not signed anew", &unsigned, Check::SignatureHash, &attacker().text, None);
    refused("signed anew", &stolen(|_| {}), Check::IndividualProof, &attacker().text, Some(1));
    // One answer of two, beside an answer of one's own.
    let cast = Prover::new(&SAMPLE.election, attacker().secret).cast(&[vec![1, 0], vec![0, 1]], &mut rng(1));
    let answer = Json::parse(victim()).at("answers/1").clone();
    let mixed = resigned::<Ed25519>(&cast.text, &attacker().secret, |json| *json.at("answers/1") = answer);
    refused("one answer", &mixed, Check::IndividualProof, &attacker().text, Some(2));
    // One choice of two, with the randomness of the other one's own.
    let choice = Json::parse(victim()).at("answers/0/choices/0").clone();
    let mixed =
        resigned::<Ed25519>(&cast.text, &attacker().secret, |json| *json.at("answers/0/choices/0") = choice);
    refused("one choice", &mixed, Check::IndividualProof, &attacker().text, Some(1));
}

/// Aim: to have a copy count as another ballot, or two programs judge one ballot
/// differently. Method: write it in another way.
#[test]
fn a_copy_written_otherwise() {
    let text = victim();
    let alpha = Json::parse(text).text_at("answers/0/choices/0/alpha").clone();
    let forms = [
        ("white space", text.replacen(':', ": ", 1)),
        ("another order of fields", edited(text, |json| json.fields_at("answers/0/choices/0").swap(0, 1))),
        ("an escape", text.replacen("\"election_uuid\":\"D", "\"election_uuid\":\"\\u0044", 1)),
        ("a line break", format!("{text}\n")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a field twice", text.replacen('{', "{\"election_uuid\":\"\",", 1)),
    ];
    for (what, text) in forms {
        refused(what, &text, Check::BallotForm, "", None);
    }
    let capitals = text.replace(&alpha, &alpha.to_uppercase());
    refused("capital letters", &capitals, Check::SignatureHash, &SAMPLE.voters[1].text, None);
    let capitals = own(VICTIM, |json| *json.text_at("answers/0/choices/0/alpha") = alpha.to_uppercase());
    refused(
        "capital letters, by the voter",
        &capitals,
        Check::BallotElement,
        &SAMPLE.voters[1].text,
        Some(1),
    );
}

/// Adds the randomness `by` to all ciphertexts of the victim's ballot and changes
/// the responses so that all commitments are as they were.
fn rerandomised(json: &mut Json, by: S) {
    let key = *SAMPLE.election.key();
    let times = |text: &mut String, factor: <Ed25519 as Group>::Element| {
        *text = Ed25519::text(&Ed25519::product(&Ed25519::parse(text).unwrap(), &factor));
    };
    let shift = |proof: &mut Json, times: u64| {
        let c: S = parse_scalar(proof.text_at("challenge")).unwrap();
        let r: S = parse_scalar(proof.text_at("response")).unwrap();
        *proof.text_at("response") = scalar_text(&(r - by * S::from(times) * c));
    };
    for (question, others) in [(0, 2), (1, 1)] {
        let answer = json.at(&format!("answers/{question}"));
        for choice in answer.list_at("choices") {
            times(choice.text_at("alpha"), power::<Ed25519>(by));
            times(choice.text_at("beta"), Ed25519::vartime_power_product(&[(key, by)]));
        }
        for proof in answer.list_at("individual_proofs") {
            proof.list_at("").iter_mut().for_each(|disjunct| shift(disjunct, 1));
        }
        // In the second question the first disjunct is about the blank choice alone,
        // and there is but one other.
        answer.list_at("overall_proof").iter_mut().for_each(|disjunct| shift(disjunct, others));
        if question == 1 {
            answer.list_at("blank_proof").iter_mut().for_each(|disjunct| shift(disjunct, 1));
        }
    }
}

/// Aim: a copy that shares no byte with its original. Method: re-randomise the
/// ciphertexts and shift the responses. All equations hold as before; had the hashes
/// nothing in them but commitments, the copy would be accepted.
#[test]
fn a_copy_rerandomised() {
    let copy = stolen(|json| rerandomised(json, S::from(12345)));
    let original = claims(&SAMPLE.election, victim());
    let prefix = |of: Of, right: &str| match of {
        Of::Signature => right.to_owned(),
        _ => original.iter().find(|claim| claim.of == of).unwrap().prefix.clone(),
    };
    let weak = Hashing { prefix: &prefix, ..Hashing::RIGHT };
    assert_eq!(unproved(&SAMPLE.election, &copy, weak), [], "the test can see");
    refused("by the attacker", &copy, Check::IndividualProof, &attacker().text, Some(1));
    let copy = own(VICTIM, |json| rerandomised(json, S::from(12345)));
    refused("by the voter", &copy, Check::IndividualProof, &SAMPLE.voters[1].text, Some(1));
}

/// Aim: a vote that its voter did not make, from parts that they did. Method: put
/// choices and proofs into another order, or take them from two ballots of theirs.
#[test]
fn parts_of_ballots_in_another_order() {
    type Edit = fn(&mut Json);
    let cases: [(&str, Check, usize, Edit); 8] = [
        ("disjuncts", Check::IndividualProof, 1, |json| {
            json.list_at("answers/0/individual_proofs/0").swap(0, 1)
        }),
        ("proofs of two choices", Check::IndividualProof, 1, |json| {
            json.list_at("answers/0/individual_proofs").swap(0, 1)
        }),
        ("two choices", Check::IndividualProof, 1, |json| json.list_at("answers/0/choices").swap(0, 1)),
        ("two choices and their proofs", Check::OverallProof, 1, |json| {
            json.list_at("answers/0/choices").swap(0, 1);
            json.list_at("answers/0/individual_proofs").swap(0, 1);
        }),
        ("blank and the other choice, and their proofs", Check::BlankProof, 2, |json| {
            json.list_at("answers/1/choices").swap(0, 1);
            json.list_at("answers/1/individual_proofs").swap(0, 1);
            json.list_at("answers/1/blank_proof").swap(0, 1);
        }),
        ("disjuncts of the sum", Check::OverallProof, 1, |json| {
            json.list_at("answers/0/overall_proof").swap(0, 1)
        }),
        ("disjuncts of the blank proof", Check::BlankProof, 2, |json| {
            json.list_at("answers/1/blank_proof").swap(0, 1)
        }),
        ("disjuncts of the sum, with blank", Check::OverallProof, 2, |json| {
            json.list_at("answers/1/overall_proof").swap(0, 2)
        }),
    ];
    for (what, check, question, edit) in cases {
        refused(what, &own(VICTIM, edit), check, &SAMPLE.voters[1].text, Some(question));
    }
    // Voter 0 has voted twice. A choice with its proof fits another ballot of theirs,
    // the proof of the sum does not.
    let other = &mut Json::parse(&SAMPLE.ballots[0].text);
    let mixed = own(2, |json| {
        *json.at("answers/0/choices/1") = other.at("answers/0/choices/1").clone();
        *json.at("answers/0/individual_proofs/1") = other.at("answers/0/individual_proofs/1").clone();
    });
    refused("a choice of another ballot", &mixed, Check::OverallProof, &SAMPLE.voters[0].text, Some(1));
    // A whole answer fits. Only the voter can sign it.
    let mixed = own(2, |json| *json.at("answers/1") = other.at("answers/1").clone());
    assert!(submit(&mixed).is_ok());
}

// Replays.

/// Aim: to undo a later vote. Method: hand in the voter's earlier ballot again.
#[test]
fn an_earlier_ballot_again() {
    refused("", &SAMPLE.ballots[0].text, Check::BallotOnce, &SAMPLE.voters[0].text, None);
    refused("the last one", &SAMPLE.ballots[2].text, Check::BallotOnce, &SAMPLE.voters[0].text, None);
}

/// The sample's election with another record.
fn another_election(from: &str, to: &str) -> Election<Ed25519> {
    let text = SAMPLE.parts.election.replacen(from, to, 1);
    assert_ne!(text, SAMPLE.parts.election);
    Election::parse(text.as_bytes()).unwrap()
}

/// Aim: to have a ballot count in an election it was not cast in. Method: replay it
/// where the key, the questions and the voter's credential are the same.
#[test]
fn a_ballot_of_another_election() {
    let plaintexts = [vec![1, 0], vec![0, 1]];
    let cast = |election: &Election<Ed25519>| {
        Prover::new(election, attacker().secret).cast(&plaintexts, &mut rng(2))
    };
    let text = &attacker().text;
    let other = another_election("DepotNine11111", "DepotNine11112");
    refused("another UUID", &cast(&other).text, Check::BallotElection, text, None);
    let renamed = resigned::<Ed25519>(&cast(&other).text, &attacker().secret, |json| {
        *json.text_at("election_uuid") = "DepotNine11111".to_owned();
    });
    refused("under this one's UUID", &renamed, Check::BallotFingerprint, text, None);
    let renamed = resigned::<Ed25519>(&cast(&other).text, &attacker().secret, |json| {
        *json.text_at("election_uuid") = "DepotNine11111".to_owned();
        *json.text_at("election_hash") = SAMPLE.election.fingerprint().to_owned();
    });
    refused("under this one's fingerprint", &renamed, Check::IndividualProof, text, Some(1));
    // Answers in another order: what was said to the first is now said to the second.
    let other = another_election("\"answer 0\",\"answer 1\"", "\"answer 1\",\"answer 0\"");
    refused("other answers", &cast(&other).text, Check::BallotFingerprint, text, None);
    assert!(submit(&cast(&SAMPLE.election).text).is_ok());
}

/// Aim: to vote in somebody's place. Method: name their credential, with proofs made
/// for it, and sign with one's own.
#[test]
fn a_ballot_under_anothers_credential() {
    let plaintexts = [vec![1, 0], vec![0, 1]];
    let credential = SAMPLE.voters[1].text.clone();
    let prover =
        Prover { credential: credential.clone(), ..Prover::new(&SAMPLE.election, attacker().secret) };
    refused("", &prover.cast(&plaintexts, &mut rng(3)).text, Check::Signature, &credential, None);
    // With a signature that the victim has made, for another ballot.
    let cast = prover.cast(&plaintexts, &mut rng(3)).text;
    let signature = Json::parse(victim()).at("signature").clone();
    let copied = edited(&cast, |json| *json.at("signature") = signature.clone());
    refused("a copied signature", &copied, Check::SignatureHash, &credential, None);
    let copied = edited(&cast, |json| *json.at("signature/proof") = signature.clone().at("proof").clone());
    refused("a copied proof", &copied, Check::Signature, &credential, None);
}

/// Aim: to vote without having the right to. Method: a credential of one's own making.
#[test]
fn an_unlisted_credential() {
    for secret in [S::from(7), SAMPLE.voters[1].secret + S::ONE, -SAMPLE.voters[1].secret] {
        let cast = Prover::new(&SAMPLE.election, secret).cast(&[vec![1, 0], vec![0, 1]], &mut rng(4));
        refused("", &cast.text, Check::BallotCredential, &power_text::<Ed25519>(secret), None);
    }
}

/// Aim: two votes for one. Method: a credential that is listed twice, in whatever way.
#[test]
fn a_credential_listed_twice() {
    let with = |entry: &str| {
        let mut parts = under_way(&SAMPLE);
        parts.credentials = edited(&parts.credentials, |json| json.list_at("").push(Json::text(entry)));
        audit::<Ed25519>(&parts.write())
    };
    let text = &attacker().text;
    let failure = |check: Check| Err(check.at(Place::Credential(5)));
    assert_eq!(with(text), failure(Check::CredentialOnce));
    assert_eq!(with(&format!("{text},5")), failure(Check::CredentialOnce));
    assert_eq!(with(&text.to_uppercase()), failure(Check::CredentialElement));
    assert_eq!(with(&format!("0{text}")), failure(Check::CredentialElement));
    assert_eq!(with(&format!("{text} ")), failure(Check::CredentialElement));
}

/// Aim: two votes for one. Method: a ballot that claims a weight.
#[test]
fn a_ballot_with_a_weight() {
    for place in ["", "answers/0", "answers/0/choices/0", "signature"] {
        let heavy = own(VICTIM, |json| {
            if place != "signature" {
                json.fields_at(place).push(("weight".to_owned(), Json::Plain("5".to_owned())));
            }
        });
        let heavy = match place {
            "signature" => edited(&heavy, |json| {
                json.fields_at(place).push(("weight".to_owned(), Json::Plain("5".to_owned())));
            }),
            _ => heavy,
        };
        refused(place, &heavy, Check::BallotForm, "", None);
    }
    // In the list, where weights stand, they cannot be changed later.
    let heavier =
        SAMPLE.parts.with(|parts| parts.credentials = parts.credentials.replacen(",3\"", ",4\"", 1));
    assert_eq!(audit::<Ed25519>(&heavier), Err(Check::TallySum.at(Place::Tally)));
}

// Proofs that are bound to too little.

/// A text, split at separators; with the field at an index changed or, in the second
/// half of the indices, left out. None beyond.
fn variant(text: &str, separators: &[char], index: usize) -> Option<String> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices(separators).chain([(text.len(), "")]) {
        fields.extend((start < end).then_some(start..end));
        start = end + 1;
    }
    let field = fields.get(index % fields.len())?.clone();
    let (before, after) = (&text[..field.start], &text[field.end..]);
    match index / fields.len() {
        0 => {
            let last = text[..field.end].char_indices().last()?.0;
            let other = if &text[last..field.end] == "1" { "2" } else { "1" };
            Some(format!("{}{other}{after}", &text[..last]))
        }
        1 => Some(format!("{before}{after}")),
        _ => None,
    }
}

const FIELDS: &[char] = &['|', ','];

/// The prover's hashing leads to a ballot in which just this proof fails. That it
/// holds when hashed in the same way shows that the test can see.
fn bound(what: &str, of: Of, hashing: Hashing<'_>) {
    let prover = Prover { hashing, ..Prover::new(&SAMPLE.election, attacker().secret) };
    let CastBallot { text, hints } = prover.cast(&[vec![1, 0], vec![0, 1]], &mut rng(5));
    assert_eq!(unproved(&SAMPLE.election, &text, hashing), [], "{what}");
    assert_eq!(unproved(&SAMPLE.election, &text, Hashing::RIGHT), [of], "{what}");
    let (check, question) = check_of(of);
    refused(what, &text, check, &attacker().text, question);
    let submission = Submission { number: 5, text: text.as_bytes(), hints: Some(&hints) };
    let outcome = Verifier::new(SAMPLE.election.clone()).vartime_verify_batch(&[submission]).remove(0);
    assert_eq!(outcome.err(), Some(check.at(ballot(5, &attacker().text, question))), "{what}, with hints");
}

/// Aim: to use a proof for another statement than it was made for (Bernhard, Pereira
/// and Warinschi, "How not to prove yourself"). Method: for each proof of a ballot
/// and each field of what it hashes, a proof made with another value of that field,
/// and one made without it, all else being right.
#[test]
fn every_field_of_every_hash_of_a_ballot_binds() {
    let mut tried = 0;
    for Claim { of, prefix, .. } in claims(&SAMPLE.election, victim()) {
        for index in 0.. {
            let Some(example) = variant(&prefix, FIELDS, index) else { break };
            let altered = |proof: Of, right: &str| match proof == of {
                true => variant(right, FIELDS, index).unwrap(),
                false => right.to_owned(),
            };
            bound(&example, of, Hashing { prefix: &altered, ..Hashing::RIGHT });
            tried += 1;
        }
    }
    // Two for each field: 4 individual proofs of 5, sums of 9 and 7, a blank proof of
    // 7 and the signature's 2.
    assert_eq!(tried, 2 * (4 * 5 + 9 + 7 + 7 + 2));
}

/// The same for the commitments.
#[test]
fn every_commitment_of_every_hash_of_a_ballot_binds() {
    for Claim { of, disjuncts, .. } in claims(&SAMPLE.election, victim()) {
        let count = if of == Of::Signature { 1 } else { 2 * disjuncts.len() };
        for index in 0..count {
            let left_out = |proof: Of, mut texts: Vec<String>| {
                if proof == of {
                    texts.remove(index);
                }
                texts
            };
            bound("left out", of, Hashing { commitments: &left_out, ..Hashing::RIGHT });
            if index > 0 {
                let swapped = |proof: Of, mut texts: Vec<String>| {
                    if proof == of {
                        texts.swap(0, index);
                    }
                    texts
                };
                bound("swapped", of, Hashing { commitments: &swapped, ..Hashing::RIGHT });
            }
        }
    }
}

/// base^exponent for a scalar base.
fn scalar_power(base: S, exponent: crypto_bigint::U256) -> S {
    let bits = support::curve::bytes(&exponent);
    let bits = bits.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    bits.fold(S::ONE, |power, bit| if bit { power * power * base } else { power * power })
}

/// The root of a square modulo l, which is 5 modulo 8.
fn square_root(square: S) -> Option<S> {
    use crypto_bigint::U256;
    let l = U256::from_be_slice(&minus_one::<Ed25519>().to_bytes()).wrapping_add(&U256::ONE);
    let root = scalar_power(square, l.wrapping_add(&U256::from(3u8)).wrapping_shr(3));
    let i = scalar_power(S::from(2), l.wrapping_sub(&U256::ONE).wrapping_shr(2));
    [root, root * i].into_iter().find(|root| *root * *root == square)
}

/// Aim: to vote a thousand times with one ballot. Method: had individual proofs no
/// ciphertext in their hash, one would choose the commitments, take the hash, and
/// choose the ciphertext last: with A0 = g^a0, B0 = y^a0·g^b0, A1 = g^a1,
/// B1 = y^a1·g^b1, any c0 + c1 = c with b0·c1 - b1·c0 = c0·c1 makes the proof one for
/// the plaintext b0/c0, which is neither 0 nor 1.
#[test]
fn a_ciphertext_chosen_after_the_challenge() {
    let rng = &mut rng(6);
    let key = *SAMPLE.election.key();
    let s0 = format!("{}|{}", SAMPLE.election.fingerprint(), attacker().text);
    let weak_prefix = format!("prove|{s0}|");
    let (m, rho, proof) = loop {
        let [a0, b0, a1, b1, rho] = [(); 5].map(|()| S::random(rng));
        let both = |a: S, b: S| Ed25519::vartime_power_product(&[(key, a), (Ed25519::generator(), b)]);
        let commitments = [power::<Ed25519>(a0), both(a0, b0), power::<Ed25519>(a1), both(a1, b1)];
        let c: S = challenge(&weak_prefix, &Ed25519::texts(&commitments));
        let sum = c + b0 + b1;
        let Some(root) = square_root(sum * sum - S::from(4) * b0 * c) else { continue };
        let c0 = (sum + root) * S::from(2).invert().unwrap();
        let c1 = c - c0;
        break (b0 * c0.invert().unwrap(), rho, [(c0, a0 - rho * c0), (c1, a1 - rho * c1)]);
    };
    assert!(m != S::ZERO && m != S::ONE);
    let randomness = vec![vec![rho, S::from(1)], vec![S::from(2), S::from(3)]];
    let prover = Prover { randomness: Some(randomness), ..Prover::new(&SAMPLE.election, attacker().secret) };
    let plaintexts = [vec![m, S::ZERO], vec![S::ZERO, S::ONE]];
    let forged =
        resigned::<Ed25519>(&prover.cast_scalars(&plaintexts, rng).text, &attacker().secret, |json| {
            let proof = Json::parse(&support::prover::write_proof(&proof));
            *json.at("answers/0/individual_proofs/0") = proof;
        });
    let claim = claims(&SAMPLE.election, &forged).remove(0);
    let prefix = |_: Of, _: &str| weak_prefix.clone();
    assert!(claim.holds(&key, Hashing { prefix: &prefix, ..Hashing::RIGHT }), "the test can see");
    refused("", &forged, Check::IndividualProof, &attacker().text, Some(1));
}

/// Aim: another ballot under the victim's signature. Method: had the signature no
/// hash of the ballot in its own, it would serve for any.
#[test]
fn a_ballot_chosen_after_its_signature() {
    let weak = |of: Of, right: &str| match of {
        Of::Signature => "sig|".to_owned(),
        _ => right.to_owned(),
    };
    let hashing = Hashing { prefix: &weak, ..Hashing::RIGHT };
    let prover = Prover { hashing, ..Prover::new(&SAMPLE.election, attacker().secret) };
    let one = prover.cast(&[vec![1, 0], vec![0, 1]], &mut rng(7)).text;
    let other =
        Prover::new(&SAMPLE.election, attacker().secret).cast(&[vec![0, 1], vec![0, 1]], &mut rng(8)).text;
    let unsigned = edited(&other, |json| drop(json.fields_at("").pop()));
    let proof = Json::parse(&one).at("signature/proof").write();
    let forged = with_signature(&unsigned, &base64(&sha256(unsigned.as_bytes())), &proof);
    assert_eq!(unproved(&SAMPLE.election, &forged, hashing), [], "the test can see");
    refused("", &forged, Check::Signature, &attacker().text, None);
}

/// The record of a mandatory trustee and a threshold group of two of three.
fn trustees_record(
    secrets: &Secrets<Ed25519>,
    text: support::pedersen::Edit<'_>,
    prefix: support::pedersen::Edit<'_>,
) -> String {
    Json::List(vec![single::<Ed25519>(&S::from(5), HONEST), secrets.entry(text, prefix)]).write()
}

fn check_trustees(record: &str) -> Result<(), Failure> {
    Trustees::<Ed25519>::parse(record.as_bytes()).map(drop)
}

/// Aim: to use a trustee's proof or signature for something they did not say. Method:
/// for each text that is signed or proved in the record of trustees and each word of
/// it, one made for another word, and one made without it.
#[test]
fn every_word_that_trustees_sign_binds() {
    const WORDS: &[char] = &['|', ',', '"', '{', '}', '[', ']', ':'];
    let secrets = Secrets::<Ed25519>::new(3, 2);
    assert_eq!(check_trustees(&trustees_record(&secrets, HONEST, HONEST)), Ok(()));
    let kinds = [
        (What::Certificate, Check::CertificateSigned),
        (What::Coefficients, Check::CoefficientsSigned),
        (What::Confirmation, Check::GroupSigned),
        (What::Pok, Check::TrusteeProof),
        (What::KeySignature, Check::VerificationKeySigned),
    ];
    let mut tried = 0;
    for (kind, check) in kinds {
        for index in 0.. {
            let seen = std::cell::Cell::new(false);
            let altered = |what: What, whose: usize, right: &str| {
                let other = variant(right, WORDS, index).filter(|_| what == kind && whose == 1);
                seen.set(seen.get() || other.is_some());
                other.unwrap_or_else(|| right.to_owned())
            };
            let record = trustees_record(&secrets, HONEST, &altered);
            if !seen.get() {
                break;
            }
            // The mandatory one is trustee 1, the second of the group trustee 3.
            assert_eq!(check_trustees(&record), Err(check.at(Place::Trustee(3))), "{kind:?}, word {index}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Aim: a trustee who takes part with a key that nobody can use, or that is made of
/// others' keys. Method: had the proof of knowledge no key in its hash, one would
/// choose the commitment, take the hash, and solve for the key.
#[test]
fn a_key_chosen_after_the_challenge() {
    let prefix = format!("pok|{}|", Ed25519::NAME);
    // Made of another's key; nobody knows its logarithm.
    let commitment = Ed25519::vartime_power_product(&[(*SAMPLE.election.key(), S::from(9))]);
    let c: S = challenge(&prefix, &[Ed25519::text(&commitment)]);
    let r = S::from(4);
    let inverse = c.invert().unwrap();
    let key =
        Ed25519::vartime_power_product(&[(commitment, inverse), (Ed25519::generator(), -(r * inverse))]);
    assert!(Proof { challenge: c, response: r }.vartime_verify::<Ed25519>(&key, &prefix), "the test can see");
    let record = format!(
        r#"[["Single",{{"pok":{{"challenge":"{}","response":"{}"}},"public_key":"{}"}}]]"#,
        scalar_text(&c),
        scalar_text(&r),
        Ed25519::text(&key)
    );
    assert_eq!(check_trustees(&record), Err(Check::TrusteeProof.at(Place::Trustee(1))));
}

/// Aim: to use a proof of decryption for another tally, election or trustee. Method:
/// for each field of its hash, a proof with another value of it, and one without it;
/// and commitments left out, or in another order.
#[test]
fn every_field_of_the_hash_of_a_decryption_binds() {
    let public = power_text::<Ed25519>(SAMPLE.trustees[0]);
    let prefix = format!("decrypt|{}|{public}|", SAMPLE.election.fingerprint());
    let alpha = SAMPLE.tally.sums()[0][0].alpha;
    let honest = |proof: &Proof<S>| {
        let proof = serde_json::to_string(&proof.to_text()).unwrap();
        SAMPLE.parts.with(|parts| {
            parts.decryptions[0].1 = edited(&parts.decryptions[0].1, |json| {
                *json.at("decryption_proofs/0/0") = Json::parse(&proof)
            });
        })
    };
    let refused = |what: &str, proof: &Proof<S>| {
        let failure = Err(Check::DecryptionProof.at(Place::Decryption(1)));
        assert_eq!(audit::<Ed25519>(&honest(proof)), failure, "{what}");
    };
    let prove = |prefix: &str| Proof::equality::<Ed25519>(&SAMPLE.trustees[0], &alpha, prefix, &mut rng(9));
    assert!(audit::<Ed25519>(&honest(&prove(&prefix))).is_ok());
    for index in 0.. {
        let Some(other) = variant(&prefix, FIELDS, index) else { break };
        refused(&other, &prove(&other));
    }
    let w = S::from(11);
    let commitments =
        [power::<Ed25519>(w), Ed25519::vartime_power_product(&[(alpha, w)])].map(|e| Ed25519::text(&e));
    let [a, b] = commitments.clone();
    for texts in [vec![a.clone()], vec![b.clone()], vec![b, a], vec![]] {
        let c: S = challenge(&prefix, &texts);
        refused("commitments", &Proof { challenge: c, response: w - SAMPLE.trustees[0] * c });
    }
    // Another alpha, or another election's tally under the same key.
    let beta = SAMPLE.tally.sums()[0][0].beta;
    refused("beta", &Proof::equality::<Ed25519>(&SAMPLE.trustees[0], &beta, &prefix, &mut rng(9)));
}

/// Aim: a trustee changes the count, and nobody can tell. Method: the protocol's proof
/// of decryption (BELENIOS.md, section 6) hashes the election, the trustee's key and
/// the commitments, but neither the ciphertext nor the factor. So the trustee fixes
/// the commitments g^w and alpha'^w·g^b, where alpha' is the sum of all ballots so
/// far; has the challenge c; and casts, or has somebody cast, the last ballot with
/// the randomness (b - t·c)/w. Then alpha^x·g^t has a proof that holds, and the count
/// is less by t.
///
/// **This succeeds**: the format of protocol version 1 does not allow to refuse it,
/// since every program that speaks it makes and accepts such proofs. It takes one
/// trustee and the last ballot that counts; docs/ballot-checks.md says so. What is
/// asserted here is how it is today.
#[test]
fn a_decryption_chosen_after_the_challenge_is_accepted() {
    let shape = Shape {
        questions: vec![question(1, false, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory, TrusteeKind::Mandatory],
        weights: vec![1; 6],
        votes: (0..5).map(|voter| (voter, vec![chosen(&[u8::from(voter < 2)])])).collect(),
        ..Shape::default()
    };
    let sample = Sample::<Ed25519>::new(&shape);
    assert_eq!(sample.counts, [[2]]);
    let honest = sample.tally.sums()[0][0].alpha;
    let secret = sample.trustees[1];
    let prefix = format!("decrypt|{}|{}|", sample.election.fingerprint(), power_text::<Ed25519>(secret));
    let [w, b] = [S::from(1234), S::from(5678)];
    let commitments =
        [power::<Ed25519>(w), Ed25519::vartime_power_product(&[(honest, w), (Ed25519::generator(), b)])];
    let c: S = challenge(&prefix, &Ed25519::texts(&commitments));
    // Three votes more.
    let t = -S::from(3);
    let rho = (b - t * c) * w.invert().unwrap();
    let prover = Prover {
        randomness: Some(vec![vec![rho]]),
        ..Prover::new(&sample.election, sample.voters[5].secret)
    };
    let last = prover.cast(&[vec![0]], &mut rng(10)).text;

    let mut ballots = sample.parts.ballots.clone();
    ballots.push(last);
    let mut parts = sample.held_with(&ballots);
    assert_eq!(parts.result.as_deref(), Some(r#"{"result":[[2]]}"#));
    let sum =
        Tally::<Ed25519>::parse(parts.tally.as_ref().unwrap().text.as_bytes(), sample.election.questions());
    let alpha = sum.unwrap().sums()[0][0].alpha;
    let factor = Ed25519::vartime_power_product(&[(alpha, secret), (Ed25519::generator(), t)]);
    let proof = Proof { challenge: c, response: w - secret * c }.to_text();
    parts.decryptions[1].1 = format!(
        r#"{{"decryption_factors":[["{}"]],"decryption_proofs":[[{}]]}}"#,
        Ed25519::text(&factor),
        serde_json::to_string(&proof).unwrap()
    );
    parts.result = Some(r#"{"result":[[5]]}"#.to_owned());
    let verified = audit::<Ed25519>(&parts.write()).unwrap();
    assert_eq!((verified.counted, verified.result), (6, Some(vec![vec![5]])));
}

// Texts in place of elements and scalars.

/// Which text, what it became, and what is expected of the archive.
struct Tried<'a> {
    path: &'a str,
    what: &'a str,
    expected: Result<(), Failure>,
}

impl Tried<'_> {
    fn check(&self, found: Result<(), Failure>) {
        assert_eq!(found, self.expected, "{} at {}", self.what, self.path);
    }
}

fn is_scalar(path: &str) -> bool {
    path.ends_with("challenge") || path.ends_with("response")
}

/// The texts of a ballot that are elements or scalars.
fn numbers(ballot: &str) -> Vec<(String, String)> {
    let is_number = |path: &str| {
        is_scalar(path) || path.ends_with("alpha") || path.ends_with("beta") || path == "credential"
    };
    Json::parse(ballot).texts().into_iter().filter(|(path, _)| is_number(path)).collect()
}

/// What is expected if the text at this path of a ballot is changed.
fn expected_of_ballot(path: &str, kind: Kind) -> (Check, Option<usize>) {
    let steps: Vec<&str> = path.split('/').collect();
    let question = (steps[0] == "answers").then(|| steps[1].parse::<usize>().unwrap() + 1);
    let proved = match steps.get(2) {
        Some(&"overall_proof") => Check::OverallProof,
        Some(&"blank_proof") => Check::BlankProof,
        Some(_) if question.is_some() => Check::IndividualProof,
        _ => Check::Signature,
    };
    match (path, kind) {
        ("credential", Kind::Malformed | Kind::Identity) => (Check::BallotElement, None),
        // The first proof is made for another credential.
        ("credential", Kind::Another) => (Check::IndividualProof, Some(1)),
        (_, Kind::Malformed) if is_scalar(path) => (Check::BallotScalar, question),
        (_, Kind::Malformed) => (Check::BallotElement, question),
        (_, Kind::Identity | Kind::Another) => (proved, question),
    }
}

/// The last ballot of a sample with each of its numbers substituted, plainly and
/// with the hints it had.
fn substitute_in_ballot<G: Group>(sample: &Sample<G>, every: usize) -> usize {
    let CastBallot { text, hints } = sample.ballots.last().unwrap();
    let secret = sample.secret_of(sample.ballots.len() - 1);
    let verifier = Verifier::new(sample.election.clone());
    let own = Json::parse(text).text_at("credential").clone();
    let mut tried = 0;
    for (path, good) in numbers(text).into_iter().step_by(every) {
        let substitutes = if is_scalar(&path) { of_scalar::<G>(&good) } else { of_element::<G>(&good) };
        for substitute in substitutes {
            let forged = match path.starts_with("signature") {
                true => edited(text, |json| *json.text_at(&path) = substitute.text.clone()),
                false => resigned::<G>(text, &secret, |json| *json.text_at(&path) = substitute.text.clone()),
            };
            let (mut check, question) = expected_of_ballot(&path, substitute.kind);
            let mut credential = if path == "credential" { &substitute.text } else { &own };
            if substitute.text.contains(['\n', '\0']) {
                // Not without an escape, and so not in canonical form.
                (check, credential) = (Check::BallotForm, &substitute.text);
            }
            let place = match check {
                Check::BallotForm => ballot(1, "", None),
                _ => ballot(1, credential, question),
            };
            let tried_here = Tried { path: &path, what: &substitute.what, expected: Err(check.at(place)) };
            for hints in [None, Some(hints.as_slice())] {
                let submission = Submission { number: 1, text: forged.as_bytes(), hints };
                tried_here.check(verifier.vartime_verify_batch(&[submission]).remove(0).map(drop));
            }
            tried += 1;
        }
    }
    tried
}

/// Aim: to get a proof accepted, or a voter's secret out of a device, by leaving the
/// group of prime order; or to have two programs judge one ballot differently (Chang-
/// Fong and Essex, on Helios). Method: in every place of a ballot where an element
/// stands, every point of small order, alone and added to the right one, the identity,
/// and every text that is not canonical; where a scalar stands, numbers that are the
/// same modulo the order and numbers written otherwise. The ballot is signed anew by
/// its voter.
#[test]
fn substitutes_in_a_ballot_of_ed25519() {
    assert!(substitute_in_ballot(&SAMPLE, 1) > 1300);
}

/// One voter and one trustee, as there are many substitutes.
fn smallest<G: Group>() -> Sample<G> {
    Sample::new(&Shape {
        questions: vec![question(1, true, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory],
        weights: vec![1],
        votes: vec![(0, vec![chosen(&[1])])],
        ..Shape::default()
    })
}

/// The same in every third place, for which there is time.
#[test]
fn substitutes_in_a_ballot_of_belenios_2048() {
    assert!(substitute_in_ballot(&smallest::<Belenios2048>(), 3) > 150);
}

/// The tally, the decryptions, the election key and the key of a mandatory trustee with each of their numbers substituted, hashes made anew.
fn substitute_in_rest<G: Group>(sample: &Sample<G>, every: usize) {
    let parts = &sample.parts;
    let put = |text: &mut String, path: &str, other: &str| {
        *text = edited(text, |json| *json.text_at(path) = other.to_owned());
    };
    let judge = |parts: &Parts| audit::<G>(&parts.write()).map(drop);
    let check = |path: &str,
                 good: &str,
                 parts: &dyn Fn(&str) -> Parts,
                 fails: &dyn Fn(Kind) -> Result<(), Failure>| {
        let substitutes = if is_scalar(path) { of_scalar::<G>(good) } else { of_element::<G>(good) };
        for substitute in substitutes {
            let tried = Tried { path, what: &substitute.what, expected: fails(substitute.kind) };
            tried.check(judge(&parts(&substitute.text)));
        }
    };

    let tally = parts.tally.clone().unwrap().text;
    for (path, good) in Json::parse(&tally).texts().into_iter().step_by(every) {
        let with = |other: &str| {
            let mut parts = parts.clone();
            put(&mut parts.tally.as_mut().unwrap().text, &path, other);
            parts
        };
        check(&path, &good, &with, &|kind| match kind {
            Kind::Malformed => Err(Check::TallyForm.at(Place::Tally)),
            Kind::Identity | Kind::Another => Err(Check::TallySum.at(Place::Tally)),
        });
    }

    let (owner, decryption) = parts.decryptions[0].clone();
    for (path, good) in Json::parse(&decryption).texts().into_iter().step_by(every) {
        let with = |other: &str| {
            let mut parts = parts.clone();
            put(&mut parts.decryptions[0].1, &path, other);
            parts
        };
        let place = || Place::Decryption(owner as usize);
        check(&path, &good, &with, &|kind| match kind {
            Kind::Malformed => Err(Check::DecryptionForm.at(place())),
            Kind::Identity | Kind::Another => Err(Check::DecryptionProof.at(place())),
        });
    }

    let election = |other: &str| {
        let mut parts = parts.clone();
        put(&mut parts.election, "public_key", other);
        parts
    };
    check("public_key", &G::text(sample.election.key()), &election, &|kind| match kind {
        Kind::Malformed | Kind::Identity => Err(Check::ElectionKey.at(Place::Election)),
        Kind::Another => Err(Check::KeyOfTrustees.at(Place::Election)),
    });

    for path in ["0/1/public_key", "0/1/pok/challenge", "0/1/pok/response"] {
        let good = Json::parse(&parts.trustees).text_at(path).clone();
        let with = |other: &str| {
            let mut parts = parts.clone();
            put(&mut parts.trustees, path, other);
            parts
        };
        check(path, &good, &with, &|kind| match kind {
            Kind::Malformed | Kind::Identity if !is_scalar(path) => {
                Err(Check::TrusteeKey.at(Place::Trustee(1)))
            }
            _ => Err(Check::TrusteeProof.at(Place::Trustee(1))),
        });
    }
}

/// As for ballots; in every other place but the list of credentials and threshold
/// groups.
#[test]
fn substitutes_in_the_rest_of_an_archive() {
    substitute_in_rest(&smallest::<Ed25519>(), 1);
    substitute_in_rest(&smallest::<Belenios2048>(), 3);
}

/// As for ballots; in the list of credentials, for one who votes and one who does not.
#[test]
fn substitutes_in_the_list_of_credentials() {
    let entries = Json::parse(&SAMPLE.parts.credentials).texts();
    for (voter, votes) in [(&SAMPLE.voters[VICTIM], true), (attacker(), false)] {
        let (path, entry) = entries.iter().find(|(_, entry)| entry.starts_with(&voter.text)).unwrap();
        let number = path.parse::<usize>().unwrap() + 1;
        for substitute in of_element::<Ed25519>(&voter.text) {
            let other = entry.replace(&voter.text, &substitute.text);
            let archive = SAMPLE.parts.with(|parts| {
                parts.credentials = edited(&parts.credentials, |json| *json.text_at(path) = other);
            });
            let expected = match substitute.kind {
                Kind::Malformed if substitute.text.is_empty() => {
                    Err(Check::CredentialsForm.at(Place::Credential(number)))
                }
                _ if votes => Err(Check::BallotCredential.at(ballot(2, &voter.text, None))),
                Kind::Malformed | Kind::Identity => {
                    Err(Check::CredentialElement.at(Place::Credential(number)))
                }
                // Somebody else who does not vote.
                Kind::Another => Ok(()),
            };
            let tried = Tried { path, what: &substitute.what, expected };
            tried.check(audit::<Ed25519>(&archive).map(drop));
        }
    }
}

/// As for ballots; in a threshold group. What is signed is signed anew by the trustee,
/// and what follows is made of what they wrote.
#[test]
fn substitutes_in_a_threshold_group() {
    let secrets = Secrets::<Ed25519>::new(3, 2);
    // Of the second trustee of the group, who is trustee 3.
    const INDEX: usize = 1;
    let message = |what: What| {
        let found = std::cell::RefCell::new(String::new());
        let read = |of: What, index: usize, text: &str| {
            if of == what && index == INDEX {
                text.clone_into(&mut found.borrow_mut());
            }
            text.to_owned()
        };
        secrets.entry(&read, HONEST);
        found.into_inner()
    };
    let third = |check: Check| Err(check.at(Place::Trustee(3)));
    let signed: [(What, &str); 4] = [
        (What::Certificate, "verification"),
        (What::Certificate, "encryption"),
        (What::Coefficients, "coefexps/0"),
        (What::Coefficients, "coefexps/1"),
    ];
    for (what, path) in signed {
        let good = Json::parse(&message(what)).text_at(path).clone();
        for substitute in of_element::<Ed25519>(&good) {
            let write = |of: What, index: usize, text: &str| match of == what && index == INDEX {
                true => edited(text, |json| *json.text_at(path) = substitute.text.clone()),
                false => text.to_owned(),
            };
            let expected = match (what, path, substitute.kind) {
                (What::Certificate, _, Kind::Malformed | Kind::Identity) => third(Check::CertificateForm),
                (What::Certificate, "verification", Kind::Another) => third(Check::CertificateSigned),
                // To which shares are encrypted, before there is an election.
                (What::Certificate, _, Kind::Another) => Ok(()),
                (_, _, Kind::Malformed) => third(Check::CoefficientsForm),
                // All verification keys follow from all coefficients; the first is found.
                (_, _, Kind::Identity | Kind::Another) => Err(Check::VerificationKey.at(Place::Trustee(2))),
            };
            let tried = Tried { path, what: &substitute.what, expected };
            tried.check(check_trustees(&trustees_record(&secrets, &write, HONEST)));
        }
    }
    let record = trustees_record(&secrets, HONEST, HONEST);
    let unsigned = [
        ("certs/1/signature", Check::CertificateSigned),
        ("coefexps/1/signature", Check::CoefficientsSigned),
        ("signatures/1", Check::GroupSigned),
        ("verification_keys/1/pok", Check::TrusteeProof),
        ("verification_keys/1/signature", Check::VerificationKeySigned),
    ];
    for (path, check) in unsigned {
        for name in ["challenge", "response"] {
            let path = format!("1/1/{path}/{name}");
            for substitute in of_scalar::<Ed25519>(Json::parse(&record).text_at(&path)) {
                let record = edited(&record, |json| *json.text_at(&path) = substitute.text.clone());
                let tried = Tried { path: &path, what: &substitute.what, expected: third(check) };
                tried.check(check_trustees(&record));
            }
        }
    }
    let path = "1/1/verification_keys/1/public_key";
    for substitute in of_element::<Ed25519>(Json::parse(&record).text_at(path)) {
        let record = edited(&record, |json| *json.text_at(path) = substitute.text.clone());
        let expected = match substitute.kind {
            Kind::Malformed | Kind::Identity => third(Check::TrusteeKey),
            Kind::Another => third(Check::TrusteeProof),
        };
        Tried { path, what: &substitute.what, expected }.check(check_trustees(&record));
    }
}

/// The identity in ciphertexts, with honest proofs: a voter whose randomness is zero
/// hides nothing, and votes all the same. Both groups contain it, and to refuse it
/// would protect nobody: any randomness that is told to others hides as little.
#[test]
fn a_ballot_without_randomness_counts() {
    let zero = |answers: &[usize]| answers.iter().map(|count| vec![S::ZERO; *count]).collect();
    let prover =
        Prover { randomness: Some(zero(&[2, 2])), ..Prover::new(&SAMPLE.election, attacker().secret) };
    let CastBallot { text, hints } = prover.cast(&[vec![1, 0], vec![1, 0]], &mut rng(11));
    let mut json = Json::parse(&text);
    let mut texts = |choice: &str| {
        ["alpha", "beta"].map(|side| json.text_at(&format!("answers/{choice}/{side}")).clone())
    };
    let [identity, generator] =
        [Ed25519::identity(), Ed25519::generator()].map(|element| Ed25519::text(&element));
    assert_eq!(texts("0/choices/0"), [identity.clone(), generator.clone()]);
    assert_eq!(texts("0/choices/1"), [identity.clone(), identity.clone()]);
    assert_eq!(texts("1/choices/0"), [identity, generator]);
    let mut ballots = SAMPLE.parts.ballots.clone();
    ballots.push(text.clone());
    let parts = SAMPLE.held_with(&ballots);
    let hint_file = hint_file(&parts.election, [(&text, &hints)]);
    let verified = audit_with::<Ed25519>(&parts.write(), Some(&hint_file), 0).unwrap();
    assert_eq!(verified.hinted, 1);
    assert_eq!(verified.result, Some(vec![vec![4, 4], vec![4, 0]]));
}

// Hidden events.

/// Aim: ballots that are counted and not seen, or seen and not counted. Method: put
/// them where a reader that follows the chain from its end might not look, or where
/// nothing names them.
#[test]
fn hidden_ballots() {
    let events = SAMPLE.parts.events();
    let hidden = |at: usize, inserted: &[Event]| {
        let mut events = events.clone();
        events.splice(at..at, inserted.iter().cloned());
        audit::<Ed25519>(&write(1, &events)).map(drop)
    };
    let extra = Event::ballot(
        &Prover::new(&SAMPLE.election, attacker().secret).cast(&[vec![1, 0], vec![1, 0]], &mut rng(12)).text,
    );
    assert_eq!(
        events.iter().map(|event| event.kind).collect::<Vec<_>>()[4..7],
        ["Ballot", "EndBallots", "EncryptedTally"]
    );
    let order = |height: u64| Err(Check::EventOrder.at(Place::Event(height)));
    for at in 6..=events.len() {
        assert_eq!(hidden(at, std::slice::from_ref(&extra)), order(at as u64), "event {at}");
    }
    let end = Event::new("EndBallots", &[]);
    assert_eq!(hidden(3, std::slice::from_ref(&end)), order(4));
    assert_eq!(hidden(5, &[end.clone(), extra.clone()]), order(6));
    assert_eq!(hidden(5, &[Event::new("Shuffle", &["{}"]), extra.clone()]), order(5));
    // Not hidden: then it has to be in the tally.
    assert_eq!(hidden(5, std::slice::from_ref(&extra)), Err(Check::TallySum.at(Place::Tally)));
    // Two ballots for one event, or the event of one of them only.
    let mut two = extra.clone();
    two.data.insert(0, events[1].data[0].clone());
    assert_eq!(support::check_of(hidden(5, &[two])), Err(Check::EventData));
}

/// Aim: to change who has voted what, after the fact. Method: swap, leave out or
/// replace ballots, with hashes and chain made anew, and all else as it was.
#[test]
fn ballots_swapped_left_out_or_replaced() {
    let with = |order: &[usize]| {
        let ballots = || order.iter().map(|index| SAMPLE.parts.ballots[*index].clone()).collect();
        audit::<Ed25519>(&SAMPLE.parts.with(|parts| parts.ballots = ballots())).map(drop)
    };
    let sum = || Err(Check::TallySum.at(Place::Tally));
    assert_eq!(with(&[0, 1, 2, 3]), Ok(()));
    // Whoever votes in between makes no difference to a voter's last ballot.
    assert_eq!(with(&[1, 3, 0, 2]), Ok(()));
    for order in [&[2, 1, 0, 3][..], &[0, 1, 3], &[0, 2, 3], &[]] {
        assert_eq!(with(order), sum(), "{order:?}");
    }
    // The replaced ballot counts for nothing; nobody can say that it is missing but
    // its voter.
    assert_eq!(with(&[1, 2, 3]), Ok(()));
    // The ballot of weight 0 is not in the sum, and is in the number of ballots.
    assert_eq!(with(&[0, 1, 2]), Err(Check::TallyNumbers.at(Place::Tally)));
}

// Decryptions.

/// Aim: to decrypt in another trustee's name, or once more. Method: another key or
/// another number; decryptions of another election under the same key.
#[test]
fn decryptions_by_others() {
    let with = |change: &dyn Fn(&mut Vec<(u64, String)>)| {
        audit::<Ed25519>(&SAMPLE.parts.with(|parts| change(&mut parts.decryptions))).map(drop)
    };
    let failure = |check: Check, owner: usize| Err(check.at(Place::Decryption(owner)));
    let made =
        |election: &Election<Ed25519>, secret: S| decrypt(election, &SAMPLE.tally, &secret, &mut rng(13));
    let stranger = made(&SAMPLE.election, S::from(7));
    assert_eq!(with(&|list| list[0].1 = stranger.clone()), failure(Check::DecryptionProof, 1));
    assert_eq!(with(&|list| list.push((4, stranger.clone()))), failure(Check::DecryptionProof, 4));
    // Another's number, the other's being missing or taken already.
    assert_eq!(with(&|list| list[2].0 = 4), failure(Check::DecryptionProof, 4));
    assert_eq!(with(&|list| list[2].0 = 2), failure(Check::DecryptionOnce, 2));
    assert_eq!(with(&|list| list.swap(0, 1)), Ok(()));
    assert_eq!(
        with(&|list| {
            let (first, second) = (list[0].0, list[1].0);
            (list[0].0, list[1].0) = (second, first);
        }),
        failure(Check::DecryptionProof, 2)
    );
    // Twice, byte for byte: the same data again.
    let twice = with(&|list| {
        let first = list[0].clone();
        list.push(first);
    });
    assert_eq!(support::check_of(twice), Err(Check::EventData));
    // Twice by one of the group instead of once by two.
    let again = made(&SAMPLE.election, SAMPLE.trustees[1]);
    assert_eq!(with(&|list| list[2] = (2, again.clone())), failure(Check::DecryptionOnce, 2));
    // For another election with the same trustees.
    let other = made(&another_election("Depot Nine", "Depot Ten"), SAMPLE.trustees[0]);
    assert_eq!(with(&|list| list[0].1 = other.clone()), failure(Check::DecryptionProof, 1));
    // Of another tally: the ballots of one voter alone, which opens their vote.
    let verifier = Verifier::new(SAMPLE.election.clone());
    let submission = Submission { number: 1, text: victim().as_bytes(), hints: None };
    let mut tally = Tally::new(SAMPLE.election.questions());
    tally.add(&verifier.vartime_verify(&submission).unwrap(), 1);
    let alone = decrypt(&SAMPLE.election, &tally, &SAMPLE.trustees[0], &mut rng(13));
    assert_eq!(with(&|list| list[0].1 = alone.clone()), failure(Check::DecryptionProof, 1));
}

/// Aim: a result that fewer trustees opened than should have. Method: leave out
/// decryptions, and compute the result with all secrets.
#[test]
fn too_few_decryptions() {
    let owners = [1, 2, 3];
    for kept in 0..7u32 {
        let archive = SAMPLE.parts.with(|parts| {
            let is_kept =
                |owner: u64| owners.iter().position(|o| *o == owner).is_some_and(|at| kept >> at & 1 == 1);
            parts.decryptions.retain(|(owner, _)| is_kept(*owner));
        });
        assert_eq!(audit::<Ed25519>(&archive), Err(Check::DecryptionEnough.at(Place::Result)), "{kept:b}");
    }
    // One mandatory trustee and two of the group are enough; three of the group alone
    // are not.
    let last = decrypt(&SAMPLE.election, &SAMPLE.tally, &SAMPLE.trustees[3], &mut rng(14));
    let with_last = |owner: u64| {
        SAMPLE.parts.with(|parts| {
            parts.decryptions.retain(|(other, _)| *other != owner);
            parts.decryptions.push((4, last.clone()));
        })
    };
    for owner in [2, 3] {
        assert_eq!(audit::<Ed25519>(&with_last(owner)).unwrap().result, Some(SAMPLE.counts.clone()));
    }
    let failure = Err(Check::DecryptionEnough.at(Place::Result));
    assert_eq!(audit::<Ed25519>(&with_last(1)), failure);
}

// Lies about the tally.

/// Everything from the tally on made honestly by all trustees, for the ballots with
/// these indices, each with a weight: what a lying server and all trustees together
/// can do.
fn conspiracy(counted: &[(usize, u64)], num_tallied: u64, total_weight: u64) -> Result<(), Failure> {
    let verifier = Verifier::new(SAMPLE.election.clone());
    let mut tally = Tally::new(SAMPLE.election.questions());
    for (index, weight) in counted {
        let submission = Submission { number: 1, text: SAMPLE.parts.ballots[*index].as_bytes(), hints: None };
        tally.add(&verifier.vartime_verify(&submission).unwrap(), *weight);
    }
    let trustees = Trustees::<Ed25519>::parse(SAMPLE.parts.trustees.as_bytes()).unwrap();
    let archive = SAMPLE.parts.with(|parts| {
        let part = parts.tally.as_mut().unwrap();
        (part.text, part.num_tallied, part.total_weight) = (tally.to_text(), num_tallied, total_weight);
        for (owner, text) in &mut parts.decryptions {
            let secret = &SAMPLE.trustees[*owner as usize - 1];
            *text = decrypt(&SAMPLE.election, &tally, secret, &mut rng(15));
        }
        parts.result = Some(open(&SAMPLE.election, &trustees, &tally, &parts.decryptions, 100));
    });
    audit::<Ed25519>(&archive).map(drop)
}

/// Aim: a result that the ballots do not give. Method: a server and all trustees
/// together count otherwise, and make everything after the ballots accordingly.
#[test]
fn a_lying_tally() {
    let sum = || Err(Check::TallySum.at(Place::Tally));
    let numbers = || Err(Check::TallyNumbers.at(Place::Tally));
    // Ballots 1, 2 and 3 count, with weights 3, 1 and 0.
    assert_eq!(conspiracy(&[(1, 3), (2, 1), (3, 0)], 3, 4), Ok(()));
    assert_eq!(conspiracy(&[(1, 3)], 2, 3), sum(), "a ballot dropped");
    assert_eq!(conspiracy(&[(1, 3), (0, 1)], 3, 4), sum(), "a replaced ballot counted");
    assert_eq!(conspiracy(&[(0, 1), (1, 3), (2, 1)], 4, 5), sum(), "both of a voter's ballots");
    assert_eq!(conspiracy(&[(1, 1), (2, 1)], 3, 2), sum(), "a weight left out");
    assert_eq!(conspiracy(&[(1, 3), (2, 1), (3, 1)], 3, 5), sum(), "a weight added");
    assert_eq!(conspiracy(&[(1, 1), (2, 3)], 3, 4), sum(), "weights swapped");
    assert_eq!(conspiracy(&[], 0, 0), sum(), "nothing counted");
    assert_eq!(conspiracy(&[(1, 3), (2, 1)], 2, 4), numbers(), "a smaller number");
    assert_eq!(conspiracy(&[(1, 3), (2, 1)], 3, 5), numbers(), "a greater weight");
    assert_eq!(conspiracy(&[(1, 3), (2, 1)], 4, 4), numbers(), "the replaced one in the number");
}

/// Aim: other counts than the decryptions give. Method: write them into the result.
#[test]
fn a_lying_result() {
    let with = |counts: &str| {
        let result = format!(r#"{{"result":{counts}}}"#);
        support::check_of(audit::<Ed25519>(&SAMPLE.parts.with(|parts| parts.result = Some(result))))
    };
    let right = with("[[3,4],[3,0]]").unwrap();
    assert_eq!(right.result, Some(SAMPLE.counts.clone()));
    for counts in [
        "[[4,4],[3,0]]",
        "[[2,4],[3,0]]",
        "[[4,3],[3,0]]",
        "[[3,4],[0,3]]",
        "[[3,0],[3,4]]",
        "[[0,0],[0,0]]",
        // Modulo 2^32, 2^64 and 2^30.
        r#"[["4294967299",4],[3,0]]"#,
        r#"[["18446744073709551615",4],[3,0]]"#,
        r#"[["1073741827",4],[3,0]]"#,
    ] {
        assert_eq!(with(counts), Err(Check::ResultCounts), "{counts}");
    }
    // The same count in other words: as a small string it is read, as Belenios reads it.
    assert_eq!(with(r#"[["3","4"],["3","0"]]"#), Ok(right));
    // A count plus the group order is one that no form can hold.
    let beyond = support::substitutes::plus(&support::substitutes::order::<Ed25519>(), "3");
    for count in [beyond.as_str(), "03", "+3", " 3", "3.0", "0x3", "", "-1", "3e0"] {
        for form in [format!("[[\"{count}\",4],[3,0]]"), format!("[[{count},4],[3,0]]")] {
            if form.starts_with("[[ 3") {
                continue;
            }
            assert_eq!(with(&form), Err(Check::ResultForm), "{form}");
        }
    }
    for counts in ["[[3,4]]", "[[3],[3,0]]", "[[3,4],[3,0],[]]", "[[3,4],[3,0,0]]", "[3,4,3,0]", "[]", "null"]
    {
        assert_eq!(with(counts), Err(Check::ResultForm), "{counts}");
    }
}

/// What makes copies plain to see: no two ballots have a group element in common.
#[test]
fn no_two_ballots_share_an_element() {
    let rng: &mut ChaCha20Rng = &mut rng(16);
    let booth = Booth::new(&SAMPLE.election);
    let verifier = Verifier::new(SAMPLE.election.clone());
    let mut seen = HashSet::new();
    let mut elements = 0;
    for number in 0..300u64 {
        let vote = [chosen(&[u8::from(number % 3 == 0), 1]), chosen(&[u8::from(number % 2 == 0)])];
        let cast = booth.cast(&S::random(rng), &vote, rng).unwrap();
        let submission = Submission { number, text: cast.text.as_bytes(), hints: Some(&cast.hints) };
        assert!(verifier.vartime_verify_batch(&[submission]).remove(0).is_ok());
        for (path, text) in numbers(&cast.text) {
            // Not even challenges or responses.
            assert!(seen.insert(text), "ballot {number}, {path}");
            elements += u64::from(!is_scalar(&path));
        }
        // Nor commitments, which the hints tell.
        for hint in cast.hints.chunks_exact(Ed25519::HINT_SIZE) {
            assert!(seen.insert(concerted_ballot::hash::hex(&sha256(hint))), "ballot {number}");
        }
    }
    assert_eq!(elements, 300 * 9);
}
