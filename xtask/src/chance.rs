//! Where random choices come from: a seed, or the choices of an earlier case, changed to make it smaller.

use promchart::world::Seeded;

/// A tape of choices. Each case is drawn from one, so that a shorter or a smaller tape is a simpler case.
pub(crate) struct Chance {
    tape: Vec<u32>,
    at: usize,
    source: Option<Seeded>,
}

impl Chance {
    /// Fresh choices of a seed.
    pub(crate) fn fresh(seed: u64) -> Self {
        Self {
            tape: Vec::new(),
            at: 0,
            source: Some(Seeded::new(seed)),
        }
    }

    /// The choices of a tape; after its end always the first option.
    pub(crate) fn replay(tape: Vec<u32>) -> Self {
        Self {
            tape,
            at: 0,
            source: None,
        }
    }

    /// The choices that were made.
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

    /// True once in so many times. The simplest choice is no.
    pub(crate) fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == odds - 1
    }

    /// One of some.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len())]
    }
}

/// What came of a smaller tape.
pub(crate) enum Tried {
    /// Nothing was run for it.
    PassedOver,
    /// It shows nothing.
    InVain,
    /// It shows the same; the choices that it came down to.
    Smaller(Vec<u32>),
}

/// Takes choices out of a tape, or makes them the first option, as long as it shows the same; so many runs at most.
///
/// # Errors
/// That of a run.
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
