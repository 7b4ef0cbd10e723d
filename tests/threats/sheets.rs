//! Rows 1, 2, 14 and 31 to 34: whose words a sheet holds, what orders them, and what hostile payloads can do to it.

use std::collections::BTreeMap;

use isnad_protocol::breakage::Breakage;
use isnad_protocol::entry::{Draft, Entry};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, NarrativeId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::LogKey;
use isnad_protocol::sheet::operations::{Edits, Splice};
use isnad_protocol::sheet::{Operations, narrative};
use isnad_protocol::standing::Standing;
use isnad_protocol::view::View;
use isnad_tests::consortium::{Site, claim, found, meet, record};
use isnad_tests::hostile;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::clock;
use crate::falls_without;

fn edit(narrative: NarrativeId, after: Vec<EntryId>, at: u64, insert: &str) -> Vec<u8> {
    let splices = vec![Splice { at, delete: 0, insert: insert.to_owned() }];
    Operations::Edits(Edits { narrative, after, splices }).encode()
}

/// The narrative that the next entry of a key may begin.
fn narrative_of(site: &Site, key: &SecretKey) -> NarrativeId {
    let log = LogKey { space: site.members(), author: key.public() };
    narrative::id(key.public(), site.members(), site.replica.end_of(log).seq + 1)
}

fn text(view: &View, narrative: NarrativeId) -> Option<&str> {
    view.narratives.iter().find(|shown| shown.id == narrative).map(|shown| shown.text.as_str())
}

fn standing(view: &View, entry: &Entry) -> Option<Standing> {
    let left = view.left_out.iter().find(|left| left.entry == entry.header.id());
    left.map(|left| left.standing)
}

#[test]
fn t_cross_org_write_rejected() {
    falls_without(Breakage::CrossOrganisationWrite, || {
        let mut sites = found(2);
        sites[0].say(record(1), claim("note", "ours"));
        meet(&mut sites, 0, 1);
        let (before, theirs) = (sites[0].view(record(1)), sites[0].organisation);
        let draft = sites[1].draft(record(1), claim("note", "theirs, they say"));
        let intruding = Draft { organisation: theirs, ..draft }.seal((0, EntryId::ZERO), &sites[1].key);
        for site in &mut sites {
            assert_eq!(site.submit(vec![intruding.clone()]), Err("log_not_granted"));
        }
        // Under the other's own name it takes the other's key.
        let mut forged = intruding.clone();
        forged.header.author = sites[0].key.public();
        assert!(sites[0].submit(vec![forged]).is_err());
        assert_eq!(sites[0].view(record(1)), before);
        // A replica that got hold of it all the same shows it as nobody's word.
        sites[0].force(intruding.clone());
        let after = sites[0].view(record(1));
        assert_eq!(standing(&after, &intruding), Some(Standing::Unauthorised));
        assert_eq!(after.properties, before.properties);
    });
}

