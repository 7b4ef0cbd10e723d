//! The simulator can fail: a rule is broken on purpose, or a defence taken out, and some seed notices.

use isnad_protocol::breakage::Breakage;
use isnad_tests::world::{Broken, Plan, Rule, World};

use crate::turns::{whole, without};

/// Seeds among which one must notice.
const SEEDS: u64 = 40;

fn caught(broken: Broken, by: &[Rule]) {
    let _whole = whole();
    let found = (0..SEEDS).find_map(|seed| World::run(&Plan::broken(seed, broken)).err());
    let failure = found.unwrap_or_else(|| panic!("{broken:?} goes unnoticed"));
    assert!(by.contains(&failure.finding.rule), "{broken:?} is found by another rule: {failure}");
}

#[test]
fn the_checker_catches_what_is_acknowledged_before_it_is_flushed() {
    caught(Broken::AcknowledgeBeforeFlush, &[Rule::AcknowledgedUnflushed, Rule::SentUnflushed]);
}

#[test]
fn the_checker_catches_a_position_that_is_signed_twice() {
    caught(Broken::NoMark, &[Rule::SignedTwice]);
}

#[test]
fn the_checker_catches_a_disk_that_fails_in_silence() {
    caught(Broken::FailInSilence, &[Rule::Prefix, Rule::SentUnflushed, Rule::AcknowledgedUnflushed]);
}

#[test]
fn the_checker_catches_edits_applied_in_the_order_in_which_they_came() {
    caught(Broken::ArrivalOrder, &[Rule::Sheet]);
}

/// What an end cannot show, for by then every node has caught up.
#[test]
fn the_checker_catches_what_two_who_hold_the_same_show_otherwise_for_a_while() {
    let _whole = whole();
    let failures: Vec<_> =
        (0..SEEDS / 2).filter_map(|seed| World::run(&Plan::broken(seed, Broken::LateJudgement)).err()).collect();
    assert!(!failures.is_empty(), "late judgements go unnoticed");
    for failure in failures {
        let is_of_same = failure.finding.evidence.contains("who hold the same");
        assert!(is_of_same, "late judgements are found by another check: {failure}");
    }
}

/// Where it is seen that a defence is missing.
enum Missed {
    /// In a world: what replays it, and the rules of which one does not hold.
    World(&'static str, &'static [Rule]),
    /// Where a fork spreads, under this seed: no proof is there in time.
    Spread(u64),
    /// By its threat's test alone: what no world has.
    Threat(&'static str),
}

/// Every defence, so that a new one stops the build until it is said here.
const fn missed(defence: Breakage) -> Missed {
    use Missed::{Spread, Threat, World};
    match defence {
        Breakage::CrossOrganisationWrite => World("--seed 8 --nodes 4 --ungoverned", &[Rule::Words]),
        Breakage::ResignForeignChange => World("--seed 3 --nodes 4 --ungoverned", &[Rule::Words]),
        Breakage::ClockIrrelevant => World("--seed 0 --nodes 4 --ungoverned", &[Rule::Order]),
        Breakage::Bombs => World("--seed 5 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::MissingAfter => World("--seed 5 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::HostileOperations => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Panicked]),
        Breakage::Subthreshold => World("--seed 0 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::PrerotationRecovers => World("--seed 2 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::RoleChangeIsNewKey => World("--seed 2 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::Squatting => World("--seed 6 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::PoisonedBatch | Breakage::LateSelfFork => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::ParserBombs => World("--seed 5 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::RetractShowsBoth => World("--seed 6 --nodes 4 --ungoverned", &[Rule::Words]),
        Breakage::RoleMatrix => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Words]),
        Breakage::ProofFlood => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Memory]),
        Breakage::LogRewrite => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Unproven]),
        Breakage::EquivocateConverge | Breakage::SplitView => Spread(1),
        Breakage::RevokeCut | Breakage::MutualRemoval => World("--seed 0 --nodes 5", &[Rule::Unlawful]),
        Breakage::TotalLossReadmit | Breakage::SuspendPartition => World("--seed 3 --nodes 5", &[Rule::Unlawful]),
        Breakage::RepudiationVisible => World("--seed 14 --nodes 5", &[Rule::Unlawful]),
        Breakage::SybilKeys | Breakage::GovConflictOrders => World("--seed 2 --nodes 5", &[Rule::Unlawful]),
        Breakage::RestoredHome => World("--seed 0 --nodes 5", &[Rule::SignedTwice]),
        // What it signed and lost never comes back to it.
        Breakage::NodeWiped => World("--seed 7 --nodes 4 --ungoverned", &[Rule::Apart]),
        // A log that goes on for another organisation is told otherwise than it stands on disk.
        Breakage::ReplayMatrix => World("--seed 122 --nodes 7", &[Rule::SentUnflushed]),
        Breakage::ThresholdDuplicates => World("--seed 4 --nodes 3", &[Rule::Unlawful]),
        Breakage::CrossProtocol => Threat("what is decoded has its tag already: none but a test asks a key of another"),
        Breakage::Malleability => Threat("no world computes on the curve: an altered s is refused in any case"),
        Breakage::CustodyChain => World("--seed 2 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::WeakKeyAdmission => World("--seed 0 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::WithheldGap => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::EclipseStaleBanner => World("--seed 0 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::Freeze => World("--seed 1 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::RoleGrantListed => World("--seed 4 --nodes 4 --ungoverned", &[Rule::Unlawful]),
        Breakage::CrashBetweenSignAndStore => Threat("a world signs by steps of its own: see `Broken::NoMark`"),
        Breakage::SledDeleted | Breakage::KeyPermissions => Threat("no world has files"),
        Breakage::NonMember | Breakage::ExMember => Threat("no world has the network's door"),
    }
}

#[test]
fn a_world_misses_each_defence_that_worlds_try() {
    for defence in Breakage::ALL.iter().copied() {
        let (arguments, rules) = match missed(defence) {
            Missed::World(arguments, rules) => (arguments, rules),
            Missed::Spread(seed) => {
                // That it holds with every defence in place is for `forks`.
                let missed =
                    without(defence, || World::spread(seed)).expect_err(&format!("{defence:?} goes unnoticed"));
                assert_eq!(missed.rule, Rule::Unproven, "{defence:?} is missed by another rule: {missed:?}");
                continue;
            }
            Missed::Threat(why) => {
                assert_ne!(why, "", "nothing says why no world tries {defence:?}");
                continue;
            }
        };
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let plan = Plan { attacked: Some(true), ..Plan::parse(&arguments).unwrap() };
        {
            let _whole = whole();
            World::run(&plan).unwrap_or_else(|failure| panic!("with {defence:?} in place: {failure}"));
        }
        let plan = plan.without_defence(Some(defence));
        let failure = without(defence, || World::run(&plan)).expect_err(&format!("{defence:?} goes unnoticed"));
        assert!(rules.contains(&failure.finding.rule), "{defence:?} is missed by another rule: {failure}");
    }
}
