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
    let mut out = Vec::new();
    let count = marks.len().to_string();
    out.push(set(&locale::format(language, "template.marked", &[("count", &count)])));
    let last = text.split('\n').count();
    let told = |number: usize| {
        // What was found beyond the last line has no other place.
        let here = marks.iter().filter(move |mark| mark.line == number || (number == last && mark.line > last));
        here.map(|mark| said(mark, language)).collect::<Vec<_>>()
    };
    out.extend(told(0));
    for (index, line) in text.split('\n').enumerate() {
        if !is_own(line) {
            out.push(line.to_owned());
        }
        out.extend(told(index.saturating_add(1)));
    }
    out.join("\n")
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
