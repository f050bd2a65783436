//! Bytes as the record of trustees, and as a trustee's key.

use std::collections::BTreeSet;

use concerted_ballot::trustee::{PrivateKey, TRUSTEES_MAX, Trustees};
use concerted_ballot::{Belenios2048, Ed25519, Group};

use crate::sample::{ED25519, Parts, TOOL_2048, TOOL_ED25519, TOOL_THRESHOLD};

pub(crate) fn run(data: &[u8]) {
    check::<Ed25519>(data);
    check::<Belenios2048>(data);
}

fn check<G: Group>(data: &[u8]) {
    if let Some(key) = PrivateKey::<G>::from_json(data) {
        assert!(PrivateKey::<G>::from_json(key.to_json().as_bytes()).is_some());
    }
    let Ok(trustees) = Trustees::<G>::parse(data) else { return };
    let size = trustees.owners().len();
    assert!((1..=TRUSTEES_MAX).contains(&size));
    let all: BTreeSet<usize> = (1..=size).collect();
    assert!(trustees.is_enough(&all) && !trustees.is_enough(&BTreeSet::new()));
    assert!(trustees.combination(&all).is_some());
    for owner in trustees.owners() {
        assert!(owner.verification_key != G::identity());
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Parts::of(&[
        &ED25519.archive[..],
        TOOL_ED25519[0],
        TOOL_2048[0],
        TOOL_THRESHOLD[0],
        TOOL_THRESHOLD[1],
    ])
    .trustees;
    seeds.push(br#""12345678901234567890""#.to_vec());
    seeds
}
