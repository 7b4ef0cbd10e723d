//! `isnad audit`: re-checks this replica from the bytes up.

use isnad_node::audit::{Audited, audit};
use isnad_protocol::audit::Finding;
use isnad_protocol::id::ConsortiumId;
use isnad_protocol::locale::{self, Language};
use serde::Serialize;

use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{Style, hanging, inert, pasted, progress, width};
use crate::session::Session;

/// Digits of a space that a place is told with.
const SPACE_DIGITS: usize = 12;

/// What is printed as JSON.
#[derive(Serialize)]
struct Told<'a> {
    /// "no_fault" with a consortium named and right, "not_pinned" without, "faults" if there is any.
    verdict: &'static str,
    #[serde(flatten)]
    audited: &'a Audited,
}

pub(crate) fn run(session: &Session, consortium: Option<&str>) -> Outcome {
    let known = consortium
        .map(|id| ConsortiumId::parse(pasted(id)))
        .transpose()
        .map_err(|error| Problem::told(exit::USAGE, "usage", "consortium_id", &[("reason", &error.to_string())]))?;
    let home = session.home()?;
    let bar = progress(session.printer, 0);
    let audited = audit(&home, known, &mut |read, total| {
        bar.set_length(total);
        bar.set_position(read);
    })?;
    bar.finish_and_clear();
    let verdict = match (audited.is_whole(), audited.is_pinned) {
        (false, _) => "faults",
        (true, false) => "not_pinned",
        (true, true) => "no_fault",
    };
    let is_named = known.is_some();
    session.printer.either(&Told { verdict, audited: &audited }, |told| text(session, told, is_named));
    Ok(if audited.is_whole() { DONE } else { exit::NO })
}

fn text(session: &Session, told: &Told<'_>, is_named: bool) -> String {
    let (audited, language) = (told.audited, session.language);
    let counts = &audited.report.counts;
    let mut lines: Vec<String> = audited.report.findings.iter().map(|finding| finding_text(session, finding)).collect();
    if audited.report.suppressed > 0 {
        let count = audited.report.suppressed.to_string();
        lines.push(locale::format(language, "format.more_findings", &[("count", &count)]));
    }
    let numbers = [
        ("entries", counts.entries.to_string()),
        ("signatures", counts.signatures.to_string()),
        ("payloads", counts.payloads.to_string()),
        ("acts", counts.acts.to_string()),
        ("bytes", audited.bytes.to_string()),
        ("faults", counts.faults.to_string()),
    ];
    let numbers: Vec<(&str, &str)> = numbers.iter().map(|(name, number)| (*name, number.as_str())).collect();
    lines.push(hanging("", &locale::format(language, "format.audited", &numbers), width()));
    if let Some(consortium) = audited.consortium {
        lines.push(format!("{} {consortium}", locale::word(language, "audit.consortium")));
    }
    if !is_named && !audited.is_whole() {
        lines.push(hanging("", locale::word(language, "audit.not_pinned"), width()));
    }
    let key = format!("audit.{}", told.verdict);
    lines.push(session.printer.styled(&hanging("", locale::word(language, &key), width()), Style::Strong));
    lines.join("\n")
}

fn finding_text(session: &Session, finding: &Finding) -> String {
    let language = session.language;
    let head = name(language, finding);
    let mut parts = Vec::new();
    if let Some((author, seq)) = finding.author.zip(finding.seq) {
        parts.push(format!("{} {} #{seq}", locale::word(language, "view.key"), author.to_short()));
    }
    parts.extend(finding.entry.map(|entry| format!("{} {}", locale::word(language, "view.entry"), entry.to_short())));
    parts.extend(finding.act.map(|act| format!("{} {}", locale::word(language, "audit.act"), act.to_short())));
    parts.extend(finding.why.as_deref().map(|why| inert(reason(language, why))));
    parts.extend((!finding.place.is_empty()).then(|| placed(language, &finding.place)));
    let style = if finding.is_fault { Style::Alert } else { Style::Strong };
    let mark = if finding.is_fault { "× " } else { "· " };
    format!(
        "{}\n{}",
        session.printer.styled(&hanging(mark, &head, width()), style),
        hanging("    ", &parts.join(session.printer.semicolon()), width())
    )
}

/// Why, in the reader's words where it is a rule's code.
fn reason(language: Language, why: &str) -> &str {
    let keys = [format!("entry_why.{why}"), format!("problem.door.{why}.why")];
    keys.iter().find_map(|key| locale::lookup(language, key)).unwrap_or(why)
}

/// A file, and where in it, in the reader's words.
pub(super) fn placed(language: Language, place: &str) -> String {
    match place.rsplit_once(" at byte ") {
        Some((file, byte)) if byte.bytes().all(|digit| digit.is_ascii_digit()) => {
            locale::format(language, "audit.place", &[("file", &inert(&shortened(file))), ("byte", byte)])
        }
        _ => inert(&shortened(place)),
    }
}

/// A place with the digits that name its space; whole they would not stand in one line.
pub(super) fn shortened(place: &str) -> String {
    let parts = place.split('/').map(|part| match part.get(..SPACE_DIGITS) {
        Some(digits) if part.len() == 64 && part.bytes().all(|digit| digit.is_ascii_hexdigit()) => format!("{digits}…"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn name(language: Language, finding: &Finding) -> String {
    let key = format!("finding.{}", finding.what.code());
    locale::word(language, &key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stands_in_one_line_and_a_rule_is_told_in_words() {
        let place = format!("journal/{}/1.seg at byte 9", "0a".repeat(32));
        assert_eq!(shortened(&place), "journal/0a0a0a0a0a0a…/1.seg at byte 9");
        assert_eq!(shortened("acts/1.seg at byte 9"), "acts/1.seg at byte 9");
        for language in Language::ALL {
            for code in ["unauthorised_member", "unauthorised_key", "unauthorised_role", "log_not_granted"] {
                assert_ne!(reason(language, code), code);
            }
            assert_eq!(reason(language, "something else"), "something else");
        }
    }
}
