//! What the laws ask of what honest nodes hold in the end, worked out again by naive means: whose words a sheet shows, what
//! counts, which acts took effect, which forks are known. It is asked where attackers did what `attacks` has.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::Act;
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::entry::Kind;
use isnad_protocol::governance::{ActStatus, Governance};
use isnad_protocol::id::{ActId, EntryId, OrganisationId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::sheet::{self, Folded, Operation, Operations, Sheet, SheetKey, Signer};
use isnad_protocol::standing::Standing;

use super::World;
use super::disk::{Image, log_of};
use super::finding::{Checked, Finding, Rule, ensure};
use super::site::Site;

/// What one node holds and makes of it.
struct Seen<'a> {
    number: usize,
    site: &'a Site,
    image: &'a Image,
    governance: &'a Governance,
    entries: Vec<&'a Authentic>,
    folded: Folded,
}

impl World {
    /// Holds every honest node against the laws.
    pub(super) fn check_laws(&self) -> Checked {
        self.check_forks()?;
        for (number, site) in self.sites.iter().enumerate().filter(|(_, site)| site.is_honest()) {
            // What is judged of closed logs was handed to the replica's own, and to no image of what is on disk.
            let Some(governance) = site.running.as_ref().map(|running| running.replica.governance()) else { continue };
            let image = &site.disk.image;
            let entries: Vec<&Authentic> = image.checked_entries().collect();
            let folded = sheet::fold(entries.iter().copied(), governance);
            let seen = Seen { number, site, image, governance, entries, folded };
            self.check_acts(&seen)?;
            self.check_words(&seen)?;
            self.check_standings(&seen)?;
            self.check_cuts(&seen)?;
            self.check_late_forks(&seen)?;
        }
        Ok(())
    }

    /// A version of the charter takes effect at a node once more than half of those before it said there that they hold it.
    pub(super) fn check_effect(&mut self, number: usize) -> Checked {
        let Some(site) = self.sites.get(number).filter(|site| self.plan.is_attacked() && site.is_honest()) else {
            return Ok(());
        };
        let image = &site.disk.image;
        for id in &self.attempts.refused {
            ensure(image.governance.act(id).is_none(), Rule::Unlawful, || format!("{number} holds {id:?}"))?;
        }
        let Some(act) = image.governance.charter_act() else { return Ok(()) };
        let is_new = self.attempts.charters.insert(number, act.id()) != Some(act.id());
        let before = act.previous().and_then(|before| image.governance.act(&before)).filter(|_| is_new);
        let Some((before, charter)) = before.and_then(|before| Some((before, before.as_charter()?))) else {
            return Ok(());
        };
        // Later others may sign as well.
        self.check_version(number, act, before)?;
        let known = acknowledgers(image, act);
        let count = charter.members.iter().filter(|member| known.contains(member)).count();
        ensure(2 * count > charter.members.len(), Rule::Unlawful, || {
            format!("{number}: {:?} took effect with {count} acknowledgements", act.id())
        })
    }

    /// Nodes that hold two entries of one position know that there are two, and so does who held one and was shown the other; a
    /// proof is written once, or for a lower position.
    fn check_forks(&self) -> Checked {
        let honest: Vec<(usize, &Image)> = self
            .sites
            .iter()
            .enumerate()
            .filter(|(_, at)| at.is_honest())
            .map(|(at, site)| (at, &site.disk.image))
            .collect();
        for (number, image) in &honest {
            for (key, seq) in honest.iter().filter_map(|(_, other)| first_difference(image, other)) {
                let is_known = image.forks.get(&key).is_some_and(|proof| proof.seq() <= seq);
                ensure(is_known, Rule::Unproven, || format!("{number} holds one of two at {seq} of {key:?}"))?;
            }
            let mut lowest: BTreeMap<LogKey, u64> = BTreeMap::new();
            let Some(site) = self.sites.get(*number) else { continue };
            let shown = self.attempts.shown.get(number).filter(|_| !site.has_lost);
            for (key, seq) in shown.into_iter().flatten() {
                let is_known = image.forks.get(key).is_some_and(|proof| proof.seq() <= *seq);
                ensure(is_known, Rule::Unproven, || format!("{number} was shown another entry at {seq} of {key:?}"))?;
            }
            for proof in site.disk.proofs() {
                let before = lowest.insert(proof.log(), proof.seq());
                ensure(before.is_none_or(|before| proof.seq() < before), Rule::Memory, || {
                    format!("{number} wrote a proof at {} of {:?} behind one at {before:?}", proof.seq(), proof.log())
                })?;
            }
        }
        Ok(())
    }

