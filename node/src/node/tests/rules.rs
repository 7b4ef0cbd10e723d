//! One door: an import and a program's request pass the rules that a person's claims pass; and rule 5 over what is held.

use std::fmt::Write as _;

use isnad_protocol::encoding::json;

use super::*;
use crate::reading::Prefix;
use crate::writing::preview;

fn at(kind: u8, number: u32) -> RecordId {
    let mut bytes = [0; 16];
    bytes[0] = kind;
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    RecordId::new(bytes)
}

/// A change of claims; `@N` stands for subject N.
fn change(record: RecordId, claims: &str) -> Change {
    let mut text = format!("[{claims}]");
    for number in 1..=9 {
        text = text.replace(&format!("@{number}"), &at(2, number).to_string());
    }
    let claims = json::decode(text.as_bytes()).unwrap().as_list().unwrap().to_vec();
    Change { claims, ..Change::of(record) }
}

async fn hand_in(node: &Arc<Node>, space: &str, only_new: bool, changes: Vec<Change>) -> Result<Written, Problem> {
    writing::write(node, Request { space: space.into(), changes, only_new }).await
}

fn codes(outcome: Result<Written, Problem>) -> Vec<(String, String)> {
    let problems = outcome.err().map(|problem| problem.words.problems).unwrap_or_default();
    problems.into_iter().map(|broken| (broken.code, broken.path)).collect()
}

