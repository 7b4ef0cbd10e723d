//! Logs by their last entries, told so that a person can choose where one is cut; and the cuts. format §6.

use std::collections::BTreeMap;

use isnad_protocol::act::{Act, Cut};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::sheet::{Claim, Operation, Operations};
use isnad_protocol::store::LogView;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Reference, Words, value_text};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::governing::fallen::fallen_keys;
use crate::governing::{Kept, told};
use crate::node::Node;
use crate::problem::Problem;
use crate::reading::Reader;

/// Bytes of a log read at a time.
const READ_BYTES: usize = 1 << 20;
/// Entries beyond a cut that are shown.
const SHOWN: u64 = 10;
/// Claims of an entry that are told with what they say.
const SAID: usize = 4;
/// Bytes of a value that is told whole.
const VALUE_BYTES: usize = 2_048;
/// Characters that are told of a longer one, and of what is written into a text.
const VALUE_BEGINNING: usize = 200;

/// The last entries of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTail {
    /// The key.
    pub author: PublicKey,
    /// The space.
    pub space: SpaceId,
    /// Its name.
    pub space_name: String,
    /// How many entries it has.
    pub entries: u64,
    /// The last of them, oldest first.
    pub tail: Vec<EntryLine>,
}

/// An entry in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// Its position.
    pub seq: u64,
    /// Its id.
    pub id: EntryId,
    /// The time that it claims.
    pub time: Timestamp,
    /// change, attestation, redaction or unknown.
    pub kind: String,
    /// The record that it is about; none for one that is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The record's kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_kind: Option<String>,
    /// What the record is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Words>,
    /// The properties that it claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// What the first of these claims say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// What it writes into a text, cut; none if it edits none, or only takes words out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// How many claims it takes back.
    #[serde(default)]
    pub retractions: usize,
    /// True if it edits a text.
    #[serde(default)]
    pub edits: bool,
}

/// What one claim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The property.
    pub prop: String,
    /// The value; of a long one its beginning, as a text.
    pub value: Json,
    /// The language of the value, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The records that the value names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Reference>,
}

/// Entries of a log that would not count any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The key.
    pub author: PublicKey,
    /// The space's name.
    pub space: String,
    /// The last position that counts; zero if none does.
    pub after: u64,
    /// How many entries lie beyond.
    pub entries: u64,
    /// The first of them.
    pub first: Vec<EntryLine>,
}

/// What holds for a log of which nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// Nothing of it counts.
    Nothing,
    /// All that is held of it counts.
    Everything,
}

/// Cuts, and what they leave out.
#[derive(Debug)]
pub(super) struct Cuts {
    pub(super) cuts: Vec<Cut>,
    pub(super) stopped: Vec<Stopped>,
}

/// The logs of a key, each by its last entries.
///
/// # Errors
/// [`Problem`] if the journal cannot be read.
pub fn tails(node: &Node, key: &PublicKey, last: u64) -> Result<Vec<LogTail>, Problem> {
    let reader = Reader::new(node);
    let names = space_names(&reader);
    let mut tails = Vec::new();
    for (log, held) in reader.logs().iter().filter(|(log, _)| log.author == *key) {
        let entries = held.end.seq;
        let tail = lines(node, &reader, *log, entries.saturating_sub(last), last)?;
        let space_name = names.get(&log.space).cloned().unwrap_or_else(|| log.space.to_short());
        tails.push(LogTail { author: *key, space: log.space, space_name, entries, tail });
    }
    Ok(tails)
}

/// Cuts the logs of an organisation, or of one key of it, where it is asked for.
pub(super) fn cuts(
    node: &Node,
    organisation: &OrganisationId,
    key: Option<&PublicKey>,
    unnamed: Unnamed,
    kept: &[Kept],
) -> Result<Cuts, Problem> {
    let reader = Reader::new(node);
    let names = space_names(&reader);
    let is_of = |log: &LogKey| key.is_none_or(|key| log.author == *key);
    let mut cuts = Vec::new();
    let mut stopped = Vec::new();
    let mut used = 0_usize;
    let logs = reader.logs().iter().filter(|(log, held)| held.organisation == *organisation && is_of(log));
    for (log, held) in logs {
        let named = kept.iter().find(|kept| kept.author == log.author && kept.space == log.space);
        used = used.saturating_add(usize::from(named.is_some()));
        let seq = match (named, unnamed) {
            (Some(kept), _) => kept.seq,
            (None, Unnamed::Nothing) => 0,
            (None, Unnamed::Everything) => held.end.seq,
        };
        let space = names.get(&log.space).cloned().unwrap_or_else(|| log.space.to_short());
        if seq > held.end.seq {
            let values = [("seq", &*seq.to_string()), ("entries", &*held.end.seq.to_string()), ("space", &*space)];
            return Err(told("no_position", &values));
        }
        if seq > 0 {
            cuts.push(Cut::new(log, end_at(node, *log, held.end, seq)?));
        }
        stopped.extend(stopped_beyond(node, &reader, (log, held.end.seq), space, seq)?);
    }
    if used < kept.len() {
        return Err(told("no_such_log", &[]));
    }
    // Drawn before they are filled in, for that cannot fail half-way.
    let mut drawn = Vec::new();
    for _ in 0..4 {
        drawn.push(clock::random::<{ Cut::RANDOM_SIZE }>()?);
    }
    let cuts = Cut::fill(cuts, || drawn.pop().unwrap_or([0; Cut::RANDOM_SIZE]));
    Ok(Cuts { cuts, stopped })
}

