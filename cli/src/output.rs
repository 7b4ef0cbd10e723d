//! The only printer: text for people, JSON for programs.
//!
//! What others wrote is made inert before it reaches a terminal: control characters and marks that turn the direction of
//! a line are shown as their code, and text of either direction is isolated. THREATS rows 43 and 45.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the one module that prints")]

use std::io::{ErrorKind, IsTerminal, Write as _};
use std::sync::Mutex;

use isnad_protocol::locale::{self, Direction, Language};
use serde::Serialize;

use crate::error::Problem;

mod figures;
mod foreign;
mod layout;
mod screen;

pub(crate) use foreign::{
    apart, inert, json_inert, one_line, paragraphs, pasted, pasted_argument, pasted_claim, squeezed,
};
use layout::{behind, lines_with_commands};
pub(crate) use layout::{beside, columns, hung, lines};
pub(crate) use screen::{is_plain, width};

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
    /// The language of what it says itself.
    pub(crate) language: Language,
}

/// How a word is set off on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A heading.
    Strong,
    /// What a reader must not miss.
    Alert,
    /// What few readers need.
    Quiet,
}

impl Printer {
    /// Prints to this process's standard output.
    pub(crate) fn new(json: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { json, is_terminal, direction: Direction::Ltr, language: Language::En }
    }

    /// The same for a reader of a language.
    pub(crate) const fn speaking(self, language: Language) -> Self {
        Self { direction: language.direction(), language, ..self }
    }

    /// Prints one line of text.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        keep(writeln!(std::io::stdout().lock(), "{}", text.as_ref()));
    }

    /// Prints text for people.
    pub(crate) fn text(self, text: &str) {
        self.line(self.directed(text));
    }

    /// Prints a long text for people: through their pager, if they named one and the text is longer than the screen.
    pub(crate) fn pages(self, text: &str) {
        let text = self.directed(text);
        if !screen::paged(&text) {
            self.line(text);
        }
    }

    /// A text for people, whose figures keep their order among words of either direction.
    fn directed(self, text: &str) -> String {
        match self.direction {
            Direction::Ltr => text.trim_end().to_owned(),
            Direction::Rtl => figures::isolated(text.trim_end()),
        }
    }

    /// Prints a value as JSON on one line, what others wrote in it inert.
    pub(crate) fn value(self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.line(json_inert(&text)),
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

    /// The colon behind a label.
    pub(crate) const fn colon(self) -> &'static str {
        match self.language {
            Language::Ar | Language::En => ":",
            Language::Fr => " :",
        }
    }

    /// Words of others between the quotation marks of the language.
    pub(crate) fn quotation(self, text: &str) -> String {
        match self.language {
            Language::En => format!("“{text}”"),
            Language::Ar => format!("«{text}»"),
            Language::Fr => format!("«\u{a0}{text}\u{a0}»"),
        }
    }

    /// What parts notes of one line.
    pub(crate) const fn semicolon(self) -> &'static str {
        match self.language {
            Language::En => "; ",
            Language::Ar => "؛ ",
            Language::Fr => "\u{a0}; ",
        }
    }

    /// Prints an error to standard error, in the reader's language.
    pub(crate) fn error(self, error: &Problem) {
        let error = error.clone().in_language(self.language);
        if self.json {
            let text = serde_json::to_string(&error).unwrap_or_else(|_| error.error.clone());
            eprintln!("{}", json_inert(&text));
            return;
        }
        let label =
            |part: &str| format!("{}{}", locale::word(self.language, &format!("problem.label.{part}")), self.colon());
        let head = format!("{} ", self.styled(&label("error"), Style::Alert));
        let what = hanging(&head, &inert(&error.error), width());
        eprintln!("{}", self.directed(&what));
        // Of several rules that are broken each is told, not the first alone.
        let several = error.words.problems.iter().filter(|_| error.words.problems.len() > 1);
        let several: Vec<_> = several.flat_map(|broken| [("why", &broken.why), ("try", &broken.advice)]).collect();
        let one = vec![("why", &error.why), ("try", &error.advice)];
        for (name, text) in if several.is_empty() { one } else { several } {
            if !text.is_empty() {
                let line = hanging(&format!("  {} ", label(name)), &inert(text), width());
                eprintln!("{}", self.directed(&line));
            }
        }
    }

    /// Says something on the side, for a person: never part of the output.
    pub(crate) fn aside(self, text: impl AsRef<str>) {
        eprintln!("{}", self.directed(text.as_ref()));
    }

    /// Sets a word off, on a terminal alone.
    pub(crate) fn styled(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Strong => "1",
            Style::Alert => "1;31",
            Style::Quiet => "2",
        };
        if self.is_terminal { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// What a printer prints of a text for people.
#[cfg(test)]
pub(crate) fn printed(printer: Printer, text: &str) -> String {
    printer.directed(text)
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
            let problem = Problem::file("write to", std::path::Path::new("standard output"), &error);
            Err(problem.and("signed_stands"))
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

/// See [`bytes`].
pub(crate) type Bar = indicatif::ProgressBar;

/// A bar for bytes that pass, of so many if that is known; none where nobody watches a terminal, or for programs.
pub(crate) fn bytes(printer: Printer, length: Option<u64>) -> Bar {
    if printer.json || !std::io::stderr().is_terminal() {
        return Bar::hidden();
    }
    let (bar, form) = match length {
        Some(length) => (Bar::new(length), "{wide_bar} {percent}% {binary_bytes_per_sec}"),
        None => (Bar::new_spinner(), "{spinner} {binary_bytes} {binary_bytes_per_sec}"),
    };
    if let Ok(style) = indicatif::ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar
}

/// A sign that work is going on, where nobody knows how much there is; none where nobody watches.
pub(crate) fn spinner(printer: Printer) -> indicatif::ProgressBar {
    let bar = progress(printer, 0);
    bar.set_style(indicatif::ProgressStyle::default_spinner());
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
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
    let open = out.matches(['\u{2066}', '\u{2067}', '\u{2068}']).count();
    out.extend(std::iter::repeat_n('\u{2069}', open.saturating_sub(out.matches('\u{2069}').count())));
    out.push('…');
    used = used.saturating_add(1);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// Sets a text behind a label, wrapped so that later lines stand below the first.
pub(crate) fn hanging(label: &str, text: &str, width: usize) -> String {
    let room = width.max(columns(label).saturating_add(20));
    behind(label, lines_with_commands(text, room.saturating_sub(columns(label)))).join("\n")
}

#[cfg(test)]
mod tests {
    use super::foreign::isolated;
    use super::*;

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
