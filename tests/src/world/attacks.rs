//! What those who lie do on purpose against single defences: payloads, headers, forks and acts that an honest node would never
//! make, and what must come of each. The rest of what liars do is in `liar`; who checks is `oracle`.
//!
//! Words are signed by keys of the liar in logs that it uses for nothing else, and come to an honest node by a carried file,
//! which has passed no door on the way.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::{
    Act, ActSignature, Body, Charter, Grant, GrantSubject, OrganisationBody, OrganisationKind, Place, Role, Roots,
    founding, next_key_hash,
};
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{ActStatus, Governance, Wait};
use isnad_protocol::id::{ActId, ClaimId, EntryId, NarrativeId, OrganisationId, RecordId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::limits;
use isnad_protocol::log::{Authentic, Log, LogEnd, LogKey};
use isnad_protocol::replica::Input;
use isnad_protocol::sheet::{Operation, Retract, narrative, write};
use isnad_protocol::standing::Standing;
use isnad_protocol::store::{Fault, LogView};
use isnad_protocol::sync::carried;
use isnad_protocol::time::Timestamp;

use super::administrator::waits as waits_for_signatures;
use super::disk::log_of;
use super::finding::Checked;
use super::random::Random;
use super::{Event, World};

/// What attackers did, and what must come of it.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Every key that writes, whose it is, and whether it may write in `public`.
    pub(super) keys: BTreeMap<PublicKey, (OrganisationId, bool)>,
    /// Keys of one organisation that attest, and have not yet.
    sybils: Option<(OrganisationId, Vec<SecretKey>)>,
    /// What was signed in logs of attackers.
    logs: BTreeMap<LogKey, Vec<Entry>>,
    /// Entries that do not count, and the standing that they have wherever they are held.
    pub(super) powerless: BTreeMap<EntryId, Standing>,
    /// Organisations that granted a key of an ally's.
    allied: BTreeSet<(OrganisationId, PublicKey)>,
    /// Entries that no honest node holds.
    pub(super) strange: BTreeSet<EntryId>,
    /// Acts that no honest node holds.
    pub(super) refused: BTreeSet<ActId>,
    /// The version of the charter that each node saw last.
    pub(super) charters: BTreeMap<usize, ActId>,
    /// Logs of attackers that were forked late, and where.
    pub(super) late_forks: BTreeMap<LogKey, u64>,
    /// Nodes that were shown another entry for a position than they held there, and took in all that they were shown.
    pub(super) shown: BTreeMap<usize, BTreeMap<LogKey, u64>>,
}

/// One thing that is done.
#[derive(Debug, Clone, Copy)]
enum Attack {
    /// A log that claims to be another organisation's.
    ForeignLog,
    /// Words in `public` by a key that may not publish.
    HumbleInPublic,
    /// Another's payload, salt and all, beneath the own header.
    Resigned,
    /// A payload that breaks a rule.
    BadPayload,
    /// An edit on one that nobody ever sees.
    MissingAfter,
    /// A rival of an entry that all have had for long.
    LateFork,
    /// A rotation to a key that nobody committed to.
    Uncommitted,
    /// A key that has a role gets another.
    SecondRole,
    /// A charter by which one organisation decides.
    Minority,
    /// Many keys that attest for one organisation.
    Sybils,
    /// An admin key grants a role that takes the roots.
    AdminGrants,
    /// An organisation grants a key that is another's.
    ForeignKey,
    /// A candidate whose root key is one whose signatures fit any message.
    WeakRoot,
    /// A log that goes on for another organisation than it began for, which has granted its key too.
    TwoMasters,
}

impl Attack {
    /// Every kind; words more often, for there are more ways to go wrong with them.
    const ALL: [Self; 17] = [
        Self::ForeignLog,
        Self::HumbleInPublic,
        Self::Resigned,
        Self::Resigned,
        Self::BadPayload,
        Self::BadPayload,
        Self::BadPayload,
        Self::MissingAfter,
        Self::LateFork,
        Self::Uncommitted,
        Self::SecondRole,
        Self::Minority,
        Self::Sybils,
        Self::AdminGrants,
        Self::ForeignKey,
        Self::WeakRoot,
        Self::TwoMasters,
    ];
}

