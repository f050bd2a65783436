//! What every record must keep, whatever it says.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::Outcome;
use concerted_assembly::body::{Missing, Opened};
use concerted_assembly::content::{Content, Defend, RULES_VERSION};
use concerted_assembly::rule::Rule;
use concerted_log::DeviceId;
use concerted_log::device::DeviceSecret;
use concerted_log::entry::{ExpiryClass, Sequence};
use concerted_log::id::{ChainHash, Signature64};
use concerted_log::record::SeenHead;

/// what opens counts, what does not is void.
#[test]
fn an_entry_opens_or_is_void() {
    let mut world = World::new(1);
    let ada = world.ada();
    assert_eq!(world.put_raw(GENESIS_LANE, None), Outcome::Void(Rule::Opens));
    assert_eq!(world.put_raw(lane(1, ExpiryClass::Talk), None), Outcome::Void(Rule::Opens));
    world.ok(&ada.phone, &Content::Nickname(name("Ada L")));
}

/// Adversary: a member who seals anything but one canonical record.
#[test]
fn bytes_that_are_no_record_are_void() {
    let mut world = World::new(1);
    let ada = world.ada();
    let good = world.draft(&ada.phone, &Content::Nickname(name("Ada L"))).bytes();
    let mut trailing = good.clone();
    trailing.push(0);
    let mut deep = vec![0x82];
    deep.extend(std::iter::repeat_n(0x81, 500_000));
    let huge_length = vec![0x82, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let cases = [Vec::new(), vec![0], good[..good.len() - 1].to_vec(), trailing, deep, huge_length];
    for bytes in cases {
        assert_eq!(world.put_raw(GENESIS_LANE, Some(bytes)), Outcome::Void(Rule::Form));
    }
    assert_eq!(world.put_raw(GENESIS_LANE, Some(good)), Outcome::Accepted);
}

/// which epochs count, by time since the rekey that began epoch 3.
#[test]
fn records_count_in_the_epoch_in_force_and_a_day_in_the_one_before() {
    let in_force = Rule::EpochInForce;
    let cases: [(u32, u64, Option<Rule>); 10] = [
        (3, 0, None),
        (3, 100 * DAY, None),
        (2, 0, None),
        (2, DAY - 1, None),
        (2, DAY, Some(in_force)),
        (2, 100 * DAY, Some(in_force)),
        (1, 0, Some(in_force)),
        (1, DAY, Some(in_force)),
        (4, 0, Some(in_force)),
        (u32::MAX, 0, Some(in_force)),
    ];
    let mut start = World::new(1);
    let ada = start.ada();
    for _ in 0..2 {
        start.begin_epoch(&ada.phone);
        start.later(8 * DAY);
    }
    let begun_ms = start.body.epoch().begun_ms();
    for (epoch, since_ms, rule) in cases {
        let mut world = start.clone();
        world.now_ms = begun_ms + since_ms;
        let mut draft = world.draft(&ada.phone, &Content::Nickname(name("Ada L")));
        draft.lane = lane(epoch, ExpiryClass::Never);
        let expected = rule.map_or(Outcome::Accepted, Outcome::Void);
        assert_eq!(world.put(&draft), expected, "epoch {epoch}, {since_ms} ms after the rekey");
    }
}

/// an admission seal may stand in the epoch before at any time, since those
/// it is for may read no later one; not in an older one.
#[test]
fn an_admission_seal_may_always_use_the_epoch_before() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    world.begin_epoch(&ada.phone);
    world.later(8 * DAY);
    world.begin_epoch(&ada.phone);
    world.later(30 * DAY);
    let admission = Content::Admission(Box::new(world.admission(&bo.id)));
    let mut draft = world.draft(&ada.phone, &admission);
    draft.lane = lane(1, ExpiryClass::Never);
    world.put_void(&draft, Rule::EpochInForce);
    let mut draft = world.draft(&ada.phone, &admission);
    draft.lane = lane(2, ExpiryClass::Never);
    assert_eq!(world.put(&draft), Outcome::Accepted);
}

