//! Settings: each on a page of its own, so that each has room to explain itself.

use concerted_client::Command;
use concerted_client::view::{DeviceView, PhaseView};
use leptos::prelude::*;

use super::pairing::AddDevice;
use crate::app::browser;
use crate::app::control::{
    Confirm, CopyButton, FailureNote, Field, Header, SubmitButton, WordsField, submitting,
};
use crate::app::engine::{self, Work};
use crate::app::icon::{Icon, icon};
use crate::app::state::App;
use crate::protocol::ToWorker;
use crate::route::{Route, Setting};
use crate::t;
use crate::text::Language;

/// The fewest characters that a passphrase may have.
const PASSPHRASE_CHARS_MIN: usize = 8;

/// A page of the settings.
pub(crate) fn page(setting: Setting) -> AnyView {
    match setting {
        Setting::List => view! { <List/> }.into_any(),
        Setting::Language => view! { <LanguagePage/> }.into_any(),
        Setting::Appearance => view! { <Appearance/> }.into_any(),
        Setting::Passphrase => view! { <Passphrase/> }.into_any(),
        Setting::Devices => view! { <Devices/> }.into_any(),
        Setting::AddDevice => view! { <AddDevice/> }.into_any(),
        Setting::LostDevice => view! { <LostDevice/> }.into_any(),
        Setting::Wipe => view! { <Wipe/> }.into_any(),
        Setting::About => view! { <About/> }.into_any(),
    }
}

const fn to_list() -> Option<Route> {
    Some(Route::Settings(Setting::List))
}

#[component]
fn List() -> impl IntoView {
    let app = App::of_context();
    let begun = app.view.get_untracked().begun;
    let row = |setting: Setting, label: String, testid: &'static str| {
        view! {
            <a class="list-row" href=Route::Settings(setting).to_hash() data-testid=testid>
                <span class="list-text">{label}</span>
                {icon(Icon::Forward)}
            </a>
        }
    };
    view! {
        <Header title=t!("settings") back=Some(app.settings_from.get_untracked())/>
        <main class="page">
            <nav class="list" aria-label=t!("settings")>
                {row(Setting::Language, t!("language"), "settings-language")}
                {row(Setting::Appearance, t!("appearance"), "settings-appearance")}
                {begun
                    .then(|| {
                        view! {
                            {row(Setting::Passphrase, t!("passphrase-title"), "settings-passphrase")}
                            {row(Setting::Devices, t!("devices"), "settings-devices")}
                            {row(Setting::LostDevice, t!("lost-device"), "settings-lost-device")}
                        }
                    })}
                {row(Setting::About, t!("about"), "settings-about")}
                {row(Setting::Wipe, t!("wipe"), "settings-wipe")}
            </nav>
        </main>
    }
}

#[component]
fn LanguagePage() -> impl IntoView {
    view! {
        <Header title=t!("language") back=to_list()/>
        <main class="page">
            <LanguageChoice/>
        </main>
    }
}

