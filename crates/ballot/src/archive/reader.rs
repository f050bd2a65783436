//! Reading an archive, event by event.

use std::collections::BTreeSet;
use std::io;

use super::bounds;
use super::chain::{Chain, Tip};
use super::event::{Event, EventType};
use super::payload::{HexHash, Owned, SetupNames, SizedTally};
use super::record::{BLOCK, Header, Name, padding};
use super::source::{Source, Window};
use crate::check::{Check, Failure, Place};
use crate::hash::sha256;

/// Walks an archive from front to back.
///
/// Everything is checked that can be without looking into the election (B-001 to
/// B-009), with one exception: that a ballot's hash is right is left to whoever
/// takes it, see [`UnverifiedBallot`]. In memory are one chunk of the file and the
/// data of one event.
///
/// ```
/// use concerted_ballot::archive::{Content, Reader, Writer};
///
/// let (mut writer, mut file) = Writer::new(1_795_363_255)?;
/// file.extend(writer.setup(b"{}", b"[]", b"[\"\"]")?);
/// file.extend(writer.ballot(b"a ballot")?);
///
/// let mut reader = Reader::open(&file)?;
/// let mut ballots = 0;
/// while let Some(event) = reader.next_event()? {
///     if let Content::Ballot(ballot) = event.content {
///         assert_eq!(ballot.verify_hash()?.text(), b"a ballot");
///         ballots += 1;
///     }
/// }
/// assert_eq!(ballots, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader<S> {
    window: Window<S>,
    chain: Chain,
    /// Hashes of all data but the ballots, which are too many: as many as
    /// [`bounds::DECRYPTIONS`] allows.
    seen: BTreeSet<[u8; 32]>,
}

/// An event with its data.
#[derive(Debug)]
pub struct ArchivedEvent {
    /// How many events are before it.
    pub height: u64,
    /// The SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it says.
    pub content: Content,
}

/// What an event says. The data are as received: here nobody has looked into them.
#[derive(Debug)]
pub enum Content {
    /// The election is set up.
    Setup {
        /// Its parameters.
        election: Data,
        /// The trustees.
        trustees: Data,
        /// The public credentials.
        credentials: Data,
    },
    /// A ballot.
    Ballot(UnverifiedBallot),
    /// No more ballots.
    EndBallots,
    /// The encrypted tally.
    EncryptedTally {
        /// The ciphertexts.
        tally: Data,
        /// How many ballots they count, as claimed.
        num_tallied: u64,
        /// Their weight, as claimed.
        total_weight: u64,
    },
    /// A partial decryption.
    PartialDecryption {
        /// The trustee, counted from 1, as claimed.
        owner: u64,
        /// The factors and their proofs.
        decryption: Data,
    },
    /// The result.
    Result(Data),
}

/// Data of an archive, and their hash, which is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    hash: [u8; 32],
    offset: u64,
    text: Vec<u8>,
}

/// A ballot of which nobody has checked that its hash is the one it is named by.
///
/// Hashing is a large part of the work of reading, and unlike the chain of events
/// it can be shared out to many cores, so [`UnverifiedBallot::verify_hash`] is
/// called by them. Until then the hash is that in the file, which the event names.
#[derive(Debug)]
pub struct UnverifiedBallot {
    number: u64,
    record: Record,
}

/// Why an archive could not be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The archive is not sound.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The environment does not give us its bytes.
    #[error("the archive cannot be read")]
    Source(#[from] io::Error),
}

impl<S: Source> Reader<S> {
    /// Opens an archive as long as it is now; what is appended later is not read.
    ///
    /// # Errors
    /// Checks B-001, B-002, B-003 and B-009 of the first record.
    pub fn open(source: S) -> Result<Self, ReadError> {
        let mut window = Window::new(source);
        let start = Place::Record(0);
        let prefix = window.length().min(BLOCK as u64) as usize;
        // B-001
        if !window.bytes(0, prefix)?.is_some_and(Name::opens_archive) {
            return Err(Check::IsArchive.at(start).into());
        }
        let header = read_header(&mut window, 0)?;
        let size = header.size.get();
        // B-009
        if size > bounds::ARCHIVE_HEADER {
            return Err(Check::Bounds.at(start).into());
        }
        let (text, end) = read_content(&mut window, 0, size)?;
        // B-003
        if text != archive_header(header.timestamp.get()).as_bytes() {
            return Err(Check::ArchiveHeader.at(start).into());
        }
        Ok(Self { window, chain: Chain::new(header.timestamp, end), seen: BTreeSet::new() })
    }

