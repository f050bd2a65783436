//! What the tests share: made-up keys from fixed seeds, requests, directories.

#![allow(dead_code)]

pub mod conformance;
#[cfg(feature = "server")]
pub mod net;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use concerted_log::entry::{Entry, ExpiryClass, Head, Lane, Payload, Sealed};
use concerted_log::epoch::{Epoch, PostingSecret, ReadToken};
use concerted_log::message::{
    Announcement, Append, AppendItem, Appended, Create, Page, Read, Refusal, Request, Response,
};
use concerted_log::receipt::ReceiptSigner;
use concerted_log::{Address, Secret, cbor};
use concerted_relay::store::Store;
use concerted_relay::{Caller, Limits, Prefix, Relay};

/// A start for the clocks of tests: 2026-01-01.
pub const START_MS: u64 = 1_767_225_600_000;
pub const HOUR_MS: u64 = 3600 * 1000;
pub const DAY_MS: u64 = 24 * HOUR_MS;
pub const RETENTION_MS: u64 = 30 * DAY_MS;

pub fn signer() -> ReceiptSigner {
    ReceiptSigner::new(&Secret::new([42; 32]))
}

/// A posting secret from a fixed seed: never for real use.
pub fn posting(seed: u8) -> PostingSecret {
    cbor::decode(&[&[0x58, 0x20][..], &[seed; 32]].concat(), 64).unwrap()
}

pub fn token(seed: u8) -> ReadToken {
    ReadToken::from_secret(Secret::new([seed; 32]))
}

pub fn address(seed: u8) -> Address {
    Address::new([seed; 32])
}

pub fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

pub fn lane(number: u32, class: ExpiryClass) -> Lane {
    Lane { epoch: epoch(number), class }
}

/// An item whose sealed bytes follow from its number.
pub fn item_in(number: u64, lane: Lane) -> AppendItem {
    let mut bytes = vec![7; 296];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    AppendItem { lane, sealed: Sealed::from_bytes(bytes).unwrap() }
}

pub fn item(number: u64) -> AppendItem {
    item_in(number, lane(1, ExpiryClass::Never))
}

pub fn long_item(number: u64) -> AppendItem {
    let mut bytes = vec![7; (1 << 20) + 40];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    AppendItem { lane: lane(1, ExpiryClass::Never), sealed: Sealed::from_bytes(bytes).unwrap() }
}

pub fn announcement(number: u32, seed: u8) -> Announcement {
    Announcement { epoch: epoch(number), posting_key: posting(seed).posting_key(), token: token(seed).hash() }
}

/// Creates address `seed` with the posting key and token of that seed, for epoch 1.
pub fn create(seed: u8) -> Request {
    Request::Create(Create::sign(address(seed), announcement(1, seed), RETENTION_MS, &posting(seed)))
}

pub fn append(seed: u8, items: Vec<AppendItem>) -> Request {
    Request::Append(Append::sign(address(seed), items, None, None, &posting(seed)))
}

pub fn append_if(seed: u8, items: Vec<AppendItem>, count: u64) -> Request {
    Request::Append(Append::sign(address(seed), items, Some(count), None, &posting(seed)))
}

pub fn read(seed: u8, after: u64) -> Read {
    Read { address: address(seed), token: token(seed), after }
}

/// A relay with a clock of its own.
pub struct Driven<S> {
    pub relay: Relay<S>,
    pub now_ms: u64,
}

impl<S: Store> Driven<S> {
    pub fn new(store: S) -> Self {
        Self::with_limits(store, Limits::default())
    }

    pub fn with_limits(store: S, limits: Limits) -> Self {
        Self { relay: Relay::new(store, signer(), limits), now_ms: START_MS }
    }

    pub fn call(&self, request: Request) -> Result<Response, Refusal> {
        self.call_from(Prefix::UNKNOWN, request)
    }

    pub fn call_from(&self, prefix: Prefix, request: Request) -> Result<Response, Refusal> {
        self.relay.handle(request, &Caller { prefix, now_ms: self.now_ms })
    }

    pub fn done(&self, request: Request) {
        assert_eq!(self.call(request), Ok(Response::Done));
    }

    pub fn appended(&self, request: Request) -> Appended {
        match self.call(request) {
            Ok(Response::Appended(appended)) => appended,
            other => panic!("not appended: {other:?}"),
        }
    }

    pub fn page(&self, read: Read) -> Page {
        match self.call(Request::Read(read)) {
            Ok(Response::Page(page)) => page,
            other => panic!("no page: {other:?}"),
        }
    }

    /// All entries, read page by page; checks that the chain and all receipts hold.
    pub fn read_all(&self, read: Read) -> (Vec<Entry>, Head) {
        let mut head = Head::empty(&read.address);
        let mut all = Vec::new();
        loop {
            let page = self.page(Read { after: head.count, ..read.clone() });
            for entry in &page.entries {
                head = head.extended(entry).unwrap();
            }
            if let Some(receipt) = page.receipt {
                assert!(receipt.verify(&signer().relay_key()));
                assert!(receipt.covers(&head), "{receipt:?} {head:?}");
            }
            if page.entries.is_empty() {
                assert_eq!(page.count, head.count);
                return (all, head);
            }
            all.extend(page.entries);
        }
    }
}

pub fn numbers(appended: &Appended) -> Vec<u64> {
    appended.sequences.iter().map(|sequence| sequence.get()).collect()
}

pub fn is_whole(entry: &Entry) -> bool {
    matches!(entry.payload, Payload::Sealed(_))
}

pub fn prefix(number: u32) -> Prefix {
    Prefix::of(std::net::IpAddr::from(number.to_be_bytes()))
}

static NEXT_DIR: AtomicU64 = AtomicU64::new(0);

/// A directory for one test, removed with it.
pub struct TestDir(PathBuf);

impl TestDir {
    pub fn new() -> Self {
        let number = NEXT_DIR.fetch_add(1, Ordering::Relaxed);
        let name = format!("concerted-relay-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
