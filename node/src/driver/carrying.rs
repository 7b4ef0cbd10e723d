//! A carried file on its way in: its frames are those of a peer that is no member's node, a few at a time, each few flushed.

use isnad_protocol::id::NodeId;
use isnad_protocol::replica::Input;

use super::Driver;

/// A step of taking a file in. Other commands are handled between two of them.
#[derive(Debug)]
pub enum Step {
    /// A file begins: it is as if one had connected.
    Begin,
    /// Its next frames, in order: fewer bytes than a session's credit.
    Frames(Vec<Vec<u8>>),
    /// No more comes of it.
    End,
}

/// What came of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Entries that are new here.
    pub entries: u64,
    /// What a person should know: refusals, forks.
    pub notices: Vec<String>,
    /// True while what follows is still listened to: it is not once something came that no honest writer writes.
    pub is_open: bool,
}

impl Driver {
    pub(super) fn carry(&mut self, step: Step) -> Taken {
        let peer = NodeId::ZERO;
        let noted = self.note_count();
        let before = self.entries();
        match step {
            Step::Begin => self.handle(Input::Connected { peer, opens_with: None }),
            Step::Frames(frames) => frames.into_iter().for_each(|frame| self.handle(Input::Received { peer, frame })),
            Step::End => self.handle(Input::Disconnected { peer }),
        }
        // Nobody waits for the credit of these frames: it is given back by their being on disk.
        self.flush();
        Taken {
            entries: self.entries().saturating_sub(before),
            notices: self.seen().notices.iter().skip(noted).cloned().collect(),
            is_open: self.parts.replica.status().peers.contains_key(&peer),
        }
    }

    /// Entries held, but for what this node itself says of them as they come.
    fn entries(&self) -> u64 {
        let attesting = self.parts.signers.attesting().map(|signer| signer.key.public());
        let logs = self.parts.replica.logs().iter().filter(|(log, _)| Some(log.author) != attesting);
        logs.fold(0, |sum, (_, log)| sum.saturating_add(log.end.seq))
    }
}
