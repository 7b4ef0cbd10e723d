//! Every entry about a record and what it did, for `isnad history`. Each log stands in its own order, which its chain proves.
//! Between logs nothing is proven: there the claimed times decide, for a person reads them so, and then the log. No view, no
//! digest and no judgement hangs on that order. DESIGN §6.

use std::collections::BTreeMap;

use crate::entry::Kind;
use crate::id::{ClaimId, EntryId, NarrativeId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::sheet::content::{self, Content};
use crate::sheet::{self, Cause, Operation, Operations};
use crate::standing::Standing;
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::compare::value_text;
use super::{AsOf, Context};

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// The record.
    pub record: RecordId,
    /// Every entry about it, those that do not count too: each log in the order of its positions, the logs among each other by
    /// the times claimed. An entry that claims an earlier time than one before it in its log stands behind that all the same.
    pub items: Vec<Item>,
    /// The day that it is as of, where the reader asked for an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// One entry about a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Item {
    /// The entry.
    pub entry: EntryId,
    /// Its position.
    pub seq: u64,
    /// On whose behalf.
    pub organisation: OrganisationId,
    /// By which key.
    pub author: PublicKey,
    /// Where.
    pub space: SpaceId,
    /// Of the sheet.
    pub generation: u32,
    /// The time claimed.
    pub time: Timestamp,
    /// Whether it counts.
    pub standing: Standing,
    /// What takes its ground away, if it is void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The code of the kind: 1 change, 2 attestation, 3 redaction.
    pub kind: u8,
    /// What it says, in order; empty where its payload is missing or inert.
    pub did: Vec<Did>,
    /// Who acknowledged it, by the times claimed: whoever reads the attestations beside the entries fills it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<Acknowledged>,
}

/// The first attestation of an organisation that covers an entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Acknowledged {
    /// The organisation.
    pub organisation: OrganisationId,
    /// The time that the attestation claims.
    pub time: Timestamp,
    /// By which key.
    pub key: PublicKey,
    /// Its position in the log of that key.
    pub seq: u64,
    /// The attestation.
    pub entry: EntryId,
}

/// One thing that an entry did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Did {
    /// Said a value.
    Claimed {
        /// The claim.
        claim: ClaimId,
        /// The property.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prop: Option<String>,
        /// The value in one line.
        text: String,
        /// The claim that it takes the place of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<ClaimId>,
    },
    /// Took a claim back.
    Retracted {
        /// The claim.
        claim: ClaimId,
        /// Why, a code.
        reason: String,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Edited a narrative.
    Edited {
        /// The narrative.
        narrative: NarrativeId,
        /// True if the edit began it.
        begun: bool,
        /// Unicode scalar values deleted.
        deleted: u64,
        /// Unicode scalar values inserted.
        inserted: u64,
        /// Words in what was inserted.
        #[serde(default)]
        words: u64,
    },
    /// Took a sheet out of sight.
    Redacted {
        /// Why, a code.
        ground: String,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

impl History {
    /// Reads the history of a record.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn of(record: RecordId, store: &impl SheetView, context: Context<'_>) -> Result<Self, Fault> {
        let entries = store.entries_about(record)?;
        let folded = sheet::fold(&entries, context.judge);
        let left_out = folded.sheets.values().flat_map(|sheet| &sheet.left_out);
        let left_out: BTreeMap<_, _> = left_out.collect();
        let mut items = Vec::with_capacity(entries.len());
        for entry in &entries {
            let header = &entry.entry().header;
            let standing = folded.standings.get(&entry.id()).copied().unwrap_or(Standing::Wanted);
            // What a redaction hides is not told, even where the payload is still held.
            let is_hidden = standing == Standing::Redacted;
            let content = content::read(entry.entry()).ok().filter(|_| !is_hidden);
            items.push(Item {
                entry: entry.id(),
                seq: header.seq,
                organisation: header.organisation,
                author: header.author,
                space: header.space,
                generation: header.generation,
                time: header.time,
                standing,
                cause: left_out.get(&entry.id()).and_then(|left| left.cause),
                kind: Kind::code(header.kind),
                did: content.map(did).unwrap_or_default(),
                acknowledged: Vec::new(),
            });
        }
        Ok(Self { record, items: in_order(items), as_of: None })
    }
}

/// Each log by position; between logs by the latest time that was claimed up to there, then by log.
fn in_order(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|item| (item.space, item.author, item.seq, item.entry));
    items.dedup_by_key(|item| item.entry);
    let mut latest: BTreeMap<(SpaceId, PublicKey), Timestamp> = BTreeMap::new();
    let mut timed: Vec<(Timestamp, Item)> = Vec::with_capacity(items.len());
    for item in items {
        let reached = latest.entry((item.space, item.author)).or_default();
        *reached = item.time.max(*reached);
        timed.push((*reached, item));
    }
    // Stable: what claims one time stays by log and position.
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, item)| item).collect()
}

