//! `isnad due`: measures that end soon, by the reader's day, and what to do about each. MODEL §8 journey 2.

use isnad_node::reading::{Due, DueWithin, Who};
use isnad_protocol::locale;
use isnad_protocol::view::Reference;

use super::ids::{COMMAND, Ids};
use super::list::{Csv, Lines, MADE_OF, choice, format, made_of_cells, told_of};
use super::reading::{name as called, organisation_name, state_code};
use crate::args::{DueArgs, ListFormat};
use crate::client::{Client, query};
use crate::error::{Outcome, Problem, exit};
use crate::output::{apart, hanging, json_inert, squeezed, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session, args: &DueArgs) -> Outcome {
    let format = format(session, args.format);
    if format == ListFormat::Geojson {
        return Err(Problem::told(exit::USAGE, "due_format", "due_format", &[]));
    }
    let own = [
        ("within", Some(args.within.clone())),
        ("over", args.over.then(|| "true".to_owned())),
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ];
    let query = query(&[&own[..], &args.policy.parts()].concat());
    let client = Client::to_read(session).await?;
    let found: DueWithin = client.get(&format!("/due{query}")).await?;
    if found.made_of.policy.is_some() {
        let who: Who = client.get("/who").await?;
        let choice = choice(session, &who, &found.made_of);
        match format {
            ListFormat::Table => session.printer.text(&format!("{}\n\n", choice.join("\n"))),
            _ => choice.iter().for_each(|line| session.printer.aside(line)),
        }
    }
    let named = |due: &Due| {
        let named = due.authorities.iter().chain(&due.subjects).map(|one| one.record);
        [due.record.record].into_iter().chain(named).collect::<Vec<_>>()
    };
    let ids = Ids::of(&client, found.due.iter().flat_map(named)).await?;
    let has_others = found.due.iter().any(|due| !due.others.is_empty());
    let who = if has_others { Some(client.get::<Who>("/who").await?) } else { None };
    print(session, format, (&found, who.as_ref()), &ids)
}

fn print(session: &Session, format: ListFormat, (found, who): (&DueWithin, Option<&Who>), ids: &Ids) -> Outcome {
    let json = |value: &str| session.printer.line(json_inert(value));
    let text =
        |value: &dyn Fn() -> serde_json::Result<String>| value().map_err(|error| Problem::fault(error.to_string()));
    match format {
        ListFormat::Table => session.printer.text(&due_text(session, (found, who), ids)),
        ListFormat::Json => json(&text(&|| serde_json::to_string(found))?),
        ListFormat::Jsonl => {
            let made_of = text(&|| serde_json::to_string(&found.made_of))?;
            for due in &found.due {
                let line = text(&|| serde_json::to_string(due))?;
                json(&format!("{},\"made_of\":{made_of}}}", line.strip_suffix('}').unwrap_or(&line)));
            }
        }
        ListFormat::Csv | ListFormat::Geojson => {
            let mut out = Lines::new(session.printer);
            let made_of = made_of_cells(&found.made_of);
            Csv::of(COLUMNS.iter().chain(&MADE_OF[..made_of.len()])).print(&mut out);
            found.due.iter().for_each(|due| Csv::of(cells(session, due).iter().chain(&made_of)).print(&mut out));
        }
    }
    told_of(&found.made_of)
}

fn due_text(session: &Session, (found, who): (&DueWithin, Option<&Who>), ids: &Ids) -> String {
    let say = |key: &str, values: &[(&str, &str)]| hanging("", &locale::format(session.language, key, values), width());
    let until = found.until.to_string();
    let over = found.due.iter().filter(|due| due.days_left < 0).count();
    let ending = found.due.len().saturating_sub(over).to_string();
    let mut lines: Vec<String> = found.due.iter().map(|due| one_text(session, (due, who), ids)).collect();
    lines.push(say("due.ending", &[("until", &until), ("count", &ending)]));
    if over > 0 {
        lines.push(say("due.over", &[("count", &over.to_string())]));
    }
    lines.push(say("due.as_of", &[("today", &found.today.to_string())]));
    lines.join("\n")
}

