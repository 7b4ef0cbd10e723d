//! A measure whose term nobody has turned into an end, or whose end is past. MODEL §7.11.

use std::collections::BTreeSet;

use crate::id::OrganisationId;
use crate::time::Day;

use super::super::designation::{InForce, Terms, Used};
use super::{Found, Item};

/// By each organisation's own word: whoever renews the measure of another takes no warning from it.
pub(super) fn check(items: &[Item<'_>], today: Day, found: &mut Found) {
    let speaking: BTreeSet<OrganisationId> = items.iter().map(|item| item.organisation).collect();
    speaking.into_iter().for_each(|whose| check_own(whose, items, today, found));
}

fn check_own(whose: OrganisationId, items: &[Item<'_>], today: Day, found: &mut Found) {
    let used = |prop: &str, is_asked: &dyn Fn(&Item<'_>) -> bool| -> Vec<Used> {
        items.iter().filter(|item| item.counts && item.prop == prop && is_asked(item)).filter_map(used).collect()
    };
    let is_own = |item: &Item<'_>| item.organisation == whose;
    let own = |prop: &str| used(prop, &is_own);
    // Who does not date the beginning speaks of the one that others date.
    let starts = [own("start"), own("listing_date"), used("start", &|_| true), used("listing_date", &|_| true)];
    let starts = starts.into_iter().find(|starts| !starts.is_empty()).unwrap_or_default();
    let mut lifted = own("status");
    lifted.retain(|used| matches!(used.value.as_str(), "delisted" | "annulled" | "authority_revoked"));
    let terms = Terms { starts, ends: own("end"), durations: own("duration"), lifted, ..Terms::default() };
    let state = terms.state(today);
    let Some(until) = state.until else { return };
    for (place, item) in items.iter().enumerate().filter(|(_, item)| is_own(item)) {
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
