//! Reads the members of an act's body: each by its name, in one spelling, and none beyond those listed.

use crate::encoding::from_hex;
use crate::encoding::json::{Json, Object};

/// A body that does not have the form of its kind. format §4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// A member that must be there is not.
    #[error("its member {0} is missing")]
    Missing(&'static str),
    /// A member has another type or form than the format says.
    #[error("its member {0} does not have the form of the format")]
    Form(&'static str),
    /// A list that is not ascending, or holds something twice.
    #[error("its list {0} is not ascending, or holds something twice")]
    Order(&'static str),
    /// A member that the format does not list, or not there.
    #[error("its member {0} is not in the format")]
    Unknown(String),
    /// A rule over several members.
    #[error("{0}")]
    Rule(&'static str),
}

/// The members of one object that have not been read yet.
#[derive(Debug)]
pub(super) struct Fields(Object);

impl Fields {
    pub(super) fn of(value: Json, name: &'static str) -> Result<Self, BodyError> {
        if let Json::Object(members) = value { Ok(Self(members)) } else { Err(BodyError::Form(name)) }
    }

    pub(super) fn optional(&mut self, name: &'static str) -> Option<Json> {
        self.0.remove(name)
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<Json, BodyError> {
        self.optional(name).ok_or(BodyError::Missing(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, BodyError> {
        as_text(self.required(name)?, name)
    }

    pub(super) fn number(&mut self, name: &'static str) -> Result<u64, BodyError> {
        as_number(&self.required(name)?, name)
    }

    pub(super) fn hex<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], BodyError> {
        as_hex(&self.required(name)?, name)
    }

    /// `true`, or left out: `false` has no spelling.
    pub(super) fn is_set(&mut self, name: &'static str) -> Result<bool, BodyError> {
        match self.optional(name) {
            None => Ok(false),
            Some(Json::Bool(true)) => Ok(true),
            Some(_) => Err(BodyError::Form(name)),
        }
    }

    /// A list that may be left out, and then is empty; if it is there, it is not.
    pub(super) fn list<T: Ord>(
        &mut self,
        name: &'static str,
        read: impl Fn(Json) -> Result<T, BodyError>,
    ) -> Result<Vec<T>, BodyError> {
        match self.optional(name) {
            None => Ok(Vec::new()),
            Some(Json::List(items)) if !items.is_empty() => ascending(items, name, read),
            Some(_) => Err(BodyError::Form(name)),
        }
    }

    pub(super) fn end(self) -> Result<(), BodyError> {
        self.0.into_keys().next().map_or(Ok(()), |name| Err(BodyError::Unknown(name)))
    }
}

pub(super) fn ascending<T: Ord>(
    items: Vec<Json>,
    name: &'static str,
    read: impl Fn(Json) -> Result<T, BodyError>,
) -> Result<Vec<T>, BodyError> {
    let mut list: Vec<T> = Vec::new();
    for item in items {
        let item = read(item)?;
        if list.last().is_some_and(|last| *last >= item) {
            return Err(BodyError::Order(name));
        }
        list.push(item);
    }
    Ok(list)
}

pub(super) fn as_text(value: Json, name: &'static str) -> Result<String, BodyError> {
    match value {
        Json::Text(text) if !text.is_empty() => Ok(text),
        _ => Err(BodyError::Form(name)),
    }
}

pub(super) fn as_number(value: &Json, name: &'static str) -> Result<u64, BodyError> {
    value.as_int().and_then(|number| u64::try_from(number).ok()).ok_or(BodyError::Form(name))
}

pub(super) fn as_hex<const N: usize>(value: &Json, name: &'static str) -> Result<[u8; N], BodyError> {
    value.as_text().and_then(from_hex).ok_or(BodyError::Form(name))
}
