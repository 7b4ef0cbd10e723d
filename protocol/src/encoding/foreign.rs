//! Foreign JSON: files that others wrote, such as imports and drafts. RFC 8259, bounded.
//!
//! Ordinary JSON with white space, null and fractions. Numbers stay as written: no float is ever made of them. Refused, each
//! with its line and column: a key that stands twice, bytes that are not UTF-8, a lone surrogate, and what is too large or too
//! deep. What the values mean is for the caller; [`Located`] lets it say where a wrong one stands. Bytes that are signed are
//! never read here: they are canonical, see [`super::json`].

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use crate::breakage::{self, Breakage};
use crate::limits;

mod located;

pub use located::{Located, Misshapen};

/// A value of a foreign file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, escapes undone, not normalised.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object: its members in the order of the file, no key twice.
    Object(Vec<(String, Self)>),
}

/// Why a file is not JSON that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {rule}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The rule that was broken.
    pub rule: Rule,
}

/// The rules of foreign JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// Larger than [`limits::FOREIGN_BYTES`].
    #[error("the file has more than {} bytes", limits::FOREIGN_BYTES)]
    TooLarge,
    /// Nested deeper than [`limits::FOREIGN_DEPTH`].
    #[error("nested deeper than {}", limits::FOREIGN_DEPTH)]
    TooDeep,
    /// More than [`limits::FOREIGN_VALUES`] values.
    #[error("the file has more than {} values", limits::FOREIGN_VALUES)]
    TooMany,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The file ends inside a value.
    #[error("the file ends inside a value")]
    Truncated,
    /// Something else stands where this was due.
    #[error("{0} was due here")]
    Due(&'static str),
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
    /// A key that the object already has.
    #[error("the key {0:?} stands twice in this object")]
    DuplicateKey(String),
    /// A `\u` escape that is half of a pair.
    #[error("half a surrogate pair stands alone")]
    LoneSurrogate,
    /// An escape that JSON does not know, or a control character without one.
    #[error("a wrong escape, or a control character that needs one")]
    Escape,
    /// Not spelt as JSON spells numbers.
    #[error("not a number as JSON spells them")]
    Number,
}

impl Rule {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "json_too_large",
            Self::TooDeep => "json_too_deep",
            Self::TooMany => "json_too_many",
            Self::NotUtf8 => "json_not_utf8",
            Self::Truncated => "json_truncated",
            Self::Due(_) => "json_syntax",
            Self::Trailing => "json_trailing",
            Self::DuplicateKey(_) => "json_duplicate_key",
            Self::LoneSurrogate => "json_lone_surrogate",
            Self::Escape => "json_escape",
            Self::Number => "json_number",
        }
    }
}

/// Reads one value that takes up all of `bytes`, white space and a byte order mark aside.
///
/// # Errors
/// [`ParseError`] names the first rule broken, and where.
pub fn parse(bytes: &[u8]) -> Result<Foreign, ParseError> {
    if bytes.len() > limits::FOREIGN_BYTES {
        return Err(ParseError { line: 1, column: 1, rule: Rule::TooLarge });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| located(bytes, error.valid_up_to(), Rule::NotUtf8))?;
    let mut parser = Parser { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0, values: 0 };
    parser.whole().map_err(|rule| located(parser.text.as_bytes(), parser.at, rule))
}

/// Finds line and column of a byte; only called on the way to a message.
fn located(bytes: &[u8], at: usize, rule: Rule) -> ParseError {
    let before = bytes.get(..at).unwrap_or(bytes);
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index.saturating_add(1));
    let characters = before.iter().skip(line_start).filter(|byte| **byte & 0xc0 != 0x80).count();
    ParseError { line: newlines.saturating_add(1), column: characters.saturating_add(1), rule }
}

