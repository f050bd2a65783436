//! Known answers for what records say.
//!
//! Aim and method are those of the vectors in the log crate: every kind of statement
//! is held against CBOR written by hand from `docs/protocol.md`, section 15, compared
//! with `docs/vectors/contents.json` and decoded again from what that file gives.
//!
//! All keys are made from fixed seeds: never for real use.

#![allow(missing_docs, dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../log/tests/support/book.rs"]
mod book;
#[path = "../../log/tests/support/hand.rs"]
mod hand;

use std::collections::BTreeSet;

use book::{Book, hex};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::{
    AddDevice, Admission, Content, Defend, Genesis, JoinRequest, Rekey, ReplaceDevices, Saying, TalkKey,
    TalkSecret,
};
use concerted_assembly::genesis;
use concerted_assembly::nickname::Name;
use concerted_assembly::template::Template;
use concerted_log::device::{DeviceCard, DeviceSecret, TalkSecretKey};
use concerted_log::entry::Sequence;
use concerted_log::epoch::{Epoch, EpochSecrets, RecordSecret};
use concerted_log::hash::hash;
use concerted_log::id::{MailboxId, PointBytes, Signature64};
use concerted_log::invitation::LinkSecret;
use concerted_log::record::Record;
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{TalkText, talk_key_statement, talk_seal_context, talk_secret_id};
use concerted_log::words::{RecoverySecret, RecoveryWords};
use concerted_log::{BodyId, ChainHash, DeviceId, MemberId, RecordId, Secret, cbor, schnorr};

const SALT: [u8; 32] = [0x5a; 32];

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn body() -> BodyId {
    BodyId::new([0xb0; 32])
}

fn member() -> MemberId {
    MemberId::new([0x3e; 32])
}

fn words() -> RecoverySecret {
    RecoveryWords::parse(&("abandon ".repeat(11) + "about")).unwrap().to_secret()
}

fn device(seed: u8, context: &[u8; 32]) -> (DeviceSecret, TalkSecretKey, DeviceCard) {
    let rng = &mut rng(seed);
    let (device, talk) = (DeviceSecret::generate(rng), TalkSecretKey::generate(rng));
    let card = device.card(context, &talk, rng);
    (device, talk, card)
}

/// A point as a byte string.
fn point(point: &PointBytes) -> Vec<u8> {
    hand::bytes(point.as_bytes())
}

/// The card's bytes; they are held against bytes by hand in the log crate.
fn card(card: &DeviceCard) -> Vec<u8> {
    cbor::encode(card)
}

fn seal(seal: &Seal) -> Vec<u8> {
    cbor::encode(seal)
}

/// A period of so many hours.
fn hours(count: u64) -> Option<Vec<u8>> {
    Some(hand::uint(count * 3600))
}

fn days(count: u64) -> Option<Vec<u8>> {
    hours(count * 24)
}

fn number(number: u64) -> Option<Vec<u8>> {
    Some(hand::uint(number))
}

fn share(numerator: u64, denominator: u64) -> Vec<u8> {
    hand::array(&[hand::uint(numerator), hand::uint(denominator)])
}

fn majority(more_than: bool, of: Vec<u8>, base: u64) -> Option<Vec<u8>> {
    Some(hand::map(&[
        (1, "threshold", Some(hand::array(&[hand::truth(more_than), of]))),
        (2, "base", number(base)),
        (3, "abstentions count", Some(hand::truth(false))),
    ]))
}

