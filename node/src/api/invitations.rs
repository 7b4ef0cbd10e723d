//! Routes for invitations and candidates.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::id::{ConsortiumId, NodeId, OrganisationId};
use isnad_protocol::limits;
use serde::{Deserialize, Serialize};

use super::asked::Sent;
use super::{Answer, Shared};
use crate::config::Config;
use crate::door::{Standing, Wish};
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::reading;

/// The longest that an invitation is open: whoever needs longer is invited again.
const LONGEST_MS: u64 = 30 * 24 * 3_600_000;
/// Characters of the words for whom it is.
const LABEL_CHARACTERS: usize = 128;

/// A new invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// A short name, to withdraw it by.
    pub id: String,
    /// The code: whoever has it may use it.
    pub code: String,
    /// Until when it is open, in milliseconds since 1970.
    pub until_ms: u64,
    /// Where the candidate looks for this node.
    pub addresses: Vec<String>,
    /// The consortium.
    pub consortium: ConsortiumId,
    /// This node.
    pub node: NodeId,
}

impl Invited {
    /// The words that both compare.
    #[must_use]
    pub fn words(&self) -> CheckWords {
        CheckWords::of_invitation(&self.consortium, &self.node)
    }
}

/// What is taken back: an invitation by its short name, or a candidate by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The name.
    pub id: String,
}

/// What was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The candidate that was forgotten, if it was one.
    pub candidate: Option<OrganisationId>,
}

pub(super) fn routes() -> Router<Arc<Node>> {
    Router::new()
        .route("/invitations", get(list).post(invite))
        .route("/invitations/withdraw", post(withdraw))
        .route("/applicants", get(applicants))
}

async fn list(State(node): Shared) -> Json<Vec<Standing>> {
    Json(node.door().invitations())
}

async fn applicants(State(node): Shared) -> Json<Vec<reading::Waits>> {
    Json(reading::applicants(&node))
}

async fn invite(State(node): Shared, Sent(wish): Sent<Wish>) -> Answer<Invited> {
    let wish = checked(&node, wish)?;
    let addresses = wish.addresses.clone();
    let made = node.door().invite(wish)?;
    let invitation = made.ok_or_else(|| {
        let most = limits::INVITATIONS.to_string();
        Problem::told(exit::REFUSED, "invitations_full", "invite.full", &[("most", &most)])
    })?;
    Ok(Json(Invited {
        id: invitation.key().name(),
        code: invitation.encode(),
        until_ms: invitation.until.0,
        addresses,
        consortium: invitation.consortium,
        node: invitation.node,
    }))
}

fn checked(node: &Node, wish: Wish) -> Result<Wish, Problem> {
    if node.own_organisation().is_none() {
        return Err(Problem::told(exit::REFUSED, "invite_no_member", "invite.no_member", &[]));
    }
    if !(1..=LONGEST_MS).contains(&wish.valid_ms) {
        let days = (LONGEST_MS / 86_400_000).to_string();
        return Err(Problem::told(exit::USAGE, "usage", "invite.valid", &[("days", &days)]));
    }
    let label: String = wish.label.chars().filter(|letter| !letter.is_control()).take(LABEL_CHARACTERS).collect();
    let is_good = |address: &String| address.starts_with('/') && address.len() <= limits::ADDRESS_BYTES;
    if let Some(bad) = wish.addresses.iter().find(|address| !is_good(address)) {
        return Err(Problem::told(exit::USAGE, "usage", "invite.address", &[("address", bad)]));
    }
    let given = (!wish.addresses.is_empty()).then_some(wish.addresses);
    let listening = node.snapshot().listening;
    let addresses = match given {
        Some(given) => given,
        // What the owner has said that others reach it at, and only while it can be reached.
        None if !listening.is_empty() => {
            let announced = Config::load(&node.home().config())?.announce;
            if announced.is_empty() { reached_at(&listening) } else { announced }
        }
        None => Vec::new(),
    };
    if addresses.is_empty() {
        return Err(Problem::told(exit::UNREACHABLE, "invite_no_address", "invite.no_address", &[]));
    }
    Ok(Wish { label, valid_ms: wish.valid_ms, addresses })
}

/// The addresses at which others can find this node, without its own id; those of this machine alone only where there are no
/// others.
fn reached_at(listening: &[String]) -> Vec<String> {
    let bare = listening.iter().filter_map(|address| address.split("/p2p/").next());
    let is_local = |address: &&str| address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/");
    let (local, others): (Vec<&str>, Vec<&str>) = bare.partition(is_local);
    let best = if others.is_empty() { local } else { others };
    best.into_iter().take(limits::INVITATION_ADDRESSES).map(str::to_owned).collect()
}

/// The names that a text is, or begins.
fn begun<'a>(names: &'a [String], text: &str) -> Vec<&'a str> {
    /// Digits that name an invitation.
    const DIGITS: usize = 4;
    let names = names.iter().map(String::as_str);
    if let Some(whole) = names.clone().find(|name| *name == text) {
        return vec![whole];
    }
    names.filter(|name| text.len() >= DIGITS && name.starts_with(text)).collect()
}

async fn withdraw(State(node): Shared, Sent(withdrawal): Sent<Withdrawal>) -> Answer<Withdrawn> {
    let names: Vec<String> = node.door().invitations().into_iter().map(|standing| standing.id).collect();
    match &begun(&names, &withdrawal.id)[..] {
        [] => {}
        [one] if node.door().withdraw(one)? => return Ok(Json(Withdrawn { candidate: None })),
        several => {
            let values = [("id", &*withdrawal.id), ("names", &*several.join(", "))];
            return Err(Problem::told(exit::NO, "ambiguous", "invite.several", &values));
        }
    }
    if let Some(candidate) = node.door().forget(&withdrawal.id)? {
        return Ok(Json(Withdrawn { candidate: Some(candidate) }));
    }
    Err(Problem::told(exit::NO, "not_found", "invite.unknown", &[("id", &withdrawal.id)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_named_by_the_beginning_of_its_name() {
        let names = ["6fd61111", "6fd62222", "abcd0000"].map(str::to_owned);
        assert_eq!(begun(&names, "abcd"), ["abcd0000"]);
        assert_eq!(begun(&names, "6fd6"), ["6fd61111", "6fd62222"]);
        assert_eq!(begun(&names, "6fd62222"), ["6fd62222"]);
        assert_eq!(begun(&names, "abc"), Vec::<&str>::new());
    }

    #[test]
    fn an_invitation_names_addresses_that_others_reach() {
        let local = "/ip4/127.0.0.1/tcp/4747/p2p/12D3";
        let other = "/ip4/192.0.2.7/tcp/4747/p2p/12D3";
        let found = |addresses: &[&str]| reached_at(&addresses.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(found(&[local, other]), ["/ip4/192.0.2.7/tcp/4747"]);
        assert_eq!(found(&[local]), ["/ip4/127.0.0.1/tcp/4747"]);
        assert_eq!(found(&[other; 20]).len(), limits::INVITATION_ADDRESSES);
    }
}
