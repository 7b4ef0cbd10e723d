//! Which organisations signed a charter or a space's act, by as many of their roots as that takes. format §4.5.
//!
//! Roots need no proof that anyone holds them, and the organisation beside a signature is not signed. So anyone can call
//! another's key his own, also later, and copy what it signed. So that one hand does not count as many, there are to be as many
//! different keys as organisations that count; and what is counted never becomes less by another signature, whoever shares what.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::Act;
use crate::breakage::{self, Breakage};
use crate::governance::Governance;
use crate::id::OrganisationId;
use crate::key::PublicKey;

/// Who signed an act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Signers {
    /// Those who have, each asked for itself.
    pub(super) all: BTreeSet<OrganisationId>,
    /// True if one key stands for two of them.
    shares_keys: bool,
}

/// The keys of each organisation that signed.
type Keys = BTreeMap<OrganisationId, BTreeSet<PublicKey>>;

impl Governance {
    /// Works out who signed an act, from the signatures beneath it that count.
    pub(super) fn make_signers(&self, act: &Act) -> Signers {
        let keys = keys_of(act);
        let all: BTreeSet<_> =
            keys.iter().filter(|(who, keys)| self.have_signed(who, keys)).map(|(who, _)| *who).collect();
        let mut seen = BTreeSet::new();
        let shares_keys = keys.values().flatten().any(|key| !seen.insert(key));
        Signers { all, shares_keys }
    }

    fn have_signed(&self, who: &OrganisationId, keys: &BTreeSet<PublicKey>) -> bool {
        self.chains.get(who).is_some_and(|chain| chain.has_signed(keys, &self.held))
    }

    /// Those of `among` who signed a charter or a space's act, each with a key that stands for no other of them: as many as can.
    pub(super) fn signed_among(&self, act: &Act, among: &BTreeSet<OrganisationId>) -> BTreeSet<OrganisationId> {
        let Some(signers) = self.signers.get(&act.id()) else { return BTreeSet::new() };
        let mut signed: BTreeSet<_> = signers.all.intersection(among).copied().collect();
        if signers.shares_keys && !breakage::is_out(Breakage::ThresholdDuplicates) {
            let keys = keys_of(act);
            let mut stand = BTreeMap::new();
            signed.retain(|who| finds_key(*who, &keys, &mut stand, &mut BTreeSet::new()));
        }
        signed
    }
}

/// Has a key stand for an organisation, others being given another of theirs where that is needed; false if there is none, and nothing
/// changed. One after the other it finds as many as there can be, and the first of them in order: Kuhn, The Hungarian Method for
/// the assignment problem, 1955. Of `tried` keys none is looked at again, so that it takes no more steps than there are signatures.
fn finds_key(
    who: OrganisationId,
    keys: &Keys,
    stand: &mut BTreeMap<PublicKey, OrganisationId>,
    tried: &mut BTreeSet<PublicKey>,
) -> bool {
    keys.get(&who).into_iter().flatten().any(|key| {
        let is_had =
            tried.insert(*key) && stand.get(key).copied().is_none_or(|other| finds_key(other, keys, stand, tried));
        if is_had {
            stand.insert(*key, who);
        }
        is_had
    })
}

fn keys_of(act: &Act) -> Keys {
    let mut keys = Keys::new();
    for signature in act.signatures() {
        keys.entry(signature.organisation).or_default().insert(signature.key);
    }
    keys
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(pairs: &[(u8, u8)]) -> Keys {
        let mut keys = Keys::new();
        for (who, key) in pairs {
            keys.entry(OrganisationId::new([*who; 32])).or_default().insert(PublicKey::new([*key; 32]));
        }
        keys
    }

    fn counted(keys: &Keys) -> usize {
        let mut stand = BTreeMap::new();
        keys.keys().filter(|who| finds_key(**who, keys, &mut stand, &mut BTreeSet::new())).count()
    }

    /// By trying every choice.
    fn most(organisations: &[BTreeSet<PublicKey>], used: &BTreeSet<PublicKey>) -> usize {
        let Some((keys, rest)) = organisations.split_first() else { return 0 };
        let with = |key: &PublicKey| 1 + most(rest, &used.iter().chain([key]).copied().collect());
        keys.difference(used).map(with).max().unwrap_or(0).max(most(rest, used))
    }

    proptest! {
        #[test]
        fn as_many_count_as_there_can_be(pairs in prop::collection::vec((0_u8..6, 0_u8..6), 0..14)) {
            let keys = keys(&pairs);
            let all: Vec<_> = keys.values().cloned().collect();
            prop_assert_eq!(counted(&keys), most(&all, &BTreeSet::new()));
        }

        #[test]
        fn no_signature_takes_another_away(
            honest in 1_u8..40, hostile in prop::collection::vec((0_u8..60, 0_u8..60), 0..400), more in (0_u8..60, 0_u8..60),
        ) {
            // Those who sign by a key of their own, and among them any that call any keys theirs.
            let own = (0..honest).map(|who| (who + 10, who + 10));
            let mut pairs: Vec<_> = own.chain(hostile).collect();
            let before = counted(&keys(&pairs));
            prop_assert!(before >= usize::from(honest));
            pairs.push(more);
            prop_assert!(counted(&keys(&pairs)) >= before);
        }
    }
}
