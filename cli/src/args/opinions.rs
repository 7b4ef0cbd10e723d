//! Arguments of the commands that say something of the words of others.

use clap::{Args, Subcommand, ValueEnum};

use super::SpaceName;

/// See [`super::Command::Opinion`].
#[derive(Debug, Subcommand)]
pub(crate) enum OpinionCommand {
    /// Stand behind another organisation's claim
    Endorse(OpinionArgs),
    /// Dispute another organisation's claim, with a reason
    #[command(override_usage = "isnad opinion dispute [OPTIONS] --reason <CODE> <RECORD> <CLAIM>")]
    Dispute(OpinionArgs),
    /// Say that this organisation found the same by itself
    Corroborate(OpinionArgs),
    /// Take back this organisation's opinion of a claim
    Withdraw {
        /// The record
        record: String,
        /// The claim that the opinion is about, or the opinion itself: an id, or a unique beginning of 8 digits or more
        claim: String,
        /// Why: see `isnad help claim retract`
        #[arg(long, value_name = "CODE", default_value = "superseded")]
        reason: String,
        /// Why, for other members to read
        #[arg(long)]
        note: Option<String>,
    },
}

/// See [`OpinionCommand::Endorse`].
#[derive(Debug, Args)]
pub(crate) struct OpinionArgs {
    /// The record
    pub(crate) record: String,
    /// The claim, of any organisation: its id, or a unique beginning of 8 digits or more
    pub(crate) claim: String,
    /// Why; a dispute needs one. Without it the reasons are listed
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: Option<String>,
    /// Why, in words
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// The language of --text, as in ar, en, fr
    #[arg(long = "in", value_name = "LANG", requires = "text")]
    pub(crate) language: Option<String>,
    /// A source: a record of kind source or evidence; may be given again
    #[arg(long, value_name = "RECORD")]
    pub(crate) source: Vec<String>,
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// Who may read it [default: members, or those who may read this organisation's earlier opinion]
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}

/// Whose claim is meant, where several say the same.
#[derive(Debug, Args)]
pub(crate) struct WhoseArgs {
    /// Whose claim, where several organisations say the same words: a name, or a beginning of an id
    #[arg(long, value_name = "ORGANISATION")]
    pub(crate) of: Option<String>,
}

/// What a judgement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    /// Both records are about one thing
    #[value(aliases = ["positive", "مطابق", "واحد", "نفسه", "identique", "même"])]
    Same,
    /// They are about two things
    #[value(aliases = ["negative", "مختلف", "غيره", "مختلفان", "différent", "autre"])]
    Different,
    /// It cannot be told
    #[value(aliases = ["غير محسوم", "غير-محسوم", "لا-يمكن-الجزم", "indécis", "incertain"])]
    Unsure,
}

/// See [`super::Command::Judge`].
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// A record
    pub(crate) record: String,
    /// Another record of the same kind
    pub(crate) other: String,
    /// What they are to each other
    #[arg(value_enum)]
    pub(crate) verdict: Verdict,
    /// Judge whether the first is a part of the second, instead of the same
    #[arg(long)]
    pub(crate) part_of: bool,
    /// How alike they are, from 0 to 100
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) score: Option<u8>,
    /// Why, for other members to read
    #[arg(long, value_name = "TEXT")]
    pub(crate) explain: Option<String>,
    /// Who may read it [default: members, or those who may read this organisation's earlier verdict]
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}

/// See [`super::Command::Respond`].
#[derive(Debug, Args)]
pub(crate) struct RespondArgs {
    /// The record that accuses
    pub(crate) record: String,
    /// The claim that is answered; left out, the reply stands beside all that accuses
    pub(crate) claim: Option<String>,
    /// Who answers: a record of kind subject
    #[arg(long, value_name = "RECORD")]
    pub(crate) subject: String,
    /// denies, explains, accepts or no_comment
    #[arg(long, value_name = "CODE")]
    pub(crate) stance: String,
    /// The answer, word for word
    #[arg(long)]
    pub(crate) text: String,
    /// The language of the answer, as in ar, en, fr
    #[arg(long = "in", value_name = "LANG")]
    pub(crate) language: String,
    /// How it came: letter, press, counsel, court or meeting
    #[arg(long, value_name = "CODE")]
    pub(crate) channel: Option<String>,
    /// When it was given, as in 2018-06-01
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<String>,
    /// The source: a record of kind source or evidence; may be given again
    #[arg(long, value_name = "RECORD")]
    pub(crate) source: Vec<String>,
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// Who may read it [default: those who may read the claim; members where none is named]
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}
