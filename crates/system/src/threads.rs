//! Runs work on several threads, with results that do not depend on the number of threads.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

mod pipeline;

pub use pipeline::{Pieces, pipeline};

/// The maximum number of threads.
const MAX_THREADS: usize = 8;
/// The number of bytes that are worth another thread: starting one costs as much as parsing a few kilobytes.
const WORTH_A_THREAD: usize = 64 << 10;
/// The stack size of each thread, in bytes, because parsers recurse. Unused pages cost nothing.
const STACK_SIZE: usize = 256 << 20;

/// The heap size of a thread before the C library asks the system for more, in bytes of address space. glibc ignores
/// values above 32 MiB.
const HEAP_SIZE: usize = 24 << 20;

/// Makes the C library reserve the address space of this thread's heap at once. glibc grows the heap of every thread
/// but the first by single pages, each with a system call. Freeing one large block raises glibc's thresholds so far
/// that the second block comes from the heap, and its space stays there. With other C libraries this has no effect and
/// does no harm.
pub fn reserve_heap() {
    for _ in 0..2 {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP_SIZE)));
    }
}

/// The number of threads that can run at once. The system is asked only once: on Linux the answer is spread over
/// several files.
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

thread_local! {
    /// Whether all processors are busy already, so that this thread gets no help.
    static IS_ONE_OF_MANY: Cell<bool> = const { Cell::new(false) };
}

/// The number of threads that [`each`] uses for `count` pieces of work.
pub fn workers(count: usize) -> usize {
    processors().min(count).max(1)
}

/// Runs `count` pieces of work on as many threads as can run at once and returns the results in order. A free thread
/// takes the next piece. Each thread first creates a state for itself. Work inside a piece is not split over further
/// threads.
pub fn each<S, T: Send>(
    count: usize,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let results: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        let was = IS_ONE_OF_MANY.replace(workers(count) > 1);
        let mut state = state();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(result) = results.get(at) else { break };
            let made = work(&mut state, at);
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        }
        IS_ONE_OF_MANY.set(was);
    };
    thread::scope(|scope| {
        for _ in 1..workers(count) {
            let other = || {
                reserve_heap();
                run();
            };
            // If no thread can be started, the others do all the work.
            _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, other);
        }
        run();
    });
    let result = |result: Mutex<Option<T>>| result.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().filter_map(result).collect()
}

/// How many threads [`with_help`] starts for so many bytes of work.
pub fn helpers(size: usize) -> usize {
    if IS_ONE_OF_MANY.get() {
        return 0;
    }
    (processors() - 1).min(MAX_THREADS - 1).min(size / WORTH_A_THREAD)
}

/// Runs `main` on this thread and returns its result. If `size` bytes are worth it, other threads run `help` meanwhile.
/// `main` must be able to do the work of `help` itself, and `help` must end when `main` has ended.
pub fn with_help<T>(size: usize, help: impl Fn() + Sync, main: impl FnOnce() -> T) -> T {
    let helpers = helpers(size);
    if helpers == 0 {
        return main();
    }
    let help = || {
        reserve_heap();
        help();
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // If no thread can be started, `main` does all the work.
            _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, help);
        }
        main()
    })
}

/// A value that any of several threads can make, and one takes.
#[derive(Debug)]
pub struct Slot<T> {
    state: Mutex<State<T>>,
    made: Condvar,
}

#[derive(Debug)]
enum State<T> {
    Empty,
    /// A thread is making it.
    Begun {
        /// Whether another thread waits for it. Waking takes a system call even if none does.
        is_awaited: bool,
    },
    Made(T),
    Taken,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::Empty),
            made: Condvar::new(),
        }
    }
}

/// Resets the slot if the thread that was filling it panicked.
struct Ended<'a, T>(&'a Slot<T>);

