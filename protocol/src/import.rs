//! The importer of `isnad-incidents` files: public records become records and claims. MODEL §11.
//!
//! Whoever imports signs; the body that a claim comes from is its `according_to`. Two organisations that import the same file
//! meet on the same records, for ids are derived from the file's own ([`record_id`]), and say the same claims, so that a second
//! import changes nothing. A finding or attribution has no id in the file: it gets one of its incident, kind, body, source
//! and date ([`finding_id`]), so that it stays the same when others are added before it.
//!
//! No file of the right shape is refused. A claim that an author would be refused, such as one of an unknown code, is left out
//! and told: what is signed is signed for ever. Ids that lead nowhere are kept, and told as [`Warning`]s. What has no place in a
//! claim is told too: empty legal bases, members that this version does not know. A marking of `tlp:clear` is not copied, since
//! a claim's default is that of its space and may only be stricter.

use std::collections::BTreeMap;

use crate::encoding::foreign::{self, Misshapen};
use crate::encoding::json::{Json, Object};
use crate::encoding::{self, Tag, tag};
use crate::id::RecordId;
use crate::model;

mod bodies;
mod claim;
mod incidents;
mod measures;
mod parts;
mod reader;
mod requests;

pub use parts::{PARTS, part};
pub use requests::requests;

const RECORD_TAG: Tag = tag("ISNAD-RECORD-v1");

/// The name that files of this format carry in `format`.
pub const FORMAT: &str = "isnad-incidents";
/// The version that is read.
pub const FORMAT_VERSION: &str = "0.1";
/// The dataset key from which the ids of the records of `incidents.json` derive.
pub const DATASET: &str = "isnad-incidents";

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Records, those referred to first: organisations, sources, subjects, incidents each followed by its findings and
    /// attributions, designations, cases, then records known from judgements alone. Each section in the order of the file.
    pub records: Vec<ImportedRecord>,
    /// What was kept though it leads nowhere, or left out for want of content.
    pub warnings: Vec<Warning>,
    /// The claims that break the model: they are in no record, and not to be signed. One for each claim.
    pub left_out: Vec<Warning>,
}

/// One record and what the file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRecord {
    /// Its id.
    pub record: RecordId,
    /// The id in the file, from which `record` derives.
    pub source_id: String,
    /// Its claims, none twice: canonical, at most [`crate::limits::CLAIM_DEPTH`] deep.
    pub claims: Vec<Object>,
}

/// How much of one kind there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Count {
    /// Records.
    pub records: usize,
    /// Claims on them.
    pub claims: usize,
}

/// Something that the importer kept or left out and wants known. It stops nothing else.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// The stable code: `dangling_id`, `unread_member`, `empty_value`, or that of a [`model::Problem`].
    pub code: &'static str,
    /// Where in the file, or of which record and claim.
    pub path: String,
    /// What was found.
    pub why: String,
}

