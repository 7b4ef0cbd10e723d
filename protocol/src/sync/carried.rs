//! One side of a session without the other: what goes into a carried file, and what a file says its writer holds. format §9.6.
//!
//! The session of a file is opened with a nonce of zeros, since nobody is to be kept from knowing its spaces.

use std::collections::BTreeMap;

use super::digest::{Holding, blind};
use super::frame::{Frame, Item};
use super::session::{Due, Holdings, Session};
use crate::governance::{Closed, Governance};
use crate::id::SpaceId;
use crate::log::{Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};

/// The nonce of every file.
const NONCE: [u8; 16] = [0; 16];

/// The frames of a file, in order: the opening, what its writer holds, every act, then the entries behind `theirs`.
///
/// # Errors
/// [`Fault`] if the store cannot read what its logs promise.
pub fn frames(
    governance: &Governance,
    held: &BTreeMap<LogKey, Log>,
    theirs: &BTreeMap<LogKey, LogEnd>,
    logs: &impl LogView,
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut holdings = Holdings::new();
    for space in governance.spaces() {
        let of_space = held.iter().filter(|(key, log)| key.space == space.id && log.checked.seq > 0);
        let ends = of_space.map(|(key, log)| (key.author, log.checked)).collect();
        let closed = governance.all_closed().filter(|closed| closed.facts().log.space == space.id);
        let told = closed.flat_map(|closed| governance.told_ends(closed).into_iter().map(move |end| (closed, end)));
        let branches = told.map(|(closed, end)| (closed.facts().log.author, end)).collect();
        holdings.insert(space.id, Holding { ends, branches, ..Holding::default() });
    }
    let (mut session, opening) = Session::open(NONCE, holdings.clone());
    let mut frames = vec![opening];
    for space in holdings.keys() {
        frames.extend(session.state(*space, &holdings));
    }
    let acts = frames.len().min(1);
    let sent_acts = governance.acts().map(|act| Frame::Act(act.encode()));
    let proofs = governance.forks().map(|proof| Frame::Proof(proof.encode()));
    let first: Vec<Frame> = sent_acts.chain(proofs).collect();
    frames.splice(acts..acts, first);
    session.lift_credit();
    for (key, log) in held {
        let after = theirs.get(key).map_or(0, |end| end.seq);
        // As on the wire: what stands beyond comes as one of the branches.
        let closing = governance.closed(key).map_or(u64::MAX, Closed::closing);
        let until = LogEnd { seq: log.checked.seq.min(closing), ..log.checked };
        session.on_want(*key, after, until);
    }
    frames.extend(session.pump(logs)?);
    // Behind what they leave. One line at a time, as they are asked for: a reader asks for the next once it has one.
    for (space, holding) in &holdings {
        for (author, end) in &holding.branches {
            let log = LogKey { space: *space, author: *author };
            let line = governance.closed(&log).map(|closed| closed.line_to(*end)).unwrap_or_default();
            session.send_branch(log, line.into_iter().map(|end| Due { end, is_bare: false }));
            frames.extend(session.pump(logs)?);
        }
    }
    Ok(frames.iter().map(Frame::encode).collect())
}

/// What the writer of a file says that it holds. Frames that are none are passed over.
#[must_use]
pub fn ends(frames: &[Vec<u8>], spaces: &[SpaceId]) -> BTreeMap<LogKey, LogEnd> {
    let names: BTreeMap<_, _> = spaces.iter().map(|space| (blind(&NONCE, *space), *space)).collect();
    let mut ends = BTreeMap::new();
    for frame in frames.iter().filter_map(|frame| Frame::decode(frame).ok()) {
        let Frame::State { space, items, .. } = frame else { continue };
        let Some(space) = names.get(&space) else { continue };
        ends.extend(items.iter().filter_map(|item| match item {
            Item::End(author, end) => Some((LogKey { space: *space, author: *author }, *end)),
            Item::Act(..) | Item::Fork(..) | Item::Branch(..) | Item::Wanted(..) => None,
        }));
    }
    ends
}
