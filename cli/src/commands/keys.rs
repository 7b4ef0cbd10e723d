//! `isnad key`: this organisation's keys; and what it calls itself, which is signed by the same roots.

use std::path::Path;

use isnad_node::governing::{GrantRequest, Proposal, requests};
use isnad_node::home::Home;
use isnad_node::keystore::{Cost, KeyInfo, Keystore, NewKey, Purpose, Secret, Unlocker};
use isnad_node::reading::{Key, Who};
use isnad_protocol::act::Role;
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::locale;
use isnad_protocol::time::Day;
use serde::Serialize;

use super::charter::organisation_id;
use super::founding::write;
use super::governing::{make, own_organisation, propose_with, tell_done};
use crate::args::{KeyCommand, RoleName, RootArgs};
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{fit, hanging, pasted, width};
use crate::session::Session;

mod revoke;
mod rotate;
mod unlock;

pub(crate) async fn run(session: &Session, command: KeyCommand) -> Outcome {
    match command {
        KeyCommand::List => list(session).await,
        KeyCommand::New { role, label, organisation, output } => {
            new(session, of_name(role), &label, organisation.as_deref(), output.as_deref()).await
        }
        KeyCommand::Grant { requests, expires, root } => grant(session, &requests, expires.as_deref(), root).await,
        KeyCommand::Unlock => unlock::run(session).await,
        KeyCommand::Revoke { key, after, keep_all, all_keys, reason, root } => {
            revoke::run(session, &key, &revoke::Asked { after, keep_all, all_keys, reason }, root).await
        }
        KeyCommand::Rotate { after_act, next, root } => rotate::run(session, after_act.as_deref(), next, root).await,
    }
}

const fn of_name(role: RoleName) -> Role {
    match role {
        RoleName::Reader => Role::Reader,
        RoleName::Contributor => Role::Contributor,
        RoleName::Publisher => Role::Publisher,
        RoleName::Admin => Role::Admin,
        RoleName::Node => Role::Node,
    }
}

/// A key as it is listed.
#[derive(Debug, Serialize)]
struct Line {
    key: PublicKey,
    /// A role; root or next_root for those that sign acts.
    role: String,
    label: String,
    /// True if its secret half is in this home.
    is_here: bool,
    /// True if an act in effect grants it.
    is_granted: bool,
    /// The act that grants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// The last day that it is meant to be used on.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Day>,
    /// The acts that revoke it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revoked_by: Vec<String>,
}

async fn list(session: &Session) -> Outcome {
    let home = session.home()?;
    let here = Keystore::open(&home.keys())?.list()?;
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let own = who.organisations.iter().find(|organisation| Some(organisation.id) == who.own);
    let granted = own.map_or(&[][..], |own| &own.keys);
    let ended = own.map_or(&[][..], |own| &own.ended);
    let lines = lines(&here, granted, ended);
    session.printer.either(&lines, |lines| {
        let told = lines.iter().map(|line| {
            let role = fit(locale::code(session.language, "role", &line.role), 14);
            let head = format!("{} {role} ", line.key.to_short());
            let here = session.word(if line.is_here { "keys.here" } else { "keys.elsewhere" });
            let mut parts = vec![session.apart(&line.label)];
            parts.push(here.to_owned());
            if !line.is_granted && line.revoked_by.is_empty() && !matches!(line.role.as_str(), "root" | "next_root") {
                parts.push(session.word("keys.not_granted").to_owned());
            }
            let told = |key: &str, name: &str, value: &str| locale::format(session.language, key, &[(name, value)]);
            parts.extend(line.since.as_ref().map(|act| told("keys.since", "act", act)));
            parts.extend(line.revoked_by.iter().map(|act| told("keys.revoked", "act", act)));
            parts.extend(line.expires.map(|day| told("keys.until", "day", &day.to_string())));
            hanging(&head, &parts.join(" · "), width())
        });
        told.collect::<Vec<_>>().join("\n")
    });
    Ok(DONE)
}

/// Those in effect, then those that are not any more, then those of this machine of which no act speaks.
fn lines(here: &[KeyInfo], granted: &[Key], ended: &[Key]) -> Vec<Line> {
    let is_here = |key: &PublicKey| here.iter().any(|info| info.public == *key.as_bytes());
    let line = |key: &Key, is_granted: bool| Line {
        key: key.key,
        role: key.role.clone(),
        label: key.label.clone(),
        is_here: is_here(&key.key),
        is_granted,
        since: key.granted_by.as_ref().map(|act| act.id.to_short()),
        expires: key.expires,
        revoked_by: key.revoked_by.iter().map(|act| act.id.to_short()).collect(),
    };
    let of_acts = granted.iter().map(|key| line(key, true)).chain(ended.iter().map(|key| line(key, false)));
    let is_known = |info: &&KeyInfo| granted.iter().chain(ended).any(|key| *key.key.as_bytes() == info.public);
    let rest = here.iter().filter(|info| !is_known(info)).map(|info| Line {
        key: PublicKey::new(info.public),
        role: requests::role(info.purpose).map_or(info.purpose.name(), Role::name).to_owned(),
        label: info.label.clone(),
        is_here: true,
        is_granted: false,
        since: None,
        expires: None,
        revoked_by: Vec::new(),
    });
    of_acts.chain(rest).collect()
}