    /// No act took effect that the laws refuse.
    fn check_acts(&self, seen: &Seen<'_>) -> Checked {
        let Seen { number, governance, .. } = seen;
        for id in &self.attempts.refused {
            ensure(governance.act(id).is_none(), Rule::Unlawful, || format!("{number} holds {id:?}"))?;
        }
        let mut at = governance.charter_act();
        while let Some((act, before)) = at.and_then(|act| Some((act, governance.act(&act.previous()?)?))) {
            self.check_version(*number, act, before)?;
            for removal in act.removed().unwrap_or_default() {
                let last = governance.act(&removal.act).map_or(0, Act::version);
                let own = governance.acts().filter(|own| own.organisation() == Some(removal.organisation));
                let beyond = own.filter(|own| own.version() > last);
                let stands = beyond.filter(|own| governance.status(&own.id()) == Some(ActStatus::InEffect));
                let stands: Vec<ActId> = stands.map(Act::id).collect();
                ensure(stands.is_empty(), Rule::Unlawful, || format!("{number}: {stands:?} behind {:?}", removal.act))?;
            }
            at = Some(before);
        }
        Ok(())
    }

    /// A version that stands was signed as the one before asks; a settlement by more than half without the double signers.
    fn check_version(&self, number: usize, act: &Act, before: &Act) -> Checked {
        let Some(charter) = before.as_charter() else { return Ok(()) };
        let double = act.settles().map(|settlement| settlement.double.clone()).unwrap_or_default();
        let members = charter.members.iter().filter(|member| !double.contains(member));
        let signed = count_signed(act, members);
        let threshold = if act.settles().is_some() { 0 } else { charter.threshold };
        let is_enough = signed as u64 >= threshold && 2 * signed > charter.members.len();
        ensure(is_enough, Rule::Unlawful, || format!("{number}: {signed} signed {:?}, which stands", act.id()))
    }

    /// A sheet holds its own organisation's words alone, and all that count of them.
    fn check_words(&self, seen: &Seen<'_>) -> Checked {
        let Seen { number, entries, folded, .. } = seen;
        for sheet in folded.sheets.values() {
            for signer in signers(sheet) {
                let may_publish = sheet.key.space != self.public;
                let owner = self.attempts.keys.get(&signer.author);
                let is_own =
                    owner.is_some_and(|(owner, may)| *owner == sheet.key.organisation && (may_publish || *may));
                ensure(is_own, Rule::Words, || format!("{number} shows {signer:?} in {:?}", sheet.key))?;
            }
            for said in sheet.claims.values() {
                let first = said.signers.iter().map(|(id, signer)| (signer.seq, *id)).min();
                let is_first = Some(said.position()) == first;
                ensure(is_first, Rule::Order, || format!("{number} has {:?} for {first:?}", said.position()))?;
            }
        }
        let counts = |entry: &&&Authentic| folded.standings.get(&entry.id()) == Some(&Standing::Counts);
        for entry in entries.iter().filter(counts) {
            let missing = missing(folded, entry);
            ensure(missing == 0, Rule::Words, || format!("{number} shows {missing} words less of {:?}", entry.id()))?;
        }
        Ok(())
    }

