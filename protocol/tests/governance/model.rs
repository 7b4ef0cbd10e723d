//! A naive second implementation of who may do what: sets of those who signed, chains of what each named. DESIGN §7.
//!
//! Written to be read beside the Laws, not to be fast. No keys, no bytes: an act is its place in a list, and a signature
//! is there or not. What is signed and named only grows; everything else is worked out afresh from it.

use std::ops::{BitAnd, BitOr, Sub};

mod charter;
mod conduct;
pub(crate) mod entries;
mod held;
mod organisation;

pub(crate) use organisation::Standing;

/// An organisation: its number.
pub(crate) type Organisation = usize;
/// An act: its place among [`Acts`]. The founding charter is the first.
pub(crate) type Act = usize;
pub(crate) const FOUNDING: Act = 0;

/// A set of organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Set(u16);

impl Set {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn of(members: &[Organisation]) -> Self {
        members.iter().fold(Self::NONE, |set, member| set.with(*member))
    }

    /// The organisations numbered below `n`.
    pub(crate) const fn first(n: usize) -> Self {
        Self((1 << n) - 1)
    }

    pub(crate) const fn with(self, member: Organisation) -> Self {
        Self(self.0 | 1 << member)
    }

    pub(crate) const fn has(self, member: Organisation) -> bool {
        self.0 & 1 << member != 0
    }

    pub(crate) const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn is_more_than_half_of(self, whole: Self) -> bool {
        2 * self.len() > whole.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Organisation> {
        (0..16).filter(move |member| self.has(*member))
    }
}

impl BitAnd for Set {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Set {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sub for Set {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What an act does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Charter {
        members: Set,
        threshold: usize,
        instead: Vec<Act>,
    },
    Settlement {
        members: Set,
        threshold: usize,
        instead: Vec<Act>,
        rivals: Vec<Act>,
        double: Set,
    },
    /// The first act of an organisation: it commits to the next root keys.
    First(Organisation),
    /// Uses up the commitment before it, and makes one.
    Rotation,
    /// Any other act of an organisation, by its root keys.
    Roots,
    /// One by an admin key.
    Admin,
}

/// All acts there are, each with the one before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acts {
    all: Vec<(Option<Act>, Step)>,
    /// Of versions of the charter that suspend an organisation: the last act of its chain that stands.
    suspensions: Vec<(Act, Act)>,
}

impl Acts {
    /// A consortium of `n` organisations.
    pub(crate) fn founded(n: usize, threshold: usize) -> Self {
        let founding = Step::Charter { members: Set::first(n), threshold, instead: Vec::new() };
        Self { all: vec![(None, founding)], suspensions: Vec::new() }
    }

    pub(crate) fn add(&mut self, previous: Act, step: Step) -> Act {
        self.all.push((Some(previous), step));
        self.all.len() - 1
    }

    pub(crate) fn add_first(&mut self, organisation: Organisation) -> Act {
        self.all.push((None, Step::First(organisation)));
        self.all.len() - 1
    }

    /// Lets a version of the charter suspend the organisation of an act, which is the last of its chain that stands.
    pub(crate) fn suspend(&mut self, charter: Act, last: Act) {
        self.suspensions.push((charter, last));
    }

    pub(crate) fn suspensions(&self) -> &[(Act, Act)] {
        &self.suspensions
    }

    /// A version of the charter with these members, and a threshold of just more than half.
    pub(crate) fn charter(&mut self, previous: Act, members: Set) -> Act {
        self.charter_instead(previous, members, &[])
    }

    /// One that is signed instead of drafts.
    pub(crate) fn charter_instead(&mut self, previous: Act, members: Set, instead: &[Act]) -> Act {
        let threshold = members.len() / 2 + 1;
        self.add(previous, Step::Charter { members, threshold, instead: instead.to_vec() })
    }

    pub(crate) fn settlement(&mut self, previous: Act, members: Set, rivals: &[Act], double: Set) -> Act {
        self.settlement_instead(previous, members, rivals, double, &[])
    }

