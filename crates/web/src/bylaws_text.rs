//! Bylaws as sentences, so that people know what they agree to.

use concerted_assembly::bylaws::{Base, Bylaws, Majority};
use concerted_assembly::period::Period;
use concerted_assembly::share::Share;
use fluent_bundle::FluentValue;

use crate::text::{Catalogue, args};

/// Sentences under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// In reading order.
    pub sentences: Vec<String>,
}

/// All that the bylaws say, in the order in which a newcomer asks.
pub fn sections(catalogue: &Catalogue, bylaws: &Bylaws) -> Vec<Section> {
    let say = Speaker { catalogue, bylaws };
    [
        ("bylaws-joining", say.joining()),
        ("bylaws-meetings", say.meetings()),
        ("bylaws-decisions", say.decisions()),
        ("bylaws-delegates", say.delegates()),
        ("bylaws-keeping", say.keeping()),
    ]
    .into_iter()
    .map(|(title, sentences)| Section { title: catalogue.text(title, &args([])), sentences })
    .collect()
}

struct Speaker<'a> {
    catalogue: &'a Catalogue,
    bylaws: &'a Bylaws,
}

impl Speaker<'_> {
    fn joining(&self) -> Vec<String> {
        let (admission, newcomers) = (&self.bylaws.admission, &self.bylaws.newcomers);
        let mut sentences = vec![self.say("bylaws-vouches", [("count", admission.vouches.into())])];
        if admission.vouches_while_small < admission.vouches && admission.small_below > 1 {
            sentences.push(self.say("bylaws-vouches-small", [("below", admission.small_below.into())]));
        }
        sentences.extend([
            self.say(
                "bylaws-window",
                [("from", admission.window_from.into()), ("span", self.span(admission.objection_window))],
            ),
            self.say(
                "bylaws-growth",
                [
                    ("from", admission.window_from.into()),
                    ("share", self.share(admission.growth)),
                    ("least", admission.growth_least.into()),
                    ("span", self.span(admission.growth_period)),
                ],
            ),
            self.say(
                "bylaws-vouches-by-one",
                [
                    ("from", admission.window_from.into()),
                    ("count", admission.vouches_by_one.into()),
                    ("span", self.span(admission.vouching_period)),
                ],
            ),
            self.say(
                "bylaws-newcomers",
                [("from", newcomers.wait_from.into()), ("span", self.span(newcomers.wait))],
            ),
        ]);
        sentences
    }

    fn meetings(&self) -> Vec<String> {
        let meetings = &self.bylaws.meetings;
        vec![
            self.say("bylaws-notice", [("span", self.span(meetings.notice))]),
            self.say(
                "bylaws-quorum",
                [("share", self.share(meetings.quorum)), ("least", meetings.quorum_least.into())],
            ),
            self.say(
                "bylaws-emergency",
                [
                    ("share", self.share(meetings.requisition)),
                    ("least", meetings.requisition_least.into()),
                    ("span", self.span(meetings.emergency_notice)),
                ],
            ),
        ]
    }

    fn decisions(&self) -> Vec<String> {
        let Bylaws { motions, action, expulsion, bylaws, .. } = self.bylaws;
        vec![
            self.say(
                "bylaws-motions",
                [("majority", self.majority(&motions.majority)), ("quorum", self.share(motions.quorum))],
            ),
            self.say("bylaws-circulation", [("span", self.span(motions.circulation))]),
            self.say("bylaws-tie", []),
            self.say("bylaws-action", [("majority", self.majority(&action.majority))]),
            self.say(
                "bylaws-expulsion",
                [("majority", self.majority(&expulsion.majority)), ("quorum", self.share(expulsion.quorum))],
            ),
            self.say(
                "bylaws-change",
                [
                    ("majority", self.majority(&bylaws.majority)),
                    ("quorum", self.share(bylaws.quorum)),
                    ("span", self.span(bylaws.notice)),
                ],
            ),
        ]
    }

    fn delegates(&self) -> Vec<String> {
        let Bylaws { delegates, tellers, .. } = self.bylaws;
        let small = if tellers.small_ballots { "bylaws-small-ballots" } else { "bylaws-no-small-ballots" };
        vec![
            self.say(
                "bylaws-term",
                [("span", self.span(delegates.term)), ("terms", delegates.terms_in_row.into())],
            ),
            self.say(
                "bylaws-recall",
                [
                    ("share", self.share(delegates.recall_petition)),
                    ("least", delegates.recall_least.into()),
                    ("span", self.span(delegates.recall_within)),
                ],
            ),
            self.say(
                "bylaws-tellers",
                [
                    ("count", tellers.count.into()),
                    ("needed", tellers.needed.into()),
                    ("span", self.span(tellers.term)),
                ],
            ),
            self.say(small, []),
        ]
    }

    fn keeping(&self) -> Vec<String> {
        let Bylaws { minutes, talk, keys, .. } = self.bylaws;
        let names = if minutes.names { "bylaws-minutes-names" } else { "bylaws-minutes-counts" };
        vec![
            self.say(names, []),
            self.say("bylaws-talk", [("span", self.span(talk.retention))]),
            self.say("bylaws-rekey", [("span", self.span(keys.rekey_every))]),
            self.say("bylaws-revocation", [("span", self.span(keys.revocation_wait))]),
        ]
    }

    fn say<'a, const N: usize>(&self, id: &str, values: [(&'static str, FluentValue<'a>); N]) -> String {
        self.catalogue.text(id, &args(values))
    }

    fn span(&self, period: Period) -> FluentValue<'static> {
        span(self.catalogue, period.ms() / 1000).into()
    }

    fn share(&self, share: Share) -> FluentValue<'static> {
        let (part, whole) = share.terms();
        let named = match (part, whole) {
            (1, 2) => Some("share-half"),
            (1, 3) => Some("share-third"),
            (2, 3) => Some("share-two-thirds"),
            (1, 4) => Some("share-quarter"),
            (3, 4) => Some("share-three-quarters"),
            _ => None,
        };
        match named {
            Some(id) => self.say(id, []).into(),
            None if whole > 0 && (part * 100) % whole == 0 => {
                self.say("share-percent", [("percent", (part * 100 / whole).into())]).into()
            }
            None => self.say("share-fraction", [("part", part.into()), ("whole", whole.into())]).into(),
        }
    }

    fn majority(&self, majority: &Majority) -> FluentValue<'static> {
        let (more_than, share) = majority.threshold.parts();
        let least = if more_than { "more" } else { "least" };
        let base = match (majority.of, majority.abstentions_count) {
            (Base::Cast, false) => "cast",
            (Base::Cast, true) => "cast-abstentions",
            (Base::Present, _) => "present",
            (Base::Entitled, _) => "entitled",
        };
        self.say(&format!("majority-{least}-{base}"), [("share", self.share(share))]).into()
    }
}

