//! Arguments of the commands at the door: `invite`, `join`.

use std::path::PathBuf;

use clap::Args;

use super::OrganisationKind;

/// See [`super::Command::Invite`].
#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// Whom it is for, in your own words; nobody else sees them
    #[arg(long = "for", value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) label: String,
    /// How long it is open, as in 30m, 24h or 7d
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(crate) valid: String,
    /// Where others reach this node, if not where it listens, as behind a router; may be given again
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) address: Vec<String>,
    /// Write the code to a file that only you can read instead of showing it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// List invitations, and their check words
    #[arg(long, conflicts_with_all = ["address", "output", "withdraw"])]
    pub(crate) list: bool,
    /// Withdraw an invitation, or forget a candidate, by its id or the beginning of it
    #[arg(long, value_name = "ID", conflicts_with_all = ["address", "output"])]
    pub(crate) withdraw: Option<String>,
}

/// See [`super::Command::Join`].
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// An invitation's code, or a file: the code's, the consortium's; - reads the code from standard input
    pub(crate) what: PathBuf,
    /// The consortium id you were told by other means; refuses any other
    #[arg(long, value_name = "ID")]
    pub(crate) consortium: Option<String>,
    /// Where there is no home yet: the organisation's name, as of `isnad init`
    #[arg(long, value_name = "[LANG:]NAME", requires = "kind")]
    pub(crate) name: Vec<String>,
    /// Where there is no home yet: what the organisation is
    #[arg(long, value_enum, requires = "name")]
    pub(crate) kind: Option<OrganisationKind>,
}
