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
    let taken_for_it = view.grouped.iter().map(|other| other.record);
    let replies = Replies::of(&taken_for_it.chain([view.record]).collect(), view);
    let counts = [
        ("view.attributions", records(view, "attribution")),
        ("view.designations", records(view, "designation")),
        ("view.cases", records(view, "case")),
        ("view.responses", replies.own.len()),
        ("duties.replies_of_others", replies.of_others.len()),
        ("duties.disputes", disputes(view)),
        ("duties.retracted", retracted(view).len()),
        ("duties.judged_different", judged_different(view)),
    ];
    let is_told = |(key, count): &&(&str, usize)| *key != "duties.replies_of_others" || *count > 0;
    let told: Vec<String> =
        counts.iter().filter(is_told).map(|(key, count)| pen.field(&pen.word(key), &count.to_string())).collect();
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

/// The replies that stand on a page.
#[derive(Debug, Default)]
pub(in crate::commands) struct Replies {
    /// Of those who are asked about.
    pub(in crate::commands) own: BTreeSet<ClaimId>,
    /// Of others, who are named beside them: they answered for themselves alone.
    pub(in crate::commands) of_others: BTreeSet<ClaimId>,
}

impl Replies {
    /// Whatever they answer, by whose they are.
    pub(in crate::commands) fn of(whose: &BTreeSet<RecordId>, view: &View) -> Self {
        let claims =
            || view.properties.iter().flat_map(|property| property.claims.iter().map(move |claim| (property, claim)));
        let live = claims().filter(|(_, claim)| claim.state == State::Live);
        let alone = live.filter(|(property, _)| property.prop == "response");
        let alone = alone.map(|(_, claim)| (claim.id, claim.refs.first().map(|subject| subject.record)));
        let beside = claims().flat_map(|(_, claim)| &claim.replies);
        let beside = beside.chain(view.related.iter().flat_map(|line| &line.replies));
        let beside = beside.map(|reply| (reply.claim, reply.subject.as_ref().map(|subject| subject.record)));
        let mut replies = Self::default();
        for (claim, subject) in alone.chain(beside) {
            let is_own = subject.is_some_and(|subject| whose.contains(&subject));
            if is_own { &mut replies.own } else { &mut replies.of_others }.insert(claim);
        }
        replies
    }
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
