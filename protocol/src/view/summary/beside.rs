//! What others say of a record's claims: no list and no export is without it, whoever counts. MODEL §8.12, §8.15, §9.3.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId};
use crate::view::material::spoken;
use crate::view::replies::Named;
use crate::view::{Policy, Sheets};

/// What stands beside a record's claims by anybody's word: a reader's policy leaves none of it out.
pub(super) struct Beside {
    pub(super) disputes: usize,
    pub(super) replies: usize,
    pub(super) retracted: usize,
    pub(super) not_same_as: BTreeSet<RecordId>,
}

impl Beside {
    pub(super) fn of(record: RecordId, sheets: &Sheets) -> Self {
        let everyone = Policy::default();
        let replying: Vec<&Json> =
            spoken(sheets, &everyone, &["response"]).filter_map(|(_, said)| said.claim.value()).collect();
        let replies = if replying.is_empty() {
            0
        } else {
            let named = Named::in_sheets(record, sheets);
            replying.into_iter().filter(|reply| named.may_reply(reply)).count()
        };
        let (mut disputes, mut not_same_as) = (BTreeSet::new(), BTreeSet::new());
        for (sheet, said) in spoken(sheets, &everyone, &["opinion", "judgement"]) {
            let text = |key: &str| said.claim.value().and_then(|value| value.get(key)).and_then(Json::as_text);
            match said.claim.prop() {
                Some("opinion") if text("stance") == Some("dispute") => {
                    // Whoever says it twice disputes it once, and what nobody said is disputed by nobody.
                    let whose = text("organisation").and_then(|text| OrganisationId::parse(text).ok());
                    let claim = text("claim").and_then(|text| ClaimId::parse(text).ok());
                    let entry = text("entry").and_then(|text| EntryId::parse(text).ok());
                    let is_said = |claim| {
                        let of =
                            sheets.values().filter(|sheet| whose.is_none_or(|whose| sheet.key.organisation == whose));
                        of.into_iter().any(|sheet| sheet.claims.contains_key(&claim))
                    };
                    if claim.map_or(entry.is_some(), is_said) {
                        disputes.insert((sheet.key.organisation, whose, claim, entry));
                    }
                }
                Some("judgement") if (text("relation"), text("verdict")) == (Some("same_as"), Some("negative")) => {
                    not_same_as.extend(text("record").and_then(|record| RecordId::parse(record).ok()));
                }
                _ => {}
            }
        }
        let retracted = sheets.values().map(|sheet| sheet.retractions.len()).sum();
        Self { disputes: disputes.len(), replies, retracted, not_same_as }
    }
}
