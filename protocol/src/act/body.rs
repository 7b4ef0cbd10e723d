//! What acts say. format §4, "Bodies".

use std::collections::BTreeMap;

use super::Kind;
use super::fields::{BodyError, Fields, as_hex, as_text, ascending};
use crate::encoding::json::{Json, Object};
use crate::encoding::{Tag, hash, hash_plain, tag};
use crate::id::{ActId, OrganisationId};
use crate::key::{PublicKey, SecretKey, Signature, Use};
use crate::limits;

const NEXT_TAG: Tag = tag("ISNAD-NEXT-v1");

/// The body of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Members, threshold and limits of a consortium.
    Charter(Charter),
    /// Root keys, grants and revocations of an organisation.
    Organisation(OrganisationBody),
    /// Members and label of a restricted space.
    Space(SpaceBody),
}

/// A version of the charter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// The consortium's name.
    pub name: String,
    /// Its members, ascending.
    pub members: Vec<OrganisationId>,
    /// How many organisations must sign an amendment: 2m > n.
    pub threshold: u64,
    /// Limits by code; unknown codes do nothing.
    pub limits: BTreeMap<String, Json>,
    /// Policies by code; unknown codes do nothing.
    pub policies: BTreeMap<String, Json>,
    /// Drafts of its version that it is signed instead of.
    pub instead: Vec<ActId>,
    /// New organisations and those that they succeed.
    pub predecessors: Vec<(OrganisationId, OrganisationId)>,
    /// Organisations taken out, with positions.
    pub removed: Vec<Removal>,
    /// The rivals that it settles.
    pub settles: Option<Settlement>,
}

/// An organisation taken out of a charter or a space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// Which organisation.
    pub organisation: OrganisationId,
    /// Its last act that stands.
    pub act: ActId,
    /// The last positions of its logs that count.
    pub cuts: Vec<Cut>,
    /// True if it is only suspended.
    pub is_suspended: bool,
}

/// The last position of a log that counts, readable to those who know the log. format §6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// Names the log.
    pub log: [u8; 32],
    /// Names the position.
    pub last: [u8; 32],
    /// Its sequence number, masked.
    pub seq: [u8; 8],
}

/// Ends a halt. DESIGN §7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Organisations that signed two rivals.
    pub double: Vec<OrganisationId>,
    /// The rivals.
    pub rivals: Vec<ActId>,
}

/// One act of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationBody {
    /// What it is; in the first act alone.
    pub kind: Option<OrganisationKind>,
    /// True if its admin keys may grant and revoke; in the first act alone.
    pub has_admin: bool,
    /// Its names, where they are new.
    pub names: Vec<Name>,
    /// Root keys: in the first act and in a rotation.
    pub roots: Option<Roots>,
    /// Keys granted.
    pub grants: Vec<Grant>,
    /// Keys revoked.
    pub revocations: Vec<Revocation>,
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganisationKind {
    /// A state or a ministry of one.
    State,
    /// A non-governmental organisation.
    Ngo,
    /// An international body.
    International,
}

impl OrganisationKind {
    /// The code in the body.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Ngo => "ngo",
            Self::International => "international",
        }
    }

    fn parse(text: &str) -> Result<Self, BodyError> {
        [Self::State, Self::Ngo, Self::International]
            .into_iter()
            .find(|kind| kind.code() == text)
            .ok_or(BodyError::Form("kind"))
    }
}

/// A name in a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Name {
    /// BCP 47.
    pub lang: String,
    /// The name.
    pub text: String,
}

/// An organisation's root keys, and the commitment to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The keys in force, ascending.
    pub keys: Vec<PublicKey>,
    /// How many of them must sign.
    pub threshold: u64,
    /// Hashes of the next keys, ascending.
    pub next: Vec<[u8; 32]>,
    /// How many of the next must sign a rotation.
    pub next_threshold: u64,
}