/// What a new key is told with.
#[derive(Debug, Serialize)]
struct Made {
    key: PublicKey,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Makes a key here. A home that is none yet becomes one: the machine of a colleague who only contributes.
async fn new(session: &Session, role: Role, label: &str, organisation: Option<&str>, output: Option<&Path>) -> Outcome {
    let is_new = !session.home_path().exists();
    let organisation = match organisation {
        Some(text) => organisation_id(text)?,
        None => own_organisation(session)
            .ok()
            .flatten()
            .ok_or_else(|| Problem::told(exit::USAGE, "usage", "governing.whose_key", &[]))?,
    };
    let mut unlocker = if is_new { session.new_unlocker()? } else { session.unlocker()? };
    let home = if is_new { Home::create(session.home_path())? } else { session.home()? };
    let store = Keystore::create(&home.keys())?;
    let seed = make_key(&store, role, label, &mut unlocker)?;
    let secret = SecretKey::from_seed(seed.as_bytes());
    unlock::hand_over(session, role, &seed).await?;
    if let Some(output) = output {
        write(output, &GrantRequest::of(&secret, organisation, role, label).encode())?;
    }
    let file = output.map(|path| path.display().to_string());
    session.printer.either(&Made { key: secret.public(), role, file }, |made| {
        let key = made.key.to_short();
        let role = locale::code(session.language, "role", role.name());
        let told =
            |key: &str, values: &[(&str, &str)]| hanging("", &locale::format(session.language, key, values), width());
        let done = told("keys.made", &[("role", role), ("key", &key)]);
        let next = match &made.file {
            Some(file) => told("keys.request", &[("file", file)]),
            None => told("keys.to_grant", &[("key", &key)]),
        };
        format!("{done}\n{next}")
    });
    Ok(DONE)
}

fn make_key(store: &Keystore, role: Role, label: &str, unlocker: &mut Unlocker) -> Result<Secret, Problem> {
    check_passphrase(store, unlocker)?;
    let seed = Secret::draw()?;
    let public = *SecretKey::from_seed(seed.as_bytes()).public().as_bytes();
    let new = NewKey { purpose: requests::purpose(role), label, public, seed: &seed };
    store.add(&new, unlocker, Cost::default())?;
    Ok(seed)
}

/// All keys of a folder are under one passphrase: a mistyped one must not lock a new key away from the others.
fn check_passphrase(store: &Keystore, unlocker: &mut Unlocker) -> Result<(), Problem> {
    if let Some(info) = store.list()?.first() {
        drop(store.unlock(info, unlocker)?);
    }
    Ok(())
}

async fn grant(session: &Session, asked: &[String], expires: Option<&str>, root: RootArgs) -> Outcome {
    let expires = expires
        .map(Day::parse)
        .transpose()
        .map_err(|error| Problem::told(exit::USAGE, "usage", "today", &[("reason", &error.to_string())]))?;
    let client = Client::to_read(session).await?;
    let mut unlocker: Option<Unlocker> = None;
    let mut found = Vec::with_capacity(asked.len());
    for text in asked {
        let mut request = match Path::new(text).exists() {
            true => GrantRequest::read(Path::new(text))?,
            false => {
                let unlocker = match &mut unlocker {
                    Some(unlocker) => unlocker,
                    none => none.insert(session.unlocker()?),
                };
                request_of(session, text, unlocker).await?
            }
        };
        request.expires = expires.or(request.expires);
        found.push(request);
    }
    let here = Keystore::open(&session.home()?.keys())?.list()?;
    let is_here = |request: &GrantRequest| here.iter().any(|info| info.public == *request.key.as_bytes());
    let is_node_key = found.iter().any(|request| request.role == Role::Reader && is_here(request));
    let proposal = Proposal::Grant { requests: found };
    match propose_with(session, &client, root, proposal, &[], unlocker.as_mut()).await? {
        Some(act) => {
            let done = tell_done(session, &client, &act).await?;
            if is_node_key {
                restart(session, &client);
            }
            Ok(done)
        }
        None => Ok(DONE),
    }
}

/// The request of a key that was made in this home. A node that runs there is handed the key: it may have been put there by hand.
async fn request_of(session: &Session, text: &str, unlocker: &mut Unlocker) -> Result<GrantRequest, Problem> {
    let unknown = || Problem::told(exit::NO, "not_found", "governing.key_not_here", &[("key", text)]);
    let store = Keystore::open(&session.home()?.keys())?;
    let digits = pasted(text).to_ascii_lowercase();
    let is_it = |info: &KeyInfo| {
        digits.len() >= 6
            && PublicKey::new(info.public).to_string().starts_with(&digits)
            && requests::role(info.purpose).is_some()
    };
    let infos: Vec<KeyInfo> = store.list()?.into_iter().filter(is_it).collect();
    let [info] = &infos[..] else { return Err(unknown()) };
    let role = requests::role(info.purpose).ok_or_else(unknown)?;
    let organisation = own_organisation(session)?.ok_or_else(unknown)?;
    let seed = store.unlock(info, unlocker)?;
    let secret = SecretKey::from_seed(seed.as_bytes());
    unlock::hand_over(session, role, &seed).await?;
    Ok(GrantRequest::of(&secret, organisation, role, &info.label))
}

/// A running node opens connections with the key that it was started with.
fn restart(session: &Session, client: &Client) {
    if matches!(client, Client::Running(_)) && !session.printer.json {
        session.printer.aside(hanging("", session.word("keys.restart"), width()));
    }
}

/// `isnad organisation rename`.
pub(crate) async fn rename(session: &Session, names: Vec<(String, String)>, root: RootArgs) -> Outcome {
    make(session, root, Proposal::Names { names }).await
}

/// True for keys that sign acts.
pub(super) const fn is_root(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Root | Purpose::NextRoot)
}
