//! Administrators act, nodes attest: what takes effect of it is the same on every node, and never turns into its rival.

use std::collections::BTreeMap;

use isnad_protocol::act::{Act, Kind};
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::governance::{ActStatus, Governance, Wait};
use isnad_protocol::id::{OrganisationId, SpaceId};
use isnad_protocol::replica::Input;

use super::administrator::Deed;
use super::consortium::{Keys, Returning};
use super::finding::{Checked, Finding, Rule, ensure};
use super::network::pair;
use super::site::{Around, Content, Contribution, Signer};
use super::{Event, Site, Versions, World};

impl World {
    /// An administrator does something at one of his nodes.
    pub(super) fn govern(&mut self, number: usize) -> Checked {
        if self.calm_since.is_some() {
            return Ok(());
        }
        let next = if self.known.is_busy { self.random.between(300, 1_500) } else { self.random.between(500, 4_000) };
        self.schedule(next, Event::Govern { administrator: number });
        let own = self.administrators.get(number).map(|administrator| administrator.organisation);
        let Some(site) = own.and_then(|organisation| self.desk_of(organisation)) else { return Ok(()) };
        self.draw_returning(site)?;
        let Some(administrator) = self.administrators.get_mut(number) else { return Ok(()) };
        let image = &self.sites[site].disk.image;
        let Some(deed) = administrator.act(image, &self.known, &mut self.random) else { return Ok(()) };
        let act = match deed {
            Deed::HandsIn(act) => act,
            Deed::Revokes(act, key) => {
                // What a closed log still takes is compared apart.
                self.ledger.forked.insert(key);
                act
            }
            Deed::Suspends(act, organisation) => {
                let own = self.sites.iter().filter(|site| site.keys.organisation == organisation);
                self.ledger.forked.extend(own.flat_map(Site::own_keys));
                act
            }
            Deed::Divides(acts) => {
                for act in acts {
                    let signers = act.signatures().iter().map(|signed| signed.organisation);
                    let drafter = signers.filter_map(|who| self.desk_of(who)).find(|at| *at != site);
                    // Once: the drafter may not know the key yet that it is signed with.
                    let bytes = act.encode();
                    let submitted = Input::SubmitAct { request: 0, bytes };
                    self.act(drafter.unwrap_or(site), |site, around| site.handle(submitted, around))?;
                }
                return Ok(());
            }
            Deed::Readmits(act, organisation) => {
                let acts = self.known.returning.get(&organisation).map(|returning| returning.acts.clone());
                for act in acts.into_iter().flatten() {
                    self.acts_due += 1;
                    self.schedule(0, Event::Act { site, act: Box::new(act) });
                }
                act
            }
        };
        self.acts_due += 1;
        self.hand_in(site, Box::new(act))
    }

    /// Whom a version took out that stands at a node wants to come back: under a new first act, with new keys.
    fn draw_returning(&mut self, at: usize) -> Checked {
        let former = self.sites.get(at).map(|site| site.disk.image.governance.former_organisations());
        for old in former.into_iter().flatten().map(|info| info.id) {
            let own = self.sites.iter().enumerate().filter(|(_, site)| site.keys.organisation == old);
            let own: BTreeMap<usize, &Keys> = own.map(|(number, site)| (number, &site.keys)).collect();
            if own.is_empty() || self.known.returning.contains_key(&old) {
                continue;
            }
            let drawn = Returning::draw(self.consortium, &own, &mut self.random);
            let drawn = drawn.map_err(|error| Finding::new(Rule::Store, format!("not founded again: {error}")))?;
            self.known.returning.insert(old, drawn);
        }
        Ok(())
    }

    /// A node whose organisation is a member again goes on with its new keys.
    pub(super) fn come_back(&mut self, number: usize) -> Checked {
        let Some(site) = self.sites.get(number).filter(|site| !site.is_honest()) else { return Ok(()) };
        let old = site.keys.organisation;
        let Some(returning) = self.known.returning.get_mut(&old) else { return Ok(()) };
        let charter = site.disk.image.governance.charter();
        if charter.is_none_or(|charter| !charter.members.contains(&returning.organisation)) {
            return Ok(());
        }
        let (keys, administrator) = (returning.keys.remove(&number), returning.administrator.take());
        for own in self.administrators.iter_mut().filter(|own| own.organisation == old).zip(administrator) {
            *own.0 = own.1;
        }
        self.crash(number, false)?;
        if let Some((site, keys)) = self.sites.get_mut(number).zip(keys) {
            site.comes_back(keys);
            self.note_keys(number);
        }
        Ok(())
    }

