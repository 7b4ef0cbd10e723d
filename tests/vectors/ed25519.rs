//! Which keys and signatures are accepted. THREATS.md, "Ed25519: what is accepted"; the bytes are made by `vectors.py`.

use isnad_protocol::encoding::from_hex;
use isnad_protocol::key::{PublicKey, Signature};
use serde_json::Value;

fn vectors(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

#[test]
fn of_the_twelve_cases_number_three_alone_is_accepted() {
    let vectors = vectors(include_str!("ed25519/speccheck.json"));
    assert_eq!(vectors.len(), 12);
    for vector in vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        let message: [u8; 32] = from_hex(text("message")).unwrap();
        let signature = Signature::parse(text("signature")).unwrap();
        let is_accepted = PublicKey::parse(text("key")).unwrap().verifies_untagged(&message, &signature);
        assert_eq!(vector["accepted"], is_accepted, "{}", text("case"));
        assert_eq!(is_accepted, vector["number"] == 3);
    }
}

#[test]
fn weak_keys_are_not_admitted() {
    let vectors = vectors(include_str!("ed25519/weak-keys.json"));
    assert_eq!(vectors.iter().filter(|vector| vector["rule"] == "key_small_order").count(), 8);
    for vector in vectors {
        let key = PublicKey::parse(vector["key"].as_str().unwrap()).unwrap();
        let rule = key.check_admissible().err().map(|weak| weak.code());
        assert_eq!(rule, vector["rule"].as_str(), "{}", vector["proves"]);
    }
}
