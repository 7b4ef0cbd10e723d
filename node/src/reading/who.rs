//! The consortium as its acts describe it: who is a member, with which keys, by which act; who was one, who asks to be one;
//! where a chain halts, and who is to blame. Computed from governance alone.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::{Act, Kind, Role};
use isnad_protocol::governance::{
    ActStatus, Double, EndsBy, Governance, Halt, OrganisationInfo, Settling, Wait, Words,
};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, NodeId, OrganisationId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::time::Day;
use serde::{Deserialize, Serialize};

/// The consortium as its acts describe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Its id.
    pub consortium: ConsortiumId,
    /// Its name, once its charter is held.
    pub name: Option<String>,
    /// How many organisations sign an amendment.
    pub threshold: Option<u64>,
    /// The version of the charter that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charter: Option<ActRef>,
    /// Whose home this is.
    pub own: Option<OrganisationId>,
    /// The member organisations.
    pub organisations: Vec<Organisation>,
    /// Those that were members: suspended or removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Organisation>,
    /// Those whose first act is held and that no version of the charter in effect names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Organisation>,
    /// Where rivals stand against each other, and none in effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub halts: Vec<Halted>,
    /// Who signed two acts in one place, whatever became of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub double_signers: Vec<DoubleWord>,
    /// The spaces.
    pub spaces: Vec<Space>,
    /// Every act held.
    pub acts: Vec<ActLine>,
}

/// An act by its id and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActRef {
    /// Its id.
    pub id: ActId,
    /// 1, 2, …; 0 of one that is not held.
    pub version: u64,
}

impl ActRef {
    pub(super) fn of(governance: &Governance, id: ActId) -> Self {
        Self { id, version: governance.act(&id).map_or(0, Act::version) }
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What it is: state, ngo, international.
    pub kind: Option<String>,
    /// Its names by language.
    pub names: BTreeMap<String, String>,
    /// True if another is called so too, or nearly: whoever tells of it tells its id as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_name: bool,
    /// Its keys in effect; of a candidate those that its first act grants.
    pub keys: Vec<Key>,
    /// Its keys that are not in effect any more, or not yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Key>,
    /// Its root keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<RootKeys>,
    /// The first version of the charter since when it has been a member without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<ActRef>,
    /// The newest act of its own that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<ActRef>,
    /// The version of the charter that took it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_out: Option<ActRef>,
    /// True if it is to come back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_suspended: bool,
    /// The organisation that it was, under other keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<OrganisationId>,
    /// The organisation as which it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<OrganisationId>,
}

impl Organisation {
    /// One of which no more is known than what it is called.
    #[must_use]
    pub const fn named(id: OrganisationId, names: BTreeMap<String, String>) -> Self {
        Self {
            id,
            kind: None,
            names,
            shares_name: false,
            keys: Vec::new(),
            ended: Vec::new(),
            roots: None,
            since: None,
            standing: None,
            taken_out: None,
            is_suspended: false,
            predecessor: None,
            successor: None,
        }
    }
}

/// The keys that sign an organisation's acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKeys {
    /// Which.
    pub keys: Vec<PublicKey>,
    /// How many of them sign.
    pub threshold: u64,
    /// How many keys are committed to for the next rotation.
    pub next: usize,
    /// How many of those a rotation takes.
    pub next_threshold: u64,
}

/// A key granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key.
    pub key: PublicKey,
    /// Its role.
    pub role: String,
    /// The device.
    pub label: String,
    /// How other nodes name it in addresses; of node keys alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_id: Option<String>,
    /// The last day that it is meant to be used on. Shown, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
    /// The act that grants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<ActRef>,
    /// The acts that revoke it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked_by: Vec<ActRef>,
    /// The act that stands in the place of the only ones that grant it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_to: Option<ActRef>,
    /// True if it is granted only by acts after a halt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_halt: bool,
}

