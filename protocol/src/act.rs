//! The act, one multi-signed step of governance: frame, body, signatures. format §4.
//!
//! Reading an act checks all that its own bytes decide: its frame, its body, the proofs of its grants. Who has signed it,
//! and whether it is in effect, is for governance. A signature that fails is dropped there, never the act: otherwise a
//! relay could kill an act by adding one.

use std::sync::Arc;

use crate::encoding::{Reader, hash_plain};
use crate::id::{ActId, ConsortiumId, OrganisationId};
use crate::key::{SecretKey, Use};
use crate::limits;

mod body;
mod cut;
pub mod difference;
mod error;
pub mod founding;
mod grant;
mod member;
pub mod setting;
mod signature;

pub use body::{
    Body, Charter, Name, OrganisationBody, OrganisationKind, Removal, Revocation, Roots, Settlement, SpaceBody,
    next_key_hash,
};
pub use cut::Cut;
pub use error::DecodeError;
pub use grant::{Grant, GrantSubject, Role};
pub use signature::{ActSignature, SignatureCheck};

/// Ed25519 and SHA-256: the one suite there is.
pub const SUITE: u8 = 1;
/// Bytes of the frame before the body.
pub const FRAME_SIZE: usize = 128;
/// Bytes of one signature with its organisation and key.
const SIGNATURE_SIZE: usize = 128;
/// The most bytes that any act takes.
pub const SIZE_MAX: usize = FRAME_SIZE + limits::ACT_BODY_BYTES as usize + 2 + limits::ACT_SIGNATURES * SIGNATURE_SIZE;

/// What an act is a step of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Of the consortium: members, threshold, limits.
    Charter,
    /// Of one organisation: root keys, grants, revocations.
    Organisation,
    /// Of a restricted space: its members and label.
    Space,
}

impl Kind {
    /// Its name, as in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charter => "charter",
            Self::Organisation => "organisation",
            Self::Space => "space",
        }
    }

    /// The code in the frame.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Charter => 1,
            Self::Organisation => 2,
            Self::Space => 3,
        }
    }

    /// The kind of a code; `None` for one that this version does not know.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Charter),
            2 => Some(Self::Organisation),
            3 => Some(Self::Space),
            _ => None,
        }
    }
}

/// Where an act stands: which consortium, which chain, after which act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Position in its chain, from 1.
    pub version: u64,
    /// Zero in the founding charter and in an organisation's first act, both older than it.
    pub consortium: ConsortiumId,
    /// Id of the chain's first act; zero in the first act itself.
    pub scope: ActId,
    /// The act before it; zero at version 1.
    pub previous: ActId,
}

impl Place {
    /// Of the founding charter, and of an organisation's first act.
    pub const FIRST: Self =
        Self { version: 1, consortium: ConsortiumId::ZERO, scope: ActId::ZERO, previous: ActId::ZERO };

    fn check(&self, kind: Kind) -> Result<(), DecodeError> {
        let is_first = self.version == 1;
        if self.version == 0 {
            return Err(DecodeError::Version);
        }
        if (self.scope == ActId::ZERO) != is_first || (self.previous == ActId::ZERO) != is_first {
            return Err(DecodeError::Chain);
        }
        let is_older = is_first && kind != Kind::Space;
        if (self.consortium == ConsortiumId::ZERO) != is_older {
            return Err(DecodeError::Consortium);
        }
        // The chain of charters is the consortium's own.
        let is_astray = kind == Kind::Charter && self.scope.as_bytes() != self.consortium.as_bytes();
        if is_astray { Err(DecodeError::Consortium) } else { Ok(()) }
    }
}

/// An act as decoded: its bytes keep every rule that they alone decide. Says nothing about who signed it.
///
/// Copies share what was decoded: an act takes up to a megabyte, and stands in several states of governance at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    place: Place,
    body: Arc<Body>,
    frame: Arc<[u8]>,
    id: ActId,
    signatures: Arc<[ActSignature]>,
}

