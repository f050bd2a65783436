//! Epochs: who may begin one, to whom it is sealed, and repairs.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::*;
use concerted_assembly::Outcome;
use concerted_assembly::body::Happening;
use concerted_assembly::content::{Admission, Content, Rekey};
use concerted_assembly::rekeying::{FREE_REKEY_MS, Owed};
use concerted_assembly::rule::Rule;
use concerted_log::entry::{ExpiryClass, Sequence};
use concerted_log::epoch::{Epoch, RecordSecret};
use concerted_log::id::{ChainHash, PointBytes};
use concerted_log::seal::Seal;
use concerted_log::{MemberId, RecordId, Secret, cbor};

fn content(rekey: Rekey) -> Content {
    Content::Rekey(Box::new(rekey))
}

/// `seal` with its part `index` taken from `other`, a seal to as many (at most 7).
fn with_part_of(seal: &Seal, other: &Seal, index: usize) -> Seal {
    // A map of four; key 1 and 32 bytes; key 2, a head of two bytes, the parts.
    let at = 1 + (1 + 2 + 32) + (1 + 2) + 32 * index;
    let mut bytes = cbor::encode(seal);
    bytes[at..at + 32].copy_from_slice(&cbor::encode(other)[at..at + 32]);
    cbor::decode(&bytes, 4096).unwrap()
}

/// A rekey passes: the epoch begins, all keys at its head have it.
#[test]
fn a_rekey_begins_an_epoch() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let recipients = world.body.roster().recipients();
    assert_eq!(recipients.len(), 6);
    world.begin_epoch(&ada.phone);
    assert_eq!(world.last.as_ref().unwrap().happened, [Happening::Rekeyed]);
    let epoch = world.body.epoch();
    assert_eq!((epoch.epoch().get(), epoch.begun_ms()), (2, world.now_ms));
    assert_eq!(epoch.rekey(), world.last_record());
    assert!(recipients.iter().all(|key| epoch.has_sealed(key)));
    assert!(world.body.duties(world.now_ms).unsealed.is_empty());
}

/// the successor of the last accepted rekey, nothing else.
#[test]
fn a_rekey_follows_the_last() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let good = world.rekey();
    let genesis = good.follows;
    let cases = [
        Rekey { follows: RecordId::new([0; 32]), ..good.clone() },
        Rekey { epoch: Epoch::GENESIS, ..good.clone() },
        Rekey { epoch: Epoch::new(3).unwrap(), ..good.clone() },
        Rekey { epoch: Epoch::new(u32::MAX).unwrap(), ..good.clone() },
    ];
    for rekey in cases {
        world.void(&ada.phone, &content(rekey), Rule::RekeySuccessor);
    }
    world.ok(&ada.phone, &content(good.clone()));
    world.later(FREE_REKEY_MS);
    world.void(&ada.phone, &content(good), Rule::RekeySuccessor);
    let mut skipping = world.rekey();
    skipping.follows = genesis;
    world.void(&ada.phone, &content(skipping), Rule::RekeySuccessor);
}

/// Two devices that rekey at the same time: the first wins, the second is
/// void and costs its author nothing.
#[test]
fn of_two_racing_rekeys_the_first_wins() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    let (first, second) = (world.rekey(), world.rekey());
    let (first, second) =
        (world.draft(&ada.phone, &content(first)), world.draft(&bo.phone, &content(second)));
    assert_eq!(world.put(&first), Outcome::Accepted);
    world.put_void(&second, Rule::RekeySuccessor);
    world.begin_epoch(&bo.phone);
}

