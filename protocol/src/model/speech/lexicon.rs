//! A list of words and what each says, looked up in folded text, the longest phrase first.

use std::collections::BTreeMap;

use super::fold::{Form, Piece, fold};

/// The most words that one sense takes.
const LONGEST: usize = 4;

/// Folded phrases with their senses.
#[derive(Debug)]
pub(super) struct Lexicon<T>(BTreeMap<String, T>);

impl<T: Copy> Lexicon<T> {
    /// Folds natural spellings, several to a line, divided by `|`.
    pub(super) fn new(lines: &[(T, &str)]) -> Self {
        let mut words = Self(BTreeMap::new());
        for (sense, line) in lines {
            words.add(*sense, line);
        }
        words
    }

    /// Adds the spellings of a line.
    pub(super) fn add(&mut self, sense: T, line: &str) {
        let spellings = line.split('|').map(|word| fold(&word.replace(['\'', '-'], " ")));
        self.0.extend(spellings.map(|word| (word, sense)));
    }

    /// The sense that begins a run of pieces, with the number of pieces it takes.
    pub(super) fn find(&self, pieces: &[Piece]) -> Option<(T, usize)> {
        (1..=LONGEST).rev().find_map(|count| {
            let (phrase, taken) = phrase(pieces, count)?;
            self.get(&phrase).map(|sense| (sense, taken))
        })
    }

    fn get(&self, phrase: &str) -> Option<T> {
        self.0.get(phrase).or_else(|| self.bare(phrase)).copied()
    }

    /// An Arabic phrase without article or attached preposition: `بنيسان`, `النيسان`, `للشهر`.
    fn bare(&self, phrase: &str) -> Option<&T> {
        ["ال", "بال", "لل", "ب", "ل"]
            .into_iter()
            .filter_map(|prefix| phrase.strip_prefix(prefix))
            .find_map(|rest| self.0.get(rest).filter(|_| rest.chars().nth(1).is_some()))
    }
}

/// The next `count` words with one space between them; a hyphen or apostrophe between two words is passed over.
fn phrase(pieces: &[Piece], count: usize) -> Option<(String, usize)> {
    let mut words: Vec<&str> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match &piece.form {
            Form::Word(word) => words.push(word),
            Form::Sign('\'' | '-') if piece.is_glued && !words.is_empty() => {}
            Form::Sign(_) | Form::Number(_) => return None,
        }
        if words.len() == count {
            return Some((words.join(" "), index.saturating_add(1)));
        }
    }
    None
}

/// The word behind an attached `و`, "and".
pub(super) fn behind_and(piece: &Piece) -> Option<Piece> {
    let Form::Word(word) = &piece.form else { return None };
    let rest = word.strip_prefix('و').filter(|rest| rest.chars().nth(1).is_some())?;
    Some(Piece { form: Form::Word(rest.to_owned()), is_glued: false })
}
