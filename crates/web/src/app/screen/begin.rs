//! The first minutes: welcome, starting a committee, noting the words, coming back with them.

use concerted_assembly::template::Template;
use concerted_client::{Command, Reply};
use leptos::prelude::*;

use super::home::open_only_committee;
use super::settings::LanguageChoice;
use crate::app::browser;
use crate::app::control::{
    Choices, CopyButton, FailureNote, Field, FormPage, Header, SubmitButton, WordsField,
};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon, mark};
use crate::app::state::{App, Plan};
use crate::nickname;
use crate::quiz;
use crate::route::{Part, Route};
use crate::t;

/// The first screen on a new phone.
#[component]
pub(crate) fn Welcome() -> impl IntoView {
    view! {
        <main class="page">
            <div class="lead">
                {mark()}
                <h1 tabindex="-1">{t!("app-name")}</h1>
                <p class="large">{t!("welcome-what")}</p>
                <p>{t!("welcome-how")}</p>
            </div>
            <div class="actions">
                <a class="button main" href=Route::Start.to_hash() data-testid="start">
                    {t!("welcome-start")}
                </a>
                <a class="button" href=Route::HaveLink.to_hash() data-testid="have-link">
                    {t!("welcome-link")}
                </a>
            </div>
            <nav class="list" aria-label=t!("welcome-other")>
                <a class="list-row" href=Route::Restore.to_hash() data-testid="restore">
                    {icon(Icon::Words)}
                    <span>{t!("welcome-restore")}</span>
                </a>
                <a class="list-row" href=Route::SecondDevice.to_hash() data-testid="second-device">
                    {icon(Icon::Phone)}
                    <span>{t!("welcome-second-device")}</span>
                </a>
            </nav>
            <LanguageChoice/>
        </main>
    }
}

/// Starting a committee: its name, the founder's nickname, its kind.
#[component]
pub(crate) fn Start() -> impl IntoView {
    let app = App::of_context();
    let (planned_name, planned_nickname, planned_kind) = match app.plan.get_untracked() {
        Some(Plan::Found { name, nickname, kind }) => (name, nickname, kind),
        _ => (String::new(), String::new(), Template::SmallWorkplace.name().to_owned()),
    };
    let (name, kind) = (RwSignal::new(planned_name), RwSignal::new(planned_kind));
    let nickname = RwSignal::new(planned_nickname);
    let missing = RwSignal::new(false);
    let work = Work::new();
    go_on_with_plan(app, work);
    let go_on = move || {
        let plan = Plan::Found {
            name: name.get_untracked().trim().to_owned(),
            nickname: nickname.get_untracked().trim().to_owned(),
            kind: kind.get_untracked(),
        };
        let incomplete = name.get_untracked().trim().is_empty() || nickname.get_untracked().trim().is_empty();
        missing.set(incomplete);
        if incomplete {
            let empty = if name.get_untracked().trim().is_empty() { "#committee-name" } else { "#nickname" };
            browser::focus(empty);
        } else {
            begin(app, work, plan);
        }
    };
    let kinds = Template::ALL.into_iter().map(|kind| {
        let (label, about) = kind_texts(kind);
        (kind.name().to_owned(), label, about)
    });
    view! {
        <Header title=t!("start-title") back=Some(Route::Home)/>
        <FormPage on_submit=go_on>
            <Field
                id="committee-name"
                label=t!("start-name")
                hint=t!("start-name-hint")
                value=name
                longest=40
            />
            <NicknameField value=nickname/>
            <Choices legend=t!("start-kind") name="kind" choices=kinds.collect() chosen=kind/>
            <div role="alert">
                {move || missing.get().then(|| view! { <p class="note bad">{t!("fill-in")}</p> })}
            </div>
            <FailureNote work=work/>
            <div class="actions">
                <SubmitButton label=t!("start-go") work=work testid="start-go"/>
            </div>
        </FormPage>
    }
}

fn kind_texts(kind: Template) -> (String, String) {
    match kind {
        Template::SmallWorkplace => (t!("kind-small-workplace"), t!("kind-small-workplace-about")),
        Template::LargeWorkplace => (t!("kind-large-workplace"), t!("kind-large-workplace-about")),
        Template::Tenants => (t!("kind-tenants"), t!("kind-tenants-about")),
        Template::Students => (t!("kind-students"), t!("kind-students-about")),
        Template::Club => (t!("kind-club"), t!("kind-club-about")),
    }
}

