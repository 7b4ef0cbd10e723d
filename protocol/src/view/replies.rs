//! The right of reply: what a subject answered, beside every claim that it answers. MODEL §2, §9.4.
//!
//! A reply that names a claim stands beside it and beside every later version of it: whoever says an accusation anew has not
//! got rid of its answer. One that names no claim answers what accuses: all of it, or all that one organisation says.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId, SpaceId};
use crate::limits;
use crate::model;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING, SUBJECT};
use crate::sheet::{Said, Sheet};
use crate::store::{Fault, SheetView};

use super::claims::Basis;
use super::material::{Material, spoken};
use super::{Policy, Reference, Sheets};

/// A subject's answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reply {
    /// Who entered it for the subject.
    pub organisation: OrganisationId,
    /// The claim that says it.
    pub claim: ClaimId,
    /// Where it stands.
    pub space: SpaceId,
    /// Whose answer it is; none if its id is malformed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Reference>,
    /// denies, explains, accepts or no_comment.
    pub stance: String,
    /// The answer, verbatim.
    pub text: String,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// How it came, a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// When it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Where it is written down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Basis>,
    /// True if it was given to an earlier version of this claim.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_earlier: bool,
    /// True if the record names somebody, and not whom this is a reply of: it is nobody else's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_another: bool,
    /// How many more replies of the same organisation answer this claim, and are told as claims alone: beside its last one.
    #[serde(default, skip_serializing_if = "is_none")]
    pub further: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) organisation: Option<OrganisationId>,
    pub(super) claim: Option<ClaimId>,
}

impl Answers {
    pub(super) fn of(value: &Json) -> Self {
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        Self {
            organisation: text("organisation").and_then(|id| OrganisationId::parse(id).ok()),
            claim: text("claim").and_then(|id| ClaimId::parse(id).ok()),
        }
    }

    /// True if a sheet of this organisation is answered.
    pub(super) fn concerns(self, organisation: OrganisationId) -> bool {
        self.organisation.is_none_or(|named| named == organisation)
    }
}

/// Whom a record names, by each organisation that speaks of it: a reply of anybody else answers nothing that was said of him.
#[derive(Debug, Default)]
pub(super) struct Named {
    by: BTreeMap<OrganisationId, BTreeSet<RecordId>>,
    /// The subject, where the record is one.
    own: Option<RecordId>,
}

impl Named {
    /// By claims that keep the model, each with whose it is.
    pub(super) fn of<'a>(record: RecordId, claims: impl Iterator<Item = (OrganisationId, &'a str, &'a Json)>) -> Self {
        let mut named = Self { by: BTreeMap::new(), own: Some(record).filter(|record| record.kind_code() == SUBJECT) };
        for (whose, prop, value) in claims.filter(|(_, prop, _)| !model::is_aside(prop)) {
            let own = named.by.entry(whose).or_default();
            own.extend(accused(record.kind_code(), prop, value));
        }
        named
    }

    /// By everything that is held of the record.
    pub(super) fn in_sheets(record: RecordId, sheets: &Sheets) -> Self {
        let everyone = Policy::default();
        let speaking = sheets.values().filter(|sheet| sheet.standing_claims().next().is_some());
        let naming = spoken(sheets, &everyone, &["subject", "party"]);
        let naming =
            naming.filter_map(|(sheet, said)| Some((sheet.key.organisation, said.claim.prop()?, said.claim.value()?)));
        let mut named = Self::of(record, naming);
        for sheet in speaking {
            let mut said = sheet.standing_claims().filter_map(|(_, said)| said.claim.prop());
            if said.any(|prop| !model::is_aside(prop)) {
                named.by.entry(sheet.key.organisation).or_default();
            }
        }
        named
    }

    /// True if a reply is by somebody whom those name whom it answers; where one of them names nobody, everybody may reply: no member
    /// makes the reply to another's words void by a name of his own.
    pub(super) fn may_reply(&self, reply: &Json) -> bool {
        let subject = reply.get("subject").and_then(Json::as_text).and_then(|text| RecordId::parse(text).ok());
        let Some(subject) = subject else { return true };
        if let Some(own) = self.own {
            return own == subject;
        }
        let answers = Answers::of(reply);
        let mut answered = self.by.iter().filter(|(whose, _)| answers.concerns(**whose)).peekable();
        answered.peek().is_none() || answered.any(|(_, named)| named.is_empty() || named.contains(&subject))
    }

    /// All of them, those whom most name first.
    pub(super) fn all(&self) -> Vec<RecordId> {
        let mut counted: BTreeMap<RecordId, usize> = BTreeMap::new();
        for record in self.by.values().flatten().chain(&self.own) {
            let count = counted.entry(*record).or_default();
            *count = count.saturating_add(1);
        }
        let mut all: Vec<_> = counted.into_iter().collect();
        all.sort_by_key(|(record, count)| (std::cmp::Reverse(*count), *record));
        all.into_iter().map(|(record, _)| record).collect()
    }
}

