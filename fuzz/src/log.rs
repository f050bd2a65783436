//! Records, entries, messages and files of the log.

use concerted_assembly::content::Content;
use concerted_log::cbor;
use concerted_log::entry::Entry;
use concerted_log::export::Export;
use concerted_log::fork::ForkProof;
use concerted_log::letter::Letter;
use concerted_log::message::{
    ANSWER_BYTES_MAX, Answer, ClientFrame, REQUEST_BYTES_MAX, Request, ServerFrame,
};
use concerted_log::receipt::Receipt;
use concerted_log::record::ParsedRecord;

/// The same bytes as each of the things that are decoded.
pub(crate) fn run(data: &[u8]) {
    let _ = cbor::decode::<Request>(data, REQUEST_BYTES_MAX);
    let _ = cbor::decode::<Answer>(data, ANSWER_BYTES_MAX);
    let _ = cbor::decode::<ClientFrame>(data, REQUEST_BYTES_MAX);
    let _ = cbor::decode::<ServerFrame>(data, ANSWER_BYTES_MAX);
    let _ = cbor::decode::<Entry>(data, ANSWER_BYTES_MAX);
    let _ = cbor::decode::<Receipt>(data, ANSWER_BYTES_MAX);
    let _ = cbor::decode::<ForkProof>(data, ANSWER_BYTES_MAX);
    let _ = ParsedRecord::parse(data);
    let _ = Content::parse(data);
    let _ = Letter::from_bytes(data);
    if let Ok(export) = cbor::decode::<Export>(data, REQUEST_BYTES_MAX) {
        // With the right magic and hash, as only somebody gives it who wants it to be read.
        let _ = Export::verify(&export.to_bytes());
    }
    let _ = Export::verify(data);
}

/// Every encoding in the golden vectors.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vectors");
    let mut seeds = Vec::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        collect(&serde_json::from_slice(&text).unwrap(), &mut seeds);
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Texts that are the hexadecimal form of more than a hash.
fn collect(value: &serde_json::Value, seeds: &mut Vec<Vec<u8>>) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, seeds)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| collect(value, seeds)),
        serde_json::Value::String(text) => seeds.extend(bytes(text).filter(|bytes| bytes.len() > 32)),
        _ => {}
    }
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}
