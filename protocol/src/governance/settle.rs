//! What follows from an act or signature that is taken: signatures that come to count, acts whose predecessors came.
//!
//! Each thing that has come is followed up once, and only what waited for it is looked at: the cost of an act does not grow
//! with the acts held.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::act::{Act, ActSignature, Kind, Role};
use crate::breakage::{self, Breakage};
use crate::governance::admission::Admission;
use crate::governance::effect::Stale;
use crate::governance::organisation::{is_satisfied_by, own_roots};
use crate::governance::round::is_most;
use crate::governance::{Change, Governance, Membership, Taken, Task, Weighed};
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;

/// Something that others may have waited for.
#[derive(Debug, Clone, Copy)]
enum News {
    /// The act is held.
    Held(ActId),
    /// The act of an organisation is validly signed.
    Valid(ActId),
}

/// What has come of one act so far.
#[derive(Debug, Default)]
struct Settling {
    news: VecDeque<News>,
    /// Acts that are held now, or with more signatures: each once, none before what it follows.
    changed: Vec<ActId>,
    /// Keys that are granted as node since.
    attesting: Vec<(OrganisationId, PublicKey)>,
    stale: Stale,
}

impl Settling {
    fn change(&mut self, id: ActId) {
        if !self.changed.contains(&id) {
            self.changed.push(id);
        }
    }
}

impl Governance {
    /// Takes an act that this same state has weighed.
    pub fn apply(&mut self, weighed: Weighed) -> Change {
        let mut stale = Stale::default();
        let mut change = self.perform(weighed, &mut stale);
        let mut admitted = self.count_admitted();
        self.refresh(stale);
        // Who is a member since may have brought what follows, and that may make another one.
        while self.count_admitted() > admitted {
            admitted = self.count_admitted();
            let mut settling = Settling::default();
            self.settle_admitted(&mut settling);
            let Settling { changed, attesting, stale, .. } = settling;
            let new: Vec<_> = changed.into_iter().filter(|id| !change.acts.contains(id)).collect();
            change.acts.extend(new);
            change.attesting.extend(attesting);
            self.refresh(stale);
        }
        change
    }

    /// How many are or were members, besides the founders before the charter is in effect: it never becomes less.
    pub(super) fn count_admitted(&self) -> usize {
        self.effect.as_ref().map_or(0, |effect| effect.charter.takeable.len())
    }

    /// Follows up all that waits with a signature of a member.
    fn settle_admitted(&mut self, settling: &mut Settling) {
        let is_signed = |act: &Act| act.signatures().iter().any(|signature| self.was_admitted(&signature.organisation));
        for id in self.waiting.due(is_signed) {
            self.try_waiting(&id, settling);
        }
        self.settle(settling);
    }

    /// The same, but what is in effect is left as it was, to be worked out again from what is stale.
    pub(super) fn perform(&mut self, weighed: Weighed, stale: &mut Stale) -> Change {
        let Weighed { act, task } = weighed;
        let id = act.id();
        let mut settling = Settling { stale: std::mem::take(stale), ..Settling::default() };
        let is_new = matches!(task, Task::Hold);
        match task {
            Task::Wait { source, leaving } => {
                for other in leaving {
                    self.waiting.remove(&other);
                }
                self.waiting.insert(act, source);
                *stale = settling.stale;
                return Change { taken: Taken::Waiting, acts: Vec::new(), attesting: Vec::new() };
            }
            Task::Hold => {
                self.waiting.remove(&id);
                self.hold(act, &mut settling);
            }
            Task::Sign => self.sign(&act, &mut settling),
        }
        self.settle(&mut settling);
        *stale = settling.stale;
        let taken = match (is_new, settling.changed.contains(&id)) {
            (true, _) => Taken::New,
            (false, true) => Taken::MoreSignatures,
            (false, false) => Taken::Known,
        };
        Change { taken, acts: settling.changed, attesting: settling.attesting }
    }

    /// Follows up what has come, until nothing moves.
    fn settle(&mut self, settling: &mut Settling) {
        while let Some(news) = settling.news.pop_front() {
            let waited = match news {
                News::Held(id) => self.waited_for_act(&id),
                News::Valid(id) => {
                    self.promote(&id, settling);
                    self.waited_for_roots(&id)
                }
            };
            for id in waited {
                self.try_waiting(&id, settling);
            }
        }
    }

