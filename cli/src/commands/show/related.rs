//! What other records say about this one: conclusions in a table by body, measures, cases, evidence. MODEL §8 journey 6.

use std::collections::BTreeSet;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale;
use isnad_protocol::time::Day;
use isnad_protocol::view::{DesignationState, InForce, Line, Reference, State};

use super::accounts::more;
use super::pen::{Pen, TEXT_LINES};
use crate::commands::reading::state_code;
use crate::output::{beside, hung, lines};

/// Columns from which on conclusions stand in a table.
const WIDE: usize = 110;
/// Lines of one kind; the rest is shown on demand.
const MOST: usize = 60;

/// The part of a page that lines of a kind stand in.
const PARTS: [(&[&str], &str); 5] = [
    (&["attribution"], "view.attributions"),
    (&["finding"], "view.findings"),
    (&["designation"], "view.designations"),
    (&["case"], "view.cases"),
    (&["evidence"], "kinds.evidence"),
];

/// Lines about a record, as a page draws them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Related<'a> {
    pub(super) pen: Pen<'a>,
    pub(super) is_brief: bool,
}

impl Related<'_> {
    /// Each part with its lines, contested ones first; empty parts vanish.
    pub(super) fn parts(&self, all: &[Line]) -> Vec<Vec<String>> {
        let mut parts = Vec::new();
        for (kinds, heading) in PARTS {
            let lines: Vec<&Line> = all.iter().filter(|line| kinds.contains(&line.kind.as_str())).collect();
            parts.extend(self.part(&self.pen.word(heading), lines));
        }
        let is_other = |line: &&Line| PARTS.iter().all(|(kinds, _)| !kinds.contains(&line.kind.as_str()));
        let others: Vec<&Line> = all.iter().filter(is_other).collect();
        parts.extend(self.part(&self.pen.word("show.other_records"), others));
        parts
    }

    fn part(&self, heading: &str, mut lines: Vec<&Line>) -> Option<Vec<String>> {
        let pen = self.pen;
        lines.sort_by_key(|line| (line.state != State::Live, !line.contested));
        let first = lines.first()?;
        let mut head = vec![pen.heading(heading)];
        if lines.iter().any(|line| line.contested) {
            head.push(pen.alert(&format!("≠ {}", pen.word("view.contested"))));
        }
        let mut out = hung("", &head.join("  "), pen.width);
        let is_conclusion = matches!(first.kind.as_str(), "attribution" | "finding");
        let most = if pen.is_full { lines.len() } else { MOST };
        let shown = lines.get(..most.min(lines.len())).unwrap_or_default();
        let table = (is_conclusion && pen.width >= WIDE).then(|| Table::of(pen, shown));
        out.extend(table.iter().flat_map(|table| table.head(pen)));
        for line in shown {
            out.extend(match &table {
                _ if line.state != State::Live => self.former(line),
                Some(table) => table.row(pen, line),
                None if is_conclusion => self.conclusion(line),
                None => self.other(line),
            });
            if line.state == State::Live {
                let below =
                    if self.is_brief { self.against(line, is_conclusion) } else { self.below(line, is_conclusion) };
                out.extend(below);
            }
        }
        out.extend(more(pen, lines.len().saturating_sub(shown.len())));
        Some(out)
    }

    /// A conclusion on a terminal too narrow for a table: the body first, then what it found.
    fn conclusion(&self, line: &Line) -> Vec<String> {
        let pen = self.pen;
        let mut head = pen.field(&body(pen, line), &pen.heading(&outcome(pen, line)));
        let about = about(pen, line);
        if !about.is_empty() {
            head.push_str(&format!(" — {about}"));
        }
        let mut out = hung(mark(line), &head, pen.width);
        let mut notes = Vec::new();
        notes.extend(line.standard.as_deref().map(|code| pen.standard(code)));
        notes.extend(details(pen, line, "mandate"));
        notes.extend(line.date.as_deref().map(|date| pen.date(date)));
        if !notes.is_empty() {
            out.extend(hung("    ", &pen.notes(&notes), pen.width));
        }
        out
    }

    /// What a short page says of a line that the whole one shows below it: no accusation stands there without what speaks
    /// against it.
    fn against(&self, line: &Line, is_conclusion: bool) -> Vec<String> {
        let pen = self.pen;
        // What a body concluded is the word of whoever reports it; without a body the line begins with whose word it is.
        let is_told = is_conclusion && line.according_to.is_none();
        let mut notes: Vec<String> = (!is_told).then(|| signed_by(pen, line)).into_iter().collect();
        notes.extend(self.doubts(line));
        let count = line.disputed_by.len();
        notes.extend((count > 0).then(|| pen.say("format.disputed_by", &[("count", &count.to_string())])));
        let count = line.replies.len();
        notes.extend((count > 0).then(|| pen.field(&pen.word("view.responses"), &count.to_string())));
        if notes.is_empty() { Vec::new() } else { hung("    ", &pen.notes(&notes), pen.width) }
    }

    /// Why a line is to be read with care.
    fn doubts(&self, line: &Line) -> Vec<String> {
        let pen = self.pen;
        let mut doubts = pen.unverified(line.unverified, &line.unverified_by);
        // Whoever brings the words of another to a page is named for it.
        if !line.linked_by.contains(&line.organisation) {
            doubts.push(pen.say("show.linked_by", &[("who", &pen.organisations(&line.linked_by))]));
        }
        let others = [(line.malformed, "view.malformed"), (!line.counts, "show.not_counted")];
        doubts.extend(others.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| pen.word(key)));
        doubts
    }

    /// A measure, a case, an item of evidence, another incident.
    fn other(&self, line: &Line) -> Vec<String> {
        let pen = self.pen;
        let is_designation = line.kind == "designation";
        let mut head = vec![pen.record(&line.record)];
        if let Some(state) = &line.in_force {
            head.push(pen.alert(&in_force(pen, state)));
        }
        for detail in ["authority", "measure", "programme", "status"] {
            // What a source said of it stands on its own page; beside what is computed it would be read as the same.
            let is_said_better = detail == "status" && line.in_force.is_some();
            head.extend(details(pen, line, detail).filter(|_| !is_said_better));
        }
        head.extend(line.date.as_deref().filter(|_| line.in_force.is_none()).map(|date| pen.date(date)));
        // Nobody who is named in a case stands on his page as if he were tried.
        let party = line.value.as_ref().filter(|_| line.prop.as_deref() == Some("party"));
        head.extend(
            party
                .and_then(|party| party.get("role")?.as_text())
                .map(|role| pen.field(&pen.word("property.role"), &pen.foreign(role))),
        );
        let named = about_whom(pen, line);
        if is_designation && !named.is_empty() {
            head.push(pen.field(&pen.word("kinds.subject"), &pen.list(&named)));
        }
        let by: Vec<String> = line.by.iter().map(|prop| super::accounts::property_word(pen, prop)).collect();
        let kind = locale::lookup(pen.language, &format!("kind.{}", line.kind))
            .map_or_else(|| pen.foreign(&line.kind), str::to_owned);
        if !PARTS.iter().any(|(kinds, _)| kinds.contains(&line.kind.as_str())) {
            head.push(format!("{kind} ({})", pen.list(&by)));
        }
        let mut out = self.clipped(mark(line), &pen.notes(&head));
        if is_designation && let Some(reason) = line.value.as_ref().filter(|_| line.prop.as_deref() == Some("reason")) {
            out.extend(pen.quoted(reason.as_text().unwrap_or_default(), None, "    ", pen.width));
        }
        if let Some(judgement) = line.value.as_ref().filter(|_| line.prop.as_deref() == Some("judgement")) {
            let key = |name: &str| judgement.get(name).and_then(Json::as_text).unwrap_or_default();
            let key = format!("show.judged.{}.{}", key("relation"), key("verdict"));
            if locale::lookup(pen.language, &key).is_some() {
                let this = pen.word("show.this_record");
                out.extend(hung("    ", &pen.say(&key, &[("other", &this)]), pen.width));
            }
        }
        out
    }

    fn clipped(&self, mark: &str, text: &str) -> Vec<String> {
        let room = self.pen.width.saturating_sub(mark.chars().count());
        let set = self.pen.cut(text, room, TEXT_LINES.saturating_mul(2));
        let blank = " ".repeat(mark.chars().count());
        set.into_iter()
            .enumerate()
            .map(|(row, line)| format!("{}{line}", if row == 0 { mark } else { &blank }))
            .collect()
    }

    /// The body's own words, who signed, who disputes, and what the subject answered.
    fn below(&self, line: &Line, is_conclusion: bool) -> Vec<String> {
        let pen = self.pen;
        let mut out = line.wording.as_ref().map(|wording| pen.wording(wording, "    ", pen.width)).unwrap_or_default();
        let mut notes = vec![signed_by(pen, line)];
        notes.extend(pen.days(&[line.time]));
        for (field, code) in [("likelihood", &line.likelihood), ("confidence", &line.confidence)] {
            let told = |code: &String| pen.field(&pen.word(&format!("field.{field}")), &pen.code(field, code));
            notes.extend(code.as_ref().map(told));
        }
        notes.extend(self.doubts(line));
        let id = format!("{} [{}]", pen.short(line.record.record), pen.claim(line.claim));
        notes.push(pen.quiet(&id));
        let width = pen.width;
        out.extend(hung("    ", &pen.notes(&notes), width));
        out.extend(line.opinions.iter().flat_map(|opinion| {
            let (sign, told) = pen.opinion(opinion);
            hung(&format!("    {sign} "), &told, width)
        }));
        let is_told = |id: &OrganisationId| line.opinions.iter().any(|opinion| opinion.organisation == *id);
        for (sign, stance, ids) in [("✓", "endorse", &line.endorsed_by), ("✗", "dispute", &line.disputed_by)] {
            let ids: BTreeSet<OrganisationId> = ids.iter().copied().filter(|id| !is_told(id)).collect();
            if !ids.is_empty() {
                out.extend(hung(
                    &format!("    {sign} "),
                    &format!("{} {}", pen.organisations(&ids), pen.code("stance", stance)),
                    width,
                ));
            }
        }
        let indent = if is_conclusion { "  " } else { "    " };
        out.extend(line.replies.iter().flat_map(|reply| pen.reply(reply, indent, width)));
        out
    }

    /// What was said of it once: a line.
    fn former(&self, line: &Line) -> Vec<String> {
        let pen = self.pen;
        let (mark, word) = match line.state {
            State::Retracted => ("  − ", "view.retracted"),
            State::Replaced | State::Live => ("  ○ ", "view.replaced"),
        };
        let told = pen.field(&body(pen, line), &outcome(pen, line));
        let text = format!("{told} — {}, {} [{}]", pen.word(word), signed_by(pen, line), pen.claim(line.claim));
        hung(mark, &text, pen.width).into_iter().map(|line| pen.quiet(&line)).collect()
    }
}

