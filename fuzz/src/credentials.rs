//! Bytes as the list of public credentials, as a secret credential, and as an enrolment.

use concerted_ballot::credential::{Credential, CredentialList, Enrolment, EnrolmentText};
use concerted_ballot::{Belenios2048, Ed25519, Group, Scalar};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

use crate::sample::{ED25519, Parts, TOOL_2048, TOOL_ED25519, TOOL_THRESHOLD};

const CONTEXT: &[u8] = b"fuzz";

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    list::<Ed25519>(text);
    list::<Belenios2048>(text);
    if let Ok(enrolment) = EnrolmentText::parse(text) {
        assert_eq!(EnrolmentText::parse(&enrolment.to_json()).as_ref(), Ok(&enrolment));
        let _ = enrolment.verify::<Ed25519>(CONTEXT);
        let _ = enrolment.verify::<Belenios2048>(CONTEXT);
    }
    if let Ok(credential) = text.parse::<Credential>() {
        assert_eq!(credential.to_string(), text);
        let _ = credential.secret::<Ed25519>("FuzzFuzzFuzz11");
    }
}

fn list<G: Group>(text: &str) {
    let Ok(list) = CredentialList::<G>::parse_form(text) else { return };
    let again = CredentialList::<G>::parse_form(&list.to_json()).unwrap();
    assert!(again.entries().eq(list.entries()));
    assert_eq!(list.entries().map(|entry| entry.weight).sum::<u64>(), list.total_weight());
    for (index, entry) in list.entries().enumerate().take(8) {
        assert_eq!(list.find(entry.text), Some(index));
        if let Ok(element) = list.check_element(index) {
            assert_eq!(G::text(&element), entry.text);
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds =
        Parts::of(&[&ED25519.archive[..], TOOL_ED25519[0], TOOL_2048[0], TOOL_THRESHOLD[0]]).credentials;
    let rng = &mut ChaCha20Rng::from_seed([2; 32]);
    let secret = <Ed25519 as Group>::Scalar::random(rng);
    seeds.push(Enrolment::<Ed25519>::make(&secret, CONTEXT, rng).unwrap().to_text().to_json().into_bytes());
    seeds.push(Credential::random(rng).to_string().into_bytes());
    seeds
}