/// The bylaws of the template for small workplaces.
fn bylaws_fields() -> [hand::Field<'static>; 12] {
    let quorum = |numerator, denominator| Some(share(numerator, denominator));
    let admission = hand::map(&[
        (1, "vouches", number(2)),
        (2, "vouches while small", number(1)),
        (3, "small below", number(3)),
        (4, "window from", number(10)),
        (5, "objection window", hours(24)),
        (6, "growth", Some(share(1, 4))),
        (7, "growth least", number(5)),
        (8, "growth period", days(7)),
        (9, "vouches by one", number(3)),
        (10, "vouching period", days(30)),
    ]);
    let meetings = hand::map(&[
        (1, "notice", hours(48)),
        (2, "quorum", quorum(1, 3)),
        (3, "quorum least", number(2)),
        (4, "emergency notice", hours(1)),
        (5, "requisition", Some(share(1, 10))),
        (6, "requisition least", number(2)),
    ]);
    let motions = hand::map(&[
        (1, "majority", majority(true, share(1, 2), 0)),
        (2, "quorum", quorum(1, 3)),
        (3, "circulation", hours(24)),
    ]);
    let expulsion =
        hand::map(&[(1, "majority", majority(false, share(2, 3), 0)), (2, "quorum", quorum(1, 2))]);
    let changing = hand::map(&[
        (1, "majority", majority(false, share(2, 3), 0)),
        (2, "quorum", quorum(1, 2)),
        (3, "notice", days(7)),
    ]);
    let delegates = hand::map(&[
        (1, "term", days(182)),
        (2, "terms in a row", number(2)),
        (3, "recall petition", Some(share(15, 100))),
        (4, "recall least", number(2)),
        (5, "recall within", hours(72)),
    ]);
    let tellers = hand::map(&[
        (1, "count", number(3)),
        (2, "needed", number(2)),
        (3, "term", days(91)),
        (4, "small ballots", Some(hand::truth(true))),
    ]);
    [
        (1, "admission", Some(admission)),
        (2, "newcomers", Some(hand::map(&[(1, "wait from", number(10)), (2, "wait", days(7))]))),
        (3, "meetings", Some(meetings)),
        (4, "motions", Some(motions)),
        (5, "action", Some(hand::map(&[(1, "majority", majority(true, share(1, 2), 2))]))),
        (6, "expulsion", Some(expulsion)),
        (7, "bylaws", Some(changing)),
        (8, "delegates", Some(delegates)),
        (9, "tellers", Some(tellers)),
        (10, "minutes", Some(hand::map(&[(1, "names", Some(hand::truth(false)))]))),
        (11, "talk", Some(hand::map(&[(1, "retention", days(30))]))),
        (12, "keys", Some(hand::map(&[(1, "rekey every", days(91)), (2, "revocation wait", hours(72))]))),
    ]
}

fn genesis_content() -> (Content, Vec<u8>) {
    let (_, _, founder) = device(1, &Genesis::context(&Secret::new(SALT)));
    let genesis = Genesis {
        salt: Secret::new(SALT),
        name: Name::new("Depot").unwrap(),
        bylaws: Template::SmallWorkplace.bylaws(),
        card: founder.clone(),
        nickname: Name::new("Robin").unwrap(),
    };
    let by_hand = hand::map(&[
        (1, "salt", Some(hand::bytes(SALT))),
        (2, "name", Some(hand::text("Depot"))),
        (3, "bylaws", Some(hand::map(&bylaws_fields()))),
        (4, "card", Some(card(&founder))),
        (5, "nickname", Some(hand::text("Robin"))),
    ]);
    (Content::Genesis(Box::new(genesis)), hand::kind(0, &[by_hand]))
}

fn request_fields(request: &JoinRequest, signature: [u8; 64]) -> [hand::Field<'static>; 6] {
    [
        (1, "body", Some(hand::bytes(body().as_bytes()))),
        (2, "nickname", Some(hand::text("نور"))),
        (3, "card", Some(card(&request.card))),
        (4, "recovery key", Some(point(&request.recovery))),
        (5, "mailbox for the answer", Some(hand::bytes([0x3a; 32]))),
        (6, "signature", Some(hand::bytes(signature))),
    ]
}

fn join_request() -> JoinRequest {
    let (secret, _, card) = device(2, body().as_bytes());
    let recovery = words().root().recovery_key(&body());
    let name = Name::new("نور").unwrap();
    JoinRequest::sign(body(), name, card, recovery, MailboxId::new([0x3a; 32]), &secret)
}

