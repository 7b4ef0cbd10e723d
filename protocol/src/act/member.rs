//! Takes the members of a body's objects one by one, so that a member too many is noticed at the end.

use crate::act::DecodeError;
use crate::encoding::from_hex;
use crate::encoding::json::{Json, Object};
use crate::limits;

/// An object whose members are taken by name.
pub(super) struct Members(Object);

impl Members {
    /// Takes an object; `name` is where it stands.
    pub(super) fn of(value: Json, name: &'static str) -> Result<Self, DecodeError> {
        if let Json::Object(members) = value { Ok(Self(members)) } else { Err(DecodeError::Form { name }) }
    }

    /// No member may be left.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        self.0.into_iter().next().map_or(Ok(()), |(name, _)| Err(DecodeError::UnknownMember { name: name.into() }))
    }

    pub(super) fn optional(&mut self, name: &'static str) -> Option<Json> {
        self.0.remove(name)
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<Json, DecodeError> {
        self.optional(name).ok_or(DecodeError::MissingMember { name })
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, DecodeError> {
        let Json::Text(text) = self.required(name)? else { return Err(DecodeError::Form { name }) };
        check_text(&text, name)?;
        Ok(text)
    }

    pub(super) fn hex<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], DecodeError> {
        as_hex(&self.required(name)?, name)
    }

    /// A count: an integer from 0.
    pub(super) fn count(&mut self, name: &'static str) -> Result<u64, DecodeError> {
        let number = self.required(name)?.as_int().and_then(|number| u64::try_from(number).ok());
        number.ok_or(DecodeError::Form { name })
    }

    /// A flag that is `true` or left out.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, DecodeError> {
        match self.optional(name) {
            None => Ok(false),
            Some(Json::Bool(true)) => Ok(true),
            Some(_) => Err(DecodeError::Form { name }),
        }
    }

    /// A list that is there, ascending by `key`, each item once.
    pub(super) fn list<T, K: Ord>(
        &mut self,
        name: &'static str,
        read: impl Fn(Json) -> Result<T, DecodeError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, DecodeError> {
        let value = self.required(name)?;
        as_list(value, name, read, key)
    }

    /// A list that may be left out; then it is empty.
    pub(super) fn optional_list<T, K: Ord>(
        &mut self,
        name: &'static str,
        read: impl Fn(Json) -> Result<T, DecodeError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, DecodeError> {
        self.optional(name).map_or_else(|| Ok(Vec::new()), |value| as_list(value, name, read, key))
    }

    /// Codes with integers or strings; an unknown code does nothing.
    pub(super) fn codes(&mut self, name: &'static str) -> Result<Object, DecodeError> {
        let Some(value) = self.optional(name) else { return Ok(Object::new()) };
        let Json::Object(codes) = value else { return Err(DecodeError::Form { name }) };
        if codes.len() > limits::ACT_SETTINGS {
            return Err(DecodeError::SettingCount { name, found: codes.len() });
        }
        codes.iter().try_for_each(|(code, value)| check_setting(code, value, name))?;
        Ok(codes)
    }
}

fn as_list<T, K: Ord>(
    value: Json,
    name: &'static str,
    read: impl Fn(Json) -> Result<T, DecodeError>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, DecodeError> {
    let Json::List(values) = value else { return Err(DecodeError::Form { name }) };
    let items = values.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let ascends = items.is_sorted_by(|one, next| key(one) < key(next));
    if ascends { Ok(items) } else { Err(DecodeError::ListOrder { name }) }
}

pub(super) fn as_hex<const N: usize>(value: &Json, name: &'static str) -> Result<[u8; N], DecodeError> {
    value.as_text().and_then(from_hex).ok_or(DecodeError::Form { name })
}

fn check_setting(code: &str, value: &Json, name: &'static str) -> Result<(), DecodeError> {
    check_text(code, name)?;
    match value {
        Json::Int(_) => Ok(()),
        Json::Text(text) => check_text(text, name),
        _ => Err(DecodeError::Form { name }),
    }
}

/// Whoever reads an act reads its texts whole.
fn check_text(text: &str, name: &'static str) -> Result<(), DecodeError> {
    let found = text.len();
    if found <= limits::ACT_TEXT_BYTES { Ok(()) } else { Err(DecodeError::TextLength { name, found }) }
}

/// Refuses an empty list.
pub(super) fn check_filled<T>(items: &[T], name: &'static str) -> Result<(), DecodeError> {
    if items.is_empty() { Err(DecodeError::Empty { name }) } else { Ok(()) }
}
