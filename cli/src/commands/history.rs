//! `isnad history`: everything ever said about a record, told as a story by day.

use isnad_protocol::view::{History, Policy};

use super::ids::Ids;
use super::policy::Chosen;
use super::show::pen;
use crate::args::HistoryArgs;
use crate::client::{Client, encoded, query, read};
use crate::error::{DONE, Outcome};
use crate::output::pasted;
use crate::session::Session;

pub(super) mod story;

use story::Story;

pub(crate) async fn run(session: &Session, args: &HistoryArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    super::reached::warn_if_stale(session, &client).await?;
    let own =
        [("today", session.today.map(|day| day.to_string())), ("as_of", args.as_of.day()?.map(|day| day.to_string()))];
    let record = encoded(pasted(&args.record));
    if session.printer.json {
        let asked = query(&[&own[..], &args.policy.parts()].concat());
        session.printer.value(&client.get::<History>(&format!("/history/{record}{asked}")).await?);
        return Ok(DONE);
    }
    // What a claim says, in whose words and on what, is in the view; the history has it in one line alone.
    let lang = [("lang", Some(session.language.code().to_owned()))];
    let asked = query(&[&own[..], &args.policy.parts(), &lang].concat());
    let answer = client.bytes("GET", &format!("/story/{record}{asked}"), Vec::new()).await?;
    let told: isnad_node::reading::Story = read(&answer)?;
    let ids = Ids::on_page(&client, &answer).await?;
    let pen = super::show::Pen { is_full: args.full, ids: &ids, ..pen(session, &told.who) };
    let text = Story::new(pen, &told.view, args.ids).text(&told.history);
    // A history tells all that was said, whoever counts: of what was chosen, the day alone changes it.
    let chosen = Chosen { session, who: &told.who };
    session.printer.pages(&chosen.before(Vec::new(), &Policy::default(), told.history.as_of.as_ref(), text));
    Ok(DONE)
}
