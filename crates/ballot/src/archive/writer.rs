//! Writing an archive, event by event.

use super::bounds;
use super::chain::{Chain, Tip};
use super::event::EventType;
use super::payload::{HexHash, Owned, SetupNames, SizedTally, to_text};
use super::reader::archive_header;
use super::record::{BLOCK, Header, Name, Octal, padding};
use crate::check::{Check, Failure, Place};
use crate::hash::sha256;

/// Makes the bytes to append to an archive.
///
/// The order of events, their chain and the bounds of their data are those that
/// [`Reader`](super::Reader) checks; what the data say is up to the caller. A
/// method that fails has appended nothing. Whoever cannot store the bytes goes on
/// with a clone from before, or resumes from the archive as it is.
#[derive(Clone, Debug)]
pub struct Writer {
    chain: Chain,
}

impl Writer {
    /// A new archive and its first bytes. `timestamp` is in seconds since 1970 and
    /// stands in every record.
    ///
    /// # Errors
    /// Check B-003 if it is too large for the format: from the year 2242 on.
    pub fn new(timestamp: u64) -> Result<(Self, Vec<u8>), Failure> {
        let timestamp = Octal::new(timestamp).ok_or_else(|| Check::ArchiveHeader.at(Place::Record(0)))?;
        let mut bytes = Vec::new();
        append_record(&mut bytes, Name::Archive, archive_header(timestamp.get()).as_bytes(), timestamp)?;
        Ok((Self { chain: Chain::new(timestamp, bytes.len() as u64) }, bytes))
    }

    /// Goes on after the event that a reader has come to.
    pub fn resume(tip: Tip) -> Self {
        Self { chain: tip.into() }
    }

    /// The last event written.
    pub fn tip(&self) -> Option<Tip> {
        self.chain.tip()
    }

    /// The first event.
    ///
    /// # Errors
    /// Check B-007 or B-009.
    pub fn setup(
        &mut self,
        election: &[u8],
        trustees: &[u8],
        credentials: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let [election_hash, trustees_hash, credentials_hash] =
            [election, trustees, credentials].map(|text| HexHash(sha256(text)));
        let names =
            SetupNames { election: election_hash, trustees: trustees_hash, credentials: credentials_hash };
        self.append(EventType::Setup, &[election, trustees, credentials, &to_text(&names)])
    }

    /// A ballot.
    ///
    /// # Errors
    /// Check B-007 or B-009.
    pub fn ballot(&mut self, ballot: &[u8]) -> Result<Vec<u8>, Failure> {
        self.append(EventType::Ballot, &[ballot])
    }

    /// The end of the ballots.
    ///
    /// # Errors
    /// Check B-007.
    pub fn end_ballots(&mut self) -> Result<Vec<u8>, Failure> {
        self.append(EventType::EndBallots, &[])
    }

    /// The encrypted tally, how many ballots it counts, and their weight.
    ///
    /// # Errors
    /// Check B-007 or B-009.
    pub fn encrypted_tally(
        &mut self,
        tally: &[u8],
        num_tallied: u64,
        total_weight: u64,
    ) -> Result<Vec<u8>, Failure> {
        let names = SizedTally { num_tallied, total_weight, encrypted_tally: HexHash(sha256(tally)) };
        self.append(EventType::EncryptedTally, &[tally, &to_text(&names)])
    }

    /// The partial decryption of a trustee, counted from 1.
    ///
    /// # Errors
    /// Check B-007 or B-009.
    pub fn partial_decryption(&mut self, owner: u64, decryption: &[u8]) -> Result<Vec<u8>, Failure> {
        let names = Owned { owner, payload: HexHash(sha256(decryption)) };
        self.append(EventType::PartialDecryption, &[decryption, &to_text(&names)])
    }

    /// The result, after which there is nothing.
    ///
    /// # Errors
    /// Check B-007 or B-009.
    pub fn result(&mut self, result: &[u8]) -> Result<Vec<u8>, Failure> {
        self.append(EventType::Result, &[result])
    }

    /// The caller gives as many data as the type has.
    fn append(&mut self, kind: EventType, data: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let hashes: Vec<_> = data.iter().map(|text| sha256(text)).collect();
        let event = self.chain.next(kind, hashes.last().copied())?;
        if data
            .iter()
            .zip(bounds::data_after(self.chain.last()))
            .any(|(text, bound)| text.len() as u64 > *bound)
        {
            return Err(Check::Bounds.at(Place::Event(event.height)));
        }
        let text = event.to_text();
        let hash = sha256(text.as_bytes());
        let names = hashes.into_iter().map(Name::Data).chain([Name::Event(hash)]);
        let mut bytes =
            Vec::with_capacity(data.iter().map(|text| text.len() + 2 * BLOCK).sum::<usize>() + 2 * BLOCK);
        for (name, text) in names.zip(data.iter().copied().chain([text.as_bytes()])) {
            append_record(&mut bytes, name, text, self.chain.timestamp())?;
        }
        self.chain.push(&event, hash, self.chain.size() + bytes.len() as u64);
        Ok(bytes)
    }
}

