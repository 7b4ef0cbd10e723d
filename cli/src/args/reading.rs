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
    #[command(flatten)]
    pub(crate) same_as: SameAsArgs,
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
    /// Show no more pairs than this [default: 50]
    #[arg(long, value_name = "N", requires = "same_as")]
    pub(crate) limit: Option<usize>,
    /// Show also pairs that this organisation has judged to be different
    #[arg(long, requires = "same_as")]
    pub(crate) judged: bool,
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
