//! Attestations: handed to governance as they come, and asked for when something is new. DESIGN §7, §9; format §5.
//!
//! What this node may name is decided here, since here stands what is held whole; what of it is new, in
//! [`crate::attestation::Said`]. The driver seals with the node's key, adds the root of the records, and hands the entry in like
//! any other. What it said before is what its own log says, so nothing else is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::{Output, Replica, Stored};
use crate::act::Kind;
use crate::attestation::{ActLine, Attestation, Candidate, Holds, NodeLine, Said};
use crate::entry;
use crate::governance::{Governance, SpaceInfo};
use crate::id::{ActId, EntryId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::log::{Authentic, Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::time::Timestamp;

/// Bytes of attestations that are read in one go: a replay of all of them needs no more.
const READ_BYTES: usize = 1 << 20;

/// Milliseconds until what was asked for and has not come is asked for again: a driver that may not sign is not pressed.
const AGAIN_MS: u64 = 1_000;

/// Whose key attests for this home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attester {
    /// The attesting key.
    pub key: PublicKey,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Where the home's node is reached, if members are to be told.
    pub nodes: BTreeSet<NodeLine>,
    /// Milliseconds from something new to the attestation that names it.
    pub after_ms: u64,
}

/// How far the logs of attestations were handed to governance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard(BTreeMap<LogKey, u64>);

/// What a replica knows of attestations, beyond what governance does.
#[derive(Debug, Clone, Default)]
pub(super) struct Attesting {
    attester: Option<Attester>,
    /// What the attester's logs say.
    said: BTreeMap<SpaceId, Said>,
    heard: Heard,
    is_begun: bool,
    /// Keys that count as node since the last flush: what is held of their logs is handed in anew.
    granted: BTreeSet<PublicKey>,
    /// Something other than attestations came since nothing was to be named.
    has_news: bool,
    at: Option<Timestamp>,
    /// The order in which acts with enough signatures that did not stand were held.
    first: BTreeMap<ActId, u64>,
    /// Counts up whenever governance has taken something in.
    edition: u64,
}

impl Heard {
    /// Hands governance every attestation that a store holds, one stretch at a time: before a home's keys are looked at, since
    /// acts take effect by them.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn read(governance: &mut Governance, stored: &Stored, logs: &impl LogView) -> Result<Self, Fault> {
        let mut heard = Self::default();
        for (key, log) in &stored.logs {
            if is_attesting(governance, key, log) {
                heard.hear(*key, held_whole(stored, key, log), governance, logs, &mut |_| {})?;
            }
        }
        Ok(heard)
    }

    /// Hands over what a log has beyond what was handed over, up to `until`. `true` if what is in effect may have changed.
    fn hear(
        &mut self,
        key: LogKey,
        until: u64,
        governance: &mut Governance,
        logs: &impl LogView,
        each: &mut dyn FnMut(&Authentic),
    ) -> Result<bool, Fault> {
        let mut at = self.0.get(&key).copied().unwrap_or(0);
        let mut has_changed = false;
        while at < until {
            let entries = logs.read_log(key, at, READ_BYTES)?;
            let taken: Vec<&Authentic> = entries.iter().take_while(|entry| entry.end().seq <= until).collect();
            let before = at;
            has_changed |= governance.attest_all(taken.iter().copied()).acts;
            for entry in taken {
                each(entry);
                at = entry.end().seq;
            }
            if at == before {
                break;
            }
        }
        self.0.insert(key, at);
        Ok(has_changed)
    }
}

impl Replica {
    /// Goes on from what governance was told by [`Heard::read`].
    #[must_use]
    pub fn having_heard(mut self, heard: Heard) -> Self {
        self.attesting.heard = heard;
        self
    }

    /// Attests with a key of this home from now on.
    ///
    /// # Errors
    /// [`Fault`] if what it said before cannot be read.
    pub fn attesting_with(mut self, attester: Attester, logs: &impl LogView) -> Result<Self, Fault> {
        self.attest_with(Some(attester), logs)?;
        Ok(self)
    }

