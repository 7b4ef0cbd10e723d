//! What a seed is played with: all that it draws, or less, so that what fails is shown by as little as can be.

use std::collections::BTreeSet;

use isnad_protocol::breakage::Breakage;

use super::Broken;
use super::faults::Fault;

/// A seed, and what of it is left out. The same plan is the same run, to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// So many nodes, instead of as many as the seed draws.
    pub nodes: Option<usize>,
    /// Kinds of fault that do not happen.
    pub without: BTreeSet<Fault>,
    /// Nobody lies.
    pub is_honest: bool,
    /// Administrators do nothing: no log is closed by a cut.
    pub is_ungoverned: bool,
    /// Whether who lies does on purpose what single defences are against, and what comes of it is held against the laws; where
    /// this says nothing, the seed does.
    pub attacked: Option<bool>,
    /// Nothing breaks after so many faults.
    pub faults: Option<u64>,
    /// Users write so many times, then no more.
    pub writes: Option<u64>,
    /// When faults stop, in simulated milliseconds; later than the seed draws is not later.
    pub until_ms: Option<u64>,
    /// A rule that the world breaks on purpose.
    pub broken: Option<Broken>,
    /// The defence that was taken out of this process.
    pub breakage: Option<Breakage>,
}

/// Of so many seeds one is attacked.
const ATTACKED_OF: u64 = 4;

impl Plan {
    /// A seed as it is: one in four is attacked.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// The same seed with a rule broken on purpose.
    #[must_use]
    pub fn broken(seed: u64, broken: Broken) -> Self {
        Self { broken: Some(broken), ..Self::of(seed) }
    }

    /// True if something is broken on purpose.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken.is_some() || self.breakage.is_some()
    }

    /// The same with every rule and defence in place.
    #[must_use]
    pub fn unbroken(&self) -> Self {
        Self { broken: None, breakage: None, ..self.clone() }
    }

    /// The same without a defence, and attacked.
    #[must_use]
    pub fn without_defence(self, breakage: Option<Breakage>) -> Self {
        Self { breakage, attacked: Some(true), ..self }
    }

    /// True if single defences are tried.
    #[must_use]
    pub fn is_attacked(&self) -> bool {
        self.attacked.unwrap_or(self.seed % ATTACKED_OF == ATTACKED_OF - 1)
    }

    /// Reads the arguments that [`Plan`] prints.
    ///
    /// # Errors
    /// What could not be read.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self::default();
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if name == "--honest" {
                plan.is_honest = true;
                continue;
            }
            if name == "--ungoverned" {
                plan.is_ungoverned = true;
                continue;
            }
            if name == "--attacked" || name == "--unattacked" {
                plan.attacked = Some(name == "--attacked");
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{name} says nothing"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{name} {value}: no number"));
            match name.as_str() {
                "--seed" => plan.seed = number()?,
                "--nodes" => plan.nodes = Some(usize::try_from(number()?).unwrap_or(usize::MAX)),
                "--faults" => plan.faults = Some(number()?),
                "--writes" => plan.writes = Some(number()?),
                "--until" => plan.until_ms = Some(number()?),
                "--without" => plan.without = named(value, &Fault::ALL)?.into_iter().collect(),
                "--break" => match named(value, &Broken::ALL) {
                    Ok(broken) => plan.broken = broken.first().copied(),
                    Err(_) => plan = plan.without_defence(named(value, Breakage::ALL)?.first().copied()),
                },
                _ => return Err(format!("{name}: no such argument")),
            }
        }
        Ok(plan)
    }
}

/// What of all there is a list of names means.
fn named<T: std::fmt::Debug + Copy>(list: &str, all: &[T]) -> Result<Vec<T>, String> {
    let find = |name: &str| all.iter().find(|one| format!("{one:?}") == name).copied();
    list.split(',').map(|name| find(name).ok_or_else(|| format!("{name}: one of {all:?}"))).collect()
}

impl std::fmt::Display for Plan {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "--seed {}", self.seed)?;
        if let Some(nodes) = self.nodes {
            write!(out, " --nodes {nodes}")?;
        }
        if !self.without.is_empty() {
            let names: Vec<String> = self.without.iter().map(|fault| format!("{fault:?}")).collect();
            write!(out, " --without {}", names.join(","))?;
        }
        if self.is_honest {
            write!(out, " --honest")?;
        }
        if self.is_ungoverned {
            write!(out, " --ungoverned")?;
        }
        if let Some(is_attacked) = self.attacked {
            write!(out, " --{}attacked", if is_attacked { "" } else { "un" })?;
        }
        for (name, value) in [("faults", self.faults), ("writes", self.writes), ("until", self.until_ms)] {
            if let Some(value) = value {
                write!(out, " --{name} {value}")?;
            }
        }
        match (self.broken, self.breakage) {
            (Some(broken), _) => write!(out, " --break {broken:?}"),
            (None, Some(breakage)) => write!(out, " --break {breakage:?}"),
            (None, None) => Ok(()),
        }
    }
}
