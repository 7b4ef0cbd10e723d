//! What an administrator must not miss, first in a status: a halt, an organisation that was taken out, keys that were revoked.

use isnad_node::reading::{Outside, Status, Who};
use isnad_protocol::locale::{self, Language};

use super::reading::organisation_name;
use crate::client::Client;
use crate::error::Problem;
use crate::output::{apart, hanging, width};
use crate::session::Session;

/// True if this home's organisation is no member any more: others tell it nothing.
pub(super) fn is_outside(status: &Status) -> bool {
    status.taken_out.is_some_and(|out| out.is_in_effect)
}

/// That an organisation was taken out, or is about to be.
fn outside(language: Language, out: Outside) -> String {
    let key = match (out.is_in_effect, out.is_suspended) {
        (true, true) => "status.suspended",
        (true, false) => "status.removed",
        (false, true) => "status.suspended_soon",
        (false, false) => "status.removed_soon",
    };
    let values = [("act", &*out.by.id.to_short()), ("version", &*out.by.version.to_string())];
    hanging("! ", &locale::format(language, key, &values), width())
}

/// Warns whoever is about to sign that it may count nowhere. What is taken out by an act in effect here is refused; but whoever is
/// suspended is told nothing more by the others, and may never hear that it is in effect.
pub(super) async fn warn_if_outside(session: &Session, client: &Client) -> Result<(), Problem> {
    let out: Option<Outside> = client.get("/governing/outside").await?;
    if let Some(out) = out {
        session.printer.aside(outside(session.language, out));
        if !out.is_in_effect {
            session.printer.aside(hanging("  ", session.word("status.outside_soon"), width()));
        }
    }
    Ok(())
}

/// The lines of a status.
pub(super) fn lines(language: Language, status: &Status, who: &Who) -> Vec<String> {
    let told = |key: &str, values: &[(&str, &str)]| hanging("! ", &locale::format(language, key, values), width());
    let mut lines = Vec::new();
    lines.extend(status.taken_out.map(|out| outside(language, out)));
    for halt in &status.halts {
        let chain = match halt.organisation {
            Some(id) => organisation_name(who, id, language),
            None => locale::code(language, "act", &halt.kind).to_owned(),
        };
        lines.push(told("status.halted", &[("chain", &chain)]));
        lines.extend(super::who::own_part(language, who, halt));
    }
    lines.extend(super::who::own_double(language, who));
    for key in &status.revoked_keys {
        let role = locale::code(language, "role", &key.role);
        let (id, label) = (key.key.to_short(), apart(&key.label, language.direction()));
        let act = key.revoked_by.first().map(|act| act.id.to_short()).unwrap_or_default();
        let values = [("role", role), ("key", &*id), ("label", &*label), ("act", &*act)];
        lines.push(told("status.revoked", &values));
    }
    lines
}
