//! Where things lie, and how other programs are started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The target triple of the web app.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The directory of the root `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// Cargo's target directory: `target/`, unless `CARGO_TARGET_DIR` says otherwise.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// Cargo, in the root directory, with an environment as if a person had called it.
///
/// Cargo describes the package it runs, here xtask, in variables. Handed on, they would make build scripts
/// that watch such variables run anew, and their crates with them, at every change between `cargo build`
/// and `cargo xtask build`.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    let of_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"];
    for (name, _) in env::vars_os() {
        if of_this_package.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    if let Some(jobs) = jobs_for_memory() {
        command.env("CARGO_BUILD_JOBS", jobs.to_string());
    }
    command
}

/// Fewer compilers at a time than there are processors, where memory is short: one for each 1.5 GB.
/// `None` where memory is plenty or unknown, or where the caller has chosen.
fn jobs_for_memory() -> Option<usize> {
    if env::var_os("CARGO_BUILD_JOBS").is_some() {
        return None;
    }
    let processors = std::thread::available_parallelism().ok()?.get();
    let memory_kb = kilobytes_total(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    let jobs = usize::try_from(memory_kb / 1_500_000).ok()?.max(1);
    (jobs < processors).then_some(jobs)
}

fn kilobytes_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs a command whose output goes straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = name(command);
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program} ended with {status}; its own message stands above");
    }
    Ok(())
}

/// Runs a command and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = name(command);
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The program's name without its directories.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

/// The program of this name in the first directory of `PATH` that has one.
pub(crate) fn program(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_memory_is_read_from_meminfo() {
        assert_eq!(kilobytes_total("MemTotal:        4028456 kB\nMemFree: 1 kB\n"), Some(4_028_456));
        assert_eq!(kilobytes_total("nothing of the kind"), None);
    }
}
