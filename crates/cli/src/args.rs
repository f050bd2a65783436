//! The command line: verbs and their options.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::ballot::args::BallotVerb;

const GLOBAL: &str = "Options for all verbs, before or after them";

const FIRST_STEPS: &str = "\
First steps:
  concerted init                                   and write the twelve words on paper
  concerted found --relay URL --name NAME --as ME  prints the committee's id
  concerted invite NAME                            prints a link to hand on
  concerted vouch NAME NICKNAME                    for whom you know among `requests NAME`
  concerted talk NAME TEXT

Exit status: 0 done; 1 refused or invalid, with the reason; 2 wrong usage or
unreadable. docs/cli.md tells all about each verb.";

/// Organise democratically: a committee's log over a relay that can read none of it.
#[derive(Parser)]
#[command(name = "concerted", version, after_help = FIRST_STEPS)]
pub(crate) struct Args {
    /// This device's store; created if it is not there
    /// [default: $CONCERTED_HOME, else ~/.local/share/concerted]
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub(crate) home: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Run a relay, with the web app
    Serve(ServeOptions),
    /// Begin on this device; prints twelve recovery words, once
    Init,
    /// Begin on this device with recovery words
    Restore {
        /// A relay that was used before
        #[arg(long, value_name = "URL")]
        relay: String,
        /// The twelve words, or - to read them from standard input
        #[arg(long, value_name = "WORDS|-")]
        words: String,
        /// The other devices are lost or stolen: remove them
        #[arg(long)]
        lost: bool,
    },
    /// Found a committee
    Found {
        /// The relay that will keep its entries
        #[arg(long, value_name = "URL")]
        relay: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Your nickname in it; better not your real name
        #[arg(long = "as", value_name = "NICK")]
        nickname: String,
        /// Ready-made bylaws: small-workplace, large-workplace, tenants, students, club
        #[arg(long, value_name = "TEMPLATE", default_value = "small-workplace", conflicts_with = "bylaws")]
        template: concerted_assembly::template::Template,
        /// Bylaws from a JSON file, as `bylaws template` prints them
        #[arg(long, value_name = "FILE")]
        bylaws: Option<PathBuf>,
    },
    /// Print ready-made bylaws, to be changed and used with `found --bylaws`
    Bylaws(BylawsOptions),
    /// List the bodies on this device
    Bodies,
    /// Catch up and do what is owed
    Sync {
        /// Only say how this body is
        body: Option<String>,
        /// Stay connected up to this long, until something new has come
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
    },
    /// Open an invitation; prints its link
    Invite {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Close an invitation early
    Uninvite {
        /// Id, beginning of an id, or name
        body: String,
        /// The link
        link: String,
    },
    /// Ask to join
    Join {
        /// The link
        link: String,
        /// Your nickname; better not your real name
        #[arg(long = "as", value_name = "NICK")]
        nickname: String,
    },
    /// Say what a link invites to, without asking to join
    Invitation {
        /// The link
        link: String,
    },
    /// List requests to join
    Requests {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Vouch for someone who asks to join
    Vouch {
        /// Id, beginning of an id, or name
        body: String,
        /// Id, beginning of an id, or nickname
        applicant: String,
    },
    /// Object to an admission that waits
    Object {
        /// Id, beginning of an id, or name
        body: String,
        /// Id, beginning of an id, or nickname
        applicant: String,
    },
    /// Show a body: members, epoch, head, state hash, warnings
    Show {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Say something
    Talk {
        /// Id, beginning of an id, or name
        body: String,
        /// The text, or - to read it from standard input
        text: String,
        /// The thread it belongs to
        #[arg(long, default_value = "")]
        thread: String,
    },
    /// Read what was said
    Read {
        /// Id, beginning of an id, or name
        body: String,
        /// Stay and print what comes
        #[arg(long)]
        follow: bool,
    },
    /// Take another nickname
    Nickname {
        /// Id, beginning of an id, or name
        body: String,
        /// The new one
        nickname: String,
    },
    /// Renew the body's keys
    Rekey {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Leave a body
    Leave {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Delete a body one has left, or asked in vain to join, from this device
    Forget {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Devices: list them, add one, or revoke one that is lost
    #[command(subcommand)]
    Device(DeviceVerb),
    /// List the entries of a body's log
    Log {
        /// Id, beginning of an id, or name
        body: String,
    },
    /// Write a body's log into a file
    Export {
        /// Id, beginning of an id, or name
        body: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Let anyone who has the file read it
        #[arg(long)]
        plain: bool,
    },
    /// Verify a file: an election (FILE.bel), or an export: its chain, and with a
    /// member's --home or --words all of it
    #[command(after_help = "Here --home has no default: what is found depends on nothing but the command.")]
    Verify(VerifyOptions),
    /// Elections apart from any committee: simulate, hold by hand, measure
    #[command(subcommand)]
    Ballot(BallotVerb),
    /// Encrypt what this device stores under a passphrase, or stop doing so
    #[command(subcommand)]
    Passphrase(PassphraseVerb),
    /// Delete everything on this device
    Wipe {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(ClapArgs)]
pub(crate) struct ServeOptions {
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Directory of the relay's data; created if it is not there
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub(crate) data: PathBuf,
    /// The address members reach this relay by; links contain it
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Trust X-Forwarded-For from a proxy in front
    #[arg(long)]
    pub(crate) behind_proxy: bool,
}

#[derive(ClapArgs)]
pub(crate) struct BylawsOptions {
    #[command(subcommand)]
    pub(crate) verb: BylawsVerb,
}

#[derive(Subcommand)]
pub(crate) enum BylawsVerb {
    /// Print a template as the JSON that `found --bylaws` takes
    Template {
        /// small-workplace, large-workplace, tenants, students or club
        name: concerted_assembly::template::Template,
    },
}

#[derive(Subcommand)]
pub(crate) enum DeviceVerb {
    /// List the devices of all members of a body, or of this device's bodies
    List {
        /// Id, beginning of an id, or name
        body: Option<String>,
    },
    /// On a new device: print a code for an old one. On an old device: take in the
    /// device that printed CODE
    Add {
        /// The code that the new device printed
        code: Option<String>,
        /// On a new device: a relay that both can reach
        #[arg(long, value_name = "URL", required_unless_present = "code", conflicts_with = "code")]
        relay: Option<String>,
        /// The numbers were compared: do not ask
        #[arg(long)]
        yes: bool,
        /// How long to wait for the other device
        #[arg(long, value_name = "SECONDS", default_value_t = 300)]
        wait: u64,
    },
    /// With --words: remove all your other devices, in all bodies. With BODY and
    /// DEVICE: ask for the revocation of another member's device
    Revoke {
        /// Id, beginning of an id, or name
        #[arg(requires = "device", required_unless_present = "words")]
        body: Option<String>,
        /// Id or beginning of an id
        device: Option<String>,
        /// Your twelve words, or - to read them from standard input
        #[arg(long, value_name = "WORDS|-", conflicts_with = "body")]
        words: Option<String>,
    },
    /// Object to the revocation of a device of your own
    Keep {
        /// Id, beginning of an id, or name
        body: String,
        /// Id or beginning of an id
        device: String,
        /// Your twelve words, or - to read them from standard input
        #[arg(long, value_name = "WORDS|-")]
        words: Option<String>,
    },
}

#[derive(ClapArgs)]
pub(crate) struct VerifyOptions {
    /// The file
    pub(crate) file: PathBuf,
    /// A member's twelve words, or - to read them from standard input
    #[arg(long, value_name = "WORDS|-")]
    pub(crate) words: Option<String>,
    /// For an election: threads [default: as many as there are processors]
    #[arg(long, value_name = "N", conflicts_with = "words")]
    pub(crate) threads: Option<usize>,
    /// For an election: do not use the hints beside it; the verdict is the same
    #[arg(long, conflicts_with = "words")]
    pub(crate) no_hints: bool,
}

#[derive(Subcommand)]
pub(crate) enum PassphraseVerb {
    /// Set or change it; read twice from the terminal, or once from standard input
    Set,
    /// Store in the clear from now on
    Remove,
}
