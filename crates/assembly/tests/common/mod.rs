//! A world for tests: people with keys from fixed seeds, and a log without a relay.
//!
//! [`World::put`] chains an entry, gives it the virtual clock's time and applies it.
//! Whatever a test does, every void record is checked to have changed nothing but
//! its author's counter, by comparing with twins of the body before it; and every
//! ordinary draft is checked to get from `would_accept` the answer it then gets.
//!
//! Keys here are made from fixed seeds: never for real use.

#![allow(missing_docs, dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::rc::Rc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_assembly::body::{Applied, Body, EntryMeta, Opened, Outcome};
use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::{
    AddDevice, Admission, Content, Defend, Genesis, JoinRequest, RULES_VERSION, Rekey, ReplaceDevices,
    TalkKey, TalkSecret,
};
use concerted_assembly::nickname::Name;
use concerted_assembly::rule::Rule;
use concerted_assembly::template::Template;
use concerted_log::device::{DeviceCard, DeviceSecret, TalkSecretKey};
use concerted_log::entry::{ExpiryClass, Head, Lane, Sequence};
use concerted_log::epoch::Epoch;
use concerted_log::hash::hash;
use concerted_log::id::{Address, MailboxId, PointBytes, SealedHash, Signature64};
use concerted_log::invitation::LinkSecret;
use concerted_log::record::{ParsedRecord, Record, SeenHead};
use concerted_log::seal::{Seal, Shared};
use concerted_log::talk::{TalkText, talk_key_statement, talk_seal_context, talk_secret_id, week_of};
use concerted_log::words::{RecoverySecret, RecoveryWords};
use concerted_log::{BodyId, DeviceId, MemberId, RecordId, Secret, schnorr};

pub const SECOND: u64 = 1000;
pub const HOUR: u64 = 3600 * SECOND;
pub const DAY: u64 = 24 * HOUR;
pub const WEEK: u64 = 7 * DAY;

/// Relay time of every genesis here: 15 January 2027.
pub const START_MS: u64 = 1_800_000_000_000;

pub fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Opens an invitation; the same one for the same number.
pub fn invite(number: u8) -> Content {
    Content::Invite(LinkSecret::random(&mut rng(number)))
}

/// A device's private keys and its card.
#[derive(Clone)]
pub struct Phone {
    pub secret: DeviceSecret,
    pub talk: TalkSecretKey,
    pub card: DeviceCard,
}

impl Phone {
    pub fn new(context: &[u8; 32], rng: &mut ChaCha20Rng) -> Self {
        let (secret, talk) = (DeviceSecret::generate(rng), TalkSecretKey::generate(rng));
        let card = secret.card(context, &talk, rng);
        Self { secret, talk, card }
    }

    pub fn id(&self) -> DeviceId {
        self.secret.id()
    }
}

/// Someone with a phone and recovery words, in the body or not.
#[derive(Clone)]
pub struct Person {
    pub nickname: Name,
    pub phone: Phone,
    pub words: Rc<RecoverySecret>,
    pub id: MemberId,
}

/// A record about to be signed; tests change what they want to be wrong.
#[derive(Clone)]
pub struct Draft {
    pub secret: DeviceSecret,
    pub record: Record,
    pub lane: Lane,
}

impl Draft {
    pub fn bytes(&self) -> Vec<u8> {
        self.record.sign(&self.secret)
    }
}

/// One entry, for replay.
#[derive(Clone)]
pub struct Put {
    pub meta: EntryMeta,
    pub bytes: Option<Vec<u8>>,
    pub outcome: Outcome,
}

impl Put {
    pub fn opened(&self) -> Opened<'_> {
        self.bytes.as_ref().map_or(Opened::Unopenable, |bytes| Opened::Record(bytes))
    }
}

pub struct World {
    pub body: Body,
    pub now_ms: u64,
    /// Heads after each entry; the first is that of the empty log.
    pub heads: Vec<Head>,
    pub log: Vec<Put>,
    pub rng: ChaCha20Rng,
    /// All who were founder or admitted by [`World::join`], in that order.
    pub people: Vec<Person>,
    /// What the last entry told.
    pub last: Option<Applied>,
    /// The keys of all phones made here, to make twins of their records with.
    keyring: BTreeMap<DeviceId, DeviceSecret>,
}

/// A branch of the same world; keys made in it are of a seed of its own.
impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            body: self.body.clone(),
            now_ms: self.now_ms,
            heads: self.heads.clone(),
            log: self.log.clone(),
            rng: rng(200),
            people: self.people.clone(),
            last: self.last.clone(),
            keyring: self.keyring.clone(),
        }
    }
}

