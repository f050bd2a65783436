//! The relay from outside: its rules over both stores, its durability, and the
//! server over real connections.

#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub)]

mod conformance;
#[cfg(feature = "server")]
mod durability;
#[cfg(feature = "server")]
mod http;
mod limits;
#[cfg(feature = "server")]
mod load;
#[cfg(feature = "server")]
mod logs;
#[cfg(feature = "server")]
mod socket;
mod support;
