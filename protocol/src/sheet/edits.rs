//! Edits of narratives: which count, and the text that they make. DESIGN §5; format §3.3.
//!
//! **Law.** An edit is made on exactly the edits that `after` names and all that those were made on. It counts if all of these
//! count, waits while one is missing, and is inert if one is of another narrative, sheet or generation, or its position is past
//! the end. What is decided depends on the set of entries alone, never on the order of their arrival.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::breakage::{self, Breakage};
use crate::id::{EntryId, NarrativeId};
use crate::limits;
use crate::log::Authentic;
use crate::standing::Standing;

use super::Cause;
use super::content::Defect;
use super::forks::Forks;
use super::narrative::{self, Change, EditError};
use super::operations::Edits;

/// What the sheet knows of an entry that an edit may name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// Of another sheet or generation, or no change.
    Elsewhere,
    /// Held, without a payload that would say what it is.
    Missing,
    /// Of this sheet, and without effect, for this reason.
    Without(Standing),
    /// Says claims.
    Claims,
    /// Edits a narrative.
    Edit(NarrativeId),
}

/// One edit of a narrative, and what governance has against it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edit<'a> {
    pub(super) entry: &'a Authentic,
    pub(super) edits: &'a Edits,
    pub(super) against: Option<Standing>,
}

/// Whether an edit counts, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Counts,
    Against(Standing),
    Inert(Defect),
    Waiting,
    Void(Cause),
}

/// A narrative once its edits were run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// What became of each edit.
    pub(super) outcomes: BTreeMap<EntryId, Outcome>,
    /// The changes of those that count, each behind those it was made on; the same order on every node.
    pub(super) changes: Vec<(EntryId, Change)>,
    /// The text that they make; `None` if none counts.
    pub(super) text: Option<String>,
}

impl Outcome {
    pub(super) const fn standing(&self) -> Standing {
        match self {
            Self::Counts => Standing::Counts,
            Self::Against(standing) => *standing,
            Self::Inert(_) => Standing::Inert,
            Self::Waiting => Standing::Waiting,
            Self::Void(_) => Standing::Void,
        }
    }
}

/// Judges and runs the edits of one narrative. `known` says what the other entries of its record and space are.
pub(super) fn run(narrative: NarrativeId, edits: &[Edit<'_>], known: &BTreeMap<EntryId, Known>) -> Run {
    let graph = Graph::new(edits);
    let order = graph.order();
    let mut runner = Runner { narrative, known, graph: &graph, outcomes: BTreeMap::new(), forks: Forks::new() };
    runner.plan(&order);
    for id in &order {
        let outcome = runner.judge(*id).map_or_else(|outcome| outcome, |()| runner.make(*id));
        runner.outcomes.insert(*id, outcome);
    }
    let Runner { outcomes, forks, .. } = runner;
    let counting: Vec<_> = order.iter().filter_map(|id| Some((*id, forks.change(*id)?.clone()))).collect();
    let text = whole(narrative, &counting);
    Run { outcomes, changes: counting, text }
}

/// The text of all edits that count.
fn whole(narrative: NarrativeId, changes: &[(EntryId, Change)]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let read = || {
        let mut document = narrative::Document::new();
        document.apply(changes.iter().map(|(_, change)| change))?;
        document.text(narrative)
    };
    guarded(read).ok().flatten()
}

/// Runs the engine so that a panic in it stays the trouble of one edit. THREATS row 31.
fn guarded<T>(run: impl FnOnce() -> Result<T, EditError>) -> Result<T, EditError> {
    if breakage::is_out(Breakage::HostileOperations) {
        return run();
    }
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(EditError::Engine))
}

/// The edits of a narrative by what they were made on.
struct Graph<'a> {
    edits: BTreeMap<EntryId, Edit<'a>>,
    children: BTreeMap<EntryId, Vec<EntryId>>,
}

impl<'a> Graph<'a> {
    fn new(edits: &[Edit<'a>]) -> Self {
        let edits: BTreeMap<_, _> = edits.iter().map(|edit| (edit.entry.id(), *edit)).collect();
        let mut children: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
        for (id, edit) in &edits {
            for parent in edit.edits.after.iter().filter(|parent| edits.contains_key(*parent)) {
                children.entry(*parent).or_default().push(*id);
            }
        }
        Self { edits, children }
    }

    fn after(&self, id: EntryId) -> &'a [EntryId] {
        self.edits.get(&id).map_or(&[], |edit| &edit.edits.after)
    }

    fn parents(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        self.after(id).iter().copied().filter(|parent| self.edits.contains_key(parent))
    }

