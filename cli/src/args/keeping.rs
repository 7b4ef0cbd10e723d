//! Arguments of `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

/// See [`super::Command::Backup`].
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write, a folder to write it into, or - for standard output
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: PathBuf,
}

/// See [`super::Command::Restore`].
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup, or - for standard input
    pub(crate) file: PathBuf,
    /// The consortium id that you know by other means; refuses any other
    #[arg(long, value_name = "ID")]
    pub(crate) consortium: Option<String>,
    /// Check the hashes alone, not every signature; run `isnad audit` afterwards
    #[arg(long)]
    pub(crate) no_audit: bool,
}
