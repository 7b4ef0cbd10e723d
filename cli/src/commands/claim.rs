//! `isnad claim`: adds, replaces and retracts single claims.

use std::collections::BTreeMap;
use std::path::Path;

use isnad_node::reading::Who;
use isnad_node::writing::{Change, Retraction};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::locale;
use isnad_protocol::model::speech::{self, Spoken};
use isnad_protocol::model::vocabularies::{self, Vocabulary};
use isnad_protocol::model::{self, Draft, Property, ValueType, kinds, nearest, template};
use isnad_protocol::view::{Basis, ShownClaim, State, View, Wording, value_text};

use super::reading::property_word;
use super::show::value_in_words;
use super::signed::Took;
use super::writing::{
    not_taken, read, refuse_first, resolve, resolve_among, same_space, send, space_name, tell_if_normalised,
    tell_time_left_out, with_page,
};
use crate::args::{ClaimAddArgs, ClaimCommand, ClaimFields, ClaimWords, SpaceName};
use crate::client::Client;
use crate::error::{Outcome, Problem, exit};
use crate::output::{hanging, pasted_claim, width};
use crate::session::Session;

mod flags;
mod lost;

/// Digits of a claim's id that are enough to name it: what is done to a claim cannot be undone.
const DIGITS: usize = 8;

/// A claim of this organisation.
struct OwnClaim {
    id: ClaimId,
    space: SpaceName,
    took: Took,
    /// What it says beside its value: a new value has these too, unless it is said otherwise.
    beside: Object,
}

pub(crate) async fn run(session: &Session, command: ClaimCommand) -> Outcome {
    let client = Client::to_write(session).await?;
    match command {
        ClaimCommand::Add(ClaimAddArgs { record, words }) => {
            let record = resolve(session, &client, &record).await?;
            if let Some(again) = &words.again {
                return lost::say_again(session, &client, record, again, words.space).await;
            }
            let claim = claim_of(session, &client, &words, record, None).await?;
            let space = words.space.unwrap_or_default();
            let change = Change { claims: vec![claim], ..Change::of(record) };
            let sent = send(session, &client, space, change, None).await;
            sent.map_err(|problem| in_words_of(session, problem, &words, record))
        }
        ClaimCommand::Replace { record, claim, new } => {
            let record = about(session, &client, "replace", &record, &claim).await?;
            let old = own_claim(session, &client, record, &claim).await?;
            let space = same_space(new.space, old.space)?;
            let claim = claim_of(session, &client, &new, record, Some(&old)).await?;
            let took = Took { how: "view.replaced", ..old.took };
            let change = Change { claims: vec![claim], ..Change::of(record) };
            let sent = send(session, &client, space, change, Some(took)).await;
            sent.map_err(|problem| in_words_of(session, problem, &new, record))
        }
        ClaimCommand::Retract { record, claim, reason, note } => {
            let record = about(session, &client, "retract", &record, &claim).await?;
            let reason = reason_of(session, reason)?;
            let OwnClaim { id, space, took, .. } = own_claim(session, &client, record, &claim).await?;
            let retractions = vec![Retraction { claim: id, reason, note }];
            send(session, &client, space, Change { retractions, ..Change::of(record) }, Some(took)).await
        }
    }
}

/// The record of a claim. Whoever names the claim first is told so.
async fn about(
    session: &Session,
    client: &Client,
    command: &str,
    record: &str,
    claim: &str,
) -> Result<RecordId, Problem> {
    let found = resolve(session, client, record).await;
    let Err(problem) = found else { return found };
    if problem.code == "not_found" && resolve(session, client, claim).await.is_ok() {
        let values = [("claim", claim), ("record", record), ("command", command)];
        return Err(Problem::told(exit::USAGE, "usage", "record_first", &values));
    }
    Err(problem)
}

