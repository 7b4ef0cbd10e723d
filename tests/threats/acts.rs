//! Rows 4, 5, 21, 23, 26, 61 and 63: stolen root keys, many keys of one organisation, rivals, roles that are granted.

use std::collections::BTreeSet;

use isnad_protocol::act::{
    Act, Body, Charter, Cut, Grant, GrantSubject, OrganisationBody, OrganisationKind, Place, Removal, Revocation, Role,
    Roots, founding, next_key_hash,
};
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::governance::{ActStatus, Governance};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::time::Timestamp;

use crate::falls_without;

/// Of an organisation: its root, the next one, the one after; its keys of each role; from 100 on as many as it wants.
const ROOT: u8 = 1;
const NEXT: u8 = 2;
const AFTER_NEXT: u8 = 3;
const CONTRIBUTOR: u8 = 12;
const ADMIN: u8 = 14;
const NODE: u8 = 15;

fn key(who: u8, number: u8) -> SecretKey {
    let mut seed = [0x71; 32];
    (seed[0], seed[1]) = (who, number);
    SecretKey::from_seed(&seed)
}

fn roots(who: u8, current: u8, next: u8) -> Roots {
    let next = vec![next_key_hash(&key(who, next).public())];
    Roots { keys: vec![key(who, current).public()], next, next_threshold: 1, threshold: 1 }
}

fn first_act(who: u8) -> Act {
    let roots = roots(who, ROOT, NEXT);
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = Role::ALL.map(|role| Grant::of(&key(who, 10 + role.code()), &subject, role, role.name())).to_vec();
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, grants, true).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &key(who, ROOT));
    act.with_signature(signature)
}

fn id(who: u8) -> OrganisationId {
    first_act(who).organisation().unwrap()
}

/// A consortium of organisations 1 to n.
#[derive(Clone)]
struct Founded {
    governance: Governance,
    charter: Act,
}

impl Founded {
    fn of(n: u8) -> Self {
        let threshold = u64::from(n / 2 + 1);
        let members = (1..=n).map(id).collect();
        let charter = founding::charter("Partnership", members, threshold, Object::new(), Object::new()).unwrap();
        let charter = signed(&charter, &(1..=n).collect::<Vec<_>>());
        let acts = (1..=n).map(first_act).chain([charter.clone()]).collect();
        Self { governance: Governance::assemble(acts).unwrap(), charter }
    }

    fn after(&self, previous: &Act, body: &Body) -> Act {
        let (consortium, version) = (self.governance.consortium(), previous.version() + 1);
        let place = Place { version, consortium, scope: previous.scope_id(), previous: previous.id() };
        Act::draft(place, body).unwrap()
    }

    fn version(&self, previous: &Act, change: impl FnOnce(&mut Charter)) -> Act {
        let mut charter = Charter { removed: Vec::new(), ..previous.as_charter().unwrap().clone() };
        change(&mut charter);
        self.after(previous, &Body::Charter(charter))
    }

    /// An organisation's own act, signed by one key.
    fn own(&self, who: u8, previous: &Act, body: OrganisationBody, signer: u8) -> Act {
        let act = self.after(previous, &Body::Organisation(body));
        let signature = act.sign(id(who), &key(who, signer));
        act.with_signature(signature)
    }

    fn take(&mut self, act: &Act) {
        self.governance.take(act.clone()).unwrap();
    }

    fn is_in_effect(&self, act: &Act) -> bool {
        self.governance.status(&act.id()) == Some(ActStatus::InEffect)
    }

    /// A version that these sign and name.
    fn carry(&mut self, act: &Act, by: &[u8]) {
        self.take(&signed(act, by));
        for who in by {
            self.governance.attest(&word(self.governance.consortium(), *who, NODE, act.id()));
        }
    }
}

fn signed(act: &Act, by: &[u8]) -> Act {
    by.iter().fold(act.clone(), |act, who| {
        let signature = act.sign(id(*who), &key(*who, ROOT));
        act.with_signature(signature)
    })
}

/// The first attestation of a key, which names an act.
fn word(consortium: ConsortiumId, who: u8, number: u8, act: ActId) -> Authentic {
    word_after(consortium, who, number, (0, EntryId::ZERO), act)
}

fn word_after(consortium: ConsortiumId, who: u8, number: u8, end: (u64, EntryId), act: ActId) -> Authentic {
    let line = ActLine { scope: act, version: 1, act };
    let attestation = Attestation { acts: BTreeSet::from([line]), ..Attestation::default() };
    let draft = Draft {
        kind: Kind::Attestation,
        space: OpenSpace::Members.id(&consortium),
        organisation: id(who),
        record: RecordId::ZERO,
        generation: 0,
        time: Timestamp(0),
        payload: Payload { salt: [1; 16], bytes: attestation.encode() },
    };
    Authentic::from_store(draft.seal(end, &key(who, number)))
}

