//! Joining and leaving.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::Outcome;
use concerted_assembly::admission::{INVITATIONS_MAX, REQUEST_OPEN_MS, REQUESTS_BY_ONE_MAX, REQUESTS_MAX};
use concerted_assembly::body::Happening;
use concerted_assembly::content::{Content, JoinRequest};
use concerted_assembly::rule::Rule;
use concerted_assembly::template::Template;
use concerted_log::MemberId;
use concerted_log::id::{MailboxId, PointBytes, Signature64};
use concerted_log::invitation::LinkSecret;

fn happened(world: &World) -> Vec<Happening> {
    world.last.as_ref().unwrap().happened.clone()
}

/// pass: one vouch while fewer than 3 are members, then two.
#[test]
fn vouches_admit() {
    let mut world = World::new(1);
    let ada = world.ada();
    let bo = world.ask("Bo");
    assert_eq!(happened(&world), [Happening::Asked(bo.id)]);
    world.ok(&ada.phone, &Content::Vouch(bo.id));
    assert_eq!(happened(&world), [Happening::Joined(bo.id)]);
    let cyn = world.ask("Cyn");
    world.ok(&bo.phone, &Content::Vouch(cyn.id));
    let dee = world.ask("Dee");
    world.ok(&bo.phone, &Content::Vouch(dee.id));
    assert_eq!(world.body.roster().len(), 3);
    world.ok(&cyn.phone, &Content::Vouch(dee.id));
    assert_eq!(world.body.roster().len(), 4);
    assert!(!world.body.epoch().has_sealed(&dee.phone.card.sealing), "nobody sealed to Dee yet");
    assert_eq!(world.body.duties(world.now_ms).unsealed.len(), 3);
}

/// names that are none are void, wherever they stand.
#[test]
fn a_name_is_what_it_seems() {
    let mut world = World::new(1);
    let ada = world.ada();
    let long = "x".repeat(41);
    for bad in ["", " ", "a\nb", "a\u{202e}b", " Bo", "Bo ", "\u{200b}", &long] {
        let mut content = vec![0x82, 0x06, 0x81];
        content.extend(concerted_log::cbor::encode(&bad.to_owned()));
        let mut draft = world.draft(&ada.phone, &Content::Tick);
        draft.record.content = content;
        world.put_void(&draft, Rule::NameForm);
    }
    for good in ["B", "نور", "Ana María", &"x".repeat(40)] {
        world.ok(&ada.phone, &Content::Nickname(name(good)));
    }
}

/// Adversary: someone who wants to be taken for another.
#[test]
fn nicknames_that_look_alike_are_taken() {
    let mut world = World::new(1);
    let ada = world.ada();
    let bo = world.join("Bo Berg");
    let cyn = world.ask("Cyn");
    for alike in ["Bo Berg", "bo berg", "BOBERG", "B o\u{a0}b e r g", "Cyn", "c Y n"] {
        world.void(&ada.phone, &Content::Nickname(name(alike)), Rule::NameFree);
        let mallory = world.outsider(alike);
        let request = Content::Request(Box::new(world.request_of(&mallory)));
        world.void(&ada.phone, &request, Rule::NameFree);
    }
    world.ok(&bo.phone, &Content::Nickname(name("bo berg")));
    world.ok(&bo.phone, &Content::Nickname(name("Bob")));
    world.ok(&ada.phone, &Content::Nickname(name("Bo Berg")));
    world.ok(&ada.phone, &Content::Vouch(cyn.id));
    world.void(&bo.phone, &Content::Nickname(name("CYN")), Rule::NameFree);
}

