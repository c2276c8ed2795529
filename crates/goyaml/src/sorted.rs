//! Sorted maps that take little memory if they have few keys.

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;
use std::vec;

use either::Either;

/// A map with string keys, sorted by bytes as in Go's printing and JSON.
///
/// Up to some keys are a list, which takes what these keys take. A `BTreeMap` takes the room of eleven for the first one.
#[derive(Clone, Debug)]
pub struct SortedMap<V>(Entries<V>);

#[derive(Clone, Debug)]
enum Entries<V> {
    Few(Vec<(Arc<str>, V)>),
    Many(BTreeMap<Arc<str>, V>),
}

/// The length of the longest list. To insert into a list moves what comes after the key; and the allocator is fastest for up to a
/// KiB, which fourteen entries of a mapping take.
const FEW: usize = 14;

impl<V> SortedMap<V> {
    /// An empty map.
    pub fn new() -> Self {
        Self(Entries::Few(Vec::new()))
    }

    /// An empty map with room for some keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self(if keys > FEW {
            Entries::Many(BTreeMap::new())
        } else {
            Entries::Few(Vec::with_capacity(keys))
        })
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of a key with the key itself.
    pub fn get_key_value(&self, key: &str) -> Option<(&Arc<str>, &V)> {
        match &self.0 {
            Entries::Few(list) => {
                let (key, value) = &list[position(list, key).ok()?];
                Some((key, value))
            }
            Entries::Many(map) => map.get_key_value(key),
        }
    }

    /// The value of a key, mutable.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        match &mut self.0 {
            Entries::Few(list) => {
                let at = position(list, key).ok()?;
                Some(&mut list[at].1)
            }
            Entries::Many(map) => map.get_mut(key),
        }
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets a key and returns its previous value.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: V) -> Option<V> {
        let key = key.into();
        match &mut self.0 {
            Entries::Few(list) => match position(list, &key) {
                Ok(at) => return Some(std::mem::replace(&mut list[at].1, value)),
                Err(at) if list.len() < FEW => list.insert(at, (key, value)),
                Err(_) => {
                    let mut map: BTreeMap<_, _> = std::mem::take(list).into_iter().collect();
                    map.insert(key, value);
                    self.0 = Entries::Many(map);
                }
            },
            Entries::Many(map) => return map.insert(key, value),
        }
        None
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        match &mut self.0 {
            Entries::Few(list) => {
                let at = position(list, key).ok()?;
                Some(list.remove(at).1)
            }
            Entries::Many(map) => map.remove(key),
        }
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Arc<str>, &V)> + ExactSizeIterator {
        match &self.0 {
            Entries::Few(list) => Either::Left(list.iter().map(|(key, value)| (key, value))),
            Entries::Many(map) => Either::Right(map.iter()),
        }
    }

    /// The entries in the order of their keys, with mutable values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut V)> {
        match &mut self.0 {
            Entries::Few(list) => Either::Left(list.iter_mut().map(|(key, value)| (&*key, value))),
            Entries::Many(map) => Either::Right(map.iter_mut()),
        }
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<str>> {
        self.iter().map(|(key, _)| key)
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        match &self.0 {
            Entries::Few(list) => list.len(),
            Entries::Many(map) => map.len(),
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The position of a key in a list, or the one where it belongs.
fn position<V>(list: &[(Arc<str>, V)], key: &str) -> Result<usize, usize> {
    list.binary_search_by(|(known, _)| (**known).cmp(key))
}

impl<V> Default for SortedMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> IntoIterator for SortedMap<V> {
    type Item = (Arc<str>, V);
    type IntoIter = Either<vec::IntoIter<(Arc<str>, V)>, btree_map::IntoIter<Arc<str>, V>>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Entries::Few(list) => Either::Left(list.into_iter()),
            Entries::Many(map) => Either::Right(map.into_iter()),
        }
    }
}

/// Of equal keys, the last one counts.
impl<V> FromIterator<(Arc<str>, V)> for SortedMap<V> {
    fn from_iter<T: IntoIterator<Item = (Arc<str>, V)>>(entries: T) -> Self {
        let entries = entries.into_iter();
        let (least, most) = entries.size_hint();
        if least > FEW {
            return Self(Entries::Many(entries.collect()));
        }
        let mut map = Self(Entries::Few(Vec::with_capacity(most.unwrap_or(least).min(FEW))));
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the same with a `SortedMap` and with a `BTreeMap`.
    #[test]
    fn few_keys_and_many_are_the_same() {
        let mut seed = 7_usize;
        let mut below = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % most
        };
        for keys in [1, 3, FEW, FEW + 1, 40] {
            let mut map = SortedMap::new();
            let mut model: BTreeMap<Arc<str>, usize> = BTreeMap::new();
            for step in 0..400 {
                let key: Arc<str> = format!("{:x}", below(keys)).into();
                assert_eq!(map.get(&key), model.get(&key));
                if below(3) == 0 {
                    assert_eq!(map.remove(&key), model.remove(&key));
                } else {
                    assert_eq!(map.insert(Arc::clone(&key), step), model.insert(Arc::clone(&key), step));
                    *map.get_mut(&key).unwrap() += 1;
                    *model.get_mut(&key).unwrap() += 1;
                }
                assert!(map.iter().eq(model.iter()));
                assert!(map.iter().rev().eq(model.iter().rev()));
                assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            }
            map.iter_mut().for_each(|(_, value)| *value += 1);
            model.values_mut().for_each(|value| *value += 1);
            let twice = map.clone().into_iter().rev().chain(map);
            assert!(twice.collect::<SortedMap<_>>().into_iter().eq(model));
        }
    }
}
