//! Governance as an administrator works it: the next act of a chain, made of what he asks for; acts told in words' worth of data;
//! root keys that sign, and what they remember. DESIGN §7; format §4, §6.
//!
//! Nothing here decides what is in effect: a draft is weighed by the same rules as at the door before anybody signs it.

use isnad_protocol::act::difference::Change;
use isnad_protocol::act::{Act, Body, Place, Revocation};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::{ActStatus, Governance, Refusal, Source};
use isnad_protocol::id::{ActId, OrganisationId, SpaceId};
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::problem::{Problem, exit};

mod charter;
mod described;
mod fallen;
mod logs;
pub mod memory;
mod organisation;
pub mod requests;
pub mod rotation;
pub mod signatures;
pub mod signing;
#[cfg(test)]
mod tests;

pub use described::{Described, LogEnds, SignedTwice, State, act_named, described, described_one, to_sign};
pub use fallen::{Falls, falls};
pub(crate) use logs::stopped_by;
pub use logs::{EntryLine, LogTail, Said, Stopped, tails};
pub use requests::GrantRequest;

/// What an administrator asks to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proposal", rename_all = "snake_case")]
pub enum Proposal {
    /// Grant keys whose holders ask for it.
    Grant {
        /// Each with its proof.
        requests: Vec<GrantRequest>,
    },
    /// Revoke keys.
    Revoke {
        /// Each once.
        keys: Vec<PublicKey>,
        /// A code.
        reason: String,
        /// The last position of each log that still counts; of a log that is not named, nothing does.
        kept: Vec<Kept>,
    },
    /// Rotate to committed keys, and commit to the next.
    Rotate {
        /// The new root keys.
        keys: Vec<PublicKey>,
        /// How many of them sign.
        threshold: u64,
        /// Commitments to the next, hexadecimal.
        next: Vec<String>,
        /// How many of those the next rotation takes.
        next_threshold: u64,
        /// The act that it follows; the one that stands if it is left out.
        #[serde(default)]
        after: Option<ActId>,
    },
    /// Change this organisation's names.
    Names {
        /// By language.
        names: Vec<(String, String)>,
    },
    /// Admit an organisation.
    Admit {
        /// Which.
        organisation: OrganisationId,
        /// The one that it was, if it comes back under new keys.
        #[serde(default)]
        predecessor: Option<OrganisationId>,
        /// How many sign the next version; as now, or the smallest majority, if it is left out.
        #[serde(default)]
        threshold: Option<u64>,
    },
    /// Take an organisation out.
    Remove {
        /// Which.
        organisation: OrganisationId,
        /// True if it is to come back.
        is_suspended: bool,
        /// Its last act that stands; the one that does now if it is left out.
        #[serde(default)]
        last: Option<ActId>,
        /// The last position of each log that still counts; where it stands now if a log is not named.
        #[serde(default)]
        kept: Vec<Kept>,
        /// As above.
        #[serde(default)]
        threshold: Option<u64>,
    },
    /// Change how many organisations sign.
    Threshold {
        /// How many.
        threshold: u64,
    },
    /// Rename the consortium.
    Rename {
        /// Its name.
        name: String,
    },
    /// Set a limit or a policy, or take it away.
    Setting {
        /// True for a policy.
        is_policy: bool,
        /// Its code.
        code: String,
        /// An integer or a text; none to take it away.
        #[serde(default)]
        value: Option<Json>,
    },
    /// End a halt of the charter.
    Settle {
        /// The rival whose words are taken over; those of the version before if it is left out.
        #[serde(default)]
        adopt: Option<ActId>,
        /// Whom it names as double signers; everyone who signed two of the rivals if none is given.
        #[serde(default)]
        double: Vec<OrganisationId>,
    },
}

/// The last position of a log that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The key whose log it is.
    pub author: PublicKey,
    /// The space.
    pub space: SpaceId,
    /// The position; zero for nothing.
    pub seq: u64,
}

/// A proposal with what it is signed instead of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What is asked for.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Drafts that it is signed instead of.
    #[serde(default)]
    pub instead: Vec<ActId>,
}

/// An act to be read or signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// Its bytes, hexadecimal.
    pub bytes: String,
    /// What it says.
    pub act: Described,
    /// What a key store has to know before it signs.
    #[serde(default)]
    pub seen: signing::Seen,
    /// What would not count any more.
    #[serde(default)]
    pub stops: Vec<Stopped>,
    /// What falls with it, if it is a rotation that is not in effect yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub falls: Option<Falls>,
}

