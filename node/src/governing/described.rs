//! Acts as people are shown them: what each changes, who has signed, whether it waits for one's own signature.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use isnad_protocol::act::difference::Change;
use isnad_protocol::act::{Act, Kind, OrganisationBody, Role};
use isnad_protocol::governance::{ActStatus, Governance, Wait, Words};
use isnad_protocol::id::{ActId, OpenSpace, OrganisationId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::limits;
use isnad_protocol::log::LogKey;
use serde::{Deserialize, Serialize};

use crate::governing::memory::Place;
use crate::governing::signatures::{Roster, Signed};
use crate::governing::{is_in_effect, signing, standing, standing_charter, told};
use crate::problem::{Problem, exit};

/// Acts for one place that are named.
const COMPETES: usize = 8;

/// Acts of one place that are looked at for those: one member can make as many as he likes, and each is told against the others.
const COMPARED: usize = 64;

/// Digits that name an act.
const DIGITS: usize = 6;

/// Where an act stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not enough have signed.
    WaitsForSignatures,
    /// Enough have signed; not enough organisations have said that they hold it.
    WaitsForAcknowledgements,
    /// It is in effect.
    InEffect,
    /// It has no effect, and will have none.
    Lost,
    /// It stands against another, and neither is in effect.
    Halted,
    /// A settlement that names so many double signers that too few are left whose signatures count.
    TooFew,
    /// A first act that no charter in effect names.
    WaitsForAdmission,
    /// What it follows is not in effect.
    NotInEffect,
}

impl State {
    /// Its name in `--json` and in the locales.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WaitsForSignatures => "waits_for_signatures",
            Self::WaitsForAcknowledgements => "waits_for_acknowledgements",
            Self::InEffect => "in_effect",
            Self::Lost => "lost",
            Self::Halted => "halted",
            Self::TooFew => "too_few",
            Self::WaitsForAdmission => "waits_for_admission",
            Self::NotInEffect => "not_in_effect",
        }
    }
}

/// An act as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// Its id.
    pub id: ActId,
    /// charter, organisation or space.
    pub kind: String,
    /// 1, 2, …
    pub version: u64,
    /// The act before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<ActId>,
    /// Whose chain it is of, if it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// Where it stands.
    pub state: State,
    /// The act by which it is so: the one that stands instead, the last before a halt, the one that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActId>,
    /// How many organisations acknowledge it so that it counts, and how many have to, where that is what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgements: Option<(usize, usize)>,
    /// Of a rival in a halt: who acknowledged it and is not counted, for having signed or acknowledged another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<OrganisationId>,
    /// Who signed it and another act in its place, neither of which is signed instead of the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub double: Vec<SignedTwice>,
    /// True if it waits for this organisation's signature.
    pub is_mine: bool,
    /// Signatures that count so far: of organisations, or for an organisation's own act of keys.
    pub have: u64,
    /// How many are due.
    pub due: u64,
    /// Who has signed and who may.
    pub signed: Vec<Signed>,
    /// What it changes, the most important first.
    pub changes: Vec<Change>,
    /// Up to where logs of the keys that it revokes, or of whom it takes out, still count, as far as their spaces are known here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<LogEnds>,
    /// Others that follow the same act while neither is in effect: of these one alone can be. Not those that it is signed instead of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub competes: Vec<ActId>,
    /// Those of the others that are signed instead of it: who signed it can sign these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_by: Vec<ActId>,
    /// True of a version of the charter that is not in effect, and that more than half acknowledged: it was in effect wherever its rival was
    /// not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_in_effect: bool,
    /// True of one that stood against others until the settlement that is in effect instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_settled: bool,
    /// The names of those that it speaks of, by language, as far as their first acts are held.
    pub names: BTreeMap<OrganisationId, BTreeMap<String, String>>,
}

/// That an organisation signed an act and another in its place. The signatures beneath both prove it to anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignedTwice {
    /// Who.
    pub organisation: OrganisationId,
    /// The other act.
    pub other: ActId,
}

