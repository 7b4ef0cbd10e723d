//! Designations and cases, and what is said of other records: responses and judgements.

use super::ImportError;
use super::bodies::{alias, note, plain};
use super::claim::{Claim, Wording, normal, object};
use super::reader::Reader;
use crate::encoding::foreign::{Located, Misshapen};
use crate::encoding::json::Json;
use crate::model::kinds::{CASE, DESIGNATION, INCIDENT, ORGANISATION, SOURCE, SUBJECT};

pub(super) fn read<'a>(reader: &mut Reader<'a>, root: &Located<'a>) -> Result<(), ImportError> {
    for element in root.member("designations")?.items()? {
        reader.begin(&element)?;
        designation(reader, &element)?;
    }
    for element in root.member("cases")?.items()? {
        reader.begin(&element)?;
        case(reader, &element)?;
    }
    for element in root.member("responses")?.items()? {
        reader.begin(&element)?;
        response(reader, &element)?;
    }
    for element in root.member("judgements")?.items()? {
        reader.begin(&element)?;
        judgement(reader, &element)?;
    }
    Ok(())
}

fn designation<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    let known = [
        "id",
        "kind",
        "authority",
        "country",
        "subjects",
        "unlisted_count",
        "names_complete",
        "measures",
        "legal_basis",
        "source",
        "start",
        "duration",
        "end",
        "status",
        "related_incidents",
        "reason",
        "note",
        "marking",
    ];
    reader.warn_of_others(element, &known)?;
    let authority = reader.according_to(element, "authority")?;
    let basis = reader.basis(element)?;
    // Everything in a designation is the authority's word, as its source gives it.
    let said = |claim: Claim| claim.with("according_to", authority.clone()).with("basis", basis.clone());
    let mut claims = vec![alias(element)?];
    claims.extend(authority.clone().map(|authority| said(Claim::new("authority", authority))));
    claims.extend(plain(element, "country", "country")?.map(said));
    for subject in element.member("subjects")?.items()? {
        let subject = Json::Text(reader.record(SUBJECT, &subject)?.to_string());
        claims.push(said(Claim::new("subject", subject)).accusing(None, Wording::not_seen()));
    }
    let unlisted = element.member("unlisted_count")?.optional_integer()?;
    claims.extend(unlisted.map(|count| said(Claim::new("unlisted_count", Json::Int(count)))));
    let is_complete = element.member("names_complete")?.optional_bool()?;
    claims.extend(is_complete.map(|complete| Claim::new("names_complete", Json::Bool(complete))));
    for measure in element.member("measures")?.items()? {
        claims.push(said(Claim::new("measure", normal(measure.text()?))));
    }
    claims.extend(legal_bases(reader, element)?.into_iter().map(said));
    for key in ["start", "end", "duration"] {
        claims.extend(plain(element, key, key)?.map(said));
    }
    claims.extend(plain(element, "status", "status")?);
    claims.extend(incidents(reader, element, "related_incidents")?);
    claims.extend(source(reader, element)?);
    claims.extend(reason(reader, element)?.map(said));
    claims.extend(note(element)?);
    say(reader, DESIGNATION, element, claims)
}

fn legal_bases<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<Vec<Claim>, ImportError> {
    let mut claims = Vec::new();
    for basis in element.member("legal_basis")?.items()? {
        reader.warn_of_others(&basis, &["title", "ref"])?;
        let text = |key: &str| Ok::<_, Misshapen>(basis.member(key)?.optional_text()?.map(normal));
        let value = object([("title", text("title")?), ("value", text("ref")?)]);
        if value == object([]) {
            reader.warn("empty_value", basis.path(), "the legal basis has neither title nor reference".to_owned());
        } else {
            claims.push(Claim::new("legal_basis", value));
        }
    }
    Ok(claims)
}

/// The authority's reason, verbatim, where the file gives one.
fn reason<'a>(reader: &Reader<'a>, element: &Located<'a>) -> Result<Option<Claim>, ImportError> {
    let Some(reason) = element.member("reason")?.optional_text()? else { return Ok(None) };
    let lang = reader.language(&element.member("source")?)?;
    let wording = Wording::of(Some(reason), None, lang);
    Ok(Some(Claim::text("reason", reason, lang).accusing(None, wording)))
}

