//! Administrators act, nodes attest: what takes effect of it is the same on every node, and never turns into its rival.

use isnad_protocol::act::Act;
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::governance::{ActStatus, Governance, Wait};
use isnad_protocol::id::{OrganisationId, SpaceId};

use super::administrator::Deed;
use super::finding::{Checked, Rule, ensure};
use super::network::pair;
use super::site::{Around, Content, Contribution, Signer};
use super::{Event, Site, World};

impl World {
    /// An administrator does something at one of his nodes.
    pub(super) fn govern(&mut self, number: usize) -> Checked {
        if self.calm_since.is_some() {
            return Ok(());
        }
        let next = self.random.between(500, 4_000);
        self.schedule(next, Event::Govern { administrator: number });
        let Some(administrator) = self.administrators.get_mut(number) else { return Ok(()) };
        // At a liar's node only who has no other: what such a node keeps to itself, the next act would wait for.
        let is_own = |site: &&Site| site.keys.organisation == administrator.organisation;
        let has_honest = self.sites.iter().filter(is_own).any(Site::is_honest);
        let own = self.sites.iter().position(|site| {
            let is_up = site.running.is_some() && !site.has_lost;
            is_own(&site) && is_up && (site.is_honest() || !has_honest)
        });
        let Some(site) = own else { return Ok(()) };
        let image = &self.sites[site].disk.image;
        let Some(deed) = administrator.act(image, &self.suspects, &mut self.random) else { return Ok(()) };
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
        };
        self.acts_due += 1;
        self.hand_in(site, Box::new(act))
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

    /// A version of the charter that stood is never followed by its rival, unless a settlement says so.
    pub(super) fn check_standing(&mut self) -> Checked {
        let Some(running) = self.running.as_ref().filter(|_| self.lies.is_none()) else { return Ok(()) };
        let governance = running.replica.governance();
        let mut at = governance.charter_act();
        while let Some((act, previous)) = at.and_then(|act| Some((act, act.previous()?))) {
            let is_settlement = act.as_charter().is_some_and(|charter| charter.settles.is_some());
            let stood = *self.stood.entry(previous).or_insert_with(|| act.id());
            ensure(stood == act.id() || is_settlement, Rule::Flipped, || {
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
