//! Whether this node signs. DESIGN §8: a restored backup that writes again would fork its own log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::entry::Entry;
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::time::Timestamp;

use crate::clock;
use crate::fault::Fault;
use crate::home::Home;
use crate::mark::{Assessment, Confirmations, End, Machine, Mark, MarkFile, OwnLog};

mod stopped;

#[cfg(test)]
mod tests;

/// Why this node does not sign at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Blocked {
    /// Journal and mark do not agree on what was signed, or on the machine that wrote them.
    #[error(
        "this home may be a copy or a restored backup ({why}): it signs nothing until a node of another organisation has confirmed its log ends"
    )]
    Unconfirmed {
        /// What does not agree.
        why: String,
    },
    /// An entry of one of our keys came from elsewhere.
    #[error("another node writes with this node's key {key}")]
    KeyElsewhere {
        /// The key.
        key: PublicKey,
    },
    /// The disk failed while something was being signed.
    #[error("the disk failed: {why}")]
    Disk {
        /// What failed.
        why: String,
    },
}

/// The high-water mark of this node's keys, and whether they sign.
#[derive(Debug)]
pub struct Signing {
    file: MarkFile,
    mark: Mark,
    machine: Machine,
    blocked: Option<Blocked>,
    /// While blocked.
    confirmations: Confirmations,
    /// Signed and reserved in the mark, and not known to be in the journal.
    unsettled: Vec<Entry>,
    /// The keys of this home that sign. If one is seen elsewhere, the whole home was copied and none signs again.
    own: BTreeSet<PublicKey>,
    /// Where those are written down that do not sign again.
    stopped: PathBuf,
    /// When this home was opened.
    since: Timestamp,
    /// Keys that were granted since.
    taken: BTreeSet<PublicKey>,
}

impl Signing {
    /// Holds the mark of a home against the ends in the journal of its own logs: those of the keys that it holds, and those
    /// that the mark names. A key file that is missing makes no log shorter.
    ///
    /// Keys that were seen elsewhere sign nothing any more, whatever the mark says.
    ///
    /// # Errors
    /// [`Fault`] if the mark cannot be read.
    pub fn open(home: &Home, own: &BTreeSet<PublicKey>, journal: &BTreeMap<OwnLog, End>) -> Result<Self, Fault> {
        let path = home.mark();
        let machine = Machine::of_home(home.path())?;
        let stopped = stopped::load(&home.stopped())?;
        let found = Mark::load(&path)?.map(|mark| mark.without(&stopped));
        let elsewhere = own.iter().find(|key| stopped.contains(key)).copied();
        let own: BTreeSet<PublicKey> = own.difference(&stopped).copied().collect();
        let is_own = |log: &OwnLog| {
            let is_named = found.as_ref().is_some_and(|mark| mark.names(log));
            is_named || own.contains(&PublicKey::new(log.author))
        };
        let ends = journal.iter().filter(|(log, _)| is_own(log)).map(|(log, end)| (*log, *end)).collect();
        let assessment = Mark::assess(found.as_ref(), machine, &ends);
        let unsettled = match &assessment {
            Assessment::FinishPending(pending) => {
                pending.iter().filter_map(|bytes| Entry::decode(bytes).ok()).collect()
            }
            _ => Vec::new(),
        };
        let may_sign = assessment.may_sign();
        // With a new key the home signs on; with none but those, it says so for good.
        let blocked = match elsewhere.filter(|_| own.is_empty()) {
            Some(key) => Some(Blocked::KeyElsewhere { key }),
            None => (!may_sign).then(|| Blocked::Unconfirmed { why: assessment.to_string() }),
        };
        let confirmations = Confirmations::new(found.as_ref());
        let mark = found.filter(|_| may_sign).unwrap_or_else(|| Mark::new(machine));
        let (stopped, since) = (home.stopped(), Timestamp(clock::now_ms()));
        let taken = BTreeSet::new();
        Ok(Self {
            file: MarkFile::at(path),
            mark,
            machine,
            blocked,
            confirmations,
            unsettled,
            own,
            stopped,
            since,
            taken,
        })
    }

