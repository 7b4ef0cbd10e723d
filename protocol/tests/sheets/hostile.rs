//! Payloads that somebody else's software made, mutated: no panic, and every sheet still builds. THREATS rows 30, 31, 35.
//!
//! `ISNAD_CASES` sets how many, 20,000 where it is not set; a failure prints the seed of its case.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{EntryId, NarrativeId};
use isnad_protocol::sheet::operations::{Edits, Operations};
use isnad_protocol::sheet::{self, Content};
use isnad_protocol::standing::Standing;

use crate::fixture::{FREE, Seeded, World, record, retract, said, splice};

#[allow(clippy::disallowed_methods, reason = "the test is told how long it may run")]
fn cases() -> u64 {
    std::env::var("ISNAD_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20_000)
}

/// Payloads of every form, on the narrative and entry given.
fn corpus(narrative: NarrativeId, begun: EntryId, own: NarrativeId) -> Vec<Vec<u8>> {
    let claim = said("casualty", r#"{"category":"killed","min":43}"#, &[("lang", "\"ar\"")]);
    let claims = Operations::Claims(vec![sheet::Operation::Claim(claim.clone()), retract(claim.id(), "error")]);
    let edit = |narrative, after: Vec<EntryId>, splices| Operations::Edits(Edits { narrative, after, splices });
    vec![
        claims.encode(),
        edit(narrative, vec![begun], vec![splice(2, 3, "عين"), splice(0, 1, "x")]).encode(),
        edit(own, vec![], vec![splice(0, 0, "new text")]).encode(),
        edit(narrative, vec![begun, EntryId::new([0xff; 32])], vec![splice(0, 0, "waits")]).encode(),
        br#"{"ground":"safety","text":"x"}"#.to_vec(),
    ]
}

/// Changes a few bytes, mostly into ones that keep the text JSON: digits, quotes, brackets, parts of other payloads.
fn mutate(payload: &mut Vec<u8>, random: &mut Seeded) {
    for _ in 0..=random.below(4) {
        let at = random.below(payload.len());
        match random.below(8) {
            0 => payload[at] ^= 1 << random.below(8),
            1 => payload[at] = *random.pick(b"0123456789abcdef\"{}[]:,\\-e."),
            2 => {
                payload.remove(at);
            }
            3 => payload.insert(at, *random.pick(b"0123456789abcdef\"{}[]:,\\")),
            4 => {
                let end = (at + random.below(40)).min(payload.len());
                let part = payload[at..end].to_vec();
                let to = random.below(payload.len());
                payload.splice(to..to, part);
            }
            5 => {
                let end = (at + random.below(20)).min(payload.len());
                payload.drain(at..end);
            }
            6 => {
                // A number that fits the profile, in the place of another.
                let Some(from) = payload.iter().position(u8::is_ascii_digit) else { continue };
                let number = (random.next() >> 11).to_string();
                payload.splice(from..=from, number.bytes());
            }
            _ => payload.extend_from_slice(b"]}"),
        }
        if payload.is_empty() {
            payload.push(b'{');
        }
    }
}

#[test]
fn mutated_payloads_harm_nothing_but_themselves() {
    let about = record(1, 1);
    let mut done = 0;
    let mut seed = 0;
    let (mut counted, mut inert) = (0, 0);
    while done < cases() {
        seed += 1;
        let mut random = Seeded(seed);
        let mut world = World::default();
        let (narrative, begun) = world.begin(1, about, "a common text");
        let good = world.say(1, about, &[said("status", "\"alleged\"", &[])]);
        for _ in 0..50 {
            let own = world.narrative(2);
            let mut payload = random.pick(&corpus(narrative, begun, own)).clone();
            mutate(&mut payload, &mut random);
            let kind = if random.below(16) == 0 { Kind::Redaction } else { Kind::Change };
            world.sign(2, kind, about, payload);
            done += 1;
        }
        let last = world.edit(1, about, narrative, &[begun], &[splice(13, 0, "!")]);
        let folded = sheet::fold(&world.entries, &FREE);
        for id in [begun, good, last] {
            assert_eq!(folded.standings[&id], Standing::Counts, "seed {seed}");
        }
        assert_eq!(folded.standings.len(), world.entries.len(), "seed {seed}");
        for sheet in folded.sheets.values() {
            let saved = sheet.to_automerge().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(Content::from_automerge(&saved), Ok(sheet.content()), "seed {seed}");
        }
        counted += folded.standings.values().filter(|standing| **standing == Standing::Counts).count();
        inert += folded.standings.values().filter(|standing| **standing == Standing::Inert).count();
    }
    // The mutations reach both sides of the rules.
    assert!(counted > inert / 50 && inert > counted / 50, "{counted} count, {inert} are inert");
}

#[test]
fn bombs_are_refused_before_anything_runs_them() {
    let deep = format!(r#"{{"ops":{}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
    let wide = format!(r#"{{"ops":[{}]}}"#, vec![r#"{"claim":{}}"#; 5_000].join(","));
    let number = r#"{"after":[],"ops":[{"at":99999999999999999999999999,"delete":0,"edit":"","insert":"a"}]}"#;
    let doubled = r#"{"ops":[{"claim":{"a":1,"a":2}}]}"#;
    for payload in [deep.as_bytes(), wide.as_bytes(), number.as_bytes(), doubled.as_bytes(), b"\xff\xfe", b"NaN"] {
        assert!(Operations::parse(payload).is_err());
    }
}

#[test]
fn anything_canonical_may_stand_in_a_claim() {
    let mut world = World::default();
    let id =
        world.sign(1, Kind::Change, record(1, 1), br#"{"ops":[{"claim":{"prop":{"x":[true]},"value":-7}}]}"#.to_vec());
    let folded = sheet::fold(&world.entries, &FREE);
    assert_eq!(folded.standings[&id], Standing::Counts);
    let sheet = folded.sheets.values().next().unwrap();
    let said = sheet.claims.values().next().unwrap();
    assert_eq!((said.claim.prop(), said.claim.value()), (None, Some(&Json::Int(-7))));
}
