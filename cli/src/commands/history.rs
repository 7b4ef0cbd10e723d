//! `isnad history`: everything ever said about a record, in order.

use isnad_node::reading::Who;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{Did, History, Policy};

use super::policy::Chosen;
use super::reading::{organisation_name, property_word};
use crate::args::HistoryArgs;
use crate::client::{Client, encoded, query};
use crate::error::{DONE, Outcome};
use crate::output::{Style, hanging, inert, isolated, pasted, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session, args: &HistoryArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let own =
        [("today", session.today.map(|day| day.to_string())), ("as_of", args.as_of.day()?.map(|day| day.to_string()))];
    let query = query(&[&own[..], &args.policy.parts()].concat());
    let history: History = client.get(&format!("/history/{}{query}", encoded(pasted(&args.record)))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&history, |history| {
        // A history tells all that was said, whoever counts: of what was chosen, the day alone changes it.
        let chosen = Chosen { session, who: &who };
        let text = history_text(session, history, &who);
        chosen.before(Vec::new(), &Policy::default(), history.as_of.as_ref(), text)
    });
    Ok(DONE)
}

fn history_text(session: &Session, history: &History, who: &Who) -> String {
    let printer = session.printer;
    let mut out = vec![printer.styled(&history.record.to_string(), Style::Strong)];
    for item in &history.items {
        let name = organisation_name(who, item.organisation, session.language);
        let standing = match item.standing.name() {
            "counts" => String::new(),
            other => format!(" — {}", locale::word(session.language, &format!("standing.{other}"))),
        };
        out.push(format!(
            "\n{} {name}, key {} #{}, entry {}{standing}",
            item.time,
            item.author.to_short(),
            item.seq,
            item.entry.to_short()
        ));
        out.extend(item.did.iter().map(|did| hanging("  ", &did_text(session.language, did), width())));
    }
    out.join("\n")
}

fn did_text(language: Language, did: &Did) -> String {
    let word = |key: &str| locale::word(language, key).to_owned();
    match did {
        Did::Claimed { claim, prop, text, replaces } => {
            let prop = prop.as_deref().unwrap_or("?");
            let replaces =
                replaces.map(|old| format!(" ({} {})", word("field.replaces"), old.to_short())).unwrap_or_default();
            format!("+ {}: {}{replaces}  [{}]", property_word(language, prop), isolated(text), claim.to_short())
        }
        Did::Retracted { claim, reason, note } => {
            let note = note.as_deref().map(|note| format!(": {}", isolated(note))).unwrap_or_default();
            let reason = locale::code(language, "retraction_reason", reason);
            format!("− {} {} ({}){note}", word("view.retracted"), claim.to_short(), inert(reason))
        }
        Did::Edited { narrative, begun, deleted, inserted } => {
            let begun = if *begun { "begun, " } else { "" };
            format!("~ narrative {} {begun}−{deleted} +{inserted}", narrative.to_short())
        }
        Did::Redacted { ground, text } => {
            format!("× {} {}", inert(ground), text.as_deref().map(isolated).unwrap_or_default())
        }
    }
}
