//! The first story: found, join, vouch, talk, read, leave, come back.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use concerted_client::view::PhaseView;
use concerted_client::{Command, Mode};

fn three(mode: Mode) -> (World, String) {
    let mut world = World::new();
    for _ in 0..3 {
        world.home(mode);
    }
    let body = world.committee(&[0, 1, 2]);
    (world, body)
}

#[test]
fn three_members_found_join_and_talk() {
    for mode in [Mode::OneShot, Mode::Live] {
        let (mut world, body) = three(mode);
        world.say(0, &body, "hello");
        world.say(1, &body, "hi");
        world.sync(2);
        world.say(2, &body, "hey");
        let view = world.agree(&[0, 1, 2], &body);
        assert_eq!(view.members.len(), 3, "{mode:?}");
        assert!(view.members.iter().all(|member| member.arrived));
        assert_eq!(view.warnings, []);
        for home in 0..3 {
            let texts = world.texts(home, &body);
            assert_eq!(texts, ["hello", "hi", "hey"].map(|text| Some(text.to_owned())), "{mode:?} {home}");
        }
    }
}

#[test]
fn what_is_said_before_a_newcomer_first_wakes_reaches_them() {
    let mut world = World::new();
    let (ana, ben) = (world.home(Mode::OneShot), world.home(Mode::OneShot));
    world.begin(ana);
    world.begin(ben);
    let body = world.found(ana, "ana");
    let link = world.invite(ana, &body);
    let applicant = world.ask(ben, &link, "ben");
    world.vouch(ana, &body, &applicant);
    world.say(ana, &body, "welcome");
    world.sync(ben);
    assert_eq!(world.texts(ben, &body), [Some("welcome".to_owned())]);
    world.agree(&[ana, ben], &body);
}

#[test]
fn who_leaves_reads_nothing_that_comes_after() {
    let (mut world, body) = three(Mode::OneShot);
    world.say(0, &body, "before");
    world.ok(2, Command::Leave { body: body.clone() });
    world.sync(0);
    world.say(0, &body, "after");
    world.say(1, &body, "after too");
    let view = world.agree(&[0, 1], &body);
    assert_eq!((view.members.len(), view.epoch), (2, 2));
    world.sync(2);
    let gone = world.view(2, &body);
    assert_eq!(gone.phase, PhaseView::Gone);
    assert!(!world.texts(2, &body).contains(&Some("after".to_owned())));
    assert!(
        world
            .fails(2, Command::Talk { body, thread: String::new(), text: "x".into() })
            .to_string()
            .contains("any more")
    );
}

#[test]
fn who_left_may_come_back() {
    let (mut world, body) = three(Mode::OneShot);
    world.ok(2, Command::Leave { body: body.clone() });
    world.sync(0);
    let link = world.invite(0, &body);
    let applicant = world.ask(2, &link, "cleo");
    world.vouch(0, &body, &applicant);
    world.sync(2);
    let view = world.agree(&[0, 1, 2], &body);
    assert_eq!(view.members.len(), 3);
    world.say(2, &body, "again");
    world.agree(&[0, 1, 2], &body);
}

#[test]
fn a_lost_home_comes_back_from_the_words() {
    for lost in [false, true] {
        let mut world = World::new();
        let homes = [world.home(Mode::OneShot), world.home(Mode::OneShot), world.home(Mode::OneShot)];
        let body = world.committee(&homes);
        // The words were made in `committee`; begin anew with known ones.
        let dara = world.home(Mode::OneShot);
        let words = world.begin(dara);
        let link = world.invite(0, &body);
        let applicant = world.ask(dara, &link, "dara");
        world.vouch(0, &body, &applicant);
        world.vouch(1, &body, &applicant);
        world.sync(dara);
        world.ok(1, Command::Rekey { body: body.clone() });
        world.say(0, &body, "after a rekey");
        let again = world.home(Mode::OneShot);
        world.ok(again, Command::Restore { relay: common::RELAY.into(), words, lost });
        let view = world.agree(&[0, 1, 2, again], &body);
        assert_eq!(view.members.len(), 4);
        world.say(again, &body, "back");
        world.agree(&[0, 1, 2, again], &body);
        assert!(world.texts(0, &body).contains(&Some("back".to_owned())));
        if lost {
            world.sync(dara);
            assert_eq!(world.view(dara, &body).phase, PhaseView::Gone);
        }
    }
}
