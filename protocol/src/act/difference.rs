//! What an act changes against the acts that it follows: as data, for whoever is to sign it or reads its story.
//!
//! Pure bytes against bytes: says nothing about signatures, or whether the act is in effect.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::act::{
    Act, Body, Charter, Grant, OrganisationBody, OrganisationKind, Removal, Role, Roots, Settlement, SpaceBody,
};
use crate::encoding::json::{Key, Object};
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;
use crate::time::Day;

/// One thing that an act changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// An organisation makes its first act.
    Began {
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<OrganisationKind>,
        /// True if one of its admin keys may grant and revoke.
        #[serde(default)]
        has_admin: bool,
    },
    /// It is called so from now on.
    Named {
        /// The language; none for a consortium or a space, which has one name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// From now on.
        to: String,
    },
    /// An organisation becomes a member.
    Admitted {
        /// Which.
        organisation: OrganisationId,
        /// The one that it was before it lost its keys.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        predecessor: Option<OrganisationId>,
    },
    /// An organisation is no member any more.
    Removed {
        /// Which.
        organisation: OrganisationId,
        /// True if it is to come back.
        is_suspended: bool,
        /// Its last act that stands; none if the act does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<ActId>,
    },
    /// So many organisations have to sign the next version: their number changes, or that of the members.
    Threshold {
        /// Before, where it was another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
        /// From now on.
        to: u64,
        /// Of so many.
        members: usize,
    },
    /// A limit or a policy is set, or taken away.
    Setting {
        /// True for a policy.
        is_policy: bool,
        /// Its code.
        code: String,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// From now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// The label of a space.
    Label {
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// From now on.
        to: String,
    },
    /// It is signed instead of a draft.
    Instead {
        /// Which.
        act: ActId,
    },
    /// It ends a halt.
    Settles {
        /// The acts that stood against each other.
        rivals: Vec<ActId>,
        /// Who signed two of them.
        double: Vec<OrganisationId>,
    },
    /// A key is granted.
    Granted {
        /// The key.
        key: PublicKey,
        /// What it may sign.
        role: Role,
        /// The device it is on.
        label: String,
        /// Shown, decides nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Day>,
    },
    /// A key is revoked.
    Revoked {
        /// The key.
        key: PublicKey,
        /// Its role, where an act before grants it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// The device it is on, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// A code.
        reason: String,
    },
    /// Root keys are set, and the next committed to.
    Roots {
        /// Those before; none in a first act.
        from: Vec<PublicKey>,
        /// Those from now on.
        to: Vec<PublicKey>,
        /// How many of them sign.
        threshold: u64,
        /// How many are committed to for the next rotation.
        next: usize,
        /// How many of those a rotation takes.
        next_threshold: u64,
    },
}

/// What the acts that one of an organisation follows said last of each thing.
pub(crate) struct Behind<'a> {
    /// True if it follows none that is known.
    pub(crate) is_first: bool,
    pub(crate) roots: Option<&'a Roots>,
    pub(crate) grant: &'a dyn Fn(&PublicKey) -> Option<&'a Grant>,
    /// By language.
    pub(crate) name: &'a dyn Fn(&str) -> Option<&'a str>,
}

/// Returns what a charter or a space's act changes against the one before it: the most important first. Nothing of an organisation's
/// act, which is told against all that it follows.
pub(crate) fn against(act: &Act, before: Option<&Act>) -> Vec<Change> {
    match act.body() {
        Body::Charter(charter) => of_charter(charter, before.and_then(Act::as_charter)),
        Body::Space(space) => of_space(space, before.and_then(Act::as_space)),
        Body::Organisation(_) => Vec::new(),
    }
}

fn of_charter(charter: &Charter, before: Option<&Charter>) -> Vec<Change> {
    let mut changes = notes(&charter.instead, charter.settles.as_ref());
    let old = before.map_or(&[][..], |before| &before.members);
    changes.extend(members(&charter.members, old, &charter.removed, &charter.predecessors));
    // The same number of fewer may be all of them: then each can hold up every amendment.
    let is_other_share = before
        .is_none_or(|before| (before.threshold, before.members.len()) != (charter.threshold, charter.members.len()));
    if is_other_share {
        let from = before.map(|before| before.threshold).filter(|from| *from != charter.threshold);
        changes.push(Change::Threshold { from, to: charter.threshold, members: charter.members.len() });
    }
    changes.extend(renamed(&charter.name, before.map(|before| &before.name)));
    let nothing = Object::new();
    changes.extend(settings(false, &charter.limits, before.map_or(&nothing, |before| &before.limits)));
    changes.extend(settings(true, &charter.policies, before.map_or(&nothing, |before| &before.policies)));
    changes
}

