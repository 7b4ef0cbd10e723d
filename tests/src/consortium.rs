//! A small consortium in memory: replicas that are founded, sign, and are handed inputs at their one door.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use isnad_protocol::act::{Act, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{NodeId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::replica::{Input, Output, Replica, Stored};
use isnad_protocol::store::{LogView, MemoryStore};
use isnad_protocol::sync::carried;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, Policy, View};

/// A member organisation's replica.
#[derive(Debug)]
pub struct Site {
    /// Its number in the consortium, from which its keys follow.
    pub number: u8,
    /// Its node.
    pub node: NodeId,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// The contributor key that it signs with.
    pub key: SecretKey,
    /// The contributor key of a colleague.
    pub colleague: SecretKey,
    /// Its rules.
    pub replica: Replica,
    /// What stands on its disk.
    pub store: MemoryStore,
}

/// A secret key by its number.
#[must_use]
pub fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The key with which an organisation attests.
#[must_use]
pub fn attesting(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[31] = u8::MAX;
    SecretKey::from_seed(&seed)
}

/// The first acts of organisations `0..count`: root key `n`, contributor keys `100 + n` and `150 + n`, node key `200 + n`.
///
/// # Panics
/// If there are more than 50: their keys would meet.
#[must_use]
pub fn first_acts(count: u8) -> Vec<Act> {
    assert!(count <= 50, "keys of different organisations have different numbers");
    let first_act = |index: u8| {
        let keys = vec![secret(index).public()];
        let roots =
            Roots { keys, next: vec![next_key_hash(&secret(50 + index).public())], next_threshold: 1, threshold: 1 };
        let subject = GrantSubject::of_roots(&roots.keys);
        let grants = vec![
            Grant::of(&secret(100 + index), &subject, Role::Contributor, "key"),
            Grant::of(&secret(150 + index), &subject, Role::Contributor, "colleague"),
            Grant::of(&secret(200 + index), &subject, Role::Reader, "node"),
            Grant::of(&attesting(index), &subject, Role::Node, "attesting"),
        ];
        let names = vec![Name { lang: "en".to_owned(), text: format!("Organisation {index}") }];
        let act =
            founding::organisation(OrganisationKind::Ngo, names, roots, grants, false).expect("an act of the format");
        let signature = act.sign(OrganisationId::ZERO, &secret(index));
        act.with_signature(signature)
    };
    (0..count).map(first_act).collect()
}

/// The founding charter of organisations `0..count`, signed by all, and their first acts.
///
/// # Panics
/// As [`first_acts`].
#[must_use]
pub fn founding_acts(count: u8) -> Vec<Act> {
    let firsts = first_acts(count);
    let ids: Vec<OrganisationId> = firsts.iter().filter_map(Act::organisation).collect();
    let threshold = u64::from(count / 2) + 1;
    let charter = founding::charter("Test", ids.clone(), threshold, Object::new(), Object::new());
    let charter = (0_u8..).zip(ids).fold(charter.expect("an act of the format"), |charter, (index, id)| {
        let signature = charter.sign(id, &secret(index));
        charter.with_signature(signature)
    });
    [charter].into_iter().chain(firsts).collect()
}

/// Founds a consortium of `count` organisations, each with a replica that holds the same acts and nothing else.
///
/// # Panics
/// As [`first_acts`].
#[must_use]
pub fn found(count: u8) -> Vec<Site> {
    let acts = founding_acts(count);
    let organisations: Vec<_> = acts.iter().filter_map(Act::organisation).collect();
    let governance = Governance::assemble(acts).expect("founding acts found a consortium");
    let site = |(index, organisation): (u8, OrganisationId)| Site {
        number: index,
        node: NodeId::new(*secret(200 + index).public().as_bytes()),
        organisation,
        key: secret(100 + index),
        colleague: secret(150 + index),
        replica: Replica::new(governance.clone(), Stored::default(), BTreeSet::from([secret(100 + index).public()])),
        store: MemoryStore::default(),
    };
    (0_u8..).zip(organisations).map(site).collect()
}

