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
    view! {
        <main class="page">
            <h2>{t!("invite-title")}</h2>
            <p>{t!("invite-about")}</p>
            <For each=move || links.get() key=|link| link.clone() let(link)>
                <Invitation body=id.get_value() name=name.get_value() link=link/>
            </For>
            <FailureNote work=work/>
            <div class="actions">
                {move || {
                    let label = if links.with(Vec::is_empty) { t!("invite-go") } else { t!("invite-another") };
                    view! { <MainButton label=label work=work testid="invite" on_tap=invite/> }
                }}
            </div>
        </main>
    }
}

#[component]
fn Invitation(
    /// The committee's id.
    body: String,
    /// The committee's name.
    name: String,
    /// The link.
    link: String,
) -> impl IntoView {
    let work = Work::new();
    let (shown, copied, shared, closed) = (link.clone(), link.clone(), link.clone(), link.clone());
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
            <div class="row">
                <CopyButton text=copied label=t!("invite-copy")/>
                {browser::can_share()
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                data-testid="share"
                                on:click=move |_| {
                                    browser::share(&t!("invite-share-text", name = name.as_str()), &shared);
                                }
                            >
                                {icon(Icon::Share)}
                                <span>{t!("invite-share")}</span>
                            </button>
                        }
                    })}
            </div>
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
