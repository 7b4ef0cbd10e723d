//! Contributions as users state them: claims and retractions of a record, narratives, edits.

use std::mem::take;
use std::sync::Arc;

use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::entry::FRAME_SIZE;
use isnad_protocol::governance::SpaceInfo;
use isnad_protocol::id::{ClaimId, EntryId, NarrativeId, RecordId, SpaceId};
use isnad_protocol::model::Warning;
use isnad_protocol::sheet::{Claim, Operation, Retract, write};
use serde::{Deserialize, Serialize};

use crate::contribution::{Content, Contribution};
use crate::mark;
use crate::node::Node;
use crate::problem::{Problem, exit};

mod before;
mod cells;
mod opinions;
mod persons;
mod preview;
mod rules;
mod turns;

use before::Before;
pub use preview::{Drafted, Preview, Readers, TakenBack, Text, preview};
use rules::{Check, Own};
pub use turns::Turns;

/// What a user asks to be signed, all of it or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The space, by name.
    pub space: String,
    /// What to say about which record.
    pub changes: Vec<Change>,
    /// Leave out claims that this organisation has made already: an import that runs again changes nothing.
    #[serde(default)]
    pub only_new: bool,
}

/// What to say about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The record.
    pub record: RecordId,
    /// Claims to make.
    #[serde(default)]
    pub claims: Vec<Json>,
    /// Claims to take back.
    #[serde(default)]
    pub retractions: Vec<Retraction>,
    /// A narrative to begin.
    #[serde(default)]
    pub begin: Option<String>,
    /// A narrative to edit.
    #[serde(default)]
    pub edit: Option<Edit>,
}

impl Change {
    /// Nothing said yet about a record.
    #[must_use]
    pub const fn of(record: RecordId) -> Self {
        Self { record, claims: Vec::new(), retractions: Vec::new(), begin: None, edit: None }
    }
}

/// A claim to take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retraction {
    /// Which claim.
    pub claim: ClaimId,
    /// Why, a code.
    pub reason: String,
    /// Why, in words.
    #[serde(default)]
    pub note: Option<String>,
}

/// A narrative as it was and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which narrative.
    pub narrative: NarrativeId,
    /// The edits that the old text is made of.
    pub heads: Vec<EntryId>,
    /// The text that the user began from.
    pub old: String,
    /// The text that he ended with.
    pub new: String,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The entries made, in order.
    pub entries: Vec<EntryId>,
    /// The claims made.
    pub claims: Vec<ClaimId>,
    /// Claims that this organisation had made already.
    pub known: usize,
    /// Narratives begun.
    pub narratives: Vec<NarrativeId>,
    /// What a preview warned of, for whoever asked for one before; `claims[n]` is the claim of that place. Whoever writes is told
    /// by the preview alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Signs what a user asks for, in batches that each stand or fall whole.
///
/// # Errors
/// [`Problem`] says why not; nothing of the batch is kept then.
pub async fn write(node: &Arc<Node>, request: Request) -> Result<Written, Problem> {
    // From the check to the signature: another request must not say in between what this one would then contradict.
    let _turn = node.turns().wait_for(&request).await;
    // What was said before is read from the index, which is waited for: not on a thread of the runtime.
    let reading = Arc::clone(node);
    let prepared =
        tokio::task::spawn_blocking(move || contributions(prepare_all(&Before::of(&reading)?, request)?)).await;
    let (contributions, mut written) = prepared.map_err(|error| Problem::fault(error.to_string()))??;
    let mut rest = contributions.as_slice();
    while !rest.is_empty() {
        let (batch, behind) = rest.split_at(fit_the_mark(rest));
        rest = behind;
        let receipt = node.contribute(batch.to_vec()).await?;
        written.entries.extend(receipt.entries);
        written.narratives.extend(receipt.narratives);
    }
    Ok(written)
}

/// What is to be signed, once nothing is against it.
struct Prepared {
    space: SpaceInfo,
    changes: Vec<Ready>,
}

/// What is to be signed of one record.
struct Ready {
    own: Own,
    record: RecordId,
    claims: Vec<Claim>,
    /// Claims that this organisation has made already.
    known: usize,
    retractions: Vec<Retraction>,
    begin: Option<String>,
    edit: Option<Edit>,
}

