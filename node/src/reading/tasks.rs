//! What waits for this organisation's answer, on all records: see `isnad_protocol::view::tasks`.

use std::collections::BTreeMap;

use isnad_protocol::id::RecordId;
use isnad_protocol::sheet::{self, SheetKey};
use isnad_protocol::view::tasks::{Task, tasks};
use isnad_protocol::view::{Reference, Sheets};
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::problem::{Problem, exit};

/// One thing that waits, with what its record is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What its record is called.
    pub about: Reference,
    /// The records that the value of its claim names.
    pub refs: Vec<Reference>,
    /// What waits.
    #[serde(flatten)]
    pub task: Task,
}

impl Reader<'_> {
    /// Disputes and replies that this organisation has not answered, and its opinions on words that were changed since.
    ///
    /// # Errors
    /// [`Problem`] if this home is no member's, or the index cannot be read.
    pub fn tasks(&self) -> Result<Vec<Waiting>, Problem> {
        let own =
            self.node.own_organisation().ok_or_else(|| Problem::told(exit::NO, "reads_only", "reads_only", &[]))?;
        let index = self.node.index()?;
        let mut waiting = Vec::new();
        for record in index.records(&[])? {
            let entries = index.entries_about(record)?;
            // Most records are spoken of by nobody else: their payloads are not parsed.
            if !entries
                .iter()
                .any(|entry| entry.entry().payload.as_ref().is_some_and(|payload| may_ask(&payload.bytes)))
            {
                continue;
            }
            let folded = sheet::fold_claims(&entries, self.snapshot.governance.as_ref());
            let sheets: Sheets = folded.sheets.into_iter().filter(|(key, _)| is_about(key, record)).collect();
            // One record may have many tasks, and one value name many records: each is looked up once.
            let mut called: BTreeMap<RecordId, Reference> = BTreeMap::new();
            let mut reference = |record: RecordId| -> Result<Reference, Problem> {
                if let Some(known) = called.get(&record) {
                    return Ok(known.clone());
                }
                let found = self.reference(record)?;
                called.insert(record, found.clone());
                Ok(found)
            };
            for task in tasks(record, &sheets, own) {
                let about = reference(record)?;
                let named = task.value.iter().flat_map(sheet::claim::records_in);
                let refs = named.map(&mut reference).collect::<Result<_, _>>()?;
                waiting.push(Waiting { about, refs, task });
            }
        }
        Ok(waiting)
    }

    /// A record with what it is called.
    pub(crate) fn reference(&self, record: RecordId) -> Result<Reference, Problem> {
        Ok(Reference { record, labels: self.summary(record)?.labels.into() })
    }
}

fn is_about(key: &SheetKey, record: RecordId) -> bool {
    key.record == record
}

/// True if a payload, whose JSON is spelt in one way, may hold an opinion or a reply.
fn may_ask(payload: &[u8]) -> bool {
    [&br#""prop":"opinion""#[..], br#""prop":"response""#]
        .iter()
        .any(|sought| payload.windows(sought.len()).any(|found| found == *sought))
}
