//! Who stands at the door, for `isnad status`: this home while it waits itself, candidates, and strangers that knocked.

use std::collections::BTreeMap;

use isnad_node::reading::{Organisation, Status, Waits, Who};
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
        lines.extend(may_be(language, who, waits).map(|former| {
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

/// Suspended organisations that a candidate may be, none of which has come back: those of its name, or else all.
fn may_be<'a>(language: Language, who: &'a Who, waits: &Waits) -> impl Iterator<Item = &'a Organisation> {
    let lost: Vec<&Organisation> =
        who.former.iter().filter(|former| former.is_suspended && former.successor.is_none()).collect();
    let own = called(&waits.names, language).map(str::to_lowercase);
    let is_namesake = |former: &&Organisation| former.names.values().any(|name| Some(name.to_lowercase()) == own);
    let namesakes: Vec<&Organisation> = lost.iter().copied().filter(is_namesake).collect();
    let told = if namesakes.is_empty() { lost } else { namesakes };
    told.into_iter().take(SUSPENDED)
}

/// A name in the reader's language, or the beginning of the id.
pub(super) fn name(names: &BTreeMap<String, String>, organisation: OrganisationId, language: Language) -> String {
    called(names, language).map_or_else(|| organisation.to_short(), |name| apart(name, language.direction()))
}
