//! The command line and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod governing;
mod joining;
mod keeping;
mod opinions;
mod reading;
mod writing;

pub(crate) use governing::{
    ActCommand, AdmitArgs, CharterCommand, KeyCommand, Reason, RemoveArgs, RoleName, RootArgs, SettingArgs, space_named,
};
pub(crate) use joining::{InviteArgs, JoinArgs};
pub(crate) use keeping::{BackupArgs, RestoreArgs};
pub(crate) use opinions::{JudgeArgs, OpinionArgs, OpinionCommand, RespondArgs, Verdict};
pub(crate) use reading::{DueArgs, ExplainArgs, HistoryArgs, ListArgs, ListFormat, ShowArgs, day_said};
pub(crate) use writing::{
    ClaimAddArgs, ClaimCommand, ClaimFields, ClaimWords, NarrativeCommand, RecordCommand, RecordNewArgs,
};

const AFTER_HELP: &str = "\
Begin with:
  isnad demo                three fictional organisations share real incidents
  isnad init --help         make your organisation's home: keys and a first act
  isnad found --help        found a consortium with other organisations

Exit codes: 0 done; 1 the answer is no (a finding, no such record); 2 usage or
configuration; 3 refused by a rule; 4 node or peer unreachable; 70 our fault.";

/// Options that every command takes stand apart from its own.
const EVERYWHERE: &str = "Options of every command";

/// Options of those that sign claims.
pub(crate) const SIGNING: &str = "Options of commands that sign";

/// A peer-to-peer dataset of signed records, shared by organisations that need not trust each other.
#[derive(Debug, Parser)]
#[command(name = "isnad", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// Where this node keeps its data [default: $XDG_DATA_HOME/isnad]
    #[arg(long, global = true, env = "ISNAD_HOME", value_name = "DIR", hide_env_values = true, help_heading = EVERYWHERE)]
    pub(crate) home: Option<PathBuf>,
    /// The language of what is shown
    #[arg(
        long,
        global = true,
        env = "ISNAD_LANG",
        value_name = "ar|en|fr",
        hide_possible_values = true,
        hide_env_values = true,
        help_heading = EVERYWHERE
    )]
    pub(crate) lang: Option<Lang>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
    /// Judge what is in force as of this day instead of today
    #[arg(long, global = true, value_name = "YYYY-MM-DD", help_heading = EVERYWHERE)]
    pub(crate) today: Option<String>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What comes before a signature.
#[derive(Debug, Args, Clone, Copy, Default)]
pub(crate) struct SigningArgs {
    /// Show what would be signed, with which key, and who would read it; sign nothing
    #[arg(long, global = true, conflicts_with = "yes", help_heading = SIGNING)]
    pub(crate) preview: bool,
    /// Sign without asking, as always where no terminal is; on a terminal it is shown and asked otherwise
    #[arg(long, global = true, help_heading = SIGNING)]
    pub(crate) yes: bool,
    /// Declare that a person whom nothing accuses is neither victim nor witness; it is signed and shown with the person
    #[arg(long, global = true, help_heading = SIGNING)]
    pub(crate) not_victim_or_witness: bool,
}

/// Where the passphrase of the keys comes from; without either, it is asked for.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct PassphraseArgs {
    /// Read the passphrase from a file that only you can read
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "passphrase_fd", help_heading = EVERYWHERE)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the passphrase from an inherited file descriptor
    #[arg(long, global = true, value_name = "N", help_heading = EVERYWHERE)]
    pub(crate) passphrase_fd: Option<u32>,
}

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// العربية
    Ar,
    /// English
    En,
    /// français
    Fr,
}

/// A space of every consortium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub(crate) enum SpaceName {
    /// Read by the member organisations
    #[default]
    #[value(aliases = ["member", "الأعضاء", "الاعضاء", "أعضاء", "اعضاء", "membres", "membre"])]
    Members,
    /// Read by everyone
    #[value(aliases = ["العموم", "عموم", "عام", "عامة", "العامة", "publique"])]
    Public,
}

