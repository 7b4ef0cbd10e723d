//! What is on record about a subject, counted before anything else is read: a naming that overlooks a reply, a dispute or a
//! retraction is wrong whatever its sources say. MODEL §8, journeys 1 and 12.

use std::collections::BTreeSet;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::model::is_tried;
use isnad_protocol::view::{Line, State, View};

use super::pen::Pen;
use crate::output::hung;

/// The counts, zeros too: that there is no case is worth knowing. Nothing of a record that is no subject.
pub(super) fn lines(pen: Pen<'_>, view: &View) -> Vec<String> {
    if view.kind != "subject" {
        return Vec::new();
    }
    let counts = [
        ("view.attributions", records(view, "attribution")),
        ("view.designations", records(view, "designation")),
        ("view.cases", records(view, "case")),
        ("view.responses", replies_in(view).len()),
        ("duties.disputes", disputes(view)),
        ("duties.retracted", retracted(view).len()),
        ("duties.judged_different", judged_different(view)),
    ];
    let told: Vec<String> = counts.iter().map(|(key, count)| pen.field(&pen.word(key), &count.to_string())).collect();
    let counts = pen.say("format.computed", &[("value", &pen.notes(&told))]);
    hung("", &pen.field(&pen.word("duties.on_record"), &counts), pen.width)
}

fn records(view: &View, kind: &str) -> usize {
    // Who is named in a case beside those whom it tries is on its page, with his role, and not counted among them.
    let is_beside = |line: &Line| line.prop.as_deref() == Some("party") && !line.value.as_ref().is_some_and(is_tried);
    let lines = view.related.iter().filter(|line| line.kind == kind && line.state == State::Live);
    let lines = lines.filter(|line| !is_beside(line));
    lines.map(|line| line.record.record).collect::<BTreeSet<RecordId>>().len()
}

/// Every reply that stands on the page, whatever it answers.
pub(in crate::commands) fn replies_in(view: &View) -> BTreeSet<ClaimId> {
    let claims =
        || view.properties.iter().flat_map(|property| property.claims.iter().map(move |claim| (property, claim)));
    let live = claims().filter(|(_, claim)| claim.state == State::Live);
    let own = live.filter(|(property, _)| property.prop == "response").map(|(_, claim)| claim.id);
    let beside = claims().flat_map(|(_, claim)| &claim.replies);
    let beside = beside.chain(view.related.iter().flat_map(|line| &line.replies));
    own.chain(beside.map(|reply| reply.claim)).collect()
}

/// One for each claim and organisation that disputes it.
fn disputes(view: &View) -> usize {
    let claims = view.properties.iter().flat_map(|property| &property.claims);
    let claims = claims.filter(|claim| claim.state == State::Live).map(|claim| (claim.id, &claim.disputed_by));
    let lines = view.related.iter().filter(|line| line.state == State::Live);
    let lines = lines.map(|line| (line.claim, &line.disputed_by));
    let disputes = claims.chain(lines).flat_map(|(claim, by)| by.iter().map(move |who| (claim, *who)));
    disputes.collect::<BTreeSet<(ClaimId, OrganisationId)>>().len()
}

fn retracted(view: &View) -> BTreeSet<ClaimId> {
    let claims = view.properties.iter().flat_map(|property| &property.claims);
    let claims = claims.filter(|claim| claim.state == State::Retracted).map(|claim| claim.id);
    let lines = view.related.iter().filter(|line| line.state == State::Retracted).map(|line| line.claim);
    claims.chain(lines).collect()
}

/// Records that somebody says are not this one, whomever the reader's policy follows.
fn judged_different(view: &View) -> usize {
    let is_negative = |value: &Json| value.get("verdict").and_then(Json::as_text) == Some("negative");
    let own = view.properties.iter().filter(|property| property.prop == "judgement");
    let own = own.flat_map(|property| &property.claims).filter(|claim| claim.state == State::Live);
    let own = own.filter(|claim| claim.value.as_ref().is_some_and(is_negative)).flat_map(|claim| &claim.refs);
    let lines = view.related.iter().filter(|line| line.state == State::Live);
    let lines = lines.filter(|line| line.prop.as_deref() == Some("judgement"));
    let lines = lines.filter(|line| line.value.as_ref().is_some_and(is_negative)).map(|line| &line.record);
    own.chain(lines).map(|other| other.record).collect::<BTreeSet<RecordId>>().len()
}
