//! What is in effect, for whoever asks: organisations, names, keys, nodes, spaces; and of each act whether it is.

use std::collections::BTreeMap;

use crate::act::{Act, Kind, OrganisationBody, OrganisationKind, Role};
use crate::governance::Governance;
use crate::id::{ActId, NodeId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::time::Day;

/// Whether an act is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActStatus {
    /// It is.
    InEffect,
    /// It is held, and waits.
    NotInEffectYet {
        /// For what.
        why: Wait,
    },
}

/// What an act that is held waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The founding charter: for the signatures, or the first acts, of these members.
    Members(Vec<OrganisationId>),
    /// A first act: for its own root keys.
    OwnSignatures,
    /// A first act: for the charter.
    Charter,
    /// The rules by which later acts take effect are not in this version.
    LaterVersion,
}

/// A member organisation in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationInfo {
    /// Its id.
    pub id: OrganisationId,
    /// Its names, by language.
    pub names: BTreeMap<String, String>,
    /// What it is, if its first act says so.
    pub kind: Option<OrganisationKind>,
    /// Its keys, ascending.
    pub keys: Vec<GrantInfo>,
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

    /// Whether an act is in effect; `None` if it is not held.
    #[must_use]
    pub fn status(&self, id: &ActId) -> Option<ActStatus> {
        let act = self.held.get(id)?;
        let why = match (act.is_first(), act.kind()) {
            (true, Kind::Charter) => Wait::Members(self.missing_signatures()),
            (true, Kind::Organisation) => self.first_act_waits(act),
            (false, _) | (true, Kind::Space) => Wait::LaterVersion,
        };
        let is_founding = matches!(why, Wait::Members(_) | Wait::Charter);
        let is_in_effect = self.effect.is_some() && is_founding;
        Some(if is_in_effect { ActStatus::InEffect } else { ActStatus::NotInEffectYet { why } })
    }

    /// What the first act of an organisation waits for while the charter is not in effect.
    fn first_act_waits(&self, act: &Act) -> Wait {
        let organisation = act.organisation().unwrap_or(OrganisationId::ZERO);
        let founding = self.founding().and_then(Act::as_charter);
        let is_founder = founding.is_some_and(|charter| charter.members.binary_search(&organisation).is_ok());
        let is_valid = self.chains.get(&organisation).is_some_and(|chain| chain.is_valid(&act.id()));
        match (is_valid, is_founder) {
            (false, _) => Wait::OwnSignatures,
            (true, true) => Wait::Charter,
            (true, false) => Wait::LaterVersion,
        }
    }

    /// The member organisations in effect, ascending.
    #[must_use]
    pub fn organisations(&self) -> Vec<OrganisationInfo> {
        let members = self.effect.iter().flat_map(|effect| &effect.members);
        members.filter_map(|id| Some(OrganisationInfo::of(*id, self.first_act(id)?))).collect()
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
        Self { id, names: names.collect(), kind: body.kind, keys: keys.collect() }
    }
}