struct Parser<'a> {
    text: &'a str,
    /// Byte of `text`, always at the start of a character.
    at: usize,
    values: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Foreign, Rule> {
        let value = self.value(1)?;
        self.skip_space();
        if self.at == self.text.len() { Ok(value) } else { Err(Rule::Trailing) }
    }

    fn value(&mut self, depth: usize) -> Result<Foreign, Rule> {
        self.skip_space();
        self.values = self.values.saturating_add(1);
        if self.values > limits::FOREIGN_VALUES {
            return Err(Rule::TooMany);
        }
        if depth > limits::FOREIGN_DEPTH && !breakage::is_out(Breakage::ParserBombs) {
            return Err(Rule::TooDeep);
        }
        match self.peek() {
            None => Err(Rule::Truncated),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Foreign::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Foreign, Rule> {
        self.at = self.at.saturating_add(1);
        let mut members = Vec::new();
        let mut seen = BTreeSet::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Foreign::Object(members));
        }
        loop {
            self.skip_space();
            let key_start = self.at;
            if self.peek().is_some_and(|byte| byte != b'"') {
                return Err(Rule::Due("a key in quotation marks"));
            }
            let key = self.string()?;
            if !seen.insert(key.clone()) && !breakage::is_out(Breakage::ParserBombs) {
                self.at = key_start;
                return Err(Rule::DuplicateKey(key));
            }
            self.skip_space();
            self.due(b':', "a colon")?;
            members.push((key, self.value(depth.saturating_add(1))?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Foreign::Object(members));
            }
            self.due(b',', "a comma or }")?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Foreign, Rule> {
        self.at = self.at.saturating_add(1);
        let mut items = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Foreign::List(items));
        }
        loop {
            items.push(self.value(depth.saturating_add(1))?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Foreign::List(items));
            }
            self.due(b',', "a comma or ]")?;
        }
    }

    fn word(&mut self) -> Result<Foreign, Rule> {
        let words = [("null", Foreign::Null), ("true", Foreign::Bool(true)), ("false", Foreign::Bool(false))];
        for (word, value) in words {
            if self.rest().starts_with(word) {
                self.at = self.at.saturating_add(word.len());
                return Ok(value);
            }
        }
        Err(Rule::Due("a value"))
    }

    fn number(&mut self) -> Result<Foreign, Rule> {
        let start = self.at;
        while self.peek().is_some_and(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at = self.at.saturating_add(1);
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if is_number(text) {
            return Ok(Foreign::Number(text.to_owned()));
        }
        self.at = start;
        Err(Rule::Number)
    }

    /// Reads a string from its opening quotation mark.
    fn string(&mut self) -> Result<String, Rule> {
        if !self.take(b'"') {
            return Err(Rule::Truncated);
        }
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or(Rule::Truncated)?;
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at = self.at.saturating_add(plain);
            if self.take(b'"') {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Rule> {
        let escape = self.rest().get(..2).ok_or(Rule::Escape)?;
        let character = match escape {
            "\\\"" => '"',
            "\\\\" => '\\',
            "\\/" => '/',
            "\\b" => '\u{8}',
            "\\f" => '\u{c}',
            "\\n" => '\n',
            "\\r" => '\r',
            "\\t" => '\t',
            "\\u" => return self.unicode_escape(),
            _ => return Err(Rule::Escape),
        };
        self.at = self.at.saturating_add(2);
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, Rule> {
        let high = self.code_unit(0)?;
        if let Some(character) = char::from_u32(high) {
            self.at = self.at.saturating_add(6);
            return Ok(character);
        }
        // A high half counts only with its low half behind it.
        let low = self.code_unit(6).map_err(|_| Rule::LoneSurrogate)?;
        if !(0xd800..0xdc00).contains(&high) || !(0xdc00..0xe000).contains(&low) {
            return Err(Rule::LoneSurrogate);
        }
        self.at = self.at.saturating_add(12);
        let scalar = (((high & 0x3ff) << 10) | (low & 0x3ff)).saturating_add(0x1_0000);
        char::from_u32(scalar).ok_or(Rule::LoneSurrogate)
    }

    /// Reads `\uXXXX` that stands `ahead` bytes from here.
    fn code_unit(&self, ahead: usize) -> Result<u32, Rule> {
        let rest = self.rest();
        let end = ahead.saturating_add(6);
        let digits = rest.get(ahead..end).and_then(|escape| escape.strip_prefix("\\u")).ok_or(Rule::Escape)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Rule::Escape);
        }
        u32::from_str_radix(digits, 16).map_err(|_| Rule::Escape)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_here = self.peek() == Some(byte);
        if is_here {
            self.at = self.at.saturating_add(1);
        }
        is_here
    }

    fn due(&mut self, byte: u8, name: &'static str) -> Result<(), Rule> {
        if self.take(byte) {
            return Ok(());
        }
        Err(if self.at == self.text.len() { Rule::Truncated } else { Rule::Due(name) })
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at = self.at.saturating_add(1);
        }
    }
}

/// True if `text` is a number as RFC 8259 §6 spells them.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(front, back)| (front, Some(back)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(front, back)| (front, Some(back)));
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(|text| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests;