impl Act {
    /// Makes an unsigned act of its body.
    ///
    /// # Errors
    /// [`DecodeError`] names the rule that such an act would break.
    pub fn draft(place: Place, body: &Body) -> Result<Self, DecodeError> {
        let json = body.to_json().encode();
        let body_len = u32::try_from(json.len()).map_err(|_| DecodeError::BodyLength { found: u32::MAX })?;
        let mut frame = Vec::with_capacity(FRAME_SIZE.saturating_add(json.len()));
        frame.extend(Use::Act.tag());
        frame.extend([SUITE, body.kind().code(), 0, 0]);
        frame.extend(body_len.to_be_bytes());
        frame.extend(place.version.to_be_bytes());
        frame.extend(place.consortium.as_bytes());
        frame.extend(place.scope.as_bytes());
        frame.extend(place.previous.as_bytes());
        frame.extend(json);
        frame.extend([0, 0]);
        // What we sign ourselves goes through the rules that everyone else applies to it.
        Self::decode(&frame)
    }

    /// Reads an act with its signatures, none of which is checked yet. Takes up all of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let (kind, place, body_len) = decode_frame(&mut reader)?;
        let body = reader.bytes(body_len)?;
        // Signatures before the body's meaning: they are bounded, and checking the proofs of grants costs us.
        let signatures = signature::decode_list(&mut reader)?;
        let body = Body::decode(kind, &place, body)?;
        let frame_len = FRAME_SIZE.saturating_add(body_len);
        let frame: Arc<[u8]> = bytes.get(..frame_len).unwrap_or(bytes).into();
        let id = ActId::new(hash_plain(&[&frame]));
        Ok(Self { place, body: Arc::new(body), frame, id, signatures: signatures.into() })
    }

    /// The id that an act of these bytes would have, whatever they are: what is held under it needs no second decoding.
    #[must_use]
    pub fn id_of(bytes: &[u8]) -> Option<ActId> {
        let (_, _, body_len) = decode_frame(&mut Reader::new(bytes)).ok()?;
        let frame = bytes.get(..FRAME_SIZE.checked_add(body_len)?)?;
        Some(ActId::new(hash_plain(&[frame])))
    }

    /// Reads another copy of this act, of the same id: only its signatures, for the rest was decoded before.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule that the list of signatures breaks.
    pub fn decode_copy(&self, bytes: &[u8]) -> Result<Self, DecodeError> {
        let rest = bytes.get(self.frame.len()..).unwrap_or_default();
        let signatures = signature::decode_list(&mut Reader::new(rest))?;
        Ok(Self { signatures: signatures.into(), ..self.clone() })
    }

    /// The bytes of the act in files and on the wire: frame, body, signatures.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.frame.to_vec();
        signature::encode_list(&self.signatures, &mut bytes);
        bytes
    }

    /// Bytes of [`Act::encode`].
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let signatures = self.signatures.len().saturating_mul(SIGNATURE_SIZE);
        self.frame.len().saturating_add(2).saturating_add(signatures)
    }

    /// The act's id: the signatures are not in it.
    #[must_use]
    pub const fn id(&self) -> ActId {
        self.id
    }

    /// What it is a step of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// Position in its chain, from 1.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.place.version
    }

    /// True for the first act of a chain.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.place.version == 1
    }

    /// True for the first act of an organisation, which is older than any consortium.
    #[must_use]
    pub fn is_first_of_organisation(&self) -> bool {
        self.is_first() && matches!(*self.body, Body::Organisation(_))
    }

    /// As the frame has it: zero in the founding charter and in an organisation's first act.
    #[must_use]
    pub const fn consortium(&self) -> ConsortiumId {
        self.place.consortium
    }

    /// Id of the chain's first act: of the first act its own.
    #[must_use]
    pub const fn scope_id(&self) -> ActId {
        if self.is_first() { self.id } else { self.place.scope }
    }

    /// The organisation whose chain this is, if it is one's.
    #[must_use]
    pub fn organisation(&self) -> Option<OrganisationId> {
        match *self.body {
            Body::Organisation(_) => Some(OrganisationId::new(*self.scope_id().as_bytes())),
            Body::Charter(_) | Body::Space(_) => None,
        }
    }

    /// The act before it; `None` for the first.
    #[must_use]
    pub fn previous(&self) -> Option<ActId> {
        (!self.is_first()).then_some(self.place.previous)
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// What it says, if it is a charter.
    #[must_use]
    pub fn as_charter(&self) -> Option<&Charter> {
        if let Body::Charter(charter) = &*self.body { Some(charter) } else { None }
    }

    /// What it says, if it is an organisation's.
    #[must_use]
    pub fn as_organisation(&self) -> Option<&OrganisationBody> {
        if let Body::Organisation(organisation) = &*self.body { Some(organisation) } else { None }
    }

    /// What it says, if it is a space's.
    #[must_use]
    pub fn as_space(&self) -> Option<&SpaceBody> {
        if let Body::Space(space) = &*self.body { Some(space) } else { None }
    }

    /// The organisations that it names, if it is a charter or a space's.
    #[must_use]
    pub fn members(&self) -> Option<&[OrganisationId]> {
        match &*self.body {
            Body::Charter(charter) => Some(&charter.members),
            Body::Space(space) => Some(&space.members),
            Body::Organisation(_) => None,
        }
    }

    /// Whom it takes out, if it is a charter or a space's.
    #[must_use]
    pub fn removed(&self) -> Option<&[Removal]> {
        match &*self.body {
            Body::Charter(charter) => Some(&charter.removed),
            Body::Space(space) => Some(&space.removed),
            Body::Organisation(_) => None,
        }
    }

    /// What it settles, if it is a settlement.
    #[must_use]
    pub fn settles(&self) -> Option<&Settlement> {
        match &*self.body {
            Body::Charter(charter) => charter.settles.as_ref(),
            Body::Space(space) => space.settles.as_ref(),
            Body::Organisation(_) => None,
        }
    }

    /// The drafts that it is signed instead of, ascending; none of an organisation's.
    #[must_use]
    pub fn instead(&self) -> &[ActId] {
        match &*self.body {
            Body::Charter(charter) => &charter.instead,
            Body::Space(space) => &space.instead,
            Body::Organisation(_) => &[],
        }
    }

    /// The exact bytes of the body, canonical JSON.
    #[must_use]
    pub fn body_bytes(&self) -> &[u8] {
        self.frame.get(FRAME_SIZE..).unwrap_or_default()
    }

    /// The bytes that are signed: frame and body.
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The signatures that stand beneath it, ascending, checked or not.
    #[must_use]
    pub fn signatures(&self) -> &[ActSignature] {
        &self.signatures
    }

    /// Signs with a root key (or, where the first act says so, an admin key) on behalf of `organisation`; in an
    /// organisation's own first act that field is zero.
    #[must_use]
    pub fn sign(&self, organisation: OrganisationId, key: &SecretKey) -> ActSignature {
        let organisation = if self.is_first_of_organisation() { OrganisationId::ZERO } else { organisation };
        ActSignature { organisation, key: key.public(), signature: key.sign(Use::Act, &self.frame) }
    }

    /// True if the signature is the named key's over this act. The costliest check: 40 µs.
    #[must_use]
    pub fn is_signed_by(&self, signature: &ActSignature) -> bool {
        signature.key.verifies(Use::Act, &self.frame, &signature.signature)
    }

    /// The act with one more signature, if it holds; otherwise as it was.
    #[must_use]
    pub fn with_signature(self, signature: ActSignature) -> Self {
        if !self.is_signed_by(&signature) {
            return self;
        }
        let all = self.signatures.iter().copied().chain([signature]).collect();
        self.with_signatures(all)
    }

    /// The act with these signatures alone: one for each organisation and key, and no more than the format has room for.
    #[must_use]
    pub fn with_signatures(mut self, signatures: Vec<ActSignature>) -> Self {
        self.signatures = signature::share_places(signatures).into();
        self
    }
}

fn decode_frame(reader: &mut Reader<'_>) -> Result<(Kind, Place, usize), DecodeError> {
    if reader.array()? != Use::Act.tag() {
        return Err(DecodeError::Magic);
    }
    let suite = reader.u8()?;
    if suite != SUITE {
        return Err(DecodeError::Suite(suite));
    }
    let code = reader.u8()?;
    let kind = Kind::from_code(code).ok_or(DecodeError::Kind(code))?;
    let flags = reader.u16()?;
    if flags != 0 {
        return Err(DecodeError::Flags(flags));
    }
    let found = reader.u32()?;
    let body_len = usize::try_from(found).ok().filter(|_| (2..=limits::ACT_BODY_BYTES).contains(&found));
    let body_len = body_len.ok_or(DecodeError::BodyLength { found })?;
    let place = Place {
        version: reader.u64()?,
        consortium: ConsortiumId::new(reader.array()?),
        scope: ActId::new(reader.array()?),
        previous: ActId::new(reader.array()?),
    };
    place.check(kind)?;
    Ok((kind, place, body_len))
}

#[cfg(test)]
pub(crate) mod tests;
