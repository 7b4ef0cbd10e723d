//! The rules beside a naive second version of them, on random closed logs; and each of them by itself.

use super::*;
use crate::id::SpaceId;
use crate::key::PublicKey;

mod naive;

fn log() -> LogKey {
    LogKey { space: SpaceId::new([1; 32]), author: PublicKey::new([2; 32]) }
}

fn organisation(number: u8) -> OrganisationId {
    OrganisationId::new([number; 32])
}

fn act(number: u8) -> ActId {
    ActId::new([number; 32])
}

fn end(seq: u64, branch: u8) -> LogEnd {
    let mut id = [branch; 32];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    LogEnd { seq, id: EntryId::new(id) }
}

/// Place `seq` in the attesting log of an organisation.
fn position(who: u8, seq: u64) -> Position {
    let log = LogKey { space: SpaceId::new([1; 32]), author: PublicKey::new([100 + who; 32]) };
    Position { log, end: end(seq, 100 + who) }
}

/// From which place of its attesting log on each organisation knew of an act, or counts under a version.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(BTreeMap<(PublicKey, ActId), u64>);

impl Table {
    fn set(&mut self, who: u8, number: u8, from: u64) {
        self.0.insert((PublicKey::new([100 + who; 32]), act(number)), from);
    }

    fn is_from(&self, at: &Position, act: &ActId) -> bool {
        self.0.get(&(at.log.author, *act)).is_some_and(|from| at.end.seq >= *from)
    }
}

impl Knowledge for Table {
    fn knew(&self, at: &Position, act: &ActId) -> bool {
        self.is_from(at, act)
    }

    fn counts_under(&self, at: &Position, membership: &Membership) -> bool {
        membership.act == act(0) || self.is_from(at, &membership.act)
    }
}

fn membership(number: u8, members: impl IntoIterator<Item = u8>) -> Membership {
    Membership { act: act(number), members: std::sync::Arc::new(members.into_iter().map(organisation).collect()) }
}

fn facts(members: u8) -> Facts {
    let founding = vec![membership(0, 0..members)];
    Facts {
        log: log(),
        organisation: organisation(0),
        fork: None,
        cuts: Vec::new(),
        memberships: founding.clone(),
        wide: founding,
    }
}

/// A line of entries of one branch behind an entry.
fn line(from: LogEnd, until: u64, branch: u8) -> Vec<Link> {
    let mut prev = from;
    let mut links = Vec::new();
    for seq in from.seq + 1..=until {
        let end = end(seq, branch);
        links.push(Link { end, prev: prev.id, is_whole: true });
        prev = end;
    }
    links
}

fn says(who: u8, seq: u64, end: LogEnd) -> Line {
    Line { end, organisation: organisation(who), at: position(who, seq) }
}

#[test]
fn from_a_fork_on_only_what_is_held_by_most_counts() {
    let facts = Facts { fork: Some(10), ..facts(5) };
    let links = [line(end(9, 1), 500, 1), line(end(9, 1), 12, 2)].concat();
    let judge = |lines: Vec<Line>| Closed::judge(facts.clone(), links.clone(), lines, &Table::default()).unwrap();
    let late = judge(vec![says(1, 1, end(490, 1)), says(2, 1, end(490, 1)), says(3, 1, end(495, 1))]);
    for (entry, against) in [
        (end(9, 1), None),
        (end(10, 1), None),
        (end(490, 1), None),
        (end(491, 1), Some(Against::Forked)),
        (end(10, 2), Some(Against::Forked)),
    ] {
        assert_eq!(late.against(entry), against, "{entry:?}");
    }
    assert!(late.is_offered(end(490, 1)) && !late.is_offered(end(491, 1)) && !late.is_offered(end(10, 2)));
    // Two of four others are not more than half; its own organisation counts for nothing.
    let few = judge(vec![says(1, 1, end(490, 1)), says(2, 1, end(490, 1)), says(0, 1, end(490, 1))]);
    assert_eq!(few.against(end(10, 1)), Some(Against::Forked));
    // Who acknowledged both is left out, and not out of the number.
    let double =
        judge(vec![says(1, 1, end(20, 1)), says(2, 1, end(20, 1)), says(3, 1, end(20, 1)), says(3, 2, end(10, 2))]);
    assert_eq!(double.against(end(10, 1)), Some(Against::Forked));
    assert_eq!(double.wide(), &BTreeSet::from([end(20, 1)]));
}

#[test]
fn what_more_than_half_acknowledged_bars_its_rival_for_good() {
    let facts = Facts { fork: Some(10), ..facts(6) };
    let links = [line(end(9, 1), 20, 1), line(end(9, 1), 20, 2)].concat();
    // Three of five named one branch, one of those and two others the other.
    let lines = [(1, 1), (2, 1), (3, 1), (3, 2), (4, 2), (5, 2)];
    let lines = lines.map(|(who, branch)| says(who, u64::from(branch), end(20, branch)));
    let closed = Closed::judge(facts, links, lines, &Table::default()).unwrap();
    assert_eq!(closed.wide().len(), 2);
    for branch in [1, 2] {
        assert_eq!(closed.against(end(10, branch)), Some(Against::Forked));
    }
}

