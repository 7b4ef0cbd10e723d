//! What happens to a home while its node is down: bits flip, a backup takes its place, its image starts on another machine.
//!
//! Whatever comes of it, a node signs nothing until others have confirmed the ends of its logs, or signs on where its mark
//! says. DESIGN §8.

use isnad_node::mark::Machine;

use super::administrator::Administrator;
use super::consortium::Keys;
use super::disk::{Disk, Flip};
use super::finding::Checked;
use super::random::Random;
use super::{Event, Site, World};

impl Site {
    /// The mark on the disk of a node that is down or running.
    fn mark_on_disk(&self) -> Option<isnad_node::mark::Mark> {
        self.running.as_ref().map_or_else(|| self.mark.clone(), |running| running.signing.file.clone())
    }

    /// True if it holds the acts of the founding: they are handed in to a node once, and not to a copy of it.
    fn is_founded(&self) -> bool {
        !self.disk.image.governance.spaces().is_empty()
    }

    /// What was promised and acknowledged may be gone with the disk.
    fn loses_disk(&mut self) {
        self.running = None;
        self.has_lost = true;
        self.promised.clear();
        self.acknowledged.clear();
        self.stood.clear();
    }

    /// Puts a copy of the disk in place of the disk; with the mark that is newest, or none.
    fn restore_backup(&mut self, mut disk: Disk, keeps_mark: bool, random: &mut Random) {
        // A copy is made of what stands in the files, flushed or not.
        disk.crash(random, false);
        disk.remake_image();
        self.loses_disk();
        self.disk = disk;
        if !keeps_mark {
            self.lose_mark();
        }
    }
}

impl World {
    /// A bit flips in a journal of a node that is down.
    ///
    /// In the last frame it looks like the trace of a crash: the tail is put aside, and the mark knows better. Anywhere
    /// else the node refuses to start, and its administrator begins with an empty disk.
    pub(super) fn flip(&mut self, number: usize) -> Checked {
        self.crash(number, false)?;
        let (founding, spaces, id) = (self.founding.clone(), [self.members, self.public], self.consortium);
        let Some(site) = self.sites.get_mut(number).filter(|site| site.is_honest() && site.has_settled()) else {
            return Ok(());
        };
        match site.disk.flip(&mut self.random) {
            None => return Ok(()),
            Some(Flip::Tail) => {}
            Some(Flip::Middle) => {
                site.disk = Disk::new(id, spaces, founding);
                if self.random.chance(50) {
                    site.lose_mark();
                }
            }
        }
        site.loses_disk();
        self.excuse(number);
        self.hand_in_again(number);
        Ok(())
    }

    /// A backup is made; the next time the node goes back to it.
    pub(super) fn back_up_or_restore(&mut self, number: usize) -> Checked {
        let Some(site) = self.sites.get_mut(number).filter(|site| site.is_honest() && site.is_founded()) else {
            return Ok(());
        };
        let Some(backup) = site.backup.take() else {
            site.backup = Some(Box::new(site.disk.clone()));
            return Ok(());
        };
        self.act(number, Site::stop)?;
        self.crash(number, false)?;
        let keeps_mark = self.random.chance(50);
        let Some(site) = self.sites.get_mut(number).filter(|site| site.has_settled()) else { return Ok(()) };
        site.restore_backup(*backup, keeps_mark, &mut self.random);
        self.hand_in_again(number);
        if !keeps_mark {
            self.excuse(number);
        }
        Ok(())
    }

    /// The image of one node's disk, with its keys and mark, is started on the machine of a colleague's node.
    pub(super) fn clone_site(&mut self, from: usize) -> Checked {
        let original = self.sites.get(from).filter(|site| site.is_honest() && site.is_founded());
        let Some(owner) = original.map(|site| site.keys.owner) else { return Ok(()) };
        let twin = self.sites.iter().position(|site| {
            site.keys.owner == owner && site.is_honest() && site.keys.node != self.sites[from].keys.node
        });
        let Some(twin) = twin else { return Ok(()) };
        if self.sites[twin].machine != Machine::new([1; 32]) {
            return Ok(());
        }
        self.crash(twin, false)?;
        let (keys, disk, mark) = {
            let original = &self.sites[from];
            (original.keys.copied(), original.disk.clone(), original.mark_on_disk())
        };
        let Some(site) = self.sites.get_mut(twin) else { return Ok(()) };
        let (node, node_seed) = (site.keys.node, site.keys.node_seed);
        site.restore_backup(disk, false, &mut self.random);
        site.keys = Keys { node, node_seed, ..keys };
        site.mark = mark;
        site.machine = Machine::new([2; 32]);
        self.excuse(from);
        self.hand_in_again(twin);
        Ok(())
    }

    /// A disk is gone, and with it may be acts that nobody else has come to hold: their administrator hands them in once more.
    fn hand_in_again(&mut self, number: usize) {
        let Some(organisation) = self.sites.get(number).map(|site| site.keys.organisation) else { return };
        let own = self.administrators.iter().find(|own| own.organisation == organisation);
        for act in own.map(Administrator::handed_in).unwrap_or_default() {
            self.acts_due += 1;
            self.schedule(0, Event::Act { site: number, act: Box::new(act) });
        }
    }

    /// These keys may sign a position twice after all: no node that could have warned need be in reach.
    fn excuse(&mut self, number: usize) {
        if let Some(site) = self.sites.get(number) {
            self.ledger.excused.extend(site.own_keys());
        }
    }
}
