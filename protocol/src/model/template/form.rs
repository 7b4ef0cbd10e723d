//! The words around a template: what each line is for, how often it is due, which codes it takes.

use super::keys;
use super::write::{BELOW, PART, line};
use crate::locale::{self, Direction, Language};
use crate::model::property::{Cardinality, Property, ValueType};
use crate::model::vocabularies::Vocabulary;
use crate::model::{Audience, kinds};

/// Columns of a comment: what every terminal shows.
pub(super) const WIDTH: usize = 80;

/// The properties that have lines in the form of a kind. What is said of other organisations' claims has commands of its own, and
/// what only a restricted space may hold is not asked for where none is written to.
pub(super) fn properties(kind_code: u8) -> impl Iterator<Item = &'static Property> {
    let is_asked = |property: &&Property| !crate::model::is_aside(property.code) && !property.restricted_only;
    // What the author declares comes first: without it nothing else is taken.
    let declared = crate::model::properties(kind_code).filter(|property| property.code == "declaration");
    let others = crate::model::properties(kind_code).filter(|property| property.code != "declaration");
    declared.chain(others).filter(is_asked)
}

/// What the form is, how it is filled in, and for whom the record will be.
pub(super) fn head(kind_code: u8, language: Language, audience: Audience) -> Vec<String> {
    let kind = crate::model::kind(kind_code).map_or("?", |kind| kind.name);
    let name = locale::word(language, &format!("kind.{kind}")).to_owned();
    let mut lines = comment(language, &locale::format(language, "template.head", &[("kind", &name)]));
    lines.extend(
        locale::lookup(language, &format!("about.{kind}")).into_iter().flat_map(|text| comment(language, text)),
    );
    for part in ["how", "fields", "parts", "records", "empty"] {
        lines.extend(comment(language, locale::word(language, &format!("template.{part}"))));
    }
    lines.push(String::new());
    lines.extend(comment(language, locale::word(language, "template.about_space")));
    let audience = locale::word(language, &format!("space.{}", audience.name())).to_owned();
    lines.push(line("", locale::word(language, "template.space"), None, &audience));
    lines
}

/// What a property is, how often it is due, and what it takes.
pub(super) fn about(kind_code: u8, property: &Property, language: Language) -> Vec<String> {
    let key = key(language, property.code);
    let code =
        if keys::folded(&key) == keys::folded(property.code) { String::new() } else { format!(" ({})", property.code) };
    let due = locale::word(language, due(kind_code, property));
    let mut text = format!("{key}{code} — {due}");
    let own =
        format!("about.property.{}.{}", crate::model::kind(kind_code).map_or("", |kind| kind.name), property.code);
    let about = locale::lookup(language, &own)
        .or_else(|| locale::lookup(language, &format!("about.property.{}", property.code)));
    if let Some(about) = about {
        text = format!("{text}. {about}");
    }
    let mut lines = comment(language, &text);
    if property.accuses {
        let text = match carrier(kind_code).filter(|_| property.code == "subject") {
            Some(carrier) => {
                locale::format(language, "template.accuses_beside", &[("property", &self::key(language, carrier))])
            }
            None => locale::word(language, "template.accuses").to_owned(),
        };
        lines.extend(comment(language, &text));
    }
    lines.extend(hint(&property.value, language));
    for member in keys::members(&property.value).unwrap_or_default() {
        if let ValueType::Code(vocabulary) = member.value {
            let key = part_key(language, member.key);
            lines.extend(codes(language, &format!("{key}: "), vocabulary));
        }
    }
    lines
}

/// The property whose basis, standard and words serve whom a record of the kind names.
fn carrier(kind_code: u8) -> Option<&'static str> {
    let has = |code: &&str| crate::model::property(kind_code, code).is_some_and(|property| property.accuses);
    ["outcome", "reason"].into_iter().find(has)
}

/// How often it is due; what a record is refused without is required, and all else no more than expected. MODEL §7, rules 4 and 6.
fn due(kind_code: u8, property: &Property) -> &'static str {
    let is_required =
        matches!((kind_code, property.code), (kinds::EVIDENCE, "digest") | (kinds::ATTRIBUTION, "subject"));
    match property.cardinality {
        Cardinality::One if is_required => "template.required_one",
        Cardinality::Some if is_required => "template.required_some",
        Cardinality::One => "template.due_one",
        Cardinality::Some => "template.due_some",
        Cardinality::Optional => "template.due_optional",
        Cardinality::Any => "template.due_any",
    }
}

/// How a value of the type is written; of a list of codes, the list.
fn hint(kind: &ValueType, language: Language) -> Vec<String> {
    let form = match kind {
        ValueType::Code(vocabulary) => return codes(language, "", vocabulary),
        ValueType::Text => "text",
        ValueType::Name => "name",
        ValueType::Date => "date",
        ValueType::Place => "place",
        ValueType::Count => "count",
        ValueType::Duration => "duration",
        ValueType::Country => "country",
        ValueType::Language => "language",
        ValueType::Bool => "bool",
        ValueType::Identifier => "identifier",
        ValueType::Ref(kinds) => return records(kinds, language),
        ValueType::Plain
        | ValueType::Agent
        | ValueType::Blob
        | ValueType::Int
        | ValueType::Url
        | ValueType::Shape(_) => return Vec::new(),
    };
    comment(language, locale::word(language, &format!("template.form_{form}")))
}

fn records(kinds: &[u8], language: Language) -> Vec<String> {
    let names: Vec<&str> = kinds
        .iter()
        .filter_map(|code| crate::model::kind(*code))
        .map(|kind| locale::lookup(language, &format!("kind.{}", kind.name)).unwrap_or(kind.name))
        .collect();
    if names.is_empty() {
        return comment(language, locale::word(language, "template.form_record"));
    }
    let names = names.join(" / ");
    comment(language, &locale::format(language, "template.form_record_of", &[("kinds", &names)]))
}

