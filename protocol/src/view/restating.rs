//! What an organisation said and what no longer counts, though nobody took it back: the words of a key that was revoked or that
//! forked its log, and edits that were made on such words. From this list it restates what it stands by. DESIGN §5; MODEL §8,
//! journey 14.
//!
//! Like the tasks, this hangs on the set of entries alone: no clock decides what was said anew. Only what counts settles anything,
//! so that a thief's words hide nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, NarrativeId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::Authentic;
use crate::sheet::content::{self, Content};
use crate::sheet::operations::Edits;
use crate::sheet::{Cause, Claim, Folded, Operation, Operations, Retract, Sheet, SheetKey, Signer};
use crate::standing::Standing;

/// Something that was said and does not count.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Restating {
    /// Why it does not count: forked, repudiated, revoked; void, where the words under it do not.
    pub why: Standing,
    /// The record.
    pub record: RecordId,
    /// Where it was said.
    pub space: SpaceId,
    /// The entry that said it; of several edits of one text the last.
    pub entry: EntryId,
    /// Who signed that entry, and where.
    #[serde(flatten)]
    pub signer: Signer,
    /// What it was.
    #[serde(flatten)]
    pub lost: Lost,
    /// What took the ground of an edit away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How many more wait behind this one, the last that is told.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: usize,
}

