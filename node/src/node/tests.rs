//! Two nodes over loopback: what one contributes, the other holds.

use std::time::Duration;

use isnad_protocol::act::{Name, OrganisationKind, founding};
use isnad_protocol::audit::What;
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, RecordId};
use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::contribution::Content;
use crate::identity::{self, NewIdentity};
use crate::keystore::{Cost, Passphrase};
use crate::problem::Problem;
use crate::reading::Reader;
use crate::writing::{self, Change, Request, Retraction, Written};

mod attestations;
mod carrying;
mod damage;
mod opinions;
mod rules;

const CHEAP: Cost = Cost { m_kib: 8 * 1_024, t: 1, p: 1 };

fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new(Zeroizing::new("a passphrase for tests".to_owned())).unwrap())
}

fn founded(count: usize) -> Vec<(TempDir, Home)> {
    let mut homes = Vec::new();
    let mut acts = Vec::new();
    for index in 0..count {
        let dir = TempDir::new().unwrap();
        let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
        let (home, act) = identity::create(&dir.path().join("home"), new, &mut unlocker(), CHEAP).unwrap();
        acts.push(act);
        homes.push((dir, home));
    }
    let ids: Vec<OrganisationId> = acts.iter().map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
    let mut charter = founding::charter("Test", ids, count as u64 / 2 + 1, Object::new(), Object::new()).unwrap();
    for (_, home) in &homes {
        charter = identity::sign(home, charter, &mut unlocker()).unwrap();
    }
    acts.insert(0, charter);
    let governance = Governance::assemble(acts).unwrap();
    for (_, home) in &homes {
        join(home, &governance).unwrap();
    }
    homes
}

async fn start(home: &Home, listen: &str, peers: Vec<String>) -> Node {
    let network = Some(Addresses { listen: vec![listen.to_owned()], peers });
    Node::start(Options { home: home.clone(), unlocker: Some(unlocker()), network }, &mut |_| {}).await.unwrap()
}

async fn until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    // A bound on failure alone: what is waited for is polled between other tasks of the runtime.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited too long for {what}");
        tokio::task::yield_now().await;
    }
}

fn claim(space: SpaceId, text: &str) -> Contribution {
    let payload = format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"title","value":"{text}"}}}}]}}"#);
    let mut record = [7; 16];
    record[0] = 1;
    Contribution { space, record: RecordId::new(record), content: Content::Operations(payload.into_bytes()) }
}

async fn two_agree(listen: &str) {
    let homes = founded(2);
    let first = start(&homes[0].1, listen, Vec::new()).await;
    let address = until("the address", || first.snapshot().listening.first().cloned()).await;
    let second = start(&homes[1].1, listen, vec![address]).await;
    let members = first.snapshot().governance.spaces()[0].id;
    let receipt = first.contribute(vec![claim(members, "one"), claim(members, "two")]).await.unwrap();
    let last = *receipt.entries.last().unwrap();
    let holds =
        |node: &Node, end: EntryEnd| node.snapshot().logs.values().any(|log| log.end == end && log.checked == end);
    until("the entries", || holds(&second, LogEnd { seq: 2, id: last }).then_some(())).await;
    let receipt = second.contribute(vec![claim(members, "three")]).await.unwrap();
    until("the answer", || holds(&first, LogEnd { seq: 1, id: receipt.entries[0] }).then_some(())).await;
    let about = |node: &Node| node.index().unwrap().entries_about(claim(members, "").record).unwrap().len();
    assert_eq!((about(&first), about(&second)), (3, 3));
    second.stop().await;
    first.stop().await;
}

type EntryEnd = LogEnd;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_agree_over_tcp() {
    two_agree("/ip4/127.0.0.1/tcp/0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_agree_over_quic() {
    two_agree("/ip4/127.0.0.1/udp/0/quic-v1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_a_restart_and_without_the_index() {
    let homes = founded(2);
    let home = &homes[0].1;
    let open = || Options { home: home.clone(), unlocker: Some(unlocker()), network: None };
    let node = Node::start(open(), &mut |_| {}).await.unwrap();
    let members = node.snapshot().governance.spaces()[0].id;
    node.contribute(vec![claim(members, "one")]).await.unwrap();
    node.contribute(vec![claim(members, "two")]).await.unwrap();
    let logs = node.snapshot().logs;
    let entries = node.index().unwrap().entries_about(claim(members, "").record).unwrap();
    drop(node);
    let again = Node::start(open(), &mut |_| {}).await.unwrap();
    assert_eq!(again.snapshot().logs, logs);
    again.contribute(vec![claim(members, "three")]).await.unwrap();
    drop(again);
    std::fs::remove_dir_all(home.index()).unwrap();
    let rebuilt = Node::start(open(), &mut |_| {}).await.unwrap();
    let found = rebuilt.index().unwrap().entries_about(claim(members, "").record).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[..2], entries[..]);
}

/// A text of letters that no compressor makes shorter.
fn noise(seed: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut state = seed;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(state >> 58) as usize])
    };
    (0..60_000).map(letter).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_carried_file_is_read_to_its_end_however_much_of_it_is_held_already() {
    let homes = founded(2);
    for (_, home) in &homes {
        // However slow the machine: no attestation comes in between and is counted too.
        std::fs::write(home.config(), format!("attest_after = 86400\n{}", Config::template())).unwrap();
    }
    let open = |at: usize| Options { home: homes[at].1.clone(), unlocker: Some(unlocker()), network: None };
    let writer = Node::start(open(0), &mut |_| {}).await.unwrap();
    let reader = Arc::new(Node::start(open(1), &mut |_| {}).await.unwrap());
    let members = writer.snapshot().governance.spaces()[0].id;
    for batch in 0..2 {
        let claims = (0..40).map(|number| claim(members, &noise(batch * 40 + number))).collect();
        writer.contribute(claims).await.unwrap();
    }
    let file = carrying::file(&writer);
    assert!(file.len() > 4_194_304, "more than the credit of a session");
    assert_eq!(carrying::take_in(&reader, &file).unwrap().entries, 80);
    writer.contribute(vec![claim(members, "news")]).await.unwrap();
    let file = carrying::file(&writer);
    assert_eq!(carrying::take_in(&reader, &file).unwrap().entries, 1);
}

