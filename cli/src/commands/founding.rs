//! Homes, organisations and consortia, by files: `init`, `organisation`, `found`, `join`.

use std::path::{Path, PathBuf};

use isnad_node::fault::Fault;
use isnad_node::home::Home;
use isnad_node::identity::{self, IdentityError, NewIdentity};
use isnad_node::keystore::{Cost, Unlocker};
use isnad_node::reading::{self, ORGANISATION_DIGITS, Who};
use isnad_protocol::act::{Act, Name, OrganisationBody, OrganisationKind as Kind, founding};
use isnad_protocol::characters::{Placed, placed};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::{Governance, bundle_acts, parse_acts};
use isnad_protocol::id::{ActId, ConsortiumId, OrganisationId};
use isnad_protocol::locale::{self, Language};
use serde::Serialize;

use crate::args::{FoundCommand, InitArgs, OrganisationCommand, OrganisationKind, RootArgs};
use crate::commands::governing::Roots;
use crate::commands::joining;
use crate::commands::reading::called;
use crate::commands::who::who_text;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, pasted, width};
use crate::session::Session;

#[derive(Serialize)]
struct Made {
    home: String,
    organisation: OrganisationId,
}

#[derive(Serialize)]
struct Wrote {
    file: String,
    consortium: Option<ConsortiumId>,
    unsigned: Vec<OrganisationId>,
}

#[derive(Serialize)]
struct Own {
    organisation: OrganisationId,
    names: Vec<String>,
    check_words: String,
}

pub(crate) fn init(session: &Session, args: &InitArgs) -> Outcome {
    checked_names(&args.name)?;
    let (home, organisation) = make(session, args, &mut session.new_unlocker()?)?;
    let made = Made { home: home.path().display().to_string(), organisation };
    session.printer.either(&made, |made| {
        let done = made_text(session, &home, made.organisation);
        format!("{done}\n{}", hanging("", session.word("init.next"), width()))
    });
    Ok(DONE)
}

/// Makes a home and its organisation's first act.
pub(super) fn make(
    session: &Session,
    args: &InitArgs,
    unlocker: &mut Unlocker,
) -> Result<(Home, OrganisationId), Problem> {
    let names = checked_names(&args.name)?;
    if let Ok(home) = Home::open(session.home_path())
        && identity::is_device(&home)?
    {
        let path = home.path().display().to_string();
        return Err(Problem::told(exit::USAGE, "home_exists", "home_of_device", &[("path", &path)]));
    }
    let kind = match args.kind {
        OrganisationKind::State => Kind::State,
        OrganisationKind::Ngo => Kind::Ngo,
        OrganisationKind::International => Kind::International,
    };
    let new =
        NewIdentity { kind, names, label: args.label.as_deref().unwrap_or_else(|| session.word("init.first_node")) };
    let (home, act) = identity::create(session.home_path(), new, unlocker, Cost::default()).map_err(of_identity)?;
    Ok((home, OrganisationId::new(*act.id().as_bytes())))
}

/// What was made, and what to do with it.
pub(super) fn made_text(session: &Session, home: &Home, organisation: OrganisationId) -> String {
    let told = |key: &str, values: &[(&str, &str)]| locale::format(session.language, key, values);
    let done = told("init.made", &[("home", &home.path().display().to_string())]);
    let organisation = told("init.organisation", &[("organisation", &organisation.to_string())]);
    [&*done, &*organisation, "", &told("init.keep", &[])].map(|line| hanging("", line, width())).join("\n")
}

/// Names as they are typed. Before a passphrase is asked for: one that cannot be shown is told at once.
fn checked_names(names: &[String]) -> Result<Vec<Name>, Problem> {
    let names: Vec<Name> = names.iter().map(|name| named(name)).collect();
    if names.iter().all(|name| is_name(&name.text)) {
        return Ok(names);
    }
    let values = [("most", &*NAME_CHARACTERS.to_string())];
    Err(Problem::told(exit::USAGE, "usage", "names", &values))
}

/// Characters of a name: what a list can show. THREATS, names on screen.
const NAME_CHARACTERS: usize = 128;

/// One line that shows all that it holds.
fn is_name(text: &str) -> bool {
    let is_shown = !text.trim().is_empty() && !placed(text).any(Placed::is_unsafe_in_name);
    is_shown && text.chars().count() <= NAME_CHARACTERS
}

