//! A home that is open: replica, store, keys, and the network if it is to be reached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use isnad_protocol::act::{Act, Role, SignatureCheck, founding};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ConsortiumId, NodeId, OpenSpace, OrganisationId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::{Log, LogEnd, LogKey};
use isnad_protocol::replica::{Batch, Heard, Replica, Stored, Write};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::candidacy::Candidacy;
use crate::carry::{self, Opener};
use crate::contribution::{Contribution, Receipt, Signers};
use crate::cores;
use crate::door::Door;
use crate::driver::{self, Command, Handle, Parts, Refused, Snapshot, Step, Taken};
use crate::fault::Fault;
use crate::home::{Home, HomeLock};
use crate::identity;
use crate::index::Index;
use crate::keyring::Keyring;
use crate::keystore::{Keystore, Secret, Unlocker};
use crate::mark::{End, OwnLog};
use crate::network::{Network, Settings};
use crate::repair;
use crate::signing::Signing;
use crate::store::{Barrier, LogReader, Store};
use crate::writing::Turns;

/// Why a home did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The disk, a key, the configuration.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// No consortium yet.
    #[error("this home has not joined a consortium")]
    NoConsortium,
    /// No node key to open connections with.
    #[error("this home holds no node key that its organisation granted")]
    NoNodeKey,
    /// The file of the node key is gone.
    #[error("{file} is missing")]
    NodeKeyMissing {
        /// The file.
        file: String,
    },
}

/// How a home is opened.
#[derive(Debug)]
pub struct Options {
    /// The home.
    pub home: Home,
    /// Opens the keys; without it nothing can be signed.
    pub unlocker: Option<Unlocker>,
    /// Where to listen and whom to dial; `None` for no network at all.
    pub network: Option<Addresses>,
}

/// Where to listen and whom to dial, as multiaddrs.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// Addresses to stay connected to.
    pub peers: Vec<String>,
}

/// An open home. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Node {
    handle: Handle,
    index: Index,
    barrier: Barrier,
    reader: LogReader,
    home: Home,
    consortium: ConsortiumId,
    door: Arc<Door>,
    candidacy: Candidacy,
    called: usize,
    /// Opens carried files that are encrypted to this node's key; `None` if that is locked.
    opener: Option<Opener>,
    turns: Turns,
    /// Held by whoever takes a carried file in.
    carrying: tokio::sync::Mutex<()>,
    thread: Option<JoinHandle<Option<Network>>>,
    _lock: HomeLock,
}

impl Node {
    /// Opens a home, and its network if it is to be reached.
    ///
    /// `progress` is told how many frames were taken in while an index is made anew.
    ///
    /// # Errors
    /// [`OpenError`] says what is missing or broken; nothing is changed then.
    pub async fn start(options: Options, progress: &mut dyn FnMut(u64)) -> Result<Self, OpenError> {
        let Options { home, mut unlocker, network } = options;
        let lock = home.lock()?;
        let consortium = consortium(&home)?.ok_or(OpenError::NoConsortium)?;
        let spaces = open_spaces(consortium);
        let mut store = Store::open(&home, &spaces, progress)?;
        let governance = Governance::new(consortium).checked_by(SignatureCheck(cores::signatures_hold));
        let mut governance = governance.replay(store.read_acts()?);
        let stored = store.index().stored()?;
        // Acts take effect by attestations, and keys by acts: these come before the home's keys are looked at.
        let heard = Heard::read(&mut governance, &stored, &store.log_reader()).map_err(Fault::index)?;
        let candidacy = Candidacy::of(&home, consortium)?;
        let keyring = Keyring::open(&home, &governance, &candidacy, unlocker.as_mut())?;
        let opener = keyring.node_seed().and_then(|seed| Opener::of_seed(&seed));
        // No passphrase stays in memory: it opens the root keys too. ADR 0005.
        drop(unlocker);
        let door = Door::open(&home, keyring.node_id(), keyring.own(), Arc::new(governance.clone()))?;
        let door = Arc::new(door);
        let signing = Signing::open(&home, keyring.granted(), &ends(&stored.logs))?;
        let signers = keyring.signers(&governance, |key| signing.signs_with(key));
        let called = network.as_ref().map_or(0, |addresses| addresses.peers.len());
        let called = called.saturating_add(candidacy.addresses().count());
        let network = match network {
            Some(addresses) => {
                let seed = keyring.node_seed().ok_or_else(|| no_node_key(&signers))?;
                Some(open_network(addresses, seed, &governance, &candidacy, &door).await?)
            }
            None => None,
        };
        let (network, events) = network.unzip();
        let replica = Replica::new(governance, Stored { ..stored }, signing.own().clone());
        let mut replica = replica.checked_by(cores::all_are_signed).having_heard(heard);
        let attester = keyring.attester(&signers)?;
        replica.attest_with(attester, &store.log_reader()).map_err(Fault::index)?;
        let replica = replica.having_closed(&store.log_reader()).map_err(Fault::index)?;
        let (index, barrier, reader) = (store.index().clone(), store.barrier(), store.log_reader());
        let parts = Parts {
            replica,
            store,
            keyring,
            signers: Arc::new(signers),
            signing,
            network,
            door: Arc::clone(&door),
            candidacy: candidacy.clone(),
        };
        let (handle, thread) = driver::start(parts)?;
        if let Some(mut events) = events {
            let handle = handle.clone();
            // Ends with the network; a full inbox holds it up, and with it the peers.
            tokio::task::spawn_blocking(move || {
                while let Some(event) = events.blocking_recv() {
                    if !handle.send(Command::Network(event)) {
                        break;
                    }
                }
            });
        }
        let (thread, carrying) = (Some(thread), tokio::sync::Mutex::new(()));
        Ok(Self {
            handle,
            index,
            barrier,
            reader,
            home,
            consortium,
            door,
            candidacy,
            called,
            opener,
            carrying,
            turns: Turns::default(),
            thread,
            _lock: lock,
        })
    }

