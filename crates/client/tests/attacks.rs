//! Attacks on members' devices, each with its adversary.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::{DAY, HOUR, RELAY, World, body_id};
use concerted_assembly::content::Content;
use concerted_client::history::History;
use concerted_client::session::Session;
use concerted_client::view::{PhaseView, Warning};
use concerted_client::{Command, Mode, Reply};
use concerted_log::entry::{Entry, ExpiryClass, Lane, Payload, Sealed};
use concerted_log::epoch::{EpochSecrets, PostingSecret};
use concerted_log::id::{MailboxId, TokenHash};
use concerted_log::invitation::Invitation;
use concerted_log::message::{
    Announce, Announcement, Append, AppendItem, PutMail, Read, Refusal, Request, Response,
};
use concerted_log::record::Record;

fn committee(count: usize, mode: Mode) -> (World, String) {
    let mut world = World::new();
    let homes: Vec<usize> = (0..count).map(|_| world.home(mode)).collect();
    let body = world.committee(&homes);
    (world, body)
}

fn session<'a>(world: &'a World, home: usize, body: &str) -> &'a Session {
    world.homes[home].engine.as_ref().unwrap().session_of(&body_id(body)).unwrap()
}

fn history<'a>(world: &'a World, home: usize, body: &str) -> &'a History {
    session(world, home, body).history.as_ref().unwrap()
}

/// The newest secrets a home knows.
fn secrets(world: &World, home: usize, body: &str) -> EpochSecrets {
    session(world, home, body).kept.secrets.last().unwrap().clone()
}

/// Appends a record signed with a home's keys, whatever its engine thinks of it.
fn forge(world: &mut World, home: usize, body: &str, content: &Content, under: &EpochSecrets) -> u64 {
    let session = session(world, home, body);
    let class = if content.is_talk() { ExpiryClass::Talk } else { ExpiryClass::Never };
    let record = Record {
        body: Some(session.kept.id),
        rules_version: 1,
        author: session.device(),
        counter: session.kept.counters[0] + 1000 + world.now_ms % 1000,
        clock_ms: world.now_ms,
        seen: session.history.as_ref().unwrap().seen().map(|receipt| receipt.to_seen()),
        content: content.to_bytes(),
    };
    let signed = record.sign(&session.kept.device);
    append_raw(world, home, body, &signed, Lane { epoch: under.epoch, class }, under)
}

