//! The texts people read, in their language.
//!
//! Messages are written in Fluent (<https://projectfluent.org>), so each language has its own plurals and word
//! order. What is put into a message (a name, a number) is wrapped in marks that keep its direction apart from
//! the text around it, so that a Latin nickname stands right within an Arabic sentence.
//!
//! One language is current at a time; [`t!`](crate::t) takes a message from it.

use std::cell::RefCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language the app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
    /// Arabic.
    Ar,
}

macro_rules! sources {
    ($code:literal) => {
        [
            include_str!(concat!("../locales/", $code, "/app.ftl")),
            include_str!(concat!("../locales/", $code, "/begin.ftl")),
            include_str!(concat!("../locales/", $code, "/committee.ftl")),
            include_str!(concat!("../locales/", $code, "/settings.ftl")),
            include_str!(concat!("../locales/", $code, "/bylaws.ftl")),
            include_str!(concat!("../locales/", $code, "/failures.ftl")),
        ]
    };
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::En, Self::Es, Self::Ar];

    /// Its tag (BCP 47).
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Ar => "ar",
        }
    }

    /// What those who speak it call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
            Self::Ar => "العربية",
        }
    }

    /// Which way it is written: `ltr` or `rtl`.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::En | Self::Es => "ltr",
            Self::Ar => "rtl",
        }
    }

    /// The first language of `tags` that the app speaks; tags may name a region.
    pub fn of_tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        tags.into_iter().find_map(|tag| {
            let primary = tag.split(['-', '_']).next()?;
            Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary))
        })
    }

    fn sources(self) -> [&'static str; 6] {
        match self {
            Self::En => sources!("en"),
            Self::Es => sources!("es"),
            Self::Ar => sources!("ar"),
        }
    }
}

/// The messages of one language.
pub struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    language: Language,
}

impl Catalogue {
    /// Reads the messages; the tests see to it that they are well formed.
    pub fn new(language: Language) -> Self {
        let tag: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![tag]);
        for source in language.sources() {
            let resource = match FluentResource::try_new(source.to_owned()) {
                Ok(resource) => resource,
                Err((resource, errors)) => {
                    debug_assert!(errors.is_empty(), "{language:?}: {errors:?}");
                    resource
                }
            };
            let added = bundle.add_resource(resource);
            debug_assert!(added.is_ok(), "{language:?}: {added:?}");
        }
        Self { bundle, language }
    }

    /// The language of these messages.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A message, if there is one of that name.
    pub fn get(&self, id: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{:?} {id}: {errors:?}", self.language);
        Some(text)
    }

    /// A message that exists; its name, should it be missing after all.
    pub fn text(&self, id: &str, args: &FluentArgs<'_>) -> String {
        let found = self.get(id, args);
        debug_assert!(found.is_some(), "{:?}: there is no message {id}", self.language);
        found.unwrap_or_else(|| id.to_owned())
    }
}

/// What is put into a message.
pub fn args<'a, const N: usize>(values: [(&'static str, FluentValue<'a>); N]) -> FluentArgs<'a> {
    values.into_iter().collect()
}

thread_local! {
    static CURRENT: RefCell<Catalogue> = RefCell::new(Catalogue::new(Language::En));
}

/// Makes a language the current one.
pub fn speak(language: Language) {
    CURRENT.with_borrow_mut(|current| {
        if current.language != language {
            *current = Catalogue::new(language);
        }
    });
}

/// Asks the messages of the current language.
pub fn current<T>(ask: impl FnOnce(&Catalogue) -> T) -> T {
    CURRENT.with_borrow(|catalogue| ask(catalogue))
}

