//! Who stands at the door, for `isnad status`: this home while it waits itself, candidates, and strangers that knocked.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::{Organisation, Status, Who};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::locale::{self, Language};

use super::reading::{called, organisation_name};
use crate::output::{apart, hanging, inert, width};

/// Suspended organisations that are named beside a candidate.
const SUSPENDED: usize = 4;

/// The lines of a status.
pub(super) fn lines(language: Language, status: &Status, who: &Who) -> Vec<String> {
    let told = |key: &str, values: &[(&str, &str)]| locale::format(language, key, values);
    let set = |text: &str| hanging("", text, width());
    let words = |words: &CheckWords| {
        hanging(&format!("  {} ", locale::word(language, "invite.words")), &words.line(language), width())
    };
    let mut lines = Vec::new();
    if let Some(candidacy) = &status.candidacy {
        lines.push(set(&told("status.candidate", &[("organisation", &candidacy.organisation.to_short())])));
        lines.push(words(&CheckWords::of_organisation(&candidacy.organisation)));
        lines.extend(who.charter.map(|charter| {
            let values = [("version", &*charter.version.to_string()), ("act", &*charter.id.to_short())];
            hanging("  ", &told("status.candidate_knows", &values), width())
        }));
    }
    for waits in &status.applicants {
        let values = [
            ("name", &*name(&waits.names, waits.organisation, language)),
            ("organisation", &*waits.organisation.to_short()),
        ];
        lines.push(set(&told("status.applicant", &values)));
        lines.push(words(&CheckWords::of_organisation(&waits.organisation)));
        lines.extend(may_be(who, &waits.names).map(|former| {
            let (old, id) = (name(&former.names, former.id, language), former.id.to_short());
            let values = [("old", &*old), ("predecessor", &*id), ("organisation", &*waits.organisation.to_short())];
            hanging("  ", &told("status.readmit", &values), width())
        }));
        lines.push(hanging("  ", &told("status.admit", &values), width()));
    }
    let knocks = |key: &str, node: &NodeId, name: &str, address: &str| {
        let key = if address.is_empty() { format!("{key}.nowhere") } else { key.to_owned() };
        set(&told(&key, &[("node", &node.to_short()), ("name", name), ("address", &inert(address))]))
    };
    // Who was taken out is not offered to come in again: that is for the members to decide.
    for (node, of) in &status.expelled {
        let address = status.strangers.get(node).map(String::as_str).unwrap_or_default();
        lines.push(knocks("status.expelled", node, &organisation_name(who, *of, language), address));
    }
    let unknown = status.strangers.iter().filter(|(node, _)| !status.expelled.contains_key(node));
    for (node, address) in unknown.clone() {
        lines.push(knocks("status.stranger", node, "", address));
        lines.push(words(&CheckWords::of_node(node)));
    }
    if unknown.count() > 0 {
        lines.push(hanging("  ", locale::word(language, "status.strangers"), width()));
    }
    lines
}

/// Suspended organisations that one may be which is called so: those of one of its names that have not come back.
pub(super) fn may_be<'a>(
    who: &'a Who,
    names: &BTreeMap<String, String>,
) -> impl Iterator<Item = &'a Organisation> + use<'a> {
    let own: BTreeSet<String> = names.values().map(|name| name.to_lowercase()).collect();
    let lost = who.former.iter().filter(|former| former.is_suspended && former.successor.is_none());
    lost.filter(move |former| former.names.values().any(|name| own.contains(&name.to_lowercase()))).take(SUSPENDED)
}

/// A name in the reader's language, or the beginning of the id.
pub(super) fn name(names: &BTreeMap<String, String>, organisation: OrganisationId, language: Language) -> String {
    called(names, language).map_or_else(|| organisation.to_short(), |name| apart(name, language.direction()))
}
