//! The same sync steps over a carried file, for networks with a gap of air. DESIGN §9; format §9.6.
//!
//! A carried file is one side of a session: what its writer holds, every act, and all entries that the reader may lack. Whoever
//! reads it takes the frames as a peer's: through the one door. Files of any size pass: frames are made, written, read and taken
//! a few at a time. A file is read twice: [`check`] holds its bytes against its sum, so that one that a stick has damaged or
//! cut off is told before anything of it is taken; [`take_in`] takes it. What was taken stands, so that a file whose taking was
//! interrupted is taken again, and what is held of it is passed over.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read, Write};

use isnad_protocol::id::SpaceId;
use isnad_protocol::key::PublicKey;
use isnad_protocol::limits;
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::sync::carried::{self, Frames};
use serde::{Deserialize, Serialize};

use crate::driver::{Step, Taken};
use crate::node::Node;
use crate::problem::{Problem, exit, reason};

pub mod file;
mod known;
mod sealed;

use file::{Reader, Unreadable, Writer};
pub use known::{add, held_by, node_keys, on_line};
pub use sealed::Opener;
use sealed::Sealing;

/// Frames of a file that are taken in before they are flushed.
pub const PART_FRAMES: usize = 8;
/// Bytes of them: half of a session's credit, which one frame more does not use up.
const PART_BYTES: usize = limits::CREDIT_BYTES as usize / 2;

/// What a file begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A carried file.
    Plain,
    /// One that is encrypted: its reader needs its node key.
    Sealed,
}

impl Kind {
    /// Bytes by which it is told.
    pub const HEAD_BYTES: u64 = 32;

    /// Tells it by the first bytes; `None` for what is no carried file.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(&file::FILE_TAG) {
            return Some(Self::Plain);
        }
        head.starts_with(sealed::HEAD).then_some(Self::Sealed)
    }
}

/// Where logs end on another replica.
pub type Held = BTreeMap<LogKey, LogEnd>;

/// What came of taking in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Entries that are new here.
    pub entries: u64,
    /// What a person should know: refusals, forks.
    pub notices: Vec<String>,
}

/// What goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All that is held, but for what another is known to hold.
    All(Held),
    /// Where the logs end that are held, and nothing of them: for the other side to write what is behind.
    Frontier,
}

/// Writes a file, and gives back what it was written to. Waits: not for a thread of the runtime.
///
/// # Errors
/// [`Problem`] if the store cannot be read, or `to` does not take it.
pub fn write_out<W: Write>(node: &Node, content: &Content, to: W) -> Result<W, Problem> {
    let snapshot = node.snapshot();
    let mut frames = match content {
        Content::All(theirs) => Frames::new(&snapshot.governance, &snapshot.logs, theirs),
        Content::Frontier => Frames::of_frontier(&snapshot.governance, &snapshot.logs),
    };
    let not_written = |error: std::io::Error| Problem::fault(reason(&error));
    let mut writer = Writer::begin(to, node.consortium()).map_err(not_written)?;
    while let Some(frame) = frames.next(node.reader())? {
        writer.frame(&frame).map_err(not_written)?;
    }
    writer.finish().map_err(not_written)
}

/// Writes a file that only whoever has the secret half of one of these node keys can read.
///
/// # Errors
/// As of [`write_out`].
pub fn write_sealed(node: &Node, content: &Content, keys: &[PublicKey], to: impl Write) -> Result<(), Problem> {
    let not_written = |error: std::io::Error| Problem::fault(reason(&error));
    let sealing = Sealing::begin(keys, to).map_err(not_written)?;
    write_out(node, content, sealing)?.finish().map(drop).map_err(not_written)
}

/// Reads a file to its end and takes nothing of it: it is whole, and of this consortium.
///
/// # Errors
/// [`Unreadable`] says what it is not.
pub fn check(node: &Node, from: impl Read) -> Result<(), Unreadable> {
    each_frame(node, from, |_| ())
}

/// Where the logs that are held here end on the replica that wrote a file, as the file says.
///
/// # Errors
/// As of [`check`].
pub fn ends(node: &Node, from: impl Read) -> Result<Held, Unreadable> {
    let snapshot = node.snapshot();
    let spaces: Vec<SpaceId> = snapshot.governance.spaces().iter().map(|space| space.id).collect();
    let mut held = Held::new();
    // Of logs that are not here nothing could be left out: a file may name any number of them.
    let is_here = |(log, _): &(LogKey, LogEnd)| snapshot.logs.contains_key(log);
    each_frame(node, from, |frame| held.extend(carried::ends(frame, &spaces).into_iter().filter(is_here)))?;
    Ok(held)
}

