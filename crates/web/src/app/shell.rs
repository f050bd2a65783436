//! Which screen is shown, and what stands around every screen.

use leptos::ev::hashchange;
use leptos::prelude::*;
use web_sys::Worker;

use super::icon::{Icon, icon};
use super::screen::{self, begin, committee, home, join, settings, stopped};
use super::state::{App, Stage};
use super::{browser, engine};
use crate::route::Route;
use crate::t;

/// How long the app may be starting before it says so.
const PATIENCE_MS: u64 = 400;

/// The whole page.
pub(super) fn shell(worker: Worker) -> impl IntoView {
    std::panic::set_hook(Box::new(|panic| browser::tell("concerted-trouble", &panic.to_string())));
    let app = App::new();
    provide_context(app);
    browser::set_appearance(app.appearance.get_untracked().as_deref());
    follow_address(app);
    engine::connect(app, worker);
    engine::wake_when_seen();
    browser::on_custom("concerted-update", move |hash| app.update.set(Some(hash)));
    browser::tell("concerted-started", "");
    // In another language everything is drawn anew.
    view! {
        {move || {
            app.language.get();
            view! { <UpdateBanner/> }
        }}
        <div class="screen">
            {move || {
                app.language.get();
                stage(app)
            }}
        </div>
        <div class="unseen" aria-live="polite" data-testid="announcement">
            {move || app.announcement.get()}
        </div>
    }
}

fn follow_address(app: App) {
    let handle = window_event_listener(hashchange, move |_| app.route.set(Route::parse(&browser::hash())));
    on_cleanup(move || handle.remove());
    Effect::new(move |before: Option<Route>| {
        let route = app.route.get();
        engine::look(&route);
        if matches!(route, Route::Home | Route::Committee { .. }) {
            app.settings_from.set(route.clone());
        }
        if before.as_ref().is_some_and(|before| *before != route) {
            // Whoever cannot see the screen hears its title.
            browser::after_drawing(|| browser::focus("h1"));
        }
        route
    });
}

fn stage(app: App) -> AnyView {
    let stage = Memo::new(move |_| app.stage.get());
    view! {
        {move || match stage.get() {
            Stage::Starting => view! { <Starting/> }.into_any(),
            Stage::Elsewhere => view! { <stopped::Elsewhere/> }.into_any(),
            Stage::Locked { wrong } => view! { <stopped::Locked wrong=wrong/> }.into_any(),
            Stage::Damaged => view! { <stopped::Damaged/> }.into_any(),
            Stage::Failed(text) => view! { <stopped::Failed text=text/> }.into_any(),
            Stage::Crashed(text) => view! { <stopped::Crashed text=text/> }.into_any(),
            Stage::Ready => ready(app),
        }}
    }
    .into_any()
}

fn ready(app: App) -> AnyView {
    let begun = Memo::new(move |_| app.view.get().begun);
    let has_words = Memo::new(move |_| app.words.get().is_some());
    home::open_only_committee(app);
    view! {
        {move || {
            if has_words.get() {
                return view! { <begin::NoteWords/> }.into_any();
            }
            match app.route.get() {
                Route::Home if begun.get() => view! { <home::Home/> }.into_any(),
                Route::Home => view! { <begin::Welcome/> }.into_any(),
                Route::Start => view! { <begin::Start/> }.into_any(),
                Route::HaveLink => view! { <begin::HaveLink/> }.into_any(),
                Route::Restore => view! { <begin::Restore/> }.into_any(),
                Route::SecondDevice => view! { <screen::pairing::NewDevice/> }.into_any(),
                Route::Device { token } => {
                    view! { <screen::pairing::OldDevice token=token/> }.into_any()
                }
                Route::Join { token, relay } => {
                    view! { <join::Join token=token relay=relay/> }.into_any()
                }
                Route::Committee { body, part } => {
                    view! { <committee::Committee body=body part=part/> }.into_any()
                }
                Route::Settings(setting) => settings::page(setting),
            }
        }}
    }
    .into_any()
}

#[component]
fn Starting() -> impl IntoView {
    let slow = RwSignal::new(false);
    browser::later(PATIENCE_MS, move || {
        let _ = slow.try_set(true);
    });
    view! {
        <main class="middle" aria-busy="true">
            {super::icon::mark()}
            <p role="status">{move || slow.get().then(|| t!("starting"))}</p>
        </main>
    }
}

/// There is a newer version; nothing of it runs before the user says so.
#[component]
fn UpdateBanner() -> impl IntoView {
    let app = App::of_context();
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    move || {
        app.update.get().map(|new| {
            let old = browser::bundle_hash();
            let accept = new.clone();
            view! {
                <aside class="banner" aria-label=t!("update-title") data-testid="update">
                    {icon(Icon::Again)}
                    <div>
                        <p>
                            <strong>{t!("update-title")}</strong>
                        </p>
                        <p class="hint">{t!("update-hashes", old = short(&old), new = short(&new))}</p>
                        <div class="row">
                            <button type="button" class="button" on:click=move |_| app.update.set(None)>
                                {t!("later")}
                            </button>
                            <button
                                type="button"
                                class="button main"
                                data-testid="update-now"
                                on:click=move |_| browser::tell("concerted-accept", &accept)
                            >
                                {t!("update-now")}
                            </button>
                        </div>
                    </div>
                </aside>
            }
        })
    }
}
