//! `isnad narrative`: longer texts, which colleagues write at the same time.
//!
//! An edit is made on the text as it was when the editor opened. What colleagues signed meanwhile is merged with it, and told.

use std::path::Path;

use isnad_node::reading::Who;
use isnad_node::writing::{Change, Edit, Request, Written};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{NarrativeId, RecordId};
use isnad_protocol::locale;
use isnad_protocol::model::ValueType;
use isnad_protocol::model::speech;
use isnad_protocol::view::{ShownNarrative, View};

use super::claim::language_of;
use super::drafts::{Begun, Kept};
use super::editor::Writing;
use super::preview;
use super::signed::{Recorded, tell};
use super::writing::{read, resolve, same_space, space_name};
use crate::args::{NarrativeCommand, SpaceName};
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, squeezed, width};
use crate::session::Session;

use which::{Asked, Own};

mod which;

/// Characters of what was merged that are told.
const TOLD: usize = 60;

pub(crate) async fn run(session: &Session, command: NarrativeCommand) -> Outcome {
    let NarrativeCommand::Edit { record, narrative, new, edit, from, language, space } = command;
    // The home is not held while the editor is open: colleagues go on writing, and their node goes on syncing.
    let reader = Client::to_read(session).await?;
    let record = resolve(session, &reader, &record).await?;
    let language = language.map(|text| language_of(session, &text)).transpose()?;
    let left = from.as_ref().and_then(|file| Kept::left(session, file));
    let begun = left.as_ref().and_then(Kept::begun).filter(|begun| begun.record == record);
    // What was begun as a new text stays one, though a colleague has begun another meanwhile.
    let is_new = new || (narrative.is_none() && begun.as_ref().is_some_and(|begun| begun.old.is_none()));
    let text = from.as_deref().map(text_of).transpose()?;
    let blind = text.as_deref().filter(|_| !edit);
    let asked = Asked { id: narrative.as_deref(), lang: language.as_deref(), space, text: blind };
    let own = if is_new { Vec::new() } else { which::own(&reader, record).await? };
    let old = which::meant(session, own, &asked)?;
    drop(reader);
    let space = match &old {
        Some(old) => same_space(space, old.space)?,
        None => space.unwrap_or_default(),
    };
    tell_edited(session, narrative.as_deref(), old.as_ref());
    let language = language.or_else(|| old.as_ref().and_then(|old| old.lang.clone()));
    let job = Job { session, record, space, language, old: old.map(|old| old.text) };
    let job = job.begun_on(begun);
    let text = match text {
        Some(text) if !edit => text,
        text => return job.in_editor(text, left).await,
    };
    // Whoever was cut off before he heard that a text is signed begins it once more, and is told so.
    let job = if narrative.is_none() && job.stands_so(&text) { Job { old: None, ..job } } else { job };
    unchanged(job.before(), &text)?;
    if job.sign(text).await? {
        left.into_iter().for_each(Kept::done);
    }
    Ok(DONE)
}

fn text_of(file: &Path) -> Result<String, Problem> {
    let not_utf8 = |_| Problem::told(exit::USAGE, "usage", "not_utf8", &[("file", &*file.display().to_string())]);
    String::from_utf8(read(file)?).map_err(not_utf8)
}

/// Says which text is edited, where its author has not named it: he may have meant to begin one.
fn tell_edited(session: &Session, named: Option<&str>, old: Option<&Own>) {
    let Some(old) = old.filter(|_| named.is_none() && !session.printer.json) else { return };
    let (id, lang) = (old.text.id.to_short(), which::language_word(session, old.lang.as_deref()));
    let values = [("id", &*id), ("language", &*lang)];
    session.printer.aside(hanging("", &locale::format(session.language, "narrative.edited", &values), width()));
}

/// Passes if there is something to sign.
fn unchanged(before: &str, after: &str) -> Result<(), Problem> {
    let key = if after.trim().is_empty() {
        "unchanged.empty"
    } else if after.trim_end() == before.trim_end() {
        // Editors end the last line of themselves.
        "unchanged.same"
    } else {
        return Ok(());
    };
    Err(Problem::told(exit::NO, "unchanged", key, &[]))
}

