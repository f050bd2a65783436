//! Founding: for a first record.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::body::{Body, Happening, Opened};
use concerted_assembly::content::{Content, RULES_VERSION};
use concerted_assembly::period::Period;
use concerted_assembly::rule::Rule;
use concerted_assembly::share::{Share, Threshold};
use concerted_assembly::template::Template;
use concerted_log::device::DeviceSecret;
use concerted_log::entry::{ExpiryClass, Head, Lane};
use concerted_log::id::{Address, PointBytes};

/// Founds with what `change` does to an otherwise good genesis.
fn found(change: impl Fn(&mut Founding)) -> Result<Body, Rule> {
    let mut founding = Founding::new(Template::SmallWorkplace.bylaws(), &mut rng(1));
    change(&mut founding);
    found_from(&founding, &founding.bytes(), GENESIS_LANE)
}

fn found_from(founding: &Founding, bytes: &[u8], lane: Lane) -> Result<Body, Rule> {
    let (meta, _) = meta_after(&Head::empty(&Address::new([0; 32])), START_MS, lane, bytes);
    Body::found(&founding.id(), &meta, Opened::Record(bytes)).map(|(body, applied)| {
        assert_eq!(applied.happened, [Happening::Founded]);
        body
    })
}

/// R-011 passes: the founder is a member with one device that holds the keys.
#[test]
fn a_body_is_founded() {
    let body = found(|_| ()).unwrap();
    assert_eq!((body.roster().len(), body.applied()), (1, 1));
    let (id, device) = body.roster().devices().next().unwrap();
    assert!(device.arrived && device.added_by.is_none());
    assert!(body.epoch().has_sealed(&device.sealing));
    assert_eq!(body.next_counter(id), 2);
    assert_eq!(body.rules_version(), RULES_VERSION);
}

/// Each change to a good genesis voids it by one rule.
#[test]
fn a_genesis_that_is_not_right_founds_nothing() {
    type Change = fn(&mut Founding);
    let cases: [(&str, Rule, Change); 13] = [
        ("names a body (R-011)", Rule::GenesisFirst, |f| f.record.body = Some(f.id())),
        ("names a head (R-011)", Rule::GenesisFirst, |f| {
            f.record.seen = Some(World::new(9).seen());
        }),
        ("is another kind (R-011)", Rule::GenesisFirst, |f| f.record.content = Content::Tick.to_bytes()),
        ("is of an unknown kind (R-009)", Rule::Known, |f| f.record.content = vec![0x82, 0x18, 99, 0x80]),
        ("is of another version (R-009)", Rule::Known, |f| f.record.rules_version += 1),
        ("a card for another salt (R-011)", Rule::GenesisFirst, |f| {
            f.genesis.card = Phone::new(&[0; 32], &mut rng(2)).card;
            f.resume();
        }),
        ("another author than the card (R-011)", Rule::GenesisFirst, |f| {
            f.record.author = DeviceSecret::generate(&mut rng(3)).id();
        }),
        ("signed with another key (R-006)", Rule::Signed, |f| {
            f.phone.secret = DeviceSecret::generate(&mut rng(4));
        }),
        ("no vouches (R-012)", Rule::Floors, |f| {
            f.genesis.bylaws.admission.vouches_while_small = 0;
            f.resume();
        }),
        ("half is no majority (R-012)", Rule::Floors, |f| {
            f.genesis.bylaws.motions.majority.threshold = "at least 1/2".parse::<Threshold>().unwrap();
            f.resume();
        }),
        ("one of three is no quorum (R-012)", Rule::Floors, |f| {
            f.genesis.bylaws.meetings.quorum_least = 1;
            f.genesis.bylaws.meetings.quorum = Share::new(1, 3);
            f.resume();
        }),
        ("a share of zero parts (R-012)", Rule::Floors, |f| {
            f.genesis.bylaws.admission.growth = Share::new(0, 0);
            f.resume();
        }),
        ("a period of nothing (R-012)", Rule::Floors, |f| {
            f.genesis.bylaws.keys.rekey_every = Period::hours(0);
            f.resume();
        }),
    ];
    for (case, rule, change) in cases {
        assert_eq!(found(change).map(|_| ()), Err(rule), "{case}");
    }
    assert!(found(|_| ()).is_ok());
}

/// bytes that are no record, and a name that is none.
#[test]
fn a_genesis_that_cannot_be_read_founds_nothing() {
    let mut founding = Founding::new(Template::SmallWorkplace.bylaws(), &mut rng(1));
    let good = founding.bytes();
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        let result = found_from(&founding, &good[..length], GENESIS_LANE);
        assert_eq!(result.map(|_| ()), Err(Rule::Form), "{length} bytes");
    }
    let content = founding.record.content.clone();
    let at = content.windows(7).position(|window| window == b"Depot 4").unwrap();
    founding.record.content[at..at + 7].copy_from_slice(b"Depot\n4");
    assert_eq!(found_from(&founding, &founding.bytes(), GENESIS_LANE).map(|_| ()), Err(Rule::NameForm));
}