/// A carried file's log.
struct Stick(Vec<Authentic>);

impl LogView for Stick {
    fn read_log(&self, log: LogKey, after: u64, _max_bytes: usize) -> Result<Vec<Authentic>, Fault> {
        let is_asked = |entry: &&Authentic| log_of(entry) == log && entry.end().seq > after;
        Ok(self.0.iter().filter(is_asked).cloned().collect())
    }

    fn read_branch(&self, _log: LogKey, _end: LogEnd) -> Result<Option<Authentic>, Fault> {
        Ok(None)
    }
}

impl World {
    /// Notes whose keys are whose, and has attackers begin.
    pub(super) fn plan_attacks(&mut self) {
        (0..self.sites.len()).for_each(|number| self.note_keys(number));
        self.schedule(1_500, Event::Attack);
    }

    /// Notes whose the keys of a node are.
    pub(super) fn note_keys(&mut self, number: usize) {
        let Some(keys) = self.sites.get(number).map(|site| &site.keys) else { return };
        for (key, may_publish) in [(&keys.contributor, false), (&keys.late, false), (&keys.publisher, true)] {
            self.attempts.keys.insert(key.public(), (keys.organisation, may_publish));
        }
    }

    pub(super) fn attack(&mut self) -> Checked {
        if self.calm_since.is_some() {
            return Ok(());
        }
        let next = self.random.between(200, 1_200);
        self.schedule(next, Event::Attack);
        let is_ready = |at: usize, is_honest: bool| {
            let site = self.sites.get(at).filter(|site| site.running.is_some() && site.is_honest() == is_honest);
            site.is_some_and(|site| !site.disk.image.governance.spaces().is_empty())
        };
        let count = self.sites.len();
        let liars: Vec<usize> = (0..count).filter(|at| is_ready(*at, false)).collect();
        let honest: Vec<usize> = (0..count).filter(|at| is_ready(*at, true)).collect();
        let Some((from, to)) = self.random.pick(&liars).copied().zip(self.random.pick(&honest).copied()) else {
            return Ok(());
        };
        self.say_often(from, &honest)?;
        self.copy_signatures(from)?;
        let Some(attack) = self.random.pick(&Attack::ALL).copied() else { return Ok(()) };
        self.say(&format!("  {attack:?} {from} to {to}"));
        match attack {
            Attack::ForeignLog | Attack::HumbleInPublic | Attack::BadPayload | Attack::MissingAfter => {
                self.speak(attack, from, to)
            }
            Attack::Resigned => self.resign(from, to),
            Attack::LateFork => self.fork_late(from, to),
            Attack::Uncommitted => self.rotate_uncommitted(from),
            Attack::SecondRole => self.grant_twice(from),
            Attack::Minority => self.found_minority(from),
            Attack::Sybils => self.grant_sybils(from),
            Attack::AdminGrants => self.grant_as_admin(from),
            Attack::ForeignKey => self.grant_foreign(from, to),
            Attack::WeakRoot => self.nominate_weak(from),
            Attack::TwoMasters => self.serve_two(from, to),
        }
    }

    /// The log of an attacker in `members`: of a publisher key, which otherwise writes in `public` alone. One in three claims
    /// to be another organisation's from its first entry on.
    fn attacking_log(&self, from: usize) -> Option<(LogKey, bool)> {
        let site = self.sites.get(from)?;
        let author = site.keys.publisher.public();
        Some((LogKey { space: self.members, author }, author.as_bytes()[0].is_multiple_of(3)))
    }

