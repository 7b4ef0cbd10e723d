//! Why one entry counts or not: its key and role, the acts that grant and end them, its space's membership, cuts and forks of
//! its log, and who acknowledged it. Each with the section of docs/format.md that decides.

use std::collections::BTreeSet;

use isnad_protocol::entry::Kind;
use isnad_protocol::governance::{Position, Ruling, Unauthorised};
use isnad_protocol::id::{ActId, EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::sheet;
use isnad_protocol::standing::Standing;
use isnad_protocol::store::{LogView, SheetView};
use isnad_protocol::sync::session;
use isnad_protocol::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Indexed, Reader};
use crate::governing::{Described, described_one};
use crate::problem::{Problem, exit};

/// Digits of an entry's id, or of a key, that are enough to name it.
const DIGITS: usize = 8;

/// What decides about one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryExplained {
    /// Its id.
    pub entry: EntryId,
    /// The space that it stands in.
    pub space: SpaceId,
    /// The space's name.
    pub space_name: String,
    /// Its author's key.
    pub author: PublicKey,
    /// Its position in the log.
    pub seq: u64,
    /// On whose behalf it speaks.
    pub organisation: OrganisationId,
    /// change, attestation, redaction or unknown.
    pub kind: String,
    /// The record that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The time that it claims.
    pub time: Timestamp,
    /// Whether it counts, or the first reason why not.
    pub standing: Standing,
    /// The code of the standing. format §8.1.
    pub code: u8,
    /// A finer reason, where there is one: `unauthorised_member`, `unauthorised_key`, `unauthorised_role`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The sections of docs/format.md that decide.
    pub rules: Vec<String>,
    /// What is known of its key; none if no act held grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyExplained>,
    /// The version of the charter, or of the space, that last named its organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_by: Option<Described>,
    /// True if the version that stands names it.
    pub is_member: bool,
    /// The acts that end its log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<CutExplained>,
    /// The lowest position at which its author is known to have signed two entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork: Option<u64>,
    /// Who acknowledged it, each organisation once, first of all by the time that it claims.
    pub acknowledged: Vec<AcknowledgedBy>,
    /// Organisations that may acknowledge it: members of its space but its own.
    pub others: usize,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyExplained {
    /// What it may sign.
    pub role: String,
    /// The device it is on.
    pub label: String,
    /// Shown, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
    /// The act that grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<Described>,
    /// Those that revoke it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked_by: Vec<Described>,
    /// The one that stands in the place of the only acts that grant it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_to: Option<Described>,
    /// True if it is granted only by acts after a halt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_halt: bool,
}

/// An act that ends a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutExplained {
    /// The act.
    pub act: Described,
    /// The last position that it lets count; none if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// True if the entry lies within.
    pub is_within: bool,
}

/// An attestation that covers an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgedBy {
    /// Whose.
    pub organisation: OrganisationId,
    /// The attestation.
    pub entry: EntryId,
    /// The key that signed it.
    pub key: PublicKey,
    /// Its position.
    pub seq: u64,
    /// The time that it claims.
    pub time: Timestamp,
    /// The acts among those that end the log that its chain knew by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knew: Vec<ActId>,
}

