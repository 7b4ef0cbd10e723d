//! A home whose organisation is no member yet: what its first act grants, and the node by whose invitation it joined.
//!
//! The file `sponsor` of a home names that node and its addresses. Until the organisation is a member, this node dials it and
//! lets it in, whatever governance says, for it may hold no more of that than the charter; from then on governance decides.

use std::collections::BTreeMap;

use isnad_protocol::act::{Act, OrganisationBody, Role};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ConsortiumId, NodeId, OrganisationId};
use isnad_protocol::joining::Invitation;
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::identity::{self, IdentityError};
use crate::keystore::{Keystore, Purpose, Unlocker};
use crate::network::{self, CallError, Members};

/// Bytes of the file of a sponsor: eight addresses.
const FILE_BYTES: usize = 16 << 10;

/// Who invited this home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sponsor {
    /// The consortium.
    pub consortium: ConsortiumId,
    /// The node.
    pub node: NodeId,
    /// Where it is reached.
    pub addresses: Vec<String>,
}

impl Sponsor {
    /// Reads that of a home; `None` for one that joined by a file.
    ///
    /// # Errors
    /// [`Fault`] if it cannot be read.
    pub fn of(home: &Home) -> Result<Option<Self>, Fault> {
        let path = home.sponsor();
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read_secret(&path, FILE_BYTES)?;
        // One that is not understood is none: its addresses can be given in isnad.toml.
        let sponsor = serde_json::from_slice(&bytes);
        Ok(sponsor.inspect_err(|error| tracing::warn!(%error, "the file of the sponsor is not understood")).ok())
    }

    pub(crate) fn save(&self, home: &Home) -> Result<(), Fault> {
        let json = serde_json::to_vec(self).map_err(|error| Fault::Index { reason: error.to_string() })?;
        files::replace(&home.sponsor(), &json)
    }
}

/// The organisation of a home, member or not, and who invited it.
#[derive(Debug, Clone, Default)]
pub struct Candidacy {
    act: Option<Act>,
    sponsor: Option<Sponsor>,
}

impl Candidacy {
    /// Reads that of a home.
    ///
    /// # Errors
    /// [`Fault`] if it cannot be read.
    pub fn of(home: &Home, consortium: ConsortiumId) -> Result<Self, Fault> {
        let sponsor = Sponsor::of(home)?.filter(|sponsor| sponsor.consortium == consortium);
        Ok(Self { act: identity::own_act(home).ok(), sponsor })
    }

    /// This home's organisation, member or not.
    #[must_use]
    pub fn organisation(&self) -> Option<OrganisationId> {
        self.act.as_ref()?.organisation()
    }

    /// This home's organisation, if it is no member.
    #[must_use]
    pub fn waiting(&self, governance: &Governance) -> Option<OrganisationId> {
        let own = self.act.as_ref()?.organisation()?;
        self.member(governance).is_none().then_some(own)
    }

    /// This home's organisation, if it is a member.
    #[must_use]
    pub fn member(&self, governance: &Governance) -> Option<OrganisationId> {
        let own = self.act.as_ref()?.organisation()?;
        governance.organisations().iter().any(|member| member.id == own).then_some(own)
    }

    /// The names of this home's organisation by language, as its first act says.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, String> {
        let body = self.act.as_ref().and_then(Act::as_organisation);
        body.map(OrganisationBody::names_by_language).unwrap_or_default()
    }

    /// The role of a key of this home by its own first act, while the organisation is no member: it is ready for the moment of
    /// admission, and signs nothing before.
    #[must_use]
    pub fn role(&self, governance: &Governance, key: &PublicKey) -> Option<(OrganisationId, Role)> {
        let organisation = self.waiting(governance)?;
        let grants = &self.act.as_ref()?.as_organisation()?.grants;
        grants.iter().find(|grant| grant.key == *key).map(|grant| (organisation, grant.role))
    }

    /// The nodes that may connect: those of the members, and while this home waits also that of its sponsor.
    #[must_use]
    pub fn nodes(&self, governance: &Governance) -> Members {
        let sponsor = self.sponsor.as_ref().filter(|_| self.waiting(governance).is_some());
        let members = governance.nodes().into_iter().map(|(node, organisation)| (node, Some(organisation)));
        sponsor.map(|sponsor| (sponsor.node, None)).into_iter().chain(members).collect()
    }

    /// Where the sponsor is reached, for it and no other node: each address with the node that is to answer.
    pub fn addresses(&self) -> impl Iterator<Item = (NodeId, String)> + '_ {
        let sponsor = self.sponsor.iter();
        sponsor.flat_map(|sponsor| sponsor.addresses.iter().map(|address| (sponsor.node, address))).filter_map(
            |(node, address)| {
                let bare = address.split("/p2p/").next().unwrap_or_default();
                network::peer_id_text(node).map(|peer| (node, format!("{bare}/p2p/{peer}")))
            },
        )
    }

    /// Who invited it.
    #[must_use]
    pub const fn sponsor(&self) -> Option<&Sponsor> {
        self.sponsor.as_ref()
    }
}

/// Why a home did not become a candidate's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The home has no organisation, or no node key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The disk or a key.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The sponsor.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The home holds no node key that its first act grants.
    #[error("this home holds no node key")]
    NoNodeKey,
}

/// Joins by an invitation: hands over the home's first act, and keeps the charter and where the sponsor is. Doing it again, as
/// after a broken connection, changes nothing.
///
/// # Errors
/// [`ApplyError`]; the home is as it was.
pub async fn apply(home: &Home, invitation: Invitation, unlocker: &mut Unlocker) -> Result<Governance, ApplyError> {
    // Held meanwhile, so that no node starts on half of it.
    let lock = home.lock()?;
    let act = identity::own_act(home)?;
    let grants = act.as_organisation().map(|body| body.grants.as_slice()).unwrap_or_default();
    let keys = Keystore::open(&home.keys())?;
    let is_node_key =
        |public: &[u8; 32]| grants.iter().any(|grant| grant.role == Role::Reader && grant.key.as_bytes() == public);
    let infos = keys.list()?;
    let info = infos.iter().find(|info| info.purpose == Purpose::Peer && is_node_key(&info.public));
    let seed = Zeroizing::new(*keys.unlock(info.ok_or(ApplyError::NoNodeKey)?, unlocker)?.as_bytes());
    let (consortium, node) = (invitation.consortium, invitation.node);
    let sponsor = Sponsor { consortium, node, addresses: invitation.addresses.clone() };
    let governance = network::call(seed, invitation, &act).await?;
    // First whom to ask, then what makes the home a candidate's: one that was cut off in between joins again.
    sponsor.save(home)?;
    drop(lock);
    crate::node::join(home, &governance)?;
    Ok(governance)
}