/// How one wants to be called, with a suggestion at hand.
#[component]
pub(crate) fn NicknameField(
    /// What is typed.
    value: RwSignal<String>,
) -> impl IntoView {
    let app = App::of_context();
    let suggest = move || {
        let language = app.language.get_untracked();
        value.set(nickname::suggest(language, browser::random(), browser::random()));
    };
    if value.get_untracked().is_empty() {
        suggest();
    }
    view! {
        <div class="with-button">
            <Field id="nickname" label=t!("nickname") hint=t!("nickname-hint") value=value longest=40/>
            <button
                type="button"
                class="button small"
                data-testid="nickname-again"
                on:click=move |_| suggest()
            >
                {icon(Icon::Again)}
                <span>{t!("nickname-again")}</span>
            </button>
        </div>
    }
}

/// Does what is planned, with new recovery words before it where there are none.
pub(crate) fn begin(app: App, work: Work, plan: Plan) {
    app.plan.set(Some(plan));
    if app.view.get_untracked().begun {
        carry_out(app, work);
        return;
    }
    work.run(Command::Init, move |reply| {
        if let Reply::Words { words } = reply {
            app.show_words(words);
        }
    });
}

fn carry_out(app: App, work: Work) {
    let Some(plan) = app.plan.get_untracked() else { return app.go_instead(Route::Home) };
    browser::ask_to_persist();
    let command = match plan {
        Plan::Found { name, nickname, kind } => {
            let template: Template = kind.parse().unwrap_or(Template::SmallWorkplace);
            Command::Found { relay: browser::base(), name, nickname, bylaws: Box::new(template.bylaws()) }
        }
        Plan::Join { link, nickname } => Command::Join { link, nickname },
    };
    work.run(command, move |reply| {
        app.plan.set(None);
        let body = match reply {
            Reply::Founded { body } | Reply::Asked { body, .. } => Some(body),
            _ => None,
        };
        app.go_instead(match body {
            Some(body) => Route::Committee { body, part: Part::Talk },
            None => Route::Home,
        });
    });
}

/// To be called by the screen that a plan comes from: goes on once the words are noted. If that fails, the
/// screen is there to say so, filled in as it was.
pub(crate) fn go_on_with_plan(app: App, work: Work) {
    if app.take_due_plan() {
        carry_out(app, work);
    }
}

/// Recovery words: shown, explained, and asked for.
#[component]
pub(crate) fn NoteWords() -> impl IntoView {
    let app = App::of_context();
    let checking = RwSignal::new(false);
    Effect::new(move |_| {
        checking.get();
        browser::after_drawing(|| browser::focus("h1"));
    });
    move || {
        let phrase = app.words.get().unwrap_or_default();
        let words: Vec<String> = phrase.split_whitespace().map(str::to_owned).collect();
        if checking.get() {
            view! { <CheckWords words=words back=checking/> }.into_any()
        } else {
            view! { <ShowWords words=words next=checking/> }.into_any()
        }
    }
}

#[component]
fn ShowWords(
    /// The words.
    words: Vec<String>,
    /// Set when they are noted.
    next: RwSignal<bool>,
) -> impl IntoView {
    let phrase = words.join(" ");
    let cells = words.into_iter().enumerate().map(|(index, word)| {
        view! { <li data-testid=format!("word-{}", index + 1)>{word}</li> }
    });
    view! {
        <Header title=t!("words-title")/>
        <main class="page">
            <p class="large">{t!("words-note")}</p>
            <ol class="words" dir="ltr" lang="en" data-testid="words">
                {cells.collect_view()}
            </ol>
            <ul class="points">
                <li>{t!("words-why")}</li>
                <li>{t!("words-nobody")}</li>
                <li>{t!("words-paper")}</li>
            </ul>
            <details>
                <summary>{t!("words-no-paper")}</summary>
                <p>{t!("words-no-paper-about")}</p>
                <CopyButton text=phrase label=t!("words-copy")/>
            </details>
            <div class="actions">
                <button
                    type="button"
                    class="button main"
                    data-testid="words-next"
                    on:click=move |_| next.set(true)
                >
                    {t!("words-noted")}
                </button>
            </div>
        </main>
    }
}

