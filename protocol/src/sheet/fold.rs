//! From a set of entries to sheets. One entry is one change of one sheet: a bad one takes no other with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::breakage::{self, Breakage};
use crate::entry::Kind;
use crate::id::{EntryId, NarrativeId, RecordId, SpaceId};
use crate::log::Authentic;
use crate::standing::{Judge, Standing};

use super::content::{self, Content, Flaw};
use super::edits::{self, Edit, Known, Outcome, Run};
use super::operations::Operations;
use super::{Folded, LeftOut, Narrative, Sheet, SheetKey, Signer};

/// Entries read and judged by themselves.
pub(super) struct Fold<'a> {
    entries: BTreeMap<EntryId, Read<'a>>,
}

struct Read<'a> {
    entry: &'a Authentic,
    against: Option<Standing>,
    content: Result<Content, Flaw>,
}

/// The narratives that one space holds about one record stand on nothing outside of these.
type Around = (SpaceId, RecordId);

impl<'a> Fold<'a> {
    pub(super) fn new(entries: impl IntoIterator<Item = &'a Authentic>, judge: &(impl Judge + ?Sized)) -> Self {
        let mut read: BTreeMap<EntryId, Read<'a>> = BTreeMap::new();
        for entry in entries {
            let is_known = read.get(&entry.id()).is_some_and(|known| known.entry.entry().payload.is_some());
            if !is_known {
                let content = content::read(entry.entry());
                read.insert(entry.id(), Read { entry, against: judge.judge(entry), content });
            }
        }
        if breakage::is_out(Breakage::PoisonedBatch) && read.values().any(|read| read.content.is_err()) {
            read.clear();
        }
        Self { entries: read }
    }

    fn key(&self, entry: &Authentic) -> SheetKey {
        let mut key = SheetKey::of(&entry.entry().header);
        if breakage::is_out(Breakage::ResignForeignChange) {
            let payload = entry.entry().header.payload_hash;
            let same = self.entries.values().map(|read| &read.entry.entry().header);
            let first = same.filter(|header| header.payload_hash == payload).map(|header| header.organisation).min();
            key.organisation = first.unwrap_or(key.organisation);
        }
        key
    }

    pub(super) fn finish(self, runs_edits: bool) -> Folded {
        let mut folded = Folded::default();
        let mut narratives: BTreeMap<(SheetKey, NarrativeId), Vec<Edit<'_>>> = BTreeMap::new();
        for (id, read) in &self.entries {
            if let Ok(Content::Change(Operations::Edits(edits))) = &read.content {
                let key = self.key(read.entry);
                folded.sheets.entry(key).or_insert_with(|| Sheet::new(key));
                let edit = Edit { entry: read.entry, edits, against: read.against };
                narratives.entry((key, edits.narrative)).or_default().push(edit);
            } else {
                self.take(&mut folded, *id, read);
            }
        }
        let around = if runs_edits { self.around(&narratives) } else { BTreeMap::new() };
        for ((key, narrative), edits) in &narratives {
            if !runs_edits {
                leave_out_by_governance(&mut folded, *key, edits);
                continue;
            }
            let empty = BTreeMap::new();
            let near = around.get(&(key.space, key.record)).unwrap_or(&empty);
            let known = known_to(*key, near, edits);
            let run = edits::run(*narrative, edits, &known);
            take_narrative(&mut folded, *key, *narrative, edits, run);
        }
        folded
    }

    /// Takes in what is no edit.
    fn take(&self, folded: &mut Folded, id: EntryId, read: &Read<'_>) {
        let header = &read.entry.entry().header;
        let flaw = read.content.as_ref().err();
        let standing = read.against.or(flaw.map(Flaw::standing)).unwrap_or(Standing::Counts);
        folded.standings.insert(id, standing);
        if header.record == RecordId::ZERO || header.kind == Kind::Attestation {
            return;
        }
        let key = self.key(read.entry);
        let sheet = folded.sheets.entry(key).or_insert_with(|| Sheet::new(key));
        let signer = Signer::of(header);
        match &read.content {
            Ok(content) if standing == Standing::Counts => match content {
                Content::Change(Operations::Claims(ops)) => {
                    ops.iter().for_each(|op| sheet.said(id, signer, op.clone()));
                }
                Content::Redaction(redaction) => {
                    sheet.redactions.insert(id, (signer, redaction.clone()));
                }
                Content::Change(Operations::Edits(_)) | Content::Attestation(_) => {}
            },
            Ok(_) | Err(_) => {
                let defect = match flaw {
                    Some(Flaw::Inert(defect)) if standing == Standing::Inert => Some(defect.clone()),
                    Some(Flaw::Inert(_) | Flaw::Wanted | Flaw::UnknownKind) | None => None,
                };
                sheet.left_out.insert(id, LeftOut { signer, kind: header.kind, standing, defect, cause: None });
            }
        }
    }

