//! Who stands at the door, for `isnad status`: this home while it waits itself, candidates, and strangers that knocked.

use std::collections::BTreeMap;

use isnad_node::reading::{Status, Who};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::locale::{self, Language};

use super::reading::{called, organisation_name};
use crate::output::{apart, hanging, inert, width};

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
    }
    for waits in &status.applicants {
        let values = [
            ("name", &*name(&waits.names, waits.organisation, language)),
            ("organisation", &*waits.organisation.to_short()),
        ];
        lines.push(set(&told("status.applicant", &values)));
        lines.push(words(&CheckWords::of_organisation(&waits.organisation)));
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

/// A name in the reader's language, or the beginning of the id.
pub(super) fn name(names: &BTreeMap<String, String>, organisation: OrganisationId, language: Language) -> String {
    called(names, language).map_or_else(|| organisation.to_short(), |name| apart(name, language.direction()))
}
