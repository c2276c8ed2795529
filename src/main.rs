//! The entry point; the library contains everything else.

use std::process::ExitCode;

use promchart_allocator::Counting;

/// Counts the bytes in use, so that a render can be stopped before it uses too much memory.
#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// The stack size of the worker thread. Nested templates use stack at each level; unused pages cost nothing.
const STACK_SIZE: usize = 512 << 20;

fn main() -> ExitCode {
    let work = || {
        promchart::threads::reserve_heap();
        promchart::cli::run(std::env::args_os(), Some(|| ALLOCATOR.in_use()))
    };
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => ExitCode::from(exit.code()),
        // A panic has already been printed. If the thread cannot be started, nothing can be done.
        Ok(Err(_)) | Err(_) => ExitCode::from(101),
    }
}
