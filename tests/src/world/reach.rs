//! What a node tells its user of its own reach, by the functions that node/src/reading/acknowledged.rs asks, held against what
//! stands on its disk, counted again by naive means: whether it may take what it holds for all there is, and what others hold
//! that it lacks. A user asks where single defences are tried. THREATS 18 to 20.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::attestation::{Attestation, Freshness, freshness, withheld};
use isnad_protocol::entry::Kind;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::log::LogKey;
use isnad_protocol::time::Timestamp;

use super::disk::log_of;
use super::finding::{Checked, Rule, ensure};
use super::{Site, World};

/// Days after which an attestation is old, as a charter has it that says nothing of it.
const FRESH_DAYS: u32 = 7;

/// The attestations that a node holds, by what they say.
#[derive(Debug, Default)]
struct Heard {
    /// Of each other member all times that it claims.
    times: BTreeMap<OrganisationId, Vec<Timestamp>>,
    /// Of each log the furthest position that any of them names.
    named: BTreeMap<LogKey, u64>,
    /// Members but one's own.
    others: BTreeSet<OrganisationId>,
}

impl Heard {
    fn of(site: &Site) -> Self {
        let (image, governance) = (&site.disk.image, site.governance());
        let members = governance.charter().map(|charter| charter.members.clone()).unwrap_or_default();
        let mut heard = Self::default();
        heard.others.extend(members.into_iter().filter(|member| *member != site.keys.organisation));
        for entry in image.checked_entries().filter(|entry| entry.entry().header.kind == Kind::Attestation) {
            let (header, log) = (&entry.entry().header, log_of(entry));
            let payload = entry.entry().payload.as_ref();
            let read = payload.and_then(|payload| Attestation::parse(&payload.bytes, &log.author).ok());
            let Some(read) = read.filter(|_| governance.is_attesting(&log.author, &header.organisation)) else {
                continue;
            };
            if heard.others.contains(&header.organisation) {
                heard.times.entry(header.organisation).or_default().push(header.time);
            }
            for line in &read.logs {
                let named = heard.named.entry(LogKey { space: log.space, author: line.author }).or_default();
                *named = line.end.seq.max(*named);
            }
        }
        heard
    }

    /// What the node says.
    fn freshness(&self, now: Timestamp) -> Freshness {
        let newest = self.times.values().filter_map(|times| times.iter().max().copied());
        freshness(newest, self.others.len(), now, FRESH_DAYS)
    }
}

impl World {
    /// A user looks whether what his node shows is up to date, and whether anything is missing.
    pub(super) fn ask_reach(&self, number: usize) -> Checked {
        let Some(site) = self.sites.get(number).filter(|site| self.plan.is_attacked() && site.is_honest()) else {
            return Ok(());
        };
        let (heard, now) = (Heard::of(site), site.clock(self.now_ms));
        if let Freshness::Fresh { .. } = heard.freshness(now) {
            let days = |time: &Timestamp| now.0.saturating_sub(time.0) / (24 * 3_600_000);
            let lately =
                heard.times.values().filter(|times| times.iter().any(|time| days(time) <= FRESH_DAYS.into())).count();
            ensure(2 * lately > heard.others.len(), Rule::Unlawful, || {
                let (spoke, others) = (heard.times.len(), heard.others.len());
                format!("{number} is said to be up to date: {spoke} of {others} spoke, {lately} of them lately")
            })?;
        }
        for (log, named) in &heard.named {
            let held = site.disk.image.logs.get(log).map_or(0, |log| log.end.seq);
            let is_told = withheld(*named, held) > 0;
            ensure(is_told == (*named > held), Rule::Unlawful, || {
                format!("{number} holds {held} of the {named} entries that others name of {log:?}; told: {is_told}")
            })?;
        }
        Ok(())
    }
}
