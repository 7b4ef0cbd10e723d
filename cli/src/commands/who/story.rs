//! `isnad who --history`: how the consortium came to be as it is, act by act.

use isnad_node::reading::{Chapter, Who, Word};
use isnad_protocol::locale;

use crate::client::Client;
use crate::commands::acts;
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, width};
use crate::session::Session;

/// Organisations named one by one; of more, the first and how many.
const NAMED: usize = 12;

pub(super) async fn run(session: &Session) -> Outcome {
    let client = Client::to_read(session).await?;
    let chapters: Vec<Chapter> = client.get("/who/history").await?;
    let who: Who = client.get("/who").await?;
    if session.printer.json {
        session.printer.value(&chapters);
        return Ok(DONE);
    }
    session.printer.pages(&text(session, &who, &chapters));
    Ok(DONE)
}

/// The story in words.
pub(in crate::commands) fn text(session: &Session, who: &Who, chapters: &[Chapter]) -> String {
    let consortium = who.name.as_deref().map_or_else(|| who.consortium.to_short(), |name| session.apart(name));
    let head = locale::format(session.language, "story.head", &[("consortium", &consortium)]);
    let mut told = vec![session.printer.styled(&hanging("", &head, width()), Style::Strong)];
    told.push(hanging("", session.word("story.order"), width()));
    let telling = Telling { session, who };
    told.extend(chapters.iter().enumerate().map(|(number, chapter)| telling.chapter(number, chapter)));
    told.join("\n\n")
}

struct Telling<'a> {
    session: &'a Session,
    who: &'a Who,
}

impl Telling<'_> {
    fn chapter(&self, number: usize, chapter: &Chapter) -> String {
        let words = acts::Words::new(self.session.printer, self.who, &chapter.act.names);
        let lead = format!("{}. ", number.saturating_add(1));
        let mut lines =
            acts::with_changes(self.session, self.who, &words, &chapter.act, usize::MAX, (chapter.since, &lead));
        let signers = chapter.act.signed.iter().filter(|line| line.has_signed);
        let signers: Vec<String> = signers.map(|line| words.organisation(line.organisation)).collect();
        lines.extend(self.named("story.signed", signers));
        let acknowledged = chapter.acknowledged.iter().map(|word| self.word(&words, word));
        lines.extend(self.named("story.acknowledged", acknowledged.collect()));
        lines.join("\n")
    }

    /// A line of names; none without any.
    fn named(&self, key: &str, mut names: Vec<String>) -> Option<String> {
        if names.is_empty() {
            return None;
        }
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        names.extend((more > 0).then(|| format!("+{more}")));
        let names = names.join(&format!("{} ", self.session.word("preview.comma")));
        Some(hanging("  ", &locale::format(self.session.language, key, &[("names", &names)]), width()))
    }

    fn word(&self, words: &acts::Words<'_>, word: &Word) -> String {
        let name = words.organisation(word.organisation);
        let day = word.time.map(|time| time.day().to_string());
        day.map_or_else(
            || name.clone(),
            |day| locale::format(self.session.language, "story.acknowledged_at", &[("name", &name), ("day", &day)]),
        )
    }
}
