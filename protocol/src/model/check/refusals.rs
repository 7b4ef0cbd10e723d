//! Each refusal, provoked by the least file that does, and told in three languages. MODEL §7.
//!
//! The files stand in `check/refused/`: `kind` and `file` are what `isnad record new KIND --from FILE` reads, `space` and `path`
//! what the refusal depends on and names. Where `long` is given, each `LONG` in the file stands for so many letters. `only:
//! model` marks what no file can provoke, for the program puts it right or stops before.

use std::collections::BTreeSet;

use super::*;
use crate::encoding::json;
use crate::id::{self, RecordId};
use crate::locale::Language;
use crate::model::draft::{Audience, Draft};
use crate::model::problem;

const FILES: &[&str] = &[
    include_str!("refused/accusation_without_basis.json"),
    include_str!("refused/accusation_without_standard.json"),
    include_str!("refused/accusation_without_wording.json"),
    include_str!("refused/attribution_without_subject.json"),
    include_str!("refused/claim_too_large.json"),
    include_str!("refused/control_character.json"),
    include_str!("refused/control_in_identifier.json"),
    include_str!("refused/control_in_name.json"),
    include_str!("refused/control_in_title.json"),
    include_str!("refused/coordinate_alone.json"),
    include_str!("refused/coordinate_range.json"),
    include_str!("refused/count_negative.json"),
    include_str!("refused/count_reversed.json"),
    include_str!("refused/evidence_without_digest.json"),
    include_str!("refused/interval_reversed.json"),
    include_str!("refused/lang_not_bcp47.json"),
    include_str!("refused/line_end_in_title.json"),
    include_str!("refused/longitude_alone.json"),
    include_str!("refused/longitude_out_of_range.json"),
    include_str!("refused/marking_wider.json"),
    include_str!("refused/missing_field.json"),
    include_str!("refused/missing_lang.json"),
    include_str!("refused/missing_member.json"),
    include_str!("refused/not_a_claim.json"),
    include_str!("refused/not_a_record.json"),
    include_str!("refused/not_canonical.json"),
    include_str!("refused/not_edtf.json"),
    include_str!("refused/not_nfc.json"),
    include_str!("refused/override_in_identifier.json"),
    include_str!("refused/override_in_name.json"),
    include_str!("refused/person_in_public.json"),
    include_str!("refused/person_not_accused.json"),
    include_str!("refused/place_withheld.json"),
    include_str!("refused/reason_without_wording.json"),
    include_str!("refused/restricted_only.json"),
    include_str!("refused/role_without_basis.json"),
    include_str!("refused/stands_twice.json"),
    include_str!("refused/subject_of_no_type.json"),
    include_str!("refused/testimony_without_consent.json"),
    include_str!("refused/text_too_long.json"),
    include_str!("refused/topic_without_standard.json"),
    include_str!("refused/unknown_agent.json"),
    include_str!("refused/unknown_code.json"),
    include_str!("refused/unknown_field.json"),
    include_str!("refused/unknown_kind.json"),
    include_str!("refused/unknown_member.json"),
    include_str!("refused/unknown_property.json"),
    include_str!("refused/unknown_standard.json"),
    include_str!("refused/wording_without_lang.json"),
    include_str!("refused/wrong_kind.json"),
    include_str!("refused/wrong_type.json"),
];

/// A file, and what it is refused for.
struct Case {
    code: String,
    path: String,
    kind: u8,
    claims: Vec<Json>,
    space: Audience,
}

