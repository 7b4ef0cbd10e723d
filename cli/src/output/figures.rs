//! Dates, ids and numbers among words that are written from right to left. UAX 9.

/// LEFT-TO-RIGHT ISOLATE.
const BEGIN: char = '\u{2066}';
/// POP DIRECTIONAL ISOLATE.
const END: char = '\u{2069}';

/// Isolates each date, id and other figure of a text for a reader from right to left, and commands in `code`: behind an Arabic
/// letter the parts of 2013-03-19 would else be shown from the last to the first. What is isolated already stays as it is, and so
/// does a line that is a command: nothing is to be copied with it.
pub(super) fn isolated(text: &str) -> String {
    text.split_inclusive('\n').map(|line| if is_command(line) { line.to_owned() } else { in_line(line) }).collect()
}

/// True for a line that a reader copies to a shell.
fn is_command(line: &str) -> bool {
    line.is_ascii()
        && line.split_ascii_whitespace().next().is_some_and(|word| word == "isnad" || word.ends_with("/isnad"))
}

fn in_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut figure = String::new();
    let mut depth = 0_usize;
    let mut is_escape = false;
    let mut is_code = false;
    for character in text.chars() {
        if character == '`' && depth == 0 {
            put(&mut out, &mut figure);
            out.extend(if is_code { ['`', END] } else { [BEGIN, '`'] });
            is_code = !is_code;
            continue;
        }
        let is_part = depth == 0 && !is_escape && !is_code && is_part(character);
        if is_part {
            figure.push(character);
            continue;
        }
        put(&mut out, &mut figure);
        match character {
            '\u{2066}'..='\u{2068}' => depth = depth.saturating_add(1),
            END => depth = depth.saturating_sub(1),
            '\u{1b}' => is_escape = true,
            'm' => is_escape = false,
            _ => {}
        }
        out.push(character);
    }
    put(&mut out, &mut figure);
    out
}

/// Figures stand together where one blank parts them, as groups of digits and coordinates do.
const fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, ' ' | '-' | '−' | '+' | '/' | '.' | ',' | ':' | '_' | '~' | '%' | '?' | '#' | '…')
}

/// Puts words and figures out, each run of figures in an isolate of its own.
fn put(out: &mut String, run: &mut String) {
    let mut is_inside = false;
    for word in run.split_inclusive(' ') {
        let bare = word.trim_end_matches([' ', '.', ',', ':', '?']);
        // The dashes of --home stay before it, and the first / of a path.
        let is_figure = bare.len() > 1 && bare.starts_with(['-', '/'])
            || bare.contains(|digit: char| digit.is_ascii_digit())
                && bare.contains(|other: char| !other.is_ascii_digit());
        if is_inside && (!is_figure || out.ends_with([',', '.', ':', '?'])) {
            close(out);
            is_inside = false;
        }
        if is_figure && !is_inside {
            out.push(BEGIN);
            is_inside = true;
        }
        out.push_str(word);
    }
    if is_inside {
        close(out);
    }
    run.clear();
}

/// Closes an isolate behind its last letter or digit: what follows belongs to the line.
fn close(out: &mut String) {
    let end = out.trim_end_matches([' ', '.', ',', ':', '?']).len();
    out.insert(end, END);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(isolated(text).replace(BEGIN, "<").replace(END, ">"), expected);
    }

    #[test]
    fn dates_and_ids_are_isolated_and_words_are_not() {
        check("في 2013-03-19، ثم", "في <2013-03-19>، ثم");
        check("حادثة incident/8690e26d", "حادثة <incident/8690e26d>");
        check("بتوقيع Aleppo Records; [714e68949d5c]", "بتوقيع Aleppo Records; [<714e68949d5c>]");
        check("أفيد عن 86 قتيلا", "أفيد عن 86 قتيلا");
        check("المفتاح 3f9a11 #12, القيد 7c: نعم", "المفتاح <3f9a11 #12>, القيد <7c>: نعم");
        check("8690e26d  2013-03-19    ", "<8690e26d>  <2013-03-19>    ");
        check("بالخيار --home، أو", "بالخيار <--home>، أو");
        check("قراءة /tmp/a", "قراءة </tmp/a>");
        check("انظروا `isnad list <KIND>`", "انظروا <`isnad list <KIND>`>");
    }

    #[test]
    fn groups_stay_in_their_order_and_isolates_as_they_are() {
        check("1a2b3c4d 5e6f7a8b", "<1a2b3c4d 5e6f7a8b>");
        check("\u{2068}36.1672 37.0392\u{2069} 2018-04~", "\u{2068}36.1672 37.0392> <2018-04~>");
        check("\u{1b}[1;31mx 1a\u{1b}[0m", "\u{1b}[1;31mx <1a>\u{1b}[0m");
        check("", "");
    }

    #[test]
    fn a_command_on_a_line_of_its_own_is_copied_as_it_is() {
        check(
            "للجواب:\n  isnad show incident/1a2b --as-of 2018-05-18\nفي 2013-03-19",
            "للجواب:\n  isnad show incident/1a2b --as-of 2018-05-18\nفي <2013-03-19>",
        );
    }
}