/// What would not count any more by an act that another drafted: what lies beyond the positions that it names, all of each log that
/// it does not name, and all of the keys that a rotation's falling acts alone grant.
///
/// # Errors
/// [`Problem`] if the journal cannot be read.
pub(crate) fn stopped_by(node: &Node, act: &Act) -> Result<Vec<Stopped>, Problem> {
    let reader = Reader::new(node);
    let names = space_names(&reader);
    let fallen = fallen_keys(reader.governance(), act);
    let mut stopped = Vec::new();
    for (log, held) in reader.logs().iter() {
        let is_fallen = act.organisation() == Some(held.organisation) && fallen.contains(&log.author);
        let cuts = cuts_of(act, log, &held.organisation).or(is_fallen.then_some(&[][..]));
        let Some(cuts) = cuts else { continue };
        let seq = cuts.iter().find(|cut| cut.is_of(log)).map_or(0, |cut| cut.seq(log));
        let space = names.get(&log.space).cloned().unwrap_or_else(|| log.space.to_short());
        stopped.extend(stopped_beyond(node, &reader, (log, held.end.seq), space, seq)?);
    }
    Ok(stopped)
}

/// The positions that an act names where it ends a log: by taking out its organisation, or by revoking its key.
fn cuts_of<'a>(act: &'a Act, log: &LogKey, organisation: &OrganisationId) -> Option<&'a [Cut]> {
    let removal = act.removed().into_iter().flatten().find(|removal| removal.organisation == *organisation);
    if let Some(removal) = removal {
        return Some(&removal.cuts);
    }
    let own = act.as_organisation().filter(|_| act.organisation() == Some(*organisation))?;
    own.revocations.iter().find(|revocation| revocation.key == log.author).map(|revocation| &revocation.cuts[..])
}

/// What is held of a log beyond a position; `None` if nothing is.
fn stopped_beyond(
    node: &Node,
    reader: &Reader<'_>,
    (log, end): (&LogKey, u64),
    space: String,
    after: u64,
) -> Result<Option<Stopped>, Problem> {
    let entries = end.saturating_sub(after);
    if entries == 0 {
        return Ok(None);
    }
    let first = lines(node, reader, *log, after, SHOWN)?;
    Ok(Some(Stopped { author: log.author, space, after, entries, first }))
}

fn end_at(node: &Node, log: LogKey, end: LogEnd, seq: u64) -> Result<LogEnd, Problem> {
    if seq == end.seq {
        return Ok(end);
    }
    let read = node.reader().read_log(log, seq.saturating_sub(1), 1)?;
    let found = read.first().map(Authentic::end).filter(|end| end.seq == seq);
    found.ok_or_else(|| Problem::fault("the journal is shorter than its index says"))
}

fn lines(node: &Node, reader: &Reader<'_>, log: LogKey, after: u64, count: u64) -> Result<Vec<EntryLine>, Problem> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut labels: BTreeMap<RecordId, Vec<Words>> = BTreeMap::new();
    let mut lines: Vec<EntryLine> = Vec::new();
    while lines.len() < count {
        let at = lines.last().map_or(after, |line| line.seq);
        let read = node.reader().read_log(log, at, READ_BYTES)?;
        let before = lines.len();
        for entry in read.iter().take(count.saturating_sub(before)) {
            let record = entry.entry().header.record;
            let known = labels.entry(record).or_insert_with(|| reader.labels(record));
            let known = known.clone();
            lines.push(line(reader, entry, known));
        }
        if lines.len() == before {
            break;
        }
    }
    Ok(lines)
}

fn line(reader: &Reader<'_>, entry: &Authentic, labels: Vec<Words>) -> EntryLine {
    let header = &entry.entry().header;
    let record = (header.record != RecordId::ZERO).then_some(header.record);
    let mut line = EntryLine {
        seq: header.seq,
        id: entry.id(),
        time: header.time,
        kind: header.kind.name().to_owned(),
        record,
        record_kind: record.and_then(|record| record.kind_name().map(str::to_owned)),
        labels,
        claims: Vec::new(),
        said: Vec::new(),
        written: None,
        retractions: 0,
        edits: false,
    };
    let payload = entry.entry().payload.as_ref().filter(|_| header.kind == Kind::Change);
    match payload.and_then(|payload| Operations::parse(&payload.bytes).ok()) {
        Some(Operations::Claims(operations)) => {
            for operation in operations {
                match operation {
                    Operation::Claim(claim) => {
                        line.claims.extend(claim.prop().map(str::to_owned));
                        let is_told = line.said.len() < SAID;
                        line.said.extend(said(reader, &claim).filter(|_| is_told));
                    }
                    Operation::Retract(_) => line.retractions = line.retractions.saturating_add(1),
                }
            }
        }
        Some(Operations::Edits(edits)) => {
            line.edits = true;
            let written = edits.splices.iter().flat_map(|splice| splice.insert.chars());
            let written: String = written.take(VALUE_BEGINNING).collect();
            line.written = (!written.is_empty()).then_some(written);
        }
        None => {}
    }
    line
}

fn said(reader: &Reader<'_>, claim: &Claim) -> Option<Said> {
    let value = claim.value()?;
    let is_long = value.encode().len() > VALUE_BYTES;
    let beginning = || Json::Text(value_text(value).chars().take(VALUE_BEGINNING).collect());
    // What a record is called that cannot be read is not told: its id is.
    let reference = |record| reader.reference(record).ok();
    Some(Said {
        prop: claim.prop()?.to_owned(),
        value: if is_long { beginning() } else { value.clone() },
        lang: claim.json().get("lang").and_then(Json::as_text).map(str::to_owned),
        refs: claim.refs().into_iter().take(SAID).filter_map(reference).collect(),
    })
}

fn space_names(reader: &Reader<'_>) -> BTreeMap<SpaceId, String> {
    reader.governance().spaces().into_iter().map(|space| (space.id, space.name)).collect()
}
