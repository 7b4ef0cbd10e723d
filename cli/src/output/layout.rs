//! Text set in lines of a width. Each line closes the isolates and the style that it opens, so that a line cut out of its text
//! does nothing to its neighbours. UAX 9.

use unicode_width::UnicodeWidthChar;

/// LEFT-TO-RIGHT, RIGHT-TO-LEFT and FIRST STRONG ISOLATE.
const ISOLATES: std::ops::RangeInclusive<char> = '\u{2066}'..='\u{2068}';
const LTR: char = '\u{2066}';
const RTL: char = '\u{2067}';
const BY_FIRST_LETTER: char = '\u{2068}';
/// POP DIRECTIONAL ISOLATE.
const POP: char = '\u{2069}';
/// Ends every style.
const PLAIN: &str = "\u{1b}[0m";
/// No line is set narrower.
const NARROWEST: usize = 8;

/// Columns that a text takes on a terminal; its styles take none.
///
/// Each character has cells of its own, as terminals give them: a lam with an alef takes two, however they are drawn, and a mark
/// over a letter none. The width of a whole string would join the two into one, and a line of Arabic would come out too wide.
pub(crate) fn columns(text: &str) -> usize {
    let mut is_style = false;
    text.chars().fold(0, |sum: usize, character| {
        let was_style = is_style;
        is_style = if is_style { character != 'm' } else { character == '\u{1b}' };
        let is_shown = !was_style && !is_style;
        sum.saturating_add(character.width().filter(|_| is_shown).unwrap_or(0))
    })
}

/// Sets a text in lines of a width: wrapped at blanks, broken within a word that is longer than a line.
pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
    set(text, width, false)
}

/// The same for a text of ours. A command, a path or an address in it is never broken, for it is there to be copied: it stands on
/// a line of its own, beyond the width if need be.
pub(crate) fn lines_with_commands(text: &str, width: usize) -> Vec<String> {
    set(text, width, true)
}

fn set(text: &str, width: usize, keeps_commands: bool) -> Vec<String> {
    let mut setter = Setter { width: width.max(NARROWEST), ..Setter::default() };
    let mut at = 0_usize;
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            setter.end_line();
        }
        let mut left = Some(paragraph);
        while let Some(start) = left {
            let length = if keeps_commands { command(start) } else { None };
            let is_command = length.is_some();
            let (word, behind) =
                start.split_at_checked(length.unwrap_or_else(|| unbroken(start))).unwrap_or((start, ""));
            let is_whole = is_command || keeps_commands && is_path(word);
            setter.word(word, text.get(at..).unwrap_or_default(), is_whole);
            at = at.saturating_add(word.len()).saturating_add(1);
            left = behind.strip_prefix(' ');
        }
    }
    setter.end_line();
    setter.done
}

/// Bytes up to the first blank where a line may end: not before the marks that French sets apart, nor behind a mark that opens.
fn unbroken(text: &str) -> usize {
    let mut blanks = text.match_indices(' ').map(|(at, _)| at);
    let may_end = |at: &usize| {
        let (before, behind) = text.split_at_checked(*at).unwrap_or_default();
        // Such a mark stands one blank apart: a page of blanks is not searched for one behind each of them.
        let next = behind.strip_prefix(' ').unwrap_or_default().split(' ').next().unwrap_or_default();
        !before.ends_with('«') && !matches!(next, ":" | ";" | "?" | "!") && !next.starts_with('»')
    };
    blanks.find(may_end).unwrap_or(text.len())
}

/// The longest path or address that is not broken.
const PATH_COLUMNS: usize = 256;

/// True of a path or an address, with what stands around it: it is there to be copied too.
fn is_path(word: &str) -> bool {
    let bare = word.trim_start_matches(|mark| matches!(mark, '\u{2066}'..='\u{2069}' | '«' | '“' | '"' | '(' | '`'));
    bare.starts_with('/') && columns(word) <= PATH_COLUMNS
}

/// Bytes of the command in backticks that a text begins with, up to the blank behind it.
fn command(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("`isnad ")?;
    let end = inside.find('`')?.saturating_add("`isnad `".len());
    Some(text.get(end..).and_then(|behind| behind.find(' ')).map_or(text.len(), |blank| end.saturating_add(blank)))
}