#[test]
fn what_was_acknowledged_before_anyone_knew_of_the_cut_is_repudiated() {
    let cut = Cut::new(&log(), end(5, 1));
    let facts = Facts { cuts: vec![(act(9), Some(cut))], ..facts(4) };
    let links = line(end(5, 1), 9, 1);
    let mut table = Table::default();
    table.set(2, 9, 2);
    table.set(3, 9, 1);
    let lines = vec![says(1, 1, end(9, 1)), says(2, 1, end(7, 1)), says(2, 2, end(9, 1)), says(3, 1, end(9, 1))];
    let closed = Closed::judge(facts, links, lines, &table).unwrap();
    for (entry, against) in [
        (end(5, 1), None),
        (end(6, 1), Some(Against::Repudiated(act(9)))),
        (end(7, 1), Some(Against::Repudiated(act(9)))),
        (end(8, 1), Some(Against::Revoked(act(9)))),
    ] {
        assert_eq!(closed.against(entry), against, "{entry:?}");
    }
    assert_eq!(closed.repudiated(), [end(6, 1), end(7, 1)]);
    assert_eq!(closed.acknowledgers(end(7, 1))[&organisation(2)], BTreeSet::from([position(2, 1)]));
}

#[test]
fn a_cut_ends_every_branch_but_the_one_that_it_names() {
    let cut = Cut::new(&log(), end(7, 1));
    let facts = Facts { fork: Some(6), cuts: vec![(act(9), Some(cut)), (act(8), None)], ..facts(2) };
    let links = [line(end(5, 1), 9, 1), line(end(5, 1), 9, 2)].concat();
    let judge = |facts| Closed::judge(facts, links.clone(), [says(1, 1, end(9, 1))], &Table::default()).unwrap();
    let without = judge(Facts { cuts: vec![(act(9), Some(cut))], ..facts.clone() });
    assert_eq!((without.closing(), without.against(end(7, 1))), (5, None));
    assert_eq!(without.against(end(6, 2)), Some(Against::Forked));
    assert_eq!(without.cut_by(end(6, 2)), vec![act(9)]);
    // An act that names no position lets nothing count.
    let all = judge(facts);
    assert_eq!((all.closing(), all.cut_by(end(7, 1))), (0, vec![act(8)]));
}

#[test]
fn where_a_space_has_no_other_organisation_its_own_word_counts() {
    let facts = Facts { fork: Some(1), ..facts(1) };
    let closed = Closed::judge(facts, line(end(0, 0), 3, 1), [says(0, 1, end(2, 1))], &Table::default()).unwrap();
    assert_eq!((closed.against(end(2, 1)), closed.against(end(3, 1))), (None, Some(Against::Forked)));
}

/// A seeded sequence; no rule reads it.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, usize::try_from(self.roll(at as u64 + 1)).unwrap());
        }
    }
}

/// A random closed log: a tree of some entries, words of some organisations on it, cuts and memberships.
fn random(dice: &mut Dice) -> (Facts, Vec<Link>, Vec<Line>, Table) {
    let members = 1 + u8::try_from(dice.roll(6)).unwrap();
    let mut facts = facts(members);
    let mut links = line(end(0, 0), 1 + dice.roll(4), 1);
    for branch in 2..2 + u8::try_from(dice.roll(4)).unwrap() {
        let from = links[usize::try_from(dice.roll(links.len() as u64)).unwrap()].end;
        links.extend(line(from, from.seq + 1 + dice.roll(4), branch));
    }
    facts.fork = (dice.roll(4) > 0).then(|| 1 + dice.roll(3));
    for number in 0..u8::try_from(dice.roll(3)).unwrap() {
        let named = links[usize::try_from(dice.roll(links.len() as u64)).unwrap()].end;
        let is_known = dice.roll(5) > 0;
        facts.cuts.push((act(50 + number), is_known.then(|| Cut::new(&log(), named))));
    }
    for number in 1..1 + u8::try_from(dice.roll(3)).unwrap() {
        let version = membership(number, (0..members).filter(|_| dice.roll(3) > 0));
        if dice.roll(3) > 0 {
            facts.memberships.push(version.clone());
        }
        facts.wide.push(version);
    }
    let mut table = Table::default();
    let mut lines = Vec::new();
    for who in 0..members {
        for number in [1, 2, 3, 50, 51] {
            table.set(who, number, 1 + dice.roll(4));
        }
        for seq in 1..=dice.roll(4) {
            let named = links[usize::try_from(dice.roll(links.len() as u64)).unwrap()].end;
            let is_unknown = dice.roll(12) == 0;
            lines.push(says(who, seq, if is_unknown { end(named.seq, 77) } else { named }));
        }
    }
    (facts, links, lines, table)
}

#[test]
fn random_logs_are_judged_as_the_naive_version_does_in_every_order() {
    let mut dice = Dice(7);
    for round in 0..1_500 {
        let (facts, mut links, mut lines, table) = random(&mut dice);
        let Some(whole) = Closed::judge(facts.clone(), links.clone(), lines.clone(), &table) else { continue };
        let naive = naive::Naive { facts: &facts, links: &links, lines: &lines, table: &table };
        for link in &links {
            assert_eq!(whole.against(link.end), naive.against(link.end), "round {round}: {:?} of {naive:#?}", link.end);
        }
        dice.shuffle(&mut links);
        dice.shuffle(&mut lines);
        let mut grown = Closed::judge(facts.clone(), [], [], &table).unwrap();
        while !links.is_empty() || !lines.is_empty() {
            grown = grown.with(links.pop(), lines.pop(), &table).unwrap();
        }
        assert_eq!(grown, whole, "round {round}");
    }
}
