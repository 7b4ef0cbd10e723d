//! Closed logs as governance holds them, and what it says of their entries. DESIGN §7, §8.
//!
//! Governance reads no store: whoever holds one hands in the headers and lines of a log that closes ([`Governance::close`]),
//! and what comes later ([`Governance::note_links`], [`Governance::note_lines`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Against, Closed, Facts, Knowledge, Line, Link};
use crate::act::{Cut, Kind as ActKind};
use crate::attestation::Attestation;
use crate::breakage::{self, Breakage};
use crate::entry::Kind;
use crate::governance::standing::Ruling;
use crate::governance::{Governance, Membership, Position};
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;
use crate::log::{Authentic, ForkProof, LogEnd, LogKey};

impl Knowledge for Governance {
    fn knew(&self, at: &Position, act: &ActId) -> bool {
        Self::knew(self, at, act)
    }

    fn counts_under(&self, at: &Position, membership: &Membership) -> bool {
        Self::counts_under(self, at, membership)
    }
}

impl Governance {
    /// All that is known of a log of an organisation that may close it.
    fn facts(&self, log: &LogKey, organisation: &OrganisationId) -> Facts {
        let (memberships, wide) = (self.memberships(&log.space), self.wide_memberships(&log.space));
        Facts { memberships, wide, ..self.ends(log, organisation) }
    }

    /// The same without those whose words count.
    fn ends(&self, log: &LogKey, organisation: &OrganisationId) -> Facts {
        Facts {
            log: *log,
            organisation: *organisation,
            fork: self.fork(log).map(ForkProof::seq),
            cuts: self.all_cuts(log, organisation),
            memberships: Vec::new(),
            wide: Vec::new(),
        }
    }

    /// The acts that cut a log, ascending.
    fn all_cuts(&self, log: &LogKey, organisation: &OrganisationId) -> Vec<(ActId, Option<Cut>)> {
        let mut cuts = self.cuts(log, organisation);
        if breakage::is_out(Breakage::SuspendPartition) {
            cuts.retain(|(act, _)| self.act(act).is_some_and(|act| act.kind() != ActKind::Charter));
        }
        cuts.sort_unstable();
        cuts
    }

    /// The position of a closed log up to which everything counts whoever acknowledged it; `None` while the log is open.
    #[must_use]
    pub fn is_closed(&self, log: &LogKey, organisation: &OrganisationId) -> Option<u64> {
        self.ends(log, organisation).closing()
    }

    /// A closed log, judged by what was handed in of it.
    #[must_use]
    pub fn closed(&self, log: &LogKey) -> Option<&Closed> {
        self.closed.get(log).map(AsRef::as_ref)
    }

    /// Every closed log that was handed in.
    pub fn all_closed(&self) -> impl Iterator<Item = &Closed> {
        self.closed.values().map(AsRef::as_ref)
    }

    /// The organisations of which some validly signed act grants a key, ascending.
    #[must_use]
    pub fn granters(&self, key: &PublicKey) -> Vec<OrganisationId> {
        self.chains.iter().filter(|(_, chain)| chain.grants(key)).map(|(id, _)| *id).collect()
    }

    /// True if an entry is told to peers and part of digests: of a closed log, if it stands up to where that is closed, or on a
    /// branch that is told.
    #[must_use]
    pub fn is_told(&self, log: &LogKey, end: LogEnd) -> bool {
        self.closed(log)
            .is_none_or(|closed| closed.is_offered(end) || self.is_attesting(&log.author, &closed.facts().organisation))
    }

    /// The ends of a closed log beyond its closing point that are told, offered and part of the digest.
    #[must_use]
    pub fn told_ends(&self, closed: &Closed) -> BTreeSet<LogEnd> {
        let facts = closed.facts();
        if self.is_attesting(&facts.log.author, &facts.organisation) {
            return closed.whole_ends();
        }
        closed.wide().iter().filter(|end| closed.has_line(**end)).copied().collect()
    }

    /// True if no closed log was handed in.
    #[must_use]
    pub fn is_all_open(&self) -> bool {
        self.closed.is_empty()
    }

    /// True if a log is closed by now at another point than the one up to which it was handed in, so that it has to be anew.
    #[must_use]
    pub fn is_due_to_close(&self, log: &LogKey, organisation: &OrganisationId) -> bool {
        let closing = self.is_closed(log, organisation);
        match (closing, self.closed(log)) {
            (None, None) => false,
            (Some(closing), Some(closed)) => closing < closed.closing(),
            (Some(_), None) | (None, Some(_)) => true,
        }
    }

    /// Judges a log that is closed, by the headers held of it beyond its closing point on every branch and by all lines about
    /// it. One that is open again is forgotten.
    pub fn close(
        &mut self,
        log: LogKey,
        organisation: OrganisationId,
        links: impl IntoIterator<Item = Link>,
        lines: impl IntoIterator<Item = Line>,
    ) {
        let closed = Closed::judge(self.facts(&log, &organisation), links, lines, self);
        self.keep(log, closed);
    }

    fn keep(&mut self, log: LogKey, closed: Option<Closed>) {
        let all = Arc::make_mut(&mut self.closed);
        match closed {
            Some(closed) => drop(all.insert(log, Arc::new(closed))),
            None => drop(all.remove(&log)),
        }
    }

