//! One node: a real replica on a simulated disk, driven as node/src/driver.rs drives it.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::mark::{End, Machine, Mark, OwnLog};
use isnad_protocol::attestation::Attestation;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, EntryId, NodeId, RecordId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::{Authentic, Log, LogEnd, LogKey};
use isnad_protocol::replica::{Attester, Batch, Heard, Input, Notice, Output, Refusal, Replica, Write};
use isnad_protocol::sheet::narrative;
use isnad_protocol::store::{Fault, LogView};
use isnad_protocol::sync::carried;
use isnad_protocol::time::Timestamp;

use super::Broken;
use super::consortium::Keys;
use super::disk::{Disk, Image, log_of};
use super::finding::{Checked, Finding, Rule, ensure};
use super::ledger::Ledger;
use super::liar::Lies;
use super::random::Random;
use super::signing::Signing;
use super::talk::Talk;

/// What a step needs besides the node.
pub(super) struct Around<'a> {
    pub(super) now_ms: u64,
    pub(super) random: &'a mut Random,
    pub(super) ledger: &'a mut Ledger,
    pub(super) broken: Option<Broken>,
    /// Milliseconds from something new to the attestation that names it.
    pub(super) attest_after_ms: u64,
    pub(super) effects: Vec<Effect>,
}

/// What a node asks of the world.
#[derive(Debug)]
pub(super) enum Effect {
    Send { peer: NodeId, frame: Vec<u8> },
    Disconnect { peer: NodeId, reason: String },
    Check { log: LogKey, after: LogEnd, until: u64 },
    Attest { space: SpaceId, attestation: Attestation },
}

/// What an own key is to say.
#[derive(Debug, Clone)]
pub(super) struct Contribution {
    pub(super) space: SpaceId,
    pub(super) record: RecordId,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Operations(Vec<u8>),
    NewNarrative(String),
    Attestation(Vec<u8>),
}

/// Which of its keys a node signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    Granted,
    Late,
    Attester,
}

/// A node, running or down.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) keys: Keys,
    pub(super) disk: Disk,
    /// The mark on disk while the node is down.
    pub(super) mark: Option<Mark>,
    /// The machine that its disk is in.
    pub(super) machine: Machine,
    /// True once its disk lost what had been flushed.
    pub(super) has_lost: bool,
    pub(super) backup: Option<Box<Disk>>,
    /// Versions of the charter that stood on this disk, by what they follow.
    pub(super) stood: BTreeMap<ActId, ActId>,
    pub(super) running: Option<Running>,
    /// Added to the world's time: what this node's clock says.
    pub(super) skew_ms: u64,
    /// Counts starts: what was under way before one is nobody's after it.
    pub(super) epoch: u64,
    pub(super) lies: Option<Lies>,
    /// Entries that one read gives at most.
    read_entries: usize,
    /// The furthest end of each log that a peer was told of.
    pub(super) promised: BTreeMap<LogKey, LogEnd>,
    pub(super) acknowledged: BTreeSet<(LogKey, u64, EntryId)>,
}

/// What a node keeps in memory.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) replica: Replica,
    pub(super) signing: Signing,
    pub(super) wake_at: Option<u64>,
    pub(super) is_unsynced: bool,
    next_request: u64,
    talks: BTreeMap<NodeId, Talk>,
}

/// What a replica reads: the flushed image, as far as this node shows it.
struct Shown<'a>(&'a Image, Option<&'a Lies>, usize);

impl LogView for Shown<'_> {
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault> {
        let mut entries = self.0.read(log, after, max_bytes, self.2);
        if let Some(lies) = self.1 {
            lies.falsify(&mut entries);
        }
        Ok(entries)
    }

    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault> {
        self.0.read_branch(log, end)
    }
}

impl Running {
    /// Own entries that were signed and are not in the journal.
    fn unwritten(&self) -> Vec<Entry> {
        let is_missing = |entry: &&Entry| {
            let log = LogKey { space: entry.header.space, author: entry.header.author };
            entry.header.seq > self.replica.end_of(log).seq
        };
        self.signing.unsettled().iter().filter(is_missing).cloned().collect()
    }
}

