//! Which records of a file are handed in together, so that each request stands by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::ImportedRecord;
use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::model::Accused;
use crate::model::kinds::SUBJECT;

/// Returns the records of a file in requests of at most so many claims, or of what cannot be parted. Order is the file's, but
/// that a subject stands before the first record that accuses, lists or tries it, and in one request with it: a person is named
/// where that is said, and requests are judged beside each other, each by what stands in it. One that is held for the same as
/// another, and says no more of itself, goes with that. MODEL §7, rule 5.
#[must_use]
pub fn requests(records: &[ImportedRecord], most_claims: usize) -> Vec<Vec<&ImportedRecord>> {
    let mut waiting = waiting(records);
    let mut requests: Vec<Vec<&ImportedRecord>> = Vec::new();
    let mut claims = 0_usize;
    for (place, record) in records.iter().enumerate() {
        let group = match waiting.remove(&place) {
            Some(Wait::Until) => continue,
            Some(Wait::For(mut subjects)) => {
                subjects.push(record);
                subjects
            }
            None => vec![record],
        };
        let more = group.iter().fold(0_usize, |sum, record| sum.saturating_add(record.claims.len()));
        match requests.last_mut().filter(|_| claims.saturating_add(more) <= most_claims) {
            Some(request) => request.extend(group),
            None => {
                claims = 0;
                requests.push(group);
            }
        }
        claims = claims.saturating_add(more);
    }
    requests
}

/// What becomes of the record at a place.
enum Wait<'a> {
    /// It is handed in with a later one.
    Until,
    /// These are handed in with it.
    For(Vec<&'a ImportedRecord>),
}

fn waiting(records: &[ImportedRecord]) -> BTreeMap<usize, Wait<'_>> {
    let subjects = records.iter().enumerate().filter(|(_, record)| record.record.kind_code() == SUBJECT);
    // Where each subject is handed in.
    let mut places: BTreeMap<RecordId, usize> = subjects.map(|(place, record)| (record.record, place)).collect();
    let mut moves: Vec<(usize, usize)> = Vec::new();
    let mut is_moved: BTreeSet<RecordId> = BTreeSet::new();
    for (place, record) in records.iter().enumerate() {
        let mut accused = Accused::default();
        accused.add(record.record.kind_code(), &record.claims);
        for subject in accused.subjects().filter(|subject| is_moved.insert(*subject)) {
            let Some(stood) = places.insert(subject, place) else { continue };
            moves.push((stood, place));
        }
    }
    for (place, record) in records.iter().enumerate().filter(|(_, record)| is_of_unsaid_type(record)) {
        let with = same_as(record).find_map(|other| places.get(&other)).copied();
        // What it goes with stays where it is.
        let is_settled = |with: &usize| *with != place && !records.get(*with).is_some_and(is_of_unsaid_type);
        let with = with.filter(|with| is_settled(with) && !is_moved.contains(&record.record));
        moves.extend(with.map(|with| (place, with)));
    }
    let mut waiting: BTreeMap<usize, Wait<'_>> = BTreeMap::new();
    for (from, to) in &moves {
        waiting.insert(*from, Wait::Until);
        waiting.entry(*to).or_insert_with(|| Wait::For(Vec::new()));
    }
    for (from, to) in moves {
        if let (Some(record), Some(Wait::For(with))) = (records.get(from), waiting.get_mut(&to)) {
            with.push(record);
        }
    }
    waiting
}

fn is_of_unsaid_type(record: &ImportedRecord) -> bool {
    record.record.kind_code() == SUBJECT && record.values("subject_type").next().is_none()
}

/// What a record is held for the same as.
fn same_as(record: &ImportedRecord) -> impl Iterator<Item = RecordId> + '_ {
    let text = |value: &Json, key: &str| value.get(key).and_then(Json::as_text).map(str::to_owned);
    let is_same = move |value: &&Json| {
        text(value, "relation").as_deref() == Some("same_as") && text(value, "verdict").as_deref() == Some("positive")
    };
    let judged = record.values("judgement").filter(is_same);
    judged.filter_map(|value| RecordId::parse(value.get("record")?.as_text()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json;
    use crate::import::{DATASET, record_id};
    use crate::model::kinds::{CASE, INCIDENT};

    fn record(kind: u8, id: &str, claims: &str) -> ImportedRecord {
        let claims = json::decode(format!("[{claims}]").as_bytes()).unwrap();
        let claims = claims.as_list().unwrap().iter().map(|claim| claim.as_object().cloned().unwrap()).collect();
        ImportedRecord { record: record_id(DATASET, kind, id), source_id: id.to_owned(), claims }
    }

    fn party(id: &str) -> String {
        format!(r#"{{"prop":"party","value":{{"role":"accused","subject":"{}"}}}}"#, record_id(DATASET, SUBJECT, id))
    }

    #[test]
    fn each_record_is_handed_in_once() {
        const FILE: &[u8] = include_bytes!("../../../cli/data/incidents.json");
        let file = crate::import::read(FILE, DATASET).unwrap();
        let same = |other: &str| {
            let other = record_id(DATASET, SUBJECT, other);
            format!(
                r#"{{"prop":"judgement","value":{{"record":"{other}","relation":"same_as","verdict":"positive"}}}}"#
            )
        };
        let knot =
            vec![record(SUBJECT, "x", &same("y")), record(SUBJECT, "y", &same("x")), record(SUBJECT, "z", &same("z"))];
        for records in [file.records, knot] {
            for most in [0, 100, 100_000] {
                let mut found: Vec<RecordId> =
                    requests(&records, most).iter().flatten().map(|record| record.record).collect();
                let mut all: Vec<RecordId> = records.iter().map(|record| record.record).collect();
                found.sort_unstable();
                all.sort_unstable();
                assert_eq!(found, all, "{most}");
            }
        }
    }

    #[test]
    fn a_subject_is_handed_in_with_what_accuses_it() {
        let named = r#"{"prop":"subject_type","value":"person"}"#;
        let other = record_id(DATASET, SUBJECT, "b");
        let same = format!(r#"{{"record":"{other}","relation":"same_as","verdict":"positive"}}"#);
        let file = [
            record(SUBJECT, "a", named),
            record(SUBJECT, "b", named),
            record(SUBJECT, "nobody", named),
            record(INCIDENT, "i", r#"{"prop":"date","value":"2013"},{"prop":"date","value":"2014"}"#),
            record(CASE, "c", &format!("{},{}", party("b"), party("a"))),
            record(CASE, "d", &party("a")),
            record(SUBJECT, "later", named),
            record(SUBJECT, "x", &format!(r#"{{"prop":"judgement","value":{same}}}"#)),
            record(CASE, "e", &party("later")),
        ];
        for (most, told) in [
            (100, &[&["nobody", "i", "a", "b", "x", "c", "d", "later", "e"][..]][..]),
            (5, &[&["nobody", "i"], &["a", "b", "x", "c"], &["d", "later", "e"]]),
            (0, &[&["nobody"], &["i"], &["a", "b", "x", "c"], &["d"], &["later", "e"]]),
        ] {
            let requests = requests(&file, most);
            let ids = |request: &Vec<&ImportedRecord>| {
                let mut ids: Vec<String> = request.iter().map(|record| record.source_id.clone()).collect();
                // Which of two subjects of one case comes first is that of their ids.
                if let Some(pair) = ids.windows(2).position(|pair| pair == ["b", "a"]) {
                    ids.swap(pair, pair + 1);
                }
                ids
            };
            let found: Vec<Vec<String>> = requests.iter().map(ids).collect();
            assert_eq!(found, told, "{most}");
        }
    }
}
