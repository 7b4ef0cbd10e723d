//! The local API: HTTP routes over a Unix socket that only its owner may use. Names axum.
//!
//! The command line speaks it to a running node, and to a home that it opens itself through [`call`]: one path for both.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::sync::watch;

use self::asked::{Query, Sent};
use crate::export;
use crate::fault::Fault;
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::reading::{self, Reader};
use crate::writing;

mod asked;
pub mod bodies;
pub mod carrying;
mod governing;
pub mod keys;

/// Bytes of one request that is read whole: an import of full size, whose claims take some times its own bytes. Only the owner of
/// the socket sends any.
const REQUEST_BYTES: usize = 256 * 1_024 * 1_024;

/// How long a reader who waits for news is kept waiting: long enough to ask seldom, shorter than what cuts idle connections.
const NEWS_AFTER: Duration = Duration::from_secs(25);

/// How long requests under way may hold up a stop.
const GRACE: Duration = Duration::from_secs(5);

pub mod invitations;

type Shared = State<Arc<Node>>;
type Answer<T> = Result<Json<T>, Problem>;

/// The routes of a node.
pub fn routes(node: Arc<Node>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/freshness", get(freshness))
        .route("/who", get(who))
        .route("/who/history", get(who_history))
        .route("/standing/{entry}", get(standing))
        .route("/digest", get(digest))
        .route("/changes", get(changes))
        .route("/records", get(list))
        .route("/due", get(due))
        .route("/candidates", get(candidates))
        .route("/records/{*record}", get(show))
        .route("/history/{*record}", get(history))
        .route("/story/{*record}", get(story))
        .route("/resolve/{*record}", get(resolve))
        .route("/prefixes", post(prefixes))
        .route("/explain/{claim}", get(explain))
        .route("/policy", get(policy))
        .route("/contributions", post(contribute))
        .route("/preview", post(preview))
        .route("/tasks", get(tasks))
        .route("/restating", get(restating))
        .route("/acts", post(take_act))
        .route("/backup", get(backup))
        .route("/export/entries", get(export_entries))
        .route("/export/acts", get(export_acts))
        .route("/export/automerge", get(export_automerge))
        .route("/export/manifest", get(export_manifest))
        .merge(carrying::routes())
        .merge(governing::routes())
        .merge(invitations::routes())
        .merge(keys::routes())
        .fallback(asked::nowhere)
        .method_not_allowed_fallback(asked::not_so)
        .layer(axum::extract::DefaultBodyLimit::max(REQUEST_BYTES))
        .with_state(node)
}

/// A socket that only its owner may use, ready to be served.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    listener: UnixListener,
}

impl Socket {
    /// Makes the socket of a home whose lock is held: one that a killed node left is nobody's.
    ///
    /// # Errors
    /// [`Fault`] if it cannot be made.
    pub fn bind(path: &Path) -> Result<Self, Fault> {
        if path.exists() {
            std::fs::remove_file(path).map_err(Fault::io("remove", path))?;
        }
        let listener = UnixListener::bind(path).map_err(Fault::io("listen on", path))?;
        crate::files::set_owner_only(path)?;
        Ok(Self { path: path.to_owned(), listener })
    }

    /// Serves the routes until `stop` is done; requests under way are finished, within a few seconds.
    ///
    /// # Errors
    /// [`Fault`] if the socket fails.
    pub async fn serve(self, node: Arc<Node>, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Fault> {
        let (stopping, stopped) = watch::channel(false);
        let routes = routes(node).layer(Extension(Stopping(stopped.clone())));
        let stop = async move {
            stop.await;
            stopping.send_replace(true);
        };
        let grace = async {
            is_stopping(stopped).await;
            tokio::time::sleep(GRACE).await;
        };
        let served = tokio::select! {
            served = axum::serve(self.listener, routes).with_graceful_shutdown(stop) => served,
            () = grace => Ok(()),
        };
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket was not removed");
        }
        served.map_err(Fault::io("serve", &self.path))
    }
}

/// Tells those who wait for news that the node stops.
#[derive(Debug, Clone)]
struct Stopping(watch::Receiver<bool>);

