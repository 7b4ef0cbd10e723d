//! What sources rest on, read once for a view: who published them, what their own claims name, which are one item.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{OrganisationId, RecordId};
use crate::limits;
use crate::model;
use crate::model::kinds::{ATTRIBUTION, EVIDENCE, FINDING};
use crate::sheet::{Said, Sheet};
use crate::standing::Standing;
use crate::store::{Fault, SheetView};

use super::independence::Origin;
use super::material::{Material, Spoken};
use super::{Policy, Sheets};

/// A link in a chain of bases.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A source or evidence.
    Item(RecordId),
    /// A cited body.
    Body(RecordId),
    /// A member.
    Member(OrganisationId),
    /// A publisher of whom no record and no act is known.
    Name(Rc<str>),
}

/// What is said of one source.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) rests_on: BTreeSet<RecordId>,
    pub(super) publisher: Option<Key>,
    is_report: bool,
    pub(super) is_withdrawn: bool,
    digests: BTreeSet<String>,
}

/// The sources of one record's claims, and theirs.
pub(super) struct Origins {
    /// The record that is viewed: what rests on it rests on the claims themselves.
    pub(super) about: RecordId,
    /// Links that may still be looked at.
    pub(super) steps: usize,
    sources: BTreeMap<RecordId, Source>,
    /// Of records with one digest, the first.
    same: BTreeMap<RecordId, RecordId>,
    bodies: BTreeMap<RecordId, Key>,
}

impl Origins {
    /// Reads the sources that claims name, and those that these name, level by level.
    pub(super) fn new<S: SheetView>(
        about: RecordId,
        bases: BTreeSet<RecordId>,
        bodies: BTreeSet<RecordId>,
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let names = Names::new(bodies, material)?;
        let mut sources: BTreeMap<RecordId, Source> = BTreeMap::new();
        let most = bases.len().saturating_add(limits::BASIS_RECORDS);
        let mut level = bases;
        for _ in 0..limits::BASIS_DEPTH {
            let mut further = BTreeSet::new();
            for record in level {
                if record == about || sources.contains_key(&record) || sources.len() >= most {
                    continue;
                }
                let source = read(record, &names, material)?;
                further.extend(source.rests_on.iter().copied());
                sources.insert(record, source);
            }
            level = further;
        }
        let mut origins =
            Self { about, steps: limits::BASIS_STEPS, sources, same: BTreeMap::new(), bodies: names.bodies };
        origins.join();
        Ok(origins)
    }

    /// Puts records with one digest together: a copy is no second source.
    fn join(&mut self) {
        let mut first: BTreeMap<&str, RecordId> = BTreeMap::new();
        for (record, source) in &self.sources {
            let known = source.digests.iter().filter_map(|digest| first.get(digest.as_str()));
            let heads: BTreeSet<RecordId> = known.map(|head| followed(&self.same, *head)).chain([*record]).collect();
            let head = heads.first().copied().unwrap_or(*record);
            // A record with two digests may show that two others are one.
            self.same.extend(heads.into_iter().filter(|other| *other != head).map(|other| (other, head)));
            for digest in &source.digests {
                first.entry(digest).or_insert(head);
            }
        }
        let copies: Vec<RecordId> = self.same.keys().copied().collect();
        for copy in copies {
            let (head, copied) = (self.item(copy), self.sources.get(&copy).cloned());
            if let Some((source, copied)) = self.sources.get_mut(&head).zip(copied) {
                source.rests_on.extend(copied.rests_on);
                source.is_withdrawn &= copied.is_withdrawn;
            }
        }
        for (record, source) in &mut self.sources {
            source.rests_on = source.rests_on.iter().map(|further| followed(&self.same, *further)).collect();
            source.rests_on.remove(record);
        }
    }

    /// The record itself, or the first that has its digest.
    pub(super) fn item(&self, record: RecordId) -> RecordId {
        followed(&self.same, record)
    }

    /// Who speaks: the cited body, or the organisation. A member that others cite is the same speaker.
    pub(super) fn speaker(&self, organisation: OrganisationId, body: Option<RecordId>) -> Key {
        let Some(body) = body else { return Key::Member(organisation) };
        self.bodies.get(&body).cloned().unwrap_or(Key::Body(body))
    }

    /// What is said of a source or evidence; of a copy, see [`Origins::item`]. None beyond the bounds.
    pub(super) fn source(&self, record: RecordId) -> Option<&Source> {
        self.sources.get(&record)
    }

    /// True if it rests on something that is known.
    pub(super) fn rests_on_any(&self, record: RecordId) -> bool {
        self.source(record).is_some_and(|source| !source.rests_on.is_empty())
    }

    pub(super) fn publisher(&self, record: RecordId) -> Option<&Key> {
        self.sources.get(&record)?.publisher.as_ref()
    }

    /// True if it tells what others said, as press does.
    pub(super) fn is_report(&self, record: RecordId) -> bool {
        self.sources.get(&record).is_some_and(|source| source.is_report)
    }

    /// True if anything that it rests on was withdrawn.
    pub(super) fn has_withdrawn(&self) -> bool {
        self.sources.values().any(|source| source.is_withdrawn)
    }

    /// True if all that was said of it was taken back or taken out of sight.
    pub(super) fn is_withdrawn(&self, record: RecordId) -> bool {
        self.sources.get(&self.item(record)).is_some_and(|source| source.is_withdrawn)
    }
}