    /// The next event with its data; none at the end of the archive. It may end
    /// after any event, as an election under way has not come to its end, but not
    /// before the first.
    ///
    /// # Errors
    /// Checks B-002 to B-009. The reader stays where it is.
    pub fn next_event(&mut self) -> Result<Option<ArchivedEvent>, ReadError> {
        let start = self.chain.size();
        let last = self.chain.last();
        if start == self.window.length() && last.is_some() {
            return Ok(None);
        }
        // B-007
        if start == self.window.length() || last == Some(EventType::Result) {
            return Err(Check::EventOrder.at(Place::Event(self.chain.height())).into());
        }
        let (data, last) = self.records(start)?;
        let (event, hash) = self.event(&last)?;
        let content = content(&event, data, &mut self.seen)?;
        // B-009
        if self.seen.len() > SEEN_MAX {
            return Err(Check::Bounds.at(Place::Event(event.height)).into());
        }
        self.chain.push(&event, hash, last.end);
        Ok(Some(ArchivedEvent { height: event.height, hash, content }))
    }

    /// The last event read, from which a [`Writer`](super::Writer) goes on.
    pub fn tip(&self) -> Option<Tip> {
        self.chain.tip()
    }

    /// Data, and the event after them.
    fn records(&mut self, start: u64) -> Result<(Vec<Record>, Record), ReadError> {
        let mut data = Vec::new();
        let mut offset = start;
        loop {
            // B-008: data that no event follows are named by none.
            if offset == self.window.length() {
                return Err(Check::EventData.at(Place::Record(start)).into());
            }
            let record = self.record(offset, data.len())?;
            offset = record.end;
            match record.name {
                Name::Event(_) => return Ok((data, record)),
                _ => data.push(record),
            }
        }
    }

    /// The record at `offset`, before which there were `index` data of the same event.
    fn record(&mut self, offset: u64, index: usize) -> Result<Record, ReadError> {
        let place = Place::Record(offset);
        let header = read_header(&mut self.window, offset)?;
        // B-003
        if header.timestamp != self.chain.timestamp() {
            return Err(Check::ArchiveHeader.at(place).into());
        }
        let (hash, bound) = match header.name {
            Name::Archive => (None, None),
            Name::Event(hash) => (Some(hash), Some(bounds::EVENT)),
            Name::Data(hash) => (Some(hash), bounds::data_after(self.chain.last()).get(index).copied()),
        };
        // B-008
        let (Some(hash), Some(bound)) = (hash, bound) else {
            return Err(Check::EventData.at(place).into());
        };
        // B-009
        if header.size.get() > bound {
            return Err(Check::Bounds.at(place).into());
        }
        let (text, end) = read_content(&mut self.window, offset, header.size.get())?;
        Ok(Record { name: header.name, hash, offset, end, text })
    }

    /// The event of a record and its hash, if it continues the chain.
    fn event(&self, record: &Record) -> Result<(Event, [u8; 32]), Failure> {
        // B-004
        if sha256(&record.text) != record.hash {
            return Err(Check::ContentHash.at(Place::Record(record.offset)));
        }
        let place = Place::Event(self.chain.height());
        // B-005
        let Some(event) = Event::parse(&record.text) else {
            return Err(Check::EventForm.at(place));
        };
        // B-006, B-007
        if event != self.chain.next(event.kind, event.payload)? {
            return Err(Check::EventChain.at(place));
        }
        Ok((event, record.hash))
    }
}

