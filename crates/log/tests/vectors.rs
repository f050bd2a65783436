//! Known answers for every stored or sent type.
//!
//! Aim: bytes that a second implementation can begin with, and that no change to this
//! one can alter unnoticed. Method: every case is computed here, held against a naive
//! second implementation (`support/naive.rs`) and CBOR written by hand
//! (`support/hand.rs`), and compared with its file under `docs/vectors`; what the file
//! gives is decoded again. Section numbers are those of `docs/protocol.md`.
//!
//! All keys are made from fixed seeds: never for real use.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Debug;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use concerted_log::device::{self, DeviceCard, DeviceSecret, TalkSecretKey};
use concerted_log::entry::{Entry, ExpiryClass, Head, Lane, Payload, Sealed, Sequence};
use concerted_log::epoch::{
    Epoch, EpochLink, EpochSecrets, PostingSecret, ReadToken, RecordSecret, admission_context, rekey_context,
};
use concerted_log::export::{Export, MAGIC, Secrets};
use concerted_log::fork::{EntryHeader, ForkProof};
use concerted_log::hash::{derive, hash, hash_to_scalar};
use concerted_log::id::{
    Address, BodyId, ChainHash, DeviceId, LockerId, MailboxId, MemberId, PointBytes, SealedHash, Signature64,
    VerifyingKeyBytes,
};
use concerted_log::invitation::{
    Invitation, InvitationCard, LinkSecret, answer_context, base64url, from_base64url, request_context,
};
use concerted_log::letter::Letter;
use concerted_log::locker::LockerItem;
use concerted_log::message::*;
use concerted_log::moving::{MovingStatement, SignedMovingStatement};
use concerted_log::receipt::{Receipt, ReceiptSigner};
use concerted_log::record::{ParsedRecord, Record, SeenHead, body_id};
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{TalkText, talk_key_statement, talk_seal_context, talk_secret_id, week_of};
use concerted_log::words::RecoveryWords;
use concerted_log::{Secret, cbor, schnorr};
use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use support::book::{Book, hex};
use support::{hand, naive};

/// 15 January 2027, in milliseconds since 1970.
const TIME: u64 = 1_800_000_000_000;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A random source that will give what this one will give.
fn twin(rng: &ChaCha20Rng) -> ChaCha20Rng {
    let mut twin = ChaCha20Rng::from_seed(rng.get_seed());
    twin.set_word_pos(rng.get_word_pos());
    twin
}

/// The next bytes of a random source, left as it was.
fn peek<const N: usize>(rng: &ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    twin(rng).fill_bytes(&mut bytes);
    bytes
}

/// Takes the scalar that a key or nonce is made from.
fn draw_scalar(rng: &mut ChaCha20Rng) -> Scalar {
    let mut bytes = [0; 64];
    rng.fill_bytes(&mut bytes);
    Scalar::from_bytes_mod_order_wide(&bytes)
}

fn address() -> Address {
    Address::new([0xad; 32])
}

fn body() -> BodyId {
    BodyId::new([0xb0; 32])
}

fn lane(epoch: u32, class: ExpiryClass) -> Lane {
    Lane { epoch: Epoch::new(epoch).unwrap(), class }
}

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

fn record_secret(seed: u8) -> RecordSecret {
    RecordSecret::of_genesis(&Secret::new([seed; 32]))
}

/// The bytes inside a record secret, which its encoding gives.
fn bare<T: Encode<()>>(secret: &T) -> [u8; 32] {
    cbor::encode(secret)[2..].try_into().unwrap()
}

fn relay() -> ReceiptSigner {
    ReceiptSigner::new(&Secret::new([0x4e; 32]))
}

/// Holds the encoding of a value against one written by hand, files it, and decodes
/// what the file gives.
fn wire<T>(book: &mut Book, name: &str, value: &T, by_hand: Vec<u8>)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    check_wire(book, name, value, &by_hand);
    book.case(name).bytes("cbor", &by_hand);
}

/// The same for a map, filed also field by field.
fn wire_map<T>(book: &mut Book, name: &str, value: &T, fields: &[hand::Field<'_>])
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    let by_hand = hand::map(fields);
    check_wire(book, name, value, &by_hand);
    book.case(name).bytes("cbor", &by_hand).split("fields", &hand::split(fields));
}

fn check_wire<T>(book: &Book, name: &str, value: &T, by_hand: &[u8])
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    assert_eq!(hex(cbor::encode(value)), hex(by_hand), "{name}");
    let filed = book.filed(name, "cbor").unwrap_or_else(|| by_hand.to_vec());
    assert_eq!(cbor::decode::<T>(&filed, 1 << 20).as_ref(), Ok(value), "{name}");
}

#[test]
fn hashing() {
    let mut book = Book::open("hashing", "Framing, H, Hs and KDF: sections 2.1 to 2.3.");
    let cases: [(&str, &str, &[&[u8]]); 4] = [
        ("no parts", "concerted example", &[]),
        ("one empty part", "concerted example", &[b""]),
        ("two parts", "concerted example", &[b"ab", b"c"]),
        ("the same bytes, cut elsewhere", "concerted example", &[b"a", b"bc"]),
    ];
    for (name, domain, parts) in cases {
        let secret = [7; 32];
        assert_eq!(hash(domain, parts), naive::hash(domain, parts));
        assert_eq!(hash_to_scalar(domain, parts), naive::scalar(domain, parts));
        let derived = *derive(&Secret::new(secret), domain, parts).expose();
        assert_eq!(derived, naive::derive(&secret, domain, parts));
        book.case(name)
            .value("domain", domain)
            .list("parts", parts)
            .bytes("framed", naive::frame(domain, parts))
            .bytes("h", hash(domain, parts))
            .bytes("hs", hash_to_scalar(domain, parts).to_bytes())
            .bytes("kdf_secret", secret)
            .bytes("kdf", derived);
    }
    book.close();
}

#[test]
fn words() {
    let mut book =
        Book::open("words", "Recovery words, root, recovery keys and lockers: section 4.1 to 4.3.");
    let published = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4";
    let zero =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    let legal = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    assert_eq!(hex(naive::bip39_seed(zero)), published, "as widely published for these words");
    for phrase in [zero, legal] {
        let words = RecoveryWords::parse(phrase).unwrap();
        let secret = words.to_secret();
        let seed = naive::bip39_seed(phrase);
        let root = naive::scalar("concerted recovery root", &[&seed]);
        let root_public = naive::public(&root);
        let tweak = naive::scalar("concerted recovery key", &[&root_public, body().as_bytes()]);
        let locker_seed = naive::hash("concerted locker seed", &[&seed]);
        let lockers: Vec<[u8; 32]> = (0..3u32)
            .map(|number| naive::derive(&locker_seed, "concerted locker", &[&number.to_be_bytes()]))
            .collect();
        assert_eq!(*secret.root_scalar(), root);
        assert_eq!(secret.root().as_point().as_bytes(), &root_public);
        assert_eq!(*secret.recovery_key(&body()), tweak * root);
        assert_eq!(secret.root().recovery_key(&body()).as_bytes(), &naive::public(&(tweak * root)));
        let ids =
            lockers.iter().map(|seed| naive::hash("concerted locker id", &[&naive::ed25519_public(seed)]));
        for (number, id) in (0..).zip(ids.clone()) {
            assert_eq!(secret.locker(number).id().as_bytes(), &id);
        }
        book.case(phrase)
            .bytes("seed", seed)
            .bytes("root", root.to_bytes())
            .bytes("root_public", root_public)
            .bytes("body", body().as_bytes())
            .bytes("recovery_private", (tweak * root).to_bytes())
            .bytes("recovery_public", naive::public(&(tweak * root)))
            .list("locker_seeds", &lockers)
            .list("locker_ids", ids);
    }
    book.close();
}

#[test]
fn signatures() {
    let mut book = Book::open("schnorr", "Schnorr signatures over Ristretto255: section 3.");
    let rng = &mut rng(2);
    for message in [&b""[..], b"message", &[0xff; 100]] {
        let secret = draw_scalar(rng);
        let salt = peek(rng);
        let signature = schnorr::sign(&secret, message, rng);
        let public = *schnorr::public(&secret).as_bytes();
        assert_eq!(signature.0, naive::schnorr(&secret, message, &salt));
        assert!(naive::schnorr_holds(&public, message, &signature.0));
        assert!(schnorr::vartime_verify(&PointBytes::new(public), message, &signature));
        let name = format!("{} bytes", message.len());
        if let Some(filed) = book.filed(&name, "signature") {
            let filed = Signature64(filed.try_into().unwrap());
            assert!(schnorr::vartime_verify(&PointBytes::new(public), message, &filed));
        }
        book.case(&name)
            .bytes("secret", secret.to_bytes())
            .bytes("public", public)
            .bytes("message", message)
            .bytes("salt", salt)
            .bytes("signature", signature.0);
    }
    book.close();
}