/// Rivals of which none is in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halted {
    /// charter, organisation or space.
    pub kind: String,
    /// Whose chain it is, if it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// The last act that stands.
    pub after: ActRef,
    /// Those that stand against each other.
    pub rivals: Vec<ActRef>,
    /// Who signed or acknowledged two of them, with the proof.
    pub double: Vec<DoubleWord>,
    /// settlement, rotation, suspension.
    pub ends_by: String,
    /// Of each rival who acknowledged it, and whose word counts.
    #[serde(default)]
    pub words: Vec<RivalWords>,
    /// How many have to acknowledge one of them so that it counts.
    #[serde(default)]
    pub needed: usize,
    /// What a settlement takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
}

/// Who acknowledged a rival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RivalWords {
    /// The rival.
    pub act: ActId,
    /// Those whose acknowledgement counts.
    pub counted: BTreeSet<OrganisationId>,
    /// Those who acknowledged it and are not counted: they signed or acknowledged another of them.
    pub not_counted: BTreeSet<OrganisationId>,
    /// Those who have not acknowledged it, and would count.
    pub awaited: BTreeSet<OrganisationId>,
}

/// What a settlement of a halt takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// How many sign it, those that it names as double signers not counted.
    pub needed: usize,
    /// Of how many.
    pub members: usize,
    /// Those whom it may name, for they signed two of the rivals.
    pub double: BTreeSet<OrganisationId>,
    /// The others who are asked to sign it.
    pub others: BTreeSet<OrganisationId>,
    /// How many it has to name.
    pub least: usize,
    /// How many it may name so that enough are left to sign.
    pub most: usize,
    /// False if no settlement can have enough signatures.
    pub is_possible: bool,
    /// True if the others are too few: a double signer has to sign it, and is not named then.
    pub takes_a_double_signer: bool,
}

/// That an organisation gave its word for two rivals. The acts, or the two attestations, prove it to anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubleWord {
    /// Who.
    pub organisation: OrganisationId,
    /// signed or acknowledged.
    pub how: String,
    /// The two acts.
    pub acts: [ActId; 2],
    /// The attestations that acknowledge each, where that is the proof.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<EntryId>,
}

/// A space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub name: String,
    /// TLP 2.0 label.
    pub tlp: String,
}

/// An act that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActLine {
    /// Its id.
    pub id: ActId,
    /// charter, organisation or space.
    pub kind: String,
    /// 1, 2, …
    pub version: u64,
    /// Signatures that count.
    pub signatures: usize,
    /// True if it is in effect.
    pub in_effect: bool,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

/// The consortium as acts describe it, without a home.
#[must_use]
pub fn who(governance: &Governance, own: Option<OrganisationId>) -> Who {
    let telling = Telling::of(governance);
    let charter = governance.charter();
    let spaces = governance.spaces().into_iter();
    let mut who = Who {
        consortium: governance.consortium(),
        name: charter.map(|charter| charter.name.clone()),
        threshold: charter.map(|charter| charter.threshold),
        charter: governance.charter_act().map(|act| ActRef { id: act.id(), version: act.version() }),
        own,
        organisations: governance.organisations().iter().map(|info| telling.organisation(info)).collect(),
        former: governance.former_organisations().iter().map(|info| telling.organisation(info)).collect(),
        candidates: telling.candidates(),
        halts: governance.halts().iter().map(|halt| telling.halt(halt)).collect(),
        double_signers: double_signers(governance),
        spaces: spaces.map(|space| Space { id: space.id, name: space.name, tlp: space.tlp }).collect(),
        acts: governance.acts().map(|act| act_line(governance, act)).collect(),
    };
    let all = || who.organisations.iter().chain(&who.former).chain(&who.candidates);
    let alike = super::namesakes::namesakes(all().map(|organisation| (organisation.id, &organisation.names)));
    for organisation in who.organisations.iter_mut().chain(&mut who.former).chain(&mut who.candidates) {
        organisation.shares_name = alike.contains(&organisation.id);
    }
    who
}

fn double_signers(governance: &Governance) -> Vec<DoubleWord> {
    let all = governance.double_signers().into_iter();
    let words = all.flat_map(|(who, proofs)| proofs.into_iter().map(move |acts| (who, Double::SignedBoth { acts })));
    words.map(|(who, word)| double_word(who, &word)).collect()
}