fn one_text(session: &Session, (due, who): (&Due, Option<&Who>), ids: &Ids) -> String {
    let language = session.language;
    let word = |key: &str| locale::word(language, key).to_owned();
    let days = due.days_left.unsigned_abs().to_string();
    let left = if due.days_left < 0 { "due.days_over" } else { "due.days_left" };
    let mut head = format!("{}  {}", due.until, locale::format(language, left, &[("days", &days)]));
    if due.computed {
        head = format!("{head}  ({})", word("due.computed"));
    }
    let head = hanging("", &head, width());
    let colon = session.printer.colon();
    let line = |key: &str, text: &str| hanging(&format!("  {}{colon} ", word(key)), text, width());
    let mut lines = vec![head, line("kind.designation", &name(session, &due.record, ids))];
    // What others say of the measure of one organisation stands beside its word, and never in its place.
    for other in &due.others {
        let whose = who.map_or_else(String::new, |who| organisation_name(who, other.organisation, language));
        let mut state = locale::code(language, "designation_status", &state_code(other.state)).to_owned();
        state.extend(other.until.filter(|_| !other.state.is_lifted()).map(|until| format!(", {until}")));
        let told = locale::format(language, "list.says", &[("who", &whose), ("what", &state)]);
        lines.push(hanging("  ≠ ", &told, width()));
    }
    let listed = |all: &[Reference]| all.iter().map(|one| name(session, one, ids)).collect::<Vec<_>>().join(" · ");
    if !due.subjects.is_empty() {
        lines.push(line("due.subjects", &listed(&due.subjects)));
    }
    if !due.legal_bases.is_empty() {
        let bases: Vec<String> =
            due.legal_bases.iter().map(|basis| apart(&squeezed(basis), language.direction())).collect();
        lines.push(line("due.legal_basis", &bases.join(" · ")));
    }
    if !due.authorities.is_empty() {
        lines.push(line("due.authority", &listed(&due.authorities)));
    }
    lines.push(format!("  {}{colon}", word("due.renew")));
    lines
        .extend(in_shell_lines(&renewal(due, ids), width().saturating_sub(4)).iter().map(|line| format!("    {line}")));
    lines.join("\n") + "\n"
}

/// The command that says that the measure was renewed: whoever runs it puts in the new end, and the source that says so. It is
/// the authority that renews, not the reader.
fn renewal(due: &Due, ids: &Ids) -> String {
    let by = match &due.authorities[..] {
        [authority] => format!(" --according-to {}", ids.record(authority.record, COMMAND)),
        _ => String::new(),
    };
    let record = ids.record(due.record.record, COMMAND);
    format!("isnad claim add {record} end YYYY-MM-DD{by} --source RECORD")
}

/// A command to be copied in lines of a width, as a shell reads it: each but the last ends in a backslash.
fn in_shell_lines(command: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, part) in command.split(" --").enumerate() {
        let part = if index == 0 { part.to_owned() } else { format!("--{part}") };
        // Room for the backslash, too.
        let fits = |line: &&mut String| line.len().saturating_add(part.len()).saturating_add(3) <= width;
        match lines.last_mut() {
            Some(line) if fits(&line) => line.push_str(&format!(" {part}")),
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("  {part}"));
            }
            None => lines.push(part),
        }
    }
    lines
}

fn name(session: &Session, reference: &Reference, ids: &Ids) -> String {
    let shown = |text: &str| apart(&squeezed(text), session.language.direction());
    called(reference, session.language, Some(ids), shown).unwrap_or_else(|| reference.record.to_string())
}

const COLUMNS: [&str; 11] = [
    "record",
    "title",
    "until",
    "days_left",
    "state",
    "computed",
    "legal_bases",
    "authorities",
    "subjects",
    "disputes",
    "replies",
];

fn cells(session: &Session, due: &Due) -> [String; 11] {
    let title =
        |one: &Reference| called(one, session.language, None, str::to_owned).unwrap_or_else(|| one.record.to_string());
    let all = |all: &[Reference]| all.iter().map(title).collect::<Vec<_>>().join("; ");
    let state = serde_json::to_value(due.state).ok().and_then(|state| state.as_str().map(str::to_owned));
    [
        due.record.record.to_string(),
        title(&due.record),
        due.until.to_string(),
        due.days_left.to_string(),
        state.unwrap_or_default(),
        due.computed.to_string(),
        due.legal_bases.join("; "),
        all(&due.authorities),
        all(&due.subjects),
        due.disputes.to_string(),
        due.replies.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_cut_where_a_shell_goes_on() {
        let command = "isnad claim add a end D --according-to b --source RECORD";
        assert_eq!(in_shell_lines(command, 80), [command]);
        assert_eq!(in_shell_lines(command, 44), ["isnad claim add a end D --according-to b \\", "  --source RECORD"]);
    }
}