impl Site {
    /// What a node knows of who may do what: that of its disk while it is down.
    pub(super) fn governance(&self) -> &Governance {
        self.running.as_ref().map_or(&self.disk.image.governance, |running| running.replica.governance())
    }

    pub(super) fn new(keys: Keys, disk: Disk, lies: Option<Lies>, random: &mut Random) -> Self {
        Self {
            keys,
            disk,
            mark: None,
            machine: Machine::new([1; 32]),
            has_lost: false,
            backup: None,
            stood: BTreeMap::new(),
            running: None,
            skew_ms: random.below(2 * YEAR_MS),
            epoch: 0,
            lies,
            read_entries: usize::try_from(random.between(3, 40)).unwrap_or(3),
            promised: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
        }
    }

    pub(super) const fn is_honest(&self) -> bool {
        self.lies.is_none()
    }

    pub(super) fn own_keys(&self) -> BTreeSet<PublicKey> {
        let writing = [&self.keys.contributor, &self.keys.publisher, &self.keys.late];
        writing.into_iter().chain(&self.keys.attester).map(SecretKey::public).collect()
    }

    /// Starts the node on what its disk holds.
    pub(super) fn start(&mut self, around: &mut Around<'_>) -> Checked {
        self.epoch += 1;
        let (kept, anew) = self.disk.open();
        ensure(kept.answers_as(&anew), Rule::Index, || differences(&kept, &anew))?;
        ensure(anew.is_contiguous(), Rule::Prefix, || format!("after a start: {:?}", anew.gaps))?;
        self.disk.image = if around.random.chance(50) { kept } else { anew };
        self.disk.image.gaps.clear();
        self.check_nothing_lost()?;
        let own = self.own_keys();
        let ends = own_ends(&self.disk.image, &own);
        let signing = Signing::open(self.mark.take(), self.machine, self.has_lost, &ends);
        let replica = self.replica(own, around.attest_after_ms)?;
        self.running = Some(Running {
            replica,
            signing,
            wake_at: None,
            is_unsynced: false,
            next_request: 0,
            talks: BTreeMap::new(),
        });
        self.finish_unsettled(around)?;
        self.handle(Input::Wake, around)
    }

    /// The replica as a node starts it: governance hears every attestation held before anything else.
    fn replica(&self, own: BTreeSet<PublicKey>, after_ms: u64) -> Checked<Replica> {
        let (image, stored) = (&self.disk.image, self.disk.image.stored());
        let mut governance = image.governance.clone();
        let unread = |fault: Fault| Finding::new(Rule::Store, fault.to_string());
        let heard = Heard::read(&mut governance, &stored, image).map_err(unread)?;
        let replica = Replica::new(governance, stored, own).having_heard(heard);
        let attester = self.keys.attester.as_ref().map(SecretKey::public).map(|key| {
            let organisation = self.keys.organisation;
            Attester { key, organisation, nodes: BTreeSet::new(), after_ms }
        });
        let replica = match attester {
            Some(attester) => replica.attesting_with(attester, image).map_err(unread)?,
            None => replica,
        };
        replica.having_closed(image).map_err(unread)
    }

    fn check_nothing_lost(&self) -> Checked {
        let holds = |log: &LogKey, seq: u64, id: EntryId| self.disk.image.at(*log, seq).is_some_and(|at| at.id() == id);
        for (log, end) in &self.promised {
            let reaches = self.disk.image.logs.get(log).map_or(0, |log| log.end.seq) >= end.seq;
            ensure(reaches && holds(log, end.seq, end.id), Rule::Lost, || format!("{log:?} promised up to {end:?}"))?;
        }
        for (log, seq, id) in &self.acknowledged {
            ensure(holds(log, *seq, *id), Rule::Lost, || format!("{id:?} at {seq} of {log:?}, acknowledged"))?;
        }
        Ok(())
    }

    /// The process is gone, or the power: what was not flushed may be too.
    pub(super) fn crash(&mut self, is_power_lost: bool, random: &mut Random) {
        let Some(running) = self.running.take() else { return };
        self.mark = running.signing.file;
        self.disk.crash(random, is_power_lost);
    }

    /// Stops in order: what is queued is flushed first.
    pub(super) fn stop(&mut self, around: &mut Around<'_>) -> Checked {
        self.flush(around)?;
        self.crash(false, around.random);
        Ok(())
    }