/// A rekey that races with an admission stays valid: whoever came in between is no
/// omission and gets an admission seal.
#[test]
fn an_admission_in_between_does_not_void_a_rekey() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let rekey = world.rekey();
    let eve = world.join("Eve");
    world.ok(&ada.phone, &content(rekey));
    let (device, recovery) = (eve.phone.card.sealing, eve.words.root().recovery_key(&world.id()));
    let epoch = world.body.epoch();
    assert!(!epoch.has_sealed(&device) && !epoch.has_sealed(&recovery));
    assert!(epoch.was_recipient_then(&device));
    assert_eq!(world.body.duties(world.now_ms).unsealed, [eve.id]);
    let admission = world.admission(&eve.id);
    world.ok(&ada.phone, &Content::Admission(Box::new(admission)));
    assert!(world.body.epoch().has_sealed(&device) && world.body.epoch().has_sealed(&recovery));
    assert!(world.body.duties(world.now_ms).unsealed.is_empty());
    // The next rekey, naming the head of the last, has them all.
    world.later(FREE_REKEY_MS);
    world.begin_epoch(&ada.phone);
    assert!(world.body.epoch().has_sealed(&device));
}

/// a head of this log, from the last rekey on.
#[test]
fn a_rekey_names_a_head_of_this_log() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let good = world.rekey();
    let after = Sequence::new(world.head().count + 1).unwrap();
    let cases = [
        Rekey { head_chain: ChainHash::new([1; 32]), ..good.clone() },
        Rekey { head_sequence: Sequence::GENESIS, ..good.clone() },
        Rekey { head_sequence: after, ..good.clone() },
        Rekey { head_sequence: Sequence::new(u64::MAX).unwrap(), ..good.clone() },
    ];
    for rekey in cases {
        world.void(&ada.phone, &content(rekey), Rule::RekeyHead);
    }
    world.begin_epoch(&ada.phone);
    let begun = world.head().count;
    world.later(FREE_REKEY_MS);
    let recipients = world.body.roster().recipients();
    let early = world.rekey_to(begun - 1, recipients.clone());
    world.void(&ada.phone, &content(early), Rule::RekeyHead);
    let at_rekey = world.rekey_to(begun, recipients);
    world.ok(&ada.phone, &content(at_rekey));
}

/// Adversary: a member about to leave, who has a rekey sealed to them under a
/// head from before; or a thief, likewise. The rekey must be made anew.
#[test]
fn a_removal_in_between_voids_a_rekey() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    let rekey = world.rekey();
    let at = world.head().count;
    let mut left = world.clone();
    left.ok(&bo.phone, &Content::Leave);
    left.void(&ada.phone, &content(rekey.clone()), Rule::RekeyRemoved);
    let staying = left.body.roster().recipients();
    let old_head = left.rekey_to(at, staying);
    left.void(&ada.phone, &content(old_head), Rule::RekeyRemoved);
    left.begin_epoch(&ada.phone);
    assert!(!left.body.epoch().has_sealed(&bo.phone.card.sealing));

    let new = world.new_phone();
    let replace = world.replace(&bo, &[], Some(&new), &new);
    world.ok(&new, &replace);
    world.void(&ada.phone, &content(rekey), Rule::RekeyRemoved);
    world.begin_epoch(&ada.phone);
}

/// what falls due at the rekey's own entry counts as before it.
#[test]
fn a_revocation_falling_due_voids_a_rekey() {
    let mut world = World::of(1, 3);
    let (ada, bo, cyn) = (world.ada(), world.person(1), world.person(2));
    for member in [&ada, &cyn] {
        world.ok(&member.phone, &Content::Accuse(bo.phone.id()));
    }
    world.later(72 * HOUR + 1);
    let rekey = world.rekey();
    world.void(&ada.phone, &content(rekey), Rule::RekeyRemoved);
    world.begin_epoch(&ada.phone);
}

