//! Bad entries and acts at the one door, from a local user, from a file and from a peer: each is refused with its code, and
//! replica and store are as before.

use isnad_protocol::act::{Act, Body, Grant, GrantSubject, OrganisationBody, Place, Role};
use isnad_protocol::entry::{Draft, Entry, FRAME_SIZE, HEADER_SIZE, Kind};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, OpenSpace, RecordId, SpaceId};
use isnad_protocol::log::{Authentic, Log, LogKey};
use isnad_protocol::replica::{Input, Notice, Output};
use isnad_protocol::store::MemoryStore;
use isnad_protocol::sync::digest::blind;
use isnad_protocol::sync::frame::Frame;
use isnad_protocol::sync::run::Encoder;
use isnad_tests::consortium::{Site, claim, found, founding_acts, record, secret};

const NONCE: [u8; 16] = [9; 16];

/// All that a refusal leaves as it was.
#[derive(Debug, PartialEq)]
struct State {
    store: MemoryStore,
    logs: std::collections::BTreeMap<LogKey, Log>,
    governance: Governance,
    entries: u64,
}

impl State {
    fn of(site: &Site) -> Self {
        let (store, logs) = (site.store.clone(), site.replica.logs().clone());
        Self { store, logs, governance: site.replica.governance().clone(), entries: site.replica.status().entries }
    }
}

/// A site that holds one entry, and the next one.
fn site_and_next() -> (Site, Entry) {
    let mut site = found(2).remove(0);
    site.say(record(1), claim("note", "held"));
    let next = site.next(&site.key, record(1), claim("note", "next"));
    (site, next)
}

/// Hands bytes of an entry in as a file would: what is decoded goes to the door.
fn hand_in(site: &mut Site, bytes: &[u8]) -> Result<(), &'static str> {
    let entry = Entry::decode(bytes).map_err(|error| error.code())?;
    site.submit(vec![entry])
}

#[track_caller]
fn check(site: &mut Site, bytes: &[u8], expected: &str, what: &str) {
    let before = State::of(site);
    assert_eq!(hand_in(site, bytes), Err(expected), "{what}");
    assert!(State::of(site) == before, "{what}: a refused entry changed something");
}

#[test]
fn an_entry_cut_off_anywhere_is_refused() {
    let (mut site, next) = site_and_next();
    let bytes = next.encode();
    for length in 0..bytes.len() {
        let code = if length < FRAME_SIZE { "entry_truncated" } else { "entry_payload" };
        check(&mut site, &bytes[..length], code, &format!("{length} bytes"));
    }
    assert_eq!(hand_in(&mut site, &bytes), Ok(()));
}

/// What an entry is refused for, by the byte that is changed.
fn code_at(at: usize) -> &'static str {
    match at {
        0..16 => "entry_magic",
        16 => "entry_suite",
        18..20 => "entry_flags",
        32..96 => "log_not_a_member",
        96..128 => "log_not_granted",
        152..160 | 192..224 | 288.. => "entry_payload",
        _ => "entry_signature",
    }
}

#[test]
fn an_entry_with_any_bit_changed_is_refused() {
    let (mut site, next) = site_and_next();
    let bytes = next.encode();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            check(&mut site, &changed, code_at(at), &format!("bit {bit} of byte {at}"));
        }
    }
    assert_eq!(hand_in(&mut site, &bytes), Ok(()));
}

#[test]
fn bytes_behind_an_entry_are_refused() {
    let (mut site, next) = site_and_next();
    for (more, code) in [(1, "entry_payload"), (65_536, "entry_oversized"), (10_000_000, "entry_oversized")] {
        let bytes = [next.encode(), vec![b' '; more]].concat();
        check(&mut site, &bytes, code, &format!("{more} more bytes"));
    }
}

