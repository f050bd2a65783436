//! Suggesting nicknames, so that nobody need use their real name.

use crate::text::Language;

/// Two neutral words that go together in the language, chosen by two numbers from 0 to 1.
pub fn suggest(language: Language, first: f64, second: f64) -> String {
    let (firsts, seconds) = words(language);
    let pick = |words: &'static [&'static str], fraction: f64| {
        let at = (fraction.clamp(0.0, 1.0) * words.len() as f64) as usize;
        words[at.min(words.len() - 1)]
    };
    format!("{} {}", pick(firsts, first), pick(seconds, second))
}

type Words = &'static [&'static str];

/// Words for the first and for the second place. Spanish adjectives have one form for both genders; Arabic
/// nouns and adjectives are all masculine.
const fn words(language: Language) -> (Words, Words) {
    match language {
        Language::En => (
            &[
                "Quiet", "Bright", "Early", "Gentle", "Steady", "Swift", "Calm", "Patient", "Silver",
                "Northern", "Distant", "Hidden", "Clear", "Mellow", "Nimble", "Autumn", "Morning", "Evening",
                "Hazel", "Amber", "Copper", "Misty", "Sunny", "Windy",
            ],
            &[
                "Heron", "Lantern", "River", "Maple", "Harbour", "Pebble", "Otter", "Meadow", "Comet",
                "Bridge", "Finch", "Willow", "Anchor", "Cedar", "Falcon", "Island", "Kettle", "Ladder",
                "Orchard", "Robin", "Saddle", "Thistle", "Valley", "Window",
            ],
        ),
        Language::Es => (
            &[
                "Garza", "Faro", "Nube", "Cedro", "Puente", "Brisa", "Colina", "Lago", "Abeja", "Piedra",
                "Olmo", "Farol", "Delta", "Cometa", "Nutria", "Bosque", "Halcón", "Isla", "Jazmín", "Laurel",
                "Marea", "Otoño", "Sendero", "Ventana",
            ],
            &[
                "Azul",
                "Verde",
                "Gris",
                "Ágil",
                "Veloz",
                "Tenaz",
                "Amable",
                "Alegre",
                "Brillante",
                "Paciente",
                "Gentil",
                "Puntual",
                "Celeste",
                "Diligente",
                "Sutil",
                "Feliz",
                "Suave",
                "Estable",
                "Boreal",
                "Matinal",
                "Prudente",
                "Sonriente",
                "Errante",
                "Reluciente",
            ],
        ),
        Language::Ar => (
            &[
                "نهر",
                "جبل",
                "نجم",
                "قمر",
                "جسر",
                "نورس",
                "صقر",
                "غصن",
                "كوكب",
                "بحر",
                "مطر",
                "فجر",
                "نسيم",
                "قارب",
                "طريق",
                "حقل",
                "ينبوع",
                "مصباح",
                "برج",
                "شراع",
                "بلبل",
                "غيم",
                "صنوبر",
                "شاطئ",
            ],
            &[
                "هادئ",
                "أخضر",
                "أزرق",
                "بعيد",
                "قريب",
                "سريع",
                "لطيف",
                "صبور",
                "مشرق",
                "ثابت",
                "نقي",
                "رفيع",
                "جديد",
                "دافئ",
                "واسع",
                "كريم",
                "يقظ",
                "فضي",
                "ذهبي",
                "وديع",
                "رصين",
                "نشيط",
                "مضيء",
                "ربيعي",
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use concerted_assembly::nickname::Name;

    use super::*;

    #[test]
    fn every_suggestion_can_be_a_name() {
        for language in Language::ALL {
            let (firsts, seconds) = words(language);
            for first in 0..firsts.len() {
                for second in 0..seconds.len() {
                    let at = |index: usize, of: Words| (index as f64 + 0.5) / of.len() as f64;
                    let name = suggest(language, at(first, firsts), at(second, seconds));
                    assert_eq!(name, format!("{} {}", firsts[first], seconds[second]));
                    assert!(Name::new(&name).is_ok(), "{name}");
                }
            }
        }
        assert_eq!(suggest(Language::En, 1.0, -1.0), "Windy Heron");
    }
}
