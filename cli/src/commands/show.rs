//! `isnad show`: every organisation's account of a record, side by side.
//!
//! Contested first; a reply directly below what it answers, and as large; nothing summed, nothing picked. MODEL §7, §9.

use std::collections::BTreeSet;

use isnad_node::reading::Who;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::view::{
    Judgements, Line, Property, Reference, Reply, ShownClaim, ShownNarrative, State, View, in_turn,
};

use super::ids::{Ids, USUAL};
use super::policy::Chosen;
use crate::args::ShowArgs;
use crate::client::{Client, encoded, query, read};
use crate::error::{DONE, Outcome};
use crate::output::{hanging, hung, is_plain, pasted, width};
use crate::session::Session;

mod accounts;
mod casualties;
mod head;
mod notes;
mod pen;
mod related;
mod said;
mod steps;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;
mod value;

use accounts::Sheet;
use pen::NARRATIVE_LINES;
pub(super) use pen::{Pen, TEXT_LINES};
use related::Related;
pub(super) use tally::Replies;
pub(super) use value::Telling;

pub(crate) async fn run(session: &Session, args: &ShowArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    super::reached::warn_if_stale(session, &client).await?;
    let own = [
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
        ("as_of", args.as_of.day()?.map(|day| day.to_string())),
        ("grouped", args.grouped.then(|| "true".to_owned())),
    ];
    let query = query(&[&own[..], &args.policy.parts()].concat());
    let path = format!("/records/{}{query}", encoded(pasted(&args.record)));
    let answer = client.bytes("GET", &path, Vec::new()).await?;
    let view: View = read(&answer)?;
    if session.printer.json {
        session.printer.value(&view);
        return Ok(DONE);
    }
    let who: Who = client.get("/who").await?;
    let ids = Ids::on_page(&client, &answer).await?;
    let pen = Pen { is_full: args.full, ids: &ids, ..pen(session, &who) };
    let chosen = Chosen { session, who: &who };
    let text = text(pen, &view, args.brief);
    let mut identity = chosen.identity(&view);
    let follows_nobody = args.grouped && view.policy.judgements == Judgements::None;
    identity.extend(follows_nobody.then(|| hanging("", session.word("policy.follows_nobody"), width())));
    session.printer.pages(&chosen.before(identity, &view.policy, view.as_of.as_ref(), text));
    Ok(DONE)
}

/// Draws for whoever runs this command.
pub(super) fn pen<'a>(session: &Session, who: &'a Who) -> Pen<'a> {
    let (printer, language) = (session.printer, session.language);
    Pen { printer, language, who, width: width(), is_plain: is_plain(), is_full: false, ids: &USUAL }
}

/// Draws views for a terminal.
pub(crate) struct Page<'a> {
    pub(crate) session: &'a Session,
    pub(crate) who: &'a Who,
}

impl Page<'_> {
    /// Conclusions and measures about the record: who, according to whom, standard, wording, signed by.
    pub(crate) fn related(&self, lines: &[Line]) -> String {
        let pen = pen(self.session, self.who);
        joined(Related { pen, is_brief: false }.parts(lines))
    }
}

/// A value of a property as a page tells it.
pub(super) fn value_in_words(
    session: &Session,
    who: &Who,
    record: RecordId,
    prop: &str,
    value: &Json,
    refs: &[Reference],
) -> String {
    Telling { pen: pen(session, who), refs }.value(Some(record.kind_code()), prop, value)
}

