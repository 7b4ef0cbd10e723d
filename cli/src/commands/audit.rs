//! placeholder
use crate::session::Session; use crate::error::Outcome;
pub(crate) fn run(_: &Session, _: Option<&str>) -> Outcome { Ok(0) }