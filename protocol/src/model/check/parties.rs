//! Whom a case tries, as the role of a party says it. MODEL §7, rule 5.
//!
//! A role is free text. The words for those who are tried are listed, and nothing else is taken for one of them: a role that is
//! left out, misspelt, in another language or not thought of here may be that of a victim or a witness, who is named as accused
//! by nobody's gap in a list.

use crate::encoding::json::Json;
use crate::model::speech::fold;

/// What the role of one who is tried consists of, as it is compared.
const TRIED: [&str; 3] = [
    "accused, co accused, coaccused, accused person, accused persons, defendant, defendants, co defendant, codefendant, indictee, indicted, \
     indicted person, charged, charged person, suspect, suspects, convict, convicted, convicted person, sentenced, sentenced person, \
     perpetrator, alleged perpetrator, fugitive, tried, tried person",
    "accuse, accusee, accuses, accusees, coaccuse, coaccusee, co accuse, co accusee, prevenu, prevenue, prevenus, prevenues, \
     inculpe, inculpee, inculpes, mis en examen, mise en examen, mis en cause, mise en cause, mis en accusation, mise en accusation, \
     suspect, suspecte, suspects, suspectes, condamne, condamnee, condamnes, condamnees, defendeur, defenderesse, juge par contumace",
    "متهم, متهمه, متهمون, متهمين, متهمان, مدعي عليه, مدعي عليها, مدعي عليهم, مشتكي عليه, مشتكي عليها, مشتكي عليهم, مشتبه به, مشتبه بها, \
     مشتبه بهم, مشتبه فيه, مشتبه فيها, ظنين, ظنينه, اظناء, مدان, مدانه, مدانون, محكوم عليه, محكوم عليها, محكوم عليهم, جاني, جناه",
];

/// What may stand beside such a word without making somebody else of him.
const BESIDE: &str = "main, principal, chief, first, second, third, fourth, fifth, lead, deceased, in absentia, absent, \
     principale, premier, premiere, deuxieme, troisieme, par contumace, par defaut, absent, absente, \
     رييسي, رييسيه, اول, اولي, ثاني, ثانيه, ثالث, رابع, خامس, غيابي, غيابيا, فار";

/// What says that a number follows; without one, "no" denies.
const NUMBERED: [&str; 5] = ["no", "number", "numero", "n", "رقم"];

/// True if the role of a party says that it is tried, and nothing but that. `party` is the value of a claim: `{subject, role?}`.
#[must_use]
pub fn is_tried(party: &Json) -> bool {
    let role = party.get("role").and_then(Json::as_text).unwrap_or_default().replace('_', " ");
    let role = fold::plain(&role);
    let words: Vec<&str> = role.split(' ').filter(|word| !word.is_empty()).collect();
    let mut rest = words.as_slice();
    let mut is_named = false;
    while !rest.is_empty() {
        let tried = TRIED.into_iter().filter_map(|list| longest(list, rest)).max();
        is_named |= tried.is_some();
        let Some(count) = tried.or_else(|| longest(BESIDE, rest)).or_else(|| number(rest)) else { return false };
        rest = rest.get(count..).unwrap_or_default();
    }
    is_named
}

/// How many words a number has with which these begin.
fn number(words: &[&str]) -> Option<usize> {
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    match words {
        [first, ..] if is_number(first) => Some(1),
        [word, second, ..] if NUMBERED.contains(word) && is_number(second) => Some(2),
        _ => None,
    }
}

/// How many words the longest phrase of a list has with which these words begin.
fn longest(list: &str, words: &[&str]) -> Option<usize> {
    let begins = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.starts_with(&phrase).then_some(phrase.len())
    };
    list.split(", ").map(str::trim).filter_map(begins).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(role: &str) -> bool {
        is_tried(&Json::object([("role", Json::text(role))]))
    }

    #[test]
    fn whoever_is_tried_is_said_to_be_in_three_languages() {
        for role in [
            "accused",
            "Defendant",
            "co-accused",
            "main_defendant",
            "Defendant No. 2",
            "suspect",
            "convicted (in absentia)",
            "Prévenu",
            "mise en examen",
            "accusé principal",
            "متهم",
            "المتهم الأول",
            "المدعى عليها",
            "المحكوم عليه غيابيا",
            "المشتبه به",
            "متّهم",
        ] {
            assert!(has(role), "{role}");
        }
    }

    #[test]
    fn whoever_else_a_case_names_is_not() {
        for role in [
            "",
            " ",
            "Victim",
            "vicitm",
            "expert_witness",
            "victim of the accused",
            "accused's lawyer",
            "mother of the defendant",
            "witness against the accused",
            "accused or victim",
            "Zeuge",
            "applicant",
            "third party",
            "partie civile",
            "Témoin",
            "avocat du prévenu",
            "الضحية",
            "شاهد عيان",
            "المدعي",
            "المجني عليها",
            "محامي المتهم",
            "أم المتهم",
            "свидетель",
            "minor",
            "No suspect",
            "Accused: no",
            "accused number",
            "2",
            "first",
        ] {
            assert!(!has(role), "{role}");
        }
        assert!(!is_tried(&Json::object([("subject", Json::text("subject/8690e26d4f0b1c2d3e4f5061728394"))])));
        assert!(!is_tried(&Json::Int(1)));
    }
}
