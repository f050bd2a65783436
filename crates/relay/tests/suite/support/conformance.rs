//! The conformance suite: what holds over every store.

use concerted_log::entry::ExpiryClass;
use concerted_log::id::MailboxId;
use concerted_log::invitation::OPEN_MS_MAX;
use concerted_log::locker::{ITEMS_MAX, locker_id};
use concerted_log::message::{
    Announce, Append, CloseMailbox, Create, LockerBytes, Mail, OpenMailbox, PutLocker, PutMail, ReadMail,
    Refusal, Request, Response,
};
use concerted_relay::store::Store;

use super::{
    DAY_MS, Driven, HOUR_MS, RETENTION_MS, START_MS, address, announcement, append, append_if, create,
    is_whole, item, item_in, lane, long_item, numbers, posting, read, signer, token,
};

/// Runs the whole suite, each part over a fresh store.
pub fn check<S: Store>(mut fresh: impl FnMut() -> S) {
    creating(Driven::new(fresh()));
    appending(Driven::new(fresh()));
    appending_again(Driven::new(fresh()));
    comparing_and_setting(Driven::new(fresh()));
    time_never_goes_back(Driven::new(fresh()));
    pages_are_bounded(Driven::new(fresh()));
    tokens_reach_their_epoch(Driven::new(fresh()));
    posting_keys_lapse(Driven::new(fresh()));
    talk_expires(Driven::new(fresh()));
    mailboxes(Driven::new(fresh()));
    mailboxes_end(Driven::new(fresh()));
    lockers(Driven::new(fresh()));
}

fn creating<S: Store>(relay: Driven<S>) {
    assert_eq!(relay.call(append(1, vec![item(1)])), Err(Refusal::NotFound));
    assert_eq!(relay.call(Request::Read(read(1, 0))), Err(Refusal::NotFound));
    relay.done(create(1));
    relay.done(create(1));
    let other = Create::sign(address(1), announcement(1, 2), RETENTION_MS, &posting(2));
    assert_eq!(relay.call(Request::Create(other)), Err(Refusal::Taken));
    let longer = Create::sign(address(1), announcement(1, 1), RETENTION_MS + 1, &posting(1));
    assert_eq!(relay.call(Request::Create(longer)), Err(Refusal::Taken));
    let false_one = Create::sign(address(3), announcement(1, 3), RETENTION_MS, &posting(4));
    assert_eq!(relay.call(Request::Create(false_one)), Err(Refusal::Signature));
    let page = relay.page(read(1, 0));
    assert_eq!((page.entries.len(), page.count, page.receipt), (0, 0, None));
}

fn appending<S: Store>(relay: Driven<S>) {
    relay.done(create(1));
    relay.done(create(2));
    assert_eq!(numbers(&relay.appended(append(1, vec![item(1), item(2)]))), [1, 2]);
    assert_eq!(numbers(&relay.appended(append(2, vec![item(1)]))), [1]);
    let third = relay.appended(append(1, vec![item(3)]));
    assert_eq!(numbers(&third), [3]);
    let (entries, head) = relay.read_all(read(1, 0));
    assert_eq!(entries.len(), 3);
    assert!(entries.iter().all(is_whole));
    assert!(third.receipt.covers(&head) && third.receipt.verify(&signer().relay_key()));
    assert_eq!(relay.page(read(1, 2)).entries, entries[2..]);
    assert_eq!(relay.page(read(1, 9)).entries, []);
    assert_eq!(relay.page(read(1, u64::MAX)).count, 3);
}

/// R6: the same sealed record has one number, for ever.
fn appending_again<S: Store>(relay: Driven<S>) {
    relay.done(create(1));
    let first = relay.appended(append_if(1, vec![item(1), item(2)], 0));
    assert_eq!(relay.appended(append_if(1, vec![item(1), item(2)], 0)), first);
    assert_eq!(numbers(&relay.appended(append(1, vec![item(2), item(3), item(1)]))), [2, 3, 1]);
    assert_eq!(numbers(&relay.appended(append(1, vec![item(4), item(4)]))), [4, 4]);
    assert_eq!(relay.call(append_if(1, vec![item(1), item(5)], 0)), Err(Refusal::CountIs(4)));
    assert_eq!(relay.read_all(read(1, 0)).1.count, 4);
}

fn comparing_and_setting<S: Store>(relay: Driven<S>) {
    relay.done(create(1));
    assert_eq!(relay.call(append_if(1, vec![item(1)], 1)), Err(Refusal::CountIs(0)));
    relay.appended(append_if(1, vec![item(1)], 0));
    assert_eq!(relay.call(append_if(1, vec![item(2)], 0)), Err(Refusal::CountIs(1)));
    assert_eq!(numbers(&relay.appended(append_if(1, vec![item(2)], 1))), [2]);
}

