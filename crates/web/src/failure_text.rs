//! What to tell people when something was refused or has failed.

use concerted_client::view::FailureView;

use crate::text::{Catalogue, args};

/// The sentence for a failure: for its rule, if there is one for it; else for its kind.
pub fn sentence(catalogue: &Catalogue, failure: &FailureView) -> String {
    if let Some(rule) = &failure.rule {
        let own = catalogue.get(&format!("rule-{rule}"), &args([]));
        let any = || catalogue.text("rule-other", &args([("rule", rule.as_str().into())]));
        return own.unwrap_or_else(any);
    }
    catalogue
        .get(&format!("failure-{}", failure.code), &args([]))
        .unwrap_or_else(|| catalogue.text("failure-other", &args([])))
}

/// The engine's own words, in English, where they say more than the sentence.
pub fn detail(failure: &FailureView) -> Option<&str> {
    let says_more = ["input", "refused", "state", "ambiguous", "other"].contains(&failure.code.as_str());
    Some(failure.text.as_str()).filter(|text| says_more && !text.is_empty())
}

#[cfg(test)]
mod tests {
    use concerted_assembly::Rule;
    use concerted_client::Failure;
    use concerted_client::command::NotMember;

    use super::*;
    use crate::text::Language;

    #[test]
    fn every_kind_of_failure_has_a_sentence_in_every_language() {
        let failures = [
            Failure::NotBegun,
            Failure::Begun,
            Failure::Input("x".into()),
            Failure::Unknown("body", "x".into()),
            Failure::Ambiguous("body", "x".into()),
            Failure::Rule(Rule::NameFree),
            Failure::Rule(Rule::RekeySeal),
            Failure::Unreachable("https://r.example".into()),
            Failure::Relay("https://r.example".into()),
            Failure::NotMember(NotMember::Yet),
            Failure::State("x".into()),
        ];
        for language in Language::ALL {
            let catalogue = Catalogue::new(language);
            for failure in &failures {
                let view = FailureView::from(failure);
                let sentence = sentence(&catalogue, &view);
                assert!(sentence.len() > 10 && !sentence.contains("failure-"), "{language:?} {sentence}");
            }
            let named = sentence(&catalogue, &FailureView::from(&Failure::Rule(Rule::NameFree)));
            let other = sentence(&catalogue, &FailureView::from(&Failure::Rule(Rule::RekeySeal)));
            assert!(!named.contains("R-021"), "has a sentence of its own: {named}");
            assert!(other.contains("R-053"), "names the rule: {other}");
        }
    }
}
