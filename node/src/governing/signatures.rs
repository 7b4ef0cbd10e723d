//! Who has signed an act and who is missing, for people to see. What counts is for the protocol alone.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::{Act, Kind, Roots};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::limits::DRAFTS_COMPARED;
use serde::{Deserialize, Serialize};

/// Where an organisation's signature beneath an act stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Whose.
    pub organisation: OrganisationId,
    /// How many of its keys have signed.
    pub keys: usize,
    /// How many have to.
    pub due: u64,
    /// True if it has signed.
    pub has_signed: bool,
    /// True if it signs as a member of the version before.
    pub is_before: bool,
    /// True if it signs as one of the new members.
    pub is_after: bool,
    /// False if its signature counts for nothing: the act is a settlement that names it as a double signer.
    #[serde(default = "counts")]
    pub counts: bool,
    /// Another act that it signed in this one's place, if it has not signed this one: its key store refuses this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<ActId>,
}

const fn counts() -> bool {
    true
}

impl Signed {
    /// True if it has not signed, and may.
    #[must_use]
    pub const fn may_sign(&self) -> bool {
        !self.has_signed && self.counts && self.other.is_none()
    }
}

/// Every root key that organisations ever set, as far as acts are held.
#[derive(Debug)]
pub struct Roster<'a> {
    governance: &'a Governance,
    roots: BTreeMap<OrganisationId, Vec<&'a Roots>>,
    /// For each act that charters or spaces' acts follow, those that each organisation signed.
    drafts: BTreeMap<ActId, BTreeMap<OrganisationId, Vec<&'a Act>>>,
}

impl<'a> Roster<'a> {
    /// Collects them.
    #[must_use]
    pub fn of(governance: &'a Governance) -> Self {
        let mut roots: BTreeMap<OrganisationId, Vec<&Roots>> = BTreeMap::new();
        let mut drafts: BTreeMap<ActId, BTreeMap<OrganisationId, Vec<&Act>>> = BTreeMap::new();
        for act in governance.acts() {
            if let Some(previous) = act.previous().filter(|_| act.organisation().is_none()) {
                let signers: BTreeSet<_> = act.signatures().iter().map(|signature| signature.organisation).collect();
                let at_place = drafts.entry(previous).or_default();
                for who in signers {
                    let signed = at_place.entry(who).or_default();
                    signed.extend((signed.len() < DRAFTS_COMPARED).then_some(act));
                }
            }
            if let (Some(organisation), Some(set)) = (act.organisation(), own_roots(act)) {
                roots.entry(organisation).or_default().push(set);
            }
        }
        Self { governance, roots, drafts }
    }

    /// An act that an organisation signed in the place of this one, and that nobody signs besides it.
    fn other(&self, act: &Act, organisation: &OrganisationId) -> Option<ActId> {
        let signed = act.previous().and_then(|previous| self.drafts.get(&previous)?.get(organisation));
        let mut others = signed.into_iter().flatten();
        others.find(|other| self.governance.are_signed_apart(act, other)).map(|other| other.id())
    }

    /// The roots by which an act of an organisation's own chain is signed.
    fn in_force(&self, act: &'a Act) -> Option<(&'a Roots, u64)> {
        let before = self.governance.roots_before(act);
        match (own_roots(act), before) {
            // Of a rotation whose chain is not here nobody knows which commitment it uses up, nor whether another did.
            (Some(own), None) => act.is_first().then_some((own, own.threshold)),
            (Some(own), Some(commitment)) => Some((own, own.threshold.max(commitment.next_threshold))),
            (None, Some(roots)) => Some((roots, roots.threshold)),
            (None, None) => None,
        }
    }

    /// True if a root key's word under an act is one that it needs.
    #[must_use]
    pub fn may_sign(&self, act: &'a Act, organisation: &OrganisationId, key: &PublicKey) -> bool {
        match act.organisation() {
            Some(whose) => {
                whose == *organisation && self.in_force(act).is_some_and(|(roots, _)| roots.keys.contains(key))
            }
            None => {
                let sets = self.roots.get(organisation).map_or(&[][..], Vec::as_slice);
                sets.iter().any(|roots| roots.keys.contains(key))
            }
        }
    }

    /// Everyone whose signature an act can have, with how far each has signed, ascending.
    #[must_use]
    pub fn signed(&self, act: &'a Act) -> Vec<Signed> {
        if let Some(organisation) = act.organisation() {
            let (roots, due) = self.in_force(act).map_or((&[][..], 1), |(roots, due)| (&roots.keys, due));
            let keys = count(act, &organisation, roots, true);
            // An admin key that may sign does so alone.
            let by_admin = keys == 0 && !act.signatures().is_empty();
            let has_signed = by_admin || u64::try_from(keys).is_ok_and(|keys| keys >= due);
            let (is_before, is_after, counts, other) = (true, true, true, None);
            return vec![Signed { organisation, keys, due, has_signed, is_before, is_after, counts, other }];
        }
        let (before, after) = (members(act.previous().and_then(|id| self.governance.act(&id))), members(Some(act)));
        let all: BTreeSet<&OrganisationId> = before.iter().chain(after).collect();
        let double = act.settles().map_or(&[][..], |settles| &settles.double);
        let line = |organisation: &OrganisationId| {
            let (keys, due) = self.nearest(act, organisation);
            let has_signed = u64::try_from(keys).is_ok_and(|keys| keys >= due);
            Signed {
                organisation: *organisation,
                keys,
                due,
                has_signed,
                is_before: before.contains(organisation),
                is_after: after.contains(organisation),
                counts: !double.contains(organisation),
                other: if has_signed { None } else { self.other(act, organisation) },
            }
        };
        all.into_iter().map(line).collect()
    }

