//! Arguments of the commands that read records.

use clap::{Args, ValueEnum};

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
}

/// Which records are listed: all that are given must hold. Several codes of one option, any of them, are parted by commas.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// Show only records whose title or alias contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only at a place whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) place: Option<String>,
    /// Only in this country, as in sy
    #[arg(long, value_name = "CODE")]
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
    /// Only where claims on the record exclude each other; what other records conclude is not looked at
    #[arg(long)]
    pub(crate) contested: bool,
    /// Only designations in force on this day [default: the reader's day]
    #[arg(long, value_name = "YYYY-MM-DD", num_args = 0..=1, default_missing_value = "")]
    pub(crate) in_force: Option<String>,
    /// Only where something was said on this day or later, by the time that its signer claims
    #[arg(long, value_name = "DATE")]
    pub(crate) changed_since: Option<String>,
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
}

/// See [`super::Command::Show`].
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A record id, any unique beginning of 8 digits or more, or an alias
    pub(crate) record: String,
}

/// See [`super::Command::History`].
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// A record id, any unique beginning of 8 digits or more, or an alias
    pub(crate) record: String,
}