    fn speak(&mut self, attack: Attack, from: usize, to: usize) -> Checked {
        let Some((log, is_foreign)) = self.attacking_log(from) else { return Ok(()) };
        let record = RecordId::new([1; 16]);
        match attack {
            Attack::HumbleInPublic => {
                let Some(site) = self.sites.get(from) else { return Ok(()) };
                let log = LogKey { space: self.public, author: site.keys.contributor.public() };
                let (payload, organisation) = (note(&mut self.random), site.keys.organisation);
                let sealed = self.seal(from, log, organisation, record, payload);
                self.expect(sealed, Standing::Unauthorised);
                self.carry_log(from, to, log)
            }
            Attack::ForeignLog if is_foreign => {
                let Some(victim) = self.sites.get(to).map(|site| site.keys.organisation) else { return Ok(()) };
                if self.sites.get(from).is_some_and(|site| site.keys.organisation == victim) {
                    return Ok(());
                }
                let known = self.attempts.logs.get(&log).and_then(|entries| entries.first());
                let organisation = known.map_or(victim, |first| first.header.organisation);
                let payload = note(&mut self.random);
                let sealed = self.seal(from, log, organisation, record, payload);
                self.expect(sealed, Standing::Unauthorised);
                self.carry_log(from, to, log)
            }
            Attack::BadPayload | Attack::MissingAfter if !is_foreign => {
                let seq = self.attempts.logs.get(&log).map_or(0, Vec::len) as u64 + 1;
                let own = narrative::id(log.author, log.space, seq);
                let victim = self.sites.get(to).map_or(log.author, |site| site.keys.contributor.public());
                // The first entry of a log may only begin the narrative that it names.
                let (bytes, standing) = if matches!(attack, Attack::MissingAfter) && seq > 1 {
                    (on_missing(narrative::id(log.author, log.space, 1), &mut self.random), Standing::Waiting)
                } else {
                    (bad_payload(own, narrative::id(victim, log.space, seq), &mut self.random), Standing::Inert)
                };
                let Some(organisation) = self.sites.get(from).map(|site| site.keys.organisation) else { return Ok(()) };
                let payload = Payload { salt: self.random.bytes(), bytes };
                let sealed = self.seal(from, log, organisation, record, payload);
                self.expect(sealed, standing);
                self.carry_log(from, to, log)
            }
            _ => Ok(()),
        }
    }

    /// Signs what an honest user said, byte for byte.
    fn resign(&mut self, from: usize, to: usize) -> Checked {
        let Some((log, false)) = self.attacking_log(from) else { return Ok(()) };
        let Some((thief, victim)) = self.sites.get(from).zip(self.sites.get(to)) else { return Ok(()) };
        let whose = LogKey { space: self.members, author: victim.keys.contributor.public() };
        let count = victim.disk.image.logs.get(&whose).map_or(0, |held| held.checked.seq);
        let seq = 1 + self.random.below(count);
        let stolen = victim.disk.image.at(whose, seq).map(Authentic::entry);
        let Some((record, payload)) = stolen.and_then(|entry| Some((entry.header.record, entry.payload.clone()?)))
        else {
            return Ok(());
        };
        let organisation = thief.keys.organisation;
        self.seal(from, log, organisation, record, payload);
        self.carry_log(from, to, log)
    }

    /// Signs another entry at a position that all have had for long, and shows it to one.
    fn fork_late(&mut self, from: usize, to: usize) -> Checked {
        let Some((log, false)) = self.attacking_log(from) else { return Ok(()) };
        let is_late = self.now_ms > self.stops_at / 2;
        let held = self.sites.get(to).and_then(|site| site.disk.image.logs.get(&log)).map_or(0, |log| log.checked.seq);
        if !is_late || held < 3 || self.attempts.late_forks.contains_key(&log) {
            return Ok(());
        }
        let seq = 1 + self.random.below(held / 2);
        let Some(organisation) = self.sites.get(from).map(|site| site.keys.organisation) else { return Ok(()) };
        self.ledger.forked.insert(log.author);
        self.attempts.late_forks.insert(log, seq);
        if let Some(entries) = self.attempts.logs.get_mut(&log) {
            entries.truncate(usize::try_from(seq - 1).unwrap_or(0));
        }
        let payload = note(&mut self.random);
        self.seal(from, log, organisation, RecordId::new([1; 16]), payload);
        let is_sound = |site: &super::Site| site.running.is_some() && !site.disk.is_full && !site.has_lost;
        if self.sites.get(to).is_some_and(is_sound) {
            self.attempts.shown.entry(to).or_default().insert(log, seq);
        }
        self.carry_log(from, to, log)
    }

