//! Numbers as Prometheus' lexer scans them.

use super::token::is_alpha;
use gostd::{float, int};

/// The number of bytes at the start of a text that look like a number, and whether they are one. If not, a duration may
/// begin there.
pub(super) fn scan(text: &str) -> (usize, bool) {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
    };
    let found = scanner.scan();
    (scanner.at, found)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, set: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| set.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn scan(&mut self) -> bool {
        let mut digits: &[u8] = b"0123456789";
        if self.eat(b"0") && self.eat(b"xX") {
            self.eat(b"_");
            digits = b"0123456789abcdefABCDEF";
        }
        let hexadecimal = digits.len() > 10;
        self.eat(b".");
        self.eat(digits);
        let (mut dot, mut exponent) = (false, false);
        while let Some(byte) = self.peek() {
            let is_exponent = matches!(byte, b'e' | b'E');
            match byte {
                b'.' => {
                    self.at += 1;
                    if dot || self.eat(b"_.") || hexadecimal {
                        return false;
                    }
                    dot = true;
                }
                // In a hexadecimal number the first of these is also read as an exponent.
                _ if is_exponent => {
                    self.at += 1;
                    if exponent {
                        return false;
                    }
                    exponent = true;
                    self.eat(b"+-");
                    if self.eat(b"._eE") || self.peek().is_none() {
                        return false;
                    }
                }
                b'_' => {
                    self.at += 1;
                    if self.eat(b"._eE") || self.peek().is_none() {
                        return false;
                    }
                }
                _ if digits.contains(&byte) => while self.eat(digits) {},
                _ => break,
            }
        }
        self.at > 0
            && self
                .peek()
                .is_none_or(|byte| !is_alpha(char::from(byte)) && !byte.is_ascii_digit())
    }
}

/// The value of a scanned number.
///
/// # Errors
/// The message of Go's `strconv.ParseFloat`, if the number is invalid.
pub(super) fn value(text: &str) -> Result<f64, String> {
    #[allow(clippy::cast_precision_loss)] // as Go does
    if let Ok(value) = int::parse_int(text, 0) {
        return Ok(value as f64);
    }
    float::parse(text).map_err(|error| error.message(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_number_ends() {
        for (text, wanted) in [
            ("12", (2, true)),
            ("1.5e-3)", (6, true)),
            ("0x1f", (4, true)),
            ("1_000", (5, true)),
            ("5m", (1, false)),
            ("1..2", (3, false)),
            ("1e", (2, false)),
            (".5", (2, true)),
        ] {
            assert_eq!(scan(text), wanted, "{text}");
        }
    }
}