fn granting(who: u8, keys: impl IntoIterator<Item = u8>, role: Role) -> OrganisationBody {
    let subject = GrantSubject::of_organisation(id(who));
    let mut grants: Vec<_> = keys.into_iter().map(|number| Grant::of(&key(who, number), &subject, role, "")).collect();
    grants.sort_by_key(|grant| grant.key);
    OrganisationBody { grants, ..OrganisationBody::default() }
}

fn rotating(who: u8, to: u8, next: u8) -> OrganisationBody {
    OrganisationBody { roots: Some(roots(who, to, next)), ..OrganisationBody::default() }
}

fn removing(charter: &mut Charter, who: u8, last: &Act) {
    charter.members.retain(|member| *member != id(who));
    charter.threshold = u64::try_from(charter.members.len() / 2 + 1).unwrap();
    charter.removed = vec![Removal { act: last.id(), cuts: Vec::new(), organisation: id(who), is_suspended: true }];
}

#[test]
fn t_prerotation_recovers() {
    falls_without(Breakage::PrerotationRecovers, || {
        let mut founded = Founded::of(3);
        let first = first_act(1);
        let theft = founded.own(1, &first, granting(1, [100], Role::Publisher), ROOT);
        founded.take(&theft);
        let stolen = founded.own(1, &first, rotating(1, 200, 201), 200);
        let refused = founded.governance.take(stolen).map_err(|refusal| refusal.code());
        assert_eq!(refused, Err("act_not_committed"), "the thief's rotation");
        let rotation = founded.own(1, &first, rotating(1, NEXT, AFTER_NEXT), NEXT);
        founded.take(&rotation);
        assert!(founded.is_in_effect(&rotation));
        assert_eq!(founded.governance.status(&theft.id()), Some(ActStatus::Lost { to: rotation.id() }));
        assert_eq!(founded.governance.key_role(&key(1, 100).public(), &id(1)), None);
        let late = founded.own(1, &rotation, granting(1, [101], Role::Publisher), ROOT);
        assert!(founded.governance.take(late).is_err(), "the stolen root signs nothing more");
    });
}

/// Of the first organisation: its root keys, the next and those after, by their first number.
const GENERATIONS: [u8; 3] = [20, 40, 60];

/// So many root keys in each generation, of which so many sign.
#[derive(Clone, Copy)]
struct Shape {
    keys: u8,
    threshold: u8,
}

impl Shape {
    /// The keys of a generation.
    fn of(self, generation: usize) -> Vec<u8> {
        (GENERATIONS[generation]..).take(usize::from(self.keys)).collect()
    }

    fn roots(self, current: &[u8], threshold: u8, next: &[u8]) -> Roots {
        let mut keys: Vec<_> = current.iter().map(|number| key(1, *number).public()).collect();
        let mut next: Vec<_> = next.iter().map(|number| next_key_hash(&key(1, *number).public())).collect();
        keys.sort_unstable();
        next.sort_unstable();
        Roots { keys, next, next_threshold: u64::from(self.threshold), threshold: u64::from(threshold) }
    }

    fn first_act(self) -> Act {
        let roots = self.roots(&self.of(0), self.threshold, &self.of(1));
        let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).unwrap();
        signed_by(act, OrganisationId::ZERO, &self.of(0))
    }
}

/// Signed by these keys of the first organisation.
fn signed_by(act: Act, organisation: OrganisationId, keys: &[u8]) -> Act {
    keys.iter().fold(act, |act, number| {
        let signature = act.sign(organisation, &key(1, *number));
        act.with_signature(signature)
    })
}

