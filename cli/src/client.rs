//! The local API as typed calls: to a running node over its socket, or to a home that this command opens itself.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Body;
use hyper_util::rt::TokioIo;
use isnad_node::api;
use isnad_node::api::bodies::BodyWriter;
use isnad_node::fault::Fault;
use isnad_node::home::Home;
use isnad_node::node::{Node, OpenError, Options};
use isnad_protocol::locale;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use crate::error::{Problem, exit};
use crate::session::Session;

/// How long a command waits for another one, or for a node that starts, to make way on the same home.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a request's path with all that it asks for, as they are written there: beyond it nothing that was typed names anything, and
/// HTTP takes no more than some thousand.
const PATH_BYTES: usize = 16_384;

/// Bytes of an answer for which room is made at once: an answer may say any length.
const EXPECTED_BYTES: u64 = 64 * 1_048_576;

/// A way to a home's data.
#[derive(Debug)]
pub(crate) enum Client {
    /// A node runs on the home.
    Running(Home),
    /// This command opened the home.
    Opened(Arc<Node>),
}

impl Client {
    /// A way to read: no passphrase is needed.
    pub(crate) async fn to_read(session: &Session) -> Result<Self, Problem> {
        Self::open(session, false).await
    }

    /// The node that runs on the home, if one does.
    pub(crate) async fn of_running(session: &Session) -> Result<Option<Self>, Problem> {
        let home = session.home()?;
        let is_running = UnixStream::connect(home.socket()).await.is_ok();
        Ok(is_running.then_some(Self::Running(home)))
    }

    /// A way to contribute: a home that is not run by a node is opened with its keys.
    pub(crate) async fn to_write(session: &Session) -> Result<Self, Problem> {
        Self::open(session, true).await
    }

    async fn open(session: &Session, signs: bool) -> Result<Self, Problem> {
        let home = session.home()?;
        let until = Instant::now().checked_add(PATIENCE);
        loop {
            if UnixStream::connect(home.socket()).await.is_ok() {
                return Ok(Self::Running(home));
            }
            match home.lock() {
                Ok(free) => drop(free),
                // Another command is at work for a moment, or a node that starts will answer soon.
                Err(Fault::Locked { .. }) if until.is_some_and(|until| Instant::now() < until) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(fault) => return Err(fault.into()),
            }
            let unlocker = if signs { Some(session.unlocker()?) } else { None };
            let printer = session.printer;
            let mut told = |frames: u64| printer.aside(locale::counted(printer.language, "index", frames, &[]));
            let options = Options { home: home.clone(), unlocker, network: None };
            match Node::start(options, &mut told).await {
                Err(OpenError::Fault(Fault::Locked { .. })) if until.is_some_and(|until| Instant::now() < until) => {}
                opened => return Ok(Self::Opened(Arc::new(opened?))),
            }
        }
    }

    /// The same to read what only whole, checked logs are part of: a home that nobody runs is checked first.
    pub(crate) async fn to_read_checked(session: &Session) -> Result<Self, Problem> {
        let client = Self::open(session, false).await?;
        client.all_checked().await;
        Ok(client)
    }

    /// Waits until a home that nobody runs is checked; a node checks as it goes.
    pub(crate) async fn all_checked(&self) {
        if let Self::Opened(node) = self {
            node.all_checked().await;
        }
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Problem> {
        read(&self.request("GET", path, Vec::new()).await?)
    }

    /// Hands something in.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Problem> {
        let body = serde_json::to_vec(body).map_err(|error| Problem::fault(error.to_string()))?;
        read(&self.request("POST", path, body).await?)
    }

    /// Hands bytes in as they are.
    pub(crate) async fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T, Problem> {
        read(&self.request("POST", path, body).await?)
    }

    /// Bytes that are no JSON: an exported file.
    pub(crate) async fn bytes(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
        self.request(method, path, body).await
    }

    /// Hands in what a reader reads, of any length.
    pub(crate) async fn post_read<T: DeserializeOwned>(
        &self,
        path: &str,
        from: impl Read + Send + 'static,
    ) -> Result<T, Problem> {
        let answer = self.answer("POST", path, BodyWriter::of_reader(from)).await?;
        read(&whole(answer.into_body()).await?)
    }

    /// The same, and writes what comes back, of any length; gives a field beside it.
    pub(crate) async fn post_read_write(
        &self,
        path: &str,
        from: impl Read + Send + 'static,
        mut write: impl FnMut(&[u8]) -> Result<(), Problem>,
        field: &str,
    ) -> Result<String, Problem> {
        let answer = self.answer("POST", path, BodyWriter::of_reader(from)).await?;
        let field = answer.headers().get(field).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                Problem::told(exit::FAULT, "carry_stopped", "carry_stopped", &[("reason", &error.to_string())])
            })?;
            write(frame.data_ref().map_or(&[], |data| data))?;
        }
        Ok(field)
    }

    async fn request(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
        whole(self.answer(method, path, body.into()).await?.into_body()).await
    }

    /// The answer to a request, if it is none that says no.
    async fn answer(&self, method: &str, path: &str, body: api::Body) -> Result<Response<api::Body>, Problem> {
        // What is typed stands in it: a name, digits, a list of them.
        if path.len() > PATH_BYTES {
            let values = [("bytes", &*path.len().to_string()), ("most", &*PATH_BYTES.to_string())];
            return Err(Problem::told(exit::USAGE, "usage", "argument_long", &values));
        }
        let answer = match self {
            Self::Opened(node) => api::call(api::routes(Arc::clone(node)), method, path, body).await?,
            Self::Running(home) => over_socket(home, method, path, body).await.map_err(|why| unreachable(&why))?,
        };
        if answer.status().as_u16() < 400 {
            return Ok(answer);
        }
        let bytes = whole(answer.into_body()).await?;
        Err(serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            Problem::told(exit::USAGE, "usage", "request", &[("reason", &String::from_utf8_lossy(&bytes))])
        }))
    }
}

fn unreachable(why: &str) -> Problem {
    Problem::told(exit::UNREACHABLE, "node_unreachable", "node_unreachable", &[("reason", why)])
}

async fn over_socket(home: &Home, method: &str, path: &str, body: api::Body) -> Result<Response<api::Body>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let stream = UnixStream::connect(home.socket()).await.map_err(|error| text(&error))?;
    let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(|error| text(&error))?;
    tokio::spawn(connection);
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "isnad")
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| text(&error))?;
    let response = sender.send_request(request).await.map_err(|error| text(&error))?;
    Ok(response.map(api::Body::new))
}

/// All of a body.
async fn whole(mut body: api::Body) -> Result<Vec<u8>, Problem> {
    let length = body.size_hint().exact().unwrap_or(0).min(EXPECTED_BYTES);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreachable(&error.to_string()))?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
    }
    Ok(bytes)
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::told(exit::FAULT, "answer", "answer", &[("reason", &error.to_string())]))
}

/// A query string of the parts that are given.
pub(crate) fn query(parts: &[(&str, Option<String>)]) -> String {
    let given = parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_ref()?))));
    let joined = given.collect::<Vec<_>>().join("&");
    if joined.is_empty() { joined } else { format!("?{joined}") }
}

/// Percent-encoding of everything that is not unreserved. RFC 3986 §2.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&isnad_protocol::encoding::to_hex(&[byte]).to_uppercase());
        }
    }
    out
}
