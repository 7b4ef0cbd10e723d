//! What a reader sees of one record: every organisation's sheets side by side. DESIGN §6; MODEL §7.
//!
//! **Law.** A view is a pure function of (entries and payloads held, acts, policy, the reader's day). What is computed stands
//! under `computed`; all else is somebody's signed word. Nothing is ordered by a clock: by policy, then by log position, then
//! by entry id.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{NarrativeId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::sheet::SheetKey;
use crate::standing::{Judge, Standing};
use crate::store::{Fault, SheetView};
use crate::time::{Day, Timestamp};

pub mod candidates;
mod claims;
mod compare;
mod computed;
mod contest;
mod designation;
mod flags;
mod history;
mod material;
mod opinions;
mod related;
mod replies;
mod summary;
pub mod tasks;

pub use claims::{Basis, Opinion, Retracted, ShownClaim, Signed, State, Wording};
pub use compare::value_text;
pub use computed::{Computed, Corroboration, Headline, How};
pub use designation::{DesignationState, InForce, Terms, Used};
pub use flags::{Saying, flags_of_new};
pub use history::{Did, History, Item};
pub use related::Line;
pub use replies::Reply;
pub use summary::Summary;

use material::Material;

/// What a reader asks for besides the record.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What governance has against entries.
    pub judge: &'a dyn Judge,
    /// The names that organisations gave themselves in their acts.
    pub names: &'a BTreeMap<OrganisationId, Vec<Words>>,
    /// Whose claims count, and who comes first.
    pub policy: &'a Policy,
    /// The reader's day: by it designations lapse.
    pub today: Day,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Context").field("policy", self.policy).field("today", &self.today).finish_non_exhaustive()
    }
}

/// The reader's own choice; never part of the shared data.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Policy {
    /// Whose claims count in what is computed. The others are shown, and marked.
    #[serde(default)]
    pub whose: Whose,
    /// Who comes first, in this order.
    #[serde(default)]
    pub first: Vec<OrganisationId>,
    /// Languages, the preferred one first: they order labels and leave none out.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// Whose claims count.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Every member's.
    #[default]
    All,
    /// Only these organisations'.
    Only(BTreeSet<OrganisationId>),
}

impl Policy {
    /// True if this organisation's claims count.
    #[must_use]
    pub fn counts(&self, organisation: OrganisationId) -> bool {
        match &self.whose {
            Whose::All => true,
            Whose::Only(chosen) => chosen.contains(&organisation),
        }
    }

    fn rank(&self, organisation: OrganisationId) -> usize {
        self.first.iter().position(|first| *first == organisation).unwrap_or(usize::MAX)
    }

    fn language_rank(&self, lang: Option<&str>) -> usize {
        let rank = lang.and_then(|lang| self.languages.iter().position(|preferred| preferred == lang));
        rank.unwrap_or(usize::MAX)
    }
}

/// Words in a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Words {
    /// BCP 47; none where the words are in no language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The words.
    pub text: String,
}

/// Another record, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// Its id.
    pub record: RecordId,
    /// Titles or names in all languages, the preferred first; empty if nothing is held about it.
    pub labels: Vec<Words>,
}

/// What a reader sees of one record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// The record.
    pub record: RecordId,
    /// The name of its kind; `kind-N` for one of a later version.
    pub kind: String,
    /// Titles or names in all languages.
    pub labels: Vec<Words>,
    /// Other names that live claims give it.
    pub aliases: Vec<String>,
    /// Who speaks, the reader's first ones first.
    pub organisations: Vec<Speaker>,
    /// Every claim by property, in the order of the model; unknown ones last.
    pub properties: Vec<Property>,
    /// Texts that colleagues write together.
    pub narratives: Vec<ShownNarrative>,
    /// Records that refer to this one.
    pub related: Vec<Line>,
    /// Entries that do not count, and why.
    pub left_out: Vec<ShownLeftOut>,
    /// What no organisation said: worked out from what they said.
    pub computed: Overall,
    /// The policy that was followed.
    pub policy: Policy,
    /// The reader's day.
    pub today: Day,
}

/// An organisation that says something about the record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Speaker {
    /// Its id.
    pub organisation: OrganisationId,
    /// The names that its acts give.
    pub names: Vec<Words>,
    /// True if the policy lets its claims count.
    pub counts: bool,
    /// Claims of it that are neither retracted nor replaced.
    pub live_claims: usize,
}

/// All that is said of one property.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Property {
    /// Its code; empty for claims that name none.
    pub prop: String,
    /// False if this version does not know it.
    pub is_known: bool,
    /// True if one organisation says one value of it.
    pub is_single: bool,
    /// True if it accuses somebody.
    pub accuses: bool,
    /// Every claim of every organisation, retracted and replaced ones too.
    pub claims: Vec<ShownClaim>,
    /// What the reader is told in one line, and how it was worked out.
    pub computed: Computed,
}

