//! The command line from outside: the real binary as relay and as members'
//! devices, on this machine's own network.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

mod ballot;
#[path = "../support/bel.rs"]
mod bel;
#[path = "../support/by_hand.rs"]
mod by_hand;
mod contract;
mod devices;
mod export;
mod kill;
mod offline;
mod privacy;
mod serving;
mod story;
#[path = "../support/mod.rs"]
mod support;
