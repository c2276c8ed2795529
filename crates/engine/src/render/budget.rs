//! What a render may use: one budget for the whole render, whatever is included in what.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The bounds of a render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: a node executed, a turn of a loop, about a hundred bytes copied.
    pub steps: u64,
    /// Bytes of memory that the render may take on top of what was in use before.
    pub memory: usize,
    /// How deep templates may be rendered inside templates.
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

/// What is left of a render's [`Limits`].
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    steps: AtomicU64,
    depth: AtomicUsize,
    /// Memory in use that must not be reached.
    ceiling: AtomicUsize,
    /// How much more may be in use for now, in bytes: what a trace takes.
    allowance: AtomicUsize,
}

impl Budget {
    /// A budget of which nothing can be spent until a render begins.
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            steps: AtomicU64::new(0),
            depth: AtomicUsize::new(0),
            ceiling: AtomicUsize::new(0),
            allowance: AtomicUsize::new(0),
        }
    }

    /// A render begins: it has all of the limits, on top of the memory that is in use now.
    pub(super) fn begin(&self, memory_in_use: usize, allowance: usize) {
        let ceiling = memory_in_use.saturating_add(self.limits.memory);
        self.steps.store(self.limits.steps, Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
        self.ceiling.store(ceiling, Ordering::Relaxed);
        self.allowance.store(allowance, Ordering::Relaxed);
    }

    /// Pays for steps.
    pub(super) fn charge(&self, steps: u64) -> Result<(), String> {
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

    /// Stops a render that has taken too much memory.
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

    /// Takes back the allowance.
    pub(super) fn end_allowance(&self) {
        self.allowance.store(0, Ordering::Relaxed);
    }

    /// Whether the steps are used up: nothing else is worth trying then.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.load(Ordering::Relaxed) == 0
    }

    /// Goes one template deeper; to be undone with [`Budget::leave`].
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
