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

/// How many times as much one run may give as another, on whatever machine, where nothing has changed: bytes are counted, memory
/// depends on the turns that threads take, and time on who else is at work, of which the peer measured beside it takes out a part.
fn noise(unit: &str) -> f64 {
    match unit {
        "bytes" | "frames" => 1.05,
        "MB" | "KiB" => 1.4,
        _ => 2.5,
    }
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

    /// What became worse than it was when `known`, of [`Report::to_json`], was written down, beyond what one run differs from the
    /// next, or is not measured any more; one sentence each.
    #[must_use]
    pub fn regressions(&self, known: &serde_json::Value) -> Vec<String> {
        let figures = known["figures"].as_array().into_iter().flatten();
        figures
            .filter(|known| known["at_least"] != known["at_most"])
            .filter_map(|known| self.regression(known))
            .collect()
    }

    fn regression(&self, known: &serde_json::Value) -> Option<String> {
        let (name, was) = (known["name"].as_str()?, known["ratio"].as_f64()?);
        let Some(figure) = self.figures.iter().find(|figure| figure.name == name) else {
            let beside = name.split_once(": ").map_or(name, |(beside, _)| beside);
            let is_left_out = self.left_out.iter().any(|line| line.starts_with(beside));
            return (!is_left_out).then(|| format!("{name}: not measured, and {was:.3} before"));
        };
        let noise = noise(figure.unit);
        let (is_worse, ratio) = match figure.target? {
            Target::AtLeast(_) => (figure.ratio() < was / noise, figure.ratio()),
            Target::AtMost(_) => (figure.ratio() > was * noise, figure.ratio()),
        };
        is_worse.then(|| format!("{name}: {ratio:.3}, and {was:.3} before: beyond {noise} times, which is noise"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_worse_is_told_and_noise_is_not() {
        let report = |rate: f64, bytes: f64| {
            let mut report = Report::new(false);
            report.reaches("catch-up", rate, (100.0, "L"), 0.6, "entries/s");
            report.at_most("no-op", bytes, 300.0, "bytes");
            report.beside("read", rate, (1.0, "nothing"), "ms");
            report
        };
        let known = report(60.0, 58.0).to_json();
        assert_eq!(report(30.0, 60.0).regressions(&known), Vec::<String>::new());
        assert_eq!(report(20.0, 80.0).regressions(&known).len(), 2);
        assert_eq!(Report::new(false).regressions(&known).len(), 2);
        let mut left_out = Report::new(false);
        left_out.left_out("catch-up", "no git");
        assert_eq!(left_out.regressions(&known).len(), 1);
    }
}
