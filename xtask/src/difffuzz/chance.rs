//! Where random choices come from: a seed, or the choices of an earlier case, changed to make it smaller.

use promchart::world::Seeded;

/// A tape of choices. Each case is drawn from one, so that a shorter or a smaller tape is a simpler case.
pub(super) struct Chance {
    tape: Vec<u32>,
    at: usize,
    source: Option<Seeded>,
}

impl Chance {
    /// Fresh choices of a seed.
    pub(super) fn fresh(seed: u64) -> Self {
        Self {
            tape: Vec::new(),
            at: 0,
            source: Some(Seeded::new(seed)),
        }
    }

    /// The choices of a tape; after its end always the first option.
    pub(super) fn replay(tape: Vec<u32>) -> Self {
        Self {
            tape,
            at: 0,
            source: None,
        }
    }

    /// The choices that were made.
    pub(super) fn into_tape(mut self) -> Vec<u32> {
        self.tape.truncate(self.at);
        self.tape
    }

    /// A number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        if self.at == self.tape.len() {
            let drawn = self.source.as_mut().map_or(0, Seeded::next_u64);
            self.tape.push(u32::try_from(drawn >> 33).unwrap_or(0));
        }
        let choice = self.tape[self.at];
        self.at += 1;
        usize::try_from(choice).unwrap_or(0) % bound.max(1)
    }

    /// True once in so many times. The simplest choice is no.
    pub(super) fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == odds - 1
    }

    /// One of some.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.below(options.len())]
    }
}
