//! Organisations, sources and subjects: those who speak, what they published, and those spoken of.

use super::ImportError;
use super::claim::{Claim, Wording, normal, object};
use super::reader::Reader;
use crate::encoding::foreign::{Located, Misshapen};
use crate::encoding::json::Json;
use crate::model::kinds::{ORGANISATION, SOURCE, SUBJECT};

pub(super) fn read<'a>(reader: &mut Reader<'a>, root: &Located<'a>) -> Result<(), ImportError> {
    for element in root.member("organisations")?.items()? {
        organisation(reader, &element)?;
    }
    for element in root.member("sources")?.items()? {
        source(reader, &element)?;
    }
    attributing_sources(reader, root)?;
    for element in root.member("subjects")?.items()? {
        subject(reader, &element)?;
    }
    Ok(())
}

fn organisation<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    reader.warn_of_others(element, &["id", "kind", "names", "country", "role", "note", "marking"])?;
    let mut claims = vec![alias(element)?];
    claims.extend(names(element)?);
    claims.extend(plain(element, "kind", "kind")?);
    claims.extend(plain(element, "country", "country")?);
    claims.extend(plain(element, "role", "role")?);
    claims.extend(note(element)?);
    say(reader, ORGANISATION, element, claims)
}

fn source<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    let known = ["id", "title", "publisher", "symbol", "date", "kind", "lang", "url", "checked", "note", "marking"];
    reader.warn_of_others(element, &known)?;
    let lang = element.member("lang")?.optional_text()?.unwrap_or("und");
    let mut claims = vec![alias(element)?];
    claims.extend(element.member("title")?.optional_text()?.map(|title| Claim::text("title", title, lang)));
    for key in ["publisher", "symbol", "date", "kind", "lang", "url", "checked"] {
        claims.extend(plain(element, key, key)?);
    }
    claims.extend(note(element)?);
    say(reader, SOURCE, element, claims)
}

/// A topic that accuses rests on the sources for which the subject is public; where the file has none, on those of the
/// attributions that name it.
fn attributing_sources<'a>(reader: &mut Reader<'a>, root: &Located<'a>) -> Result<(), ImportError> {
    for incident in root.member("incidents")?.items()? {
        for finding in incident.member("findings")?.items()? {
            let Some(source) = finding.member("source")?.optional_text()? else { continue };
            for subject in finding.member("attributed_to")?.items()? {
                let sources = reader.accusing_sources.entry(subject.text()?).or_default();
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
        }
    }
    Ok(())
}

fn subject<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    reader.warn_of_others(element, &["id", "kind", "names", "country", "topics", "public_basis", "note", "marking"])?;
    let mut claims = vec![alias(element)?];
    claims.extend(plain(element, "kind", "subject_type")?);
    claims.extend(names(element)?);
    claims.extend(plain(element, "country", "country")?);
    let sources = element.member("public_basis")?.items()?;
    let mut basis = Vec::new();
    for source in &sources {
        let source = Json::Text(reader.record(SOURCE, source)?.to_string());
        claims.push(Claim::new("source", source.clone()));
        basis.push(source);
    }
    if basis.is_empty() {
        let own_id = element.member("id")?.text()?;
        let derived = reader.accusing_sources.get(own_id).into_iter().flatten();
        basis.extend(derived.map(|source| Json::Text(reader.record_of(SOURCE, source).to_string())));
    }
    for topic in element.member("topics")?.items()? {
        claims.push(topic_claim(topic.text()?, &basis));
    }
    claims.extend(note(element)?);
    say(reader, SUBJECT, element, claims)
}

fn topic_claim(topic: &str, basis: &[Json]) -> Claim {
    let claim = Claim::new("topic", normal(topic));
    if matches!(topic, "gov" | "gov.security" | "mil") {
        return claim;
    }
    let basis = basis.iter().map(|source| Json::object([("source", source.clone())])).collect();
    claim.with("basis", Some(Json::List(basis))).accusing(None, Wording::not_seen())
}

fn say<'a>(reader: &mut Reader<'a>, kind: u8, element: &Located<'a>, claims: Vec<Claim>) -> Result<(), ImportError> {
    reader.begin(element)?;
    let own_id = element.member("id")?.text()?;
    let record = reader.record_of(kind, own_id);
    reader.say(record, own_id, claims)
}

/// The file's own id, by which people go on naming the record.
pub(super) fn alias(element: &Located<'_>) -> Result<Claim, Misshapen> {
    Ok(Claim::new("alias", normal(element.member("id")?.text()?)))
}

/// A note of whoever made the file, which is in English.
pub(super) fn note(element: &Located<'_>) -> Result<Option<Claim>, Misshapen> {
    Ok(element.member("note")?.optional_text()?.map(|note| Claim::text("note", note, "en")))
}

/// A claim of the string that a member has, under another property's name.
pub(super) fn plain(element: &Located<'_>, key: &str, prop: &str) -> Result<Option<Claim>, Misshapen> {
    Ok(element.member(key)?.optional_text()?.map(|text| Claim::new(prop, normal(text))))
}

fn names(element: &Located<'_>) -> Result<Vec<Claim>, Misshapen> {
    let claim = |name: &Located<'_>| {
        let kind = name.member("type")?.optional_text()?.unwrap_or("primary");
        let value = object([("text", Some(normal(name.member("value")?.text()?))), ("type", Some(normal(kind)))]);
        Ok(Claim::new("name", value).lang(name.member("lang")?.text()?))
    };
    element.member("names")?.items()?.iter().map(claim).collect()
}