/// A length of time in the largest unit that it is a whole number of; up to two days in hours.
pub fn span(catalogue: &Catalogue, seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400, "span-days"), (3_600, "span-hours"), (60, "span-minutes"), (1, "span-seconds")];
    let fits = |unit: u64| seconds.is_multiple_of(unit) && (unit != 86_400 || seconds > 2 * 86_400);
    let (unit, id) = UNITS.into_iter().find(|(unit, _)| fits(*unit)).unwrap_or(UNITS[3]);
    catalogue.text(id, &args([("count", (seconds / unit).into())]))
}

#[cfg(test)]
mod tests {
    use concerted_assembly::template::Template;

    use super::*;
    use crate::text::Language;

    /// Without the marks that keep directions apart.
    fn plain(text: &str) -> String {
        text.chars().filter(|c| !['\u{2068}', '\u{2069}'].contains(c)).collect()
    }

    #[test]
    fn every_template_can_be_said_in_every_language() {
        for language in Language::ALL {
            let catalogue = Catalogue::new(language);
            for template in Template::ALL {
                let sections = sections(&catalogue, &template.bylaws());
                assert_eq!(sections.len(), 5);
                for sentence in sections.iter().flat_map(|section| &section.sentences) {
                    assert!(sentence.ends_with('.') && !sentence.contains("bylaws-"), "{sentence}");
                }
            }
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_bylaws() {
        let catalogue = Catalogue::new(Language::En);
        let all: Vec<String> = sections(&catalogue, &Template::Tenants.bylaws())
            .iter()
            .flat_map(|section| section.sentences.iter().map(|sentence| plain(sentence)))
            .collect();
        for wanted in [
            "A newcomer gets in when 2 members vouch for them.",
            "An ordinary meeting is announced 7 days ahead.",
            "A motion is carried by more than half of the votes cast, if at least one third of the members take part.",
            "Outside a meeting, a vote lasts 3 days.",
        ] {
            assert!(all.contains(&wanted.to_owned()), "{wanted}\n{all:#?}");
        }
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        let catalogue = Catalogue::new(Language::En);
        for (seconds, text) in
            [(3_600, "1 hour"), (48 * 3_600, "48 hours"), (7 * 86_400, "7 days"), (90, "90 seconds")]
        {
            assert_eq!(plain(&span(&catalogue, seconds)), text);
        }
    }
}
