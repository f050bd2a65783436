//! Icons: strokes on a grid of 24, drawn in the colour of the text.

use leptos::prelude::*;

/// A drawing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Back,
    Forward,
    Talk,
    People,
    Invite,
    More,
    Settings,
    Send,
    Waiting,
    Arrived,
    Copy,
    Share,
    Check,
    Warning,
    Plus,
    Link,
    Words,
    Phone,
    Topic,
    Again,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Back => "M15 5l-7 7 7 7",
            Self::Forward => "M9 5l7 7-7 7",
            Self::Talk => "M4 5h16v11H10l-5 4v-4H4z",
            Self::People => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6\
                 M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.2.8 3.5 2.8 3.5 5.5"
            }
            Self::Invite => {
                "M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.6 3.1-6 7-6 1.2 0 2.3.2 3.3.6\
                 M18 14v6M15 17h6"
            }
            Self::More => {
                "M5 12.8a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6zM12 12.8a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6zM19 12.8a.8.8 0 1 0 0-1.6.8.8 0 0 0 0 1.6z"
            }
            Self::Settings => {
                "M4 7h9M17 7h3M4 17h3M11 17h9M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
            }
            Self::Send => "M4 12l16-8-6 16-3-6z",
            Self::Waiting => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
            Self::Arrived | Self::Check => "M5 12.5l4.5 4.5L19 7",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Share => "M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8",
            Self::Warning => "M12 4l9 16H3zM12 10v4M12 17h.01",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Link => {
                "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1"
            }
            Self::Words => "M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4",
            Self::Phone => "M7 3h10v18H7zM11 18h2",
            Self::Topic => "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
            Self::Again => "M19 8a8 8 0 1 0 1 6M19 3v5h-5",
        }
    }
}

/// Draws an icon; what it means must stand beside it in words, or in the label of what holds it.
pub(crate) fn icon(icon: Icon) -> impl IntoView {
    let mirrored = matches!(icon, Icon::Back | Icon::Forward | Icon::Send);
    view! {
        <svg class="icon" class:mirrored=mirrored viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
}

/// The mark of the app: circles that overlap.
pub(crate) fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
            <circle class="mark-a" cx="18" cy="18" r="12"></circle>
            <circle class="mark-b" cx="30" cy="18" r="12"></circle>
            <circle class="mark-c" cx="24" cy="29" r="12"></circle>
        </svg>
    }
}
