//! Which of this organisation's own texts on a record is to be edited.

use std::collections::BTreeMap;

use isnad_node::reading::Who;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{NarrativeId, RecordId, SpaceId};
use isnad_protocol::locale;
use isnad_protocol::view::{ShownClaim, ShownNarrative, State, View};

use crate::args::SpaceName;
use crate::client::Client;
use crate::commands::writing::space_name;
use crate::error::{Problem, exit};
use crate::output::{inert, squeezed};
use crate::session::Session;

/// Characters of a text by which its author knows it again.
const BEGINNING: usize = 40;

/// A text of this organisation.
pub(super) struct Own {
    pub(super) text: ShownNarrative,
    pub(super) space: SpaceName,
    /// The language in which it is said to be.
    pub(super) lang: Option<String>,
}

/// What the author says of the text that he means.
pub(super) struct Asked<'a> {
    /// The beginning of its id.
    pub(super) id: Option<&'a str>,
    pub(super) lang: Option<&'a str>,
    pub(super) space: Option<SpaceName>,
    /// The text of a file that is to take its place.
    pub(super) text: Option<&'a str>,
}

/// The texts of this organisation on a record; none where nothing is said of it yet. One that was taken back is no more.
pub(super) async fn own(client: &Client, record: RecordId) -> Result<Vec<Own>, Problem> {
    let mut view = match client.get::<View>(&format!("/records/{record}")).await {
        Ok(view) => view,
        Err(problem) if problem.exit == exit::NO => return Ok(Vec::new()),
        Err(problem) => return Err(problem),
    };
    let who: Who = client.get("/who").await?;
    let narratives = std::mem::take(&mut view.narratives);
    let pointers = pointers(&view, &who);
    let own = narratives.into_iter().filter(|narrative| Some(narrative.organisation) == who.own);
    let told = own.filter_map(|text| {
        let pointer = pointers.get(&(text.space, text.id));
        let space = space_name(&who, text.space)?;
        // To a text that was signed a moment ago nothing may point yet.
        let stands = pointer.is_none_or(|claim| claim.state == State::Live);
        stands.then(|| Own { text, space, lang: pointer.and_then(|claim| claim.lang.clone()) })
    });
    Ok(told.collect())
}

/// The claim that points to each text; the one that stands, where several did.
fn pointers<'a>(view: &'a View, who: &Who) -> BTreeMap<(SpaceId, NarrativeId), &'a ShownClaim> {
    let mut found: BTreeMap<(SpaceId, NarrativeId), &ShownClaim> = BTreeMap::new();
    for claim in view.properties.iter().flat_map(|property| &property.claims) {
        let id = claim.value.as_ref().and_then(|value| value.get("narrative")?.as_text());
        let id = id.and_then(|id| NarrativeId::parse(id).ok()).filter(|_| Some(claim.organisation) == who.own);
        let Some(id) = id else { continue };
        let known = found.entry((claim.space, id)).or_insert(claim);
        if claim.state < known.state {
            *known = claim;
        }
    }
    found
}

/// The one that is meant; `None` where there is none yet.
pub(super) fn meant(session: &Session, own: Vec<Own>, asked: &Asked<'_>) -> Result<Option<Own>, Problem> {
    if let Some(id) = asked.id {
        let mut found = own.into_iter().filter(|own| own.text.id.to_string().starts_with(id));
        return match (found.next(), found.next()) {
            (Some(one), None) => Ok(Some(one)),
            (None, _) => Err(Problem::told(exit::NO, "not_found", "narrative_unknown", &[("id", id)])),
            (Some(_), Some(_)) => Err(Problem::told(exit::NO, "ambiguous", "narrative_ambiguous", &[])),
        };
    }
    let is_meant = |own: &Own| {
        asked.lang.is_none_or(|lang| own.lang.as_deref() == Some(lang))
            && asked.space.is_none_or(|space| space == own.space)
    };
    let mut found: Vec<Own> = own.into_iter().filter(is_meant).collect();
    if let Some(same) = found.iter().position(|own| asked.text == Some(&own.text.text)) {
        return Ok(Some(found.swap_remove(same)));
    }
    // In an editor its author reads what he changes; a file would take the place of what he may never have seen.
    let is_blind = asked.text.is_some() && asked.lang.is_none();
    match found.len() {
        0 => Ok(None),
        1 if is_blind => Err(named(session, "narrative.there", &found)),
        1 => Ok(found.pop()),
        _ => Err(named(session, "narrative.several", &found)),
    }
}

/// Nobody guesses which one is meant: they are named, each with what tells it from the others.
fn named(session: &Session, key: &str, found: &[Own]) -> Problem {
    let line = |own: &Own| {
        let line = squeezed(&own.text.text);
        let beginning: String = line.chars().take(BEGINNING).collect();
        let beginning = if beginning == line { line } else { format!("{beginning}…") };
        let space = locale::code(session.language, "space", own.space.name());
        let known = format!("{}{} {space}", language_word(session, own.lang.as_deref()), session.word("preview.comma"));
        let told = format!("{} — {known}", session.printer.quotation(&inert(&beginning)));
        session.field(&format!("--narrative {}", own.text.id.to_short()), &told)
    };
    let texts = found.iter().map(line).collect::<Vec<_>>().join("\n");
    Problem::new(exit::NO, "ambiguous", session.word(key), texts, session.word("narrative.several.try"))
}

/// A language by its word; its tag where it has none.
pub(super) fn language_word(session: &Session, tag: Option<&str>) -> String {
    let Some(tag) = tag else { return session.word("narrative.no_language").to_owned() };
    let word = locale::lookup(session.language, &format!("template.language.{tag}"));
    word.map_or_else(|| session.apart(tag), str::to_owned)
}

/// The id that a text has in a value that points to it.
pub(super) fn pointer(id: NarrativeId) -> Json {
    Json::object([("narrative", Json::text(id.to_string()))])
}
