//! What devices and relays say to each other (protocol, section 14).
//!
//! One request has one answer, over `POST /v1/call` or as a frame on the socket at
//! `/v1/socket`. On the socket a device can also watch logs and mailboxes.

use minicbor::{Decode, Encode};

use crate::device::verify_signature;
use crate::entry::{Entry, Lane, Sealed, Sequence};
use crate::epoch::{Epoch, PostingSecret, ReadToken};
use crate::hash::hash;
use crate::id::{Address, LockerId, MailboxId, RelayKey, Signature64, TokenHash, VerifyingKeyBytes};
use crate::receipt::Receipt;

/// Longest request in bytes, except [`Request::HandBack`].
pub const REQUEST_BYTES_MAX: usize = 6 << 20;
/// Longest [`Request::HandBack`] in bytes.
pub const HAND_BACK_BYTES_MAX: usize = 32 << 20;
/// Longest answer in bytes.
pub const ANSWER_BYTES_MAX: usize = 8 << 20;
/// Most items in one append.
pub const APPEND_ITEMS_MAX: usize = 64;
/// Longest time in milliseconds that a body's talk may be kept: 90 days.
pub const TALK_RETENTION_MS_MAX: u64 = 90 * 24 * 3600 * 1000;

/// A posting key and a reading token for an epoch, to be added at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Announcement {
    /// The epoch whose entries the token opens, with all before it.
    #[n(1)]
    pub epoch: Epoch,
    /// May sign appends from now on, until 7 days after it was last announced.
    #[n(2)]
    pub posting_key: VerifyingKeyBytes,
    /// Opens reading.
    #[n(3)]
    pub token: TokenHash,
}