#[test]
fn t_resign_foreign_change() {
    falls_without(Breakage::ResignForeignChange, || {
        let mut sites = found(2);
        let narrative = narrative_of(&sites[0], &sites[0].key);
        let begun = sites[0].say(record(1), edit(narrative, vec![], 0, "a witness told us"));
        meet(&mut sites, 0, 1);
        let own = sites[0].say(record(1), claim("note", "seen by ours"));
        // The other organisation signs the very same bytes, salts included, later in its own log.
        for _ in 0..3 {
            sites[1].say(record(2), claim("note", "something else"));
        }
        for stolen in [&begun, &own] {
            let payload = stolen.payload.clone().unwrap();
            let draft = Draft { payload, ..sites[1].draft(record(1), Vec::new()) };
            let end = sites[1].replica.end_of(sites[1].log());
            let entry = draft.seal((end.seq, end.id), &sites[1].key);
            assert_eq!(entry.header.payload_hash, stolen.header.payload_hash);
            assert_eq!(sites[1].submit(vec![entry]), Ok(()));
        }
        let entries: Vec<Entry> = sites[1].store.entries().map(|entry| entry.entry().clone()).collect();
        let stolen = entries.iter().filter(|entry| entry.header.author == sites[1].key.public()).cloned().collect();
        assert_eq!(sites[0].submit(stolen), Ok(()));
        let view = sites[0].view(record(1));
        let claims: Vec<_> = view.properties.iter().flat_map(|property| &property.claims).collect();
        let signers: BTreeMap<_, _> =
            claims.iter().map(|shown| (shown.organisation, (shown.signed[0].author, shown.signed[0].seq))).collect();
        assert_eq!(claims.len(), 2, "each is its signer's own claim");
        let [first, later] = [0, 1].map(|site| signers.get(&sites[site].organisation).copied());
        assert_eq!(first, Some((sites[0].key.public(), 2)));
        assert_eq!(later, Some((sites[1].key.public(), 5)));
        // A narrative is named by the position that begins it: under another header the bytes begin none.
        assert_eq!(text(&view, narrative), Some("a witness told us"));
        assert_eq!(view.narratives.len(), 1);
        assert!(view.left_out.iter().any(|left| left.rule.as_deref() == Some("edit_beginning")));
    });
}

#[test]
fn t_clock_irrelevant() {
    falls_without(Breakage::ClockIrrelevant, || {
        let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
        let histories = (prop::collection::vec(any::<clock::Step>(), 1..40), any::<u64>());
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let held =
            TestRunner::new_with_rng(config, random).run(&histories, |(steps, seed): (Vec<clock::Step>, u64)| {
                prop_assert_eq!(clock::state(&steps, None), clock::state(&steps, Some(seed)));
                Ok(())
            });
        held.unwrap();
    });
}

#[test]
fn t_hostile_ops() {
    falls_without(Breakage::HostileOperations, || {
        let tally = hostile::run(100_000, &mut |_| ()).unwrap();
        assert!(tally.counted > 1_000 && tally.inert > 1_000, "the mutations reach both sides of the rules: {tally:?}");
    });
}

#[test]
fn t_no_squatting() {
    falls_without(Breakage::Squatting, || {
        let mut site = found(1).remove(0);
        let hers = narrative_of(&site, &site.key);
        // A colleague occupies the name that her next entry takes, and writes on.
        let squatting = site.next(&site.colleague, record(1), edit(hers, vec![], 0, "mine"));
        assert_eq!(site.submit(vec![squatting.clone()]), Ok(()));
        let id = squatting.header.id();
        let writing_on = site.next(&site.colleague, record(1), edit(hers, vec![id], 0, "still "));
        assert_eq!(site.submit(vec![writing_on.clone()]), Ok(()));
        let begun = site.say(record(1), edit(hers, vec![], 0, "hers"));
        let more = site.say(record(1), edit(hers, vec![begun.header.id()], 4, " alone"));
        let view = site.view(record(1));
        assert_eq!(text(&view, hers), Some("hers alone"));
        assert_eq!(standing(&view, &squatting), Some(Standing::Inert));
        assert_eq!(standing(&view, &writing_on), Some(Standing::Void));
        assert_eq!(standing(&view, &more), None);
    });
}

