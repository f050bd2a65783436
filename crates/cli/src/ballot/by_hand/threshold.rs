//! A threshold key made by hand: the establishment's messages are files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use chacha20::ChaCha20Rng;
use concerted_ballot::establishment::{Establishment, MESSAGE_BYTES_MAX, Participant, Round, Session};
use concerted_ballot::hash::sha256;
use concerted_ballot::trustee::{Pedersen, PrivateKey};
use concerted_ballot::{Belenios2048, Ed25519, Group};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::archive_file::{self, with_suffix};
use super::super::args::{GroupName, ThresholdOptions, ThresholdVerb};
use super::{SMALL_FILE_BYTES_MAX, system_rng};
use crate::output::Output;

pub(crate) fn run(verb: ThresholdVerb, out: Output) -> Result<()> {
    match verb {
        ThresholdVerb::Commit { group, session, threshold, trustees, index, out: path } => {
            ensure!((1..=trustees).contains(&index), "--index {index} must be between 1 and {trustees}");
            let id = sha256(format!("concerted by hand|{session}").as_bytes());
            let session = Session::new(id, trustees, trustees, threshold)?;
            match group {
                GroupName::Ed25519 => commit::<Ed25519>(session, index, &path, out),
                GroupName::Belenios2048 => commit::<Belenios2048>(session, index, &path, out),
            }
        }
        ThresholdVerb::Deal(options) => go_on(&options, Round::Dealing, out),
        ThresholdVerb::Confirm(options) => go_on(&options, Round::Confirmation, out),
        ThresholdVerb::Finish(options) => go_on(&options, Round::Complete, out),
    }
}

/// A whole establishment in memory, by trustees who all do as they should.
pub(crate) fn establish<G: Group>(
    count: usize,
    threshold: usize,
    rng: &mut ChaCha20Rng,
) -> Result<(Pedersen, Vec<PrivateKey<G>>)> {
    let session = Session::new(sha256(b"concerted simulated key"), count, count, threshold)?;
    let mut state = Establishment::<G>::new(session);
    let mut participants: Vec<_> =
        (1..=count).map(|number| Participant::<G>::new(session, number, rng)).collect();
    while state.pedersen().is_none() {
        let mut messages = Vec::new();
        for participant in &mut participants {
            messages.extend(
                participant.step(&state, rng)?.into_iter().map(|message| (participant.number(), message)),
            );
        }
        for (author, message) in messages {
            state.apply(author, message.as_bytes())?;
        }
        ensure!(
            state.close_round().is_some_and(|closed| closed.excluded.is_empty()),
            "an honest trustee was excluded"
        );
    }
    let keys = participants.iter().map(|participant| participant.private_key(&state));
    let keys = keys.collect::<Result<_, _>>()?;
    Ok((state.pedersen().context("there is a key")?.clone(), keys))
}

fn commit<G: Group>(session: Session, index: usize, path: &Path, out: Output) -> Result<()> {
    let mut rng = system_rng();
    let mut participant = Participant::<G>::new(session, index, &mut rng);
    let messages = participant.step(&Establishment::new(session), &mut rng)?;
    let (secret, message) = (with_suffix(path, ".secret"), with_suffix(path, ".commit"));
    let text = messages.join("\n");
    archive_file::create_pair((&secret, &participant.to_bytes()), (&message, text.as_bytes()))?;
    print(&message, out);
    Ok(())
}

fn go_on(options: &ThresholdOptions, round: Round, out: Output) -> Result<()> {
    let secret =
        Zeroizing::new(archive_file::read(&with_suffix(&options.out, ".secret"), SMALL_FILE_BYTES_MAX)?);
    match (Participant::<Ed25519>::from_bytes(&secret), Participant::<Belenios2048>::from_bytes(&secret)) {
        (Some(participant), _) => step(participant, options, round, out),
        (_, Some(participant)) => step(participant, options, round, out),
        _ => bail!("{} is not what `threshold commit` wrote", with_suffix(&options.out, ".secret").display()),
    }
}

