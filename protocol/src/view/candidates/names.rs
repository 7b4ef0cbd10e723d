//! Names compared letter by letter, whatever their script and the order of their words.
//!
//! The way of nomenklatura's logic-v2 (opensanctions.org/matcher): words without order, each paired with its best counterpart,
//! across scripts. All is done on whole numbers.

use crate::limits;

use super::letters::{Letter, is_arabic, letters, plain};

/// A name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As written, cut to what is compared.
    pub text: String,
    words: Vec<Word>,
    joined: Word,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Word {
    plain: Vec<char>,
    letters: Vec<Letter>,
    groups: u64,
    is_arabic: bool,
}

/// Two pieces of two names that stand for the same; empty where one has no counterpart.
pub type Aligned = (String, String);

impl Name {
    /// Takes a name apart; `None` where nothing is left to compare.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text.chars().take(limits::CANDIDATE_NAME_CHARS).collect();
        // What stands in brackets behind a name explains it: "(authorities before 2024)".
        let named = text.split_once('(').map_or(&*text, |(before, _)| before);
        let named = if named.trim().is_empty() { &*text } else { named };
        let is_quiet = |letter: char| matches!(letter, '\'' | '’' | '‘' | 'ʿ' | 'ʾ' | '`' | 'ʼ' | 'ʻ');
        let spelt: String = plain(named).chars().filter(|letter| !is_quiet(*letter)).collect();
        let all = || spelt.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let kept = || all().flat_map(without_article).filter(|word| !is_dropped(word));
        let mut words: Vec<Word> = kept().take(limits::CANDIDATE_NAME_WORDS).map(Word::new).collect();
        if words.is_empty() {
            words = all().take(limits::CANDIDATE_NAME_WORDS).map(Word::new).collect();
        }
        let joined = Word::joined(&words)?;
        Some(Self { text, words, joined })
    }

    /// How many words are compared.
    #[must_use]
    pub const fn word_count(&self) -> usize {
        self.words.len()
    }

    /// The consonants of each word.
    pub(super) fn skeletons(&self) -> Vec<String> {
        self.words.iter().map(Word::skeleton).collect()
    }

    /// The consonants of all words in a row.
    pub(super) fn skeleton(&self) -> String {
        self.joined.skeleton()
    }

    /// How alike two names are, from 0 to 100.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> u8 {
        let (mut found, mut whole) = (0_usize, 0_usize);
        for (first, second, likeness) in self.pairs(other) {
            let letters = first.weight().saturating_add(second.weight());
            found = found.saturating_add(letters.saturating_mul(likeness));
        }
        for word in self.words.iter().chain(&other.words) {
            whole = whole.saturating_add(word.weight());
        }
        let by_words = found.checked_div(whole).unwrap_or(0);
        let is_split = self.words.len() != other.words.len();
        let by_letters = if is_split { self.joined.likeness(&other.joined) } else { 0 };
        u8::try_from(by_words.max(by_letters).min(100)).unwrap_or(100)
    }

    /// Words of the two names that are alike, each once, the most alike first.
    fn pairs<'a>(&'a self, other: &'a Self) -> Vec<(&'a Word, &'a Word, usize)> {
        let mut all = Vec::new();
        for (at, first) in self.words.iter().enumerate() {
            for (place, second) in other.words.iter().enumerate() {
                let likeness = first.likeness(second);
                if likeness >= WORD_LIKENESS {
                    all.push((likeness, at, place, first, second));
                }
            }
        }
        all.sort_by_key(|(likeness, at, place, ..)| {
            (std::cmp::Reverse(*likeness), at.abs_diff(*place), *at.min(place))
        });
        let (mut used, mut taken) = (Vec::new(), Vec::new());
        let mut pairs = Vec::new();
        for (likeness, at, place, first, second) in all {
            if !used.contains(&at) && !taken.contains(&place) {
                used.push(at);
                taken.push(place);
                pairs.push((at, first, second, likeness));
            }
        }
        pairs.sort_by_key(|(at, ..)| *at);
        pairs.into_iter().map(|(_, first, second, likeness)| (first, second, likeness)).collect()
    }

    /// The two names side by side, letter by letter: what a reader checks. Words without counterpart come last.
    #[must_use]
    pub fn aligned(&self, other: &Self) -> Vec<Vec<Aligned>> {
        let pairs = self.pairs(other);
        if pairs.is_empty() {
            return vec![self.joined.aligned(&other.joined)];
        }
        let is_paired =
            |word: &Word| pairs.iter().any(|(one, two, _)| std::ptr::eq(*one, word) || std::ptr::eq(*two, word));
        let ours = self.words.iter().filter(|word| !is_paired(word));
        let theirs = other.words.iter().filter(|word| !is_paired(word));
        let ours = ours.map(|word| vec![(word.text(), String::new())]);
        let theirs = theirs.map(|word| vec![(String::new(), word.text())]);
        pairs.iter().map(|(first, second, _)| first.aligned(second)).chain(ours).chain(theirs).collect()
    }
}

