//! Bylaws on the screen.

use concerted_assembly::bylaws::Bylaws as Rules;
use leptos::prelude::*;

use crate::bylaws_text;
use crate::text::current;

/// Bylaws as sentences under headings.
#[component]
pub(crate) fn Bylaws(
    /// The bylaws.
    bylaws: Box<Rules>,
) -> impl IntoView {
    let sections = current(|catalogue| bylaws_text::sections(catalogue, &bylaws));
    let sections = sections.into_iter().map(|section| {
        let sentences = section.sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> });
        view! {
            <h3>{section.title}</h3>
            <ul class="points">{sentences.collect_view()}</ul>
        }
    });
    view! { <div data-testid="bylaws">{sections.collect_view()}</div> }
}
