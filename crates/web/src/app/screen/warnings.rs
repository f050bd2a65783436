//! What the user should know, in plain words and with what to do.

use concerted_client::view::{BodyView, Warning};
use leptos::prelude::*;

use crate::app::browser;
use crate::app::icon::{Icon, icon};
use crate::t;

/// A connection gone for less than this is not worth a word, in milliseconds.
const OFFLINE_MS_MIN: u64 = 2500;

/// The warnings of a committee.
#[component]
pub(crate) fn Warnings(
    /// The committee.
    body: Signal<BodyView>,
) -> impl IntoView {
    let warnings = Memo::new(move |_| body.with(|body| body.warnings.clone()));
    let offline =
        for_some_time(Memo::new(move |_| warnings.with(|warnings| warnings.contains(&Warning::Offline))));
    move || {
        let warnings = warnings.get().into_iter();
        let shown: Vec<Warning> =
            warnings.filter(|warning| *warning != Warning::Offline || offline.get()).collect();
        (!shown.is_empty()).then(|| {
            view! {
                <section class="warnings" aria-label=t!("warnings")>
                    {shown.into_iter().map(banner).collect_view()}
                </section>
            }
        })
    }
}

fn banner(warning: Warning) -> impl IntoView {
    let (grave, text, todo) = match warning {
        Warning::Fork => (true, t!("warning-fork"), t!("warning-fork-do")),
        Warning::RelayBroken => (true, t!("warning-relay-broken"), t!("warning-relay-broken-do")),
        Warning::RelayShorter => (true, t!("warning-relay-shorter"), t!("warning-relay-shorter-do")),
        Warning::NotThisBody => (true, t!("warning-not-this-body"), t!("warning-not-this-body-do")),
        Warning::Locker => (false, t!("warning-locker"), t!("warning-locker-do")),
        Warning::Clock => (false, t!("warning-clock"), t!("warning-clock-do")),
        Warning::WaitingForKeys => (false, t!("warning-keys"), t!("warning-keys-do")),
        Warning::Offline => (false, t!("warning-offline"), t!("warning-offline-do")),
    };
    view! {
        <div class=if grave { "note bad" } else { "note" } role="status" data-testid="warning">
            {icon(Icon::Warning)}
            <span>
                <strong>{text}</strong>
                " "
                {todo}
            </span>
        </div>
    }
}

/// True once `given` has been true for a while; false at once.
fn for_some_time(given: Memo<bool>) -> RwSignal<bool> {
    let lasting = RwSignal::new(false);
    Effect::new(move |_| {
        if !given.get() {
            lasting.set(false);
            return;
        }
        browser::later(OFFLINE_MS_MIN, move || {
            if given.try_get_untracked() == Some(true) {
                let _ = lasting.try_set(true);
            }
        });
    });
    lasting
}