/// What is set so far.
#[derive(Default)]
struct Setter {
    width: usize,
    done: Vec<String>,
    line: String,
    used: usize,
    blanks: usize,
    open: Vec<char>,
    style: Option<String>,
}

impl Setter {
    fn word(&mut self, word: &str, rest: &str, is_whole: bool) {
        let needed = columns(word);
        if self.used > 0 && self.used.saturating_add(self.blanks).saturating_add(needed) > self.width {
            self.end_line();
        } else if self.used > 0 {
            self.line.push_str(&" ".repeat(self.blanks));
            self.used = self.used.saturating_add(self.blanks);
        }
        if is_whole || self.used.saturating_add(needed) <= self.width {
            self.put(word, rest, false);
            self.used = self.used.saturating_add(needed);
        } else {
            self.put(word, rest, true);
        }
        self.blanks = 1;
    }

    /// Puts a word at the end of the line; one that is too long goes on in further lines.
    fn put(&mut self, word: &str, rest: &str, breaks: bool) {
        let mut piece = String::new();
        let mut style: Option<String> = None;
        for (at, character) in word.char_indices() {
            if let Some(code) = &mut style {
                code.push(character);
                if character == 'm' {
                    self.style = style.take().filter(|code| code != PLAIN);
                }
                self.line.push(character);
                continue;
            }
            match character {
                '\u{1b}' => style = Some(character.to_string()),
                POP if self.open.pop().is_none() => continue,
                POP => {}
                _ if ISOLATES.contains(&character) => {
                    let behind = rest.get(at.saturating_add(character.len_utf8())..).unwrap_or_default();
                    self.open.push(if character == BY_FIRST_LETTER { direction(behind) } else { character });
                }
                _ if breaks => {
                    piece.push(character);
                    if self.used.saturating_add(columns(&piece)) > self.width {
                        self.end_line();
                        piece = character.to_string();
                    }
                }
                _ => {}
            }
            self.line.push(character);
        }
        if breaks {
            self.used = self.used.saturating_add(columns(&piece));
        }
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.truncate(line.trim_end_matches(' ').len());
        line.extend(self.open.iter().map(|_| POP));
        if let Some(style) = &self.style {
            line.push_str(PLAIN);
            self.line.push_str(style);
        }
        self.line.extend(&self.open);
        self.done.push(line);
        (self.used, self.blanks) = (0, 0);
    }
}

/// The direction of what an isolate holds, by its first letter: so that it goes on the same way in the next line.
fn direction(text: &str) -> char {
    for character in text.chars() {
        match character {
            POP => break,
            '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
                if character.is_alphabetic() =>
            {
                return RTL;
            }
            _ if character.is_alphabetic() => break,
            _ => {}
        }
    }
    LTR
}

/// The lines of a text behind a label, later ones below the first.
pub(crate) fn hung(label: &str, text: &str, width: usize) -> Vec<String> {
    behind(label, lines(text, width.saturating_sub(columns(label))))
}

/// Lines behind a label, later ones below the first.
pub(crate) fn behind(label: &str, mut set: Vec<String>) -> Vec<String> {
    let indent = columns(label);
    for (index, line) in set.iter_mut().enumerate() {
        *line = if index == 0 { format!("{label}{line}") } else { format!("{}{line}", " ".repeat(indent)) };
    }
    set
}

