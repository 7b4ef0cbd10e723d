//! `isnad charter`: the next version of the charter, with one thing changed.

use std::collections::BTreeMap;

use isnad_node::governing::{Drafted, Kept, Proposal};
use isnad_node::reading::{Key, ORGANISATION_DIGITS, Organisation, Settlement, Who};
use isnad_protocol::act::{Act, Kind};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ActId, OpenSpace, OrganisationId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale::{self, Language};

use super::door::may_be;
use super::founding::{check_consortium_name, read_acts};
use super::governing::{make, make_through};
use super::reading::called;
use super::who::names;
use crate::args::{AdmitArgs, CharterCommand, RemoveArgs, RootArgs, SettingArgs, space_named};
use crate::client::{Client, encoded};
use crate::error::{Outcome, Problem, exit};
use crate::output::{hanging, pasted, width};
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
        CharterCommand::Rename { name, root } => {
            check_consortium_name(&name)?;
            make(session, root, Proposal::Rename { name }).await
        }
        CharterCommand::Limit(args) => set(session, args, false).await,
        CharterCommand::Policy(args) => set(session, args, true).await,
        CharterCommand::Settle { adopt, double, root } => settle(session, adopt.as_deref(), &double, root).await,
    }
}

async fn settle(session: &Session, adopt: Option<&str>, double: &[String], root: RootArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let adopt = act_named(&client, adopt).await?;
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
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let predecessor = predecessor.map(|text| once_member(&who, text)).transpose()?;
    let (organisation, first_acts) = to_admit(session, &who, &organisation)?;
    if let Some(former) = who.former.iter().find(|former| former.id == organisation) {
        let values = [("organisation", &*name_of(former)), ("id", &*organisation.to_short())];
        return Err(Problem::told(exit::REFUSED, "act_readmitted", "governing.taken_out_before", &values));
    }
    if predecessor.is_none() {
        tell_suspended(session, &who, &names_of(&who, organisation, &first_acts));
    }
    let proposal = Proposal::Admit { organisation, predecessor, threshold };
    make_through(session, &client, root, proposal, &first_acts).await
}

/// Whoever comes back under new keys is admitted as the successor of the one that was suspended: nobody can tell that but people.
fn tell_suspended(session: &Session, who: &Who, names: &BTreeMap<String, String>) {
    for former in may_be(who, names).filter(|_| !session.printer.json) {
        let (name, id) = (session.apart(&name_of(former)), former.id.to_short());
        let text = locale::format(session.language, "acts.if_successor", &[("organisation", &name), ("id", &id)]);
        session.printer.aside(hanging("", &text, width()));
    }
}

/// What one that is to be admitted calls itself.
fn names_of(who: &Who, organisation: OrganisationId, first_acts: &[Act]) -> BTreeMap<String, String> {
    let handed_over = first_acts.iter().filter_map(super::acts::names_of).find(|(id, _)| *id == organisation);
    let known = who.candidates.iter().find(|known| known.id == organisation);
    handed_over.map(|(_, names)| names).or_else(|| known.map(|known| known.names.clone())).unwrap_or_default()
}

fn name_of(organisation: &Organisation) -> String {
    called(&organisation.names, Language::En).map_or_else(|| organisation.id.to_short(), str::to_owned)
}

/// Who is to be admitted, with the first act where it was handed over: as a file, or by a candidate at the door.
fn to_admit(session: &Session, who: &Who, text: &str) -> Result<(OrganisationId, Vec<Act>), Problem> {
    let path = std::path::Path::new(text);
    if path.is_file() {
        return of_file(path);
    }
    let home = session.home()?;
    let candidate = isnad_node::applicants::find(&home, &pasted(text).to_ascii_lowercase())?;
    if let Some(candidate) = candidate {
        return Ok((candidate.organisation, vec![candidate.act]));
    }
    // By its name, if it is the only one that calls itself so: what is signed is shown with its check words.
    let mut candidates = isnad_node::applicants::list(&home)?;
    candidates.retain(|candidate| {
        let names = candidate.act.as_organisation().map(|body| &body.names).into_iter().flatten();
        names.into_iter().any(|name| name.text.to_lowercase() == text.trim().to_lowercase())
    });
    if candidates.len() > 1 {
        let values = [("organisation", text)];
        return Err(Problem::told(exit::NO, "ambiguous", "governing.candidate_ambiguous", &values));
    }
    if let Some(candidate) = candidates.pop() {
        return Ok((candidate.organisation, vec![candidate.act]));
    }
    let known =
        who.candidates.iter().chain(&who.former).chain(&who.organisations).filter(|known| is_called(known, text));
    let known: Vec<OrganisationId> = known.map(|known| known.id).collect();
    if let [one] = known[..] {
        return Ok((one, Vec::new()));
    }
    if let Ok(id) = OrganisationId::parse(pasted(text)) {
        return Ok((id, Vec::new()));
    }
    if text.contains(['/', '.']) {
        return of_file(path);
    }
    Err(Problem::told(exit::NO, "not_found", "governing.candidate_unknown", &[("organisation", text)]))
}

