//! `isnad charter`: the next version of the charter, with one thing changed.

use isnad_node::governing::{Kept, Proposal};
use isnad_node::reading::{Settlement, Who};
use isnad_protocol::act::{Act, Kind};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ActId, OpenSpace, OrganisationId};
use isnad_protocol::key::PublicKey;

use super::founding::read_acts;
use super::governing::{make, make_through};
use super::who::names;
use crate::args::{AdmitArgs, CharterCommand, RemoveArgs, RootArgs, SettingArgs, space_named};
use crate::client::Client;
use crate::error::{Outcome, Problem, exit};
use crate::output::pasted;
use crate::session::Session;

pub(crate) async fn run(session: &Session, command: CharterCommand) -> Outcome {
    match command {
        CharterCommand::Admit(args) => admit(session, args, None).await,
        CharterCommand::Readmit { admit: args, predecessor } => admit(session, args, Some(&predecessor)).await,
        CharterCommand::Suspend(args) => remove(session, args, true).await,
        CharterCommand::Remove(args) => remove(session, args, false).await,
        CharterCommand::Threshold { count, root } => {
            make(session, root, Proposal::Threshold { threshold: count }).await
        }
        CharterCommand::Rename { name, root } => make(session, root, Proposal::Rename { name }).await,
        CharterCommand::Limit(args) => set(session, args, false).await,
        CharterCommand::Policy(args) => set(session, args, true).await,
        CharterCommand::Settle { adopt, double, root } => settle(session, adopt.as_deref(), &double, root).await,
    }
}

async fn settle(session: &Session, adopt: Option<&str>, double: &[String], root: RootArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let adopt = adopt.map(act_id).transpose()?;
    let double = double.iter().map(|text| member(&who, text)).collect::<Result<Vec<_>, _>>()?;
    let halt = who.halts.iter().find(|halt| halt.kind == Kind::Charter.name());
    if let Some(settlement) = halt.and_then(|halt| halt.settlement.as_ref()) {
        let named = if double.is_empty() { settlement.double.len() } else { double.len() };
        may_settle(session, &who, settlement, named)?;
    }
    make_through(session, &client, root, Proposal::Settle { adopt, double }, &[]).await
}

/// Whether a settlement that names so many can have enough signatures: the node asks the same, but does not know the reader's
/// names for the organisations.
fn may_settle(session: &Session, who: &Who, settlement: &Settlement, named: usize) -> Result<(), Problem> {
    let key = match (settlement.is_possible, named > settlement.most) {
        (false, _) => "settles_never",
        (true, true) => "double_too_many",
        (true, false) => return Ok(()),
    };
    let names = names(who, &settlement.double, session.language);
    let counts = [settlement.most, settlement.needed, settlement.members].map(|count| count.to_string());
    let values = [("most", &*counts[0]), ("needed", &counts[1]), ("members", &counts[2]), ("double", &names)];
    Err(Problem::told(exit::REFUSED, key, &format!("governing.{key}"), &values))
}

async fn admit(session: &Session, args: AdmitArgs, predecessor: Option<&str>) -> Outcome {
    let AdmitArgs { organisation, threshold, root } = args;
    let predecessor = predecessor.map(organisation_id).transpose()?;
    let first_acts = first_acts(session, &organisation)?;
    let organisation = match first_acts.first().and_then(Act::organisation) {
        Some(organisation) => organisation,
        None => organisation_id(&organisation)?,
    };
    let client = Client::to_read(session).await?;
    let proposal = Proposal::Admit { organisation, predecessor, threshold };
    make_through(session, &client, root, proposal, &first_acts).await
}

/// The first act of a file that was handed over, or of a candidate at the door; none where the id of neither was typed.
fn first_acts(session: &Session, text: &str) -> Result<Vec<Act>, Problem> {
    let path = std::path::Path::new(text);
    if !path.exists() {
        let home = session.home()?;
        let candidate = isnad_node::applicants::find(&home, &pasted(text).to_ascii_lowercase())?;
        if let Some(candidate) = candidate {
            return Ok(vec![candidate.act]);
        }
        // By its name, if it is the only one that calls itself so: what is signed is shown with its check words.
        let mut candidates = isnad_node::applicants::list(&home)?;
        candidates.retain(|candidate| {
            let names = candidate.act.as_organisation().map(|body| &body.names).into_iter().flatten();
            names.into_iter().any(|name| name.text.to_lowercase() == text.trim().to_lowercase())
        });
        if let Some(candidate) = candidates.pop().filter(|_| candidates.is_empty()) {
            return Ok(vec![candidate.act]);
        }
    }
    if OrganisationId::parse(pasted(text)).is_ok() && !path.exists() {
        return Ok(Vec::new());
    }
    let acts = read_acts(path)?;
    let firsts: Vec<Act> = acts.into_iter().filter(Act::is_first_of_organisation).collect();
    if firsts.len() == 1 {
        return Ok(firsts);
    }
    let values = [("file", text), ("count", &*firsts.len().to_string())];
    Err(Problem::told(exit::REFUSED, "no_first_act", "governing.no_first_act", &values))
}

