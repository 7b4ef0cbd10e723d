//! What a person reads on: how wide and high it is, whether it shows more than ASCII, and who turns its pages.

use std::ffi::OsString;
use std::io::{IsTerminal, Write as _};
use std::process::{Command, Stdio};

/// Width of a terminal that does not say its own.
const WIDTH: usize = 80;
/// Its height.
const HEIGHT: usize = 24;

/// The width of the terminal, within reason: what the reader says, else what the terminal says.
pub(crate) fn width() -> usize {
    let said = number("COLUMNS").or_else(|| size().map(|(width, _)| width));
    said.unwrap_or(WIDTH).clamp(40, 160)
}

fn height() -> usize {
    number("LINES").or_else(|| size().map(|(_, height)| height)).unwrap_or(HEIGHT)
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok().filter(|number| *number > 0)
}

/// Columns and rows, where standard output is a terminal.
fn size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some((usize::from(size.ws_col), usize::from(size.ws_row))).filter(|(width, height)| *width > 0 && *height > 0)
}

/// True if lines and blocks are drawn in ASCII: the locale is not UTF-8, or the terminal says that it can nothing.
pub(crate) fn is_plain() -> bool {
    is_plain_by(|name| std::env::var(name).ok())
}

fn is_plain_by(said: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| said(name).filter(|text| !text.is_empty()));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
    !is_utf8 || said("TERM").is_some_and(|terminal| terminal == "dumb")
}

/// Gives a text that is longer than the screen to the reader's `$PAGER`; false if there is none, or it was not started.
pub(super) fn paged(text: &str) -> bool {
    let Some(pager) = std::env::var_os("PAGER").filter(|pager| !pager.is_empty()) else { return false };
    std::io::stdout().is_terminal() && text.lines().count() >= height() && page(&pager, text).is_some()
}

fn page(pager: &OsString, text: &str) -> Option<()> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(pager).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as colours; what fits on the screen stays there.
        command.env("LESS", "FRX");
    }
    let mut child = command.spawn().ok()?;
    if let Some(mut input) = child.stdin.take() {
        // A reader who has read enough ends the pager, and that is no failure.
        let _ = writeln!(input, "{text}");
    }
    child.wait().ok().filter(|status| status.code() != Some(127)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_utf8_can_show_is_drawn_in_ascii() {
        for (said, expected) in [
            (&[("LANG", "en_GB.UTF-8")][..], false),
            (&[("LANG", "en_GB.UTF-8"), ("TERM", "dumb")], true),
            (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], true),
            (&[("LC_ALL", ""), ("LC_CTYPE", "ar_SY.utf8")], false),
            (&[], true),
        ] {
            let find = |name: &str| said.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
            assert_eq!(is_plain_by(find), expected, "{said:?}");
        }
    }
}
