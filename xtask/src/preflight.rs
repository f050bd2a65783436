//! What must be there before a long build starts, each with the one line that mends it.
//!
//! A build that stops after twenty minutes for want of a compiler costs a newcomer the evening, so every
//! check here takes less than a second and all of them run before anything is compiled.

use std::env;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::{self, WASM};

/// What a build from nothing writes to disk: both compilations, the tests' one and Cargo's sources.
const DISK_COLD_KB: u64 = 6_000_000;
/// What a build beside an earlier one writes.
const DISK_WARM_KB: u64 = 1_500_000;

/// Fails with everything that is missing, not only the first thing.
pub(crate) fn check() -> Result<()> {
    complain(&[wasm_target(), c_compiler(), disk_space()])
}

/// As [`check`], and the address the server is to listen on must be free.
pub(crate) fn check_for_run(listen: &str) -> Result<()> {
    complain(&[wasm_target(), c_compiler(), disk_space(), port(listen)])
}

fn complain(findings: &[Option<String>]) -> Result<()> {
    let missing: Vec<&str> = findings.iter().flatten().map(String::as_str).collect();
    if !missing.is_empty() {
        bail!("this machine is not ready yet:\n  - {}", missing.join("\n  - "));
    }
    Ok(())
}

fn wasm_target() -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let Ok(sysroot) = workspace::output(Command::new(rustc).args(["--print", "sysroot"])) else {
        return Some("no Rust compiler: install Rust as https://rustup.rs says".to_owned());
    };
    let libraries = Path::new(&sysroot).join("lib/rustlib").join(WASM);
    if libraries.is_dir() {
        return None;
    }
    let remedy = match workspace::program("rustup") {
        Some(_) => format!("rustup target add {WASM}"),
        None => "install Rust as https://rustup.rs says; this one came without rustup".to_owned(),
    };
    Some(format!("Rust cannot compile for the browser yet: {remedy}"))
}

fn c_compiler() -> Option<String> {
    let found = compiler("CC", &["cc", "gcc", "clang"]);
    if found { None } else { Some("no C compiler: apt-get install gcc libc6-dev".to_owned()) }
}

/// What fuzzing needs beyond a build, if it is missing.
pub(crate) fn cxx_compiler() -> Option<String> {
    let found = compiler("CXX", &["c++", "g++", "clang++"]);
    if found { None } else { Some("no C++ compiler: apt-get install g++".to_owned()) }
}

fn compiler(variable: &str, names: &[&str]) -> bool {
    let named = env::var(variable).ok();
    named.as_deref().into_iter().chain(names.iter().copied()).any(|name| {
        // The variable may carry options and may be a path; only a bare name is searched for.
        let name = name.split_whitespace().next().unwrap_or_default();
        Path::new(name).is_file() || workspace::program(name).is_some()
    })
}

fn disk_space() -> Option<String> {
    let target = workspace::target();
    let needed_kb = if target.join("web/build").is_dir() { DISK_WARM_KB } else { DISK_COLD_KB };
    let directory = target.ancestors().find(|directory| directory.is_dir())?;
    let listing = workspace::output(Command::new("df").arg("-Pk").arg(directory)).ok()?;
    let free_kb = kilobytes_free(&listing)?;
    (free_kb < needed_kb).then(|| {
        let gigabytes = |kb: u64| kb as f64 / 1e6;
        format!(
            "the disk has {:.1} GB free and the build needs {:.1} GB: free {:.1} GB more, or set \
             CARGO_TARGET_DIR to a directory on a larger disk",
            gigabytes(free_kb),
            gigabytes(needed_kb),
            gigabytes(needed_kb - free_kb),
        )
    })
}

/// The fourth column of `df -Pk`, whose second line is about the directory asked for.
fn kilobytes_free(listing: &str) -> Option<u64> {
    listing.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// An address that cannot be parsed is left to the server, which explains what it accepts.
fn port(listen: &str) -> Option<String> {
    let address = listen.to_socket_addrs().ok()?.next()?;
    let free = |port: u16| TcpListener::bind((address.ip(), port));
    let error = free(address.port()).err()?;
    Some(
        match (1..100).filter_map(|step| address.port().checked_add(step)).find(|port| free(*port).is_ok()) {
            Some(port) => {
                let other = SocketAddr::new(address.ip(), port);
                format!("cannot listen on {address} ({error}): add --listen {other}")
            }
            None => format!("cannot listen on {address}: {error}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_read_from_df() {
        let listing = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n\
                       /dev/vda         264000000 12000000  83886080      14% /\n";
        assert_eq!(kilobytes_free(listing), Some(83_886_080));
        assert_eq!(kilobytes_free(""), None);
    }

    #[test]
    fn a_taken_port_is_reported_with_another_one() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("some port is free");
        let address = taken.local_addr().expect("a bound socket has an address").to_string();
        let message = port(&address).expect("the port is taken");
        assert!(message.contains("add --listen 127.0.0.1:"), "{message}");
        drop(taken);
        assert_eq!(port(&address), None);
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let error =
            complain(&[Some("a".to_owned()), None, Some("b".to_owned())]).expect_err("two are missing");
        assert_eq!(error.to_string(), "this machine is not ready yet:\n  - a\n  - b");
    }
}
