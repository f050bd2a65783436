//! What members say to each other.

use concerted_client::Command;
use concerted_client::view::BodyView;
use leptos::html;
use leptos::prelude::*;

use crate::app::browser;
use crate::app::control::{FailureNote, submitting};
use crate::app::engine::Work;
use crate::app::icon::{Icon, icon, mark};
use crate::app::state::App;
use crate::t;
use crate::timeline::{self, Row};

/// Colours that authors are told apart by; the stylesheet has as many.
const COLOURS: u32 = 8;
/// The most that a message may hold, in bytes; see rule R-072.
const MESSAGE_BYTES_MAX: u32 = 16_000;
/// How many rows are drawn at first, and how many more at a time: an old phone draws slowly.
const ROWS_STEP: usize = 150;
/// The longest name of a thread, in characters.
const THREAD_CHARS_MAX: u32 = 60;

/// Talk.
#[component]
pub(crate) fn Talk(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    // All threads, the common one (empty), or a named one.
    let thread = RwSignal::new(None::<String>);
    let messages = Memo::new(move |_| body.with(|body| body.messages.clone()));
    let all = Memo::new(move |_| {
        messages.with(|messages| timeline::rows(messages, thread.get().as_deref(), browser::day_of))
    });
    let rows_max = RwSignal::new(ROWS_STEP);
    let earlier = Memo::new(move |_| all.with(Vec::len).saturating_sub(rows_max.get()));
    let rows = Memo::new(move |_| all.with(|all| all[earlier.get().min(all.len())..].to_vec()));
    let list = NodeRef::<html::Div>::new();
    keep_at_end(list, rows);
    announce_new(rows);
    let keyed = move || rows.get().into_iter().enumerate().collect::<Vec<(usize, Row)>>();
    let labelled = Memo::new(move |_| thread.get().is_none());
    view! {
        <main class="frame">
            <Threads messages=messages thread=thread/>
            <div class="talk" node_ref=list tabindex="0" role="region" aria-label=t!("talk-messages")>
            {move || {
                rows.with(Vec::is_empty)
                    .then(|| {
                        view! {
                            <div class="empty">
                                {mark()}
                                <p class="large">{t!("talk-empty")}</p>
                                <p>{t!("talk-empty-next")}</p>
                            </div>
                        }
                    })
            }}
            <Show when=move || earlier.get() != 0>
                <button
                    type="button"
                    class="button small earlier"
                    data-testid="earlier"
                    on:click=move |_| rows_max.update(|rows_max| *rows_max += ROWS_STEP)
                >
                    {t!("talk-earlier")}
                </button>
            </Show>
            <ol class="messages">
                <For each=keyed key=|(index, row)| row.key(*index) let((_, row))>
                    {message(row, labelled)}
                </For>
            </ol>
            </div>
            <Composer body=body thread=thread/>
        </main>
    }
}

/// Stays at the newest message, unless the user looks at older ones.
fn keep_at_end(list: NodeRef<html::Div>, rows: Memo<Vec<Row>>) {
    Effect::new(move |was_empty: Option<bool>| {
        let own_is_new = rows.with(|rows| rows.last().is_some_and(|row| row.message.sequence.is_none()));
        let is_empty = rows.with(Vec::is_empty);
        let Some(list) = list.get() else { return is_empty };
        if was_empty != Some(false) || own_is_new || browser::is_at_end(&list) {
            browser::after_drawing(move || browser::scroll_to_end(&list));
        }
        is_empty
    });
}

/// Has a screen reader say what others have just said.
fn announce_new(rows: Memo<Vec<Row>>) {
    let app = App::of_context();
    Effect::new(move |before: Option<Option<u64>>| {
        let newest = rows.with(|rows| rows.iter().filter_map(|row| row.message.sequence).max());
        if let Some(before) = before.filter(|before| newest > *before) {
            let said = rows.with(|rows| {
                let is_new = |row: &&Row| row.message.sequence > before && !row.message.mine;
                let last = rows.iter().rev().find(is_new)?;
                let text = last.message.text.as_deref()?;
                Some(t!("last-words", nickname = last.message.nickname.as_str(), text = text))
            });
            if let Some(said) = said {
                app.announce(said);
            }
        }
        newest
    });
}

