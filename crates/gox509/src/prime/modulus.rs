//! Arithmetic modulo an odd number in Montgomery form, `x * 2^(64 * N)` for `x`. `N` is even.
//!
//! It serves the tests of primes only: their exponents decide branches, as in Go, where a number is thrown away or becomes
//! the prime.

/// A number, its lowest 64 bits first.
pub(super) type Number<const N: usize> = [u64; N];

/// An odd number with its top bit set, to calculate modulo it.
pub(super) struct Modulus<const N: usize> {
    digits: Number<N>,
    /// The factor for the lowest bits that gives the multiple of the modulus that clears them.
    clear: u64,
    /// 1 in Montgomery form.
    pub(super) one: Number<N>,
    /// -1 in Montgomery form.
    pub(super) minus_one: Number<N>,
}

/// `-1 / odd` modulo 2^64.
pub(super) fn negative_inverse(odd: u64) -> u64 {
    // Each step doubles the number of correct bits, of which an odd number, as its own inverse, has three.
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}

fn subtract<const N: usize>(left: &Number<N>, right: &Number<N>) -> (Number<N>, bool) {
    let mut difference = [0; N];
    let mut borrow = false;
    for at in 0..N {
        (difference[at], borrow) = left[at].borrowing_sub(right[at], borrow);
    }
    (difference, borrow)
}

/// `left < right`
pub(super) fn is_less<const N: usize>(left: &Number<N>, right: &Number<N>) -> bool {
    subtract(left, right).1
}

/// Adds the square of a number to `square`, which is zero. Two digits at a time, so that the carries of the one do not
/// wait for those of the other.
fn square_digits<const N: usize>(number: &Number<N>, square: &mut [u64]) {
    // Each product of two different digits once, ...
    for at in (0..N).step_by(2) {
        let (first, second) = (number[at], number[at + 1]);
        let (row, rest) = square[2 * at + 1..].split_at_mut(N - 1 - at);
        let (mut carry, mut second_carry) = (0, 0);
        (row[0], carry) = first.carrying_mul_add(second, carry, row[0]);
        let mut before = 0;
        for (sum, &other) in row[1..].iter_mut().zip(&number[at + 2..]) {
            let partial;
            (partial, carry) = first.carrying_mul_add(other, carry, *sum);
            (*sum, second_carry) = second.carrying_mul_add(before, second_carry, partial);
            before = other;
        }
        (rest[0], second_carry) = second.carrying_mul_add(before, second_carry, carry);
        if let Some(last) = rest.get_mut(1) {
            *last = second_carry;
        }
    }
    // ... which is doubled, and the squares of the digits.
    let mut shifted = 0;
    let mut carry = false;
    for (pair, &digit) in square.as_chunks_mut::<2>().0.iter_mut().zip(number) {
        let (low, high) = digit.carrying_mul(digit, 0);
        let doubled = [pair[0] << 1 | shifted, pair[1] << 1 | pair[0] >> 63];
        shifted = pair[1] >> 63;
        (pair[0], carry) = doubled[0].carrying_add(low, carry);
        (pair[1], carry) = doubled[1].carrying_add(high, carry);
    }
}

impl<const N: usize> Modulus<N> {
    pub(super) fn new(modulus: Number<N>) -> Self {
        let one = subtract(&[0; N], &modulus).0;
        Self {
            digits: modulus,
            clear: negative_inverse(modulus[0]),
            one,
            minus_one: subtract(&modulus, &one).0,
        }
    }

    /// A number below twice the modulus, reduced. `carry` is its bit above those in `number`.
    fn reduce(&self, number: Number<N>, carry: bool) -> Number<N> {
        let (reduced, borrow) = subtract(&number, &self.digits);
        // All bits, if the number is already below the modulus.
        let keep = 0_u64.wrapping_sub(u64::from(borrow && !carry));
        let mut out = [0; N];
        for at in 0..N {
            out[at] = number[at] & keep | reduced[at] & !keep;
        }
        out
    }

    pub(super) fn double(&self, number: &Number<N>) -> Number<N> {
        let mut doubled = [0; N];
        let mut carry = 0;
        for at in 0..N {
            doubled[at] = number[at] << 1 | carry;
            carry = number[at] >> 63;
        }
        self.reduce(doubled, carry == 1)
    }

    pub(super) fn multiply(&self, left: &Number<N>, right: &Number<N>) -> Number<N> {
        let mut sum = [0; N];
        let mut top = false;
        for &digit in left {
            // Adds digit * right, and the multiple of the modulus that clears the lowest 64 bits, and drops those.
            let (lowest, mut carry) = digit.carrying_mul_add(right[0], 0, sum[0]);
            let multiple = lowest.wrapping_mul(self.clear);
            let (_, mut cleared) = multiple.carrying_mul_add(self.digits[0], 0, lowest);
            for at in 1..N {
                let digit_sum;
                (digit_sum, carry) = digit.carrying_mul_add(right[at], carry, sum[at]);
                (sum[at - 1], cleared) = multiple.carrying_mul_add(self.digits[at], cleared, digit_sum);
            }
            (sum[N - 1], top) = carry.carrying_add(cleared, top);
        }
        self.reduce(sum, top)
    }

    pub(super) fn square(&self, number: &Number<N>) -> Number<N> {
        let mut halves = [[0_u64; N]; 2];
        square_digits(number, halves.as_flattened_mut());
        let product = halves.as_flattened_mut();
        // Adds multiples of the modulus that clear the lower half, for two digits at a time.
        let mut top = false;
        for at in (0..N).step_by(2) {
            let (row, rest) = product[at..].split_at_mut(N);
            let first = row[0].wrapping_mul(self.clear);
            let (_, carry) = first.carrying_mul_add(self.digits[0], 0, row[0]);
            let (partial, mut carry) = first.carrying_mul_add(self.digits[1], carry, row[1]);
            let second = partial.wrapping_mul(self.clear);
            let (_, mut second_carry) = second.carrying_mul_add(self.digits[0], 0, partial);
            for (sum, digits) in row[2..].iter_mut().zip(self.digits[1..].windows(2)) {
                let partial;
                (partial, carry) = first.carrying_mul_add(digits[1], carry, *sum);
                (*sum, second_carry) = second.carrying_mul_add(digits[0], second_carry, partial);
            }
            let (partial, over) = rest[0].carrying_add(carry, top);
            (rest[0], second_carry) = second.carrying_mul_add(self.digits[N - 1], second_carry, partial);
            (rest[1], top) = rest[1].carrying_add(second_carry, over);
        }
        self.reduce(halves[1], top)
    }

    /// A power of 2. The exponent has its highest 64 bits last.
    pub(super) fn power_of_two(&self, exponent: &Number<N>) -> Number<N> {
        let mut power = self.one;
        for digit in exponent.iter().rev() {
            for bit in (0..64).rev() {
                power = self.square(&power);
                if digit >> bit & 1 == 1 {
                    power = self.double(&power);
                }
            }
        }
        power
    }

    /// A power of a number in Montgomery form, four bits of the exponent at a time.
    pub(super) fn power(&self, base: &Number<N>, exponent: &Number<N>) -> Number<N> {
        let mut powers = [self.one; 16];
        for at in 1..16 {
            powers[at] = self.multiply(&powers[at - 1], base);
        }
        let mut power = self.one;
        for digit in exponent.iter().rev() {
            for nibble in (0..16).rev() {
                for _ in 0..4 {
                    power = self.square(&power);
                }
                let factor = usize::try_from(digit >> (4 * nibble) & 15).unwrap_or(0);
                power = self.multiply(&power, &powers[factor]);
            }
        }
        power
    }
}
