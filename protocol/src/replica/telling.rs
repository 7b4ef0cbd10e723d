//! What peers are told once it stands on disk: new ends, what local users wrote, payloads that have come to be missing.

use std::collections::BTreeMap;

use super::Replica;
use crate::id::{NodeId, SpaceId};
use crate::limits;
use crate::log::{LogEnd, LogKey};
use crate::sync::frame::{Frame, Item};

impl Replica {
    /// Pushes what local users wrote; of what came from other peers only the new ends are named, and the peer asks.
    pub(super) fn tell(&mut self, peer: NodeId, changed: &BTreeMap<LogKey, bool>) {
        let ends: Vec<_> = changed.iter().map(|(key, is_local)| (key, is_local, self.told_end(key))).collect();
        let Some(session) = self.sessions.get_mut(&peer).filter(|session| session.is_live()) else { return };
        let mut news: BTreeMap<SpaceId, Vec<Item>> = BTreeMap::new();
        for (key, is_local, end) in ends {
            let theirs = session.their_end(*key).seq;
            if theirs >= end.seq {
                continue;
            }
            if *is_local && end.seq - theirs <= limits::PUSH_ENTRIES {
                session.push(*key, end);
            } else {
                news.entry(key.space).or_default().push(Item::End(key.author, end));
            }
        }
        self.send_news(peer, &news);
    }

    /// Asks a peer for payloads that have come to be missing since it was told of others.
    pub(super) fn ask_payloads(&mut self, peer: NodeId, missing: &[(LogKey, LogEnd)]) {
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        if !session.is_live() {
            session.defer(missing);
            return;
        }
        let mut news: BTreeMap<SpaceId, Vec<Item>> = BTreeMap::new();
        for (key, at) in missing {
            news.entry(key.space).or_default().push(Item::Wanted(key.author, *at));
        }
        self.send_news(peer, &news);
    }

    /// Sends a peer what is new, in parts: there may be more than a frame has room for.
    pub(super) fn send_news(&mut self, peer: NodeId, news: &BTreeMap<SpaceId, Vec<Item>>) {
        let Some(session) = self.sessions.get(&peer) else { return };
        let parts = news.iter().flat_map(|(space, items)| items.chunks(limits::STATE_ITEMS).map(|part| (*space, part)));
        let frames: Vec<Frame> = parts.map(|(space, part)| session.news(space, part.to_vec())).collect();
        for frame in frames {
            self.send(peer, &frame);
        }
    }

    /// Tells a peer, once its session is live, what has come in since the session opened.
    pub(super) fn catch_up_on_news(&mut self, peer: NodeId) {
        let all: BTreeMap<LogKey, bool> = self.durable.logs.keys().map(|key| (*key, false)).collect();
        self.tell(peer, &all);
    }
}
