//! A few replicas in memory, each of an organisation of its own, driven to rest: enough of a world for the rows on closed logs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use isnad_protocol::act::{
    Act, Body, Charter, Grant, GrantSubject, Name, OrganisationKind, Place, Role, Roots, founding, next_key_hash,
};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{Governance, Ruling};
use isnad_protocol::id::{ActId, EntryId, NodeId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, ForkProof, LogEnd, LogKey};
use isnad_protocol::replica::{Input, Output, Replica, Stored, Write};
use isnad_protocol::standing::{Judge, Standing};
use isnad_protocol::store::{LogView, MemoryStore};
use isnad_protocol::sync::frame::Frame;
use isnad_protocol::time::Timestamp;

fn secret(base: u8, site: usize) -> SecretKey {
    SecretKey::from_seed(&[base + u8::try_from(site).unwrap(); 32])
}

fn root(site: usize) -> SecretKey {
    secret(1, site)
}
fn contributor(site: usize) -> SecretKey {
    secret(100, site)
}
fn attester(site: usize) -> SecretKey {
    secret(150, site)
}
fn node(site: usize) -> SecretKey {
    secret(200, site)
}

pub(super) fn end(entry: &Entry) -> LogEnd {
    LogEnd { seq: entry.header.seq, id: entry.header.id() }
}

/// Two lines of organisation 0's contributor that part at a position, of these lengths.
pub(super) fn forked(village: &Village, fork: usize, lengths: [usize; 2]) -> [Vec<Entry>; 2] {
    let common = village.line(0, &[], "common", fork - 1);
    [("left", lengths[0]), ("right", lengths[1])]
        .map(|(word, length)| village.line(0, &common, word, length + 1 - fork))
}

#[derive(Clone)]
struct Site {
    replica: Replica,
    store: MemoryStore,
    attested: Option<LogEnd>,
}

#[derive(Clone)]
pub(super) struct Village {
    sites: Vec<Site>,
    organisations: Vec<OrganisationId>,
    founding: Act,
    pub(super) members: SpaceId,
    wire: VecDeque<(usize, usize, Vec<u8>)>,
}

impl Village {
    pub(super) fn of(count: usize) -> Self {
        let firsts: Vec<Act> = (0..count).map(first_act).collect();
        let organisations: Vec<OrganisationId> = firsts.iter().map(|act| act.organisation().unwrap()).collect();
        let threshold = count as u64 / 2 + 1;
        let charter =
            founding::charter("Test", organisations.clone(), threshold, Object::new(), Object::new()).unwrap();
        let sign = |charter: Act, site: usize| {
            let signature = charter.sign(organisations[site], &root(site));
            charter.with_signature(signature)
        };
        let founding = (0..count).fold(charter, sign);
        let governance = Governance::assemble([vec![founding.clone()], firsts].concat()).unwrap();
        let members = OpenSpace::Members.id(&governance.consortium());
        let site = |_| Site {
            replica: Replica::new(governance.clone(), Stored::default(), BTreeSet::new()),
            store: MemoryStore::default(),
            attested: None,
        };
        let sites = (0..count).map(site).collect();
        Self { sites, organisations, founding, members, wire: VecDeque::new() }
    }

    pub(super) fn organisation(&self, site: usize) -> OrganisationId {
        self.organisations[site]
    }