/// Whoever holds all of today's root keys, and of the next ones one fewer than a rotation takes, loses all that he did to the
/// rotation of those who hold enough of the next ones, whatever he signed and before whom.
fn check_prerotation(shape: Shape) {
    let first = shape.first_act();
    let own = first.organisation().unwrap();
    let members = BTreeSet::from([own, id(2), id(3)]).into_iter().collect();
    let charter = founding::charter("Partnership", members, 2, Object::new(), Object::new()).unwrap();
    let charter = signed_by(signed(&charter, &[2, 3]), own, &shape.of(0));
    let acts = vec![charter.clone(), first.clone(), first_act(2), first_act(3)];
    let mut founded = Founded { governance: Governance::assemble(acts).unwrap(), charter };
    let after = |founded: &Founded, previous: &Act, body: OrganisationBody, keys: &[u8]| {
        signed_by(founded.after(previous, &Body::Organisation(body)), own, keys)
    };
    let publisher = |number: u8| {
        let grant = Grant::of(&key(1, number), &GrantSubject::of_organisation(own), Role::Publisher, "");
        OrganisationBody { grants: vec![grant], ..OrganisationBody::default() }
    };
    let rotation = |roots: Roots| OrganisationBody { roots: Some(roots), ..OrganisationBody::default() };
    let (stolen, committed, enough) = (shape.of(0), shape.of(1), usize::from(shape.threshold));

    // With one key too few nothing that he signs stands.
    let short = after(&founded, &first, publisher(100), &stolen[..enough - 1]);
    drop(founded.governance.take(short.clone()));
    assert!(!founded.is_in_effect(&short), "signed by too few of the roots");
    let theft = after(&founded, &first, publisher(101), &stolen);
    founded.take(&theft);
    // To keys of his own he cannot rotate, nor to some of his own beside those that were committed to.
    for keys in [vec![200, 201, 202], [&committed[..1], &[200]].concat()] {
        let body = rotation(shape.roots(&keys, 1, &[210, 211, 212]));
        let refused = founded.governance.take(after(&founded, &first, body, &[&keys[..], &stolen].concat()));
        assert_eq!(refused.map_err(|refusal| refusal.code()), Err("act_not_committed"), "the thief's rotation");
    }
    // Nor with fewer of the committed ones than the act before says, though his own says that one is enough.
    if enough > 1 {
        let some = &committed[..enough - 1];
        let body = rotation(shape.roots(some, 1, &[210, 211, 212]));
        let stolen_next = after(&founded, &first, body, &[some, &stolen].concat());
        drop(founded.governance.take(stolen_next.clone()));
        assert!(!founded.is_in_effect(&stolen_next), "signed by too few of the next roots");
    }
    let rotated = rotation(shape.roots(&committed, shape.threshold, &shape.of(2)));
    let recovers = after(&founded, &first, rotated, &committed[..enough]);
    founded.take(&recovers);
    assert!(founded.is_in_effect(&recovers));
    assert_eq!(founded.governance.status(&theft.id()), Some(ActStatus::Lost { to: recovers.id() }));
    assert_eq!(founded.governance.key_role(&key(1, 101).public(), &own), None);
    let late = after(&founded, &recovers, publisher(102), &stolen);
    assert!(founded.governance.take(late).is_err(), "the stolen roots sign nothing more");
    let good = after(&founded, &recovers, publisher(103), &committed[..enough]);
    founded.take(&good);
    assert!(founded.is_in_effect(&good));
}

#[test]
fn t_prerotation_recovers_with_thresholds() {
    for (keys, threshold) in [(1, 1), (3, 2), (3, 3), (5, 3)] {
        falls_without(Breakage::PrerotationRecovers, || check_prerotation(Shape { keys, threshold }));
    }
}

#[test]
fn t_total_loss_readmit() {
    falls_without(Breakage::TotalLossReadmit, || {
        let mut founded = Founded::of(4);
        let first = first_act(1);
        let good = founded.own(1, &first, granting(1, [100], Role::Contributor), ROOT);
        let stolen = founded.own(1, &good, rotating(1, NEXT, 200), NEXT);
        let theft = founded.own(1, &stolen, granting(1, [201], Role::Publisher), NEXT);
        for act in [&good, &stolen, &theft] {
            founded.take(act);
        }
        assert!(founded.is_in_effect(&theft), "alone the organisation cannot recover");
        let members = OpenSpace::Members.id(&founded.governance.consortium());
        let log = LogKey { space: members, author: key(1, 100).public() };
        let cut = Cut::new(&log, LogEnd { seq: 9, id: EntryId::new([4; 32]) });
        let suspends = founded.version(&founded.charter, |charter| {
            removing(charter, 1, &good);
            charter.removed[0].cuts = vec![cut];
        });
        founded.carry(&suspends, &[2, 3, 4]);
        let new = first_act(9);
        let readmits = founded.version(&suspends, |charter| {
            charter.members.push(id(9));
            charter.members.sort_unstable();
            charter.threshold = 3;
            charter.predecessors = vec![(id(9), id(1))];
        });
        founded.take(&signed(&readmits, &[2, 3, 4]));
        founded.take(&new);
        for who in [2, 3, 4] {
            let last = word(founded.governance.consortium(), who, NODE, suspends.id());
            let end = (last.end().seq, last.id());
            let word = word_after(founded.governance.consortium(), who, NODE, end, readmits.id());
            founded.governance.attest(&word);
        }
        assert!(founded.is_in_effect(&readmits) && founded.is_in_effect(&new) && founded.is_in_effect(&good));
        for act in [&stolen, &theft] {
            let by = suspends.id();
            assert_eq!(founded.governance.status(&act.id()), Some(ActStatus::TakenOut { by }));
        }
        // What it wrote stays, up to the position; what the thief granted has no standing.
        let may = founded.governance.authorise(&members, &log.author, &id(1), Kind::Change);
        assert_eq!(may, Ok(()));
        assert_eq!(founded.governance.cuts(&log, &id(1)), vec![(suspends.id(), Some(cut))]);
        let info = founded.governance.key(&id(1), &key(1, 201).public()).unwrap();
        assert_eq!(info.lost, Some(suspends.id()));
        assert_eq!(founded.governance.charter().unwrap().predecessors, vec![(id(9), id(1))]);
    });
}

