//! The steps of a case in their order. What undoes a step stands beside that step as well: a warrant is never shown without its
//! annulment. MODEL §9.2.

use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Property, State};

use super::accounts::{Sheet, more, text};
use super::notes::Voices;
use super::said::{Said, said};
use super::value::Telling;
use crate::output::hung;

/// Steps of a case; the rest is shown on demand.
const MOST: usize = 100;

impl Sheet<'_> {
    /// The steps that stand, by date; others as any claim that no longer stands.
    pub(super) fn steps(&self, property: &Property) -> Vec<String> {
        let all = said(&property.claims);
        let mut steps: Vec<&Said<'_>> = all.iter().filter(|said| said.claim.state == State::Live).collect();
        // Stable: what is said of one day stays in the order of the view.
        steps.sort_by_key(|said| day(said));
        let mut out = self.head(property);
        let mut before = None;
        let most = if self.pen.is_full { steps.len() } else { MOST };
        for said in steps.iter().take(most) {
            let voices = self.voices(said);
            if before.as_ref() != Some(&voices) {
                out.extend(hung("  ", &voices, self.pen.width));
            }
            before = Some(voices);
            out.extend(self.step(said, "    • "));
            for other in steps.iter().filter(|other| undoes(other, said)) {
                out.extend(self.step(other, "      ✗ "));
            }
            for basis in &said.claim.basis {
                out.extend(hung("      ← ", &self.pen.basis(basis), self.pen.width));
            }
        }
        out.extend(more(self.pen, steps.len().saturating_sub(most)));
        out.extend(self.former(property, &all));
        out
    }

    fn voices(&self, said: &Said<'_>) -> String {
        let body = said.claim.according_to.as_ref();
        let voices = Voices { body, signers: &said.signers, times: &said.times, all: self.all };
        let space = self.is_mixed.then(|| self.pen.space(said.claim.space));
        self.pen.account_line(&voices, space.as_deref())
    }

    fn step(&self, said: &Said<'_>, mark: &str) -> Vec<String> {
        let (pen, id) = (self.pen, self.pen.claim(said.claim.id));
        let Some(value) = &said.claim.value else { return Vec::new() };
        let Some((date, kind)) = text(value, "date").zip(text(value, "type")) else {
            let told = Telling { pen, refs: &said.claim.refs }.brief(None, "step", value);
            return hung(mark, &format!("{told} [{id}]"), pen.width);
        };
        let mut told = format!("{} — {}", pen.date(date), pen.code("case_step", kind));
        if let Some(outcome) = text(value, "outcome") {
            told.push_str(&format!(": {}", pen.foreign(outcome)));
        }
        if let Some(undone) = text(value, "retracts") {
            told.push_str(&format!(" ({}: {})", pen.word("member.retracts"), pen.foreign(undone)));
        }
        let mut out = hung(mark, &format!("{told} {}", pen.quiet(&format!("[{id}]"))), pen.width);
        for flag in pen.flags(said.claim) {
            out.extend(hung("      ! ", &flag, pen.width));
        }
        for opinion in &said.claim.opinions {
            let (sign, told) = pen.opinion(opinion);
            out.extend(hung(&format!("      {sign} "), &told, pen.width));
        }
        for reply in &said.claim.replies {
            out.extend(pen.reply(reply, "    ", pen.width));
        }
        out
    }
}

fn day(said: &Said<'_>) -> (bool, Option<Day>) {
    let date = said.claim.value.as_ref().and_then(|value| text(value, "date"));
    let day = date.and_then(|date| Edtf::parse(date).ok()?.earliest);
    (day.is_none(), day)
}

/// True if a step says that it undoes the other: by its claim, or by what kind of step it was and when.
fn undoes(step: &Said<'_>, other: &Said<'_>) -> bool {
    let Some(undone) = step.claim.value.as_ref().and_then(|value| text(value, "retracts")) else { return false };
    let member = |key: &str| other.claim.value.as_ref().and_then(|value| text(value, key));
    let names = |(kind, date): (&str, &str)| undone.split(' ').take(2).eq([kind, date]);
    undone == other.claim.id.to_string() || member("type").zip(member("date")).is_some_and(names)
}
