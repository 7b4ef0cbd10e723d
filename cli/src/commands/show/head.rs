//! The head of a page: what a record is called, where and when it was, what is in force, and what is contested.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::{OrganisationId, SpaceId, kind_code};
use isnad_protocol::model::{self, ValueType};
use isnad_protocol::view::{Property, Reference, ShownClaim, State, View, Whose};

use super::accounts::{Common, Sheet, property_word};
use super::notes::Voices;
use super::pen::Pen;
use super::related::in_force;
use super::said;
use super::value::Telling;
use crate::commands::list::Titled;
use crate::commands::reading::label;
use crate::output::hung;

/// What stands in the head of a record of each kind.
const FACTS: [(&str, &[&str]); 11] = [
    ("incident", &["date", "place", "status"]),
    ("subject", &["subject_type", "country", "life_status"]),
    ("finding", &["outcome", "incident", "date"]),
    ("attribution", &["outcome", "subject", "incident", "date"]),
    ("designation", &["authority", "measure", "legal_basis"]),
    ("evidence", &["evidence_type", "captured_at", "access"]),
    ("source", &["publisher", "symbol", "date"]),
    ("case", &["forum", "status"]),
    ("organisation", &["kind", "country"]),
    ("request", &["to", "due_date"]),
    ("notice", &["target", "deadline"]),
];

/// Different values of one fact that the head tells; more are told by their number.
const VALUES: usize = 3;
/// Sections that one account fills alone, from which on the head names it for all.
const REPEATED: usize = 3;
/// Names in other languages.
const NAMES: usize = 12;

/// The lines of the head.
pub(super) fn head(sheet: &Sheet<'_>) -> Vec<String> {
    let (pen, view) = (sheet.pen, sheet.view);
    let title = label(&view.labels, pen.language).unwrap_or_else(|| pen.short(view.record));
    // A kind without titles is called by what is said.
    let titled = Titled { kind: &view.kind, labels: &view.labels, about: view.about.as_ref(), ids: Some(pen.ids) };
    let heading = titled.text(pen.language, |text| pen.foreign(text)).unwrap_or_else(|| pen.foreign(&title));
    let mut out: Vec<String> = hung("", &pen.heading(&heading), pen.width);
    out.extend(names(pen, view, &title));
    let kind = pen.word(&format!("kind.{}", view.kind));
    let kind = if kind.starts_with("kind.") { pen.foreign(&view.kind) } else { kind };
    let mut line = vec![format!("{kind} {}", pen.short(view.record))];
    line.extend(view.aliases.iter().take(NAMES).map(|alias| pen.foreign(alias)));
    out.extend(hung("", &line.join(" · "), pen.width));
    let facts = FACTS.iter().find(|(kind, _)| *kind == view.kind).map_or(&[][..], |(_, props)| *props);
    out.extend(bodies(pen, view));
    for prop in facts {
        let property = view.properties.iter().find(|property| property.prop == *prop);
        out.extend(
            property.and_then(|property| fact(pen, view, property)).iter().flat_map(|fact| hung("", fact, pen.width)),
        );
    }
    if let Some(state) = &view.computed.state {
        out.extend(hung("", &pen.alert(&in_force(pen, state)), pen.width));
    }
    out.extend(contested(pen, view));
    out.extend(speakers(pen, view, sheet.all));
    if let Some(common) = sheet.common {
        out.extend(hung("", &pen.say("show.common", &[("who", &common.line)]), pen.width));
        out.extend(common.basis.iter().flat_map(|basis| hung("  ← ", basis, pen.width)));
    }
    out.extend(policy(pen, view));
    out
}

