//! Attestations: the payload of kind 2, and who signs it. format §5.

use isnad_protocol::attestation::{ActLine, Attestation, LogLine, NodeLine};
use isnad_protocol::encoding::to_hex;
use isnad_protocol::id::{ActId, EntryId, NodeId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::LogEnd;
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};
use crate::secret;

fn author() -> PublicKey {
    secret(1).public()
}

fn of_author(vector: Vector) -> Vector {
    vector.with("author", json!(author().to_string()))
}

fn valid(name: &'static str, attestation: &Attestation, proves: &'static str) -> Vector {
    of_author(Vector::valid(name, attestation.encode(), proves))
}

fn act(scope: u8, version: u64, act: u8) -> ActLine {
    ActLine { scope: ActId::new([scope; 32]), version, act: ActId::new([act; 32]) }
}

fn log(author: u8, seq: u64, id: u8) -> LogLine {
    LogLine { author: PublicKey::new([author; 32]), end: LogEnd { seq, id: EntryId::new([id; 32]) } }
}

fn node(key: u8, address: &str) -> NodeLine {
    NodeLine { node: NodeId::new([key; 32]), address: address.to_owned() }
}

fn logs(count: u16) -> Attestation {
    let key = |number: u16| {
        let mut key = [2; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        PublicKey::new(key)
    };
    let end = LogEnd { seq: 1, id: EntryId::new([9; 32]) };
    Attestation {
        logs: (0..count).map(|number| LogLine { author: key(number), end }).collect(),
        ..Attestation::default()
    }
}

fn valid_vectors() -> Vec<Vector> {
    let whole = Attestation {
        acts: [act(1, 1, 1), act(2, 3, 5), act(2, 3, 6)].into(),
        logs: [log(3, 1, 8), log(4, 9_007_199_254_740_991, 7)].into(),
        nodes: [node(5, "/dns4/node.example.org/tcp/4747"), node(5, "/ip4/192.0.2.7/udp/4747/quic-v1")].into(),
        records: Some([6; 32]),
    };
    let longest = node(5, &format!("/{}", "x".repeat(319)));
    let plain = |name, payload: &str, proves| of_author(Vector::valid(name, payload.as_bytes().to_vec(), proves));
    vec![
        valid("whole", &whole, "each kind of line; two acts of one version; two branches are two lines"),
        valid("logs-most", &logs(400), "400 lines"),
        valid("address-longest", &Attestation { nodes: [longest].into(), ..Attestation::default() }, "320 characters"),
        plain("nothing", "{}", "every member may be left out"),
        plain("empty-lists", r#"{"acts":[],"logs":[],"nodes":[]}"#, "a list may be empty"),
    ]
}

fn invalid_vectors() -> Vec<Vector> {
    let (one, two) = (to_hex(&[2; 32]), to_hex(&[3; 32]));
    let own = author().to_string();
    let invalid =
        |name, payload: String, rule, proves| of_author(Vector::invalid(name, payload.into_bytes(), rule, proves));
    let form = |name, payload: String, proves| invalid(name, payload, "attestation_form", proves);
    let order = |name, payload: String, proves| invalid(name, payload, "attestation_order", proves);
    vec![
        form("list", "[]".to_owned(), "an object"),
        form("not-canonical", "{ }".to_owned(), "canonical JSON"),
        form("unknown-member", r#"{"more":1}"#.to_owned(), "no member beyond those listed"),
        form("acts-object", r#"{"acts":{}}"#.to_owned(), "lines are a list"),
        form("version-zero", format!(r#"{{"acts":[["{one}",0,"{two}"]]}}"#), "versions from 1"),
        form("line-short", format!(r#"{{"acts":[["{one}",1]]}}"#), "three members"),
        form("line-long", format!(r#"{{"logs":[["{one}",1,"{two}",1]]}}"#), "three members"),
        form("seq-negative", format!(r#"{{"logs":[["{one}",-1,"{two}"]]}}"#), "positions from 1"),
        form("upper-case", format!(r#"{{"logs":[["{}",1,"{two}"]]}}"#, "AB".repeat(32)), "hexadecimal in lower case"),
        form("address-empty", format!(r#"{{"nodes":[["{one}",""]]}}"#), "an address of 1 to 320 characters"),
        form(
            "address-space",
            format!(r#"{{"nodes":[["{one}","/ip4/192.0.2.7 /tcp/1"]]}}"#),
            "printable ASCII, no space",
        ),
        form("address-arabic", format!(r#"{{"nodes":[["{one}","/dns4/دوما"]]}}"#), "printable ASCII"),
        form("address-long", format!(r#"{{"nodes":[["{one}","{}"]]}}"#, "x".repeat(321)), "320 characters at most"),
        form("root-short", r#"{"records":"00"}"#.to_owned(), "32 bytes"),
        order("acts-order", format!(r#"{{"acts":[["{one}",2,"{one}"],["{one}",1,"{two}"]]}}"#), "lines ascend"),
        order("logs-order", format!(r#"{{"logs":[["{two}",1,"{one}"],["{one}",1,"{one}"]]}}"#), "lines ascend"),
        order("logs-twice", format!(r#"{{"logs":[["{one}",1,"{one}"],["{one}",1,"{one}"]]}}"#), "no line twice"),
        order("nodes-order", format!(r#"{{"nodes":[["{one}","b"],["{one}","a"]]}}"#), "lines ascend"),
        invalid(
            "too-many-lines",
            String::from_utf8(logs(401).encode()).unwrap(),
            "attestation_lines",
            "400 lines at most",
        ),
        invalid(
            "own-log",
            format!(r#"{{"logs":[["{own}",1,"{one}"]]}}"#),
            "attestation_own_log",
            "never the log it stands in",
        ),
    ]
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    let author = PublicKey::parse(json["author"].as_str().unwrap()).unwrap();
    let rule = match Attestation::parse(bytes, &author) {
        Ok(attestation) => {
            let is_spelt_out = !bytes.ends_with(b"[]}");
            assert!(!is_spelt_out || attestation.encode() == bytes, "empty lists are left out, and nothing else");
            None
        }
        Err(malformed) => Some(malformed.code()),
    };
    Verdict { id: None, rule }
}

#[test]
fn attestations_are_judged_as_the_vectors_say() {
    file::check("attestations", "payload", &[valid_vectors(), invalid_vectors()].concat(), read);
}