fn step<G: Group>(
    mut participant: Participant<G>,
    options: &ThresholdOptions,
    round: Round,
    out: Output,
) -> Result<()> {
    let state = replay::<G>(participant.session(), &options.messages, round)?;
    if round == Round::Complete {
        return finish(&participant, &state, &options.out, out);
    }
    let messages = participant.step(&state, &mut system_rng())?;
    ensure!(!messages.is_empty(), "this trustee's message of this step is among the files already");
    let suffix = match round {
        Round::Dealing => ".deal",
        _ if messages.iter().any(|message| kind(message.as_bytes()) == Some("complaint")) => ".complaint",
        _ => ".confirm",
    };
    let path = with_suffix(&options.out, suffix);
    ensure!(!path.exists(), "{} is there already", path.display());
    // Before the message is out: what was dealt once is never dealt otherwise.
    archive_file::replace(&with_suffix(&options.out, ".secret"), &participant.to_bytes(), 0o600)?;
    archive_file::create(&path, messages.join("\n").as_bytes())?;
    print(&path, out);
    Ok(())
}

/// The public state at the beginning of `round`, from everyone's messages.
fn replay<G: Group>(session: Session, files: &[PathBuf], round: Round) -> Result<Establishment<G>> {
    let mut messages = Vec::new();
    for path in files {
        for line in archive_file::read(path, SMALL_FILE_BYTES_MAX)?.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                messages.push((path, line.to_vec()));
            }
        }
    }
    let mut state = Establishment::<G>::new(session);
    for (at, kinds) in [
        (Round::Commitment, ["commitment"].as_slice()),
        (Round::Dealing, &["dealing"]),
        (Round::Confirmation, &["confirmation", "complaint"]),
    ] {
        if at == round {
            break;
        }
        for (path, message) in
            messages.iter().filter(|(_, message)| kind(message).is_some_and(|kind| kinds.contains(&kind)))
        {
            let author =
                author(message).with_context(|| format!("{} is no message of ours", path.display()))?;
            state.apply(author, message).with_context(|| format!("{} is refused", path.display()))?;
        }
        if !state.is_settled() {
            let missing: Vec<String> = state.awaited().iter().map(ToString::to_string).collect();
            bail!("wait for the {} of trustee {}", kinds[0], missing.join(", "));
        }
        if let Some(failure) = state.close_round().and_then(|closed| closed.excluded.into_iter().next()) {
            bail!("{failure}: begin anew without them, with another --session");
        }
    }
    // Messages of this round too, so that nobody answers twice.
    for (_, message) in messages {
        if let Some(author) = author(&message) {
            let _ = state.apply(author, &message);
        }
    }
    Ok(state)
}

fn finish<G: Group>(
    participant: &Participant<G>,
    state: &Establishment<G>,
    path: &Path,
    out: Output,
) -> Result<()> {
    let key = participant.private_key(state)?;
    let group = serde_json::to_string(state.pedersen().context("there is no key yet")?)?;
    super::write_pair(path, key.to_json().as_bytes(), group.as_bytes(), out)?;
    let secret = with_suffix(path, ".secret");
    fs::remove_file(&secret)
        .with_context(|| format!("cannot delete {}: delete it yourself", secret.display()))
}

fn print(message: &Path, out: Output) {
    out.row(
        &json!({ "message": message.display().to_string() }),
        format_args!("{}: hand it to all trustees", message.display()),
    );
}

/// What a message says about itself; [`Establishment::apply`] checks it.
fn content(message: &[u8]) -> Option<Value> {
    let mut value: Value =
        if message.len() <= MESSAGE_BYTES_MAX { serde_json::from_slice(message).ok()? } else { return None };
    Some(value.get_mut("content")?.take())
}

fn author(message: &[u8]) -> Option<usize> {
    content(message)?.get("participant")?.as_u64()?.try_into().ok()
}

fn kind(message: &[u8]) -> Option<&'static str> {
    let content = content(message)?;
    let body = content.get("body")?;
    ["commitment", "dealing", "confirmation", "complaint"].into_iter().find(|kind| body.get(kind).is_some())
}