/// What a key is granted for: one role for its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Signs nothing; a node's libp2p identity is granted as one.
    Reader,
    /// Changes in `members` and in restricted spaces.
    Contributor,
    /// The same, and changes in `public`.
    Publisher,
    /// Redactions.
    Admin,
    /// Attestations.
    Node,
}

impl Role {
    /// Every role, by its code from 1.
    pub const ALL: [Self; 5] = [Self::Reader, Self::Contributor, Self::Publisher, Self::Admin, Self::Node];

    /// The code in grants.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Reader => 1,
            Self::Contributor => 2,
            Self::Publisher => 3,
            Self::Admin => 4,
            Self::Node => 5,
        }
    }

    /// Its name, as in `--json` and in the words of the locales.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Contributor => "contributor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
            Self::Node => "node",
        }
    }
}

/// A key granted for a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The key.
    pub key: PublicKey,
    /// What for.
    pub role: Role,
    /// The device, for people.
    pub label: String,
    /// The day after which a reader is told that it expired; decides nothing.
    pub expires: Option<String>,
    /// The key's own signature, so that nobody grants a key that he does not hold.
    pub proof: Signature,
}

/// A key revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revocation {
    /// The key.
    pub key: PublicKey,
    /// A code.
    pub reason: String,
    /// The last positions of its logs that count.
    pub cuts: Vec<Cut>,
}

/// One act of a restricted space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceBody {
    /// Its name.
    pub name: String,
    /// Its members, ascending.
    pub members: Vec<OrganisationId>,
    /// TLP 2.0 label.
    pub tlp: String,
    /// 32 random bytes, in the first act.
    pub nonce: Option<[u8; 32]>,
    /// Drafts of its version that it is signed instead of.
    pub instead: Vec<ActId>,
    /// Organisations taken out, with positions.
    pub removed: Vec<Removal>,
    /// The rivals that it settles.
    pub settles: Option<Settlement>,
}

impl Body {
    pub(super) fn parse(kind: Kind, version: u64, value: Json) -> Result<Self, BodyError> {
        let fields = Fields::of(value, "body")?;
        match kind {
            Kind::Charter => Charter::parse(fields).map(Self::Charter),
            Kind::Organisation => OrganisationBody::parse(fields, version).map(Self::Organisation),
            Kind::Space => SpaceBody::parse(fields, version).map(Self::Space),
        }
    }
}

impl Charter {
    fn parse(mut fields: Fields) -> Result<Self, BodyError> {
        let charter = Self {
            name: fields.text("name")?,
            members: fields.list("members", |value| as_hex(&value, "members").map(OrganisationId::new))?,
            threshold: fields.number("threshold")?,
            limits: codes(&mut fields, "limits")?,
            policies: codes(&mut fields, "policies")?,
            instead: acts(&mut fields, "instead")?,
            predecessors: fields.list("predecessors", predecessor)?,
            removed: fields.list("removed", Removal::parse)?,
            settles: fields.optional("settles").map(Settlement::parse).transpose()?,
        };
        fields.end()?;
        let members = u64::try_from(charter.members.len()).unwrap_or(u64::MAX);
        if members == 0 {
            return Err(BodyError::Rule("a charter names at least one member"));
        }
        // Law, DESIGN §7: 2m > n, counted by organisation; and no more than there are can be asked to sign.
        if charter.threshold > members || charter.threshold.saturating_mul(2) <= members {
            return Err(BodyError::Rule("the threshold is more than half of the members, and no more than all"));
        }
        Ok(charter)
    }
}

fn predecessor(value: Json) -> Result<(OrganisationId, OrganisationId), BodyError> {
    let form = BodyError::Form("predecessors");
    let Json::List(pair) = value else { return Err(form) };
    let [new, old] = pair.as_slice() else { return Err(form) };
    Ok((OrganisationId::new(as_hex(new, "predecessors")?), OrganisationId::new(as_hex(old, "predecessors")?)))
}

impl Removal {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "removed")?;
        let removal = Self {
            organisation: OrganisationId::new(fields.hex("organisation")?),
            act: ActId::new(fields.hex("act")?),
            cuts: cuts(&mut fields)?,
            is_suspended: fields.is_set("suspended")?,
        };
        fields.end()?;
        Ok(removal)
    }
}

