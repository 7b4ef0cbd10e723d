//! What organisations say of each other's words: what is refused, what is shown before, what waits for an answer.

use isnad_protocol::view::tasks::Why;

use super::*;
use crate::reading::{DayQuery, Waiting};
use crate::writing::{Preview, Readers, preview};

const WRITER: usize = 0;
const OTHER: usize = 1;

/// Two homes of one consortium that take in what the other carries.
struct Pair {
    nodes: Vec<Arc<Node>>,
    _homes: Vec<(TempDir, Home)>,
}

impl Pair {
    async fn new() -> Self {
        let homes = founded(2);
        let mut nodes = Vec::new();
        for (_, home) in &homes {
            let options = Options { home: home.clone(), unlocker: Some(unlocker()), network: None };
            nodes.push(Arc::new(Node::start(options, &mut |_| {}).await.unwrap()));
        }
        Self { nodes, _homes: homes }
    }

    fn own(&self, who: usize) -> String {
        self.nodes[who].own_organisation().unwrap().to_string()
    }

    async fn write(&self, who: usize, change: Change) -> Result<Written, Problem> {
        write(&self.nodes[who], change).await
    }

    async fn carry(&self, from: usize, to: usize) {
        carrying::take_in(&self.nodes[to], &carrying::file(&self.nodes[from])).unwrap();
    }

    async fn tasks(&self, who: usize) -> Vec<Waiting> {
        let node = Arc::clone(&self.nodes[who]);
        tokio::task::spawn_blocking(move || Reader::new(&node).tasks().unwrap()).await.unwrap()
    }
}

fn claims(claims: Vec<Json>) -> Change {
    Change { claims, ..Change::of(numbered(7)) }
}

fn opinion(whose: &str, claim: ClaimId, stance: &str, more: &[(&str, &str)]) -> Json {
    let value = [("organisation", whose), ("claim", &claim.to_string()), ("stance", stance)];
    let value = value.iter().chain(more).map(|(key, text)| ((*key).to_owned(), Json::text(*text))).collect();
    let mut said =
        Json::object([("prop", Json::text("opinion")), ("value", Json::Object(value))]).as_object().unwrap().clone();
    if more.iter().any(|(key, _)| *key == "text") {
        said.insert("lang", Json::text("en"));
    }
    Json::Object(said)
}

fn instead_of(claim: Json, old: ClaimId) -> Json {
    let mut members = claim.as_object().unwrap().clone();
    members.insert("replaces", Json::text(old.to_string()));
    Json::Object(members)
}

fn judgement(other: RecordId, verdict: &str) -> Json {
    let value = [("record", other.to_string()), ("relation", "same_as".into()), ("verdict", verdict.into())];
    let value = value.into_iter().map(|(key, text): (_, String)| (key.to_owned(), Json::Text(text))).collect();
    Json::object([("prop", Json::text("judgement")), ("value", Json::Object(value))])
}

