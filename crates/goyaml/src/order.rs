//! The order in which go-yaml writes the keys of a mapping.

use std::cmp::Ordering;

use super::emit::Style;
use super::json;
use gostd::unicode::{is_digit, is_letter};

/// Compares two keys as go-yaml sorts them: letters by their code and after all other characters, runs of digits as
/// numbers. In v3 a letter comes before another character if a digit precedes both.
///
/// This is not a total order: `1a` comes before `01`, `01` before `10`, and `10` before `1a`. Go sorts such keys in any
/// order; Rust's sorting may panic. Sort with [`sort_keys`].
pub fn natural_order(style: Style, a: &str, b: &str) -> Ordering {
    order(style, &json::valid(a), &json::valid(b))
}

/// Sorts by keys in [`natural_order`], and copes with its not being a total order.
///
/// ```
/// use goyaml::{Style, sort_keys};
/// let keys = vec!["b", "a10", "a9", "é", "10", "9", "_x", "B", "a-b"];
/// let keys = sort_keys(Style::V2, keys, |key| key);
/// assert_eq!(keys, ["_x", "9", "10", "B", "a-b", "a9", "a10", "b", "é"]);
/// ```
pub fn sort_keys<T>(style: Style, items: Vec<T>, key: impl Fn(&T) -> &str) -> Vec<T> {
    let ordered = |a: &T, b: &T| natural_order(style, key(a), key(b)) != Ordering::Greater;
    // The runs that are already sorted. Usually there is just one.
    let mut runs: Vec<Vec<T>> = Vec::new();
    for item in items {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| ordered(last, &item)) => run.push(item),
            _ => runs.push(vec![item]),
        }
    }
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut rest = runs.into_iter();
        while let Some(left) = rest.next() {
            merged.push(match rest.next() {
                Some(right) => merge(left, right, &ordered),
                None => left,
            });
        }
        runs = merged;
    }
    runs.pop().unwrap_or_default()
}

fn merge<T>(left: Vec<T>, right: Vec<T>, ordered: &impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        merged.extend(if ordered(a, b) { left.next() } else { right.next() });
    }
    merged.extend(left.chain(right));
    merged
}

fn order(style: Style, a: &str, b: &str) -> Ordering {
    // The length of the common prefix, in whole characters.
    let mut same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    if same == a.len() || same == b.len() {
        return a.len().cmp(&b.len());
    }
    while !a.is_char_boundary(same) {
        same -= 1;
    }
    let (common, a_rest) = a.split_at(same);
    let b_rest = &b[same..];
    let (Some(first_a), Some(first_b)) = (a_rest.chars().next(), b_rest.chars().next()) else {
        return a.cmp(b);
    };
    match (is_letter(first_a), is_letter(first_b)) {
        (true, true) => return first_a.cmp(&first_b),
        (false, false) => {}
        (letter, _) => {
            let after_digit = style == Style::V3 && common.chars().next_back().is_some_and(is_digit);
            return if letter == after_digit {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
    }
    // A zero is not a leading zero if digits of the same number precede it.
    let in_number =
        (first_a == '0' || first_b == '0') && common.chars().rev().take_while(|&c| is_digit(c)).any(|c| c != '0');
    let start = i64::from(in_number);
    let ((number_a, digits_a), (number_b, digits_b)) = (number(start, a_rest), number(start, b_rest));
    number_a
        .cmp(&number_b)
        .then(digits_a.cmp(&digits_b))
        .then(first_a.cmp(&first_b))
}

/// The number at the start of a text, and its count of digits. Overflow wraps, as in Go.
fn number(start: i64, text: &str) -> (i64, usize) {
    let digits = text.chars().take_while(|&c| is_digit(c));
    digits.fold((start, 0), |(number, count), c| {
        let digit = i64::from(c as u32) - i64::from(b'0');
        (number.wrapping_mul(10).wrapping_add(digit), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_an_order_are_sorted_all_the_same() {
        let digits = ["0", "1", "01", "10", "1a", "0a", "a1", "a01", "a1b", "-", "é"];
        let mut keys: Vec<String> = Vec::new();
        for a in digits {
            for b in digits {
                keys.extend(digits.map(|c| format!("{a}{b}{c}")));
            }
        }
        for style in [Style::V2, Style::V3] {
            let sorted = sort_keys(style, keys.clone(), |key| key);
            assert_eq!(sorted.len(), keys.len());
        }
    }
}