    /// Each edit behind those it was made on. Depth first, so that one chain is run to its end before the next is begun and
    /// few documents stay open. Names are hashes, so there is no circle.
    fn order(&self) -> Vec<EntryId> {
        let mut due: BTreeMap<EntryId, usize> = BTreeMap::new();
        let mut ready = Vec::new();
        for id in self.edits.keys() {
            let parents = self.parents(*id).count();
            due.insert(*id, parents);
            if parents == 0 {
                ready.push(*id);
            }
        }
        let mut order = Vec::with_capacity(self.edits.len());
        while let Some(id) = ready.pop() {
            order.push(id);
            for child in self.children.get(&id).into_iter().flatten() {
                let left = due.entry(*child).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(*child);
                }
            }
        }
        order
    }

    /// How many edits stand behind each, no further counted than one above the bound.
    fn behind(&self, order: &[EntryId]) -> BTreeMap<EntryId, usize> {
        let mut behind: BTreeMap<EntryId, usize> = BTreeMap::new();
        let most = limits::NARRATIVE_EDITS.saturating_add(1);
        for id in order {
            let parents: Vec<_> = self.parents(*id).collect();
            let longest = parents.iter().filter_map(|parent| behind.get(parent)).max().copied();
            let count = match (parents.len(), longest) {
                (0, _) | (_, None) => 0,
                (1, Some(longest)) => longest.saturating_add(1),
                (_, Some(longest)) if longest >= limits::NARRATIVE_EDITS => most,
                _ => self.ancestors(&parents, most).len(),
            };
            behind.insert(*id, count.min(most));
        }
        behind
    }

    /// These edits and all that they were made on, at most `most`.
    fn ancestors(&self, from: &[EntryId], most: usize) -> BTreeSet<EntryId> {
        let mut found = BTreeSet::new();
        let mut rest = from.to_vec();
        while let Some(id) = rest.pop() {
            if found.len() < most && found.insert(id) {
                rest.extend(self.parents(id));
            }
        }
        found
    }
}

struct Runner<'a> {
    narrative: NarrativeId,
    known: &'a BTreeMap<EntryId, Known>,
    graph: &'a Graph<'a>,
    outcomes: BTreeMap<EntryId, Outcome>,
    forks: Forks,
}

impl Runner<'_> {
    /// Settles what needs no text, and tells the forks which edits will be asked for.
    fn plan(&mut self, order: &[EntryId]) {
        let behind = self.graph.behind(order);
        for id in order {
            let Some(edit) = self.graph.edits.get(id) else { continue };
            let count = behind.get(id).copied().unwrap_or_default();
            if let Some(outcome) = self.defect(edit, count) {
                self.outcomes.insert(*id, outcome);
            } else {
                self.forks.expect(&edit.edits.after, |head| behind.get(&head).copied().unwrap_or_default());
            }
        }
    }

    fn defect(&self, edit: &Edit<'_>, behind: usize) -> Option<Outcome> {
        if let Some(standing) = edit.against {
            return Some(Outcome::Against(standing));
        }
        let after = &edit.edits.after;
        let header = &edit.entry.entry().header;
        let begins = narrative::id(header.author, header.space, header.seq) == self.narrative;
        if begins != after.is_empty() && !breakage::is_out(Breakage::Squatting) {
            return Some(Outcome::Inert(Defect::Beginning));
        }
        for id in after {
            match self.known.get(id) {
                Some(Known::Elsewhere) => return Some(Outcome::Inert(Defect::OtherSheet(*id))),
                Some(Known::Claims) => return Some(Outcome::Inert(Defect::OtherNarrative(*id))),
                Some(Known::Edit(other)) if *other != self.narrative => {
                    return Some(Outcome::Inert(Defect::OtherNarrative(*id)));
                }
                Some(Known::Edit(_) | Known::Missing | Known::Without(_)) | None => {}
            }
        }
        (behind > limits::NARRATIVE_EDITS).then_some(Outcome::Inert(Defect::TooManyBehind))
    }

    /// Whether what the edit stands on lets it be run.
    fn judge(&self, id: EntryId) -> Result<(), Outcome> {
        if let Some(settled) = self.outcomes.get(&id) {
            return Err(settled.clone());
        }
        let is_patient = !breakage::is_out(Breakage::MissingAfter);
        let mut cause = None;
        for parent in self.graph.after(id) {
            match (self.outcomes.get(parent), self.known.get(parent)) {
                (Some(Outcome::Counts), _) => {}
                (Some(Outcome::Waiting), _) | (None, None | Some(Known::Missing)) if is_patient => {
                    return Err(Outcome::Waiting);
                }
                (outcome, known) => cause = cause.or_else(|| Some(cause_in(*parent, outcome, known))),
            }
        }
        cause.filter(|_| is_patient).map_or(Ok(()), |cause| Err(Outcome::Void(cause)))
    }

    fn make(&mut self, id: EntryId) -> Outcome {
        let Some(edit) = self.graph.edits.get(&id) else { return Outcome::Waiting };
        let (graph, forks, narrative) = (self.graph, &mut self.forks, self.narrative);
        let made = guarded(AssertUnwindSafe(|| {
            let mut document = forks.take(&edit.edits.after, |heads| graph.ancestors(heads, usize::MAX))?;
            let change = document.edit(id, narrative, &edit.edits.splices)?;
            Ok((document, change))
        }));
        match made {
            Ok((document, change)) => {
                self.forks.put(id, document, change);
                Outcome::Counts
            }
            Err(EditError::PastEnd(index)) => Outcome::Inert(Defect::PastEnd { index }),
            Err(EditError::Engine) => Outcome::Inert(Defect::Engine),
        }
    }
}

/// Why an edit on this one is void: the cause of this one, where it is void itself. `after` ascends, so that the first is the same
/// on every node.
fn cause_in(entry: EntryId, outcome: Option<&Outcome>, known: Option<&Known>) -> Cause {
    match (outcome, known) {
        (Some(Outcome::Void(cause)), _) => *cause,
        (Some(outcome), _) => Cause { entry, standing: outcome.standing() },
        (None, Some(Known::Without(standing))) => Cause { entry, standing: *standing },
        // What is of no use here has been told apart before: it makes an edit inert.
        (None, Some(Known::Elsewhere | Known::Missing | Known::Claims | Known::Edit(_)) | None) => {
            Cause { entry, standing: Standing::Inert }
        }
    }
}
