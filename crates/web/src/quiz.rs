//! Checking that the recovery words were noted: three of them are asked for.

/// How many words are asked for.
pub const ASKED: usize = 3;

/// Which words to ask for: different places, ascending, chosen by numbers from 0 to 1.
pub fn places(words: usize, random: [f64; ASKED]) -> [usize; ASKED] {
    let mut free: Vec<usize> = (0..words.max(ASKED)).collect();
    let mut chosen = random.map(|fraction| {
        let at = ((fraction.clamp(0.0, 1.0) * free.len() as f64) as usize).min(free.len() - 1);
        free.remove(at)
    });
    chosen.sort_unstable();
    chosen
}

/// Whether the typed word is the right one; phones like to capitalise and to add spaces.
pub fn matches(typed: &str, word: &str) -> bool {
    typed.trim().to_lowercase() == word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_different_places_are_asked_in_order() {
        assert_eq!(places(12, [0.0, 0.0, 0.0]), [0, 1, 2]);
        assert_eq!(places(12, [1.0, 1.0, 1.0]), [9, 10, 11]);
        assert_eq!(places(12, [0.9, 0.5, 0.1]), [1, 5, 10]);
    }

    #[test]
    fn a_word_is_right_however_the_phone_writes_it() {
        assert!(matches(" Legal ", "legal"));
        assert!(!matches("legal e", "legal"));
        assert!(!matches("", "legal"));
    }
}
