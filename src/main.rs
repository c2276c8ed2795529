//! The command; see the library for everything that it does.

use std::process::ExitCode;

use promchart_allocator::Counting;

/// Counts the bytes in use, so that a render can be stopped before it takes too much.
#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// The stack of the thread that does the work. Templates nest, and each level takes some of it; pages that are not used cost
/// nothing.
const STACK_SIZE: usize = 512 << 20;

fn main() -> ExitCode {
    let work = || {
        promchart::threads::reserve_heap();
        promchart::cli::run(std::env::args_os(), Some(|| ALLOCATOR.in_use()))
    };
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => ExitCode::from(exit.code()),
        // A panic has been printed already; a thread that cannot be started leaves nothing to do.
        Ok(Err(_)) | Err(_) => ExitCode::from(101),
    }
}
