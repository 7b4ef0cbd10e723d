//! Keys and signatures: the only code that signs or checks. format §1, §4; THREATS.md, "Ed25519: what is accepted".
//!
//! One domain tag for each use, which every signed message begins with, so that a signature made for one purpose never
//! verifies for another. Checks are `verify_strict` alone, on every path: batch and cofactored checks can disagree with it.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::breakage::{self, Breakage};
use crate::encoding::{Tag, from_hex, tag, write_hex};
use crate::id::{ParseError, identifier};

identifier!(
    /// An Ed25519 public key as it is written; whether it is fit to be granted is for [`PublicKey::check_admissible`].
    PublicKey, 32, "a public key"
);
identifier!(
    /// An Ed25519 signature as it is written. RFC 8032.
    Signature, 64, "a signature"
);

/// What a signature is for. Each use has a tag that its message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// The header of an entry.
    Entry,
    /// The frame and body of an act.
    Act,
    /// The proof that a grantee holds the key granted.
    Grant,
}

impl Use {
    /// Every use.
    pub const ALL: [Self; 3] = [Self::Entry, Self::Act, Self::Grant];

    /// The 16 bytes that a message of this use begins with.
    #[must_use]
    pub const fn tag(self) -> Tag {
        match self {
            Self::Entry => tag("ISNAD-ENTRY-v1"),
            Self::Act => tag("ISNAD-ACT-v1"),
            Self::Grant => tag("ISNAD-GRANT-v1"),
        }
    }
}

/// Why a key is not fit to be granted or to be a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// Not the one encoding of a point of the curve.
    #[error("not the canonical encoding of a point of the curve")]
    NotCanonical,
    /// A point of small order: signatures by it hold for any message.
    #[error("of small order: a signature by it would hold for any message")]
    SmallOrder,
    /// A point with a torsion component: verifiers disagree about its signatures.
    #[error("outside the prime-order group: verifiers disagree about its signatures")]
    Torsion,
}

impl WeakKey {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotCanonical => "key_not_canonical",
            Self::SmallOrder => "key_small_order",
            Self::Torsion => "key_torsion",
        }
    }
}

impl PublicKey {
    /// Checks that the key may be granted: canonical, not weak, free of torsion.
    ///
    /// # Errors
    /// [`WeakKey`] says which of the three it is not.
    pub fn check_admissible(&self) -> Result<(), WeakKey> {
        if breakage::is_out(Breakage::WeakKeyAdmission) {
            return Ok(());
        }
        let key = VerifyingKey::from_bytes(self.as_bytes()).map_err(|_| WeakKey::NotCanonical)?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != self.as_bytes() {
            return Err(WeakKey::NotCanonical);
        }
        if key.is_weak() {
            return Err(WeakKey::SmallOrder);
        }
        if point.is_torsion_free() { Ok(()) } else { Err(WeakKey::Torsion) }
    }

    /// The same point for agreeing on a secret: its u-coordinate, the public half of [`SecretKey::to_x25519`]. RFC 7748 §4.1.
    ///
    /// `None` if it is not one that may be granted: with such a key anybody could know what was agreed.
    #[must_use]
    pub fn to_x25519(&self) -> Option<[u8; 32]> {
        self.check_admissible().ok()?;
        Some(VerifyingKey::from_bytes(self.as_bytes()).ok()?.to_montgomery().to_bytes())
    }

    /// True if `signature` is this key's over `message`, and the message is one of this use.
    #[must_use]
    pub fn verifies(&self, purpose: Use, message: &[u8], signature: &Signature) -> bool {
        let is_for_this = message.starts_with(&purpose.tag()) || breakage::is_out(Breakage::CrossProtocol);
        is_for_this && self.verifies_untagged(message, signature)
    }

    /// The same check without a use, for public vectors whose messages have no tag of ours.
    #[doc(hidden)]
    #[must_use]
    pub fn verifies_untagged(&self, message: &[u8], signature: &Signature) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(self.as_bytes()) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        if breakage::is_out(Breakage::Malleability) {
            return ed25519_dalek::Verifier::verify(&key, message, &signature).is_ok();
        }
        key.verify_strict(message, &signature).is_ok()
    }
}

/// An Ed25519 secret key. Wiped from memory when dropped; never printed.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Makes the key of a seed of 32 random bytes. RFC 8032 §5.1.5.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(self.0.verifying_key().to_bytes())
    }

    /// The same secret for agreeing on one by X25519: the scalar of RFC 8032 §5.1.5, before it is reduced. Whoever asks wipes it.
    #[must_use]
    pub fn to_x25519(&self) -> [u8; 32] {
        self.0.to_scalar_bytes()
    }

    /// Signs a message, which must begin with the tag of its use.
    #[must_use]
    pub(crate) fn sign(&self, purpose: Use, message: &[u8]) -> Signature {
        assert!(message.starts_with(&purpose.tag()), "a signed message begins with the tag of its use");
        Signature::new(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey(of {:?})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_holds_for_its_use_alone() {
        let secret = SecretKey::from_seed(&[7; 32]);
        for signed in Use::ALL {
            let message = [&signed.tag()[..], b"the rest"].concat();
            let signature = secret.sign(signed, &message);
            for checked in Use::ALL {
                assert_eq!(secret.public().verifies(checked, &message, &signature), checked == signed);
            }
        }
    }

    #[test]
    fn own_key_is_admissible() {
        assert_eq!(SecretKey::from_seed(&[1; 32]).public().check_admissible(), Ok(()));
    }

    #[test]
    fn a_key_for_agreeing_is_that_of_libsodium() {
        // test/default/ed25519_convert of libsodium, which clamps the scalar at once.
        let seed = from_hex("421151a459faeade3d247115f94aedae42318124095afabe4d1451a559faedee").unwrap();
        let secret = SecretKey::from_seed(&seed);
        let mut scalar = secret.to_x25519();
        scalar[0] &= 248;
        scalar[31] = scalar[31] & 127 | 64;
        let expected = from_hex("8052030376d47112be7f73ed7a019293dd12ad910b654455798b4667d73de166").unwrap();
        assert_eq!(scalar, expected);
        let expected = from_hex("f1814f0e8ff1043d8a44d25babff3cedcae6c22c3edaa48f857ae70de2baae50").unwrap();
        assert_eq!(secret.public().to_x25519(), Some(expected));
        for weak in [[0; 32], [2; 32], [0xff; 32]] {
            assert_eq!(PublicKey::new(weak).to_x25519(), None);
        }
    }

    #[test]
    fn secret_key_is_not_printed() {
        let secret = SecretKey::from_seed(&[1; 32]);
        assert!(!format!("{secret:?}").contains("0101"));
    }
}
