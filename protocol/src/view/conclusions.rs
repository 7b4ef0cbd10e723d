//! Which conclusions exclude each other, and on what: one rule for the page of a record and for lists of many. MODEL §7.
//!
//! A page has a line for each conclusion; a list keeps of each finding and attribution what decides here, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::limits;
use crate::model;
use crate::model::kinds::{ATTRIBUTION, DESIGNATION, FINDING, INCIDENT, SUBJECT};
use crate::sheet::{Claim, Said, Sheet, SheetKey};
use crate::store::{Fault, SheetView};

use super::claims::{Standings, State};
use super::contest::Voice;
use super::material::Material;
use super::related::subjects;
use super::{Context, Sheets};

/// What of an outcome decides which others it excludes. Outcomes that exclude none are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Somebody did it.
    Responsible,
    /// Somebody did not.
    NotResponsible,
    /// It did not happen, or not by whom others say.
    Disputed,
    /// An agent was used, or likely.
    Used,
    /// None was.
    NotUsed,
}

impl Outcome {
    /// All of them, each at its number.
    pub const ALL: [Self; 5] = [Self::Responsible, Self::NotResponsible, Self::Disputed, Self::Used, Self::NotUsed];

    pub(super) fn of(code: &str) -> Option<Self> {
        match code {
            "responsible" => Some(Self::Responsible),
            "not_responsible" => Some(Self::NotResponsible),
            "disputed" => Some(Self::Disputed),
            "confirmed_use" | "likely_use" | "agent_confirmed" => Some(Self::Used),
            "not_used" => Some(Self::NotUsed),
            _ => None,
        }
    }
}

/// True if two outcomes, each on some subjects in their order, cannot both hold.
fn exclude<T: Ord>((left, named): (Outcome, &[T]), (right, theirs): (Outcome, &[T])) -> bool {
    use Outcome::{Disputed, NotResponsible, NotUsed, Responsible, Used};
    let is_about_the_same = || named.is_empty() || theirs.is_empty() || meet(named, theirs);
    match (left, right) {
        (Responsible, Responsible) => !is_about_the_same(),
        (Responsible, NotResponsible | Disputed) | (NotResponsible | Disputed, Responsible) => is_about_the_same(),
        (Used, NotUsed | Disputed) | (NotUsed | Disputed, Used) => true,
        (Responsible, Used | NotUsed)
        | (Used | NotUsed, Responsible)
        | (Used, NotResponsible | Used)
        | (NotResponsible, Used)
        | (NotResponsible | Disputed | NotUsed, NotResponsible | Disputed | NotUsed) => false,
    }
}

/// True if two lists in order share an item: the longer one is searched, not walked.
fn meet<T: Ord>(one: &[T], other: &[T]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.iter().any(|item| long.binary_search(item).is_ok())
}

/// What several voices conclude on one record.
#[derive(Debug)]
pub struct Contest<V, N>(BTreeMap<(Outcome, N), Voices<V>>);

impl<V, N> Default for Contest<V, N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord, V: Copy + Eq, N: Ord + Deref<Target = [T]>> Contest<V, N> {
    /// Takes in a conclusion: who speaks, with which outcome, and whom it names, in order.
    pub fn take(&mut self, voice: V, outcome: Outcome, named: N) {
        self.0.entry((outcome, named)).or_default().take(voice);
    }

    /// True if another voice excludes it.
    pub(super) fn excludes(&self, voice: V, outcome: Outcome, named: &[T]) -> bool {
        self.0.iter().any(|((other, theirs), voices)| {
            voices.has_another_than(voice) && exclude((outcome, named), (*other, &**theirs))
        })
    }

    /// True if any two exclude each other: those that say one thing are looked at together.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        let mut voices = Voices::default();
        self.0.values().flat_map(Voices::both).for_each(|voice| voices.take(voice));
        let are_several = voices.1.is_some();
        let mut rest = self.0.iter();
        while let Some(((outcome, named), said_by)) = rest.next().filter(|_| are_several) {
            let excludes = |((other, theirs), by): (&(Outcome, N), &Voices<V>)| {
                by.both().any(|voice| said_by.has_another_than(voice))
                    && exclude((*outcome, &**named), (*other, &**theirs))
            };
            if rest.clone().any(excludes) {
                return true;
            }
        }
        false
    }
}

