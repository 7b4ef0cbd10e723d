//! `kill -9` at every call that writes or syncs, one by one.
//!
//! strace kills a process as it enters its nth call of a name, before the call has any effect. It counts each thread by
//! itself; so it is set on the threads of one name of a running node, or, where a command opens the home itself, on the calls
//! that concern one file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::ground::{Ground, Workload};
use super::trace::{self, Attached, CALLS, Call};
use crate::binary::{RunningNode, Said, TCP, command};

/// A point at which a process is killed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Aim {
    /// The name of threads of a node; or a file of the home behind a slash, no file behind it, and each command is killed so.
    of: String,
    call: String,
    /// From 1.
    nth: usize,
}

impl fmt::Display for Aim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.of, self.call, self.nth)
    }
}

impl Aim {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let nth = parts.next()?.parse().ok()?;
        let call = parts.next()?.to_owned();
        Some(Self { of: parts.next()?.to_owned(), call, nth })
    }
}

/// What came of a run that was to be killed.
#[derive(Debug)]
pub(super) struct Struck {
    /// What its commands printed.
    pub(super) said: Vec<String>,
    /// False if the point was not met: threads do not always take the same turns.
    pub(super) is_killed: bool,
}

/// Runs a workload to its end, and lists where it can be killed.
pub(super) fn aims(ground: &Ground, workload: Workload) -> Vec<Aim> {
    let log = ground.beside("calls");
    let mut found = BTreeSet::new();
    if workload.is_served() {
        ground.restore(workload);
        serve(ground, workload, None, &trace::logged(&log, CALLS, false));
        found.extend(by_thread(ground, &trace::read(&log)));
    }
    ground.restore(workload);
    for command in 0..ground.commands(workload).len() {
        command_alone(ground, workload, command, &trace::logged(&log, CALLS, false));
        found.extend(by_file(ground, &trace::read(&log)));
    }
    found.into_iter().collect()
}

/// Runs a workload until a point is reached.
pub(super) fn strike(ground: &Ground, workload: Workload, aim: &Aim) -> Struck {
    ground.restore(workload);
    let log = ground.beside("killed");
    let said = match aim.of.strip_prefix('/') {
        None => serve(ground, workload, Some(&aim.of), &trace::killing(&log, &aim.call, aim.nth, None)),
        Some(of) => {
            let path = ground.path_of(of);
            let path = Some(path.as_path()).filter(|_| !of.is_empty());
            let commands = 0..ground.commands(workload).len();
            let run = |at| command_alone(ground, workload, at, &trace::killing(&log, &aim.call, aim.nth, path));
            let said = commands.map(|at| (run(at), trace::tells_of_kill(&log))).collect::<Vec<_>>();
            let is_killed = said.iter().any(|(_, is_killed)| *is_killed);
            return Struck { said: said.into_iter().map(|(said, _)| said).collect(), is_killed };
        }
    };
    Struck { said, is_killed: trace::tells_of_kill(&log) }
}

/// True if a call changes what is in the home, or puts it on disk.
fn counts(ground: &Ground, call: &Call) -> bool {
    let is_of_home = call.paths().iter().any(|path| path.starts_with(&ground.home));
    let is_change = call.name != "lseek" && (call.name != "openat" || call.has_flag("O_CREAT"));
    is_of_home && is_change && call.result.is_none_or(|result| result >= 0)
}

fn by_thread(ground: &Ground, calls: &[Call]) -> BTreeSet<Aim> {
    let mut counted: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut ordered: Vec<&Call> = calls.iter().collect();
    ordered.sort_by_key(|call| call.entered);
    let mut aims = BTreeSet::new();
    for call in ordered {
        let nth = counted.entry((call.thread, &call.name)).or_default();
        *nth += 1;
        if counts(ground, call) && !call.group.is_empty() {
            aims.insert(Aim { of: call.group.clone(), call: call.name.clone(), nth: *nth });
        }
    }
    aims
}

/// Files of which the name is the same in each run are told apart; of the others the calls that no other file takes.
fn by_file(ground: &Ground, calls: &[Call]) -> BTreeSet<Aim> {
    let mut counted: BTreeMap<(u32, String, &str), usize> = BTreeMap::new();
    let mut aims = BTreeSet::new();
    for call in calls.iter().filter(|call| counts(ground, call)) {
        // strace looks at the first path of a call; those of a rename have names that nobody can foretell.
        let path = call.paths().into_iter().next().filter(|_| !call.name.starts_with("rename"));
        let of = path.and_then(|path| ground.name_of(&path)).unwrap_or_default();
        if of.ends_with(".new") || of.contains("snap.") {
            continue;
        }
        let nth = counted.entry((call.thread, of.clone(), &call.name)).or_default();
        *nth += 1;
        aims.insert(Aim { of: format!("/{of}"), call: call.name.clone(), nth: *nth });
    }
    aims
}

/// Runs the commands against a node, strace on its threads of one name, or with `-f` on all; ends early if the node dies.
fn serve(ground: &Ground, workload: Workload, name: Option<&str>, options: &[String]) -> Vec<String> {
    let node = RunningNode::start(&ground.home, TCP, &[]);
    let threads = name.map_or_else(|| vec![node.pid()], |name| threads_of(node.pid(), name));
    if threads.is_empty() {
        assert_eq!(node.stop("TERM"), 0);
        return Vec::new();
    }
    let strace = Attached::to(&threads, options).unwrap_or_else(|error| panic!("strace: {error}"));
    let mut said = Vec::new();
    for arguments in ground.commands(workload) {
        // Without its node a command would open the home itself.
        if is_gone(node.pid()) {
            break;
        }
        said.push(say(&ground.home, &arguments).out);
    }
    let _ = node.stop("TERM");
    strace.wait();
    said
}

fn say(home: &Path, arguments: &[String]) -> Said {
    let arguments: Vec<&str> = ["--json"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    crate::binary::say(home, &arguments)
}

/// Runs one command of a workload under strace, and returns what it printed.
pub(super) fn command_alone(ground: &Ground, workload: Workload, at: usize, options: &[String]) -> String {
    let commands = ground.commands(workload);
    let arguments: Vec<&str> = ["--json"].into_iter().chain(commands[at].iter().map(String::as_str)).collect();
    let output = trace::under(&command(&ground.home, &arguments), options).output().expect("strace starts");
    Said::of(&output).out
}

/// The threads of a process that have this name, their number left out.
fn threads_of(process: u32, meant: &str) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let found = tasks.filter(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        name.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == '-') == meant
    });
    found.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

/// True if a process has died, though nobody has asked yet how.
fn is_gone(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z') || rest.starts_with('X'))
}
