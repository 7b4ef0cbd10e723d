//! Arguments of the commands that govern: acts, charter, keys.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::SpaceName;

/// How an act is signed. Every command that makes one takes these.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct RootArgs {
    /// The folder of the root keys, where they are not in this home, as on an offline medium
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    /// Sign nothing here: write the draft to a file, for `isnad act sign` on the machine that has the root keys
    #[arg(id = "draft_output", short = 'o', long = "output", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Sign it instead of every draft in its place, your own and those of others that are held
    #[arg(long)]
    pub(crate) instead: bool,
}

/// See [`super::Command::Act`].
#[derive(Debug, Subcommand)]
pub(crate) enum ActCommand {
    /// List the acts that wait for signatures, and the last of those in effect
    List {
        /// Every act that is held
        #[arg(long)]
        all: bool,
    },
    /// Show what an act changes, who has signed it and who is missing
    Show {
        /// The first digits of its id, or a file
        act: String,
    },
    /// Sign an act with this organisation's root keys, here or on an offline machine
    ///
    /// With a file and --output nothing but the folder of keys is needed: no node, no network, no consortium joined.
    Sign {
        /// The first digits of its id, or a file [default: the one that waits for this organisation's signature]
        act: Option<String>,
        /// The folder of the root keys, where they are not in this home, as on an offline medium
        #[arg(long, value_name = "DIR")]
        keys: Option<PathBuf>,
        /// The file to write, for one that was read from a file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Your node shows the halt that a settlement ends: a file does not tell who acknowledged what
        #[arg(long, requires = "output")]
        halt_seen: bool,
        /// On whose behalf to sign, where several organisations name a key of the folder
        #[arg(long, value_name = "ID", requires = "output")]
        organisation: Option<String>,
    },
    /// Write an act to a file, to be signed on an offline machine
    Export {
        /// The first digits of its id
        #[arg(required_unless_present = "proof", conflicts_with = "proof")]
        act: Option<String>,
        /// Write the proof that this organisation signed two acts in one place: its name, or the first digits of its id
        #[arg(long, value_name = "ORGANISATION")]
        proof: Option<String>,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Check the proof that an organisation signed two acts in one place, by the file alone
    Check {
        /// The file to read
        file: PathBuf,
    },
    /// Take in a file of acts, as one that was signed offline
    Take {
        /// The file to read
        file: PathBuf,
    },
}

/// See [`super::Command::Charter`].
#[derive(Debug, Subcommand)]
pub(crate) enum CharterCommand {
    /// Admit an organisation
    Admit(AdmitArgs),
    /// Admit an organisation that lost all its root keys, under a new first act
    Readmit {
        #[command(flatten)]
        admit: AdmitArgs,
        /// The organisation that it was: its name, or the first digits of its id
        #[arg(long, value_name = "ID", required = true)]
        predecessor: String,
    },
    /// Take an organisation out that is to come back, as after the theft of all its keys
    Suspend(RemoveArgs),
    /// Take an organisation out
    Remove(RemoveArgs),
    /// Change how many organisations sign an amendment: more than half
    Threshold {
        /// How many
        count: u64,
        #[command(flatten)]
        root: RootArgs,
    },
    /// Rename the consortium
    Rename {
        /// Its name
        name: String,
        #[command(flatten)]
        root: RootArgs,
    },
    /// Set a limit, or take it away
    ///
    /// This version reads no limit, and sets none; one that stands can be taken away.
    Limit(SettingArgs),
    /// Set a policy, or take it away
    ///
    /// This version reads one: `fresh_days`, a number from 1 to 3650. After so many days without a word from more than half
    /// of the others a node says that what it holds is stale. Without it, 7.
    Policy(SettingArgs),
    /// End a halt: settle the versions that stand against each other
    Settle {
        /// Take over what this rival says, instead of leaving all as it was before
        #[arg(long, value_name = "ACT")]
        adopt: Option<String>,
        /// Name this double signer alone; may be given again [default: all]
        #[arg(long, value_name = "NAME")]
        double: Vec<String>,
        #[command(flatten)]
        root: RootArgs,
    },
}

/// See [`CharterCommand::Admit`].
#[derive(Debug, Args)]
pub(crate) struct AdmitArgs {
    /// A candidate's name or id, or the file of an organisation's first act
    pub(crate) organisation: String,
    /// How many organisations sign from then on [default: as now, or the smallest majority]
    #[arg(long, value_name = "N")]
    pub(crate) threshold: Option<u64>,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// See [`CharterCommand::Suspend`].
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The organisation: its name, or the first digits of its id
    pub(crate) organisation: String,
    /// Its last act that stands [default: the one that stands now]
    #[arg(long, value_name = "ACT")]
    pub(crate) last: Option<String>,
    /// The last entry of a key that still counts: KEY:SEQ or KEY:SPACE:SEQ; without it all that is held does
    #[arg(long, value_name = "KEY:SEQ")]
    pub(crate) after: Vec<String>,
    /// How many organisations sign from then on [default: as now, or the smallest majority]
    #[arg(long, value_name = "N")]
    pub(crate) threshold: Option<u64>,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// See [`CharterCommand::Limit`].
#[derive(Debug, Args)]
pub(crate) struct SettingArgs {
    /// Its code
    pub(crate) code: String,
    /// An integer or a text
    #[arg(required_unless_present = "unset")]
    pub(crate) value: Option<String>,
    /// Take it away
    #[arg(long, conflicts_with = "value")]
    pub(crate) unset: bool,
    #[command(flatten)]
    pub(crate) root: RootArgs,
}

/// A role that a key can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Opens connections: the key of a node
    Reader,
    /// Signs in `members`
    Contributor,
    /// Signs in `public` also
    Publisher,
    /// Signs redactions
    Admin,
    /// Signs what the organisation acknowledges
    Node,
}

/// Why a key is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub(crate) enum Reason {
    /// Its device is lost
    #[default]
    Lost,
    /// Somebody else has it
    Stolen,
    /// Whoever used it left
    Left,
    /// It is replaced by a key of another role
    RoleChange,
}

