//! Go's maps, which are shared by reference.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use minijinja::Value;

use super::types::MapType;
use super::value::{Data, View, view};
use super::writes;

/// The entries of a [`Map`], sorted by the bytes of the keys, which is the order in which Go prints maps and ranges
/// over them.
pub type Entries = BTreeMap<Arc<str>, Value>;

/// Entries that are computed on first access.
type Lazy = LazyLock<RwLock<Entries>, Box<dyn FnOnce() -> RwLock<Entries> + Send>>;

/// The spans of entries that a merge has copied from other maps; `None` if there are none.
type Brought = Mutex<Option<Box<BTreeMap<Arc<str>, goyaml::Entry>>>>;

/// A map with string keys.
pub struct Map {
    kind: MapType,
    /// Whether it is a nil map, which reads as empty and cannot be written.
    nil: bool,
    /// The entries, which are shared with the same map under another type.
    shared: Arc<Shared>,
    /// The YAML that it was parsed from, which has the span of each key.
    origin: Option<Arc<goyaml::Map>>,
}

/// The state that one map shares under all its types.
struct Shared {
    /// The run of a template that has made it.
    run: u32,
    /// The key whose value depends on which template runs; see [`Map::changing`].
    changing: Option<&'static str>,
    entries: Lazy,
    copied_entries: Brought,
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.read().iter()).finish()
    }
}

impl Map {
    /// Creates a map with these entries.
    pub fn new(map_type: MapType, entries: Entries) -> Self {
        Self::lazy(map_type, move || entries)
    }

    /// Creates a map whose entries are computed on first access.
    pub fn lazy(map_type: MapType, entries: impl FnOnce() -> Entries + Send + 'static) -> Self {
        Self::build(map_type, None, entries)
    }

    /// Creates a map in which the value of one key depends on which template runs. A run before its turn that reads it has no result
    /// ([`writes::Run`]).
    pub fn changing(map_type: MapType, key: &'static str) -> Self {
        Self::build(map_type, Some(key), Entries::new)
    }

    fn build(
        map_type: MapType,
        changing: Option<&'static str>,
        entries: impl FnOnce() -> Entries + Send + 'static,
    ) -> Self {
        let run = writes::number();
        let entries: Box<dyn FnOnce() -> RwLock<Entries> + Send> =
            Box::new(move || RwLock::new(writes::made_by(run, entries)));
        Self {
            kind: map_type,
            nil: false,
            shared: Arc::new(Shared {
                run,
                changing,
                entries: LazyLock::new(entries),
                copied_entries: Mutex::new(None),
            }),
            origin: None,
        }
    }

    /// Keeps the YAML that the map was parsed from.
    #[must_use]
    pub fn with_origin(mut self, origin: Arc<goyaml::Map>) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Creates a nil map.
    pub fn nil(map_type: MapType) -> Self {
        let mut map = Self::new(map_type, Entries::new());
        map.nil = true;
        map
    }

    /// The same map under another type: both share their entries.
    #[must_use]
    pub fn retyped(&self, map_type: MapType) -> Self {
        Self {
            kind: map_type,
            nil: self.nil,
            shared: Arc::clone(&self.shared),
            origin: self.origin.clone(),
        }
    }

