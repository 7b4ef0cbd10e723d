use isnad_protocol::id::{EntryId, SpaceId};
use tempfile::TempDir;

use super::*;

fn log(space: u8, author: u8) -> LogKey {
    LogKey { space: SpaceId::new([space; 32]), author: PublicKey::new([author; 32]) }
}

fn end(seq: u64) -> LogEnd {
    LogEnd { seq, id: EntryId::new([7; 32]) }
}

/// A home whose mark is gone, as a backup brings it back.
fn restored(held: &[(LogKey, LogEnd)]) -> (TempDir, Signing) {
    let dir = TempDir::new().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    std::fs::remove_file(home.mark()).unwrap();
    let ends = held.iter().map(|(log, end)| (OwnLog::of(*log), End { seq: end.seq, id: end.id })).collect();
    let own: BTreeSet<PublicKey> = held.iter().map(|(log, _)| log.author).collect();
    let signing = Signing::open(&home, &own, &ends).unwrap();
    assert!(matches!(signing.check(), Err(Blocked::Unconfirmed { .. })));
    (dir, signing)
}

#[test]
fn a_restored_home_signs_once_every_log_that_it_can_have_written_is_confirmed() {
    let own = BTreeMap::from([(log(1, 1), end(3)), (log(2, 1), LogEnd::START)]);
    // The second log is not in the backup: its end is asked for as well, or its first numbers would be used twice.
    for held in [vec![], vec![(log(1, 1), end(3))]] {
        let (_dir, mut signing) = restored(&held);
        signing.confirmed(log(1, 1), end(3), &own);
        assert!(signing.check().is_err(), "one log of two was confirmed");
        signing.confirmed(log(2, 1), LogEnd::START, &own);
        assert_eq!(signing.check(), Ok(()));
        let mark = Mark::load(signing.file.path()).unwrap().unwrap();
        assert_eq!(mark.end(&OwnLog::of(log(1, 1))).seq, 3);
    }
}

#[test]
fn a_key_file_that_is_missing_makes_no_copy_of_a_home() {
    let dir = TempDir::new().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let ends = BTreeMap::from([(OwnLog::of(log(1, 1)), End { seq: 3, id: end(3).id })]);
    Mark::confirmed(Machine::of_home(home.path()).unwrap(), &ends).write(&home.mark()).unwrap();
    for own in [BTreeSet::from([log(1, 1).author]), BTreeSet::new()] {
        assert_eq!(Signing::open(&home, &own, &ends).unwrap().check(), Ok(()), "{own:?}");
    }
    assert!(
        Signing::open(&home, &BTreeSet::new(), &BTreeMap::new()).unwrap().check().is_err(),
        "the journal is shorter"
    );
}

#[test]
fn a_confirmed_end_lifts_no_other_reason() {
    let (_dir, mut signing) = restored(&[]);
    signing.blocked = Some(Blocked::KeyElsewhere { key: log(1, 1).author });
    signing.confirmed(log(1, 1), LogEnd::START, &BTreeMap::from([(log(1, 1), LogEnd::START)]));
    assert!(signing.check().is_err());
}

#[test]
fn a_confirmed_end_that_is_no_longer_the_last_counts_for_nothing() {
    let (_dir, mut signing) = restored(&[(log(1, 1), end(3))]);
    signing.confirmed(log(1, 1), end(3), &BTreeMap::from([(log(1, 1), end(4))]));
    assert!(signing.check().is_err(), "more has come in since");
    signing.confirmed(log(1, 1), end(4), &BTreeMap::from([(log(1, 1), end(4))]));
    assert_eq!(signing.check(), Ok(()));
}

#[test]
fn nobody_confirms_less_than_the_mark_knows() {
    let dir = TempDir::new().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let known = BTreeMap::from([(OwnLog::of(log(1, 1)), End { seq: 20, id: EntryId::new([9; 32]) })]);
    Mark::confirmed(Machine::of_home(home.path()).unwrap(), &known).write(&home.mark()).unwrap();
    let held = BTreeMap::from([(OwnLog::of(log(1, 1)), End { seq: 10, id: end(10).id })]);
    let mut signing = Signing::open(&home, &BTreeSet::from([log(1, 1).author]), &held).unwrap();
    signing.confirmed(log(1, 1), end(10), &BTreeMap::from([(log(1, 1), end(10))]));
    assert!(signing.check().is_err(), "ten entries are lost, and their numbers are used");
    signing.confirmed(log(1, 1), end(20), &BTreeMap::from([(log(1, 1), end(20))]));
    assert_eq!(signing.check(), Ok(()));
}

#[test]
fn what_a_key_signed_stays_known_while_the_act_that_grants_it_is_lost() {
    let dir = TempDir::new().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let [here, lost] = [log(1, 1), log(1, 2)];
    let reaches = [(here, 3), (lost, 20)].map(|(log, seq)| (OwnLog::of(log), End { seq, id: end(seq).id }));
    Mark::confirmed(Machine::of_home(home.path()).unwrap(), &BTreeMap::from(reaches)).write(&home.mark()).unwrap();
    let held = BTreeMap::from([(OwnLog::of(here), End { seq: 3, id: end(3).id })]);
    let granted = BTreeSet::from([here.author, lost.author]);
    let mut signing = Signing::open(&home, &granted, &held).unwrap();
    signing.confirmed(here, end(3), &BTreeMap::from([(here, end(3))]));
    assert_eq!(Mark::load(&home.mark()).unwrap().unwrap().end(&OwnLog::of(lost)).seq, 20);
}

