//! Files between two homes that never connect: of any size, cut off, taken in pieces, encrypted.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use super::*;
use crate::carry::file::{Reader as FileReader, Unreadable};
use crate::carry::{self, Carried, Content, Held};

/// All that a home holds, as a file.
pub(super) fn file(node: &Node) -> Vec<u8> {
    file_of(node, &Content::All(Held::new()))
}

fn file_of(node: &Node, content: &Content) -> Vec<u8> {
    carry::write_out(node, content, Vec::new()).unwrap()
}

/// Takes a file in.
pub(super) fn take_in(node: &Node, file: &[u8]) -> Result<Carried, Problem> {
    tokio::task::block_in_place(|| carry::take_in(node, file))
}

fn offline(home: &Home) -> Options {
    Options { home: home.clone(), unlocker: Some(unlocker()), network: None }
}

async fn pair() -> (Vec<(TempDir, Home)>, [Node; 2], SpaceId) {
    let homes = founded(2);
    let one = Node::start(offline(&homes[0].1), &mut |_| {}).await.unwrap();
    let other = Node::start(offline(&homes[1].1), &mut |_| {}).await.unwrap();
    let members = one.snapshot().governance.spaces()[0].id;
    (homes, [one, other], members)
}

async fn fill(node: &Node, space: SpaceId, seed: u64, batches: u64) {
    for batch in 0..batches {
        let claims = (0..40).map(|number| claim(space, &noise(seed + batch * 40 + number))).collect();
        node.contribute(claims).await.unwrap();
    }
}

fn entries(node: &Node) -> u64 {
    node.snapshot().status.entries
}

