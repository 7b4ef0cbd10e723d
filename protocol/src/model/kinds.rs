//! Every kind of record and its properties, in one table. MODEL §4.
//!
//! Of a finding or attribution the rows `body`, `standard`, `wording`, `likelihood` and `confidence` are no properties: they
//! are fields of the accusing claim `outcome`. `state` of a designation is computed by views and never said; `status` is what a
//! source said of it.

use super::property::Cardinality::{Any, One, Optional, Some as Several};
use super::property::ValueType::{
    Agent, Blob, Bool, Code, Count, Country, Date, Duration, Identifier, Int, Language, Name, Place, Plain, Ref, Shape,
    Text, Url,
};
use super::property::{Member, Property};
use super::vocabularies as words;

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The first byte of the ids of its records.
    pub code: u8,
    /// Its name, as ids print it.
    pub name: &'static str,
    /// Its own properties; those of [`COMMON`] hold for all kinds.
    pub properties: &'static [Property],
}

/// Code of incidents: uses, or alleged uses, of a toxic chemical as a weapon.
pub const INCIDENT: u8 = 1;
/// Code of subjects: persons, entities and groups accused, found responsible, designated or tried.
pub const SUBJECT: u8 = 2;
/// Code of findings: what a body concluded on whether.
pub const FINDING: u8 = 3;
/// Code of attributions: what a body concluded on who.
pub const ATTRIBUTION: u8 = 4;
/// Code of designations: listings and restrictive measures.
pub const DESIGNATION: u8 = 5;
/// Code of items of evidence.
pub const EVIDENCE: u8 = 6;
/// Code of published documents.
pub const SOURCE: u8 = 7;
/// Code of court cases and dossiers.
pub const CASE: u8 = 8;
/// Code of cited bodies and partners.
pub const ORGANISATION: u8 = 9;
/// Code of requests for information or assistance.
pub const REQUEST: u8 = 10;
/// Code of notices: recall, erratum, embargo lift.
pub const NOTICE: u8 = 11;

/// The kinds, by code from 1.
pub const KINDS: &[Kind] = &[
    Kind { code: INCIDENT, name: "incident", properties: OF_INCIDENT },
    Kind { code: SUBJECT, name: "subject", properties: OF_SUBJECT },
    Kind { code: FINDING, name: "finding", properties: OF_FINDING },
    Kind { code: ATTRIBUTION, name: "attribution", properties: OF_ATTRIBUTION },
    Kind { code: DESIGNATION, name: "designation", properties: OF_DESIGNATION },
    Kind { code: EVIDENCE, name: "evidence", properties: OF_EVIDENCE },
    Kind { code: SOURCE, name: "source", properties: OF_SOURCE },
    Kind { code: CASE, name: "case", properties: OF_CASE },
    Kind { code: ORGANISATION, name: "organisation", properties: OF_ORGANISATION },
    Kind { code: REQUEST, name: "request", properties: OF_REQUEST },
    Kind { code: NOTICE, name: "notice", properties: OF_NOTICE },
];

/// True of the kinds that accuse, list or try somebody: what they say is about whom they name.
#[must_use]
pub const fn is_about_somebody(kind: u8) -> bool {
    matches!(kind, FINDING | ATTRIBUTION | DESIGNATION | CASE)
}

/// What may be said of a record of any kind. MODEL §2.
pub const COMMON: &[Property] = &[
    Property::new("alias", Name, Any),
    Property::new("note", Text, Any),
    Property::new("opinion", Shape(OPINION), Any),
    Property::new("judgement", Shape(JUDGEMENT), Any),
    Property::new("response", Shape(RESPONSE), Any),
];

const OPINION: &[Member] = &[
    Member::needed("organisation", Plain),
    Member::optional("claim", Plain),
    Member::optional("entry", Plain),
    Member::needed("stance", Code(&words::STANCE)),
    Member::optional("reason", Code(&words::DISPUTE_REASON)),
    Member::optional("text", Plain),
];

const JUDGEMENT: &[Member] = &[
    Member::needed("record", Ref(&[])),
    Member::needed("relation", Code(&words::RELATION)),
    Member::needed("verdict", Code(&words::VERDICT)),
    Member::optional("score", Int),
    Member::optional("matcher", Plain),
    Member::optional("explanation", Plain),
];

const RESPONSE: &[Member] = &[
    Member::optional("organisation", Plain),
    Member::optional("claim", Plain),
    Member::needed("subject", Ref(&[SUBJECT])),
    Member::needed("stance", Code(&words::RESPONSE_STANCE)),
    Member::needed("text", Plain),
    Member::needed("lang", Language),
    Member::optional("channel", Code(&words::CHANNEL)),
    Member::optional("date", Date),
];

