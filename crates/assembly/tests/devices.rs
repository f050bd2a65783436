//! Devices lost, stolen, added and revoked.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::body::Happening;
use concerted_assembly::content::{AddDevice, Content, Defend, ReplaceDevices};
use concerted_assembly::device_change::{ACCUSATION_OPEN_MS, OBJECTOR_AGE_MS};
use concerted_assembly::rekeying::Owed;
use concerted_assembly::roster::DEVICES_MAX;
use concerted_assembly::rule::Rule;
use concerted_log::DeviceId;
use concerted_log::entry::Sequence;
use concerted_log::id::Signature64;

const WAIT: u64 = 72 * HOUR;

fn has(world: &World, phone: &Phone) -> bool {
    world.body.roster().device(&phone.id()).is_some()
}

/// Two members ask that the device be revoked.
fn accuse(world: &mut World, device: DeviceId, by: [usize; 2]) {
    for index in by {
        let member = world.person(index);
        world.ok(&member.phone, &Content::Accuse(device));
    }
}

/// pass: from an old device, and with the words from the new one.
#[test]
fn devices_are_added() {
    let mut world = World::new(1);
    let ada = world.ada();
    let (second, third) = (world.new_phone(), world.new_phone());
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    assert_eq!(world.body.roster().device(&second.id()).unwrap().added_by, Some(ada.phone.id()));
    let add = world.add_with_words(&ada, &third);
    world.ok(&third, &add);
    assert_eq!(world.body.roster().device(&third.id()).unwrap().added_by, None);
    assert_eq!(world.body.roster().devices_of(&ada.id).count(), 3);
    assert_eq!(world.body.next_counter(&third.id()), 2);
    world.ok(&third, &Content::Nickname(name("Ada L")));
}

/// Adversaries: a member who takes in keys they do not hold, or that were in
/// use; among them an applicant's, whose card stands in the log for all to copy.
#[test]
fn a_new_device_proves_fresh_keys() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let applicant = world.ask("Cyn");
    let foreign = Phone::new(World::new(2).id().as_bytes(), &mut rng(50));
    let mut mixed = world.new_phone();
    mixed.card.sealing = world.new_phone().card.sealing;
    for phone in [&ada.phone, &bo.phone, &applicant.phone, &foreign, &mixed] {
        let add = world.add(&ada, phone);
        world.void(&ada.phone, &add, Rule::DeviceProofs);
        let add = world.add_with_words(&ada, phone);
        world.void(&ada.phone, &add, Rule::DeviceProofs);
        let keep = [ada.phone.id()];
        let replace = world.replace(&ada, &keep, Some(phone), &ada.phone);
        world.void(&ada.phone, &replace, Rule::DeviceProofs);
    }
    world.ok(&ada.phone, &Content::Vouch(applicant.id));
    assert_eq!(world.body.roster().owner(&applicant.phone.id()), Some(applicant.id));
}

/// Adversary: a thief who brings back a device that was removed.
#[test]
fn a_removed_device_does_not_come_back() {
    let mut world = World::new(1);
    let ada = world.ada();
    let new = world.new_phone();
    let replace = world.replace(&ada, &[], Some(&new), &new);
    world.ok(&new, &replace);
    let add = world.add(&ada, &ada.phone);
    world.void(&new, &add, Rule::DeviceProofs);
    let add = world.add_with_words(&ada, &ada.phone);
    world.void(&new, &add, Rule::DeviceProofs);
}

