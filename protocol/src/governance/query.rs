//! What is in effect, for whoever asks: organisations, names, keys, nodes, spaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::act::{Act, Grant, OrganisationBody, OrganisationKind, Role, Roots};
use crate::governance::Governance;
use crate::governance::spaces::SpaceStanding;
use crate::governance::stand::Standing;
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
    /// Keys that it revoked, in the order of their grants.
    pub revoked_keys: Vec<GrantInfo>,
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
        let Some(effect) = &self.effect else { return Vec::new() };
        let all = effect.organisations.iter().filter(|(id, _)| effect.charter.is_member(id));
        all.filter_map(|(id, standing)| self.organisation_info(id, standing)).collect()
    }

    /// Those that a version now standing named, and that are no members any more, ascending.
    #[must_use]
    pub fn former_organisations(&self) -> Vec<OrganisationInfo> {
        let Some(effect) = &self.effect else { return Vec::new() };
        let all = effect.organisations.iter().filter(|(id, _)| !effect.charter.is_member(id));
        all.filter_map(|(id, standing)| self.organisation_info(id, standing)).collect()
    }

    fn organisation_info(&self, id: &OrganisationId, standing: &Standing) -> Option<OrganisationInfo> {
        let chain = self.chains.get(id)?;
        let bodies = || standing.acts.iter().filter_map(|act| self.held.get(act)?.as_organisation());
        let is_live = |key: &PublicKey| self.revokers(chain, standing, key).next().is_none();
        let (mut keys, revoked_keys): (Vec<_>, Vec<_>) =
            bodies().flat_map(|body| &body.grants).map(GrantInfo::of).partition(|grant| is_live(&grant.key));
        keys.sort_by_key(|grant| grant.key);
        Some(OrganisationInfo {
            id: *id,
            names: bodies().rev().fold(BTreeMap::new(), |mut names, body| {
                body.add_names(&mut names);
                names
            }),
            kind: self.first_act(id)?.kind,
            keys,
            revoked_keys,
            roots: bodies().rev().find_map(|body| body.roots.clone()),
            standing: standing.last()?,
            taken_out: self.taken_out(id),
        })
    }

    /// That a version now standing took an organisation out.
    #[must_use]
    pub fn taken_out(&self, organisation: &OrganisationId) -> Option<TakenOut> {
        let out = self.effect.as_ref()?.charter.taken_out.get(organisation)?;
        Some(TakenOut { by: out.by, is_suspended: out.is_suspended })
    }

    /// The name of an organisation in `lang`, else in English, else its first; `None` if no version of the charter that stands
    /// names it, or it has none.
    #[must_use]
    pub fn name(&self, organisation: &OrganisationId, lang: &str) -> Option<&str> {
        let standing = self.effect.as_ref()?.organisations.get(organisation)?;
        let bodies = || standing.acts.iter().rev().filter_map(|act| self.held.get(act)?.as_organisation());
        let names = || bodies().flat_map(|body| &body.names);
        let in_lang = |lang: &str| names().find(|name| name.lang == lang);
        let name = in_lang(lang).or_else(|| in_lang("en")).or_else(|| names().next())?;
        Some(&name.text)
    }

    /// The node keys that may connect now, each with its organisation: keys granted as reader and not revoked. Of two that
    /// grant one node key, the lower id has it: the same on every replica.
    #[must_use]
    pub fn nodes(&self) -> BTreeMap<NodeId, OrganisationId> {
        let mut nodes = BTreeMap::new();
        let Some(effect) = &self.effect else { return nodes };
        for (organisation, standing) in effect.organisations.iter().filter(|(id, _)| effect.charter.is_member(id)) {
            for key in &standing.nodes {
                nodes.entry(NodeId::new(*key.as_bytes())).or_insert(*organisation);
            }
        }
        nodes
    }

    /// The spaces in effect of which everyone is a member. `members` is labelled tlp:amber, `public` tlp:clear.
    #[must_use]
    pub fn spaces(&self) -> Vec<SpaceInfo> {
        let Some(last) = self.effect.as_ref().and_then(|effect| effect.charter.last()) else { return Vec::new() };
        let info = |space: OpenSpace| SpaceInfo {
            id: space.id(&self.consortium),
            name: space.name().to_owned(),
            tlp: match space {
                OpenSpace::Members => "tlp:amber".to_owned(),
                OpenSpace::Public => "tlp:clear".to_owned(),
            },
            members: last.members.iter().copied().collect(),
        };
        OpenSpace::ALL.map(info).to_vec()
    }

    /// The restricted spaces in effect whose acts are held, ascending.
    #[must_use]
    pub fn restricted_spaces(&self) -> Vec<SpaceInfo> {
        let spaces = self.effect.iter().flat_map(|effect| &effect.spaces);
        let info = |(id, space): (&ActId, &Arc<SpaceStanding>)| {
            let last = space.standing.last()?;
            let body = self.held.get(&last.act)?.as_space()?;
            Some(SpaceInfo {
                id: SpaceId::new(*id.as_bytes()),
                name: body.name.clone(),
                tlp: body.tlp.clone(),
                members: body.members.clone(),
            })
        };
        spaces.filter_map(info).collect()
    }
}

impl GrantInfo {
    fn of(grant: &Grant) -> Self {
        Self { key: grant.key, role: grant.role, label: grant.label.clone(), expires: grant.expires }
    }
}
