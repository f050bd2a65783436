//! A ballot as it stands in an archive: compact JSON, fields in this order.

use serde::{Deserialize, Serialize};

/// The whole ballot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BallotText<'a> {
    pub(crate) election_uuid: &'a str,
    pub(crate) election_hash: &'a str,
    pub(crate) credential: &'a str,
    #[serde(borrow)]
    pub(crate) answers: Vec<Answer<'a>>,
    pub(crate) signature: Signature<'a>,
}

/// The answer to one question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer<'a> {
    #[serde(borrow)]
    pub(crate) choices: Vec<Ciphertext<'a>>,
    pub(crate) individual_proofs: Vec<Vec<Proof<'a>>>,
    pub(crate) overall_proof: Vec<Proof<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blank_proof: Option<Vec<Proof<'a>>>,
}

/// alpha = g^r, beta = y^r · g^m
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ciphertext<'a> {
    pub(crate) alpha: &'a str,
    pub(crate) beta: &'a str,
}

/// A challenge and a response, decimal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof<'a> {
    pub(crate) challenge: &'a str,
    pub(crate) response: &'a str,
}

/// The credential's signature over the rest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature<'a> {
    pub(crate) hash: &'a str,
    #[serde(borrow)]
    pub(crate) proof: Proof<'a>,
}

/// Reads a ballot; none unless `text` is exactly its canonical form.
pub(crate) fn parse(text: &str) -> Option<BallotText<'_>> {
    let ballot: BallotText<'_> = serde_json::from_str(text).ok()?;
    let mut rest = Remaining(text.as_bytes());
    serde_json::to_writer(&mut rest, &ballot).ok()?;
    rest.0.is_empty().then_some(ballot)
}

/// The canonical ballot without its signature: what the signature's hash covers.
///
/// Strings of a canonical ballot hold no quotation marks, so the last field name
/// is where it seems to be.
pub(crate) fn unsigned(canonical: &str) -> Option<String> {
    let end = canonical.rfind(",\"signature\":")?;
    Some(format!("{}}}", &canonical[..end]))
}

/// Compares what is written with what is expected, without keeping it.
struct Remaining<'a>(&'a [u8]);

impl std::io::Write for Remaining<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
