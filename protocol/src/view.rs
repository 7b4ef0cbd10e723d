//! What a reader sees of one record: every organisation's sheets side by side. DESIGN §6; MODEL §7.
//!
//! **Law.** A view is a pure function of (entries and payloads held, acts, policy, the reader's day). What is computed stands
//! under `computed`; all else is somebody's signed word. Nothing is ordered by a clock: by policy, then by log position, then
//! by entry id.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::id::{NarrativeId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::sheet::{Cause, SheetKey};
use crate::standing::{Judge, Standing};
use crate::store::{Fault, SheetView};
use crate::time::{Day, Timestamp};

mod as_of;
pub mod candidates;
mod claims;
mod compare;
mod computed;
mod conclusions;
mod contest;
mod designation;
mod explain;
mod flags;
mod history;
mod identity;
mod independence;
mod material;
mod names;
mod opinions;
mod origins;
mod policy;
mod related;
mod replies;
pub mod restating;
mod summary;
pub mod tasks;

pub use as_of::{AsKnown, AsOf, Until};
pub use claims::{Basis, Opinion, Retracted, ShownClaim, Signed, State, Wording};
pub use compare::{count_bounds, value_text};
pub use computed::{Computed, Corroboration, Headline, How};
pub use conclusions::{Concluded, Conclusion, Contest, Outcome, contested_by_conclusions};
pub use designation::{Bounds, DesignationState, InForce, OtherState, Terms, Used};
pub use explain::{Because, Brief, Explanation, Place, Rested, SaidBy};
pub use flags::{Saying, flags_of_new};
pub use history::{Acknowledged, Did, History, Item};
pub use identity::{Conflict, Identity, Pair, taken_for_one};
pub use independence::{Circle, Group, Origin};
pub use names::fixed_labels;
pub use policy::{BodyClass, Judgements, Policy, Whose};
pub use related::Line;
pub use replies::Reply;
pub use summary::{About, Codes, Listing, Spot, Summary, degrees};

use material::Material;
use names::Names;

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

/// Words in a language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Words {
    /// BCP 47; none where the words are in no language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The words.
    pub text: String,
    /// True if somebody who names the record calls it otherwise: then its id is told beside this name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
}

impl Words {
    /// Words that nobody contradicts.
    #[must_use]
    pub const fn new(lang: Option<String>, text: String) -> Self {
        Self { lang, text, differs: false }
    }
}

/// Another record, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// Its id.
    pub record: RecordId,
    /// Titles or names in all languages, the preferred first; empty if nothing is held about it. Shared by all who name it.
    pub labels: Arc<[Words]>,
}

