//! The real `isnad` command, built once for each run of the tests, and run as a person would.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The passphrase of every test home.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The path of `isnad`, built in release from this checkout, without the feature `breakages`.
///
/// # Panics
/// If it does not build: nothing end to end can be tested then.
#[must_use]
pub fn isnad() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // What cargo tells a test of its own package: build scripts that read it would be run again, and all above them built
        // anew, here and at the next build outside of a test.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
                build.env_remove(name);
            }
        }
        let built = build
            .args(["build", "--release", "--locked", "--quiet", "-p", "isnad", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "isnad does not build");
        let messages = String::from_utf8_lossy(&built.stdout);
        let executable = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut executable = executable.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        executable.next_back().expect("cargo names the executable")
    })
}

/// A command line of `isnad` on a home, with a passphrase file if the home has one beside it (`HOME.passphrase`).
#[must_use]
pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(isnad());
    command.arg("--home").arg(home);
    let passphrase = passphrase_file(home);
    if passphrase.exists() {
        command.arg("--passphrase-file").arg(passphrase);
    }
    command.args(arguments).env_remove("ISNAD_HOME").env("LANG", "C").stdin(Stdio::null());
    command
}

/// Where [`command`] looks for the passphrase of a home.
#[must_use]
pub fn passphrase_file(home: &Path) -> PathBuf {
    let mut path = home.as_os_str().to_owned();
    path.push(".passphrase");
    path.into()
}

/// Runs `isnad` on a home and returns what it printed.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().expect("isnad starts")
}

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// What a finished process said.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Its output as JSON.
    ///
    /// # Panics
    /// If it did not end with 0, or did not say JSON.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"))
    }

    /// The last line of its standard error as the JSON of a problem, which has all its parts.
    ///
    /// # Panics
    /// If it ended with another code, or did not say so in all its parts, or printed anything else.
    pub fn problem(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        let last = self.err.lines().last().unwrap_or_default();
        let problem: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"));
        for part in ["code", "error", "why", "try"] {
            assert!(problem[part].is_string(), "{part} is missing: {self:?}");
        }
        assert_eq!(problem["exit"], code, "{self:?}");
        problem
    }
}

/// Runs `isnad` on a home and says how it went.
pub fn say(home: &Path, arguments: &[&str]) -> Said {
    Said::of(&run(home, arguments))
}

/// The same with `--json`, for what is to succeed.
pub fn json(home: &Path, arguments: &[&str]) -> Value {
    let said = say(home, &[&["--json"], arguments].concat());
    assert_eq!(said.code, 0, "isnad {arguments:?}: {said:?}");
    said.json()
}

/// The same for what is to fail with this exit code.
pub fn refused(home: &Path, arguments: &[&str], code: i32) -> Value {
    say(home, &[&["--json"], arguments].concat()).problem(code)
}

/// Runs `isnad` on a home with something on its standard input.
///
/// # Panics
/// If it cannot be started.
pub fn say_with_input(home: &Path, arguments: &[&str], input: &[u8]) -> Said {
    let mut command = command(home, arguments);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("isnad starts");
    let mut pipe = child.stdin.take().expect("its input is piped");
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    let output = child.wait_with_output().expect("isnad ends");
    drop(writer.join());
    Said::of(&output)
}

/// Homes of a consortium that was founded through the command, as its members would.
#[derive(Debug)]
pub struct Consortium {
    /// Where the homes and the files of the founding are.
    pub dir: TempDir,
    /// Each member's home.
    pub homes: Vec<PathBuf>,
}

impl Consortium {
    /// Founds one of so many organisations: init, export, draft, sign, assemble, join.
    ///
    /// # Panics
    /// If any step fails.
    #[must_use]
    pub fn found(count: usize) -> Self {
        Self::found_in(TempDir::new().expect("a place for homes"), count)
    }

    /// The same in a place of its own.
    ///
    /// # Panics
    /// If any step fails.
    #[must_use]
    pub fn found_in(dir: TempDir, count: usize) -> Self {
        let file = |name: String| dir.path().join(name).display().to_string();
        let homes: Vec<PathBuf> = (0..count).map(|index| dir.path().join(format!("home{index}"))).collect();
        let mut draft: Vec<String> = ["found", "draft", "--name", "Test consortium"].map(str::to_owned).to_vec();
        for (index, home) in homes.iter().enumerate() {
            write_passphrase(home, PASSPHRASE);
            let name = format!("Organisation {index}");
            let _ = json(home, &["init", "--name", &name, "--kind", "ngo"]);
            let act = file(format!("{index}.act"));
            let _ = json(home, &["organisation", "export", "-o", &act]);
            draft.extend(["--member".to_owned(), act]);
        }
        draft.extend(["-o".to_owned(), file("draft".into())]);
        let draft: Vec<&str> = draft.iter().map(String::as_str).collect();
        let _ = json(&homes[0], &draft);
        let mut assemble = vec!["found".to_owned(), "assemble".to_owned()];
        for (index, home) in homes.iter().enumerate() {
            let signed = file(format!("{index}.signed"));
            let _ = json(home, &["found", "sign", &file("draft".into()), "-o", &signed]);
            assemble.push(signed);
        }
        assemble.extend(["-o".to_owned(), file("consortium".into())]);
        let assemble: Vec<&str> = assemble.iter().map(String::as_str).collect();
        let _ = json(&homes[0], &assemble);
        for home in &homes {
            let _ = json(home, &["join", &file("consortium".into())]);
            // So that what a test counts does not depend on how long it takes: one about attestations says otherwise.
            let config = home.join("isnad.toml");
            let chosen = std::fs::read_to_string(&config).expect("a home has a configuration");
            std::fs::write(&config, format!("attest_after = 86400\n{chosen}")).expect("a file is written");
        }
        Self { dir, homes }
    }

