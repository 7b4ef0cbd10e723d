//! What readers ask of an open home: lists, views, histories, digests, where it stands. Reads the index, never the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::digest;
use isnad_protocol::governance::{ActStatus, Governance, Link, OrganisationInfo};
use isnad_protocol::id::{ActId, ClaimId, ConsortiumId, NodeId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogKey};
use isnad_protocol::model::Warning;
use isnad_protocol::sheet::{self, Claim, Sheet};
use isnad_protocol::standing::Judge;
use isnad_protocol::store::{self, LogView, SheetView};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{self, AsOf, Context, History, Policy, Saying, Summary, Until, View, Words};
use serde::{Deserialize, Serialize};

use crate::driver::Snapshot;
use crate::fault::Fault;
use crate::governing;
use crate::index::Index;
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::signing::Blocked;

mod acknowledged;
mod applicants;
mod as_known;
mod candidates;
mod explain;
mod list;
mod made_of;
mod namesakes;
mod outside;
mod policy;
mod prefixes;
mod resolve;
mod restating;
mod standing;
mod story;
mod tasks;
mod unread;
mod who;

pub use acknowledged::{Behind, Reach, ReachOf};
pub use applicants::{Candidacy, Waits, applicants};
pub use candidates::{Called, Candidates, CandidatesQuery, Pair};
pub use explain::ExplainQuery;
pub use list::{Due, DueQuery, DueWithin, ListHead, ListQuery};
pub use made_of::MadeOf;
pub use outside::Outside;
pub use policy::{ORGANISATION_DIGITS, PolicyQuery};
pub use prefixes::Prefix;
pub use resolve::KindsQuery;
pub use restating::{RestatingQuery, ToRestate};
pub use standing::{AcknowledgedBy, CutExplained, EntryExplained, KeyExplained, rules};
pub use story::{Chapter, Word};
pub use tasks::Waiting;
pub use who::{
    ActLine, ActRef, DoubleWord, Halted, Key, Organisation, RivalWords, RootKeys, Settlement, Space, Who, who,
};

/// The reader's day and languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayQuery {
    /// The reader's day; today if left out.
    #[serde(default)]
    pub today: Option<Day>,
    /// The reader's language: its labels come first.
    #[serde(default)]
    pub lang: Option<String>,
    /// Leaves out what claims a later day, and reads as on that day.
    #[serde(default)]
    pub as_of: Option<Day>,
    /// True to show the claims of records that the policy takes for this one as this one's.
    #[serde(default)]
    pub grouped: bool,
    /// The reader's policy, where it is not that of isnad.toml.
    #[serde(flatten)]
    pub policy: PolicyQuery,
}

/// A hash of each space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The consortium.
    pub consortium: ConsortiumId,
    /// Each space.
    pub spaces: Vec<SpaceDigest>,
    /// Entries whose own signature was not checked yet: they are not in the digest.
    pub unchecked: u64,
    /// Positions whose payload is missing.
    pub wanted: u64,
}

/// The hash of one space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceDigest {
    /// Its name.
    pub space: String,
    /// Its id.
    pub id: SpaceId,
    /// SHA-256, lower-case hex. format §8.
    pub digest: String,
    /// Entries that it covers.
    pub entries: u64,
}

/// Where a home and its peers stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The consortium.
    pub consortium: ConsortiumId,
    /// Whose home this is.
    pub organisation: Option<OrganisationId>,
    /// Its name.
    pub name: Option<String>,
    /// This node's key, if the home has one that is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Addresses that it listens on.
    pub listening: Vec<String>,
    /// Counts, and each peer.
    #[serde(flatten)]
    pub replica: isnad_protocol::replica::Status,
    /// The organisation of each peer.
    pub peer_names: BTreeMap<NodeId, String>,
    /// Where this organisation's own words have come to.
    #[serde(default)]
    pub sent: Sent,
    /// What the organisations acknowledge, by their attestations.
    #[serde(default)]
    pub reach: Reach,
    /// Why this node does not sign, if it does not.
    pub not_signing: Option<String>,
    /// The same as a problem, to be told in any language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Problem>,
    /// Where keys belong, if the home of an organisation holds none at all, as one restored from a backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_keys_in: Option<String>,
    /// Journals of spaces that are gone from under the node. Damage within one is for the audit to find.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journals: Vec<Problem>,
    /// Nodes that knocked and are no member's.
    pub strangers: BTreeMap<NodeId, String>,
    /// Candidates that handed over their first act by an invitation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applicants: Vec<Waits>,
    /// This home, while its organisation is a candidate itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidacy: Option<Candidacy>,
    /// How many addresses it calls again and again until somebody answers.
    #[serde(default)]
    pub called: usize,
    /// Writes that are durable here, and not yet in what is listed and shown.
    #[serde(default)]
    pub unindexed: u64,
    /// Addresses that could not be reached, and why; they are tried again.
    #[serde(default)]
    pub unreached: BTreeMap<String, String>,
    /// What a person should know, newest last.
    pub notices: Vec<String>,
    /// Acts that wait for this organisation's signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_sign: Vec<ActId>,
    /// Where rivals stand against each other, and none in effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub halts: Vec<Halted>,
    /// That this home's organisation was taken out, or is about to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_out: Option<Outside>,
    /// Keys of this home that its organisation revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked_keys: Vec<Key>,
    /// Strangers that are known: nodes of organisations that were taken out, or whose key was revoked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expelled: BTreeMap<NodeId, OrganisationId>,
    /// The check words of the other strangers, in each language of the program.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stranger_words: BTreeMap<NodeId, [String; 3]>,
}

