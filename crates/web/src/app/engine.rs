//! The line to the worker: commands go out, views and answers come in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use concerted_client::view::FailureView;
use concerted_client::{Command, Reply};
use futures_channel::oneshot;
use leptos::prelude::{Get, GetUntracked, RwSignal, Set, window};
use wasm_bindgen::prelude::{Closure, JsCast};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, Worker};

use super::browser;
use super::state::{App, Stage};
use crate::failure_text;
use crate::protocol::{ToPage, ToWorker};
use crate::route::Route;
use crate::text::current;

type Answer = Result<Reply, FailureView>;

/// The worker and those who wait for it. JavaScript objects cannot be in signals, so this is kept apart.
struct Line {
    worker: Worker,
    is_up: bool,
    /// What was said before the worker listened.
    unsaid: Vec<ToWorker>,
    next_id: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
}

thread_local! {
    static LINE: RefCell<Option<Line>> = const { RefCell::new(None) };
}

/// Begins to listen to the worker.
pub(super) fn connect(app: App, worker: Worker) {
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let said = event.data().as_string().and_then(|json| serde_json::from_str(&json).ok());
        if let Some(said) = said {
            take(app, said);
        }
    });
    worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    let line = Line { worker, is_up: false, unsaid: Vec::new(), next_id: 0, waiting: BTreeMap::new() };
    LINE.set(Some(line));
}

/// Tells the worker something.
pub(super) fn say(message: ToWorker) {
    LINE.with_borrow_mut(|line| {
        if let Some(line) = line {
            line.say(message);
        }
    });
}

/// Gives a command and waits for the answer.
async fn ask(command: Command) -> Answer {
    let answer = LINE.with_borrow_mut(|line| {
        let line = line.as_mut()?;
        line.next_id += 1;
        let id = line.next_id;
        let (answer, receiver) = oneshot::channel();
        line.waiting.insert(id, answer);
        line.say(ToWorker::Command { id, command });
        Some(receiver)
    });
    let stopped = || FailureView { code: "stopped".to_owned(), rule: None, text: String::new() };
    match answer {
        Some(answer) => answer.await.unwrap_or_else(|_| Err(stopped())),
        None => Err(stopped()),
    }
}

impl Line {
    fn say(&mut self, message: ToWorker) {
        if !self.is_up {
            self.unsaid.push(message);
            return;
        }
        let json = serde_json::to_string(&message).expect("the protocol's types have string keys only");
        // A string can always be copied.
        let _ = self.worker.post_message(&json.into());
    }
}

fn take(app: App, said: ToPage) {
    match said {
        ToPage::Up => LINE.with_borrow_mut(|line| {
            if let Some(line) = line {
                line.is_up = true;
                for message in std::mem::take(&mut line.unsaid) {
                    line.say(message);
                }
            }
        }),
        ToPage::Elsewhere => stop(app, Stage::Elsewhere),
        ToPage::Locked { wrong } => app.stage.set(Stage::Locked { wrong }),
        ToPage::Damaged => app.stage.set(Stage::Damaged),
        ToPage::StorageFailed { text } => stop(app, Stage::Failed(text)),
        ToPage::Crashed { text } => stop(app, Stage::Crashed(text)),
        ToPage::App { view } => {
            if *app.view.get_untracked() != view {
                app.view.set(Arc::new(view));
            }
            if app.stage.get_untracked() != Stage::Ready {
                // A new engine does not know what is on the screen.
                look(&app.route.get_untracked());
                app.stage.set(Stage::Ready);
            }
        }
        ToPage::Body { view } => {
            if app.body.get_untracked().as_deref() != view.as_deref() {
                app.body.set(view.map(|view| Arc::new(*view)));
            }
        }
        ToPage::Done { id, reply } => answer(id, Ok(reply)),
        ToPage::Failed { id, failure } => answer(id, Err(failure)),
        // The script that looks after the app's files deletes those, and loads the page anew.
        ToPage::Wiped => browser::tell("concerted-wipe", ""),
    }
}

/// The engine is gone; nobody will be answered.
fn stop(app: App, stage: Stage) {
    LINE.with_borrow_mut(|line| {
        if let Some(line) = line {
            line.waiting.clear();
        }
    });
    app.body.set(None);
    app.stage.set(stage);
}

fn answer(id: u64, answer: Answer) {
    let waiting = LINE.with_borrow_mut(|line| line.as_mut().and_then(|line| line.waiting.remove(&id)));
    if let Some(waiting) = waiting {
        // Whoever asked may have left the screen.
        let _ = waiting.send(answer);
    }
}

/// Has the worker send the views of what a route shows.
pub(super) fn look(route: &Route) {
    let body = match route {
        Route::Committee { body, .. } => Some(body.clone()),
        _ => None,
    };
    say(ToWorker::Look { body });
}

/// Catches up when the page is looked at again.
pub(super) fn wake_when_seen() {
    let seen = Closure::<dyn FnMut()>::new(|| {
        let hidden = window().document().is_none_or(|document| document.hidden());
        if !hidden {
            say(ToWorker::Awake);
        }
    });
    if let Some(document) = window().document() {
        let _ = document.add_event_listener_with_callback("visibilitychange", seen.as_ref().unchecked_ref());
    }
    seen.forget();
}

/// A piece of work that a screen has begun: whether it goes on, and how it failed.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<FailureView>>,
}

impl Work {
    /// None under way.
    pub(crate) fn new() -> Self {
        Self { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Whether it goes on.
    pub(crate) fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// How it failed, as a sentence.
    pub(crate) fn failure(self) -> Option<String> {
        self.failure.get().map(|failure| current(|catalogue| failure_text::sentence(catalogue, &failure)))
    }

    /// What the engine says about the failure, in English.
    pub(crate) fn failure_detail(self) -> Option<String> {
        self.failure.get().as_ref().and_then(failure_text::detail).map(str::to_owned)
    }

    /// Gives a command, unless one is under way; then goes on with the reply.
    pub(crate) fn run(self, command: Command, then: impl FnOnce(Reply) + 'static) {
        if !self.busy.get_untracked() {
            self.run_always(command, then, || ());
        }
    }

    /// Gives a command, whatever is under way; then goes on with the reply, or does something else where it
    /// fails.
    pub(crate) fn run_always(
        self,
        command: Command,
        then: impl FnOnce(Reply) + 'static,
        otherwise: impl FnOnce() + 'static,
    ) {
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = ask(command).await;
            // The screen may be gone, and its signals with it.
            let _ = self.busy.try_set(false);
            match answer {
                Ok(reply) => then(reply),
                Err(failure) => {
                    let _ = self.failure.try_set(Some(failure));
                    otherwise();
                }
            }
        });
    }
}
