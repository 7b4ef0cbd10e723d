//! The body of a restricted space's act: its members and its label. format §4.

use crate::act::body::{Removal, Settlement, decode_instead, decode_organisation, ids_to_json, insert, insert_list};
use crate::act::member::{Members, as_hex, check_filled};
use crate::act::{DecodeError, Place};
use crate::encoding::json::{Json, Object};
use crate::encoding::to_hex;
use crate::id::{ActId, OrganisationId};

/// What a restricted space's act says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceBody {
    /// Drafts of its version that it is signed instead of.
    pub instead: Vec<ActId>,
    /// The organisations of the space, ascending.
    pub members: Vec<OrganisationId>,
    /// Its name, for its members.
    pub name: String,
    /// In the first act: random, so that nobody can guess the space's id.
    pub nonce: Option<[u8; 32]>,
    /// Organisations taken out, ascending.
    pub removed: Vec<Removal>,
    /// Ends a halt, if it is a settlement.
    pub settles: Option<Settlement>,
    /// The TLP 2.0 code of its label.
    pub tlp: String,
}

impl SpaceBody {
    pub(super) fn decode(members: &mut Members, place: &Place) -> Result<Self, DecodeError> {
        let is_first = place.version == 1;
        let space = Self {
            instead: decode_instead(members)?,
            members: members.list("members", |value| decode_organisation(value, "members"), |id| *id)?,
            name: members.text("name")?,
            nonce: if is_first { Some(as_hex(&members.required("nonce")?, "nonce")?) } else { None },
            removed: Removal::decode_list(members)?,
            settles: members.optional("settles").map(Settlement::decode).transpose()?,
            tlp: members.text("tlp")?,
        };
        check_filled(&space.members, "members")?;
        Ok(space)
    }

    pub(super) fn to_members(&self) -> Object {
        let mut object = Object::new();
        insert_list(&mut object, "instead", self.instead.iter().map(|id| Json::Text(id.to_string())).collect());
        insert(&mut object, "members", ids_to_json(&self.members));
        insert(&mut object, "name", Json::text(self.name.as_str()));
        if let Some(nonce) = &self.nonce {
            insert(&mut object, "nonce", Json::text(to_hex(nonce)));
        }
        Removal::insert_list(&mut object, &self.removed);
        if let Some(settlement) = &self.settles {
            insert(&mut object, "settles", settlement.to_json());
        }
        insert(&mut object, "tlp", Json::text(self.tlp.as_str()));
        object
    }
}
