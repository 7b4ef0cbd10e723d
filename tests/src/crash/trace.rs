//! System calls of a process, by strace: what it does to files, in the order in which it did it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Calls that change files, put them on disk, or say something.
pub(super) const CALLS: &str = "openat,write,pwrite64,writev,pwritev,ftruncate,fallocate,fsync,fdatasync,sync_file_range,lseek,\
     rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat";

/// Bytes of a string that are logged where its content counts: more than is written in one call.
const WHOLE: &str = "16777216";

/// One call of one thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) thread: u32,
    /// The name of its thread.
    pub(super) group: String,
    pub(super) name: String,
    arguments: Vec<String>,
    /// What it returned; `None` if the process died in it.
    pub(super) result: Option<i64>,
    /// The line of the log where it began, and the one where it returned.
    pub(super) entered: usize,
    pub(super) left: usize,
}

impl Call {
    /// An argument that is a number.
    pub(super) fn number(&self, at: usize) -> Option<u64> {
        self.arguments.get(at)?.split('<').next()?.parse().ok()
    }

    /// An argument that is a string, unless it was cut.
    pub(super) fn bytes(&self, at: usize) -> Option<Vec<u8>> {
        let text = self.arguments.get(at)?.strip_prefix('"')?.strip_suffix('"')?;
        from_hex(text)
    }

    /// The file that a descriptor stands for.
    pub(super) fn file(&self, at: usize) -> Option<PathBuf> {
        let (_, path) = self.arguments.get(at)?.split_once('<')?;
        Some(String::from_utf8(from_hex(path.strip_suffix('>')?)?).ok()?.into())
    }

    /// A path that was given by name; `at` a directory, if the call takes one.
    pub(super) fn path(&self, dir: Option<usize>, at: usize) -> Option<PathBuf> {
        let name = PathBuf::from(String::from_utf8(self.bytes(at)?).ok()?);
        Some(dir.and_then(|dir| self.file(dir)).map_or_else(|| name.clone(), |dir| dir.join(&name)))
    }

    /// True if one of its arguments has this word among its flags.
    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.arguments.iter().any(|argument| argument.split('|').any(|word| word == flag))
    }

    /// Every path that it names or has open.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let dir = self.name.ends_with("at").then_some(0);
        let count = self.arguments.len();
        (0..count)
            .filter_map(|at| self.path(dir, at).filter(|path| path.is_absolute()).or_else(|| self.file(at)))
            .collect()
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(digits) = rest.strip_prefix("\\x") {
        bytes.push(u8::from_str_radix(digits.get(..2)?, 16).ok()?);
        rest = digits.get(2..)?;
    }
    rest.is_empty().then_some(bytes)
}

/// Reads a log of `strace -f -Y -y -xx`.
pub(super) fn read(log: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut calls = Vec::new();
    let mut begun: BTreeMap<u32, (usize, String)> = BTreeMap::new();
    for (line, text) in text.lines().enumerate() {
        let Some((thread, group, rest)) = split(text) else { continue };
        if let Some(beginning) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(thread, (line, beginning.trim_end().to_owned()));
        } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            let Some((entered, beginning)) = begun.remove(&thread) else { continue };
            calls.extend(call(thread, &group, &format!("{beginning}{end}"), entered, line));
        } else {
            calls.extend(call(thread, &group, rest, line, line));
        }
    }
    // What never returned is what the process died in.
    let cut = begun.into_iter().filter_map(|(thread, (line, text))| call(thread, "", &text, line, usize::MAX));
    calls.extend(cut);
    calls.sort_by_key(|call| call.left);
    calls
}

fn split(line: &str) -> Option<(u32, String, &str)> {
    let (who, rest) = line.split_once("> ")?;
    let (thread, group) = who.split_once('<')?;
    let group = String::from_utf8_lossy(&from_hex(group)?).into_owned();
    let group = group.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
    Some((thread.trim().parse().ok()?, group, rest.trim_start()))
}

