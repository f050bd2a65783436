//! Archives of elections taken apart and put together again: so that one thing in
//! them can be changed, with all names, payloads and the chain made to fit, and
//! what refuses it is the check of that one thing.
//!
//! Written from the description of the format alone, as a forger would.

#![allow(dead_code, reason = "each test target uses its part of this")]

use concerted_ballot::hash::{hex, sha256};
use serde_json::Value;

/// An archive: the text of its first record, and its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Bel {
    pub header: String,
    pub timestamp: u64,
    pub events: Vec<Event>,
}

/// An event, and the data before it in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub kind: String,
    pub data: Vec<String>,
}

/// A record as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub name: String,
    pub text: String,
}

const BLOCK: usize = 512;
const DATA: &str = ".data.json";
const EVENT: &str = ".event.json";

impl Bel {
    /// Takes a sound archive apart.
    pub fn parse(bytes: &[u8]) -> Self {
        let (timestamp, mut records) = (octal(&bytes[136..147]), records(bytes).into_iter());
        let header = records.next().unwrap().text;
        let (mut events, mut data) = (Vec::new(), Vec::new());
        for record in records {
            if record.name.ends_with(EVENT) {
                let event: Value = serde_json::from_str(&record.text).unwrap();
                let kind = event["type"].as_str().unwrap().to_owned();
                events.push(Event { kind, data: std::mem::take(&mut data) });
            } else {
                data.push(record.text);
            }
        }
        assert!(data.is_empty(), "data after the last event");
        Self { header, timestamp, events }
    }

    /// The file, everything named by what it is.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_with(|_, _| {})
    }

    /// The same with a change to the texts of events; later events name the changed ones.
    pub fn bytes_with(&self, change: impl Fn(usize, &mut String)) -> Vec<u8> {
        let mut bytes = record("BELENIOS", &self.header, self.timestamp);
        let mut parent = None;
        for (height, Event { kind, data }) in self.events.iter().enumerate() {
            for text in data {
                bytes.extend(record(&format!("{}{DATA}", name(text)), text, self.timestamp));
            }
            let parent_field = parent.map_or(String::new(), |hash| format!(r#""parent":"{hash}","#));
            let payload = data.last().map_or(String::new(), |text| format!(r#","payload":"{}""#, name(text)));
            let mut text = format!(r#"{{{parent_field}"height":{height},"type":"{kind}"{payload}}}"#);
            change(height, &mut text);
            bytes.extend(record(&format!("{}{EVENT}", name(&text)), &text, self.timestamp));
            parent = Some(name(&text));
        }
        bytes
    }

    /// Changes the text of one of an event's data. Where the last of them names it,
    /// it names the changed one.
    pub fn edit(&mut self, event: usize, datum: usize, change: impl FnOnce(&mut String)) {
        let data = &mut self.events[event].data;
        let before = name(&data[datum]);
        change(&mut data[datum]);
        let after = name(&data[datum]);
        if datum + 1 < data.len() {
            let names = data.last_mut().unwrap();
            *names = names.replace(&before, &after);
        }
    }

    /// The index of the first event of a type.
    pub fn at(&self, kind: &str) -> usize {
        self.events.iter().position(|event| event.kind == kind).unwrap()
    }

    /// The election's UUID.
    pub fn uuid(&self) -> String {
        let election: Value = serde_json::from_str(&self.events[0].data[0]).unwrap();
        election["uuid"].as_str().unwrap().to_owned()
    }

    /// The result, if there is one.
    pub fn result(&self) -> Option<Value> {
        let last = self.events.last()?;
        let text = last.data.last().filter(|_| last.kind == "Result")?;
        Some(serde_json::from_str::<Value>(text).unwrap()["result"].clone())
    }
}

/// The records of a sound archive.
pub fn records(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (header, rest) = bytes.split_at(BLOCK);
        let name: Vec<u8> = header[..100].iter().copied().take_while(|byte| *byte != 0).collect();
        let size = octal(&header[124..135]) as usize;
        let text = String::from_utf8(rest[..size].to_vec()).unwrap();
        records.push(Record { name: String::from_utf8(name).unwrap(), text });
        bytes = &rest[size.next_multiple_of(BLOCK)..];
    }
    records
}

/// The contrary of [`records`].
pub fn join<'a>(timestamp: u64, records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
    records.into_iter().flat_map(|Record { name, text }| record(name, text, timestamp)).collect()
}

/// The name of a text: its SHA-256.
pub fn name(text: &str) -> String {
    hex(&sha256(text.as_bytes()))
}

fn octal(digits: &[u8]) -> u64 {
    u64::from_str_radix(std::str::from_utf8(digits).unwrap(), 8).unwrap()
}

fn record(name: &str, text: &str, timestamp: u64) -> Vec<u8> {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, field: &str| header[at..at + field.len()].copy_from_slice(field.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", text.len()));
    put(136, &format!("{timestamp:011o}"));
    // The checksum counts its own field as spaces.
    put(148, "        ");
    put(156, "0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}