/// Each step leads to a lower id, so there is an end.
fn followed(same: &BTreeMap<RecordId, RecordId>, record: RecordId) -> RecordId {
    let mut at = record;
    while let Some(lower) = same.get(&at) {
        at = *lower;
    }
    at
}

impl Key {
    /// The link as a reader is told of it.
    pub(super) fn told<S: SheetView>(&self, material: &mut Material<'_, S>) -> Result<Origin, Fault> {
        Ok(match self {
            Self::Item(record) => Origin::Record { record: material.reference(*record)? },
            Self::Body(record) => Origin::Body { record: material.reference(*record)? },
            Self::Member(organisation) => Origin::Organisation { organisation: *organisation },
            Self::Name(name) => Origin::Publisher { name: name.to_string() },
        })
    }
}

/// Bodies and members by the names that they have.
struct Names {
    bodies: BTreeMap<RecordId, Key>,
    by_name: BTreeMap<String, Key>,
}

impl Names {
    fn new<S: SheetView>(bodies: BTreeSet<RecordId>, material: &mut Material<'_, S>) -> Result<Self, Fault> {
        let mut names = Self { bodies: BTreeMap::new(), by_name: BTreeMap::new() };
        for (organisation, words) in material.context.names {
            for name in words {
                names.by_name.entry(folded(&name.text)).or_insert(Key::Member(*organisation));
            }
        }
        for body in bodies {
            let labels = material.all_names(body)?;
            let own: Vec<String> = labels.iter().map(|words| folded(&words.text)).collect();
            let known = own.iter().filter_map(|name| names.by_name.get(name)).max().cloned();
            let key = known.unwrap_or(Key::Body(body));
            for name in own {
                names.by_name.entry(name).or_insert_with(|| key.clone());
            }
            names.bodies.insert(body, key);
        }
        Ok(names)
    }

    /// Who is meant by what a source says of its publisher.
    fn publisher(&self, text: &str) -> Option<Key> {
        if let Ok(record) = RecordId::parse(text) {
            return Some(self.bodies.get(&record).cloned().unwrap_or(Key::Body(record)));
        }
        let name = folded(text);
        let known = self.by_name.get(&name).cloned();
        known.or_else(|| (!name.is_empty()).then(|| Key::Name(name.into())))
    }
}

/// A name as it is compared: whatever its case and spacing.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().chars().take(limits::REFERENCE_LABEL_BYTES).collect()
}

fn read<S: SheetView>(record: RecordId, names: &Names, material: &mut Material<'_, S>) -> Result<Source, Fault> {
    let sheets = material.claims(record)?;
    let spoken = Spoken::new(sheets.values(), material.context.policy);
    let first = |property: &str| {
        let (_, said) = spoken.of(&[property]).into_iter().next()?;
        said.claim.value()?.as_text().map(str::to_owned)
    };
    let mut rests_on = BTreeSet::new();
    // What others think of it, and answer, is nothing that it rests on.
    let own: Vec<&str> = spoken.properties().filter(|name| !model::is_aside(name)).collect();
    for (_, said) in spoken.of(&own) {
        rests_on.extend(said.claim.basis().into_iter().filter_map(|basis| basis.record));
    }
    if matches!(record.kind_code(), FINDING | ATTRIBUTION) {
        rests_on.extend(spoken.of(&["document"]).into_iter().flat_map(|(_, said)| said.claim.value_refs()));
        rests_on.extend(supporting(record, material)?);
    }
    rests_on.remove(&record);
    let kind = first("kind");
    Ok(Source {
        rests_on: rests_on.into_iter().take(limits::BASIS_RECORDS).collect(),
        publisher: first("publisher").and_then(|text| names.publisher(&text)),
        is_report: matches!(kind.as_deref(), Some("press" | "tertiary")),
        is_withdrawn: is_withdrawn(&sheets, material.context.policy),
        digests: spoken.of(&["digest", "archived", "blob"]).into_iter().filter_map(digest).collect(),
    })
}

/// Evidence that is said to support a conclusion.
fn supporting<S: SheetView>(conclusion: RecordId, material: &mut Material<'_, S>) -> Result<BTreeSet<RecordId>, Fault> {
    let mut found = BTreeSet::new();
    let evidence = material.referring_to(conclusion)?.into_iter().filter(|record| record.kind_code() == EVIDENCE);
    for record in evidence.take(limits::BASIS_RECORDS) {
        let sheets = material.claims(record)?;
        let spoken = Spoken::new(sheets.values(), material.context.policy);
        let supports =
            spoken.of(&["supports"]).into_iter().any(|(_, said)| said.claim.value_refs().contains(&conclusion));
        found.extend(supports.then_some(record));
    }
    Ok(found)
}

fn digest((_, said): (&Sheet, &Said)) -> Option<String> {
    let value = said.claim.value()?;
    let text = |key: &str| value.get(key).and_then(Json::as_text);
    let (alg, hex) = match text("sha256") {
        Some(hex) => ("sha-256", hex),
        None => (text("alg")?, text("hex")?),
    };
    Some(format!("{alg}:{}", hex.to_lowercase()))
}

/// True if something was said of a record, and all of it was taken back or taken out of sight.
fn is_withdrawn(sheets: &Sheets, policy: &Policy) -> bool {
    let counting = || sheets.values().filter(|sheet| policy.counts(sheet.key.organisation));
    let is_hidden = |sheet: &Sheet| sheet.left_out.values().any(|left| left.standing == Standing::Redacted);
    let was_said = counting().any(|sheet| !sheet.claims.is_empty() || is_hidden(sheet));
    was_said && counting().all(|sheet| sheet.standing_claims().next().is_none())
}
