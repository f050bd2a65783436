//! The server over WebSocket: calls, watches, slow readers, the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use concerted_log::entry::{ExpiryClass, Head};
use concerted_log::id::MailboxId;
use concerted_log::message::{
    Append, ClientFrame, CloseMailbox, Mail, OpenMailbox, PutMail, Read, ReadMail, Refusal, Request,
    Response, ServerFrame,
};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::durability::{Restored, hand_back, restored};
use crate::support::net::TestServer;
use crate::support::{
    address, announcement, append, append_if, create, is_whole, item, item_in, lane, long_item, numbers,
    posting, read, token,
};

#[tokio::test]
async fn calls_that_do_not_wait_for_each_other_keep_their_order() {
    let server = TestServer::start().await;
    let mut socket = server.socket().await;
    assert_eq!(socket.call(1, create(1)).await, Ok(Response::Done));
    for number in 0..50 {
        socket.send(&ClientFrame::Call(100 + number, append_if(1, vec![item(number)], number))).await;
    }
    for _ in 0..50 {
        let ServerFrame::Answer(call, answer) = socket.next().await else { panic!("no answer") };
        let Ok(Response::Appended(appended)) = answer.into() else { panic!("not appended") };
        assert_eq!(numbers(&appended), [call - 99], "whichever answer comes first");
    }
    assert_eq!(socket.call(2, append_if(1, vec![item(99)], 7)).await, Err(Refusal::CountIs(50)));
}

/// R4. Method: watchers join at different moments while writers append; each must
/// see every entry once, in order, the last one included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_see_every_entry_once_while_others_append() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 60;
    let server = Arc::new(TestServer::start().await);
    server.call(create(1)).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut socket = server.socket().await;
                for number in 0..EACH {
                    let request = append(1, vec![item(writer * 1000 + number)]);
                    socket.call(number, request).await.unwrap();
                }
            })
        })
        .collect();
    let watchers: Vec<_> = (0..12)
        .map(|watcher| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(watcher * 7)).await;
                let mut socket = server.socket().await;
                socket.send(&ClientFrame::Watch(read(1, 0))).await;
                socket.follow(Head::empty(&address(1)), WRITERS * EACH).await
            })
        })
        .collect();
    let mut heads = Vec::new();
    for writer in writers {
        writer.await.unwrap();
    }
    for watcher in watchers {
        heads.push(watcher.await.unwrap());
    }
    assert!(heads.iter().all(|head| *head == heads[0]));
}

#[tokio::test]
async fn a_watch_catches_up_says_so_and_goes_on() {
    let server = TestServer::start().await;
    server.call(create(1)).await.unwrap();
    let mut socket = server.socket().await;
    socket.send(&ClientFrame::Watch(read(1, 0))).await;
    let page = socket.page().await;
    assert_eq!((page.entries.len(), page.count, page.receipt), (0, 0, None), "an empty log is up to date");
    let Ok(Response::Appended(appended)) = server.call(append(1, vec![item(1), item(2)])).await else {
        panic!("not appended")
    };
    let live = socket.page().await;
    assert_eq!((live.entries.len(), live.count, live.receipt), (2, 2, Some(appended.receipt)));
    socket.send(&ClientFrame::Watch(read(1, 1))).await;
    assert_eq!(socket.page().await.entries, live.entries[1..]);
    assert_eq!(socket.page().await.entries, []);
    socket.send(&ClientFrame::Unwatch(address(1))).await;
    assert!(matches!(socket.call(9, Request::Info).await, Ok(Response::Info(_))));
    server.call(append(1, vec![item(3)])).await.unwrap();
    assert!(matches!(socket.call(9, Request::Info).await, Ok(Response::Info(_))), "nothing in between");
}