#[component]
fn CheckWords(
    /// The words.
    words: Vec<String>,
    /// Cleared to see them again.
    back: RwSignal<bool>,
) -> impl IntoView {
    let app = App::of_context();
    let places = quiz::places(words.len(), [browser::random(), browser::random(), browser::random()]);
    let typed: [RwSignal<String>; quiz::ASKED] = [(); quiz::ASKED].map(|()| RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<usize>);
    let check = move || {
        let is_wrong = |at: &usize| {
            let word = words.get(places[*at]).map_or("", String::as_str);
            !quiz::matches(&typed[*at].get_untracked(), word)
        };
        let first_wrong = (0..quiz::ASKED).find(is_wrong);
        wrong.set(first_wrong.map(|at| places[at] + 1));
        match first_wrong {
            Some(at) => browser::focus(&format!("#words-check-{at}")),
            None => app.words_noted(),
        }
    };
    const IDS: [&str; quiz::ASKED] = ["words-check-0", "words-check-1", "words-check-2"];
    let fields = (0..quiz::ASKED).map(|at| {
        view! {
            <div data-place=(places[at] + 1).to_string()>
                <Field
                    id=IDS[at]
                    label=t!("words-check-which", place = places[at] + 1)
                    value=typed[at]
                    longest=20
                    literal=true
                />
            </div>
        }
    });
    let fields = fields.collect_view();
    view! {
        <Header title=t!("words-check-title")/>
        <FormPage on_submit=check>
            <p>{t!("words-check-about")}</p>
            {fields}
            <div role="alert">
                {move || {
                    wrong
                        .get()
                        .map(|place| {
                            view! { <p class="note bad" data-testid="words-wrong">{t!("words-check-wrong", place = place)}</p> }
                        })
                }}
            </div>
            <div class="actions">
                <button type="submit" class="button main" data-testid="words-check-go">
                    {t!("words-check-go")}
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="words-back"
                    on:click=move |_| back.set(false)
                >
                    {t!("words-again")}
                </button>
            </div>
        </FormPage>
    }
}

/// Somebody sent a link.
#[component]
pub(crate) fn HaveLink() -> impl IntoView {
    let app = App::of_context();
    let link = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let open = move || match Route::of_link(&link.get_untracked(), &browser::base()) {
        Some(route) => app.go(&route),
        None => {
            wrong.set(true);
            browser::focus("#link");
        }
    };
    view! {
        <Header title=t!("link-title") back=Some(Route::Home)/>
        <FormPage on_submit=open>
            <p>{t!("link-about")}</p>
            <Field id="link" label=t!("link-field") value=link kind="url" literal=true/>
            <div role="alert">
                {move || wrong.get().then(|| view! { <p class="note bad">{t!("link-wrong")}</p> })}
            </div>
            <div class="actions">
                <button type="submit" class="button main" data-testid="link-open">
                    {t!("link-open")}
                </button>
            </div>
        </FormPage>
    }
}

/// Coming back with the recovery words.
#[component]
pub(crate) fn Restore() -> impl IntoView {
    let app = App::of_context();
    let (words, relay) = (RwSignal::new(String::new()), RwSignal::new(browser::base()));
    let lost = RwSignal::new(false);
    let work = Work::new();
    let restore = move || {
        let command = Command::Restore {
            relay: relay.get_untracked().trim().to_owned(),
            words: words.get_untracked(),
            lost: lost.get_untracked(),
        };
        browser::ask_to_persist();
        work.run(command, move |_| {
            app.go_instead(Route::Home);
            open_only_committee(app);
        });
    };
    view! {
        <Header title=t!("restore-title") back=Some(Route::Home)/>
        <FormPage on_submit=restore>
            <p>{t!("restore-about")}</p>
            <WordsField value=words/>
            <label class="choice">
                <input
                    type="checkbox"
                    data-testid="restore-lost"
                    prop:checked=move || lost.get()
                    on:change=move |event| lost.set(event_target_checked(&event))
                />
                <span>
                    <strong>{t!("restore-lost")}</strong>
                    <span class="hint">{t!("restore-lost-about")}</span>
                </span>
            </label>
            <details>
                <summary>{t!("restore-elsewhere")}</summary>
                <Field
                    id="relay"
                    label=t!("restore-relay")
                    hint=t!("restore-relay-hint")
                    value=relay
                    kind="url"
                    literal=true
                />
            </details>
            <p class="hint">{t!("restore-talk")}</p>
            <FailureNote work=work/>
            <div class="actions">
                <SubmitButton label=t!("restore-go") work=work testid="restore-go"/>
            </div>
        </FormPage>
    }
}
