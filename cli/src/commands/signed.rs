//! What a person is told once something is signed: of what, where, and where it goes from here. Programs are told ids alone.

use isnad_node::reading::{Status, Who};
use isnad_node::writing::Written;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::View;
use serde::Serialize;

use super::ids::{Ids, LIST};
use super::list::titled;
use super::preview::is_shown;
use super::reading::property_word;
use crate::client::Client;
use crate::output::{Style, hanging, inert, width};
use crate::session::Session;

/// What was signed of a record.
#[derive(Serialize)]
pub(super) struct Recorded {
    pub(super) record: RecordId,
    #[serde(flatten)]
    pub(super) written: Written,
    /// The claim that was retracted or replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) took: Option<Took>,
}

/// A claim that was retracted or replaced: what a person is told of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Took {
    /// The key of the word for what became of it.
    #[serde(skip)]
    pub(super) how: &'static str,
    /// Its property.
    pub(super) property: String,
    /// Its value in one line.
    pub(super) value: String,
    /// Its value in the reader's words.
    #[serde(skip)]
    pub(super) words: String,
}

/// Says what was signed.
pub(super) async fn tell(session: &Session, client: &Client, space: &str, recorded: &Recorded) {
    let sentences = match session.printer.json || recorded.written.entries.is_empty() {
        true => Vec::new(),
        false => sentences(session, client, space, recorded).await,
    };
    // Who was shown a preview has read them there.
    if !session.printer.json && !is_shown(session) {
        notes(session, &recorded.written).iter().for_each(|note| session.printer.aside(note));
    }
    session.printer.either(recorded, |recorded| {
        let ids = ids(session, recorded);
        [sentences, ids].concat().join("\n")
    });
}

/// What was signed on which record, and to whom it goes. It is signed: that the node cannot be asked now is no failure.
async fn sentences(session: &Session, client: &Client, space: &str, recorded: &Recorded) -> Vec<String> {
    let view = client.get::<View>(&format!("/records/{}", recorded.record)).await;
    let (Ok(view), Ok(who)) = (view, client.get::<Who>("/who").await) else { return Vec::new() };
    let language = session.language;
    let ids = Ids::of(client, [recorded.record]).await.unwrap_or_default();
    let digits = ids.record(recorded.record, LIST);
    let kind = locale::code(language, "kind", &view.kind);
    let title = titled(session, &view).unwrap_or_else(|| session.apart(&digits));
    let values = [
        ("title", &*title),
        ("kind", kind),
        ("id", &*session.apart(&digits)),
        ("space", locale::code(language, "space", space)),
    ];
    let saved = match recorded.written.claims.len() {
        0 => locale::format(language, "written.saved", &values),
        count => locale::counted(language, "saved", u64::try_from(count).unwrap_or(u64::MAX), &values),
    };
    let keys = who.organisations.iter().flat_map(|organisation| &organisation.keys);
    let nodes = keys.filter(|key| key.peer_id.is_some()).count().saturating_sub(1);
    let goes = if nodes == 0 {
        vec![session.word("written.stays").to_owned()]
    } else {
        let status = client.get::<Status>("/status").await;
        let live = status.map_or(0, |status| status.replica.peers.values().filter(|peer| peer.is_live).count());
        goes(language, live.min(nodes), nodes)
    };
    [vec![saved], goes].concat().iter().map(|sentence| hanging("", sentence, width())).collect()
}

/// To how many of the other nodes it goes at once, and to how many when they connect.
fn goes(language: Language, live: usize, nodes: usize) -> Vec<String> {
    let counted = |key: &str, count: usize| {
        (count > 0).then(|| locale::counted(language, key, u64::try_from(count).unwrap_or(u64::MAX), &[]))
    };
    [counted("goes_now", live), counted("goes_to", nodes.saturating_sub(live))].into_iter().flatten().collect()
}

/// What its author is to think of once more, as a preview would have told it.
fn notes(session: &Session, written: &Written) -> Vec<String> {
    let label = session.printer.styled(session.word("preview.warning"), Style::Alert);
    let told = written.warnings.iter().map(|warning| {
        let is_on = |index: usize| warning.path.starts_with(&format!("claims[{index}]"));
        let of = written.claims.iter().enumerate().find(|(index, _)| is_on(*index));
        let of = of.map(|(_, claim)| format!(" [{}]", claim.to_short())).unwrap_or_default();
        let label = session.field(&format!("{label}{of}"), &inert(&warning.text_in(session.language)));
        hanging("", &label, width())
    });
    told.collect()
}

/// What it is called by afterwards.
fn ids(session: &Session, recorded: &Recorded) -> Vec<String> {
    let (language, written) = (session.language, &recorded.written);
    let mut lines = vec![recorded.record.to_string()];
    if written.entries.is_empty() && written.known > 0 {
        lines.push(locale::word(language, "view.said_already").to_owned());
    }
    lines.extend(recorded.took.as_ref().map(|took| {
        let property = property_word(language, &took.property);
        let value = session.printer.quotation(&took.words);
        format!("{} {property} {value}", locale::word(language, took.how))
    }));
    let named = |key: &str, id: String| locale::format(language, key, &[("id", &id)]);
    lines.extend(written.claims.iter().map(|claim| named("written.claim", claim.to_string())));
    lines.extend(written.narratives.iter().map(|narrative| named("written.narrative", narrative.to_string())));
    lines.extend(written.entries.iter().map(|entry| named("written.entry", entry.to_string())));
    lines
}
