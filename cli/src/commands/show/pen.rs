//! What every part of a page is drawn with: the reader's language, the width, and how people, records and days are called.

use std::collections::BTreeSet;

use isnad_node::reading::Who;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::locale::{self, Direction, Language};
use isnad_protocol::model::speech;
use isnad_protocol::sheet::Cause;
use isnad_protocol::standing::Standing;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Reference, value_text};

use crate::commands::ids::Ids;
use crate::commands::reading::{field, name, organisation_name};
use crate::output::{Printer, Style, apart, fit, inert, lines, paragraphs};

/// Characters of a name in a line; a longer one is cut, for a line holds several.
const NAME: usize = 160;
/// Lines of a text of others; the rest is shown on demand.
pub(crate) const TEXT_LINES: usize = 6;
/// Lines of a narrative.
pub(crate) const NARRATIVE_LINES: usize = 24;

/// Draws for one reader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    /// Sets words off.
    pub(crate) printer: Printer,
    /// The reader's language.
    pub(crate) language: Language,
    /// What organisations and spaces are called.
    pub(crate) who: &'a Who,
    /// Columns of the terminal.
    pub(crate) width: usize,
    /// ASCII alone.
    pub(crate) is_plain: bool,
    /// Nothing is cut.
    pub(crate) is_full: bool,
    /// How many digits ids take.
    pub(crate) ids: &'a Ids,
}

