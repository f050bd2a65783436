//! `concerted ballot …` and `concerted verify FILE.bel`: elections in archives.

mod archive_file;
pub(crate) mod args;
mod audit;
mod bench;
mod by_hand;
mod simulate;
mod trustees;
pub(crate) mod verify;

use anyhow::Result;

use args::BallotVerb;

use crate::output::Output;

pub(crate) fn run(verb: BallotVerb, as_json: bool) -> Result<()> {
    let out = Output::new(as_json);
    match verb {
        BallotVerb::Simulate(options) => simulate::run(&options, out),
        BallotVerb::ByHand(verb) => by_hand::run(verb, out),
        BallotVerb::Bench(options) => bench::run(&options, out),
    }
}
