//! Dates, ids, options and commands among words that are written from right to left. UAX 9.

/// LEFT-TO-RIGHT ISOLATE.
const BEGIN: char = '\u{2066}';
/// POP DIRECTIONAL ISOLATE.
const END: char = '\u{2069}';

/// Isolates each date, id and other figure of a text for a reader from right to left, each option and command with what it takes,
/// and `code`: behind an Arabic letter the parts of 2013-03-19 would else be shown from the last to the first, and `--reason CODE`
/// with its value before it. What is isolated already stays as it is, and so does a line that is a command, or goes on with one:
/// nothing is to be copied with it.
pub(super) fn isolated(text: &str) -> String {
    let mut goes_on = false;
    let line = |line: &str| {
        let is_command = is_command(line) || (goes_on && line.is_ascii());
        goes_on = is_command && line.trim_end().ends_with('\\');
        if is_command { line.to_owned() } else { in_line(line) }
    };
    text.split_inclusive('\n').map(line).collect()
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
    let mut command = 0_usize;
    for (at, character) in text.char_indices() {
        if at < command {
            continue;
        }
        let is_plain = depth == 0 && !is_escape && !is_code;
        let whole = text.get(at..).filter(|_| is_plain && begins_word(text, at)).and_then(command_at);
        if let Some(whole) = whole {
            put(&mut out, &mut figure);
            out.extend([BEGIN.encode_utf8(&mut [0; 4]), whole, END.encode_utf8(&mut [0; 4])]);
            command = at.saturating_add(whole.len());
            continue;
        }
        if character == '`' && depth == 0 {
            put(&mut out, &mut figure);
            out.extend(if is_code { ['`', END] } else { [BEGIN, '`'] });
            is_code = !is_code;
            continue;
        }
        if is_plain && is_part(character) {
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

/// True where no letter or digit of the same word stands before.
fn begins_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|before| {
        matches!(before, ' ' | '\n' | '(' | '[') || (!before.is_ascii() && !before.is_alphanumeric())
    })
}

/// The command or the option that a text begins with, and all that it takes: words of ASCII with one blank between them. None if
/// it begins with something else.
fn command_at(text: &str) -> Option<&str> {
    let letter = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_option = text.strip_prefix('-').is_some_and(|rest| letter(rest.strip_prefix('-').unwrap_or(rest)));
    if !is_option && !text.strip_prefix("isnad ").is_some_and(|rest| letter(rest) || rest.starts_with(['[', '<', '-']))
    {
        return None;
    }
    let is_part = |part: char| part.is_ascii_graphic() && part != '`' || part == '…';
    let (mut length, mut is_ended) = (0_usize, false);
    for word in text.split([' ', '\n']) {
        let starts = if length == 0 { 0 } else { length.saturating_add(1) };
        let ends_before = text.get(..length).unwrap_or_default().ends_with(['.', ',', ':', ';']);
        is_ended |= text.get(length..starts) == Some("\n") || (ends_before && !word.starts_with('-'));
        // A mark of the line may stand behind its last word.
        let own = word.find(|part: char| !is_part(part)).unwrap_or(word.len());
        if is_ended || own == 0 {
            break;
        }
        length = starts.saturating_add(own);
        is_ended = own < word.len();
    }
    let whole = text.get(..length)?.trim_end_matches(['.', ',', ':', ';']);
    // A bracket that was opened before belongs to the line.
    let is_open = |open: char, close: char| whole.matches(close).count() > whole.matches(open).count();
    let extra =
        [('(', ')'), ('[', ']')].into_iter().find(|(open, close)| whole.ends_with(*close) && is_open(*open, *close));
    Some(extra.map_or(whole, |(_, close)| whole.strip_suffix(close).unwrap_or(whole))).filter(|whole| !whole.is_empty())
}

/// Figures stand together where one blank parts them, as groups of digits and coordinates do.
const fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, ' ' | '-' | '−' | '+' | '/' | '.' | ',' | ':' | '_' | '~' | '%' | '?' | '#' | '…' | '$')
}

/// Puts words and figures out, each run of figures in an isolate of its own.
fn put(out: &mut String, run: &mut String) {
    let mut is_inside = false;
    for word in run.split_inclusive(' ') {
        let bare = word.trim_end_matches([' ', '.', ',', ':', '?']);
        // The dashes of --home stay before it, and the first / of a path.
        let is_figure = bare.len() > 1 && bare.starts_with(['-', '/', '$'])
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
        check("يُفتح في $VISUAL أو $EDITOR بلغة", "يُفتح في <$VISUAL> أو <$EDITOR> بلغة");
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
    fn an_option_or_a_command_is_isolated_with_all_that_it_takes() {
        check("اختاروا سببا: --reason CODE", "اختاروا سببا: <--reason CODE>");
        check("بالخيار --whose court,state، أو", "بالخيار <--whose court,state>، أو");
        check("(بالخيار --in LANG).", "(بالخيار <--in LANG>).");
        check("(--in LANG)", "(<--in LANG>)");
        check("      --from {FILE}  الملف، أو - للدخل", "      <--from {FILE}>  الملف، أو - للدخل");
        check("  -h, --help  عرض", "  <-h, --help>  عرض");
        check("      --in-force [{DATE}]  يوم", "      <--in-force [{DATE}]>  يوم");
        check("الاستعمال: isnad show [OPTIONS] {RECORD}", "الاستعمال: <isnad show [OPTIONS] {RECORD}>");
        check("--over\nثم", "<--over>\nثم");
        check("في isnad.toml بعد", "في isnad.toml بعد");
        check("al-Assal", "al-Assal");
    }

    #[test]
    fn a_command_on_a_line_of_its_own_is_copied_as_it_is() {
        check(
            "للجواب:\n  isnad show incident/1a2b --as-of 2018-05-18\nفي 2013-03-19",
            "للجواب:\n  isnad show incident/1a2b --as-of 2018-05-18\nفي <2013-03-19>",
        );
        let several = "isnad found draft --name A \\\n  --member B.act\n";
        check(several, several);
    }
}
