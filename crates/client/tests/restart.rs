//! Stopping the engine between any two effects, bad networks, and what several
//! live devices do together.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

mod common;

use common::{DAY, HOUR, World, body_id};
use concerted_client::view::PhaseView;
use concerted_client::{Command, Engine, Input, Mode, OpenError, Reply};

/// Runs a story in which `home` 0 stops after `stop` effects, then starts again and
/// syncs; true if it did stop.
fn interrupted(stop: usize, command: impl Fn(&mut World, &str) -> Command) -> (World, String, bool) {
    let mut world = World::new();
    let homes = [world.home(Mode::OneShot), world.home(Mode::OneShot), world.home(Mode::OneShot)];
    let body = world.committee(&homes);
    let command = command(&mut world, &body);
    world.start(0);
    world.homes[0].stop_after = Some(stop);
    world.command(0, command);
    let stopped = world.homes[0].stop_after.take().is_none();
    world.start(0);
    (world, body, stopped)
}

/// Method: the same command, stopped after 0, 1, 2 … effects until it runs through.
/// Afterwards all agree, and what was written is there once or, if it was stopped
/// before it was stored, not at all.
fn at_every_stop(command: impl Fn(&mut World, &str) -> Command, check: impl Fn(&mut World, &str)) {
    for stop in 0..200 {
        let (mut world, body, stopped) = interrupted(stop, &command);
        world.agree(&[0, 1, 2], &body);
        check(&mut world, &body);
        if !stopped {
            assert!(stop > 3, "the command has effects");
            return;
        }
    }
    panic!("the command never ends");
}

#[test]
fn talk_is_said_once_wherever_it_stops() {
    at_every_stop(
        |_, body| Command::Talk { body: body.into(), thread: String::new(), text: "once".into() },
        |world, body| {
            for home in 0..3 {
                let said =
                    world.texts(home, body).iter().filter(|text| **text == Some("once".into())).count();
                assert!(said <= 1, "home {home}");
            }
            world.say(1, body, "then");
            world.agree(&[0, 1, 2], body);
        },
    );
}

#[test]
fn a_rekey_leaves_nobody_behind_wherever_it_stops() {
    at_every_stop(
        |_, body| Command::Rekey { body: body.into() },
        |world, body| {
            world.say(2, body, "after");
            world.agree(&[0, 1, 2], body);
            assert!(world.texts(0, body).contains(&Some("after".into())));
        },
    );
}

#[test]
fn a_vouch_lets_the_newcomer_in_wherever_it_stops() {
    for stop in 0..200 {
        let mut world = World::new();
        let (ana, ben) = (world.home(Mode::OneShot), world.home(Mode::OneShot));
        world.begin(ana);
        world.begin(ben);
        let body = world.found(ana, "ana");
        let link = world.invite(ana, &body);
        let applicant = world.ask(ben, &link, "ben");
        world.sync(ana);
        world.start(ana);
        world.homes[ana].stop_after = Some(stop);
        world.command(ana, Command::Vouch { body: body.clone(), applicant: applicant.clone() });
        let stopped = world.homes[ana].stop_after.take().is_none();
        world.start(ana);
        world.sync(ana);
        if world.view(ana, &body).members.len() == 1 {
            world.vouch(ana, &body, &applicant);
        }
        // Where the answer was lost, it is sent again once it is late.
        world.now_ms += 2 * 60_000;
        world.sync(ana);
        world.sync(ben);
        assert_eq!(world.view(ben, &body).phase, PhaseView::Member, "stopped after {stop}");
        world.agree(&[ana, ben], &body);
        if !stopped {
            return;
        }
    }
    panic!("the command never ends");
}

/// A member's device that hears of an invitation before its mailbox is open looks
/// again.
#[test]
fn everyone_sees_requests_wherever_the_inviter_stops() {
    for stop in 0..60 {
        let mut world = World::new();
        let (ana, ben) = (world.home(Mode::OneShot), world.home(Mode::Live));
        let body = world.committee(&[ana, ben]);
        world.start(ana);
        world.homes[ana].stop_after = Some(stop);
        world.command(ana, Command::Invite { body: body.clone() });
        let stopped = world.homes[ana].stop_after.take().is_none();
        world.pass(1000);
        world.start(ana);
        world.sync(ana);
        let links = world.view(ana, &body).invitations;
        if let Some(link) = links.last() {
            let nia = world.home(Mode::OneShot);
            world.begin(nia);
            world.ask(nia, link, "nia");
            world.pass(20_000);
            assert_eq!(world.view(ben, &body).requests.len(), 1, "stopped after {stop}");
        }
        if !stopped {
            assert!(!links.is_empty());
            return;
        }
    }
    panic!("the command never ends");
}

