//! Archives taken apart and put together again.
//!
//! What is written here has the right hashes, names and chain whatever it says, so
//! that a change inside reaches the check it is meant for. It follows BELENIOS.md,
//! section 8, and shares no code with the crate.

use concerted_ballot::archive::{Content, Reader, hints};
use concerted_ballot::hash::{hex, sha256};

/// What the events of an archive say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) timestamp: u64,
    pub(crate) election: String,
    pub(crate) trustees: String,
    pub(crate) credentials: String,
    pub(crate) ballots: Vec<String>,
    pub(crate) closed: bool,
    pub(crate) tally: Option<TallyPart>,
    /// By whom, and what.
    pub(crate) decryptions: Vec<(u64, String)>,
    pub(crate) result: Option<String>,
}

/// The encrypted tally and the numbers beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TallyPart {
    pub(crate) text: String,
    pub(crate) num_tallied: u64,
    pub(crate) total_weight: u64,
}

/// One event with its data, the last of which it names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) data: Vec<Vec<u8>>,
}

impl Event {
    pub(crate) fn new(kind: &'static str, data: &[&str]) -> Self {
        Self { kind, data: data.iter().map(|text| text.as_bytes().to_vec()).collect() }
    }

    pub(crate) fn ballot(text: &str) -> Self {
        Self::new("Ballot", &[text])
    }
}

impl Parts {
    /// The parts of a sound archive.
    pub(crate) fn of(archive: &[u8]) -> Self {
        let mut reader = Reader::open(archive).unwrap();
        let mut parts = Self {
            timestamp: 0,
            election: String::new(),
            trustees: String::new(),
            credentials: String::new(),
            ballots: Vec::new(),
            closed: false,
            tally: None,
            decryptions: Vec::new(),
            result: None,
        };
        let digits: String =
            archive[SIZE_OF_HEADER..].iter().map(|byte| char::from(*byte)).take(64).collect::<String>();
        let digits = digits.split("\"timestamp\":\"").nth(1).unwrap().split('"').next().unwrap();
        parts.timestamp = digits.parse().unwrap();
        while let Some(event) = reader.next_event().unwrap() {
            let text = |data: concerted_ballot::archive::Data| String::from_utf8(data.into_text()).unwrap();
            match event.content {
                Content::Setup { election, trustees, credentials } => {
                    parts.election = text(election);
                    parts.trustees = text(trustees);
                    parts.credentials = text(credentials);
                }
                Content::Ballot(ballot) => parts.ballots.push(text(ballot.verify_hash().unwrap())),
                Content::EndBallots => parts.closed = true,
                Content::EncryptedTally { tally, num_tallied, total_weight } => {
                    parts.tally = Some(TallyPart { text: text(tally), num_tallied, total_weight });
                }
                Content::PartialDecryption { owner, decryption } => {
                    parts.decryptions.push((owner, text(decryption)));
                }
                Content::Result(result) => parts.result = Some(text(result)),
            }
        }
        parts
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let hash = |text: &str| hex(&sha256(text.as_bytes()));
        let names = format!(
            r#"{{"election":"{}","trustees":"{}","credentials":"{}"}}"#,
            hash(&self.election),
            hash(&self.trustees),
            hash(&self.credentials)
        );
        let mut events =
            vec![Event::new("Setup", &[&self.election, &self.trustees, &self.credentials, &names])];
        events.extend(self.ballots.iter().map(|ballot| Event::ballot(ballot)));
        events.extend(self.closed.then(|| Event::new("EndBallots", &[])));
        if let Some(TallyPart { text, num_tallied, total_weight }) = &self.tally {
            let weight = match total_weight {
                0..=0x3fff_ffff => total_weight.to_string(),
                _ => format!("\"{total_weight}\""),
            };
            let names = format!(
                r#"{{"num_tallied":{num_tallied},"total_weight":{weight},"encrypted_tally":"{}"}}"#,
                hash(text)
            );
            events.push(Event::new("EncryptedTally", &[text, &names]));
        }
        for (owner, text) in &self.decryptions {
            let names = format!(r#"{{"owner":{owner},"payload":"{}"}}"#, hash(text));
            events.push(Event::new("PartialDecryption", &[text, &names]));
        }
        events.extend(self.result.iter().map(|text| Event::new("Result", &[text])));
        events
    }

    /// The archive that says this.
    pub(crate) fn write(&self) -> Vec<u8> {
        write(self.timestamp, &self.events())
    }

    /// The archive that says this, with a change.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Parts)) -> Vec<u8> {
        let mut parts = self.clone();
        change(&mut parts);
        parts.write()
    }
}

/// Any events, chained.
pub(crate) fn write(timestamp: u64, events: &[Event]) -> Vec<u8> {
    let mut archive = record("BELENIOS", archive_header(timestamp).as_bytes(), timestamp);
    let mut parent = None;
    for (height, Event { kind, data }) in events.iter().enumerate() {
        for text in data {
            archive.extend(record(&format!("{}.data.json", hex(&sha256(text))), text, timestamp));
        }
        let mut text = String::from("{");
        text.extend(parent.iter().map(|parent: &String| format!("\"parent\":\"{parent}\",")));
        text.push_str(&format!("\"height\":{height},\"type\":\"{kind}\""));
        text.extend(data.last().iter().map(|text| format!(",\"payload\":\"{}\"", hex(&sha256(text)))));
        text.push('}');
        let hash = hex(&sha256(text.as_bytes()));
        archive.extend(record(&format!("{hash}.event.json"), text.as_bytes(), timestamp));
        parent = Some(hash);
    }
    archive
}

/// The file of hints for ballots with these texts.
pub(crate) fn hint_file<'a>(
    election: &str,
    ballots: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Vec<u8> {
    let mut file = hints::header(&sha256(election.as_bytes())).to_vec();
    for (text, bytes) in ballots {
        file.extend(hints::block(&sha256(text.as_bytes()), bytes).unwrap_or_default());
    }
    file
}

pub(crate) const SIZE_OF_HEADER: usize = 512;

fn archive_header(timestamp: u64) -> String {
    format!(r#"{{"version":1,"timestamp":"{timestamp}"}}"#)
}

fn record(name: &str, text: &[u8], timestamp: u64) -> Vec<u8> {
    let mut header = [0u8; SIZE_OF_HEADER];
    let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
    put(0, name.as_bytes());
    put(100, b"0000644");
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, format!("{:011o}", text.len()).as_bytes());
    put(136, format!("{timestamp:011o}").as_bytes());
    put(148, b"        ");
    put(156, b"0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = [header.as_slice(), text].concat();
    bytes.resize(bytes.len().next_multiple_of(SIZE_OF_HEADER), 0);
    bytes
}
