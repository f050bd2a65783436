//! An invitation was opened: what it invites to, what joining means, and asking to join.

use concerted_assembly::bylaws::Bylaws as Rules;
use concerted_client::view::PhaseView;
use concerted_client::{Command, Reply};
use leptos::prelude::*;

use super::begin::{NicknameField, begin, go_on_with_plan};
use super::bylaws::Bylaws;
use crate::app::browser;
use crate::app::control::{Choices, FailureNote, Header, MainButton, Waiting};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon};
use crate::app::state::{App, Plan};
use crate::route::{Part, Route};
use crate::t;

#[derive(Clone)]
struct Card {
    body: String,
    name: String,
    bylaws: Box<Rules>,
}

/// The screen that an invitation opens.
#[component]
pub(crate) fn Join(
    /// The link's part after `#/join/`.
    token: String,
    /// The relay, where it is not the one this app comes from.
    relay: Option<String>,
) -> impl IntoView {
    let app = App::of_context();
    let link = Route::invitation_link(&token, relay.as_deref(), &browser::base());
    let card = RwSignal::new(None::<Card>);
    let reading = Work::new();
    let read = {
        let link = link.clone();
        move || {
            reading.run(Command::ReadInvitation { link: link.clone() }, move |reply| {
                if let Reply::Invitation { body, name, bylaws } = reply {
                    let _ = card.try_set(Some(Card { body, name, bylaws }));
                }
            });
        }
    };
    read();
    let is_member = move |body: &str| {
        let view = app.view.get();
        view.bodies.iter().any(|known| known.body == body && known.phase != PhaseView::Gone)
    };
    view! {
        <Header title=t!("join-title") back=Some(Route::Home)/>
        <main class="page">
            {move || {
                let link = link.clone();
                match card.get() {
                    Some(card) if is_member(&card.body) => already(&card).into_any(),
                    Some(card) => view! { <Ask card=card link=link/> }.into_any(),
                    None if reading.is_busy() => view! { <Waiting label=t!("join-reading")/> }.into_any(),
                    None => {
                        let read = read.clone();
                        view! {
                            <FailureNote work=reading/>
                            <p>{t!("join-unreadable")}</p>
                            <div class="actions">
                                <MainButton label=t!("try-again") work=reading testid="join-again" on_tap=read/>
                            </div>
                        }
                            .into_any()
                    }
                }
            }}
        </main>
    }
}

fn already(card: &Card) -> impl IntoView {
    let route = Route::Committee { body: card.body.clone(), part: Part::Talk };
    view! {
        <p class="large">{t!("join-already", name = card.name.as_str())}</p>
        <div class="actions">
            <a class="button main" href=route.to_hash()>
                {t!("open")}
            </a>
        </div>
    }
}

#[component]
fn Ask(
    /// What was read.
    card: Card,
    /// The link.
    link: String,
) -> impl IntoView {
    let app = App::of_context();
    let planned = match app.plan.get_untracked() {
        Some(Plan::Join { link: planned, nickname }) if planned == link => nickname,
        _ => String::new(),
    };
    let (nickname, source) = (RwSignal::new(planned), RwSignal::new(String::new()));
    let unanswered = RwSignal::new(false);
    let work = Work::new();
    go_on_with_plan(app, work);
    let ask = move || {
        if source.get_untracked().is_empty() {
            unanswered.set(true);
            browser::focus("[name=source]");
            return;
        }
        unanswered.set(false);
        begin(
            app,
            work,
            Plan::Join { link: link.clone(), nickname: nickname.get_untracked().trim().to_owned() },
        );
    };
    let sources = vec![
        ("known".to_owned(), t!("join-source-known"), String::new()),
        ("unsure".to_owned(), t!("join-source-unsure"), String::new()),
    ];
    view! {
        <p>{t!("join-invited")}</p>
        <h2 class="large">
            <bdi data-testid="join-name">{card.name}</bdi>
        </h2>
        <details>
            <summary>{t!("join-bylaws")}</summary>
            <Bylaws bylaws=card.bylaws/>
        </details>
        <section>
            <h2>{t!("join-reveals")}</h2>
            <ul class="points">
                <li>{t!("join-reveals-nickname")}</li>
                <li>{t!("join-reveals-words")}</li>
                <li>{t!("join-reveals-nothing")}</li>
            </ul>
        </section>
        <Choices legend=t!("join-source") name="source" choices=sources chosen=source/>
        {move || {
            (source.get() == "unsure")
                .then(|| {
                    view! {
                        <p class="note">
                            {icon(Icon::Warning)}
                            <span>{t!("join-source-caution")}</span>
                        </p>
                    }
                })
        }}
        <div role="alert">
            {move || unanswered.get().then(|| view! { <p class="note bad">{t!("join-source-missing")}</p> })}
        </div>
        <NicknameField value=nickname/>
        <FailureNote work=work/>
        <p class="hint">{t!("join-next")}</p>
        <div class="actions">
            <MainButton label=t!("join-go") work=work testid="join-go" on_tap=ask/>
        </div>
    }
}
