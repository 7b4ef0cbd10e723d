//! A map of few members: a vector in the order of its keys. The values of JSON are made, read and dropped by the thousand for one
//! view, and a tree has a node for each, larger than most of them.

use std::borrow::Borrow;

/// A map in the order of its keys, for few members: to put one in the middle moves those behind it. Many are collected at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Few<K, V>(Vec<(K, V)>);

/// Up to so many members are looked through one by one.
const LOOKED_THROUGH: usize = 8;

impl<K, V> Few<K, V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many members it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True if it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its members, in the order of their keys.
    pub fn iter(&self) -> Members<'_, K, V> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Its keys, ascending.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key)
    }

    /// Its values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    /// Its values, in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Its values, taken out, in the order of their keys.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// Keeps the members of which this is true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| is_kept(key, value));
    }
}

impl<K: Ord, V> Few<K, V> {
    /// Takes members in any order.
    ///
    /// # Errors
    /// The first key that stands twice.
    pub fn unique(mut members: Vec<(K, V)>) -> Result<Self, K> {
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        let twice = members.iter().zip(members.iter().skip(1)).position(|((one, _), (other, _))| one == other);
        match twice {
            Some(place) => Err(members.swap_remove(place).0),
            None => Ok(Self(members)),
        }
    }

    /// Where the member of a key stands: see [`Few::at`].
    #[must_use]
    pub fn position<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.place(key)
    }

    /// The member that stands in a place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<(&K, &V)> {
        self.0.get(place).map(|(key, value)| (key, value))
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(self.place(key)?).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key)?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// True if it has a member of this key.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_some()
    }

    /// Puts a member in. Returns the value that it takes the place of.
    pub fn insert(&mut self, key: impl Into<K>, value: V) -> Option<V> {
        let key = key.into();
        if self.0.last().is_none_or(|(last, _)| *last < key) {
            self.0.push((key, value));
            return None;
        }
        match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => self.0.get_mut(place).map(|(_, known)| std::mem::replace(known, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// The value of a key, which is put in if there is none.
    pub fn get_or_insert(&mut self, key: impl Into<K>, value: V) -> &mut V {
        let key = key.into();
        let place = match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key, value));
                place
            }
        };
        &mut self.0.get_mut(place).expect("it was found or put in here").1
    }

    /// Takes a member out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key)?;
        Some(self.0.remove(place).1)
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        if self.0.len() <= LOOKED_THROUGH {
            return self.0.iter().position(|(known, _)| known.borrow() == key);
        }
        self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()
    }

    /// Puts members in order that were added behind the others. Of a key that stands twice the last counts.
    fn put_in_order(&mut self) {
        if self.0.is_sorted_by(|(one, _), (other, _)| one < other) {
            return;
        }
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
    }
}

/// The members of a map, in the order of their keys.
pub type Members<'a, K, V> = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

impl<K: Ord + Borrow<Q>, Q: Ord + ?Sized, V> std::ops::Index<&Q> for Few<K, V> {
    type Output = V;

    /// The value of a key that is there.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("a key that is there")
    }
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord, V, I: Into<K>> Extend<(I, V)> for Few<K, V> {
    fn extend<T: IntoIterator<Item = (I, V)>>(&mut self, members: T) {
        self.0.extend(members.into_iter().map(|(key, value)| (key.into(), value)));
        self.put_in_order();
    }
}

impl<K: Ord, V, I: Into<K>> FromIterator<(I, V)> for Few<K, V> {
    fn from_iter<T: IntoIterator<Item = (I, V)>>(members: T) -> Self {
        let mut few = Self(members.into_iter().map(|(key, value)| (key.into(), value)).collect());
        few.put_in_order();
        few
    }
}

impl<K: Ord, V, I: Into<K>, const N: usize> From<[(I, V); N]> for Few<K, V> {
    fn from(members: [(I, V); N]) -> Self {
        members.into_iter().collect()
    }
}

impl<K, V> IntoIterator for Few<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Few<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Members<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn few_are_what_a_tree_is(members in prop::collection::vec((0_u8..20, any::<u16>()), 0..30), asked in 0_u8..20) {
            let tree: BTreeMap<u8, u16> = members.iter().copied().collect();
            let mut few: Few<u8, u16> = members.iter().copied().collect();
            let mut one_by_one = Few::new();
            members.iter().for_each(|(key, value)| { one_by_one.insert(*key, *value); });
            prop_assert_eq!(&few, &one_by_one);
            prop_assert!(few.iter().eq(&tree) && few.keys().eq(tree.keys()) && few.values().eq(tree.values()));
            prop_assert_eq!(few.get(&asked), tree.get(&asked));
            prop_assert_eq!(Few::unique(members.clone()).ok(), (tree.len() == members.len()).then(|| few.clone()));
            let mut less = tree.clone();
            prop_assert_eq!(few.remove(&asked), less.remove(&asked));
            prop_assert!(few.into_iter().eq(less));
        }

        #[test]
        fn few_are_ordered_as_trees_are(pairs in prop::collection::vec((0_u8..4, 0_u8..3), 0..4), others in prop::collection::vec((0_u8..4, 0_u8..3), 0..4)) {
            let tree = |of: &[(u8, u8)]| of.iter().copied().collect::<BTreeMap<u8, u8>>();
            let few = |of: &[(u8, u8)]| of.iter().copied().collect::<Few<u8, u8>>();
            prop_assert_eq!(few(&pairs).cmp(&few(&others)), tree(&pairs).cmp(&tree(&others)));
        }
    }
}