    /// What must not count counts nowhere; what honest users were told stands does.
    fn check_standings(&self, seen: &Seen<'_>) -> Checked {
        let Seen { number, site, entries, folded, .. } = seen;
        if let Some(strange) = entries.iter().find(|entry| self.attempts.strange.contains(&entry.id())) {
            return Err(Finding::new(Rule::Unlawful, format!("{number} holds {:?} of two masters", strange.id())));
        }
        for entry in entries.iter().filter(|entry| !self.ledger.forked.contains(&log_of(entry).author)) {
            let (found, expected) = (folded.standings.get(&entry.id()), self.attempts.powerless.get(&entry.id()));
            let is_met = expected.is_none() || found == expected;
            ensure(is_met, Rule::Unlawful, || format!("{number}: {:?} is {found:?}, not {expected:?}", entry.id()))?;
        }
        let closed = self.ledger.forked.iter().chain(&self.ledger.excused);
        let touched: BTreeSet<OrganisationId> =
            closed.filter_map(|key| self.attempts.keys.get(key)).map(|(owner, _)| *owner).collect();
        let organisation = site.keys.organisation;
        if touched.contains(&organisation) {
            return Ok(());
        }
        let is_word = |entry: &&&Authentic| entry.entry().header.record != RecordId::ZERO;
        let told: BTreeSet<EntryId> = site.acknowledged.iter().map(|(.., id)| *id).collect();
        let sand = self.on_sand(organisation, entries);
        for entry in entries.iter().filter(is_word).filter(|entry| told.contains(&entry.id())) {
            let found = folded.standings.get(&entry.id());
            ensure(sand.contains(&entry.id()) || found == Some(&Standing::Counts), Rule::Unlawful, || {
                let bases = made_on(entry).into_iter().map(|base| (base, folded.standings.get(&base)));
                let bases: Vec<_> = bases.collect();
                format!("{number}: its own {:?} is {found:?}, made on {bases:?}", entry.id())
            })?;
        }
        Ok(())
    }

    /// What an organisation's keys signed that a later act grants, whose rival may stand instead, and edits made on that. Likewise
    /// those made on what a lying node of its own showed under a signature that was none, and is held nowhere once that is checked.
    fn on_sand(&self, organisation: OrganisationId, entries: &[&Authentic]) -> BTreeSet<EntryId> {
        let own = || self.sites.iter().filter(|site| site.keys.organisation == organisation);
        let keys: BTreeSet<PublicKey> = own().map(|site| site.keys.late.public()).collect();
        let is_lied_to = own().any(|site| !site.is_honest());
        let held: BTreeSet<EntryId> = entries.iter().map(|entry| entry.id()).collect();
        let signed = entries.iter().filter(|entry| keys.contains(&log_of(entry).author));
        let mut sand: BTreeSet<EntryId> = signed.map(|entry| entry.id()).collect();
        loop {
            let gives_way = |base: &EntryId| sand.contains(base) || (is_lied_to && !held.contains(base));
            let is_on = |entry: &&&Authentic| made_on(entry).iter().any(gives_way);
            let more: Vec<EntryId> = entries.iter().filter(is_on).map(|entry| entry.id()).collect();
            let before = sand.len();
            sand.extend(more);
            if sand.len() == before {
                return sand;
            }
        }
    }

    /// Beyond a cut of an act in effect nothing counts; what most acknowledged before they knew of it is repudiated.
    fn check_cuts(&self, seen: &Seen<'_>) -> Checked {
        let Seen { number, image, governance, entries, folded, .. } = seen;
        let in_effect = governance.acts().filter(|act| governance.status(&act.id()) == Some(ActStatus::InEffect));
        for act in in_effect {
            for entry in entries.iter().filter(|entry| is_beyond(act, entry)) {
                let found = folded.standings.get(&entry.id()).copied();
                let is_out = found != Some(Standing::Counts);
                ensure(is_out, Rule::Unlawful, || format!("{number}: {:?} counts beyond {:?}", entry.id(), act.id()))?;
                let is_plain = governance.charter_act().is_some_and(|charter| charter.version() == 1);
                if is_plain && found == Some(Standing::Revoked) {
                    let most = is_most(image, entry, Some(act));
                    ensure(!most, Rule::Unlawful, || format!("{number}: {:?}, held by most, is gone", entry.id()))?;
                }
            }
        }
        Ok(())
    }

