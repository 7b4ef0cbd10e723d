//! Homes, organisations and consortia, by files: `init`, `organisation`, `found`, `join`.

use std::path::{Path, PathBuf};

use isnad_node::fault::Fault;
use isnad_node::identity::{self, IdentityError, NewIdentity};
use isnad_node::keystore::Cost;
use isnad_node::reading::{self, Who};
use isnad_protocol::act::{Act, Name, OrganisationKind as Kind, founding};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::{Governance, bundle_acts, parse_acts};
use isnad_protocol::id::{ConsortiumId, OrganisationId};
use isnad_protocol::locale::Language;
use serde::Serialize;

use crate::args::{FoundCommand, InitArgs, OrganisationCommand, OrganisationKind};
use crate::commands::reading::who_text;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{isolated, pasted};
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
}

pub(crate) fn init(session: &Session, args: &InitArgs) -> Outcome {
    let kind = match args.kind {
        OrganisationKind::State => Kind::State,
        OrganisationKind::Ngo => Kind::Ngo,
        OrganisationKind::International => Kind::International,
    };
    let names: Vec<Name> = args.name.iter().map(|name| named(name)).collect();
    if names.iter().any(|name| !is_name(&name.text)) {
        let why = format!("a name is one line of 1 to {NAME_CHARACTERS} characters");
        return Err(Problem::usage("no home was made", why, "name the organisation as its members know it"));
    }
    let mut unlocker = session.new_unlocker()?;
    let new = NewIdentity { kind, names, label: &args.label };
    let (home, act) =
        identity::create(session.home_path(), new, &mut unlocker, Cost::default()).map_err(of_identity)?;
    let organisation = OrganisationId::new(*act.id().as_bytes());
    let made = Made { home: home.path().display().to_string(), organisation };
    session.printer.either(&made, |made| {
        format!(
            "made a home in {}\norganisation {}\n\nKeep a copy of its folder `keys` offline, and the passphrase apart from \
             it.\nNext: isnad organisation export -o FILE, and give FILE to the other founders.",
            made.home, made.organisation
        )
    });
    Ok(DONE)
}

/// Characters of a name: what a list can show. THREATS, names on screen.
const NAME_CHARACTERS: usize = 128;

fn is_name(text: &str) -> bool {
    (1..=NAME_CHARACTERS).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// `fr:Nom`, or a name in English.
fn named(text: &str) -> Name {
    let (lang, text) = match text.split_once(':') {
        Some((lang, text)) if Language::parse(lang).is_ok() => (lang, text),
        _ => ("en", text),
    };
    Name { lang: lang.to_owned(), text: text.trim().to_owned() }
}

pub(crate) fn organisation(session: &Session, command: OrganisationCommand) -> Outcome {
    let act = identity::own_act(&session.home()?).map_err(of_identity)?;
    let organisation = OrganisationId::new(*act.id().as_bytes());
    match command {
        OrganisationCommand::Export { output } => {
            write(&output, &bundle_acts([&act]))?;
            let wrote = Wrote { file: output.display().to_string(), consortium: None, unsigned: Vec::new() };
            session.printer.either(&wrote, |wrote| format!("wrote the first act of {organisation} to {}", wrote.file));
        }
        OrganisationCommand::Show => {
            let names = act.as_organisation().map(|body| body.names.as_slice()).unwrap_or_default();
            let names = names.iter().map(|name| name.text.clone()).collect();
            session.printer.either(&Own { organisation, names }, |own| {
                let names: Vec<String> = own.names.iter().map(|name| isolated(name)).collect();
                format!("{}\n{}", own.organisation, names.join(" · "))
            });
        }
    }
    Ok(DONE)
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
        FoundCommand::Sign { file, output } => sign(session, file, &output),
        FoundCommand::Assemble { files, output } => {
            let governance = assembled(&files)?;
            let unsigned = governance.missing_signatures();
            if !unsigned.is_empty() {
                let list = unsigned.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let what = format!("{} of the organisations have not signed", unsigned.len());
                let advice = "have each run `isnad found sign` on the draft, and name every signed file here";
                return Err(Problem::new(exit::NO, "unsigned", what, list, advice));
            }
            save(session, &governance, &output, "founded")
        }
    }
}

fn draft(session: &Session, name: &str, members: &[PathBuf], threshold: Option<u64>, output: &Path) -> Outcome {
    let mut acts = Vec::new();
    for file in members {
        acts.extend(read_acts(file)?);
    }
    let ids: Vec<OrganisationId> = acts.iter().filter_map(Act::organisation).collect();
    let smallest = u64::try_from(ids.len()).unwrap_or(u64::MAX) / 2 + 1;
    let charter = founding::charter(name, ids, threshold.unwrap_or(smallest), Object::new(), Object::new());
    let charter = charter.map_err(|error| {
        let advice = "name each member's file once; a threshold is more than half of them, and no more than all";
        Problem::new(exit::REFUSED, error.code(), "this charter cannot be drafted", error.to_string(), advice)
    })?;
    acts.push(charter);
    save(session, &assemble(acts)?, output, "drafted")
}