/// A home that has signed three entries with its one key and agrees with its journal.
fn signed(dir: &TempDir) -> (Home, BTreeMap<OwnLog, End>) {
    let home = Home::create(&dir.path().join("home")).unwrap();
    let ends = BTreeMap::from([(OwnLog::of(log(1, 1)), End { seq: 3, id: end(3).id })]);
    Mark::confirmed(Machine::of_home(home.path()).unwrap(), &ends).write(&home.mark()).unwrap();
    (home, ends)
}

#[test]
fn a_key_seen_elsewhere_stops_the_home_at_once_and_for_good() {
    let dir = TempDir::new().unwrap();
    let (home, mut ends) = signed(&dir);
    let keys = [log(1, 1).author, log(1, 2).author];
    let granted = BTreeSet::from(keys);
    let mut signing = Signing::open(&home, &granted, &ends).unwrap();
    assert!(signing.check().is_ok());
    assert!(signing.seen_elsewhere(keys[0], Timestamp(0)), "before this home was opened or after, it was not lost");
    let stopped = Err(Blocked::KeyElsewhere { key: keys[0] });
    assert_eq!(signing.check(), stopped);
    ends.insert(OwnLog::of(log(1, 1)), End { seq: 4, id: end(4).id });
    let mut again = Signing::open(&home, &granted, &ends).unwrap();
    assert_eq!(again.check(), stopped, "after a restart too");
    assert!(!again.signs_with(&keys[0]) && !again.signs_with(&keys[1]), "the other copy has both");
    again.confirmed(log(1, 1), end(4), &BTreeMap::from([(log(1, 1), end(4))]));
    assert_eq!(again.check(), stopped, "nobody can confirm it away");
    // A new key is another matter: its log is its own, whatever became of those of the old ones.
    let new = log(1, 3).author;
    let granted = BTreeSet::from([keys[0], keys[1], new]);
    let opened = Signing::open(&home, &granted, &ends).unwrap();
    assert!(again.hold(&home, &granted, &ends).unwrap(), "and it is granted while the home is open");
    for signing in [opened, again] {
        assert_eq!(signing.check(), Ok(()));
        assert!(signing.signs_with(&new) && !signing.signs_with(&keys[0]));
    }
}

#[test]
fn a_key_that_is_granted_meanwhile_signs_at_once_unless_its_log_is_longer_than_the_mark_says() {
    let dir = TempDir::new().unwrap();
    let (home, mut ends) = signed(&dir);
    let mut signing = Signing::open(&home, &BTreeSet::from([log(1, 1).author]), &ends).unwrap();
    let granted = BTreeSet::from([log(1, 1).author, log(1, 2).author]);
    assert!(signing.hold(&home, &granted, &ends).unwrap());
    assert!(!signing.hold(&home, &granted, &ends).unwrap(), "the same again is nothing new");
    assert_eq!(signing.check(), Ok(()));
    assert!(signing.signs_with(&log(1, 2).author) && signing.begins(log(1, 2)) && !signing.begins(log(1, 1)));
    // One that has signed elsewhere before: nothing is signed until all of it is here and was confirmed.
    let granted = BTreeSet::from([log(1, 1).author, log(1, 2).author, log(1, 3).author]);
    ends.insert(OwnLog::of(log(1, 3)), End { seq: 2, id: end(2).id });
    assert!(signing.hold(&home, &granted, &ends).unwrap());
    assert!(matches!(signing.check(), Err(Blocked::Unconfirmed { .. })));
    let own = BTreeMap::from([(log(1, 1), end(3)), (log(1, 2), LogEnd::START), (log(1, 3), end(2))]);
    own.iter().for_each(|(log, end)| signing.confirmed(*log, *end, &own));
    assert_eq!(signing.check(), Ok(()));
}

#[test]
fn what_a_key_wrote_before_it_was_granted_here_comes_back_and_is_confirmed() {
    let dir = TempDir::new().unwrap();
    let (home, ends) = signed(&dir);
    let mut signing = Signing::open(&home, &BTreeSet::from([log(1, 1).author]), &ends).unwrap();
    let granted = BTreeSet::from([log(1, 1).author, log(1, 2).author]);
    assert!(signing.hold(&home, &granted, &ends).unwrap());
    assert!(!signing.seen_elsewhere(log(1, 2).author, Timestamp(1)));
    assert!(matches!(signing.check(), Err(Blocked::Unconfirmed { .. })));
    // What is signed from now on was not lost: another copy of the key is at work.
    let mut signing = Signing::open(&home, &BTreeSet::from([log(1, 1).author]), &ends).unwrap();
    assert!(signing.hold(&home, &granted, &ends).unwrap());
    assert!(signing.seen_elsewhere(log(1, 2).author, Timestamp(clock::now_ms() + 60_000)));
    assert!(matches!(signing.check(), Err(Blocked::KeyElsewhere { .. })));
}

#[test]
fn what_a_restored_home_has_lost_comes_back_and_what_is_signed_meanwhile_stops_it() {
    let (_dir, mut signing) = restored(&[(log(1, 1), end(3))]);
    assert!(!signing.seen_elsewhere(log(1, 1).author, Timestamp(1)), "signed before the home was opened");
    assert!(matches!(signing.check(), Err(Blocked::Unconfirmed { .. })));
    assert!(signing.seen_elsewhere(log(1, 1).author, Timestamp(clock::now_ms() + 1)));
    assert_eq!(signing.check(), Err(Blocked::KeyElsewhere { key: log(1, 1).author }));
}
