//! The command; see the library for everything that it does.

use std::process::ExitCode;

/// Counts the bytes in use, so that a render can be stopped before it takes too much.
#[global_allocator]
static ALLOCATOR: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// The stack of the thread that does the work. Templates nest, and each level takes some of it; pages that are not used cost
/// nothing.
const STACK_SIZE: usize = 512 << 20;

/// What the worker's heap may grow to before the C library asks the system for more, in bytes of address space. glibc heeds
/// no more than 32 MiB.
const HEAP_SIZE: usize = 24 << 20;

/// Has the C library take the address space of the worker's heap at once: glibc grows the heap of any thread but the first
/// by single pages, each with a call of the system. A large block that is freed raises glibc's thresholds so far that the
/// second block comes from the heap, and its space stays there. Elsewhere this does nothing of use, and no harm.
fn reserve_heap() {
    for _ in 0..2 {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(HEAP_SIZE)));
    }
}

fn main() -> ExitCode {
    let work = || {
        reserve_heap();
        promchart::cli::run(std::env::args_os(), Some(|| ALLOCATOR.allocated()))
    };
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => ExitCode::from(exit.code()),
        // A panic has been printed already; a thread that cannot be started leaves nothing to do.
        Ok(Err(_)) | Err(_) => ExitCode::from(101),
    }
}
