//! The body of an organisation's act: root keys, the hashes of the next, grants and revocations. format §4.

use std::collections::BTreeMap;

use crate::act::body::{insert, insert_count, insert_list};
use crate::act::grant::{self, Grant, GrantSubject};
use crate::act::member::{Members, as_hex, check_filled};
use crate::act::{Cut, DecodeError, Place};
use crate::encoding::json::{Json, Object};
use crate::encoding::{Tag, hash, tag, to_hex};
use crate::id::OrganisationId;
use crate::key::PublicKey;
use crate::limits;
use crate::model::values::is_language;

const NEXT_TAG: Tag = tag("ISNAD-NEXT-v1");

/// The commitment to a root key that is not in use yet.
#[must_use]
pub fn next_key_hash(key: &PublicKey) -> [u8; 32] {
    hash(&NEXT_TAG, &[key.as_bytes()])
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationKind {
    /// A state, through one of its authorities.
    State,
    /// A non-governmental organisation.
    Ngo,
    /// An international body.
    International,
}

impl OrganisationKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::State, Self::Ngo, Self::International];

    /// The word in the body.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Ngo => "ngo",
            Self::International => "international",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// A name in one language. A label only: identity is the id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The language, such as `ar`, `en` or `fr`.
    pub lang: String,
    /// The name.
    pub text: String,
}

/// Root keys with their threshold, and the commitment to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The root keys, ascending.
    pub keys: Vec<PublicKey>,
    /// Hashes of the next root keys, ascending: see [`next_key_hash`].
    pub next: Vec<[u8; 32]>,
    /// How many of the committed keys a rotation takes.
    pub next_threshold: u64,
    /// How many of the root keys an act takes.
    pub threshold: u64,
}

/// A key that counts no longer beyond its cuts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The last positions that still count, ascending by log.
    pub cuts: Vec<Cut>,
    /// The key.
    pub key: PublicKey,
    /// A code.
    pub reason: String,
}

/// What an organisation's act says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganisationBody {
    /// In the first act: an admin key may grant and revoke.
    pub has_admin: bool,
    /// Keys granted, ascending.
    pub grants: Vec<Grant>,
    /// In the first act.
    pub kind: Option<OrganisationKind>,
    /// In the first act and where they change, ascending by language.
    pub names: Vec<Name>,
    /// Keys revoked, ascending.
    pub revocations: Vec<Revocation>,
    /// In the first act and in a rotation, and what makes it one.
    pub roots: Option<Roots>,
}

impl OrganisationBody {
    /// What the organisation calls itself in each language that this act gives it a name in.
    #[must_use]
    pub fn names_by_language(&self) -> BTreeMap<String, String> {
        self.names.iter().map(|name| (name.lang.clone(), name.text.clone())).collect()
    }

    /// Adds its names to those that later acts of its organisation give, in languages that these leave out, as many as one act may have.
    pub fn add_names(&self, later: &mut BTreeMap<String, String>) {
        for name in &self.names {
            if later.len() < limits::ACT_NAMES {
                later.entry(name.lang.clone()).or_insert_with(|| name.text.clone());
            }
        }
    }

    pub(super) fn decode(members: &mut Members, place: &Place) -> Result<Self, DecodeError> {
        let is_first = place.version == 1;
        let body = Self {
            has_admin: is_first && members.flag("admin")?,
            grants: members.optional_list("grants", Grant::decode, |grant| (grant.key, grant.role))?,
            kind: if is_first { members.optional("kind").map(|kind| decode_kind(&kind)).transpose()? } else { None },
            names: members.optional_list("names", Name::decode, |name| name.lang.clone())?,
            revocations: members.optional_list("revocations", Revocation::decode, |revocation| revocation.key)?,
            roots: members.optional("roots").map(Roots::decode).transpose()?,
        };
        if is_first && body.roots.is_none() {
            return Err(DecodeError::MissingMember { name: "roots" });
        }
        if body.names.len() > limits::ACT_NAMES {
            return Err(DecodeError::NameCount { found: body.names.len() });
        }
        let roots = body.roots.as_ref().map_or(&[][..], |roots| &roots.keys);
        let subject = if is_first {
            GrantSubject::of_roots(roots)
        } else {
            GrantSubject::of_organisation(OrganisationId::new(*place.scope.as_bytes()))
        };
        grant::check_grants(&body.grants, &subject, roots)?;
        Ok(body)
    }

