//! The signatures beneath an act: ascending by organisation and key, none twice, a bounded number. format §4.

use std::collections::BTreeMap;

use crate::act::{Act, DecodeError};
use crate::encoding::Reader;
use crate::id::OrganisationId;
use crate::key::{PublicKey, Signature};
use crate::limits;

/// One signature beneath an act, on behalf of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActSignature {
    /// On whose behalf; zero in an organisation's own first act.
    pub organisation: OrganisationId,
    /// The root (or admin) key that signs.
    pub key: PublicKey,
    /// Over frame and body.
    pub signature: Signature,
}

impl ActSignature {
    /// What it is sorted by, and what no act carries twice.
    #[must_use]
    pub const fn signer(&self) -> (OrganisationId, PublicKey) {
        (self.organisation, self.key)
    }
}

/// Which of these signatures beneath an act hold, in their order. Whoever runs the protocol may spread them over threads
/// (DESIGN §13): the answer is the same, and one that is too short leaves out what it does not say.
#[derive(Clone, Copy)]
pub struct SignatureCheck(pub fn(&Act, &[ActSignature]) -> Vec<bool>);

/// One after the other.
impl Default for SignatureCheck {
    fn default() -> Self {
        Self(|act, signatures| signatures.iter().map(|signature| act.is_signed_by(signature)).collect())
    }
}

/// How signatures are checked makes no difference to what is known.
impl PartialEq for SignatureCheck {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SignatureCheck {}

impl std::fmt::Debug for SignatureCheck {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SignatureCheck")
    }
}

/// Reads count and signatures up to the end of the act.
pub(super) fn decode_list(reader: &mut Reader<'_>) -> Result<Vec<ActSignature>, DecodeError> {
    let found = usize::from(reader.u16()?);
    if found > limits::ACT_SIGNATURES {
        return Err(DecodeError::SignatureCount { found });
    }
    let mut signatures: Vec<ActSignature> = Vec::with_capacity(found);
    for _ in 0..found {
        let signature = ActSignature {
            organisation: OrganisationId::new(reader.array()?),
            key: PublicKey::new(reader.array()?),
            signature: Signature::new(reader.array()?),
        };
        if signatures.last().is_some_and(|last| last.signer() >= signature.signer()) {
            return Err(DecodeError::SignatureOrder);
        }
        signatures.push(signature);
    }
    if reader.is_empty() { Ok(signatures) } else { Err(DecodeError::Trailing { extra: reader.rest().len() }) }
}

/// Writes count and signatures.
pub(super) fn encode_list(signatures: &[ActSignature], bytes: &mut Vec<u8>) {
    let count = u16::try_from(signatures.len()).expect("an act has at most 1,024 signatures");
    bytes.extend(count.to_be_bytes());
    for signature in signatures {
        bytes.extend(signature.organisation.as_bytes());
        bytes.extend(signature.key.as_bytes());
        bytes.extend(signature.signature.as_bytes());
    }
}

/// Sorts signatures, keeps one for each signer (the lowest bytes, so that the order they came in does not show), and of
/// too many the first of each organisation, then the second of each: so none crowds another out, and keeping a part
/// and adding the rest keeps the same as keeping from all at once.
pub(crate) fn share_places(mut signatures: Vec<ActSignature>) -> Vec<ActSignature> {
    signatures.sort_unstable();
    signatures.dedup_by_key(|signature| signature.signer());
    if signatures.len() <= limits::ACT_SIGNATURES {
        return signatures;
    }
    let mut taken: BTreeMap<OrganisationId, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, ActSignature)> = Vec::with_capacity(signatures.len());
    for signature in signatures {
        let rank = taken.entry(signature.organisation).or_default();
        ranked.push((*rank, signature));
        *rank = rank.saturating_add(1);
    }
    ranked.sort_unstable();
    ranked.truncate(limits::ACT_SIGNATURES);
    let mut kept: Vec<ActSignature> = ranked.into_iter().map(|(_, signature)| signature).collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(organisation: u8, key: u16) -> ActSignature {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&key.to_be_bytes());
        let organisation = OrganisationId::new([organisation; 32]);
        ActSignature { organisation, key: PublicKey::new(bytes), signature: Signature::new([7; 64]) }
    }

    #[test]
    fn no_organisation_crowds_another_out() {
        let flood: Vec<_> = (0..2_000).map(|key| signature(1, key)).collect();
        let single = signature(9, 5);
        let kept = share_places(flood.iter().copied().chain([single]).collect());
        assert_eq!(kept.len(), limits::ACT_SIGNATURES);
        assert!(kept.contains(&single));
    }

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        let all: Vec<_> = (0..1_500).map(|key| signature((key % 3) as u8, key)).collect();
        let at_once = share_places(all.clone());
        let (first, second) = all.split_at(1_200);
        let in_parts = share_places(share_places(second.to_vec()).into_iter().chain(first.iter().copied()).collect());
        assert_eq!(in_parts, at_once);
    }
}