/// Two of the voices that say one thing: one of them is not the one that is asked about.
#[derive(Debug)]
struct Voices<V>(Option<V>, Option<V>);

impl<V> Default for Voices<V> {
    fn default() -> Self {
        Self(None, None)
    }
}

impl<V: Copy + Eq> Voices<V> {
    fn take(&mut self, voice: V) {
        if self.0.is_none_or(|first| first == voice) {
            self.0 = Some(voice);
        } else {
            self.1 = Some(voice);
        }
    }

    fn both(&self) -> impl Iterator<Item = V> + use<V> {
        self.0.into_iter().chain(self.1)
    }

    fn has_another_than(&self, voice: V) -> bool {
        self.1.is_some() || self.0.is_some_and(|first| first != voice)
    }
}

/// A claim, and every record that it names.
pub(super) struct Mention<'a> {
    sheet: &'a Sheet,
    said: &'a Said,
    named: BTreeSet<RecordId>,
    stands: bool,
}

/// Every claim on a record, found once for all that are asked about.
pub(super) fn mentions(sheets: &Sheets) -> Vec<Mention<'_>> {
    let mut found = Vec::new();
    for sheet in sheets.values() {
        let standing: BTreeSet<ClaimId> = sheet.standing_claims().map(|(id, _)| id).collect();
        found.extend(sheet.claims.values().map(|said| {
            let stands = standing.contains(&said.claim.id());
            Mention { sheet, said, named: said.claim.refs(), stands }
        }));
    }
    found
}

/// A claim with its sheet.
pub(super) type Stated<'a> = (&'a Sheet, &'a Said);

/// The claims that stand and name one of the records, with their sheets: what is said of other claims comes last, so that a
/// reply to an accusation is not told in its place. Whom a claim on a conclusion, measure or case names in passing, as a judgement does, is
/// not thereby whom it is about.
pub(super) fn links<'a>(kind: u8, records: &[RecordId], mentions: &[Mention<'a>]) -> Vec<Stated<'a>> {
    let names = |mention: &&Mention<'_>| {
        let is_named = |record: &RecordId| mention.named.contains(record) && may_link(kind, mention.said, *record);
        mention.stands && records.iter().any(is_named)
    };
    let mut found: Vec<Stated<'a>> =
        mentions.iter().filter(names).map(|mention| (mention.sheet, mention.said)).collect();
    found.sort_by_key(|(sheet, said)| (is_aside(said), said.position(), sheet.key));
    found
}

/// False where a conclusion, measure or case names a subject, and says not that it is about it; and where its kind has no such word.
fn may_link(kind: u8, said: &Said, record: RecordId) -> bool {
    let is_about_somebody = model::is_about_somebody(kind) && record.kind_code() == SUBJECT;
    let prop = said.claim.prop().filter(|prop| matches!(*prop, "subject" | "party"));
    !is_about_somebody || prop.is_some_and(|prop| model::property(kind, prop).is_some())
}

/// True for what is said of claims and records, and of nothing that a record is about.
fn is_aside(said: &Said) -> bool {
    said.claim.prop().is_some_and(model::is_aside)
}

