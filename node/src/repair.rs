//! `isnad repair`: of a damaged journal a new one is made that holds what is whole of it; peers are asked for the rest. design §12.
//!
//! The journals are the truth, so nothing of them is thrown away: the damaged one is moved aside as it is. Each entry passes the
//! door once more, for what stood in a damaged file may also have been put there: bytes that are whole, and chained, and signed,
//! are taken; the others are named. What is missing then is asked for at the next start, as everything is that peers have and
//! this replica has not; and this home signs nothing before one of them has confirmed how far its keys have signed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use isnad_protocol::act::Act;
use isnad_protocol::id::{ConsortiumId, EntryId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::LogEnd;
use serde::Serialize;

use crate::audit::founding_of;
use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::index::{Index, Journals};
use crate::journal::{self, Damage, Flaw, Found, Journal, Meter, Position, Scan, length_of};
use crate::keystore::Keystore;
use crate::mark::{End, Mark, OwnLog};
use crate::node::open_spaces;
use crate::store::{self, kind};

mod placing;

#[cfg(test)]
mod tests;

use placing::Placing;

/// What the folder of a journal that is being written is called, behind the journal's own name; and what, once it is whole.
const UNFINISHED: &str = "repairing";
const FINISHED: &str = "repaired";

/// What the journal of acts is called.
pub const ACTS: &str = "acts";

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// The journals that were damaged, each with what is held of it now; none where all were whole.
    pub journals: Vec<Mended>,
    /// The folder with the damaged journals as they were.
    pub kept_in: Option<PathBuf>,
}

/// One journal that was made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// Its folder in the home: `acts`, or `journal/` and the space.
    pub journal: String,
    /// Where it was damaged, and how.
    pub damages: Vec<Place>,
    /// Entries (of the journal of acts: acts) that the new one holds.
    pub kept: u64,
    /// Logs of which entries are missing now, that were there.
    pub missing: Vec<Missing>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, within the home.
    pub file: String,
    /// The byte at which it begins.
    pub offset: u64,
    /// What is wrong.
    pub flaw: String,
}

/// Entries of one log that were held before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Whose log.
    pub author: PublicKey,
    /// The first position that is missing.
    pub from: u64,
    /// The last that is known to have been held.
    pub until: u64,
    /// Its id.
    #[serde(skip)]
    pub last: EntryId,
}

/// Makes the damaged journals of a home anew. A home whose journals are whole stays as it is.
///
/// `progress` is told how many of how many bytes were read. A repair that is cut off is done again, or ended, by the next.
///
/// # Errors
/// [`Fault::Locked`] while a node runs; [`Fault::HomeUnsafe`] for a journal that is a link, of which only the link could be moved
/// aside; [`Fault::FoundingLost`] where not even the act that founds the consortium can be read:
/// nothing is changed then. [`Fault`] if the disk fails.
pub fn repair(home: &Home, progress: &mut dyn FnMut(u64, u64)) -> Result<Repaired, Fault> {
    let _lock = home.lock()?;
    finish_interrupted(home)?;
    let dirs = home.spaces()?.iter().map(|space| home.journal(space)).chain([home.acts()]).collect::<Vec<_>>();
    for dir in dirs.iter().filter(|dir| dir.is_symlink()) {
        files::check_own_directory(dir)?;
    }
    let mut meter = Meter::of(&dirs, progress);
    let (acts, consortium) = read_acts(home, &mut meter)?;
    let spaces = open_spaces(consortium);
    let before = Before::of(home, &spaces);
    let (mut mended, mut lost) = (Vec::new(), BTreeMap::new());
    mended.extend(acts);
    for space in spaces {
        let written = read_space(home, space, &before, &mut meter)?;
        let missing = written.iter().flat_map(|(_, mended)| &mended.missing);
        lost.extend(missing.map(|missing| {
            let end = End { seq: missing.until, id: missing.last };
            (OwnLog { space, author: *missing.author.as_bytes() }, end)
        }));
        mended.extend(written);
    }
    if mended.is_empty() {
        return Ok(Repaired { journals: Vec::new(), kept_in: None });
    }
    let aside = aside(home)?;
    keep_numbers(home, lost, &aside)?;
    for (dir, _) in &mended {
        put_in_place(dir, &aside)?;
    }
    let kept_in = aside.exists().then_some(aside);
    Ok(Repaired { journals: mended.into_iter().map(|(_, mended)| mended).collect(), kept_in })
}