/// Why a file is not imported: nothing of it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Not JSON, or beyond its bounds.
    #[error("{0}")]
    Json(#[from] foreign::ParseError),
    /// A value has another shape than was due.
    #[error(transparent)]
    Shape(#[from] Misshapen),
    /// Another format, or a version that is not read.
    #[error("{path}: {expected:?} was due, {found:?} found")]
    Format {
        /// `format` or `format_version`.
        path: &'static str,
        /// What is read.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// An id that another element of the same list has.
    #[error("{path}: the id {id:?} stands twice")]
    DuplicateId {
        /// Where the second one stands.
        path: String,
        /// The id.
        id: String,
    },
    /// A claim that no payload can hold.
    #[error("{path}: the claim would have {bytes} bytes")]
    TooLarge {
        /// Of which record.
        path: String,
        /// Its size.
        bytes: usize,
    },
    /// A dataset key of other letters than `[a-z0-9_-]`.
    #[error("the dataset key {key:?} has other characters than a-z, 0-9, _ and -")]
    DatasetKey {
        /// The key.
        key: String,
    },
}

impl ImportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.rule.code(),
            Self::Shape(_) => "import_shape",
            Self::Format { .. } => "import_format",
            Self::DuplicateId { .. } => "import_duplicate_id",
            Self::TooLarge { .. } => "import_too_large",
            Self::DatasetKey { .. } => "import_dataset_key",
        }
    }

    /// Where in the file: a path, or line and column; empty where it is about no place in it.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Json(error) => format!("line {}, column {}", error.line, error.column),
            Self::Shape(error) => error.path.clone(),
            Self::Format { path, .. } => (*path).to_owned(),
            Self::DuplicateId { path, .. } | Self::TooLarge { path, .. } => path.clone(),
            Self::DatasetKey { .. } => String::new(),
        }
    }

    /// What to do.
    #[must_use]
    pub const fn try_(&self) -> &'static str {
        match self {
            Self::Json(error) => match error.rule {
                foreign::Rule::DuplicateKey(_) => "keep one of the two members",
                foreign::Rule::NotUtf8 => "save the file as UTF-8",
                foreign::Rule::TooLarge | foreign::Rule::TooMany => "split the file",
                _ => "correct the file; python3 -m json.tool shows most mistakes",
            },
            Self::Shape(_) => "correct the value; the data's README gives the shape",
            Self::Format { .. } => "use a file of format isnad-incidents, version 0.1",
            Self::DuplicateId { .. } => "give each element of a list an id of its own",
            Self::TooLarge { .. } => "shorten the text; long ones are narratives",
            Self::DatasetKey { .. } => "use isnad-incidents",
        }
    }
}

/// Reads a file. `dataset` is the key from which record ids derive: [`DATASET`] for `incidents.json`.
///
/// # Errors
/// [`ImportError`] names the first thing wrong; unknown codes and ids are no errors.
pub fn read(bytes: &[u8], dataset: &str) -> Result<Dataset, ImportError> {
    if !is_dataset_key(dataset) {
        return Err(ImportError::DatasetKey { key: dataset.to_owned() });
    }
    let file = foreign::parse(bytes)?;
    let root = file.root();
    for (path, expected) in [("format", FORMAT), ("format_version", FORMAT_VERSION)] {
        let found = root.member(path)?.text()?;
        if found != expected {
            return Err(ImportError::Format { path, expected, found: found.to_owned() });
        }
    }
    let mut reader = reader::Reader::new(&root, dataset)?;
    bodies::read(&mut reader, &root)?;
    incidents::read(&mut reader, &root)?;
    measures::read(&mut reader, &root)?;
    reader.finish()
}

/// The id of a record that an import derives from the source's own id, as given. format §2.
#[must_use]
pub fn record_id(dataset: &str, kind_code: u8, own_id: &str) -> RecordId {
    let hash = encoding::hash(&RECORD_TAG, &[dataset.as_bytes(), &[0], own_id.as_bytes()]);
    let mut bytes = [kind_code; 16];
    for (byte, hashed) in bytes.iter_mut().skip(1).zip(hash) {
        *byte = hashed;
    }
    RecordId::new(bytes)
}

/// The own id given to a finding, which has none in the file: `<incident>#<kind>/<body>/<source>/<date>`.
///
/// What is not given is left empty. Where an incident has several that agree in all of this, the second gets `/2` behind it,
/// in the order of the file.
#[must_use]
pub fn finding_id(incident: &str, kind: &str, body: &str, source: &str, date: &str) -> String {
    format!("{incident}#{kind}/{body}/{source}/{date}")
}

fn is_dataset_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

impl Dataset {
    /// Records and claims by the code of their kind.
    #[must_use]
    pub fn by_kind(&self) -> BTreeMap<u8, Count> {
        let mut counts: BTreeMap<u8, Count> = BTreeMap::new();
        for record in &self.records {
            let count = counts.entry(record.record.kind_code()).or_default();
            count.records = count.records.saturating_add(1);
            count.claims = count.claims.saturating_add(record.claims.len());
        }
        counts
    }

