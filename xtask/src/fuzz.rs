//! Fuzzing with libFuzzer, on the stable compiler.
//!
//! What `cargo fuzz --sanitizer none` does, without another tool to install: everything is compiled with the
//! compiler's coverage instrumentation, in a target directory of its own, and linked with libFuzzer. There is
//! no address sanitizer, which the stable compiler does not have and code without `unsafe` does not need;
//! what is found are panics, failed assertions, overflows, endless loops and unbounded memory.
//!
//! Each file in `fuzz/src/bin` is a target. A run begins with what is committed in `fuzz/corpus/TARGET` and
//! `fuzz/cases/TARGET`, with the seeds that the target makes from the test vectors, and with what earlier
//! runs have found here. What it finds stays in `target/fuzz`; an input that breaks something belongs into
//! `fuzz/cases/TARGET`, from where `cargo test` replays it for ever.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::preflight;
use crate::tally::Tally;
use crate::workspace;

/// For each target, unless told otherwise.
const SECONDS_DEFAULT: u32 = 60;
/// Resident memory at which an input is refused as too expensive.
const MEMORY_MB_MAX: u32 = 2048;
/// Address space, so that one huge allocation fails even if it is never written to.
const ADDRESSES_KB_MAX: u32 = 3 << 20;
/// Time for one input.
const INPUT_SECONDS_MAX: u32 = 10;
/// The longest input: every single-question vector fits.
const INPUT_BYTES_MAX: u32 = 1 << 16;
/// Lines of the log that are shown after a failure.
const LINES_SHOWN: usize = 60;

/// What makes the compiler count edges and report comparisons, as libFuzzer expects it.
const INSTRUMENTATION: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Branches folded into one cannot be told apart by their counters.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// `cargo xtask fuzz`.
pub(crate) fn command(options: &[&str]) -> Result<ExitCode> {
    preflight::check()?;
    if let Some(missing) = preflight::cxx_compiler() {
        bail!("{missing}");
    }
    let known = targets()?;
    let (wanted, seconds) = parse(options)?;
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(name)) {
        bail!("there is no target `{unknown}`; there are {}", known.join(", "));
    }
    let tally = run(if wanted.is_empty() { &known } else { &wanted }, seconds)?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names of all targets, in order.
pub(crate) fn targets() -> Result<Vec<String>> {
    let directory = workspace::root().join("fuzz/src/bin");
    let cannot = || format!("cannot list {}", directory.display());
    let mut names = Vec::new();
    for entry in directory.read_dir().with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Builds the targets and runs each for so long. A target that breaks does not stop the others.
pub(crate) fn run(targets: &[String], seconds: u32) -> Result<Tally> {
    let binaries = build()?;
    let mut tally = Tally::default();
    let mut rows = vec![Figures::heading()];
    for name in targets {
        println!("{name}: {seconds} s; log in {}", log_file(name).display());
        let run = fuzz(&binaries, name, seconds)?;
        rows.push(run.figures.row(name));
        match run.failure {
            None => tally += Tally::PASSED,
            Some(failure) => {
                println!("{name}: FAILED\n{failure}");
                tally += Tally::FAILED;
            }
        }
    }
    println!("{}", rows.join("\n"));
    Ok(tally)
}

/// Compiles all targets and returns the directory that holds them.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let mut command = workspace::cargo();
    command
        .args([
            "build",
            "--package",
            "concerted-fuzz",
            "--bins",
            "--features",
            "libfuzzer",
            "--profile",
            "fuzz",
        ])
        // Named although it is this machine: so build scripts are compiled without the flags.
        .args(["--target", &host, "--target-dir"])
        .arg(directory("build"))
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTATION.join("\x1f"));
    workspace::run(&mut command)?;
    Ok(directory("build").join(host).join("fuzz"))
}

/// The target triple of this machine.
fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = workspace::output(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what machine this is")
}

/// What came of one target.
struct Run {
    figures: Figures,
    /// The end of the log and what to do, if something broke.
    failure: Option<String>,
}

fn fuzz(binaries: &Path, name: &str, seconds: u32) -> Result<Run> {
    let found = fresh(name, "corpus", false)?;
    let seeds = fresh(name, "seeds", true)?;
    let mut prefix = OsString::from("-artifact_prefix=");
    prefix.push(fresh(name, "crashes", false)?.join(""));
    fs::create_dir_all(directory("logs")).context("cannot make the directory of logs")?;
    let log = fs::File::create(log_file(name)).context("cannot write the log")?;

    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -v {ADDRESSES_KB_MAX}; exec \"$0\" \"$@\"")])
        .arg(binaries.join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .args(["-print_final_stats=1", "-dict=fuzz/dictionary"])
        .arg(prefix)
        // The first directory takes what is found.
        .args([&found, &seeds]);
    let root = workspace::root();
    let committed = ["corpus", "cases"].map(|kind| root.join("fuzz").join(kind).join(name));
    command.args(committed.iter().filter(|directory| directory.is_dir()));
    command.current_dir(root).env("CONCERTED_FUZZ_SEEDS", &seeds).env("RUST_BACKTRACE", "1");
    command.stdout(log.try_clone().context("cannot write the log")?).stderr(log);

    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    let log = fs::read(log_file(name)).context("cannot read the log")?;
    let log = String::from_utf8_lossy(&log);
    let failure = (!status.success()).then(|| failure(name, &log));
    Ok(Run { figures: Figures::read(&log), failure })
}