/// Where an organisation's own words have come to. MODEL §8, journey 4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Entries that it has signed, as far as they are held here.
    pub entries: u64,
    /// Other members' nodes that are connected and lack nothing that is held here.
    pub nodes: usize,
    /// Whose nodes have not said so, once for each node: not connected, or something is still to go there.
    pub not_yet: Vec<OrganisationId>,
    /// The devices of these nodes, in the same order.
    #[serde(default)]
    pub not_yet_on: Vec<String>,
}

/// A history with what tells it in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Everything ever said, in order.
    pub history: History,
    /// What each claim says, in whose words and on what.
    pub view: View,
    /// Who speaks.
    pub who: Who,
}

/// A status waits for the index where that is no further behind: some tenths of a second.
const FAR_BEHIND: u64 = 4_096;

/// The index as the rules read it.
struct Indexed<'a>(&'a Index);

impl SheetView for Indexed<'_> {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, store::Fault> {
        self.0.entries_about(record).map_err(store::Fault::of)
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, store::Fault> {
        self.0.referring_to(record).map_err(store::Fault::of)
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, store::Fault> {
        let start: Vec<u8> = kind.into_iter().collect();
        self.0.records(&start).map_err(store::Fault::of)
    }
}

/// Reads an open home, as of its last flush.
#[derive(Debug)]
pub struct Reader<'a> {
    node: &'a Node,
    snapshot: Snapshot,
    names: BTreeMap<OrganisationId, Vec<Words>>,
    unread: unread::Unread,
    unsaid: as_known::Unsaid,
}

impl<'a> Reader<'a> {
    /// Takes the home as it stands now.
    #[must_use]
    pub fn new(node: &'a Node) -> Self {
        let snapshot = node.snapshot();
        let names = names(&snapshot.governance);
        Self { node, snapshot, names, unread: unread::Unread::default(), unsaid: as_known::Unsaid::default() }
    }

    /// Where the home and its peers stand.
    #[must_use]
    pub fn status(&self) -> Status {
        let governance = &self.snapshot.governance;
        let nodes = governance.nodes();
        let name = |organisation: &OrganisationId| governance.name(organisation, "en").map(str::to_owned);
        let peers = self.snapshot.status.peers.keys();
        let strangers = outside::strangers(&self.snapshot);
        let expelled = outside::expelled(governance, &strangers);
        let now = Timestamp(crate::clock::now_ms());
        let (index, unindexed) = self.node.index_as_it_is();
        // In catch-up nobody waits for it to be told how far that has come.
        let reach = if unindexed > FAR_BEHIND { self.reach_by(index, now) } else { self.reach(now) };
        Status {
            consortium: self.node.consortium(),
            organisation: self.node.own_organisation(),
            name: self.node.home_organisation().as_ref().and_then(name),
            node: self.node.door().node(),
            listening: self.snapshot.listening.clone(),
            replica: self.snapshot.status.clone(),
            peer_names: peers.filter_map(|peer| Some((*peer, nodes.get(peer).and_then(name)?))).collect(),
            sent: self.sent(&nodes),
            unindexed,
            reach: reach.unwrap_or_else(|fault| {
                // Where the index broke, a status is still told: the index says so itself.
                tracing::warn!(%fault, "what others acknowledge cannot be read");
                Reach::default()
            }),
            not_signing: self.snapshot.signing.as_ref().map(Blocked::to_string),
            blocked: self.snapshot.signing.as_ref().map(Problem::blocked),
            no_keys_in: self.node.without_keys().map(|keys| keys.display().to_string()),
            journals: self.missing_journals(),
            stranger_words: outside::stranger_words(&strangers, &expelled),
            strangers,
            applicants: applicants(self.node),
            candidacy: applicants::candidacy(self.node),
            called: self.node.called(),
            unreached: self.snapshot.unreached.clone(),
            notices: self.snapshot.notices.clone(),
            to_sign: self.node.own_organisation().map(|own| governing::to_sign(governance, own)).unwrap_or_default(),
            halts: who::halts(governance),
            taken_out: self.outside(),
            revoked_keys: outside::revoked_keys(self.node, governance),
            expelled,
        }
    }