const PERSON: &str = r#"{"prop":"subject_type","value":"person"}"#;
const NAME: &str = r#"{"lang":"en","prop":"name","value":"A. B."}"#;
const SECOND_NAME: &str = r#"{"lang":"en","prop":"name","value":"C. D."}"#;
const DECLARED: &str = r#"{"prop":"declaration","value":"not_victim_or_witness"}"#;
const TRIED: &str = r#"{"prop":"party","value":{"role":"accused","subject":"@1"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_passes_every_rule_that_a_persons_claims_pass() {
    let (_homes, node) = alone().await;
    for (kind, claims, code, path) in [
        (1, r#"{"lang":"en","marking":"tlp:green","prop":"title","value":"T"}"#, "marking_wider", "claims[0].marking"),
        (6, r#"{"lang":"en","prop":"acquired_from","value":"A. B."}"#, "restricted_only", "claims[0]"),
        (6, r#"{"lang":"en","prop":"title","value":"T"}"#, "evidence_without_digest", "claims"),
        (2, NAME, "person_not_accused", "claims"),
        (2, PERSON, "person_not_accused", "claims[0].value"),
        (1, r#"{"prop":"colour","value":"red"}"#, "unknown_property", "claims[0].prop"),
        (1, r#"{"prop":"date","value":"soon"}"#, "not_edtf", "claims[0].value"),
    ] {
        for only_new in [true, false] {
            let said = codes(hand_in(&node, "members", only_new, vec![change(at(kind, 9), claims)]).await);
            let named = said.iter().any(|(found, place)| (found.as_str(), place.as_str()) == (code, path));
            assert!(named, "{claims} {only_new}: {said:?}");
        }
    }
    let two_dates = r#"{"prop":"date","value":"2013"},{"prop":"date","value":"2014"}"#;
    assert_eq!(codes(hand_in(&node, "members", true, vec![change(at(1, 1), two_dates)]).await), []);
    let again = hand_in(&node, "members", true, vec![change(at(1, 1), two_dates)]).await.unwrap();
    assert_eq!((again.known, again.entries.len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_named_where_the_request_or_what_is_held_accuses_it() {
    let (_homes, node) = alone().await;
    let person = || change(at(2, 1), &format!("{PERSON},{NAME}"));
    let refused = |path: &str| vec![("person_not_accused".to_owned(), path.to_owned())];
    assert_eq!(codes(hand_in(&node, "members", true, vec![person()]).await), refused("claims[0].value"));
    // The case comes with an earlier part of the same import.
    hand_in(&node, "members", true, vec![change(at(8, 1), TRIED)]).await.unwrap();
    hand_in(&node, "members", true, vec![person()]).await.unwrap();
    // Members know of the case, and nobody else does.
    assert_eq!(codes(hand_in(&node, "public", false, vec![person()]).await), refused("claims[0].value"));
    let both = vec![person(), change(at(8, 1), TRIED)];
    hand_in(&node, "public", false, both).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_known_already_is_no_further_named_without_a_declaration() {
    let (_homes, node) = alone().await;
    let say = |record: RecordId, claims: String| hand_in(&node, "members", false, vec![change(record, &claims)]);
    let subject = at(2, 1);
    let declared = say(subject, format!("{PERSON},{NAME},{DECLARED}")).await.unwrap().claims[2];
    say(subject, r#"{"prop":"birth_date","value":"1970"}"#.to_owned()).await.unwrap();
    let retraction = Retraction { claim: declared, reason: "error".into(), note: Some("a witness".into()) };
    write(&node, Change { retractions: vec![retraction], ..Change::of(subject) }).await.unwrap();
    let codes_of = |outcome| codes(outcome).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes_of(say(subject, SECOND_NAME.to_owned()).await), ["person_not_accused"]);
    let reply = r#"{"prop":"response","value":{"lang":"en","stance":"denies","subject":"@1","text":"No."}}"#;
    assert_eq!(
        codes(say(at(1, 1), reply.to_owned()).await),
        [("person_not_accused".to_owned(), "claims[0].value.subject".to_owned())]
    );
    // The declaration may come with the reply, on the record of the one who replies.
    let with_it = vec![change(at(1, 1), reply), change(subject, DECLARED)];
    hand_in(&node, "members", false, with_it).await.unwrap();
    say(subject, SECOND_NAME.to_owned()).await.unwrap();
    // What was a group may turn out to be one person.
    let group = at(2, 2);
    let first = say(group, r#"{"prop":"subject_type","value":"group"}"#.to_owned()).await.unwrap().claims[0];
    let turned = format!(r#"{{"prop":"subject_type","replaces":"{first}","value":"person"}}"#);
    assert_eq!(codes_of(say(group, turned.clone()).await), ["person_not_accused"]);
    say(group, format!("{turned},{DECLARED}")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_runs_again_names_nobody_by_what_was_taken_back() {
    let (_homes, node) = alone().await;
    let refused = [("person_not_accused".to_owned(), "changes[0].claims[0].value".to_owned())];
    let again = |more: &str| vec![change(at(2, 1), &format!("{PERSON},{NAME}{more}")), change(at(8, 1), TRIED)];
    let said = hand_in(&node, "members", true, again("")).await.unwrap().claims;
    let take_back = |record: RecordId, claim| {
        let retraction = Retraction { claim, reason: "error".into(), note: Some("a namesake".into()) };
        write(&node, Change { retractions: vec![retraction], ..Change::of(record) })
    };
    take_back(at(8, 1), said[2]).await.unwrap();
    assert_eq!(codes(hand_in(&node, "members", true, again(&format!(",{SECOND_NAME}"))).await), refused);
    // A declaration that was taken back declares nothing either.
    let declared = |more: &str| vec![change(at(2, 2), &format!("{PERSON},{NAME},{DECLARED}{more}"))];
    let said = hand_in(&node, "members", true, declared("")).await.unwrap().claims;
    take_back(at(2, 2), said[2]).await.unwrap();
    let found = codes(hand_in(&node, "members", true, declared(&format!(",{SECOND_NAME}"))).await);
    assert_eq!(found.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["person_not_accused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_same_as_a_group_is_no_person() {
    let (_homes, node) = alone().await;
    let same = |verdict: &str| {
        let value = format!(r#"{{"record":"@2","relation":"same_as","verdict":"{verdict}"}}"#);
        change(at(2, 1), &format!(r#"{{"prop":"alias","value":"the-unit"}},{{"prop":"judgement","value":{value}}}"#))
    };
    let group = change(at(2, 2), r#"{"prop":"subject_type","value":"group"}"#);
    for (changes, is_refused) in [
        (vec![same("positive")], true),
        (vec![same("negative"), group.clone()], true),
        (vec![same("positive"), group.clone()], false),
    ] {
        let shown = preview(&node, Request { space: "members".into(), changes, only_new: true }).await;
        assert_eq!(shown.is_err_and(|problem| problem.code == "person_not_accused"), is_refused);
    }
    hand_in(&node, "members", true, vec![group]).await.unwrap();
    hand_in(&node, "members", true, vec![same("positive")]).await.unwrap();
}

/// Each record is held against the rules once, and whom the request accuses is found once. Were each asked about all, this
/// would take 25 million checks.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_five_thousand_records_is_held_against_the_rules() {
    const RECORDS: u32 = 5_000;
    let (_homes, node) = alone().await;
    let mut parties = String::new();
    for number in 1..RECORDS {
        let _ = write!(parties, r#",{{"prop":"party","value":{{"role":"accused","subject":"{}"}}}}"#, at(2, number));
    }
    let case = change(at(8, 1), parties.trim_start_matches(','));
    let persons = (1..=RECORDS).map(|number| change(at(2, number), &format!("{PERSON},{NAME}")));
    let changes: Vec<Change> = persons.chain([case]).collect();
    let said = codes(hand_in(&node, "members", true, changes).await);
    assert_eq!(said, [("person_not_accused".to_owned(), "changes[4999].claims[0].value".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_in_use_is_pointed_out_where_it_is_not_refused() {
    let (_homes, node) = alone().await;
    let alias = r#"{"prop":"alias","value":"Douma"}"#;
    hand_in(&node, "members", false, vec![change(at(1, 1), alias)]).await.unwrap();
    hand_in(&node, "members", false, vec![change(at(1, 2), r#"{"prop":"date","value":"2013"}"#)]).await.unwrap();
    for (record, only_new, is_told) in [(2, false, true), (3, true, true), (1, false, false)] {
        let changes = vec![change(at(1, record), alias)];
        let shown = preview(&node, Request { space: "members".into(), changes, only_new }).await.unwrap();
        let told = shown.warnings.iter().filter(|warning| warning.code == "alias_taken");
        let told: Vec<&str> = told.filter_map(|warning| warning.values.get("record")).map(String::as_str).collect();
        assert_eq!(told, if is_told { vec![at(1, 1).to_string()] } else { Vec::new() }, "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_value_beside_ones_own_is_pointed_out() {
    let (_homes, node) = alone().await;
    let date = |day: &str, cited: &str| format!(r#"{{{cited}"prop":"date","value":"2018-04-{day}"}}"#);
    let written = hand_in(&node, "members", false, vec![change(at(1, 1), &date("07", ""))]).await.unwrap();
    let first = written.claims[0].to_short();
    let cited = format!(r#""according_to":"{}","#, at(9, 1));
    for (claim, is_told) in [(date("08", ""), true), (date("07", ""), false), (date("08", &cited), false)] {
        let changes = vec![change(at(1, 1), &claim)];
        let shown = preview(&node, Request { space: "members".into(), changes, only_new: false }).await.unwrap();
        let told = shown.warnings.iter().filter(|warning| warning.code == "second_value");
        let told: Vec<&str> = told.filter_map(|warning| warning.values.get("claim")).map(String::as_str).collect();
        assert_eq!(told, if is_told { vec![first.as_str()] } else { Vec::new() }, "{claim}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_an_id_names_its_record_alone() {
    let (_homes, node) = alone().await;
    let kinds = [(1, 1), (1, 2), (1, 0x21), (7, 3)];
    let records: Vec<RecordId> = kinds.into_iter().map(|(kind, number)| at(kind, number)).collect();
    let date = r#"{"prop":"date","value":"2013"}"#;
    let changes = records.iter().map(|record| change(*record, date)).collect();
    hand_in(&node, "members", false, changes).await.unwrap();
    let reader = Reader::new(&node);
    let longer = reader.prefixes(&records).unwrap();
    for record in &records {
        let digits = record.to_string().split_once('/').unwrap().1.to_owned();
        let needed = longer.get(record).map_or(8, |prefix| prefix.digits);
        let (shown, less) = (digits.get(..needed).unwrap(), digits.get(..needed - 1).unwrap());
        assert_eq!(reader.resolve(shown).unwrap(), *record);
        assert_eq!(reader.resolve(less).unwrap_err().code, "ambiguous", "{less}");
    }
    // Many are looked up at once, with the same outcome; and the digits of a record may be another's too.
    let many: Vec<RecordId> = records.iter().copied().chain((100..9_000).map(|number| at(3, number << 12))).collect();
    let of_many = reader.prefixes(&many).unwrap();
    let digits = |of: &BTreeMap<RecordId, Prefix>, record| of.get(record).map_or(8, |prefix| prefix.digits);
    assert!(records.iter().all(|record| digits(&of_many, record) >= digits(&longer, record)));
    assert!(reader.prefixes(&[at(2, 1)]).unwrap()[&at(2, 1)].has_kind);
}