/// What a device asks of a relay.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// Who are you?
    #[n(0)]
    Info,
    /// Make an address; answers [`Response::Done`], also when it is repeated alike.
    #[n(1)]
    Create(#[n(0)] Create),
    /// Append entries; answers [`Response::Appended`].
    #[n(2)]
    Append(#[n(0)] Append),
    /// Add or renew a posting key and token; answers [`Response::Done`].
    #[n(3)]
    Announce(#[n(0)] Announce),
    /// Read entries; answers [`Response::Page`].
    #[n(4)]
    Read(#[n(0)] Read),
    /// Give a relay back what it lost; answers [`Response::Done`].
    #[n(5)]
    HandBack(#[n(0)] HandBack),
    /// Open a mailbox; answers [`Response::Done`], also when it is repeated alike.
    #[n(6)]
    OpenMailbox(#[n(0)] OpenMailbox),
    /// Read a mailbox's card; answers [`Response::Card`].
    #[n(7)]
    ReadCard(#[n(0)] MailboxId),
    /// Put a message into a mailbox; answers [`Response::Done`].
    #[n(8)]
    PutMail(#[n(0)] PutMail),
    /// Read a mailbox; answers [`Response::Mail`].
    #[n(9)]
    ReadMail(#[n(0)] ReadMail),
    /// Close a mailbox for good; answers [`Response::Done`].
    #[n(10)]
    CloseMailbox(#[n(0)] CloseMailbox),
    /// Add an item to a locker; answers [`Response::Done`].
    #[n(11)]
    PutLocker(#[n(0)] PutLocker),
    /// Read a locker; answers [`Response::Locker`].
    #[n(12)]
    ReadLocker(#[n(0)] LockerId),
}

/// Makes an address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Create {
    /// 32 random bytes chosen by the founder.
    #[n(1)]
    pub address: Address,
    /// The first posting key and token.
    #[n(2)]
    pub announcement: Announcement,
    /// How long entries of class talk are kept, in milliseconds.
    #[n(3)]
    pub talk_retention_ms: u64,
    /// By the announced posting key, over the rest.
    #[n(4)]
    pub signature: Signature64,
}

/// One entry to append.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AppendItem {
    /// Epoch and class.
    #[n(1)]
    pub lane: Lane,
    /// The sealed record. Its hash is what makes an append idempotent: the same
    /// bytes get the same number, for ever.
    #[n(2)]
    pub sealed: Sealed,
}

/// Appends entries: all of them, next to each other, or none.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Append {
    /// Where.
    #[n(1)]
    pub address: Address,
    /// 1 to [`APPEND_ITEMS_MAX`] items.
    #[n(2)]
    pub items: Vec<AppendItem>,
    /// Only if this many entries are there.
    #[n(3)]
    pub only_if_count: Option<u64>,
    /// Added in the same step.
    #[n(4)]
    pub announcement: Option<Announcement>,
    /// An accepted posting key.
    #[n(5)]
    pub posting_key: VerifyingKeyBytes,
    /// By the posting key, over the rest.
    #[n(6)]
    pub signature: Signature64,
}

/// Adds or renews a posting key and token.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Announce {
    /// Where.
    #[n(1)]
    pub address: Address,
    /// What is added.
    #[n(2)]
    pub announcement: Announcement,
    /// An accepted posting key.
    #[n(3)]
    pub posting_key: VerifyingKeyBytes,
    /// By the posting key, over the rest.
    #[n(4)]
    pub signature: Signature64,
}

/// Reads entries in order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Read {
    /// Where.
    #[n(1)]
    pub address: Address,
    /// Opens entries up to its epoch; later ones come as hashes.
    #[n(2)]
    pub token: ReadToken,
    /// The number of the last entry the reader has; 0 for none.
    #[n(3)]
    pub after: u64,
}

/// Entries that a relay lost, right after the ones it still has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandBack {
    /// Where.
    #[n(1)]
    pub address: Address,
    /// All entries up to the head that the relay last gave a receipt for.
    #[n(2)]
    pub entries: Vec<Entry>,
}

/// Opens a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OpenMailbox {
    /// Its id; whoever knows it can read the card and put messages in.
    #[n(1)]
    pub mailbox: MailboxId,
    /// Opens reading and closing.
    #[n(2)]
    pub token: TokenHash,
    /// Encrypted; shown to whoever asks. May be empty.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub card: Vec<u8>,
    /// How long it is open, at most [`crate::invitation::OPEN_MS_MAX`].
    #[n(4)]
    pub open_ms: u64,
}

/// Puts a message into a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PutMail {
    /// Where.
    #[n(1)]
    pub mailbox: MailboxId,
    /// A letter, at most [`crate::letter::LETTER_BYTES_MAX`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub message: Vec<u8>,
}

/// Reads a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReadMail {
    /// Which.
    #[n(1)]
    pub mailbox: MailboxId,
    /// Opens it.
    #[n(2)]
    pub token: ReadToken,
    /// The number of the last message the reader has; 0 for none.
    #[n(3)]
    pub after: u64,
}

/// Closes a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CloseMailbox {
    /// Which.
    #[n(1)]
    pub mailbox: MailboxId,
    /// Allows it.
    #[n(2)]
    pub token: ReadToken,
}

/// Adds an item to a locker. The same item twice is one item.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PutLocker {
    /// The locker is the hash of this key.
    #[n(1)]
    pub write_key: VerifyingKeyBytes,
    /// At most [`crate::locker::ITEM_BYTES_MAX`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub item: Vec<u8>,
    /// By the write key.
    #[n(3)]
    pub signature: Signature64,
}