impl Settlement {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "settles")?;
        let double = fields.list("double", |value| as_hex(&value, "double").map(OrganisationId::new))?;
        let settlement = Self { double, rivals: acts(&mut fields, "rivals")? };
        fields.end()?;
        Ok(settlement)
    }
}

impl Cut {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "cuts")?;
        let cut = Self { last: fields.hex("last")?, log: fields.hex("log")?, seq: fields.hex("seq")? };
        fields.end()?;
        Ok(cut)
    }
}

/// Cuts may be none at all: then nothing of the key counts.
fn cuts(fields: &mut Fields) -> Result<Vec<Cut>, BodyError> {
    match fields.required("cuts")? {
        Json::List(items) => ascending(items, "cuts", Cut::parse),
        _ => Err(BodyError::Form("cuts")),
    }
}

fn acts(fields: &mut Fields, name: &'static str) -> Result<Vec<ActId>, BodyError> {
    fields.list(name, |value| as_hex(&value, name).map(ActId::new))
}

fn codes(fields: &mut Fields, name: &'static str) -> Result<BTreeMap<String, Json>, BodyError> {
    let Some(value) = fields.optional(name) else { return Ok(Object::new()) };
    let Json::Object(members) = value else { return Err(BodyError::Form(name)) };
    let is_plain = |value: &Json| matches!(value, Json::Int(_) | Json::Text(_));
    if members.values().all(is_plain) { Ok(members) } else { Err(BodyError::Form(name)) }
}

impl OrganisationBody {
    fn parse(mut fields: Fields, version: u64) -> Result<Self, BodyError> {
        let kind = fields.optional("kind").map(|value| OrganisationKind::parse(&as_text(value, "kind")?));
        let body = Self {
            kind: kind.transpose()?,
            has_admin: fields.is_set("admin")?,
            names: fields.list("names", Name::parse)?,
            roots: fields.optional("roots").map(Roots::parse).transpose()?,
            grants: fields.list("grants", Grant::parse)?,
            revocations: fields.list("revocations", Revocation::parse)?,
        };
        fields.end()?;
        let is_first = version == 1;
        if is_first && body.roots.is_none() {
            return Err(BodyError::Missing("roots"));
        }
        if !is_first && (body.kind.is_some() || body.has_admin) {
            return Err(BodyError::Rule("admin and kind stand in the first act alone"));
        }
        body.check_grants()?;
        Ok(body)
    }

    /// One grant for each key, and no root is granted a role.
    fn check_grants(&self) -> Result<(), BodyError> {
        let is_root = |key| self.roots.iter().any(|roots| roots.keys.contains(key));
        for (index, grant) in self.grants.iter().enumerate() {
            if self.grants.iter().skip(index.saturating_add(1)).any(|other| other.key == grant.key) {
                return Err(BodyError::Rule("a key is granted once"));
            }
            if is_root(&grant.key) {
                return Err(BodyError::Rule("a root key is granted no role"));
            }
        }
        Ok(())
    }

    /// The bytes that stand for the organisation in the grant proofs of its first act, whose id is not known yet.
    #[must_use]
    pub fn stand_in(roots: &[PublicKey]) -> OrganisationId {
        let keys: Vec<&[u8]> = roots.iter().map(|key| key.as_bytes().as_slice()).collect();
        OrganisationId::new(hash_plain(&keys))
    }
}

impl Name {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "names")?;
        let name = Self { lang: fields.text("lang")?, text: fields.text("text")? };
        fields.end()?;
        if name.text.chars().count() > limits::NAME_CHARACTERS {
            return Err(BodyError::Form("names"));
        }
        Ok(name)
    }
}

