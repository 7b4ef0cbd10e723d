//! Arguments of the commands that sign something.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SpaceName;

/// See [`super::Command::Record`].
#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// Make a record, in your editor or from a file
    ///
    /// With --edit a form opens in $VISUAL or $EDITOR, in the language of the interface: one line for each property, each
    /// explained. What is to be corrected is marked below its line. The same text is taken with --from, as is JSON.
    New(RecordNewArgs),
    /// Print a filled form to start from; with --json, the same in JSON
    Example {
        /// The kind of record
        kind: String,
    },
}

/// See [`RecordCommand::New`].
#[derive(Debug, Args)]
pub(crate) struct RecordNewArgs {
    /// Its kind, such as incident: see `isnad help list`
    pub(crate) kind: String,
    /// Fill in a form in $VISUAL or $EDITOR; save it unchanged to give up
    #[arg(long)]
    pub(crate) edit: bool,
    /// The file, or - for standard input: a filled form, or JSON; with --edit, what to begin with
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Print a filled form to start from; with --json, the same in JSON
    #[arg(long, conflicts_with_all = ["edit", "from", "space"])]
    pub(crate) example: bool,
    /// Who may read it [default: what the file says, else members]
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}

/// See [`super::Command::Claim`].
#[derive(Debug, Subcommand)]
pub(crate) enum ClaimCommand {
    /// Add a claim to a record
    ///
    /// Property, value and codes may be said in Arabic, English or French; what was understood is shown. A whole claim in JSON
    /// comes from a file: --from FILE.json.
    Add(ClaimAddArgs),
    /// Replace one of this organisation's claims; the old one stays visible in the history
    Replace {
        /// The record
        record: String,
        /// The claim to replace: its id, or a unique beginning of 8 digits or more
        claim: String,
        #[command(flatten)]
        new: ClaimWords,
    },
    /// Retract one of this organisation's claims, with a reason
    #[command(override_usage = "isnad claim retract [OPTIONS] --reason <CODE> --note <TEXT> <RECORD> <CLAIM>")]
    Retract {
        /// The record
        record: String,
        /// The claim to retract: its id, or a unique beginning of 8 digits or more
        claim: String,
        /// error, source_withdrawn, consent_withdrawn, court_order, delisted, data_protection, safety, superseded,
        /// key_compromise
        #[arg(long)]
        reason: Option<String>,
        /// Why, for other members to read
        #[arg(long)]
        note: Option<String>,
    },
}

/// See [`ClaimCommand::Add`].
#[derive(Debug, Args)]
pub(crate) struct ClaimAddArgs {
    /// The record
    pub(crate) record: String,
    #[command(flatten)]
    pub(crate) words: ClaimWords,
}

/// What a claim says: for [`ClaimCommand::Add`] and [`ClaimCommand::Replace`].
#[derive(Debug, Args)]
pub(crate) struct ClaimWords {
    /// The property, such as title, date or casualty
    #[arg(required_unless_present_any = ["from", "again"])]
    pub(crate) property: Option<String>,
    /// The value, as people say it: early April 2017, 25 to 30 killed; or JSON
    #[arg(required_unless_present_any = ["from", "again"])]
    pub(crate) value: Vec<String>,
    /// The language of a text, as in ar, en, fr
    #[arg(long = "in", value_name = "LANG")]
    pub(crate) language: Option<String>,
    /// The body cited, if not this organisation itself: a record of kind organisation
    #[arg(long, value_name = "RECORD")]
    pub(crate) according_to: Option<String>,
    /// The source: a record of kind source or evidence; may be given again
    #[arg(long, value_name = "RECORD")]
    pub(crate) source: Vec<String>,
    /// The page, paragraph or timecode in the source; one for each source, in their order
    #[arg(long, value_name = "TEXT", requires = "source")]
    pub(crate) locator: Vec<String>,
    #[command(flatten)]
    pub(crate) fields: ClaimFields,
    /// A whole claim from a file, or - for standard input
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["property", "value"])]
    pub(crate) from: Option<PathBuf>,
    /// Say a claim again that this organisation lost with a revoked key, in the same words: see `isnad tasks`
    #[arg(long, value_name = "CLAIM", conflicts_with_all = ["property", "value", "from"])]
    pub(crate) again: Option<String>,
    /// Who may read it [default: members; for a replacement, those who may read what it replaces]
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}

/// Fields of a claim.
#[derive(Debug, Args)]
pub(crate) struct ClaimFields {
    /// The standard of proof that the body applied
    #[arg(long, value_name = "CODE")]
    pub(crate) standard: Option<String>,
    /// The body's own words; or not_seen or paraphrase, where they cannot be given
    #[arg(long, value_name = "TEXT")]
    pub(crate) wording: Option<String>,
    /// The language of the body's own words [default: that of --in]
    #[arg(long, value_name = "LANG", requires = "wording")]
    pub(crate) wording_language: Option<String>,
    /// How likely the body says it is
    #[arg(long, value_name = "CODE")]
    pub(crate) likelihood: Option<String>,
    /// How confident the body says it is
    #[arg(long, value_name = "CODE")]
    pub(crate) confidence: Option<String>,
    /// How reliable this organisation holds the source to be, A to F
    #[arg(long, value_name = "A-F")]
    pub(crate) reliability: Option<String>,
    /// How credible it holds the information to be, 1 to 6
    #[arg(long, value_name = "1-6")]
    pub(crate) credibility: Option<String>,
    /// When it was true or in force, as in: from 2013 to 2015
    #[arg(long, value_name = "DATE")]
    pub(crate) valid: Option<String>,
    /// Its marking, at least as strict as the space's: amber, green, clear
    #[arg(long, value_name = "CODE")]
    pub(crate) marking: Option<String>,
    /// How the source itself writes the value, word for word; what is typed as the value is never taken for that
    #[arg(long, value_name = "TEXT")]
    pub(crate) original: Option<String>,
}

/// See [`super::Command::Narrative`].
#[derive(Debug, Subcommand)]
pub(crate) enum NarrativeCommand {
    /// Edit this organisation's narrative on a record, or begin one: in $EDITOR, or from a file
    Edit {
        /// The record
        record: String,
        /// The narrative to edit, where there are several: its id, or a unique beginning of it
        #[arg(long, value_name = "ID")]
        narrative: Option<String>,
        /// Begin another narrative beside the one that there is
        #[arg(long, conflicts_with = "narrative")]
        new: bool,
        /// With --from: open the text in the editor first
        #[arg(long, requires = "from")]
        edit: bool,
        /// Take the text from this file, or - for standard input, instead of an editor
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Its language, as in ar, en, fr [default: that of the interface, for a new one]
        #[arg(long = "in", value_name = "LANG")]
        language: Option<String>,
        /// Who may read it [default: members; for an edit, those who may read the narrative]
        #[arg(long, value_enum)]
        space: Option<SpaceName>,
    },
}
