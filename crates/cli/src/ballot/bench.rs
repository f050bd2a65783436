//! `concerted ballot bench`: the whole of an election, timed on this machine.
//!
//! The baseline is a figure, since the version of the reference tool that checks
//! Ed25519 ballots is not packaged: belenios-tool 2.5.1, `election verify`, one
//! quiet core of the machine the figures in docs/performance.md are from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use concerted_ballot::{Belenios2048, Ed25519, Group};
use serde_json::{Value, json};

use super::archive_file::{FileSource, hints_path};
use super::args::{BenchOptions, GroupName, Shape};
use super::audit::{audit, threads};
use super::simulate::{Seed, simulate};
use crate::output::Output;

/// CPU seconds of the reference tool for 1,000 Ed25519 ballots, by the number of answers.
const BASELINES: [(u64, f64); 2] = [(3, 4.13), (10, 12.0)];

pub(crate) fn run(options: &BenchOptions, out: Output) -> Result<()> {
    let directory = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let files = Files(directory.join(format!("concerted-bench-{}.bel", std::process::id())));
    match options.group {
        GroupName::Ed25519 => bench::<Ed25519>(options, &files.0, out),
        GroupName::Belenios2048 => bench::<Belenios2048>(options, &files.0, out),
    }
}

fn bench<G: Group>(options: &BenchOptions, path: &Path, out: Output) -> Result<()> {
    let threads = threads(options.threads);
    let shape = Shape {
        group: options.group,
        answers: options.answers,
        min: 1,
        max: 1,
        blank: false,
        questions: 1,
        voters: options.voters,
        revotes: 0,
        weights: false,
        trustees: 3,
        threshold: Some(2),
    };
    out.note(format_args!(
        "{} ballots of 1 in {}, {}, {threads} threads",
        options.voters,
        options.answers,
        G::NAME
    ));
    let made = measure(|| simulate::<G>(&shape, &Seed::new(1), 1_767_225_600, threads, path))?.1;
    print(out, "simulate", options, &made, None);

    let source = FileSource::open(path)?;
    let hints = FileSource::hints_of(path);
    let baseline = BASELINES
        .iter()
        .find(|(answers, _)| options.group == GroupName::Ed25519 && *answers == options.answers)
        .map(|(_, seconds)| seconds / 1000.0);
    let (_, plain) = measure(|| Ok(audit::<G>(&source, None, threads).map(drop)?))?;
    print(out, "verify, plain", options, &plain, baseline);
    if let Some(hints) = &hints {
        let (_, hinted) = measure(|| Ok(audit::<G>(&source, Some(hints), threads).map(drop)?))?;
        print(out, "verify, with hints", options, &hinted, baseline);
    }
    Ok(())
}

fn print(out: Output, what: &str, options: &BenchOptions, cost: &Cost, baseline: Option<f64>) {
    let ballots = options.voters as f64;
    let cpu = cost.cpu.as_secs_f64();
    let ratio = baseline.filter(|_| cpu > 0.0).map(|baseline| baseline * ballots / cpu);
    let value: Value = json!({
        "what": what,
        "ballots": options.voters,
        "wall_s": cost.wall.as_secs_f64(),
        "cpu_s": cpu,
        "cpu_us_per_ballot": cpu * 1e6 / ballots,
        "ballots_per_cpu_s": if cpu > 0.0 { Some(ballots / cpu) } else { None },
        "memory_peak_bytes": cost.memory,
        "baseline_cpu_us_per_ballot": baseline.map(|seconds| seconds * 1e6),
        "ratio": ratio,
    });
    let ratio =
        ratio.map_or(String::new(), |ratio| format!(", {ratio:.1} times less CPU than belenios-tool 2.5.1"));
    let memory = cost.memory.map_or(String::new(), |bytes| format!(", {} MB at most", bytes >> 20));
    out.row(
        &value,
        format_args!(
            "{what:<20} {:>8.2} s, {cpu:>8.2} s of CPU, {:>8.1} us a ballot, {:>7.0} ballots per CPU second{memory}{ratio}",
            cost.wall.as_secs_f64(),
            cpu * 1e6 / ballots,
            ballots / cpu,
        ),
    );
}

/// What something took.
struct Cost {
    wall: Duration,
    cpu: Duration,
    memory: Option<u64>,
}

fn measure<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    // Makes the kernel forget the peak so far (proc(5), clear_refs).
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (start, cpu) = (Instant::now(), cpu_time()?);
    let done = work()?;
    Ok((done, Cost { wall: start.elapsed(), cpu: cpu_time()?.saturating_sub(cpu), memory: memory_peak() }))
}

/// CPU time of this process, all threads, in steps of a hundredth of a second
/// (proc(5), stat).
fn cpu_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("measuring needs /proc, as on Linux")?;
    // The name, in parentheses, may contain anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |field: usize| fields.split_whitespace().nth(field).and_then(|text| text.parse::<u64>().ok());
    let (user, system) = (ticks(11), ticks(12));
    let ticks =
        user.zip(system).map(|(user, system)| user + system).context("/proc/self/stat is not as expected")?;
    Ok(Duration::from_millis(ticks * 10))
}

fn memory_peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Deleted when it is over, whichever way.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_file(hints_path(&self.0));
    }
}
