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
        check(web::cargo("clippy", Speed::SmallToLoad)?.args(CLIPPY_STRICT))
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
    let mut browser_tests = Tally::SKIPPED;
    report.step("tests", || {
        let reader = test(workspace_tests(dist.as_deref()).arg("--no-fail-fast"))?;
        browser_tests = reader.browser_skipped();
        Ok(reader.tally)
    });
    match (dist, Browser::find()) {
        _ if !has_browser_tests() => report.skip("browser tests", Tally::default(), "there are none yet"),
        (None, _) => report.skip("browser tests", browser_tests, "the web app could not be built"),
        (Some(dist), Ok(browser)) => report.step("browser tests", || browser_step(&dist, &browser)),
        (Some(_), Err(missing)) if env::var("CI").is_ok_and(|value| value == "true") => {
            report.step("browser tests", || bail!("{missing}"));
        }
        (Some(_), Err(missing)) => report.skip("browser tests", browser_tests, &missing),
    }
}

fn everything_else_quick(report: &mut Report) {
    let left_out = "--quick leaves it out";
    let mut browser_tests = Tally::SKIPPED;
    report.step("tests", || {
        let reader = test(workspace_tests(None).arg("--no-fail-fast"))?;
        browser_tests = reader.browser_skipped();
        Ok(reader.tally)
    });
    report.skip("documentation", Tally::SKIPPED, left_out);
    report.skip("web app", Tally::SKIPPED, left_out);
    report.skip("browser tests", browser_tests, left_out);
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
    let reader = test(
        workspace_tests(Some(dist))
            .args(["--test", "browser"])
            .env("CONCERTED_BROWSER_TESTS", "1")
            .env("CHROMIUM", &browser.chromium)
            .env("CHROMEDRIVER", &browser.driver),
    )?;
    Ok(reader.browser)
}

fn has_browser_tests() -> bool {
    let tests = workspace::root().join("crates/cli/tests");
    tests.join("browser.rs").is_file() || tests.join("browser/main.rs").is_file()
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
    if !status.success() && reader.tally.failed + reader.browser.failed == 0 {
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
