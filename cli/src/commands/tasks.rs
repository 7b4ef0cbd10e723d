//! `isnad tasks`: what waits for this organisation's answer, and how to give it. MODEL §8, journey 3.

use isnad_node::reading::{Waiting, Who};
use isnad_protocol::locale;
use isnad_protocol::view::tasks::Why;

use super::preview::in_a_line;
use super::reading::{label, organisation_name, property_word};
use crate::client::Client;
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, isolated, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session) -> Outcome {
    let client = Client::to_read(session).await?;
    let waiting: Vec<Waiting> = client.get("/tasks").await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&waiting, |waiting| {
        if waiting.is_empty() {
            return session.word("tasks.none").to_owned();
        }
        waiting.iter().map(|waiting| text(session, &who, waiting)).collect::<Vec<_>>().join("\n\n")
    });
    Ok(DONE)
}

fn text(session: &Session, who: &Who, waiting: &Waiting) -> String {
    let task = &waiting.task;
    let key = match task.why {
        Why::Disputed => "tasks.disputed",
        Why::Replied => "tasks.replied",
        Why::EarlierVersion if task.now.is_empty() => "tasks.taken_back",
        Why::EarlierVersion => "tasks.earlier_version",
    };
    let by = organisation_name(who, task.by, session.language);
    let head = locale::format(session.language, key, &[("organisation", &by)]);
    let record = label(&waiting.about.labels, session.language).map(|text| isolated(&text));
    let record = record.unwrap_or_else(|| task.record.to_string());
    let value =
        task.value.as_ref().map(|value| in_a_line(session, who, &waiting.about, &task.prop, value, &waiting.refs));
    let property = property_word(session.language, &task.prop);
    let claim = format!("{record} — {property}: {} [{}]", value.unwrap_or_default(), task.claim.to_short());
    let vocabulary = if task.why == Why::Replied { "response_stance" } else { "stance" };
    let mut said = vec![inert(locale::code(session.language, vocabulary, &task.stance))];
    said.extend(task.reason.as_deref().map(|code| isolated(locale::code(session.language, "dispute_reason", code))));
    said.extend(task.text.as_deref().map(isolated));
    let said = format!("{} [{}]", said.join(": "), task.said.to_short());
    let mut lines = vec![
        session.printer.styled(&head, Style::Strong),
        hanging("  ", &claim, width()),
        hanging("  ", &said, width()),
    ];
    lines.extend(ways(session, waiting).into_iter().map(|way| hanging("    → ", &way, width())));
    if task.more > 0 {
        let more = locale::format(session.language, "tasks.more", &[("count", &task.more.to_string())]);
        lines.push(hanging("  ", &more, width()));
    }
    lines.join("\n")
}

/// What can be done about it, as commands.
fn ways(session: &Session, waiting: &Waiting) -> Vec<String> {
    let task = &waiting.task;
    let (record, claim, said) = (task.record, task.claim.to_short(), task.said.to_short());
    let way = |key: &str, command: String| format!("{}: {command}", session.word(key));
    match task.why {
        Why::Disputed | Why::Replied => vec![
            way("tasks.answer", format!("isnad opinion endorse|dispute {record} {said} …")),
            way("tasks.supersede", format!("isnad claim replace {record} {claim} {} …", inert(&task.prop))),
            session.word("tasks.let_stand").to_owned(),
        ],
        Why::EarlierVersion => {
            let now = task.now.iter().map(|now| {
                way("tasks.now", format!("isnad opinion {} {record} {} …", inert(&task.stance), now.to_short()))
            });
            let withdraw = format!("isnad opinion withdraw {record} {said} --note …");
            now.chain([way("tasks.withdraw", withdraw)]).collect()
        }
    }
}
