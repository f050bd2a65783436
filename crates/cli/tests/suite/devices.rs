//! Several devices, lost devices, stolen homes, passphrases.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Home, Relay, add_device, rows_of, run, succeeded, text};

#[test]
fn a_second_device_is_the_same_member() {
    let relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Devices", "Ana");
    ben.join(&ana, &body, "Ben");
    let laptop = add_device(&ana, &relay);
    assert_eq!(laptop.show(&body)["state_hash"], ana.show(&body)["state_hash"]);
    assert_eq!(laptop.show(&body)["me"], ana.show(&body)["me"]);
    laptop.talk(&body, "from the laptop");
    assert_eq!(ben.json(["read", &body])["author"], "Ana");
    ana.talk(&body, "from the phone");
    assert_eq!(laptop.texts(&body)[1].as_deref(), Some("from the phone"));
    let devices = ben.rows(["device", "list", &body]);
    assert_eq!(devices.len(), 3);
    assert_eq!(laptop.rows(["device", "list"]).iter().filter(|device| device["this"] == true).count(), 1);
    // What the first founds later reaches the second, too, by the words or another pairing.
    ana.fails(["device", "add", "no such code", "--yes"], 1, "");
    Home::new().fails(["device", "add", "--relay", &relay.url(), "--yes", "--wait", "1"], 1, "in time");
}

