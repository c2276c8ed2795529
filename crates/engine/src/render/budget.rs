//! Resource limits of a render: one budget for the whole render, across all included templates.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use govalue::writes;

/// The bounds of a render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: one for each node executed, each loop iteration and about each hundred bytes copied.
    pub steps: u64,
    /// Bytes of memory that the render may use in addition to the memory in use before.
    pub memory: usize,
    /// The maximum nesting depth of rendered templates.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 20_000_000,
            memory: 96 << 20,
            depth: 4_000,
        }
    }
}

/// The remaining budget of a render.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    steps: AtomicU64,
    depth: AtomicUsize,
    /// The number of bytes in use at which the render is stopped.
    ceiling: AtomicUsize,
    /// Additional bytes that may be in use for now, for the record of a traced render.
    allowance: AtomicUsize,
    /// What stops the runs before their turn of the same render.
    aside: Arc<Aside>,
    /// Whether this is the budget of such runs.
    is_aside: bool,
    /// [`Aside::writes`] when the run began.
    began: AtomicUsize,
}

/// What stops the runs of files before their turn.
#[derive(Debug, Default)]
pub(super) struct Aside {
    is_over: AtomicBool,
    /// How many there are now.
    running: AtomicUsize,
    /// How many runs in their turn have written to maps that others see.
    writes: AtomicUsize,
}

impl Aside {
    /// Lets all runs end.
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// Whether all runs end.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// How many runs in their turn have written to maps that others see: what began before has no result.
    pub(super) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    /// A run in its turn has written to such a map.
    pub(super) fn write(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }
}

impl Budget {
    /// An empty budget; [`Budget::begin`] fills it.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: AtomicU64::new(0),
            depth: AtomicUsize::new(0),
            ceiling: AtomicUsize::new(0),
            allowance: AtomicUsize::new(0),
            aside: Arc::default(),
            is_aside: false,
            began: AtomicUsize::new(0),
        }
    }

    /// The budget for runs of the same render before their turn: each has all steps, and the same memory.
    pub(super) fn beside(&self) -> Self {
        Self {
            ceiling: AtomicUsize::new(self.ceiling.load(Ordering::Relaxed)),
            is_aside: true,
            aside: Arc::clone(&self.aside),
            ..Self::new(self.limits)
        }
    }

    /// The limits.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether this is the budget of runs before their turn.
    pub(super) fn is_aside(&self) -> bool {
        self.is_aside
    }

    /// What stops the runs before their turn.
    pub(super) fn runs_aside(&self) -> &Arc<Aside> {
        &self.aside
    }

    /// Runs something before its turn, which has a result if there have been only these [`Aside::writes`]. Also returns the steps that it took.
    pub(super) fn aside<T>(&self, writes: usize, run: impl FnOnce() -> Option<T>) -> Option<(T, u64)> {
        self.steps.store(self.limits.steps, Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
        self.began.store(writes, Ordering::Relaxed);
        self.aside.running.fetch_add(1, Ordering::SeqCst);
        let result = run();
        self.aside.running.fetch_sub(1, Ordering::SeqCst);
        result.map(|result| (result, self.limits.steps - self.steps.load(Ordering::Relaxed)))
    }

    /// Whether a run before its turn cannot have a result any more.
    fn is_lost(&self) -> bool {
        let Aside { is_over, writes, .. } = &*self.aside;
        writes::has_written()
            || is_over.load(Ordering::Relaxed)
            || writes.load(Ordering::Relaxed) != self.began.load(Ordering::Relaxed)
    }

    /// Ends all runs before their turn, and waits for that. Returns whether there were any.
    pub(super) fn end_aside(&self) -> bool {
        if self.is_aside || self.aside.is_over.swap(true, Ordering::SeqCst) {
            return false;
        }
        let running = || self.aside.running.load(Ordering::SeqCst) > 0;
        let was_running = running();
        while running() {
            thread::yield_now();
        }
        was_running
    }

    /// Begins a render: restores all limits. The memory limit is relative to the memory in use now.
    pub(super) fn begin(&self, memory_in_use: usize, allowance: usize) {
        let ceiling = memory_in_use.saturating_add(self.limits.memory);
        self.steps.store(self.limits.steps, Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
        self.ceiling.store(ceiling, Ordering::Relaxed);
        self.allowance.store(allowance, Ordering::Relaxed);
        self.aside.is_over.store(false, Ordering::SeqCst);
    }

    /// Spends steps.
    pub(super) fn charge(&self, steps: u64) -> Result<(), String> {
        if self.is_aside && self.is_lost() {
            return Err("a run before its turn was stopped".to_owned());
        }
        let left = self.steps.load(Ordering::Relaxed);
        self.steps.store(left.saturating_sub(steps), Ordering::Relaxed);
        if steps <= left {
            return Ok(());
        }
        Err(format!(
            "the render takes more than {} steps (--max-steps)",
            self.limits.steps
        ))
    }

    /// Spends the steps of a run before its turn, if there are as many.
    pub(super) fn try_charge(&self, steps: u64) -> bool {
        let left = self.steps.load(Ordering::Relaxed);
        if steps > left {
            return false;
        }
        self.steps.store(left - steps, Ordering::Relaxed);
        true
    }

    /// Returns an error if the render uses too much memory.
    pub(super) fn check_memory(&self, in_use: usize) -> Result<(), String> {
        let allowance = self.allowance.load(Ordering::Relaxed);
        if in_use <= self.ceiling.load(Ordering::Relaxed).saturating_add(allowance) {
            return Ok(());
        }
        Err(format!(
            "the render takes more than {} MiB of memory (--max-memory)",
            self.limits.memory >> 20
        ))
    }

    /// Withdraws the allowance.
    pub(super) fn end_allowance(&self) {
        self.allowance.store(0, Ordering::Relaxed);
    }

    /// Whether no steps are left, so that trying anything else is pointless.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.load(Ordering::Relaxed) == 0
    }

    /// Enters a nested template. [`Budget::leave`] undoes this.
    pub(super) fn enter(&self) -> Result<(), String> {
        if self.depth.fetch_add(1, Ordering::Relaxed) < self.limits.depth {
            return Ok(());
        }
        self.leave();
        Err(format!("exceeded maximum template depth ({})", self.limits.depth))
    }

    pub(super) fn leave(&self) {
        self.depth.fetch_sub(1, Ordering::Relaxed);
    }
}
