//! What governance takes of a large consortium: folded from scratch, and after one thing more.
//!
//! 200 organisations, 50 of them admitted one by one; 10,000 keys; 5,000 acts, each acknowledged by every organisation; and
//! attestations that name the ends of 1,000,000 entries.

use std::ops::Range;
use std::time::{Duration, Instant};

use isnad_node::cores::signatures_hold;
use isnad_protocol::act::{
    Act, Body, Charter, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place, Removal, Revocation,
    Role, Roots, SignatureCheck, founding, next_key_hash,
};
use isnad_protocol::attestation::{ActLine, Attestation, LogLine};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::limits;
use isnad_protocol::log::{Authentic, LogEnd};
use isnad_protocol::time::Timestamp;

use super::{Report, median};

const ORGANISATIONS: u16 = 200;
/// Named by the founding charter; the others are admitted by one version each.
const FOUNDERS: u16 = 150;
const THRESHOLD: u16 = 101;
const ACTS: usize = 5_000;
const KEYS_OF_ONE: u16 = 50;
/// Ends of logs that are named in all, as if each were of one entry more.
const ENTRIES: usize = 1_000_000;
const TIMES: usize = 5;

pub(super) fn run(report: &mut Report) {
    let consortium = Consortium::made();
    assert_eq!(consortium.acts.len(), ACTS);
    let bytes: Vec<Vec<u8>> = consortium.acts.iter().map(Act::encode).collect();
    let read = time(|| bytes.iter().map(|bytes| Act::decode(bytes).expect("an act")).collect::<Vec<_>>());
    let limit = (2.0, "limit of the fold");
    report.beside("governance: 5,000 acts read", read.as_secs_f64(), limit, "s");
    let acts = consortium.acts.clone();
    let start = Instant::now();
    let governance = Governance::new(consortium.id).checked_by(SignatureCheck(signatures_hold));
    let mut whole = governance.replay(acts);
    let replayed = start.elapsed();
    report.beside("governance: 5,000 acts folded", replayed.as_secs_f64(), limit, "s");
    let (mut parsed, mut attested, mut slowest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let grown = consortium.attested(|entry| {
        let payload = entry.entry().payload.as_ref().expect("a payload");
        parsed += time(|| Attestation::parse(&payload.bytes, &entry.entry().header.author).expect("it keeps the form"));
        let taken = time(|| whole.attest(&entry));
        attested += taken;
        slowest = slowest.max(taken);
    });
    // To read a line costs the same whether a fold or a node's index reads it: what is limited is what follows from them.
    let fold = (replayed + attested).saturating_sub(parsed).as_secs_f64();
    report.at_most("governance: folded with what 200 organisations attested", fold, 2.0, "s");
    report.beside("governance: attestations read", parsed.as_secs_f64(), (fold, "the fold"), "s");
    report.at_most("governance: the slowest attestation", slowest.as_secs_f64() * 1e3, 10.0, "ms");
    let all = whole.organisations();
    assert_eq!(all.len(), usize::from(ORGANISATIONS), "each charter is in effect");
    let keys: usize = all.iter().map(|one| one.keys.len() + one.revoked_keys.len()).sum();
    assert_eq!(keys, usize::from(ORGANISATIONS * KEYS_OF_ONE));
    one_more(&grown, &whole, report);
}

/// The worst of what comes singly: an act of an organisation, a version of the charter, the word that brings it into effect.
fn one_more(consortium: &Consortium, whole: &Governance, report: &mut Report) {
    let mut grown = consortium.clone();
    let act = grown.granting(7, KEYS_OF_ONE..KEYS_OF_ONE + 1, None);
    let charter = grown.charter(ORGANISATIONS - 1);
    let checked = time(|| charter.signatures().iter().all(|signature| charter.is_signed_by(signature)));
    let limit = (10.0, "limit of the act");
    report.beside("governance: the signatures of a version of the charter", checked.as_secs_f64() * 1e3, limit, "ms");
    for (name, act) in [("an act of an organisation", act), ("a version of the charter", charter)] {
        let taken = (0..TIMES).map(|_| {
            let mut one = whole.clone();
            let act = act.clone();
            time(|| one.take(act).expect("taken")).as_secs_f64() * 1e3
        });
        report.at_most(&format!("governance: {name} more"), median(taken.collect()), 10.0, "ms");
        let mut one = whole.clone();
        one.take(act.clone()).expect("taken");
        let mut slowest: f64 = 0.0;
        // What is said of one act is not said before the other: a word whose predecessor is missing waits.
        let mut grown = grown.clone();
        for number in 0..ORGANISATIONS {
            let entry = grown.attest(number, vec![line(&act)], Vec::new());
            slowest = slowest.max(time(|| one.attest(&entry)).as_secs_f64() * 1e3);
        }
        report.at_most(&format!("governance: {name} acknowledged, the slowest word"), slowest, 10.0, "ms");
        assert!(one.standing_acts().contains(&act.id()), "{name} stands");
    }
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = work();
    let taken = start.elapsed();
    drop(made);
    taken
}

fn line(act: &Act) -> ActLine {
    let scope = if act.is_first() { act.id() } else { act.scope_id() };
    ActLine { scope, version: act.version(), act: act.id() }
}

/// Keys by number that the first act grants; those behind them are granted later. Roots have the last numbers.
const NODE: u16 = 0;
const READER: u16 = 1;
const FIRST_KEYS: u16 = 2;
const LATER_KEYS: usize = KEYS_OF_ONE as usize - FIRST_KEYS as usize;
const ROOT: u16 = u16::MAX;
const NEXT_ROOT: u16 = u16::MAX - 1;

/// A key by its organisation and number.
fn key(organisation: u16, number: u16) -> SecretKey {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&organisation.to_be_bytes());
    seed[2..4].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(&seed)
}

