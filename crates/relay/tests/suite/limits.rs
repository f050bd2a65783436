//! The gate: noise is bounded, and nobody is locked out by another's.

use crate::support::{
    Driven, RETENTION_MS, address, announcement, append, create, item, long_item, posting, prefix, read,
    token,
};
use concerted_log::id::{MailboxId, Signature64};
use concerted_log::message::{
    Announce, Append, OpenMailbox, PutMail, Read, Refusal, Request, Response, TALK_RETENTION_MS_MAX,
};
use concerted_log::{Address, cbor};
use concerted_relay::limits::{Limits, Rate};
use concerted_relay::memory::MemoryStore;

fn relay() -> Driven<MemoryStore> {
    Driven::new(MemoryStore::new())
}

fn append_by(key: u8, number: u64) -> Request {
    Request::Append(Append::sign(address(1), vec![item(number)], None, None, &posting(key)))
}

fn announce_by(key: u8, epoch: u32, announced: u8) -> Request {
    Request::Announce(Announce::sign(address(1), announcement(epoch, announced), &posting(key)))
}

/// Adversary: a former member who holds the posting key of epoch 1 and has many
/// network addresses. Aim: silence the committee, which has gone on to epoch 2.
#[test]
fn a_flood_with_an_old_key_does_not_silence_the_newest() {
    let mut relay = relay();
    relay.done(create(1));
    relay.done(announce_by(1, 2, 2));
    let mut number = 0;
    let mut accepted = 0;
    for second in 0..20 {
        for _ in 0..1000 {
            number += 1;
            let from = prefix(number as u32 * 256);
            accepted += u32::from(relay.call_from(from, append_by(1, number)).is_ok());
        }
        for _ in 0..100 {
            number += 1;
            let result = relay.call_from(prefix(77), append_by(2, number));
            assert!(result.is_ok(), "second {second}: {result:?}");
        }
        relay.now_ms += 1000;
    }
    assert!(accepted < 10_000, "the flood was held back: {accepted} of 20,000 got in");
}

/// Adversary: the same, announcing keys of their own.
#[test]
fn ten_false_posting_keys_lock_nobody_out() {
    let mut relay = relay();
    relay.done(create(1));
    relay.done(announce_by(1, 2, 2));
    for false_key in 11..=20 {
        relay.done(announce_by(1, 9, false_key));
    }
    let mut number = 0;
    for _ in 0..10 {
        for flood in 0..1000 {
            number += 1;
            let _ = relay.call_from(prefix(number as u32 * 256), append_by(11 + (flood % 10) as u8, number));
        }
        for _ in 0..10 {
            number += 1;
            assert!(relay.call_from(prefix(77), append_by(2, number)).is_ok());
        }
        relay.now_ms += 1000;
    }
    let mut more = 0;
    for signer in [1].into_iter().chain(11..=20) {
        while relay.call_from(prefix(more * 256), announce_by(signer, 9, 100 + more as u8)).is_ok() {
            more += 1;
        }
    }
    assert!(more < 40, "{more} more false keys");
    relay.done(announce_by(2, 3, 3));
    relay.done(announce_by(2, 2, 2));
    assert!(relay.call(append_by(3, 1_000_000)).is_ok());
    assert!(relay.call(Request::Read(Read { token: token(3), ..read(1, 0) })).is_ok());
}

/// Adversary: someone who knows a posting key and not its secret.
#[test]
fn false_signatures_use_up_their_sender_not_the_key() {
    let relay = relay();
    relay.done(create(1));
    let mut false_append = Append::sign(address(1), vec![item(1)], None, None, &posting(1));
    false_append.signature = Signature64([1; 64]);
    let results: Vec<_> = (0..2000)
        .map(|_| relay.call_from(prefix(256), Request::Append(false_append.clone())).unwrap_err())
        .collect();
    assert_eq!(results[0], Refusal::Signature);
    assert!(matches!(results[1999], Refusal::Busy(ms) if ms > 0), "{:?}", results[1999]);
    assert!(relay.call_from(prefix(512), append(1, vec![item(1)])).is_ok());
}

#[test]
fn one_prefix_gets_its_burst_and_then_its_rate() {
    let mut relay = relay();
    relay.done(create(1));
    let mut busy = 0;
    let mut number = 0;
    let mut try_many = |relay: &Driven<MemoryStore>, count: u64| {
        let before = number;
        for _ in 0..count {
            match relay.call(append(1, vec![item(number)])) {
                Ok(_) => number += 1,
                Err(Refusal::Busy(_)) => busy += 1,
                Err(other) => panic!("{other}"),
            }
        }
        number - before
    };
    assert!(try_many(&relay, 4000) >= 3000, "a hall voting at once");
    relay.now_ms += 10_000;
    assert!(try_many(&relay, 3000) >= 3000, "300 a second after that");
    assert!(busy > 0);
}