async fn is_stopping(mut stopping: watch::Receiver<bool>) {
    // An error means that the node has stopped.
    drop(stopping.wait_for(|is_so| *is_so).await);
}

/// Answers one request without a socket.
///
/// # Errors
/// [`Problem`] if it is no request.
pub async fn call(routes: Router, method: &str, uri: &str, body: Body) -> Result<Response, Problem> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| Problem::fault(error.to_string()))?;
    let mut service = routes.into_service();
    match tower_call(&mut service, request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

async fn tower_call(
    service: &mut axum::routing::RouterIntoService<Body>,
    request: Request<Body>,
) -> Result<Response, std::convert::Infallible> {
    use tower_service::Service;
    service.call(request).await
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match self.exit {
            exit::NO => StatusCode::NOT_FOUND,
            exit::USAGE => StatusCode::BAD_REQUEST,
            exit::REFUSED => StatusCode::UNPROCESSABLE_ENTITY,
            exit::UNREACHABLE => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(self)).into_response()
    }
}

async fn status(State(node): Shared) -> Answer<reading::Status> {
    read(node, |reader| Ok(reader.status())).await
}

async fn freshness(State(node): Shared) -> Answer<isnad_protocol::attestation::Freshness> {
    read(node, |reader| Ok(reader.freshness(isnad_protocol::time::Timestamp(crate::clock::now_ms()))?)).await
}

async fn who(State(node): Shared) -> Answer<reading::Who> {
    read(node, |reader| Ok(reader.who())).await
}

/// How the consortium came to be as it is.
async fn who_history(State(node): Shared) -> Answer<Vec<reading::Chapter>> {
    read(node, |reader| reader.governance_story()).await
}

/// Why an entry counts or not.
async fn standing(State(node): Shared, UrlPath(entry): UrlPath<String>) -> Answer<reading::EntryExplained> {
    read(node, move |reader| reader.explain_entry(&entry)).await
}

async fn digest(State(node): Shared) -> Answer<reading::Digests> {
    read(node, |reader| reader.digest()).await
}

/// What a reader who waits for news has seen.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Seen {
    /// The count that he knows; answered at once without one.
    after: Option<u64>,
}

/// How often the data has changed since the node started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Changes {
    change: u64,
}

