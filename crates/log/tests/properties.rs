//! Laws that hold for all values: every message survives its encoding, nothing else
//! decodes, and bytes from strangers never do more than be refused.
//!
//! Method: values come from a random source whose seed proptest chooses, so that one
//! generator makes every kind of message and a failure is repeated from its seed.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Debug;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use concerted_log::device::{DeviceCard, DeviceSecret, TalkSecretKey};
use concerted_log::entry::{Entry, ExpiryClass, Head, Lane, Payload, Sealed, Sequence};
use concerted_log::epoch::{
    Epoch, EpochLink, EpochSecrets, PostingSecret, ReadToken, RecordSecret, rekey_context,
};
use concerted_log::export::{Export, MAGIC, Secrets};
use concerted_log::fork::{EntryHeader, ForkProof};
use concerted_log::hash::hash;
use concerted_log::id::{
    Address, BodyId, ChainHash, DeviceId, LockerId, MailboxId, PointBytes, RelayKey, SealedHash, Signature64,
    TokenHash, VerifyingKeyBytes,
};
use concerted_log::invitation::{Invitation, InvitationCard, LinkSecret, base64url, from_base64url};
use concerted_log::letter::Letter;
use concerted_log::locker::{LockerItem, LockerKey};
use concerted_log::message::*;
use concerted_log::moving::{MovingSignature, MovingStatement, SignedMovingStatement};
use concerted_log::receipt::{Receipt, ReceiptSigner};
use concerted_log::record::{ParsedRecord, Record, SeenHead};
use concerted_log::seal::{Seal, SealFault, Shared};
use concerted_log::talk::TalkText;
use concerted_log::words::RecoveryWords;
use concerted_log::{Secret, cbor, schnorr};
use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use proptest::prelude::*;

/// Longest input here.
const MOST: usize = 1 << 20;

/// Makes values of every kind.
struct Source(ChaCha20Rng);

impl Source {
    fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// A number of any length, often at an edge.
    fn number(&mut self) -> u64 {
        let bits = self.0.next_u32() % 65;
        match self.0.next_u32() % 8 {
            0 => u64::MAX,
            1 => 0,
            _ => self.0.next_u64().checked_shr(bits).unwrap_or(0),
        }
    }

    fn below(&mut self, most: u32) -> usize {
        (self.0.next_u32() % most) as usize
    }

