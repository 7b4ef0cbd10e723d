//! `isnad demo`: three fictional organisations, each with a home and a real node on loopback, share real incidents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use isnad_node::home::Home;
use isnad_node::identity::{self, NewIdentity};
use isnad_node::keystore::{Cost, Passphrase, Unlocker};
use isnad_node::node::{Addresses, Node, Options};
use isnad_node::reading::{DayQuery, Reader};
use isnad_node::writing::{self, Change, Request};
use isnad_protocol::act::{Act, Name, OrganisationKind, founding};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::import::{self, Dataset};
use isnad_protocol::locale;
use isnad_protocol::log::{Log, LogKey};
use isnad_protocol::view::{Summary, View};
use serde::Serialize;
use zeroize::Zeroizing;

use super::show::Page;
use crate::args::DemoArgs;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{Style, hanging, width};
use crate::session::{DEMO_PASSPHRASE, Session};

/// Real, public incidents; see the file's own disclaimer.
const INCIDENTS: &[u8] = include_bytes!("../../data/incidents.json");

/// Light, for demo homes hold nothing secret and say so.
const COST: Cost = Cost { m_kib: 8 * 1_024, t: 1, p: 1 };

const INCIDENT: &str = "khan-al-assal-2013-03-19";
const FREEZE: &str = "fr-2018-05-18";

struct Fictional {
    folder: &'static str,
    kind: OrganisationKind,
    names: [(&'static str, &'static str); 3],
}

/// Plainly fictional: none of them exists.
const ORGANISATIONS: [Fictional; 3] = [
    Fictional {
        folder: "ministry",
        kind: OrganisationKind::State,
        names: [
            ("en", "Ministry of Foreign Affairs of Exampleland (fictional)"),
            ("fr", "Ministère des Affaires étrangères d'Exemplie (fictif)"),
            ("ar", "وزارة خارجية بلاد المثال (خيالية)"),
        ],
    },
    Fictional {
        folder: "ngo",
        kind: OrganisationKind::Ngo,
        names: [
            ("en", "Example Documentation Centre (fictional NGO)"),
            ("fr", "Centre d'archives Exemple (ONG fictive)"),
            ("ar", "مركز المثال للتوثيق (منظمة خيالية)"),
        ],
    },
    Fictional {
        folder: "body",
        kind: OrganisationKind::International,
        names: [
            ("en", "Example International Body (fictional)"),
            ("fr", "Organe international Exemple (fictif)"),
            ("ar", "هيئة المثال الدولية (خيالية)"),
        ],
    },
];

#[derive(Serialize)]
struct Shown {
    organisations: usize,
    records: usize,
    claims: usize,
    entries: u64,
    digest: BTreeMap<String, BTreeMap<String, String>>,
    agree: bool,
    seconds: f64,
    dir: String,
}

pub(crate) async fn run(session: &Session, args: DemoArgs) -> Outcome {
    let started = Instant::now();
    let tell = Teller { session, is_quiet: args.headless || session.printer.json };
    let dir = demo_dir(args.dir)?;
    if let Some(taken) = ORGANISATIONS.iter().map(|one| dir.join(one.folder)).find(|path| path.exists()) {
        let values = [("path", &*taken.display().to_string())];
        return Err(Problem::told(exit::USAGE, "usage", "demo_exists", &values));
    }
    tell.step("demo.found");
    let homes = found(&dir)?;
    tell.step("demo.connect");
    let nodes = connect(&homes).await?;
    tell.step("demo.contribute");
    let dataset = import::read(INCIDENTS, import::DATASET).map_err(|error| Problem::fault(error.to_string()))?;
    contribute(&nodes, &dataset).await?;
    tell.step("demo.sync");
    agree(&nodes).await?;
    let digest = digests(&nodes).await?;
    let agree = digest.values().all(|spaces| Some(spaces) == digest.values().next());
    let counted = count(Arc::clone(&nodes[2])).await?;
    let seconds = started.elapsed().as_secs_f64();
    let shown = Shown {
        organisations: nodes.len(),
        records: counted.0,
        claims: counted.1,
        entries: nodes[2].snapshot().status.entries,
        digest,
        agree,
        seconds,
        dir: dir.display().to_string(),
    };
    let pages = pages(session, Arc::clone(&nodes[2])).await?;
    for node in nodes {
        if let Some(node) = Arc::into_inner(node) {
            node.stop().await;
        }
    }
    session.printer.either(&shown, |shown| closing(session, shown, &pages));
    if !session.printer.json {
        // As they are: a shell takes no marks of direction.
        commands(&dir).iter().for_each(|command| session.printer.line(command));
    }
    if shown.agree { Ok(DONE) } else { Err(Problem::fault("the three digests differ")) }
}