#[test]
fn t_sybil_keys() {
    falls_without(Breakage::SybilKeys, || {
        let mut founded = Founded::of(3);
        let first = first_act(1);
        let many = founded.own(1, &first, granting(1, 100..200, Role::Node), ROOT);
        founded.take(&many);
        let act = founded.version(&founded.charter, |charter| charter.name = "second".to_owned());
        founded.take(&signed(&act, &[1, 2]));
        let consortium = founded.governance.consortium();
        for number in 100..200 {
            founded.governance.attest(&word(consortium, 1, number, act.id()));
        }
        assert!(!founded.is_in_effect(&act), "a hundred keys of one organisation are one word");
        founded.governance.attest(&word(consortium, 2, NODE, act.id()));
        assert!(founded.is_in_effect(&act));
    });
}

/// What one organisation does about two rivals: which it signs, and which it names, in order.
const CONDUCT: [(&[usize], &[usize]); 8] = [
    (&[], &[]),
    (&[0], &[0]),
    (&[1], &[1]),
    (&[0, 1], &[0]),
    (&[0, 1], &[0, 1]),
    (&[], &[1]),
    (&[0], &[]),
    (&[0], &[0, 1]),
];

/// All ways for `n` organisations to conduct themselves, up to renaming.
fn assignments(n: usize, least: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let with = |conduct: usize| assignments(n - 1, conduct).into_iter().map(move |rest| [vec![conduct], rest].concat());
    (least..CONDUCT.len()).flat_map(with).collect()
}

/// One thing that arrives.
enum Arrival {
    Signature(Act),
    Word(Authentic),
}

#[test]
fn t_gov_conflict_orders() {
    falls_without(Breakage::GovConflictOrders, || {
        for n in 1..=5 {
            let founded = Founded::of(n);
            let rivals = ["one", "other"]
                .map(|name| founded.version(&founded.charter, |charter| charter.name = name.to_owned()));
            let copies: Vec<[Act; 2]> = (1..=n).map(|who| [0, 1].map(|act| signed(&rivals[act], &[who]))).collect();
            for conducts in assignments(usize::from(n), 0) {
                check_conflict(&founded, &rivals, &copies, &conducts);
            }
        }
    });
}

/// At most one takes effect, none after the other as more comes in, and the order shows nowhere in the end.
fn check_conflict(founded: &Founded, rivals: &[Act; 2], copies: &[[Act; 2]], conducts: &[usize]) {
    let consortium = founded.governance.consortium();
    let mut arrivals = Vec::new();
    for (who, conduct) in (1..).zip(conducts) {
        let (signs, names) = CONDUCT[*conduct];
        let copies = &copies[usize::from(who) - 1];
        arrivals.extend(signs.iter().map(|act| Arrival::Signature(copies[*act].clone())));
        let mut end = (0, EntryId::ZERO);
        for act in names {
            let word = word_after(consortium, who, NODE, end, rivals[*act].id());
            end = (word.end().seq, word.id());
            arrivals.push(Arrival::Word(word));
        }
    }
    let run = |arrivals: &mut dyn Iterator<Item = &Arrival>| {
        let mut governance = founded.governance.clone();
        let mut winner = None;
        for arrival in arrivals {
            match arrival {
                Arrival::Signature(act) => drop(governance.take(act.clone()).unwrap()),
                Arrival::Word(word) => drop(governance.attest(word)),
            }
            let status = |act: &Act| governance.status(&act.id()) == Some(ActStatus::InEffect);
            let standing: Vec<ActId> = rivals.iter().filter(|act| status(act)).map(Act::id).collect();
            assert!(standing.len() < 2, "two versions of one number");
            if let [one] = standing[..] {
                assert!(winner.is_none_or(|winner| winner == one), "one rival after the other");
                winner = Some(one);
            }
        }
        governance.history()
    };
    assert_eq!(run(&mut arrivals.iter()), run(&mut arrivals.iter().rev()), "{conducts:?}");
}