impl Reason {
    /// The code in an act.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Stolen => "stolen",
            Self::Left => "left",
            Self::RoleChange => "role_change",
        }
    }
}

/// See [`super::Command::Key`].
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List this organisation's keys: role, device, whether they are on this machine
    List,
    /// Make a key on this machine, and a request to have it granted
    ///
    /// The request holds nothing secret. Whoever has the root keys grants it with `isnad key grant FILE`.
    New {
        /// What it may sign
        #[arg(long, value_enum)]
        role: RoleName,
        /// The device it is on, which other members see; no name of a person
        #[arg(long)]
        label: String,
        /// The organisation that is to grant it [default: this home's]
        #[arg(long, value_name = "ID")]
        organisation: Option<String>,
        /// The file to write: the request
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Grant keys: those of requests, or one that was made on this machine
    Grant {
        /// A request's file, or the first digits of a key made here
        #[arg(required = true)]
        requests: Vec<String>,
        /// The day until which it is meant to be used; shown, decides nothing
        #[arg(long, value_name = "YYYY-MM-DD")]
        expires: Option<String>,
        #[command(flatten)]
        root: RootArgs,
    },
    /// Have the node that runs on this home use keys that were put into its folder
    ///
    /// A running node uses a key as soon as it is granted, if it was made there, or lay there when the node started. One
    /// that was brought by hand is unlocked with this. Root keys are never handed to a node.
    Unlock,
    /// Revoke a key, or all keys of a device, back to a position of their logs
    ///
    /// Shows the last entries of each log and asks after which one nothing counts any more. Without a terminal
    /// that has to be said with --after or --keep-all.
    Revoke {
        /// The first digits of the key, or its device
        key: String,
        /// The last entry that still counts: SEQ, SPACE:SEQ or KEY:SPACE:SEQ, once for each log; 0 for none
        #[arg(long, value_name = "SEQ")]
        after: Vec<String>,
        /// All that it has signed so far still counts, a thief's entries too; only what comes later does not
        #[arg(long, conflicts_with = "after")]
        keep_all: bool,
        /// Revoke every key of its device in one act, those too with which it connects and acknowledges
        #[arg(long)]
        all_keys: bool,
        /// Why
        #[arg(long, value_enum, default_value_t)]
        reason: Reason,
        #[command(flatten)]
        root: RootArgs,
    },
    /// Rotate the root keys to those that were committed to, and commit to new ones
    Rotate {
        /// The act that it follows: an earlier one undoes what a thief signed after it [default: what stands]
        #[arg(long, value_name = "ACT")]
        after_act: Option<String>,
        /// How many keys to commit to for the next rotation [default: as many as now]
        #[arg(long, value_name = "N")]
        next: Option<usize>,
        #[command(flatten)]
        root: RootArgs,
    },
}

/// Which space an `--after` of a revocation is about.
pub(crate) fn space_named(text: &str) -> Option<SpaceName> {
    SpaceName::from_str(text, false).ok()
}