/// Says what is being done, for a person who waits.
struct Teller<'a> {
    session: &'a Session,
    is_quiet: bool,
}

impl Teller<'_> {
    fn step(&self, key: &str) {
        if !self.is_quiet {
            self.session.printer.aside(format!("· {}", locale::word(self.session.language, key)));
        }
    }
}

fn demo_dir(asked: Option<PathBuf>) -> Result<PathBuf, Problem> {
    match asked {
        Some(dir) => {
            std::fs::create_dir_all(&dir).map_err(|error| Problem::file("make", &dir, &error))?;
            dir.canonicalize().map_err(|error| Problem::file("find", &dir, &error))
        }
        None => {
            let made = tempfile::Builder::new().prefix("isnad-demo-").tempdir();
            made.map(tempfile::TempDir::keep).map_err(|error| Problem::fault(error.to_string()))
        }
    }
}

fn passphrase() -> Result<Unlocker, Problem> {
    Ok(Unlocker::new(Passphrase::new(Zeroizing::new("this home is a demo and holds nothing secret".to_owned()))?))
}

fn found(dir: &Path) -> Result<Vec<Home>, Problem> {
    let mut homes = Vec::new();
    let mut acts: Vec<Act> = Vec::new();
    for fictional in &ORGANISATIONS {
        let names = fictional.names.iter().map(|(lang, text)| Name { lang: (*lang).into(), text: (*text).into() });
        let new = NewIdentity { kind: fictional.kind, names: names.collect(), label: "demo node" };
        let path = dir.join(fictional.folder);
        let made = identity::create(&path, new, &mut passphrase()?, COST).map_err(super::founding::of_identity)?;
        isnad_node::files::replace(&path.join(DEMO_PASSPHRASE), b"this home is a demo and holds nothing secret\n")?;
        homes.push(made.0);
        acts.push(made.1);
    }
    let members: Vec<OrganisationId> = acts.iter().filter_map(Act::organisation).collect();
    let charter = founding::charter("Demo consortium (fictional)", members, 2, Object::new(), Object::new());
    let mut charter = charter.map_err(|error| Problem::fault(error.to_string()))?;
    for home in &homes {
        charter = identity::sign(home, charter, &mut passphrase()?).map_err(super::founding::of_identity)?;
    }
    acts.push(charter);
    let governance = Governance::assemble(acts).map_err(|error| Problem::fault(error.to_string()))?;
    for home in &homes {
        isnad_node::node::join(home, &governance)?;
    }
    Ok(homes)
}

async fn connect(homes: &[Home]) -> Result<Vec<Arc<Node>>, Problem> {
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    let mut peers: Vec<String> = Vec::new();
    for (home, listen) in
        homes.iter().zip(["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"])
    {
        let network = Some(Addresses { listen: vec![listen.to_owned()], peers: peers.clone() });
        let options = Options { home: home.clone(), unlocker: Some(passphrase()?), network };
        let node = Node::start(options, &mut |_| {}).await?;
        peers.extend(node.listening(1).await);
        nodes.push(Arc::new(node));
    }
    Ok(nodes)
}

