//! Routes of carried files. The file is the command's, which reads and writes it: a node may not be its user's.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderName;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::asked::Query;
use super::bodies::{BodyReader, BodyWriter};
use super::{Answer, Shared};
use crate::carry::file::Unreadable;
use crate::carry::{self, Carried, Content, Held};
use crate::node::Node;
use crate::problem::Problem;

/// Says beside a file how many entries it leaves out, since the other side is known to hold them.
pub const LEFT_OUT: &str = "isnad-left-out";

/// What a file is wished to hold. A file of the other side is the request's body, if there is one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Wish {
    /// The frontier alone.
    #[serde(default)]
    pub frontier: bool,
    /// A node, or its organisation: what it is known to hold is left out.
    #[serde(default)]
    pub r#for: Option<String>,
    /// The organisation that alone is to read it.
    #[serde(default)]
    pub to: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Node>> {
    Router::new().route("/carry", post(take_in)).route("/carry/check", post(check)).route("/carry/out", post(write_out))
}

async fn check(State(node): Shared, body: Body) -> Answer<()> {
    read(body, move |body| Ok(carry::check(&node, body)?)).await.map(Json)
}

async fn take_in(State(node): Shared, body: Body) -> Answer<Carried> {
    read(body, move |body| carry::take_in(&node, body)).await.map(Json)
}

async fn write_out(State(node): Shared, Query(wish): Query<Wish>, body: Body) -> Result<Response, Problem> {
    let asked = Arc::clone(&node);
    let (content, keys) = read(body, move |body| {
        let keys = wish.to.as_ref().map(|to| carry::node_keys(&asked, to)).transpose()?;
        if wish.frontier {
            return Ok((Content::Frontier, keys));
        }
        let mut held = held(&asked, body)?;
        if let Some(whom) = &wish.r#for {
            carry::add(&mut held, carry::held_by(&asked, whom)?);
        }
        Ok((Content::All(carry::on_line(&asked, held)?), keys))
    })
    .await?;
    let left_out = carry::left_out(&node, &content).to_string();
    let (writer, body) = BodyWriter::new();
    // It ends with the body, which nobody may want to the end.
    drop(tokio::task::spawn_blocking(move || write(&node, &content, keys.as_deref(), writer)));
    Ok(([(HeaderName::from_static(LEFT_OUT), left_out)], body).into_response())
}

/// What the other side is known to hold: nothing, if there is no file of it.
fn held(node: &Node, body: impl Read) -> Result<Held, Problem> {
    let mut body = BufReader::new(body);
    let is_empty = body.fill_buf().map_err(Unreadable::from)?.is_empty();
    if is_empty { Ok(Held::new()) } else { Ok(carry::ends(node, body)?) }
}

fn write(node: &Node, content: &Content, keys: Option<&[PublicKey]>, mut to: BodyWriter) {
    let written = match keys {
        Some(keys) => carry::write_sealed(node, content, keys, &mut to),
        None => carry::write_out(node, content, &mut to).map(drop),
    };
    let flushed = written.and_then(|()| to.flush().map_err(|error| Problem::fault(error.to_string())));
    if let Err(problem) = flushed {
        tracing::warn!(why = %problem.why, "a carried file was not written to its end");
        to.fail(std::io::Error::other(problem.why));
    }
}

/// Reads a body on a thread that may wait, to its end whatever comes of it.
async fn read<T: Send + 'static>(
    body: Body,
    read: impl FnOnce(&mut BodyReader) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let mut body = BodyReader::new(body);
    let task = tokio::task::spawn_blocking(move || {
        let outcome = read(&mut body);
        body.drain();
        outcome
    });
    task.await.map_err(|error| Problem::fault(error.to_string()))?
}
