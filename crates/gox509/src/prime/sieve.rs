//! Windows of numbers among which primes are searched.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::modulus::{Number, negative_inverse};

/// Small primes whose product fits in 64 bits: a number is reduced modulo all of them at once.
struct Group {
    product: u64,
    /// `-1 / product` modulo 2^64.
    clear: u64,
    count: usize,
}

impl Group {
    fn new(product: u64, count: usize) -> Self {
        let clear = negative_inverse(product);
        Self { product, clear, count }
    }

    /// The Montgomery product modulo the group's: `left * right / 2^64`.
    fn multiply(&self, left: u64, right: u64) -> u64 {
        let (low, high) = left.carrying_mul(right, 0);
        let (_, cleared) = low.wrapping_mul(self.clear).carrying_mul_add(self.product, 0, low);
        let (sum, over) = high.overflowing_add(cleared);
        if over || sum >= self.product {
            sum.wrapping_sub(self.product)
        } else {
            sum
        }
    }

    /// A number modulo the group's product.
    fn remainder<const N: usize>(&self, number: &Number<N>) -> u64 {
        // From the lowest digit, each step divides by 2^64 and adds the next digit: number / 2^(64 * N).
        let mut remainder = 0_u64;
        for &digit in number {
            let (sum, over) = remainder.overflowing_add(digit);
            let (_, cleared) = sum.wrapping_mul(self.clear).carrying_mul_add(self.product, 0, sum);
            remainder = cleared + u64::from(over);
        }
        // The Montgomery form of 2^64, to the power of N, makes up for the divisions.
        let radix = u64::MAX % self.product + 1;
        let mut square = u64::try_from(u128::from(radix) * u128::from(radix) % u128::from(self.product)).unwrap_or(0);
        let mut exponent = N;
        remainder %= self.product;
        while exponent > 0 {
            if exponent % 2 == 1 {
                remainder = self.multiply(remainder, square);
            }
            square = self.multiply(square, square);
            exponent /= 2;
        }
        remainder
    }
}

/// The odd primes below a limit.
struct SmallPrimes {
    primes: Vec<u32>,
    groups: Vec<Group>,
}

impl SmallPrimes {
    fn below(limit: usize) -> Self {
        // At `n`: whether 2 n + 1 is composite.
        let mut composite = vec![false; limit / 2];
        let (mut primes, mut groups) = (Vec::new(), Vec::new());
        let (mut product, mut count) = (1_u64, 0);
        for at in 1..composite.len() {
            if composite[at] {
                continue;
            }
            let prime = 2 * at + 1;
            let multiples = composite.iter_mut().skip(prime * prime / 2).step_by(prime);
            multiples.for_each(|each| *each = true);
            let Ok(prime) = u32::try_from(prime) else { break };
            primes.push(prime);
            if let Some(larger) = product.checked_mul(u64::from(prime)) {
                (product, count) = (larger, count + 1);
            } else {
                groups.push(Group::new(product, count));
                (product, count) = (u64::from(prime), 1);
            }
        }
        groups.push(Group::new(product, count));
        Self { primes, groups }
    }

    /// Those for numbers of `N` digits. The larger the numbers, the more a test of one costs, and the more small primes
    /// are worth it: of the numbers that none of them divides, one in 32 is prime for 16 digits, one in 58 for 32.
    fn for_numbers<const N: usize>() -> &'static Self {
        static FEWER: OnceLock<SmallPrimes> = OnceLock::new();
        static MORE: OnceLock<SmallPrimes> = OnceLock::new();
        if N <= 16 {
            FEWER.get_or_init(|| Self::below(1 << 18))
        } else {
            MORE.get_or_init(|| Self::below(1 << 20))
        }
    }
}

/// Random bytes that depend only on a seed and on what they are for.
pub(super) struct Expanded<'s> {
    seed: &'s [u8; 32],
    purpose: u32,
    index: u32,
    counter: u32,
}

impl<'s> Expanded<'s> {
    pub(super) fn new(seed: &'s [u8; 32], purpose: u32, index: u32) -> Self {
        let counter = 0;
        Self {
            seed,
            purpose,
            index,
            counter,
        }
    }