/// A message of the current language: `t!("back")`, `t!("member-count", count = 3)`.
#[macro_export]
macro_rules! t {
    ($id:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::current(|catalogue| {
            catalogue.text($id, &$crate::text::args([$((stringify!($name), $value.into())),*]))
        })
    };
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Names of messages and of what is put into them, read off the text.
    fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut open = String::new();
        for line in language.sources().iter().flat_map(|source| source.lines()) {
            let starts = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            if let Some((id, _)) = line.split_once('=').filter(|_| starts) {
                open = id.trim().to_owned();
                let repeated = found.insert(open.clone(), BTreeSet::new());
                assert_eq!(repeated, None, "{language:?}: {open} stands twice");
            }
            if line.starts_with('#') {
                continue;
            }
            for after in line.split('$').skip(1) {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                found.entry(open.clone()).or_default().insert(after[..end].to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_message_with_the_same_gaps() {
        let english = messages(Language::En);
        for language in Language::ALL {
            let other = messages(language);
            let (here, there): (Vec<_>, Vec<_>) = (english.keys().collect(), other.keys().collect());
            let missing: Vec<_> = here.iter().filter(|id| !there.contains(id)).collect();
            let surplus: Vec<_> = there.iter().filter(|id| !here.contains(id)).collect();
            assert!(missing.is_empty() && surplus.is_empty(), "{language:?}: {missing:?} / {surplus:?}");
            for (id, gaps) in &english {
                assert_eq!(&other[id], gaps, "{language:?} {id}");
            }
        }
    }

    #[test]
    fn every_message_is_well_formed_for_every_number() {
        for language in Language::ALL {
            let catalogue = Catalogue::new(language);
            for (id, gaps) in messages(language) {
                for number in [0, 1, 2, 3, 11, 100] {
                    let values: FluentArgs<'_> =
                        gaps.iter().map(|gap| (gap.as_str(), FluentValue::from(number))).collect();
                    let text = catalogue.text(&id, &values);
                    assert!(!text.trim().is_empty() && !text.contains('{'), "{language:?} {id}: {text}");
                }
            }
        }
    }

    /// Every message that the sources name exists, and every message is named.
    #[test]
    fn the_sources_and_the_catalogue_name_the_same_messages() {
        let mut named = BTreeSet::new();
        let mut texts = Vec::new();
        let start_of_use = format!("{}(\"", "t!");
        collect(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut texts);
        for text in &texts {
            for (at, start) in text.match_indices(&start_of_use) {
                // Not the end of `format!`.
                if !text[..at].ends_with(char::is_alphanumeric) {
                    named.extend(text[at + start.len()..].split('"').next().map(str::to_owned));
                }
            }
        }
        let english = messages(Language::En);
        let unknown: Vec<_> = named.iter().filter(|id| !english.contains_key(*id)).collect();
        assert!(unknown.is_empty(), "no such messages: {unknown:?}");
        let all = texts.concat();
        let made =
            ["failure-", "rule-", "hindered-", "warning-", "kind-", "share-", "span-", "majority-", "stage-"];
        let unused: Vec<_> = english
            .keys()
            .filter(|id| !made.iter().any(|start| id.starts_with(start)))
            .filter(|id| !all.contains(&format!("\"{id}\"")))
            .collect();
        assert!(unused.is_empty(), "never shown: {unused:?}");
    }

    fn collect(directory: &std::path::Path, texts: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).expect("the sources are there") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                collect(&path, texts);
            } else {
                texts.push(std::fs::read_to_string(&path).expect("UTF-8"));
            }
        }
    }

    #[test]
    fn arabic_has_its_six_plurals() {
        let catalogue = Catalogue::new(Language::Ar);
        let forms: BTreeSet<String> = [0, 1, 2, 3, 11, 100]
            .into_iter()
            .map(|n: i32| {
                let text = catalogue.text("member-count", &args([("count", n.into())]));
                text.chars().filter(|c| !c.is_ascii_digit()).collect()
            })
            .collect();
        assert_eq!(forms.len(), 6, "{forms:?}");
    }

    #[test]
    fn the_phone_says_which_language() {
        let first = |tags: &[&str]| Language::of_tags(tags.iter().copied());
        assert_eq!(first(&["fr-FR", "es-MX", "en"]), Some(Language::Es));
        assert_eq!(first(&["AR"]), Some(Language::Ar));
        assert_eq!(first(&["de", "enx"]), None);
    }
}
