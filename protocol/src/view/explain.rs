//! One claim explained: who said it, who stands behind it and who against it, what it rests on, and why a view shows it as it
//! does. MODEL §7; §8 journey 8.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::Authentic;
use crate::sheet::content::{self, Content};
use crate::sheet::{self, Claim, Operation, Operations};
use crate::standing::Standing;
use crate::store::{Fault, SheetView};
use crate::time::{Day, Timestamp};

use super::claims::{Claims, Ranked, property};
use super::independence::{Circle, Followed, Follower, Origin};
use super::material::{Material, distinct};
use super::origins::{Key, Origins};
use super::{AsOf, Context, Corroboration, Headline, Policy, Property, Reference, ShownClaim, State, kind_name};

/// What a reader is told of one claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Explanation {
    /// The claim.
    pub claim: ClaimId,
    /// The record that it is about.
    pub record: Reference,
    /// The name of the record's kind.
    pub kind: String,
    /// The property; empty for a claim that names none.
    pub prop: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Every entry that says it, those that do not count too.
    pub said_by: Vec<SaidBy>,
    /// The claim as each organisation that says it has it; none if no entry that says it counts.
    pub accounts: Vec<ShownClaim>,
    /// What a view does with it.
    pub place: Place,
    /// Why, as codes.
    pub because: BTreeSet<Because>,
    /// Claims of others that it excludes, or that exclude it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contested_by: Vec<Brief>,
    /// The line that a view shows of its property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<Headline>,
    /// What it rests on, followed to where that begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<Rested>,
    /// Where its bases lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<Origin>,
    /// The chain of bases that comes back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circular: Option<Circle>,
    /// Other claims of the property that lead to one of the same origins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Brief>,
    /// On how much its value rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corroboration: Option<Corroboration>,
    /// The policy that was followed.
    pub policy: Policy,
    /// The reader's day.
    pub today: Day,
    /// The day that it is as of, where the reader asked for an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// One entry that says a claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaidBy {
    /// The entry.
    pub entry: EntryId,
    /// Its position.
    pub seq: u64,
    /// On whose behalf.
    pub organisation: OrganisationId,
    /// By which key.
    pub author: PublicKey,
    /// Where.
    pub space: SpaceId,
    /// The time claimed.
    pub time: Timestamp,
    /// Whether it counts.
    pub standing: Standing,
}

/// Another claim in few words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Brief {
    /// The claim.
    pub claim: ClaimId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The cited body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub according_to: Option<Reference>,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
}

/// What a view does with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// All who count say so: it is the headline.
    Headline,
    /// Others say other things; the reader's policy puts it first.
    Lead,
    /// It stands beside other values.
    Beside,
    /// It and others exclude each other.
    Contested,
    /// It is shown, and takes no part in what is computed.
    LeftOut,
}

/// A reason why a claim has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// No entry that says it counts.
    NotCounted,
    /// Its organisation took it back.
    Retracted,
    /// Another claim takes its place.
    Replaced,
    /// The reader's policy does not let it count.
    Policy,
    /// It breaks a rule of the model.
    Malformed,
    /// Its value has a code that this version does not know.
    Unknown,
    /// It leads to no other origin than claims before it.
    Derivative,
    /// Its bases come back to it.
    Circular,
    /// All that it rests on was withdrawn.
    BasisWithdrawn,
    /// It names no basis and cites no body.
    WithoutBasis,
}

impl Because {
    /// Its name in translations, the same as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotCounted => "not_counted",
            Self::Retracted => "retracted",
            Self::Replaced => "replaced",
            Self::Policy => "policy",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Derivative => "derivative",
            Self::Circular => "circular",
            Self::BasisWithdrawn => "basis_withdrawn",
            Self::WithoutBasis => "without_basis",
        }
    }
}

impl Place {
    /// Its name in translations, the same as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Headline => "headline",
            Self::Lead => "lead",
            Self::Beside => "beside",
            Self::Contested => "contested",
            Self::LeftOut => "left_out",
        }
    }
}