    /// Takes the keys of the home that are granted by now, with the ends in the journal of their logs, as a start would: `true`
    /// if there is another one among them, or one less.
    ///
    /// A key of whose log the journal holds more than the mark says is confirmed first, as at every start. With a new key a home
    /// signs on whose others were seen elsewhere.
    ///
    /// # Errors
    /// [`Fault`] if what is on disk cannot be read; nothing is changed then.
    pub fn hold(
        &mut self,
        home: &Home,
        granted: &BTreeSet<PublicKey>,
        journal: &BTreeMap<OwnLog, End>,
    ) -> Result<bool, Fault> {
        let stopped = stopped::load(&self.stopped)?;
        let own: BTreeSet<PublicKey> = granted.difference(&stopped).copied().collect();
        // While something is half written nothing is begun anew; that keys sign elsewhere holds until it stands on disk.
        let is_over = matches!(self.blocked, Some(Blocked::KeyElsewhere { .. }));
        let may_go_on = self.unsettled.is_empty() && (!is_over || self.own.is_subset(&stopped) && !own.is_empty());
        if own == self.own || !may_go_on {
            return Ok(false);
        }
        let taken: BTreeSet<PublicKey> = own.difference(&self.own).copied().collect();
        let is_new = |log: &OwnLog| taken.contains(&PublicKey::new(log.author));
        let is_ahead = |(log, end): (&OwnLog, &End)| is_new(log) && end.seq > self.mark.end(log).seq;
        if is_over || (self.blocked.is_none() && journal.iter().any(is_ahead)) {
            let opened = Self::open(home, granted, journal)?;
            *self = Self { since: self.since, taken: std::mem::take(&mut self.taken), ..opened };
        } else {
            self.own = own;
        }
        self.taken.extend(taken);
        Ok(true)
    }

    /// The keys of this home that sign, or may once nothing else is against it.
    #[must_use]
    pub const fn own(&self) -> &BTreeSet<PublicKey> {
        &self.own
    }

    /// True for a log that begins here with a key that was granted since this home was opened: what others hold of it is to be
    /// here first, or its first numbers would be used twice.
    #[must_use]
    pub fn begins(&self, log: LogKey) -> bool {
        self.taken.contains(&log.author) && !self.mark.names(&OwnLog::of(log))
    }

    /// True if this key of the home signs, or may once nothing else is against it.
    #[must_use]
    pub fn signs_with(&self, key: &PublicKey) -> bool {
        self.own.contains(key)
    }

    /// Passes if this node signs.
    ///
    /// # Errors
    /// [`Blocked`] says why it does not.
    pub fn check(&self) -> Result<(), Blocked> {
        self.blocked.clone().map_or(Ok(()), Err)
    }

    /// Why this node does not sign, if it does not.
    #[must_use]
    pub fn blocked(&self) -> Option<Blocked> {
        self.blocked.clone()
    }

    /// Stops signing. An earlier reason stays, but for that of a key seen elsewhere: that one holds for good, over a restart
    /// too, for every key of this home. The other copy has them all.
    pub fn block(&mut self, why: Blocked) {
        if !matches!(why, Blocked::KeyElsewhere { .. }) {
            self.blocked.get_or_insert(why);
            return;
        }
        if breakage::is_out(Breakage::RestoredHome) {
            return;
        }
        if let Err(fault) = stopped::add(&self.stopped, &self.own) {
            // Until the end of this process nothing is signed; after it the mark is behind the journal.
            tracing::error!(%fault, "that this home's keys sign elsewhere could not be written down");
        }
        self.blocked = Some(why);
    }

