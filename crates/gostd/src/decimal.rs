//! shopspring/decimal, which sprig uses for `addf` and similar functions: decimal numbers of any length.

use num_bigint::{BigInt, Sign};

use super::float;

/// The number of decimal places of a quotient.
const PRECISION: i64 = 16;

/// `value × 10^exponent`.
#[derive(Clone, Debug)]
pub struct Decimal {
    value: BigInt,
    exponent: i64,
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

impl Decimal {
    /// The shortest decimal number that parses to the float.
    ///
    /// # Errors
    /// Infinities and NaN.
    pub fn from_float(value: f64) -> Result<Self, String> {
        if !value.is_finite() {
            return Err(format!("Cannot create a Decimal from {}", float::shortest(value)));
        }
        let text = float::format(value, 'e', None);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let digits = mantissa.replace('.', "");
        Ok(Self {
            value: digits.parse().unwrap_or_default(),
            exponent: exponent.parse::<i64>().unwrap_or(0) - i64::try_from(decimals).unwrap_or(0),
        })
    }

    /// The nearest float.
    pub fn to_float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }

    /// Both values, scaled to the smaller of the two exponents.
    fn rescaled(&self, other: &Self) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let scale = |decimal: &Self| &decimal.value * power_of_ten(decimal.exponent - exponent);
        (scale(self), scale(other), exponent)
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.rescaled(other);
        Self { value: a + b, exponent }
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.rescaled(other);
        Self { value: a - b, exponent }
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        Self {
            value: &self.value * &other.value,
            exponent: self.exponent + other.exponent,
        }
    }

    /// The quotient with sixteen decimal places; halves are rounded away from zero.
    ///
    /// # Errors
    /// The divisor is zero.
    pub fn over(&self, other: &Self) -> Result<Self, String> {
        if other.value.sign() == Sign::NoSign {
            return Err("decimal division by 0".to_owned());
        }
        let shift = self.exponent - other.exponent + PRECISION;
        let dividend = &self.value * power_of_ten(shift.max(0));
        let divisor = &other.value * power_of_ten((-shift).max(0));
        let (mut quotient, rest) = (&dividend / &divisor, &dividend % &divisor);
        if rest.magnitude() * 2u32 >= *divisor.magnitude() {
            let away = if self.value.sign() == other.value.sign() { 1 } else { -1 };
            quotient += away;
        }
        Ok(Self {
            value: quotient,
            exponent: -PRECISION,
        })
    }
}
