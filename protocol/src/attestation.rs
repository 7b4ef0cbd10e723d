//! What an organisation's node acknowledges: the payload of an entry of kind 2. format §5; DESIGN §7.
//!
//! Each names what changed since the one before it in its log. Reading one says nothing about whether it counts: that is
//! for governance, which knows whose key signed it.

use std::collections::BTreeSet;

use crate::encoding::json::{self, Json, Object};
use crate::encoding::{from_hex, to_hex};
use crate::id::{ActId, EntryId, NodeId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::LogEnd;

mod due;
mod reach;
mod records;

pub use due::{Candidate, Holds, Said};
pub use reach::{Freshness, freshness, withheld};
pub use records::{Branches, Child, RecordTree, leaf, set_in};

/// An act that is acknowledged, and with it all that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActLine {
    /// The chain: the id of its first act, also for the first act itself.
    pub scope: ActId,
    /// Of the act, from 1.
    pub version: u64,
    /// The act.
    pub act: ActId,
}

/// A log that is held whole up to an end, every signature checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogLine {
    /// The log, in the space of the attestation.
    pub author: PublicKey,
    /// Up to where; never before the first entry.
    pub end: LogEnd,
}

/// Where a node of the organisation is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeLine {
    /// The node's key.
    pub node: NodeId,
    /// A multiaddress, taken as it is: 1 to [`limits::ADDRESS_BYTES`] printable ASCII characters.
    pub address: String,
}

/// One attestation. Sets, since the order of lines is fixed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attestation {
    /// The charter's, the space's, and those of the organisations in the space.
    pub acts: BTreeSet<ActLine>,
    /// Never the attestation's own log.
    pub logs: BTreeSet<LogLine>,
    /// In `members` alone; elsewhere they say nothing.
    pub nodes: BTreeSet<NodeLine>,
    /// The root of the tree over all records of the space: see [`RecordTree`].
    pub records: Option<[u8; 32]>,
}

/// A payload that is no attestation: its entry is inert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Another shape than the format's.
    #[error("the attestation has not the form of the format: {name}")]
    Form {
        /// The member.
        name: &'static str,
    },
    /// Lines do not ascend, or one stands twice.
    #[error("the lines of {name} do not ascend")]
    Order {
        /// The member.
        name: &'static str,
    },
    /// More lines than one attestation may have.
    #[error("{found} lines, {} at most", limits::ATTESTATION_LINES)]
    Lines {
        /// How many.
        found: usize,
    },
    /// Acknowledges the log that it stands in.
    #[error("names its own log")]
    OwnLog,
}

impl Malformed {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "attestation_form",
            Self::Order { .. } => "attestation_order",
            Self::Lines { .. } => "attestation_lines",
            Self::OwnLog => "attestation_own_log",
        }
    }
}

impl Attestation {
    /// Reads the payload of an entry of `author`.
    ///
    /// # Errors
    /// [`Malformed`] names the first rule broken.
    pub fn parse(payload: &[u8], author: &PublicKey) -> Result<Self, Malformed> {
        let form = |name| Malformed::Form { name };
        let Ok(Json::Object(mut members)) = json::decode(payload) else { return Err(form("payload")) };
        let attestation = Self {
            acts: lines(&mut members, "acts", ActLine::read)?,
            logs: lines(&mut members, "logs", LogLine::read)?,
            nodes: lines(&mut members, "nodes", NodeLine::read)?,
            records: match members.remove("records") {
                None => None,
                Some(root) => Some(hex(&root).ok_or(form("records"))?),
            },
        };
        if !members.is_empty() {
            return Err(form("payload"));
        }
        let found = attestation.count();
        if found > limits::ATTESTATION_LINES {
            return Err(Malformed::Lines { found });
        }
        if attestation.logs.iter().any(|line| line.author == *author) {
            return Err(Malformed::OwnLog);
        }
        Ok(attestation)
    }

    /// True if it says nothing: no such one is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.records.is_none()
    }

    fn count(&self) -> usize {
        self.acts.len().saturating_add(self.logs.len()).saturating_add(self.nodes.len())
    }

    /// The canonical payload; members without lines are left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut members = Object::new();
        let mut put = |name: &str, lines: Vec<Json>| {
            if !lines.is_empty() {
                members.insert(name.to_owned(), Json::List(lines));
            }
        };
        put("acts", self.acts.iter().copied().map(ActLine::to_json).collect());
        put("logs", self.logs.iter().copied().map(LogLine::to_json).collect());
        put("nodes", self.nodes.iter().map(NodeLine::to_json).collect());
        if let Some(root) = &self.records {
            members.insert("records".to_owned(), Json::text(to_hex(root)));
        }
        Json::Object(members).encode()
    }

    /// Spreads what is to be said over as many attestations as its lines take, acts first. The root comes last, when all
    /// that it covers has been named.
    #[must_use]
    pub fn into_parts(self) -> Vec<Self> {
        let mut parts = Parts::default();
        for line in self.acts {
            parts.open(ACT_BYTES).acts.insert(line);
        }
        for line in self.logs {
            parts.open(LOG_BYTES).logs.insert(line);
        }
        for line in self.nodes {
            let bytes = NODE_BYTES.saturating_add(line.address.len().saturating_mul(2));
            parts.open(bytes).nodes.insert(line);
        }
        parts.last.records = self.records;
        parts.finish()
    }
}