impl Case {
    fn read(text: &str) -> Self {
        let case: serde_json::Value = serde_json::from_str(text).unwrap();
        let member = |key: &str| case[key].as_str().map(str::to_owned);
        let long = usize::try_from(case["long"].as_u64().unwrap_or(0)).unwrap();
        let file = case["file"].to_string().replace("\"LONG\"", &format!("\"{}\"", "a".repeat(long)));
        let claims = match member("only") {
            // As no file says it: not brought to normal form.
            Some(_) => json::decode(file.as_bytes()).unwrap().get("claims").unwrap().as_list().unwrap().to_vec(),
            None => Draft::parse(file.as_bytes()).unwrap().claims,
        };
        let space = if member("space").as_deref() == Some("public") { Audience::Public } else { Audience::Members };
        let kind = id::kind_code(&member("kind").unwrap()).unwrap_or(99);
        Self { code: member("code").unwrap(), path: member("path").unwrap(), kind, claims, space }
    }

    fn refused(&self) -> Vec<Problem> {
        Draft { claims: self.claims.clone(), space: Some(self.space) }.check(self.kind)
    }
}

#[test]
fn each_refusal_is_provoked_by_a_file_of_its_own() {
    let mut seen = BTreeSet::new();
    for text in FILES {
        let case = Case::read(text);
        let found: Vec<_> = case.refused().into_iter().map(|problem| (problem.code, problem.path)).collect();
        assert_eq!(found, [(case.code.as_str(), case.path.clone())], "{}", case.code);
        seen.insert(case.code);
    }
    assert!(seen.iter().map(String::as_str).eq(problem::CODES.iter().copied()), "{seen:?}");
}

#[test]
fn each_refusal_is_told_in_three_languages_without_gaps() {
    for text in FILES {
        for problem in Case::read(text).refused() {
            let told = Language::ALL.map(|language| (problem.why_in(language), problem.try_in(language)));
            let texts: BTreeSet<_> = told.iter().flat_map(|(why, try_)| [why, try_]).collect();
            assert_eq!(texts.len(), 6, "{told:?}");
            for name in ["{property}", "{found}", "{known}", "{max}", "{example}", "{due}", "{member}", "{kinds}"] {
                assert!(texts.iter().all(|text| !text.contains(name)), "{told:?}");
            }
            assert_eq!((&told[1].0, &told[1].1), (&problem.why, &problem.try_), "English is the text in JSON");
        }
    }
}