#[test]
fn founding_and_joining_can_be_interrupted() {
    for stop in 0..60 {
        let mut world = World::new();
        let (ana, ben) = (world.home(Mode::OneShot), world.home(Mode::OneShot));
        world.begin(ana);
        world.begin(ben);
        let found = Command::Found {
            relay: common::RELAY.into(),
            name: "Depot 9".into(),
            nickname: "ana".into(),
            bylaws: Box::new(concerted_assembly::template::Template::Club.bylaws()),
        };
        world.start(ana);
        world.homes[ana].stop_after = Some(stop);
        world.command(ana, found.clone());
        world.homes[ana].stop_after = None;
        world.start(ana);
        world.sync(ana);
        let bodies = world.homes[ana].engine.as_ref().unwrap().app_view().bodies;
        let body = match bodies.first() {
            Some(body) => body.body.clone(),
            None => match world.ok(ana, found) {
                Reply::Founded { body } => body,
                other => panic!("{other:?}"),
            },
        };
        let link = world.invite(ana, &body);
        world.start(ben);
        world.homes[ben].stop_after = Some(stop);
        world.command(ben, Command::Join { link: link.clone(), nickname: "ben".into() });
        world.homes[ben].stop_after = None;
        world.start(ben);
        world.sync(ben);
        if world.homes[ben].engine.as_ref().unwrap().app_view().bodies.is_empty() {
            world.ask(ben, &link, "ben");
        }
        let requests = world.requests(ana, &body);
        assert_eq!(requests.len(), 1, "stopped after {stop}");
        world.vouch(ana, &body, &requests[0].applicant);
        world.sync(ben);
        let view = world.agree(&[ana, ben], &body);
        assert_eq!(view.members.len(), 2);
    }
}

#[test]
fn what_is_written_off_line_is_sent_once_and_in_order() {
    for mode in [Mode::OneShot, Mode::Live] {
        let mut world = World::new();
        let homes = [world.home(mode), world.home(mode)];
        let body = world.committee(&homes);
        world.set_offline(0, true);
        for text in ["one", "two", "three"] {
            // Given while the relay is unreachable: kept, and the view says so.
            world.homes[0].offline = true;
            let said = Command::Talk { body: body.clone(), thread: String::new(), text: text.into() };
            let id_before = world.view(0, &body).messages.len();
            world.command(0, said);
            world.input(0, Input::Down { relay: common::RELAY.into() });
            assert_eq!(world.view(0, &body).messages.len(), id_before + 1, "{mode:?}");
            assert_eq!(world.view(0, &body).messages.last().unwrap().sequence, None);
        }
        world.set_offline(0, false);
        world.start(0);
        if mode == Mode::Live {
            world.run();
        }
        world.agree(&homes, &body);
        let texts = ["one", "two", "three"].map(|text| Some(text.to_owned()));
        for home in homes {
            assert_eq!(world.texts(home, &body), texts, "{mode:?}");
        }
    }
}

/// Each of several live devices could do the owed rekey; the first in the roster
/// does, and the others need not.
#[test]
fn live_devices_share_out_duties() {
    let mut world = World::new();
    let homes: Vec<usize> = (0..5).map(|_| world.home(Mode::Live)).collect();
    let body = world.committee(&homes);
    world.ok(4, Command::Leave { body: body.clone() });
    world.pass(2 * 60_000);
    let view = world.agree(&[0, 1, 2, 3], &body);
    assert_eq!((view.epoch, view.members.len()), (2, 4));
    let session = world.homes[0].engine.as_ref().unwrap().session_of(&body_id(&body)).unwrap();
    let rekeys = session.rows.iter().filter(|row| row.kind == Some("rekey")).count();
    assert_eq!(rekeys, 1, "nobody did it twice");
}

/// New keys and entries under them arrive in one go: devices that watch take up the
/// new token and read on, at once and without a complaint about the relay.
#[test]
fn entries_of_a_new_epoch_arrive_live() {
    let mut world = World::new();
    let homes: Vec<usize> = (0..3).map(|_| world.home(Mode::Live)).collect();
    let body = world.committee(&homes);
    for round in 0..3 {
        let rekeyer = homes[round];
        let commands = [
            Command::Rekey { body: body.clone() },
            Command::Talk { body: body.clone(), thread: String::new(), text: format!("one {round}") },
            Command::Talk { body: body.clone(), thread: String::new(), text: format!("two {round}") },
        ];
        // All three are sent before anyone else takes in a frame.
        for (number, command) in commands.into_iter().enumerate() {
            world.input(rekeyer, Input::Command(1000 + number as u64, command));
            world.run_only(rekeyer);
        }
        while homes.iter().any(|home| world.take_one(*home)) {
            for home in &homes {
                assert_eq!(world.view(*home, &body).warnings, [], "round {round}, home {home}");
            }
        }
        for home in &homes {
            let view = world.view(*home, &body);
            assert_eq!(view.messages.last().unwrap().text, Some(format!("two {round}")), "home {home}");
        }
    }
    world.agree(&homes, &body);
}

