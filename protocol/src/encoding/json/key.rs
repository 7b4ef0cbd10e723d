//! The name of a member.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// The name of a member. Those that most claims are made of stand in the program, and are not copied for each claim.
#[derive(Clone)]
pub struct Key(Spelt);

#[derive(Clone)]
enum Spelt {
    Known(&'static str),
    Other(Box<str>),
}

impl Key {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Spelt::Known(name) => name,
            Spelt::Other(name) => name,
        }
    }

    /// One of those that most claims are made of.
    fn known(name: &str) -> Option<Spelt> {
        macro_rules! known {
            ($($known:literal)*) => { match name { $($known => Some(Spelt::Known($known)),)* _ => None } };
        }
        known! {
            "according_to" "basis" "category" "claim" "code" "confidence" "credibility" "lang" "likelihood" "locator"
            "marking" "max" "min" "nonce" "original" "prop" "reason" "record" "reliability" "replaces" "retract" "source"
            "standard" "stance" "text" "valid" "value" "wording"
        }
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self(Self::known(name).unwrap_or_else(|| Spelt::Other(name.into())))
    }
}

impl From<String> for Key {
    fn from(name: String) -> Self {
        Self(Self::known(&name).unwrap_or_else(|| Spelt::Other(name.into())))
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        match key.0 {
            Spelt::Known(name) => name.to_owned(),
            Spelt::Other(name) => name.into(),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Key {}

impl PartialEq<str> for Key {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Key {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(out)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(out)
    }
}

impl serde::Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
