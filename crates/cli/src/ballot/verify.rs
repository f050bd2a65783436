//! `concerted verify FILE.bel`.

use std::path::Path;

use anyhow::Result;
use concerted_ballot::archive::{ReadError, Source};
use concerted_ballot::audit::{Audit, group_name};
use concerted_ballot::{Belenios2048, Check, Ed25519, Failure, Group, Place};
use serde_json::{Value, json};

use super::archive_file::FileSource;
use super::audit::audit;
use crate::output::{Output, Unreadable, printable};

/// Whether the file begins as an archive does.
pub(crate) fn is_archive(path: &Path) -> Result<bool> {
    let source = FileSource::open(path)?;
    let mut name = [0; 9];
    Ok(source.read_at(0, &mut name).is_ok() && &name == b"BELENIOS\0")
}

pub(crate) fn run(path: &Path, threads: Option<usize>, no_hints: bool, out: Output) -> Result<()> {
    let source = FileSource::open(path)?;
    let hints = if no_hints { None } else { FileSource::hints_of(path) };
    let (hints, threads) = (hints.as_ref(), super::audit::threads(threads));
    let verified = group_name(&source).and_then(|group| match group.as_str() {
        Ed25519::NAME => describe::<Ed25519>(&source, hints, threads),
        Belenios2048::NAME => describe::<Belenios2048>(&source, hints, threads),
        _ => Err(Check::GroupKnown.at(Place::Election).into()),
    });
    match verified {
        Ok((value, text)) => {
            out.row(&value, text);
            Ok(())
        }
        Err(ReadError::Failure(failure)) => Err(refuse(&failure, out)),
        Err(error) => {
            let reason = format!("cannot read {}: {error}", path.display());
            out.json_row(&refusal(&reason, None));
            Err(Unreadable(reason).into())
        }
    }
}

fn describe<G: Group>(
    source: &FileSource,
    hints: Option<&FileSource>,
    threads: usize,
) -> Result<(Value, String), ReadError> {
    let audit = audit::<G>(source, hints, threads)?;
    let value = json!({
        "valid": true,
        "ballots": audit.ballots(),
        "counted": audit.counted(),
        "result": audit.result().map(|counts| &counts.result),
        "reason": null,
        "check": null,
        "uuid": audit.election().parameters().uuid,
        "fingerprint": audit.election().fingerprint(),
        "group": G::NAME,
        "entitled": audit.credentials().len(),
        "total_weight": audit.total_weight(),
    });
    Ok((value, text(&audit)))
}

fn text<G: Group>(audit: &Audit<&FileSource, G>) -> String {
    let parameters = audit.election().parameters();
    let mut text = format!(
        "valid: {}\nfingerprint {}\n{} ballots, {} counted of {} entitled",
        printable(&parameters.name),
        audit.election().fingerprint(),
        audit.ballots(),
        audit.counted(),
        audit.credentials().len(),
    );
    let Some(counts) = audit.result() else {
        let stage = match (audit.is_closed(), audit.is_tallied()) {
            (false, _) => "No result yet: voting is not closed.",
            (true, false) => "No result yet: the ballots are not added up.",
            (true, true) => "No result yet: the tally is not opened.",
        };
        return format!("{text}\n{stage}");
    };
    for (question, counts) in parameters.questions.iter().zip(&counts.result) {
        text.push_str(&format!("\n{}", printable(&question.question)));
        let blank = question.allows_blank().then_some("(blank)");
        let answers = blank.into_iter().chain(question.answers.iter().map(String::as_str));
        for (answer, count) in answers.zip(counts) {
            text.push_str(&format!("\n{:>12}  {}", count.0, printable(answer)));
        }
    }
    text
}

/// Says what failed. The exit status is 2 for what cannot be judged, else 1.
fn refuse(failure: &Failure, out: Output) -> anyhow::Error {
    if failure.check == Check::QuestionKind {
        out.json_row(&refusal("unsupported", Some(failure.check)));
        return Unreadable(format!("unsupported: {failure}")).into();
    }
    let reason = failure.to_string();
    out.row(&refusal(&reason, Some(failure.check)), format_args!("not valid: {reason}"));
    anyhow::anyhow!("not valid: {reason}")
}

fn refusal(reason: &str, check: Option<Check>) -> Value {
    json!({
        "valid": false,
        "ballots": null,
        "counted": null,
        "result": null,
        "reason": reason,
        "check": check.map(Check::id),
    })
}
