//! Entries of closed logs: which are held by most, forked, repudiated, revoked. DESIGN §7 and §8.
//!
//! An entry is its place in a list, after the one before it in its chain. A word is an attestation: the acts and entries that
//! it names. Everything is asked afresh of these.

use super::{Act, FOUNDING, Organisation, Set, View};

/// An entry: its place among [`Entries`].
pub(crate) type Entry = usize;
/// A log: its place among [`Entries::logs`].
pub(crate) type Log = usize;

/// One log, of a key of an organisation.
#[derive(Debug, Clone)]
pub(crate) struct LogOf {
    pub(crate) owner: Organisation,
    /// The acts that grant its key.
    pub(crate) granted_by: Vec<Act>,
}

/// Where an act ends a log: the last entry that counts; `None` if nothing of it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) act: Act,
    pub(crate) log: Log,
    pub(crate) last: Option<Entry>,
}

/// All logs and entries there are, and the acts that cut them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    pub(crate) logs: Vec<LogOf>,
    pub(crate) all: Vec<(Log, Option<Entry>)>,
    pub(crate) cuts: Vec<Cut>,
    /// Versions of the charter that take an organisation out: of a log that they do not cut, nothing counts.
    pub(crate) taken_out: Vec<(Act, Organisation)>,
}

/// One attestation, in the one chain of its organisation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) acts: Vec<Act>,
    pub(crate) entries: Vec<Entry>,
}

/// What governance has against an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Counts,
    Unauthorised,
    Forked,
    Repudiated,
    Revoked,
}

/// What a replica makes of the entries that it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement<'a> {
    pub(crate) view: View<'a>,
    pub(crate) entries: &'a Entries,
    /// By organisation.
    pub(crate) words: &'a [Vec<Word>],
    /// The first acts of the organisations.
    pub(crate) firsts: &'a [Act],
}

impl Entries {
    pub(crate) fn seq(&self, entry: Entry) -> u64 {
        1 + self.all[entry].1.map_or(0, |previous| self.seq(previous))
    }

    /// True if `entry` is `earlier` or comes after it in its chain.
    pub(crate) fn follows(&self, entry: Entry, earlier: Entry) -> bool {
        entry == earlier || self.all[entry].1.is_some_and(|previous| self.follows(previous, earlier))
    }

    fn of(&self, log: Log) -> impl Iterator<Item = Entry> {
        (0..self.all.len()).filter(move |entry| self.all[*entry].0 == log)
    }

    /// Entries of its log that are neither before nor after it in its chain.
    fn rivals(&self, entry: Entry) -> Vec<Entry> {
        let is_one = |other: &Entry| !self.follows(*other, entry) && !self.follows(entry, *other);
        self.of(self.all[entry].0).filter(is_one).collect()
    }

    /// The lowest position that two entries of a log share.
    fn fork(&self, log: Log) -> Option<u64> {
        let is_twice = |entry: &Entry| self.of(log).any(|other| other != *entry && self.seq(other) == self.seq(*entry));
        self.of(log).filter(is_twice).map(|entry| self.seq(entry)).min()
    }

    /// True if an entry lies beyond where an act ends its log: above the position named, or on another branch than it.
    fn is_beyond(&self, entry: Entry, last: Option<Entry>) -> bool {
        last.is_none_or(|last| {
            let is_on_branch = self.follows(last, entry) || self.follows(entry, last);
            self.seq(entry) > self.seq(last) || !is_on_branch
        })
    }
}

