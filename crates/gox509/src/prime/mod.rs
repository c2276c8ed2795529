//! The primes of RSA keys.
//!
//! Go takes random odd numbers until one is prime. Here the random number is the start of a window of odd numbers: a sieve
//! by small primes leaves fewer of them, and those are tested in random order, first with base 2, which is the fastest, then
//! with as many random bases as Go tests. Two threads share the candidates of both primes. The first candidate of a
//! window that passes is the prime, whichever thread tests it: the same random bytes give the same primes.

mod modulus;
mod sieve;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rsa::rand_core::TryCryptoRng;

use modulus::{Modulus, Number, is_less};
use sieve::{Expanded, Window};

/// The bits in which the primes of a key must differ, from the top. FIPS 186-5, A.1.3, step 5.5.
const DIFFERENT_BITS: usize = 100;

/// Two primes for an RSA key, in big-endian bytes.
///
/// # Errors
/// If the random source fails, or the size is none of 1024, 2048, 3072 and 4096 bits.
pub(super) fn two_primes<R: TryCryptoRng + ?Sized>(bits: usize, chance: &mut R) -> Result<[Vec<u8>; 2], String> {
    match bits {
        1024 => search::<8, R>(chance),
        2048 => search::<16, R>(chance),
        3072 => search::<24, R>(chance),
        4096 => search::<32, R>(chance),
        _ => Err(format!("no RSA keys of {bits} bits")),
    }
}

fn search<const N: usize, R: TryCryptoRng + ?Sized>(chance: &mut R) -> Result<[Vec<u8>; 2], String> {
    loop {
        let starts = [random::<N, R>(chance)?, random::<N, R>(chance)?];
        let search = Search::new(starts);
        let two = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
        std::thread::scope(|scope| {
            if two {
                // A system without a thread to spare has this one.
                let _ = std::thread::Builder::new().spawn_scoped(scope, || search.work(1));
            }
            search.work(0);
        });
        // A window without a prime, and primes that are too close, do not happen.
        if let Some([p, q]) = search.primes() {
            let digits = DIFFERENT_BITS.div_ceil(64);
            if p[N - digits..] != q[N - digits..] {
                return Ok([bytes(&p), bytes(&q)]);
            }
        }
    }
}

/// The start of a window and its seed.
fn random<const N: usize, R: TryCryptoRng + ?Sized>(chance: &mut R) -> Result<(Number<N>, [u8; 32]), String> {
    let mut start = [0; N];
    for digit in &mut start {
        *digit = chance.try_next_u64().map_err(|error| error.to_string())?;
    }
    let mut seed = [0; 32];
    chance.try_fill_bytes(&mut seed).map_err(|error| error.to_string())?;
    Ok((start, seed))
}

fn bytes<const N: usize>(number: &Number<N>) -> Vec<u8> {
    number.iter().rev().flat_map(|digit| digit.to_be_bytes()).collect()
}

/// The search for one prime.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// The candidate to be tested next.
    next: usize,
    /// The first candidate that passed the test with base 2 and has not failed another one since.
    likely: Option<usize>,
    /// The first candidate known to have passed all tests.
    passed: Option<usize>,
}

/// The search for the two primes of a key.
struct Search<const N: usize> {
    starts: [(Number<N>, [u8; 32]); 2],
    windows: [OnceLock<Window<N>>; 2],
    progress: Mutex<[Progress; 2]>,
}

impl<const N: usize> Search<N> {
    fn new(starts: [(Number<N>, [u8; 32]); 2]) -> Self {
        Self {
            starts,
            windows: [OnceLock::new(), OnceLock::new()],
            progress: Mutex::default(),
        }
    }

    fn window(&self, which: usize) -> &Window<N> {
        let (start, seed) = self.starts[which];
        self.windows[which].get_or_init(|| Window::new(start, seed))
    }

    fn progress(&self) -> MutexGuard<'_, [Progress; 2]> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tests candidates until none is left that could be the first prime of its window.
    fn work(&self, first: usize) {
        self.window(first);
        while let Some((which, index, candidate)) = self.take() {
            let modulus = Modulus::new(candidate);
            if !passes_base_2(&modulus, &candidate) {
                continue;
            }
            {
                let likely = &mut self.progress()[which].likely;
                *likely = Some(likely.map_or(index, |likely| likely.min(index)));
            }
            let passes = passes_random_bases(&modulus, &candidate, &self.window(which).seed, index);
            let progress = &mut self.progress()[which];
            if passes {
                progress.passed = Some(progress.passed.map_or(index, |passed| passed.min(index)));
            } else if progress.likely == Some(index) {
                progress.likely = progress.passed;
            }
        }
    }

    /// The next candidate, of the prime for which fewer were tested.
    fn take(&self) -> Option<(usize, usize, Number<N>)> {
        let mut progress = self.progress();
        let open = |which: usize| progress[which].likely.is_none();
        let which = match (open(0), open(1)) {
            (true, true) => usize::from(progress[1].next < progress[0].next),
            (true, false) => 0,
            (false, true) => 1,
            (false, false) => return None,
        };
        let index = progress[which].next;
        progress[which].next += 1;
        drop(progress);
        Some((which, index, self.window(which).candidate(index)?))
    }

    fn primes(&self) -> Option<[Number<N>; 2]> {
        let progress = self.progress();
        let prime = |which: usize| self.window(which).candidate(progress[which].passed?);
        Some([prime(0)?, prime(1)?])
    }
}

/// The even number before a candidate, as an odd number and how often it is doubled.
fn odd_part<const N: usize>(candidate: &Number<N>) -> (Number<N>, u32) {
    let mut odd = *candidate;
    odd[0] -= 1;
    let mut doubled = 0;
    while odd[0] & 1 == 0 {
        let shift = odd[0].trailing_zeros().min(63);
        for at in 0..N {
            let above = odd.get(at + 1).map_or(0, |above| above << (64 - shift));
            odd[at] = odd[at] >> shift | above;
        }
        doubled += shift;
    }
    (odd, doubled)
}

/// Whether squares of a power, the odd part's, come to -1: the Miller-Rabin test.
fn passes<const N: usize>(modulus: &Modulus<N>, mut power: Number<N>, doubled: u32) -> bool {
    if power == modulus.one || power == modulus.minus_one {
        return true;
    }
    for _ in 1..doubled {
        power = modulus.square(&power);
        if power == modulus.minus_one {
            return true;
        }
    }
    false
}

fn passes_base_2<const N: usize>(modulus: &Modulus<N>, candidate: &Number<N>) -> bool {
    let (odd, doubled) = odd_part(candidate);
    passes(modulus, modulus.power_of_two(&odd), doubled)
}

/// As many tests with random bases as Go makes for numbers of this size.
fn passes_random_bases<const N: usize>(
    modulus: &Modulus<N>,
    candidate: &Number<N>,
    seed: &[u8; 32],
    index: usize,
) -> bool {
    let (odd, doubled) = odd_part(candidate);
    let rounds = if N * 64 >= 1345 { 4 } else { 5 };
    let mut random = Expanded::new(seed, 1, u32::try_from(index).unwrap_or(u32::MAX));
    // A random number below the modulus is the Montgomery form of one; 0, 1 and -1 say nothing.
    let bases = std::iter::repeat_with(|| random.number::<N>()).filter(|base| {
        is_less(base, candidate) && *base != [0; N] && *base != modulus.one && *base != modulus.minus_one
    });
    bases
        .take(rounds)
        .all(|base| passes(modulus, modulus.power(&base, &odd), doubled))
}
