//! `isnad claim`: adds, replaces and retracts single claims.

use std::collections::BTreeMap;
use std::path::Path;

use isnad_node::reading::Who;
use isnad_node::writing::{Change, Retraction};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::model::{self, Draft, Property, ValueType, kinds, vocabularies};
use isnad_protocol::view::{State, View, value_text};

use super::writing::{Took, not_taken, read, refuse_first, resolve, resolve_among, same_space, send, space_name};
use crate::args::{ClaimAddArgs, ClaimCommand, ClaimWords, SpaceName};
use crate::client::Client;
use crate::error::{Outcome, Problem, exit};
use crate::output::pasted;
use crate::session::Session;

/// Digits of a claim's id that are enough to name it: what is done to a claim cannot be undone.
const DIGITS: usize = 8;

/// A claim of this organisation.
struct OwnClaim {
    id: ClaimId,
    space: SpaceName,
    took: Took,
}

pub(crate) async fn run(session: &Session, command: ClaimCommand) -> Outcome {
    let client = Client::to_write(session).await?;
    match command {
        ClaimCommand::Add(ClaimAddArgs { record, words }) => {
            let record = resolve(&client, &record).await?;
            let claim = claim_of(&client, &words, record, None).await?;
            let space = words.space.unwrap_or_default();
            send(session, &client, space, Change { claims: vec![claim], ..Change::of(record) }, None).await
        }
        ClaimCommand::Replace { record, claim, new } => {
            let record = about(&client, "replace", &record, &claim).await?;
            let old = own_claim(&client, record, &claim).await?;
            let space = same_space(new.space, old.space)?;
            let claim = claim_of(&client, &new, record, Some(old.id)).await?;
            let took = Took { how: "view.replaced", ..old.took };
            send(session, &client, space, Change { claims: vec![claim], ..Change::of(record) }, Some(took)).await
        }
        ClaimCommand::Retract { record, claim, reason, note } => {
            let record = about(&client, "retract", &record, &claim).await?;
            check_reason(&reason)?;
            let OwnClaim { id, space, took } = own_claim(&client, record, &claim).await?;
            let retractions = vec![Retraction { claim: id, reason, note }];
            send(session, &client, space, Change { retractions, ..Change::of(record) }, Some(took)).await
        }
    }
}

/// The record of a claim. Whoever names the claim first is told so.
async fn about(client: &Client, command: &str, record: &str, claim: &str) -> Result<RecordId, Problem> {
    let found = resolve(client, record).await;
    let Err(problem) = found else { return found };
    if problem.code == "not_found" && resolve(client, claim).await.is_ok() {
        let values = [("claim", claim), ("record", record), ("command", command)];
        return Err(Problem::told(exit::USAGE, "usage", "record_first", &values));
    }
    Err(problem)
}

fn check_reason(reason: &str) -> Result<(), Problem> {
    let known = vocabularies::ALL.iter().find(|vocabulary| vocabulary.name == "retraction_reason");
    let codes = known.map(|vocabulary| vocabulary.codes).unwrap_or_default();
    if codes.contains(&reason) {
        return Ok(());
    }
    let values = [("reason", reason), ("codes", &*codes.join(", "))];
    Err(Problem::told(exit::REFUSED, "reason", "unsigned_this.reason", &values))
}

/// A claim of this organisation by its id or a unique beginning of it. Words that stand in both spaces are those that stand.
async fn own_claim(client: &Client, record: RecordId, text: &str) -> Result<OwnClaim, Problem> {
    let text = pasted(text).to_lowercase();
    if text.len() < DIGITS || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let values = [("text", &*text), ("digits", &*DIGITS.to_string())];
        return Err(Problem::told(exit::USAGE, "usage", "claim_id", &values));
    }
    let view: View = client.get(&format!("/records/{record}")).await?;
    let who: Who = client.get("/who").await?;
    let mut found: BTreeMap<ClaimId, (State, OwnClaim)> = BTreeMap::new();
    for (property, claim) in
        view.properties.iter().flat_map(|property| property.claims.iter().map(move |claim| (property, claim)))
    {
        let is_meant = Some(claim.organisation) == who.own && claim.id.to_string().starts_with(&text);
        let Some(space) = space_name(&who, claim.space).filter(|_| is_meant) else { continue };
        let value = claim.value.as_ref().map(value_text).unwrap_or_default();
        let took = Took { how: "view.retracted", property: property.prop.clone(), value };
        let is_better = found.get(&claim.id).is_none_or(|(state, _)| claim.state < *state);
        if is_better {
            found.insert(claim.id, (claim.state, OwnClaim { id: claim.id, space, took }));
        }
    }
    match (found.len(), found.pop_first()) {
        (1, Some((_, (_, claim)))) => Ok(claim),
        (0, _) | (_, None) => {
            let values = [("claim", &*text), ("record", &*record.to_string())];
            Err(Problem::told(exit::NO, "not_found", "claim_not_own", &values))
        }
        _ => Err(Problem::told(exit::NO, "ambiguous", "claim_ambiguous", &[])),
    }
}

