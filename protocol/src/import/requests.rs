//! Which records of a file are handed in together, so that each request stands by itself.

use std::collections::BTreeMap;

use super::ImportedRecord;
use crate::id::RecordId;
use crate::model::Accused;
use crate::model::kinds::SUBJECT;

/// Returns the records of a file in requests of at most so many claims, or of what cannot be parted. Order is the file's, but
/// that a subject stands before the first record that accuses, lists or tries it, and in one request with it: a person is named
/// where that is said, and a request is judged by what stands in it and what is held. MODEL §7, rule 5.
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
    let mut subjects: BTreeMap<RecordId, usize> = subjects.map(|(place, record)| (record.record, place)).collect();
    let mut waiting: BTreeMap<usize, Wait<'_>> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        let mut accused = Accused::default();
        accused.add(record.record.kind_code(), &record.claims);
        for subject in accused.subjects() {
            let Some(stands) = subjects.remove(&subject) else { continue };
            // One that stands behind what accuses it is named by what is held then.
            let Some(named) = records.get(stands).filter(|_| stands < place) else { continue };
            waiting.insert(stands, Wait::Until);
            match waiting.entry(place).or_insert_with(|| Wait::For(Vec::new())) {
                Wait::For(with) => with.push(named),
                Wait::Until => {}
            }
        }
    }
    waiting
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
        format!(r#"{{"prop":"party","value":{{"subject":"{}"}}}}"#, record_id(DATASET, SUBJECT, id))
    }

    #[test]
    fn a_subject_is_handed_in_with_what_accuses_it() {
        let named = r#"{"prop":"subject_type","value":"person"}"#;
        let file = [
            record(SUBJECT, "a", named),
            record(SUBJECT, "b", named),
            record(SUBJECT, "nobody", named),
            record(INCIDENT, "i", r#"{"prop":"date","value":"2013"},{"prop":"date","value":"2014"}"#),
            record(CASE, "c", &format!("{},{}", party("b"), party("a"))),
            record(CASE, "d", &party("a")),
        ];
        for (most, told) in [
            (100, &[&["nobody", "i", "a", "b", "c", "d"][..]][..]),
            (4, &[&["nobody", "i"], &["a", "b", "c"], &["d"]]),
            (0, &[&["nobody"], &["i"], &["a", "b", "c"], &["d"]]),
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