/// Up to where a log of a revoked key, or of an organisation that is taken out, still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnds {
    /// The key.
    pub key: PublicKey,
    /// The organisation that is taken out; none of a key that is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// The space's name.
    pub space: String,
    /// The last position that counts.
    pub last: u64,
}

/// Every act held, in the order in which they were made: charters with the organisations that they name.
#[must_use]
pub fn described(governance: &Governance, own: Option<OrganisationId>) -> Vec<Described> {
    described_some(governance, own, governance.acts())
}

/// Several acts, held or not.
pub(super) fn described_some<'a>(
    governance: &'a Governance,
    own: Option<OrganisationId>,
    acts: impl Iterator<Item = &'a Act>,
) -> Vec<Described> {
    let tell = Teller::of(governance, own);
    acts.map(|act| tell.act(act)).collect()
}

/// One act, held or not.
#[must_use]
pub fn described_one(governance: &Governance, own: Option<OrganisationId>, act: &Act) -> Described {
    Teller::of(governance, own).act(act)
}

/// The acts that wait for an organisation's signature.
#[must_use]
pub fn to_sign(governance: &Governance, own: OrganisationId) -> Vec<ActId> {
    let tell = Teller::of(governance, Some(own));
    let waiting = governance.acts().filter(|act| tell.is_mine(act, tell.state(act), &tell.roster.signed(act)));
    waiting.map(Act::id).collect()
}

/// The act that the first digits of an id name.
///
/// # Errors
/// [`Problem`] if none is held, or several are.
pub fn act_named<'a>(governance: &'a Governance, text: &str) -> Result<&'a Act, Problem> {
    let is_hex = text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = text.to_ascii_lowercase();
    let found: Vec<&Act> =
        governance.acts().filter(|act| is_hex && act.id().to_string().starts_with(&digits)).collect();
    match found[..] {
        [act] => Ok(act),
        [] => Err(Problem::told(exit::NO, "not_found", "governing.act_unknown", &[("act", text)])),
        _ => Err(told("act_ambiguous", &[("act", text)])),
    }
}

struct Teller<'a> {
    governance: &'a Governance,
    own: Option<OrganisationId>,
    roster: Roster<'a>,
    /// Of each rival in a halt whose words count, and how many have to.
    rivals: BTreeMap<ActId, (Words, usize)>,
    double: BTreeMap<ActId, Vec<SignedTwice>>,
    /// Of drafts, the acts that are signed instead of them.
    replaced: BTreeMap<ActId, Vec<&'a Act>>,
    /// Of acts that name their organisation, what it is called from then on.
    called: RefCell<BTreeMap<ActId, Called>>,
}

impl<'a> Teller<'a> {
    fn of(governance: &'a Governance, own: Option<OrganisationId>) -> Self {
        let halts = governance.halts().into_iter();
        let rivals = halts.flat_map(|halt| halt.words.into_iter().map(move |words| (words.act, (words, halt.needed))));
        let mut double: BTreeMap<ActId, Vec<SignedTwice>> = BTreeMap::new();
        for (organisation, proofs) in governance.double_signers() {
            for [one, other] in proofs {
                double.entry(one).or_default().push(SignedTwice { organisation, other });
                double.entry(other).or_default().push(SignedTwice { organisation, other: one });
            }
        }
        let mut replaced: BTreeMap<ActId, Vec<&Act>> = BTreeMap::new();
        for act in governance.acts() {
            act.instead().iter().for_each(|draft| replaced.entry(*draft).or_default().push(act));
        }
        Self {
            governance,
            own,
            roster: Roster::of(governance),
            rivals: rivals.collect(),
            double,
            replaced,
            called: RefCell::default(),
        }
    }