/// Organisations that say that the record is about others than these, and not that it is about one of these: their words are no
/// accusation here, whoever else brings the record to this page.
pub(super) fn elsewhere(
    records: &[RecordId],
    mentions: &[Mention<'_>],
    links: &[Stated<'_>],
) -> BTreeSet<OrganisationId> {
    let mut props: BTreeSet<&str> =
        links.iter().filter(|(_, said)| !is_aside(said)).filter_map(|(_, said)| said.claim.prop()).collect();
    for record in records {
        props.extend(match record.kind_code() {
            INCIDENT => &["incident"][..],
            SUBJECT => &["subject", "party"][..],
            _ => &[],
        });
    }
    let (mut here, mut there, mut was_here) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut was_there = BTreeSet::new();
    for Mention { sheet, said, named, stands } in mentions {
        if !said.claim.prop().is_some_and(|prop| props.contains(prop)) {
            continue;
        }
        let whose = sheet.key.organisation;
        let is_here = records.iter().any(|record| named.contains(record));
        let is_like = |other: &RecordId| records.iter().any(|record| record.kind_code() == other.kind_code());
        if !is_here && !named.iter().any(is_like) {
            continue;
        }
        let sides = if is_here { [&mut here, &mut was_here] } else { [&mut there, &mut was_there] };
        let [now, ever] = sides;
        now.extend(stands.then_some(whose));
        ever.insert(whose);
    }
    let has_left = |whose: &OrganisationId| there.contains(whose) || !was_here.contains(whose);
    was_there.into_iter().filter(|whose| !here.contains(whose) && has_left(whose)).collect()
}

const fn accusing_prop(kind: u8) -> Option<&'static str> {
    match kind {
        FINDING | ATTRIBUTION => Some("outcome"),
        DESIGNATION => Some("reason"),
        _ => None,
    }
}

/// Claims by the organisation that says them.
pub(super) type ByOrganisation<'a> = BTreeMap<OrganisationId, Vec<Stated<'a>>>;

/// The accusing claims on a record.
pub(super) fn accusing(kind: u8, sheets: &Sheets) -> ByOrganisation<'_> {
    let mut found = ByOrganisation::new();
    let Some(prop) = accusing_prop(kind) else { return found };
    for sheet in sheets.values() {
        for said in sheet.claims.values().filter(|said| said.claim.prop() == Some(prop)) {
            found.entry(sheet.key.organisation).or_default().push((sheet, said));
        }
    }
    found
}

/// Where nobody accuses who says that the record refers: the first claim of each organisation that says so.
pub(super) fn first_links<'a>(links: &[Stated<'a>]) -> ByOrganisation<'a> {
    let mut told = ByOrganisation::new();
    for (sheet, said) in links {
        told.entry(sheet.key.organisation).or_insert_with(|| vec![(*sheet, *said)]);
    }
    told
}

/// How each claim of a record stands, by its sheet.
pub(super) type AllStandings<'a> = BTreeMap<SheetKey, Standings<'a>>;

pub(super) fn standings(sheets: &Sheets) -> AllStandings<'_> {
    sheets.iter().map(|(key, sheet)| (*key, Standings::new(sheet))).collect()
}

/// The claims of one organisation that have a line: what is live comes first, so that a long history does not crowd it out.
pub(super) fn first_claims<'a, 'b>(
    claims: &[Stated<'a>],
    standings: &'b AllStandings<'a>,
) -> Vec<(&'b Standings<'a>, &'a Said)> {
    let mut claims: Vec<_> =
        claims.iter().filter_map(|(sheet, said)| Some((standings.get(&sheet.key)?, *said))).collect();
    claims.sort_by_cached_key(|(standing, said)| {
        let id = said.claim.id();
        (standing.state(id), said.position(), standing.sheet.key, id)
    });
    claims.truncate(limits::LINES_OF_ONE);
    claims
}

/// What an organisation concludes, in whose words, and on whom by its own word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conclusion {
    /// Who says it.
    pub organisation: OrganisationId,
    /// The cited body.
    pub body: Option<RecordId>,
    /// What is concluded.
    pub outcome: Outcome,
    /// Whom it names, in order.
    pub named: Rc<[RecordId]>,
}

/// What a finding or attribution concludes on each record that it refers to: those on which it says the same stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// The records.
    pub on: Vec<RecordId>,
    /// What is concluded, and can be excluded.
    pub conclusions: BTreeSet<Conclusion>,
}