#[test]
fn devices() {
    let mut book = Book::open("device", "Device keys, device card and ids: sections 4.4 and 4.5.");
    let source = &mut rng(3);
    let (signing_seed, sealing) = {
        let again = &mut twin(source);
        let mut seed = [0; 32];
        again.fill_bytes(&mut seed);
        (seed, draw_scalar(again))
    };
    let secret = DeviceSecret::generate(source);
    let talk = TalkSecretKey::generate(source);
    let context = *body().as_bytes();
    let salts: [u8; 64] = peek(source);
    let card = secret.card(&context, &talk, source);

    let signing = naive::ed25519_public(&signing_seed);
    let (sealing_public, talk_public) = (naive::public(&sealing), naive::public(talk.scalar()));
    let statement =
        naive::hash("concerted device card", &[&context, &signing, &sealing_public, &talk_public]);
    let proofs = [
        naive::ed25519(&signing_seed, &statement),
        naive::schnorr(&sealing, &statement, salts[..32].try_into().unwrap()),
        naive::schnorr(talk.scalar(), &statement, salts[32..].try_into().unwrap()),
    ];
    book.case("private keys")
        .bytes("signing_seed", signing_seed)
        .bytes("sealing", sealing.to_bytes())
        .bytes("talk", talk.scalar().to_bytes())
        .bytes("stored_cbor", hand::array(&[hand::bytes(signing_seed), hand::bytes(sealing.to_bytes())]));
    assert_eq!(
        cbor::encode(&secret),
        hand::array(&[hand::bytes(signing_seed), hand::bytes(sealing.to_bytes())])
    );
    assert_eq!(cbor::encode(&talk), hand::bytes(talk.scalar().to_bytes()));
    book.case("card statement")
        .bytes("context", context)
        .bytes("statement", statement)
        .bytes("sealing_salt", &salts[..32])
        .bytes("talk_salt", &salts[32..]);
    wire_map(
        &mut book,
        "card",
        &card,
        &[
            (1, "signing key", Some(hand::bytes(signing))),
            (2, "sealing key", Some(hand::bytes(sealing_public))),
            (3, "talk key", Some(hand::bytes(talk_public))),
            (4, "proof by the signing key", Some(hand::bytes(proofs[0]))),
            (5, "proof by the sealing key", Some(hand::bytes(proofs[1]))),
            (6, "proof by the talk key", Some(hand::bytes(proofs[2]))),
        ],
    );
    let filed = book.filed("card", "cbor").unwrap_or_else(|| cbor::encode(&card));
    assert!(cbor::decode::<DeviceCard>(&filed, 1024).unwrap().vartime_verify(&context));

    let device = naive::hash("concerted device", &[&signing]);
    let recovery = naive::public(&Scalar::from(5u8));
    let member = naive::hash("concerted member", &[&context, &device, &recovery]);
    assert_eq!(card.id(), DeviceId::new(device));
    assert_eq!(secret.id(), card.id());
    assert_eq!(MemberId::derive(&context, &card.id(), &PointBytes::new(recovery)), MemberId::new(member));
    book.case("ids")
        .bytes("device", device)
        .bytes("member_context", context)
        .bytes("member_recovery", recovery)
        .bytes("member", member);
    book.close();
}

/// The seal's fields, from its encoding.
fn naive_seal(bytes: &[u8]) -> naive::Seal {
    let mut decoder = minicbor::Decoder::new(bytes);
    assert_eq!(decoder.map().unwrap(), Some(4));
    let mut field = |key: u32| {
        assert_eq!(decoder.u32().unwrap(), key);
        decoder.bytes().unwrap().to_vec()
    };
    let ephemeral = field(1).try_into().unwrap();
    let parts = field(2).chunks(32).map(|part| part.try_into().unwrap()).collect();
    naive::Seal {
        ephemeral,
        parts,
        challenge: field(3).try_into().unwrap(),
        response: field(4).try_into().unwrap(),
        transcript: [0; 32],
        weights: Vec::new(),
        key_sum: [0; 32],
        element_sum: [0; 32],
    }
}

#[test]
fn seals() {
    let mut book = Book::open(
        "seal",
        "The multi-recipient seal with everything between inputs and bytes: sections 5.1 and 5.2.",
    );
    let source = &mut rng(4);
    let context = [9; 32];
    for count in [1, 2, 3] {
        let secrets: Vec<Scalar> = (0..count).map(|_| draw_scalar(source)).collect();
        let keys: Vec<PointBytes> = secrets.iter().map(schnorr::public).collect();
        let raw_keys: Vec<[u8; 32]> = keys.iter().map(|key| *key.as_bytes()).collect();
        let shared_random: [u8; 64] = peek(source);
        let shared = Shared::random(source);
        let (r, k) = {
            let again = &mut twin(source);
            (draw_scalar(again), draw_scalar(again))
        };
        let seal = Seal::new(&shared, &context, &keys, source).unwrap();
        let point = curve25519_dalek::RistrettoPoint::from_uniform_bytes(&shared_random);
        let expected = naive::seal(&point, &context, &raw_keys, &r, &k);
        let name = match count {
            1 => "one recipient".to_owned(),
            count => format!("{count} recipients"),
        };
        assert_eq!(shared.to_secret().expose(), &naive::pack(&point));
        {
            book.case(&format!("{name}, inputs"))
                .bytes("context", context)
                .list("private", secrets.iter().map(Scalar::to_bytes))
                .list("recipients", &raw_keys)
                .bytes("shared_random", shared_random)
                .bytes("shared", naive::pack(&point))
                .bytes("r", r.to_bytes())
                .bytes("k", k.to_bytes());
        }
        book.case(&format!("{name}, between"))
            .bytes("transcript", expected.transcript)
            .list("weights", &expected.weights)
            .bytes("weighted_keys", expected.key_sum)
            .bytes("weighted_parts", expected.element_sum)
            .bytes("a", naive::public(&k))
            .bytes("b", naive::pack(&(k * naive::point(&expected.key_sum))))
            .bytes("challenge", expected.challenge)
            .bytes("response", expected.response);
        wire_map(
            &mut book,
            &name,
            &seal,
            &[
                (1, "R", Some(hand::bytes(expected.ephemeral))),
                (2, "C_0 to C_n", Some(hand::bytes(expected.parts.concat()))),
                (3, "challenge", Some(hand::bytes(expected.challenge))),
                (4, "response", Some(hand::bytes(expected.response))),
            ],
        );
        let filed = book.filed(&name, "cbor").unwrap_or_else(|| cbor::encode(&seal));
        assert!(naive::seal_holds(&naive_seal(&filed), &context, &raw_keys));
        let filed: Seal = cbor::decode(&filed, 1024).unwrap();
        assert_eq!(filed.vartime_verify(&context, &keys), Ok(()));
        for (i, secret) in secrets.iter().enumerate() {
            assert_eq!(filed.open(i, secret).unwrap().to_secret(), shared.to_secret());
        }
    }
    book.close();
}

/// Seals and opens a letter, and files it.
fn letter(book: &mut Book, name: &str, text: &[u8], context: &[u8; 32], private: &Scalar, seed: u8) {
    let key = schnorr::public(private);
    let source = &mut rng(seed);
    let letter = Letter::seal(text, context, &[key], source).unwrap();
    let by_hand = {
        let again = &mut rng(seed);
        let mut wide = [0; 64];
        again.fill_bytes(&mut wide);
        let shared = curve25519_dalek::RistrettoPoint::from_uniform_bytes(&wide);
        let seal =
            naive::seal(&shared, context, &[*key.as_bytes()], &draw_scalar(again), &draw_scalar(again));
        let cipher_key = naive::derive(&naive::pack(&shared), "concerted letter", &[context]);
        let sealed = naive::encrypt(&cipher_key, &[0; 24], b"", &naive::pad(text));
        hand::map(&[(1, "seal", Some(seal_by_hand(&seal))), (2, "encrypted text", Some(hand::bytes(sealed)))])
    };
    assert_eq!(hex(letter.to_bytes()), hex(&by_hand), "{name}");
    let filed = book.filed(name, "letter").unwrap_or_else(|| by_hand.clone());
    let opened = Letter::from_bytes(&filed).unwrap().open(context, 0, private).unwrap();
    assert_eq!(&*opened, text, "{name}");
    assert_eq!(letter.vartime_verify(context, &[key]), Ok(()));
    book.case(name)
        .bytes("private", private.to_bytes())
        .bytes("recipient", key.as_bytes())
        .bytes("context", context)
        .bytes("text", text)
        .bytes("letter", by_hand);
}