/// Every kind of statement with its encoding by hand.
fn contents() -> Vec<(&'static str, Content, Vec<u8>)> {
    let link = LinkSecret::random(&mut rng(3));
    let raw_link = cbor::encode(&link);
    let request = join_request();
    let (_, _, new_card) = device(4, body().as_bytes());
    let id = |byte: u8| hand::bytes([byte; 32]);
    let recovery = words().recovery_key(&body());
    let rng = &mut rng(5);

    let add_statement = AddDevice::statement(&body(), &member(), &new_card);
    let add_signature = schnorr::sign(&recovery, &add_statement, rng);
    let add = |recovery| AddDevice { member: member(), card: new_card.clone(), recovery };
    let add_by_hand = |recovery: Option<Signature64>| {
        hand::map(&[
            (1, "member", Some(id(0x3e))),
            (2, "card", Some(card(&new_card))),
            (3, "recovery signature", recovery.map(|signature| hand::bytes(signature.0))),
        ])
    };
    let keep = vec![DeviceId::new([0xd1; 32]), DeviceId::new([0xd2; 32])];
    let replace = |keep: &[DeviceId], card: Option<DeviceCard>, rng: &mut ChaCha20Rng| {
        let author = DeviceId::new([0xd1; 32]);
        let statement = ReplaceDevices::statement(&body(), &member(), keep, card.as_ref(), &author, 9);
        let recovery = schnorr::sign(&recovery, &statement, rng);
        ReplaceDevices { member: member(), keep: keep.to_vec(), card, recovery }
    };
    let replace_by_hand = |replace: &ReplaceDevices| {
        let keep: Vec<Vec<u8>> = replace.keep.iter().map(|id| hand::bytes(id.as_bytes())).collect();
        hand::map(&[
            (1, "member", Some(id(0x3e))),
            (2, "keep", Some(hand::array(&keep))),
            (3, "card", replace.card.as_ref().map(card)),
            (4, "recovery signature", Some(hand::bytes(replace.recovery.0))),
        ])
    };
    let (replace_kept, replace_new) = (replace(&keep, None, rng), replace(&[], Some(new_card.clone()), rng));
    let defence = Defend::statement(&body(), &DeviceId::new([0xd1; 32]), Sequence::new(40).unwrap());
    let defence = schnorr::sign(&recovery, &defence, rng);

    let keys: BTreeSet<PointBytes> = (1..4).map(small_key).collect();
    let keys: Vec<PointBytes> = keys.into_iter().collect();
    let shared = Shared::random(rng);
    let mut rekey = Rekey {
        epoch: Epoch::new(2).unwrap(),
        follows: RecordId::new([0xb0; 32]),
        head_sequence: Sequence::new(7).unwrap(),
        head_chain: ChainHash::new([0xc4; 32]),
        seal: Seal::new(&shared, &[0; 32], &keys, rng).unwrap(),
    };
    rekey.seal = Seal::new(&shared, &rekey.context(&body()), &keys, rng).unwrap();
    let secrets = EpochSecrets::of_rekey(&shared, rekey.epoch, &rekey.context(&body()));
    let epoch_link = secrets.record.link(&RecordSecret::of_genesis(&Secret::new(SALT)), rng);
    let admitting = Shared::random(rng);
    let mut admission = Admission {
        member: member(),
        epoch: Epoch::new(2).unwrap(),
        seal: Seal::new(&admitting, &[0; 32], &keys[..2], rng).unwrap(),
        wrapped: Vec::new(),
    };
    let context = admission.context(&body());
    admission.seal = Seal::new(&admitting, &context, &keys[..2], rng).unwrap();
    admission.wrapped = secrets.wrap(&admitting, &context);

    let week = 2976;
    let (_, talk_key, _) = device(6, body().as_bytes());
    let proof = talk_key.prove(&talk_key_statement(&body(), &DeviceId::new([0xd1; 32]), week), rng);
    let talk_shared = Shared::random(rng);
    let talk_id = talk_secret_id(&talk_shared);
    let talk_seal =
        Seal::new(&talk_shared, &talk_seal_context(&body(), &talk_id, week), &keys[..2], rng).unwrap();
    let text = TalkText::seal(&saying_by_hand(), &talk_shared, rng);
    let text_by_hand = cbor::encode(&text);
    vec![
        ("genesis", genesis_content().0, genesis_content().1),
        ("invite", Content::Invite(link), hand::kind(1, std::slice::from_ref(&raw_link))),
        ("revoke-invite", Content::RevokeInvite(link), hand::kind(2, &[raw_link])),
        (
            "request",
            Content::Request(Box::new(request.clone())),
            hand::kind(3, &[hand::map(&request_fields(&request, request.signature.0))]),
        ),
        ("vouch", Content::Vouch(member()), hand::kind(4, &[id(0x3e)])),
        ("object", Content::Object(member()), hand::kind(5, &[id(0x3e)])),
        (
            "nickname",
            Content::Nickname(Name::new("Ana María").unwrap()),
            hand::kind(6, &[hand::text("Ana María")]),
        ),
        ("leave", Content::Leave, hand::kind(7, &[])),
        (
            "add-device, by an old device",
            Content::AddDevice(Box::new(add(None))),
            hand::kind(8, &[add_by_hand(None)]),
        ),
        (
            "add-device, with the words",
            Content::AddDevice(Box::new(add(Some(add_signature)))),
            hand::kind(8, &[add_by_hand(Some(add_signature))]),
        ),
        (
            "replace-devices, keeping two",
            Content::ReplaceDevices(Box::new(replace_kept.clone())),
            hand::kind(9, &[replace_by_hand(&replace_kept)]),
        ),
        (
            "replace-devices, with a new one",
            Content::ReplaceDevices(Box::new(replace_new.clone())),
            hand::kind(9, &[replace_by_hand(&replace_new)]),
        ),
        ("accuse", Content::Accuse(DeviceId::new([0xd1; 32])), hand::kind(10, &[id(0xd1)])),
        (
            "defend, by a device",
            Content::Defend(Defend { device: DeviceId::new([0xd1; 32]), recovery: None }),
            hand::kind(11, &[hand::map(&[(1, "device", Some(id(0xd1)))])]),
        ),
        (
            "defend, with the words",
            Content::Defend(Defend { device: DeviceId::new([0xd1; 32]), recovery: Some(defence) }),
            hand::kind(
                11,
                &[hand::map(&[
                    (1, "device", Some(id(0xd1))),
                    (2, "recovery signature", Some(hand::bytes(defence.0))),
                ])],
            ),
        ),
        (
            "rekey",
            Content::Rekey(Box::new(rekey.clone())),
            hand::kind(
                12,
                &[hand::map(&[
                    (1, "epoch", Some(hand::uint(2))),
                    (2, "follows", Some(id(0xb0))),
                    (3, "head sequence", Some(hand::uint(7))),
                    (4, "head chain", Some(id(0xc4))),
                    (5, "seal", Some(seal(&rekey.seal))),
                ])],
            ),
        ),
        ("link", Content::Link(epoch_link.clone()), hand::kind(13, &[cbor::encode(&epoch_link)])),
        (
            "admission",
            Content::Admission(Box::new(admission.clone())),
            hand::kind(
                14,
                &[hand::map(&[
                    (1, "member", Some(id(0x3e))),
                    (2, "epoch", Some(hand::uint(2))),
                    (3, "seal", Some(seal(&admission.seal))),
                    (4, "wrapped secrets", Some(hand::bytes(&admission.wrapped))),
                ])],
            ),
        ),
        ("tick", Content::Tick, hand::kind(15, &[])),
        ("arrive", Content::Arrive, hand::kind(16, &[])),
        ("recovery", Content::Recovery(keys[0]), hand::kind(17, &[point(&keys[0])])),
        (
            "talk-key",
            Content::TalkKey(TalkKey { week, key: talk_key.public(), proof }),
            hand::kind(
                32,
                &[hand::map(&[
                    (1, "week", Some(hand::uint(week))),
                    (2, "key", Some(point(&talk_key.public()))),
                    (3, "proof", Some(hand::bytes(proof.0))),
                ])],
            ),
        ),
        (
            "talk-secret",
            Content::TalkSecret(Box::new(TalkSecret {
                id: talk_id,
                week,
                devices: keep.clone(),
                keys: keys[..2].to_vec(),
                seal: talk_seal.clone(),
            })),
            hand::kind(
                33,
                &[hand::map(&[
                    (1, "id", Some(hand::bytes(talk_id.as_bytes()))),
                    (2, "week", Some(hand::uint(week))),
                    (3, "devices", Some(hand::array(&[id(0xd1), id(0xd2)]))),
                    (4, "keys", Some(hand::array(&[point(&keys[0]), point(&keys[1])]))),
                    (5, "seal", Some(seal(&talk_seal))),
                ])],
            ),
        ),
        ("talk", Content::Talk(text), hand::kind(34, &[text_by_hand])),
    ]
}