/// Where rivals stand against each other, and none in effect.
pub(super) fn halts(governance: &Governance) -> Vec<Halted> {
    let halts = governance.halts();
    if halts.is_empty() {
        return Vec::new();
    }
    let telling = Telling::of(governance);
    halts.iter().map(|halt| telling.halt(halt)).collect()
}

fn act_line(governance: &Governance, act: &Act) -> ActLine {
    let waits_for = match governance.status(&act.id()) {
        Some(ActStatus::NotInEffectYet { why }) => Some(waits(&why)),
        Some(ActStatus::Lost { .. }) => Some("another act stands in its place".to_owned()),
        Some(ActStatus::Halted { .. }) => Some("its chain halts before rivals".to_owned()),
        Some(ActStatus::TakenOut { .. }) => Some("its organisation was taken out before it".to_owned()),
        Some(ActStatus::InEffect) | None => None,
    };
    ActLine {
        id: act.id(),
        kind: act.kind().name().to_owned(),
        version: act.version(),
        signatures: act.signatures().len(),
        in_effect: waits_for.is_none(),
        waits_for,
    }
}

fn waits(why: &Wait) -> String {
    match why {
        Wait::Members(members) => {
            let names: Vec<String> = members.iter().map(OrganisationId::to_short).collect();
            format!("the signatures or first acts of {}", names.join(", "))
        }
        Wait::OwnSignatures => "the signatures of its own root keys".to_owned(),
        Wait::Charter => "the charter to take effect".to_owned(),
        Wait::Admission => "a charter that names its organisation".to_owned(),
        Wait::Signatures { more, .. } => format!("{more} more signatures"),
        Wait::Rivals => "the acts that it settles".to_owned(),
        Wait::TooFew { left, needed } => format!("{needed} signatures, of which {left} can come"),
        Wait::Acknowledgements { held, needed, .. } => format!("acknowledgements: {held} of {needed}"),
        Wait::Previous(previous) => format!("the act before it, {}", previous.to_short()),
    }
}

/// Tells of organisations, with each one's acts at hand.
struct Telling<'a> {
    governance: &'a Governance,
    /// The acts of each organisation.
    acts: BTreeMap<OrganisationId, Vec<&'a Act>>,
    /// The versions of the charter that stand, oldest first.
    charters: Vec<&'a Act>,
}

impl<'a> Telling<'a> {
    fn of(governance: &'a Governance) -> Self {
        let mut acts: BTreeMap<OrganisationId, Vec<&Act>> = BTreeMap::new();
        for act in governance.acts() {
            if let Some(organisation) = act.organisation() {
                acts.entry(organisation).or_default().push(act);
            }
        }
        let before = |act: &&'a Act| act.previous().and_then(|previous| governance.act(&previous));
        let mut charters: Vec<&Act> = std::iter::successors(governance.charter_act(), before).collect();
        charters.reverse();
        Self { governance, acts, charters }
    }

    fn reference(&self, id: ActId) -> ActRef {
        ActRef::of(self.governance, id)
    }

    fn organisation(&self, info: &OrganisationInfo) -> Organisation {
        let in_effect: BTreeSet<PublicKey> = info.keys.iter().map(|grant| grant.key).collect();
        let (keys, ended) = self.keys(&info.id).into_iter().partition(|key| in_effect.contains(&key.key));
        Organisation {
            id: info.id,
            kind: info.kind.map(|kind| kind.name().to_owned()),
            names: info.names.clone(),
            shares_name: false,
            keys,
            ended,
            roots: info.roots.as_ref().map(|roots| RootKeys {
                keys: roots.keys.clone(),
                threshold: roots.threshold,
                next: roots.next.len(),
                next_threshold: roots.next_threshold,
            }),
            since: if info.taken_out.is_none() { self.since(&info.id) } else { None },
            standing: Some(self.reference(info.standing)),
            taken_out: info.taken_out.map(|out| self.reference(out.by)),
            is_suspended: info.taken_out.is_some_and(|out| out.is_suspended),
            predecessor: self.succession().find(|(new, _)| *new == info.id).map(|(_, old)| old),
            successor: self.succession().find(|(_, old)| *old == info.id).map(|(new, _)| new),
        }
    }