fn time_never_goes_back<S: Store>(mut relay: Driven<S>) {
    relay.done(create(1));
    relay.appended(append(1, vec![item(1)]));
    relay.now_ms -= DAY_MS;
    relay.appended(append(1, vec![item(2)]));
    relay.now_ms += 2 * DAY_MS;
    relay.appended(append(1, vec![item(3)]));
    let (entries, _) = relay.read_all(read(1, 0));
    let times: Vec<u64> = entries.iter().map(|entry| entry.time_ms).collect();
    assert_eq!(times, [START_MS, START_MS, START_MS + DAY_MS]);
}

fn pages_are_bounded<S: Store>(mut relay: Driven<S>) {
    relay.done(create(1));
    for batch in 0..20 {
        relay.appended(append(1, (0..60).map(|number| item(batch * 60 + number)).collect()));
        relay.now_ms += 1000;
    }
    assert_eq!(relay.page(read(1, 0)).entries.len(), 1000);
    assert_eq!(relay.page(read(1, 1000)).entries.len(), 200);
    relay.appended(append(1, vec![long_item(1), long_item(2), item(5000)]));
    assert_eq!(relay.page(read(1, 1200)).entries.len(), 1, "one long entry fills a page");
    assert_eq!(relay.read_all(read(1, 0)).0.len(), 1203);
}

fn tokens_reach_their_epoch<S: Store>(relay: Driven<S>) {
    relay.done(create(1));
    relay.appended(append(1, vec![item(1)]));
    let second = vec![item_in(2, lane(1, ExpiryClass::Never)), item_in(3, lane(2, ExpiryClass::Never))];
    let rekey = Append::sign(address(1), second, Some(1), Some(announcement(2, 2)), &posting(1));
    relay.appended(Request::Append(rekey));
    let by_new =
        Append::sign(address(1), vec![item_in(4, lane(2, ExpiryClass::Never))], None, None, &posting(2));
    relay.appended(Request::Append(by_new));
    let (old, old_head) = relay.read_all(read(1, 0));
    assert_eq!(old.iter().map(is_whole).collect::<Vec<_>>(), [true, true, false, false]);
    let walked = concerted_log::message::Read { token: token(2), ..read(1, 0) };
    let (new, new_head) = relay.read_all(walked);
    assert!(new.iter().all(is_whole));
    assert_eq!(old_head, new_head);
    let unknown = concerted_log::message::Read { token: token(3), ..read(1, 0) };
    assert_eq!(relay.call(Request::Read(unknown)), Err(Refusal::Token));
}

fn posting_keys_lapse<S: Store>(mut relay: Driven<S>) {
    relay.done(create(1));
    let announce = |number, seed, by| {
        Request::Announce(Announce::sign(address(1), announcement(number, seed), &posting(by)))
    };
    assert_eq!(relay.call(announce(2, 2, 9)), Err(Refusal::PostingKey));
    relay.now_ms += 6 * DAY_MS;
    relay.done(announce(2, 2, 1));
    relay.now_ms += DAY_MS - 1;
    relay.appended(append(1, vec![item(1)]));
    relay.now_ms += 1;
    assert_eq!(relay.call(append(1, vec![item(2)])), Err(Refusal::PostingKey), "7 days are over");
    let by_second = Append::sign(address(1), vec![item(2)], None, None, &posting(2));
    relay.appended(Request::Append(by_second));
    relay.done(announce(1, 1, 1));
    relay.appended(append(1, vec![item(3)]));
    relay.now_ms += 30 * DAY_MS;
    assert_eq!(relay.call(append(1, vec![item(4)])), Err(Refusal::PostingKey), "all have lapsed");
    relay.done(announce(2, 2, 2));
    let again = Append::sign(address(1), vec![item(4)], None, None, &posting(2));
    relay.appended(Request::Append(again));
    relay.now_ms += 5 * DAY_MS;
    relay.done(announce(2, 2, 2));
    relay.now_ms += 5 * DAY_MS;
    relay.done(announce(2, 2, 2));
    assert_eq!(relay.call(Request::Read(read(1, 0))).map(drop), Ok(()), "tokens do not lapse");
}

fn talk_expires<S: Store>(mut relay: Driven<S>) {
    relay.done(create(1));
    let talk = |number| item_in(number, lane(1, ExpiryClass::Talk));
    relay.appended(append(1, vec![item(1), talk(2)]));
    relay.now_ms += HOUR_MS;
    relay.done(renewal());
    relay.appended(append(1, vec![talk(3)]));
    relay.now_ms += RETENTION_MS - HOUR_MS;
    let whole = |relay: &Driven<S>| relay.read_all(read(1, 0)).0.iter().map(is_whole).collect::<Vec<_>>();
    assert_eq!(whole(&relay), [true, false, true], "hidden at once");
    assert_eq!(relay.relay.sweep(relay.now_ms), Ok(false));
    relay.now_ms -= RETENTION_MS - HOUR_MS;
    assert_eq!(whole(&relay), [true, false, true], "and gone");
    assert_eq!(numbers(&relay.appended(append(1, vec![talk(2)]))), [2], "its number stays");
}

