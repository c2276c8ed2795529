//! A global allocator that counts the bytes in use, so that work can stop before it uses too much memory.
//!
//! One counter for all threads is a contended cache line: it took 10 to 16 % of promchart's time. Here each thread
//! counts for itself, and adds its count to the shared one when it reaches [`BATCH`] bytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

/// The number of bytes that a thread allocates or frees before it updates the shared counter. This is also the error of
/// the count, per thread.
pub const BATCH: isize = 256 << 10;

/// The system's allocator with a counter.
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
    /// The bytes that threads have reported. It can be negative for a moment if one thread frees what another has not
    /// reported yet.
    counted: AtomicIsize,
}

thread_local! {
    /// The bytes that this thread has not reported yet. It needs no destructor, so it can be used while a thread ends;
    /// the count misses at most [`BATCH`] bytes of each ended thread.
    static PENDING: Cell<isize> = const { Cell::new(0) };
}

impl Counting {
    /// An allocator with a count of zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            counted: AtomicIsize::new(0),
        }
    }

    /// The number of bytes in use, with an error of up to [`BATCH`] for each thread.
    #[must_use]
    pub fn in_use(&self) -> usize {
        usize::try_from(self.counted.load(Ordering::Relaxed)).unwrap_or(0)
    }

    #[inline]
    fn count(&self, bytes: isize) {
        // A thread whose local storage is gone no longer counts.
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

/// The size of an allocation as a signed difference; [`Layout`] guarantees that it fits.
#[inline]
const fn size(layout: Layout) -> isize {
    layout.size().cast_signed()
}

#[expect(unsafe_code, reason = "this is what a global allocator is")]
// SAFETY: every call is forwarded unchanged to the system's allocator, and its result returned; counting neither
// allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `System`.
        let pointer = unsafe { System.alloc(layout) };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `System`.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `System`.
        unsafe { System.dealloc(pointer, layout) };
        self.count(-size(layout));
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `System`.
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
