//! What a writer is kept from signing: what breaks the model, and nonsense that could never be taken out again. These are no
//! rules of the door: what peers sign stays as it is, and the sheet makes of it what it can.
//!
//! Whatever comes in is held against all rules, and told of all that it breaks: from a command, a form, an import or a program.
//! An import differs in two things: of what it has said already nothing is asked, and its claims are those of several
//! bodies, so that one property may stand twice and an alias may be another record's too.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::SpaceInfo;
use isnad_protocol::id::{ClaimId, RecordId, SpaceId};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::log::Authentic;
use isnad_protocol::model::values::name_text;
use isnad_protocol::model::{self, Accused, Setting, SubjectType, Submitted, vocabularies};
use isnad_protocol::sheet::{Claim, Sheet, claims_in};
use isnad_protocol::view::restating::is_lost;

use super::before::Before;
use super::{Retraction, opinions, persons};
use crate::problem::{Broken, Problem, exit};
use crate::reading::Reader;

/// Codes of what is not there, rather than forbidden: the answer is no.
const ABSENT: [&str; 2] = ["not_own", "claim_not_held"];

/// The reason of a retraction that may go without a note: to explain it could do the harm that it prevents. MODEL §6.
const SAFETY: &str = "safety";

/// One request held against the rules.
pub(super) struct Check<'a> {
    pub(super) before: &'a Before<'a>,
    pub(super) space: &'a SpaceInfo,
    pub(super) only_new: bool,
    pub(super) is_public: bool,
    /// All claims of the request, by change.
    said: Vec<(RecordId, Vec<Json>)>,
    /// Whom they accuse, list or try: found once, whatever the number of changes.
    accused: Accused,
    /// Subjects that they declare to be neither victim nor witness.
    declared: BTreeSet<RecordId>,
    /// What they say that subjects are.
    types: BTreeMap<RecordId, SubjectType>,
    at: usize,
    /// Claims that the request replaces.
    replaced: BTreeSet<(RecordId, ClaimId)>,
    /// What the request says of the words of others.
    pub(super) judged: BTreeSet<String>,
    found: Vec<Broken>,
    /// Aliases that the request gives, each with the record that has it first.
    aliases: BTreeMap<String, RecordId>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        before: &'a Before<'a>,
        space: &'a SpaceInfo,
        only_new: bool,
        said: Vec<(RecordId, Vec<Json>)>,
        stated: &[(Own, Vec<Claim>)],
    ) -> Self {
        let (mut accused, mut declared, mut types) = (Accused::default(), BTreeSet::new(), BTreeMap::new());
        for ((record, _), (own, claims)) in said.iter().zip(stated) {
            // What an import says once more after it was taken back stays taken back, and accuses nobody.
            let claims = || claims.iter().filter(|claim| !only_new || !own.took_back(claim.id())).map(Claim::json);
            accused.add(record.kind_code(), claims().filter_map(Json::as_object));
            let declares = |claim: &Json| claim.get("prop").and_then(Json::as_text) == Some("declaration");
            declared.extend(claims().any(declares).then_some(*record));
            types.extend(persons::type_of(claims()).map(|said| (*record, said)));
        }
        Self {
            before,
            space,
            only_new,
            is_public: space.id == before.public,
            said,
            accused,
            declared,
            types,
            at: 0,
            replaced: BTreeSet::new(),
            judged: BTreeSet::new(),
            found: Vec::new(),
            aliases: BTreeMap::new(),
        }
    }

    /// Holds the next change of the request against the rules.
    ///
    /// # Errors
    /// [`Problem`] if something cannot be read.
    pub(super) fn change(&mut self, own: &Own, claims: &[Claim], retractions: &[Retraction]) -> Result<(), Problem> {
        if self.says_more(own, claims, retractions) {
            self.model(own)?;
            for (index, claim) in claims.iter().enumerate() {
                if self.is_known(own, claim) {
                    continue;
                }
                let path = format!("claims[{index}]");
                self.nobody_known(own, claim, &path);
                self.replacement(own, claim, &path);
                opinions::check(self, own, claim, &path)?;
                if own.is_new && !self.only_new {
                    self.alias(own, claim, &path)?;
                }
            }
            for (index, retraction) in retractions.iter().enumerate() {
                self.retraction(own, retraction, &format!("retractions[{index}]"));
            }
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// True if there is something to ask about: an import that runs again says nothing more.
    fn says_more(&self, own: &Own, claims: &[Claim], retractions: &[Retraction]) -> bool {
        let is_all_known = || claims.iter().all(|claim| self.is_known(own, claim));
        !(self.only_new && retractions.is_empty() && is_all_known())
    }

    /// True if nothing will be signed for a claim, for it stands; in an import, for it was ever made.
    pub(super) fn is_known(&self, own: &Own, claim: &Claim) -> bool {
        if self.only_new { own.has_said(claim.id()) } else { own.says(claim.id()) }
    }

    /// True if the request itself says why a subject may be named.
    pub(super) fn clears(&self, subject: RecordId) -> bool {
        self.declared.contains(&subject) || self.accused.has(Some(subject))
    }

    /// What the request says that a subject is.
    pub(super) fn says_type(&self, subject: RecordId) -> Option<SubjectType> {
        self.types.get(&subject).copied()
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
    fn model(&mut self, own: &Own) -> Result<(), Problem> {
        let Some((record, stated)) = self.said.get(self.at) else { return Ok(()) };
        let is_person = |broken: &Broken| broken.code == "person_not_accused";
        let mut broken = self.submitted(own, *record, stated);
        let left = self.left(own, stated);
        if left.len() < stated.len() && !broken.iter().any(is_person) {
            let found = self.submitted(own, *record, &left).into_iter().find(is_person);
            broken.extend(found.map(|broken| Broken { path: "claims".to_owned(), ..broken }));
        }
        if !broken.is_empty() {
            let with_said = |claims: &[Json]| {
                let said = own.standing_all().map(|claim| claim.json().clone());
                self.submitted(own, *record, &claims.iter().cloned().chain(said).collect::<Vec<_>>())
            };
            let together = with_said(stated);
            // That it is a person may be said by either.
            let names_a_person = if left.len() < stated.len() {
                with_said(&left).iter().any(is_person)
            } else {
                together.iter().any(is_person)
            };
            let stays = |broken: &Broken| {
                if is_person(broken) { names_a_person } else { together.contains(broken) }
            };
            broken.retain(stays);
        }
        if self.only_new {
            broken.retain(|broken| broken.code != "stands_twice");
        }
        let is_unsaid = || persons::type_of(stated).or(persons::known(own).subject).is_none();
        if broken.iter().any(is_person)
            && (persons::is_cleared(self, own)? || (is_unsaid() && persons::is_an_entity(self, stated)?))
        {
            broken.retain(|broken| !is_person(broken));
        }
        for broken in broken.iter_mut().filter(|broken| is_person(broken)) {
            broken.values.insert("record".to_owned(), record.to_string());
        }
        for broken in broken {
            let path = self.path(&broken.path);
            let why = broken.why.strip_prefix(&broken.path).map(|why| format!("{path}{why}"));
            self.found.push(Broken { why: why.unwrap_or(broken.why), path, ..broken });
        }
        Ok(())
    }

    /// The claims of a change that are said by it: what an import says once more after it was taken back stays taken back.
    fn left(&self, own: &Own, stated: &[Json]) -> Vec<Json> {
        let is_gone = |claim: &Json| super::claim_of(claim).is_ok_and(|claim| own.took_back(claim.id()));
        stated.iter().filter(|claim| !self.only_new || !is_gone(claim)).cloned().collect()
    }

    /// What the model refuses in claims on the record of the change.
    fn submitted(&self, own: &Own, record: RecordId, claims: &[Json]) -> Vec<Broken> {
        let setting = Setting {
            space_tlp: &self.space.tlp,
            is_restricted: false,
            accused: &self.accused,
            known: persons::known(own),
        };
        let submitted = Submitted { kind: record.kind_code(), record: Some(record), claims };
        model::check_record(&submitted, &setting).iter().map(Broken::of).collect()
    }

    /// The record that stands for nobody known gets no alias, country or other self; the public file names it, and may.
    fn nobody_known(&mut self, own: &Own, claim: &Claim, path: &str) {
        let property = claim.prop().unwrap_or_default();
        let is_on_it = own.record == Some(RecordId::UNIDENTIFIED) && !model::may_say_of_nobody_known(property);
        let other = || claim.value().and_then(opinions::other);
        let names_it = || property == "judgement" && other() == Some(RecordId::UNIDENTIFIED);
        if !self.only_new && (is_on_it || names_it()) {
            let values = [("record", "unidentified".to_owned()), ("property", property.to_owned())];
            self.refuse("nobody_known", &format!("{path}.prop"), &values);
        }
    }

    fn replacement(&mut self, own: &Own, claim: &Claim, path: &str) {
        let Some(old) = claim.replaces() else { return };
        let path = &format!("{path}.replaces");
        let named = ("claim", own.short(old));
        let Some(said) = own.claim(old) else {
            return self.refuse("not_own", path, &[named]);
        };
        if own.retracted.contains(&old) {
            return self.refuse("retracted", path, &[named]);
        }
        if let Some(by) = own.replaced.get(&old) {
            return self.refuse("replaced", path, &[named, ("by", own.short(*by))]);
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
        let named = ("claim", own.short(retraction.claim));
        // What a revoked key said can be disowned: a retraction need not find its claim.
        if own.claim(retraction.claim).is_none() && !own.lost.contains_key(&retraction.claim) {
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
        let path = format!("{path}.note");
        match retraction.note.as_deref().filter(|note| !note.trim().is_empty()) {
            Some(note) => {
                let path = self.path(&path);
                self.found.extend(model::check_note(note, &path).iter().map(Broken::of));
            }
            None if retraction.reason != SAFETY => self.refuse("note_missing", &path, &[named]),
            None => {}
        }
    }

    /// A new record bears no alias that names another one: the alias would then name neither.
    fn alias(&mut self, own: &Own, claim: &Claim, path: &str) -> Result<(), Problem> {
        let alias = claim.value().filter(|_| claim.prop() == Some("alias")).and_then(name_text);
        let Some(alias) = alias else { return Ok(()) };
        let held = Reader::new(self.before.node).called(alias)?.into_iter().find(|record| Some(*record) != own.record);
        let first = own.record.map(|record| *self.aliases.entry(alias.to_lowercase()).or_insert(record));
        let taken = held.or_else(|| first.filter(|record| Some(*record) != own.record));
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
    /// Claims that are this organisation's and do not count: of a key that was revoked, say.
    lost: BTreeMap<ClaimId, Claim>,
    /// True if nobody has made a claim about the record yet.
    pub(super) is_new: bool,
}

impl Own {
    /// Reads the sheets of the record.
    pub(super) fn of(before: &Before<'_>, space: SpaceId, record: RecordId) -> Result<Self, Problem> {
        let (sheets, entries) = before.sheets_of(record)?;
        let is_new = sheets.iter().all(|sheet| sheet.claims.is_empty());
        let mut own = Self { record: Some(record), is_new, ..Self::default() };
        for sheet in sheets {
            if sheet.key.space != space || Some(sheet.key.organisation) != before.organisation {
                own.elsewhere.push(sheet);
                continue;
            }
            let replacements = sheet.replacements();
            own.replaced.extend(replacements.iter().filter_map(|(id, by)| Some((*id, *by.first()?))));
            // Words that never counted can be taken back too, and then do not count when they are said again.
            own.retracted.extend(sheet.retractions.keys());
            own.sheets.push(sheet);
        }
        own.lost = own.not_counting(&entries);
        Ok(own)
    }

    /// What entries say that are left out of this organisation's sheets.
    fn not_counting(&self, entries: &[Authentic]) -> BTreeMap<ClaimId, Claim> {
        let is_left_out = |id| {
            let standing = self.sheets.iter().find_map(|sheet| sheet.left_out.get(&id)).map(|left| left.standing);
            standing.is_some_and(is_lost)
        };
        let entries = entries.iter().filter(|entry| is_left_out(entry.id()));
        let payloads = entries.filter_map(|entry| entry.entry().payload.as_ref());
        let claims = payloads.flat_map(|payload| claims_in(&payload.bytes));
        claims.map(|claim| (claim.id(), claim)).collect()
    }

    /// A claim of this organisation, even one that does not count.
    pub(super) fn claim_or_lost(&self, claim: ClaimId) -> Option<&Claim> {
        self.claim(claim).or_else(|| self.lost.get(&claim))
    }

    /// The sheets of all organisations, in all spaces.
    pub(super) fn everyones(&self) -> impl Iterator<Item = &Sheet> {
        self.sheets.iter().chain(&self.elsewhere)
    }

    /// This organisation's sheets in the space.
    pub(super) fn sheets(&self) -> impl Iterator<Item = &Sheet> {
        self.sheets.iter()
    }

    /// A claim that was ever made, retracted ones too.
    pub(super) fn claim(&self, claim: ClaimId) -> Option<&Claim> {
        self.sheets.iter().find_map(|sheet| sheet.claims.get(&claim)).map(|said| &said.claim)
    }

    /// The digits of a claim that tell it from all others of the record, as pages show it.
    pub(super) fn short(&self, claim: ClaimId) -> String {
        let own = claim.to_string();
        let others = self.everyones().flat_map(|sheet| sheet.claims.keys()).filter(|other| **other != claim);
        let alike = |other: &ClaimId| {
            own.bytes().zip(other.to_string().bytes()).take_while(|(one, other)| one == other).count()
        };
        let digits = others.map(|other| alike(other).saturating_add(1)).max().unwrap_or(0).max(claim.to_short().len());
        own.chars().take(digits).collect()
    }

    /// True if the claim was ever made, retracted ones too: an import that runs again says nothing twice.
    pub(super) fn has_said(&self, claim: ClaimId) -> bool {
        self.claim(claim).is_some()
    }

    /// True if the claim stands.
    pub(super) fn says(&self, claim: ClaimId) -> bool {
        self.has_said(claim) && !self.retracted.contains(&claim) && !self.replaced.contains_key(&claim)
    }

    /// True if the claim was made, and stands no more.
    fn took_back(&self, claim: ClaimId) -> bool {
        self.retracted.contains(&claim) || self.replaced.contains_key(&claim)
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
        if !self.took_back(claim.id()) {
            return Ok(claim);
        }
        let mut members = claim.json().as_object().cloned().unwrap_or_default();
        let nonce: [u8; 16] = crate::clock::random()?;
        members.insert("nonce", Json::text(to_hex(&nonce)));
        Claim::new(members).map_err(|error| Problem::fault(error.to_string()))
    }
}
