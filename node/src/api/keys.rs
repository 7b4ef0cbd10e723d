//! The route of keys: a command that was given the passphrase hands a running node the keys that it is to use. ADR 0005.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use isnad_protocol::encoding::{from_hex, to_hex};
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::asked::Sent;
use super::{Answer, Shared};
use crate::keystore::Secret;
use crate::node::Node;
use crate::problem::Problem;

/// Keys that were unlocked, as the seeds of their secret halves. Never a root key, and never the passphrase.
#[derive(Serialize, Deserialize)]
pub struct HandedIn {
    /// Each in hex.
    seeds: Vec<String>,
}

impl Drop for HandedIn {
    fn drop(&mut self) {
        self.seeds.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl HandedIn {
    /// Of these keys.
    #[must_use]
    pub fn of<'a>(seeds: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { seeds: seeds.into_iter().map(|seed| to_hex(seed.as_bytes())).collect() }
    }

    fn secrets(&self) -> Option<Vec<Secret>> {
        let seeds = self.seeds.iter().map(|seed| from_hex::<32>(seed).map(|bytes| Secret::new(&Zeroizing::new(bytes))));
        seeds.collect()
    }
}

impl std::fmt::Debug for HandedIn {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "HandedIn({} keys)", self.seeds.len())
    }
}

pub(super) fn routes() -> Router<Arc<Node>> {
    Router::new().route("/keys", post(hand_in))
}

/// Which of them lie in this home and sign entries: each is used as soon as it is granted.
async fn hand_in(State(node): Shared, Sent(request): Sent<HandedIn>) -> Answer<Vec<PublicKey>> {
    let secrets = request.secrets().ok_or_else(|| Problem::usage("no key", "a seed is 64 hex digits", "unlock it"))?;
    Ok(Json(node.hand_in(secrets).await?))
}
