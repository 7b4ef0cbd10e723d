//! Arguments of the commands that read records.

use clap::Args;
use isnad_protocol::time::Day;
use isnad_protocol::view::BodyClass;

use crate::error::Problem;

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
            .map(Day::parse)
            .transpose()
            .map_err(|error| Problem::usage("--as-of is not understood", error.to_string(), "write it as 2018-05-18"))
    }
}

/// See [`super::Command::Explain`].
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A claim: 8 digits or more of its id, as `isnad show` prints it in [ ]
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
    /// incident, subject, finding, attribution, designation, evidence, source, case, organisation, request, notice
    pub(crate) kind: String,
    /// Show only records whose title or alias contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) as_of: AsOfArgs,
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