/// R-003 before R-001: what does not count for its epoch is void for that, whether
/// a device can open it or not, so that all devices agree.
#[test]
fn entries_of_other_epochs_are_void_for_everyone_alike() {
    let mut world = World::new(1);
    let ada = world.ada();
    world.begin_epoch(&ada.phone);
    world.later(8 * DAY);
    world.begin_epoch(&ada.phone);
    for (epoch, rule) in
        [(1, Rule::EpochInForce), (2, Rule::Opens), (3, Rule::Opens), (4, Rule::EpochInForce)]
    {
        assert_eq!(world.put_raw(lane(epoch, ExpiryClass::Never), None), Outcome::Void(rule), "{epoch}");
        let junk = Some(vec![1, 2, 3]);
        let rule = if rule == Rule::Opens { Rule::Form } else { rule };
        assert_eq!(world.put_raw(lane(epoch, ExpiryClass::Never), junk), Outcome::Void(rule), "{epoch}");
    }
}

/// An entry whose content the relay holds back cannot be applied, and the body
/// stays where it is; unless the content cannot matter.
#[test]
fn a_missing_record_stops_replay() {
    let mut world = World::new(1);
    let (meta, _) = meta_after(&world.head(), world.now_ms + DAY, GENESIS_LANE, b"");
    let before = world.body.state_hash();
    assert_eq!(world.body.apply(&meta, Opened::Absent).unwrap_err(), Missing(meta.sequence));
    assert_eq!((world.body.state_hash(), world.body.applied()), (before, 2));
    let absent = |epoch, class| {
        let (meta, _) = meta_after(&world.head(), world.now_ms, lane(epoch, class), b"");
        world.body.clone().apply(&meta, Opened::Absent).unwrap().outcome
    };
    assert_eq!(absent(2, ExpiryClass::Never), Outcome::Void(Rule::EpochInForce));
    assert_eq!(absent(1, ExpiryClass::Talk), Outcome::Expired);
    assert_eq!(absent(2, ExpiryClass::Talk), Outcome::Void(Rule::EpochInForce));
}

/// Adversary: someone in two bodies who carries a colleague's record from
/// one into the other.
#[test]
fn a_record_counts_in_its_own_body_only() {
    let mut world = World::new(1);
    let ada = world.ada();
    let mut draft = world.draft(&ada.phone, &Content::Nickname(name("Ada L")));
    draft.record.body = Some(World::new(2).id());
    world.put_void(&draft, Rule::ThisBody);
    draft.record.body = None;
    world.put_void(&draft, Rule::GenesisFirst);
    draft.record.body = Some(world.id());
    assert_eq!(world.put(&draft), Outcome::Accepted);
}

/// Adversaries: a stranger with the posting key, a member who left, a thief
/// with a device that was replaced. Each still holds keys that once counted.
#[test]
fn only_devices_of_members_count() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let stranger = world.outsider("Cyn");
    let stolen = ada.phone.clone();
    let new = world.new_phone();
    let replace = world.replace(&ada, &[], Some(&new), &new);
    world.ok(&new, &replace);
    world.ok(&new, &Content::Nickname(name("Ada 2")));
    world.ok(&bo.phone, &Content::Leave);
    for phone in [&stranger.phone, &bo.phone, &stolen] {
        for content in [Content::Nickname(name("Zed")), Content::Tick, Content::Vouch(stranger.id), invite(1)]
        {
            world.void(phone, &content, Rule::CurrentDevice);
        }
        let rekey = Content::Rekey(Box::new(world.rekey()));
        world.void(phone, &rekey, Rule::CurrentDevice);
    }
}

/// Adversary: a member who writes in another's name.
#[test]
fn a_signature_of_another_is_void() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let mut draft = world.draft(&ada.phone, &Content::Leave);
    draft.secret = bo.phone.secret.clone();
    world.put_void(&draft, Rule::Signed);
    let mut bytes = world.draft(&ada.phone, &Content::Leave).bytes();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(world.put_raw(GENESIS_LANE, Some(bytes)), Outcome::Void(Rule::Signed));
    assert_eq!(world.body.roster().len(), 2);
}

/// Adversary: a member or relay that plays a colleague's record again, or in
/// another order.
#[test]
fn a_counter_is_used_once_and_grows() {
    let mut world = World::new(1);
    let ada = world.ada();
    let first = world.draft(&ada.phone, &Content::Nickname(name("One")));
    let mut second = world.draft(&ada.phone, &Content::Nickname(name("Two")));
    second.record.counter += 1;
    assert_eq!(world.put(&second), Outcome::Accepted);
    world.put_void(&first, Rule::CounterGrows);
    world.put_void(&second, Rule::CounterGrows);
    assert_eq!(world.body.roster().nickname(&ada.id), Some(&name("Two")));
    world.ok(&ada.phone, &Content::Nickname(name("Three")));
}