/// The first act of a file that was handed over.
fn of_file(path: &std::path::Path) -> Result<(OrganisationId, Vec<Act>), Problem> {
    let acts = read_acts(path)?;
    let firsts: Vec<Act> = acts.into_iter().filter(Act::is_first_of_organisation).collect();
    if let Some(organisation) = firsts.first().and_then(Act::organisation).filter(|_| firsts.len() == 1) {
        return Ok((organisation, firsts));
    }
    let values = [("file", &*path.display().to_string()), ("count", &*firsts.len().to_string())];
    Err(Problem::told(exit::REFUSED, "no_first_act", "governing.no_first_act", &values))
}

async fn remove(session: &Session, args: RemoveArgs, is_suspended: bool) -> Outcome {
    let RemoveArgs { organisation, last, after, threshold, root } = args;
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let organisation = member(&who, &organisation)?;
    let last = act_named(&client, last.as_deref()).await?;
    let mut kept = Vec::new();
    for text in &after {
        kept.extend(kept_after(&who, organisation, text)?);
    }
    let proposal = Proposal::Remove { organisation, is_suspended, last, kept, threshold };
    make_through(session, &client, root, proposal, &[]).await
}

/// Digits that name a key or an act.
pub(super) const DIGITS: usize = 6;

/// True if it is called so, or its id begins so.
fn is_called(organisation: &Organisation, text: &str) -> bool {
    let digits = pasted(text).to_ascii_lowercase();
    let is_named = organisation.names.values().any(|name| name.to_lowercase() == text.trim().to_lowercase());
    is_named || (digits.len() >= ORGANISATION_DIGITS && organisation.id.to_string().starts_with(&digits))
}

/// A member by its name or the first digits of its id.
fn member(who: &Who, text: &str) -> Result<OrganisationId, Problem> {
    one_of(who.organisations.iter(), text)
}

/// One that is or was a member, likewise.
pub(super) fn known_member(who: &Who, text: &str) -> Result<OrganisationId, Problem> {
    one_of(who.organisations.iter().chain(&who.former), text)
}

/// One that was a member, likewise. One that still is, is answered by the rule that says so.
fn once_member(who: &Who, text: &str) -> Result<OrganisationId, Problem> {
    match OrganisationId::parse(pasted(text)) {
        Ok(id) => Ok(id),
        Err(_) => one_of(who.former.iter().chain(&who.organisations), text),
    }
}

fn one_of<'a>(among: impl Iterator<Item = &'a Organisation>, text: &str) -> Result<OrganisationId, Problem> {
    let found: Vec<&Organisation> = among.filter(|known| is_called(known, text)).collect();
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
fn key_named(who: &Who, organisation: OrganisationId, text: &str) -> Result<PublicKey, Problem> {
    match keys_named(who, organisation, text)?[..] {
        [key] => Ok(key.key),
        _ => Err(keys_begun(text)),
    }
}

/// The keys in effect of an organisation whose first digits these are, or which are on the device of that label.
pub(super) fn keys_named<'a>(who: &'a Who, organisation: OrganisationId, text: &str) -> Result<Vec<&'a Key>, Problem> {
    let digits = pasted(text).to_ascii_lowercase();
    let labelled: Vec<&Key> = of_device(who, organisation, text.trim()).collect();
    if !labelled.is_empty() {
        return Ok(labelled);
    }
    let begun: Vec<&Key> = keys_of(who, organisation).filter(|key| key.key.to_string().starts_with(&digits)).collect();
    match begun.len() {
        0 => Err(Problem::told(exit::NO, "not_found", "governing.key_unknown", &[("key", text)])),
        _ if digits.len() < DIGITS => {
            let values = [("key", text), ("digits", &*DIGITS.to_string())];
            Err(Problem::told(exit::USAGE, "usage", "governing.key_digits", &values))
        }
        1 => Ok(begun),
        _ => Err(keys_begun(text)),
    }
}

/// Keys of an organisation that are revoked and so begin, or were on the device of that label: a position that was chosen too late is
/// put right by another revocation.
pub(super) fn revoked_named<'a>(who: &'a Who, organisation: OrganisationId, text: &str) -> Vec<&'a Key> {
    let digits = pasted(text).to_ascii_lowercase();
    let own = who.organisations.iter().filter(|known| known.id == organisation);
    let revoked = own.flat_map(|known| &known.ended).filter(|key| !key.revoked_by.is_empty());
    let is_meant = |key: &&Key| {
        let begins = digits.len() >= DIGITS && key.key.to_string().starts_with(&digits);
        begins || key.label == text.trim()
    };
    revoked.filter(is_meant).collect()
}

fn keys_of(who: &Who, organisation: OrganisationId) -> impl Iterator<Item = &Key> {
    who.organisations.iter().filter(move |known| known.id == organisation).flat_map(|known| &known.keys)
}

/// The keys in effect on the device of a label.
pub(super) fn of_device<'a>(who: &'a Who, organisation: OrganisationId, label: &str) -> impl Iterator<Item = &'a Key> {
    keys_of(who, organisation).filter(move |key| key.label == label)
}

/// That several keys begin so, or are on one device.
pub(super) fn keys_begun(text: &str) -> Problem {
    Problem::told(exit::NO, "ambiguous", "governing.key_ambiguous", &[("key", text)])
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

/// The act that the first digits of an id name, or all of them, where one is named.
pub(super) async fn act_named(client: &Client, text: Option<&str>) -> Result<Option<ActId>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found: Drafted = client.get(&format!("/governing/acts/{}", encoded(pasted(text)))).await?;
    Ok(Some(found.act.id))
}