fn did(content: Content) -> Vec<Did> {
    match content {
        Content::Change(Operations::Claims(operations)) => operations.into_iter().map(said).collect(),
        Content::Change(Operations::Edits(edits)) => {
            let counted = |text: &str| u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            let words = |text: &str| u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX);
            vec![Did::Edited {
                narrative: edits.narrative,
                begun: edits.after.is_empty(),
                deleted: edits.splices.iter().fold(0, |sum, splice| sum.saturating_add(splice.delete)),
                inserted: edits.splices.iter().fold(0, |sum, splice| sum.saturating_add(counted(&splice.insert))),
                words: edits.splices.iter().fold(0, |sum, splice| sum.saturating_add(words(&splice.insert))),
            }]
        }
        Content::Redaction(redaction) => vec![Did::Redacted { ground: redaction.ground, text: redaction.text }],
        Content::Attestation(_) => Vec::new(),
    }
}

fn said(operation: Operation) -> Did {
    match operation {
        Operation::Claim(claim) => Did::Claimed {
            claim: claim.id(),
            prop: claim.prop().map(str::to_owned),
            text: claim.value().map(value_text).unwrap_or_default(),
            replaces: claim.replaces(),
        },
        Operation::Retract(retract) => {
            Did::Retracted { claim: retract.claim, reason: retract.reason, note: retract.note }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(author: u8, seq: u64, time: u64) -> Item {
        let mut id = [author; 32];
        id[1..9].copy_from_slice(&seq.to_be_bytes());
        Item {
            entry: EntryId::new(id),
            seq,
            organisation: OrganisationId::new([author; 32]),
            author: PublicKey::new([author; 32]),
            space: SpaceId::new([7; 32]),
            generation: 0,
            time: Timestamp(time),
            standing: Standing::Counts,
            cause: None,
            kind: 1,
            did: Vec::new(),
            acknowledged: Vec::new(),
        }
    }

    #[test]
    fn each_log_stands_in_its_order_and_the_logs_by_the_times_they_claim() {
        for (name, items, expected) in [
            (
                "by time, whatever the positions",
                vec![item(1, 9, 100), item(2, 1, 200), item(1, 10, 300)],
                vec![9, 1, 10],
            ),
            ("a clock set back", vec![item(1, 1, 500), item(1, 2, 100), item(2, 7, 200)], vec![7, 1, 2]),
            ("at one time, by log", vec![item(2, 3, 100), item(1, 5, 100), item(1, 4, 100)], vec![4, 5, 3]),
            ("an entry given twice is one", vec![item(1, 1, 100), item(1, 1, 100)], vec![1]),
        ] {
            let mut turned = items.clone();
            turned.reverse();
            for items in [items, turned] {
                assert_eq!(in_order(items).iter().map(|item| item.seq).collect::<Vec<_>>(), expected, "{name}");
            }
        }
    }
}
