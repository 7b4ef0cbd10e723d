//! A grant of a key: for one organisation, one key, one role, with the proof that its holder holds it. format §4.

use crate::act::DecodeError;
use crate::act::member::Members;
use crate::breakage::{self, Breakage};
use crate::encoding::hash_plain;
use crate::encoding::json::Json;
use crate::id::OrganisationId;
use crate::key::{PublicKey, SecretKey, Signature, Use};
use crate::time::Day;

/// What a key may sign; one role for a key's life. DESIGN §7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Nothing: a node key is granted as one.
    Reader,
    /// Changes in `members` and in its organisation's restricted spaces.
    Contributor,
    /// The same, and changes in `public`.
    Publisher,
    /// Redactions; grants and revocations where the first act says so.
    Admin,
    /// Attestations, in every space of its organisation.
    Node,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Reader, Self::Contributor, Self::Publisher, Self::Admin, Self::Node];

    /// The code in acts and proofs.
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

    /// The role of a code; `None` for one that this version does not know.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Its name in the code and on the command line.
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

/// What stands for the organisation in a proof: its id, or in its first act, whose id is not known yet, its root keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantSubject([u8; 32]);

impl GrantSubject {
    /// For a first act: SHA-256 of the root keys, ascending.
    #[must_use]
    pub fn of_roots(roots: &[PublicKey]) -> Self {
        let mut roots: Vec<&[u8]> = roots.iter().map(|root| &root.as_bytes()[..]).collect();
        roots.sort_unstable();
        Self(hash_plain(&roots))
    }

    /// For every later act.
    #[must_use]
    pub const fn of_organisation(organisation: OrganisationId) -> Self {
        Self(*organisation.as_bytes())
    }

    fn message(&self, role: Role) -> Vec<u8> {
        [&Use::Grant.tag()[..], &self.0, &[role.code()]].concat()
    }
}

/// One key granted by an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Shown, decides nothing.
    pub expires: Option<Day>,
    /// The key.
    pub key: PublicKey,
    /// The device it is on; no name of a person.
    pub label: String,
    /// Signature of the key over what it is granted for.
    pub proof: Signature,
    /// What it may sign.
    pub role: Role,
}

impl Grant {
    /// Makes the grant of a key that is at hand, with its proof.
    #[must_use]
    pub fn of(secret: &SecretKey, subject: &GrantSubject, role: Role, label: &str) -> Self {
        let proof = secret.sign(Use::Grant, &subject.message(role));
        Self { expires: None, key: secret.public(), label: label.to_owned(), proof, role }
    }

    /// True if whoever holds the key agreed to this role in this organisation.
    #[must_use]
    pub fn is_proven(&self, subject: &GrantSubject) -> bool {
        self.key.verifies(Use::Grant, &subject.message(self.role), &self.proof)
    }

    pub(super) fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "grants")?;
        let grant = Self {
            expires: members.optional("expires").map(decode_day).transpose()?,
            key: PublicKey::new(members.hex("key")?),
            label: members.text("label")?,
            proof: Signature::new(members.hex("proof")?),
            role: decode_role(&members.required("role")?)?,
        };
        members.finish()?;
        Ok(grant)
    }

    pub(super) fn to_json(&self) -> Json {
        let mut grant = Json::object([
            ("key", Json::text(self.key.to_string())),
            ("label", Json::text(self.label.as_str())),
            ("proof", Json::text(self.proof.to_string())),
            ("role", Json::Int(self.role.code().into())),
        ]);
        if let (Json::Object(members), Some(day)) = (&mut grant, self.expires) {
            members.insert("expires".to_owned(), Json::text(day.to_string()));
        }
        grant
    }
}

/// Checks everything about an act's grants that it decides alone. The proofs last: they are the costly part.
pub(super) fn check_grants(grants: &[Grant], subject: &GrantSubject, roots: &[PublicKey]) -> Result<(), DecodeError> {
    for Grant { key, .. } in grants {
        check_key(key)?;
        if roots.binary_search(key).is_ok() {
            return Err(DecodeError::GrantedRoot { key: *key });
        }
    }
    if let Some(pair) = grants.array_windows().find(|[one, next]| one.key == next.key) {
        return Err(DecodeError::GrantedTwice { key: pair[0].key });
    }
    if breakage::is_out(Breakage::CustodyChain) {
        return Ok(());
    }
    let unproven = grants.iter().find(|grant| !grant.is_proven(subject));
    unproven.map_or(Ok(()), |grant| Err(DecodeError::GrantProof { key: grant.key }))
}

pub(super) fn check_key(key: &PublicKey) -> Result<(), DecodeError> {
    key.check_admissible().map_err(|source| DecodeError::WeakKey { key: *key, source })
}

fn decode_day(value: Json) -> Result<Day, DecodeError> {
    const DAY_LENGTH: usize = "2018-05-18".len();
    let text = value.as_text().filter(|text| text.len() == DAY_LENGTH);
    text.and_then(|text| Day::parse(text).ok()).ok_or(DecodeError::Form { name: "expires" })
}

fn decode_role(value: &Json) -> Result<Role, DecodeError> {
    let code = value.as_int().ok_or(DecodeError::Form { name: "role" })?;
    u8::try_from(code).ok().and_then(Role::from_code).ok_or(DecodeError::Role(code))
}
