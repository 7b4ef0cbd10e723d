//! What others say of a record's claims: no list and no export is without it, whoever counts. MODEL §8.12, §8.15, §9.3.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId};
use crate::sheet::Said;
use crate::view::material::spoken;
use crate::view::replies::Named;
use crate::view::{Policy, Sheets};

/// What stands beside a record's claims by anybody's word: a reader's policy leaves none of it out.
pub(super) struct Beside {
    pub(super) disputes: usize,
    pub(super) replies: usize,
    pub(super) replies_of: BTreeMap<RecordId, usize>,
    pub(super) retracted: usize,
    pub(super) not_same_as: BTreeSet<RecordId>,
}

impl Beside {
    pub(super) fn of(record: RecordId, sheets: &Sheets) -> Self {
        let everyone = Policy::default();
        let replying: Vec<&Json> =
            spoken(sheets, &everyone, &["response"]).filter_map(|(_, said)| said.claim.value()).collect();
        let (mut replies, mut replies_of) = (0_usize, BTreeMap::new());
        if !replying.is_empty() {
            let named = Named::in_sheets(record, sheets);
            for reply in replying.into_iter().filter(|reply| named.may_reply(reply)) {
                replies = replies.saturating_add(1);
                let subject = reply.get("subject").and_then(Json::as_text).and_then(|text| RecordId::parse(text).ok());
                if let Some(subject) = subject.filter(|subject| *subject != record) {
                    let count: &mut usize = replies_of.entry(subject).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        let (mut disputes, mut not_same_as) = (BTreeSet::new(), BTreeSet::new());
        for (sheet, said) in spoken(sheets, &everyone, &["opinion", "judgement"]) {
            let text = |key: &str| said.claim.value().and_then(|value| value.get(key)).and_then(Json::as_text);
            match said.claim.prop() {
                Some("opinion") if text("stance") == Some("dispute") => {
                    // Whoever says it twice disputes it once, and what nobody said is disputed by nobody.
                    let whose = text("organisation").and_then(|text| OrganisationId::parse(text).ok());
                    let claim = text("claim").and_then(|text| ClaimId::parse(text).ok());
                    let entry = text("entry").and_then(|text| EntryId::parse(text).ok());
                    // Whoever answers a dispute by another disputes no claim on the record, and what was taken back is disputed no more.
                    let is_said = |claim| {
                        let of =
                            sheets.values().filter(|sheet| whose.is_none_or(|whose| sheet.key.organisation == whose));
                        let is_claim = |said: &Said| !matches!(said.claim.prop(), Some("opinion" | "judgement"));
                        of.into_iter()
                            .any(|sheet| sheet.is_live(claim) && sheet.claims.get(&claim).is_some_and(is_claim))
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
        Self { disputes: disputes.len(), replies, replies_of, retracted, not_same_as }
    }
}
