//! Archives for tests, sound and forged.

use super::event::{Event, EventType};
use super::reader::{ReadError, Reader};
use super::record::{BLOCK, Header, Name, Octal, padding};
use super::{Content, Source};
use crate::check::Failure;
use crate::hash::sha256;

macro_rules! vectors {
    ($($path:literal,)*) => {
        /// The archives made by the reference tool. The fourth is the smallest.
        pub(super) const VECTORS: &[&[u8]] = &[
            $(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/belenios/", $path)),)*
        ];
    };
}

vectors! {
    "tool-2.0-BELENIOS-2048/a-single-5/eYjrd4sb4j4d4s.bel",
    "tool-2.0-BELENIOS-2048/b-threshold-weights-20/Fwnz4TMWzs24CE.bel",
    "tool-2.0-BELENIOS-2048/c-revote/g7Bx3TjdX1WBNv.bel",
    "tool-3.0-Ed25519/a-single-5/hMCiNCXXAPASqo.bel",
    "tool-3.0-Ed25519/b-threshold-weights-20/8TSPUsDkA71qey.bel",
    "tool-3.0-Ed25519/c-revote/oAVfr96WeJmwjC.bel",
}

pub(super) const SMALLEST: &[u8] = VECTORS[3];

pub(super) const TIMESTAMP: u64 = 1_795_363_255;

/// A record taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) name: Name,
    pub(super) text: Vec<u8>,
}

/// Makes an archive record by record, whether it is sound or not: chained in the
/// right way unless told otherwise.
#[derive(Clone, Debug)]
pub(super) struct Forge {
    pub(super) bytes: Vec<u8>,
    parent: Option<[u8; 32]>,
    height: u64,
}

impl Forge {
    pub(super) fn empty() -> Self {
        Self { bytes: Vec::new(), parent: None, height: 0 }
    }

    pub(super) fn new() -> Self {
        Self::empty().record(Name::Archive, br#"{"version":1,"timestamp":"1795363255"}"#, TIMESTAMP)
    }

    pub(super) fn record(mut self, name: Name, text: &[u8], timestamp: u64) -> Self {
        self.bytes.extend(record(name, text, timestamp));
        self
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(super) fn data(self, text: &str) -> Self {
        self.record(Name::Data(sha256(text.as_bytes())), text.as_bytes(), TIMESTAMP)
    }

    pub(super) fn event_text(mut self, text: &str) -> Self {
        let hash = sha256(text.as_bytes());
        self = self.record(Name::Event(hash), text.as_bytes(), TIMESTAMP);
        (self.parent, self.height) = (Some(hash), self.height + 1);
        self
    }

    /// An event that names this payload.
    pub(super) fn event(self, kind: EventType, payload: Option<&str>) -> Self {
        let event = self.next(kind, payload);
        self.event_text(&event.to_text())
    }

    /// The event that would come next.
    pub(super) fn next(&self, kind: EventType, payload: Option<&str>) -> Event {
        let payload = payload.map(|text| sha256(text.as_bytes()));
        Event { parent: self.parent, height: self.height, kind, payload }
    }

    /// One text and the event that names it.
    pub(super) fn named(self, kind: EventType, text: &str) -> Self {
        self.data(text).event(kind, Some(text))
    }

    pub(super) fn setup(self) -> Self {
        let names = setup_names("election", "trustees", "credentials");
        self.data("election").data("trustees").data("credentials").named(EventType::Setup, &names)
    }

    pub(super) fn ballot(self, text: &str) -> Self {
        self.named(EventType::Ballot, text)
    }

    pub(super) fn end_ballots(self) -> Self {
        self.event(EventType::EndBallots, None)
    }

    pub(super) fn tally(self) -> Self {
        self.data("tally").named(EventType::EncryptedTally, &tally_names("tally"))
    }

    pub(super) fn decryption(self, owner: u64) -> Self {
        let text = format!("decryption {owner}");
        self.data(&text).named(EventType::PartialDecryption, &owned(owner, &text))
    }

    pub(super) fn result(self) -> Self {
        self.named(EventType::Result, "result")
    }
}

pub(super) fn setup_names(election: &str, trustees: &str, credentials: &str) -> String {
    let [election, trustees, credentials] = [election, trustees, credentials].map(hash);
    format!(r#"{{"election":"{election}","trustees":"{trustees}","credentials":"{credentials}"}}"#)
}

pub(super) fn tally_names(tally: &str) -> String {
    format!(r#"{{"num_tallied":3,"total_weight":"1073741824","encrypted_tally":"{}"}}"#, hash(tally))
}

pub(super) fn owned(owner: u64, text: &str) -> String {
    format!(r#"{{"owner":{owner},"payload":"{}"}}"#, hash(text))
}

pub(super) fn hash(text: &str) -> String {
    crate::hash::hex(&sha256(text.as_bytes()))
}

pub(super) fn record(name: Name, text: &[u8], timestamp: u64) -> Vec<u8> {
    let mut bytes = header(name, text.len() as u64, timestamp);
    bytes.extend_from_slice(text);
    bytes.resize(bytes.len() + padding(text.len() as u64), 0);
    bytes
}

pub(super) fn header(name: Name, size: u64, timestamp: u64) -> Vec<u8> {
    let [size, timestamp] = [size, timestamp].map(|number| Octal::new(number).expect("below 2^33"));
    Header { name, size, timestamp }.encode().to_vec()
}

/// The records of a sound archive.
pub(super) fn parts(mut bytes: &[u8]) -> (u64, Vec<Part>) {
    let mut parts = Vec::new();
    let mut timestamp = 0;
    while let Some((header, rest)) = bytes.split_first_chunk::<BLOCK>() {
        let header = Header::decode(header).expect("a sound archive");
        let size = header.size.get() as usize;
        parts.push(Part { name: header.name, text: rest[..size].to_vec() });
        timestamp = header.timestamp.get();
        bytes = &rest[size.next_multiple_of(BLOCK)..];
    }
    (timestamp, parts)
}

/// The contrary of [`parts`].
pub(super) fn join<'a>(timestamp: u64, parts: impl IntoIterator<Item = &'a Part>) -> Vec<u8> {
    parts.into_iter().flat_map(|part| record(part.name, &part.text, timestamp)).collect()
}

/// Reads an archive to its end, ballots' hashes included: the number of events.
pub(super) fn read(source: impl Source) -> Result<u64, Failure> {
    let read = || {
        let mut reader = Reader::open(source)?;
        let mut events = 0;
        while let Some(event) = reader.next_event()? {
            if let Content::Ballot(ballot) = event.content {
                ballot.verify_hash()?;
            }
            events += 1;
        }
        Ok(events)
    };
    read().map_err(|error| match error {
        ReadError::Failure(failure) => failure,
        ReadError::Source(error) => unreachable!("memory: {error}"),
    })
}