fn seal_by_hand(seal: &naive::Seal) -> Vec<u8> {
    hand::map(&[
        (1, "R", Some(hand::bytes(seal.ephemeral))),
        (2, "parts", Some(hand::bytes(seal.parts.concat()))),
        (3, "challenge", Some(hand::bytes(seal.challenge))),
        (4, "response", Some(hand::bytes(seal.response))),
    ])
}

#[test]
fn letters() {
    let mut book = Book::open("letter", "Letters: section 5.3.");
    letter(&mut book, "a short letter", b"hello", &[1; 32], &Scalar::from(11u8), 5);
    letter(&mut book, "an empty letter", b"", &[2; 32], &Scalar::from(12u8), 6);
    letter(&mut book, "a letter of the next size class", &[b'x'; 253], &[3; 32], &Scalar::from(13u8), 7);
    book.close();
}

#[test]
fn epochs() {
    let mut book = Book::open("epoch", "Epoch secrets and what is made from them: section 6.");
    let salt = [0x5a; 32];
    let record = record_secret(0x5a);
    let bare_record = naive::derive(&salt, "concerted genesis record secret", &[]);
    assert_eq!(bare(&record), bare_record);
    let token = naive::derive(&bare_record, "concerted read token", &[]);
    let link_id = [0x11; 32];
    let mailbox = naive::derive(&bare_record, "concerted mailbox", &[&link_id]);
    let mailbox_private = naive::scalar("concerted mailbox key", &[&mailbox]);
    let mailbox_token = naive::derive(&bare_record, "concerted mailbox token", &[&link_id]);
    assert_eq!(bare(&record.read_token()), token);
    assert_eq!(record.read_token().hash().as_bytes(), &naive::hash("concerted read token", &[&token]));
    assert_eq!(record.mailbox_scalar(&link_id), mailbox_private);
    assert_eq!(bare(&record.mailbox_token(&link_id)), mailbox_token);
    let posting: PostingSecret = cbor::decode(&hand::bytes([0x60; 32]), 64).unwrap();
    let posting_seed = naive::derive(&[0x60; 32], "concerted posting key", &[]);
    assert_eq!(posting.posting_key().as_bytes(), &naive::ed25519_public(&posting_seed));
    book.case("the first record secret")
        .bytes("salt", salt)
        .bytes("record_secret", bare_record)
        .bytes("entry_key", naive::derive(&bare_record, "concerted entry key", &[]))
        .bytes("read_token", token)
        .bytes("token_hash", record.read_token().hash().as_bytes())
        .bytes("link_id", link_id)
        .bytes("mailbox_private", mailbox_private.to_bytes())
        .bytes("mailbox_public", naive::public(&mailbox_private))
        .bytes("mailbox_token", mailbox_token);
    book.case("a posting secret")
        .bytes("posting_secret", [0x60; 32])
        .bytes("posting_key_seed", posting_seed)
        .bytes("posting_key", posting.posting_key().as_bytes());

    let source = &mut rng(8);
    let shared = Shared::random(source);
    let bare_shared = *shared.to_secret().expose();
    let second = Epoch::new(2).unwrap();
    let context = rekey_context(&body(), &[1; 32], 7, &[2; 32], second);
    let mut framed = vec![15];
    framed.extend(b"concerted rekey");
    framed.extend([&[0, 0, 0, 32][..], body().as_bytes()].concat());
    framed.extend([&[0, 0, 0, 32][..], &[1; 32]].concat());
    framed.extend([0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7]);
    framed.extend([&[0, 0, 0, 32][..], &[2; 32]].concat());
    framed.extend([0, 0, 0, 4, 0, 0, 0, 2]);
    assert_eq!(context, <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(&framed)));
    let next = EpochSecrets::of_rekey(&shared, second, &context);
    let next_record = naive::derive(&bare_shared, "concerted record secret", &[&context]);
    let next_posting = naive::derive(&bare_shared, "concerted posting secret", &[&context]);
    assert_eq!((bare(&next.record), bare(&next.posting)), (next_record, next_posting));
    book.case("the secrets of a rekey")
        .bytes("body", body().as_bytes())
        .bytes("follows", [1; 32])
        .value("head_sequence", 7)
        .bytes("head_chain", [2; 32])
        .value("new_epoch", 2)
        .bytes("context", context)
        .bytes("shared", bare_shared)
        .bytes("record_secret", next_record)
        .bytes("posting_secret", next_posting);
    wire_map(
        &mut book,
        "both secrets of an epoch",
        &next,
        &[
            (1, "epoch", Some(hand::uint(2))),
            (2, "record secret", Some(hand::bytes(next_record))),
            (3, "posting secret", Some(hand::bytes(next_posting))),
        ],
    );

    let nonce: [u8; 24] = peek(source);
    let link = next.record.link(&record, source);
    let link_key = naive::derive(&next_record, "concerted epoch link", &[]);
    let by_hand = [&nonce[..], &naive::encrypt(&link_key, &nonce, b"", &bare_record)].concat();
    wire(&mut book, "a link, encoded", &link, hand::bytes(&by_hand));
    let filed = book.filed("a link", "link").unwrap_or_else(|| by_hand.clone());
    let filed: EpochLink = cbor::decode(&hand::bytes(filed), 128).unwrap();
    assert_eq!(next.record.follow(&filed), Some(record.clone()));
    book.case("a link")
        .bytes("previous_record_secret", bare_record)
        .bytes("record_secret", next_record)
        .bytes("link_key", link_key)
        .bytes("link", by_hand);

    let member = [0x3e; 32];
    let context = admission_context(&body(), second, &member);
    assert_eq!(context, naive::hash("concerted admission", &[body().as_bytes(), &[0, 0, 0, 2], &member]));
    let wrap_key = naive::derive(&bare_shared, "concerted admission", &[&context]);
    let wrapped = naive::encrypt(&wrap_key, &[0; 24], b"", &cbor::encode(&next));
    assert_eq!(next.wrap(&shared, &context), wrapped);
    let filed = book.filed("wrapped secrets", "wrapped").unwrap_or_else(|| wrapped.clone());
    assert_eq!(EpochSecrets::unwrap(&filed, &shared, &context), Some(next));
    book.case("wrapped secrets")
        .bytes("member", member)
        .bytes("context", context)
        .bytes("shared", bare_shared)
        .bytes("wrapped", wrapped);
    book.close();
}

fn seen() -> SeenHead {
    let head = Head { count: 4, time_ms: TIME - 1000, chain: ChainHash::new([0xc4; 32]) };
    relay().sign(address(), &head).unwrap().to_seen()
}

fn seen_by_hand(seen: &SeenHead) -> Vec<u8> {
    hand::map(&[
        (1, "sequence", Some(hand::uint(4))),
        (2, "chain", Some(hand::bytes([0xc4; 32]))),
        (3, "time", Some(hand::uint(TIME - 1000))),
        (4, "relay's signature", Some(hand::bytes(seen.signature.0))),
    ])
}

fn example_record(device: &DeviceSecret) -> Record {
    Record {
        body: Some(body()),
        rules_version: 1,
        author: device.id(),
        counter: 7,
        clock_ms: TIME,
        seen: Some(seen()),
        content: vec![0x82, 0x0f, 0x80],
    }
}

#[test]
fn records() {
    let mut book = Book::open("record", "Records, signed: section 7.");
    let source = &mut rng(9);
    let seed: [u8; 32] = peek(source);
    let device = DeviceSecret::generate(source);
    let record = example_record(&device);
    let first = Record { body: None, seen: None, counter: 1, content: vec![0x82, 0, 0x80], ..record.clone() };
    for (name, record) in [("a record", record), ("a first record", first)] {
        let fields = [
            (1, "body", record.body.map(|body| hand::bytes(body.as_bytes()))),
            (2, "rules version", Some(hand::uint(1))),
            (3, "author", Some(hand::bytes(device.id().as_bytes()))),
            (4, "counter", Some(hand::uint(record.counter))),
            (5, "clock", Some(hand::uint(TIME))),
            (6, "seen head", record.seen.as_ref().map(seen_by_hand)),
            (7, "content", Some(hand::bytes(&record.content))),
        ];
        let bytes = hand::map(&fields);
        let digest = naive::hash("concerted record", &[&bytes]);
        let id = naive::hash("concerted record id", &[&bytes]);
        let signature = naive::ed25519(&seed, &digest);
        let signed = hand::array(&[hand::bytes(&bytes), hand::bytes(signature)]);
        assert_eq!(hex(record.sign(&device)), hex(&signed));
        wire_map(&mut book, name, &record, &fields);
        let case = format!("{name}, signed");
        let filed = book.filed(&case, "signed").unwrap_or_else(|| signed.clone());
        let parsed = ParsedRecord::parse(&filed).unwrap();
        assert_eq!((parsed.unverified_record(), parsed.id().as_bytes()), (&record, &id));
        assert_eq!(body_id(parsed.id()).as_bytes(), &id);
        assert!(parsed.verify(&VerifyingKeyBytes::new(naive::ed25519_public(&seed))).is_some());
        book.case(&case)
            .bytes("signing_seed", seed)
            .bytes("digest", digest)
            .bytes("record_id", id)
            .bytes("signature", signature)
            .bytes("signed", signed);
    }
    book.close();
}

