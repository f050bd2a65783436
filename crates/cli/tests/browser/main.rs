//! The web app in real browsers, beside members on the command line.
//!
//! These tests need Chromium and its driver and run only where
//! `CONCERTED_BROWSER_TESTS` is set; `cargo xtask test` sets it. They open the app as
//! it ships: the release artefact inside the server.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod ballot;
mod phone;
mod story;

/// Whether to run; says so if not.
pub(crate) fn wanted() -> bool {
    let wanted = std::env::var_os("CONCERTED_BROWSER_TESTS").is_some();
    if !wanted {
        eprintln!("skipped: set CONCERTED_BROWSER_TESTS to run tests in a browser");
    }
    wanted
}
