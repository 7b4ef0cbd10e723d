//! Random histories of acts, attestations and entries, made as bytes for the real fold and as sets for the model: both say the
//! same of every act and every entry, in whatever order all of it came.
//!
//! `ISNAD_HISTORIES=10000` plays so many; a failure names the seed, and `ISNAD_HISTORY=SEED` plays that one alone.

mod compare;
mod doubles;
mod history;
mod twins;

use compare::compare;
use history::History;

use crate::number;

/// A short form where nothing is optimised.
const HISTORIES: u64 = if cfg!(debug_assertions) { 100 } else { 10_000 };

#[test]
fn the_real_rules_say_of_every_act_and_entry_what_the_model_says() {
    if let Some(seed) = number("ISNAD_HISTORY") {
        let history = History::draw(seed);
        return compare(&history).unwrap_or_else(|difference| panic!("{}\n{difference}", history.tell()));
    }
    let histories = number("ISNAD_HISTORIES").unwrap_or(HISTORIES);
    let cores = std::thread::available_parallelism().map_or(1, |cores| u64::try_from(cores.get()).unwrap());
    let part = |first| (first..histories).step_by(usize::try_from(cores).unwrap());
    let play = |first| part(first).filter_map(|seed| compare(&History::draw(seed)).err()).collect::<Vec<String>>();
    let differences: Vec<String> = std::thread::scope(|scope| {
        let played: Vec<_> = (0..cores).map(|first| scope.spawn(move || play(first))).collect();
        played.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let some: Vec<&str> = differences.iter().take(20).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} differ, such as\n{}", differences.len(), some.join("\n"));
}

#[test]
fn histories_show_every_verdict_and_every_kind_of_halt() {
    use crate::model::entries::Verdict;
    use std::collections::BTreeSet;
    let mut seen = BTreeSet::new();
    let mut halts = 0;
    for seed in 0..400 {
        let history = History::draw(seed);
        let evidence = history.evidence();
        let judgement = history.judgement(&evidence);
        seen.extend((0..history.twins.entries.all.len()).map(|entry| judgement.verdict(entry)));
        halts += usize::from(history.twins.firsts.iter().any(|first| judgement.view.standing(*first).is_halted));
    }
    let all = [Verdict::Counts, Verdict::Unauthorised, Verdict::Forked, Verdict::Repudiated, Verdict::Revoked];
    assert_eq!(seen, all.into());
    assert!(halts > 20, "{halts} of 400 halt");
}