/// One edit, or the beginning of a text.
struct Job<'a> {
    session: &'a Session,
    record: RecordId,
    space: SpaceName,
    /// The language that a new text is said to be in.
    language: Option<String>,
    old: Option<ShownNarrative>,
}

impl Job<'_> {
    /// True if the text to edit reads as this one.
    fn stands_so(&self, text: &str) -> bool {
        self.old.as_ref().is_some_and(|old| old.text == text)
    }

    /// The language of a new text: as it is said, as its letters say, or that of the interface.
    fn language_of_new(&self, text: &str) -> String {
        let by_letters = || speech::value(&ValueType::Text, text).ok()?.lang;
        let said = self.language.clone();
        said.or_else(by_letters).unwrap_or_else(|| self.session.language.code().to_owned())
    }

    /// Says in which language a new text is taken to be, where its author has not said so.
    fn tell_language(&self, lang: &str) {
        if self.language.is_none() && !self.session.printer.json {
            let values = [("language", &*which::language_word(self.session, Some(lang)))];
            let told = locale::format(self.session.language, "narrative.begun", &values);
            self.session.printer.aside(hanging("", &told, width()));
        }
    }

    fn before(&self) -> &str {
        self.old.as_ref().map_or("", |old| &old.text)
    }

    /// The same edit on the narrative as it was when its text was begun: what colleagues signed since is merged, not undone.
    fn begun_on(self, begun: Option<Begun>) -> Self {
        let begun = begun.filter(|begun| begun.record == self.record).and_then(|begun| begun.old);
        match (&self.old, begun) {
            (Some(now), Some(then)) if now.id == then.id => Self { old: Some(then), ..self },
            _ => self,
        }
    }

    /// Opens the editor on the text as it stands, or on another that is to take its place.
    async fn in_editor(self, text: Option<String>, left: Option<Kept>) -> Outcome {
        let before = self.before().to_owned();
        let shown = text.unwrap_or_else(|| before.clone());
        let session = self.session;
        let (space, language) = (self.space.name().to_owned(), self.language.clone());
        let begun = Begun { record: self.record, space, language, old: self.old.clone() };
        let writing = Writing::begin_on(session, left, &begun, &shown)?;
        let after = match writing.edited() {
            Ok(after) => after,
            Err(problem) => return Err(writing.kept_if_changed(session, problem, &shown)),
        };
        if let Err(problem) = unchanged(&before, &after) {
            return Err(writing.given_up(session, problem));
        }
        match self.sign(after).await {
            Ok(true) => writing.done(),
            Ok(false) => writing.tell_kept(session),
            Err(problem) => return Err(writing.kept(session, problem)),
        }
        Ok(DONE)
    }

    /// Has the text signed, and says so; false if it was shown alone.
    async fn sign(self, after: String) -> Result<bool, Problem> {
        let client = Client::to_write(self.session).await?;
        let (record, space) = (self.record, self.space.name());
        let edited = self.old.as_ref().map(|old| old.id);
        if edited.is_none()
            && let Some(id) = begun_already(&client, record, self.space, &after).await?
        {
            // Whoever was cut off before he heard that it is signed begins it no second time.
            let lang = self.language_of_new(&after);
            let request = pointing(record, space, id, lang);
            let Some(written) = preview::sign(self.session, &client, request).await? else { return Ok(false) };
            tell(self.session, &client, space, &Recorded { record, written, took: None }).await;
            return Ok(true);
        }
        let lang = self.language_of_new(&after);
        if edited.is_none() {
            self.tell_language(&lang);
        }
        let change = match self.old {
            Some(old) => {
                let edit = Edit { narrative: old.id, heads: old.heads, old: old.text, new: after.clone() };
                Change { edit: Some(edit), ..Change::of(record) }
            }
            None => Change { begin: Some(after.clone()), ..Change::of(record) },
        };
        let request = Request { space: space.into(), changes: vec![change], only_new: false };
        let Some(mut written) = preview::sign(self.session, &client, request).await? else { return Ok(false) };
        match (edited, written.narratives.first()) {
            (Some(id), _) => tell_merged(self.session, &client, record, id, &after).await,
            (None, Some(id)) => {
                let pointer = point(&client, record, space, *id, lang).await;
                match pointer {
                    Ok(pointer) => {
                        written.claims.extend(pointer.claims);
                        written.entries.extend(pointer.entries);
                    }
                    // The text is signed, and is not to be handed in again.
                    Err(problem) => self.session.printer.error(&problem),
                }
            }
            (None, None) => {}
        }
        tell(self.session, &client, space, &Recorded { record, written, took: None }).await;
        Ok(true)
    }
}

