//! `isnad invite` and `isnad join CODE`: how a new organisation comes to the door, and who opens it.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum as _;
use isnad_node::api::invitations::{Invited, Withdrawal, Withdrawn};
use isnad_node::candidacy::{self, ApplyError};
use isnad_node::clock;
use isnad_node::door::{Standing, Wish};
use isnad_node::home::Home;
use isnad_node::keystore::Unlocker;
use isnad_node::network::CallError;
use isnad_node::reading::Status;
use isnad_protocol::act::Act;
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, ConsortiumId, NodeId, OrganisationId};
use isnad_protocol::joining::{Invitation, looks_like_code};
use isnad_protocol::limits;
use isnad_protocol::locale;
use isnad_protocol::time::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::{InitArgs, InviteArgs, JoinArgs, OrganisationKind};
use crate::client::Client;
use crate::commands::{founding, preview};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, pasted, width};
use crate::session::Session;

/// A new invitation, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    invited: &'a Invited,
    check_words: [String; 3],
    file: Option<String>,
}

/// An invitation as it is listed, for programs.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    standing: &'a Standing,
    /// open, used, expired.
    state: &'static str,
    /// The same for every invitation of a node: they are of that node and the consortium.
    check_words: Option<[String; 3]>,
}

/// A home that waits to be admitted, for programs.
#[derive(Serialize)]
struct Waiting {
    consortium: ConsortiumId,
    name: String,
    organisation: OrganisationId,
    sponsor: NodeId,
    check_words: String,
    waiting: bool,
}

pub(crate) async fn invite(session: &Session, args: InviteArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    if args.list {
        return list(session, &client).await;
    }
    if let Some(id) = &args.withdraw {
        return withdraw(session, &client, pasted(id)).await;
    }
    let valid = spell(&args.valid)
        .ok_or_else(|| Problem::told(exit::USAGE, "usage", "invite.time", &[("found", &args.valid)]))?;
    let valid_ms = u64::try_from(valid.as_millis()).unwrap_or(u64::MAX);
    let addresses = args.address.iter().map(|address| pasted(address).to_owned()).collect();
    let wish = Wish { label: args.label, valid_ms, addresses };
    let invited: Invited = client.post("/invitations", &wish).await?;
    if let Some(file) = &args.output {
        founding::write(file, format!("{}\n", invited.code).as_bytes())?;
    }
    let file = args.output.map(|file| file.display().to_string());
    let words = invited.words();
    let check_words = locale::Language::ALL.map(|language| words.line(language));
    session.printer.either(&Shown { invited: &invited, check_words, file }, |shown| invited_text(session, shown));
    Ok(DONE)
}

fn invited_text(session: &Session, shown: &Shown<'_>) -> String {
    let told = |key: &str, values: &[(&str, &str)]| locale::format(session.language, key, values);
    let invited = shown.invited;
    let values = [("id", &*invited.id), ("until", &*until(invited.until_ms))];
    let mut lines = vec![told("invite.made", &values), String::new()];
    match &shown.file {
        Some(file) => lines.push(set(&told("invite.wrote", &[("file", file)]))),
        // In one line, however long: it is there to be copied as a whole.
        None => lines.extend([set(&told("invite.code", &[])), String::new(), invited.code.clone()]),
    }
    let words = invited.words();
    lines.extend([String::new(), words_line(session, "invite.words", &words), set(&told("invite.compare", &[]))]);
    if invited.addresses.iter().all(|address| address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/")) {
        lines.push(set(&told("invite.local", &[])));
    }
    lines.join("\n")
}

async fn list(session: &Session, client: &Client) -> Outcome {
    let invitations: Vec<Standing> = client.get("/invitations").await?;
    let status: Status = client.get("/status").await?;
    let words = status.node.map(|node| CheckWords::of_invitation(&status.consortium, &node));
    if session.printer.json {
        let check_words = words.map(|words| locale::Language::ALL.map(|language| words.line(language)));
        let listed = invitations.iter().map(|standing| {
            let check_words = check_words.clone();
            Listed { standing, state: state(standing), check_words }
        });
        session.printer.value(&listed.collect::<Vec<_>>());
        return Ok(DONE);
    }
    session.printer.either(&invitations, |invitations| {
        let told = |key: &str, values: &[(&str, &str)]| locale::format(session.language, key, values);
        let line = |standing: &Standing| {
            let key = format!("invite.{}", state(standing));
            let by = standing.used.as_ref().map(|used| used.organisation.to_short()).unwrap_or_default();
            let values = [("id", &*standing.id), ("until", &*until(standing.until_ms)), ("organisation", &*by)];
            let whom = session.apart(&standing.label);
            format!("{}  {}", told(&key, &values), if standing.label.is_empty() { "" } else { &whom })
        };
        let mut lines: Vec<String> = invitations.iter().map(|one| line(one).trim_end().to_owned()).collect();
        if lines.is_empty() {
            return told("invite.none", &[]);
        }
        if let Some(words) = &words {
            lines.push(words_line(session, "invite.words", words));
        }
        lines.join("\n")
    });
    Ok(DONE)
}

