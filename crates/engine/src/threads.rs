//! Work on several threads, with results that do not depend on how many there are.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

/// How many threads work at most.
const MAX_THREADS: usize = 8;
/// How many bytes it takes to be worth a second thread: to start one costs as much as a few kilobytes of parsing.
const WORTH_A_THREAD: usize = 64 << 10;
/// The stack of each, in bytes: what is parsed nests. Pages that are not used cost nothing.
const STACK_SIZE: usize = 256 << 20;

/// What a thread's heap may grow to before the C library asks the system for more, in bytes of address space. glibc heeds
/// no more than 32 MiB.
const HEAP_SIZE: usize = 24 << 20;

/// Has the C library take the address space of this thread's heap at once: glibc grows the heap of any thread but the first
/// by single pages, each with a call of the system. A large block that is freed raises glibc's thresholds so far that the
/// second block comes from the heap, and its space stays there. Elsewhere this does nothing of use, and no harm.
pub fn reserve_heap() {
    for _ in 0..2 {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP_SIZE)));
    }
}

/// How many threads can run at once. The system is asked but once: on Linux the answer is spread over several files.
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

thread_local! {
    /// Whether all processors have work already, so that this thread gets no help.
    static IS_ONE_OF_MANY: Cell<bool> = const { Cell::new(false) };
}

/// How many threads [`each`] takes for so many pieces of work.
pub fn workers(count: usize) -> usize {
    processors().min(count).max(1)
}

/// Does `count` pieces of work on as many threads as can run at once, whichever is free takes the next one; the results are in order.
/// Each thread makes itself a state first. Within the work nothing is helped by further threads.
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
            // Without a thread, the others do it all.
            _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, other);
        }
        run();
    });
    let result = |result: Mutex<Option<T>>| result.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().filter_map(result).collect()
}

/// Gives what `main` gives, which runs on this thread. Meanwhile other threads help, if `size` bytes are worth it; what they
/// do, `main` must be able to do as well. `help` must end when `main` has ended.
pub fn with_help<T>(size: usize, help: impl Fn() + Sync, main: impl FnOnce() -> T) -> T {
    let helpers = (processors() - 1).min(MAX_THREADS - 1).min(size / WORTH_A_THREAD);
    if helpers == 0 || IS_ONE_OF_MANY.get() {
        return main();
    }
    let help = || {
        reserve_heap();
        help();
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // Without a thread, `main` does it all.
            _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, help);
        }
        main()
    })
}

/// What several threads can make and one of them takes.
#[derive(Debug)]
pub struct Slot<T> {
    state: Mutex<State<T>>,
    made: Condvar,
}

#[derive(Debug)]
enum State<T> {
    Empty,
    /// A thread is making it.
    Begun,
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

/// Says that nothing is being made any more, unless something was.
struct Ended<'a, T>(&'a Slot<T>);

impl<T> Drop for Ended<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Begun) {
            *state = State::Empty;
        }
        self.0.made.notify_all();
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the thing, unless a thread has begun to.
    pub fn fill(&self, make: impl FnOnce() -> T) {
        let mut state = self.lock();
        if !matches!(*state, State::Empty) {
            return;
        }
        *state = State::Begun;
        drop(state);
        let ended = Ended(self);
        let made = make();
        let mut state = self.lock();
        if matches!(*state, State::Begun) {
            *state = State::Made(made);
        }
        drop(state);
        drop(ended);
    }

    /// Takes the thing, or makes it. If another thread is making it, this one waits.
    pub fn take(&self, make: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        while matches!(*state, State::Begun) {
            state = self.made.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Self::take_or_make(state, make)
    }

    /// Takes the thing, or makes it. If another thread is making it: nothing, where it `may_wait`, and else it is made again,
    /// which takes less time than to be woken.
    pub fn take_unless_begun(&self, may_wait: bool, make: impl FnOnce() -> T) -> Option<T> {
        let state = self.lock();
        if may_wait && matches!(*state, State::Begun) {
            return None;
        }
        Some(Self::take_or_make(state, make))
    }

    fn take_or_make(mut state: MutexGuard<'_, State<T>>, make: impl FnOnce() -> T) -> T {
        let taken = std::mem::replace(&mut *state, State::Taken);
        drop(state);
        if let State::Made(made) = taken { made } else { make() }
    }
}

/// Does `count` pieces of work, neighbours together, and gives the results in order. `size` tells the bytes of a piece.
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
                // No thread to be had.
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
            while !matches!(*slot.lock(), State::Begun) {
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
