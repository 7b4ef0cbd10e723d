//! What is told of acts has a sentence of its own for each thing that an act can change, in each language.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::governing::signatures::Signed;
use isnad_node::governing::{Described, State};
use isnad_node::reading::{Chapter, Who, Word};
use isnad_protocol::act::difference::Change;
use isnad_protocol::act::{OrganisationKind, Role};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, OrganisationId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale::Language;
use isnad_protocol::time::{Day, Timestamp};

use crate::args::Reason;
use crate::commands::who::story_of;
use crate::session::Session;

/// Ids of digits alone: each letter that stands in a text is one of its words.
pub(in crate::commands) const ORGANISATION: OrganisationId = OrganisationId::new([0x11; 32]);
pub(in crate::commands) const OTHER: OrganisationId = OrganisationId::new([0x22; 32]);
pub(in crate::commands) const ACT: ActId = ActId::new([0x33; 32]);
pub(in crate::commands) const ENTRY: EntryId = EntryId::new([0x44; 32]);
pub(in crate::commands) const KEY: PublicKey = PublicKey::new([0x55; 32]);

/// Codes that stand for themselves in any language, and the page that is named.
const CODES: [&str; 3] = ["docs/format.md", "fresh_days", "tlp:amber"];

pub(in crate::commands) fn who() -> Who {
    let named = |id, name: &str| {
        let names = ["ar", "en", "fr"].map(|lang| (lang.to_owned(), name.to_owned()));
        isnad_node::reading::Organisation::named(id, names.into())
    };
    Who {
        consortium: ConsortiumId::new([0x66; 32]),
        name: Some("1".to_owned()),
        threshold: Some(2),
        charter: None,
        own: None,
        organisations: vec![named(ORGANISATION, "12"), named(OTHER, "34")],
        former: Vec::new(),
        candidates: Vec::new(),
        halts: Vec::new(),
        double_signers: Vec::new(),
        spaces: Vec::new(),
        acts: Vec::new(),
    }
}

/// A text in which every value is put in and every word is of the language.
#[track_caller]
pub(in crate::commands) fn is_told(language: Language, text: &str) {
    assert!(!text.contains(['{', '}']), "{language}: {text}");
    let mut words = text.to_owned();
    CODES.iter().for_each(|code| words = words.replace(code, ""));
    // Commands are the same everywhere.
    let words: String = words.split('`').step_by(2).collect();
    let is_latin = |letter: char| letter.is_ascii_alphabetic();
    match language {
        Language::Ar => assert!(!words.contains(is_latin), "{language}: {text}"),
        Language::En | Language::Fr => assert!(words.contains(is_latin), "{language}: {text}"),
    }
    // A key that no language has stands as it is: two words with a dot or a line between them.
    let is_code = |word: &str| {
        let word = word.trim_matches(|letter: char| !is_latin(letter));
        word.contains('_') || word.split_once('.').is_some_and(|(one, other)| !one.is_empty() && !other.is_empty())
    };
    assert!(!words.split_whitespace().any(is_code), "{language}: {text}");
}

/// What is told in each language is told, and in other words each time.
#[track_caller]
pub(in crate::commands) fn are_told(tell: impl Fn(&Session) -> String) -> [String; 3] {
    let texts = Language::ALL.map(|language| tell(&Session::of_tests(language)));
    for (language, text) in Language::ALL.into_iter().zip(&texts) {
        is_told(language, text);
    }
    let different: BTreeSet<&String> = texts.iter().collect();
    assert_eq!(different.len(), texts.len(), "{texts:?}");
    texts
}

/// Which sentence a change has, so that none is forgotten here.
const fn number(change: &Change) -> usize {
    match change {
        Change::Began { .. } => 0,
        Change::Named { .. } => 1,
        Change::Admitted { .. } => 2,
        Change::Removed { .. } => 3,
        Change::Threshold { .. } => 4,
        Change::Setting { .. } => 5,
        Change::Label { .. } => 6,
        Change::Instead { .. } => 7,
        Change::Settles { .. } => 8,
        Change::Granted { .. } => 9,
        Change::Revoked { .. } => 10,
        Change::Roots { .. } => 11,
    }
}

fn text(said: &str) -> Option<String> {
    Some(said.to_owned())
}

