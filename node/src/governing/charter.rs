//! The next charter: that which stands, with one thing changed. DESIGN §7; format §4.3.

use std::collections::BTreeSet;

use isnad_protocol::act::setting::{self, SaysNothing};
use isnad_protocol::act::{Act, Body, Charter, Cut, Kind, Removal, Settlement};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::governance::{Governance, Settling};
use isnad_protocol::id::{ActId, OrganisationId};

use crate::governing::{standing, standing_charter, told};
use crate::problem::Problem;

/// The act before, and the body of the one to be made.
type Made = Result<(Act, Body), Problem>;

/// An organisation to be taken out.
#[derive(Debug)]
pub(super) struct Removed {
    pub(super) organisation: OrganisationId,
    pub(super) is_suspended: bool,
    pub(super) last: Option<ActId>,
    pub(super) cuts: Vec<Cut>,
}

/// The charter that stands, changed. What one version alone says is not said again.
pub(super) fn amend(governance: &Governance, instead: Vec<ActId>, change: impl FnOnce(&mut Charter)) -> Made {
    let previous = standing_charter(governance).ok_or_else(|| told("no_charter", &[]))?;
    let charter = previous.as_charter().ok_or_else(|| told("no_charter", &[]))?;
    let mut charter = plain(charter);
    charter.instead = instead;
    charter.instead.sort_unstable();
    charter.instead.dedup();
    change(&mut charter);
    Ok((previous.clone(), Body::Charter(charter)))
}

/// A charter without what only the version that first said it says.
fn plain(charter: &Charter) -> Charter {
    Charter { instead: Vec::new(), predecessors: Vec::new(), removed: Vec::new(), settles: None, ..charter.clone() }
}

/// So many sign with so many members: as before, if that is more than half and no more than all; or the nearest to it.
fn fitting(threshold: u64, members: usize) -> u64 {
    let members = u64::try_from(members).unwrap_or(u64::MAX);
    let smallest = (members / 2).saturating_add(1);
    threshold.clamp(smallest.min(members), members)
}

pub(super) fn admit(
    governance: &Governance,
    organisation: OrganisationId,
    predecessor: Option<OrganisationId>,
    threshold: Option<u64>,
    instead: Vec<ActId>,
) -> Made {
    let members = standing_charter(governance).and_then(Act::as_charter).map_or(&[][..], |charter| &charter.members);
    if members.contains(&organisation) {
        return Err(told("member_already", &[("organisation", &organisation.to_short())]));
    }
    if let Some(old) = predecessor.filter(|old| members.contains(old)) {
        return Err(told("predecessor_in", &[("organisation", &old.to_short())]));
    }
    amend(governance, instead, |charter| {
        charter.members.push(organisation);
        charter.members.sort_unstable();
        charter.predecessors = predecessor.into_iter().map(|old| (organisation, old)).collect();
        charter.threshold = threshold.unwrap_or_else(|| fitting(charter.threshold, charter.members.len()));
    })
}

pub(super) fn remove(governance: &Governance, removed: Removed, threshold: Option<u64>, instead: Vec<ActId>) -> Made {
    let Removed { organisation, is_suspended, last, cuts } = removed;
    let members = standing_charter(governance).and_then(Act::as_charter).map_or(&[][..], |charter| &charter.members);
    let short = organisation.to_short();
    if !members.contains(&organisation) {
        return Err(told("no_member", &[("organisation", &short)]));
    }
    if members.len() == 1 {
        return Err(told("last_member", &[("organisation", &short)]));
    }
    let scope = ActId::new(*organisation.as_bytes());
    let act = match last {
        Some(last) if governance.act(&last).is_some_and(|act| act.scope_id() == scope) => last,
        Some(last) => return Err(told("not_its_act", &[("act", &last.to_short()), ("organisation", &short)])),
        None => standing(governance, &scope).map_or(scope, Act::id),
    };
    amend(governance, instead, |charter| {
        charter.members.retain(|member| *member != organisation);
        charter.removed = vec![Removal { act, cuts, organisation, is_suspended }];
        charter.threshold = threshold.unwrap_or_else(|| fitting(charter.threshold, charter.members.len()));
    })
}