/// What a relay answers when it does what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Response {
    /// Who the relay is.
    #[n(0)]
    Info(#[n(0)] Info),
    /// It is done, and durable.
    #[n(1)]
    Done,
    /// The entries are in the log, durably.
    #[n(2)]
    Appended(#[n(0)] Appended),
    /// Entries in order.
    #[n(3)]
    Page(#[n(0)] Page),
    /// A mailbox's card.
    #[n(4)]
    Card(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// Messages in a mailbox.
    #[n(5)]
    Mail(#[n(0)] Vec<Mail>),
    /// All items of a locker, oldest first.
    #[n(6)]
    Locker(#[n(0)] Vec<LockerBytes>),
}

/// Who a relay is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Info {
    /// Signs receipts.
    #[n(1)]
    pub relay_key: RelayKey,
    /// The relay's clock, milliseconds since 1970.
    #[n(2)]
    pub time_ms: u64,
    /// The program's version, for people.
    #[n(3)]
    pub version: String,
    /// The base address that links should contain, if it is not the one the relay
    /// was reached by.
    #[n(4)]
    pub public_url: Option<String>,
}

/// Where appended entries are.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Appended {
    /// Each item's number, in the order of the items.
    #[n(1)]
    pub sequences: Vec<Sequence>,
    /// For the log up to the last of them, or further.
    #[n(2)]
    pub receipt: Receipt,
}

/// A run of entries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Page {
    /// In order, without gaps, right after the number asked for.
    #[n(1)]
    pub entries: Vec<Entry>,
    /// For the last of these entries; if there are none, for the last one there
    /// is. Absent in an empty log.
    #[n(2)]
    pub receipt: Option<Receipt>,
    /// How many entries the log has.
    #[n(3)]
    pub count: u64,
}

/// One message in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Mail {
    /// Its number in the mailbox, from 1.
    #[n(1)]
    pub number: u64,
    /// The letter.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub message: Vec<u8>,
}

/// One item in a locker.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct LockerBytes(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

/// Why a relay does not do what was asked. Nothing has changed there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not a canonical request.
    #[n(0)]
    #[error("the request is malformed")]
    Malformed,
    /// No such address, mailbox or locker, or it has expired.
    #[n(1)]
    #[error("there is nothing at this place, or it has expired")]
    NotFound,
    /// The place is taken by someone else.
    #[n(2)]
    #[error("this place is taken")]
    Taken,
    /// A signature does not hold.
    #[n(3)]
    #[error("the signature does not hold")]
    Signature,
    /// The posting key is not accepted here, or has lapsed.
    #[n(4)]
    #[error("the posting key is not accepted here, or has lapsed")]
    PostingKey,
    /// The token opens nothing here.
    #[n(5)]
    #[error("the token opens nothing here")]
    Token,
    /// Other entries came first.
    #[n(6)]
    #[error("the log has {0} entries, not as many as the request says")]
    CountIs(#[n(0)] u64),
    /// Too long, too many, or out of range.
    #[n(7)]
    #[error("over the relay's limit of {0}")]
    Limit(#[n(0)] u64),
    /// Too many requests for now.
    #[n(8)]
    #[error("too many requests; try again in {0} ms")]
    Busy(#[n(0)] u64),
    /// The place is full.
    #[n(9)]
    #[error("full: it holds at most {0}")]
    Full(#[n(0)] u64),
    /// The relay was restored from a backup that ends before entries it had
    /// acknowledged; it takes none until members hand those back.
    #[n(10)]
    #[error("the relay has {have} entries but had acknowledged {acknowledged}; it needs them handed back")]
    TailMissing {
        /// Entries it has.
        #[n(0)]
        have: u64,
        /// Entries it had acknowledged.
        #[n(1)]
        acknowledged: u64,
    },
    /// The relay cannot store at present (disk full, read-only, broken).
    #[n(11)]
    #[error("the relay cannot store anything at present")]
    Storage,
    /// Entries handed back do not lead to the acknowledged head.
    #[n(12)]
    #[error("these entries do not lead to the head that was acknowledged")]
    WrongTail,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// Done.
    #[n(0)]
    Done(#[n(0)] Response),
    /// Not done.
    #[n(1)]
    Refused(#[n(0)] Refusal),
}

impl From<Result<Response, Refusal>> for Answer {
    fn from(result: Result<Response, Refusal>) -> Self {
        match result {
            Ok(response) => Self::Done(response),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<Answer> for Result<Response, Refusal> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done(response) => Ok(response),
            Answer::Refused(refusal) => Err(refusal),
        }
    }
}

/// What a device sends on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ClientFrame {
    /// A request; the answer carries the same number.
    #[n(0)]
    Call(#[n(0)] u64, #[n(1)] Request),
    /// Send entries after `after`, then new ones as they come. Watching an address
    /// again replaces the earlier watch.
    #[n(1)]
    Watch(#[n(0)] Read),
    /// Send no more of an address.
    #[n(2)]
    Unwatch(#[n(0)] Address),
    /// Send messages of a mailbox after `after`, then new ones as they come.
    #[n(3)]
    WatchMail(#[n(0)] ReadMail),
    /// Send no more of a mailbox.
    #[n(4)]
    UnwatchMail(#[n(0)] MailboxId),
}

/// What a relay sends on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServerFrame {
    /// The answer to the call with this number.
    #[n(0)]
    Answer(#[n(0)] u64, #[n(1)] Answer),
    /// Entries of a watched address. An empty page says that the watcher is up to
    /// date.
    #[n(1)]
    Entries(#[n(0)] Address, #[n(1)] Page),
    /// Messages of a watched mailbox.
    #[n(2)]
    Mail(#[n(0)] MailboxId, #[n(1)] Vec<Mail>),
    /// The watcher was too slow; the watch has ended. Watch again from where you are.
    #[n(3)]
    Refetch(#[n(0)] Address),
    /// A watch was refused or has ended.
    #[n(4)]
    WatchRefused(#[n(0)] Address, #[n(1)] Refusal),
    /// A mailbox watch was refused or has ended.
    #[n(5)]
    MailRefused(#[n(0)] MailboxId, #[n(1)] Refusal),
}

impl Create {
    /// Signs a request to make `address`.
    pub fn sign(
        address: Address,
        announcement: Announcement,
        talk_retention_ms: u64,
        posting: &PostingSecret,
    ) -> Self {
        let digest = create_digest(&address, &announcement, talk_retention_ms);
        Self { address, announcement, talk_retention_ms, signature: posting.sign(&digest) }
    }

    /// Whether the announced posting key signed this.
    pub fn verify(&self) -> bool {
        let digest = create_digest(&self.address, &self.announcement, self.talk_retention_ms);
        verify_signature(&self.announcement.posting_key, &digest, &self.signature)
    }
}

impl Append {
    /// Signs a request to append `items`.
    pub fn sign(
        address: Address,
        items: Vec<AppendItem>,
        only_if_count: Option<u64>,
        announcement: Option<Announcement>,
        posting: &PostingSecret,
    ) -> Self {
        let mut append = Self {
            address,
            items,
            only_if_count,
            announcement,
            posting_key: posting.posting_key(),
            signature: Signature64([0; 64]),
        };
        append.signature = posting.sign(&append.digest());
        append
    }

    /// Whether the named posting key signed this; whether that key is accepted is
    /// another question, and a cheaper one.
    pub fn verify(&self) -> bool {
        verify_signature(&self.posting_key, &self.digest(), &self.signature)
    }

    fn digest(&self) -> [u8; 32] {
        let items: Vec<u8> = self
            .items
            .iter()
            .flat_map(|item| {
                let mut bytes = item.sealed.hash().as_bytes().to_vec();
                bytes.extend_from_slice(&item.lane.epoch.get().to_be_bytes());
                bytes.push(item.lane.class as u8);
                bytes
            })
            .collect();
        let only_if = self.only_if_count.map(|count| count.to_be_bytes().to_vec()).unwrap_or_default();
        let announcement = self.announcement.as_ref().map(crate::cbor::encode).unwrap_or_default();
        hash("concerted append", &[self.address.as_bytes(), &items, &only_if, &announcement])
    }
}

impl Announce {
    /// Signs a request to announce.
    pub fn sign(address: Address, announcement: Announcement, posting: &PostingSecret) -> Self {
        let signature = posting.sign(&announce_digest(&address, &announcement));
        Self { address, announcement, posting_key: posting.posting_key(), signature }
    }

    /// Whether the named posting key signed this.
    pub fn verify(&self) -> bool {
        verify_signature(
            &self.posting_key,
            &announce_digest(&self.address, &self.announcement),
            &self.signature,
        )
    }
}

fn create_digest(address: &Address, announcement: &Announcement, talk_retention_ms: u64) -> [u8; 32] {
    hash(
        "concerted create",
        &[address.as_bytes(), &crate::cbor::encode(announcement), &talk_retention_ms.to_be_bytes()],
    )
}

fn announce_digest(address: &Address, announcement: &Announcement) -> [u8; 32] {
    hash("concerted announce", &[address.as_bytes(), &crate::cbor::encode(announcement)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::ExpiryClass;
    use crate::epoch::RecordSecret;
    use crate::{Secret, cbor, tests_rng};

    #[test]
    fn appends_are_signed_over_everything_in_them() {
        let rng = &mut tests_rng(100);
        let posting = PostingSecret::random(rng);
        let record = RecordSecret::of_genesis(&Secret::random(rng));
        let lane = Lane { epoch: Epoch::GENESIS, class: ExpiryClass::Never };
        let item = AppendItem { lane, sealed: Sealed::seal(b"x", lane, &record, rng) };
        let append = Append::sign(Address::new([1; 32]), vec![item.clone()], Some(3), None, &posting);
        assert!(append.verify());
        let talk = AppendItem { lane: Lane { class: ExpiryClass::Talk, ..lane }, ..item.clone() };
        let announcement = Announcement {
            epoch: Epoch::GENESIS,
            posting_key: posting.posting_key(),
            token: TokenHash::new([0; 32]),
        };
        let changed = [
            Append { address: Address::new([2; 32]), ..append.clone() },
            Append { items: vec![item.clone(), item], ..append.clone() },
            Append { items: vec![talk], ..append.clone() },
            Append { only_if_count: None, ..append.clone() },
            Append { only_if_count: Some(4), ..append.clone() },
            Append { announcement: Some(announcement), ..append.clone() },
            Append { posting_key: PostingSecret::random(rng).posting_key(), ..append.clone() },
        ];
        assert!(changed.iter().all(|append| !append.verify()));
    }

    #[test]
    fn every_kind_of_frame_survives_encoding() {
        let rng = &mut tests_rng(101);
        let token = RecordSecret::of_genesis(&Secret::random(rng)).read_token();
        let read = Read { address: Address::new([1; 32]), token: token.clone(), after: 7 };
        for request in [
            Request::Info,
            Request::Read(read.clone()),
            Request::ReadCard(MailboxId::new([2; 32])),
            Request::PutMail(PutMail { mailbox: MailboxId::new([2; 32]), message: vec![1; 300] }),
            Request::ReadLocker(LockerId::new([4; 32])),
        ] {
            let frame = ClientFrame::Call(9, request);
            assert_eq!(cbor::decode::<ClientFrame>(&cbor::encode(&frame), 4096), Ok(frame));
        }
        for refusal in
            [Refusal::TailMissing { have: 1, acknowledged: 2 }, Refusal::Busy(500), Refusal::Malformed]
        {
            let frame = ServerFrame::Answer(9, Answer::Refused(refusal));
            assert_eq!(cbor::decode::<ServerFrame>(&cbor::encode(&frame), 4096), Ok(frame));
        }
        let watch = ClientFrame::Watch(read);
        assert_eq!(cbor::decode::<ClientFrame>(&cbor::encode(&watch), 4096), Ok(watch));
    }
}
