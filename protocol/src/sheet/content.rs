//! What an entry says by itself: its payload read by its kind, or why it cannot be. format §1, §3, §6.

use crate::attestation::{self, Attestation};
use crate::encoding::json::{self, Json};
use crate::entry::{Entry, Header, Kind, SALT_SIZE};
use crate::id::RecordId;
use crate::limits;
use crate::standing::Standing;

use super::operations::{self, Operations};

/// A payload as its kind reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Claims, retractions or edits.
    Change(Operations),
    /// What it acknowledges counts only by governance.
    Attestation(Box<Attestation>),
    /// What it hides stands in its header.
    Redaction(Redaction),
}

/// Why a sheet goes out of sight. format §6.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Redaction {
    /// The ground, a code.
    pub ground: String,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why an entry cannot count, whatever governance says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// The payload is missing.
    Wanted,
    /// The kind is of a later version.
    UnknownKind,
    /// The entry breaks a rule.
    Inert(Defect),
}

/// The rule that makes an entry inert: it stays in its log, without effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// Its payload is no set of operations.
    #[error(transparent)]
    Operations(#[from] operations::Inert),
    /// A payload of this length is never taken.
    #[error("a payload of {found} bytes, where 1 to {} are allowed", limits::PAYLOAD_BYTES)]
    Length {
        /// What the header says.
        found: u64,
    },
    /// Nobody signs a zero salt.
    #[error("the salt is zero")]
    Salt,
    /// Above the highest generation, or given where there is no sheet.
    #[error("generation {found} is not allowed here")]
    Generation {
        /// What the header says.
        found: u32,
    },
    /// A change or redaction about no record, or an attestation about one.
    #[error("a record is named where none may be, or none where one is due")]
    Record,
    /// The payload of a redaction has another form.
    #[error("the payload has not the form of its kind")]
    Form,
    /// The payload of an attestation is none.
    #[error(transparent)]
    Attestation(#[from] attestation::Malformed),
    /// Begins a narrative that is not its own to begin, or names edits where it begins its own.
    #[error("a narrative is begun by the entry that its key derives from, on nothing; all other edits name edits")]
    Beginning,
    /// Names an entry of another sheet or generation, or one that is no change.
    #[error("stands on {0} of another sheet or generation")]
    OtherSheet(crate::id::EntryId),
    /// Names an entry that edits another narrative, or none.
    #[error("stands on {0}, which is no edit of this narrative")]
    OtherNarrative(crate::id::EntryId),
    /// More edits stand behind it than the format allows.
    #[error("more than {} edits stand behind it", limits::NARRATIVE_EDITS)]
    TooManyBehind,
    /// A position past the end of the text.
    #[error("operation {index} reaches past the end of the text")]
    PastEnd {
        /// Which, from 0.
        index: usize,
    },
    /// The text engine failed on it.
    #[error("the text engine failed on it")]
    Engine,
}

impl Defect {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Operations(inert) => inert.code(),
            Self::Length { .. } => "payload_length",
            Self::Salt => "payload_salt",
            Self::Generation { .. } => "entry_generation",
            Self::Record => "entry_record",
            Self::Form => "payload_form",
            Self::Attestation(malformed) => malformed.code(),
            Self::Beginning => "edit_beginning",
            Self::OtherSheet(_) => "edit_other_sheet",
            Self::OtherNarrative(_) => "edit_other_narrative",
            Self::TooManyBehind => "edit_too_many_behind",
            Self::PastEnd { .. } => "edit_past_end",
            Self::Engine => "edit_engine",
        }
    }
}

impl Flaw {
    /// The standing that it gives.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self {
            Self::Wanted => Standing::Wanted,
            Self::UnknownKind => Standing::UnknownKind,
            Self::Inert(_) => Standing::Inert,
        }
    }
}

/// Reads an entry by itself.
///
/// # Errors
/// [`Flaw`], the first that applies in the order of DESIGN §7.
pub fn read(entry: &Entry) -> Result<Content, Flaw> {
    let header = &entry.header;
    // A payload of a length that is never fetched is not wanted.
    let payload = match &entry.payload {
        None if header.has_payload() => return Err(Flaw::Wanted),
        payload => payload.as_ref(),
    };
    if matches!(header.kind, Kind::Unknown(_)) {
        return Err(Flaw::UnknownKind);
    }
    let Some(payload) = payload.filter(|_| header.has_payload()) else {
        return Err(Flaw::Inert(Defect::Length { found: header.payload_len }));
    };
    check_header(entry).map_err(Flaw::Inert)?;
    if payload.salt == [0; SALT_SIZE] {
        return Err(Flaw::Inert(Defect::Salt));
    }
    parse(header, &payload.bytes).map_err(Flaw::Inert)
}

fn check_header(entry: &Entry) -> Result<(), Defect> {
    let header = &entry.header;
    let has_sheet = matches!(header.kind, Kind::Change | Kind::Redaction);
    let is_generation = if has_sheet { header.generation <= limits::GENERATION } else { header.generation == 0 };
    if !is_generation {
        return Err(Defect::Generation { found: header.generation });
    }
    if has_sheet == (header.record == RecordId::ZERO) { Err(Defect::Record) } else { Ok(()) }
}