fn case<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    let known = [
        "id",
        "kind",
        "title",
        "forum",
        "jurisdiction_basis",
        "subjects",
        "incidents",
        "status",
        "steps",
        "note",
        "marking",
    ];
    reader.warn_of_others(element, &known)?;
    let mut claims = vec![alias(element)?];
    claims.extend(element.member("title")?.optional_text()?.map(|title| Claim::text("title", title, "en")));
    let forum = reader.reference(ORGANISATION, &element.member("forum")?)?;
    claims.extend(forum.clone().map(|forum| Claim::new("forum", forum)));
    claims.extend(plain(element, "jurisdiction_basis", "jurisdiction_basis")?);
    for subject in element.member("subjects")?.items()? {
        let subject = Json::Text(reader.record(SUBJECT, &subject)?.to_string());
        // The subjects of a case are those whom it tries: the file has a place for nobody else.
        claims.push(Claim::new("party", Json::object([("role", Json::text("accused")), ("subject", subject)])));
    }
    claims.extend(incidents(reader, element, "incidents")?);
    claims.extend(plain(element, "status", "status")?);
    for item in element.member("steps")?.items()? {
        claims.push(step(reader, &item)?.with("according_to", forum.clone()));
    }
    claims.extend(note(element)?);
    say(reader, CASE, element, claims)
}

fn step<'a>(reader: &mut Reader<'a>, step: &Located<'a>) -> Result<Claim, ImportError> {
    reader.warn_of_others(step, &["date", "type", "outcome", "source", "retracts"])?;
    let text = |key: &str| Ok::<_, Misshapen>(step.member(key)?.optional_text()?.map(normal));
    let value = object([
        ("date", text("date")?),
        ("type", text("type")?),
        ("outcome", text("outcome")?),
        ("source", reader.reference(SOURCE, &step.member("source")?)?),
        ("retracts", text("retracts")?),
    ]);
    Ok(Claim::new("step", value).lang("en").with("basis", reader.basis(step)?))
}

/// A right of reply stands on the record that it answers.
fn response<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    let known = ["id", "kind", "subject", "to", "stance", "text", "lang", "source", "date", "channel", "marking"];
    reader.warn_of_others(element, &known)?;
    let text = |key: &str| Ok::<_, Misshapen>(element.member(key)?.optional_text()?.map(normal));
    let value = object([
        ("subject", reader.reference(SUBJECT, &element.member("subject")?)?),
        ("stance", text("stance")?),
        ("text", text("text")?),
        ("lang", text("lang")?),
        ("channel", text("channel")?),
        ("date", text("date")?),
    ]);
    let claim = Claim::new("response", value).with("basis", reader.basis(element)?);
    concerning(reader, &element.member("to")?, INCIDENT, claim)
}

fn judgement<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    reader.warn_of_others(element, &["id", "kind", "left", "right", "judgement", "by", "reason", "marking"])?;
    let text = |key: &str| Ok::<_, Misshapen>(element.member(key)?.optional_text()?.map(normal));
    let right = element.member("right")?;
    let right_kind = kind_of(reader, right.text()?).unwrap_or(SUBJECT);
    let value = object([
        ("record", Some(Json::Text(reader.record(right_kind, &right)?.to_string()))),
        ("relation", text("kind")?),
        ("verdict", text("judgement")?),
        ("explanation", text("reason")?),
    ]);
    let body = reader.according_to(element, "by")?;
    let claim = Claim::new("judgement", value).lang("en").with("according_to", body);
    concerning(reader, &element.member("left")?, right_kind, claim)
}

/// Adds a claim to the record it concerns. One that the file does not have is kept as a record of the kind `otherwise`, with
/// its alias.
fn concerning<'a>(
    reader: &mut Reader<'a>,
    own_id: &Located<'a>,
    otherwise: u8,
    claim: Claim,
) -> Result<(), ImportError> {
    let text = own_id.text()?;
    let kind = kind_of(reader, text);
    let record = reader.record(kind.unwrap_or(otherwise), own_id)?;
    let alias = kind.is_none().then(|| Claim::new("alias", normal(text)));
    reader.say(record, text, alias.into_iter().chain([claim]).collect())
}

/// The kind of the record that a text names; a source last, for designations bear the ids of their sources.
fn kind_of(reader: &Reader<'_>, own_id: &str) -> Option<u8> {
    [INCIDENT, DESIGNATION, CASE, SUBJECT, ORGANISATION, SOURCE].into_iter().find(|kind| reader.has(*kind, own_id))
}

fn incidents<'a>(reader: &mut Reader<'a>, element: &Located<'a>, key: &str) -> Result<Vec<Claim>, ImportError> {
    let mut claims = Vec::new();
    for incident in element.member(key)?.items()? {
        claims.push(Claim::new("incident", Json::Text(reader.record(INCIDENT, &incident)?.to_string())));
    }
    Ok(claims)
}

fn source<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<Option<Claim>, ImportError> {
    let source = reader.reference(SOURCE, &element.member("source")?)?;
    Ok(source.map(|source| Claim::new("source", source)))
}

fn say<'a>(reader: &mut Reader<'a>, kind: u8, element: &Located<'a>, claims: Vec<Claim>) -> Result<(), ImportError> {
    let own_id = element.member("id")?.text()?;
    let record = reader.record_of(kind, own_id);
    reader.say(record, own_id, claims)
}
