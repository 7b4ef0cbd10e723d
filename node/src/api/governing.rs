//! Routes of governance: acts as they are told, drafts of the next, the last entries of a key's logs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use isnad_protocol::act::Act;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::Governance;
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::asked::{Query, Sent};
use super::{Answer, Shared};
use crate::governing::signing::Seen;
use crate::governing::{self, Described, Drafted, LogTail, Request};
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::reading::{Outside, Reader};

pub(super) fn routes() -> Router<Arc<Node>> {
    Router::new()
        .route("/governing/acts", get(acts))
        .route("/governing/acts/{act}", get(act))
        .route("/governing/draft", post(draft))
        .route("/governing/read", post(read_act))
        .route("/governing/outside", get(outside))
        .route("/governing/logs/{key}", get(logs))
}

async fn acts(State(node): Shared) -> Answer<Vec<Described>> {
    read(node, |node| Ok(governing::described(&node.snapshot().governance, node.own_organisation()))).await
}

async fn act(State(node): Shared, UrlPath(text): UrlPath<String>) -> Answer<Drafted> {
    read(node, move |node| {
        let governance = &*node.snapshot().governance;
        told(node, governance, governing::act_named(governance, &text)?)
    })
    .await
}

/// What an act of a file says, and what is seen here of its place; takes nothing in.
async fn read_act(State(node): Shared, bytes: Bytes) -> Answer<Drafted> {
    let act = Act::decode(&bytes).map_err(|error| {
        let values = [("rule", error.code())];
        Problem::of_rule(exit::REFUSED, error.code(), "act_made", &values, error.to_string())
    })?;
    read(node, move |node| told(node, &node.snapshot().governance, &act)).await
}

/// An act as whoever is to sign it has to see it.
fn told(node: &Node, governance: &Governance, act: &Act) -> Result<Drafted, Problem> {
    let own = node.own_organisation();
    Ok(Drafted {
        act: governing::described_one(governance, own, act),
        bytes: to_hex(&act.encode()),
        seen: Seen::of(governance, act, own),
        stops: governing::stopped_by(node, act)?,
        falls: governing::falls(governance, own, act),
    })
}

/// Whether this home's organisation was taken out, or is about to be.
async fn outside(State(node): Shared) -> Answer<Option<Outside>> {
    read(node, |node| Ok(Reader::new(node).outside())).await
}

/// What a proposal would have signed; takes nothing in.
async fn draft(State(node): Shared, Sent(request): Sent<Request>) -> Answer<Drafted> {
    read(node, move |node| governing::draft(node, request)).await
}

/// How much of each log is asked for.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Last {
    #[serde(default = "ten")]
    last: u64,
}

const fn ten() -> u64 {
    10
}

async fn logs(State(node): Shared, UrlPath(key): UrlPath<String>, Query(last): Query<Last>) -> Answer<Vec<LogTail>> {
    /// The most entries of a log that are shown.
    const LAST: u64 = 1_000;
    let key = PublicKey::parse(&key)
        .map_err(|_| Problem::told(exit::USAGE, "usage", "governing.key_unknown", &[("key", &key)]))?;
    read(node, move |node| governing::tails(node, &key, last.last.min(LAST))).await
}

/// Acts and logs are read from the disk or by much work: not on a thread of the runtime.
async fn read<T: Serialize + Send + 'static>(
    node: Arc<Node>,
    read: impl FnOnce(&Node) -> Result<T, Problem> + Send + 'static,
) -> Answer<T> {
    let task = tokio::task::spawn_blocking(move || read(&node));
    task.await.map_err(|error| Problem::fault(error.to_string()))?.map(Json)
}