impl Judgement<'_> {
    /// The first of these that applies.
    pub(crate) fn verdict(&self, entry: Entry) -> Verdict {
        let (log, _) = self.entries.all[entry];
        let grant = self.grant(log);
        let owner = self.entries.logs[log].owner;
        let is_member = self.view.chain().iter().any(|version| self.view.acts.members(*version).has(owner));
        if !is_member || grant == Grant::None {
            return Verdict::Unauthorised;
        }
        let is_forked = self.entries.fork(log).is_some_and(|seq| self.entries.seq(entry) >= seq);
        if is_forked && !self.is_held_by_most(entry, &[]) {
            return Verdict::Forked;
        }
        let mut cutting = self.cutting(entry);
        if let Grant::Lost { to } = grant {
            cutting.push(to);
        }
        if cutting.is_empty() {
            Verdict::Counts
        } else if self.is_held_by_most(entry, &cutting) {
            Verdict::Repudiated
        } else {
            Verdict::Revoked
        }
    }

    /// The acts in force beyond whose cut an entry lies.
    fn cutting(&self, entry: Entry) -> Vec<Act> {
        let (log, _) = self.entries.all[entry];
        let standing = self.view.standing(self.firsts[self.entries.logs[log].owner]);
        let is_in_force = |act: Act| {
            standing.acts.contains(&act) || standing.revoking.contains(&act) || self.view.chain().contains(&act)
        };
        let owner = self.entries.logs[log].owner;
        let of_log = self.entries.cuts.iter().filter(|cut| cut.log == log).copied();
        let named: Vec<Cut> = of_log.collect();
        let is_unnamed = |act: Act| named.iter().all(|cut| cut.act != act);
        let outs = self.entries.taken_out.iter().filter(|(act, out)| *out == owner && is_unnamed(*act));
        let all = named.iter().copied().chain(outs.map(|(act, _)| Cut { act: *act, log, last: None }));
        let cutting = all.filter(|cut| is_in_force(cut.act) && self.entries.is_beyond(entry, cut.last));
        cutting.map(|cut| cut.act).collect()
    }

    /// What the acts that grant a log's key come to.
    fn grant(&self, log: Log) -> Grant {
        let LogOf { owner, granted_by } = &self.entries.logs[log];
        let standing = self.view.standing(self.firsts[*owner]);
        let chain = self.view.chain();
        let is_out = self.entries.taken_out.iter().any(|(act, out)| out == owner && chain.contains(act));
        if is_out || granted_by.iter().any(|act| standing.acts.contains(act)) {
            // Of whom the charter takes out, it says by its cuts what counts: what others acknowledged is not gone unseen.
            return Grant::InEffect;
        }
        // Where what stands goes another way, it stands instead; at its end, and where rotations halt it, there is a halt.
        let stands_instead = |act: &Act| {
            if self.view.is_behind_open_rotation(*act, &standing) {
                return None;
            }
            let standing = &standing.acts;
            let shared = standing.iter().rposition(|stands| self.view.acts.follows(*act, *stands))?;
            standing.get(shared + 1).copied()
        };
        granted_by.iter().find_map(stands_instead).map_or(Grant::None, |to| Grant::Lost { to })
    }

    /// Those who acknowledged an entry when they had named a version, or one that follows it, and none of these acts.
    fn acknowledged(&self, entry: Entry, version: Act, before: &[Act]) -> Set {
        let owner = self.entries.logs[self.entries.all[entry].0].owner;
        let others = self.view.acts.members(version) - Set::of(&[owner]);
        let asked = if others.is_empty() { Set::of(&[owner]) } else { others };
        let counts = |who: &Organisation| {
            let words = &self.words[*who];
            let knew = |upto: usize, act: Act| {
                words[..=upto].iter().flat_map(|word| &word.acts).any(|named| self.view.acts.follows(*named, act))
            };
            let covers = |at: &usize| words[*at].entries.iter().any(|named| self.entries.follows(*named, entry));
            (0..words.len())
                .filter(covers)
                .any(|at| (version == FOUNDING || knew(at, version)) && !before.iter().any(|act| knew(at, *act)))
        };
        asked.iter().filter(counts).fold(Set::NONE, Set::with)
    }

    fn is_most(&self, acknowledged: Set, entry: Entry, version: Act) -> bool {
        let owner = self.entries.logs[self.entries.all[entry].0].owner;
        let others = self.view.acts.members(version) - Set::of(&[owner]);
        acknowledged.is_more_than_half_of(if others.is_empty() { Set::of(&[owner]) } else { others })
    }

    /// True if under some version that stands more than half acknowledged an entry before these acts and none of its rivals
    /// ever, and no rival bars it.
    pub(crate) fn is_held_by_most(&self, entry: Entry, before: &[Act]) -> bool {
        let rivals = self.entries.rivals(entry);
        let names = |who: Organisation, entry: Entry| {
            self.words[who].iter().flat_map(|word| &word.entries).any(|named| self.entries.follows(*named, entry))
        };
        let is_double = |who: &Organisation| rivals.iter().any(|rival| names(*who, *rival));
        let is_so = |version: &Act| {
            let counted = self.acknowledged(entry, *version, before).iter().filter(|who| !is_double(who));
            self.is_most(counted.fold(Set::NONE, Set::with), entry, *version)
        };
        let versions = self.view.barring_versions();
        let is_widely_named =
            |rival: &Entry, version: &Act| self.is_most(self.acknowledged(*rival, *version, &[]), *rival, *version);
        let is_barred = rivals.iter().any(|rival| versions.iter().any(|version| is_widely_named(rival, version)));
        self.view.chain().iter().any(is_so) && !is_barred
    }
}

/// What the acts that grant a key come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    InEffect,
    /// Granted only by acts that lost, and this one stands instead.
    Lost {
        to: Act,
    },
    /// Only by acts after a halt.
    None,
}
