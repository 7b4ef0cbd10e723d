//! Candidates: organisations that handed over their first act by an invitation and wait for the members to admit them.
//!
//! The folder `applicants` of a home holds one file for each, `<organisation>.act`: the first act as it was signed. Nothing of
//! it is part of the dataset, goes to peers or is in effect; `isnad charter admit` takes it from here.

use std::fs;
use std::path::PathBuf;

use isnad_protocol::act::{Act, Role};
use isnad_protocol::id::{ActId, NodeId, OrganisationId};
use isnad_protocol::limits;

use crate::fault::Fault;
use crate::files;
use crate::home::Home;

const ENDING: &str = ".act";

/// One that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its first act.
    pub act: Act,
}

impl Applicant {
    /// Takes a first act; `None` for any other.
    #[must_use]
    pub fn of(act: Act) -> Option<Self> {
        let organisation = act.organisation().filter(|_| act.is_first())?;
        Some(Self { organisation, act })
    }

    /// The node keys that it grants.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let grants = self.act.as_organisation().map(|body| body.grants.as_slice()).unwrap_or_default();
        let readers = grants.iter().filter(|grant| grant.role == Role::Reader);
        readers.map(|grant| NodeId::new(*grant.key.as_bytes()))
    }
}

/// All that are kept, in order of their ids. Needs no lock. A file that is none is passed over.
///
/// # Errors
/// [`Fault::Io`] if the folder cannot be read.
pub fn list(home: &Home) -> Result<Vec<Applicant>, Fault> {
    let folder = home.applicants();
    let mut found = Vec::new();
    let listed = match fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        listed => listed.map_err(Fault::io("list", &folder))?,
    };
    for entry in listed.take(limits::APPLICANTS.saturating_mul(2)) {
        let path = entry.map_err(Fault::io("list", &folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
        let Some(id) = name.and_then(|name| OrganisationId::parse(name).ok()) else { continue };
        let file = fs::File::open(&path).map_err(Fault::io("open", &path))?;
        let bytes = files::read_bounded(file, limits::JOINING_BYTES).map_err(Fault::io("read", &path))?;
        let act = bytes.and_then(|bytes| Act::decode(&bytes).ok()).filter(|act| act.id() == ActId::new(*id.as_bytes()));
        found.extend(act.and_then(Applicant::of));
    }
    found.sort_by_key(|applicant| applicant.organisation);
    Ok(found)
}

/// The one of an id, or of the beginning of an id, of four digits at least; `None` if there is none or more than one.
///
/// # Errors
/// [`Fault::Io`] if the folder cannot be read.
pub fn find(home: &Home, id: &str) -> Result<Option<Applicant>, Fault> {
    if id.len() < 4 {
        return Ok(None);
    }
    let mut found = list(home)?;
    found.retain(|applicant| applicant.organisation.to_string().starts_with(id));
    let one = found.pop();
    Ok(one.filter(|_| found.is_empty()))
}

/// Keeps one: on disk when this returns.
///
/// # Errors
/// [`Fault::Io`].
pub(crate) fn keep(home: &Home, applicant: &Applicant) -> Result<(), Fault> {
    files::create_directory(&home.applicants())?;
    files::replace(&path(home, &applicant.organisation), &applicant.act.encode())
}

/// Forgets one: admitted, or not wanted.
///
/// # Errors
/// [`Fault::Io`].
pub fn forget(home: &Home, organisation: &OrganisationId) -> Result<(), Fault> {
    let path = path(home, organisation);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(Fault::io("remove", &path)),
    }
}

fn path(home: &Home, organisation: &OrganisationId) -> PathBuf {
    home.applicants().join(format!("{organisation}{ENDING}"))
}
