//! The same sync steps over a carried file, for networks with a gap of air. DESIGN §9; format §9.6.
//!
//! A carried file is a tag, the consortium, then frames of a session after their length: what its writer holds, every act,
//! and all entries that the reader may lack; last, SHA-256 of the tag `ISNAD-CARRYSUM-1` and all before. Whoever reads it
//! takes the frames as a peer's: through the one door. The sum protects against nobody: it tells a file that a stick has
//! damaged or cut off before anything of it is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use isnad_protocol::encoding::{Reader, Tag, hash, tag};
use isnad_protocol::id::{ConsortiumId, SpaceId};
use isnad_protocol::limits;
use isnad_protocol::log::LogKey;
use isnad_protocol::sync::carried;
use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::problem::{Problem, exit};

const FILE_TAG: Tag = tag("ISNAD-CARRY-v1");
const SUM_TAG: Tag = tag("ISNAD-CARRYSUM-1");

/// What came of taking in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Entries that are new here.
    pub entries: u64,
    /// What a person should know: refusals, forks.
    pub notices: Vec<String>,
}

/// Writes what a replica holds and another may lack.
///
/// `theirs` is a file carried from that other replica: what it says it holds is left out.
///
/// # Errors
/// [`Problem`] if the store cannot be read or `theirs` is no carried file of this consortium.
pub fn write_out(node: &Node, theirs: Option<&[u8]>) -> Result<Vec<u8>, Problem> {
    let snapshot = node.snapshot();
    let held = match theirs {
        Some(bytes) => carried::ends(&frames(node.consortium(), bytes)?, &spaces(node)),
        None => BTreeMap::new(),
    };
    let frames = carried::frames(&snapshot.governance, &snapshot.logs, &held, node.reader());
    let frames = frames.map_err(|fault| Problem::fault(fault.to_string()))?;
    let mut file = FILE_TAG.to_vec();
    file.extend(node.consortium().as_bytes());
    for frame in frames {
        file.extend(u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend(frame);
    }
    let sum = hash(&SUM_TAG, &[&file]);
    file.extend(sum);
    Ok(file)
}

/// Takes a carried file in.
///
/// # Errors
/// [`Problem`] if it is no carried file of this consortium; what is refused within it is told in the answer.
pub async fn take_in(node: &Arc<Node>, bytes: &[u8]) -> Result<Carried, Problem> {
    let before = node.snapshot().status.entries;
    let frames = frames(node.consortium(), bytes)?;
    let mut notices = node.carry_in(frames).await?;
    let noted = node.snapshot().notices.len();
    // The sender does not wait for us: what he brought is checked whole before he is told, and `digest` counts it at once.
    node.all_checked().await;
    notices.extend(node.snapshot().notices.into_iter().skip(noted));
    let entries = node.snapshot().status.entries.saturating_sub(before);
    Ok(Carried { entries, notices })
}

fn spaces(node: &Node) -> Vec<SpaceId> {
    node.snapshot().governance.spaces().iter().map(|space| space.id).collect()
}

fn frames(consortium: ConsortiumId, bytes: &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let no_file = |key: &str, values: &[(&str, &str)]| Problem::told(exit::REFUSED, "carried_file", key, values);
    if !bytes.starts_with(&FILE_TAG) {
        return Err(no_file("carried_file.foreign", &[]));
    }
    let damaged = || no_file("carried_file.damaged", &[]);
    let (body, sum) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
    if hash(&SUM_TAG, &[body]) != *sum {
        return Err(damaged());
    }
    let mut reader = Reader::new(body.get(FILE_TAG.len()..).unwrap_or_default());
    let of = reader.array().map_err(|_| damaged())?;
    if of != *consortium.as_bytes() {
        let theirs = ConsortiumId::new(of);
        let values = [("theirs", &*theirs.to_string()), ("ours", &*consortium.to_string())];
        return Err(no_file("carried_file.other", &values));
    }
    let mut frames = Vec::new();
    while !reader.is_empty() {
        let length = reader.u32().ok().and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= limits::FRAME_BYTES).ok_or_else(damaged)?;
        frames.push(reader.bytes(length).map_err(|_| damaged())?.to_vec());
    }
    Ok(frames)
}

/// Where a log ends, as a carried file says.
pub type Ends = BTreeMap<LogKey, isnad_protocol::log::LogEnd>;
