//! The high-water mark of a node's own keys, in memory: the steps of node/src/signing.rs on the mark that a node has.

use std::collections::BTreeMap;

use isnad_node::mark::{Assessment, Confirmations, End, Machine, Mark, OwnLog};
use isnad_protocol::entry::Entry;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};

use super::disk::Full;
use super::finding::{Checked, Finding, Rule};
use super::random::Random;

/// Whether a node signs, and what it has signed.
#[derive(Debug, Clone)]
pub(super) struct Signing {
    /// What stands on disk.
    pub(super) file: Option<Mark>,
    mark: Mark,
    machine: Machine,
    blocked: Option<String>,
    /// Another node writes with an own key: nobody's word ends that.
    is_elsewhere: bool,
    confirmations: Confirmations,
    unsettled: Vec<Entry>,
}

impl Signing {
    /// Holds the mark that is on disk against the ends of own logs in the journals. A home that has signed nothing has
    /// none of either.
    pub(super) fn open(file: Option<Mark>, machine: Machine, has_lost: bool, ends: &BTreeMap<OwnLog, End>) -> Self {
        let is_new = ends.is_empty() && !has_lost;
        let file = file.or_else(|| is_new.then(|| Mark::new(machine)));
        let assessment = Mark::assess(file.as_ref(), machine, ends);
        let unsettled = match &assessment {
            Assessment::FinishPending(pending) => {
                pending.iter().filter_map(|bytes| Entry::decode(bytes).ok()).collect()
            }
            _ => Vec::new(),
        };
        let may_sign = assessment.may_sign();
        let blocked = (!may_sign).then(|| assessment.to_string());
        let confirmations = Confirmations::new(file.as_ref());
        let mark = file.clone().filter(|_| may_sign).unwrap_or_else(|| Mark::new(machine));
        Self { file, mark, machine, blocked, is_elsewhere: false, confirmations, unsettled }
    }

    /// A mark that claims to know these ends: what a thief or a careless restore would write.
    pub(super) fn forged(machine: Machine, ends: &BTreeMap<OwnLog, End>) -> Mark {
        Mark::confirmed(machine, ends)
    }

    /// Another node writes with an own key. What comes back to a home that waits for confirmation is no such sign.
    pub(super) fn meets_own_key(&mut self) {
        if self.blocked.is_none() {
            self.blocked = Some("another node writes with its key".to_owned());
            self.is_elsewhere = true;
        }
    }

    pub(super) const fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    pub(super) fn why_blocked(&self) -> &str {
        self.blocked.as_deref().unwrap_or("")
    }

    pub(super) fn reserve(
        &mut self,
        entries: &[&Authentic],
        is_full: bool,
        random: &mut Random,
    ) -> Checked<Result<(), Full>> {
        if self.unsettled.is_empty() {
            let reused = entries.iter().find(|entry| entry.end().seq <= self.mark.end(&own_log(entry)).seq);
            if let Some(entry) = reused {
                return Err(Finding::new(Rule::SignedTwice, format!("{:?} was used before", entry.end())));
            }
            let ends: BTreeMap<OwnLog, End> = entries.iter().map(|entry| (own_log(entry), own_end(entry))).collect();
            let ends: Vec<(OwnLog, End)> = ends.into_iter().collect();
            let bytes = entries.iter().map(|entry| entry.entry().encode()).collect();
            self.mark.reserve(&ends, bytes).map_err(|fault| Finding::new(Rule::SignedTwice, fault.to_string()))?;
            self.unsettled = entries.iter().map(|entry| entry.entry().clone()).collect();
        }
        if is_full && random.chance(40) {
            // After a fault the file may hold the old mark or this one.
            if random.chance(50) {
                self.file = Some(self.mark.clone());
            }
            return Ok(Err(Full));
        }
        self.file = Some(self.mark.clone());
        Ok(Ok(()))
    }

    pub(super) fn settle(&mut self) {
        if !self.unsettled.is_empty() {
            self.unsettled.clear();
            self.mark.settle();
        }
    }

    pub(super) fn unsettled(&self) -> &[Entry] {
        &self.unsettled
    }

    /// A node of another organisation holds an own log to this end.
    pub(super) fn confirmed(&mut self, log: LogKey, end: LogEnd, own: &BTreeMap<LogKey, LogEnd>) {
        if self.blocked.is_none() || self.is_elsewhere {
            return;
        }
        if let Some(mark) = self.confirmations.take(self.machine, (log, end), own) {
            self.file = Some(mark.clone());
            self.mark = mark;
            self.blocked = None;
        }
    }
}

fn own_log(entry: &Authentic) -> OwnLog {
    let header = &entry.entry().header;
    OwnLog::of(LogKey { space: header.space, author: header.author })
}

fn own_end(entry: &Authentic) -> End {
    End::of(entry.end())
}
