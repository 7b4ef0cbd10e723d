//! Row 56: who says that it was not the own key is answered by files alone: the act that grants it, with the key's own proof, its
//! role, its end, its entries' places in the log, and who acknowledged them. That one file holds all of it waits for bundles.

use std::collections::BTreeSet;

use isnad_protocol::act::{Act, Body, Cut, Grant, GrantSubject, OrganisationBody, Place, Revocation, Role};
use isnad_protocol::attestation::{ActLine, Attestation, LogLine};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{ActStatus, Governance, bundle_acts, parse_acts};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Log, LogEnd, LogKey};
use isnad_protocol::store::acknowledged_logs;
use isnad_tests::consortium::{Site, attesting, claim, found, record, secret};

use crate::falls_without;

/// The key that somebody says was not his.
const KEY: u8 = 240;

/// What an outsider is handed: files, and the id of the consortium.
struct Files {
    consortium: ConsortiumId,
    acts: Vec<u8>,
    log: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

fn after(site: &Site, previous: &Act, body: OrganisationBody) -> Result<Act, &'static str> {
    let place = Place {
        version: previous.version() + 1,
        consortium: site.replica.governance().consortium(),
        scope: previous.scope_id(),
        previous: previous.id(),
    };
    let act = Act::draft(place, &Body::Organisation(body)).map_err(|error| error.code())?;
    let signature = act.sign(site.organisation, &secret(site.number));
    Ok(act.with_signature(signature))
}

fn first(site: &Site) -> Act {
    site.replica.governance().act(&ActId::new(*site.organisation.as_bytes())).unwrap().clone()
}

fn end(entry: &Entry) -> LogEnd {
    LogEnd { seq: entry.header.seq, id: entry.header.id() }
}

/// One organisation grants the key, which says three things; another acknowledges them; then it is revoked behind the second.
fn files() -> Files {
    let sites = found(3);
    let mut site = sites[0].copy();
    let subject = GrantSubject::of_organisation(site.organisation);
    let grants = vec![Grant::of(&secret(KEY), &subject, Role::Contributor, "laptop")];
    let granted = after(&site, &first(&site), OrganisationBody { grants, ..OrganisationBody::default() }).unwrap();
    assert_eq!(site.submit_act(granted.encode()), Ok(()));
    let mut log = Vec::new();
    for text in ["one", "two", "three"] {
        let entry = site.next(&secret(KEY), record(1), claim("note", text));
        assert_eq!(site.submit(vec![entry.clone()]), Ok(()));
        log.push(entry);
    }
    let last = log.last().unwrap();
    let said = Attestation {
        acts: BTreeSet::from([ActLine { scope: granted.scope_id(), version: 2, act: granted.id() }]),
        logs: BTreeSet::from([LogLine { author: last.header.author, end: end(last) }]),
        ..Attestation::default()
    };
    let words = Draft {
        kind: Kind::Attestation,
        organisation: sites[1].organisation,
        payload: Payload { salt: [7; 16], bytes: said.encode() },
        ..site.draft(RecordId::ZERO, Vec::new())
    };
    let words = words.seal((0, EntryId::ZERO), &attesting(1));
    assert_eq!(site.submit(vec![words.clone()]), Ok(()));
    let key = LogKey { space: site.members(), author: secret(KEY).public() };
    let revocation =
        Revocation { cuts: vec![Cut::new(&key, end(&log[1]))], key: key.author, reason: "stolen".to_owned() };
    let body = OrganisationBody { revocations: vec![revocation], ..OrganisationBody::default() };
    let revoked = after(&site, &granted, body).unwrap();
    assert_eq!(site.submit_act(revoked.encode()), Ok(()));
    Files {
        consortium: site.replica.governance().consortium(),
        acts: bundle_acts(site.replica.governance().acts()),
        log: log.iter().map(Entry::encode).collect(),
        words: vec![words.encode()],
    }
}

/// The chain from a key to whoever answers for it, as an outsider finds it.
#[derive(Debug, PartialEq)]
struct Custody {
    organisation: OrganisationId,
    role: Role,
    granted_by: ActId,
    revoked_by: Vec<ActId>,
    positions: Vec<(u64, bool)>,
    acknowledged_by: Vec<(OrganisationId, u64)>,
}

/// Reads the files, and believes nothing that is not signed.
fn custody(files: &Files, key: PublicKey) -> Custody {
    let acts = parse_acts(&files.acts).unwrap();
    let governance = Governance::new(files.consortium).replay(acts);
    let decode = |bytes: &Vec<u8>| Entry::decode(bytes).unwrap();
    let log: Vec<Entry> = files.log.iter().map(decode).collect();
    let (space, organisation): (SpaceId, _) = (log[0].header.space, log[0].header.organisation);
    let run = Log::extend(None, LogKey { space, author: key }, log).unwrap();
    assert!(run.entries.iter().all(|entry| entry.entry().is_signed() && entry.entry().header.author == key));
    let info = governance.key(&organisation, &key).unwrap();
    let granting = governance.act(&info.granted_by).unwrap();
    assert_eq!(governance.status(&granting.id()), Some(ActStatus::InEffect), "its roots signed it");
    let grant = granting.as_organisation().unwrap().grants.iter().find(|grant| grant.key == key).unwrap();
    assert!(grant.is_proven(&GrantSubject::of_organisation(organisation)), "whoever held the key asked for the grant");
    let counts = run.entries.iter().map(|entry| (entry.end().seq, governance.rule(entry).is_none()));
    let positions = counts.collect();
    let mut acknowledged_by = Vec::new();
    for word in files.words.iter().map(decode) {
        let log = LogKey { space, author: word.header.author };
        let word = Log::extend(None, log, vec![word]).unwrap().entries.remove(0);
        assert!(word.entry().is_signed());
        assert!(governance.rule(&word).is_none(), "its word counts");
        let lines = acknowledged_logs(&word).into_iter().filter(|line| line.author == key);
        acknowledged_by.extend(lines.map(|line| (word.entry().header.organisation, line.end.seq)));
    }
    Custody {
        organisation,
        role: info.role,
        granted_by: info.granted_by,
        revoked_by: info.revoked_by,
        positions,
        acknowledged_by,
    }
}

#[test]
fn t_custody_chain() {
    falls_without(Breakage::CustodyChain, || {
        let (files, sites) = (files(), found(3));
        let custody = custody(&files, secret(KEY).public());
        assert_eq!((custody.organisation, custody.role), (sites[0].organisation, Role::Contributor));
        assert_eq!(custody.positions, [(1, true), (2, true), (3, false)], "up to the position that its end names");
        assert_eq!(custody.acknowledged_by, [(sites[1].organisation, 3)]);
        assert_eq!(custody.revoked_by.len(), 1);
        assert_ne!(custody.granted_by, custody.revoked_by[0]);
        // Nobody is made to answer for a key that did not ask for it: not by its own proof for another, or in another role.
        let proven =
            Grant::of(&secret(KEY), &GrantSubject::of_organisation(sites[0].organisation), Role::Contributor, "");
        let other_role = Grant { role: Role::Publisher, ..proven.clone() };
        for (site, grant) in [(&sites[1], proven), (&sites[0], other_role)] {
            let body = OrganisationBody { grants: vec![grant], ..OrganisationBody::default() };
            assert_eq!(after(site, &first(site), body), Err("act_grant_proof"));
        }
    });
}