fn append_raw(
    world: &mut World,
    home: usize,
    body: &str,
    signed: &[u8],
    lane: Lane,
    under: &EpochSecrets,
) -> u64 {
    use chacha20::rand_core::SeedableRng;
    let address = session(world, home, body).kept.address.unwrap();
    let mut rng = chacha20::ChaCha20Rng::seed_from_u64(world.now_ms ^ signed.len() as u64);
    let sealed = Sealed::seal(signed, lane, &under.record, &mut rng);
    let item = AppendItem { lane, sealed };
    let append = Append::sign(address, vec![item], None, None, &under.posting);
    match world.request(Request::Append(append)).expect("the relay cannot judge") {
        Response::Appended(appended) => appended.sequences[0].get(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn void_by(world: &mut World, home: usize, body: &str, sequence: u64) -> Option<&'static str> {
    world.sync(home);
    let session = session(world, home, body);
    let row = session.rows.iter().find(|row| row.sequence == sequence).expect("applied");
    row.void.map(|rule| rule.id())
}

/// Adversary: a thief with a copy of a member's whole home, who even adds a second
/// device of his own before the owner notices. The owner types the words on a new
/// phone and says that the old one is lost.
#[test]
fn a_stolen_home_is_cut_off_with_the_words() {
    for adds_a_device in [false, true] {
        let (mut world, body) = committee(3, Mode::OneShot);
        let (ana, ben) = (0, 1);
        let owner = world.home(Mode::OneShot);
        let words = world.begin(owner);
        let link = world.invite(ana, &body);
        let applicant = world.ask(owner, &link, "olu");
        world.vouch(ana, &body, &applicant);
        world.vouch(ben, &body, &applicant);
        world.sync(owner);
        world.say(owner, &body, "mine");
        let thief = world.copy(owner);
        let mut devices_of_thief = vec![thief];
        if adds_a_device {
            devices_of_thief.push(pair(&mut world, thief));
        }
        let new = world.home(Mode::OneShot);
        world.ok(new, Command::Restore { relay: RELAY.into(), words, lost: true });
        world.sync(new);
        world.sync(ana);
        world.say(ana, &body, "not for thieves");
        let view = world.agree(&[ana, ben, 2, new], &body);
        assert_eq!(view.epoch, 2, "a rekey followed by itself");
        for stolen in devices_of_thief {
            // The thief keeps the keys of before and does not run our engine.
            let before = secrets(&world, stolen, &body);
            let marker = Content::Nickname(concerted_assembly::nickname::Name::new("thief").unwrap());
            let posted = forge(&mut world, stolen, &body, &marker, &before);
            assert_eq!(void_by(&mut world, ana, &body, posted), Some("R-005"), "nothing it posts counts");
            world.sync(stolen);
            assert_eq!(world.view(stolen, &body).phase, PhaseView::Gone);
            assert!(
                !history(&world, stolen, &body).secrets().contains_key(&secrets(&world, ana, &body).epoch)
            );
            assert!(!world.texts(stolen, &body).contains(&Some("not for thieves".into())));
            // Nor does the relay hand out what came after: only hashes.
            let address = session(&world, ana, &body).kept.address.unwrap();
            let read = Read { address, token: before.record.read_token(), after: 0 };
            let Ok(Response::Page(page)) = world.request(Request::Read(read)) else { panic!("a page") };
            let whole_later = |entry: &&Entry| {
                entry.lane.epoch > before.epoch && matches!(entry.payload, Payload::Sealed(_))
            };
            assert_eq!(page.entries.iter().filter(whole_later).count(), 0);
        }
        let again = void_by(&mut world, ana, &body, 1);
        assert_eq!(again, None);
    }
}

/// Pairs a new home with an old one; the new home.
fn pair(world: &mut World, old: usize) -> usize {
    let new = world.home(Mode::Live);
    let Reply::DeviceCode { code } = world.ok(new, Command::OfferDevice { relay: RELAY.into() }) else {
        panic!("no code")
    };
    let mode = std::mem::replace(&mut world.homes[old].mode, Mode::Live);
    world.start(old);
    world.run();
    let Reply::DeviceNumber { number } = world.ok(old, Command::AcceptDevice { code }) else {
        panic!("no number")
    };
    let shown = world.homes[new].engine.as_ref().unwrap().app_view().pairing;
    assert!(format!("{shown:?}").contains(&number), "both show the same number");
    assert_eq!(world.command(new, Command::ConfirmDevice { same: true }), None, "waits for the other");
    assert_eq!(world.ok(old, Command::ConfirmDevice { same: true }), Reply::Done);
    world.homes[old].mode = mode;
    if mode == Mode::OneShot {
        world.stop(old);
        world.start(old);
    }
    new
}

#[test]
fn a_second_device_reads_and_writes() {
    let (mut world, body) = committee(2, Mode::Live);
    world.say(0, &body, "earlier this week");
    let second = pair(&mut world, 1);
    world.say(second, &body, "from my tablet");
    world.agree(&[0, 1, second], &body);
    assert_eq!(world.view(0, &body).members.len(), 2);
    let last = world.view(0, &body).messages.pop().unwrap();
    assert_eq!((last.text.as_deref(), last.nickname.as_str()), (Some("from my tablet"), "ben"));
}

/// Adversary: a former member who kept keys and posting key and goes on posting.
#[test]
fn what_a_former_member_posts_does_not_count() {
    let (mut world, body) = committee(3, Mode::OneShot);
    let before = secrets(&world, 2, &body);
    world.ok(2, Command::Leave { body: body.clone() });
    let name = Content::Nickname(concerted_assembly::nickname::Name::new("ghost").unwrap());
    let at_once = forge(&mut world, 2, &body, &name, &before);
    assert_eq!(void_by(&mut world, 0, &body, at_once), Some("R-005"));
    world.now_ms += 25 * HOUR;
    world.sync(0);
    let a_day_later = forge(&mut world, 2, &body, &name, &before);
    assert_eq!(void_by(&mut world, 0, &body, a_day_later), Some("R-005"));
    let ahead = EpochSecrets { epoch: before.epoch.next().unwrap().next().unwrap(), ..before };
    let in_the_future = forge(&mut world, 2, &body, &name, &ahead);
    assert_eq!(void_by(&mut world, 0, &body, in_the_future), Some("R-003"));
    world.say(0, &body, "we go on");
    world.agree(&[0, 1], &body);
}

/// Adversary: a former member who announces false posting keys and tokens, one or
/// ten of them.
#[test]
fn false_posting_keys_lock_nobody_out() {
    let (mut world, body) = committee(3, Mode::OneShot);
    world.ok(2, Command::Leave { body: body.clone() });
    world.sync(0);
    let address = session(&world, 0, &body).kept.address.unwrap();
    let old = session(&world, 2, &body).kept.secrets.last().unwrap().clone();
    for number in 0..10u8 {
        use chacha20::rand_core::SeedableRng;
        let mut rng = chacha20::ChaCha20Rng::from_seed([number; 32]);
        let announcement = Announcement {
            epoch: old.epoch.next().unwrap(),
            posting_key: PostingSecret::random(&mut rng).posting_key(),
            token: TokenHash::new([number; 32]),
        };
        let announced = world.request(Request::Announce(Announce::sign(address, announcement, &old.posting)));
        assert_eq!(announced, Ok(Response::Done));
    }
    world.say(0, &body, "still here");
    world.ok(1, Command::Rekey { body: body.clone() });
    world.say(1, &body, "me too");
    world.agree(&[0, 1], &body);
}

/// Adversary: a removed member who walks forward with an old token. A sleeping
/// member's device walks the same way, and arrives.
#[test]
fn an_old_token_walks_forward_only_for_those_sealed_to() {
    let (mut world, body) = committee(4, Mode::OneShot);
    let asleep = 3;
    world.ok(2, Command::Leave { body: body.clone() });
    world.sync(0);
    for home in [0, 1] {
        world.ok(home, Command::Rekey { body: body.clone() });
        world.say(home, &body, "later");
    }
    world.sync(2);
    assert_eq!(history(&world, 2, &body).secrets().len(), 1, "the removed member knows epoch 1 only");
    world.sync(asleep);
    let view = world.agree(&[0, 1, asleep], &body);
    assert_eq!(view.epoch, 4);
    assert!(world.texts(asleep, &body).contains(&Some("later".into())));
}

/// Two members rekey at the same head: the first in the log wins, on every device,
/// and the second harms nobody; also when someone is admitted in between.
#[test]
fn racing_rekeys_and_an_admission_in_between() {
    let (mut world, body) = committee(3, Mode::OneShot);
    let link = world.invite(0, &body);
    let newcomer = world.home(Mode::OneShot);
    world.begin(newcomer);
    let applicant = world.ask(newcomer, &link, "nia");
    world.vouch(0, &body, &applicant);
    for home in [0, 1] {
        world.sync(home);
        world.homes[home].held = Some(Vec::new());
        world.start(home);
        assert_eq!(world.command(home, Command::Rekey { body: body.clone() }), None);
    }
    // The second vouch admits while both rekeys are on their way.
    world.vouch(2, &body, &applicant);
    world.release(1);
    world.release(0);
    let view = world.agree(&[0, 1, 2, newcomer], &body);
    assert_eq!((view.members.len(), view.epoch), (4, 2));
    world.say(newcomer, &body, "hello");
    world.agree(&[0, 1, 2, newcomer], &body);
    assert!(world.texts(2, &body).contains(&Some("hello".into())));
    let voids: Vec<&str> =
        session(&world, 2, &body).rows.iter().filter_map(|row| row.void).map(|r| r.id()).collect();
    assert!(voids.contains(&"R-050"), "{voids:?}");
}

/// Adversary: a relay that shows two members different histories. As soon as a
/// record of one reaches the other, there is a proof for strangers.
#[test]
fn a_relay_that_shows_two_histories_is_convicted() {
    let (mut world, body) = committee(2, Mode::OneShot);
    world.sync(0);
    world.sync(1);
    let other = world.relay_from_journal(|_| true);
    world.relays.push(other);
    world.homes[1].relay = 1;
    world.say(0, &body, "here");
    world.say(1, &body, "there");
    world.say(1, &body, "there again");
    // The relay lets one entry of the other history through.
    let address = session(&world, 1, &body).kept.address.unwrap();
    let read = Read { address, token: secrets(&world, 1, &body).record.read_token(), after: 0 };
    let Ok(Response::Page(page)) = world.request_at(1, Request::Read(read)) else { panic!("a page") };
    let Payload::Sealed(sealed) = page.entries.last().unwrap().payload.clone() else { panic!("whole") };
    let item = AppendItem { lane: page.entries.last().unwrap().lane, sealed };
    let append = Append::sign(address, vec![item], None, None, &secrets(&world, 0, &body).posting);
    world.request(Request::Append(append)).expect("it is its own relay");
    world.sync(0);
    assert!(world.view(0, &body).warnings.contains(&Warning::Fork));
    let proof = session(&world, 0, &body).kept.fork.clone().expect("a proof");
    let relay_key = session(&world, 0, &body).kept.relay_key.unwrap();
    assert!(proof.verify(&relay_key), "anyone can check it");
    assert!(!world.view(1, &body).warnings.contains(&Warning::Fork), "the other has seen nothing yet");
    world.start(0);
    assert!(world.view(0, &body).warnings.contains(&Warning::Fork), "it is remembered");
}

/// No false alarm: an author who lies about the head they saw convicts nobody.
#[test]
fn a_lie_about_the_head_is_void_and_no_proof() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let under = secrets(&world, 1, &body);
    let session_1 = session(&world, 1, &body);
    let mut seen = session_1.history.as_ref().unwrap().seen().unwrap().to_seen();
    seen.chain = concerted_log::ChainHash::new([9; 32]);
    let record = Record {
        body: Some(session_1.kept.id),
        rules_version: 1,
        author: session_1.device(),
        counter: 500,
        clock_ms: world.now_ms,
        seen: Some(seen),
        content: Content::Leave.to_bytes(),
    };
    let signed = record.sign(&session_1.kept.device);
    let lane = Lane { epoch: under.epoch, class: ExpiryClass::Never };
    let posted = append_raw(&mut world, 1, &body, &signed, lane, &under);
    assert_eq!(void_by(&mut world, 0, &body, posted), Some("R-008"));
    assert!(!world.view(0, &body).warnings.contains(&Warning::Fork));
}

/// Adversary: whoever finds a link. They see name and bylaws, may ask, and that is
/// all: no address, no entry, not even who else asked.
#[test]
fn a_leaked_link_lets_nobody_in() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let link = world.invite(0, &body);
    let stranger = world.home(Mode::OneShot);
    world.begin(stranger);
    let Reply::Invitation { name, .. } = world.ok(stranger, Command::ReadInvitation { link: link.clone() })
    else {
        panic!("a card")
    };
    assert_eq!(name, "Depot 9");
    world.ask(stranger, &link, "mallory");
    world.sync(stranger);
    assert_eq!(world.view(stranger, &body).phase, PhaseView::Asking);
    assert!(session(&world, stranger, &body).kept.address.is_none());
    let secret = Invitation::parse(&link).unwrap().secret;
    let guess = concerted_log::epoch::ReadToken::from_secret(concerted_log::Secret::new([0; 32]));
    let read = concerted_log::message::ReadMail { mailbox: secret.mailbox(), token: guess, after: 0 };
    assert!(world.request(Request::ReadMail(read)).is_err());
    world.sync(0);
    assert_eq!(world.view(0, &body).members.len(), 2);
}

