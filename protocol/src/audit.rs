//! Findings from bytes alone: every signature, chain, hash, grant and payload, checked anew. DESIGN §11.
//!
//! An auditor trusts no node, no index and no earlier check. Work comes in two steps. [`check`] looks at one thing by itself:
//! its form, its signature, its payload against the header; any number of cores may do that at once, in any order.
//! [`Audit::join`] then follows each log in the journal's order, holding every position against the one before it. An audit
//! cuts and mends nothing, and says what it found: a *fault* is what no honest replica holds, an *observation* what one may
//! hold and a reader should know.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::Act;
use crate::encoding::hash_plain;
use crate::entry::{self, Entry, Kind};
use crate::governance::{Governance, Taken};
use crate::id::{ActId, ConsortiumId, EntryId, OrganisationId, SpaceId};
use crate::key::{PublicKey, Signature};
use crate::log::{ForkProof, LogEnd, LogKey, NoProof};
use crate::sheet::content::{self, Flaw};

mod finding;
mod heard;

use heard::{About, Heard, Late, Step, Waiting};

pub use finding::{Finding, What};

/// One thing that a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// An entry in its place in its log, its signature checked before it was written.
    Entry(Vec<u8>),
    /// The same, taken in on the signature of a later one.
    EntryOfRun(Vec<u8>),
    /// An entry held before without its payload, now with it.
    Payload(Vec<u8>),
    /// The replica says that it checked every signature up to here.
    Checked(LogKey, LogEnd),
    /// The replica took the log back to here.
    CutBack(LogKey, LogEnd),
    /// The proof of a fork.
    Fork(Vec<u8>),
    /// An entry on a branch of a closed log, its signature checked before it was written.
    Branch(Vec<u8>),
    /// Bytes that are not what was written.
    Damaged {
        /// What is wrong with them.
        flaw: String,
        /// The entry that they look like, by the header that can still be read.
        looks_like: Option<(PublicKey, u64)>,
    },
    /// Bytes of a kind that this version does not know.
    Unknown(u8),
}

/// What [`check`] found of one thing by itself. Holds no payload but an attestation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part(Checked);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Checked {
    Entry(Seen),
    Payload(Seen),
    NoEntry(entry::DecodeError),
    Branch(Seen),
    Fork(Result<(LogKey, LogEnd), NoProof>),
    Other(Stored),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    log: LogKey,
    /// Whoever wrote it says that the signature was checked before.
    is_checked: bool,
    organisation: OrganisationId,
    kind: Kind,
    end: LogEnd,
    prev: EntryId,
    is_signed: bool,
    signature: SignatureMark,
    has_payload: bool,
    is_wanted: bool,
    /// The code of the rule that its payload breaks.
    inert: Option<&'static str>,
    /// The entry as a step of a chain of attestations, should its key attest.
    step: Step,
}

/// Tells one signature under an entry from another. Short, since memory is taken for each entry, and enough: a forged one is
/// found by itself.
type SignatureMark = [u8; 8];

impl Checked {
    /// The position that it is about, if it can be told.
    const fn about(&self) -> Option<(LogKey, LogEnd)> {
        match self {
            Self::Entry(seen) | Self::Payload(seen) | Self::Branch(seen) => Some((seen.log, seen.end)),
            Self::Other(Stored::Checked(log, end) | Stored::CutBack(log, end)) => Some((*log, *end)),
            Self::Fork(Ok((log, end))) => Some((*log, *end)),
            Self::NoEntry(_) | Self::Fork(Err(_)) | Self::Other(_) => None,
        }
    }
}

/// Checks one thing by itself: the costly half, in which things know nothing of each other.
#[must_use]
pub fn check(stored: Stored) -> Part {
    let read = |bytes: &[u8], is_checked| Entry::decode(bytes).map(|entry| seen(&entry, is_checked));
    Part(match stored {
        Stored::Entry(bytes) => read(&bytes, true).map_or_else(Checked::NoEntry, Checked::Entry),
        Stored::EntryOfRun(bytes) => read(&bytes, false).map_or_else(Checked::NoEntry, Checked::Entry),
        Stored::Payload(bytes) => read(&bytes, false).map_or_else(Checked::NoEntry, Checked::Payload),
        Stored::Branch(bytes) => read(&bytes, true).map_or_else(Checked::NoEntry, Checked::Branch),
        Stored::Fork(bytes) => Checked::Fork(ForkProof::decode(&bytes).map(|proof| (proof.log(), first_of(&proof)))),
        other => Checked::Other(other),
    })
}

