//! How many tests passed, read from what `cargo test` prints.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Test targets that need more than Rust and a C compiler. Their tests pass without having tested anything
/// where they are not switched on, and so are counted apart from the others.
pub(crate) const APART: [&str; 2] = ["browser", "belenios_tool"];

/// Numbers of tests, or of whole steps that are not made of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Tally {
    /// One step that passed.
    pub(crate) const PASSED: Tally = Tally { passed: 1, failed: 0, skipped: 0 };
    /// One step that failed.
    pub(crate) const FAILED: Tally = Tally { passed: 0, failed: 1, skipped: 0 };
    /// One step that was left out.
    pub(crate) const SKIPPED: Tally = Tally { passed: 0, failed: 0, skipped: 1 };

    fn count(self) -> u32 {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Reads the output of `cargo test` line by line, in the order printed.
#[derive(Default)]
pub(crate) struct Reader {
    /// The target of [`APART`] whose output comes now.
    within: Option<&'static str>,
    /// Everything but the targets of [`APART`].
    pub(crate) tally: Tally,
    apart: BTreeMap<&'static str, Tally>,
}

impl Reader {
    /// Takes one line.
    pub(crate) fn line(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(target) = line.strip_prefix("Running ") {
            let names =
                |name: &&str| ["/", "."].iter().any(|end| target.contains(&format!("tests/{name}{end}")));
            self.within = APART.into_iter().find(names);
        } else if line.starts_with("Doc-tests ") {
            self.within = None;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let into = match self.within {
                Some(name) => self.apart.entry(name).or_default(),
                None => &mut self.tally,
            };
            *into += counts(result);
        }
    }

    /// The tests of one target of [`APART`].
    pub(crate) fn apart(&self, name: &str) -> Tally {
        self.apart.get(name).copied().unwrap_or_default()
    }

    /// The same, counted as skipped.
    pub(crate) fn skipped(&self, name: &str) -> Tally {
        Tally { skipped: self.apart(name).count(), ..Tally::default() }
    }

    /// How many failed, wherever.
    pub(crate) fn failed(&self) -> u32 {
        self.tally.failed + self.apart.values().map(|tally| tally.failed).sum::<u32>()
    }
}

/// Reads `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
fn counts(result: &str) -> Tally {
    let mut tally = Tally::default();
    let words: Vec<&str> = result.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let Ok(number) = pair[0].parse::<u32>() else { continue };
        match pair[1] {
            "passed" => tally.passed += number,
            "failed" => tally.failed += number,
            "ignored" => tally.skipped += number,
            _ => {}
        }
    }
    tally
}

/// Removes the escape sequences that set colours: ESC, `[`, and everything up to an `m`.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_and_what_needs_more_is_kept_apart() {
        let mut reader = Reader::default();
        for line in [
            "\x1b[1m\x1b[32m     Running\x1b[0m unittests src/lib.rs (target/debug/deps/a-1)",
            "test a ... ok",
            "test result: \x1b[32mok\x1b[m. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
             finished in 0.01s",
            "     Running tests/browser/main.rs (target/debug/deps/browser-1)",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "     Running tests/belenios_tool.rs (target/debug/deps/belenios_tool-1)",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "   Doc-tests concerted_log",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1s",
        ] {
            reader.line(line);
        }
        assert_eq!(reader.tally, Tally { passed: 5, failed: 4, skipped: 1 });
        assert_eq!(reader.apart("browser"), Tally { passed: 5, failed: 0, skipped: 1 });
        assert_eq!(reader.skipped("browser"), Tally { passed: 0, failed: 0, skipped: 6 });
        assert_eq!(reader.apart("belenios_tool"), Tally { passed: 2, failed: 0, skipped: 0 });
        assert_eq!(reader.failed(), 4);
    }
}