    /// The home.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// The consortium.
    #[must_use]
    pub const fn consortium(&self) -> ConsortiumId {
        self.consortium
    }

    /// The organisation whose home this is; `None` for one that only reads, or is no member's yet.
    #[must_use]
    pub fn own_organisation(&self) -> Option<OrganisationId> {
        self.handle.seen().own
    }

    /// The organisation whose home this is, member or not; `None` for one that only reads.
    #[must_use]
    pub fn home_organisation(&self) -> Option<OrganisationId> {
        self.candidacy.organisation().or_else(|| self.own_organisation())
    }

    /// The organisation whose home this is, if it waits to be admitted.
    #[must_use]
    pub fn candidacy(&self) -> &Candidacy {
        &self.candidacy
    }

    /// How many addresses it calls: those of its owner, and its sponsor's.
    #[must_use]
    pub const fn called(&self) -> usize {
        self.called
    }

    /// The door for candidates.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Where keys belong, if this is the home of an organisation and holds none at all.
    pub(crate) fn without_keys(&self) -> Option<std::path::PathBuf> {
        let keys = self.home.keys();
        let is_empty = Keystore::open(&keys).and_then(|store| store.list()).is_ok_and(|held| held.is_empty());
        (is_empty && identity::own_act(&self.home).is_ok()).then_some(keys)
    }

    /// The key that would sign a change in a space now, and on whose behalf.
    ///
    /// # Errors
    /// [`Refused`] says why none would.
    pub fn signer(&self, space: SpaceId) -> Result<(PublicKey, OrganisationId), Refused> {
        let snapshot = self.snapshot();
        if let Some(blocked) = snapshot.signing {
            return Err(blocked.into());
        }
        let signer = snapshot.signers.choose(&snapshot.governance, space)?;
        Ok((signer.key.public(), signer.organisation))
    }