#[tokio::test]
async fn a_watcher_with_an_old_token_gets_hashes_that_chain() {
    let server = TestServer::start().await;
    server.call(create(1)).await.unwrap();
    let (mut old, mut new) = (server.socket().await, server.socket().await);
    old.send(&ClientFrame::Watch(read(1, 0))).await;
    assert_eq!(old.page().await.count, 0);
    let items = vec![item(1), item_in(2, lane(2, ExpiryClass::Never))];
    let rekey = Append::sign(address(1), items, None, Some(announcement(2, 2)), &posting(1));
    server.call(Request::Append(rekey)).await.unwrap();
    new.send(&ClientFrame::Watch(Read { token: token(2), ..read(1, 2) })).await;
    assert_eq!(new.page().await.entries, []);
    server.call(append(1, vec![item_in(3, lane(2, ExpiryClass::Never))])).await.unwrap();
    let mixed = old.page().await;
    assert_eq!(mixed.entries.iter().map(is_whole).collect::<Vec<_>>(), [true, false]);
    let hashes = old.page().await;
    let whole = new.page().await;
    assert_eq!((is_whole(&hashes.entries[0]), is_whole(&whole.entries[0])), (false, true));
    let fold = |entries: &mut dyn Iterator<Item = &concerted_log::entry::Entry>| {
        entries.fold(Head::empty(&address(1)), |head, entry| head.extended(entry).unwrap())
    };
    let by_old = fold(&mut mixed.entries.iter().chain(&hashes.entries));
    assert_eq!(by_old, fold(&mut mixed.entries.iter().chain(&whole.entries)));
    assert!(hashes.receipt.unwrap().covers(&by_old));
}

#[tokio::test]
async fn watches_are_refused_with_a_reason() {
    let server = TestServer::with(|config| config.connections.watches_per_socket_max = 1).await;
    for seed in [1, 2] {
        server.call(create(seed)).await.unwrap();
    }
    let mut socket = server.socket().await;
    let cases = [(read(9, 0), Refusal::NotFound), (Read { token: token(9), ..read(1, 0) }, Refusal::Token)];
    for (read, refusal) in cases {
        socket.send(&ClientFrame::Watch(read.clone())).await;
        assert_eq!(socket.next().await, ServerFrame::WatchRefused(read.address, refusal));
    }
    socket.send(&ClientFrame::Watch(read(1, 0))).await;
    socket.page().await;
    socket.send(&ClientFrame::Watch(read(2, 0))).await;
    assert_eq!(socket.next().await, ServerFrame::WatchRefused(address(2), Refusal::Limit(1)));
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("concerted_relay_watches 1\n"));
    drop(socket);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("concerted_relay_watches 0\n"));
    assert!(metrics.text().contains("concerted_relay_sockets 0\n"));
}

