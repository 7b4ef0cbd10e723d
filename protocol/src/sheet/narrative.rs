//! The text engine: the only file that names Automerge. format §2; DESIGN §5; GROUND, Automerge.
//!
//! No Automerge bytes ever come from outside: every change is made here, from operations that were parsed and bounded. A
//! change depends on its own narrative's edits alone, carries time 0 and an actor of its own, so that it has the same bytes on
//! every node.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, TextEncoding, Value};

use crate::breakage::{self, Breakage};
use crate::encoding::json::{Json, Object};
use crate::encoding::{Tag, hash, tag};
use crate::id::{EntryId, NarrativeId, SpaceId};
use crate::key::PublicKey;

use super::operations::{Edits, Operations, Splice};

const TEXT_TAG: Tag = tag("ISNAD-TEXT-v1");
const ACTOR_TAG: Tag = tag("ISNAD-ACTOR-v1");

/// The key of the narrative that the entry at this position begins: only that entry can. format §2.
#[must_use]
pub fn id(author: PublicKey, space: SpaceId, seq: u64) -> NarrativeId {
    let digest = hash(&TEXT_TAG, &[author.as_bytes(), space.as_bytes(), &seq.to_be_bytes()]);
    let mut key = [0; NarrativeId::SIZE];
    key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    NarrativeId::new(key)
}

/// The payload that begins a narrative at this position. Bounds are for [`super::write::narrative_begin`] to check.
#[must_use]
pub fn begin(author: PublicKey, space: SpaceId, seq: u64, text: &str) -> Vec<u8> {
    let splices = vec![Splice { at: 0, delete: 0, insert: text.to_owned() }];
    Operations::Edits(Edits { narrative: id(author, space, seq), after: Vec::new(), splices }).encode()
}

/// An Automerge document that only we write.
#[derive(Debug, Clone)]
pub(super) struct Document(Automerge);

/// One change that we made.
#[derive(Debug, Clone)]
pub(super) struct Change(automerge::Change);

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        self.0.hash() == other.0.hash()
    }
}

impl Eq for Change {}

/// Why an edit was not made; the document is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EditError {
    /// A splice reaches past the end of what the one before left.
    PastEnd(usize),
    /// Automerge refused.
    Engine,
}

impl From<automerge::AutomergeError> for EditError {
    fn from(_: automerge::AutomergeError) -> Self {
        Self::Engine
    }
}

impl Document {
    /// An empty document. The one constructor: Automerge draws a random actor, which is replaced before it reaches a byte.
    pub(super) fn new() -> Self {
        Self(Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from([0; 32])))
    }

    /// Makes the change of one entry on exactly what the document holds.
    pub(super) fn edit(
        &mut self,
        entry: EntryId,
        narrative: NarrativeId,
        splices: &[Splice],
    ) -> Result<Change, EditError> {
        let known = self.text_object(narrative)?;
        let length = known.as_ref().map_or(0, |text| self.0.length(text));
        if !breakage::is_out(Breakage::HostileOperations) {
            check_positions(length, splices)?;
        }
        self.0.set_actor(ActorId::from(hash(&ACTOR_TAG, &[entry.as_bytes()])));
        let mut transaction = self.0.transaction();
        let text = match known {
            Some(text) => text,
            None => transaction.put_object(ROOT, key("t", narrative), ObjType::Text)?,
        };
        for splice in splices {
            let at = usize::try_from(splice.at).map_err(|_| EditError::Engine)?;
            let delete = isize::try_from(splice.delete).map_err(|_| EditError::Engine)?;
            transaction.splice_text(&text, at, delete, &splice.insert).expect("positions were checked");
        }
        transaction.commit_with(CommitOptions::default().with_time(0));
        self.0.get_last_local_change().map(Change).ok_or(EditError::Engine)
    }

    /// Takes in changes that we made, those they depend on first.
    pub(super) fn apply<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) -> Result<(), EditError> {
        let changes: Vec<_> = changes.into_iter().map(|change| change.0.clone()).collect();
        Ok(self.0.apply_changes(changes)?)
    }

    /// True if the document holds the change.
    pub(super) fn holds(&self, change: &Change) -> bool {
        self.0.get_change_meta_by_hash(&change.0.hash()).is_some()
    }

    /// The text of a narrative, `None` if nothing began it.
    pub(super) fn text(&self, narrative: NarrativeId) -> Result<Option<String>, EditError> {
        let text = self.text_object(narrative)?;
        Ok(text.map(|text| self.0.text(&text)).transpose()?)
    }

    fn text_object(&self, narrative: NarrativeId) -> Result<Option<ObjId>, EditError> {
        match self.0.get(ROOT, key("t", narrative))? {
            Some((Value::Object(ObjType::Text), text)) => Ok(Some(text)),
            Some(_) | None => Ok(None),
        }
    }

    /// Writes root members in one change of an actor derived from `name`.
    pub(super) fn write(&mut self, name: &[&[u8]], members: &Object) -> Result<(), EditError> {
        self.0.set_actor(ActorId::from(hash(&ACTOR_TAG, name)));
        let mut transaction = self.0.transaction();
        for (member, value) in members {
            put(&mut transaction, &ROOT, At::Key(member), value)?;
        }
        transaction.commit_with(CommitOptions::default().with_time(0));
        Ok(())
    }

    /// The root members that are not text.
    pub(super) fn members(&self) -> Result<Object, EditError> {
        let keys: Vec<_> = self.0.keys(ROOT).collect();
        let mut members = Object::new();
        for key in keys.into_iter().filter(|key| !key.starts_with("t/")) {
            let Some((value, id)) = self.0.get(ROOT, &key)? else { continue };
            members.insert(key, self.read(&value, &id)?);
        }
        Ok(members)
    }

    /// Every text at the root.
    pub(super) fn texts(&self) -> Result<Vec<(NarrativeId, String)>, EditError> {
        let keys: Vec<_> = self.0.keys(ROOT).collect();
        let ids = keys.iter().filter_map(|key| NarrativeId::parse(key.strip_prefix("t/")?).ok());
        ids.map(|id| Ok((id, self.text(id)?.unwrap_or_default()))).collect()
    }

    /// The bytes that any Automerge tool loads.
    pub(super) fn save(&self) -> Vec<u8> {
        self.0.save()
    }

    /// Takes back bytes of [`Document::save`]: our own, never of a peer or a file.
    pub(super) fn load(own: &[u8]) -> Result<Self, EditError> {
        Ok(Self(Automerge::load(own)?.with_actor(ActorId::from([0; 32]))))
    }

    fn read(&self, value: &Value<'_>, id: &ObjId) -> Result<Json, EditError> {
        match value {
            Value::Scalar(scalar) => match scalar.as_ref() {
                ScalarValue::Str(text) => Ok(Json::text(text.as_str())),
                ScalarValue::Int(number) => Ok(Json::Int(*number)),
                ScalarValue::Boolean(is) => Ok(Json::Bool(*is)),
                _ => Err(EditError::Engine),
            },
            Value::Object(ObjType::List) => {
                let read = |at| {
                    let (value, id) = self.0.get(id, at)?.ok_or(EditError::Engine)?;
                    self.read(&value, &id)
                };
                (0..self.0.length(id)).map(read).collect::<Result<_, _>>().map(Json::List)
            }
            Value::Object(_) => {
                let mut members = Object::new();
                for key in self.0.keys(id) {
                    let (value, id) = self.0.get(id, &key)?.ok_or(EditError::Engine)?;
                    members.insert(key, self.read(&value, &id)?);
                }
                Ok(Json::Object(members))
            }
        }
    }
}