    /// Of an organisation's sets of roots the one of which most is there: how many have signed and how many have to.
    fn nearest(&self, act: &Act, organisation: &OrganisationId) -> (usize, u64) {
        let sets = self.roots.get(organisation).map_or(&[][..], Vec::as_slice);
        let counted = sets.iter().map(|roots| (count(act, organisation, &roots.keys, false), roots.threshold));
        let missing = |(keys, due): &(usize, u64)| due.saturating_sub(u64::try_from(*keys).unwrap_or(u64::MAX));
        counted.min_by_key(missing).unwrap_or((0, 1))
    }

    /// How many organisations have to sign an act, and how many have; of two majorities that are due, the one that lacks
    /// more.
    #[must_use]
    pub fn progress(&self, act: &'a Act) -> (u64, u64) {
        self.progress_of(act, &self.signed(act))
    }

    /// The same of one of which is known already who has signed.
    #[must_use]
    pub fn progress_of(&self, act: &'a Act, signed: &[Signed]) -> (u64, u64) {
        let of = |counts: &dyn Fn(&Signed) -> bool| {
            u64::try_from(signed.iter().filter(|line| line.has_signed && counts(line)).count()).unwrap_or(u64::MAX)
        };
        let before = act.previous().and_then(|id| self.governance.act(&id));
        match (act.kind(), before) {
            (Kind::Charter, Some(before)) => {
                if act.settles().is_some() {
                    let have = of(&|line| line.is_before && line.counts);
                    return (have, most(members(Some(before)).len()));
                }
                let due = |act: &Act| act.as_charter().map_or(0, |charter| charter.threshold);
                let pairs = [(of(&|line| line.is_before), due(before)), (of(&|line| line.is_after), due(act))];
                let lacking = |(have, due): &(u64, u64)| due.saturating_sub(*have);
                pairs.into_iter().max_by_key(lacking).unwrap_or_default()
            }
            (Kind::Space, Some(before)) if members(Some(act)).iter().all(|id| members(Some(before)).contains(id)) => {
                (of(&|line| line.is_before), most(members(Some(before)).len()))
            }
            (Kind::Charter | Kind::Space, _) => (of(&|_| true), u64::try_from(signed.len()).unwrap_or(u64::MAX)),
            (Kind::Organisation, _) => signed.first().map_or((0, 1), |line| {
                let keys = u64::try_from(line.keys).unwrap_or(u64::MAX);
                (if line.has_signed { line.due } else { keys }, line.due)
            }),
        }
    }

    /// True if enough have signed.
    #[must_use]
    pub fn has_enough(&self, act: &'a Act) -> bool {
        let (have, due) = self.progress(act);
        have >= due
    }

    /// Acts with enough signatures that follow one act, settlements among them.
    #[must_use]
    pub fn rivals_after(&self, previous: &ActId) -> Vec<&'a Act> {
        let acts = self.governance.followers(previous).filter_map(|id| self.governance.act(&id));
        acts.filter(|act| act.organisation().is_none() && self.has_enough(act)).collect()
    }

    /// True if rivals stand where a settlement would, with enough signatures each: what a file of acts can show of a halt.
    #[must_use]
    pub fn has_rivals_at(&self, settlement: &Act) -> bool {
        let rivals = settlement.previous().map(|previous| self.rivals_after(&previous)).unwrap_or_default();
        rivals.iter().filter(|act| act.id() != settlement.id()).count() > 1
    }

    /// True if rivals stand where a settlement would, none of them is in effect, and of those who decide more than half
    /// acknowledged one or another: an honest key store settles only then. ADR 0012, point 5.
    #[must_use]
    pub fn is_halted_at(&self, settlement: &Act) -> bool {
        let Some(previous) = settlement.previous().and_then(|id| self.governance.act(&id)) else { return false };
        let rivals = self.rivals_after(&previous.id());
        let rivals = rivals.into_iter().filter(|act| act.id() != settlement.id());
        let (mut spoke, mut count) = (BTreeSet::new(), 0_usize);
        for act in rivals {
            if crate::governing::is_in_effect(self.governance, &act.id()) {
                return false;
            }
            count = count.saturating_add(1);
            spoke.extend(self.governance.acknowledged(&act.id()).into_keys());
        }
        let before = members(Some(previous));
        let have_spoken = before.iter().filter(|id| spoke.contains(id)).count();
        count > 1 && u64::try_from(have_spoken).is_ok_and(|spoken| spoken >= most(before.len()))
    }
}

/// More than half.
fn most(count: usize) -> u64 {
    u64::try_from(count / 2).unwrap_or(u64::MAX).saturating_add(1)
}

fn own_roots(act: &Act) -> Option<&Roots> {
    act.as_organisation().and_then(|body| body.roots.as_ref())
}

fn members(act: Option<&Act>) -> &[OrganisationId] {
    let charter = act.and_then(Act::as_charter).map(|charter| &charter.members);
    charter.or_else(|| act.and_then(Act::as_space).map(|space| &space.members)).map_or(&[], Vec::as_slice)
}

fn count(act: &Act, organisation: &OrganisationId, roots: &[PublicKey], is_own: bool) -> usize {
    let signed = act
        .signatures()
        .iter()
        .filter(|signature| (is_own || signature.organisation == *organisation) && roots.contains(&signature.key));
    signed.map(|signature| signature.key).collect::<BTreeSet<_>>().len()
}
