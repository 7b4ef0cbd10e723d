//! What governance says of a log and of an entry: whether it is taken, whether its role may sign it. DESIGN §7, §8.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{OrganisationKind, Role};
use crate::breakage::{self, Breakage};
use crate::entry::Kind;
use crate::governance::{Against, Governance, Position};
use crate::id::{ActId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::log::Authentic;
use crate::standing::{Judge, Standing};

/// What governance has against an entry: the first of the standings that take an entry out of a view. format §8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Its author may not sign this here.
    Unauthorised {
        /// Why not.
        why: Unauthorised,
    },
    /// Its log is forked at this position, before it or where it stands, and it is not held by most.
    Forked {
        /// The lowest position that is known to be taken twice.
        seq: u64,
    },
    /// Beyond what an act lets count; held by most, who acknowledged it before they knew of that.
    Repudiated {
        /// The act.
        by: ActId,
        /// Who acknowledged it, of each organisation the first place in each of its attesting logs.
        acknowledged_by: BTreeMap<OrganisationId, BTreeSet<Position>>,
    },
    /// Beyond what an act lets count.
    Revoked {
        /// The act.
        by: ActId,
    },
}

/// Why an author may not sign an entry where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unauthorised {
    /// No membership in effect gives the organisation this space.
    #[error("its organisation is no member of the space")]
    NotAMember,
    /// No act in effect of the organisation grants the key.
    #[error("its key is not granted by its organisation")]
    NotGranted,
    /// The key's role may not sign this kind of entry in this space.
    #[error("a key of role {} may not sign this here", role.name())]
    Role {
        /// The role of the key.
        role: Role,
    },
}

impl Unauthorised {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAMember => "unauthorised_member",
            Self::NotGranted => "unauthorised_key",
            Self::Role { .. } => "unauthorised_role",
        }
    }
}

/// Why a log is not taken, offered or part of a digest. DESIGN §8, Law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// No version of the space's membership names the organisation, or the space is not known.
    #[error("no membership of the space names its organisation")]
    NotAMember,
    /// No held act of a validly signed chain of the organisation grants the author.
    #[error("no act held of its organisation grants its author")]
    NotGranted,
}

impl NotTaken {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAMember => "log_not_a_member",
            Self::NotGranted => "log_not_granted",
        }
    }
}

impl Governance {
    /// Judges whether a log is taken, offered and part of a digest: until it is, it waits at the peer.
    ///
    /// # Errors
    /// [`NotTaken`] says what is missing.
    pub fn may_take(&self, space: &SpaceId, author: &PublicKey, organisation: &OrganisationId) -> Result<(), NotTaken> {
        if !self.is_takeable(space, organisation) {
            return Err(NotTaken::NotAMember);
        }
        let is_granted = self.chains.get(organisation).is_some_and(|chain| chain.grants(author));
        let is_open = breakage::is_out(Breakage::CrossOrganisationWrite) && self.is_granted(author);
        if is_granted || is_open { Ok(()) } else { Err(NotTaken::NotGranted) }
    }

    /// True if an act held, of whatever organisation, grants the key.
    #[must_use]
    pub fn is_granted(&self, key: &PublicKey) -> bool {
        self.chains.values().any(|chain| chain.grants(key))
    }

    /// Judges an authentic entry; `None` if governance has nothing against it.
    #[must_use]
    pub fn rule(&self, entry: &Authentic) -> Option<Ruling> {
        let header = &entry.entry().header;
        match self.authorise(&header.space, &header.author, &header.organisation, header.kind) {
            Err(why) => Some(Ruling::Unauthorised { why }),
            Ok(()) => self.rule_closed(entry),
        }
    }

    /// Judges what an author may sign where, before there is an entry.
    ///
    /// # Errors
    /// [`Unauthorised`] says why he may not.
    pub fn authorise(
        &self,
        space: &SpaceId,
        author: &PublicKey,
        organisation: &OrganisationId,
        kind: Kind,
    ) -> Result<(), Unauthorised> {
        if !self.ever_names(space, organisation) {
            return Err(Unauthorised::NotAMember);
        }
        let is_public = self.open_space(space) == Some(OpenSpace::Public);
        let role = self.role_for(author, organisation).ok_or(Unauthorised::NotGranted)?;
        let may = may_sign(role, kind, is_public) || breakage::is_out(Breakage::RoleMatrix);
        if may { Ok(()) } else { Err(Unauthorised::Role { role }) }
    }

    /// The role of a key on behalf of an organisation, which is its own: nobody writes another's sheets. None for a key that
    /// is granted behind a halt alone; what one may not do that is revoked, or granted by an act that lost, cuts say.
    fn role_for(&self, author: &PublicKey, organisation: &OrganisationId) -> Option<Role> {
        if breakage::is_out(Breakage::CrossOrganisationWrite) {
            return self.chains.keys().find_map(|organisation| Some(self.key(organisation, author)?.role));
        }
        self.key(organisation, author).filter(|key| !key.after_halt).map(|key| key.role)
    }

    /// True if a version of the space that stands names the organisation, whatever a later one says: of who was taken out, cuts
    /// say what counts.
    fn ever_names(&self, space: &SpaceId, organisation: &OrganisationId) -> bool {
        match (&self.effect, self.open_space(space)) {
            (Some(effect), Some(_)) => effect.charter.named.contains(organisation),
            _ => self.versions(space).0.iter().any(|version| version.members.contains(organisation)),
        }
    }

    /// True if some version of the space names the organisation, with enough signatures as all before it: signatures only
    /// come, so that what may be taken once may be for ever.
    fn is_takeable(&self, space: &SpaceId, organisation: &OrganisationId) -> bool {
        let Some(effect) = &self.effect else { return false };
        if self.open_space(space).is_some() {
            return effect.charter.takeable.contains(organisation);
        }
        let space = effect.spaces.get(&ActId::new(*space.as_bytes()));
        space.is_some_and(|space| space.takeable.contains(organisation))
    }
}

impl Judge for Governance {
    fn judge(&self, entry: &Authentic) -> Option<Standing> {
        let header = &entry.entry().header;
        let may = self.authorise(&header.space, &header.author, &header.organisation, header.kind);
        if may.is_err() {
            return Some(Standing::Unauthorised);
        }
        self.against(entry).map(|against| match against {
            Against::Forked => Standing::Forked,
            Against::Repudiated(_) => Standing::Repudiated,
            Against::Revoked(_) => Standing::Revoked,
        })
    }

    fn is_public(&self, space: SpaceId) -> bool {
        self.open_space(&space) == Some(OpenSpace::Public)
    }

    fn kind_of(&self, organisation: OrganisationId) -> Option<OrganisationKind> {
        self.first_act(&organisation)?.kind
    }
}

/// The table of DESIGN §7. Of a kind that this version does not know, only a reader is known not to sign it.
const fn may_sign(role: Role, kind: Kind, is_public: bool) -> bool {
    match (role, kind) {
        (Role::Reader, _) => false,
        (Role::Contributor, Kind::Change) => !is_public,
        (Role::Publisher, Kind::Change)
        | (Role::Admin, Kind::Redaction)
        | (Role::Node, Kind::Attestation)
        | (Role::Contributor | Role::Publisher | Role::Admin | Role::Node, Kind::Unknown(_)) => true,
        (Role::Contributor | Role::Publisher, Kind::Attestation | Kind::Redaction)
        | (Role::Admin, Kind::Change | Kind::Attestation)
        | (Role::Node, Kind::Change | Kind::Redaction) => false,
    }
}
