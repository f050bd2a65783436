//! One worker at a time has the store, however many tabs are open.
//!
//! The browser's Web Locks decide who. A tab that is asked to let go finishes the step it is in and gives the
//! lock back; one that does not answer (a phone may have frozen it) loses the lock after a while, and the store
//! itself then refuses what it still writes (see [`Store`](super::store::Store)).

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

use super::{Note, Outbox, js, scope};

const NAME: &str = "concerted-store";
/// How long the other tab has to let go before it is made to.
const PATIENCE_MS: i32 = 3000;

thread_local! {
    /// Tells what this worker broadcasts from what others do.
    static OWN_ID: f64 = js_sys::Math::random();
}

/// The right to use the store, until dropped.
pub(super) struct Held {
    release: Option<Function>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Asks for the lock and waits as long as it takes; [`Note::Obtained`] says when it is there.
/// Returns whether it was free. Where the browser has no locks (a page that is not served securely), it always
/// is.
pub(super) async fn obtain(outbox: &Outbox) -> bool {
    if locks().is_undefined() {
        let _ = outbox.unbounded_send(Note::Obtained(Held { release: None }));
        return true;
    }
    let free = request(outbox.clone(), "ifAvailable").await;
    if !free {
        spawn_local(wait(outbox.clone(), ""));
    }
    free
}

/// Asks the tab that has the store to let go, and takes the lock if it does not. `done` is set once the lock
/// is here.
pub(super) fn take_over(outbox: Outbox, done: Rc<Cell<bool>>) {
    if let Ok(channel) = BroadcastChannel::new(NAME) {
        let _ = channel.post_message(&OWN_ID.with(f64::clone).into());
    }
    let steal = Closure::once_into_js(move || {
        if !done.get() {
            spawn_local(wait(outbox, "steal"));
        }
    });
    let _ = scope().set_timeout_with_callback_and_timeout_and_arguments_0(steal.unchecked_ref(), PATIENCE_MS);
}

/// Listens for other tabs that ask for the store.
pub(super) fn listen(outbox: Outbox) {
    let Ok(channel) = BroadcastChannel::new(NAME) else { return };
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let is_own = event.data().as_f64() == Some(OWN_ID.with(f64::clone));
        if !is_own {
            let _ = outbox.unbounded_send(Note::LetGo);
        }
    });
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    // The channel must outlive this function; it closes with the worker.
    std::mem::forget(channel);
}

fn locks() -> JsValue {
    js::get(&js::get(&scope(), "navigator"), "locks")
}

async fn wait(outbox: Outbox, option: &'static str) {
    request(outbox, option).await;
}

/// Requests the lock, with an option of the Web Locks API set; returns whether it was granted.
async fn request(outbox: Outbox, option: &str) -> bool {
    let granted = js::outcome(|resolve, _| {
        let (outbox, answer) = (outbox.clone(), resolve.clone());
        let on_lock = Closure::once_into_js(move |lock: JsValue| {
            let _ = answer.call1(&JsValue::UNDEFINED, &(!lock.is_null()).into());
            if lock.is_null() {
                return Promise::resolve(&JsValue::UNDEFINED);
            }
            Promise::new(&mut |release, _| {
                let _ = outbox.unbounded_send(Note::Obtained(Held { release: Some(release) }));
            })
        });
        let option = if option.is_empty() { vec![] } else { vec![(option, true.into())] };
        let asked = js::call(&locks(), "request", &[NAME.into(), js::object(&option), on_lock]);
        ignore_rejection(asked, resolve);
    });
    granted.await.is_ok_and(|granted| granted.is_truthy())
}

/// A request is rejected when the lock is taken away; the store notices by itself.
fn ignore_rejection(asked: Result<JsValue, JsValue>, answer: &Function) {
    match asked.and_then(|asked| asked.dyn_into::<Promise>()) {
        Ok(asked) => {
            let ignore = Closure::once_into_js(|_: JsValue| ());
            let _ = js::call(&asked, "catch", &[ignore]);
        }
        Err(_) => {
            let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::FALSE);
        }
    }
}
