//! The next act of one's own organisation. DESIGN §7; format §4.3, §4.4.

use isnad_protocol::act::{Act, Body, Name, OrganisationBody, Revocation, Roots};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};

use crate::governing::{GrantRequest, standing, told};
use crate::problem::Problem;

/// The act before, and the body of the one to be made.
type Made = Result<(Act, Body), Problem>;

fn after(governance: &Governance, own: OrganisationId, body: OrganisationBody) -> Made {
    let previous = standing(governance, &ActId::new(*own.as_bytes())).ok_or_else(|| told("no_organisation", &[]))?;
    Ok((previous.clone(), Body::Organisation(body)))
}

pub(super) fn grant(governance: &Governance, own: OrganisationId, requests: &[GrantRequest]) -> Made {
    let mut grants = Vec::with_capacity(requests.len());
    for request in requests {
        if request.organisation != own {
            return Err(told("other_organisation", &[("organisation", &request.organisation.to_short())]));
        }
        grants.push(request.grant()?);
    }
    grants.sort_by_key(|grant| (grant.key, grant.role));
    after(governance, own, OrganisationBody { grants, ..OrganisationBody::default() })
}

pub(super) fn revoke(governance: &Governance, own: OrganisationId, mut revocations: Vec<Revocation>) -> Made {
    revocations.sort_by_key(|revocation| revocation.key);
    after(governance, own, OrganisationBody { revocations, ..OrganisationBody::default() })
}

pub(super) fn rename(governance: &Governance, own: OrganisationId, names: Vec<(String, String)>) -> Made {
    let mut names: Vec<Name> = names.into_iter().map(|(lang, text)| Name { lang, text }).collect();
    names.sort();
    after(governance, own, OrganisationBody { names, ..OrganisationBody::default() })
}

/// A rotation follows what stands, or an earlier act since the commitment where a thief's acts are to fall.
pub(super) fn rotate(governance: &Governance, own: OrganisationId, roots: Roots, behind: Option<ActId>) -> Made {
    let body = OrganisationBody { roots: Some(roots), ..OrganisationBody::default() };
    let Some(behind) = behind else { return after(governance, own, body) };
    let previous = governance.act(&behind).filter(|act| act.organisation() == Some(own));
    let previous = previous
        .ok_or_else(|| told("not_its_act", &[("act", &behind.to_short()), ("organisation", &own.to_short())]))?;
    Ok((previous.clone(), Body::Organisation(body)))
}
