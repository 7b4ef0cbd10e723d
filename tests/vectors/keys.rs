//! A key file with its passphrase and the seed in it. format §12. Its nonce and salt are random, so it is read, never made again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use isnad_node::keystore::{Cost, Keystore, NewKey, Passphrase, Purpose, Secret, Unlocker};
use isnad_protocol::encoding::to_hex;
use serde_json::{Value, json};

use crate::secret;

const SEED: [u8; 32] = [42; 32];
const PASSPHRASE: &str = "ثلاث كلمات طويلة";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/keys")
}

fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new(PASSPHRASE.to_owned().into()).unwrap())
}

fn public() -> [u8; 32] {
    *secret(42).public().as_bytes()
}

/// Made once: another file opens as well, but changing this one is a change of format.
fn make() {
    let dir = tempfile::tempdir().unwrap();
    let store = Keystore::create(&dir.path().join("keys")).unwrap();
    let key = NewKey { purpose: Purpose::Contributor, label: "a desk", public: public(), seed: &Secret::new(&SEED) };
    let made = store.add(&key, &mut unlocker(), Cost { m_kib: 1_024, t: 1, p: 1 }).unwrap();
    fs::create_dir_all(folder()).unwrap();
    fs::copy(made.path, folder().join("contributor.key")).unwrap();
    let json = json!({
        "proves": "a seed under a passphrase: Argon2id, XChaCha20-Poly1305, the plain half authenticated with it",
        "passphrase": PASSPHRASE,
        "seed": to_hex(&SEED),
        "public": to_hex(&public()),
    });
    fs::write(folder().join("contributor.json"), serde_json::to_vec_pretty(&json).unwrap()).unwrap();
}

#[test]
fn a_key_file_opens_as_the_vector_says() {
    if std::env::var_os("ISNAD_BLESS").is_some() && !folder().join("contributor.key").exists() {
        make();
    }
    let json: Value = serde_json::from_slice(&fs::read(folder().join("contributor.json")).unwrap()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("keys");
    let store = Keystore::create(&dir).unwrap();
    fs::copy(folder().join("contributor.key"), dir.join("contributor.key")).unwrap();
    fs::set_permissions(dir.join("contributor.key"), Permissions::from_mode(0o600)).unwrap();
    let keys = store.list().unwrap();
    let found = (keys[0].purpose, keys[0].label.as_str(), to_hex(&keys[0].public));
    assert_eq!(found, (Purpose::Contributor, "a desk", json["public"].as_str().unwrap().to_owned()));
    assert_eq!(json["passphrase"], PASSPHRASE);
    let seed = store.unlock(&keys[0], &mut unlocker()).unwrap();
    assert_eq!(json["seed"], to_hex(seed.as_bytes()));
    let wrong = Unlocker::new(Passphrase::new("ثلاث كلمات طويلة ".to_owned().into()).unwrap());
    assert!(store.unlock(&keys[0], &mut { wrong }).is_err());
}