/// Adversary: whoever has a phone but not the words.
#[test]
fn the_words_are_asked_for() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let (new, other) = (world.new_phone(), world.new_phone());
    // Bo adds a device to Ada, without words and with his own.
    let add = world.add(&ada, &new);
    world.void(&bo.phone, &add, Rule::RecoverySigned);
    let statement = AddDevice::statement(&world.id(), &ada.id, &new.card);
    let recovery = Some(world.with_words(&bo, &statement));
    let forged = AddDevice { member: ada.id, card: new.card.clone(), recovery };
    world.void(&new, &Content::AddDevice(Box::new(forged)), Rule::RecoverySigned);
    // Ada's own signature, but for another card or another body.
    let Content::AddDevice(mut moved) = world.add_with_words(&ada, &other) else { panic!() };
    moved.card = new.card.clone();
    world.void(&new, &Content::AddDevice(moved), Rule::RecoverySigned);
    let statement = AddDevice::statement(&World::new(2).id(), &ada.id, &new.card);
    let recovery = Some(world.with_words(&ada, &statement));
    let moved = AddDevice { member: ada.id, card: new.card.clone(), recovery };
    world.void(&new, &Content::AddDevice(Box::new(moved)), Rule::RecoverySigned);
    // The same for replacements.
    let forged = ReplaceDevices {
        member: ada.id,
        keep: vec![ada.phone.id()],
        card: None,
        recovery: Signature64([0; 64]),
    };
    world.void(&ada.phone, &Content::ReplaceDevices(Box::new(forged)), Rule::RecoverySigned);
    let replace = world.replace(&bo, &[], Some(&new), &new);
    let Content::ReplaceDevices(mut turned) = replace else { panic!() };
    turned.member = ada.id;
    world.void(&new, &Content::ReplaceDevices(turned), Rule::RecoverySigned);
    assert_eq!(world.body.roster().devices().count(), 2);
}

/// Adversary: a relay or member who plays an old replacement again: it is
/// bound to its author's counter.
#[test]
fn a_replacement_works_once() {
    let mut world = World::new(1);
    let ada = world.ada();
    let second = world.new_phone();
    let keep_first = world.replace(&ada, &[ada.phone.id()], None, &ada.phone);
    world.ok(&ada.phone, &keep_first);
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    world.void(&ada.phone, &keep_first, Rule::RecoverySigned);
    assert!(has(&world, &second));
}

/// Adversary: a thief who uses up the owner's device changes. The fourth in
/// 24 hours is void; the words are not bound by that.
#[test]
fn three_changes_a_day_without_the_words() {
    let mut world = World::new(1);
    let ada = world.ada();
    for _ in 0..3 {
        let phone = world.new_phone();
        let add = world.add(&ada, &phone);
        world.ok(&ada.phone, &add);
        world.later(HOUR);
    }
    let phone = world.new_phone();
    let add = world.add(&ada, &phone);
    world.void(&ada.phone, &add, Rule::DeviceChanges);
    let with_words = world.new_phone();
    let add_with_words = world.add_with_words(&ada, &with_words);
    world.ok(&with_words, &add_with_words);
    world.later(21 * HOUR - 1);
    world.void(&ada.phone, &add, Rule::DeviceChanges);
    world.later(1);
    world.ok(&ada.phone, &add);
}

/// eight, however they come.
#[test]
fn devices_are_bounded() {
    let mut world = World::new(1);
    let ada = world.ada();
    for _ in 1..DEVICES_MAX {
        let phone = world.new_phone();
        let add = world.add_with_words(&ada, &phone);
        world.ok(&phone, &add);
    }
    let phone = world.new_phone();
    let add = world.add(&ada, &phone);
    world.void(&ada.phone, &add, Rule::DeviceBound);
    let add = world.add_with_words(&ada, &phone);
    world.void(&phone, &add, Rule::DeviceBound);
    let all: Vec<DeviceId> = world.body.roster().devices().map(|(id, _)| *id).collect();
    let replace = world.replace(&ada, &all, Some(&phone), &ada.phone);
    world.void(&ada.phone, &replace, Rule::DeviceBound);
    let replace = world.replace(&ada, &all[1..], Some(&phone), &phone);
    world.ok(&phone, &replace);
    assert_eq!(world.body.roster().devices().count(), DEVICES_MAX);
}