/// Whose word a line is.
fn signed_by(pen: Pen<'_>, line: &Line) -> String {
    format!("{} {}", pen.word("view.signed_by"), pen.organisation(line.organisation))
}

const fn mark(line: &Line) -> &'static str {
    if line.contested { "  ≠ " } else { "  • " }
}

/// Who concludes: the cited body, else the organisation itself.
pub(super) fn body(pen: Pen<'_>, line: &Line) -> String {
    line.according_to.as_ref().map_or_else(|| pen.organisation(line.organisation), |body| pen.record(body))
}

pub(super) fn outcome(pen: Pen<'_>, line: &Line) -> String {
    let told = line.value.as_ref().map(|value| match value.as_text() {
        // Where nobody concludes anything, what refers to the record.
        Some(_) if line.prop.as_deref().is_some_and(|prop| prop != "outcome") => {
            super::accounts::property_word(pen, line.prop.as_deref().unwrap_or_default())
        }
        Some(code) => pen.code("finding_outcome", code),
        None => pen.raw(value),
    });
    let mut parts: Vec<String> = told.into_iter().collect();
    parts.extend(details(pen, line, "involvement"));
    pen.list(&parts)
}

/// Whom it concerns, and which incident.
fn about(pen: Pen<'_>, line: &Line) -> String {
    let mut parts = about_whom(pen, line);
    let is_of_incident = line.by.contains("incident");
    parts.extend(
        line.details.get("incident").into_iter().flatten().filter(|_| !is_of_incident).map(|text| pen.foreign(text)),
    );
    pen.list(&parts)
}

