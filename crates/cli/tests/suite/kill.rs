//! kill -9 under load: nothing that was acknowledged is lost, nothing is there
//! twice.
//!
//! Method: writers append to a log of their own over sockets, as a device would,
//! and note each answer. Members talk through the command line. All the while the
//! relay is killed and started again. Afterwards the log is read from its beginning
//! and compared with the notes.
//! `CONCERTED_KILLS` sets how often the relay is killed.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use concerted_log::entry::{Entry, ExpiryClass, Head, Lane, Sealed};
use concerted_log::epoch::{Epoch, PostingSecret, RecordSecret};
use concerted_log::id::RelayKey;
use concerted_log::message::{
    ANSWER_BYTES_MAX, Announcement, Append, AppendItem, Appended, ClientFrame, Create, Read, Refusal,
    Request, Response, ServerFrame,
};
use concerted_log::{Address, ChainHash, Secret, cbor};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tungstenite::{Message, WebSocket};

use crate::support::{Home, Relay, eventually, rows_of, run};

const KILLS: u64 = 12;
const WRITERS: u64 = 3;
/// Each writer's pause, so that the relay's limits on a posting key are kept.
const PAUSE: Duration = Duration::from_millis(10);

/// A log that only the test writes to.
struct Log {
    address: Address,
    posting: PostingSecret,
    record: RecordSecret,
}

/// What the relay answered to one append.
struct Acknowledged {
    append: Append,
    appended: Appended,
}

impl Log {
    fn new() -> Self {
        let rng = &mut UnwrapErr(SysRng);
        let mut address = [0; 32];
        rand_core::Rng::fill_bytes(rng, &mut address);
        Self {
            address: Address::new(address),
            posting: PostingSecret::random(rng),
            record: RecordSecret::of_genesis(&Secret::random(rng)),
        }
    }

    fn create(&self) -> Request {
        let announcement = Announcement {
            epoch: Epoch::GENESIS,
            posting_key: self.posting.posting_key(),
            token: self.record.read_token().hash(),
        };
        Request::Create(Create::sign(self.address, announcement, 1000 * 3600 * 24, &self.posting))
    }

    fn append(&self, writer: u64, number: u64) -> Append {
        // Now and then two items, which must stay next to each other.
        let class = if number.is_multiple_of(2) { ExpiryClass::Never } else { ExpiryClass::Talk };
        let lane = Lane { epoch: Epoch::GENESIS, class };
        let items = (0..=u64::from(number.is_multiple_of(5)))
            .map(|part| {
                let text = format!("{writer}/{number}/{part}");
                let sealed = Sealed::seal(text.as_bytes(), lane, &self.record, &mut UnwrapErr(SysRng));
                AppendItem { lane, sealed }
            })
            .collect();
        Append::sign(self.address, items, None, None, &self.posting)
    }

    fn read_all(&self, socket: &mut Socket) -> (Vec<Entry>, u64) {
        let mut entries = Vec::new();
        loop {
            let after = entries.len() as u64;
            let read = Read { address: self.address, token: self.record.read_token(), after };
            match socket.call(Request::Read(read)) {
                Some(Ok(Response::Page(page))) if page.entries.is_empty() => return (entries, page.count),
                Some(Ok(Response::Page(page))) => entries.extend(page.entries),
                other => panic!("{other:?}"),
            }
        }
    }
}

struct Socket(WebSocket<TcpStream>);

impl Socket {
    fn open(relay: std::net::SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect_timeout(&relay, Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let socket = tungstenite::client(format!("ws://{relay}/v1/socket"), stream).ok()?.0;
        Some(Self(socket))
    }

    /// The answer, or none if the relay died on the way.
    fn call(&mut self, request: Request) -> Option<Result<Response, Refusal>> {
        self.0.send(Message::Binary(cbor::encode(&ClientFrame::Call(1, request)).into())).ok()?;
        loop {
            let Message::Binary(bytes) = self.0.read().ok()? else { continue };
            let frame = cbor::decode::<ServerFrame>(&bytes, ANSWER_BYTES_MAX).expect("a frame of ours");
            if let ServerFrame::Answer(1, answer) = frame {
                return Some(answer.into());
            }
        }
    }
}

/// Appends one thing after another until told to stop; each is sent until it is
/// acknowledged.
fn write(relay: std::net::SocketAddr, log: &Log, writer: u64, stop: &AtomicBool) -> Vec<Acknowledged> {
    let (mut acknowledged, mut socket, mut number) = (Vec::new(), None, 0);
    let mut append = log.append(writer, number);
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) && begun.elapsed() < Duration::from_secs(600) {
        let Some(open) = socket.as_mut() else {
            socket = Socket::open(relay);
            std::thread::sleep(PAUSE);
            continue;
        };
        match open.call(Request::Append(append.clone())) {
            Some(Ok(Response::Appended(appended))) => {
                acknowledged.push(Acknowledged { append, appended });
                number += 1;
                append = log.append(writer, number);
                std::thread::sleep(PAUSE);
            }
            Some(Err(Refusal::Busy(ms))) => std::thread::sleep(Duration::from_millis(ms)),
            Some(other) => panic!("{other:?}"),
            None => socket = None,
        }
    }
    acknowledged
}

