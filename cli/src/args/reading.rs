//! Arguments of the commands that read records.

use clap::Args;

/// See [`super::Command::List`].
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// incident, subject, finding, attribution, designation, evidence, source, case, organisation, request, notice
    pub(crate) kind: String,
    /// Show only records whose title or alias contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
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
}
