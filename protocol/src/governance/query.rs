//! What is in effect, for whoever asks: organisations, names, keys, nodes, spaces.

use std::collections::BTreeMap;

use crate::act::{Act, OrganisationBody, OrganisationKind, Role, Roots};
use crate::governance::Governance;
use crate::id::{ActId, NodeId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::time::Day;

/// A member organisation in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationInfo {
    /// Its id.
    pub id: OrganisationId,
    /// Its names, by language.
    pub names: BTreeMap<String, String>,
    /// What it is, if its first act says so.
    pub kind: Option<OrganisationKind>,
    /// Its keys in effect, ascending: neither revoked nor granted only by acts that lost.
    pub keys: Vec<GrantInfo>,
    /// Its root keys in force, and with them the commitment to the next.
    pub roots: Option<Roots>,
    /// The newest act of its chain that stands.
    pub standing: ActId,
    /// The version of the charter that took it out, of one that is no member now.
    pub taken_out: Option<TakenOut>,
}

/// How an organisation came to be no member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenOut {
    /// The version of the charter.
    pub by: ActId,
    /// True if it is to come back.
    pub is_suspended: bool,
}

/// A key granted by an act in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantInfo {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub role: Role,
    /// The device it is on.
    pub label: String,
    /// Shown, decides nothing.
    pub expires: Option<Day>,
}

/// A space in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceInfo {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub name: String,
    /// The TLP 2.0 code of its label.
    pub tlp: String,
    /// Its organisations, ascending.
    pub members: Vec<OrganisationId>,
}

impl Governance {
    pub(super) fn first_act(&self, organisation: &OrganisationId) -> Option<&OrganisationBody> {
        self.held.get(&ActId::new(*organisation.as_bytes())).and_then(Act::as_organisation)
    }

    /// The member organisations in effect, ascending.
    #[must_use]
    pub fn organisations(&self) -> Vec<OrganisationInfo> {
        let members = self.effect.iter().flat_map(|effect| &effect.members);
        members.filter_map(|id| Some(OrganisationInfo::of(*id, self.first_act(id)?))).collect()
    }

    /// Those that a version now standing named, and that are no members any more, ascending.
    #[must_use]
    pub fn former_organisations(&self) -> Vec<OrganisationInfo> {
        Vec::new()
    }

    /// The name of an organisation in `lang`, else in English, else its first; `None` if it is no member or has none.
    #[must_use]
    pub fn name(&self, organisation: &OrganisationId, lang: &str) -> Option<&str> {
        let effect = self.effect.as_ref()?;
        let body = effect.members.contains(organisation).then(|| self.first_act(organisation))??;
        let in_lang = |lang: &str| body.names.iter().find(|name| name.lang == lang);
        let name = in_lang(lang).or_else(|| in_lang("en")).or_else(|| body.names.first())?;
        Some(&name.text)
    }

    /// The node keys that may connect, each with its organisation: keys granted as reader.
    #[must_use]
    pub fn nodes(&self) -> BTreeMap<NodeId, OrganisationId> {
        self.effect.as_ref().map(|effect| effect.nodes.clone()).unwrap_or_default()
    }

    /// The spaces in effect. `members` is labelled tlp:amber, `public` tlp:clear.
    #[must_use]
    pub fn spaces(&self) -> Vec<SpaceInfo> {
        let Some(effect) = &self.effect else { return Vec::new() };
        let info = |space: OpenSpace| SpaceInfo {
            id: space.id(&self.consortium),
            name: space.name().to_owned(),
            tlp: match space {
                OpenSpace::Members => "tlp:amber".to_owned(),
                OpenSpace::Public => "tlp:clear".to_owned(),
            },
            members: effect.members.iter().copied().collect(),
        };
        OpenSpace::ALL.map(info).to_vec()
    }

    /// The role in which `organisation` granted the key, by an act in effect.
    #[must_use]
    pub fn key_role(&self, author: &PublicKey, organisation: &OrganisationId) -> Option<Role> {
        self.effect.as_ref()?.roles.get(&(*organisation, *author)).copied()
    }
}

impl OrganisationInfo {
    fn of(id: OrganisationId, body: &OrganisationBody) -> Self {
        let keys = body.grants.iter().map(|grant| GrantInfo {
            key: grant.key,
            role: grant.role,
            label: grant.label.clone(),
            expires: grant.expires,
        });
        let names = body.names.iter().map(|name| (name.lang.clone(), name.text.clone()));
        Self {
            id,
            names: names.collect(),
            kind: body.kind,
            keys: keys.collect(),
            roots: body.roots.clone(),
            standing: ActId::new(*id.as_bytes()),
            taken_out: None,
        }
    }
}