async fn claim_of(
    client: &Client,
    words: &ClaimWords,
    record: RecordId,
    replaces: Option<ClaimId>,
) -> Result<Json, Problem> {
    let mut members = match &words.from {
        Some(file) => from_file(file)?,
        None => from_words(client, words, record).await?,
    };
    if let Some(old) = replaces {
        members.insert("replaces".into(), Json::text(old.to_string()));
    }
    let claim = Json::Object(members);
    let problems = model::check_claims(record.kind_code(), std::slice::from_ref(&claim));
    let checked = refuse_first(&problems);
    if words.from.is_none() {
        return checked.map_err(|problem| typed(problem, words, record)).map(|()| claim);
    }
    checked.map(|()| claim)
}

/// What a file lacks as a member, a command lacks as a flag; a value is shown as it is typed.
fn typed(problem: Problem, words: &ClaimWords, record: RecordId) -> Problem {
    let advice = match problem.code.as_str() {
        "missing_lang" => "add --in ar, or the language that it is in".to_owned(),
        "accusation_without_basis" => "name the source: --source RECORD".to_owned(),
        "accusation_without_standard" => {
            "choose the body's standard of proof: --standard CODE; unstated is one".to_owned()
        }
        "wrong_type" | "missing_member" => {
            let Some(property) = property_of(words, record) else { return problem };
            let example = match property.value.example() {
                Json::Text(text) => text,
                value => format!("'{}'", String::from_utf8_lossy(&value.encode())),
            };
            format!("write it as in: {} {example}", property.code)
        }
        _ => return problem,
    };
    Problem { advice, ..problem }
}

fn property_of(words: &ClaimWords, record: RecordId) -> Option<&'static Property> {
    model::property(record.kind_code(), words.property.as_deref()?)
}

fn from_file(file: &Path) -> Result<Object, Problem> {
    let claim = Draft::parse_claim(&read(file)?).map_err(|error| not_taken(file, &error))?;
    claim.as_object().cloned().ok_or_else(|| {
        let values = [("file", &*file.display().to_string())];
        Problem::told(exit::REFUSED, "claim", "draft.no_claim", &values)
    })
}

async fn from_words(client: &Client, words: &ClaimWords, record: RecordId) -> Result<Object, Problem> {
    let property = words.property.clone().unwrap_or_default();
    let known = property_of(words, record);
    let value = value_of(words.value.as_deref().unwrap_or_default(), known)?;
    let value = with_records(client, known, value).await?;
    let mut members = Object::from([("prop".to_owned(), Json::text(&property)), ("value".to_owned(), value)]);
    if let Some(language) = &words.language {
        members.insert("lang".into(), Json::text(language));
    }
    if let Some(body) = &words.according_to {
        members.insert(
            "according_to".into(),
            Json::text(resolve_among(client, body, &[kinds::ORGANISATION]).await?.to_string()),
        );
    }
    let mut basis = Vec::new();
    for source in &words.source {
        let record = resolve_among(client, source, &[kinds::SOURCE, kinds::EVIDENCE]).await?;
        basis.push(Json::object([("source", Json::text(record.to_string()))]));
    }
    if !basis.is_empty() {
        members.insert("basis".into(), Json::List(basis));
    }
    if let Some(standard) = &words.standard {
        members.insert("standard".into(), Json::text(standard));
    }
    let is_accusing = known.is_some_and(|property| property.accuses);
    match (&words.wording, is_accusing) {
        (Some(text), _) => {
            let lang = words.language.clone().unwrap_or_else(|| "und".into());
            members.insert("wording".into(), Json::object([("lang", Json::text(lang)), ("text", Json::text(text))]));
        }
        (None, true) => {
            members.insert("wording".into(), Json::object([("unavailable", Json::text("not_seen"))]));
        }
        (None, false) => {}
    }
    Ok(members)
}

/// The value with whole ids for the records that it names by a beginning or an alias.
async fn with_records(client: &Client, property: Option<&Property>, value: Json) -> Result<Json, Problem> {
    match (property.map(|property| property.value), value) {
        (Some(ValueType::Ref(kinds)), Json::Text(text)) => {
            Ok(Json::text(resolve_among(client, &text, kinds).await?.to_string()))
        }
        (Some(ValueType::Shape(members)), Json::Object(mut object)) => {
            for member in members {
                let ValueType::Ref(kinds) = member.value else { continue };
                let Some(Json::Text(text)) = object.get(member.key) else { continue };
                let record = resolve_among(client, text, kinds).await?;
                object.insert(member.key.to_owned(), Json::text(record.to_string()));
            }
            Ok(Json::Object(object))
        }
        (_, value) => Ok(value),
    }
}

/// JSON where it looks like an object or a list, or like the number or the yes or no that is due; else the text as it is: a
/// year, too, is a text.
fn value_of(text: &str, property: Option<&Property>) -> Result<Json, Problem> {
    let is_text = property.is_some_and(|property| matches!(property.value.example(), Json::Text(_)));
    let looks_like_json = text.starts_with(['{', '['])
        || (!is_text && (text == "true" || text == "false" || text.parse::<i64>().is_ok()));
    if !looks_like_json {
        return Ok(Json::text(text));
    }
    let claim = Draft::parse_claim(format!("{{\"prop\":\"note\",\"value\":{text}}}").as_bytes());
    claim
        .ok()
        .and_then(|claim| claim.get("value").cloned())
        .ok_or_else(|| Problem::told(exit::USAGE, "usage", "value", &[]))
}
