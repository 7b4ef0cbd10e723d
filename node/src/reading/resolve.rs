//! Which record a person means: by its id, a beginning of it with or without its kind, or an alias.

use std::collections::BTreeSet;

use isnad_protocol::encoding::from_hex;
use isnad_protocol::id::{OrganisationId, RecordId, kind_code};
use isnad_protocol::model::KINDS;
use isnad_protocol::model::values::name_text;
use isnad_protocol::view::{ShownClaim, State, Words, fixed_labels};

use serde::{Deserialize, Serialize};

use super::{DayQuery, Reader};
use crate::problem::{Problem, exit};

/// Digits of an id that are enough to name a record: fewer are soon shared by several.
const DIGITS: usize = 8;

/// Characters of a title that tell one record from another.
const TITLE: usize = 60;

/// Records that a person is asked to choose from at one time.
const CHOICE: usize = 8;

/// The kinds of records that are due somewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindsQuery {
    /// Their codes, as in `7,6`; any if left out.
    #[serde(default)]
    pub kinds: String,
    /// The reader's language: of several records each is told by its title in that.
    #[serde(default)]
    pub lang: Option<String>,
}

/// One of several records that a text names, as a person chooses from them.
struct Told {
    text: String,
    /// True if somebody calls it so: it is then told who does.
    is_alias: bool,
}

impl KindsQuery {
    fn has(&self, kind: u8) -> bool {
        self.kinds.split(',').any(|code| code.parse() == Ok(kind))
    }
}

impl Reader<'_> {
    /// The record that a text names: an id, any unique beginning of it with or without its kind, or an alias.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or more than one.
    pub fn resolve(&self, text: &str) -> Result<RecordId, Problem> {
        self.resolve_among(text, &KindsQuery::default())
    }

    /// The same where records of some kinds are due: of several that a text names, those.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or more than one.
    pub fn resolve_among(&self, text: &str, kinds: &KindsQuery) -> Result<RecordId, Problem> {
        self.only(text, kinds, |record| format!("`{record}`"))
    }

    /// The same for a command on the record alone, which is then written out where several are meant.
    pub(super) fn resolve_for(&self, command: &str, text: &str, lang: Option<&str>) -> Result<RecordId, Problem> {
        let any = KindsQuery { lang: lang.map(str::to_owned), ..KindsQuery::default() };
        self.only(text, &any, |record| format!("`isnad {command} {record}`"))
    }

    /// The one record that a text names; of several, each is `written` for the reader to choose.
    fn only(&self, text: &str, kinds: &KindsQuery, written: impl Fn(RecordId) -> String) -> Result<RecordId, Problem> {
        let mut found: Vec<RecordId> = self.called(text)?.into_iter().collect();
        // A record of another kind is told of by the rule that asks for the kind.
        if found.iter().any(|record| kinds.has(record.kind_code())) {
            found.retain(|record| kinds.has(record.kind_code()));
        }
        match found.as_slice() {
            [record] => Ok(*record),
            [] => Err(none(text, kinds)),
            several => {
                let shown = several.iter().take(CHOICE);
                let choice: Vec<String> = shown.clone().map(|record| written(*record)).collect();
                let lang = kinds.lang.as_deref();
                let told = shown.map(|record| self.with_callers(*record, text, lang)).collect::<Result<Vec<_>, _>>()?;
                let key =
                    if told.iter().any(|told| told.is_alias) { "record_ambiguous.called" } else { "record_ambiguous" };
                let names: Vec<String> = told.into_iter().map(|told| told.text).collect();
                let (count, names, choice) = (several.len().to_string(), names.join("\n"), choice.join("\n"));
                let values = [("text", text), ("count", &count), ("names", &names), ("choice", &choice)];
                Err(Problem::told(exit::NO, "ambiguous", key, &values))
            }
        }
    }

    /// Every record that a text names.
    ///
    /// # Errors
    /// [`Problem`] if the index cannot be read.
    pub(crate) fn called(&self, text: &str) -> Result<BTreeSet<RecordId>, Problem> {
        let lower = text.to_lowercase();
        if let Ok(record) = RecordId::parse(&lower) {
            return Ok([record].into());
        }
        if is_nobody_known(&lower) {
            return Ok([RecordId::UNIDENTIFIED].into());
        }
        let mut found = self.beginning_with(&lower)?;
        // What is written as an id is never an alias: one could be given that begins like another record's id, or like none yet.
        if bytes_of(parted(&lower).1).is_some() {
            return Ok(found);
        }
        for record in self.node.index()?.with_alias(text)? {
            if self.summary(record)?.aliases.iter().any(|alias| alias.to_lowercase() == lower) {
                found.insert(record);
            }
        }
        Ok(found)
    }

    /// The records whose ids begin so, of the kind that is named or of any.
    fn beginning_with(&self, text: &str) -> Result<BTreeSet<RecordId>, Problem> {
        let (kind, digits) = parted(text);
        let kinds = kind.map_or(1..=u8::MAX, |kind| kind..=kind);
        let Some(bytes) = bytes_of(digits) else { return Ok(BTreeSet::new()) };
        let index = self.node.index()?;
        let mut found = BTreeSet::new();
        for kind in kinds {
            found.extend(index.records(&[&[kind][..], &bytes].concat())?);
        }
        // An odd last digit is half a byte: it is compared as it is written.
        found.retain(|record| record.to_string().split_once('/').is_some_and(|(_, whole)| whole.starts_with(digits)));
        Ok(found)
    }

    /// A record with its title, and with the organisations that call it by an alias. The title comes last: nobody who gives one writes
    /// an organisation's name where those stand.
    fn with_callers(&self, record: RecordId, alias: &str, lang: Option<&str>) -> Result<Told, Problem> {
        let callers = self.callers(record, alias)?;
        let name = |id: &OrganisationId| {
            let name = self.names.get(id).and_then(|names| in_language(names, lang));
            name.map_or_else(|| id.to_short(), |name| name.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let names: Vec<String> = callers.iter().map(name).collect();
        let head = if names.is_empty() { record.to_string() } else { format!("{record} — {}", names.join(" / ")) };
        let title = self.title(record, lang)?.map(|title| format!(": {title}")).unwrap_or_default();
        Ok(Told { text: format!("{head}{title}"), is_alias: !callers.is_empty() })
    }

    /// The organisations that call a record by an alias.
    fn callers(&self, record: RecordId, alias: &str) -> Result<BTreeSet<OrganisationId>, Problem> {
        let view = self.show(&record.to_string(), &DayQuery::default())?;
        let lower = alias.to_lowercase();
        let is_it = |claim: &&ShownClaim| {
            let name = claim.value.as_ref().and_then(name_text);
            claim.state == State::Live && name.is_some_and(|name| name.to_lowercase() == lower)
        };
        let aliases = view.properties.iter().filter(|property| property.prop == "alias");
        let claims = aliases.flat_map(|property| property.claims.iter().filter(is_it));
        Ok(claims.map(|claim| claim.organisation).collect())
    }

    /// A record with its title, for a person to choose.
    pub(super) fn told(&self, record: RecordId, lang: Option<&str>) -> Result<String, Problem> {
        let title = self.title(record, lang)?.map(|title| format!(": {title}"));
        Ok(format!("{record}{}", title.unwrap_or_default()))
    }

    /// The title in a language, else in English, else any: on one line, whatever its author put into it.
    fn title(&self, record: RecordId, lang: Option<&str>) -> Result<Option<String>, Problem> {
        let summary = self.summary(record)?;
        let title = in_language(&summary.labels, lang);
        Ok(title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE).collect()))
    }
}

