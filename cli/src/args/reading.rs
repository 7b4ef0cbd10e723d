//! Arguments of the commands that read records.

use clap::{Args, ValueEnum};
use isnad_protocol::model::{ValueType, speech};
use isnad_protocol::time::{Day, NotADay};
use isnad_protocol::view::BodyClass;

use crate::error::{Problem, exit};

/// How the reader sees what is said; what is left out is as isnad.toml says.
#[derive(Debug, Args, Clone, Default)]
#[command(next_help_heading = "How you read")]
pub(crate) struct PolicyArgs {
    /// Count only what these say: organisations, or court, mandated, state, ngo, press, other; `everyone` for all
    #[arg(long, value_name = "ORG")]
    pub(crate) whose: Vec<String>,
    /// Put these bodies first, in this order: court, mandated, state, ngo, press, other
    #[arg(long, value_name = "BODIES", value_delimiter = ',')]
    pub(crate) order: Vec<String>,
    /// Put these organisations first, in this order
    #[arg(long, value_name = "ORG")]
    pub(crate) first: Vec<String>,
    /// Take records for one where these judged so: own, majority, none, or an organisation
    #[arg(long, value_name = "WHOSE")]
    pub(crate) judgements: Option<String>,
}

impl PolicyArgs {
    /// As parts of a query.
    pub(crate) fn parts(&self) -> [(&'static str, Option<String>); 4] {
        let is_class = |item: &str| BodyClass::parse(item.trim()).is_some();
        let whose = self.whose.iter().flat_map(|item| {
            // Classes may stand in one list; names of organisations have commas of their own.
            let parts: Vec<&str> = item.split(',').collect();
            if parts.iter().all(|part| is_class(part)) { parts } else { vec![item.as_str()] }
        });
        let lines = |items: Vec<&str>| (!items.is_empty()).then(|| format!("{}\n", items.join("\n")));
        [
            ("whose", lines(whose.collect())),
            ("order", lines(self.order.iter().map(String::as_str).collect())),
            ("first", lines(self.first.iter().map(String::as_str).collect())),
            ("judgements", self.judgements.clone()),
        ]
    }
}

/// The day that a reader asks about.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct AsOfArgs {
    /// Leave out what claims a later day (UTC), and judge what is in force as on that day
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "How you read")]
    as_of: Option<String>,
}

impl AsOfArgs {
    /// The day, if one was given.
    pub(crate) fn day(&self) -> Result<Option<Day>, Problem> {
        self.as_of
            .as_deref()
            .map(day_said)
            .transpose()
            .map_err(|error| Problem::told(exit::USAGE, "usage", "as_of", &[("reason", &error.to_string())]))
    }
}

/// One day, as `2018-05-18` or as people say it in one of the three languages.
///
/// # Errors
/// What is wrong with it as a day of the first form.
pub(crate) fn day_said(text: &str) -> Result<Day, NotADay> {
    let said = || speech::value(&ValueType::Date, text).ok()?.value.as_text().and_then(|day| Day::parse(day).ok());
    Day::parse(text).or_else(|error| said().ok_or(error))
}

/// See [`super::Command::Explain`].
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A claim: 8 digits or more of its id, as `isnad show` prints it in [ ]; or an entry, by its id or as KEY:SEQ
    pub(crate) claim: String,
    /// The record that it is about, where the same words stand on several
    #[arg(long, value_name = "RECORD")]
    pub(crate) record: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

