//! Work that begins while the pieces are still being found.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{STACK_SIZE, helpers, reserve_heap};

/// How many pieces there must be to wake a thread that waits for some. Waking it takes as long as finding a few.
const WORTH_WAKING: usize = 8;

/// The pieces of work of a [`pipeline`], in the order in which they were found.
pub struct Pieces<'a, P, T> {
    queue: &'a Queue<P, T>,
    /// Starts another thread.
    start: &'a dyn Fn(),
    /// The sum of the sizes so far, in bytes.
    size: usize,
    started: usize,
}

impl<P, T> Pieces<'_, P, T> {
    /// Adds a piece of `size` bytes.
    pub fn push(&mut self, size: usize, piece: P) {
        let mut state = self.queue.lock();
        state.places.push(Place::Found(piece));
        let must_wake = state.waiting > 0 && state.places.len() - state.next >= WORTH_WAKING;
        drop(state);
        if must_wake {
            self.queue.more.notify_all();
        }
        self.size = self.size.saturating_add(size);
        if self.started < helpers(self.size) {
            self.started += 1;
            (self.start)();
        }
    }
}

struct Queue<P, T> {
    state: Mutex<State<P, T>>,
    /// More pieces were found, or all of them.
    more: Condvar,
}

struct State<P, T> {
    places: Vec<Place<P, T>>,
    /// The first piece that no thread has taken.
    next: usize,
    /// The number of threads that wait for more.
    waiting: usize,
    is_complete: bool,
}

enum Place<P, T> {
    Found(P),
    Taken,
    Done(T),
}

impl<P, T> Queue<P, T> {
    fn lock(&self) -> MutexGuard<'_, State<P, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does pieces until all are taken.
    fn work(&self, work: impl Fn(P) -> T) {
        let mut state = self.lock();
        loop {
            let at = state.next;
            let place = state
                .places
                .get_mut(at)
                .map(|place| std::mem::replace(place, Place::Taken));
            match place {
                Some(Place::Found(piece)) => {
                    state.next += 1;
                    drop(state);
                    let done = work(piece);
                    state = self.lock();
                    state.places[at] = Place::Done(done);
                }
                None if !state.is_complete => {
                    state.waiting += 1;
                    state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.waiting -= 1;
                }
                Some(Place::Taken | Place::Done(_)) | None => return,
            }
        }
    }
}

/// Ends the waiting of other threads, also if `find` panics.
struct Complete<'a, P, T>(&'a Queue<P, T>);

impl<P, T> Drop for Complete<'_, P, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_complete = true;
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.0.more.notify_all();
        }
    }
}

/// Runs `find` on this thread, which pushes pieces of work, and then `work` on each of them. If the pieces found so far
/// are worth it, other threads begin with them meanwhile. Returns what `find` returns, and the results in order.
pub fn pipeline<P: Send, T: Send, R>(
    find: impl FnOnce(&mut Pieces<'_, P, T>) -> R,
    work: impl Fn(P) -> T + Sync,
) -> (R, Vec<T>) {
    let queue = Queue {
        state: Mutex::new(State {
            places: Vec::new(),
            next: 0,
            waiting: 0,
            is_complete: false,
        }),
        more: Condvar::new(),
    };
    let found = thread::scope(|scope| {
        let help = || {
            reserve_heap();
            queue.work(&work);
        };
        let start = || {
            // If no thread can be started, this one does all the work.
            _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, help);
        };
        let complete = Complete(&queue);
        let found = find(&mut Pieces {
            queue: &queue,
            start: &start,
            size: 0,
            started: 0,
        });
        drop(complete);
        queue.work(&work);
        found
    });
    let places = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).places;
    let done = places.into_iter().filter_map(|place| match place {
        Place::Done(done) => Some(done),
        Place::Found(_) | Place::Taken => None,
    });
    (found, done.collect())
}

#[cfg(test)]
mod tests {
    use super::super::WORTH_A_THREAD;
    use super::*;

    #[test]
    fn results_are_in_the_order_of_finding() {
        for count in [0, 1, 7, 1000] {
            for size in [0, WORTH_A_THREAD / 4, WORTH_A_THREAD] {
                let find = |pieces: &mut Pieces<'_, usize, usize>| {
                    for at in 0..count {
                        pieces.push(size, at);
                        if at % 100 == 0 {
                            // Others run out of work.
                            thread::yield_now();
                        }
                    }
                    count
                };
                let (found, done) = pipeline(find, |piece| piece * 2);
                let wanted: Vec<usize> = (0..count).map(|at| at * 2).collect();
                assert_eq!((found, done), (count, wanted), "{count} of {size}");
            }
        }
    }

    #[test]
    fn a_panic_leaves_no_thread_waiting() {
        let find = |pieces: &mut Pieces<'_, (), ()>| {
            pieces.push(WORTH_A_THREAD, ());
            panic!("on purpose");
        };
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pipeline(find, |()| ())));
        assert!(failed.is_err());
    }
}