fn saying_by_hand() -> Vec<u8> {
    hand::map(&[(1, "thread", Some(hand::text(""))), (2, "text", Some(hand::text("hello")))])
}

/// The key of a small scalar, by way of its encoding.
fn small_key(number: u8) -> PointBytes {
    let mut bytes = [0; 32];
    bytes[0] = number;
    let talk: TalkSecretKey = cbor::decode(&hand::bytes(bytes), 64).unwrap();
    talk.public()
}

#[test]
fn every_kind_of_statement() {
    let mut book = Book::open("contents", "What records say, kind by kind: section 15.");
    for (name, content, by_hand) in contents() {
        assert_eq!(hex(content.to_bytes()), hex(&by_hand), "{name}");
        let filed = book.filed(name, "cbor").unwrap_or_else(|| by_hand.clone());
        assert_eq!(Content::parse(&filed), Ok(content.clone()), "{name}");
        assert!(name.starts_with(content.kind()), "{name}");
        book.case(name).bytes("cbor", by_hand);
    }
    let bylaws: Bylaws = Template::SmallWorkplace.bylaws();
    let fields = bylaws_fields();
    assert_eq!(hex(cbor::encode(&bylaws)), hex(hand::map(&fields)));
    book.case("bylaws of the template small-workplace")
        .bytes("cbor", hand::map(&fields))
        .split("fields", &hand::split(&fields));
    let saying = Saying { thread: String::new(), text: "hello".into() };
    assert_eq!(hex(cbor::encode(&saying)), hex(saying_by_hand()));
    book.case("a saying").bytes("cbor", saying_by_hand());
    book.close();
}

