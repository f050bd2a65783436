//! What is voted on: the election record, its questions and its fingerprint
//! (BELENIOS.md, section 2).
//!
//! The fingerprint phi is the SHA-256 of the exact bytes of the record, so an
//! [`Election`] is always made from the text it was published as.

use serde::de::{Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::check::{Check, Failure, Place};
use crate::group::Group;
use crate::hash::{base64, sha256};

/// The version of the Belenios protocol that this crate speaks.
pub const PROTOCOL_VERSION: u64 = 1;

/// At most so many questions in an election.
pub const QUESTIONS_MAX: usize = 256;

/// At most so many answers to one question.
pub const ANSWERS_MAX: usize = 1024;

/// A question with answers of which a voter chooses between `min` and `max`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The answers' texts.
    pub answers: Vec<String>,
    /// Whether a ballot may be blank. Absent and false are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank: Option<bool>,
    /// The least number of answers chosen in a ballot that is not blank.
    pub min: u64,
    /// The greatest.
    pub max: u64,
    /// The question's text.
    pub question: String,
}

impl Question {
    /// Whether a ballot may be blank.
    pub fn allows_blank(&self) -> bool {
        self.blank == Some(true)
    }

    /// The number of ciphertexts in an answer: one for each answer, and before
    /// them one for blank where that is allowed.
    pub fn choices(&self) -> usize {
        self.answers.len() + usize::from(self.allows_blank())
    }

    /// The sums a ballot may be proved to have, `min..=max`.
    pub fn sums(&self) -> std::ops::RangeInclusive<u64> {
        self.min..=self.max
    }

    /// B-022 and B-009.
    fn check(&self, number: usize) -> Result<(), Failure> {
        let place = Place::Question(number);
        // B-009
        if self.answers.len() > ANSWERS_MAX {
            return Err(Check::Bounds.at(place));
        }
        let in_order = self.min <= self.max && self.max <= self.answers.len() as u64;
        // B-022
        if self.answers.is_empty() || !in_order {
            return Err(Check::QuestionForm.at(place));
        }
        Ok(())
    }
}

/// The election record, as it stands in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The protocol version, 1.
    pub version: u64,
    /// For people.
    pub description: String,
    /// For people.
    pub name: String,
    /// The group's name.
    pub group: String,
    /// The election key y, as text.
    pub public_key: String,
    /// What is asked.
    pub questions: Vec<Question>,
    /// 14 or more Base58 characters.
    pub uuid: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_authority: Option<String>,
}

/// The record before its questions are known to be of a kind we verify.
#[derive(Deserialize)]
struct Draft {
    version: u64,
    description: String,
    name: String,
    group: String,
    public_key: String,
    questions: Vec<QuestionDraft>,
    uuid: String,
    administrator: Option<String>,
    credential_authority: Option<String>,
}

/// What stands in the place of a question.
#[derive(Deserialize)]
#[serde(untagged)]
enum QuestionDraft {
    /// Each field at most once, or two programs could read two questions in it.
    Fields {
        #[serde(default, rename = "type", deserialize_with = "is_there")]
        has_type: bool,
        answers: Option<Vec<String>>,
        blank: Option<bool>,
        min: Option<u64>,
        max: Option<u64>,
        question: Option<String>,
    },
    Other(IgnoredAny),
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl QuestionDraft {
    fn finish(self, number: usize) -> Result<Question, Failure> {
        let place = Place::Question(number);
        let question = match self {
            // B-023: kinds other than the homomorphic one carry their name.
            Self::Fields { has_type: true, .. } => return Err(Check::QuestionKind.at(place)),
            Self::Fields {
                answers: Some(answers),
                blank,
                min: Some(min),
                max: Some(max),
                question: Some(question),
                ..
            } => Question { answers, blank, min, max, question },
            // B-022
            Self::Fields { .. } | Self::Other(_) => return Err(Check::QuestionForm.at(place)),
        };
        question.check(number)?;
        Ok(question)
    }
}

impl Parameters {
    /// Reads the record.
    ///
    /// # Errors
    /// B-009, B-020, B-022 and B-023. Whether we know the group is for the caller
    /// to say, since it chooses the type.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        // B-020
        let malformed = || Check::ElectionForm.at(Place::Election);
        let draft: Draft = serde_json::from_slice(text).map_err(|_| malformed())?;
        if draft.version != PROTOCOL_VERSION || !is_uuid(&draft.uuid) || draft.questions.is_empty() {
            return Err(malformed());
        }
        // B-009
        if draft.questions.len() > QUESTIONS_MAX {
            return Err(Check::Bounds.at(Place::Election));
        }
        let questions = (1..)
            .zip(draft.questions)
            .map(|(number, draft)| draft.finish(number))
            .collect::<Result<_, _>>()?;
        let Draft {
            version,
            description,
            name,
            group,
            public_key,
            uuid,
            administrator,
            credential_authority,
            ..
        } = draft;
        Ok(Self {
            version,
            description,
            name,
            group,
            public_key,
            questions,
            uuid,
            administrator,
            credential_authority,
        })
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialize")
    }
}

