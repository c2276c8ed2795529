//! Quantities: `k8s.io/apimachinery/pkg/api/resource`.

use std::cmp::Ordering;

/// Nano-units per unit: the resolution of a quantity.
const NANO: i128 = 1_000_000_000;
const INVALID: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// A resource quantity.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// The amount in nano-units (10⁻⁹).
    pub amount: i128,
    /// The decimal exponent of Go's `int64Amount`; none where Go uses an arbitrary-precision `inf.Dec`.
    pub scale: Option<i32>,
}

impl Quantity {
    /// The quantity of an integer.
    pub fn of(number: i64) -> Self {
        Self {
            amount: i128::from(number) * NANO,
            scale: Some(0),
        }
    }

    /// Parses `100m`, `1.5Gi`, `2e3`, `-1`.
    ///
    /// # Errors
    /// The API server's message for an invalid quantity.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err(INVALID.to_owned());
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let unpadded = unsigned.trim_start_matches('0');
        let end = digits(unpadded);
        let (whole, rest) = unpadded.split_at(end);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits(rest)),
            None => ("", rest),
        };
        if unsigned.is_empty() {
            return Err(INVALID.to_owned());
        }
        let (base, exponent) = Self::suffix(suffix)?;
        let decimals = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        // Go uses 64-bit arithmetic only where it is sure that the value fits.
        let length = i32::try_from(whole.len()).unwrap_or(i32::MAX).saturating_add(decimals);
        let scale = match base {
            10 if length <= 18 && exponent - decimals >= -9 => Some(exponent - decimals),
            2 if decimals == 0 && exponent >= 0 && 15 - length - exponent * 3 / 10 > 0 => Some(0),
            _ => None,
        };
        let mut amount = Self::amount(whole, fraction, base, exponent);
        let most = i128::from(i64::MAX) * NANO;
        if scale.is_none() {
            amount = amount.min(most);
        }
        Ok(Self {
            amount: if text.starts_with('-') { -amount } else { amount },
            scale,
        })
    }

    /// The amount in nano-units, rounded up and saturated at a maximum.
    fn amount(whole: &str, fraction: &str, base: u32, exponent: i32) -> i128 {
        const LARGEST: i128 = i128::MAX / 4;
        let whole = whole.trim_start_matches('0');
        if whole.len() > 20 {
            return LARGEST;
        }
        let fraction = fraction.get(..fraction.len().min(15)).unwrap_or_default();
        let mut value: i128 = format!("0{whole}{fraction}").parse().unwrap_or(LARGEST);
        let mut rounded = false;
        let shift = if base == 2 {
            value = value.checked_mul(1 << exponent.clamp(0, 60)).unwrap_or(LARGEST);
            9
        } else {
            exponent.saturating_add(9)
        } - i32::try_from(fraction.len()).unwrap_or_default();
        for _ in 0..shift.max(0) {
            if value == 0 {
                break;
            }
            match value.checked_mul(10) {
                Some(larger) if larger < LARGEST => value = larger,
                _ => return LARGEST,
            }
        }
        for _ in shift.min(0)..0 {
            rounded |= value % 10 != 0;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        value + i128::from(rounded)
    }

    fn suffix(suffix: &str) -> Result<(u32, i32), String> {
        const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        if let Some(at) = BINARY.iter().position(|known| *known == suffix) {
            return Ok((2, 10 * (i32::try_from(at).unwrap_or_default() + 1)));
        }
        let decimal = match suffix {
            "n" => -9,
            "u" => -6,
            "m" => -3,
            "" => 0,
            "k" => 3,
            "M" => 6,
            "G" => 9,
            "T" => 12,
            "P" => 15,
            "E" => 18,
            _ => {
                let letters = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
                let number = letters.strip_prefix(['+', '-']).unwrap_or(letters);
                if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(INVALID.to_owned());
                }
                let exponent = suffix.strip_prefix(['e', 'E']).filter(|rest| *rest == letters);
                return match exponent.and_then(|exponent| exponent.parse::<i32>().ok()) {
                    Some(exponent) => Ok((10, exponent.clamp(-1000, 1000))),
                    None => Err(SUFFIX.to_owned()),
                };
            }
        };
        Ok((10, decimal))
    }

    /// The value, if it is an integer that Go holds in 64 bits.
    pub fn whole(self) -> Option<i64> {
        self.scale.filter(|scale| *scale >= 0)?;
        i64::try_from(self.amount / NANO).ok()
    }

    /// The nearest `f64`.
    #[expect(clippy::cast_precision_loss, reason = "it is an approximation by name")]
    pub fn float(self) -> f64 {
        if self.amount % NANO == 0 {
            (self.amount / NANO) as f64
        } else {
            self.amount as f64 / NANO as f64
        }
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i64 {
        match self.amount.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// The sum of two quantities.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            amount: self.amount.saturating_add(other.amount),
            scale: self.scale.zip(other.scale).map(|(one, two)| one.min(two)),
        }
    }

    /// The difference of two quantities.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self {
            amount: -other.amount,
            ..other
        })
    }
}