#[test]
fn what_keys_sign_in_statements() {
    let mut book = Book::open(
        "content-statement",
        "What is hashed and signed inside statements: sections 15.2 and 15.3.",
    );
    let request = join_request();
    let unsigned = hand::map(&request_fields(&request, [0; 64]));
    let digest = hash("concerted join request", &[&unsigned]);
    assert!(request.verify());
    assert_eq!(
        request.signature,
        device(2, body().as_bytes()).0.sign_statement("concerted join request", &[&unsigned])
    );
    assert_eq!(request.member(), MemberId::derive(body().as_bytes(), &request.card.id(), &request.recovery));
    book.case("a request")
        .bytes("unsigned", unsigned)
        .bytes("digest", digest)
        .bytes("signature", request.signature.0)
        .bytes("member", request.member().as_bytes());

    let (_, _, new_card) = device(4, body().as_bytes());
    let statement = hash("concerted add device", &[body().as_bytes(), member().as_bytes(), &card(&new_card)]);
    assert_eq!(AddDevice::statement(&body(), &member(), &new_card), statement);
    book.case("add-device").bytes("statement", statement);

    let (kept, author) = ([0xd1; 32], DeviceId::new([0xd1; 32]));
    let keep = [DeviceId::new(kept), DeviceId::new([0xd2; 32])];
    let kept_parts = [kept, [0xd2; 32]].concat();
    let (body_id, member_id) = (body(), member());
    let replaced = |keep: &[u8], card: &[u8]| {
        let (body, member) = (body_id.as_bytes(), member_id.as_bytes());
        hash(
            "concerted replace devices",
            &[body, member, keep, card, author.as_bytes(), &[0, 0, 0, 0, 0, 0, 0, 9]],
        )
    };
    let statement = replaced(&kept_parts, &[]);
    assert_eq!(ReplaceDevices::statement(&body(), &member(), &keep, None, &author, 9), statement);
    book.case("replace-devices, keeping two").bytes("statement", statement);
    let statement = replaced(&[], &card(&new_card));
    assert_eq!(ReplaceDevices::statement(&body(), &member(), &[], Some(&new_card), &author, 9), statement);
    book.case("replace-devices, with a new one").bytes("statement", statement);

    let statement = hash("concerted defend device", &[body().as_bytes(), &kept, &[0, 0, 0, 0, 0, 0, 0, 40]]);
    assert_eq!(Defend::statement(&body(), &author, Sequence::new(40).unwrap()), statement);
    book.case("defend").bytes("statement", statement);
    book.close();
}

#[test]
fn a_founding_record() {
    let mut book =
        Book::open("founding", "A whole founding record and the ids it makes: sections 4.5, 7 and 15.2.");
    let (founder, _, _) = device(1, &Genesis::context(&Secret::new(SALT)));
    let (_, content) = genesis_content();
    let fields = [
        (2, "rules version", Some(hand::uint(1))),
        (3, "author", Some(hand::bytes(founder.id().as_bytes()))),
        (4, "counter", Some(hand::uint(1))),
        (5, "clock", Some(hand::uint(1_800_000_000_000))),
        (7, "content", Some(hand::bytes(&content))),
    ];
    let record = hand::map(&fields);
    let own = Record {
        body: None,
        rules_version: 1,
        author: founder.id(),
        counter: 1,
        clock_ms: 1_800_000_000_000,
        seen: None,
        content,
    };
    let signed = own.sign(&founder);
    assert_eq!(hex(&signed[..signed.len() - 66]), hex(hand::array(&[hand::bytes(&record), vec![]])));
    let filed = book.filed("a founding record", "signed").unwrap_or_else(|| signed.clone());
    assert_eq!(hex(&filed), hex(&signed));
    let verified = genesis::verify(&filed).unwrap();
    let context = hash("concerted genesis", &[&SALT]);
    assert_eq!(verified.body.as_bytes(), &hash("concerted record id", &[&record]));
    let founder_id = hash("concerted member", &[&context, founder.id().as_bytes(), &[0; 32]]);
    assert_eq!(verified.founder.as_bytes(), &founder_id);
    book.case("a founding record")
        .bytes("salt", SALT)
        .bytes("card_context", context)
        .bytes("signed", signed)
        .bytes("body", verified.body.as_bytes())
        .bytes("founder_device", founder.id().as_bytes())
        .bytes("founder_member", founder_id)
        .split("fields", &hand::split(&fields));
    book.close();
}
