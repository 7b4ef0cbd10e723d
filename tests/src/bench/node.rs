//! The real `isnad node` in a process of its own, and its local API.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use isnad_node::writing::{Change, Request};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use serde_json::Value;

use crate::binary;

/// A running node; stopped when dropped.
#[derive(Debug)]
pub(super) struct Node {
    child: Child,
    home: PathBuf,
    /// Where it listens.
    pub(super) addresses: Vec<String>,
}

impl Node {
    /// Starts a node, and waits until it says that it is ready.
    pub(super) fn start(home: &Path, peers: &[String]) -> Self {
        let mut node = Self::spawn(home, peers);
        let mut line = String::new();
        let out = node.child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("it says that it is ready");
        node.addresses =
            ready["listening"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        node
    }

    /// Starts a node without waiting.
    pub(super) fn spawn(home: &Path, peers: &[String]) -> Self {
        let mut arguments = vec!["--json", "node", "--listen", "/ip4/127.0.0.1/tcp/0"];
        arguments.extend(peers.iter().flat_map(|peer| ["--peer", peer]));
        let child = binary::command(home, &arguments).stdout(Stdio::piped()).spawn().expect("isnad starts");
        Self { child, home: home.to_owned(), addresses: Vec::new() }
    }

    pub(super) fn api(&self) -> Api {
        loop {
            if let Ok(stream) = UnixStream::connect(self.home.join("api.sock")) {
                return Api { stream: BufReader::new(stream) };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Has it end by itself.
    pub(super) fn stop(mut self) {
        let process = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &process]).status();
        assert!(sent.expect("sh runs").success(), "the signal was not sent");
        assert!(self.child.wait().expect("it ends").success(), "it ends well");
    }

    /// The most memory that it had at one time.
    pub(super) fn peak_bytes(&self) -> u64 {
        memory_bytes(self.child.id(), "VmHWM:").expect("the node runs")
    }

    /// The memory that it has now.
    pub(super) fn resident_bytes(&self) -> u64 {
        memory_bytes(self.child.id(), "VmRSS:").expect("the node runs")
    }

    /// Seconds that it computed so far.
    pub(super) fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the node runs");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A node that was killed starts again without further ado: that is tested elsewhere.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most resident memory of a process so far; `None` once it has ended.
pub(super) fn peak_bytes(process: u32) -> Option<u64> {
    memory_bytes(process, "VmHWM:")
}

/// A figure that the system tells of the memory of a process.
fn memory_bytes(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// One connection to a node's local API.
#[derive(Debug)]
pub(super) struct Api {
    stream: BufReader<UnixStream>,
}

impl Api {
    pub(super) fn get(&mut self, path: &str) -> Value {
        serde_json::from_slice(&self.get_bytes(path)).expect("an answer in JSON")
    }

    pub(super) fn get_bytes(&mut self, path: &str) -> Vec<u8> {
        self.request("GET", path, &[])
    }

    pub(super) fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let (status, body) = self.ask(method, path, body);
        assert!(status.contains(" 200 "), "{path}: {status}{}", String::from_utf8_lossy(&body));
        body
    }

    /// True if the node has something to answer.
    pub(super) fn has(&mut self, path: &str) -> bool {
        self.ask("GET", path, &[]).0.contains(" 200 ")
    }

    fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> (String, Vec<u8>) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: isnad\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        self.stream.get_mut().write_all(&request).expect("the node reads");
        let mut length = 0;
        let mut status = String::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("the node answers");
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a whole answer");
        (status, body)
    }
}

/// What writes one claim about an incident that nobody spoke of: its record, told apart by `mark` and `number`, and the request.
pub(super) fn note(mark: u8, number: usize) -> (RecordId, Vec<u8>) {
    let mut record = [mark; 16];
    record[0] = 1;
    record[8..].copy_from_slice(&(number as u64).to_be_bytes());
    let record = RecordId::new(record);
    let value = format!("A contribution of one claim, number {number}");
    let claim = Json::object([("lang", Json::text("en")), ("prop", Json::text("title")), ("value", Json::text(value))]);
    let changes = vec![Change { claims: vec![claim], ..Change::of(record) }];
    let request = Request { space: "members".into(), changes, only_new: false };
    (record, serde_json::to_vec(&request).expect("JSON"))
}