/// Writes down how far own keys are known to have signed, where the mark does not know it: a peer that lacks the lost entries as
/// well would confirm too little, and their numbers would be used twice. A mark that is damaged is kept beside the journals.
fn keep_numbers(home: &Home, mut lost: BTreeMap<OwnLog, End>, aside: &Path) -> Result<(), Fault> {
    let keys = home.keys();
    let own = if keys.exists() { Keystore::open(&keys)?.list()? } else { Vec::new() };
    lost.retain(|log, _| own.iter().any(|key| key.public == log.author));
    if lost.is_empty() {
        return Ok(());
    }
    let found = match Mark::load(&home.mark()) {
        Err(Fault::MarkDamaged { path }) => {
            files::create_directory(aside)?;
            fs::copy(&path, aside.join(path.file_name().unwrap_or_default())).map_err(Fault::io("copy", &path))?;
            None
        }
        found => found?,
    };
    Mark::knowing_of(found.as_ref(), &lost).map_or(Ok(()), |mark| mark.write(&home.mark()))
}

/// What the index said of the journals before: how far they reached, and each log in them.
#[derive(Debug, Default)]
struct Before {
    reached: BTreeMap<SpaceId, Position>,
    logs: BTreeMap<SpaceId, BTreeMap<PublicKey, LogEnd>>,
}

impl Before {
    /// Says nothing where the index cannot be read, or is another's.
    fn of(home: &Home, spaces: &[SpaceId]) -> Self {
        let nothing = Journals(std::sync::Arc::new(|_, _| Ok(Vec::new())));
        let left = Index::left(&home.index(), |stamp| store::fits(home, spaces, stamp), &nothing);
        let Ok(Some(index)) = left else { return Self::default() };
        let mut logs: BTreeMap<SpaceId, BTreeMap<PublicKey, LogEnd>> = BTreeMap::new();
        for (key, log) in index.stored().map(|stored| stored.logs).unwrap_or_default() {
            logs.entry(key.space).or_default().insert(key.author, log.end);
        }
        Self { reached: index.reached().unwrap_or_default(), logs }
    }
}

/// Where a journal is damaged: found by reading all of it, and by what the index vouches for.
fn damages(dir: &Path, name: &str, vouched: Option<Position>, meter: &mut Meter<'_>) -> Result<Vec<Place>, Fault> {
    let place = |position: Position, flaw: Flaw| Place {
        file: format!("{name}/{}.seg", position.segment),
        offset: u64::from(position.offset),
        flaw: flaw.to_string(),
    };
    if !journal::exists(dir)? {
        return Ok(vec![place(Position { offset: 0, ..Position::START }, Flaw::Missing)]);
    }
    let (mut damages, is_of_acts) = (Vec::new(), name == ACTS);
    let mut end = Position::START;
    for found in Scan::open(dir)? {
        match found {
            Found::Frame(frame) => {
                meter.add(length_of(&frame));
                end = frame.end();
            }
            // What another program or a better disk may read is not given up here.
            Found::Damage(Damage { position, flaw: flaw @ (Flaw::Version | Flaw::Unreadable(_)), .. }) => {
                return Err(journal::fault_at(dir, position, flaw));
            }
            Found::Damage(Damage { position, flaw, .. }) => damages.push(place(position, flaw)),
            // What a crash tears is moved aside by each start; of the spaces the index knows if it was more. Acts are seldom
            // written, and none of them is in the index.
            Found::Tail { position, flaw, .. } => damages.extend(is_of_acts.then(|| place(position, flaw))),
        }
    }
    if damages.is_empty() && vouched.is_some_and(|vouched| end < vouched) {
        damages.push(place(end, Flaw::Missing));
    }
    Ok(damages)
}