/// The whole page of a record.
pub(super) fn text(pen: Pen<'_>, view: &View, is_brief: bool) -> String {
    let all: BTreeSet<OrganisationId> = view.organisations.iter().map(|speaker| speaker.organisation).collect();
    let sheet = Sheet { pen, view, all: &all, is_mixed: head::spaces(view).len() > 1, common: None };
    let common = head::common(&sheet).filter(|_| !is_brief);
    let sheet = Sheet { common: common.as_ref(), ..sheet };
    let mut parts = vec![head::head(&sheet), tally::lines(pen, view)];
    let (contested, others): (Vec<&Property>, Vec<&Property>) =
        view.properties.iter().partition(|property| property.computed.contested);
    parts.extend(contested.iter().map(|property| section(&sheet, property, is_brief)));
    parts.push(replies(&sheet));
    parts.extend(Related { pen, is_brief }.parts(&view.related));
    parts.extend((!is_brief).then(|| timeline::lines(pen, view)));
    if is_brief {
        let is_disputed = |property: &Property| property.claims.iter().any(|claim| !claim.disputed_by.is_empty());
        let is_counted = |property: &Property| {
            property.computed.headlines.iter().any(|headline| headline.category.is_some() && headline.accounts > 1)
        };
        let told = others.iter().filter(|property| is_disputed(property) || is_counted(property));
        parts.extend(told.map(|property| section(&sheet, property, true)));
    } else {
        let mut others: Vec<&Property> = others;
        others.sort_by_key(|property| place(&property.prop));
        parts.extend(others.iter().map(|property| section(&sheet, property, false)));
        parts.extend(view.narratives.iter().map(|narrative| told(pen, narrative)));
        parts.push(left_out(pen, view));
    }
    parts.push(foot(pen, view));
    joined(parts)
}

/// Parts with an empty line between; empty ones vanish.
fn joined(parts: Vec<Vec<String>>) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.join("\n"));
    parts.collect::<Vec<_>>().join("\n\n")
}

/// What the head says already comes last, and sources behind what rests on them.
fn place(prop: &str) -> u8 {
    match prop {
        "source" | "document" => 1,
        "judgement" | "opinion" => 2,
        "title" | "name" => 3,
        "alias" => 4,
        _ => 0,
    }
}

fn section(sheet: &Sheet<'_>, property: &Property, is_brief: bool) -> Vec<String> {
    match property.prop.as_str() {
        // Drawn below what they answer, or by themselves.
        "response" => sheet.former_replies(property),
        "opinion" => {
            let beside = opinions_beside(sheet.view);
            let mut apart = property.clone();
            apart.claims.retain(|claim| claim.state != State::Live || !beside.contains(&claim.id));
            if apart.claims.is_empty() { Vec::new() } else { sheet.property(&apart) }
        }
        _ if is_brief => sheet.summary(property),
        "step" => sheet.steps(property),
        _ => sheet.property(property),
    }
}

impl Sheet<'_> {
    /// The name of a property and what all accounts come to; of counts the strip, of others each value and who gives it.
    fn summary(&self, property: &Property) -> Vec<String> {
        let mut out = self.head(property);
        let claims = said::said(&property.claims);
        out.extend(self.strips(property, &claims));
        if property.computed.headlines.iter().all(|headline| headline.category.is_none()) {
            out.extend(self.values(property, &claims));
        }
        out.extend(self.disputed(property));
        out
    }

    /// How many dispute what is told in short: no brevity hides a dispute.
    fn disputed(&self, property: &Property) -> Vec<String> {
        let disputing: BTreeSet<OrganisationId> =
            property.claims.iter().flat_map(|claim| claim.disputed_by.iter().copied()).collect();
        if disputing.is_empty() {
            return Vec::new();
        }
        let count = disputing.len().to_string();
        hung("  ", &self.pen.alert(&self.pen.say("format.disputed_by", &[("count", &count)])), self.pen.width)
    }

    /// Replies that were taken back or corrected.
    fn former_replies(&self, property: &Property) -> Vec<String> {
        let former = self.former(property, &said::said(&property.claims));
        if former.is_empty() {
            return former;
        }
        [vec![self.pen.heading(&self.pen.word("view.responses"))], former].concat()
    }
}

/// The opinions that stand beside what they are about.
fn opinions_beside(view: &View) -> BTreeSet<ClaimId> {
    let claims = view.properties.iter().flat_map(|property| &property.claims);
    claims
        .filter(|claim| claim.state == State::Live)
        .flat_map(|claim| &claim.opinions)
        .map(|opinion| opinion.claim)
        .collect()
}

