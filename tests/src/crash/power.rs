//! What a disk may hold after a loss of power.
//!
//! A workload runs once, every command of it under strace, and all that it does to the files of its home is recorded with
//! the bytes. From that the home is made as it may be after any step: what was synced is there; of the rest anything may be.
//! No more is taken for granted than POSIX promises: `fsync` of a file keeps its bytes and not its name, that of a directory
//! the names in it; `sync_file_range` keeps nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::ground::{Ground, Workload};
use super::kill::command_alone;
use super::trace::{CALLS, Call, logged, read};

/// What becomes of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// All of it is there: only the process died.
    Kept,
    /// Nothing.
    Dropped,
    /// Of each file and directory what came first, the last write cut off at some byte.
    Torn,
    /// Any blocks and any names; zeros where a file is longer than what reached it.
    Scattered,
}

impl Rest {
    const ALL: [Self; 4] = [Self::Kept, Self::Dropped, Self::Torn, Self::Scattered];

    const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Torn => "torn",
            Self::Scattered => "scattered",
        }
    }
}

/// A loss of power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    /// Steps that were done before it.
    done: usize,
    rest: Rest,
    seed: u64,
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "power:{}:{}:{}", self.rest.name(), self.done, self.seed)
    }
}

impl Loss {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [rest, done, seed] = text.strip_prefix("power:")?.split(':').collect::<Vec<_>>()[..] else { return None };
        let rest = Rest::ALL.into_iter().find(|one| one.name() == rest)?;
        Some(Self { done: done.parse().ok()?, rest, seed: seed.parse().ok()? })
    }
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A file, by its number.
    File(usize),
    Directory,
    Nothing,
}

#[derive(Debug)]
enum Effect {
    Write {
        file: usize,
        at: u64,
        bytes: Vec<u8>,
    },
    Cut {
        file: usize,
        length: u64,
    },
    /// All of them, or none.
    Names(Vec<(PathBuf, What)>),
    Sync {
        file: usize,
    },
    SyncNames {
        directory: PathBuf,
    },
    Say {
        command: usize,
        bytes: Vec<u8>,
    },
}

#[derive(Debug)]
struct Step {
    entered: usize,
    left: usize,
    effect: Effect,
}

/// What a workload did to its home, in order.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// Where the first bytes of a file are, if it was there before.
    files: Vec<Option<PathBuf>>,
    before: BTreeMap<PathBuf, What>,
    steps: Vec<Step>,
    commands: usize,
}

/// Runs a workload to its end and records it.
pub(super) fn record(ground: &Ground, workload: Workload) -> Recording {
    ground.restore(workload);
    let mut recorder = Recorder::new(ground, workload);
    let log = ground.beside("recorded");
    let mut base = 0;
    for command in 0..ground.commands(workload).len() {
        let said = command_alone(ground, workload, command, &logged(&log, CALLS, true));
        let calls = read(&log);
        let last = calls.iter().filter(|call| call.result.is_some()).map(|call| call.left).max().unwrap_or(0);
        recorder.positions.clear();
        for call in calls.iter().filter(|call| call.result.is_some_and(|result| result >= 0)) {
            recorder.take(call, command, base);
        }
        base += last + 1;
        let heard: Vec<u8> = recorder.recording.said(recorder.recording.steps.len()).swap_remove(command);
        assert_eq!(String::from_utf8_lossy(&heard), said, "the recording lacks what was said");
    }
    recorder.recording
}

struct Recorder<'a> {
    ground: &'a Ground,
    recording: Recording,
    names: BTreeMap<PathBuf, What>,
    lengths: Vec<u64>,
    /// Where the next `write` of a descriptor goes.
    positions: BTreeMap<i64, u64>,
}

impl<'a> Recorder<'a> {
    fn new(ground: &'a Ground, workload: Workload) -> Self {
        let mut recording = Recording { commands: ground.commands(workload).len(), ..Recording::default() };
        let mut lengths = Vec::new();
        let template = ground.template_of(workload);
        let mut directories = vec![template.clone()];
        while let Some(directory) = directories.pop() {
            for found in fs::read_dir(&directory).expect("a directory") {
                let path = found.expect("a name").path();
                let name = ground.home.join(path.strip_prefix(&template).expect("below it"));
                if path.is_dir() {
                    recording.before.insert(name, What::Directory);
                    directories.push(path);
                } else {
                    recording.before.insert(name, What::File(recording.files.len()));
                    lengths.push(fs::metadata(&path).expect("a file").len());
                    recording.files.push(Some(path));
                }
            }
        }
        let names = recording.before.clone();
        Self { ground, recording, names, lengths, positions: BTreeMap::new() }
    }