/// Whether a consortium may be called so.
pub(super) fn check_consortium_name(name: &str) -> Result<(), Problem> {
    let values = [("most", &*NAME_CHARACTERS.to_string())];
    if is_name(name) { Ok(()) } else { Err(Problem::told(exit::USAGE, "usage", "consortium_name", &values)) }
}

/// `fr:Nom`, or a name in English.
fn named(text: &str) -> Name {
    let (lang, text) = match text.split_once(':') {
        Some((lang, text)) if Language::parse(lang).is_ok() => (lang, text),
        _ => ("en", text),
    };
    Name { lang: lang.to_owned(), text: text.trim().to_owned() }
}

pub(crate) async fn organisation(session: &Session, command: OrganisationCommand) -> Outcome {
    if let OrganisationCommand::Rename { name, root } = command {
        return rename(session, &name, root).await;
    }
    let act = identity::own_act(&session.home()?).map_err(of_identity)?;
    let organisation = OrganisationId::new(*act.id().as_bytes());
    match command {
        OrganisationCommand::Export { output } => {
            write(&output, &bundle_acts([&act]))?;
            let wrote = Wrote { file: output.display().to_string(), consortium: None, unsigned: Vec::new() };
            session.printer.either(&wrote, |wrote| {
                let values = [("organisation", &*organisation.to_string()), ("file", &*wrote.file)];
                hanging("", &locale::format(session.language, "found.first_act", &values), width())
            });
        }
        OrganisationCommand::Successor { predecessor, output } => {
            // The members, who hold the old acts, look it up: here its first digits do.
            let old = pasted(&predecessor).to_ascii_lowercase();
            let is_id =
                (ORGANISATION_DIGITS..=64).contains(&old.len()) && old.bytes().all(|digit| digit.is_ascii_hexdigit());
            if !is_id {
                let values = [("organisation", &*predecessor)];
                return Err(Problem::told(exit::USAGE, "usage", "governing.predecessor_id", &values));
            }
            write(&output, &bundle_acts([&act]))?;
            let wrote = Wrote { file: output.display().to_string(), consortium: None, unsigned: Vec::new() };
            session.printer.either(&wrote, |wrote| {
                let values = [("file", &*wrote.file), ("predecessor", &*old)];
                hanging("", &locale::format(session.language, "keys.successor", &values), width())
            });
        }
        OrganisationCommand::Rename { .. } => {}
        OrganisationCommand::Show => {
            let names = act.as_organisation().map(|body| body.names.as_slice()).unwrap_or_default();
            let names = names.iter().map(|name| name.text.clone()).collect();
            let words = CheckWords::of_organisation(&organisation);
            let check_words = words.line(session.language);
            session.printer.either(&Own { organisation, names, check_words }, |own| {
                let names: Vec<String> = own.names.iter().map(|name| session.apart(name)).collect();
                let words = joining::words_line(session, "invite.words", &words);
                format!("{}\n{}\n{words}", own.organisation, hanging("", &names.join(" · "), width()))
            });
        }
    }
    Ok(DONE)
}

async fn rename(session: &Session, names: &[String], root: RootArgs) -> Outcome {
    let names = checked_names(names)?.into_iter().map(|name| (name.lang, name.text)).collect();
    super::keys::rename(session, names, root).await
}

pub(crate) fn found(session: &Session, command: FoundCommand) -> Outcome {
    match command {
        FoundCommand::Draft { name, members, threshold, output } => draft(session, &name, &members, threshold, &output),
        FoundCommand::Show { file } => {
            let governance = assembled(&[file])?;
            let who = reading::who(&governance, None);
            session.printer.either(&who, |who| drafted_text(session, who, &governance));
            Ok(DONE)
        }
        FoundCommand::Sign { file, keys, output } => sign(session, file, keys, &output),
        FoundCommand::Assemble { files, output } => {
            let governance = assembled(&files)?;
            let unsigned = governance.missing_signatures();
            if !unsigned.is_empty() {
                let name = |id: &OrganisationId| first_name(session, &governance, *id);
                let comma = format!("{} ", session.word("preview.comma"));
                let list = unsigned.iter().map(name).collect::<Vec<_>>().join(&comma);
                let values = [("count", &*unsigned.len().to_string()), ("list", &*list)];
                return Err(Problem::told(exit::NO, "unsigned", "unsigned", &values));
            }
            save(session, &governance, &output, "found.did_found")
        }
    }
}

