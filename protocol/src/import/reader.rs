//! What is known while a file is read: its ids, the records so far, what to warn of.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Wording};
use super::{Dataset, ImportError, ImportedRecord, Warning, record_id};
use crate::encoding::foreign::{Located, Misshapen};
use crate::encoding::{self, json::Json};
use crate::id::RecordId;
use crate::limits;
use crate::model::kinds::{CASE, DESIGNATION, INCIDENT, ORGANISATION, SOURCE, SUBJECT};

/// The lists of the file whose elements are records.
const SECTIONS: [(&str, u8); 6] = [
    ("organisations", ORGANISATION),
    ("sources", SOURCE),
    ("subjects", SUBJECT),
    ("incidents", INCIDENT),
    ("designations", DESIGNATION),
    ("cases", CASE),
];
/// What else stands at the top of the file.
const OTHERS: [&str; 7] =
    ["format", "format_version", "as_of", "disclaimer", "vocabularies", "responses", "judgements"];

pub(super) struct Reader<'a> {
    dataset: &'a str,
    ids: BTreeSet<(u8, &'a str)>,
    /// Language of each source.
    languages: BTreeMap<&'a str, &'a str>,
    /// Sources of the attributions that name a subject.
    pub(super) accusing_sources: BTreeMap<&'a str, Vec<&'a str>>,
    records: Vec<ImportedRecord>,
    positions: BTreeMap<RecordId, usize>,
    /// Hashes of what was said of each record, so that nothing is said twice.
    said: BTreeSet<(RecordId, [u8; 32])>,
    warnings: Vec<Warning>,
    /// Stricter marking of the element being read.
    marking: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &Located<'a>, dataset: &'a str) -> Result<Self, ImportError> {
        let mut reader = Self {
            dataset,
            ids: BTreeSet::new(),
            languages: BTreeMap::new(),
            accusing_sources: BTreeMap::new(),
            records: Vec::new(),
            positions: BTreeMap::new(),
            said: BTreeSet::new(),
            warnings: Vec::new(),
            marking: None,
        };
        let known: Vec<_> = SECTIONS.iter().map(|(section, _)| *section).chain(OTHERS).collect();
        reader.warn_of_others(root, &known)?;
        for (section, kind) in SECTIONS {
            reader.collect_ids(&root.member(section)?, kind)?;
        }
        for source in root.member("sources")?.items()? {
            let lang = source.member("lang")?.optional_text()?.unwrap_or("und");
            reader.languages.insert(source.member("id")?.text()?, lang);
        }
        Ok(reader)
    }

    fn collect_ids(&mut self, section: &Located<'a>, kind: u8) -> Result<(), ImportError> {
        for element in section.items()? {
            let id = element.member("id")?;
            if !self.ids.insert((kind, id.text()?)) {
                return Err(ImportError::DuplicateId { path: id.path().to_owned(), id: id.text()?.to_owned() });
            }
        }
        Ok(())
    }

    /// Warns of members that are not read, so that nothing is lost in silence.
    pub(super) fn warn_of_others(&mut self, value: &Located<'a>, known: &[&str]) -> Result<(), Misshapen> {
        for (key, _) in value.members()?.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.warn("unread_member", value.path(), format!("{key} is not read by this version"));
        }
        Ok(())
    }

    pub(super) fn warn(&mut self, code: &'static str, path: &str, why: String) {
        self.warnings.push(Warning { code, path: path.to_owned(), why });
    }

    pub(super) fn has(&self, kind: u8, own_id: &str) -> bool {
        self.ids.contains(&(kind, own_id))
    }

    /// The id of a record of the file; one that is not in it is derived all the same, and told.
    pub(super) fn record(&mut self, kind: u8, own_id: &Located<'a>) -> Result<RecordId, Misshapen> {
        let text = own_id.text()?;
        if !self.has(kind, text) {
            self.warn("dangling_id", own_id.path(), format!("{text:?} is not in this file"));
        }
        Ok(record_id(self.dataset, kind, text))
    }

    pub(super) fn record_of(&self, kind: u8, own_id: &str) -> RecordId {
        record_id(self.dataset, kind, own_id)
    }

    /// A reference as the value of a claim, `None` where the file gives none.
    pub(super) fn reference(&mut self, kind: u8, own_id: &Located<'a>) -> Result<Option<Json>, Misshapen> {
        if own_id.value().is_none() {
            return Ok(None);
        }
        Ok(Some(Json::Text(self.record(kind, own_id)?.to_string())))
    }

    /// The basis of a claim from the member `source`.
    pub(super) fn basis(&mut self, element: &Located<'a>) -> Result<Option<Json>, Misshapen> {
        let source = self.reference(SOURCE, &element.member("source")?)?;
        Ok(source.map(|source| Json::List(vec![Json::object([("source", source)])])))
    }

    /// According to the body that a member names.
    pub(super) fn according_to(&mut self, element: &Located<'a>, key: &str) -> Result<Option<Json>, Misshapen> {
        self.reference(ORGANISATION, &element.member(key)?)
    }

    /// The words of an element in the language of its source.
    pub(super) fn wording(&self, element: &Located<'a>) -> Result<Wording, Misshapen> {
        let note = element.member("note")?.optional_text()?;
        let lang = self.language(&element.member("source")?)?;
        Ok(Wording::of(element.member("wording")?.optional_text()?, note, lang))
    }

    /// The language of a source; `und`, undetermined, where the file does not say.
    pub(super) fn language(&self, source: &Located<'a>) -> Result<&'a str, Misshapen> {
        let lang = source.optional_text()?.and_then(|id| self.languages.get(id)).copied();
        Ok(lang.unwrap_or("und"))
    }

    /// Begins to read an element; only a marking stricter than clear is copied to its claims.
    pub(super) fn begin(&mut self, element: &Located<'a>) -> Result<(), Misshapen> {
        let marking = element.member("marking")?.optional_text()?;
        self.marking = marking.filter(|code| !matches!(*code, "tlp:clear" | "tlp:white"));
        Ok(())
    }

    /// Adds claims to a record, which begins with the first of them. A claim that stands there already is left out.
    pub(super) fn say(&mut self, record: RecordId, own_id: &str, claims: Vec<Claim>) -> Result<(), ImportError> {
        let position = *self.positions.entry(record).or_insert_with(|| {
            self.records.push(ImportedRecord { record, source_id: own_id.to_owned(), claims: Vec::new() });
            self.records.len().saturating_sub(1)
        });
        let Some(imported) = self.records.get_mut(position) else { return Ok(()) };
        for claim in claims {
            let claim = claim.with("marking", self.marking.map(Json::text)).into_object();
            let bytes = Json::Object(claim.clone()).encode();
            if bytes.len() > limits::CLAIM_BYTES {
                return Err(ImportError::TooLarge { path: own_id.to_owned(), bytes: bytes.len() });
            }
            if self.said.insert((record, encoding::hash_plain(&[&bytes]))) {
                imported.claims.push(claim);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Dataset, ImportError> {
        let mut left_out = Vec::new();
        for record in &mut self.records {
            let (refused, told) = record.take_out_refused();
            left_out.extend(refused);
            self.warnings.extend(told);
        }
        self.records.retain(|record| !record.claims.is_empty());
        Ok(Dataset { records: self.records, warnings: self.warnings, left_out })
    }
}
