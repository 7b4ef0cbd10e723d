//! Acts that wait for others: a table of bounded size that no source can keep for itself.
//!
//! It is not written down: what waits is sent again by whoever holds it, and a table that came back at each start could be
//! filled for good. When it is full, whoever takes the most of it makes room.

use std::collections::BTreeMap;

use crate::act::Act;
use crate::id::{ActId, NodeId, OrganisationId};
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
    /// Any of a member's nodes: however many it grants, they have one share of the table.
    Member(OrganisationId),
}

/// The acts that wait, each with who brought it first; and what each source takes of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Table {
    acts: BTreeMap<ActId, (Act, Source)>,
    shares: BTreeMap<Source, Share>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Share {
    acts: usize,
    bytes: usize,
}

impl Share {
    fn add(&mut self, act: &Act) {
        self.acts = self.acts.saturating_add(1);
        self.bytes = self.bytes.saturating_add(act.encoded_len());
    }

    fn take(&mut self, act: &Act) {
        self.acts = self.acts.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(act.encoded_len());
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
        self.acts.get(id).map(|(act, _)| act)
    }

    /// Who brought an act that waits.
    pub(super) fn source(&self, id: &ActId) -> Option<Source> {
        self.acts.get(id).map(|(_, source)| *source)
    }

    pub(super) fn insert(&mut self, act: Act, source: Source) {
        self.remove(&act.id());
        self.shares.entry(source).or_default().add(&act);
        self.acts.insert(act.id(), (act, source));
    }

    pub(super) fn remove(&mut self, id: &ActId) -> Option<(Act, Source)> {
        let (act, source) = self.acts.remove(id)?;
        take(&mut self.shares, &act, source);
        Some((act, source))
    }

    /// The ids of those of which `is_due` is true.
    pub(super) fn due(&self, is_due: impl Fn(&Act) -> bool) -> Vec<ActId> {
        self.acts.iter().filter(|(_, (act, _))| is_due(act)).map(|(id, _)| *id).collect()
    }

    /// The acts that make room for one more, or for one that waits already with more signatures; `None` if there is no
    /// room: a local user is told so, and others lose what they brought themselves.
    pub(super) fn room_for(&self, act: &Act, source: Source) -> Option<Vec<ActId>> {
        let mut leaving = Vec::new();
        if source == Source::Journal {
            return Some(leaving);
        }
        let mut shares = self.shares.clone();
        if let Some((known, source)) = self.acts.get(&act.id()) {
            take(&mut shares, known, *source);
        }
        shares.entry(source).or_default().add(act);
        loop {
            let all = shares.values().fold(Share::default(), |all, share| Share {
                acts: all.acts.saturating_add(share.acts),
                bytes: all.bytes.saturating_add(share.bytes),
            });
            let Some(measure) = Share::excess(&all) else { return Some(leaving) };
            let own = shares.get(&source).map_or(0, measure);
            let heavier = shares.iter().filter(|(_, share)| measure(share) > own);
            let heaviest = heavier.max_by_key(|(_, share)| measure(share)).map_or(source, |(source, _)| *source);
            if heaviest == Source::Home && source == Source::Home {
                return None;
            }
            let is_last = |(id, (_, source)): &(&ActId, &(Act, Source))| {
                *source == heaviest && **id != act.id() && !leaving.contains(*id)
            };
            let (id, (last, _)) = self.acts.iter().rev().find(is_last)?;
            take(&mut shares, last, heaviest);
            leaving.push(*id);
        }
    }
}

/// Takes an act from the share of its source.
fn take(shares: &mut BTreeMap<Source, Share>, act: &Act, source: Source) {
    let Some(share) = shares.get_mut(&source) else { return };
    share.take(act);
    if *share == Share::default() {
        shares.remove(&source);
    }
}
