//! What runs on the page: the screens, and the line to the worker.
//!
//! [`state`] is what the screens show and [`engine`] the line to the worker that fills it. [`shell`] decides
//! which screen of [`screen`] is shown; [`control`] holds what several screens use.

#![allow(unreachable_pub, reason = "`#[component]` makes the properties of components public")]

mod browser;
mod control;
mod engine;
mod icon;
mod screen;
mod shell;
mod state;

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Worker;

/// Draws the app into the page. `worker` runs [`start_worker`](crate::start_worker), now or soon.
#[wasm_bindgen]
pub fn start_app(worker: Worker) {
    leptos::mount::mount_to(browser::mount_point(), move || shell::shell(worker)).forget();
}