#[test]
fn what_is_too_much_is_refused_with_the_limit() {
    let limits = Limits { entry_bytes_max: 1024, creates: Rate::per_hour(2), ..Limits::default() };
    let relay = Driven::with_limits(MemoryStore::new(), limits);
    relay.done(create(1));
    relay.done(create(2));
    assert!(matches!(relay.call(create(3)), Err(Refusal::Busy(ms)) if ms > 0 && ms <= 3_600_000));
    assert!(relay.call_from(prefix(9), create(3)).is_ok());
    relay.done(create(1));
    let items = (0..65).map(item).collect();
    assert_eq!(relay.call(append(1, items)), Err(Refusal::Limit(64)));
    assert_eq!(relay.call(append(1, vec![])), Err(Refusal::Malformed));
    assert_eq!(relay.call(append(1, vec![long_item(1)])), Err(Refusal::Limit(1024)));
    let long = concerted_log::message::Create::sign(
        address(4),
        announcement(1, 4),
        TALK_RETENTION_MS_MAX + 1,
        &posting(4),
    );
    assert_eq!(relay.call(Request::Create(long)), Err(Refusal::Limit(TALK_RETENTION_MS_MAX)));
    let open = |open_ms, card| {
        let mailbox = MailboxId::new([1; 32]);
        Request::OpenMailbox(OpenMailbox { mailbox, token: token(1).hash(), card, open_ms })
    };
    assert_eq!(relay.call(open(RETENTION_MS, vec![])), Err(Refusal::Limit(7 * 24 * 3_600_000)));
    assert_eq!(relay.call(open(1000, vec![0; 16 * 1024 + 1])), Err(Refusal::Limit(16 * 1024)));
    relay.done(open(1000, vec![]));
    let message = vec![0; 17 * 1024 + 1];
    let put = PutMail { mailbox: MailboxId::new([1; 32]), message };
    assert_eq!(relay.call(Request::PutMail(put)), Err(Refusal::Limit(17 * 1024)));
}

/// Adversary: someone who keeps putting messages into a mailbox they know.
#[test]
fn a_mailbox_flood_ends_at_its_rate_and_depth_and_leaves_others_alone() {
    let relay = relay();
    for seed in [1, 2] {
        let mailbox = MailboxId::new([seed; 32]);
        let open = OpenMailbox { mailbox, token: token(1).hash(), card: vec![], open_ms: 1_000_000 };
        relay.done(Request::OpenMailbox(open));
    }
    let put = |seed, number: u32| {
        let message = number.to_be_bytes().to_vec();
        Request::PutMail(PutMail { mailbox: MailboxId::new([seed; 32]), message })
    };
    let taken = (0..1000).filter(|number| relay.call_from(prefix(number * 256), put(1, *number)).is_ok());
    assert_eq!(taken.count(), 400);
    assert_eq!(relay.call(put(2, 1)), Ok(Response::Done));
}

/// Adversary: a flood from 100,000 networks to 100,000 places.
#[test]
fn the_gate_remembers_a_bounded_number() {
    let limits = Limits { remembered_max: 1000, ..Limits::default() };
    let relay = Driven::with_limits(MemoryStore::new(), limits);
    relay.done(create(1));
    for number in 0..100_000_u32 {
        let mut place = [0; 32];
        place[..4].copy_from_slice(&number.to_be_bytes());
        let read = Read { address: Address::new(place), ..read(1, 0) };
        let _ = relay.call_from(prefix(number * 256), Request::Read(read));
    }
    assert!(relay.relay.gate_remembered() <= 20 * 2000, "{}", relay.relay.gate_remembered());
    assert!(relay.call(append(1, vec![item(1)])).is_ok());
}

/// The announcement in an append counts as one.
#[test]
fn announcements_are_bounded_also_within_appends() {
    let relay = relay();
    relay.done(create(1));
    let results: Vec<_> = (0..40_u8)
        .map(|number| {
            let announced = Some(announcement(2, 100 + number));
            let append = Append::sign(address(1), vec![item(number.into())], None, announced, &posting(1));
            relay.call(Request::Append(append))
        })
        .collect();
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(accepted, 12);
    assert!(matches!(results[39], Err(Refusal::Busy(_))));
    assert!(relay.call(append(1, vec![item(999)])).is_ok(), "appending alone goes on");
    assert_eq!(relay.call(announce_by(1, 1, 1)), Ok(Response::Done), "so does renewing");
}

#[test]
fn requests_survive_encoding() {
    for request in [create(1), append(1, vec![item(1)]), announce_by(1, 2, 2)] {
        assert_eq!(cbor::decode::<Request>(&cbor::encode(&request), 1 << 20), Ok(request));
    }
}