    /// That this home's organisation was taken out, or is about to be; what it signs then counts nowhere.
    #[must_use]
    pub fn outside(&self) -> Option<Outside> {
        outside::taken_out(self.node, &self.snapshot.governance)
    }

    fn sent(&self, nodes: &BTreeMap<NodeId, OrganisationId>) -> Sent {
        let own = self.node.own_organisation();
        // Attestations are no words of its own to others.
        let is_word = |key: &LogKey, log: &isnad_protocol::log::Log| !self.is_attesting(&log.organisation, &key.author);
        let logs = self.snapshot.logs.iter().filter(|(_, log)| Some(log.organisation) == own);
        let logs = logs.filter(|(key, log)| is_word(key, log)).map(|(_, log)| log);
        let peers = &self.snapshot.status.peers;
        let has_all = |node: &NodeId| peers.get(node).is_some_and(|peer| peer.is_live && peer.due == 0);
        let others = nodes.iter().filter(|(_, organisation)| Some(**organisation) != own);
        let (done, not_yet): (Vec<_>, Vec<_>) = others.partition(|(node, _)| has_all(node));
        Sent {
            entries: logs.map(|log| log.end.seq).fold(0, u64::saturating_add),
            nodes: done.len(),
            not_yet_on: not_yet.iter().map(|(node, of)| self.device(node, of)).collect(),
            not_yet: not_yet.into_iter().map(|(_, organisation)| *organisation).collect(),
        }
    }

    /// The label of a node's key.
    fn device(&self, node: &NodeId, organisation: &OrganisationId) -> String {
        let key = PublicKey::new(*node.as_bytes());
        self.governance().key(organisation, &key).map(|info| info.label).unwrap_or_default()
    }

    fn missing_journals(&self) -> Vec<Problem> {
        let spaces = self.snapshot.governance.spaces().into_iter();
        let journals = spaces.map(|space| self.node.home().journal(&space.id));
        journals.filter(|path| !path.is_dir()).map(|path| Fault::JournalMissing { path }.into()).collect()
    }

    /// The consortium as its acts describe it.
    #[must_use]
    pub fn who(&self) -> Who {
        let mut who = who(&self.snapshot.governance, self.node.own_organisation());
        let is_new = |one: &Organisation| !who.candidates.iter().any(|known| known.id == one.id);
        let at_the_door = self.node.door().applicants();
        let at_the_door = at_the_door.iter().filter_map(|one| who::candidate(one.organisation, &one.act));
        let at_the_door: Vec<Organisation> = at_the_door.filter(is_new).collect();
        who.candidates.extend(at_the_door);
        who
    }

    /// Every organisation's account of a record, side by side.
    ///
    /// # Errors
    /// [`Problem`] if there is no such record.
    pub fn show(&self, text: &str, query: &DayQuery) -> Result<View, Problem> {
        let record = self.resolve_for("show", text, query.lang.as_deref())?;
        let policy = self.policy(&query.policy, query.lang.as_deref())?;
        let store = Indexed(self.node.index()?);
        let context = self.context(&policy, query.today.or(query.as_of));
        let view = match query.as_of {
            None => view(record, &store, context, query.grouped)?,
            Some(day) => {
                let until = Until::new(&store, day, record);
                let judge = self.as_known(day)?;
                let context = Context { judge: &judge, ..context };
                let view = view(record, &until, context, query.grouped)?;
                View { as_of: Some(until.as_of()), ..view }
            }
        };
        if view.is_empty() {
            return Err(not_held(record, view.as_of));
        }
        Ok(view)
    }

