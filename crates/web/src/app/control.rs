//! Buttons, fields and notes that several screens use.

use leptos::html;
use leptos::prelude::*;

use super::browser;
use super::engine::Work;
use super::icon::{Icon, icon};
use crate::qr;
use crate::route::Route;
use crate::t;

/// The top of a screen: a way back and a title, which gets the focus when the screen opens.
#[component]
pub(crate) fn Header(
    /// The title.
    title: String,
    /// Where the way back leads; none for no way back.
    #[prop(optional_no_strip)]
    back: Option<Route>,
    /// What stands at the far end.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="bar">
            {back
                .map(|back| {
                    view! {
                        <a class="bar-button" href=back.to_hash() aria-label=t!("back") data-testid="back">
                            {icon(Icon::Back)}
                        </a>
                    }
                })}
            <h1 class="bar-title" tabindex="-1">
                <bdi>{title}</bdi>
            </h1>
            {children.map(|children| children())}
        </header>
    }
}

/// The main button of a screen; while work goes on it says so and takes no tap.
#[component]
pub(crate) fn MainButton(
    /// What it does.
    label: String,
    /// The work it begins.
    work: Work,
    /// For tests.
    testid: &'static str,
    /// The tap.
    on_tap: impl FnMut() + 'static,
) -> impl IntoView {
    let mut on_tap = on_tap;
    view! {
        <button
            type="button"
            class="button main"
            data-testid=testid
            aria-busy=move || work.is_busy().to_string()
            aria-disabled=move || work.is_busy().to_string()
            on:click=move |_| on_tap()
        >
            <span class="spinner" aria-hidden="true"></span>
            <span>{label}</span>
        </button>
    }
}

/// The main button of a form: it is tapped also by the key that ends a line.
#[component]
pub(crate) fn SubmitButton(
    /// What it does.
    label: String,
    /// The work that the form begins.
    work: Work,
    /// For tests.
    testid: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button main"
            data-testid=testid
            aria-busy=move || work.is_busy().to_string()
            aria-disabled=move || work.is_busy().to_string()
        >
            <span class="spinner" aria-hidden="true"></span>
            <span>{label}</span>
        </button>
    }
}

/// How work failed, read out when it happens.
#[component]
pub(crate) fn FailureNote(
    /// The work.
    work: Work,
) -> impl IntoView {
    let note = NodeRef::<html::P>::new();
    Effect::new(move |_| {
        if let Some(note) = note.get() {
            browser::after_drawing(move || browser::show(&note));
        }
    });
    view! {
        <div role="alert">
            {move || {
                work.failure()
                    .map(|sentence| {
                        view! {
                            <p class="note bad" node_ref=note data-testid="failure">
                                {icon(Icon::Warning)}
                                <span>
                                    {sentence}
                                    {work
                                        .failure_detail()
                                        .map(|detail| {
                                            view! {
                                                <span class="detail" lang="en" dir="ltr">
                                                    {detail}
                                                </span>
                                            }
                                        })}
                                </span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// A line of text to type.
#[component]
pub(crate) fn Field(
    /// Its id in the page, also for tests.
    id: &'static str,
    /// What to type.
    label: String,
    /// More about it.
    #[prop(optional, into)]
    hint: String,
    /// What is typed.
    value: RwSignal<String>,
    /// `text`, `password` or `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The longest allowed, in characters.
    #[prop(default = 1000)]
    longest: u32,
    /// Whether it is in Latin letters in every language, without help from the keyboard.
    #[prop(optional)]
    literal: bool,
) -> impl IntoView {
    let hint_id = (!hint.is_empty()).then(|| format!("{id}-hint"));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id.clone()>{hint.clone()}</p> })}
            <input
                id=id
                data-testid=id
                type=kind
                maxlength=longest
                dir=if literal { "ltr" } else { "auto" }
                autocomplete="off"
                autocapitalize=if literal { "none" } else { "sentences" }
                spellcheck=if literal { "false" } else { "true" }
                aria-describedby=hint_id.clone()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}

/// A form as the body of a screen.
#[component]
pub(crate) fn FormPage(
    /// What its button does.
    on_submit: impl FnMut() + 'static,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    view! {
        <main class="frame">
            <form class="page" novalidate on:submit=submitting(on_submit)>
                {children()}
            </form>
        </main>
    }
}

/// What to do when a form is submitted, other than what browsers do.
pub(crate) fn submitting(mut then: impl FnMut()) -> impl FnMut(web_sys::SubmitEvent) {
    move |event| {
        event.prevent_default();
        then();
    }
}

/// Twelve words to type.
#[component]
pub(crate) fn WordsField(
    /// What is typed.
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for="words-input">{t!("words-field")}</label>
            <p class="hint" id="words-input-hint">
                {t!("words-field-hint")}
            </p>
            <textarea
                id="words-input"
                data-testid="words-input"
                rows="4"
                dir="ltr"
                lang="en"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby="words-input-hint"
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        </div>
    }
}

/// A button that copies a text and then says so.
#[component]
pub(crate) fn CopyButton(
    /// The text.
    text: String,
    /// What it says before.
    label: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if browser::copy(&text).await {
                let _ = copied.try_set(true);
                browser::later(3000, move || {
                    let _ = copied.try_set(false);
                });
            }
        });
    };
    view! {
        <button type="button" class="button" data-testid="copy" on:click=copy>
            {move || icon(if copied.get() { Icon::Check } else { Icon::Copy })}
            <span role="status">{move || if copied.get() { t!("copied") } else { label.clone() }}</span>
        </button>
    }
}

