//! A committee: its header, its parts, and the way between them.

use concerted_client::Command;
use concerted_client::view::{BodyView, PhaseView, Warning};
use leptos::prelude::*;

use super::invite::Invite;
use super::more::More;
use super::people::People;
use super::talk::Talk;
use super::warnings::Warnings;
use crate::app::browser;
use crate::app::control::{Confirm, Header, Waiting};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon};
use crate::app::state::App;
use crate::route::{Part, Route};
use crate::t;

/// How long a committee may take to appear before it counts as not being here.
const PATIENCE_MS: u64 = 3000;

/// A committee.
#[component]
pub(crate) fn Committee(
    /// Its id.
    body: String,
    /// What of it.
    part: Part,
) -> impl IntoView {
    let app = App::of_context();
    let id = StoredValue::new(body);
    let shown = Memo::new(move |_| app.body.get().filter(|body| id.with_value(|id| body.body == *id)));
    let phase = Memo::new(move |_| shown.with(|body| body.as_ref().map(|body| body.phase)));
    // While it is here, a copy that the parts can take for granted.
    let here = Memo::new(move |before: Option<&Option<BodyView>>| {
        shown.with(|body| body.as_deref().cloned()).or_else(|| before.cloned().flatten())
    });
    Effect::new(move |before: Option<Option<PhaseView>>| {
        let now = phase.get();
        if (before, now) == (Some(Some(PhaseView::Asking)), Some(PhaseView::Member)) {
            app.announce(t!("asking-over"));
        }
        now
    });
    let late = RwSignal::new(false);
    browser::later(PATIENCE_MS, move || {
        let _ = late.try_set(true);
    });
    move || match phase.get() {
        None if late.get() && here.with(Option::is_none) => view! { <NotHere/> }.into_any(),
        None => view! {
            <Header title=String::new() back=Some(Route::Home)/>
            <main class="middle"><Waiting label=t!("starting")/></main>
        }
        .into_any(),
        Some(phase) => {
            let Some(first) = here.get_untracked() else { return ().into_any() };
            let body = Signal::derive(move || here.get().unwrap_or_else(|| first.clone()));
            match phase {
                PhaseView::Member => view! { <Member body=body part=part/> }.into_any(),
                PhaseView::Asking => view! { <Asking body=body/> }.into_any(),
                PhaseView::Creating => view! { <Preparing body=body text=t!("creating-about")/> }.into_any(),
                PhaseView::Restoring => {
                    view! { <Preparing body=body text=t!("restoring-about")/> }.into_any()
                }
                PhaseView::Gone => view! { <Gone body=body/> }.into_any(),
            }
        }
    }
}

#[component]
fn NotHere() -> impl IntoView {
    view! {
        <Header title=t!("not-here-title") back=Some(Route::Home)/>
        <main class="page">
            <p>{t!("not-here-about")}</p>
        </main>
    }
}

#[component]
fn Member(
    /// The committee.
    body: Signal<BodyView>,
    /// What of it.
    part: Part,
) -> impl IntoView {
    let name = Memo::new(move |_| body.with(|body| body.name.clone()));
    let content = match part {
        Part::Talk => view! { <Talk body=body/> }.into_any(),
        Part::People => view! { <People body=body/> }.into_any(),
        Part::Invite => view! { <Invite body=body/> }.into_any(),
        Part::More => view! { <More body=body/> }.into_any(),
    };
    view! {
        <header class="bar">
            <a class="bar-button" href=Route::Home.to_hash() aria-label=t!("back") data-testid="back">
                {icon(Icon::Back)}
            </a>
            <div class="bar-title">
                <h1 tabindex="-1">
                    <bdi data-testid="title">{move || name.get()}</bdi>
                </h1>
                <Status body=body/>
            </div>
        </header>
        <Warnings body=body/>
        {content}
        <Tabs body=body part=part/>
    }
}

/// One line on how up to date this is.
#[component]
fn Status(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let status = Memo::new(move |_| {
        body.with(|body| {
            if body.unsent > 0 {
                t!("status-unsent", count = body.unsent)
            } else if body.warnings.contains(&Warning::Offline) {
                t!("status-offline")
            } else if !body.synced {
                t!("status-catching-up")
            } else {
                t!("status-members", count = body.members.len())
            }
        })
    });
    let state = Memo::new(move |_| {
        body.with(|body| match body {
            body if body.unsent > 0 => "unsent",
            body if body.warnings.contains(&Warning::Offline) => "offline",
            body if !body.synced => "catching-up",
            _ => "synced",
        })
    });
    view! {
        <p class="status" data-testid="status" data-state=move || state.get()>
            {move || status.get()}
        </p>
    }
}