/// Whom a claim accuses, lists or tries, if its kind of record has it.
fn accused(kind: u8, prop: &str, value: &Json) -> Option<RecordId> {
    let has_it = matches!((kind, prop), (FINDING | ATTRIBUTION | DESIGNATION, "subject") | (CASE, "party"));
    let subject = model::accused_by(prop, value).filter(|_| has_it)?;
    RecordId::parse(subject.as_text()?).ok()
}

/// The live replies in all sheets of a record.
#[derive(Default)]
pub(super) struct Replies<'a> {
    all: Vec<(&'a Sheet, &'a Said, Answers)>,
    named: Named,
}

impl<'a> Replies<'a> {
    pub(super) fn new(record: RecordId, sheets: &'a Sheets) -> Self {
        let all = spoken(sheets, &Policy::default(), &["response"]);
        let is_said = |value: &Json| ["stance", "text"].iter().all(|key| value.get(key).is_some());
        let all = all.filter_map(|(sheet, said)| {
            let value = said.claim.value().filter(|value| is_said(value))?;
            Some((sheet, said, Answers::of(value)))
        });
        let all: Vec<_> = all.collect();
        let named = if all.is_empty() { Named::default() } else { Named::in_sheets(record, sheets) };
        Self { all, named }
    }

    /// The replies on the claims of one sheet.
    pub(super) fn on(&self, sheet: &Sheet) -> Answered {
        let mut answered = Answered::default();
        if self.all.is_empty() {
            return answered;
        }
        let replacing = |(id, said): (&ClaimId, &Said)| Some((*id, said.claim.replaces()?));
        answered.earlier = sheet.claims.iter().filter_map(replacing).collect();
        let mut general: BTreeMap<Option<OrganisationId>, Vec<usize>> = BTreeMap::new();
        for (place, (_, _, answers)) in self.all.iter().enumerate() {
            if !answers.concerns(sheet.key.organisation) {
                continue;
            }
            match answers.claim {
                Some(claim) => answered.named.entry(claim).or_default().push(place),
                None => general.entry(self.whose(place)).or_default().push(place),
            }
        }
        for (whose, mut places) in general {
            answered.further.insert(whose, places.len().saturating_sub(limits::REPLIES_OF_ONE));
            places.truncate(limits::REPLIES_OF_ONE);
            answered.general.extend(places);
        }
        answered.general.sort_unstable();
        answered
    }

    fn whose(&self, place: usize) -> Option<OrganisationId> {
        self.all.get(place).map(|(sheet, ..)| sheet.key.organisation)
    }

