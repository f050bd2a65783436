//! The talk lane. That talk never changes the state is checked at
//! every entry of these tests by the world itself.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::Outcome;
use concerted_assembly::body::Opened;
use concerted_assembly::content::{Content, TalkKey, TalkSecret};
use concerted_assembly::rule::Rule;
use concerted_assembly::talk_lane::{SECRETS_STARTED_MAX, TALK_BYTES_MAX, TALK_KEYS_MAX};
use concerted_log::entry::ExpiryClass;
use concerted_log::id::{PointBytes, Signature64};
use concerted_log::seal::Shared;

fn content(secret: TalkSecret) -> Content {
    Content::TalkSecret(Box::new(secret))
}

/// by its own device, with a proof, for a later week, not far ahead.
#[test]
fn a_talk_key_is_proven_and_later() {
    let mut world = World::of(1, 2);
    let (ada, bo) = (world.ada(), world.person(1));
    let week = world.week();
    let (key, _) = world.talk_key(&ada.phone, week);
    let (bos, _) = world.talk_key(&bo.phone, week);
    let (far, _) = world.talk_key(&ada.phone, week + 2);
    let (for_ever, _) = world.talk_key(&ada.phone, u64::MAX);
    let other = PointBytes::new(*bo.phone.talk.public().as_bytes());
    let cases = [
        ("another's", bos),
        ("no proof", TalkKey { proof: Signature64([0; 64]), ..key.clone() }),
        ("another key than proven", TalkKey { key: other, ..key.clone() }),
        ("another week than proven", TalkKey { week: week - 1, ..key.clone() }),
        ("no key", TalkKey { key: PointBytes::new([0; 32]), ..key.clone() }),
        ("the week after next", far),
        ("for ever", for_ever),
    ];
    for (case, key) in cases {
        let foretold = world.body.would_accept(&ada.phone.id(), &Content::TalkKey(key.clone()), world.now_ms);
        assert_eq!(foretold, Err(Rule::TalkKeyProof), "{case}");
        world.void(&ada.phone, &Content::TalkKey(key), Rule::TalkKeyProof);
    }
    let first = world.body.talk().key_of(&ada.phone.id(), world.body.roster());
    assert_eq!(first, Some(ada.phone.talk.public()));
    world.ok(&ada.phone, &Content::TalkKey(key.clone()));
    assert_eq!(world.body.talk().key_of(&ada.phone.id(), world.body.roster()), Some(key.key));
    assert_eq!(world.body.talk().key_week(&ada.phone.id()), Some(week));
    world.void(&ada.phone, &Content::TalkKey(key), Rule::TalkKeyProof);
    let (next, _) = world.talk_key(&ada.phone, week + 1);
    world.ok(&ada.phone, &Content::TalkKey(next));
    let (again, _) = world.talk_key(&ada.phone, week);
    world.void(&ada.phone, &Content::TalkKey(again), Rule::TalkKeyProof);
}

/// to announced keys of members' devices, proven like any seal.
#[test]
fn a_talk_secret_fits_its_recipients() {
    let mut world = World::of(1, 3);
    let (ada, gone) = (world.ada(), world.person(2));
    world.ok(&gone.phone, &Content::Leave);
    let stranger = world.outsider("Eve");
    let week = world.week();
    let all = world.body.talk().uncovered(None, world.body.roster());
    assert_eq!(all.len(), 2);
    let own = (ada.phone.id(), ada.phone.talk.public());
    let with = |phone: &Phone| vec![own, (phone.id(), phone.talk.public())];
    let unknown_key = vec![(ada.phone.id(), stranger.phone.talk.public())];
    let (good, _) = world.talk_secret(week, &all);
    let (other, _) = world.talk_secret(week, &all);
    let mut shorter = good.clone();
    shorter.devices.pop();
    let mut swapped = good.clone();
    swapped.devices.reverse();
    let cases: Vec<(&str, TalkSecret)> = vec![
        ("one who left", world.talk_secret(week, &with(&gone.phone)).0),
        ("a stranger", world.talk_secret(week, &with(&stranger.phone)).0),
        ("a key its device never announced", world.talk_secret(week, &unknown_key).0),
        ("fewer devices than keys", shorter),
        ("devices in another order than their keys", swapped),
        ("nobody", TalkSecret { devices: Vec::new(), keys: Vec::new(), ..good.clone() }),
        ("another week than sealed", TalkSecret { week: week + 1, ..good.clone() }),
        ("another's seal", TalkSecret { seal: other.seal, ..good.clone() }),
        ("two weeks ago", world.talk_secret(week - 2, &all).0),
        ("in two weeks", world.talk_secret(week + 2, &all).0),
        ("at the end of time", world.talk_secret(u64::MAX, &all).0),
    ];
    for (case, secret) in cases {
        let foretold = world.body.would_accept(&ada.phone.id(), &content(secret.clone()), world.now_ms);
        assert_eq!(foretold, Err(Rule::TalkSeal), "{case}");
        world.void(&ada.phone, &content(secret), Rule::TalkSeal);
    }
    world.ok(&ada.phone, &content(good));
}