    /// The next 32 bytes.
    fn next(&mut self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        for part in [self.purpose, self.index, self.counter] {
            hash.update(part.to_be_bytes());
        }
        self.counter += 1;
        hash.finalize().into()
    }

    /// A random number of `N` digits.
    pub(super) fn number<const N: usize>(&mut self) -> Number<N> {
        let mut number = [0; N];
        for four in number.chunks_mut(4) {
            for (digit, bytes) in four.iter_mut().zip(self.next().as_chunks::<8>().0) {
                *digit = u64::from_be_bytes(*bytes);
            }
        }
        number
    }
}

/// Candidates for one prime: those of a range of odd numbers, from a random start, that have no small factor.
pub(super) struct Window<const N: usize> {
    start: Number<N>,
    /// In random order: half their distances from the start.
    candidates: Vec<u16>,
    pub(super) seed: [u8; 32],
}

impl<const N: usize> Window<N> {
    /// Odd numbers in a window, of which 23 are primes on average for 16 digits.
    const LENGTH: usize = 512 * N;

    /// The window that `start` and `seed`, random, stand for. Its numbers are odd and have their top two bits set: the
    /// product of two has all its bits, and their sizes are above the square root of 2^(2 * 64 * N - 1).
    pub(super) fn new(mut start: Number<N>, seed: [u8; 32]) -> Self {
        start[0] |= 1;
        start[N - 1] |= 0b11 << 62;
        let mut composite = vec![false; Self::LENGTH];
        let small = SmallPrimes::for_numbers::<N>();
        let mut primes = small.primes.iter();
        for group in &small.groups {
            let remainder = group.remainder(&start);
            for &prime in primes.by_ref().take(group.count) {
                strike_out(&mut composite, remainder, u64::from(prime));
            }
        }
        let candidates = (0..=u16::MAX)
            .zip(&composite)
            .filter(|(_, composite)| !**composite)
            .map(|(at, _)| at);
        let mut candidates: Vec<u16> = candidates.collect();
        shuffle(&mut candidates, &seed);
        Self {
            start,
            candidates,
            seed,
        }
    }

    /// A candidate; none after the last, and above the largest number.
    pub(super) fn candidate(&self, index: usize) -> Option<Number<N>> {
        let mut number = self.start;
        let mut add = u64::from(*self.candidates.get(index)?) * 2;
        for digit in &mut number {
            let over;
            (*digit, over) = digit.overflowing_add(add);
            add = u64::from(over);
        }
        (add == 0).then_some(number)
    }
}

/// Marks the multiples of a prime among the odd numbers from one on that leaves this remainder.
fn strike_out(composite: &mut [bool], remainder: u64, prime: u64) {
    let rest = remainder % prime;
    let missing = if rest == 0 { 0 } else { prime - rest };
    // The odd numbers are 2 apart: half of what is missing, or of that and the prime.
    let first = if missing % 2 == 0 {
        missing / 2
    } else {
        missing.midpoint(prime)
    };
    let (Ok(mut at), Ok(prime)) = (usize::try_from(first), usize::try_from(prime)) else {
        return;
    };
    while let Some(each) = composite.get_mut(at) {
        *each = true;
        at += prime;
    }
}

/// Puts candidates into a random order. In the order of their size, a prime after a long gap would be more frequent.
fn shuffle(candidates: &mut [u16], seed: &[u8; 32]) {
    let mut random = Expanded::new(seed, 0, 0);
    let mut numbers = std::iter::from_fn(|| Some(random.next())).flat_map(|bytes| {
        bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| u32::from_be_bytes(*bytes))
            .collect::<Vec<_>>()
    });
    for at in (1..candidates.len()).rev() {
        // The high bits of the product: a number from 0 to `at`.
        let number = u64::from(numbers.next().unwrap_or(0));
        let other = (u64::try_from(at + 1).unwrap_or(1) * number) >> 32;
        candidates.swap(at, usize::try_from(other).unwrap_or(0));
    }
}