/// The whole frames within the first bytes of a file.
fn frames_within(file: &[u8], bytes: usize) -> Vec<Vec<u8>> {
    let mut reader = FileReader::begin(&file[..bytes]).unwrap();
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = reader.frame() {
        frames.push(frame);
    }
    frames
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_an_interruption_stands_and_the_rest_follows() {
    let (_homes, [writer, reader], members) = pair().await;
    fill(&writer, members, 0, 2).await;
    let whole = file(&writer);
    // As far as it had come when its reader was killed.
    let half = frames_within(&whole, whole.len() / 2);
    assert_eq!(reader.carry_in(half).await.unwrap(), Vec::<String>::new());
    let first = entries(&reader);
    assert!((1..80).contains(&first), "{first}");
    assert_eq!(take_in(&reader, &whole).unwrap(), Carried { entries: 80 - first, notices: Vec::new() });
    // An older file changes nothing, and is no fault.
    writer.contribute(vec![claim(members, "news")]).await.unwrap();
    take_in(&reader, &file(&writer)).unwrap();
    assert_eq!(take_in(&reader, &whole).unwrap(), Carried { entries: 0, notices: Vec::new() });
    assert_eq!(entries(&reader), 81);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_between_its_readings_is_told_and_what_came_stands() {
    let (_homes, [writer, reader], members) = pair().await;
    fill(&writer, members, 0, 2).await;
    let whole = file(&writer);
    let cut = &whole[..whole.len() * 3 / 4];
    assert!(matches!(carry::check(&reader, cut), Err(Unreadable::Damaged)));
    assert_eq!(entries(&reader), 0);
    let problem = take_in(&reader, cut).unwrap_err();
    assert_eq!((problem.code.as_str(), problem.words.key.as_str()), ("carried_file", "carried_file.changed"));
    let first = entries(&reader);
    assert!(first > 0);
    assert_eq!(take_in(&reader, &whole).unwrap().entries, 80 - first);
}

/// Counts what passes, and the most that passed at once.
#[derive(Default)]
struct Counted {
    bytes: usize,
    largest: usize,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_written_frame_by_frame() {
    let (_homes, [writer, _], members) = pair().await;
    fill(&writer, members, 0, 3).await;
    let counted = carry::write_out(&writer, &Content::All(Held::new()), Counted::default()).unwrap();
    assert!(counted.bytes > 6 * 1_024 * 1_024 && counted.largest < 300_000, "{}", counted.largest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frontier_is_small_and_leaves_out_what_the_other_side_holds() {
    let (_homes, [one, other], members) = pair().await;
    fill(&one, members, 0, 1).await;
    take_in(&other, &file(&one)).unwrap();
    one.contribute(vec![claim(members, "news")]).await.unwrap();
    let frontier = file_of(&other, &Content::Frontier);
    assert!(frontier.len() < 1_000, "{}", frontier.len());
    assert_eq!(take_in(&one, &frontier).unwrap(), Carried { entries: 0, notices: Vec::new() });
    let held = carry::on_line(&one, carry::ends(&one, &frontier[..]).unwrap()).unwrap();
    let content = Content::All(held);
    assert_eq!(carry::left_out(&one, &content), 40);
    let rest = file_of(&one, &content);
    assert!(rest.len() < 100_000, "{}", rest.len());
    assert_eq!(take_in(&other, &rest).unwrap().entries, 1);
    // An end that is on no line of this home leaves nothing out.
    let log = *one.snapshot().logs.keys().next().unwrap();
    let elsewhere = Held::from([(log, LogEnd { seq: 3, id: isnad_protocol::id::EntryId::new([9; 32]) })]);
    assert_eq!(carry::on_line(&one, elsewhere).unwrap(), Held::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_file_is_for_the_node_keys_of_one_organisation() {
    let (homes, [one, other], members) = pair().await;
    fill(&one, members, 0, 1).await;
    let sealed = |keys: &[PublicKey]| {
        let mut sealed = Vec::new();
        carry::write_sealed(&one, &Content::All(Held::new()), keys, &mut sealed).unwrap();
        sealed
    };
    let keys = carry::node_keys(&one, "Organisation 1").unwrap();
    let nodes: BTreeSet<NodeId> = keys.iter().map(|key| NodeId::new(*key.as_bytes())).collect();
    let of_other = other.own_organisation().unwrap();
    assert!(one.snapshot().governance.nodes().iter().all(|(node, of)| nodes.contains(node) == (*of == of_other)));
    let file = sealed(&keys);
    // Its writer cannot read it, nor who has no key.
    assert!(matches!(carry::check(&one, &file[..]), Err(Unreadable::ForOthers)));
    assert_eq!(take_in(&one, &file).unwrap_err().words.key, "carried_file.for_others");
    for at in [30, 150, file.len() / 2, file.len() - 1] {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        assert!(carry::check(&other, &flipped[..]).is_err(), "bit flipped at {at}");
        assert!(carry::check(&other, &file[..at]).is_err(), "cut at {at}");
    }
    assert!(carry::check(&other, &[&file[..], b"x"].concat()[..]).is_err());
    assert_eq!(entries(&other), 0);
    carry::check(&other, &file[..]).unwrap();
    assert_eq!(take_in(&other, &file).unwrap().entries, 40);
    drop(other);
    let locked = Node::start(Options { unlocker: None, ..offline(&homes[1].1) }, &mut |_| {}).await.unwrap();
    assert!(matches!(carry::check(&locked, &file[..]), Err(Unreadable::Locked)));
    let unknown = carry::node_keys(&one, "nobody").unwrap_err();
    assert_eq!(unknown.exit, crate::problem::exit::USAGE);
}

/// Gives the bytes of a file a few at a time, as a slow stick does.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(7).min(self.0.len());
        let (now, later) = self.0.split_at(length);
        into[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_of_any_size_are_read() {
    let (_homes, [one, other], members) = pair().await;
    one.contribute(vec![claim(members, "one")]).await.unwrap();
    let mut sealed = Vec::new();
    let keys = carry::node_keys(&one, "Organisation 1").unwrap();
    carry::write_sealed(&one, &Content::All(Held::new()), &keys, &mut sealed).unwrap();
    let taken = tokio::task::block_in_place(|| carry::take_in(&other, Drops(&sealed)));
    assert_eq!(taken.unwrap().entries, 1);
    let plain = file(&one);
    tokio::task::block_in_place(|| carry::check(&other, Drops(&plain))).unwrap();
}
