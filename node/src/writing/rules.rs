//! What a writer is kept from signing: what breaks the model, and nonsense that could never be taken out again. These are no
//! rules of the door: what peers sign stays as it is, and the sheet makes of it what it can.
//!
//! Whatever a user hands in is held against all rules, and told of all that it breaks. An import is not: its file is checked
//! when it is read.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::SpaceInfo;
use isnad_protocol::id::{ClaimId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::values::name_text;
use isnad_protocol::model::{self, Submission, Submitted, vocabularies};
use isnad_protocol::sheet::{self, Claim, Sheet};

use super::{Retraction, opinions};
use crate::node::Node;
use crate::problem::{Broken, Problem, exit};
use crate::reading::Reader;

/// Codes of what is not there, rather than forbidden: the answer is no.
const ABSENT: [&str; 2] = ["not_own", "claim_not_held"];

/// The reason of a retraction that may go without a note: to explain it could do the harm that it prevents. MODEL §6.
const SAFETY: &str = "safety";

/// One request held against the rules.
pub(super) struct Check<'a> {
    pub(super) node: &'a Node,
    pub(super) space: &'a SpaceInfo,
    pub(super) only_new: bool,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) is_public: bool,
    /// All claims of the request, by change.
    said: Vec<(RecordId, Vec<Json>)>,
    at: usize,
    /// Claims that the request replaces.
    replaced: BTreeSet<(RecordId, ClaimId)>,
    /// What the request says of the words of others.
    pub(super) judged: BTreeSet<String>,
    found: Vec<Broken>,
}

