//! The list of committees.

use concerted_client::Command;
use concerted_client::view::{BodySummary, PhaseView};
use leptos::prelude::*;

use crate::app::control::{FailureNote, MainButton};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon, mark};
use crate::app::state::App;
use crate::route::{Part, Route, Setting};
use crate::t;

/// Whoever has one committee starts in it.
pub(crate) fn open_only_committee(app: App) {
    let view = app.view.get_untracked();
    if let ([only], Route::Home) = (view.bodies.as_slice(), app.route.get_untracked()) {
        app.go(&Route::Committee { body: only.body.clone(), part: Part::Talk });
    }
}

/// The list.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let app = App::of_context();
    if app.words_were_lost() && app.view.get_untracked().bodies.is_empty() {
        return view! { <WordsLost/> }.into_any();
    }
    let bodies = Memo::new(move |_| app.view.get().bodies.clone());
    let list = move || {
        let bodies = bodies.get();
        if bodies.is_empty() {
            return view! { <Empty/> }.into_any();
        }
        view! { <ul class="list">{bodies.into_iter().map(row).collect_view()}</ul> }.into_any()
    };
    view! {
        <header class="bar">
            <span class="bar-mark">{mark()}</span>
            <h1 class="bar-title" tabindex="-1">
                {t!("home-title")}
            </h1>
            <a
                class="bar-button"
                href=Route::Settings(Setting::List).to_hash()
                aria-label=t!("settings")
                data-testid="settings"
            >
                {icon(Icon::Settings)}
            </a>
        </header>
        <main class="page">
            {list}
            <div class="actions">
                <a class="button main" href=Route::Start.to_hash() data-testid="start">
                    {icon(Icon::Plus)}
                    <span>{t!("welcome-start")}</span>
                </a>
                <a class="button" href=Route::HaveLink.to_hash() data-testid="have-link">
                    {icon(Icon::Link)}
                    <span>{t!("welcome-link")}</span>
                </a>
            </div>
        </main>
    }
    .into_any()
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <div class="empty">
            {mark()}
            <p class="large">{t!("home-empty")}</p>
            <p>{t!("home-empty-next")}</p>
        </div>
    }
}

fn row(body: BodySummary) -> impl IntoView {
    let href = Route::Committee { body: body.body.clone(), part: Part::Talk }.to_hash();
    let below = match body.phase {
        PhaseView::Creating => t!("phase-creating"),
        PhaseView::Asking => t!("phase-asking"),
        PhaseView::Restoring => t!("phase-restoring"),
        PhaseView::Gone => t!("phase-gone"),
        PhaseView::Member => last_words(&body),
    };
    let name = if body.name.is_empty() { t!("unnamed") } else { body.name };
    view! {
        <li>
            <a class="list-row" href=href data-testid="committee">
                <span class="avatar" aria-hidden="true">
                    {initial(&name)}
                </span>
                <span class="list-text">
                    <strong>
                        <bdi>{name}</bdi>
                    </strong>
                    <span class="hint cut">{below}</span>
                </span>
                {(body.requests > 0)
                    .then(|| {
                        view! {
                            <span class="badge" title=t!("requests-waiting", count = body.requests)>
                                {body.requests}
                            </span>
                        }
                    })}
                {icon(Icon::Forward)}
            </a>
        </li>
    }
}

fn last_words(body: &BodySummary) -> String {
    let last = body.last.as_ref().and_then(|last| Some((last.nickname.as_str(), last.text.as_deref()?)));
    match last {
        Some((nickname, text)) => t!("last-words", nickname = nickname, text = text),
        None => t!("member-count", count = body.members),
    }
}

/// The first letter of a name.
pub(crate) fn initial(name: &str) -> String {
    name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default()
}

/// Words were made but never noted, and nothing hangs on them yet: begin again.
#[component]
fn WordsLost() -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    view! {
        <main class="page">
            <div class="lead">
                {mark()}
                <h1 tabindex="-1">{t!("words-lost-title")}</h1>
            </div>
            <p>{t!("words-lost-about")}</p>
            <FailureNote work=work/>
            <div class="actions">
                <MainButton
                    label=t!("words-lost-go")
                    work=work
                    testid="words-lost"
                    on_tap=move || {
                        app.forget_words_shown();
                        work.run(Command::Wipe, |_| ());
                    }
                />
            </div>
        </main>
    }
}