    /// Who came back as whom, by the versions that stand: the new before the old.
    fn succession(&self) -> impl Iterator<Item = (OrganisationId, OrganisationId)> {
        self.charters.iter().filter_map(|act| act.as_charter()).flat_map(|charter| &charter.predecessors).copied()
    }

    /// The first of the versions that name it and are followed by none that does not.
    fn since(&self, organisation: &OrganisationId) -> Option<ActRef> {
        let names =
            |act: &&&Act| act.as_charter().is_some_and(|charter| charter.members.binary_search(organisation).is_ok());
        let first = self.charters.iter().rev().take_while(names).last()?;
        Some(ActRef { id: first.id(), version: first.version() })
    }

    /// Every key that an organisation grants in some act held, each once, by role.
    fn keys(&self, organisation: &OrganisationId) -> Vec<Key> {
        let acts = self.acts.get(organisation).into_iter().flatten();
        let granted: BTreeSet<PublicKey> = acts
            .filter_map(|act| act.as_organisation())
            .flat_map(|body| body.grants.iter().map(|grant| grant.key))
            .collect();
        let mut keys: Vec<(Role, Key)> = granted.into_iter().filter_map(|key| self.key(organisation, key)).collect();
        keys.sort_by_key(|(role, key)| (*role, key.key));
        keys.into_iter().map(|(_, key)| key).collect()
    }

    fn key(&self, organisation: &OrganisationId, key: PublicKey) -> Option<(Role, Key)> {
        let info = self.governance.key(organisation, &key)?;
        let told = Key {
            key,
            role: info.role.name().to_owned(),
            label: info.label,
            peer_id: peer_id(info.role, &key),
            expires: info.expires,
            granted_by: Some(self.reference(info.granted_by)),
            revoked_by: info.revoked_by.into_iter().map(|act| self.reference(act)).collect(),
            lost_to: info.lost.map(|act| self.reference(act)),
            after_halt: info.after_halt,
        };
        Some((info.role, told))
    }

    /// Organisations whose first act is valid and waits for a charter that names them.
    fn candidates(&self) -> Vec<Organisation> {
        let waits =
            |act: &Act| self.governance.status(&act.id()) == Some(ActStatus::NotInEffectYet { why: Wait::Admission });
        let first = self.acts.iter().filter_map(|(id, acts)| {
            let act = acts.iter().find(|act| act.is_first()).filter(|act| waits(act))?;
            Some((*id, *act))
        });
        first.filter_map(|(id, act)| candidate(id, act)).collect()
    }

    fn halt(&self, halt: &Halt) -> Halted {
        let double =
            halt.double.iter().flat_map(|(organisation, words)| words.iter().map(|word| (*organisation, word)));
        Halted {
            kind: halt.kind.name().to_owned(),
            organisation: (halt.kind == Kind::Organisation).then(|| OrganisationId::new(*halt.scope.as_bytes())),
            after: self.reference(halt.after),
            rivals: halt.rivals.iter().map(|act| self.reference(*act)).collect(),
            double: double.map(|(organisation, word)| double_word(organisation, word)).collect(),
            ends_by: match halt.ends_by {
                EndsBy::Settlement => "settlement",
                EndsBy::Rotation => "rotation",
                EndsBy::Suspension => "suspension",
            }
            .to_owned(),
            words: halt.words.iter().map(rival_words).collect(),
            needed: halt.needed,
            settlement: halt.settling.as_ref().map(settlement),
        }
    }
}

fn rival_words(words: &Words) -> RivalWords {
    RivalWords {
        act: words.act,
        counted: words.counted.clone(),
        not_counted: words.acknowledged.difference(&words.counted).copied().collect(),
        awaited: words.awaited.clone(),
    }
}

fn settlement(settling: &Settling) -> Settlement {
    Settlement {
        needed: settling.needed,
        members: settling.members.len(),
        double: settling.double.clone(),
        others: settling.members.difference(&settling.double).copied().collect(),
        least: settling.least,
        most: settling.most,
        is_possible: settling.is_possible(),
        takes_a_double_signer: settling.takes_a_double_signer(),
    }
}

