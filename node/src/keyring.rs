//! The keys of a home: which of them are unlocked, which are granted now, and which sign what. DESIGN §8; ADR 0005.
//!
//! A key that its organisation grants while the node runs is used at once, and one that is revoked no more. So keys that sign
//! entries are unlocked before they are granted, and wait. Root keys are never among them, nor is the passphrase kept: a key that
//! is made while the node runs is handed in by the command that made it, over the socket that only the owner may use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::act::Role;
use isnad_protocol::attestation::NodeLine;
use isnad_protocol::governance::{Governance, OrganisationInfo};
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::replica::Attester;
use zeroize::Zeroizing;

use crate::candidacy::Candidacy;
use crate::config::Config;
use crate::contribution::{Signer, Signers, Silenced};
use crate::fault::Fault;
use crate::governing::requests;
use crate::home::Home;
use crate::identity;
use crate::keystore::{KeyInfo, Keystore, Purpose, Secret, Unlocker};

/// The keys of one home.
#[derive(Debug)]
pub struct Keyring {
    home: Home,
    candidacy: Candidacy,
    /// What lies in the home.
    infos: Vec<KeyInfo>,
    /// Those that sign entries, granted or not.
    unlocked: BTreeMap<PublicKey, Arc<SecretKey>>,
    node: Option<Secret>,
    /// True if it was opened with a passphrase: where it was not, nobody misses a key.
    is_unlocked: bool,
    state: Granted,
}

/// What governance says of the keys of a home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Granted {
    own: Option<OrganisationId>,
    /// Every key that the organisation grants, here or not.
    of_organisation: BTreeSet<PublicKey>,
    /// Those that lie here.
    here: BTreeSet<PublicKey>,
}

impl Keyring {
    /// Reads what the home holds, and unlocks what signs entries or opens connections.
    ///
    /// # Errors
    /// [`Fault`] if a key that is granted cannot be read or unlocked.
    pub fn open(
        home: &Home,
        governance: &Governance,
        candidacy: &Candidacy,
        unlocker: Option<&mut Unlocker>,
    ) -> Result<Self, Fault> {
        let mut keyring = Self {
            home: home.clone(),
            candidacy: candidacy.clone(),
            infos: listed(home)?,
            unlocked: BTreeMap::new(),
            node: None,
            is_unlocked: unlocker.is_some(),
            state: Granted::default(),
        };
        keyring.state = keyring.granted_by(governance);
        if let Some(unlocker) = unlocker {
            keyring.unlock_all(governance, unlocker)?;
        }
        Ok(keyring)
    }

    fn unlock_all(&mut self, governance: &Governance, unlocker: &mut Unlocker) -> Result<(), Fault> {
        if self.infos.is_empty() {
            return Ok(());
        }
        let store = Keystore::open(&self.home.keys())?;
        for info in self.infos.clone() {
            let key = PublicKey::new(info.public);
            let role = self.role(governance, &key).map(|(_, role)| role);
            if info.purpose == Purpose::Peer && role == Some(Role::Reader) {
                self.node = Some(store.unlock(&info, unlocker)?);
            }
            if !signs_entries(info.purpose) || (role.is_none() && self.was_granted(governance, &key)) {
                continue;
            }
            match store.unlock(&info, unlocker) {
                Ok(seed) => {
                    self.keep(&seed);
                }
                Err(fault) if role.is_some() => return Err(fault),
                // Nothing needs it yet: it must not keep the node from starting.
                Err(fault) => tracing::warn!(%fault, "a key that is not granted yet stays locked"),
            }
        }
        Ok(())
    }

    fn keep(&mut self, seed: &Secret) -> PublicKey {
        let key = SecretKey::from_seed(seed.as_bytes());
        let public = key.public();
        self.unlocked.insert(public, Arc::new(key));
        public
    }

    /// Takes a key that a command has unlocked; `None` if its file does not lie in this home, or it signs no entries.
    ///
    /// # Errors
    /// [`Fault`] if the folder of keys cannot be read.
    pub fn hand_in(&mut self, seed: &Secret) -> Result<Option<PublicKey>, Fault> {
        self.infos = listed(&self.home)?;
        let public = SecretKey::from_seed(seed.as_bytes()).public();
        let is_it = |info: &KeyInfo| info.public == *public.as_bytes() && signs_entries(info.purpose);
        Ok(self.infos.iter().any(is_it).then(|| self.keep(seed)))
    }

    /// Takes what is in effect now, and looks into the folder again where another set of keys is granted. `true` if it says
    /// anything else of the home's keys than before.
    ///
    /// # Errors
    /// [`Fault`] if the folder of keys cannot be read; nothing is changed then.
    pub fn review(&mut self, governance: &Governance) -> Result<bool, Fault> {
        let mut state = self.granted_by(governance);
        if state.of_organisation != self.state.of_organisation || state.own != self.state.own {
            self.infos = listed(&self.home)?;
            state = self.granted_by(governance);
        }
        let is_new = state != self.state;
        self.state = state;
        Ok(is_new)
    }

    fn granted_by(&self, governance: &Governance) -> Granted {
        let keys = self.infos.iter().map(|info| PublicKey::new(info.public));
        let is_granted = |key: &PublicKey| governance.is_granted(key) || self.candidacy.role(governance, key).is_some();
        let here = keys.filter(is_granted).collect();
        let members = governance.organisations();
        let is_here = |key: &PublicKey| self.infos.iter().any(|info| info.public == *key.as_bytes());
        let holds = |member: &&OrganisationInfo| member.keys.iter().any(|grant| is_here(&grant.key));
        let candidate = self.candidacy.member(governance);
        let own = members.iter().find(holds).or_else(|| members.iter().find(|member| Some(member.id) == candidate));
        let of_organisation = own.map(|own| own.keys.iter().map(|grant| grant.key).collect()).unwrap_or_default();
        Granted { own: own.map(|own| own.id), of_organisation, here }
    }

