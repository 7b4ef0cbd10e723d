//! One multi-signed step of governance: its frame, its signatures, its id. format §4.
//!
//! What an act means, and whether it is in effect, is governance's to say; what is in its body is `act/body.rs`'s.

use crate::encoding::json::{self, Json};
use crate::encoding::{Reader, Truncated, hash_plain};
use crate::entry::SUITE;
use crate::id::{ActId, ConsortiumId, OrganisationId};
use crate::key::{PublicKey, SecretKey, Signature, Use, WeakKey};
use crate::limits;

mod body;
pub mod draft;
mod fields;

pub use body::{
    Body, Charter, Cut, Grant, Name, OrganisationBody, OrganisationKind, Removal, Revocation, Role, Roots, Settlement,
    SpaceBody, next_key_hash,
};
pub use fields::BodyError;

/// Bytes of an act before its body.
pub const FRAME_SIZE: usize = 128;

/// What an act is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The consortium's charter.
    Charter,
    /// An organisation.
    Organisation,
    /// A restricted space.
    Space,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Charter => 1,
            Self::Organisation => 2,
            Self::Space => 3,
        }
    }
}

/// One signature on an act. An act is signed by root keys, each on behalf of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActSignature {
    /// On whose behalf; zero in an organisation's own first act, whose id is not known yet.
    pub organisation: OrganisationId,
    /// The root key.
    pub key: PublicKey,
    /// The signature over frame and body.
    pub signature: Signature,
}

/// An act as decoded; its signatures are checked by governance, which knows whose count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What it is of.
    pub kind: Kind,
    /// 1, 2, …
    pub version: u64,
    /// Zero in the founding charter and in an organisation's first act, both older than it.
    pub consortium: ConsortiumId,
    /// Id of this chain's first act; zero in the first act itself.
    pub scope: ActId,
    /// The act before; zero at version 1.
    pub previous: ActId,
    /// What it says.
    pub body: Body,
    /// Ascending by organisation and key, none twice.
    pub signatures: Vec<ActSignature>,
    body_bytes: Vec<u8>,
}

/// Bytes that are not an act of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Ends inside a field.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// Does not begin with the tag of an act.
    #[error("does not begin with ISNAD-ACT-v1")]
    Magic,
    /// A suite of signature and hash that this version does not know.
    #[error("suite {0} where 1 (Ed25519 and SHA-256) was due")]
    Suite(u8),
    /// A kind of act that this version does not know.
    #[error("kind {0} where 1 (charter), 2 (organisation) or 3 (space) was due")]
    Kind(u8),
    /// Flags are reserved and zero.
    #[error("flags {0:#06x} where zero was due")]
    Flags(u16),
    /// A body shorter or longer than the format allows.
    #[error("a body of {0} bytes, from 2 to {max}", max = limits::ACT_BODY_BYTES)]
    BodyLength(u32),
    /// Version, scope, previous act and consortium do not agree on whether this is a first act.
    #[error("version {version} does not go with its consortium, scope and previous act")]
    Position {
        /// The version given.
        version: u64,
    },
    /// The body is not canonical JSON.
    #[error("its body is not canonical JSON: {0}")]
    Json(#[from] json::DecodeError),
    /// The body does not have the form of its kind.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A key that must not be granted or be a root.
    #[error("the key {key} must not be used: {reason}")]
    Key {
        /// The key.
        key: PublicKey,
        /// Why not.
        reason: WeakKey,
    },
    /// More signatures than the format allows.
    #[error("{0} signatures, {max} at most", max = limits::ACT_SIGNATURES)]
    TooManySignatures(u16),
    /// Signatures out of order, or one twice.
    #[error("its signatures are not ascending by organisation and key")]
    SignatureOrder,
    /// Bytes follow the last signature.
    #[error("{0} bytes follow the act")]
    Trailing(usize),
}

impl DecodeError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "act_truncated",
            Self::Magic => "act_magic",
            Self::Suite(_) => "act_suite",
            Self::Kind(_) => "act_kind",
            Self::Flags(_) => "act_flags",
            Self::BodyLength(_) => "act_body_length",
            Self::Position { .. } => "act_position",
            Self::Json(_) => "act_json",
            Self::Body(_) => "act_body",
            Self::Key { .. } => "act_key",
            Self::TooManySignatures(_) => "act_too_many_signatures",
            Self::SignatureOrder => "act_signature_order",
            Self::Trailing(_) => "act_trailing",
        }
    }
}

impl Act {
    /// Makes an unsigned act of its parts.
    ///
    /// # Errors
    /// [`DecodeError`] if a peer would refuse it.
    pub fn new(
        kind: Kind,
        version: u64,
        consortium: ConsortiumId,
        scope: ActId,
        previous: ActId,
        body: &Json,
    ) -> Result<Self, DecodeError> {
        let body_bytes = body.encode();
        let parsed = Body::parse(kind, version, json::decode(&body_bytes)?)?;
        let act = Self { kind, version, consortium, scope, previous, body: parsed, signatures: Vec::new(), body_bytes };
        act.check_position()?;
        act.check_keys()?;
        Ok(act)
    }