    /// The same while the replica runs, as when a key of this home is granted or revoked; with none it attests no more.
    ///
    /// # Errors
    /// [`Fault`] if what the key said before cannot be read; nothing is changed then.
    pub fn attest_with(&mut self, attester: Option<Attester>, logs: &impl LogView) -> Result<(), Fault> {
        if attester == self.attesting.attester {
            return Ok(());
        }
        let key = attester.as_ref().map(|attester| attester.key);
        let own = self.durable.logs.keys().filter(|log| Some(log.author) == key);
        let mut all_said: BTreeMap<SpaceId, Said> = BTreeMap::new();
        for log in own.copied() {
            let said = all_said.entry(log.space).or_default();
            let mut at = 0;
            loop {
                let entries = logs.read_log(log, at, READ_BYTES)?;
                let Some(last) = entries.last() else { break };
                at = last.end().seq;
                entries.iter().for_each(|entry| note_said(said, entry));
            }
        }
        (self.attesting.attester, self.attesting.said) = (attester, all_said);
        // What is held now may be new to it.
        self.attesting.has_news = true;
        Ok(())
    }

    /// Counts up whenever governance has taken something in that stands on disk: whoever keeps a copy takes a new one.
    #[must_use]
    pub const fn edition(&self) -> u64 {
        self.attesting.edition
    }

    /// Keys whose logs are to be handed to governance once more.
    pub(super) fn now_attesting(&mut self, keys: impl IntoIterator<Item = PublicKey>) {
        self.attesting.granted.extend(keys);
    }

    /// Hands governance the attestations among what stands on disk since. `true` if what is in effect may have changed.
    pub(super) fn hear(
        &mut self,
        changed: &BTreeMap<LogKey, bool>,
        acts_changed: bool,
        logs: &impl LogView,
    ) -> Result<bool, Fault> {
        let granted = std::mem::take(&mut self.attesting.granted);
        let mut keys: BTreeSet<LogKey> = changed.keys().copied().collect();
        if !self.attesting.is_begun {
            self.attesting.is_begun = true;
            self.attesting.has_news = true;
            keys.extend(self.durable.logs.keys());
        }
        for key in self.durable.logs.keys().filter(|key| granted.contains(&key.author)) {
            self.attesting.heard.0.remove(key);
            keys.insert(*key);
        }
        let (mut has_changed, mut has_heard) = (false, false);
        let mut about_closed = Vec::new();
        let has_closed = !self.governance.is_all_open();
        for key in keys {
            let Some(log) = self.durable.logs.get(&key) else { continue };
            if !is_attesting(&self.governance, &key, log) {
                self.attesting.has_news = true;
                continue;
            }
            let until = held_whole(&self.durable, &key, log);
            let Attesting { heard, said, attester, .. } = &mut self.attesting;
            let mut own = attester
                .as_ref()
                .filter(|attester| attester.key == key.author)
                .map(|_| said.entry(key.space).or_default());
            let mut each = |entry: &Authentic| {
                has_heard = true;
                about_closed.extend(has_closed.then(|| entry.clone()));
                own.iter_mut().for_each(|said| note_said(said, entry));
            };
            has_changed |= heard.hear(key, until, &mut self.governance, logs, &mut each)?;
        }
        self.governance.note_lines(&about_closed);
        if has_changed || acts_changed {
            self.attesting.has_news = true;
            self.note_first();
        }
        if has_changed || acts_changed || has_heard {
            self.attesting.edition = self.attesting.edition.saturating_add(1);
        }
        Ok(has_changed)
    }

    /// The first time, hears what the store holds.
    pub(super) fn woken(&mut self, now: Timestamp, logs: &impl LogView) -> Result<(), Fault> {
        if !self.attesting.is_begun {
            self.hear(&BTreeMap::new(), false, logs)?;
        }
        self.wake(now);
        self.attest(now, logs)
    }

    /// Notes which acts with enough signatures are held that do not stand yet: of rivals the first one held is named.
    fn note_first(&mut self) {
        for (candidate, _) in self.candidates() {
            let next = u64::try_from(self.attesting.first.len()).unwrap_or(u64::MAX);
            self.attesting.first.entry(candidate.line.act).or_insert(next);
        }
    }