/// What an organisation calls itself in its first act, and its digits.
fn first_name(session: &Session, governance: &Governance, id: OrganisationId) -> String {
    let first = governance.act(&ActId::new(*id.as_bytes())).and_then(Act::as_organisation);
    let names = first.map(OrganisationBody::names_by_language).unwrap_or_default();
    let name = called(&names, session.language);
    name.map_or_else(|| id.to_short(), |name| format!("{name} [{}]", id.to_short()))
}

fn draft(session: &Session, name: &str, members: &[PathBuf], threshold: Option<u64>, output: &Path) -> Outcome {
    check_consortium_name(name)?;
    let mut acts = Vec::new();
    for file in members {
        acts.extend(read_acts(file)?);
    }
    let ids: Vec<OrganisationId> = acts.iter().filter_map(Act::organisation).collect();
    let smallest = u64::try_from(ids.len()).unwrap_or(u64::MAX) / 2 + 1;
    let charter = founding::charter(name, ids, threshold.unwrap_or(smallest), Object::new(), Object::new());
    let charter = charter.map_err(|error| {
        let values = [("rule", error.code())];
        Problem::of_rule(exit::REFUSED, error.code(), "charter_draft", &values, error.to_string())
    })?;
    acts.push(charter);
    save(session, &assemble(acts)?, output, "found.did_draft")
}

fn sign(session: &Session, file: PathBuf, keys: Option<PathBuf>, output: &Path) -> Outcome {
    let governance = assembled(&[file])?;
    let home = session.home()?;
    let own = identity::own_act(&home).map_err(of_identity)?.organisation();
    let founding = governance.acts().find(|act| act.as_charter().is_some()).cloned();
    let named = founding.filter(|act| {
        let members = act.as_charter().map(|charter| &charter.members);
        members.zip(own).is_some_and(|(members, own)| members.contains(&own))
    });
    let charter = named.ok_or_else(|| Problem::told(exit::REFUSED, "not_named", "not_named", &[]))?;
    if !session.printer.json {
        session.printer.aside(drafted_text(session, &reading::who(&governance, None), &governance));
    }
    let keys = Roots::of(session, keys)?;
    let signed = identity::sign_with(keys.folder(), &home, charter, &mut session.unlocker()?).map_err(of_identity)?;
    let mut acts: Vec<Act> = governance.acts().filter(|act| act.as_charter().is_none()).cloned().collect();
    acts.insert(0, signed);
    save(session, &assemble(acts)?, output, "found.did_sign")
}

fn save(session: &Session, governance: &Governance, output: &Path, did: &str) -> Outcome {
    write(output, &bundle_acts(governance.acts()))?;
    let wrote = Wrote {
        file: output.display().to_string(),
        consortium: Some(governance.consortium()),
        unsigned: governance.missing_signatures(),
    };
    session.printer.either(&wrote, |wrote| {
        let consortium = governance.consortium().to_string();
        let done = locale::format(session.language, did, &[("consortium", &consortium)]);
        let values = [("file", &*wrote.file), ("unsigned", &*wrote.unsigned.len().to_string())];
        let done = hanging("", &done, width());
        let wrote = locale::format(session.language, "found.wrote", &values);
        format!("{done}\n{}", hanging("", &wrote, width()))
    });
    Ok(DONE)
}

pub(crate) fn join(session: &Session, file: PathBuf, expected: Option<&str>) -> Outcome {
    let home = session.home()?;
    let governance = assembled(&[file])?;
    let consortium = governance.consortium();
    let refused = |key: &str, values: &[(&str, &str)]| Err(Problem::told(exit::REFUSED, "not_joined", key, values));
    if let Some(expected) = expected.map(pasted).filter(|expected| *expected != consortium.to_string()) {
        let values = [("found", &*consortium.to_string()), ("expected", expected)];
        return refused("not_joined.other_file", &values);
    }
    if governance.charter().is_none() {
        return refused("not_joined.unsigned", &[]);
    }
    if let Some(joined) = isnad_node::node::consortium(&home)?.filter(|joined| *joined != consortium) {
        return refused("not_joined.other_home", &[("joined", &*joined.to_string())]);
    }
    let own = match identity::own_act(&home) {
        // Another machine of an organisation: the acts say whose its keys are.
        Err(IdentityError::NoOrganisation) if identity::is_device(&home)? => {
            match identity::adopt(&home, &governance).map_err(of_identity)? {
                Some(act) => act.organisation(),
                None => return refused("not_joined.not_granted", &[]),
            }
        }
        own => {
            let own = own.map_err(of_identity)?.organisation();
            if !governance.organisations().iter().any(|organisation| Some(organisation.id) == own) {
                return refused("not_joined.not_named", &[]);
            }
            own
        }
    };
    isnad_node::node::join(&home, &governance)?;
    let who = reading::who(&governance, own);
    let joined = locale::word(session.language, "found.joined");
    session.printer.either(&who, |who| format!("{joined}\n\n{}", who_text(session.language, who)));
    Ok(DONE)
}