impl Concluded {
    /// All that the sheets of a record conclude, whoever counts; nothing of a record of another kind.
    #[must_use]
    pub fn of(record: RecordId, sheets: &Sheets) -> Vec<Self> {
        if !concludes(record) {
            return Vec::new();
        }
        let concluding = Concluding::new(record, sheets);
        let standing = concluding.mentions.iter().filter(|mention| mention.stands);
        let referred: BTreeSet<RecordId> = standing.flat_map(|mention| mention.named.iter().copied()).collect();
        let (mut alike, mut all) = (BTreeMap::<_, Vec<RecordId>>::new(), Vec::new());
        for other in referred {
            match concluding.on(other) {
                Told::By(organisations) => alike.entry(organisations).or_default().push(other),
                Told::InPassing(conclusions) => all.push(Self { on: vec![other], conclusions }),
            }
        }
        all.extend(alike.into_iter().map(|(by, on)| Self { on, conclusions: concluding.said_by(&by) }));
        all.retain(|concluded| !concluded.conclusions.is_empty());
        all
    }
}

const fn concludes(record: RecordId) -> bool {
    matches!(record.kind_code(), FINDING | ATTRIBUTION)
}

/// Whose conclusions a record tells on another.
enum Told {
    /// All of these organisations.
    By(BTreeSet<OrganisationId>),
    /// Nobody's but what stands in the claims that refer.
    InPassing(BTreeSet<Conclusion>),
}

/// The sheets of a finding or attribution, looked at once for all records that it refers to.
struct Concluding<'a> {
    record: RecordId,
    mentions: Vec<Mention<'a>>,
    standings: AllStandings<'a>,
    subjects: BTreeMap<OrganisationId, Rc<[RecordId]>>,
    accusing: BTreeMap<OrganisationId, BTreeSet<Conclusion>>,
}

impl<'a> Concluding<'a> {
    fn new(record: RecordId, sheets: &'a Sheets) -> Self {
        let subjects = subjects(sheets).into_iter().map(|(whose, named)| (whose, in_order(named))).collect();
        let (mentions, standings) = (mentions(sheets), standings(sheets));
        let mut all = Self { record, mentions, standings, subjects, accusing: BTreeMap::new() };
        let accusing = accusing(record.kind_code(), sheets);
        all.accusing = accusing.into_iter().map(|(whose, claims)| (whose, all.conclusions(whose, &claims))).collect();
        all
    }

    fn on(&self, other: RecordId) -> Told {
        let records = [other];
        let links = links(self.record.kind_code(), &records, &self.mentions);
        if links.is_empty() || other == self.record {
            return Told::By(BTreeSet::new());
        }
        let elsewhere = elsewhere(&records, &self.mentions, &links);
        let by: BTreeSet<_> = self.accusing.keys().filter(|whose| !elsewhere.contains(whose)).copied().collect();
        if !by.is_empty() {
            return Told::By(by);
        }
        let first = first_links(&links).into_iter();
        Told::InPassing(first.flat_map(|(whose, claims)| self.conclusions(whose, &claims)).collect())
    }

    fn said_by(&self, organisations: &BTreeSet<OrganisationId>) -> BTreeSet<Conclusion> {
        organisations.iter().filter_map(|whose| self.accusing.get(whose)).flatten().cloned().collect()
    }

