//! JSON that keeps the order in which it was written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// A number, a truth value or null, as it is written.
    Plain(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Json::Text(text.into())
    }

    /// Compact.
    pub(crate) fn write(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        match self {
            Json::Plain(text) => text.clone(),
            Json::Text(text) => quoted(text),
            Json::List(list) => {
                format!("[{}]", list.iter().map(Json::write).collect::<Vec<_>>().join(","))
            }
            Json::Object(fields) => {
                let field = |(name, value): &(String, Json)| format!("{}:{}", quoted(name), value.write());
                format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(","))
            }
        }
    }

    /// What stands at a path such as `answers/0/choices/1/alpha`; the empty one is
    /// the value itself.
    pub(crate) fn at(&mut self, path: &str) -> &mut Json {
        path.split('/').filter(|step| !step.is_empty()).fold(self, |value, step| match value {
            Json::List(list) => &mut list[step.parse::<usize>().unwrap()],
            Json::Object(fields) => {
                let field = fields.iter_mut().find(|(name, _)| name == step);
                &mut field.unwrap_or_else(|| panic!("no {step} in {path}")).1
            }
            other => panic!("nothing in {other:?} at {step} in {path}"),
        })
    }

    /// The text at a path.
    pub(crate) fn text_at(&mut self, path: &str) -> &mut String {
        match self.at(path) {
            Json::Text(text) => text,
            other => panic!("{path} is no text but {other:?}"),
        }
    }

    /// The list at a path.
    pub(crate) fn list_at(&mut self, path: &str) -> &mut Vec<Json> {
        match self.at(path) {
            Json::List(list) => list,
            other => panic!("{path} is no list but {other:?}"),
        }
    }

    /// The fields at a path.
    pub(crate) fn fields_at(&mut self, path: &str) -> &mut Vec<(String, Json)> {
        match self.at(path) {
            Json::Object(fields) => fields,
            other => panic!("{path} is no object but {other:?}"),
        }
    }

    /// The paths of everything in it, itself included.
    pub(crate) fn paths(&self) -> Vec<String> {
        let inner = |name: &str, value: &Json| {
            let paths = value.paths().into_iter();
            let joined = paths.map(|path| format!("{name}/{path}").trim_end_matches('/').to_owned());
            joined.collect::<Vec<_>>()
        };
        let inside: Vec<String> = match self {
            Json::Plain(_) | Json::Text(_) => Vec::new(),
            Json::List(list) => {
                list.iter().enumerate().flat_map(|(index, value)| inner(&index.to_string(), value)).collect()
            }
            Json::Object(fields) => fields.iter().flat_map(|(name, value)| inner(name, value)).collect(),
        };
        [vec![String::new()], inside].concat()
    }

    /// The paths of all texts in it, and the texts.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        let mut value = self.clone();
        let text = |path: String| match value.at(&path) {
            Json::Text(text) => Some((path, text.clone())),
            _ => None,
        };
        self.paths().into_iter().filter_map(text).collect()
    }
}

/// A text of JSON with a change.
pub(crate) fn edited(text: &str, edit: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::parse(text);
    edit(&mut json);
    json.write()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Plain(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain("null".to_owned()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = sequence.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }
}