#[derive(Clone)]
struct Consortium {
    id: ConsortiumId,
    organisations: Vec<OrganisationId>,
    acts: Vec<Act>,
    /// What was new each time that all organisations attested.
    rounds: Vec<Vec<ActLine>>,
    /// The newest act of each organisation, and of the charter.
    newest: Vec<Act>,
    charter: Act,
    /// Of each attesting key's log.
    ends: Vec<LogEnd>,
}

impl Consortium {
    fn made() -> Self {
        let mut consortium = Self::founded();
        let left = ACTS - consortium.acts.len();
        for round in 0..left.div_ceil(usize::from(ORGANISATIONS)) {
            let mut lines = Vec::new();
            let room = left - round * usize::from(ORGANISATIONS);
            for number in (0..ORGANISATIONS).take(room) {
                let of_one = (left - usize::from(number)).div_ceil(usize::from(ORGANISATIONS));
                let share = |round: usize| FIRST_KEYS + u16::try_from(LATER_KEYS * round / of_one).expect("few");
                let revoked = (round % 6 == 5).then(|| share(round - 5));
                let act = consortium.granting(number, share(round)..share(round + 1), revoked);
                lines.push(line(&act));
                consortium.acts.push(act);
            }
            consortium.rounds.push(lines);
        }
        consortium
    }

    fn founded() -> Self {
        let newest: Vec<Act> = (0..ORGANISATIONS).map(first_act).collect();
        let organisations: Vec<OrganisationId> = newest.iter().filter_map(Act::organisation).collect();
        let founders = organisations[..usize::from(FOUNDERS)].to_vec();
        let charter = founding::charter("Bench", founders, u64::from(THRESHOLD), Object::new(), Object::new());
        let charter = signed(charter.expect("a charter"), &organisations, FOUNDERS);
        let id = founding::consortium(&charter);
        let acts = newest.iter().cloned().chain([charter.clone()]).collect();
        let ends = vec![LogEnd { seq: 0, id: EntryId::ZERO }; newest.len()];
        let mut consortium = Self { id, organisations, acts, rounds: Vec::new(), newest, charter, ends };
        for count in FOUNDERS + 1..=ORGANISATIONS {
            let next = consortium.charter(count);
            consortium.acts.push(next);
        }
        consortium.rounds.push(consortium.newest.iter().chain([&consortium.charter]).map(line).collect());
        consortium
    }

    /// The next version of the charter, of the first `count` organisations.
    fn charter(&mut self, count: u16) -> Act {
        let (stay, gone) = self.organisations.split_at(usize::from(count));
        let mut charter = Charter::new("Bench", stay.to_vec(), u64::from(THRESHOLD));
        let was = &self.charter.as_charter().expect("a charter").members;
        for (organisation, newest) in gone.iter().zip(&self.newest[usize::from(count)..]) {
            let removal =
                Removal { act: newest.id(), cuts: Vec::new(), organisation: *organisation, is_suspended: false };
            charter.removed.extend(was.contains(organisation).then_some(removal));
        }
        let act = Act::draft(self.after(&self.charter), &Body::Charter(charter)).expect("a charter");
        self.charter = signed(act, &self.organisations, THRESHOLD);
        self.charter.clone()
    }

