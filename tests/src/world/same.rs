//! After every flush: what holds the same set knows and shows the same, whoever holds it, whenever, and however it came there.
//!
//! A set is what stands on a disk: logs, missing payloads, branches, proofs of forks, acts with their signatures. What is made
//! of it is compared with what the first made of it whom a second was seen to hold the same as: the status of every act, halts
//! and who is double, proofs, standings, digests, views. One set in [`SAMPLED_OF`] is asked, the same ones by every node: all
//! of them take half as long again as the rest of a seed, so many add a tenth. Documents are compared in the end alone.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use isnad_protocol::governance::Governance;

use super::agreement::{self, Derived};
use super::disk::Image;
use super::finding::Checked;
use super::{Broken, World};

/// Of so many sets one is compared.
const SAMPLED_OF: u64 = 16;

/// What was made of the sets that two held.
#[derive(Debug, Default)]
pub(super) struct Same {
    /// By node: the set that it held after its last flush.
    held: BTreeMap<usize, u64>,
    derived: BTreeMap<u64, (usize, Derived)>,
    /// Where judgements are late, by node: who may do what as it stood after its last flush but one, and after the last.
    late: BTreeMap<usize, [Governance; 2]>,
    pub(super) compared: u64,
}

impl World {
    /// Holds what a node makes of what it holds against what another, or itself, made of the same.
    pub(super) fn check_same(&mut self, number: usize) -> Checked {
        self.note_judge(number);
        let Some(set) = self.set_of(number) else {
            self.same.held.remove(&number);
            return Ok(());
        };
        if self.same.held.insert(number, set) == Some(set) || !set.is_multiple_of(SAMPLED_OF) {
            return Ok(());
        }
        if !self.same.derived.contains_key(&set) {
            let others = self.same.held.iter().filter(|(other, held)| **other != number && **held == set);
            let others: Vec<usize> = others.map(|(other, _)| *other).collect();
            // It may have crashed since, or lost its disk.
            let Some(other) = others.into_iter().find(|other| self.set_of(*other) == Some(set)) else { return Ok(()) };
            let Some(derived) = self.made(other)? else { return Ok(()) };
            self.same.derived.insert(set, (other, derived));
        }
        let (Some(derived), Some((other, expected))) = (self.made(number)?, self.same.derived.get(&set)) else {
            return Ok(());
        };
        self.same.compared += 1;
        agreement::compare(expected, &derived, &format!("{other} and {number}, who hold the same"))
    }

    /// What a node makes of what it holds.
    fn made(&self, number: usize) -> Checked<Option<Derived>> {
        let Some(site) = self.sites.get(number).filter(|site| site.running.is_some()) else { return Ok(None) };
        let late = self.same.late.get(&number).filter(|_| self.calm_since.is_none());
        let judge = late.map_or_else(|| site.governance(), |[before, _]| before);
        agreement::made(&site.disk.image, judge).map(Some)
    }

    /// Keeps what a node knows of who may do what, where it is to judge by it late.
    fn note_judge(&mut self, number: usize) {
        let is_late = self.plan.broken == Some(Broken::LateJudgement);
        let Some(site) = self.sites.get(number).filter(|_| is_late) else { return };
        let last = site.governance().clone();
        let before = self.same.late.remove(&number).map_or_else(|| last.clone(), |[_, before]| before);
        self.same.late.insert(number, [before, last]);
    }

    /// The set that an honest node holds that runs and has nothing to flush.
    fn set_of(&self, number: usize) -> Option<u64> {
        let site = self.sites.get(number).filter(|site| site.is_honest())?;
        let running = site.running.as_ref().filter(|running| !running.is_unsynced)?;
        Some(set(&site.disk.image, running.replica.governance()))
    }
}

fn set(image: &Image, governance: &Governance) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (key, log) in &image.logs {
        (key.space.as_bytes(), key.author.as_bytes(), log.organisation.as_bytes()).hash(&mut hasher);
        for end in [log.end, log.checked] {
            (end.seq, end.id.as_bytes()).hash(&mut hasher);
        }
    }
    for (key, end) in &image.wanted {
        (key.space.as_bytes(), key.author.as_bytes(), end.seq, end.id.as_bytes()).hash(&mut hasher);
    }
    for ((key, end), entry) in &image.branches {
        let is_whole = entry.entry().payload.is_some();
        (key.space.as_bytes(), key.author.as_bytes(), end.seq, end.id.as_bytes(), is_whole).hash(&mut hasher);
    }
    for (key, proof) in &image.forks {
        (key.space.as_bytes(), key.author.as_bytes(), proof.encode()).hash(&mut hasher);
    }
    for act in governance.acts() {
        act.id().as_bytes().hash(&mut hasher);
        for signed in act.signatures() {
            (signed.organisation.as_bytes(), signed.key.as_bytes()).hash(&mut hasher);
        }
    }
    hasher.finish()
}