/// The reason of a retraction. Whoever gives none, or one that is none, is told all, each with its word.
fn reason_of(session: &Session, reason: Option<String>) -> Result<String, Problem> {
    let known = &vocabularies::RETRACTION_REASON;
    let Some(reason) = reason else {
        let line = |code: &&str| format!("{code}: {}", locale::code(session.language, "retraction_reason", code));
        let mut why = vec![session.word("retract.reasons").to_owned()];
        why.extend(known.codes.iter().map(line));
        let (error, advice) = (session.word("preview.not_signed"), "--reason CODE --note TEXT");
        return Err(Problem::new(exit::REFUSED, "retraction_without_reason", error, why.join("\n"), advice));
    };
    reason_meant(session, known, &reason)
}

/// The code of a reason that was typed as a code or as its word in one of the three languages.
pub(super) fn reason_meant(session: &Session, known: &'static Vocabulary, typed: &str) -> Result<String, Problem> {
    let said = speech::value(&ValueType::Code(known), typed).ok();
    if let Some(code) = said.as_ref().and_then(|said| said.value.as_text()).filter(|code| known.contains(code)) {
        return Ok(code.to_owned());
    }
    let near = nearest::codes_near(known, typed);
    let key = if near.is_empty() { "unsigned_this.reason" } else { "unsigned_this.reason.near" };
    let told = |codes: &[&str]| nearest::told(session.language, codes, &[known.name]);
    let values = [("reason", typed), ("codes", &*told(known.codes)), ("near", &*told(&near))];
    Err(Problem::told(exit::REFUSED, "reason", key, &values))
}

/// What is told of a claim that is taken back or replaced.
fn took(session: &Session, who: &Who, record: RecordId, prop: &str, claim: &ShownClaim) -> Took {
    let value = claim.value.as_ref().map(value_text).unwrap_or_default();
    let told = claim.value.as_ref().map(|value| value_in_words(session, who, record, prop, value, &claim.refs));
    let words = told.filter(|words| !words.is_empty()).unwrap_or_else(|| session.apart(&value));
    Took { how: "view.retracted", property: prop.to_owned(), value, words }
}

/// A claim of this organisation by its id or a unique beginning of it. Words that stand in both spaces are those that stand.
async fn own_claim(session: &Session, client: &Client, record: RecordId, text: &str) -> Result<OwnClaim, Problem> {
    let text = beginning(text)?;
    let view: View = client.get(&format!("/records/{record}")).await?;
    let who: Who = client.get("/who").await?;
    let mut found: BTreeMap<ClaimId, (State, OwnClaim)> = BTreeMap::new();
    for (property, claim) in
        view.properties.iter().flat_map(|property| property.claims.iter().map(move |claim| (property, claim)))
    {
        let is_meant = Some(claim.organisation) == who.own && claim.id.to_string().starts_with(&text);
        let Some(space) = space_name(&who, claim.space).filter(|_| is_meant) else { continue };
        let took = took(session, &who, record, &property.prop, claim);
        let is_better = found.get(&claim.id).is_none_or(|(state, _)| claim.state < *state);
        if is_better {
            found.insert(claim.id, (claim.state, OwnClaim { id: claim.id, space, took, beside: beside(claim) }));
        }
    }
    match (found.len(), found.pop_first()) {
        (1, Some((_, (_, claim)))) => Ok(claim),
        // What a revoked key said does not count, and can be disowned.
        (0, _) | (_, None) => lost::own_claim(session, client, &who, record, &text).await,
        _ => Err(Problem::told(exit::NO, "ambiguous", "claim_ambiguous", &[])),
    }
}

/// The beginning of a claim's id that was typed, long enough to name it.
fn beginning(text: &str) -> Result<String, Problem> {
    let text = pasted_claim(text).to_lowercase();
    if text.len() < DIGITS || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let values = [("text", &*text), ("digits", &*DIGITS.to_string())];
        return Err(Problem::told(exit::USAGE, "usage", "claim_id", &values));
    }
    Ok(text)
}

