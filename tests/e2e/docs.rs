//! Every command that README and guides tell people to type is run as written, in a shell, in order.
//!
//! A block of ```sh is run; a block of ```text right behind it is what a person should see of it: each of its lines, in
//! order, `…` standing for anything. What cannot be run here stands in blocks of another kind, or in [`NOT_RUN`].
//! Commands that end in `&` are nodes: the next command waits until they say that they are ready, as a person does.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use isnad_tests::binary;

/// Lines that are not run as they stand, and why. What is given instead is run, if anything is.
const NOT_RUN: [(&str, Option<&str>, &str); 4] = [
    ("cargo run --release -- demo", Some("isnad demo"), "the binary is built already"),
    ("cargo test --release --workspace", None, "is what runs this test"),
    ("cargo build --release", None, "the binary is built already"),
    ("export PATH=\"$PWD/target/release:$PATH\"", None, "the test sets its own"),
];

/// Ports that the documents name; each is replaced by one that is free.
const PORTS: [&str; 3] = ["4747", "4748", "4749"];

/// Bounds a failure alone: a node that never gets ready, replicas that never agree.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the shell knows before the first command.
const PRELUDE: &str = r#"
fail() { echo "@@ $*"; exit 99; }
# Waits until the node that was just started says that it is ready, and shows what it says until then.
ready() {
  local line=""
  while read -r -t 300 -u "$1" line; do echo "$line"; [[ $line == ready* || $line == prêt* || $line == *جاهزة* ]] && return; done
  fail "a node did not get ready"
}
# What a home holds: the digests, and of its acts where they stand and how many have signed; each lists its own first.
held() {
  isnad --home "$1" digest --json
  isnad --home "$1" act list --all --json | grep -o '"id":"[^"]*"\|"state":"[^"]*"\|"have":[0-9]*' | sort
}
# Waits until homes hold the same, and know it: a person takes longer to type than the nodes to sync, and than others to
# acknowledge an act.
agree() {
  local home first status until=$((SECONDS + 300))
  for home in "$@"; do
    until first="$(held "$1")" && [[ "$(held "$home")" == "$first" && $first != *waits_for_acknowledgements* ]] &&
      status="$(isnad --home "$home" status --json)" && [[ $status == *'"is_live":true'* && $status != *'"is_live":false'* ]]; do
      ((SECONDS < until)) || fail "$1 and $home do not come to hold the same"
    done
  done
}
# Waits until homes whose nodes were just started are all connected with each other.
meet() {
  local home until=$((SECONDS + 300))
  for home in "$@"; do
    until [[ "$(isnad --home "$home" status --json | grep -o '"is_live":true' | wc -l)" -eq $(($# - 1)) ]]; do
      ((SECONDS < until)) || fail "$home does not meet all others"
    done
  done
}
stop() { local pids; pids="$(jobs -p)"; [[ -z $pids ]] || { kill $pids; wait; }; } 2> /dev/null
trap stop EXIT
"#;

/// One block of commands and what is said to come of it.
#[derive(Default)]
struct Block {
    line: usize,
    commands: String,
    expected: Option<String>,
}

/// The blocks of a document, in order.
fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    // True while nothing but empty lines has followed a block of commands.
    let mut is_behind_one = false;
    while let Some((index, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            is_behind_one &= line.is_empty();
            continue;
        };
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let body = body.join("\n");
        match kind {
            "sh" => found.push(Block { line: index + 1, commands: body, expected: None }),
            "text" if is_behind_one => found.last_mut().unwrap().expected = Some(body),
            _ => {}
        }
        is_behind_one = kind == "sh";
    }
    found
}

/// The home that a command works on.
fn home_of(command: &str) -> String {
    let mut words = command.split_whitespace();
    let named = words.find(|word| *word == "--home").and_then(|_| words.next());
    named.map_or_else(|| "\"$ISNAD_HOME\"".to_owned(), str::to_owned)
}

/// The script of a document, and how many commands of isnad it runs.
fn script(blocks: &[Block]) -> (String, usize) {
    let mut script = PRELUDE.to_owned();
    let mut nodes: Vec<Option<String>> = Vec::new();
    let mut count = 0;
    for (number, block) in blocks.iter().enumerate() {
        let _ = writeln!(script, "echo '@@block {number}'");
        let before = nodes.len();
        // The commands of one block may follow each other at once, as when they are pasted.
        for line in block.commands.lines() {
            let instead = NOT_RUN.iter().find(|(written, ..)| *written == line);
            let line = instead.map_or(Some(line), |(_, instead, _)| *instead).unwrap_or(":");
            count += usize::from(line.starts_with("isnad "));
            match line.strip_suffix(" &") {
                Some(node) => {
                    assert!(node.contains(" node"), "line {}: only nodes run in the background", block.line);
                    let pipe = format!("\"$PIPES/{}.{number}\"", nodes.len());
                    let _ = writeln!(script, "mkfifo {pipe}\n{node} > {pipe} &\nexec {{fd}}< {pipe}\nready $fd");
                    nodes.push(Some(home_of(node)));
                }
                None => {
                    let _ = writeln!(script, "{}", stopping(line, &mut nodes).unwrap_or_else(|| line.to_owned()));
                }
            }
        }
        let running: Vec<&str> = nodes.iter().flatten().map(String::as_str).collect();
        if running.len() > 1 {
            if running.len() == nodes.len() - before {
                let _ = writeln!(script, "meet {}", running.join(" "));
            }
            let _ = writeln!(script, "agree {}", running.join(" "));
        }
    }
    (script, count)
}

/// `kill %1 %3` or `kill $(jobs -p)`: the next command finds the nodes stopped, as it does when a person types it.
fn stopping(line: &str, nodes: &mut [Option<String>]) -> Option<String> {
    let jobs = line.strip_prefix("kill ")?;
    for (index, node) in nodes.iter_mut().enumerate() {
        let is_meant = jobs.starts_with('$') || jobs.split(' ').any(|job| job == format!("%{}", index + 1));
        if is_meant {
            *node = None;
        }
    }
    let named = if jobs.starts_with('$') { "" } else { jobs };
    Some(format!("stopped=\"$(jobs -p {named})\"\n{line}\nwait $stopped"))
}

/// A number for each port of the documents that nobody listens on.
fn with_free_ports(mut script: String) -> String {
    let sockets: Vec<(TcpListener, UdpSocket)> = PORTS.iter().map(|_| free_port()).collect();
    for (port, (tcp, _)) in PORTS.iter().zip(&sockets) {
        let free = tcp.local_addr().unwrap().port();
        for transport in ["tcp", "udp"] {
            script = script.replace(&format!("/{transport}/{port}"), &format!("/{transport}/{free}"));
        }
    }
    script
}

/// A port that is free for both transports.
fn free_port() -> (TcpListener, UdpSocket) {
    loop {
        let tcp = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        if let Ok(udp) = UdpSocket::bind(("127.0.0.1", tcp.local_addr().unwrap().port())) {
            return (tcp, udp);
        }
    }
}

/// True if `line` is what `pattern` says, spaces aside.
fn is_like(pattern: &str, line: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (pattern, line) = (squeeze(pattern), squeeze(&line.replace(['\u{2066}', '\u{2068}', '\u{2069}'], "")));
    let parts: Vec<&str> = pattern.split('…').collect();
    let Some(mut rest) = line.strip_prefix(parts[0]) else { return false };
    for (index, part) in parts.iter().enumerate().skip(1) {
        let is_last = index + 1 == parts.len();
        let found = if is_last { rest.ends_with(part).then(|| rest.len() - part.len()) } else { rest.find(part) };
        match found {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    parts.len() > 1 || rest.is_empty()
}

/// Fails unless the lines that are said to come do come, in order; others may stand between.
fn compare(name: &str, block: &Block, printed: &str) {
    let Some(expected) = &block.expected else { return };
    let mut lines = printed.lines();
    for pattern in expected.lines().filter(|line| !line.trim().is_empty()) {
        let is_there = lines.any(|line| is_like(pattern, line));
        assert!(is_there, "{name}:{}: this does not come: {pattern}\nwhat comes:\n{printed}", block.line);
    }
}

/// Runs a document and returns how many commands of isnad it holds.
fn run(name: &str, text: &str) -> usize {
    let blocks = blocks(text);
    let dir = tempfile::tempdir().unwrap();
    let (script, count) = script(&blocks);
    let (here, pipes, bin) = (dir.path().join("here"), dir.path().join("pipes"), dir.path().join("bin"));
    for folder in [&here, &pipes, &bin] {
        fs::create_dir(folder).unwrap();
    }
    std::os::unix::fs::symlink(binary::isnad(), bin.join("isnad")).unwrap();
    fs::write(dir.path().join("script"), with_free_ports(script)).unwrap();
    let printed = shell(dir.path(), &here, &pipes, &bin);
    let mut parts = printed.1.split("@@block ");
    let before = parts.next().unwrap();
    let parts: Vec<&str> = parts.map(|part| part.split_once('\n').unwrap_or((part, "")).1).collect();
    assert!(before.is_empty(), "{name}: {before}");
    let last = blocks.get(parts.len().saturating_sub(1)).map_or(0, |block| block.line);
    let part = parts.last().copied().unwrap_or_default();
    assert!(printed.0, "{name}: the block at line {last} fails:\n{part}");
    assert_eq!(parts.len(), blocks.len(), "{name}: the shell left after the block at line {last}");
    for (block, printed) in blocks.iter().zip(parts) {
        compare(name, block, printed);
    }
    count
}

/// Runs the script, both outputs in one file as on a terminal, and returns whether it ended well and what it printed.
fn shell(dir: &Path, here: &Path, pipes: &Path, bin: &Path) -> (bool, String) {
    let output = dir.join("output");
    let file = File::create(&output).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut child = Command::new("bash")
        .arg("-eu")
        .arg(dir.join("script"))
        .current_dir(here)
        .env("PATH", path)
        .env("PIPES", pipes)
        .env("HOME", here)
        .env("ISNAD_HOME", here.join("isnad-home"))
        .env("TMPDIR", pipes)
        .env("COLUMNS", "80")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("XDG_DATA_HOME")
        .env_remove("ISNAD_LANG")
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    let (end, ended) = mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let status = child.wait().unwrap();
        let _ = end.send(());
        status
    });
    if ended.recv_timeout(PATIENCE).is_err() {
        // The shell's trap stops its nodes.
        let _ = Command::new("kill").arg(&pid).status();
    }
    let status = waiter.join().unwrap();
    (status.success(), fs::read_to_string(output).unwrap_or_default())
}

fn document(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn every_command_of_the_readme_works_as_written() {
    let count = run("README.md", &document("README.md"));
    assert!(count >= 20, "{count} commands were found: has the README lost its tutorial?");
}

#[test]
fn every_command_of_the_administrators_guide_works_as_written() {
    let name = "docs/guides/administrator.md";
    let count = run(name, &document(name));
    assert!(count >= 40, "{count} commands were found: has the guide lost its commands?");
}

fn every_command_works(name: &str, least: usize) {
    let count = run(name, &document(name));
    assert!(count >= least, "{count} commands were found: has {name} lost its commands?");
}

#[test]
fn every_command_of_the_documenters_guide_works_as_written() {
    every_command_works("docs/guides/documenter.md", 20);
}

#[test]
fn every_command_of_the_documenters_guide_in_arabic_works_as_written() {
    every_command_works("docs/guides/documenter.ar.md", 18);
}

#[test]
fn every_command_of_the_documenters_guide_in_french_works_as_written() {
    every_command_works("docs/guides/documenter.fr.md", 18);
}

#[test]
fn every_command_of_the_desk_officers_guide_works_as_written() {
    every_command_works("docs/guides/desk-officer.md", 10);
}

#[test]
fn every_command_of_the_analysts_guide_works_as_written() {
    every_command_works("docs/guides/analyst.md", 15);
}

#[test]
fn no_guide_is_forgotten() {
    let guides = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides")).unwrap();
    let mut names: Vec<String> = guides.map(|guide| guide.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let tested =
        ["administrator.md", "analyst.md", "desk-officer.md", "documenter.ar.md", "documenter.fr.md", "documenter.md"];
    assert_eq!(names, tested, "a guide needs a test here that runs its commands");
}

#[test]
fn blocks_are_read_in_order_with_what_follows_them() {
    let text = "a\n```sh\none\ntwo\n```\n\n```text\nseen …\n```\n```ini\nx\n```\n```text\nnot a result\n```\n";
    let found = blocks(text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].commands.as_str()), (2, "one\ntwo"));
    assert_eq!(found[0].expected.as_deref(), Some("seen …"));
}

#[test]
fn an_ellipsis_stands_for_anything() {
    for (pattern, line, expected) in [
        ("ready", "ready", true),
        ("ready", "ready now", false),
        ("ready…", "ready now", true),
        ("a … c", "a  b   c", true),
        ("a … c", "a b c d", false),
        ("…b…d", "abcd", true),
        ("خان", "\u{2068}خان\u{2069}", true),
    ] {
        assert_eq!(is_like(pattern, line), expected, "{pattern} / {line}");
    }
}