fn renewal() -> Request {
    Request::Announce(Announce::sign(address(1), announcement(1, 1), &posting(1)))
}

fn mailbox(seed: u8) -> MailboxId {
    MailboxId::new([seed; 32])
}

fn open(seed: u8, card: &[u8]) -> Request {
    let open_ms = OPEN_MS_MAX;
    Request::OpenMailbox(OpenMailbox {
        mailbox: mailbox(seed),
        token: token(seed).hash(),
        card: card.to_vec(),
        open_ms,
    })
}

fn put(seed: u8, message: &[u8]) -> Request {
    Request::PutMail(PutMail { mailbox: mailbox(seed), message: message.to_vec() })
}

fn read_mail(seed: u8, token_seed: u8, after: u64) -> Request {
    Request::ReadMail(ReadMail { mailbox: mailbox(seed), token: token(token_seed), after })
}

fn mailboxes<S: Store>(mut relay: Driven<S>) {
    assert_eq!(relay.call(put(1, b"x")), Err(Refusal::NotFound));
    relay.done(open(1, b"card"));
    relay.done(open(1, b"card"));
    assert_eq!(relay.call(open(1, b"other card")), Err(Refusal::Taken));
    assert_eq!(relay.call(Request::ReadCard(mailbox(1))), Ok(Response::Card(b"card".to_vec())));
    for message in [&b"first"[..], b"second", b"first"] {
        relay.done(put(1, message));
    }
    let mail = |number, message: &[u8]| Mail { number, message: message.to_vec() };
    let both = vec![mail(1, b"first"), mail(2, b"second")];
    assert_eq!(relay.call(read_mail(1, 1, 0)), Ok(Response::Mail(both.clone())));
    assert_eq!(relay.call(read_mail(1, 1, 1)), Ok(Response::Mail(both[1..].to_vec())));
    assert_eq!(relay.call(read_mail(1, 2, 0)), Err(Refusal::Token));
    for number in 3..=400_u16 {
        relay.now_ms += 2000;
        relay.done(put(1, &number.to_be_bytes()));
    }
    assert_eq!(relay.call(put(1, b"one too many")), Err(Refusal::Full(400)));
    relay.done(put(1, b"first"));
}

fn mailboxes_end<S: Store>(mut relay: Driven<S>) {
    relay.done(open(1, b"card"));
    relay.done(put(1, b"message"));
    let close = |seed, token_seed| {
        Request::CloseMailbox(CloseMailbox { mailbox: mailbox(seed), token: token(token_seed) })
    };
    assert_eq!(relay.call(close(1, 2)), Err(Refusal::Token));
    relay.done(close(1, 1));
    relay.done(open(2, b"card"));
    relay.now_ms += OPEN_MS_MAX - 1;
    assert_eq!(relay.call(Request::ReadCard(mailbox(2))).map(drop), Ok(()));
    relay.now_ms += 1;
    for swept in [false, true] {
        for seed in [1, 2] {
            let gone = [
                Request::ReadCard(mailbox(seed)),
                put(seed, b"x"),
                read_mail(seed, seed, 0),
                close(seed, seed),
                open(seed, b"card"),
                open(seed, b"another card in an old place"),
            ];
            for request in gone {
                assert_eq!(relay.call(request), Err(Refusal::NotFound), "mailbox {seed}, swept {swept}");
            }
        }
        assert_eq!(relay.relay.sweep(relay.now_ms), Ok(false));
    }
}

fn lockers<S: Store>(relay: Driven<S>) {
    let words = concerted_log::words::RecoveryWords::parse(WORDS).unwrap().to_secret();
    let key = words.locker(0);
    let put = |item: &[u8]| {
        let signature = key.sign(item);
        Request::PutLocker(PutLocker { write_key: key.write_key(), item: item.to_vec(), signature })
    };
    let id = locker_id(&key.write_key());
    assert_eq!(relay.call(Request::ReadLocker(id)), Err(Refusal::NotFound));
    for number in 0..ITEMS_MAX {
        relay.done(put(&number.to_be_bytes()));
    }
    relay.done(put(&0_usize.to_be_bytes()));
    assert_eq!(relay.call(put(b"one too many")), Err(Refusal::Full(256)));
    assert_eq!(relay.call(put(&[0; 1501])), Err(Refusal::Limit(1500)));
    let unsigned = PutLocker { write_key: key.write_key(), item: b"x".to_vec(), signature: key.sign(b"y") };
    assert_eq!(relay.call(Request::PutLocker(unsigned)), Err(Refusal::Signature));
    let items = (0..ITEMS_MAX).map(|number| LockerBytes(number.to_be_bytes().to_vec())).collect();
    assert_eq!(relay.call(Request::ReadLocker(id)), Ok(Response::Locker(items)));
}

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