/// Replies that answer no claim of this page: to the record as a whole, or to what is not held.
fn replies(sheet: &Sheet<'_>) -> Vec<String> {
    let (pen, view) = (sheet.pen, sheet.view);
    let claims = view.properties.iter().flat_map(|property| &property.claims);
    let beside: BTreeSet<ClaimId> = claims
        .filter(|claim| claim.state == State::Live)
        .flat_map(|claim| &claim.replies)
        .map(|reply| reply.claim)
        .collect();
    let responses = view.properties.iter().filter(|property| property.prop == "response");
    let apart = responses.flat_map(|property| &property.claims);
    let apart: Vec<&ShownClaim> =
        apart.filter(|claim| claim.state == State::Live && !beside.contains(&claim.id)).collect();
    if apart.is_empty() {
        return Vec::new();
    }
    let mut out = vec![pen.heading(&pen.word("view.responses"))];
    let most = if pen.is_full { apart.len() } else { NARRATIVE_LINES };
    for claim in in_turn(apart.iter().copied(), |claim| claim.organisation).into_iter().take(most) {
        let Some(reply) = reply(claim) else { continue };
        out.extend(pen.reply(&reply, "  ", pen.width));
    }
    out.extend(accounts::more(pen, apart.len().saturating_sub(most)));
    out
}

/// A reply as its claim gives it.
fn reply(claim: &ShownClaim) -> Option<Reply> {
    let value = claim.value.as_ref()?;
    let text = |key: &str| accounts::text(value, key).map(str::to_owned);
    Some(Reply {
        organisation: claim.organisation,
        claim: claim.id,
        space: claim.space,
        subject: claim.refs.first().cloned(),
        stance: text("stance").unwrap_or_default(),
        text: text("text").unwrap_or_default(),
        lang: text("lang"),
        channel: text("channel"),
        date: text("date"),
        basis: claim.basis.clone(),
        on_earlier: false,
        of_another: claim.flags.iter().any(|flag| flag == "reply_of_another"),
        further: 0,
    })
}

/// A text that colleagues write together.
fn told(pen: Pen<'_>, narrative: &ShownNarrative) -> Vec<String> {
    let values = [
        ("who", &*pen.organisation(narrative.organisation)),
        ("authors", &*narrative.authors.len().to_string()),
        ("edits", &*narrative.edits.to_string()),
        ("words", &*pen.counted("words", narrative.text.split_whitespace().count())),
    ];
    let head = format!("{} [{}]", pen.say("show.narrative", &values), narrative.id.to_short());
    let mut out = hung("", &pen.heading(&head), pen.width);
    let text = pen.prose(&narrative.text, pen.width.saturating_sub(2), NARRATIVE_LINES);
    out.extend(text.into_iter().map(|line| format!("  {line}")));
    out
}

/// Entries that do not count, and why.
fn left_out(pen: Pen<'_>, view: &View) -> Vec<String> {
    let mut out = Vec::new();
    let most = if pen.is_full { view.left_out.len() } else { NARRATIVE_LINES };
    for left in view.left_out.iter().take(most) {
        let values = [
            ("entry", &*left.entry.to_short()),
            ("who", &*pen.organisation(left.organisation)),
            ("why", &*pen.standing(left.standing, left.cause)),
        ];
        let rule = left.rule.as_deref().map(|rule| format!(" ({})", pen.foreign(rule))).unwrap_or_default();
        out.extend(hung("  × ", &format!("{}{rule}", pen.say("show.left_out", &values)), pen.width));
    }
    if !out.is_empty() {
        out.insert(0, pen.heading(&pen.word("show.not_counting")));
        out.extend(accounts::more(pen, view.left_out.len().saturating_sub(most)));
    }
    out
}

/// How much stands here, and the reader's day.
fn foot(pen: Pen<'_>, view: &View) -> Vec<String> {
    let claims = || view.properties.iter().flat_map(|property| &property.claims);
    let count = |state: State| {
        claims().filter(|claim| claim.state == state).map(|claim| claim.id).collect::<BTreeSet<_>>().len()
    };
    let mut parts = vec![
        pen.field(&pen.word("view.claims"), &count(State::Live).to_string()),
        pen.field(&pen.word("show.organisations"), &view.organisations.len().to_string()),
    ];
    for (state, word) in [(State::Replaced, "view.replaced"), (State::Retracted, "view.retracted")] {
        let count = count(state);
        parts.extend((count > 0).then(|| pen.field(&pen.word(word), &count.to_string())));
    }
    let mut out = hung("", &pen.notes(&parts), pen.width);
    out.extend(hung("", &format!("{} {}", pen.word("view.as_of"), view.today), pen.width));
    out.into_iter().map(|line| pen.quiet(&line)).collect()
}
