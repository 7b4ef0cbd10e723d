//! Any set of lines is read back as it was written, in as few parts as it takes; the tree is the one the format names.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::encoding::hash_plain;
use crate::id::RecordId;

const AUTHOR: PublicKey = PublicKey::new([1; 32]);

fn id(number: usize) -> [u8; 32] {
    hash_plain(&[&number.to_be_bytes()])
}

fn attestation(acts: usize, logs: usize, nodes: usize, root: bool) -> Attestation {
    let address = |number: usize| "/".repeat(1 + number % limits::ADDRESS_BYTES);
    Attestation {
        acts: (0..acts)
            .map(|number| ActLine {
                scope: ActId::new(id(number)),
                version: 9_007_199_254_740_991,
                act: ActId::new(id(0)),
            })
            .collect(),
        logs: (0..logs)
            .map(|number| {
                let end = LogEnd { seq: 9_007_199_254_740_991, id: EntryId::new(id(number)) };
                LogLine { author: PublicKey::new(id(number)), end }
            })
            .collect(),
        nodes: (0..nodes).map(|number| NodeLine { node: NodeId::new(id(number)), address: address(number) }).collect(),
        records: root.then(|| id(0)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn parts_say_together_what_was_to_be_said_acts_first(
        acts in 0_usize..900, logs in 0_usize..900, nodes in 0_usize..900, root: bool,
    ) {
        let whole = attestation(acts, logs, nodes, root);
        let mut said = Attestation::default();
        let mut kind = 0;
        for part in whole.clone().into_parts() {
            let payload = part.encode();
            prop_assert!(payload.len() as u64 <= limits::PAYLOAD_BYTES && !part.is_empty());
            let read = Attestation::parse(&payload, &AUTHOR).unwrap();
            prop_assert_eq!(&read, &part);
            for (at, is_there) in [!read.acts.is_empty(), !read.logs.is_empty(), !read.nodes.is_empty()].into_iter().enumerate() {
                prop_assert!(!is_there || at >= kind);
                kind = if is_there { at } else { kind };
            }
            prop_assert!(said.records.is_none(), "nothing follows the root");
            said.acts.extend(read.acts);
            said.logs.extend(read.logs);
            said.nodes.extend(read.nodes);
            said.records = read.records;
        }
        prop_assert_eq!(said, whole);
    }

    #[test]
    fn the_root_depends_on_the_set_of_records_alone(
        records in proptest::collection::vec((0_u8..4, any::<[u8; 2]>(), any::<u8>()), 0..40),
    ) {
        // Ids that share long beginnings, and some that come twice.
        let name = |(kind, end, _): &(u8, [u8; 2], u8)| {
            let mut bytes = [*kind; 16];
            bytes[14..].copy_from_slice(end);
            RecordId::new(bytes)
        };
        let mut tree = RecordTree::default();
        let mut leaves = BTreeMap::new();
        for record in &records {
            let leaf = leaf(&name(record), &[EntryId::new([record.2; 32])]);
            tree.set(name(record), leaf);
            leaves.insert(name(record), leaf);
        }
        let leaves: Vec<_> = leaves.into_iter().collect();
        prop_assert_eq!(tree.root(), root_of(&leaves));
        let mut backwards = RecordTree::default();
        for (record, leaf) in leaves.iter().rev() {
            backwards.set(*record, *leaf);
        }
        prop_assert_eq!(&backwards, &tree);
        let (mut kept, mut top) = (Kept::default(), None);
        for record in &records {
            let leaf = leaf(&name(record), &[EntryId::new([record.2; 32])]);
            top = set_in(&mut kept, top, name(record), leaf).unwrap();
            prop_assert!(top.is_some());
        }
        prop_assert_eq!(top.map_or([0; 32], |top| top.hash), tree.root(), "kept branch by branch");
    }
}

/// A tree kept branch by branch.
#[derive(Default)]
struct Kept(BTreeMap<(u8, RecordId), [Child; 2]>);

impl Branches for Kept {
    type Fault = std::convert::Infallible;

    fn branch(&self, bit: u8, beginning: &RecordId) -> Result<Option<[Child; 2]>, Self::Fault> {
        Ok(self.0.get(&(bit, *beginning)).copied())
    }

    fn put(&mut self, bit: u8, beginning: &RecordId, sides: [Child; 2]) {
        self.0.insert((bit, *beginning), sides);
    }
}

/// The definition of format §5, to the letter.
fn root_of(leaves: &[(RecordId, [u8; 32])]) -> [u8; 32] {
    let bit_of = |record: &RecordId, bit: usize| record.as_bytes()[bit / 8] >> (7 - bit % 8) & 1;
    match leaves {
        [] => [0; 32],
        [(_, leaf)] => *leaf,
        [(first, _), ..] => {
            let differs = |bit: &usize| leaves.iter().any(|(record, _)| bit_of(record, *bit) != bit_of(first, *bit));
            let bit = (0..128).find(differs).unwrap();
            let (one, zero): (Vec<_>, Vec<_>) =
                leaves.iter().copied().partition(|(record, _)| bit_of(record, bit) == 1);
            hash_plain(&[&[1, u8::try_from(bit).unwrap()], &root_of(&zero), &root_of(&one)])
        }
    }
}

#[test]
fn what_has_another_form_is_refused_by_its_rule() {
    let (one, two) = (to_hex(&[2; 32]), to_hex(&[3; 32]));
    let own = to_hex(AUTHOR.as_bytes());
    let cases = [
        ("[]".to_owned(), "attestation_form"),
        (r#"{"more":1}"#.to_owned(), "attestation_form"),
        (r#"{"acts":{}}"#.to_owned(), "attestation_form"),
        (format!(r#"{{"acts":[["{one}",0,"{two}"]]}}"#), "attestation_form"),
        (format!(r#"{{"acts":[["{one}",1]]}}"#), "attestation_form"),
        (format!(r#"{{"logs":[["{one}",1,"{two}",1]]}}"#), "attestation_form"),
        (format!(r#"{{"logs":[["{one}",-1,"{two}"]]}}"#), "attestation_form"),
        (format!(r#"{{"logs":[["{}",1,"{two}"]]}}"#, "AB".repeat(32)), "attestation_form"),
        (format!(r#"{{"nodes":[["{one}",""]]}}"#), "attestation_form"),
        (format!(r#"{{"nodes":[["{one}","a b"]]}}"#), "attestation_form"),
        (r#"{"records":"00"}"#.to_owned(), "attestation_form"),
        (format!(r#"{{"logs":[["{two}",1,"{one}"],["{one}",1,"{one}"]]}}"#), "attestation_order"),
        (format!(r#"{{"logs":[["{one}",1,"{one}"],["{one}",1,"{one}"]]}}"#), "attestation_order"),
        (format!(r#"{{"logs":[["{own}",1,"{one}"]]}}"#), "attestation_own_log"),
        (String::from_utf8(attestation(0, 401, 0, false).encode()).unwrap(), "attestation_lines"),
    ];
    for (payload, code) in cases {
        let found = Attestation::parse(payload.as_bytes(), &AUTHOR).map_err(|error| error.code());
        assert_eq!(found.unwrap_err(), code, "{}", &payload[..payload.len().min(120)]);
    }
    for payload in ["{}", r#"{"acts":[],"logs":[],"nodes":[]}"#] {
        assert_eq!(Attestation::parse(payload.as_bytes(), &AUTHOR), Ok(Attestation::default()));
    }
}
