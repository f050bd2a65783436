//! `concerted verify FILE`: what kind of file it is, and whether all in it holds.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Result, bail};
use concerted_client::Mode;
use concerted_client::export::{open_with_key, open_with_words, replay};
use concerted_log::epoch::EpochSecrets;
use concerted_log::export::{Export, ExportFault, FILE_BYTES_MAX, MAGIC, Secrets};
use concerted_log::id::PointBytes;
use concerted_log::words::RecoveryWords;
use concerted_log::{ChainHash, schnorr};
use serde_json::{Value, json};

use crate::args::VerifyOptions;
use crate::ballot;
use crate::driver::Driver;
use crate::home::Home;
use crate::output::{Output, Unreadable};
use crate::secret_input;

pub(crate) fn run(options: VerifyOptions, home: Option<&Path>, as_json: bool) -> Result<()> {
    let out = Output::new(as_json);
    let is_archive = ballot::verify::is_archive(&options.file);
    if let Ok(true) = is_archive {
        return ballot::verify::run(&options.file, options.threads, options.no_hints, out);
    }
    let verified = is_archive.and_then(|_| verify_export(&options, home, out));
    // Programs get a verdict in every case.
    if let Err(Some(Unreadable(reason))) = verified.as_ref().map_err(|error| error.downcast_ref()) {
        // Of which kind the file was meant to be nobody knows, so this has the fields of both.
        out.json_row(&json!({
            "valid": false,
            "level": null,
            "ballots": null,
            "counted": null,
            "result": null,
            "reason": reason,
            "check": null,
        }));
    }
    verified
}

fn verify_export(options: &VerifyOptions, home: Option<&Path>, out: Output) -> Result<()> {
    let file = read_bounded(&options.file)?;
    if !file.starts_with(MAGIC) {
        return Err(Unreadable(format!("{}, nor the archive of an election", ExportFault::NotOurs)).into());
    }
    let export = match Export::verify(&file) {
        Ok(export) => export,
        Err(fault) => return Err(invalid(out, &fault.to_string())),
    };
    let secrets = match find_secrets(out, &export, options, home)? {
        Some(secrets) => secrets,
        None => return chain_only(out, &export),
    };
    match replay(&export, secrets) {
        Ok(body) => {
            let mut value = described(&export, "full");
            value["members"] = json!(body.roster().len());
            value["epoch"] = json!(body.epoch().epoch().get());
            value["state_hash"] = json!(ChainHash::new(body.state_hash()).to_string());
            let text = format!(
                "valid, all of it: {:?}, {} entries, {} members\nhead {}\nstate {}",
                body.name().as_str(),
                export.entries.len(),
                body.roster().len(),
                export.head().chain,
                ChainHash::new(body.state_hash()),
            );
            out.row(&value, text);
            Ok(())
        }
        Err(fault) => Err(invalid(out, &fault.to_string())),
    }
}

fn chain_only(out: Output, export: &Export) -> Result<()> {
    let text = format!(
        "valid as far as it can be seen without keys: hash, chain and receipts of {} entries\nhead {}\n\
         With a member's --home, or --words, its content is checked, too.",
        export.entries.len(),
        export.head().chain,
    );
    out.row(&described(export, "chain"), text);
    Ok(())
}

fn described(export: &Export, level: &str) -> Value {
    json!({
        "valid": true,
        "level": level,
        "body": export.body.to_string(),
        "entries": export.entries.len(),
        "head": { "sequence": export.head().count, "chain": export.head().chain.to_string() },
        "reason": null,
    })
}

fn invalid(out: Output, reason: &str) -> anyhow::Error {
    out.row(&json!({ "valid": false, "level": null, "reason": reason }), format_args!("not valid: {reason}"));
    anyhow::anyhow!("not valid: {reason}")
}

/// The secrets in the file, by the words, the keys of a home, or because they are
/// plain. None if nothing to open it with was given.
fn find_secrets(
    out: Output,
    export: &Export,
    options: &VerifyOptions,
    home: Option<&Path>,
) -> Result<Option<EpochSecrets>> {
    if let Some(words) = &options.words {
        let text = secret_input::argument(words)?;
        let words = RecoveryWords::parse(&text)?.to_secret();
        let key = words.root().recovery_key(&export.body);
        let opened = open_with_words(export, &words);
        let Some(secrets) = unless_named(out, export, opened, key)? else {
            bail!("these words do not open this file: they belong to nobody on its roster")
        };
        return Ok(Some(secrets));
    }
    if let Secrets::Plain(secrets) = &export.secrets {
        return Ok(Some(secrets.clone()));
    }
    let Some(home) = home else { return Ok(None) };
    if !home.join("device.db").is_file() {
        bail!("{} is no device's home", home.display());
    }
    let driver = Driver::open(Home::open(home)?, Mode::OneShot)?;
    let Some(session) = driver.engine.session_of(&export.body) else {
        out.note("This device is not in that body, so only the chain is checked.");
        return Ok(None);
    };
    // The home's own secrets do as well as the sealed part's.
    let last = export.entries.iter().map(|entry| entry.lane.epoch).max();
    let known = session.kept.secrets.iter().rev().find(|secrets| Some(secrets.epoch) == last).cloned();
    let key = session.kept.device.sealing();
    let opened = open_with_key(export, key);
    let secrets = unless_named(out, export, opened, schnorr::public(key))?.or(known);
    if secrets.is_none() {
        out.note("This device was not on the roster at the end of that file, so only the chain is checked.");
    }
    Ok(secrets)
}

/// What was opened, if anything. That nothing was is the file's fault if it says
/// that it is sealed to this key.
fn unless_named(
    out: Output,
    export: &Export,
    opened: Option<EpochSecrets>,
    key: PointBytes,
) -> Result<Option<EpochSecrets>> {
    let is_named = matches!(&export.secrets, Secrets::Sealed(keys, ..) if keys.contains(&key));
    if opened.is_none() && is_named {
        return Err(invalid(out, "the sealed part does not open with a key that it was sealed to"));
    }
    Ok(opened)
}

fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| Unreadable(format!("cannot read {}: {error}", path.display()));
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Unreadable(format!("{} is longer than any file of ours", path.display())).into());
    }
    Ok(bytes)
}