fn kills() -> u64 {
    std::env::var("CONCERTED_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS)
}

/// R1, R2, R6.
#[test]
fn killed_again_and_again_under_load_nothing_acknowledged_is_lost() {
    let mut relay = Relay::start();
    let address = relay.address();
    let log = Log::new();
    let mut socket = Socket::open(address).unwrap();
    let Some(Ok(Response::Info(info))) = socket.call(Request::Info) else { panic!("no info") };
    assert_eq!(socket.call(log.create()), Some(Ok(Response::Done)));

    let (ana, _) = Home::begun();
    let body = ana.found(&relay, "Night shift", "Ana");
    let stop = AtomicBool::new(false);
    let said = Mutex::new(BTreeMap::<String, Option<u64>>::new());
    let count = AtomicU64::new(0);
    let acknowledged: Vec<Acknowledged> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (log, stop) = (&log, &stop);
                scope.spawn(move || write(address, log, writer, stop))
            })
            .collect();
        let talking = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let words = format!("message {}", count.fetch_add(1, Ordering::Relaxed));
                let output = run(&mut ana.command(["--json", "talk", &body, &words]), b"");
                // Whatever happens to the relay, talk is kept, or it has arrived.
                let out = String::from_utf8(output.stdout).unwrap();
                assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
                let row = rows_of(&out).remove(0);
                said.lock().unwrap().insert(words, row["sequence"].as_u64());
            }
        });
        let mut pause_ms = 150;
        for _ in 0..kills() {
            std::thread::sleep(Duration::from_millis(pause_ms));
            pause_ms = 150 + (pause_ms * 7919 + 331) % 1200;
            relay.kill();
            relay.restart();
        }
        std::thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
        talking.join().unwrap();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    relay.kill();
    relay.restart();
    check_log(&relay, &log, &info.relay_key, &acknowledged);
    check_talk(&ana, &body, &said.into_inner().unwrap());
}

fn check_log(relay: &Relay, log: &Log, key: &RelayKey, acknowledged: &[Acknowledged]) {
    assert!(acknowledged.len() > 20, "only {} appends were acknowledged", acknowledged.len());
    let mut socket = Socket::open(relay.address()).unwrap();
    let (entries, count) = log.read_all(&mut socket);
    assert_eq!(entries.len() as u64, count);
    let mut chains: Vec<ChainHash> = Vec::new();
    let mut head = Head::empty(&log.address);
    for entry in &entries {
        head = head.extended(entry).expect("numbers without a gap, times that never go back");
        chains.push(head.chain);
    }
    let mut owners = BTreeMap::new();
    for Acknowledged { append, appended } in acknowledged {
        assert_eq!(append.items.len(), appended.sequences.len());
        for (item, sequence) in append.items.iter().zip(&appended.sequences) {
            let entry = &entries[usize::try_from(sequence.get() - 1).unwrap()];
            assert_eq!(entry.sealed_hash(), item.sealed.hash(), "entry {sequence} is what was acknowledged");
            assert_eq!(entry.lane, item.lane);
            let taken = owners.insert(sequence.get(), item.sealed.hash());
            assert_eq!(taken, None, "no number was given twice");
        }
        let receipt = &appended.receipt;
        assert!(receipt.verify(key) && receipt.address == log.address);
        let index = usize::try_from(receipt.sequence.get() - 1).unwrap();
        assert_eq!(receipt.chain, chains[index], "the log is the one that was signed");
    }
    let distinct: std::collections::BTreeSet<_> =
        entries.iter().map(|entry| *entry.sealed_hash().as_bytes()).collect();
    assert_eq!(distinct.len(), entries.len(), "nothing is there twice");
    // At most the one append that each writer had under way was not acknowledged.
    let not_acknowledged = entries.len() - owners.len();
    assert!(not_acknowledged <= 2 * usize::try_from(WRITERS).unwrap(), "{not_acknowledged}");

    for Acknowledged { append, appended } in acknowledged {
        let again = eventually("an answer", Duration::from_secs(20), || {
            match socket.call(Request::Append(append.clone())) {
                Some(Ok(Response::Appended(again))) => Some(again),
                Some(Err(Refusal::Busy(_))) => None,
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(again.sequences, appended.sequences, "sent again, it has the same number");
    }
    assert_eq!(log.read_all(&mut socket).0, entries, "and nothing was added");
}

/// Each message is there once; those whose number was told have that number.
fn check_talk(ana: &Home, body: &str, said: &BTreeMap<String, Option<u64>>) {
    assert!(said.len() > 5, "only {} messages", said.len());
    let mut read = BTreeMap::new();
    for row in ana.rows(["read", body]) {
        let words = row["text"].as_str().unwrap().to_owned();
        assert_eq!(read.insert(words, row["sequence"].as_u64().expect("all were sent")), None, "only once");
    }
    assert_eq!(read.len(), said.len());
    for (words, sequence) in said {
        assert!(sequence.is_none() || *sequence == read.get(words).copied(), "{words}");
    }
}
