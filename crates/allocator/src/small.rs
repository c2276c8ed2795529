//! Small blocks: lists of free ones, for each size, in each thread and in a common pool.
//!
//! A thread has two lists for each size. It frees into the current one and takes from it. When that is full, it becomes
//! the spare one, and the old spare one goes to the pool; when it is empty, the spare one is next. So a thread that frees
//! and takes by turns never needs the pool.

#![expect(unsafe_code, reason = "this is what an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The size of the largest small block, in bytes.
pub const LARGEST: usize = 1024;
/// All sizes are multiples of this, and all blocks are aligned to it. A free block holds two pointers.
const STEP: usize = 16;
const CLASSES: usize = LARGEST / STEP;
/// The size of the first chunk that a thread cuts blocks from, in bytes. Each later one is twice as large, up to
/// [`LARGEST_CHUNK`].
const CHUNK: usize = 32 << 10;
const LARGEST_CHUNK: usize = 256 << 10;
/// How many bytes the blocks of a full list have.
const LIST: usize = 16 << 10;

/// Blocks of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(usize);

impl Class {
    /// The class of the blocks for a layout; `None` if it is too large.
    #[inline]
    pub(crate) const fn of(layout: Layout) -> Option<Self> {
        // The size is never 0: the contract of allocators.
        if layout.size() <= LARGEST && layout.align() <= STEP {
            Some(Self(layout.size().saturating_sub(1) / STEP))
        } else {
            None
        }
    }

    /// The size of the blocks.
    #[inline]
    const fn size(self) -> usize {
        (self.0 + 1) * STEP
    }

    /// How many blocks a full list has.
    #[inline]
    const fn most(self) -> usize {
        LIST / self.size()
    }
}

/// The content of a free block.
struct Free {
    /// The next block of the list.
    next: *mut Self,
    /// In the first block of a list: the next list. In a region: its length.
    other: *mut Self,
}

/// The free blocks of one size that a thread has.
struct Lists {
    current: Cell<*mut Free>,
    /// The length of the current list, or more: that of a list from the pool is not known.
    length: Cell<usize>,
    spare: Cell<*mut Free>,
}

/// The free blocks of a thread.
pub(crate) struct Thread {
    classes: [Lists; CLASSES],
    /// The rest of the chunk that new blocks are cut from.
    rest: Cell<*mut u8>,
    left: Cell<usize>,
    /// The size of the next chunk.
    next_chunk: Cell<usize>,
    /// The bytes that the thread has not reported yet.
    pub(crate) uncounted: Cell<isize>,
}

thread_local! {
    pub(crate) static THREAD: Thread = const { Thread::new() };
}

/// The blocks that belong to no thread.
struct Pool {
    /// Lists of lists.
    lists: [*mut Free; CLASSES],
    /// The rests of the chunks of ended threads, as a list.
    rests: *mut Free,
}

// SAFETY: the pool owns the blocks that it points to.
unsafe impl Send for Pool {}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    lists: [ptr::null_mut(); CLASSES],
    rests: ptr::null_mut(),
});

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Takes a list; null if there is none.
    fn take(&mut self, class: Class) -> *mut Free {
        let list = self.lists[class.0];
        if !list.is_null() {
            // SAFETY: the pool's lists are of free blocks, which hold a `Free`.
            self.lists[class.0] = unsafe { (*list).other };
        }
        list
    }

    /// Takes the rest of a chunk, with its length.
    fn take_rest(&mut self) -> Option<(*mut u8, usize)> {
        let rest = self.rests;
        if rest.is_null() {
            return None;
        }
        // SAFETY: each of the pool's rests begins with a `Free`.
        unsafe {
            self.rests = (*rest).next;
            Some((rest.cast(), (*rest).other.addr()))
        }
    }

    /// Adds a list that is not empty.
    ///
    /// # Safety
    /// It is a list of free blocks of this class that nothing else refers to.
    unsafe fn give(&mut self, class: Class, list: *mut Free) {
        // SAFETY: the caller guarantees it.
        unsafe { (*list).other = self.lists[class.0] };
        self.lists[class.0] = list;
    }
}

/// Takes a block; null if there is no memory.
#[inline]
pub(crate) fn take(class: Class) -> *mut u8 {
    // At the end of a thread, when it has nothing any more, the system allocator makes blocks too. They are never given
    // back to it.
    let taken = THREAD.try_with(|thread| thread.take(class));
    taken.unwrap_or_else(|_| made(class.size()))
}