/// only own devices, each once, and one that stays must sign.
#[test]
fn a_replacement_keeps_own_devices() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let (second, new) = (world.new_phone(), world.new_phone());
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    let (first, other) = (ada.phone.id(), second.id());
    let cases: [(&str, Vec<DeviceId>, Option<&Phone>, &Phone); 6] = [
        ("another's device", vec![first, bo.phone.id()], None, &ada.phone),
        ("an unknown device", vec![first, DeviceId::new([0; 32])], None, &ada.phone),
        ("one device twice", vec![first, first], None, &ada.phone),
        ("nothing", vec![], None, &ada.phone),
        ("not the author", vec![other], None, &ada.phone),
        ("not the author, but a new one", vec![], Some(&new), &ada.phone),
    ];
    for (case, keep, card, author) in cases {
        let replace = world.replace(&ada, &keep, card, author);
        let foretold = world.body.would_accept(&author.id(), &replace, world.now_ms);
        assert_eq!(foretold, Err(Rule::KeepOwn), "{case}");
        world.void(author, &replace, Rule::KeepOwn);
    }
    let replace = world.replace(&ada, &[other], None, &second);
    world.ok(&second, &replace);
    assert!(!has(&world, &ada.phone) && has(&world, &second) && has(&world, &bo.phone));
}

/// The story of a stolen phone. Adversary: a thief with a member's only phone, who
/// adds a device of their own and posts. With the words, one record removes both;
/// nothing they post counts any more, and the next rekey seals nothing to them.
#[test]
fn a_thief_is_cut_off_with_the_words() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let stolen = ada.phone.clone();
    let thiefs = world.new_phone();
    let add = world.add(&ada, &thiefs);
    world.ok(&stolen, &add);
    world.ok(&thiefs, &Content::Nickname(name("Ada?")));

    let new = world.new_phone();
    let replace = world.replace(&ada, &[], Some(&new), &new);
    world.ok(&new, &replace);
    assert_eq!(world.body.epoch().owed(world.now_ms, u64::MAX), Some(Owed::Device));
    assert_eq!(world.body.removed_at(), world.head().count);
    for phone in [&stolen, &thiefs] {
        world.void(phone, &Content::Nickname(name("Mine")), Rule::CurrentDevice);
        let another = world.new_phone();
        let add = world.add(&ada, &another);
        world.void(phone, &add, Rule::CurrentDevice);
        let defend = world.defend(&ada, phone.id(), false);
        world.void(phone, &defend, Rule::CurrentDevice);
        let (key, _) = world.talk_key(phone, world.week());
        world.void(phone, &Content::TalkKey(key), Rule::CurrentDevice);
    }
    let recipients = world.body.epoch().recipients_at(world.head().count).unwrap();
    assert!(!recipients.contains(&stolen.card.sealing) && !recipients.contains(&thiefs.card.sealing));
    assert!(recipients.contains(&new.card.sealing));
    world.begin_epoch(&new);
    assert!(world.body.epoch().has_sealed(&new.card.sealing));
    assert!(!world.body.epoch().has_sealed(&stolen.card.sealing));
}

/// members of other devices, once each, and the device must be there.
#[test]
fn a_member_accuses_anothers_device_once() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    world.void(&ada.phone, &Content::Accuse(DeviceId::new([0; 32])), Rule::AccuseOther);
    world.void(&ada.phone, &Content::Accuse(ada.phone.id()), Rule::AccuseOther);
    world.ok(&ada.phone, &Content::Accuse(bo.phone.id()));
    world.void(&ada.phone, &Content::Accuse(bo.phone.id()), Rule::AccuseOther);
}

/// Adversary: a thief with one of the owner's phones accusing the other, even
/// from two devices: it takes two other members.
#[test]
fn a_thief_cannot_accuse_the_owners_device() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let (stolen, thiefs) = (world.new_phone(), world.new_phone());
    let add = world.add_with_words(&ada, &stolen);
    world.ok(&stolen, &add);
    let add = world.add(&ada, &thiefs);
    world.ok(&stolen, &add);
    for phone in [&stolen, &thiefs] {
        world.void(phone, &Content::Accuse(ada.phone.id()), Rule::AccuseOther);
    }
    // Nor do two devices of one other member suffice.
    let bo = world.person(1);
    let second = world.new_phone();
    let add = world.add(&bo, &second);
    world.ok(&bo.phone, &add);
    world.ok(&bo.phone, &Content::Accuse(ada.phone.id()));
    world.void(&second, &Content::Accuse(ada.phone.id()), Rule::AccuseOther);
    world.later(WAIT + DAY);
    world.settle();
    assert!(has(&world, &ada.phone));
}