#[test]
fn t_missing_after() {
    falls_without(Breakage::MissingAfter, || {
        let mut site = found(1).remove(0);
        let narrative = narrative_of(&site, &site.key);
        let begun = site.say(record(1), edit(narrative, vec![], 0, "held")).header.id();
        let never = |number: u8| EntryId::new([number; 32]);
        // What a colleague writes on entries that never come waits, and nobody else waits with it.
        for number in 1..=200 {
            let mut after = vec![begun, never(number)];
            after.sort_unstable();
            let waiting = site.next(&site.colleague, record(1), edit(narrative, after, 0, "never "));
            assert_eq!(site.submit(vec![waiting]), Ok(()));
        }
        site.say(record(1), edit(narrative, vec![begun], 4, " and whole"));
        site.say(record(1), claim("note", "said"));
        let view = site.view(record(1));
        assert_eq!(text(&view, narrative), Some("held and whole"));
        assert_eq!(view.left_out.len(), 200);
        assert!(view.left_out.iter().all(|left| left.standing == Standing::Waiting));
        assert_eq!(view.properties.len(), 1);
        // Once what it was made on has come, it counts, wherever that came from.
        let late = site.next(&site.key, record(1), edit(narrative, vec![begun], 0, "late "));
        let on_late = site.next(&site.colleague, record(1), edit(narrative, vec![late.header.id()], 0, "very "));
        assert_eq!(site.submit(vec![on_late.clone()]), Ok(()));
        assert_eq!(standing(&site.view(record(1)), &on_late), Some(Standing::Waiting));
        assert_eq!(site.submit(vec![late]), Ok(()));
        assert_eq!(text(&site.view(record(1)), narrative), Some("very late held and whole"));
    });
}

/// Acts of peers wait too, in a table that is bounded (`protocol/src/governance/tests/bounds.rs`); what waits is on no disk, so
/// that whoever hands it in is told so, and what is in effect stays as it was.
#[test]
fn acts_that_follow_nothing_are_not_acknowledged() {
    use isnad_protocol::act::{OrganisationKind, Roots, founding, next_key_hash};
    use isnad_protocol::id::OrganisationId;
    let mut site = found(2).remove(0);
    let before: Vec<_> = site.replica.governance().acts().cloned().collect();
    let stranger = |number: u32| {
        let mut seed = [1; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let root = SecretKey::from_seed(&seed);
        let keys = vec![root.public()];
        let roots = Roots { keys, next: vec![next_key_hash(&root.public())], next_threshold: 1, threshold: 1 };
        let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).unwrap();
        let signature = act.sign(OrganisationId::ZERO, &root);
        act.with_signature(signature).encode()
    };
    for number in 0..1_100 {
        assert_eq!(site.submit_act(stranger(number)), Err("act_waits"));
    }
    assert_eq!(site.replica.governance().acts().cloned().collect::<Vec<_>>(), before);
    assert_eq!(Governance::assemble(before).unwrap().charter(), site.replica.governance().charter());
}

#[test]
fn t_poisoned_batch() {
    falls_without(Breakage::PoisonedBatch, || {
        let mut sites = found(2);
        let narrative = narrative_of(&sites[0], &sites[0].colleague);
        let past_end = format!(r#"{{"after":[],"ops":[{{"at":9,"delete":9,"edit":"{narrative}","insert":"x"}}]}}"#);
        let poisons: Vec<Vec<u8>> =
            ["{}", r#"{"ops":[{"claim":{"value":1e3}}]}"#, r#"{"ops":[{"claim":{"a":1}},{"claim":1}]}"#, &past_end]
                .map(|payload| payload.as_bytes().to_vec())
                .to_vec();
        let mut batch = vec![claim("note", "before")];
        batch.extend(poisons.iter().cloned());
        batch.push(claim("note", "behind"));
        let mut entries = sites[0].sealed(record(1), &batch);
        let colleague = sites[0].next(&sites[0].colleague, record(1), edit(narrative, vec![], 0, "beside"));
        entries.push(colleague);
        assert_eq!(sites[0].submit(entries), Ok(()));
        meet(&mut sites, 0, 1);
        for site in &sites {
            let view = site.view(record(1));
            let said: Vec<_> = view.properties.iter().flat_map(|property| &property.claims).collect();
            assert_eq!(said.len(), 2);
            assert_eq!(text(&view, narrative), Some("beside"));
            assert_eq!(view.left_out.len(), poisons.len());
            assert!(view.left_out.iter().all(|left| left.standing == Standing::Inert));
        }
    });
}