    /// Everything ever said about a record, in order.
    ///
    /// # Errors
    /// [`Problem`] if there is no such record.
    pub fn history(&self, text: &str, query: &DayQuery) -> Result<History, Problem> {
        let record = self.resolve_for("history", text, query.lang.as_deref())?;
        let policy = self.policy(&query.policy, query.lang.as_deref())?;
        let store = Indexed(self.node.index()?);
        let context = self.context(&policy, query.today.or(query.as_of));
        let history = match query.as_of {
            None => History::of(record, &store, context)?,
            Some(day) => {
                let until = Until::new(&store, day, record);
                let judge = self.as_known(day)?;
                let context = Context { judge: &judge, ..context };
                let history = History::of(record, &until, context)?;
                History { as_of: Some(until.as_of()), ..history }
            }
        };
        if history.items.is_empty() {
            return Err(not_held(record, history.as_of));
        }
        let mut history = history;
        self.acknowledge(&mut history)?;
        Ok(history)
    }

    /// All that a story is told of, in one answer.
    ///
    /// # Errors
    /// [`Problem`] if there is no such record.
    pub fn story(&self, text: &str, query: &DayQuery) -> Result<Story, Problem> {
        let history = self.history(text, query)?;
        let view = self.show(&history.record.to_string(), query)?;
        Ok(Story { history, view, who: self.who() })
    }

    /// What a record is called; nothing where it has no title, or cannot be read.
    pub(crate) fn labels(&self, record: RecordId) -> Vec<Words> {
        if record == RecordId::ZERO {
            return Vec::new();
        }
        self.summary(record).map(|summary| summary.labels).unwrap_or_default()
    }

    fn summary(&self, record: RecordId) -> Result<Summary, Problem> {
        let store = Indexed(self.node.index()?);
        self.sum_up(record, &store, self.governance(), &Policy::default()).map_err(Problem::from)
    }

    /// A summary by another policy, or as of a day; `None` if nothing was said by then.
    fn summary_by(&self, record: RecordId, policy: &Policy, as_of: Option<Day>) -> Result<Option<Summary>, Problem> {
        let store = Indexed(self.node.index()?);
        let summary = match as_of {
            None => self.sum_up(record, &store, self.governance(), policy),
            Some(day) => self.sum_up(record, &Until::new(&store, day, record), &self.as_known(day)?, policy),
        };
        let summary = summary?;
        Ok(Some(summary).filter(|summary| !summary.organisations.is_empty()))
    }

    fn sum_up(
        &self,
        record: RecordId,
        store: &impl SheetView,
        judge: &impl Judge,
        policy: &Policy,
    ) -> Result<Summary, store::Fault> {
        let entries = store.entries_about(record)?;
        let folded = sheet::fold_claims(&entries, judge);
        let of_record = folded.sheets.into_iter().filter(|(key, _)| key.record == record).collect();
        Ok(Summary::of(record, &of_record, policy))
    }

    /// What readers would be warned of beside claims that are about to be signed.
    pub(crate) fn flags_of_new(
        &self,
        record: RecordId,
        claims: &[Claim],
        saying: Saying,
    ) -> Result<BTreeMap<ClaimId, Vec<Warning>>, Problem> {
        let policy = Policy::default();
        let store = Indexed(self.node.index()?);
        view::flags_of_new(record, claims, saying, &store, self.context(&policy, None)).map_err(Problem::from)
    }

    fn context<'b>(&'b self, policy: &'b Policy, day: Option<Day>) -> Context<'b> {
        Context {
            judge: self.snapshot.governance.as_ref(),
            names: &self.names,
            policy,
            today: day.unwrap_or_else(today),
        }
    }

    /// A hash of each space over what is checked. format §8.
    ///
    /// # Errors
    /// [`Problem`] if the store cannot be read.
    pub fn digest(&self) -> Result<Digests, Problem> {
        let governance = &self.snapshot.governance;
        let mut spaces = Vec::new();
        for space in governance.spaces() {
            let entries = self.told_entries(space.id)?;
            let folded = sheet::fold(&entries, governance.as_ref());
            let sheets: Vec<&Sheet> = folded.sheets.values().collect();
            let runs = digest::runs(&entries, &folded.standings);
            let acts =
                governance.acts_of(&space.id).filter(|act| governance.status(&act.id()) == Some(ActStatus::InEffect));
            let acts: Vec<_> = acts.map(|act| (act.scope_id(), act.version(), act.id())).collect();
            let digest = digest::space(space.id, acts, runs, sheets);
            spaces.push(SpaceDigest {
                space: space.name,
                id: space.id,
                digest: isnad_protocol::encoding::to_hex(&digest),
                entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            });
        }
        let status = &self.snapshot.status;
        let (unchecked, wanted) = (status.unchecked, status.wanted);
        Ok(Digests { consortium: self.node.consortium(), spaces, unchecked, wanted })
    }

