//! A list for people: a line for each record, for phones, for 80 columns and for wide terminals.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::Who;
use isnad_protocol::id::{OrganisationId, RecordId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::kinds;
use isnad_protocol::model::speech::date_within;
use isnad_protocol::time::Day;
use isnad_protocol::view::{About, DesignationState, Words};
use serde::Deserialize;

use super::{Page, ROOMY, Titled};

use crate::client;
use crate::commands::ids::{Ids, LIST};
use crate::commands::reading::{field, label, organisation_name, state_code};
use crate::error::Problem;
use crate::output::{apart, columns, fit, hanging, inert, squeezed, width};
use crate::session::Session;

/// Columns of a list before the title: id, date, mark.
const BEFORE_TITLE: usize = LIST + 2 + DATE + 1 + 1 + 1;
/// Columns of the date: a day of the longest month in Arabic.
const DATE: usize = 14;
/// Columns of the state behind the title.
const STATE: usize = 18;
/// The same of a measure, of which the list says before all else whether it is in force.
const STATE_OF_MEASURE: usize = 25;
/// Columns of the place on a wide terminal.
const PLACE: usize = 24;
/// Columns of the longest id that all lines leave room for: one that needs more, for another record's was chosen to begin like it,
/// stands on a line of its own.
const LONGEST_ID: usize = 20;
/// A narrower terminal has the state on a line of its own.
const NARROW: usize = 72;
/// A wider one has room for the place.
const WIDE: usize = 110;

/// What a list shows of a `Summary`: no more of it is read.
#[derive(Debug, Deserialize)]
struct Line {
    record: RecordId,
    kind: String,
    labels: Vec<Words>,
    #[serde(default)]
    about: Option<About>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    organisations: Vec<OrganisationId>,
    #[serde(default)]
    dates: Vec<String>,
    #[serde(default)]
    places: Vec<Words>,
    #[serde(default)]
    statuses: Vec<String>,
    contested: bool,
    #[serde(default)]
    disputes: usize,
    #[serde(default)]
    replies: usize,
    #[serde(default)]
    same_as: BTreeSet<RecordId>,
    #[serde(default)]
    in_force: Option<DesignationState>,
}

/// How records and organisations are named: by how many digits, by which names, and whose word is told above the list.
type Naming<'a> = (&'a Ids, Option<&'a Who>, Option<OrganisationId>);

/// The record of a line alone.
#[derive(Debug, Deserialize)]
struct Named {
    record: RecordId,
}

/// Whose word the titles of most lines are made of: it is told once above them, and leaves each the room for whom it names.
#[derive(Debug)]
pub(super) struct Told {
    whose: OrganisationId,
    names: Vec<Words>,
    /// True if others speak in some lines: they are named there.
    pub(super) are_several: bool,
}

impl Told {
    pub(super) fn of(kind: &str, records: &[&str]) -> Result<Option<Self>, Problem> {
        #[derive(Debug, Deserialize)]
        struct Said {
            labels: Vec<Words>,
            about: Option<About>,
            #[serde(default)]
            organisations: Vec<OrganisationId>,
        }
        let mut speaking = BTreeSet::new();
        let mut counted: BTreeMap<OrganisationId, (usize, Vec<Words>)> = BTreeMap::new();
        if !is_made(kind) {
            return Ok(None);
        }
        for record in records {
            let said: Said = client::read(record.as_bytes())?;
            speaking.extend(said.organisations);
            let titled = Titled { kind, labels: &said.labels, about: said.about.as_ref(), ids: None };
            let Some(whose) = titled.whose() else { continue };
            let (count, _) =
                counted.entry(whose).or_insert_with(|| (0, said.about.map(|about| about.names).unwrap_or_default()));
            *count = count.saturating_add(1);
        }
        let most = counted.into_iter().max_by_key(|(whose, (count, _))| (*count, std::cmp::Reverse(*whose)));
        Ok(most.map(|(whose, (_, names))| Self { whose, names, are_several: speaking.len() > 1 }))
    }

    fn text(&self, language: Language) -> String {
        let who = name_of(language, self.whose, &self.names);
        hanging("", &locale::format(language, "list.told_by", &[("who", &who)]), width())
    }
}

/// True of a kind whose records are called by what is said of them.
fn is_made(kind: &str) -> bool {
    kind_code(kind).is_some_and(kinds::is_about_somebody)
}

/// Prints a page behind what the reader chose, and the day that he asks about.
pub(super) fn print(
    session: &Session,
    kind: &str,
    page: &Page<'_>,
    choice: &[String],
    in_force: Option<Day>,
    (ids, who, told): (&Ids, Option<&Who>, Option<&Told>),
) -> Result<(), Problem> {
    let language = session.language;
    let (head, shown) = (&page.head, page.records.len());
    let day = in_force.map(|day| locale::format(language, "list.in_force", &[("day", &day.to_string())]));
    let whose = told.map(|told| told.text(language));
    let before: Vec<&str> = choice.iter().map(String::as_str).chain(day.as_deref()).chain(whose.as_deref()).collect();
    if !before.is_empty() {
        session.printer.text(&format!("{}\n\n", before.join("\n")));
    }
    let lines = lines_text(language, &page.records, (ids, who, told.map(|told| told.whose)))?;
    if !lines.is_empty() {
        session.printer.text(&lines.join("\n"));
    }
    let kinds = locale::word(language, &format!("kinds.{kind}")).to_owned();
    let contested = locale::word(language, "view.contested");
    let (total, count) = (head.total.to_string(), head.contested.to_string());
    let values = [("kinds", &*kinds), ("total", &*total), ("contested", contested), ("count", &*count)];
    session.printer.text(&locale::format(language, "list.total", &values));
    if shown < head.total {
        let (shown, total) = (shown.to_string(), head.total.to_string());
        session.printer.text(&locale::format(language, "list.shown", &[("shown", &shown), ("total", &total)]));
    }
    Ok(())
}

/// The lines of a list, read on all cores where it is long.
fn lines_text(language: Language, records: &[&str], (ids, who, told): Naming<'_>) -> Result<Vec<String>, Problem> {
    // A record whose digits another kind has too stands with its kind: all lines leave room for the longest.
    let records_of = records.iter().filter_map(|line| Some(client::read::<Named>(line.as_bytes()).ok()?.record));
    let digits = records_of.map(|record| ids.record(record, LIST).len()).filter(|length| *length <= LONGEST_ID);
    let digits = digits.max().unwrap_or(LIST);
    let (width, cores) = ((width(), digits), std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let read = |part: &[&str]| -> Result<Vec<String>, Problem> {
        let read =
            |record: &&str| Ok(line_text(language, &client::read::<Line>(record.as_bytes())?, width, (ids, who, told)));
        part.iter().map(read).collect()
    };
    std::thread::scope(|scope| {
        let parts = records.chunks(records.len().div_ceil(cores).max(1));
        let started: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut lines = Vec::with_capacity(records.len());
        for part in started {
            lines.extend(part.join().map_err(|_| Problem::fault("a list could not be told"))??);
        }
        Ok(lines)
    })
}

fn line_text(language: Language, line: &Line, (width, digits): (usize, usize), (ids, who, told): Naming<'_>) -> String {
    let titled = Titled { kind: &line.kind, labels: &line.labels, about: line.about.as_ref(), ids: Some(ids) };
    let date = line.dates.first().map(|date| inert(&date_within(language, date, DATE))).unwrap_or_default();
    let state = match &line.in_force {
        Some(state) => in_force(language, state),
        None => status(line).map(|code| status_word(language, line.record, code)).unwrap_or_default(),
    };
    let mark = if line.contested { "≠" } else { " " };
    let short = ids.record(line.record, LIST);
    let is_narrow = width < NARROW;
    let place = if width < WIDE { None } else { label(&line.places, language) };
    let place_room = if width < WIDE { 0 } else { PLACE + 1 };
    let state_room = if line.in_force.is_some() { STATE_OF_MEASURE } else { STATE };
    let behind = if is_narrow { 0 } else { state_room.saturating_add(place_room).saturating_add(1) };
    let room = width.saturating_sub(BEFORE_TITLE - LIST + digits + behind);
    let whose = titled
        .whose()
        .filter(|whose| told != Some(*whose) || line.about.as_ref().is_some_and(|about| about.is_one_of_several));
    let is_roomy = room >= ROOMY;
    let title = titled.within(language, room, whose.is_some() && is_roomy).unwrap_or_else(|| line.record.to_string());
    let in_two = if columns(&title) > room && !is_roomy { titled.in_two(language) } else { None };
    let (title, whom) = in_two.map_or((title, None), |(head, whom)| (head, Some(whom)));
    let title = with_aliases(language, title, line, room);
    let (short, id_above) = if short.len() > digits { ("", format!("{short}\n")) } else { (&*short, String::new()) };
    let text = format!("{id_above}{}  {} {mark} {}", fit(short, digits), fit(&date, DATE), fit(&title, room));
    let below = |text: &str| format!("\n{:10}{}", "", fit(text, width.saturating_sub(10))).trim_end().to_owned();
    // Where a line has no room for all of it, whose word it is stands below: neither that nor whom it accuses is cut off.
    let whose: Option<Vec<OrganisationId>> = match whose.filter(|_| !is_roomy) {
        Some(whose) => Some(vec![whose]),
        // What is told above the list of one member's word holds for no line in which others speak too.
        None => told
            .filter(|told| line.organisations.iter().any(|speaks| speaks != told))
            .map(|_| line.organisations.clone()),
    };
    let whose = whose.map(|whose| {
        let names = line.about.as_ref().map(|about| &*about.names).unwrap_or_default();
        let called = |whose: &OrganisationId| match who {
            Some(who) => organisation_name(who, *whose, language),
            None => name_of(language, *whose, names),
        };
        let comma = format!("{} ", locale::word(language, "speech.comma"));
        let all: Vec<String> = whose.iter().map(called).collect();
        below(&format!("{} {}", locale::word(language, "view.signed_by"), all.join(&comma)))
    });
    let whose = whose.unwrap_or_default();
    let whom = whom.map(|whom| below(&whom)).unwrap_or_default();
    let beside = beside(language, line, ids);
    let beside = if beside.is_empty() { whom } else { format!("{whom}{}", below(&beside.join(" · "))) };
    if is_narrow {
        let state = if state.is_empty() { String::new() } else { below(&state) };
        return format!("{}{state}{whose}{beside}", text.trim_end());
    }
    let place = place.map(|place| fit(&apart(&squeezed(&place), language.direction()), PLACE)).unwrap_or_default();
    format!("{}{whose}{beside}", format!("{text} {} {place}", fit(&state, state_room)).trim_end())
}

/// What no line is without: that somebody disputes or answered it, and which records the reader takes for the same.
fn beside(language: Language, line: &Line, ids: &Ids) -> Vec<String> {
    let counts = [("duties.disputes", line.disputes), ("view.responses", line.replies)];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let counts = counts.map(|(key, count)| field(language, locale::word(language, key), &count.to_string()));
    let same = line.same_as.iter().map(|other| format!("= {}", ids.record(*other, LIST)));
    counts.chain(same).collect()
}

/// What an organisation is called, or its id.
fn name_of(language: Language, whose: OrganisationId, names: &[Words]) -> String {
    let name = label(names, language).map(|name| apart(&squeezed(&name), language.direction()));
    name.unwrap_or_else(|| whose.to_short())
}

/// A title and, as far as they fit behind it, the aliases by which the record can be named.
fn with_aliases(language: Language, title: String, line: &Line, room: usize) -> String {
    let mut text = title;
    // Where several speak, anybody's alias would stand as part of another's title.
    if line.organisations.len() > 1 {
        return text;
    }
    for alias in line.aliases.iter().filter(|alias| !line.labels.iter().any(|words| words.text == **alias)) {
        let longer = format!("{text} ({})", apart(&squeezed(alias), language.direction()));
        if columns(&longer) > room {
            break;
        }
        text = longer;
    }
    text
}

/// Whether a measure is in force, with the mark of what is contested where another organisation says something else.
fn in_force(language: Language, state: &DesignationState) -> String {
    let code = state_code(state.state);
    let word = locale::code(language, "designation_status", &code);
    if state.others.is_empty() { word.to_owned() } else { format!("≠ {word}") }
}

/// The status or outcome, of a record that is told by one organisation's word by that word.
fn status(line: &Line) -> Option<&String> {
    let about = line.about.as_ref().filter(|_| line.record.kind_code() != kinds::DESIGNATION);
    about.and_then(|about| about.codes.first()).or_else(|| line.statuses.first())
}

/// The word of a status in the vocabulary of its kind of record: the same code says other things of an incident and a finding.
fn status_word(language: Language, record: RecordId, code: &str) -> String {
    let vocabulary = match record.kind_code() {
        kinds::FINDING | kinds::ATTRIBUTION => "finding_outcome",
        kinds::CASE => "case_status",
        _ => "incident_status",
    };
    let word = locale::lookup(language, &format!("{vocabulary}.{code}"));
    word.map_or_else(|| inert(code), str::to_owned)
}
