//! The view of one record on which fifty organisations make two thousand claims, from memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet;
use isnad_protocol::standing::Standing;
use isnad_protocol::store::{Fault, SheetView};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, Judgements, Policy, View};

use super::{Report, median};

const ORGANISATIONS: u8 = 50;
const CLAIMS: u8 = 40;
/// Sources, four of which lead to one item of evidence.
const SOURCES: u8 = 200;
/// How often the view is made between two looks at the clock, which an idle machine moves on by ticks of four milliseconds.
const TIMES: u8 = 10;
/// So many rounds; the median of their means is told.
const ROUNDS: usize = 5;

pub(super) fn run(report: &mut Report) {
    let shelf = Shelf::filled();
    let names = BTreeMap::new();
    let policy = Policy { judgements: Judgements::Majority, ..Policy::default() };
    let judge = |_: &Authentic| None::<Standing>;
    let context =
        Context { judge: &judge, names: &names, policy: &policy, today: Day::new(2018, 12, 1).expect("a day") };
    let make = || {
        let view = View::of(record(1, 1), &shelf, context).expect("a view");
        let claims: usize = view.properties.iter().map(|property| property.claims.len()).sum();
        assert_eq!(claims, usize::from(ORGANISATIONS) * usize::from(CLAIMS));
    };
    let times: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let (start, before) = (Instant::now(), processor_seconds());
            (0..TIMES).for_each(|_| make());
            (processor_seconds() - before, start.elapsed().as_secs_f64())
        })
        .collect();
    let middle = |of: fn(&(f64, f64)) -> f64| median(times.iter().map(of).collect()) * 1e3 / f64::from(TIMES);
    let limit = 20.0;
    report.at_most("view of 50 organisations and 2,000 claims", middle(|(own, _)| *own), limit, "ms");
    // The same where others have the machine too.
    report.beside("view, by the clock on the wall", middle(|(_, wall)| *wall), (limit, "same"), "ms");
}

/// What this thread has had of a processor: who else runs on the machine does not show.
fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says");
    let nanoseconds: f64 = told.split(' ').next().and_then(|own| own.parse().ok()).expect("a number");
    nanoseconds / 1e9
}

fn record(kind: u8, number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

/// Entries by the record that they are about, as an index has them.
#[derive(Default)]
struct Shelf {
    about: BTreeMap<RecordId, Vec<Authentic>>,
    referring: BTreeMap<RecordId, BTreeSet<RecordId>>,
    ends: BTreeMap<u8, (u64, EntryId)>,
}

impl SheetView for Shelf {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        Ok(self.about.get(&record).cloned().unwrap_or_default())
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        Ok(self.referring.get(&record).cloned().unwrap_or_default())
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault> {
        let is_asked = |record: &&RecordId| kind.is_none_or(|kind| record.kind_code() == kind);
        Ok(self.about.keys().filter(is_asked).copied().collect())
    }
}

impl Shelf {
    fn filled() -> Self {
        let mut shelf = Self::default();
        let basis = |on: RecordId| ("basis", Json::List(vec![Json::object([("source", Json::text(on.to_string()))])]));
        for number in 1..=SOURCES {
            let title = claim("title", Json::text(format!("Source {number}")), [basis(record(6, number / 4 + 1))]);
            let publisher = claim("publisher", Json::text(format!("Paper {}", number % 40)), []);
            shelf.say(0, record(7, number), vec![title, publisher]);
        }
        for organisation in 0..ORGANISATIONS {
            let claims: Vec<Json> = (0..CLAIMS)
                .map(|number| {
                    let source = organisation.wrapping_mul(7).wrapping_add(number) % SOURCES + 1;
                    let body = ("according_to", Json::text(record(9, number + 1).to_string()));
                    let (prop, value) = said(organisation, number);
                    claim(prop, value, [basis(record(7, source)), body])
                })
                .collect();
            for part in claims.chunks(10) {
                shelf.say(organisation, record(1, 1), part.to_vec());
            }
        }
        shelf
    }

    fn say(&mut self, author: u8, about: RecordId, claims: Vec<Json>) {
        let operations = claims.into_iter().map(|claim| Json::object([("claim", claim)])).collect();
        let bytes = Json::object([("ops", Json::List(operations))]).encode();
        let end = self.ends.get(&author).copied().unwrap_or((0, EntryId::ZERO));
        let draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([7; 32]),
            organisation: OrganisationId::new([author; 32]),
            record: about,
            generation: 0,
            time: Timestamp(1_523_102_400_000),
            payload: Payload { salt: [7; 16], bytes },
        };
        for named in sheet::mentions(&draft.payload.bytes).records {
            self.referring.entry(named).or_default().insert(about);
        }
        let entry = Authentic::from_store(draft.seal(end, &SecretKey::from_seed(&[author; 32])));
        self.ends.insert(author, (end.0 + 1, entry.id()));
        self.about.entry(about).or_default().push(entry);
    }
}

fn claim<const N: usize>(prop: &str, value: Json, more: [(&'static str, Json); N]) -> Json {
    let mut members = vec![("prop", Json::text(prop)), ("value", value)];
    members.extend((prop == "title").then(|| ("lang", Json::text("en"))));
    Json::Object(members.into_iter().chain(more).map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What an organisation says: of some properties the same as others, of some not.
fn said(organisation: u8, number: u8) -> (&'static str, Json) {
    let text = |text: &str| Json::text(text);
    match number % 5 {
        0 => ("date", Json::text(format!("2018-04-0{}", number % 7 + 1))),
        1 => {
            let (min, max) = (Json::Int(i64::from(number)), Json::Int(i64::from(number) + 40));
            ("casualty", Json::object([("category", text("killed")), ("max", max), ("min", min)]))
        }
        2 => ("agent", Json::object([("code", text("sarin"))])),
        3 => ("title", Json::text(format!("Title {number} of {organisation}"))),
        _ => ("status", text("alleged")),
    }
}
