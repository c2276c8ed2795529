//! Notes whether a run of a template writes to maps that others see.
//!
//! Go's maps are shared by reference, so `set $ "key" 1` in one template is seen by all that run later. A run of which this is known not to
//! happen has no effect but its text, and can be done at any time.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of the next run. A number comes again after four billion runs, when the maps of the first one are gone.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The number of no run: that of maps which are made outside runs.
const OUTSIDE: u32 = 0;

#[derive(Clone, Copy, Debug)]
struct State {
    /// The number that maps get which are made now.
    number: u32,
    /// Whether writes to maps of others are carried out.
    may_write: bool,
    /// Whether there was such a write.
    has_written: bool,
}

thread_local! {
    static STATE: Cell<State> = const {
        Cell::new(State { number: OUTSIDE, may_write: true, has_written: false })
    };
}

/// A run of a template on this thread, until it is dropped. Runs are not nested.
#[derive(Debug)]
pub struct Run {
    outer: State,
}

impl Run {
    /// Begins a run. If it may not write to maps which it has not made, such writes are not carried out, so that its result is of no use then.
    pub fn begin(may_write: bool) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed).max(OUTSIDE + 1);
        let has_written = false;
        let state = State {
            number,
            may_write,
            has_written,
        };
        Self {
            outer: STATE.replace(state),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        STATE.set(self.outer);
    }
}

/// Whether the run on this thread has written to a map that it has not made, or tried to.
pub fn has_written() -> bool {
    STATE.get().has_written
}

/// Notes that the run on this thread reads what depends on which template runs, if that matters: if it may not write.
pub(super) fn depends() {
    if !STATE.get().may_write {
        note();
    }
}

/// Notes that the run on this thread does something that other runs see.
pub fn note() {
    let state = STATE.get();
    STATE.set(State {
        has_written: true,
        ..state
    });
}

/// The number for a map that is made now.
pub(super) fn number() -> u32 {
    STATE.get().number
}

/// Whether a write to a map with this number may be carried out. Notes it if the map is not one of the run.
pub(super) fn may_write(number: u32) -> bool {
    let state = STATE.get();
    if number == state.number || state.number == OUTSIDE {
        return true;
    }
    note();
    state.may_write
}

/// Makes maps that get this number, whatever run asks for them.
pub(super) fn made_by<T>(number: u32, make: impl FnOnce() -> T) -> T {
    let asking = STATE.get().number;
    STATE.set(State { number, ..STATE.get() });
    let made = make();
    STATE.set(State {
        number: asking,
        ..STATE.get()
    });
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entries, Map, MapType, Value};

    fn lazy() -> Map {
        let inner = || Value::from_object(crate::Data::Map(Map::new(MapType::ANY, Entries::new())));
        Map::lazy(MapType::ANY, move || Entries::from([("inner".into(), inner())]))
    }

    fn set_inner(map: &Map) {
        match crate::view(&map.get("inner").unwrap()) {
            crate::View::Map(inner) => inner.insert("key", 1.into()),
            _ => unreachable!("lazy() makes a map"),
        }
    }

    #[test]
    fn what_a_run_has_made_is_its_own() {
        let _run = Run::begin(false);
        let own = lazy();
        own.insert("key", 1.into());
        set_inner(&own);
        assert!(own.contains_key("key") && !has_written());
    }

    #[test]
    fn writes_to_what_others_see_are_noted() {
        let shared = lazy();
        for may_write in [false, true] {
            let run = Run::begin(may_write);
            shared.insert("key", 1.into());
            assert!(has_written());
            assert_eq!(shared.contains_key("key"), may_write);
            drop(run);
            assert!(!has_written());
        }
        let run = Run::begin(true);
        shared.remove("key");
        assert!(has_written());
        drop(run);
        let _run = Run::begin(true);
        set_inner(&shared);
        assert!(
            has_written(),
            "the maps in a lazy one are made when it is first read, but belong to who made it"
        );
    }

    #[test]
    fn what_an_earlier_run_has_made_is_not_its_own() {
        let run = Run::begin(true);
        let map = lazy();
        drop(run);
        let _run = Run::begin(true);
        map.insert("key", 1.into());
        assert!(has_written());
    }
}