/// An election that ballots are cast in.
#[derive(Clone, Debug)]
pub struct Election<G: Group> {
    parameters: Parameters,
    hash: [u8; 32],
    fingerprint: String,
    key: G::Element,
}

impl<G: Group> Election<G> {
    /// Reads the election record as published.
    ///
    /// # Errors
    /// B-009 and B-020 to B-024.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let parameters = Parameters::parse(text)?;
        // B-021
        if parameters.group != G::NAME {
            return Err(Check::GroupKnown.at(Place::Election));
        }
        // B-024
        let key = G::parse(&parameters.public_key)
            .filter(|key| *key != G::identity())
            .ok_or_else(|| Check::ElectionKey.at(Place::Election))?;
        let hash = sha256(text);
        Ok(Self { parameters, hash, fingerprint: base64(&hash), key })
    }

    /// What is asked, and of whom.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// What is asked.
    pub fn questions(&self) -> &[Question] {
        &self.parameters.questions
    }

    /// The SHA-256 of the record.
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// phi: that hash in unpadded Base64, 43 characters.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The election key y.
    pub fn key(&self) -> &G::Element {
        &self.key
    }
}

/// 14 to 64 Base58 characters.
pub fn is_uuid(text: &str) -> bool {
    (14..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"version":1,"description":"","name":"n","group":"Ed25519","public_key":"k","questions":[{"answers":["a","b"],"min":0,"max":1,"question":"q"}],"uuid":"11111111111111"}"#;

    fn fails(from: &str, to: &str, check: Check) {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT);
        let failure = Parameters::parse(text.as_bytes()).expect_err("a changed election");
        assert_eq!(failure.check, check, "{to}");
    }

    #[test]
    fn the_canonical_text_comes_back() {
        let parameters = Parameters::parse(TEXT.as_bytes()).expect("well formed");
        assert_eq!(parameters.to_text(), TEXT);
    }

    #[test]
    fn b_020_form() {
        fails("\"version\":1", "\"version\":2", Check::ElectionForm);
        fails("11111111111111", "1111111111111", Check::ElectionForm);
        fails("11111111111111", "1111111111111l", Check::ElectionForm);
        fails("\"name\":\"n\",", "", Check::ElectionForm);
    }

    #[test]
    fn b_022_questions() {
        fails("\"min\":0", "\"min\":2", Check::QuestionForm);
        fails("\"max\":1", "\"max\":3", Check::QuestionForm);
        fails("\"min\":0", "\"min\":-1", Check::QuestionForm);
        fails("[\"a\",\"b\"],\"min\":0,\"max\":1", "[],\"min\":0,\"max\":0", Check::QuestionForm);
        fails("\"min\":0", "\"answers\":[\"c\",\"d\"],\"min\":0", Check::QuestionForm);
        fails("\"min\":0", "\"min\":0,\"min\":0", Check::QuestionForm);
        fails("{\"answers\":[\"a\",\"b\"],\"min\":0,\"max\":1,\"question\":\"q\"}", "7", Check::QuestionForm);
    }

    #[test]
    fn b_023_other_kinds() {
        fails(
            r#"{"answers":["a","b"],"min":0,"max":1,"question":"q"}"#,
            r#"{"type":"NonHomomorphic","value":{"answers":["a"],"question":"q"}}"#,
            Check::QuestionKind,
        );
        fails("\"min\":0", "\"min\":0,\"type\":null", Check::QuestionKind);
    }
}