    /// Takes disk and mark back to an earlier copy, and signs on as if nothing had come after.
    pub(super) fn restore(&mut self, disk: Disk) {
        self.running = None;
        self.disk = disk;
        let (_, anew) = self.disk.open();
        self.mark = Some(Signing::forged(self.machine, &own_ends(&anew, &self.own_keys())));
        self.promised.clear();
        self.acknowledged.clear();
    }

    /// True if nothing that was signed waits to be written.
    pub(super) fn has_settled(&self) -> bool {
        let own = own_ends(&self.disk.image, &self.own_keys());
        let signing = Signing::open(self.mark.clone(), self.machine, self.has_lost, &own);
        self.running.is_none() && signing.unsettled().is_empty()
    }

    /// The frames of a file that carries what this node holds and another may lack.
    pub(super) fn carried(&self, theirs: &BTreeMap<LogKey, LogEnd>) -> Option<Vec<Vec<u8>>> {
        let image = &self.disk.image;
        let shown = Shown(image, self.lies.as_ref(), self.read_entries);
        carried::frames(&image.governance, &image.logs, theirs, &shown).ok()
    }

    /// The nonce of one of the node's sessions.
    pub(super) fn some_nonce(&self, random: &mut Random) -> Option<(NodeId, [u8; 16])> {
        let talks = self.running.iter().flat_map(|running| &running.talks);
        let nonces: Vec<_> = talks.filter_map(|(peer, talk)| Some((*peer, talk.nonce()?))).collect();
        random.pick(&nonces).copied()
    }

    /// Loses its mark while it is down: then it signs nothing until others have confirmed its ends.
    pub(super) fn lose_mark(&mut self) {
        self.mark = None;
    }

    pub(super) fn clock(&self, now_ms: u64) -> Timestamp {
        Timestamp(EPOCH_MS + self.skew_ms + now_ms)
    }

    /// When this node wants to be woken, in the world's time: what is due after a while does not hang on its clock.
    pub(super) fn wake_due(&self) -> Option<u64> {
        self.running.as_ref()?.wake_at
    }

    pub(super) fn wake(&mut self, around: &mut Around<'_>) -> Checked {
        let due = self.wake_due().is_some_and(|due| due <= around.now_ms);
        let Some(running) = self.running.as_mut().filter(|_| due) else { return Ok(()) };
        running.wake_at = None;
        self.handle(Input::Wake, around)?;
        self.flush(around)
    }

    pub(super) fn connected(&mut self, peer: NodeId, nonce: Option<[u8; 16]>, around: &mut Around<'_>) -> Checked {
        let Some(running) = &mut self.running else { return Ok(()) };
        running.talks.insert(peer, Talk::new(nonce));
        self.handle(Input::Connected { peer, opens_with: nonce }, around)
    }

    pub(super) fn received(&mut self, peer: NodeId, frame: Vec<u8>, around: &mut Around<'_>) -> Checked {
        let Some(running) = &mut self.running else { return Ok(()) };
        if let Some(talk) = running.talks.get_mut(&peer) {
            talk.hears(&frame);
        }
        self.handle(Input::Received { peer, frame }, around)
    }

    pub(super) fn handle(&mut self, input: Input, around: &mut Around<'_>) -> Checked {
        let is_own = matches!(input, Input::Submit { .. });
        let now = Timestamp(around.now_ms);
        let Some(running) = &mut self.running else { return Ok(()) };
        let shown = Shown(&self.disk.image, self.lies.as_ref(), self.read_entries);
        let handled = running.replica.handle(input, now, &shown);
        handled.map_err(|fault| Finding::new(Rule::Store, fault.to_string()))?;
        self.perform(is_own, around)?;
        let is_hasty = around.broken == Some(Broken::AcknowledgeBeforeFlush);
        if let Some(running) = self.running.as_mut().filter(|running| is_hasty && running.is_unsynced) {
            let synced = running.replica.handle(Input::Synced, now, &self.disk.image);
            synced.map_err(|fault| Finding::new(Rule::Store, fault.to_string()))?;
            self.perform(false, around)?;
        }
        self.check(around)
    }

