//! One random history: a few organisations that amend, suspend, grant, revoke, rotate, write, fork and attest, some of them
//! against the rules.

use super::twins::{Does, Twins};
use crate::fixture::Seeded;
use crate::model::entries::{Entry, Judgement, Log, Word};
use crate::model::{Act, Evidence, FOUNDING, Organisation, Set, View};

/// What happened, in the model and as bytes.
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) twins: Twins,
    /// By act: who signed it.
    signed: Vec<(Organisation, Act)>,
    charters: Vec<Act>,
    /// By organisation.
    own: Vec<Vec<Act>>,
    random: Seeded,
}

impl History {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut random = Seeded(seed);
        let n = 2 + random.below(4);
        let twins = Twins::founded(n);
        let own = twins.firsts.iter().map(|first| vec![*first]).collect();
        let mut history = Self { seed, twins, signed: Vec::new(), charters: vec![FOUNDING], own, random };
        for first in history.twins.firsts.clone() {
            history.signed.push((0, first));
        }
        for _ in 0..6 + history.random.below(40) {
            match history.random.below(20) {
                0..=7 => history.write(),
                8..=10 => history.govern(),
                11 => history.amend(),
                _ => history.attest(),
            }
        }
        history
    }

    /// A generator for whatever is done with this history.
    pub(crate) fn random(&self) -> Seeded {
        Seeded(self.seed ^ 0x5eed)
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::none(&self.twins.acts, self.own.len());
        for (who, act) in &self.signed {
            evidence.sign(*who, *act);
        }
        for (who, words) in self.twins.words.iter().enumerate() {
            // Versions of the charter first: in one attestation they are named at once with all else.
            words.iter().flat_map(|word| &word.acts).for_each(|act| evidence.name(who, *act));
        }
        evidence
    }

    pub(crate) fn judgement<'a>(&'a self, evidence: &'a Evidence) -> Judgement<'a> {
        let view = View::new(&self.twins.acts, evidence);
        let Twins { entries, words, firsts, .. } = &self.twins;
        Judgement { view, entries, words, firsts }
    }

    /// All that happened, for a person who looks for the difference.
    pub(crate) fn tell(&self) -> String {
        let Twins { acts, entries, words, .. } = &self.twins;
        let signers = |act: Act| {
            let signed = self.signed.iter().filter(|(_, signed)| *signed == act);
            signed.map(|(who, _)| *who).collect::<Vec<_>>()
        };
        let mut lines = Vec::new();
        for act in 0..acts.len() {
            let (previous, step) = (acts.previous(act), acts.step(act));
            lines.push(format!("act {act} after {previous:?} by {:?}: {step:?}", signers(act)));
        }
        lines.extend(acts.suspensions().iter().map(|(by, last)| format!("{by} suspends behind {last}")));
        lines.extend(entries.logs.iter().enumerate().map(|(log, of)| format!("log {log}: {of:?}")));
        lines.extend(entries.all.iter().enumerate().map(|(entry, of)| format!("entry {entry}: {of:?}")));
        lines.extend(entries.cuts.iter().map(|cut| format!("{cut:?}")));
        for (who, words) in words.iter().enumerate() {
            lines.extend(words.iter().map(|word| format!("{who} says {word:?}")));
        }
        lines.join("\n")
    }

    fn somebody(&mut self) -> Organisation {
        self.random.below(self.own.len())
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    /// The newest as a rule, else any.
    fn newest<T: Copy>(&mut self, of: &[T], percent: usize) -> Option<T> {
        if self.chance(percent) { of.last().copied() } else { of.get(self.random.below(of.len())).copied() }
    }

    fn entries_of(&self, log: Log) -> Vec<Entry> {
        let all = &self.twins.entries.all;
        (0..all.len()).filter(|entry| all[*entry].0 == log).collect()
    }

    fn write(&mut self) {
        let logs = self.twins.entries.logs.len();
        // Few logs, so that what is said of them meets.
        let log = if self.chance(70) { 0 } else { self.random.below(logs) };
        let held = self.entries_of(log);
        let previous = if self.chance(6) { None } else { self.newest(&held, 80) };
        self.twins.add_entry(log, previous);
    }

    fn govern(&mut self) {
        let who = if self.chance(60) { 0 } else { self.somebody() };
        let own = self.own[who].clone();
        let Some(previous) = self.newest(&own, 75) else { return };
        let does = match self.random.below(6) {
            0..=1 => Does::Grants,
            2 => Does::Rotates,
            _ => {
                let revoked: Vec<Log> = self.revoked_at(previous);
                let mut logs = self.twins.logs_at(previous);
                logs.retain(|log| !revoked.contains(log) && self.twins.entries.logs[*log].owner == who);
                let Some(log) = logs.get(self.random.below(logs.len())).copied() else { return };
                let last = self.some_end(log);
                Does::Revokes { log, last }
            }
        };
        let act = self.twins.add_own(who, previous, &does);
        self.own[who].push(act);
        self.signed.push((0, act));
    }

    fn some_end(&mut self, log: Log) -> Option<Entry> {
        let held = self.entries_of(log);
        if self.chance(15) { None } else { held.get(self.random.below(held.len())).copied() }
    }

    fn revoked_at(&self, act: Act) -> Vec<Log> {
        let is_before = |by: Act| self.twins.acts.follows(act, by);
        self.twins.entries.cuts.iter().filter(|cut| is_before(cut.act)).map(|cut| cut.log).collect()
    }

    fn amend(&mut self) {
        let charters = self.charters.clone();
        let Some(previous) = self.newest(&charters, 75) else { return };
        let members = self.twins.acts.members(previous);
        let willing = members.iter().filter(|_| self.random.below(100) < 75).fold(Set::NONE, Set::with);
        if willing.is_empty() {
            return;
        }
        let out = (members.len() > 2 && self.chance(50)).then(|| {
            let candidates: Vec<Organisation> = members.iter().collect();
            let who = if self.chance(50) && members.has(0) { 0 } else { *self.random.pick(&candidates) };
            let own = self.own[who].clone();
            let last = self.newest(&own, 60).unwrap();
            let logs = self.twins.logs_at(last);
            let named = logs.into_iter().filter(|log| self.twins.entries.logs[*log].owner == who).collect::<Vec<_>>();
            let mut cuts = Vec::new();
            for log in named {
                if self.random.below(100) < 85 {
                    cuts.push((log, self.some_end(log)));
                }
            }
            (who, last, cuts)
        });
        let act = self.twins.add_charter(previous, willing, out);
        self.charters.push(act);
        for who in willing.iter() {
            self.signed.push((who, act));
        }
    }

    fn attest(&mut self) {
        let who = self.somebody();
        let mut word = Word::default();
        if self.chance(60) {
            let charters = self.charters.clone();
            word.acts.extend(self.newest(&charters, 70));
        }
        let lands = self.own.len();
        for of in 0..lands {
            if self.chance(if of == 0 { 50 } else { 20 }) {
                let own = self.own[of].clone();
                word.acts.extend(self.newest(&own, 60));
            }
        }
        for log in 0..self.twins.entries.logs.len() {
            if self.chance(if log == 0 { 70 } else { 30 }) {
                let held = self.entries_of(log);
                let of_another = self.twins.entries.logs[log].owner != who || self.chance(30);
                if of_another && !held.is_empty() {
                    word.entries.extend(self.newest(&held, 50));
                }
            }
        }
        if !(word.acts.is_empty() && word.entries.is_empty()) {
            self.twins.say(who, word);
        }
    }
}
