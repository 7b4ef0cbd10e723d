//! Canonical JSON: RFC 8785, further restricted so that each value has exactly one spelling. format §3.1.
//!
//! Objects, arrays, strings, `true`, `false` and integers within ±(2^53 - 1); no null, fraction, exponent or -0; keys of
//! `[a-z0-9_]`, ascending, none twice; depth at most [`limits::JSON_DEPTH`]; no byte before or after. What is read here is
//! hostile: the parser indexes nothing unchecked, and its recursion is bounded by the depth.

use std::fmt;

use crate::few::Few;
use crate::limits;

mod key;
mod parser;

pub use key::Key;
pub use parser::Parser;

/// The largest integer of the profile, 2^53 - 1: above it, readers in other languages lose digits.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A value of the canonical profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// An integer within ±(2^53 - 1).
    Int(i64),
    /// A string, not normalised.
    Text(String),
    /// An array, in the order given.
    List(Vec<Self>),
    /// An object; the map keeps its keys in their canonical order.
    Object(Object),
}

/// The members of an object, by key.
pub type Object = Few<Key, Json>;

/// Why bytes are not canonical JSON. Offsets count bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Something else stands where a value, a comma or a closing bracket was due.
    #[error("unexpected byte at {at}")]
    Unexpected {
        /// Where.
        at: usize,
    },
    /// The text ends inside a value.
    #[error("the text ends inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the value at {at}")]
    Trailing {
        /// Where they begin.
        at: usize,
    },
    /// An array has more items than whoever reads it takes: what follows was not read.
    #[error("a list has too many items")]
    TooMany,
    /// Not UTF-8, a lone surrogate included.
    #[error("not UTF-8 at {at}")]
    NotUtf8 {
        /// Where the string begins.
        at: usize,
    },
    /// A number that is not an integer in its one spelling within ±(2^53 - 1).
    #[error("the number at {at} is not an integer within ±(2^53 - 1) in its shortest form")]
    Number {
        /// Where it begins.
        at: usize,
    },
    /// A string escape other than the one RFC 8785 prescribes, or a control character without one.
    #[error("the string at {at} is not escaped as RFC 8785 prescribes")]
    Escape {
        /// Where the escape stands.
        at: usize,
    },
    /// A key with other characters than `[a-z0-9_]`, or empty.
    #[error("the key at {at} has other characters than a-z, 0-9 and _")]
    Key {
        /// Where it begins.
        at: usize,
    },
    /// Keys out of order, or one twice.
    #[error("the key at {at} is out of order or stands twice")]
    KeyOrder {
        /// Where it begins.
        at: usize,
    },
    /// Nested deeper than the profile allows.
    #[error("nested deeper than {max} at {at}", max = limits::JSON_DEPTH)]
    Depth {
        /// Where the first too deep value begins.
        at: usize,
    },
}

impl DecodeError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unexpected { .. } => "json_unexpected",
            Self::Truncated => "json_truncated",
            Self::Trailing { .. } => "json_trailing",
            Self::TooMany => "json_too_many",
            Self::NotUtf8 { .. } => "json_not_utf8",
            Self::Number { .. } => "json_number",
            Self::Escape { .. } => "json_escape",
            Self::Key { .. } => "json_key",
            Self::KeyOrder { .. } => "json_key_order",
            Self::Depth { .. } => "json_depth",
        }
    }
}

/// Reads one canonical value that takes up all of `bytes`.
///
/// # Errors
/// [`DecodeError`] names the first rule broken and where.
pub fn decode(bytes: &[u8]) -> Result<Json, DecodeError> {
    read(bytes, Parser::value)
}

/// Reads one canonical value that takes up all of `bytes`, piece by piece: what knows the form that is due builds nothing else.
///
/// # Errors
/// [`DecodeError`] names the first rule broken and where.
pub fn read<'a, T>(
    bytes: &'a [u8],
    take: impl FnOnce(&mut Parser<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut parser = Parser::new(bytes);
    let value = take(&mut parser)?;
    parser.end().map(|()| value)
}