pub(super) fn set(
    governance: &Governance,
    is_policy: bool,
    code: String,
    value: Option<Json>,
    instead: Vec<ActId>,
) -> Made {
    if let Some(value) = &value {
        setting::check(is_policy, &code, value).map_err(|why| says_nothing(&code, &why))?;
    }
    amend(governance, instead, |charter| {
        let codes = if is_policy { &mut charter.policies } else { &mut charter.limits };
        match value {
            Some(value) => drop(codes.insert(code, value)),
            None => drop(codes.remove(code.as_str())),
        }
    })
}

/// An act is for ever: one that nothing reads is not made. What others sign is taken as it is.
fn says_nothing(code: &str, why: &SaysNothing) -> Problem {
    match why {
        SaysNothing::Policy { known } => told("setting_unknown", &[("code", code), ("known", known)]),
        SaysNothing::Value { least, most } => {
            let values = [("code", code), ("least", &*least.to_string()), ("most", &*most.to_string())];
            told("setting_value", &values)
        }
        _ => told("setting_limit", &[("code", code)]),
    }
}

/// Ends a halt: names all the versions that have enough signatures, and as double signers those asked for, or everyone who signed
/// two of them.
pub(super) fn settle(
    governance: &Governance,
    adopt: Option<ActId>,
    double: Vec<OrganisationId>,
    instead: Vec<ActId>,
) -> Made {
    let previous = standing_charter(governance).ok_or_else(|| told("no_charter", &[]))?;
    let halt = governance.halts().into_iter().find(|halt| halt.kind == Kind::Charter);
    let (halt, settling) =
        halt.and_then(|halt| Some((halt.clone(), halt.settling?))).ok_or_else(|| told("no_halt", &[]))?;
    let double = named(&settling, double)?;
    let ids = halt.rivals;
    let words = match adopt {
        None => previous,
        Some(adopt) => governance
            .act(&adopt)
            .filter(|_| ids.contains(&adopt))
            .ok_or_else(|| told("no_rival", &[("act", &adopt.to_short())]))?,
    };
    let words = words.as_charter().ok_or_else(|| told("no_charter", &[]))?;
    let taken = Charter { instead: Vec::new(), ..words.clone() };
    let base = if adopt.is_some() { taken } else { plain(words) };
    // What was signed and never got its signatures is no rival that it could settle.
    let instead = instead.into_iter().filter(|act| !ids.contains(act)).collect();
    amend(governance, instead, |charter| {
        let instead = std::mem::take(&mut charter.instead);
        *charter = Charter { instead, settles: Some(Settlement { double, rivals: ids }), ..base };
    })
}

/// The double signers that a settlement names: only real ones, and no more than leave enough to sign it. Who of several is left to
/// sign is for people to say.
fn named(settling: &Settling, asked: Vec<OrganisationId>) -> Result<Vec<OrganisationId>, Problem> {
    if let Some(wrong) = asked.iter().find(|who| !settling.double.contains(who)) {
        return Err(told("not_double", &[("organisation", &wrong.to_short())]));
    }
    let named: BTreeSet<OrganisationId> =
        if asked.is_empty() { settling.double.clone() } else { asked.into_iter().collect() };
    let [most, needed, members] =
        [settling.most, settling.needed, settling.members.len()].map(|count| count.to_string());
    let names: Vec<String> = settling.double.iter().map(OrganisationId::to_short).collect();
    let values = [("most", &*most), ("needed", &needed), ("members", &members), ("double", &names.join(", "))];
    if !settling.is_possible() {
        return Err(told("settles_never", &values));
    }
    if named.len() > settling.most {
        return Err(told("double_too_many", &values));
    }
    Ok(named.into_iter().collect())
}
