//! `isnad history`: everything ever said about a record, told as a story by day.

use isnad_node::reading::Who;
use isnad_protocol::view::{History, View};

use super::show::pen;
use crate::args::HistoryArgs;
use crate::client::{Client, encoded, query};
use crate::error::{DONE, Outcome};
use crate::output::pasted;
use crate::session::Session;

pub(super) mod story;

use story::Story;

pub(crate) async fn run(session: &Session, args: &HistoryArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let asked = query(&[("today", session.today.map(|day| day.to_string()))]);
    let history: History = client.get(&format!("/history/{}{asked}", encoded(pasted(&args.record)))).await?;
    if session.printer.json {
        session.printer.value(&history);
        return Ok(DONE);
    }
    // What a claim says, in whose words and on what, is in the view; the history has it in one line alone.
    let asked = query(&[
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ]);
    let view: View = client.get(&format!("/records/{}{asked}", history.record)).await?;
    let who: Who = client.get("/who").await?;
    let pen = super::show::Pen { is_full: args.full, ..pen(session, &who) };
    session.printer.pages(&Story::new(pen, &view, args.ids).text(&history));
    Ok(DONE)
}
