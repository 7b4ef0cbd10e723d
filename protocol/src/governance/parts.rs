//! An ordered map in small parts that copies share. A replica keeps a copy of governance until what it took is on disk, and a node
//! shows one to its readers: with plain maps each act would copy all that are held before it.

use std::fmt;
use std::sync::Arc;

/// Entries of a part: copied whole where one of them changes. So many make a list of parts that is short too.
const PART: usize = 64;

type Part<K, V> = Arc<Vec<(K, V)>>;

/// Parts ascend, and so do the entries of each; none is empty.
#[derive(Clone)]
pub(super) struct Parts<K, V> {
    parts: Arc<Vec<Part<K, V>>>,
    len: usize,
}

/// Keys alone.
pub(super) type Set<K> = Parts<K, ()>;

impl<K, V> Default for Parts<K, V> {
    fn default() -> Self {
        Self { parts: Arc::default(), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> Parts<K, V> {
    /// The part in which a key stands, or would.
    fn part_of(&self, key: &K) -> usize {
        let begins_behind = |part: &Part<K, V>| part.first().is_some_and(|(first, _)| first <= key);
        self.parts.partition_point(begins_behind).saturating_sub(1)
    }

    /// The part, and the place in it, or where the key would go.
    fn find(&self, key: &K) -> (usize, Result<usize, usize>) {
        let at = self.part_of(key);
        let part = self.parts.get(at).map_or(&[][..], |part| part);
        (at, part.binary_search_by(|(other, _)| other.cmp(key)))
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let (part, place) = self.find(key);
        self.parts.get(part)?.get(place.ok()?).map(|(_, value)| value)
    }

    pub(super) fn contains_key(&self, key: &K) -> bool {
        self.find(key).1.is_ok()
    }

    /// Puts a value under a key; the one that was there goes.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let (at, place) = self.find(&key);
        let parts = Arc::make_mut(&mut self.parts);
        if parts.is_empty() {
            parts.push(Arc::default());
        }
        let Some(part) = parts.get_mut(at).map(Arc::make_mut) else { return };
        match place {
            Ok(place) => {
                if let Some(entry) = part.get_mut(place) {
                    entry.1 = value;
                }
                return;
            }
            Err(place) => part.insert(place, (key, value)),
        }
        self.len = self.len.saturating_add(1);
        if part.len() > PART {
            let rest = part.split_off(part.len() / 2);
            parts.insert(at.saturating_add(1), Arc::new(rest));
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (at, place) = self.find(key);
        let place = place.ok()?;
        let parts = Arc::make_mut(&mut self.parts);
        let part = Arc::make_mut(parts.get_mut(at)?);
        let (_, value) = part.remove(place);
        if part.is_empty() {
            parts.remove(at);
        }
        self.len = self.len.saturating_sub(1);
        Some(value)
    }

    /// The value under a key, which is put there if there is none.
    pub(super) fn or_default(&mut self, key: &K) -> Option<&mut V>
    where
        V: Default,
    {
        if !self.contains_key(key) {
            self.insert(key.clone(), V::default());
        }
        let (at, place) = self.find(key);
        let part = Arc::make_mut(&mut self.parts).get_mut(at).map(Arc::make_mut)?;
        part.get_mut(place.ok()?).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(key, value)| (key, value))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Entries from a key on.
    pub(super) fn from(&self, key: &K) -> impl Iterator<Item = (&K, &V)> + use<'_, K, V> {
        let (at, place) = self.find(key);
        let (Ok(place) | Err(place)) = place;
        let parts = self.parts.get(at..).unwrap_or_default().iter();
        parts.flat_map(|part| part.iter()).skip(place).map(|(key, value)| (key, value))
    }
}

/// What a copy costs is counted in tests, not timed.
#[cfg(test)]
impl<K, V> Parts<K, V> {
    /// The entries of parts that this one does not share with another.
    pub(super) fn apart_from(&self, other: &Self) -> usize {
        let is_shared = |part: &&Part<K, V>| other.parts.iter().any(|other| Arc::ptr_eq(part, other));
        self.parts.iter().filter(|part| !is_shared(part)).map(|part| part.len()).sum()
    }
}

/// Two are equal that hold the same, whatever parts it is in.
impl<K: Ord + Clone, V: Clone + PartialEq> PartialEq for Parts<K, V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.parts, &other.parts) || (self.len == other.len && self.iter().eq(other.iter()))
    }
}

impl<K: Ord + Clone, V: Clone + Eq> Eq for Parts<K, V> {}

impl<K: Ord + Clone + fmt::Debug, V: Clone + fmt::Debug> fmt::Debug for Parts<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn parts_hold_what_a_plain_map_holds_and_a_copy_keeps_what_it_had(
            steps in prop::collection::vec((0_u8..3, 0_u16..400, any::<u8>()), 0..900),
        ) {
            let (mut plain, mut parts) = (BTreeMap::new(), Parts::default());
            let mut kept = (plain.clone(), parts.clone());
            for (number, (what, key, value)) in steps.into_iter().enumerate() {
                if number % 100 == 0 {
                    kept = (plain.clone(), parts.clone());
                }
                match what {
                    0 => prop_assert_eq!(parts.remove(&key), plain.remove(&key)),
                    1 => {
                        parts.insert(key, value);
                        plain.insert(key, value);
                    }
                    _ => {
                        *parts.or_default(&key).unwrap() ^= value;
                        *plain.entry(key).or_default() ^= value;
                    }
                }
                prop_assert_eq!(parts.get(&key), plain.get(&key));
            }
            prop_assert!(parts.iter().eq(plain.iter()) && parts.len == plain.len());
            prop_assert!(kept.1.iter().eq(kept.0.iter()));
            for key in [0, 1, 57, 200, 399, 400] {
                prop_assert!(parts.from(&key).eq(plain.range(key..)));
                prop_assert_eq!(parts.contains_key(&key), plain.contains_key(&key));
            }
            prop_assert!(parts.parts.iter().all(|part| !part.is_empty() && part.len() <= PART));
            let mut again = Parts::default();
            plain.iter().rev().for_each(|(key, value)| again.insert(*key, *value));
            prop_assert_eq!(again, parts);
        }
    }
}
