//! Random values. All come from [`system::System::random`], so a seed makes them reproducible.

use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use gostd::base64;
use gostd::unicode::rune;
use govalue::Type::{Int, String as Str};
use system::System;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("randAlpha", &[Int], "string", rand_alpha, "so many random letters"),
    sprig("randAlphaNum", &[Int], "string", rand_alpha_num, "so many random letters and digits"),
    sprig("randAscii", &[Int], "string", rand_ascii, "so many random printable ASCII characters"),
    sprig("randBytes", &[Int], "(string, error)", rand_bytes, "so many random bytes, as base64"),
    sprig("randInt", &[Int, Int], "int", rand_int, "a random number from the first to before the second"),
    sprig("randNumeric", &[Int], "string", rand_numeric, "so many random digits"),
    sprig("shuffle", &[Str], "string", shuffle, "the characters of the string in random order"),
    sprig("uuidv4", &[], "string", uuidv4, "a random UUID"),
];

/// A uniformly distributed number below `bound`.
pub(super) fn below(system: &dyn System, bound: u64) -> u64 {
    // Numbers above the largest multiple of `bound` are rejected, because they would favour small results.
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let mut buffer = [0; 8];
        system.random(&mut buffer);
        let number = u64::from_le_bytes(buffer);
        if number < fair {
            return number % bound;
        }
    }
}

/// A random string over an alphabet; the first argument is its length.
fn letters(call: &mut Call<'_>, alphabet: &[u8]) -> Outcome {
    let count = usize::try_from(call.int(0)).unwrap_or(0);
    call.charge_text(count)?;
    // Drawing is slower than copying.
    call.host.charge(count / 4)?;
    let system = call.host.chance()?;
    let mut text = String::with_capacity(count);
    for _ in 0..count {
        let at = usize::try_from(below(system, alphabet.len() as u64)).unwrap_or(0);
        text.push(char::from(alphabet[at]));
    }
    Ok(text.into())
}

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn rand_alpha_num(call: &mut Call<'_>) -> Outcome {
    letters(call, ALPHABET)
}

fn rand_alpha(call: &mut Call<'_>) -> Outcome {
    letters(call, &ALPHABET[10..])
}

fn rand_numeric(call: &mut Call<'_>) -> Outcome {
    letters(call, &ALPHABET[..10])
}

fn rand_ascii(call: &mut Call<'_>) -> Outcome {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    letters(call, &printable)
}

fn rand_bytes(call: &mut Call<'_>) -> Outcome {
    let count = usize::try_from(call.int(0)).map_err(|_| "runtime error: makeslice: len out of range")?;
    call.charge_text(count.saturating_mul(2))?;
    let mut bytes = vec![0; count];
    call.host.chance()?.random(&mut bytes);
    Ok(base64::encode(&bytes).into())
}

fn rand_int(call: &mut Call<'_>) -> Outcome {
    let (low, high) = (call.int(0), call.int(1));
    let bound = u64::try_from(high.wrapping_sub(low)).ok().filter(|&bound| bound > 0);
    let number = below(call.host.chance()?, bound.ok_or("invalid argument to Intn")?);
    Ok(low.wrapping_add(number.cast_signed()).into())
}

fn shuffle(call: &mut Call<'_>) -> Outcome {
    call.charge_items(call.str(0).len())?;
    let mut chars: Vec<char> = call.str(0).chars().map(rune).collect();
    let system = call.host.chance()?;
    for at in (1..chars.len()).rev() {
        let other = usize::try_from(below(system, at as u64 + 1)).unwrap_or(0);
        chars.swap(at, other);
    }
    Ok(chars.into_iter().collect::<String>().into())
}

fn uuidv4(call: &mut Call<'_>) -> Outcome {
    let mut bytes = [0; 16];
    call.host.chance()?.random(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(3 << 62) | 4 << 76 | 2 << 62;
    let hex = format!("{number:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok::<_, Fault>(parts.join("-").into())
}