/// Every change, in each of the ways in which it is told.
fn changes() -> Vec<Change> {
    let mut all = Vec::new();
    for kind in OrganisationKind::ALL.map(Some).into_iter().chain([None]) {
        all.extend([false, true].map(|has_admin| Change::Began { kind, has_admin }));
    }
    for lang in [None, text("ar"), text("en"), text("fr")] {
        let to = "2".to_owned();
        all.extend([None, text("1")].map(|from| Change::Named { lang: lang.clone(), from, to: to.clone() }));
    }
    all.extend([None, Some(OTHER)].map(|predecessor| Change::Admitted { organisation: ORGANISATION, predecessor }));
    all.extend([false, true].map(|is_suspended| Change::Removed {
        organisation: OTHER,
        is_suspended,
        last: Some(ACT),
    }));
    all.extend([None, Some(2)].map(|from| Change::Threshold { from, to: 3, members: 4 }));
    for is_policy in [false, true] {
        for (from, to) in [(None, text("7")), (text("7"), text("9")), (text("9"), None)] {
            all.push(Change::Setting { is_policy, code: "fresh_days".to_owned(), from, to });
        }
    }
    all.push(Change::Label { from: None, to: "tlp:amber".to_owned() });
    all.push(Change::Instead { act: ACT });
    all.extend([vec![], vec![ORGANISATION]].map(|double| Change::Settles { rivals: vec![ACT, ACT], double }));
    for role in Role::ALL {
        let label = "56".to_owned();
        all.extend([None, Day::new(2030, 1, 31)].map(|expires| Change::Granted {
            key: KEY,
            role,
            label: label.clone(),
            expires,
        }));
        let reasons = <Reason as clap::ValueEnum>::value_variants().iter().map(|reason| reason.code().to_owned());
        all.extend(reasons.map(|reason| Change::Revoked { key: KEY, role: Some(role), label: text("56"), reason }));
    }
    all.push(Change::Revoked { key: KEY, role: None, label: None, reason: "lost".to_owned() });
    let roots = |from| Change::Roots { from, to: vec![KEY], threshold: 1, next: 1, next_threshold: 1 };
    all.extend([vec![], vec![KEY]].map(roots));
    all
}

pub(in crate::commands) fn described(kind: &str, changes: Vec<Change>) -> Described {
    let line = |organisation, has_signed| Signed {
        organisation,
        keys: 1,
        due: 1,
        has_signed,
        is_before: true,
        is_after: true,
        counts: true,
        other: None,
    };
    Described {
        id: ACT,
        kind: kind.to_owned(),
        version: 2,
        previous: Some(ACT),
        organisation: (kind == "organisation").then_some(ORGANISATION),
        state: State::InEffect,
        by: Some(ACT),
        acknowledgements: None,
        not_counted: Vec::new(),
        double: Vec::new(),
        is_mine: false,
        have: 1,
        due: 2,
        signed: vec![line(ORGANISATION, true), line(OTHER, false)],
        changes,
        ends: Vec::new(),
        competes: Vec::new(),
        replaced_by: Vec::new(),
        was_in_effect: false,
        is_settled: false,
        names: BTreeMap::new(),
    }
}

fn chapter(act: Described) -> Chapter {
    let word = |organisation, time| Word { time, organisation, entry: ENTRY };
    Chapter {
        act,
        since: Some(Timestamp(0)),
        acknowledged: vec![word(ORGANISATION, Some(Timestamp(0))), word(OTHER, None)],
    }
}

#[test]
fn each_change_of_each_kind_of_act_is_a_sentence_of_the_story_in_each_language() {
    let who = who();
    let mut numbers = BTreeSet::new();
    for change in changes() {
        numbers.insert(number(&change));
        let alone = described("charter", vec![change.clone()]);
        let without = described("charter", Vec::new());
        let texts = are_told(|session| story_of(session, &who, &[chapter(alone.clone())]));
        let shorter = are_told(|session| story_of(session, &who, &[chapter(without.clone())]));
        for (text, shorter) in texts.iter().zip(&shorter) {
            assert!(text.lines().count() > shorter.lines().count(), "{change:?} is not told: {text}");
        }
    }
    assert_eq!(numbers, (0..12).collect());
    let told: Vec<_> = ["charter", "organisation", "space"]
        .into_iter()
        .map(|kind| are_told(|session| story_of(session, &who, &[chapter(described(kind, Vec::new()))])))
        .collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 3, "{told:?}");
}

#[test]
fn each_state_of_an_act_is_told_in_each_language() {
    let who = who();
    let states = [
        State::WaitsForSignatures,
        State::WaitsForAcknowledgements,
        State::InEffect,
        State::Lost,
        State::Halted,
        State::TooFew,
        State::WaitsForAdmission,
        State::NotInEffect,
    ];
    for state in states {
        for (acknowledgements, is_mine, kind) in [
            (None, false, "charter"),
            (Some((1, 2)), false, "charter"),
            (None, true, "charter"),
            (None, false, "organisation"),
        ] {
            let act = Described { state, acknowledgements, is_mine, ..described(kind, Vec::new()) };
            are_told(|session| story_of(session, &who, &[chapter(act.clone())]));
        }
    }
}