fn assembled(files: &[PathBuf]) -> Result<Governance, Problem> {
    let mut acts = Vec::new();
    for file in files {
        acts.extend(read_acts(file)?);
    }
    assemble(acts)
}

fn assemble(acts: Vec<Act>) -> Result<Governance, Problem> {
    Governance::assemble(acts).map_err(|error| {
        let values = [("rule", error.code())];
        Problem::of_rule(exit::REFUSED, error.code(), "no_founding", &values, error.to_string())
    })
}

pub(crate) fn read_acts(file: &Path) -> Result<Vec<Act>, Problem> {
    let bytes = std::fs::read(file).map_err(|error| Problem::file("read", file, &error))?;
    parse_acts(&bytes).map_err(|error| {
        let values = [("file", &*file.display().to_string()), ("rule", error.code())];
        // Text read as a length is the length of no act.
        if matches!(error.code(), "acts_oversized" | "act_magic") {
            return Problem::told(exit::REFUSED, error.code(), "acts_file.foreign", &values);
        }
        Problem::of_rule(exit::REFUSED, error.code(), "acts_file", &values, error.to_string())
    })
}

/// Writes a file that a person asked for. What members share with each other alone may be in it: it is its owner's alone.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
    isnad_node::files::write_out(file, bytes).map_err(|fault| match fault {
        Fault::Io { source, .. } => Problem::file("write", file, &source),
        other => other.into(),
    })
}

fn drafted_text(session: &Session, who: &Who, governance: &Governance) -> String {
    let language = session.language;
    let Some(charter) = governance.acts().find_map(Act::as_charter) else { return who_text(language, who) };
    let (threshold, members) = (charter.threshold.to_string(), charter.members.len().to_string());
    let lines = [
        locale::format(language, "found.charter", &[("name", &session.apart(&charter.name))]),
        locale::format(language, "who.id", &[("id", &who.consortium.to_string())]),
        locale::format(language, "found.threshold", &[("threshold", &threshold), ("members", &members)]),
    ];
    let mut lines: Vec<String> = lines.iter().map(|line| hanging("", line, width())).collect();
    let unsigned = governance.missing_signatures();
    for (id, body) in governance.acts().filter_map(|act| Some((act.organisation()?, act.as_organisation()?))) {
        let in_language = |code: &str| body.names.iter().find(|name| name.lang == code);
        let name = in_language(session.language.code()).or_else(|| in_language("en")).or(body.names.first());
        let name = name.map_or("", |name| name.text.as_str());
        let state = if unsigned.contains(&id) { "found.unsigned" } else { "found.signed" };
        let state = locale::word(language, state);
        lines.push(hanging("  ", &format!("{} {} — {state}", id.to_short(), session.apart(name)), width()));
    }
    lines.join("\n")
}

/// What people are told of an identity that cannot be made or read.
pub(crate) fn of_identity(error: IdentityError) -> Problem {
    match error {
        IdentityError::Fault(fault) => fault.into(),
        IdentityError::Act(error) => {
            let values = [("rule", error.code())];
            Problem::of_rule(exit::REFUSED, error.code(), "act_made", &values, error.to_string())
        }
        IdentityError::NoRoot { dir } => {
            let dir = dir.display().to_string();
            Problem::told(exit::REFUSED, "no_root_key", "no_root_here", &[("dir", &dir)])
        }
        IdentityError::NoOrganisation => Problem::told(exit::USAGE, "no_organisation", "no_organisation", &[]),
        other => Problem::fault(other.to_string()),
    }
}