/// Adversary: a founder whose card uses one key twice, so that keys would
/// not be unique from the first record on.
#[test]
fn a_founders_keys_differ() {
    let result = found(|f| {
        let context = concerted_assembly::content::Genesis::context(&f.genesis.salt);
        let talk = concerted_log::device::TalkSecretKey::generate(&mut rng(5));
        // The sealing key as talk key: the only scalar a test can set is the talk
        // key's, so decode one from the device's own stored form.
        let stored = concerted_log::cbor::encode(&f.phone.secret);
        let scalar = &stored[stored.len() - 34..];
        let same = concerted_log::cbor::decode(scalar, 64).unwrap_or(talk);
        f.genesis.card = f.phone.secret.card(&context, &same, &mut rng(6));
        assert_eq!(f.genesis.card.talk, f.genesis.card.sealing);
        f.resume();
    });
    assert_eq!(result.map(|_| ()), Err(Rule::GenesisFirst));
}

/// genesis stands first, in the first epoch, in the record lane, under the id
/// that is its own hash; and what does not open founds nothing.
#[test]
fn genesis_has_one_place() {
    let founding = Founding::new(Template::SmallWorkplace.bylaws(), &mut rng(1));
    let other = Founding::new(Template::SmallWorkplace.bylaws(), &mut rng(2));
    let bytes = founding.bytes();
    for place in [lane(2, ExpiryClass::Never), lane(1, ExpiryClass::Talk)] {
        assert_eq!(found_from(&founding, &bytes, place).map(|_| ()), Err(Rule::GenesisFirst));
    }
    assert_eq!(found_from(&other, &bytes, GENESIS_LANE).map(|_| ()), Err(Rule::GenesisFirst));
    let (first, head) = meta_after(&Head::empty(&Address::new([0; 32])), START_MS, GENESIS_LANE, &bytes);
    let (second, _) = meta_after(&head, START_MS, GENESIS_LANE, &bytes);
    let at = |meta, opened| Body::found(&founding.id(), meta, opened).map(|_| ());
    assert_eq!(at(&second, Opened::Record(&bytes)), Err(Rule::GenesisFirst));
    assert_eq!(at(&first, Opened::Unopenable), Err(Rule::Opens));
    assert_eq!(at(&first, Opened::Absent), Err(Rule::Opens));
    assert_eq!(at(&first, Opened::Record(&bytes)), Ok(()));
}

/// Adversary: a member who founds the body a second time, in its own log.
#[test]
fn a_second_genesis_is_void() {
    let mut world = World::new(1);
    let first = world.log[0].bytes.clone();
    assert_eq!(world.put_raw(GENESIS_LANE, first), concerted_assembly::Outcome::Void(Rule::GenesisFirst));
    let ada = world.ada();
    let genesis = Founding::new(Template::Club.bylaws(), &mut rng(3)).genesis;
    world.void(&ada.phone, &Content::Genesis(Box::new(genesis)), Rule::GenesisFirst);
    assert_eq!(world.body.bylaws(), &Template::SmallWorkplace.bylaws());
}

/// R-012 passes for every template.
#[test]
fn every_template_founds() {
    for template in Template::ALL {
        let world = World::with_bylaws(1, template.bylaws());
        assert_eq!(world.body.bylaws(), &template.bylaws(), "{template}");
    }
}

/// once, and only by someone who has none.
#[test]
fn a_founder_sets_the_recovery_key_once() {
    let mut world = World::bare(1, Template::SmallWorkplace.bylaws());
    let ada = world.ada();
    let key = ada.words.root().recovery_key(&world.id());
    world.ok(&ada.phone, &Content::Recovery(key));
    assert_eq!(world.body.roster().member(&ada.id).unwrap().recovery, Some(key));
    let other = PointBytes::new(*ada.phone.talk.public().as_bytes());
    world.void(&ada.phone, &Content::Recovery(other), Rule::RecoveryOnce);
    let bo = world.join("Bo");
    world.void(&bo.phone, &Content::Recovery(key), Rule::RecoveryOnce);
}

/// Adversary: a founder who sets a key that nothing can be sealed to, or one
/// that is another's: then no rekey could be made any more.
#[test]
fn a_recovery_key_is_a_key_of_ones_own() {
    let mut world = World::bare(1, Template::SmallWorkplace.bylaws());
    let ada = world.ada();
    let applicant = world.ask("Bo");
    let unusable = [[0; 32], [0xff; 32]].map(PointBytes::new);
    let used = [ada.phone.card.sealing, applicant.words.root().recovery_key(&world.id())];
    for key in unusable.into_iter().chain(used) {
        world.void(&ada.phone, &Content::Recovery(key), Rule::RecoveryOnce);
    }
}