    /// The checked entries of a space, log by log.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub fn checked_entries(&self, space: SpaceId) -> Result<Vec<Authentic>, Problem> {
        let mut entries = Vec::new();
        for (key, log) in self.snapshot.logs.iter().filter(|(key, _)| key.space == space) {
            entries.extend(self.checked_log(*key, log.checked.seq)?);
        }
        Ok(entries)
    }

    /// Those of them that all replicas hold in the end: of closed logs what stands up to where they close, and the branches
    /// that are told.
    fn told_entries(&self, space: SpaceId) -> Result<Vec<Authentic>, Problem> {
        let governance = &self.snapshot.governance;
        let mut entries = self.checked_entries(space)?;
        let log = |entry: &Authentic| LogKey { space, author: entry.entry().header.author };
        entries.retain(|entry| governance.is_told(&log(entry), entry.end()));
        let mut all_closed = governance.all_closed().filter(|closed| closed.facts().log.space == space).peekable();
        if all_closed.peek().is_none() {
            return Ok(entries);
        }
        let held: BTreeSet<_> = entries.iter().map(Authentic::id).collect();
        for closed in all_closed {
            let key = closed.facts().log;
            let is_due = |link: &Link| !held.contains(&link.end.id) && governance.is_told(&key, link.end);
            for link in closed.links().filter(is_due) {
                entries.extend(self.node.reader().read_branch(key, link.end)?);
            }
        }
        Ok(entries)
    }

    /// The entries of a log up to where every signature is checked.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub fn checked_log(&self, key: LogKey, upto: u64) -> Result<Vec<Authentic>, Problem> {
        let mut entries: Vec<Authentic> = Vec::new();
        loop {
            let after = entries.last().map_or(0, |entry| entry.end().seq);
            if after >= upto {
                return Ok(entries);
            }
            let read = self.node.reader().read_log(key, after, READ_BYTES)?;
            let before = entries.len();
            entries.extend(read.into_iter().filter(|entry| entry.end().seq <= upto));
            if entries.len() == before {
                return Err(Problem::fault("the journal is shorter than its index says"));
            }
        }
    }

    /// Log ends as they stand on disk.
    #[must_use]
    pub const fn logs(&self) -> &Arc<BTreeMap<LogKey, isnad_protocol::log::Log>> {
        &self.snapshot.logs
    }

    /// The rules in force.
    #[must_use]
    pub fn governance(&self) -> &Governance {
        &self.snapshot.governance
    }
}

/// Bytes of a log read in one go.
const READ_BYTES: usize = 4 * 1_024 * 1_024;

fn names(governance: &Governance) -> BTreeMap<OrganisationId, Vec<Words>> {
    let organisations = governance.organisations();
    let alike = namesakes::namesakes(organisations.iter().map(|organisation| (organisation.id, &organisation.names)));
    let words = |organisation: OrganisationInfo| {
        let digits = alike.contains(&organisation.id).then(|| format!(" [{}]", organisation.id.to_short()));
        let told = |text: String| digits.as_ref().map_or_else(|| text.clone(), |digits| format!("{text}{digits}"));
        organisation.names.into_iter().map(|(lang, text)| Words::new(Some(lang), told(text))).collect()
    };
    organisations.into_iter().map(|organisation| (organisation.id, words(organisation))).collect()
}

fn view(record: RecordId, store: &impl SheetView, context: Context<'_>, grouped: bool) -> Result<View, Problem> {
    let view = if grouped { View::grouped(record, store, context) } else { View::of(record, store, context) };
    view.map_err(Problem::from)
}

fn today() -> Day {
    Timestamp(crate::clock::now_ms()).day()
}

fn not_held(record: RecordId, as_of: Option<AsOf>) -> Problem {
    if let Some(AsOf { day, left_out }) = as_of.filter(|as_of| as_of.left_out > 0) {
        let values = [("record", record.to_string()), ("day", day.to_string()), ("count", left_out.to_string())];
        let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
        return Problem::told(exit::NO, "not_found", "record_later", &values);
    }
    Problem::told(exit::NO, "not_found", "record_absent", &[("record", &record.to_string())])
}
