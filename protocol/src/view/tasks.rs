//! What waits for an organisation's answer on one record: disputes of its claims, replies to them, and opinions of its own that
//! look at words which their author has changed since. MODEL §8, journey 3.
//!
//! No clock decides what was answered: whoever looks at a claim that was replaced or taken back is answered by that, and any
//! dispute or reply by an opinion on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::limits;
use crate::sheet::{Said, Sheet};
use crate::time::Timestamp;

use super::material::spoken;
use super::replies::{Answers, accuses};
use super::{Policy, Sheets, in_turn};

/// Why an organisation is asked to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Another organisation disputes a claim of its own.
    Disputed,
    /// A subject replied to a claim of its own.
    Replied,
    /// Its own opinion looks at an earlier version.
    EarlierVersion,
}

/// One thing that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Task {
    /// Why.
    pub why: Why,
    /// The record.
    pub record: RecordId,
    /// The claim that was disputed or replied to, or that its own opinion looks at.
    pub claim: ClaimId,
    /// The property of that claim.
    pub prop: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Who disputes, who entered the reply, or whose claim its own opinion looks at.
    pub by: OrganisationId,
    /// The claim that says the dispute, the reply or its own opinion.
    pub said: ClaimId,
    /// The stance of it.
    pub stance: String,
    /// Why it is disputed, a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The words of the dispute or reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Their language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The time that the signer claims.
    pub time: Timestamp,
    /// What stands in the place of what its own opinion looks at; empty if it was taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<ClaimId>,
    /// How many more wait on the record behind this one, its last that is told.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What waits for an organisation's answer on a record, in the order of positions; at most [`limits::TASKS_ON_ONE`].
#[must_use]
pub fn tasks(record: RecordId, sheets: &Sheets, own: OrganisationId) -> Vec<Task> {
    let standing = standing(sheets, own);
    let by_id = first_of_each(&standing);
    let policy = Policy::default();
    let opinions: Vec<_> = spoken(sheets, &policy, &["opinion"]).collect();
    let (mine, theirs): (Vec<_>, Vec<_>) = opinions.into_iter().partition(|(sheet, _)| sheet.key.organisation == own);
    let answered: BTreeSet<(OrganisationId, ClaimId)> = mine.iter().filter_map(|(_, said)| target(said)).collect();
    let waits = |sheet: &Sheet, said: &Said| !answered.contains(&(sheet.key.organisation, said.claim.id()));
    let mut tasks = Vec::new();
    for (sheet, said) in theirs.into_iter().filter(|(sheet, said)| waits(sheet, said)) {
        let disputed = target(said).filter(|(whose, _)| *whose == own && stance(said) == Some("dispute"));
        let claim = disputed.and_then(|(_, id)| by_id.get(&id));
        tasks.extend(claim.and_then(|claim| task(Why::Disputed, record, claim, sheet, said)));
    }
    let accusing = standing.iter().find(|said| accuses(record.kind_code(), said));
    for (sheet, said) in spoken(sheets, &policy, &["response"]) {
        let Some(answers) = said.claim.value().map(Answers::of) else { continue };
        if sheet.key.organisation == own || !answers.concerns(own) || !waits(sheet, said) {
            continue;
        }
        let claim = match answers.claim {
            Some(id) => by_id.get(&id),
            None => accusing,
        };
        tasks.extend(claim.and_then(|claim| task(Why::Replied, record, claim, sheet, said)));
    }
    tasks.extend(mine.iter().filter_map(|(sheet, said)| earlier(record, sheets, sheet, said)));
    bounded(tasks)
}

/// No more than one sitting answers; the last one says how many are left. Of each organisation the first ones are told before the
/// further ones of any: a member that fills the page hides nobody behind it.
fn bounded(tasks: Vec<Task>) -> Vec<Task> {
    let more = tasks.len().saturating_sub(limits::TASKS_ON_ONE);
    let mut first = in_turn(tasks.into_iter().enumerate(), |(_, task)| task.by);
    first.truncate(limits::TASKS_ON_ONE);
    first.sort_by_key(|(place, _)| *place);
    let mut tasks: Vec<Task> = first.into_iter().map(|(_, task)| task).collect();
    if let Some(last) = tasks.last_mut() {
        last.more = more;
    }
    tasks
}

/// By its id, the first place at which each claim stands.
fn first_of_each<'a>(standing: &[&'a Said]) -> BTreeMap<ClaimId, &'a Said> {
    let mut first = BTreeMap::new();
    for said in standing {
        first.entry(said.claim.id()).or_insert(*said);
    }
    first
}

/// The claims of an organisation that stand, by position; the same words in two spaces once.
fn standing(sheets: &Sheets, own: OrganisationId) -> Vec<&Said> {
    let own = sheets.values().filter(|sheet| sheet.key.organisation == own);
    let mut claims: Vec<&Said> = own.flat_map(|sheet| sheet.standing_claims().map(|(_, said)| said)).collect();
    claims.sort_by_key(|said| said.position());
    claims
}

/// The claim that an opinion looks at, and whose it is.
fn target(said: &Said) -> Option<(OrganisationId, ClaimId)> {
    let value = said.claim.value()?;
    let text = |key: &str| value.get(key).and_then(Json::as_text);
    Some((OrganisationId::parse(text("organisation")?).ok()?, ClaimId::parse(text("claim")?).ok()?))
}

fn stance(said: &Said) -> Option<&str> {
    said.claim.value()?.get("stance")?.as_text()
}

fn task(why: Why, record: RecordId, claim: &Said, sheet: &Sheet, said: &Said) -> Option<Task> {
    let value = said.claim.value()?;
    let text = |key: &str| value.get(key).and_then(Json::as_text).map(str::to_owned);
    let (_, entry) = said.position();
    Some(Task {
        why,
        record,
        claim: claim.claim.id(),
        prop: claim.claim.prop().unwrap_or_default().to_owned(),
        value: claim.claim.value().cloned(),
        by: sheet.key.organisation,
        said: said.claim.id(),
        stance: text("stance")?,
        reason: text("reason"),
        text: text("text"),
        lang: text("lang").or_else(|| said.claim.lang().map(str::to_owned)),
        time: said.signers.get(&entry)?.time,
        now: Vec::new(),
        more: 0,
    })
}

/// The task to look again, if what an own opinion looks at stands nowhere any more.
fn earlier(record: RecordId, sheets: &Sheets, own: &Sheet, said: &Said) -> Option<Task> {
    let (whose, id) = target(said)?;
    let holding: Vec<&Sheet> =
        sheets.values().filter(|sheet| sheet.key.organisation == whose && sheet.claims.contains_key(&id)).collect();
    let claim = holding.iter().find_map(|sheet| sheet.claims.get(&id))?;
    let mut now = BTreeSet::new();
    for sheet in holding {
        let later = if sheet.is_live(id) { last_versions(sheet, id) } else { BTreeSet::new() };
        if later.contains(&id) {
            return None;
        }
        now.extend(later);
    }
    let task = task(Why::EarlierVersion, record, claim, own, said)?;
    Some(Task { by: whose, now: now.into_iter().collect(), ..task })
}

/// What stands in the place of a claim in the end; the claim itself if nothing replaces it.
fn last_versions(sheet: &Sheet, id: ClaimId) -> BTreeSet<ClaimId> {
    let replaced = sheet.replacements();
    let (mut found, mut met, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![id]);
    while let Some(version) = next.pop() {
        if !met.insert(version) {
            continue;
        }
        if let Some(later) = replaced.get(&version) {
            next.extend(later);
        } else {
            found.insert(version);
        }
    }
    found
}