/// every proof of a request, and every key fresh and usable.
#[test]
fn a_request_proves_its_keys() {
    let mut world = World::new(1);
    let ada = world.ada();
    let asking = world.ask("Bo");
    let cyn = world.outsider("Cyn");
    let other = world.outsider("Dee");
    let good = world.request_of(&cyn);
    let sign = |world: &World, card: &Phone, recovery: PointBytes, by: &Phone| {
        let (body, answer) = (world.id(), MailboxId::new([7; 32]));
        JoinRequest::sign(body, name("Cyn"), card.card.clone(), recovery, answer, &by.secret)
    };
    let recovery = good.recovery;
    let foreign = Phone::new(World::new(2).id().as_bytes(), &mut rng(50));
    let cases: [(&str, JoinRequest); 11] = [
        ("another body", JoinRequest { body: World::new(2).id(), ..good.clone() }),
        ("another nickname than signed", JoinRequest { nickname: name("Eve"), ..good.clone() }),
        ("another mailbox than signed", JoinRequest { answer: MailboxId::new([8; 32]), ..good.clone() }),
        ("no signature", JoinRequest { signature: Signature64([0; 64]), ..good.clone() }),
        ("signed by another", sign(&world, &cyn.phone, recovery, &other.phone)),
        ("a card for another body", sign(&world, &foreign, recovery, &foreign)),
        ("a member's card", sign(&world, &ada.phone, recovery, &ada.phone)),
        ("an applicant's card", sign(&world, &asking.phone, recovery, &asking.phone)),
        ("a member's key for recovery", sign(&world, &cyn.phone, ada.phone.card.sealing, &cyn.phone)),
        ("its own key for recovery", sign(&world, &cyn.phone, cyn.phone.card.talk, &cyn.phone)),
        ("an applicant's recovery key", {
            let key = asking.words.root().recovery_key(&world.id());
            sign(&world, &cyn.phone, key, &cyn.phone)
        }),
    ];
    for (case, request) in cases {
        let foretold = world.body.would_accept(
            &ada.phone.id(),
            &Content::Request(Box::new(request.clone())),
            world.now_ms,
        );
        assert_eq!(foretold, Err(Rule::RequestProofs), "{case}");
        world.void(&ada.phone, &Content::Request(Box::new(request)), Rule::RequestProofs);
    }
    world.ok(&ada.phone, &Content::Request(Box::new(good)));
}

/// Adversary: an applicant with a recovery key that nothing can be sealed
/// to. Were they admitted, no rekey could ever be valid again.
#[test]
fn an_unusable_recovery_key_lets_nobody_in() {
    let mut world = World::new(1);
    let ada = world.ada();
    let cyn = world.outsider("Cyn");
    for key in [[0; 32], [0xff; 32], [0x01; 32]] {
        let request = JoinRequest::sign(
            world.id(),
            name("Cyn"),
            cyn.phone.card.clone(),
            PointBytes::new(key),
            MailboxId::new([7; 32]),
            &cyn.phone.secret,
        );
        world.void(&ada.phone, &Content::Request(Box::new(request)), Rule::RequestProofs);
    }
}

/// Adversary: a member who left and would come back as if nothing had been,
/// with keys that were revoked.
#[test]
fn keys_of_the_past_do_not_come_back() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    world.ok(&bo.phone, &Content::Leave);
    let again = Content::Request(Box::new(world.request_of(&bo)));
    world.void(&ada.phone, &again, Rule::RequestProofs);
}

/// bounded in number; each open for 7 days, after which there is room.
#[test]
fn open_requests_are_bounded() {
    let mut world = World::of(1, 6);
    let first = world.ask("First");
    for number in 1..REQUESTS_MAX {
        let by = world.person(number / REQUESTS_BY_ONE_MAX);
        let applicant = world.outsider(&format!("Applicant {number}"));
        let request = Content::Request(Box::new(world.request_of(&applicant)));
        world.ok(&by.phone, &request);
    }
    let ada = world.person(5);
    let late = world.outsider("Late");
    let request = Content::Request(Box::new(world.request_of(&late)));
    world.void(&ada.phone, &request, Rule::RequestsBound);
    world.later(REQUEST_OPEN_MS - 1);
    world.void(&ada.phone, &request, Rule::RequestsBound);
    assert!(world.body.admissions().get(&first.id).is_some());
    world.later(1);
    world.ok(&ada.phone, &request);
    assert_eq!(world.body.admissions().pending().count(), 1);
    world.void(&ada.phone, &Content::Vouch(first.id), Rule::RequestOpen);
}

/// nobody asks under that id; or they are in, or in the window, already.
#[test]
fn a_vouch_is_for_an_open_request() {
    let mut world = World::of(1, 10);
    let ada = world.ada();
    world.void(&ada.phone, &Content::Vouch(MemberId::new([0; 32])), Rule::RequestOpen);
    let bo = world.person(1);
    world.void(&ada.phone, &Content::Vouch(bo.id), Rule::RequestOpen);
    let eve = world.ask("Eve");
    world.ok(&ada.phone, &Content::Vouch(eve.id));
    world.ok(&bo.phone, &Content::Vouch(eve.id));
    let third = world.person(2);
    world.void(&third.phone, &Content::Vouch(eve.id), Rule::RequestOpen);
}

