//! How ids are shown: by as many of their first digits as name one alone. Ids of records are chosen freely, so that one can be made
//! to begin like another.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::Prefix;
use isnad_protocol::id::{ClaimId, RecordId};

use crate::client::Client;
use crate::error::Problem;

/// Digits of a record in a list, and of whatever is typed for it.
pub(crate) const LIST: usize = 8;
/// Digits of a record in a command that is printed to be copied.
pub(crate) const COMMAND: usize = 10;
/// Digits of a record or claim on a page.
pub(crate) const PAGE: usize = 12;

/// The ids on a page or in a list for which the usual number of digits is too few, and how many it takes.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// Against all records that the node holds.
    records: BTreeMap<RecordId, Prefix>,
    /// Against the other claims of the page: whoever names a claim names its record with it.
    claims: BTreeMap<String, usize>,
}

/// Nothing needs more digits than usual.
pub(crate) static USUAL: Ids = Ids { records: BTreeMap::new(), claims: BTreeMap::new() };

impl Ids {
    /// Of these records.
    pub(crate) async fn of(client: &Client, records: impl IntoIterator<Item = RecordId>) -> Result<Self, Problem> {
        let records: BTreeSet<RecordId> = records.into_iter().collect();
        if records.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self { records: client.post("/prefixes", &records).await?, claims: BTreeMap::new() })
    }

    /// Of all records and claims that an answer of the node names.
    pub(crate) async fn on_page(client: &Client, answer: &[u8]) -> Result<Self, Problem> {
        let text = String::from_utf8_lossy(answer);
        let strings = || text.split('"');
        let ids = Self::of(client, strings().filter_map(|text| RecordId::parse(text).ok())).await?;
        Ok(Self { claims: apart(strings().filter(|text| ClaimId::parse(text).is_ok())), ..ids })
    }

    /// The digits that name a record, at least so many; with its kind, where only that tells it from another.
    pub(crate) fn record(&self, record: RecordId, least: usize) -> String {
        let (text, prefix) = (record.to_string(), self.records.get(&record));
        let (kind, digits) = text.split_once('/').unwrap_or(("", &text));
        let digits: String = digits.chars().take(prefix.map_or(0, |prefix| prefix.digits).max(least)).collect();
        if prefix.is_some_and(|prefix| prefix.has_kind) { format!("{kind}/{digits}") } else { digits }
    }

    /// The same with its kind.
    pub(crate) fn record_and_kind(&self, record: RecordId) -> String {
        let (text, digits) = (record.to_string(), self.record(record, PAGE));
        match text.split_once('/').filter(|_| !digits.contains('/')) {
            Some((kind, _)) => format!("{kind}/{digits}"),
            None => digits,
        }
    }

    /// The digits that name a claim, or an entry, on the page.
    pub(crate) fn claim(&self, id: &str) -> String {
        id.chars().take(self.claims.get(id).copied().unwrap_or(0).max(PAGE)).collect()
    }
}

/// Of ids in hexadecimal digits, those that begin with the twelve of another, and how many tell them apart.
fn apart<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let ids: BTreeSet<&str> = ids.collect();
    let mut longer: BTreeMap<String, usize> = BTreeMap::new();
    for (one, other) in ids.iter().zip(ids.iter().skip(1)) {
        let alike = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        if alike >= PAGE {
            for id in [one, other] {
                let needed = longer.entry((*id).to_owned()).or_default();
                *needed = alike.saturating_add(1).max(*needed);
            }
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_begins_like_another_is_shown_up_to_where_they_part() {
        let record = |text: &str| RecordId::parse(text).unwrap();
        let (one, twin) = ("incident/aaaaaaaaaaaaaaaa00000000000001", "subject/aaaaaaaaaaaaaaaa00000000000001");
        let prefix = |digits, has_kind| Prefix { digits, has_kind };
        let records = [(record(one), prefix(18, false)), (record(twin), prefix(9, true))].into();
        let ids = Ids { records, claims: BTreeMap::new() };
        assert_eq!(ids.record(record(one), LIST), "aaaaaaaaaaaaaaaa00");
        assert_eq!(ids.record_and_kind(record(one)), "incident/aaaaaaaaaaaaaaaa00");
        assert_eq!(ids.record(record(twin), LIST), "subject/aaaaaaaaa");
        assert_eq!(ids.record_and_kind(record(twin)), "subject/aaaaaaaaaaaa");
        assert_eq!(USUAL.record(record(one), LIST), "aaaaaaaa");
    }

    #[test]
    fn claims_of_a_page_never_look_alike() {
        let (one, other, third) =
            (format!("{:a<40}{:0<24}", "", ""), format!("{:a<40}{:1<24}", "", ""), "b".repeat(64));
        let ids = Ids { records: BTreeMap::new(), claims: apart([&*one, &*other, &*third, &*one].into_iter()) };
        assert_eq!((ids.claim(&one).len(), ids.claim(&other).len(), ids.claim(&third).len()), (41, 41, PAGE));
        assert_ne!(ids.claim(&one), ids.claim(&other));
    }
}