    /// Acts that waited for this one: those that follow it, and first acts that it names.
    fn waited_for_act(&self, id: &ActId) -> Vec<ActId> {
        let charter = self.held.get(id).and_then(Act::as_charter);
        let is_named = |act: &Act| {
            let organisation = act.organisation().filter(|_| act.is_first());
            charter.zip(organisation).is_some_and(|(charter, id)| charter.members.binary_search(&id).is_ok())
        };
        self.waiting.due(|act| act.previous() == Some(*id) || is_named(act))
    }

    /// Acts that waited for this one to be validly signed: those that follow it, and those signed by roots that it sets.
    fn waited_for_roots(&self, id: &ActId) -> Vec<ActId> {
        let signers = self.held.get(id).map(root_signers).unwrap_or_default();
        let is_signed = |act: &Act| {
            act.organisation().is_none() && act.signatures().iter().any(|signed| signers.contains(&signed.signer()))
        };
        self.waiting.due(|act| act.previous() == Some(*id) || is_signed(act))
    }

    fn try_waiting(&mut self, id: &ActId, settling: &mut Settling) {
        let Some((act, source)) = self.waiting.remove(id) else { return };
        let lineage = self.lineage(&act);
        let can_count = |signature: &&ActSignature| self.can_count(&act, &lineage, signature);
        let signatures = act.signatures().iter().filter(can_count).copied().collect();
        let act = act.clone().with_signatures(signatures);
        match self.admission(&act) {
            Ok(Admission::Held) => self.hold(act, settling),
            Ok(Admission::Waits) => self.waiting.insert(act, source),
            // What it follows has come, and shows that it breaks a rule.
            Err(_) => {}
        }
    }

    /// Holds an act that may be, with those signatures that count already.
    fn hold(&mut self, act: Act, settling: &mut Settling) {
        let id = act.id();
        let all = act.signatures().to_vec();
        let act = act.with_signatures(Vec::new());
        self.index(&act);
        if let Some(charter) = act.as_charter() {
            let named = Arc::make_mut(&mut self.named);
            for member in &charter.members {
                let version = named.entry(*member).or_insert(act.version());
                *version = act.version().min(*version);
            }
        }
        if let Some(organisation) = act.organisation() {
            Arc::make_mut(self.chains.entry(organisation).or_default()).tree.add(&act);
        }
        settling.change(id);
        settling.news.push_back(News::Held(id));
        self.held.insert(id, act.clone());
        for acknowledged in Arc::make_mut(&mut self.attestations).hold(id, act.previous()) {
            self.acknowledged_anew(&acknowledged, &mut settling.stale);
        }
        self.sign(&act.with_signatures(all), settling);
    }

    /// Whom the act follows, and whom it names.
    fn index(&mut self, act: &Act) {
        let id = act.id();
        if let Some(previous) = act.previous() {
            self.followers.insert((previous, id), ());
        }
        if let Some(members) = act.members() {
            let members = Arc::new(members.iter().copied().collect());
            self.members.insert(id, Membership { act: id, members });
        }
    }

    /// Puts signatures beneath an act that is held: what counts is kept, what may come to count is set aside.
    fn sign(&mut self, copy: &Act, settling: &mut Settling) {
        let id = copy.id();
        let lineage = self.lineage(copy);
        let (counts, rest): (Vec<_>, Vec<_>) =
            copy.signatures().iter().partition(|signature| self.counts(copy, &lineage, signature));
        let rest: Vec<_> = rest.into_iter().filter(|signature| self.can_count(copy, &lineage, signature)).collect();
        // Of an organisation's act it is known at once what counts.
        if copy.organisation().is_none() && !rest.is_empty() {
            let aside = self.aside.remove(&id).unwrap_or_default().into_iter().chain(rest).collect();
            self.aside.insert(id, copy.clone().with_signatures(aside).signatures().to_vec());
        }
        self.count(&id, counts, settling);
    }

