//! A defence is taken out of the whole process: meanwhile no other test plays.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use isnad_protocol::breakage::{self, Breakage};

static DEFENCES: RwLock<()> = RwLock::new(());

/// Holds every defence in place.
pub(crate) fn whole() -> RwLockReadGuard<'static, ()> {
    DEFENCES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Does something without a defence.
pub(crate) fn without<T>(defence: Breakage, play: impl FnOnce() -> T) -> T {
    let _turn = DEFENCES.write().unwrap_or_else(PoisonError::into_inner);
    breakage::take_out(defence);
    let outcome = play();
    breakage::restore();
    outcome
}
