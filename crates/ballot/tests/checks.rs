//! Each check of a whole archive: an election that passes, and one that fails by
//! just that check, at its place. B-001 to B-009 have their tests beside the
//! archive's reader, B-030 to B-040 beside the trustees, B-100 to B-116 beside the
//! establishment of keys.
//!
//! All else of an archive that fails is right: hashes and chain are made anew, and
//! a ballot that was changed is signed anew by its voter.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod support;

use std::sync::LazyLock;

use concerted_ballot::audit::group_name;
use concerted_ballot::credential::{Enrolment, EnrolmentText, Tweak};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::hash::{base64, sha256};
use concerted_ballot::schnorr::Proof;
use concerted_ballot::{Belenios2048, Check, Ed25519, Failure, Group, Place, Scalar};
use support::archive::{Event, write};
use support::audit::{audit, audit_late, audit_with};
use support::json::{Json, edited};
use support::prover::{Hashing, Of, Prover, resigned, sign, with_signature};
use support::sample::{Sample, Shape, TrusteeKind, Voter, chosen, question};
use support::{ballot, power_text, rng};

type S = <Ed25519 as Group>::Scalar;

static SAMPLE: LazyLock<Sample<Ed25519>> = LazyLock::new(Sample::default);

/// What fails, where, and the archive.
type Case<'a> = (&'a str, Place, Vec<u8>);

/// Each fails by this check, with hints and without.
fn fails<'a>(check: Check, cases: impl IntoIterator<Item = Case<'a>>) {
    let hints = SAMPLE.hints();
    for (what, place, archive) in cases {
        let failure = Err(check.at(place));
        assert_eq!(audit::<Ed25519>(&archive), failure, "{what}");
        assert_eq!(audit_with::<Ed25519>(&archive, Some(&hints), 1), failure, "{what}, with hints");
    }
}