impl SpaceName {
    /// Its name in the protocol.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Public => "public",
        }
    }
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrganisationKind {
    /// A state or one of its ministries
    State,
    /// A non-governmental organisation
    Ngo,
    /// An international body
    International,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show three fictional organisations agree on real incidents, on this machine
    ///
    /// Founds a consortium of a ministry, an NGO and an international body (none of them real), each with its own home
    /// and node on loopback; each imports a part of a public dataset of real incidents; they contradict each other,
    /// and sync until their digests agree. The homes stay in --dir, to be explored with the other commands.
    Demo(DemoArgs),
    /// Make a home: this organisation's keys and its first act
    ///
    /// Root keys sign the organisation's acts; keep a copy of the `keys` folder offline. The contributor, publisher and
    /// attesting keys sign entries; the node key opens connections. All are encrypted under one passphrase.
    Init(InitArgs),
    /// Show, hand over or change what this organisation says of itself
    Organisation {
        #[command(subcommand)]
        command: OrganisationCommand,
    },
    /// Found a consortium with other organisations, by files
    ///
    /// 1. Each organisation:  isnad init, then
    ///                        isnad organisation export -o A.act
    /// 2. One of them:        isnad found draft --name "…" --member A.act \
    ///                          --member B.act -o draft.charter
    /// 3. Each organisation:  isnad found show draft.charter, then
    ///                        isnad found sign draft.charter -o A.signed
    /// 4. One of them:        isnad found assemble A.signed B.signed \
    ///                          -o our.consortium
    /// 5. Each organisation:  isnad join our.consortium
    #[allow(clippy::doc_overindented_list_items, reason = "printed as it stands")]
    #[command(verbatim_doc_comment)]
    Found {
        #[command(subcommand)]
        command: FoundCommand,
    },
    /// Invite an organisation that is to become a member, or list and withdraw invitations
    ///
    /// Prints a code for one use. Whoever has it can fetch the charter from this node and hand over its organisation's first act,
    /// and nothing else; the members then decide whether to admit it. The check words are read over the phone.
    Invite(InviteArgs),
    /// Join a consortium by an invitation's code, or by the file of its founding
    ///
    /// With a code: fetches the charter from the node that invites, hands over this organisation's first act, and waits to be
    /// admitted. With a file of `isnad found assemble`: opens the consortium that this organisation has founded. With a file of
    /// `isnad export --format acts`: makes this machine one of the organisation that granted its keys.
    Join(JoinArgs),
    /// Read and sign acts: the steps by which organisations govern
    Act {
        #[command(subcommand)]
        command: ActCommand,
    },
    /// Amend the charter: members, threshold, name, limits, policies
    ///
    /// Each makes the next version, shows what changes and signs it. It spreads as nodes sync and gathers signatures: others
    /// see it with `isnad act list` and sign it with `isnad act sign`.
    Charter {
        #[command(subcommand)]
        command: CharterCommand,
    },
    /// Make, grant and revoke keys; rotate the root keys
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Run this node: listen, connect to the peers in isnad.toml, sync
    Node(NodeArgs),
    /// Show where this node and its peers stand
    Status,
    /// Show the consortium: its organisations, keys, spaces and acts
    ///
    /// Members since which version of the charter, each key with its role and the acts that grant and revoke it, candidates,
    /// suspended and former members; and where rivals halt a chain, who signed two of them, and what ends it.
    Who {
        /// Tell how it came to be so, act by act
        #[arg(long)]
        history: bool,
    },
    /// Take in a dataset of incidents; run again, it changes nothing
    Import {
        /// A file in the isnad-incidents format, or - for standard input
        file: PathBuf,
        /// Who may read it
        #[arg(long, value_enum, default_value_t)]
        space: SpaceName,
    },
    /// Make records
    Record {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Add, replace or retract single claims
    Claim {
        #[command(subcommand)]
        command: Box<ClaimCommand>,
    },
    /// Write a longer text together with colleagues
    Narrative {
        #[command(subcommand)]
        command: NarrativeCommand,
    },
    /// Say what this organisation thinks of another's claim
    ///
    /// An opinion pins the claim that it looks at: once its author replaces the claim, readers see that the opinion is on an
    /// earlier version. A new opinion takes the place of this organisation's earlier one.
    Opinion {
        #[command(subcommand)]
        command: OpinionCommand,
    },
    /// Say whether two records are about the same
    ///
    /// Nothing is merged by it: readers choose whose judgements they follow. Judge again to change it, or retract the claim to
    /// undo it.
    Judge(JudgeArgs),
    /// Enter the reply of somebody accused: the right of reply
    ///
    /// It stands beside every claim that it answers, and beside later versions of it.
    Respond(RespondArgs),
    /// Show what waits for this organisation's answer: disputes, replies, opinions on what has changed; and what it lost with a key
    Tasks,
    /// List records of a kind
    List(Box<ListArgs>),
    /// List measures whose term ends soon
    ///
    /// Computed from what is claimed and the reader's day, so that it is right offline too. A measure past its last day of
    /// which nobody says that it was renewed is over, not verified.
    Due(DueArgs),
    /// Show a record: every organisation's account, side by side
    Show(ShowArgs),
    /// Show everything ever said about a record, in order
    ///
    /// The entries of one key stand in the order in which it signed them, which their chain proves. Those of several keys
    /// stand among each other by the times that they claim, which nothing proves.
    History(HistoryArgs),
    /// Explain a claim: who said it, who stands behind it, what it rests on; or an entry: why it counts or not
    ///
    /// Of a claim, follows its bases through sources and evidence to where they begin, names who else rests on the same, and says
    /// why a view shows it as it does. What is followed is computed; nobody signed it. Of an entry, names its key, the acts that
    /// grant and end it, its membership, who acknowledged it, and the section of docs/format.md that decides.
    Explain(ExplainArgs),
    /// Print a hash of each space, to compare replicas over the phone
    Digest,
    /// Write entries, acts or documents to files
    Export(ExportArgs),
    /// Sync by a file, where the network has a gap of air
    Carry {
        #[command(subcommand)]
        command: CarryCommand,
    },
    /// Copy this home into one file, without its keys; the node may run meanwhile
    ///
    /// The file is a tar archive of the journals as they are, the settings and the first act, with a hash of each. It holds
    /// no secret keys, and it is not encrypted: keep it as you keep the home.
    Backup(BackupArgs),
    /// Make a home of a backup, in the place that --home names; nothing may stand there
    ///
    /// Every hash and every signature is checked before the home is there. It holds no keys and signs nothing until keys are
    /// put back and a node of another organisation has confirmed how far they have signed.
    Restore(RestoreArgs),
    /// Make damaged journals anew of what is whole in them; peers give back the rest
    ///
    /// Stop the node first. What can be read of a damaged journal is checked, signature and all, and written to a new one; the
    /// damaged one is moved aside as it is. What is missing then is named, and fetched when the node runs again. A home that is
    /// whole stays as it is.
    Repair,
    /// Re-check this replica from the bytes up; cuts and mends nothing
    ///
    /// Reads the journal without the index and without the lock, beside a running node. Checks every signature, chain,
    /// hash, grant and payload, names each fault by entry, and exits 1 if there is any.
    Audit {
        /// The consortium id that you know by other means
        #[arg(long, value_name = "ID")]
        consortium: Option<String>,
    },
    /// Print a completion script for your shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

/// See [`Command::Demo`].
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the three homes go [default: a new folder in the system's temporary one]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Show no progress, as for a terminal that nobody watches
    #[arg(long)]
    pub(crate) headless: bool,
}

/// See [`Command::Init`].
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The organisation's name; once for each language as LANG:NAME, or NAME alone for English
    #[arg(long, required = true, value_name = "[LANG:]NAME")]
    pub(crate) name: Vec<String>,
    /// What the organisation is
    #[arg(long, value_enum)]
    pub(crate) kind: OrganisationKind,
    /// A label for this device's keys, which other members see [default: "first node" in your language]
    #[arg(long)]
    pub(crate) label: Option<String>,
}

/// See [`Command::Organisation`].
#[derive(Debug, Subcommand)]
pub(crate) enum OrganisationCommand {
    /// Write this organisation's first act to a file, for the founders of a consortium
    Export {
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Show this organisation's id, names and keys
    Show,
    /// Change this organisation's names
    Rename {
        /// A name; once for each language as LANG:NAME, or NAME alone for English
        #[arg(required = true, value_name = "[LANG:]NAME")]
        name: Vec<String>,
        #[command(flatten)]
        root: RootArgs,
    },
    /// Write this home's first act as that of the successor of an organisation that lost all its root keys
    Successor {
        /// The organisation that it was: the first digits of its id
        #[arg(value_name = "ID")]
        predecessor: String,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// See [`Command::Found`].
#[derive(Debug, Subcommand)]
pub(crate) enum FoundCommand {
    /// Collect members' first acts and draft the charter
    Draft {
        /// The consortium's name
        #[arg(long)]
        name: String,
        /// A member's first act; once for each member
        #[arg(long = "member", required = true, value_name = "FILE")]
        members: Vec<PathBuf>,
        /// How many organisations must sign an amendment [default: the smallest majority]
        #[arg(long, value_name = "N")]
        threshold: Option<u64>,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Show what a draft says, in plain words
    Show {
        /// A draft or signed charter
        file: PathBuf,
    },
    /// Sign a draft with this organisation's root keys
    Sign {
        /// The draft
        file: PathBuf,
        /// The folder of the root keys, where they are not in this home, as on an offline medium
        #[arg(long, value_name = "DIR")]
        keys: Option<PathBuf>,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Put the signatures together into the consortium file
    Assemble {
        /// Every organisation's signed draft
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// See [`Command::Node`].
#[derive(Debug, Args)]
pub(crate) struct NodeArgs {
    /// Listen here instead of where isnad.toml says; may be given again
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) listen: Vec<String>,
    /// Connect to this node besides those in isnad.toml; may be given again
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) peer: Vec<String>,
}

/// What `isnad export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Every entry: 4-byte length, header, signature, salt, payload; log by log in order
    Entries,
    /// Every act: 4-byte length, then the act as signed
    Acts,
    /// One Automerge document for each sheet, into a folder
    Automerge,
}

/// See [`Command::Export`].
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// What to write
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
    /// The file to write, or the folder for automerge
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: PathBuf,
    /// One space alone
    #[arg(long, value_enum)]
    pub(crate) space: Option<SpaceName>,
}

/// See [`Command::Carry`].
#[derive(Debug, Subcommand)]
pub(crate) enum CarryCommand {
    /// Write what another replica lacks to a file
    ///
    /// All that is held, unless it is known what the other replica holds already: by a file of it (--since), or by what its
    /// organisation has acknowledged and its node has said (--for). Without --to the file is not encrypted.
    Out {
        /// The file to write
        file: PathBuf,
        /// The node that it is for, by the first digits of its key, or its organisation: what it is known to hold is left out
        #[arg(long = "for", value_name = "NODE")]
        whom: Option<String>,
        /// A file carried from that replica, or its frontier: what it holds already is left out
        #[arg(long, value_name = "FRONTIER")]
        since: Option<PathBuf>,
        /// Encrypt it: only nodes of this organisation can read it
        #[arg(long, value_name = "ORGANISATION")]
        to: Option<String>,
    },
    /// Write what this replica holds to a small file, without entries: for `carry out --since` on the other side
    Frontier {
        /// The file to write
        file: PathBuf,
        /// Encrypt it: only nodes of this organisation can read it
        #[arg(long, value_name = "ORGANISATION")]
        to: Option<String>,
    },
    /// Take in a carried file; every entry passes the same checks as one from a peer
    ///
    /// The file is read to its end first: one that is cut off or damaged changes nothing. What was taken stands, so that after an
    /// interruption the same command goes on from there.
    In {
        /// The file to read
        file: PathBuf,
    },
}
