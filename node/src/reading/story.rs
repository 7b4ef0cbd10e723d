//! How the consortium came to be as it is: act by act, with who signed, who acknowledged, and what it changed.

use std::collections::BTreeMap;

use isnad_protocol::act::difference::Change;
use isnad_protocol::governance::Position;
use isnad_protocol::id::{ActId, EntryId, OrganisationId};
use isnad_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::governing::{self, Described, State};
use crate::problem::Problem;

/// One act of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// What it is, where it stands and what it changes.
    #[serde(flatten)]
    pub act: Described,
    /// When half of those who said that they hold it had, each by its own clock: no single clock moves an act; none before one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Who acknowledged it, by the times that they claim.
    pub acknowledged: Vec<Word>,
}

/// That an organisation acknowledged an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Word {
    /// The time that its attestation claims; none if that is not held any more.
    pub time: Option<Timestamp>,
    /// Who.
    pub organisation: OrganisationId,
    /// The attestation.
    pub entry: EntryId,
}

impl Reader<'_> {
    /// Every act held, in the order of a story: by the time by which half of its acknowledgements were there, and none before what it follows
    /// or, of an organisation's first, before the charter that admits it. What nobody has acknowledged stands right behind that.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub fn governance_story(&self) -> Result<Vec<Chapter>, Problem> {
        let governance = self.governance();
        // One attestation acknowledges many acts.
        let mut times: BTreeMap<Position, Option<Timestamp>> = BTreeMap::new();
        let mut chapters = Vec::new();
        for act in governing::described(governance, self.node.own_organisation()) {
            let mut acknowledged = Vec::new();
            for (organisation, at) in governance.acknowledged(&act.id) {
                let time = match times.get(&at) {
                    Some(time) => *time,
                    None => self.time_of(&at)?,
                };
                times.insert(at, time);
                acknowledged.push(Word { time, organisation, entry: at.end.id });
            }
            acknowledged.sort_unstable();
            let since = middle(&acknowledged);
            chapters.push(Chapter { act, since, acknowledged });
        }
        Ok(in_order(chapters))
    }

    fn time_of(&self, at: &Position) -> Result<Option<Timestamp>, Problem> {
        let found = self.read_entry(at.log, at.end)?;
        Ok(found.map(|entry| entry.entry().header.time))
    }
}

/// When half of those who acknowledged an act had, by words in the order of their times: a clock that is set wrong moves it past no other.
fn middle(acknowledged: &[Word]) -> Option<Timestamp> {
    let times: Vec<Timestamp> = acknowledged.iter().filter_map(|word| word.time).collect();
    times.get(times.len() / 2).copied()
}

/// Acts do not say when they were made: the first that anybody knows of one is that somebody holds it.
fn in_order(chapters: Vec<Chapter>) -> Vec<Chapter> {
    let mut admitted: BTreeMap<OrganisationId, ActId> = BTreeMap::new();
    for Chapter { act, .. } in chapters.iter().filter(|chapter| chapter.act.state == State::InEffect) {
        for change in &act.changes {
            if let Change::Admitted { organisation, .. } = change {
                admitted.entry(*organisation).or_insert(act.id);
            }
        }
    }
    let mut times: BTreeMap<ActId, Timestamp> = BTreeMap::new();
    // Each stands behind what it follows already, as acts are sent.
    for Chapter { act, since, .. } in &chapters {
        let before = act.previous.or_else(|| admitted.get(&act.organisation?).copied());
        let before = before.and_then(|before| times.get(&before).copied());
        times.insert(act.id, since.max(&before).unwrap_or_default());
    }
    let mut chapters = chapters;
    chapters.sort_by_key(|chapter| times.get(&chapter.act.id).copied());
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(id: u8, previous: Option<u8>, since: Option<u64>) -> Chapter {
        let act = Described {
            id: ActId::new([id; 32]),
            kind: "charter".to_owned(),
            version: 1,
            previous: previous.map(|id| ActId::new([id; 32])),
            organisation: None,
            state: State::InEffect,
            by: None,
            acknowledgements: None,
            not_counted: Vec::new(),
            double: Vec::new(),
            is_mine: false,
            have: 0,
            due: 0,
            signed: Vec::new(),
            changes: Vec::new(),
            ends: Vec::new(),
            competes: Vec::new(),
            replaced_by: Vec::new(),
            was_in_effect: false,
            is_settled: false,
            names: BTreeMap::new(),
        };
        Chapter { act, since: since.map(Timestamp), acknowledged: Vec::new() }
    }

    #[test]
    fn a_story_is_told_in_the_order_of_time_and_nothing_before_what_it_follows() {
        let check = |chapters: Vec<Chapter>, expected: &[u8]| {
            let told: Vec<u8> = in_order(chapters).iter().map(|chapter| chapter.act.id.as_bytes()[0]).collect();
            assert_eq!(told, expected);
        };
        // Two chains that grew by turns.
        let chains = vec![
            chapter(1, None, Some(10)),
            chapter(2, Some(1), Some(40)),
            chapter(3, Some(1), None),
            chapter(4, None, Some(10)),
            chapter(5, Some(4), Some(30)),
        ];
        check(chains, &[1, 3, 4, 5, 2]);
        // A clock that is a year behind puts nothing before what it follows.
        check(vec![chapter(1, None, Some(50)), chapter(2, Some(1), Some(3)), chapter(3, None, Some(20))], &[3, 1, 2]);
    }

    #[test]
    fn no_single_clock_says_when_an_act_was_acknowledged() {
        let word = |time: Option<u64>| Word {
            time: time.map(Timestamp),
            organisation: OrganisationId::ZERO,
            entry: EntryId::ZERO,
        };
        let middle_of = |times: &[Option<u64>]| {
            let mut words: Vec<Word> = times.iter().map(|time| word(*time)).collect();
            words.sort_unstable();
            middle(&words).map(|time| time.0)
        };
        assert_eq!(middle_of(&[Some(5), Some(1_000), Some(1_001)]), Some(1_000));
        assert_eq!(middle_of(&[Some(1_000), Some(1_001), Some(9_999)]), Some(1_001));
        assert_eq!(middle_of(&[None, Some(7)]), Some(7));
        assert_eq!(middle_of(&[None]), None);
    }
}
