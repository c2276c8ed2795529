//! Against arithmetic and tests of primes by others.

use std::collections::BTreeMap;
use std::convert::Infallible;

use num_bigint::BigUint;
use rsa::BoxedUint;
use rsa::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::modulus::{Modulus, Number};
use super::sieve::Window;
use super::*;

/// Random bytes by a seed.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 += 1;
        let hash = Sha256::digest(self.0.to_be_bytes());
        Ok(u32::from_be_bytes(*hash.as_chunks::<4>().0.first().unwrap()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        for four in buffer.chunks_mut(4) {
            four.copy_from_slice(&self.try_next_u32()?.to_be_bytes()[..four.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

fn big<const N: usize>(number: &Number<N>) -> BigUint {
    BigUint::from_bytes_be(&bytes(number))
}

fn number<const N: usize>(chance: &mut Seeded) -> Number<N> {
    random(chance).unwrap().0
}

/// The result of a calculation on numbers in Montgomery form.
fn compare<const N: usize>() {
    let chance = &mut Seeded(N as u64);
    for round in 0..40 {
        let mut odd = number::<N>(chance);
        odd[0] |= 1;
        odd[N - 1] |= 1 << 63;
        if round == 0 {
            odd = [u64::MAX; N];
        }
        let modulus = Modulus::new(odd);
        let whole = big(&odd);
        let radix = (BigUint::from(1_u8) << (64 * N)) % &whole;
        let radix_inverse = radix.modinv(&whole).unwrap();
        let mut operands = vec![[0; N], modulus.one, modulus.minus_one];
        while operands.len() < 6 {
            operands.extend(Some(number::<N>(chance)).filter(|number| is_less(number, &odd)));
        }
        assert_eq!(big(&modulus.one), radix);
        assert_eq!(big(&modulus.minus_one), &whole - &radix);
        for left in &operands {
            assert_eq!(
                big(&modulus.square(left)),
                big(left) * big(left) * &radix_inverse % &whole
            );
            assert_eq!(big(&modulus.double(left)), big(left) * 2_u8 % &whole);
            for right in &operands {
                let product = big(left) * big(right) * &radix_inverse % &whole;
                assert_eq!(big(&modulus.multiply(left, right)), product);
            }
        }
        let exponent = number::<N>(chance);
        let power = BigUint::from(2_u8).modpow(&big(&exponent), &whole) * &radix % &whole;
        assert_eq!(big(&modulus.power_of_two(&exponent)), power);
        let base = big(&operands[4]) * &radix_inverse % &whole;
        let power = base.modpow(&big(&exponent), &whole) * &radix % &whole;
        assert_eq!(big(&modulus.power(&operands[4], &exponent)), power);
    }
}

#[test]
fn calculates_as_num_bigint_does() {
    compare::<2>();
    compare::<8>();
    compare::<16>();
}

/// The sieve leaves the same candidates as division by each small prime.
fn sieve<const N: usize>(limit: u32) {
    let (start, seed) = random::<N, _>(&mut Seeded(7)).unwrap();
    let window = Window::new(start, seed);
    let mut first = start;
    first[0] |= 1;
    first[N - 1] |= 3 << 62;
    let first = big(&first);
    let mut left: Vec<BigUint> = (0..)
        .map_while(|index| window.candidate(index))
        .map(|each| big(&each))
        .collect();
    left.sort();
    let odd_primes: Vec<u32> = (3..limit)
        .step_by(2)
        .filter(|number| {
            (3..)
                .step_by(2)
                .take_while(|at| at * at <= *number)
                .all(|at| number % at != 0)
        })
        .collect();
    let mut expected = vec![true; 512 * N];
    for prime in odd_primes {
        let remainder = u32::try_from(&first % prime).unwrap();
        for (number, expected) in (remainder..).step_by(2).zip(&mut expected) {
            *expected &= number % prime != 0;
        }
    }
    let expected: Vec<BigUint> = (0_u32..)
        .zip(expected)
        .filter(|(_, kept)| *kept)
        .map(|(at, _)| &first + 2 * at)
        .collect();
    assert_eq!(left, expected);
}

#[test]
fn a_window_has_the_numbers_without_small_factors() {
    sieve::<2>(1 << 18);
    sieve::<16>(1 << 18);
    sieve::<24>(1 << 20);
}

fn verdicts<const N: usize>(candidate: Number<N>) -> (bool, bool) {
    let modulus = Modulus::new(candidate);
    let base_2 = passes_base_2(&modulus, &candidate);
    (base_2, passes_random_bases(&modulus, &candidate, &[3; 32], 0))
}

#[test]
fn composites_fail_that_pass_with_base_2() {
    // p * (2 p - 1)
    assert_eq!(verdicts([0x57c2_3b72_78b0_8b2d, 0xb732_3b45_8499_4aed]), (true, false));
    assert_eq!(verdicts([0x0382_06df_ca25_4545, 0xe05c_1e47_c254_5fd1]), (true, false));
    // 2^128 - 159 and 2^128 - 173 are prime, between them nothing is.
    assert_eq!(verdicts([u64::MAX - 158, u64::MAX]), (true, true));
    assert_eq!(verdicts([u64::MAX - 172, u64::MAX]), (true, true));
    for odd in (161..173).step_by(2) {
        assert_eq!(verdicts([u64::MAX - odd + 1, u64::MAX]), (false, false), "{odd}");
    }
}

#[test]
fn is_prime_says_the_same_of_each_candidate() {
    let (start, seed) = random::<8, _>(&mut Seeded(11)).unwrap();
    let window = Window::new(start, seed);
    let mut primes = 0;
    for candidate in (0..200).filter_map(|index| window.candidate(index)) {
        let known = BoxedUint::from_be_slice(&bytes(&candidate), 512).unwrap();
        let expected = crypto_primes::is_prime(crypto_primes::Flavor::Any, &known);
        assert_eq!(verdicts(candidate), (expected, expected));
        primes += usize::from(expected);
    }
    assert!(primes > 5, "{primes}");
}

#[test]
fn one_thread_finds_what_two_find() {
    for seed in 0..20 {
        let starts = || {
            let chance = &mut Seeded(seed << 32);
            [random::<8, _>(chance).unwrap(), random::<8, _>(chance).unwrap()]
        };
        let alone = Search::new(starts());
        alone.work(0);
        let together = Search::new(starts());
        std::thread::scope(|scope| {
            scope.spawn(|| together.work(1));
            scope.spawn(|| together.work(0));
            together.work(1);
        });
        assert_eq!(alone.primes(), together.primes());
        // The first one of each window.
        let first = |which: usize| {
            let window = alone.window(which);
            let candidates = (0..).map_while(|index| window.candidate(index));
            candidates
                .into_iter()
                .find(|candidate| verdicts(*candidate) == (true, true))
        };
        assert_eq!(alone.primes(), Some([first(0).unwrap(), first(1).unwrap()]));
    }
}

#[test]
fn primes_are_spread_evenly() {
    let mut residues = BTreeMap::new();
    let mut ones = [0_u32; 512];
    let mut all = Vec::new();
    for seed in 0..60 {
        all.extend(two_primes(1024, &mut Seeded(seed << 32)).unwrap());
    }
    for prime in &all {
        let prime = BigUint::from_bytes_be(prime);
        for (at, ones) in (0_u64..).zip(&mut ones) {
            *ones += u32::from(prime.bit(at));
        }
        for small in [3_u32, 5, 7] {
            *residues
                .entry((small, u32::try_from(&prime % small).unwrap()))
                .or_insert(0_u32) += 1;
        }
    }
    // Odd, and the top two bits set.
    assert_eq!((ones[0], ones[510], ones[511]), (120, 120, 120));
    // 60 each, with a standard deviation of 5.5: of a million of them one is further away than five of those.
    assert!(ones[1..510].iter().all(|count| (33..=87).contains(count)), "{ones:?}");
    for small in [3, 5, 7] {
        assert!(!residues.contains_key(&(small, 0)));
        for residue in 1..small {
            let expected = 120 / (small - 1);
            assert!(residues[&(small, residue)].abs_diff(expected) < 27, "{residues:?}");
        }
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 120);
}

#[test]
fn only_some_sizes() {
    for bits in [0, 512, 2047, 2049, 8192] {
        assert_eq!(
            two_primes(bits, &mut Seeded(1)),
            Err(format!("no RSA keys of {bits} bits"))
        );
    }
    for bits in [1024, 2048, 3072, 4096] {
        for prime in two_primes(bits, &mut Seeded(1)).unwrap() {
            let known = BoxedUint::from_be_slice(&prime, u32::try_from(bits / 2).unwrap()).unwrap();
            assert!(crypto_primes::is_prime(crypto_primes::Flavor::Any, &known), "{bits}");
            assert_eq!((prime.len() * 16, prime[0] >> 6), (bits, 3));
        }
    }
}