fn of_space(space: &SpaceBody, before: Option<&SpaceBody>) -> Vec<Change> {
    let mut changes = notes(&space.instead, space.settles.as_ref());
    let old = before.map_or(&[][..], |before| &before.members);
    changes.extend(members(&space.members, old, &space.removed, &[]));
    changes.extend(renamed(&space.name, before.map(|before| &before.name)));
    if before.map(|before| &before.tlp) != Some(&space.tlp) {
        changes.push(Change::Label { from: before.map(|before| before.tlp.clone()), to: space.tlp.clone() });
    }
    changes
}

fn notes(instead: &[ActId], settles: Option<&Settlement>) -> Vec<Change> {
    let settles =
        settles.map(|settles| Change::Settles { rivals: settles.rivals.clone(), double: settles.double.clone() });
    settles.into_iter().chain(instead.iter().map(|act| Change::Instead { act: *act })).collect()
}

fn members(
    new: &[OrganisationId],
    old: &[OrganisationId],
    removed: &[Removal],
    predecessors: &[(OrganisationId, OrganisationId)],
) -> Vec<Change> {
    let admitted = new.iter().filter(|id| old.binary_search(id).is_err()).map(|id| Change::Admitted {
        organisation: *id,
        predecessor: predecessors.iter().find(|(new, _)| new == id).map(|(_, old)| *old),
    });
    let gone = old.iter().filter(|id| new.binary_search(id).is_err()).map(|id| {
        let removal = removed.iter().find(|removal| removal.organisation == *id);
        Change::Removed {
            organisation: *id,
            is_suspended: removal.is_some_and(|removal| removal.is_suspended),
            last: removal.map(|removal| removal.act),
        }
    });
    admitted.chain(gone).collect()
}

fn renamed(name: &str, before: Option<&String>) -> Option<Change> {
    let is_same = before.is_some_and(|before| before == name);
    (!is_same).then(|| Change::Named { lang: None, from: before.cloned(), to: name.to_owned() })
}

fn settings(is_policy: bool, new: &Object, old: &Object) -> Vec<Change> {
    let codes: BTreeSet<&str> = new.keys().chain(old.keys()).map(Key::as_str).collect();
    let changed = codes.into_iter().filter(|code| new.get(*code) != old.get(*code));
    // A text stands in quotation marks: 7 and "7" are not the same.
    let said = |object: &Object, code: &str| Some(String::from_utf8_lossy(&object.get(code)?.encode()).into_owned());
    changed
        .map(|code| Change::Setting { is_policy, code: code.to_owned(), from: said(old, code), to: said(new, code) })
        .collect()
}