    /// Signs the next entry of an attacker's log. None of a log that was forked: it ended there.
    fn seal(
        &mut self,
        from: usize,
        log: LogKey,
        organisation: OrganisationId,
        record: RecordId,
        payload: Payload,
    ) -> Option<EntryId> {
        let site = self.sites.get(from)?;
        let secret =
            [&site.keys.publisher, &site.keys.contributor].into_iter().find(|key| key.public() == log.author)?;
        let entries = self.attempts.logs.entry(log).or_default();
        let end = entries.last().map_or((0, EntryId::ZERO), |last| (last.header.seq, last.header.id()));
        let time = site.clock(self.now_ms);
        let draft = Draft { kind: Kind::Change, space: log.space, organisation, record, generation: 0, time, payload };
        let entry = draft.seal(end, secret);
        let id = entry.header.id();
        entries.push(entry);
        Some(id)
    }

    fn expect(&mut self, sealed: Option<EntryId>, standing: Standing) {
        self.attempts.powerless.extend(sealed.map(|id| (id, standing)));
    }

    /// Has one node take in a file that holds all of an attacker's log.
    fn carry_log(&mut self, from: usize, to: usize, log: LogKey) -> Checked {
        self.carry_behind(from, to, log, LogEnd::START)
    }

    /// The same, without what the node is known to hold.
    fn carry_behind(&mut self, from: usize, to: usize, log: LogKey, known: LogEnd) -> Checked {
        let entries = self.attempts.logs.get(&log).cloned().unwrap_or_default();
        let stick = Stick(entries.into_iter().map(Authentic::from_store).collect());
        let (Some(last), Some(site)) = (stick.0.last(), self.sites.get(from)) else { return Ok(()) };
        let (end, organisation) = (last.end(), last.entry().header.organisation);
        let held = BTreeMap::from([(log, Log { organisation, end, checked: end })]);
        let governance = &site.disk.image.governance;
        let Ok(frames) = carried::frames(governance, &held, &BTreeMap::from([(log, known)]), &stick) else {
            return Ok(());
        };
        self.take_in(to, frames)
    }

    /// Signs the next entry of a log on behalf of another organisation, an ally's, that grants its key first.
    fn serve_two(&mut self, from: usize, to: usize) -> Checked {
        let Some((log, false)) = self.attacking_log(from) else { return Ok(()) };
        let Some((thief, victim)) = self.sites.get(from).zip(self.sites.get(to)) else { return Ok(()) };
        let is_ally = |site: &&super::Site| !site.is_honest() && site.keys.organisation != thief.keys.organisation;
        let Some(ally) = self.sites.iter().find(is_ally).map(|site| site.keys.organisation) else { return Ok(()) };
        let governance = &victim.disk.image.governance;
        if governance.may_take(&log.space, &log.author, &ally).is_err() {
            return self.ally_with(ally, from);
        }
        let before = victim.disk.image.logs.get(&log).map(|held| held.end);
        let is_next = |before: &LogEnd| {
            let last = self.attempts.logs.get(&log).and_then(|entries| entries.last());
            last.is_some_and(|last| last.header.id() == before.id)
        };
        let Some(before) = before.filter(is_next) else { return Ok(()) };
        let payload = note(&mut self.random);
        let sealed = self.seal(from, log, ally, RecordId::new([1; 16]), payload);
        self.attempts.strange.extend(sealed);
        self.carry_behind(from, to, log, before)?;
        self.attempts.logs.get_mut(&log).map(Vec::pop);
        Ok(())
    }

    /// Has an organisation grant a key of another's, once.
    fn ally_with(&mut self, ally: OrganisationId, from: usize) -> Checked {
        let Some(key) = self.sites.get(from).map(|site| SecretKey::from_seed(&site.keys.seeds[1])) else {
            return Ok(());
        };
        let Some(desk) = self.desk_of(ally).filter(|_| self.attempts.allied.insert((ally, key.public()))) else {
            return Ok(());
        };
        let own = self.administrators.iter_mut().find(|own| own.organisation == ally);
        let Some(act) = own.and_then(|own| own.grant_shared(&key, &mut self.random)) else { return Ok(()) };
        self.acts_due += 1;
        self.hand_in(desk, Box::new(act))
    }

