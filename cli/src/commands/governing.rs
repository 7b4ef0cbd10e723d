//! What every command that makes an act does: shows it, asks, has the root keys sign it, hands it in.

use std::path::{Path, PathBuf};

use isnad_node::governing::memory::{Place, SignedActs};
use isnad_node::governing::signatures::Roster;
use isnad_node::governing::signing::{self, Seen, Unsigned};
use isnad_node::governing::{Described, Drafted, EntryLine, Falls, Proposal, Request, Said, Stopped};
use isnad_node::identity;
use isnad_node::keystore::{Keystore, Unlocker};
use isnad_node::reading::{Outside, Who};
use isnad_protocol::act::Act;
use isnad_protocol::act::difference::Change;
use isnad_protocol::encoding::from_hex;
use isnad_protocol::governance::{Governance, parse_acts};
use isnad_protocol::id::{ActId, OrganisationId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale;
use isnad_protocol::view::Reference;
use serde::Serialize;

use super::acts::{self, text};
use super::preview::{agreed, in_a_line, is_shown};
use super::reading::{label, property_word};
use crate::args::RootArgs;
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{columns, fit, hanging, inert, squeezed, width};
use crate::session::Session;

/// Columns of a value that is told beside others.
const SAID_COLUMNS: usize = 96;

/// Where root keys are: in the home, or on a medium of their own.
#[derive(Debug)]
pub(super) struct Roots {
    pub(super) dir: PathBuf,
}

impl Roots {
    /// Those of this home, or of the folder that was named.
    pub(super) fn of(session: &Session, keys: Option<PathBuf>) -> Result<Self, Problem> {
        let dir = match keys {
            Some(dir) => {
                // Named by a person: that it is not there is no failure of the disk.
                std::fs::read_dir(&dir).map_err(|error| Problem::file("read", &dir, &error))?;
                dir
            }
            None => session.home()?.keys(),
        };
        Ok(Self { dir })
    }

    /// The folder that they are in.
    pub(super) fn folder(&self) -> &Path {
        &self.dir
    }

    /// On whose behalf the keys here sign an act.
    pub(super) fn organisation(
        &self,
        governance: &Governance,
        act: &Act,
        own: Option<OrganisationId>,
    ) -> Result<OrganisationId, Problem> {
        if let Some(own) = own {
            return Ok(own);
        }
        let roster = Roster::of(governance);
        let keys: Vec<PublicKey> =
            Keystore::open(&self.dir)?.list()?.iter().map(|info| PublicKey::new(info.public)).collect();
        let whose = roster.signed(act).into_iter().map(|line| line.organisation);
        let whose = whose.filter(|organisation| keys.iter().any(|key| roster.may_sign(act, organisation, key)));
        let whose: Vec<OrganisationId> = whose.collect();
        match &whose[..] {
            [] => Err(self.none()),
            [one] => Ok(*one),
            // Nobody proves that a root is his own: who lists that of another must not get his word.
            several => {
                let list: Vec<String> = several.iter().map(ToString::to_string).collect();
                let values = [("organisations", &*list.join(", "))];
                Err(Problem::told(exit::USAGE, "usage", "governing.whose_root", &values))
            }
        }
    }

    fn none(&self) -> Problem {
        let dir = self.dir.display().to_string();
        Problem::told(exit::REFUSED, "no_root_key", "governing.no_root_key", &[("dir", &dir)])
    }

    /// Signs an act, once nothing stands against it.
    pub(super) fn sign(
        &self,
        session: &Session,
        act: Act,
        organisation: OrganisationId,
        governance: &Governance,
        seen: &Seen,
    ) -> Result<Act, Problem> {
        self.sign_with(act, organisation, governance, seen, &mut session.unlocker()?)
    }

    /// The same with a passphrase that was read before.
    pub(super) fn sign_with(
        &self,
        act: Act,
        organisation: OrganisationId,
        governance: &Governance,
        seen: &Seen,
        unlocker: &mut Unlocker,
    ) -> Result<Act, Problem> {
        signing::sign(&self.dir, act, organisation, governance, seen, unlocker).map_err(|error| self.unsigned(error))
    }

    fn unsigned(&self, error: Unsigned) -> Problem {
        let told = |key: &str, other: &ActId| {
            Problem::told(exit::REFUSED, key, &format!("governing.{key}"), &[("act", &other.to_short())])
        };
        match error {
            Unsigned::Fault(fault) => fault.into(),
            Unsigned::NoKey { .. } => self.none(),
            Unsigned::Rival { other, is_final: false } => told("rival", &other),
            Unsigned::Rival { other, is_final: true } => told("rival_own", &other),
            Unsigned::Acknowledged { other } => told("rival_acknowledged", &other),
            Unsigned::MayBeAcknowledged { other } => told("rival_by_file", &other),
            Unsigned::NoHalt => told("no_halt_seen", &ActId::ZERO),
            Unsigned::Named => told("named_double", &ActId::ZERO),
            other => Problem::fault(other.to_string()),
        }
    }

    /// The drafts that were signed in the place of an act before it, here and by others: who signed any of them can sign the act
    /// if it names them all.
    fn earlier(&self, act: &Act, own: OrganisationId, governance: &Governance) -> Result<Vec<ActId>, Problem> {
        let Some(place) = Place::of(act, |id| governance.act(id)) else { return Ok(Vec::new()) };
        let memory = SignedActs::load(&self.dir)?;
        let mut drafts = signing::earlier(&memory, act, place, own, governance);
        drafts.extend(signing::unfinished(act, governance));
        // The very same was made before: this one is to be another, instead of that too.
        drafts.extend(governance.act(&act.id()).map(Act::id));
        Ok(drafts.into_iter().collect())
    }
}

/// An act from what the API says.
pub(super) fn decoded(bytes: &str) -> Result<Act, Problem> {
    let pairs = (0..bytes.len()).step_by(2).map(|at| from_hex::<1>(bytes.get(at..at.saturating_add(2))?));
    let bytes: Option<Vec<u8>> = pairs.map(|byte| byte.map(|[byte]| byte)).collect();
    let bytes = bytes.ok_or_else(|| Problem::fault("the node answered with no act"))?;
    Act::decode(&bytes).map_err(|error| Problem::fault(error.to_string()))
}

/// The acts that a home holds, put together again.
pub(super) async fn held(client: &Client, who: &Who) -> Result<Governance, Problem> {
    let bytes = client.bytes("GET", "/export/acts", Vec::new()).await?;
    let acts = parse_acts(&bytes).map_err(|error| Problem::fault(error.to_string()))?;
    Ok(Governance::new(who.consortium).replay(acts))
}

/// The member organisation whose home this is: it alone makes acts.
pub(super) async fn own(client: &Client, who: &Who) -> Result<OrganisationId, Problem> {
    if let Some(own) = who.own {
        return Ok(own);
    }
    let out: Option<Outside> = client.get("/governing/outside").await?;
    Err(match out {
        Some(out) => {
            let (code, key) = match out.is_suspended {
                true => ("suspended", "governing.suspended"),
                false => ("taken_out", "governing.removed"),
            };
            Problem::told(exit::REFUSED, code, key, &[("act", &out.by.id.to_short())])
        }
        None => Problem::told(exit::REFUSED, "reads_only", "governing.reads_only", &[]),
    })
}

/// Hands an act in at the door.
pub(super) async fn hand_in(client: &Client, act: &Act) -> Result<(), Problem> {
    client.post_bytes::<()>("/acts", act.encode()).await
}

/// An act that is to be signed, with what would not count any more and what falls with it: as a program reads it.
#[derive(Debug, Serialize)]
pub(super) struct Asked<'a> {
    #[serde(flatten)]
    pub(super) act: &'a Described,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) stops: &'a [Stopped],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) falls: Option<&'a Falls>,
}