/// The first of the two entries that a proof holds against each other.
fn first_of(proof: &ForkProof) -> LogEnd {
    let [first, _] = proof.headers();
    LogEnd { seq: first.seq, id: first.id() }
}

fn seen(entry: &Entry, is_checked: bool) -> Seen {
    let header = &entry.header;
    let flaw = content::read(entry).err();
    let step = Step::of(entry);
    Seen {
        log: LogKey { space: header.space, author: header.author },
        is_checked,
        organisation: header.organisation,
        kind: header.kind,
        end: LogEnd { seq: header.seq, id: header.id() },
        prev: header.prev,
        is_signed: step.is_signed(entry),
        signature: mark_of(&entry.signature),
        has_payload: entry.payload.is_some(),
        is_wanted: flaw == Some(Flaw::Wanted),
        inert: match &flaw {
            Some(Flaw::Inert(defect)) => Some(defect.code()),
            Some(Flaw::Wanted | Flaw::UnknownKind) | None => None,
        },
        step,
    }
}

fn mark_of(signature: &Signature) -> SignatureMark {
    hash_plain(&[signature.as_bytes()]).first_chunk().copied().unwrap_or_default()
}

/// What stands at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    id: EntryId,
    signature: SignatureMark,
    has_payload: bool,
}

/// A log as far as it was followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Line {
    organisation: Option<OrganisationId>,
    /// What stands at each position from 1; none where a position is missing.
    held: Vec<Option<Held>>,
    /// Up to here, the replica says, every signature is checked.
    checked: u64,
    wanted: BTreeSet<u64>,
    /// Faults of positions that a later cut may explain: a replica that finds a bad signature cuts the log back before it.
    unsigned: BTreeMap<u64, Finding>,
}

impl Line {
    fn end(&self) -> LogEnd {
        let seq = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        LogEnd { seq, id: self.held.last().copied().flatten().map_or(EntryId::ZERO, |held| held.id) }
    }

    fn held(&self, seq: u64) -> Option<Held> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.held.get(index).copied().flatten()
    }

    fn at(&self, seq: u64) -> Option<EntryId> {
        self.held(seq).map(|held| held.id)
    }

    fn holds(&self, end: LogEnd) -> bool {
        end == LogEnd::START || self.at(end.seq) == Some(end.id)
    }

    /// Takes the payload of an entry, with the signature that it came with: what is read of the entry from here on.
    fn complete(&mut self, seq: u64, signature: SignatureMark) {
        let index = seq.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let Some(Some(held)) = index.and_then(|index| self.held.get_mut(index)) else { return };
        if held.signature != signature {
            self.unsigned.remove(&seq);
        }
        *held = Held { signature, has_payload: true, ..*held };
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Entries in their logs.
    pub entries: u64,
    /// Signatures checked, of entries and acts.
    pub signatures: u64,
    /// Acts.
    pub acts: u64,
    /// Payloads held against their headers.
    pub payloads: u64,
    /// Positions whose payload is missing.
    pub wanted: u64,
    /// Findings that are faults.
    pub faults: u64,
}

/// Findings kept in full: more are counted.
const FINDINGS: usize = 10_000;

/// An audit under way.
#[derive(Debug, Clone)]
pub struct Audit {
    governance: Governance,
    lines: BTreeMap<LogKey, Line>,
    /// Entries on branches of closed logs.
    branches: BTreeSet<(LogKey, LogEnd)>,
    counts: Counts,
    findings: Vec<Finding>,
    suppressed: u64,
    heard: Heard,
    late: Late,
}

impl Audit {
    /// Begins with the acts, in the order in which the journal holds them, each with its place.
    ///
    /// `consortium` is what the auditor knows by other means, or what the first founding charter says of itself.
    #[must_use]
    pub fn new(consortium: ConsortiumId, acts: Vec<(String, Vec<u8>)>) -> Self {
        let mut audit = Self {
            governance: Governance::new(consortium),
            lines: BTreeMap::new(),
            branches: BTreeSet::new(),
            counts: Counts::default(),
            findings: Vec::new(),
            suppressed: 0,
            heard: Heard::default(),
            late: Late::default(),
        };
        let mut waiting: BTreeMap<ActId, String> = BTreeMap::new();
        for (place, bytes) in acts {
            audit.take_act(place, &bytes, &mut waiting);
        }
        for (id, place) in waiting {
            if audit.governance.act(&id).is_none() {
                audit.find(Finding::of(place, What::ActWaits).act(id));
            }
        }
        if audit.governance.charter().is_none() {
            audit.find(Finding::of("acts".into(), What::NoCharter));
        }
        audit
    }