/// Returns what an organisation's act changes: the most important first.
pub(crate) fn of_organisation(body: &OrganisationBody, behind: &Behind<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    if behind.is_first {
        changes.push(Change::Began { kind: body.kind, has_admin: body.has_admin });
    }
    if let Some(roots) = &body.roots {
        changes.push(Change::Roots {
            from: behind.roots.map(|roots| roots.keys.clone()).unwrap_or_default(),
            to: roots.keys.clone(),
            threshold: roots.threshold,
            next: roots.next.len(),
            next_threshold: roots.next_threshold,
        });
    }
    changes.extend(body.revocations.iter().map(|revocation| {
        let grant = (behind.grant)(&revocation.key);
        Change::Revoked {
            key: revocation.key,
            role: grant.map(|grant| grant.role),
            label: grant.map(|grant| grant.label.clone()),
            reason: revocation.reason.clone(),
        }
    }));
    changes.extend(body.grants.iter().map(|grant| Change::Granted {
        key: grant.key,
        role: grant.role,
        label: grant.label.clone(),
        expires: grant.expires,
    }));
    changes.extend(body.names.iter().filter_map(|name| {
        let from = (behind.name)(&name.lang);
        (from != Some(&name.text)).then(|| Change::Named {
            lang: Some(name.lang.clone()),
            from: from.map(str::to_owned),
            to: name.text.clone(),
        })
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::tests::{first_act, roots, secret};
    use crate::act::{Grant, GrantSubject, Place, Revocation, founding, next_key_hash};
    use crate::encoding::json::Json;
    use crate::id::ConsortiumId;

    /// Against each act that it follows, one by one.
    fn difference<'a>(act: &Act, find: impl Fn(&ActId) -> Option<&'a Act>) -> Vec<Change> {
        let before = |act: &Act| act.previous().and_then(|previous| find(&previous));
        let behind: Vec<&Act> = std::iter::successors(before(act), |act| before(act)).collect();
        let Some(body) = act.as_organisation() else { return against(act, before(act)) };
        let bodies = || behind.iter().filter_map(|act| act.as_organisation());
        let grant = |key: &PublicKey| bodies().flat_map(|body| &body.grants).find(|grant| grant.key == *key);
        let name = |lang: &str| bodies().flat_map(|body| &body.names).find(|name| name.lang == lang);
        let name = |lang: &str| name(lang).map(|name| &*name.text);
        let roots = bodies().find_map(|body| body.roots.as_ref());
        of_organisation(body, &Behind { is_first: behind.is_empty(), roots, grant: &grant, name: &name })
    }

    fn id(act: &Act) -> OrganisationId {
        OrganisationId::new(*act.scope_id().as_bytes())
    }

    /// The changes of a body that follows the last of these acts.
    fn changes(chain: &[&Act], body: &Body) -> Vec<Change> {
        let last = chain.last().unwrap();
        let consortium = ConsortiumId::new(*last.scope_id().as_bytes());
        let place = Place { version: last.version() + 1, consortium, scope: last.scope_id(), previous: last.id() };
        let act = Act::draft(place, body).unwrap();
        difference(&act, |id| chain.iter().copied().find(|act| act.id() == *id))
    }

    #[test]
    fn a_charter_says_who_comes_and_goes_and_what_else_is_new() {
        let organisations: Vec<OrganisationId> = (1..=4).map(|n| id(&first_act(n))).collect();
        let first = founding::charter("Three", organisations[..3].to_vec(), 2, Object::new(), Object::new()).unwrap();
        let before = first.as_charter().unwrap().clone();
        assert_eq!(changes(&[&first], &Body::Charter(before.clone())), []);

        let mut admits = Charter::new("Four", organisations.clone(), 3);
        admits.predecessors = vec![(organisations[3], organisations[0])];
        admits.limits.insert("records", Json::Int(7));
        admits.policies.insert("records", Json::text("7"));
        let to = |to: &str| Change::Named { lang: None, from: Some("Three".into()), to: to.into() };
        assert_eq!(
            changes(&[&first], &Body::Charter(admits)),
            [
                Change::Admitted { organisation: organisations[3], predecessor: Some(organisations[0]) },
                Change::Threshold { from: Some(2), to: 3, members: 4 },
                to("Four"),
                Change::Setting { is_policy: false, code: "records".into(), from: None, to: Some("7".into()) },
                Change::Setting { is_policy: true, code: "records".into(), from: None, to: Some("\"7\"".into()) },
            ]
        );

        let mut removes = Charter { members: before.members[1..].to_vec(), ..before.clone() };
        let (gone, last) = (before.members[0], ActId::new([9; 32]));
        removes.removed = vec![Removal { act: last, cuts: Vec::new(), organisation: gone, is_suspended: true }];
        removes.instead = vec![ActId::new([8; 32])];
        assert_eq!(
            changes(&[&first], &Body::Charter(removes)),
            [
                Change::Instead { act: ActId::new([8; 32]) },
                Change::Removed { organisation: gone, is_suspended: true, last: Some(last) },
                Change::Threshold { from: None, to: 2, members: 2 },
            ]
        );
    }

    #[test]
    fn an_organisations_act_is_told_against_the_last_that_spoke_of_each_thing() {
        let first = first_act(1);
        let subject = GrantSubject::of_organisation(id(&first));
        let grant = Grant::of(&secret(900), &subject, Role::Contributor, "laptop");
        let granting = Body::Organisation(OrganisationBody { grants: vec![grant], ..Default::default() });
        let place =
            Place { version: 2, consortium: ConsortiumId::new([7; 32]), scope: first.id(), previous: first.id() };
        let second = Act::draft(place, &granting).unwrap();
        let key = secret(900).public();
        let revocation = Revocation { cuts: Vec::new(), key, reason: "stolen".into() };
        let rotated =
            Roots { keys: vec![secret(12).public()], next: vec![next_key_hash(&secret(901).public())], ..roots(1) };
        let name = |text: &str| crate::act::Name { lang: "en".into(), text: text.into() };
        let body = OrganisationBody {
            names: vec![name("Other")],
            revocations: vec![revocation],
            roots: Some(rotated),
            ..Default::default()
        };
        let laptop = Some("laptop".to_owned());
        assert_eq!(
            changes(&[&first, &second], &Body::Organisation(body)),
            [
                Change::Roots {
                    from: roots(1).keys.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
                    to: vec![secret(12).public()],
                    threshold: 1,
                    next: 1,
                    next_threshold: 1,
                },
                Change::Revoked { key, role: Some(Role::Contributor), label: laptop, reason: "stolen".into() },
                Change::Named { lang: Some("en".into()), from: Some("Organisation 1".into()), to: "Other".into() },
            ]
        );
        let granted = difference(&second, |id| Some(&first).filter(|first| first.id() == *id));
        assert!(matches!(&granted[..], [Change::Granted { role: Role::Contributor, .. }]), "{granted:?}");
        let began = difference(&first, |_| None);
        assert!(matches!(began[0], Change::Began { kind: Some(OrganisationKind::Ngo), has_admin: false }));
        assert!(began.iter().any(|change| matches!(change, Change::Roots { from, .. } if from.is_empty())));
    }
}
