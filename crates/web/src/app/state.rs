//! What the screens show.

use std::sync::Arc;

use concerted_client::view::{AppView, BodyView};
use leptos::prelude::{GetUntracked, RwSignal, Set, Update, expect_context};

use super::browser;
use crate::route::Route;
use crate::text::{Language, speak};

const LANGUAGE: &str = "language";
const APPEARANCE: &str = "appearance";
const WORDS_SHOWN: &str = "words-shown";

/// Whether there is an engine to talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The worker is starting.
    Starting,
    /// Another tab has the store.
    Elsewhere,
    /// The store wants a passphrase.
    Locked {
        /// Whether the last one was wrong.
        wrong: bool,
    },
    /// The store cannot be read.
    Damaged,
    /// The browser cannot store, for this reason in its words.
    Failed(String),
    /// The worker has stopped at this place.
    Crashed(String),
    /// The engine runs.
    Ready,
}

/// What the user was about to do when recovery words had to come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Found a committee.
    Found {
        /// Its name.
        name: String,
        /// The founder's nickname.
        nickname: String,
        /// The name of its template.
        kind: String,
    },
    /// Ask to join one.
    Join {
        /// The link.
        link: String,
        /// The nickname.
        nickname: String,
    },
}

/// Everything on the page, as signals.
#[derive(Clone, Copy)]
pub(crate) struct App {
    pub(crate) stage: RwSignal<Stage>,
    pub(crate) route: RwSignal<Route>,
    /// Where the settings were opened from.
    pub(crate) settings_from: RwSignal<Route>,
    pub(crate) view: RwSignal<Arc<AppView>>,
    /// The committee on the screen.
    pub(crate) body: RwSignal<Option<Arc<BodyView>>>,
    /// Recovery words to be noted now.
    pub(crate) words: RwSignal<Option<String>>,
    /// What follows once they are.
    pub(crate) plan: RwSignal<Option<Plan>>,
    /// Whether the words were noted just now, so that the plan is to be carried out.
    pub(crate) plan_is_due: RwSignal<bool>,
    /// Texts typed but not sent, by committee.
    pub(crate) drafts: RwSignal<Vec<(String, String)>>,
    /// What a screen reader says next.
    pub(crate) announcement: RwSignal<String>,
    /// The hash of a newer bundle, if there is one.
    pub(crate) update: RwSignal<Option<String>>,
    pub(crate) language: RwSignal<Language>,
    pub(crate) appearance: RwSignal<Option<String>>,
}

impl App {
    /// As it is before the worker has said anything.
    pub(crate) fn new() -> Self {
        let tags = browser::languages();
        let tags = browser::stored(LANGUAGE).into_iter().chain(tags).collect::<Vec<String>>();
        let language = Language::of_tags(tags.iter().map(String::as_str)).unwrap_or(Language::En);
        speak(language);
        browser::set_language(language);
        let view = AppView { begun: false, passphrase: false, bodies: Vec::new(), pairing: None };
        Self {
            stage: RwSignal::new(Stage::Starting),
            route: RwSignal::new(Route::parse(&browser::hash())),
            settings_from: RwSignal::new(Route::Home),
            view: RwSignal::new(Arc::new(view)),
            body: RwSignal::new(None),
            words: RwSignal::new(None),
            plan: RwSignal::new(None),
            plan_is_due: RwSignal::new(false),
            drafts: RwSignal::new(Vec::new()),
            announcement: RwSignal::new(String::new()),
            update: RwSignal::new(None),
            language: RwSignal::new(language),
            appearance: RwSignal::new(browser::stored(APPEARANCE)),
        }
    }

    /// The one that the shell has provided.
    pub(crate) fn of_context() -> Self {
        expect_context()
    }

    /// Goes to a screen.
    pub(crate) fn go(self, route: &Route) {
        browser::set_hash(&route.to_hash());
    }

    /// Goes to a screen, with no way back to this one.
    pub(crate) fn go_instead(self, route: Route) {
        browser::replace_hash(&route.to_hash());
        self.route.set(route);
    }

    /// Has a screen reader say something.
    pub(crate) fn announce(self, text: String) {
        self.announcement.set(text);
    }

    /// Changes the language; everything is drawn anew.
    pub(crate) fn set_language(self, language: Language) {
        speak(language);
        browser::set_language(language);
        browser::store(LANGUAGE, Some(language.code()));
        self.language.set(language);
    }

    /// Changes the appearance; none to follow the system.
    pub(crate) fn set_appearance(self, appearance: Option<&str>) {
        browser::set_appearance(appearance);
        browser::store(APPEARANCE, appearance);
        self.appearance.set(appearance.map(str::to_owned));
    }

    /// The text typed for a committee and not sent.
    pub(crate) fn draft_of(self, body: &str) -> String {
        let drafts = self.drafts.get_untracked();
        drafts.into_iter().find(|(of, _)| of == body).map(|(_, text)| text).unwrap_or_default()
    }

    /// Keeps what is typed for a committee, so that looking elsewhere loses nothing.
    pub(crate) fn keep_draft(self, body: &str, text: &str) {
        self.drafts.update(|drafts| {
            drafts.retain(|(of, _)| of != body);
            if !text.is_empty() {
                drafts.push((body.to_owned(), text.to_owned()));
            }
        });
    }

    /// Shows recovery words, and remembers that they are not noted yet.
    pub(crate) fn show_words(self, words: String) {
        browser::store(WORDS_SHOWN, Some("1"));
        self.words.set(Some(words));
    }

    /// The words are noted: now for what was planned.
    pub(crate) fn words_noted(self) {
        browser::store(WORDS_SHOWN, None);
        self.plan_is_due.set(true);
        self.words.set(None);
    }

    /// Whether the plan is to be carried out now; says so once.
    pub(crate) fn take_due_plan(self) -> bool {
        let is_due = self.plan_is_due.get_untracked();
        self.plan_is_due.set(false);
        is_due
    }

    /// Forgets that words were shown, since the device starts anew.
    pub(crate) fn forget_words_shown(self) {
        browser::store(WORDS_SHOWN, None);
    }

    /// Whether words were shown once, and the app was closed before they were noted: nobody has them.
    pub(crate) fn words_were_lost(self) -> bool {
        self.words.get_untracked().is_none() && browser::stored(WORDS_SHOWN).is_some()
    }
}
