//! Acts and entries in the model, and the same as bytes, at the same places.

use isnad_protocol::act::{
    Act, Body, Charter, Cut, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place, Removal, Revocation,
    Role, Roots, Settlement, founding, next_key_hash,
};
use isnad_protocol::attestation::{ActLine, Attestation, LogLine};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::time::Timestamp;

use crate::model::entries::{self, Entries, Entry, Log, LogOf, Word};
use crate::model::{Act as Place_, Acts, FOUNDING, Organisation, Set, Step};

/// The key of every organisation's node.
const NODE: u8 = 90;
/// The first of an organisation's keys that write.
const WRITES: u8 = 50;

/// A key of an organisation: below [`WRITES`] its root keys, first the one in force, then those committed to.
pub(crate) fn secret(organisation: Organisation, number: u8) -> SecretKey {
    let mut seed = [0x7e; 32];
    seed[0] = u8::try_from(organisation).unwrap();
    seed[1] = number;
    SecretKey::from_seed(&seed)
}

fn roots(organisation: Organisation, number: u8) -> Roots {
    let next = next_key_hash(&secret(organisation, number + 1).public());
    Roots { keys: vec![secret(organisation, number).public()], next: vec![next], next_threshold: 1, threshold: 1 }
}

/// What one act of an organisation does.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Grants,
    Revokes { log: Log, last: Option<Entry> },
    Rotates,
}

/// Whom a version of the charter takes out, and what of it still counts.
#[derive(Debug, Clone)]
pub(crate) struct TakesOut {
    pub(crate) who: Organisation,
    /// The last act of its chain that stands.
    pub(crate) last: Place_,
    pub(crate) cuts: Positions,
    /// It is to come back, under a new first act; else it is removed.
    pub(crate) is_suspended: bool,
}

/// What one version of the charter does, besides naming who was a member before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Amends {
    pub(crate) signers: Set,
    pub(crate) instead: Vec<Place_>,
    pub(crate) out: Option<TakesOut>,
    /// Who comes in, and which organisation it was before that was taken out.
    pub(crate) admits: Option<(Organisation, Option<Organisation>)>,
    /// The rivals that it settles, and who signed two of them.
    pub(crate) settles: Option<(Vec<Place_>, Set)>,
}

/// One history's acts and entries.
pub(crate) struct Twins {
    pub(crate) acts: Acts,
    pub(crate) real: Vec<Act>,
    pub(crate) firsts: Vec<Place_>,
    pub(crate) entries: Entries,
    pub(crate) sealed: Vec<Authentic>,
    /// The number of each log's key.
    keys: Vec<u8>,
    pub(crate) words: Vec<Vec<Word>>,
    pub(crate) attestations: Vec<Vec<Authentic>>,
}

/// The last position that counts of each log, `None` for none of it.
pub(crate) type Positions = Vec<(Log, Option<Entry>)>;