fn passes(what: &str, archive: &[u8]) {
    let hints = SAMPLE.hints();
    let plain = audit::<Ed25519>(archive).unwrap_or_else(|failure| panic!("{what}: {failure}"));
    let hinted = audit_with::<Ed25519>(archive, Some(&hints), 1).unwrap();
    assert_eq!(plain.result, hinted.result, "{what}");
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

/// The election record with this instead of that.
fn election(from: &str, to: &str) -> Vec<u8> {
    SAMPLE.parts.with(|parts| parts.election = replaced(&parts.election, from, to))
}

/// The ballot at an index, changed by its voter.
fn changed(index: usize, edit: impl FnOnce(&mut Json)) -> Vec<u8> {
    let text = resigned::<Ed25519>(&SAMPLE.ballots[index].text, &SAMPLE.secret_of(index), edit);
    SAMPLE.with_ballot(index, &text)
}

/// The place of the ballot at an index.
fn at(index: usize, question: Option<usize>) -> Place {
    ballot(index as u64 + 1, &SAMPLE.voters[SAMPLE.cast_by[index]].text, question)
}

/// Of a point of order 4.
fn outside() -> String {
    "0".repeat(64)
}

fn identity() -> String {
    Ed25519::text(&Ed25519::identity())
}

fn check_whole<G: Group>() {
    let sample = Sample::<G>::default();
    let hints = sample.hints();
    for (hints, hinted) in [(None, 0), (Some(hints.as_slice()), if G::HINT_SIZE > 0 { 4 } else { 0 })] {
        let verified = audit_with::<G>(&sample.archive, hints, 0).unwrap();
        assert_eq!((verified.ballots, verified.hinted, verified.counted), (4, hinted, 3));
        assert_eq!(verified.weight, 4);
        assert_eq!(verified.decrypted_by, [1, 2, 3]);
        // The second voter has three votes, the third none.
        assert_eq!(sample.counts, [vec![3, 4], vec![3, 0]]);
        assert_eq!(verified.result, Some(sample.counts.clone()));
    }
    assert_eq!(sample.parts.write(), sample.archive, "two writers of archives agree");
    assert_eq!(support::archive::Parts::of(&sample.archive), sample.parts);
}

#[test]
fn a_whole_election_passes_in_ed25519() {
    check_whole::<Ed25519>();
}

#[test]
fn a_whole_election_passes_in_belenios_2048() {
    check_whole::<Belenios2048>();
}

/// An election may be verified at every point of its way.
#[test]
fn an_election_under_way_passes() {
    let events = SAMPLE.parts.events();
    for length in 1..events.len() {
        let verified = audit::<Ed25519>(&write(1, &events[..length])).unwrap();
        assert_eq!(verified.ballots, length.min(5) as u64 - 1);
        assert_eq!((verified.closed, verified.tallied), (length >= 6, length >= 7));
        assert_eq!(verified.result, None);
    }
}

#[test]
fn b_020_election_form() {
    let cases = [
        ("version 2", election("\"version\":1", "\"version\":2")),
        ("no name", election("\"name\":\"Delegates\",", "")),
        ("no description", election("\"description\":\"Depot Nine\",", "")),
        ("a short UUID", election("DepotNine11111", "DepotNine1111")),
        ("a long UUID", election("DepotNine11111", &"D".repeat(65))),
        ("not Base58", election("DepotNine11111", "DepotNine1111l")),
        ("no JSON", election("{", "")),
        ("a field twice", election("\"version\":1", "\"version\":1,\"version\":1")),
    ];
    fails(Check::ElectionForm, cases.map(|(what, archive)| (what, Place::Election, archive)));
    let none = SAMPLE.parts.with(|parts| {
        parts.election = edited(&parts.election, |json| json.list_at("questions").clear());
    });
    fails(Check::ElectionForm, [("no questions", Place::Election, none)]);
}

#[test]
fn b_021_group_known() {
    let named = |name: &str| ("", Place::Election, election("\"Ed25519\"", &format!("\"{name}\"")));
    fails(Check::GroupKnown, ["RFC-3526-2048", "ed25519", ""].map(named));
    // An archive tells its group, so that the caller can choose; choosing wrongly is
    // this check too.
    assert_eq!(group_name(&SAMPLE.archive).unwrap(), "Ed25519");
    let failure = Check::GroupKnown.at(Place::Election);
    assert_eq!(audit::<Belenios2048>(&SAMPLE.archive), Err(failure));
}

#[test]
fn b_022_question_form() {
    let cases = [
        ("min above max", election("\"min\":1,\"max\":2", "\"min\":2,\"max\":1"), 1),
        ("max above the answers", election("\"min\":1,\"max\":2", "\"min\":1,\"max\":3"), 1),
        (
            "no answers",
            election("[\"answer 0\"],\"blank\":true,\"min\":0,\"max\":1", "[],\"min\":0,\"max\":0"),
            2,
        ),
        ("negative", election("\"min\":1", "\"min\":-1"), 1),
        ("no number", election("\"min\":1", "\"min\":\"1\""), 1),
        ("no max", election(",\"max\":2", ""), 1),
        ("answers twice", election("\"min\":1", "\"answers\":[\"answer 1\",\"answer 0\"],\"min\":1"), 1),
    ];
    fails(Check::QuestionForm, cases.map(|(what, archive, number)| (what, Place::Question(number), archive)));
}

#[test]
fn b_023_question_kind() {
    let other = r#"{"type":"NonHomomorphic","value":{"answers":["a"],"question":"q"}}"#;
    let archive = SAMPLE.parts.with(|parts| {
        parts.election = edited(&parts.election, |json| *json.at("questions/1") = Json::parse(other));
    });
    fails(Check::QuestionKind, [("", Place::Question(2), archive)]);
}

#[test]
fn b_024_election_key() {
    let key = Ed25519::text(SAMPLE.election.key());
    let keys = [("the identity", identity()), ("of order 4", outside()), ("no element", "x".to_owned())];
    fails(Check::ElectionKey, keys.map(|(what, other)| (what, Place::Election, election(&key, &other))));
}

/// A key that is nobody's, or one that a trustee has no part in.
#[test]
fn b_025_key_of_trustees() {
    let key = Ed25519::text(SAMPLE.election.key());
    let other = election(&key, &power_text::<Ed25519>(7.into()));
    let fewer = SAMPLE.parts.with(|parts| {
        parts.trustees = edited(&parts.trustees, |json| drop(json.list_at("").remove(0)));
    });
    let cases = [("another key", other), ("without a trustee", fewer)];
    fails(Check::KeyOfTrustees, cases.map(|(what, archive)| (what, Place::Election, archive)));
}

/// The list of credentials with another entry in the second place.
fn second_credential(entry: &str) -> Vec<u8> {
    SAMPLE.parts.with(|parts| {
        parts.credentials = edited(&parts.credentials, |json| *json.text_at("1") = entry.to_owned());
    })
}

#[test]
fn b_026_credentials_form() {
    let member = power_text::<Ed25519>(7.into());
    for weight in ["", ",0", ",9007199254740000"] {
        let archive = second_credential(&format!("{member}{weight}"));
        // The list is accepted; a voter is missing from it.
        assert_eq!(support::check_of(audit::<Ed25519>(&archive)), Err(Check::BallotCredential));
    }
    for weight in [",", ",-1", ",+1", ",01", ",1.0", ", 1", ",1,1", ",\u{661}"] {
        let archive = second_credential(&format!("{member}{weight}"));
        fails(Check::CredentialsForm, [(weight, Place::Credential(2), archive)]);
    }
    let list = |text: &str| SAMPLE.parts.with(|parts| parts.credentials = text.to_owned());
    for text in ["", "{}", "[1]", "[\"1\"", "[\"1\"]x"] {
        fails(Check::CredentialsForm, [(text, Place::Credentials, list(text))]);
    }
    let mut events = SAMPLE.parts.events();
    let bytes = b"[\"\xff\"]".to_vec();
    let names = String::from_utf8(events[0].data[3].clone()).unwrap();
    let hash = |text: &[u8]| concerted_ballot::hash::hex(&sha256(text));
    events[0].data[3] = replaced(&names, &hash(&events[0].data[2]), &hash(&bytes)).into_bytes();
    events[0].data[2] = bytes;
    fails(Check::CredentialsForm, [("not UTF-8", Place::Credentials, write(1, &events))]);
}

#[test]
fn b_027_credential_element() {
    // The one who does not vote: of the others, their ballots tell.
    let silent = &SAMPLE.voters[3].text;
    let index = SAMPLE.parts.credentials.split('"').skip(1).step_by(2).position(|text| text == silent);
    let number = index.unwrap() + 1;
    for other in [identity(), outside(), "x".to_owned(), silent.to_uppercase()] {
        let archive =
            SAMPLE.parts.with(|parts| parts.credentials = replaced(&parts.credentials, silent, &other));
        fails(Check::CredentialElement, [("", Place::Credential(number), archive)]);
    }
    let archive = SAMPLE.parts.with(|parts| {
        parts.credentials = replaced(&parts.credentials, silent, &power_text::<Ed25519>(7.into()));
    });
    passes("somebody else who does not vote", &archive);
}

#[test]
fn b_028_credential_once() {
    let first = SAMPLE.parts.credentials.split('"').nth(1).unwrap();
    let text = first.split(',').next().unwrap();
    let escaped = format!("\\u{:04x}{}", text.as_bytes()[0], &text[1..]);
    for entry in [first.to_owned(), text.to_owned(), format!("{text},17"), escaped] {
        let archive = SAMPLE.parts.with(|parts| {
            parts.credentials = replaced(&parts.credentials, "]", &format!(",\"{entry}\"]"));
        });
        fails(Check::CredentialOnce, [(entry.as_str(), Place::Credential(5), archive)]);
    }
}

/// Through an archive; what else there is to B-030 to B-040 is tested beside the
/// trustees.
#[test]
fn b_030_to_b_040_are_reached_through_an_archive() {
    let edit = |edit: &dyn Fn(&mut Json)| {
        SAMPLE.parts.with(|parts| parts.trustees = edited(&parts.trustees, |json| edit(json)))
    };
    let changed = |path: &'static str| edit(&|json: &mut Json| *json.text_at(path) = "1".to_owned());
    let cases = [
        (Check::TrusteesForm, Place::Trustees, edit(&|json| json.list_at("").clear())),
        (Check::TrusteeKey, Place::Trustee(1), changed("0/1/public_key")),
        (Check::TrusteeProof, Place::Trustee(1), changed("0/1/pok/challenge")),
        (
            Check::ThresholdForm,
            Place::Trustee(2),
            edit(&|json| *json.at("1/1/threshold") = Json::Plain("4".into())),
        ),
        (Check::CertificateForm, Place::Trustee(3), changed("1/1/certs/1/message")),
        (Check::CertificateSigned, Place::Trustee(3), changed("1/1/certs/1/signature/response")),
        (Check::CoefficientsForm, Place::Trustee(4), changed("1/1/coefexps/2/message")),
        (Check::CoefficientsSigned, Place::Trustee(4), changed("1/1/coefexps/2/signature/response")),
        (Check::GroupSigned, Place::Trustee(2), changed("1/1/signatures/0/challenge")),
        (
            Check::VerificationKeySigned,
            Place::Trustee(3),
            changed("1/1/verification_keys/1/signature/challenge"),
        ),
        (
            Check::VerificationKey,
            Place::Trustee(2),
            edit(&|json| json.list_at("1/1/verification_keys").swap(0, 1)),
        ),
    ];
    for (check, place, archive) in cases {
        fails(check, [(check.id(), place, archive)]);
    }
}

#[test]
fn b_050_ballot_form() {
    let text = &SAMPLE.ballots[1].text;
    let moved = edited(text, |json| json.fields_at("").swap(0, 1));
    let nested = edited(text, |json| json.fields_at("answers/0").swap(0, 1));
    let superfluous = edited(text, |json| json.fields_at("signature").push(("x".to_owned(), Json::text(""))));
    let no_blank = edited(text, |json| {
        json.fields_at("answers/0").push(("blank_proof".to_owned(), Json::Plain("null".to_owned())));
    });
    let cases = [
        ("nothing", String::new()),
        ("a space", replaced(text, ",", ", ")),
        ("a line break after", format!("{text}\n")),
        ("an escape", replaced(text, "DepotNine", "\\u0044epotNine")),
        ("an escape in a name", replaced(text, "alpha", "\\u0061lpha")),
        ("a field twice", replaced(text, "{", "{\"election_uuid\":\"DepotNine11111\",")),
        ("a field more", superfluous),
        ("a field less", replaced(text, "\"election_uuid\":\"DepotNine11111\",", "")),
        ("a weight", replaced(text, "{", "{\"weight\":2,")),
        ("fields in another order", moved),
        ("fields within in another order", nested),
        ("null for a blank proof", no_blank),
        ("a number for a text", replaced(text, "\"credential\":\"", "\"credential\":1,\"x\":\"")),
        ("twice", text.repeat(2)),
        ("deep", "[".repeat(100_000)),
    ];
    // What cannot be read has no credential.
    let place = ballot(2, "", None);
    fails(Check::BallotForm, cases.map(|(what, text)| (what, place.clone(), SAMPLE.with_ballot(1, &text))));

    let mut events = SAMPLE.parts.events();
    events[2].data[0][20] = 0xff;
    fails(Check::BallotForm, [("not UTF-8", place, write(1, &events))]);
}

#[test]
fn b_051_ballot_election() {
    let other = |uuid: &str| changed(1, |json| *json.text_at("election_uuid") = uuid.to_owned());
    let cases = ["DepotNine11112", "DepotNine1111", ""].map(|uuid| (uuid, at(1, None), other(uuid)));
    fails(Check::BallotElection, cases);
}

#[test]
fn b_052_ballot_fingerprint() {
    let other = |hash: String| changed(1, |json| *json.text_at("election_hash") = hash);
    let own = SAMPLE.election.fingerprint();
    let hex = concerted_ballot::hash::hex(SAMPLE.election.hash());
    let cases = [base64(&[7; 32]), format!("{own}="), hex, String::new()];
    fails(Check::BallotFingerprint, cases.map(|hash| ("", at(1, None), other(hash))));
}

#[test]
fn b_053_ballot_credential() {
    let stranger = S::from(7);
    let cast = Prover::new(&SAMPLE.election, stranger).cast(&[vec![1, 0], vec![0, 1]], &mut rng(2));
    let place = ballot(2, &power_text::<Ed25519>(stranger), None);
    fails(Check::BallotCredential, [("a stranger", place, SAMPLE.with_ballot(1, &cast.text))]);
    // The same by a voter.
    let cast =
        Prover::new(&SAMPLE.election, SAMPLE.secret_of(1)).cast(&[vec![1, 0], vec![0, 1]], &mut rng(2));
    let mut ballots = SAMPLE.parts.ballots.clone();
    ballots[1] = cast.text;
    passes("a voter", &SAMPLE.held_with(&ballots).write());
}

fn repeat_last(list: &mut Vec<Json>) {
    list.extend_from_within(list.len() - 1..);
}

#[test]
fn b_054_ballot_shape() {
    type Edit = fn(&mut Json);
    let whole: [(&str, Edit); 3] = [
        ("an answer less", |json| drop(json.list_at("answers").pop())),
        ("an answer more", |json| repeat_last(json.list_at("answers"))),
        ("no answer", |json| json.list_at("answers").clear()),
    ];
    fails(Check::BallotShape, whole.map(|(what, edit)| (what, at(1, None), changed(1, edit))));
    let questions: [(&str, usize, Edit); 12] = [
        ("a proof more", 1, |json| repeat_last(json.list_at("answers/0/individual_proofs"))),
        ("a disjunct more", 1, |json| repeat_last(json.list_at("answers/0/individual_proofs/0"))),
        ("a sum more", 1, |json| repeat_last(json.list_at("answers/0/overall_proof"))),
        ("a choice less", 1, |json| drop(json.list_at("answers/0/choices").pop())),
        ("a proof less", 1, |json| drop(json.list_at("answers/0/individual_proofs").pop())),
        ("a disjunct less", 1, |json| drop(json.list_at("answers/0/individual_proofs/1").pop())),
        ("a sum less", 1, |json| drop(json.list_at("answers/0/overall_proof").pop())),
        ("a blank proof more", 1, |json| {
            let proof = json.at("answers/1/blank_proof").clone();
            json.fields_at("answers/0").push(("blank_proof".to_owned(), proof));
        }),
        ("a blank proof less", 2, |json| drop(json.fields_at("answers/1").pop())),
        ("a disjunct of the blank proof less", 2, |json| drop(json.list_at("answers/1/blank_proof").pop())),
        ("a choice more", 2, |json| repeat_last(json.list_at("answers/1/choices"))),
        ("answers swapped", 1, |json| json.list_at("answers").swap(0, 1)),
    ];
    fails(
        Check::BallotShape,
        questions.map(|(what, number, edit)| (what, at(1, Some(number)), changed(1, edit))),
    );
}

#[test]
fn b_055_ballot_element() {
    for (path, number) in
        [("answers/0/choices/0/alpha", 1), ("answers/0/choices/1/beta", 1), ("answers/1/choices/0/beta", 2)]
    {
        let archive = changed(1, |json| *json.text_at(path) = outside());
        fails(Check::BallotElement, [(path, at(1, Some(number)), archive)]);
    }
    for text in [outside(), identity()] {
        let archive = changed(1, |json| *json.text_at("credential") = text.clone());
        fails(Check::BallotElement, [("the credential", ballot(2, &text, None), archive)]);
    }
}

#[test]
fn b_056_ballot_scalar() {
    let order = support::substitutes::order::<Ed25519>();
    let paths = [
        ("answers/0/individual_proofs/1/0/challenge", 1),
        ("answers/0/overall_proof/1/response", 1),
        ("answers/1/individual_proofs/0/1/response", 2),
        ("answers/1/overall_proof/2/challenge", 2),
        ("answers/1/blank_proof/0/response", 2),
    ];
    for (path, number) in paths {
        let archive = changed(1, |json| *json.text_at(path) = order.clone());
        fails(Check::BallotScalar, [(path, at(1, Some(number)), archive)]);
    }
    for name in ["challenge", "response"] {
        let path = format!("signature/proof/{name}");
        let text = edited(&SAMPLE.ballots[1].text, |json| *json.text_at(&path) = order.clone());
        fails(Check::BallotScalar, [(name, at(1, None), SAMPLE.with_ballot(1, &text))]);
    }
}

/// A ballot in which just this proof is made for something else.
fn unproved(of: Of) -> Vec<u8> {
    let prefix = |proof: Of, prefix: &str| if proof == of { format!("{prefix}x") } else { prefix.to_owned() };
    let hashing = Hashing { prefix: &prefix, ..Hashing::RIGHT };
    let prover = Prover { hashing, ..Prover::new(&SAMPLE.election, SAMPLE.secret_of(1)) };
    SAMPLE.with_ballot(1, &prover.cast(&[vec![1, 0], vec![0, 1]], &mut rng(3)).text)
}

#[test]
fn b_057_individual_proof() {
    for (of, number) in [(Of::Individual(0, 1), 1), (Of::Individual(1, 0), 2)] {
        fails(Check::IndividualProof, [("", at(1, Some(number)), unproved(of))]);
    }
    // Two votes for one answer, which are within the sum.
    let cast =
        Prover::new(&SAMPLE.election, SAMPLE.secret_of(1)).cast(&[vec![2, 0], vec![0, 1]], &mut rng(4));
    fails(Check::IndividualProof, [("two votes", at(1, Some(1)), SAMPLE.with_ballot(1, &cast.text))]);
}

#[test]
fn b_058_overall_proof() {
    for (of, number) in [(Of::Overall(0), 1), (Of::Overall(1), 2)] {
        fails(Check::OverallProof, [("", at(1, Some(number)), unproved(of))]);
    }
    // No vote where there should be one.
    let cast =
        Prover::new(&SAMPLE.election, SAMPLE.secret_of(1)).cast(&[vec![0, 0], vec![0, 1]], &mut rng(4));
    fails(Check::OverallProof, [("no vote", at(1, Some(1)), SAMPLE.with_ballot(1, &cast.text))]);
}

#[test]
fn b_059_blank_proof() {
    fails(Check::BlankProof, [("", at(1, Some(2)), unproved(Of::Blank(1)))]);
    let cast =
        Prover::new(&SAMPLE.election, SAMPLE.secret_of(1)).cast(&[vec![1, 0], vec![1, 1]], &mut rng(4));
    fails(Check::BlankProof, [("blank and a vote", at(1, Some(2)), SAMPLE.with_ballot(1, &cast.text))]);
}

/// The signature holds for the hash that stands there, which is another.
#[test]
fn b_060_signature_hash() {
    let unsigned = edited(&SAMPLE.ballots[1].text, |json| drop(json.fields_at("").pop()));
    let own = base64(&sha256(unsigned.as_bytes()));
    for hash in [base64(&[7; 32]), format!("{own}="), String::new(), own.to_lowercase()] {
        let proof =
            Proof::sign::<Ed25519>(&SAMPLE.secret_of(1), &format!("sig|{hash}|"), &mut rng(5)).to_text();
        let text = with_signature(&unsigned, &hash, &serde_json::to_string(&proof).unwrap());
        fails(Check::SignatureHash, [(hash.as_str(), at(1, None), SAMPLE.with_ballot(1, &text))]);
    }
    let mut ballots = SAMPLE.parts.ballots.clone();
    ballots[1] = sign::<Ed25519>(&unsigned, &SAMPLE.secret_of(1));
    assert_ne!(ballots[1], SAMPLE.parts.ballots[1], "another signature");
    passes("signed again", &SAMPLE.held_with(&ballots).write());
}

#[test]
fn b_061_signature() {
    let unsigned = edited(&SAMPLE.ballots[1].text, |json| drop(json.fields_at("").pop()));
    let by_another = sign::<Ed25519>(&unsigned, &SAMPLE.secret_of(0));
    fails(
        Check::Signature,
        [
            ("by another", at(1, None), SAMPLE.with_ballot(1, &by_another)),
            ("for another text", at(1, None), unproved(Of::Signature)),
        ],
    );
}

#[test]
fn b_062_ballot_once() {
    let with = |order: &[usize]| {
        SAMPLE.parts.with(|parts| {
            parts.ballots = order.iter().map(|index| SAMPLE.ballots[*index].text.clone()).collect();
        })
    };
    let place = |number: u64, index: usize| ballot(number, &SAMPLE.voters[SAMPLE.cast_by[index]].text, None);
    fails(
        Check::BallotOnce,
        [
            ("at once", place(2, 0), with(&[0, 0])),
            ("after another voter", place(3, 1), with(&[1, 0, 1])),
            ("after being replaced", place(3, 0), with(&[0, 2, 0])),
            ("the one that counts", place(3, 2), with(&[0, 2, 2])),
        ],
    );
}

fn tally(edit: impl FnOnce(&mut Json)) -> Vec<u8> {
    SAMPLE.parts.with(|parts| {
        let tally = parts.tally.as_mut().unwrap();
        tally.text = edited(&tally.text, edit);
    })
}

#[test]
fn b_070_tally_form() {
    let cases = [
        ("a question less", tally(|json| drop(json.list_at("").pop()))),
        ("a choice less", tally(|json| drop(json.list_at("1").pop()))),
        (
            "a choice more",
            tally(|json| {
                let choice = json.at("0/0").clone();
                json.list_at("0").push(choice);
            }),
        ),
        ("outside the group", tally(|json| *json.text_at("0/0/alpha") = outside())),
        ("a field more", tally(|json| json.fields_at("0/0").push(("x".to_owned(), Json::text(""))))),
        ("no list", tally(|json| *json = Json::text(""))),
    ];
    fails(Check::TallyForm, cases.map(|(what, archive)| (what, Place::Tally, archive)));
    let spaced = SAMPLE.parts.with(|parts| {
        let tally = parts.tally.as_mut().unwrap();
        tally.text = tally.text.replace(',', ", ");
    });
    passes("white space", &spaced);
}

#[test]
fn b_071_tally_sum() {
    let cases = [
        (
            "a vote more",
            tally(|json| {
                let beta = Ed25519::parse(json.text_at("0/0/beta")).unwrap();
                *json.text_at("0/0/beta") = Ed25519::text(&Ed25519::product(&beta, &Ed25519::generator()));
            }),
        ),
        ("the identity", tally(|json| *json.text_at("0/0/alpha") = identity())),
        ("answers swapped", tally(|json| json.list_at("0").swap(0, 1))),
    ];
    fails(Check::TallySum, cases.map(|(what, archive)| (what, Place::Tally, archive)));
}

/// A voter's weight is in the sum once, however often they vote.
#[test]
fn b_071_a_voter_with_a_weight_votes_again() {
    let votes = [&[1, 0], &[1, 1], &[0, 1]].map(|bits| (0, vec![chosen(bits), chosen(&[0])]));
    let shape = Shape { weights: vec![5], votes: votes.into(), ..Shape::default() };
    let verified = audit::<Ed25519>(&Sample::<Ed25519>::new(&shape).archive).unwrap();
    assert_eq!((verified.ballots, verified.counted, verified.weight), (3, 1, 5));
    assert_eq!(verified.result, Some(vec![vec![0, 5], vec![0, 0]]));
}

#[test]
fn b_072_tally_numbers() {
    for (counted, weight) in [(2, 4), (4, 4), (3, 3), (3, 5), (3, 1 << 40), (u64::MAX, 4)] {
        let archive = SAMPLE.parts.with(|parts| {
            let tally = parts.tally.as_mut().unwrap();
            (tally.num_tallied, tally.total_weight) = (counted, weight);
        });
        fails(Check::TallyNumbers, [("", Place::Tally, archive)]);
    }
}

/// The second decryption, by trustee 2, changed.
fn decryption(edit: impl FnOnce(&mut Json)) -> Vec<u8> {
    SAMPLE.parts.with(|parts| parts.decryptions[1].1 = edited(&parts.decryptions[1].1, edit))
}

#[test]
fn b_080_decryption_form() {
    let order = support::substitutes::order::<Ed25519>();
    let cases = [
        ("a question less", decryption(|json| drop(json.list_at("decryption_factors").pop()))),
        ("a factor less", decryption(|json| drop(json.list_at("decryption_factors/0").pop()))),
        ("a proof less", decryption(|json| drop(json.list_at("decryption_proofs/1").pop()))),
        ("outside the group", decryption(|json| *json.text_at("decryption_factors/0/1") = outside())),
        ("q", decryption(|json| *json.text_at("decryption_proofs/0/0/response") = order)),
        ("a field more", decryption(|json| json.fields_at("").push(("x".to_owned(), Json::text(""))))),
        ("no object", decryption(|json| *json = Json::text(""))),
    ];
    fails(Check::DecryptionForm, cases.map(|(what, archive)| (what, Place::Decryption(2), archive)));
}

#[test]
fn b_081_decryption_owner() {
    for owner in [0, 5, u64::MAX] {
        let archive = SAMPLE.parts.with(|parts| parts.decryptions[1].0 = owner);
        fails(Check::DecryptionOwner, [("", Place::Decryption(owner as usize), archive)]);
    }
}

#[test]
fn b_082_decryption_once() {
    // Another one by the same trustee, as good as the first.
    let again = decrypt(&SAMPLE.election, &SAMPLE.tally, &SAMPLE.trustees[1], &mut rng(6));
    let archive = SAMPLE.parts.with(|parts| parts.decryptions.push((2, again.clone())));
    fails(Check::DecryptionOnce, [("", Place::Decryption(2), archive)]);
    let archive = SAMPLE.parts.with(|parts| parts.decryptions[1].1 = again);
    passes("instead of the first", &archive);
    // One by a trustee who was not needed.
    let surplus = decrypt(&SAMPLE.election, &SAMPLE.tally, &SAMPLE.trustees[3], &mut rng(6));
    passes("a surplus one", &SAMPLE.parts.with(|parts| parts.decryptions.push((4, surplus))));
}

#[test]
fn b_083_decryption_proof() {
    let by_another = decrypt(&SAMPLE.election, &SAMPLE.tally, &SAMPLE.trustees[2], &mut rng(6));
    let cases = [
        ("another factor", decryption(|json| *json.text_at("decryption_factors/0/1") = identity())),
        ("factors swapped", decryption(|json| json.list_at("decryption_factors/0").swap(0, 1))),
        (
            "another challenge",
            decryption(|json| *json.text_at("decryption_proofs/1/0/challenge") = "1".to_owned()),
        ),
        ("with another's key", SAMPLE.parts.with(|parts| parts.decryptions[1].1 = by_another)),
    ];
    fails(Check::DecryptionProof, cases.map(|(what, archive)| (what, Place::Decryption(2), archive)));
}

#[test]
fn b_084_decryption_enough() {
    let without = |owners: &[u64]| {
        SAMPLE.parts.with(|parts| parts.decryptions.retain(|(owner, _)| !owners.contains(owner)))
    };
    let cases = [
        ("without the mandatory one", without(&[1])),
        ("one of three", without(&[2])),
        ("none of three", without(&[2, 3])),
        ("none", without(&[1, 2, 3])),
    ];
    fails(Check::DecryptionEnough, cases.map(|(what, archive)| (what, Place::Result, archive)));
    let other = decrypt(&SAMPLE.election, &SAMPLE.tally, &SAMPLE.trustees[3], &mut rng(6));
    passes("another two of three", &SAMPLE.parts.with(|parts| parts.decryptions[1] = (4, other)));
}

fn result(text: &str) -> Vec<u8> {
    SAMPLE.parts.with(|parts| parts.result = Some(text.to_owned()))
}

#[test]
fn b_090_result_form() {
    let texts = [
        r#"{"result":[[3,4]]}"#,
        r#"{"result":[[3,4],[3]]}"#,
        r#"{"result":[[3,4],[3,0,0]]}"#,
        r#"{"result":[[3,4],[3,-1]]}"#,
        r#"{"result":[[3,4],[3,0.0]]}"#,
        r#"{"result":[[3,4],[3,"00"]]}"#,
        r#"{"result":[[3,4],[3,1073741824]]}"#,
        r#"{"result":[[3,4],[3,"18446744073709551616"]]}"#,
        r#"{"result":[[3,4],[3,null]]}"#,
        r#"{"result":[[3,4],[3,0]],"more":1}"#,
        r#"{"result":[[3,4],[3,0]],"result":[[3,4],[3,0]]}"#,
        r#"[[3,4],[3,0]]"#,
        "",
    ];
    fails(Check::ResultForm, texts.map(|text| (text, Place::Result, result(text))));
    passes("a string", &result(r#"{"result":[["3",4],[ 3,"0"]]}"#));
}

#[test]
fn b_091_result_counts() {
    let texts = [
        r#"{"result":[[4,4],[3,0]]}"#,
        r#"{"result":[[4,3],[3,0]]}"#,
        r#"{"result":[[3,4],[0,3]]}"#,
        r#"{"result":[[3,4],[3,1]]}"#,
        r#"{"result":[[3,4],[3,"18446744073709551615"]]}"#,
    ];
    fails(Check::ResultCounts, texts.map(|text| (text, Place::Result, result(text))));
}

const CONTEXT: &[u8] = b"body 1, member 7";

fn enrolment<G: Group>(edit: impl FnOnce(&mut Json)) -> Result<(), Failure> {
    let enrolment = Enrolment::<G>::make(&5.into(), CONTEXT, &mut rng(7)).unwrap();
    EnrolmentText::parse(&edited(&enrolment.to_text().to_json(), edit))?.verify::<G>(CONTEXT).map(drop)
}

fn check_enrolments<G: Group>() {
    assert_eq!(enrolment::<G>(|_| {}), Ok(()));
    let fails = |check: Check, edit: fn(&mut Json)| {
        assert_eq!(enrolment::<G>(edit), Err(check.at(Place::Enrolment)));
    };
    fails(Check::EnrolmentForm, |json| drop(json.fields_at("").pop()));
    fails(Check::EnrolmentForm, |json| *json.text_at("proof/response") = "01".to_owned());
    fails(Check::EnrolmentForm, |json| *json.text_at("proof/challenge") = "9".repeat(78));
    fails(Check::EnrolmentKey, |json| *json.text_at("key") = G::text(&G::identity()));
    fails(Check::EnrolmentKey, |json| json.text_at("key").insert(0, '0'));
    fails(Check::EnrolmentProof, |json| *json.text_at("key") = power_text::<G>(6.into()));
    fails(Check::EnrolmentProof, |json| *json.text_at("proof/response") = "1".to_owned());
    let zero = Enrolment::<G>::make(&G::Scalar::ZERO, CONTEXT, &mut rng(7));
    assert_eq!(zero.map(drop), Err(Check::EnrolmentKey.at(Place::Enrolment)));
}

/// B-120 to B-122.
#[test]
fn enrolments() {
    check_enrolments::<Ed25519>();
    check_enrolments::<Belenios2048>();
}

#[test]
fn b_123_tweak_zero() {
    assert_eq!(Tweak::<Ed25519>::new(&[0; 64]).map(drop), Err(Check::TweakZero.at(Place::Enrolment)));
    let tweak = Tweak::<Ed25519>::new(&[1; 64]).unwrap();
    let key = Ed25519::parse(&power_text::<Ed25519>(5.into())).unwrap();
    assert_eq!(Ed25519::text(&tweak.public(&key).unwrap()), power_text::<Ed25519>(*tweak.secret(&5.into())));
}

/// The order of the archive decides which failure is named, not the order in which
/// tasks happen to run: here the first of two ballots is bad, and the file is cut
/// off after them, or a record of it is changed.
#[test]
fn the_first_failure_is_named() {
    let shape = Shape {
        questions: vec![question(1, false, 0, 1)],
        trustees: vec![TrusteeKind::Mandatory],
        weights: vec![1],
        votes: vec![(0, vec![chosen(&[1])])],
        ..Shape::default()
    };
    let sample = Sample::<Ed25519>::new(&shape);
    let Voter { secret, text, .. } = &sample.voters[0];
    let prover = Prover::new(&sample.election, *secret);
    let mut events = sample.parts.events();
    events.truncate(1);
    // More than fit one task.
    let good = prover.cast(&[vec![1]], &mut rng(1)).text;
    let unsigned = edited(&good, |json| drop(json.fields_at("").pop()));
    let forged = |index: u64| {
        with_signature(
            &unsigned,
            &base64(&sha256(unsigned.as_bytes())),
            &format!(r#"{{"challenge":"{index}","response":"1"}}"#),
        )
    };
    events.extend((0..1100).map(|index| Event::ballot(&forged(index))));
    let mut archive = write(1, &events);
    archive.truncate(archive.len() - 1);
    let failure = Err(Check::Signature.at(ballot(1, text, None)));
    assert_eq!(audit_late::<Ed25519>(&archive), failure);
    assert_eq!(audit_with::<Ed25519>(&archive, None, 1), failure);
}
