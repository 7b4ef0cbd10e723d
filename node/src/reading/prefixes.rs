//! How many digits of an id name its record among all that are held: ids are chosen freely, and one that begins like another's must
//! not pass for it where both are shown shortened.

use std::collections::BTreeMap;

use isnad_protocol::id::RecordId;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::problem::Problem;

/// The digits that every shortened id has, as many as [`Reader::resolve`] asks for.
const LEAST: usize = 8;
/// The bytes that hold them, behind that of the kind.
const LEAST_BYTES: usize = LEAST / 2;
/// Looks into the index up to which those that begin alike are looked up; of more records, all that are held are read at once.
const LOOKS: usize = 8_192;

/// The digits that an id has behind its kind.
const DIGITS: usize = 30;

/// What names a record alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// The first digits of its id.
    pub digits: usize,
    /// True if a record of another kind has all of its digits too: it is named with its kind alone, and the digits are those that
    /// tell it from others of that.
    pub has_kind: bool,
}

impl Reader<'_> {
    /// Of these records, those that it takes more than 8 digits to tell from every other, and what it takes.
    ///
    /// # Errors
    /// [`Problem`] if the index cannot be read.
    pub fn prefixes(&self, asked: &[RecordId]) -> Result<BTreeMap<RecordId, Prefix>, Problem> {
        let index = self.node.index()?;
        let kinds = index.kinds()?;
        let mut held: Vec<RecordId> = asked.to_vec();
        for kind in &kinds {
            if asked.len().saturating_mul(kinds.len()) > LOOKS {
                held.extend(index.records(&[*kind])?);
                continue;
            }
            for record in asked {
                let start = tail(record).get(..LEAST_BYTES).unwrap_or_default();
                held.extend(index.records(&[&[*kind][..], start].concat())?);
            }
        }
        Ok(longer(asked, held))
    }
}

/// The same among records that are held. Of those in order, what is most alike stands beside each other.
fn longer(asked: &[RecordId], mut held: Vec<RecordId>) -> BTreeMap<RecordId, Prefix> {
    held.sort_unstable();
    held.dedup();
    let mut by_digits = held.clone();
    by_digits.sort_unstable_by(|one, other| tail(one).cmp(tail(other)).then_with(|| one.cmp(other)));
    let of_kind = |kind: u8| {
        let from = held.partition_point(|other| other.kind_code() < kind);
        let until = held.partition_point(|other| other.kind_code() <= kind);
        held.get(from..until).unwrap_or_default()
    };
    let mut longer = BTreeMap::new();
    for record in asked {
        let digits = needed(record, &by_digits, |other| (tail(other), other) < (tail(record), record));
        if digits > DIGITS {
            let digits = needed(record, of_kind(record.kind_code()), |other| other < record);
            longer.insert(*record, Prefix { digits, has_kind: true });
        } else if digits > LEAST {
            longer.insert(*record, Prefix { digits, has_kind: false });
        }
    }
    longer
}

/// Digits that tell a record from those beside it in their order, at least eight.
fn needed(record: &RecordId, held: &[RecordId], is_before: impl Fn(&RecordId) -> bool) -> usize {
    let at = held.partition_point(is_before);
    let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().filter_map(|place| held.get(place));
    beside.map(|other| alike(record, other).saturating_add(1)).fold(LEAST, usize::max)
}

/// Digits that two ids begin with alike.
fn alike(one: &RecordId, other: &RecordId) -> usize {
    let digits = |record: &RecordId| tail(record).iter().flat_map(|byte| [byte >> 4, byte & 15]).collect::<Vec<u8>>();
    digits(one).into_iter().zip(digits(other)).take_while(|(one, other)| one == other).count()
}

/// The bytes of the digits, without the kind.
fn tail(record: &RecordId) -> &[u8] {
    record.as_bytes().get(1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> RecordId {
        let (kind, digits) = text.split_once('/').unwrap();
        RecordId::parse(&format!("{kind}/{digits:0<30}")).unwrap()
    }

    fn needed(asked: &str, held: &[&str]) -> Option<usize> {
        with_kind(asked, held).map(|(digits, has_kind)| {
            assert!(!has_kind);
            digits
        })
    }

    fn with_kind(asked: &str, held: &[&str]) -> Option<(usize, bool)> {
        let asked = record(asked);
        let held = held.iter().map(|text| record(text)).chain([asked]).collect();
        longer(&[asked], held).get(&asked).map(|prefix| (prefix.digits, prefix.has_kind))
    }

    #[test]
    fn an_id_that_begins_like_another_needs_the_digit_that_tells_them_apart() {
        assert_eq!(needed("incident/aaaaaaaa1", &[]), None);
        assert_eq!(needed("incident/aaaaaaaa1", &["incident/aaaaaaab", "incident/bb"]), None);
        assert_eq!(needed("incident/aaaaaaaa1", &["incident/aaaaaaaa2"]), Some(9));
        assert_eq!(needed("incident/aaaaaaaa1111111", &["incident/aaaaaaaa2", "subject/aaaaaaaa1111112"]), Some(15));
        assert_eq!(
            needed("incident/aaaaaaaa2", &["incident/aaaaaaaa1", "incident/aaaaaaaa21", "incident/b"]),
            Some(10)
        );
        assert_eq!(with_kind("incident/abc", &["subject/abc"]), Some((8, true)));
        let others = ["subject/aaaaaaaa2", "incident/aaaaaaaa21", "subject/aaaaaaaa3"];
        assert_eq!(with_kind("incident/aaaaaaaa2", &others), Some((10, true)));
    }

    #[test]
    fn what_is_shown_begins_no_other_id() {
        let mut held = Vec::new();
        for number in 0_u32..400 {
            let (kind, hash) =
                (if number % 3 == 0 { "subject" } else { "incident" }, number.wrapping_mul(2_654_435_761));
            held.push(record(&format!("{kind}/aaaaaaa{:x}{:x}", hash >> 28, (hash >> 8) & 0xfff)));
        }
        held.sort_unstable();
        held.dedup();
        let longer = longer(&held, held.clone());
        for one in &held {
            let digits = |record: &RecordId| record.to_string().split_once('/').unwrap().1.to_owned();
            let found = longer.get(one).copied().unwrap_or(Prefix { digits: LEAST, has_kind: false });
            let shown: String = digits(one).chars().take(found.digits).collect();
            let is_meant = |other: &&RecordId| !found.has_kind || other.kind_code() == one.kind_code();
            let others = held.iter().filter(|other| *other != one && digits(other).starts_with(&shown));
            assert_eq!(others.filter(is_meant).count(), 0, "{one}: {shown}");
        }
    }
}
