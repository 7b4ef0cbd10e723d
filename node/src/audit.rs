//! Reads a home's journals from the bytes up and hands them to the auditor, on all cores. DESIGN §11.
//!
//! Trusts no index, needs no lock and no passphrase, and changes nothing: it runs beside a node. One thread reads the
//! segments in order, as many as there are cores check what stands in them, and what they find is put together in the
//! journal's order. No more than some thousand entries are in memory at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use isnad_protocol::act::{Act, founding};
use isnad_protocol::audit::{Audit, Finding, Part, Report, Stored, What, check};
use isnad_protocol::entry::{HEADER_SIZE, Header};
use isnad_protocol::id::{ConsortiumId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{LogEnd, LogKey};
use serde::{Deserialize, Serialize};

use crate::cores;
use crate::fault::Fault;
use crate::home::Home;
use crate::journal::{self, Damage, Flaw, Found, Frame, Meter, Position, Scan, length_of};
use crate::mark::Mark;
use crate::node::open_spaces;
use crate::repair;
use crate::store::{decode_end, kind};

/// Frames that are checked in one go: some milliseconds of one core.
const PART: usize = 256;

/// What an audit of a home came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// The consortium that the founding charter makes; `None` if none can be read.
    pub consortium: Option<ConsortiumId>,
    /// True if the auditor named it by other means. Otherwise nothing says that this is the right consortium.
    pub is_pinned: bool,
    /// Bytes of journals read.
    pub bytes: u64,
    /// Entries of each space.
    pub spaces: BTreeMap<SpaceId, u64>,
    /// What was looked at and found.
    #[serde(flatten)]
    pub report: Report,
}

impl Audited {
    /// True if no fault was found.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.report.counts.faults == 0
    }
}

/// Audits a home. `progress` is told bytes read and bytes in all.
///
/// # Errors
/// [`Fault::Io`] if a directory cannot be listed; everything else that is wrong is a finding.
pub fn audit(home: &Home, known: Option<ConsortiumId>, progress: &mut dyn FnMut(u64, u64)) -> Result<Audited, Fault> {
    // Before the journals: a node that runs meanwhile only adds to them.
    let mark = Mark::load(&home.mark());
    let is_in_use = UnixStream::connect(home.socket()).is_ok();
    let spaces = home.spaces()?;
    let dirs: Vec<PathBuf> =
        spaces.iter().map(|space| home.journal(space)).chain([home.acts()]).filter(|dir| dir.exists()).collect();
    let mut meter = Meter::of(&dirs, progress);

    let (acts, troubles) = read_acts(home, is_in_use, &mut meter)?;
    let founded = acts.iter().find_map(|(_, bytes)| founding_of(bytes));
    let consortium = founded.or(known).unwrap_or(ConsortiumId::new([0; 32]));
    let mut audit = Audit::new(consortium, acts);
    troubles.into_iter().for_each(|finding| audit.find(finding));
    if known.is_some_and(|known| founded.is_some_and(|founded| founded != known)) {
        audit.find(Finding::of("acts".into(), What::OtherConsortium).because(&consortium.to_string()));
    }
    missing_journals(home, founded.or(known), &mut audit)?;
    let mut entries = BTreeMap::new();
    for space in spaces {
        entries.insert(space, audit_space(home, space, is_in_use, &mut audit, &mut meter)?);
    }
    hold_against_mark(mark, &mut audit);
    let bytes = meter.read();
    Ok(Audited {
        consortium: founded,
        is_pinned: known.is_some() && known == founded,
        bytes,
        spaces: entries,
        report: audit.finish(),
    })
}

/// A home has its journals before the act that founds the consortium, so that one which holds the act and not the journal has
/// lost it.
fn missing_journals(home: &Home, consortium: Option<ConsortiumId>, audit: &mut Audit) -> Result<(), Fault> {
    for space in consortium.into_iter().flat_map(open_spaces) {
        if !journal::exists(&home.journal(&space))? {
            let mut finding = Finding::of(format!("journal/{space}"), What::NoJournal);
            finding.space = Some(space);
            audit.find(finding);
        }
    }
    Ok(())
}