async fn remove(session: &Session, args: RemoveArgs, is_suspended: bool) -> Outcome {
    let RemoveArgs { organisation, last, after, threshold, root } = args;
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let organisation = member(&who, &organisation)?;
    let last = last.map(|text| act_id(&text)).transpose()?;
    let mut kept = Vec::new();
    for text in &after {
        kept.extend(kept_after(&who, organisation, text)?);
    }
    let proposal = Proposal::Remove { organisation, is_suspended, last, kept, threshold };
    make_through(session, &client, root, proposal, &[]).await
}

/// A member by its name or the first digits of its id.
fn member(who: &Who, text: &str) -> Result<OrganisationId, Problem> {
    let digits = pasted(text).to_ascii_lowercase();
    let is_it = |organisation: &&isnad_node::reading::Organisation| {
        let is_named = organisation.names.values().any(|name| name.to_lowercase() == text.trim().to_lowercase());
        is_named || (digits.len() >= 6 && organisation.id.to_string().starts_with(&digits))
    };
    let found: Vec<_> = who.organisations.iter().filter(is_it).collect();
    match found[..] {
        [organisation] => Ok(organisation.id),
        [] => Err(Problem::told(exit::NO, "not_found", "governing.member_unknown", &[("organisation", text)])),
        _ => Err(Problem::told(exit::NO, "ambiguous", "governing.member_ambiguous", &[("organisation", text)])),
    }
}

/// `KEY:SEQ`, or `KEY:SPACE:SEQ` for a key that signs in several spaces.
fn kept_after(who: &Who, organisation: OrganisationId, text: &str) -> Result<Vec<Kept>, Problem> {
    let wrong = || Problem::told(exit::USAGE, "usage", "governing.position", &[("position", text)]);
    let parts: Vec<&str> = text.split(':').collect();
    let (key, spaces, seq) = match parts[..] {
        [key, seq] => (key, OpenSpace::ALL.to_vec(), seq),
        [key, space, seq] => {
            let space = space_named(space).ok_or_else(wrong)?;
            let named = OpenSpace::ALL.into_iter().filter(|open| open.name() == space.name());
            (key, named.collect(), seq)
        }
        _ => return Err(wrong()),
    };
    let seq: u64 = seq.parse().map_err(|_| wrong())?;
    let author = key_named(who, organisation, key)?;
    Ok(spaces.into_iter().map(|space| Kept { author, space: space.id(&who.consortium), seq }).collect())
}

/// A key of an organisation by its first digits, or by the label of its device where that has one key alone.
pub(super) fn key_named(who: &Who, organisation: OrganisationId, text: &str) -> Result<PublicKey, Problem> {
    let digits = pasted(text).to_ascii_lowercase();
    if let Ok(key) = PublicKey::parse(&digits) {
        return Ok(key);
    }
    let keys = who.organisations.iter().filter(|known| known.id == organisation).flat_map(|known| &known.keys);
    let is_it = |key: &&isnad_node::reading::Key| {
        key.label == text.trim() || (digits.len() >= 6 && key.key.to_string().starts_with(&digits))
    };
    let found: Vec<PublicKey> = keys.filter(is_it).map(|key| key.key).collect();
    match found[..] {
        [key] => Ok(key),
        _ => Err(Problem::told(exit::NO, "not_found", "governing.key_unknown", &[("key", text)])),
    }
}

async fn set(session: &Session, args: SettingArgs, is_policy: bool) -> Outcome {
    let SettingArgs { code, value, unset: _, root } = args;
    // A whole number is one, whatever else is a text.
    let value = value.map(|text| text.parse().map_or_else(|_| Json::text(text.as_str()), Json::Int));
    make(session, root, Proposal::Setting { is_policy, code, value }).await
}

pub(super) fn organisation_id(text: &str) -> Result<OrganisationId, Problem> {
    OrganisationId::parse(pasted(text))
        .map_err(|_| Problem::told(exit::USAGE, "usage", "governing.organisation_id", &[("organisation", text)]))
}

pub(super) fn act_id(text: &str) -> Result<ActId, Problem> {
    ActId::parse(pasted(text)).map_err(|_| Problem::told(exit::USAGE, "usage", "governing.act_id", &[("act", text)]))
}