/// The objection window of a body of ten: nobody needs to do anything for the
/// newcomer to be admitted when it is over.
#[test]
fn an_objection_window_ends_by_itself() {
    let mut world = World::new();
    let mut bylaws = concerted_assembly::template::Template::Students.bylaws();
    bylaws.admission.window_from = 2;
    bylaws.newcomers.wait_from = 100;
    let (ana, ben, cleo) = (world.home(Mode::Live), world.home(Mode::Live), world.home(Mode::Live));
    for home in [ana, ben, cleo] {
        world.begin(home);
    }
    let body = world.found_with(ana, "ana", bylaws);
    let link = world.invite(ana, &body);
    let applicant = world.ask(ben, &link, "ben");
    world.vouch(ana, &body, &applicant);
    world.run();
    let applicant = world.ask(cleo, &link, "cleo");
    world.vouch(ben, &body, &applicant);
    let request = world.requests(ana, &body).remove(0);
    assert!(request.window_ends_ms.is_some());
    world.pass(23 * HOUR);
    assert_eq!(world.view(ana, &body).members.len(), 2);
    world.pass(2 * HOUR);
    for _ in 0..5 {
        world.pass(60_000);
    }
    assert_eq!(world.view(ana, &body).members.len(), 3);
    world.agree(&[ana, ben, cleo], &body);
}

#[test]
fn keys_are_renewed_on_schedule() {
    let mut world = World::new();
    let homes = [world.home(Mode::OneShot), world.home(Mode::OneShot)];
    let body = world.committee(&homes);
    world.now_ms += 92 * DAY;
    let view = world.agree(&homes, &body);
    assert_eq!(view.epoch, 2);
    world.say(0, &body, "with new keys");
    world.agree(&homes, &body);
}

#[test]
fn a_passphrase_locks_the_store() {
    let mut world = World::new();
    let homes = [world.home(Mode::OneShot), world.home(Mode::OneShot)];
    let body = world.committee(&homes);
    world.say(0, &body, "secret");
    let new = Some("correct horse".to_owned());
    world.ok(0, Command::SetPassphrase { new });
    let rows: Vec<(String, Vec<u8>)> = world.homes[0].rows.clone().into_iter().collect();
    let open = |passphrase: Option<&str>| {
        use chacha20::rand_core::SeedableRng;
        let rng = Box::new(chacha20::ChaCha20Rng::from_seed([1; 32]));
        Engine::open(rows.clone(), passphrase, Mode::OneShot, world.now_ms, rng)
    };
    assert_eq!(open(None).err(), Some(OpenError::Locked));
    assert_eq!(open(Some("wrong")).err(), Some(OpenError::Passphrase));
    let engine = open(Some("correct horse")).expect("the right one");
    assert_eq!(engine.body_view(&body).unwrap().messages.len(), 1);
    for (key, value) in &rows {
        let clear = |needle: &[u8]| value.windows(needle.len()).any(|window| window == needle);
        assert!(!clear(body_id(&body).as_bytes()) && !clear(b"ana") || key == "vault", "{key}");
    }
}

/// Adversary: a relay that alters, drops or reorders entries on their way.
#[test]
fn altered_entries_are_never_applied() {
    use concerted_log::entry::Payload;
    use concerted_log::message::{Page, Read, Request, Response};
    let mut world = World::new();
    let homes = [world.home(Mode::OneShot), world.home(Mode::OneShot)];
    let body = world.committee(&homes);
    world.say(0, &body, "true");
    let session = world.homes[0].engine.as_ref().unwrap().session_of(&body_id(&body)).unwrap();
    let (address, relay_key) = (session.kept.address.unwrap(), session.kept.relay_key.unwrap());
    let token = session.kept.secrets.last().unwrap().record.read_token();
    let read = Read { address, token, after: 0 };
    let Ok(Response::Page(page)) = world.request(Request::Read(read)) else { panic!("a page") };
    let fresh = || concerted_client::history::History::new(body_id(&body), address, relay_key);
    assert!(fresh().offer(&page).is_ok());
    let altered = |change: &dyn Fn(&mut Page)| {
        let mut altered = page.clone();
        change(&mut altered);
        fresh().offer(&altered)
    };
    let last = page.entries.len() - 1;
    let changes: [(&str, &dyn Fn(&mut Page)); 7] = [
        ("dropped", &|page| drop(page.entries.remove(1))),
        ("cut", &|page| drop(page.entries.pop())),
        ("swapped", &|page| page.entries.swap(2, 3)),
        ("time", &|page| page.entries[last].time_ms += 1),
        ("content", &|page| {
            page.entries[2].payload = Payload::Hash(concerted_log::SealedHash::new([1; 32]));
        }),
        ("class", &|page| page.entries[1].lane.class = concerted_log::entry::ExpiryClass::Talk),
        ("receipt", &|page| page.receipt = None),
    ];
    for (name, change) in changes {
        assert!(altered(change).is_err(), "{name}");
    }
}
