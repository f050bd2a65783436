//! What members do in the app, alone and with others on the command line.

use std::time::Duration;

use crate::phone::{DriverProcess, Phone};
use crate::support::{Home, Relay, eventually};

/// Syncs a home until it shows what the phone shows.
async fn agree(phone: &Phone, homes: &[&Home], body: &str) {
    let mut last = String::new();
    for _ in 0..40 {
        for home in homes {
            home.run(["sync"]);
        }
        let (head, state) = phone.state().await;
        let shown: Vec<(u64, String)> = homes
            .iter()
            .map(|home| {
                let view = home.show(body);
                (view["head"]["sequence"].as_u64().unwrap(), view["state_hash"].as_str().unwrap().to_owned())
            })
            .collect();
        if shown.iter().all(|shown| *shown == (head, state.clone())) {
            return;
        }
        last = format!("the phone {head} {state}, the homes {shown:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    panic!("they do not agree: {last}");
}

/// Aim: a nurse with a phone and two members on the command line are in one
/// committee; what is said arrives live; the relay is killed and nothing is lost;
/// someone leaves.
#[tokio::test]
async fn one_committee_on_a_phone_and_two_command_lines() {
    if !crate::wanted() {
        return;
    }
    let mut relay = Relay::start();
    let driver = DriverProcess::start();
    let phone = Phone::new(&driver, &relay.url()).await;
    phone.picture("welcome").await;
    phone.start_committee("Night shift", "Robin").await;
    phone.picture("talk-empty").await;
    let link = phone.invite().await;
    assert!(link.starts_with(&format!("{}/#/join/", relay.url())), "{link}");
    phone.picture("invite").await;

    let (ben, _) = Home::begun();
    let (cleo, _) = Home::begun();
    for (home, nickname) in [(&ben, "Ben"), (&cleo, "Cleo")] {
        home.run(["join", &link, "--as", nickname]);
        phone.tap("tab-people").await;
        phone.find("request").await;
        phone.picture("request").await;
        phone.tap_and_confirm("vouch").await;
        phone.until("request", "the request is gone", |requests| requests.is_empty()).await;
        home.run(["sync", "--wait", "20"]);
    }
    phone.until("member", "three members", |members| members.len() == 3).await;
    phone.picture("people").await;
    let body = ben.json(["bodies"])["body"].as_str().unwrap().to_owned();

    phone.tap("tab-talk").await;
    phone.say("Who can swap on Friday?").await;
    phone.message("Who can swap on Friday?", "arrived").await;
    ben.talk(&body, "I can");
    phone.message("I can", "arrived").await;
    cleo.talk(&body, "So can I");
    phone.message("So can I", "arrived").await;
    phone.picture("talk").await;
    let texts = ["Who can swap on Friday?", "I can", "So can I"].map(|text| Some(text.to_owned()));
    assert_eq!(cleo.texts(&body), texts);
    agree(&phone, &[&ben, &cleo], &body).await;

    relay.kill();
    phone.tap("tab-talk").await;
    phone.say("Written while the server is down").await;
    phone.message("Written while the server is down", "waiting").await;
    phone.picture("talk-offline").await;
    relay.restart();
    phone.message("Written while the server is down", "arrived").await;
    eventually("it reaches the others", Duration::from_secs(20), || {
        ben.texts(&body).contains(&Some("Written while the server is down".into())).then_some(())
    });
    for text in texts.iter().flatten() {
        phone.message(text, "arrived").await;
    }
    agree(&phone, &[&ben, &cleo], &body).await;

    cleo.run(["leave", &body]);
    phone.tap("tab-people").await;
    phone.until("member", "two members", |members| members.len() == 2).await;
    // The keys are renewed by the phone or by the next command of someone else.
    eventually("the keys are renewed", Duration::from_secs(60), || {
        ben.run(["sync"]);
        (ben.show(&body)["epoch"].as_u64() == Some(2)).then_some(())
    });
    phone.tap("tab-talk").await;
    phone.say("Only for us two").await;
    phone.message("Only for us two", "arrived").await;
    assert!(ben.texts(&body).contains(&Some("Only for us two".into())));
    assert!(!cleo.texts(&body).contains(&Some("Only for us two".into())));
    agree(&phone, &[&ben], &body).await;
    phone.close().await;
}

/// Aim: three people in browsers; one asks by the link, loses the phone, and comes
/// back with the words on another, cutting the old one off.
#[tokio::test]
async fn a_lost_phone_and_the_twelve_words() {
    if !crate::wanted() {
        return;
    }
    let relay = Relay::start();
    let driver = DriverProcess::start();
    let ana = Phone::new(&driver, &relay.url()).await;
    ana.start_committee("Depot", "Ana").await;
    let link = ana.invite().await;
    let ben = Phone::new(&driver, &relay.url()).await;
    let words = ben.join(&link, "Ben").await;
    ben.picture("asking").await;
    ana.tap("tab-people").await;
    ana.tap_and_confirm("vouch").await;
    // The waiting screen becomes the committee by itself.
    ben.find("message-input").await;
    ben.say("Hello from Ben").await;
    ana.tap("tab-talk").await;
    ana.message("Hello from Ben", "arrived").await;

    let again = Phone::new(&driver, &relay.url()).await;
    again.tap("restore").await;
    again.type_in("words-input", &words).await;
    again.tap("restore-lost").await;
    again.picture("restore").await;
    again.tap("restore-go").await;
    again.open_committee().await;
    again.say("Back on a new phone").await;
    ana.message("Back on a new phone", "arrived").await;
    ben.find("gone").await;
    ben.picture("gone").await;
    ana.say("Not for the old phone").await;
    again.message("Not for the old phone", "arrived").await;
    let old = ben.texts("message-text").await;
    assert!(!old.contains(&"Not for the old phone".to_owned()), "{old:?}");
    for phone in [ana, ben, again] {
        phone.close().await;
    }
}

/// Aim: the app opens and shows what was said while there is no server at all; a
/// passphrase locks it; wiping leaves nothing.
#[tokio::test]
async fn off_line_locked_and_wiped() {
    if !crate::wanted() {
        return;
    }
    let mut relay = Relay::start();
    let driver = DriverProcess::start();
    let phone = Phone::new(&driver, &relay.url()).await;
    phone.start_committee("House 12", "Kim").await;
    phone.say("The lift is broken").await;
    phone.message("The lift is broken", "arrived").await;
    // The service worker takes over with the next visit.
    let script = "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true));";
    phone.browser.execute_async(script, vec![]).await.unwrap();
    phone.reload().await;
    phone.message("The lift is broken", "arrived").await;
    relay.kill();
    phone.reload().await;
    phone.message("The lift is broken", "arrived").await;
    phone.say("Still?").await;
    phone.message("Still?", "waiting").await;
    phone.reload().await;
    phone.message("Still?", "waiting").await;
    relay.restart();
    phone.message("Still?", "arrived").await;

    phone.open(&format!("{}/#/settings/passphrase", relay.url())).await;
    phone.type_in("passphrase-new", "night and day").await;
    phone.type_in("passphrase-again", "night and day").await;
    phone.tap("passphrase-set").await;
    phone.find("passphrase-remove").await;
    phone.reload().await;
    phone.type_in("passphrase", "something else").await;
    phone.tap("unlock").await;
    phone.find("failure").await;
    phone.picture("locked").await;
    phone.type_in("passphrase", "night and day").await;
    phone.tap("unlock").await;
    phone.find("passphrase-remove").await;
    phone.home().await;
    phone.open_committee().await;
    phone.message("Still?", "arrived").await;

    phone.open(&format!("{}/#/settings/wipe", relay.url())).await;
    phone.tap_and_confirm("wipe").await;
    phone.find("start").await;
    let left = "return indexedDB.databases().then(found => found.length)";
    let left = phone.browser.execute(left, vec![]).await.unwrap().convert::<u64>().unwrap_or(0);
    let bodies = phone.texts("committee").await;
    assert!(left <= 1 && bodies.is_empty(), "{left} databases, {bodies:?}");
    phone.close().await;
}