/// Three entries: a record, a record of another epoch, talk.
fn three_entries() -> [Entry; 3] {
    let source = &mut rng(10);
    let lanes = [lane(1, ExpiryClass::Never), lane(2, ExpiryClass::Never), lane(2, ExpiryClass::Talk)];
    let texts: [&[u8]; 3] = [b"first", &[0x22; 253], b"third"];
    let mut number = 0;
    std::array::from_fn(|i| {
        number += 1;
        let secret = record_secret(lanes[i].epoch.get() as u8);
        let sealed = Sealed::seal(texts[i], lanes[i], &secret, source);
        Entry {
            sequence: sequence(number),
            time_ms: TIME + [0, 1500, 1500][i],
            lane: lanes[i],
            payload: Payload::Sealed(sealed),
        }
    })
}

#[test]
fn entries() {
    let mut book =
        Book::open("entry", "Padding, sealing, entries and the chain over three of them: section 8.");
    for length in [0, 1, 252, 253, 508, 509] {
        let padded = naive::pad(&vec![0xab; length]);
        let here = lane(1, ExpiryClass::Never);
        let sealed = Sealed::seal(&vec![0xab; length], here, &record_secret(1), &mut rng(11));
        assert_eq!(sealed.as_bytes().len(), padded.len() + 40);
        book.case(&format!("{length} bytes, padded")).value("size", padded.len());
    }
    let entries = three_entries();
    let start = naive::hash("concerted chain", &[address().as_bytes()]);
    assert_eq!(Head::empty(&address()).chain.as_bytes(), &start);
    book.case("the empty log").bytes("address", address().as_bytes()).bytes("chain", start);
    let (mut head, mut chain) = (Head::empty(&address()), start);
    for entry in &entries {
        let Payload::Sealed(sealed) = &entry.payload else { panic!("sealed") };
        let (epoch, class) = (entry.lane.epoch.get(), entry.lane.class as u8);
        let secret = bare(&record_secret(epoch as u8));
        let key = naive::derive(&secret, "concerted entry key", &[]);
        let data = naive::hash("concerted lane", &[&epoch.to_be_bytes(), &[class]]);
        let (nonce, text) = sealed.as_bytes().split_at(24);
        let padded = naive::decrypt(&key, nonce.try_into().unwrap(), &data, text);
        let length = u32::from_be_bytes(padded[..4].try_into().unwrap()) as usize;
        let record = padded[4..4 + length].to_vec();
        assert_eq!(padded, naive::pad(&record));
        assert_eq!(sealed.open(entry.lane, &record_secret(epoch as u8)), Some(record.clone()));
        let sealed_hash = naive::hash("concerted sealed", &[sealed.as_bytes()]);
        assert_eq!(sealed.hash().as_bytes(), &sealed_hash);
        chain = naive::chain(&chain, entry.sequence.get(), entry.time_ms, epoch, class, &sealed_hash);
        head = head.extended(entry).unwrap();
        assert_eq!(head.chain.as_bytes(), &chain);
        let number = entry.sequence.get();
        book.case(&format!("entry {number}, made"))
            .bytes("record", record)
            .bytes("record_secret", secret)
            .bytes("entry_key", key)
            .bytes("associated_data", data)
            .bytes("nonce", nonce)
            .bytes("sealed_hash", sealed_hash)
            .value("time_ms", entry.time_ms)
            .value("epoch", epoch)
            .value("class", class)
            .bytes("chain", chain);
        wire_map(&mut book, &format!("entry {number}"), entry, &entry_fields(entry));
    }
    let stub = Entry { payload: Payload::Hash(entries[2].sealed_hash()), ..entries[2].clone() };
    assert_eq!(stub.sealed_hash(), entries[2].sealed_hash());
    wire_map(&mut book, "entry 3, expired", &stub, &entry_fields(&stub));
    wire_map(
        &mut book,
        "the head after entry 3",
        &head,
        &[
            (1, "count", Some(hand::uint(3))),
            (2, "time", Some(hand::uint(TIME + 1500))),
            (3, "chain", Some(hand::bytes(chain))),
        ],
    );
    book.close();
}

fn lane_by_hand(lane: Lane) -> Vec<u8> {
    hand::array(&[hand::uint(lane.epoch.get().into()), hand::uint(lane.class as u64)])
}

fn entry_fields(entry: &Entry) -> [hand::Field<'static>; 4] {
    let payload = match &entry.payload {
        Payload::Sealed(sealed) => hand::kind(0, &[hand::bytes(sealed.as_bytes())]),
        Payload::Hash(hash) => hand::kind(1, &[hand::bytes(hash.as_bytes())]),
    };
    [
        (1, "sequence", Some(hand::uint(entry.sequence.get()))),
        (2, "time", Some(hand::uint(entry.time_ms))),
        (3, "lane", Some(lane_by_hand(entry.lane))),
        (4, "payload", Some(payload)),
    ]
}

fn entry_by_hand(entry: &Entry) -> Vec<u8> {
    hand::map(&entry_fields(entry))
}

fn receipt_fields(receipt: &Receipt) -> [hand::Field<'static>; 5] {
    [
        (1, "address", Some(hand::bytes(receipt.address.as_bytes()))),
        (2, "sequence", Some(hand::uint(receipt.sequence.get()))),
        (3, "time", Some(hand::uint(receipt.time_ms))),
        (4, "chain", Some(hand::bytes(receipt.chain.as_bytes()))),
        (5, "signature", Some(hand::bytes(receipt.signature.0))),
    ]
}

fn receipt_by_hand(receipt: &Receipt) -> Vec<u8> {
    hand::map(&receipt_fields(receipt))
}

fn head_after(entries: &[Entry]) -> Head {
    entries.iter().fold(Head::empty(&address()), |head, entry| head.extended(entry).unwrap())
}

#[test]
fn receipts_and_forks() {
    let mut book = Book::open("receipt", "Receipts and the proof of a fork: section 9.");
    let entries = three_entries();
    let head = head_after(&entries);
    let receipt = relay().sign(address(), &head).unwrap();
    let mut framed = vec![17];
    framed.extend(b"concerted receipt");
    framed.extend([&[0, 0, 0, 32][..], address().as_bytes()].concat());
    framed.extend([&[0, 0, 0, 8][..], &3u64.to_be_bytes()].concat());
    framed.extend([&[0, 0, 0, 8][..], &(TIME + 1500).to_be_bytes()].concat());
    framed.extend([&[0, 0, 0, 32][..], head.chain.as_bytes()].concat());
    let digest: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&framed).into();
    assert_eq!(receipt.signature.0, naive::ed25519(&[0x4e; 32], &digest));
    assert!(receipt.covers(&head));
    book.case("keys")
        .bytes("relay_seed", [0x4e; 32])
        .bytes("relay_key", relay().relay_key().as_bytes())
        .bytes("digest", digest);
    wire_map(&mut book, "a receipt", &receipt, &receipt_fields(&receipt));
    let filed = book.filed("a receipt", "cbor").unwrap_or_else(|| cbor::encode(&receipt));
    assert!(cbor::decode::<Receipt>(&filed, 512).unwrap().verify(&relay().relay_key()));

    // The other history has another second entry, and a third.
    let first = head_after(&entries[..1]);
    let other = first.with(TIME + 900, lane(1, ExpiryClass::Never), &SealedHash::new([0x0e; 32]));
    let proof = ForkProof {
        earlier: relay().sign(address(), &other).unwrap(),
        later: receipt,
        chain_at_earlier: head_after(&entries[..2]).chain,
        time_at_earlier_ms: entries[1].time_ms,
        path: vec![EntryHeader {
            time_ms: entries[2].time_ms,
            lane: entries[2].lane,
            sealed: entries[2].sealed_hash(),
        }],
    };
    let path = hand::array(&[hand::array(&[
        hand::uint(TIME + 1500),
        lane_by_hand(entries[2].lane),
        hand::bytes(entries[2].sealed_hash().as_bytes()),
    ])]);
    wire_map(
        &mut book,
        "a fork proof",
        &proof,
        &[
            (1, "earlier receipt", Some(receipt_by_hand(&proof.earlier))),
            (2, "later receipt", Some(receipt_by_hand(&proof.later))),
            (
                3,
                "chain of the later history at the earlier sequence",
                Some(hand::bytes(proof.chain_at_earlier.as_bytes())),
            ),
            (4, "its time there", Some(hand::uint(TIME + 1500))),
            (5, "headers from there to the later receipt", Some(path)),
        ],
    );
    let filed = book.filed("a fork proof", "cbor").unwrap_or_else(|| cbor::encode(&proof));
    assert!(cbor::decode::<ForkProof>(&filed, 4096).unwrap().verify(&relay().relay_key()));
    book.close();
}