/// Bytes of a line at most: two names of 64 digits, a number of up to 16, and what stands around them.
const ACT_BYTES: usize = 160;
const LOG_BYTES: usize = 160;
/// The same without the address, each character of which takes two at most.
const NODE_BYTES: usize = 80;
/// Bytes for the names of the members, and the root.
const FRAME_BYTES: usize = 160;

/// Attestations under way.
#[derive(Debug, Default)]
struct Parts {
    full: Vec<Attestation>,
    last: Attestation,
    /// Bytes that the lines of the last one take at most.
    bytes: usize,
}

impl Parts {
    /// The part that takes a line of so many bytes: the last one, or a new one behind it.
    fn open(&mut self, bytes: usize) -> &mut Attestation {
        let payload = usize::try_from(limits::PAYLOAD_BYTES).unwrap_or(usize::MAX).saturating_sub(FRAME_BYTES);
        let filled = self.bytes.saturating_add(bytes);
        if filled > payload || self.last.count() == limits::ATTESTATION_LINES {
            self.full.push(std::mem::take(&mut self.last));
            self.bytes = bytes;
        } else {
            self.bytes = filled;
        }
        &mut self.last
    }

    fn finish(mut self) -> Vec<Attestation> {
        if !self.last.is_empty() {
            self.full.push(self.last);
        }
        self.full
    }
}

impl ActLine {
    fn read(line: &[Json]) -> Option<Self> {
        let [scope, version, act] = line else { return None };
        Some(Self { scope: ActId::new(hex(scope)?), version: number(version)?, act: ActId::new(hex(act)?) })
    }

    fn to_json(self) -> Json {
        Json::List(vec![Json::text(self.scope.to_string()), count(self.version), Json::text(self.act.to_string())])
    }
}

impl LogLine {
    fn read(line: &[Json]) -> Option<Self> {
        let [author, seq, id] = line else { return None };
        let end = LogEnd { seq: number(seq)?, id: EntryId::new(hex(id)?) };
        Some(Self { author: PublicKey::new(hex(author)?), end })
    }

    fn to_json(self) -> Json {
        let LogEnd { seq, id } = self.end;
        Json::List(vec![Json::text(self.author.to_string()), count(seq), Json::text(id.to_string())])
    }
}

impl NodeLine {
    fn read(line: &[Json]) -> Option<Self> {
        let [node, Json::Text(address)] = line else { return None };
        let is_plain =
            (1..=limits::ADDRESS_BYTES).contains(&address.len()) && address.bytes().all(|at| at.is_ascii_graphic());
        is_plain.then_some(Self { node: NodeId::new(hex(node)?), address: address.clone() })
    }

    fn to_json(&self) -> Json {
        Json::List(vec![Json::text(self.node.to_string()), Json::text(self.address.as_str())])
    }
}

/// A list of lines that may be left out, each above the one before it.
fn lines<T: Ord>(
    members: &mut Object,
    name: &'static str,
    read: impl Fn(&[Json]) -> Option<T>,
) -> Result<BTreeSet<T>, Malformed> {
    let form = Malformed::Form { name };
    let list = match members.remove(name) {
        None => return Ok(BTreeSet::new()),
        Some(Json::List(list)) => list,
        Some(_) => return Err(form),
    };
    let mut lines: Vec<T> = Vec::with_capacity(list.len());
    for line in &list {
        let line = line.as_list().and_then(&read).ok_or_else(|| form.clone())?;
        if lines.last().is_some_and(|last| *last >= line) {
            return Err(Malformed::Order { name });
        }
        lines.push(line);
    }
    // All at once, now that they ascend: one by one each would be looked for.
    Ok(lines.into_iter().collect())
}

fn hex<const N: usize>(value: &Json) -> Option<[u8; N]> {
    value.as_text().and_then(from_hex)
}

/// A version or position, from 1.
fn number(value: &Json) -> Option<u64> {
    value.as_int().and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
}

fn count(number: u64) -> Json {
    Json::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