    /// The replica as of its last flush.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.handle.snapshot()
    }

    /// The addresses that this node listens on, once there are as many as were asked for.
    pub async fn listening(&self, expected: usize) -> Vec<String> {
        let handle = self.handle.clone();
        let wait = move || handle.wait_until(|snapshot| snapshot.listening.len() >= expected).listening;
        tokio::task::spawn_blocking(wait).await.unwrap_or_default()
    }

    /// Follows [`Snapshot::change`]: a reader who waits for news reads again whenever it moves.
    #[must_use]
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.handle.changes()
    }

    /// Waits until every signature held has been checked: nothing comes in meanwhile, or the wait goes on.
    pub async fn all_checked(self: &Arc<Self>) {
        let node = Arc::clone(self);
        // It fails only with the runtime, and then nobody waits.
        drop(tokio::task::spawn_blocking(move || node.wait_until(|snapshot| snapshot.status.unchecked == 0)).await);
    }

    /// Waits until the replica is as `is_so` says, as of a flush. Waits: not for a thread of the runtime.
    pub fn wait_until(&self, is_so: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        self.handle.wait_until(is_so)
    }

    /// The index, once it holds all that was acknowledged before this call. Waits: not for a thread of the runtime.
    ///
    /// # Errors
    /// [`Fault`] if the index broke.
    pub fn index(&self) -> Result<&Index, Fault> {
        self.barrier.wait()?;
        Ok(&self.index)
    }

    /// The index as it is, and how much was written that it does not hold yet.
    #[must_use]
    pub fn index_as_it_is(&self) -> (&Index, u64) {
        (&self.index, self.barrier.behind())
    }

    /// True if the index has failed and was not made anew yet: what was read from it is to be read again.
    #[must_use]
    pub fn index_has_failed(&self) -> bool {
        self.index.has_failed()
    }

    /// Reads logs from the journal.
    #[must_use]
    pub const fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Seals and takes contributions: all of them, or none.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub async fn contribute(&self, contributions: Vec<Contribution>) -> Result<Receipt, Refused> {
        self.ask(|answer| Command::Contribute(contributions, answer)).await
    }

    /// Takes an act.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub async fn take_act(&self, bytes: Vec<u8>) -> Result<(), Refused> {
        self.ask(|answer| Command::Act(bytes, answer)).await
    }

    /// Takes in the frames of a carried file, all at once.
    ///
    /// # Errors
    /// [`Refused`] if the node has stopped; what is refused within it is told in the answer.
    pub async fn carry_in(&self, frames: Vec<Vec<u8>>) -> Result<Vec<String>, Refused> {
        let _turn = self.carrying.lock().await;
        let mut notices = self.ask(|answer| Command::Carry(Step::Begin, answer)).await?.notices;
        for part in frames.chunks(carry::PART_FRAMES) {
            let step = Step::Frames(part.to_vec());
            notices.extend(self.ask(|answer| Command::Carry(step, answer)).await?.notices);
        }
        notices.extend(self.ask(|answer| Command::Carry(Step::End, answer)).await?.notices);
        Ok(notices)
    }

    /// Opens carried files that are encrypted to this node's key, if that is unlocked.
    pub(crate) const fn opener(&self) -> Option<&Opener> {
        self.opener.as_ref()
    }

    /// Whose turn it is to say something of a record.
    pub(crate) const fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Waits for its turn to take a carried file in: one at a time. Waits: not for a thread of the runtime.
    pub(crate) fn carrying(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.carrying.blocking_lock()
    }

    /// One step of it. Waits: not for a thread of the runtime.
    ///
    /// # Errors
    /// [`Refused`] if the node has stopped.
    pub(crate) fn carry(&self, step: Step) -> Result<Taken, Refused> {
        self.ask_waiting(|answer| Command::Carry(step, answer))
    }

    /// What a connected node has said that it holds. Waits: not for a thread of the runtime.
    ///
    /// # Errors
    /// [`Refused`] if the node has stopped.
    pub(crate) fn word_of(&self, peer: NodeId) -> Result<BTreeMap<LogKey, LogEnd>, Refused> {
        self.ask_waiting(|answer| Command::WordOf(peer, answer))
    }

    /// Takes keys that a command has unlocked: each is used as soon as it is granted. Those that lie in this home's folder.
    ///
    /// # Errors
    /// [`Refused`] if the folder cannot be read, or the node has stopped.
    pub async fn hand_in(&self, seeds: Vec<Secret>) -> Result<Vec<PublicKey>, Refused> {
        self.ask(|answer| Command::HandIn(seeds, answer)).await
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, Refused>>) -> Command) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let stopped = || Refused::Fault("the node has stopped".into());
        let (handle, command) = (self.handle.clone(), command(answer));
        // The inbox may be full: that wait is not for a thread of the runtime.
        let sent = tokio::task::spawn_blocking(move || handle.send(command)).await;
        if !matches!(sent, Ok(true)) {
            return Err(stopped());
        }
        answered.await.map_err(|_| stopped())?
    }

    fn ask_waiting<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Refused>>) -> Command,
    ) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let stopped = || Refused::Fault("the node has stopped".into());
        if !self.handle.send(command(answer)) {
            return Err(stopped());
        }
        answered.blocking_recv().map_err(|_| stopped())?
    }

    /// Stops: what was acknowledged is on disk already; what is queued for peers is sent.
    pub async fn stop(mut self) {
        let handle = self.handle.clone();
        let Some(thread) = self.thread.take() else { return };
        let stopped = tokio::task::spawn_blocking(move || {
            handle.send(Command::Stop);
            thread.join()
        });
        match stopped.await {
            Ok(Ok(Some(network))) => network.stop().await,
            Ok(Ok(None)) => {}
            Ok(Err(_)) | Err(_) => tracing::error!("the replica's thread did not end in order"),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.handle.send(Command::Stop);
            // A panic in it was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Opens the consortium of a home: its charter and the first acts of its members. Acts that the home holds are not
/// written again, so a joining that was cut off is finished by joining again.
///
/// # Errors
/// [`Fault`] if the disk fails.
pub fn join(home: &Home, governance: &Governance) -> Result<(), Fault> {
    let _lock = home.lock()?;
    let spaces = open_spaces(governance.consortium());
    Store::make(home, &spaces)?;
    let mut store = Store::open(home, &spaces, &mut |_| {})?;
    let held = store.read_acts()?;
    let is_new = |act: &&Act| !held.contains(act);
    let writes = governance.acts().filter(is_new).cloned().map(Write::Act).collect();
    store.append(Batch { writes })?;
    store.sync()
}

/// The consortium of a home: that of the first founding charter in its journal of acts. Needs no lock.
///
/// # Errors
/// [`Fault`] if the journal of acts cannot be read.
pub fn consortium(home: &Home) -> Result<Option<ConsortiumId>, Fault> {
    repair::check_acts(home)?;
    if !home.acts().exists() {
        return Ok(None);
    }
    for frame in crate::journal::Reader::new(&home.acts()).frames_from(crate::journal::Position::START) {
        let act = Act::decode(&frame?.bytes);
        if let Some(charter) = act.ok().filter(|act| act.is_first() && act.as_charter().is_some()) {
            return Ok(Some(founding::consortium(&charter)));
        }
    }
    Ok(None)
}

/// The spaces that a home has a journal of from the moment it joins: they are made before the first act is written.
pub(crate) fn open_spaces(consortium: ConsortiumId) -> Vec<SpaceId> {
    vec![OpenSpace::Members.id(&consortium), OpenSpace::Public.id(&consortium)]
}

fn no_node_key(signers: &Signers) -> OpenError {
    let file = signers.missing.iter().find(|(role, _)| *role == Role::Reader).map(|(_, file)| file.clone());
    file.map_or(OpenError::NoNodeKey, |file| OpenError::NodeKeyMissing { file })
}

/// The ends of logs, as the mark knows them.
pub(crate) fn ends(logs: &BTreeMap<LogKey, Log>) -> BTreeMap<OwnLog, End> {
    logs.iter().map(|(key, log)| (OwnLog::of(*key), End::of(log.end))).collect()
}

async fn open_network(
    addresses: Addresses,
    seed: Zeroizing<[u8; 32]>,
    governance: &Governance,
    candidacy: &Candidacy,
    door: &Arc<Door>,
) -> Result<(Network, tokio::sync::mpsc::Receiver<crate::network::Event>), Fault> {
    let own = SecretKey::from_seed(&seed).public();
    let members = candidacy.nodes(governance);
    let sponsor = candidacy.addresses().filter(|(node, _)| members.contains_key(node)).map(|(_, address)| address);
    let peers = addresses.peers.into_iter().chain(sponsor).collect();
    let members = members.into_iter().filter(|(node, _)| *node != NodeId::new(*own.as_bytes())).collect();
    let settings = Settings { seed, listen: addresses.listen, peers, members };
    Ok(Network::start_with(settings, Some(Arc::clone(door))).await?)
}

/// An open home that several tasks share.
pub type Shared = Arc<Node>;

#[cfg(test)]
mod tests;