    /// Asks for attestations, if something has been new for long enough.
    pub(super) fn attest(&mut self, now: Timestamp, logs: &impl LogView) -> Result<(), Fault> {
        let attester = self.attesting.attester.as_ref().filter(|attester| self.may_attest(attester));
        let Some(attester) = attester.filter(|_| self.attesting.has_news) else { return Ok(()) };
        let (first, next) = (now.after_ms(attester.after_ms), now.after_ms(attester.after_ms.max(AGAIN_MS)));
        let at = *self.attesting.at.get_or_insert(first);
        if at > now {
            self.outputs.push_back(Output::WakeAt(at));
            return Ok(());
        }
        let mut is_silent = true;
        for space in self.governance.spaces() {
            let attestation = self.attestation_due(&space, logs)?;
            if !attestation.is_empty() {
                is_silent = false;
                let mut ends = self.attesting.said.get(&space.id).map(Said::ends).cloned().unwrap_or_default();
                ends.extend(attestation.logs.iter().map(|line| (line.author, line.end)));
                self.outputs.push_back(Output::Attest { space: space.id, attestation, ends });
            }
        }
        // Until it stands in our own log it is still to be said: a node that may not sign is asked again.
        self.attesting.has_news = !is_silent;
        self.attesting.at = (!is_silent).then_some(next);
        if !is_silent {
            self.outputs.push_back(Output::WakeAt(next));
        }
        Ok(())
    }

    /// True while the key is granted: what one that is revoked says is nobody's word.
    fn may_attest(&self, attester: &Attester) -> bool {
        let known = self.governance.key(&attester.organisation, &attester.key);
        known.is_some_and(|known| known.is_live())
    }

    /// True unless nothing that follows in this log of attestations would be heard: it is closed, or the payload of one of its
    /// entries is missing, as after a lost disk. To say the same again and again would not mend it.
    fn is_heard(&self, own: &LogKey) -> bool {
        let mut wanted = self.held.wanted.range((*own, LogEnd::START)..).take_while(|(log, _)| log == own);
        wanted.next().is_none() && self.end_of(*own).seq < self.closing_of(own)
    }

    /// What the attester is to say next of a space; nothing where this home attests not.
    fn attestation_due(&self, space: &SpaceInfo, logs: &impl LogView) -> Result<Attestation, Fault> {
        let attester = self.attesting.attester.as_ref();
        let is_heard = |attester: &&Attester| self.is_heard(&LogKey { space: space.id, author: attester.key });
        let Some(attester) = attester.filter(is_heard) else { return Ok(Attestation::default()) };
        let silent = Said::default();
        let said = self.attesting.said.get(&space.id).unwrap_or(&silent);
        let is_members = space.id == OpenSpace::Members.id(&self.governance.consortium());
        let holds = Holds {
            acts: self.acts_held(space),
            logs: self.logs_held(space.id, said, logs)?,
            nodes: attester.nodes.iter().filter(|_| is_members).cloned().collect(),
        };
        Ok(said.due(&holds))
    }

    /// The logs of a space that may be named, each as far as it is held whole.
    ///
    /// Logs of attestations are not among them: what stands there counts for ever, on every branch, whoever acknowledges it,
    /// and each organisation would name those of all others for every word of anybody. ADR 0012.
    fn logs_held(
        &self,
        space: SpaceId,
        said: &Said,
        logs: &impl LogView,
    ) -> Result<BTreeMap<PublicKey, LogEnd>, Fault> {
        let mut held = BTreeMap::new();
        let of_space = self.durable.logs.iter().filter(|(key, _)| key.space == space);
        for (key, log) in of_space {
            let named = said.end(&key.author).map_or(0, |end| end.seq);
            let whole = held_whole(&self.durable, key, log);
            if whole <= named || is_attesting(&self.governance, key, log) {
                continue;
            }
            // Asked last, for of a closed log it reads the disk.
            let whole = whole.min(self.nameable(key, log, logs)?);
            if whole <= named {
                continue;
            }
            if let Some(end) = end_at(*key, log, whole, logs)? {
                held.insert(key.author, end);
            }
        }
        Ok(held)
    }

