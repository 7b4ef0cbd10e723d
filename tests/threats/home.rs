//! Rows 28, 29 and 47: a crash between mark and journal, an index that is gone, keys that others can read.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use isnad_node::contribution::{Content, Contribution};
use isnad_node::home::Home;
use isnad_node::identity::{self, NewIdentity};
use isnad_node::keystore::{Cost, Passphrase, Unlocker};
use isnad_node::node::{self, Node, OpenError, Options};
use isnad_node::reading::{DayQuery, ListQuery, Reader};
use isnad_protocol::act::{Act, Name, OrganisationKind, founding};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, RecordId};
use isnad_tests::binary::copy;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::falls_without;

/// A test derives its key many times: cheap on purpose.
const CHEAP: Cost = Cost { m_kib: 8, t: 1, p: 1 };

const RECORD: RecordId = RecordId::new([1; 16]);

pub(crate) fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new(Zeroizing::new("a passphrase for tests".to_owned())).unwrap())
}

/// A home of the only member of a consortium.
pub(crate) fn home(dir: &Path) -> Home {
    homes(dir, 1).remove(0)
}

/// Homes of the members of a consortium, signed by all.
pub(crate) fn homes(dir: &Path, count: usize) -> Vec<Home> {
    let made = (0..count).map(|index| {
        let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
        let name = if index == 0 { "home".to_owned() } else { format!("home{index}") };
        identity::create(&dir.join(name), new, &mut unlocker(), CHEAP).unwrap()
    });
    let (homes, mut acts): (Vec<Home>, Vec<Act>) = made.unzip();
    let members = acts.iter().map(|act| act.organisation().unwrap()).collect();
    let threshold = u64::try_from(count / 2 + 1).unwrap();
    let mut charter = founding::charter("Test", members, threshold, Object::new(), Object::new()).unwrap();
    for home in &homes {
        charter = identity::sign(home, charter, &mut unlocker()).unwrap();
    }
    acts.push(charter);
    let governance = Governance::assemble(acts).unwrap();
    homes.iter().for_each(|home| node::join(home, &governance).unwrap());
    homes
}

async fn open(home: &Home) -> Result<Node, OpenError> {
    Node::start(Options { home: home.clone(), unlocker: Some(unlocker()), network: None }, &mut |_| {}).await
}

async fn publish(node: &Node, text: &str) -> EntryId {
    let space = node.snapshot().governance.spaces()[0].id;
    let payload = format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"title","value":"{text}"}}}}]}}"#);
    let content = Content::Operations(payload.into_bytes());
    node.contribute(vec![Contribution { space, record: RECORD, content }]).await.unwrap().entries[0]
}

fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(check);
}

#[test]
fn t_kill9_loop() {
    falls_without(Breakage::CrashBetweenSignAndStore, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let home = home(dir.path());
            let (journal, before) = (home.path().join("journal"), dir.path().join("before"));
            let mut seen = Vec::new();
            for round in 0..8 {
                drop(open(&home).await.unwrap());
                copy(&journal, &before);
                let node = open(&home).await.unwrap();
                seen.push(publish(&node, &format!("{round}, cut off")).await);
                drop(node);
                // As after a crash behind the mark and before the journal; the index knows no more than the journal.
                std::fs::remove_dir_all(&journal).unwrap();
                std::fs::rename(&before, &journal).unwrap();
                std::fs::remove_dir_all(home.index()).unwrap();
                let node = open(&home).await.unwrap();
                seen.push(publish(&node, &format!("{round}, after it")).await);
                let log = *node.snapshot().logs.keys().next().unwrap();
                let held = Reader::new(&node).checked_log(log, seen.len() as u64).unwrap();
                let held: Vec<EntryId> = held.iter().map(|entry| entry.id()).collect();
                assert_eq!(held, seen, "each entry that was signed has its number, and no other has it");
            }
        });
    });
}

#[test]
fn t_sled_deleted_rebuild() {
    falls_without(Breakage::SledDeleted, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let home = home(dir.path());
            let node = open(&home).await.unwrap();
            for number in 0..5 {
                publish(&node, &format!("title {number}")).await;
            }
            let before = answers(&node);
            drop(node);
            std::fs::remove_dir_all(home.index()).unwrap();
            let node = open(&home).await.unwrap();
            assert_eq!(answers(&node), before);
            publish(&node, "and it goes on").await;
        });
    });
}

fn answers(node: &Node) -> String {
    let reader = Reader::new(node);
    let today = Some(isnad_protocol::time::Day::parse("2020-01-01").unwrap());
    let day = DayQuery { today, ..DayQuery::default() };
    let list = reader.list(&ListQuery { kind: 1, today, ..ListQuery::default() }).unwrap();
    format!(
        "{}{:?}{:?}",
        String::from_utf8(list).unwrap(),
        reader.show(&RECORD.to_string(), &day).unwrap(),
        reader.digest().unwrap()
    )
}

#[test]
fn t_key_perms() {
    falls_without(Breakage::KeyPermissions, || {
        run(async {
            let dir = TempDir::new().unwrap();
            let home = home(dir.path());
            let key = std::fs::read_dir(home.keys()).unwrap().next().unwrap().unwrap().path();
            for (path, open_to_others, closed) in [(key, 0o640, 0o600), (home.keys(), 0o711, 0o700)] {
                let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
                set(open_to_others);
                let Err(OpenError::Fault(fault)) = open(&home).await else { panic!("a key that others can read") };
                assert_eq!(fault.code(), "key_readable");
                set(closed);
                drop(open(&home).await.unwrap());
            }
        });
    });
}
