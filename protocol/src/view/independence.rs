//! On how many independent sources a value rests: bases are followed to where they begin. MODEL §7; §8 journey 8; §9 trap 15.
//!
//! A source rests on what the claims about it name as their basis; two records with one digest are one item. A chain ends at an
//! item of evidence, at the body whose word a document is, or at its publisher. Whoever forges names or digests can make two
//! origins look like one, and so lower a count, never raise it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::limits;
use crate::model::kinds::EVIDENCE;
use crate::store::{Fault, SheetView};

use super::claims::Ranked;
use super::computed::Corroboration;
use super::contest::Numbers;
use super::material::{Material, distinct};
use super::origins::{Key, Origins};
use super::{Reference, ShownClaim};

/// Where a chain of bases leads, or a link of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// A source or an item of evidence.
    Record {
        /// Which.
        record: Reference,
    },
    /// A cited body's own word.
    Body {
        /// Its record.
        record: Reference,
    },
    /// A member's own word.
    Organisation {
        /// Which.
        organisation: OrganisationId,
    },
    /// Somebody who is known only as the publisher of sources.
    Publisher {
        /// As the sources name it.
        name: String,
    },
}

/// Claims that lead to one origin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// The origin.
    pub root: Origin,
    /// The claims, the reader's first ones first.
    pub claims: Vec<ClaimId>,
}

/// A chain of bases that comes back to whose claim it began with, or to the record itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Circle {
    /// The claims that rest on it.
    pub claims: Vec<ClaimId>,
    /// From the first basis to where it comes back.
    pub through: Vec<Origin>,
}

/// What one claim comes to, where its bases are followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Followed {
    pub(super) roots: BTreeSet<Key>,
    pub(super) circle: Option<Vec<Key>>,
    pub(super) is_incomplete: bool,
    /// A source on the way was withdrawn: nothing begins there any more.
    pub(super) is_withdrawn: bool,
}

/// What a body that speaks gives for its word: what of it others published, and whether it also speaks for itself.
#[derive(Default)]
struct Grounds {
    others: BTreeSet<RecordId>,
    speaks_itself: bool,
}

/// Whose word a claim is, and what it rests on: claims that agree in this lead to the same origins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Voice {
    speaker: Key,
    is_cited: bool,
    /// Ascending, none twice.
    bases: Vec<RecordId>,
}

/// Follows the claims of one value.
pub(super) struct Follower<'a> {
    pub(super) origins: &'a Origins,
    grounds: BTreeMap<Key, Grounds>,
    followed: BTreeMap<Voice, Rc<Followed>>,
}

