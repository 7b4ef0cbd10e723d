//! The writing side: what an author means becomes payloads that keep every bound. format §3.
//!
//! Whether an author should say it is the model's to refuse; here only the form is made.

use crate::id::{EntryId, NarrativeId, SpaceId};
use crate::key::PublicKey;
use crate::limits;

use super::narrative;
use super::operations::{Edits, Operation, Operations, Splice};

/// Why nothing can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// One operation alone fills more than a payload.
    #[error("operation {index} takes {bytes} bytes, more than a payload holds")]
    TooLarge {
        /// Which, from 0.
        index: usize,
        /// Bytes of its payload alone.
        bytes: usize,
    },
    /// The text is as it was.
    #[error("the text is unchanged")]
    Unchanged,
    /// More heads than one edit may name: merge them by an edit on some of them first.
    #[error("the narrative has {found} heads, and an edit names at most {}", limits::EDIT_AFTER)]
    TooManyHeads {
        /// How many there are.
        found: usize,
    },
}

impl WriteError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "write_too_large",
            Self::Unchanged => "write_unchanged",
            Self::TooManyHeads { .. } => "write_too_many_heads",
        }
    }
}

/// Payloads that say these operations in this order, split where a bound of format is reached.
///
/// # Errors
/// [`WriteError::TooLarge`] if one operation fits no payload.
pub fn claims(operations: &[Operation]) -> Result<Vec<Vec<u8>>, WriteError> {
    let frame = br#"{"ops":[]}"#.len();
    let mut payloads = Vec::new();
    let mut batch: Vec<Operation> = Vec::new();
    let mut size = frame;
    for (index, operation) in operations.iter().enumerate() {
        // One byte more for the comma.
        let bytes = operation.to_json().encode().len().saturating_add(1);
        let alone = bytes.saturating_add(frame);
        if !fits(alone) {
            return Err(WriteError::TooLarge { index, bytes: alone });
        }
        if batch.len() == limits::OPERATIONS || !fits(size.saturating_add(bytes)) {
            payloads.push(Operations::Claims(std::mem::take(&mut batch)).encode());
            size = frame;
        }
        size = size.saturating_add(bytes);
        batch.push(operation.clone());
    }
    if !batch.is_empty() {
        payloads.push(Operations::Claims(batch).encode());
    }
    Ok(payloads)
}

fn fits(bytes: usize) -> bool {
    u64::try_from(bytes).is_ok_and(|bytes| bytes <= limits::PAYLOAD_BYTES)
}

/// A payload that begins a narrative with a text, for the position that its entry takes: that names the narrative.
///
/// # Errors
/// [`WriteError`] if the text is empty or fits no payload.
pub fn narrative_begin(
    author: PublicKey,
    space: SpaceId,
    seq: u64,
    text: &str,
) -> Result<(NarrativeId, Vec<u8>), WriteError> {
    let narrative = narrative::id(author, space, seq);
    let payload = narrative_edit(narrative, &[], "", text)?;
    Ok((narrative, payload))
}

/// A payload that makes `new` of `old`, the text at `heads`, by one splice of what differs.
///
/// # Errors
/// [`WriteError`] if nothing differs, the heads are too many, or the splice fits no payload.
pub fn narrative_edit(narrative: NarrativeId, heads: &[EntryId], old: &str, new: &str) -> Result<Vec<u8>, WriteError> {
    let splice = difference(old, new).ok_or(WriteError::Unchanged)?;
    narrative_splices(narrative, heads, vec![splice])
}

/// A payload of splices made on `heads`.
///
/// # Errors
/// [`WriteError`] if there are none, the heads are too many, or they fit no payload.
pub fn narrative_splices(
    narrative: NarrativeId,
    heads: &[EntryId],
    splices: Vec<Splice>,
) -> Result<Vec<u8>, WriteError> {
    if splices.is_empty() {
        return Err(WriteError::Unchanged);
    }
    let mut after = heads.to_vec();
    after.sort_unstable();
    after.dedup();
    if after.len() > limits::EDIT_AFTER {
        return Err(WriteError::TooManyHeads { found: after.len() });
    }
    let payload = Operations::Edits(Edits { narrative, after, splices }).encode();
    if fits(payload.len()) { Ok(payload) } else { Err(WriteError::TooLarge { index: 0, bytes: payload.len() }) }
}

/// What stands between the common beginning and the common end, in Unicode scalar values; `None` if nothing differs.
fn difference(old: &str, new: &str) -> Option<Splice> {
    let old: Vec<char> = old.chars().collect();
    let new: Vec<char> = new.chars().collect();
    let start = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(left, right)| left == right).count();
    let deleted = old_rest.len().saturating_sub(end);
    let inserted = new_rest.len().saturating_sub(end);
    let insert: String = new_rest.iter().take(inserted).collect();
    let splice = Splice { at: u64::try_from(start).ok()?, delete: u64::try_from(deleted).ok()?, insert };
    (splice.delete > 0 || !splice.insert.is_empty()).then_some(splice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Json;
    use crate::sheet::Claim;

    #[test]
    fn a_splice_holds_what_differs_and_no_more() {
        for (old, new, at, delete, insert) in [
            ("", "abc", 0, 0, "abc"),
            ("abc", "abxc", 2, 0, "x"),
            ("aaa", "aa", 2, 1, ""),
            ("عين", "عيون", 2, 0, "و"),
            ("a👩b", "a🧪b", 1, 1, "🧪"),
            ("abc", "", 0, 3, ""),
        ] {
            let splice = Splice { at, delete, insert: insert.to_owned() };
            assert_eq!(difference(old, new), Some(splice), "{old} -> {new}");
        }
        assert_eq!(difference("abc", "abc"), None);
    }

    #[test]
    fn operations_are_split_at_every_bound() {
        let claim = |text: &str, number| {
            let members = [("value".to_owned(), Json::text(text)), ("n".to_owned(), Json::Int(number))];
            Operation::Claim(Claim::new(members.into()).unwrap())
        };
        let many: Vec<_> = (0..600).map(|number| claim("x", number)).collect();
        let large: Vec<_> = (0..9).map(|number| claim(&"y".repeat(20_000), number)).collect();
        for (operations, expected) in [(many, 3), (large, 3), (Vec::new(), 0)] {
            let payloads = claims(&operations).unwrap();
            assert_eq!(payloads.len(), expected);
            let mut read = Vec::new();
            for payload in &payloads {
                assert!(fits(payload.len()));
                let Ok(Operations::Claims(operations)) = Operations::parse(payload) else { panic!() };
                read.extend(operations);
            }
            assert_eq!(read, operations);
        }
        assert!(claims(&[claim(&"z".repeat(65_536), 0)]).is_err());
    }
}
