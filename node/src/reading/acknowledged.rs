//! What the organisations acknowledge: how far each has come with our own words, whose words are known to be missing here, and
//! whether what is held may be taken for up to date. DESIGN §7, §9; THREATS 18 to 20.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::Role;
use isnad_protocol::attestation::{Freshness, freshness, withheld};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::governance::Closed;
use isnad_protocol::id::{EntryId, OrganisationId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::limits;
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::store::LogView;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Acknowledged, History};
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::fault::Fault;
use crate::index::{Acknowledgement, Index};

/// Logs of others whose first entry is looked at for its time, where nobody has attested anything yet.
const LOOKED_AT: usize = 64;

/// What others say they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Entries of our own organisation that are held here, attestations not counted.
    pub own: u64,
    /// Each other member, and how far it has come with them.
    pub others: Vec<ReachOf>,
    /// Logs that others hold further than we do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Behind>,
    /// Whether what is held may be taken for all there is.
    pub freshness: Freshness,
}

impl Default for Reach {
    fn default() -> Self {
        Self { own: 0, others: Vec::new(), behind: Vec::new(), freshness: Freshness::Alone }
    }
}

/// How far one organisation has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachOf {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Entries of our own that it has not acknowledged, as far as is known here.
    pub not_yet: u64,
    /// The time that its newest attestation claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
}

/// A log of which others hold more than we do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The space that it is in.
    pub space: SpaceId,
    /// Who signs it.
    pub author: PublicKey,
    /// On whose behalf, where that is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// The last position held here.
    pub held: u64,
    /// Entries known to lie behind it.
    pub missing: u64,
    /// Who acknowledged them.
    pub named_by: OrganisationId,
}