/// Who came later is added to a secret; a removal asks for a new one.
#[test]
fn a_talk_secret_covers_devices_as_they_come() {
    let mut world = World::of(1, 2);
    let (ada, bo) = (world.ada(), world.person(1));
    let week = world.week();
    let (secret, shared) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(secret.clone()));
    let cyn = world.join("Cyn");
    let current =
        |world: &World| world.body.talk().current_secret(week, world.body.removed_at()).map(|c| c.0);
    assert_eq!(current(&world), Some(secret.id));
    let (_, known) = world.body.talk().current_secret(week, 0).unwrap();
    let missing = world.body.talk().uncovered(Some(known), world.body.roster());
    assert_eq!(missing, [(cyn.phone.id(), cyn.phone.card.talk)]);
    let context = concerted_log::talk::talk_seal_context(&world.id(), &secret.id, week);
    let keys = vec![cyn.phone.card.talk];
    let seal = concerted_log::seal::Seal::new(&shared, &context, &keys, &mut world.rng).unwrap();
    let more = TalkSecret { devices: vec![cyn.phone.id()], keys, seal, ..secret.clone() };
    // The same secret is of the same week.
    world.void(&bo.phone, &content(TalkSecret { week: week + 1, ..more.clone() }), Rule::TalkSeal);
    world.ok(&bo.phone, &content(more));
    let (_, known) = world.body.talk().current_secret(week, 0).unwrap();
    assert!(world.body.talk().uncovered(Some(known), world.body.roster()).is_empty());
    // A device that has the secret keeps it when it renews its key.
    let (key, _) = world.talk_key(&cyn.phone, week);
    world.ok(&cyn.phone, &Content::TalkKey(key));
    let (_, known) = world.body.talk().current_secret(week, 0).unwrap();
    assert!(world.body.talk().uncovered(Some(known), world.body.roster()).is_empty());
    world.ok(&bo.phone, &Content::Leave);
    assert_eq!(current(&world), None);
    let (fresh, _) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(fresh.clone()));
    assert_eq!(current(&world), Some(fresh.id));
}

/// A seal to a key that its device has since renewed is no fault: it was on its way.
#[test]
fn a_slightly_older_key_is_no_fault() {
    let mut world = World::of(1, 2);
    let (ada, bo) = (world.ada(), world.person(1));
    let week = world.week();
    let (old, _) = world.talk_key(&bo.phone, week);
    world.ok(&bo.phone, &Content::TalkKey(old.clone()));
    let (secret, _) = world.talk_secret_for_all();
    let (new, _) = world.talk_key(&bo.phone, week + 1);
    world.ok(&bo.phone, &Content::TalkKey(new));
    world.ok(&ada.phone, &content(secret));
}

/// bounded, and under a secret that is in the log.
#[test]
fn a_text_is_short_and_under_a_known_secret() {
    let mut world = World::of(1, 2);
    let ada = world.ada();
    let (secret, shared) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(secret));
    let text = world.saying(0, &shared);
    let around = text.to_bytes().len() + 2;
    let fits = world.saying(TALK_BYTES_MAX - around, &shared);
    assert_eq!(fits.to_bytes().len(), TALK_BYTES_MAX);
    world.ok(&ada.phone, &fits);
    let long = world.saying(TALK_BYTES_MAX - around + 1, &shared);
    world.void(&ada.phone, &long, Rule::TalkLength);
    let other = Shared::random(&mut world.rng);
    let unknown = world.saying(5, &other);
    world.void(&ada.phone, &unknown, Rule::TalkLength);
    world.body.talk_mut().forget_before(u64::MAX);
    let forgotten = world.saying(5, &shared);
    world.void(&ada.phone, &forgotten, Rule::TalkLength);
}