const OF_INCIDENT: &[Property] = &[
    Property::new("title", Text, Several),
    Property::new("description", Text, Any),
    Property::new("date", Date, One),
    Property::new("place", Place, Several),
    Property::new("agent", Agent, Any),
    Property::new("delivery", Code(&words::DELIVERY), Any),
    Property::new("casualty", Count, Any),
    Property::new("target_type", Code(&words::TARGET_TYPE), Any),
    Property::new("status", Code(&words::INCIDENT_STATUS), Optional),
    Property::new("part_of", Ref(&[INCIDENT]), Any),
    Property::new("source", Ref(&[SOURCE]), Several),
];

const OF_SUBJECT: &[Property] = &[
    Property::new("subject_type", Code(&words::SUBJECT_TYPE), One),
    Property::new("name", Name, Several),
    Property::new("birth_date", Date, Optional),
    Property::new("birth_place", Text, Optional),
    Property::new("country", Country, Any),
    Property::new("nationality", Country, Any),
    Property::new("jurisdiction", Country, Any),
    Property::new("identifier", Identifier, Any),
    Property::new("position", Text, Any),
    Property::new("member_of", Shape(MEMBERSHIP), Any),
    Property::new("controls", Shape(MEMBERSHIP), Any),
    Property::new("role", Code(&words::ROLE), Optional).accuses(),
    Property::new("topic", Code(&words::TOPIC), Any),
    Property::new("life_status", Code(&words::LIFE_STATUS), Optional),
    Property::new("declaration", Code(&words::DECLARATION), Optional),
    Property::new("source", Ref(&[SOURCE]), Any),
];

const MEMBERSHIP: &[Member] =
    &[Member::needed("record", Ref(&[SUBJECT, ORGANISATION])), Member::optional("role", Plain)];

const OF_FINDING: &[Property] = &[
    Property::new("incident", Ref(&[INCIDENT]), Several),
    Property::new("outcome", Code(&words::OUTCOME), One).accuses(),
    Property::new("mandate", Code(&words::MANDATE), One),
    Property::new("date", Date, One),
    Property::new("document", Ref(&[SOURCE]), Any),
    Property::new("replaces", Ref(&[FINDING, ATTRIBUTION]), Optional),
];

const OF_ATTRIBUTION: &[Property] = &[
    Property::new("incident", Ref(&[INCIDENT]), Several),
    Property::new("subject", Ref(&[SUBJECT]), Several).accuses(),
    Property::new("outcome", Code(&words::OUTCOME), One).accuses(),
    Property::new("involvement", Code(&words::INVOLVEMENT), Any).accuses(),
    Property::new("state_responsibility", Code(&words::STATE_RESPONSIBILITY), Optional).accuses(),
    Property::new("mandate", Code(&words::MANDATE), One),
    Property::new("date", Date, One),
    Property::new("document", Ref(&[SOURCE]), Any),
    Property::new("replaces", Ref(&[FINDING, ATTRIBUTION]), Optional),
];

const OF_DESIGNATION: &[Property] = &[
    Property::new("subject", Ref(&[SUBJECT]), Any).accuses(),
    Property::new("unlisted_count", Int, Optional),
    Property::new("names_complete", Bool, Optional),
    Property::new("authority", Ref(&[ORGANISATION]), One),
    Property::new("country", Country, Any),
    Property::new("programme", Shape(PROGRAMME), Optional),
    Property::new("measure", Code(&words::MEASURE), Several),
    Property::new("legal_basis", Shape(LEGAL_BASIS), Several),
    Property::new("start", Date, One),
    Property::new("end", Date, Optional),
    Property::new("duration", Duration, Optional),
    Property::new("listing_date", Date, Optional),
    Property::new("reason", Text, Any).accuses(),
    Property::new("status", Code(&words::DESIGNATION_STATUS), Optional),
    Property::new("incident", Ref(&[INCIDENT]), Any),
    Property::new("source", Ref(&[SOURCE]), Any),
];

const PROGRAMME: &[Member] = &[Member::needed("title", Plain), Member::optional("key", Plain)];

const LEGAL_BASIS: &[Member] = &[
    Member::optional("title", Plain),
    Member::optional("scheme", Code(&words::IDENTIFIER)),
    Member::optional("value", Plain),
];