#[component]
fn Threads(
    /// All messages.
    messages: Memo<Vec<concerted_client::view::MessageView>>,
    /// The thread shown.
    thread: RwSignal<Option<String>>,
) -> impl IntoView {
    let named = Memo::new(move |_| {
        let mut named = messages.with(|messages| timeline::threads(messages));
        // One that was just named has no message yet.
        if let Some(new) = thread.get().filter(|new| !new.is_empty() && !named.contains(new)) {
            named.insert(0, new);
        }
        named
    });
    let chip = move |label: String, of: Option<String>| {
        let own = of.clone();
        view! {
            <button
                type="button"
                class="chip"
                dir="auto"
                data-testid="thread"
                aria-pressed=move || (thread.get() == own).to_string()
                on:click=move |_| thread.set(of.clone())
            >
                {label}
            </button>
        }
    };
    move || {
        let named = named.get();
        (!named.is_empty()).then(|| {
            view! {
                <div class="chips" role="group" aria-label=t!("threads")>
                    {chip(t!("thread-all"), None)}
                    {chip(t!("thread-common"), Some(String::new()))}
                    {named.into_iter().map(|name| chip(name.clone(), Some(name))).collect_view()}
                </div>
            }
        })
    }
}

fn message(row: Row, labelled: Memo<bool>) -> impl IntoView {
    let Row { message, opens_day, opens_run, unreadable } = row;
    if unreadable > 0 {
        let note = t!("talk-unreadable", count = unreadable);
        return view! { <li class="day unreadable" data-testid="unreadable"><span>{note}</span></li> }
            .into_any();
    }
    let colour = format!("author colour-{}", timeline::colour_of(&message.author, COLOURS));
    let author = if message.nickname.is_empty() { t!("former-member") } else { message.nickname.clone() };
    let class = if message.mine { "message mine" } else { "message" };
    let state = if message.sequence.is_some() { "arrived" } else { "waiting" };
    let thread = StoredValue::new(message.thread.clone());
    let named = !message.mine && opens_run;
    view! {
        {opens_day.then(|| view! { <li class="day"><span>{day_label(message.time_ms)}</span></li> })}
        <li class=class class:opens=opens_run data-testid="message" data-state=state>
            <div class="bubble">
                {if named {
                    view! { <p class=colour><bdi>{author}</bdi></p> }.into_any()
                } else {
                    let author = if message.mine { t!("you") } else { author };
                    view! { <p class="unseen">{author}</p> }.into_any()
                }}
                {move || {
                    (labelled.get() && thread.with_value(|thread| !thread.is_empty()))
                        .then(|| {
                            view! {
                                <p class="thread-label">
                                    {icon(Icon::Topic)}
                                    <bdi>{thread.get_value()}</bdi>
                                </p>
                            }
                        })
                }}
                <p class="text" dir="auto" data-testid="message-text">
                    {message.text}
                </p>
                <p class="below">
                    <time>{browser::clock(message.time_ms)}</time>
                    {message.mine.then(|| delivery(message.sequence.is_some()))}
                </p>
            </div>
        </li>
    }
    .into_any()
}

fn delivery(arrived: bool) -> impl IntoView {
    let (picture, label) = match arrived {
        true => (Icon::Arrived, t!("message-arrived")),
        false => (Icon::Waiting, t!("message-waiting")),
    };
    view! {
        <span class="delivery">
            {icon(picture)}
            <span>{label}</span>
        </span>
    }
}

fn day_label(time_ms: u64) -> String {
    match browser::today() - browser::day_of(time_ms) {
        0 => t!("today"),
        1 => t!("yesterday"),
        _ => browser::day(time_ms),
    }
}

