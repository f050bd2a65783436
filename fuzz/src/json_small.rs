//! Bytes as the smaller parts of an archive, in a fixed election.

use concerted_ballot::decryption::{Counts, PartialDecryption};
use concerted_ballot::election::{Election, Parameters};
use concerted_ballot::number::Number;
use concerted_ballot::tally::Tally;
use concerted_ballot::{Belenios2048, Ed25519, Group};

use crate::sample::{BELENIOS_2048, ED25519, Parts, Sample, TOOL_ED25519};

/// What is accepted must read the same once it is written again; and no partial decryption may be accepted
/// whose factors are others than the trustee's.
pub(crate) fn run(data: &[u8]) {
    if let Ok(number) = serde_json::from_slice::<Number>(data) {
        let text = serde_json::to_string(&number).unwrap();
        assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), number);
    }
    if let Ok(parameters) = Parameters::parse(data) {
        assert_eq!(Parameters::parse(parameters.to_text().as_bytes()).as_ref(), Ok(&parameters));
    }
    let _ = Election::<Ed25519>::parse(data);
    let _ = Election::<Belenios2048>::parse(data);
    check(&ED25519, data);
    check(&BELENIOS_2048, data);
}

fn check<G: Group>(sample: &Sample<G>, data: &[u8]) {
    let Sample { election, tally, trustees, .. } = sample;
    if let Ok(counts) = Counts::parse(data, election.questions()) {
        assert_eq!(Counts::parse(counts.to_text().as_bytes(), election.questions()).as_ref(), Ok(&counts));
    }
    if let Ok(tally) = Tally::<G>::parse(data, election.questions()) {
        assert_eq!(Tally::parse(tally.to_text().as_bytes(), election.questions()).as_ref(), Ok(&tally));
    }
    for (index, owner) in trustees.owners().iter().enumerate() {
        let verify = |text: &[u8]| {
            PartialDecryption::verify(text, election, tally, index + 1, &owner.verification_key)
        };
        if let Ok(partial) = verify(data) {
            let sound = verify(sample.decryptions[index].as_bytes()).unwrap();
            assert!(partial == sound, "forged factors");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let archives = [&ED25519.archive[..], &BELENIOS_2048.archive, TOOL_ED25519[0]];
    let Parts { elections, tallies, decryptions, results, .. } = Parts::of(&archives);
    let numbers = ["17", "\"1073741824\"", "1073741823"].map(|text| text.as_bytes().to_vec());
    [elections, tallies, decryptions, results, numbers.to_vec()].concat()
}