fn sign(session: &Session, file: PathBuf, output: &Path) -> Outcome {
    let governance = assembled(&[file])?;
    let home = session.home()?;
    let own = identity::own_act(&home).map_err(of_identity)?.organisation();
    let founding = governance.acts().find(|act| act.as_charter().is_some()).cloned();
    let named = founding.filter(|act| {
        let members = act.as_charter().map(|charter| &charter.members);
        members.zip(own).is_some_and(|(members, own)| members.contains(&own))
    });
    let charter = named.ok_or_else(|| {
        let why = "this home's organisation is not among its members";
        let advice = "have it drafted with your first act";
        Problem::new(exit::REFUSED, "not_named", "this charter was not signed", why, advice)
    })?;
    if !session.printer.json {
        session.printer.aside(drafted_text(session, &reading::who(&governance, None), &governance));
    }
    let signed = identity::sign(&home, charter, &mut session.unlocker()?).map_err(of_identity)?;
    let mut acts: Vec<Act> = governance.acts().filter(|act| act.as_charter().is_none()).cloned().collect();
    acts.insert(0, signed);
    save(session, &assemble(acts)?, output, "signed")
}

fn save(session: &Session, governance: &Governance, output: &Path, did: &str) -> Outcome {
    write(output, &bundle_acts(governance.acts()))?;
    let wrote = Wrote {
        file: output.display().to_string(),
        consortium: Some(governance.consortium()),
        unsigned: governance.missing_signatures(),
    };
    session.printer.either(&wrote, |wrote| {
        let consortium = governance.consortium();
        format!("{did} consortium {consortium}\nwrote {}; {} still to sign", wrote.file, wrote.unsigned.len())
    });
    Ok(DONE)
}

pub(crate) fn join(session: &Session, file: PathBuf, expected: Option<&str>) -> Outcome {
    let home = session.home()?;
    let governance = assembled(&[file])?;
    let consortium = governance.consortium();
    let refused = |why: String, advice: &str| {
        Err(Problem::new(exit::REFUSED, "not_joined", "this home did not join the consortium", why, advice))
    };
    if let Some(expected) = expected.map(pasted).filter(|expected| *expected != consortium.to_string()) {
        return refused(format!("the file is of {consortium}, not of {expected}"), "ask for the right file");
    }
    if governance.charter().is_none() {
        let advice = "put every organisation's signature together with `isnad found assemble`";
        return refused("its charter is not signed by all its members".into(), advice);
    }
    let own = identity::own_act(&home).map_err(of_identity)?.organisation();
    if !governance.organisations().iter().any(|organisation| Some(organisation.id) == own) {
        return refused("its charter does not name this home's organisation".into(), "ask its members to admit you");
    }
    match isnad_node::node::consortium(&home)? {
        Some(joined) if joined != consortium => {
            return refused(format!("this home is of {joined} already"), "use another --home for another consortium");
        }
        Some(_) | None => isnad_node::node::join(&home, &governance)?,
    }
    let who = reading::who(&governance, own);
    session.printer.either(&who, |who| format!("joined\n\n{}", who_text(who)));
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
        let advice = "name files made by `isnad found` and `isnad organisation export`, of one draft";
        Problem::new(exit::REFUSED, error.code(), "these files found no consortium", error.to_string(), advice)
    })
}

fn read_acts(file: &Path) -> Result<Vec<Act>, Problem> {
    let bytes = std::fs::read(file).map_err(|error| Problem::file("read", file, &error))?;
    parse_acts(&bytes).map_err(|error| {
        let what = format!("{} is not taken", file.display());
        // Text read as a length is the length of no act.
        let is_foreign = matches!(error.code(), "acts_oversized" | "act_magic");
        let (why, advice) = if is_foreign {
            let advice = "name a file made by `isnad organisation export` or `isnad found`";
            ("it is no consortium file, no draft and no first act".to_owned(), advice)
        } else {
            (error.to_string(), "ask for the file again, whole")
        };
        Problem::new(exit::REFUSED, error.code(), what, why, advice)
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
    let Some(charter) = governance.acts().find_map(Act::as_charter) else { return who_text(who) };
    let mut lines = vec![format!("charter of {}", isolated(&charter.name)), format!("id {}", who.consortium)];
    lines.push(format!("{} of its {} members sign an amendment", charter.threshold, charter.members.len()));
    let unsigned = governance.missing_signatures();
    for (id, body) in governance.acts().filter_map(|act| Some((act.organisation()?, act.as_organisation()?))) {
        let in_language = |code: &str| body.names.iter().find(|name| name.lang == code);
        let name = in_language(session.language.code()).or_else(|| in_language("en")).or(body.names.first());
        let name = name.map_or("", |name| name.text.as_str());
        let state = if unsigned.contains(&id) { "has not signed" } else { "has signed" };
        lines.push(format!("  {} {} — {state}", id.to_short(), isolated(name)));
    }
    lines.join("\n")
}

/// What people are told of an identity that cannot be made or read.
pub(crate) fn of_identity(error: IdentityError) -> Problem {
    match error {
        IdentityError::Fault(fault) => fault.into(),
        IdentityError::Act(error) => {
            let advice = "correct what the reason names";
            Problem::new(exit::REFUSED, error.code(), "this act cannot be made", error.to_string(), advice)
        }
        IdentityError::NoOrganisation => {
            Problem::new(exit::USAGE, "no_organisation", error.to_string(), "", "make one with `isnad init`")
        }
        other => Problem::fault(other.to_string()),
    }
}
