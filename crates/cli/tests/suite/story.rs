//! A committee's first days, as a new user would try them.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Home, Lines, Relay, text};

/// Aim: the story by which this part of the program is judged. Three members found,
/// join, vouch, talk and read; messages come live; the relay is killed; a home is
/// lost and restored; a member leaves.
#[test]
fn a_committee_from_its_founding_to_a_leave() {
    let mut relay = Relay::start();
    let ((ana, _), (ben, _), (dara, words)) = (Home::begun(), Home::begun(), Home::begun());
    let body = ana.found(&relay, "Depot Nine", "Ana");
    let link = ana.invite(&body);
    let asked = ben.json(["join", &link, "--as", "Ben"]);
    assert_eq!(asked["body"], body.as_str());
    let request = ana.json(["requests", &body]);
    assert_eq!((&request["applicant"], &request["nickname"]), (&asked["applicant"], &"Ben".into()));
    ana.run(["vouch", &body, "Ben"]);
    assert_eq!(ana.rows(["requests", &body]), [] as [Value; 0]);
    ben.run(["sync"]);
    dara.ask(&link, "Dara");
    ben.run(["vouch", &body, "Dara"]);
    dara.run(["sync"]);

    // What two say comes to the third while they say it.
    let follow = Lines::spawn(&mut ben.command(["read", &body, "--follow", "--json"]));
    let mut said = vec![(ana.talk(&body, "the gate is closed"), "Ana", "the gate is closed")];
    said.push((dara.talk(&body, "who has the key?"), "Dara", "who has the key?"));
    for (sequence, author, words) in &said {
        let row = follow.row();
        let told = (row["sequence"].as_u64(), row["author"].as_str(), row["text"].as_str());
        assert_eq!(told, (Some(*sequence), Some(*author), Some(*words)));
    }

    // kill -9: whoever follows goes on, and nothing acknowledged is gone.
    let head = ana.show(&body)["head"].clone();
    relay.kill();
    relay.restart();
    said.push((ana.talk(&body, "after the power cut"), "Ana", "after the power cut"));
    assert_eq!(follow.row()["text"], "after the power cut");
    drop(follow);
    let after = ana.show(&body)["head"].clone();
    assert_eq!(after["sequence"].as_u64().unwrap(), head["sequence"].as_u64().unwrap() + 1);
    for home in [&ana, &ben, &dara] {
        let read: Vec<(u64, String)> = home
            .rows(["read", &body])
            .iter()
            .map(|row| (row["sequence"].as_u64().unwrap(), text(&row["text"])))
            .collect();
        let said: Vec<(u64, String)> = said.iter().map(|(n, _, words)| (*n, (*words).to_owned())).collect();
        assert_eq!(read, said);
    }

    // Dara's phone is in the canal; the words are on paper.
    dara.delete();
    let restored =
        dara.json_with_input(["restore", "--relay", &relay.url(), "--words", "-"], &format!("{words}\n"));
    assert_eq!(restored["bodies"], serde_json::json!([body]));
    for home in [&ana, &ben, &dara] {
        home.run(["sync"]);
    }
    let same = agreed(&[&ana, &ben, &dara], &body);
    assert_eq!(same["members"].as_array().unwrap().len(), 3);
    assert_eq!((&same["epoch"], &same["warnings"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(dara.texts(&body), [None, None, None], "a restored device has no earlier talk");
    dara.talk(&body, "a new phone");
    assert_eq!(ben.texts(&body).last().unwrap().as_deref(), Some("a new phone"));

    // Ben leaves; what comes after is not for him.
    ben.run(["leave", &body]);
    ana.run(["sync"]);
    ana.talk(&body, "between us two");
    dara.talk(&body, "quite so");
    let after = agreed(&[&ana, &dara], &body);
    assert_eq!((after["epoch"].as_u64(), after["members"].as_array().unwrap().len()), (Some(2), 2));
    ben.run(["sync"]);
    let texts = ben.texts(&body);
    assert_eq!(texts.last().unwrap().as_deref(), Some("a new phone"), "and nothing after it");
    let bens = ben.show(&body);
    assert!(bens["head"]["sequence"].as_u64() < after["head"]["sequence"].as_u64());
    assert_eq!(bens["phase"], "gone");
    for words in [&["talk", &body, "still here"][..], &["nickname", &body, "Bruno"], &["leave", &body]] {
        ben.fails(words, 1, "not a member of that body any more");
    }
    ben.fails(["invite", &body], 1, "any more");
    ben.run(["forget", &body]);
    assert_eq!(ben.rows(["bodies"]), [] as [Value; 0]);
}

/// What all of them show, which must be the same head and state.
#[track_caller]
fn agreed(homes: &[&Home], body: &str) -> Value {
    let shown: Vec<Value> = homes.iter().map(|home| home.show(body)).collect();
    for other in &shown[1..] {
        assert_eq!(other["head"], shown[0]["head"]);
        assert_eq!(other["state_hash"], shown[0]["state_hash"]);
    }
    let head = &shown[0]["head"];
    assert_eq!((text(&head["chain"]).len(), text(&shown[0]["state_hash"]).len()), (64, 64));
    shown[0].clone()
}

/// `sync --wait` ends as soon as something has come, and otherwise in time.
#[test]
fn waiting_ends_with_the_news() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Waiting room", "Ana");
    ben.ask(&ana.invite(&body), "Ben");
    let begun = std::time::Instant::now();
    let mut waiting = Lines::spawn(&mut ben.command(["sync", "--wait", "60", "--json"]));
    ana.run(["vouch", &body, "Ben"]);
    assert_eq!(waiting.row()["phase"], "member");
    assert_eq!(waiting.end(), 0);
    assert!(begun.elapsed() < Duration::from_secs(40));
    let begun = std::time::Instant::now();
    ben.run(["sync", &body, "--wait", "1"]);
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(20), "{took:?}");
}
