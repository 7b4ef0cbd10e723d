//! Who has no word any more, as a status tells it: this home, if its organisation or a key of it was taken out, and others that
//! knock all the same.

use std::collections::BTreeMap;

use isnad_protocol::act::Role;
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::governance::{ActStatus, Governance, GrantInfo, Wait};
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::applicants::in_each_language;
use super::who::{ActRef, Key};
use crate::driver::Snapshot;
use crate::keystore::Keystore;
use crate::node::Node;

/// That an organisation was taken out, or is about to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// The version of the charter that takes it out.
    pub by: ActRef,
    /// True if it is to come back.
    pub is_suspended: bool,
    /// True if that version is in effect here. Others know sooner: from then on they tell this home nothing more.
    pub is_in_effect: bool,
}

/// That this home's organisation was taken out, or that enough members have signed that it be.
pub(super) fn taken_out(node: &Node, governance: &Governance) -> Option<Outside> {
    let own = node.home_organisation()?;
    if let Some(out) = governance.taken_out(&own) {
        let by = ActRef::of(governance, out.by);
        return Some(Outside { by, is_suspended: out.is_suspended, is_in_effect: true });
    }
    let is_signed = |status: Option<ActStatus>| {
        matches!(status, Some(ActStatus::NotInEffectYet { why: Wait::Acknowledgements { .. } }))
    };
    governance.acts().find_map(|act| {
        let removal = act.as_charter()?.removed.iter().find(|removal| removal.organisation == own)?;
        let by = ActRef { id: act.id(), version: act.version() };
        let told = Outside { by, is_suspended: removal.is_suspended, is_in_effect: false };
        is_signed(governance.status(&act.id())).then_some(told)
    })
}

/// Keys of this home that its organisation revoked.
pub(super) fn revoked_keys(node: &Node, governance: &Governance) -> Vec<Key> {
    let Some(own) = node.home_organisation() else { return Vec::new() };
    let held = Keystore::open(&node.home().keys()).and_then(|store| store.list()).unwrap_or_default();
    let key = |public: PublicKey| {
        let info = governance.key(&own, &public).filter(|info| !info.revoked_by.is_empty())?;
        let reference = |id| ActRef::of(governance, id);
        Some(Key {
            key: public,
            role: info.role.name().to_owned(),
            label: info.label,
            peer_id: None,
            expires: info.expires,
            granted_by: Some(reference(info.granted_by)),
            revoked_by: info.revoked_by.into_iter().map(reference).collect(),
            lost_to: None,
            after_halt: info.after_halt,
        })
    };
    held.into_iter().filter_map(|info| key(PublicKey::new(info.public))).collect()
}

/// Those who knocked and are no member's by now.
pub(super) fn strangers(snapshot: &Snapshot) -> BTreeMap<NodeId, String> {
    let members = snapshot.governance.nodes();
    let strangers = snapshot.strangers.iter().filter(|(node, _)| !members.contains_key(node));
    strangers.map(|(node, address)| (*node, address.clone())).collect()
}

/// Those of them that were a member's: to invite one would be to undo what the members decided.
pub(super) fn expelled(
    governance: &Governance,
    strangers: &BTreeMap<NodeId, String>,
) -> BTreeMap<NodeId, OrganisationId> {
    if strangers.is_empty() {
        return BTreeMap::new();
    }
    let all = governance.former_organisations().into_iter().chain(governance.organisations());
    let nodes = all.flat_map(|info| {
        let node = move |grant: GrantInfo| (NodeId::new(*grant.key.as_bytes()), info.id);
        let grants = info.keys.into_iter().chain(info.revoked_keys);
        grants.filter(|grant| grant.role == Role::Reader).map(node).collect::<Vec<_>>()
    });
    nodes.filter(|(node, _)| strangers.contains_key(node)).collect()
}

/// What is compared with the others over the phone.
pub(super) fn stranger_words(
    strangers: &BTreeMap<NodeId, String>,
    expelled: &BTreeMap<NodeId, OrganisationId>,
) -> BTreeMap<NodeId, [String; 3]> {
    let others = strangers.keys().filter(|node| !expelled.contains_key(node));
    others.map(|node| (*node, in_each_language(&CheckWords::of_node(node)))).collect()
}
