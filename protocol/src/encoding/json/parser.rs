//! Reads canonical JSON piece by piece: what knows the form that is due builds nothing else.

use std::borrow::Cow;

use crate::breakage::{self, Breakage};
use crate::limits;

use super::{DecodeError, INTEGER_MAX, Json, Object, is_key, plain_bytes, short_escape};

/// Canonical bytes that are being read.
#[derive(Debug)]
pub struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Of the value that was begun last and is not read whole.
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Nothing may be left.
    pub(super) const fn end(&self) -> Result<(), DecodeError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(DecodeError::Trailing { at: self.at }) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, DecodeError> {
        let byte = self.peek().ok_or(DecodeError::Truncated)?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn expect(&mut self, due: &[u8]) -> Result<(), DecodeError> {
        for byte in due {
            let at = self.at;
            if self.next()? != *byte {
                return Err(DecodeError::Unexpected { at });
            }
        }
        Ok(())
    }

    /// Reads the value that stands here.
    ///
    /// # Errors
    /// [`DecodeError`]; nothing can be read after it.
    pub fn value(&mut self) -> Result<Json, DecodeError> {
        match self.begins_with()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string().map(|text| Json::Text(text.into_owned())),
            _ => self.scalar(),
        }
    }

    /// Reads the value that stands here and builds nothing: each string in it is shown. Returns its levels, a string or number
    /// being 1.
    ///
    /// # Errors
    /// As [`Parser::value`].
    pub fn pass(&mut self, see: &mut impl FnMut(&str)) -> Result<usize, DecodeError> {
        let mut below = 0;
        match self.begins_with()? {
            b'{' => self.members(|_, parser| {
                below = below.max(parser.pass(see)?);
                Ok(())
            })?,
            b'[' => self.items(|parser| {
                below = below.max(parser.pass(see)?);
                Ok(())
            })?,
            b'"' => {
                see(&self.string()?);
                true
            }
            _ => self.scalar().map(|_| true)?,
        };
        Ok(below.saturating_add(1))
    }

    /// The first byte of the value that is due here.
    fn begins_with(&self) -> Result<u8, DecodeError> {
        if self.depth >= limits::JSON_DEPTH && !breakage::is_out(Breakage::ParserBombs) {
            return Err(DecodeError::Depth { at: self.at });
        }
        self.peek().ok_or(DecodeError::Truncated)
    }

    fn scalar(&mut self) -> Result<Json, DecodeError> {
        match self.peek() {
            Some(b't') => self.expect(b"true").map(|()| Json::Bool(true)),
            Some(b'f') => self.expect(b"false").map(|()| Json::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.integer().map(Json::Int),
            _ => Err(DecodeError::Unexpected { at: self.at }),
        }
    }

    /// Reads the value that stands here, and how it is spelt.
    ///
    /// # Errors
    /// As [`Parser::value`].
    pub fn spelt(&mut self) -> Result<(Json, &'a [u8]), DecodeError> {
        let at = self.at;
        let value = self.value()?;
        Ok((value, self.bytes.get(at..self.at).unwrap_or_default()))
    }

    /// Hands out an array item by item, each of which has to be read. False, and the value is passed over, if it is none.
    ///
    /// # Errors
    /// As [`Parser::value`].
    pub fn items(&mut self, take: impl FnMut(&mut Self) -> Result<(), DecodeError>) -> Result<bool, DecodeError> {
        if self.peek() != Some(b'[') {
            return self.value().map(|_| false);
        }
        self.each(b']', take)
    }

    /// Hands out an object key by key, behind each of which its value has to be read. False, and the value is passed over, if it
    /// is none.
    ///
    /// # Errors
    /// As [`Parser::value`].
    pub fn members(
        &mut self,
        mut take: impl FnMut(&'a str, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<bool, DecodeError> {
        if self.peek() != Some(b'{') {
            return self.value().map(|_| false);
        }
        let mut last = None;
        self.each(b'}', |parser| {
            let at = parser.at;
            let key = parser.key()?;
            if last.replace(key).is_some_and(|last| last >= key) && !breakage::is_out(Breakage::ParserBombs) {
                return Err(DecodeError::KeyOrder { at });
            }
            parser.expect(b":")?;
            take(key, parser)
        })
    }

    /// Goes through what stands between two brackets, to which commas lead.
    fn each(
        &mut self,
        close: u8,
        mut take: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<bool, DecodeError> {
        self.next()?;
        if self.peek() == Some(close) {
            return self.next().map(|_| true);
        }
        self.depth = self.depth.saturating_add(1);
        loop {
            take(self)?;
            if self.comma_or(close)? {
                self.depth = self.depth.saturating_sub(1);
                return Ok(true);
            }
        }
    }

    fn list(&mut self) -> Result<Json, DecodeError> {
        let mut items = Vec::new();
        self.items(|parser| {
            items.push(parser.value()?);
            Ok(())
        })?;
        Ok(Json::List(items))
    }

    fn object(&mut self) -> Result<Json, DecodeError> {
        let mut members = Object::new();
        self.members(|key, parser| {
            members.insert(key, parser.value()?);
            Ok(())
        })?;
        Ok(Json::Object(members))
    }

    /// A key needs no escape, so that it stands in the bytes as it is.
    fn key(&mut self) -> Result<&'a str, DecodeError> {
        let at = self.at;
        self.expect(b"\"")?;
        let key = std::str::from_utf8(self.plain()).ok().filter(|key| is_key(key));
        if let Some(key) = key.filter(|_| self.peek() == Some(b'"')) {
            self.next()?;
            return Ok(key);
        }
        // It may not even be a string.
        self.at = at;
        self.string()?;
        Err(DecodeError::Key { at })
    }

    /// Takes a comma (`false`) or the closing bracket (`true`).
    fn comma_or(&mut self, close: u8) -> Result<bool, DecodeError> {
        let at = self.at;
        match self.next()? {
            b',' => Ok(false),
            byte if byte == close => Ok(true),
            _ => Err(DecodeError::Unexpected { at }),
        }
    }

    fn integer(&mut self) -> Result<i64, DecodeError> {
        let at = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E')) {
            self.next()?;
        }
        let digits = self.bytes.get(at..self.at).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.filter(|digits| is_shortest(digits)).and_then(|digits| digits.parse().ok());
        number.filter(|number| (-INTEGER_MAX..=INTEGER_MAX).contains(number)).ok_or(DecodeError::Number { at })
    }

    fn string(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let start = self.at;
        self.expect(b"\"")?;
        let plain = self.plain();
        // Most have nothing escaped.
        if self.peek() == Some(b'"') {
            self.at = self.at.saturating_add(1);
            return std::str::from_utf8(plain).map(Cow::Borrowed).map_err(|_| DecodeError::NotUtf8 { at: start });
        }
        let mut text = plain.to_vec();
        loop {
            let at = self.at;
            match self.next()? {
                b'"' => {
                    return String::from_utf8(text).map(Cow::Owned).map_err(|_| DecodeError::NotUtf8 { at: start });
                }
                b'\\' => text.push(self.escape(at)?),
                _ => return Err(DecodeError::Escape { at }),
            }
            text.extend_from_slice(self.plain());
        }
    }

    /// Takes what stands for itself, up to a byte that does not or to the end.
    fn plain(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let plain = rest.get(..plain_bytes(rest)).unwrap_or_default();
        self.at = self.at.saturating_add(plain.len());
        plain
    }

    /// Reads what follows a backslash: only characters below U+0020, the quote and the backslash have an escape.
    fn escape(&mut self, at: usize) -> Result<u8, DecodeError> {
        match self.next()? {
            byte @ (b'"' | b'\\') => Ok(byte),
            b'b' => Ok(0x08),
            b't' => Ok(b'\t'),
            b'n' => Ok(b'\n'),
            b'f' => Ok(0x0c),
            b'r' => Ok(b'\r'),
            b'u' => {
                let digits = [self.next()?, self.next()?, self.next()?, self.next()?];
                std::str::from_utf8(&digits)
                    .ok()
                    .and_then(crate::encoding::from_hex::<2>)
                    .map(u16::from_be_bytes)
                    .and_then(|code| u8::try_from(code).ok())
                    .filter(|code| *code < b' ' && short_escape(char::from(*code)).is_none())
                    .ok_or(DecodeError::Escape { at })
            }
            _ => Err(DecodeError::Escape { at }),
        }
    }
}

/// True of a number without plus sign and leading zeros, and not of -0.
fn is_shortest(number: &str) -> bool {
    number == "0" || number.strip_prefix('-').unwrap_or(number).starts_with(|first| matches!(first, '1'..='9'))
}