    fn truth(&mut self) -> bool {
        self.below(2) == 0
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn bytes(&mut self, most: u32) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn text(&mut self) -> String {
        (0..self.below(40)).map(|_| ['a', 'é', '夜', '\u{200f}', '\0', '🜁'][self.below(6)]).collect()
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.truth().then(|| one(self))
    }

    fn sequence(&mut self) -> Sequence {
        Sequence::new(self.number().max(1)).unwrap()
    }

    fn epoch(&mut self) -> Epoch {
        Epoch::new((self.number() as u32).max(1)).unwrap()
    }

    fn class(&mut self) -> ExpiryClass {
        if self.truth() { ExpiryClass::Never } else { ExpiryClass::Talk }
    }

    fn lane(&mut self) -> Lane {
        Lane { epoch: self.epoch(), class: self.class() }
    }

    fn sealed(&mut self) -> Sealed {
        let class = 256 << self.below(3);
        let mut bytes = vec![0; class + 40];
        self.0.fill_bytes(&mut bytes);
        Sealed::from_bytes(bytes).unwrap()
    }

    fn address(&mut self) -> Address {
        Address::new(self.array())
    }

    fn key(&mut self) -> VerifyingKeyBytes {
        VerifyingKeyBytes::new(self.array())
    }

    fn signature(&mut self) -> Signature64 {
        Signature64(self.array())
    }

    fn mailbox(&mut self) -> MailboxId {
        MailboxId::new(self.array())
    }

    fn token(&mut self) -> ReadToken {
        ReadToken::from_secret(Secret::new(self.array()))
    }

    fn entry(&mut self) -> Entry {
        let payload = match self.truth() {
            true => Payload::Sealed(self.sealed()),
            false => Payload::Hash(SealedHash::new(self.array())),
        };
        Entry { sequence: self.sequence(), time_ms: self.number(), lane: self.lane(), payload }
    }

    fn receipt(&mut self) -> Receipt {
        Receipt {
            address: self.address(),
            sequence: self.sequence(),
            time_ms: self.number(),
            chain: ChainHash::new(self.array()),
            signature: self.signature(),
        }
    }

    fn announcement(&mut self) -> Announcement {
        Announcement { epoch: self.epoch(), posting_key: self.key(), token: TokenHash::new(self.array()) }
    }

    fn secrets(&mut self) -> EpochSecrets {
        let shared = Shared::random(&mut self.0);
        let context = self.array();
        EpochSecrets::of_rekey(&shared, self.epoch(), &context)
    }

    fn read(&mut self) -> Read {
        Read { address: self.address(), token: self.token(), after: self.number() }
    }

    fn read_mail(&mut self) -> ReadMail {
        ReadMail { mailbox: self.mailbox(), token: self.token(), after: self.number() }
    }

    fn request(&mut self) -> Request {
        match self.below(13) {
            0 => Request::Info,
            1 => Request::Create(Create {
                address: self.address(),
                announcement: self.announcement(),
                talk_retention_ms: self.number(),
                signature: self.signature(),
            }),
            2 => Request::Append(Append {
                address: self.address(),
                items: self.list(|own| AppendItem { lane: own.lane(), sealed: own.sealed() }),
                only_if_count: self.maybe(Self::number),
                announcement: self.maybe(Self::announcement),
                posting_key: self.key(),
                signature: self.signature(),
            }),
            3 => Request::Announce(Announce {
                address: self.address(),
                announcement: self.announcement(),
                posting_key: self.key(),
                signature: self.signature(),
            }),
            4 => Request::Read(self.read()),
            5 => Request::HandBack(HandBack { address: self.address(), entries: self.list(Self::entry) }),
            6 => Request::OpenMailbox(OpenMailbox {
                mailbox: self.mailbox(),
                token: TokenHash::new(self.array()),
                card: self.bytes(300),
                open_ms: self.number(),
            }),
            7 => Request::ReadCard(self.mailbox()),
            8 => Request::PutMail(PutMail { mailbox: self.mailbox(), message: self.bytes(300) }),
            9 => Request::ReadMail(self.read_mail()),
            10 => Request::CloseMailbox(CloseMailbox { mailbox: self.mailbox(), token: self.token() }),
            11 => Request::PutLocker(PutLocker {
                write_key: self.key(),
                item: self.bytes(300),
                signature: self.signature(),
            }),
            _ => Request::ReadLocker(LockerId::new(self.array())),
        }
    }

    fn page(&mut self) -> Page {
        Page { entries: self.list(Self::entry), receipt: self.maybe(Self::receipt), count: self.number() }
    }

    fn mail(&mut self) -> Mail {
        Mail { number: self.number(), message: self.bytes(300) }
    }

    fn response(&mut self) -> Response {
        match self.below(7) {
            0 => Response::Info(Info {
                relay_key: RelayKey::new(self.array()),
                time_ms: self.number(),
                version: self.text(),
                public_url: self.maybe(Self::text),
            }),
            1 => Response::Done,
            2 => {
                Response::Appended(Appended { sequences: self.list(Self::sequence), receipt: self.receipt() })
            }
            3 => Response::Page(self.page()),
            4 => Response::Card(self.bytes(300)),
            5 => Response::Mail(self.list(Self::mail)),
            _ => Response::Locker(self.list(|own| LockerBytes(own.bytes(300)))),
        }
    }

    fn refusal(&mut self) -> Refusal {
        match self.below(13) {
            0 => Refusal::Malformed,
            1 => Refusal::NotFound,
            2 => Refusal::Taken,
            3 => Refusal::Signature,
            4 => Refusal::PostingKey,
            5 => Refusal::Token,
            6 => Refusal::CountIs(self.number()),
            7 => Refusal::Limit(self.number()),
            8 => Refusal::Busy(self.number()),
            9 => Refusal::Full(self.number()),
            10 => Refusal::TailMissing { have: self.number(), acknowledged: self.number() },
            11 => Refusal::Storage,
            _ => Refusal::WrongTail,
        }
    }

    fn answer(&mut self) -> Answer {
        match self.truth() {
            true => Answer::Done(self.response()),
            false => Answer::Refused(self.refusal()),
        }
    }

    fn client_frame(&mut self) -> ClientFrame {
        match self.below(5) {
            0 => ClientFrame::Call(self.number(), self.request()),
            1 => ClientFrame::Watch(self.read()),
            2 => ClientFrame::Unwatch(self.address()),
            3 => ClientFrame::WatchMail(self.read_mail()),
            _ => ClientFrame::UnwatchMail(self.mailbox()),
        }
    }

    fn server_frame(&mut self) -> ServerFrame {
        match self.below(6) {
            0 => ServerFrame::Answer(self.number(), self.answer()),
            1 => ServerFrame::Entries(self.address(), self.page()),
            2 => ServerFrame::Mail(self.mailbox(), self.list(Self::mail)),
            3 => ServerFrame::Refetch(self.address()),
            4 => ServerFrame::WatchRefused(self.address(), self.refusal()),
            _ => ServerFrame::MailRefused(self.mailbox(), self.refusal()),
        }
    }

    fn record(&mut self) -> Record {
        Record {
            body: self.maybe(|own| BodyId::new(own.array())),
            rules_version: self.number() as u16,
            author: DeviceId::new(self.array()),
            counter: self.number(),
            clock_ms: self.number(),
            seen: self.maybe(|own| SeenHead {
                sequence: own.sequence(),
                chain: ChainHash::new(own.array()),
                time_ms: own.number(),
                signature: own.signature(),
            }),
            content: self.bytes(300),
        }
    }

    fn seal(&mut self) -> Seal {
        let count = 1 + self.below(3);
        let keys: Vec<PointBytes> =
            (0..count).map(|_| schnorr::public(&schnorr::random_scalar(&mut self.0))).collect();
        let context = self.array();
        Seal::new(&Shared::random(&mut self.0), &context, &keys, &mut self.0).unwrap()
    }

    fn fork(&mut self) -> ForkProof {
        ForkProof {
            earlier: self.receipt(),
            later: self.receipt(),
            chain_at_earlier: ChainHash::new(self.array()),
            time_at_earlier_ms: self.number(),
            path: self.list(Self::header),
        }
    }

    fn header(&mut self) -> EntryHeader {
        EntryHeader { time_ms: self.number(), lane: self.lane(), sealed: SealedHash::new(self.array()) }
    }

    fn moving(&mut self) -> SignedMovingStatement {
        SignedMovingStatement {
            statement: MovingStatement {
                body: BodyId::new(self.array()),
                from: self.address(),
                sequence: self.sequence(),
                chain: ChainHash::new(self.array()),
                to: self.address(),
                relay: self.text(),
                relay_key: RelayKey::new(self.array()),
            },
            signatures: self.list(|own| MovingSignature {
                device: DeviceId::new(own.array()),
                signature: own.signature(),
            }),
        }
    }

    fn locker_item(&mut self) -> LockerItem {
        LockerItem {
            body: BodyId::new(self.array()),
            relay: self.text(),
            relay_key: RelayKey::new(self.array()),
            address: self.address(),
            secrets: self.secrets(),
        }
    }

    fn export(&mut self) -> Export {
        let secrets = match self.truth() {
            true => Secrets::Plain(self.secrets()),
            false => {
                let keys = self.list(|own| PointBytes::new(own.array()));
                Secrets::Sealed(keys, self.seal(), self.bytes(200))
            }
        };
        Export {
            body: BodyId::new(self.array()),
            address: self.address(),
            relay_key: RelayKey::new(self.array()),
            entries: self.list(Self::entry),
            receipts: self.list(Self::receipt),
            secrets,
        }
    }

    fn invitation_card(&mut self) -> InvitationCard {
        InvitationCard {
            name: self.text(),
            bylaws: self.bytes(300),
            mailbox_key: PointBytes::new(self.array()),
        }
    }
}

fn survives<T>(value: T)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    assert_eq!(cbor::decode::<T>(&cbor::encode(&value), MOST).as_ref(), Ok(&value));
}