#[test]
fn t_mutual_removal() {
    falls_without(Breakage::MutualRemoval, || {
        let mut founded = Founded::of(5);
        let out = [2, 1].map(|who| {
            let last = first_act(who);
            founded.version(&founded.charter, |charter| removing(charter, who, &last))
        });
        // Each alone, whoever names it, has not the signatures.
        for (who, act) in (1..).zip(&out) {
            founded.take(&signed(act, &[who]));
        }
        let consortium = founded.governance.consortium();
        for who in [1, 3, 4] {
            founded.governance.attest(&word(consortium, who, NODE, out[0].id()));
        }
        assert_eq!(founded.governance.organisations().len(), 5, "one organisation removes nobody");
        founded.take(&signed(&out[0], &[3, 4]));
        assert_eq!(founded.governance.organisations().len(), 4);
        // The other one may get its signatures too: it never removes a second.
        founded.take(&signed(&out[1], &[4, 5]));
        founded.governance.attest(&word(consortium, 2, NODE, out[1].id()));
        founded.governance.attest(&word(consortium, 5, NODE, out[1].id()));
        assert!(founded.governance.organisations().len() >= 4);
        assert!(founded.governance.organisations().iter().any(|info| info.id == id(1)), "who removed is not removed");
    });
}

#[test]
fn t_role_grant_listed() {
    falls_without(Breakage::RoleGrantListed, || {
        let mut founded = Founded::of(2);
        let first = first_act(1);
        // With an admin key he may make himself a publisher, and everyone sees by which act, signed by which key.
        let act = founded.own(1, &first, granting(1, [100], Role::Publisher), ADMIN);
        founded.take(&act);
        let info = founded.governance.key(&id(1), &key(1, 100).public()).unwrap();
        assert_eq!((info.role, info.granted_by), (Role::Publisher, act.id()));
        let held = founded.governance.act(&info.granted_by).unwrap();
        assert_eq!(held.signatures()[0].key, key(1, ADMIN).public());
        assert!(founded.governance.history().contains(&(act.id(), ActStatus::InEffect)));
        // Nobody makes himself an admin or a node without the roots.
        for role in [Role::Admin, Role::Node] {
            let act = founded.own(1, &act, granting(1, [101], role), ADMIN);
            assert!(founded.governance.take(act).is_err(), "{role:?}");
        }
    });
}

#[test]
fn t_role_change_is_new_key() {
    falls_without(Breakage::RoleChangeIsNewKey, || {
        let mut founded = Founded::of(2);
        let first = first_act(1);
        let again = founded.own(1, &first, granting(1, [CONTRIBUTOR], Role::Publisher), ROOT);
        let refused = founded.governance.take(again).map_err(|refusal| refusal.code());
        assert_eq!(refused, Err("act_granted_twice"), "one role for a key's life");
        let members = OpenSpace::Members.id(&founded.governance.consortium());
        let log = LogKey { space: members, author: key(1, CONTRIBUTOR).public() };
        let cut = Cut::new(&log, LogEnd { seq: 3, id: EntryId::new([5; 32]) });
        let revocation = Revocation { cuts: vec![cut], key: log.author, reason: "superseded".to_owned() };
        let body = OrganisationBody { revocations: vec![revocation], ..granting(1, [100], Role::Publisher) };
        let act = founded.own(1, &first, body, ROOT);
        founded.take(&act);
        assert_eq!(founded.governance.key_role(&key(1, 100).public(), &id(1)), Some(Role::Publisher));
        assert_eq!(founded.governance.key_role(&log.author, &id(1)), None);
        assert_eq!(
            founded.governance.cuts(&log, &id(1)),
            vec![(act.id(), Some(cut))],
            "the old role ends at a position"
        );
    });
}

/// Until which day a key is meant to be used is for people to know.
#[test]
fn an_admin_key_past_its_day_grants_as_before() {
    let mut founded = Founded::of(2);
    let first = first_act(1);
    let mut admin = granting(1, [100], Role::Admin);
    admin.grants[0].expires = isnad_protocol::time::Day::new(1970, 1, 2);
    let grants = founded.own(1, &first, admin, ROOT);
    founded.take(&grants);
    let granted = founded.own(1, &grants, granting(1, [101], Role::Contributor), 100);
    founded.take(&granted);
    assert!(founded.is_in_effect(&granted));
    assert_eq!(founded.governance.key_role(&key(1, 101).public(), &id(1)), Some(Role::Contributor));
}
