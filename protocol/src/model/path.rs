//! Where in what was handed in something stands, such as `claims[2].value.lat`: written out only where something is found there.

use std::fmt;

/// A place in what was handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The outermost thing.
    Top(&'a str),
    /// A member of an object.
    Member(&'a Self, &'a str),
    /// An item of a list, from 0.
    Item(&'a Self, usize),
}

impl Path<'_> {
    pub(super) const fn member<'b>(&'b self, key: &'b str) -> Path<'b> {
        Path::Member(self, key)
    }

    pub(super) const fn item(&self, index: usize) -> Path<'_> {
        Path::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(name) => out.write_str(name),
            Self::Member(within, key) => write!(out, "{within}.{key}"),
            Self::Item(within, index) => write!(out, "{within}[{index}]"),
        }
    }
}
