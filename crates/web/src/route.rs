//! Which screen an address means. Everything stands after the `#`, so that no server sees it.

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The list of committees, or the welcome to those who have none.
    Home,
    /// Starting a committee.
    Start,
    /// Pasting a link.
    HaveLink,
    /// An invitation was opened.
    Join {
        /// The part of the link after `#/join/`.
        token: String,
        /// The relay's base address, where it is not the one this app comes from.
        relay: Option<String>,
    },
    /// Coming back with the recovery words.
    Restore,
    /// Making this the second device of somebody.
    SecondDevice,
    /// A code shown by a new device was opened on an old one.
    Device {
        /// The part of the code after `#/device/`.
        token: String,
    },
    /// A committee.
    Committee {
        /// Its id.
        body: String,
        /// What of it.
        part: Part,
    },
    /// Settings.
    Settings(Setting),
}

/// A part of a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What members say.
    Talk,
    /// Members and requests to join.
    People,
    /// The link that invites.
    Invite,
    /// Bylaws, nickname, leaving.
    More,
}

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The list of them.
    List,
    /// Language.
    Language,
    /// Light or dark.
    Appearance,
    /// The passphrase.
    Passphrase,
    /// This member's devices.
    Devices,
    /// Taking in a new device.
    AddDevice,
    /// A device was lost.
    LostDevice,
    /// Deleting everything here.
    Wipe,
    /// Version, hash, and who can see what.
    About,
}

const SETTINGS: [(Setting, &str); 9] = [
    (Setting::List, ""),
    (Setting::Language, "language"),
    (Setting::Appearance, "appearance"),
    (Setting::Passphrase, "passphrase"),
    (Setting::Devices, "devices"),
    (Setting::AddDevice, "add-device"),
    (Setting::LostDevice, "lost-device"),
    (Setting::Wipe, "wipe"),
    (Setting::About, "about"),
];

const PARTS: [(Part, &str); 4] =
    [(Part::Talk, ""), (Part::People, "people"), (Part::Invite, "invite"), (Part::More, "more")];

impl Route {
    /// Reads the part of an address from the `#` on; what means nothing leads home.
    pub fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        match steps.as_slice() {
            ["start"] => Self::Start,
            ["link"] => Self::HaveLink,
            ["restore"] => Self::Restore,
            ["second-device"] => Self::SecondDevice,
            ["join", token] => Self::Join {
                token: (*token).to_owned(),
                relay: query.strip_prefix("relay=").and_then(from_percent),
            },
            ["device", token] => Self::Device { token: (*token).to_owned() },
            ["c", body, rest @ ..] => {
                let part = named(&PARTS, rest).unwrap_or(Part::Talk);
                Self::Committee { body: (*body).to_owned(), part }
            }
            ["settings", rest @ ..] => Self::Settings(named(&SETTINGS, rest).unwrap_or(Setting::List)),
            _ => Self::Home,
        }
    }

    /// The address, from the `#` on.
    pub fn to_hash(&self) -> String {
        match self {
            Self::Home => "#/".to_owned(),
            Self::Start => "#/start".to_owned(),
            Self::HaveLink => "#/link".to_owned(),
            Self::Restore => "#/restore".to_owned(),
            Self::SecondDevice => "#/second-device".to_owned(),
            Self::Join { token, relay: None } => format!("#/join/{token}"),
            Self::Join { token, relay: Some(relay) } => {
                format!("#/join/{token}?relay={}", to_percent(relay))
            }
            Self::Device { token } => format!("#/device/{token}"),
            Self::Committee { body, part } => {
                format!("#/c/{body}{}", after_slash(name_of(&PARTS, part)))
            }
            Self::Settings(setting) => {
                format!("#/settings{}", after_slash(name_of(&SETTINGS, setting)))
            }
        }
    }

    /// Reads a link that somebody pasted: an invitation, or the code of a device. `base` is the address this
    /// app comes from, without a slash at the end.
    pub fn of_link(link: &str, base: &str) -> Option<Self> {
        let link = link.split_whitespace().find(|word| word.contains("/#/")).unwrap_or(link.trim());
        let (relay, hash) = link.split_once("/#/")?;
        if !(relay.starts_with("https://") || relay.starts_with("http://")) {
            return None;
        }
        match Self::parse(hash) {
            Self::Join { token, .. } => {
                let relay = (relay != base).then(|| relay.to_owned());
                Some(Self::Join { token, relay })
            }
            Self::Device { token } => Some(Self::Device { token }),
            _ => None,
        }
    }

    /// The whole link of an invitation, as members made it.
    pub fn invitation_link(token: &str, relay: Option<&str>, base: &str) -> String {
        format!("{}/#/join/{token}", relay.unwrap_or(base))
    }
}

fn named<T: Copy>(names: &[(T, &str)], rest: &[&str]) -> Option<T> {
    let wanted = rest.first().copied().unwrap_or("");
    names.iter().find(|(_, name)| *name == wanted).map(|(value, _)| *value)
}

fn name_of<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    names.iter().find(|(named, _)| named == value).map_or("", |(_, name)| name)
}

fn after_slash(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("/{name}") }
}

fn to_percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn from_percent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_back_to_its_screen() {
        let committee = |part| Route::Committee { body: "ab12".into(), part };
        let mut routes = vec![
            Route::Home,
            Route::Start,
            Route::HaveLink,
            Route::Restore,
            Route::SecondDevice,
            Route::Join { token: "AQ-_".into(), relay: None },
            Route::Join { token: "AQ".into(), relay: Some("https://r.example:8443/x%".into()) },
            Route::Device { token: "AQ".into() },
        ];
        routes.extend(PARTS.map(|(part, _)| committee(part)));
        routes.extend(SETTINGS.map(|(setting, _)| Route::Settings(setting)));
        for route in routes {
            assert_eq!(Route::parse(&route.to_hash()), route);
        }
    }

    #[test]
    fn what_means_nothing_leads_home() {
        for hash in ["", "#", "#/", "#/nowhere", "#/join", "#/c", "#/join/a/b"] {
            assert_eq!(Route::parse(hash), Route::Home, "{hash}");
        }
    }

    #[test]
    fn pasted_links_are_found_in_the_text_around_them() {
        let base = "https://r.example";
        let join =
            |relay: Option<&str>| Some(Route::Join { token: "AQ".into(), relay: relay.map(str::to_owned) });
        let cases = [
            ("https://r.example/#/join/AQ", join(None)),
            ("  come along: https://r.example/#/join/AQ \n", join(None)),
            ("http://other.example:1/x/#/join/AQ", join(Some("http://other.example:1/x"))),
            ("https://r.example/#/device/AQ", Some(Route::Device { token: "AQ".into() })),
            ("https://r.example/#/settings", None),
            ("ftp://r.example/#/join/AQ", None),
            ("hello", None),
        ];
        for (link, route) in cases {
            assert_eq!(Route::of_link(link, base), route, "{link}");
        }
        assert_eq!(Route::invitation_link("AQ", None, base), "https://r.example/#/join/AQ");
    }
}