    fn act(&self, act: &'a Act) -> Described {
        let state = self.state(act);
        let signed = self.roster.signed(act);
        let (have, due) = self.roster.progress_of(act, &signed);
        let (by, acknowledgements) = self.because(act);
        let changes = self.governance.difference(act);
        let double = self.double.get(&act.id()).cloned().unwrap_or_default();
        let not_counted = self
            .rivals
            .get(&act.id())
            .map_or_else(Vec::new, |(words, _)| words.acknowledged.difference(&words.counted).copied().collect());
        let spoken = signed.iter().map(|line| line.organisation).chain(changes.iter().flat_map(spoken_of));
        let spoken = spoken.chain(not_counted.iter().copied()).chain(double.iter().map(|twice| twice.organisation));
        let names = spoken.collect::<BTreeSet<_>>().into_iter();
        Described {
            id: act.id(),
            kind: act.kind().name().to_owned(),
            version: act.version(),
            previous: act.previous(),
            organisation: act.organisation(),
            state,
            by,
            acknowledgements,
            not_counted,
            double,
            is_mine: self.is_mine(act, state, &signed),
            have,
            due,
            names: names.filter_map(|id| Some((id, self.names(act, &id)?))).collect(),
            signed,
            changes,
            ends: self.ends(act),
            competes: self.competes(act, state),
            replaced_by: self.replaced_by(act, state),
            was_in_effect: !matches!(state, State::InEffect) && self.governance.is_known_to_most(act),
            is_settled: state == State::Lost && self.is_settled(act, by),
        }
    }

    /// What an organisation is called: in an act of its own as when it was signed, for it may be called otherwise since; of
    /// others now, since no act says which of theirs came before it.
    fn names(&self, act: &'a Act, organisation: &OrganisationId) -> Option<BTreeMap<String, String>> {
        if act.kind() == Kind::Organisation && act.organisation() == Some(*organisation) {
            let before = act.previous().filter(|previous| self.governance.act(previous).is_some());
            return match before {
                Some(before) => self.names_after(organisation, &before),
                None => act.as_organisation().map(OrganisationBody::names_by_language),
            };
        }
        let scope = ActId::new(*organisation.as_bytes());
        let last = standing(self.governance, &scope).or_else(|| self.governance.act(&scope))?;
        self.names_after(organisation, &last.id())
    }

    /// What an act that is held and those before it call an organisation. Of those that each follows it is looked up once.
    fn names_after(&self, organisation: &OrganisationId, act: &ActId) -> Option<BTreeMap<String, String>> {
        let mut called = self.called.borrow_mut();
        let mut before = Called::default();
        let mut due = Vec::new();
        for (naming, body) in self.governance.naming(organisation, act) {
            if let Some(known) = called.get(&naming) {
                before = Rc::clone(known);
                break;
            }
            due.push((naming, body));
        }
        for (naming, body) in due.into_iter().rev() {
            before = called_since(body, &before);
            called.insert(naming, Rc::clone(&before));
        }
        (!before.is_empty()).then(|| before.iter().cloned().collect())
    }

    /// A log is named by a hash that only those read who know its space.
    fn ends(&self, act: &Act) -> Vec<LogEnds> {
        let revocations = act.as_organisation().map(|body| body.revocations.as_slice()).unwrap_or_default();
        let revoked = revocations.iter().map(|revocation| (revocation.key, None, &revocation.cuts));
        let removals = act.removed().unwrap_or_default().iter();
        let removed = removals.flat_map(|removal| {
            let keys = self.writing_keys(&removal.organisation).into_iter();
            keys.map(move |key| (key, Some(removal.organisation), &removal.cuts))
        });
        let cut: Vec<_> = revoked.chain(removed).collect();
        if cut.is_empty() {
            return Vec::new();
        }
        let consortium = self.governance.consortium();
        let open = OpenSpace::ALL.into_iter().map(|space| (space.id(&consortium), space.name().to_owned()));
        let restricted = self.governance.restricted_spaces().into_iter().map(|space| (space.id, space.name));
        let spaces: Vec<(SpaceId, String)> = open.chain(restricted).collect();
        let mut ends = Vec::new();
        for (key, organisation, cuts) in cut {
            for (space, name) in &spaces {
                let log = LogKey { space: *space, author: key };
                let cut = cuts.iter().find(|cut| cut.is_of(&log));
                ends.extend(cut.map(|cut| LogEnds { key, organisation, space: name.clone(), last: cut.seq(&log) }));
            }
        }
        ends
    }