/// Where an invitation stands, by a stable name.
const fn state(standing: &Standing) -> &'static str {
    match (&standing.used, standing.is_open) {
        (Some(_), _) => "used",
        (None, true) => "open",
        (None, false) => "expired",
    }
}

async fn withdraw(session: &Session, client: &Client, id: &str) -> Outcome {
    let withdrawn: Withdrawn = client.post("/invitations/withdraw", &Withdrawal { id: id.to_owned() }).await?;
    session.printer.either(&withdrawn, |withdrawn| match withdrawn.candidate {
        None => locale::format(session.language, "invite.withdrawn", &[("id", id)]),
        Some(candidate) => {
            locale::format(session.language, "invite.forgotten", &[("organisation", &candidate.to_short())])
        }
    });
    Ok(DONE)
}

/// Joins by a code, or by a file of a code or of a consortium.
pub(crate) async fn join(session: &Session, args: JoinArgs) -> Outcome {
    match code(&args.what)? {
        Some(code) => by_invitation(session, &args, &code).await,
        None => {
            // What is named wrong is told before what the home lacks.
            std::fs::metadata(&args.what).map_err(|error| misnamed(&args.what, &error))?;
            founding::join(session, args.what, args.consortium.as_deref())
        }
    }
}

/// What was typed is neither a code nor a file.
fn misnamed(what: &Path, error: &std::io::Error) -> Problem {
    if error.kind() != std::io::ErrorKind::NotFound {
        return Problem::file("read", what, error);
    }
    let text = what.display().to_string();
    Problem::told(exit::USAGE, "file", "invitation.no_code", &[("text", &text)])
}

/// The text of a code: typed, in a file, or on standard input; `None` for a file of a consortium.
fn code(what: &Path) -> Result<Option<Zeroizing<String>>, Problem> {
    let typed = what.to_str().unwrap_or_default();
    if typed == "-" {
        let mut text = Zeroizing::new(String::new());
        let most = u64::try_from(limits::INVITATION_CHARACTERS).unwrap_or(u64::MAX);
        let read = std::io::stdin().lock().take(most.saturating_add(1)).read_to_string(&mut text);
        return read.map(|_| Some(text)).map_err(|error| Problem::file("read", what, &error));
    }
    if !what.exists() {
        return Ok(looks_like_code(typed).then(|| Zeroizing::new(typed.to_owned())));
    }
    let bytes = std::fs::read(what).map_err(|error| Problem::file("read", what, &error))?;
    Ok(String::from_utf8(bytes).ok().filter(|text| looks_like_code(text)).map(Zeroizing::new))
}

async fn by_invitation(session: &Session, args: &JoinArgs, code: &str) -> Outcome {
    let invitation = Invitation::parse(code).map_err(|error| {
        let key = format!("invitation.{}", error.code().trim_start_matches("invitation_"));
        Problem::told(exit::REFUSED, error.code(), &key, &[])
    })?;
    check(args, &invitation)?;
    let words = CheckWords::of_invitation(&invitation.consortium, &invitation.node);
    if !session.printer.json {
        session.printer.aside(words_line(session, "invite.words", &words));
        let key = if preview::asks(session) { "join.compare" } else { "join.compare_unasked" };
        session.printer.aside(set(session.word(key)));
    }
    let is_new = !session.home_path().join("version").exists();
    if preview::asks(session) && !preview::says_yes(session, "join.question") {
        return Err(Problem::told(exit::NO, "declined", "invitation.declined", &[]));
    }
    let (home, mut unlocker) = home(session, args)?;
    if let Some(joined) = isnad_node::node::consortium(&home)?.filter(|joined| *joined != invitation.consortium) {
        let values = [("joined", &*joined.to_string())];
        return Err(Problem::told(exit::REFUSED, "not_joined", "not_joined.other_home", &values));
    }
    let sponsor = invitation.node;
    let governance = candidacy::apply(&home, invitation, &mut unlocker).await.map_err(|error| {
        let mut problem = refused(error);
        if is_new {
            problem.words.values.insert("home".to_owned(), home.path().display().to_string());
            problem = problem.and("home_stays");
        }
        problem
    })?;
    told_waiting(session, &home, &governance, sponsor)
}

fn check(args: &JoinArgs, invitation: &Invitation) -> Result<(), Problem> {
    let consortium = invitation.consortium.to_string();
    if let Some(expected) = args.consortium.as_deref().map(pasted).filter(|expected| *expected != consortium) {
        let values = [("found", &*consortium), ("expected", expected)];
        return Err(Problem::told(exit::REFUSED, "not_joined", "not_joined.other_invitation", &values));
    }
    if invitation.until.0 <= clock::now_ms() {
        let values = [("until", &*until(invitation.until.0))];
        return Err(Problem::told(exit::REFUSED, "invitation_expired", "invitation.expired", &values));
    }
    Ok(())
}

