//! `isnad tasks`: what waits for this organisation's answer, and how to give it; what it lost with a key, and how to say it again.
//! MODEL §8, journeys 3 and 14.

use std::collections::BTreeMap;

use isnad_node::reading::{ToRestate, Waiting, Who};
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::locale;
use isnad_protocol::view::tasks::Why;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::ids::{COMMAND, Ids};
use super::list::titles;
use super::preview::in_a_line;
use super::reading::{label, organisation_name, property_word};
use crate::client::{self, Client};
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, width};
use crate::session::Session;

mod restating;

pub(crate) async fn run(session: &Session) -> Outcome {
    let client = Client::to_read(session).await?;
    let answers =
        [client.bytes("GET", "/tasks", Vec::new()).await?, client.bytes("GET", "/restating", Vec::new()).await?];
    let [waiting, lost] = &answers;
    let waiting: Vec<Waiting> = client::read(waiting)?;
    let lost: Vec<ToRestate> = client::read(lost)?;
    let who: Who = client.get("/who").await?;
    let ids = Ids::on_page(&client, &answers.concat()).await?;
    let named = waiting.iter().map(|waiting| &waiting.about).chain(lost.iter().map(|lost| &lost.about));
    let titles = titles(session, &client, named).await;
    session.printer.either(&Tasks { waiting, lost }, |Tasks { waiting, lost }| {
        if waiting.is_empty() && lost.is_empty() {
            return session.word("tasks.none").to_owned();
        }
        let waiting = waiting.iter().map(|waiting| text(session, &who, waiting, (&ids, &titles)));
        let lost = lost.iter().map(|lost| restating::text(session, &who, lost, (&ids, &titles)));
        waiting.chain(lost).collect::<Vec<_>>().join("\n\n")
    });
    Ok(DONE)
}

/// One list for programs: `why` tells what each is.
struct Tasks {
    waiting: Vec<Waiting>,
    lost: Vec<ToRestate>,
}

impl Serialize for Tasks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.waiting.len().saturating_add(self.lost.len())))?;
        self.waiting.iter().try_for_each(|waiting| list.serialize_element(waiting))?;
        self.lost.iter().try_for_each(|lost| list.serialize_element(lost))?;
        list.end()
    }
}

fn text(session: &Session, who: &Who, waiting: &Waiting, (ids, titles): (&Ids, &BTreeMap<RecordId, String>)) -> String {
    let task = &waiting.task;
    let key = match task.why {
        Why::Disputed => "tasks.disputed",
        Why::Replied => "tasks.replied",
        Why::EarlierVersion if task.now.is_empty() => "tasks.taken_back",
        Why::EarlierVersion => "tasks.earlier_version",
    };
    let by = organisation_name(who, task.by, session.language);
    let head = locale::format(session.language, key, &[("organisation", &by)]);
    let own = || label(&waiting.about.labels, session.language).map(|text| session.apart(&text));
    let record = titles.get(&task.record).cloned().or_else(own).unwrap_or_else(|| task.record.to_string());
    let value =
        task.value.as_ref().map(|value| in_a_line(session, who, &waiting.about, &task.prop, value, &waiting.refs));
    let property = property_word(session.language, &task.prop);
    let colon = session.printer.colon();
    let claim_id = |claim: ClaimId| ids.claim(&claim.to_string());
    let claim = format!("{record} — {property}{colon} {} [{}]", value.unwrap_or_default(), claim_id(task.claim));
    let vocabulary = if task.why == Why::Replied { "response_stance" } else { "stance" };
    let mut said = vec![inert(locale::code(session.language, vocabulary, &task.stance))];
    said.extend(
        task.reason.as_deref().map(|code| session.apart(locale::code(session.language, "dispute_reason", code))),
    );
    said.extend(task.text.as_deref().map(|text| session.apart(text)));
    let said = format!("{} [{}]", said.join(&format!("{colon} ")), claim_id(task.said));
    let mut lines = vec![
        session.printer.styled(&hanging("", &head, width()), Style::Strong),
        hanging("  ", &claim, width()),
        hanging("  ", &said, width()),
    ];
    for (key, commands) in ways(waiting, ids) {
        lines.push(hanging("    → ", session.word(key), width()));
        // Each on a line of its own and never wrapped, for it is there to be copied.
        lines.extend(commands.into_iter().map(|command| format!("      {command}")));
    }
    if task.more > 0 {
        let more = locale::format(session.language, "tasks.more", &[("count", &task.more.to_string())]);
        lines.push(hanging("  ", &more, width()));
    }
    lines.join("\n")
}

/// What can be done about it: the key of its words, and the commands, where what is to be filled in stands in capitals.
fn ways(waiting: &Waiting, ids: &Ids) -> Vec<(&'static str, Vec<String>)> {
    let task = &waiting.task;
    let id = |claim: ClaimId| ids.claim(&claim.to_string());
    let (record, claim, said) = (ids.record(task.record, COMMAND), id(task.claim), id(task.said));
    // An opinion is withdrawn or said anew, never written over by a value.
    let supersede = match &*task.prop {
        "opinion" => format!("isnad opinion withdraw {record} {claim} --note TEXT"),
        prop => format!("isnad claim replace {record} {claim} {} VALUE", inert(prop)),
    };
    match task.why {
        Why::Disputed | Why::Replied => vec![
            (
                "tasks.answer",
                vec![
                    format!("isnad opinion endorse {record} {said}"),
                    format!("isnad opinion dispute {record} {said} --reason CODE"),
                ],
            ),
            ("tasks.supersede", vec![supersede]),
            ("tasks.let_stand", Vec::new()),
        ],
        Why::EarlierVersion => {
            let again = |now: &ClaimId| format!("isnad opinion {} {record} {}", inert(&task.stance), id(*now));
            let now = task.now.iter().map(again).collect::<Vec<_>>();
            let withdraw = vec![format!("isnad opinion withdraw {record} {said} --note TEXT")];
            let now = Some(("tasks.now", now)).filter(|(_, commands)| !commands.is_empty());
            now.into_iter().chain([("tasks.withdraw", withdraw)]).collect()
        }
    }
}
