//! A measure whose term nobody has turned into an end, or whose end is past. MODEL §7.11.

use crate::time::Day;

use super::super::designation::{InForce, Terms, Used};
use super::{Found, Item};

pub(super) fn check(items: &[Item<'_>], today: Day, found: &mut Found) {
    let used = |prop: &str| -> Vec<Used> {
        items.iter().filter(|item| item.counts && item.prop == prop).filter_map(used).collect()
    };
    let mut terms =
        Terms { starts: used("start"), ends: used("end"), durations: used("duration"), lifted: used("status") };
    if terms.starts.is_empty() {
        terms.starts = used("listing_date");
    }
    terms.lifted.retain(|used| matches!(used.value.as_str(), "delisted" | "annulled" | "authority_revoked"));
    let state = terms.state(today);
    let Some(until) = state.until else { return };
    for (place, item) in items.iter().enumerate() {
        if item.prop == "duration" && terms.ends.is_empty() {
            found.add(place, "term_without_end", "value", [("date", until.to_string())]);
        }
        if matches!(item.prop, "duration" | "end") && state.state == InForce::TermOver {
            found.add(place, "term_over", "value", [("date", until.to_string())]);
        }
    }
}

fn used(item: &Item<'_>) -> Option<Used> {
    Some(Used {
        prop: item.prop.to_owned(),
        value: item.text()?.to_owned(),
        valid: item.valid.map(str::to_owned),
        claim: item.id,
        organisation: item.organisation,
    })
}