    fn perform(&mut self, is_own: bool, around: &mut Around<'_>) -> Checked {
        while let Some(output) = self.running.as_mut().and_then(|running| running.replica.poll()) {
            self.effect(output, is_own, around)?;
        }
        Ok(())
    }

    fn effect(&mut self, output: Output, is_own: bool, around: &mut Around<'_>) -> Checked {
        match output {
            Output::Commit(batch) => self.append(batch, is_own, around),
            Output::Acknowledge { entries, .. } => self.acknowledge(&entries, around),
            Output::Refuse { refusal, .. } => {
                around.ledger.refused += 1;
                around.ledger.last_refusals.insert(self.keys.node, refusal.to_string());
                // An act that waits is handed in again, as its author was told.
                let is_for_now = matches!(refusal, Refusal::NotFlushed | Refusal::Waits);
                let is_fair = is_for_now || !self.is_honest() || around.ledger.has_revoked(&self.own_keys());
                ensure(is_fair, Rule::Accused, || format!("own words refused: {refusal}"))
            }
            Output::Send { peer, frame } => {
                self.check_sent(peer, &frame)?;
                around.effects.push(Effect::Send { peer, frame });
                Ok(())
            }
            Output::Disconnect { peer, reason } => {
                around.effects.push(Effect::Disconnect { peer, reason });
                Ok(())
            }
            Output::Check { log, after, until } => {
                around.effects.push(Effect::Check { log, after, until });
                Ok(())
            }
            Output::WakeAt(at) => {
                if let Some(running) = &mut self.running {
                    running.wake_at = Some(running.wake_at.map_or(at.0, |earlier| earlier.min(at.0)));
                }
                Ok(())
            }
            Output::Attest { space, attestation, .. } => {
                around.effects.push(Effect::Attest { space, attestation });
                Ok(())
            }
            Output::Notice(notice) => self.notice(notice, around),
        }
    }

    fn append(&mut self, batch: Batch, is_own: bool, around: &mut Around<'_>) -> Checked {
        let Some(running) = &mut self.running else { return Ok(()) };
        running.is_unsynced = true;
        let own = batch.writes.iter().filter_map(|write| match write {
            Write::Entry { entry, .. } => Some(entry),
            Write::Payload(_)
            | Write::Checked { .. }
            | Write::CutBack { .. }
            | Write::Act(_)
            | Write::Fork(_)
            | Write::Branch(_) => None,
        });
        let own: Vec<&Authentic> = own.collect();
        let marks = is_own && around.broken != Some(Broken::NoMark);
        let marked = if marks { running.signing.reserve(&own, self.disk.is_full, around.random)? } else { Ok(()) };
        if is_own && marked.is_ok() && self.lies.is_none() {
            own.iter().try_for_each(|entry| around.ledger.signed(log_of(entry), entry.end()))?;
        }
        if marked.and_then(|()| self.disk.append(batch, around.random)).is_err() {
            self.fail(around)?;
        }
        Ok(())
    }

    /// The disk failed: everything since the last flush is taken back.
    fn fail(&mut self, around: &mut Around<'_>) -> Checked {
        around.ledger.disk_failures += 1;
        let now = Timestamp(around.now_ms);
        let Some(running) = &mut self.running else { return Ok(()) };
        running.is_unsynced = false;
        self.disk.take_back();
        if around.broken == Some(Broken::FailInSilence) {
            return Ok(());
        }
        let handled = running.replica.handle(Input::CommitFailed, now, &self.disk.image);
        handled.map_err(|fault| Finding::new(Rule::Store, fault.to_string()))
    }

    /// Flushes what was appended; only then does anybody hear of it.
    pub(super) fn flush(&mut self, around: &mut Around<'_>) -> Checked {
        while let Some(running) = self.running.as_mut().filter(|running| running.is_unsynced) {
            running.is_unsynced = false;
            if self.disk.sync(around.random).is_ok() {
                if running.unwritten().is_empty() {
                    running.signing.settle();
                }
                self.handle(Input::Synced, around)?;
                self.check_standing()?;
            } else {
                self.fail(around)?;
                self.handle(Input::Wake, around)?;
            }
        }
        Ok(())
    }

