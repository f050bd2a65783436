//! What else there is of a committee: its bylaws, one's nickname, leaving, and details for the curious.

use concerted_client::Command;
use concerted_client::view::BodyView;
use leptos::prelude::*;

use super::bylaws::Bylaws;
use crate::app::control::{Confirm, FailureNote, Field, SubmitButton, submitting};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon};
use crate::app::state::App;
use crate::route::{Route, Setting};
use crate::t;

/// The rest.
#[component]
pub(crate) fn More(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let bylaws = Memo::new(move |_| body.with(|body| body.bylaws.clone()));
    view! {
        <main class="page">
            <section>
                <h2>{t!("more-bylaws")}</h2>
                <details>
                    <summary>{t!("more-bylaws-show")}</summary>
                    {move || bylaws.get().map(|bylaws| view! { <Bylaws bylaws=bylaws/> })}
                </details>
            </section>
            <Nickname body=body/>
            <nav class="list" aria-label=t!("settings")>
                <a class="list-row" href=Route::Settings(Setting::List).to_hash() data-testid="settings">
                    {icon(Icon::Settings)}
                    <span class="list-text">{t!("settings")}</span>
                    {icon(Icon::Forward)}
                </a>
            </nav>
            <Details body=body/>
            <Leave body=body/>
        </main>
    }
}

#[component]
fn Nickname(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    let id = body.with_untracked(|body| body.body.clone());
    let own = body.with_untracked(|body| {
        body.members.iter().find(|member| member.me).map(|member| member.nickname.clone())
    });
    let nickname = RwSignal::new(own.unwrap_or_default());
    let change = move || {
        let command =
            Command::Nickname { body: id.clone(), nickname: nickname.get_untracked().trim().to_owned() };
        work.run(command, move |_| app.announce(t!("nickname-changed")));
    };
    view! {
        <form class="stack" on:submit=submitting(change)>
            <h2>{t!("more-nickname")}</h2>
            <Field id="own-nickname" label=t!("nickname") hint=t!("more-nickname-hint") value=nickname longest=40/>
            <FailureNote work=work/>
            <SubmitButton label=t!("more-nickname-go") work=work testid="nickname-go"/>
        </form>
    }
}

/// For those who compare devices, and for tests.
#[component]
fn Details(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let work = Work::new();
    let id = body.with_untracked(|body| body.body.clone());
    let rekey = move || work.run(Command::Rekey { body: id.clone() }, |_| ());
    view! {
        <section>
            <details>
                <summary data-testid="advanced">{t!("advanced")}</summary>
                <p class="hint">{t!("advanced-about")}</p>
                <dl class="facts">
                    <dt>{t!("advanced-head")}</dt>
                    <dd data-testid="head">{move || body.with(|body| body.head.sequence)}</dd>
                    <dt>{t!("advanced-state")}</dt>
                    <dd class="hash" dir="ltr" data-testid="state-hash">
                        {move || body.with(|body| body.state_hash.clone())}
                    </dd>
                    <dt>{t!("advanced-epoch")}</dt>
                    <dd data-testid="epoch">{move || body.with(|body| body.epoch)}</dd>
                    <dt>{t!("advanced-relay")}</dt>
                    <dd dir="ltr">{move || body.with(|body| body.relay.clone())}</dd>
                </dl>
                <Confirm
                    label=t!("rekey")
                    question=t!("rekey-question")
                    yes=t!("rekey-yes")
                    testid="rekey"
                    work=work
                    on_yes=rekey
                />
            </details>
        </section>
    }
}

#[component]
fn Leave(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let work = Work::new();
    let id = body.with_untracked(|body| body.body.clone());
    let leave = move || work.run(Command::Leave { body: id.clone() }, |_| ());
    view! {
        <section class="apart">
            <Confirm
                label=t!("leave")
                question=t!("leave-question")
                yes=t!("leave-yes")
                testid="leave"
                danger=true
                work=work
                on_yes=leave
            />
        </section>
    }
}
