//! `isnad judge`: whether two records are about the same, or one is a part of the other.

use isnad_node::writing::Change;
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::RecordId;
use isnad_protocol::view::ShownClaim;

use super::opinion::{Page, member, put, replaced, same_already, says};
use super::writing::{same_space, send};
use crate::args::{JudgeArgs, Verdict};
use crate::client::Client;
use crate::error::Outcome;
use crate::session::Session;

pub(crate) async fn run(session: &Session, args: JudgeArgs) -> Outcome {
    let client = Client::to_write(session).await?;
    let first = Page::read(session, &client, &args.record).await?;
    let second = Page::read(session, &client, &args.other).await?;
    let relation = if args.part_of { "part_of" } else { "same_as" };
    let here = verdict_on(&first, second.record, relation);
    // What is the same either way round may have been said on the other record: it is replaced where it stands.
    let there = verdict_on(&second, first.record, relation).filter(|_| here.is_none() && !args.part_of);
    let (page, other, earlier) = match there {
        Some(earlier) => (&second, first.record, Some(earlier)),
        None => (&first, second.record, here),
    };
    let space = match earlier {
        Some(earlier) => same_space(args.space, page.space(earlier)?)?,
        None => args.space.unwrap_or_default(),
    };
    let mut members = Object::from([
        ("prop".to_owned(), Json::text("judgement")),
        ("value".to_owned(), Json::Object(value(other, relation, &args))),
    ]);
    if let Some(earlier) = earlier {
        if says(earlier, &members) {
            return same_already(session, "judge.same_already", earlier);
        }
        members.insert("replaces".to_owned(), Json::text(earlier.id.to_string()));
    }
    let took = earlier.map(|earlier| replaced(session, "judgement", "verdict", earlier));
    let change = Change { claims: vec![Json::Object(members)], ..Change::of(page.record) };
    send(session, &client, space, change, took).await
}

fn value(other: RecordId, relation: &str, args: &JudgeArgs) -> Object {
    let verdict = match args.verdict {
        Verdict::Same => "positive",
        Verdict::Different => "negative",
        Verdict::Unsure => "unsure",
    };
    let mut value = Object::from([
        ("record".to_owned(), Json::text(other.to_string())),
        ("relation".to_owned(), Json::text(relation)),
        ("verdict".to_owned(), Json::text(verdict)),
    ]);
    if let Some(score) = args.score {
        value.insert("score".to_owned(), Json::Int(score.into()));
    }
    put(&mut value, "explanation", args.explain.clone());
    value
}

/// This organisation's verdict on a pair, as it stands on one of the two.
fn verdict_on<'a>(page: &'a Page, other: RecordId, relation: &str) -> Option<&'a ShownClaim> {
    let other = other.to_string();
    let is_meant =
        |claim: &&ShownClaim| member(claim, "record") == Some(&other) && member(claim, "relation") == Some(relation);
    page.own("judgement").find(is_meant)
}