/// Adversary: whoever made a newcomer's device read another history than the
/// members'. Here the state it comes to differs from what the member who let them in
/// says; the screen says so. In an honest history it does not.
#[test]
fn a_newcomer_compares_with_the_member_who_let_them_in() {
    use concerted_client::answer::Checkpoint;
    let (world, body) = committee(2, Mode::OneShot);
    assert_eq!(world.view(1, &body).warnings, []);
    let kept = &session(&world, 1, &body).kept;
    let honest = kept.checkpoint.expect("an answer carries one");
    let replay = |checkpoint: Checkpoint| {
        let mut history = History::new(kept.id, kept.address.unwrap(), kept.relay_key.unwrap());
        history.learn(kept.secrets.last().unwrap().clone());
        history.expect(checkpoint);
        let entries = self::history(&world, 1, &body).entries().to_vec();
        history.offer_stored(entries, None).unwrap();
        history.advance(&Default::default());
        history.is_other_history()
    };
    assert!(!replay(honest));
    assert!(replay(Checkpoint { state: concerted_log::ChainHash::new([9; 32]), ..honest }));
}

/// Adversary: someone who was removed and still knows the keys of open invitations.
/// The rekey that follows closes their mailboxes, though another device opened them.
#[test]
fn a_rekey_closes_the_mailboxes_of_invitations() {
    let (mut world, body) = committee(3, Mode::OneShot);
    let link = world.invite(0, &body);
    let mailbox = Invitation::parse(&link).unwrap().secret.mailbox();
    assert!(world.request(Request::ReadCard(mailbox)).is_ok());
    world.ok(2, Command::Leave { body: body.clone() });
    world.sync(1);
    assert_eq!(world.view(1, &body).epoch, 2);
    assert_eq!(world.request(Request::ReadCard(mailbox)), Err(Refusal::NotFound));
    world.agree(&[0, 1], &body);
}