/// The home that is there with its passphrase, or a new one of what was given for it.
fn home(session: &Session, args: &JoinArgs) -> Result<(Home, Unlocker), Problem> {
    let is_there = session.home_path().join("version").exists();
    match (is_there, args.kind) {
        (true, _) => Ok((session.home()?, session.unlocker()?)),
        (false, Some(kind)) => {
            let mut unlocker = session.new_unlocker()?;
            let init = InitArgs { name: args.name.clone(), kind, label: None };
            let (home, organisation) = founding::make(session, &init, &mut unlocker)?;
            if !session.printer.json {
                session.printer.aside(founding::made_text(session, &home, organisation));
            }
            Ok((home, unlocker))
        }
        (false, None) if preview::asks(session) => {
            let name = asked(session, "join.name");
            let kind = OrganisationKind::from_str(&asked(session, "join.kind"), true).map_err(|_| no_home(session))?;
            if name.is_empty() {
                return Err(no_home(session));
            }
            let args = JoinArgs { name: vec![name], kind: Some(kind), what: args.what.clone(), consortium: None };
            home(session, &args)
        }
        (false, None) => Err(no_home(session)),
    }
}

/// What a person answers to a question.
fn asked(session: &Session, question: &str) -> String {
    session.printer.aside(session.word(question));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map(|_| answer.trim().to_owned()).unwrap_or_default()
}

fn no_home(session: &Session) -> Problem {
    let path = session.home_path().display().to_string();
    Problem::told(exit::USAGE, "not_a_home", "invitation.no_home", &[("path", &path)])
}

fn told_waiting(session: &Session, home: &Home, governance: &Governance, sponsor: NodeId) -> Outcome {
    let own = isnad_node::identity::own_act(home).map_err(founding::of_identity)?;
    let organisation = own.organisation().unwrap_or(OrganisationId::ZERO);
    let consortium = governance.consortium();
    let charter = governance.act(&ActId::new(*consortium.as_bytes())).and_then(Act::as_charter);
    let name = governance.charter().or(charter).map(|charter| charter.name.clone()).unwrap_or_default();
    let words = CheckWords::of_organisation(&organisation);
    let is_member = governance.organisations().iter().any(|member| member.id == organisation);
    let check_words = words.line(session.language);
    let waiting = Waiting { consortium, name, organisation, sponsor, check_words, waiting: !is_member };
    session.printer.either(&waiting, |waiting| {
        let name = session.apart(&waiting.name);
        let values = [("name", &*name), ("organisation", &*organisation.to_short())];
        let told = |key: &str| set(&locale::format(session.language, key, &values));
        let words = words_line(session, "join.own_words", &words);
        let next = if waiting.waiting { "join.waiting" } else { "join.member" };
        format!("{}\n{words}\n\n{}", told("join.handed"), told(next))
    });
    Ok(DONE)
}

fn refused(error: ApplyError) -> Problem {
    match error {
        ApplyError::Identity(error) => founding::of_identity(error),
        ApplyError::Fault(fault) => fault.into(),
        ApplyError::NoNodeKey => Problem::told(exit::USAGE, "no_node_key", "no_node_key", &[]),
        ApplyError::Call(CallError::Unreached { reason }) => {
            let values = [("reason", &*reason)];
            Problem::told(exit::UNREACHABLE, "sponsor_unreachable", "invitation.unreachable", &values)
        }
        ApplyError::Call(CallError::Shut) => {
            Problem::told(exit::REFUSED, "invitation_closed", "invitation.closed", &[])
        }
        ApplyError::Call(CallError::Refused(refusal)) => {
            let code = refusal.code();
            let key = format!("invitation.{}", code.split_once('_').map_or(code, |(_, rule)| rule));
            Problem::told(exit::REFUSED, code, &key, &[("until", "")])
        }
        other => Problem::fault(other.to_string()),
    }
}

/// Check words behind what they are of.
pub(super) fn words_line(session: &Session, key: &str, words: &CheckWords) -> String {
    let label = format!("{} ", session.word(key));
    hanging(&label, &words.line(session.language), width())
}

fn set(text: &str) -> String {
    hanging("", text, width())
}

fn until(ms: u64) -> String {
    let text = Timestamp(ms).to_string();
    text.get(..16).map_or_else(|| text.clone(), |minute| minute.replace('T', " ") + " UTC")
}

/// `30m`, `24h`, `7d`.
fn spell(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60_u64,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spell_is_a_number_and_its_unit() {
        assert_eq!(spell("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(spell("7d"), Some(Duration::from_secs(604_800)));
        for text in ["", "h", "24", "-1h", "1.5h", "é", "99999999999999999999d"] {
            assert_eq!(spell(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_is_told_to_the_minute() {
        assert_eq!(until(1_526_601_600_000), "2018-05-18 00:00 UTC");
    }
}
