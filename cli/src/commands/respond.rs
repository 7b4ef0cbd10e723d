//! `isnad respond`: the right of reply, entered for the one who was accused.

use isnad_node::writing::Change;
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::model::vocabularies::{self, Vocabulary};
use isnad_protocol::model::{ValueType, kinds, speech};

use super::claim::understood;
use super::opinion::{Page, put, with_sources};
use super::writing::{resolve_among, send};
use crate::args::RespondArgs;
use crate::client::Client;
use crate::error::Outcome;
use crate::session::Session;

pub(crate) async fn run(session: &Session, args: RespondArgs) -> Outcome {
    let client = Client::to_write(session).await?;
    let page = Page::read(session, &client, &args.record).await?;
    let of = args.whose.of.as_deref();
    let claim = args.claim.as_deref().map(|text| page.find(session, text, of, false)).transpose()?;
    // Who reads the accusation reads the reply.
    let space = match (args.space, claim) {
        (Some(space), _) => space,
        (None, Some(claim)) => page.space(claim)?,
        (None, None) => Default::default(),
    };
    let subject = resolve_among(session, &client, &args.subject, &[kinds::SUBJECT]).await?;
    let mut value = Object::from([
        ("subject".to_owned(), Json::text(subject.to_string())),
        ("stance".to_owned(), Json::text(code(&vocabularies::RESPONSE_STANCE, &args.stance))),
        ("text".to_owned(), Json::text(&args.text)),
        ("lang".to_owned(), Json::text(&args.language)),
    ]);
    let whose = match (claim, of) {
        (Some(claim), _) => Some(claim.organisation),
        (None, Some(name)) => Some(page.organisation(name)?),
        (None, None) => None,
    };
    put(&mut value, "organisation", whose.map(|whose| whose.to_string()));
    put(&mut value, "claim", claim.map(|claim| claim.id.to_string()));
    put(&mut value, "channel", args.channel.map(|channel| code(&vocabularies::CHANNEL, &channel)));
    if let Some(date) = args.date {
        value.insert("date".to_owned(), understood(session, &ValueType::Date, &date, None)?.value);
    }
    let mut members =
        Object::from([("prop".to_owned(), Json::text("response")), ("value".to_owned(), Json::Object(value))]);
    with_sources(session, &client, &mut members, &args.source).await?;
    let change = Change { claims: vec![Json::Object(members)], ..Change::of(page.record) };
    send(session, &client, space, change, None).await
}

/// A code as the claim has it; what is no word of it is left to the rules, which say which ones there are.
fn code(vocabulary: &'static Vocabulary, text: &str) -> String {
    let value = speech::value(&ValueType::Code(vocabulary), text).ok();
    value.and_then(|said| said.value.as_text().map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}
