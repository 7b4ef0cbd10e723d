//! Rows 18 to 20, 54 and 55: what is withheld, shown old, or shown by few is said to be so; what one node loses the others give
//! back; what was said and taken back is both there.

use std::collections::BTreeMap;
use std::sync::Arc;

use isnad_node::config::Config;
use isnad_node::contribution::{Content, Contribution};
use isnad_node::home::Home;
use isnad_node::identity::{self, NewIdentity};
use isnad_node::keystore::Cost;
use isnad_node::node::{self, Node, Options};
use isnad_node::reading::Reader;
use isnad_protocol::act::{Act, Name, OrganisationKind, Role, founding};
use isnad_protocol::attestation::Freshness;
use isnad_protocol::breakage::Breakage;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::RecordId;
use isnad_protocol::log::{Log, LogKey};
use isnad_protocol::replica::{Replica, Stored};
use isnad_protocol::store::{LogView, MemoryStore};
use isnad_protocol::sync::carried;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{AsOf, Context, History, Policy, Until, View};
use isnad_tests::consortium::{claim, found, meet, record};
use tempfile::TempDir;

use crate::falls_without;
use crate::home::unlocker;

const CHEAP: Cost = Cost { m_kib: 8, t: 1, p: 1 };
const RECORD: RecordId = RecordId::new([1; 16]);

/// Homes of a consortium whose nodes attest at once.
fn homes(dir: &TempDir, count: usize) -> Vec<Home> {
    let (mut homes, mut acts) = (Vec::new(), Vec::new());
    for index in 0..count {
        let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
        let path = dir.path().join(format!("home-{index}"));
        let (home, act) = identity::create(&path, new, &mut unlocker(), CHEAP).unwrap();
        std::fs::write(home.config(), format!("attest_after = 0\n{}", Config::template())).unwrap();
        acts.push(act);
        homes.push(home);
    }
    let members = acts.iter().filter_map(Act::organisation).collect();
    let mut charter = founding::charter("Test", members, count as u64 / 2 + 1, Object::new(), Object::new()).unwrap();
    for home in &homes {
        charter = identity::sign(home, charter, &mut unlocker()).unwrap();
    }
    acts.push(charter);
    let governance = Governance::assemble(acts).unwrap();
    homes.iter().for_each(|home| node::join(home, &governance).unwrap());
    homes
}

async fn open(home: &Home) -> Arc<Node> {
    let options = Options { home: home.clone(), unlocker: Some(unlocker()), network: None };
    Arc::new(Node::start(options, &mut |_| {}).await.unwrap())
}

async fn say(node: &Node, texts: &[&str]) {
    let space = node.snapshot().governance.spaces()[0].id;
    let contribution = |text: &&str| {
        let payload = format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"title","value":"{text}"}}}}]}}"#);
        Contribution { space, record: RECORD, content: Content::Operations(payload.into_bytes()) }
    };
    node.contribute(texts.iter().map(contribution).collect()).await.unwrap();
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

/// What a node holds, of some logs only their beginning, as frames of a carried file.
fn frames(node: &Node, cut: impl Fn(&LogKey, &Log) -> Option<u64>) -> Vec<Vec<u8>> {
    let snapshot = node.snapshot();
    let shortened = |(key, log): (&LogKey, &Log)| {
        let end = match cut(key, log) {
            Some(0) => return None,
            Some(seq) => node.reader().read_log(*key, seq - 1, 1).unwrap()[0].end(),
            None => log.end,
        };
        Some((*key, Log { end, checked: end, ..*log }))
    };
    let logs: BTreeMap<LogKey, Log> = snapshot.logs.iter().filter_map(shortened).collect();
    carried::frames(&snapshot.governance, &logs, &BTreeMap::new(), node.reader()).unwrap()
}

/// Takes frames in, and waits until what came with them is attested.
async fn take_and_attest(node: &Arc<Node>, frames: Vec<Vec<u8>>) {
    let mut changes = node.changes();
    node.carry_in(frames).await.unwrap();
    while !has_attested(node) {
        changes.changed().await.unwrap();
    }
}

fn now() -> Timestamp {
    Timestamp(isnad_node::clock::now_ms())
}

fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(check);
}

