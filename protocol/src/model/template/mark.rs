//! The program's own comments in a template: what is wrong, below the line where it stands.

use super::{Mark, form};
use crate::locale::{self, Language};

/// How a comment of the program begins.
const MARK: &str = "# ^";

/// The text with each mark below its line, and a word at the top that there are some. Comments of an earlier turn go.
///
/// Line 0 is the whole record: told at the top.
#[must_use]
pub fn marked(text: &str, marks: &[Mark], language: Language) -> String {
    laid(text, marks, language).0
}

/// The number that a line of the text has once it is [`marked`]: the number that its author sees.
#[must_use]
pub fn moved(text: &str, marks: &[Mark], language: Language, line: usize) -> usize {
    let numbers = laid(text, marks, language).1;
    line.checked_sub(1)
        .and_then(|index| numbers.get(index))
        .or(numbers.last())
        .copied()
        .filter(|_| line > 0)
        .unwrap_or(0)
}

/// The marked text, and for each line of the text where it stands there.
fn laid(text: &str, marks: &[Mark], language: Language) -> (String, Vec<usize>) {
    let (mut out, mut numbers) = (Laid::default(), Vec::new());
    let count = marks.len().to_string();
    out.push(&set(&locale::format(language, "template.marked", &[("count", &count)])));
    let last = text.split('\n').count();
    let told = |number: usize| {
        // What was found beyond the last line has no other place.
        let here = marks.iter().filter(move |mark| mark.line == number || (number == last && mark.line > last));
        here.map(|mark| said(mark, language)).collect::<Vec<_>>()
    };
    told(0).iter().for_each(|mark| out.push(mark));
    for (index, line) in text.split('\n').enumerate() {
        numbers.push(out.lines.saturating_add(1));
        if !is_own(line) {
            out.push(line);
        }
        told(index.saturating_add(1)).iter().for_each(|mark| out.push(mark));
    }
    (out.text, numbers)
}

/// Lines one below the other, counted.
#[derive(Default)]
struct Laid {
    text: String,
    lines: usize,
}

impl Laid {
    fn push(&mut self, lines: &str) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(lines);
        self.lines = self.lines.saturating_add(lines.split('\n').count());
    }
}

/// True if two texts say the same to a reader: comments of the program make no difference.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let kept = text.lines().filter(|line| !is_own(line)).map(|line| line.trim_end().to_owned());
        let mut kept: Vec<String> = kept.collect();
        while kept.last().is_some_and(String::is_empty) {
            kept.pop();
        }
        kept
    };
    lines(one) == lines(other)
}

fn is_own(line: &str) -> bool {
    line.trim_start().starts_with(MARK)
}

fn said(mark: &Mark, language: Language) -> String {
    let (why, try_) = (one_line(&mark.why), one_line(&mark.advice));
    let label = locale::word(language, "template.error");
    let text = if try_.is_empty() { format!("{label}: {why}") } else { format!("{label}: {why} — {try_}") };
    set(&text)
}

/// A comment in lines that an editor shows whole, each of which begins as the program's own.
fn set(text: &str) -> String {
    let mut lines = vec![MARK.to_owned()];
    let count = |text: &str| text.chars().count();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_full = lines.last().is_some_and(|line| {
            count(line) > count(MARK) && count(line).saturating_add(1).saturating_add(count(word)) > form::WIDTH
        });
        if is_full {
            lines.push(MARK.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.extend([" ", word]);
        }
    }
    lines.join("\n")
}

/// A comment is one line, and holds nothing that turns it round.
fn one_line(text: &str) -> String {
    let told = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    told.filter(|character| !super::keys::is_mark(*character)).collect()
}
