//! Whether nodes that hold the same compute the same: digests, views, documents; and whether order decides anything.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::digest;
use isnad_protocol::governance::{ActStatus, Closed, Governance};
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, Log, LogEnd, LogKey};
use isnad_protocol::sheet::{self, Operations, Sheet, SheetKey};
use isnad_protocol::store::{Fault, SheetView};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Policy, View, Words};

use super::disk::{Image, log_of};
use super::finding::{Checked, Finding, Rule, ensure};
use super::random::Random;
use super::talk::holding;

/// Entries in the order in which somebody came by them, found by the record that they are about or name.
pub(super) struct Arrived {
    about: BTreeMap<RecordId, Vec<Authentic>>,
    referring: BTreeMap<RecordId, BTreeSet<RecordId>>,
}

impl Arrived {
    fn new(entries: impl IntoIterator<Item = Authentic>) -> Self {
        let mut arrived = Self { about: BTreeMap::new(), referring: BTreeMap::new() };
        for entry in entries {
            let record = entry.entry().header.record;
            for named in named_by(&entry) {
                arrived.referring.entry(named).or_default().insert(record);
            }
            arrived.about.entry(record).or_default().push(entry);
        }
        arrived
    }
}

impl SheetView for Arrived {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        Ok(self.about.get(&record).cloned().unwrap_or_default())
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        Ok(self.referring.get(&record).cloned().unwrap_or_default())
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault> {
        let is_asked = |record: &RecordId| kind.is_none_or(|kind| record.kind_code() == kind);
        Ok(self.about.keys().copied().filter(|record| *record != RecordId::ZERO && is_asked(record)).collect())
    }
}

/// The records that the claims of an entry name.
fn named_by(entry: &Authentic) -> BTreeSet<RecordId> {
    let payload = entry.entry().payload.as_ref();
    payload.map(|payload| sheet::mentions(&payload.bytes).records).unwrap_or_default()
}

/// The records of entries whose claims name `record`.
pub(super) fn referring<'a>(entries: impl Iterator<Item = &'a Authentic>, record: RecordId) -> BTreeSet<RecordId> {
    entries.filter(|entry| named_by(entry).contains(&record)).map(|entry| entry.entry().header.record).collect()
}

/// What two nodes must have in common once they are in sync: all but the logs that were forked, and what one holds of a
/// closed log and nobody is told of. DESIGN §8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    logs: BTreeMap<LogKey, Log>,
    /// Of each closed log the entries beyond its closing point that are told or that somebody named, and whether the whole of
    /// them is told: one holds them on the line, another on a branch.
    closed: BTreeMap<LogKey, BTreeSet<(LogEnd, bool)>>,
    wanted: BTreeSet<(LogKey, LogEnd)>,
    acts: Vec<[u8; 73]>,
    unchecked: u64,
}

impl State {
    /// `governance` is that of the node that runs on this disk.
    ///
    /// `is_lied_to` where peers that lie go on: they may send a log with a bad signature for ever, and what is not checked, and
    /// so told to nobody, is no part of it then.
    pub(super) fn of(image: &Image, governance: &Governance, forked: &BTreeSet<PublicKey>, is_lied_to: bool) -> Self {
        let is_one = |key: &LogKey| !forked.contains(&key.author);
        let logs = image.logs.iter().filter(|(key, _)| is_one(key));
        let mut logs: BTreeMap<_, _> =
            logs.filter_map(|(key, log)| Some((*key, open_part(image, governance, key, log)?))).collect();
        if is_lied_to {
            logs.values_mut().for_each(|log| log.end = log.checked);
            logs.retain(|_, log| log.end != LogEnd::START);
        }
        let closed = governance.all_closed().filter(|closed| is_one(&closed.facts().log));
        let is_held = |key: &LogKey, end: &LogEnd| {
            !is_lied_to || image.logs.get(key).is_some_and(|log| end.seq <= log.checked.seq)
        };
        let is_told =
            |(key, end): &&(LogKey, LogEnd)| is_one(key) && is_held(key, end) && governance.is_told(key, *end);
        Self {
            unchecked: logs.values().map(|log| log.end.seq - log.checked.seq).sum(),
            logs,
            closed: closed.map(|closed| (closed.facts().log, known_of(governance, closed))).collect(),
            wanted: image.wanted.iter().filter(is_told).copied().collect(),
            acts: image.governance.spaces().iter().flat_map(|space| image.governance.sync_items(&space.id)).collect(),
        }
    }