/// Takes what a user asks for, if he may sign all of it.
fn prepare_all(before: &Before<'_>, mut request: Request) -> Result<Prepared, Problem> {
    let space = before.governance.spaces().into_iter().find(|space| space.name == request.space);
    let space =
        space.ok_or_else(|| Problem::told(exit::NO, "not_found", "space_unknown", &[("space", &request.space)]))?;
    let (mut stated, mut said) = (Vec::new(), Vec::new());
    for change in &mut request.changes {
        let claims = take(&mut change.claims);
        let own = match claims.is_empty() && change.retractions.is_empty() {
            true => Own::default(),
            false => Own::of(before, space.id, change.record)?,
        };
        stated.push((own, claims.iter().map(claim_of).collect::<Result<Vec<Claim>, _>>()?));
        said.push((change.record, claims));
    }
    let mut check = Check::new(before, &space, request.only_new, said, &stated);
    let mut changes = Vec::new();
    for (change, (own, claims)) in request.changes.into_iter().zip(stated) {
        changes.push(prepare(&mut check, change, own, claims)?);
    }
    check.passed()?;
    Ok(Prepared { space, changes })
}

fn prepare(check: &mut Check<'_>, change: Change, own: Own, stated: Vec<Claim>) -> Result<Ready, Problem> {
    let record = change.record;
    check.change(&own, &stated, &change.retractions)?;
    let (mut claims, mut known) = (Vec::new(), 0_usize);
    for claim in stated {
        if check.is_known(&own, &claim) {
            known = known.saturating_add(1);
        } else {
            claims.push(if check.only_new { claim } else { own.anew(claim)? });
        }
    }
    Ok(Ready { own, record, claims, known, retractions: change.retractions, begin: change.begin, edit: change.edit })
}

/// Makes contributions of what was prepared.
fn contributions(prepared: Prepared) -> Result<(Vec<Contribution>, Written), Problem> {
    let (mut contributions, mut written) = (Vec::new(), Written::default());
    for ready in prepared.changes {
        written.known = written.known.saturating_add(ready.known);
        written.claims.extend(ready.claims.iter().map(Claim::id));
        contributions.extend(ready.contributions(prepared.space.id)?);
    }
    Ok((contributions, written))
}

/// How many of these contributions are signed and flushed together, at least one: so many as the mark can hold.
fn fit_the_mark(contributions: &[Contribution]) -> usize {
    let mut bytes = 0_usize;
    let fit = contributions.iter().take_while(|contribution| {
        bytes = bytes.saturating_add(contribution.content.bytes()).saturating_add(FRAME_SIZE);
        bytes <= mark::PENDING_BYTES
    });
    fit.count().max(1)
}

impl Ready {
    fn contributions(self, space: SpaceId) -> Result<Vec<Contribution>, Problem> {
        let record = self.record;
        let mut operations: Vec<Operation> = self.claims.into_iter().map(Operation::Claim).collect();
        for Retraction { claim, reason, note } in self.retractions {
            operations.push(Operation::Retract(Retract { claim, reason, note }));
        }
        let mut payloads = Vec::new();
        if !operations.is_empty() {
            payloads = write::claims(&operations).map_err(|error| refused(&error))?;
        }
        if let Some(edit) = self.edit {
            payloads.push(
                write::narrative_edit(edit.narrative, &edit.heads, &edit.old, &edit.new)
                    .map_err(|error| refused(&error))?,
            );
        }
        let contents = payloads.into_iter().map(Content::Operations).chain(self.begin.map(Content::NewNarrative));
        Ok(contents.map(|content| Contribution { space, record, content }).collect())
    }
}

fn claim_of(value: &Json) -> Result<Claim, Problem> {
    let members: Object = value.as_object().cloned().unwrap_or_default();
    Claim::new(members).map_err(|_| Problem::told(exit::REFUSED, "claim", "claim_shape", &[]))
}

fn refused(error: &write::WriteError) -> Problem {
    Problem::from(crate::driver::Refused::Content(error.clone()))
}