impl<T> Drop for Ended<'_, T> {
    fn drop(&mut self) {
        self.0.end(State::Empty);
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the value, unless a thread has started to.
    pub fn fill(&self, make: impl FnOnce() -> T) {
        let mut state = self.lock();
        if !matches!(*state, State::Empty) {
            return;
        }
        *state = State::Begun { is_awaited: false };
        drop(state);
        let ended = Ended(self);
        let made = make();
        self.end(State::Made(made));
        drop(ended);
    }

    /// Ends the making of the value, unless another thread has made and taken it meanwhile.
    fn end(&self, end: State<T>) {
        let mut state = self.lock();
        if let State::Begun { is_awaited } = *state {
            *state = end;
            drop(state);
            self.wake(is_awaited);
        }
    }

    fn wake(&self, is_awaited: bool) {
        if is_awaited {
            self.made.notify_all();
        }
    }

    /// Takes the value, or makes it. Waits for a thread that is making it.
    pub fn take(&self, make: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        while let State::Begun { is_awaited } = &mut *state {
            *is_awaited = true;
            state = self.made.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.take_or_make(state, make)
    }

    /// Takes the value, or makes it. If another thread is making it: returns `None` if `may_wait`, and otherwise makes
    /// it again, which is faster than being woken.
    pub fn take_unless_begun(&self, may_wait: bool, make: impl FnOnce() -> T) -> Option<T> {
        let state = self.lock();
        if may_wait && matches!(*state, State::Begun { .. }) {
            return None;
        }
        Some(self.take_or_make(state, make))
    }

    fn take_or_make(&self, mut state: MutexGuard<'_, State<T>>, make: impl FnOnce() -> T) -> T {
        let taken = std::mem::replace(&mut *state, State::Taken);
        drop(state);
        match taken {
            State::Made(made) => made,
            State::Begun { is_awaited } => {
                self.wake(is_awaited);
                make()
            }
            State::Empty | State::Taken => make(),
        }
    }
}

/// Runs `count` pieces of work, adjacent ones on the same thread, and returns the results in order. `size` returns the
/// bytes of a piece.
pub fn side_by_side<T: Send>(count: usize, size: impl Fn(usize) -> usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let total: usize = (0..count).map(&size).sum();
    let threads = processors().min(MAX_THREADS);
    if threads < 2 || total < WORTH_A_THREAD || IS_ONE_OF_MANY.get() {
        return (0..count).map(work).collect();
    }
    let mut pieces = Vec::with_capacity(threads);
    let (mut start, mut done) = (0, 0);
    for at in 0..count {
        done += size(at);
        if done * threads >= total * (pieces.len() + 1) || at + 1 == count {
            pieces.push(start..at + 1);
            start = at + 1;
        }
    }
    let work = &work;
    thread::scope(|scope| {
        let (last, others) = match pieces.split_last() {
            Some((last, others)) => (last.clone(), others),
            None => (0..0, &[][..]),
        };
        let started: Vec<_> = others
            .iter()
            .map(|piece| {
                let inner = piece.clone();
                let run = move || {
                    reserve_heap();
                    inner.map(work).collect::<Vec<T>>()
                };
                thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, run)
            })
            .collect();
        let own: Vec<T> = last.map(work).collect();
        let mut results = Vec::with_capacity(count);
        for (piece, thread) in others.iter().zip(started) {
            match thread {
                Ok(thread) => results.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
                // The thread could not be started.
                Err(_) => results.extend(piece.clone().map(work)),
            }
        }
        results.extend(own);
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_changes_no_result() {
        for size in [0, WORTH_A_THREAD, MAX_THREADS * WORTH_A_THREAD] {
            for may_wait in [false, true] {
                let slots: Vec<Slot<usize>> = (0..100).map(|_| Slot::default()).collect();
                let make = |at: usize| at * at;
                let help = || (0..100).rev().for_each(|at| slots[at].fill(|| make(at)));
                let take = |at: usize| {
                    let taken = slots[at].take_unless_begun(may_wait, || make(at));
                    taken.unwrap_or_else(|| slots[at].take(|| make(at)))
                };
                let sum = with_help(size, help, || (0..100).map(take).sum::<usize>());
                assert_eq!(sum, 328_350);
            }
        }
    }

    #[test]
    fn what_is_being_made_is_waited_for_where_that_is_asked() {
        let slot = Slot::default();
        let hold = Mutex::new(());
        let held = hold.lock();
        thread::scope(|scope| {
            scope.spawn(|| {
                slot.fill(|| {
                    drop(hold.lock());
                    1
                });
            });
            while !matches!(*slot.lock(), State::Begun { .. }) {
                thread::yield_now();
            }
            assert_eq!(slot.take_unless_begun(true, || 2), None);
            drop(held);
            assert_eq!(slot.take(|| 3), 1);
        });
    }

    #[test]
    fn what_fails_to_be_made_can_be_made_again() {
        let slot = Slot::default();
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| slot.fill(|| panic!("on purpose"))));
        assert!(failed.is_err());
        assert_eq!(slot.take(|| 4), 4);
    }

    #[test]
    fn each_piece_is_done_once_and_in_order() {
        for count in [0, 1, 2, 7, 100] {
            let done = each(
                count,
                || 0,
                |mine, at| {
                    *mine += 1;
                    (at, *mine)
                },
            );
            assert_eq!(
                done.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
                (0..count).collect::<Vec<_>>()
            );
            assert!(done.iter().all(|(_, mine)| (1..=count).contains(mine)));
        }
    }

    #[test]
    fn results_are_in_order_however_many_there_are() {
        for count in [0, 1, 2, 3, 7, 100] {
            for size in [0, 1, WORTH_A_THREAD] {
                let wanted: Vec<usize> = (0..count).collect();
                assert_eq!(side_by_side(count, |_| size, |at| at), wanted, "{count} of {size}");
            }
        }
        // One piece that outweighs the rest.
        let size = |at| if at == 3 { 10 * WORTH_A_THREAD } else { 1 };
        assert_eq!(
            side_by_side(10, size, |at| at * 2),
            (0..10).map(|at| at * 2).collect::<Vec<_>>()
        );
    }
}