/// Who came to the conclusion that a finding or an attribution holds: no conclusion stands without whose it is.
fn bodies(pen: Pen<'_>, view: &View) -> Vec<String> {
    let outcome = view.properties.iter().find(|property| property.prop == "outcome");
    let claims = outcome.into_iter().flat_map(|property| &property.claims);
    let standing = claims.filter(|claim| claim.state == State::Live && claim.takes_part());
    let mut bodies: BTreeMap<String, BTreeSet<OrganisationId>> = BTreeMap::new();
    for (claim, body) in standing.filter_map(|claim| Some((claim, claim.according_to.as_ref()?))) {
        bodies.entry(pen.record(body)).or_default().insert(claim.organisation);
    }
    if bodies.is_empty() {
        return Vec::new();
    }
    // A body's conclusion is the word of whoever reports it.
    let told = bodies.iter().take(NAMES).map(|(body, by)| format!("{body} ({})", pen.organisations(by)));
    let bodies: Vec<String> = told.collect();
    hung("", &pen.field(&pen.word("view.who"), &pen.list(&bodies)), pen.width)
}

/// Each text; where not all say it who say one of them, with who does.
fn voiced(pen: Pen<'_>, said: &BTreeMap<String, BTreeSet<OrganisationId>>) -> Vec<String> {
    let all: BTreeSet<OrganisationId> = said.values().flatten().copied().collect();
    let is_one_voice = said.values().all(|by| by.len() == all.len());
    let text = |(text, by): (&String, &BTreeSet<OrganisationId>)| {
        if is_one_voice { text.clone() } else { format!("{text} ({})", pen.organisations(by)) }
    };
    said.iter().map(text).collect()
}

/// The names in other languages, each in its own direction.
fn names(pen: Pen<'_>, view: &View, title: &str) -> Vec<String> {
    let mut others: Vec<String> = Vec::new();
    for words in view.labels.iter().chain(&view.further_labels).filter(|words| words.text != title) {
        let lang = words.lang.as_deref().map(|lang| format!(" ({})", pen.foreign(lang))).unwrap_or_default();
        let name = format!("{}{lang}", pen.foreign(&words.text));
        if !others.contains(&name) {
            others.push(name);
        }
    }
    others.truncate(NAMES);
    if others.is_empty() { Vec::new() } else { hung("", &others.join(" · "), pen.width) }
}

/// One property in a line: its value, or all of them where accounts differ.
fn fact(pen: Pen<'_>, view: &View, property: &Property) -> Option<String> {
    let standing: Vec<&ShownClaim> = property.claims.iter().filter(|claim| claim.takes_part()).collect();
    let mut seen: Vec<String> = Vec::new();
    let mut said: BTreeMap<String, BTreeSet<OrganisationId>> = BTreeMap::new();
    for claim in &standing {
        let Some(value) = &claim.value else { continue };
        let refs: &[Reference] = &claim.refs;
        let is_date = kind_code(&view.kind).and_then(|kind| model::property(kind, &property.prop));
        let is_date = is_date.is_some_and(|property| property.value == ValueType::Date);
        let text = match value.as_text().filter(|_| is_date) {
            Some(date) => pen.date(date),
            None => Telling { pen, refs }.brief(kind_code(&view.kind), &property.prop, value),
        };
        if !said.contains_key(&text) {
            seen.push(text.clone());
        }
        said.entry(text).or_default().insert(claim.organisation);
    }
    let count = seen.len();
    if count == 0 {
        return None;
    }
    // What is concluded, decided or judged is told with who says it, where they differ: no two make one accusation.
    let is_somebodys = matches!(view.kind.as_str(), "finding" | "attribution" | "designation" | "case");
    let voiced: BTreeMap<&String, String> = said.keys().zip(voiced(pen, &said)).collect();
    let told = |text: &String| voiced.get(text).filter(|_| is_somebodys).unwrap_or(text).clone();
    let told: Vec<String> = seen.iter().take(VALUES).map(told).collect();
    let separator = if property.computed.contested { " ≠ " } else { " · " };
    let mut text = told.join(separator);
    if count > VALUES {
        text.push_str(&format!(" … (+{})", count.saturating_sub(VALUES)));
    }
    Some(pen.field(&property_word(pen, &property.prop), &text))
}