/// Whom it concerns. Who names nobody is not made to name whom others do.
fn about_whom(pen: Pen<'_>, line: &Line) -> Vec<String> {
    let records = |all: &[Reference]| all.iter().map(|subject| pen.record(subject)).collect::<Vec<String>>();
    let mut parts = records(&line.subjects);
    for (whose, subjects) in &line.subjects_by {
        let values = [("who", &*pen.organisation(*whose)), ("whom", &*pen.list(&records(subjects)))];
        parts.push(pen.say("show.names", &values));
    }
    parts
}

/// A detail of a line in words.
fn details(pen: Pen<'_>, line: &Line, name: &str) -> Option<String> {
    let texts = line.details.get(name)?;
    let word = |text: &String| match name {
        "measure" | "mandate" | "involvement" => pen.code(name, text),
        "status" => ["case_status", "designation_status", "incident_status"]
            .into_iter()
            .find_map(|words| locale::lookup(pen.language, &format!("{words}.{text}")))
            .map_or_else(|| pen.foreign(text), str::to_owned),
        _ => pen.foreign(text),
    };
    Some(pen.list(&texts.iter().map(word).collect::<Vec<_>>()))
}

/// Whether a measure is in force, by the word of each organisation that says something else.
pub(super) fn in_force(pen: Pen<'_>, state: &DesignationState) -> String {
    let own = term(pen, state.state, (state.since, state.until));
    let mut told =
        vec![state.organisation.map_or_else(|| own.clone(), |whose| pen.field(&pen.organisation(whose), &own))];
    told.extend(state.others.iter().map(|other| {
        let theirs = term(pen, other.state, (other.since, other.until));
        pen.field(&pen.organisation(other.organisation), &theirs)
    }));
    pen.say("format.computed", &[("value", &pen.notes(&told))])
}

