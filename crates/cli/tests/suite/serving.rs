//! `concerted serve`.

use std::time::Duration;

use crate::support::{Home, Process, Relay, binary, failed, run, succeeded};

#[test]
fn links_contain_the_public_address() {
    let public = "https://committees.example";
    let relay = Relay::with_options(&["--public-url", "https://committees.example/"]);
    assert!(relay.greeting().contains(&format!("Open {public}\n")), "{}", relay.greeting());
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Links", "Ana");
    let link = ana.invite(&body);
    assert!(link.starts_with(&format!("{public}/#/join/")), "{link}");
    // What a link invites to is read over the address in it.
    let local = link.replace(public, &relay.url());
    assert_eq!(ana.json(["invitation", &local])["name"], "Links");
}

#[test]
fn without_https_it_says_what_will_not_work() {
    let relay = Relay::with_options(&["--public-url", "http://192.0.2.7:8080"]);
    let greeting = relay.greeting();
    assert!(greeting.contains("without https") && greeting.contains("phones"), "{greeting}");
    let greeting = Relay::start().greeting();
    assert!(greeting.contains("Only this computer can reach it"), "{greeting}");
    let wrong = run(binary().args(["serve", "--public-url", "committees.example"]), b"");
    failed(&wrong, 1, "is no relay address");
}

#[test]
fn unknown_paths_are_not_found() {
    let relay = Relay::start();
    for path in ["/nothing", "/v1", "/v1/nothing", "/../relay.key", "/healthz/", "/index.php"] {
        assert_eq!(relay.get(path).unwrap().0, 404, "{path}");
    }
    assert_eq!(relay.get("/healthz").unwrap().0, 200);
    assert_eq!(relay.get("/metrics").unwrap().0, 200);
}

#[test]
fn a_directory_has_one_relay_and_a_port_too() {
    let relay = Relay::start();
    let second = run(binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(relay.data()), b"");
    failed(&second, 1, "another relay is running on this directory");
    let dir = crate::support::TempDir::new();
    let same_port = relay.address().to_string();
    let second =
        run(binary().args(["serve", "--listen", &same_port, "--data"]).arg(dir.path().join("d")), b"");
    failed(&second, 1, "cannot listen on");
}

/// SIGTERM: connections are closed, what waited is written, the status is 0; what
/// follows begins where it ended.
#[test]
fn it_stops_when_asked_to() {
    let mut relay = Relay::start();
    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Stop", "Ana");
    ana.talk(&body, "before");
    let copy = ana.stolen();
    let mut following = Process::spawn(&mut copy.command(["read", &body, "--follow"]));
    std::thread::sleep(Duration::from_millis(500));
    assert!(following.child().try_wait().unwrap().is_none());
    assert_eq!(relay.stop(), 0);
    assert!(relay.get("/healthz").is_none());
    let waiting = std::fs::metadata(relay.data().join("relay.db-wal")).map_or(0, |file| file.len());
    assert_eq!(waiting, 0, "the store was closed in order");
    relay.restart();
    ana.talk(&body, "after");
    assert_eq!(ana.texts(&body), [Some("before".to_owned()), Some("after".to_owned())]);
    assert!(succeeded(ana.output(["show", &body])).contains("Stop"));
}
