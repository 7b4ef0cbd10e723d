//! What was measured, against what, and whether that is good enough.

use serde_json::json;

/// One figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// What came out.
    pub value: f64,
    /// The limit, or what the peer reached.
    pub against: f64,
    /// Of both.
    pub unit: &'static str,
    /// What `against` is.
    pub peer: String,
    /// The bound on `value / against`, if there is one.
    pub target: Option<Target>,
}

/// A bound on a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The ratio is to reach it.
    AtLeast(f64),
    /// The ratio is to stay below it.
    AtMost(f64),
}

impl Figure {
    /// `value / against`.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.value / self.against
    }

    /// True unless a target is missed.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self.target {
            Some(Target::AtLeast(bound)) => self.ratio() >= bound,
            Some(Target::AtMost(bound)) => self.ratio() <= bound,
            None => true,
        }
    }

    fn text(&self) -> String {
        let verdict = match (self.target, self.passes()) {
            (None, _) => "    ",
            (Some(_), true) => "PASS",
            (Some(_), false) => "FAIL",
        };
        let target = match self.target {
            Some(Target::AtLeast(bound)) => format!("≥ {bound:.2}"),
            Some(Target::AtMost(bound)) => format!("≤ {bound:.2}"),
            None => String::new(),
        };
        let numbers = format!("{} of {} {}", short(self.value), short(self.against), self.unit);
        format!("{verdict} {:>9.3} {target:<7} {:<58} {numbers} ({})", self.ratio(), self.name, self.peer)
    }
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Every figure of a run.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<Figure>,
    left_out: Vec<String>,
    is_printed: bool,
}

impl Report {
    /// Prints each figure as it comes, if so told.
    #[must_use]
    pub const fn new(is_printed: bool) -> Self {
        Self { figures: Vec::new(), left_out: Vec::new(), is_printed }
    }

    /// A value that is to stay below a limit.
    pub fn at_most(&mut self, name: &str, value: f64, limit: f64, unit: &'static str) {
        self.add(name, (value, limit), unit, "limit", Some(Target::AtMost(1.0)));
    }

    /// A rate that is to reach what a peer reached in the same run.
    pub fn at_least(&mut self, name: &str, value: f64, (against, peer): (f64, &str), unit: &'static str) {
        self.add(name, (value, against), unit, peer, Some(Target::AtLeast(1.0)));
    }

    /// A rate that is to reach a share of what a peer reached in the same run.
    pub fn reaches(&mut self, name: &str, value: f64, peer: (f64, &str), share: f64, unit: &'static str) {
        self.add(name, (value, peer.0), unit, peer.1, Some(Target::AtLeast(share)));
    }

    /// A value that is to stay below so many times a peer's.
    pub fn stays(&mut self, name: &str, value: f64, peer: (f64, &str), times: f64, unit: &'static str) {
        self.add(name, (value, peer.0), unit, peer.1, Some(Target::AtMost(times)));
    }

    /// A value beside a peer's, without a target.
    pub fn beside(&mut self, name: &str, value: f64, (against, peer): (f64, &str), unit: &'static str) {
        self.add(name, (value, against), unit, peer, None);
    }

    /// Says what this machine could not measure, and why.
    #[allow(clippy::print_stdout, reason = "a command line speaks to its user")]
    pub fn left_out(&mut self, name: &str, why: &str) {
        let line = format!("{name}: not measured: {why}");
        if self.is_printed {
            println!("NONE {line}");
        }
        self.left_out.push(line);
    }

    #[allow(clippy::print_stdout, reason = "a command line speaks to its user")]
    fn add(&mut self, name: &str, numbers: (f64, f64), unit: &'static str, peer: &str, target: Option<Target>) {
        let (value, against) = numbers;
        let figure = Figure { name: name.to_owned(), value, against, unit, peer: peer.to_owned(), target };
        if self.is_printed {
            println!("{}", figure.text());
        }
        self.figures.push(figure);
    }

    /// True if no target is missed.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.figures.iter().all(Figure::passes)
    }

    /// Every figure, for programs.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let figure = |figure: &Figure| {
            let (at_least, at_most) = match figure.target {
                Some(Target::AtLeast(bound)) => (Some(bound), None),
                Some(Target::AtMost(bound)) => (None, Some(bound)),
                None => (None, None),
            };
            json!({
                "name": figure.name, "value": figure.value, "against": figure.against, "unit": figure.unit,
                "peer": figure.peer, "ratio": figure.ratio(), "at_least": at_least, "at_most": at_most,
                "passes": figure.passes(),
            })
        };
        let figures: Vec<_> = self.figures.iter().map(figure).collect();
        json!({ "passes": self.passes(), "figures": figures, "left_out": self.left_out })
    }
}