impl Roots {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "roots")?;
        let roots = Self {
            keys: fields.list("keys", |value| as_hex(&value, "keys").map(PublicKey::new))?,
            threshold: fields.number("threshold")?,
            next: fields.list("next", |value| as_hex(&value, "next"))?,
            next_threshold: fields.number("next_threshold")?,
        };
        fields.end()?;
        let reaches = |threshold: u64, count: usize| (1..=u64::try_from(count).unwrap_or(0)).contains(&threshold);
        if reaches(roots.threshold, roots.keys.len()) && reaches(roots.next_threshold, roots.next.len()) {
            Ok(roots)
        } else {
            Err(BodyError::Rule("a threshold of roots is from one to as many keys as there are"))
        }
    }
}

/// What a commitment to a next root key is. format §4.
#[must_use]
pub fn next_key_hash(key: &PublicKey) -> [u8; 32] {
    hash(&NEXT_TAG, &[key.as_bytes()])
}

impl Grant {
    /// Makes a grant of a key that is at hand: `organisation` is its id, or in a first act the stand-in for it.
    #[must_use]
    pub fn new(organisation: OrganisationId, role: Role, label: &str, key: &SecretKey) -> Self {
        let proof = key.sign(Use::Grant, &Self::proof_bytes(organisation, role));
        Self { key: key.public(), role, label: label.to_owned(), expires: None, proof }
    }

    /// True if the key itself signed that it takes this role in this organisation.
    #[must_use]
    pub fn is_proven(&self, organisation: OrganisationId) -> bool {
        self.key.verifies(Use::Grant, &Self::proof_bytes(organisation, self.role), &self.proof)
    }

    fn proof_bytes(organisation: OrganisationId, role: Role) -> Vec<u8> {
        [&Use::Grant.tag()[..], organisation.as_bytes(), &[role.code()]].concat()
    }

    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "grants")?;
        let expires = fields.optional("expires").map(|value| as_text(value, "expires")).transpose()?;
        if expires.as_deref().is_some_and(|day| crate::time::Day::parse(day).is_err()) {
            return Err(BodyError::Form("expires"));
        }
        let key = PublicKey::new(fields.hex("key")?);
        let label = fields.text("label")?;
        let proof = Signature::new(fields.hex("proof")?);
        let code = fields.number("role")?;
        let role = Role::ALL.into_iter().find(|role| u64::from(role.code()) == code).ok_or(BodyError::Form("role"))?;
        fields.end()?;
        Ok(Self { key, role, label, expires, proof })
    }

    pub(super) fn to_json(&self) -> Json {
        let mut members = Object::new();
        if let Some(day) = &self.expires {
            members.insert("expires".into(), Json::text(day.clone()));
        }
        members.insert("key".into(), Json::text(self.key.to_string()));
        members.insert("label".into(), Json::text(self.label.clone()));
        members.insert("proof".into(), Json::text(self.proof.to_string()));
        members.insert("role".into(), Json::Int(i64::from(self.role.code())));
        Json::Object(members)
    }
}

impl Revocation {
    fn parse(value: Json) -> Result<Self, BodyError> {
        let mut fields = Fields::of(value, "revocations")?;
        let revocation =
            Self { cuts: cuts(&mut fields)?, key: PublicKey::new(fields.hex("key")?), reason: fields.text("reason")? };
        fields.end()?;
        Ok(revocation)
    }
}

impl SpaceBody {
    fn parse(mut fields: Fields, version: u64) -> Result<Self, BodyError> {
        let nonce = fields.optional("nonce").map(|value| as_hex(&value, "nonce")).transpose()?;
        let space = Self {
            name: fields.text("name")?,
            members: fields.list("members", |value| as_hex(&value, "members").map(OrganisationId::new))?,
            tlp: fields.text("tlp")?,
            nonce,
            instead: acts(&mut fields, "instead")?,
            removed: fields.list("removed", Removal::parse)?,
            settles: fields.optional("settles").map(Settlement::parse).transpose()?,
        };
        fields.end()?;
        if space.members.is_empty() {
            return Err(BodyError::Missing("members"));
        }
        if space.nonce.is_some() == (version == 1) { Ok(space) } else { Err(BodyError::Form("nonce")) }
    }
}
