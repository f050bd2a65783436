//! Archives that say anything: taken apart, altered, and written again with whatever hashes are needed to get
//! past the checks of the form.

use std::sync::LazyLock;

use concerted_ballot::archive::{Content, EventType, Reader, hints};
use concerted_ballot::hash::{base64, hex, sha256};

/// An archive as events, with nothing that follows from something else.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Forge {
    pub(crate) events: Vec<Event>,
}

/// An event and its data, without the small objects that only name others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: EventType,
    pub(crate) data: Vec<Vec<u8>>,
    /// How many ballots and their weight; or a trustee and nothing.
    pub(crate) numbers: [u64; 2],
    /// Of a ballot, to go with it wherever it goes.
    pub(crate) hints: Vec<u8>,
}

const TIMESTAMP: u64 = 1_795_363_255;
const BLOCK: usize = 512;

impl Forge {
    /// Takes a sound archive apart.
    pub(crate) fn of(archive: &[u8]) -> Self {
        let mut reader = Reader::open(archive).unwrap();
        let mut events = Vec::new();
        while let Some(event) = reader.next_event().unwrap() {
            events.push(Event::of(event.content));
        }
        Self { events }
    }

    /// The smallest archive of all kinds of events; there is no election in it.
    pub(crate) fn small() -> Self {
        let event = |kind, data: &[&str], numbers| Event {
            kind,
            data: data.iter().map(|text| text.as_bytes().to_vec()).collect(),
            numbers,
            hints: Vec::new(),
        };
        let events = vec![
            event(EventType::Setup, &["a", "b", "c"], [0; 2]),
            event(EventType::Ballot, &["d"], [0; 2]),
            event(EventType::EndBallots, &[], [0; 2]),
            event(EventType::EncryptedTally, &["e"], [1, 1]),
            event(EventType::PartialDecryption, &["f"], [1, 0]),
            event(EventType::Result, &["g"], [0; 2]),
        ];
        Self { events }
    }