/// The record that tests talk about: an incident.
#[must_use]
pub fn record(number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = 1;
    RecordId::new(bytes)
}

/// A payload of one claim, its value a text.
#[must_use]
pub fn claim(prop: &str, text: &str) -> Vec<u8> {
    format!(r#"{{"ops":[{{"claim":{{"prop":"{prop}","value":"{text}"}}}}]}}"#).into_bytes()
}

impl Site {
    /// Another site that stands where this one does.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            number: self.number,
            node: self.node,
            organisation: self.organisation,
            key: secret(100 + self.number),
            colleague: secret(150 + self.number),
            replica: self.replica.clone(),
            store: self.store.clone(),
        }
    }

    /// The space of all members.
    #[must_use]
    pub fn members(&self) -> SpaceId {
        OpenSpace::Members.id(&self.replica.governance().consortium())
    }

    /// The log of its own key in the space of all members.
    #[must_use]
    pub fn log(&self) -> LogKey {
        LogKey { space: self.members(), author: self.key.public() }
    }

    /// What it would say about a record, before it is sealed.
    #[must_use]
    pub fn draft(&self, record: RecordId, payload: Vec<u8>) -> Draft {
        Draft {
            kind: Kind::Change,
            space: self.members(),
            organisation: self.organisation,
            record,
            generation: 0,
            time: Timestamp(1_700_000_000_000),
            payload: Payload { salt: [7; 16], bytes: payload },
        }
    }

    /// Entries that continue its own log, one for each payload.
    #[must_use]
    pub fn sealed(&self, record: RecordId, payloads: &[Vec<u8>]) -> Vec<Entry> {
        let mut end = self.replica.end_of(self.log());
        let seal = |payload: &Vec<u8>| {
            let entry = self.draft(record, payload.clone()).seal((end.seq, end.id), &self.key);
            end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entry
        };
        payloads.iter().map(seal).collect()
    }

    /// The entry with which a key of this organisation continues its log.
    #[must_use]
    pub fn next(&self, key: &SecretKey, record: RecordId, payload: Vec<u8>) -> Entry {
        let end = self.replica.end_of(LogKey { space: self.members(), author: key.public() });
        self.draft(record, payload).seal((end.seq, end.id), key)
    }

    /// Hands in an input, writes what is to be written, and returns what else is to be done.
    ///
    /// # Panics
    /// If the replica reports a fault of the store, which has none.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        let mut rest = Vec::new();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.replica.handle(input, Timestamp(1), &self.store).expect("memory can be read");
            let mut is_synced = true;
            while let Some(output) = self.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        self.store.append(batch);
                        is_synced = false;
                    }
                    Output::Check { log, after, until } => inputs.push(self.checked(log, after, until)),
                    other => rest.push(other),
                }
            }
            if !is_synced {
                inputs.push(Input::Synced);
            }
        }
        rest
    }

    /// Checks signatures, as an idle core would.
    fn checked(&self, log: LogKey, after: LogEnd, until: u64) -> Input {
        let entries = self.store.read_log(log, after.seq, usize::MAX).expect("memory can be read");
        let good = entries.iter().take_while(|entry| entry.end().seq <= until && entry.entry().is_signed());
        let upto = good.last().map_or(after, Authentic::end);
        Input::Checked { log, upto, is_bad_behind: upto.seq < until }
    }

    /// Hands in entries as a local user.
    ///
    /// # Errors
    /// The code of the rule that refuses them.
    pub fn submit(&mut self, entries: Vec<Entry>) -> Result<(), &'static str> {
        answer(&self.handle(Input::Submit { request: 1, entries }))
    }

    /// Hands in an act as a local user.
    ///
    /// # Errors
    /// The code of the rule that refuses it.
    pub fn submit_act(&mut self, bytes: Vec<u8>) -> Result<(), &'static str> {
        answer(&self.handle(Input::SubmitAct { request: 1, bytes }))
    }

    /// Says something about a record, and returns the entry.
    ///
    /// # Panics
    /// If its own replica refuses it.
    pub fn say(&mut self, record: RecordId, payload: Vec<u8>) -> Entry {
        let entry = self.next(&self.key, record, payload);
        assert_eq!(self.submit(vec![entry.clone()]), Ok(()));
        entry
    }

    /// Its view of a record.
    ///
    /// # Panics
    /// If the store reports a fault, and it has none.
    #[must_use]
    pub fn view(&self, record: RecordId) -> View {
        let (names, policy) = (BTreeMap::new(), Policy::default());
        let today = Day::new(2018, 12, 1).expect("a day");
        let context = Context { judge: self.replica.governance(), names: &names, policy: &policy, today };
        View::of(record, &self.store, context).expect("memory can be read")
    }

    /// Puts an entry into its store past the door, as damage or a forger would.
    pub fn force(&mut self, entry: Entry) {
        self.store.insert(Authentic::from_store(entry));
    }
}