/// Whatever decodes has just these bytes as its encoding.
fn only_canonical<T>(bytes: &[u8])
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    if let Ok(value) = cbor::decode::<T>(bytes, MOST) {
        assert_eq!(cbor::encode(&value), bytes);
    }
}

/// Shows bytes to everything that reads bytes of strangers.
fn offer_everywhere(bytes: &[u8]) {
    only_canonical::<Request>(bytes);
    only_canonical::<Response>(bytes);
    only_canonical::<Refusal>(bytes);
    only_canonical::<Answer>(bytes);
    only_canonical::<ClientFrame>(bytes);
    only_canonical::<ServerFrame>(bytes);
    only_canonical::<Announcement>(bytes);
    only_canonical::<Record>(bytes);
    only_canonical::<Entry>(bytes);
    only_canonical::<Head>(bytes);
    only_canonical::<Receipt>(bytes);
    only_canonical::<Seal>(bytes);
    only_canonical::<Letter>(bytes);
    only_canonical::<EpochSecrets>(bytes);
    only_canonical::<EpochLink>(bytes);
    only_canonical::<LinkSecret>(bytes);
    only_canonical::<LockerKey>(bytes);
    only_canonical::<LockerItem>(bytes);
    only_canonical::<TalkText>(bytes);
    only_canonical::<DeviceCard>(bytes);
    only_canonical::<DeviceSecret>(bytes);
    only_canonical::<TalkSecretKey>(bytes);
    only_canonical::<InvitationCard>(bytes);
    only_canonical::<Export>(bytes);
    let key = RelayKey::new([3; 32]);
    if let Ok(proof) = cbor::decode::<ForkProof>(bytes, MOST) {
        assert!(!proof.verify(&key));
    }
    if let Ok(moving) = cbor::decode::<SignedMovingStatement>(bytes, MOST) {
        let _ = moving.signers(|_| Some(VerifyingKeyBytes::new([3; 32])));
    }
    if let Ok(card) = cbor::decode::<DeviceCard>(bytes, MOST) {
        let _ = card.vartime_verify(&[0; 32]);
    }
    let private = Scalar::from(5u8);
    if let Ok(letter) = Letter::from_bytes(bytes) {
        assert!(letter.open(&[0; 32], 0, &private).is_none());
    }
    if let Ok(parsed) = ParsedRecord::parse(bytes) {
        assert!(parsed.verify(&VerifyingKeyBytes::new([3; 32])).is_none());
    }
    let _ = Sealed::from_bytes(bytes.to_vec());
    assert!(LockerItem::open(bytes, &LockerId::new([0; 32]), &private).is_none());
    let _ = Export::verify(bytes);
    let shared = Shared::random(&mut ChaCha20Rng::seed_from_u64(0));
    assert!(EpochSecrets::unwrap(bytes, &shared, &[0; 32]).is_none());
    let secret = LinkSecret::random(&mut ChaCha20Rng::seed_from_u64(0));
    assert!(InvitationCard::open(bytes, &secret).is_err());
    let text = String::from_utf8_lossy(bytes);
    let _ = (Invitation::parse(&text), RecoveryWords::parse(&text).is_ok());
    let _ = Invitation::parse(&format!("https://relay.example/#/join/{text}"));
    if let Some(read) = from_base64url(&text, 53) {
        assert_eq!(base64url(&read), text);
    }
}