impl Reader<'_> {
    /// Explains the entry that a text names: by a beginning of its id, or by KEY:SEQ or KEY:SPACE:SEQ.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or more than one.
    pub fn explain_entry(&self, text: &str) -> Result<EntryExplained, Problem> {
        let entry = if text.contains(':') { self.entry_at(text)? } else { self.entry_named(text)? };
        self.explained(&entry)
    }

    fn explained(&self, entry: &Authentic) -> Result<EntryExplained, Problem> {
        let governance = self.governance();
        let header = &entry.entry().header;
        let log = LogKey { space: header.space, author: header.author };
        let ruling = governance.rule(entry);
        let standing = self.standing_of(entry)?;
        let cuts = governance.cuts(&log, &header.organisation);
        let memberships = governance.memberships(&header.space);
        let member_by = memberships.iter().rev().find(|version| version.members.contains(&header.organisation));
        let now = memberships.last();
        let acts: Vec<ActId> = cuts.iter().map(|(act, _)| *act).collect();
        let cuts = cuts.iter().filter_map(|(act, cut)| {
            let last = cut.map(|cut| cut.seq(&log));
            let is_within = last.is_some_and(|last| header.seq <= last);
            Some(CutExplained { act: self.act(act)?, last, is_within })
        });
        Ok(EntryExplained {
            entry: entry.id(),
            space: header.space,
            space_name: self.space_name(&header.space),
            author: header.author,
            seq: header.seq,
            organisation: header.organisation,
            kind: header.kind.name().to_owned(),
            record: (header.kind == Kind::Change || header.kind == Kind::Redaction).then_some(header.record),
            time: header.time,
            standing,
            code: standing.code(),
            why: ruling.as_ref().and_then(reason).map(|why| why.code().to_owned()),
            rules: rules(standing, ruling.as_ref().and_then(reason)),
            key: self.key_explained(&header.organisation, &header.author),
            member_by: member_by.and_then(|version| self.act(&version.act)),
            is_member: now.is_some_and(|version| version.members.contains(&header.organisation)),
            cuts: cuts.collect(),
            fork: governance.fork(&log).map(|proof| proof.seq()),
            acknowledged: self.acknowledged_by(entry, log, &acts)?,
            others: now
                .map_or(0, |version| version.members.iter().filter(|member| **member != header.organisation).count()),
        })
    }

    fn act(&self, id: &ActId) -> Option<Described> {
        let governance = self.governance();
        Some(described_one(governance, self.node.own_organisation(), governance.act(id)?))
    }

    fn key_explained(&self, organisation: &OrganisationId, key: &PublicKey) -> Option<KeyExplained> {
        let info = self.governance().key(organisation, key)?;
        Some(KeyExplained {
            role: info.role.name().to_owned(),
            label: info.label,
            expires: info.expires,
            granted_by: self.act(&info.granted_by),
            revoked_by: info.revoked_by.iter().filter_map(|act| self.act(act)).collect(),
            lost_to: info.lost.and_then(|act| self.act(&act)),
            after_halt: info.after_halt,
        })
    }

    /// The standing: of a change by all that is held about its record, of anything else by itself.
    fn standing_of(&self, entry: &Authentic) -> Result<Standing, Problem> {
        let header = &entry.entry().header;
        let about = match header.kind {
            Kind::Change | Kind::Redaction => Indexed(self.node.index()?).entries_about(header.record)?,
            Kind::Attestation | Kind::Unknown(_) => vec![entry.clone()],
        };
        let folded = sheet::fold(&about, self.governance());
        let alone = || sheet::fold([entry], self.governance()).standings.get(&entry.id()).copied();
        Ok(folded.standings.get(&entry.id()).copied().or_else(alone).unwrap_or(Standing::Counts))
    }

    fn space_name(&self, space: &SpaceId) -> String {
        let spaces = self.governance().spaces();
        spaces.into_iter().find(|known| known.id == *space).map_or_else(|| space.to_short(), |known| known.name)
    }

    fn acknowledged_by(&self, entry: &Authentic, log: LogKey, cuts: &[ActId]) -> Result<Vec<AcknowledgedBy>, Problem> {
        let knew = |at: &Position| cuts.iter().filter(|act| self.governance().knew(at, act)).copied().collect();
        let own = entry.entry().header.organisation;
        let firsts = self.acknowledgements_of(log)?.firsts(entry.end()).into_iter();
        let told = firsts.filter(|line| line.organisation != own).map(|line| AcknowledgedBy {
            organisation: line.organisation,
            entry: line.at.end.id,
            key: line.at.log.author,
            seq: line.at.end.seq,
            time: line.time,
            knew: knew(&line.at),
        });
        Ok(told.collect())
    }

    /// The entry at a position, written KEY:SEQ or KEY:SPACE:SEQ; the key by its first digits.
    fn entry_at(&self, text: &str) -> Result<Authentic, Problem> {
        let parts: Vec<&str> = text.split(':').collect();
        let (key, space, seq) = match parts.as_slice() {
            [key, seq] => (*key, None, *seq),
            [key, space, seq] => (*key, Some(*space), *seq),
            _ => return Err(position_unread(text)),
        };
        let seq: u64 = seq.parse().map_err(|_| position_unread(text))?;
        let digits = hex_digits(key).ok_or_else(|| position_unread(text))?;
        let logs = self.logs().keys().filter(|log| log.author.to_string().starts_with(&digits));
        let is_there = |log: &&LogKey| space.is_none_or(|space| self.space_name(&log.space) == space);
        let held = |log: &&LogKey| self.logs().get(log).is_some_and(|log| (1..=log.end.seq).contains(&seq));
        let found: Vec<LogKey> = logs.filter(is_there).filter(held).copied().collect();
        match found.as_slice() {
            [log] => self.read_at(*log, seq)?.ok_or_else(|| entry_absent(text)),
            [] => Err(entry_absent(text)),
            several => {
                let name = |log: &LogKey| format!("{}:{}:{seq}", log.author.to_short(), self.space_name(&log.space));
                let names: Vec<String> = several.iter().map(name).collect();
                let values = [("text", text), ("names", &*names.join(", "))];
                Err(Problem::told(exit::NO, "ambiguous", "explain_entry.several", &values))
            }
        }
    }

    /// The entry of a log at a position of the line that was held first, if it is held.
    fn read_at(&self, log: LogKey, seq: u64) -> Result<Option<Authentic>, Problem> {
        let read = self.node.reader().read_log(log, seq.saturating_sub(1), 1)?;
        Ok(read.into_iter().next().filter(|entry| entry.end().seq == seq))
    }

    /// An entry, on whatever branch of its log it stands, if it is held.
    pub(super) fn read_entry(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Problem> {
        session::read_entry(log, end, self.node.reader()).map_err(Problem::from)
    }

    /// The entry whose id begins so, on whatever branch. No index is kept of ids, for they are asked for seldom: every log is read.
    /// Of branches the index has the ids.
    fn entry_named(&self, text: &str) -> Result<Authentic, Problem> {
        let digits = hex_digits(text).ok_or_else(|| {
            let values = [("text", text), ("digits", &*DIGITS.to_string())];
            Problem::told(exit::USAGE, "usage", "explain_entry.digits", &values)
        })?;
        let is_named = |id: &EntryId| id.to_string().starts_with(&digits);
        let mut found: Vec<Authentic> = Vec::new();
        for (log, end) in self.node.index()?.branches(is_named)? {
            found.extend(self.read_entry(log, end)?);
        }
        for (log, held) in self.logs().iter() {
            let mut after = 0;
            while after < held.end.seq {
                let read = self.node.reader().read_log(*log, after, super::READ_BYTES)?;
                let Some(last) = read.last() else { break };
                after = last.end().seq;
                found.extend(read.into_iter().filter(|entry| is_named(&entry.id())));
            }
        }
        // One that came on a branch and stands on the line by now is there twice.
        let mut seen = BTreeSet::new();
        found.retain(|entry| seen.insert(entry.id()));
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(entry_absent(text)),
            (Some(one), Some(other)) => {
                let names = format!("{}, {}", one.id(), other.id());
                Err(Problem::told(exit::NO, "ambiguous", "explain_entry.several", &[("text", text), ("names", &names)]))
            }
        }
    }
}

