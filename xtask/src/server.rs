//! The server with the web app inside: one binary that needs nothing beside it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::preflight;
use crate::web::{self, DIST_VARIABLE, Speed};
use crate::workspace;

const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
const DATA_DEFAULT: &str = "./data";

/// `cargo xtask build`.
pub(crate) fn build() -> Result<ExitCode> {
    println!("[1/3] checking what a build needs");
    preflight::check()?;
    let binary = compile("2/3", "3/3")?;
    println!("built {}", binary.display());
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask run`: builds, then becomes the server, so that Ctrl-C and the exit status are the server's.
pub(crate) fn run(options: &[String]) -> Result<ExitCode> {
    let options = options.strip_prefix(&["--".to_owned()]).unwrap_or(options);
    let listen = option(options, "--listen");
    println!("[1/4] checking what a build needs");
    preflight::check_for_run(listen.unwrap_or(LISTEN_DEFAULT))?;
    let binary = compile("2/4", "3/4")?;

    let mut server = Command::new(&binary);
    server.arg("serve");
    if listen.is_none() {
        server.args(["--listen", LISTEN_DEFAULT]);
    }
    if option(options, "--data").is_none() {
        server.args(["--data", DATA_DEFAULT]);
    }
    println!("[4/4] starting; open http://{} in a browser", listen.unwrap_or(LISTEN_DEFAULT));
    become_program(server.args(options))
}

fn compile(step_web: &str, step_server: &str) -> Result<PathBuf> {
    println!("[{step_web}] building the web app (some minutes the first time)");
    let dist = web::build(Speed::SmallToLoad)?;
    println!("[{step_server}] building the server (some minutes the first time)");
    workspace::run(
        workspace::cargo().args(["build", "--release", "--package", "concerted"]).env(DIST_VARIABLE, dist),
    )?;
    let name = format!("concerted{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace::target().join("release").join(name))
}

/// The value of an option, written `--name value` or `--name=value`.
fn option<'a>(options: &'a [String], name: &str) -> Option<&'a str> {
    options.iter().enumerate().find_map(|(index, option)| match option.strip_prefix(name)? {
        "" => options.get(index + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    let program = command.get_program().to_string_lossy().into_owned();
    Err(command.exec()).with_context(|| format!("cannot start {program}"))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    workspace::run(command)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_in_both_forms() {
        let options = |of: &[&str]| of.iter().map(|option| (*option).to_owned()).collect::<Vec<String>>();
        assert_eq!(option(&options(&["--listen", "[::1]:80"]), "--listen"), Some("[::1]:80"));
        assert_eq!(option(&options(&["--data=d", "--listen=a:1"]), "--listen"), Some("a:1"));
        assert_eq!(option(&options(&["--listening", "a:1", "--listen"]), "--listen"), None);
    }
}
