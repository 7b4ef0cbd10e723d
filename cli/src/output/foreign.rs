//! Text of others on a terminal: nothing in it moves the cursor, turns a line round, hides, or reaches into the line above.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write as _;

use isnad_protocol::characters::{is_unsafe, placed};
use isnad_protocol::locale::Direction;
use unicode_width::UnicodeWidthChar;

/// Marks over one letter: Hebrew and Arabic need four, and what stacks more covers the lines around it.
const MARKS: usize = 6;

/// Text of others, made inert. Line breaks stay.
pub(crate) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0_usize;
    for placed in placed(text) {
        let character = placed.character;
        let is_mark = UnicodeWidthChar::width(character) == Some(0);
        marks = if is_mark { marks.saturating_add(1) } else { 0 };
        if (character != '\n' && placed.is_unsafe()) || marks > MARKS {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// JSON with what is unsafe in its strings written as JSON escapes: it stands nowhere else in it.
pub(crate) fn json_inert(json: &str) -> Cow<'_, str> {
    if json.chars().all(|character| !is_escaped(character)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if is_escaped(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The same in one line, isolated so that its direction does not reach its neighbours. UAX 9: FIRST STRONG ISOLATE.
pub(crate) fn isolated(text: &str) -> String {
    let text = one_line(text);
    if text.is_ascii() { text } else { format!("\u{2068}{text}\u{2069}") }
}

/// The same among words of a direction: among those from right to left ASCII too has one of its own, or its brackets and full
/// stops would change sides.
pub(crate) fn apart(text: &str, direction: Direction) -> String {
    match direction {
        Direction::Rtl if text.is_ascii() && !text.is_empty() => format!("\u{2068}{}\u{2069}", one_line(text)),
        Direction::Rtl | Direction::Ltr => isolated(text),
    }
}

/// A text of others with one space wherever it has any room: for a table, whatever its author put into it.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same in one line: a line break of others does not begin a line of ours.
pub(crate) fn one_line(text: &str) -> String {
    let text = inert(text);
    if text.contains('\n') { text.replace('\n', "\u{21b5} ") } else { text }
}

/// A text of several paragraphs, each of which is made inert and isolated by `apart`. The line ends of other systems are no more
/// than that.
pub(crate) fn paragraphs(text: &str, apart: impl Fn(&str) -> String) -> String {
    text.replace("\r\n", "\n").split('\n').map(apart).collect::<Vec<_>>().join("\n")
}

/// What was copied from a line that this module isolated, without the marks that nobody sees.
pub(crate) fn pasted(text: &str) -> &str {
    text.trim_matches(|character| matches!(character, '\u{2066}'..='\u{2069}'))
}

/// The id of a claim as it was copied, perhaps with the brackets that it stands in.
pub(crate) fn pasted_claim(text: &str) -> &str {
    text.trim_matches(|character| matches!(character, '\u{2066}'..='\u{2069}' | '[' | ']' | ' '))
}

/// An argument as it was meant: an option that was copied from a line that isolates it begins with its dashes.
pub(crate) fn pasted_argument(argument: OsString) -> OsString {
    let option = argument.to_str().map(pasted).filter(|option| option.starts_with('-')).map(OsString::from);
    option.unwrap_or(argument)
}

/// What is unsafe, but for the line ends between the members of JSON: in its strings they are escaped.
fn is_escaped(character: char) -> bool {
    character != '\n' && is_unsafe(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_from_a_page_is_taken_without_its_marks() {
        assert_eq!(pasted_claim("[\u{2066}75b7e1716d2d\u{2069}]"), "75b7e1716d2d");
        assert_eq!(pasted_claim("75b7e171"), "75b7e171");
        for (argument, expected) in
            [("\u{2066}--help\u{2069}", "--help"), ("--lang", "--lang"), ("\u{2068}حلب\u{2069}", "\u{2068}حلب\u{2069}")]
        {
            assert_eq!(pasted_argument(argument.into()), OsString::from(expected));
        }
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
    fn nothing_in_a_text_moves_the_cursor_or_turns_the_line() {
        assert_eq!(inert("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(inert("a\u{202e}b\u{2066}"), "a\\u{202e}b\\u{2066}");
        assert_eq!(inert("خان العسل"), "خان العسل");
        assert_eq!(one_line("a\r\nb"), "a\\u{d}\u{21b5} b");
        assert_eq!(paragraphs("a\r\nب", isolated), "a\n\u{2068}ب\u{2069}");
    }

    #[test]
    fn marks_and_joiners_do_no_more_than_their_script_needs() {
        let stacked = format!("e{}", "\u{301}".repeat(100));
        assert!(inert(&stacked).chars().filter(|character| *character == '\u{301}').count() <= MARKS);
        assert_eq!(inert("al\u{200d}assal"), "al\\u{200d}assal");
        assert_eq!(inert("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(inert("👩\u{200d}👩"), "👩\u{200d}👩");
        assert_eq!(inert("ab\u{ad}c\u{3164}"), "ab\\u{ad}c\\u{3164}");
        assert_eq!(inert("é\u{200d}e دو\u{200e}ما \u{e000}\u{378}"), "é\\u{200d}e دو\\u{200e}ما \\u{e000}\\u{378}");
    }
}