/// Answers once more has changed than was seen, or after a while, so that a page or a script need not ask again and again.
async fn changes(
    State(node): Shared,
    Query(seen): Query<Seen>,
    stopping: Option<Extension<Stopping>>,
) -> Json<Changes> {
    let mut changes = node.changes();
    let news = async {
        if let Some(after) = seen.after {
            drop(changes.wait_for(|change| *change > after).await);
        }
    };
    let stopped = async {
        match stopping {
            Some(Extension(Stopping(stopping))) => is_stopping(stopping).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = news => {}
        () = stopped => {}
        () = tokio::time::sleep(NEWS_AFTER) => {}
    }
    Json(Changes { change: node.snapshot().change })
}

async fn list(State(node): Shared, Query(query): Query<reading::ListQuery>) -> Result<impl IntoResponse, Problem> {
    let lines = wait(node, move |reader| reader.list(&query)).await?;
    Ok(([(CONTENT_TYPE, "application/json")], lines))
}

async fn due(State(node): Shared, Query(query): Query<reading::DueQuery>) -> Answer<reading::DueWithin> {
    read(node, move |reader| reader.due(&query)).await
}

async fn candidates(State(node): Shared, Query(query): Query<reading::CandidatesQuery>) -> Answer<reading::Candidates> {
    read(node, move |reader| reader.candidates(&query)).await
}

async fn show(
    State(node): Shared,
    UrlPath(record): UrlPath<String>,
    Query(query): Query<reading::DayQuery>,
) -> Answer<isnad_protocol::view::View> {
    read(node, move |reader| reader.show(&record, &query)).await
}

async fn history(
    State(node): Shared,
    UrlPath(record): UrlPath<String>,
    Query(query): Query<reading::DayQuery>,
) -> Answer<isnad_protocol::view::History> {
    read(node, move |reader| reader.history(&record, &query)).await
}

async fn story(
    State(node): Shared,
    UrlPath(record): UrlPath<String>,
    Query(query): Query<reading::DayQuery>,
) -> Answer<reading::Story> {
    read(node, move |reader| reader.story(&record, &query)).await
}

async fn resolve(
    State(node): Shared,
    UrlPath(record): UrlPath<String>,
    Query(kinds): Query<reading::KindsQuery>,
) -> Answer<isnad_protocol::id::RecordId> {
    read(node, move |reader| reader.resolve_among(&record, &kinds)).await
}

/// What names each of these records, where 8 digits do not.
async fn prefixes(
    State(node): Shared,
    Sent(asked): Sent<Vec<isnad_protocol::id::RecordId>>,
) -> Answer<std::collections::BTreeMap<isnad_protocol::id::RecordId, reading::Prefix>> {
    read(node, move |reader| reader.prefixes(&asked)).await
}

async fn explain(
    State(node): Shared,
    UrlPath(claim): UrlPath<String>,
    Query(query): Query<reading::ExplainQuery>,
) -> Answer<isnad_protocol::view::Explanation> {
    read(node, move |reader| reader.explain(&claim, &query)).await
}

async fn policy(
    State(node): Shared,
    Query(query): Query<reading::PolicyQuery>,
) -> Answer<isnad_protocol::view::Policy> {
    read(node, move |reader| reader.policy(&query, None)).await
}

async fn contribute(State(node): Shared, Sent(request): Sent<writing::Request>) -> Answer<writing::Written> {
    writing::write(&node, request).await.map(Json)
}

/// What a contribution would sign; signs nothing.
async fn preview(State(node): Shared, Sent(request): Sent<writing::Request>) -> Answer<writing::Preview> {
    writing::preview(&node, request).await.map(Json)
}

async fn tasks(State(node): Shared) -> Answer<Vec<reading::Waiting>> {
    read(node, |reader| reader.tasks()).await
}

async fn restating(
    State(node): Shared,
    Query(query): Query<reading::RestatingQuery>,
) -> Answer<Vec<reading::ToRestate>> {
    read(node, move |reader| reader.restating(&query)).await
}

async fn take_act(State(node): Shared, body: axum::body::Bytes) -> Answer<()> {
    node.take_act(body.to_vec()).await?;
    Ok(Json(()))
}

/// Up to where a backup may read.
async fn backup(State(node): Shared) -> Json<crate::backup::Ends> {
    let (spaces, acts) = node.reader().ends();
    let spaces = spaces.into_iter().map(|(space, end)| (space, end.to_u64())).collect();
    Json(crate::backup::Ends { consortium: node.consortium(), spaces, acts: acts.to_u64() })
}

async fn export_entries(State(node): Shared, Query(query): Query<export::SpaceQuery>) -> Result<Vec<u8>, Problem> {
    let task = tokio::task::spawn_blocking(move || export::entries(&Reader::new(&node), &query));
    task.await.map_err(|error| Problem::fault(error.to_string()))?
}

async fn export_acts(State(node): Shared) -> Vec<u8> {
    export::acts(&Reader::new(&node))
}

async fn export_automerge(
    State(node): Shared,
    Query(query): Query<export::SpaceQuery>,
) -> Answer<Vec<export::Document>> {
    read(node, move |reader| export::automerge(reader, &query)).await
}

async fn export_manifest(State(node): Shared, Query(query): Query<export::SpaceQuery>) -> Answer<export::Manifest> {
    read(node, move |reader| export::manifest(reader, &query)).await
}

async fn read<T: Serialize + Send + 'static>(
    node: Arc<Node>,
    read: impl Fn(&Reader<'_>) -> Result<T, Problem> + Send + 'static,
) -> Answer<T> {
    wait(node, read).await.map(Json)
}

/// Reading waits for the index and for the disk: not on a thread of the runtime.
async fn wait<T: Send + 'static>(
    node: Arc<Node>,
    read: impl Fn(&Reader<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let task = tokio::task::spawn_blocking(move || match read(&Reader::new(&node)) {
        // The one who finds the index broken is served like those after him: it is made anew in memory.
        Err(problem) if problem.code == "index" || node.index_has_failed() => read(&Reader::new(&node)),
        outcome => outcome,
    });
    task.await.map_err(|error| Problem::fault(error.to_string()))?
}