#[test]
fn talk() {
    let mut book = Book::open("talk", "Talk secrets and texts under them: section 10.");
    let source = &mut rng(12);
    let shared = Shared::random(source);
    let bare_shared = *shared.to_secret().expose();
    let id = talk_secret_id(&shared);
    assert_eq!(id.as_bytes(), &naive::hash("concerted talk secret id", &[&bare_shared]));
    let week = week_of(TIME);
    assert_eq!(week, TIME / 604_800_000);
    let device = DeviceId::new([0xde; 32]);
    let seal_context = talk_seal_context(&body(), &id, week);
    let key_statement = talk_key_statement(&body(), &device, week);
    assert_eq!(
        seal_context,
        naive::hash("concerted talk seal", &[body().as_bytes(), id.as_bytes(), &week.to_be_bytes()])
    );
    assert_eq!(
        key_statement,
        naive::hash("concerted talk key", &[body().as_bytes(), device.as_bytes(), &week.to_be_bytes()])
    );
    book.case("contexts")
        .bytes("body", body().as_bytes())
        .bytes("device", device.as_bytes())
        .value("week", week)
        .bytes("shared", bare_shared)
        .bytes("secret_id", id.as_bytes())
        .bytes("seal_context", seal_context)
        .bytes("key_statement", key_statement);
    let nonce: [u8; 24] = peek(source);
    let text = TalkText::seal(b"hello", &shared, source);
    let key = naive::derive(&bare_shared, "concerted talk text", &[]);
    wire_map(
        &mut book,
        "a text",
        &text,
        &[
            (1, "talk secret", Some(hand::bytes(id.as_bytes()))),
            (2, "nonce", Some(hand::bytes(nonce))),
            (3, "encrypted text", Some(hand::bytes(naive::encrypt(&key, &nonce, b"", b"hello")))),
        ],
    );
    let filed = book.filed("a text", "cbor").unwrap_or_else(|| cbor::encode(&text));
    let filed: TalkText = cbor::decode(&filed, 512).unwrap();
    assert_eq!(filed.open(&shared).as_deref(), Some(&b"hello"[..]));
    book.close();
}