/// Adversary: someone with the link who fills its mailbox with nonsense. The next
/// link works.
#[test]
fn a_flooded_mailbox_is_replaced_by_a_new_link() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let link = world.invite(0, &body);
    let mailbox: MailboxId = Invitation::parse(&link).unwrap().secret.mailbox();
    let mut refused = None;
    for number in 0..1000u32 {
        let message = [&number.to_be_bytes()[..], &[0xa5; 300]].concat();
        if let Err(refusal) = world.request(Request::PutMail(PutMail { mailbox, message })) {
            refused = Some(refusal);
            break;
        }
    }
    assert!(matches!(refused, Some(Refusal::Full(_) | Refusal::Busy(_))), "{refused:?}");
    assert_eq!(world.requests(0, &body), []);
    world.now_ms += HOUR;
    let newcomer = world.home(Mode::OneShot);
    world.begin(newcomer);
    world.fails(newcomer, Command::Join { link, nickname: "nia".into() });
    let link = world.invite(1, &body);
    let applicant = world.ask(newcomer, &link, "nia");
    world.vouch(0, &body, &applicant);
    world.sync(newcomer);
    world.vouch(1, &body, &applicant);
    world.sync(newcomer);
    world.agree(&[0, 1, newcomer], &body);
}

/// Adversary: a holder of a posting key who floods the address with nonsense: not
/// sealed under any secret, not records, deep or huge CBOR.
#[test]
fn a_flooded_address_goes_on() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let under = secrets(&world, 1, &body);
    let lane = Lane { epoch: under.epoch, class: ExpiryClass::Never };
    let mut deep = vec![0x82, 0x5a, 0x00, 0x00, 0x80, 0x00];
    deep.extend(vec![0x81; 40_000]);
    let nonsense: [&[u8]; 4] = [b"", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", &deep, &[0xff; 200_000]];
    for bytes in nonsense {
        let posted = append_raw(&mut world, 1, &body, bytes, lane, &under);
        assert_eq!(void_by(&mut world, 0, &body, posted), Some("R-002"));
        world.now_ms += 1;
    }
    use chacha20::rand_core::SeedableRng;
    let mut rng = chacha20::ChaCha20Rng::from_seed([77; 32]);
    let wrong = concerted_log::epoch::RecordSecret::of_genesis(&concerted_log::Secret::new([7; 32]));
    let posted =
        append_raw(&mut world, 1, &body, b"x", lane, &EpochSecrets { record: wrong, ..under.clone() });
    assert_eq!(void_by(&mut world, 0, &body, posted), Some("R-001"));
    let _ = &mut rng;
    world.say(0, &body, "undisturbed");
    world.agree(&[0, 1], &body);
}

