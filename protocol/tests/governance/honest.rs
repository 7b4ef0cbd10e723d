//! Honest organisations that each hold a part of the whole, and liars who sign, name and show what they like: whatever they
//! do, no honest one is ever accused, nothing flips, and once the honest hear each other a version stands. DESIGN §7.

use proptest::prelude::*;

use crate::model::{Act, Acts, Evidence, FOUNDING, Organisation, Set, Step, View};

/// What happens next; what cannot be done is passed over.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// An organisation signs, if it is a liar or its key store allows it.
    Sign(Organisation, Act),
    Name(Organisation, Act),
    /// An honest one proposes how to end the halt that it sees.
    Propose(Organisation),
    /// One hears that another signed an act.
    HearSigned(Organisation, Organisation, Act),
    /// One hears the next that another named.
    HearNamed(Organisation, Organisation),
    /// One hears all that there is.
    HearAll(Organisation),
}

/// The most acts of one version in a play.
const ACTS: usize = 10;

struct Play {
    acts: Acts,
    honest: Set,
    /// All that was done.
    whole: Evidence,
    /// What each organisation holds of it.
    held: Vec<Evidence>,
    /// What stood so far, for each organisation and last for whoever holds everything.
    stood: Vec<Vec<Act>>,
}

impl Play {
    /// Two rivals, and one that is signed instead of the first.
    fn new(n: usize) -> Self {
        let mut acts = Acts::founded(n, n / 2 + 1);
        let all = Set::first(n);
        let draft = acts.charter(FOUNDING, all);
        acts.charter(FOUNDING, all);
        acts.charter_instead(FOUNDING, all, &[draft]);
        let whole = Evidence::none(&acts, n);
        let honest = Set::first(n / 2 + 1);
        Self { honest, held: vec![whole.clone(); n], whole, stood: vec![Vec::new(); n + 1], acts }
    }

    fn view(&self, who: Organisation) -> View<'_> {
        View::new(&self.acts, &self.held[who])
    }

    fn sign(&mut self, who: Organisation, act: Act) {
        self.whole.sign(who, act);
        self.held[who].sign(who, act);
    }

    fn name(&mut self, who: Organisation, act: Act) {
        self.whole.name(who, act);
        self.held[who].name(who, act);
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Sign(who, act) if self.is_there(act) => {
                if !self.honest.has(who) || self.view(who).may_sign(who, act) {
                    self.sign(who, act);
                }
            }
            Turn::Name(who, act) if self.is_there(act) => {
                let is_new = !self.held[who].named[who].contains(&act);
                if is_new && (!self.honest.has(who) || self.view(who).may_name(who, act)) {
                    self.name(who, act);
                }
            }
            Turn::Propose(who) if self.honest.has(who) && self.acts.len() < ACTS => self.propose(who),
            Turn::HearSigned(who, of, act) if self.is_there(act) => {
                let signed = self.whole.signed[act] & Set::of(&[of]);
                self.held[who].sign_all(signed, act);
            }
            Turn::HearNamed(who, of) => {
                let next = self.whole.named[of].get(self.held[who].named[of].len()).copied();
                next.into_iter().for_each(|act| self.held[who].name(of, act));
            }
            Turn::HearAll(who) => self.held[who].clone_from(&self.whole),
            Turn::Sign(..) | Turn::Name(..) | Turn::Propose(_) | Turn::HearSigned(..) => {}
        }
        self.check();
    }

    fn is_there(&self, act: Act) -> bool {
        act != FOUNDING && act < self.acts.len()
    }

    /// Drafts a settlement of all that halts, or where nothing has its signatures a version, instead of whatever was signed.
    fn propose(&mut self, who: Organisation) {
        let view = self.view(who);
        let candidates = view.candidates(FOUNDING);
        let drafts: Vec<Act> = self.acts.after(FOUNDING).filter(|act| !candidates.contains(act)).collect();
        let all = self.acts.members(FOUNDING);
        if view.is_seen_to_halt(FOUNDING) {
            let double = view.double_signers(FOUNDING);
            self.acts.settlement_instead(FOUNDING, all, &candidates, double, &drafts);
        } else if candidates.is_empty() {
            self.acts.charter_instead(FOUNDING, all, &drafts);
        } else {
            return;
        }
        self.whole.signed.push(Set::NONE);
        self.held.iter_mut().for_each(|held| held.signed.push(Set::NONE));
    }

    fn check(&mut self) {
        let whole = View::new(&self.acts, &self.whole);
        assert!((whole.double_signers(FOUNDING) & self.honest).is_empty(), "an honest one is accused");
        let views: Vec<Option<Act>> =
            self.held.iter().chain([&self.whole]).map(|held| View::new(&self.acts, held).next(FOUNDING)).collect();
        for (stood, now) in self.stood.iter_mut().zip(views) {
            let Some(now) = now else { continue };
            for before in &*stood {
                assert!(!whole.are_rivals(*before, now), "{before}, and then {now}");
                assert!(!whole.settles(*before, now), "{before} settled {now}");
            }
            stood.push(now);
        }
    }

    /// The honest hear each other and all that liars showed anyone, who do no more: a version stands within a few rounds.
    fn heal(&mut self) -> Option<Act> {
        for _ in 0..4 {
            let before = self.acts.len();
            for who in self.honest.iter() {
                self.take(Turn::HearAll(who));
                self.take_all_names(who);
            }
            if View::new(&self.acts, &self.whole).next(FOUNDING).is_some() {
                break;
            }
            let first = self.honest.iter().next()?;
            self.take(Turn::HearAll(first));
            self.propose(first);
            for who in self.honest.iter().filter(|_| self.acts.len() > before).collect::<Vec<_>>() {
                self.take(Turn::HearAll(who));
                self.take(Turn::Sign(who, before));
            }
        }
        View::new(&self.acts, &self.whole).next(FOUNDING)
    }

    fn take_all_names(&mut self, who: Organisation) {
        for act in 1..self.acts.len() {
            self.take(Turn::Name(who, act));
        }
    }
}