/// A narrative of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownNarrative {
    /// Its key.
    pub id: NarrativeId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it is written.
    pub space: SpaceId,
    /// Of the sheet.
    pub generation: u32,
    /// The text.
    pub text: String,
    /// What the next edit names in `after`.
    pub heads: Vec<crate::id::EntryId>,
    /// Who wrote it.
    pub authors: BTreeSet<PublicKey>,
    /// How many edits count.
    pub edits: usize,
}

/// An entry that does not count.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownLeftOut {
    /// The entry.
    pub entry: crate::id::EntryId,
    /// On whose behalf.
    pub organisation: OrganisationId,
    /// By which key.
    pub author: PublicKey,
    /// Its position.
    pub seq: u64,
    /// Where.
    pub space: SpaceId,
    /// Of the sheet.
    pub generation: u32,
    /// The time claimed.
    pub time: Timestamp,
    /// Why it does not count.
    pub standing: Standing,
    /// The code of the rule that it breaks, if it is inert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What is worked out for the record as a whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Overall {
    /// True if live claims or conclusions about it exclude each other.
    pub contested: bool,
    /// Of a designation: whether it is in force on the reader's day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DesignationState>,
}

impl View {
    /// Makes the view of a record.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn of(record: RecordId, store: &impl SheetView, context: Context<'_>) -> Result<Self, Fault> {
        let sheets = crate::sheet::fold(&store.entries_about(record)?, context.judge).sheets;
        Self::of_sheets(record, &sheets, store, context)
    }

    /// Makes the view of a record whose sheets are folded already. Of other records the store is asked.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn of_sheets(
        record: RecordId,
        sheets: &Sheets,
        store: &impl SheetView,
        context: Context<'_>,
    ) -> Result<Self, Fault> {
        let mut material = Material::new(store, context);
        let mut properties = claims::properties(record, sheets, &mut material)?;
        flags::mark(record, &mut properties, &mut material)?;
        let related = related::lines(record, &mut material)?;
        let is_contested =
            properties.iter().any(|property| property.computed.contested) || related.iter().any(|line| line.contested);
        let terms = Terms::of(record, sheets, context.policy);
        Ok(Self {
            record,
            kind: kind_name(record),
            labels: material::labels(record, sheets, context.policy),
            aliases: material::aliases(sheets, context.policy),
            organisations: speakers(sheets, context),
            properties,
            narratives: narratives(sheets, context.policy),
            related,
            left_out: left_out(sheets),
            computed: Overall { contested: is_contested, state: terms.map(|terms| terms.state(context.today)) },
            policy: context.policy.clone(),
            today: context.today,
        })
    }

    /// True if nothing at all is held about the record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.organisations.is_empty() && self.left_out.is_empty() && self.related.is_empty()
    }
}

/// The sheets of one record, by key.
pub type Sheets = BTreeMap<SheetKey, crate::sheet::Sheet>;

/// The name of a record's kind.
fn kind_name(record: RecordId) -> String {
    record.kind_name().map_or_else(|| format!("kind-{}", record.kind_code()), str::to_owned)
}

fn speakers(sheets: &Sheets, context: Context<'_>) -> Vec<Speaker> {
    let mut live: BTreeMap<OrganisationId, usize> = BTreeMap::new();
    for sheet in sheets.values().filter(|sheet| !sheet.is_empty()) {
        let count = live.entry(sheet.key.organisation).or_default();
        *count = count.saturating_add(sheet.standing_claims().count());
    }
    let mut speakers: Vec<_> = live
        .into_iter()
        .map(|(organisation, live_claims)| Speaker {
            organisation,
            names: context.names.get(&organisation).cloned().unwrap_or_default(),
            counts: context.policy.counts(organisation),
            live_claims,
        })
        .collect();
    speakers.sort_by_key(|speaker| (context.policy.rank(speaker.organisation), speaker.organisation));
    speakers
}

fn narratives(sheets: &Sheets, policy: &Policy) -> Vec<ShownNarrative> {
    let mut shown = Vec::new();
    for sheet in sheets.values() {
        for (id, narrative) in &sheet.narratives {
            shown.push(ShownNarrative {
                id: *id,
                organisation: sheet.key.organisation,
                space: sheet.key.space,
                generation: sheet.key.generation,
                text: narrative.text.clone(),
                heads: narrative.heads.iter().copied().collect(),
                authors: narrative.edits.values().map(|signer| signer.author).collect(),
                edits: narrative.edits.len(),
            });
        }
    }
    shown.sort_by_key(|shown| (policy.rank(shown.organisation), shown.organisation, shown.space, shown.id));
    shown
}

fn left_out(sheets: &Sheets) -> Vec<ShownLeftOut> {
    let mut shown = Vec::new();
    for sheet in sheets.values() {
        for (entry, left) in &sheet.left_out {
            shown.push(ShownLeftOut {
                entry: *entry,
                organisation: sheet.key.organisation,
                author: left.signer.author,
                seq: left.signer.seq,
                space: sheet.key.space,
                generation: sheet.key.generation,
                time: left.signer.time,
                standing: left.standing,
                rule: left.defect.as_ref().map(|defect| defect.code().to_owned()),
            });
        }
    }
    shown.sort_by_key(|left| (left.seq, left.entry));
    shown
}
