//! Claims of this organisation that do not count, since their key was revoked: said again in the same words, or disowned.

use isnad_node::reading::{ToRestate, Who};
use isnad_node::writing::Change;
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::view::View;
use isnad_protocol::view::restating::Lost;

use super::{OwnClaim, beginning};
use crate::args::SpaceName;
use crate::client::{Client, query};
use crate::commands::preview;
use crate::commands::signed::Took;
use crate::commands::writing::{send, space_name};
use crate::error::{Outcome, Problem, exit};
use crate::session::Session;

/// Says a lost claim again, where it was said.
pub(super) async fn say_again(
    session: &Session,
    client: &Client,
    record: RecordId,
    text: &str,
    space: Option<SpaceName>,
) -> Outcome {
    let (_, found) = find(client, record, &beginning(text)?).await?;
    let who: Who = client.get("/who").await?;
    let said_in = space_name(&who, found.restating.space);
    let claim = Json::Object(words(client, record, text).await?);
    let change = Change { claims: vec![claim], ..Change::of(record) };
    send(session, client, space.or(said_in).unwrap_or_default(), change, None).await
}

/// All words of a lost claim. What it replaced may be lost as well, and is then not replaced.
pub(super) async fn words(client: &Client, record: RecordId, text: &str) -> Result<Object, Problem> {
    let (_, found) = find(client, record, &beginning(text)?).await?;
    let Lost::Claim { said: Json::Object(mut members), .. } = found.restating.lost else {
        return Err(none(record, text));
    };
    if let Some(old) = members.get("replaces").and_then(Json::as_text).map(str::to_owned) {
        let view: View = client.get(&format!("/records/{record}")).await?;
        let who: Who = client.get("/who").await?;
        let mut claims = view.properties.iter().flat_map(|property| &property.claims);
        if !claims.any(|claim| Some(claim.organisation) == who.own && claim.id.to_string() == old) {
            members.remove("replaces");
        }
    }
    Ok(members)
}

/// A lost claim that is to be disowned.
pub(super) async fn own_claim(
    session: &Session,
    client: &Client,
    who: &Who,
    record: RecordId,
    text: &str,
) -> Result<OwnClaim, Problem> {
    let (id, found) = find(client, record, text).await?;
    let space = space_name(who, found.restating.space).ok_or_else(|| none(record, text))?;
    // What pointed to a text that is gone is known by its id alone.
    let (property, value) = found.said().unwrap_or(("description", None));
    let words = preview::claim_in_a_line(session, who, &found.about, property, value, &found.refs);
    let value = value.map(isnad_protocol::view::value_text).unwrap_or_default();
    let took = Took { how: "view.retracted", property: property.to_owned(), value, words };
    Ok(OwnClaim { id, space, took, beside: Object::new() })
}

/// The one lost claim on a record that begins so.
async fn find(client: &Client, record: RecordId, text: &str) -> Result<(ClaimId, ToRestate), Problem> {
    let asked = query(&[("record", Some(record.to_string()))]);
    let lost: Vec<ToRestate> = client.get(&format!("/restating{asked}")).await?;
    let claim = |item: ToRestate| match item.restating.lost {
        Lost::Claim { claim, .. } | Lost::Edit { pointer: Some(claim), .. } => {
            claim.to_string().starts_with(text).then_some((claim, item))
        }
        Lost::Retraction { .. } | Lost::Edit { pointer: None, .. } => None,
    };
    let mut found: Vec<(ClaimId, ToRestate)> = lost.into_iter().filter_map(claim).collect();
    // The same words in two spaces are two to say again: one after the other.
    found.sort_by_key(|(claim, _)| *claim);
    found.dedup_by_key(|(claim, _)| *claim);
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(none(record, text)),
        (Some(_), false) => Err(Problem::told(exit::NO, "ambiguous", "claim_ambiguous", &[])),
    }
}

fn none(record: RecordId, text: &str) -> Problem {
    let values = [("claim", text), ("record", &*record.to_string())];
    Problem::told(exit::NO, "not_found", "claim_not_own", &values)
}