    /// Claims for the own organisation whatever others signed of a draft that waits: the organisation beside a signature is not
    /// signed, and nobody proves that a root key is his.
    fn copy_signatures(&mut self, from: usize) -> Checked {
        let Some(site) = self.sites.get(from) else { return Ok(()) };
        let (governance, own) = (&site.disk.image.governance, site.keys.organisation);
        let is_open = |act: &&Act| act.as_charter().is_some() && waits_for_signatures(governance, act);
        let roots = governance.organisations().into_iter().find(|info| info.id == own).and_then(|info| info.roots);
        let roots = roots.map(|roots| roots.keys).unwrap_or_default();
        let copied = governance.acts().filter(is_open).filter_map(|act| {
            let is_claimed = |signed: &&ActSignature| signed.organisation != own && roots.contains(&signed.key);
            let claimed = act.signatures().iter().find(is_claimed)?;
            let is_there = act.signatures().iter().any(|signed| signed.organisation == own);
            let claimed = ActSignature { organisation: own, ..*claimed };
            (!is_there).then(|| act.clone().with_signature(claimed).encode())
        });
        for bytes in copied.collect::<Vec<_>>() {
            self.act(from, |site, around| site.handle(Input::SubmitAct { request: 0, bytes }, around))?;
        }
        Ok(())
    }

    /// A thief of root keys makes keys of his own the next ones.
    fn rotate_uncommitted(&mut self, from: usize) -> Checked {
        let [new, next] =
            [self.random.bytes::<32>(), self.random.bytes::<32>()].map(|seed| SecretKey::from_seed(&seed));
        let next = vec![next_key_hash(&next.public())];
        let roots = Roots { keys: vec![new.public()], next, next_threshold: 1, threshold: 1 };
        let body = OrganisationBody { roots: Some(roots), ..OrganisationBody::default() };
        self.hand_in_own(from, body, Some(new))
    }

    fn grant_twice(&mut self, from: usize) -> Checked {
        let Some(keys) = self.sites.get(from).map(|site| &site.keys) else { return Ok(()) };
        let subject = GrantSubject::of_organisation(keys.organisation);
        let grants = vec![Grant::of(&keys.contributor, &subject, Role::Publisher, "again")];
        self.hand_in_own(from, OrganisationBody { grants, ..OrganisationBody::default() }, None)
    }

    /// Who holds an admin key alone makes a key that attests, or another admin.
    fn grant_as_admin(&mut self, from: usize) -> Checked {
        let key = SecretKey::from_seed(&self.random.bytes());
        let role = if self.random.chance(50) { Role::Node } else { Role::Admin };
        let Some(organisation) = self.sites.get(from).map(|site| site.keys.organisation) else { return Ok(()) };
        let own = self.administrators.iter().find(|own| own.organisation == organisation);
        let Some(admin) = own.map(|own| own.admin()) else { return Ok(()) };
        let grants = vec![Grant::of(&key, &GrantSubject::of_organisation(organisation), role, "mine")];
        self.hand_in_own(from, OrganisationBody { grants, ..OrganisationBody::default() }, Some(admin))
    }

    /// Grants a key of the one who is attacked, with a proof by another key.
    fn grant_foreign(&mut self, from: usize, to: usize) -> Checked {
        let Some((thief, victim)) = self.sites.get(from).zip(self.sites.get(to)) else { return Ok(()) };
        let subject = GrantSubject::of_organisation(thief.keys.organisation);
        if thief.keys.organisation == victim.keys.organisation {
            return Ok(());
        }
        let own = Grant::of(&thief.keys.contributor, &subject, Role::Contributor, "mine");
        let grants = vec![Grant { key: victim.keys.contributor.public(), ..own }];
        self.hand_in_own(from, OrganisationBody { grants, ..OrganisationBody::default() }, None)
    }