/// A signed genesis record, with the founder's keys.
pub struct Founding {
    pub record: Record,
    pub phone: Phone,
    pub genesis: Genesis,
}

impl Founding {
    pub fn new(bylaws: Bylaws, rng: &mut ChaCha20Rng) -> Self {
        let salt = Secret::random(rng);
        let phone = Phone::new(&Genesis::context(&salt), rng);
        let genesis =
            Genesis { salt, name: name("Depot 4"), bylaws, card: phone.card.clone(), nickname: name("Ada") };
        let mut founding = Self { record: record(None, phone.id(), 1, None, Vec::new()), phone, genesis };
        founding.resume();
        founding
    }

    /// Puts the genesis content, which a test may have changed, into the record.
    pub fn resume(&mut self) {
        self.record.content = Content::Genesis(Box::new(self.genesis.clone())).to_bytes();
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.record.sign(&self.phone.secret)
    }

    pub fn id(&self) -> BodyId {
        let parsed = concerted_log::record::ParsedRecord::parse(&self.bytes()).unwrap();
        concerted_log::record::body_id(parsed.id())
    }
}

pub fn record(
    body: Option<BodyId>,
    author: DeviceId,
    counter: u64,
    seen: Option<SeenHead>,
    content: Vec<u8>,
) -> Record {
    Record { body, rules_version: RULES_VERSION, author, counter, clock_ms: 0, seen, content }
}

pub fn lane(epoch: u32, class: ExpiryClass) -> Lane {
    Lane { epoch: Epoch::new(epoch).unwrap(), class }
}

pub const GENESIS_LANE: Lane = Lane { epoch: Epoch::GENESIS, class: ExpiryClass::Never };

fn dummy_hash(bytes: &[u8]) -> SealedHash {
    SealedHash::new(hash("test sealed", &[bytes]))
}

pub fn meta_after(head: &Head, time_ms: u64, lane: Lane, bytes: &[u8]) -> (EntryMeta, Head) {
    let next = head.with(time_ms, lane, &dummy_hash(bytes));
    let sequence = Sequence::new(next.count).unwrap();
    (EntryMeta { sequence, time_ms, lane, chain: next.chain }, next)
}

impl World {
    /// Ada founds a body with the small-workplace bylaws and sets her recovery key.
    pub fn new(seed: u8) -> Self {
        Self::with_bylaws(seed, Template::SmallWorkplace.bylaws())
    }

    pub fn with_bylaws(seed: u8, bylaws: Bylaws) -> Self {
        let mut world = Self::bare(seed, bylaws);
        let ada = world.ada();
        let key = ada.words.root().recovery_key(&world.id());
        world.ok(&ada.phone, &Content::Recovery(key));
        world
    }

    /// Right after genesis.
    pub fn bare(seed: u8, bylaws: Bylaws) -> Self {
        let mut rng = rng(seed);
        let founding = Founding::new(bylaws, &mut rng);
        let empty = Head::empty(&Address::new([seed; 32]));
        let bytes = founding.bytes();
        let (meta, head) = meta_after(&empty, START_MS, GENESIS_LANE, &bytes);
        let (body, applied) = Body::found(&founding.id(), &meta, Opened::Record(&bytes)).unwrap();
        let ada = Person {
            nickname: founding.genesis.nickname.clone(),
            id: *body.roster().members().next().unwrap().0,
            phone: founding.phone.clone(),
            words: Rc::new(RecoveryWords::generate(&mut rng).to_secret()),
        };
        let outcome = applied.outcome;
        Self {
            body,
            now_ms: START_MS,
            heads: vec![empty, head],
            log: vec![Put { meta, bytes: Some(bytes), outcome }],
            rng,
            keyring: BTreeMap::from([(ada.phone.id(), ada.phone.secret.clone())]),
            people: vec![ada],
            last: Some(applied),
        }
    }

    /// A body of `count` members, who all have waited long enough to vouch.
    pub fn of(seed: u8, count: usize) -> Self {
        let mut world = Self::new(seed);
        for number in 1..count.min(10) {
            world.join(&format!("Member {number}"));
        }
        while world.body.roster().len() < count {
            let number = world.body.roster().len();
            world.later(8 * DAY);
            world.settle();
            world.join(&format!("Member {number}"));
        }
        world.later(8 * DAY);
        world.settle();
        world
    }

    pub fn id(&self) -> BodyId {
        self.body.id()
    }

    pub fn ada(&self) -> Person {
        self.people[0].clone()
    }