async fn contribute(nodes: &[Arc<Node>], dataset: &Dataset) -> Result<(), Problem> {
    for (index, node) in nodes.iter().enumerate() {
        let part = import::part(dataset, index);
        let changes = part.records.iter().map(|record| Change {
            claims: record.claims.iter().cloned().map(Json::Object).collect(),
            ..Change::of(record.record)
        });
        say(node, changes.collect()).await?;
    }
    let incident = import::record_id(import::DATASET, 1, INCIDENT);
    let note = |text: &str| claim([("lang", "en"), ("prop", "note"), ("value", text)]);
    let status = |code: &str| claim([("prop", "status"), ("value", code)]);
    let [ministry, ngo, body] = nodes else { return Err(Problem::fault("a demo has three nodes")) };
    let said = say(ngo, vec![Change { claims: vec![status("corroborated")], ..Change::of(incident) }]).await?;
    say(
        ministry,
        vec![Change {
            claims: vec![status("inconclusive"), note("Demonstration: a contrary position.")],
            ..Change::of(incident)
        }],
    )
    .await?;
    let endorsed = said.claims.first().map(ToString::to_string).unwrap_or_default();
    let own = ngo.own_organisation().map(|id| id.to_string()).unwrap_or_default();
    let opinion = |stance: &str, reason: Option<&str>| {
        let mut value =
            vec![("claim", Json::text(&endorsed)), ("organisation", Json::text(&own)), ("stance", Json::text(stance))];
        value.extend(reason.map(|reason| ("reason", Json::text(reason))));
        let value = Json::Object(value.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        Json::object([("prop", Json::text("opinion")), ("value", value)])
    };
    // An opinion is about a claim that is held: it has to have come to those who have one.
    wait(nodes, |held, all| {
        all.iter().all(|(key, log)| held.get(key).is_some_and(|held| held.checked.seq >= log.end.seq))
    })
    .await?;
    say(body, vec![Change { claims: vec![opinion("endorse", None)], ..Change::of(incident) }]).await?;
    say(ministry, vec![Change { claims: vec![opinion("dispute", Some("standard_not_met"))], ..Change::of(incident) }])
        .await?;
    narrative(ngo, incident).await
}

async fn narrative(ngo: &Arc<Node>, incident: RecordId) -> Result<(), Problem> {
    let first = "Demonstration text, written by two keys of one organisation.";
    say(ngo, vec![Change { begin: Some(first.into()), ..Change::of(incident) }]).await?;
    let node = Arc::clone(ngo);
    let view = blocking(move || Reader::new(&node).show(&incident.to_string(), &DayQuery::default())).await?;
    let Some(begun) = view.narratives.into_iter().next() else { return Ok(()) };
    let new = format!("{first} Every edit is a signed entry of its own.");
    let edit = writing::Edit { narrative: begun.id, heads: begun.heads, old: begun.text, new };
    say(ngo, vec![Change { edit: Some(edit), ..Change::of(incident) }]).await?;
    Ok(())
}

fn claim<const N: usize>(members: [(&str, &str); N]) -> Json {
    Json::object(members.map(|(key, value)| (key, Json::text(value))))
}

async fn say(node: &Arc<Node>, changes: Vec<Change>) -> Result<writing::Written, Problem> {
    writing::write(node, Request { space: "members".into(), changes, only_new: true }).await
}

/// Waits until every node holds every log whole and checked.
async fn agree(nodes: &[Arc<Node>]) -> Result<(), Problem> {
    wait(nodes, |held, all| held == all).await
}

/// Waits until what each node holds is enough, beside what all have said by now.
async fn wait(nodes: &[Arc<Node>], is_enough: fn(&Logs, &Logs) -> bool) -> Result<(), Problem> {
    let mut all = Logs::new();
    for node in nodes {
        let own = node.own_organisation();
        let logs = node.snapshot().logs;
        all.extend(logs.iter().filter(|(_, log)| Some(log.organisation) == own).map(|(key, log)| (*key, *log)));
    }
    for node in nodes {
        let (node, all) = (Arc::clone(node), all.clone());
        blocking(move || {
            node.wait_until(|snapshot| is_enough(&snapshot.logs, &all));
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// How far each log goes.
type Logs = BTreeMap<LogKey, Log>;

async fn digests(nodes: &[Arc<Node>]) -> Result<BTreeMap<String, BTreeMap<String, String>>, Problem> {
    let mut digests = BTreeMap::new();
    for (node, fictional) in nodes.iter().zip(&ORGANISATIONS) {
        let node = Arc::clone(node);
        let digest = blocking(move || Reader::new(&node).digest()).await?;
        let spaces = digest.spaces.into_iter().map(|space| (space.space, space.digest)).collect();
        digests.insert(fictional.folder.to_owned(), spaces);
    }
    Ok(digests)
}

/// Records and live claims.
async fn count(node: Arc<Node>) -> Result<(usize, usize), Problem> {
    blocking(move || {
        let reader = Reader::new(&node);
        let (mut records, mut claims) = (0, 0);
        for kind in 1..=11 {
            let query = isnad_node::reading::ListQuery { kind, ..Default::default() };
            let listed: Vec<Summary> =
                serde_json::from_slice(&reader.list(&query)?).map_err(|error| Problem::fault(error.to_string()))?;
            records += listed.len();
            claims += listed.iter().map(|summary| summary.live_claims).sum::<usize>();
        }
        Ok((records, claims))
    })
    .await
}

/// The incident side by side, and the freeze.
async fn pages(session: &Session, node: Arc<Node>) -> Result<(String, String), Problem> {
    let lang = Some(session.language.code().to_owned());
    let query = DayQuery { today: session.today, lang, ..DayQuery::default() };
    let freeze = import::record_id(import::DATASET, 5, FREEZE).to_string();
    let read = Arc::clone(&node);
    let (incident, freeze, who): (View, View, _) = blocking(move || {
        let reader = Reader::new(&read);
        Ok((reader.show(INCIDENT, &query)?, reader.show(&freeze, &query)?, reader.who()))
    })
    .await?;
    let page = Page { session, who: &who };
    let label = super::reading::label(&incident.labels, session.language).unwrap_or_default();
    let date = incident.properties.iter().find(|property| property.prop == "date");
    let date =
        date.and_then(|date| date.claims.first()?.value.clone()).and_then(|value| value.as_text().map(str::to_owned));
    let title = format!("{} {}", session.apart(&label), date.unwrap_or_default());
    let side_by_side =
        format!("{}\n{}", session.printer.styled(&title, Style::Strong), page.related(&incident.related));
    let state = freeze.computed.state.map(|state| {
        let word =
            locale::code(session.language, "designation_status", &super::reading::state_code(state.state)).to_owned();
        let until = state.until.map(|until| until.to_string()).unwrap_or_default();
        format!("{FREEZE}: {word} ({until})")
    });
    Ok((side_by_side, state.unwrap_or_default()))
}

fn closing(session: &Session, shown: &Shown, pages: &(String, String)) -> String {
    let mut lines = vec![String::new(), pages.0.clone(), String::new(), pages.1.clone(), String::new()];
    let language = session.language;
    lines.push(session.printer.styled(locale::word(language, "demo.digests"), Style::Strong));
    for (organisation, spaces) in &shown.digest {
        for (space, digest) in spaces {
            let line = format!("{organisation:<9} {space:<8} {}", digest.get(..32).unwrap_or(digest));
            lines.push(format!("  {}", session.apart(&line)));
        }
    }
    let counted =
        |key: &str, count: usize| locale::counted(language, key, u64::try_from(count).unwrap_or(u64::MAX), &[]);
    let numbers = [
        ("organisations", counted("organisations", shown.organisations)),
        ("records", counted("records", shown.records)),
        ("claims", counted("claims", shown.claims)),
        ("entries", locale::counted(language, "entries", shown.entries, &[])),
        ("seconds", format!("{:.1}", shown.seconds)),
    ];
    let numbers: Vec<(&str, &str)> = numbers.iter().map(|(name, number)| (*name, number.as_str())).collect();
    lines.push(hanging("", &locale::format(language, "format.demo_agree", &numbers), width()));
    lines.push(String::new());
    lines.push(hanging("", &locale::format(language, "format.demo_homes", &[("dir", &shown.dir)]), width()));
    lines.join("\n")
}

/// What to try on the homes that the demo made, to be pasted.
fn commands(dir: &Path) -> [String; 3] {
    let program = std::env::current_exe().unwrap_or_else(|_| "isnad".into());
    let (program, home) = (quoted(&program), |name: &str| quoted(&dir.join(name)));
    [
        format!("  {program} --home {} show {INCIDENT}", home("ngo")),
        format!("  {program} --home {} --lang ar list incident", home("ministry")),
        format!("  {program} --home {} audit", home("body")),
    ]
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    if is_plain { text } else { super::drafts::quoted(&text) }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::fault(error.to_string()))?
}
