//! The source of random choices: a seed, or a recorded tape of choices that shrinking has modified.

use promchart::system::Seeded;

/// A tape of choices. Each case is generated from one, so a shorter or smaller tape gives a simpler case.
pub(crate) struct Random {
    tape: Vec<u32>,
    at: usize,
    source: Option<Seeded>,
}

impl Random {
    /// New choices from a seed.
    pub(crate) fn fresh(seed: u64) -> Self {
        Self {
            tape: Vec::new(),
            at: 0,
            source: Some(Seeded::new(seed)),
        }
    }

    /// Replays a tape; after its end every choice is the first option.
    pub(crate) fn replay(tape: Vec<u32>) -> Self {
        Self {
            tape,
            at: 0,
            source: None,
        }
    }

    /// The choices made so far.
    pub(crate) fn into_tape(mut self) -> Vec<u32> {
        self.tape.truncate(self.at);
        self.tape
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if self.at == self.tape.len() {
            let drawn = self.source.as_mut().map_or(0, Seeded::next_u64);
            self.tape.push(u32::try_from(drawn >> 33).unwrap_or(0));
        }
        let choice = self.tape[self.at];
        self.at += 1;
        usize::try_from(choice).unwrap_or(0) % bound.max(1)
    }

    /// True once in `odds` times. The simplest choice is false.
    pub(crate) fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == odds - 1
    }

    /// One of the options.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len())]
    }
}

/// The result of trying a smaller tape.
pub(crate) enum Tried {
    /// Nothing was run for it.
    PassedOver,
    /// It does not reproduce the difference.
    InVain,
    /// It reproduces the difference; the choices that were used.
    Smaller(Vec<u32>),
}

/// Shrinks a tape while it reproduces the difference: removes choices or replaces them by the first option, with at
/// most `budget` runs.
///
/// # Errors
/// The error of a run.
pub(crate) fn shrink(
    mut tape: Vec<u32>,
    budget: usize,
    mut attempt: impl FnMut(Vec<u32>) -> Result<Tried, String>,
) -> Result<(), String> {
    let mut runs = 0;
    let mut width = tape.len().div_ceil(2);
    while width > 0 && runs < budget {
        let mut at = 0;
        let mut better = false;
        while at < tape.len() && runs < budget {
            let end = (at + width).min(tape.len());
            let without = [&tape[..at], &tape[end..]].concat();
            let mut zeroed = tape.clone();
            zeroed[at..end].fill(0);
            let mut smaller = false;
            for candidate in [without, zeroed] {
                if candidate == tape {
                    continue;
                }
                match attempt(candidate)? {
                    Tried::PassedOver => {}
                    Tried::InVain => runs += 1,
                    Tried::Smaller(used) => {
                        runs += 1;
                        tape = used;
                        (smaller, better) = (true, true);
                        break;
                    }
                }
            }
            if !smaller {
                at += width;
            }
        }
        if !better || width > 1 {
            width /= 2;
        }
    }
    Ok(())
}
