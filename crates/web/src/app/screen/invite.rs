//! The link that invites: to show, copy, share and close.

use concerted_client::Command;
use concerted_client::view::BodyView;
use leptos::prelude::*;

use crate::app::browser;
use crate::app::control::{Confirm, CopyButton, FailureNote, MainButton, QrCode};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon};
use crate::t;

/// Invitations.
#[component]
pub(crate) fn Invite(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let id = StoredValue::new(body.with_untracked(|body| body.body.clone()));
    let name = StoredValue::new(body.with_untracked(|body| body.name.clone()));
    let links = Memo::new(move |_| body.with(|body| body.invitations.clone()));
    let work = Work::new();
    let invite = move || work.run(Command::Invite { body: id.get_value() }, |_| ());
    let first = Memo::new(move |_| links.with(|links| links.first().cloned()));
    view! {
        <main class="page">
            <div>
                <h2>{t!("invite-title")}</h2>
                <p>{t!("invite-about")}</p>
            </div>
            <For each=move || links.get() key=|link| link.clone() let(link)>
                <Invitation body=id.get_value() link=link/>
            </For>
            <FailureNote work=work/>
            {move || match first.get() {
                Some(link) => {
                    view! {
                        <button
                            type="button"
                            class="button"
                            data-testid="invite-another"
                            aria-busy=move || work.is_busy().to_string()
                            on:click=move |_| invite()
                        >
                            {icon(Icon::Plus)}
                            <span>{t!("invite-another")}</span>
                        </button>
                        <div class="actions row">
                            <CopyButton text=link.clone() label=t!("invite-copy")/>
                            <ShareButton name=name.get_value() link=link/>
                        </div>
                    }
                        .into_any()
                }
                None => {
                    view! {
                        <div class="actions">
                            <MainButton label=t!("invite-go") work=work testid="invite" on_tap=invite/>
                        </div>
                    }
                        .into_any()
                }
            }}
        </main>
    }
}

#[component]
fn ShareButton(
    /// The committee's name.
    name: String,
    /// The link.
    link: String,
) -> impl IntoView {
    let share = move |_| browser::share(&t!("invite-share-text", name = name.as_str()), &link);
    browser::can_share().then(|| {
        view! {
            <button type="button" class="button main" data-testid="share" on:click=share>
                {icon(Icon::Share)}
                <span>{t!("invite-share")}</span>
            </button>
        }
    })
}

#[component]
fn Invitation(
    /// The committee's id.
    body: String,
    /// The link.
    link: String,
) -> impl IntoView {
    let work = Work::new();
    let (shown, closed) = (link.clone(), link.clone());
    let close = move || {
        work.run(Command::RevokeInvite { body: body.clone(), link: closed.clone() }, |_| ());
    };
    view! {
        <article class="card" data-testid="invitation">
            <QrCode text=link label=t!("invite-qr")/>
            <p class="hint">{t!("invite-qr-about")}</p>
            <p class="link" dir="ltr" data-testid="invite-link">
                {shown}
            </p>
            <Confirm
                label=t!("invite-close")
                question=t!("invite-close-question")
                yes=t!("invite-close-yes")
                testid="invite-close"
                danger=true
                work=work
                on_yes=close
            />
        </article>
    }
}