    /// From a late fork on, what most acknowledged stands.
    fn check_late_forks(&self, seen: &Seen<'_>) -> Checked {
        let Seen { number, image, entries, folded, .. } = seen;
        if seen.governance.charter_act().is_none_or(|charter| charter.version() > 1) {
            return Ok(());
        }
        for entry in entries.iter() {
            let fork = self.attempts.late_forks.get(&log_of(entry));
            if fork.is_none_or(|fork| entry.end().seq < *fork) || !image.forks.contains_key(&log_of(entry)) {
                continue;
            }
            let found = folded.standings.get(&entry.id());
            // An end that somebody named may lie beyond what is held here: what counts may be held by more than can be seen.
            let is_lost = found == Some(&Standing::Forked) && is_most(image, entry, None);
            ensure(!is_lost, Rule::Unlawful, || format!("{number}: {:?}, held by most, is forked", entry.id()))?;
        }
        Ok(())
    }
}

/// Organisations of which an attestation held names an act, or one that follows it.
fn acknowledgers(image: &Image, act: &Act) -> BTreeSet<OrganisationId> {
    let follows = |line: &ActLine| {
        let mut at = image.governance.act(&line.act).filter(|_| line.version >= act.version());
        while let Some(later) = at.filter(|later| later.version() > act.version()) {
            at = later.previous().and_then(|before| image.governance.act(&before));
        }
        at.is_some_and(|at| at.id() == act.id())
    };
    let names = |entry: &&Authentic| {
        let payload = entry.entry().payload.as_ref();
        let read = payload.and_then(|payload| Attestation::parse(&payload.bytes, &log_of(entry).author).ok());
        read.is_some_and(|attestation| attestation.acts.iter().any(follows))
    };
    let attesting = |entry: &&Authentic| entry.entry().header.kind == Kind::Attestation;
    let held = image.checked_entries().chain(image.branches.values()).filter(attesting);
    held.filter(names).map(|entry| entry.entry().header.organisation).collect()
}

fn signers(sheet: &Sheet) -> impl Iterator<Item = &Signer> {
    let claims = sheet.claims.values().flat_map(|said| said.signers.values());
    let retractions = sheet.retractions.values().flatten().map(|(_, retraction)| &retraction.signer);
    claims.chain(retractions).chain(sheet.narratives.values().flat_map(|narrative| narrative.edits.values()))
}

/// How many of these organisations signed an act, each by a key that counts for no other: who has least choice first.
fn count_signed<'a>(act: &Act, members: impl Iterator<Item = &'a OrganisationId>) -> usize {
    let keys = |member: &OrganisationId| -> Vec<PublicKey> {
        act.signatures().iter().filter(|own| own.organisation == *member).map(|own| own.key).collect()
    };
    let mut keys: Vec<Vec<PublicKey>> = members.map(keys).collect();
    keys.sort_by_key(Vec::len);
    let mut used = BTreeSet::new();
    keys.into_iter().filter(|keys| keys.iter().any(|key| used.insert(*key))).count()
}

/// The entries whose edits those of an entry were made on.
fn made_on(entry: &Authentic) -> Vec<EntryId> {
    let payload = entry.entry().payload.as_ref();
    match payload.map(|payload| Operations::parse(&payload.bytes)) {
        Some(Ok(Operations::Edits(edits))) => edits.after,
        _ => Vec::new(),
    }
}