    /// The record of an id, if the file has it.
    #[must_use]
    pub fn get(&self, record: RecordId) -> Option<&ImportedRecord> {
        self.records.iter().find(|imported| imported.record == record)
    }
}

impl ImportedRecord {
    /// The values of its claims of a property, in order.
    pub fn values(&self, prop: &str) -> impl Iterator<Item = &Json> {
        let is_said = move |claim: &&Object| claim.get("prop").and_then(Json::as_text) == Some(prop);
        self.claims.iter().filter(is_said).filter_map(|claim| claim.get("value"))
    }

    /// Takes out the claims that their author would be refused, and says what is wrong with each; then what the author's check
    /// says of the rest together. Several values of one property are signed: their claimants differ. MODEL §7.
    fn take_out_refused(&mut self) -> (Vec<Warning>, Vec<Warning>) {
        let mut left_out = Vec::new();
        let had_outcome = self.values("outcome").next().is_some();
        let mut claims: Vec<Json> = std::mem::take(&mut self.claims).into_iter().map(Json::Object).collect();
        // A claim may rest on another that is taken out.
        loop {
            let problems = model::check_claims(self.record.kind_code(), &claims);
            let mut refused = self.refused(&claims, &problems);
            if had_outcome && !claims.iter().any(|claim| says(claim, "outcome")) {
                refused.extend(self.accused_of_nothing(&claims));
            }
            if refused.is_empty() {
                self.claims = claims.into_iter().filter_map(Json::into_object).collect();
                return (left_out, problems.into_iter().map(|problem| self.warning(problem)).collect());
            }
            let mut place = 0_usize;
            claims.retain(|_| {
                let is_kept = !refused.contains_key(&place);
                place = place.saturating_add(1);
                is_kept
            });
            left_out.extend(refused.into_values());
        }
    }

    /// By the place of a claim, what its author is refused.
    fn refused(&self, claims: &[Json], problems: &[model::Problem]) -> BTreeMap<usize, Warning> {
        let mut refused: BTreeMap<usize, Warning> = BTreeMap::new();
        for (place, claim) in claims.iter().enumerate().filter(|_| !problems.is_empty()) {
            let prop = claim.get("prop").and_then(Json::as_text).unwrap_or_default();
            for problem in problems {
                let Some(at) = at_fault(problem, place, prop) else { continue };
                let path = format!("{} {prop}{at}", self.source_id);
                let warning = || Warning { code: problem.code, path, why: problem.why.clone() };
                refused.entry(place).or_insert_with(warning);
            }
        }
        refused
    }

    /// The subjects of a conclusion whose outcome is taken out: whoever names them without it insinuates.
    fn accused_of_nothing(&self, claims: &[Json]) -> BTreeMap<usize, Warning> {
        let subjects = claims.iter().enumerate().filter(|(_, claim)| says(claim, "subject"));
        let warning = || Warning {
            code: "subject_without_outcome",
            path: format!("{} subject", self.source_id),
            why: "the outcome that it belongs to is not signed".to_owned(),
        };
        subjects.map(|(place, _)| (place, warning())).collect()
    }

    fn warning(&self, problem: model::Problem) -> Warning {
        Warning { code: problem.code, path: format!("{} {}", self.source_id, problem.path), why: problem.why }
    }
}

fn says(claim: &Json, prop: &str) -> bool {
    claim.get("prop").and_then(Json::as_text) == Some(prop)
}

/// Where in a claim the problem is, if it is one of the claim at this place.
fn at_fault<'a>(problem: &'a model::Problem, place: usize, prop: &str) -> Option<&'a str> {
    if problem.code == "attribution_without_subject" {
        return (prop == "outcome").then_some("");
    }
    let within = problem.path.strip_prefix(&format!("claims[{place}]"))?;
    Some(within.strip_prefix(".value").unwrap_or(within))
}

#[cfg(test)]
mod tests;