#[component]
fn Composer(
    /// The committee.
    body: Signal<BodyView>,
    /// The thread shown.
    thread: RwSignal<Option<String>>,
) -> impl IntoView {
    let app = App::of_context();
    let id = StoredValue::new(body.with_untracked(|body| body.body.clone()));
    let text = RwSignal::new(id.with_value(|id| app.draft_of(id)));
    let naming = RwSignal::new(false);
    let work = Work::new();
    let area = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        text.with(|text| id.with_value(|id| app.keep_draft(id, text)));
        if let Some(area) = area.get() {
            browser::after_drawing(move || browser::fit_height(&area));
        }
    });
    let send = move || {
        let said = text.get_untracked();
        if said.trim().is_empty() {
            return;
        }
        let command = Command::Talk {
            body: id.get_value(),
            thread: thread.get_untracked().unwrap_or_default(),
            text: said.trim().to_owned(),
        };
        text.set(String::new());
        // What cannot be sent comes back, before whatever was typed since.
        work.run_always(
            command,
            |_| (),
            move || {
                let _ = text.try_update(|text| {
                    let since = std::mem::take(text);
                    *text = if since.is_empty() { said } else { format!("{said}\n{since}") };
                });
            },
        );
        if let Some(area) = area.get_untracked() {
            let _ = area.focus();
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let plain_enter = event.key() == "Enter" && !event.shift_key() && !event.is_composing();
        if plain_enter && browser::has_fine_pointer() {
            event.prevent_default();
            send();
        }
    };
    view! {
        <form
            class="composer"
            aria-label=t!("message-write")
            on:submit=submitting(send)
        >
            <FailureNote work=work/>
            {move || naming.get().then(|| view! { <NameThread naming=naming thread=thread/> })}
            {move || {
                let into = thread.get().filter(|thread| !thread.is_empty() && !naming.get());
                into.map(|into| view! { <p class="hint">{t!("composer-thread", thread = into)}</p> })
            }}
            <div class="composer-row">
                <button
                    type="button"
                    class="bar-button"
                    aria-label=t!("thread-new")
                    aria-expanded=move || naming.get().to_string()
                    data-testid="thread-new"
                    on:click=move |_| naming.update(|naming| *naming = !*naming)
                >
                    {icon(Icon::Topic)}
                </button>
                <textarea
                    node_ref=area
                    rows="1"
                    dir="auto"
                    maxlength=MESSAGE_BYTES_MAX / 4
                    data-testid="message-input"
                    aria-label=t!("message-input")
                    placeholder=t!("message-input")
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=on_key
                ></textarea>
                <button type="submit" class="send" aria-label=t!("message-send") data-testid="send">
                    {icon(Icon::Send)}
                </button>
            </div>
        </form>
    }
}

#[component]
fn NameThread(
    /// Cleared when it has a name.
    naming: RwSignal<bool>,
    /// Set to it.
    thread: RwSignal<Option<String>>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let take = move || {
        let chosen = name.get_untracked().trim().to_owned();
        if !chosen.is_empty() {
            thread.set(Some(chosen));
        }
        naming.set(false);
        browser::after_drawing(|| browser::focus("[data-testid=message-input]"));
    };
    browser::after_drawing(|| browser::focus("#thread-name"));
    view! {
        <div class="composer-row">
            <label class="unseen" for="thread-name">
                {t!("thread-name")}
            </label>
            <input
                id="thread-name"
                data-testid="thread-name"
                dir="auto"
                autocomplete="off"
                maxlength=THREAD_CHARS_MAX
                placeholder=t!("thread-name")
                prop:value=move || name.get()
                on:input=move |event| name.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        event.prevent_default();
                        take();
                    }
                }
            />
            <button type="button" class="button small" data-testid="thread-take" on:click=move |_| take()>
                {t!("thread-take")}
            </button>
        </div>
    }
}