/// a void record uses its counter up too, so it cannot be played again when
/// it would stand.
#[test]
fn a_void_record_cannot_wait_for_its_moment() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let name = Content::Nickname(name("BO"));
    let early = world.draft(&ada.phone, &name);
    world.put_void(&early, Rule::NameFree);
    world.ok(&bo.phone, &Content::Leave);
    world.put_void(&early, Rule::CounterGrows);
    world.ok(&ada.phone, &name);
}

/// a device at the end of its counter's range harms itself only.
#[test]
fn the_last_counter_is_the_last() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    for content in [Content::Nickname(name("Zed")), {
        let (key, _) = world.talk_key(&bo.phone, world.week());
        Content::TalkKey(key)
    }] {
        let mut draft = world.draft(&bo.phone, &content);
        draft.record.counter = u64::MAX;
        assert_eq!(world.put(&draft), Outcome::Accepted);
        assert_eq!(world.draft(&bo.phone, &content).record.counter, u64::MAX);
        world.put_void(&draft, Rule::CounterGrows);
    }
    world.ok(&ada.phone, &Content::Nickname(name("Bo")));
}

/// a head of this log, before the record's own entry.
#[test]
fn a_record_names_a_head_of_this_log() {
    let mut world = World::new(1);
    let ada = world.ada();
    for number in 0..3 {
        world.ok(&ada.phone, &invite(number));
    }
    let count = world.head().count;
    let seen = world.seen();
    let future = Sequence::new(count + 1).unwrap();
    let cases = [
        None,
        Some(SeenHead { sequence: future, ..seen }),
        Some(SeenHead { chain: ChainHash::new([1; 32]), ..seen }),
        Some(SeenHead { sequence: Sequence::GENESIS, ..seen }),
        Some(SeenHead { sequence: Sequence::new(u64::MAX).unwrap(), ..seen }),
        Some(World::new(2).seen()),
    ];
    for seen in cases {
        let mut draft = world.draft(&ada.phone, &Content::Nickname(name("Zed")));
        draft.record.seen = seen;
        world.put_void(&draft, Rule::SeenHead);
    }
    for at in 1..=count {
        let mut draft = world.draft(&ada.phone, &Content::Nickname(name("Zed")));
        draft.record.seen = Some(world.seen_at(at));
        assert_eq!(world.put(&draft), Outcome::Accepted, "head {at}");
    }
}

/// R-007 across epochs: an engine may seal one signed record again in a later epoch,
/// when it cannot know whether the first sealing arrived. It counts once.
#[test]
fn a_record_sealed_twice_counts_once() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let draft = world.draft(&bo.phone, &invite(1));
    world.begin_epoch(&ada.phone);
    let again = Draft { lane: lane(2, ExpiryClass::Never), ..draft.clone() };
    assert_eq!(world.put(&again), Outcome::Accepted);
    world.put_void(&draft, Rule::CounterGrows);
    world.put_void(&again, Rule::CounterGrows);
}

/// Adversary: a member who keeps a colleague's record that came too
/// late for its epoch (a wish to leave, long withdrawn) and seals it again in a later
/// one. Its counter is used up.
#[test]
fn a_late_record_cannot_be_carried_into_a_later_epoch() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let leave = world.draft(&bo.phone, &Content::Leave);
    world.begin_epoch(&ada.phone);
    world.later(DAY);
    world.put_void(&leave, Rule::EpochInForce);
    for epoch in [1, 2] {
        let again = Draft { lane: lane(epoch, ExpiryClass::Never), ..leave.clone() };
        world.put_void(&again, Rule::CounterGrows);
    }
    assert_eq!(world.body.roster().len(), 2);
}

/// As it is today: a record that came two epochs too late does not use its counter
/// up, because not every device can open that epoch. Whoever can may seal it again,
/// and it counts, unless its author has posted anything since.
#[test]
fn a_record_two_epochs_late_can_be_carried_on() {
    let mut world = World::new(1);
    let (ada, bo) = (world.ada(), world.join("Bo"));
    let late = world.draft(&bo.phone, &invite(1));
    for _ in 0..2 {
        world.begin_epoch(&ada.phone);
        world.later(8 * DAY);
    }
    world.put_void(&late, Rule::EpochInForce);
    let again = Draft { lane: lane(3, ExpiryClass::Never), ..late };
    let mut posted_since = world.clone();
    posted_since.ok(&bo.phone, &Content::Nickname(name("Bo B")));
    posted_since.put_void(&again, Rule::CounterGrows);
    assert_eq!(world.put(&again), Outcome::Accepted);
}