/// A claim points to a new text, so that it stands among what the organisation says.
async fn point(
    client: &Client,
    record: RecordId,
    space: &str,
    id: NarrativeId,
    language: String,
) -> Result<Written, Problem> {
    client.post("/contributions", &pointing(record, space, id, language)).await
}

fn pointing(record: RecordId, space: &str, id: NarrativeId, language: String) -> Request {
    let members = [("lang", Json::text(language)), ("prop", Json::text("description")), ("value", which::pointer(id))];
    let change = Change { claims: vec![Json::object(members)], ..Change::of(record) };
    Request { space: space.into(), changes: vec![change], only_new: false }
}

/// This organisation's text on the record that says the same.
async fn begun_already(
    client: &Client,
    record: RecordId,
    space: SpaceName,
    text: &str,
) -> Result<Option<NarrativeId>, Problem> {
    let view = match client.get::<View>(&format!("/records/{record}")).await {
        Ok(view) => view,
        // Nothing is said of it yet.
        Err(problem) if problem.exit == exit::NO => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let who: Who = client.get("/who").await?;
    let is_it = |narrative: &&ShownNarrative| {
        Some(narrative.organisation) == who.own
            && space_name(&who, narrative.space) == Some(space)
            && narrative.text == text
    };
    Ok(view.narratives.iter().find(is_it).map(|narrative| narrative.id))
}

/// Says in one line what colleagues wrote while the editor was open.
async fn tell_merged(session: &Session, client: &Client, record: RecordId, id: NarrativeId, typed: &str) {
    let view: Result<View, Problem> = client.get(&format!("/records/{record}")).await;
    let Ok(view) = view else { return };
    let Some(merged) = view.narratives.into_iter().find(|narrative| narrative.id == id) else { return };
    let Some((gone, come)) = difference(typed, &merged.text) else { return };
    let (gone, come) = (session.apart(&gone), session.apart(&come));
    let values = [("gone", &*gone), ("come", &*come)];
    session.printer.aside(hanging("", &locale::format(session.language, "record.merged", &values), width()));
}

/// What one text has between its common beginning and end with another, and what the other has there; `None` if they are equal.
fn difference(one: &str, other: &str) -> Option<(String, String)> {
    if one == other {
        return None;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let room = one.len().min(other.len()) - start;
    let end = one.iter().rev().zip(other.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let told = |text: &[char]| {
        let middle: String = text[start..text.len() - end].iter().collect();
        let line = squeezed(&middle);
        let short: String = line.chars().take(TOLD).collect();
        if short == line { line } else { format!("{short}…") }
    };
    Some((told(&one), told(&other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_colleagues_wrote_is_told_between_what_both_have() {
        let told = |one, other| difference(one, other).map(|(gone, come)| format!("{gone}|{come}"));
        assert_eq!(told("a b c", "a b c"), None);
        assert_eq!(told("a c", "a b c").as_deref(), Some("|b"));
        assert_eq!(told("aa", "aaa").as_deref(), Some("|a"));
        assert_eq!(told("وصل الشهود", "وصل خمسة الشهود").as_deref(), Some("|خمسة"));
        assert_eq!(told("one\ntwo", "one").as_deref(), Some("two|"));
    }
}