pub(crate) fn founding_of(bytes: &[u8]) -> Option<ConsortiumId> {
    let act = Act::decode(bytes).ok().filter(|act| act.is_first() && act.as_charter().is_some())?;
    Some(founding::consortium(&act))
}

type Acts = Vec<(String, Vec<u8>)>;

fn read_acts(home: &Home, is_in_use: bool, meter: &mut Meter<'_>) -> Result<(Acts, Vec<Finding>), Fault> {
    let (mut acts, mut troubles) = (Vec::new(), Vec::new());
    repair::check_acts(home)?;
    if !home.acts().exists() {
        return Ok((acts, troubles));
    }
    for found in Scan::open(&home.acts())? {
        match found {
            Found::Frame(frame) => {
                meter.add(length_of(&frame));
                let place = place("acts", frame.position);
                if frame.kind == kind::ACT {
                    acts.push((place, frame.bytes));
                } else {
                    troubles.push(Finding::of(place, What::UnknownFrame).because(&frame.kind.to_string()));
                }
            }
            Found::Damage(Damage { position, flaw, .. }) => {
                troubles.push(Finding::of(place("acts", position), What::Damaged).because(&flaw.to_string()));
            }
            Found::Tail { position, flaw, .. } => {
                troubles.push(Finding::of(place("acts", position), tail(flaw, is_in_use)).because(&flaw.to_string()));
            }
        }
    }
    Ok((acts, troubles))
}

/// Bytes behind the last whole frame are a node at work, if one runs and the last frame is only cut short.
const fn tail(flaw: Flaw, is_in_use: bool) -> What {
    if is_in_use && matches!(flaw, Flaw::Cut) { What::TailInUse } else { What::Tail }
}

fn place(folder: &str, position: Position) -> String {
    format!("{folder}/{position}")
}

/// One stretch of a journal, numbered in its order.
type Stretch<T> = (u64, Vec<(Position, T)>);

/// Reads, checks and joins one journal. Returns how many entries it holds.
fn audit_space(
    home: &Home,
    space: SpaceId,
    is_in_use: bool,
    audit: &mut Audit,
    meter: &mut Meter<'_>,
) -> Result<u64, Fault> {
    let dir = home.journal(&space);
    let folder = format!("journal/{space}");
    let scan = Scan::open(&dir)?;
    let workers = cores::count();
    // As many stretches wait as there are workers: a slow disk and a slow core wait for each other.
    let (give, take) = sync_channel::<Stretch<Stored>>(workers);
    let (give_back, checked) = sync_channel::<(Stretch<Part>, u64)>(workers);
    let take = Mutex::new(take);
    let mut tails = Vec::new();
    std::thread::scope(|scope| {
        let dir = &dir;
        let reader = scope.spawn(move || read_space(scan, dir, &give));
        for _ in 0..workers {
            let give_back = give_back.clone();
            let take = &take;
            scope.spawn(move || check_stretches(take, &give_back));
        }
        drop(give_back);
        let mut early = BTreeMap::new();
        let mut next = 0_u64;
        for ((number, parts), bytes) in checked {
            early.insert(number, parts);
            meter.add(bytes);
            while let Some(parts) = early.remove(&next) {
                next = next.saturating_add(1);
                for (position, part) in parts {
                    audit.join(space, place(&folder, position), part);
                }
            }
        }
        tails = reader.join().unwrap_or_default();
    });
    for (position, flaw, looks_like) in tails {
        let mut finding = Finding::of(place(&folder, position), tail(flaw, is_in_use)).because(&flaw.to_string());
        finding.space = Some(space);
        if let Some((author, seq)) = looks_like {
            finding = finding.author(author);
            finding.seq = Some(seq);
        }
        audit.find(finding);
    }
    Ok(audit.entries_of(space))
}

/// What a header that can still be read says: whose entry, at which position.
type LooksLike = Option<(PublicKey, u64)>;