/// The root key of what belongs under a letter.
pub(super) fn key(letter: &str, id: impl std::fmt::Display) -> String {
    format!("{letter}/{id}")
}

enum At<'a> {
    Key(&'a str),
    Index(usize),
}

fn put(tx: &mut impl Transactable, into: &ObjId, at: At<'_>, value: &Json) -> Result<(), EditError> {
    let scalar = match value {
        Json::Bool(is) => ScalarValue::Boolean(*is),
        Json::Int(number) => ScalarValue::Int(*number),
        Json::Text(text) => ScalarValue::Str(text.as_str().into()),
        Json::List(items) => {
            let list = put_object(tx, into, &at, ObjType::List)?;
            let mut items = items.iter().enumerate();
            return items.try_for_each(|(index, item)| put(tx, &list, At::Index(index), item));
        }
        Json::Object(members) => {
            let map = put_object(tx, into, &at, ObjType::Map)?;
            return members.iter().try_for_each(|(key, member)| put(tx, &map, At::Key(key), member));
        }
    };
    match at {
        At::Key(key) => tx.put(into, key, scalar)?,
        At::Index(index) => tx.insert(into, index, scalar)?,
    }
    Ok(())
}

fn put_object(tx: &mut impl Transactable, into: &ObjId, at: &At<'_>, kind: ObjType) -> Result<ObjId, EditError> {
    match at {
        At::Key(key) => Ok(tx.put_object(into, *key, kind)?),
        At::Index(index) => Ok(tx.insert_object(into, *index, kind)?),
    }
}

/// Checks each splice against the length that the one before leaves, before anything is run.
fn check_positions(length: usize, splices: &[Splice]) -> Result<(), EditError> {
    let mut length = u64::try_from(length).map_err(|_| EditError::Engine)?;
    for (index, splice) in splices.iter().enumerate() {
        let end = splice.at.checked_add(splice.delete).filter(|end| *end <= length);
        end.ok_or(EditError::PastEnd(index))?;
        let inserted = u64::try_from(splice.insert.chars().count()).unwrap_or(u64::MAX);
        length = length.saturating_sub(splice.delete).saturating_add(inserted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splice(at: u64, delete: u64, insert: &str) -> Splice {
        Splice { at, delete, insert: insert.to_owned() }
    }

    #[test]
    fn positions_count_unicode_scalar_values() {
        let narrative = NarrativeId::new([1; 16]);
        let mut document = Document::new();
        document.edit(EntryId::new([1; 32]), narrative, &[splice(0, 0, "é👩‍🔬عين")]).unwrap();
        document.edit(EntryId::new([2; 32]), narrative, &[splice(1, 3, "x"), splice(2, 1, "")]).unwrap();
        assert_eq!(document.text(narrative), Ok(Some("éxين".to_owned())));
        let past = document.edit(EntryId::new([3; 32]), narrative, &[splice(4, 0, "!"), splice(6, 0, "!")]);
        assert_eq!(past.unwrap_err(), EditError::PastEnd(1));
        assert_eq!(document.text(narrative), Ok(Some("éxين".to_owned())));
    }

    #[test]
    fn an_edit_has_the_same_bytes_wherever_it_is_made() {
        let narrative = NarrativeId::new([1; 16]);
        let make = || {
            let mut document = Document::new();
            let first = document.edit(EntryId::new([1; 32]), narrative, &[splice(0, 0, "one")]).unwrap();
            let second = document.edit(EntryId::new([2; 32]), narrative, &[splice(3, 0, " two")]).unwrap();
            (first.0.raw_bytes().to_vec(), second.0.raw_bytes().to_vec(), document.save())
        };
        assert_eq!(make(), make());
    }
}
