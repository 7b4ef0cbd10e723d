//! What is contested by conclusions in other records: worked out from the rows of findings and attributions, so that a list says what
//! the page of each record says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::encoding::Reader as Bytes;
use isnad_protocol::id::RecordId;
use isnad_protocol::model::kinds::{ATTRIBUTION, FINDING};
use isnad_protocol::sheet;
use isnad_protocol::time::Day;
use isnad_protocol::view::{
    Concluded, Conclusion, Contest, Context, Outcome, Policy, Sheets, Until, contested_by_conclusions,
};

use super::on_all_cores;
use super::row::{Row, Voice, voice};
use crate::index::{Block, Catalogue};
use crate::problem::Problem;
use crate::reading::{Indexed, Reader};

/// A finding that names three parties, two incidents and its sources takes 300 bytes of this. One that says more is read whole.
pub(super) const MOST_BYTES: usize = 512;

/// Who speaks: the organisation, and the body that it cites, or zeros.
type Speaker = (Voice, [u8; 16]);

/// A conclusion as it stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said<'a> {
    on: RecordId,
    speaker: Speaker,
    outcome: Outcome,
    /// In order.
    named: &'a [[u8; 16]],
}

/// What a record concludes, in few bytes.
pub(super) fn encode(all: &[Concluded]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Concluded { on, conclusions } in all {
        count(&mut bytes, on.len());
        on.iter().for_each(|record| bytes.extend(record.as_bytes()));
        count(&mut bytes, conclusions.len());
        for Conclusion { organisation, body, outcome, named } in conclusions {
            bytes.extend(voice(*organisation));
            bytes.extend(body.map_or([0; 16], |body| *body.as_bytes()));
            let number = Outcome::ALL.iter().position(|known| known == outcome).unwrap_or_default();
            bytes.extend(u8::try_from(number).ok());
            count(&mut bytes, named.len());
            named.iter().for_each(|record| bytes.extend(record.as_bytes()));
        }
    }
    bytes
}

fn count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

/// Hands over what is concluded on records of a kind; stops where the bytes are none.
fn decode<'a>(bytes: &'a [u8], kind: u8, mut take: impl FnMut(Said<'a>)) -> Option<()> {
    let mut reader = Bytes::new(bytes);
    while !reader.is_empty() {
        let on = records(&mut reader)?;
        let of_kind = || on.iter().map(|bytes| RecordId::new(*bytes)).filter(|record| record.kind_code() == kind);
        for _ in 0..reader.u32().ok()? {
            let speaker = (reader.array().ok()?, reader.array().ok()?);
            let outcome = *Outcome::ALL.get(usize::from(reader.u8().ok()?))?;
            let named = records(&mut reader)?;
            of_kind().for_each(|on| take(Said { on, speaker, outcome, named }));
        }
    }
    Some(())
}

fn records<'a>(reader: &mut Bytes<'a>) -> Option<&'a [[u8; 16]]> {
    let count = usize::try_from(reader.u32().ok()?).ok()?;
    reader.bytes(count.checked_mul(16)?).ok().map(|bytes| bytes.as_chunks().0)
}

/// The records on which conclusions exclude each other.
fn contested(all: &mut [Said<'_>]) -> BTreeSet<RecordId> {
    // Most records have one: what is said of each stands together, and is compared where there is more.
    all.sort_unstable_by_key(|said| u128::from_be_bytes(*said.on.as_bytes()));
    let on_each = all.chunk_by(|one, other| one.on == other.on).filter(|said| said.len() > 1);
    // Most of these are one voice, or of one mind: nothing is put together for them.
    let differ = |said: &&[Said<'_>]| {
        let Some(first) = said.first() else { return false };
        let one_mind = |one: &Said<'_>| (one.outcome, one.named) == (first.outcome, first.named);
        !said.iter().all(|one| one.speaker == first.speaker) && !said.iter().all(one_mind)
    };
    let is_contested = |said: &&[Said<'_>]| {
        let mut contest = Contest::default();
        said.iter().for_each(|said| contest.take(said.speaker, said.outcome, said.named));
        contest.is_contested()
    };
    on_each.filter(differ).filter(is_contested).filter_map(|said| Some(said.first()?.on)).collect()
}

/// What is concluded in blocks, and the records that conclude more than their rows could take.
#[derive(Debug, Default)]
struct Rows<'a> {
    said: Vec<Said<'a>>,
    beyond: Vec<RecordId>,
}