    pub(crate) fn settlement_instead(
        &mut self,
        previous: Act,
        members: Set,
        rivals: &[Act],
        double: Set,
        instead: &[Act],
    ) -> Act {
        let (threshold, rivals, instead) = (members.len() / 2 + 1, rivals.to_vec(), instead.to_vec());
        self.add(previous, Step::Settlement { members, threshold, instead, rivals, double })
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn step(&self, act: Act) -> &Step {
        &self.all[act].1
    }

    pub(crate) fn previous(&self, act: Act) -> Option<Act> {
        self.all[act].0
    }

    /// True if `act` is `earlier` or comes after it in its chain.
    pub(crate) fn follows(&self, act: Act, earlier: Act) -> bool {
        act == earlier || self.previous(act).is_some_and(|previous| self.follows(previous, earlier))
    }

    pub(crate) fn after(&self, previous: Act) -> impl Iterator<Item = Act> {
        (0..self.len()).filter(move |act| self.previous(*act) == Some(previous))
    }

    pub(crate) fn members(&self, charter: Act) -> Set {
        match self.step(charter) {
            Step::Charter { members, .. } | Step::Settlement { members, .. } => *members,
            Step::First(_) | Step::Rotation | Step::Roots | Step::Admin => Set::NONE,
        }
    }
}

/// What one organisation has done so far: the acts it signed, and those its attestations name, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub(crate) struct Behaviour {
    pub(crate) signed: Vec<Act>,
    pub(crate) named: Vec<Act>,
}

/// What a replica holds: who signed which act, and of each organisation what it named, in order.
///
/// An act of an organisation is held, with enough signatures, once anybody signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) signed: Vec<Set>,
    pub(crate) named: Vec<Vec<Act>>,
}

impl Evidence {
    /// What these organisations have done, by number; the founding charter is signed by all.
    pub(crate) fn of<'a>(acts: &Acts, behaviours: impl IntoIterator<Item = &'a Behaviour>) -> Self {
        let mut evidence = Self { signed: vec![Set::NONE; acts.len()], named: Vec::new() };
        evidence.signed[FOUNDING] = acts.members(FOUNDING);
        for (organisation, behaviour) in behaviours.into_iter().enumerate() {
            for act in &behaviour.signed {
                evidence.sign(organisation, *act);
            }
            evidence.named.push(behaviour.named.clone());
        }
        evidence
    }

    pub(crate) fn none(acts: &Acts, organisations: usize) -> Self {
        Self::of(acts, &vec![Behaviour::default(); organisations])
    }

    pub(crate) fn sign(&mut self, organisation: Organisation, act: Act) {
        self.signed[act] = self.signed[act].with(organisation);
    }

    pub(crate) fn name(&mut self, organisation: Organisation, act: Act) {
        self.named[organisation].push(act);
    }

    pub(crate) fn sign_all(&mut self, organisations: Set, act: Act) {
        self.signed[act] = self.signed[act] | organisations;
    }

    pub(crate) fn name_all(&mut self, organisations: Set, act: Act) {
        for organisation in organisations.iter() {
            self.name(organisation, act);
        }
    }
}

/// How the Laws are read where their letter fails or leaves a choice: docs/adr/0012.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// A settlement bars what it names once more than half acknowledged it, double ones included; else only while it
    /// stands.
    pub(crate) settles_for_good: bool,
    /// What bars for good is asked under every version that more than half acknowledged, double ones included, on
    /// whatever branch; else under the versions of the chain now standing.
    pub(crate) bars_on_every_branch: bool,
    /// Who signed two rivals is left out of both, and not only who acknowledged two.
    pub(crate) leaves_out_signers: bool,
    /// Who is double between two rivals is left out of a third one too.
    pub(crate) leaves_out_wholly: bool,
    /// A key store signs a settlement once more than half acknowledged one of the rivals; else on any halt.
    pub(crate) settles_when_most_spoke: bool,
}

impl Reading {
    /// As the Laws say it, word for word.
    pub(crate) const LETTER: Self = Self {
        settles_for_good: false,
        bars_on_every_branch: false,
        leaves_out_signers: true,
        leaves_out_wholly: false,
        settles_when_most_spoke: false,
    };
    /// The nearest rules that keep what they are for.
    pub(crate) const NEAREST: Self = Self {
        settles_for_good: true,
        bars_on_every_branch: true,
        leaves_out_signers: true,
        leaves_out_wholly: false,
        settles_when_most_spoke: true,
    };
}

/// What a replica makes of what it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) acts: &'a Acts,
    pub(crate) evidence: &'a Evidence,
    pub(crate) reading: Reading,
}

impl<'a> View<'a> {
    pub(crate) const fn new(acts: &'a Acts, evidence: &'a Evidence) -> Self {
        Self { acts, evidence, reading: Reading::NEAREST }
    }

    pub(crate) const fn read_as(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    pub(crate) fn signed(&self, act: Act) -> Set {
        self.evidence.signed[act]
    }

    /// Those who named the act, or one that follows it.
    pub(crate) fn acknowledged(&self, act: Act) -> Set {
        let names = |named: &Vec<Act>| named.iter().any(|named| self.acts.follows(*named, act));
        let all = self.evidence.named.iter().enumerate();
        all.filter(|(_, named)| names(named)).fold(Set::NONE, |set, (organisation, _)| set.with(organisation))
    }
}