/// What a reader sees of one record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// The record.
    pub record: RecordId,
    /// The name of its kind; `kind-N` for one of a later version.
    pub kind: String,
    /// Titles or names in all languages: those that the reader's first organisations give it, else most of those who name it.
    pub labels: Vec<Words>,
    /// What only others call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_labels: Vec<Words>,
    /// Other names that live claims give it.
    pub aliases: Vec<String>,
    /// Of a record that has no title: what it says, of which one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
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
    /// What organisations judged of this record and others.
    #[serde(default, skip_serializing_if = "Identity::is_empty")]
    pub identity: Identity,
    /// The other records whose claims are shown as this one's, where the reader asked for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grouped: Vec<Reference>,
    /// What no organisation said: worked out from what they said.
    pub computed: Overall,
    /// The policy that was followed.
    pub policy: Policy,
    /// The reader's day.
    pub today: Day,
    /// The day that it is as of, where the reader asked for an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
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
    /// What takes its ground away, if it is void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
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
        let identity = identity::identity(record, sheets, &mut material)?;
        Self::made(record, sheets, (identity, &[]), &mut material)
    }

    /// Makes the view of a record and of those that the policy takes for it, as one: each claim of another names its record.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn grouped(record: RecordId, store: &impl SheetView, context: Context<'_>) -> Result<Self, Fault> {
        let sheets = crate::sheet::fold(&store.entries_about(record)?, context.judge).sheets;
        let mut material = Material::new(store, context);
        let identity = identity::identity(record, &sheets, &mut material)?;
        let mut others = Vec::with_capacity(identity.same.len());
        for other in &identity.same {
            others.push((other.clone(), material.claims(other.record)?));
        }
        Self::made(record, &sheets, (identity, &others), &mut material)
    }

    fn made<S: SheetView>(
        record: RecordId,
        sheets: &Sheets,
        (identity, others): (Identity, &[(Reference, Rc<Sheets>)]),
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let context = material.context;
        let own = [(record, sheets)].into_iter();
        let all: Vec<_> = own.chain(others.iter().map(|(other, sheets)| (other.record, &**sheets))).collect();
        let mut properties = claims::properties(record, &all, material)?;
        flags::mark(record, &mut properties, material)?;
        let records: Vec<RecordId> = all.iter().map(|(record, _)| *record).collect();
        let related = related::lines(&records, material)?;
        let is_contested =
            properties.iter().any(|property| property.computed.contested) || related.iter().any(|line| line.contested);
        let terms = Terms::of(record, sheets, context.policy);
        let names = Names::of(record, sheets, context.policy);
        Ok(Self {
            record,
            kind: kind_name(record),
            labels: names.first(),
            further_labels: names.others(),
            aliases: material::aliases(record, sheets, context.policy),
            about: about(record, sheets, material)?,
            organisations: speakers(&all, material),
            properties,
            narratives: narratives(sheets, context.policy),
            related,
            left_out: left_out(sheets),
            identity,
            grouped: others.iter().map(|(other, _)| other.clone()).collect(),
            computed: Overall { contested: is_contested, state: terms.map(|terms| terms.state(context.today)) },
            policy: context.policy.clone(),
            today: context.today,
            as_of: None,
        })
    }

    /// True if nothing at all is held about the record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.organisations.is_empty() && self.left_out.is_empty() && self.related.is_empty()
    }
}

/// Items with those of each organisation in turn, else in their order: whoever says much hides nobody else's words behind them.
pub fn in_turn<T>(items: impl IntoIterator<Item = T>, whose: impl Fn(&T) -> OrganisationId) -> Vec<T> {
    let mut of_one: BTreeMap<OrganisationId, usize> = BTreeMap::new();
    let number = |item: T| {
        let count = of_one.entry(whose(&item)).or_default();
        let number = *count;
        *count = count.saturating_add(1);
        (number, item)
    };
    let mut numbered: Vec<(usize, T)> = items.into_iter().map(number).collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, item)| item).collect()
}

/// What a title is made of, with what its records are called by whose word it is.
fn about<S: SheetView>(
    record: RecordId,
    sheets: &Sheets,
    material: &mut Material<'_, S>,
) -> Result<Option<About>, Fault> {
    let context = material.context;
    let Some(mut about) = About::of(record.kind_code(), sheets, context.policy) else { return Ok(None) };
    let whose = about.organisation;
    about.names = whose.and_then(|whose| context.names.get(&whose)).cloned().unwrap_or_default();
    for reference in about.records_mut() {
        *reference = match whose {
            Some(whose) => material.reference_by(reference.record, whose)?,
            None => material.reference(reference.record)?,
        };
    }
    Ok(Some(about))
}

/// The sheets of one record, by key.
pub type Sheets = BTreeMap<SheetKey, crate::sheet::Sheet>;

/// The name of a record's kind.
fn kind_name(record: RecordId) -> String {
    record.kind_name().map_or_else(|| format!("kind-{}", record.kind_code()), str::to_owned)
}

fn speakers<S: SheetView>(all: &[(RecordId, &Sheets)], material: &Material<'_, S>) -> Vec<Speaker> {
    let context = material.context;
    let mut live: BTreeMap<OrganisationId, usize> = BTreeMap::new();
    let sheets = all.iter().flat_map(|(_, sheets)| sheets.values());
    for sheet in sheets.filter(|sheet| !sheet.is_empty()) {
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
    speakers.sort_by_key(|speaker| {
        let class = material.class_of_member(speaker.organisation);
        (context.policy.class_rank(class), context.policy.rank(speaker.organisation), speaker.organisation)
    });
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
                cause: left.cause,
            });
        }
    }
    shown.sort_by_key(|left| (left.seq, left.entry));
    shown
}
