//! Relays that are away, commands that are interrupted, commands at the same time.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Home, Lines, Process, Relay, failed, rows_of, run, succeeded};

#[test]
fn what_is_written_without_a_relay_is_sent_later() {
    let mut relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Tunnel", "Ana");
    ben.join(&ana, &body, "Ben");
    let link = ana.invite(&body);
    relay.kill();

    let output = run(ana.command(["talk", &body, "written underground"]).arg("--json"), b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("The relay cannot be reached"));
    let row = rows_of(&succeeded(output)).remove(0);
    assert_eq!(row, json!({ "sequence": null, "arrived": false }));
    assert_eq!(ana.json(["nickname", &body, "Anna"])["arrived"], false);
    let synced = ana.json(["sync"]);
    assert_eq!((&synced["unsent"], &synced["synced"]), (&2.into(), &false.into()));
    assert_eq!(synced["warnings"], json!(["offline"]));
    let read = ana.json(["read", &body]);
    assert_eq!((&read["sequence"], &read["text"]), (&Value::Null, &"written underground".into()));
    assert!(ana.run(["read", &body]).contains("not sent yet"));
    // Everything that is here can be looked at.
    for verb in ["show", "log", "requests"] {
        let output = ana.output([verb, &body]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("this is what is here"));
        succeeded(output);
    }
    // What cannot wait fails, and is not done later.
    let url = relay.url();
    ana.fails(["invite", &body], 1, "cannot be reached");
    ana.fails(["found", "--relay", &url, "--name", "Ghost", "--as", "Ana"], 1, "cannot be reached");
    let (cleo, _) = Home::begun();
    cleo.fails(["join", &link, "--as", "Cleo"], 1, "cannot be reached");
    cleo.fails(["device", "add", "--relay", &url, "--wait", "1"], 1, "");

    relay.restart();
    assert_eq!(ana.json(["sync"])["unsent"], 0);
    assert_eq!(ben.texts(&body), [Some("written underground".to_owned())]);
    assert_eq!(ana.rows(["bodies"]).len(), 1);
    let kinds: Vec<Value> = ben.rows(["log", &body]).into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "invite").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "nickname").count(), 1);
    cleo.ask(&link, "Cleo");
}

/// A relay that takes connections and says nothing is as good as none.
#[test]
fn a_silent_relay_does_not_hold_a_command_up() {
    let mut relay = Relay::start();
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Silence", "Ana");
    relay.kill();
    let silent = TcpListener::bind(relay.address()).unwrap();
    let begun = Instant::now();
    assert_eq!(ana.json(["talk", &body, "anybody?"])["arrived"], false);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    drop(silent);
    relay.restart();
    assert_eq!(ana.json(["sync"])["unsent"], 0);
}

/// Commands on one home wait for each other.
#[test]
fn commands_at_the_same_time_are_done_one_after_another() {
    let relay = Relay::start();
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Rush", "Ana");
    let said: BTreeSet<String> = (0..8).map(|number| format!("number {number}")).collect();
    std::thread::scope(|scope| {
        for words in &said {
            scope.spawn(|| assert!(ana.talk(&body, words) > 2));
            scope.spawn(|| ana.show(&body));
        }
    });
    let texts = ana.texts(&body);
    assert_eq!(texts.len(), said.len());
    assert_eq!(texts.into_iter().flatten().collect::<BTreeSet<_>>(), said);
}

/// A command that stays lets others on the same home through, and misses nothing.
#[test]
fn one_can_talk_while_one_follows() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Terminals", "Ana");
    ben.join(&ana, &body, "Ben");
    let follow = |home: &Home| Lines::spawn(&mut home.command(["read", &body, "--follow", "--json"]));
    let (anas, bens, bens_second) = (follow(&ana), follow(&ben), follow(&ben));
    for round in 0..2 {
        for (home, name) in [(&ana, "Ana"), (&ben, "Ben")] {
            let words = format!("round {round}");
            let begun = Instant::now();
            home.talk(&body, &words);
            assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
            for lines in [&anas, &bens, &bens_second] {
                let row = lines.row();
                assert_eq!(
                    (row["author"].as_str(), row["text"].as_str()),
                    (Some(name), Some(words.as_str()))
                );
            }
        }
    }
}

/// kill -9 of commands, wherever they are: nothing is lost that was acknowledged,
/// nothing is there twice, and the next command goes on.
#[test]
fn killed_commands_leave_nothing_half_done() {
    let relay = Relay::start();
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Interrupted", "Ana");
    let before = ana.show(&body)["head"]["sequence"].as_u64().unwrap();
    let mut done = Vec::new();
    for number in 0..40_u64 {
        let words = format!("number {number}");
        let mut talking = Process::spawn(&mut ana.command(["talk", &body, &words]));
        std::thread::sleep(Duration::from_millis(number * 4));
        if talking.child().try_wait().unwrap().is_some_and(|status| status.success()) {
            done.push(words);
        }
        talking.kill();
    }
    let texts: Vec<String> = ana.texts(&body).into_iter().flatten().collect();
    let distinct: BTreeSet<&String> = texts.iter().collect();
    assert_eq!(distinct.len(), texts.len(), "nothing twice: {texts:?}");
    assert!(done.iter().all(|words| distinct.contains(words)), "{done:?} in {texts:?}");
    assert!(ana.rows(["read", &body]).iter().all(|row| row["sequence"].is_u64()), "nothing is stuck");
    assert!(ana.rows(["log", &body]).iter().all(|row| row["void"].is_null()), "nothing was spoilt");
    assert!(ana.show(&body)["head"]["sequence"].as_u64().unwrap() > before);
}

/// A home whose store is damaged says so.
#[test]
fn a_damaged_home_is_refused() {
    let (ana, _) = Home::begun();
    std::fs::write(ana.path().join("device.db"), b"this is no database, whatever its name says").unwrap();
    failed(&ana.output(["bodies"]), 1, "not a device's store, or it is damaged");
}