    pub(super) const fn is_checked(&self) -> bool {
        self.unchecked == 0
    }

    /// What one has and the other has not, for a person.
    pub(super) fn difference(&self, other: &Self) -> String {
        let mut lines = vec![format!("acts {} / {}", self.acts.len(), other.acts.len())];
        if self.acts != other.acts {
            lines.push("acts differ".to_owned());
        }
        lines.extend(differences("", &self.logs, &other.logs));
        lines.extend(differences("behind the closing point of ", &self.closed, &other.closed));
        lines.push(format!("wanted {:?} / {:?}", self.wanted, other.wanted));
        lines.join("\n")
    }
}

/// What stands by a key in one and otherwise in the other, or not at all.
fn differences<T: PartialEq + std::fmt::Debug>(
    of: &str,
    one: &BTreeMap<LogKey, T>,
    other: &BTreeMap<LogKey, T>,
) -> Vec<String> {
    let keys: BTreeSet<&LogKey> = one.keys().chain(other.keys()).collect();
    let both = keys.into_iter().map(|key| (key, one.get(key), other.get(key)));
    both.filter(|(_, one, two)| one != two).map(|(key, one, two)| format!("{of}{key:?}: {one:?} / {two:?}")).collect()
}

/// A log up to where it closes; `None` if nothing of it stands there.
fn open_part(image: &Image, governance: &Governance, key: &LogKey, log: &Log) -> Option<Log> {
    let closing = governance.closed(key).map_or(u64::MAX, Closed::closing);
    if log.end.seq <= closing {
        return Some(*log);
    }
    let end = image.at(*key, closing)?.end();
    Some(Log { end, checked: log.checked.min(end), ..*log })
}

/// The entries of a closed log beyond its closing point that everyone comes to know of: of those that another organisation
/// named, at least the headers.
fn known_of(governance: &Governance, closed: &Closed) -> BTreeSet<(LogEnd, bool)> {
    let named = closed.links().map(|link| link.end).filter(|end| closed.is_named(*end));
    let ends: BTreeSet<LogEnd> = named.chain(governance.told_ends(closed)).collect();
    let entries = ends.into_iter().flat_map(|end| closed.line_to(end));
    let is_whole = |end: LogEnd| governance.is_told(&closed.facts().log, end) && closed.holds_whole(end);
    entries.map(|end| (end, is_whole(end))).collect()
}

/// True if two nodes that share every log would open a session with one round trip.
pub(super) fn is_one_round_trip(one: &Image, other: &Image) -> bool {
    let digests = |image: &Image| {
        let spaces = image.governance.spaces().into_iter();
        spaces.map(|space| holding(image, space.id).digest(space.id)).collect::<Vec<_>>()
    };
    digests(one) == digests(other)
}

/// Everything that a node derives from what it holds, by name, as bytes.
pub(super) type Derived = BTreeMap<(Part, String), Vec<u8>>;

/// Documents that were written once: equal sheets are written alike, for the writing asks nothing but the sheet.
pub(super) type Written = BTreeMap<SheetKey, (Sheet, Vec<u8>)>;

/// Which rule a difference breaks, in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Sheet,
    View,
    Digest,
    /// Standings of entries.
    Standing,
    /// Acts, halts, proofs.
    Governance,
}