fn turns(n: usize) -> impl Strategy<Value = Vec<Turn>> {
    let turn = (0..12_u8, 0..n, 0..n, 1..ACTS).prop_map(|(kind, who, of, act)| match kind {
        0..=2 => Turn::Sign(who, 1 + act % 6),
        3..=5 => Turn::Name(who, 1 + act % 6),
        6 => Turn::Propose(who),
        7..=8 => Turn::HearSigned(who, of, 1 + act % 6),
        9..=10 => Turn::HearNamed(who, of),
        _ => Turn::HearAll(who),
    });
    (proptest::option::weighted(0.8, any::<u8>()), proptest::collection::vec(turn, 0..100))
        .prop_map(move |(divided, turns)| divided.into_iter().flat_map(|sides| divide(n, sides)).chain(turns).collect())
}

/// The honest sign one of two rivals each, and liars both.
fn divide(n: usize, sides: u8) -> impl Iterator<Item = Turn> {
    let signs = move |who: Organisation| match who <= n / 2 {
        true => vec![Turn::Sign(who, 1 + usize::from(sides >> who & 1))],
        false => vec![Turn::Sign(who, 1), Turn::Sign(who, 2)],
    };
    (0..n).flat_map(signs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 4_000 }))]
    #[test]
    fn whatever_liars_do_no_honest_one_is_accused_nothing_flips_and_a_version_stands_in_the_end(
        (n, turns) in (3..=7_usize).prop_flat_map(|n| (Just(n), turns(n))),
    ) {
        let mut play = Play::new(n);
        for turn in turns {
            play.take(turn);
        }
        let stands = play.heal();
        prop_assert!(stands.is_some(), "nothing stands: {:?}", play.whole);
        for who in play.honest.iter() {
            play.take(Turn::HearAll(who));
            prop_assert_eq!(play.view(who).next(FOUNDING), stands);
        }
    }
}

#[test]
fn plays_come_to_halts_and_settlements() {
    // Else the play would show nothing.
    let mut play = Play::new(3);
    for (who, act) in [(0, 1), (1, 2), (2, 1), (2, 2)] {
        play.take(Turn::Sign(who, act));
    }
    for (who, act) in [(0, 1), (1, 2)] {
        play.take(Turn::HearAll(who));
        play.take(Turn::Name(who, act));
    }
    let halted = View::new(&play.acts, &play.whole);
    assert!(halted.is_seen_to_halt(FOUNDING) && halted.double_signers(FOUNDING) == Set::of(&[2]));
    let stands = play.heal().unwrap();
    assert!(matches!(play.acts.step(stands), Step::Settlement { .. }));
}