/// Joins an event and its data, if they are those it names.
fn content(event: &Event, records: Vec<Record>, seen: &mut BTreeSet<[u8; 32]>) -> Result<Content, Failure> {
    // B-008
    let unlike = || Check::EventData.at(Place::Event(event.height));
    if records.last().map(|record| record.hash) != event.payload {
        return Err(unlike());
    }
    if event.kind == EventType::Ballot {
        let [record] = <[_; 1]>::try_from(records).map_err(|_| unlike())?;
        return Ok(Content::Ballot(UnverifiedBallot { number: event.height, record }));
    }
    let data = records.into_iter().map(Record::verify_hash).collect::<Result<Vec<_>, _>>()?;
    if !data.iter().all(|data| seen.insert(data.hash)) {
        return Err(unlike());
    }
    match event.kind {
        EventType::Setup => setup(data),
        EventType::EndBallots if data.is_empty() => Some(Content::EndBallots),
        EventType::EncryptedTally => encrypted_tally(data),
        EventType::PartialDecryption => partial_decryption(data),
        EventType::Result => <[_; 1]>::try_from(data).ok().map(|[data]| Content::Result(data)),
        EventType::EndBallots | EventType::Ballot | EventType::Shuffle | EventType::EndShuffles => None,
    }
    .ok_or_else(unlike)
}

fn setup(data: Vec<Data>) -> Option<Content> {
    let [election, trustees, credentials, names] = <[_; 4]>::try_from(data).ok()?;
    let names: SetupNames = serde_json::from_slice(&names.text).ok()?;
    let named = [names.election, names.trustees, names.credentials];
    (named == [election.hash, trustees.hash, credentials.hash].map(HexHash)).then_some(Content::Setup {
        election,
        trustees,
        credentials,
    })
}

fn encrypted_tally(data: Vec<Data>) -> Option<Content> {
    let [tally, names] = <[_; 2]>::try_from(data).ok()?;
    let names: SizedTally = serde_json::from_slice(&names.text).ok()?;
    let SizedTally { num_tallied, total_weight, encrypted_tally } = names;
    (encrypted_tally.0 == tally.hash).then_some(Content::EncryptedTally { tally, num_tallied, total_weight })
}

fn partial_decryption(data: Vec<Data>) -> Option<Content> {
    let [decryption, names] = <[_; 2]>::try_from(data).ok()?;
    let Owned { owner, payload } = serde_json::from_slice(&names.text).ok()?;
    (payload.0 == decryption.hash).then_some(Content::PartialDecryption { owner, decryption })
}

impl Data {
    /// The SHA-256 of the text.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The text, as it stands in the archive from [`Data::offset`] on.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The same, to keep.
    pub fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// Where the text begins, in bytes from the beginning of the archive.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl UnverifiedBallot {
    /// Its place among the ballots, counted from 1; also its event's height.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The hash by which its event names it.
    pub fn unverified_hash(&self) -> &[u8; 32] {
        &self.record.hash
    }

    /// Its text.
    pub fn unverified_text(&self) -> &[u8] {
        &self.record.text
    }

    /// The ballot, if it has the hash by which it is named.
    ///
    /// # Errors
    /// Check B-004.
    pub fn verify_hash(self) -> Result<Data, Failure> {
        self.record.verify_hash()
    }
}

/// A record whose name nobody has compared with its content.
#[derive(Debug)]
struct Record {
    name: Name,
    hash: [u8; 32],
    /// Of the header.
    offset: u64,
    end: u64,
    text: Vec<u8>,
}

impl Record {
    fn verify_hash(self) -> Result<Data, Failure> {
        // B-004
        if sha256(&self.text) != self.hash {
            return Err(Check::ContentHash.at(Place::Record(self.offset)));
        }
        Ok(Data { hash: self.hash, offset: self.offset + BLOCK as u64, text: self.text })
    }
}