/// Entries that are signed as they should be, and are out of place.
fn misplaced(site: &Site, other: &Site) -> Vec<(&'static str, &'static str, Entry)> {
    let end = site.replica.end_of(site.log());
    let draft = || site.draft(record(1), claim("note", "next"));
    let seal = |draft: Draft| draft.seal((end.seq, end.id), &site.key);
    let elsewhere = OpenSpace::Members.id(&ConsortiumId::new([1; 32]));
    let held = site.store.entries().next().unwrap().entry().clone();
    let seq_zero = {
        let mut entry = seal(draft());
        entry.header.seq = 0;
        entry
    };
    let moved = {
        let mut entry = held.clone();
        entry.header.record = record(2);
        entry
    };
    vec![
        ("held already", "entry_out_of_sequence", held.clone()),
        ("beyond a gap", "entry_out_of_sequence", draft().seal((end.seq + 1, end.id), &site.key)),
        ("at the last position there is", "entry_out_of_sequence", draft().seal((u64::MAX - 1, end.id), &site.key)),
        ("at no position", "entry_signature", seq_zero),
        ("behind another entry", "entry_chain", draft().seal((end.seq, EntryId::new([1; 32])), &site.key)),
        ("behind none", "entry_chain", draft().seal((end.seq, EntryId::ZERO), &site.key)),
        ("in a space of nobody", "log_not_a_member", seal(Draft { space: SpaceId::new([1; 32]), ..draft() })),
        ("in another consortium", "log_not_a_member", seal(Draft { space: elsewhere, ..draft() })),
        ("for another member", "log_not_granted", seal(Draft { organisation: other.organisation, ..draft() })),
        (
            "for a stranger",
            "log_not_a_member",
            seal(Draft { organisation: isnad_protocol::id::OrganisationId::new([1; 32]), ..draft() }),
        ),
        ("by a stranger", "log_not_granted", draft().seal((0, EntryId::ZERO), &secret(250))),
        ("by a root key", "log_not_granted", draft().seal((0, EntryId::ZERO), &secret(0))),
        ("moved to another record", "entry_signature", moved),
    ]
}

#[test]
fn an_entry_out_of_place_is_refused() {
    let (mut site, next) = site_and_next();
    let other = found(2).remove(1);
    for (what, code, entry) in misplaced(&site, &other) {
        check(&mut site, &entry.encode(), code, what);
        // One bad entry keeps out all that are handed in with it.
        let before = State::of(&site);
        let together = vec![next.clone(), entry];
        assert!(site.submit(together).is_err(), "{what}, together with a good one");
        assert!(State::of(&site) == before, "{what}: a part of what was handed in was taken");
    }
    assert_eq!(site.submit(vec![next]), Ok(()));
}

/// One that its author signed for a position that is held is refused, and proves that he forked his log: that is kept.
#[test]
fn another_beginning_of_a_log_is_refused_and_proves_a_fork() {
    let (mut site, _) = site_and_next();
    let before = site.store.clone();
    let twin = site.draft(record(1), claim("note", "next")).seal((0, EntryId::ZERO), &site.key);
    assert!(site.submit(vec![twin]).is_err());
    assert_eq!(site.store, before);
    assert_eq!(site.replica.governance().fork(&site.log()).map(|proof| proof.seq()), Some(1));
}

/// An entry may say what it likes about record, kind, generation and time: it stands in its log, and nothing else follows.
#[test]
fn what_is_wrong_in_a_header_beside_the_chain_is_inert() {
    let (mut site, _) = site_and_next();
    let before = site.view(record(1)).properties;
    let drafts = [
        Draft { generation: 65_536, ..site.draft(record(1), claim("note", "x")) },
        Draft { kind: Kind::Unknown(9), ..site.draft(record(1), claim("note", "x")) },
        Draft { kind: Kind::Redaction, ..site.draft(record(1), claim("note", "x")) },
        site.draft(RecordId::ZERO, claim("note", "x")),
        site.draft(record(1), vec![0xff; 65_536]),
    ];
    for draft in drafts {
        let end = site.replica.end_of(site.log());
        let entry = draft.seal((end.seq, end.id), &site.key);
        assert_eq!(site.submit(vec![entry]), Ok(()));
    }
    assert_eq!(site.view(record(1)).properties, before);
}

/// A session in which the peer sends one frame.
fn send(site: &mut Site, frame: Vec<u8>) -> Vec<Output> {
    let peer = found(2)[1].node;
    site.handle(Input::Disconnected { peer });
    site.handle(Input::Connected { peer, opens_with: Some(NONCE) });
    site.handle(Input::Received { peer, frame: Frame::Equal.encode() });
    site.handle(Input::Received { peer, frame })
}

fn run_frame(entries: Vec<Entry>) -> Vec<u8> {
    let mut encoder = Encoder::default();
    for entry in entries {
        encoder.add(blind(&NONCE, entry.header.space), &[Authentic::from_store(entry)]);
    }
    Frame::Run(encoder.finish()).encode()
}

#[test]
fn an_entry_out_of_place_is_refused_from_a_peer_too() {
    let (mut site, next) = site_and_next();
    let other = found(2).remove(1);
    for (what, _, entry) in misplaced(&site, &other) {
        let before = State::of(&site);
        send(&mut site, run_frame(vec![entry]));
        assert!(State::of(&site) == before, "{what}: a refused entry changed something");
    }
    send(&mut site, run_frame(vec![next.clone()]));
    assert_eq!(site.replica.end_of(site.log()).id, next.header.id());
}

