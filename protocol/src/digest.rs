//! `isnad digest`: one hash for each space, without policy and day, that two nodes can compare over the phone. format §8.
//!
//! Only entries whose signatures are checked are part of it: whoever calls passes no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::{Tag, hash, hash_plain, tag};
use crate::id::{ActId, EntryId, SpaceId};
use crate::key::PublicKey;
use crate::log::{Authentic, LogEnd};
use crate::sheet::Sheet;
use crate::standing::Standing;

const DIGEST_TAG: Tag = tag("ISNAD-DIGEST-v1");

/// The last entry of a run of one standing in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The log.
    pub author: PublicKey,
    /// Where the run ends.
    pub end: LogEnd,
    /// The standing that all of it has.
    pub standing: Standing,
}

/// The digest of a space, whatever the order of what is given.
///
/// `acts` are scope, version and id of the newest act in effect of each chain. Sheets of other spaces, and those in which no
/// change counts, add nothing.
#[must_use]
pub fn space<'a>(
    space: SpaceId,
    acts: impl IntoIterator<Item = (ActId, u64, ActId)>,
    runs: impl IntoIterator<Item = Run>,
    sheets: impl IntoIterator<Item = &'a Sheet>,
) -> [u8; 32] {
    let mut items: BTreeSet<Vec<u8>> = acts.into_iter().map(act_item).collect();
    items.extend(runs.into_iter().map(run_item));
    let sheets = sheets.into_iter().filter(|sheet| sheet.key.space == space && !sheet.is_empty());
    items.extend(sheets.map(sheet_item));
    let mut parts: Vec<&[u8]> = vec![space.as_bytes()];
    parts.extend(items.iter().map(Vec::as_slice));
    hash(&DIGEST_TAG, &parts)
}

/// The runs of one log of one space, branch by branch: the common part belongs to the branch with the lowest end.
///
/// Takes its entries in any order; those without a standing are left out.
#[must_use]
pub fn runs<'a>(entries: impl IntoIterator<Item = &'a Authentic>, standings: &BTreeMap<EntryId, Standing>) -> Vec<Run> {
    let entries = entries.into_iter().filter(|entry| standings.contains_key(&entry.id()));
    let entries: BTreeMap<EntryId, &Authentic> = entries.map(|entry| (entry.id(), entry)).collect();
    let inner: BTreeSet<EntryId> = entries.values().map(|entry| entry.entry().header.prev).collect();
    let ends: BTreeSet<LogEnd> =
        entries.values().filter(|entry| !inner.contains(&entry.id())).map(|entry| entry.end()).collect();
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for end in ends {
        let mut next = entries.get(&end.id);
        let mut last: Option<Standing> = None;
        while let Some(entry) = next.filter(|entry| taken.insert(entry.id())) {
            let standing = standings.get(&entry.id()).copied();
            if let Some(standing) = standing.filter(|_| standing != last) {
                found.push(Run { author: entry.entry().header.author, end: entry.end(), standing });
            }
            last = standing;
            next = entries.get(&entry.entry().header.prev);
        }
    }
    found
}

fn act_item((scope, version, act): (ActId, u64, ActId)) -> Vec<u8> {
    [&[0x01][..], scope.as_bytes(), &version.to_be_bytes(), act.as_bytes()].concat()
}

fn run_item(run: Run) -> Vec<u8> {
    let (seq, standing) = (run.end.seq.to_be_bytes(), [run.standing.code()]);
    [&[0x02][..], run.author.as_bytes(), &seq, run.end.id.as_bytes(), &standing].concat()
}

fn sheet_item(sheet: &Sheet) -> Vec<u8> {
    let content = hash_plain(&[&sheet.to_json().encode()]);
    let (key, generation) = (&sheet.key, sheet.key.generation.to_be_bytes());
    [&[0x03][..], key.organisation.as_bytes(), key.record.as_bytes(), &generation, &content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Draft, Kind, Payload};
    use crate::id::{OrganisationId, RecordId};
    use crate::key::SecretKey;
    use crate::sheet;
    use crate::time::Timestamp;

    fn signed(prev: (u64, EntryId), text: &str) -> Authentic {
        let payload = format!(r#"{{"ops":[{{"claim":{{"value":"{text}"}}}}]}}"#);
        let draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: payload.into_bytes() },
        };
        Authentic::from_store(draft.seal(prev, &SecretKey::from_seed(&[3; 32])))
    }

    #[test]
    fn a_run_stays_within_one_branch_and_the_common_part_is_the_lowest_ends() {
        let first = signed((0, EntryId::ZERO), "a");
        let second = signed((1, first.id()), "b");
        let (left, right) = (signed((2, second.id()), "c"), signed((2, second.id()), "d"));
        let long = signed((3, left.id()), "e");
        let entries = [&first, &second, &left, &right, &long];
        let standings: BTreeMap<_, _> = entries
            .iter()
            .map(|entry| {
                let is_common = entry.entry().header.seq < 3;
                (entry.id(), if is_common { Standing::Counts } else { Standing::Forked })
            })
            .collect();
        let run = |entry: &Authentic, standing| Run { author: entry.entry().header.author, end: entry.end(), standing };
        let expected = [run(&right, Standing::Forked), run(&second, Standing::Counts), run(&long, Standing::Forked)];
        assert_eq!(runs(entries, &standings), expected);
        assert_eq!(runs(entries.into_iter().rev(), &standings), expected);
    }

    #[test]
    fn the_digest_is_the_hash_of_its_items_ascending() {
        let first = signed((0, EntryId::ZERO), "a");
        let folded = sheet::fold([&first], &|_: &Authentic| None);
        let sheet = folded.sheets.values().next().unwrap();
        let act = (ActId::new([5; 32]), 2, ActId::new([6; 32]));
        let runs = runs([&first], &folded.standings);
        let id = sheet.claims.keys().next().unwrap();
        let content = hash_plain(&[format!(r#"{{"claims":["{id}"],"retracted":[],"texts":[]}}"#).as_bytes()]);
        let mut bytes = b"ISNAD-DIGEST-v1\0".to_vec();
        bytes.extend([1; 32]);
        bytes.extend([&[1][..], &[5; 32], &[0, 0, 0, 0, 0, 0, 0, 2], &[6; 32]].concat());
        bytes.push(2);
        bytes.extend(first.entry().header.author.as_bytes());
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend(first.id().as_bytes());
        bytes.push(0);
        bytes.extend([&[3][..], &[2; 32], &[1; 16], &[0, 0, 0, 0], &content].concat());
        let digest = space(SpaceId::new([1; 32]), [act], runs, [sheet]);
        assert_eq!(digest, hash_plain(&[&bytes]));
        assert_ne!(digest, space(SpaceId::new([9; 32]), [act], [], [sheet]));
    }
}
