//! What people say: kinds of record, their properties, their vocabularies. MODEL §3 to §7.
//!
//! It binds the author's tool alone: [`check_claims`] refuses what an author should not sign. What another node's software let
//! through is kept and shown; no entry is ever judged by this module.

pub mod check;
pub mod draft;
pub mod edtf;
mod form;
pub mod kinds;
pub mod nearest;
mod path;
pub mod problem;
pub mod property;
pub mod speech;
pub mod standards;
pub mod template;
pub mod values;
pub mod vocabularies;
pub mod warn;

pub use check::{
    Accused, Known, Setting, SubjectType, Submission, Submitted, accused_by, check_claims, check_note, check_record,
    check_submission, is_accusing, is_tried,
};
pub use draft::{Audience, Draft, DraftError, example};
pub use kinds::{COMMON, KINDS, Kind, is_about_somebody};
pub use problem::Problem;
pub use property::{Cardinality, Property, ValueType};
pub use warn::Warning;

/// The kind of a code, `None` for one of a later version.
#[must_use]
pub fn kind(code: u8) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

/// The property of a kind by its code, those of all kinds included.
#[must_use]
pub fn property(kind_code: u8, code: &str) -> Option<&'static Property> {
    kind(kind_code)?.properties.iter().chain(COMMON).find(|property| property.code == code)
}

/// Every property that may be said of a record of the kind, its own first.
pub fn properties(kind_code: u8) -> impl Iterator<Item = &'static Property> {
    kind(kind_code).into_iter().flat_map(|kind| kind.properties.iter().chain(COMMON))
}

/// True of properties that say something of other claims and records, and nothing that their record is about.
#[must_use]
pub fn is_aside(code: &str) -> bool {
    matches!(code, "opinion" | "judgement" | "response")
}

/// True if a property may be said of the record that stands for nobody known, [`RecordId::UNIDENTIFIED`](crate::id::RecordId): what
/// would say who he is says it of every attribution that names nobody.
#[must_use]
pub fn may_say_of_nobody_known(code: &str) -> bool {
    matches!(code, "subject_type" | "name" | "opinion" | "note")
}

#[cfg(test)]
mod tables;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id;

    #[test]
    fn kinds_are_those_of_record_ids() {
        for kind in KINDS {
            assert_eq!(id::kind_code(kind.name), Some(kind.code));
            let codes: BTreeSet<_> = properties(kind.code).map(|property| property.code).collect();
            assert_eq!(codes.len(), properties(kind.code).count(), "{} has a property twice", kind.name);
        }
        assert_eq!(KINDS.len(), 11);
    }

    #[test]
    fn vocabularies_have_each_code_once() {
        for vocabulary in vocabularies::ALL {
            let codes: BTreeSet<_> = vocabulary.codes.iter().collect();
            assert_eq!(codes.len(), vocabulary.codes.len(), "{}", vocabulary.name);
        }
        let agents: Vec<_> = vocabularies::AGENTS.iter().map(|agent| agent.code).collect();
        assert_eq!(agents, vocabularies::AGENT.codes);
        assert!(vocabularies::AGENTS.iter().all(|agent| vocabularies::AGENT_CLASS.contains(agent.class)));
    }
}