/// Adversaries: a member who leaves a colleague out, gives one garbage, keeps
/// one who left, adds a friend, or takes another's seal.
#[test]
fn a_rekey_seals_to_exactly_the_recipients() {
    let mut world = World::of(1, 4);
    let (ada, gone) = (world.ada(), world.person(3));
    world.ok(&gone.phone, &Content::Leave);
    let friend = world.outsider("Friend");
    let at = world.head().count;
    let all: Vec<PointBytes> = world.body.roster().recipients().into_iter().collect();
    let (good, other) = (world.rekey(), world.rekey());
    let mut cases: Vec<(String, Rekey)> = Vec::new();
    for (index, key) in all.iter().enumerate() {
        let fewer = all.iter().copied().filter(|one| one != key);
        cases.push((format!("without recipient {index}"), world.rekey_to(at, fewer)));
        let bad = with_part_of(&good.seal, &other.seal, index);
        cases.push((format!("garbage for recipient {index}"), Rekey { seal: bad, ..good.clone() }));
    }
    let plus = |key: PointBytes| all.iter().copied().chain([key]).collect::<std::collections::BTreeSet<_>>();
    let kept = gone.phone.card.sealing;
    cases.push(("one who left is kept".into(), world.rekey_to(at, plus(kept))));
    cases.push(("a friend is added".into(), world.rekey_to(at, plus(friend.phone.card.sealing))));
    let swapped: Vec<PointBytes> = all[1..].iter().copied().chain([kept]).collect();
    cases.push(("one who left instead of one who stays".into(), world.rekey_to(at, swapped)));
    let reversed: Vec<PointBytes> = all.iter().rev().copied().collect();
    cases.push(("in another order".into(), world.rekey_to(at, reversed)));
    let unbound = world.seal(&[0; 32], &all);
    cases.push(("bound to nothing".into(), Rekey { seal: unbound, ..good.clone() }));
    let earlier = world.rekey_to(at - 1, all.clone());
    cases.push(("bound to another head".into(), Rekey { seal: earlier.seal, ..good.clone() }));
    for (case, rekey) in cases {
        let foretold = world.body.would_accept(&ada.phone.id(), &content(rekey.clone()), world.now_ms);
        assert_eq!(foretold, Err(Rule::RekeySeal), "{case}");
        world.void(&ada.phone, &content(rekey), Rule::RekeySeal);
    }
    world.ok(&ada.phone, &content(good));
}

/// one who was added after the named head is no recipient of it.
#[test]
fn a_newcomer_is_no_recipient_at_an_earlier_head() {
    let mut world = World::of(1, 3);
    let ada = world.ada();
    let at = world.head().count;
    world.join("Eve");
    let all = world.body.roster().recipients();
    let rekey = world.rekey_to(at, all.clone());
    world.void(&ada.phone, &content(rekey), Rule::RekeySeal);
    let rekey = world.rekey_to(world.head().count, all);
    world.ok(&ada.phone, &content(rekey));
}

/// Adversary: a member who rekeys without end, to void the others' records.
/// Not owed, it is once in 7 days for each member; void ones do not use it up.
#[test]
fn a_rekey_is_owed_or_once_a_week() {
    let mut world = World::of(1, 3);
    let (ada, bo) = (world.ada(), world.person(1));
    world.begin_epoch(&ada.phone);
    let again = world.rekey();
    world.void(&ada.phone, &content(again), Rule::RekeyDue);
    world.begin_epoch(&bo.phone);
    world.later(FREE_REKEY_MS - 1);
    let again = world.rekey();
    world.void(&ada.phone, &content(again.clone()), Rule::RekeyDue);
    world.later(1);
    world.ok(&ada.phone, &content(again));
}