    /// The keys that an organisation granted to write with, those that it revoked too: what they signed may count.
    fn writing_keys(&self, organisation: &OrganisationId) -> Vec<PublicKey> {
        let all = self.governance.organisations().into_iter().chain(self.governance.former_organisations());
        let own = all.filter(|info| info.id == *organisation);
        let grants = own.flat_map(|info| info.keys.into_iter().chain(info.revoked_keys));
        grants.filter(|grant| !matches!(grant.role, Role::Reader | Role::Node)).map(|grant| grant.key).collect()
    }

    /// Others that follow what it follows, of a charter or a space; not those that a settlement names, for it stands before them.
    fn competes(&self, act: &Act, state: State) -> Vec<ActId> {
        let settles = |act: &Act| act.as_charter().is_some_and(|charter| charter.settles.is_some());
        let follows = act.previous().filter(|_| act.kind() != Kind::Organisation && is_open(state));
        let others = follows.into_iter().flat_map(|previous| self.governance.followers(&previous).take(COMPARED));
        let others = others.filter(|other| *other != act.id()).filter_map(|other| self.governance.act(&other));
        // To sign one instead of another is not to sign two.
        let is_apart = |other: &&Act| self.governance.are_signed_apart(act, other);
        let others =
            others.filter(is_apart).filter(|other| settles(other) == settles(act) && is_open(self.state(other)));
        others.take(COMPETES).map(Act::id).collect()
    }

    /// Those that are signed instead of it, while none is in effect.
    fn replaced_by(&self, act: &Act, state: State) -> Vec<ActId> {
        let others = self.replaced.get(&act.id()).into_iter().flatten().filter(|_| is_open(state));
        let is_beside = |other: &&&Act| other.previous() == act.previous() && is_open(self.state(other));
        others.filter(is_beside).take(COMPETES).map(|other| other.id()).collect()
    }

    /// True of one that the act in effect instead names as settled.
    fn is_settled(&self, act: &Act, by: Option<ActId>) -> bool {
        let by = by.and_then(|by| self.governance.act(&by));
        by.is_some_and(|by| by.settles().is_some() && self.governance.settles(by, &act.id()))
    }

    fn state(&self, act: &'a Act) -> State {
        match self.governance.status(&act.id()) {
            None => State::WaitsForSignatures,
            Some(ActStatus::InEffect) => State::InEffect,
            Some(ActStatus::Lost { .. } | ActStatus::TakenOut { .. }) => State::Lost,
            Some(ActStatus::Halted { .. }) if self.ends_a_halt_alone(act) => State::WaitsForAcknowledgements,
            Some(ActStatus::Halted { .. }) => State::Halted,
            Some(ActStatus::NotInEffectYet { why }) => match why {
                Wait::Members(_) | Wait::OwnSignatures | Wait::Signatures { .. } | Wait::Rivals => {
                    State::WaitsForSignatures
                }
                Wait::TooFew { .. } => State::TooFew,
                Wait::Acknowledgements { .. } => State::WaitsForAcknowledgements,
                Wait::Charter | Wait::Admission => State::WaitsForAdmission,
                Wait::Previous(previous) if is_in_effect(self.governance, &previous) => self.unfolded(act),
                Wait::Previous(_) => State::NotInEffect,
            },
        }
    }

    /// True of a settlement with enough signatures that no other stands against: the rivals that it names halt, and it does not.
    fn ends_a_halt_alone(&self, act: &Act) -> bool {
        let previous = act.previous();
        let others = previous.iter().flat_map(|previous| self.governance.followers(previous));
        let mut others = others.filter(|other| *other != act.id()).filter_map(|other| self.governance.act(&other));
        let is_rival = |other: &Act| {
            other.settles().is_some() && matches!(self.governance.status(&other.id()), Some(ActStatus::Halted { .. }))
        };
        act.settles().is_some() && !others.any(is_rival)
    }

