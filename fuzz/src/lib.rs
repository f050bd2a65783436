//! Fuzz targets: one for each way in which bytes from strangers reach us.
//!
//! A target is a function that takes any bytes, and panics if what we promise about such bytes is not so. A
//! fuzzer calls it with inputs of its own making (`cargo xtask fuzz`, one program in `src/bin` for each
//! target); `cargo test` calls it with all inputs that are kept: the target's seeds, `corpus/TARGET`, and
//! `cases/TARGET`, where every input goes that once broke something.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a panic is how a target says that something is wrong")]

use std::path::Path;

mod archive;
mod ballot;
mod credentials;
mod edit;
mod establishment;
mod forge;
mod hints;
mod json_small;
mod log;
mod sample;
mod trustees;
mod verify;

/// Something to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its program and of its directories.
    pub name: &'static str,
    run: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

/// The archive of an election, as its reader reads it.
pub const ARCHIVE: Target = Target { name: "archive", run: archive::run, seeds: archive::seeds };
/// A ballot with its hints, in a fixed election.
pub const BALLOT: Target = Target { name: "ballot", run: ballot::run, seeds: ballot::seeds };
/// Lists of credentials, and what voters are handed.
pub const CREDENTIALS: Target =
    Target { name: "credentials", run: credentials::run, seeds: credentials::seeds };
/// What candidates send to establish a key.
pub const ESTABLISHMENT: Target =
    Target { name: "establishment", run: establishment::run, seeds: establishment::seeds };
/// A file of hints beside a fixed archive.
pub const HINTS: Target = Target { name: "hints", run: hints::run, seeds: hints::seeds };
/// Elections, tallies, partial decryptions, results and numbers.
pub const JSON_SMALL: Target = Target { name: "json_small", run: json_small::run, seeds: json_small::seeds };
/// Everything of the log that a relay, a member or a stranger sends, as a device or a relay decodes it.
pub const LOG: Target = Target { name: "log", run: log::run, seeds: log::seeds };
/// The record of trustees.
pub const TRUSTEES: Target = Target { name: "trustees", run: trustees::run, seeds: trustees::seeds };
/// A whole archive, edited.
pub const VERIFY: Target = Target { name: "verify", run: verify::run, seeds: verify::seeds };

/// All targets.
pub const TARGETS: [Target; 9] =
    [ARCHIVE, BALLOT, CREDENTIALS, ESTABLISHMENT, HINTS, JSON_SMALL, LOG, TRUSTEES, VERIFY];

impl Target {
    /// Tries one input.
    ///
    /// # Panics
    /// If something is wrong with us.
    pub fn run(&self, data: &[u8]) {
        (self.run)(data);
    }

    /// Inputs to begin with, made from the test vectors.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }

    /// Writes the seeds, one file each, into the directory that `CONCERTED_FUZZ_SEEDS` names, if it is set:
    /// libFuzzer reads its directories after this.
    ///
    /// # Panics
    /// If a file cannot be written.
    pub fn prepare(&self) {
        let Some(directory) = std::env::var_os("CONCERTED_FUZZ_SEEDS") else { return };
        for (number, seed) in self.seeds().iter().enumerate() {
            std::fs::write(Path::new(&directory).join(number.to_string()), seed).unwrap();
        }
    }
}
