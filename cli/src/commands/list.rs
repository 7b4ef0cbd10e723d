//! `isnad list`: records of a kind, filtered and ordered, for people, programs, spreadsheets and maps.

use isnad_node::reading::{ListHead, MadeOf, Who};
use isnad_protocol::id::RecordId;
use isnad_protocol::view::{Judgements, Summary};

use super::candidates;
use super::ids::Ids;
use super::policy::Chosen;
use crate::args::{ListArgs, ListFormat};
use crate::client::{self, Client, query};
use crate::error::{DONE, Outcome, Problem};
use crate::output::{Printer, hanging, json_inert, width};
use crate::session::Session;

mod csv;
mod geojson;
mod kind;
mod table;
mod title;

pub(super) use csv::{Csv, MADE_OF, made_of_cells};
pub(super) use kind::kind_called;
pub(super) use title::{ROOMY, Titled, titled, titles};

/// How many a person is shown unless he asks for more.
const FOR_PEOPLE: usize = 200;

pub(crate) async fn run(session: &Session, args: &ListArgs) -> Outcome {
    let format = format(session, args.format);
    let kind = kind_called(&args.kind)?;
    if let Some(record) = &args.same_as.same_as {
        return candidates::run(session, kind.code, record.as_deref(), args).await;
    }
    let client = Client::to_read(session).await?;
    super::reached::warn_if_stale(session, &client).await?;
    let answer = client.bytes("GET", &path(session, args, kind.code, format)?, Vec::new()).await?;
    let text = std::str::from_utf8(&answer).map_err(|error| Problem::fault(error.to_string()))?;
    let page = Page::read(text)?;
    let made_of = &page.head.made_of;
    let told = if format == ListFormat::Table { table::Told::of(kind.name, &page.records)? } else { None };
    let needs_names = needs_names(format, made_of) || told.as_ref().is_some_and(|told| told.are_several);
    let who = if needs_names { Some(client.get::<Who>("/who").await?) } else { None };
    let mut choice = who.as_ref().map(|who| choice(session, who, made_of)).unwrap_or_default();
    choice.extend(page.head.not_followed.then(|| hanging("", session.word("policy.not_followed"), width())));
    match format {
        ListFormat::Table => {
            let in_force = args.filter.in_force.is_some().then_some(made_of.day);
            let ids = Ids::of(&client, page.ids().chain(page.told_with_ids())).await?;
            table::print(session, kind.name, &page, &choice, in_force, (&ids, who.as_ref(), told.as_ref()))?;
        }
        _ => choice.iter().for_each(|line| session.printer.aside(line)),
    }
    match (format, who) {
        (ListFormat::Csv, Some(who)) => csv::print(session, &who, &page)?,
        (ListFormat::Geojson, Some(who)) => geojson::print(session, &who, &page)?,
        (ListFormat::Json, _) => page.print(session.printer, ["[", ",", "]"])?,
        (ListFormat::Jsonl, _) => page.print(session.printer, ["", "", ""])?,
        (ListFormat::Table | ListFormat::Csv | ListFormat::Geojson, _) => {}
    }
    told_of(made_of)
}

/// What a list that was printed comes to: a problem if records are left out of it, for the journal is damaged.
pub(super) fn told_of(made_of: &MadeOf) -> Outcome {
    made_of.incomplete.as_deref().map_or(Ok(DONE), |problem| Err(problem.clone()))
}

/// The answer to a list: what stands around the records, and each record, which stands on a line of its own.
#[derive(Debug)]
struct Page<'a> {
    head: ListHead,
    records: Vec<&'a str>,
}

impl<'a> Page<'a> {
    fn read(answer: &'a str) -> Result<Self, Problem> {
        let (first, rest) = answer.split_once('\n').unwrap_or((answer, ""));
        let head = client::read(format!("{first}]}}").as_bytes())?;
        let records = rest.trim_end_matches("\n]}").split(",\n").filter(|record| !record.is_empty());
        Ok(Self { head, records: records.collect() })
    }

    /// The records, each of which begins by its id.
    fn ids(&self) -> impl Iterator<Item = RecordId> {
        let id = |line: &&str| RecordId::parse(line.strip_prefix("{\"record\":\"")?.split('"').next()?).ok();
        self.records.iter().filter_map(id)
    }

    /// The records that are told with their ids: not all call them alike, or they are taken for one.
    fn told_with_ids(&self) -> impl Iterator<Item = RecordId> {
        let is_told = |line: &&&str| line.contains("\"differs\":true") || line.contains("\"same_as\":[");
        let lines = self.records.iter().filter(is_told);
        lines.flat_map(|line| line.split('"').filter_map(|text| RecordId::parse(text).ok()))
    }

    fn summaries(&self) -> impl Iterator<Item = Result<Summary, Problem>> {
        self.records.iter().map(|line| client::read(line.as_bytes()))
    }

    /// Prints the records as JSON, each with what the list was made of: a list may be long, and for programs no record is taken
    /// apart and put together again.
    fn print(&self, printer: Printer, [before, between, behind]: [&str; 3]) -> Result<(), Problem> {
        let made_of = serde_json::to_string(&self.head.made_of).map_err(|error| Problem::fault(error.to_string()))?;
        let mut out = Lines::new(printer);
        let last = self.records.len().saturating_sub(1);
        let mut line = before.to_owned();
        for (at, record) in self.records.iter().enumerate() {
            let inside = json_inert(record.strip_suffix('}').unwrap_or(record));
            line.push_str(&inside);
            line.extend([",\"made_of\":", &made_of, "}", if at < last { between } else { behind }]);
            out.add(&line);
            line.clear();
        }
        if self.records.is_empty() && !before.is_empty() {
            out.add(&format!("{before}{behind}"));
        }
        Ok(())
    }
}

/// True if organisations are named in what is printed.
const fn needs_names(format: ListFormat, made_of: &MadeOf) -> bool {
    matches!(format, ListFormat::Csv | ListFormat::Geojson) || made_of.policy.is_some() || made_of.as_of.is_some()
}

/// What the reader chose, where that is not the default.
pub(super) fn choice(session: &Session, who: &Who, made_of: &MadeOf) -> Vec<String> {
    let chosen = Chosen { session, who };
    let policy = made_of.policy.iter().flat_map(|policy| chosen.policy(policy));
    let is_grouped = made_of.policy.as_ref().is_some_and(|policy| policy.judgements != Judgements::None);
    let grouped = is_grouped.then(|| hanging("", session.word("list.grouped"), width()));
    made_of.as_of.map(|day| chosen.day(day)).into_iter().chain(policy).chain(grouped).collect()
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
        ("page", set(true)),
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ];
    Ok(format!("/records{}", query(&[&own[..], &args.policy.parts()].concat())))
}
