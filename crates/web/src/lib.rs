//! The web app of Concerted: draws the engine's state and passes on what the user wants.
//!
//! One wasm module runs in two places. `start_worker` runs it in a Web Worker, which owns the engine, the
//! store and the sockets; `start_app` runs it on the page, which owns nothing but what is on the screen. The
//! two talk in the messages of [`protocol`]. So work of any length never holds up a tap, and a page that is
//! thrown away loses nothing.
//!
//! Where to start reading: [`protocol`], then `worker::driver` for what happens below the screen and
//! `app::shell` for which screen is shown.
//!
//! Invariants:
//! - the engine lives in one worker at a time, whatever number of tabs is open;
//! - the page stores the language, the appearance and nothing else;
//! - every text that people read comes from `locales/`.
//!
//! What needs a browser is compiled for wasm32 only; the rest is plain Rust and tested on the host.

pub mod bylaws_text;
pub mod failure_text;
pub mod nickname;
pub mod protocol;
pub mod qr;
pub mod quiz;
pub mod route;
pub mod text;
pub mod timeline;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(target_arch = "wasm32")]
pub use app::start_app;
#[cfg(target_arch = "wasm32")]
pub use worker::start_worker;
