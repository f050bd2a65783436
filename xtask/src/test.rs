//! Every check the project has, the quick ones first, all of them even if one fails.
//!
//! Command-line, relay and browser tests share one build of the server, the one of the development profile;
//! the web app inside it is the one that members would download, since what breaks only there is seen
//! nowhere else. xtask itself stays out of the workspace-wide commands: with the features of other crates
//! its own dependencies would be compiled a second time.

use std::env;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::ballot_page;
use crate::fuzz;
use crate::preflight;
use crate::tally::{Reader, Tally};
use crate::web::{self, DIST_VARIABLE, Speed};
use crate::workspace::{self, cargo, program};

/// How much to test.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything, as before every merge.
    Everything,
    /// What takes less than five minutes, as before every commit.
    Quick,
}

/// All crates but xtask. Of the web app, only what needs no browser is compiled for this machine.
const HOST_CRATES: [&str; 3] = ["--workspace", "--exclude", "xtask"];
const CLIPPY_STRICT: [&str; 3] = ["--", "--deny", "warnings"];

/// Enough to see that a target still runs, and for what is near the seeds. Longer: `cargo xtask fuzz`.
const FUZZ_SECONDS: u32 = 10;

/// `cargo xtask test`.
pub(crate) fn run(extent: Extent) -> Result<ExitCode> {
    preflight::check()?;
    let mut report = Report::default();

    report.step("format", || check(cargo().args(["fmt", "--all", "--check"])));
    report.step("tidiness", || Ok(test(cargo().args(["test", "--package", "xtask"]))?.tally));
    report.step("clippy", || {
        check(
            cargo()
                .arg("clippy")
                .args(HOST_CRATES)
                .args(["--all-targets", "--keep-going"])
                .args(CLIPPY_STRICT),
        )
    });
    report.step("clippy, xtask", || {
        check(cargo().args(["clippy", "--package", "xtask", "--all-targets"]).args(CLIPPY_STRICT))
    });
    report.step("clippy, web app", || {
        // In the profile that members get, so that the macros compiled for one serve the other.
        check(web::cargo("clippy", &web::APP, Speed::SmallToLoad)?.args(CLIPPY_STRICT))?;
        check(web::cargo("clippy", &ballot_page::EXAMPLE, Speed::SmallToLoad)?.args(CLIPPY_STRICT))
    });
    match extent {
        Extent::Everything => everything_slow(&mut report),
        Extent::Quick => everything_else_quick(&mut report),
    }
    report.print();
    Ok(if report.total().failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn everything_slow(report: &mut Report) {
    report.step("documentation", || {
        check(
            cargo()
                .arg("doc")
                .args(HOST_CRATES)
                .args(["--no-deps", "--keep-going"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    });
    let mut dist = None;
    report.step("web app", || {
        dist = Some(web::build(Speed::SmallToLoad)?);
        Ok(Tally::PASSED)
    });
    let apart = workspace_step(report, dist.as_deref());
    match dist {
        _ if !has_tests("browser") => report.skip("browser tests", Tally::default(), "there are none yet"),
        None => report.skip("browser tests", apart.skipped("browser"), "the web app could not be built"),
        Some(dist) => {
            let skipped = apart.skipped("browser");
            report.step_that_needs("browser tests", Browser::find(), skipped, |browser| {
                browser_step(&dist, &browser)
            });
        }
    }
    let skipped = apart.skipped("belenios_tool");
    match has_tests("belenios_tool") {
        false => report.skip("belenios-tool", skipped, "there are no tests with it yet"),
        true => {
            report.step_that_needs("belenios-tool", belenios_tool(), skipped, |tool| belenios_step(&tool))
        }
    }
    let compiler = preflight::cxx_compiler().map_or(Ok(()), Err);
    report.step_that_needs("fuzzing", compiler, Tally::SKIPPED, |()| {
        fuzz::run(&fuzz::targets()?, FUZZ_SECONDS)
    });
}

fn everything_else_quick(report: &mut Report) {
    let left_out = "--quick leaves it out";
    let apart = workspace_step(report, None);
    report.skip("documentation", Tally::SKIPPED, left_out);
    report.skip("web app", Tally::SKIPPED, left_out);
    report.skip("browser tests", apart.skipped("browser"), left_out);
    report.skip("belenios-tool", apart.skipped("belenios_tool"), left_out);
    report.skip("fuzzing", Tally::SKIPPED, left_out);
}

/// All tests that need nothing else; what else was met, which has not tested anything.
fn workspace_step(report: &mut Report, dist: Option<&Path>) -> Reader {
    let mut apart = Reader::default();
    report.step("tests", || {
        // Empty: those with belenios-tool come later, in a step of their own.
        apart = test(workspace_tests(dist).arg("--no-fail-fast").env("CONCERTED_BELENIOS_TOOL", ""))?;
        Ok(apart.tally)
    });
    apart
}

/// `cargo test` for all host crates; with the web app inside the server where there is one.
fn workspace_tests(dist: Option<&Path>) -> Command {
    let mut command = cargo();
    command.arg("test").args(HOST_CRATES);
    if let Some(dist) = dist {
        command.env(DIST_VARIABLE, dist);
    }
    command
}

/// Runs the test target `browser` with the same packages and features as before, so that nothing is
/// compiled again. The tests take the server from `CARGO_BIN_EXE_concerted`.
fn browser_step(dist: &Path, browser: &Browser) -> Result<Tally> {
    let ballot_page = ballot_page::build()?;
    let reader = test(
        workspace_tests(Some(dist))
            .args(["--test", "browser"])
            .env("CONCERTED_BROWSER_TESTS", "1")
            .env("CONCERTED_BALLOT_PAGE", ballot_page)
            .env("CHROMIUM", &browser.chromium)
            .env("CHROMEDRIVER", &browser.driver),
    )?;
    Ok(reader.apart("browser"))
}

/// As [`browser_step`], with the reference implementation beside ours.
fn belenios_step(tool: &Path) -> Result<Tally> {
    let mut tests = workspace_tests(None);
    let reader = test(tests.args(["--test", "belenios_tool"]).env("CONCERTED_BELENIOS_TOOL", tool))?;
    Ok(reader.apart("belenios_tool"))
}

fn belenios_tool() -> Result<PathBuf, String> {
    let tool = program("belenios-tool").ok_or("no belenios-tool: apt-get install belenios-tool")?;
    let version = Command::new(&tool).arg("--version").output().map(|output| output.stdout);
    match version {
        Ok(version) if version.starts_with(b"2.0 ") => Ok(tool),
        _ => Err("no belenios-tool of version 2.0, the last packaged one that checks ballots".to_owned()),
    }
}

/// Whether any crate has a test target of this name.
fn has_tests(name: &str) -> bool {
    let crates = workspace::root().join("crates").read_dir();
    crates.into_iter().flatten().map_while(Result::ok).any(|of_crate| {
        let tests = of_crate.path().join("tests");
        tests.join(format!("{name}.rs")).is_file() || tests.join(name).join("main.rs").is_file()
    })
}

struct Browser {
    chromium: PathBuf,
    driver: PathBuf,
}

impl Browser {
    /// What is installed here, or a line that says what is missing and how to get it.
    fn find() -> Result<Browser, String> {
        let first = |names: &[&str]| names.iter().find_map(|name| program(name));
        let driver = env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| first(&["chromedriver"]));
        let chromium = first(&["chromium", "chromium-browser", "google-chrome"]);
        match (chromium, driver) {
            (Some(chromium), Some(driver)) => Ok(Browser { chromium, driver }),
            _ => Err("no Chromium or no chromedriver: apt-get install chromium chromium-driver".to_owned()),
        }
    }
}

/// Runs a command that either succeeds or not.
fn check(command: &mut Command) -> Result<Tally> {
    workspace::run(command)?;
    Ok(Tally::PASSED)
}

/// Runs `cargo test`, shows what it prints, and counts. Both streams share one pipe, so that a result can be
/// told to belong to the target announced before it.
fn test(command: &mut Command) -> Result<Reader> {
    let (output, input) = std::io::pipe().context("no pipe")?;
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.stdout(input.try_clone().context("no pipe")?).stderr(input);
    let mut child = command.spawn().context("cannot start cargo")?;
    // The command keeps its ends of the pipe; the reading ends only when they are closed.
    command.stdout(std::process::Stdio::inherit()).stderr(std::process::Stdio::inherit());

    let mut reader = Reader::default();
    let mut lines = BufReader::new(output);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).context("cannot read what cargo prints")? > 0 {
        std::io::stdout().write_all(&line).context("cannot print")?;
        reader.line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() && reader.failed() == 0 {
        bail!("cargo test ended with {status}; its own message stands above");
    }
    Ok(reader)
}

/// What the steps came to.
#[derive(Default)]
struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    tally: Tally,
    /// Why it failed or was left out.
    remark: Option<String>,
}

impl Report {
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n[{}] {name}", self.steps.len() + 1);
        let start = Instant::now();
        let (tally, remark) = match work() {
            Ok(tally) if tally.failed > 0 => (tally, Some(format!("{} failed", tally.failed))),
            Ok(tally) => (tally, None),
            Err(error) => (Tally::FAILED, Some(format!("{error:#}"))),
        };
        let took = start.elapsed();
        match &remark {
            None => println!("[{}] {name}: passed in {:.0} s", self.steps.len() + 1, took.as_secs_f64()),
            Some(remark) => println!("[{}] {name}: FAILED: {remark}", self.steps.len() + 1),
        }
        self.steps.push(Step { name, took, tally, remark });
    }

    /// A step that not every machine can do: it is left out, and that is said, where something is missing;
    /// but where nobody reads what is said, it fails.
    fn step_that_needs<T>(
        &mut self,
        name: &'static str,
        needed: Result<T, String>,
        skipped: Tally,
        work: impl FnOnce(T) -> Result<Tally>,
    ) {
        let in_ci = env::var("CI").is_ok_and(|value| value == "true");
        match needed {
            Ok(found) => self.step(name, || work(found)),
            Err(missing) if in_ci => self.step(name, || bail!("{missing}")),
            Err(missing) => self.skip(name, skipped, &missing),
        }
    }

    fn skip(&mut self, name: &'static str, tally: Tally, reason: &str) {
        println!("\n[{}] {name}: SKIPPED: {reason}", self.steps.len() + 1);
        self.steps.push(Step { name, took: Duration::ZERO, tally, remark: Some(reason.to_owned()) });
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for step in &self.steps {
            total += step.tally;
        }
        total
    }

    fn print(&self) {
        println!("\n{:>8} {:>7} {:>7} {:>8}", "seconds", "passed", "failed", "skipped");
        for Step { name, took, tally: Tally { passed, failed, skipped }, remark } in &self.steps {
            let remark = remark.as_ref().map_or(String::new(), |remark| format!(": {remark}"));
            println!("{:>8.0} {passed:>7} {failed:>7} {skipped:>8}  {name}{remark}", took.as_secs_f64());
        }
        print!("{}", boxed(&self.skipped_lines()));
        let Tally { passed, failed, skipped } = self.total();
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    }

    fn skipped_lines(&self) -> Vec<String> {
        let skipped = self.steps.iter().filter(|step| step.tally.failed == 0 && step.remark.is_some());
        skipped
            .map(|Step { name, remark, .. }| format!("SKIPPED {name}: {}", remark.as_deref().unwrap_or("")))
            .collect()
    }
}

/// Lines in a frame that is hard to overlook; nothing for no lines.
fn boxed(lines: &[String]) -> String {
    let Some(width) = lines.iter().map(|line| line.chars().count()).max() else { return String::new() };
    let edge = "#".repeat(width + 4);
    let lines: String = lines.iter().map(|line| format!("# {line:width$} #\n")).collect();
    format!("\n{edge}\n{lines}{edge}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_stop_the_others_and_is_counted() {
        let mut report = Report::default();
        report.step("one", || bail!("broken"));
        report.step("two", || Ok(Tally { passed: 7, failed: 0, skipped: 2 }));
        report.skip("three", Tally::SKIPPED, "no browser");
        assert_eq!(report.total(), Tally { passed: 7, failed: 1, skipped: 3 });
        assert_eq!(report.skipped_lines(), ["SKIPPED three: no browser"]);
    }

    #[test]
    fn a_box_surrounds_all_lines() {
        let lines = ["ab".to_owned(), "a".to_owned()];
        assert_eq!(boxed(&lines), "\n######\n# ab #\n# a  #\n######\n");
        assert_eq!(boxed(&[]), "");
    }
}