/// See [`super::Command::List`].
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// incident, subject, finding, attribution, designation, evidence, source, case, organisation, request, notice; or the
    /// word for it in Arabic or French, one or several
    pub(crate) kind: String,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// What the list is ordered by
    #[arg(long, value_enum, default_value_t)]
    pub(crate) sort: SortBy,
    /// Show the last first
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Show at most so many; 0 shows all [default: 200 in a table, else all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The form of the output; --json is --format json
    #[arg(long, value_enum)]
    pub(crate) format: Option<ListFormat>,
    #[command(flatten)]
    pub(crate) same_as: SameAsArgs,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

/// Which records are listed: all that are given must hold. Several codes of one option, any of them, are parted by commas.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// Show only records whose title or alias contains this, or that name what is called so
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only at a place of this name, or in a region of this name
    #[arg(long, value_name = "TEXT")]
    pub(crate) place: Option<String>,
    /// Only in this country: its code or name, as in sy or Syria
    #[arg(long, value_name = "COUNTRY")]
    pub(crate) country: Option<String>,
    /// Only within these degrees; across the date line where west is greater than east
    #[arg(long, value_name = "S,W,N,E", allow_hyphen_values = true)]
    pub(crate) bbox: Option<String>,
    /// Only with a date that may lie on this day or later, as in 2017-04
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Only with a date that may lie on this day or earlier
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// Only with this agent or class of agents, as in chlorine or nerve
    #[arg(long, value_name = "CODE")]
    pub(crate) agent: Option<String>,
    /// Only where this member speaks: a beginning of its id, or a part of its name
    #[arg(long, value_name = "MEMBER")]
    pub(crate) organisation: Option<String>,
    /// Only according to this body: a record, an alias, or a part of its name
    #[arg(long, value_name = "BODY")]
    pub(crate) according_to: Option<String>,
    /// Only with this standard of proof
    #[arg(long, value_name = "CODE")]
    pub(crate) standard: Option<String>,
    /// Only with this status or outcome
    #[arg(long, value_name = "CODE")]
    pub(crate) status: Option<String>,
    /// Only where claims on the record, or conclusions about it in other records, exclude each other
    #[arg(long)]
    pub(crate) contested: bool,
    /// Only designations in force on this day, by anybody's word [default: the reader's day]
    #[arg(long, value_name = "YYYY-MM-DD", num_args = 0..=1, default_missing_value = "")]
    pub(crate) in_force: Option<String>,
    /// Only where something was said on this day or later, by the time that its signer claims
    #[arg(long, value_name = "DATE")]
    pub(crate) changed_since: Option<String>,
}

/// Of a list: pairs of records that may be the same.
#[derive(Debug, Args)]
pub(crate) struct SameAsArgs {
    /// Show pairs of records that may be the same, with reasons; of one record if it is named. Nothing is merged by itself
    #[arg(long, value_name = "RECORD", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "left out, given, and given with a record are three things")]
    pub(crate) same_as: Option<Option<String>>,
    /// Show only pairs that are at least so much alike, from 0 to 100 [default: 50]
    #[arg(long, value_name = "N", requires = "same_as", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min_score: Option<u8>,
    /// Show also pairs that this organisation has judged to be different
    #[arg(long, requires = "same_as")]
    pub(crate) judged: bool,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortBy {
    /// The earliest date that is claimed
    #[default]
    Date,
    /// The time claimed by the newest entry
    Changed,
    /// The title in the reader's language
    Title,
    /// How many claims there are
    Claims,
    /// How many organisations speak
    Organisations,
}

impl SortBy {
    /// Its name in the local API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Changed => "changed",
            Self::Title => "title",
            Self::Claims => "claims",
            Self::Organisations => "organisations",
        }
    }
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Table,
    /// One JSON array
    Json,
    /// One JSON object on each line
    Jsonl,
    /// For spreadsheets, RFC 4180; what would be a formula begins with an apostrophe
    Csv,
    /// For maps, RFC 7946: a feature for each place claim
    Geojson,
}

/// See [`super::Command::Due`].
#[derive(Debug, Args)]
pub(crate) struct DueArgs {
    /// How far to look: days, weeks, months or years, as in 30d, 4w, 6m, 1y
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) within: String,
    /// Show those too whose term is over, where nobody says that they were renewed
    #[arg(long)]
    pub(crate) over: bool,
    /// The form of the output; --json is --format json
    #[arg(long, value_enum)]
    pub(crate) format: Option<ListFormat>,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

/// See [`super::Command::Show`].
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A record id, any unique beginning of 8 digits or more, or an alias
    pub(crate) record: String,
    /// Show the head and what all accounts come to, no more
    #[arg(long, conflicts_with = "full")]
    pub(crate) brief: bool,
    /// Cut nothing: long texts and long lists are shown whole
    #[arg(long)]
    pub(crate) full: bool,
    /// Show the claims of records that your policy takes for this one as this one's
    #[arg(long)]
    pub(crate) grouped: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

/// See [`super::Command::History`].
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// A record id, any unique beginning of 8 digits or more, or an alias
    pub(crate) record: String,
    /// Show with each entry its id, its key and its position
    #[arg(long)]
    pub(crate) ids: bool,
    /// Cut nothing: long texts are shown whole
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_people_say_it_and_nothing_wider_is_taken_for_one() {
        for (text, expected) in [
            ("2018-05-18", Some("2018-05-18")),
            ("18 May 2018", Some("2018-05-18")),
            ("18 mai 2018", Some("2018-05-18")),
            ("18 أيار 2018", Some("2018-05-18")),
            ("May 2018", None),
            ("about 18 May 2018", None),
            ("7/4/2018", None),
            ("tomorrow", None),
        ] {
            assert_eq!(day_said(text).ok().map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }
}
