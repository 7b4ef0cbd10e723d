//! Check words: what two people read to each other over the phone, to know that they mean the same key. format §15.1.
//!
//! Ten words for 80 bits of a hash, each of a list of 256 that stands in the locales in three languages, word by word the
//! same thing. Whoever wants a key of his own with the same words has to try some 2^80 of them.

use crate::encoding::{Tag, hash, tag};
use crate::id::{ConsortiumId, NodeId, OrganisationId};
use crate::key::PublicKey;
use crate::locale::{self, Language};

const TAG: Tag = tag("ISNAD-WORDS-v1");

/// How many words.
pub const COUNT: usize = 10;

/// The check words of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckWords([u8; COUNT]);

impl CheckWords {
    /// Of a key, a node's included.
    #[must_use]
    pub fn of_key(key: &PublicKey) -> Self {
        Self::of(1, &[key.as_bytes()])
    }

    /// Of a node: those of its key.
    #[must_use]
    pub fn of_node(node: &NodeId) -> Self {
        Self::of_key(&PublicKey::new(*node.as_bytes()))
    }

    /// Of an organisation: of the id of its first act, which names its keys.
    #[must_use]
    pub fn of_organisation(organisation: &OrganisationId) -> Self {
        Self::of(2, &[organisation.as_bytes()])
    }

    /// Of a consortium.
    #[must_use]
    pub fn of_consortium(consortium: &ConsortiumId) -> Self {
        Self::of(3, &[consortium.as_bytes()])
    }

    /// Of an invitation: of the consortium and of the node that invites, so that one reading compares both.
    #[must_use]
    pub fn of_invitation(consortium: &ConsortiumId, node: &NodeId) -> Self {
        Self::of(4, &[consortium.as_bytes(), node.as_bytes()])
    }

    /// The words in a language, in order.
    pub fn words(&self, language: Language) -> impl Iterator<Item = &'static str> + use<> {
        self.0.into_iter().filter_map(move |byte| locale::lookup(language, &format!("check_word.{byte}")))
    }

    /// The words in a language, as one line.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        self.words(language).collect::<Vec<_>>().join(" ")
    }

    fn of(of_what: u8, parts: &[&[u8]]) -> Self {
        let of_what = [of_what];
        let parts: Vec<&[u8]> = [&of_what[..]].into_iter().chain(parts.iter().copied()).collect();
        let whole = hash(&TAG, &parts);
        let mut bytes = [0; COUNT];
        bytes.iter_mut().zip(whole).for_each(|(byte, from)| *byte = from);
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_byte_has_one_word_of_its_own_in_each_language() {
        for language in Language::ALL {
            let word = |byte: u8| locale::lookup(language, &format!("check_word.{byte}"));
            let words: BTreeSet<&str> = (0..=u8::MAX).filter_map(word).collect();
            assert_eq!(words.len(), 256, "{language}");
            assert!(words.iter().all(|word| !word.contains([' ', '-'])), "{language}");
        }
    }

    #[test]
    fn words_are_told_apart_by_what_they_are_of() {
        let (key, bytes) = (PublicKey::new([7; 32]), [7; 32]);
        let all = [
            CheckWords::of_key(&key),
            CheckWords::of_organisation(&OrganisationId::new(bytes)),
            CheckWords::of_consortium(&ConsortiumId::new(bytes)),
            CheckWords::of_invitation(&ConsortiumId::new(bytes), &NodeId::new(bytes)),
        ];
        let lines: BTreeSet<String> = all.iter().map(|words| words.line(Language::En)).collect();
        assert_eq!(lines.len(), all.len());
        assert!(lines.iter().all(|line| line.split(' ').count() == COUNT));
        assert_eq!(CheckWords::of_node(&NodeId::new(bytes)), CheckWords::of_key(&key));
    }
}