/// Blocks of lines beside each other, each in columns of its own, with two blanks between.
pub(crate) fn beside(blocks: &[(Vec<String>, usize)]) -> Vec<String> {
    let height = blocks.iter().map(|(block, _)| block.len()).max().unwrap_or(0);
    (0..height)
        .map(|row| {
            let cells = blocks.iter().map(|(block, width)| padded(block.get(row).map_or("", String::as_str), *width));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

/// A line with blanks up to a width.
fn padded(line: &str, width: usize) -> String {
    format!("{line}{}", " ".repeat(width.saturating_sub(columns(line))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_closes_what_it_opens_and_the_next_opens_it_again() {
        let text = "a \u{2068}خان العسل في ريف حلب\u{2069} b";
        let set = lines(text, 10);
        for line in &set {
            assert_eq!(line.matches([LTR, RTL, BY_FIRST_LETTER]).count(), line.matches(POP).count(), "{line}");
            assert!(columns(line) <= 10, "{line}");
        }
        assert!(set.get(1).is_some_and(|line| line.starts_with(RTL)), "{set:?}");
        assert_eq!(lines("\u{1b}[2mone two\u{1b}[0m x", 8), ["\u{1b}[2mone two\u{1b}[0m", "x"]);
        assert_eq!(lines("\u{1b}[2maaaa bbbb\u{1b}[0m", 8), ["\u{1b}[2maaaa\u{1b}[0m", "\u{1b}[2mbbbb\u{1b}[0m"]);
    }

    #[test]
    fn a_lam_with_an_alef_takes_two_columns_and_a_mark_none() {
        for (text, expected) in [
            ("الاسم", 5),
            ("لا", 2),
            ("الإثبات", 7),
            ("إسنادًا", 6),
            ("مُؤيَّدة", 5),
            ("e\u{301}", 1),
            ("漢", 2),
            ("\u{2068}حلب\u{2069}", 3),
            ("\u{1b}[1;31mلا\u{1b}[0m x", 4),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_between_letters() {
        assert_eq!(lines("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(lines("xy abcdefghijkl", 8), ["xy", "abcdefgh", "ijkl"]);
        let marked = format!("{}e\u{301}", "a".repeat(7));
        assert_eq!(lines(&marked, 8), [marked]);
        assert!(lines(&"漢".repeat(40), 9).iter().all(|line| columns(line) <= 9));
    }

    #[test]
    fn each_line_of_any_text_closes_what_it_opens() {
        let words = [
            "خان",
            "العسل",
            "Khan",
            "al-Assal",
            "\u{2068}حلب",
            "Aleppo\u{2069}",
            "\u{2066}2013-03-19\u{2069}،",
            "\u{2069}",
            "\n",
            "«",
            "؛",
            "\u{1b}[2mquiet\u{1b}[0m",
        ];
        let mut seed = 7_usize;
        for width in [8, 12, 20, 33] {
            for _ in 0..200 {
                let mut text = Vec::new();
                for _ in 0..14 {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    text.push(words[(seed >> 33) % words.len()]);
                }
                for line in lines(&text.join(" "), width) {
                    let mut open = 0_usize;
                    for mark in line.chars().filter(|mark| ISOLATES.contains(mark) || *mark == POP) {
                        open = if mark == POP { open.checked_sub(1).expect(&line) } else { open + 1 };
                    }
                    assert_eq!(open, 0, "{line:?}");
                }
            }
        }
    }

    #[test]
    fn a_command_to_copy_stands_whole_on_its_line_and_texts_of_others_do_not() {
        let text = "see it with `isnad show incident/0123456789`, or ask";
        assert_eq!(lines_with_commands(text, 20), ["see it with", "`isnad show incident/0123456789`,", "or ask"]);
        assert!(lines(text, 20).iter().all(|line| columns(line) <= 20));
        assert_eq!(lines_with_commands("a `isnad x", 8), ["a `isnad", "x"]);
    }

    #[test]
    fn no_line_begins_with_a_mark_that_french_sets_apart() {
        assert_eq!(lines("il manque : --in", 10), ["il", "manque :", "--in"]);
        assert_eq!(lines("« un » ; deux", 8), ["« un » ;", "deux"]);
        assert_eq!(lines("a  ; b", 40), ["a  ; b"]);
        // Sixty pages of blanks are set at once: were each one looked beyond, this would take billions of steps.
        assert_eq!(lines(&format!("a{};", " ".repeat(200_000)), 10).concat().replace(' ', ""), "a;");
    }

    #[test]
    fn paragraphs_and_blanks_stay() {
        assert_eq!(lines("a  b\n\nc", 10), ["a  b", "", "c"]);
        assert_eq!(hung("  - ", "one two three", 11), ["  - one two", "    three"]);
        let blocks = [(vec!["a".to_owned(), "b".to_owned()], 3), (vec!["c".to_owned()], 3)];
        assert_eq!(beside(&blocks), ["a    c", "b"]);
    }
}