impl Reader<'_> {
    /// What others say they hold, at a time.
    ///
    /// # Errors
    /// [`Fault`] if the index broke.
    pub fn reach(&self, now: Timestamp) -> Result<Reach, Fault> {
        self.reach_by(self.node.index()?, now)
    }

    /// The same as far as this index says it.
    pub(super) fn reach_by(&self, index: &Index, now: Timestamp) -> Result<Reach, Fault> {
        let own = self.node.own_organisation();
        let newest = self.newest(index)?;
        let others = self.others();
        let mut acknowledged: BTreeMap<OrganisationId, u64> = BTreeMap::new();
        let mut entries = 0_u64;
        for (key, log) in self.snapshot.logs.iter().filter(|(_, log)| Some(log.organisation) == own) {
            if self.is_attesting(&log.organisation, &key.author) {
                continue;
            }
            let end = log.end.seq.min(self.taken_upto(key, Some(&log.organisation)));
            entries = entries.saturating_add(end);
            let mut of_log: BTreeMap<OrganisationId, u64> = BTreeMap::new();
            for line in self.counting(index.acknowledged_last(*key)?) {
                let furthest = of_log.entry(line.organisation).or_default();
                *furthest = line.end.seq.min(end).max(*furthest);
            }
            for (organisation, seq) in of_log {
                let sum = acknowledged.entry(organisation).or_default();
                *sum = sum.saturating_add(seq);
            }
        }
        let reach_of = |organisation: &OrganisationId| ReachOf {
            organisation: *organisation,
            not_yet: entries.saturating_sub(acknowledged.get(organisation).copied().unwrap_or(0)),
            newest: newest.get(organisation).copied(),
        };
        Ok(Reach {
            own: entries,
            others: others.iter().map(reach_of).collect(),
            behind: self.behind(index)?,
            freshness: self.judge(&newest, &others, now)?,
        })
    }

    /// Whether what is held may be taken for up to date, and nothing more.
    ///
    /// # Errors
    /// [`Fault`] if the index broke.
    pub fn freshness(&self, now: Timestamp) -> Result<Freshness, Fault> {
        self.judge(&self.newest(self.node.index()?)?, &self.others(), now)
    }

    /// The members but one's own.
    fn others(&self) -> Vec<OrganisationId> {
        let own = self.node.own_organisation();
        let organisations = self.snapshot.governance.organisations().into_iter().map(|info| info.id);
        organisations.filter(|id| Some(*id) != own).collect()
    }

    /// Where so many have never attested anything, that tells something only once the consortium is older than what counts as
    /// fresh: one that has only begun is not stale.
    fn judge(
        &self,
        newest: &BTreeMap<OrganisationId, Timestamp>,
        others: &[OrganisationId],
        now: Timestamp,
    ) -> Result<Freshness, Fault> {
        let times = others.iter().filter_map(|organisation| newest.get(organisation).copied());
        let judged = freshness(times, others.len(), now, self.fresh_days());
        if judged != (Freshness::Stale { since: None }) {
            return Ok(judged);
        }
        let Some(oldest) = self.oldest_of_others()? else { return Ok(Freshness::Alone) };
        let has_begun = matches!(freshness([oldest], 1, now, self.fresh_days()), Freshness::Fresh { .. });
        Ok(if has_begun { Freshness::Alone } else { judged })
    }

    /// Days after which words are old: the charter's, else ours.
    fn fresh_days(&self) -> u32 {
        let charter = self.snapshot.governance.charter();
        let days = charter.and_then(|charter| charter.policies.get("fresh_days")).and_then(Json::as_int);
        days.and_then(|days| u32::try_from(days).ok()).unwrap_or(limits::FRESH_DAYS)
    }

    /// The time of the newest attestation of each organisation.
    fn newest(&self, index: &Index) -> Result<BTreeMap<OrganisationId, Timestamp>, Fault> {
        let mut newest: BTreeMap<OrganisationId, Timestamp> = BTreeMap::new();
        for space in self.snapshot.governance.spaces() {
            for heard in index.newest_attestations(space.id)? {
                if self.is_attesting(&heard.organisation, &heard.at.log.author) {
                    let time = newest.entry(heard.organisation).or_default();
                    *time = heard.time.max(*time);
                }
            }
        }
        Ok(newest)
    }

    /// The oldest time that first entries of others claim; `None` if there are none.
    fn oldest_of_others(&self) -> Result<Option<Timestamp>, Fault> {
        let own = self.node.own_organisation();
        let logs = self.snapshot.logs.iter().filter(|(_, log)| Some(log.organisation) != own && log.end.seq > 0);
        let mut oldest: Option<Timestamp> = None;
        for (key, _) in logs.take(LOOKED_AT) {
            let first = self.node.reader().read_log(*key, 0, 1).map_err(Fault::index)?;
            oldest = first.first().map(|entry| entry.entry().header.time).into_iter().chain(oldest).min();
        }
        Ok(oldest)
    }

    /// Logs that others hold further than we do. Of one that is closed, nothing further is taken by anybody.
    fn behind(&self, index: &Index) -> Result<Vec<Behind>, Fault> {
        let mut behind = Vec::new();
        for space in self.snapshot.governance.spaces() {
            for (author, line) in index.named_ends(space.id)? {
                let log = LogKey { space: space.id, author };
                let known = self.snapshot.logs.get(&log);
                let held = known.map_or(0, |log| log.end.seq);
                let is_heard = self.is_attesting(&line.organisation, &line.at.log.author);
                if withheld(line.end.seq, held) == 0 || !is_heard || self.snapshot.governance.fork(&log).is_some() {
                    continue;
                }
                let organisation = known.map(|log| log.organisation).or_else(|| self.organisation_of(&author));
                let upto = self.taken_upto(&log, organisation.as_ref());
                let missing = withheld(line.end.seq.min(upto), held);
                if missing > 0 {
                    behind.push(Behind {
                        space: space.id,
                        author,
                        organisation,
                        held,
                        missing,
                        named_by: line.organisation,
                    });
                }
            }
        }
        Ok(behind)
    }

    /// How far a log is taken by who does not hold it yet: one that is cut no further than that, so what lies behind is kept back by
    /// nobody.
    fn taken_upto(&self, log: &LogKey, organisation: Option<&OrganisationId>) -> u64 {
        let cuts = organisation.map(|organisation| self.snapshot.governance.cuts(log, organisation));
        let seqs = cuts.into_iter().flatten().map(|(_, cut)| cut.map_or(0, |cut| cut.seq(log)));
        seqs.min().unwrap_or(u64::MAX)
    }

    fn organisation_of(&self, author: &PublicKey) -> Option<OrganisationId> {
        let organisations = self.snapshot.governance.organisations().into_iter();
        organisations.map(|info| info.id).find(|id| self.snapshot.governance.key(id, author).is_some())
    }

    pub(super) fn is_attesting(&self, organisation: &OrganisationId, key: &PublicKey) -> bool {
        self.snapshot.governance.key(organisation, key).is_some_and(|known| known.role == Role::Node)
    }

    /// Those of keys that attest for the organisation they name.
    fn counting(&self, lines: Vec<Acknowledgement>) -> impl Iterator<Item = Acknowledgement> {
        let counts = |line: &Acknowledgement| self.is_attesting(&line.organisation, &line.at.log.author);
        lines.into_iter().filter(counts).collect::<Vec<_>>().into_iter()
    }

    /// What the keys that attest say of a log.
    pub(super) fn acknowledgements_of(&self, log: LogKey) -> Result<Acknowledgements<'_>, Fault> {
        let lines = self.counting(self.node.index()?.acknowledgements(log)?).collect();
        let closed = self.governance().all_closed().find(|closed| closed.facts().log == log);
        Ok(Acknowledgements { lines, closed })
    }

    /// Puts beside each entry of a history who acknowledged it, each by its first attestation that did.
    pub(super) fn acknowledge(&self, history: &mut History) -> Result<(), Fault> {
        let logs: BTreeSet<LogKey> =
            history.items.iter().map(|item| LogKey { space: item.space, author: item.author }).collect();
        for log in logs {
            let said = self.acknowledgements_of(log)?;
            let of_log = history.items.iter_mut().filter(|item| item.space == log.space && item.author == log.author);
            for item in of_log {
                let firsts = said.firsts(LogEnd { seq: item.seq, id: item.entry });
                item.acknowledged = firsts.into_iter().map(told).collect();
            }
        }
        Ok(())
    }
}