impl Twins {
    /// A consortium of `n`, founded, and so many more that are no members yet: each has a node key and one that writes.
    pub(crate) fn founded(n: usize, candidates: usize) -> Self {
        let threshold = n / 2 + 1;
        let first = |who| {
            let roots = roots(who, 0);
            let subject = GrantSubject::of_roots(&roots.keys);
            let grants = vec![
                Grant::of(&secret(who, WRITES), &subject, Role::Contributor, ""),
                Grant::of(&secret(who, NODE), &subject, Role::Node, ""),
            ];
            let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, grants, false).unwrap();
            let signature = act.sign(OrganisationId::ZERO, &secret(who, 0));
            act.with_signature(signature)
        };
        let firsts: Vec<Act> = (0..n + candidates).map(first).collect();
        let ids: Vec<_> = firsts.iter().take(n).map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
        let most = u64::try_from(threshold).unwrap();
        let mut charter = founding::charter("Partnership", ids.clone(), most, Object::new(), Object::new()).unwrap();
        for (who, id) in ids.iter().enumerate() {
            let signature = charter.sign(*id, &secret(who, 0));
            charter = charter.with_signature(signature);
        }
        let mut twins = Self {
            acts: Acts::founded(n, threshold),
            real: vec![charter],
            firsts: Vec::new(),
            entries: Entries::default(),
            sealed: Vec::new(),
            keys: Vec::new(),
            words: vec![Vec::new(); n + candidates],
            attestations: vec![Vec::new(); n + candidates],
        };
        for (who, act) in firsts.into_iter().enumerate() {
            let place = twins.acts.add_first(who);
            twins.firsts.push(place);
            twins.real.push(act);
            twins.begin_log(who, WRITES, place);
        }
        twins
    }

    pub(crate) fn organisation(&self, who: Organisation) -> OrganisationId {
        OrganisationId::new(*self.real[self.firsts[who]].id().as_bytes())
    }

    pub(crate) fn consortium(&self) -> ConsortiumId {
        founding::consortium(&self.real[FOUNDING])
    }

    pub(crate) fn space(&self) -> SpaceId {
        OpenSpace::Members.id(&self.consortium())
    }

    pub(crate) fn log_key(&self, log: Log) -> LogKey {
        let author = secret(self.entries.logs[log].owner, self.keys[log]).public();
        LogKey { space: self.space(), author }
    }

    fn end(&self, entry: Entry) -> LogEnd {
        self.sealed[entry].end()
    }

    fn begin_log(&mut self, owner: Organisation, key: u8, granted_by: Place_) -> Log {
        self.entries.logs.push(LogOf { owner, granted_by: vec![granted_by] });
        self.keys.push(key);
        self.entries.logs.len() - 1
    }

    /// The logs of keys that are granted by an act or one before it.
    pub(crate) fn logs_at(&self, act: Place_) -> Vec<Log> {
        let is_granted = |log: &Log| self.entries.logs[*log].granted_by.iter().any(|by| self.acts.follows(act, *by));
        (0..self.entries.logs.len()).filter(is_granted).collect()
    }

    fn depth(&self, act: Place_) -> u8 {
        let own = u8::from(*self.acts.step(act) == Step::Rotation);
        own + self.acts.previous(act).map_or(0, |previous| self.depth(previous))
    }

    fn place(&self, previous: Place_) -> Place {
        let before = &self.real[previous];
        let (version, scope) = (before.version() + 1, before.scope_id());
        Place { version, consortium: self.consortium(), scope, previous: before.id() }
    }

    fn cut(&self, log: Log, last: Option<Entry>) -> Cut {
        Cut::new(&self.log_key(log), last.map_or(LogEnd::START, |entry| self.end(entry)))
    }

    fn filled(cuts: Vec<Cut>) -> Vec<Cut> {
        let mut number = 0;
        Cut::fill(cuts, || {
            number += 1;
            [number; Cut::RANDOM_SIZE]
        })
    }

    /// Adds an act of an organisation, signed with the roots that its place asks for.
    pub(crate) fn add_own(&mut self, who: Organisation, previous: Place_, does: &Does) -> Place_ {
        let number = WRITES + 1 + u8::try_from(self.entries.logs.len()).unwrap();
        let depth = self.depth(previous);
        let (step, body, signs) = match does {
            Does::Grants => {
                let subject = GrantSubject::of_organisation(self.organisation(who));
                let grants = vec![Grant::of(&secret(who, number), &subject, Role::Contributor, "")];
                (Step::Roots, OrganisationBody { grants, ..OrganisationBody::default() }, depth)
            }
            Does::Revokes { log, last } => {
                let cuts = Self::filled(vec![self.cut(*log, *last)]);
                let revocation = Revocation { cuts, key: self.log_key(*log).author, reason: "lost".to_owned() };
                (Step::Roots, OrganisationBody { revocations: vec![revocation], ..OrganisationBody::default() }, depth)
            }
            Does::Rotates => {
                let roots = Some(roots(who, depth + 1));
                (Step::Rotation, OrganisationBody { roots, ..OrganisationBody::default() }, depth + 1)
            }
        };
        // Two that say the same would be one act.
        let names = vec![Name { lang: "en".to_owned(), text: format!("Name {}", self.real.len()) }];
        let body = OrganisationBody { names, ..body };
        let act = Act::draft(self.place(previous), &Body::Organisation(body)).unwrap();
        let signature = act.sign(self.organisation(who), &secret(who, signs));
        self.real.push(act.with_signature(signature));
        let act = self.acts.add(previous, step);
        match does {
            Does::Grants => {
                self.begin_log(who, number, act);
            }
            Does::Revokes { log, last } => self.entries.cuts.push(entries::Cut { act, log: *log, last: *last }),
            Does::Rotates => {}
        }
        act
    }

    /// Adds a version of the charter.
    pub(crate) fn add_charter(&mut self, previous: Place_, amends: &Amends) -> Place_ {
        let before = self.acts.members(previous);
        let members = amends.out.iter().fold(before, |members, out| members - Set::of(&[out.who]));
        let members = amends.admits.iter().fold(members, |members, (who, _)| members.with(*who));
        let real = self.signed_charter(previous, members, amends);
        self.real.push(real);
        let act = match &amends.settles {
            Some((rivals, double)) => self.acts.settlement_instead(previous, members, rivals, *double, &amends.instead),
            None => self.acts.charter_instead(previous, members, &amends.instead),
        };
        if let Some(out) = &amends.out {
            self.acts.suspend(act, out.last);
            self.entries.taken_out.push((act, out.who));
            self.entries.cuts.extend(out.cuts.iter().map(|(log, last)| entries::Cut { act, log: *log, last: *last }));
        }
        act
    }

    fn signed_charter(&self, previous: Place_, members: Set, amends: &Amends) -> Act {
        let ids = |set: Set| {
            let mut ids: Vec<OrganisationId> = set.iter().map(|who| self.organisation(who)).collect();
            ids.sort_unstable();
            ids
        };
        let acts = |acts: &[Place_]| {
            let mut ids: Vec<_> = acts.iter().map(|act| self.real[*act].id()).collect();
            ids.sort_unstable();
            ids
        };
        let threshold = u64::try_from(members.len() / 2 + 1).unwrap();
        let removed = amends.out.iter().map(|out| Removal {
            act: self.real[out.last].id(),
            cuts: Self::filled(out.cuts.iter().map(|(log, last)| self.cut(*log, *last)).collect()),
            organisation: self.organisation(out.who),
            is_suspended: out.is_suspended,
        });
        let predecessors = amends.admits.iter().filter_map(|(new, old)| Some((*new, (*old)?)));
        let charter = Charter {
            instead: acts(&amends.instead),
            predecessors: predecessors.map(|(new, old)| (self.organisation(new), self.organisation(old))).collect(),
            removed: removed.collect(),
            settles: amends
                .settles
                .as_ref()
                .map(|(rivals, double)| Settlement { double: ids(*double), rivals: acts(rivals) }),
            ..Charter::new(&format!("Partnership {}", self.real.len()), ids(members), threshold)
        };
        let mut real = Act::draft(self.place(previous), &Body::Charter(charter)).unwrap();
        for who in amends.signers.iter() {
            let signature = real.sign(self.organisation(who), &secret(who, 0));
            real = real.with_signature(signature);
        }
        real
    }

    pub(crate) fn add_entry(&mut self, log: Log, previous: Option<Entry>) -> Entry {
        let end = previous.map_or(LogEnd::START, |previous| self.end(previous));
        let owner = self.entries.logs[log].owner;
        let text = format!(r#"{{"number":{}}}"#, self.sealed.len());
        let record = RecordId::new([1; 16]);
        let entry = self.seal(owner, self.keys[log], Kind::Change, end, (record, text.into_bytes()));
        self.sealed.push(entry);
        self.entries.all.push((log, previous));
        self.sealed.len() - 1
    }

    /// Lets an organisation's node attest.
    pub(crate) fn say(&mut self, who: Organisation, word: Word) {
        let line = |act: &Place_| {
            let act = &self.real[*act];
            ActLine { scope: act.scope_id(), version: act.version(), act: act.id() }
        };
        let log = |entry: &Entry| {
            let author = self.log_key(self.entries.all[*entry].0).author;
            LogLine { author, end: self.end(*entry) }
        };
        let acts = word.acts.iter().map(line).collect();
        let logs = word.entries.iter().map(log).collect();
        let attestation = Attestation { acts, logs, ..Attestation::default() };
        let end = self.attestations[who].last().map_or(LogEnd::START, Authentic::end);
        let sealed = self.seal(who, NODE, Kind::Attestation, end, (RecordId::ZERO, attestation.encode()));
        self.attestations[who].push(sealed);
        self.words[who].push(word);
    }

    fn seal(
        &self,
        who: Organisation,
        key: u8,
        kind: Kind,
        end: LogEnd,
        (record, bytes): (RecordId, Vec<u8>),
    ) -> Authentic {
        let draft = Draft {
            kind,
            space: self.space(),
            organisation: self.organisation(who),
            record,
            generation: 0,
            time: Timestamp(1_500_000_000_000),
            payload: Payload { salt: [1; 16], bytes },
        };
        let previous: (u64, EntryId) = (end.seq, end.id);
        Authentic::from_store(draft.seal(previous, &secret(who, key)))
    }
}