/// A link of what a claim rests on, and what that rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rested {
    /// The link.
    pub on: Origin,
    /// Page, paragraph or timecode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// The record that has the same digest and stands for both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<Reference>,
    /// True if the chain ends here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub root: bool,
    /// True if the chain comes back here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub comes_back: bool,
    /// True if all that was said of it was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<Self>,
}

impl Explanation {
    /// Explains a claim of a record; `None` if nobody says it there.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn of(
        record: RecordId,
        id: ClaimId,
        store: &impl SheetView,
        context: Context<'_>,
    ) -> Result<Option<Self>, Fault> {
        let entries = store.entries_about(record)?;
        let folded = sheet::fold(&entries, context.judge);
        let (said_by, claim) = said_by(id, &entries, &folded.standings);
        let Some(claim) = claim else { return Ok(None) };
        let mut material = Material::new(store, context);
        let Claims { mut by_prop, mut origins } = Claims::new(record, &[(record, &folded.sheets)], &mut material)?;
        let prop = claim.prop().unwrap_or_default().to_owned();
        let listed = by_prop.remove(prop.as_str()).unwrap_or_default();
        let claims = listed.ranked();
        let own: Vec<Ranked<'_>> = claims.iter().copied().filter(|item| item.shown.id == id).collect();
        let accounts: Vec<ShownClaim> = own.iter().map(|item| item.shown.clone()).collect();
        let mut told = Self {
            claim: id,
            record: material.reference(record)?,
            kind: kind_name(record),
            prop: prop.clone(),
            value: claim.value().cloned(),
            said_by,
            accounts,
            place: Place::LeftOut,
            because: BTreeSet::new(),
            contested_by: Vec::new(),
            headline: None,
            rests_on: Vec::new(),
            roots: Vec::new(),
            circular: None,
            shares: Vec::new(),
            corroboration: None,
            policy: context.policy.clone(),
            today: context.today,
            as_of: None,
        };
        if let Some(first) = own.iter().find(|item| item.shown.takes_part()).or(own.first()) {
            told.follow(*first, &claims, &origins, &mut material)?;
        }
        let computed = property(record.kind_code(), &prop, listed, &mut origins, &mut material)?;
        told.put(&computed);
        Ok(Some(told))
    }

    /// Follows what it rests on, and finds who else rests on the same.
    fn follow<S: SheetView>(
        &mut self,
        own: Ranked<'_>,
        claims: &[Ranked<'_>],
        origins: &Origins,
        material: &mut Material<'_, S>,
    ) -> Result<(), Fault> {
        let mut steps = origins.steps;
        let mut by_value: BTreeMap<&Json, Vec<Ranked<'_>>> = BTreeMap::new();
        let takes_part = |item: &Ranked<'_>| item.shown.takes_part() || item.shown.id == self.claim;
        for item in claims.iter().copied().filter(takes_part) {
            by_value.entry(item.claim.json().get("value").unwrap_or(&NONE)).or_default().push(item);
        }
        let mut roots = BTreeSet::new();
        if let Some(same) = by_value.get(own.claim.value().unwrap_or(&NONE)) {
            let mut follower = Follower::new(origins, same);
            let followed = follower.follow(own.shown, &mut steps);
            self.rests_on = Tree { follower: &follower, own: own.shown, left: limits::BASIS_TREE }.grow(material)?;
            self.roots = followed.roots.iter().map(|root| root.told(material)).collect::<Result<_, _>>()?;
            let circle = followed.circle.as_ref().map(|links| {
                let through = links.iter().take(limits::BASIS_DEPTH).map(|link| link.told(material));
                through.collect::<Result<_, _>>().map(|through| Circle { claims: vec![self.claim], through })
            });
            self.circular = circle.transpose()?;
            roots.clone_from(&followed.roots);
        }
        for same in by_value.values() {
            let mut follower = Follower::new(origins, same);
            for item in same.iter().filter(|item| item.shown.id != self.claim) {
                let shares = !follower.follow(item.shown, &mut steps).roots.is_disjoint(&roots);
                self.shares.extend(shares.then(|| Brief::of(item.shown)));
            }
        }
        self.shares = unique(std::mem::take(&mut self.shares));
        Ok(())
    }

    /// Says what a view does with it, and why.
    fn put(&mut self, property: &Property) {
        let computed = &property.computed;
        self.corroboration =
            computed.corroboration.iter().find(|found| Some(&found.value) == self.value.as_ref()).cloned();
        let is_among = |headline: &&Headline| self.value.as_ref().is_some_and(|value| headline.values.contains(value));
        self.headline = computed.headlines.iter().find(is_among).cloned();
        self.reason();
        if !self.accounts.iter().any(ShownClaim::takes_part) {
            return;
        }
        self.place = match &self.headline {
            _ if computed.contesting.contains(&self.claim) => Place::Contested,
            Some(headline) if headline.values.len() == 1 => Place::Headline,
            Some(headline) if headline.lead == self.value => Place::Lead,
            _ => Place::Beside,
        };
        if self.place == Place::Contested {
            // Of counts, those of another category exclude nothing; and no voice contests itself.
            let category = |value: Option<&Json>| Some(value?.get("category")?.as_text()?.to_owned());
            let own = category(self.value.as_ref());
            let voice = |claim: &ShownClaim| (claim.organisation, claim.according_to.as_ref().map(|body| body.record));
            let voices: BTreeSet<_> = self.accounts.iter().map(voice).collect();
            let others = property.claims.iter().filter(|claim| claim.id != self.claim && claim.value != self.value);
            let others =
                others.filter(|claim| category(claim.value.as_ref()) == own && !voices.contains(&voice(claim)));
            let contesting = others.filter(|claim| claim.takes_part() && computed.contesting.contains(&claim.id));
            self.contested_by = unique(contesting.map(Brief::of).collect());
        }
    }

    fn reason(&mut self) {
        let Some(first) = self.accounts.iter().find(|claim| claim.takes_part()).or(self.accounts.first()) else {
            self.because.insert(Because::NotCounted);
            return;
        };
        let found = self.corroboration.as_ref();
        let is_among = |claims: Option<&Vec<ClaimId>>| claims.is_some_and(|claims| claims.contains(&self.claim));
        let reasons = [
            (first.state == State::Retracted, Because::Retracted),
            (first.state == State::Replaced, Because::Replaced),
            (!first.counts, Because::Policy),
            (first.malformed, Because::Malformed),
            (first.unknown, Because::Unknown),
            (is_among(found.map(|found| &found.derivative)), Because::Derivative),
            (self.circular.is_some(), Because::Circular),
            (first.flags.iter().any(|flag| flag == Because::BasisWithdrawn.name()), Because::BasisWithdrawn),
            (is_among(found.map(|found| &found.without_basis)), Because::WithoutBasis),
        ];
        self.because = reasons.into_iter().filter_map(|(is_so, why)| is_so.then_some(why)).collect();
    }
}

