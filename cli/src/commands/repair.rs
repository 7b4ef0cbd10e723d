//! `isnad repair`: makes damaged journals anew of what is whole in them.

use isnad_node::repair::{ACTS, Mended, Missing, Repaired, repair};
use isnad_protocol::locale;

use super::audit::shortened;
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, progress, width};
use crate::session::Session;

pub(crate) fn run(session: &Session) -> Outcome {
    let home = session.home()?;
    let bar = progress(session.printer, 0);
    let repaired = repair(&home, &mut |read, total| {
        bar.set_length(total);
        bar.set_position(read);
    });
    bar.finish_and_clear();
    session.printer.either(&repaired?, |repaired| text(session, repaired));
    Ok(DONE)
}

fn text(session: &Session, repaired: &Repaired) -> String {
    let language = session.language;
    if repaired.journals.is_empty() {
        return locale::word(language, "repair.whole").to_owned();
    }
    let mut lines: Vec<String> = repaired.journals.iter().flat_map(|mended| mended_lines(session, mended)).collect();
    if let Some(folder) = &repaired.kept_in {
        let folder = inert(&folder.display().to_string());
        lines.push(hanging("", &locale::format(language, "repair.kept_in", &[("folder", &folder)]), width()));
    }
    let is_of_acts = repaired.journals.iter().any(|mended| mended.journal == ACTS);
    let next = ["repair.node"].into_iter().chain(is_of_acts.then_some("repair.acts"));
    lines.extend(next.map(|key| hanging("", locale::word(language, key), width())));
    lines.join("\n")
}

fn mended_lines(session: &Session, mended: &Mended) -> Vec<String> {
    let language = session.language;
    let damaged = mended.damages.iter().map(|place| {
        let values = [("file", &*shortened(&place.file)), ("offset", &*place.offset.to_string())];
        let line = locale::format(language, "repair.damaged", &values);
        session.printer.styled(&format!("× {line}"), Style::Alert)
    });
    let key = if mended.journal == ACTS { "repair_acts" } else { "repair_kept" };
    let kept = hanging("    ", &locale::counted(language, key, mended.kept, &[]), width());
    let missing = mended.missing.iter().map(|Missing { author, from, until, .. }| {
        let values = [("author", &*author.to_short()), ("from", &*from.to_string()), ("until", &*until.to_string())];
        hanging("    ", &locale::format(language, "repair.missing", &values), width())
    });
    damaged.chain([kept]).chain(missing).collect()
}
