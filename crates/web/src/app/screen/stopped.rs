//! When there is no engine to show: locked, in use in another tab, or unable to store.

use concerted_client::Command;
use leptos::prelude::*;

use crate::app::browser;
use crate::app::control::{Confirm, Field, Waiting, submitting};
use crate::app::engine::{self, Work};
use crate::app::icon::mark;
use crate::app::state::{App, Stage};
use crate::protocol::ToWorker;
use crate::t;

/// The store wants a passphrase.
#[component]
pub(crate) fn Locked(
    /// Whether the one just given was wrong.
    wrong: bool,
) -> impl IntoView {
    let app = App::of_context();
    let passphrase = RwSignal::new(String::new());
    let trying = RwSignal::new(false);
    let unlock = move || {
        if trying.get_untracked() || passphrase.get_untracked().is_empty() {
            return;
        }
        trying.set(true);
        engine::say(ToWorker::Unlock { passphrase: passphrase.get_untracked() });
        // So that an answer like the last one is seen, too.
        app.stage.update_untracked(|stage| *stage = Stage::Starting);
    };
    browser::after_drawing(|| browser::focus("#passphrase"));
    view! {
        <main class="page">
            <div class="lead">
                {mark()}
                <h1 tabindex="-1">{t!("locked-title")}</h1>
            </div>
            <form
                class="stack"
                on:submit=submitting(unlock)
            >
                <Field id="passphrase" label=t!("passphrase") value=passphrase kind="password" literal=true/>
                <div role="alert">
                    {wrong.then(|| view! { <p class="note bad" data-testid="failure">{t!("passphrase-wrong")}</p> })}
                </div>
                {move || trying.get().then(|| view! { <Waiting label=t!("unlocking")/> })}
                <div class="actions">
                    <button
                        type="submit"
                        class="button main"
                        data-testid="unlock"
                        aria-busy=move || trying.get().to_string()
                    >
                        <span class="spinner" aria-hidden="true"></span>
                        <span>{t!("unlock")}</span>
                    </button>
                </div>
            </form>
            <Forgotten question=t!("locked-forgotten-question")/>
        </main>
    }
}

/// The store cannot be read.
#[component]
pub(crate) fn Damaged() -> impl IntoView {
    view! {
        <main class="page">
            <h1 tabindex="-1">{t!("damaged-title")}</h1>
            <p>{t!("damaged-about")}</p>
            <Forgotten question=t!("locked-forgotten-question")/>
        </main>
    }
}

/// Starting over without what is stored.
#[component]
fn Forgotten(
    /// What is asked first.
    question: String,
) -> impl IntoView {
    let work = Work::new();
    view! {
        <section class="apart">
            <Confirm
                label=t!("locked-forgotten")
                question=question
                yes=t!("wipe-yes")
                testid="forgotten"
                danger=true
                work=work
                on_yes=move || work.run(Command::Wipe, |_| ())
            />
        </section>
    }
}

/// Another tab has the store.
#[component]
pub(crate) fn Elsewhere() -> impl IntoView {
    let asked = RwSignal::new(false);
    let take_over = move |_| {
        asked.set(true);
        engine::say(ToWorker::TakeOver);
    };
    view! {
        <main class="page">
            <div class="lead">
                {mark()}
                <h1 tabindex="-1" data-testid="elsewhere">
                    {t!("elsewhere-title")}
                </h1>
            </div>
            <p>{t!("elsewhere-about")}</p>
            <div class="actions">
                <button
                    type="button"
                    class="button main"
                    data-testid="take-over"
                    aria-busy=move || asked.get().to_string()
                    on:click=take_over
                >
                    <span class="spinner" aria-hidden="true"></span>
                    <span>{t!("elsewhere-take-over")}</span>
                </button>
            </div>
        </main>
    }
}

/// The browser cannot store.
#[component]
pub(crate) fn Failed(
    /// Why, in its words.
    text: String,
) -> impl IntoView {
    view! { <Reload title=t!("storage-failed-title") about=t!("storage-failed-about") text=text/> }
}

/// The worker has stopped where it never should.
#[component]
pub(crate) fn Crashed(
    /// Where.
    text: String,
) -> impl IntoView {
    view! { <Reload title=t!("crashed-title") about=t!("crashed-about") text=text/> }
}

#[component]
fn Reload(
    /// What has happened.
    title: String,
    /// What to do.
    about: String,
    /// For those who can repair it.
    text: String,
) -> impl IntoView {
    view! {
        <main class="page">
            <h1 tabindex="-1" data-testid="stopped">
                {title}
            </h1>
            <p>{about}</p>
            <p class="hash" dir="ltr">
                {text}
            </p>
            <div class="actions">
                <button type="button" class="button main" on:click=move |_| browser::reload()>
                    {t!("try-again")}
                </button>
            </div>
        </main>
    }
}
