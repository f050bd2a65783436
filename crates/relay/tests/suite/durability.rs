//! The store on disk: what survives, in which order, and what an old backup does.

use std::path::Path;
use std::sync::{Arc, Mutex};

use concerted_log::Address;
use concerted_log::entry::{Entry, Payload};
use concerted_log::message::{Announce, Append, HandBack, Read, Refusal, Request, Response};
use concerted_relay::change::News;
use concerted_relay::sqlite::{OpenError, SqliteStore};
use concerted_relay::store::Store;

use crate::support::{
    DAY_MS, Driven, TestDir, address, announcement, append, append_if, create, item, numbers, posting, read,
    token,
};

fn open(path: &Path) -> Driven<SqliteStore> {
    Driven::new(SqliteStore::open(path, Box::new(drop)).unwrap())
}

/// Copies a database that nobody has open, as a backup would.
fn copy(from: &Path, to: &Path) {
    std::fs::copy(from.join("relay.db"), to.join("relay.db")).unwrap();
    let _ = std::fs::remove_file(to.join("relay.db-wal"));
    let _ = std::fs::remove_file(to.join("relay.db-shm"));
}

#[test]
fn everything_is_there_after_a_reopen_with_the_same_numbers() {
    let dir = TestDir::new();
    let relay = open(dir.path());
    relay.done(create(1));
    let first = relay.appended(append(1, vec![item(1), item(2)]));
    let before = relay.read_all(read(1, 0));
    drop(relay);
    for _ in 0..3 {
        let relay = open(dir.path());
        relay.done(create(1));
        assert_eq!(relay.read_all(read(1, 0)), before);
        assert_eq!(relay.appended(append_if(1, vec![item(1), item(2)], 0)), first);
    }
    assert_eq!(numbers(&open(dir.path()).appended(append(1, vec![item(3)]))), [3]);
}

