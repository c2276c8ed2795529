//! Resource limits of a render: one budget for the whole render, across all included templates.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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
        }
    }

    /// Begins a render: restores all limits. The memory limit is relative to the memory in use now.
    pub(super) fn begin(&self, memory_in_use: usize, allowance: usize) {
        let ceiling = memory_in_use.saturating_add(self.limits.memory);
        self.steps.store(self.limits.steps, Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
        self.ceiling.store(ceiling, Ordering::Relaxed);
        self.allowance.store(allowance, Ordering::Relaxed);
    }

    /// Spends steps.
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