    /// Drafts a charter that admits an organisation whose root key is the identity: whoever likes signs for it.
    fn nominate_weak(&mut self, from: usize) -> Checked {
        let Some(site) = self.sites.get(from) else { return Ok(()) };
        let governance = &site.disk.image.governance;
        let Some((before, charter)) = governance.charter_act().zip(governance.charter()) else { return Ok(()) };
        let mut identity = [0; 32];
        identity[0] = 1;
        let next = vec![next_key_hash(&site.keys.contributor.public())];
        let roots = Roots { keys: vec![PublicKey::new(identity)], next, next_threshold: 1, threshold: 1 };
        // What its own code refuses to make was refused where it would be read.
        let Ok(first) = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false) else {
            return Ok(());
        };
        let mut members = charter.members.clone();
        members.push(OrganisationId::new(*first.id().as_bytes()));
        let threshold = members.len() as u64 / 2 + 1;
        let charter = Charter {
            limits: charter.limits.clone(),
            policies: charter.policies.clone(),
            ..Charter::new("Widened", members, threshold)
        };
        let (place, organisation) = (self.behind(before), site.keys.organisation);
        let own = self.administrators.iter().find(|administrator| administrator.organisation == organisation);
        let Some(root) = own.and_then(|own| own.root()) else { return Ok(()) };
        let Ok(draft) = Act::draft(place, &Body::Charter(charter)) else { return Ok(()) };
        let signature = draft.sign(organisation, &root);
        let bytes = draft.with_signature(signature).encode();
        self.act(from, |site, around| site.handle(Input::SubmitAct { request: 0, bytes }, around))?;
        self.hand_in_refused(from, first)
    }

    /// Hands in an act of the attacker's organisation that every node must refuse.
    fn hand_in_own(&mut self, from: usize, body: OrganisationBody, signer: Option<SecretKey>) -> Checked {
        let Some(organisation) = self.sites.get(from).map(|site| site.keys.organisation) else { return Ok(()) };
        let own = self.administrators.iter().find(|administrator| administrator.organisation == organisation);
        let Some((last, root)) = own.and_then(|own| Some((own.last()?.clone(), own.root()?))) else { return Ok(()) };
        let place = self.behind(&last);
        let Ok(act) = Act::draft(place, &Body::Organisation(body)) else { return Ok(()) };
        let signature = act.sign(organisation, signer.as_ref().unwrap_or(&root));
        self.hand_in_refused(from, act.with_signature(signature))
    }

    /// Hands in a charter whose threshold is one, signed by whoever would.
    fn found_minority(&mut self, from: usize) -> Checked {
        let Some(site) = self.sites.get(from) else { return Ok(()) };
        let governance = &site.disk.image.governance;
        let Some((before, charter)) = governance.charter_act().zip(governance.charter()) else { return Ok(()) };
        let charter = Charter {
            instead: Vec::new(),
            predecessors: Vec::new(),
            removed: Vec::new(),
            settles: None,
            threshold: 1,
            ..charter.clone()
        };
        let (place, organisation) = (self.behind(before), site.keys.organisation);
        // What its own code refuses to make was refused where it would be read.
        let Ok(act) = Act::draft(place, &Body::Charter(charter)) else { return Ok(()) };
        let own = self.administrators.iter().find(|administrator| administrator.organisation == organisation);
        let Some(root) = own.and_then(|own| own.root()) else { return Ok(()) };
        let signature = act.sign(organisation, &root);
        self.hand_in_refused(from, act.with_signature(signature))
    }

    /// One organisation grants as many attesting keys as there are nodes.
    fn grant_sybils(&mut self, from: usize) -> Checked {
        let Some(organisation) = self.sites.get(from).map(|site| site.keys.organisation) else { return Ok(()) };
        let keys: Vec<SecretKey> = self.sites.iter().map(|_| SecretKey::from_seed(&self.random.bytes())).collect();
        let Some(desk) = self.desk_of(organisation) else { return Ok(()) };
        let mut own = self.administrators.iter_mut().filter(|one| one.organisation == organisation);
        let (Some(own), None) = (own.next(), &self.attempts.sybils) else { return Ok(()) };
        let Some(act) = own.grant_attesters(&keys, &mut self.random) else { return Ok(()) };
        self.attempts.sybils = Some((organisation, keys));
        self.acts_due += 1;
        self.hand_in(desk, Box::new(act))
    }

    /// Where an act waits for others' words, all these keys say at once that they hold it.
    fn say_often(&mut self, from: usize, honest: &[usize]) -> Checked {
        let waiting = honest.iter().find_map(|at| Some((*at, waiting(&self.sites.get(*at)?.disk.image.governance)?)));
        let Some(((to, line), (organisation, keys))) = waiting.zip(self.attempts.sybils.as_mut()) else {
            return Ok(());
        };
        let (organisation, keys) = (*organisation, std::mem::take(keys));
        for key in keys {
            let log = LogKey { space: self.members, author: key.public() };
            let said = Attestation { acts: BTreeSet::from([line]), ..Attestation::default() };
            let payload = Payload { salt: self.random.bytes(), bytes: said.encode() };
            let time = Timestamp(0);
            let (kind, record) = (Kind::Attestation, RecordId::ZERO);
            let draft = Draft { kind, space: log.space, organisation, record, generation: 0, time, payload };
            self.attempts.logs.insert(log, vec![draft.seal((0, EntryId::ZERO), &key)]);
            self.carry_log(from, to, log)?;
        }
        Ok(())
    }

    fn behind(&self, last: &Act) -> Place {
        let (version, consortium) = (last.version() + 1, self.consortium);
        Place { version, consortium, scope: last.scope_id(), previous: last.id() }
    }

    fn hand_in_refused(&mut self, from: usize, act: Act) -> Checked {
        self.attempts.refused.insert(act.id());
        let bytes = act.encode();
        self.act(from, |site, around| site.handle(Input::SubmitAct { request: 0, bytes }, around))
    }
}

