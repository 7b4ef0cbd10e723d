//! What is wrong is named, each by its own name; what is whole is not.

use super::*;
use crate::entry::{Draft, Payload};
use crate::id::RecordId;
use crate::key::{SecretKey, Signature};
use crate::time::Timestamp;

fn space() -> SpaceId {
    SpaceId::new([1; 32])
}

fn entry(prev: LogEnd, text: &str) -> Entry {
    let payload = format!(r#"{{"ops":[{{"claim":{{"value":"{text}"}}}}]}}"#);
    let draft = Draft {
        kind: Kind::Change,
        space: space(),
        organisation: OrganisationId::new([2; 32]),
        record: RecordId::new([1; 16]),
        generation: 0,
        time: Timestamp(0),
        payload: Payload { salt: [9; 16], bytes: payload.into_bytes() },
    };
    draft.seal((prev.seq, prev.id), &SecretKey::from_seed(&[3; 32]))
}

fn log() -> LogKey {
    LogKey { space: space(), author: SecretKey::from_seed(&[3; 32]).public() }
}

fn line(count: u64) -> Vec<Entry> {
    let mut end = LogEnd::START;
    let mut entries = Vec::new();
    for number in 0..count {
        let next = entry(end, &number.to_string());
        end = LogEnd { seq: next.header.seq, id: next.header.id() };
        entries.push(next);
    }
    entries
}

fn end(entry: &Entry) -> LogEnd {
    LogEnd { seq: entry.header.seq, id: entry.header.id() }
}

/// What an audit of these finds, but that nobody granted the key: this is about bytes.
fn audit(stored: Vec<Stored>) -> Vec<What> {
    let mut audit = Audit::new(ConsortiumId::new([7; 32]), Vec::new());
    for (index, stored) in stored.into_iter().enumerate() {
        audit.join(space(), format!("at {index}"), check(stored));
    }
    let found = audit.finish().findings.into_iter().map(|finding| finding.what);
    found.filter(|what| !matches!(what, What::NotTaken | What::NoCharter)).collect()
}

fn stored(entries: &[Entry]) -> Vec<Stored> {
    entries.iter().map(|entry| Stored::Entry(entry.encode())).collect()
}

/// As an entry stands that was taken in on the signature of a later one.
fn run(entry: &Entry) -> Stored {
    Stored::EntryOfRun(entry.encode())
}

fn forged(entry: &Entry) -> Entry {
    Entry { signature: Signature::new([1; 64]), ..entry.clone() }
}

#[test]
fn a_whole_log_has_no_fault() {
    assert_eq!(audit(stored(&line(4))), []);
}

#[test]
fn what_no_act_grants_is_a_fault() {
    let mut audit = Audit::new(ConsortiumId::new([7; 32]), Vec::new());
    audit.join(space(), String::new(), check(Stored::Entry(line(1)[0].encode())));
    let report = audit.finish();
    assert_eq!(report.counts.faults, 2);
    assert!(report.findings.iter().any(|finding| finding.what == What::NotTaken && finding.seq == Some(1)));
}

#[test]
fn each_fault_has_its_name() {
    let whole = line(4);
    let forged = forged(&whole[1]);
    let other = entry(LogEnd::START, "another");
    let apart = entry(end(&other), "on another");
    let check = |stored: Vec<Stored>, expected: &[What]| assert_eq!(audit(stored), expected);
    let entry_of = |entry: &Entry| Stored::Entry(entry.encode());

    check(vec![entry_of(&whole[0]), entry_of(&forged)], &[What::Signature]);
    check(vec![entry_of(&whole[0]), run(&forged)], &[What::Signature]);
    check(vec![entry_of(&whole[0]), entry_of(&whole[2])], &[What::Gap]);
    check(vec![entry_of(&whole[0]), entry_of(&apart)], &[What::Chain]);
    check(vec![entry_of(&whole[0]), entry_of(&other)], &[What::Equivocation]);
    check(vec![entry_of(&whole[0]), entry_of(&whole[0])], &[What::Twice]);
    check(vec![Stored::Entry(vec![1, 2, 3])], &[What::NoEntry]);
    check(vec![Stored::Payload(whole[0].encode())], &[What::NoPosition]);
    check(vec![Stored::Checked(log(), end(&whole[0]))], &[What::CheckedBeyond]);
    check(vec![entry_of(&whole[0]), Stored::CutBack(log(), end(&whole[1]))], &[What::CutNowhere]);
    check(
        vec![entry_of(&whole[0]), entry_of(&whole[1]), Stored::CutBack(log(), end(&whole[0]))],
        &[What::CutUnexplained],
    );
    check(vec![Stored::Unknown(99)], &[What::UnknownFrame]);
    let damaged = Stored::Damaged { flaw: "x".into(), looks_like: None };
    check(vec![entry_of(&whole[0]), damaged, entry_of(&whole[2])], &[What::Damaged, What::Gap]);
}

#[test]
fn a_cut_explains_the_bad_signature_behind_it() {
    let whole = line(3);
    let forged = forged(&whole[1]);
    let mut all = stored(&whole[..1]);
    all.extend([run(&forged), run(&whole[2])]);
    all.extend([Stored::Checked(log(), end(&whole[0])), Stored::CutBack(log(), end(&whole[0]))]);
    all.extend(stored(&whole[1..]));
    assert_eq!(audit(all), [What::CutBack]);
}

#[test]
fn a_cut_is_explained_by_the_entry_right_behind_it_alone() {
    let whole = line(4);
    let forged = forged(&whole[3]);
    let before = stored(&whole[..3]);
    let cut = |to: &Entry| Stored::CutBack(log(), end(to));
    let all = |more: Vec<Stored>| before.clone().into_iter().chain(more).collect::<Vec<_>>();
    assert_eq!(audit(all(vec![run(&forged), cut(&whole[2])])), [What::CutBack]);
    assert_eq!(audit(all(vec![run(&forged), cut(&whole[0])])), [What::CutUnexplained, What::Signature]);
    // Said to be checked, one by one or later: no cut explains it.
    assert_eq!(
        audit(all(vec![Stored::Entry(forged.encode()), cut(&whole[2])])),
        [What::Signature, What::CutUnexplained]
    );
    let said = Stored::Checked(log(), end(&forged));
    assert_eq!(audit(all(vec![run(&forged), said, cut(&whole[2])])), [What::Signature, What::CutUnexplained]);
    // Once is enough: a second cut finds nothing to cut.
    assert_eq!(audit(all(vec![run(&forged), cut(&whole[2]), cut(&whole[2])])), [What::CutUnexplained, What::CutBack]);
}

#[test]
fn an_entry_written_again_is_a_fault_unless_its_bytes_are_the_same() {
    let whole = line(3);
    let without = Entry { payload: None, ..whole[0].clone() };
    let unsigned = forged(&whole[0]);
    let after = |first: &Entry, again: Stored| {
        let rest = whole[1..].iter().map(|entry| Stored::Entry(entry.encode()));
        audit(std::iter::once(run(first)).chain(rest).chain([again]).collect())
    };
    assert_eq!(after(&whole[0], Stored::Entry(whole[0].encode())), [What::Twice]);
    assert_eq!(after(&whole[0], run(&whole[0])), [What::Twice]);
    assert_eq!(after(&whole[0], Stored::Payload(whole[0].encode())), [What::Twice]);
    assert_eq!(after(&whole[0], Stored::Entry(without.encode())), [What::Rewritten]);
    assert_eq!(after(&whole[0], Stored::Entry(unsigned.encode())), [What::Rewritten]);
    assert_eq!(after(&whole[0], Stored::Payload(unsigned.encode())), [What::Rewritten]);
    assert_eq!(after(&whole[0], Stored::Payload(without.encode())), [What::Rewritten]);
    // Held without its payload, it is written with it in one way alone.
    assert_eq!(after(&without, Stored::Payload(whole[0].encode())), []);
    assert_eq!(after(&without, Stored::Payload(unsigned.encode())), [What::Rewritten, What::Wanted]);
    assert_eq!(after(&without, Stored::Entry(whole[0].encode())), [What::Rewritten, What::Wanted]);
    // The payload of a closed log's entry can come with another signature of its author: what holds, holds.
    let bare = Entry { payload: None, ..unsigned.clone() };
    assert_eq!(after(&bare, Stored::Payload(whole[0].encode())), []);
    assert_eq!(after(&bare, Stored::Payload(unsigned.encode())), [What::Signature]);
    assert_eq!(after(&unsigned, Stored::Payload(whole[0].encode())), [What::Rewritten, What::Signature]);
    assert!(What::Rewritten.is_fault() && !What::Twice.is_fault());
}

#[test]
fn what_was_checked_once_stays_checked() {
    let whole = line(4);
    let said = |upto: &Entry| Stored::Checked(log(), end(upto));
    let of_run: Vec<Stored> = whole.iter().map(run).collect();
    let after = |before: &[Stored], more: Vec<Stored>| audit(before.iter().cloned().chain(more).collect());
    assert_eq!(after(&of_run, vec![said(&whole[1]), said(&whole[1]), said(&whole[3])]), []);
    assert_eq!(after(&of_run, vec![said(&whole[1]), said(&whole[0])]), [What::CheckedBack]);
    assert_eq!(after(&stored(&whole), vec![said(&whole[2])]), [What::CheckedBack]);
    assert_eq!(after(&stored(&whole), vec![Stored::Checked(log(), LogEnd::START)]), [What::CheckedBack]);
    assert_eq!(after(&stored(&whole), vec![said(&whole[3])]), []);
}

#[test]
fn what_belongs_to_another_space_is_named() {
    let whole = line(2);
    let elsewhere = LogKey { space: SpaceId::new([8; 32]), author: log().author };
    let before = stored(&whole);
    for wrong in [Stored::Checked(elsewhere, end(&whole[0])), Stored::CutBack(elsewhere, end(&whole[0]))] {
        assert_eq!(audit(before.iter().cloned().chain([wrong]).collect()), [What::OtherSpace]);
    }
}

#[test]
fn a_payload_that_came_later_is_no_longer_wanted() {
    let whole = line(1);
    let without = Entry { payload: None, ..whole[0].clone() };
    assert_eq!(audit(stored(std::slice::from_ref(&without))), [What::Wanted]);
    let late = vec![Stored::Entry(without.encode()), Stored::Payload(whole[0].encode())];
    assert_eq!(audit(late), []);
}

#[test]
fn a_forged_number_asks_for_no_memory() {
    let mut far = line(1)[0].clone();
    far.header.seq = u64::MAX;
    assert_eq!(audit(stored(&[far])), [What::Gap, What::Signature]);
}

#[test]
fn who_may_sign_is_said_as_it_is_once_all_is_read() {
    for (is_authorised, told) in [(false, 3), (true, 1)] {
        let mut audit = Audit::new(ConsortiumId::new([7; 32]), Vec::new());
        for entry in line(3) {
            let about = About { log: log(), organisation: entry.header.organisation, kind: entry.header.kind };
            let finding = || Finding::of(String::new(), What::Unauthorised).log(log(), end(&entry));
            audit.late.add(about, is_authorised, finding);
        }
        // No charter is in effect at the end, whatever was when they were read.
        let report = audit.finish();
        let found = report.findings.iter().filter(|finding| finding.what == What::Unauthorised).count();
        assert_eq!((found, report.suppressed), (told, 3 - u64::try_from(told).unwrap()));
    }
}