/// A QR code, black on white whatever the appearance, since cameras want it so.
#[component]
pub(crate) fn QrCode(
    /// What it says.
    text: String,
    /// What it is, for those who do not see it.
    label: String,
) -> impl IntoView {
    qr::draw(&text).map(|drawing| {
        let side = drawing.side;
        view! {
            <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=label shape-rendering="crispEdges">
                <rect class="qr-paper" width=side height=side></rect>
                <path class="qr-ink" d=drawing.path></path>
            </svg>
        }
    })
}

/// A first tap that asks, and a second that does: for what cannot be undone.
#[component]
pub(crate) fn Confirm(
    /// What the first button says.
    label: String,
    /// The question.
    question: String,
    /// What the button says that does it.
    yes: String,
    /// For tests; the button that does it has `-confirm` behind.
    testid: &'static str,
    /// Whether it destroys.
    #[prop(optional)]
    danger: bool,
    /// Whether it is the main thing to do here.
    #[prop(optional)]
    main: bool,
    /// The work it begins.
    work: Work,
    /// Why it cannot be done, if it cannot.
    #[prop(optional_no_strip)]
    hindrance: Option<String>,
    /// What is done.
    on_yes: impl Fn() + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let asking = RwSignal::new(false);
    // Done: the question is answered.
    Effect::new(move |was_busy: Option<bool>| {
        let is_busy = work.is_busy();
        if was_busy == Some(true) && !is_busy && work.failure().is_none() {
            asking.set(false);
        }
        is_busy
    });
    let confirm_id = format!("{testid}-confirm");
    let hindered = hindrance.is_some();
    let first_class = match (danger, main) {
        (true, _) => "button danger-quiet",
        (false, true) => "button main",
        (false, false) => "button",
    };
    let first = move || {
        let label = label.clone();
        view! {
            <button
                type="button"
                class=first_class
                data-testid=testid
                disabled=hindered
                on:click=move |_| asking.set(true)
            >
                {label}
            </button>
        }
    };
    let second = move || {
        let (question, yes, on_yes, confirm_id) =
            (question.clone(), yes.clone(), on_yes.clone(), confirm_id.clone());
        let selector = format!("[data-testid={confirm_id}]");
        browser::after_drawing(move || browser::focus(&selector));
        view! {
            <div class="confirm" role="group" aria-label=question.clone()>
                <p>{question.clone()}</p>
                <div class="row">
                    <button type="button" class="button" on:click=move |_| asking.set(false)>
                        {t!("not-now")}
                    </button>
                    <button
                        type="button"
                        class=if danger { "button main danger" } else { "button main" }
                        data-testid=confirm_id
                        aria-busy=move || work.is_busy().to_string()
                        on:click=move |_| on_yes()
                    >
                        <span class="spinner" aria-hidden="true"></span>
                        <span>{yes}</span>
                    </button>
                </div>
            </div>
        }
    };
    view! {
        <FailureNote work=work/>
        {move || if asking.get() { second().into_any() } else { first().into_any() }}
        {hindrance.map(|hindrance| view! { <p class="hint">{hindrance}</p> })}
    }
}

/// Waiting, in words.
#[component]
pub(crate) fn Waiting(
    /// For what.
    label: String,
) -> impl IntoView {
    view! {
        <p class="waiting" role="status">
            <span class="spinner on" aria-hidden="true"></span>
            <span>{label}</span>
        </p>
    }
}

/// A choice out of a few, all on the screen.
#[component]
pub(crate) fn Choices(
    /// The question.
    legend: String,
    /// Its name in the page.
    name: &'static str,
    /// Value, label and description of each.
    choices: Vec<(String, String, String)>,
    /// The value chosen.
    chosen: RwSignal<String>,
) -> impl IntoView {
    let choices = choices.into_iter().map(|(value, label, about)| {
        let (testid, own) = (format!("{name}-{value}"), value.clone());
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name=name
                    data-testid=testid
                    prop:checked=move || chosen.get() == own
                    on:change=move |_| chosen.set(value.clone())
                />
                <span>
                    <strong>{label}</strong>
                    {(!about.is_empty()).then(|| view! { <span class="hint">{about.clone()}</span> })}
                </span>
            </label>
        }
    });
    view! {
        <fieldset class="choices">
            <legend>{legend}</legend>
            {choices.collect_view()}
        </fieldset>
    }
}
