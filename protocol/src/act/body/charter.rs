//! The body of a charter: who is a member, how many must sign, which limits and policies hold. format §4.

use crate::act::body::{
    decode_act, decode_instead, decode_organisation, ids_to_json, insert, insert_count, insert_list,
};
use crate::act::member::{Members, check_filled};
use crate::act::{Cut, DecodeError};
use crate::breakage::{self, Breakage};
use crate::encoding::json::{Json, Object};
use crate::id::{ActId, OrganisationId};

/// What a charter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// Drafts of its version that it is signed instead of.
    pub instead: Vec<ActId>,
    /// Codes with integers or texts; an unknown code does nothing.
    pub limits: Object,
    /// The member organisations, ascending.
    pub members: Vec<OrganisationId>,
    /// The consortium's name.
    pub name: String,
    /// Codes with integers or texts; an unknown code does nothing.
    pub policies: Object,
    /// Organisations admitted under a new first act, each with the one it was: (new, old), ascending.
    pub predecessors: Vec<(OrganisationId, OrganisationId)>,
    /// Organisations taken out, ascending.
    pub removed: Vec<Removal>,
    /// Ends a halt, if it is a settlement.
    pub settles: Option<Settlement>,
    /// How many members must sign the next version: more than half.
    pub threshold: u64,
}

/// An organisation taken out of a charter or a space, and what of it still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its last act that stands.
    pub act: ActId,
    /// Positions for its logs, ascending by log.
    pub cuts: Vec<Cut>,
    /// Which.
    pub organisation: OrganisationId,
    /// True if it is to come back.
    pub is_suspended: bool,
}

/// Ends a halt: the rivals it settles, and who signed two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The double signers, ascending.
    pub double: Vec<OrganisationId>,
    /// The acts that stood against each other, ascending.
    pub rivals: Vec<ActId>,
}

impl Charter {
    /// A charter of these members alone, ascending; limits and all else are for the caller to add.
    #[must_use]
    pub fn new(name: &str, mut members: Vec<OrganisationId>, threshold: u64) -> Self {
        members.sort_unstable();
        Self {
            instead: Vec::new(),
            limits: Object::new(),
            members,
            name: name.to_owned(),
            policies: Object::new(),
            predecessors: Vec::new(),
            removed: Vec::new(),
            settles: None,
            threshold,
        }
    }

    pub(super) fn decode(members: &mut Members) -> Result<Self, DecodeError> {
        let charter = Self {
            instead: decode_instead(members)?,
            limits: members.codes("limits")?,
            members: members.list("members", |value| decode_organisation(value, "members"), |id| *id)?,
            name: members.text("name")?,
            policies: members.codes("policies")?,
            predecessors: members.optional_list("predecessors", decode_predecessor, |pair| *pair)?,
            removed: Removal::decode_list(members)?,
            settles: members.optional("settles").map(Settlement::decode).transpose()?,
            threshold: members.count("threshold")?,
        };
        check_filled(&charter.members, "members")?;
        charter.check_majority()?;
        Ok(charter)
    }

    /// More than half of the members, counted by organisation, and no more than all. DESIGN §7, Law.
    fn check_majority(&self) -> Result<(), DecodeError> {
        let members = self.members.len();
        let is_most = usize::try_from(self.threshold).is_ok_and(|threshold| threshold > members / 2);
        let is_possible = usize::try_from(self.threshold).is_ok_and(|threshold| threshold <= members);
        if is_possible && (is_most || breakage::is_out(Breakage::Subthreshold)) {
            return Ok(());
        }
        Err(DecodeError::Majority { threshold: self.threshold, members })
    }

    pub(super) fn to_members(&self) -> Object {
        let mut object = Object::new();
        insert_list(&mut object, "instead", self.instead.iter().map(|id| Json::Text(id.to_string())).collect());
        for (name, codes) in [("limits", &self.limits), ("policies", &self.policies)] {
            if !codes.is_empty() {
                insert(&mut object, name, Json::Object(codes.clone()));
            }
        }
        insert(&mut object, "members", ids_to_json(&self.members));
        insert(&mut object, "name", Json::text(self.name.as_str()));
        insert_list(
            &mut object,
            "predecessors",
            self.predecessors.iter().map(|(new, old)| ids_to_json(&[new, old])).collect(),
        );
        Removal::insert_list(&mut object, &self.removed);
        if let Some(settlement) = &self.settles {
            insert(&mut object, "settles", settlement.to_json());
        }
        insert_count(&mut object, "threshold", self.threshold);
        object
    }
}

impl Removal {
    pub(super) fn decode_list(members: &mut Members) -> Result<Vec<Self>, DecodeError> {
        members.optional_list("removed", Self::decode, |removal| removal.organisation)
    }

    fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "removed")?;
        let removal = Self {
            act: decode_act(members.required("act")?, "act")?,
            cuts: Cut::decode_list(&mut members)?,
            organisation: decode_organisation(members.required("organisation")?, "organisation")?,
            is_suspended: members.flag("suspended")?,
        };
        members.finish()?;
        Ok(removal)
    }

    pub(super) fn insert_list(object: &mut Object, removed: &[Self]) {
        insert_list(object, "removed", removed.iter().map(Self::to_json).collect());
    }

    fn to_json(&self) -> Json {
        let mut object = Object::new();
        insert(&mut object, "act", Json::Text(self.act.to_string()));
        insert(&mut object, "cuts", Json::List(self.cuts.iter().map(|cut| cut.to_json()).collect()));
        insert(&mut object, "organisation", Json::Text(self.organisation.to_string()));
        if self.is_suspended {
            insert(&mut object, "suspended", Json::Bool(true));
        }
        Json::Object(object)
    }
}

impl Settlement {
    pub(super) fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "settles")?;
        let settlement = Self {
            double: members.list("double", |value| decode_organisation(value, "double"), |id| *id)?,
            rivals: members.list("rivals", |value| decode_act(value, "rivals"), |id| *id)?,
        };
        members.finish()?;
        Ok(settlement)
    }

    pub(super) fn to_json(&self) -> Json {
        Json::object([("double", ids_to_json(&self.double)), ("rivals", ids_to_json(&self.rivals))])
    }
}

fn decode_predecessor(value: Json) -> Result<(OrganisationId, OrganisationId), DecodeError> {
    const NAME: &str = "predecessors";
    let Json::List(pair) = value else { return Err(DecodeError::Form { name: NAME }) };
    let [new, old] = <[Json; 2]>::try_from(pair).map_err(|_| DecodeError::Form { name: NAME })?;
    Ok((decode_organisation(new, NAME)?, decode_organisation(old, NAME)?))
}