/// Adversary: one member with two devices who vouches twice.
#[test]
fn a_member_vouches_once() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let second = world.new_phone();
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    let eve = world.ask("Eve");
    world.ok(&ada.phone, &Content::Vouch(eve.id));
    world.void(&ada.phone, &Content::Vouch(eve.id), Rule::VouchOnce);
    world.void(&second, &Content::Vouch(eve.id), Rule::VouchOnce);
    assert!(world.body.roster().member(&eve.id).is_none());
}

/// A vouch counts while its author is a member. Adversary: a member who vouches for
/// a puppet and leaves, to come back as another and vouch again.
#[test]
fn the_vouch_of_someone_who_left_does_not_count() {
    let mut world = World::of(1, 4);
    let (ada, bo, cyn) = (world.ada(), world.person(1), world.person(2));
    let eve = world.ask("Eve");
    world.ok(&bo.phone, &Content::Vouch(eve.id));
    world.ok(&bo.phone, &Content::Leave);
    world.ok(&ada.phone, &Content::Vouch(eve.id));
    assert!(world.body.roster().member(&eve.id).is_none());
    world.ok(&cyn.phone, &Content::Vouch(eve.id));
    assert!(world.body.roster().member(&eve.id).is_some());
}

/// R-026 and DESIGN's newcomers: at once while fewer than 10 are members, then
/// after 7 days.
#[test]
fn newcomers_wait_before_vouching() {
    let mut world = World::of(1, 10);
    let new = world.join("New");
    world.later(DAY);
    let eve = world.ask("Eve");
    let joined_ms = world.body.roster().member(&new.id).unwrap().joined_ms;
    for (at_ms, rule) in [
        (joined_ms + DAY, Some(Rule::NewcomerWaits)),
        (joined_ms + WEEK - 1, Some(Rule::NewcomerWaits)),
        (joined_ms + WEEK, None),
    ] {
        world.now_ms = at_ms;
        let foretold = world.body.would_accept(&new.phone.id(), &Content::Vouch(eve.id), at_ms);
        assert_eq!(foretold.err(), rule, "{} h after joining", (at_ms - joined_ms) / HOUR);
    }
    world.now_ms = joined_ms + WEEK - 1;
    world.void(&new.phone, &Content::Vouch(eve.id), Rule::NewcomerWaits);
    world.later(1);
    world.ok(&new.phone, &Content::Vouch(eve.id));
    // Who came while there were few has not to wait when there are many.
    let mut grown = World::of(3, 10);
    let eve = grown.ask("Eve");
    let ninth = grown.person(9);
    grown.ok(&ninth.phone, &Content::Vouch(eve.id));
    let mut small = World::of(2, 8);
    let new = small.join("New");
    let eve = small.ask("Eve");
    small.ok(&new.phone, &Content::Vouch(eve.id));
}

/// three in 30 days, once the limits hold.
#[test]
fn a_member_vouches_for_only_so_many() {
    let mut world = World::of(1, 10);
    let ada = world.ada();
    let asked: Vec<Person> = (0..5).map(|number| world.ask(&format!("Applicant {number}"))).collect();
    let start_ms = world.now_ms;
    for person in &asked[..3] {
        world.ok(&ada.phone, &Content::Vouch(person.id));
    }
    world.void(&ada.phone, &Content::Vouch(asked[3].id), Rule::VouchLimit);
    world.now_ms = start_ms + 30 * DAY - 1;
    let late = world.ask("Late");
    world.void(&ada.phone, &Content::Vouch(late.id), Rule::VouchLimit);
    world.later(1);
    world.ok(&ada.phone, &Content::Vouch(late.id));
}

/// Adversary: a founder with puppets, who would outvote the others at once.
/// From 10 members on, at most a quarter, and at least 5, are admitted in 7 days,
/// counting those who wait.
#[test]
fn a_body_grows_only_so_fast() {
    let mut world = World::of(1, 10);
    let members: Vec<Person> = world.people.clone();
    let puppets: Vec<Person> = (0..6).map(|number| world.ask(&format!("Puppet {number}"))).collect();
    for (number, puppet) in puppets[..5].iter().enumerate() {
        world.ok(&members[number].phone, &Content::Vouch(puppet.id));
        world.ok(&members[number + 1].phone, &Content::Vouch(puppet.id));
    }
    world.ok(&members[7].phone, &Content::Vouch(puppets[5].id));
    world.void(&members[8].phone, &Content::Vouch(puppets[5].id), Rule::GrowthLimit);
    world.later(DAY + 1);
    world.settle();
    assert_eq!(world.body.roster().len(), 15);
    world.void(&members[8].phone, &Content::Vouch(puppets[5].id), Rule::GrowthLimit);
    for puppet in &puppets[..5] {
        let next = world.outsider("Next");
        let request = Content::Request(Box::new(world.request_of(&next)));
        assert_eq!(world.body.would_accept(&puppet.phone.id(), &request, world.now_ms), Ok(()));
        let vouch = Content::Vouch(puppets[5].id);
        world.void(&puppet.phone, &vouch, Rule::NewcomerWaits);
    }
    world.later(7 * DAY - 1);
    let later = world.ask("Sooner");
    world.ok(&members[8].phone, &Content::Vouch(later.id));
    world.void(&members[9].phone, &Content::Vouch(later.id), Rule::GrowthLimit);
    world.later(1);
    let later = world.ask("Later");
    world.ok(&members[8].phone, &Content::Vouch(later.id));
    world.ok(&members[9].phone, &Content::Vouch(later.id));
}

