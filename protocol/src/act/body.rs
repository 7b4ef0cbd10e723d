//! The body of an act: strict JSON whose every member is named here. format §4.

use crate::act::member::{Members, as_hex};
use crate::act::{DecodeError, Kind, Place};
use crate::encoding::json::{self, Json, Object};
use crate::id::{ActId, OrganisationId};

mod charter;
mod organisation;
mod space;

pub use charter::{Charter, Removal, Settlement};
pub use organisation::{Name, OrganisationBody, OrganisationKind, Revocation, Roots, next_key_hash};
pub use space::SpaceBody;

/// What an act says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Of the consortium.
    Charter(Charter),
    /// Of an organisation.
    Organisation(OrganisationBody),
    /// Of a restricted space.
    Space(SpaceBody),
}

impl Body {
    /// What the act is a step of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Charter(_) => Kind::Charter,
            Self::Organisation(_) => Kind::Organisation,
            Self::Space(_) => Kind::Space,
        }
    }

    pub(super) fn decode(kind: Kind, place: &Place, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut members = Members::of(json::decode(bytes)?, "body")?;
        let body = match kind {
            Kind::Charter => Self::Charter(Charter::decode(&mut members)?),
            Kind::Organisation => Self::Organisation(OrganisationBody::decode(&mut members, place)?),
            Kind::Space => Self::Space(SpaceBody::decode(&mut members, place)?),
        };
        members.finish()?;
        Ok(body)
    }

    /// The value whose canonical bytes are signed.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(match self {
            Self::Charter(charter) => charter.to_members(),
            Self::Organisation(organisation) => organisation.to_members(),
            Self::Space(space) => space.to_members(),
        })
    }
}

fn decode_organisation(value: Json, name: &'static str) -> Result<OrganisationId, DecodeError> {
    as_hex(&value, name).map(OrganisationId::new)
}

fn decode_act(value: Json, name: &'static str) -> Result<ActId, DecodeError> {
    as_hex(&value, name).map(ActId::new)
}

/// The drafts that an act is signed instead of.
fn decode_instead(members: &mut Members) -> Result<Vec<ActId>, DecodeError> {
    members.optional_list("instead", |value| decode_act(value, "instead"), |id| *id)
}

fn ids_to_json<T: ToString>(ids: &[T]) -> Json {
    Json::List(ids.iter().map(|id| Json::Text(id.to_string())).collect())
}

/// Adds a list, unless it is empty.
fn insert_list(object: &mut Object, name: &str, items: Vec<Json>) {
    if !items.is_empty() {
        object.insert(name.to_owned(), Json::List(items));
    }
}

/// Adds a member.
fn insert(object: &mut Object, name: &str, value: Json) {
    object.insert(name.to_owned(), value);
}

fn insert_count(object: &mut Object, name: &str, count: u64) {
    insert(object, name, Json::Int(i64::try_from(count).unwrap_or(i64::MAX)));
}
