//! Decoders behind which a state stands: governance, and the one door of a replica. A state is never half changed.

use std::sync::OnceLock;

use isnad_protocol::act::Act;
use isnad_protocol::encoding::Reader;
use isnad_protocol::entry::{Draft, HEADER_SIZE, Header, Payload};
use isnad_protocol::governance::{Governance, bundle_acts, parse_acts};
use isnad_protocol::id::NodeId;
use isnad_protocol::key::Use;
use isnad_protocol::log::Authentic;
use isnad_protocol::replica::{Input, Output};
use isnad_protocol::store::LogView;

use super::claims::shown;
use crate::consortium::{self, Site};

/// A file of acts, taken in its order and the other way round: the state is the same.
pub(super) fn acts_file(bytes: &[u8]) -> bool {
    let Ok(acts) = parse_acts(bytes) else { return false };
    assert_eq!(bundle_acts(&acts), bytes);
    let consortium = meeting().site.replica.governance().consortium();
    let take = |acts: &mut dyn Iterator<Item = &Act>| {
        let mut governance = Governance::new(consortium);
        for act in acts {
            let _ = governance.take(act.clone());
        }
        governance
    };
    assert_eq!(take(&mut acts.iter()), take(&mut acts.iter().rev()));
    true
}

/// The frame of an act of the site's organisation, or of the charter, without signatures.
pub(super) fn framed(kind: u8, version: u8, body: &[u8]) -> Vec<u8> {
    let charter = meeting().site.replica.governance().consortium();
    let organisation = meeting().site.organisation;
    let is_first = version == 1;
    let mut frame = Use::Act.tag().to_vec();
    frame.extend([1, kind, 0, 0]);
    frame.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(u64::from(version).to_be_bytes());
    let is_older = is_first && kind != 3;
    frame.extend(if is_older { [0; 32] } else { *charter.as_bytes() });
    let scope = if kind == 1 { *charter.as_bytes() } else { *organisation.as_bytes() };
    for place in [scope, scope] {
        frame.extend(if is_first { [0; 32] } else { place });
    }
    frame.extend(body);
    frame.extend([0, 0]);
    frame
}

/// Kind and version, then the body of an act: framed and signed as its author would.
pub(super) fn act_body(bytes: &[u8]) -> bool {
    let [kind, version, body @ ..] = bytes else { return false };
    let frame = framed(*kind, *version, body);
    let Ok(act) = Act::decode(&frame) else { return false };
    assert_eq!(act.encode(), frame);
    assert_eq!(act.body().to_json().encode(), act.body_bytes());
    signed(act);
    true
}

/// An act of the form, signed by the root key: taken, or refused and nothing is changed.
pub(super) fn signed(act: Act) {
    let signature = act.sign(meeting().site.organisation, &consortium::secret(0));
    let act = act.with_signature(signature);
    let mut site = meeting().site.copy();
    let before = site.replica.governance().clone();
    if site.submit_act(act.encode()).is_err() {
        assert_eq!(site.replica.governance(), &before, "a refused act changed the rules");
    }
}

/// An entry as an author of the consortium would sign it, whatever it says: taken or refused, and then shown.
pub(super) fn signed_entry(bytes: &[u8]) -> bool {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_SIZE>() else { return false };
    let Ok(header) = Header::decode(header) else { return false };
    let mut site = meeting().site.copy();
    let end = site.replica.end_of(site.log());
    // Some continue the log and some do not.
    let is_next = header.payload_hash[0] % 8 != 0;
    let prev = if is_next { (end.seq, end.id) } else { (header.seq, header.prev) };
    let salt = [header.payload_hash[1]; 16];
    let payload = rest.get(80..).map(<[u8]>::to_vec).unwrap_or_default();
    let draft = Draft {
        kind: header.kind,
        generation: header.generation,
        time: header.time,
        payload: Payload { salt, bytes: payload },
        ..site.draft(header.record, Vec::new())
    };
    let mut entry = draft.seal(prev, &site.key);
    if header.payload_hash[2] % 8 == 0 || !entry.header.has_payload() {
        entry.payload = None;
    }
    let before = (site.store.clone(), site.replica.logs().clone());
    let is_taken = site.submit(vec![entry]).is_ok();
    if is_taken {
        shown(header.record, &site.store);
    } else {
        assert_eq!((site.store.clone(), site.replica.logs().clone()), before, "a refused entry changed something");
    }
    is_taken
}

/// Frames of a peer, each behind its length: whatever they are, what the replica holds stays a chain of signed entries.
pub(super) fn session(bytes: &[u8]) -> bool {
    let mut frames = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Ok(length) = reader.u32() {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(reader.rest().len());
        frames.push(reader.bytes(length).expect("so many are left").to_vec());
    }
    let peer = meeting().peer;
    let mut site = meeting().site.copy();
    let is_opener = bytes.len().is_multiple_of(2);
    site.handle(Input::Connected { peer, opens_with: is_opener.then_some([9; 16]) });
    let mut is_open = true;
    for frame in frames {
        let outputs = site.handle(Input::Received { peer, frame });
        is_open &= !outputs.iter().any(|output| matches!(output, Output::Disconnect { .. }));
    }
    for (key, log) in site.replica.logs() {
        let entries = site.store.read_log(*key, 0, usize::MAX).expect("memory can be read");
        assert_eq!(entries.last().map(Authentic::end), Some(log.end));
        for pair in entries.windows(2) {
            assert_eq!(pair[1].entry().header.prev, pair[0].id());
        }
        for entry in entries.iter().filter(|entry| entry.end().seq <= log.checked.seq) {
            assert!(entry.entry().is_signed(), "a bad signature is held as checked");
        }
    }
    is_open
}

/// The replica that is handed what others say.
pub(super) fn site() -> &'static Site {
    &meeting().site
}

/// A replica with a little to say, and a peer of it: made once.
struct Meeting {
    peer: NodeId,
    site: Site,
}

fn meeting() -> &'static Meeting {
    static MEETING: OnceLock<Meeting> = OnceLock::new();
    MEETING.get_or_init(|| {
        let mut sites = consortium::found(2);
        sites[0].say(consortium::record(1), consortium::claim("note", "its own"));
        let peer = sites[1].node;
        Meeting { peer, site: sites.remove(0) }
    })
}