impl<'a> Follower<'a> {
    /// All the claims are of one property and give the same value.
    pub(super) fn new(origins: &'a Origins, claims: &[Ranked<'_>]) -> Self {
        Self::among(origins, &voices(origins, claims))
    }

    fn among(origins: &'a Origins, voices: &[Voice]) -> Self {
        let mut grounds: BTreeMap<Key, Grounds> = BTreeMap::new();
        for voice in voices {
            let own = match grounds.get_mut(&voice.speaker) {
                Some(own) => own,
                None => grounds.entry(voice.speaker.clone()).or_default(),
            };
            own.speaks_itself |= voice.bases.is_empty();
            for basis in &voice.bases {
                let is_own = !origins.rests_on_any(*basis) && first_origin(origins, voice, *basis) == voice.speaker;
                own.speaks_itself |= is_own;
                own.others.extend((!is_own).then_some(*basis));
            }
        }
        Self { origins, grounds, followed: BTreeMap::new() }
    }

    /// Follows one claim; `steps` is what may still be looked at.
    pub(super) fn follow(&mut self, claim: &ShownClaim, steps: &mut usize) -> Rc<Followed> {
        self.follow_voice(&voice(self.origins, claim), steps)
    }

    fn follow_voice(&mut self, voice: &Voice, steps: &mut usize) -> Rc<Followed> {
        if let Some(known) = self.followed.get(voice) {
            return Rc::clone(known);
        }
        let followed = Rc::new(self.walk(voice, steps));
        self.followed.insert(voice.clone(), Rc::clone(&followed));
        followed
    }

    /// Whose word a claim is.
    pub(super) fn speaker(&self, claim: &ShownClaim) -> Key {
        voice(self.origins, claim).speaker
    }

    /// What a link in the chain of a claim rests on.
    pub(super) fn next_of(&self, claim: &ShownClaim, at: &Key, followed: &mut Followed) -> Vec<Key> {
        let mut next = Vec::new();
        self.next(&voice(self.origins, claim), at, followed, &mut next);
        next
    }

    fn walk(&self, voice: &Voice, steps: &mut usize) -> Followed {
        let mut followed = Followed::default();
        if voice.bases.is_empty() {
            // A body that is cited is the source; a member that names none has shown none.
            followed.roots.extend(voice.is_cited.then(|| voice.speaker.clone()));
            return followed;
        }
        let mut parents: BTreeMap<Key, Option<Key>> = BTreeMap::new();
        let (mut queue, mut next) = (VecDeque::new(), Vec::new());
        for basis in &voice.bases {
            parents.insert(Key::Item(*basis), None);
            queue.push_back(Key::Item(*basis));
        }
        while let Some(at) = queue.pop_front() {
            let Some(left) = steps.checked_sub(1) else {
                followed.is_incomplete = true;
                break;
            };
            *steps = left;
            next.clear();
            self.next(voice, &at, &mut followed, &mut next);
            for next in next.drain(..) {
                if next == voice.speaker {
                    followed.circle.get_or_insert_with(|| path(&parents, &at, Some(next)));
                } else if !parents.contains_key(&next) {
                    parents.insert(next.clone(), Some(at.clone()));
                    queue.push_back(next);
                }
            }
            if at == Key::Item(self.origins.about) {
                followed.circle.get_or_insert_with(|| path(&parents, &at, None));
            }
        }
        let has_end = !followed.roots.is_empty() || followed.is_incomplete || followed.is_withdrawn;
        if !has_end && followed.circle.is_none() {
            // Sources that rest on each other alone.
            followed.circle = Some(parents.into_keys().collect());
        }
        followed
    }

    /// Adds what a link rests on; where it is the last one, it is noted as a root.
    fn next(&self, voice: &Voice, at: &Key, followed: &mut Followed, next: &mut Vec<Key>) {
        let Key::Item(record) = at else {
            let grounds = self.grounds.get(at);
            if grounds.is_none_or(|grounds| grounds.speaks_itself || grounds.others.is_empty()) {
                followed.roots.insert(at.clone());
            }
            return next.extend(grounds.into_iter().flat_map(|grounds| &grounds.others).copied().map(Key::Item));
        };
        let source = self.origins.source(*record);
        let is_withdrawn = source.is_some_and(|source| source.is_withdrawn);
        followed.is_withdrawn |= is_withdrawn;
        if *record == self.origins.about || is_withdrawn {
            return;
        }
        followed.is_incomplete |= source.is_none();
        if let Some(source) = source.filter(|source| !source.rests_on.is_empty()) {
            return next.extend(source.rests_on.iter().copied().map(Key::Item));
        }
        if voice.bases.binary_search(record).is_ok() {
            let origin = first_origin(self.origins, voice, *record);
            if origin == voice.speaker || origin == *at {
                // Its own report, or an item that rests on nothing else.
                followed.roots.insert(origin);
                return;
            }
            return next.push(origin);
        }
        match source.and_then(|source| source.publisher.as_ref()) {
            Some(publisher) => next.push(publisher.clone()),
            None => {
                followed.roots.insert(at.clone());
            }
        }
    }
}