    /// What each space holds about each record that has narratives: entry, sheet, and what it is there.
    fn around(
        &self,
        narratives: &BTreeMap<(SheetKey, NarrativeId), Vec<Edit<'_>>>,
    ) -> BTreeMap<Around, BTreeMap<EntryId, (SheetKey, Known)>> {
        let with: BTreeSet<Around> = narratives.keys().map(|(key, _)| (key.space, key.record)).collect();
        let mut around: BTreeMap<Around, BTreeMap<EntryId, (SheetKey, Known)>> = BTreeMap::new();
        for (id, read) in &self.entries {
            let key = self.key(read.entry);
            if with.contains(&(key.space, key.record)) {
                around.entry((key.space, key.record)).or_default().insert(*id, (key, what(read)));
            }
        }
        around
    }
}

fn what(read: &Read<'_>) -> Known {
    if read.entry.entry().header.kind != Kind::Change {
        return Known::Elsewhere;
    }
    match &read.content {
        Ok(Content::Change(Operations::Edits(edits))) => Known::Edit(edits.narrative),
        Ok(Content::Change(Operations::Claims(_))) => Known::Claims,
        // What governance has something against never counts, with or without its payload.
        Err(Flaw::Wanted) if read.against.is_none() => Known::Missing,
        Ok(_) => Known::Without(read.against.unwrap_or(Standing::Inert)),
        Err(flaw) => Known::Without(read.against.unwrap_or_else(|| flaw.standing())),
    }
}

/// What the entries that these edits name are, as seen from their sheet.
fn known_to(
    key: SheetKey,
    around: &BTreeMap<EntryId, (SheetKey, Known)>,
    edits: &[Edit<'_>],
) -> BTreeMap<EntryId, Known> {
    let named = edits.iter().flat_map(|edit| &edit.edits.after);
    let look = |id: &EntryId| {
        let (sheet, known) = around.get(id)?;
        Some((*id, if *sheet == key { *known } else { Known::Elsewhere }))
    };
    named.filter_map(look).collect()
}

fn leave_out_by_governance(folded: &mut Folded, key: SheetKey, edits: &[Edit<'_>]) {
    for edit in edits {
        if let Some(standing) = edit.against {
            leave_out(folded, key, edit, &Outcome::Against(standing));
        }
    }
}

fn leave_out(folded: &mut Folded, key: SheetKey, edit: &Edit<'_>, outcome: &Outcome) {
    let header = &edit.entry.entry().header;
    let defect = if let Outcome::Inert(defect) = outcome { Some(defect.clone()) } else { None };
    let cause = if let Outcome::Void(cause) = outcome { Some(*cause) } else { None };
    let left = LeftOut { signer: Signer::of(header), kind: header.kind, standing: outcome.standing(), defect, cause };
    folded.standings.insert(edit.entry.id(), outcome.standing());
    let sheet = folded.sheets.entry(key).or_insert_with(|| Sheet::new(key));
    sheet.left_out.insert(edit.entry.id(), left);
}

fn take_narrative(folded: &mut Folded, key: SheetKey, narrative: NarrativeId, edits: &[Edit<'_>], run: Run) {
    let mut counting = BTreeMap::new();
    let mut heads = BTreeSet::new();
    for edit in edits {
        let id = edit.entry.id();
        match run.outcomes.get(&id) {
            Some(Outcome::Counts) => {
                folded.standings.insert(id, Standing::Counts);
                counting.insert(id, Signer::of(&edit.entry.entry().header));
                heads.insert(id);
            }
            Some(outcome) => leave_out(folded, key, edit, outcome),
            None => {}
        }
    }
    for edit in edits.iter().filter(|edit| counting.contains_key(&edit.entry.id())) {
        edit.edits.after.iter().for_each(|id| {
            heads.remove(id);
        });
    }
    let Some(text) = run.text else { return };
    let changes = run.changes.into_iter().map(|(_, change)| change).collect();
    let sheet = folded.sheets.entry(key).or_insert_with(|| Sheet::new(key));
    sheet.narratives.insert(narrative, Narrative { text, heads, edits: counting, changes });
}