    /// The acts that an attestation in a space may name: the charter's, the space's own, those of its organisations.
    fn acts_held(&self, space: &SpaceInfo) -> Vec<Candidate> {
        let is_of_space = |organisation: &Option<OrganisationId>, kind: Kind, scope: &ActId| match kind {
            Kind::Charter => true,
            Kind::Organisation => organisation.is_some_and(|id| space.members.contains(&id)),
            Kind::Space => scope.as_bytes() == space.id.as_bytes(),
        };
        let candidates = self.candidates().into_iter();
        let mut acts: Vec<(u64, Candidate)> = candidates
            .filter(|(candidate, act)| is_of_space(&act.0, act.1, &candidate.line.scope))
            .map(|(candidate, _)| {
                (self.attesting.first.get(&candidate.line.act).copied().unwrap_or(u64::MAX), candidate)
            })
            .collect();
        acts.sort_by_key(|(first, candidate)| (*first, candidate.line));
        acts.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Every act that has enough signatures to be named, with its organisation and kind: what stands, what waits for
    /// acknowledgements alone, and rivals of which none stands.
    fn candidates(&self) -> Vec<(Candidate, (Option<OrganisationId>, Kind))> {
        let governance = &self.governance;
        let candidate = |id: &ActId, previous: Option<ActId>, stands| {
            let act = governance.act(id)?;
            let line = ActLine { scope: act.scope_id(), version: act.version(), act: *id };
            let previous = previous.or_else(|| act.previous()).unwrap_or(*id);
            let settles = act.settles().map(|settles| settles.rivals.clone()).unwrap_or_default();
            Some((Candidate { line, previous, stands, settles }, (act.organisation(), act.kind())))
        };
        let standing = governance.standing_acts();
        let mut candidates: Vec<_> = standing.iter().filter_map(|id| candidate(id, None, true)).collect();
        // Rotations from one commitment are rivals whatever they follow: the place that all of them claim is where the chain halts.
        for (after, rivals) in governance.halted() {
            candidates.extend(rivals.iter().filter_map(|id| candidate(id, Some(after), false)));
        }
        // A charter alone waits for them.
        candidates.extend(governance.charter_waiting().and_then(|id| candidate(&id, None, false)));
        candidates
    }
}

/// True if the log is one of attestations: its organisation grants its key for them by some validly signed act, on whatever
/// branch. Of a key that rivals grant under two roles, what stands says what it may sign; its words count all the same.
fn is_attesting(governance: &Governance, key: &LogKey, log: &Log) -> bool {
    governance.is_attesting(&key.author, &log.organisation)
}

/// Up to which position every signature of a log is checked and every payload is there.
pub(super) fn held_whole(stored: &Stored, key: &LogKey, log: &Log) -> u64 {
    let wanted = stored.wanted.range((*key, LogEnd::START)..).next().filter(|(of, _)| of == key);
    let first = wanted.map_or(u64::MAX, |(_, at)| at.seq);
    log.checked.seq.min(first.saturating_sub(1))
}

/// The end of a log at a position; `None` before the first.
fn end_at(key: LogKey, log: &Log, seq: u64, logs: &impl LogView) -> Result<Option<LogEnd>, Fault> {
    if seq == log.checked.seq || seq == 0 {
        return Ok((seq > 0).then_some(log.checked));
    }
    let entries = logs.read_log(key, seq.saturating_sub(1), 1)?;
    Ok(entries.first().map(Authentic::end).filter(|end| end.seq == seq && end.id != EntryId::ZERO))
}

fn note_said(said: &mut Said, entry: &Authentic) {
    let header = &entry.entry().header;
    let payload = entry.entry().payload.as_ref().filter(|_| header.kind == entry::Kind::Attestation);
    if let Some(Ok(attestation)) = payload.map(|payload| Attestation::parse(&payload.bytes, &header.author)) {
        said.take(&attestation);
    }
}
