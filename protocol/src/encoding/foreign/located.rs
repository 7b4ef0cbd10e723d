//! A foreign value and where it stands, so that a wrong one can be named: `incidents[3].date.edtf`.

use super::Foreign;

/// A value that has not the shape asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {expected} was due, {found} found", if path.is_empty() { "the whole file" } else { path })]
pub struct Misshapen {
    /// Where, such as `incidents[3].date.edtf`; empty for the whole file.
    pub path: String,
    /// What was due.
    pub expected: &'static str,
    /// What stands there.
    pub found: &'static str,
}

/// A value and its path. Null and a member that is not there are the same: nothing.
#[derive(Debug, Clone)]
pub struct Located<'a> {
    value: Option<&'a Foreign>,
    path: String,
}

impl Foreign {
    /// The whole file, at the empty path.
    #[must_use]
    pub const fn root(&self) -> Located<'_> {
        Located { value: Some(self), path: String::new() }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'a> Located<'a> {
    /// Where the value stands.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value, `None` for null and for what is not there.
    #[must_use]
    pub fn value(&self) -> Option<&'a Foreign> {
        self.value.filter(|value| **value != Foreign::Null)
    }

    /// The member of an object; nothing if there is none.
    ///
    /// # Errors
    /// [`Misshapen`] if this is no object.
    pub fn member(&self, key: &str) -> Result<Self, Misshapen> {
        let members = self.members()?;
        let value = members.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Ok(Self { value, path })
    }

    /// The members of an object, in the order of the file.
    ///
    /// # Errors
    /// [`Misshapen`] if this is no object.
    pub fn members(&self) -> Result<&'a [(String, Foreign)], Misshapen> {
        match self.value() {
            Some(Foreign::Object(members)) => Ok(members),
            _ => Err(self.misshapen("an object")),
        }
    }

    /// The items of a list; none where there is nothing.
    ///
    /// # Errors
    /// [`Misshapen`] if something else than a list stands here.
    pub fn items(&self) -> Result<Vec<Self>, Misshapen> {
        match self.value() {
            None => Ok(Vec::new()),
            Some(Foreign::List(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, value)| Self { value: Some(value), path: format!("{}[{index}]", self.path) })
                .collect()),
            Some(_) => Err(self.misshapen("a list")),
        }
    }

    /// The string that must be here.
    ///
    /// # Errors
    /// [`Misshapen`] if there is nothing or something else.
    pub fn text(&self) -> Result<&'a str, Misshapen> {
        self.optional_text()?.ok_or_else(|| self.misshapen("a string"))
    }

    /// The string, `None` where there is nothing.
    ///
    /// # Errors
    /// [`Misshapen`] if something else stands here.
    pub fn optional_text(&self) -> Result<Option<&'a str>, Misshapen> {
        match self.value() {
            None => Ok(None),
            Some(Foreign::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.misshapen("a string")),
        }
    }

    /// The number as written, `None` where there is nothing.
    ///
    /// # Errors
    /// [`Misshapen`] if something else stands here.
    pub fn optional_number(&self) -> Result<Option<&'a str>, Misshapen> {
        match self.value() {
            None => Ok(None),
            Some(Foreign::Number(number)) => Ok(Some(number)),
            Some(_) => Err(self.misshapen("a number")),
        }
    }

    /// The whole number, `None` where there is nothing.
    ///
    /// # Errors
    /// [`Misshapen`] if something else stands here, or a number with a fraction, an exponent or too many digits.
    pub fn optional_integer(&self) -> Result<Option<i64>, Misshapen> {
        let read = |text: &str| match text.parse() {
            Ok(number) if (-super::super::json::INTEGER_MAX..=super::super::json::INTEGER_MAX).contains(&number) => {
                Ok(number)
            }
            _ => Err(self.misshapen("a whole number within ±(2^53 - 1)")),
        };
        self.optional_number()?.map(read).transpose()
    }

    /// `true` or `false`, `None` where there is nothing.
    ///
    /// # Errors
    /// [`Misshapen`] if something else stands here.
    pub fn optional_bool(&self) -> Result<Option<bool>, Misshapen> {
        match self.value() {
            None => Ok(None),
            Some(Foreign::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.misshapen("true or false")),
        }
    }

    /// Says that something else was due here.
    #[must_use]
    pub fn misshapen(&self, expected: &'static str) -> Misshapen {
        let found = self.value.map_or("nothing", Foreign::kind);
        Misshapen { path: self.path.clone(), expected, found }
    }
}
