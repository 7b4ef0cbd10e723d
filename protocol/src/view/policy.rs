//! The reader's own choice: whose claims count, who comes first, whose judgements group records. DESIGN §6; MODEL §1.
//!
//! Never part of the shared data. A view carries the policy that made it, so that nobody takes one reader's choice for the set.

use std::collections::BTreeSet;

use crate::act::OrganisationKind;
use crate::id::OrganisationId;
use crate::limits;

/// The reader's own choice; never part of the shared data.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Policy {
    /// Whose claims count in what is computed. The others are shown, and marked.
    #[serde(default)]
    pub whose: Whose,
    /// Which bodies come first, in this order; before `first`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<BodyClass>,
    /// Who comes first, in this order.
    #[serde(default)]
    pub first: Vec<OrganisationId>,
    /// Whose judgements say that two records are the same.
    #[serde(default, skip_serializing_if = "Judgements::is_none")]
    pub judgements: Judgements,
    /// Languages, the preferred one first: they order labels and leave none out.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// Whose claims count.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Every member's.
    #[default]
    All,
    /// Only these organisations'.
    Only(BTreeSet<OrganisationId>),
    /// Only what bodies of these classes say: the cited body, or where none is cited the organisation. The terms of a
    /// designation and the names of records are taken from everyone all the same.
    Classes(BTreeSet<BodyClass>),
}

/// What kind of body speaks: the cited one, or where none is cited the organisation that signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyClass {
    /// A court.
    Court,
    /// An international body, or an inquiry with a mandate.
    Mandated,
    /// A state or one of its authorities.
    State,
    /// A non-governmental organisation.
    Ngo,
    /// Press.
    Press,
    /// Any other, and those of which nobody says what they are.
    Other,
}

/// Whose judgements say that two records are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgements {
    /// Nobody's: each record stands alone.
    #[default]
    None,
    /// The reader's own organisation's.
    Own(OrganisationId),
    /// Those of a partner that the reader named.
    Partner(OrganisationId),
    /// What more organisations affirm than deny, and at least two.
    Majority,
}

impl Judgements {
    /// True if nobody's judgements are followed.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// What the policy makes of those who affirm and those who deny that a pair is one: `None` where it says nothing.
    #[must_use]
    pub fn verdict(&self, positive: &BTreeSet<OrganisationId>, negative: &BTreeSet<OrganisationId>) -> Option<bool> {
        match self {
            Self::None => None,
            Self::Own(whose) | Self::Partner(whose) => {
                negative.contains(whose).then_some(false).or_else(|| positive.contains(whose).then_some(true))
            }
            // Who denies wins a tie: to take two for one harms a stranger.
            // One voice is no majority, though nobody spoke against it: it says nothing yet.
            Self::Majority if positive.len() < limits::MAJORITY_VOICES && negative.is_empty() => None,
            Self::Majority => Some(positive.len() > negative.len()),
        }
    }
}

impl BodyClass {
    /// Every class, in the order of MODEL §1.
    pub const ALL: [Self; 6] = [Self::Court, Self::Mandated, Self::State, Self::Ngo, Self::Press, Self::Other];

    /// Its word in configuration and arguments, the same as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Court => "court",
            Self::Mandated => "mandated",
            Self::State => "state",
            Self::Ngo => "ngo",
            Self::Press => "press",
            Self::Other => "other",
        }
    }

    /// The class of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == text)
    }

    /// Of a cited body, by the `kind` that its record claims.
    #[must_use]
    pub fn of_kind(code: &str) -> Self {
        match code {
            "court" => Self::Court,
            "igo" | "igo_mechanism" | "public_inquiry" => Self::Mandated,
            "state" | "state_subnational" => Self::State,
            "ngo" => Self::Ngo,
            "press" => Self::Press,
            _ => Self::Other,
        }
    }

    /// Of a member, by what its act says.
    #[must_use]
    pub const fn of_member(kind: OrganisationKind) -> Self {
        match kind {
            OrganisationKind::State => Self::State,
            OrganisationKind::Ngo => Self::Ngo,
            OrganisationKind::International => Self::Mandated,
        }
    }
}