/// What attestations say of one log.
#[derive(Debug)]
pub(super) struct Acknowledgements<'a> {
    lines: Vec<Acknowledgement>,
    closed: Option<&'a Closed>,
}

impl Acknowledgements<'_> {
    /// Of each organisation the first attestation that covers an entry, by the times they claim.
    ///
    /// Of a closed log an end beyond its closing point covers what stands before it on its own branch alone. Up to there, and of
    /// an open log, an end at the very position is of this entry or of its twin; one beyond covers what the log held here says.
    pub(super) fn firsts(&self, entry: LogEnd) -> Vec<Acknowledgement> {
        let branches = self.closed.filter(|closed| entry.seq > closed.closing());
        let covers = |line: &&Acknowledgement| match branches {
            Some(closed) => line.end == entry || closed.is_upto(entry, line.end),
            None => line.end.seq > entry.seq || (line.end == entry && entry.id != EntryId::ZERO),
        };
        let mut first: BTreeMap<OrganisationId, Acknowledgement> = BTreeMap::new();
        for line in self.lines.iter().filter(covers) {
            let known = first.entry(line.organisation).or_insert(*line);
            if (line.time, line.at) < (known.time, known.at) {
                *known = *line;
            }
        }
        let mut firsts: Vec<_> = first.into_values().collect();
        firsts.sort_by_key(|line| (line.time, line.organisation));
        firsts
    }
}

fn told(line: Acknowledgement) -> Acknowledged {
    Acknowledged {
        organisation: line.organisation,
        time: line.time,
        key: line.at.log.author,
        seq: line.at.end.seq,
        entry: line.at.end.id,
    }
}
