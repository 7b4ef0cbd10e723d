//! Acts that wait for others: a table of bounded size that no source can keep for itself.
//!
//! It is not written down: what waits is sent again by whoever holds it, and a table that came back at each start could be
//! filled for good. When it is full, whoever takes the most of it makes room.

use std::collections::BTreeMap;

use crate::act::Act;
use crate::id::{ActId, NodeId};
use crate::limits;

/// Where an act came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// This home's own journal, which holds nothing that was not within the bounds when it was written.
    Journal,
    /// A local user.
    Home,
    /// A peer, or a carried file that is read as one.
    Peer(NodeId),
}

/// The acts that wait, each with who brought it first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Table(BTreeMap<ActId, (Act, Source)>);

#[derive(Debug, Clone, Copy, Default)]
struct Share {
    acts: usize,
    bytes: usize,
}

impl Share {
    fn add(&mut self, act: &Act) {
        self.acts = self.acts.saturating_add(1);
        self.bytes = self.bytes.saturating_add(act.encoded_len());
    }

    /// What is above its bound of all that waits together: acts first, then bytes; `None` if nothing is.
    fn excess(all: &Self) -> Option<fn(&Self) -> usize> {
        if all.acts > limits::ACTS_WAITING {
            return Some(|share| share.acts);
        }
        (all.bytes > limits::ACTS_WAITING_BYTES).then_some(|share| share.bytes)
    }
}

impl Table {
    pub(super) fn get(&self, id: &ActId) -> Option<&Act> {
        self.0.get(id).map(|(act, _)| act)
    }

    /// Who brought an act that waits.
    pub(super) fn source(&self, id: &ActId) -> Option<Source> {
        self.0.get(id).map(|(_, source)| *source)
    }

    pub(super) fn insert(&mut self, act: Act, source: Source) {
        self.0.insert(act.id(), (act, source));
    }

    pub(super) fn remove(&mut self, id: &ActId) -> Option<(Act, Source)> {
        self.0.remove(id)
    }

    /// The ids of those of which `is_due` is true.
    pub(super) fn due(&self, is_due: impl Fn(&Act) -> bool) -> Vec<ActId> {
        self.0.iter().filter(|(_, (act, _))| is_due(act)).map(|(id, _)| *id).collect()
    }

    /// The acts that make room for one more, or for one that waits already with more signatures; `None` if there is no
    /// room: a local user is told so, and others lose what they brought themselves.
    pub(super) fn room_for(&self, act: &Act, source: Source) -> Option<Vec<ActId>> {
        let mut leaving = Vec::new();
        if source == Source::Journal {
            return Some(leaving);
        }
        let mut others: Vec<&(Act, Source)> = self.0.values().filter(|(other, _)| other.id() != act.id()).collect();
        loop {
            let (all, shares) = shares(&others, act, source);
            let Some(measure) = Share::excess(&all) else { return Some(leaving) };
            let own = shares.get(&source).map_or(0, measure);
            let heavier = shares.iter().filter(|(_, share)| measure(share) > own);
            let heaviest = heavier.max_by_key(|(_, share)| measure(share)).map_or(source, |(source, _)| *source);
            if heaviest == Source::Home && source == Source::Home {
                return None;
            }
            let last = others.iter().rposition(|(_, source)| *source == heaviest)?;
            leaving.push(others.remove(last).0.id());
        }
    }
}

/// What each source takes of the table, and all of them together, once `act` is in it.
fn shares(others: &[&(Act, Source)], act: &Act, source: Source) -> (Share, BTreeMap<Source, Share>) {
    let mut all = Share::default();
    let mut shares: BTreeMap<Source, Share> = BTreeMap::new();
    for (act, source) in others.iter().map(|(act, source)| (act, *source)).chain([(act, source)]) {
        all.add(act);
        shares.entry(source).or_default().add(act);
    }
    (all, shares)
}