/// One encoding of each kind.
fn encodings(seed: u64) -> Vec<Vec<u8>> {
    let source = &mut Source::new(seed);
    let device = DeviceSecret::generate(&mut source.0);
    let talk = TalkSecretKey::generate(&mut source.0);
    let shared = Shared::random(&mut source.0);
    let context = source.array();
    let key = schnorr::public(&Scalar::from(5u8));
    let text = source.bytes(300);
    vec![
        cbor::encode(&source.request()),
        cbor::encode(&source.response()),
        cbor::encode(&source.answer()),
        cbor::encode(&source.client_frame()),
        cbor::encode(&source.server_frame()),
        source.record().sign(&device),
        cbor::encode(&source.fork()),
        cbor::encode(&source.moving()),
        cbor::encode(&source.secrets()),
        cbor::encode(&device.card(&context, &talk, &mut source.0)),
        cbor::encode(&TalkText::seal(&text, &shared, &mut source.0)),
        Letter::seal(&text, &context, &[key], &mut source.0).unwrap().to_bytes(),
        source.export().to_bytes(),
    ]
}

/// What a stranger may do to bytes on their way.
#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, u8),
    Remove(usize),
    Repeat(usize, usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |place: usize, length: usize| place % length.max(1);
        let length = bytes.len();
        match *self {
            _ if length == 0 => {}
            Self::Flip(place, with) => bytes[at(place, length)] ^= with,
            Self::Cut(place) => bytes.truncate(at(place, length)),
            Self::Insert(place, byte) => bytes.insert(at(place, length), byte),
            Self::Remove(place) => drop(bytes.remove(at(place, length))),
            Self::Repeat(from, count) => {
                let from = at(from, length);
                let piece = bytes[from..length.min(from + count)].to_vec();
                bytes.splice(from..from, piece);
            }
        }
    }
}