    fn conclusions(&self, organisation: OrganisationId, claims: &[Stated<'a>]) -> BTreeSet<Conclusion> {
        let named = self.subjects.get(&organisation).cloned().unwrap_or_default();
        let told = first_claims(claims, &self.standings).into_iter();
        let taking_part = told.filter_map(|(standing, said)| {
            let outcome = self.outcome(standing, &said.claim)?;
            let body = said.claim.according_to();
            Some(Conclusion { organisation, body, outcome, named: Rc::clone(&named) })
        });
        taking_part.collect()
    }

    /// The outcome that a claim says, if it takes part in what is computed.
    fn outcome(&self, standing: &Standings<'_>, claim: &Claim) -> Option<Outcome> {
        let code = claim.value().and_then(Json::as_text).filter(|_| claim.prop() == Some("outcome"))?;
        let outcome = Outcome::of(code).filter(|_| standing.state(claim.id()) == State::Live)?;
        let verdict = standing.judge(self.record.kind_code(), claim);
        (!verdict.malformed && !verdict.unknown).then_some(outcome)
    }
}

/// Records in their order, by which they are compared.
pub(super) fn in_order(mut records: Vec<RecordId>) -> Rc<[RecordId]> {
    records.sort_unstable();
    records.dedup();
    records.into()
}

/// True if conclusions in other records exclude each other on this one, by the reader's policy: the same that its page says.
///
/// # Errors
/// [`Fault`] if the store cannot be read.
pub fn contested_by_conclusions(record: RecordId, store: &impl SheetView, context: Context<'_>) -> Result<bool, Fault> {
    let mut material = Material::new(store, context);
    let mut contest: Contest<Voice, Rc<[RecordId]>> = Contest::default();
    let referring = material.referring_to(record)?;
    for other in referring.into_iter().filter(|other| concludes(*other)) {
        let sheets = material.claims(other)?;
        let concluding = Concluding::new(other, &sheets);
        let conclusions = match concluding.on(record) {
            Told::By(organisations) => concluding.said_by(&organisations),
            Told::InPassing(conclusions) => conclusions,
        };
        for Conclusion { organisation, body, outcome, named } in conclusions {
            if material.place(organisation, body)?.1 {
                contest.take((organisation, body), outcome, named);
            }
        }
    }
    Ok(contest.is_contested())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule as it is told of codes.
    fn codes_exclude((left, named): (&str, &[u8]), (right, theirs): (&str, &[u8])) -> bool {
        let same = named.is_empty() || theirs.is_empty() || named.iter().any(|one| theirs.contains(one));
        let is_use = |code: &str| ["confirmed_use", "likely_use", "agent_confirmed"].contains(&code);
        let either = |is: &dyn Fn(&str, &str) -> bool| is(left, right) || is(right, left);
        (left == "responsible" && right == "responsible" && !same)
            || (either(&|one, other| one == "responsible" && ["not_responsible", "disputed"].contains(&other)) && same)
            || either(&|one, other| is_use(one) && ["not_used", "disputed"].contains(&other))
    }

    #[test]
    fn an_outcome_excludes_what_its_code_excludes() {
        let codes = model::vocabularies::OUTCOME.codes;
        let named: [&[u8]; 4] = [&[], &[1], &[2], &[1, 2]];
        let mut seen = BTreeSet::new();
        for (left, right) in codes.iter().flat_map(|left| codes.iter().map(move |right| (*left, *right))) {
            seen.extend(Outcome::of(left));
            for (ours, theirs) in named.iter().flat_map(|ours| named.iter().map(move |theirs| (*ours, *theirs))) {
                let both = Outcome::of(left).zip(Outcome::of(right));
                let is_excluded = both.is_some_and(|(left, right)| exclude((left, ours), (right, theirs)));
                let expected = codes_exclude((left, ours), (right, theirs));
                assert_eq!(is_excluded, expected, "{left} on {ours:?}, {right} on {theirs:?}");
            }
        }
        assert!(seen.into_iter().eq(Outcome::ALL), "every outcome has a code, and stands in its order");
    }

    #[test]
    fn what_excludes_one_makes_all_contested() {
        let named: [&[u8]; 4] = [&[], &[1], &[2], &[1, 2]];
        let all: Vec<_> = Outcome::ALL.iter().flat_map(|outcome| named.map(|named| (*outcome, named))).collect();
        for (one, other) in all.iter().flat_map(|one| all.iter().map(move |other| (*one, *other))) {
            for third in &all {
                for voices in [[1, 1, 1], [1, 2, 1], [1, 1, 2], [1, 2, 3], [2, 1, 1]] {
                    let said = [one, other, *third];
                    let mut contest = Contest::default();
                    for (voice, (outcome, named)) in voices.into_iter().zip(said) {
                        contest.take(voice, outcome, named);
                    }
                    let is_any = voices
                        .into_iter()
                        .zip(said)
                        .any(|(voice, (outcome, named))| contest.excludes(voice, outcome, named));
                    assert_eq!(contest.is_contested(), is_any, "{voices:?} {said:?}");
                }
            }
        }
    }
}