/// R7 and R8: a reader who takes nothing is told to fetch again, loses nothing that
/// way, and holds nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_told_to_fetch_again() {
    const LONG: u64 = 24;
    let server = TestServer::with(|config| config.connections.unsent_bytes_max = 2 << 20).await;
    server.call(create(1)).await.unwrap();
    let (mut slow, mut quick) = (server.socket().await, server.socket().await);
    for socket in [&mut slow, &mut quick] {
        socket.send(&ClientFrame::Watch(read(1, 0))).await;
        assert_eq!(socket.page().await.count, 0);
    }
    let following = tokio::spawn(async move { quick.follow(Head::empty(&address(1)), LONG).await });
    for number in 0..LONG {
        server.call(append(1, vec![long_item(number)])).await.unwrap();
    }
    let head = following.await.unwrap();
    let mut seen = Head::empty(&address(1));
    loop {
        match slow.next().await {
            ServerFrame::Entries(_, page) => {
                for entry in &page.entries {
                    seen = seen.extended(entry).unwrap();
                }
            }
            ServerFrame::Refetch(found) => {
                assert_eq!(found, address(1));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(seen.count < LONG, "told before the end: {}", seen.count);
    slow.send(&ClientFrame::Watch(read(1, seen.count))).await;
    assert_eq!(slow.follow(seen, LONG).await, head);
    assert!(server.get("/metrics").await.text().contains("concerted_relay_watches_too_slow_total 1\n"));
}

/// Members who watch a restored relay hear when it has its entries back.
#[tokio::test]
async fn watchers_fetch_again_after_a_hand_back() {
    let Restored { dir, lost, .. } = tokio::task::spawn_blocking(restored).await.unwrap();
    std::fs::write(dir.path().join("relay.key"), [42; 32]).unwrap();
    let server = TestServer::on(dir, |_| ()).await;
    let (mut behind, mut ahead) = (server.socket().await, server.socket().await);
    for (socket, after) in [(&mut behind, 3), (&mut ahead, 6)] {
        socket.send(&ClientFrame::Watch(read(1, after))).await;
        assert_eq!(socket.page().await.count, 3);
    }
    assert_eq!(server.call(hand_back(1, &lost)).await, Ok(Response::Done));
    for (socket, after) in [(&mut behind, 3), (&mut ahead, 6)] {
        assert_eq!(socket.next().await, ServerFrame::Refetch(address(1)));
        socket.send(&ClientFrame::Watch(read(1, after))).await;
        let page = socket.page().await;
        assert_eq!((page.entries.len(), page.count), (6 - after as usize, 6));
    }
}

#[tokio::test]
async fn mailboxes_can_be_watched() {
    let server = TestServer::start().await;
    let mailbox = MailboxId::new([5; 32]);
    let open = OpenMailbox { mailbox, token: token(5).hash(), card: vec![], open_ms: 60_000 };
    server.call(Request::OpenMailbox(open)).await.unwrap();
    let put = |message: &[u8]| Request::PutMail(PutMail { mailbox, message: message.to_vec() });
    server.call(put(b"first")).await.unwrap();
    let mut socket = server.socket().await;
    let watch = |seed, after| ClientFrame::WatchMail(ReadMail { mailbox, token: token(seed), after });
    let mail =
        |number, message: &[u8]| ServerFrame::Mail(mailbox, vec![Mail { number, message: message.to_vec() }]);
    socket.send(&watch(6, 0)).await;
    assert_eq!(socket.next().await, ServerFrame::MailRefused(mailbox, Refusal::Token));
    socket.send(&watch(5, 0)).await;
    assert_eq!(socket.next().await, mail(1, b"first"));
    server.call(put(b"second")).await.unwrap();
    server.call(put(b"second")).await.unwrap();
    server.call(put(b"third")).await.unwrap();
    assert_eq!(socket.next().await, mail(2, b"second"));
    assert_eq!(socket.next().await, mail(3, b"third"));
    let close = CloseMailbox { mailbox, token: token(5) };
    server.call(Request::CloseMailbox(close)).await.unwrap();
    assert_eq!(socket.next().await, ServerFrame::MailRefused(mailbox, Refusal::NotFound));
}

#[tokio::test]
async fn what_is_no_frame_closes_the_socket_with_a_reason() {
    let server = TestServer::start().await;
    let cases = [Message::binary(vec![0xff; 10]), Message::binary(vec![]), Message::text("hello")];
    for message in cases {
        let mut socket = server.socket().await;
        socket.0.send(message).await.unwrap();
        let close = socket.closed().await.expect("a close frame");
        assert_eq!(close.code, CloseCode::Invalid);
    }
    let mut socket = server.socket().await;
    let _ = socket.0.send(Message::binary(vec![0; (6 << 20) + 1])).await;
    socket.closed().await;
    assert_eq!(server.get("/healthz").await.status, 200);
}

/// A stop answers what was asked before, says goodbye, and is quick.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_orderly() {
    let server = TestServer::start().await;
    server.call(create(1)).await.unwrap();
    let (mut busy, mut idle) = (server.socket().await, server.socket().await);
    idle.send(&ClientFrame::Watch(read(1, 0))).await;
    idle.page().await;
    for number in 0..20 {
        busy.send(&ClientFrame::Call(number, append(1, vec![item(number)]))).await;
    }
    let ServerFrame::Answer(0, _) = busy.next().await else { panic!("no answer") };
    let began = Instant::now();
    let (mut answers, closing) = (1, tokio::spawn(server.stop()));
    let close = loop {
        match futures_util::StreamExt::next(&mut busy.0).await {
            Some(Ok(Message::Binary(_))) => answers += 1,
            Some(Ok(Message::Close(frame))) => break frame,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(close.unwrap().code, CloseCode::Away);
    assert_eq!(idle.closed().await.unwrap().code, CloseCode::Away);
    let dir = closing.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let server = TestServer::on(dir, |_| ()).await;
    let Ok(Response::Page(page)) = server.call(Request::Read(read(1, 0))).await else { panic!("no page") };
    assert!(page.count >= answers, "{answers} were answered and {} are there", page.count);
}
