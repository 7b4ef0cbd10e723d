//! The real `isnad` command, built once for each run of the tests, and run as a person would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The passphrase of every test home.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The path of `isnad`, built in release from this checkout, without the feature `breakages`.
///
/// # Panics
/// If it does not build: nothing end to end can be tested then.
#[must_use]
pub fn isnad() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "--quiet", "-p", "isnad", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "isnad does not build");
        let messages = String::from_utf8_lossy(&built.stdout);
        let executable = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut executable = executable.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        executable.next_back().expect("cargo names the executable")
    })
}

/// A command line of `isnad` on a home, with a passphrase file if the home has one beside it (`HOME.passphrase`).
#[must_use]
pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(isnad());
    command.arg("--home").arg(home);
    let passphrase = passphrase_file(home);
    if passphrase.exists() {
        command.arg("--passphrase-file").arg(passphrase);
    }
    command.args(arguments).env_remove("ISNAD_HOME").env("LANG", "C").stdin(Stdio::null());
    command
}

/// Where [`command`] looks for the passphrase of a home.
#[must_use]
pub fn passphrase_file(home: &Path) -> PathBuf {
    let mut path = home.as_os_str().to_owned();
    path.push(".passphrase");
    path.into()
}

/// Runs `isnad` on a home and returns what it printed.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().expect("isnad starts")
}