/// The text of the first record.
pub(super) fn archive_header(timestamp: u64) -> String {
    format!(r#"{{"version":1,"timestamp":"{timestamp}"}}"#)
}

fn read_header<S: Source>(window: &mut Window<S>, offset: u64) -> Result<Header, ReadError> {
    let bytes = window.bytes(offset, BLOCK)?.and_then(|bytes| bytes.try_into().ok());
    // B-002
    let header = bytes.and_then(Header::decode);
    header.ok_or_else(|| Check::RecordForm.at(Place::Record(offset)).into())
}

/// The content of the record at `offset`, and where the next one begins. The
/// caller has found `size` to be within bounds.
fn read_content<S: Source>(
    window: &mut Window<S>,
    offset: u64,
    size: u64,
) -> Result<(Vec<u8>, u64), ReadError> {
    // B-002
    let malformed = || Check::RecordForm.at(Place::Record(offset));
    let start = offset + BLOCK as u64;
    let text = window.copy(start, size as usize)?.ok_or_else(malformed)?;
    let zeros = window.bytes(start + size, padding(size))?.ok_or_else(malformed)?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(malformed().into());
    }
    let end = start + size + zeros.len() as u64;
    Ok((text, end))
}

/// Four data of the set-up, two of the tally, two of each decryption, one result.
const SEEN_MAX: usize = 4 + 2 + 2 * bounds::DECRYPTIONS + 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::event::EventType::{
        Ballot, EncryptedTally, EndBallots, EndShuffles, PartialDecryption, Setup, Shuffle,
    };
    use super::super::forge::{self, Forge, SMALLEST, VECTORS, owned, parts, read, setup_names, tally_names};
    use super::*;
    use crate::check::Place::{Event as At, Record as AtByte};

    fn sound() -> Forge {
        Forge::new()
            .setup()
            .ballot("one")
            .ballot("two")
            .end_ballots()
            .tally()
            .decryption(1)
            .decryption(2)
            .result()
    }

    /// Each archive fails by this check, at this place.
    fn refused(check: Check, cases: &[(Forge, Place)]) {
        for (index, (archive, place)) in cases.iter().enumerate() {
            assert_eq!(read(&archive.bytes), Err(check.at(place.clone())), "case {index}");
        }
    }

    /// `archive` with one byte changed.
    fn changed(archive: &Forge, at: usize) -> Forge {
        let mut archive = archive.clone();
        archive.bytes[at] ^= 1;
        archive
    }

    #[test]
    fn archives_of_the_reference_tool() {
        let events = VECTORS.iter().map(|vector| read(*vector)).collect::<Result<Vec<_>, _>>();
        assert_eq!(events, Ok(vec![10, 26, 11, 10, 26, 11]));
    }

    #[test]
    fn contents() {
        let archive = sound();
        let mut reader = Reader::open(&archive.bytes).expect("sound");
        let mut found = Vec::new();
        while let Some(event) = reader.next_event().expect("sound") {
            let text = |data: Data| String::from_utf8(data.into_text()).expect("text");
            found.push(match event.content {
                Content::Setup { election, trustees, credentials } => {
                    [election, trustees, credentials].map(text).join(" ")
                }
                Content::Ballot(ballot) => {
                    format!("{} {}", ballot.number(), text(ballot.verify_hash().expect("sound")))
                }
                Content::EndBallots => "end".to_owned(),
                Content::EncryptedTally { tally, num_tallied, total_weight } => {
                    format!("{} {num_tallied} {total_weight}", text(tally))
                }
                Content::PartialDecryption { owner, decryption } => format!("{owner} {}", text(decryption)),
                Content::Result(result) => text(result),
            });
        }
        let expected = [
            "election trustees credentials",
            "1 one",
            "2 two",
            "end",
            "tally 3 1073741824",
            "1 decryption 1",
            "2 decryption 2",
            "result",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn b_001_is_archive() {
        let other = Forge::empty().record(Name::Data([0; 32]), b"{}", forge::TIMESTAMP);
        let longer = Forge::empty().raw(b"BELENIOS2\0");
        let cases = [Forge::empty(), Forge::empty().raw(b"BELENIOS"), longer, other];
        refused(Check::IsArchive, &cases.map(|archive| (archive, AtByte(0))));
    }

    #[test]
    fn b_002_record_form() {
        let start = Forge::new();
        let length = start.bytes.len();
        let end = AtByte(length as u64);
        let mut cut = start.clone().setup();
        cut.bytes.truncate(length + BLOCK + 3);
        let cases = [
            (Forge::empty().raw(&start.bytes[..BLOCK - 1]), AtByte(0)),
            (Forge::empty().raw(&start.bytes[..BLOCK + 37]), AtByte(0)),
            (Forge::empty().raw(&start.bytes[..length - 1]), AtByte(0)),
            (changed(&start, 106), AtByte(0)),
            (changed(&start, 153), AtByte(0)),
            (changed(&start, 300), AtByte(0)),
            (changed(&start, length - 1), AtByte(0)),
            (changed(&start.clone().setup(), length), end.clone()),
            (changed(&start.clone().setup(), length + BLOCK + 8), end.clone()),
            (start.clone().raw(b"x"), end.clone()),
            (start.clone().raw(&[0; BLOCK]), end.clone()),
            (cut, end),
        ];
        refused(Check::RecordForm, &cases);
    }

    #[test]
    fn b_003_archive_header() {
        let header = |text: &str| Forge::empty().record(Name::Archive, text.as_bytes(), forge::TIMESTAMP);
        let texts = [
            r#"{"version":2,"timestamp":"1795363255"}"#,
            r#"{"version":1,"timestamp":"1795363256"}"#,
            r#"{"version":1,"timestamp":"01795363255"}"#,
            r#"{"version":1,"timestamp":1795363255}"#,
            r#"{"timestamp":"1795363255","version":1}"#,
            r#"{"version":1, "timestamp":"1795363255"}"#,
            "",
        ];
        refused(Check::ArchiveHeader, &texts.map(|text| (header(text), AtByte(0))));
        let later = Forge::new().record(Name::Data([0; 32]), b"", forge::TIMESTAMP + 1);
        refused(Check::ArchiveHeader, &[(later, AtByte(1024))]);
    }

    #[test]
    fn b_004_content_hash() {
        let whole = sound();
        for (offset, part) in offsets(&whole.bytes).into_iter().skip(1) {
            let last = offset as usize + BLOCK + part.text.len() - 1;
            refused(Check::ContentHash, &[(changed(&whole, last), AtByte(offset))]);
        }
    }

    #[test]
    fn b_004_a_ballots_hash_is_left_to_the_caller() {
        let start = Forge::new().setup();
        let offset = start.bytes.len();
        let archive = changed(&start.ballot("one"), offset + BLOCK);
        let mut reader = Reader::open(&archive.bytes).expect("sound");
        reader.next_event().expect("sound").expect("the set-up");
        let Some(ArchivedEvent { content: Content::Ballot(ballot), .. }) =
            reader.next_event().expect("unverified")
        else {
            unreachable!("a ballot was written");
        };
        assert_eq!(ballot.unverified_hash(), &sha256(b"one"));
        assert_eq!(ballot.unverified_text(), b"nne");
        assert_eq!(ballot.verify_hash(), Err(Check::ContentHash.at(AtByte(offset as u64))));
    }

    #[test]
    fn b_005_event_form() {
        let setup = Forge::new().setup();
        let event = |kind, payload| setup.next(kind, payload).to_text();
        let sound = event(Ballot, Some("one"));
        let texts = [
            sound.replace(',', ", "),
            sound.replace("\"height\":1,\"type\":\"Ballot\"", "\"type\":\"Ballot\",\"height\":1"),
            sound.replace("Ballot", "ballot"),
            sound.replace("Ballot", "Ball\\u006ft"),
            sound.replace("\"height\":1", "\"height\":01"),
            sound.replace("\"height\":1", "\"height\":1.0"),
            sound.replace("\"height\":1", "\"height\":-1"),
            sound.replace("\"height\":1", "\"height\":18446744073709551616"),
            sound.replace("\"height\":1", "\"height\":1,\"height\":1"),
            sound.replace('}', ",\"more\":1}"),
            sound.replace("payload\":\"", "payload\":\"0"),
            sound.replace(&forge::hash("one"), &forge::hash("one").to_uppercase()),
            format!("{sound}\n"),
            event(Ballot, None),
            event(EndBallots, Some("one")),
            event(EndBallots, None).replace('}', ",\"payload\":null}"),
            String::new(),
            "\u{feff}{}".to_owned(),
            "[".repeat(1000),
        ];
        for text in texts {
            assert_ne!(text, sound);
            refused(Check::EventForm, &[(setup.clone().data("one").event_text(&text), At(1))]);
        }
    }

    #[test]
    fn b_006_event_chain() {
        let setup = Forge::new().setup();
        let sound = setup.next(Ballot, Some("one"));
        let events = [
            Event { height: 0, ..sound },
            Event { height: 2, ..sound },
            Event { height: u64::MAX, ..sound },
            Event { parent: None, ..sound },
            Event { parent: Some(sha256(b"another")), ..sound },
        ];
        for event in events {
            refused(Check::EventChain, &[(setup.clone().data("one").event_text(&event.to_text()), At(1))]);
        }
        let names = setup_names("election", "trustees", "credentials");
        let first = Event { parent: Some([0; 32]), ..Forge::new().next(Setup, Some(&names)) };
        let first = Forge::new()
            .data("election")
            .data("trustees")
            .data("credentials")
            .data(&names)
            .event_text(&first.to_text());
        refused(Check::EventChain, &[(first, At(0))]);
    }

    #[test]
    fn b_006_an_event_repeated() {
        let setup = Forge::new().setup();
        let event = setup.next(EndBallots, None).to_text();
        // It is out of order too, but for ballots it is the chain alone that shows it.
        refused(Check::EventOrder, &[(setup.clone().event_text(&event).event_text(&event), At(2))]);
        let event = setup.next(Ballot, Some("one")).to_text();
        let twice = setup.data("one").event_text(&event).data("one").event_text(&event);
        refused(Check::EventChain, &[(twice, At(2))]);
    }

    #[test]
    fn b_007_event_order() {
        let setup = || Forge::new().setup();
        let closed = || setup().ballot("one").end_ballots();
        let names = setup_names("election", "trustees", "credentials");
        let cases = [
            (Forge::new(), At(0)),
            (Forge::new().ballot("one"), At(0)),
            (Forge::new().end_ballots(), At(0)),
            (setup().named(Setup, &names), At(1)),
            (setup().result(), At(1)),
            (setup().named(EncryptedTally, &tally_names("tally")), At(1)),
            (setup().named(Shuffle, "shuffle"), At(1)),
            (closed().ballot("hidden"), At(3)),
            (closed().end_ballots(), At(3)),
            (closed().data("shuffle").named(Shuffle, &owned(1, "shuffle")), At(3)),
            (closed().event(EndShuffles, None), At(3)),
            (closed().decryption(1), At(3)),
            (closed().result(), At(3)),
            (closed().tally().tally(), At(4)),
            (closed().tally().ballot("hidden"), At(4)),
            (closed().tally().decryption(1).end_ballots(), At(5)),
            (sound().result(), At(8)),
            (sound().ballot("hidden"), At(8)),
            (sound().raw(b"more"), At(8)),
        ];
        refused(Check::EventOrder, &cases);
    }

    #[test]
    fn b_007_an_election_under_way() {
        let stages = [
            Forge::new().setup(),
            Forge::new().setup().ballot("one"),
            Forge::new().setup().end_ballots(),
            Forge::new().setup().end_ballots().tally(),
            Forge::new().setup().end_ballots().tally().decryption(1),
            Forge::new().setup().end_ballots().tally().result(),
        ];
        let events = stages.map(|stage| read(&stage.bytes));
        assert_eq!(events, [Ok(1), Ok(2), Ok(2), Ok(3), Ok(4), Ok(4)]);
    }

    #[test]
    fn b_008_event_data() {
        let start = Forge::new();
        let next = AtByte(start.bytes.len() as u64);
        let setup = start.clone().setup();
        let after = AtByte(setup.bytes.len() as u64);
        let superfluous = AtByte(setup.clone().data("one").bytes.len() as u64);
        let closed = setup.clone().end_ballots();
        let tallied = closed.clone().tally();
        let names = setup_names("election", "trustees", "credentials");
        let more = names.replace('}', ",\"more\":1}");
        let data = |texts: &[&str]| texts.iter().fold(Forge::new(), |forge, text| forge.data(text));
        let set_up = |texts: &[&str], names: &str| data(texts).named(Setup, names);
        let cases = [
            // Too few, or out of place.
            (set_up(&["election", "trustees"], &names), At(0)),
            (set_up(&["trustees", "election", "credentials"], &names), At(0)),
            (set_up(&["election", "trustees", "others"], &names), At(0)),
            (set_up(&["election", "trustees", "credentials"], &more), At(0)),
            (set_up(&["election", "trustees", "credentials"], "names"), At(0)),
            (
                set_up(
                    &["election", "election", "credentials"],
                    &setup_names("election", "election", "credentials"),
                ),
                At(0),
            ),
            (data(&["election", "trustees", "credentials", &names]).event(Setup, Some("names")), At(0)),
            (setup.clone().event(Ballot, Some("one")), At(1)),
            (setup.clone().data("two").event(Ballot, Some("one")), At(1)),
            (setup.clone().data("one").end_ballots(), At(1)),
            (closed.clone().named(EncryptedTally, &tally_names("tally")), At(2)),
            (closed.clone().data("another").named(EncryptedTally, &tally_names("tally")), At(2)),
            (closed.clone().data(&tally_names("tally")).named(EncryptedTally, "tally"), At(2)),
            (tallied.clone().data("another").named(PartialDecryption, &owned(1, "decryption")), At(3)),
            (tallied.clone().data("more").named(EventType::Result, "result"), At(3)),
            (
                tallied
                    .clone()
                    .decryption(1)
                    .data("decryption 1")
                    .named(PartialDecryption, &owned(2, "decryption 1")),
                At(4),
            ),
            // Too many.
            (set_up(&["election", "trustees", "credentials", "more"], &names), AtByte(5 * 1024)),
            (setup.clone().data("one").ballot("two"), superfluous),
            (start.record(Name::Archive, b"", forge::TIMESTAMP), next),
            (setup.clone().record(Name::Archive, b"", forge::TIMESTAMP), after.clone()),
            // Data without an event.
            (setup.clone().data("one"), after),
        ];
        refused(Check::EventData, &cases);
    }

    #[test]
    fn b_009_bounds() {
        let data = |forge: Forge, bound: u64| {
            let place = AtByte(forge.bytes.len() as u64);
            // Found before as much is there.
            (forge.raw(&forge::header(Name::Data([0; 32]), bound + 1, forge::TIMESTAMP)), place)
        };
        let setup = || Forge::new().setup();
        let closed = || setup().end_ballots();
        let long =
            forge::record(Name::Archive, &[b' '; bounds::ARCHIVE_HEADER as usize + 1], forge::TIMESTAMP);
        let event = forge::header(Name::Event([0; 32]), bounds::EVENT + 1, forge::TIMESTAMP);
        let cases = [
            (Forge::empty().raw(&long), AtByte(0)),
            (Forge::new().raw(&event), AtByte(1024)),
            data(Forge::new(), bounds::ELECTION),
            data(Forge::new().data("election"), bounds::TRUSTEES),
            data(Forge::new().data("election").data("trustees"), bounds::CREDENTIALS),
            data(Forge::new().data("election").data("trustees").data("credentials"), bounds::NAMES),
            data(setup(), bounds::BALLOT),
            data(setup().ballot("one"), bounds::BALLOT),
            data(closed(), bounds::TALLY),
            data(closed().data("tally"), bounds::NAMES),
            data(closed().tally(), bounds::DECRYPTION),
            data(closed().tally().data("decryption"), bounds::NAMES),
            data(closed().tally().decryption(1), bounds::DECRYPTION),
        ];
        refused(Check::Bounds, &cases);
    }

    #[test]
    fn b_009_as_large_as_allowed() {
        let ballot = "b".repeat(bounds::BALLOT as usize);
        assert_eq!(read(&Forge::new().setup().ballot(&ballot).end_ballots().bytes), Ok(3));
        let full = (1..=bounds::DECRYPTIONS as u64)
            .fold(Forge::new().setup().end_ballots().tally(), |archive, owner| archive.decryption(owner));
        assert_eq!(read(&full.clone().result().bytes), Ok(4 + bounds::DECRYPTIONS as u64));
        let height = 3 + bounds::DECRYPTIONS as u64;
        refused(Check::Bounds, &[(full.decryption(0), At(height))]);
    }

    #[test]
    fn an_archive_cut_short_is_refused_or_ends_after_an_event() {
        let ends: Vec<u64> = offsets(SMALLEST)
            .into_iter()
            .filter(|(_, part)| matches!(part.name, Name::Event(_)))
            .map(|(offset, part)| offset + BLOCK as u64 + part.text.len().next_multiple_of(BLOCK) as u64)
            .collect();
        for length in 0..=SMALLEST.len() {
            let whole = ends.iter().position(|end| *end == length as u64);
            match read(&SMALLEST[..length]) {
                Ok(events) => assert_eq!(Some(events), whole.map(|index| index as u64 + 1)),
                Err(failure) => assert_eq!(whole, None, "{failure}"),
            }
        }
    }

    #[test]
    fn no_byte_can_be_changed() {
        let mut archive = SMALLEST.to_vec();
        for at in 0..archive.len() {
            for mask in [0x01, 0x20, 0x80] {
                archive[at] ^= mask;
                assert!(read(&archive).is_err(), "byte {at}");
                archive[at] ^= mask;
            }
        }
        assert_eq!(read(&archive), Ok(10));
    }

    #[test]
    fn no_record_can_be_removed_doubled_or_moved() {
        let (timestamp, parts) = parts(SMALLEST);
        let refused = |parts: Vec<forge::Part>| assert!(read(forge::join(timestamp, &parts)).is_err());
        for from in 0..parts.len() {
            let mut without = parts.clone();
            let part = without.remove(from);
            for to in (0..=without.len()).filter(|to| *to != from) {
                let mut moved = without.clone();
                moved.insert(to, part.clone());
                refused(moved);
            }
            for to in 0..=parts.len() {
                let mut doubled = parts.clone();
                doubled.insert(to, part.clone());
                refused(doubled);
            }
            refused(without);
        }
    }

    #[test]
    fn no_event_can_be_removed_doubled_or_swapped() {
        let (timestamp, parts) = parts(SMALLEST);
        let events: Vec<&[forge::Part]> =
            parts[1..].split_inclusive(|part| matches!(part.name, Name::Event(_))).collect();
        assert_eq!(events.len(), 10);
        let joined = |events: &[&[forge::Part]]| {
            forge::join(timestamp, parts[..1].iter().chain(events.iter().copied().flatten()))
        };
        assert!(joined(&events) == SMALLEST);
        for index in 0..events.len() - 1 {
            let mut without = events.clone();
            without.remove(index);
            assert!(read(joined(&without)).is_err());
            let mut doubled = events.clone();
            doubled.insert(index, events[index]);
            assert!(read(joined(&doubled)).is_err());
            let mut swapped = events.clone();
            swapped.swap(index, index + 1);
            assert!(read(joined(&swapped)).is_err());
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            prop_assert!(read(&bytes).is_err());
            prop_assert!(read(&Forge::new().setup().raw(&bytes).bytes).is_err() || bytes.is_empty());
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(read(&Forge::new().setup().event_text(&text).bytes).is_err());
            prop_assert!(read(&Forge::new().setup().end_ballots().data("tally").named(EncryptedTally, &text).bytes).is_err());
        }

        #[test]
        fn random_damage_is_refused(
            start in 0..SMALLEST.len(),
            length in 0usize..2000,
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let end = (start + length).min(SMALLEST.len());
            let damaged = [&SMALLEST[..start], &bytes, &SMALLEST[end..]].concat();
            prop_assume!(!SMALLEST.starts_with(&damaged));
            prop_assert!(read(&damaged).is_err());
        }
    }

    /// The records of an archive with the offsets of their headers.
    fn offsets(archive: &[u8]) -> Vec<(u64, forge::Part)> {
        let mut offset = 0;
        let place = |part: forge::Part| {
            let at = offset;
            offset += (BLOCK + part.text.len().next_multiple_of(BLOCK)) as u64;
            (at, part)
        };
        parts(archive).1.into_iter().map(place).collect()
    }
}