#[test]
fn invitations() {
    let mut book = Book::open(
        "invitation",
        "Links, cards, requests and answers as they travel: section 11. What a request says is in contents.json.",
    );
    for (bytes, text) in [(&b"f"[..], "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (&[0xfb, 0xff, 0xfe], "-__-")]
    {
        assert_eq!((base64url(bytes), naive::base64url(bytes)), (text.into(), text.into()));
        assert_eq!(from_base64url(text, bytes.len()).as_deref(), Some(bytes));
    }
    let source = &mut rng(13);
    let raw: [u8; 16] = peek(source);
    let secret = LinkSecret::random(source);
    let mut token = vec![1];
    token.extend(body().as_bytes());
    token.extend(raw);
    let check = naive::hash("concerted link check", &[&token]);
    token.extend(&check[..4]);
    let link = format!("https://relay.example/#/join/{}", naive::base64url(&token));
    let invitation = Invitation { relay: "https://relay.example".into(), body: body(), secret };
    assert_eq!(invitation.to_link(), link);
    assert_eq!(Invitation::parse(&link), Ok(invitation));
    let (mailbox, link_id) =
        (naive::hash("concerted link mailbox", &[&raw]), naive::hash("concerted link id", &[&raw]));
    assert_eq!((secret.mailbox().as_bytes(), secret.link_id()), (&mailbox, link_id));
    book.case("a link")
        .value("relay", "https://relay.example")
        .bytes("body", body().as_bytes())
        .bytes("secret", raw)
        .bytes("token", &token)
        .value("link", link)
        .bytes("mailbox", mailbox)
        .bytes("link_id", link_id);
    wire(&mut book, "a link's secret", &secret, hand::bytes(raw));

    let private = record_secret(1).mailbox_scalar(&link_id);
    let card =
        InvitationCard { name: "Depot".into(), bylaws: vec![0xa0], mailbox_key: schnorr::public(&private) };
    wire_map(
        &mut book,
        "a card",
        &card,
        &[
            (1, "name", Some(hand::text("Depot"))),
            (2, "bylaws", Some(hand::bytes([0xa0]))),
            (3, "mailbox key", Some(hand::bytes(naive::public(&private)))),
        ],
    );
    let nonce: [u8; 24] = peek(source);
    let sealed = card.seal(&secret, source);
    let link_secret = naive::hash("concerted link secret", &[&raw]);
    let key = naive::derive(&link_secret, "concerted link card", &[]);
    assert_eq!(sealed, [&nonce[..], &naive::encrypt(&key, &nonce, b"", &cbor::encode(&card))].concat());
    let filed = book.filed("a card, encrypted", "card").unwrap_or_else(|| sealed.clone());
    assert_eq!(InvitationCard::open(&filed, &secret), Ok(card));
    book.case("a card, encrypted").bytes("card_key", key).bytes("nonce", nonce).bytes("card", sealed);

    let context = request_context(&body(), &link_id);
    assert_eq!(context, naive::hash("concerted request", &[body().as_bytes(), &link_id]));
    letter(&mut book, "a request's letter", b"a request, see contents.json", &context, &private, 14);

    let waiting = MailboxId::new([0x3a; 32]);
    let context = answer_context(&body(), &waiting);
    assert_eq!(context, naive::hash("concerted answer", &[body().as_bytes(), waiting.as_bytes()]));
    let secrets = secrets();
    let answer = [
        (1, "address", Some(hand::bytes(address().as_bytes()))),
        (2, "relay key", Some(hand::bytes(relay().relay_key().as_bytes()))),
        (3, "secrets of the epoch in force", Some(secrets_by_hand(&secrets))),
    ];
    book.case("an answer").bytes("cbor", hand::map(&answer)).split("fields", &hand::split(&answer));
    letter(&mut book, "an answer's letter", &hand::map(&answer), &context, &Scalar::from(77u8), 15);
    book.close();
}

fn secrets() -> EpochSecrets {
    EpochSecrets {
        epoch: Epoch::new(2).unwrap(),
        record: record_secret(2),
        posting: cbor::decode(&hand::bytes([0x60; 32]), 64).unwrap(),
    }
}

fn secrets_by_hand(secrets: &EpochSecrets) -> Vec<u8> {
    hand::map(&[
        (1, "epoch", Some(hand::uint(secrets.epoch.get().into()))),
        (2, "record secret", Some(hand::bytes(bare(&secrets.record)))),
        (3, "posting secret", Some(hand::bytes(bare(&secrets.posting)))),
    ])
}

#[test]
fn lockers() {
    let mut book = Book::open("locker", "Locker keys and items, and device codes: section 12.");
    let words = RecoveryWords::parse(
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    )
    .unwrap()
    .to_secret();
    let key = words.locker(1);
    let encoded = cbor::encode(&key);
    let seed: [u8; 32] = encoded[encoded.len() - 32..].try_into().unwrap();
    wire_map(
        &mut book,
        "a locker key, as a device stores and hands it on",
        &key,
        &[(1, "number", Some(hand::uint(1))), (2, "seed", Some(hand::bytes(seed)))],
    );
    assert_eq!(key.write_key().as_bytes(), &naive::ed25519_public(&seed));
    let item = LockerItem {
        body: body(),
        relay: "https://relay.example".into(),
        relay_key: relay().relay_key(),
        address: address(),
        secrets: secrets(),
    };
    wire_map(
        &mut book,
        "an item",
        &item,
        &[
            (1, "body", Some(hand::bytes(body().as_bytes()))),
            (2, "relay", Some(hand::text("https://relay.example"))),
            (3, "relay key", Some(hand::bytes(relay().relay_key().as_bytes()))),
            (4, "address", Some(hand::bytes(address().as_bytes()))),
            (5, "secrets", Some(secrets_by_hand(&secrets()))),
        ],
    );
    let context = naive::hash("concerted locker item", &[key.id().as_bytes()]);
    letter(&mut book, "an item's letter", &cbor::encode(&item), &context, words.root_scalar(), 16);
    let sealed = key.seal(&item, &words.root(), &mut rng(16));
    let filed = book.filed("an item's letter", "letter").unwrap_or_else(|| sealed.clone());
    assert_eq!(filed, sealed);
    assert_eq!(LockerItem::open(&filed, &key.id(), words.root_scalar()), Some(item));
    let digest = naive::hash("concerted locker put", &[&sealed]);
    assert_eq!(key.sign(&sealed).0, naive::ed25519(&seed, &digest));
    book.case("a put")
        .bytes("locker_id", key.id().as_bytes())
        .bytes("write_key", key.write_key().as_bytes())
        .bytes("digest", digest)
        .bytes("signature", key.sign(&sealed).0);

    let (mailbox, private) = ([0x3b; 32], Scalar::from(78u8));
    let mut token = vec![1];
    token.extend(mailbox);
    token.extend(naive::public(&private));
    let check = naive::hash("concerted device code check", &[&token]);
    token.extend(&check[..4]);
    let (new, old) = (naive::public(&private), naive::public(&Scalar::from(79u8)));
    let digest = naive::hash("concerted pairing number", &[&new, &old]);
    let number = u32::from_be_bytes(digest[..4].try_into().unwrap()) % 1_000_000;
    book.case("a device code")
        .value("relay", "https://relay.example")
        .bytes("mailbox", mailbox)
        .bytes("key", new)
        .value("code", format!("https://relay.example/#/device/{}", naive::base64url(&token)))
        .bytes("other_key", old)
        .value("number", format!("{number:06}"))
        .bytes("hello_context", naive::hash("concerted pairing", &[&mailbox, b"hello"]))
        .bytes("cards_context", naive::hash("concerted pairing", &[&mailbox, b"cards"]))
        .bytes("keys_context", naive::hash("concerted pairing", &[&mailbox, b"keys"]));
    book.close();
}

#[test]
fn moving() {
    let mut book = Book::open("moving", "The moving statement: section 13.");
    let source = &mut rng(17);
    let seed: [u8; 32] = peek(source);
    let device = DeviceSecret::generate(source);
    let statement = MovingStatement {
        body: body(),
        from: address(),
        sequence: sequence(300),
        chain: ChainHash::new([0xc4; 32]),
        to: Address::new([0xae; 32]),
        relay: "https://other.example".into(),
        relay_key: relay().relay_key(),
    };
    let fields = [
        (1, "body", Some(hand::bytes(body().as_bytes()))),
        (2, "from", Some(hand::bytes(address().as_bytes()))),
        (3, "sequence", Some(hand::uint(300))),
        (4, "chain", Some(hand::bytes([0xc4; 32]))),
        (5, "to", Some(hand::bytes([0xae; 32]))),
        (6, "relay", Some(hand::text("https://other.example"))),
        (7, "relay key", Some(hand::bytes(relay().relay_key().as_bytes()))),
    ];
    wire_map(&mut book, "a statement", &statement, &fields);
    let digest = naive::hash("concerted moving", &[&hand::map(&fields)]);
    let signature = naive::ed25519(&seed, &digest);
    let signed = SignedMovingStatement { signatures: vec![statement.sign(&device)], statement };
    let one = hand::map(&[
        (1, "device", Some(hand::bytes(device.id().as_bytes()))),
        (2, "signature", Some(hand::bytes(signature))),
    ]);
    wire_map(
        &mut book,
        "a statement with one signature",
        &signed,
        &[(1, "statement", Some(hand::map(&fields))), (2, "signatures", Some(hand::array(&[one])))],
    );
    let key = VerifyingKeyBytes::new(naive::ed25519_public(&seed));
    let filed = book.filed("a statement with one signature", "cbor").unwrap_or_else(|| cbor::encode(&signed));
    let filed: SignedMovingStatement = cbor::decode(&filed, 4096).unwrap();
    assert_eq!(filed.signers(|_| Some(key)).into_iter().collect::<Vec<_>>(), [device.id()]);
    book.case("what is signed").bytes("signing_seed", seed).bytes("digest", digest);
    book.close();
}

fn posting() -> (PostingSecret, [u8; 32]) {
    let seed = naive::derive(&[0x60; 32], "concerted posting key", &[]);
    (secrets().posting, seed)
}

fn announcement() -> Announcement {
    Announcement {
        epoch: Epoch::new(2).unwrap(),
        posting_key: posting().0.posting_key(),
        token: record_secret(2).read_token().hash(),
    }
}

fn announcement_by_hand() -> Vec<u8> {
    hand::map(&[
        (1, "epoch", Some(hand::uint(2))),
        (2, "posting key", Some(hand::bytes(posting().0.posting_key().as_bytes()))),
        (3, "token hash", Some(hand::bytes(record_secret(2).read_token().hash().as_bytes()))),
    ])
}

/// Every request with its encoding by hand.
fn requests() -> Vec<(&'static str, Request, Vec<u8>)> {
    let (posting, seed) = posting();
    let own_key = posting.posting_key();
    let place = || Some(hand::bytes(address().as_bytes()));
    let [entry, _, talk] = three_entries();
    let (Payload::Sealed(sealed), Payload::Sealed(talk_sealed)) = (&entry.payload, &talk.payload) else {
        panic!("sealed")
    };
    let items = vec![
        AppendItem { lane: entry.lane, sealed: sealed.clone() },
        AppendItem { lane: talk.lane, sealed: talk_sealed.clone() },
    ];
    let token = |epoch: u8| record_secret(epoch).read_token();
    let mailbox = MailboxId::new([0x3a; 32]);
    let locker = RecoveryWords::parse(&("abandon ".repeat(11) + "about")).unwrap().to_secret().locker(0);

    let create_digest = naive::hash(
        "concerted create",
        &[address().as_bytes(), &announcement_by_hand(), &2_592_000_000u64.to_be_bytes()],
    );
    let announce_digest = naive::hash("concerted announce", &[address().as_bytes(), &announcement_by_hand()]);
    let item_part = |item: &AppendItem| {
        [
            &naive::hash("concerted sealed", &[item.sealed.as_bytes()])[..],
            &item.lane.epoch.get().to_be_bytes(),
            &[item.lane.class as u8],
        ]
        .concat()
    };
    let append_digest = |items: &[AppendItem], only_if: &[u8], announcement: &[u8]| {
        let parts: Vec<u8> = items.iter().flat_map(item_part).collect();
        naive::hash("concerted append", &[address().as_bytes(), &parts, only_if, announcement])
    };
    let append_by_hand = |items: &[AppendItem], only_if: Option<u64>, announced: bool| {
        let announcement = announced.then(announcement_by_hand);
        let count = only_if.map(|count| count.to_be_bytes().to_vec()).unwrap_or_default();
        let digest = append_digest(items, &count, &announcement.clone().unwrap_or_default());
        let by_hand: Vec<Vec<u8>> = items
            .iter()
            .map(|item| {
                hand::map(&[
                    (1, "lane", Some(lane_by_hand(item.lane))),
                    (2, "sealed record", Some(hand::bytes(item.sealed.as_bytes()))),
                ])
            })
            .collect();
        hand::map(&[
            (1, "address", place()),
            (2, "items", Some(hand::array(&by_hand))),
            (3, "only if there are", only_if.map(hand::uint)),
            (4, "announcement", announcement),
            (5, "posting key", Some(hand::bytes(own_key.as_bytes()))),
            (6, "signature", Some(hand::bytes(naive::ed25519(&seed, &digest)))),
        ])
    };
    let read_by_hand = hand::map(&[
        (1, "address", place()),
        (2, "token", Some(hand::bytes(bare(&token(2))))),
        (3, "after", Some(hand::uint(7))),
    ]);
    let item = vec![0x17; 40];
    let locker_seed: [u8; 32] = cbor::encode(&locker)[6..].try_into().unwrap();
    let put_digest = naive::hash("concerted locker put", &[&item]);
    let read_mail = hand::map(&[
        (1, "mailbox", Some(hand::bytes(mailbox.as_bytes()))),
        (2, "token", Some(hand::bytes([0x70; 32]))),
        (3, "after", Some(hand::uint(0))),
    ]);
    let mail_token = || ReadToken::from_secret(Secret::new([0x70; 32]));
    vec![
        ("info", Request::Info, hand::kind(0, &[])),
        (
            "create",
            Request::Create(Create::sign(address(), announcement(), 2_592_000_000, &posting)),
            hand::kind(
                1,
                &[hand::map(&[
                    (1, "address", place()),
                    (2, "announcement", Some(announcement_by_hand())),
                    (3, "talk retention", Some(hand::uint(2_592_000_000))),
                    (4, "signature", Some(hand::bytes(naive::ed25519(&seed, &create_digest)))),
                ])],
            ),
        ),
        (
            "append",
            Request::Append(Append::sign(address(), items.clone(), None, None, &posting)),
            hand::kind(2, &[append_by_hand(&items, None, false)]),
        ),
        (
            "append, only if, with an announcement",
            Request::Append(Append::sign(
                address(),
                items[..1].to_vec(),
                Some(0),
                Some(announcement()),
                &posting,
            )),
            hand::kind(2, &[append_by_hand(&items[..1], Some(0), true)]),
        ),
        (
            "announce",
            Request::Announce(Announce::sign(address(), announcement(), &posting)),
            hand::kind(
                3,
                &[hand::map(&[
                    (1, "address", place()),
                    (2, "announcement", Some(announcement_by_hand())),
                    (3, "posting key", Some(hand::bytes(own_key.as_bytes()))),
                    (4, "signature", Some(hand::bytes(naive::ed25519(&seed, &announce_digest)))),
                ])],
            ),
        ),
        (
            "read",
            Request::Read(Read { address: address(), token: token(2), after: 7 }),
            hand::kind(4, &[read_by_hand]),
        ),
        (
            "hand back",
            Request::HandBack(HandBack { address: address(), entries: vec![talk.clone()] }),
            hand::kind(
                5,
                &[hand::map(&[
                    (1, "address", place()),
                    (2, "entries", Some(hand::array(&[entry_by_hand(&talk)]))),
                ])],
            ),
        ),
        (
            "open mailbox",
            Request::OpenMailbox(OpenMailbox {
                mailbox,
                token: mail_token().hash(),
                card: vec![0xca, 0x4d],
                open_ms: 604_800_000,
            }),
            hand::kind(
                6,
                &[hand::map(&[
                    (1, "mailbox", Some(hand::bytes(mailbox.as_bytes()))),
                    (2, "token hash", Some(hand::bytes(naive::hash("concerted read token", &[&[0x70; 32]])))),
                    (3, "card", Some(hand::bytes([0xca, 0x4d]))),
                    (4, "open for", Some(hand::uint(604_800_000))),
                ])],
            ),
        ),
        ("read card", Request::ReadCard(mailbox), hand::kind(7, &[hand::bytes(mailbox.as_bytes())])),
        (
            "put mail",
            Request::PutMail(PutMail { mailbox, message: vec![1, 2, 3] }),
            hand::kind(
                8,
                &[hand::map(&[
                    (1, "mailbox", Some(hand::bytes(mailbox.as_bytes()))),
                    (2, "message", Some(hand::bytes([1, 2, 3]))),
                ])],
            ),
        ),
        (
            "read mail",
            Request::ReadMail(ReadMail { mailbox, token: mail_token(), after: 0 }),
            hand::kind(9, &[read_mail]),
        ),
        (
            "close mailbox",
            Request::CloseMailbox(CloseMailbox { mailbox, token: mail_token() }),
            hand::kind(
                10,
                &[hand::map(&[
                    (1, "mailbox", Some(hand::bytes(mailbox.as_bytes()))),
                    (2, "token", Some(hand::bytes([0x70; 32]))),
                ])],
            ),
        ),
        (
            "put locker",
            Request::PutLocker(PutLocker {
                write_key: locker.write_key(),
                signature: locker.sign(&item),
                item: item.clone(),
            }),
            hand::kind(
                11,
                &[hand::map(&[
                    (1, "write key", Some(hand::bytes(naive::ed25519_public(&locker_seed)))),
                    (2, "item", Some(hand::bytes(&item))),
                    (3, "signature", Some(hand::bytes(naive::ed25519(&locker_seed, &put_digest)))),
                ])],
            ),
        ),
        (
            "read locker",
            Request::ReadLocker(LockerId::new([0x1c; 32])),
            hand::kind(12, &[hand::bytes([0x1c; 32])]),
        ),
    ]
}

/// Every response with its encoding by hand.
fn responses() -> Vec<(&'static str, Response, Vec<u8>)> {
    let entries = three_entries();
    let receipt = relay().sign(address(), &head_after(&entries)).unwrap();
    let stub = Entry { payload: Payload::Hash(entries[2].sealed_hash()), ..entries[2].clone() };
    let info = |public_url: Option<String>| {
        Response::Info(Info {
            relay_key: relay().relay_key(),
            time_ms: TIME,
            version: "0.1.0".into(),
            public_url,
        })
    };
    let info_by_hand = |url: Option<&str>| {
        hand::kind(
            0,
            &[hand::map(&[
                (1, "relay key", Some(hand::bytes(relay().relay_key().as_bytes()))),
                (2, "time", Some(hand::uint(TIME))),
                (3, "version", Some(hand::text("0.1.0"))),
                (4, "public url", url.map(hand::text)),
            ])],
        )
    };
    vec![
        ("info", info(None), info_by_hand(None)),
        (
            "info, with an address for links",
            info(Some("https://relay.example".into())),
            info_by_hand(Some("https://relay.example")),
        ),
        ("done", Response::Done, hand::kind(1, &[])),
        (
            "appended",
            Response::Appended(Appended { sequences: vec![sequence(2), sequence(3)], receipt }),
            hand::kind(
                2,
                &[hand::map(&[
                    (1, "sequences", Some(hand::array(&[hand::uint(2), hand::uint(3)]))),
                    (2, "receipt", Some(receipt_by_hand(&receipt))),
                ])],
            ),
        ),
        (
            "page",
            Response::Page(Page { entries: vec![stub.clone()], receipt: Some(receipt), count: 3 }),
            hand::kind(3, &[page_by_hand(&[stub], Some(&receipt), 3)]),
        ),
        (
            "page of an empty log",
            Response::Page(Page { entries: vec![], receipt: None, count: 0 }),
            hand::kind(3, &[page_by_hand(&[], None, 0)]),
        ),
        ("card", Response::Card(vec![0xca, 0x4d]), hand::kind(4, &[hand::bytes([0xca, 0x4d])])),
        (
            "mail",
            Response::Mail(vec![Mail { number: 1, message: vec![1, 2, 3] }]),
            hand::kind(5, &[hand::array(&[mail_by_hand()])]),
        ),
        (
            "locker",
            Response::Locker(vec![LockerBytes(vec![0x17; 4]), LockerBytes(vec![])]),
            hand::kind(6, &[hand::array(&[hand::bytes([0x17; 4]), hand::bytes([])])]),
        ),
    ]
}

fn page_by_hand(entries: &[Entry], receipt: Option<&Receipt>, count: u64) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = entries.iter().map(entry_by_hand).collect();
    hand::map(&[
        (1, "entries", Some(hand::array(&entries))),
        (2, "receipt", receipt.map(receipt_by_hand)),
        (3, "count", Some(hand::uint(count))),
    ])
}

fn mail_by_hand() -> Vec<u8> {
    hand::map(&[(1, "number", Some(hand::uint(1))), (2, "message", Some(hand::bytes([1, 2, 3])))])
}

/// Every refusal with its encoding by hand.
fn refusals() -> Vec<(&'static str, Refusal, Vec<u8>)> {
    vec![
        ("malformed", Refusal::Malformed, hand::kind(0, &[])),
        ("not found", Refusal::NotFound, hand::kind(1, &[])),
        ("taken", Refusal::Taken, hand::kind(2, &[])),
        ("signature", Refusal::Signature, hand::kind(3, &[])),
        ("posting key", Refusal::PostingKey, hand::kind(4, &[])),
        ("token", Refusal::Token, hand::kind(5, &[])),
        ("count is", Refusal::CountIs(300), hand::kind(6, &[hand::uint(300)])),
        ("limit", Refusal::Limit(64), hand::kind(7, &[hand::uint(64)])),
        ("busy", Refusal::Busy(1000), hand::kind(8, &[hand::uint(1000)])),
        ("full", Refusal::Full(256), hand::kind(9, &[hand::uint(256)])),
        (
            "tail missing",
            Refusal::TailMissing { have: 5, acknowledged: 9 },
            hand::kind(10, &[hand::uint(5), hand::uint(9)]),
        ),
        ("storage", Refusal::Storage, hand::kind(11, &[])),
        ("wrong tail", Refusal::WrongTail, hand::kind(12, &[])),
    ]
}

#[test]
fn messages() {
    let mut book = Book::open("message", "Requests, responses, refusals and answers: sections 14.3 to 14.6.");
    for (name, request, by_hand) in requests() {
        wire(&mut book, &format!("request: {name}"), &request, by_hand);
        let signed = match &request {
            Request::Create(create) => create.verify(),
            Request::Append(append) => append.verify(),
            Request::Announce(announce) => announce.verify(),
            Request::PutLocker(put) => {
                concerted_log::locker::verify_put(&put.write_key, &put.item, &put.signature)
            }
            _ => true,
        };
        assert!(signed, "{name}");
    }
    for (name, response, by_hand) in responses() {
        wire(&mut book, &format!("response: {name}"), &response, by_hand.clone());
        wire(&mut book, &format!("answer, done: {name}"), &Answer::Done(response), hand::kind(0, &[by_hand]));
    }
    for (name, refusal, by_hand) in refusals() {
        wire(&mut book, &format!("refusal: {name}"), &refusal, by_hand.clone());
        wire(
            &mut book,
            &format!("answer, refused: {name}"),
            &Answer::Refused(refusal),
            hand::kind(1, &[by_hand]),
        );
    }
    book.close();
}

#[test]
fn frames() {
    let mut book = Book::open("frame", "Frames on the socket: section 14.7.");
    let mailbox = MailboxId::new([0x3a; 32]);
    let place = hand::bytes(address().as_bytes());
    let box_ = hand::bytes(mailbox.as_bytes());
    let token = record_secret(2).read_token();
    let read = Read { address: address(), token: token.clone(), after: 7 };
    let read_by_hand = hand::map(&[
        (1, "address", Some(place.clone())),
        (2, "token", Some(hand::bytes(bare(&token)))),
        (3, "after", Some(hand::uint(7))),
    ]);
    let read_mail = ReadMail { mailbox, token: token.clone(), after: 1 };
    let read_mail_by_hand = hand::map(&[
        (1, "mailbox", Some(box_.clone())),
        (2, "token", Some(hand::bytes(bare(&token)))),
        (3, "after", Some(hand::uint(1))),
    ]);
    let client = [
        ("call", ClientFrame::Call(9, Request::Info), hand::kind(0, &[hand::uint(9), hand::kind(0, &[])])),
        ("watch", ClientFrame::Watch(read), hand::kind(1, &[read_by_hand])),
        ("unwatch", ClientFrame::Unwatch(address()), hand::kind(2, std::slice::from_ref(&place))),
        ("watch mail", ClientFrame::WatchMail(read_mail), hand::kind(3, &[read_mail_by_hand])),
        ("unwatch mail", ClientFrame::UnwatchMail(mailbox), hand::kind(4, std::slice::from_ref(&box_))),
    ];
    for (name, frame, by_hand) in client {
        wire(&mut book, &format!("from a device: {name}"), &frame, by_hand);
    }
    let receipt = relay().sign(address(), &head_after(&three_entries())).unwrap();
    let up_to_date = Page { entries: vec![], receipt: Some(receipt), count: 3 };
    let server = [
        (
            "answer",
            ServerFrame::Answer(9, Answer::Done(Response::Done)),
            hand::kind(0, &[hand::uint(9), hand::kind(0, &[hand::kind(1, &[])])]),
        ),
        (
            "entries",
            ServerFrame::Entries(address(), up_to_date),
            hand::kind(1, &[place.clone(), page_by_hand(&[], Some(&receipt), 3)]),
        ),
        (
            "mail",
            ServerFrame::Mail(mailbox, vec![Mail { number: 1, message: vec![1, 2, 3] }]),
            hand::kind(2, &[box_.clone(), hand::array(&[mail_by_hand()])]),
        ),
        ("refetch", ServerFrame::Refetch(address()), hand::kind(3, std::slice::from_ref(&place))),
        (
            "watch refused",
            ServerFrame::WatchRefused(address(), Refusal::Token),
            hand::kind(4, &[place.clone(), hand::kind(5, &[])]),
        ),
        (
            "mail refused",
            ServerFrame::MailRefused(mailbox, Refusal::NotFound),
            hand::kind(5, &[box_, hand::kind(1, &[])]),
        ),
    ];
    for (name, frame, by_hand) in server {
        wire(&mut book, &format!("from a relay: {name}"), &frame, by_hand);
    }
    book.close();
}

#[test]
fn exports() {
    let mut book = Book::open("export", "Export files: section 16.");
    let entries = three_entries();
    let receipt = relay().sign(address(), &head_after(&entries)).unwrap();
    let secrets = secrets();
    let context = naive::hash("concerted export", &[body().as_bytes()]);
    let privates = [Scalar::from(31u8), Scalar::from(32u8)];
    let recipients: Vec<PointBytes> = privates.iter().map(schnorr::public).collect();
    let raw: Vec<[u8; 32]> = recipients.iter().map(|key| *key.as_bytes()).collect();
    let sealed = Secrets::seal(&secrets, &body(), recipients.clone(), &mut rng(18)).unwrap();
    let sealed_by_hand = {
        let again = &mut rng(18);
        let mut wide = [0; 64];
        again.fill_bytes(&mut wide);
        let shared = curve25519_dalek::RistrettoPoint::from_uniform_bytes(&wide);
        let seal = naive::seal(&shared, &context, &raw, &draw_scalar(again), &draw_scalar(again));
        let key = naive::derive(&naive::pack(&shared), "concerted admission", &[&context]);
        let wrapped = naive::encrypt(&key, &[0; 24], b"", &secrets_by_hand(&secrets));
        let keys: Vec<Vec<u8>> = raw.iter().map(hand::bytes).collect();
        hand::kind(0, &[hand::array(&keys), seal_by_hand(&seal), hand::bytes(wrapped)])
    };
    let plain_by_hand = hand::kind(1, &[secrets_by_hand(&secrets)]);
    let cases =
        [("sealed", sealed, sealed_by_hand), ("plain", Secrets::Plain(secrets.clone()), plain_by_hand)];
    for (name, part, part_by_hand) in cases {
        let export = Export {
            body: body(),
            address: address(),
            relay_key: relay().relay_key(),
            entries: entries.to_vec(),
            receipts: vec![receipt],
            secrets: part,
        };
        let fields = [
            (1, "body", Some(hand::bytes(body().as_bytes()))),
            (2, "address", Some(hand::bytes(address().as_bytes()))),
            (3, "relay key", Some(hand::bytes(relay().relay_key().as_bytes()))),
            (4, "entries", Some(hand::array(&entries.iter().map(entry_by_hand).collect::<Vec<_>>()))),
            (5, "receipts", Some(hand::array(&[receipt_by_hand(&receipt)]))),
            (6, "secrets", Some(part_by_hand)),
        ];
        let mut file = MAGIC.to_vec();
        file.extend(hand::map(&fields));
        let digest = naive::hash("concerted export file", &[&file]);
        file.extend(digest);
        assert_eq!(hex(export.to_bytes()), hex(&file), "{name}");
        wire_map(&mut book, &format!("{name}, the part between"), &export, &fields);
        let filed = book.filed(name, "file").unwrap_or_else(|| file.clone());
        let read = Export::verify(&filed).unwrap();
        assert_eq!(read, export);
        assert_eq!(read.open(&privates[1]), Some(secrets.clone()));
        book.case(name)
            .list("private", privates.iter().map(Scalar::to_bytes))
            .bytes("magic", MAGIC)
            .bytes("hash", digest)
            .bytes("file", file);
    }
    book.close();
}

/// What several sections use: statements that devices sign outside records.
#[test]
fn statements() {
    let mut book = Book::open("statement", "What a device signs outside records: section 4.4.");
    let source = &mut rng(19);
    let seed: [u8; 32] = peek(source);
    let device = DeviceSecret::generate(source);
    let signature = device.sign_statement("concerted example", &[b"a", b"b"]);
    let digest = naive::hash("concerted example", &[b"a", b"b"]);
    assert_eq!(signature.0, naive::ed25519(&seed, &digest));
    let key = VerifyingKeyBytes::new(naive::ed25519_public(&seed));
    assert!(device::verify_statement(&key, "concerted example", &[b"a", b"b"], &signature));
    book.case("a statement of two parts")
        .bytes("signing_seed", seed)
        .bytes("digest", digest)
        .bytes("signature", signature.0);
    book.close();
}