    /// Reads an act with its signatures; takes up all of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let act = Self::read(&mut reader)?;
        if reader.is_empty() { Ok(act) } else { Err(DecodeError::Trailing(reader.rest().len())) }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.array()? != Use::Act.tag() {
            return Err(DecodeError::Magic);
        }
        let suite = reader.u8()?;
        if suite != SUITE {
            return Err(DecodeError::Suite(suite));
        }
        let kind = match reader.u8()? {
            1 => Kind::Charter,
            2 => Kind::Organisation,
            3 => Kind::Space,
            code => return Err(DecodeError::Kind(code)),
        };
        let flags = reader.u16()?;
        if flags != 0 {
            return Err(DecodeError::Flags(flags));
        }
        let body_len = reader.u32()?;
        if !(2..=limits::ACT_BODY_BYTES).contains(&body_len) {
            return Err(DecodeError::BodyLength(body_len));
        }
        let version = reader.u64()?;
        let consortium = ConsortiumId::new(reader.array()?);
        let (scope, previous) = (ActId::new(reader.array()?), ActId::new(reader.array()?));
        let body_bytes = reader.bytes(usize::try_from(body_len).unwrap_or(usize::MAX))?.to_vec();
        let body = Body::parse(kind, version, json::decode(&body_bytes)?)?;
        let signatures = read_signatures(reader)?;
        let act = Self { kind, version, consortium, scope, previous, body, signatures, body_bytes };
        act.check_position()?;
        act.check_keys()?;
        Ok(act)
    }

    /// The bytes that are signed: frame and body.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FRAME_SIZE.saturating_add(self.body_bytes.len()));
        bytes.extend(Use::Act.tag());
        bytes.extend([SUITE, self.kind.code(), 0, 0]);
        bytes.extend(u32::try_from(self.body_bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(self.version.to_be_bytes());
        bytes.extend(self.consortium.as_bytes());
        bytes.extend(self.scope.as_bytes());
        bytes.extend(self.previous.as_bytes());
        bytes.extend(&self.body_bytes);
        bytes
    }

    /// The act with its signatures, as in files and on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.signed_bytes();
        bytes.extend(u16::try_from(self.signatures.len()).unwrap_or(u16::MAX).to_be_bytes());
        for signature in &self.signatures {
            bytes.extend(signature.organisation.as_bytes());
            bytes.extend(signature.key.as_bytes());
            bytes.extend(signature.signature.as_bytes());
        }
        bytes
    }

    /// The id: signatures are not in it.
    #[must_use]
    pub fn id(&self) -> ActId {
        ActId::new(hash_plain(&[&self.signed_bytes()]))
    }

    /// The id of this chain's first act: of a first act its own.
    #[must_use]
    pub fn scope_id(&self) -> ActId {
        if self.version == 1 { self.id() } else { self.scope }
    }

    /// Adds a signature on behalf of an organisation; zero for its own first act.
    pub fn sign(&mut self, organisation: OrganisationId, key: &SecretKey) {
        let signature = key.sign(Use::Act, &self.signed_bytes());
        self.add_signatures(&[ActSignature { organisation, key: key.public(), signature }]);
    }

    /// Adds signatures that it lacks, up to the format's bound. One key of one organisation signs once.
    pub fn add_signatures(&mut self, more: &[ActSignature]) {
        for signature in more {
            let name = (signature.organisation, signature.key);
            let place = self.signatures.binary_search_by_key(&name, |held| (held.organisation, held.key));
            if let Err(place) = place
                && self.signatures.len() < limits::ACT_SIGNATURES
            {
                self.signatures.insert(place, *signature);
            }
        }
    }

    /// True if a signature is its key's over this act. Whether the key counts is governance's to say.
    #[must_use]
    pub fn is_signed_by(&self, signature: &ActSignature) -> bool {
        signature.key.verifies(Use::Act, &self.signed_bytes(), &signature.signature)
    }

    /// The body as an organisation's, if it is one.
    #[must_use]
    pub const fn as_organisation(&self) -> Option<&OrganisationBody> {
        if let Body::Organisation(body) = &self.body { Some(body) } else { None }
    }

    /// The body as a charter, if it is one.
    #[must_use]
    pub const fn as_charter(&self) -> Option<&Charter> {
        if let Body::Charter(body) = &self.body { Some(body) } else { None }
    }

    fn check_position(&self) -> Result<(), DecodeError> {
        let is_first = self.version == 1;
        let chain_agrees = (self.scope == ActId::ZERO) == is_first && (self.previous == ActId::ZERO) == is_first;
        // Only the founding charter and organisations' first acts are older than the consortium.
        let is_older = is_first && self.kind != Kind::Space;
        let consortium_agrees = (self.consortium == ConsortiumId::ZERO) == is_older;
        if self.version >= 1 && chain_agrees && consortium_agrees {
            Ok(())
        } else {
            Err(DecodeError::Position { version: self.version })
        }
    }

    fn check_keys(&self) -> Result<(), DecodeError> {
        let Body::Organisation(body) = &self.body else { return Ok(()) };
        let granted = body.grants.iter().map(|grant| grant.key);
        let roots = body.roots.iter().flat_map(|roots| roots.keys.iter().copied());
        for key in granted.chain(roots) {
            key.check_admissible().map_err(|reason| DecodeError::Key { key, reason })?;
        }
        Ok(())
    }
}

fn read_signatures(reader: &mut Reader<'_>) -> Result<Vec<ActSignature>, DecodeError> {
    let count = reader.u16()?;
    if usize::from(count) > limits::ACT_SIGNATURES {
        return Err(DecodeError::TooManySignatures(count));
    }
    let mut signatures: Vec<ActSignature> = Vec::new();
    for _ in 0..count {
        let signature = ActSignature {
            organisation: OrganisationId::new(reader.array()?),
            key: PublicKey::new(reader.array()?),
            signature: Signature::new(reader.array()?),
        };
        let name = (signature.organisation, signature.key);
        if signatures.last().is_some_and(|last| (last.organisation, last.key) >= name) {
            return Err(DecodeError::SignatureOrder);
        }
        signatures.push(signature);
    }
    Ok(signatures)
}
