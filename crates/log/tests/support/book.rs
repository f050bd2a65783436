//! Files of test vectors under `docs/vectors`.
//!
//! A test fills a [`Book`] with cases and closes it. Closing compares the book with
//! its file, byte for byte; with `CONCERTED_WRITE_VECTORS=1` in the environment it
//! writes the file instead. A changed file is a change of format.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

/// One file.
pub struct Book {
    name: &'static str,
    source: &'static str,
    cases: Vec<Vec<(String, Value)>>,
    filed: Option<Value>,
}

/// One case of a file: its fields in the order in which they are to be read.
pub struct Case<'a> {
    book: &'a mut Book,
    fields: Vec<(String, Value)>,
}

impl Book {
    /// Opens `docs/vectors/NAME.json`; `source` says in a sentence what is in it and
    /// where that is specified.
    pub fn open(name: &'static str, source: &'static str) -> Self {
        let filed = std::fs::read_to_string(path(name)).ok();
        let filed = filed.map(|text| serde_json::from_str(&text).expect("the file is JSON"));
        Self { name, source, cases: Vec::new(), filed }
    }

    /// Begins a case; it ends when the returned value is dropped.
    pub fn case(&mut self, name: &str) -> Case<'_> {
        Case { book: self, fields: vec![("name".into(), name.into())] }
    }

    /// Bytes that the file gives for a field of a case: what a reader of the file
    /// would begin with. While files are written there are none.
    pub fn filed(&self, case: &str, field: &str) -> Option<Vec<u8>> {
        let cases = self.filed.as_ref()?["cases"].as_array()?;
        let case = cases.iter().find(|found| found["name"] == case)?;
        Some(unhex(case[field].as_str()?))
    }

    /// Compares with the file, or writes it.
    pub fn close(self) {
        let text = self.text();
        let path = path(self.name);
        if std::env::var("CONCERTED_WRITE_VECTORS").is_ok_and(|value| value == "1") {
            return std::fs::write(path, text).expect("docs/vectors can be written");
        }
        let filed = std::fs::read_to_string(&path).expect("docs/vectors has the file");
        for (number, (filed, found)) in filed.lines().zip(text.lines()).enumerate() {
            assert_eq!(filed, found, "docs/vectors/{}.json, line {}", self.name, number + 1);
        }
        assert_eq!(filed.len(), text.len(), "docs/vectors/{}.json", self.name);
    }

    fn text(&self) -> String {
        let mut text = format!("{{\n  \"source\": {},\n  \"cases\": [", Value::from(self.source));
        for (number, case) in self.cases.iter().enumerate() {
            text.push_str(if number == 0 { "\n    {" } else { ",\n    {" });
            for (number, (key, value)) in case.iter().enumerate() {
                text.push_str(if number == 0 { "\n" } else { ",\n" });
                write!(text, "      {}: ", Value::from(key.as_str())).expect("a string");
                match value {
                    Value::Array(items) => {
                        let items: Vec<String> = items.iter().map(|item| format!("        {item}")).collect();
                        write!(text, "[\n{}\n      ]", items.join(",\n")).expect("a string");
                    }
                    value => write!(text, "{value}").expect("a string"),
                }
            }
            text.push_str("\n    }");
        }
        text.push_str("\n  ]\n}\n");
        text
    }
}

impl Case<'_> {
    /// Adds bytes, in hexadecimal.
    pub fn bytes(self, key: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.value(key, hex(bytes))
    }

    /// Adds a list of bytes.
    pub fn list<T: AsRef<[u8]>>(self, key: &str, list: impl IntoIterator<Item = T>) -> Self {
        let list: Vec<Value> = list.into_iter().map(|bytes| hex(bytes).into()).collect();
        self.value(key, list)
    }

    /// Adds an encoding cut into its fields, each with a word that says what it is.
    pub fn split(self, key: &str, split: &[(String, Vec<u8>)]) -> Self {
        let list: Vec<Value> =
            split.iter().map(|(label, bytes)| format!("{} {label}", hex(bytes)).into()).collect();
        self.value(key, list)
    }

    /// Adds a number, a text or a truth value.
    pub fn value(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.push((key.into(), value.into()));
        self
    }
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        self.book.cases.push(std::mem::take(&mut self.fields));
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

/// Reads hexadecimal.
pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors").join(format!("{name}.json"))
}
