//! Row 27: a restored backup and a clone, on real nodes over loopback. Neither makes one key sign two entries of one position.

use std::path::Path;
use std::sync::Arc;

use isnad_node::backup::{self, Ends};
use isnad_node::carry::{self, Held};
use isnad_node::contribution::{Content, Contribution};
use isnad_node::driver::Refused;
use isnad_node::home::Home;
use isnad_node::identity::{self, NewIdentity};
use isnad_node::keystore::Cost;
use isnad_node::node::{self, Addresses, Node, Options};
use isnad_node::signing::Blocked;
use isnad_protocol::act::{Name, OrganisationKind, founding};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, RecordId};
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_tests::binary::copy;
use tempfile::TempDir;

use crate::falls_without;
use crate::home::unlocker;

/// A test derives its keys many times: cheap on purpose.
const CHEAP: Cost = Cost { m_kib: 8, t: 1, p: 1 };
const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";

/// Homes of a consortium.
fn homes(dir: &Path, count: usize) -> Vec<Home> {
    let make = |index: usize| {
        let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
        identity::create(&dir.join(format!("home{index}")), new, &mut unlocker(), CHEAP).unwrap()
    };
    let (homes, mut acts): (Vec<Home>, Vec<_>) = (0..count).map(make).unzip();
    let members = acts.iter().filter_map(isnad_protocol::act::Act::organisation).collect();
    let charter = founding::charter("Test", members, count as u64 / 2 + 1, Object::new(), Object::new()).unwrap();
    let sign = |charter, home: &Home| identity::sign(home, charter, &mut unlocker()).unwrap();
    acts.push(homes.iter().fold(charter, sign));
    let governance = Governance::assemble(acts).unwrap();
    homes.iter().for_each(|home| node::join(home, &governance).unwrap());
    homes
}

async fn start(home: &Home, peers: Vec<String>) -> Arc<Node> {
    let network = Some(Addresses { listen: vec![LOOPBACK.to_owned()], peers });
    let options = Options { home: home.clone(), unlocker: Some(unlocker()), network };
    Arc::new(Node::start(options, &mut |_| {}).await.unwrap())
}

async fn address(node: &Node) -> Vec<String> {
    node.listening(1).await
}

async fn contribute(node: &Node, text: &str) -> Result<EntryId, Refused> {
    let space = node.snapshot().governance.spaces()[0].id;
    let payload = format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"title","value":"{text}"}}}}]}}"#);
    let content = Content::Operations(payload.into_bytes());
    let contribution = Contribution { space, record: RecordId::new([1; 16]), content };
    node.contribute(vec![contribution]).await.map(|receipt| receipt.entries[0])
}

/// Waits until a node is as `is_so` says; never for long, or a check without its defence would hang.
async fn until(node: &Arc<Node>, is_so: impl Fn(&isnad_node::driver::Snapshot) -> bool + Send + 'static) -> bool {
    let mut changes = node.changes();
    let mut changed = async || while !is_so(&node.snapshot()) && changes.changed().await.is_ok() {};
    tokio::time::timeout(std::time::Duration::from_secs(30), changed()).await.is_ok()
}

/// The log that an entry is the last of: attestations are added to others at any time.
fn log_of(node: &Node, last: EntryId) -> Option<(LogKey, LogEnd)> {
    let snapshot = node.snapshot();
    let mut logs = snapshot.logs.iter().map(|(key, log)| (*key, log.end));
    logs.find(|(_, end)| end.id == last)
}

fn holds(entry: EntryId) -> impl Fn(&isnad_node::driver::Snapshot) -> bool + Send + 'static {
    move |snapshot| snapshot.logs.values().any(|log| log.end.id == entry)
}

async fn stop(node: Arc<Node>) {
    Arc::into_inner(node).unwrap().stop().await;
}

fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(check);
}

fn back_up(node: &Node, file: &Path) {
    let (spaces, acts) = node.reader().ends();
    let spaces = spaces.into_iter().map(|(space, end)| (space, end.to_u64())).collect();
    let ends = Ends { consortium: node.consortium(), spaces, acts: acts.to_u64() };
    backup::write_file(node.home(), &ends, file, &mut |_, _| {}).unwrap();
}

