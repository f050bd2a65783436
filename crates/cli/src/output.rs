//! Printing for people and for programs.

use std::fmt;
use std::io::{ErrorKind, Write};

use serde::Serialize;
use serde_json::Value;

/// Something that was to be read cannot be: the exit status is 2.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// How results are printed.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints one result: as a line of JSON, or as the text.
    pub(crate) fn row(self, value: &Value, text: impl fmt::Display) {
        self.line(if self.json { safe_json(value) } else { text.to_string() });
    }

    /// Prints a result that is for programs only.
    pub(crate) fn json_row(self, value: &Value) {
        if self.json {
            self.line(safe_json(value));
        }
    }

    fn line(self, line: String) {
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{line}").and_then(|()| out.flush()) {
            Ok(()) => {}
            // Whoever closed the pipe wants no more.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => {
                eprintln!("concerted: the result cannot be written: {error}");
                std::process::exit(1)
            }
        }
    }

    /// Something to know that is no result.
    pub(crate) fn note(self, text: impl fmt::Display) {
        eprintln!("{text}");
    }
}

/// A value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// The first digits of an id, enough to name it.
pub(crate) fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A text in one line that cannot move the cursor, change colours or turn around
/// what stands beside it.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a text that may have several lines: all but the first are indented,
/// so that none looks like a row of its own.
pub(crate) fn paragraph(text: &str) -> String {
    text.replace("\r\n", "\n").split('\n').map(printable).collect::<Vec<_>>().join("\n    ")
}

/// Control characters, line separators and those that override directions.
fn is_unsafe(c: char) -> bool {
    c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON in which such characters are escaped: terminals show it, too.
fn safe_json(value: &Value) -> String {
    let escape = |c: char| match is_unsafe(c) {
        // All of them are below U+10000.
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    value.to_string().chars().map(escape).collect()
}

/// A time as `2026-11-23 14:05:09` UTC.
pub(crate) fn date_time(time_ms: u64) -> String {
    let seconds = time_ms / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's days-to-civil, for years from 1970.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        assert_eq!(date_time(0), "1970-01-01 00:00:00");
        assert_eq!(date_time(1_709_210_096_000), "2024-02-29 12:34:56");
        assert_eq!(date_time(4_102_444_799_999), "2099-12-31 23:59:59");
    }

    #[test]
    fn nobody_can_paint_on_the_terminal() {
        let hostile = "a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}";
        assert_eq!(printable(hostile), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}");
        assert_eq!(paragraph(hostile), "a\u{fffd}[2Jb\n    c\u{fffd}d\u{fffd}");
        let row = safe_json(&Value::from(hostile));
        assert_eq!(row, r#""a\u001b[2Jb\r\nc\u202ed\u009b""#);
        assert_eq!(serde_json::from_str::<Value>(&row).expect("valid"), hostile);
        assert_eq!(printable("Ana María نور 夜\t"), "Ana María نور 夜\t");
    }
}