    /// Takes in a call that succeeded.
    fn take(&mut self, call: &Call, command: usize, base: usize) {
        let is_said = ["write", "writev"].contains(&call.name.as_str()) && call.number(0) == Some(1);
        let effects = if is_said {
            vec![Effect::Say { command, bytes: call.bytes(1).expect("what was said") }]
        } else {
            self.effects(call)
        };
        let (entered, left) = (base + call.entered, base + call.left);
        self.recording.steps.extend(effects.into_iter().map(|effect| Step { entered, left, effect }));
    }

    fn effects(&mut self, call: &Call) -> Vec<Effect> {
        match call.name.as_str() {
            "openat" => self.open(call),
            "mkdir" => self.rename(call.path(None, 0).map(|path| vec![(path, What::Directory)])),
            "rmdir" | "unlink" => self.rename(call.path(None, 0).map(|path| vec![(path, What::Nothing)])),
            "unlinkat" => self.rename(call.path(Some(0), 1).map(|path| vec![(path, What::Nothing)])),
            "rename" => self.move_name(call.path(None, 0), call.path(None, 1), true),
            "renameat" | "renameat2" => self.move_name(call.path(Some(0), 1), call.path(Some(2), 3), true),
            "link" => self.move_name(call.path(None, 0), call.path(None, 1), false),
            "linkat" => self.move_name(call.path(Some(0), 1), call.path(Some(2), 3), false),
            "lseek" => {
                let descriptor = call.number(0).and_then(|number| i64::try_from(number).ok());
                let to = call.result.and_then(|at| u64::try_from(at).ok());
                self.positions.extend(descriptor.zip(to));
                Vec::new()
            }
            "fsync" | "fdatasync" => self.sync(call),
            "write" | "pwrite64" | "ftruncate" => self.change(call),
            // Of what no command calls, nothing is known.
            name => {
                let of_home = call.paths().into_iter().any(|path| path.starts_with(&self.ground.home));
                // Room that is kept behind the end of a file is no part of it.
                let is_room = name == "fallocate" && call.has_flag("FALLOC_FL_KEEP_SIZE");
                assert!(!of_home || is_room || name == "sync_file_range", "{name} on a file of the home");
                Vec::new()
            }
        }
    }

    fn file(&self, path: Option<PathBuf>) -> Option<usize> {
        match self.names.get(&path?)? {
            What::File(file) => Some(*file),
            What::Directory | What::Nothing => None,
        }
    }

    fn open(&mut self, call: &Call) -> Vec<Effect> {
        let Some(path) = call.path(Some(0), 1).filter(|path| path.starts_with(&self.ground.home)) else {
            return Vec::new();
        };
        self.positions.extend(call.result.map(|descriptor| (descriptor, 0)));
        let file = self.file(Some(path.clone()));
        assert!(!call.has_flag("O_APPEND"), "a file of the home is opened to append");
        match file {
            None if call.has_flag("O_CREAT") => {
                let file = self.recording.files.len();
                self.recording.files.push(None);
                self.lengths.push(0);
                self.rename(Some(vec![(path, What::File(file))]))
            }
            Some(file) if call.has_flag("O_TRUNC") => vec![Effect::Cut { file, length: 0 }],
            Some(_) | None => Vec::new(),
        }
    }

    /// Names change, those of the home.
    fn rename(&mut self, changes: Option<Vec<(PathBuf, What)>>) -> Vec<Effect> {
        let changes: Vec<_> =
            changes.into_iter().flatten().filter(|(path, _)| path.starts_with(&self.ground.home)).collect();
        if changes.is_empty() {
            return Vec::new();
        }
        self.names.extend(changes.iter().cloned());
        vec![Effect::Names(changes)]
    }