fn voices(origins: &Origins, claims: &[Ranked<'_>]) -> Vec<Voice> {
    claims.iter().map(|item| voice(origins, item.shown)).collect()
}

fn voice(origins: &Origins, claim: &ShownClaim) -> Voice {
    let body = claim.according_to.as_ref().map(|body| body.record);
    let mut bases: Vec<RecordId> = claim.bases().map(|basis| origins.item(basis)).collect();
    bases.sort_unstable();
    bases.dedup();
    Voice { speaker: origins.speaker(claim.organisation, body), is_cited: body.is_some(), bases }
}

/// Whose word a basis is that rests on nothing further. A cited body's words are its own wherever they are reported, but not
/// where another body that is known published them as its own.
fn first_origin(origins: &Origins, voice: &Voice, basis: RecordId) -> Key {
    let item = Key::Item(basis);
    if basis.kind_code() == EVIDENCE || basis == origins.about {
        return item;
    }
    let publisher = origins.publisher(basis);
    if !voice.is_cited {
        return publisher.cloned().unwrap_or(item);
    }
    let is_anothers = |publisher: &&Key| !matches!(publisher, Key::Name(_)) && !origins.is_report(basis);
    publisher.filter(is_anothers).unwrap_or(&voice.speaker).clone()
}

fn path(parents: &BTreeMap<Key, Option<Key>>, end: &Key, last: Option<Key>) -> Vec<Key> {
    let mut links: Vec<Key> = last.into_iter().collect();
    let mut at = Some(end.clone());
    while let Some(key) = at {
        at = parents.get(&key).cloned().flatten();
        links.push(key);
    }
    links.reverse();
    links
}

/// What the claims of one value come to.
#[derive(Default)]
struct Found {
    roots: BTreeMap<Key, Vec<ClaimId>>,
    circles: BTreeMap<Vec<Key>, Vec<ClaimId>>,
    derivative: Vec<ClaimId>,
    without_basis: Vec<ClaimId>,
    is_incomplete: bool,
    /// Claims looked at: the same words of another organisation are no other claim.
    seen: BTreeSet<ClaimId>,
}

impl Found {
    fn of(origins: &Origins, claims: &[Ranked<'_>], steps: &mut usize) -> Self {
        let mut found = Self::default();
        let voices = voices(origins, claims);
        let mut follower = Follower::among(origins, &voices);
        for (item, voice) in claims.iter().zip(&voices) {
            let followed = follower.follow_voice(voice, steps);
            found.take(item.shown.id, item.shown, &followed);
        }
        if found.seen.len() == claims.len() {
            return found;
        }
        for claims in found.roots.values_mut().chain(found.circles.values_mut()) {
            *claims = distinct(std::mem::take(claims));
        }
        found
    }

    fn take(&mut self, id: ClaimId, shown: &ShownClaim, followed: &Followed) {
        self.is_incomplete |= followed.is_incomplete;
        let is_repeated = !followed.roots.is_empty() && followed.roots.iter().all(|root| self.roots.contains_key(root));
        let is_first = self.seen.insert(id);
        self.derivative.extend((is_first && is_repeated).then_some(id));
        let has_shown_none = shown.basis.is_empty() && shown.according_to.is_none();
        self.without_basis.extend(has_shown_none.then_some(id));
        for root in &followed.roots {
            match self.roots.get_mut(root) {
                Some(claims) => claims.push(id),
                None => self.roots.extend([(root.clone(), vec![id])]),
            }
        }
        if let Some(circle) = &followed.circle {
            self.circles.entry(circle.clone()).or_default().push(id);
        }
    }
}

/// For each value, in the order of the claims, on how much it rests.
pub(super) fn corroboration<S: SheetView>(
    origins: &mut Origins,
    claims: &[Ranked<'_>],
    material: &mut Material<'_, S>,
) -> Result<Vec<Corroboration>, Fault> {
    let (mut numbers, mut by_value) = (Numbers::default(), Vec::<(&Json, Vec<Ranked<'_>>)>::new());
    let taking_part = claims.iter().filter(|item| item.shown.takes_part());
    for (value, item) in taking_part.filter_map(|item| Some((item.claim.value()?, item))) {
        match by_value.get_mut(numbers.of(value)) {
            Some((_, claims)) => claims.push(*item),
            None => by_value.push((value, vec![*item])),
        }
    }
    let mut told = Vec::with_capacity(by_value.len());
    let mut steps = origins.steps;
    for (value, claims) in by_value {
        let found = Found::of(origins, &claims, &mut steps);
        told.push(corroborated(value, &claims, found, material)?);
    }
    origins.steps = steps;
    Ok(told)
}

/// How many of them differ.
fn different<T: Ord>(items: impl Iterator<Item = T>) -> usize {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items.len()
}

fn corroborated<S: SheetView>(
    value: &Json,
    claims: &[Ranked<'_>],
    found: Found,
    material: &mut Material<'_, S>,
) -> Result<Corroboration, Fault> {
    let mut groups = Vec::with_capacity(found.roots.len());
    for (root, claims) in found.roots {
        groups.push(Group { root: root.told(material)?, claims });
    }
    let mut circular = Vec::with_capacity(found.circles.len());
    for (links, claims) in found.circles {
        let through = links.iter().take(limits::BASIS_DEPTH).map(|link| link.told(material));
        circular.push(Circle { claims, through: through.collect::<Result<_, _>>()? });
    }
    Ok(Corroboration {
        value: value.clone(),
        sources: different(claims.iter().flat_map(|item| item.shown.bases())),
        bodies: different(claims.iter().map(|item| item.shown.speaker())),
        organisations: different(claims.iter().map(|item| item.shown.organisation)),
        independent_sources: groups.len(),
        groups,
        derivative: distinct(found.derivative),
        circular,
        without_basis: distinct(found.without_basis),
        incomplete: found.is_incomplete,
    })
}