/// The languages, each by its own name.
#[component]
pub(crate) fn LanguageChoice() -> impl IntoView {
    let app = App::of_context();
    let button = move |language: Language| {
        view! {
            <button
                type="button"
                class="chip"
                lang=language.code()
                dir=language.direction()
                data-testid=format!("language-{}", language.code())
                aria-pressed=(app.language.get_untracked() == language).to_string()
                on:click=move |_| app.set_language(language)
            >
                {language.own_name()}
            </button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label=t!("language")>
            {Language::ALL.map(button).collect_view()}
        </div>
    }
}

#[component]
fn Appearance() -> impl IntoView {
    let app = App::of_context();
    let button = move |label: String, appearance: Option<&'static str>, testid: &'static str| {
        view! {
            <button
                type="button"
                class="chip"
                data-testid=testid
                aria-pressed=move || (app.appearance.get().as_deref() == appearance).to_string()
                on:click=move |_| app.set_appearance(appearance)
            >
                {label}
            </button>
        }
    };
    view! {
        <Header title=t!("appearance") back=to_list()/>
        <main class="page">
            <div class="chips" role="group" aria-label=t!("appearance")>
                {button(t!("appearance-system"), None, "appearance-system")}
                {button(t!("appearance-light"), Some("light"), "appearance-light")}
                {button(t!("appearance-dark"), Some("dark"), "appearance-dark")}
            </div>
        </main>
    }
}

#[component]
fn Passphrase() -> impl IntoView {
    let app = App::of_context();
    let is_set = Memo::new(move |_| app.view.get().passphrase);
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let complaint = RwSignal::new(None::<String>);
    let work = Work::new();
    let set = move || {
        let chosen = first.get_untracked();
        complaint.set(None);
        if chosen.chars().count() < PASSPHRASE_CHARS_MIN {
            complaint.set(Some(t!("passphrase-short", count = PASSPHRASE_CHARS_MIN)));
            browser::focus("#passphrase-new");
        } else if chosen != second.get_untracked() {
            complaint.set(Some(t!("passphrase-differs")));
            browser::focus("#passphrase-again");
        } else {
            work.run(Command::SetPassphrase { new: Some(chosen) }, move |_| {
                first.set(String::new());
                second.set(String::new());
                app.announce(t!("passphrase-is-set"));
            });
        }
    };
    let remove = move || {
        work.run(Command::SetPassphrase { new: None }, move |_| app.announce(t!("passphrase-is-not-set")));
    };
    view! {
        <Header title=t!("passphrase-title") back=to_list()/>
        <main class="page">
            <p>{t!("passphrase-about")}</p>
            <p class="large" data-testid="passphrase-state">
                {move || if is_set.get() { t!("passphrase-is-set") } else { t!("passphrase-is-not-set") }}
            </p>
            <form class="stack" on:submit=submitting(set)>
                <Field
                    id="passphrase-new"
                    label=t!("passphrase-new")
                    hint=t!("passphrase-new-hint")
                    value=first
                    kind="password"
                    literal=true
                />
                <Field
                    id="passphrase-again"
                    label=t!("passphrase-again")
                    value=second
                    kind="password"
                    literal=true
                />
                <div role="alert">
                    {move || complaint.get().map(|text| view! { <p class="note bad">{text}</p> })}
                </div>
                <FailureNote work=work/>
                <div class="actions">
                    <SubmitButton label=t!("passphrase-set") work=work testid="passphrase-set"/>
                </div>
            </form>
            {move || {
                is_set
                    .get()
                    .then(|| {
                        view! {
                            <section class="apart">
                                <Confirm
                                    label=t!("passphrase-remove")
                                    question=t!("passphrase-remove-question")
                                    yes=t!("passphrase-remove-yes")
                                    testid="passphrase-remove"
                                    danger=true
                                    work=work
                                    on_yes=remove
                                />
                            </section>
                        }
                    })
            }}
        </main>
    }
}

#[component]
fn Devices() -> impl IntoView {
    let app = App::of_context();
    // A member has the same devices in all committees, so any one tells.
    let bodies = app.view.get_untracked().bodies.clone();
    let any = bodies.into_iter().find(|body| body.phase == PhaseView::Member);
    engine::say(ToWorker::Look { body: any.map(|body| body.body) });
    let devices = Memo::new(move |_| {
        let body = app.body.get();
        let me = body.as_ref().and_then(|body| body.members.iter().find(|member| member.me));
        me.map(|me| me.devices.clone()).unwrap_or_default()
    });
    view! {
        <Header title=t!("devices") back=to_list()/>
        <main class="page">
            <p>{t!("devices-about")}</p>
            <ul class="list" data-testid="devices">
                {move || devices.get().into_iter().map(own_device).collect_view()}
            </ul>
            <nav class="list" aria-label=t!("devices")>
                <a class="list-row" href=Route::Settings(Setting::AddDevice).to_hash() data-testid="add-device">
                    {icon(Icon::Plus)}
                    <span class="list-text">{t!("add-device-title")}</span>
                    {icon(Icon::Forward)}
                </a>
                <a
                    class="list-row"
                    href=Route::Settings(Setting::LostDevice).to_hash()
                    data-testid="lost-device"
                >
                    {icon(Icon::Warning)}
                    <span class="list-text">{t!("lost-device")}</span>
                    {icon(Icon::Forward)}
                </a>
            </nav>
        </main>
    }
}

fn own_device(device: DeviceView) -> impl IntoView {
    view! {
        <li class="list-row" data-testid="device">
            {icon(Icon::Phone)}
            <span class="list-text">
                <strong>{if device.this { t!("device-this") } else { t!("device-other") }}</strong>
                <span class="hint">{t!("device-added", time = browser::moment(device.added_ms))}</span>
                {device
                    .revoked_at_ms
                    .map(|ends_ms| {
                        view! { <span class="hint">{t!("device-revoked-at", time = browser::moment(ends_ms))}</span> }
                    })}
            </span>
        </li>
    }
}

#[component]
fn LostDevice() -> impl IntoView {
    let words = RwSignal::new(String::new());
    let done = RwSignal::new(false);
    let work = Work::new();
    let remove = move || {
        work.run(Command::LostDevice { words: words.get_untracked() }, move |_| {
            words.set(String::new());
            done.set(true);
        });
    };
    view! {
        <Header title=t!("lost-device") back=to_list()/>
        <main class="page">
            <p>{t!("lost-device-about")}</p>
            <ul class="points">
                <li>{t!("lost-device-removes")}</li>
                <li>{t!("lost-device-kept")}</li>
                <li>{t!("lost-device-without")}</li>
            </ul>
            <WordsField value=words/>
            <div role="status">
                {move || {
                    done.get()
                        .then(|| view! { <p class="note good" data-testid="lost-device-done">{t!("lost-device-done")}</p> })
                }}
            </div>
            <Confirm
                label=t!("lost-device-go")
                question=t!("lost-device-question")
                yes=t!("lost-device-yes")
                testid="lost-device-go"
                danger=true
                work=work
                on_yes=remove
            />
        </main>
    }
}

#[component]
fn Wipe() -> impl IntoView {
    let work = Work::new();
    view! {
        <Header title=t!("wipe") back=to_list()/>
        <main class="page">
            <p class="large">{t!("wipe-about")}</p>
            <ul class="points">
                <li>{t!("wipe-still-member")}</li>
                <li>{t!("wipe-back")}</li>
            </ul>
            <Confirm
                label=t!("wipe-go")
                question=t!("wipe-question")
                yes=t!("wipe-yes")
                testid="wipe"
                danger=true
                work=work
                on_yes=move || work.run(Command::Wipe, |_| ())
            />
        </main>
    }
}

#[component]
fn About() -> impl IntoView {
    let hash = browser::bundle_hash();
    view! {
        <Header title=t!("about") back=to_list()/>
        <main class="page">
            <section>
                <h2>{t!("about-server")}</h2>
                <ul class="points">
                    <li>{t!("about-server-1")}</li>
                    <li>{t!("about-server-2")}</li>
                    <li>{t!("about-server-3")}</li>
                    <li>{t!("about-server-4")}</li>
                    <li>{t!("about-server-5")}</li>
                </ul>
            </section>
            <section>
                <h2>{t!("about-app")}</h2>
                <dl class="facts">
                    <dt>{t!("about-version")}</dt>
                    <dd dir="ltr">{env!("CARGO_PKG_VERSION")}</dd>
                    <dt>{t!("about-hash")}</dt>
                    <dd class="hash" dir="ltr" data-testid="bundle-hash">
                        {hash.clone()}
                    </dd>
                </dl>
                <p class="hint">{t!("about-hash-about")}</p>
                <CopyButton text=hash label=t!("about-hash-copy")/>
            </section>
        </main>
    }
}
