//! Whatever its standing, an entry is explained in each language down to the acts and to the number of the rule.

use isnad_protocol::act::Role;
use isnad_protocol::governance::Unauthorised;
use isnad_protocol::id::SpaceId;
use isnad_protocol::standing::Standing;
use isnad_protocol::time::{Day, Timestamp};

use super::*;
use crate::commands::acts::tests::{ACT, ENTRY, KEY, ORGANISATION, OTHER, are_told, described, who};

fn explained(standing: Standing, why: Option<Unauthorised>) -> EntryExplained {
    let act = described("organisation", Vec::new());
    let key = KeyExplained {
        role: "contributor".to_owned(),
        label: "56".to_owned(),
        expires: Day::new(2030, 1, 31),
        granted_by: Some(act.clone()),
        revoked_by: vec![act.clone()],
        lost_to: Some(act.clone()),
        after_halt: true,
    };
    let cut = |last, is_within| CutExplained { act: act.clone(), last, is_within };
    let word =
        |organisation, knew| AcknowledgedBy { organisation, entry: ENTRY, key: KEY, seq: 1, time: Timestamp(0), knew };
    EntryExplained {
        entry: ENTRY,
        space: SpaceId::new([0x77; 32]),
        space_name: "members".to_owned(),
        author: KEY,
        seq: 7,
        organisation: ORGANISATION,
        kind: "change".to_owned(),
        record: None,
        time: Timestamp(0),
        standing,
        code: standing.code(),
        why: why.map(|why| why.code().to_owned()),
        rules: isnad_node::reading::rules(standing, why),
        key: Some(key),
        member_by: Some(act.clone()),
        is_member: true,
        cuts: vec![cut(None, false), cut(Some(9), true), cut(Some(3), false)],
        fork: Some(5),
        acknowledged: vec![word(ORGANISATION, Vec::new()), word(OTHER, vec![ACT])],
        others: 2,
    }
}

#[test]
fn each_standing_is_explained_with_its_acts_and_its_rule_in_each_language() {
    let who = who();
    let role = Role::Reader;
    let whys = [Unauthorised::NotAMember, Unauthorised::NotGranted, Unauthorised::Role { role }].map(Some);
    let mut all: Vec<[String; 3]> = Vec::new();
    for standing in Standing::ALL {
        let whys: &[_] = if standing == Standing::Unauthorised { &whys } else { &[None] };
        for why in whys {
            let told = explained(standing, *why);
            let texts = are_told(|session| Explaining { session, who: &who, told: &told }.text());
            for text in &texts {
                // Lines are broken where they are long.
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(told.rules.iter().all(|rule| text.contains(&format!("§{rule}"))), "{standing:?}: {text}");
                assert!(text.contains(&format!(" {})", told.code)), "{standing:?}: {text}");
                assert!(text.matches(&ACT.to_short()).count() >= 7, "{standing:?}: {text}");
            }
            assert!(!all.contains(&texts), "{standing:?} is told like another");
            all.push(texts);
        }
    }
}

#[test]
fn what_is_not_there_is_told_too() {
    let who = who();
    for kind in ["change", "attestation", "redaction", "unknown"] {
        let told = EntryExplained {
            kind: kind.to_owned(),
            space_name: "public".to_owned(),
            key: None,
            member_by: None,
            is_member: false,
            cuts: Vec::new(),
            fork: Some(9),
            acknowledged: Vec::new(),
            ..explained(Standing::Counts, None)
        };
        are_told(|session| Explaining { session, who: &who, told: &told }.text());
    }
}