/// Stands for the value of a claim that has none.
static NONE: Json = Json::Bool(false);

impl Brief {
    fn of(claim: &ShownClaim) -> Self {
        Self {
            claim: claim.id,
            organisation: claim.organisation,
            according_to: claim.according_to.clone(),
            value: claim.value.clone(),
        }
    }
}

fn unique(briefs: Vec<Brief>) -> Vec<Brief> {
    let wanted = distinct(briefs.iter().map(|brief| (brief.claim, brief.organisation)));
    let mut by: BTreeMap<_, _> = briefs.into_iter().map(|brief| ((brief.claim, brief.organisation), brief)).collect();
    wanted.into_iter().filter_map(|key| by.remove(&key)).collect()
}

/// The entries that say a claim, and its words. What a redaction hides is not told, even where the payload is still held.
fn said_by(
    id: ClaimId,
    entries: &[Authentic],
    standings: &BTreeMap<EntryId, Standing>,
) -> (Vec<SaidBy>, Option<Claim>) {
    let (mut said_by, mut words) = (Vec::new(), None);
    for entry in entries {
        let standing = standings.get(&entry.id()).copied().unwrap_or(Standing::Wanted);
        let content = content::read(entry.entry()).ok().filter(|_| standing != Standing::Redacted);
        let Some(Content::Change(Operations::Claims(operations))) = content else { continue };
        let found = operations.into_iter().find_map(|operation| match operation {
            Operation::Claim(claim) => (claim.id() == id).then_some(claim),
            Operation::Retract(_) => None,
        });
        let Some(claim) = found else { continue };
        words = Some(claim);
        let header = &entry.entry().header;
        said_by.push(SaidBy {
            entry: entry.id(),
            seq: header.seq,
            organisation: header.organisation,
            author: header.author,
            space: header.space,
            time: header.time,
            standing,
        });
    }
    said_by.sort_by_key(|said| (said.standing, said.organisation, said.space, said.author, said.seq, said.entry));
    said_by.dedup_by_key(|said| said.entry);
    (said_by, words)
}