/// Adversary: someone with a copy of the whole home, who adds a device of their own
/// and writes while nobody looks. The member restores on a new device with `--lost`.
#[test]
fn a_stolen_home_is_worth_nothing_once_it_is_reported() {
    let mut relay = Relay::start();
    let ((ana, words), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Stolen", "Ana");
    ben.join(&ana, &body, "Ben");
    ben.talk(&body, "before the theft");
    let thief = ana.stolen();
    let thiefs_own = add_device(&thief, &relay);
    assert_eq!(thiefs_own.texts(&body).len(), 1);
    // The thief writes while the relay is away; it would be sent later.
    relay.kill();
    assert_eq!(thief.json(["talk", &body, "forged underground"])["arrived"], false);
    relay.restart();

    ana.delete();
    let restore = ["restore", "--relay", &relay.url(), "--words", "-", "--lost"];
    ana.json_with_input(restore, &words);
    ben.run(["sync"]);
    ben.talk(&body, "after the theft");
    ana.talk(&body, "it was me, on a new phone");
    assert_eq!(ana.show(&body)["epoch"], 2, "the keys were renewed");
    assert_eq!(ana.rows(["device", "list", &body]).len(), 2);
    for stolen in [&thief, &thiefs_own] {
        succeeded(stolen.output(["sync"]));
        let texts: Vec<String> = stolen.texts(&body).into_iter().flatten().collect();
        assert!(!texts.iter().any(|text| text.contains("after") || text.contains("new phone")), "{texts:?}");
        stolen.fails(["talk", &body, "forged"], 1, "any more");
        stolen.fails(["rekey", &body], 1, "any more");
        stolen.fails(["invite", &body], 1, "any more");
        // Nor can it turn the members' own tool against them.
        stolen.fails(["device", "revoke", &body, "0123", "--json"], 1, "any more");
    }
    let expected = ["before the theft", "after the theft", "it was me, on a new phone"];
    let read: Vec<String> = ben.texts(&body).into_iter().flatten().collect();
    assert_eq!(read, expected);
    let (anas, bens) = (ana.show(&body), ben.show(&body));
    assert_eq!((&anas["head"], &anas["state_hash"]), (&bens["head"], &bens["state_hash"]));
    assert_eq!(anas["warnings"], json!([]));
}

/// The same from a device that the member still has.
#[test]
fn a_lost_device_is_revoked_with_the_words() {
    let relay = Relay::start();
    let ((phone, words), (ben, bens)) = (Home::begun(), Home::begun());
    let body = phone.found(&relay, "Lost", "Ana");
    ben.join(&phone, &body, "Ben");
    let laptop = add_device(&phone, &relay);
    laptop.fails(["device", "revoke", "--words", &bens], 1, "not the recovery words of this device");
    let revoked = rows_of(&succeeded(run(
        laptop.command(["device", "revoke", "--words", "-"]).arg("--json"),
        words.as_bytes(),
    )));
    assert_eq!(revoked.len(), 1);
    ben.run(["sync"]);
    laptop.run(["sync"]);
    assert_eq!(ben.rows(["device", "list", &body]).len(), 2);
    assert_eq!(ben.show(&body)["epoch"], 2);
    laptop.talk(&body, "still here");
    phone.run(["sync"]);
    assert_eq!(phone.texts(&body), [] as [Option<String>; 0]);
    phone.fails(["talk", &body, "found it!"], 1, "any more");
    // The words bring back what was founded with them, also from the new locker.
    let new = Home::new();
    assert_eq!(new.json(["restore", "--relay", &relay.url(), "--words", &words])["bodies"], json!([body]));
    new.talk(&body, "third device");
}

/// Another member asks for a revocation; the owner objects with the words.
#[test]
fn a_revocation_asked_for_by_others_can_be_objected_to() {
    let relay = Relay::start();
    let ((ana, words), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Accused", "Ana");
    ben.join(&ana, &body, "Ben");
    let device =
        ana.rows(["device", "list", &body]).into_iter().find(|device| device["this"] == true).unwrap();
    let device = text(&device["device"]);
    ana.fails(["device", "revoke", &body, &device], 1, "R-044");
    ana.fails(["device", "keep", &body, &device], 1, "nobody asks");
    ben.run(["device", "revoke", &body, &device[..8]]);
    ben.fails(["device", "revoke", &body, &device], 1, "R-044");
    ana.fails(["device", "keep", &body, &device], 1, "R-045");
    let kept = ana.json_with_input(["device", "keep", &body, &device, "--words", "-"], &words);
    assert_eq!(kept["arrived"], true);
    assert_eq!(ben.rows(["device", "list", &body]).len(), 2);
}

fn store_contains(home: &Path, needle: &str) -> bool {
    fs::read_dir(home).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

/// Under a passphrase the store holds no text in the clear; what was there before
/// is overwritten.
#[test]
fn a_passphrase_encrypts_the_store() {
    let mut relay = Relay::start();
    let ((ana, _), (ben, _)) = (Home::begun(), Home::begun());
    let body = ana.found(&relay, "Passphrase Society", "Anacaona");
    // Both of these are stored as they are: a draft and a request under way.
    let (secret, name) = ("a draft about the foreman", "Passphrase Society");
    ben.ask(&ana.invite(&body), "Benvenuto");
    assert!(store_contains(&ben.path(), name) && store_contains(&ben.path(), "Benvenuto"));
    relay.kill();
    ana.run(["talk", &body, secret]);
    assert!(store_contains(&ana.path(), secret));

    let passphrase = "correct horse battery";
    let set = |home: &Home, new: &str| {
        run(home.command(["passphrase", "set"]).env("CONCERTED_PASSPHRASE", passphrase), new.as_bytes())
    };
    let short = set(&ana, "short\n");
    crate::support::failed(&short, 1, "at least 8 characters");
    assert!(store_contains(&ana.path(), secret));
    for home in [&ana, &ben] {
        succeeded(set(home, &format!("{passphrase}\n")));
        for needle in [secret, name, "Benvenuto", "Anacaona"] {
            assert!(!store_contains(&home.path(), needle), "{needle}");
        }
    }
    relay.restart();
    let unlocked = |home: &Home, arguments: &[&str]| {
        run(home.command(arguments).env("CONCERTED_PASSPHRASE", passphrase).arg("--json"), b"")
    };
    let read = rows_of(&succeeded(unlocked(&ana, &["read", &body]))).remove(0);
    assert_eq!(
        (&read["text"], read["sequence"].is_u64()),
        (&Value::from(secret), true),
        "the draft was sent"
    );
    let wrong = |arguments: &[&str]| {
        run(ana.command(arguments).env("CONCERTED_PASSPHRASE", "incorrect horse battery"), b"")
    };
    for arguments in [&["show", &body][..], &["bodies"], &["passphrase", "remove"], &["wipe", "--yes"]] {
        crate::support::failed(&wrong(arguments), 1, "the passphrase is wrong");
    }
    // A thief with the home has nothing without the passphrase.
    let stolen = ana.stolen();
    let tried = run(stolen.command(["read", &body]).env("CONCERTED_PASSPHRASE", ""), b"");
    crate::support::failed(&tried, 1, "the passphrase is wrong");

    let changed = "another horse battery";
    succeeded(set(&ana, &format!("{changed}\n")));
    crate::support::failed(&unlocked(&ana, &["bodies"]), 1, "the passphrase is wrong");
    let remove = run(ana.command(["passphrase", "remove"]).env("CONCERTED_PASSPHRASE", changed), b"");
    succeeded(remove);
    assert_eq!(ana.texts(&body), [Some(secret.to_owned())]);
}

/// Nicknames, invitations that are closed, bodies that are forgotten, wiping.
#[test]
fn the_smaller_verbs_do_what_they_say() {
    let relay = Relay::start();
    let ((ana, _), (ben, _), (cleo, words)) = (Home::begun(), Home::begun(), Home::begun());
    let body = ana.found(&relay, "Small", "Ana");
    ben.join(&ana, &body, "Ben");
    ana.fails(["nickname", &body, "bEn"], 1, "R-021");
    ana.run(["nickname", &body, "Anna"]);
    let members = ben.show(&body)["members"].as_array().unwrap().clone();
    assert!(members.iter().any(|member| member["nickname"] == "Anna"));

    let link = ana.invite(&body);
    assert_eq!(ana.show(&body)["invitations"].as_array().unwrap().len(), 2);
    cleo.ask(&link, "Ben");
    let asks = ana.json(["requests", &body]);
    assert_eq!(asks["hindered_by"], "R-021");
    assert!(ana.run(["requests", &body]).contains("R-021"));
    ana.fails(["vouch", &body, &text(&asks["applicant"])], 1, "R-021");
    cleo.run(["forget", &body]);
    cleo.ask(&link, "Cleo");
    ana.run(["uninvite", &body, &link]);
    ana.fails(["uninvite", &body, &link], 1, "R-031");
    Home::begun().0.fails(["join", &link, "--as", "Late"], 1, "this invitation has ended");
    ana.fails(["object", &body, "Cleo"], 1, "");
    assert_eq!(cleo.json(["bodies"])["phase"], "asking");
    cleo.run(["wipe", "--yes"]);
    assert!(cleo.path().is_dir());
    cleo.fails(["join", &link, "--as", "Cleo"], 1, "no recovery words yet");
    cleo.fails(["restore", "--relay", &relay.url(), "--words", &words], 1, "nothing for these words");
}
