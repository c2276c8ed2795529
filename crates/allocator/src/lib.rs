//! A global allocator for programs with many small objects and short lives, which counts the bytes in use, so that work
//! can stop before it uses too much memory.
//!
//! Blocks of up to [`LARGEST`] bytes are cut from chunks and have no header. Each thread keeps those it frees in a list
//! for each size, and takes them from there, without a lock and without looking at other blocks. Chunks are never given
//! back. Larger blocks are the system allocator's.
//!
//! A thread that frees more than it takes passes a whole list at a time to a common pool, and one that takes more than it
//! frees gets it from there: the memory of a pipeline of threads does not grow. A thread that ends leaves everything to
//! the pool.
//!
//! One counter for all threads is a contended cache line: it took 10 to 16 % of promchart's time. Here each thread
//! counts for itself, and adds its count to the shared one when it reaches [`BATCH`] bytes.

mod small;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};

use small::{Class, THREAD};

pub use small::LARGEST;

/// The number of bytes that a thread allocates or frees before it updates the shared counter. This is also the error of
/// the count, per thread.
pub const BATCH: isize = 256 << 10;

/// The allocator with a counter.
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
        // The last of an ended thread is not counted: at most [`BATCH`] bytes.
        let _ = THREAD.try_with(|thread| {
            let sum = thread.uncounted.get() + bytes;
            if (-BATCH..=BATCH).contains(&sum) {
                thread.uncounted.set(sum);
            } else {
                thread.uncounted.set(0);
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
// SAFETY: a block is the system allocator's or `small`'s, which depends only on its layout, so it is freed where it was
// allocated. Counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let pointer = match Class::of(layout) {
            Some(class) => small::take(class),
            // SAFETY: the caller upholds the contract of `System`.
            None => unsafe { System.alloc(layout) },
        };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let pointer = match Class::of(layout) {
            Some(class) => {
                let pointer = small::take(class);
                if !pointer.is_null() {
                    // SAFETY: a block of the class has at least the layout's size.
                    unsafe { pointer.write_bytes(0, layout.size()) };
                }
                pointer
            }
            // SAFETY: the caller upholds the contract of `System`.
            None => unsafe { System.alloc_zeroed(layout) },
        };
        if !pointer.is_null() {
            self.count(size(layout));
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        match Class::of(layout) {
            // SAFETY: the block is of this class, because it was allocated with this layout, and no one uses it any more.
            Some(class) => unsafe { small::give(class, pointer) },
            // SAFETY: the caller upholds the contract of `System`.
            None => unsafe { System.dealloc(pointer, layout) },
        }
        self.count(-size(layout));
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees that the new size is valid with the same alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let (from, to) = (Class::of(layout), Class::of(new));
        if from.is_none() && to.is_none() {
            // SAFETY: the caller upholds the contract of `System`, whose block it is.
            let moved = unsafe { System.realloc(pointer, layout, new_size) };
            if !moved.is_null() {
                self.count(new_size.cast_signed() - size(layout));
            }
            return moved;
        }
        if from == to {
            self.count(new_size.cast_signed() - size(layout));
            return pointer;
        }
        // SAFETY: the new layout is valid. Both blocks have the smaller of the two sizes, and are not the same.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(pointer, layout.size().min(new_size));
                self.dealloc(pointer, layout);
            }
            moved
        }
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