    /// The node at which an organisation's administrator works, if it is up. At a liar's only who has no other: what such a node
    /// keeps to itself, the next act would wait for.
    pub(super) fn desk_of(&self, organisation: OrganisationId) -> Option<usize> {
        let is_own = |site: &&Site| site.keys.organisation == organisation;
        let has_honest = self.sites.iter().filter(is_own).any(Site::is_honest);
        self.sites.iter().position(|site| {
            let is_up = site.running.is_some() && !site.has_lost;
            is_own(&site) && is_up && (site.is_honest() || !has_honest)
        })
    }

    /// Closes the streams to nodes that are no members' any more.
    pub(super) fn close_strangers(&mut self, number: usize) {
        let Some(site) = self.sites.get(number).filter(|site| site.is_honest()) else { return };
        let nodes = site.disk.image.governance.nodes();
        let is_stranger = |other: usize| self.node(other).is_some_and(|node| !nodes.contains_key(&node));
        let peers = self.links.keys().filter_map(|link| match *link {
            (one, other) if one == number => Some(other),
            (other, one) if one == number => Some(other),
            _ => None,
        });
        let strangers: Vec<usize> = peers.filter(|other| is_stranger(*other)).collect();
        strangers.into_iter().for_each(|other| self.cut(pair(number, other)));
    }
}

impl Site {
    /// Seals and hands in what the replica says is to be attested. A liar names all rivals that it holds besides.
    pub(super) fn attest(&mut self, space: SpaceId, mut attestation: Attestation, around: &mut Around<'_>) -> Checked {
        if !self.is_honest() {
            attestation.acts.extend(rivals(&self.disk.image.governance));
        }
        let parts = attestation.into_parts().into_iter().map(|part| Contribution {
            space,
            record: isnad_protocol::id::RecordId::ZERO,
            content: Content::Attestation(part.encode()),
        });
        let parts: Vec<Contribution> = parts.collect();
        let before = around.ledger.contributed;
        self.contribute(&parts, Signer::Attester, around)?;
        // One who may not sign is asked again and again, and says nothing.
        if self.is_honest() && around.ledger.contributed > before {
            around.ledger.attested_ms = around.now_ms;
        }
        Ok(())
    }

    /// What the versions of the charter do that stand here.
    pub(super) fn versions(&self) -> Versions {
        let governance = self.governance();
        let is_halted = governance.halts().iter().any(|halt| halt.kind == Kind::Charter);
        let mut versions = Versions { is_halted, ..Versions::default() };
        let mut at = governance.charter_act();
        while let Some((act, previous)) = at.and_then(|act| Some((act, act.previous()?))) {
            versions.amended += 1;
            if let Some(charter) = act.as_charter() {
                versions.took_out += usize::from(!charter.removed.is_empty());
                versions.readmitted += usize::from(!charter.predecessors.is_empty());
                versions.settled += usize::from(charter.settles.is_some());
            }
            at = governance.act(&previous);
        }
        versions
    }

    /// Goes on with other keys, that have signed nothing.
    fn comes_back(&mut self, keys: Keys) {
        self.keys = keys;
        self.lose_mark();
        self.has_lost = false;
        self.backup = None;
        self.lies.iter_mut().for_each(|lies| lies.copy = None);
    }

    /// A version of the charter that stood is never followed by its rival, unless a settlement that names it says so.
    pub(super) fn check_standing(&mut self) -> Checked {
        let Some(running) = self.running.as_ref().filter(|_| self.lies.is_none()) else { return Ok(()) };
        let governance = running.replica.governance();
        let mut at = governance.charter_act();
        while let Some((act, previous)) = at.and_then(|act| Some((act, act.previous()?))) {
            let stood = *self.stood.entry(previous).or_insert_with(|| act.id());
            ensure(stood == act.id() || governance.settles(act, &stood), Rule::Flipped, || {
                format!("{stood:?} stood after {previous:?}, and now {:?} does", act.id())
            })?;
            self.stood.insert(previous, act.id());
            at = governance.act(&previous);
        }
        Ok(())
    }
}

/// Every act held that waits for nothing but acknowledgements, or stands against others.
fn rivals(governance: &Governance) -> Vec<ActLine> {
    let is_one = |act: &&Act| {
        matches!(
            governance.status(&act.id()),
            Some(
                ActStatus::NotInEffectYet { why: Wait::Acknowledgements { .. } }
                    | ActStatus::Halted { .. }
                    | ActStatus::Lost { .. }
            )
        )
    };
    let line = |act: &Act| ActLine { scope: act.scope_id(), version: act.version(), act: act.id() };
    governance.acts().filter(is_one).map(line).collect()
}

/// Organisations of which every node lies.
pub(super) fn suspects(sites: &[Site]) -> Vec<OrganisationId> {
    let mut suspects: Vec<OrganisationId> = sites.iter().map(|site| site.keys.organisation).collect();
    suspects.sort_unstable();
    suspects.dedup();
    suspects.retain(|one| sites.iter().all(|site| site.keys.organisation != *one || !site.is_honest()));
    suspects
}