const OF_EVIDENCE: &[Property] = &[
    Property::new("title", Text, One),
    Property::new("evidence_type", Code(&words::EVIDENCE_TYPE), One),
    Property::new("digest", Shape(DIGEST), One),
    Property::new("blob", Blob, Optional),
    Property::new("captured_at", Date, Optional),
    Property::new("captured_where", Place, Optional),
    Property::new("acquired_at", Date, One),
    Property::new("acquired_from", Text, One).restricted(),
    Property::new("method", Code(&words::METHOD), One),
    Property::new("custody", Shape(CUSTODY), Several),
    Property::new("copy_type", Code(&words::COPY_TYPE), One),
    Property::new("consent", Shape(CONSENT), Optional).restricted(),
    Property::new("holder", Ref(&[ORGANISATION]), One),
    Property::new("access", Code(&words::ACCESS), One),
    Property::new("depicts", Ref(&[INCIDENT, FINDING, ATTRIBUTION]), Any),
    Property::new("supports", Ref(&[INCIDENT, FINDING, ATTRIBUTION]), Any),
];

const DIGEST: &[Member] = &[Member::needed("alg", Code(&words::DIGEST)), Member::needed("hex", Plain)];

const CUSTODY: &[Member] = &[
    Member::needed("at", Date),
    Member::optional("from", Plain),
    Member::needed("to", Plain),
    Member::needed("action", Plain),
    Member::optional("digest", Plain),
    Member::optional("signature", Plain),
];

const CONSENT: &[Member] = &[
    Member::needed("code", Code(&words::CONSENT)),
    Member::optional("scope", Plain),
    Member::optional("expiry", Date),
];

const OF_SOURCE: &[Property] = &[
    Property::new("title", Text, Several),
    Property::new("publisher", Plain, Optional),
    Property::new("symbol", Plain, Optional),
    Property::new("date", Date, Optional),
    Property::new("kind", Code(&words::SOURCE_KIND), Optional),
    Property::new("lang", Language, Any),
    Property::new("url", Url, Any),
    Property::new("archived", Shape(DIGEST), Any),
    Property::new("checked", Code(&words::CHECKED), Optional),
];

const OF_CASE: &[Property] = &[
    Property::new("title", Text, Several),
    Property::new("forum", Ref(&[ORGANISATION]), One),
    Property::new("case_number", Identifier, Any),
    Property::new("jurisdiction_basis", Code(&words::JURISDICTION), Any),
    Property::new("party", Shape(PARTY), Any),
    Property::new("incident", Ref(&[INCIDENT]), Any),
    Property::new("status", Code(&words::CASE_STATUS), Optional),
    Property::new("step", Shape(STEP), Any),
    Property::new("exhibit", Shape(EXHIBIT), Any),
    Property::new("confidentiality", Code(&words::MARKING), Optional),
    Property::new("source", Ref(&[SOURCE]), Any),
];

const PARTY: &[Member] = &[Member::needed("subject", Ref(&[SUBJECT, ORGANISATION])), Member::optional("role", Plain)];

const STEP: &[Member] = &[
    Member::needed("date", Date),
    Member::needed("type", Code(&words::CASE_STEP)),
    Member::optional("outcome", Plain),
    Member::optional("source", Ref(&[SOURCE])),
    Member::optional("retracts", Plain),
];

const EXHIBIT: &[Member] = &[Member::needed("evidence", Ref(&[EVIDENCE])), Member::optional("number", Plain)];

const OF_ORGANISATION: &[Property] = &[
    Property::new("name", Name, Several),
    Property::new("kind", Code(&words::ORGANISATION_KIND), One),
    Property::new("country", Country, Optional),
    Property::new("role", Code(&words::ORGANISATION_ROLE), Optional),
    Property::new("accession", Date, Optional),
    Property::new("withdrawal", Date, Optional),
    Property::new("successor", Ref(&[ORGANISATION]), Any),
];

const OF_REQUEST: &[Property] = &[
    Property::new("title", Text, Several),
    Property::new("to", Ref(&[ORGANISATION]), Several),
    Property::new("about", Ref(&[]), Any),
    Property::new("legal_basis", Shape(LEGAL_BASIS), Any),
    Property::new("due_date", Date, Optional),
    Property::new("reply", Text, Any),
];

const OF_NOTICE: &[Property] = &[
    Property::new("title", Text, Several),
    Property::new("target", Ref(&[]), Several),
    Property::new("reason", Text, Any),
    Property::new("legal_basis", Shape(LEGAL_BASIS), Any),
    Property::new("deadline", Date, Optional),
    Property::new("acknowledgement", Text, Any),
];