    /// Where an act stands that follows one in effect and of which no more is known.
    fn unfolded(&self, act: &'a Act) -> State {
        match (self.roster.has_enough(act), act.kind()) {
            (false, _) => State::WaitsForSignatures,
            (true, Kind::Charter) => State::WaitsForAcknowledgements,
            (true, Kind::Organisation | Kind::Space) => State::NotInEffect,
        }
    }

    /// The other act by which it is as it is, and how many acknowledge it of how many that have to.
    fn because(&self, act: &Act) -> (Option<ActId>, Option<(usize, usize)>) {
        match self.governance.status(&act.id()) {
            Some(ActStatus::Lost { to: by } | ActStatus::TakenOut { by }) => (Some(by), None),
            Some(ActStatus::Halted { after: by }) => {
                (Some(by), self.rivals.get(&act.id()).map(|(words, needed)| (words.counted.len(), *needed)))
            }
            Some(ActStatus::NotInEffectYet { why: Wait::Previous(previous) }) => (Some(previous), None),
            Some(ActStatus::NotInEffectYet { why: Wait::Acknowledgements { held, needed, .. } }) => {
                (None, Some((held, needed)))
            }
            Some(ActStatus::InEffect | ActStatus::NotInEffectYet { .. }) | None => (None, None),
        }
    }

    /// True if one that waits for signatures waits for this organisation's.
    fn is_mine(&self, act: &'a Act, state: State, signed: &[Signed]) -> bool {
        let Some(own) = self.own.filter(|_| state == State::WaitsForSignatures) else { return false };
        if act.is_first() && act.kind() == Kind::Organisation {
            return false;
        }
        let lacks = |line: &Signed| line.organisation == own && line.may_sign();
        if !signed.iter().any(lacks) {
            return false;
        }
        // What does not follow what stands can have no effect any more.
        let stands = match act.kind() {
            Kind::Charter => standing_charter(self.governance),
            Kind::Organisation | Kind::Space => standing(self.governance, &act.scope_id()),
        };
        let follows = act.is_first() || stands.map(Act::id) == act.previous();
        follows && !self.has_signed_rival(act, own)
    }

    /// True if this organisation signed another act there, besides which it signs none of its own. What it signed in the place
    /// of a charter or a space's act the roster tells.
    fn has_signed_rival(&self, act: &'a Act, own: OrganisationId) -> bool {
        let find = |id: &ActId| self.governance.act(id);
        let place = Place::of(act, find).filter(|_| act.organisation().is_some());
        place.is_some_and(|place| !signing::held_at(self.governance, act, place, own).is_empty())
    }
}

/// True while an act may still come into effect.
const fn is_open(state: State) -> bool {
    matches!(state, State::WaitsForSignatures | State::WaitsForAcknowledgements | State::Halted)
}

/// The organisations that a change speaks of.
fn spoken_of(change: &Change) -> Vec<OrganisationId> {
    match change {
        Change::Admitted { organisation, predecessor } => [*organisation].into_iter().chain(*predecessor).collect(),
        Change::Removed { organisation, .. } => vec![*organisation],
        Change::Settles { double, .. } => double.clone(),
        Change::Began { .. }
        | Change::Named { .. }
        | Change::Threshold { .. }
        | Change::Setting { .. }
        | Change::Label { .. }
        | Change::Instead { .. }
        | Change::Granted { .. }
        | Change::Revoked { .. }
        | Change::Roots { .. } => Vec::new(),
    }
}

/// Names with their languages, the newest first.
type Called = Rc<Vec<(String, String)>>;

/// The names of an act, and those before it that it does not say anew: as many as are told.
fn called_since(body: &OrganisationBody, before: &[(String, String)]) -> Called {
    let own = body.names.iter().map(|name| (name.lang.clone(), name.text.clone()));
    let is_said = |lang: &str| body.names.iter().any(|name| name.lang == lang);
    let others = before.iter().filter(|(lang, _)| !is_said(lang)).cloned();
    Rc::new(own.chain(others).take(limits::ACT_NAMES).collect())
}