/// Where a voice stands among others: by the class of the body, then by the organisation. Lower comes first.
pub(super) type Rank = (usize, usize);

impl Policy {
    /// True if this organisation's claims count, whichever body they cite.
    #[must_use]
    pub fn counts(&self, organisation: OrganisationId) -> bool {
        match &self.whose {
            Whose::All | Whose::Classes(_) => true,
            Whose::Only(chosen) => chosen.contains(&organisation),
        }
    }

    /// True if a claim of this organisation, with a body of this class, counts.
    #[must_use]
    pub fn counts_as(&self, organisation: OrganisationId, class: BodyClass) -> bool {
        match &self.whose {
            Whose::Classes(chosen) => chosen.contains(&class),
            Whose::All | Whose::Only(_) => self.counts(organisation),
        }
    }

    /// True if nothing but the language was chosen.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self { languages: self.languages.clone(), ..Self::default() }
    }

    /// True if it matters what kind of body speaks.
    pub(super) fn asks_for_classes(&self) -> bool {
        !self.order.is_empty() || matches!(self.whose, Whose::Classes(_))
    }

    pub(super) fn rank(&self, organisation: OrganisationId) -> usize {
        self.first.iter().position(|first| *first == organisation).unwrap_or(usize::MAX)
    }

    pub(super) fn class_rank(&self, class: BodyClass) -> usize {
        self.order.iter().position(|known| *known == class).unwrap_or(usize::MAX)
    }

    pub(super) fn language_rank(&self, lang: Option<&str>) -> usize {
        let rank = lang.and_then(|lang| self.languages.iter().position(|preferred| preferred == lang));
        rank.unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisations(numbers: &[u8]) -> BTreeSet<OrganisationId> {
        numbers.iter().map(|number| OrganisationId::new([*number; 32])).collect()
    }

    #[test]
    fn who_denies_wins_a_tie_and_silence_says_nothing() {
        let [one, two] = [1, 2].map(|number| OrganisationId::new([number; 32]));
        for (judgements, positive, negative, expected) in [
            (Judgements::None, &[1, 2, 3][..], &[][..], None),
            (Judgements::Own(one), &[1], &[2, 3], Some(true)),
            (Judgements::Own(one), &[2, 3], &[], None),
            (Judgements::Own(one), &[1], &[1], Some(false)),
            (Judgements::Partner(two), &[1, 3], &[2], Some(false)),
            (Judgements::Majority, &[1, 2], &[3], Some(true)),
            (Judgements::Majority, &[1], &[3], Some(false)),
            (Judgements::Majority, &[], &[3], Some(false)),
            (Judgements::Majority, &[], &[], None),
            (Judgements::Majority, &[1], &[], None),
            (Judgements::Majority, &[1, 2], &[], Some(true)),
            (Judgements::Majority, &[1, 2], &[3, 4], Some(false)),
        ] {
            let verdict = judgements.verdict(&organisations(positive), &organisations(negative));
            assert_eq!(verdict, expected, "{judgements:?} {positive:?} {negative:?}");
        }
    }

    #[test]
    fn each_kind_of_body_has_a_class() {
        for code in crate::model::vocabularies::ORGANISATION_KIND.codes {
            let is_other = matches!(*code, "tertiary" | "compiler");
            assert_eq!(BodyClass::of_kind(code) == BodyClass::Other, is_other, "{code}");
        }
        for class in BodyClass::ALL {
            assert_eq!(BodyClass::parse(class.name()), Some(class));
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }

    #[test]
    fn a_language_alone_is_no_choice() {
        assert!(Policy { languages: vec!["ar".to_owned()], ..Policy::default() }.is_default());
        assert!(!Policy { order: vec![BodyClass::Court], ..Policy::default() }.is_default());
        assert!(!Policy { judgements: Judgements::Majority, ..Policy::default() }.is_default());
    }
}
