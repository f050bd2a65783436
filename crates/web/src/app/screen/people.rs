//! Members, and those who ask to become one.

use concerted_client::Command;
use concerted_client::view::{BodyView, DeviceView, MemberView, RequestView};
use leptos::prelude::*;

use super::committee::check_code;
use super::home::initial;
use crate::app::browser;
use crate::app::control::Confirm;
use crate::app::engine::Work;
use crate::route::{Part, Route};
use crate::t;
use crate::text::{args, current};
use crate::timeline;

/// Members and requests.
#[component]
pub(crate) fn People(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let id = StoredValue::new(body.with_untracked(|body| body.body.clone()));
    let requests = Memo::new(move |_| body.with(|body| body.requests.clone()));
    let members = Memo::new(move |_| body.with(|body| sorted(body.members.clone())));
    let alone = Memo::new(move |_| members.with(Vec::len) < 2 && requests.with(Vec::is_empty));
    view! {
        <main class="page">
            <Show when=move || !requests.with(Vec::is_empty)>
                <section>
                    <h2>{t!("people-requests")}</h2>
                    <p class="hint below-title">{t!("vouch-about")}</p>
                    <For each=move || requests.get() key=|request| format!("{request:?}") let(request)>
                        <Request body=id.get_value() request=request/>
                    </For>
                </section>
            </Show>
            <section>
                <h2>{move || t!("people-members", count = members.with(Vec::len))}</h2>
                <ul class="list">
                    <For each=move || members.get() key=|member| format!("{member:?}") let(member)>
                        <Member body=id.get_value() member=member/>
                    </For>
                </ul>
                {move || {
                    alone
                        .get()
                        .then(|| {
                            let invite = Route::Committee { body: id.get_value(), part: Part::Invite };
                            view! {
                                <div class="empty">
                                    <p>{t!("people-alone")}</p>
                                    <a class="button main" href=invite.to_hash()>
                                        {t!("people-invite")}
                                    </a>
                                </div>
                            }
                        })
                }}
            </section>
        </main>
    }
}

/// Oneself first, the others by name.
fn sorted(mut members: Vec<MemberView>) -> Vec<MemberView> {
    members.sort_by_key(|member| (!member.me, member.nickname.to_lowercase()));
    members
}

#[component]
fn Request(
    /// The committee's id.
    body: String,
    /// The request.
    request: RequestView,
) -> impl IntoView {
    let work = Work::new();
    let applicant = request.applicant.clone();
    let vouch = {
        let (body, applicant) = (body.clone(), applicant.clone());
        move || work.run(Command::Vouch { body: body.clone(), applicant: applicant.clone() }, |_| ())
    };
    let object =
        move || work.run(Command::Object { body: body.clone(), applicant: applicant.clone() }, |_| ());
    let in_window = request.window_ends_ms;
    let hindrance = request.hindered_by.as_deref().filter(|_| !request.vouched).map(rule_sentence);
    let nickname = request.nickname.clone();
    let waits_for_vouches = !request.vouched && in_window.is_none();
    view! {
        <article class="card" data-testid="request">
            <div class="person">
                <span class="avatar" aria-hidden="true">
                    {initial(&nickname)}
                </span>
                <div>
                    <h3>
                        <bdi>{nickname.clone()}</bdi>
                    </h3>
                    <p class="hint" data-testid="vouch-count">
                        {t!("vouch-count", count = request.vouches, needed = request.needed)}
                    </p>
                </div>
            </div>
            {waits_for_vouches
                .then(|| {
                    view! {
                        <div>
                            <p class="hint">{t!("vouch-check")}</p>
                            <p class="code" dir="ltr" data-testid="check-code">
                                {check_code(&request.applicant)}
                            </p>
                        </div>
                    }
                })}
            {in_window.map(|ends_ms| view! { <p>{t!("window-ends", time = browser::moment(ends_ms))}</p> })}
            {if request.vouched {
                view! { <p class="good" data-testid="vouched">{t!("vouch-done")}</p> }.into_any()
            } else if waits_for_vouches {
                view! {
                    <Confirm
                        label=t!("vouch")
                        question=t!("vouch-question", nickname = nickname.as_str())
                        yes=t!("vouch-yes")
                        testid="vouch"
                        main=true
                        work=work
                        hindrance=hindrance
                        on_yes=vouch
                    />
                }
                    .into_any()
            } else {
                ().into_any()
            }}
            {in_window
                .map(|_| {
                    view! {
                        <Confirm
                            label=t!("object")
                            question=t!("object-question", nickname = nickname.as_str())
                            yes=t!("object-yes")
                            testid="object"
                            danger=true
                            work=work
                            on_yes=object
                        />
                    }
                })}
        </article>
    }
}

/// Why the rules do not allow it, as far as there is a sentence for that.
fn rule_sentence(rule: &str) -> String {
    current(|catalogue| {
        let own =
            ["hindered", "rule"].iter().find_map(|kind| catalogue.get(&format!("{kind}-{rule}"), &args([])));
        own.unwrap_or_else(|| catalogue.text("rule-other", &args([("rule", rule.into())])))
    })
}

#[component]
fn Member(
    /// The committee's id.
    body: String,
    /// The member.
    member: MemberView,
) -> impl IntoView {
    let colour = format!("avatar colour-{}", timeline::colour_of(&member.member, 8));
    let (me, others) = (member.me, !member.me);
    let devices = member.devices.into_iter().enumerate().map(|(index, device)| {
        view! { <Device body=body.clone() device=device number=index + 1 may_accuse=others/> }
    });
    view! {
        <li data-testid="member">
            <details class="member">
                <summary class="list-row">
                    <span class=colour aria-hidden="true">
                        {initial(&member.nickname)}
                    </span>
                    <span class="list-text">
                        <strong>
                            <bdi data-testid="member-name">{member.nickname.clone()}</bdi>
                        </strong>
                        {me.then(|| view! { <span class="tag">{t!("you")}</span> })}
                        {(!member.arrived)
                            .then(|| {
                                view! { <span class="hint" data-testid="not-arrived">{t!("not-arrived")}</span> }
                            })}
                    </span>
                </summary>
                <div class="inside">
                    <p class="hint">{t!("joined", time = browser::moment(member.joined_ms))}</p>
                    <ul class="devices">{devices.collect_view()}</ul>
                </div>
            </details>
        </li>
    }
}

#[component]
fn Device(
    /// The committee's id.
    body: String,
    /// The device.
    device: DeviceView,
    /// Its place among the member's.
    number: usize,
    /// Whether its revocation can be asked for here.
    may_accuse: bool,
) -> impl IntoView {
    let work = Work::new();
    let id = device.device.clone();
    let accuse = move || work.run(Command::Accuse { body: body.clone(), device: id.clone() }, |_| ());
    view! {
        <li>
            <p>
                {t!("device-numbered", number = number)} " "
                <span class="hint">{t!("device-added", time = browser::moment(device.added_ms))}</span>
            </p>
            {(device.accusers > 0)
                .then(|| view! { <p class="note">{t!("device-accusers", count = device.accusers)}</p> })}
            {device
                .revoked_at_ms
                .map(|ends_ms| {
                    view! { <p class="note">{t!("device-revoked-at", time = browser::moment(ends_ms))}</p> }
                })}
            {may_accuse
                .then(|| {
                    view! {
                        <Confirm
                            label=t!("accuse")
                            question=t!("accuse-question")
                            yes=t!("accuse-yes")
                            testid="accuse"
                            danger=true
                            work=work
                            on_yes=accuse
                        />
                    }
                })}
        </li>
    }
}