#[test]
fn a_marking_may_be_stricter_than_the_space() {
    for (space, marking, is_refused) in [
        ("tlp:clear", "tlp:clear", false),
        ("tlp:clear", "tlp:red", false),
        ("tlp:amber", "tlp:green", true),
        ("tlp:amber", "tlp:amber", false),
        ("tlp:amber", "tlp:amber+strict", false),
        ("tlp:red", "tlp:amber", true),
    ] {
        let claim = format!(r#"{{"lang":"en","marking":"{marking}","prop":"title","value":"Douma"}}"#);
        let claims = [json::decode(claim.as_bytes()).unwrap()];
        let records = vec![Submitted { kind: kinds::INCIDENT, record: None, claims: &claims }];
        let submission = Submission { space_tlp: space, is_restricted: true, is_new_record: true, records };
        let codes: Vec<_> = check_submission(&submission).into_iter().map(|problem| problem.code).collect();
        assert_eq!(codes == ["marking_wider"], is_refused, "{marking} in {space}: {codes:?}");
    }
}

fn claims(text: &str) -> Vec<Json> {
    let text = text.replace("@P", "subject/8690e26d4f0b1c2d3e4f5061728394");
    let text = text.replace("@S", "source/8690e26d4f0b1c2d3e4f5061728394");
    json::decode(format!("[{text}]").as_bytes()).unwrap().as_list().unwrap().to_vec()
}

const PERSON: &str = r#"{"prop":"subject_type","value":"person"}"#;
const DECLARED: &str = r#"{"prop":"declaration","value":"not_victim_or_witness"}"#;
const ROLE: &str = r#"{"basis":[{"source":"@S"}],"prop":"role","standard":"unstated","value":"commander","wording":{"unavailable":"not_seen"}}"#;
const PARTY: &str = r#"{"prop":"party","value":{"role":"accused","subject":"@P"}}"#;

#[test]
fn a_person_is_named_with_an_accusation_or_a_declaration() {
    let named = RecordId::parse("subject/8690e26d4f0b1c2d3e4f5061728394").ok();
    let other = RecordId::parse("subject/00000000000000000000000000beef").ok();
    for (record, own, case, is_new, is_restricted, is_refused) in [
        (named, PERSON.to_owned(), None, true, false, true),
        (named, PERSON.to_owned(), None, false, false, true),
        (named, PERSON.to_owned(), None, true, true, false),
        (named, format!("{PERSON},{DECLARED}"), None, true, false, false),
        (named, format!("{PERSON},{ROLE}"), None, true, false, false),
        (named, PERSON.to_owned(), Some(PARTY), true, false, false),
        (None, PERSON.to_owned(), Some(PARTY), true, false, false),
        (other, PERSON.to_owned(), Some(PARTY), true, false, true),
        (named, r#"{"prop":"name","value":"A. B."}"#.to_owned(), None, true, false, true),
        (named, r#"{"prop":"name","value":"A. B."}"#.to_owned(), None, false, false, false),
        (named, r#"{"prop":"subject_type","value":"group"}"#.to_owned(), None, true, false, false),
    ] {
        let (own, case) = (claims(&own), case.map(claims));
        let mut records = vec![Submitted { kind: kinds::SUBJECT, record, claims: &own }];
        records.extend(case.iter().map(|claims| Submitted { kind: kinds::CASE, record: None, claims }));
        let submission = Submission { space_tlp: "tlp:amber", is_restricted, is_new_record: is_new, records };
        let codes: Vec<_> = check_submission(&submission).into_iter().map(|problem| problem.code).collect();
        assert_eq!(codes == ["person_not_accused"], is_refused, "{own:?} {case:?}: {codes:?}");
    }
}

#[test]
fn a_case_names_no_victim_witness_or_complainant() {
    let named = RecordId::parse("subject/8690e26d4f0b1c2d3e4f5061728394").ok();
    let own = claims(PERSON);
    for (role, is_refused) in [
        (Some("accused"), false),
        (Some("defendant"), false),
        (Some("متهم"), false),
        (Some("المدعى عليه"), false),
        (None, true),
        (Some("Victim"), true),
        (Some("vicitm"), true),
        (Some("mother of the accused"), true),
        (Some("Zeuge"), true),
        (Some("expert_witness"), true),
        (Some("partie civile"), true),
        (Some("Témoin"), true),
        (Some("الضحية"), true),
        (Some("شاهد عيان"), true),
        (Some("المدعي"), true),
        (Some("المجني عليها"), true),
    ] {
        let role = role.map(|role| format!(r#""role":"{role}","#)).unwrap_or_default();
        let case = claims(&format!(r#"{{"prop":"party","value":{{{role}"subject":"@P"}}}}"#));
        let records = vec![
            Submitted { kind: kinds::SUBJECT, record: named, claims: &own },
            Submitted { kind: kinds::CASE, record: None, claims: &case },
        ];
        let submission = Submission { space_tlp: "tlp:amber", is_restricted: false, is_new_record: true, records };
        let codes: Vec<_> = check_submission(&submission).into_iter().map(|problem| problem.code).collect();
        assert_eq!(codes == ["person_not_accused"], is_refused, "{role}: {codes:?}");
    }
}

#[test]
fn of_several_records_the_path_says_which() {
    let (first, second) = (claims(PARTY), claims(PERSON));
    let records = vec![
        Submitted { kind: kinds::INCIDENT, record: None, claims: &first },
        Submitted { kind: kinds::SUBJECT, record: None, claims: &second },
    ];
    let submission = Submission { space_tlp: "tlp:amber", is_restricted: false, is_new_record: true, records };
    let paths: Vec<_> = check_submission(&submission).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["records[0].claims[0].prop", "records[1].claims[0].value"]);
}
