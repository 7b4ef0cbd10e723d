//! Rows 3, 6, 7, 8, 16, 17, 25 and 64: what an author or an organisation cannot unsay, and what a thief cannot add.

use std::collections::BTreeSet;

use isnad_protocol::act::{Body, Charter, Cut, OrganisationBody, Removal, Revocation};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::entry::Entry;
use isnad_protocol::governance::Ruling;
use isnad_protocol::id::ActId;
use isnad_protocol::log::{ForkProof, LogKey};
use isnad_protocol::standing::Standing::{Forked, Repudiated, Revoked};

use crate::falls_without;

mod village;

use village::{Village, end, forked};

fn cut(village: &Village, last: &Entry) -> Vec<Cut> {
    let log = LogKey { space: village.members, author: last.header.author };
    let mut number = 0;
    let random = || {
        number += 1;
        [number; Cut::RANDOM_SIZE]
    };
    Cut::fill(vec![Cut::new(&log, end(last))], random)
}

/// The act by which organisation 0 revokes its contributor key behind an entry.
fn revocation(village: &Village, last: &Entry) -> isnad_protocol::act::Act {
    let cuts = cut(village, last);
    let revocations = vec![Revocation { cuts, key: last.header.author, reason: "stolen".to_owned() }];
    village.organisation_act(0, Body::Organisation(OrganisationBody { revocations, ..OrganisationBody::default() }))
}

#[test]
fn t_revoke_cut() {
    falls_without(Breakage::RevokeCut, || {
        let mut village = Village::of(4);
        let log = village.line(0, &[], "said", 6);
        let act = revocation(&village, &log[2]);
        // One knew before it saw any of it, one after it had all, one in the midst of it.
        village.take_act(1, &act);
        village.hand_in(1, &log[..3]);
        village.hand_in(2, &log);
        village.take_act(2, &act);
        village.hand_in(3, &log[..5]);
        village.take_act(3, &act);
        village.meet_all();
        for site in 0..4 {
            assert_eq!(village.standings(site, &log), [None, None, None, Some(Revoked), Some(Revoked), Some(Revoked)]);
        }
    });
}

#[test]
fn t_repudiation_visible() {
    falls_without(Breakage::RepudiationVisible, || {
        let mut village = Village::of(4);
        let log = village.line(0, &[], "said", 6);
        (0..4).for_each(|site| village.hand_in(site, &log));
        // Two of three others had it before they heard that it was to be unsaid; the third names both at once.
        let act = revocation(&village, &log[2]);
        for site in [1, 2] {
            village.attest(site, &[], &[end(&log[4])]);
        }
        village.attest(3, &[&act], &[end(&log[5])]);
        village.take_act(0, &act);
        village.meet_all();
        for site in 0..4 {
            let expected = [None, None, None, Some(Repudiated), Some(Repudiated), Some(Revoked)];
            assert_eq!(village.standings(site, &log), expected, "site {site}");
            let Some(Ruling::Repudiated { by, acknowledged_by }) = village.rule(site, &log[4]) else {
                unreachable!("it is repudiated")
            };
            assert_eq!(by, act.id());
            assert!([1, 2].iter().all(|other| acknowledged_by.contains_key(&village.organisation(*other))));
        }
    });
}

#[test]
fn who_comes_later_holds_what_is_repudiated_and_of_the_rest_the_headers_that_others_name() {
    let mut village = Village::of(5);
    let log = village.line(0, &[], "said", 10);
    (0..4).for_each(|site| village.hand_in(site, &log));
    // Each names another end: that most hold the sixth is seen by who holds the headers up to the last.
    for (site, last) in [(1, 5), (2, 7), (3, 8)] {
        village.attest(site, &[], &[end(&log[last])]);
    }
    let act = revocation(&village, &log[2]);
    village.take_act(0, &act);
    (1..4).for_each(|site| village.meet(0, site));
    (1..4).for_each(|site| village.meet(site, site % 3 + 1));
    // The last one was away all the time.
    village.meet(4, 3);
    village.meet(4, 1);
    let mut expected = vec![None; 10];
    expected[3..6].fill(Some(Repudiated));
    expected[6..].fill(Some(Revoked));
    for site in 1..5 {
        assert_eq!(village.standings(site, &log), expected, "site {site}");
        assert_eq!(village.digest(site)[17..], village.digest(1)[17..], "site {site}");
    }
    let held = village.held(4, &log);
    let (whole, bare): (Vec<bool>, Vec<bool>) = (vec![true; 6], vec![false; 3]);
    assert_eq!(held, [whole, bare].concat(), "with payload up to what most hold, and none beyond what anybody names");
}

#[test]
fn t_late_self_fork() {
    falls_without(Breakage::LateSelfFork, || {
        let mut village = Village::of(4);
        let log = village.line(0, &[], "said", 500);
        (1..4).for_each(|site| village.hand_in(site, &log));
        (1..4).for_each(|site| village.attest(site, &[], &[end(&log[489])]));
        let before = village.counting(1, &log[..490]);
        let twin = village.line(0, &log[..9], "never said", 1);
        village.hand_in(1, &twin[9..]);
        village.meet_all();
        for site in 0..4 {
            assert_eq!(village.fork(site), Some(10));
            assert_eq!(village.counting(site, &log[..490]), before, "site {site}");
            assert_eq!(village.standings(site, &twin[9..]), [Some(Forked)]);
            assert_eq!(village.standings(site, &log[490..]), [Some(Forked); 10]);
        }
    });
}