/// an owed one is free, whoever makes it, and does not use up the week's own.
#[test]
fn an_owed_rekey_is_free() {
    let mut world = World::of(1, 4);
    let ada = world.ada();
    world.begin_epoch(&ada.phone);
    let (bo, cyn) = (world.person(1), world.person(2));
    for (leaving, owed) in [(&bo, Owed::Left), (&cyn, Owed::Left)] {
        world.ok(&leaving.phone, &Content::Leave);
        assert_eq!(world.body.duties(world.now_ms).rekey, Some(owed));
        world.begin_epoch(&ada.phone);
        assert_eq!(world.body.duties(world.now_ms).rekey, None);
    }
    let again = world.rekey();
    world.void(&ada.phone, &content(again), Rule::RekeyDue);
    let every_ms = world.body.bylaws().keys.rekey_every.ms();
    world.now_ms = world.body.epoch().begun_ms() + every_ms - 1;
    assert_eq!(world.body.duties(world.now_ms).rekey, None);
    world.later(1);
    assert_eq!(world.body.duties(world.now_ms).rekey, Some(Owed::Schedule));
    world.begin_epoch(&ada.phone);
    world.begin_epoch(&ada.phone);
    let again = world.rekey();
    world.void(&ada.phone, &content(again), Rule::RekeyDue);
}

/// a link stands in the epoch in force, which has one before it.
#[test]
fn a_link_leads_to_the_epoch_before() {
    let mut world = World::new(1);
    let ada = world.ada();
    let secret = |byte| RecordSecret::of_genesis(&Secret::new([byte; 32]));
    let link = Content::Link(secret(1).link(&secret(2), &mut world.rng));
    world.void(&ada.phone, &link, Rule::LinkEpoch);
    world.begin_epoch(&ada.phone);
    let mut draft = world.draft(&ada.phone, &link);
    draft.lane = lane(1, ExpiryClass::Never);
    world.put_void(&draft, Rule::LinkEpoch);
    world.ok(&ada.phone, &link);
    world.ok(&ada.phone, &link);
}

/// exactly one member's keys, in the epoch in force, once by each author.
#[test]
fn an_admission_seal_fits() {
    let mut world = World::of(1, 3);
    let (ada, bo, cyn) = (world.ada(), world.person(1), world.person(2));
    let good = world.admission(&cyn.id);
    let keys: Vec<PointBytes> = world.body.roster().recipients_of(&cyn.id).into_iter().collect();
    let too_many: Vec<PointBytes> = [keys.clone(), vec![bo.phone.card.sealing]].concat();
    let nobody = MemberId::new([0; 32]);
    let cases: [(&str, Admission); 8] = [
        ("another epoch", Admission { epoch: Epoch::new(2).unwrap(), ..good.clone() }),
        ("nobody", Admission { member: nobody, ..good.clone() }),
        ("another member", Admission { member: bo.id, ..good.clone() }),
        ("a key missing", world.admission_to(&cyn.id, &keys[..1])),
        ("a key too many", world.admission_to(&cyn.id, &too_many)),
        ("another's keys", world.admission_to(&cyn.id, &[bo.phone.card.sealing])),
        ("bound to nothing", Admission { seal: world.seal(&[0; 32], &keys), ..good.clone() }),
        ("too much wrapped", Admission { wrapped: vec![0; 257], ..good.clone() }),
    ];
    for (case, admission) in cases {
        let admission = Content::Admission(Box::new(admission));
        let foretold = world.body.would_accept(&ada.phone.id(), &admission, world.now_ms);
        assert_eq!(foretold, Err(Rule::AdmissionSeal), "{case}");
        world.void(&ada.phone, &admission, Rule::AdmissionSeal);
    }
    let good = Content::Admission(Box::new(good));
    world.ok(&ada.phone, &good);
    world.void(&ada.phone, &good, Rule::AdmissionSeal);
    // What is wrapped cannot be checked, so others may repair it.
    world.ok(&bo.phone, &good);
    world.begin_epoch(&ada.phone);
    world.void(&ada.phone, &good, Rule::AdmissionSeal);
    let again = world.admission(&cyn.id);
    world.ok(&ada.phone, &Content::Admission(Box::new(again)));
}

