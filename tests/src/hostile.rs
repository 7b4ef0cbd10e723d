//! Payloads that somebody else's software made, mutated and signed: row 31 of THREATS.md.
//!
//! Each round is a small sheet in which one colleague writes well and another hands in fifty mutated payloads. No panic
//! leaves the sheet, what is well written counts, and the sheet is saved and loaded again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{ClaimId, EntryId, NarrativeId, OrganisationId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::operations::{Edits, Splice};
use isnad_protocol::sheet::{self, Content, Operation, Operations, Retract, narrative};
use isnad_protocol::standing::Standing;
use isnad_protocol::time::Timestamp;

use crate::consortium::{claim, record, secret};
use crate::mutator::{Random, mutate};

/// Mutated payloads in one round.
const ROUND: u64 = 50;
const SPACE: SpaceId = SpaceId::new([7; 32]);

/// What became of the mutated payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Payloads.
    pub cases: u64,
    /// Those that count.
    pub counted: u64,
    /// Those that are inert.
    pub inert: u64,
    /// Those that wait, or stand on what does not count.
    pub other: u64,
}

/// Runs at least `cases` mutated payloads, whole rounds of them.
///
/// # Errors
/// The first round, by its number, that broke a promise, and which.
pub fn run(cases: u64, progress: &mut dyn FnMut(u64)) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut seed = 0;
    while tally.cases < cases {
        seed += 1;
        let round = catch_unwind(AssertUnwindSafe(|| round(seed)));
        let round = round.unwrap_or_else(|_| Err("a panic escaped".to_owned()));
        let round = round.map_err(|why| format!("round {seed}: {why}"))?;
        tally.cases += round.cases;
        tally.counted += round.counted;
        tally.inert += round.inert;
        tally.other += round.other;
        progress(tally.cases);
    }
    Ok(tally)
}

/// One log of the colleague who writes well, one of the other.
struct Author {
    key: SecretKey,
    end: (u64, EntryId),
}

impl Author {
    fn new(number: u8) -> Self {
        Self { key: secret(number), end: (0, EntryId::ZERO) }
    }

    fn sign(&mut self, kind: Kind, payload: Vec<u8>) -> Authentic {
        let draft = Draft {
            kind,
            space: SPACE,
            organisation: OrganisationId::new([1; 32]),
            record: record(1),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [1; 16], bytes: payload },
        };
        let entry = Authentic::from_store(draft.seal(self.end, &self.key));
        self.end = (entry.end().seq, entry.id());
        entry
    }

    /// The narrative that its next entry may begin.
    fn narrative(&self) -> NarrativeId {
        narrative::id(self.key.public(), SPACE, self.end.0 + 1)
    }
}

fn edit(narrative: NarrativeId, after: Vec<EntryId>, splices: &[(u64, u64, &str)]) -> Vec<u8> {
    let splice =
        |(at, delete, insert): &(u64, u64, &str)| Splice { at: *at, delete: *delete, insert: (*insert).to_owned() };
    Operations::Edits(Edits { narrative, after, splices: splices.iter().map(splice).collect() }).encode()
}

/// Payloads of every form, on the narrative and entry given.
fn corpus(narrative: NarrativeId, begun: EntryId, own: NarrativeId) -> Vec<Vec<u8>> {
    let retract = Retract { claim: ClaimId::new([9; 32]), reason: "error".to_owned(), note: None };
    let retract = Operation::Retract(retract);
    vec![
        claim("note", "x"),
        Operations::Claims(vec![retract]).encode(),
        edit(narrative, vec![begun], &[(2, 3, "عين"), (0, 1, "x")]),
        edit(own, vec![], &[(0, 0, "new text")]),
        edit(narrative, vec![begun, EntryId::new([0xff; 32])], &[(0, 0, "waits")]),
        br#"{"ground":"safety","text":"x"}"#.to_vec(),
    ]
}

fn round(seed: u64) -> Result<Tally, String> {
    let mut random = Random::new(seed);
    let (mut good, mut hostile) = (Author::new(1), Author::new(2));
    let narrative = good.narrative();
    let begun = good.sign(Kind::Change, edit(narrative, vec![], &[(0, 0, "a common text")]));
    let said = good.sign(Kind::Change, claim("note", "well said"));
    let last = good.sign(Kind::Change, edit(narrative, vec![begun.id()], &[(13, 0, "!")]));
    let well = [begun.id(), said.id(), last.id()];
    let mut entries = vec![begun, said, last];
    for _ in 0..ROUND {
        let payloads = corpus(narrative, well[0], hostile.narrative());
        let mut payload = random.pick(&payloads).clone();
        // A few stay whole, so that later ones have edits to stand on.
        if random.below(8) > 0 {
            mutate(&mut payload, &payloads, &mut random);
        }
        let kind = if random.below(16) == 0 { Kind::Redaction } else { Kind::Change };
        entries.push(hostile.sign(kind, payload));
    }
    random.shuffle(&mut entries);
    let folded = sheet::fold(&entries, &|_: &Authentic| None);
    if well.iter().any(|id| folded.standings.get(id) != Some(&Standing::Counts)) {
        return Err("what is well written does not count".to_owned());
    }
    for sheet in folded.sheets.values() {
        let document = sheet.to_automerge().map_err(|fault| fault.to_string())?;
        if Content::from_automerge(&document) != Ok(sheet.content()) {
            return Err("a sheet cannot be loaded as it was saved".to_owned());
        }
    }
    let mut tally = Tally { cases: ROUND, ..Tally::default() };
    for (_, standing) in folded.standings.iter().filter(|(id, _)| !well.contains(id)) {
        match standing {
            Standing::Counts => tally.counted += 1,
            Standing::Inert => tally.inert += 1,
            _ => tally.other += 1,
        }
    }
    Ok(tally)
}

/// `hostile-ops [--cases N]`.
#[must_use]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its user")]
pub fn main(arguments: &[String]) -> ExitCode {
    let cases = arguments.iter().skip_while(|argument| *argument != "--cases").nth(1);
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(2_000_000);
    let mut told = 0;
    let mut progress = |done: u64| {
        if done / 100_000 > told {
            told = done / 100_000;
            eprintln!("{done} of {cases}");
        }
    };
    match run(cases, &mut progress) {
        Ok(Tally { cases, counted, inert, other }) => {
            println!("{cases} mutated payloads: {counted} count, {inert} inert, {other} otherwise without effect");
            println!("0 panics escaped, 0 sheets that cannot be loaded");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