async fn claim_of(
    session: &Session,
    client: &Client,
    words: &ClaimWords,
    record: RecordId,
    replaces: Option<&OwnClaim>,
) -> Result<Json, Problem> {
    let mut members = match (&words.from, &words.again) {
        (Some(file), _) => from_file(file)?,
        (None, Some(again)) => lost::words(client, record, again).await?,
        (None, None) => from_words(session, client, words, record).await?,
    };
    if let Some(old) = replaces {
        members.insert("replaces", Json::text(old.id.to_string()));
        if words.from.is_none() && words.again.is_none() {
            keep(&mut members, &old.beside);
        }
    }
    // All else is asked by whoever signs, who knows what is said of the record already.
    if isnad_protocol::sheet::Claim::new(members.clone()).is_err() {
        let problems = model::check_claims(record.kind_code(), &[Json::Object(members.clone())]);
        refuse_first(session, &problems).map_err(|problem| in_words_of(session, problem, words, record))?;
    }
    Ok(Json::Object(members))
}

/// What is refused, to whoever typed the claim by its flags, to whoever wrote a file by its members.
fn in_words_of(session: &Session, problem: Problem, words: &ClaimWords, record: RecordId) -> Problem {
    let is_typed = words.from.is_none() && words.again.is_none();
    if is_typed { flags::told(session, problem, words, record) } else { problem }
}

/// Who said it, by which source, for whose eyes: a correction of the value takes none of it away. Only what it says is new.
fn keep(members: &mut Object, beside: &Object) {
    for (field, value) in beside {
        members.get_or_insert(field.clone(), value.clone());
    }
}

/// What a claim says beside its value, as it was signed; but for how the value was written, which the new one has anew.
fn beside(claim: &ShownClaim) -> Object {
    let source = |basis: &Basis| {
        let source = basis.source.as_ref().map(|source| source.record.to_string());
        source.map(|source| Json::Object(texts([("source", Some(source)), ("locator", basis.locator.clone())])))
    };
    let basis: Vec<Json> = claim.basis.iter().filter_map(source).collect();
    let mut members = texts([
        ("according_to", claim.according_to.as_ref().map(|body| body.record.to_string())),
        ("standard", claim.standard.clone()),
        ("likelihood", claim.likelihood.clone()),
        ("confidence", claim.confidence.clone()),
        ("reliability", claim.reliability.clone()),
        ("credibility", claim.credibility.clone()),
        ("marking", claim.marking.clone()),
        ("valid", claim.valid.clone()),
    ]);
    members.extend((!basis.is_empty()).then(|| ("basis".to_owned(), Json::List(basis))));
    let wording = claim.wording.clone().map(|wording| match wording {
        Wording::Verbatim { text, lang } => texts([("text", Some(text)), ("lang", lang)]),
        Wording::Unavailable { unavailable } => texts([("unavailable", Some(unavailable))]),
    });
    members.extend(wording.map(|wording| ("wording".to_owned(), Json::Object(wording))));
    members
}

/// An object of those texts that there are.
fn texts<const N: usize>(members: [(&str, Option<String>); N]) -> Object {
    members.into_iter().filter_map(|(member, text)| Some((member.to_owned(), Json::Text(text?)))).collect()
}

fn property_of(words: &ClaimWords, record: RecordId) -> Option<&'static Property> {
    template::property_named(record.kind_code(), words.property.as_deref()?)
}

fn from_file(file: &Path) -> Result<Object, Problem> {
    let claim = Draft::parse_claim(&read(file)?).map_err(|error| not_taken(file, &error))?;
    claim.as_object().cloned().ok_or_else(|| {
        let values = [("file", &*file.display().to_string())];
        Problem::told(exit::REFUSED, "claim", "draft.no_claim", &values)
    })
}