/// Adversary: one who left, or a stranger with the epoch's keys, who talks on.
#[test]
fn only_members_talk() {
    let mut world = World::of(1, 3);
    let (ada, gone) = (world.ada(), world.person(1));
    let (secret, shared) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(secret.clone()));
    world.ok(&gone.phone, &Content::Leave);
    let stranger = world.outsider("Eve");
    for phone in [&gone.phone, &stranger.phone] {
        let text = world.saying(5, &shared);
        world.void(phone, &text, Rule::CurrentDevice);
        world.void(phone, &content(secret.clone()), Rule::CurrentDevice);
        let (key, _) = world.talk_key(phone, world.week());
        world.void(phone, &Content::TalkKey(key), Rule::CurrentDevice);
    }
}

/// R-007 in this lane: a counter of its own. Adversary: a member who says a
/// colleague's words once more.
#[test]
fn talk_has_counters_of_its_own() {
    let mut world = World::of(1, 2);
    let ada = world.ada();
    let (secret, shared) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(secret));
    let text = world.saying(5, &shared);
    let draft = world.draft(&ada.phone, &text);
    assert_eq!(draft.record.counter, 2);
    assert_eq!(world.put(&draft), Outcome::Accepted);
    world.put_void(&draft, Rule::CounterGrows);
}

/// Adversary: a member who fills the memory of everyone's devices. What one device
/// can begin is bounded, and old keys are forgotten.
#[test]
fn what_a_device_can_leave_behind_is_bounded() {
    let mut world = World::of(1, 2);
    let (ada, bo) = (world.ada(), world.person(1));
    for _ in 0..SECRETS_STARTED_MAX {
        let (secret, _) = world.talk_secret_for_all();
        world.ok(&ada.phone, &content(secret));
    }
    let (secret, _) = world.talk_secret_for_all();
    world.void(&ada.phone, &content(secret.clone()), Rule::TalkSeal);
    world.ok(&bo.phone, &content(secret));
    let (oldest, _) = world.talk_key(&ada.phone, 1);
    world.ok(&ada.phone, &Content::TalkKey(oldest.clone()));
    let week = world.week();
    let to_oldest = [(ada.phone.id(), oldest.key)];
    for week in 2..2 + u64::try_from(TALK_KEYS_MAX).unwrap() {
        let (secret, _) = world.talk_secret(world.week(), &to_oldest);
        world.ok(&bo.phone, &content(secret));
        let (key, _) = world.talk_key(&ada.phone, week);
        world.ok(&ada.phone, &Content::TalkKey(key));
    }
    let (secret, _) = world.talk_secret(week, &to_oldest);
    world.void(&bo.phone, &content(secret), Rule::TalkSeal);
}

/// What stands in a talk entry, and whether it is still there, makes no difference
/// to the state: devices that were asleep agree with those that were not.
#[test]
fn expired_talk_leaves_the_same_state() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    let (secret, shared) = world.talk_secret_for_all();
    world.ok(&ada.phone, &content(secret));
    let text = world.saying(5, &shared);
    world.ok(&bo.phone, &text);
    world.ok(&bo.phone, &Content::Leave);
    world.begin_epoch(&ada.phone);
    let text = world.saying(5, &shared);
    world.ok(&ada.phone, &text);
    world.ok(&ada.phone, &Content::Nickname(name("Ada L")));
    for instead in [Opened::Absent, Opened::Unopenable, Opened::Record(b"junk")] {
        let mut body = world.replay()[0].clone();
        for put in &world.log[1..] {
            let is_talk = put.meta.lane.class == ExpiryClass::Talk;
            body.apply(&put.meta, if is_talk { instead } else { put.opened() }).unwrap();
        }
        assert_eq!(body.state_hash(), world.body.state_hash());
    }
}