    /// Takes note of an entry of an own key that came from elsewhere and says when it was signed. True if this home stops for good.
    ///
    /// What a restored home has lost comes back to it, and is no reason to stop; but an entry that was signed since this home
    /// was opened was not lost: another copy of it is at work. A clock that is wrong costs a new key at the worst.
    ///
    /// Likewise of a key that was granted since and has signed nothing here: a restored home hears of the grant before it gets
    /// back what the key wrote, and signs nothing until that is confirmed.
    pub fn seen_elsewhere(&mut self, key: PublicKey, time: Timestamp) -> bool {
        let is_unused = self.blocked.is_none() && self.taken.contains(&key) && !self.mark.has_signed(&key);
        if is_unused && time < self.since {
            self.confirmations = Confirmations::new(Some(&self.mark));
            self.block(Blocked::Unconfirmed { why: "it held less of its own log than others".to_owned() });
        }
        let comes_back = matches!(self.blocked, Some(Blocked::Unconfirmed { .. })) && time < self.since;
        if !comes_back {
            self.block(Blocked::KeyElsewhere { key });
        }
        !comes_back
    }

    /// Puts the mark before own entries that are about to be appended: a crash between mark and journal is finished from
    /// the mark at the next start, with the same bytes, so that no seq is used twice.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails. Where the old mark still stands, nothing is reserved: what its author was refused is not
    /// written later behind his back. Else the entries stay reserved, and are handed in again by [`Signing::unsettled`].
    pub fn reserve(&mut self, entries: &[&Authentic]) -> Result<(), Fault> {
        if breakage::is_out(Breakage::CrashBetweenSignAndStore) {
            return Ok(());
        }
        if self.unsettled.is_empty() {
            let before = self.mark.clone();
            let ends: Vec<(OwnLog, End)> = entries.iter().map(|entry| (own_log(entry), own_end(entry))).collect();
            // The mark is told of the last of each log alone: the first must be new as well.
            if let Some((_, end)) = ends.iter().find(|(log, end)| end.seq <= self.mark.end(log).seq) {
                return Err(Fault::SeqReused { seq: end.seq });
            }
            let bytes = entries.iter().map(|entry| entry.entry().encode()).collect();
            self.mark.reserve(&last_of_each(&ends), bytes)?;
            self.unsettled = entries.iter().map(|entry| entry.entry().clone()).collect();
            return self.file.write(&self.mark).inspect_err(|_| {
                if matches!(Mark::load(self.file.path()), Ok(Some(found)) if found != self.mark) {
                    self.mark = before;
                    self.unsettled.clear();
                }
            });
        }
        self.file.write(&self.mark)
    }

    /// Says that what was reserved stands in the journal.
    pub fn settle(&mut self) {
        if !self.unsettled.is_empty() {
            self.unsettled.clear();
            self.mark.settle();
        }
    }

    /// Own entries that a crash or a full disk left between mark and journal.
    #[must_use]
    pub fn unsettled(&self) -> &[Entry] {
        &self.unsettled
    }

    /// Notes that a node of another organisation holds an own log to this end; `own` are all own logs as they stand now. Once
    /// all are confirmed, this node signs again: see [`Confirmations::take`].
    pub fn confirmed(&mut self, log: LogKey, end: LogEnd, own: &BTreeMap<LogKey, LogEnd>) {
        if !matches!(self.blocked, Some(Blocked::Unconfirmed { .. })) {
            return;
        }
        let Some(mark) = self.confirmations.take(self.machine, (log, end), own) else { return };
        match self.file.write(&mark) {
            Ok(()) => {
                tracing::info!("the ends of this node's logs are confirmed: it signs again");
                self.mark = mark;
                self.blocked = None;
            }
            Err(fault) => tracing::error!(%fault, "the mark could not be written: this node does not sign yet"),
        }
    }
}

fn own_log(entry: &Authentic) -> OwnLog {
    let header = &entry.entry().header;
    OwnLog::of(LogKey { space: header.space, author: header.author })
}

fn own_end(entry: &Authentic) -> End {
    End::of(entry.end())
}

fn last_of_each(ends: &[(OwnLog, End)]) -> Vec<(OwnLog, End)> {
    let last: BTreeMap<OwnLog, End> = ends.iter().copied().collect();
    last.into_iter().collect()
}
