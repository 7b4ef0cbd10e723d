//! Which form of a noun stands beside a number. Unicode CLDR, Language Plural Rules, cardinals of ar, en and fr:
//! <https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html>, for whole numbers.

use super::Language;

/// The first part of every key that has forms: `count.<key>.<form>`.
pub(super) const FORMS: &str = "count";

/// The form of a number, as the last part of a key.
#[must_use]
pub const fn form(language: Language, count: u64) -> &'static str {
    match language {
        Language::Ar => arabic(count),
        Language::En if count == 1 => "one",
        Language::Fr if count < 2 => "one",
        // "un million d'entrées", but "1 000 001 entrées".
        Language::Fr if count.is_multiple_of(1_000_000) => "many",
        Language::En | Language::Fr => "other",
    }
}

const fn arabic(count: u64) -> &'static str {
    match (count, count % 100) {
        (0, _) => "zero",
        (1, _) => "one",
        (2, _) => "two",
        (_, 3..=10) => "few",
        (_, 11..=99) => "many",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_cldr() {
        for (counts, ar, en, fr) in [
            (&[0][..], "zero", "other", "one"),
            (&[1], "one", "one", "one"),
            (&[2], "two", "other", "other"),
            (&[3, 10, 103, 1_010], "few", "other", "other"),
            (&[11, 26, 99, 111, 1_099], "many", "other", "other"),
            (&[100, 102, 200, 1_001], "other", "other", "other"),
            (&[1_000_000, 3_000_000], "other", "other", "many"),
        ] {
            for count in counts {
                let found = Language::ALL.map(|language| form(language, *count));
                assert_eq!(found, [ar, en, fr], "{count}");
            }
        }
    }
}
