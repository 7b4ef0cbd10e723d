//! A damaged journal is made anew of what is whole in it, and peers give back the rest: nothing is thrown away, nothing signed twice.

use std::fs;
use std::path::{Path, PathBuf};

use isnad_node::home::Home;
use isnad_protocol::id::SpaceId;
use isnad_tests::binary::{Consortium, RunningNode, TCP, contents, json, refused, say, say_with_input};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

fn note(home: &Path) {
    say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes()).json();
}

/// The journal that holds most of a home, and its only segment.
fn fullest(home: &Path) -> (SpaceId, PathBuf) {
    let home = Home::open(home).unwrap();
    let segments = home.spaces().unwrap().into_iter().map(|space| (space, home.journal(&space).join("1.seg")));
    segments.max_by_key(|(_, path)| fs::metadata(path).unwrap().len()).unwrap()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// Starts a home beside the others, and waits until it holds what they hold and signs again.
fn comes_back(home: &Path, other: &Path, peer: &RunningNode) {
    let node = RunningNode::start(home, TCP, &peer.listening);
    node.agrees_with(other);
    node.wait_for("/status", |_, status| (status["not_signing"] == Value::Null).then_some(()));
    note(home);
    node.agrees_with(other);
    assert_eq!(node.stop("TERM"), 0);
    json(home, &["audit"]);
}

/// What is done to a segment.
type Damage = fn(&Path);

#[test]
fn whatever_is_damaged_what_is_whole_is_kept_and_peers_give_back_the_rest() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let peer = RunningNode::start(other, TCP, &[]);
    (0..5).for_each(|_| note(home));
    comes_back(home, other, &peer);
    let damages: [(&str, Damage); 6] = [
        ("the first frame", |segment| flip(segment, 100)),
        ("a frame in the middle", |segment| {
            flip(segment, usize::try_from(fs::metadata(segment).unwrap().len()).unwrap() / 2)
        }),
        ("the header of the segment", |segment| flip(segment, 3)),
        ("its end is gone", |segment| {
            let half = fs::metadata(segment).unwrap().len() / 2;
            fs::File::options().write(true).open(segment).unwrap().set_len(half).unwrap();
        }),
        ("nothing is left of it", |segment| fs::write(segment, b"").unwrap()),
        ("the journal is gone", |segment| fs::remove_dir_all(segment.parent().unwrap()).unwrap()),
    ];
    for (number, (what, damage)) in damages.into_iter().enumerate() {
        let (space, segment) = fullest(home);
        let before = fs::read(&segment).unwrap();
        damage(&segment);
        let damaged = fs::read(&segment).ok();
        let repaired = json(home, &["repair"]);
        let mended = &repaired["journals"][0];
        assert_eq!(mended["journal"], format!("journal/{space}"), "{what}: {repaired}");
        assert!(mended["damages"][0]["file"].as_str().unwrap().ends_with("1.seg"), "{what}: {repaired}");
        assert_eq!(repaired["journals"].as_array().unwrap().len(), 1, "{what}: {repaired}");
        if let Some(damaged) = damaged {
            let kept = Path::new(repaired["kept_in"].as_str().unwrap()).join(space.to_string()).join("1.seg");
            assert_eq!(fs::read(kept).unwrap(), damaged, "{what}");
        }
        // Named by its place: the index still knew what stood there. Under a damaged header all is found, by the frames' own marker.
        let is_named = mended["missing"].as_array().is_some_and(|missing| !missing.is_empty());
        assert_eq!(is_named, number != 2, "{what}: {repaired}");
        assert_eq!(json(home, &["repair"])["journals"], Value::Array(Vec::new()), "{what}");
        comes_back(home, other, &peer);
        // Else the next repair would find in it what it misses.
        let _ = fs::remove_dir_all(home.join("damaged"));
        assert!(fs::read(fullest(home).1).unwrap().len() >= before.len() / 2, "{what}");
    }
    assert_eq!(json(other, &["list", "incident"]).as_array().unwrap().len(), 12);
}

/// A peer that never had the lost entries is level with what is left: its word is not enough.
#[test]
fn numbers_that_were_used_are_not_used_again_though_mark_and_journal_lost_them() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let peer = RunningNode::start(other, TCP, &[]);
    note(home);
    comes_back(home, other, &peer);
    note(home);
    let (_, segment) = fullest(home);
    let whole = fs::metadata(&segment).unwrap().len();
    let cut = |path: &Path, to: u64| fs::File::options().write(true).open(path).unwrap().set_len(to).unwrap();
    cut(&segment, whole - 10);
    let mark = home.join("mark");
    let marked = fs::read(&mark).unwrap();
    cut(&mark, 50);
    let repaired = json(home, &["repair"]);
    assert_eq!(repaired["journals"][0]["missing"].as_array().unwrap().len(), 1, "{repaired}");
    let kept = fs::read(Path::new(repaired["kept_in"].as_str().unwrap()).join("mark")).unwrap();
    assert_eq!(kept, marked[..50], "what is damaged is kept");
    let node = RunningNode::start(home, TCP, &peer.listening);
    node.agrees_with(other);
    let refusal = refused(home, &["record", "new", "incident", "--from", &consortium.file("draft.json", DRAFT)], 3);
    assert_eq!(refusal["code"], "not_signing", "{refusal}");
    assert!(refusal["why"].as_str().unwrap().contains("lost entries"), "{refusal}");
    assert_eq!(node.stop("TERM"), 0);
}

#[test]
fn acts_that_were_damaged_come_back_from_peers_but_for_the_first_of_all() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let peer = RunningNode::start(other, TCP, &[]);
    note(home);
    comes_back(home, other, &peer);
    let segment = Home::open(home).unwrap().acts().join("1.seg");
    let whole = fs::read(&segment).unwrap();
    flip(&segment, whole.len() - 40);
    let repaired = json(home, &["repair"]);
    assert_eq!(repaired["journals"][0]["journal"], "acts", "{repaired}");
    // Without that act its peers are strangers: who still holds it hands it over.
    let file = consortium.path("acts.bin");
    say(other, &["export", "--format", "acts", "-o", &file]);
    json(home, &["act", "take", &file]);
    comes_back(home, other, &peer);
    assert_eq!(json(home, &["repair"])["journals"], Value::Array(Vec::new()));
    fs::write(&segment, &whole[..24]).unwrap();
    let before = contents(&home.join("acts"));
    assert_eq!(refused(home, &["repair"], 70)["code"], "founding_lost");
    assert!(contents(&home.join("acts")) == before && !home.join("damaged/2").exists());
}

#[test]
fn a_whole_home_stays_as_it_is_and_one_in_use_is_refused() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    note(home);
    let before = contents(&home.join("journal"));
    let said = say(home, &["repair"]);
    assert!(said.out.contains("whole"), "{said:?}");
    assert_eq!(contents(&home.join("journal")), before);
    assert!(!home.join("damaged").exists());
    let node = RunningNode::start(home, TCP, &[]);
    let refusal = refused(home, &["repair"], 2);
    assert_eq!(refusal["code"], "home_locked", "{refusal}");
    assert_eq!(node.stop("TERM"), 0);
}
