//! One random history: a few organisations that amend, admit, suspend, remove, readmit, settle, grant, revoke, rotate, write,
//! fork and attest, some of them against the rules.

use super::twins::{Amends, Does, TakesOut, Twins};
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
    /// What replicas take of the words that were said.
    heard: Vec<Vec<Word>>,
    random: Seeded,
}

impl History {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut random = Seeded(seed);
        let n = 2 + random.below(4);
        let twins = Twins::founded(n, random.below(3));
        let own = twins.firsts.iter().map(|first| vec![*first]).collect();
        let mut history =
            Self { seed, twins, signed: Vec::new(), charters: vec![FOUNDING], own, heard: Vec::new(), random };
        for first in history.twins.firsts.clone() {
            history.signed.push((0, first));
        }
        // Half of all are about entries, half about the charter.
        let is_about_entries = history.chance(50);
        for _ in 0..6 + history.random.below(40) {
            match (history.random.below(20), is_about_entries) {
                (0..=7, true) | (0..=2, false) => history.write(),
                (8..=10, true) | (3..=5, false) => history.govern(),
                (11, true) | (6..=9, false) => history.amend(),
                (10..=12, false) => history.agree(),
                _ => history.attest(),
            }
        }
        history.hear();
        history
    }

    /// One that was thought out, and what in it was signed by whom.
    pub(crate) fn told(twins: Twins, signed: Vec<(Organisation, Act)>) -> Self {
        let own = twins.firsts.iter().map(|first| vec![*first]).collect();
        let firsts = twins.firsts.iter().map(|first| (0, *first));
        let signed = signed.into_iter().chain(firsts).collect();
        let (charters, heard, random) = (vec![FOUNDING], Vec::new(), Seeded(0));
        let mut history = Self { seed: 0, twins, signed, charters, own, heard, random };
        history.hear();
        history
    }

    /// All words, without acts that nobody holds, and without those of whom nobody knows.
    fn hear(&mut self) {
        self.heard = self.twins.words.clone();
        let held = self.made().held(&self.twins.acts);
        for (who, words) in self.heard.iter_mut().enumerate() {
            words.retain(|_| held.known.has(who));
            words.iter_mut().for_each(|word| word.acts.retain(|act| held.acts.contains(act)));
        }
    }

    /// A generator for whatever is done with this history.
    pub(crate) fn random(&self) -> Seeded {
        Seeded(self.seed ^ 0x5eed)
    }

    /// All that was signed and said.
    fn made(&self) -> Evidence {
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

    /// What replicas hold of it.
    pub(crate) fn evidence(&self) -> Evidence {
        let made = self.made();
        let held = made.held(&self.twins.acts);
        made.within(&held)
    }

    pub(crate) fn judgement<'a>(&'a self, evidence: &'a Evidence) -> Judgement<'a> {
        let view = View::new(&self.twins.acts, evidence);
        let Twins { entries, firsts, .. } = &self.twins;
        Judgement { view, entries, words: &self.heard, firsts }
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
        let mut amends = Amends { signers: willing, instead: self.some_draft(previous), ..Amends::default() };
        match self.random.below(10) {
            0..=2 if members.len() > 2 => amends.out = self.some_removal(members),
            3..=5 => amends.admits = self.some_admission(previous),
            _ => {}
        }
        if self.chance(50) {
            amends.settles = self.some_settlement(previous);
        }
        // Who is admitted signs as a rule, and need not have been taken in for that.
        let admitted = amends.admits.map(|(who, _)| who).filter(|_| self.chance(70));
        amends.signers = admitted.into_iter().fold(willing, Set::with);
        let act = self.twins.add_charter(previous, &amends);
        self.charters.push(act);
        for who in amends.signers.iter() {
            self.signed.push((who, act));
        }
    }

    /// Some act of the same version, which this one is signed instead of.
    fn some_draft(&mut self, previous: Act) -> Vec<Act> {
        let drafts: Vec<Act> = self.twins.acts.after(previous).collect();
        if drafts.is_empty() || !self.chance(15) { Vec::new() } else { vec![*self.random.pick(&drafts)] }
    }

    fn some_removal(&mut self, members: Set) -> Option<TakesOut> {
        let candidates: Vec<Organisation> = members.iter().collect();
        let who = if self.chance(50) && members.has(0) { 0 } else { *self.random.pick(&candidates) };
        let own = self.own[who].clone();
        let last = self.newest(&own, 60)?;
        let logs = self.twins.logs_at(last);
        let named = logs.into_iter().filter(|log| self.twins.entries.logs[*log].owner == who).collect::<Vec<_>>();
        let mut cuts = Vec::new();
        for log in named {
            if self.random.below(100) < 85 {
                cuts.push((log, self.some_end(log)));
            }
        }
        Some(TakesOut { who, last, cuts, is_suspended: self.chance(50) })
    }

    /// Somebody who is no member on this branch and was not taken out of it; as the successor of one who was, if one was.
    fn some_admission(&mut self, previous: Act) -> Option<(Organisation, Option<Organisation>)> {
        let Twins { acts, entries, .. } = &self.twins;
        let outs = entries.taken_out.iter().filter(|(by, _)| acts.follows(previous, *by));
        let gone: Vec<Organisation> = outs.map(|(_, who)| *who).collect();
        let members = acts.members(previous);
        let is_new = |who: &Organisation| !members.has(*who) && !gone.contains(who);
        let new = (0..self.own.len()).find(is_new)?;
        Some((new, gone.first().copied().filter(|_| self.chance(80))))
    }

    /// Two or three acts of the version after this one, and as a rule whoever signed two of them.
    fn some_settlement(&mut self, previous: Act) -> Option<(Vec<Act>, Set)> {
        let mut rivals: Vec<Act> = self.twins.acts.after(previous).collect();
        while rivals.len() > 2 && self.chance(70) {
            rivals.remove(self.random.below(rivals.len()));
        }
        if rivals.len() < 2 {
            return None;
        }
        let signed = |who: Organisation| rivals.iter().filter(|act| self.signed.contains(&(who, **act))).count();
        let mut double = (0..self.own.len()).filter(|who| signed(*who) > 1).fold(Set::NONE, Set::with);
        if self.chance(10) {
            double = Set::of(&[self.somebody()]);
        }
        // Of all who did, it may name some.
        for who in double.iter().collect::<Vec<_>>() {
            if self.chance(25) {
                double = double - Set::of(&[who]);
            }
        }
        Some((rivals, double))
    }

    /// Most say of one version of the charter that they hold it.
    fn agree(&mut self) {
        let charters = self.charters.clone();
        let Some(act) = self.newest(&charters, 70) else { return };
        for who in 0..self.own.len() {
            if self.chance(75) {
                self.twins.say(who, Word { acts: vec![act], entries: Vec::new() });
            }
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