/// Puts a backup back in the place of a home, with the keys of the offline copy.
fn put_back(home: &Home, file: &Path) {
    let lost = home.path().with_file_name("lost");
    std::fs::rename(home.path(), &lost).unwrap();
    let file = std::fs::File::open(file).unwrap();
    backup::restore(file, home.path(), None, true, &mut |_, _| {}).unwrap();
    std::fs::remove_dir(home.keys()).unwrap();
    copy(&lost.join("keys"), &home.keys());
}

#[test]
fn t_restore_snapshot() {
    falls_without(Breakage::RestoredHome, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let homes = homes(dir.path(), 2);
            let (one, other) = (start(&homes[0], Vec::new()).await, start(&homes[1], Vec::new()).await);
            stop(one).await;
            let one = start(&homes[0], address(&other).await).await;
            contribute(&one, "before the backup").await.unwrap();
            back_up(&one, &dir.path().join("backup.tar"));
            let last = contribute(&one, "after the backup").await.unwrap();
            assert!(until(&other, holds(last)).await, "the partner has what the backup has not");
            stop(one).await;
            put_back(&homes[0], &dir.path().join("backup.tar"));

            // Alone it signs nothing: the number of its next entry is used.
            let alone = start(&homes[0], Vec::new()).await;
            let refused = contribute(&alone, "from the restored home").await;
            assert!(matches!(refused, Err(Refused::Signing(Blocked::Unconfirmed { .. }))), "{refused:?}");
            stop(alone).await;

            let again = start(&homes[0], address(&other).await).await;
            assert!(until(&again, |snapshot| snapshot.signing.is_none()).await, "the partner confirms its ends");
            assert!(log_of(&again, last).is_some(), "it has back what it had lost");
            let next = contribute(&again, "signed again").await.unwrap();
            assert!(until(&other, holds(next)).await);
            assert_eq!(log_of(&again, next), log_of(&other, next), "one line");
            assert_eq!(other.snapshot().governance.forks().count(), 0, "and no fork");
            stop(again).await;
            stop(other).await;
        });
    });
}

#[test]
fn t_clone_two_nodes() {
    falls_without(Breakage::RestoredHome, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let homes = homes(dir.path(), 2);
            let other = start(&homes[1], Vec::new()).await;
            let one = start(&homes[0], address(&other).await).await;
            let first = contribute(&one, "from the one machine").await.unwrap();
            assert!(until(&other, holds(first)).await);
            stop(one).await;
            let clone = homes[0].path().with_file_name("clone");
            copy(homes[0].path(), &clone);
            let clone = Home::open(&clone).unwrap();

            // The clone wakes up while its twin is at work. It does not know yet whether it may sign.
            let one = start(&homes[0], address(&other).await).await;
            let twin = start(&clone, Vec::new()).await;
            let refused = contribute(&twin, "from the clone").await;
            assert!(matches!(refused, Err(Refused::Signing(Blocked::Unconfirmed { .. }))), "{refused:?}");
            // What its twin signs meanwhile reaches it and tells it. It is carried, so that no third party is needed.
            let second = contribute(&one, "meanwhile").await.unwrap();
            tokio::task::block_in_place(|| {
                let carried = carry::write_out(&one, &carry::Content::All(Held::new()), Vec::new()).unwrap();
                carry::take_in(&twin, &carried[..]).unwrap();
            });
            let refused = contribute(&twin, "from the clone").await;
            assert!(matches!(refused, Err(Refused::Signing(Blocked::KeyElsewhere { .. }))), "{refused:?}");
            stop(twin).await;

            // For good: neither a restart nor a partner who confirms its ends makes it sign.
            stop(one).await;
            let twin = start(&clone, address(&other).await).await;
            assert!(until(&twin, holds(second)).await);
            let refused = contribute(&twin, "from the clone").await;
            assert!(matches!(refused, Err(Refused::Signing(Blocked::KeyElsewhere { .. }))), "{refused:?}");
            stop(twin).await;

            // The one machine goes on, and there is one line.
            let one = start(&homes[0], address(&other).await).await;
            let third = contribute(&one, "and on").await.unwrap();
            assert!(until(&other, holds(third)).await);
            assert_eq!(log_of(&one, third), log_of(&other, third));
            assert_eq!(other.snapshot().governance.forks().count(), 0);
            stop(one).await;
            stop(other).await;
        });
    });
}