/// Mostly near the beginning, where heads and keys are.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![0..40usize, any::<usize>()]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (place(), 1..=255u8).prop_map(|(place, with)| Change::Flip(place, with)),
        place().prop_map(Change::Cut),
        (place(), any::<u8>()).prop_map(|(place, byte)| Change::Insert(place, byte)),
        place().prop_map(Change::Remove),
        (place(), 1..80usize).prop_map(|(from, count)| Change::Repeat(from, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_message_survives_its_encoding(seed: u64) {
        let source = &mut Source::new(seed);
        survives(source.request());
        survives(source.response());
        survives(source.refusal());
        survives(source.answer());
        survives(source.client_frame());
        survives(source.server_frame());
        survives(source.record());
        survives(source.entry());
        survives(source.receipt());
        survives(source.fork());
        survives(source.moving());
        survives(source.secrets());
        survives(source.locker_item());
        survives(source.invitation_card());
        survives(source.export());
        survives(source.seal());
    }

    #[test]
    fn changed_bytes_are_refused_or_are_another_value(seed: u64, changes in prop::collection::vec(change(), 1..4)) {
        for mut bytes in encodings(seed) {
            changes.iter().for_each(|change| change.apply(&mut bytes));
            offer_everywhere(&bytes);
        }
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        offer_everywhere(&bytes);
        let mut file = MAGIC.to_vec();
        file.extend(&bytes);
        file.extend(hash("concerted export file", &[&file]));
        prop_assert!(Export::verify(&file).is_err());
    }

    #[test]
    fn what_is_sealed_opens_again(seed: u64, length in prop_oneof![0..600usize, 0..70_000usize]) {
        let source = &mut Source::new(seed);
        let record = vec![source.array::<1>()[0]; length];
        let (lane, secret) = (source.lane(), RecordSecret::of_genesis(&Secret::new(source.array())));
        let sealed = Sealed::seal(&record, lane, &secret, &mut source.0);
        let class = sealed.as_bytes().len() - 40;
        prop_assert!(class.is_power_of_two() && class >= 256 && class >= length + 4);
        prop_assert!(class == 256 || class / 2 < length + 4);
        let again = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(again.open(lane, &secret), Some(record));
    }

    #[test]
    fn links_survive_being_written(seed: u64) {
        let source = &mut Source::new(seed);
        let invitation = Invitation {
            relay: "http://[::1]:8080".into(),
            body: BodyId::new(source.array()),
            secret: LinkSecret::random(&mut source.0),
        };
        prop_assert_eq!(Invitation::parse(&invitation.to_link()), Ok(invitation));
        let bytes = source.bytes(80);
        prop_assert_eq!(from_base64url(&base64url(&bytes), bytes.len()), Some(bytes));
    }

    #[test]
    fn appends_hold_only_as_signed(seed: u64, change in change()) {
        let source = &mut Source::new(seed);
        let posting = PostingSecret::random(&mut source.0);
        let items = source.list(|own| AppendItem { lane: own.lane(), sealed: own.sealed() });
        let (only_if, announcement) = (source.maybe(Source::number), source.maybe(Source::announcement));
        let append = Append::sign(source.address(), items, only_if, announcement, &posting);
        prop_assert!(append.verify());
        let mut bytes = cbor::encode(&append);
        change.apply(&mut bytes);
        if let Ok(changed) = cbor::decode::<Append>(&bytes, MOST) {
            prop_assert!(changed == append || !changed.verify());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_recipients_open_the_same_and_nobody_is_slipped_in(seed: u64, count in 1..30usize) {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let privates: Vec<Scalar> = (0..count).map(|_| schnorr::random_scalar(rng)).collect();
        let keys: Vec<PointBytes> = privates.iter().map(schnorr::public).collect();
        let context = rekey_context(&BodyId::new([1; 32]), &[2; 32], seed, &[3; 32], Epoch::GENESIS);
        let shared = Shared::random(rng);
        let seal = Seal::new(&shared, &context, &keys, rng).unwrap();
        prop_assert_eq!(seal.recipient_count(), count);
        prop_assert_eq!(seal.vartime_verify(&context, &keys), Ok(()));
        for (index, private) in privates.iter().enumerate() {
            prop_assert_eq!(seal.open(index, private).unwrap().to_secret(), shared.to_secret());
        }
        let stranger = schnorr::public(&schnorr::random_scalar(rng));
        let mut others = keys.clone();
        others[(seed % count as u64) as usize] = stranger;
        prop_assert_eq!(seal.vartime_verify(&context, &others), Err(SealFault::Proof));
        others.push(stranger);
        prop_assert_eq!(seal.vartime_verify(&context, &others), Err(SealFault::Count));
    }

    /// Adversary: someone who changes a seal on its way, or offers another's.
    #[test]
    fn a_changed_seal_does_not_hold(seed: u64, change in change()) {
        let source = &mut Source::new(seed);
        let keys: Vec<PointBytes> =
            (0..3).map(|_| schnorr::public(&schnorr::random_scalar(&mut source.0))).collect();
        let context = source.array();
        let seal = Seal::new(&Shared::random(&mut source.0), &context, &keys, &mut source.0).unwrap();
        let mut bytes = cbor::encode(&seal);
        change.apply(&mut bytes);
        if let Ok(changed) = cbor::decode::<Seal>(&bytes, MOST) {
            prop_assert!(changed == seal || changed.vartime_verify(&context, &keys).is_err());
        }
    }

    /// Adversary: a relay that signs absurd heads, and whoever forwards them.
    #[test]
    fn proofs_of_forks_are_judged_without_panic(seed: u64) {
        let source = &mut Source::new(seed);
        let signer = ReceiptSigner::new(&Secret::new(source.array()));
        let address = source.address();
        let receipt = |source: &mut Source| {
            let head = Head {
                count: source.sequence().get(),
                time_ms: source.number(),
                chain: ChainHash::new(source.array()),
            };
            signer.sign(address, &head).unwrap()
        };
        let proof = ForkProof { earlier: receipt(source), later: receipt(source), ..source.fork() };
        prop_assert!(!proof.verify(&signer.relay_key()));
    }
}