/// A journal that was written anew, beside its place.
type Written = (PathBuf, Mended);

/// Makes the journal of acts anew where it is damaged. Returns the consortium that it founds.
fn read_acts(home: &Home, meter: &mut Meter<'_>) -> Result<(Option<Written>, ConsortiumId), Fault> {
    let dir = home.acts();
    if !journal::exists(&dir)? {
        return Err(Fault::FoundingLost { path: dir });
    }
    let damages = damages(&dir, ACTS, None, meter)?;
    let frames = || Scan::open(&dir).map(|scan| scan.filter_map(frame_of));
    let consortium = frames()?.filter(|frame| frame.kind == kind::ACT).find_map(|frame| founding_of(&frame.bytes));
    let Some(consortium) = consortium else { return Err(Fault::FoundingLost { path: dir }) };
    if damages.is_empty() {
        return Ok((None, consortium));
    }
    let mut written = begin(&dir)?;
    let mut kept = 0_u64;
    for frame in frames()? {
        // One of a later version is left as it is.
        if frame.kind != kind::ACT || Act::decode(&frame.bytes).is_ok() {
            written.append(frame.kind, &[&frame.bytes])?;
            kept = kept.saturating_add(u64::from(frame.kind == kind::ACT));
        }
    }
    finish(written, &dir)?;
    let mended = Mended { journal: ACTS.to_owned(), damages, kept, missing: Vec::new() };
    Ok((Some((dir, mended)), consortium))
}

/// Makes the journal of a space anew where it is damaged.
fn read_space(home: &Home, space: SpaceId, before: &Before, meter: &mut Meter<'_>) -> Result<Option<Written>, Fault> {
    let (dir, name) = (home.journal(&space), format!("journal/{space}"));
    let damages = damages(&dir, &name, before.reached.get(&space).copied(), meter)?;
    let asides = asides(home, &space)?;
    if damages.is_empty() && asides.is_empty() {
        return Ok(None);
    }
    let mut written = begin(&dir)?;
    let mut placing = Placing::new(space);
    place_all(&dir, |_| true, &mut placing, &mut written)?;
    let mut taken_back = 0_u64;
    while !asides.is_empty() {
        // What stood behind a gap continues its log once peers, or what an earlier repair kept, have filled that.
        let known = taken_back;
        for source in asides.iter().chain([&dir]) {
            taken_back = place_all(source, is_of_logs, &mut placing, &mut written)?.saturating_add(taken_back);
        }
        if taken_back == known {
            break;
        }
    }
    if damages.is_empty() && taken_back == 0 {
        drop(written);
        return fs::remove_dir_all(dir.with_extension(UNFINISHED)).map(|()| None).map_err(Fault::io("remove", &dir));
    }
    finish(written, &dir)?;
    let held = before.logs.get(&space).cloned().unwrap_or_default();
    let (kept, missing) = placing.finish(held);
    Ok(Some((dir, Mended { journal: name, damages, kept, missing })))
}

/// Writes what has a place of the journal in a folder, of the kinds that are asked for. Returns how many frames that is.
fn place_all(dir: &Path, is_asked: fn(u8) -> bool, placing: &mut Placing, written: &mut Journal) -> Result<u64, Fault> {
    let mut placed = 0_u64;
    let frames = if dir.exists() { Some(Scan::open(dir)?) } else { None };
    for frame in frames.into_iter().flatten().filter_map(frame_of).filter(|frame| is_asked(frame.kind)) {
        if let Some(kind) = placing.place(&frame) {
            written.append(kind, &[&frame.bytes])?;
            placed = placed.saturating_add(1);
        }
    }
    Ok(placed)
}

const fn is_of_logs(kind: u8) -> bool {
    matches!(kind, kind::ENTRY | kind::ENTRY_OF_RUN | kind::PAYLOAD | kind::BRANCH)
}