fn parse(header: &Header, payload: &[u8]) -> Result<Content, Defect> {
    match header.kind {
        Kind::Change => Ok(Content::Change(Operations::parse(payload)?)),
        Kind::Redaction => Redaction::parse(payload).map(Content::Redaction).ok_or(Defect::Form),
        // Kinds that are not known have been told apart before.
        Kind::Attestation | Kind::Unknown(_) => {
            Ok(Content::Attestation(Box::new(Attestation::parse(payload, &header.author)?)))
        }
    }
}

impl Redaction {
    /// Reads the payload of a redaction; `None` for any other form.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let Json::Object(mut members) = json::decode(payload).ok()? else { return None };
        let ground = operations::code(members.remove("ground")?)?;
        let text = match members.remove("text") {
            None => None,
            Some(Json::Text(text)) => Some(text),
            Some(_) => return None,
        };
        members.is_empty().then_some(Self { ground, text })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut members = json::Object::from([("ground".to_owned(), Json::text(&self.ground))]);
        if let Some(text) = &self.text {
            members.insert("text".to_owned(), Json::text(text));
        }
        Json::Object(members).encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Draft, Payload};
    use crate::id::{EntryId, OrganisationId, SpaceId};
    use crate::key::SecretKey;
    use crate::time::Timestamp;

    fn check(change: impl FnOnce(&mut Draft), expected: &str) {
        let mut draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: br#"{"ops":[{"claim":{}}]}"#.to_vec() },
        };
        change(&mut draft);
        let entry = draft.seal((0, EntryId::ZERO), &SecretKey::from_seed(&[3; 32]));
        assert_eq!(told(&entry), expected);
    }

    fn told(entry: &Entry) -> &'static str {
        match read(entry) {
            Ok(_) => "ok",
            Err(Flaw::Inert(defect)) => defect.code(),
            Err(flaw) => flaw.standing().name(),
        }
    }

    #[test]
    fn each_flaw_is_named() {
        let attest = |draft: &mut Draft| {
            draft.kind = Kind::Attestation;
            draft.record = RecordId::ZERO;
            draft.payload.bytes = b"{}".to_vec();
        };
        let redact = |draft: &mut Draft| {
            draft.kind = Kind::Redaction;
            draft.payload.bytes = br#"{"ground":"safety"}"#.to_vec();
        };
        check(|_| {}, "ok");
        check(|draft| draft.generation = 65_535, "ok");
        check(|draft| draft.generation = 65_536, "entry_generation");
        check(|draft| draft.record = RecordId::ZERO, "entry_record");
        check(|draft| draft.payload.salt = [0; 16], "payload_salt");
        check(|draft| draft.payload.bytes.clear(), "payload_length");
        check(|draft| draft.payload.bytes = vec![b' '; 65_537], "payload_length");
        check(|draft| draft.payload.bytes = b"{}".to_vec(), "payload_members");
        check(|draft| draft.kind = Kind::Unknown(9), "unknown_kind");
        check(attest, "ok");
        check(
            |draft| {
                attest(draft);
                draft.record = RecordId::new([1; 16]);
            },
            "entry_record",
        );
        check(
            |draft| {
                attest(draft);
                draft.generation = 1;
            },
            "entry_generation",
        );
        check(
            |draft| {
                attest(draft);
                draft.payload.bytes = b"[]".to_vec();
            },
            "attestation_form",
        );
        check(redact, "ok");
        check(
            |draft| {
                redact(draft);
                draft.record = RecordId::ZERO;
            },
            "entry_record",
        );
        check(
            |draft| {
                redact(draft);
                draft.payload.bytes = br#"{"ground":"Safety"}"#.to_vec();
            },
            "payload_form",
        );
        check(
            |draft| {
                redact(draft);
                draft.payload.bytes = br#"{"ground":"a","more":1}"#.to_vec();
            },
            "payload_form",
        );
    }

    #[test]
    fn a_missing_payload_is_wanted_unless_its_length_forbids_it() {
        let draft = Draft {
            kind: Kind::Unknown(7),
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 70_000,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: b"{}".to_vec() },
        };
        let mut entry = draft.seal((0, EntryId::ZERO), &SecretKey::from_seed(&[3; 32]));
        entry.payload = None;
        assert_eq!(told(&entry), "wanted");
        entry.header.payload_len = 0;
        assert_eq!(told(&entry), "unknown_kind");
        entry.header.kind = Kind::Change;
        assert_eq!(told(&entry), "payload_length");
    }

    #[test]
    fn redaction_is_read_as_it_is_written() {
        for text in [None, Some("by order of the court".to_owned())] {
            let redaction = Redaction { ground: "court_order".to_owned(), text };
            assert_eq!(Redaction::parse(&redaction.encode()), Some(redaction));
        }
    }
}