fn hex_digits(text: &str) -> Option<String> {
    let is_hex = text.len() >= DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| text.to_ascii_lowercase())
}

fn position_unread(text: &str) -> Problem {
    Problem::told(exit::USAGE, "usage", "explain_entry.position", &[("text", text), ("digits", &DIGITS.to_string())])
}

fn entry_absent(text: &str) -> Problem {
    Problem::told(exit::NO, "not_found", "explain_entry", &[("text", text)])
}

const fn reason(ruling: &Ruling) -> Option<Unauthorised> {
    match ruling {
        Ruling::Unauthorised { why } => Some(*why),
        Ruling::Forked { .. } | Ruling::Repudiated { .. } | Ruling::Revoked { .. } => None,
    }
}

/// The sections of docs/format.md by which an entry stands as it does: the table, and what its row rests on.
#[must_use]
pub fn rules(standing: Standing, why: Option<Unauthorised>) -> Vec<String> {
    let further: &[&str] = match (standing, why) {
        (Standing::Unauthorised, Some(Unauthorised::NotGranted)) => &["4.4", "4.6"],
        (Standing::Unauthorised, Some(Unauthorised::NotAMember)) => &["4.6"],
        // The table of roles stands in §8.1 itself.
        (Standing::Unauthorised | Standing::Counts, _) => &[],
        (Standing::Forked, _) => &["5", "6"],
        (Standing::Repudiated | Standing::Revoked, _) => &["4.6", "5", "6"],
        (Standing::Redacted, _) => &["6"],
        (Standing::Wanted | Standing::UnknownKind, _) => &["1.1"],
        (Standing::Inert, _) => &["1.1", "3", "5", "6"],
        (Standing::Waiting | Standing::Void, _) => &["3.3"],
    };
    ["8.1"].iter().chain(further).map(|section| (*section).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use isnad_protocol::act::Role;

    use super::*;

    const FORMAT: &str = include_str!("../../../docs/format.md");

    /// The row of a standing in the table of §8.1, by its code.
    fn row(standing: Standing) -> &'static str {
        let (_, behind) = FORMAT.split_once("### 8.1 ").unwrap();
        let table = behind.split("### ").next().unwrap();
        let starts = format!("| {} | {} |", standing.code(), standing.name().replace('_', " "));
        table.lines().find(|line| line.starts_with(&starts)).unwrap_or_else(|| panic!("no row {starts}"))
    }

    /// The sections that a text of the format names.
    fn named(text: &str) -> Vec<String> {
        let digits = |rest: &str| rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
        text.split('§').skip(1).map(|rest| digits(rest).trim_end_matches('.').to_owned()).collect()
    }

    #[test]
    fn every_standing_is_explained_by_its_row_of_the_format_and_by_what_that_row_rests_on() {
        let role = Role::Reader;
        let whys = [Unauthorised::NotAMember, Unauthorised::NotGranted, Unauthorised::Role { role }].map(Some);
        for standing in Standing::ALL {
            let row = row(standing);
            let whys: &[_] = if standing == Standing::Unauthorised { &whys } else { &[None] };
            for why in whys {
                let rules = rules(standing, *why);
                assert_eq!(rules.first().map(String::as_str), Some("8.1"), "{standing:?}");
                for section in &rules {
                    let is_heading = |line: &str| {
                        let number = line.trim_start_matches('#').trim_start();
                        line.starts_with("##")
                            && number.strip_prefix(section.as_str()).is_some_and(|rest| rest.starts_with([' ', '.']))
                    };
                    assert!(FORMAT.lines().any(is_heading), "{standing:?}: no section {section}");
                }
                for section in named(row) {
                    let is_it = |rule: &String| *rule == section || section.starts_with(&format!("{rule}."));
                    assert!(rules.iter().any(is_it), "{standing:?}: its row names {section}, {rules:?} do not");
                }
            }
        }
    }
}
