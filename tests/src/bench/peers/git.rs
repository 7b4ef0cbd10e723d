//! The work by git: a commit for each entry, signed with an ssh key, the payload as its message; so many branches, and `git fetch`
//! into an empty repository. It looks at no signature by itself: `git verify-commit` does, one process for each.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Work;
use crate::bench::{bytes_in, median};

/// Logs: a branch each.
const BRANCHES: usize = 100;

/// Commits whose signature is checked: the mean stands for all.
const VERIFIED: usize = 50;

const NEW: usize = 5;

const WHO: &str = "Organisation <organisation@example.org> 1700000000 +0000";

/// The work, and the seconds that a check of one signature takes.
///
/// # Errors
/// What is not there on this machine.
pub(super) fn work(dir: &Path, payloads: &[&[u8]]) -> Result<(Work, f64), String> {
    let mut source = Source::new(dir)?;
    source.say(payloads)?;
    source.git(&["gc", "--quiet"])?;
    let target = dir.join("target.git");
    run(Command::new("git").args(["init", "--quiet", "--bare"]).arg(&target))?;
    let fetch = || {
        let start = Instant::now();
        let bytes = source.fetch_into(&target)?;
        Ok::<_, String>((start.elapsed().as_secs_f64(), bytes))
    };
    let count = payloads.len() as f64;
    let (seconds, bytes) = fetch()?;
    let disk = bytes_in(&target) as f64 / count;
    let (_, no_op) = fetch()?;
    let start = Instant::now();
    for commit in source.heads.iter().take(VERIFIED) {
        source.git(&["verify-commit", commit])?;
    }
    let verify = start.elapsed().as_secs_f64() / VERIFIED.min(source.heads.len()) as f64;
    let mut deltas = Vec::new();
    for payload in payloads.iter().take(NEW) {
        source.say(&[payload])?;
        let start = Instant::now();
        source.fetch_into(&target)?;
        deltas.push(start.elapsed().as_secs_f64());
    }
    let work = Work {
        rate: count / seconds,
        wire: bytes / count,
        disk: Some(disk),
        no_op,
        no_op_seconds: None,
        delta: median(deltas),
    };
    Ok((work, verify))
}

/// A repository that signs.
struct Source {
    dir: PathBuf,
    /// The last commit of each branch.
    heads: Vec<String>,
    levels: usize,
}

impl Source {
    fn new(dir: &Path) -> Result<Self, String> {
        let source = Self { dir: dir.to_owned(), heads: Vec::new(), levels: 0 };
        run(Command::new("git").args(["init", "--quiet", "--bare"]).arg(source.repository()))?;
        let key = dir.join("key");
        run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f"]).arg(&key))?;
        let public = fs::read_to_string(dir.join("key.pub")).map_err(|error| error.to_string())?;
        let signers = dir.join("signers");
        fs::write(&signers, format!("organisation@example.org {public}")).map_err(|error| error.to_string())?;
        source.git(&["config", "gpg.format", "ssh"])?;
        source.git(&["config", "gpg.ssh.allowedSignersFile", &signers.display().to_string()])?;
        source.git(&["hash-object", "-t", "tree", "-w", "/dev/null"])?;
        Ok(source)
    }

    fn repository(&self) -> PathBuf {
        self.dir.join("source.git")
    }

    fn git(&self, arguments: &[&str]) -> Result<String, String> {
        run(Command::new("git").arg("-C").arg(self.repository()).args(arguments))
    }

    /// Commits payloads, one on each branch and then the next, a level of all branches signed in one go.
    fn say(&mut self, payloads: &[&[u8]]) -> Result<(), String> {
        for level in payloads.chunks(BRANCHES) {
            self.levels += 1;
            let folder = self.dir.join(format!("level-{}", self.levels));
            fs::create_dir(&folder).map_err(|error| error.to_string())?;
            let paths: Vec<PathBuf> = (0..level.len()).map(|branch| folder.join(branch.to_string())).collect();
            for ((branch, payload), path) in level.iter().enumerate().zip(&paths) {
                fs::write(path, self.unsigned(branch, payload)).map_err(|error| error.to_string())?;
            }
            let key = self.dir.join("key");
            run(Command::new("ssh-keygen").args(["-Y", "sign", "-q", "-n", "git", "-f"]).arg(key).args(&paths))?;
            for path in &paths {
                let text = fs::read(path).map_err(|error| error.to_string())?;
                let signature = fs::read_to_string(path.with_extension("sig")).map_err(|error| error.to_string())?;
                fs::write(path, signed(&text, &signature)).map_err(|error| error.to_string())?;
            }
            let listed: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
            let ids = self.told(&["hash-object", "-t", "commit", "-w", "--stdin-paths"], &listed)?;
            for (branch, id) in ids.lines().enumerate() {
                match self.heads.get_mut(branch) {
                    Some(head) => id.clone_into(head),
                    None => self.heads.push(id.to_owned()),
                }
            }
            fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
        }
        let mut refs = String::new();
        for (branch, head) in self.heads.iter().enumerate() {
            let _ = writeln!(refs, "update refs/heads/log-{branch} {head}");
        }
        self.told(&["update-ref", "--stdin"], &refs).map(drop)
    }

    fn unsigned(&self, branch: usize, payload: &[u8]) -> Vec<u8> {
        let parent = self.heads.get(branch).map(|parent| format!("parent {parent}\n")).unwrap_or_default();
        let head = format!("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n{parent}author {WHO}\ncommitter {WHO}\n\n");
        [head.as_bytes(), payload, b"\n"].concat()
    }

    fn told(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let path = self.dir.join("input");
        fs::write(&path, input).map_err(|error| error.to_string())?;
        let input = fs::File::open(&path).map_err(|error| error.to_string())?;
        run(Command::new("git").arg("-C").arg(self.repository()).args(arguments).stdin(input))
    }

    /// Fetches all branches; the bytes that went either way.
    fn fetch_into(&self, target: &Path) -> Result<f64, String> {
        let (up, down) = (self.dir.join("up"), self.dir.join("down"));
        // Stands between the two and counts.
        let between = self.dir.join("between");
        let script = format!("tee {} | git-upload-pack \"$@\" | tee {}", up.display(), down.display());
        fs::write(&between, script).map_err(|error| error.to_string())?;
        let upload = format!("--upload-pack=sh {}", between.display());
        let source = format!("file://{}", self.repository().display());
        let fetch = ["fetch", "--quiet", &upload, &source, "+refs/heads/*:refs/heads/*"];
        run(Command::new("git").arg("-C").arg(target).args(fetch))?;
        let bytes = |path: &Path| fs::metadata(path).map(|file| file.len() as f64).map_err(|error| error.to_string());
        Ok(bytes(&up)? + bytes(&down)?)
    }
}

/// A commit with its signature in the place where git looks for it.
fn signed(commit: &[u8], signature: &str) -> Vec<u8> {
    let end = commit.windows(2).position(|pair| pair == b"\n\n").map_or(commit.len(), |at| at + 1);
    let (head, message) = commit.split_at(end);
    let header = format!("gpgsig {}\n", signature.trim_end().replace('\n', "\n "));
    [head, header.as_bytes(), message].concat()
}

fn run(command: &mut Command) -> Result<String, String> {
    let name = format!("{}", command.get_program().display());
    // What the user's own settings say is no matter of a bench.
    let command = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.stderr(Stdio::piped()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