    /// Entries of an organisation's contributor behind others: these, and so many more.
    pub(super) fn line(&self, site: usize, before: &[Entry], word: &str, count: usize) -> Vec<Entry> {
        let mut entries = before.to_vec();
        for number in 0..count {
            let prev = entries.last().map_or((0, EntryId::ZERO), |last| (last.header.seq, last.header.id()));
            let text = format!(r#"{{"ops":[{{"claim":{{"prop":"title","value":"{word} {number}"}}}}]}}"#);
            let draft = self.draft(site, Kind::Change, RecordId::new([1; 16]), text);
            entries.push(draft.seal(prev, &contributor(site)));
        }
        entries
    }

    fn draft(&self, site: usize, kind: Kind, record: RecordId, text: String) -> Draft {
        Draft {
            kind,
            space: self.members,
            organisation: self.organisations[site],
            record,
            generation: 0,
            time: Timestamp(1_700_000_000_000),
            payload: Payload { salt: [7; 16], bytes: text.into_bytes() },
        }
    }

    /// Lets an organisation's node acknowledge acts, and ends of organisation 0's log.
    pub(super) fn attest(&mut self, site: usize, acts: &[&Act], ends: &[LogEnd]) {
        let list =
            |name: &str, lines: Vec<String>| (!lines.is_empty()).then(|| format!(r#""{name}":[{}]"#, lines.join(",")));
        let acts = acts.iter().map(|act| format!(r#"["{}",{},"{}"]"#, act.scope_id(), act.version(), act.id()));
        let author = contributor(0).public();
        let logs = ends.iter().map(|end| format!(r#"["{author}",{},"{}"]"#, end.seq, end.id));
        let members: Vec<String> =
            [list("acts", acts.collect()), list("logs", logs.collect())].into_iter().flatten().collect();
        let draft = self.draft(site, Kind::Attestation, RecordId::ZERO, format!("{{{}}}", members.join(",")));
        let prev = self.sites[site].attested.map_or((0, EntryId::ZERO), |end| (end.seq, end.id));
        let entry = draft.seal(prev, &attester(site));
        self.sites[site].attested = Some(end(&entry));
        self.hand_in(site, &[entry]);
    }

    /// The second act of an organisation.
    pub(super) fn organisation_act(&self, site: usize, body: Body) -> Act {
        let scope = ActId::new(*self.organisations[site].as_bytes());
        let act = Act::draft(self.second(scope), &body).unwrap();
        let signature = act.sign(self.organisations[site], &root(site));
        act.with_signature(signature)
    }

    /// The second version of the charter.
    pub(super) fn charter_act(&self, charter: Charter, signers: &[usize]) -> Act {
        let act = Act::draft(self.second(self.founding.id()), &Body::Charter(charter)).unwrap();
        signers.iter().fold(act, |act, site| {
            let signature = act.sign(self.organisations[*site], &root(*site));
            act.with_signature(signature)
        })
    }

    fn second(&self, scope: ActId) -> Place {
        Place { version: 2, consortium: founding::consortium(&self.founding), scope, previous: scope }
    }

    pub(super) fn hand_in(&mut self, site: usize, entries: &[Entry]) {
        self.handle(site, Input::Submit { request: 1, entries: entries.to_vec() });
        self.run();
    }

    pub(super) fn take_act(&mut self, site: usize, act: &Act) {
        let answers = self.handle(site, Input::SubmitAct { request: 1, bytes: act.encode() });
        assert!(answers.iter().any(|answer| matches!(answer, Output::Acknowledge { .. })), "{answers:?}");
        self.run();
    }

    fn handle(&mut self, site: usize, input: Input) -> Vec<Output> {
        let mut answers = Vec::new();
        let at = &mut self.sites[site];
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            at.replica.handle(input, Timestamp(1), &at.store).unwrap();
            let mut is_synced = true;
            while let Some(output) = at.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        at.store.append(batch);
                        is_synced = false;
                    }
                    Output::Send { peer, frame } => {
                        let to = (0..self.organisations.len()).find(|other| node_id(*other) == peer).unwrap();
                        self.wire.push_back((site, to, frame));
                    }
                    Output::Check { log, after, until } => {
                        let entries = at.store.read_log(log, after.seq, usize::MAX).unwrap();
                        let is_good = |entry: &&Authentic| entry.end().seq <= until && entry.entry().is_signed();
                        let upto = entries.iter().take_while(is_good).last().map_or(after, Authentic::end);
                        inputs.push_back(Input::Checked { log, upto, is_bad_behind: upto.seq < until });
                    }
                    Output::Disconnect { reason, .. } => panic!("site {site} drops a peer: {reason}"),
                    other => answers.push(other),
                }
            }
            if !is_synced {
                inputs.push_front(Input::Synced);
            }
        }
        answers
    }

    fn run(&mut self) {
        while let Some((from, to, frame)) = self.wire.pop_front() {
            self.handle(to, Input::Received { peer: node_id(from), frame });
        }
    }

    /// Lets two replicas say all that they have to say, and part.
    pub(super) fn meet(&mut self, opener: usize, other: usize) {
        self.handle(other, Input::Connected { peer: node_id(opener), opens_with: None });
        self.handle(opener, Input::Connected { peer: node_id(other), opens_with: Some([9; 16]) });
        self.run();
        self.handle(opener, Input::Disconnected { peer: node_id(other) });
        self.handle(other, Input::Disconnected { peer: node_id(opener) });
    }

    pub(super) fn meet_all(&mut self) {
        for _ in 0..2 {
            for one in 0..self.sites.len() {
                (one + 1..self.sites.len()).for_each(|other| self.meet(one, other));
            }
        }
    }

    /// Lets everyone meet everyone, in an order that the seed gives, and once more.
    pub(super) fn meet_in_random_order(&mut self, seed: u64) {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % bound
        };
        let count = self.sites.len();
        let mut pairs: Vec<(usize, usize)> = (0..count)
            .flat_map(|one| (0..count).map(move |other| (one, other)))
            .filter(|(one, other)| one < other)
            .collect();
        for _ in 0..2 {
            (1..pairs.len()).rev().for_each(|at| pairs.swap(at, next(at + 1)));
            pairs.clone().into_iter().for_each(|(one, other)| {
                let (one, other) = if next(2) == 0 { (one, other) } else { (other, one) };
                self.meet(one, other);
            });
        }
    }

    /// Has a site receive a proof from another; says how many writes that leads to.
    pub(super) fn receive_proof(&mut self, site: usize, from: usize, proof: &ForkProof) -> usize {
        let peer = node_id(from);
        self.handle(from, Input::Connected { peer: node_id(site), opens_with: None });
        self.handle(site, Input::Connected { peer, opens_with: Some([9; 16]) });
        self.run();
        let at = &mut self.sites[site];
        let frame = Frame::Proof(proof.encode()).encode();
        at.replica.handle(Input::Received { peer, frame }, Timestamp(1), &at.store).unwrap();
        let mut written = 0;
        while let Some(output) = at.replica.poll() {
            if let Output::Commit(batch) = output {
                written += batch.writes.iter().filter(|write| matches!(write, Write::Fork(_))).count();
            }
        }
        at.replica.handle(Input::Synced, Timestamp(1), &at.store).unwrap();
        while at.replica.poll().is_some() {}
        self.handle(site, Input::Disconnected { peer });
        self.handle(from, Input::Disconnected { peer: node_id(site) });
        written
    }

    fn governance(&self, site: usize) -> &Governance {
        self.sites[site].replica.governance()
    }

    pub(super) fn rule(&self, site: usize, entry: &Entry) -> Option<Ruling> {
        self.governance(site).rule(&Authentic::from_store(entry.clone()))
    }

    pub(super) fn standings(&self, site: usize, entries: &[Entry]) -> Vec<Option<Standing>> {
        let judge = |entry: &Entry| self.governance(site).judge(&Authentic::from_store(entry.clone()));
        entries.iter().map(judge).collect()
    }

    /// Of these those that a site holds, each whether with its payload.
    pub(super) fn held(&self, site: usize, entries: &[Entry]) -> Vec<bool> {
        let mut held: BTreeMap<EntryId, bool> = BTreeMap::new();
        for entry in self.sites[site].store.entries() {
            *held.entry(entry.id()).or_default() |= entry.entry().payload.is_some();
        }
        entries.iter().filter_map(|entry| held.get(&entry.header.id()).copied()).collect()
    }

    /// Which of these a site holds and lets count.
    pub(super) fn counting(&self, site: usize, entries: &[Entry]) -> BTreeMap<EntryId, bool> {
        let held: BTreeSet<EntryId> = self.sites[site].store.entries().map(Authentic::id).collect();
        let counts = |entry: &Entry| {
            let id = entry.header.id();
            (id, held.contains(&id) && self.standings(site, std::slice::from_ref(entry)) == [None])
        };
        entries.iter().map(counts).collect()
    }

    fn log(&self) -> LogKey {
        LogKey { space: self.members, author: contributor(0).public() }
    }

    /// The position at which organisation 0's log is known to be forked.
    pub(super) fn fork(&self, site: usize) -> Option<u64> {
        self.governance(site).fork(&self.log()).map(ForkProof::seq)
    }

    pub(super) fn forks(&self, site: usize) -> usize {
        self.governance(site).forks().count()
    }

    /// What a site's first word to a peer would be: the digest of all that it holds.
    pub(super) fn digest(&self, site: usize) -> Vec<u8> {
        let mut replica = self.sites[site].replica.clone();
        let other = node_id((site + 1) % self.sites.len());
        replica
            .handle(Input::Connected { peer: other, opens_with: Some([9; 16]) }, Timestamp(1), &self.sites[site].store)
            .unwrap();
        let sent = std::iter::from_fn(|| replica.poll()).find_map(|output| match output {
            Output::Send { frame, .. } => Some(frame),
            _ => None,
        });
        sent.unwrap()
    }
}

fn node_id(site: usize) -> NodeId {
    NodeId::new(*node(site).public().as_bytes())
}

fn first_act(site: usize) -> Act {
    let keys = vec![root(site).public()];
    let next = vec![next_key_hash(&secret(50, site).public())];
    let roots = Roots { keys, next, next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = vec![
        Grant::of(&contributor(site), &subject, Role::Contributor, "key"),
        Grant::of(&node(site), &subject, Role::Reader, "node"),
        Grant::of(&attester(site), &subject, Role::Node, "attesting"),
    ];
    let names = vec![Name { lang: "en".to_owned(), text: format!("Organisation {site}") }];
    let act = founding::organisation(OrganisationKind::Ngo, names, roots, grants, false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &root(site));
    act.with_signature(signature)
}
