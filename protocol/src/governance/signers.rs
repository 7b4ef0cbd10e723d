//! Which organisations signed a charter or a space's act, by as many of their roots as that takes. format §4.5.
//!
//! Roots need no proof that anyone holds them, and the organisation beside a signature is not signed. So anyone can call
//! another's key his own, also later, and copy what it signed: each key counts for one organisation, and what is counted
//! never becomes less by that.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::Act;
use crate::breakage::{self, Breakage};
use crate::governance::Governance;
use crate::id::OrganisationId;
use crate::key::PublicKey;

/// Organisations that share keys and for which every choice is tried; of more, the later ones take what is left. Nobody shares
/// a root but by mistake or malice, and malice that shares more gains nothing that its own signature would not give.
const TRIED: usize = 8;

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

    /// Those of `among` who signed a charter or a space's act, no key being counted for two of them.
    pub(super) fn signed_among(&self, act: &Act, among: &BTreeSet<OrganisationId>) -> BTreeSet<OrganisationId> {
        let Some(signers) = self.signers.get(&act.id()) else { return BTreeSet::new() };
        let signed: BTreeSet<_> = signers.all.intersection(among).copied().collect();
        if !signers.shares_keys || breakage::is_out(Breakage::ThresholdDuplicates) {
            return signed;
        }
        let mut keys = keys_of(act);
        keys.retain(|who, _| signed.contains(who));
        let own = |who: &OrganisationId, keys_of_one: &BTreeSet<PublicKey>| {
            let others: BTreeSet<_> =
                keys.iter().filter(|(other, _)| *other != who).flat_map(|(_, keys)| keys).collect();
            keys_of_one.iter().filter(|key| !others.contains(key)).copied().collect::<BTreeSet<_>>()
        };
        let (sure, contested): (Vec<_>, Vec<_>) = signed
            .iter()
            .copied()
            .partition(|who| keys.get(who).is_some_and(|keys_of_one| self.have_signed(who, &own(who, keys_of_one))));
        let mut counted: BTreeSet<_> = sure.into_iter().collect();
        counted.extend(self.share_out(&contested, &keys, &BTreeSet::new(), TRIED));
        counted
    }

    /// As many of these as can have signed with no key used twice; the first in order where that leaves a choice.
    fn share_out(
        &self,
        contested: &[OrganisationId],
        keys: &Keys,
        used: &BTreeSet<PublicKey>,
        tried: usize,
    ) -> Vec<OrganisationId> {
        let Some((who, rest)) = contested.split_first() else { return Vec::new() };
        let fresh: BTreeSet<_> =
            keys.get(who).into_iter().flatten().filter(|key| !used.contains(key)).copied().collect();
        let left = tried.saturating_sub(1);
        let needed = self.chains.get(who).and_then(|chain| chain.signing_keys(&fresh, &self.held));
        let Some(needed) = needed else { return self.share_out(rest, keys, used, left) };
        let with = used.iter().copied().chain(needed).collect();
        let mut taken = vec![*who];
        taken.extend(self.share_out(rest, keys, &with, left));
        if tried == 0 || taken.len() == contested.len() {
            return taken;
        }
        let passed_over = self.share_out(rest, keys, used, left);
        if passed_over.len() > taken.len() { passed_over } else { taken }
    }
}

fn keys_of(act: &Act) -> Keys {
    let mut keys = Keys::new();
    for signature in act.signatures() {
        keys.entry(signature.organisation).or_default().insert(signature.key);
    }
    keys
}
