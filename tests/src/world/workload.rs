//! What users do: claims, retractions and edits of narratives, on few records, so that they meet.

use isnad_protocol::encoding::json::{self, Json, Object};
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::sheet::{self, Claim, Narrative, Operation, Retract, Sheet, write};
use isnad_protocol::store::SheetView;

use super::disk::Image;
use super::random::Random;
use super::site::{Content, Contribution};

/// Record kinds of MODEL §4: incident, subject, attribution, designation.
const KINDS: [u8; 4] = [1, 2, 4, 5];

fn about(random: &mut Random) -> RecordId {
    record(KINDS[random.index(KINDS.len())], 1 + random.below(2))
}

fn record(kind: u8, number: u64) -> RecordId {
    let mut bytes = [number.to_be_bytes()[7]; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

/// Draws what one user of an organisation does next, by what his node shows him.
pub(super) fn draw(
    image: &Image,
    space: SpaceId,
    organisation: OrganisationId,
    random: &mut Random,
) -> Vec<Contribution> {
    if random.chance(3) {
        return burst(space, random);
    }
    let count = random.between(1, 3);
    (0..count).filter_map(|_| one(image, space, organisation, random)).collect()
}

/// An import: many entries at once, some of them large.
fn burst(space: SpaceId, random: &mut Random) -> Vec<Contribution> {
    let size = if random.chance(20) { 20_000 } else { 60 };
    let count = random.between(10, 40);
    let text = |number: u64| Json::text(format!("{number} {}", "x".repeat(size.min(11_000))));
    let claims = (0..count).map(|number| claim("note", text(number), &[("lang", Json::text("en"))]));
    let contents = claims.flatten().filter_map(|claim| write::claims(&[Operation::Claim(claim)]).ok()).flatten();
    contents.map(|bytes| contribution(space, about(random), bytes)).collect()
}

fn one(image: &Image, space: SpaceId, organisation: OrganisationId, random: &mut Random) -> Option<Contribution> {
    let record = about(random);
    let entries = image.entries_about(record).unwrap_or_default();
    let folded = sheet::fold(&entries, &image.governance);
    let own = folded.sheets.values().find(|sheet| sheet.key.space == space && sheet.key.organisation == organisation);
    match random.below(10) {
        0..=3 => {
            let count = random.between(1, 3);
            let known: Vec<(ClaimId, OrganisationId)> = folded
                .sheets
                .values()
                .flat_map(|sheet| sheet.claims.keys().map(|claim| (*claim, sheet.key.organisation)))
                .collect();
            let claims = (0..count).filter_map(|_| some_claim(&known, random));
            said(space, record, &claims.map(Operation::Claim).collect::<Vec<_>>())
        }
        4 => {
            let claims: Vec<ClaimId> = own.into_iter().flat_map(|sheet| sheet.claims.keys().copied()).collect();
            let claim = random.pick(&claims).copied()?;
            let note = random.chance(30).then(|| "a second witness".to_owned());
            said(space, record, &[Operation::Retract(Retract { claim, reason: "error".to_owned(), note })])
        }
        5 => {
            let text = format!("تقرير {} from the desk", random.below(1_000));
            Some(Contribution { space, record, content: Content::NewNarrative(text) })
        }
        _ => edit(own?, space, record, random),
    }
}

fn edit(own: &Sheet, space: SpaceId, record: RecordId, random: &mut Random) -> Option<Contribution> {
    let narratives: Vec<_> = own.narratives.iter().collect();
    let (id, narrative) = *random.pick(&narratives)?;
    let Narrative { text, heads, .. } = narrative;
    let mut new: Vec<char> = text.chars().collect();
    for _ in 0..random.between(1, 3) {
        let at = random.index(new.len() + 1);
        let delete = random.index(4).min(new.len() - at);
        let words = ["", "صفر", "two ", "é", "?"];
        new.splice(at..at + delete, words[random.index(words.len())].chars());
    }
    let new: String = new.into_iter().collect();
    let heads: Vec<_> = heads.iter().copied().collect();
    let bytes = write::narrative_edit(*id, &heads, text, &new).ok()?;
    Some(contribution(space, record, bytes))
}

fn said(space: SpaceId, record: RecordId, operations: &[Operation]) -> Option<Contribution> {
    let payload = write::claims(operations).ok()?.into_iter().next()?;
    Some(contribution(space, record, payload))
}

const fn contribution(space: SpaceId, record: RecordId, bytes: Vec<u8>) -> Contribution {
    Contribution { space, record, content: Content::Operations(bytes) }
}

/// A claim that agrees with others, excludes them, replaces or judges one.
fn some_claim(known: &[(ClaimId, OrganisationId)], random: &mut Random) -> Option<Claim> {
    let number = random.below(5);
    let text = |text: String| Json::Text(text);
    match random.below(9) {
        0 => claim("title", text(format!("title {number}")), &[("lang", Json::text("en"))]),
        1 => claim("title", Json::text("عنوان"), &[("lang", Json::text("ar"))]),
        2 => claim("date", text(format!("2018-04-0{}", number + 1)), &[]),
        3 => claim("casualty", parsed(&format!(r#"{{"category":"killed","min":{number}}}"#))?, &[]),
        4 => claim("status", Json::text(if number == 0 { "alleged" } else { "confirmed_use" }), &[]),
        5 => claim("incident", text(record(1, 1).to_string()), &[]),
        6 => claim("subject", text(record(2, 1 + number % 2).to_string()), &[]),
        7 => {
            let (replaced, _) = random.pick(known)?;
            claim("status", Json::text("withdrawn"), &[("replaces", text(replaced.to_string()))])
        }
        _ => {
            let (judged, owner) = random.pick(known)?;
            let stance = if number < 3 { "endorse" } else { "dispute" };
            let value = format!(r#"{{"claim":"{judged}","organisation":"{owner}","stance":"{stance}"}}"#);
            claim("opinion", parsed(&value)?, &[])
        }
    }
}

fn claim(prop: &str, value: Json, more: &[(&str, Json)]) -> Option<Claim> {
    let mut members = Object::from([("prop".to_owned(), Json::text(prop)), ("value".to_owned(), value)]);
    members.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    Claim::new(members).ok()
}

fn parsed(text: &str) -> Option<Json> {
    json::decode(text.as_bytes()).ok()
}
