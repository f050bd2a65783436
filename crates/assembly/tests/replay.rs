//! Laws of replay, over random logs: members, former members, thieves and strangers
//! do permitted and forbidden things in any order.
//!
//! That a void record changes nothing but its counter, that talk never changes the
//! state, and that `would_accept` agrees with `apply` is checked by the world at
//! every single entry of these logs.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use concerted_assembly::Outcome;
use concerted_assembly::body::{Body, Happening, Opened};
use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::{Content, Rekey};
use concerted_assembly::template::Template;
use concerted_log::MemberId;
use concerted_log::entry::ExpiryClass;
use concerted_log::epoch::RecordSecret;
use concerted_log::invitation::LinkSecret;
use concerted_log::seal::Shared;
use proptest::prelude::*;

/// Limits that small bodies reach, so that random logs meet every rule.
fn tight_bylaws() -> Bylaws {
    let mut bylaws = Template::SmallWorkplace.bylaws();
    bylaws.admission.window_from = 5;
    bylaws.admission.growth_least = 2;
    bylaws.newcomers.wait_from = 6;
    bylaws
}

/// One random act: what, by whom, to what.
type Act = (u8, u8, u8);

/// The people and things random acts choose from.
struct Play {
    world: World,
    /// Every phone there ever was, with the index of its owner.
    phones: Vec<(usize, Phone)>,
    people: Vec<Person>,
    rekeys: Vec<Rekey>,
    secrets: Vec<Shared>,
    recount: Recount,
}

/// Who was admitted by whom, counted from accepted records alone.
struct Recount {
    bylaws: Bylaws,
    vouches: BTreeMap<MemberId, BTreeSet<MemberId>>,
    enough: BTreeSet<MemberId>,
    members: BTreeSet<MemberId>,
}

impl Recount {
    fn note(&mut self, before: &Body, play_last: &concerted_assembly::Applied, accepted: bool) {
        let joined = |one: &Happening| match one {
            Happening::Joined(member) => Some(*member),
            _ => None,
        };
        let joined: Vec<MemberId> = play_last.happened.iter().filter_map(joined).collect();
        let (due, now): (Vec<_>, Vec<_>) = joined.into_iter().partition(|id| self.enough.contains(id));
        self.members.extend(due);
        if accepted {
            let author = play_last.author.and_then(|device| before.roster().owner(&device));
            if let (Some(Content::Vouch(applicant)), Some(author)) = (&play_last.content, author) {
                assert!(self.members.contains(&author), "only members vouch");
                let small = self.members.len() < self.bylaws.admission.small_below as usize;
                let admission = &self.bylaws.admission;
                let needed = if small { admission.vouches_while_small } else { admission.vouches };
                let vouches = self.vouches.entry(*applicant).or_default();
                vouches.insert(author);
                if vouches.len() >= needed as usize {
                    self.enough.insert(*applicant);
                }
            }
        }
        for id in now {
            assert!(self.enough.contains(&id), "admitted with too few vouches");
            self.members.insert(id);
        }
        for one in &play_last.happened {
            match one {
                Happening::Left(member) => {
                    self.members.remove(member);
                    for (applicant, vouches) in &mut self.vouches {
                        if !self.enough.contains(applicant) {
                            vouches.remove(member);
                        }
                    }
                }
                Happening::Asked(applicant) | Happening::Refused(applicant) => {
                    self.vouches.remove(applicant);
                    self.enough.remove(applicant);
                }
                _ => {}
            }
        }
    }
}

impl Play {
    fn new() -> Self {
        let mut world = World::with_bylaws(1, tight_bylaws());
        for number in 1..4 {
            world.join(&format!("Member {number}"));
        }
        let people = world.people.clone();
        let phones = people.iter().enumerate().map(|(i, person)| (i, person.phone.clone())).collect();
        let recount = Recount {
            bylaws: tight_bylaws(),
            vouches: BTreeMap::new(),
            enough: BTreeSet::new(),
            members: world.body.roster().members().map(|(id, _)| *id).collect(),
        };
        Self { world, phones, people, rekeys: Vec::new(), secrets: Vec::new(), recount }
    }