/// Words less alike than this are two words.
const WORD_LIKENESS: usize = 60;

impl Word {
    fn new(text: &str) -> Self {
        Self::of(text.chars().collect(), letters(text), is_arabic(text))
    }

    fn of(plain: Vec<char>, letters: Vec<Letter>, is_arabic: bool) -> Self {
        let bit = |letter: &Letter| 1_u64.checked_shl(u32::from(letter.group) % 64).unwrap_or(0);
        let groups = letters.iter().map(bit).fold(0, |all, bit| all | bit);
        Self { plain, letters, groups, is_arabic }
    }

    fn joined(words: &[Self]) -> Option<Self> {
        let is_arabic = words.first()?.is_arabic;
        let plain = words.iter().flat_map(|word| &word.plain).copied().take(limits::CANDIDATE_WORD_LETTERS).collect();
        let letters = words.iter().flat_map(|word| &word.letters).cloned();
        Some(Self::of(plain, letters.take(limits::CANDIDATE_WORD_LETTERS).collect(), is_arabic))
    }

    const fn weight(&self) -> usize {
        self.letters.len()
    }

    fn text(&self) -> String {
        self.letters.iter().map(|letter| &*letter.text).collect()
    }

    fn skeleton(&self) -> String {
        self.letters.iter().map(|letter| letter.group).collect()
    }

    /// From 0 to 100.
    fn likeness(&self, other: &Self) -> usize {
        if self.plain == other.plain {
            return 100;
        }
        // Words that have few groups in common are not worth a table.
        let shared = (self.groups & other.groups).count_ones();
        let most = self.groups.count_ones().max(other.groups.count_ones());
        if shared.saturating_mul(2) < most {
            return 0;
        }
        let longest = self.letters.len().max(other.letters.len());
        let cost = distance(&self.letters, &other.letters, weigh_one, weigh_two);
        let by_sound = percent_left(cost, longest.saturating_mul(2));
        if self.is_arabic != other.is_arabic {
            // One or two consonants are little to go by where vowels are not written.
            return by_sound.min(match longest {
                0 | 1 => 60,
                2 => 85,
                _ => 100,
            });
        }
        let longest = self.plain.len().max(other.plain.len());
        let cost = distance(&self.plain, &other.plain, |_| 1, |first, second| usize::from(first != second));
        let by_letter = percent_left(cost, longest);
        by_sound.saturating_mul(3).saturating_add(by_letter).saturating_div(4)
    }

    fn aligned(&self, other: &Self) -> Vec<Aligned> {
        let steps = steps(&self.letters, &other.letters);
        let text = |letters: &[Letter], at: Option<usize>| {
            at.and_then(|at| letters.get(at)).map(|letter| letter.text.clone()).unwrap_or_default()
        };
        steps.into_iter().map(|(at, place)| (text(&self.letters, at), text(&other.letters, place))).collect()
    }
}

/// What is left of a whole when a cost is taken off, in per cent.
fn percent_left(cost: usize, whole: usize) -> usize {
    whole.saturating_sub(cost).saturating_mul(100).checked_div(whole).unwrap_or(0)
}

/// What it costs to leave a letter out: half for one that some spellings lack.
const fn weigh_one(letter: &Letter) -> usize {
    if letter.is_weak() { 1 } else { 2 }
}