    pub fn person(&self, index: usize) -> Person {
        self.people[index].clone()
    }

    pub fn head(&self) -> Head {
        *self.heads.last().unwrap()
    }

    pub fn later(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// The head after entry `at`, as a record names it.
    pub fn seen_at(&self, at: u64) -> SeenHead {
        let head = self.heads[usize::try_from(at).unwrap()];
        SeenHead {
            sequence: Sequence::new(head.count).unwrap(),
            chain: head.chain,
            time_ms: head.time_ms,
            signature: Signature64([0; 64]),
        }
    }

    pub fn seen(&self) -> SeenHead {
        self.seen_at(self.head().count)
    }

    /// What `phone` would post next.
    pub fn draft(&self, phone: &Phone, content: &Content) -> Draft {
        let id = phone.id();
        let (class, counter) = if content.is_talk() {
            (ExpiryClass::Talk, self.body.talk().next_counter(&id))
        } else {
            (ExpiryClass::Never, self.body.next_counter(&id))
        };
        let record = record(Some(self.id()), id, counter, Some(self.seen()), content.to_bytes());
        let lane = Lane { epoch: self.body.epoch().epoch(), class };
        Draft { secret: phone.secret.clone(), record, lane }
    }

    /// Appends and applies.
    pub fn put(&mut self, draft: &Draft) -> Outcome {
        self.put_raw(draft.lane, Some(draft.bytes()))
    }

    /// Appends bytes that someone sealed, or (none) that do not open.
    pub fn put_raw(&mut self, lane: Lane, bytes: Option<Vec<u8>>) -> Outcome {
        let (meta, head) = meta_after(&self.head(), self.now_ms, lane, bytes.as_deref().unwrap_or_default());
        let before = self.body.clone();
        let put = Put { meta, bytes, outcome: Outcome::Accepted };
        let applied = self.body.apply(&meta, put.opened()).unwrap();
        if matches!(applied.outcome, Outcome::Void(_)) {
            self.changed_only_the_counter(&before, &put);
        }
        if lane.class == ExpiryClass::Talk {
            assert_eq!(before.state_hash(), self.body.state_hash(), "talk changed the state");
        }
        let outcome = applied.outcome;
        self.heads.push(head);
        self.log.push(Put { outcome, ..put });
        self.last = Some(applied);
        outcome
    }

    /// Posts as an engine would, and demands that `would_accept` foretold it.
    pub fn post(&mut self, phone: &Phone, content: &Content) -> Outcome {
        let foretold = self.body.would_accept(&phone.id(), content, self.now_ms);
        let draft = self.draft(phone, content);
        let outcome = self.put(&draft);
        let expected = foretold.map_or_else(Outcome::Void, |()| Outcome::Accepted);
        assert_eq!(expected, outcome, "would_accept and apply disagree on {content:?}");
        outcome
    }

    #[track_caller]
    pub fn ok(&mut self, phone: &Phone, content: &Content) {
        assert_eq!(self.post(phone, content), Outcome::Accepted, "{content:?}");
    }

    #[track_caller]
    pub fn void(&mut self, phone: &Phone, content: &Content, rule: Rule) {
        assert_eq!(self.post(phone, content), Outcome::Void(rule), "{content:?}");
    }

    #[track_caller]
    pub fn put_void(&mut self, draft: &Draft, rule: Rule) {
        assert_eq!(self.put(draft), Outcome::Void(rule));
    }

    /// An entry that changes nothing, at which what is due takes effect.
    pub fn settle(&mut self) {
        let lane = Lane { epoch: self.body.epoch().epoch(), class: ExpiryClass::Never };
        assert_eq!(self.put_raw(lane, None), Outcome::Void(Rule::Opens));
    }

    /// Someone who is not in the body.
    pub fn outsider(&mut self, nickname: &str) -> Person {
        let id = self.id();
        let phone = self.new_phone();
        let words = Rc::new(RecoveryWords::generate(&mut self.rng).to_secret());
        let recovery = words.root().recovery_key(&id);
        let member = MemberId::derive(id.as_bytes(), &phone.id(), &recovery);
        Person { nickname: name(nickname), phone, words, id: member }
    }

    pub fn request_of(&self, person: &Person) -> JoinRequest {
        let id = self.id();
        JoinRequest::sign(
            id,
            person.nickname.clone(),
            person.phone.card.clone(),
            person.words.root().recovery_key(&id),
            MailboxId::new([7; 32]),
            &person.phone.secret,
        )
    }

    /// Someone new asks; the request is in the log.
    pub fn ask(&mut self, nickname: &str) -> Person {
        let person = self.outsider(nickname);
        let request = Content::Request(Box::new(self.request_of(&person)));
        let ada = self.ada();
        self.ok(&ada.phone, &request);
        person
    }

    /// Someone asks, gets enough vouches from members in turn, and is admitted;
    /// where there is an objection window, after it.
    pub fn join(&mut self, nickname: &str) -> Person {
        let person = self.ask(nickname);
        let turn = self.people.len();
        for offset in 0..self.people.len() {
            let member = self.person((turn + offset) % self.people.len());
            let open = self.body.admissions().get(&person.id).is_some_and(|p| p.window_ends_ms.is_none());
            let may = self.body.would_accept(&member.phone.id(), &Content::Vouch(person.id), self.now_ms);
            if open && may.is_ok() {
                self.ok(&member.phone, &Content::Vouch(person.id));
            }
        }
        if let Some(end) = self.body.admissions().get(&person.id).and_then(|p| p.window_ends_ms) {
            self.now_ms = end + 1;
            self.settle();
        }
        assert!(self.body.roster().member(&person.id).is_some(), "{nickname} was not admitted");
        self.people.push(person.clone());
        person
    }

    pub fn new_phone(&mut self) -> Phone {
        let phone = Phone::new(self.id().as_bytes(), &mut self.rng);
        self.keyring.insert(phone.id(), phone.secret.clone());
        phone
    }

    pub fn with_words(&mut self, person: &Person, statement: &[u8]) -> Signature64 {
        let key = person.words.recovery_key(&self.id());
        schnorr::sign(&key, statement, &mut self.rng)
    }

    /// Adds a device from an old one.
    pub fn add(&self, person: &Person, phone: &Phone) -> Content {
        Content::AddDevice(Box::new(AddDevice {
            member: person.id,
            card: phone.card.clone(),
            recovery: None,
        }))
    }

    /// Adds a device with the words.
    pub fn add_with_words(&mut self, person: &Person, phone: &Phone) -> Content {
        let statement = AddDevice::statement(&self.id(), &person.id, &phone.card);
        let recovery = Some(self.with_words(person, &statement));
        Content::AddDevice(Box::new(AddDevice { member: person.id, card: phone.card.clone(), recovery }))
    }

    /// Replaces devices with the words, signed by `author`, which is a kept device
    /// or the new one.
    pub fn replace(
        &mut self,
        person: &Person,
        keep: &[DeviceId],
        new: Option<&Phone>,
        author: &Phone,
    ) -> Content {
        let card = new.map(|phone| phone.card.clone());
        let counter = self.body.next_counter(&author.id());
        let statement =
            ReplaceDevices::statement(&self.id(), &person.id, keep, card.as_ref(), &author.id(), counter);
        let recovery = self.with_words(person, &statement);
        Content::ReplaceDevices(Box::new(ReplaceDevices {
            member: person.id,
            keep: keep.to_vec(),
            card,
            recovery,
        }))
    }

    /// An objection, with the words if `words`.
    pub fn defend(&mut self, person: &Person, device: DeviceId, words: bool) -> Content {
        let since = self.body.accusations().get(&device).map_or(Sequence::GENESIS, |one| one.since);
        let statement = Defend::statement(&self.id(), &device, since);
        let recovery = words.then(|| self.with_words(person, &statement));
        Content::Defend(Defend { device, recovery })
    }

    /// The rekey an engine would make now.
    pub fn rekey(&mut self) -> Rekey {
        let at = self.head().count;
        let recipients = self.body.epoch().recipients_at(at).unwrap();
        self.rekey_to(at, recipients)
    }

    /// A rekey that names the head after entry `at` and seals to `recipients`.
    pub fn rekey_to(&mut self, at: u64, recipients: impl IntoIterator<Item = PointBytes>) -> Rekey {
        let recipients: Vec<PointBytes> = recipients.into_iter().collect();
        let head = self.heads[usize::try_from(at).unwrap()];
        let mut rekey = Rekey {
            epoch: self.body.epoch().epoch().next().unwrap(),
            follows: self.body.epoch().rekey(),
            head_sequence: Sequence::new(head.count).unwrap(),
            head_chain: head.chain,
            seal: self.seal(&[0; 32], &recipients),
        };
        rekey.seal = self.seal(&rekey.context(&self.id()), &recipients);
        rekey
    }

    pub fn seal(&mut self, context: &[u8; 32], recipients: &[PointBytes]) -> Seal {
        let shared = Shared::random(&mut self.rng);
        Seal::new(&shared, context, recipients, &mut self.rng).unwrap()
    }

    /// Ends the epoch; `by` makes the rekey.
    pub fn begin_epoch(&mut self, by: &Phone) {
        let rekey = self.rekey();
        self.ok(by, &Content::Rekey(Box::new(rekey)));
    }

    /// An admission seal for `member`.
    pub fn admission(&mut self, member: &MemberId) -> Admission {
        let keys: Vec<PointBytes> = self.body.roster().recipients_of(member).into_iter().collect();
        self.admission_to(member, &keys)
    }

    pub fn admission_to(&mut self, member: &MemberId, keys: &[PointBytes]) -> Admission {
        let epoch = self.body.epoch().epoch();
        let mut admission =
            Admission { member: *member, epoch, seal: self.seal(&[0; 32], keys), wrapped: vec![0; 100] };
        admission.seal = self.seal(&admission.context(&self.id()), keys);
        admission
    }

    pub fn week(&self) -> u64 {
        week_of(self.now_ms)
    }

    /// A talk key for a week.
    pub fn talk_key(&mut self, phone: &Phone, week: u64) -> (TalkKey, TalkSecretKey) {
        let secret = TalkSecretKey::generate(&mut self.rng);
        let statement = talk_key_statement(&self.id(), &phone.id(), week);
        let proof = secret.prove(&statement, &mut self.rng);
        (TalkKey { week, key: secret.public(), proof }, secret)
    }

    /// A talk secret for a week, sealed to these devices' keys.
    pub fn talk_secret(&mut self, week: u64, to: &[(DeviceId, PointBytes)]) -> (TalkSecret, Shared) {
        let shared = Shared::random(&mut self.rng);
        let id = talk_secret_id(&shared);
        let (devices, keys): (Vec<_>, Vec<_>) = to.iter().copied().unzip();
        let context = talk_seal_context(&self.id(), &id, week);
        let seal = Seal::new(&shared, &context, &keys, &mut self.rng).unwrap();
        (TalkSecret { id, week, devices, keys, seal }, shared)
    }

    /// A talk secret of this week for everyone.
    pub fn talk_secret_for_all(&mut self) -> (TalkSecret, Shared) {
        let to = self.body.talk().uncovered(None, self.body.roster());
        let week = self.week();
        self.talk_secret(week, &to)
    }

    pub fn saying(&mut self, length: usize, shared: &Shared) -> Content {
        Content::Talk(TalkText::seal(&vec![b'x'; length], shared, &mut self.rng))
    }

    /// Replays the log from genesis: the body after each entry.
    pub fn replay(&self) -> Vec<Body> {
        let (first, rest) = self.log.split_first().unwrap();
        let (body, _) = Body::found(&self.id(), &first.meta, first.opened()).unwrap();
        let mut bodies = vec![body];
        for put in rest {
            let mut body = bodies.last().unwrap().clone();
            let applied = body.apply(&put.meta, put.opened()).unwrap();
            assert_eq!(applied.outcome, put.outcome, "entry {}", put.meta.sequence);
            bodies.push(body);
        }
        bodies
    }

    /// The id of the record in the last entry.
    pub fn last_record(&self) -> RecordId {
        self.last.as_ref().unwrap().record.unwrap()
    }

    /// Compares the body after a void record with twins: one that got an entry nobody
    /// can open instead; or, if the record used up its counter, one that got a record
    /// of the same device and counter which names no head and so can do nothing.
    fn changed_only_the_counter(&self, before: &Body, put: &Put) {
        let mut twin = before.clone();
        twin.apply(&put.meta, Opened::Unopenable).unwrap();
        if twin.state_hash() == self.body.state_hash() {
            return;
        }
        let bytes = put.bytes.as_deref().expect("what does not open uses no counter");
        let record = ParsedRecord::parse(bytes).unwrap().unverified_record().clone();
        let empty = Record { seen: None, content: Content::Arrive.to_bytes(), ..record };
        let bytes = empty.sign(&self.keyring[&empty.author]);
        let mut twin = before.clone();
        let lane = Lane { epoch: before.epoch().epoch(), ..put.meta.lane };
        let applied = twin.apply(&EntryMeta { lane, ..put.meta }, Opened::Record(&bytes)).unwrap();
        assert_eq!(applied.outcome, Outcome::Void(Rule::SeenHead), "the twin's record does nothing");
        assert_eq!(twin.state_hash(), self.body.state_hash(), "a void record changed more than its counter");
    }
}