    fn act(&mut self, (what, who, whom): Act) {
        let before = self.world.body.clone();
        let entries = self.world.log.len();
        // Mostly devices that count; now and then a stranger's or a removed one.
        let counts = |(_, phone): &&(usize, Phone)| before.roster().device(&phone.id()).is_some();
        let live: Vec<_> = self.phones.iter().filter(counts).cloned().collect();
        let choice = if who % 8 == 7 || live.is_empty() { &self.phones } else { &live };
        let (owner, phone) = choice[usize::from(who / 8) % choice.len()].clone();
        let person = self.people[owner].clone();
        let other = self.people[usize::from(whom) % self.people.len()].clone();
        let device = self.phones[usize::from(whom) % self.phones.len()].1.clone();
        let world = &mut self.world;
        let content = match what % 32 {
            0 => invite(whom % 4),
            1 => Content::RevokeInvite(LinkSecret::random(&mut rng(whom % 4))),
            2 | 3 if self.people.len() < 12 => {
                let new = world.outsider(&format!("Name {}", whom % 16));
                let request = Content::Request(Box::new(world.request_of(&new)));
                self.phones.push((self.people.len(), new.phone.clone()));
                self.people.push(new);
                request
            }
            2..=3 => Content::Request(Box::new(world.request_of(&other))),
            4..=8 => Content::Vouch(other.id),
            9 => Content::Object(other.id),
            10 => Content::Nickname(name(&format!("name {}", whom % 16))),
            11 if whom < 100 => Content::Leave,
            11 => Content::Arrive,
            12 => {
                let new = world.new_phone();
                self.phones.push((owner, new.clone()));
                world.add(&person, &new)
            }
            13 => world.add(&person, &device),
            14 => {
                let new = world.new_phone();
                self.phones.push((owner, new.clone()));
                let add = world.add_with_words(&person, &new);
                world.post(&new, &add);
                return self.note(&before, entries);
            }
            15 if whom < 128 => {
                let new = world.new_phone();
                self.phones.push((owner, new.clone()));
                let replace = world.replace(&person, &[], Some(&new), &new);
                world.post(&new, &replace);
                return self.note(&before, entries);
            }
            15 => world.replace(&person, &[phone.id(), device.id()], None, &phone),
            16 | 17 => Content::Accuse(device.id()),
            18 => world.defend(&person, device.id(), whom < 128),
            19 => {
                let rekey = world.rekey();
                self.rekeys.push(rekey.clone());
                Content::Rekey(Box::new(rekey))
            }
            20 => {
                // Made now, posted later.
                let rekey = world.rekey();
                self.rekeys.push(rekey);
                return;
            }
            21 => match self.rekeys.last() {
                Some(rekey) => Content::Rekey(Box::new(rekey.clone())),
                None => Content::Tick,
            },
            22 if !world.body.roster().recipients_of(&other.id).is_empty() => {
                Content::Admission(Box::new(world.admission(&other.id)))
            }
            22 => Content::Tick,
            23 => {
                let secret = |byte| RecordSecret::of_genesis(&concerted_log::Secret::new([byte; 32]));
                Content::Link(secret(1).link(&secret(2), &mut world.rng))
            }
            24 => Content::Tick,
            25 => {
                world.later([HOUR, DAY, 3 * DAY + 1, WEEK, 40 * DAY][usize::from(whom) % 5]);
                world.settle();
                return self.note(&before, entries);
            }
            26 => {
                // Anyone plays any earlier entry again, in any epoch and lane.
                let put = world.log[usize::from(whom) % world.log.len()].clone();
                let mut lane = put.meta.lane;
                if who % 2 == 0 {
                    lane.epoch = world.body.epoch().epoch();
                }
                if who % 3 == 0 {
                    lane.class = ExpiryClass::Talk;
                }
                world.put_raw(lane, put.bytes);
                return self.note(&before, entries);
            }
            27 => {
                // An ordinary record that names an early head or an old epoch.
                let mut draft = world.draft(&phone, &Content::Nickname(name("Late")));
                draft.record.seen = Some(world.seen_at(1 + u64::from(whom) % world.head().count));
                draft.lane = lane(1 + u32::from(who) % 4, ExpiryClass::Never);
                world.put(&draft);
                return self.note(&before, entries);
            }
            28 => {
                let week = world.week() + u64::from(whom % 3);
                Content::TalkKey(world.talk_key(&phone, week).0)
            }
            29 if world.body.roster().devices().next().is_some() => {
                let (secret, shared) = world.talk_secret_for_all();
                self.secrets.push(shared);
                Content::TalkSecret(Box::new(secret))
            }
            30 => match self.secrets.last() {
                Some(shared) => world.saying(usize::from(whom), shared),
                None => Content::Tick,
            },
            _ => Content::Recovery(person.words.root().recovery_key(&world.id())),
        };
        self.world.post(&phone, &content);
        self.note(&before, entries);
    }

    fn note(&mut self, before: &Body, entries: usize) {
        assert_eq!(self.world.log.len(), entries + 1);
        let accepted = self.world.log.last().unwrap().outcome == Outcome::Accepted;
        self.recount.note(before, self.world.last.as_ref().unwrap(), accepted);
        self.invariants();
    }

