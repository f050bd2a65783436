//! Measurements, not checks: run them with
//! `cargo test --release -p concerted-relay --test suite load -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use concerted_log::entry::Head;
use concerted_log::message::{Append, AppendItem, ClientFrame, Request};
use concerted_relay::Limits;
use concerted_relay::server::{ConnectionLimits, ServeConfig};

use crate::support::net::TestServer;
use crate::support::{address, append, create, item, lane, posting, read};

fn without_limits(config: &mut ServeConfig) {
    config.limits = Limits::without_rates();
    config.connections = ConnectionLimits { per_prefix_max: 20_000, ..ConnectionLimits::default() };
}

/// An entry of the size class of 1 KiB.
fn kilobyte(number: u64) -> AppendItem {
    let mut bytes = vec![7; 1024 + 40];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    let sealed = concerted_log::entry::Sealed::from_bytes(bytes).unwrap();
    AppendItem { lane: lane(1, concerted_log::entry::ExpiryClass::Never), sealed }
}

/// Appends of 1 KiB, one in flight per client, all to one log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and takes long"]
async fn load_of_appends() {
    for clients in [1_u64, 16, 128] {
        let server = Arc::new(TestServer::with(without_limits).await);
        server.call(create(1)).await.unwrap();
        let each = 6000 / clients;
        let requests: Vec<Vec<Request>> = (0..clients)
            .map(|client| (0..each).map(|number| append(1, vec![kilobyte(client << 32 | number)])).collect())
            .collect();
        let began = Instant::now();
        let tasks: Vec<_> = requests
            .into_iter()
            .map(|requests| {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    let (mut socket, mut times) = (server.socket().await, Vec::new());
                    for (number, request) in (0..).zip(requests) {
                        let began = Instant::now();
                        socket.call(number, request).await.unwrap();
                        times.push(began.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        let rate = times.len() as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 100];
        println!("{clients} clients: {rate:.0} appends/s, p50 {:?}, p99 {:?}", at(50), at(99));
    }
}

/// One log, many watchers, 20 entries a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and takes long"]
async fn load_of_watchers() {
    const WATCHERS: usize = 1000;
    const ENTRIES: u64 = 60;
    let server = Arc::new(TestServer::with(without_limits).await);
    server.call(create(1)).await.unwrap();
    let before = resident_kib();
    let mut sockets = Vec::new();
    for _ in 0..WATCHERS {
        let mut socket = server.socket().await;
        socket.send(&ClientFrame::Watch(read(1, 0))).await;
        socket.page().await;
        sockets.push(socket);
    }
    println!("{} KiB for each watcher, client's half included", (resident_kib() - before) / WATCHERS);
    let began = Instant::now();
    let sent_at = move |number: u64| began + Duration::from_millis(50 * number);
    let tasks: Vec<_> = sockets
        .into_iter()
        .map(|mut socket| {
            tokio::spawn(async move {
                let mut head = Head::empty(&address(1));
                let mut times = Vec::new();
                while head.count < ENTRIES {
                    head = socket.follow(head, head.count + 1).await;
                    times.push(sent_at(head.count).elapsed());
                }
                times
            })
        })
        .collect();
    for number in 1..=ENTRIES {
        tokio::time::sleep_until(sent_at(number).into()).await;
        let one = Append::sign(address(1), vec![item(number)], None, None, &posting(1));
        server.call(Request::Append(one)).await.unwrap();
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100];
    println!("{WATCHERS} watchers: from append to receipt p50 {:?}, p99 {:?}", at(50), at(99));
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