/// The directory of this kind for one target, made if it is missing, emptied if asked.
fn fresh(name: &str, kind: &str, empty: bool) -> Result<PathBuf> {
    let path = directory(kind).join(name);
    if empty && path.is_dir() {
        fs::remove_dir_all(&path).with_context(|| format!("cannot empty {}", path.display()))?;
    }
    fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

fn directory(kind: &str) -> PathBuf {
    workspace::target().join("fuzz").join(kind)
}

fn log_file(name: &str) -> PathBuf {
    directory("logs").join(name)
}

/// The end of the log, which has the input in Base64, and how to keep the input.
fn failure(name: &str, log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let mut text = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    if let Some(input) = log.lines().find_map(|line| line.split_once("Test unit written to ")) {
        let keep = format!("mkdir -p fuzz/cases/{name} && cp {} fuzz/cases/{name}/", input.1);
        text.push_str(&format!("\nso that `cargo test` replays it: {keep}"));
    }
    text
}

/// What libFuzzer says about a run: each number as it stands there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: String,
    /// Edges of the program that were reached.
    edges: String,
    /// Edges, told apart by how often they were passed.
    features: String,
    memory_mb: String,
}

impl Figures {
    /// Reads `#4567 DONE cov: 1043 ft: 3456 corp: 200/4Kb …` and `stat::number_of_executed_units: 4567`.
    fn read(log: &str) -> Self {
        let mut figures = Self::default();
        for line in log.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.windows(2) {
                let into = match pair[0] {
                    "stat::number_of_executed_units:" => &mut figures.executions,
                    "stat::peak_rss_mb:" => &mut figures.memory_mb,
                    "cov:" => &mut figures.edges,
                    "ft:" => &mut figures.features,
                    _ => continue,
                };
                pair[1].clone_into(into);
            }
        }
        figures
    }

    fn heading() -> String {
        format!("{:>12} {:>8} {:>9} {:>10}  target", "executions", "edges", "features", "memory MB")
    }

    fn row(&self, name: &str) -> String {
        let Self { executions, edges, features, memory_mb } = self;
        format!("{executions:>12} {edges:>8} {features:>9} {memory_mb:>10}  {name}")
    }
}

/// Targets, and seconds for each.
fn parse(options: &[&str]) -> Result<(Vec<String>, u32)> {
    let mut targets = Vec::new();
    let mut seconds = SECONDS_DEFAULT;
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--seconds" => {
                let number =
                    options.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
                seconds = number.context("--seconds wants a number, at least 1")?;
            }
            flag if flag.starts_with('-') => bail!("`fuzz` has no option {flag}"),
            target => targets.push(target.to_owned()),
        }
    }
    Ok((targets, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_last_that_libfuzzer_prints() {
        let log = "#2\tINITED cov: 9 ft: 9 corp: 1/1b exec/s: 0 rss: 27Mb\n\
                   #800\tDONE   cov: 17 ft: 21 corp: 5/17b lim: 526 exec/s: 0 rss: 27Mb\n\
                   stat::number_of_executed_units: 800\nstat::peak_rss_mb:              73\n";
        let figures = Figures::read(log);
        assert_eq!(figures.row("x"), "         800       17        21         73  x");
        assert_eq!(Figures::read("nothing"), Figures::default());
    }

    #[test]
    fn a_failure_says_how_to_keep_the_input() {
        let text = failure("ballot", "panicked\nTest unit written to target/fuzz/crashes/ballot/crash-1");
        assert!(text.ends_with("&& cp target/fuzz/crashes/ballot/crash-1 fuzz/cases/ballot/"), "{text}");
    }

    #[test]
    fn options_are_targets_and_seconds() {
        let named = (vec!["ballot".to_owned()], 5);
        assert_eq!(parse(&["ballot", "--seconds", "5"]).ok(), Some(named));
        assert_eq!(parse(&[]).ok(), Some((Vec::new(), SECONDS_DEFAULT)));
        for wrong in [&["--seconds", "0"][..], &["--seconds"], &["--minutes", "5"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
