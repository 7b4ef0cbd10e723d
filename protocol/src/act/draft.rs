//! Makes acts: the first of an organisation, and the founding charter. DESIGN §7.

use super::{
    Act, Body, Charter, DecodeError, Grant, Kind, Name, OrganisationBody, OrganisationKind, Role, next_key_hash,
};
use crate::encoding::json::Json;
use crate::encoding::to_hex;
use crate::id::{ActId, ConsortiumId, OrganisationId};
use crate::key::{PublicKey, SecretKey};

/// What an organisation says of itself in its first act.
#[derive(Debug)]
pub struct NewOrganisation<'a> {
    /// What it is.
    pub kind: OrganisationKind,
    /// Its names.
    pub names: Vec<Name>,
    /// Its root keys.
    pub roots: Vec<&'a SecretKey>,
    /// How many of them must sign.
    pub threshold: u64,
    /// The next root keys, which only a rotation uses.
    pub next: Vec<PublicKey>,
    /// How many of the next must sign a rotation.
    pub next_threshold: u64,
    /// Keys to grant: role, device label, key.
    pub grants: Vec<(Role, String, &'a SecretKey)>,
    /// True if its admin keys may grant and revoke.
    pub has_admin: bool,
}

impl NewOrganisation<'_> {
    /// Makes the organisation's first act, signed by its roots.
    ///
    /// # Errors
    /// [`DecodeError`] if a peer would refuse it.
    pub fn sign(mut self) -> Result<Act, DecodeError> {
        let mut roots: Vec<PublicKey> = self.roots.iter().map(|root| root.public()).collect();
        roots.sort_unstable();
        let stand_in = OrganisationBody::stand_in(&roots);
        let mut grants: Vec<Grant> =
            self.grants.iter().map(|(role, label, key)| Grant::new(stand_in, *role, label, key)).collect();
        grants.sort();
        self.names.sort();
        let body = self.body(&roots, &grants);
        let mut act = Act::new(Kind::Organisation, 1, ConsortiumId::ZERO, ActId::ZERO, ActId::ZERO, &body)?;
        for root in &self.roots {
            act.sign(OrganisationId::ZERO, root);
        }
        Ok(act)
    }

    fn body(&self, roots: &[PublicKey], grants: &[Grant]) -> Json {
        let mut next: Vec<String> = self.next.iter().map(|key| to_hex(&next_key_hash(key))).collect();
        next.sort_unstable();
        let name = |name: &Name| Json::object([("lang", Json::text(&name.lang)), ("text", Json::text(&name.text))]);
        let roots = Json::object([
            ("keys", Json::List(roots.iter().map(|key| Json::text(key.to_string())).collect())),
            ("next", Json::List(next.into_iter().map(Json::Text).collect())),
            ("next_threshold", number(self.next_threshold)),
            ("threshold", number(self.threshold)),
        ]);
        let mut members = vec![("kind", Json::text(self.kind.code())), ("roots", roots)];
        if self.has_admin {
            members.push(("admin", Json::Bool(true)));
        }
        if !grants.is_empty() {
            members.push(("grants", Json::List(grants.iter().map(Grant::to_json).collect())));
        }
        if !self.names.is_empty() {
            members.push(("names", Json::List(self.names.iter().map(name).collect())));
        }
        Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// Makes the founding charter, unsigned: all members sign it.
///
/// # Errors
/// [`DecodeError`] if a peer would refuse it.
pub fn founding_charter(name: &str, members: &[OrganisationId], threshold: u64) -> Result<Act, DecodeError> {
    let mut members: Vec<OrganisationId> = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let body = Json::object([
        ("members", Json::List(members.iter().map(|member| Json::text(member.to_string())).collect())),
        ("name", Json::text(name)),
        ("threshold", number(threshold)),
    ]);
    Act::new(Kind::Charter, 1, ConsortiumId::ZERO, ActId::ZERO, ActId::ZERO, &body)
}

/// The smallest threshold that the law allows for so many members: 2m > n.
#[must_use]
pub const fn smallest_threshold(members: u64) -> u64 {
    (members / 2).saturating_add(1)
}

impl Act {
    /// The body as a founding charter, if it is one.
    #[must_use]
    pub const fn as_founding_charter(&self) -> Option<&Charter> {
        match &self.body {
            Body::Charter(charter) if self.version == 1 => Some(charter),
            Body::Charter(_) | Body::Organisation(_) | Body::Space(_) => None,
        }
    }
}

fn number(value: u64) -> Json {
    Json::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