/// The folders in which earlier repairs kept the journal of a space, the newest first.
fn asides(home: &Home, space: &SpaceId) -> Result<Vec<PathBuf>, Fault> {
    let kept = home.journal(space);
    let name = kept.file_name().unwrap_or_default();
    let mut asides = Vec::new();
    for dir in kept_by_repairs(home).map(|dir| dir.join(name)) {
        if journal::exists(&dir)? {
            asides.push(dir);
        }
    }
    asides.reverse();
    Ok(asides)
}

/// The folders in which repairs kept what was damaged, the oldest first.
fn kept_by_repairs(home: &Home) -> impl Iterator<Item = PathBuf> {
    let all = home.damaged();
    (1_u32..).map(move |number| all.join(number.to_string())).take_while(|dir| dir.exists())
}

fn frame_of(found: Found) -> Option<journal::Frame> {
    match found {
        Found::Frame(frame) => Some(frame),
        Found::Damage(_) | Found::Tail { .. } => None,
    }
}

/// Begins the journal that is to stand in `dir`, beside it.
fn begin(dir: &Path) -> Result<Journal, Fault> {
    for beside in [dir.with_extension(UNFINISHED), dir.with_extension(FINISHED)] {
        if beside.exists() {
            fs::remove_dir_all(&beside).map_err(Fault::io("remove", &beside))?;
        }
    }
    Ok(Journal::open(&dir.with_extension(UNFINISHED))?.journal)
}

/// Flushes it, and gives it the name by which the next repair knows that it is whole.
fn finish(mut written: Journal, dir: &Path) -> Result<(), Fault> {
    written.sync()?;
    let (from, to) = (dir.with_extension(UNFINISHED), dir.with_extension(FINISHED));
    fs::rename(&from, &to).map_err(Fault::io("put in place", &to))?;
    files::sync_directory(files::parent(dir))
}

/// A folder for what is moved aside, of a name that is not taken.
fn aside(home: &Home) -> Result<PathBuf, Fault> {
    let all = home.damaged();
    files::create_directory(&all)?;
    let number = kept_by_repairs(home).count().saturating_add(1);
    Ok(all.join(number.to_string()))
}

/// Moves a damaged journal aside and the one that was made of it into its place.
fn put_in_place(dir: &Path, aside: &Path) -> Result<(), Fault> {
    if dir.exists() {
        files::create_directory(aside)?;
        let kept = aside.join(dir.file_name().unwrap_or_default());
        fs::rename(dir, &kept).map_err(Fault::io("move aside", dir))?;
        files::sync_directory(aside)?;
    }
    rename_into_place(dir)
}

fn rename_into_place(dir: &Path) -> Result<(), Fault> {
    fs::rename(dir.with_extension(FINISHED), dir).map_err(Fault::io("put in place", dir))?;
    files::sync_directory(files::parent(dir))
}

/// Refuses a home whose repair was cut off between the moving aside of its acts and what was made of them: it would look like one
/// that joined nothing, and an empty journal would be made in their place.
///
/// # Errors
/// [`Fault::JournalMissing`], which says to run `isnad repair`: that ends it.
pub(crate) fn check_acts(home: &Home) -> Result<(), Fault> {
    let path = home.acts();
    let is_cut_off = !path.exists() && path.with_extension(FINISHED).exists();
    if is_cut_off { Err(Fault::JournalMissing { path }) } else { Ok(()) }
}

/// Ends a repair that was cut off between the moving aside of a journal and what was made of it.
fn finish_interrupted(home: &Home) -> Result<(), Fault> {
    let listed = fs::read_dir(home.path().join("journal")).into_iter().flatten().flatten().map(|found| found.path());
    for beside in listed.chain([home.acts().with_extension(FINISHED)]) {
        let is_one = beside.extension().is_some_and(|end| end == FINISHED) && beside.exists();
        let dir = beside.with_extension("");
        if is_one && !dir.exists() {
            rename_into_place(&dir)?;
        }
    }
    Ok(())
}
