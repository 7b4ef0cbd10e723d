//! Which organisations a replica knows, and so whose words it takes. format §4.5, §4.6.

use super::{Acts, Evidence, Set};

impl Evidence {
    /// The organisations that a charter names which somebody signed: of all others no first act is held.
    fn known(&self, acts: &Acts) -> Set {
        let is_held = |act: &usize| !self.signed[*act].is_empty();
        (0..acts.len()).filter(is_held).fold(Set::NONE, |known, act| known | acts.members(act))
    }

    /// Without the attestations of organisations that nobody knows: no act that is held grants their keys.
    pub(crate) fn taken(mut self, acts: &Acts) -> Self {
        let known = self.known(acts);
        let strangers = self.named.iter_mut().enumerate().filter(|(who, _)| !known.has(*who));
        strangers.for_each(|(_, named)| named.clear());
        self
    }
}
