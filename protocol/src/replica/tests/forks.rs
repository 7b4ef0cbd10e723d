//! Forked logs between replicas: found whoever meets whom, proved, told first, and closed.

use super::*;
use crate::key::{PublicKey, Signature};
use crate::limits;
use crate::log::ForkProof;
use crate::sync::carried;
use crate::sync::frame::Frame;
use crate::sync::run::Group;
use crate::sync::session::{Session, read_entry};

/// Entries of a site's key behind others, with these texts.
fn line(world: &World, site: usize, before: &[Entry], texts: &[&str]) -> Vec<Entry> {
    let at = &world.sites[site];
    let mut end = before.last().map_or((0, EntryId::ZERO), |last| (last.header.seq, last.header.id()));
    let mut entries = before.to_vec();
    for text in texts {
        let mut entry = world.sealed(site, &[text]).remove(0);
        let payload = entry.payload.take().unwrap();
        let header = entry.header;
        let draft = Draft {
            kind: header.kind,
            space: header.space,
            organisation: header.organisation,
            record: header.record,
            generation: 0,
            time: header.time,
            payload,
        };
        let entry = draft.seal(end, &at.key);
        end = (entry.header.seq, entry.header.id());
        entries.push(entry);
    }
    entries
}

/// Two lines of site 0's key that part at a position, of these lengths.
fn forked(world: &World, fork: usize, lengths: [usize; 2]) -> [Vec<Entry>; 2] {
    let texts = |word: &str, count: usize| (0..count).map(|at| format!("{word} {at}")).collect::<Vec<_>>();
    let of = |texts: &[String]| texts.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
    let common = of(&texts("common", fork - 1));
    let common = line(world, 0, &[], &common.iter().map(String::as_str).collect::<Vec<_>>());
    ["left", "right"].map(|side| {
        let length = lengths[usize::from(side == "right")];
        let own = texts(side, length + 1 - fork);
        line(world, 0, &common, &own.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

fn hand_in(world: &mut World, site: usize, entries: &[Entry]) -> Vec<Output> {
    let answers = world.handle(site, Input::Submit { request: 9, entries: entries.to_vec() });
    world.run();
    answers
}

fn seq(world: &World, site: usize) -> Option<u64> {
    world.sites[site].replica.governance().fork(&world.log(0)).map(ForkProof::seq)
}

#[test]
fn a_fork_is_found_at_its_first_position_whoever_meets_whom() {
    for (fork, lengths) in [(3, [5, 5]), (3, [3, 9]), (3, [9, 3]), (1, [6, 6]), (5, [5, 5]), (2, [40, 30])] {
        let mut world = World::founded(4);
        let [left, right] = forked(&world, fork, lengths);
        hand_in(&mut world, 1, &left);
        hand_in(&mut world, 2, &right);
        world.connect(1, 2);
        for site in [1, 2] {
            assert_eq!(seq(&world, site), Some(fork as u64), "{fork} of {lengths:?}");
        }
        world.disconnect(1, 2);
        world.frames.clear();
        world.connect(2, 1);
        assert_eq!(world.frames.len(), 2, "both hold the same proof, and tell of the log up to it alone");
        // Who never held any of it hears of the proof, and takes what stands before it.
        world.connect(2, 3);
        assert_eq!(seq(&world, 3), Some(fork as u64));
        assert_eq!(world.sites[3].replica.end_of(world.log(0)).seq, fork as u64 - 1);
        world.sites.iter().for_each(|site| assert_eq!(site.dropped, Vec::<String>::new()));
    }
}

#[test]
fn a_fork_in_a_users_hand_is_proved_and_refused() {
    let mut world = World::founded(3);
    let [left, right] = forked(&world, 2, [4, 4]);
    hand_in(&mut world, 1, &left);
    world.connect(1, 2);
    let answers = hand_in(&mut world, 1, &right[1..]);
    let refused = |output: &Output| match output {
        Output::Refuse { refusal, .. } => refusal.code(),
        _ => "",
    };
    assert!(answers.iter().any(|answer| refused(answer) == "entry_equivocation"), "{answers:?}");
    assert!(answers.contains(&Output::Notice(Notice::Forked { log: world.log(0), seq: 2 })));
    assert_eq!((seq(&world, 1), seq(&world, 2)), (Some(2), Some(2)));
    let longer = line(&world, 0, &left, &["more"]);
    let answers = hand_in(&mut world, 1, &longer[4..]);
    assert_eq!(answers.iter().map(refused).collect::<Vec<_>>(), ["log_closed"]);
}

#[test]
fn of_several_proofs_the_lowest_counts_and_others_are_dropped_unread() {
    let mut world = World::founded(3);
    let [left, right] = forked(&world, 2, [6, 6]);
    world.connect(1, 2);
    let peer = world.sites[2].node;
    for (seq_given, commits) in [(4, 1), (6, 0), (4, 0), (2, 1), (3, 0)] {
        let proof = ForkProof::of(&left[seq_given - 1], &right[seq_given - 1]).unwrap();
        let at = &mut world.sites[1];
        let frame = Frame::Proof(proof.encode()).encode();
        at.replica.handle(Input::Received { peer, frame }, Timestamp(1), &at.store).unwrap();
        let outputs: Vec<Output> = std::iter::from_fn(|| at.replica.poll()).collect();
        let written = |output: &&Output| matches!(output, Output::Commit(batch) if !batch.writes.is_empty());
        assert_eq!(outputs.iter().filter(written).count(), commits, "seq {seq_given}");
        world.handle(1, Input::Synced);
    }
    assert_eq!(seq(&world, 1), Some(2));
}

#[test]
fn a_liars_header_proves_nothing_and_ends_the_session() {
    let mut world = World::founded(3);
    let [left, right] = forked(&world, 2, [3, 3]);
    hand_in(&mut world, 1, &left);
    world.connect(1, 2);
    let mut proof = ForkProof::of(&left[1], &right[1]).unwrap().encode();
    *proof.last_mut().unwrap() ^= 1;
    let unasked = [&right[1].header.encode()[..], right[1].signature.as_bytes()].concat();
    let peer = world.sites[2].node;
    for frame in [Frame::Proof(proof), Frame::Header(unasked)] {
        world.handle(1, Input::Received { peer, frame: frame.encode() });
        assert_eq!((seq(&world, 1), world.sites[1].dropped.len()), (None, 1), "{frame:?}");
        world.sites[1].dropped.clear();
        world.handle(1, Input::Connected { peer, opens_with: None });
    }
}

/// An attestation of a site's organisation that names ends of site 0's log, behind `before`.
fn attestation(world: &World, site: usize, before: Option<&Entry>, ends: &[&Entry]) -> Entry {
    let line = |entry: &&Entry| format!(r#"["{}",{},"{}"]"#, entry.header.author, entry.header.seq, entry.header.id());
    let mut lines: Vec<String> = ends.iter().map(line).collect();
    lines.sort();
    let prev = before.map_or((0, EntryId::ZERO), |before| (before.header.seq, before.header.id()));
    let draft = Draft {
        kind: Kind::Attestation,
        space: world.members,
        organisation: world.sites[site].organisation,
        record: RecordId::ZERO,
        generation: 0,
        time: Timestamp(1_700_000_000_000),
        payload: Payload { salt: [7; 16], bytes: format!(r#"{{"logs":[{}]}}"#, lines.join(",")).into_bytes() },
    };
    draft.seal(prev, &attesting(u8::try_from(site).unwrap()))
}

/// What each site says of entries of site 0's key.
fn standings(world: &World, site: usize, entries: &[Entry]) -> Vec<Option<crate::standing::Standing>> {
    use crate::standing::Judge;
    let governance = world.sites[site].replica.governance();
    entries.iter().map(|entry| governance.judge(&Authentic::from_store(entry.clone()))).collect()
}

fn meet_all(world: &mut World) {
    let count = world.sites.len();
    let pairs = |count: usize| (0..count).flat_map(move |one| (one + 1..count).map(move |other| (one, other)));
    for _ in 0..2 {
        for (one, other) in pairs(count) {
            world.connect(one, other);
            world.disconnect(one, other);
        }
    }
    for (one, other) in pairs(count) {
        world.frames.clear();
        world.connect(one, other);
        assert_eq!(world.frames.len(), 2, "{one} and {other} hold the same: {:?}", world.frames);
        world.disconnect(one, other);
    }
    world.sites.iter().for_each(|site| assert_eq!(site.dropped, Vec::<String>::new()));
}

#[test]
fn the_branch_that_most_acknowledged_counts_everywhere_whichever_was_held_first() {
    use crate::standing::Standing::Forked;
    for is_left_last in [false, true] {
        let mut world = World::founded(5);
        let [left, right] = forked(&world, 3, [8, 6]);
        for site in 1..4 {
            hand_in(&mut world, site, &left);
            let word = attestation(&world, site, None, &[&left[5]]);
            hand_in(&mut world, site, &[word]);
        }
        let order = if is_left_last { [&right, &left] } else { [&left, &right] };
        order.into_iter().for_each(|entries| drop(hand_in(&mut world, 4, entries)));
        meet_all(&mut world);
        for site in 0..5 {
            let (first, second) = (standings(&world, site, &left), standings(&world, site, &right));
            assert_eq!(first, [None, None, None, None, None, None, Some(Forked), Some(Forked)], "site {site}");
            assert_eq!(second[2..], [Some(Forked); 4], "site {site}");
            let about = world.sites[site].store.entries().filter(|entry| left[..6].contains(entry.entry()));
            assert_eq!(about.count(), 6, "site {site}");
        }
    }
}

/// Sites 1 and 2 each hold one of two lines that part at position 2, and attest it; site 3's key has attested both, each to one of
/// them. Then all meet.
fn both_attested(world: &mut World) -> ([Vec<Entry>; 2], [Entry; 2]) {
    let sides = forked(world, 2, [3, 3]);
    let words = [&sides[0], &sides[1]].map(|entries| attestation(world, 3, None, &[&entries[2]]));
    for (site, (entries, word)) in (1..).zip(sides.iter().zip(&words)) {
        hand_in(world, site, entries);
        hand_in(world, site, std::slice::from_ref(word));
        let own = attestation(world, site, None, &[&entries[2]]);
        hand_in(world, site, &[own]);
    }
    meet_all(world);
    (sides, words)
}

#[test]
fn attestations_are_taken_on_every_branch() {
    let mut world = World::founded(5);
    let (_, words) = both_attested(&mut world);
    for site in 0..5 {
        for word in &words {
            assert!(world.sites[site].store.entries().any(|entry| entry.entry() == word), "site {site}");
        }
    }
}

/// A peer whose session is live, by a node key that no site has.
fn stranger(world: &mut World, site: usize, number: u8) -> NodeId {
    let peer = NodeId::new([number; 32]);
    let at = &mut world.sites[site];
    let mut session = Session::listen();
    let holdings = at.replica.holdings();
    session.on_open([3; 16], [0; 32], &holdings).unwrap();
    at.replica.sessions.insert(peer, session);
    peer
}

/// A site whose attesting log is closed at its first position, with the two attestations there.
fn closed_words(world: &mut World, site: usize) -> (LogKey, [Entry; 2]) {
    let [left, right] = forked(world, 2, [3, 3]);
    let words = [&left, &right].map(|entries| attestation(world, 3, None, &[&entries[2]]));
    let proof = ForkProof::of(&words[0], &words[1]).unwrap();
    let at = &mut world.sites[site];
    assert!(at.replica.take_fork(proof));
    world.handle(site, Input::Synced);
    let log = LogKey { space: world.members, author: words[0].header.author };
    assert!(world.sites[site].replica.governance().closed(&log).is_some());
    (log, words)
}

#[test]
fn of_what_was_asked_for_one_line_is_taken_and_no_other() {
    let mut world = World::founded(4);
    let (log, words) = closed_words(&mut world, 1);
    let peer = stranger(&mut world, 1, 9);
    let at = &mut world.sites[1];
    at.replica.sessions.get_mut(&peer).unwrap().has_branch(log, LogEnd { seq: 1_000, id: EntryId::new([1; 32]) });
    at.replica.plan_branches(Timestamp(1));
    assert!(at.replica.branching.is_asked(peer, &log));
    let group = Group { log, entries: words.to_vec() };
    at.replica.take_group(peer, group, Timestamp(1), &at.store).unwrap().unwrap();
    world.handle(1, Input::Wake);
    assert_eq!(world.sites[1].replica.governance().closed(&log).unwrap().ends().len(), 1);
}

#[test]
fn a_line_goes_on_behind_what_is_held_of_it() {
    let mut world = World::founded(4);
    let (log, [first, _]) = closed_words(&mut world, 1);
    let [left, _] = forked(&world, 2, [3, 3]);
    let second = attestation(&world, 3, Some(&first), &[&left[2]]);
    let third = attestation(&world, 3, Some(&second), &[&left[2]]);
    let end_of = |entry: &Entry| LogEnd { seq: entry.header.seq, id: entry.header.id() };
    let peers = [8, 9].map(|number| stranger(&mut world, 1, number));
    // The payload of the first is missing where it comes from first; another has all, and more behind it.
    let bare = Entry { payload: None, ..first.clone() };
    for (peer, line) in peers.into_iter().zip([vec![bare, second.clone()], vec![first, second, third]]) {
        let (at, end) = (&mut world.sites[1], end_of(line.last().unwrap()));
        at.replica.sessions.get_mut(&peer).unwrap().has_branch(log, end);
        at.replica.plan_branches(Timestamp(1));
        assert!(at.replica.branching.is_asked(peer, &log));
        at.replica.take_group(peer, Group { log, entries: line.clone() }, Timestamp(1), &at.store).unwrap().unwrap();
        assert!(!at.replica.branching.is_asked(peer, &log), "the whole line came");
        world.handle(1, Input::Synced);
        let closed = world.sites[1].replica.governance().closed(&log).unwrap();
        assert!(closed.holds(end), "what ends in {end:?}");
    }
}

#[test]
fn who_names_a_line_and_does_not_send_it_keeps_nobody_from_asking_others() {
    let mut world = World::founded(4);
    let (log, words) = closed_words(&mut world, 1);
    let [liar, honest] = [8, 9].map(|number| stranger(&mut world, 1, number));
    let end = LogEnd { seq: 1, id: words[0].header.id() };
    let at = &mut world.sites[1];
    for peer in [liar, honest] {
        at.replica.sessions.get_mut(&peer).unwrap().has_branch(log, end);
    }
    at.replica.plan_branches(Timestamp(1));
    assert!(at.replica.branching.is_asked(liar, &log));
    at.replica.handle(Input::Wake, Timestamp(1 + limits::ANSWER_MS), &at.store).unwrap();
    assert!(at.replica.branching.is_asked(honest, &log));
}

#[test]
fn a_peer_that_answers_no_probe_keeps_nobody_from_probing_others() {
    let mut world = World::founded(3);
    let [left, _] = forked(&world, 3, [5, 5]);
    hand_in(&mut world, 1, &left);
    let [liar, honest] = [8, 9].map(|number| stranger(&mut world, 1, number));
    let (log, at) = (world.log(0), &mut world.sites[1]);
    at.replica.probe(liar, log, 4);
    let open = at.replica.probes.get(&(liar, log)).unwrap().clone();
    for number in 0..limits::WISHES {
        let mut author = [0; 32];
        author[..8].copy_from_slice(&number.to_be_bytes());
        let key = LogKey { author: PublicKey::new(author), ..log };
        at.replica.probes.insert((liar, key), open.clone());
    }
    at.replica.probe(honest, log, 4);
    assert!(at.replica.probes.contains_key(&(honest, log)));
}

/// The replica of a site as a start makes it from what stands on its disk.
fn restarted(world: &World, site: usize) -> Replica {
    let at = &world.sites[site];
    let governance = at.replica.governance();
    let mut stored = at.replica.durable.clone();
    stored.forks = governance.forks().map(|proof| (proof.log(), proof.clone())).collect();
    let governance = Governance::new(governance.consortium()).replay(governance.acts().cloned().collect());
    let mut replica = Replica::new(governance, stored, BTreeSet::new());
    let heard = Heard::read(&mut replica.governance, &replica.durable, &at.store).unwrap();
    replica.having_heard(heard).having_closed(&at.store).unwrap()
}

#[test]
fn what_attestations_on_branches_say_of_closed_logs_counts_after_a_start_too() {
    let mut world = World::founded(5);
    let ([left, right], _) = both_attested(&mut world);
    let ends = [&left, &right].map(|entries| LogEnd { seq: 3, id: entries[2].header.id() });
    for site in 0..5 {
        let governance = world.sites[site].replica.governance();
        let after = restarted(&world, site);
        for end in ends {
            let due = governance.acknowledgers(&world.log(0), end);
            assert!(due.contains_key(&world.sites[3].organisation), "site {site} {end:?}");
            assert_eq!(after.governance().acknowledgers(&world.log(0), end), due, "site {site} {end:?}");
        }
    }
}

#[test]
fn proofs_go_behind_the_acts_that_are_due_for_a_key_that_none_grants_has_none() {
    let mut world = World::founded(4);
    let (_, _) = closed_words(&mut world, 1);
    let peer = stranger(&mut world, 1, 9);
    let members = world.members;
    let at = &mut world.sites[1];
    let act = at.replica.governance().acts().last().unwrap().id();
    let session = at.replica.sessions.get_mut(&peer).unwrap();
    session.hear_state(members, true, &[], None).unwrap();
    session.queue_acts([act]);
    session.spend(usize::try_from(limits::CREDIT_BYTES).unwrap());
    at.replica.send_forks(peer, members);
    let sent = |replica: &mut Replica| -> Vec<u8> {
        let outputs: Vec<Output> = std::iter::from_fn(|| replica.poll()).collect();
        let frames = outputs.into_iter().filter_map(|output| match output {
            Output::Send { frame, .. } => Some(frame),
            _ => None,
        });
        frames.map(|frame| u8::from(matches!(Frame::decode(&frame), Ok(Frame::Proof(_))))).collect()
    };
    assert_eq!(sent(&mut at.replica), Vec::<u8>::new());
    let credit = Frame::Credit(limits::CREDIT_BYTES).encode();
    at.replica.handle(Input::Received { peer, frame: credit }, Timestamp(1), &at.store).unwrap();
    assert_eq!(sent(&mut at.replica), [0, 1]);
}

#[test]
fn a_carried_file_brings_what_stands_on_branches_too() {
    let mut world = World::founded(5);
    let [left, right] = forked(&world, 2, [3, 3]);
    let words = [&left, &right].map(|entries| attestation(&world, 3, None, &[&entries[2]]));
    for (site, side) in [(1, 0), (2, 1)] {
        hand_in(&mut world, site, &[&left, &right][side][..]);
        hand_in(&mut world, site, &words[side..=side]);
    }
    world.connect(1, 2);
    world.disconnect(1, 2);
    let from = &world.sites[1];
    let governance = from.replica.governance();
    let frames = carried::frames(governance, from.replica.logs(), &BTreeMap::new(), &from.store).unwrap();
    let peer = NodeId::ZERO;
    world.handle(4, Input::Connected { peer, opens_with: None });
    for frame in frames {
        world.handle(4, Input::Received { peer, frame });
    }
    world.handle(4, Input::Disconnected { peer });
    assert_eq!((seq(&world, 4), world.sites[4].dropped.len()), (Some(2), 0));
    for word in &words {
        assert!(world.sites[4].store.entries().any(|entry| entry.entry() == word), "{word:?}");
    }
}

#[test]
fn what_a_peer_has_shown_of_a_fork_is_proved_though_it_is_dropped() {
    let mut world = World::founded(3);
    let [left, right] = forked(&world, 2, [6, 6]);
    hand_in(&mut world, 1, &left);
    let peer = stranger(&mut world, 1, 9);
    let log = world.log(0);
    world.sites[1].replica.probe(peer, log, 5);
    let header = [&right[1].header.encode()[..], right[1].signature.as_bytes()].concat();
    world.handle(1, Input::Received { peer, frame: Frame::Header(header).encode() });
    world.handle(1, Input::Received { peer, frame: vec![0xff] });
    assert_eq!((seq(&world, 1), world.sites[1].dropped.len()), (None, 1));
    world.handle(1, Input::Disconnected { peer });
    assert_eq!(seq(&world, 1), Some(2));
}

#[test]
fn a_log_that_closes_earlier_than_was_known_is_judged_by_what_stood_between() {
    let mut world = World::founded(4);
    let [left, right] = forked(&world, 2, [6, 6]);
    hand_in(&mut world, 1, &left);
    let log = world.log(0);
    for (fork, seqs) in [(6, 6..=6), (4, 4..=6), (2, 2..=6)] {
        let proof = ForkProof::of(&left[fork - 1], &right[fork - 1]).unwrap();
        assert!(world.sites[1].replica.take_fork(proof));
        world.handle(1, Input::Synced);
        let closed = world.sites[1].replica.governance().closed(&log).unwrap();
        let held: BTreeSet<u64> = closed.links().map(|link| link.end.seq).collect();
        assert_eq!(held, seqs.collect(), "at {fork}");
        assert_eq!(Some(closed), restarted(&world, 1).governance().closed(&log), "at {fork}");
    }
}

#[test]
fn a_payload_behind_a_closing_point_makes_nobody_tell_of_what_is_not_checked() {
    let mut world = World::founded(4);
    let [left, right] = forked(&world, 2, [6, 6]);
    hand_in(&mut world, 1, &left);
    let (log, at) = (world.log(0), &mut world.sites[1]);
    let end = LogEnd { seq: 4, id: left[3].header.id() };
    for stored in [&mut at.replica.held, &mut at.replica.durable] {
        stored.logs.get_mut(&log).unwrap().checked = LogEnd::START;
        stored.wanted.insert((log, end));
    }
    assert!(at.replica.take_fork(ForkProof::of(&left[1], &right[1]).unwrap()));
    world.handle(1, Input::Synced);
    let at = &mut world.sites[1];
    at.replica.take_payload(log, 4, left[3].payload.clone().unwrap(), &at.store).unwrap().unwrap();
    world.handle(1, Input::Wake);
    let replica = &world.sites[1].replica;
    assert!(!replica.held.wanted.contains(&(log, end)));
    assert_eq!(replica.governance().closed(&log).unwrap().links().count(), 0);
}

#[test]
fn nobody_is_told_of_a_branch_behind_a_trunk_that_is_not_checked() {
    let mut world = World::founded(4);
    let [left, right] = forked(&world, 2, [3, 3]);
    let first = attestation(&world, 3, None, &[&left[0]]);
    let words = [&left, &right].map(|entries| attestation(&world, 3, Some(&first), &[&entries[2]]));
    let log = LogKey { space: world.members, author: first.header.author };
    hand_in(&mut world, 1, &[first, words[0].clone()]);
    assert!(world.sites[1].replica.take_fork(ForkProof::of(&words[0], &words[1]).unwrap()));
    world.handle(1, Input::Synced);
    let replica = &mut world.sites[1].replica;
    let told = |replica: &Replica| replica.branches_in(log.space).iter().any(|(author, _)| *author == log.author);
    assert!(told(replica));
    replica.durable.logs.get_mut(&log).unwrap().checked = LogEnd::START;
    assert!(!told(replica));
}

#[test]
fn an_entry_whose_line_is_not_checked_is_sent_with_the_signature_that_is() {
    let world = World::founded(2);
    let [left, _] = forked(&world, 2, [3, 3]);
    let (log, last) = (world.log(0), left[2].clone());
    let end = LogEnd { seq: 3, id: last.header.id() };
    let mut store = MemoryStore::default();
    let spoiled = Entry { signature: Signature::new([1; 64]), ..last.clone() };
    let on_line = left[..2].iter().cloned().chain([spoiled.clone()]).map(Authentic::from_store);
    on_line.for_each(|entry| store.insert(entry));
    let read = |store: &MemoryStore| read_entry(log, end, store).unwrap().unwrap().into_entry();
    assert_eq!(read(&store), spoiled);
    let bare = Authentic::from_store(last.clone()).without_payload();
    for branch in [bare, Authentic::from_store(last.clone())] {
        store.append(Batch { writes: vec![Write::Branch(branch)] });
        assert_eq!(read(&store), last);
    }
}