/// Grows the tree of what a claim rests on.
struct Tree<'a, 'b> {
    follower: &'a Follower<'b>,
    own: &'a ShownClaim,
    left: usize,
}

impl Tree<'_, '_> {
    fn grow<S: SheetView>(mut self, material: &mut Material<'_, S>) -> Result<Vec<Rested>, Fault> {
        let mut grown = Vec::new();
        for basis in &self.own.basis {
            let Some(source) = &basis.source else { continue };
            let item = self.follower.origins.item(source.record);
            let Some(mut rested) = self.branch(&Key::Item(item), &mut Vec::new(), material)? else { break };
            rested.locator.clone_from(&basis.locator);
            if item != source.record {
                rested.on = Origin::Record { record: source.clone() };
                rested.copy_of = Some(material.reference(item)?);
            }
            grown.push(rested);
        }
        Ok(grown)
    }

    /// `None` once more is told than a page holds.
    fn branch<S: SheetView>(
        &mut self,
        at: &Key,
        path: &mut Vec<Key>,
        material: &mut Material<'_, S>,
    ) -> Result<Option<Rested>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let origins = self.follower.origins;
        let comes_back = path.contains(at) || (!path.is_empty() && *at == self.follower.speaker(self.own));
        let withdrawn = matches!(at, Key::Item(record) if origins.is_withdrawn(*record));
        let mut rested = Rested {
            on: at.told(material)?,
            locator: None,
            copy_of: None,
            root: false,
            comes_back: comes_back || *at == Key::Item(origins.about),
            withdrawn,
            rests_on: Vec::new(),
        };
        if rested.comes_back || path.len() >= limits::BASIS_DEPTH {
            return Ok(Some(rested));
        }
        let mut noted = Followed::default();
        let mut further = self.follower.next_of(self.own, at, &mut noted);
        rested.root = noted.roots.remove(at);
        path.push(at.clone());
        for root in noted.roots {
            // A body's own report: the word begins with the body.
            rested.rests_on.extend(self.root(&root, material)?);
        }
        further.dedup();
        for next in further {
            rested.rests_on.extend(self.branch(&next, path, material)?);
        }
        path.pop();
        Ok(Some(rested))
    }

    fn root<S: SheetView>(&mut self, key: &Key, material: &mut Material<'_, S>) -> Result<Option<Rested>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        Ok(Some(Rested {
            on: key.told(material)?,
            locator: None,
            copy_of: None,
            root: true,
            comes_back: false,
            withdrawn: false,
            rests_on: Vec::new(),
        }))
    }
}
