//! `concerted ballot …`: its verbs and their options.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum BallotVerb {
    /// Make a complete election with random votes
    Simulate(SimulateOptions),
    /// Hold an election step by step
    #[command(subcommand, after_help = BY_HAND)]
    ByHand(ByHandVerb),
    /// Measure casting, verifying and tallying on this machine
    Bench(BenchOptions),
}

const BY_HAND: &str = "\
In order, with files in the working directory:
  trustee --out T1                      each trustee: T1.key is secret, T1.pub is public
  credentials --uuid UUID --count 20    the credential authority
  setup --uuid UUID --questions Q.json --trustee T1.pub --credentials credentials.pub --out E.bel
  cast E.bel --credential C --choices '[[1,0,0]]'      each voter; again to vote again
  tally E.bel                           closes the election
  decrypt E.bel --key T1.key            each trustee
  publish E.bel                         opens the result
For a threshold key: threshold commit, deal, confirm, finish, each by every trustee in turn.
docs/cli.md has whole examples.";

/// The group an election is held in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupName {
    /// Fast and small
    Ed25519,
    /// What Debian's belenios-tool 2.0 reads
    #[value(name = "belenios-2048")]
    Belenios2048,
}

/// The shape of the questions and the number of ballots.
#[derive(Args, Clone, Debug)]
pub(crate) struct Shape {
    /// The group
    #[arg(long, value_enum, default_value = "ed25519")]
    pub(crate) group: GroupName,
    /// Answers to each question
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) answers: u64,
    /// The least number of answers a voter chooses
    #[arg(long, value_name = "A", default_value_t = 1)]
    pub(crate) min: u64,
    /// The greatest
    #[arg(long, value_name = "B", default_value_t = 1)]
    pub(crate) max: u64,
    /// A voter may leave a question blank
    #[arg(long)]
    pub(crate) blank: bool,
    /// Questions
    #[arg(long, value_name = "Q", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=256))]
    pub(crate) questions: u64,
    /// Voters, all of whom vote
    #[arg(long, value_name = "V", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=2_000_000))]
    pub(crate) voters: u64,
    /// Further ballots, by voters who vote again
    #[arg(long, value_name = "R", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=2_000_000))]
    pub(crate) revotes: u64,
    /// Voters have weights
    #[arg(long)]
    pub(crate) weights: bool,
    /// Trustees
    #[arg(long, value_name = "M", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) trustees: u64,
    /// Any T of them can open the result; without this, all are needed
    #[arg(long, value_name = "T")]
    pub(crate) threshold: Option<u64>,
}

#[derive(Args)]
pub(crate) struct SimulateOptions {
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// The archive to write; its hints go beside it
    #[arg(long, value_name = "FILE.bel")]
    pub(crate) out: PathBuf,
    /// The same seed makes the same file [default: from the operating system]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Args)]
pub(crate) struct BenchOptions {
    /// Ballots
    #[arg(long, value_name = "V", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=2_000_000))]
    pub(crate) voters: u64,
    /// Answers to the question, of which one is chosen
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub(crate) answers: u64,
    /// The group
    #[arg(long, value_enum, default_value = "ed25519")]
    pub(crate) group: GroupName,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Where to put the archive meanwhile [default: the system's temporary directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum ByHandVerb {
    /// Make a mandatory trustee's key pair: OUT.key, secret, and OUT.pub
    Trustee {
        /// The group
        #[arg(long, value_enum, default_value = "ed25519")]
        group: GroupName,
        /// A name to publish with the key
        #[arg(long)]
        name: Option<String>,
        /// Where to write, without ending
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
    },
    /// Make a key together, of which any T of M trustees can make use
    #[command(subcommand)]
    Threshold(ThresholdVerb),
    /// Make credentials: OUT.pub, public, and OUT.secret, one line for each voter
    Credentials {
        /// The group
        #[arg(long, value_enum, default_value = "ed25519")]
        group: GroupName,
        /// The election's UUID, 14 or more Base58 characters
        #[arg(long)]
        uuid: String,
        /// How many; their ids are 1, 2, …
        #[arg(long, value_name = "N", required_unless_present = "voters", conflicts_with = "voters")]
        count: Option<u64>,
        /// A file with a voter's id on each line, and a weight after a comma if it is not 1
        #[arg(long, value_name = "FILE")]
        voters: Option<PathBuf>,
        /// Where to write, without ending
        #[arg(long, value_name = "OUT", default_value = "credentials")]
        out: PathBuf,
    },
    /// Begin the archive
    Setup {
        /// The group, in which trustees and credentials are
        #[arg(long, value_enum, default_value = "ed25519")]
        group: GroupName,
        /// The election's UUID, as the credentials were made for
        #[arg(long)]
        uuid: String,
        /// A JSON file: {"name", "description", "questions": [{"answers", "blank", "min", "max", "question"}]}
        #[arg(long, value_name = "FILE")]
        questions: PathBuf,
        /// A trustee's public key, or the keys of a threshold group as `threshold finish`
        /// wrote them; once for each
        #[arg(long = "trustee", value_name = "T.pub", required = true)]
        trustees: Vec<PathBuf>,
        /// The public credentials
        #[arg(long, value_name = "FILE")]
        credentials: PathBuf,
        /// The archive to write
        #[arg(long, value_name = "FILE.bel")]
        out: PathBuf,
    },
    /// Cast a ballot
    Cast {
        /// The archive
        file: PathBuf,
        /// The credential, or - to read it from standard input
        #[arg(long, value_name = "CREDENTIAL|-")]
        credential: String,
        // No comment for documentation, where brackets would be links.
        #[arg(
            long,
            value_name = "JSON|-",
            help = r#"For each question 0 or 1 for each answer, or "blank": [[1,0,0],"blank"]; or - for standard input"#
        )]
        choices: String,
    },
    /// Close the election and publish the encrypted tally
    Tally {
        /// The archive
        file: PathBuf,
    },
    /// Decrypt a trustee's part of the tally
    Decrypt {
        /// The archive
        file: PathBuf,
        /// The trustee's secret key
        #[arg(long, value_name = "T.key")]
        key: PathBuf,
    },
    /// Publish the result
    Publish {
        /// The archive
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum ThresholdVerb {
    /// First: writes OUT.secret, and OUT.commit for the others
    Commit {
        /// The group
        #[arg(long, value_enum, default_value = "ed25519")]
        group: GroupName,
        /// A name all agree on, used for no other key
        #[arg(long)]
        session: String,
        /// How many of the trustees will be enough
        #[arg(long, value_name = "T")]
        threshold: usize,
        /// How many trustees there are
        #[arg(long, value_name = "M")]
        trustees: usize,
        /// Which one this is, counted from 1
        #[arg(long, value_name = "I")]
        index: usize,
        /// Where to write, without ending
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
    },
    /// When all have committed: writes OUT.deal for the others
    Deal(ThresholdOptions),
    /// When all have dealt: writes OUT.confirm for the others, or OUT.complaint
    Confirm(ThresholdOptions),
    /// When all have confirmed: writes OUT.pub, the same for all, and OUT.key, secret
    Finish(ThresholdOptions),
}

#[derive(Args)]
pub(crate) struct ThresholdOptions {
    /// As given to `commit`: what this trustee keeps is in OUT.secret
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// The messages of all trustees so far, in any order
    #[arg(value_name = "FILE", required = true)]
    pub(crate) messages: Vec<PathBuf>,
}
