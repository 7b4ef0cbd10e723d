//! The home that is killed, again and again: prepared once for each workload, and put back before each point.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use isnad_node::home::Home;
use isnad_node::journal::{FRAME_BYTES, Journal, SEGMENT_BYTES};
use isnad_protocol::id::EntryId;
use serde_json::Value;

use crate::binary::{Consortium, PASSPHRASE, json, write_passphrase};
use crate::kill9;

/// What is under way when the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// A node signs and appends what its user says: mark, journal, index.
    Append,
    /// A node takes in what another signed, with an act among it.
    Admit,
    /// A node signs acts: what root keys remember, the journal of acts.
    Govern,
    /// A command brings an index that is behind to where the journal ends.
    Index,
    /// A command makes an index that is missing.
    Rebuild,
    /// A node appends to a segment that is full, so that the next begins.
    Roll,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Append, Self::Admit, Self::Govern, Self::Index, Self::Rebuild, Self::Roll];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Admit => "admit",
            Self::Govern => "govern",
            Self::Index => "index",
            Self::Rebuild => "rebuild",
            Self::Roll => "roll",
        }
    }

    /// The workload of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// True if its commands ask a running node; otherwise each opens the home itself.
    pub(super) const fn is_served(self) -> bool {
        !matches!(self, Self::Index | Self::Rebuild)
    }

    /// The prepared home that it begins with.
    const fn template(self) -> &'static str {
        match self {
            Self::Append | Self::Admit | Self::Govern => "base",
            Self::Index => "behind",
            Self::Rebuild => "bare",
            Self::Roll => "full",
        }
    }
}

/// A kind of frame that no version knows yet. It stays where it is and means nothing: a segment filled with such frames is read in no time.
const FILLER: u8 = 200;
/// Files above this many bytes are linked into the home, not copied: a full segment, to which nobody writes.
const LINKED_BYTES: u64 = 32 << 20;

/// A home in the middle of each workload, and what there is to be done to it.
#[derive(Debug)]
pub(super) struct Ground {
    consortium: Consortium,
    /// The home. It is never moved: its mark knows its directory from every other.
    pub(super) home: PathBuf,
    /// The record that the victim's user speaks of.
    record: String,
    /// The name of the folder of the journal that is written to.
    space: String,
    carried: BTreeSet<EntryId>,
    /// Linked files as they are when nobody has written to them.
    linked: Vec<(PathBuf, u64, SystemTime)>,
}

/// What a command has promised by what it printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Promised {
    pub(super) entries: BTreeSet<EntryId>,
    pub(super) acts: BTreeSet<String>,
}

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