/// Gives a block back.
///
/// # Safety
/// It is a block of this class that is no longer used.
#[inline]
pub(crate) unsafe fn give(class: Class, block: *mut u8) {
    let block: *mut Free = block.cast();
    // SAFETY: the caller guarantees it. A block has room for a `Free` and its alignment.
    let given = THREAD.try_with(|thread| unsafe { thread.give(class, block) });
    if given.is_err() {
        // SAFETY: a list of this block alone.
        unsafe {
            (*block).next = ptr::null_mut();
            pool().give(class, block);
        }
    }
}

#[cold]
fn made(size: usize) -> *mut u8 {
    match Layout::from_size_align(size, STEP) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { System.alloc(layout) },
        Err(_) => ptr::null_mut(),
    }
}

/// Allocates a chunk; null if there is no memory.
///
/// All of it is going to be used, so the system is asked for all its pages at once: that takes two thirds of the time that
/// it takes when the first access to each page asks for it.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn chunk(size: usize) -> *mut u8 {
    use std::ffi::{c_int, c_long, c_void};
    unsafe extern "C" {
        fn mmap(
            start: *mut c_void,
            size: usize,
            access: c_int,
            flags: c_int,
            file: c_int,
            offset: c_long,
        ) -> *mut c_void;
    }
    const READ_AND_WRITE: c_int = 0x3;
    const PRIVATE: c_int = 0x02;
    const ANONYMOUS: c_int = 0x20;
    const POPULATE: c_int = 0x8000;
    // SAFETY: a new mapping, which is never unmapped.
    let start = unsafe {
        mmap(
            ptr::null_mut(),
            size,
            READ_AND_WRITE,
            PRIVATE | ANONYMOUS | POPULATE,
            -1,
            0,
        )
    };
    // MAP_FAILED.
    if start.addr() == usize::MAX {
        ptr::null_mut()
    } else {
        start.cast()
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn chunk(size: usize) -> *mut u8 {
    made(size)
}

impl Thread {
    const fn new() -> Self {
        Self {
            classes: [const {
                Lists {
                    current: Cell::new(ptr::null_mut()),
                    length: Cell::new(0),
                    spare: Cell::new(ptr::null_mut()),
                }
            }; CLASSES],
            rest: Cell::new(ptr::null_mut()),
            left: Cell::new(0),
            next_chunk: Cell::new(CHUNK),
            uncounted: Cell::new(0),
        }
    }

    #[inline]
    fn take(&self, class: Class) -> *mut u8 {
        let lists = &self.classes[class.0];
        let first = lists.current.get();
        if first.is_null() {
            return self.take_new(class);
        }
        // SAFETY: the thread's lists are of free blocks, which hold a `Free`.
        lists.current.set(unsafe { (*first).next });
        lists.length.set(lists.length.get() - 1);
        first.cast()
    }

    /// Takes a block when the current list is empty.
    fn take_new(&self, class: Class) -> *mut u8 {
        let lists = &self.classes[class.0];
        let mut list = lists.spare.replace(ptr::null_mut());
        if list.is_null() {
            let size = class.size();
            if self.left.get() >= size {
                return self.cut(size);
            }
            list = pool().take(class);
            if list.is_null() {
                return if self.get_chunk(size) {
                    self.cut(size)
                } else {
                    ptr::null_mut()
                };
            }
        }
        lists.length.set(class.most());
        lists.current.set(list);
        self.take(class)
    }

    /// Cuts a block from the chunk, which has enough left.
    #[inline]
    fn cut(&self, size: usize) -> *mut u8 {
        let block = self.rest.get();
        // SAFETY: at most the end of the chunk.
        self.rest.set(unsafe { block.add(size) });
        self.left.set(self.left.get() - size);
        block
    }

    /// Gets another chunk, or the rest of one, with at least this size. Returns whether there is memory.
    #[cold]
    fn get_chunk(&self, size: usize) -> bool {
        while self.left.get() < size {
            let (start, length) = pool().take_rest().unwrap_or_else(|| {
                let size = self.next_chunk.get();
                self.next_chunk.set((size * 2).min(LARGEST_CHUNK));
                (chunk(size), size)
            });
            if start.is_null() {
                return false;
            }
            let left = self.left.replace(length);
            let old = self.rest.replace(start);
            if left > 0 {
                // SAFETY: what was left is smaller than the largest block, a multiple of the step, and nobody else's.
                unsafe { self.give(Class(left / STEP - 1), old.cast()) };
            }
        }
        true
    }

    /// # Safety
    /// It is a block of this class that is no longer used.
    #[inline]
    unsafe fn give(&self, class: Class, block: *mut Free) {
        let lists = &self.classes[class.0];
        // SAFETY: the caller guarantees it.
        unsafe { (*block).next = lists.current.get() };
        lists.current.set(block);
        let length = lists.length.get() + 1;
        lists.length.set(length);
        if length >= class.most() {
            self.put_aside(class);
        }
    }

    /// Makes the current list the spare one.
    #[cold]
    fn put_aside(&self, class: Class) {
        let lists = &self.classes[class.0];
        lists.length.set(0);
        let list = lists.spare.replace(lists.current.replace(ptr::null_mut()));
        if !list.is_null() {
            // SAFETY: it was this thread's list alone.
            unsafe { pool().give(class, list) };
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut pool = pool();
        for (at, lists) in self.classes.iter().enumerate() {
            for list in [lists.current.get(), lists.spare.get()] {
                if !list.is_null() {
                    // SAFETY: it was this thread's list alone.
                    unsafe { pool.give(Class(at), list) };
                }
            }
        }
        let (rest, left) = (self.rest.get(), self.left.get());
        if left > 0 {
            let region: *mut Free = rest.cast();
            // SAFETY: the rest is the thread's alone, and has at least the size of a `Free`.
            unsafe {
                (*region).next = pool.rests;
                (*region).other = ptr::without_provenance_mut(left);
            }
            pool.rests = region;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layouts() -> impl Iterator<Item = Layout> {
        (1..=LARGEST).map(|size| Layout::from_size_align(size, 8).expect("a layout"))
    }

    /// A block that is filled with a byte, to be checked later.
    struct Filled(Layout, *mut u8, u8);

    // SAFETY: it owns the block.
    unsafe impl Send for Filled {}

    impl Filled {
        fn new(layout: Layout, byte: u8) -> Self {
            let class = Class::of(layout).expect("small");
            let block = take(class);
            assert!(block.is_aligned_to_step() && class.size() >= layout.size());
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(byte, layout.size()) };
            Self(layout, block, byte)
        }

        fn check_and_free(self) {
            // SAFETY: the block has this size and was filled.
            let bytes = unsafe { std::slice::from_raw_parts(self.1, self.0.size()) };
            assert!(bytes.iter().all(|byte| *byte == self.2));
            // SAFETY: it is freed once.
            unsafe { give(Class::of(self.0).expect("small"), self.1) };
        }
    }

    trait Aligned {
        fn is_aligned_to_step(&self) -> bool;
    }

    impl Aligned for *mut u8 {
        fn is_aligned_to_step(&self) -> bool {
            self.addr().is_multiple_of(STEP)
        }
    }

    fn byte(at: usize) -> u8 {
        u8::try_from(at % 251).unwrap_or_default()
    }

    #[test]
    fn no_two_blocks_overlap() {
        for round in 0..4 {
            let blocks: Vec<_> = (0..8)
                .flat_map(|_| layouts())
                .enumerate()
                .map(|(at, layout)| Filled::new(layout, byte(at + round)))
                .collect();
            // Every other one first, so that lists are mixed.
            let (even, odd): (Vec<_>, Vec<_>) = blocks.into_iter().enumerate().partition(|(at, _)| at % 2 == 0);
            even.into_iter()
                .chain(odd)
                .for_each(|(_, block)| block.check_and_free());
        }
    }

    #[test]
    fn blocks_may_be_freed_by_another_thread_and_threads_may_end() {
        for round in 0..20 {
            let (sender, receiver) = std::sync::mpsc::channel();
            std::thread::scope(|scope| {
                for _ in 0..3 {
                    let sender = sender.clone();
                    scope.spawn(move || {
                        for (at, layout) in (0..4).flat_map(|_| layouts()).enumerate() {
                            let _ = sender.send(Filled::new(layout, byte(at + round)));
                        }
                    });
                }
                drop(sender);
                receiver.into_iter().for_each(Filled::check_and_free);
            });
        }
    }

    #[test]
    fn a_pipeline_of_threads_does_not_grow() {
        const SIZE: usize = 48;
        const BLOCKS: usize = 100_000;
        let layout = Layout::from_size_align(SIZE, 8).expect("a layout");
        let mut addresses = std::collections::BTreeSet::new();
        // What one thread allocates, another one frees, again and again.
        for _ in 0..10 {
            let made =
                std::thread::spawn(move || (0..BLOCKS).map(|at| Filled::new(layout, byte(at))).collect::<Vec<_>>());
            let made = made.join().expect("no panic");
            addresses.extend(made.iter().map(|block| block.1.addr()));
            made.into_iter().for_each(Filled::check_and_free);
        }
        assert!(addresses.len() < 2 * BLOCKS, "{}", addresses.len());
    }
}