/// Whether a measure is in force, and its term.
fn term(pen: Pen<'_>, state: InForce, (since, until): (Option<Day>, Option<Day>)) -> String {
    let word = pen.code("designation_status", &state_code(state));
    let day = |day: Day| pen.date(&day.to_string());
    let term = match (since, until) {
        // The days are those of the measure, not those since it was lifted.
        _ if state.is_lifted() => None,
        (Some(since), Some(until)) => Some(pen.say("show.term", &[("since", &day(since)), ("until", &day(until))])),
        (Some(since), None) => Some(pen.say("show.since", &[("date", &day(since))])),
        (None, Some(until)) => Some(pen.say("show.until", &[("date", &day(until))])),
        (None, None) => None,
    };
    term.map_or_else(|| word.clone(), |term| pen.field(&word, &term))
}

/// The columns of a table of conclusions; those that no line fills are left out.
struct Table {
    widths: Vec<(Column, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Body,
    Outcome,
    About,
    Standard,
    Mandate,
    Date,
}

impl Column {
    const ALL: [(Self, &'static str, usize); 6] = [
        (Self::Body, "view.who", 26),
        (Self::Outcome, "property.outcome", 18),
        (Self::About, "kind.subject", 24),
        (Self::Standard, "view.standard", 18),
        (Self::Mandate, "property.mandate", 14),
        (Self::Date, "view.date", 14),
    ];

    fn cell(self, pen: Pen<'_>, line: &Line) -> String {
        match self {
            Self::Body => body(pen, line),
            Self::Outcome => outcome(pen, line),
            Self::About => about(pen, line),
            Self::Standard => {
                line.standard.as_deref().map(|code| pen.code("standard_of_proof", code)).unwrap_or_default()
            }
            Self::Mandate => details(pen, line, "mandate").unwrap_or_default(),
            Self::Date => line.date.as_deref().map(|date| pen.date(date)).unwrap_or_default(),
        }
    }
}

impl Table {
    fn of(pen: Pen<'_>, shown: &[&Line]) -> Self {
        let filled =
            Column::ALL.iter().filter(|(column, _, _)| shown.iter().any(|line| !column.cell(pen, line).is_empty()));
        let filled: Vec<_> = filled.collect();
        let shares: usize = filled.iter().map(|(_, _, share)| share).sum();
        let room = pen.width.saturating_sub(4).saturating_sub(filled.len().saturating_sub(1).saturating_mul(2));
        let width = |share: usize| room.saturating_mul(share).checked_div(shares).unwrap_or(room);
        Self { widths: filled.into_iter().map(|(column, _, share)| (*column, width(*share))).collect() }
    }

    fn head(&self, pen: Pen<'_>) -> Vec<String> {
        let key =
            |column: Column| Column::ALL.iter().find(|(known, _, _)| *known == column).map_or("", |(_, key, _)| *key);
        let cells = self.widths.iter().map(|(column, width)| (lines(&pen.word(key(*column)), *width), *width));
        let set = beside(&cells.collect::<Vec<_>>());
        set.into_iter().map(|line| pen.quiet(&format!("    {line}"))).collect()
    }

    fn row(&self, pen: Pen<'_>, line: &Line) -> Vec<String> {
        let cells =
            self.widths.iter().map(|(column, width)| (pen.cut(&column.cell(pen, line), *width, TEXT_LINES), *width));
        let set = beside(&cells.collect::<Vec<_>>());
        let mark = mark(line);
        set.into_iter()
            .enumerate()
            .map(|(row, line)| format!("{}{line}", if row == 0 { mark } else { "    " }))
            .collect()
    }
}