#[test]
fn a_peer_that_forges_is_named_and_dropped() {
    let (mut site, next) = site_and_next();
    let forge = |change: &dyn Fn(&mut Entry)| {
        let mut entry = next.clone();
        change(&mut entry);
        entry
    };
    for entry in [
        forge(&|entry| entry.header.record = record(2)),
        forge(&|entry| entry.header.time.0 += 1),
        forge(&|entry| entry.payload.as_mut().unwrap().bytes[0] ^= 1),
        forge(&|entry| entry.payload.as_mut().unwrap().salt[0] ^= 1),
        forge(&|entry| entry.signature = isnad_protocol::key::Signature::ZERO),
    ] {
        let before = State::of(&site);
        let outputs = send(&mut site, run_frame(vec![entry]));
        assert!(State::of(&site) == before);
        assert!(outputs.iter().any(|output| matches!(output, Output::Disconnect { .. })));
        let named = outputs.iter().find_map(|output| match output {
            Output::Notice(Notice::Refused { refusal, .. }) => Some(refusal.code()),
            _ => None,
        });
        assert_eq!(named, Some("entry_signature"));
    }
}

#[test]
fn a_frame_cut_off_or_changed_anywhere_brings_nothing_but_the_entry_itself() {
    let (mut site, _) = site_and_next();
    // Short enough to be sent as it is.
    let next = site.next(&site.key, record(1), b"{}".to_vec());
    let before = State::of(&site);
    let frame = run_frame(vec![next.clone()]);
    assert_eq!(frame[1], 0, "not compressed, so that each byte is reached");
    let mut frames: Vec<Vec<u8>> = (0..frame.len()).map(|length| frame[..length].to_vec()).collect();
    for at in 0..frame.len() {
        frames.extend((0..8).map(|bit| {
            let mut changed = frame.clone();
            changed[at] ^= 1 << bit;
            changed
        }));
    }
    let mut taken = 0;
    for frame in frames {
        let mut again = site.copy();
        send(&mut again, frame);
        if again.replica.logs() != &before.logs {
            // A log has any number in a session, and all else is what it was.
            assert_eq!(again.replica.end_of(again.log()).id, next.header.id());
            assert_eq!(again.store.entries().last().map(Authentic::entry), Some(&next));
            taken += 1;
        }
    }
    assert!(taken < 32, "{taken} of the changed frames brought the entry");
    send(&mut site, run_frame(vec![next.clone()]));
    assert_eq!(site.replica.end_of(site.log()).id, next.header.id());
}

/// A peer may name any number of logs that nobody granted: nothing of them is held or remembered.
#[test]
fn logs_that_nobody_granted_leave_no_trace() {
    let (mut site, _) = site_and_next();
    let before = State::of(&site);
    let peer = found(2)[1].node;
    site.handle(Input::Connected { peer, opens_with: Some(NONCE) });
    site.handle(Input::Received { peer, frame: Frame::Equal.encode() });
    let sizes: Vec<usize> = (0..3)
        .map(|round: u8| {
            for number in 0..200 {
                let mut seed = [round; 32];
                seed[0] = number;
                let key = isnad_protocol::key::SecretKey::from_seed(&seed);
                let entry = site.draft(record(1), claim("note", "x")).seal((0, EntryId::ZERO), &key);
                site.handle(Input::Received { peer, frame: run_frame(vec![entry]) });
            }
            format!("{:?}", site.replica).matches("LogKey").count()
        })
        .collect();
    assert!(State::of(&site) == before);
    assert!(sizes[2] < sizes[0] * 4, "{sizes:?}");
}

/// The next act of the site's organisation: grants one key.
fn next_act(site: &Site) -> Act {
    let first = site.replica.governance().acts().find(|act| act.organisation() == Some(site.organisation)).unwrap();
    let place = Place {
        version: 2,
        consortium: site.replica.governance().consortium(),
        scope: first.id(),
        previous: first.id(),
    };
    let grant = Grant::of(&secret(251), &GrantSubject::of_organisation(site.organisation), Role::Contributor, "laptop");
    let body = OrganisationBody { grants: vec![grant], ..OrganisationBody::default() };
    let act = Act::draft(place, &Body::Organisation(body)).unwrap();
    let signature = act.sign(site.organisation, &secret(0));
    act.with_signature(signature)
}