/// a member's new key is a new reason to seal, also for one who sealed to the
/// member before. Otherwise the second device of a body's only member would wait
/// for the next rekey.
#[test]
fn a_new_device_may_be_sealed_to_by_the_same_author() {
    let mut world = World::new(1);
    let ada = world.ada();
    let admission = world.admission(&ada.id);
    world.ok(&ada.phone, &Content::Admission(Box::new(admission.clone())));
    let second = world.new_phone();
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    assert_eq!(world.body.duties(world.now_ms).unsealed, [ada.id]);
    world.void(&ada.phone, &Content::Admission(Box::new(admission)), Rule::AdmissionSeal);
    let admission = world.admission(&ada.id);
    world.ok(&ada.phone, &Content::Admission(Box::new(admission)));
    assert!(world.body.epoch().has_sealed(&second.card.sealing));
}

/// Who received an epoch's secrets is forgotten with the key: a member whose keys
/// were removed is sealed to no more.
#[test]
fn removed_keys_are_not_sealed_to() {
    let mut world = World::of(1, 3);
    let bo = world.person(1);
    let ada = world.ada();
    world.begin_epoch(&ada.phone);
    assert!(world.body.epoch().has_sealed(&bo.phone.card.sealing));
    world.ok(&bo.phone, &Content::Leave);
    assert!(!world.body.epoch().has_sealed(&bo.phone.card.sealing));
    let at = world.head().count;
    let (before, after) =
        (world.body.epoch().recipients_at(at - 1).unwrap(), world.body.epoch().recipients_at(at).unwrap());
    assert!(before.contains(&bo.phone.card.sealing) && !after.contains(&bo.phone.card.sealing));
    assert_eq!(after, world.body.roster().recipients());
    assert_eq!(world.body.epoch().recipients_at(1), None);
}

/// At each entry the recipients are those of the roster there, whatever happened.
#[test]
fn recipients_at_a_head_are_the_roster_there() {
    let mut world = World::of(1, 4);
    let (ada, bo) = (world.ada(), world.person(1));
    world.begin_epoch(&ada.phone);
    let begun = world.head().count;
    let second = world.new_phone();
    let add = world.add(&ada, &second);
    world.ok(&ada.phone, &add);
    world.join("Eve");
    world.ok(&bo.phone, &Content::Leave);
    let replace = world.replace(&ada, &[second.id()], None, &second);
    world.ok(&second, &replace);
    let bodies = world.replay();
    for at in begun..=world.head().count {
        let then = bodies[usize::try_from(at - 1).unwrap()].roster().recipients();
        assert_eq!(world.body.epoch().recipients_at(at), Some(then), "entry {at}");
    }
}

/// Records by current members under the epoch before still count for a day; those of
/// one who left in between do not. Adversary: one who left and still has the old
/// epoch's keys.
#[test]
fn the_old_epoch_does_not_let_anyone_back_in() {
    let mut world = World::of(1, 3);
    let (ada, bo, cyn) = (world.ada(), world.person(1), world.person(2));
    let late = world.draft(&cyn.phone, &Content::Nickname(name("Cyn C")));
    let revenge = world.draft(&bo.phone, &Content::Nickname(name("Ghost")));
    world.ok(&bo.phone, &Content::Leave);
    world.begin_epoch(&ada.phone);
    assert_eq!(world.put(&late), Outcome::Accepted);
    world.put_void(&revenge, Rule::CurrentDevice);
}

/// As it is today. Adversary: a member who replaces their own device with their own
/// words, again and again: each replacement voids a rekey that was on its way, and
/// nothing bounds how often.
#[test]
fn replacing_devices_can_hold_up_a_rekey() {
    let mut world = World::of(1, 3);
    let (ada, mallory) = (world.ada(), world.person(2));
    for _ in 0..20 {
        let rekey = world.rekey();
        let new = world.new_phone();
        let replace = world.replace(&mallory, &[], Some(&new), &new);
        world.ok(&new, &replace);
        world.void(&ada.phone, &content(rekey), Rule::RekeyRemoved);
    }
}