fn call(thread: u32, group: &str, text: &str, entered: usize, left: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ").map_or((rest, None), |(arguments, result)| {
        let number = result.split([' ', '<']).next().and_then(|number| number.parse().ok());
        (arguments.trim_end().trim_end_matches(')'), number)
    });
    let arguments = arguments.split(", ").map(|argument| argument.trim().to_owned()).collect();
    Some(Call { thread, group: group.to_owned(), name: name.to_owned(), arguments, result, entered, left })
}

/// Why strace cannot be used here; `None` if it can.
#[must_use]
pub fn lacks_strace() -> Option<String> {
    let mut sleeper = match Command::new("sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn() {
        Ok(sleeper) => sleeper,
        Err(error) => return Some(format!("sh: {error}")),
    };
    let end = Command::new("strace").args(["-qq", "-Y", "-e", "trace=none", "true"]).output();
    let reason = match end {
        Err(error) => Some(format!("strace cannot be started: {error}")),
        Ok(output) if !output.status.success() => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Ok(_) => Attached::to(&[sleeper.id()], &[]).err(),
    };
    drop(sleeper.kill());
    drop(sleeper.wait());
    reason
}

/// strace that watches threads of a process which was there before.
#[derive(Debug)]
pub(super) struct Attached(Child);

impl Attached {
    /// Attaches to threads, and returns once it has them all.
    ///
    /// # Errors
    /// What strace said instead.
    pub(super) fn to(threads: &[u32], options: &[String]) -> Result<Self, String> {
        let mut command = Command::new("strace");
        command.args(options);
        for thread in threads {
            command.args(["-p", &thread.to_string()]);
        }
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("strace: {error}"))?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no pipe")?).lines().map_while(Result::ok);
        for _ in threads {
            match lines.next() {
                Some(line) if line.contains("attached") => {}
                other => {
                    drop(child.kill());
                    drop(child.wait());
                    return Err(other.unwrap_or_else(|| "strace ended".to_owned()));
                }
            }
        }
        // What else it says nobody reads, but it must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self(child))
    }

    /// Waits until what it watches is gone.
    pub(super) fn wait(mut self) {
        drop(self.0.wait());
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Options that have calls of these names logged, those of every thread.
pub(super) fn logged(log: &Path, calls: &str, is_whole: bool) -> Vec<String> {
    drop(std::fs::remove_file(log));
    let log = log.display().to_string();
    let length = if is_whole { WHOLE } else { "4096" };
    let options = ["-f", "-Y", "-y", "-xx", "-s", length, "-o", &log, "-e", &format!("trace={calls}")];
    options.map(str::to_owned).to_vec()
}

/// Options that kill any of the threads that are watched when it enters a call for the `nth` time, of those on
/// `path` if one is named.
pub(super) fn killing(log: &Path, call: &str, nth: usize, path: Option<&Path>) -> Vec<String> {
    drop(std::fs::remove_file(log));
    let (log, path) = (log.display().to_string(), path.map(|path| path.display().to_string()));
    let inject = format!("--inject={call}:signal=SIGKILL:when={nth}");
    let mut options = ["-Y", "-y", "-o", &log, "-e", &format!("trace={call}"), &inject].map(str::to_owned).to_vec();
    options.extend(path.into_iter().flat_map(|path| ["-P".to_owned(), path]));
    options
}

/// A command under strace from its beginning.
pub(super) fn under(command: &Command, options: &[String]) -> Command {
    let mut traced = Command::new("strace");
    // Said twice it would mean a log for each thread.
    let follow = ["-f"].into_iter().filter(|follow| !options.iter().any(|option| option == follow));
    traced.args(options).args(follow).args(["-qq", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    traced.stdin(Stdio::null());
    traced
}

/// True if the log says that a thread was killed.
pub(super) fn tells_of_kill(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| text.contains("killed by SIGKILL"))
}