/// Makes the act that a proposal asks for, unsigned. Takes nothing in.
///
/// # Errors
/// [`Problem`] says why there is no such act.
pub fn draft(node: &Node, request: Request) -> Result<Drafted, Problem> {
    let snapshot = node.snapshot();
    let governance = &*snapshot.governance;
    let own = node.own_organisation().ok_or_else(|| told("reads_only", &[]))?;
    let mut stops = Vec::new();
    let (previous, body) = match request.proposal {
        Proposal::Grant { requests } => organisation::grant(governance, own, &requests)?,
        Proposal::Revoke { keys, reason, kept } => {
            let mut revocations = Vec::with_capacity(keys.len());
            for key in keys {
                let of_key: Vec<Kept> = kept.iter().filter(|kept| kept.author == key).copied().collect();
                let cuts = logs::cuts(node, &own, Some(&key), logs::Unnamed::Nothing, &of_key)?;
                stops.extend(cuts.stopped);
                revocations.push(Revocation { cuts: cuts.cuts, key, reason: reason.clone() });
            }
            organisation::revoke(governance, own, revocations)?
        }
        Proposal::Rotate { keys, threshold, next, next_threshold, after } => {
            let roots = rotation::roots(keys, threshold, &next, next_threshold)?;
            organisation::rotate(governance, own, roots, after)?
        }
        Proposal::Names { names } => organisation::rename(governance, own, names)?,
        Proposal::Remove { organisation, is_suspended, last, kept, threshold } => {
            let cuts = logs::cuts(node, &organisation, None, logs::Unnamed::Everything, &kept)?;
            stops = cuts.stopped;
            let removal = charter::Removed { organisation, is_suspended, last, cuts: cuts.cuts };
            charter::remove(governance, removal, threshold, request.instead)?
        }
        Proposal::Admit { organisation, predecessor, threshold } => {
            charter::admit(governance, organisation, predecessor, threshold, request.instead)?
        }
        Proposal::Threshold { threshold } => {
            charter::amend(governance, request.instead, |charter| charter.threshold = threshold)?
        }
        Proposal::Rename { name } => charter::amend(governance, request.instead, |charter| charter.name = name)?,
        Proposal::Setting { is_policy, code, value } => {
            charter::set(governance, is_policy, code, value, request.instead)?
        }
        Proposal::Settle { adopt, double } => charter::settle(governance, adopt, double, request.instead)?,
    };
    let act = next(governance, &previous, &body)?;
    let falls = falls(governance, Some(own), &act);
    if falls.is_some() {
        stops = stopped_by(node, &act)?;
    }
    let described = described_one(governance, Some(own), &act);
    if described.changes.iter().all(|change| matches!(change, Change::Instead { .. })) {
        return Err(told("nothing_changes", &[]));
    }
    let seen = signing::Seen::of(governance, &act, Some(own));
    Ok(Drafted { bytes: to_hex(&act.encode()), act: described, seen, stops, falls })
}

/// The next act of a chain, if the door would take it once it is signed.
fn next(governance: &Governance, previous: &Act, body: &Body) -> Result<Act, Problem> {
    let place = Place {
        version: previous.version().saturating_add(1),
        consortium: governance.consortium(),
        scope: previous.scope_id(),
        previous: previous.id(),
    };
    let act = Act::draft(place, body).map_err(|error| {
        let values = [("rule", error.code())];
        Problem::of_rule(exit::REFUSED, error.code(), "act_made", &values, error.to_string())
    })?;
    match governance.weigh(act.clone(), Source::Home) {
        // Nobody has signed it yet.
        Ok(_) | Err(Refusal::Unsigned) => Ok(act),
        Err(refusal) => {
            let values = [("rule", refusal.code())];
            Err(Problem::of_rule(exit::REFUSED, refusal.code(), "act_made", &values, refusal.to_string()))
        }
    }
}

/// The act of a chain that stands: the newest in effect.
pub(crate) fn standing<'a>(governance: &'a Governance, scope: &ActId) -> Option<&'a Act> {
    governance.standing_act(scope)
}

/// The charter that stands.
pub(crate) fn standing_charter(governance: &Governance) -> Option<&Act> {
    governance.charter_act()
}

pub(crate) fn is_in_effect(governance: &Governance, act: &ActId) -> bool {
    matches!(governance.status(act), Some(ActStatus::InEffect))
}

/// A problem of this room, refused by a rule.
pub(crate) fn told(key: &str, values: &[(&str, &str)]) -> Problem {
    Problem::told(exit::REFUSED, key, &format!("governing.{key}"), values)
}