    pub(super) fn to_members(&self) -> Object {
        let mut object = Object::new();
        if self.has_admin {
            insert(&mut object, "admin", Json::Bool(true));
        }
        insert_list(&mut object, "grants", self.grants.iter().map(Grant::to_json).collect());
        if let Some(kind) = self.kind {
            insert(&mut object, "kind", Json::text(kind.name()));
        }
        insert_list(&mut object, "names", self.names.iter().map(Name::to_json).collect());
        insert_list(&mut object, "revocations", self.revocations.iter().map(Revocation::to_json).collect());
        if let Some(roots) = &self.roots {
            insert(&mut object, "roots", roots.to_json());
        }
        object
    }
}

impl Name {
    fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "names")?;
        let name = Self { lang: members.text("lang")?, text: members.text("text")? };
        members.finish()?;
        if is_language(&name.lang) { Ok(name) } else { Err(DecodeError::Form { name: "lang" }) }
    }

    fn to_json(&self) -> Json {
        Json::object([("lang", Json::text(self.lang.as_str())), ("text", Json::text(self.text.as_str()))])
    }
}

impl Roots {
    fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "roots")?;
        let roots = Self {
            keys: members.list("keys", |key| as_hex(&key, "keys").map(PublicKey::new), |key| *key)?,
            next: members.list("next", |hash| as_hex(&hash, "next"), |hash: &[u8; 32]| *hash)?,
            next_threshold: members.count("next_threshold")?,
            threshold: members.count("threshold")?,
        };
        members.finish()?;
        check_filled(&roots.keys, "keys")?;
        check_filled(&roots.next, "next")?;
        check_count("keys", roots.keys.len())?;
        check_count("next", roots.next.len())?;
        check_threshold("threshold", roots.threshold, roots.keys.len())?;
        check_threshold("next_threshold", roots.next_threshold, roots.next.len())?;
        roots.keys.iter().try_for_each(grant::check_key)?;
        Ok(roots)
    }

    fn to_json(&self) -> Json {
        let mut object = Object::new();
        insert(&mut object, "keys", Json::List(self.keys.iter().map(|key| Json::Text(key.to_string())).collect()));
        insert(&mut object, "next", Json::List(self.next.iter().map(|hash| Json::Text(to_hex(hash))).collect()));
        insert_count(&mut object, "next_threshold", self.next_threshold);
        insert_count(&mut object, "threshold", self.threshold);
        Json::Object(object)
    }
}

impl Revocation {
    fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "revocations")?;
        let revocation = Self {
            cuts: Cut::decode_list(&mut members)?,
            key: PublicKey::new(members.hex("key")?),
            reason: members.text("reason")?,
        };
        members.finish()?;
        Ok(revocation)
    }

    fn to_json(&self) -> Json {
        Json::object([
            ("cuts", Json::List(self.cuts.iter().map(|cut| cut.to_json()).collect())),
            ("key", Json::Text(self.key.to_string())),
            ("reason", Json::text(self.reason.as_str())),
        ])
    }
}

fn decode_kind(value: &Json) -> Result<OrganisationKind, DecodeError> {
    value.as_text().and_then(OrganisationKind::parse).ok_or(DecodeError::Form { name: "kind" })
}

/// Before a key is looked at, which costs us.
fn check_count(name: &'static str, found: usize) -> Result<(), DecodeError> {
    if found <= limits::ROOT_KEYS { Ok(()) } else { Err(DecodeError::RootCount { name, found }) }
}

/// A threshold asks for at least one key, and for no more than there are.
fn check_threshold(name: &'static str, threshold: u64, keys: usize) -> Result<(), DecodeError> {
    let is_possible = threshold >= 1 && usize::try_from(threshold).is_ok_and(|threshold| threshold <= keys);
    if is_possible { Ok(()) } else { Err(DecodeError::Threshold { name, threshold, keys }) }
}