/// Shows what is to be signed and asks, where a person sits there; false if it is to be shown alone.
/// `is_draft` is true of one that is drawn up anew each time.
pub(super) fn shown(
    session: &Session,
    asked: &Asked<'_>,
    is_draft: bool,
    text: impl FnOnce(&Described) -> String,
) -> Result<bool, Problem> {
    let act = asked.act;
    if !is_shown(session) {
        // Nobody is asked, and yet who reads the log of it afterwards is to see what was signed, and on which words.
        if !session.printer.json {
            session.printer.aside(text(act));
        }
        return Ok(true);
    }
    if session.preview {
        session.printer.either(asked, |_| {
            let id = (is_draft && drawn(act)).then(|| hanging("", session.word("acts.preview_id"), width()));
            let nothing = session.word("preview.nothing_signed").to_owned();
            let end = [Some(nothing), id].into_iter().flatten().collect::<Vec<_>>();
            format!("{}\n\n{}", text(act), end.join("\n"))
        });
        return Ok(false);
    }
    session.printer.text(&text(act));
    agreed(session)?;
    Ok(true)
}

/// True if an act is another each time it is drafted: positions are hidden by random numbers, and a rotation makes keys.
fn drawn(act: &Described) -> bool {
    act.changes.iter().any(|change| {
        matches!(change, Change::Revoked { .. } | Change::Removed { .. } | Change::Roots { .. }) && act.version > 1
    })
}

