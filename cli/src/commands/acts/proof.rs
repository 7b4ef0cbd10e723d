//! `isnad act export --proof` and `isnad act check`: that an organisation signed two acts in one place, as a file for anyone.

use std::path::Path;

use isnad_node::reading::Who;
use isnad_protocol::governance::{SignedBoth, bundle_acts, check_signed_both};
use isnad_protocol::id::{ActId, ConsortiumId, OrganisationId};
use isnad_protocol::locale;
use serde::Serialize;

use crate::client::Client;
use crate::commands::charter::known_member;
use crate::commands::founding::{read_acts, write};
use crate::commands::governing::held;
use crate::commands::reading::organisation_name;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, width};
use crate::session::Session;

/// What a proof says, for programs.
#[derive(Serialize)]
struct Proven {
    organisation: OrganisationId,
    consortium: ConsortiumId,
    acts: [ActId; 2],
    previous: ActId,
}

impl Proven {
    const fn of(proven: &SignedBoth) -> Self {
        let SignedBoth { organisation, consortium, acts, previous } = *proven;
        Self { organisation, consortium, acts, previous }
    }
}

pub(super) async fn export(session: &Session, named: &str, output: &Path) -> Outcome {
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let organisation = known_member(&who, named)?;
    let governance = held(&client, &who).await?;
    let pairs = governance.double_signers().remove(&organisation).unwrap_or_default();
    let proof = pairs.iter().find_map(|acts| governance.prove_signed_both(&organisation, acts));
    let name = organisation_name(&who, organisation, session.language);
    let none = || Problem::told(exit::NO, "not_found", "governing.proof_none", &[("organisation", &name)]);
    let proof = proof.ok_or_else(none)?;
    let proven = check_signed_both(&proof).map_err(|_| none())?;
    write(output, &bundle_acts(&proof))?;
    session.printer.either(&Proven::of(&proven), |proven| {
        let ([one, other], file) = (proven.acts.each_ref().map(ActId::to_short), output.display().to_string());
        let values = [("file", &*file), ("organisation", &name), ("one", &one), ("other", &other)];
        hanging("", &locale::format(session.language, "acts.proof", &values), width())
    });
    Ok(DONE)
}

/// Checks a file without a node, a home or anything else that is known: so organisations are told with their ids.
pub(super) fn check(session: &Session, file: &Path) -> Outcome {
    let acts = read_acts(file)?;
    let proven = check_signed_both(&acts).map_err(|why| {
        let (code, key) = ("proof_fails", format!("governing.proof.{}", why.code()));
        Problem::told(exit::NO, code, &key, &[("file", &file.display().to_string())])
    })?;
    session.printer.either(&Proven::of(&proven), |proven| {
        let [one, other] = proven.acts.each_ref().map(ToString::to_string);
        let (organisation, consortium) = (proven.organisation.to_string(), proven.consortium.to_string());
        let previous = proven.previous.to_string();
        let values = [
            ("organisation", &*organisation),
            ("consortium", &consortium),
            ("one", &one),
            ("other", &other),
            ("previous", &previous),
        ];
        hanging("", &locale::format(session.language, "acts.proven", &values), width())
    });
    Ok(DONE)
}
