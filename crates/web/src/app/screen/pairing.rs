//! A second device: the new one shows a code, the old one opens it, both compare a number.

use concerted_client::pairing::PairingView;
use concerted_client::{Command, Reply};
use leptos::prelude::*;

use super::home::open_only_committee;
use crate::app::browser;
use crate::app::control::{CopyButton, FailureNote, Field, Header, MainButton, QrCode, Waiting};
use crate::app::engine::Work;
use crate::app::state::App;
use crate::route::{Route, Setting};
use crate::t;

/// On the new device.
#[component]
pub(crate) fn NewDevice() -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    let offer = move || {
        browser::ask_to_persist();
        work.run(Command::OfferDevice { relay: browser::base() }, |_| ());
    };
    if app.view.get_untracked().pairing.is_none() && !app.view.get_untracked().begun {
        offer();
    }
    let pairing = pairing_of(app);
    let begun = Memo::new(move |_| app.view.get().begun);
    Effect::new(move |_| {
        if begun.get() && pairing.get().is_none() {
            app.go_instead(Route::Home);
            open_only_committee(app);
        }
    });
    view! {
        <Header title=t!("second-device-title") back=Some(Route::Home)/>
        <main class="page">
            {move || match pairing.get() {
                Some(PairingView::Offering { code }) => {
                    let copied = code.clone();
                    view! {
                        <ol class="steps">
                            <li>{t!("second-device-step-1")}</li>
                            <li>{t!("second-device-step-2")}</li>
                            <li>{t!("second-device-step-3")}</li>
                        </ol>
                        <QrCode text=code.clone() label=t!("second-device-qr")/>
                        <p class="link" dir="ltr" data-testid="device-code">
                            {code}
                        </p>
                        <CopyButton text=copied label=t!("second-device-copy")/>
                        <Waiting label=t!("second-device-waiting")/>
                    }
                        .into_any()
                }
                Some(PairingView::Comparing { number, .. }) => view! { <Compare number=number/> }.into_any(),
                Some(PairingView::Finishing) => {
                    view! { <Waiting label=t!("second-device-finishing")/> }.into_any()
                }
                None => {
                    view! {
                        <FailureNote work=work/>
                        <div class="actions">
                            <MainButton label=t!("second-device-offer") work=work testid="offer-device" on_tap=offer/>
                        </div>
                    }
                        .into_any()
                }
            }}
        </main>
    }
}

/// On the old device: the code was opened as a link.
#[component]
pub(crate) fn OldDevice(
    /// The code's part after `#/device/`.
    token: String,
) -> impl IntoView {
    let app = App::of_context();
    let begun = app.view.get_untracked().begun;
    let code = RwSignal::new(format!("{}/#/device/{token}", browser::base()));
    if begun {
        view! { <Accept code=code typed=false/> }.into_any()
    } else {
        view! {
            <Header title=t!("add-device-title") back=Some(Route::Home)/>
            <main class="page">
                <p>{t!("add-device-not-begun")}</p>
            </main>
        }
        .into_any()
    }
}

/// On the old device: from the settings, with the code typed or pasted.
#[component]
pub(crate) fn AddDevice() -> impl IntoView {
    view! { <Accept code=RwSignal::new(String::new()) typed=true/> }
}

#[component]
fn Accept(
    /// The code.
    code: RwSignal<String>,
    /// Whether it is to be typed here.
    typed: bool,
) -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    let pairing = pairing_of(app);
    let done = RwSignal::new(false);
    let accept = move || {
        let code = code.get_untracked().trim().to_owned();
        work.run(Command::AcceptDevice { code }, move |reply| {
            if !matches!(reply, Reply::DeviceNumber { .. }) {
                let _ = done.try_set(true);
            }
        });
    };
    Effect::new(move |before: Option<bool>| {
        let finishing = matches!(pairing.get(), Some(PairingView::Finishing));
        if before == Some(true) && pairing.get().is_none() {
            done.set(true);
        }
        finishing
    });
    view! {
        <Header title=t!("add-device-title") back=Some(Route::Settings(Setting::Devices))/>
        <main class="page">
            {move || match pairing.get() {
                _ if done.get() => {
                    view! {
                        <p class="large" role="status" data-testid="device-added">
                            {t!("add-device-done")}
                        </p>
                        <div class="actions">
                            <a class="button main" href=Route::Settings(Setting::Devices).to_hash()>
                                {t!("done")}
                            </a>
                        </div>
                    }
                        .into_any()
                }
                Some(PairingView::Comparing { number, .. }) => view! { <Compare number=number/> }.into_any(),
                Some(_) => view! { <Waiting label=t!("second-device-finishing")/> }.into_any(),
                None => {
                    view! {
                        <p>{if typed { t!("add-device-about") } else { t!("add-device-question") }}</p>
                        {typed
                            .then(|| {
                                view! {
                                    <Field
                                        id="device-code-input"
                                        label=t!("add-device-code")
                                        value=code
                                        kind="url"
                                        literal=true
                                    />
                                }
                            })}
                        <p class="note">{t!("add-device-caution")}</p>
                        <FailureNote work=work/>
                        <div class="actions">
                            <MainButton label=t!("add-device-go") work=work testid="accept-device" on_tap=accept/>
                        </div>
                    }
                        .into_any()
                }
            }}
        </main>
    }
}

/// Both screens show a number; the user says whether it is the same.
#[component]
fn Compare(
    /// The number.
    number: String,
) -> impl IntoView {
    let work = Work::new();
    let answer = move |same| work.run(Command::ConfirmDevice { same }, |_| ());
    view! {
        <p class="large">{t!("compare-question")}</p>
        <p class="code big" dir="ltr" data-testid="device-number">
            {number}
        </p>
        <p class="hint">{t!("compare-about")}</p>
        <FailureNote work=work/>
        <div class="actions">
            <MainButton
                label=t!("compare-same")
                work=work
                testid="compare-same"
                on_tap=move || answer(true)
            />
            <button
                type="button"
                class="button danger-quiet"
                data-testid="compare-different"
                on:click=move |_| answer(false)
            >
                {t!("compare-different")}
            </button>
        </div>
    }
}

fn pairing_of(app: App) -> Memo<Option<PairingView>> {
    Memo::new(move |_| app.view.get().pairing.clone())
}