    fn invariants(&self) {
        let body = &self.world.body;
        let members: BTreeSet<MemberId> = body.roster().members().map(|(id, _)| *id).collect();
        assert_eq!(members, self.recount.members, "members are those the recount admits");
        assert!(!members.is_empty());
        let mut names: Vec<String> =
            body.roster().members().map(|(_, one)| one.nickname.as_str().to_lowercase()).collect();
        names.sort();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "nicknames are unique: {names:?}");
        let mut keys = BTreeSet::new();
        for (id, device) in body.roster().devices() {
            assert!(members.contains(&device.member), "every device has a member");
            let own = [*device.signing.as_bytes(), *device.sealing.as_bytes(), *device.talk.as_bytes()];
            assert!(own.into_iter().all(|key| keys.insert(key)), "a key occurs twice, on {id}");
        }
        let recipients = body.roster().recipients();
        assert_eq!(body.epoch().recipients_at(body.applied()), Some(recipients.clone()));
        assert!(body.epoch().sealed().all(|key| recipients.contains(key)), "sealed to one who is gone");
        for (device, accusation) in body.accusations().iter() {
            assert!(body.roster().device(device).is_some());
            assert!(accusation.by.iter().all(|member| members.contains(member)));
        }
    }
}

fn acts(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), count)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(8))]

    /// The same log gives the same state: from genesis, in any batches, from any
    /// point on, with or without the talk that has expired; and each outcome alike.
    #[test]
    fn replay_gives_the_same_state(acts in acts(150..300), cut in any::<prop::sample::Index>()) {
        let mut play = Play::new();
        for act in acts {
            play.act(act);
        }
        let world = &play.world;
        let bodies = world.replay();
        prop_assert_eq!(bodies.last().unwrap().state_hash(), world.body.state_hash());

        let cut = cut.index(bodies.len());
        let mut resumed = bodies[cut].clone();
        let mut without_talk = bodies[0].clone();
        for (index, put) in world.log.iter().enumerate().skip(1) {
            if index > cut {
                let applied = resumed.apply(&put.meta, put.opened()).unwrap();
                prop_assert_eq!(applied.outcome, put.outcome);
            }
            let is_talk = put.meta.lane.class == ExpiryClass::Talk;
            without_talk.apply(&put.meta, if is_talk { Opened::Absent } else { put.opened() }).unwrap();
        }
        prop_assert_eq!(resumed.state_hash(), world.body.state_hash());
        prop_assert_eq!(without_talk.state_hash(), world.body.state_hash());
    }

    /// Talk may stand anywhere: whatever an entry in its lane says, the state stays.
    #[test]
    fn talk_changes_no_state_anywhere(acts in acts(40..80)) {
        let mut play = Play::new();
        for act in acts {
            play.act(act);
        }
        let week = play.world.week();
        let ada = play.world.ada();
        let (key, _) = play.world.talk_key(&ada.phone, week + 1);
        for (index, body) in play.world.replay().into_iter().enumerate() {
            let epoch = body.epoch().epoch();
            let draft = {
                let mut draft = play.world.draft(&ada.phone, &Content::TalkKey(key.clone()));
                draft.record.seen = Some(play.world.seen_at(index as u64 + 1));
                draft.record.counter = u64::MAX;
                draft.bytes()
            };
            let lane = lane(epoch.get(), ExpiryClass::Talk);
            let time_ms = play.world.now_ms + 100 * DAY;
            let (meta, _) = meta_after(&play.world.heads[index + 1], time_ms, lane, &draft);
            for opened in [Opened::Record(&draft), Opened::Record(b"junk"), Opened::Unopenable, Opened::Absent] {
                let mut after = body.clone();
                after.apply(&meta, opened).unwrap();
                prop_assert_eq!(after.state_hash(), body.state_hash());
            }
        }
    }
}

/// What random acts meet: a check of the test above, that it is worth something.
#[test]
fn random_logs_meet_most_rules() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngSeed, TestRunner};
    let mut met = BTreeMap::<String, u32>::new();
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Fixed(7), ..config(1) });
    for _ in 0..6 {
        let mut play = Play::new();
        for act in acts(300..301).new_tree(&mut runner).unwrap().current() {
            play.act(act);
        }
        for put in &play.world.log {
            let what = match put.outcome {
                Outcome::Void(rule) => rule.id().to_owned(),
                other => format!("{other:?}"),
            };
            *met.entry(what).or_default() += 1;
        }
    }
    assert!(met["Accepted"] > 300, "{met:?}");
    assert!(met.len() > 20, "{met:?}");
}