#[test]
fn t_withheld_gap_reported() {
    falls_without(Breakage::WithheldGap, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let homes = homes(&dir, 3);
            let (author, witness, victim) = (open(&homes[0]).await, open(&homes[1]).await, open(&homes[2]).await);
            say(&author, &["one", "two", "three"]).await;
            take_and_attest(&witness, frames(&author, |_, _| None)).await;
            let whose = author.own_organisation().unwrap();
            let withheld = |_: &LogKey, log: &Log| (log.organisation == whose && log.end.seq == 3).then_some(1);
            victim.carry_in(frames(&witness, withheld)).await.unwrap();
            victim.all_checked().await;
            let behind = Reader::new(&victim).reach(now()).unwrap().behind;
            let told: Vec<_> =
                behind.iter().map(|log| (log.organisation, log.held, log.missing, log.named_by)).collect();
            assert_eq!(told, [(Some(whose), 1, 2, witness.own_organisation().unwrap())]);
            victim.carry_in(frames(&witness, |_, _| None)).await.unwrap();
            victim.all_checked().await;
            assert_eq!(Reader::new(&victim).reach(now()).unwrap().behind, []);
        });
    });
}

/// A node that has heard from the first so many of its two colleagues.
async fn having_heard_from(count: usize) -> (TempDir, Arc<Node>) {
    let dir = TempDir::new().unwrap();
    let homes = homes(&dir, 3);
    let victim = open(&homes[2]).await;
    say(&victim, &["mine"]).await;
    for home in homes.iter().take(count) {
        let other = open(home).await;
        take_and_attest(&other, frames(&victim, |_, _| None)).await;
        victim.carry_in(frames(&other, |_, _| None)).await.unwrap();
        victim.all_checked().await;
    }
    (dir, victim)
}

#[test]
fn t_eclipse_stale_banner() {
    falls_without(Breakage::EclipseStaleBanner, || {
        run(async {
            for (heard, is_fresh) in [(0, false), (1, false), (2, true)] {
                let (_dir, victim) = having_heard_from(heard).await;
                let freshness = Reader::new(&victim).reach(now()).unwrap().freshness;
                assert_eq!(matches!(freshness, Freshness::Fresh { .. }), is_fresh, "{heard} of two: {freshness:?}");
            }
        });
    });
}

#[test]
fn t_freeze() {
    falls_without(Breakage::Freeze, || {
        run(async {
            let (_dir, victim) = having_heard_from(2).await;
            let later = Timestamp(now().0 + 30 * 86_400_000);
            let reader = Reader::new(&victim);
            let told = [reader.reach(later).unwrap().freshness, reader.freshness(later).unwrap()];
            assert!(told.iter().all(|told| matches!(told, Freshness::Stale { since: Some(_) })), "{told:?}");
        });
    });
}

#[test]
fn t_one_node_wiped_recovers() {
    falls_without(Breakage::NodeWiped, || {
        let mut sites = found(3);
        for number in 1..4 {
            sites[0].say(record(number), claim("title", "said, and then compelled to be unsaid"));
        }
        meet(&mut sites, 0, 1);
        meet(&mut sites, 1, 2);
        let before = sites[1].replica.logs().clone();
        for wiped in [0, 1] {
            let own = sites[wiped].key.public();
            let governance = sites[wiped].replica.governance().clone();
            sites[wiped].store = MemoryStore::default();
            sites[wiped].replica = Replica::new(governance, Stored::default(), [own].into());
        }
        meet(&mut sites, 2, 0);
        meet(&mut sites, 0, 1);
        for site in &sites {
            assert_eq!(*site.replica.logs(), before, "{} has all that was said", site.number);
        }
    });
}

#[test]
fn t_retract_shows_both() {
    falls_without(Breakage::RetractShowsBoth, || {
        let mut sites = found(1);
        let site = &mut sites[0];
        let about = record(1);
        site.say(about, claim("title", "said under no pressure"));
        let first = site.view(about).properties[0].claims[0].id;
        let payload = format!(r#"{{"ops":[{{"reason":"error","retract":"{first}"}}]}}"#);
        let mut draft = site.draft(about, payload.into_bytes());
        draft.time = Timestamp(draft.time.0 + 30 * 86_400_000);
        let end = site.replica.end_of(site.log());
        let entry = draft.seal((end.seq, end.id), &site.key);
        assert_eq!(site.submit(vec![entry]), Ok(()));
        let both = |view: &View| {
            view.properties
                .iter()
                .flat_map(|property| &property.claims)
                .map(|claim| claim.retracted.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(both(&site.view(about)), [1], "the claim, and that it was taken back");
        let (names, policy) = (BTreeMap::new(), Policy::default());
        let context = || Context {
            judge: site.replica.governance(),
            names: &names,
            policy: &policy,
            today: Day::new(2024, 1, 1).unwrap(),
        };
        let history = History::of(about, &site.store, context()).unwrap();
        assert_eq!(history.items.iter().map(|item| item.did.len()).collect::<Vec<_>>(), [1, 1]);
        let until = Until::new(&site.store, Day::new(2023, 11, 20).unwrap(), about);
        assert_eq!(both(&View::of(about, &until, context()).unwrap()), [0], "before that it stood");
        let AsOf { left_out, .. } = until.as_of();
        assert_eq!(left_out, 1);
    });
}