/// The lines of a property that nobody filled in.
pub(super) fn unfilled(kind_code: u8, property: &Property, language: Language) -> Vec<String> {
    let has_language =
        property.value == ValueType::Text || (property.value == ValueType::Name && property.code != "alias");
    let lang = has_language.then(|| language.code());
    let mut lines = vec![line("", &key(language, property.code), lang, "")];
    if let ValueType::Shape(members) = property.value {
        lines.extend(members.iter().map(|member| line(PART, &part_key(language, member.key), None, "")));
    }
    // Where the conclusion carries the weight, whom it is about needs no more than a name.
    let is_served = property.code == "subject" && kind_code == kinds::ATTRIBUTION;
    let fields: &[&str] = match property.value {
        _ if property.accuses && !is_served => &["according_to", "basis", "standard", "wording"],
        ValueType::Count | ValueType::Agent => &["according_to", "basis"],
        _ => &[],
    };
    let lang = |field: &str| (field == "wording").then(|| language.code());
    lines.extend(fields.iter().map(|field| line(BELOW, &field_key(language, field), lang(field), "")));
    lines
}

/// The codes of fields, once for the whole form.
pub(super) fn codes_of_fields(kind_code: u8, language: Language) -> Vec<String> {
    let accuses = crate::model::properties(kind_code).any(|property| property.accuses);
    let mut lines = vec![String::new()];
    lines.extend(comment(language, locale::word(language, "template.codes")));
    for field in keys::FIELDS {
        let is_for_accusations = matches!(*field, "standard" | "wording" | "likelihood" | "confidence");
        let Some(vocabulary) = keys::field_vocabulary(field).filter(|_| accuses || !is_for_accusations) else {
            continue;
        };
        lines.extend(codes(language, &format!("{}: ", field_key(language, field)), vocabulary));
    }
    lines
}

/// A list of codes, each by its word, and by itself where that is something else.
fn codes(language: Language, label: &str, vocabulary: &Vocabulary) -> Vec<String> {
    let told = vocabulary.codes.iter().map(|code| {
        let word = locale::code(language, vocabulary.name, code);
        let is_word = keys::folded(word) == keys::folded(code);
        if is_word || word.is_empty() { (*code).to_owned() } else { format!("{word} ({code})") }
    });
    let separator = if language == Language::Ar { "؛" } else { ";" };
    let told: Vec<String> = told.collect();
    let last = told.len().saturating_sub(1);
    let items = told.into_iter().enumerate().map(|(index, item)| {
        // One that is longer than a line is broken like any other text.
        let is_short = item.chars().count().saturating_add(MARGIN) < WIDTH;
        let item = if is_short { item.replace(' ', HELD) } else { item };
        if index == last { item } else { format!("{item}{separator}") }
    });
    comment(language, &format!("  {label}{}", items.collect::<Vec<_>>().join(" ")))
}

/// Columns of what stands before and behind an item of a list.
const MARGIN: usize = 8;

/// A space at which no line is broken. It is a space again once the lines are.
const HELD: &str = "\u{a0}";

/// A comment, in lines that are short enough to read. Right to left it begins with a mark that no reader sees, so that a line
/// which begins with a code runs in the direction of the others. UAX 9: RIGHT-TO-LEFT MARK.
fn comment(language: Language, text: &str) -> Vec<String> {
    let start = match language.direction() {
        Direction::Ltr => "#",
        Direction::Rtl => "#\u{200f}",
    };
    let indent: String = text.chars().take_while(|character| *character == ' ').collect();
    let mut lines: Vec<String> = Vec::new();
    // French sets its quotation marks apart: neither stands alone at the end or the beginning of a line.
    let text = text.replace("« ", &format!("«{HELD}")).replace(" »", &format!("{HELD}»"));
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(word.chars().count()) < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{start} {indent}{word}")),
        }
    }
    lines.into_iter().map(|line| line.replace(HELD, " ")).collect()
}

/// The key of a property: its code reads as English; in other languages its word.
pub(super) fn key(language: Language, code: &str) -> String {
    key_of(language, code, &format!("property.{code}"))
}

/// The key of a field.
pub(super) fn field_key(language: Language, field: &str) -> String {
    key_of(language, field, &format!("field.{field}"))
}

/// The key of a part of a value.
pub(super) fn part_key(language: Language, member: &str) -> String {
    match language {
        Language::En => member.replace('_', " "),
        Language::Ar | Language::Fr => keys::member_word(language, member).to_owned(),
    }
}

fn key_of(language: Language, code: &str, word: &str) -> String {
    match language {
        Language::En => code.replace('_', " "),
        Language::Ar | Language::Fr => locale::lookup(language, word).unwrap_or(code).to_owned(),
    }
}

/// The word of a code where reading it gives the code again, else the code.
pub(super) fn code_word(language: Language, vocabulary: &Vocabulary, code: &str) -> String {
    let word = locale::code(language, vocabulary.name, code);
    if keys::code(vocabulary, word) == Some(code) { word.to_owned() } else { code.to_owned() }
}

/// The vocabularies whose words two codes share would be read as the first: none does.
#[cfg(test)]
pub(super) fn ambiguous_words() -> Vec<String> {
    let mut found = Vec::new();
    for vocabulary in crate::model::vocabularies::ALL {
        for (language, code) in Language::ALL.into_iter().flat_map(|l| vocabulary.codes.iter().map(move |c| (l, *c))) {
            if keys::code(vocabulary, locale::code(language, vocabulary.name, code)) != Some(code) {
                found.push(format!("{language} {}.{code}", vocabulary.name));
            }
        }
    }
    found
}