    /// A file beside the homes.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Writes a file beside the homes.
    ///
    /// # Panics
    /// If the disk fails.
    #[must_use]
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.dir.path().join(name), bytes).expect("a file is written");
        self.path(name)
    }
}

/// Puts a passphrase where [`command`] looks for it.
///
/// # Panics
/// If the disk fails.
pub fn write_passphrase(home: &Path, text: &str) {
    let path = passphrase_file(home);
    std::fs::write(&path, text).expect("a passphrase file is written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("it is closed to others");
}

/// A process that is killed when it goes out of scope, whatever became of its test.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts a command.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn spawn(command: &mut Command) -> Self {
        Self { child: command.spawn().expect("the command starts") }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Sends a signal by its name, and returns the exit code; -1 if it did not end of itself.
    ///
    /// # Panics
    /// If the process is not ours any more.
    #[must_use]
    pub fn stop(mut self, signal: &str) -> i32 {
        let sent = Command::new("sh").args(["-c", "kill -\"$0\" \"$1\"", signal, &self.pid().to_string()]).status();
        assert!(sent.expect("sh runs").success(), "the signal was not sent");
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `isnad node` on a home, ready.
#[derive(Debug)]
pub struct RunningNode {
    process: Running,
    home: PathBuf,
    /// The addresses it listens on.
    pub listening: Vec<String>,
}

/// An address of loopback with a free port, over TCP.
pub const TCP: &str = "/ip4/127.0.0.1/tcp/0";
/// The same over QUIC.
pub const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

impl RunningNode {
    /// Starts a node and waits for its word that it is ready.
    ///
    /// # Panics
    /// If it ends before.
    #[must_use]
    pub fn start(home: &Path, listen: &str, peers: &[String]) -> Self {
        Self::start_as(command(home, &["--json", "node", "--listen", listen]), home, peers)
    }

    /// The same with a command line that a test made itself.
    ///
    /// # Panics
    /// If it ends before.
    #[must_use]
    pub fn start_as(mut command: Command, home: &Path, peers: &[String]) -> Self {
        for peer in peers {
            command.args(["--peer", peer]);
        }
        let mut process = Running::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut line = String::new();
        let out = process.child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("the node says something");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the node is not ready: {line:?}"));
        assert_eq!(ready["ready"], true, "{line}");
        let listening = ready["listening"].as_array().expect("a list of addresses");
        let listening = listening.iter().filter_map(|address| address.as_str().map(str::to_owned)).collect();
        Self { process, home: home.to_owned(), listening }
    }

    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Asks its local API: the status and the body.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn get(&self, path: &str) -> std::io::Result<(u16, Value)> {
        get(&self.home, path)
    }

    /// Waits until `find` finds something in what the API says at `path`: it asks again whenever the data has changed.
    ///
    /// # Panics
    /// If it does not come within a minute.
    pub fn wait_for<T>(&self, path: &str, mut find: impl FnMut(u16, &Value) -> Option<T>) -> T {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let (_, seen) = self.get("/changes").expect("the node answers");
            let (status, said) = self.get(path).expect("the node answers");
            if let Some(found) = find(status, &said) {
                return found;
            }
            assert!(Instant::now() < until, "waited too long for {path}: {said}");
            let change = seen["change"].as_u64().expect("a count");
            drop(self.get(&format!("/changes?after={change}")).expect("the node answers"));
        }
    }

    /// Waits until it holds so many entries.
    pub fn wait_for_entries(&self, count: u64) {
        self.wait_for("/status", |_, status| (status["entries"].as_u64()? >= count).then_some(()));
    }

    /// Waits until the node of another home and this one hold the same.
    ///
    /// # Panics
    /// If it does not come within a minute.
    pub fn agrees_with(&self, other: &Path) {
        let theirs = || get(other, "/digest").expect("the other node answers").1["spaces"].clone();
        self.wait_for("/digest", |_, said| (said["spaces"] == theirs()).then_some(()));
    }

    /// `kill -9`.
    pub fn kill(self) {
        self.process.kill();
    }

    /// Sends a signal by its name, and returns the exit code.
    #[must_use]
    pub fn stop(self, signal: &str) -> i32 {
        self.process.stop(signal)
    }
}

/// Asks the API of the node that runs on a home: the status and the body.
///
/// # Errors
/// Those of the socket.
pub fn get(home: &Path, path: &str) -> std::io::Result<(u16, Value)> {
    ask(home, "GET", path, "")
}

/// Asks the API of the node that runs on a home, with a body of JSON: the status and the answer.
///
/// # Errors
/// Those of the socket; also if the node went away in the middle.
pub fn ask(home: &Path, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
    let mut stream = UnixStream::connect(home.join("api.sock"))?;
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: isnad\r\nconnection: close\r\n");
    write!(stream, "{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// Every file below a directory with its bytes: what a test compares to see that nothing was changed.
///
/// # Panics
/// If the disk fails.
#[must_use]
pub fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.is_file() {
                found.insert(path.clone(), std::fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// Copies a directory with all below it, permissions kept.
///
/// # Panics
/// If the disk fails.
pub fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp runs");
    assert!(copied.success(), "a home is copied");
}
