//! The web app inside this binary: every file with its compressed forms, ready to be sent as it is.
//!
//! Filled by `build.rs` from what `cargo xtask build` publishes; empty in a binary built without it.

use concerted_relay::server::Asset;

/// All files of the web app, in order of their paths; none if the app was not built in.
pub(crate) static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));
