//! Nodes attest what they hold, and each says how far the others have come, what is missing, and how old it may be.

use isnad_protocol::attestation::Freshness;
use isnad_protocol::time::Timestamp;

use super::*;
use crate::config::Config;
use crate::reading::{DayQuery, Reach};

/// Homes of a consortium whose nodes attest at once.
fn hasty(count: usize) -> Vec<(TempDir, Home)> {
    let homes = founded(count);
    for (_, home) in &homes {
        std::fs::write(home.config(), format!("attest_after = 0\n{}", Config::template())).unwrap();
    }
    homes
}

async fn open(homes: &[(TempDir, Home)], at: usize) -> Arc<Node> {
    let options = Options { home: homes[at].1.clone(), unlocker: Some(unlocker()), network: None };
    Arc::new(Node::start(options, &mut |_| {}).await.unwrap())
}

fn now() -> Timestamp {
    Timestamp(crate::clock::now_ms())
}

fn reach(node: &Node) -> Reach {
    Reader::new(node).reach(now()).unwrap()
}

/// Attestations of a home's own that are flushed, in both spaces.
fn attested(node: &Node) -> u64 {
    let own = node.own_organisation().unwrap();
    let snapshot = node.snapshot();
    let logs = snapshot
        .logs
        .iter()
        .filter(|(key, _)| snapshot.governance.key(&own, &key.author).is_some_and(|known| known.role == Role::Node));
    logs.map(|(_, log)| log.end.seq).sum()
}

/// True if the node's own attestations name all that it holds, as far as that is anybody's word.
fn has_attested(node: &Node) -> bool {
    let (own, snapshot) = (node.own_organisation().unwrap(), node.snapshot());
    let is_word = |(key, log): &(&LogKey, &Log)| {
        snapshot.governance.key(&log.organisation, &key.author).is_some_and(|known| known.role != Role::Node)
    };
    let is_named = |(key, log): (&LogKey, &Log)| {
        let lines = node.index().unwrap().acknowledged_last(*key).unwrap();
        lines.iter().any(|line| line.organisation == own && line.end == log.end)
    };
    snapshot.logs.iter().filter(is_word).all(is_named)
}

/// Takes all that one holds to the other, and waits until that one has attested it.
async fn hand_over(from: &Node, to: &Arc<Node>) {
    carrying::take_in(to, &carrying::file(from)).unwrap();
    until("the attestation", || has_attested(to).then_some(())).await;
}

/// Takes all that one holds to the other, every signature checked.
async fn hand_back(from: &Node, to: &Arc<Node>) {
    carrying::take_in(to, &carrying::file(from)).unwrap();
    to.all_checked().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_says_who_has_acknowledged_what() {
    let homes = hasty(3);
    let (writer, second, third) = (open(&homes, 0).await, open(&homes, 1).await, open(&homes, 2).await);
    let members = writer.snapshot().governance.spaces()[0].id;
    writer.contribute(vec![claim(members, "one"), claim(members, "two")]).await.unwrap();
    let not_yet = |node: &Node| reach(node).others.iter().map(|other| other.not_yet).collect::<Vec<_>>();
    assert_eq!((reach(&writer).own, not_yet(&writer)), (2, vec![2, 2]));
    hand_over(&writer, &second).await;
    hand_back(&second, &writer).await;
    let left = || {
        let mut left = not_yet(&writer);
        left.sort_unstable();
        left
    };
    // The index may know a word before the snapshot has it that is carried: then it comes with the next file.
    while left() != [0, 2] {
        hand_back(&second, &writer).await;
    }
    let later = Timestamp(now().0 + 30 * 86_400_000);
    let fresh_at = |time: Timestamp| {
        let reader = Reader::new(&writer);
        let freshness = reader.freshness(time).unwrap();
        assert_eq!(reader.reach(time).unwrap().freshness, freshness, "a status and a view say the same");
        freshness
    };
    assert_eq!(fresh_at(later), Freshness::Stale { since: None }, "one of two others is not more than half");
    assert_eq!(fresh_at(now()), Freshness::Alone, "which tells nothing of a consortium that has only begun");
    hand_over(&second, &third).await;
    hand_back(&third, &writer).await;
    while left() != [0, 0] {
        hand_back(&third, &writer).await;
    }
    assert!(matches!(fresh_at(now()), Freshness::Fresh { .. }));
    assert!(matches!(fresh_at(later), Freshness::Stale { since: Some(_) }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_says_who_acknowledged_each_entry() {
    let homes = hasty(2);
    let (writer, second) = (open(&homes, 0).await, open(&homes, 1).await);
    let members = writer.snapshot().governance.spaces()[0].id;
    writer.contribute(vec![claim(members, "one")]).await.unwrap();
    hand_over(&writer, &second).await;
    writer.contribute(vec![claim(members, "two")]).await.unwrap();
    let record = RecordId::new({
        let mut record = [7; 16];
        record[0] = 1;
        record
    });
    hand_back(&second, &writer).await;
    let history = Reader::new(&writer).history(&record.to_string(), &DayQuery::default()).unwrap();
    let by = |seq: u64| {
        let item = history.items.iter().find(|item| item.seq == seq).unwrap();
        item.acknowledged.iter().filter(|line| Some(line.organisation) == second.own_organisation()).count()
    };
    assert_eq!((by(1), by(2)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_attested_twice_and_a_start_finds_the_same() {
    let homes = hasty(2);
    let (writer, second) = (open(&homes, 0).await, open(&homes, 1).await);
    let members = writer.snapshot().governance.spaces()[0].id;
    writer.contribute(vec![claim(members, "one")]).await.unwrap();
    hand_over(&writer, &second).await;
    until("the acts in both spaces, and the entry", || (attested(&second) == 3).then_some(())).await;
    let before = (second.snapshot().logs, reach(&second));
    drop(second);
    let again = open(&homes, 1).await;
    assert_eq!((again.snapshot().logs, reach(&again)), before);
}