fn read_space(scan: Scan, dir: &Path, give: &SyncSender<Stretch<Stored>>) -> Vec<(Position, Flaw, LooksLike)> {
    let mut number = 0_u64;
    let mut stretch = Vec::with_capacity(PART);
    let mut tails = Vec::new();
    for found in scan {
        match found {
            Found::Frame(frame) => stretch.push((frame.position, stored(frame))),
            Found::Damage(Damage { position, flaw, .. }) => {
                let looks_like = looks_like(dir, position);
                stretch.push((position, Stored::Damaged { flaw: flaw.to_string(), looks_like }));
            }
            Found::Tail { position, flaw, .. } => tails.push((position, flaw, looks_like(dir, position))),
        }
        if stretch.len() >= PART {
            if give.send((number, std::mem::take(&mut stretch))).is_err() {
                return tails;
            }
            number = number.saturating_add(1);
        }
    }
    // A receiver that has gone asks for nothing more.
    let _ = give.send((number, stretch));
    tails
}

fn stored(frame: Frame) -> Stored {
    let end = |bytes: &[u8], make: fn(LogKey, LogEnd) -> Stored| {
        decode_end(bytes).map_or(Stored::Unknown(frame.kind), |(log, end)| make(log, end))
    };
    match frame.kind {
        kind::ENTRY => Stored::Entry(frame.bytes),
        kind::ENTRY_OF_RUN => Stored::EntryOfRun(frame.bytes),
        kind::PAYLOAD => Stored::Payload(frame.bytes),
        kind::CHECKED => end(&frame.bytes, Stored::Checked),
        kind::CUT_BACK => end(&frame.bytes, Stored::CutBack),
        kind::FORK => Stored::Fork(frame.bytes),
        kind::BRANCH => Stored::Branch(frame.bytes),
        other => Stored::Unknown(other),
    }
}

fn check_stretches(take: &Mutex<Receiver<Stretch<Stored>>>, give: &SyncSender<(Stretch<Part>, u64)>) {
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, stretch)) = next else { return };
        let bytes = stretch.iter().fold(0_u64, |sum, (_, stored)| sum.saturating_add(weight(stored)));
        let parts = stretch.into_iter().map(|(position, stored)| (position, check(stored))).collect();
        if give.send(((number, parts), bytes)).is_err() {
            return;
        }
    }
}

fn weight(stored: &Stored) -> u64 {
    match stored {
        Stored::Entry(bytes) | Stored::EntryOfRun(bytes) | Stored::Payload(bytes) => {
            u64::try_from(bytes.len()).unwrap_or(0)
        }
        Stored::Checked(..)
        | Stored::CutBack(..)
        | Stored::Fork(_)
        | Stored::Branch(_)
        | Stored::Damaged { .. }
        | Stored::Unknown(_) => 0,
    }
}

/// Reads the header of the entry that may stand at a damaged place: its checksum is wrong, so it is a hint and no more.
fn looks_like(dir: &Path, position: Position) -> LooksLike {
    /// Marker, length, checksum and kind of a frame.
    const BEFORE: u64 = 13;
    let file = File::open(dir.join(format!("{}.seg", position.segment))).ok()?;
    let mut bytes = [0; HEADER_SIZE];
    file.read_exact_at(&mut bytes, u64::from(position.offset).saturating_add(BEFORE)).ok()?;
    Header::decode(&bytes).ok().map(|header| (header.author, header.seq))
}

/// What this node signed must be there: the mark was on disk before anyone heard of an entry.
fn hold_against_mark(mark: Result<Option<Mark>, Fault>, audit: &mut Audit) {
    let mark = match mark {
        Ok(Some(mark)) => mark,
        Ok(None) => return,
        Err(fault) => return audit.find(Finding::of("mark".into(), What::Unreadable).because(&fault.to_string())),
    };
    for (own, settled) in mark.settled() {
        let log = LogKey { space: own.space, author: PublicKey::new(own.author) };
        let end = LogEnd { seq: settled.seq, id: settled.id };
        if !audit.holds(log, end) {
            audit.find(Finding::of("mark".into(), What::BeforeMark).log(log, end));
        }
    }
}
