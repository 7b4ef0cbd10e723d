//! How much may be under way: what was taken in is given back once it stands on the receiver's disk. format §9.5.

use super::{Session, Violation};
use crate::limits;
use crate::sync::frame::{self, Frame};
use crate::sync::run::{Group, OrganisationOf};

impl Session {
    /// Takes an act, the body of a run, or the payload of a payload frame, off the credit.
    ///
    /// # Errors
    /// [`Violation::Flood`] if the peer had no credit left for it.
    pub fn take(&mut self, bytes: usize) -> Result<(), Violation> {
        // The last frame may overdraw: a sender with one byte of credit left sends one whole frame.
        if self.taken >= limits::CREDIT_BYTES {
            return Err(Violation::Flood);
        }
        self.taken = self.taken.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Reads the groups of a run frame. `organisation` says whose log each is that we said we hold.
    ///
    /// # Errors
    /// [`frame::DecodeError`] names the first rule broken.
    pub fn read_run(
        &mut self,
        body: &[u8],
        organisation: OrganisationOf<'_>,
    ) -> Result<Vec<Group>, frame::DecodeError> {
        self.decoder.decode(body, &self.spaces, organisation)
    }

    /// Gives credit back once half of it was used and what came stands on disk.
    pub fn return_credit(&mut self) -> Option<Frame> {
        let is_due = self.taken >= limits::CREDIT_BYTES / 2;
        is_due.then(|| Frame::Credit(std::mem::take(&mut self.taken)))
    }

    /// Takes credit that the peer gives back.
    ///
    /// # Errors
    /// [`Violation::Credit`] if it is more than was ever given.
    pub fn on_credit(&mut self, bytes: u32) -> Result<(), Violation> {
        let credit = self.credit.saturating_add(i64::from(bytes));
        if credit > i64::from(limits::CREDIT_BYTES) {
            return Err(Violation::Credit);
        }
        self.credit = credit;
        Ok(())
    }

    /// Allows one frame more: for a carried file, which nobody reads while it is written, and which is written frame by frame.
    pub const fn allow_frame(&mut self) {
        self.credit = 1;
    }
}
