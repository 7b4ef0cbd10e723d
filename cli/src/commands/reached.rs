//! What the organisations acknowledge, told: how far our words have come, what is missing here, how old it may be.

use std::collections::BTreeMap;

use isnad_node::reading::{Reach, Status, Who};
use isnad_protocol::attestation::Freshness;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::time::Timestamp;

use super::reading::organisation_name;
use crate::client::Client;
use crate::error::Problem;
use crate::output::{hanging, width};
use crate::session::Session;

/// Organisations that are named in one line; the rest are counted.
const NAMED: usize = 8;

/// The lines of a status about what is acknowledged; none where there is nobody else.
pub(super) fn lines(language: Language, status: &Status, who: &Who) -> Vec<String> {
    let reach = &status.reach;
    if reach.others.is_empty() || status.replica.entries == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if reach.own > 0 {
        lines.extend(own(language, reach, who));
    }
    lines.extend(behind(language, reach, who));
    let text = match reach.freshness {
        Freshness::Alone => return lines,
        Freshness::Fresh { as_of } => locale::format(language, "reach.fresh", &[("day", &day(as_of))]),
        Freshness::Stale { since: Some(since) } => locale::format(language, "reach.stale", &[("day", &day(since))]),
        Freshness::Stale { since: None } => locale::word(language, "reach.never").to_owned(),
    };
    lines.push(hanging("", &text, width()));
    lines
}

/// Who has acknowledged all that ours have said, and who how much not yet.
fn own(language: Language, reach: &Reach, who: &Who) -> Vec<String> {
    let done = reach.others.iter().filter(|other| other.not_yet == 0).count().to_string();
    let others = reach.others.len().to_string();
    let values = [("done", done.as_str()), ("others", others.as_str())];
    let mut lines = vec![hanging("", &locale::format(language, "reach.acknowledged", &values), width())];
    let mut missing: Vec<String> = Vec::new();
    let late = reach.others.iter().filter(|other| other.not_yet > 0);
    for other in late.clone().take(NAMED) {
        let entries = locale::counted(language, "entries", other.not_yet, &[]);
        let values = [("name", organisation_name(who, other.organisation, language)), ("entries", entries)];
        let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
        missing.push(locale::format(language, "reach.of", &values));
    }
    let more = late.count().saturating_sub(NAMED);
    if more > 0 {
        missing.push(locale::format(language, "reach.more", &[("count", &more.to_string())]));
    }
    if !missing.is_empty() {
        let list = missing.join(&format!("{} ", locale::word(language, "preview.comma")));
        lines.push(hanging("  ", &locale::format(language, "reach.not_yet", &[("list", &list)]), width()));
    }
    lines
}

/// Whose words others hold further than is held here.
fn behind(language: Language, reach: &Reach, who: &Who) -> Vec<String> {
    let mut of: BTreeMap<Option<OrganisationId>, (u64, OrganisationId)> = BTreeMap::new();
    for log in &reach.behind {
        let (missing, _) = of.entry(log.organisation).or_insert((0, log.named_by));
        *missing = missing.saturating_add(log.missing);
    }
    let line = |(organisation, (missing, by)): (&Option<OrganisationId>, &(u64, OrganisationId))| {
        let name = organisation.map_or_else(
            || locale::word(language, "reach.somebody").to_owned(),
            |id| organisation_name(who, id, language),
        );
        let entries = locale::counted(language, "entries", *missing, &[]);
        let values = [("name", name), ("entries", entries), ("by", organisation_name(who, *by, language))];
        let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
        hanging("", &locale::format(language, "reach.behind", &values), width())
    };
    of.iter().map(line).collect()
}

/// Says, beside a view, that it may not show all there is: one line, and nothing where it is up to date.
pub(super) async fn warn_if_stale(session: &Session, client: &Client) -> Result<(), Problem> {
    let language = session.language;
    match client.get("/freshness").await? {
        Freshness::Alone | Freshness::Fresh { .. } => {}
        Freshness::Stale { since: Some(since) } => {
            let told = locale::format(language, "reach.stale_view", &[("day", &day(since))]);
            session.printer.aside(hanging("", &told, width()));
        }
        Freshness::Stale { since: None } => {
            session.printer.aside(hanging("", locale::word(language, "reach.never_view"), width()));
        }
    }
    Ok(())
}

fn day(time: Timestamp) -> String {
    time.day().to_string()
}