    /// Adds signatures that count.
    fn count(&mut self, id: &ActId, counts: Vec<ActSignature>, settling: &mut Settling) {
        let Some(held) = self.held.get(id) else { return };
        let before = held.signatures().len();
        let all = held.signatures().iter().copied().chain(counts).collect();
        let act = held.clone().with_signatures(all);
        if act.signatures().len() > before {
            settling.change(*id);
        }
        self.held.insert(*id, act.clone());
        self.validate(&act, settling);
        self.count_signers(&act, &mut settling.stale);
    }

    /// Works out who has signed a charter or a space's act.
    fn count_signers(&mut self, act: &Act, stale: &mut Stale) {
        if act.organisation().is_some() {
            return;
        }
        let signers = self.make_signers(act);
        let count = signers.all.len();
        self.signers.insert(act.id(), signers);
        match (act.kind(), act.previous()) {
            // A draft that no half of them signed yet changes nothing, and one member can make as many as he likes.
            (Kind::Charter, Some(previous)) if !self.may_have_enough(&previous, count) => {}
            (Kind::Charter, Some(previous)) => drop(stale.rounds.insert(previous)),
            (Kind::Charter, None) => stale.founding = true,
            (Kind::Space | Kind::Organisation, _) => drop(stale.spaces.insert(act.scope_id())),
        }
    }

    /// False if so few signed an act that follows this one that it cannot have enough: every threshold is more than half.
    fn may_have_enough(&self, previous: &ActId, signed: usize) -> bool {
        self.members_of(previous).is_none_or(|before| is_most(signed, before.members.len()))
            || breakage::is_out(Breakage::MutualRemoval)
            || breakage::is_out(Breakage::Subthreshold)
    }

    /// Works out again who has signed what an organisation signed: by the roots that it sets now, it may have.
    fn count_again(&mut self, organisation: &OrganisationId, stale: &mut Stale) {
        let is_signed = |act: &&Act| act.signatures().iter().any(|signature| signature.organisation == *organisation);
        let acts = self.signers.keys().filter_map(|id| self.held.get(id)).filter(is_signed);
        for act in acts.cloned().collect::<Vec<_>>() {
            self.count_signers(&act, stale);
        }
    }

    fn validate(&mut self, act: &Act, settling: &mut Settling) {
        let Some(organisation) = act.organisation() else { return };
        let id = act.id();
        let is_valid = |id: &ActId| self.chains.get(&organisation).is_some_and(|chain| chain.is_valid(id));
        let follows = act.previous().is_none_or(|previous| is_valid(&previous));
        if !follows || is_valid(&id) || !is_satisfied_by(act, &self.lineage(act)) {
            return;
        }
        let chain = Arc::make_mut(self.chains.entry(organisation).or_default());
        let nodes =
            act.as_organisation().into_iter().flat_map(|body| &body.grants).filter(|grant| grant.role == Role::Node);
        let nodes = nodes.map(|grant| grant.key).filter(|key| !chain.attests(key));
        settling.attesting.extend(nodes.map(|key| (organisation, key)));
        chain.add_valid(act);
        if chain.has_rivals() {
            Arc::make_mut(&mut self.contested).insert(organisation);
        }
        settling.stale.organisations.insert(organisation);
        settling.news.push_back(News::Valid(id));
        if own_roots(act).is_some() {
            self.count_again(&organisation, &mut settling.stale);
        }
    }

    /// Counts what was set aside of signatures by the roots that a validly signed act sets.
    fn promote(&mut self, id: &ActId, settling: &mut Settling) {
        let signers = self.held.get(id).map(root_signers).unwrap_or_default();
        if signers.is_empty() {
            return;
        }
        for signed in self.aside.keys().copied().collect::<Vec<_>>() {
            let aside = self.aside.remove(&signed).unwrap_or_default();
            let (counts, rest): (Vec<_>, Vec<_>) =
                aside.into_iter().partition(|signature| signers.contains(&signature.signer()));
            if !rest.is_empty() {
                self.aside.insert(signed, rest);
            }
            if !counts.is_empty() {
                self.count(&signed, counts, settling);
            }
        }
    }
}

/// The signers that the roots are which an act of an organisation sets; none unless it is a first act or a rotation.
fn root_signers(act: &Act) -> BTreeSet<(OrganisationId, PublicKey)> {
    let keys = own_roots(act).map_or(&[][..], |roots| &roots.keys);
    keys.iter().filter_map(|key| Some((act.organisation()?, *key))).collect()
}