    /// Judges every closed log anew, after acts or attestations came. True if what counts of one may be another.
    ///
    /// One that closes earlier by now stays as it was judged until it is handed in from there on: see
    /// [`Self::is_due_to_close`].
    pub fn review_closed(&mut self) -> bool {
        let mut has_changed = false;
        for (log, closed) in self.closed.as_ref().clone() {
            // Nothing is known here of what stands between the two points, nor of who acknowledged it.
            if self.is_due_to_close(&log, &closed.facts().organisation) {
                continue;
            }
            let facts = self.facts(&log, &closed.facts().organisation);
            let renewed = closed.renew(facts, self);
            if renewed.as_ref() != Some(closed.as_ref()) {
                has_changed = true;
                self.keep(log, renewed);
            }
        }
        has_changed
    }

    /// Takes in headers of a closed log; of an open one they say nothing here. True if something is new.
    pub fn note_links(&mut self, log: &LogKey, links: impl IntoIterator<Item = Link>) -> bool {
        let Some(closed) = self.closed.get(log).cloned() else { return false };
        let is_new = |link: &Link| !closed.holds(link.end) || link.is_whole && !closed.holds_whole(link.end);
        let links: Vec<Link> = links.into_iter().filter(is_new).collect();
        self.renew(*log, &closed, links, Vec::new())
    }

    /// Takes in what attestations say of closed logs, each of which is judged once for all of them. True if something is new.
    pub fn note_lines<'a>(&mut self, attestations: impl IntoIterator<Item = &'a Authentic>) -> bool {
        if self.closed.is_empty() {
            return false;
        }
        let mut by_log: BTreeMap<LogKey, Vec<Line>> = BTreeMap::new();
        for (log, line) in attestations.into_iter().flat_map(|attestation| self.lines_of(attestation)) {
            // What is below the closing point says nothing, and is most of what is said of a log.
            if self.closed.get(&log).is_some_and(|closed| line.end.seq > closed.closing()) {
                by_log.entry(log).or_default().push(line);
            }
        }
        let mut has_changed = false;
        for (log, lines) in by_log {
            if let Some(closed) = self.closed.get(&log).cloned() {
                has_changed |= self.renew(log, &closed, Vec::new(), lines);
            }
        }
        has_changed
    }

    fn renew(&mut self, log: LogKey, closed: &Arc<Closed>, links: Vec<Link>, lines: Vec<Line>) -> bool {
        let renewed = closed.with(links, lines, self);
        let has_changed = renewed.as_ref() != Some(closed.as_ref());
        if has_changed {
            self.keep(log, renewed);
        }
        has_changed
    }

    /// True if entries of this key on behalf of this organisation are words of its: some act grants it as node.
    #[must_use]
    pub fn is_attesting(&self, key: &PublicKey, organisation: &OrganisationId) -> bool {
        self.chains.get(organisation).is_some_and(|chain| chain.attests(key))
    }

    /// The lines of an attestation that counts, each with the log that it is about; none of any other entry.
    #[must_use]
    pub fn lines_of(&self, entry: &Authentic) -> Vec<(LogKey, Line)> {
        let header = &entry.entry().header;
        let payload = entry.entry().payload.as_ref().filter(|_| header.kind == Kind::Attestation);
        let Some(payload) = payload.filter(|_| self.is_attesting(&header.author, &header.organisation)) else {
            return Vec::new();
        };
        let Ok(attestation) = Attestation::parse(&payload.bytes, &header.author) else { return Vec::new() };
        let space = header.space;
        let at = Position { log: LogKey { space, author: header.author }, end: entry.end() };
        let line = |end: LogEnd| Line { end, organisation: header.organisation, at };
        let about = |author| LogKey { space, author };
        attestation.logs.iter().map(|named| (about(named.author), line(named.end))).collect()
    }

    /// Who acknowledged an entry of a closed log, of each organisation the first place in each of its attesting logs.
    #[must_use]
    pub fn acknowledgers(&self, log: &LogKey, end: LogEnd) -> BTreeMap<OrganisationId, BTreeSet<Position>> {
        self.closed(log).map(|closed| closed.acknowledgers(end)).unwrap_or_default()
    }

    /// What the laws on closed logs have against an entry; `None` if nothing, or its log is open.
    #[must_use]
    pub fn against(&self, entry: &Authentic) -> Option<Against> {
        let header = &entry.entry().header;
        let log = LogKey { space: header.space, author: header.author };
        if let Some(closed) = self.closed(&log) {
            return closed.against(entry.end());
        }
        // Closed, and nothing of it was handed in: nobody is known to have acknowledged anything.
        Closed::judge(self.ends(&log, &header.organisation), [], [], self)?.against(entry.end())
    }

    /// The same, with what a person is told of it.
    pub(in crate::governance) fn rule_closed(&self, entry: &Authentic) -> Option<Ruling> {
        let header = &entry.entry().header;
        let log = LogKey { space: header.space, author: header.author };
        let acknowledged_by = || self.acknowledgers(&log, entry.end());
        Some(match self.against(entry)? {
            Against::Forked => Ruling::Forked { seq: self.fork(&log).map_or(0, ForkProof::seq) },
            Against::Repudiated(by) => Ruling::Repudiated { by, acknowledged_by: acknowledged_by() },
            Against::Revoked(by) => Ruling::Revoked { by },
        })
    }
}
