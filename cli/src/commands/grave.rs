//! What an administrator must not miss, first in a status: a halt, an organisation that was taken out, keys that were revoked.

use isnad_node::reading::{Status, Who};
use isnad_protocol::locale::{self, Language};

use super::reading::organisation_name;
use crate::output::{apart, hanging, width};

/// True if this home's organisation is no member any more: others tell it nothing.
pub(super) fn is_outside(status: &Status) -> bool {
    status.taken_out.is_some_and(|out| out.is_in_effect)
}

/// The lines of a status.
pub(super) fn lines(language: Language, status: &Status, who: &Who) -> Vec<String> {
    let told = |key: &str, values: &[(&str, &str)]| hanging("! ", &locale::format(language, key, values), width());
    let mut lines = Vec::new();
    if let Some(out) = &status.taken_out {
        let key = match (out.is_in_effect, out.is_suspended) {
            (true, true) => "status.suspended",
            (true, false) => "status.removed",
            (false, true) => "status.suspended_soon",
            (false, false) => "status.removed_soon",
        };
        let (act, version) = (out.by.id.to_short(), out.by.version.to_string());
        lines.push(told(key, &[("act", &act), ("version", &version)]));
    }
    for halt in &status.halts {
        let chain = match halt.organisation {
            Some(id) => organisation_name(who, id, language),
            None => locale::code(language, "act", &halt.kind).to_owned(),
        };
        lines.push(told("status.halted", &[("chain", &chain)]));
    }
    for key in &status.revoked_keys {
        let role = locale::code(language, "role", &key.role);
        let (id, label) = (key.key.to_short(), apart(&key.label, language.direction()));
        let act = key.revoked_by.first().map(|act| act.id.to_short()).unwrap_or_default();
        let values = [("role", role), ("key", &*id), ("label", &*label), ("act", &*act)];
        lines.push(told("status.revoked", &values));
    }
    lines
}
