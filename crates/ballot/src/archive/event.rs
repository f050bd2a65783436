//! Events: the steps of an election.

use std::fmt::Write;

use serde::Deserialize;

use super::payload::HexHash;
use crate::hash::hex;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum EventType {
    /// The election, its trustees and its credentials stand.
    Setup,
    /// A ballot was cast.
    Ballot,
    /// No more ballots.
    EndBallots,
    /// Ciphertexts were mixed, as only non-homomorphic questions need.
    Shuffle,
    /// Mixed often enough.
    EndShuffles,
    /// The ballots were added up.
    EncryptedTally,
    /// A trustee decrypted their part.
    PartialDecryption,
    /// The counts.
    Result,
}

impl EventType {
    /// The order of events (check B-007): whether this may come after `last`, or
    /// first if there is none. All our questions are homomorphic, so nothing is
    /// ever shuffled.
    pub(super) fn may_follow(self, last: Option<EventType>) -> bool {
        use EventType::*;
        match self {
            Setup => last.is_none(),
            Ballot | EndBallots => matches!(last, Some(Setup | Ballot)),
            Shuffle | EndShuffles => false,
            EncryptedTally => matches!(last, Some(EndBallots)),
            PartialDecryption | Result => matches!(last, Some(EncryptedTally | PartialDecryption)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::Ballot => "Ballot",
            Self::EndBallots => "EndBallots",
            Self::Shuffle => "Shuffle",
            Self::EndShuffles => "EndShuffles",
            Self::EncryptedTally => "EncryptedTally",
            Self::PartialDecryption => "PartialDecryption",
            Self::Result => "Result",
        }
    }

    fn has_payload(self) -> bool {
        !matches!(self, Self::EndBallots | Self::EndShuffles)
    }
}

/// An event as it stands in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The hash of the event before; none for the first.
    pub(super) parent: Option<[u8; 32]>,
    /// How many events come before.
    pub(super) height: u64,
    pub(super) kind: EventType,
    /// The hash of the last of the event's data.
    pub(super) payload: Option<[u8; 32]>,
}

impl Event {
    /// The canonical text.
    pub(super) fn to_text(self) -> String {
        let mut text = String::with_capacity(256);
        text.push('{');
        if let Some(parent) = &self.parent {
            text.extend(["\"parent\":\"", &hex(parent), "\","]);
        }
        // Writing to a string does not fail.
        let _ = write!(text, "\"height\":{},\"type\":\"{}\"", self.height, self.kind.name());
        if let Some(payload) = &self.payload {
            text.extend([",\"payload\":\"", &hex(payload), "\""]);
        }
        text.push('}');
        text
    }

    /// The event of a text: none unless the text is canonical and there is a
    /// payload exactly if the type has one (check B-005).
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let fields: Fields = serde_json::from_slice(text).ok()?;
        let event = Self {
            parent: fields.parent.map(|hash| hash.0),
            height: fields.height,
            kind: fields.kind,
            payload: fields.payload.map(|hash| hash.0),
        };
        let sound = event.kind.has_payload() == event.payload.is_some() && event.to_text().as_bytes() == text;
        sound.then_some(event)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    parent: Option<HexHash>,
    height: u64,
    #[serde(rename = "type")]
    kind: EventType,
    payload: Option<HexHash>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    const KINDS: [EventType; 8] = {
        use EventType::*;
        [Setup, Ballot, EndBallots, Shuffle, EndShuffles, EncryptedTally, PartialDecryption, Result]
    };

    #[test]
    fn texts_of_all_types() {
        let parent = sha256(b"");
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for kind in KINDS {
            let payload = kind.has_payload().then_some(parent);
            let tail = payload.map_or(String::new(), |_| format!(r#","payload":"{hash}""#));
            for (parent, head) in [(None, String::new()), (Some(parent), format!(r#""parent":"{hash}","#))] {
                let event = Event { parent, height: 12, kind, payload };
                let text = format!(r#"{{{head}"height":12,"type":"{kind:?}"{tail}}}"#);
                assert_eq!(event.to_text(), text);
                assert_eq!(Event::parse(text.as_bytes()), Some(event));
            }
        }
    }

    /// The order of B-007 as a table: a row for each event, a column for what comes next.
    #[test]
    fn order_of_types() {
        let rows = [
            (None, "x......."),
            (Some(EventType::Setup), ".xx....."),
            (Some(EventType::Ballot), ".xx....."),
            (Some(EventType::EndBallots), ".....x.."),
            (Some(EventType::Shuffle), "........"),
            (Some(EventType::EndShuffles), "........"),
            (Some(EventType::EncryptedTally), "......xx"),
            (Some(EventType::PartialDecryption), "......xx"),
            (Some(EventType::Result), "........"),
        ];
        for (last, row) in rows {
            let found: String =
                KINDS.map(|kind| if kind.may_follow(last) { 'x' } else { '.' }).iter().collect();
            assert_eq!(found, row, "{last:?}");
        }
    }
}