impl Json {
    /// A string value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An object of the members given.
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().collect())
    }

    /// The canonical bytes. Only what the profile allows has any: see [`Json::is_canonical`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut text = String::with_capacity(ENCODED_BYTES);
        self.write(&mut text).expect("a string takes whatever is written");
        text.into_bytes()
    }

    /// How many canonical bytes it has, without making them.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let mut length = Length(0);
        self.write(&mut length).expect("a number takes whatever is counted");
        length.0
    }

    /// True if every key and number keeps the profile and the depth is at most [`limits::JSON_DEPTH`].
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.fits(1)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The integer, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The items, if it is an array.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// Its members, taken out.
    #[must_use]
    pub fn into_object(self) -> Option<Object> {
        match self {
            Self::Object(members) => Some(members),
            Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The member of an object, `None` if there is none or this is no object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    fn fits(&self, depth: usize) -> bool {
        let below = depth.saturating_add(1);
        depth <= limits::JSON_DEPTH
            && match self {
                Self::Bool(_) | Self::Text(_) => true,
                Self::Int(number) => (-INTEGER_MAX..=INTEGER_MAX).contains(number),
                Self::List(items) => items.iter().all(|item| item.fits(below)),
                Self::Object(members) => members.iter().all(|(key, value)| is_key(key) && value.fits(below)),
            }
    }

    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Bool(value) => out.write_str(if *value { "true" } else { "false" }),
            Self::Int(number) => write!(out, "{number}"),
            Self::Text(text) => write_string(text, out),
            Self::List(items) => {
                out.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.write_char(',')?;
                    }
                    item.write(out)?;
                }
                out.write_char(']')
            }
            Self::Object(members) => {
                out.write_char('{')?;
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.write_char(',')?;
                    }
                    write_string(key, out)?;
                    out.write_char(':')?;
                    value.write(out)?;
                }
                out.write_char('}')
            }
        }
    }
}

/// How many canonical bytes a string has, with its quotes.
#[must_use]
pub fn text_len(text: &str) -> usize {
    let mut length = Length(0);
    write_string(text, &mut length).expect("a number takes whatever is counted");
    length.0
}

/// What most claims take, so that few of them are moved while they are written.
const ENCODED_BYTES: usize = 512;

/// Counts the bytes that are written to it.
struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

/// Reads any of serde's formats; whether the value keeps the profile is for [`Json::is_canonical`].
struct JsonVisitor;

impl<'de> serde::de::Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value of canonical JSON: no null and no fraction")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Json, E> {
        i64::try_from(value).map(Json::Int).map_err(E::custom)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::text(value))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some((key, value)) = members.next_entry::<String, Json>()? {
            all.push((Key::from(key), value));
        }
        let twice = |key| serde::de::Error::custom(format!("the key {key} stands twice"));
        Object::unique(all).map(Json::Object).map_err(twice)
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Writes a string as RFC 8785 §3.2.2.2 prescribes: what needs no escape in one piece.
fn write_string(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    loop {
        let (plain, escaped) = rest.split_at(plain_bytes(rest.as_bytes()));
        out.write_str(plain)?;
        let mut characters = escaped.chars();
        let Some(character) = characters.next() else { break };
        match short_escape(character) {
            Some(letter) => write!(out, "\\{letter}")?,
            None => write!(out, "\\u{:04x}", u32::from(character))?,
        }
        rest = characters.as_str();
    }
    out.write_char('"')
}

/// How many bytes stand for themselves, up to the first that does not or to the end: looked at some at a time.
fn plain_bytes(bytes: &[u8]) -> usize {
    const AT_ONCE: usize = 16;
    let is_plain = |some: &&[u8]| !some.iter().fold(false, |found, byte| found | needs_escape(*byte));
    let looked_at = bytes.chunks_exact(AT_ONCE).take_while(is_plain).count().saturating_mul(AT_ONCE);
    let rest = bytes.get(looked_at..).unwrap_or_default();
    looked_at.saturating_add(rest.iter().position(|byte| needs_escape(*byte)).unwrap_or(rest.len()))
}

/// True for bytes that stand for themselves nowhere in a string. No part of a longer character is one.
const fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

const fn short_escape(character: char) -> Option<char> {
    match character {
        '"' => Some('"'),
        '\\' => Some('\\'),
        '\u{8}' => Some('b'),
        '\t' => Some('t'),
        '\n' => Some('n'),
        '\u{c}' => Some('f'),
        '\r' => Some('r'),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