/// True of what the subject that stands for nobody known is called, in any of the languages: MODEL §7.4 names it, and no consortium
/// has to make it first.
fn is_nobody_known(lower: &str) -> bool {
    let words = fixed_labels(RecordId::UNIDENTIFIED).unwrap_or_default();
    UNIDENTIFIED.contains(&lower) || words.iter().any(|words| words.text.to_lowercase() == lower)
}

/// The words in a language, else in English, else any.
fn in_language<'a>(words: &'a [Words], lang: Option<&str>) -> Option<&'a str> {
    let of = |lang: &str| words.iter().find(|words| words.lang.as_deref() == Some(lang));
    lang.and_then(of).or_else(|| of("en")).or_else(|| words.first()).map(|words| words.text.as_str())
}

/// What MODEL §7.4 and the public file call it.
const UNIDENTIFIED: [&str; 2] = ["unidentified", "unknown-perpetrator"];

/// The kind that a text begins with, and what stands behind it; the whole text where it names none.
fn parted(text: &str) -> (Option<u8>, &str) {
    let kind_and_digits = text.split_once('/').and_then(|(kind, digits)| Some((kind_code(kind)?, digits)));
    kind_and_digits.map_or((None, text), |(kind, digits)| (Some(kind), digits))
}

/// The whole bytes that enough digits stand for.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    if digits.len() < DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| std::str::from_utf8(pair).ok().and_then(from_hex::<1>).map(|[byte]| byte)).collect()
}

/// The advice names the kind that is due, or that the text begins with.
fn none(text: &str, kinds: &KindsQuery) -> Problem {
    let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let due = kinds.kinds.split(',').next().and_then(|code| code.parse::<u8>().ok());
    let kind = KINDS.iter().find(|kind| Some(kind.code) == due.or(parted(text).0)).map_or("incident", |kind| kind.name);
    let values = [("text", text), ("kind", kind)];
    match text.len() {
        length if is_hex && length > 30 => Problem::told(exit::NO, "not_found", "record_unknown.claim", &values),
        length if is_hex && length >= DIGITS => Problem::told(exit::NO, "not_found", "record_unknown.digits", &values),
        _ => Problem::told(exit::NO, "not_found", "record_unknown", &values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_or_more_begin_an_id() {
        assert_eq!(bytes_of("8690e26d"), Some(vec![0x86, 0x90, 0xe2, 0x6d]));
        assert_eq!(bytes_of("8690e26d4"), Some(vec![0x86, 0x90, 0xe2, 0x6d]));
        for text in ["8690e26", "8690e26g", "", "douma-2018"] {
            assert_eq!(bytes_of(text), None, "{text}");
        }
    }
}