/// Two members ask, 72 hours pass without objection: the device falls, with what it
/// added. Its member stays a member, and comes back with the words.
#[test]
fn two_members_revoke_a_device() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let (child, grandchild) = (world.new_phone(), world.new_phone());
    for (by, phone) in [(&ada.phone, &child), (&child, &grandchild)] {
        let add = world.add(&ada, phone);
        world.ok(by, &add);
    }
    accuse(&mut world, ada.phone.id(), [1, 2]);
    assert_eq!(world.last.as_ref().unwrap().happened, [Happening::Accused(ada.phone.id())]);
    world.later(WAIT);
    world.settle();
    assert!(has(&world, &ada.phone));
    world.later(1);
    assert!(world.body.is_due(world.now_ms));
    let bo = world.person(1);
    world.ok(&bo.phone, &Content::Tick);
    for phone in [&ada.phone, &child, &grandchild] {
        assert!(!has(&world, phone));
    }
    assert!(world.body.accusations().iter().next().is_none());
    assert_eq!(world.body.epoch().owed(world.now_ms, u64::MAX), Some(Owed::Device));
    assert_eq!(world.body.roster().len(), 3);
    world.begin_epoch(&bo.phone);
    let recovery = world.body.roster().member(&ada.id).unwrap().recovery.unwrap();
    assert!(world.body.epoch().has_sealed(&recovery), "the words still open what follows");
    let new = world.new_phone();
    let add = world.add_with_words(&ada, &new);
    world.ok(&new, &add);
}

/// Only what descends from the accused device falls with it.
#[test]
fn devices_that_came_with_the_words_stay() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let own = world.new_phone();
    let add = world.add_with_words(&ada, &own);
    world.ok(&own, &add);
    accuse(&mut world, ada.phone.id(), [1, 2]);
    world.later(WAIT + 1);
    world.settle();
    assert!(!has(&world, &ada.phone) && has(&world, &own));
}

/// R-045 passes: the owner objects with the words; or from a device that is 7 days
/// old and not of the accused one's making.
#[test]
fn owners_object() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    accuse(&mut world, ada.phone.id(), [1, 2]);
    let mut with_words = world.clone();
    let defend = with_words.defend(&ada, ada.phone.id(), true);
    with_words.ok(&ada.phone, &defend);
    with_words.later(WAIT + DAY);
    with_words.settle();
    assert!(has(&with_words, &ada.phone));
    with_words.void(&ada.phone, &defend, Rule::ObjectToRevocation);

    // A signature made against one accusation does not serve against the next.
    accuse(&mut with_words, ada.phone.id(), [1, 2]);
    with_words.void(&ada.phone, &defend, Rule::ObjectToRevocation);

    let mut world = World::of(2, 3);
    let ada = world.ada();
    let own = world.new_phone();
    let add = world.add_with_words(&ada, &own);
    world.ok(&own, &add);
    world.later(OBJECTOR_AGE_MS - HOUR);
    accuse(&mut world, ada.phone.id(), [1, 2]);
    let defend = world.defend(&ada, ada.phone.id(), false);
    world.void(&own, &defend, Rule::ObjectToRevocation);
    world.later(HOUR);
    world.ok(&own, &defend);
    world.later(WAIT + DAY);
    world.settle();
    assert!(has(&world, &ada.phone));
}

