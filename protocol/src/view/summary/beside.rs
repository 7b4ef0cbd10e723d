//! What others say of a record's claims: no list and no export is without it, whoever counts. MODEL §8.12, §8.15, §9.3.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::view::material::spoken;
use crate::view::{Policy, Sheets};

/// What stands beside a record's claims by anybody's word: a reader's policy leaves none of it out.
pub(super) struct Beside {
    pub(super) disputes: usize,
    pub(super) replies: usize,
    pub(super) retracted: usize,
    pub(super) not_same_as: BTreeSet<RecordId>,
}

impl Beside {
    pub(super) fn of(sheets: &Sheets) -> Self {
        let everyone = Policy::default();
        let (mut disputes, mut replies, mut not_same_as) = (0_usize, 0_usize, BTreeSet::new());
        for (_, said) in spoken(sheets, &everyone, &["opinion", "response", "judgement"]) {
            let text = |key: &str| said.claim.value().and_then(|value| value.get(key)).and_then(Json::as_text);
            match said.claim.prop() {
                Some("opinion") if text("stance") == Some("dispute") => disputes = disputes.saturating_add(1),
                Some("response") => replies = replies.saturating_add(1),
                Some("judgement") if (text("relation"), text("verdict")) == (Some("same_as"), Some("negative")) => {
                    not_same_as.extend(text("record").and_then(|record| RecordId::parse(record).ok()));
                }
                _ => {}
            }
        }
        let retracted = sheets.values().map(|sheet| sheet.retractions.len()).sum();
        Self { disputes, replies, retracted, not_same_as }
    }
}