    /// The file, in which every hash is right.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(&mut bytes, "BELENIOS", format!(r#"{{"version":1,"timestamp":"{TIMESTAMP}"}}"#).as_bytes());
        let mut parent = None;
        for (height, event) in self.events.iter().enumerate() {
            let mut payload = None;
            for text in event.data.iter().chain(&event.names()) {
                let hash = hex(&sha256(text));
                append(&mut bytes, &format!("{hash}.data.json"), text);
                payload = Some(hash);
            }
            let field = |name: &str, hash: Option<&String>| {
                hash.map_or(String::new(), |hash| format!(r#""{name}":"{hash}""#))
            };
            let mut fields = vec![field("parent", parent.as_ref())];
            fields.push(format!(r#""height":{height},"type":"{:?}""#, event.kind));
            fields.push(field("payload", payload.as_ref()));
            fields.retain(|field| !field.is_empty());
            let text = format!("{{{}}}", fields.join(","));
            let hash = hex(&sha256(text.as_bytes()));
            append(&mut bytes, &format!("{hash}.event.json"), text.as_bytes());
            parent = Some(hash);
        }
        bytes
    }

    /// The file of hints that goes with it.
    pub(crate) fn hints(&self) -> Vec<u8> {
        let election = self.events.iter().find_map(|event| event.data.first());
        let mut bytes = hints::header(&sha256(election.map_or(b"", Vec::as_slice))).to_vec();
        for event in self.events.iter().filter(|event| event.kind == EventType::Ballot) {
            let hash = event.data.first().map(|text| sha256(text));
            bytes.extend(hash.and_then(|hash| hints::block(&hash, &event.hints)).unwrap_or_default());
        }
        bytes
    }

    /// Puts the hash that its signature covers right in every ballot.
    pub(crate) fn repair_ballots(&mut self) {
        for event in self.events.iter_mut().filter(|event| event.kind == EventType::Ballot) {
            for text in &mut event.data {
                repair_ballot(text);
            }
        }
    }

    /// Puts the election's fingerprint into every ballot, in place of the one that `before` had.
    pub(crate) fn repair_fingerprints(&mut self, before: &Forge) {
        let fingerprint = |forge: &Forge| {
            let election = forge.events.first().and_then(|setup| setup.data.first());
            election.map(|election| base64(&sha256(election)))
        };
        let (Some(old), Some(new)) = (fingerprint(before), fingerprint(self)) else { return };
        for event in self.events.iter_mut().filter(|event| event.kind == EventType::Ballot) {
            for text in &mut event.data {
                if let Ok(ballot) = std::str::from_utf8(text) {
                    *text = ballot.replace(&old, &new).into_bytes();
                }
            }
        }
    }
}

impl Event {
    fn of(content: Content) -> Self {
        let event = |kind, data: Vec<Vec<u8>>, numbers| Self { kind, data, numbers, hints: Vec::new() };
        match content {
            Content::Setup { election, trustees, credentials } => event(
                EventType::Setup,
                vec![election.into_text(), trustees.into_text(), credentials.into_text()],
                [0; 2],
            ),
            Content::Ballot(ballot) => {
                event(EventType::Ballot, vec![ballot.verify_hash().unwrap().into_text()], [0; 2])
            }
            Content::EndBallots => event(EventType::EndBallots, Vec::new(), [0; 2]),
            Content::EncryptedTally { tally, num_tallied, total_weight } => {
                event(EventType::EncryptedTally, vec![tally.into_text()], [num_tallied, total_weight])
            }
            Content::PartialDecryption { owner, decryption } => {
                event(EventType::PartialDecryption, vec![decryption.into_text()], [owner, 0])
            }
            Content::Result(result) => event(EventType::Result, vec![result.into_text()], [0; 2]),
        }
    }

    /// The object that names the data, where the kind of event has one.
    fn names(&self) -> Option<Vec<u8>> {
        let hash = |index: usize| hex(&sha256(self.data.get(index).map_or(b"", Vec::as_slice)));
        let [first, second] = self.numbers;
        let text = match self.kind {
            EventType::Setup => {
                format!(
                    r#"{{"election":"{}","trustees":"{}","credentials":"{}"}}"#,
                    hash(0),
                    hash(1),
                    hash(2)
                )
            }
            EventType::EncryptedTally => format!(
                r#"{{"num_tallied":{first},"total_weight":{second},"encrypted_tally":"{}"}}"#,
                hash(0)
            ),
            EventType::PartialDecryption => format!(r#"{{"owner":{first},"payload":"{}"}}"#, hash(0)),
            _ => return None,
        };
        Some(text.into_bytes())
    }
}

/// Puts right the hash that a ballot's signature covers, if the text has one. The signature does not become
/// right by that, but what is checked before it can be reached.
pub(crate) fn repair_ballot(text: &mut Vec<u8>) {
    const FIELD: &str = r#","signature":{"hash":""#;
    let Ok(ballot) = std::str::from_utf8(text) else { return };
    let Some((unsigned, signature)) = ballot.rsplit_once(FIELD) else { return };
    let Some((_, proof)) = signature.split_once('"') else { return };
    let hash = base64(&sha256(format!("{unsigned}}}").as_bytes()));
    *text = format!("{unsigned}{FIELD}{hash}\"{proof}").into_bytes();
}

/// The records of any bytes, as far as their headers tell where they end.
pub(crate) fn records(archive: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    let mut rest = archive;
    while let Some(digits) = rest.get(124..135) {
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 8).ok());
        let end = size.map_or(rest.len(), |size| BLOCK + size.next_multiple_of(BLOCK)).min(rest.len());
        let (record, after) = rest.split_at(end);
        records.push(record);
        rest = after;
    }
    records
}

fn append(bytes: &mut Vec<u8>, name: &str, text: &[u8]) {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", text.len()));
    put(136, &format!("{TIMESTAMP:011o}"));
    put(148, "        ");
    put(156, "0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    bytes.extend(header);
    bytes.extend(text);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

/// The small election on Ed25519, with the hints of its ballots.
pub(crate) static SAMPLE: LazyLock<Forge> = LazyLock::new(|| {
    let sample = &crate::sample::ED25519;
    let mut forge = Forge::of(&sample.archive);
    let ballots = forge.events.iter_mut().filter(|event| event.kind == EventType::Ballot);
    for (event, ballot) in ballots.zip(&sample.ballots) {
        event.hints.clone_from(&ballot.hints);
    }
    forge
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{self, TOOL_ED25519};

    #[test]
    fn what_is_put_together_again_is_what_was_taken_apart() {
        assert!(SAMPLE.archive() == sample::ED25519.archive);
        for archive in TOOL_ED25519 {
            assert_eq!(Forge::of(&Forge::of(archive).archive()), Forge::of(archive));
            assert_eq!(records(archive).concat(), archive);
        }
        assert_eq!(Forge::of(&Forge::small().archive()), Forge::small());
    }

    #[test]
    fn there_are_hints_for_every_ballot() {
        let sample = &sample::ED25519;
        let hints = SAMPLE.hints();
        let mut reader = hints::HintReader::open(&hints, sample.election.hash());
        for ballot in &sample.ballots {
            assert_eq!(reader.next_for(&sha256(ballot.text.as_bytes())).as_ref(), Some(&ballot.hints));
        }
    }

    #[test]
    fn a_sound_ballot_needs_no_repair() {
        let mut repaired = SAMPLE.clone();
        repaired.repair_ballots();
        repaired.repair_fingerprints(&SAMPLE);
        assert_eq!(repaired, *SAMPLE);
    }
}
