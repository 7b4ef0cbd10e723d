//! The home's keys while the node runs: a key that is granted is used at once, one that is revoked no more. DESIGN §8.

use std::sync::Arc;

use isnad_protocol::key::PublicKey;
use isnad_protocol::log::LogKey;
use isnad_protocol::replica::Input;

use super::{Driver, Refused};
use crate::fault::Fault;
use crate::keystore::Secret;
use crate::node::ends;

impl Driver {
    /// Takes keys that a command has unlocked, and says which of them lie in this home.
    pub(super) fn hand_in(&mut self, seeds: &[Secret]) -> Result<Vec<PublicKey>, Refused> {
        let keyring = &mut self.parts.keyring;
        let taken: Result<Vec<PublicKey>, Fault> =
            seeds.iter().filter_map(|seed| keyring.hand_in(seed).transpose()).collect();
        let taken = taken.map_err(|fault| Refused::Fault(fault.to_string()))?;
        // The mark is held against what stands on disk.
        self.flush();
        self.follow_keys();
        self.flush();
        Ok(taken)
    }

    /// In the same step as the acts that say so: signs with the keys that are granted by now, and with no others.
    pub(super) fn review_keys(&mut self) {
        if self.parts.replica.edition() == self.edition {
            return;
        }
        match self.parts.keyring.review(self.parts.replica.governance()) {
            Ok(true) => self.follow_keys(),
            Ok(false) => {}
            Err(fault) => self.note(format!("the folder of keys cannot be read: {fault}")),
        }
    }

    fn follow_keys(&mut self) {
        if let Err(fault) = self.take_keys() {
            self.note(format!("the keys that are granted now are not used: {fault}; restart `isnad node`"));
        }
    }

    fn take_keys(&mut self) -> Result<(), Fault> {
        let parts = &mut self.parts;
        parts.keyring.review(parts.replica.governance())?;
        parts.signing.hold(parts.keyring.home(), parts.keyring.granted(), &ends(parts.replica.logs()))?;
        parts.replica.sign_with(parts.signing.own().clone());
        let signing = &parts.signing;
        let signers = parts.keyring.signers(parts.replica.governance(), |key| signing.signs_with(key));
        let attester = parts.keyring.attester(&signers)?;
        parts.replica.attest_with(attester, &self.reader).map_err(Fault::index)?;
        let news = signers.locked.iter().filter(|one| !parts.signers.locked.contains(one));
        let news: Vec<PublicKey> = news.map(|(_, key)| *key).collect();
        parts.signers = Arc::new(signers);
        for key in news {
            self.note(format!("the key {key} is granted and locked: unlock it with `isnad key unlock`"));
        }
        // One that attests from now on has something to say.
        self.handle(Input::Wake);
        Ok(())
    }

    /// True if a log of a new key is not to be begun yet: what others hold of it comes first.
    pub(super) fn lacks_own(&self, log: LogKey) -> bool {
        self.parts.signing.begins(log) && self.parts.replica.is_behind(log)
    }
}
