//! The file from which a record is made: `isnad record new KIND --from FILE.json`.
//!
//! `{"claims": [{"prop": …, "value": …, "lang"?: …, …}, …], "space"?: "members" | "public"}`, ordinary JSON. Null members are
//! left out, text is brought to NFC, and coordinates become decimal strings in their one spelling. What is said is not judged
//! here but by [`Draft::check`].

use unicode_normalization::UnicodeNormalization;

use super::check::{Submission, Submitted, check_submission};
use super::{Problem, kinds, values};
use crate::encoding::foreign::{self, Foreign, Located, Misshapen};
use crate::encoding::json::Json;

/// The claims of a record that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Claim objects, in the order of the file.
    pub claims: Vec<Json>,
    /// For whom; `None` leaves it to the command.
    pub space: Option<Audience>,
}

/// One of the two spaces that every consortium has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// `members`.
    Members,
    /// `public`.
    Public,
}

impl Audience {
    /// The name of the space.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Public => "public",
        }
    }

    /// The TLP 2.0 code of its label.
    #[must_use]
    pub const fn tlp(self) -> &'static str {
        match self {
            Self::Members => "tlp:amber",
            Self::Public => "tlp:clear",
        }
    }
}

/// Why a file is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// It is not JSON.
    #[error("the file is not JSON: {0}")]
    Json(#[from] foreign::ParseError),
    /// Something has another shape than was due.
    #[error(transparent)]
    Shape(#[from] Misshapen),
    /// A key that canonical JSON does not have.
    #[error("{path}: the key {key:?} has other characters than a-z, 0-9 and _")]
    Key {
        /// Where.
        path: String,
        /// The key.
        key: String,
    },
    /// A member that drafts do not have.
    #[error("{key:?} is no part of a draft: claims and space are")]
    Unknown {
        /// The key.
        key: String,
    },
    /// A space that drafts do not name.
    #[error("space: {found:?} is neither members nor public")]
    Space {
        /// What was written.
        found: String,
    },
}

impl DraftError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.rule.code(),
            Self::Shape(_) => "draft_shape",
            Self::Key { .. } => "draft_key",
            Self::Unknown { .. } => "draft_unknown",
            Self::Space { .. } => "draft_space",
        }
    }
}

impl Draft {
    /// Reads a draft.
    ///
    /// # Errors
    /// [`DraftError`] says what is wrong, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, DraftError> {
        let file = foreign::parse(bytes)?;
        let root = file.root();
        if let Some((key, _)) = root.members()?.iter().find(|(key, _)| !matches!(key.as_str(), "claims" | "space")) {
            return Err(DraftError::Unknown { key: key.clone() });
        }
        let space = match root.member("space")?.optional_text()? {
            None => None,
            Some("members") => Some(Audience::Members),
            Some("public") => Some(Audience::Public),
            Some(found) => return Err(DraftError::Space { found: found.to_owned() }),
        };
        let claims = root.member("claims")?;
        if claims.value().is_none() {
            return Err(claims.misshapen("a list of claims").into());
        }
        let claims = claims.items()?.iter().map(claim).collect::<Result<_, _>>()?;
        Ok(Self { claims, space })
    }

    /// Reads a file that holds one claim, as an object.
    ///
    /// # Errors
    /// [`DraftError`] says what is wrong, and where.
    pub fn parse_claim(bytes: &[u8]) -> Result<Json, DraftError> {
        claim(&foreign::parse(bytes)?.root())
    }

    /// Returns what the author of a new record is refused, in the space that the file names; in `members` if it names none.
    /// See [`check_submission`].
    #[must_use]
    pub fn check(&self, kind_code: u8) -> Vec<Problem> {
        check_submission(&Submission {
            space_tlp: self.space.unwrap_or(Audience::Members).tlp(),
            is_restricted: false,
            is_new_record: true,
            records: vec![Submitted { kind: kind_code, record: None, claims: &self.claims }],
        })
    }
}

fn claim(claim: &Located<'_>) -> Result<Json, DraftError> {
    claim.members()?;
    canonical(claim, "")
}

/// The canonical value of a foreign one; `key` is that of the member it is.
fn canonical(value: &Located<'_>, key: &str) -> Result<Json, DraftError> {
    match value.value() {
        Some(Foreign::Bool(is_true)) => Ok(Json::Bool(*is_true)),
        Some(Foreign::Text(text)) if matches!(key, "lat" | "lon") => {
            Ok(Json::Text(values::coordinate(text).unwrap_or_else(|| text.nfc().collect())))
        }
        Some(Foreign::Text(text)) => Ok(Json::Text(text.nfc().collect())),
        Some(Foreign::Number(number)) if matches!(key, "lat" | "lon") => {
            values::coordinate(number).map(Json::Text).ok_or_else(|| value.misshapen("a latitude or longitude").into())
        }
        Some(Foreign::Number(_)) => {
            Ok(Json::Int(value.optional_integer()?.ok_or_else(|| value.misshapen("a whole number"))?))
        }
        Some(Foreign::List(_)) => {
            let items = value.items()?;
            Ok(Json::List(items.iter().map(|item| canonical(item, "")).collect::<Result<_, _>>()?))
        }
        Some(Foreign::Object(members)) => object(value, members),
        None | Some(Foreign::Null) => Err(value.misshapen("a value").into()),
    }
}

fn object(value: &Located<'_>, members: &[(String, Foreign)]) -> Result<Json, DraftError> {
    let mut object = Vec::with_capacity(members.len());
    for (key, member) in members {
        if key.is_empty() || !key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(DraftError::Key { path: value.path().to_owned(), key: key.clone() });
        }
        if *member != Foreign::Null {
            object.push((key.clone(), canonical(&value.member(key)?, key)?));
        }
    }
    Ok(Json::Object(object.into_iter().collect()))
}

/// A filled draft of a kind, from real and public incidents; `None` for a kind that this version does not know.
///
/// The records it points to are those of `incidents.json` as every importer derives them. Evidence, and who is asked for it, are
/// made up: nobody should find in an example what could be mistaken for evidence.
#[must_use]
pub const fn example(kind_code: u8) -> Option<&'static str> {
    match kind_code {
        kinds::INCIDENT => Some(include_str!("examples/incident.json")),
        kinds::SUBJECT => Some(include_str!("examples/subject.json")),
        kinds::FINDING => Some(include_str!("examples/finding.json")),
        kinds::ATTRIBUTION => Some(include_str!("examples/attribution.json")),
        kinds::DESIGNATION => Some(include_str!("examples/designation.json")),
        kinds::EVIDENCE => Some(include_str!("examples/evidence.json")),
        kinds::SOURCE => Some(include_str!("examples/source.json")),
        kinds::CASE => Some(include_str!("examples/case.json")),
        kinds::ORGANISATION => Some(include_str!("examples/organisation.json")),
        kinds::REQUEST => Some(include_str!("examples/request.json")),
        kinds::NOTICE => Some(include_str!("examples/notice.json")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