/// Adversary: a member who seals a colleague's record again, to have it counted
/// twice.
#[test]
fn a_replayed_record_counts_once() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let under = secrets(&world, 1, &body);
    let entries: Vec<Entry> = history(&world, 1, &body).entries().to_vec();
    let mut replayed = 0;
    for entry in entries.iter().skip(1) {
        let Payload::Sealed(sealed) = &entry.payload else { continue };
        let signed = sealed.open(entry.lane, &under.record).unwrap();
        world.now_ms += 1;
        let posted = append_raw(&mut world, 1, &body, &signed, entry.lane, &under);
        assert_eq!(void_by(&mut world, 0, &body, posted), Some("R-007"), "entry {}", entry.sequence);
        replayed += 1;
    }
    assert!(replayed >= 5);
    // The very same sealed bytes are not even a new entry.
    let Payload::Sealed(sealed) = entries[2].payload.clone() else { panic!("whole") };
    let item = AppendItem { lane: entries[2].lane, sealed };
    let address = session(&world, 1, &body).kept.address.unwrap();
    let append = Append::sign(address, vec![item], None, None, &under.posting);
    let Ok(Response::Appended(appended)) = world.request(Request::Append(append)) else { panic!("known") };
    assert_eq!(appended.sequences, [entries[2].sequence]);
}

