//! Before something is published: what a naming needs, counted, and who can see it already. MODEL §8, journey 1.
//!
//! It asks and refuses nothing: what is refused is the model's matter, and a second person's approval comes with publishing by
//! two.

use std::collections::{BTreeMap, BTreeSet};

use isnad_node::reading::Who;
use isnad_node::writing::{Drafted, Preview};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OpenSpace, RecordId};
use isnad_protocol::locale;
use isnad_protocol::model::kinds::SUBJECT;
use isnad_protocol::model::{self, check};
use isnad_protocol::view::{State, View};

use super::show::Replies;
use crate::client::{Client, encoded};
use crate::error::{Problem, exit};
use crate::output::{Style, hanging, width};
use crate::session::Session;

/// Records that are looked at for replies: one draft names few.
const RECORDS: usize = 20;

/// The list to be gone through before a draft is published; empty for one that stays among members.
pub(super) async fn checklist(
    session: &Session,
    client: &Client,
    who: &Who,
    preview: &Preview,
) -> Result<String, Problem> {
    if preview.space != OpenSpace::Public.name() || preview.claims.is_empty() {
        return Ok(String::new());
    }
    let views = views(client, preview).await?;
    let named = named(&views, preview);
    let replies: BTreeSet<ClaimId> = views.values().flat_map(|view| Replies::of(&named, view).own).collect();
    let accusing: Vec<&Drafted> = preview.claims.iter().filter(|drafted| accuses(drafted)).collect();
    let mut lines = vec![String::new(), session.printer.styled(session.word("publish.title"), Style::Strong)];
    let mut line = |mark: &str, text: &str| lines.push(hanging(&format!("  {mark} "), text, width()));
    if !accusing.is_empty() {
        let count = |has: &dyn Fn(&Drafted) -> bool| accusing.iter().filter(|drafted| has(drafted)).count();
        for (key, has) in [
            ("publish.basis", count(&|drafted| drafted.claim.get("basis").is_some())),
            ("publish.standard", count(&|drafted| text(drafted, "standard").is_some_and(|code| code != "unstated"))),
            ("publish.wording", count(&has_words)),
        ] {
            let values = [("count", &*has.to_string()), ("all", &*accusing.len().to_string())];
            line(mark(has == accusing.len()), &locale::format(session.language, key, &values));
        }
        let key = if replies.is_empty() { "publish.no_reply" } else { "publish.reply" };
        let count = replies.len().to_string();
        line(mark(!replies.is_empty()), &locale::format(session.language, key, &[("count", &count)]));
        line("·", session.word("publish.legal"));
    }
    let seen = seen(who, &views, preview).to_string();
    let values = [("count", &*seen), ("all", &*preview.claims.len().to_string())];
    line("·", &locale::format(session.language, "publish.seen", &values));
    Ok(format!("\n{}", lines.join("\n")))
}

const fn mark(is_so: bool) -> &'static str {
    if is_so { "✓" } else { "!" }
}

/// What is held of the records that the draft is about, and of the subjects that it names.
async fn views(client: &Client, preview: &Preview) -> Result<BTreeMap<RecordId, View>, Problem> {
    let named = preview.claims.iter().flat_map(|drafted| &drafted.refs).map(|reference| reference.record);
    let subjects = named.filter(|record| record.kind_code() == SUBJECT);
    let about = preview.claims.iter().map(|drafted| drafted.record.record);
    let records: BTreeSet<RecordId> = about.chain(subjects).filter(|record| !preview.new.contains(record)).collect();
    let mut views = BTreeMap::new();
    for record in records.into_iter().take(RECORDS) {
        match client.get::<View>(&format!("/records/{}", encoded(&record.to_string()))).await {
            Ok(view) => drop(views.insert(record, view)),
            // A record that is only named yet.
            Err(problem) if problem.exit == exit::NO => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(views)
}

/// The subjects that the draft and its records name, and those that they are about.
fn named(views: &BTreeMap<RecordId, View>, preview: &Preview) -> BTreeSet<RecordId> {
    let drafted = preview.claims.iter();
    let drafted = drafted.flat_map(|drafted| drafted.refs.iter().chain([&drafted.record]));
    let naming = views.values().flat_map(|view| &view.properties);
    let naming = naming.filter(|property| matches!(property.prop.as_str(), "subject" | "party"));
    let said = naming.flat_map(|property| &property.claims).filter(|claim| claim.state == State::Live);
    let all = drafted.chain(said.flat_map(|claim| &claim.refs)).map(|reference| reference.record);
    all.filter(|record| record.kind_code() == SUBJECT).collect()
}

/// How many of the claims stand among the members in the same words already.
fn seen(who: &Who, views: &BTreeMap<RecordId, View>, preview: &Preview) -> usize {
    let members = who.spaces.iter().find(|space| space.name == OpenSpace::Members.name()).map(|space| space.id);
    let is_seen = |drafted: &&Drafted| {
        let view = views.get(&drafted.record.record);
        let claims = view.into_iter().flat_map(|view| &view.properties).flat_map(|property| &property.claims);
        let mut same = claims.filter(|claim| claim.id == drafted.id && claim.state == State::Live);
        same.any(|claim| Some(claim.space) == members)
    };
    preview.claims.iter().filter(is_seen).count()
}

fn text<'a>(drafted: &'a Drafted, member: &str) -> Option<&'a str> {
    drafted.claim.get(member).and_then(Json::as_text)
}

/// True if the claim accuses and must be weighed itself: whom it names is served by the outcome.
fn accuses(drafted: &Drafted) -> bool {
    let prop = text(drafted, "prop").unwrap_or_default();
    let Some(property) = model::property(drafted.record.record.kind_code(), prop) else { return false };
    let is_accusing = drafted.claim.get("value").is_some_and(|value| check::accuses(property, value));
    is_accusing && (prop != "subject" || drafted.claim.get("basis").is_some())
}

fn has_words(drafted: &Drafted) -> bool {
    drafted.claim.get("wording").is_some_and(|wording| wording.get("text").is_some())
}