    fn move_name(&mut self, from: Option<PathBuf>, to: Option<PathBuf>, is_gone: bool) -> Vec<Effect> {
        let Some((from, to)) = from.zip(to) else { return Vec::new() };
        let Some(what) = self.names.get(&from).copied() else { return Vec::new() };
        let gone = is_gone.then_some((from, What::Nothing));
        self.rename(Some(gone.into_iter().chain([(to, what)]).collect()))
    }

    fn sync(&self, call: &Call) -> Vec<Effect> {
        let Some(path) = call.file(0).filter(|path| path.starts_with(&self.ground.home)) else { return Vec::new() };
        match self.file(Some(path.clone())) {
            Some(file) => vec![Effect::Sync { file }],
            None => vec![Effect::SyncNames { directory: path }],
        }
    }

    fn change(&mut self, call: &Call) -> Vec<Effect> {
        let Some(file) = self.file(call.file(0)) else { return Vec::new() };
        if call.name == "ftruncate" {
            return vec![Effect::Cut { file, length: call.number(1).expect("a length") }];
        }
        let mut bytes = call.bytes(1).expect("what was written");
        bytes.truncate(call.result.and_then(|count| usize::try_from(count).ok()).unwrap_or(0));
        let count = bytes.len() as u64;
        let at = if call.name == "pwrite64" {
            call.number(3).expect("a place")
        } else {
            let descriptor = call.number(0).and_then(|number| i64::try_from(number).ok()).expect("a descriptor");
            let position = self.positions.entry(descriptor).or_default();
            let at = *position;
            *position += count;
            at
        };
        vec![Effect::Write { file, at, bytes }]
    }
}

/// Bytes of what a disk writes whole.
const BLOCK: usize = 4_096;

impl Recording {
    /// Every loss that is tried: after each step, with each fate of the rest.
    pub(super) fn losses(&self) -> Vec<Loss> {
        let losses =
            (0..=self.steps.len()).flat_map(|done| Rest::ALL.map(|rest| Loss { done, rest, seed: done as u64 }));
        losses.collect()
    }

    /// What commands had said after so many steps.
    fn said(&self, done: usize) -> Vec<Vec<u8>> {
        let mut said = vec![Vec::new(); self.commands];
        for step in self.steps.iter().take(done) {
            if let Effect::Say { command, bytes } = &step.effect
                && let Some(said) = said.get_mut(*command)
            {
                said.extend(bytes);
            }
        }
        said
    }

