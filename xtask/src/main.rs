//! `cargo xtask`: builds, runs and tests Concerted with nothing installed beyond Rust and a C compiler.
//!
//! Each module is one concern: [`preflight`] asks whether this machine can build at all, [`web`] makes the
//! bundle that members download (with [`bundle`] giving the files their names and [`compress`] making them
//! small), [`ballot_page`] the one on which ballots are tested, [`server`] builds and starts the binary that carries it, [`test`] runs every check the project
//! has, [`fuzz`] looks for inputs that break it, and [`tidy`] compares what the documents list with what the
//! tree holds.

mod ballot_page;
mod bundle;
mod compress;
mod dist;
mod fuzz;
mod preflight;
mod server;
mod tally;
mod test;
#[cfg(test)]
mod tidy;
mod web;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Builds, runs and tests Concerted.

Usage: cargo xtask <COMMAND>

  run [OPTIONS]    build everything, then start the server; all options go to `concerted serve`,
                   by default: --listen 127.0.0.1:8080 --data ./data
  build            build the web app and the server that carries it: target/release/concerted
  web [--dev]      build the web app only, into target/web/dist
                   (--dev: sooner built, but large; into target/web/dev)
  test [--quick]   run every check; --quick leaves out the slow ones and says which
  fuzz [TARGET...] [--seconds N]
                   look for inputs that break the fuzz targets (all of them, 60 s each)
  help             print this
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let (command, options) = match arguments.split_first() {
        Some((command, options)) => (command.as_str(), options),
        None => ("help", arguments),
    };
    if matches!(command, "help" | "--help" | "-h") {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    match (command, only(options).as_slice()) {
        ("run", _) => server::run(options),
        ("build", []) => server::build(),
        ("web", []) => web::command(web::Speed::SmallToLoad),
        ("web", ["--dev"]) => web::command(web::Speed::SoonBuilt),
        ("fuzz", options) => fuzz::command(options),
        ("test", []) => test::run(test::Extent::Everything),
        ("test", ["--quick"]) => test::run(test::Extent::Quick),
        _ => bail!("`{}` is no command here; `cargo xtask help` lists them", arguments.join(" ")),
    }
}

fn only(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}