impl<'a> Check<'a> {
    pub(super) fn new(node: &'a Node, space: &'a SpaceInfo, only_new: bool, said: Vec<(RecordId, Vec<Json>)>) -> Self {
        Self {
            node,
            space,
            only_new,
            organisation: node.own_organisation(),
            is_public: space.id == OpenSpace::Public.id(&node.consortium()),
            said,
            at: 0,
            replaced: BTreeSet::new(),
            judged: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Holds the next change of the request against the rules.
    ///
    /// # Errors
    /// [`Problem`] if something cannot be read.
    pub(super) fn change(&mut self, own: &Own, claims: &[Claim], retractions: &[Retraction]) -> Result<(), Problem> {
        if self.only_new {
            return Ok(());
        }
        self.model(own);
        for (index, claim) in claims.iter().enumerate().filter(|(_, claim)| !own.says(claim.id())) {
            let path = format!("claims[{index}]");
            self.replacement(own, claim, &path);
            opinions::check(self, own, claim, &path)?;
            if own.is_new {
                self.alias(own, claim, &path)?;
            }
        }
        for (index, retraction) in retractions.iter().enumerate() {
            self.retraction(own, retraction, &format!("retractions[{index}]"));
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Passes if no rule is broken.
    ///
    /// # Errors
    /// [`Problem`] names every rule that is; nothing is signed then.
    pub(super) fn passed(self) -> Result<(), Problem> {
        let is_absent = self.found.first().is_some_and(|first| ABSENT.contains(&first.code.as_str()));
        match Problem::unsigned(self.found) {
            None => Ok(()),
            Some(problem) if is_absent => Err(Problem { code: "not_found".to_owned(), exit: exit::NO, ..problem }),
            Some(problem) => Err(problem),
        }
    }

    /// Notes a broken rule. Its texts are those of the locales.
    pub(super) fn refuse(&mut self, code: &str, path: &str, values: &[(&str, String)]) {
        let texts: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = |part: &str| locale::format(Language::En, &format!("refusal.{code}.{part}"), &texts);
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let (why, advice, try_key) = (text("why"), text("try"), format!("refusal.{code}.try"));
        self.found.push(Broken { code: code.to_owned(), path: self.path(path), why, advice, values, try_key });
    }

    fn path(&self, path: &str) -> String {
        if self.said.len() > 1 { format!("changes[{}].{path}", self.at) } else { path.to_owned() }
    }

    /// What the model has against the claims of a change, alone and together with what the organisation says of the record
    /// already: a subject rests on the conclusion that was said before, and a conclusion has the subjects that were.
    fn model(&mut self, own: &Own) {
        let mut broken = self.submitted(own, &[]);
        if !broken.is_empty() {
            let said: Vec<Json> = own.standing_all().map(|claim| claim.json().clone()).collect();
            let together = self.submitted(own, &said);
            broken.retain(|broken| together.contains(broken));
        }
        for broken in broken {
            let path = self.path(&broken.path);
            let why = broken.why.strip_prefix(&broken.path).map(|why| format!("{path}{why}"));
            self.found.push(Broken { why: why.unwrap_or(broken.why), path, ..broken });
        }
    }

    /// What the model refuses in the change, with further claims on its record.
    fn submitted(&self, own: &Own, further: &[Json]) -> Vec<Broken> {
        let Some((record, stated)) = self.said.get(self.at) else { return Vec::new() };
        let claims = [stated.as_slice(), further].concat();
        let submitted = |record: RecordId, claims| Submitted { kind: record.kind_code(), record: Some(record), claims };
        // This change comes first: those beside it are checked in their own turn.
        let others = self.said.iter().enumerate().filter(|(index, _)| *index != self.at);
        let others = others.map(|(_, (record, claims))| submitted(*record, claims.as_slice()));
        let submission = Submission {
            space_tlp: &self.space.tlp,
            is_restricted: false,
            is_new_record: own.is_new,
            records: std::iter::once(submitted(*record, &claims)).chain(others).collect(),
        };
        let problems = model::check_submission(&submission).into_iter().map(|problem| Broken::of(&problem));
        if self.said.len() == 1 {
            return problems.collect();
        }
        let here = |broken: Broken| {
            let path = broken.path.strip_prefix("records[0].")?.to_owned();
            let why = broken.why.trim_start_matches("records[0].").to_owned();
            Some(Broken { path, why, ..broken })
        };
        problems.filter_map(here).collect()
    }

    fn replacement(&mut self, own: &Own, claim: &Claim, path: &str) {
        let Some(old) = claim.replaces() else { return };
        let path = &format!("{path}.replaces");
        let named = ("claim", old.to_short());
        let Some(said) = own.claim(old) else {
            return self.refuse("not_own", path, &[named]);
        };
        if own.retracted.contains(&old) {
            return self.refuse("retracted", path, &[named]);
        }
        if let Some(by) = own.replaced.get(&old) {
            return self.refuse("replaced", path, &[named, ("by", by.to_short())]);
        }
        if said.prop() != claim.prop() {
            let (due, found) = (said.prop().unwrap_or("?").to_owned(), claim.prop().unwrap_or("?").to_owned());
            return self.refuse("other_property", path, &[named, ("stands", due), ("found", found)]);
        }
        if own.record.is_some_and(|record| !self.replaced.insert((record, old))) {
            self.refuse("replaced_twice", path, &[named]);
        }
    }

    fn retraction(&mut self, own: &Own, retraction: &Retraction, path: &str) {
        let named = ("claim", retraction.claim.to_short());
        if own.claim(retraction.claim).is_none() {
            return self.refuse("not_own", path, &[named]);
        }
        if own.retracted.contains(&retraction.claim) {
            return self.refuse("retracted", path, &[named]);
        }
        if !vocabularies::RETRACTION_REASON.contains(&retraction.reason) {
            let codes = vocabularies::RETRACTION_REASON.codes.join(", ");
            let values = [("reason", retraction.reason.clone()), ("codes", codes)];
            return self.refuse("unknown_reason", &format!("{path}.reason"), &values);
        }
        let says_why = retraction.note.as_deref().is_some_and(|note| !note.trim().is_empty());
        if !says_why && retraction.reason != SAFETY {
            self.refuse("note_missing", &format!("{path}.note"), &[named]);
        }
    }

    /// A new record bears no alias that names another one: the alias would then name neither.
    fn alias(&mut self, own: &Own, claim: &Claim, path: &str) -> Result<(), Problem> {
        let alias = claim.value().filter(|_| claim.prop() == Some("alias")).and_then(name_text);
        let Some(alias) = alias else { return Ok(()) };
        let taken = Reader::new(self.node).called(alias)?.into_iter().find(|record| Some(*record) != own.record);
        if let Some(record) = taken {
            let values = [("alias", alias.to_owned()), ("record", record.to_string())];
            self.refuse("alias_taken", &format!("{path}.value"), &values);
        }
        Ok(())
    }
}

/// What this organisation says about a record in a space, and what all others say of it anywhere.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) record: Option<RecordId>,
    /// This organisation's sheets in the space.
    sheets: Vec<Sheet>,
    /// All other sheets of the record.
    pub(super) elsewhere: Vec<Sheet>,
    /// Claims that were taken back.
    retracted: BTreeSet<ClaimId>,
    /// Those in whose place another stands, and which.
    replaced: BTreeMap<ClaimId, ClaimId>,
    /// True if nobody has said anything about the record yet.
    pub(super) is_new: bool,
}

impl Own {
    /// Reads the sheets of the record.
    pub(super) fn of(node: &Node, space: SpaceId, record: RecordId) -> Result<Self, Problem> {
        let entries = node.index()?.entries_about(record)?;
        let governance = node.snapshot().governance;
        let mut own = Self { record: Some(record), is_new: entries.is_empty(), ..Self::default() };
        for (key, sheet) in sheet::fold_claims(&entries, governance.as_ref()).sheets {
            if key.record != record {
                continue;
            }
            if key.space != space || Some(key.organisation) != node.own_organisation() {
                own.elsewhere.push(sheet);
                continue;
            }
            let replacements = sheet.replacements();
            own.replaced.extend(replacements.iter().filter_map(|(id, by)| Some((*id, *by.first()?))));
            own.retracted.extend(sheet.claims.keys().filter(|id| !sheet.is_live(**id)));
            own.sheets.push(sheet);
        }
        Ok(own)
    }

    /// This organisation's sheets in the space.
    pub(super) fn sheets(&self) -> impl Iterator<Item = &Sheet> {
        self.sheets.iter()
    }

    /// A claim that was ever made, retracted ones too.
    pub(super) fn claim(&self, claim: ClaimId) -> Option<&Claim> {
        self.sheets.iter().find_map(|sheet| sheet.claims.get(&claim)).map(|said| &said.claim)
    }

    /// True if the claim was ever made, retracted ones too: an import that runs again says nothing twice.
    pub(super) fn has_said(&self, claim: ClaimId) -> bool {
        self.claim(claim).is_some()
    }

    /// True if the claim stands.
    pub(super) fn says(&self, claim: ClaimId) -> bool {
        self.has_said(claim) && !self.retracted.contains(&claim) && !self.replaced.contains_key(&claim)
    }

    /// Its claims of some properties that stand.
    pub(super) fn standing<'b>(&'b self, props: &'b [&str]) -> impl Iterator<Item = &'b Claim> {
        self.standing_all().filter(|claim| claim.prop().is_some_and(|prop| props.contains(&prop)))
    }

    /// Its claims that stand.
    fn standing_all(&self) -> impl Iterator<Item = &Claim> {
        let claims = self.sheets.iter().flat_map(|sheet| sheet.claims.values()).map(|said| &said.claim);
        claims.filter(|claim| self.says(claim.id()))
    }

    /// The claim so that it stands once it is said. Words that were taken back or replaced stay so: to say them once more on
    /// purpose takes a nonce. MODEL §2.
    pub(super) fn anew(&self, claim: Claim) -> Result<Claim, Problem> {
        if !self.has_said(claim.id()) || self.says(claim.id()) {
            return Ok(claim);
        }
        let mut members = claim.json().as_object().cloned().unwrap_or_default();
        let nonce: [u8; 16] = crate::clock::random()?;
        members.insert("nonce".into(), Json::text(to_hex(&nonce)));
        Claim::new(members).map_err(|error| Problem::fault(error.to_string()))
    }
}