/// Adversary: a thief who objects to the revocation of the stolen phone: with
/// it, with a device it added long ago, with a fresh one, or through an accomplice.
#[test]
fn a_thief_cannot_object() {
    let mut world = World::of(1, 4);
    let (ada, accomplice) = (world.ada(), world.person(3));
    let (old, older) = (world.new_phone(), world.new_phone());
    for (by, phone) in [(&ada.phone, &old), (&old, &older)] {
        let add = world.add(&ada, phone);
        world.ok(by, &add);
    }
    world.later(2 * OBJECTOR_AGE_MS);
    accuse(&mut world, ada.phone.id(), [1, 2]);
    let fresh = world.new_phone();
    let add = world.add(&ada, &fresh);
    world.ok(&ada.phone, &add);
    let device = ada.phone.id();
    let statement = Defend::statement(&world.id(), &device, Sequence::GENESIS);
    let late = Some(world.with_words(&ada, &statement));
    let forged = world.defend(&accomplice, device, true);
    let plain = Content::Defend(Defend { device, recovery: None });
    for phone in [&ada.phone, &old, &older, &fresh, &accomplice.phone] {
        world.void(phone, &plain, Rule::ObjectToRevocation);
        world.void(phone, &forged, Rule::ObjectToRevocation);
        let late = Content::Defend(Defend { device, recovery: late });
        world.void(phone, &late, Rule::ObjectToRevocation);
    }
    world.later(WAIT + 1);
    world.settle();
    for phone in [&ada.phone, &old, &older, &fresh] {
        assert!(!has(&world, phone));
    }
}

/// there must be something to object to.
#[test]
fn nothing_to_object_to() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let defend = world.defend(&ada, ada.phone.id(), true);
    world.void(&ada.phone, &defend, Rule::ObjectToRevocation);
}

/// An accusation waits a week for its second accuser and lapses. Adversary: a member
/// who keeps accusations of everyone in store, to be one vote away from revoking.
#[test]
fn an_accusation_lapses() {
    let mut world = World::of(1, 3);
    let (ada, bo, cyn) = (world.ada(), world.person(1), world.person(2));
    world.ok(&bo.phone, &Content::Accuse(ada.phone.id()));
    world.later(ACCUSATION_OPEN_MS);
    world.ok(&cyn.phone, &Content::Accuse(ada.phone.id()));
    assert_eq!(world.body.accusations().get(&ada.phone.id()).unwrap().ends_ms, None);
    world.later(ACCUSATION_OPEN_MS - 1);
    world.ok(&bo.phone, &Content::Accuse(ada.phone.id()));
    assert_eq!(world.body.accusations().get(&ada.phone.id()).unwrap().ends_ms, Some(world.now_ms + WAIT));
}

/// Accusers count while they are members; a device that is replaced is no longer
/// accused.
#[test]
fn accusers_and_accused_may_go() {
    let mut world = World::of(1, 4);
    let (ada, bo, dee) = (world.ada(), world.person(1), world.person(3));
    accuse(&mut world, ada.phone.id(), [1, 2]);
    world.ok(&bo.phone, &Content::Leave);
    world.later(WAIT + 1);
    world.settle();
    assert!(has(&world, &ada.phone), "one of the two accusers left in time");
    world.ok(&dee.phone, &Content::Accuse(ada.phone.id()));
    let new = world.new_phone();
    let replace = world.replace(&ada, &[], Some(&new), &new);
    world.ok(&new, &replace);
    assert!(world.body.accusations().iter().next().is_none());
    world.later(WAIT + 1);
    world.settle();
    assert!(has(&world, &new));
}

/// Devices accused at the same time, one of which added the other, fall together;
/// and a body whose every device was revoked comes back with words.
#[test]
fn even_all_devices_may_fall() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let child = world.new_phone();
    let add = world.add(&ada, &child);
    world.ok(&ada.phone, &add);
    accuse(&mut world, child.id(), [1, 2]);
    for index in 0..3 {
        let device = world.person(index).phone.id();
        accuse(&mut world, device, [(index + 1) % 3, (index + 2) % 3]);
    }
    world.later(WAIT + 1);
    world.settle();
    assert_eq!((world.body.roster().devices().count(), world.body.roster().len()), (0, 3));
    let new = world.new_phone();
    let add = world.add_with_words(&ada, &new);
    world.ok(&new, &add);
    world.begin_epoch(&new);
    assert_eq!(world.body.epoch().epoch().get(), 2);
}
