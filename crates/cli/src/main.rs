//! Concerted on the command line: `concerted serve` runs a relay, everything else
//! acts as a member's device whose store is the directory `--home`.
//!
//! Exit status: 0 done, 1 refused or invalid (the reason is on standard error), 2
//! wrong usage or unreadable.

mod args;
mod ballot;
mod driver;
mod embedded;
mod home;
mod member;
mod output;
mod secret_input;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Verb};

fn main() -> ExitCode {
    let args = Args::parse();
    let ended = match args.verb {
        Verb::Serve(options) => serve::run(options),
        Verb::Verify(options) => verify::run(options, args.home.as_deref(), args.json),
        Verb::Ballot(verb) => ballot::run(verb, args.json),
        Verb::Bylaws(options) => member::bylaws(&options, args.json),
        verb => member::run(verb, args.home, args.json),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("concerted: {problem:#}");
            let unreadable = problem.downcast_ref::<output::Unreadable>().is_some();
            ExitCode::from(if unreadable { 2 } else { 1 })
        }
    }
}
