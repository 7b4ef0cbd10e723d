//! `isnad list`: records of a kind, filtered and ordered, for people, programs, spreadsheets and maps.

use isnad_node::reading::Who;
use isnad_protocol::view::{Policy, Summary};

use super::candidates;
use super::policy::Chosen;
use crate::args::{ListArgs, ListFormat};
use crate::client::{self, Client, query};
use crate::error::{DONE, Outcome, Problem};
use crate::output::{Printer, json_inert};
use crate::session::Session;

mod csv;
mod geojson;
mod kind;
mod table;

pub(super) use csv::Csv;
pub(super) use kind::kind_called;

/// How many a person is shown unless he asks for more.
const FOR_PEOPLE: usize = 200;

pub(crate) async fn run(session: &Session, args: &ListArgs) -> Outcome {
    listed(session, args).await.map_err(|problem| told(session, problem))
}

async fn listed(session: &Session, args: &ListArgs) -> Outcome {
    let format = format(session, args.format);
    let kind = kind_called(&args.kind)?;
    if let Some(record) = &args.same_as.same_as {
        return candidates::run(session, kind.code, record.as_deref(), args).await;
    }
    let client = Client::to_read(session).await?;
    let answer = client.bytes("GET", &path(session, args, kind.code, format)?, Vec::new()).await?;
    let text = std::str::from_utf8(&answer).map_err(|error| Problem::fault(error.to_string()))?;
    match format {
        ListFormat::Table => {
            print_choice(session, &client, args).await?;
            table::print(session, kind.name, text)?;
        }
        // A list may be long: for programs it is not taken apart and put together again.
        ListFormat::Json => session.printer.line(json_inert(text)),
        ListFormat::Jsonl => {
            let mut out = Lines::new(session.printer);
            lines(text).for_each(|line| out.add(&json_inert(line)));
        }
        ListFormat::Csv => csv::print(session, &client.get("/who").await?, summaries(text))?,
        ListFormat::Geojson => geojson::print(session, &client.get("/who").await?, summaries(text))?,
    }
    Ok(DONE)
}

/// Lines that are printed many at a time: each print is a call to the system.
#[derive(Debug)]
pub(super) struct Lines {
    printer: Printer,
    waiting: String,
}

impl Lines {
    /// Prints some tens of kilobytes at a time.
    const BYTES: usize = 64 * 1_024;

    pub(super) const fn new(printer: Printer) -> Self {
        Self { printer, waiting: String::new() }
    }

    pub(super) fn add(&mut self, line: &str) {
        if self.waiting.len() > Self::BYTES {
            self.print();
        }
        if !self.waiting.is_empty() {
            self.waiting.push('\n');
        }
        self.waiting.push_str(line);
    }

    fn print(&mut self) {
        if !self.waiting.is_empty() {
            self.printer.line(std::mem::take(&mut self.waiting));
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.print();
    }
}

/// The form that was asked for, in whichever way.
pub(super) fn format(session: &Session, asked: Option<ListFormat>) -> ListFormat {
    asked.unwrap_or(if session.printer.json { ListFormat::Json } else { ListFormat::Table })
}

/// What the reader chose, before a list that is not the default.
async fn print_choice(session: &Session, client: &Client, args: &ListArgs) -> Result<(), Problem> {
    let followed: Policy = client.get(&format!("/policy{}", query(&args.policy.parts()))).await?;
    let day = args.as_of.day()?;
    if followed.is_default() && day.is_none() {
        return Ok(());
    }
    let who: Who = client.get("/who").await?;
    let chosen = Chosen { session, who: &who };
    let day = day.map(|day| chosen.day(day)).into_iter().collect();
    session.printer.text(&format!("{}\n\n", chosen.before(day, &followed, None, String::new()).trim_end()));
    Ok(())
}

fn path(session: &Session, args: &ListArgs, kind: u8, format: ListFormat) -> Result<String, Problem> {
    let filter = &args.filter;
    let set = |is: bool| is.then(|| "true".to_owned());
    let is_table = format == ListFormat::Table;
    let limit = args.limit.or(is_table.then_some(FOR_PEOPLE));
    let own = [
        ("kind", Some(kind.to_string())),
        ("as_of", args.as_of.day()?.map(|day| day.to_string())),
        ("search", filter.search.clone()),
        ("place", filter.place.clone()),
        ("country", filter.country.clone()),
        ("bbox", filter.bbox.clone()),
        ("from", filter.from.clone()),
        ("until", filter.until.clone()),
        ("agent", filter.agent.clone()),
        ("organisation", filter.organisation.clone()),
        ("according_to", filter.according_to.clone()),
        ("standard", filter.standard.clone()),
        ("status", filter.status.clone()),
        ("contested", set(filter.contested)),
        ("in_force", filter.in_force.clone()),
        ("changed_since", filter.changed_since.clone()),
        ("sort", Some(args.sort.name().to_owned())),
        ("reverse", set(args.reverse)),
        ("limit", limit.map(|limit| limit.to_string())),
        ("page", set(is_table)),
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ];
    Ok(format!("/records{}", query(&[&own[..], &args.policy.parts()].concat())))
}

/// The records of an answer: each stands on a line of its own.
fn lines(answer: &str) -> impl Iterator<Item = &str> {
    let inside = answer.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(answer);
    inside.split(",\n").filter(|record| !record.is_empty())
}

fn summaries(answer: &str) -> impl Iterator<Item = Result<Summary, Problem>> {
    lines(answer).map(|line| client::read(line.as_bytes()))
}

/// What was typed wrong, in the reader's language.
pub(super) fn told(session: &Session, problem: Problem) -> Problem {
    use isnad_protocol::locale::lookup;
    let said = |part: &str| lookup(session.language, &format!("problem.{}.{part}", problem.code)).map(str::to_owned);
    // What has its own key is told where it is printed.
    let Some(error) = said("error").filter(|_| problem.words.key.is_empty()) else { return problem };
    let (why, advice) = (said("why"), said("try"));
    Problem { error, why: why.unwrap_or(problem.why), advice: advice.unwrap_or(problem.advice), ..problem }
}