#[test]
fn t_equivocate_converge() {
    falls_without(Breakage::EquivocateConverge, || {
        let mut village = Village::of(4);
        let [left, right] = forked(&village, 3, [6, 5]);
        for site in [1, 2] {
            village.hand_in(site, &left);
            village.attest(site, &[], &[end(&left[4])]);
        }
        village.hand_in(3, &right);
        village.attest(3, &[], &[end(&right[4])]);
        let mut states = BTreeSet::new();
        for seed in 0..1_000 {
            let mut village = village.clone();
            village.meet_in_random_order(seed);
            for site in 0..4 {
                states.insert((village.standings(site, &left), village.standings(site, &right), village.digest(site)));
                assert_eq!(village.fork(site), Some(3), "seed {seed}: site {site} holds the proof");
            }
            assert_eq!(states.len(), 1, "seed {seed}");
        }
        let (left, right, _) = states.pop_first().unwrap();
        assert_eq!(left, [None, None, None, None, None, Some(Forked)]);
        assert_eq!(right[2..], [Some(Forked); 3]);
    });
}

#[test]
fn t_log_rewrite() {
    falls_without(Breakage::LogRewrite, || {
        let mut village = Village::of(3);
        let [left, right] = forked(&village, 4, [5, 7]);
        (1..3).for_each(|site| village.hand_in(site, &left));
        (1..3).for_each(|site| village.attest(site, &[], &[end(&left[4])]));
        // The author hands out a log without its fourth entry, as if the old one had never been.
        village.hand_in(1, &right[3..]);
        village.meet_all();
        for site in 1..3 {
            assert_eq!(village.fork(site), Some(4));
            assert!(village.standings(site, &left).iter().all(Option::is_none));
            assert_eq!(village.standings(site, &right[3..]), [Some(Forked); 4]);
        }
    });
}

#[test]
fn t_split_view() {
    falls_without(Breakage::SplitView, || {
        for lengths in [[6, 4], [4, 6], [300, 200]] {
            let mut village = Village::of(3);
            let [left, right] = forked(&village, 3, lengths);
            village.hand_in(1, &left);
            village.hand_in(2, &right);
            village.meet(1, 2);
            assert_eq!((village.fork(1), village.fork(2)), (Some(3), Some(3)), "{lengths:?}");
        }
    });
}

#[test]
fn t_suspend_partition_heal() {
    falls_without(Breakage::SuspendPartition, || {
        let mut village = Village::of(4);
        let log = village.line(0, &[], "said", 6);
        (1..4).for_each(|site| village.hand_in(site, &log[..3]));
        let members = (1..4).map(|site| village.organisation(site)).collect();
        let removal = Removal {
            act: ActId::new(*village.organisation(0).as_bytes()),
            cuts: cut(&village, &log[2]),
            organisation: village.organisation(0),
            is_suspended: true,
        };
        let charter = Charter { removed: vec![removal], ..Charter::new("Test", members, 2) };
        let act = village.charter_act(charter, &[1, 2, 3]);
        for site in [2, 3] {
            village.take_act(site, &act);
        }
        // One side does not hear of it, and goes on.
        village.hand_in(0, &log);
        village.meet(0, 1);
        for site in [2, 3] {
            village.attest(site, &[&act], &[]);
        }
        village.meet(2, 3);
        village.take_act(1, &act);
        village.attest(1, &[&act], &[]);
        for (one, other) in [(1, 2), (1, 3), (2, 3), (1, 2)] {
            village.meet(one, other);
        }
        for site in 1..4 {
            let expected = [None, None, None, Some(Revoked), Some(Revoked), Some(Revoked)];
            assert_eq!(village.standings(site, &log), expected, "site {site}");
        }
    });
}

#[test]
fn a_suspension_that_needs_the_suspended_ones_word_takes_effect_at_both_of_two() {
    let mut village = Village::of(2);
    let log = village.line(0, &[], "said", 4);
    village.hand_in(0, &log);
    village.meet(0, 1);
    let removal = Removal {
        act: ActId::new(*village.organisation(0).as_bytes()),
        cuts: cut(&village, &log[2]),
        organisation: village.organisation(0),
        is_suspended: true,
    };
    let charter = Charter { removed: vec![removal], ..Charter::new("Test", vec![village.organisation(1)], 1) };
    let act = village.charter_act(charter, &[0, 1]);
    village.take_act(1, &act);
    village.attest(1, &[&act], &[]);
    village.meet(0, 1);
    // With this word it stands where it was said, and closes the log that it was said in.
    village.attest(0, &[&act], &[]);
    let expected = [None, None, None, Some(Revoked)];
    assert_eq!((village.standings(0, &log), village.standings(1, &log)[3]), (expected.to_vec(), None));
    village.meet(0, 1);
    assert_eq!(village.standings(1, &log), expected);
    assert_eq!(village.digest(0)[17..], village.digest(1)[17..]);
}

#[test]
fn t_proof_flood() {
    falls_without(Breakage::ProofFlood, || {
        let mut village = Village::of(3);
        let [left, right] = forked(&village, 2, [40, 40]);
        let mut written = 0;
        for seq in [30, 40, 39, 38, 37, 30, 30, 31, 20, 20, 25, 2, 3, 4, 5, 6, 7, 8, 9, 10] {
            let proof = ForkProof::of(&left[seq - 1], &right[seq - 1]).unwrap();
            written += village.receive_proof(1, 2, &proof);
        }
        assert_eq!(written, 3, "one proof is kept for a key and space, and only a lower one replaces it");
        assert_eq!(village.fork(1), Some(2));
        assert_eq!(village.forks(1), 1);
    });
}