fn append_record(bytes: &mut Vec<u8>, name: Name, text: &[u8], timestamp: Octal) -> Result<(), Failure> {
    let size = text.len() as u64;
    let size_octal = Octal::new(size).ok_or_else(|| Check::Bounds.at(Place::Record(0)))?;
    bytes.extend_from_slice(&Header { name, size: size_octal, timestamp }.encode());
    bytes.extend_from_slice(text);
    bytes.resize(bytes.len() + padding(size), 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::{Forge, TIMESTAMP, VECTORS};
    use super::super::{ArchivedEvent, Content, Reader};
    use super::*;

    fn write(writer: &mut Writer, event: ArchivedEvent) -> Result<Vec<u8>, Failure> {
        match event.content {
            Content::Setup { election, trustees, credentials } => {
                writer.setup(election.text(), trustees.text(), credentials.text())
            }
            Content::Ballot(ballot) => writer.ballot(ballot.verify_hash()?.text()),
            Content::EndBallots => writer.end_ballots(),
            Content::EncryptedTally { tally, num_tallied, total_weight } => {
                writer.encrypted_tally(tally.text(), num_tallied, total_weight)
            }
            Content::PartialDecryption { owner, decryption } => {
                writer.partial_decryption(owner, decryption.text())
            }
            Content::Result(result) => writer.result(result.text()),
        }
    }

    /// Each archive of the reference tool, read and written again event by event,
    /// by one writer and by one that resumes each time.
    #[test]
    fn archives_are_as_the_reference_tool_writes_them() {
        for vector in VECTORS {
            let (timestamp, _) = super::super::forge::parts(vector);
            let (mut writer, mut written) = Writer::new(timestamp).expect("a time");
            let mut reader = Reader::open(*vector).expect("sound");
            while let Some(event) = reader.next_event().expect("sound") {
                let (height, hash) = (event.height, event.hash);
                written.extend(write(&mut writer, event).expect("in order"));
                assert_eq!(writer.tip(), reader.tip());
                let tip = writer.tip().expect("just written");
                assert_eq!((tip.height(), *tip.hash(), tip.size()), (height, hash, written.len() as u64));
                writer = Writer::resume(tip);
            }
            assert!(written == *vector);
        }
    }

    #[test]
    fn data_are_where_the_reader_says() {
        for vector in VECTORS {
            let mut reader = Reader::open(*vector).expect("sound");
            while let Some(event) = reader.next_event().expect("sound") {
                let data = match event.content {
                    Content::Setup { election, trustees, credentials } => {
                        vec![election, trustees, credentials]
                    }
                    Content::Ballot(ballot) => vec![ballot.verify_hash().expect("sound")],
                    Content::EndBallots => vec![],
                    Content::EncryptedTally { tally: data, .. }
                    | Content::PartialDecryption { decryption: data, .. }
                    | Content::Result(data) => vec![data],
                };
                for data in data {
                    let start = data.offset() as usize;
                    assert_eq!(data.text(), &vector[start..start + data.text().len()]);
                    assert_eq!(*data.hash(), sha256(data.text()));
                }
            }
        }
    }

    #[test]
    fn what_is_refused_is_not_written() {
        let (mut writer, bytes) = Writer::new(TIMESTAMP).expect("a time");
        assert_eq!(bytes, Forge::new().bytes);
        let order = |height| Err(Check::EventOrder.at(Place::Event(height)));
        assert_eq!(writer.ballot(b"early"), order(0));
        assert!(writer.setup(b"election", b"trustees", b"credentials").is_ok());
        let large = vec![b' '; bounds::BALLOT as usize + 1];
        let before = writer.tip();
        assert_eq!(writer.setup(b"election", b"trustees", b"credentials"), order(1));
        assert_eq!(writer.result(b"result"), order(1));
        assert_eq!(writer.ballot(&large), Err(Check::Bounds.at(Place::Event(1))));
        assert_eq!(writer.tip(), before);
        assert!(writer.ballot(&large[1..]).is_ok());
        assert!(writer.end_ballots().is_ok());
        assert_eq!(writer.ballot(b"late"), order(3));
        assert_eq!(Writer::new(1 << 33).map(|_| ()), Err(Check::ArchiveHeader.at(Place::Record(0))));
    }
}