    /// Writes own entries that a crash or a full disk left between mark and journal, before anything new is signed.
    fn finish_unsettled(&mut self, around: &mut Around<'_>) -> Checked {
        let Some(running) = &mut self.running else { return Ok(()) };
        let entries = running.unwritten();
        if entries.is_empty() {
            running.signing.settle();
            return Ok(());
        }
        around.ledger.finished += entries.len();
        self.handle(Input::Submit { request: 0, entries }, around)?;
        self.flush(around)
    }

    /// Seals and hands in contributions, as a user's command does.
    pub(super) fn contribute(
        &mut self,
        contributions: &[Contribution],
        signer: Signer,
        around: &mut Around<'_>,
    ) -> Checked {
        if self.running.as_ref().is_some_and(|running| !running.signing.unsettled().is_empty()) {
            self.flush(around)?;
            self.finish_unsettled(around)?;
        }
        let Some(entries) = self.seal(contributions, signer, around)? else { return Ok(()) };
        let Some(running) = &mut self.running else { return Ok(()) };
        running.next_request += 1;
        let request = running.next_request;
        self.handle(Input::Submit { request, entries }, around)
    }

    fn seal(
        &self,
        contributions: &[Contribution],
        signer: Signer,
        around: &mut Around<'_>,
    ) -> Checked<Option<Vec<Entry>>> {
        let signs = |running: &&Running| !running.signing.is_blocked() && running.signing.unsettled().is_empty();
        let Some(running) = self.running.as_ref().filter(signs) else { return Ok(None) };
        let mut ends: BTreeMap<LogKey, LogEnd> = BTreeMap::new();
        let mut entries = Vec::new();
        for contribution in contributions {
            let secret = self.secret(contribution.space, signer, running);
            let log = LogKey { space: contribution.space, author: secret.public() };
            let end = ends.entry(log).or_insert_with(|| running.replica.end_of(log));
            let draft = Draft {
                kind: match contribution.content {
                    Content::Operations(_) | Content::NewNarrative(_) => Kind::Change,
                    Content::Attestation(_) => Kind::Attestation,
                },
                space: contribution.space,
                organisation: self.keys.organisation,
                record: contribution.record,
                generation: 0,
                time: self.clock(around.now_ms),
                payload: Payload {
                    salt: around.random.bytes(),
                    bytes: match &contribution.content {
                        Content::Operations(bytes) | Content::Attestation(bytes) => bytes.clone(),
                        Content::NewNarrative(text) => narrative::begin(log.author, log.space, end.seq + 1, text),
                    },
                },
            };
            let entry = draft.seal((end.seq, end.id), secret);
            *end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entries.push(entry);
        }
        around.ledger.contributed += entries.len();
        Ok(Some(entries))
    }

    fn secret(&self, space: SpaceId, signer: Signer, running: &Running) -> &SecretKey {
        let governance = running.replica.governance();
        let is_public = governance.spaces().iter().any(|info| info.id == space && info.name == "public");
        match signer {
            Signer::Attester => self.keys.attester.as_ref().unwrap_or(&self.keys.late),
            Signer::Late => &self.keys.late,
            Signer::Granted if is_public => &self.keys.publisher,
            Signer::Granted => &self.keys.contributor,
        }
    }

    fn acknowledge(&mut self, entries: &[EntryId], around: &mut Around<'_>) -> Checked {
        for id in entries {
            let held = self.own_entry(*id);
            let Some((log, seq)) = held else {
                return Err(Finding::new(Rule::AcknowledgedUnflushed, format!("{id:?}")));
            };
            around.ledger.acknowledged += 1;
            self.acknowledged.insert((log, seq, *id));
        }
        Ok(())
    }

    fn own_entry(&self, id: EntryId) -> Option<(LogKey, u64)> {
        let own = self.own_keys();
        let mut logs = self.disk.image.logs.iter().filter(|(key, _)| own.contains(&key.author));
        logs.find_map(|(key, log)| {
            // Acknowledged entries are new ones: near the end.
            let mut seqs = (1..=log.end.seq).rev();
            let seq = seqs.find(|seq| self.disk.image.at(*key, *seq).is_some_and(|at| at.id() == id))?;
            Some((*key, seq))
        })
    }