    fn take_act(&mut self, place: String, bytes: &[u8], waiting: &mut BTreeMap<ActId, String>) {
        self.counts.acts = self.counts.acts.saturating_add(1);
        let act = match Act::decode(bytes) {
            Ok(act) => act,
            Err(error) => return self.find(Finding::of(place, What::NoAct).because(error.code())),
        };
        let id = act.id();
        for signature in act.signatures() {
            self.counts.signatures = self.counts.signatures.saturating_add(1);
            if !act.is_signed_by(signature) {
                self.find(Finding::of(place.clone(), What::ActSignature).act(id).author(signature.key));
            }
        }
        match self.governance.take(act) {
            Ok(Taken::Waiting) => {
                waiting.insert(id, place);
            }
            Ok(Taken::New | Taken::MoreSignatures | Taken::Known) => {}
            Err(refusal) => self.find(Finding::of(place, What::ActRefused).act(id).because(refusal.code())),
        }
    }

    /// The rules that the acts make.
    #[must_use]
    pub const fn governance(&self) -> &Governance {
        &self.governance
    }

    /// Follows the logs by one thing more, in the order in which the journal of `space` holds them.
    pub fn join(&mut self, space: SpaceId, place: String, part: Part) {
        if let Some((log, end)) = part.0.about().filter(|(log, _)| log.space != space) {
            return self.find(Finding::of(place, What::OtherSpace).log(log, end));
        }
        match part.0 {
            Checked::Entry(seen) => self.entry(place, &seen),
            Checked::Payload(seen) => self.payload(place, &seen),
            Checked::NoEntry(error) => self.find(Finding::of(place, What::NoEntry).because(error.code())),
            Checked::Branch(seen) => self.branch(place, &seen),
            Checked::Fork(Ok((log, end))) => self.find(Finding::of(place, What::ForkProof).log(log, end)),
            Checked::Fork(Err(error)) => self.find(Finding::of(place, What::NoForkProof).because(error.code())),
            Checked::Other(Stored::Checked(log, upto)) => self.checked(place, log, upto),
            Checked::Other(Stored::CutBack(log, to)) => self.cut_back(place, log, to),
            Checked::Other(Stored::Damaged { flaw, looks_like }) => {
                let mut finding = Finding::of(place, What::Damaged).because(&flaw);
                finding.space = Some(space);
                if let Some((author, seq)) = looks_like {
                    finding = finding.author(author);
                    finding.seq = Some(seq);
                }
                self.find(finding);
            }
            Checked::Other(Stored::Unknown(kind)) => {
                self.find(Finding::of(place, What::UnknownFrame).because(&kind.to_string()));
            }
            Checked::Other(
                Stored::Entry(_) | Stored::EntryOfRun(_) | Stored::Payload(_) | Stored::Fork(_) | Stored::Branch(_),
            ) => {}
        }
    }

    fn entry(&mut self, place: String, seen: &Seen) {
        let about = |what| Finding::of(place.clone(), what).log(seen.log, seen.end);
        let held = self.lines.get(&seen.log).and_then(|line| line.held(seen.end.seq));
        if let Some(held) = held {
            let as_before = Held { id: seen.end.id, signature: seen.signature, has_payload: seen.has_payload };
            let what = match held {
                held if held == as_before => What::Twice,
                held if held.id == seen.end.id => What::Rewritten,
                _ => What::Equivocation,
            };
            return self.find(about(what));
        }
        self.count(seen);
        self.judge(&place, seen);
        self.link(&place, seen);
    }

    fn count(&mut self, seen: &Seen) {
        let counts = &mut self.counts;
        counts.entries = counts.entries.saturating_add(1);
        counts.signatures = counts.signatures.saturating_add(1);
        if seen.is_wanted {
            counts.wanted = counts.wanted.saturating_add(1);
        } else {
            counts.payloads = counts.payloads.saturating_add(1);
        }
    }

