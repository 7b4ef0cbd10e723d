//! L: what checking every signature could ever cost at least, by the fastest verifier there is. Its batches accept what OpenSSL
//! refuses (GROUND, Ed25519), so that no replica may use it; it is measured by a program of its own, outside the workspace.

use std::path::Path;
use std::process::{Command, Stdio};

/// L, in signatures a second on two threads.
pub(super) fn rate() -> f64 {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/ed25519-zebra/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.args(["run", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    let told = run.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(told.status.success(), "the peer does not build");
    String::from_utf8_lossy(&told.stdout).trim().parse().expect("a rate")
}