fn codes(outcome: Result<Written, Problem>) -> Vec<String> {
    outcome.unwrap_err().words.problems.into_iter().map(|broken| broken.code).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_request_breaks_is_told_and_nothing_of_it_signed() {
    let (_homes, node) = alone().await;
    let broken = vec![said("titel", "x", &[]), said("date", "7 April", &[]), said("alias", "Douma", &[])];
    let problem = write(&node, claims(broken)).await.unwrap_err();
    let told: Vec<_> =
        problem.words.problems.iter().map(|broken| (broken.code.as_str(), broken.path.as_str())).collect();
    assert_eq!(told, [("unknown_property", "claims[0].prop"), ("not_edtf", "claims[1].value")]);
    assert_eq!((problem.exit, problem.code.as_str()), (3, "unknown_property"));
    assert!(node.index().unwrap().entries_about(numbered(7)).unwrap().is_empty());
    let first = write(&node, claims(vec![said("status", "alleged", &[])])).await.unwrap().claims[0];
    let twice = ["withdrawn", "inconclusive"].map(|status| instead_of(said("status", status, &[]), first));
    assert!(codes(write(&node, claims(twice.to_vec())).await).contains(&"replaced_twice".to_owned()));
    for (reason, note, code) in [
        ("boredom", Some("x"), Some("unknown_reason")),
        ("error", None, Some("note_missing")),
        ("error", Some("  "), Some("note_missing")),
        ("error", Some("e\u{301}"), Some("not_nfc")),
        ("safety", Some("\u{200b}"), Some("wrong_type")),
        ("safety", None, None),
    ] {
        let retraction = Retraction { claim: first, reason: reason.into(), note: note.map(str::to_owned) };
        let outcome = write(&node, Change { retractions: vec![retraction], ..Change::of(numbered(7)) }).await;
        match code {
            Some(code) => assert_eq!(codes(outcome), [code], "{reason}"),
            None => assert_eq!(outcome.unwrap().entries.len(), 1),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_is_of_the_standing_words_of_another_once_and_with_a_reason_to_dispute() {
    let pair = Pair::new().await;
    let date = said("date", "2013-03-19", &[]);
    let claim = pair.write(WRITER, claims(vec![date.clone()])).await.unwrap().claims[0];
    pair.carry(WRITER, OTHER).await;
    let (writer, other) = (pair.own(WRITER), pair.own(OTHER));
    let dispute = |claim| opinion(&writer, claim, "dispute", &[("reason", "outdated")]);
    for (who, wrong, code) in [
        (WRITER, dispute(claim), "own_claim"),
        (OTHER, opinion(&writer, claim, "dispute", &[]), "dispute_without_reason"),
        (OTHER, dispute(ClaimId::ZERO), "claim_not_held"),
        (OTHER, opinion(&other, claim, "endorse", &[]), "own_claim"),
    ] {
        assert_eq!(codes(pair.write(who, claims(vec![wrong])).await), [code]);
    }
    let both = vec![dispute(claim), opinion(&writer, claim, "endorse", &[])];
    assert_eq!(codes(pair.write(OTHER, claims(both)).await), ["judged_twice"]);
    let first = pair.write(OTHER, claims(vec![dispute(claim)])).await.unwrap().claims[0];
    assert_eq!(pair.write(OTHER, claims(vec![dispute(claim)])).await.unwrap().known, 1, "said again");
    let endorse = opinion(&writer, claim, "endorse", &[]);
    assert_eq!(codes(pair.write(OTHER, claims(vec![endorse.clone()])).await), ["judged_already"]);
    pair.write(OTHER, claims(vec![instead_of(endorse, first)])).await.unwrap();
    let in_public = Request {
        space: "public".into(),
        changes: vec![claims(vec![opinion(&writer, claim, "corroborate", &[])])],
        only_new: false,
    };
    assert_eq!(codes(writing::write(&pair.nodes[OTHER], in_public).await), ["wider_than_its_claim"]);
    let later = instead_of(said("date", "2013-03-20", &[]), claim);
    let later = pair.write(WRITER, claims(vec![later])).await.unwrap().claims[0];
    pair.carry(WRITER, OTHER).await;
    let replaced = pair.write(OTHER, claims(vec![dispute(claim)])).await;
    assert_eq!(replaced.as_ref().unwrap_err().words.problems[0].code, "was_replaced");
    let retraction = Retraction { claim: later, reason: "safety".into(), note: None };
    pair.write(WRITER, Change { retractions: vec![retraction], ..Change::of(numbered(7)) }).await.unwrap();
    pair.carry(WRITER, OTHER).await;
    assert_eq!(codes(pair.write(OTHER, claims(vec![dispute(later)])).await), ["was_retracted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_verdict_stands_on_a_pair_whichever_record_it_is_said_on() {
    let (_homes, node) = alone().await;
    let on = |record: u8, claim: Json| Change { claims: vec![claim], ..Change::of(numbered(record)) };
    assert_eq!(codes(write(&node, on(7, judgement(numbered(7), "positive"))).await), ["judged_itself"]);
    let first = write(&node, on(7, judgement(numbered(8), "positive"))).await.unwrap().claims[0];
    for (record, other) in [(7, 8), (8, 7)] {
        let second = write(&node, on(record, judgement(numbered(other), "negative"))).await;
        assert_eq!(codes(second), ["judged_already"]);
    }
    write(&node, on(7, instead_of(judgement(numbered(8), "negative"), first))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_the_very_claims_that_are_signed_and_who_will_read_them() {
    let pair = Pair::new().await;
    let ask = |space: &str, claims_: Vec<Json>| Request {
        space: space.into(),
        changes: vec![claims(claims_)],
        only_new: false,
    };
    let date = said("date", "2013-03-19", &[]);
    let first = pair.write(WRITER, claims(vec![date.clone()])).await.unwrap().claims[0];
    let retraction = Retraction { claim: first, reason: "safety".into(), note: None };
    pair.write(WRITER, Change { retractions: vec![retraction], ..Change::of(numbered(7)) }).await.unwrap();
    let node = &pair.nodes[WRITER];
    let shown: Preview = preview(node, ask("members", vec![date])).await.unwrap();
    assert_ne!(shown.claims[0].id, first, "what was taken back is said anew");
    let members: Vec<String> = match shown.readers {
        Readers::Members(members) => members.iter().map(ToString::to_string).collect(),
        Readers::Everyone => panic!("members alone read this"),
    };
    assert!(members.contains(&pair.own(OTHER)) && members.len() == 2, "{members:?}");
    let as_shown = shown.claims.iter().map(|drafted| drafted.claim.clone()).collect();
    let signed = writing::write(node, ask("members", as_shown)).await.unwrap();
    assert_eq!(signed.claims, [shown.claims[0].id]);
    let count = |number: i64| {
        let value = [("category", Json::text("killed")), ("max", Json::Int(number)), ("min", Json::Int(number))];
        Json::object([("prop", Json::text("casualty")), ("value", Json::object(value))])
    };
    let name = Json::object([("lang", Json::text("en")), ("text", Json::text("Khan al-Assal"))]);
    let value = Json::object([
        ("geo_precision", Json::text("exact")),
        ("lat", Json::text("36.16")),
        ("lon", Json::text("37.04")),
        ("names", Json::List(vec![name])),
    ]);
    let place = Json::object([("prop", Json::text("place")), ("value", value)]);
    for (space, killed, is_warned) in [("public", 2, true), ("public", 3, false), ("members", 2, false)] {
        let shown = preview(node, ask(space, vec![count(killed), place.clone()])).await.unwrap();
        let codes: Vec<&str> = shown.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes.contains(&"small_cell"), is_warned, "{space} {killed}: {codes:?}");
        assert!(codes.contains(&"no_as_of"), "what readers are warned of, the author is told before: {codes:?}");
    }
    let before = node.snapshot().logs;
    assert_eq!(preview(node, ask("members", vec![said("titel", "x", &[])])).await.unwrap_err().words.problems.len(), 1);
    assert_eq!(node.snapshot().logs, before, "a preview signs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_and_a_reply_wait_until_they_are_answered_or_the_claim_is_corrected() {
    let pair = Pair::new().await;
    let stated = claims(vec![said("status", "alleged", &[])]);
    let claim = pair.write(WRITER, stated).await.unwrap().claims[0];
    pair.carry(WRITER, OTHER).await;
    let writer = pair.own(WRITER);
    let dispute = opinion(&writer, claim, "dispute", &[("reason", "outdated"), ("text", "read the report")]);
    let dispute = pair.write(OTHER, claims(vec![dispute])).await.unwrap().claims[0];
    let reply = Json::object([
        ("claim", Json::text(claim.to_string())),
        ("lang", Json::text("en")),
        ("organisation", Json::text(writer.clone())),
        ("stance", Json::text("denies")),
        ("subject", Json::text(format!("subject/{}", "01".repeat(15)))),
        ("text", Json::text("We were not there.")),
    ]);
    let reply = Json::object([("prop", Json::text("response")), ("value", reply)]);
    pair.write(OTHER, claims(vec![reply])).await.unwrap();
    assert!(pair.tasks(WRITER).await.is_empty(), "nothing has come yet");
    pair.carry(OTHER, WRITER).await;
    let why = |tasks: &[Waiting]| tasks.iter().map(|waiting| waiting.task.why).collect::<Vec<_>>();
    assert_eq!(why(&pair.tasks(WRITER).await), [Why::Disputed, Why::Replied]);
    let answer = opinion(&pair.own(OTHER), dispute, "dispute", &[("reason", "factual_error")]);
    pair.write(WRITER, claims(vec![answer])).await.unwrap();
    assert_eq!(why(&pair.tasks(WRITER).await), [Why::Replied]);
    let later = instead_of(said("status", "inconclusive", &[]), claim);
    let later = pair.write(WRITER, claims(vec![later])).await.unwrap().claims[0];
    assert!(pair.tasks(WRITER).await.is_empty(), "the claim was corrected");
    pair.carry(WRITER, OTHER).await;
    let theirs = pair.tasks(OTHER).await;
    let [dispute, earlier] = theirs.as_slice() else { panic!("{theirs:?}") };
    assert_eq!((dispute.task.why, earlier.task.why), (Why::Disputed, Why::EarlierVersion));
    assert_eq!(earlier.task.now, [later]);
    // The dispute and the reply stand beside the new version too, as given to an earlier one.
    let node = Arc::clone(&pair.nodes[WRITER]);
    let show = move || Reader::new(&node).show(&numbered(7).to_string(), &DayQuery::default()).unwrap();
    let view = tokio::task::spawn_blocking(show).await.unwrap();
    let shown = view.properties.iter().flat_map(|property| &property.claims).find(|shown| shown.id == later).unwrap();
    assert!(shown.opinions[0].on_earlier && shown.replies[0].on_earlier, "{shown:?}");
    assert_eq!(shown.replies[0].text, "We were not there.");
}