/// R-029 and the objection window: 24 hours, one objection refuses.
#[test]
fn members_may_object_in_the_window() {
    let mut world = World::of(1, 10);
    let (ada, bo) = (world.ada(), world.person(1));
    let eve = world.ask("Eve");
    world.void(&bo.phone, &Content::Object(eve.id), Rule::ObjectInWindow);
    for member in [&ada, &bo] {
        world.ok(&member.phone, &Content::Vouch(eve.id));
    }
    let end = world.body.admissions().get(&eve.id).unwrap().window_ends_ms.unwrap();
    assert_eq!(end, world.now_ms + DAY);
    let mut objected = world.clone();
    objected.now_ms = end;
    objected.ok(&bo.phone, &Content::Object(eve.id));
    assert_eq!(happened(&objected), [Happening::Refused(eve.id)]);
    objected.void(&bo.phone, &Content::Object(eve.id), Rule::ObjectInWindow);
    objected.later(DAY);
    objected.settle();
    assert!(objected.body.roster().member(&eve.id).is_none());

    world.now_ms = end + 1;
    assert!(world.body.is_due(world.now_ms));
    world.void(&bo.phone, &Content::Object(eve.id), Rule::ObjectInWindow);
    assert_eq!(happened(&world), [Happening::Joined(eve.id)]);
    assert!(world.body.roster().member(&eve.id).unwrap().joined_under_limits);
}

/// A window that has begun is not cut short by the 7 days a request is open.
#[test]
fn a_request_in_its_window_does_not_expire() {
    let mut world = World::of(1, 10);
    let eve = world.ask("Eve");
    world.later(REQUEST_OPEN_MS - HOUR);
    for index in 0..2 {
        let member = world.person(index);
        world.ok(&member.phone, &Content::Vouch(eve.id));
    }
    world.later(2 * HOUR);
    world.settle();
    assert!(world.body.admissions().get(&eve.id).is_some());
    world.later(DAY);
    world.settle();
    assert!(world.body.roster().member(&eve.id).is_some());
}

/// bounded, none twice; anyone closes one; a rekey and 7 days do.
#[test]
fn invitations_open_and_close() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    for number in 0..u8::try_from(INVITATIONS_MAX).unwrap() {
        world.ok(&ada.phone, &invite(number));
    }
    world.void(&ada.phone, &invite(99), Rule::InviteBound);
    let revoke = |number| Content::RevokeInvite(LinkSecret::random(&mut rng(number)));
    world.void(&bo.phone, &revoke(99), Rule::InviteKnown);
    world.ok(&bo.phone, &revoke(3));
    world.void(&bo.phone, &revoke(3), Rule::InviteKnown);
    world.void(&ada.phone, &invite(4), Rule::InviteBound);
    world.ok(&ada.phone, &invite(99));
    world.begin_epoch(&ada.phone);
    world.void(&ada.phone, &revoke(99), Rule::InviteKnown);
    world.ok(&ada.phone, &invite(99));
    world.later(WEEK - 1);
    world.settle();
    assert_eq!(world.body.admissions().invitations().count(), 1);
    world.later(1);
    world.void(&ada.phone, &revoke(99), Rule::InviteKnown);
}

/// any but the last may go.
#[test]
fn the_last_member_stays() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    world.ok(&ada.phone, &Content::Leave);
    assert_eq!(happened(&world), [Happening::Left(ada.id)]);
    assert_eq!(world.body.roster().nickname(&ada.id), Some(&name("Ada")));
    assert_eq!(world.body.roster().owner(&ada.phone.id()), Some(ada.id));
    assert_eq!(world.body.removed_at(), world.head().count);
    world.void(&bo.phone, &Content::Leave, Rule::LastStays);
}