    /// Grants, role and payload.
    fn judge(&mut self, place: &str, seen: &Seen) {
        let about = |what| Finding::of(place.to_owned(), what).log(seen.log, seen.end);
        let log = &seen.log;
        if let Err(reason) = self.governance.may_take(&log.space, &log.author, &seen.organisation) {
            self.find(about(What::NotTaken).because(reason.code()));
        } else {
            // Acts take effect, or are halted, by attestations that are still to be read: what holds of it is said at the end.
            let is_authorised =
                self.governance.authorise(&log.space, &log.author, &seen.organisation, seen.kind).is_ok();
            let about = About { log: *log, organisation: seen.organisation, kind: seen.kind };
            self.late.add(about, is_authorised, || {
                Finding::of(place.to_owned(), What::Unauthorised).log(seen.log, seen.end)
            });
        }
        self.heard.take(&mut self.governance, seen);
        if let Some(code) = seen.inert {
            self.find(about(What::Inert).because(code));
        }
    }

    /// The position, the entry before it, the organisation, the signature.
    fn link(&mut self, place: &str, seen: &Seen) {
        let about = |what| Finding::of(place.to_owned(), what).log(seen.log, seen.end);
        let mut found = Vec::new();
        let line = self.lines.entry(seen.log).or_default();
        let before = line.end();
        let due = before.seq.saturating_add(1);
        if seen.end.seq < due {
            // A position that was found missing before, or one before the first: named already, or told here.
            found.push(about(What::OutOfSequence));
        }
        if seen.end.seq > due {
            let last = seen.end.seq.saturating_sub(1);
            found.push(about(What::Gap).because(&if due == last { due.to_string() } else { format!("{due}-{last}") }));
        } else if seen.end.seq == due && seen.prev != before.id && line.held.last().is_none_or(Option::is_some) {
            found.push(about(What::Chain));
        }
        match line.organisation {
            Some(organisation) if organisation != seen.organisation => found.push(about(What::Organisation)),
            _ => line.organisation = Some(seen.organisation),
        }
        // Where the signature was said to be checked, no later cut explains a bad one.
        if !seen.is_signed && seen.is_checked {
            found.push(about(What::Signature));
        } else if !seen.is_signed {
            line.unsigned.insert(seen.end.seq, about(What::Signature));
        }
        if seen.is_checked && line.checked == before.seq {
            line.checked = seen.end.seq;
        }
        if seen.is_wanted {
            line.wanted.insert(seen.end.seq);
        }
        // A gap of any width takes one finding and no memory for what is missing: a forged number must not ask for it.
        let room = usize::try_from(seen.end.seq).ok().filter(|seq| *seq <= line.held.len().saturating_add(GAP));
        if let Some(seq) = room.filter(|_| seen.end.seq >= due) {
            line.held.resize(seq.saturating_sub(1), None);
            let held = Held { id: seen.end.id, signature: seen.signature, has_payload: seen.has_payload };
            line.held.push(Some(held));
        }
        found.into_iter().for_each(|finding| self.find(finding));
    }

    /// An entry on a branch: it follows one that is held, on whatever branch.
    fn branch(&mut self, place: String, seen: &Seen) {
        let about = |what| Finding::of(place.clone(), what).log(seen.log, seen.end);
        self.count(seen);
        self.judge(&place, seen);
        let before = LogEnd { seq: seen.end.seq.saturating_sub(1), id: seen.prev };
        let on_line = self.lines.get(&seen.log).is_some_and(|line| line.holds(before));
        if !on_line && before != LogEnd::START && !self.branches.contains(&(seen.log, before)) {
            self.find(about(What::Chain));
        }
        if !seen.is_signed {
            self.find(about(What::Signature));
        }
        self.branches.insert((seen.log, seen.end));
    }

    fn payload(&mut self, place: String, seen: &Seen) {
        let about = |what| Finding::of(place.clone(), what).log(seen.log, seen.end);
        let line = self.lines.get_mut(&seen.log);
        let slot = line.and_then(|line| Some((line.held(seen.end.seq)?, line)));
        let Some((held, line)) = slot.filter(|(held, _)| held.id == seen.end.id) else {
            return self.find(about(What::NoPosition));
        };
        // An author can sign one entry in two ways, and a closed log comes by the payload on a branch: another signature is as
        // good as the first if it holds.
        let is_authentic = held.signature == seen.signature || (seen.is_signed && !held.has_payload);
        if !is_authentic || !seen.has_payload {
            return self.find(about(What::Rewritten));
        }
        if held.has_payload {
            return self.find(about(What::Twice));
        }
        line.complete(seen.end.seq, seen.signature);
        self.heard.take(&mut self.governance, seen);
        if line.wanted.remove(&seen.end.seq) {
            self.counts.payloads = self.counts.payloads.saturating_add(1);
            self.counts.wanted = self.counts.wanted.saturating_sub(1);
        }
        if let Some(code) = seen.inert {
            self.find(about(What::Inert).because(code));
        }
    }