/// Says where an act stands that was handed in.
pub(super) async fn tell_done(session: &Session, client: &Client, act: &Act) -> Outcome {
    let found: Drafted = client.get(&format!("/governing/acts/{}", act.id())).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&found.act, |act| text(session, &who, act, false));
    Ok(DONE)
}

/// Has an act made, shown, signed and handed in, with first acts that are not held yet and a passphrase that was read
/// before; `None` if it was shown, or written to a file, alone.
pub(super) async fn propose_with(
    session: &Session,
    client: &Client,
    root: RootArgs,
    proposal: Proposal,
    first_acts: &[Act],
    unlocker: Option<&mut Unlocker>,
) -> Result<Option<Act>, Problem> {
    let who: Who = client.get("/who").await?;
    let own = own(client, &who).await?;
    super::grave::warn_if_outside(session, client).await?;
    let mut request = Request { proposal, instead: Vec::new() };
    let mut drafted: Drafted = client.post("/governing/draft", &request).await?;
    let governance = held(client, &who).await?;
    let roots = Roots::of(session, root.keys.clone())?;
    if root.instead {
        // Where the root keys are elsewhere, what is held here says what was signed.
        request.instead = roots.earlier(&decoded(&drafted.bytes)?, own, &governance)?;
        // Without a word of it whoever signed one elsewhere would be refused there, and sent back here.
        if request.instead.is_empty() {
            return Err(Problem::told(exit::NO, "nothing_instead", "governing.nothing_instead", &[]));
        }
        drafted = client.post("/governing/draft", &request).await?;
    }
    drafted.act.names.extend(first_acts.iter().filter_map(acts::names_of));
    let falls = drafted.falls.as_ref();
    let told = |act: &Described| with_stops(session, &who, text(session, &who, act, true), falls, &drafted.stops);
    let act = decoded(&drafted.bytes)?;
    if let Some(output) = &root.output {
        acts::write_draft(&act, &governance, first_acts, output)?;
        let file = output.display().to_string();
        session.printer.either(&drafted.act, |act| {
            let wrote = locale::format(session.language, "acts.exported", &[("file", &file)]);
            format!("{}\n{}", told(act), hanging("", &wrote, width()))
        });
        return Ok(None);
    }
    let asked = Asked { act: &drafted.act, stops: &drafted.stops, falls };
    if !shown(session, &asked, true, told)? {
        return Ok(None);
    }
    let signed = match unlocker {
        Some(unlocker) => roots.sign_with(act, own, &governance, &drafted.seen, unlocker)?,
        None => roots.sign(session, act, own, &governance, &drafted.seen)?,
    };
    hand_in(client, &signed).await?;
    for act in first_acts {
        hand_in(client, act).await?;
    }
    Ok(Some(signed))
}

/// The whole of a command that makes one act.
pub(super) async fn make(session: &Session, root: RootArgs, proposal: Proposal) -> Outcome {
    let client = Client::to_read(session).await?;
    make_through(session, &client, root, proposal, &[]).await
}

/// The same through a node that was asked before, with first acts that are not held yet.
pub(super) async fn make_through(
    session: &Session,
    client: &Client,
    root: RootArgs,
    proposal: Proposal,
    first_acts: &[Act],
) -> Outcome {
    match propose_with(session, client, root, proposal, first_acts, None).await? {
        Some(act) => tell_done(session, client, &act).await,
        None => Ok(DONE),
    }
}

/// An act as it is shown before it is signed, with what would not count any more.
pub(super) fn with_stops(
    session: &Session,
    who: &Who,
    text: String,
    falls: Option<&Falls>,
    stops: &[Stopped],
) -> String {
    let fallen = falls.map(|falls| fallen(session, who, falls)).unwrap_or_default();
    [vec![text], fallen, stopped(session, who, stops)].concat().join("\n")
}