/// What it costs to read one letter for another.
const fn weigh_two(first: &Letter, second: &Letter) -> usize {
    match (first.group == second.group, first.is_near(second)) {
        (true, _) if first.clashes(second) => 1,
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// The least cost to turn one row into the other (Wagner and Fischer 1974).
fn distance<T>(first: &[T], second: &[T], one: impl Fn(&T) -> usize, two: impl Fn(&T, &T) -> usize) -> usize {
    table(first, second, one, two).last().and_then(|row| row.last()).copied().unwrap_or(0)
}

fn table<T>(first: &[T], second: &[T], one: impl Fn(&T) -> usize, two: impl Fn(&T, &T) -> usize) -> Vec<Vec<usize>> {
    let mut row = vec![0_usize];
    for item in second {
        row.push(row.last().copied().unwrap_or(0).saturating_add(one(item)));
    }
    let mut rows = vec![row];
    for item in first {
        let above = rows.last().cloned().unwrap_or_default();
        let mut row = vec![above.first().copied().unwrap_or(0).saturating_add(one(item))];
        for ((other, corner), over) in second.iter().zip(&above).zip(above.iter().skip(1)) {
            let left = row.last().copied().unwrap_or(0);
            let changed = corner.saturating_add(two(item, other));
            let dropped = over.saturating_add(one(item));
            row.push(changed.min(dropped).min(left.saturating_add(one(other))));
        }
        rows.push(row);
    }
    rows
}

/// The way through the table: places of letters that stand for each other, or for nothing.
fn steps(first: &[Letter], second: &[Letter]) -> Vec<(Option<usize>, Option<usize>)> {
    let rows = table(first, second, weigh_one, weigh_two);
    let cell = |at: usize, place: usize| rows.get(at).and_then(|row| row.get(place)).copied();
    let (mut at, mut place) = (first.len(), second.len());
    let mut steps = Vec::new();
    while at > 0 || place > 0 {
        let (up, left) = (at.checked_sub(1), place.checked_sub(1));
        let here = cell(at, place);
        let both = up.zip(left).filter(|(up, left)| {
            let cost = first.get(*up).zip(second.get(*left)).map(|(first, second)| weigh_two(first, second));
            cell(*up, *left).zip(cost).map(|(cell, cost)| cell.saturating_add(cost)) == here
        });
        let alone = up.filter(|up| {
            let cost = first.get(*up).map(weigh_one);
            cell(*up, place).zip(cost).map(|(cell, cost)| cell.saturating_add(cost)) == here
        });
        match (both, alone) {
            (Some((up, left)), _) => {
                steps.push((Some(up), Some(left)));
                (at, place) = (up, left);
            }
            (None, Some(up)) => {
                steps.push((Some(up), None));
                at = up;
            }
            (None, None) => {
                let Some(left) = left else { break };
                steps.push((None, Some(left)));
                place = left;
            }
        }
    }
    steps.reverse();
    steps
}

/// A word without the article, and the two words that عبد or Abdul and a name of God are.
fn without_article(word: &str) -> Vec<&str> {
    for (joined, servant) in [("عبدال", "عبد"), ("abdul", "abd"), ("abdel", "abd"), ("abdal", "abd")] {
        if let Some(rest) = word.strip_prefix(joined).filter(|rest| rest.chars().count() > 2) {
            return vec![servant, rest];
        }
    }
    match word.strip_prefix("ال").filter(|rest| rest.chars().count() > 2) {
        Some(rest) => vec![rest],
        // Abdul standing alone, before Rahman.
        None if matches!(word, "abdul" | "abdel" | "abdal") => vec!["abd"],
        None => vec![word],
    }
}

/// Words that one spelling has and the next has not: articles with their assimilated forms, son of, forms of companies.
fn is_dropped(word: &str) -> bool {
    const DROPPED: &[&str] = &[
        "al", "el", "ul", "ad", "ed", "an", "en", "ar", "er", "as", "es", "ash", "ech", "at", "et", "az", "ez", "adh",
        "ath", "the", "of", "and", "la", "le", "les", "de", "du", "des", "l", "d", "bin", "ben", "ibn", "bn", "بن",
        "ابن", "ال", "ltd", "llc", "sarl", "sal", "co", "inc", "sa", "company", "societe", "شركة", "و", "في", "من",
    ];
    DROPPED.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(first: &str, second: &str) -> u8 {
        Name::new(first).unwrap().likeness(&Name::new(second).unwrap())
    }

    #[test]
    fn one_name_in_three_spellings_is_one_name() {
        for (first, second) in [("Mohammed", "محمد"), ("Muhammad", "Mohamed"), ("مُحَمَّد", "محمد")] {
            assert!(likeness(first, second) >= 90, "{first} {second}: {}", likeness(first, second));
        }
        assert!(likeness("Douma", "Homs") < 60);
    }

    #[test]
    fn letters_are_shown_beside_what_they_stand_for() {
        let (latin, arabic) = (Name::new("Muhammad").unwrap(), Name::new("محمد").unwrap());
        let pair = |first: &str, second: &str| (first.to_owned(), second.to_owned());
        let due = vec![vec![pair("mu", "م"), pair("ha", "ح"), pair("mma", "م"), pair("d", "د")]];
        assert_eq!(latin.aligned(&arabic), due);
    }

    #[test]
    fn hostile_names_break_nothing() {
        for text in ["", "()", "\u{202e}", "'", "ال", "  ", "١٢", "\u{300}\u{301}"] {
            drop(Name::new(text));
        }
        let long = Name::new(&"محمد ".repeat(3_000)).unwrap();
        assert!(long.word_count() <= limits::CANDIDATE_NAME_WORDS);
        let one = Name::new(&"b".repeat(12_000)).unwrap();
        assert_eq!(one.likeness(&one), 100);
        assert!(!long.aligned(&one).is_empty());
    }
}
