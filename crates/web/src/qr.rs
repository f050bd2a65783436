//! QR codes as the path of an SVG.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around the code; readers need four.
const QUIET: i32 = 4;

/// A code ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Modules along one side, the white border included.
    pub side: i32,
    /// What is black: one subpath for each run of modules in a row.
    pub path: String,
}

/// Draws `text`; none if it is too long for a code.
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(run).unwrap_or(0);
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    Some(Drawing { side: code.size() + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_corner_marks_and_its_border() {
        let drawing = draw("https://relay.example/#/join/AQ").expect("short");
        assert!(drawing.path.starts_with("M4 4h7v1h-7z"), "{}", drawing.path);
        assert!(drawing.side >= 21 + 8);
        assert_eq!(draw(&"x".repeat(5000)), None);
    }
}