fn double_word(organisation: OrganisationId, word: &Double) -> DoubleWord {
    match word {
        Double::SignedBoth { acts } => {
            DoubleWord { organisation, how: "signed".to_owned(), acts: *acts, attestations: Vec::new() }
        }
        Double::AcknowledgedBoth { acts, at } => DoubleWord {
            organisation,
            how: "acknowledged".to_owned(),
            acts: *acts,
            attestations: at.iter().map(|position| position.end.id).collect(),
        },
    }
}

/// An organisation by its first act alone.
pub(super) fn candidate(id: OrganisationId, act: &Act) -> Option<Organisation> {
    let body = act.as_organisation()?;
    let first = ActRef { id: act.id(), version: act.version() };
    let keys = body.grants.iter().map(|grant| Key {
        key: grant.key,
        role: grant.role.name().to_owned(),
        label: grant.label.clone(),
        peer_id: peer_id(grant.role, &grant.key),
        expires: grant.expires,
        granted_by: Some(first),
        revoked_by: Vec::new(),
        lost_to: None,
        after_halt: false,
    });
    Some(Organisation {
        kind: body.kind.map(|kind| kind.name().to_owned()),
        keys: keys.collect(),
        ..Organisation::named(id, body.names_by_language())
    })
}

fn peer_id(role: Role, key: &PublicKey) -> Option<String> {
    (role == Role::Reader).then(|| crate::network::peer_id_text(NodeId::new(*key.as_bytes()))).flatten()
}

#[cfg(test)]
mod tests {
    use isnad_protocol::act::{Body, Name, OrganisationBody, OrganisationKind, Place, founding};
    use isnad_protocol::encoding::json::Object;
    use tempfile::TempDir;
    use zeroize::Zeroizing;

    use super::*;
    use crate::identity::{self, NewIdentity};
    use crate::keystore::{Cost, Passphrase, Unlocker};

    #[test]
    fn a_halt_is_told_with_its_rivals_who_signed_both_and_what_ends_it() {
        let dir = TempDir::new().unwrap();
        let mut unlocker = Unlocker::new(Passphrase::new(Zeroizing::new("a passphrase".to_owned())).unwrap());
        let name = |text: &str| vec![Name { lang: "en".into(), text: text.into() }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names: name("One"), label: "test" };
        let cost = Cost { m_kib: 8, t: 1, p: 1 };
        let (home, first) = identity::create(&dir.path().join("home"), new, &mut unlocker, cost).unwrap();
        let own = first.organisation().unwrap();
        let charter = founding::charter("Test", vec![own], 1, Object::new(), Object::new()).unwrap();
        let charter = identity::sign(&home, charter, &mut unlocker).unwrap();
        let consortium = founding::consortium(&charter);
        let place = Place { version: 2, consortium, scope: first.id(), previous: first.id() };
        let mut rival = |text: &str| {
            let body = OrganisationBody { names: name(text), ..OrganisationBody::default() };
            let act = Act::draft(place, &Body::Organisation(body)).unwrap();
            identity::sign(&home, act, &mut unlocker).unwrap()
        };
        let rivals = [rival("Two"), rival("Three")];
        let held = vec![charter.clone(), first.clone(), rivals[0].clone()];
        let before = who(&Governance::new(consortium).replay(held.clone()), Some(own));
        assert_eq!(before.halts, []);
        let member = &before.organisations[0];
        assert_eq!(member.since, Some(ActRef { id: charter.id(), version: 1 }));
        assert_eq!(member.standing, Some(ActRef { id: rivals[0].id(), version: 2 }));
        assert!(member.keys.iter().all(|key| key.granted_by.is_some_and(|act| act.id == first.id())));

        let after = who(&Governance::new(consortium).replay([&held[..], &rivals[1..]].concat()), Some(own));
        let [halt] = &after.halts[..] else { panic!("{:?}", after.halts) };
        assert_eq!((halt.kind.as_str(), halt.organisation, halt.after.id), ("organisation", Some(own), first.id()));
        let told: BTreeSet<ActId> = halt.rivals.iter().map(|act| act.id).collect();
        assert_eq!(told, rivals.iter().map(Act::id).collect());
        assert_eq!(halt.ends_by, "rotation");
        assert_eq!(after.organisations[0].standing.map(|act| act.id), Some(first.id()));
    }
}