    fn check_sent(&mut self, peer: NodeId, frame: &[u8]) -> Checked {
        if !self.is_honest() {
            return Ok(());
        }
        let Some(running) = &mut self.running else { return Ok(()) };
        let Some(talk) = running.talks.get_mut(&peer) else {
            return Err(Finding::new(Rule::SentUnflushed, "a frame to a peer without a stream"));
        };
        let image = &self.disk.image;
        let said = talk.says(frame, image).map_err(|finding| {
            let unlike = image.unlike(running.replica.governance());
            Finding::new(finding.rule, format!("{}; {unlike}", finding.evidence))
        })?;
        for (log, end) in said {
            let promised = self.promised.entry(log).or_insert(end);
            if promised.seq < end.seq {
                *promised = end;
            }
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice, around: &mut Around<'_>) -> Checked {
        around.ledger.notices += 1;
        match notice {
            Notice::OwnKeyElsewhere { log, .. } => {
                let is_fair = !self.is_honest() || self.has_lost || around.ledger.excused.contains(&log.author);
                if let Some(running) = &mut self.running {
                    running.signing.meets_own_key();
                }
                ensure(is_fair, Rule::Accused, || format!("another node writes {log:?}, it is said"))
            }
            Notice::OwnEndConfirmed { log, end } => {
                if let Some(running) = &mut self.running {
                    running.signing.confirmed(log, end, &running.replica.own_logs());
                }
                Ok(())
            }
            Notice::Refused { peer, log, refusal } => {
                let is_fair = !self.is_honest() || around.ledger.liars.contains(&peer);
                ensure(is_fair, Rule::Accused, || format!("{peer:?} sent {log:?}: {refusal}"))
            }
            Notice::Forked { log, .. } => {
                let is_fair = !self.is_honest() || around.ledger.forked.contains(&log.author);
                ensure(is_fair, Rule::Accused, || format!("{log:?} is said to be forked"))
            }
        }
    }

    /// What holds between any two steps.
    fn check(&self, around: &Around<'_>) -> Checked {
        let Some(running) = self.running.as_ref().filter(|_| self.is_honest()) else { return Ok(()) };
        let (image, replica) = (&self.disk.image, &running.replica);
        ensure(image.gaps.is_empty(), Rule::Prefix, || format!("not continued: {:?}", image.gaps))?;
        if around.broken != Some(Broken::AcknowledgeBeforeFlush) {
            let is_known = *replica.logs() == image.logs;
            ensure(is_known, Rule::Prefix, || unlike(replica.logs(), &image.logs))?;
        }
        let excess = replica.memory().beyond_limits();
        ensure(excess.is_none(), Rule::Memory, || format!("{excess:?}"))
    }

    /// What checking signatures comes to, on the bytes that are on disk when it is done.
    pub(super) fn check_signatures(&self, log: LogKey, after: LogEnd, until: u64, ledger: &mut Ledger) -> Input {
        let mut upto = after;
        for seq in after.seq + 1..=until {
            let Some(entry) = self.disk.image.at(log, seq) else { break };
            if !ledger.is_signed(entry) {
                return Input::Checked { log, upto, is_bad_behind: true };
            }
            upto = entry.end();
        }
        Input::Checked { log, upto, is_bad_behind: false }
    }
}

pub(super) const YEAR_MS: u64 = 365 * 24 * 3_600_000;
/// A year before the day on which clocks without skew start.
const EPOCH_MS: u64 = 1_750_000_000_000;

fn own_ends(image: &Image, own: &BTreeSet<PublicKey>) -> BTreeMap<OwnLog, End> {
    let logs = image.logs.iter().filter(|(key, _)| own.contains(&key.author));
    logs.map(|(key, log)| {
        let own = OwnLog { space: key.space, author: *key.author.as_bytes() };
        (own, End::of(log.end))
    })
    .collect()
}

fn differences(kept: &Image, anew: &Image) -> String {
    format!("{}\nwanted {:?} / {:?}", unlike(&kept.logs, &anew.logs), kept.wanted, anew.wanted)
}

/// The logs of which two sides do not know the same.
fn unlike(one: &BTreeMap<LogKey, Log>, other: &BTreeMap<LogKey, Log>) -> String {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).filter(|key| one.get(key) != other.get(key)).collect();
    keys.iter().map(|key| format!("{key:?}: {:?} / {:?}; ", one.get(key), other.get(key))).collect()
}