#[component]
fn Tabs(
    /// The committee.
    body: Signal<BodyView>,
    /// The part shown.
    part: Part,
) -> impl IntoView {
    let id = body.with_untracked(|body| body.body.clone());
    let requests =
        Memo::new(move |_| body.with(|body| body.requests.iter().filter(|request| !request.vouched).count()));
    let badge = move || {
        let count = requests.get();
        (count > 0).then(|| {
            view! {
                <span class="badge" data-testid="request-count">
                    {count}
                    <span class="unseen">{t!("requests-waiting", count = count)}</span>
                </span>
            }
        })
    };
    let tab = |to: Part, picture: Icon, label: String, testid: &'static str| {
        let href = Route::Committee { body: id.clone(), part: to }.to_hash();
        view! {
            <a
                class="tab"
                href=href
                aria-current=(to == part).then_some("page")
                data-testid=testid
            >
                {icon(picture)}
                <span>{label}</span>
                {(to == Part::People).then_some(badge)}
            </a>
        }
    };
    view! {
        <nav class="tabs" aria-label=t!("tabs")>
            {tab(Part::Talk, Icon::Talk, t!("tab-talk"), "tab-talk")}
            {tab(Part::People, Icon::People, t!("tab-people"), "tab-people")}
            {tab(Part::Invite, Icon::Invite, t!("tab-invite"), "tab-invite")}
            {tab(Part::More, Icon::More, t!("tab-more"), "tab-more")}
        </nav>
    }
}

/// Asked to join: waiting for vouches.
#[component]
fn Asking(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    let id = body.with_untracked(|body| body.body.clone());
    let asking = Memo::new(move |_| body.with(|body| body.asking.clone()));
    let give_up = move || {
        work.run(Command::Forget { body: id.clone() }, move |_| app.go_instead(Route::Home));
    };
    view! {
        <Header title=t!("asking-title") back=Some(Route::Home)/>
        <Warnings body=body/>
        <main class="page" data-testid="asking">
            <h2 class="large">
                <bdi>{move || body.with(|body| body.name.clone())}</bdi>
            </h2>
            {move || {
                let asking = asking.get()?;
                let wait = if asking.sent { t!("asking-wait") } else { t!("asking-sending") };
                Some(
                    view! {
                        <Waiting label=wait/>
                        <p>{t!("asking-as", nickname = asking.nickname.as_str())}</p>
                        <section class="card">
                            <h3>{t!("asking-code")}</h3>
                            <p class="code" dir="ltr" data-testid="check-code">
                                {check_code(&asking.applicant)}
                            </p>
                            <p class="hint">{t!("asking-code-about")}</p>
                        </section>
                    },
                )
            }}
            <p>{t!("asking-meanwhile")}</p>
            <section class="apart">
                <Confirm
                    label=t!("asking-give-up")
                    question=t!("asking-give-up-question")
                    yes=t!("asking-give-up-yes")
                    testid="give-up"
                    danger=true
                    work=work
                    on_yes=give_up
                />
            </section>
        </main>
    }
}

/// The beginning of an id, in two groups that two people can compare.
pub(crate) fn check_code(id: &str) -> String {
    let digits: Vec<char> = id.chars().take(8).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<String>>().join(" ")
}

#[component]
fn Preparing(
    /// The committee.
    body: Signal<BodyView>,
    /// What is being done.
    text: String,
) -> impl IntoView {
    view! {
        <Header title=body.with_untracked(|body| body.name.clone()) back=Some(Route::Home)/>
        <Warnings body=body/>
        <main class="middle">
            <Waiting label=text/>
        </main>
    }
}

#[component]
fn Gone(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let app = App::of_context();
    let work = Work::new();
    let id = body.with_untracked(|body| body.body.clone());
    let forget = move || {
        work.run(Command::Forget { body: id.clone() }, move |_| app.go_instead(Route::Home));
    };
    view! {
        <Header title=body.with_untracked(|body| body.name.clone()) back=Some(Route::Home)/>
        <main class="page" data-testid="gone">
            <p class="large">{t!("gone-title")}</p>
            <p>{t!("gone-about")}</p>
            <div class="actions">
                <Confirm
                    label=t!("forget")
                    question=t!("forget-question")
                    yes=t!("forget-yes")
                    testid="forget"
                    danger=true
                    work=work
                    on_yes=forget
                />
            </div>
        </main>
    }
}
