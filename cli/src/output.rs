//! The only printer: text for people, JSON for programs.
//!
//! What others wrote is made inert before it reaches a terminal: control characters and marks that turn the direction of
//! a line are shown as their code, and text of either direction is isolated. THREATS rows 43 and 45.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one module that prints")]

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Write as _};
use std::sync::Mutex;

use isnad_protocol::locale::Direction;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::error::Problem;

mod figures;

/// Width of a terminal that does not say its own.
const WIDTH: usize = 80;

/// Why standard output took something no more; kept until the command ends, for it is then no success.
static FAILED: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// Where output goes and in which form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    /// JSON instead of text.
    pub(crate) json: bool,
    /// Colours and progress bars.
    pub(crate) is_terminal: bool,
    /// Which way the words around dates and ids are written.
    pub(crate) direction: Direction,
}

/// How a word is set off on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A heading.
    Strong,
    /// What a reader must not miss.
    Alert,
}

impl Printer {
    /// Prints to this process's standard output.
    pub(crate) fn new(json: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, is_terminal, direction: Direction::Ltr }
    }

    /// Prints one line of text.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        keep(writeln!(std::io::stdout().lock(), "{}", text.as_ref()));
    }

    /// Prints text for people.
    pub(crate) fn text(self, text: &str) {
        match self.direction {
            Direction::Ltr => self.line(text.trim_end()),
            Direction::Rtl => self.line(figures::isolated(text.trim_end())),
        }
    }

    /// Prints a value as JSON on one line.
    pub(crate) fn value(self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.line(text),
            Err(error) => keep(Err(error.into())),
        }
    }

    /// Prints the value as JSON, or else what `text` makes of it.
    pub(crate) fn either<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) {
        if self.json {
            self.value(value);
        } else {
            self.text(&text(value));
        }
    }

    /// Prints an error to standard error.
    pub(crate) fn error(self, error: &Problem) {
        if self.json {
            eprintln!("{}", serde_json::to_string(error).unwrap_or_else(|_| error.error.clone()));
            return;
        }
        eprintln!("{} {}", self.styled("error:", Style::Alert), inert(&error.error));
        for (name, text) in [("why", &error.why), ("try", &error.advice)] {
            if !text.is_empty() {
                eprintln!("{}", hanging(&format!("  {name}: "), &inert(text), width()));
            }
        }
    }

    /// Says something on the side, for a person: never part of the output.
    pub(crate) fn aside(self, text: impl AsRef<str>) {
        eprintln!("{}", text.as_ref());
    }

    /// Sets a word off, on a terminal alone.
    pub(crate) fn styled(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Strong => "1",
            Style::Alert => "1;31",
        };
        if self.is_terminal { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Keeps the first failure of standard output.
pub(crate) fn keep(written: std::io::Result<()>) {
    if let Err(error) = written {
        FAILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
    }
}

/// Hands on what is still to be printed, and says whether all of it was taken. A reader that closed the pipe has read enough.
///
/// # Errors
/// [`Problem`] says why standard output did not take it.
pub(crate) fn finish() -> Result<(), Problem> {
    keep(std::io::stdout().lock().flush());
    let failed = FAILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match failed {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            let mut problem = Problem::file("write to", std::path::Path::new("standard output"), &error);
            problem.advice = format!("{}; what was signed stands, and need not be entered again", problem.advice);
            Err(problem)
        }
        _ => Ok(()),
    }
}

/// A bar for long work; none where nobody watches a terminal, or for programs.
pub(crate) fn progress(printer: Printer, length: usize) -> indicatif::ProgressBar {
    if printer.json || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    indicatif::ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX))
}

/// The width of the terminal, within reason.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.unwrap_or(WIDTH).clamp(40, 160)
}

/// Text of others, made inert: nothing in it moves a cursor or turns a line round.
pub(crate) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// JSON with what is unsafe in its strings written as JSON escapes: it stands nowhere else in it.
pub(crate) fn json_inert(json: &str) -> Cow<'_, str> {
    if json.chars().all(|character| !is_unsafe(character)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if is_unsafe(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The same, isolated so that its direction does not reach its neighbours. UAX 9: FIRST STRONG ISOLATE.
pub(crate) fn isolated(text: &str) -> String {
    let text = inert(text);
    if text.is_ascii() { text } else { format!("\u{2068}{text}\u{2069}") }
}

/// What was copied from a line that this module isolated, without the marks that nobody sees.
pub(crate) fn pasted(text: &str) -> &str {
    text.trim_matches(|character| matches!(character, '\u{2066}'..='\u{2069}'))
}

const fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{9}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Columns that a text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Pads a text with spaces to a width; a longer one is cut with an ellipsis.
pub(crate) fn fit(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0_usize;
    let whole = columns(text);
    if whole <= width {
        return format!("{text}{}", " ".repeat(width.saturating_sub(whole)));
    }
    let room = width.saturating_sub(1);
    for character in text.chars() {
        let next = used.saturating_add(columns(character.encode_utf8(&mut [0; 4])));
        if next > room {
            break;
        }
        out.push(character);
        used = next;
    }
    // An isolate that was cut open is closed, or it would swallow the rest of the line.
    if out.contains('\u{2068}') && !out.contains('\u{2069}') {
        out.push('\u{2069}');
    }
    out.push('…');
    used = used.saturating_add(1);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// Sets a text behind a label, wrapped so that later lines stand below the first.
pub(crate) fn hanging(label: &str, text: &str, width: usize) -> String {
    let indent = columns(label);
    let room = width.saturating_sub(indent).max(20);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        lines.extend(wrapped(paragraph, room));
    }
    let glue = format!("\n{}", " ".repeat(indent));
    format!("{label}{}", lines.join(&glue))
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let needed = columns(line).saturating_add(columns(word)).saturating_add(1);
        if line.is_empty() {
            line.push_str(word);
        } else if needed <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_moves_the_cursor_or_turns_the_line() {
        assert_eq!(inert("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(inert("a\u{202e}b\u{2066}"), "a\\u{202e}b\\u{2066}");
        assert_eq!(inert("خان العسل"), "خان العسل");
    }

    #[test]
    fn json_says_the_same_with_escapes() {
        let text = "a\u{9b}2J\u{202e}\u{e0041}é";
        let json = serde_json::to_string(text).unwrap();
        let inert = json_inert(&json);
        assert!(inert.chars().all(|character| !is_unsafe(character)), "{inert}");
        assert_eq!(serde_json::from_str::<String>(&inert).unwrap(), text);
    }

    #[test]
    fn a_cut_text_closes_its_isolate() {
        let cut = fit(&isolated("خان العسل في ريف حلب"), 8);
        assert!(cut.contains('\u{2069}') && cut.contains('…'), "{cut}");
    }

    #[test]
    fn wrapped_text_hangs_below_its_first_line() {
        let text = hanging("  why: ", "one two three four five six seven eight", 30);
        assert_eq!(text, "  why: one two three four five\n       six seven eight");
    }
}
