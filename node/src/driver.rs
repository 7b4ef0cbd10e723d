//! The loop: events become [`Input`], [`Output`] becomes effects; nothing else calls `handle`.
//!
//! One thread owns the replica and the store. What has queued up is handled together, then flushed once, and only then
//! does anybody hear of it: the more there is to do, the fewer flushes each contribution costs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use isnad_protocol::attestation::Attestation;
use isnad_protocol::entry::{Draft, Entry, Payload};
use isnad_protocol::id::{EntryId, NodeId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::replica::{Batch, Input, Notice, Output, Refusal, Replica, Write};
use isnad_protocol::sheet::narrative;
use isnad_protocol::time::Timestamp;
use tokio::sync::{oneshot, watch};

use crate::candidacy::Candidacy;
use crate::clock::{self, Steady};
use crate::contribution::{Content, Contribution, NoWord, Receipt, Signers};
use crate::door::Door;
use crate::fault::Fault;
use crate::keyring::Keyring;
use crate::keystore::Secret;
use crate::network::{Event, Members, Network};
use crate::signing::{Blocked, Signing};
use crate::store::{LogReader, Store};

mod attesting;
mod carrying;
mod checking;
mod confirming;
mod handle;
mod hearing;
mod keys;
mod strangers;

pub use carrying::{Step, Taken};
use confirming::Confirming;
pub use handle::{Handle, Snapshot};
pub use hearing::STRANGER;

/// Commands handled before one flush: beyond it the first in line would wait too long.
const ROUND: usize = 256;

/// Commands that wait: beyond it peers are not read, and users wait.
const INBOX: usize = 64;

/// Notices, strangers, and addresses out of reach that a person is told of at one time: more than one can read.
const TOLD: usize = 100;

/// How long the loop sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(3_600);

/// Why a contribution was not made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A rule says no.
    #[error(transparent)]
    Rule(#[from] Refusal),
    /// This node does not sign at the moment.
    #[error(transparent)]
    Signing(#[from] Blocked),
    /// The content cannot be written.
    #[error(transparent)]
    Content(#[from] isnad_protocol::sheet::write::WriteError),
    /// This node has no key that may sign there.
    #[error("{}", missing.as_ref().map_or_else(|| format!("no key of the role {role} is unlocked"), |file| format!("{file} is missing")))]
    NoKey {
        /// The role that is needed.
        role: &'static str,
        /// Its file, if that is gone.
        missing: Option<String>,
    },
    /// The key that may sign there is granted, and locked.
    #[error("the key {key} is locked")]
    KeyLocked {
        /// The key.
        key: PublicKey,
    },
    /// A log begins that others hold more of.
    #[error("another node holds entries of the key {key} that this home lacks")]
    Lacks {
        /// The key.
        key: PublicKey,
    },
    /// What this node's key signs would count nowhere.
    #[error(transparent)]
    NoWord(#[from] NoWord),
    /// The disk did not take it.
    #[error("{why}")]
    Disk {
        /// What the disk said.
        why: String,
        /// True if it is signed and will be written once the disk takes it: it must not be entered again.
        is_kept: bool,
    },
    /// We or the disk broke.
    #[error("{0}")]
    Fault(String),
}

/// What the loop is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Seal and take a contribution of this node's own keys.
    Contribute(Vec<Contribution>, oneshot::Sender<Result<Receipt, Refused>>),
    /// Take keys that a command has unlocked.
    HandIn(Vec<Secret>, oneshot::Sender<Result<Vec<PublicKey>, Refused>>),
    /// Take an act.
    Act(Vec<u8>, oneshot::Sender<Result<(), Refused>>),
    /// Take a carried file in, step by step.
    Carry(Step, oneshot::Sender<Result<Taken, Refused>>),
    /// Say what a connected peer has said that it holds, of the logs held here.
    WordOf(NodeId, oneshot::Sender<Result<BTreeMap<LogKey, LogEnd>, Refused>>),
    /// Something happened on the network.
    Network(Event),
    /// Signatures were checked.
    Checked(Input),
    /// What was to be attested is ready to be sealed.
    Attest(SpaceId, Attestation),
    /// Stop after what is queued.
    Stop,
}

/// What the loop is made of.
#[derive(Debug)]
pub struct Parts {
    /// The state machine.
    pub replica: Replica,
    /// What it stands on.
    pub store: Store,
    /// The keys of the home.
    pub keyring: Keyring,
    /// Those of them that sign entries now.
    pub signers: Arc<Signers>,
    /// The high-water mark of those keys, and whether they sign.
    pub signing: Signing,
    /// The network; `None` for a node that only serves its own user.
    pub network: Option<Network>,
    /// The door for candidates.
    pub door: Arc<Door>,
    /// This home's organisation while it is one itself.
    pub candidacy: Candidacy,
}

struct Driver {
    parts: Parts,
    commands: SyncSender<Command>,
    reader: LogReader,
    snapshot: Arc<Mutex<Snapshot>>,
    changed: Arc<Condvar>,
    changes: watch::Sender<u64>,
    answers: BTreeMap<u64, Answer>,
    /// Answers given once the snapshot shows what they are about.
    ready: Vec<(Answer, Result<(), Refused>)>,
    next_request: u64,
    /// What the replica reckons with, and when it is to be woken by that.
    steady: Steady,
    wake_at: Option<Timestamp>,
    confirming: Confirming,
    /// What the disk last said when it failed.
    disk: String,
    /// Something was appended since the last flush.
    is_unsynced: bool,
    /// Which state of governance others have a copy of.
    edition: u64,
    /// Spaces of which an attestation is being made.
    attesting: BTreeSet<SpaceId>,
    network_members: Members,
}

enum Answer {
    Contribution(Receipt, oneshot::Sender<Result<Receipt, Refused>>),
    Act(oneshot::Sender<Result<(), Refused>>),
}

/// Starts the loop on a thread of its own.
///
/// # Errors
/// [`Fault`] if no thread can be started.
pub fn start(parts: Parts) -> Result<(Handle, JoinHandle<Option<Network>>), Fault> {
    let (commands, inbox) = sync_channel(INBOX);
    let snapshot = Arc::new(Mutex::new(Snapshot {
        governance: Arc::new(parts.replica.governance().clone()),
        rules: Arc::default(),
        status: parts.replica.status(),
        logs: Arc::new(parts.replica.logs().clone()),
        own: parts.keyring.own(),
        signers: Arc::clone(&parts.signers),
        signing: parts.signing.blocked(),
        notices: Vec::new(),
        strangers: BTreeMap::new(),
        listening: Vec::new(),
        change: 0,
        unreached: BTreeMap::new(),
    }));
    let changed = Arc::new(Condvar::new());
    let (changes, followed) = watch::channel(0);
    let handle = Handle {
        commands: commands.clone(),
        snapshot: Arc::clone(&snapshot),
        changed: Arc::clone(&changed),
        changes: followed,
    };
    let reader = parts.store.log_reader();
    let mut driver = Driver {
        network_members: parts.candidacy.nodes(parts.replica.governance()),
        parts,
        commands,
        reader,
        snapshot,
        changed,
        changes,
        answers: BTreeMap::new(),
        ready: Vec::new(),
        next_request: 0,
        steady: Steady::begin(),
        wake_at: None,
        confirming: Confirming::default(),
        disk: String::new(),
        is_unsynced: false,
        edition: 0,
        attesting: BTreeSet::new(),
    };
    let thread = std::thread::Builder::new().name("isnad-replica".into());
    let thread = thread
        .spawn(move || {
            driver.run(&inbox);
            driver.parts.network.take()
        })
        .map_err(|error| Fault::thread(&error))?;
    Ok((handle, thread))
}

impl Driver {
    fn run(&mut self, inbox: &Receiver<Command>) {
        self.finish_unsettled();
        self.handle(Input::Wake);
        loop {
            self.flush();
            let Some(first) = self.next(inbox) else { return };
            let mut round = vec![first];
            while round.len() < ROUND
                && let Ok(next) = inbox.try_recv()
            {
                round.push(next);
            }
            for command in round {
                if matches!(command, Command::Stop) {
                    self.flush();
                    return;
                }
                self.perform(command);
            }
        }
    }

    /// Waits for a command, or until something is due.
    fn next(&mut self, inbox: &Receiver<Command>) -> Option<Command> {
        loop {
            let now = self.steady.now();
            let wait = self.wake_at.map_or(IDLE, |at| Duration::from_millis(at.0.saturating_sub(now.0)));
            match inbox.recv_timeout(wait) {
                Ok(command) => return Some(command),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    self.wake_at = None;
                    self.handle(Input::Wake);
                    self.flush();
                }
            }
        }
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Contribute(contributions, answer) => self.contribute(contributions, answer),
            Command::HandIn(seeds, answer) => drop(answer.send(self.hand_in(&seeds))),
            Command::Act(bytes, answer) => {
                let request = self.request(Answer::Act(answer));
                self.handle(Input::SubmitAct { request, bytes });
            }
            Command::Carry(step, answer) => drop(answer.send(Ok(self.carry(step)))),
            Command::WordOf(peer, answer) => drop(answer.send(Ok(self.parts.replica.word_of(&peer)))),
            Command::Network(event) => self.network_event(event),
            Command::Checked(input) => self.handle(input),
            Command::Attest(space, attestation) => self.seal_attestation(space, attestation),
            Command::Stop => {}
        }
    }

    fn request(&mut self, answer: Answer) -> u64 {
        self.next_request = self.next_request.saturating_add(1);
        self.answers.insert(self.next_request, answer);
        self.next_request
    }

    fn contribute(&mut self, contributions: Vec<Contribution>, answer: oneshot::Sender<Result<Receipt, Refused>>) {
        if !self.parts.signing.unsettled().is_empty() {
            self.flush();
            self.finish_unsettled();
        }
        let begins: Vec<bool> =
            contributions.iter().map(|one| matches!(one.content, Content::NewNarrative(_))).collect();
        match self.seal(contributions) {
            Ok(entries) => {
                let begun = entries.iter().zip(begins).filter_map(|(entry, begins)| begins.then_some(&entry.header));
                let narratives = begun.map(|header| narrative::id(header.author, header.space, header.seq)).collect();
                let ids = entries.iter().map(|entry| entry.header.id()).collect();
                let request = self.request(Answer::Contribution(Receipt { entries: ids, narratives }, answer));
                self.handle(Input::Submit { request, entries });
            }
            // The asker may have gone: the answer is then nobody's.
            Err(refused) => drop(answer.send(Err(refused))),
        }
    }

    fn seal(&self, contributions: Vec<Contribution>) -> Result<Vec<Entry>, Refused> {
        self.parts.signing.check()?;
        if !self.parts.signing.unsettled().is_empty() {
            return Err(Refused::Disk { why: self.disk.clone(), is_kept: false });
        }
        let mut ends: BTreeMap<LogKey, LogEnd> = BTreeMap::new();
        let mut entries = Vec::with_capacity(contributions.len());
        for contribution in contributions {
            let signer = self.parts.signers.choose(self.parts.replica.governance(), contribution.space)?;
            let log = LogKey { space: contribution.space, author: signer.key.public() };
            if self.lacks_own(log) {
                return Err(Refused::Lacks { key: log.author });
            }
            let end = ends.entry(log).or_insert_with(|| self.parts.replica.end_of(log));
            let salt = clock::random().map_err(|fault| Refused::Fault(fault.to_string()))?;
            let bytes = contribution.content.payload(log, end.seq.saturating_add(1))?;
            let draft = Draft {
                kind: isnad_protocol::entry::Kind::Change,
                space: contribution.space,
                organisation: signer.organisation,
                record: contribution.record,
                generation: 0,
                time: Timestamp(clock::now_ms()),
                payload: Payload { salt, bytes },
            };
            let entry = draft.seal((end.seq, end.id), &signer.key);
            *end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entries.push(entry);
        }
        Ok(entries)
    }

    fn handle(&mut self, input: Input) {
        let is_own = matches!(input, Input::Submit { .. });
        let now = self.steady.now();
        if let Err(fault) = self.parts.replica.handle(input, now, &self.reader) {
            tracing::error!(%fault, "the store could not be read");
            self.note(format!("the store could not be read: {fault}"));
        }
        while let Some(output) = self.parts.replica.poll() {
            self.effect(output, is_own);
        }
        if self.parts.store.is_full() {
            self.flush();
        }
    }

    fn effect(&mut self, output: Output, is_own: bool) {
        match output {
            Output::Commit(batch) => self.append(batch, is_own),
            Output::Acknowledge { request, entries } => self.answer(request, Ok(entries)),
            Output::Refuse { request, refusal } => self.answer(request, Err(refusal)),
            Output::Send { peer, frame } => {
                if let Some(network) = &self.parts.network {
                    network.send(peer, frame);
                }
            }
            Output::Disconnect { peer, reason } => {
                self.note(format!("peer {peer} was dropped: {reason}"));
                if let Some(network) = &self.parts.network {
                    network.disconnect(peer, reason);
                }
            }
            Output::Check { log, after, until } => self.check(log, after, until),
            Output::WakeAt(at) => self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at))),
            Output::Attest { space, attestation, ends } => self.attest(space, attestation, ends),
            Output::Notice(notice) => self.notice(&notice),
        }
    }

    fn append(&mut self, batch: Batch, is_own: bool) {
        self.is_unsynced = true;
        let room = if is_own { self.parts.store.make_room(&batch) } else { Ok(()) };
        let marked = if is_own { room.and_then(|()| self.reserve(&batch)) } else { room };
        if let Err(fault) = marked.and_then(|()| self.parts.store.append(batch)) {
            self.fail(&fault);
        }
    }

    fn reserve(&mut self, batch: &Batch) -> Result<(), Fault> {
        let entries = batch.writes.iter().filter_map(|write| match write {
            Write::Entry { entry, .. } => Some(entry),
            Write::Payload(_)
            | Write::Checked { .. }
            | Write::CutBack { .. }
            | Write::Act(_)
            | Write::Fork(_)
            | Write::Branch(_) => None,
        });
        self.parts.signing.reserve(&entries.collect::<Vec<_>>())
    }

    /// The disk failed: everything since the last flush is taken back, and those who wait for it are told.
    fn fail(&mut self, fault: &Fault) {
        self.disk = format!("{fault}: {}", fault.why());
        tracing::error!(fault = %self.disk, "the disk failed; nothing that was not acknowledged is kept");
        self.note(format!("could not write to the disk: {}", fault.why()));
        self.is_unsynced = false;
        self.parts.store.take_back();
        let now = self.steady.now();
        // It only takes back what is in memory: it reads nothing, so it cannot fail.
        let _ = self.parts.replica.handle(Input::CommitFailed, now, &self.reader);
    }

    /// Flushes what was appended; only then does anybody hear of it.
    fn flush(&mut self) {
        self.sync();
        // Who leaves takes what he was asked for with him: that may be asked of another.
        self.review_members();
        self.review_keys();
        self.sync();
        self.compare_again();
        self.publish();
        self.give_answers();
    }

    fn sync(&mut self) {
        while self.is_unsynced {
            self.is_unsynced = false;
            match self.parts.store.sync() {
                Ok(()) => {
                    // Another batch may be on disk and own entries before it not: those stay reserved.
                    if self.unwritten().is_empty() {
                        self.parts.signing.settle();
                    }
                    self.handle(Input::Synced);
                }
                Err(fault) => {
                    self.fail(&fault);
                    // Hands out what the failure left to be said.
                    self.handle(Input::Wake);
                }
            }
        }
    }

    fn publish(&mut self) {
        let edition = self.parts.replica.edition();
        let is_new = std::mem::replace(&mut self.edition, edition) != edition;
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut has_changed = false;
        if is_new {
            has_changed = true;
            snapshot.governance = Arc::new(self.parts.replica.governance().clone());
            snapshot.rules = Arc::default();
            self.parts.door.update(Arc::clone(&snapshot.governance), self.parts.keyring.own());
        }
        let (status, signing) = (self.parts.replica.status(), self.parts.signing.blocked());
        has_changed |= snapshot.status != status || snapshot.signing != signing;
        has_changed |= !Arc::ptr_eq(&snapshot.signers, &self.parts.signers);
        (snapshot.status, snapshot.signing) = (status, signing);
        snapshot.own = self.parts.keyring.own();
        snapshot.signers = Arc::clone(&self.parts.signers);
        if *snapshot.logs != *self.parts.replica.logs() {
            snapshot.logs = Arc::new(self.parts.replica.logs().clone());
            has_changed = true;
        }
        if has_changed {
            snapshot.change = snapshot.change.saturating_add(1);
            self.changes.send_replace(snapshot.change);
        }
        drop(snapshot);
        self.changed.notify_all();
    }

    fn answer(&mut self, request: u64, outcome: Result<Vec<EntryId>, Refusal>) {
        if let Some(answer) = self.answers.remove(&request) {
            let outcome = outcome.map(drop).map_err(|refusal| self.refused(&answer, refusal));
            self.ready.push((answer, outcome));
        }
    }

    fn refused(&self, answer: &Answer, refusal: Refusal) -> Refused {
        if refusal != Refusal::NotFlushed {
            return refusal.into();
        }
        let reserved = self.parts.signing.unsettled().iter().map(|entry| entry.header.id());
        let is_kept = match answer {
            Answer::Contribution(receipt, _) => {
                !receipt.entries.is_empty() && reserved.eq(receipt.entries.iter().copied())
            }
            Answer::Act(_) => false,
        };
        Refused::Disk { why: self.disk.clone(), is_kept }
    }

    /// Tells those who asked. One who has gone hears nothing: what he asked for stands all the same.
    fn give_answers(&mut self) {
        for (answer, outcome) in std::mem::take(&mut self.ready) {
            match answer {
                Answer::Contribution(receipt, answer) => drop(answer.send(outcome.map(|()| receipt))),
                Answer::Act(answer) => drop(answer.send(outcome)),
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_count(&self) -> usize {
        self.seen().notices.len()
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::OwnKeyElsewhere { log, time } => {
                let key = log.author;
                if self.parts.signing.seen_elsewhere(key, *time) {
                    self.note(format!("another node writes with this node's key {key}: this node stops signing"));
                } else {
                    self.note(format!("entries of this node's own key {key} that this home lacked come from a peer"));
                }
            }
            Notice::OwnEndConfirmed { log, end } => {
                let own = self.parts.replica.own_logs();
                self.parts.signing.confirmed(*log, *end, &own);
            }
            Notice::Refused { peer, log, refusal } => {
                self.note(format!("an entry of {} from {peer} was refused: {refusal}", log.author));
            }
            Notice::Forked { log, seq } => {
                let author = log.author;
                if self.parts.signing.signs_with(&author) {
                    self.parts.signing.block(Blocked::KeyElsewhere { key: author });
                }
                let whose = self.whose(log);
                self.note(format!(
                    "the key {author} of {whose} signed two entries for position {seq}: from there on its log is closed"
                ));
            }
        }
    }

    /// The name and the digits of the organisation whose log it is.
    fn whose(&self, log: &LogKey) -> String {
        let governance = self.parts.replica.governance();
        let Some(organisation) = self.parts.replica.logs().get(log).map(|log| log.organisation) else {
            return log.author.to_short();
        };
        // Others chose the name, and it goes to a log of lines.
        let name = governance.name(&organisation, "en").unwrap_or_default();
        let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
        format!("{name} [{}]", organisation.to_short())
    }

    fn note(&self, text: String) {
        tracing::warn!("{text}");
        // What is said again and again, as on a full disk, is said once: it must not push out the rest.
        if self.seen().notices.last() == Some(&text) {
            return;
        }
        self.tell(|snapshot| {
            if snapshot.notices.len() >= TOLD {
                // Strangers push out nothing: whoever knocked stands in a table of its own.
                let at = snapshot.notices.iter().position(|notice| notice.starts_with(STRANGER)).unwrap_or(0);
                snapshot.notices.remove(at);
            }
            snapshot.notices.push(text);
        });
    }

    /// Changes what others see, and says so to those who wait for it.
    fn tell(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = self.seen();
        change(&mut snapshot);
        snapshot.change = snapshot.change.saturating_add(1);
        self.changes.send_replace(snapshot.change);
        drop(snapshot);
        self.changed.notify_all();
    }

    /// Writes own entries that a crash or a full disk left between mark and journal, before anything new is signed.
    fn finish_unsettled(&mut self) {
        let entries = self.unwritten();
        if entries.is_empty() {
            self.parts.signing.settle();
            return;
        }
        tracing::info!(entries = entries.len(), "entries that were signed and not written are written now");
        self.handle(Input::Submit { request: 0, entries });
        self.flush();
    }

    /// Own entries that were signed and are not in the journal.
    fn unwritten(&self) -> Vec<Entry> {
        let is_missing = |entry: &&Entry| {
            let header = &entry.header;
            let log = LogKey { space: header.space, author: header.author };
            header.seq > self.parts.replica.end_of(log).seq
        };
        self.parts.signing.unsettled().iter().filter(is_missing).cloned().collect()
    }
}