    fn checked(&mut self, place: String, log: LogKey, upto: LogEnd) {
        let Some(line) = self.lines.get_mut(&log).filter(|line| line.holds(upto)) else {
            return self.find(Finding::of(place, What::CheckedBeyond).log(log, upto));
        };
        if upto.seq < line.checked {
            return self.find(Finding::of(place, What::CheckedBack).log(log, upto));
        }
        line.checked = upto.seq;
        // Said to be good: no later cut explains these.
        let behind = line.unsigned.split_off(&upto.seq.saturating_add(1));
        let named = std::mem::replace(&mut line.unsigned, behind);
        named.into_values().for_each(|finding| self.find(finding));
    }

    fn cut_back(&mut self, place: String, log: LogKey, to: LogEnd) {
        let Some(line) = self.lines.get_mut(&log).filter(|line| line.holds(to)) else {
            return self.find(Finding::of(place, What::CutNowhere).log(log, to));
        };
        let next = to.seq.saturating_add(1);
        let is_explained = line.unsigned.contains_key(&next);
        let cut = line.unsigned.split_off(&next);
        line.held.truncate(usize::try_from(to.seq).unwrap_or(usize::MAX));
        line.checked = line.checked.min(to.seq);
        line.wanted.retain(|seq| *seq <= to.seq);
        if to == LogEnd::START {
            line.organisation = None;
        }
        let what = if is_explained { What::CutBack } else { What::CutUnexplained };
        self.find(Finding::of(place, what).log(log, to));
        cut.into_values().filter(|_| !is_explained).for_each(|finding| self.find(finding));
    }

    /// Adds what somebody else found, such as a journal that ends before the mark.
    pub fn find(&mut self, finding: Finding) {
        if finding.is_fault {
            self.counts.faults = self.counts.faults.saturating_add(1);
        }
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        } else {
            self.suppressed = self.suppressed.saturating_add(1);
        }
    }

    /// What is left out of views now that all is read, by the rule by which [`Governance::rule`] leaves it out.
    fn judge_late(&mut self) {
        for (About { log, organisation, kind }, Waiting { kept, more }) in std::mem::take(&mut self.late).0 {
            if let Err(reason) = self.governance.authorise(&log.space, &log.author, &organisation, kind) {
                self.suppressed = self.suppressed.saturating_add(more);
                kept.into_iter().for_each(|finding| self.find(finding.because(reason.code())));
            }
        }
    }

    /// Entries of a space that were followed.
    #[must_use]
    pub fn entries_of(&self, space: SpaceId) -> u64 {
        let of_space = self.lines.iter().filter(|(log, _)| log.space == space);
        of_space.fold(0, |sum, (_, line)| sum.saturating_add(line.end().seq))
    }

    /// True if the log holds that entry at that position; every log holds its beginning.
    #[must_use]
    pub fn holds(&self, log: LogKey, end: LogEnd) -> bool {
        end == LogEnd::START || self.lines.get(&log).is_some_and(|line| line.holds(end))
    }

    /// Ends the audit.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.heard.flush(&mut self.governance);
        self.judge_late();
        for (log, line) in std::mem::take(&mut self.lines) {
            line.unsigned.values().cloned().for_each(|finding| self.find(finding));
            for seq in line.wanted.iter().copied() {
                let end = LogEnd { seq, id: line.at(seq).unwrap_or(EntryId::ZERO) };
                self.find(Finding::of(String::new(), What::Wanted).log(log, end));
            }
        }
        self.findings.sort_by_key(|finding| !finding.is_fault);
        Report { counts: self.counts, findings: self.findings, suppressed: self.suppressed }
    }
}

/// Missing positions of one log that are kept in mind one by one: those of a lost segment full of small entries.
const GAP: usize = 1_048_576;

/// What an audit came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// How much was looked at.
    #[serde(flatten)]
    pub counts: Counts,
    /// What was found, faults first, at most ten thousand.
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub suppressed: u64,
}

#[cfg(test)]
mod tests;