impl Pen<'_> {
    /// A word of ours.
    pub(crate) fn word(self, key: &str) -> String {
        locale::word(self.language, key).to_owned()
    }

    /// A sentence of ours.
    pub(crate) fn say(self, key: &str, values: &[(&str, &str)]) -> String {
        locale::format(self.language, key, values)
    }

    /// Why an entry does not count, and what takes the ground of a void edit away.
    pub(crate) fn standing(self, standing: Standing, cause: Option<Cause>) -> String {
        let word = |standing: Standing| self.word(&format!("standing.{}", standing.name()));
        let Some(cause) = cause else { return word(standing) };
        let values = [("entry", &*cause.entry.to_short()), ("why", &*word(cause.standing))];
        self.field(&word(standing), &self.say("standing.void_on", &values))
    }

    /// So many of something.
    pub(crate) fn counted(self, key: &str, count: usize) -> String {
        locale::counted(self.language, key, u64::try_from(count).unwrap_or(u64::MAX), &[])
    }

    /// The word of a code; an unknown one as it is.
    pub(crate) fn code(self, vocabulary: &str, code: &str) -> String {
        match locale::lookup(self.language, &format!("{vocabulary}.{code}")) {
            Some(word) => word.to_owned(),
            None => self.foreign(code),
        }
    }

    /// Words of others within a line: of bounded length, and isolated.
    pub(crate) fn foreign(self, text: &str) -> String {
        // What is made inert grows: the bound holds before and after.
        let start: String = inert(&text.chars().take(NAME).collect::<String>()).chars().take(NAME).collect();
        let shown = start.chars().count();
        if self.is_full || (shown < NAME && text.chars().nth(NAME).is_none()) {
            return self.apart(text);
        }
        let more = text.chars().count().saturating_sub(shown);
        self.apart(&if more > 0 { format!("{start}… (+{more})") } else { start })
    }

    /// Isolates a text among words of the reader's language.
    fn apart(self, text: &str) -> String {
        apart(text, self.language.direction())
    }

    /// A text of others in lines, cut where it grows long.
    pub(crate) fn prose(self, text: &str, width: usize, most: usize) -> Vec<String> {
        self.barred(&self.paragraphs(text), width, most)
    }

    /// The same of one that is inert already. Each further line begins with a bar: whatever its author broke or filled his lines with,
    /// none of them passes for one of the page.
    pub(crate) fn barred(self, text: &str, width: usize, most: usize) -> Vec<String> {
        let bar = if self.is_plain { "| " } else { "│ " };
        let set = self.cut(text, width.saturating_sub(2), most).into_iter().enumerate();
        set.map(|(row, line)| if row == 0 { line } else { format!("{bar}{line}") }).collect()
    }

    /// A text of others in its paragraphs, each isolated by itself.
    pub(crate) fn paragraphs(self, text: &str) -> String {
        paragraphs(text, |line| self.apart(line))
    }

    /// Words of others between the quotation marks of the reader's language: those within are single ones, so that no text ends
    /// before its end.
    pub(crate) fn quotation(self, text: &str) -> String {
        let within = |mark: char| match mark {
            '“' => '‘',
            '”' => '’',
            '«' => '‹',
            '»' => '›',
            other => other,
        };
        let text: String = text.chars().map(within).collect();
        match self.language {
            Language::En => format!("“{text}”"),
            Language::Ar => format!("«{text}»"),
            Language::Fr => format!("«\u{a0}{text}\u{a0}»"),
        }
    }

    /// What something is called, and what it is.
    pub(crate) fn field(self, name: &str, text: &str) -> String {
        field(self.language, name, text)
    }

    /// Lines of a text that is inert already, cut where it grows long.
    pub(crate) fn cut(self, text: &str, width: usize, most: usize) -> Vec<String> {
        if self.is_full {
            return lines(text, width);
        }
        // What can stand in so many lines, and no more, is set: the text may be long.
        let room = most.saturating_add(1).saturating_mul(width);
        let start: String = text.chars().take(room).collect();
        let mut set = lines(&start, width);
        if set.len() <= most && start.len() == text.len() {
            return set;
        }
        set.truncate(most);
        let shown = set.iter().map(|line| line.chars().filter(|character| !is_mark(*character)).count());
        let shown = shown.sum::<usize>().saturating_add(set.len());
        let all = text.chars().filter(|character| !is_mark(*character)).count();
        let more = all.saturating_sub(shown).to_string();
        let note = self.say("show.more_text", &[("count", &more)]);
        set.extend(lines(&note, width).into_iter().map(|line| self.printer.styled(&line, Style::Quiet)));
        set
    }

    /// The name of an organisation in the reader's language.
    pub(crate) fn organisation(self, id: OrganisationId) -> String {
        let name = organisation_name(self.who, id, self.language);
        let name = if self.is_full { name } else { fit(&name, NAME).trim_end().to_owned() };
        let is_bare = self.language.direction() == Direction::Rtl && name.is_ascii();
        if is_bare { format!("\u{2068}{name}\u{2069}") } else { name }
    }

    /// The names of several.
    pub(crate) fn organisations(self, ids: &BTreeSet<OrganisationId>) -> String {
        self.list(&ids.iter().map(|id| self.organisation(*id)).collect::<Vec<_>>())
    }

    /// Another record by its label.
    pub(crate) fn record(self, reference: &Reference) -> String {
        name(reference, self.language, Some(self.ids), |text| self.foreign(text))
            .unwrap_or_else(|| format!("{} ({})", self.short(reference.record), self.word("view.dangling")))
    }

    /// A record by its kind and the digits that name it.
    pub(crate) fn short(self, record: RecordId) -> String {
        self.ids.record_and_kind(record)
    }

    /// A claim by the digits that name it on this page.
    pub(crate) fn claim(self, claim: ClaimId) -> String {
        self.ids.claim(&claim.to_string())
    }

    /// A date as people say it.
    pub(crate) fn date(self, edtf: &str) -> String {
        self.foreign(&speech::date_in(self.language, edtf))
    }

    /// A date as people say it, and where that differs as it was written.
    pub(crate) fn date_and_form(self, edtf: &str) -> String {
        let (said, written) = (self.date(edtf), self.foreign(edtf));
        if said == written { said } else { format!("{said} ({written})") }
    }

    /// The day of a time.
    pub(crate) fn day(self, time: Timestamp) -> String {
        self.date(&time.day().to_string())
    }

    /// The name of a space.
    pub(crate) fn space(self, id: SpaceId) -> String {
        let found = self.who.spaces.iter().find(|space| space.id == id);
        found.map_or_else(|| id.to_short(), |space| self.code("space", &space.name))
    }

    /// Several things in one line.
    pub(crate) fn list(self, parts: &[String]) -> String {
        parts.join(match self.language {
            Language::Ar => "، ",
            Language::En | Language::Fr => ", ",
        })
    }

    /// Several notes in one line.
    pub(crate) fn notes(self, parts: &[String]) -> String {
        parts.join(match self.language {
            Language::Ar => "؛ ",
            Language::En => "; ",
            Language::Fr => "\u{a0}; ",
        })
    }

    /// What is said of a value in any language, where nothing better is known.
    pub(crate) fn raw(self, value: &Json) -> String {
        self.foreign(&value_text(value))
    }

    /// A heading over a part of the page.
    pub(crate) fn heading(self, text: &str) -> String {
        self.printer.styled(text, Style::Strong)
    }

    /// A line that few readers need.
    pub(crate) fn quiet(self, text: &str) -> String {
        self.printer.styled(text, Style::Quiet)
    }

    /// What a reader must not miss.
    pub(crate) fn alert(self, text: &str) -> String {
        self.printer.styled(text, Style::Alert)
    }
}

const fn is_mark(character: char) -> bool {
    matches!(character, '\u{2066}'..='\u{2069}')
}