#[track_caller]
fn check_act(site: &mut Site, bytes: Vec<u8>, expected: &str, what: &str) {
    let before = State::of(site);
    assert_eq!(site.submit_act(bytes), Err(expected), "{what}");
    assert!(State::of(site) == before, "{what}: a refused act changed something");
}

#[test]
fn an_act_cut_off_anywhere_is_refused() {
    let (mut site, _) = site_and_next();
    let act = next_act(&site).encode();
    for length in 0..act.len() {
        check_act(&mut site, act[..length].to_vec(), "act_truncated", &format!("{length} bytes"));
    }
    assert_eq!(site.submit_act(act), Ok(()));
}

#[test]
fn an_act_with_any_bit_changed_is_refused() {
    let (mut site, _) = site_and_next();
    let act = next_act(&site);
    let (bytes, frame) = (act.encode(), act.frame().len());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let before = State::of(&site);
            let what = format!("bit {bit} of byte {at}");
            let answer = site.submit_act(changed);
            assert!(answer.is_err(), "{what}");
            assert!(State::of(&site) == before, "{what}: a refused act changed something");
            let expected = match at {
                0..16 => Some("act_magic"),
                16 => Some("act_suite"),
                18..20 => Some("act_flags"),
                32..64 => Some("act_other_consortium"),
                96..128 => Some("act_unsigned"),
                _ if at >= frame + 2 => Some("act_unsigned"),
                _ => None,
            };
            assert!(expected.is_none_or(|code| answer == Err(code)), "{what}: {answer:?}");
        }
    }
    assert_eq!(site.submit_act(bytes), Ok(()));
}

#[test]
fn an_act_out_of_place_is_refused() {
    let (mut site, _) = site_and_next();
    let act = next_act(&site);
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = act.encode();
        change(&mut bytes);
        bytes
    };
    let organisation = site.organisation;
    let signed = |place: Place, key: u8| {
        let again = Act::draft(place, act.body()).unwrap();
        let signature = again.sign(organisation, &secret(key));
        again.with_signature(signature).encode()
    };
    let first = ActId::new(*organisation.as_bytes());
    let consortium = site.replica.governance().consortium();
    let place = Place { version: 2, consortium, scope: first, previous: first };
    let other_charter = founding_acts(3).remove(0).encode();
    let table = [
        ("nothing", "act_truncated", Vec::new()),
        ("bytes behind it", "act_trailing", changed(&|bytes| bytes.push(0))),
        ("a body above the bound", "act_body_length", changed(&|bytes| bytes[20..24].fill(0xff))),
        ("more signatures than the bound", "act_signature_count", {
            let at = act.frame().len();
            changed(&|bytes| bytes[at..at + 2].fill(0xff))
        }),
        ("no signature", "act_unsigned", act.clone().with_signatures(Vec::new()).encode()),
        (
            "another consortium",
            "act_other_consortium",
            signed(Place { consortium: ConsortiumId::new([1; 32]), ..place }, 0),
        ),
        ("the charter of another consortium", "act_other_consortium", other_charter),
        ("a version left out", "act_not_next", signed(Place { version: 3, ..place }, 0)),
        (
            "behind an act of another chain",
            "act_not_next",
            signed(Place { previous: ActId::new(*consortium.as_bytes()), ..place }, 0),
        ),
        ("an entry", "act_magic", site.next(&site.key, record(1), claim("note", "x")).encode()),
    ];
    for (what, code, bytes) in table {
        check_act(&mut site, bytes, code, what);
    }
    check_act(&mut site, signed(place, 250), "act_unsigned", "signed by nobody who may");
    // Handed in again, an act is what it was.
    assert_eq!(site.submit_act(act.encode()), Ok(()));
    let before = State::of(&site);
    assert_eq!(site.submit_act(act.encode()), Ok(()));
    assert!(State::of(&site) == before);
}

#[test]
fn a_bad_act_from_a_peer_is_refused_and_drops_it() {
    let (mut site, _) = site_and_next();
    let act = next_act(&site);
    let bytes = act.encode();
    for changed in [
        bytes[..bytes.len() - 1].to_vec(),
        [&bytes[..], &[0]].concat(),
        act.clone().with_signatures(Vec::new()).encode(),
        founding_acts(3).remove(0).encode(),
        vec![0; HEADER_SIZE],
    ] {
        let before = State::of(&site);
        let outputs = send(&mut site, Frame::Act(changed).encode());
        assert!(outputs.iter().any(|output| matches!(output, Output::Disconnect { .. })));
        assert!(State::of(&site) == before);
    }
}