    fn after(&self, act: &Act) -> Place {
        let scope = if act.is_first() { act.id() } else { act.scope_id() };
        Place { version: act.version() + 1, consortium: self.id, scope, previous: act.id() }
    }

    /// An act of an organisation that grants keys by their numbers, and revokes one.
    fn granting(&mut self, number: u16, keys: Range<u16>, revoked: Option<u16>) -> Act {
        let organisation = self.organisations[usize::from(number)];
        let subject = GrantSubject::of_organisation(organisation);
        let mut grants: Vec<Grant> =
            keys.map(|granted| Grant::of(&key(number, granted), &subject, Role::Contributor, "")).collect();
        grants.sort_by_key(|grant| grant.key);
        let revocation =
            |revoked| Revocation { cuts: Vec::new(), key: key(number, revoked).public(), reason: "lost".into() };
        let revocations = revoked.into_iter().map(revocation).collect();
        let body = OrganisationBody { grants, revocations, ..OrganisationBody::default() };
        let newest = &self.newest[usize::from(number)];
        let act = Act::draft(self.after(newest), &Body::Organisation(body)).expect("an act");
        let signature = act.sign(organisation, &key(number, ROOT));
        let act = act.with_signatures(vec![signature]);
        self.newest[usize::from(number)] = act.clone();
        act
    }

    /// Hands out what every organisation attests, round by round: what is new, and the ends of logs.
    fn attested(&self, mut take: impl FnMut(Authentic)) -> Self {
        let mut grown = self.clone();
        let all = (0..ORGANISATIONS).flat_map(|number| (FIRST_KEYS..KEYS_OF_ONE).map(move |granted| (number, granted)));
        let mut logs: Vec<PublicKey> = all.map(|(number, granted)| key(number, granted).public()).collect();
        logs.sort_unstable();
        let mut named = vec![0; usize::from(ORGANISATIONS)];
        for (round, acts) in self.rounds.iter().enumerate() {
            for (number, named) in (0..ORGANISATIONS).zip(&mut named) {
                let count = (limits::ATTESTATION_LINES - acts.len()).min(ENTRIES / usize::from(ORGANISATIONS) - *named);
                let first = (usize::from(number) * 37 + round * 211) % logs.len();
                let end = LogEnd { seq: round as u64 + 1, id: EntryId::new([1; 32]) };
                let lines = logs.iter().cycle().skip(first).take(count);
                let lines = lines.map(|author| LogLine { author: *author, end }).collect();
                *named += count;
                take(grown.attest(number, acts.clone(), lines));
            }
        }
        assert_eq!(named.iter().sum::<usize>(), ENTRIES);
        grown
    }

    fn attest(&mut self, number: u16, acts: Vec<ActLine>, logs: Vec<LogLine>) -> Authentic {
        let (acts, logs) = (acts.into_iter().collect(), logs.into_iter().collect());
        let attestation = Attestation { acts, logs, ..Attestation::default() };
        let draft = Draft {
            kind: Kind::Attestation,
            space: OpenSpace::Members.id(&self.id),
            organisation: self.organisations[usize::from(number)],
            record: RecordId::ZERO,
            generation: 0,
            time: Timestamp(1_523_102_400_000),
            payload: Payload { salt: [7; 16], bytes: attestation.encode() },
        };
        let end = &mut self.ends[usize::from(number)];
        let entry = draft.seal((end.seq, end.id), &key(number, NODE));
        *end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
        Authentic::from_store(entry)
    }
}

/// Signed by the roots of the first organisations; making signatures is not what is measured, so none is checked here.
fn signed(act: Act, organisations: &[OrganisationId], count: u16) -> Act {
    let signatures = (0..count).zip(organisations).map(|(number, id)| act.sign(*id, &key(number, ROOT))).collect();
    act.with_signatures(signatures)
}

/// Two keys, the attesting one among them; all others are granted later.
fn first_act(number: u16) -> Act {
    let (root, next) = (key(number, ROOT).public(), next_key_hash(&key(number, NEXT_ROOT).public()));
    let roots = Roots { keys: vec![root], next: vec![next], next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&[root]);
    let mut grants = vec![
        Grant::of(&key(number, NODE), &subject, Role::Node, ""),
        Grant::of(&key(number, READER), &subject, Role::Reader, ""),
    ];
    grants.sort_by_key(|grant| grant.key);
    let names = vec![Name { lang: "en".into(), text: format!("Organisation {number}") }];
    let act = founding::organisation(OrganisationKind::Ngo, names, roots, grants, false).expect("a first act");
    let signature = act.sign(OrganisationId::ZERO, &key(number, ROOT));
    act.with_signatures(vec![signature])
}
