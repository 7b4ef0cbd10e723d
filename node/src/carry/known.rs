//! What another node is known to hold, for a carried file to leave out; and with which keys its organisation reads.

use std::collections::BTreeSet;

use isnad_protocol::act::Role;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::store::LogView;

use super::Held;
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::reading::Reader;

/// Digits of a node key from which on it is named by them.
const DIGITS: usize = 8;

/// What a node is known to hold of the logs that are held here: all that its organisation's attestations name, if it has no other
/// node, and what it has said itself if it is connected. Nothing is known of one that was never heard of. Waits: not for a
/// thread of the runtime.
///
/// `whom` is the first digits of a node's key, or an organisation as [`Reader::organisation`] takes it.
///
/// # Errors
/// [`Problem`] if it names no node and no organisation, or more than one.
pub fn held_by(node: &Node, whom: &str) -> Result<Held, Problem> {
    let reader = Reader::new(node);
    let governance = reader.governance();
    let named = nodes_named(governance, whom)?;
    let (peer, organisation) = match named {
        Some((peer, organisation)) => (Some(peer), organisation),
        None => (None, reader.organisation(whom)?),
    };
    let nodes = nodes_of(governance, &organisation);
    // Which of several nodes attests is nobody's business but their organisation's.
    let is_alone = nodes.len() == 1;
    let mut held = if is_alone || peer.is_none() { attested(node, &organisation)? } else { Held::new() };
    for peer in peer.into_iter().chain(nodes.into_iter().filter(|_| is_alone)) {
        add(&mut held, node.word_of(peer)?);
    }
    Ok(held)
}

/// Adds to what another is known to hold what is known of it besides: of each log the further end.
pub fn add(held: &mut Held, more: Held) {
    for (log, end) in more {
        let known = held.entry(log).or_insert(end);
        *known = end.max(*known);
    }
}

/// The node keys of the organisation that a text names: who has the secret half of one reads what is encrypted for it.
///
/// # Errors
/// [`Problem`] if it names none, or one without a node.
pub fn node_keys(node: &Node, organisation: &str) -> Result<Vec<PublicKey>, Problem> {
    let reader = Reader::new(node);
    let id = reader.organisation(organisation)?;
    let nodes = nodes_of(reader.governance(), &id);
    if nodes.is_empty() {
        return Err(Problem::told(exit::REFUSED, "carry_to", "carry_to", &[("organisation", organisation)]));
    }
    Ok(nodes.into_iter().map(|node| PublicKey::new(*node.as_bytes())).collect())
}

fn nodes_of(governance: &Governance, organisation: &OrganisationId) -> BTreeSet<NodeId> {
    governance.nodes().into_iter().filter(|(_, of)| of == organisation).map(|(node, _)| node).collect()
}

fn nodes_named(governance: &Governance, whom: &str) -> Result<Option<(NodeId, OrganisationId)>, Problem> {
    let digits = whom.to_lowercase();
    if digits.len() < DIGITS {
        return Ok(None);
    }
    let mut found = governance.nodes().into_iter().filter(|(node, _)| node.to_string().starts_with(&digits));
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Problem::told(exit::USAGE, "ambiguous", "node_ambiguous", &[("text", whom)])),
        (one, _) => Ok(one),
    }
}

/// Up to where an organisation's attesting keys say that it holds each log, on the line that is held here.
fn attested(node: &Node, organisation: &OrganisationId) -> Result<Held, Problem> {
    let snapshot = node.snapshot();
    let is_attesting = |key: &PublicKey| {
        snapshot.governance.key(organisation, key).is_some_and(|known| known.role == Role::Node && known.is_live())
    };
    let mut held = Held::new();
    for log in snapshot.logs.keys() {
        let lines = node.index()?.acknowledged_last(*log)?;
        let by_it = lines.iter().filter(|line| line.organisation == *organisation && is_attesting(&line.at.log.author));
        held.extend(by_it.map(|line| line.end).max().map(|end| (*log, end)));
    }
    Ok(held)
}

/// Of what another holds, the ends that stand on the lines that are held here, and those beyond: of a log that parts from the one
/// held here nothing is left out, so that the other side sees the fork.
///
/// # Errors
/// [`Problem`] if the store cannot be read.
pub fn on_line(node: &Node, mut held: Held) -> Result<Held, Problem> {
    let snapshot = node.snapshot();
    let mut parted = BTreeSet::new();
    for (log, end) in &held {
        let here = snapshot.logs.get(log).map_or(0, |log| log.checked.seq);
        if end.seq <= here && !stands(node, *log, *end)? {
            parted.insert(*log);
        }
    }
    held.retain(|log, _| !parted.contains(log));
    Ok(held)
}

fn stands(node: &Node, log: LogKey, end: LogEnd) -> Result<bool, Problem> {
    let Some(before) = end.seq.checked_sub(1) else { return Ok(false) };
    let entry = node.reader().read_log(log, before, 1)?.into_iter().next();
    Ok(entry.is_some_and(|entry| entry.end() == end))
}