/// Derives everything from the entries that a node shows, as `isnad digest`, `show` and `export` do.
pub(super) fn derive(
    checked: &[Authentic],
    shown: &impl SheetView,
    governance: &Governance,
    by_arrival: bool,
    written: &mut Written,
) -> Checked<Derived> {
    let mut derived = digests_and_views(checked, shown, governance)?;
    for record in shown.records(None).map_err(|fault| broken(&fault))? {
        let entries = shown.entries_about(record).map_err(|fault| broken(&fault))?;
        for (key, sheet) in sheet::fold(&entries, governance).sheets {
            let known = written.get(&key).filter(|(known, _)| *known == sheet).map(|(_, bytes)| bytes.clone());
            let bytes = match known {
                Some(bytes) => bytes,
                None => sheet.to_automerge().map_err(|fault| broken(&fault))?,
            };
            derived.insert((Part::Sheet, format!("{key:?}")), bytes.clone());
            if by_arrival {
                derived.insert((Part::Sheet, format!("{key:?} by arrival")), naive(&entries, &sheet));
            }
            written.entry(key).or_insert((sheet, bytes));
        }
    }
    Ok(derived)
}

fn broken(error: &dyn std::fmt::Display) -> Finding {
    Finding::new(Rule::Store, error.to_string())
}

fn digests_and_views(checked: &[Authentic], shown: &impl SheetView, governance: &Governance) -> Checked<Derived> {
    let mut derived = Derived::new();
    for space in governance.spaces() {
        let of_space: Vec<&Authentic> = checked.iter().filter(|entry| entry.entry().header.space == space.id).collect();
        derived.insert((Part::Digest, space.name.clone()), digest_of(&of_space, &space.id, governance).to_vec());
    }
    let names = names(governance);
    let policy = Policy::default();
    let today = Day::parse("2018-12-01").map_err(|_| broken(&"no day"))?;
    let context = Context { judge: governance, names: &names, policy: &policy, today };
    for record in shown.records(None).map_err(|fault| broken(&fault))? {
        let view = View::of(record, shown, context).map_err(|fault| broken(&fault))?;
        let bytes = serde_json::to_vec(&view).map_err(|error| broken(&error))?;
        derived.insert((Part::View, record.to_string()), bytes);
    }
    Ok(derived)
}

/// All that a node makes of what it holds, its documents apart: of forked logs too.
pub(super) fn made(image: &Image, governance: &Governance) -> Checked<Derived> {
    let checked: Vec<Authentic> = image.checked_entries().chain(image.branches.values()).cloned().collect();
    let mut derived = digests_and_views(&checked, &Arrived::new(checked.iter().cloned()), governance)?;
    let standings = sheet::fold(&checked, governance).standings;
    derived.insert((Part::Standing, "entries".to_owned()), format!("{standings:?}").into_bytes());
    let forks: Vec<_> = governance.forks().map(|proof| (proof.log(), proof.seq())).collect();
    let known = [
        ("acts", format!("{:?}", governance.history())),
        ("halts", format!("{:?}", governance.halts())),
        ("double signers", format!("{:?}", governance.double_signers())),
        ("forks", format!("{forks:?}")),
    ];
    derived.extend(known.map(|(name, text)| ((Part::Governance, name.to_owned()), text.into_bytes())));
    Ok(derived)
}

/// Holds what two nodes derive against each other.
pub(super) fn compare(one: &Derived, other: &Derived, who: &str) -> Checked {
    for key in one.keys().chain(other.keys()) {
        let (left, right) = (one.get(key), other.get(key));
        if left != right {
            let text = |bytes: Option<&Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let rule = match key.0 {
                Part::Sheet => Rule::Sheet,
                Part::View => Rule::View,
                Part::Digest => Rule::Digest,
                Part::Standing => Rule::Standing,
                Part::Governance => Rule::Governance,
            };
            let evidence = format!("{who}, {}:\n{:?}\n{:?}", key.1, text(left), text(right));
            return Err(Finding::new(rule, evidence));
        }
    }
    Ok(())
}