/// A home of one organisation with two entries in the members' space, closed again.
async fn written() -> (TempDir, Home, Governance, SpaceId) {
    let (dir, home) = founded(1).remove(0);
    let node = Node::start(closed(&home), &mut |_| {}).await.unwrap();
    let governance = (*node.snapshot().governance).clone();
    let members = governance.spaces()[0].id;
    // One after the other: of the last step alone, the mark still holds the bytes.
    node.contribute(vec![claim(members, "one")]).await.unwrap();
    node.contribute(vec![claim(members, "two")]).await.unwrap();
    drop(node);
    (dir, home, governance, members)
}

fn closed(home: &Home) -> Options {
    Options { home: home.clone(), unlocker: Some(unlocker()), network: None }
}

fn faults(home: &Home) -> Vec<What> {
    let findings = crate::audit::audit(home, None, &mut |_, _| {}).unwrap().report.findings;
    findings.into_iter().filter(|finding| finding.is_fault).map(|finding| finding.what).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_is_gone_is_said_to_be_and_never_made_in_silence() {
    let (_dir, fresh) = founded(1).remove(0);
    assert_eq!(faults(&fresh), [], "a home that has just joined lacks nothing");
    let (_dir, home, governance, members) = written().await;
    assert_eq!(faults(&home), []);
    let lost = home.journal(&members);
    for with_index in [true, false] {
        std::fs::remove_dir_all(&lost).unwrap();
        if !with_index {
            std::fs::remove_dir_all(home.index()).unwrap();
        }
        let refused = Node::start(closed(&home), &mut |_| {}).await.map(drop).unwrap_err();
        assert!(matches!(&refused, OpenError::Fault(Fault::JournalMissing { path }) if *path == lost), "{refused}");
        assert!(!lost.exists());
        assert_eq!(faults(&home), [What::NoJournal, What::BeforeMark]);
        // An empty directory is no journal either.
        std::fs::create_dir(&lost).unwrap();
        assert_eq!(faults(&home), [What::NoJournal, What::BeforeMark]);
        // Whoever joins again has said that what is missing is to be fetched: it is not signed over.
        join(&home, &governance).unwrap();
        let node = Node::start(closed(&home), &mut |_| {}).await.unwrap();
        let refused = node.contribute(vec![claim(members, "three")]).await.unwrap_err();
        assert!(matches!(refused, Refused::Signing(_)), "{refused:?}");
        assert_eq!(node.index().unwrap().entries_about(claim(members, "").record).unwrap().len(), 0);
    }
    std::fs::remove_dir_all(home.path().join("journal")).unwrap();
    assert_eq!(faults(&home), [What::NoJournal, What::NoJournal, What::BeforeMark]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_another_home_is_made_anew() {
    let homes = [written().await, written().await];
    let mut held = Vec::new();
    for (_, home, _, _) in &homes {
        held.push(Node::start(closed(home), &mut |_| {}).await.unwrap().snapshot().logs);
    }
    let [(_, from, ..), (_, to, _, members)] = &homes;
    std::fs::remove_dir_all(to.index()).unwrap();
    std::fs::rename(from.index(), to.index()).unwrap();
    let node = Node::start(closed(to), &mut |_| {}).await.unwrap();
    assert_eq!(node.snapshot().logs, held[1]);
    assert_eq!(node.index().unwrap().entries_about(claim(*members, "").record).unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_appended_to_a_journal_behind_the_nodes_back_takes_no_log_back() {
    let (_dir, home, _, members) = written().await;
    let node = Node::start(closed(&home), &mut |_| {}).await.unwrap();
    let logs = node.snapshot().logs;
    let (log, first) = (*logs.keys().next().unwrap(), logs.values().next().unwrap().checked.seq);
    assert_eq!(first, 2);
    let held = Reader::new(&node).checked_log(log, 2).unwrap();
    drop(node);
    let forged = isnad_protocol::entry::Entry {
        signature: isnad_protocol::key::Signature::new([1; 64]),
        ..held[0].entry().clone()
    };
    let frames: [(u8, Vec<u8>, Option<What>); 3] = [
        (crate::store::kind::ENTRY, held[0].entry().encode(), None),
        (crate::store::kind::ENTRY, forged.encode(), Some(What::Rewritten)),
        (crate::store::kind::PAYLOAD, forged.encode(), Some(What::Rewritten)),
    ];
    let mut expected = Vec::new();
    for (kind, bytes, fault) in frames {
        let mut journal = crate::journal::Journal::open(&home.journal(&members)).unwrap().journal;
        journal.append(kind, &[&bytes]).unwrap();
        journal.sync().unwrap();
        drop(journal);
        expected.extend(fault);
        let node = Node::start(closed(&home), &mut |_| {}).await.unwrap();
        assert_eq!(node.snapshot().logs, logs);
        assert_eq!(Reader::new(&node).checked_log(log, 2).unwrap(), held);
        assert_eq!(node.snapshot().signing, None);
        drop(node);
        assert_eq!(faults(&home), expected);
    }
}

fn said(prop: &str, value: &str, more: &[(&str, String)]) -> Json {
    let members = [("prop", prop.to_owned()), ("value", value.to_owned())].into_iter().chain(more.iter().cloned());
    Json::Object(members.map(|(key, text)| (key.to_owned(), Json::text(text))).collect())
}

async fn write(node: &Arc<Node>, change: Change) -> Result<Written, Problem> {
    writing::write(node, Request { space: "members".into(), changes: vec![change], only_new: false }).await
}

async fn alone() -> (Vec<(TempDir, Home)>, Arc<Node>) {
    let homes = founded(1);
    let options = Options { home: homes[0].1.clone(), unlocker: Some(unlocker()), network: None };
    let node = Node::start(options, &mut |_| {}).await.unwrap();
    (homes, Arc::new(node))
}

fn numbered(number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = 1;
    RecordId::new(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_never_be_taken_out_again_is_refused_before_it_is_signed() {
    let (_homes, node) = alone().await;
    let claim = |claim: Json| Change { claims: vec![claim], ..Change::of(numbered(7)) };
    let taken_back = |claim: ClaimId| {
        let retraction = Retraction { claim, reason: "error".into(), note: Some("mistyped".into()) };
        Change { retractions: vec![retraction], ..Change::of(numbered(7)) }
    };
    let in_place_of =
        |prop: &str, value: &str, old: ClaimId| claim(said(prop, value, &[("replaces", old.to_string())]));
    let first = write(&node, claim(said("date", "2013", &[]))).await.unwrap().claims[0];
    let again = write(&node, claim(said("date", "2013", &[]))).await.unwrap();
    assert_eq!((again.entries.len(), again.known), (0, 1), "said twice, signed once");
    let code = |outcome: Result<Written, Problem>| outcome.unwrap_err().code;
    assert_eq!(code(write(&node, in_place_of("status", "alleged", first)).await), "other_property");
    let second = write(&node, in_place_of("date", "2014", first)).await.unwrap().claims[0];
    assert_eq!(code(write(&node, in_place_of("date", "2015", first)).await), "replaced");
    assert_eq!(code(write(&node, in_place_of("date", "2015", ClaimId::ZERO)).await), "not_found");
    write(&node, taken_back(second)).await.unwrap();
    assert_eq!(code(write(&node, taken_back(second)).await), "retracted");
    assert_eq!(code(write(&node, taken_back(ClaimId::ZERO)).await), "not_found");
    assert_eq!(code(write(&node, in_place_of("date", "2015", second)).await), "retracted");
    // What was taken back stays so; said once more on purpose, it is another claim.
    let anew = write(&node, in_place_of("date", "2014", first)).await.unwrap();
    assert!(anew.claims[0] != second && anew.entries.len() == 1);
    let entries = node.index().unwrap().entries_about(numbered(7)).unwrap();
    assert_eq!(entries.len(), 4, "what was refused is nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_named_by_any_beginning_and_by_an_alias_that_no_other_takes() {
    let (_homes, node) = alone().await;
    let called = |number: u8| Change { claims: vec![said("alias", "Douma", &[])], ..Change::of(numbered(number)) };
    write(&node, called(0xab)).await.unwrap();
    let taken = write(&node, called(0xcd)).await.unwrap_err();
    assert!(taken.code == "alias_taken" && taken.why.contains(&numbered(0xab).to_string()), "{taken:?}");
    write(&node, Change { claims: vec![said("date", "2013", &[])], ..Change::of(numbered(0xac)) }).await.unwrap();
    let found = tokio::task::spawn_blocking(move || {
        let reader = Reader::new(&node);
        let whole = "ab".repeat(15);
        for text in ["abababab", "ABABABABA", "incident/abababab", "Incident/ABABABAB", &whole, "douma", "DOUMA"] {
            assert_eq!(reader.resolve(text).unwrap(), numbered(0xab), "{text}");
        }
        for text in ["ababab", "abababac", "subject/abababab", "dou", "", "/"] {
            assert_eq!(reader.resolve(text).unwrap_err().code, "not_found", "{text}");
        }
    });
    found.await.unwrap();
}