/// What is contested, by name.
fn contested(pen: Pen<'_>, view: &View) -> Vec<String> {
    if !view.computed.contested {
        return Vec::new();
    }
    let mut what: Vec<String> = Vec::new();
    let properties = view.properties.iter().filter(|property| property.computed.contested);
    what.extend(properties.map(|property| property_word(pen, &property.prop)));
    for (kind, heading) in [("attribution", "view.attributions"), ("finding", "view.findings")] {
        if view.related.iter().any(|line| line.contested && line.kind == kind) {
            what.push(pen.word(heading));
        }
    }
    let told = pen.field(&format!("≠ {}", pen.word("view.contested")), &pen.list(&what));
    hung("", &pen.alert(&pen.say("format.computed", &[("value", &told)])), pen.width)
}

/// Who speaks on the page, and in which spaces.
fn speakers(pen: Pen<'_>, view: &View, all: &BTreeSet<OrganisationId>) -> Vec<String> {
    let names: Vec<String> = view.organisations.iter().map(|speaker| pen.organisation(speaker.organisation)).collect();
    let mut out = Vec::new();
    if all.len() > 1 {
        out.extend(hung("", &pen.field(&pen.word("show.speakers"), &pen.list(&names)), pen.width));
    }
    let spaces = spaces(view);
    if let Some(only) = spaces.first().filter(|_| spaces.len() == 1) {
        out.extend(hung("", &pen.say("show.all_in", &[("space", &pen.space(*only))]), pen.width));
    } else if spaces.len() > 1 {
        let spaces: Vec<String> = spaces.iter().map(|space| pen.space(*space)).collect();
        out.extend(hung("", &pen.say("show.mixed", &[("spaces", &pen.list(&spaces))]), pen.width));
    }
    out
}

/// Who says most of what is uncontested, and on what: the head names it once, where that saves the reader repetition.
pub(super) fn common(sheet: &Sheet<'_>) -> Option<Common> {
    let plain = sheet.view.properties.iter().filter(|property| !property.computed.contested && !property.accuses);
    let mut counts: BTreeMap<Common, usize> = BTreeMap::new();
    for property in plain {
        let said = said::said(&property.claims);
        let [account] = &*said::accounts(&said) else { continue };
        let Some(first) = account.first() else { continue };
        let space = sheet.is_mixed.then(|| sheet.pen.space(first.claim.space));
        let body = first.claim.according_to.as_ref();
        let voices = Voices { body, signers: &first.signers, times: &first.times, all: sheet.all };
        let line = sheet.pen.account_line(&voices, space.as_deref());
        let basis = first.claim.basis.iter().map(|basis| sheet.pen.basis(basis)).collect();
        let count = counts.entry(Common { line, basis }).or_default();
        *count = count.saturating_add(1);
    }
    let (common, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= REPEATED).then_some(common)
}

/// The spaces in which anything of the record stands.
pub(super) fn spaces(view: &View) -> BTreeSet<SpaceId> {
    let claims = view.properties.iter().flat_map(|property| &property.claims).map(|claim| claim.space);
    claims.chain(view.narratives.iter().map(|narrative| narrative.space)).collect()
}

/// The reader's own choice, where it is one: whose words count, and who comes first.
fn policy(pen: Pen<'_>, view: &View) -> Vec<String> {
    let names = |ids: &mut dyn Iterator<Item = &OrganisationId>| {
        pen.list(&ids.map(|id| pen.organisation(*id)).collect::<Vec<_>>())
    };
    let mut parts = Vec::new();
    if let Whose::Only(only) = &view.policy.whose {
        parts.push(pen.say("show.policy_only", &[("who", &names(&mut only.iter()))]));
    }
    if !view.policy.first.is_empty() {
        parts.push(pen.say("show.policy_first", &[("who", &names(&mut view.policy.first.iter()))]));
    }
    if parts.is_empty() {
        return Vec::new();
    }
    hung("", &pen.field(&pen.word("view.policy"), &pen.notes(&parts)), pen.width)
}