/// a tick counts only when something is due.
#[test]
fn a_tick_is_for_what_is_due() {
    let mut world = World::of(1, 10);
    let ada = world.ada();
    world.void(&ada.phone, &Content::Tick, Rule::TickDue);
    let eve = world.ask("Eve");
    for index in 0..2 {
        let member = world.person(index);
        world.ok(&member.phone, &Content::Vouch(eve.id));
    }
    world.later(DAY);
    assert!(!world.body.duties(world.now_ms).tick);
    world.void(&ada.phone, &Content::Tick, Rule::TickDue);
    world.later(1);
    assert!(world.body.duties(world.now_ms).tick);
    world.ok(&ada.phone, &Content::Tick);
    assert_eq!(happened(&world), [Happening::Joined(eve.id)]);
    world.void(&ada.phone, &Content::Tick, Rule::TickDue);
}

/// once by each device; a founder's has said so by founding.
#[test]
fn a_device_arrives_once() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    world.ok(&bo.phone, &Content::Arrive);
    assert!(world.body.roster().device(&bo.phone.id()).unwrap().arrived);
    world.void(&bo.phone, &Content::Arrive, Rule::ArriveOnce);
    world.void(&ada.phone, &Content::Arrive, Rule::ArriveOnce);
}

/// Bylaws other than the defaults are asked, not the defaults.
#[test]
fn the_bylaws_in_force_decide() {
    let mut bylaws = Template::SmallWorkplace.bylaws();
    bylaws.admission.vouches = 3;
    bylaws.admission.window_from = 5;
    bylaws.newcomers.wait_from = 100;
    let mut world = World::with_bylaws(1, bylaws);
    world.join("Bo");
    world.join("Cyn");
    let dee = world.ask("Dee");
    for (index, members) in [(0, 3), (1, 3), (2, 4)] {
        let member = world.person(index);
        world.ok(&member.phone, &Content::Vouch(dee.id));
        assert_eq!(world.body.roster().len(), members);
    }
    world.people.push(dee);
    world.join("Eve");
    let fay = world.ask("Fay");
    for index in 0..3 {
        let member = world.person(index);
        assert_eq!(world.post(&member.phone, &Content::Vouch(fay.id)), Outcome::Accepted);
    }
    assert!(world.body.admissions().get(&fay.id).unwrap().window_ends_ms.is_some());
}

/// As it is today. Adversary: a thief with a member's only phone, who leaves in the
/// member's name. That needs no words; the member asks to join again, and may with
/// the same words.
#[test]
fn a_thief_can_leave_for_the_owner() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    world.ok(&bo.phone, &Content::Leave);
    let again = Person { phone: world.new_phone(), ..bo.clone() };
    let add = world.add_with_words(&bo, &again.phone);
    world.void(&again.phone, &add, Rule::CurrentDevice);
    let old_phone = Content::Request(Box::new(world.request_of(&bo)));
    world.void(&ada.phone, &old_phone, Rule::RequestProofs);
    let request = Content::Request(Box::new(world.request_of(&again)));
    world.ok(&ada.phone, &request);
}

/// Adversary: one member who fills the open requests with invented people.
#[test]
fn one_member_cannot_fill_the_open_requests() {
    let mut world = World::of(1, 3);
    let (ada, mallory) = (world.ada(), world.person(2));
    let invent = |world: &mut World, number: usize| {
        let invented = world.outsider(&format!("Nobody {number}"));
        Content::Request(Box::new(world.request_of(&invented)))
    };
    for number in 0..REQUESTS_BY_ONE_MAX {
        let request = invent(&mut world, number);
        world.ok(&mallory.phone, &request);
    }
    let one_more = invent(&mut world, REQUESTS_BY_ONE_MAX);
    world.void(&mallory.phone, &one_more, Rule::RequestsBound);
    let eve = world.outsider("Eve");
    let request = Content::Request(Box::new(world.request_of(&eve)));
    world.ok(&ada.phone, &request);
}

/// As it is today. Adversary: a relay whose clock leaps. Periods end by relay time
/// alone; that enough members' own clocks agree is not asked yet.
#[test]
fn a_leap_of_relay_time_ends_the_window() {
    let mut world = World::of(1, 10);
    let eve = world.ask("Eve");
    for index in 0..2 {
        let member = world.person(index);
        world.ok(&member.phone, &Content::Vouch(eve.id));
    }
    world.later(DAY + 1);
    world.settle();
    assert!(world.body.roster().member(&eve.id).is_some());
}
