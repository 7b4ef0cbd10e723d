//! A home that is open: replica, store, keys, and the network if it is to be reached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use isnad_protocol::act::{Act, Role, founding};
use isnad_protocol::attestation::NodeLine;
use isnad_protocol::governance::{Governance, OrganisationInfo};
use isnad_protocol::id::{ConsortiumId, NodeId, OpenSpace, OrganisationId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::{Log, LogKey};
use isnad_protocol::replica::{Attester, Batch, Heard, Replica, Stored, Write};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::candidacy::Candidacy;
use crate::config::Config;
use crate::contribution::{Contribution, Receipt, Signer, Signers, Silenced};
use crate::door::Door;
use crate::driver::{self, Command, Handle, Parts, Refused, Snapshot};
use crate::fault::Fault;
use crate::governing::requests;
use crate::home::{Home, HomeLock};
use crate::identity;
use crate::index::Index;
use crate::keystore::{KeyInfo, Keystore, Purpose, Unlocker};
use crate::mark::{End, OwnLog};
use crate::network::{Network, Settings};
use crate::signing::Signing;
use crate::store::{Barrier, LogReader, Store};

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
    own: Option<OrganisationId>,
    door: Arc<Door>,
    candidacy: Candidacy,
    signers: Arc<Signers>,
    called: usize,
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
        let mut governance = Governance::replay(consortium, store.read_acts()?);
        let stored = store.index().stored()?;
        // Acts take effect by attestations, and keys by acts: these come before the home's keys are looked at.
        let heard = Heard::read(&mut governance, &stored, &store.log_reader()).map_err(Fault::index)?;
        let candidacy = Candidacy::of(&home, consortium)?;
        let own = own_organisation(&home, &governance)?;
        let mut keys = unlocked(&home, &governance, &candidacy, unlocker.as_mut())?;
        let door = Arc::new(Door::open(&home, keys.node_id, own, Arc::new(governance.clone()))?);
        let signing = Signing::open(&home, &keys.granted, &ends(&stored.logs))?;
        keys.granted.retain(|key| signing.signs_with(key));
        keys.signers.unlocked.retain(|signer| signing.signs_with(&signer.key.public()));
        let called = network.as_ref().map_or(0, |addresses| addresses.peers.len());
        let called = called.saturating_add(candidacy.addresses().count());
        let network = match network {
            Some(addresses) => {
                let seed = keys.node.clone().ok_or_else(|| no_node_key(&keys.signers))?;
                Some(open_network(addresses, seed, &governance, &candidacy, &door).await?)
            }
            None => None,
        };
        let (network, events) = network.unzip();
        let replica = Replica::new(governance, Stored { ..stored }, keys.granted.iter().copied().collect());
        let mut replica = replica.having_heard(heard);
        if let Some(attester) = attester(&home, &keys)? {
            replica = replica.attesting_with(attester, &store.log_reader()).map_err(Fault::index)?;
        }
        let replica = replica.having_closed(&store.log_reader()).map_err(Fault::index)?;
        let (index, barrier, reader) = (store.index().clone(), store.barrier(), store.log_reader());
        let signers = Arc::new(keys.signers);
        let parts = Parts {
            replica,
            store,
            signers: Arc::clone(&signers),
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
        let thread = Some(thread);
        Ok(Self {
            handle,
            index,
            barrier,
            reader,
            home,
            consortium,
            own,
            door,
            candidacy,
            signers,
            called,
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
        self.own.or_else(|| self.candidacy.member(&self.snapshot().governance))
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
        let signer = self.signers.choose(&snapshot.governance, space)?;
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

    /// Takes in the frames of a carried file.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub async fn carry_in(&self, frames: Vec<Vec<u8>>) -> Result<Vec<String>, Refused> {
        self.ask(|answer| Command::CarryIn(frames, answer)).await
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

struct Keys {
    signers: Signers,
    node: Option<Zeroizing<[u8; 32]>>,
    /// The node key, unlocked or not; zero where there is none.
    node_id: NodeId,
    /// Public halves of every key in the home that is granted, unlocked or not.
    granted: Vec<PublicKey>,
}

/// Unlocks what the home holds and its organisation granted.
fn unlocked(
    home: &Home,
    governance: &Governance,
    candidacy: &Candidacy,
    unlocker: Option<&mut Unlocker>,
) -> Result<Keys, Fault> {
    let mut keys = Keys { signers: Signers::default(), node: None, node_id: NodeId::ZERO, granted: Vec::new() };
    if !home.keys().exists() {
        return Ok(keys);
    }
    let store = Keystore::open(&home.keys())?;
    let infos = store.list()?;
    let is_granted = |key: &PublicKey| governance.is_granted(key) || candidacy.role(governance, key).is_some();
    keys.granted = infos.iter().map(|info| PublicKey::new(info.public)).filter(is_granted).collect();
    let peer = infos.iter().find(|info| info.purpose == Purpose::Peer && is_granted(&PublicKey::new(info.public)));
    keys.node_id = peer.map_or(NodeId::ZERO, |info| NodeId::new(info.public));
    let Some(unlocker) = unlocker else { return Ok(keys) };
    keys.signers.missing = missing(home, governance, &infos);
    for info in infos {
        let organisation = governance.organisations().into_iter().find_map(|organisation| {
            Some((organisation.id, governance.key_role(&PublicKey::new(info.public), &organisation.id)?))
        });
        let organisation = organisation.or_else(|| candidacy.role(governance, &PublicKey::new(info.public)));
        let Some((organisation, role)) = organisation else {
            keys.signers.silenced.extend(silenced(governance, candidacy, PublicKey::new(info.public)));
            continue;
        };
        match (info.purpose, role) {
            (Purpose::Peer, Role::Reader) => {
                keys.node = Some(Zeroizing::new(*store.unlock(&info, unlocker)?.as_bytes()));
            }
            (Purpose::Contributor, Role::Contributor)
            | (Purpose::Publisher, Role::Publisher)
            | (Purpose::Node, Role::Node) => {
                let key = SecretKey::from_seed(store.unlock(&info, unlocker)?.as_bytes());
                keys.signers.unlocked.push(Signer { key, organisation, role });
            }
            _ => {}
        }
    }
    Ok(keys)
}

/// A key that its organisation granted once, and that signs nothing any more.
fn silenced(governance: &Governance, candidacy: &Candidacy, key: PublicKey) -> Option<Silenced> {
    let organisation = candidacy.organisation()?;
    governance.key(&organisation, &key).map(|info| Silenced { key, organisation, role: info.role })
}

/// The keys that this home was made with, that are still granted, and whose files are gone.
fn missing(home: &Home, governance: &Governance, held: &[KeyInfo]) -> Vec<(Role, String)> {
    let Ok(act) = identity::own_act(home) else { return Vec::new() };
    let grants = act.as_organisation().map(|body| body.grants.as_slice()).unwrap_or_default();
    let is_held = |key: &PublicKey| held.iter().any(|info| info.public == *key.as_bytes());
    // Another machine of the organisation was made with keys of its own: it lacks none of these.
    if !held.is_empty() && !grants.iter().any(|grant| is_held(&grant.key)) {
        return Vec::new();
    }
    let gone = grants.iter().filter(|grant| governance.is_granted(&grant.key) && !is_held(&grant.key));
    let file = |purpose: Purpose, key: &PublicKey| format!("keys/{}", purpose.file_name(key.as_bytes()));
    gone.map(|grant| (grant.role, file(requests::purpose(grant.role), &grant.key))).collect()
}

/// Who attests for the home, and how, as its owner chose.
fn attester(home: &Home, keys: &Keys) -> Result<Option<Attester>, Fault> {
    let Some(signer) = keys.signers.attesting() else { return Ok(None) };
    let path = home.config();
    let config = if path.exists() { Config::load(&path)? } else { Config::default() };
    let node = keys.node.as_ref().map(|seed| NodeId::new(*SecretKey::from_seed(seed).public().as_bytes()));
    let line = |address: String| Some(NodeLine { node: node?, address });
    Ok(Some(Attester {
        key: signer.key.public(),
        organisation: signer.organisation,
        nodes: config.announce.into_iter().filter_map(line).collect(),
        after_ms: config.attest_after.saturating_mul(1_000),
    }))
}

fn no_node_key(signers: &Signers) -> OpenError {
    let file = signers.missing.iter().find(|(role, _)| *role == Role::Reader).map(|(_, file)| file.clone());
    file.map_or(OpenError::NoNodeKey, |file| OpenError::NodeKeyMissing { file })
}

/// The member whose keys the home holds.
fn own_organisation(home: &Home, governance: &Governance) -> Result<Option<OrganisationId>, Fault> {
    if !home.keys().exists() {
        return Ok(None);
    }
    let held: Vec<PublicKey> =
        Keystore::open(&home.keys())?.list()?.iter().map(|info| PublicKey::new(info.public)).collect();
    let organisations = governance.organisations().into_iter();
    let own = |organisation: &OrganisationInfo| organisation.keys.iter().any(|grant| held.contains(&grant.key));
    Ok(organisations.filter(own).map(|organisation| organisation.id).next())
}

fn ends(logs: &BTreeMap<LogKey, Log>) -> BTreeMap<OwnLog, End> {
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
    let sponsor = candidacy.addresses().filter(|(node, _)| members.contains(node)).map(|(_, address)| address);
    let peers = addresses.peers.into_iter().chain(sponsor).collect();
    let members = members.into_iter().filter(|node| *node != NodeId::new(*own.as_bytes())).collect();
    let settings = Settings { seed, listen: addresses.listen, peers, members };
    Ok(Network::start_with(settings, Some(Arc::clone(door))).await?)
}

/// An open home that several tasks share.
pub type Shared = Arc<Node>;

#[cfg(test)]
mod tests;