    /// What is shown of those that answer a claim.
    pub(super) fn shown<S: SheetView>(
        &self,
        answered: &Answered,
        kind: u8,
        said: &Said,
        material: &mut Material<'_, S>,
    ) -> Result<Vec<Reply>, Fault> {
        let mut shown = Vec::new();
        if self.all.is_empty() {
            return Ok(shown);
        }
        let mut of_one: BTreeMap<OrganisationId, usize> = BTreeMap::new();
        for (place, on_earlier) in answered.places(kind, said) {
            let Some((sheet, reply, _)) = self.all.get(place) else { continue };
            let count = of_one.entry(sheet.key.organisation).or_default();
            *count = count.saturating_add(1);
            if *count <= limits::REPLIES_OF_ONE {
                let told = told(sheet, reply, on_earlier, material)?;
                let of_another = reply.claim.value().is_some_and(|value| !self.named.may_reply(value));
                shown.extend(told.map(|reply| Reply { of_another, ..reply }));
            }
        }
        let is_general = accuses(kind, said);
        for (organisation, count) in of_one {
            let left_out =
                answered.further.get(&Some(organisation)).filter(|_| is_general).copied().unwrap_or_default();
            let count = count.saturating_add(left_out);
            let last = shown.iter_mut().rfind(|reply| reply.organisation == organisation);
            if let Some(last) = last {
                last.further = count.saturating_sub(limits::REPLIES_OF_ONE);
            }
        }
        Ok(shown)
    }
}

/// Which replies answer which claims of one sheet.
#[derive(Default)]
pub(super) struct Answered {
    named: BTreeMap<ClaimId, Vec<usize>>,
    /// The first ones of each organisation that answer all that accuses: claims are many, and replies may be as many again.
    general: Vec<usize>,
    /// How many more of these each organisation entered.
    further: BTreeMap<Option<OrganisationId>, usize>,
    /// In whose place a claim says that it stands, whether or not either still does.
    earlier: BTreeMap<ClaimId, ClaimId>,
}

impl Answered {
    /// The places of the replies to a claim, and whether each was given to an earlier version.
    ///
    /// Looked for from the later version: a claim takes the place of one other, while its author can set any number in the place
    /// of one, and take back all but the last of them.
    fn places(&self, kind: u8, said: &Said) -> BTreeMap<usize, bool> {
        let mut places = BTreeMap::new();
        let mut version = Some(said.claim.id()).filter(|_| !self.named.is_empty());
        for steps in 0..=limits::REPLY_VERSIONS {
            let Some(id) = version else { break };
            for place in self.named.get(&id).into_iter().flatten() {
                places.entry(*place).or_insert(steps > 0);
            }
            version = self.earlier.get(&id).copied();
        }
        if accuses(kind, said) {
            for place in &self.general {
                places.entry(*place).or_insert(false);
            }
        }
        places
    }
}

/// True if a claim accuses somebody.
pub(super) fn accuses(kind: u8, said: &Said) -> bool {
    let property = said.claim.prop().and_then(|prop| model::property(kind, prop));
    property.zip(said.claim.value()).is_some_and(|(property, value)| model::check::accuses(property, value))
}

fn told<S: SheetView>(
    sheet: &Sheet,
    reply: &Said,
    on_earlier: bool,
    material: &mut Material<'_, S>,
) -> Result<Option<Reply>, Fault> {
    let Some(value) = reply.claim.value() else { return Ok(None) };
    let text = |key: &str| value.get(key).and_then(Json::as_text).map(str::to_owned);
    let (Some(stance), Some(answer)) = (text("stance"), text("text")) else { return Ok(None) };
    let subject = text("subject").and_then(|id| RecordId::parse(&id).ok());
    Ok(Some(Reply {
        organisation: sheet.key.organisation,
        claim: reply.claim.id(),
        space: sheet.key.space,
        subject: subject.map(|record| material.reference_by(record, sheet.key.organisation)).transpose()?,
        stance,
        text: answer,
        lang: text("lang"),
        channel: text("channel"),
        date: text("date"),
        basis: material.basis(&reply.claim, sheet.key.organisation)?,
        on_earlier,
        of_another: false,
        further: 0,
    }))
}
