//! A consortium whose homes hold cheap keys: what is measured is never the passphrase.

use std::fs;
use std::path::{Path, PathBuf};

use isnad_node::home::Home;
use isnad_node::identity::{self, NewIdentity};
use isnad_node::keystore::{Cost, Keystore, Passphrase, Purpose, Unlocker};
use isnad_protocol::act::{Act, Name, OrganisationKind, founding};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{OpenSpace, OrganisationId, SpaceId};
use isnad_protocol::key::SecretKey;
use tempfile::TempDir;

use crate::binary::{PASSPHRASE, passphrase_file};

const CHEAP: Cost = Cost { m_kib: 8 * 1_024, t: 1, p: 1 };

/// Organisations of one consortium, each with a home that has joined it and holds no entry.
#[derive(Debug)]
pub(super) struct Consortium {
    pub(super) homes: Vec<PathBuf>,
    pub(super) organisations: Vec<OrganisationId>,
    pub(super) governance: Governance,
    dir: TempDir,
}

impl Consortium {
    pub(super) fn found(count: usize) -> Self {
        let dir = tempfile::Builder::new().prefix("isnad-bench-").tempdir().expect("a temporary directory");
        let (mut homes, mut acts) = (Vec::new(), Vec::new());
        for index in 0..count {
            let path = dir.path().join(format!("home-{index}"));
            write_passphrase(&path);
            let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
            let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "bench" };
            let (_, act) = identity::create(&path, new, &mut unlocker(&path), CHEAP).expect("a home");
            acts.push(act);
            homes.push(path);
        }
        let organisations: Vec<OrganisationId> = acts.iter().filter_map(Act::organisation).collect();
        let threshold = count as u64 / 2 + 1;
        let charter = founding::charter("Bench", organisations.clone(), threshold, Object::new(), Object::new());
        let mut charter = charter.expect("a charter");
        for path in &homes {
            charter = identity::sign(&open(path), charter, &mut unlocker(path)).expect("a signature");
        }
        acts.push(charter);
        let governance = Governance::assemble(acts).expect("a consortium");
        for path in &homes {
            isnad_node::node::join(&open(path), &governance).expect("a home that joined");
        }
        Self { homes, organisations, governance, dir }
    }

    pub(super) fn space(&self, space: OpenSpace) -> SpaceId {
        space.id(&self.governance.consortium())
    }

    pub(super) fn spaces(&self) -> Vec<SpaceId> {
        OpenSpace::ALL.map(|space| self.space(space)).to_vec()
    }

    /// The key of an organisation that signs in a space.
    pub(super) fn key(&self, index: usize, space: OpenSpace) -> SecretKey {
        let purpose = if space == OpenSpace::Public { Purpose::Publisher } else { Purpose::Contributor };
        let store = Keystore::open(&open(&self.homes[index]).keys()).expect("keys");
        let infos = store.list().expect("keys");
        let info = infos.iter().find(|info| info.purpose == purpose).expect("a key of that purpose");
        let seed = store.unlock(info, &mut unlocker(&self.homes[index])).expect("the right passphrase");
        SecretKey::from_seed(seed.as_bytes())
    }

    /// A copy of a home as it stands now, beside the others.
    pub(super) fn copy(&self, index: usize, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        copy_directory(&self.homes[index], &path);
        write_passphrase(&path);
        path
    }
}

pub(super) fn open(path: &Path) -> Home {
    Home::open(path).expect("a home")
}

fn unlocker(home: &Path) -> Unlocker {
    Unlocker::new(Passphrase::from_file(&passphrase_file(home)).expect("a passphrase"))
}

fn write_passphrase(home: &Path) {
    isnad_node::files::replace(&passphrase_file(home), PASSPHRASE.as_bytes()).expect("a passphrase file");
}

fn copy_directory(from: &Path, to: &Path) {
    isnad_node::files::create_directory(to).expect("a directory");
    for file in fs::read_dir(from).expect("a directory") {
        let file = file.expect("a file");
        let target = to.join(file.file_name());
        if file.file_type().expect("a file").is_dir() {
            copy_directory(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).expect("a copy");
        }
    }
}

/// Bytes that the files of a directory take on disk.
pub(super) fn disk_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").path());
    files
        .map(
            |path| {
                if path.is_dir() { disk_bytes(&path) } else { path.metadata().map_or(0, |data| data.blocks() * 512) }
            },
        )
        .sum()
}
