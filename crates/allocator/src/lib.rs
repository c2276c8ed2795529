//! A global allocator that counts the bytes in use, so that work can be stopped before it takes too much memory.
//!
//! A counter that all threads add to at each allocation is a cache line that they pull from each other: it took 10 to 16 % of
//! promchart's time. Here each thread adds up its own and passes it on when [`BATCH`] bytes have come together.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

/// How many bytes a thread allocates or frees before the common counter learns of them: what the count may be wrong by, for each
/// thread.
pub const BATCH: isize = 256 << 10;

/// The system's allocator, counted.
///
/// ```
/// use promchart_allocator::Counting;
///
/// #[global_allocator]
/// static ALLOCATOR: Counting = Counting::new();
///
/// let before = ALLOCATOR.in_use();
/// let bytes = vec![0u8; 10 << 20];
/// assert!(ALLOCATOR.in_use() - before >= 9 << 20);
/// drop(bytes);
/// assert!(ALLOCATOR.in_use() < before + (1 << 20));
/// ```
#[derive(Debug)]
pub struct Counting {
    /// Bytes that threads have passed on. Below zero for a moment where one thread frees what another has not yet counted.
    counted: AtomicIsize,
}

thread_local! {
    /// What this thread has not passed on yet. It needs no destructor, so it can be used while a thread ends; at most [`BATCH`] bytes of
    /// each ended thread are missing from the count.
    static PENDING: Cell<isize> = const { Cell::new(0) };
}

impl Counting {
    /// An allocator that has counted nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            counted: AtomicIsize::new(0),
        }
    }

    /// How many bytes are in use, give or take [`BATCH`] for each thread.
    #[must_use]
    pub fn in_use(&self) -> usize {
        usize::try_from(self.counted.load(Ordering::Relaxed)).unwrap_or(0)
    }

    #[inline]
    fn count(&self, bytes: isize) {
        // A thread that is past its end counts nothing.
        let _ = PENDING.try_with(|pending| {
            let sum = pending.get() + bytes;
            if (-BATCH..=BATCH).contains(&sum) {
                pending.set(sum);
            } else {
                pending.set(0);
                self.counted.fetch_add(sum, Ordering::Relaxed);
            }
        });
    }
}

impl Default for Counting {
    fn default() -> Self {
        Self::new()
    }
}

/// The size of an allocation as a difference; [`Layout`] promises that it fits.
#[inline]
const fn size(layout: Layout) -> isize {
    layout.size().cast_signed()
}

#[expect(unsafe_code, reason = "this is what a global allocator is")]
// SAFETY: every call goes to the system's allocator as it came, and its answer goes back; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of `System`.
        let pointer = unsafe { System.alloc(layout) };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of `System`.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.dealloc(pointer, layout) };
        self.count(-size(layout));
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are those of `System`.
        let moved = unsafe { System.realloc(pointer, layout, new_size) };
        if !moved.is_null() {
            self.count(new_size.cast_signed() - size(layout));
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_allocate_and_free_is_counted() {
        let counting = Counting::new();
        let layout = |bytes: usize| Layout::from_size_align(bytes, 8).expect("a layout");
        let pass_on = |bytes: isize| counting.count(bytes);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| pass_on(size(layout(4096)))));
            }
        });
        let most = 4 * 1000 * 4096;
        let least = most - 4 * BATCH.unsigned_abs();
        assert!((least..=most).contains(&counting.in_use()), "{}", counting.in_use());
        for _ in 0..4000 {
            pass_on(-4096);
        }
        assert!(counting.in_use() <= 5 * BATCH.unsigned_abs(), "{}", counting.in_use());
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