/// The same entries in other orders give the same bytes.
pub(super) fn check_order(
    entries: &[Authentic],
    governance: &Governance,
    random: &mut Random,
    written: &mut Written,
) -> Checked {
    let expected = derive(entries, &Arrived::new(entries.to_vec()), governance, false, written)?;
    let mut shuffled = entries.to_vec();
    random.shuffle(&mut shuffled);
    let derived = derive(&shuffled, &Arrived::new(shuffled.clone()), governance, false, written)?;
    ensure(derived == expected, Rule::Order, || {
        compare(&expected, &derived, "in another order").map_or_else(|finding| finding.evidence, |()| String::new())
    })
}

/// What a node shows, without what was forked and what it holds and tells nobody.
pub(super) fn shown(
    image: &Image,
    governance: &Governance,
    forked: &BTreeSet<PublicKey>,
) -> Checked<(Vec<Authentic>, Arrived)> {
    let is_one = |entry: &Authentic| {
        let log = log_of(entry);
        // What is not checked is told to nobody, and may be a liar's who is asked again and again.
        let is_checked = image.logs.get(&log).is_some_and(|held| entry.end().seq <= held.checked.seq);
        let is_known = is_checked || image.branches.contains_key(&(log, entry.end()));
        is_known && !forked.contains(&log.author) && governance.is_told(&log, entry.end())
    };
    // What stands on a branch at one may stand on the line at another.
    let told = image.branches.values().filter(|entry| entry.entry().payload.is_some());
    let checked = image.checked_entries().chain(told).filter(|entry| is_one(entry)).cloned().collect();
    let mut arrived = Vec::new();
    for record in image.records(None).map_err(|fault| Finding::new(Rule::Store, fault.to_string()))? {
        let entries = image.entries_about(record).map_err(|fault| Finding::new(Rule::Store, fault.to_string()))?;
        arrived.extend(entries.into_iter().filter(is_one));
    }
    Ok((checked, Arrived::new(arrived)))
}

fn digest_of(entries: &[&Authentic], space: &isnad_protocol::id::SpaceId, governance: &Governance) -> [u8; 32] {
    let folded = sheet::fold(entries.iter().copied(), governance);
    let sheets: Vec<&Sheet> = folded.sheets.values().collect();
    let runs = digest::runs(entries.iter().copied(), &folded.standings);
    let acts = governance.acts_of(space).filter(|act| governance.status(&act.id()) == Some(ActStatus::InEffect));
    let acts: Vec<_> = acts.map(|act| (act.scope_id(), act.version(), act.id())).collect();
    digest::space(*space, acts, runs, sheets)
}

fn names(governance: &Governance) -> BTreeMap<OrganisationId, Vec<Words>> {
    let words =
        |names: BTreeMap<String, String>| names.into_iter().map(|(lang, text)| Words::new(Some(lang), text)).collect();
    governance.organisations().into_iter().map(|organisation| (organisation.id, words(organisation.names))).collect()
}

/// The texts of a sheet if edits were applied as they came, whatever they were made on: what must not be done.
fn naive(entries: &[Authentic], sheet: &Sheet) -> Vec<u8> {
    let mut texts: BTreeMap<_, Vec<char>> = BTreeMap::new();
    let counts = |entry: &&Authentic| !sheet.left_out.contains_key(&entry.id());
    for entry in entries.iter().filter(counts) {
        let payload = entry.entry().payload.as_ref();
        let Some(Ok(Operations::Edits(edits))) = payload.map(|payload| Operations::parse(&payload.bytes)) else {
            continue;
        };
        if sheet.narratives.get(&edits.narrative).is_none_or(|held| !held.edits.contains_key(&entry.id())) {
            continue;
        }
        let text = texts.entry(edits.narrative).or_default();
        for splice in edits.splices {
            let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
            let (from, to) = (place(splice.at), place(splice.at.saturating_add(splice.delete)));
            text.splice(from..to, splice.insert.chars());
        }
    }
    texts.values().flatten().collect::<String>().into_bytes()
}