    /// Identifies the map as long as it lives; the same under every type.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.shared).addr()
    }

    /// Its type.
    pub fn map_type(&self) -> MapType {
        self.kind
    }

    /// Whether it is a nil map.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The YAML that it was parsed from, if any.
    pub fn origin(&self) -> Option<&Arc<goyaml::Map>> {
        self.origin.as_ref()
    }

    /// The spans of the current value of a key; `None` if they are unknown or a template has set the value.
    pub fn entry(&self, key: &str) -> Option<goyaml::Entry> {
        let value = self.get(key)?;
        let copied_entries = self
            .shared
            .copied_entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let copied_entries = copied_entries
            .as_ref()
            .and_then(|copied_entries| copied_entries.get(key));
        let own = || self.origin.as_ref()?.get(key);
        let entry = copied_entries.into_iter().chain(own());
        entry.into_iter().find(|entry| is_from(&value, &entry.node)).cloned()
    }

    /// Keeps the spans of an entry that was copied from another map.
    pub fn copy_entry_spans(&self, source: &Self, key: &str) {
        if let Some(entry) = source.entry(key)
            && writes::may_write(self.shared.run)
        {
            let mut copied_entries = self
                .shared
                .copied_entries
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            copied_entries.get_or_insert_default().insert(key.into(), entry);
        }
    }

    /// Copies the spans of another map's entries.
    #[must_use]
    pub fn with_places_of(mut self, source: &Self) -> Self {
        self.origin.clone_from(&source.origin);
        let theirs = source
            .shared
            .copied_entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = &*theirs {
            *self
                .shared
                .copied_entries
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(theirs.clone());
        }
        drop(theirs);
        self
    }

    /// Locks the entries for reading. While the lock is held, nothing may be called that can access this map again.
    pub fn read(&self) -> RwLockReadGuard<'_, Entries> {
        if self.shared.changing.is_some() {
            writes::depends();
        }
        self.entries()
    }

    fn entries(&self) -> RwLockReadGuard<'_, Entries> {
        self.shared.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.shared.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<Value> {
        if self.shared.changing == Some(key) {
            writes::depends();
        }
        self.entries().get(key).cloned()
    }

    /// Whether the map contains a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entries().contains_key(key)
    }

    /// Sets a key, unless the run of a template may not; see [`writes::Run`]. No value is stored as nil, because a Go map cannot hold less.
    pub fn insert(&self, key: impl Into<Arc<str>>, value: Value) {
        let value = if value.is_undefined() { Value::from(()) } else { value };
        if writes::may_write(self.shared.run) {
            self.write().insert(key.into(), value);
        }
    }

    /// Removes a key, unless the run of a template may not.
    pub fn remove(&self, key: &str) {
        if writes::may_write(self.shared.run) {
            self.write().remove(key);
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether the map has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Copies the current entries, in the order of the keys.
    pub fn snapshot(&self) -> Vec<(Arc<str>, Value)> {
        self.read()
            .iter()
            .map(|(key, value)| (Arc::clone(key), value.clone()))
            .collect()
    }
}

/// Whether a value was read from a node and is unchanged.
pub(super) fn is_from(value: &Value, node: &goyaml::Node) -> bool {
    match (view(value), &node.value) {
        (View::Map(map), goyaml::Value::Map(origin)) => map.origin().is_some_and(|own| Arc::ptr_eq(own, origin)),
        (View::List(list), goyaml::Value::List(origin)) => {
            list.origin.as_ref().is_some_and(|own| Arc::ptr_eq(own, origin))
        }
        (View::String(text), goyaml::Value::String(written)) => *text == **written,
        (View::Bool(value), goyaml::Value::Bool(written)) => value == *written,
        (View::Nil | View::Invalid, goyaml::Value::Null) => true,
        (View::Int(_, value), goyaml::Value::Int(written)) => value == *written,
        (View::Float(value), goyaml::Value::Float(written)) => value.to_bits() == written.to_bits(),
        #[expect(clippy::cast_precision_loss, reason = "encoding/json rounds too")]
        (View::Float(value), goyaml::Value::Uint(written)) => value.to_bits() == (*written as f64).to_bits(),
        _ => false,
    }
}

thread_local! {
    /// Values waiting to be dropped; `None` while no drop is in progress.
    static DROPPED: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// Drops values of any nesting depth without recursion on the native stack.
pub(super) fn drop_flat(values: impl IntoIterator<Item = Value>) {
    // Values other than containers are dropped in place.
    let mut values = values
        .into_iter()
        .filter(|value| value.downcast_object_ref::<Data>().is_some())
        .peekable();
    if values.peek().is_none() {
        return;
    }
    // The outermost drop processes the list to which inner drops add. At the end of a thread the list does not exist
    // any more.
    let outermost = DROPPED.try_with(|dropped| match &mut *dropped.borrow_mut() {
        Some(waiting) => {
            waiting.extend(values);
            false
        }
        nobody => {
            *nobody = Some(values.collect());
            true
        }
    });
    if outermost == Ok(true) {
        let next = || DROPPED.with(|dropped| dropped.borrow_mut().as_mut().and_then(Vec::pop));
        while let Some(value) = next() {
            drop(value);
        }
        DROPPED.with(|dropped| *dropped.borrow_mut() = None);
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // Lazy entries that were never accessed are not computed for this.
        if Arc::strong_count(&self.shared) == 1 && LazyLock::get(&self.shared.entries).is_some() {
            let entries = std::mem::take(&mut *self.write());
            drop_flat(entries.into_values());
        }
    }
}
