//! Accessibility: axe finds nothing on any screen, in light and dark, left to right
//! and right to left; and everything can be done with the keyboard alone.

use std::time::Duration;

use thirtyfour::prelude::*;

use crate::phone::{DriverProcess, Phone};
use crate::support::{Home, Relay};

/// axe-core 4.14.1 by Deque Systems, under the Mozilla Public License 2.0.
const AXE: &str = include_str!("axe.min.js");

/// Runs axe with the rules of WCAG 2.2 A and AA on what the screen shows.
async fn check(phone: &Phone, screen: &str) {
    phone.picture(&format!("axe-{screen}")).await;
    phone.browser.execute(AXE, vec![]).await.unwrap();
    let script = r#"
        const done = arguments[0];
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        axe.run(document, { runOnly: { type: "tag", values: tags } }).then(
            found => done(found.violations.map(v => `${v.id}: ${v.help}: ` + v.nodes.map(n => n.html + " " + n.failureSummary).join(" | "))),
            error => done([String(error)]));
    "#;
    let found = phone.browser.execute_async(script, vec![]).await.unwrap();
    let found: Vec<String> = found.convert().unwrap();
    assert!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
    let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let over = phone.browser.execute(script, vec![]).await.unwrap().convert::<i64>().unwrap();
    assert!(over <= 0, "{screen} is {over} pixels wider than the screen");
}

async fn check_all(phone: &Phone, app: &str, label: &str) {
    for (name, hash) in [
        ("home", "#/"),
        ("start", "#/start"),
        ("have-link", "#/link"),
        ("settings", "#/settings"),
        ("language", "#/settings/language"),
        ("passphrase", "#/settings/passphrase"),
        ("devices", "#/settings/devices"),
        ("lost", "#/settings/lost-device"),
        ("wipe", "#/settings/wipe"),
        ("about", "#/settings/about"),
    ] {
        phone.open(&format!("{app}/{hash}")).await;
        phone.find_css("main").await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        check(phone, &format!("{label}-{name}")).await;
    }
}

#[tokio::test]
async fn every_screen_passes_axe() {
    if !crate::wanted() {
        return;
    }
    let relay = Relay::start();
    let driver = DriverProcess::start();
    for (language, dark) in [("en", false), ("es", true), ("ar", false)] {
        let phone = Phone::with(&driver, &relay.url(), language).await;
        let label = format!("{language}-{}", if dark { "dark" } else { "light" });
        phone.find("start").await;
        let shown = phone
            .browser
            .execute("return document.documentElement.lang + document.documentElement.dir", vec![]);
        let shown: String = shown.await.unwrap().convert().unwrap();
        assert_eq!(shown, format!("{language}{}", if language == "ar" { "rtl" } else { "ltr" }));
        if dark {
            phone.open(&format!("{}/#/settings/appearance", relay.url())).await;
            phone.tap("appearance-dark").await;
            phone.home().await;
        }
        check(&phone, &format!("{label}-welcome")).await;
        phone.tap("start").await;
        phone.type_in("committee-name", "Depot").await;
        phone.type_in("nickname", "Robin").await;
        phone.tap("start-go").await;
        phone.find("words").await;
        check(&phone, &format!("{label}-words")).await;
        phone.note_words().await;
        phone.find("message-input").await;
        check(&phone, &format!("{label}-talk-empty")).await;
        phone.say("Hello").await;
        phone.message("Hello", "arrived").await;
        check(&phone, &format!("{label}-talk")).await;
        let link = phone.invite().await;
        check(&phone, &format!("{label}-invite")).await;
        let (home, _) = Home::begun();
        home.run(["join", &link, "--as", "Ben"]);
        phone.tap("tab-people").await;
        phone.find("request").await;
        check(&phone, &format!("{label}-people")).await;
        phone.tap("tab-more").await;
        phone.find("settings").await;
        check(&phone, &format!("{label}-more")).await;
        check_all(&phone, &relay.url(), &label).await;
        let stranger = Phone::with(&driver, &relay.url(), language).await;
        stranger.open(&link).await;
        stranger.reload().await;
        stranger.find("join-name").await;
        check(&stranger, &format!("{label}-join")).await;
        stranger.close().await;
        phone.close().await;
    }
}

/// Someone who uses no pointer: Tab, Enter and typing, from the first screen to a
/// message that has arrived.
#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    if !crate::wanted() {
        return;
    }
    let relay = Relay::start();
    let driver = DriverProcess::start();
    let phone = Phone::new(&driver, &relay.url()).await;
    phone.find("start").await;
    go_to(&phone, "start").await;
    press(&phone, Key::Enter).await;
    phone.find("committee-name").await;
    go_to(&phone, "committee-name").await;
    write(&phone, "Depot").await;
    go_to(&phone, "nickname").await;
    write(&phone, "Robin").await;
    go_to(&phone, "start-go").await;
    press(&phone, Key::Enter).await;
    phone.find("words").await;
    let mut words = Vec::new();
    for number in 1..=12 {
        words.push(phone.text(&format!("word-{number}")).await);
    }
    go_to(&phone, "words-next").await;
    press(&phone, Key::Enter).await;
    for at in 0..3 {
        let field = format!("words-check-{at}");
        phone.find(&field).await;
        go_to(&phone, &field).await;
        let place = "return document.activeElement.closest('[data-place]').dataset.place";
        let place = phone.browser.execute(place, vec![]).await.unwrap().convert::<String>().unwrap();
        write(&phone, &words[place.parse::<usize>().unwrap() - 1]).await;
    }
    go_to(&phone, "words-check-go").await;
    press(&phone, Key::Enter).await;
    phone.find("message-input").await;
    go_to(&phone, "message-input").await;
    write(&phone, "By keyboard").await;
    go_to(&phone, "send").await;
    press(&phone, Key::Enter).await;
    phone.message("By keyboard", "arrived").await;
    phone.close().await;
}

async fn press(phone: &Phone, key: Key) {
    phone.browser.action_chain().send_keys(key).perform().await.unwrap();
}

async fn write(phone: &Phone, text: &str) {
    phone.browser.action_chain().send_keys(text).perform().await.unwrap();
}

/// Tabs until the element with a test id has the focus, and sees that it shows.
async fn go_to(phone: &Phone, id: &str) {
    let script = "const e = document.activeElement; return [e?.dataset?.testid ?? '', getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow]";
    for _ in 0..60 {
        let focus = phone.browser.execute(script, vec![]).await.unwrap().convert::<Vec<String>>().unwrap();
        if focus[0] == id {
            assert_ne!(focus[1], "nonenone", "the focus on {id} cannot be seen");
            return;
        }
        press(phone, Key::Tab).await;
    }
    panic!("Tab never reaches {id}");
}