/// what these rules do not know is void for ever. Adversary: a member who
/// posts tomorrow's records today and plays them again tomorrow.
#[test]
fn what_is_not_known_is_void_for_ever() {
    let known = Content::Nickname(name("Zed")).to_bytes();
    let recovery = Some(Signature64([1; 64]));
    let mut with_field = Content::Defend(Defend { device: DeviceId::new([0; 32]), recovery }).to_bytes();
    // The map of two becomes a map of three, with a key 3 at its end.
    let map = with_field.iter().position(|byte| *byte == 0xa2).unwrap();
    with_field[map] = 0xa3;
    with_field.extend([3, 0]);
    let mut deep = vec![0x82, 0x03, 0x81];
    deep.extend(std::iter::repeat_n(0x81, 900_000));
    let cases: [(&str, Vec<u8>, u16); 9] = [
        ("a later version", known.clone(), RULES_VERSION + 1),
        ("an earlier version", known.clone(), RULES_VERSION - 1),
        ("an unknown kind", vec![0x82, 0x18, 200, 0x80], RULES_VERSION),
        ("an unknown field", with_field, RULES_VERSION),
        ("no content", Vec::new(), RULES_VERSION),
        ("a trailing byte", [known.as_slice(), &[0]].concat(), RULES_VERSION),
        ("a list without end", vec![0x9f; 1000], RULES_VERSION),
        ("deep nesting", deep, RULES_VERSION),
        (
            "a huge length",
            vec![0x82, 0x06, 0x81, 0x7b, 0x7f, 255, 255, 255, 255, 255, 255, 255],
            RULES_VERSION,
        ),
    ];
    let mut world = World::new(1);
    let ada = world.ada();
    for (case, content, version) in cases {
        let mut draft = world.draft(&ada.phone, &Content::Tick);
        draft.record.content = content;
        draft.record.rules_version = version;
        assert_eq!(world.put(&draft), Outcome::Void(Rule::Known), "{case}");
        assert_eq!(world.put(&draft), Outcome::Void(Rule::CounterGrows), "{case}, again");
    }
    world.ok(&ada.phone, &Content::Nickname(name("Zed")));
}

/// Adversary: a member who puts a decision where it will be forgotten, or
/// talk where it will be kept.
#[test]
fn each_kind_stands_in_its_lane() {
    let mut world = World::new(1);
    let ada = world.ada();
    let (key, _) = world.talk_key(&ada.phone, world.week());
    for (content, wrong) in
        [(Content::TalkKey(key), ExpiryClass::Never), (Content::Nickname(name("Zed")), ExpiryClass::Talk)]
    {
        let mut draft = world.draft(&ada.phone, &content);
        draft.lane.class = wrong;
        world.put_void(&draft, Rule::RightLane);
        world.ok(&ada.phone, &content);
    }
}

/// Adversary: a member who moves a colleague's talk into the record lane, to
/// use up the counters there.
#[test]
fn talk_uses_no_counter_of_the_record_lane() {
    let mut world = World::new(1);
    let ada = world.ada();
    let (key, _) = world.talk_key(&ada.phone, world.week());
    let mut draft = world.draft(&ada.phone, &Content::TalkKey(key));
    draft.record.counter = 1_000_000;
    assert_eq!(world.put(&draft), Outcome::Accepted);
    let next = world.body.next_counter(&ada.phone.id());
    assert_eq!(world.put_raw(GENESIS_LANE, Some(draft.bytes())), Outcome::Void(Rule::RightLane));
    assert_eq!(world.body.next_counter(&ada.phone.id()), next);
}

/// Adversary for R-006: a stranger's signature under a forged author id.
#[test]
fn an_author_is_looked_up_not_believed() {
    let mut world = World::new(1);
    let ada = world.ada();
    let mut draft = world.draft(&ada.phone, &Content::Leave);
    draft.secret = DeviceSecret::generate(&mut rng(77));
    world.put_void(&draft, Rule::Signed);
    draft.record.author = draft.secret.id();
    world.put_void(&draft, Rule::CurrentDevice);
}