/// How many claims of an entry its sheet does not show.
fn missing(folded: &Folded, entry: &Authentic) -> usize {
    let payload = entry.entry().payload.as_ref();
    let Some(Ok(Operations::Claims(operations))) = payload.map(|payload| Operations::parse(&payload.bytes)) else {
        return 0;
    };
    let sheet = folded.sheets.get(&SheetKey::of(&entry.entry().header));
    let is_shown = |operation: &&Operation| match operation {
        Operation::Claim(claim) => {
            let said = sheet.and_then(|sheet| sheet.claims.get(&claim.id()));
            said.is_some_and(|said| said.signers.contains_key(&entry.id()))
        }
        Operation::Retract(_) => true,
    };
    operations.iter().filter(|operation| !is_shown(operation)).count()
}

/// True if an act ends the entry's log before it.
fn is_beyond(act: &Act, entry: &Authentic) -> bool {
    let header = &entry.entry().header;
    if header.kind == Kind::Attestation {
        return false;
    }
    let log = log_of(entry);
    let revocations = act.as_organisation().map(|body| &body.revocations[..]).unwrap_or_default();
    let own = act.organisation() == Some(header.organisation);
    let revoked = revocations.iter().filter(|revocation| own && revocation.key == log.author).map(|it| &it.cuts);
    let removals = act.removed().unwrap_or_default().iter();
    let removed = removals.filter(|removal| removal.organisation == header.organisation).map(|removal| &removal.cuts);
    revoked.chain(removed).any(|cuts| {
        let cut = cuts.iter().find(|cut| cut.is_of(&log));
        header.seq > cut.map_or(0, |cut| cut.seq(&log))
    })
}

/// True if more than half of the others named the entry, or one behind it in its log here; before they named an act, if there
/// is one. Of a consortium that is as it was founded, and among organisations of which none names two rivals.
fn is_most(image: &Image, entry: &Authentic, before: Option<&Act>) -> bool {
    let log = log_of(entry);
    let owner = entry.entry().header.organisation;
    let mut attesting: BTreeMap<LogKey, Vec<&Authentic>> = BTreeMap::new();
    for entry in image.checked_entries().filter(|entry| entry.entry().header.kind == Kind::Attestation) {
        attesting.entry(log_of(entry)).or_default().push(entry);
    }
    let names = |attestation: &Attestation| {
        let mut lines =
            attestation.logs.iter().filter(|line| line.author == log.author && line.end.seq >= entry.end().seq);
        lines.any(|line| image.at(log, line.end.seq).map(Authentic::end) == Some(line.end))
    };
    let knows = |attestation: &Attestation| {
        let Some(act) = before else { return false };
        attestation.acts.iter().any(|line| line.scope == act.scope_id() && line.version >= act.version())
    };
    let mut named: BTreeSet<OrganisationId> = BTreeSet::new();
    for (key, entries) in attesting.iter().filter(|(key, _)| key.space == log.space) {
        for entry in entries {
            let Some(payload) = &entry.entry().payload else { break };
            let Ok(attestation) = Attestation::parse(&payload.bytes, &key.author) else { continue };
            if knows(&attestation) {
                break;
            }
            if names(&attestation) {
                named.insert(entry.entry().header.organisation);
            }
        }
    }
    named.remove(&owner);
    let members = image.governance.charter().map(|charter| charter.members.clone()).unwrap_or_default();
    let others = members.iter().filter(|member| **member != owner).count();
    2 * members.iter().filter(|member| named.contains(member)).count() > others
}

/// The first position at which two nodes hold different entries of a log, both checked.
fn first_difference(one: &Image, other: &Image) -> Option<(LogKey, u64)> {
    one.logs.iter().find_map(|(key, log)| {
        let end: LogEnd = other.logs.get(key)?.checked;
        let differs = |seq: &u64| one.at(*key, *seq).map(Authentic::id) != other.at(*key, *seq).map(Authentic::id);
        (1..=end.seq.min(log.checked.seq)).find(differs).map(|seq| (*key, seq))
    })
}