/// Adversary: a relay that loses a member's locker, or part of it. A device that
/// lives notices, says so and puts it back.
#[test]
fn a_rolled_back_locker_is_noticed_and_mended() {
    let (mut world, body) = committee(2, Mode::OneShot);
    let newcomer = world.home(Mode::OneShot);
    let words = world.begin(newcomer);
    let link = world.invite(0, &body);
    let applicant = world.ask(newcomer, &link, "nia");
    world.vouch(0, &body, &applicant);
    world.vouch(1, &body, &applicant);
    world.sync(newcomer);
    world.relays[0] = world.relay_from_journal(|request| !matches!(request, Request::PutLocker(_)));
    let lost = world.home(Mode::OneShot);
    let restore = Command::Restore { relay: RELAY.into(), words, lost: false };
    assert!(world.fails(lost, restore.clone()).to_string().contains("nothing for these words"));
    world.sync(newcomer);
    assert!(world.view(newcomer, &body).warnings.contains(&Warning::Locker));
    world.ok(lost, restore);
    world.agree(&[0, 1, newcomer, lost], &body);
}

/// Adversary: a relay restored from an old backup by an honest but unlucky operator.
#[test]
fn members_hand_back_what_a_relay_lost() {
    let (mut world, body) = committee(2, Mode::OneShot);
    world.say(0, &body, "first");
    world.say(1, &body, "second");
    world.agree(&[0, 1], &body);
    let before = world.view(0, &body).head;
    let address = session(&world, 0, &body).kept.address.unwrap();
    world.relays[0].store().forget_after(&address, before.sequence - 3);
    world.say(1, &body, "third");
    let view = world.agree(&[0, 1], &body);
    assert!(view.head.sequence > before.sequence);
    assert_eq!(
        world.texts(0, &body),
        ["first", "second", "third"].map(|text| Some(text.to_owned())),
        "nothing acknowledged is lost"
    );
}

/// A committee that nobody opened for a month goes on; its talk is gone.
#[test]
fn a_sleeping_committee_wakes_and_old_talk_is_gone() {
    let (mut world, body) = committee(2, Mode::OneShot);
    world.say(0, &body, "long ago");
    world.agree(&[0, 1], &body);
    world.now_ms += 45 * DAY;
    let now_ms = world.now_ms;
    while world.relays[0].sweep(now_ms).unwrap() {}
    world.sync(0);
    world.say(1, &body, "today");
    world.agree(&[0, 1], &body);
    for home in [0, 1] {
        assert_eq!(world.texts(home, &body), [Some("today".into())]);
        assert!(world.view(home, &body).expired_talk > 0, "and the view says so");
        let expired = history(&world, home, &body)
            .entries()
            .iter()
            .filter(|entry| entry.lane.class == ExpiryClass::Talk && entry.time_ms + 40 * DAY < now_ms)
            .all(|entry| matches!(entry.payload, Payload::Hash(_)));
        assert!(expired, "the sealed record is gone from home {home}");
    }
    world.start(0);
    assert_eq!(world.texts(0, &body), [Some("today".into())], "also after a restart");
}