/// The acts that fall with a rotation, each with what is undone.
fn fallen(session: &Session, who: &Who, falls: &Falls) -> Vec<String> {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let language = session.language;
    let mut lines = Vec::new();
    if !falls.rivals.is_empty() {
        let rivals: Vec<String> = falls.rivals.iter().map(ActId::to_short).collect();
        let rivals = rivals.join(&format!("{} ", session.word("preview.comma")));
        let told = locale::format(language, "falls.rivals", &[("acts", &rivals)]);
        lines.push(hanging("  ! ", &told, width()));
    }
    if falls.acts.is_empty() {
        lines.push(hanging("  ", session.word("falls.none"), width()));
        return lines;
    }
    let all = count(falls.acts.len()).saturating_add(count(falls.more));
    lines.push(hanging("  ", &locale::counted(language, "falls", all, &[]), width()));
    for act in &falls.acts {
        let words = acts::Words::new(session.printer, who, &act.names);
        lines.push(hanging("    ", &acts::head(session, &words, act), width()));
        lines.push(hanging("      ", &acts::state(session, act), width()));
        lines.extend(act.changes.iter().map(|change| hanging("      • ", &words.change(change), width())));
    }
    let more = || locale::counted(language, "stops_more", count(falls.more), &[]);
    lines.extend((falls.more > 0).then(|| hanging("    ", &more(), width())));
    lines
}

/// What would not count any more.
fn stopped(session: &Session, who: &Who, stops: &[Stopped]) -> Vec<String> {
    let mut lines = Vec::new();
    if !stops.is_empty() {
        lines.push(hanging("  ", session.word("keys.own_clock"), width()));
    }
    for stop in stops {
        let space = locale::code(session.language, "space", &stop.space).to_owned();
        let (key, after) = (stop.author.to_short(), stop.after.to_string());
        let values = [("space", &*space), ("key", &*key), ("after", &*after)];
        lines.push(hanging("  ", &locale::counted(session.language, "stops", stop.entries, &values), width()));
        lines.extend(stop.first.iter().map(|entry| entry_line(session, who, "    ", entry)));
        let shown = u64::try_from(stop.first.len()).unwrap_or(u64::MAX);
        let more = stop.entries.saturating_sub(shown);
        lines.extend((more > 0).then(|| format!("    {}", locale::counted(session.language, "stops_more", more, &[]))));
    }
    lines
}

/// An entry: its number, and the minute by its author's clock; beside them its record, and below what it says.
pub(super) fn entry_line(session: &Session, who: &Who, margin: &str, entry: &EntryLine) -> String {
    let language = session.language;
    let record = entry.record.map(|record| {
        let kind = entry.record_kind.as_deref().unwrap_or("record");
        let title = label(&entry.labels, language);
        let title = title.map_or_else(|| session.apart(&record.to_string()), |title| session.apart(&title));
        format!("{} {title}", locale::code(language, "kind", kind))
    });
    let mut said: Vec<String> = entry.said.iter().map(|said| in_short(session, who, entry, said)).collect();
    let more = entry.claims.len().saturating_sub(said.len());
    let more = u64::try_from(more).unwrap_or(u64::MAX);
    said.extend((more > 0).then(|| locale::counted(language, "stops_more", more, &[])));
    if entry.edits {
        let word = session.word("keys.edits");
        let written = entry.written.as_ref().map(|text| session.field(word, &shortened(&session.apart(text))));
        said.push(written.unwrap_or_else(|| word.to_owned()));
    }
    if entry.retractions > 0 {
        let count = u64::try_from(entry.retractions).unwrap_or(u64::MAX);
        said.push(locale::counted(language, "retractions", count, &[]));
    }
    if entry.kind != "change" {
        said.push(locale::code(language, "entry_kind", &entry.kind).to_owned());
    }
    let what: Vec<String> = record.into_iter().chain(said).collect();
    hanging(&format!("{margin}{:>5}  {}  ", entry.seq, entry.time.to_minute()), &what.join("\n"), width())
}

/// A property and its value, shortened.
fn in_short(session: &Session, who: &Who, entry: &EntryLine, said: &Said) -> String {
    let record = entry.record.unwrap_or(RecordId::ZERO);
    let record = Reference { record, labels: entry.labels.clone().into() };
    let told = in_a_line(session, who, &record, &said.prop, &said.value, &said.refs);
    let lang = said.lang.as_deref().map(|lang| format!(" ({})", inert(lang))).unwrap_or_default();
    session.field(&property_word(session.language, &said.prop), &format!("{}{lang}", shortened(&told)))
}

/// The beginning of a text of others, in one line.
fn shortened(text: &str) -> String {
    let text = squeezed(text);
    if columns(&text) > SAID_COLUMNS { fit(&text, SAID_COLUMNS) } else { text }
}

/// The organisation whose home this is, joined or not.
pub(super) fn own_organisation(session: &Session) -> Result<Option<OrganisationId>, Problem> {
    match identity::own_act(&session.home()?) {
        Ok(act) => Ok(act.organisation()),
        Err(identity::IdentityError::NoOrganisation) => Ok(None),
        Err(error) => Err(super::founding::of_identity(error)),
    }
}
