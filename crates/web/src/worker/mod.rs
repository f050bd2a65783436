//! What runs in the Web Worker: the engine, its store, its sockets and its clock.
//!
//! Only [`driver`] knows the engine. [`store`], [`sockets`], [`alarm`] and [`lock`] each wrap one thing of the
//! browser, and report through the one inbox that the driver reads.

mod alarm;
mod driver;
mod js;
mod lock;
mod sockets;
mod store;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use wasm_bindgen::prelude::{Closure, JsCast, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::protocol::{ToPage, ToWorker};

/// Something the driver is to look at.
enum Note {
    /// The page said something.
    Page(ToWorker),
    /// A socket has something.
    Heard(sockets::Heard),
    /// A time asked for has come.
    Alarm,
    /// Another tab asks to have the store.
    LetGo,
    /// This tab has the store now.
    Obtained(lock::Held),
}

type Outbox = UnboundedSender<Note>;
type Inbox = UnboundedReceiver<Note>;

/// Runs the engine in this worker for as long as the worker lives.
#[wasm_bindgen]
pub fn start_worker() {
    std::panic::set_hook(Box::new(|panic| post(&ToPage::Crashed { text: panic.to_string() })));
    let (outbox, inbox) = unbounded();
    listen_to_page(outbox.clone());
    lock::listen(outbox.clone());
    wake_when_online(outbox.clone());
    post(&ToPage::Up);
    spawn_local(driver::run(inbox, outbox));
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Tells the page something.
fn post(message: &ToPage) {
    let json = serde_json::to_string(message).expect("the protocol's types have string keys only");
    // Fails only for what cannot be copied; a string can.
    let _ = scope().post_message(&json.into());
}

fn listen_to_page(outbox: Outbox) {
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let said = event.data().as_string().and_then(|json| serde_json::from_str(&json).ok());
        if let Some(said) = said {
            // The driver runs as long as the worker.
            let _ = outbox.unbounded_send(Note::Page(said));
        }
    });
    scope().set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
}

fn wake_when_online(outbox: Outbox) {
    let wake = Closure::<dyn FnMut()>::new(move || {
        let _ = outbox.unbounded_send(Note::Page(ToWorker::Awake));
    });
    let _ = scope().add_event_listener_with_callback("online", wake.as_ref().unchecked_ref());
    wake.forget();
}