impl Ground {
    /// Founds a consortium of two, and prepares a home for each workload.
    pub(super) fn prepare() -> Self {
        let consortium = Consortium::found(2);
        let [home, peer] = [consortium.homes[0].clone(), consortium.homes[1].clone()];
        let _ = consortium.file("draft", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
        request(&consortium, &home, "request");
        request(&consortium, &peer, "theirs");
        let made = json(&home, &["record", "new", "incident", "--from", &consortium.path("draft")]);
        let record = made["record"].as_str().expect("a record").to_owned();
        json(&peer, &["import", DATASET]);
        json(&peer, &["key", "grant", &consortium.path("theirs")]);
        json(&peer, &["carry", "out", &consortium.path("carried")]);
        let carried = kill9::logs(&peer).into_values().flatten().collect();
        let spaces = Home::open(&home).expect("a home").spaces().expect("its journals");
        let length =
            |space: &String| fs::metadata(home.join("journal").join(space).join("1.seg")).expect("a segment").len();
        let space = spaces.iter().map(ToString::to_string).max_by_key(length).expect("a journal that was written to");
        let mut ground = Self { consortium, home, record, space, carried, linked: Vec::new() };
        ground.save("base");
        ground.make_behind();
        ground.make_full();
        ground
    }

    /// An index from before an import, beside the journal from behind it; and the same without an index.
    fn make_behind(&self) {
        json(&self.home, &["import", DATASET]);
        let index = self.home.join("index");
        fs::remove_dir_all(&index).expect("the index goes");
        self.save("bare");
        copy(&self.template("base").join("index"), &index);
        self.save("behind");
    }

    fn make_full(&mut self) {
        self.put_back(&self.template("base"));
        let dir = self.home.join("journal").join(&self.space);
        let mut journal = Journal::open(&dir).expect("a journal").journal;
        while journal.synced_end().offset < SEGMENT_BYTES {
            journal.append(FILLER, &[&vec![7; FRAME_BYTES]]).expect("room on the disk");
            journal.sync().expect("room on the disk");
        }
        drop(journal);
        json(&self.home, &["list", "incident"]);
        self.save("full");
        let full = self.template("full").join("journal").join(&self.space).join("1.seg");
        let (length, written) = look(&full);
        self.linked.push((full, length, written));
    }

    fn template(&self, name: &str) -> PathBuf {
        self.consortium.dir.path().join(format!("template-{name}"))
    }

    /// The home that a workload begins with, apart.
    pub(super) fn template_of(&self, workload: Workload) -> PathBuf {
        self.template(workload.template())
    }

    fn save(&self, name: &str) {
        copy(&self.home, &self.template(name));
    }

    /// Puts the home back to where a workload begins.
    pub(super) fn restore(&self, workload: Workload) {
        for (path, length, written) in &self.linked {
            assert_eq!(look(path), (*length, *written), "somebody wrote to a segment that is full");
        }
        self.put_back(&self.template_of(workload));
    }

    fn put_back(&self, from: &Path) {
        self.empty();
        copy(from, &self.home);
    }

    /// Takes everything out of the home.
    pub(super) fn empty(&self) {
        for found in fs::read_dir(&self.home).expect("a home") {
            let path = found.expect("a name").path();
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.expect("it goes");
        }
    }

    /// The commands of a workload, one after the other.
    pub(super) fn commands(&self, workload: Workload) -> Vec<Vec<String>> {
        let path = |name: &str| self.consortium.path(name);
        let commands = match workload {
            Workload::Append => vec![
                vec!["record", "new", "incident", "--from", "DRAFT"],
                vec!["claim", "add", "RECORD", "note", "more", "--in", "en"],
                vec!["claim", "add", "RECORD", "note", "and more", "--in", "en"],
            ],
            Workload::Admit => vec![vec!["carry", "in", "CARRIED"]],
            Workload::Govern => vec![
                vec!["key", "grant", "REQUEST"],
                vec!["organisation", "rename", "Another name"],
                vec!["charter", "rename", "Another name"],
            ],
            Workload::Index | Workload::Rebuild => vec![vec!["list", "incident"]],
            Workload::Roll => vec![
                vec!["record", "new", "incident", "--from", "DRAFT"],
                vec!["claim", "add", "RECORD", "note", "more", "--in", "en"],
            ],
        };
        let filled = |word: &str| match word {
            "DRAFT" => path("draft"),
            "CARRIED" => path("carried"),
            "REQUEST" => path("request"),
            "RECORD" => self.record.clone(),
            word => word.to_owned(),
        };
        commands.into_iter().map(|command| command.into_iter().map(filled).collect()).collect()
    }

    /// A command that signs, for after a crash.
    pub(super) fn sign_on(&self) -> Vec<String> {
        ["record", "new", "incident", "--from", &self.consortium.path("draft")].map(str::to_owned).to_vec()
    }

    /// What was promised by the outputs of commands; one that was cut off promises nothing.
    pub(super) fn promised(&self, said: &[String]) -> Promised {
        let mut promised = Promised::default();
        for said in said.iter().filter_map(|said| serde_json::from_str::<Value>(said).ok()) {
            match &said["entries"] {
                Value::Array(ids) => {
                    let ids = ids.iter().filter_map(|id| EntryId::parse(id.as_str()?).ok());
                    promised.entries.extend(ids);
                }
                // Of a carried file a number is said: all of it is taken in.
                Value::Number(_) => promised.entries.extend(&self.carried),
                _ => {}
            }
            promised.acts.extend(said["id"].as_str().filter(|_| said["state"].is_string()).map(str::to_owned));
        }
        promised
    }

    /// A path in the home as it is named in every run: keys and so spaces are other ones each time.
    pub(super) fn name_of(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(&self.home).ok()?.display().to_string();
        Some(name.replace(&self.space, "SPACE"))
    }

    /// The path of such a name.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.home.join(name.replace("SPACE", &self.space))
    }

    /// A file beside the home.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.consortium.dir.path().join(name)
    }
}

/// Another machine's request for a key of the organisation of a home.
fn request(consortium: &Consortium, home: &Path, name: &str) {
    let laptop = consortium.dir.path().join(format!("laptop-{name}"));
    write_passphrase(&laptop, PASSPHRASE);
    let shown = json(home, &["organisation", "show"]);
    let own = shown["organisation"].as_str().expect("its id");
    let file = consortium.path(name);
    json(&laptop, &["key", "new", "--role", "contributor", "--label", "laptop", "--organisation", own, "-o", &file]);
}

fn look(path: &Path) -> (u64, SystemTime) {
    let metadata = fs::metadata(path).expect("a file");
    (metadata.len(), metadata.modified().expect("a file system with times"))
}

/// Copies what is below a directory; permissions are kept, large files are linked, sockets are left out.
fn copy(from: &Path, to: &Path) {
    if !to.exists() {
        fs::create_dir(to).expect("a directory is made");
        fs::set_permissions(to, fs::metadata(from).expect("a directory").permissions()).expect("its mode is set");
    }
    for found in fs::read_dir(from).expect("a directory") {
        let path = found.expect("a name").path();
        let there = to.join(path.file_name().expect("a name"));
        let metadata = fs::symlink_metadata(&path).expect("a file");
        if metadata.is_dir() {
            copy(&path, &there);
        } else if metadata.is_file() && metadata.len() > LINKED_BYTES {
            fs::hard_link(&path, &there).expect("a link");
        } else if metadata.is_file() {
            fs::copy(&path, &there).expect("a copy");
        }
    }
}