/// A version of the charter that waits for acknowledgements alone.
fn waiting(governance: &Governance) -> Option<ActLine> {
    let waits = |act: &&Act| {
        let status = governance.status(&act.id());
        let is_known = matches!(status, Some(ActStatus::NotInEffectYet { why: Wait::Acknowledgements { .. } }));
        is_known && act.as_charter().is_some()
    };
    let act = governance.acts().find(waits)?;
    Some(ActLine { scope: act.scope_id(), version: act.version(), act: act.id() })
}

/// A claim that nobody else makes.
fn note(random: &mut Random) -> Payload {
    let bytes = format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"note","value":"note {}"}}}}]}}"#, random.next());
    Payload { salt: random.bytes(), bytes: bytes.into_bytes() }
}

/// A payload that breaks one rule: of `own`, the narrative that its entry may begin, or of one that it may not.
fn bad_payload(own: NarrativeId, foreign: NarrativeId, random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        0 => b"{}".to_vec(),
        1 => format!(r#"{{"after":[],"ops":[{{"at":9,"delete":9,"edit":"{own}","insert":"x"}}]}}"#).into_bytes(),
        2 => write::narrative_edit(foreign, &[], "", "taken").unwrap_or_default(),
        3 => br#"{"ops":[{"claim":{"value":"turned round","prop":"note","lang":"en"}}]}"#.to_vec(),
        4 => too_many(),
        _ => br#"{"ops":[{"claim":{"value":1e3}}]}"#.to_vec(),
    }
}

/// A payload of one operation more than there may be.
fn too_many() -> Vec<u8> {
    let retract = |number: u64| {
        let claim = ClaimId::new(Random::new(number).bytes());
        Operation::Retract(Retract { claim, reason: "error".to_owned(), note: None })
    };
    let all: Vec<Operation> = (0..=limits::OPERATIONS as u64).map(retract).collect();
    let payloads = write::claims(&all).unwrap_or_default();
    let (before, behind) = (br#"{"ops":["#, b"]}");
    let inner = |payload: &Vec<u8>| payload[before.len()..payload.len() - behind.len()].to_vec();
    let operations: Vec<Vec<u8>> = payloads.iter().map(inner).collect();
    [&before[..], &operations.join(&b","[..]), &behind[..]].concat()
}

/// An edit that stands on one which does not exist.
fn on_missing(narrative: NarrativeId, random: &mut Random) -> Vec<u8> {
    write::narrative_edit(narrative, &[EntryId::new(random.bytes())], "", "never").unwrap_or_default()
}