/// R5: of appends that name the same count, exactly one is accepted.
#[test]
fn a_race_for_the_same_count_has_one_winner() {
    let dir = TestDir::new();
    let relay = open(dir.path());
    relay.done(create(1));
    for count in 0..10 {
        let results: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..8)
                .map(|racer| {
                    let relay = &relay;
                    let number = 100 * count + racer;
                    scope.spawn(move || relay.call(append_if(1, vec![item(number)], count)))
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let lost = results.iter().filter(|result| **result == Err(Refusal::CountIs(count + 1))).count();
        assert_eq!((results.iter().filter(|result| result.is_ok()).count(), lost), (1, 7));
    }
    assert_eq!(relay.read_all(read(1, 0)).0.len(), 10);
}

/// R2, R3 and R4 with many threads: numbers without gap or repeat, news in order,
/// and whatever is read is a prefix of the one log.
#[test]
fn order_holds_under_concurrent_appends() {
    let dir = TestDir::new();
    let told = Arc::new(Mutex::new(Vec::<(Address, Entry)>::new()));
    let teller = Arc::clone(&told);
    let tell = move |news| {
        if let News::Entries { address, entries, .. } = news {
            teller.lock().unwrap().extend(entries.into_iter().map(|entry| (address, entry)));
        }
    };
    let relay = Driven::new(SqliteStore::open(dir.path(), Box::new(tell)).unwrap());
    relay.done(create(1));
    relay.done(create(2));
    std::thread::scope(|scope| {
        for thread in 0..6_u64 {
            let relay = &relay;
            scope.spawn(move || {
                let (mut last, seed) = (0, 1 + (thread % 2) as u8);
                for number in 0..40 {
                    let appended = relay.appended(append(seed, vec![item(thread * 1000 + number)]));
                    assert!(appended.sequences[0].get() > last, "later means a higher number");
                    last = appended.sequences[0].get();
                    assert!(appended.receipt.sequence.get() >= last);
                    let count = relay.page(read(seed, last)).count;
                    assert!(count >= last, "what is acknowledged can be read");
                }
            });
        }
    });
    for seed in [1, 2] {
        let (entries, head) = relay.read_all(read(seed, 0));
        assert_eq!(head.count, 120);
        let heard = told.lock().unwrap();
        let heard: Vec<_> = heard.iter().filter(|(address, _)| *address == self::address(seed)).collect();
        assert!(heard.iter().map(|(_, entry)| entry).eq(entries.iter()));
    }
}

/// A relay whose database was copied at 3 entries of log 1 (epoch 1) and at none of
/// log 2, and that acknowledged 6 and 2 (epoch 2 begun) before it was restored.
pub struct Restored {
    pub dir: TestDir,
    pub lost: Vec<Entry>,
    lost_2: Vec<Entry>,
}

pub fn restored() -> Restored {
    let (dir, backup) = (TestDir::new(), TestDir::new());
    let relay = open(dir.path());
    relay.done(create(1));
    relay.appended(append(1, vec![item(1), item(2), item(3)]));
    drop(relay);
    copy(dir.path(), backup.path());
    let relay = open(dir.path());
    let announced = Some(announcement(2, 5));
    let rekey = Append::sign(address(1), vec![item(4)], None, announced, &posting(1));
    relay.appended(Request::Append(rekey));
    relay.appended(append(1, vec![item(5), item(6)]));
    relay.done(create(2));
    relay.appended(append(2, vec![item(1), item(2)]));
    let lost = relay.read_all(read(1, 0)).0.split_off(3);
    let lost_2 = relay.read_all(read(2, 0)).0;
    drop(relay);
    copy(backup.path(), dir.path());
    Restored { dir, lost, lost_2 }
}

pub fn hand_back(seed: u8, entries: &[Entry]) -> Request {
    Request::HandBack(HandBack { address: address(seed), entries: entries.to_vec() })
}

#[test]
fn a_restored_backup_gives_no_number_again() {
    let Restored { dir, lost, lost_2 } = restored();
    let missing = Refusal::TailMissing { have: 3, acknowledged: 6 };
    for _ in 0..2 {
        let relay = open(dir.path());
        assert_eq!(relay.call(append(1, vec![item(7)])), Err(missing.clone()));
        assert_eq!(relay.call(append(1, vec![item(1)])), Err(missing.clone()));
        let by_new = Append::sign(address(1), vec![item(7)], None, None, &posting(5));
        assert_eq!(relay.call(Request::Append(by_new)), Err(missing.clone()), "with a key it lost, too");
        let by_token = Read { token: token(5), ..read(1, 0) };
        assert_eq!(relay.call(Request::Read(by_token)), Err(missing.clone()), "with a token it lost, too");
        assert_eq!(relay.page(read(1, 0)).count, 3, "what it has can be read");
    }
    let mut relay = open(dir.path());
    relay.now_ms += 9 * DAY_MS;
    relay.done(hand_back(1, &lost));
    relay.done(hand_back(1, &lost));
    assert_eq!(numbers(&relay.appended(append(1, vec![item(7)]))), [7], "an old key works again");
    relay.done(Request::Announce(Announce::sign(address(1), announcement(2, 5), &posting(1))));

    let missing = Refusal::TailMissing { have: 0, acknowledged: 2 };
    assert_eq!(relay.call(append(2, vec![item(3)])), Err(missing.clone()));
    assert_eq!(relay.call(Request::Read(read(2, 0))), Err(missing.clone()));
    assert_eq!(relay.call(hand_back(2, &lost_2)), Err(Refusal::NotFound));
    relay.done(create(2));
    assert_eq!(relay.call(append(2, vec![item(3)])), Err(missing));
    relay.done(hand_back(2, &lost_2));
    assert_eq!(numbers(&relay.appended(append(2, vec![item(3)]))), [3]);
    drop(relay);
    let mut relay = open(dir.path());
    relay.now_ms += 9 * DAY_MS;
    assert_eq!(numbers(&relay.appended(append(1, vec![item(8)]))), [8], "for good");
}

/// Adversary: someone who knows the address, and hands back what they like.
#[test]
fn a_wrong_tail_is_refused() {
    let Restored { dir, lost, .. } = restored();
    let relay = open(dir.path());
    let changed = |change: fn(&mut Entry)| {
        let mut entries = lost.clone();
        change(&mut entries[1]);
        entries
    };
    let mut swapped = lost.clone();
    swapped.swap(1, 2);
    let longer = [&lost[..], &lost[2..]].concat();
    let wrong = [
        ("empty", vec![]),
        ("too short", lost[..2].to_vec()),
        ("too long", longer),
        ("a gap at the beginning", lost[1..].to_vec()),
        ("swapped", swapped),
        ("another time", changed(|entry| entry.time_ms += 1)),
        ("another epoch", changed(|entry| entry.lane = item_of_epoch_2())),
        ("another record", changed(|entry| entry.payload = Payload::Sealed(item(99).sealed))),
        ("only a hash", changed(|entry| entry.payload = Payload::Hash(entry.sealed_hash()))),
    ];
    for (name, entries) in wrong {
        assert_eq!(relay.call(hand_back(1, &entries)), Err(Refusal::WrongTail), "{name}");
    }
    relay.done(hand_back(1, &lost));
    assert_eq!(relay.call(hand_back(1, &lost[..1])), Ok(Response::Done), "they are there");
    let foreign = changed(|entry| entry.payload = Payload::Sealed(item(99).sealed));
    assert_eq!(relay.call(hand_back(1, &foreign)), Err(Refusal::WrongTail));
}

fn item_of_epoch_2() -> concerted_log::entry::Lane {
    crate::support::lane(2, concerted_log::entry::ExpiryClass::Never)
}

/// A backup that went on its own way cannot be joined to the heads of another.
#[test]
fn another_history_is_noticed_at_the_start() {
    let Restored { dir, .. } = restored();
    let heads = std::fs::read(dir.path().join("heads")).unwrap();
    std::fs::remove_file(dir.path().join("heads")).unwrap();
    let relay = open(dir.path());
    relay.appended(append(1, vec![item(10), item(11), item(12), item(13)]));
    drop(relay);
    std::fs::write(dir.path().join("heads"), heads).unwrap();
    let opened = SqliteStore::open(dir.path(), Box::new(drop)).map(drop);
    assert!(matches!(opened, Err(OpenError::OtherHistory)), "{opened:?}");
}

/// After a crash between the two syncs the database is ahead of the head file.
#[test]
fn a_database_ahead_of_its_head_file_is_fine() {
    let dir = TestDir::new();
    let relay = open(dir.path());
    relay.done(create(1));
    relay.appended(append(1, vec![item(1)]));
    drop(relay);
    let heads = std::fs::read(dir.path().join("heads")).unwrap();
    open(dir.path()).appended(append(1, vec![item(2)]));
    std::fs::write(dir.path().join("heads"), &heads[..heads.len() - 3]).unwrap();
    assert_eq!(numbers(&open(dir.path()).appended(append(1, vec![item(3)]))), [3]);
}

#[test]
fn a_newer_or_strange_database_is_refused() {
    let dir = TestDir::new();
    drop(open(dir.path()));
    let database = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    database.pragma_update(None, "user_version", 2).unwrap();
    let opened = SqliteStore::open(dir.path(), Box::new(drop)).map(drop);
    assert!(matches!(opened, Err(OpenError::Version { found: 2, known: 1 })), "{opened:?}");
    database.pragma_update(None, "application_id", 7).unwrap();
    let opened = SqliteStore::open(dir.path(), Box::new(drop)).map(drop);
    assert!(matches!(opened, Err(OpenError::NotOurs)), "{opened:?}");
}

/// Method: damage a stored record, as a failing disk would.
#[test]
fn a_damaged_record_is_not_handed_out() {
    let dir = TestDir::new();
    let relay = open(dir.path());
    relay.done(create(1));
    relay.appended(append(1, vec![item(1)]));
    drop(relay);
    let database = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    database.execute("UPDATE entries SET sealed = zeroblob(296)", ()).unwrap();
    drop(database);
    assert_eq!(open(dir.path()).call(Request::Read(read(1, 0))), Err(Refusal::Storage));
}

/// Nobody who reads the database's file finds talk that has expired.
#[test]
fn expired_talk_is_overwritten() {
    let dir = TestDir::new();
    let mut relay = open(dir.path());
    relay.done(create(1));
    let talk = crate::support::item_in(77, crate::support::lane(1, concerted_log::entry::ExpiryClass::Talk));
    let needle = talk.sealed.as_bytes()[..64].to_vec();
    relay.appended(append(1, vec![talk]));
    relay.now_ms += 31 * DAY_MS;
    let find = |path: &Path| {
        let bytes = std::fs::read(path.join("relay.db")).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    drop(relay);
    assert!(find(dir.path()));
    let relay = open(dir.path());
    assert_eq!(relay.relay.sweep(crate::support::START_MS + 31 * DAY_MS), Ok(false));
    drop(relay);
    assert!(!find(dir.path()));
}

/// A store that was closed refuses, and does not hang.
#[test]
fn a_closed_store_refuses_changes() {
    let dir = TestDir::new();
    let relay = open(dir.path());
    relay.done(create(1));
    relay.relay.store().close();
    assert_eq!(relay.call(append(1, vec![item(1)])), Err(Refusal::Storage));
    assert!(relay.relay.store().is_stopped());
    assert!(relay.relay.store().read(|view| view.log(&address(1))).unwrap().is_some());
}