async fn from_words(
    session: &Session,
    client: &Client,
    words: &ClaimWords,
    record: RecordId,
) -> Result<Object, Problem> {
    let Some(known) = property_of(words, record) else {
        let known = template::known_properties(record.kind_code(), session.language);
        let typed = words.property.as_deref().unwrap_or_default();
        let near = nearest::properties_near(record.kind_code(), typed);
        let key = if near.is_empty() { "property_unknown" } else { "property_unknown.near" };
        let near = nearest::told(session.language, &near, &["property"]);
        let values = [("property", typed), ("known", &*known), ("near", &*near)];
        return Err(Problem::told(exit::REFUSED, "unknown_property", key, &values));
    };
    let spoken = value_of(session, &words.value.join(" "), known, words.language.as_deref())?;
    let value = with_records(session, client, known, spoken.value).await?;
    let mut members = Object::from([("prop".to_owned(), Json::text(known.code)), ("value".to_owned(), value)]);
    let fields = &words.fields;
    let language = words.language.as_deref().map(|text| language_of(session, text)).transpose()?;
    let texts = [("lang", language.or(spoken.lang)), ("original", fields.original.clone())];
    members.extend(texts.into_iter().filter_map(|(field, text)| Some((field.to_owned(), Json::Text(text?)))));
    if let Some(body) = &words.according_to {
        let body = resolve_among(session, client, body, &[kinds::ORGANISATION]).await?;
        members.insert("according_to", Json::text(body.to_string()));
    }
    let basis = basis_of(session, client, words).await?;
    if !basis.is_empty() {
        members.insert("basis", Json::List(basis));
    }
    for (field, kind, text) in coded(fields) {
        if let Some(text) = text {
            // A marking is known by its colour too.
            let text = if field == "marking" && !text.contains(':') { format!("tlp:{text}") } else { text.clone() };
            members.insert(field, understood(session, &kind, &text, None)?.value);
        }
    }
    if let Some(wording) = wording_of(session, words)? {
        members.insert("wording", wording);
    }
    Ok(members)
}