fn answer(outputs: &[Output]) -> Result<(), &'static str> {
    let answer = outputs.iter().find_map(|output| match output {
        Output::Acknowledge { .. } => Some(Ok(())),
        Output::Refuse { refusal, .. } => Some(Err(refusal.code())),
        _ => None,
    });
    answer.unwrap_or(Err("no answer"))
}

/// Opens a session between two sites and delivers frames until nobody has more to say.
///
/// # Panics
/// If the two are one.
pub fn meet(sites: &mut [Site], opener: usize, other: usize) -> Vec<Output> {
    let (one, two) = (sites[opener].node, sites[other].node);
    let mut rest = sites[other].handle(Input::Connected { peer: one, opens_with: None });
    let frames = sites[opener].handle(Input::Connected { peer: two, opens_with: Some([9; 16]) });
    rest.extend(deliver(sites, one, frames));
    rest
}

/// As [`meet`]: every frame that either sent.
#[must_use]
pub fn overhear(sites: &mut [Site], opener: usize, other: usize) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let (one, two) = (sites[opener].node, sites[other].node);
    sites[other].handle(Input::Connected { peer: one, opens_with: None });
    let opening = sites[opener].handle(Input::Connected { peer: two, opens_with: Some([9; 16]) });
    deliver_aloud(sites, one, opening, &mut |frame| frames.push(frame.to_vec()));
    frames
}

/// The frames of a file that a site writes for one that holds nothing.
///
/// # Panics
/// If the store reports a fault, and it has none.
#[must_use]
pub fn carried(site: &Site) -> Vec<Vec<u8>> {
    let frames = carried::frames(site.replica.governance(), site.replica.logs(), &BTreeMap::new(), &site.store);
    frames.expect("memory can be read")
}

/// Delivers frames, and those that answer them; returns all else that is to be done, by whomever.
///
/// # Panics
/// If a frame is for no site.
pub fn deliver(sites: &mut [Site], from: NodeId, outputs: Vec<Output>) -> Vec<Output> {
    deliver_aloud(sites, from, outputs, &mut |_| ())
}

fn deliver_aloud(sites: &mut [Site], from: NodeId, outputs: Vec<Output>, hear: &mut dyn FnMut(&[u8])) -> Vec<Output> {
    let mut rest = Vec::new();
    let mut due: VecDeque<_> = outputs.into_iter().map(|output| (from, output)).collect();
    while let Some((from, output)) = due.pop_front() {
        let Output::Send { peer, frame } = output else {
            rest.push(output);
            continue;
        };
        hear(&frame);
        let site = sites.iter_mut().find(|site| site.node == peer).expect("a frame is for a site");
        due.extend(site.handle(Input::Received { peer: from, frame }).into_iter().map(|output| (peer, output)));
    }
    rest
}
