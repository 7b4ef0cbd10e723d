//! The lines of a template, told apart: claims at the margin, and what stands indented below each.

use super::Mistake;
use super::keys::is_mark;

/// A key and its value, on one line or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// The number of its line, from 1.
    pub(super) line: usize,
    /// True behind a dash: a part of a value, no field.
    pub(super) is_part: bool,
    /// What stands before the colon, without the language.
    pub(super) key: String,
    /// The language in brackets.
    pub(super) lang: Option<String>,
    /// What stands behind the colon, and in continuations.
    pub(super) text: String,
    /// True if lines were added: the text is then exactly as written.
    pub(super) is_continued: bool,
}

/// A claim: its line, and those below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line at the margin.
    pub(super) head: Node,
    /// Fields and parts.
    pub(super) below: Vec<Node>,
}

impl Entry {
    /// True if nothing was filled in.
    pub(super) fn is_empty(&self) -> bool {
        self.head.text.is_empty() && self.below.iter().all(|node| node.text.is_empty())
    }
}

/// Tells the lines of a text apart.
pub(super) fn entries(text: &str, errors: &mut Vec<(usize, Mistake)>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, raw) in text.split('\n').enumerate() {
        let line = index.saturating_add(1);
        let raw = raw.strip_suffix('\r').unwrap_or(raw).trim_start_matches(is_mark);
        let content = bare(raw);
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_indented = raw.starts_with(char::is_whitespace);
        if is_indented && let Some(more) = raw.trim_start().trim_start_matches(is_mark).strip_prefix('|') {
            go_on(entries.last_mut(), line, more, errors);
            continue;
        }
        let Some(node) = node(content, line) else {
            errors.push((line, Mistake::rule("template_line", &[("line", content)])));
            continue;
        };
        match entries.last_mut() {
            Some(entry) if is_indented => entry.below.push(node),
            None if is_indented => errors.push((line, Mistake::rule("template_indent", &[("key", &node.key)]))),
            _ => entries.push(Entry { head: node, below: Vec::new() }),
        }
    }
    entries
}

/// Goes on with the text of the last line.
fn go_on(entry: Option<&mut Entry>, line: usize, more: &str, errors: &mut Vec<(usize, Mistake)>) {
    let Some(entry) = entry else {
        return errors.push((line, Mistake::rule("template_indent", &[("key", "|")])));
    };
    let node = entry.below.last_mut().unwrap_or(&mut entry.head);
    if node.is_continued || !node.text.is_empty() {
        node.text.push('\n');
    }
    node.is_continued = true;
    node.text.push_str(more.strip_prefix(' ').unwrap_or(more));
}

/// `key: value`, `key [language]: value`, and either behind a dash.
fn node(content: &str, line: usize) -> Option<Node> {
    let (content, is_part) = match content.strip_prefix('-') {
        Some(rest) => (bare(rest), true),
        None => (content, false),
    };
    let (key, value) = content.split_once(':')?;
    let (key, lang) = match key.split_once('[') {
        Some((key, rest)) => (bare(key), Some(bare(rest.split(']').next().unwrap_or_default()))),
        None => (bare(key), None),
    };
    let lang = lang.filter(|lang| !lang.is_empty()).map(str::to_owned);
    Some(Node { line, is_part, key: key.to_owned(), lang, text: bare(value).to_owned(), is_continued: false })
}

/// A text without the spaces and marks of direction around it.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_mark(character))
}