    /// The role in which the organisation of this home grants a key, or will once it is admitted.
    fn role(&self, governance: &Governance, key: &PublicKey) -> Option<(OrganisationId, Role)> {
        let granted = |own: OrganisationId| Some((own, governance.key_role(key, &own)?));
        self.state.own.and_then(granted).or_else(|| self.candidacy.role(governance, key))
    }

    /// True for a key that was granted once: one that is revoked waits for nothing.
    fn was_granted(&self, governance: &Governance, key: &PublicKey) -> bool {
        self.state.own.is_some_and(|own| governance.key(&own, key).is_some_and(|known| !known.revoked_by.is_empty()))
    }

    /// The home.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// The member whose home this is.
    #[must_use]
    pub const fn own(&self) -> Option<OrganisationId> {
        self.state.own
    }

    /// Public halves of every key in the home that is granted, unlocked or not.
    #[must_use]
    pub const fn granted(&self) -> &BTreeSet<PublicKey> {
        &self.state.here
    }

    /// The node key, unlocked or not; zero where there is none.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        let is_granted = |info: &&KeyInfo| self.state.here.contains(&PublicKey::new(info.public));
        let peer = self.infos.iter().filter(is_granted).find(|info| info.purpose == Purpose::Peer);
        peer.map_or(NodeId::ZERO, |info| NodeId::new(info.public))
    }

    /// The seed of the node key, if it is unlocked.
    #[must_use]
    pub fn node_seed(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.node.as_ref().map(|seed| Zeroizing::new(*seed.as_bytes()))
    }

    /// The keys that sign entries now, of those that `may` sign.
    #[must_use]
    pub fn signers(&self, governance: &Governance, may: impl Fn(&PublicKey) -> bool) -> Signers {
        let mut signers = Signers::default();
        for info in &self.infos {
            let key = PublicKey::new(info.public);
            let Some((organisation, role)) = self.role(governance, &key) else {
                signers.silenced.extend(self.silenced(governance, key));
                continue;
            };
            if !may(&key) || requests::purpose(role) != info.purpose || !signs_entries(info.purpose) {
                continue;
            }
            match self.unlocked.get(&key) {
                Some(key) => signers.unlocked.push(Signer { key: Arc::clone(key), organisation, role }),
                None if self.is_unlocked => signers.locked.push((role, key)),
                None => {}
            }
        }
        if self.is_unlocked && self.home.keys().exists() {
            signers.missing = self.missing(governance);
        }
        signers
    }

    /// A key that its organisation granted once, and that signs nothing any more.
    fn silenced(&self, governance: &Governance, key: PublicKey) -> Option<Silenced> {
        let organisation = self.candidacy.organisation().filter(|_| self.is_unlocked)?;
        governance.key(&organisation, &key).map(|info| Silenced { key, organisation, role: info.role })
    }

    /// The keys that this home was made with, that are still granted, and whose files are gone.
    fn missing(&self, governance: &Governance) -> Vec<(Role, String)> {
        let Ok(act) = identity::own_act(&self.home) else { return Vec::new() };
        let grants = act.as_organisation().map(|body| body.grants.as_slice()).unwrap_or_default();
        let is_held = |key: &PublicKey| self.infos.iter().any(|info| info.public == *key.as_bytes());
        // Another machine of the organisation was made with keys of its own: it lacks none of these.
        if !self.infos.is_empty() && !grants.iter().any(|grant| is_held(&grant.key)) {
            return Vec::new();
        }
        let is_granted = |key: &PublicKey| self.role(governance, key).is_some();
        let gone = grants.iter().filter(|grant| is_granted(&grant.key) && !is_held(&grant.key));
        let file = |purpose: Purpose, key: &PublicKey| format!("keys/{}", purpose.file_name(key.as_bytes()));
        gone.map(|grant| (grant.role, file(requests::purpose(grant.role), &grant.key))).collect()
    }

    /// Who attests for the home, and how, as its owner chose.
    ///
    /// # Errors
    /// [`Fault`] if the configuration cannot be read.
    pub fn attester(&self, signers: &Signers) -> Result<Option<Attester>, Fault> {
        let Some(signer) = signers.attesting() else { return Ok(None) };
        let path = self.home.config();
        let config = if path.exists() { Config::load(&path)? } else { Config::default() };
        let node =
            self.node.as_ref().map(|seed| NodeId::new(*SecretKey::from_seed(seed.as_bytes()).public().as_bytes()));
        let line = |address: String| Some(NodeLine { node: node?, address });
        Ok(Some(Attester {
            key: signer.key.public(),
            organisation: signer.organisation,
            nodes: config.announce.into_iter().filter_map(line).collect(),
            after_ms: config.attest_after.saturating_mul(1_000),
        }))
    }
}

fn listed(home: &Home) -> Result<Vec<KeyInfo>, Fault> {
    if home.keys().exists() { Keystore::open(&home.keys())?.list() } else { Ok(Vec::new()) }
}

const fn signs_entries(purpose: Purpose) -> bool {
    match purpose {
        Purpose::Contributor | Purpose::Publisher | Purpose::Node => true,
        Purpose::Root | Purpose::NextRoot | Purpose::Admin | Purpose::Peer => false,
    }
}