impl<'a> Rows<'a> {
    fn of(blocks: &[Block<'a>], kind: u8) -> Self {
        let mut all = Self::default();
        for (record, bytes) in blocks.iter().flat_map(|block| block.rows()) {
            let Some(row) = Row::decode(bytes) else { continue };
            match row.conclusions {
                Some(bytes) => decode(bytes, kind, |said| all.said.push(said)).unwrap_or_default(),
                None => all.beyond.push(record),
            }
        }
        all
    }
}

impl Reader<'_> {
    /// The records of a kind that conclusions in other records contest where everybody counts, as their pages say it.
    pub(super) fn contested_in_others(&self, kind: u8) -> Result<Arc<BTreeSet<RecordId>>, Problem> {
        self.node.index()?.picked(kind, &[FINDING, ATTRIBUTION], |catalogues| {
            let blocks: Vec<Block<'_>> = catalogues.iter().flat_map(Catalogue::blocks).collect();
            let parts = on_all_cores(&blocks, |part| Ok(vec![Rows::of(part, kind)]))?;
            let mut beyond = BTreeMap::new();
            for record in parts.iter().flat_map(|part| &part.beyond) {
                let concluded = self.readable(*record, self.concluded(*record))?;
                beyond.extend(concluded.map(|concluded| (*record, encode(&concluded))));
            }
            let mut said: Vec<Said<'_>> = parts.into_iter().flat_map(|part| part.said).collect();
            for bytes in beyond.values() {
                decode(bytes, kind, |one| said.push(one)).unwrap_or_default();
            }
            Ok(contested(&mut said))
        })
    }

    fn concluded(&self, record: RecordId) -> Result<Vec<Concluded>, Problem> {
        let entries = self.node.index()?.entries_about(record)?;
        let folded = sheet::fold_claims(&entries, self.governance());
        let sheets: Sheets = folded.sheets.into_iter().filter(|(key, _)| key.record == record).collect();
        Ok(Concluded::of(record, &sheets))
    }

    /// The same of one record by another policy, or as of a day.
    pub(super) fn contested_by(&self, record: RecordId, policy: &Policy, as_of: Option<Day>) -> Result<bool, Problem> {
        let store = Indexed(self.node.index()?);
        let context = self.context(policy, as_of);
        Ok(match as_of {
            None => contested_by_conclusions(record, &store, context)?,
            Some(day) => {
                let judge = self.as_known(day)?;
                contested_by_conclusions(
                    record,
                    &Until::new(&store, day, record),
                    Context { judge: &judge, ..context },
                )?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use isnad_protocol::id::OrganisationId;

    use super::*;

    fn record(kind: u8, number: u8) -> RecordId {
        let mut bytes = [number; 16];
        bytes[0] = kind;
        RecordId::new(bytes)
    }

    fn conclusion(organisation: u8, body: Option<u8>, outcome: Outcome, named: &[u8]) -> Conclusion {
        Conclusion {
            organisation: OrganisationId::new([organisation; 32]),
            body: body.map(|body| record(3, body)),
            outcome,
            named: named.iter().map(|number| record(2, *number)).collect::<Rc<[_]>>(),
        }
    }

    fn concluded(on: &[RecordId], conclusions: &[Conclusion]) -> Vec<u8> {
        encode(&[Concluded { on: on.to_vec(), conclusions: conclusions.iter().cloned().collect() }])
    }

    fn contested_of(kind: u8, rows: &[Vec<u8>]) -> Vec<RecordId> {
        let mut said = Vec::new();
        rows.iter().for_each(|bytes| decode(bytes, kind, |one| said.push(one)).unwrap());
        contested(&mut said).into_iter().collect()
    }

    #[test]
    fn what_rows_conclude_contests_records_of_the_kind_that_is_listed() {
        let [one, other, subject] = [record(1, 1), record(1, 2), record(2, 1)];
        let used = |whose, body| concluded(&[one, other, subject], &[conclusion(whose, body, Outcome::Used, &[])]);
        let not_used = |whose, body| concluded(&[one], &[conclusion(whose, body, Outcome::NotUsed, &[])]);
        assert_eq!(contested_of(1, &[used(1, None), not_used(2, None)]), [one]);
        assert_eq!(contested_of(1, &[used(1, Some(1)), not_used(1, Some(2))]), [one], "two bodies, by one's word");
        assert_eq!(contested_of(1, &[used(1, Some(1)), not_used(1, Some(1))]), [], "one voice contests nothing");
        assert_eq!(contested_of(2, &[used(1, None), not_used(2, None)]), []);
        let by = |whose, named: &[u8]| concluded(&[other], &[conclusion(whose, None, Outcome::Responsible, named)]);
        assert_eq!(contested_of(1, &[by(1, &[1, 2]), by(2, &[3])]), [other]);
        assert_eq!(contested_of(1, &[by(1, &[1, 2]), by(2, &[2, 3])]), []);
    }

    #[test]
    fn bytes_that_are_no_conclusions_end_there() {
        let whole = concluded(&[record(1, 1)], &[conclusion(1, None, Outcome::Used, &[1, 2])]);
        for end in 1..whole.len() {
            assert_eq!(decode(&whole[..end], 1, |_| panic!("cut at {end}")), None);
        }
        let mut all = Vec::new();
        assert_eq!(decode(&whole, 1, |said| all.push(said.named.len())), Some(()));
        assert_eq!(all, [2]);
    }
}