/// The fields that take codes or a date.
fn coded(fields: &ClaimFields) -> [(&'static str, ValueType, &Option<String>); 7] {
    [
        ("standard", ValueType::Code(&vocabularies::STANDARD), &fields.standard),
        ("likelihood", ValueType::Code(&vocabularies::LIKELIHOOD), &fields.likelihood),
        ("confidence", ValueType::Code(&vocabularies::CONFIDENCE), &fields.confidence),
        ("reliability", ValueType::Code(&vocabularies::RELIABILITY), &fields.reliability),
        ("credibility", ValueType::Code(&vocabularies::CREDIBILITY), &fields.credibility),
        ("marking", ValueType::Code(&vocabularies::MARKING), &fields.marking),
        ("valid", ValueType::Date, &fields.valid),
    ]
}

/// The sources, each with its place.
async fn basis_of(session: &Session, client: &Client, words: &ClaimWords) -> Result<Vec<Json>, Problem> {
    let mut basis = Vec::new();
    for (index, source) in words.source.iter().enumerate() {
        let found = resolve_among(session, client, source, &[kinds::SOURCE, kinds::EVIDENCE]).await;
        let record = found.map_err(|problem| apart_from_page(source, problem))?;
        let mut item = Object::from([("source".to_owned(), Json::text(record.to_string()))]);
        if let Some(locator) = words.locator.get(index) {
            item.insert("locator", Json::text(locator));
        }
        basis.push(Json::Object(item));
    }
    Ok(basis)
}

/// Where a page stands behind the source, its author is told of the flag that takes it.
fn apart_from_page(source: &str, problem: Problem) -> Problem {
    let Some((record, page)) = with_page(source).filter(|_| problem.code == "not_found") else { return problem };
    let values = [("text", source), ("record", record), ("page", page)];
    Problem::told(problem.exit, "not_found", "record_unknown.page", &values)
}

/// The body's own words, or why they are not given: its author says so, and nobody for him.
fn wording_of(session: &Session, words: &ClaimWords) -> Result<Option<Json>, Problem> {
    let unavailable = |code: &str| Json::object([("unavailable", Json::text(code))]);
    let Some(text) = &words.fields.wording else { return Ok(None) };
    let code = ValueType::Code(&vocabularies::WORDING_UNAVAILABLE);
    if let Some(code) = speech::value(&code, text).ok().and_then(|said| said.value.as_text().map(str::to_owned)) {
        return Ok(Some(unavailable(&code)));
    }
    let lang = words.fields.wording_language.as_ref().or(words.language.as_ref());
    let lang = lang.map(|text| language_of(session, text)).transpose()?;
    // Nobody guesses: Arabic letters say which language it is, Latin ones do not.
    let lang = lang.or_else(|| speech::value(&ValueType::Text, text).ok()?.lang);
    let lang = lang.ok_or_else(|| Problem::told(exit::REFUSED, "missing_lang", "wording_lang", &[]))?;
    Ok(Some(Json::object([("lang", Json::text(lang)), ("text", Json::text(text))])))
}

/// The tag of a language; one that is no word for a language is left to the rules.
pub(super) fn language_of(session: &Session, text: &str) -> Result<String, Problem> {
    let said = understood(session, &ValueType::Language, text, None);
    Ok(said.ok().and_then(|said| said.value.as_text().map(str::to_owned)).unwrap_or_else(|| text.to_owned()))
}

/// The value with whole ids for the records that it names by a beginning or an alias.
async fn with_records(session: &Session, client: &Client, property: &Property, value: Json) -> Result<Json, Problem> {
    match (property.value, value) {
        (ValueType::Ref(kinds), Json::Text(text)) => {
            Ok(Json::text(resolve_among(session, client, &text, kinds).await?.to_string()))
        }
        (ValueType::Shape(members), Json::Object(mut object)) => {
            for member in members {
                let ValueType::Ref(kinds) = member.value else { continue };
                let Some(Json::Text(text)) = object.get(member.key) else { continue };
                let record = resolve_among(session, client, text, kinds).await?;
                object.insert(member.key.to_owned(), Json::text(record.to_string()));
            }
            Ok(Json::Object(object))
        }
        (_, value) => Ok(value),
    }
}

/// The value as people say it, shown back where that is not what was typed; JSON where it begins so.
fn value_of(session: &Session, text: &str, property: &Property, lang: Option<&str>) -> Result<Spoken, Problem> {
    let is_text = matches!(property.value, ValueType::Text | ValueType::Plain | ValueType::Name);
    if text.starts_with(['{', '[']) && (!is_text || property.value == ValueType::Name || is_pointer(text)) {
        let claim = Draft::parse_claim(format!("{{\"prop\":\"note\",\"value\":{text}}}").as_bytes());
        let value = claim.ok().and_then(|claim| claim.get("value").cloned());
        let value = value.ok_or_else(|| Problem::told(exit::USAGE, "usage", "value", &[]))?;
        return Ok(Spoken { value, lang: None });
    }
    if let ValueType::Ref(_) = property.value {
        return Ok(Spoken { value: Json::text(text), lang: None });
    }
    let spoken = understood(session, &property.value, text, lang)?;
    tell_if_normalised(session, text);
    let told = value_text(&spoken.value);
    let typed = speech::normalised(text);
    if told != typed.as_deref().unwrap_or(text) && !session.printer.json {
        let told = speech::value_in(session.language, &property.value, &spoken.value);
        let (typed, told) = (session.apart(text), session.apart(&told));
        let values =
            [("property", &*property_word(session.language, property.code)), ("typed", &*typed), ("value", &*told)];
        session.printer.aside(hanging("", &locale::format(session.language, "record.understood", &values), width()));
    }
    Ok(spoken)
}

/// A description may be a narrative: `{"narrative": …}`.
fn is_pointer(text: &str) -> bool {
    text.contains("\"narrative\"")
}

/// What was typed for a value of a type.
pub(super) fn understood(
    session: &Session,
    kind: &ValueType,
    text: &str,
    lang: Option<&str>,
) -> Result<Spoken, Problem> {
    let said = speech::value_from(kind, text, lang).map_err(|fault| {
        let (why, advice) = (fault.why_in(session.language), fault.try_in(session.language));
        Problem::new(exit::REFUSED, fault.code, session.word("problem.spoken.error"), why, advice)
    })?;
    if *kind == ValueType::Date && speech::leaves_time_out(text, &said.value) {
        tell_time_left_out(session, text);
    }
    Ok(said)
}