/// How many entries a file leaves out, of those that are held here.
#[must_use]
pub fn left_out(node: &Node, content: &Content) -> u64 {
    let Content::All(theirs) = content else { return 0 };
    let snapshot = node.snapshot();
    let known = theirs.iter().filter_map(|(log, end)| Some(end.seq.min(snapshot.logs.get(log)?.checked.seq)));
    known.fold(0, u64::saturating_add)
}

fn each_frame(node: &Node, from: impl Read, mut take: impl FnMut(&[u8])) -> Result<(), Unreadable> {
    let mut file = Reader::begin(opened(node, from)?)?;
    while let Some(frame) = file.frame()? {
        take(&frame);
    }
    // Last, for a file whose id alone is damaged is not another consortium's.
    is_ours(node, &file)
}

/// Takes a file in, as far as it goes. Waits: not for a thread of the runtime.
///
/// # Errors
/// [`Problem`] if it is no carried file of this consortium, or not whole: what was taken before that showed stands. What is
/// refused within it is told in the answer.
pub fn take_in(node: &Node, from: impl Read) -> Result<Carried, Problem> {
    let before = node.snapshot().status.entries;
    let taken = take_frames(node, from)?;
    let mut notices = taken.notices;
    let noted = node.snapshot().notices.len();
    // The sender does not wait for us: what he brought is checked whole before he is told, and `digest` counts it at once.
    let after = node.wait_until(|snapshot| snapshot.status.unchecked == 0);
    notices.extend(after.notices.iter().skip(noted).cloned());
    // No more than came with the file, for peers bring entries too; no more than stayed, for some may not have held.
    let entries = after.status.entries.saturating_sub(before).min(taken.entries);
    Ok(Carried { entries, notices })
}

fn take_frames(node: &Node, from: impl Read) -> Result<Taken, Problem> {
    let mut file = Reader::begin(opened(node, from)?)?;
    is_ours(node, &file)?;
    let _turn = node.carrying();
    let session = Session(node);
    let mut taken = node.carry(Step::Begin)?;
    while taken.is_open {
        let part = file.part(PART_FRAMES, PART_BYTES).map_err(|error| match error {
            Unreadable::Damaged => refused("carried_file.changed", &[]),
            other => other.into(),
        })?;
        if part.is_empty() {
            break;
        }
        let next = node.carry(Step::Frames(part))?;
        taken.entries = taken.entries.saturating_add(next.entries);
        taken.notices.extend(next.notices);
        taken.is_open = next.is_open;
    }
    drop(session);
    Ok(taken)
}

/// Ends however the taking ends.
struct Session<'a>(&'a Node);

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Err(stopped) = self.0.carry(Step::End) {
            tracing::debug!(%stopped, "a carried file was taken in while the node stopped");
        }
    }
}

/// The file itself, decrypted if it is encrypted.
fn opened<'a>(node: &'a Node, from: impl Read + 'a) -> Result<Box<dyn Read + 'a>, Unreadable> {
    let mut from = BufReader::new(from);
    let mut head = Vec::new();
    (&mut from).take(Kind::HEAD_BYTES).read_to_end(&mut head)?;
    let kind = Kind::of(&head);
    let whole = Cursor::new(head).chain(from);
    if kind == Some(Kind::Sealed) {
        let opener = node.opener().ok_or(Unreadable::Locked)?;
        return Ok(Box::new(sealed::open(whole, opener)?));
    }
    Ok(Box::new(whole))
}

fn is_ours<R: Read>(node: &Node, file: &Reader<R>) -> Result<(), Unreadable> {
    let theirs = file.consortium();
    if theirs == node.consortium() { Ok(()) } else { Err(Unreadable::OfOthers { theirs, ours: node.consortium() }) }
}

fn refused(key: &str, values: &[(&str, &str)]) -> Problem {
    Problem::told(exit::REFUSED, "carried_file", key, values)
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Foreign => refused("carried_file.foreign", &[]),
            Unreadable::Damaged => refused("carried_file.damaged", &[]),
            Unreadable::OfOthers { theirs, ours } => {
                refused("carried_file.other", &[("theirs", &theirs.to_string()), ("ours", &ours.to_string())])
            }
            Unreadable::ForOthers => refused("carried_file.for_others", &[]),
            Unreadable::Locked => Self::told(exit::USAGE, "no_node_key", "no_node_key", &[]),
            Unreadable::Io(error) => refused("carried_file.unread", &[("reason", &reason(&error))]),
        }
    }
}
