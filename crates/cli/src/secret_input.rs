//! Words and passphrases: from standard input, the terminal or the environment.

use std::io::{IsTerminal, Read};

use anyhow::{Context, Result};
use zeroize::Zeroizing;

use crate::output::Unreadable;

/// Longest input that is read, in bytes.
const BYTES_MAX: u64 = 64 * 1024;

/// The argument, or standard input if it is `-`.
pub(crate) fn argument(text: &str) -> Result<Zeroizing<String>> {
    if text != "-" {
        return Ok(Zeroizing::new(text.to_owned()));
    }
    if std::io::stdin().is_terminal() {
        eprintln!("Type the text, then press Enter and Ctrl-D:");
    }
    standard_input()
}

/// All of standard input.
pub(crate) fn standard_input() -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| Unreadable(format!("cannot read standard input: {error}")))?;
    Ok(text)
}

/// The passphrase of a locked store: `$CONCERTED_PASSPHRASE`, or asked for.
pub(crate) fn passphrase() -> Result<Zeroizing<String>> {
    if let Ok(passphrase) = std::env::var("CONCERTED_PASSPHRASE") {
        return Ok(Zeroizing::new(passphrase));
    }
    let asked = rpassword::prompt_password("Passphrase of this device: ");
    asked.map(Zeroizing::new).context("this device is locked; set CONCERTED_PASSPHRASE or use a terminal")
}

/// A new passphrase: typed twice on a terminal, else one line of standard input.
pub(crate) fn new_passphrase() -> Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        let text = standard_input()?;
        return Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let first = Zeroizing::new(rpassword::prompt_password("New passphrase: ")?);
    let again = Zeroizing::new(rpassword::prompt_password("The same again: ")?);
    anyhow::ensure!(*first == *again, "the two are not the same; nothing has changed");
    Ok(first)
}
