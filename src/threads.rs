//! Work on several threads, with results that do not depend on how many there are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

/// How many threads [`beside`] has at work. Nothing but the number of further threads depends on it.
static BESIDE: AtomicUsize = AtomicUsize::new(0);

/// How many threads can run at once. The system is asked but once: on Linux the answer is spread over several files.
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// How many threads can run at once that [`beside`] does not keep busy.
fn free_processors() -> usize {
    processors().saturating_sub(BESIDE.load(Ordering::Relaxed))
}

/// Does two things at once, the first on a thread with a stack of so many bytes.
pub fn beside<T: Send, U>(stack_size: usize, work: impl Fn() -> T + Sync, main: impl FnOnce() -> U) -> (T, U) {
    thread::scope(|scope| {
        BESIDE.fetch_add(1, Ordering::Relaxed);
        let run = || {
            reserve_heap();
            let result = work();
            BESIDE.fetch_sub(1, Ordering::Relaxed);
            result
        };
        let thread = thread::Builder::new().stack_size(stack_size).spawn_scoped(scope, run);
        let own = main();
        let others = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // No thread to be had.
            Err(_) => {
                BESIDE.fetch_sub(1, Ordering::Relaxed);
                work()
            }
        };
        (others, own)
    })
}

/// Does `count` pieces of work, neighbours together, and gives the results in order. `size` tells the bytes of a piece.
pub fn side_by_side<T: Send>(count: usize, size: impl Fn(usize) -> usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let total: usize = (0..count).map(&size).sum();
    let threads = free_processors().min(MAX_THREADS);
    if threads < 2 || total < WORTH_A_THREAD {
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

/// Gives what `main` gives, which runs on this thread. Meanwhile another thread does work that `main` would else come to, on
/// `size` bytes in all; it is told when `main` is done, and then stops.
pub fn ahead<T>(size: usize, work: impl Fn(&dyn Fn() -> bool) + Sync, main: impl FnOnce() -> T) -> T {
    if processors() < 2 || size < WORTH_A_THREAD {
        return main();
    }
    let is_done = AtomicBool::new(false);
    let run = || work(&|| is_done.load(Ordering::Relaxed));
    // Without a thread, `main` does it all, and nothing is left to do.
    let ((), result) = beside(STACK_SIZE, run, || {
        let result = main();
        is_done.store(true, Ordering::Relaxed);
        result
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_ahead_changes_no_result() {
        for size in [0, WORTH_A_THREAD] {
            let done: Vec<std::sync::OnceLock<usize>> = (0..100).map(|_| std::sync::OnceLock::new()).collect();
            let make = |at: usize| *done[at].get_or_init(|| at * at);
            let work = |is_done: &dyn Fn() -> bool| (0..100).take_while(|_| !is_done()).for_each(|at| _ = make(at));
            let sum = ahead(size, work, || (0..100).map(make).sum::<usize>());
            assert_eq!(sum, 328_350);
        }
    }

    #[test]
    fn both_results_come_back() {
        let inside = || side_by_side(3, |_| WORTH_A_THREAD, |at| at);
        for _ in 0..100 {
            let (beside, own) = beside(1 << 20, inside, inside);
            assert_eq!((&beside, &own), (&vec![0, 1, 2], &vec![0, 1, 2]));
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