/// What does not count any more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Lost {
    /// A claim: a value, an opinion, a judgement, a reply.
    Claim {
        /// Its id. The same words have it again.
        claim: ClaimId,
        /// All its words.
        said: Json,
    },
    /// A retraction: what it took back stands again.
    Retraction {
        /// The claim.
        claim: ClaimId,
        /// Why it was taken back, a code.
        reason: String,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// All words of the claim.
        said: Json,
    },
    /// Edits of one text by one key.
    Edit {
        /// The text.
        narrative: NarrativeId,
        /// Its language, where a claim that points to it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// True if some of the text still stands.
        stands: bool,
        /// Where nothing of it stands, the claim that pointed to it: to take that back gives the text up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pointer: Option<ClaimId>,
        /// The words that were inserted, in the order of the log.
        inserted: Vec<String>,
        /// Unicode scalar values deleted.
        deleted: u64,
        /// How many edits this is.
        edits: usize,
        /// True if there were more words than are told.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        cut: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What is told of all records: of the words of one key no more than [`limits::RESTATING_OF_ONE_KEY`], so that a thief who fills the
/// list hides nobody behind himself.
#[derive(Debug, Default)]
pub struct Told {
    told: Vec<Restating>,
    of_one: BTreeMap<PublicKey, usize>,
    more: usize,
}

impl Told {
    /// Takes in what was found on one record.
    pub fn take(&mut self, found: Vec<Restating>) {
        for restating in found {
            let count = self.of_one.entry(restating.signer.author).or_default();
            if *count < limits::RESTATING_OF_ONE_KEY {
                *count = count.saturating_add(1);
                self.told.push(restating);
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
    }

    /// What is told; the last one says how many are not.
    #[must_use]
    pub fn finish(mut self) -> Vec<Restating> {
        if let Some(last) = self.told.last_mut() {
            last.more = self.more;
        }
        self.told
    }
}

/// True for what was said once and can be said again: its author or the ground under it is gone, not its right to be said.
#[must_use]
pub const fn is_lost(standing: Standing) -> bool {
    match standing {
        Standing::Forked | Standing::Repudiated | Standing::Revoked | Standing::Void => true,
        Standing::Counts
        | Standing::Unauthorised
        | Standing::Redacted
        | Standing::Wanted
        | Standing::UnknownKind
        | Standing::Inert
        | Standing::Waiting => false,
    }
}

/// What an organisation said about a record and nothing of it counts, until it is said anew: void edits first, then by key and position.
///
/// `folded` is of all entries that are held about the record, its edits run.
#[must_use]
pub fn restating(record: RecordId, entries: &[Authentic], folded: &Folded, own: OrganisationId) -> Vec<Restating> {
    let mut held = Held::new(record, folded, own);
    for entry in entries {
        held.read(entry);
    }
    let mut found = held.claims();
    found.extend(held.texts());
    found.sort_by_key(|item| (item.why != Standing::Void, item.signer.author, item.signer.seq, item.entry));
    found
}

/// One entry that does not count, or one that does, as far as an edit is to be found behind it.
struct Edited {
    key: SheetKey,
    entry: EntryId,
    signer: Signer,
    standing: Standing,
    edits: Edits,
}

/// What is held of an organisation's words about one record.
struct Held<'a> {
    record: RecordId,
    own: OrganisationId,
    folded: &'a Folded,
    sheets: Vec<&'a Sheet>,
    /// By space, up to which generation a redaction hides all.
    hidden: BTreeMap<SpaceId, u32>,
    /// Operations of lost entries, by space and entry.
    lost: BTreeMap<(SpaceId, EntryId), (Signer, Standing, Vec<Operation>)>,
    edited: BTreeMap<EntryId, Edited>,
    /// Of each text the language that a claim gives it.
    langs: BTreeMap<NarrativeId, String>,
}

impl<'a> Held<'a> {
    fn new(record: RecordId, folded: &'a Folded, own: OrganisationId) -> Self {
        let is_own = |key: &SheetKey| key.record == record && key.organisation == own;
        let sheets: Vec<&Sheet> = folded.sheets.iter().filter(|(key, _)| is_own(key)).map(|(_, sheet)| sheet).collect();
        let mut hidden: BTreeMap<SpaceId, u32> = BTreeMap::new();
        for sheet in sheets.iter().filter(|sheet| !sheet.redactions.is_empty()) {
            let up_to = hidden.entry(sheet.key.space).or_default();
            *up_to = sheet.key.generation.max(*up_to);
        }
        let (lost, edited, langs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { record, own, folded, sheets, hidden, lost, edited, langs }
    }

    /// Takes an entry in, if it is a change of one of these sheets that may be told.
    fn read(&mut self, entry: &Authentic) {
        let header = &entry.entry().header;
        let key = SheetKey::of(header);
        // What a redaction hides is not told, even where a revocation is what keeps it from counting.
        let is_hidden = self.hidden.get(&key.space).is_some_and(|up_to| key.generation <= *up_to);
        if key.record != self.record || key.organisation != self.own || is_hidden {
            return;
        }
        let Ok(Content::Change(operations)) = content::read(entry.entry()) else { return };
        let standing = self.folded.standings.get(&entry.id()).copied().unwrap_or(Standing::Wanted);
        let signer = Signer::of(header);
        match operations {
            Operations::Claims(operations) => {
                self.languages(&operations);
                if is_lost(standing) {
                    self.lost.insert((key.space, entry.id()), (signer, standing, operations));
                }
            }
            Operations::Edits(edits) => {
                let edited = Edited { key, entry: entry.id(), signer, standing, edits };
                self.edited.insert(entry.id(), edited);
            }
        }
    }

    fn languages(&mut self, operations: &[Operation]) {
        for operation in operations {
            let Operation::Claim(claim) = operation else { continue };
            let (Some(lang), Some(id)) = (claim.lang(), pointed_to(claim)) else { continue };
            // The least of several: whichever entry comes first.
            let known = self.langs.entry(id).or_insert_with(|| lang.to_owned());
            if lang < known.as_str() {
                lang.clone_into(known);
            }
        }
    }

    fn in_space(&self, space: SpaceId) -> impl Iterator<Item = &'a Sheet> {
        self.sheets.iter().copied().filter(move |sheet| sheet.key.space == space)
    }

    /// Claims and retractions that are lost and were not said anew, each once for each space.
    fn claims(&self) -> Vec<Restating> {
        let mut found = Vec::new();
        let mut met = BTreeSet::new();
        let mut lost: Vec<_> = self.lost.iter().collect();
        lost.sort_by_key(|((_, entry), (signer, ..))| (signer.author, signer.seq, *entry));
        for ((space, entry), (signer, why, operations)) in lost {
            for operation in operations {
                let what = match operation {
                    Operation::Claim(claim) => self.claim(*space, claim),
                    Operation::Retract(retract) => self.retraction(*space, retract),
                };
                let Some(lost) = what else { continue };
                let id = match operation {
                    Operation::Claim(claim) => (*space, true, claim.id()),
                    Operation::Retract(retract) => (*space, false, retract.claim),
                };
                if met.insert(id) {
                    let (record, space, entry) = (self.record, *space, *entry);
                    let (why, signer) = (*why, *signer);
                    found.push(Restating { why, record, space, entry, signer, lost, cause: None, more: 0 });
                }
            }
        }
        found
    }

    /// A lost claim, unless its words, or the same value of the property, are there again, or it was taken back by what counts.
    fn claim(&self, space: SpaceId, claim: &Claim) -> Option<Lost> {
        let id = claim.id();
        // What pointed to a text of which nothing stands goes with the text.
        if pointed_to(claim).is_some_and(|text| !self.stands(space, text)) {
            return None;
        }
        let settles = |sheet: &Sheet| {
            let standing = || sheet.standing_claims().map(|(_, said)| &said.claim);
            sheet.claims.contains_key(&id)
                || sheet.retractions.contains_key(&id)
                || standing().any(|said| said.replaces() == Some(id) || is_instead(said, claim))
        };
        if self.in_space(space).any(settles) {
            return None;
        }
        Some(Lost::Claim { claim: id, said: claim.json().clone() })
    }

    /// A lost retraction, if what it took back stands.
    fn retraction(&self, space: SpaceId, retract: &Retract) -> Option<Lost> {
        let standing = |sheet: &'a Sheet| sheet.standing_claims().find(|(id, _)| *id == retract.claim);
        let (claim, said) = self.in_space(space).find_map(standing)?;
        let said = said.claim.json().clone();
        Some(Lost::Retraction { claim, reason: retract.reason.clone(), note: retract.note.clone(), said })
    }

    /// Lost edits that nobody made up for, those of one text and key together.
    fn texts(&self) -> Vec<Restating> {
        let settled = self.settled();
        let lost = self.edited.values().filter(|edited| is_lost(edited.standing) && !settled.contains(&edited.entry));
        let mut groups: BTreeMap<(SpaceId, NarrativeId, PublicKey, Standing), Vec<&Edited>> = BTreeMap::new();
        for edited in lost.filter(|edited| !self.is_said_again(edited) && !self.is_given_up(edited)) {
            let key = (edited.key.space, edited.edits.narrative, edited.signer.author, edited.standing);
            groups.entry(key).or_default().push(edited);
        }
        groups.into_values().filter_map(|edits| self.together(edits)).collect()
    }

    fn together(&self, mut edits: Vec<&Edited>) -> Option<Restating> {
        edits.sort_by_key(|edited| (edited.signer.seq, edited.entry));
        let last = edits.last()?;
        let narrative = last.edits.narrative;
        let splices = || edits.iter().flat_map(|edited| &edited.edits.splices);
        let words = splices().map(|splice| &splice.insert).filter(|text| !text.is_empty());
        let (mut inserted, mut bytes, mut cut) = (Vec::new(), 0_usize, false);
        for text in words {
            bytes = bytes.saturating_add(text.len());
            if bytes > limits::RESTATING_BYTES {
                cut = true;
                break;
            }
            inserted.push(text.clone());
        }
        let lost = Lost::Edit {
            narrative,
            lang: self.langs.get(&narrative).cloned(),
            stands: self.stands(last.key.space, narrative),
            pointer: self.pointers(last.key.space, narrative).min().filter(|_| !self.stands(last.key.space, narrative)),
            inserted,
            deleted: splices().fold(0, |sum, splice| sum.saturating_add(splice.delete)),
            edits: edits.len(),
            cut,
        };
        let left = self.sheets.iter().find_map(|sheet| sheet.left_out.get(&last.entry));
        Some(Restating {
            why: last.standing,
            record: self.record,
            space: last.key.space,
            entry: last.entry,
            signer: last.signer,
            lost,
            cause: left.and_then(|left| left.cause),
            more: 0,
        })
    }

    /// Edits whose author has written on since, and all that these were made on: whoever knew of them goes on without them.
    fn settled(&self) -> BTreeSet<EntryId> {
        let is_behind = |edited: &&Edited| is_lost(edited.standing) && self.wrote_on(edited);
        let mut rest: Vec<EntryId> = self.edited.values().filter(is_behind).map(|edited| edited.entry).collect();
        let mut settled = BTreeSet::new();
        while let Some(id) = rest.pop() {
            let Some(edited) = self.edited.get(&id).filter(|edited| is_lost(edited.standing)) else { continue };
            if settled.insert(id) {
                rest.extend(&edited.edits.after);
            }
        }
        settled
    }

    /// True if a later edit in the same log counts: of that text, or of any on the record where nothing of that text stands.
    fn wrote_on(&self, lost: &Edited) -> bool {
        let sheets = || self.in_space(lost.key.space);
        let own = lost.edits.narrative;
        let stands = self.stands(lost.key.space, own);
        let texts = sheets().flat_map(|sheet| &sheet.narratives).filter(|(id, _)| !stands || **id == own);
        let mut signers = texts.flat_map(|(_, narrative)| narrative.edits.values());
        signers.any(|signer| signer.author == lost.signer.author && signer.seq > lost.signer.seq)
    }

    /// True if the words that an edit inserted stand in a text that counts. Few letters stand in any text.
    fn is_said_again(&self, lost: &Edited) -> bool {
        let words: Vec<&str> = lost.edits.splices.iter().map(|splice| splice.insert.trim()).collect();
        let letters: usize = words.iter().map(|text| text.chars().count()).sum();
        let texts = || self.in_space(lost.key.space).flat_map(|sheet| sheet.narratives.values());
        letters >= limits::RESTATED_CHARS && texts().any(|text| words.iter().all(|word| text.text.contains(word)))
    }

    /// True if nothing of the text stands, and a claim that pointed to it was taken back.
    fn is_given_up(&self, lost: &Edited) -> bool {
        let (space, narrative) = (lost.key.space, lost.edits.narrative);
        let is_retracted = |id| self.in_space(space).any(|sheet| sheet.retractions.contains_key(&id));
        !self.stands(space, narrative) && self.pointers(space, narrative).any(is_retracted)
    }

    fn stands(&self, space: SpaceId, narrative: NarrativeId) -> bool {
        self.in_space(space).any(|sheet| sheet.narratives.contains_key(&narrative))
    }

    /// The lost claims that point to a text.
    fn pointers(&self, space: SpaceId, narrative: NarrativeId) -> impl Iterator<Item = ClaimId> {
        let lost = self.lost.iter().filter(move |((said_in, _), _)| *said_in == space);
        lost.flat_map(|(_, (_, _, operations))| operations).filter_map(move |operation| match operation {
            Operation::Claim(claim) => (pointed_to(claim) == Some(narrative)).then(|| claim.id()),
            Operation::Retract(_) => None,
        })
    }
}

/// True if a claim that stands says what a lost one said. Of another's claim and of another record an organisation says one thing:
/// whatever it says now takes the place, unless it is what the lost one was to correct.
fn is_instead(said: &Claim, lost: &Claim) -> bool {
    let about = |claim: &Claim, keys: &[&str]| -> Vec<Option<Json>> {
        keys.iter().map(|key| claim.value().and_then(|value| value.get(key)).cloned()).collect()
    };
    let is_about = |keys: &[&str]| lost.replaces() != Some(said.id()) && about(said, keys) == about(lost, keys);
    match lost.prop() {
        None => false,
        prop if prop != said.prop() => false,
        Some("opinion") => is_about(&["claim", "organisation"]),
        Some("judgement") => is_about(&["record"]),
        Some(_) => said.value() == lost.value(),
    }
}

/// The text that a claim points to.
fn pointed_to(claim: &Claim) -> Option<NarrativeId> {
    claim.value()?.get("narrative")?.as_text().and_then(|id| NarrativeId::parse(id).ok())
}