    /// Makes the home what is left of it; returns what commands had said.
    pub(super) fn make(&self, ground: &Ground, workload: Workload, loss: &Loss) -> Vec<String> {
        let done = self.steps.get(..loss.done.min(self.steps.len())).unwrap_or_default();
        let mut random = Random(loss.seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        let names = self.names_left(done, loss.rest, &mut random);
        ground.restore(workload);
        let mut left: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for file in 0..self.files.len() {
            left.extend(self.file_left(file, done, loss.rest, &mut random).map(|bytes| (file, bytes)));
        }
        self.put(&ground.home, &names, &left);
        self.said(done.len()).into_iter().map(|said| String::from_utf8_lossy(&said).into_owned()).collect()
    }

    /// Changes a home, which is as it was before, to what is left.
    fn put(&self, home: &Path, names: &BTreeMap<PathBuf, What>, left: &BTreeMap<usize, Vec<u8>>) {
        // What has lost its directory is gone with it.
        let is_there = |path: &Path| {
            let mut above = path.ancestors().skip(1).take_while(|above| *above != home);
            above.all(|above| names.get(above) == Some(&What::Directory))
        };
        // Backwards: what is in a directory goes before it.
        for (path, what) in self.before.iter().rev() {
            let is_same = names.get(path) == Some(what) && is_there(path);
            let is_changed = matches!(what, What::File(file) if left.contains_key(file));
            match what {
                _ if is_same && !is_changed => {}
                What::Directory => fs::remove_dir(path).expect("an empty directory goes"),
                What::File(_) => fs::remove_file(path).expect("a file goes"),
                What::Nothing => {}
            }
        }
        for (path, what) in names.iter().filter(|(path, _)| is_there(path) && !path.exists()) {
            match what {
                What::Directory => set(path, 0o700, |path| fs::create_dir(path)),
                What::File(file) => set(path, 0o600, |path| match (left.get(file), &self.files[*file]) {
                    (Some(bytes), _) => fs::write(path, bytes),
                    (None, Some(moved)) => fs::copy(moved, path).map(drop),
                    (None, None) => fs::write(path, []),
                }),
                What::Nothing => {}
            }
        }
    }

    /// The names that are left, of the whole home.
    fn names_left(&self, done: &[Step], rest: Rest, random: &mut Random) -> BTreeMap<PathBuf, What> {
        let mut names = self.before.clone();
        let mut ended = BTreeMap::new();
        for step in done {
            let Effect::Names(changes) = &step.effect else { continue };
            let Some(parent) = changes.first().and_then(|(path, _)| path.parent()) else { continue };
            let is_synced = done.iter().any(|sync| {
                matches!(&sync.effect, Effect::SyncNames { directory } if directory == parent)
                    && step.left < sync.entered
            });
            let is_ended = ended.entry(parent.to_owned()).or_insert(false);
            let is_left = is_synced || rest.keeps(is_ended, random);
            if is_left {
                names.extend(changes.iter().cloned());
            }
        }
        names
    }

    /// The bytes that are left of a file; `None` if nothing was done to it.
    fn file_left(&self, file: usize, done: &[Step], rest: Rest, random: &mut Random) -> Option<Vec<u8>> {
        let is_of = |step: &&Step| match &step.effect {
            Effect::Write { file: one, .. } | Effect::Cut { file: one, .. } => *one == file,
            _ => false,
        };
        let steps: Vec<&Step> = done.iter().filter(is_of).collect();
        let first = self.files.get(file)?;
        if steps.is_empty() {
            return if first.is_some() { None } else { Some(Vec::new()) };
        }
        let mut bytes = first.as_ref().map(|path| fs::read(path).expect("a file")).unwrap_or_default();
        let mut is_ended = false;
        for step in steps {
            let is_synced = done.iter().any(|sync| {
                matches!(&sync.effect, Effect::Sync { file: one } if *one == file) && step.left < sync.entered
            });
            let rest = if is_synced { Rest::Kept } else { rest };
            apply(&mut bytes, &step.effect, rest, &mut is_ended, random);
        }
        Some(bytes)
    }
}

impl Rest {
    /// True if a change that was not synced is there all the same.
    fn keeps(self, is_ended: &mut bool, random: &mut Random) -> bool {
        match self {
            Self::Kept => true,
            Self::Dropped => false,
            Self::Torn => {
                *is_ended |= random.coin();
                !*is_ended
            }
            Self::Scattered => random.coin(),
        }
    }
}

fn apply(bytes: &mut Vec<u8>, effect: &Effect, rest: Rest, is_ended: &mut bool, random: &mut Random) {
    match effect {
        Effect::Cut { length, .. } if rest.keeps(is_ended, random) => {
            bytes.resize(usize::try_from(*length).expect("a length"), 0);
        }
        Effect::Write { at, bytes: written, .. } => {
            let at = usize::try_from(*at).expect("a place");
            match rest {
                Rest::Kept => write(bytes, at, written),
                Rest::Dropped => {}
                Rest::Torn => {
                    if *is_ended {
                        return;
                    }
                    *is_ended = random.coin();
                    let length = if *is_ended { random.below(written.len() + 1) } else { written.len() };
                    write(bytes, at, &written[..length]);
                }
                Rest::Scattered => scatter(bytes, at, written, random),
            }
        }
        _ => {}
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    if written.is_empty() {
        return;
    }
    bytes.resize(bytes.len().max(at + written.len()), 0);
    bytes[at..at + written.len()].copy_from_slice(written);
}

/// Some blocks of a write are there, and its length or not.
fn scatter(bytes: &mut Vec<u8>, at: usize, written: &[u8], random: &mut Random) {
    if random.coin() {
        bytes.resize(bytes.len().max(at + written.len()), 0);
    }
    let mut from = at;
    while from < at + written.len() {
        let until = ((from / BLOCK + 1) * BLOCK).min(at + written.len());
        if random.coin() {
            write(bytes, from, &written[from - at..until - at]);
        }
        from = until;
    }
}

fn set(path: &Path, mode: u32, make: impl Fn(&Path) -> std::io::Result<()>) {
    make(path).expect("it is made");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode is set");
}

/// Numbers that follow from a seed. Source: SplitMix64, Steele, Lea and Flood 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    #[allow(clippy::cast_possible_truncation, reason = "below a length in memory")]
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}
